#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;

use super::fixture::{DAY, NOW, World, classifier, model, parts};
use super::{Event, Lead, ScoreNote, ScoringError, Status};
use crate::calibration::Calibrator;
use crate::error::Error;
use crate::features::{
    AttributeColumn, Engagement, EventTable, FeatureFamily, FeaturePlan, FeatureSettings, LeadTable, RawEvents, TextColumn,
};
use crate::math::sigmoid;
use crate::model::Model;
use crate::schema::Initiator;
use crate::time::{Span, Timestamp};

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros).unwrap()
}

#[test]
fn a_batch_and_a_query_give_the_same_bits_on_any_number_of_threads_before_and_after_the_file() {
    let model = model();
    let reopened = Model::from_bytes(&model.to_bytes().unwrap()).unwrap();
    let world = World::new(1100, 7);
    let events = model.plan().code_events(&world.events, world.leads.len());
    let one = model.score_rows(&world.leads, &events, &world.as_of, 2, Some(1)).unwrap();
    for threads in [Some(2), Some(5), None] {
        assert_eq!(model.score_rows(&world.leads, &events, &world.as_of, 2, threads).unwrap(), one);
    }
    assert_eq!(reopened.score_rows(&world.leads, &events, &world.as_of, 2, Some(2)).unwrap(), one);
    for row in 0..world.leads.len() {
        let (lead, events) = (world.lead(row), world.events_of(row));
        for model in [&model, &reopened] {
            let mut score = model.query(&lead).events(&events).as_of(world.as_of(row)).explain(2).score().unwrap();
            assert_eq!(score.rank, None);
            score.rank = Some(one.rank[row]);
            assert_eq!(score.log_odds.to_bits(), one.log_odds[row].to_bits());
            assert_eq!(score, one.row(row, lead.id()).unwrap());
        }
    }
    let statuses: std::collections::HashSet<Status> = one.status.iter().copied().collect();
    assert!(statuses.len() == 3, "the world is too small: {statuses:?}");
}

#[test]
fn reasons_and_base_sum_to_the_log_odds() {
    let model = model();
    let world = World::new(300, 3);
    for row in 0..world.leads.len() {
        let (lead, events) = (world.lead(row), world.events_of(row));
        let query = model.query(&lead).events(&events).as_of(world.as_of(row)).explain(usize::MAX);
        let (score, explanation) = (query.score().unwrap(), query.explanation().unwrap());
        let sum: f64 = explanation.base + explanation.contributions.iter().map(|(_, term)| term).sum::<f64>();
        assert!((sum - score.log_odds).abs() < 1e-9);
        assert_eq!(explanation.log_odds.to_bits(), score.log_odds.to_bits());
        assert_eq!(score.probability.to_bits(), sigmoid(score.log_odds).to_bits());
        let sum: f64 = explanation.base + score.reasons.iter().map(|reason| reason.contribution).sum::<f64>();
        assert!((sum - score.log_odds).abs() < 1e-9);
        assert!(score.reasons.windows(2).all(|pair| pair[0].contribution.abs() >= pair[1].contribution.abs()));
        let two = query.explain(2).score().unwrap().reasons;
        assert_eq!(two[..], score.reasons[..two.len()]);
        for reason in &score.reasons {
            assert!(reason.text.ends_with(if reason.contribution > 0.0 { ": raises" } else { ": lowers" }), "{}", reason.text);
            assert_eq!(model.plan().features().iter().find(|f| f.name == reason.feature).unwrap().concept, reason.concept);
        }
    }
}

#[test]
fn what_a_lead_does_not_mention_is_a_mismatch_and_what_it_lacks_is_not() {
    let model = model();
    let bare = Lead::new("a");
    let score = model.query(&bare).as_of(at(NOW)).score().unwrap();
    assert_eq!(
        (score.status, &score.missing_columns[..]),
        (Status::SchemaMismatch, &["created", "employees", "industry"].map(str::to_owned)[..])
    );
    assert!(score.probability.is_nan() && score.log_odds.is_nan() && score.score.is_nan() && score.grade.is_empty());
    let error = model.query(&bare).explanation().unwrap_err();
    assert_eq!(error.code(), "schema");
    assert!(error.to_string().contains("created, employees, industry"), "{error}");

    let told = bare.missing("created").missing("employees").missing("industry");
    let score = model.query(&told).as_of(at(NOW)).score().unwrap();
    assert_eq!((score.status, score.missing_columns.len()), (Status::InsufficientData, 0));
    assert!(score.probability.is_finite());
}

#[test]
fn a_creation_given_as_a_date_of_the_schemas_column_is_the_creation() {
    let model = model();
    let world = World::new(40, 5);
    for row in (0..40).filter(|&row| world.leads.created(row).is_some()) {
        let (lead, created) = (world.lead(row), world.leads.created(row).unwrap());
        let dated = world
            .leads
            .attributes
            .iter()
            .fold(Lead::new(lead.id()).date("created", created), |lead, (name, column)| lead.cell(name, column.cell(row)));
        let score = |lead: &Lead| model.query(lead).events(&world.events_of(row)).as_of(world.as_of(row)).explain(3).score().unwrap();
        assert_eq!(score(&dated), score(&lead), "row {row}");
    }
    let early = Lead::new("a").date("created", -1).missing("employees").missing("industry");
    assert!(matches!(model.query(&early).as_of(at(NOW)).score(), Err(Error::Time(_))));
}

#[test]
fn a_table_that_lacks_a_column_mismatches_in_every_row() {
    let model = model();
    let mut world = World::new(10, 1);
    world.leads.attributes[1].1 = AttributeColumn::Absent;
    let table = model.score_rows(&world.leads, &EventTable::default(), &world.as_of, 1, None).unwrap();
    assert_eq!(table.missing_columns, ["industry"]);
    assert!(table.status.iter().all(|s| *s == Status::SchemaMismatch) && table.probability.iter().all(|p| p.is_nan()));
    assert_eq!(table.rank, (1..=10).collect::<Vec<_>>());
    assert_eq!(table.row(0, "L0").unwrap().rank, None, "what has no score has no rank");
    assert_eq!(table.grade(0), None);
    world.leads.created_at.clear();
    let table = model.score_rows(&world.leads, &EventTable::default(), &world.as_of, 1, None).unwrap();
    assert_eq!(table.missing_columns, ["created", "industry"]);
}

#[test]
fn nothing_known_and_nothing_happened_is_insufficient_until_an_event_is_visible() {
    let model = model();
    let lead = Lead::new("a").created_at(at(NOW)).missing("employees").missing("industry");
    let status = |events: &[Event], as_of: i64| model.query(&lead).events(events).as_of(at(as_of)).score().unwrap().status;
    let late = [Event::new("email_open", at(NOW + 1)).recorded_at(at(NOW + 3))];
    assert_eq!(status(&late, NOW), Status::InsufficientData);
    assert_eq!(status(&late, NOW + 2), Status::InsufficientData);
    assert_eq!(status(&late, NOW + 3), Status::Scored);
}

#[test]
fn a_lead_silent_for_longer_than_training_saw_is_stale() {
    let model = model();
    let longest = model.plan().longest_silence().unwrap();
    let lead = Lead::new("a").created_at(at(NOW)).number("employees", 3.0).missing("industry");
    let status = |events: &[Event], as_of: i64| model.query(&lead).events(events).as_of(at(as_of)).score().unwrap().status;
    assert_eq!(status(&[], NOW + longest), Status::Scored);
    assert_eq!(status(&[], NOW + longest + 1), Status::Stale);
    let event = [Event::new("email_open", at(NOW + 5))];
    assert_eq!(status(&event, NOW + longest + 5), Status::Scored);
    assert_eq!(status(&event, NOW + longest + 6), Status::Stale);
    // An event that is not known yet is no sign of life.
    let unknown = [Event::new("email_open", at(NOW + 5)).recorded_at(at(NOW + 2 * longest))];
    assert_eq!(status(&unknown, NOW + longest + 1), Status::Stale);
}

#[test]
fn the_order_in_which_events_are_given_changes_nothing() {
    let model = model();
    let world = World::new(60, 9);
    for row in 0..60 {
        let lead = world.lead(row);
        let mut events = world.events_of(row);
        let score = |events: &[Event]| model.query(&lead).events(events).as_of(world.as_of(row)).explain(9).score().unwrap();
        let forward = score(&events);
        events.reverse();
        assert_eq!(score(&events), forward);
    }
}

#[test]
fn a_state_kept_event_by_event_scores_as_all_events_do() {
    let model = model();
    let plan = model.plan();
    let world = World::new(200, 11);
    let table = plan.code_events(&world.events, 200);
    let mut folded = 0;
    for row in 0..200 {
        let (lead, events) = (world.lead(row), table.lead(row));
        let state = Engagement::from_events(plan, events);
        folded += events.at.len() - state.kept_events();
        for as_of in [world.as_of[row] + 20 * DAY, world.as_of[row] + 250 * DAY] {
            let query = model.query(&lead).as_of(at(as_of)).explain(3);
            let all = world.events_of(row);
            assert_eq!(query.engagement(&state).score().unwrap(), query.events(&all).score().unwrap(), "row {row}");
        }
    }
    assert!(folded > 100, "{folded}");
    let state = Engagement::from_events(plan, table.lead(1));
    let lead = world.lead(1);
    let error = model.query(&lead).engagement(&state).as_of(at(0)).score().unwrap_err();
    assert!(matches!(error, Error::Scoring(ScoringError::Engagement(_))), "{error}");
}

#[test]
fn an_event_pushed_in_words_is_the_event_and_one_that_does_not_fit_changes_nothing() {
    let model = model();
    let mut state = model.engagement(&[]).unwrap();
    let error = model.push(&mut state, &Event::new("call", at(NOW)).value(1e39)).unwrap_err();
    assert!(matches!(error, Error::Scoring(ScoringError::PushedValue { .. })) && error.code() == "data", "{error}");
    assert_eq!(state, model.engagement(&[]).unwrap());
    let event = Event::new(" Demo_Request", at(NOW)).channel("WEB").value(2.0).recorded_at(at(NOW + DAY));
    model.push(&mut state, &event).unwrap();
    assert_eq!(state, model.engagement(std::slice::from_ref(&event)).unwrap());
    assert_eq!(state.kept_events(), 1);
    assert!(model.engagement(&[Event::new("call", at(NOW)).value(f64::INFINITY)]).is_err());
}

#[test]
fn wrong_values_are_named() {
    let model = model();
    let lead = Lead::new("L9").created_at(at(NOW)).text("employees", "many").missing("industry");
    let error = model.query(&lead).as_of(at(NOW)).score().unwrap_err();
    assert_eq!(error.code(), "data");
    assert!(error.to_string().contains("\"L9\"") && error.to_string().contains("\"employees\""), "{error}");

    let lead = Lead::new("L9").created_at(at(NOW)).missing("employees").missing("industry");
    for value in [f64::INFINITY, 1e39] {
        let error = model.query(&lead).events(&[Event::new("call", at(NOW)).value(value)]).as_of(at(NOW)).score().unwrap_err();
        assert!(matches!(error, Error::Scoring(ScoringError::EventValue { position: 0, .. })), "{error}");
    }
}

#[test]
fn a_batch_needs_one_moment_for_each_lead_and_events_that_fit() {
    let model = model();
    let world = World::new(4, 1);
    let score = |events: &EventTable, as_of: &[i64]| model.score_rows(&world.leads, events, as_of, 0, None);
    assert!(matches!(score(&EventTable::default(), &[NOW]), Err(Error::Scoring(ScoringError::Moments { moments: 1, leads: 4 }))));
    let error = score(&EventTable::default(), &[NOW, NOW, NOW, -1]).unwrap_err();
    assert_eq!(error.code(), "data");
    assert!(error.to_string().starts_with("row 3 of leads, as_of: "), "{error}");
    let mut created = world.leads.clone();
    created.created_at[2] = -1;
    let error = model.score_rows(&created, &EventTable::default(), &world.as_of, 0, None).unwrap_err().to_string();
    assert!(error.starts_with("row 2 of leads, created: "), "{error}");
    let events = model.plan().code_events(&world.events, 4);
    let mut early = events.clone();
    early.at[events.offsets[2]] = -1;
    let error = score(&early, &world.as_of).unwrap_err().to_string();
    assert!(error.starts_with("row 2 of leads, the time of an event: "), "{error}");
    for broken in [
        EventTable { kind: vec![], ..events.clone() },
        EventTable { recorded_at: vec![1], ..events.clone() },
        EventTable { offsets: vec![0, 3, 2, 5, 6], ..events.clone() },
        EventTable { offsets: vec![0, 1, 2, 3, 1000], ..events.clone() },
    ] {
        assert!(matches!(score(&broken, &world.as_of), Err(Error::Scoring(ScoringError::Events))));
    }
    assert!(score(&events, &world.as_of).unwrap().reasons.is_empty());
    let none = model.score_rows(&LeadTable::default(), &EventTable::default(), &[], 3, None).unwrap();
    assert!(none.is_empty() && none.row(0, "x").is_none());
}

#[test]
fn models_and_their_answers_are_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Model>();
    shared::<super::Score>();
    shared::<super::ScoreTable>();
    shared::<Error>();
}

/// A model that reads the events of accounts, and leads of whom most have one.
fn of_accounts(n: usize) -> (Model, World) {
    of_accounts_that(n, &[FeatureFamily::Account], Default::default())
}

/// The same of a model that reads who of them and sales answers whom: faxes are by sales.
fn of_answers(n: usize) -> (Model, World) {
    let who = [("demo_request", Initiator::Lead), ("email_open", Initiator::Lead), ("fax", Initiator::Sales)];
    let who = who.map(|(kind, who)| (kind.to_owned(), who)).into();
    let (model, world) = of_accounts_that(n, &[FeatureFamily::Account, FeatureFamily::Response], who);
    assert!(model.plan().needs_account_answers());
    (model, world)
}

fn of_accounts_that(n: usize, families: &[FeatureFamily], initiator: BTreeMap<String, Initiator>) -> (Model, World) {
    let mut world = World::new(n, 11);
    let codes = (0..n as u32).map(|i| if i % 7 == 0 { u32::MAX } else { i / 3 }).collect();
    world.leads.account = Some(TextColumn { words: (0..n).map(|i| format!("A{i}")).collect(), codes });
    let mut parts = parts(Calibrator::Platt { slope: 0.9, intercept: -0.2 });
    parts.schema.account = Some("company".to_owned());
    let settings = FeatureSettings::default().windows([Span::days(7)]).half_lives([Span::days(7)]);
    let settings = settings.families(FeatureFamily::OVERALL.into_iter().chain(families.iter().copied()));
    parts.schema.events.as_mut().unwrap().initiator = initiator;
    parts.plan = FeaturePlan::fit(&parts.schema, &world.leads, &world.events, &settings).unwrap();
    assert!(parts.plan.needs_account());
    parts.plan.set_longest_silence(Some(60 * DAY));
    parts.classifier = classifier(&parts.plan);
    (Model::assemble(parts).unwrap(), world)
}

#[test]
fn a_comparison_tells_what_the_account_did_where_the_model_reads_it() {
    let (reads, world) = of_accounts(60);
    let lead = world.lead(1);
    let at = |micros| Timestamp::from_micros(micros).unwrap();
    let calls = ["demo_request", "fax"].map(|kind| Event::new(kind, at(NOW - DAY)));
    let told = |model: &Model, account: &[Event]| {
        let compare = model.compare(&lead, &lead).account(&[], account).between(at(NOW - 2 * DAY), at(NOW + 400 * DAY));
        compare.compare().unwrap().new_events.text
    };
    let new = told(&reads, &calls);
    assert!(new.starts_with("no new events; of the account's other leads new events: 2 (1 demo request, 1 fax): "), "{new}");
    assert!(told(&reads, &[]).starts_with("no new events: "));
    assert!(told(&model(), &calls).starts_with("no new events: "), "another model does not read it");
}

#[test]
fn the_account_of_a_table_and_the_account_given_for_one_lead_give_the_same_bits() {
    for (model, world) in [of_accounts(600), of_answers(600)] {
        assert_same_bits_of_accounts(&model, &world);
    }
}

fn assert_same_bits_of_accounts(model: &Model, world: &World) {
    let accounts = world.leads.account.clone().unwrap();
    let (with, plain) = (model.plan().lead_events(&world.events, &world.leads), model.plan().code_events(&world.events, 600));
    let table = model.score_rows(&world.leads, &with, &world.as_of, 3, Some(2)).unwrap();
    assert_eq!(model.score_rows(&world.leads, &plain, &world.as_of, 3, Some(1)).unwrap(), table);
    let mut changed = 0;
    for row in 0..600 {
        let (lead, events) = (world.lead(row), world.events_of(row));
        let others = (0..600).filter(|&other| other != row && accounts.codes[other] == accounts.codes[row]);
        let of_other = |other: usize| {
            let events = world.events_known_from(other, world.leads.created(other).unwrap_or(i64::MIN));
            events.into_iter().map(move |event| event.of_lead(format!("called {}", 600 - other)))
        };
        let of_others: Vec<Event> = others.flat_map(of_other).collect();
        let alone = model.query(&lead).events(&events).as_of(world.as_of(row)).explain(3);
        let query = if accounts.word(row).is_some() { alone.account(&of_others) } else { alone };
        let mut score = query.score().unwrap();
        assert_eq!(score.log_odds.to_bits(), query.explanation().unwrap().log_odds.to_bits());
        score.rank = Some(table.rank[row]);
        assert_eq!(score, table.row(row, lead.id()).unwrap());
        changed += usize::from(alone.score().unwrap().log_odds != score.log_odds);
        let nothing = alone.account(&[]).score().unwrap();
        assert!(accounts.word(row).is_none() || !of_others.is_empty() || nothing.log_odds == score.log_odds);
    }
    assert!(changed > 200, "an account that is not given is not one in which nothing happened: {changed}");
}

#[test]
fn a_live_account_is_something_known_and_no_sign_of_the_leads_own_life() {
    let (model, _) = of_accounts(200);
    let lead = Lead::new("a").created_at(at(NOW)).missing("employees").missing("industry");
    let visit = |from: i64, known: i64| [Event::new("email_open", at(from)).recorded_at(at(known))];
    let status = |account: &[Event], as_of: i64| model.query(&lead).account(account).as_of(at(as_of)).score().unwrap().status;
    assert_eq!(status(&[], NOW + 1), Status::InsufficientData);
    assert_eq!(status(&visit(NOW - 5, NOW - 5), NOW + 1), Status::Scored);
    assert_eq!(status(&visit(NOW - 5, NOW + 2), NOW + 1), Status::InsufficientData, "it is not known yet");
    assert_eq!(status(&visit(NOW + 2, NOW + 2), NOW + 1), Status::InsufficientData, "it has not happened yet");
    let longest = model.plan().longest_silence().unwrap();
    let later = NOW + longest + 10;
    assert_eq!(status(&visit(later - 1, later - 1), later), Status::Stale);
    let own = model.query(&lead).events(&visit(later - 1, later - 1)).as_of(at(later)).score().unwrap().status;
    assert_eq!(own, Status::Scored);

    // A table says the same.
    let n = 3;
    let columns = ["employees", "industry"].map(|name| {
        (
            name.to_owned(),
            if name == "employees" {
                AttributeColumn::Number(vec![f64::NAN; n])
            } else {
                AttributeColumn::Text(TextColumn { words: Vec::new(), codes: vec![u32::MAX; n] })
            },
        )
    });
    let leads = LeadTable {
        ids: (0..n).map(|i| i.to_string()).collect(),
        created_at: vec![NOW; n],
        attributes: columns.to_vec(),
        account: Some(TextColumn { words: vec!["A".to_owned(), "B".to_owned()], codes: vec![0, 0, 1] }),
        ..LeadTable::default()
    };
    let kind = TextColumn { words: vec!["email_open".to_owned()], codes: vec![0] };
    let raw = RawEvents { lead: vec![1], at: vec![NOW + 5], kind, ..RawEvents::default() };
    let events = model.plan().lead_events(&raw, &leads);
    let table = model.score_rows(&leads, &events, &[NOW + 6; 3], 0, None).unwrap();
    assert_eq!(table.status, [Status::Scored, Status::Scored, Status::InsufficientData]);
}

#[test]
fn golden_rows_of_a_model_that_reads_accounts_hold_their_events() {
    for (model, _) in [of_accounts(200), of_answers(200)] {
        assert_golden_rows_of_accounts(&model);
    }
    // A model that reads no accounts holds none.
    let plain = self::model();
    assert!(plain.content().golden.iter().all(|row| row.account_events().is_none()));
}

fn assert_golden_rows_of_accounts(model: &Model) {
    model.verify().unwrap();
    let bytes = model.to_bytes().unwrap();
    let read = Model::from_bytes(&bytes).unwrap();
    read.verify().unwrap();
    assert_eq!(read, *model);
    let golden = &model.content().golden;
    // How many events of the account each has, and whether that shows in its score.
    let found: Vec<(Option<usize>, bool)> = golden.iter().map(|row| (row.account_events(), row.depends_on_the_account(model))).collect();
    assert!(found.contains(&(None, false)), "an account that is not known is one of the cases: {found:?}");
    assert!(found.iter().any(|(n, shows)| n.is_some_and(|n| n > 0) && *shows), "{found:?}");
}

#[test]
fn words_of_one_lead_that_the_model_does_not_know_are_told_when_asked_for() {
    let model = model();
    let lead = Lead::new("a").created_at(at(NOW)).number("employees", 3.0).text("industry", "Space mining");
    let events = [
        Event::new("email_open", at(NOW)).channel("never heard of"),
        Event::new("Seance", at(NOW)),
        Event::new("seance ", at(NOW)).channel("never heard of"),
    ];
    let told: Vec<(String, String, usize, String)> = (model.query(&lead).events(&events).unseen().into_iter())
        .map(|unseen| (unseen.table.to_owned(), unseen.column, unseen.rows, unseen.examples[0].0.clone()))
        .collect();
    let expected = [("leads", "industry", 1, "space mining"), ("events", "kind", 2, "seance"), ("events", "channel", 2, "never heard of")];
    let expected = expected.map(|(table, column, rows, word)| (table.to_owned(), column.to_owned(), rows, word.to_owned()));
    assert_eq!(told, expected);
    let known = model.query(&lead.clone().missing("industry")).events(&events[..0]).unseen();
    assert!(known.is_empty(), "{known:?}");
}

#[test]
fn a_table_without_the_account_is_a_mismatch_of_a_model_that_reads_accounts() {
    let (model, mut world) = of_accounts(20);
    world.leads.account = None;
    let table = model.score_rows(&world.leads, &EventTable::default(), &world.as_of, 0, None).unwrap();
    assert_eq!(table.missing_columns, ["company"]);
    assert!(table.status.iter().all(|status| *status == Status::SchemaMismatch));
}

#[test]
fn an_infinite_value_of_an_event_of_the_account_is_refused() {
    let (model, world) = of_accounts(20);
    let event = Event::new("demo_request", at(NOW)).value(f64::INFINITY);
    let error = model.query(&world.lead(1)).account(&[event]).as_of(at(NOW)).score().unwrap_err();
    assert!(matches!(error, Error::Scoring(ScoringError::EventValue { .. })), "{error}");
}

#[test]
fn a_creation_that_is_no_moment_is_an_error_and_one_that_is_missing_is_not() {
    let model = model();
    let lead = World::new(60, 9).lead(3);
    // What is said last in the column prevails over nothing, but not over the lead's own moment.
    let without = |lead: Lead| {
        let named = ["employees", "industry"].into_iter().filter_map(|name| Some((name, lead.attribute(name)?)));
        named.fold(Lead::new("L-3"), |made, (name, cell)| made.cell(name, cell))
    };
    let ask = |lead: &Lead| model.query(lead).as_of(at(NOW)).score();
    assert!(ask(&without(lead.clone()).missing("created")).is_ok());
    for (said, found) in [
        (without(lead.clone()).number("created", 1_721_051_803_000.0), "the number 1721051803000"),
        (without(lead.clone()).boolean("created", true), "true"),
        (without(lead.clone()).text("created", "2026-03-01"), "the text \"2026-03-01\""),
    ] {
        let told = format!("lead \"L-3\", attribute \"created\": \"created\" is {found}, and must be a moment");
        assert!(ask(&said).unwrap_err().to_string().starts_with(&told), "{told}");
        assert!(model.compare(&said, &said).between(at(NOW), at(NOW)).compare().unwrap_err().to_string().starts_with(&told));
        assert!(ask(&said.created_at(at(NOW - DAY))).is_ok());
    }
}

#[test]
fn leads_created_after_their_moment_are_counted_and_one_is_told() {
    let model = model();
    let world = World::new(60, 9);
    let events = model.plan().code_events(&world.events, world.leads.len());
    // The moment of every third lead is that of its creation, of every other third a microsecond before.
    let as_of: Vec<i64> = (0..60).map(|row| world.leads.created(row).map_or(NOW, |created| created - i64::from(row % 3 == 1))).collect();
    let later = (0..60).filter(|row| row % 3 == 1 && world.leads.created(*row).is_some()).count();
    assert!(later > 10);
    let told = model.score_rows(&world.leads, &events, &as_of, 0, Some(2)).unwrap().notes;
    assert_eq!(told, [ScoreNote::CreatedLater { column: "created".to_owned(), leads: later, of: 60 }]);
    let share = 100.0 * later as f64 / 60.0;
    assert_eq!(
        told[0].to_string(),
        format!(
            "leads.created: {later} of 60 leads ({share:.1} %) were created after the moment as of which they are seen, when nobody knew of them; leave \
             them out, or give a later moment"
        )
    );
    for (row, &moment) in as_of.iter().enumerate() {
        let notes = model.query(&world.lead(row)).as_of(at(moment)).notes();
        assert_eq!(!notes.is_empty(), row % 3 == 1 && world.leads.created(row).is_some(), "row {row}");
    }
    let tomorrow: Vec<i64> = as_of.iter().map(|at| at + DAY).collect();
    assert!(model.score_rows(&world.leads, &events, &tomorrow, 0, None).unwrap().notes.is_empty());
}
