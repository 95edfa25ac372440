use polars::prelude::DataType;

use super::*;
use crate::LeadTable;
use crate::frame::raw_events;
use crate::schema::EventColumns;

fn leads() -> LeadTable {
    LeadTable { ids: ["1", "2", "3"].map(str::to_owned).to_vec(), ..Default::default() }
}

fn columns() -> EventColumns {
    EventColumns::new("lead", "at", "kind").channel("channel").value("value").recorded_at("recorded")
}

fn events() -> DataFrame {
    table(vec![
        Series::new("lead".into(), [3i64, 9, 1, 9, 8]),
        words("at", &["2026-03-01", "2026-03-02", "2026-03-03", "", "2026-03-05"]),
        words("kind", &["open", "spam", "visit", "", "spam"]),
        Series::new("channel".into(), [Some("mail"), Some("x"), None, None, None]),
        Series::new("value".into(), [Some(2.0), None, Some(f64::NAN), Some(1.0), None]),
        Series::new("recorded".into(), [Some("2026-03-04"), None, None, None, Some("2026-03-01")]),
    ])
}

#[test]
fn events_find_their_leads_and_the_others_are_counted() {
    let (raw, report) = raw_events(&events(), &columns(), None, &leads()).unwrap();
    assert_eq!(raw.lead, [2, 0]);
    assert_eq!(raw.at, [at("2026-03-01"), at("2026-03-03")]);
    // Missing: known as it happened.
    assert_eq!(raw.recorded_at, [at("2026-03-04"), at("2026-03-03")]);
    // Words of events of no known lead do not show.
    assert_eq!(raw.kind.words, ["open", "visit"]);
    assert_eq!(raw.channel.unwrap().codes, [0, u32::MAX]);
    assert!(raw.value[0] == 2.0 && raw.value[1].is_nan());
    assert_eq!((report.rows, report.unknown_rows, report.unknown_leads), (5, 3, 2));
    assert_eq!(report.to_string(), "3 of 5 events belong to none of the leads (2 identifiers, for example 9, 8)");
}

#[test]
fn identifiers_join_whatever_their_types() {
    for dtype in [DataType::Int8, DataType::UInt64, DataType::Float64, DataType::String] {
        let mut frame = events();
        let lead = frame.column("lead").unwrap().cast(&dtype).unwrap();
        frame.replace("lead", lead).unwrap();
        assert_eq!(raw_events(&frame, &columns(), None, &leads()).unwrap().0.lead, [2, 0], "{dtype}");
    }
}

#[test]
fn an_event_is_never_recorded_before_it_happened() {
    let frame = table(vec![words("lead", &["1"]), words("at", &["2026-03-05"]), words("kind", &["k"]), words("recorded", &["2026-03-01"])]);
    let (raw, report) = raw_events(&frame, &EventColumns::new("lead", "at", "kind").recorded_at("recorded"), None, &leads()).unwrap();
    assert_eq!(raw.recorded_at, [at("2026-03-05")]);
    assert_eq!(report.to_string(), "1 event, all of known leads");
}

#[test]
fn an_event_without_moment_or_kind_is_named() {
    let frame =
        |at: &str, kind: &str| table(vec![words("lead", &["1", "2"]), words("at", &["2026-03-05", at]), words("kind", &["k", kind])]);
    let read = |f: DataFrame| message(raw_events(&f, &EventColumns::new("lead", "at", "kind"), None, &leads()));
    assert_eq!(read(frame("", "k")), "events.at, row 1: the moment of the event is missing; give it or drop the row");
    assert_eq!(read(frame("2026-03-05", " ")), "events.kind, row 1: the kind of the event is missing; give it or drop the row");
}

#[test]
fn bad_events_are_named() {
    let frame = table(vec![
        words("lead", &["1"]),
        Series::new("at".into(), [1_772_357_400i64]),
        words("kind", &["k"]),
        Series::new("v".into(), [1e39]),
    ]);
    let columns = || EventColumns::new("lead", "at", "kind");
    let error = message(raw_events(&frame, &columns(), None, &leads()));
    assert!(error.starts_with("events.at is i64, which cannot be a time; it looks like seconds since 1970"), "{error}");
    let error = message(raw_events(&frame, &EventColumns::new("lead", "att", "kind"), None, &leads()));
    assert!(error.starts_with("events has no column \"att\"; did you mean \"at\"?"), "{error}");
    let frame = table(vec![words("lead", &["1"]), words("at", &["2026-03-01"]), words("kind", &["k"]), Series::new("v".into(), [1e39])]);
    let error = message(raw_events(&frame, &columns().value("v"), None, &leads()));
    assert!(error.starts_with("events.v, row 0: ") && error.ends_with("is too large; values are kept in single precision"), "{error}");
    let error = message(raw_events(&frame, &columns(), Some("Mars/Base"), &leads()));
    assert!(error.contains("\"Mars/Base\" is no IANA zone"), "{error}");
}

#[test]
fn a_table_without_events_is_no_error() {
    let frame = events().head(Some(0));
    let (raw, report) = raw_events(&frame, &columns(), None, &leads()).unwrap();
    assert!(raw.is_empty());
    assert_eq!(report.rows, 0);
}
