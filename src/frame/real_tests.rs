//! The four public sets that the project is measured on, read as a user would read them.
//!
//! They are not part of the project: without the folder the tests say so and pass.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::PathBuf;

use polars::prelude::DataFrame;

use super::{ReadOptions, labels, lead_table, raw_events, read_table};
use crate::schema::{Attribute, EventColumns, Schema};

/// The file of a set below `LEADSCORE_REAL_DATA` (`../shared/data` beside the crate when not set).
fn real(file: &str, options: &ReadOptions) -> Option<DataFrame> {
    let folder = std::env::var_os("LEADSCORE_REAL_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let path = folder.join(file);
    if !path.exists() {
        eprintln!("NOT TESTED: {} is absent; set LEADSCORE_REAL_DATA to the folder of the public sets", path.display());
        return None;
    }
    Some(read_table(path, options).unwrap())
}

fn won(table: &DataFrame, schema: &Schema) -> usize {
    labels(table, schema).unwrap().into_iter().filter(|l| *l == Some(true)).count()
}

#[test]
fn x_education_is_inferred_without_help() {
    let Some(leads) = real("x-education/leads.csv.gz", &ReadOptions::default()) else { return };
    assert_eq!((leads.height(), leads.width()), (9240, 37));
    let inference = Schema::infer(&leads, None, None, None, &[]).unwrap();
    let schema = &inference.schema;
    assert_eq!(
        (schema.lead_id.as_deref(), schema.label.as_deref(), schema.created_at.as_deref()),
        (Some("Prospect ID"), Some("Converted"), None)
    );
    for column in ["Lead Number", "Last Activity", "Last Notable Activity", "Magazine", "I agree to pay the amount through cheque"] {
        assert!(schema.exclude.contains(column), "{column}\n{inference}");
    }
    assert_eq!(schema.attributes["TotalVisits"], Attribute::Numeric {});
    assert_eq!(schema.attributes["Do Not Email"], Attribute::Boolean {});
    assert_eq!(schema.attributes["City"].type_name(), "categorical");
    assert_eq!(won(&leads, schema), 3561);
    lead_table(&leads, schema).unwrap();
}

#[test]
fn bank_marketing_is_inferred_without_help() {
    let Some(leads) = real("bank-marketing/bank-additional-full.csv.gz", &ReadOptions::default()) else { return };
    assert_eq!((leads.height(), leads.width()), (41_188, 21));
    let inference = Schema::infer(&leads, None, None, None, &["duration".to_owned()]).unwrap();
    let schema = &inference.schema;
    assert_eq!((schema.lead_id.as_deref(), schema.label.as_deref()), (None, Some("y")), "{inference}");
    assert_eq!(schema.attributes.len(), 19, "{inference}");
    assert_eq!(schema.attributes["euribor3m"], Attribute::Numeric {});
    assert_eq!(schema.attributes["default"].type_name(), "categorical");
    assert_eq!(won(&leads, schema), 4640);
    lead_table(&leads, schema).unwrap();
}

#[test]
fn coil_2000_is_read_without_a_header() {
    let Some(leads) = real("coil2000/ticdata2000.txt.gz", &ReadOptions::default().header(false)) else { return };
    assert_eq!((leads.height(), leads.width()), (5822, 86));
    let schema = Schema::infer(&leads, None, None, Some("column_86"), &[]).unwrap().schema;
    assert_eq!(won(&leads, &schema), 348);
    assert_eq!(lead_table(&leads, &schema).unwrap().len(), 5822);
}

#[test]
fn bpic_2012_is_read_as_events() {
    let Some(events) = real("bpic2012/events.csv.gz", &ReadOptions::default()) else { return };
    let cases = events.column("case_id").unwrap().unique_stable().unwrap();
    let leads = DataFrame::new(cases.len(), vec![cases]).unwrap();
    let leads = lead_table(&leads, &Schema::new().lead_id("case_id")).unwrap();
    let columns = EventColumns::new("case_id", "timestamp", "activity").channel("resource");
    let (raw, report) = raw_events(&events, &columns, None, &leads).unwrap();
    assert_eq!((raw.len(), report.unknown_rows), (events.height(), 0));
    assert_eq!(raw.at[0], super::parse_instant("2011-09-30T22:38:44.546Z", chrono_tz::Tz::UTC).unwrap().micros());
    assert!(raw.kind.words.iter().any(|w| w == "A_SUBMITTED"));
}
