//! What the report promises, on made tables of which it is known what leaks.
#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;

use super::{Audit, LeakageReport, Verdict, examine, leakage_report};
use crate::lifecycle::Outcomes;
use crate::schema::{Attribute, Schema};
use crate::time::MICROS_PER_DAY as DAY;
use crate::training::{RowOrder, Target, TrainingData, TrainingError};
use crate::{AttributeColumn, LeadTable, OutcomeColumns, TextColumn};

const START: i64 = 18_000 * DAY;

/// Numbers in [0, 1) from a linear congruential generator (Knuth 1997, MMIX).
struct Uniform(u64);

impl Uniform {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn words<'a>(words: impl IntoIterator<Item = Option<&'a str>>) -> AttributeColumn {
    let mut column = TextColumn::default();
    for word in words {
        let code = word.map_or(u32::MAX, |word| {
            column.words.iter().position(|known| known == word).unwrap_or_else(|| {
                column.words.push(word.to_owned());
                column.words.len() - 1
            }) as u32
        });
        column.codes.push(code);
    }
    AttributeColumn::Text(column)
}

/// A flat table whose rows are in order of time, every lead with its chance of winning and whether it was won.
struct Flat {
    random: Uniform,
    chance: Vec<f64>,
    won: Vec<bool>,
    schema: Schema,
    columns: Vec<(String, AttributeColumn)>,
}

impl Flat {
    fn new(n: usize, seed: u64) -> Self {
        let mut random = Uniform(seed);
        let chance: Vec<f64> = (0..n).map(|_| 0.05 + 0.5 * random.next()).collect();
        let won = chance.iter().map(|&p| random.next() < p).collect();
        Self { random, chance, won, schema: Schema::new(), columns: Vec::new() }
    }

    fn categorical(mut self, name: &str, word: impl Fn(usize, &Self, f64) -> Option<&'static str>) -> Self {
        let draws: Vec<f64> = (0..self.won.len()).map(|_| self.random.next()).collect();
        let column = words((0..self.won.len()).map(|row| word(row, &self, draws[row])));
        self.schema = self.schema.categorical(name);
        self.columns.push((name.to_owned(), column));
        self
    }

    fn numeric(mut self, name: &str, value: impl Fn(usize, &Self, f64) -> f64) -> Self {
        let draws: Vec<f64> = (0..self.won.len()).map(|_| self.random.next()).collect();
        let column = AttributeColumn::Number((0..self.won.len()).map(|row| value(row, &self, draws[row])).collect());
        self.schema = self.schema.numeric(name);
        self.columns.push((name.to_owned(), column));
        self
    }

    fn data(mut self) -> TrainingData {
        self.columns.sort_by(|a, b| a.0.cmp(&b.0));
        let leads =
            LeadTable { ids: (0..self.won.len()).map(|i| i.to_string()).collect(), attributes: self.columns, ..LeadTable::default() };
        TrainingData::new(self.schema, leads, Target::Labels(self.won.into_iter().map(Some).collect()))
    }

    fn report(self) -> LeakageReport {
        examine(&self.data(), &Audit { ordered: true, ..Audit::default() }).unwrap()
    }
}

fn verdict(report: &LeakageReport, name: &str) -> Verdict {
    report.columns.iter().find(|column| column.name == name).unwrap().verdict
}

fn evidence<'a>(report: &'a LeakageReport, name: &str) -> &'a str {
    &report.columns.iter().find(|column| column.name == name).unwrap().evidence
}

#[test]
fn a_strong_legal_attribute_is_fine() {
    // It is the chance of winning itself: no attribute can tell more, and it is in order.
    let report = Flat::new(8000, 1)
        .numeric("intent", |row, flat, _| flat.chance[row])
        .categorical("industry", |row, flat, draw| Some(if draw < flat.chance[row] { "software" } else { "retail" }))
        .report();
    assert!(report.exclude().is_empty(), "{report}");
    assert_eq!(verdict(&report, "intent"), Verdict::Fine, "{report}");
    assert_eq!(verdict(&report, "industry"), Verdict::Fine, "{report}");
}

#[test]
fn a_word_that_few_won_leads_have_and_no_lost_one_is_suspicious() {
    let report = Flat::new(6000, 7)
        .categorical("stage", |row, flat, draw| Some(if flat.won[row] && draw < 0.12 { "contract sent" } else { "open" }))
        .categorical("country", |_, _, draw| Some(if draw < 0.04 { "Malta" } else { "Germany" }))
        .report();
    assert_eq!(verdict(&report, "stage"), Verdict::Suspicious, "{report}");
    assert!(evidence(&report, "stage").contains("with \"contract sent\""), "{report}");
    assert_eq!(verdict(&report, "country"), Verdict::Fine, "{report}");
}

#[test]
fn the_value_told_is_of_the_side_that_the_points_are_for() {
    // Most leads are decided by a word that none of the won ones has; what weighs is the rarer word that only won ones have.
    let table = Flat::new(6_000, 5).categorical("stage", |row, flat, draw| {
        Some(match flat.won[row] {
            true if draw < 0.2 => "contract sent",
            false if draw < 0.5 => "no budget",
            _ => "open",
        })
    });
    let (n, won) = (table.won.len(), table.won.iter().filter(|won| **won).count());
    let data = table.data();
    let AttributeColumn::Text(stage) = data.leads.attribute("stage") else { panic!("words") };
    let with = |word: &str| stage.codes.iter().filter(|code| stage.words[**code as usize] == word).count();
    let (sent, lost) = (with("contract sent"), with("no budget"));
    assert!(sent < lost);
    let percent = |part: usize| super::questions::percent(part as f64 / n as f64);
    let told = format!(
        "it decides {} of the leads, for {} that they are won: with \"contract sent\", {sent} of {sent} were won ({} of all)",
        percent(sent + lost),
        percent(sent),
        percent(won)
    );
    let report = leakage_report(&data).unwrap();
    assert!(evidence(&report, "stage").contains(&told), "{report}{told}");
}

#[test]
fn what_is_written_when_a_lead_closes_leaks() {
    let report = Flat::new(4000, 2)
        .categorical("lost_reason", |row, flat, draw| (!flat.won[row] && draw < 0.6).then_some("price"))
        .categorical("stage", |row, flat, draw| {
            Some(if draw < 0.05 {
                "open"
            } else if flat.won[row] {
                "contract"
            } else {
                "archive"
            })
        })
        .categorical("contract_number", |row, flat, draw| (flat.won[row] && draw < 0.3).then_some("given"))
        .numeric("employees", |_, _, draw| (1000.0 * draw).round())
        .report();
    let mut found = report.exclude();
    found.sort_unstable();
    assert_eq!(found, ["contract_number", "lost_reason", "stage"], "{report}");
    assert!(evidence(&report, "lost_reason").contains("of the others, for 0 % of won leads"), "{report}");
}

#[test]
fn a_quality_that_sales_gives_to_promising_leads_leaks_and_a_form_that_keen_people_fill_in_does_not() {
    let report = Flat::new(9000, 3)
        .categorical("quality", |row, flat, draw| match (flat.won[row], draw) {
            (true, d) if d < 0.75 => Some(if d < 0.6 { "high" } else { "low" }),
            (false, d) if d < 0.3 => Some(if d < 0.05 { "high" } else { "low" }),
            _ => None,
        })
        .categorical("occupation", |row, flat, draw| (draw < 0.6 + 0.5 * flat.chance[row]).then_some("employed"))
        .report();
    assert_eq!(report.exclude(), ["quality"], "{report}");
    assert_eq!(verdict(&report, "occupation"), Verdict::Fine, "{report}");
}

#[test]
fn a_state_that_comes_with_age_is_told_and_leaks_when_it_tells_the_end() {
    let n = 9000;
    // Rows are oldest first: the youngest tenth has hardly been written to yet.
    let old_enough = move |row: usize| row < n * 9 / 10;
    let report = Flat::new(n, 4)
        .categorical("last_touch", move |row, flat, draw| {
            let p = if flat.won[row] { 0.7 } else { 0.25 };
            Some(if old_enough(row) && draw < p { "sms sent" } else { "page visited" })
        })
        .categorical("campaign", move |row, _, draw| Some(if old_enough(row) && draw < 0.4 { "spring" } else { "always" }))
        .report();
    assert_eq!(report.exclude(), ["last_touch"], "{report}");
    assert!(
        evidence(&report, "last_touch").contains("changes after creation: it is \"sms sent\" on 0 % of the youngest tenth"),
        "{report}"
    );
    assert_eq!(verdict(&report, "campaign"), Verdict::Fine, "a campaign that ended goes with nothing\n{report}");
}

#[test]
fn a_calendar_is_no_leak_although_the_win_rate_goes_with_it() {
    let mut flat = Flat::new(20_000, 5);
    for row in 0..20_000 {
        let good_times = row / 2000 % 2 == 0;
        flat.won[row] = flat.random.next() < if good_times { 0.5 } else { 0.05 };
    }
    let calendar = |row: usize, _: &Flat, _: f64| (row / 2000) as f64;
    let data = flat.numeric("euribor", calendar).numeric("employees", |_, _, draw| draw).data();
    let ordered = examine(&data, &Audit { ordered: true, ..Audit::default() }).unwrap();
    assert_eq!(verdict(&ordered, "euribor"), Verdict::Fine, "{ordered}");
    assert!(ordered.columns.iter().all(|column| column.auc.unwrap() < 0.55), "{ordered}");
    // Without an order nobody can tell, and the AUC alone makes no leak.
    let unordered = leakage_report(&data).unwrap();
    assert!(unordered.exclude().is_empty(), "{unordered}");
}

#[test]
fn an_identifier_that_counts_puts_rows_in_order() {
    let n = 6000;
    let mut data = Flat::new(n, 6)
        .categorical("last_touch", move |row, flat, draw| {
            Some(if row < n * 9 / 10 && draw < if flat.won[row] { 0.7 } else { 0.25 } { "sms sent" } else { "page visited" })
        })
        .data();
    assert_ne!(verdict(&leakage_report(&data).unwrap(), "last_touch"), Verdict::Leak);
    data.row_order = Some(RowOrder::new("Lead Number", (0..n as i64).map(|i| 600_000 + 3 * i).collect()));
    let report = leakage_report(&data).unwrap();
    assert_eq!(report.exclude(), ["last_touch"], "{report}");
    assert_eq!(report.in_time_by.as_deref(), Some("Lead Number"));
}

/// Rows newest first: the youngest tenth, hardly written to yet, comes first.
fn newest_first(n: usize) -> Flat {
    Flat::new(n, 6).categorical("last_touch", move |row, flat, draw| {
        let p = if flat.won[row] { 0.7 } else { 0.25 };
        Some(if row >= n / 10 && draw < p { "sms sent" } else { "page visited" })
    })
}

#[test]
fn rows_that_are_newest_first_are_noticed_and_turned_round() {
    let n = 6000_usize;
    let ordered = Audit { ordered: true, ..Audit::default() };
    let mut data = newest_first(n).data();
    let unnoticed = examine(&data, &ordered).unwrap();
    assert_ne!(verdict(&unnoticed, "last_touch"), Verdict::Leak, "age asked the wrong way round has no answer\n{unnoticed}");
    assert!(unnoticed.notes.is_empty());

    // Now and then two are exchanged.
    data.row_order = Some(RowOrder::new("Lead Number", (0..n as i64).rev().map(|i| 600_000 + (i ^ i64::from(i % 50 == 7))).collect()));
    let report = examine(&data, &ordered).unwrap();
    assert_eq!(report.exclude(), ["last_touch"], "{report}");
    assert_eq!(report.in_time_by.as_deref(), Some("the order of the rows from the last to the first"));
    let note = "the rows are said to be in order of time, oldest first, but Lead Number falls from row to row: they seem to be newest first; \
                turn the table round";
    assert_eq!(report.notes, [note]);
    assert_eq!(report.warnings()[0], note);
    assert!(report.to_string().contains(&format!("  note: {note}\n")), "{report}");

    // A date says it too; one that lies ahead, or one that rises, does not.
    let days = |day: fn(i64) -> i64| AttributeColumn::Time((0..n as i64).map(|row| START + day(row) * DAY).collect());
    let dated = |name: &str, column| {
        let mut data = newest_first(n).data();
        data.schema = if name == "renewal" { data.schema.future_date(name) } else { data.schema.date(name) };
        data.leads.attributes.push((name.to_owned(), column));
        data.leads.attributes.sort_by(|a, b| a.0.cmp(&b.0));
        examine(&data, &ordered).unwrap()
    };
    assert_eq!(dated("asked_on", days(|row| -row / 3)).exclude(), ["last_touch"]);
    assert!(dated("renewal", days(|row| -row / 3)).notes.is_empty());
    assert!(dated("asked_on", days(|row| row / 3)).notes.is_empty());
    assert!(dated("asked_on", days(|row| row * 7919 % 1000)).notes.is_empty());
}

#[test]
fn a_column_known_by_its_name_is_suspicious_whatever_is_in_it() {
    let data =
        Flat::new(3000, 12).categorical("tags", |_, _, draw| Some(if draw < 0.5 { "a" } else { "b" })).numeric("constant", |_, _, _| 1.0);
    let known = ["tags", "constant"].map(|name| (name.to_owned(), "it is written later".to_owned())).into();
    let report = examine(&data.data(), &Audit { ordered: true, known, ..Audit::default() }).unwrap();
    assert_eq!(verdict(&report, "tags"), Verdict::Suspicious, "{report}");
    assert_eq!(evidence(&report, "tags"), "known by its name: it is written later");
    assert_eq!(verdict(&report, "constant"), Verdict::Fine, "what never varies tells nothing\n{report}");
    assert!(report.exclude().is_empty());
}

/// Leads over 500 days, closing after 5 to 35 days.
fn history(n: usize, seed: u64) -> (TrainingData, Vec<Option<i64>>) {
    let mut random = Uniform(seed);
    let mut outcomes = Outcomes::default();
    let mut leads = LeadTable::default();
    for lead in 0..n {
        let created = START + 500 * DAY * lead as i64 / n as i64;
        let closed = created + ((5.0 + 30.0 * random.next()) * DAY as f64) as i64;
        let known = closed <= START + 500 * DAY;
        leads.ids.push(lead.to_string());
        leads.created_at.push(created);
        let won = random.next() < 0.3;
        outcomes.won.push(known.then_some(won));
        outcomes.closed_at.push(if known { closed } else { i64::MIN });
    }
    let closed = outcomes.closed_at.iter().map(|&t| (t != i64::MIN).then_some(t)).collect();
    let schema = Schema::new().lead_id("id").created_at("created_at").outcomes(OutcomeColumns::new("won", "closed_at"));
    (TrainingData::new(schema, leads, Target::Outcomes(outcomes)), closed)
}

#[test]
fn dates_after_the_close_leak_and_planned_ones_do_not() {
    let (mut data, closed) = history(3000, 7);
    let later = |days: i64| AttributeColumn::Time(closed.iter().map(|t| t.map_or(i64::MIN, |t| t + days * DAY)).collect());
    let early = AttributeColumn::Time(data.leads.created_at.iter().map(|t| t - 3 * DAY).collect());
    data.leads.attributes = vec![
        ("first_visit".to_owned(), early),
        ("invoice".to_owned(), later(9)),
        ("renewal".to_owned(), later(365)),
        ("signed".to_owned(), later(0)),
    ];
    data.schema = data.schema.date("first_visit").date("invoice").future_date("renewal").date("signed");
    let report = leakage_report(&data).unwrap();
    assert_eq!(verdict(&report, "invoice"), Verdict::Leak, "{report}");
    assert!(evidence(&report, "invoice").contains("closed leads hold a moment after their close"), "{report}");
    assert!(evidence(&report, "signed").contains("the day of their close"), "{report}");
    assert_eq!(verdict(&report, "first_visit"), Verdict::Fine, "{report}");
    assert!(!evidence(&report, "renewal").contains("close"), "{report}");
}

#[test]
fn what_is_filled_in_at_every_close_is_told_by_the_leads_that_are_still_open() {
    let (mut data, closed) = history(4000, 8);
    // Half of all leads never close, whatever their age.
    let kept: Vec<Option<i64>> = closed.iter().enumerate().map(|(lead, t)| t.filter(|_| lead % 2 == 0)).collect();
    if let Target::Outcomes(outcomes) = &mut data.target {
        for (lead, t) in kept.iter().enumerate() {
            outcomes.closed_at[lead] = t.unwrap_or(i64::MIN);
            outcomes.won[lead] = outcomes.won[lead].filter(|_| t.is_some());
        }
    }
    data.leads.attributes = vec![("closed_by".to_owned(), words(kept.iter().map(|t| t.map(|_| "somebody"))))];
    data.schema = data.schema.categorical("closed_by");
    let report = leakage_report(&data).unwrap();
    assert_eq!(verdict(&report, "closed_by"), Verdict::Leak, "{report}");
    assert!(evidence(&report, "closed_by").contains("filled in for 100 % of closed leads, for 0 % of open leads"), "{report}");
}

#[test]
fn a_table_without_leads_or_with_one_end_is_refused() {
    let mut data = Flat::new(50, 9).numeric("x", |_, _, draw| draw).data();
    data.target = Target::Labels(vec![Some(true); 50]);
    let refusal = examine(&data, &Audit::default()).unwrap_err();
    assert!(matches!(refusal, TrainingError::OneClass { n: 50, class: "won", .. }), "{refusal}");
    let empty = TrainingData::new(Schema::new(), LeadTable::default(), Target::Labels(Vec::new()));
    assert_eq!(examine(&empty, &Audit::default()).unwrap_err(), TrainingError::NoLeads);
}

#[test]
fn columns_that_a_table_lacks_or_that_never_vary_are_fine() {
    let mut data = Flat::new(400, 10).numeric("constant", |_, _, _| 7.0).data();
    data.schema = data.schema.boolean("absent");
    let report = leakage_report(&data).unwrap();
    assert!(
        report.columns.iter().all(|column| column.verdict == Verdict::Fine && column.evidence == "every lead has the same"),
        "{report}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    /// One column of each type that has nothing to do with the end, tables of any size: nothing is named.
    #[test]
    fn noise_is_never_a_leak(n in 30_usize..1500, seed in any::<u64>(), share in 0.02_f64..0.98) {
        let mut flat = Flat::new(n, seed)
            .categorical("word", |_, _, draw| ["a", "b", "c"].get((draw * 4.0) as usize).copied())
            .categorical("rare", |_, _, draw| (draw < 0.03).then_some("x"))
            .numeric("number", |_, _, draw| if draw < 0.2 { f64::NAN } else { draw });
        for row in 0..n {
            flat.won[row] = flat.random.next() < share;
        }
        flat.won[0] = true;
        flat.won[1] = false;
        let report = flat.report();
        prop_assert!(report.columns.iter().all(|column| column.verdict == Verdict::Fine), "{}", report);
    }

    /// Whatever a caller puts into the public fields, short columns included.
    #[test]
    fn malformed_tables_do_not_panic(
        n in 1_usize..40,
        short in 0_usize..40,
        labels in prop::collection::vec(prop::option::of(any::<bool>()), 0..60),
        moments in prop::collection::vec(any::<i64>(), 0..60),
    ) {
        let leads = LeadTable {
            ids: (0..n).map(|i| i.to_string()).collect(),
            created_at: moments.clone(),
            attributes: vec![
                ("a".to_owned(), AttributeColumn::Number(vec![1.0; short])),
                ("b".to_owned(), AttributeColumn::Bool(vec![5; short])),
                ("c".to_owned(), AttributeColumn::Text(TextColumn { words: vec!["x".to_owned()], codes: vec![9; short] })),
                ("d".to_owned(), AttributeColumn::Time(moments)),
            ],
            ..LeadTable::default()
        };
        let schema = Schema::new().numeric("a").boolean("b").attribute("c", Attribute::Text {}).date("d");
        let mut data = TrainingData::new(schema, leads, Target::Labels(labels));
        data.row_order = Some(RowOrder::new("e", vec![1; short]));
        let _ = leakage_report(&data);
    }
}
