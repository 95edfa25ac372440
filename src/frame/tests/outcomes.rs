use super::*;
use crate::Outcomes;
use crate::frame::{OutcomeReport, lead_table, outcomes};
use crate::schema::{OutcomeColumns, Schema};

fn leads() -> DataFrame {
    table(vec![words("id", &["a", "b", "c"]), words("created", &["2026-01-01", "2026-01-02T12:00", ""])])
}

fn schema(columns: OutcomeColumns) -> Schema {
    Schema::new().lead_id("id").created_at("created").outcomes(columns)
}

fn columns() -> OutcomeColumns {
    OutcomeColumns::new("won", "closed").lead_id("lead")
}

fn rows(lead: &[&str], won: &[&str], closed: &[&str]) -> DataFrame {
    table(vec![words("lead", lead), words("won", won), words("closed", closed)])
}

fn read(frame: &DataFrame, columns: OutcomeColumns) -> Result<(Outcomes, OutcomeReport), FrameError> {
    let (leads, schema) = (leads(), schema(columns));
    outcomes(Some(frame), &leads, &schema, &lead_table(&leads, &schema)?)
}

#[test]
fn outcomes_are_joined_to_their_leads() {
    let frame = rows(&["c", "zz", "a"], &["yes", "yes", "no"], &["2026-03-01", "2026-03-01", "2026-02-01"]);
    let (read, report) = read(&frame, columns()).unwrap();
    assert_eq!(read.won, [Some(false), None, Some(true)]);
    assert_eq!(read.closed_at, [at("2026-02-01"), i64::MIN, at("2026-03-01")]);
    assert_eq!(report.to_string(), "1 won, 1 lost, 1 open; 1 of 3 outcomes belong to none of the leads (for example zz)");
}

#[test]
fn value_and_the_moment_of_recording_are_read() {
    let mut frame = rows(&["a", "b"], &["1", "0"], &["2026-02-01", "2026-02-02"]);
    frame.with_column(Series::new("worth".into(), [Some(5.0), None]).into()).unwrap();
    frame.with_column(words("seen", &["2026-02-05", "2026-01-05"]).into()).unwrap();
    let (read, _) = read(&frame, columns().value("worth").recorded_at("seen")).unwrap();
    assert!(read.value[0] == 5.0 && read.value[1].is_nan());
    assert_eq!(read.recorded_at, [at("2026-02-05"), at("2026-02-02"), i64::MIN]);
}

#[test]
fn a_source_may_say_won_in_its_own_words() {
    let frame = rows(&["a", "b"], &["Policy Bound", "Withdrawn"], &["2026-02-01", "2026-02-02"]);
    let error = message(read(&frame, columns()));
    assert_eq!(
        error,
        "outcomes.won, row 0: \"Policy Bound\", \"Withdrawn\" is not understood as won or lost (won/lost, yes/no, true/false, 1/0, \
         closed won/closed lost are); for an outcome give won_values, and lost_values when other words mean \"still open\""
    );
    let (own, _) = read(&frame, columns().won_values(["policy bound"])).unwrap();
    assert_eq!(own.won, [Some(true), Some(false), None]);
    let error = message(read(&frame, columns().won_values(["Bound"])));
    assert_eq!(error, "outcomes.won holds none of won_values (Bound); it holds \"Policy Bound\", \"Withdrawn\"");
}

#[test]
fn of_a_history_of_statuses_the_latest_decides() {
    let lead = ["a", "a", "b", "b", "c"];
    let status = ["Bound", "New", "Lost", "Reopened", "New"];
    let frame = rows(&lead, &status, &["2026-03-01", "2026-01-01", "2026-02-01", "2026-03-01", ""]);
    let (read, report) = read(&frame, columns().won_values(["Bound"]).lost_values(["Lost"])).unwrap();
    assert_eq!(read.won, [Some(true), None, None]);
    assert_eq!(read.closed_at, [at("2026-03-01"), i64::MIN, i64::MIN]);
    assert_eq!((report.won, report.lost, report.open), (1, 0, 2));
}

#[test]
fn a_status_without_a_moment_cannot_be_the_latest() {
    let frame = rows(&["a", "a"], &["Bound", "New"], &["2026-03-01", ""]);
    let error = message(read(&frame, columns().won_values(["Bound"]).lost_values(["Lost"])));
    assert_eq!(
        error,
        "outcomes.closed, row 1: lead \"a\" has several statuses and this one has no moment; which is the latest cannot be told"
    );
}

#[test]
fn two_outcomes_of_a_lead_are_refused() {
    let frame = rows(&["a", "b", "a"], &["yes", "no", "no"], &["2026-03-01", "2026-03-01", "2026-03-02"]);
    let advice = "keep one outcome a lead, or give lost_values if this is a history of statuses";
    assert_eq!(message(read(&frame, columns())), format!("outcomes.lead: \"a\" stands in rows 0 and 2; {advice}"));
}

#[test]
fn outcomes_of_which_none_belongs_to_a_lead_are_refused() {
    let frame = rows(&["1", "2"], &["yes", "no"], &["2026-03-01", "2026-03-01"]);
    assert_eq!(
        message(read(&frame, columns())),
        "none of the 2 rows of outcomes belongs to a lead: outcomes.lead holds \"1\", \"2\", leads hold \"a\", \"b\", \"c\"; \
         do the identifiers come from the same system?"
    );
}

#[test]
fn a_lead_that_closed_before_it_was_created_is_named() {
    let frame = rows(&["a"], &["yes"], &["2025-12-31T10:00"]);
    assert_eq!(
        message(read(&frame, columns())),
        "outcomes.closed, row 0: lead \"a\" closed at 2025-12-31T10:00:00Z, before it was created at 2026-01-01T00:00:00Z; correct one of the two"
    );
    // A date says only the day, and "b" was created at noon of it.
    let (same_day, _) = read(&rows(&["b"], &["yes"], &["2026-01-02"]), columns()).unwrap();
    assert_eq!(same_day.closed_at[1], at("2026-01-02T12:00:00Z"));
    assert!(read(&rows(&["b"], &["yes"], &["2026-01-01"]), columns()).is_err());
    assert!(read(&rows(&["b"], &["yes"], &["2026-01-02T11:00"]), columns()).is_err());
}

#[test]
fn a_closed_lead_has_a_moment_and_an_open_one_may_lack_it() {
    let error = message(read(&rows(&["a"], &["yes"], &[""]), columns()));
    assert_eq!(error, "outcomes.closed, row 0: lead \"a\" is won but the moment when it closed is missing; give it");
    let error = message(read(&rows(&["a", "b"], &["Bound", "New"], &["2026-02-01", ""]), columns().won_values(["Bound"])));
    let hint = "give it, or give lost_values if this word means \"still open\"";
    assert_eq!(error, format!("outcomes.closed, row 1: lead \"b\" is lost but the moment when it closed is missing; {hint}"));
    let (open, _) = read(&rows(&["a"], &[""], &[""]), columns()).unwrap();
    assert_eq!(open.won, [None; 3]);
}

#[test]
fn outcome_columns_may_stand_on_leads() {
    let mut frame = leads();
    frame.with_column(Series::new("won".into(), [Some(true), None, Some(false)]).into()).unwrap();
    frame.with_column(words("closed", &["2026-02-01", "", "2026-02-02"]).into()).unwrap();
    let schema = schema(OutcomeColumns::new("won", "closed"));
    let (read, report) = outcomes(None, &frame, &schema, &lead_table(&frame, &schema).unwrap()).unwrap();
    assert_eq!(read.won, [Some(true), None, Some(false)]);
    assert_eq!(report.to_string(), "1 won, 1 lost, 1 open");
}

#[test]
fn schema_and_tables_must_agree_on_where_outcomes_stand() {
    let frame = rows(&["a"], &["yes"], &["2026-02-01"]);
    assert!(message(read(&frame, OutcomeColumns::new("won", "closed"))).contains("name no lead_id: they stand on leads"));
    let with_table = schema(columns());
    let table = lead_table(&leads(), &with_table).unwrap();
    assert!(message(outcomes(None, &leads(), &with_table, &table)).contains("stand in a table of their own, but none is given"));
    assert!(message(outcomes(None, &leads(), &Schema::new().lead_id("id"), &table)).contains("the schema declares no outcomes"));
    assert!(message(read(&frame, OutcomeColumns::new("wonn", "closed").lead_id("lead"))).contains("did you mean \"won\"?"));
}
