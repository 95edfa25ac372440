//! What a training promises, on a small made history.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::{Gate, Retrainer, Target, Trainer, TrainingData, TrainingError};
use crate::features::{
    AttributeChanges, AttributeColumn, AttributeHistory, FeatureFamily, FeatureSettings, LeadTable, RawEvents, TextColumn,
};
use crate::lifecycle::{Outcomes, Snapshots};
use crate::models::Algorithm;
use crate::models::boosting::BoostingParams;
use crate::models::logistic::LogisticParams;
use crate::schema::{EventColumns, Schema};
use crate::time::{MICROS_PER_DAY as DAY, Span, Timestamp};
use crate::{Error, OutcomeColumns};

const START: i64 = 18_000 * DAY;

/// Numbers in [0, 1) from a linear congruential generator (Knuth 1997, MMIX).
struct Uniform(u64);

impl Uniform {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn schema() -> Schema {
    let mut schema = Schema::new().lead_id("id").created_at("created_at").numeric("size").categorical("industry");
    schema.events = Some(EventColumns::new("id", "at", "kind"));
    schema.outcomes = Some(OutcomeColumns::new("won", "closed_at").lead_id("id"));
    schema
}

/// `n` leads over 500 days in order of creation; large ones, those of one industry and those that ask for a demo are won more often.
fn history(n: usize, seed: u64) -> TrainingData {
    let mut random = Uniform(seed);
    let mut leads = LeadTable::default();
    let (mut sizes, mut industries) = (Vec::new(), Vec::new());
    let mut events = RawEvents::default();
    events.kind.words = vec!["visit".into(), "demo_request".into()];
    let mut outcomes = Outcomes::default();
    for lead in 0..n {
        let created_at = START + (500.0 * DAY as f64 * lead as f64 / n as f64) as i64;
        let (size, industry) = (random.next(), (random.next() * 4.0) as u32);
        let demo = random.next() < 0.3;
        let mut event = |kind: u32, days: f64| {
            let at = created_at + (days * DAY as f64) as i64;
            events.lead.push(lead as u32);
            events.at.push(at);
            // Every seventh is imported late.
            events.recorded_at.push(if events.at.len() % 7 == 0 { at + 3 * DAY } else { at });
            events.kind.codes.push(kind);
        };
        for _ in 0..(random.next() * 4.0) as u32 {
            event(0, random.next() * 20.0);
        }
        if demo {
            event(1, random.next() * 5.0);
        }
        let z = -2.5 + 2.0 * size + f64::from(u8::from(industry == 1)) + 1.5 * f64::from(u8::from(demo));
        let won = random.next() < crate::math::sigmoid(z);
        let closes = created_at + ((6.0 + random.next() * 25.0) * DAY as f64) as i64;
        let known = closes <= START + 500 * DAY;
        leads.ids.push(lead.to_string());
        leads.created_at.push(created_at);
        sizes.push(size);
        industries.push(industry);
        outcomes.won.push(known.then_some(won));
        outcomes.closed_at.push(if known { closes } else { i64::MIN });
        outcomes.recorded_at.push(if known { closes + (lead as i64 % 3) * DAY } else { i64::MIN });
    }
    let words = ["retail", "software", "health", "energy"].map(String::from).to_vec();
    leads.attributes = vec![
        ("industry".into(), AttributeColumn::Text(TextColumn { words, codes: industries })),
        ("size".into(), AttributeColumn::Number(sizes)),
    ];
    let mut data = TrainingData::new(schema(), leads, Target::Outcomes(outcomes));
    data.events = events;
    data
}

fn ends(data: &TrainingData) -> &Outcomes {
    match &data.target {
        Target::Outcomes(outcomes) => outcomes,
        Target::Labels(_) => panic!("a history has outcomes"),
    }
}

fn day(day: i64) -> Timestamp {
    Timestamp::from_micros(START + day * DAY).unwrap()
}

fn trainer() -> Trainer<'static> {
    let ages = ["0d", "5d"].map(|age| age.parse().unwrap()).to_vec();
    Trainer::new().horizon(Span::days(30)).snapshots(Snapshots::Ages(ages))
}

fn quick() -> Trainer<'static> {
    trainer().algorithm(Algorithm::Logistic(LogisticParams::default().l2(1.0)))
}

#[test]
fn the_model_is_the_same_to_the_byte_on_one_and_on_two_threads() {
    let data = history(1500, 1);
    let one = trainer().threads(1).fit(&data).unwrap();
    let two = trainer().threads(2).fit(&data).unwrap();
    assert_eq!(one.to_bytes().unwrap(), two.to_bytes().unwrap());
    let tried: Vec<&str> = one.card().candidates.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(tried[..2], ["logistic", "boosting"], "auto compares both");
    assert!(tried.contains(&one.card().algorithm.as_str()));
}

#[test]
fn training_as_of_a_moment_sees_nothing_of_what_came_later() {
    let mut whole = history(1500, 2);
    let as_of = day(350);
    // Later, outcomes take far longer to be recorded, and an old event turns up that nobody knew of.
    if let Target::Outcomes(outcomes) = &mut whole.target {
        outcomes.recorded_at[1200..].iter_mut().filter(|t| **t != i64::MIN).for_each(|t| *t += 60 * DAY);
    }
    whole.events.kind.words.push("secret".into());
    for lead in 0..50 {
        whole.events.lead.push(lead);
        whole.events.at.push(START + 100 * DAY);
        whole.events.recorded_at.push(START + 490 * DAY);
        whole.events.kind.codes.push(2);
    }
    // What was known on day 350: leads created by then, events and outcomes that had happened by then.
    let n = whole.leads.created_at.partition_point(|&t| t <= as_of.micros());
    let rows: Vec<u32> = (0..n as u32).collect();
    let events: Vec<usize> =
        (0..whole.events.len()).filter(|&i| whole.events.recorded_at[i] <= as_of.micros() && (whole.events.lead[i] as usize) < n).collect();
    let outcomes = ends(&whole);
    let closed = |row: usize| outcomes.closed_at[row] != i64::MIN && outcomes.recorded_at[row] <= as_of.micros();
    let known = Outcomes {
        won: (0..n).map(|row| outcomes.won[row].filter(|_| closed(row))).collect(),
        closed_at: (0..n).map(|row| if closed(row) { outcomes.closed_at[row] } else { i64::MIN }).collect(),
        recorded_at: (0..n).map(|row| if closed(row) { outcomes.recorded_at[row] } else { i64::MIN }).collect(),
        ..Outcomes::default()
    };
    let mut cut = TrainingData::new(schema(), whole.leads.take(&rows), Target::Outcomes(known));
    cut.events = whole.events.take(&events);

    let (from_whole, from_cut) = (trainer().as_of(as_of).fit(&whole).unwrap(), trainer().as_of(as_of).fit(&cut).unwrap());
    assert_eq!(from_whole.plan(), from_cut.plan());
    assert_eq!(from_whole.classifier(), from_cut.classifier());
    assert_eq!(from_whole.calibrator(), from_cut.calibrator());
    assert_eq!(from_whole.grades(), from_cut.grades());
}

#[test]
fn the_card_tells_the_counts_and_figures_of_rows_not_seen() {
    let data = history(1500, 3);
    let model = trainer().fit(&data).unwrap();
    let card = model.card();
    let seen = &card.counts.observations;
    assert_eq!(seen.leads, 1500);
    assert_eq!(seen.snapshots, seen.mature + seen.immature);
    assert!(seen.immature > 0 && seen.positives > 0);
    let figures = card.out_of_fold.as_ref().unwrap();
    assert!(figures.auc.unwrap() > 0.65, "{card}");
    assert!(figures.ece < 0.06, "{card}");
    assert_eq!(card.by_age.len(), 2);
    let concepts: Vec<&str> = model.importance().iter().map(|(concept, _)| concept.as_str()).collect();
    assert!(concepts[..3].contains(&"size"), "{concepts:?}");
}

#[test]
fn too_few_and_one_class_are_refused_with_the_counts() {
    let mut data = history(16, 4);
    let error = quick().fit(&data).unwrap_err();
    assert!(matches!(&error, Error::Training(TrainingError::TooFew { won, .. }) if *won < 10), "{error}");
    assert!(error.to_string().contains("at least 10 won and 10 lost"), "{error}");
    assert!(error.to_string().contains("whose horizon has not passed"), "{error}");

    data = history(600, 4);
    if let Target::Outcomes(outcomes) = &mut data.target {
        outcomes.won.iter_mut().for_each(|won| *won = won.map(|_| false));
    }
    let error = quick().fit(&data).unwrap_err().to_string();
    assert!(error.contains("are lost; a model needs both"), "{error}");
}

#[test]
fn a_flat_table_trains_without_times_and_is_scored_at_any_moment() {
    let whole = history(800, 5);
    let labels = ends(&whole).won.clone();
    let mut flat_schema = Schema::new().lead_id("id").numeric("size").categorical("industry");
    flat_schema.label = Some("won".into());
    let mut leads = whole.leads.clone();
    leads.created_at.clear();
    let data = TrainingData::new(flat_schema, leads, Target::Labels(labels));
    let model = quick().ordered(true).fit(&data).unwrap();
    assert_eq!(model.card().horizon, None);
    assert!(model.card().notes.iter().any(|note| note.starts_with("validated forward in time")), "{}", model.card());
    let at = |micros: i64| model.score_rows(&data.leads, &crate::EventTable::default(), &vec![micros; 800], 0, None).unwrap().log_odds;
    assert_eq!(at(START), at(START + 400 * DAY));
}

#[test]
fn weights_are_checked_and_used() {
    let data = history(800, 6);
    for (weights, part) in
        [(vec![1.0; 3], "3 weights for 800 leads"), (vec![-1.0; 800], "-1.0 in row 0"), (vec![f64::NAN; 800], "NaN in row 0")]
    {
        let error = quick().weights(weights).fit(&data).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    let even = quick().weights(vec![1.0; 800]).fit(&data).unwrap();
    assert_eq!(even.classifier(), quick().fit(&data).unwrap().classifier());
    let heavy = (0..800).map(|lead| if lead < 400 { 5.0 } else { 1.0 }).collect();
    assert_ne!(even.classifier(), quick().weights(heavy).fit(&data).unwrap().classifier());
}

#[test]
fn an_observer_stops_a_training() {
    struct Stop;
    impl crate::Observer for Stop {
        fn cancelled(&self) -> bool {
            true
        }
    }
    let data = history(800, 7);
    for algorithm in [Algorithm::Auto, Algorithm::Boosting(BoostingParams::default())] {
        assert!(matches!(trainer().algorithm(algorithm).observer(&Stop).fit(&data), Err(Error::Cancelled)));
    }
}

#[test]
fn retraining_without_new_wins_keeps_the_champion_for_want_of_evidence() {
    let data = history(1500, 8);
    let champion = quick().fit(&data).unwrap();
    let result = Retrainer::new().run(&champion, &data).unwrap();
    assert!(!result.promoted);
    assert!(result.reason.starts_with("kept: not enough evidence; 0 of the 100 wins needed"), "{}", result.reason);
    assert_eq!(result.model, champion);
}

#[test]
fn retraining_promotes_a_challenger_that_is_not_worse_and_fits_it_on_everything() {
    let data = history(3000, 9);
    let champion = quick().as_of(day(250)).fit(&data).unwrap();
    let result = Retrainer::new().run(&champion, &data).unwrap();
    assert!(result.promoted, "{}", result.reason);
    let (theirs, ours) = (result.champion.unwrap(), result.challenger.unwrap());
    assert_eq!((theirs.n, theirs.positives), (ours.n, ours.positives));
    assert!(theirs.positives >= 100);
    assert_eq!(result.model.classifier(), quick().fit(&data).unwrap().classifier());
    let notes = &result.model.card().notes;
    assert!(notes.iter().any(|note| note.contains("the figures are those of the procedure refitted before the block")), "{notes:?}");
    assert_eq!(result.model.grades().cuts(), champion.grades().cuts(), "grades are inherited");
    let fresh = Retrainer::new().inherit_grades(false).run(&champion, &data).unwrap();
    assert_ne!(fresh.model.grades().cuts(), champion.grades().cuts());
}

#[test]
fn retraining_keeps_the_champion_when_the_challenger_is_worse() {
    let mut data = history(3000, 10);
    let champion = quick().as_of(day(250)).fit(&data).unwrap();
    // Somebody turned the sizes round in all that the challenger learns from, and not in what judges it.
    for (name, column) in &mut data.leads.attributes {
        if let (true, AttributeColumn::Number(sizes)) = (name == "size", column) {
            let newest = data.leads.created_at.partition_point(|&t| t < day(400).micros());
            sizes[..newest].iter_mut().for_each(|size| *size = 1.0 - *size);
        }
    }
    let result = Retrainer::new().gate(Gate::default().min_positives(60)).run(&champion, &data).unwrap();
    assert!(!result.promoted, "{}", result.reason);
    assert!(result.reason.starts_with("kept: the challenger's log loss"), "{}", result.reason);
    assert_eq!(result.model, champion);
}

#[test]
fn a_gate_out_of_range_is_refused() {
    let data = history(1500, 11);
    let champion = quick().fit(&data).unwrap();
    for gate in [Gate::default().auc_margin(-0.1), Gate::default().log_loss_margin(f64::NAN), Gate::default().min_positives(0)] {
        let error = Retrainer::new().gate(gate).run(&champion, &data).unwrap_err();
        assert_eq!(error.code(), "config", "{error}");
    }
}

#[test]
fn a_seed_moves_whatever_is_random_and_nothing_else() {
    let data = history(800, 12);
    let boosting = || trainer().algorithm(Algorithm::Boosting(BoostingParams::default().n_estimators(20).bagging_fraction(0.5)));
    let classifier = |seed: u64| boosting().seed(seed).fit(&data).unwrap().classifier().clone();
    assert_eq!(classifier(1), classifier(1));
    assert_ne!(classifier(1), classifier(2));
}

#[test]
fn retraining_without_a_past_before_the_block_keeps_the_champion() {
    let whole = history(3000, 13);
    let champion = quick().as_of(day(250)).fit(&whole).unwrap();
    // Only the leads that came after the champion: nothing is left to train a challenger on before they are judged.
    let first = whole.leads.created_at.partition_point(|&t| t <= day(250).micros()) as u32;
    let rows: Vec<u32> = (first..whole.leads.len() as u32).collect();
    let ends = ends(&whole);
    let newest = Outcomes {
        won: rows.iter().map(|&row| ends.won[row as usize]).collect(),
        closed_at: rows.iter().map(|&row| ends.closed_at[row as usize]).collect(),
        ..Outcomes::default()
    };
    let data = TrainingData::new(schema(), whole.leads.take(&rows), Target::Outcomes(newest));
    let result = Retrainer::new().gate(Gate::default().min_positives(800)).run(&champion, &data).unwrap();
    assert!(result.reason.contains("not enough evidence; no challenger could be trained before the block"), "{}", result.reason);
    assert_eq!(result.model, champion);
}

/// `history` with an attribute "stage" that says at creation which of two lists the lead came by and, when it closes, how it ended.
fn with_stage(n: usize, seed: u64) -> TrainingData {
    let mut data = history(n, seed);
    let closed = ends(&data).clone();
    let (mut lead, mut valid_from, mut codes, mut stands) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for row in 0..n {
        lead.push(row as u32);
        valid_from.push(data.leads.created_at[row]);
        codes.push((row % 2) as u32);
        stands.push((row % 2) as u32);
        if let Some(won) = closed.won[row] {
            lead.push(row as u32);
            valid_from.push(closed.closed_at[row]);
            codes.push(2 + u32::from(won));
            stands[row] = 2 + u32::from(won);
        }
    }
    let words = ["fair", "web", "archived", "contract"].map(String::from).to_vec();
    let text = |codes| AttributeColumn::Text(TextColumn { words: words.clone(), codes });
    data.leads.attributes.push(("stage".into(), text(stands)));
    data.schema = data.schema.categorical("stage");
    data.history = Some(AttributeHistory::new(n, [("stage".to_owned(), AttributeChanges::new(lead, valid_from, text(codes)))]));
    data
}

#[test]
fn a_snapshot_sees_the_attributes_known_then() {
    let data = with_stage(1500, 21);
    let honest = quick().fit(&data).unwrap().card().out_of_fold.clone().unwrap().auc.unwrap();
    let leaking = quick().fit(&TrainingData { history: None, ..data.clone() }).unwrap().card().out_of_fold.clone().unwrap().auc.unwrap();
    assert!(honest < 0.85 && leaking > 0.98, "{honest} {leaking}");
    let card = quick().fit(&data).unwrap().card().clone();
    assert!(card.notes.iter().any(|note| note.starts_with("stage: read as known at each snapshot")), "{:?}", card.notes);
    assert!(!card.notes.iter().any(|note| note.contains("know the future")), "{:?}", card.notes);
}

#[test]
fn the_future_of_the_history_cannot_change_a_labelled_row() {
    let data = with_stage(1500, 22);
    let rows = |data: &TrainingData| super::train::observed(data, &quick()).unwrap();
    let known = rows(&data);
    // Every lead is observed while it is open, so nothing that its close wrote may show: leave all of it out.
    let mut early = data.clone();
    let codes = (0..1500).map(|row| row % 2).collect();
    let words = ["fair", "web", "archived", "contract"].map(String::from).to_vec();
    let first =
        AttributeChanges::new((0..1500).collect(), data.leads.created_at.clone(), AttributeColumn::Text(TextColumn { words, codes }));
    early.history = Some(AttributeHistory::new(1500, [("stage".to_owned(), first)]));
    let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&known.matrix.values), bits(&rows(&early).matrix.values));
}

#[test]
fn a_labelled_row_has_the_bits_of_scoring_a_table_with_the_values_of_then() {
    let data = with_stage(1200, 23);
    let observed = super::train::observed(&data, &quick()).unwrap();
    let plan = &observed.plan;
    let events = plan.code_events(&data.events, data.leads.len());
    for (row, &(lead, as_of)) in observed.labelled.rows.iter().enumerate().step_by(97) {
        let then = data.leads.as_known(data.history.as_ref().unwrap(), &vec![as_of; data.leads.len()]);
        let prepared = plan.prepare_table(&then).unwrap();
        let one = plan.matrix(&then, &prepared, &events, &[(lead, as_of)], Some(1));
        let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(observed.matrix.row(row)), bits(one.row(0)), "row {row}");
    }
}

#[test]
fn an_evaluation_reads_the_history_too() {
    let data = with_stage(1500, 24);
    let model = quick().fit(&data).unwrap();
    let auc = |data: &TrainingData| model.evaluate_data(data, None, Some(1)).unwrap().auc.unwrap();
    assert!(auc(&data) > 0.6);
    // The values of now are words that no snapshot has seen.
    assert!((auc(&TrainingData { history: None, ..data.clone() }) - auc(&data)).abs() > 1e-6);
}

/// Leads of whom two or three share an account, and a trainer that looks at it.
fn of_accounts(n: usize, seed: u64) -> (TrainingData, Trainer<'static>) {
    let mut data = history(n, seed);
    data.schema.account = Some("company".to_owned());
    let codes = (0..n as u32).map(|lead| if lead % 11 == 0 { u32::MAX } else { lead * 2 / 5 }).collect();
    data.leads.account = Some(TextColumn { words: (0..n).map(|i| format!("A{i}")).collect(), codes });
    let families = FeatureFamily::OVERALL.into_iter().chain([FeatureFamily::Account]);
    (data, quick().features(FeatureSettings::default().families(families)))
}

#[test]
fn a_labelled_row_sees_the_account_as_a_table_that_is_scored_does() {
    let (data, trainer) = of_accounts(900, 25);
    let observed = super::train::observed(&data, &trainer).unwrap();
    let plan = &observed.plan;
    let prepared = plan.prepare_table(&data.leads).unwrap();
    let count = plan.features().iter().position(|feature| feature.name == "account.count.30d").unwrap();
    let mut seen = [false; 3];
    for (row, &(lead, as_of)) in observed.labelled.rows.iter().enumerate() {
        let one = plan.lead_matrix(&data.leads, &prepared, &data.events, &vec![as_of; 900], Some(1));
        let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(observed.matrix.row(row)), bits(one.row(lead as usize)), "row {row}");
        let count = observed.matrix.row(row)[count];
        seen[if count.is_nan() { 0 } else { 1 + usize::from(count > 0.0) }] = true;
        if row > 60 && seen == [true; 3] {
            return;
        }
    }
    panic!("no account is unknown, still or busy: {seen:?}");
}

#[test]
fn a_model_of_accounts_is_evaluated_with_them_and_refuses_a_table_without() {
    let (data, trainer) = of_accounts(900, 26);
    let model = trainer.fit(&data).unwrap();
    assert!(model.plan().needs_account());
    assert!(model.evaluate_data(&data, None, Some(1)).unwrap().auc.is_some());
    let mut without = data;
    without.leads.account = None;
    let error = model.evaluate_data(&without, None, Some(1)).unwrap_err().to_string();
    assert!(error.contains("company"), "{error}");
}

#[test]
fn the_card_says_when_a_logistic_regression_did_not_converge_or_its_rows_are_separated() {
    let data = history(600, 5);
    let notes = |data: &TrainingData, params: LogisticParams| {
        // Whoever is won at all is won within 60 days.
        let model = trainer().horizon(Span::days(60)).algorithm(Algorithm::Logistic(params)).fit(data).unwrap();
        model.card().notes.clone()
    };
    let has = |notes: &[String], words: &str| notes.iter().any(|note| note.contains(words));
    let sound = notes(&data, LogisticParams::default().l2(1.0));
    assert!(!has(&sound, "did not converge") && !has(&sound, "every won training row above every lost one"), "{sound:?}");
    let early = notes(&data, LogisticParams::default().l2(0.01).max_iterations(1));
    assert!(has(&early, "did not converge: its mean gradient is"), "{early:?}");

    let mut data = data;
    let won: Vec<f32> = ends(&data).won.iter().map(|won| if *won == Some(true) { 1.0 } else { 0.0 }).collect();
    data.leads.attributes[1].1 = AttributeColumn::Number(won.iter().map(|&won| f64::from(won)).collect());
    let separated = notes(&data, LogisticParams::default().l2(1.0));
    assert!(has(&separated, "every won training row above every lost one"), "{separated:?}");
}
