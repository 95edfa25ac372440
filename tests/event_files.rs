//! Events in a Parquet file: row group by row group and chunk by chunk, the bits of the table in memory.
#![cfg(feature = "train")]
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs::File;
use std::path::Path;

use leadscore::datasets::{LeadsDataset, LeadsFrames, MakeLeads};
use leadscore::frame::EventFile;
use leadscore::models::logistic::LogisticParams;
use leadscore::{Algorithm, AsOf, FeatureFamily, FeatureSettings, Initiator, Model, ScoreNote, Trainer};
use polars::prelude::{Column, DataFrame, NamedFrom, ParquetWriter, Series};

fn write(table: &DataFrame, path: &Path, rows: usize) {
    ParquetWriter::new(File::create(path).unwrap()).with_row_group_size(Some(rows)).finish(&mut table.clone()).unwrap();
}

fn same(found: &DataFrame, expected: &DataFrame, case: &str) {
    assert_eq!(found.get_column_names(), expected.get_column_names(), "{case}");
    for (found, expected) in found.columns().iter().zip(expected.columns()) {
        assert!(found.equals_missing(expected), "{case}: {}", found.name());
    }
}

fn made() -> (LeadsFrames, Model) {
    let made = MakeLeads::new(1200).seed(3).make().frames().unwrap();
    let trainer = Trainer::new().algorithm(Algorithm::Logistic(LogisticParams::default().l2(10.0)));
    let model = trainer.train(&made.leads, Some(&made.events), Some(&made.outcomes)).unwrap();
    (made, model)
}

#[test]
fn scores_and_features_have_the_bits_of_the_table_in_memory_however_the_file_is_cut() {
    let (made, model) = made();
    let as_of = AsOf::At(LeadsDataset::end());
    let folder = tempfile::tempdir().unwrap();
    let sorted = made.events.sort(["lead_id"], Default::default()).unwrap();
    let scores = model.score(&made.leads, Some(&made.events), &as_of, 2).unwrap();
    let features = model.features(&made.leads, Some(&made.events), &as_of).unwrap();
    let height = made.events.height();
    for (name, table) in [("as it is", &made.events), ("by lead", &sorted)] {
        for (group, at_once) in [(height, height), (97, 500), (1000, 40), (height, 300)] {
            let path = folder.path().join("events.parquet");
            write(table, &path, group);
            let events = EventFile::open(&path).unwrap().events_at_once(at_once);
            assert_eq!(events.rows(), height);
            let case = format!("{name}, groups of {group}, {at_once} at once");
            same(&model.score_file(&made.leads, &events, None, &as_of, 2).unwrap(), &scores, &case);
            same(&model.features_file(&made.leads, &events, None, &as_of).unwrap(), &features, &case);
        }
    }
}

#[test]
fn what_is_wrong_with_the_file_is_named_with_its_row() {
    let (made, model) = made();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.parquet");
    std::fs::write(&path, "lead_id,at,kind\n").unwrap();
    let message = EventFile::open(&path).unwrap_err().to_string();
    assert!(message.contains("not a readable Parquet file") && message.contains("events.parquet"), "{message}");
    assert!(EventFile::open(folder.path().join("none.parquet")).is_err());

    let mut kinds: Vec<Option<&str>> = made.events.column("kind").unwrap().str().unwrap().iter().collect();
    kinds[250] = None;
    let mut broken = made.events.clone();
    broken.replace("kind", Column::from(Series::new("kind".into(), kinds))).unwrap();
    write(&broken, &path, 100);
    let events = EventFile::open(&path).unwrap();
    let as_of = AsOf::At(LeadsDataset::end());
    let message = model.score_file(&made.leads, &events, None, &as_of, 0).unwrap_err().to_string();
    assert!(message.contains("events.kind, row 250: "), "{message}");

    write(&made.events.drop("at").unwrap(), &path, 100);
    let message = model.features_file(&made.leads, &EventFile::open(&path).unwrap(), None, &as_of).unwrap_err().to_string();
    assert!(message.contains("events") && message.contains("\"at\""), "{message}");
}

#[test]
fn notes_and_columns_that_are_not_there_are_those_of_the_table_in_memory() {
    let (made, model) = made();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.parquet");
    let as_of = AsOf::At(model.schema().instant("2025-06-01").unwrap());
    let ids: Vec<Option<&str>> = made.events.column("lead_id").unwrap().str().unwrap().iter().collect();
    let some: Vec<Option<&str>> = ids.iter().enumerate().map(|(row, id)| id.filter(|_| row % 100 > 0)).collect();
    let without = some.iter().filter(|id| id.is_none()).count();
    let mut events = made.events.clone();
    events.replace("lead_id", Column::from(Series::new("lead_id".into(), some))).unwrap();
    write(&events, &path, 300);
    let file = EventFile::open(&path).unwrap().events_at_once(500);
    let (scores, _, notes) = model.score_and_notes(&made.leads, Some(&events), None, &as_of, 0).unwrap();
    let (of_file, _, notes_of_file) = model.score_file_and_notes(&made.leads, &file, None, &as_of, 0).unwrap();
    same(&of_file, &scores, "some events without a lead");
    assert_eq!(notes_of_file, notes);
    let [ScoreNote::CreatedLater { leads, of: 1200, .. }, ScoreNote::EventsWithoutLead { rows, of, .. }] = &notes[..] else {
        panic!("{notes:?}")
    };
    assert!(*leads > 0 && *leads < 1200);
    assert_eq!((*rows, *of), (without, events.height()));
    assert!(notes[1].to_string().starts_with(&format!("events.lead_id: {without} of {of} events have no identifier of a lead")));
    // Features tell of the same leads and events.
    let (features, told) = model.features_and_notes(&made.leads, Some(&events), None, &as_of).unwrap();
    let (of_file, told_of_file) = model.features_file_and_notes(&made.leads, &file, None, &as_of).unwrap();
    same(&of_file, &features, "some events without a lead");
    assert_eq!((&told, &told_of_file), (&notes, &notes));

    // None of them is of a lead.
    let strangers: Vec<String> = ids.iter().map(|id| format!("other {}", id.unwrap_or_default())).collect();
    let mut strange = made.events.clone();
    strange.replace("lead_id", Column::from(Series::new("lead_id".into(), strangers))).unwrap();
    write(&strange, &path, 300);
    let file = EventFile::open(&path).unwrap().events_at_once(500);
    let (_, told) = model.features_and_notes(&made.leads, Some(&strange), None, &as_of).unwrap();
    let (_, told_of_file) = model.features_file_and_notes(&made.leads, &file, None, &as_of).unwrap();
    for (told, shown) in [(told, "(they hold for example \"other "), (told_of_file, "")] {
        let [ScoreNote::CreatedLater { .. }, none] = &told[..] else { panic!("{told:?}") };
        assert!(matches!(none, ScoreNote::NoEventOfALead { rows, .. } if *rows == events.height()), "{told:?}");
        let words = none.to_string();
        let begin = format!("events.lead_id: none of the {} rows belongs to a lead", events.height());
        assert!(
            words.starts_with(&begin) && words.contains(shown) && words.ends_with("do the identifiers come from the same system?"),
            "{words}"
        );
    }

    // No probability, rather than one as if nothing had happened.
    for column in ["at", "kind", "lead_id"] {
        let lacking = made.events.drop(column).unwrap();
        write(&lacking, &path, 300);
        let file = EventFile::open(&path).unwrap();
        let scores = model.score(&made.leads, Some(&lacking), &as_of, 0).unwrap();
        same(&model.score_file(&made.leads, &file, None, &as_of, 0).unwrap(), &scores, column);
        assert_eq!(model.absent_event_columns(&lacking), [column]);
        assert_eq!(model.absent_event_columns_of_file(&file).unwrap(), [column]);
        assert_eq!(scores.column("probability").unwrap().null_count(), 1200);
        assert!(scores.column("status").unwrap().str().unwrap().iter().all(|status| status == Some("schema_mismatch")));
    }
}

#[test]
fn accounts_are_not_cut_apart() {
    let (made, _) = made();
    // Fifty accounts, their leads far apart in the table; every seventh lead has none.
    let accounts: Vec<Option<String>> = (0..made.leads.height()).map(|row| (row % 7 > 0).then(|| format!("a{}", row % 50))).collect();
    let mut leads = made.leads.clone();
    leads.with_column(Column::from(Series::new("account_id".into(), accounts))).unwrap();
    let mut schema =
        leadscore::Schema::infer(&leads, Some(&made.events), Some(&made.outcomes), None, &[]).unwrap().schema.account("account_id");
    schema.attributes.remove("account_id");
    // Calls are by sales: who answers whom is told of each account.
    let initiator = &mut schema.events.as_mut().unwrap().initiator;
    let kinds = ["email_open", "demo_request", "web_visit"].map(|kind| (kind.to_owned(), Initiator::Lead));
    *initiator = kinds.into_iter().chain([("call".to_owned(), Initiator::Sales)]).collect();
    let families = FeatureFamily::OVERALL.into_iter().chain([FeatureFamily::Account, FeatureFamily::Response]);
    let trainer = Trainer::new()
        .schema(schema)
        .features(FeatureSettings::default().families(families))
        .algorithm(Algorithm::Logistic(LogisticParams::default().l2(10.0)));
    let model = trainer.train(&leads, Some(&made.events), Some(&made.outcomes)).unwrap();
    for name in ["account.count.30d", "account.first_delay", "account.response.sales.mean", "account.response.lead.last"] {
        assert!(model.plan().features().iter().any(|feature| feature.name == name), "{name}");
    }
    let as_of = AsOf::At(LeadsDataset::end());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.parquet");
    write(&made.events, &path, 500);
    let events = EventFile::open(&path).unwrap().events_at_once(400);
    same(
        &model.score_file(&leads, &events, None, &as_of, 1).unwrap(),
        &model.score(&leads, Some(&made.events), &as_of, 1).unwrap(),
        "scores",
    );
    let features = model.features(&leads, Some(&made.events), &as_of).unwrap();
    same(&model.features_file(&leads, &events, None, &as_of).unwrap(), &features, "features");
}
