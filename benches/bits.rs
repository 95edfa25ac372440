//! One kernel, one file: whatever the path, the same bits. On 1,000,000 events of the generator and on BPI Challenge 2012, features and scores of both kinds of
//! model are computed in a batch, one lead by one, from incremental states, on one thread and on two, from a file in chunks, from sorted and shuffled
//! events, and after saving; every value is compared by its bits. One line a comparison; the exit code is 1 when any value differs.
//!
//! `cargo bench --bench bits`; a number as an argument is the number of the generator's events. The public set is looked for in the folder of
//! LEADSCORE_REAL_DATA, by default `../shared/data` beside the project, and said to be missing when it is not there.
#![allow(clippy::unwrap_used, clippy::panic, unreachable_pub, missing_docs)]

#[path = "../tests/world/kept.rs"]
mod kept;

use std::collections::HashMap;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::time::Instant;

use kept::kept_up_to_date;
use leadscore::datasets::{LeadsDataset, MakeLeads};
use leadscore::frame::{EventFile, ReadOptions, lead_table, raw_events, read_table};
use leadscore::models::boosting::BoostingParams;
use leadscore::models::logistic::LogisticParams;
use leadscore::{
    Algorithm, AsOf, Event, EventColumns, FeatureMatrix, History, Lead, LeadTable, Model, OutcomeColumns, RawEvents, Schema, ScoreTable,
    Scratch, Snapshots, Span, Timestamp, Trainer, TrainingData,
};
use polars::prelude::{Column, DataFrame, DataType, IntoColumn, NamedFrom, ParquetWriter, Series, TimeUnit, TimeZone};

/// The tables that a model is trained on and asked about, and how.
struct World {
    name: &'static str,
    schema: Schema,
    leads: DataFrame,
    events: DataFrame,
    outcomes: DataFrame,
    /// How many of the leads, the first, are trained on.
    trained: usize,
    snapshots: Snapshots,
    horizon: Span,
    /// The moment as of which all are looked at.
    as_of: Timestamp,
}

/// Counts what was compared, and what differed.
#[derive(Default)]
struct Tally {
    values: u64,
    differences: u64,
    lines: u64,
}

impl Tally {
    fn compare(&mut self, what: &str, found: impl IntoIterator<Item = u64>, expected: impl IntoIterator<Item = u64>) {
        let (mut found, mut expected) = (found.into_iter(), expected.into_iter());
        let (mut values, mut differences) = (0, 0);
        loop {
            match (found.next(), expected.next()) {
                (None, None) => break,
                (a, b) => differences += u64::from(a != b),
            }
            values += 1;
        }
        println!("  {what:<76} {values:>12} values {differences:>6} differ");
        self.values += values;
        self.differences += differences;
        self.lines += 1;
    }
}

/// The bits of a matrix; NaN is one value.
fn bits(matrix: &FeatureMatrix) -> impl Iterator<Item = u64> {
    matrix.values.iter().map(|value| single(*value))
}

fn single(value: f32) -> u64 {
    u64::from(if value.is_nan() { f32::NAN.to_bits() } else { value.to_bits() })
}

fn scores(table: &ScoreTable) -> impl Iterator<Item = u64> {
    (0..table.len()).flat_map(|row| [table.log_odds[row], table.probability[row], table.score[row]].map(f64::to_bits))
}

/// The bits of every cell of a table; those of words by their hash.
fn cells(table: &DataFrame) -> Vec<u64> {
    let word = |word: &str| {
        let mut hasher = DefaultHasher::new();
        word.hash(&mut hasher);
        hasher.finish()
    };
    let mut all = Vec::with_capacity(table.height() * table.width());
    for column in table.columns() {
        let series = column.as_materialized_series();
        // Of lists, such as reasons, what is in them.
        let series = &series.list().map_or_else(|_| series.clone(), polars::prelude::ChunkedArray::get_inner);
        if let Ok(values) = series.f32() {
            all.extend(values.iter().map(|value| value.map_or(u64::MAX, single)));
        } else if let Ok(values) = series.f64() {
            all.extend(values.iter().map(|value| value.map_or(u64::MAX, f64::to_bits)));
        } else {
            let text = series.cast(&DataType::String).unwrap();
            all.extend(text.str().unwrap().iter().map(|value| value.map_or(u64::MAX, word)));
        }
    }
    all
}

fn main() {
    // Cargo's own arguments start with dashes.
    let n_events = std::env::args().skip(1).find_map(|argument| argument.replace('_', "").parse().ok()).unwrap_or(1_000_000_usize);
    let mut tally = Tally::default();
    let start = Instant::now();
    for world in [Some(generated(n_events)), bpic2012()].into_iter().flatten() {
        println!("{}: {} leads, {} events", world.name, world.leads.height(), world.events.height());
        let boosting = Algorithm::Boosting(BoostingParams::default().n_estimators(60));
        for (kind, algorithm) in [("logistic", Algorithm::Logistic(LogisticParams::default().l2(10.0))), ("boosting", boosting)] {
            compare_all(&world, kind, algorithm, &mut tally);
        }
    }
    println!("{} comparisons, {} values, {} differ ({:.0} s)", tally.lines, tally.values, tally.differences, start.elapsed().as_secs_f64());
    std::process::exit(i32::from(tally.differences > 0));
}

fn compare_all(world: &World, kind: &str, algorithm: Algorithm, tally: &mut Tally) {
    let some = world.leads.head(Some(world.trained));
    let trainer = |threads: usize| {
        let trainer = Trainer::new().schema(world.schema.clone()).algorithm(algorithm.clone()).snapshots(world.snapshots.clone());
        trainer.horizon(world.horizon).as_of(world.as_of).threads(threads).train(&some, Some(&world.events), Some(&world.outcomes)).unwrap()
    };
    let model = trainer(1);
    let label = |what: &str| format!("{kind}: {what}");
    let bytes = model.to_bytes().unwrap();
    tally.compare(
        &label("training on 2 threads and on 1: bytes of the model file"),
        trainer(2).to_bytes().unwrap().into_iter().map(u64::from),
        bytes.iter().copied().map(u64::from),
    );
    let reopened = Model::from_bytes(&bytes).unwrap();

    let data = TrainingData::from_tables(&world.schema, &world.leads, Some(&world.events), Some(&world.outcomes)).unwrap();
    let (leads, raw, plan) = (&data.leads, &data.events, model.plan());
    let as_of = world.as_of.micros();
    let moments = vec![as_of; leads.len()];
    let prepared = plan.prepare_table(leads).unwrap();
    let coded = plan.lead_events(raw, leads);

    // The features, on every path.
    let whole = plan.lead_matrix(leads, &prepared, raw, &moments, Some(1));
    let two = plan.lead_matrix(leads, &prepared, raw, &moments, Some(2));
    tally.compare(&label("features, 2 threads and 1"), bits(&two), bits(&whole));
    let rows: Vec<(u32, i64)> = (0..leads.len() as u32).map(|lead| (lead, as_of)).collect();
    let ordered = plan.matrix(leads, &prepared, &coded, &rows, Some(2));
    tally.compare(&label("features, events ordered before and as they come"), bits(&ordered), bits(&whole));
    for (how, order) in orders(raw) {
        let other = plan.lead_matrix(leads, &prepared, &raw.take(&order), &moments, Some(2));
        tally.compare(&label(&format!("features, events {how} and as they come")), bits(&other), bits(&whole));
    }
    let mut scratch = Scratch::default();
    let mut one_by_one = Vec::with_capacity(whole.values.len());
    let mut row = vec![0.0; plan.features().len()];
    for lead in 0..leads.len() {
        plan.row(prepared.row(lead), leads.created(lead), &History::default(), coded.lead(lead), as_of, &mut scratch, &mut row);
        one_by_one.extend(row.iter().map(|value| single(*value)));
    }
    tally.compare(&label("features, one lead by one and in a batch"), one_by_one, bits(&whole));

    // The scores, in a batch and by the file.
    let batch = model.score_rows(leads, &coded, &moments, 0, Some(1)).unwrap();
    let on_two = model.score_rows(leads, &coded, &moments, 0, Some(2)).unwrap();
    tally.compare(&label("scores, 2 threads and 1"), scores(&on_two), scores(&batch));
    let again = reopened.score_rows(leads, &coded, &moments, 0, Some(2)).unwrap();
    tally.compare(&label("scores, saved and opened again"), scores(&again), scores(&batch));
    chunked(world, &model, &label, tally);

    // One by one, and from states.
    let of_lead = events_of_leads(raw, leads.len());
    let (mut alone, mut by_state, mut features_by_state) = (Vec::new(), Vec::new(), Vec::new());
    let (mut rebuilt, mut folded) = (0, 0);
    for (row, events) in of_lead.iter().enumerate() {
        let lead = lead_of(leads, row);
        let three = |score: leadscore::Score| [score.log_odds, score.probability, score.score].map(f64::to_bits);
        let query = reopened.query(&lead).as_of(world.as_of);
        alone.extend(three(query.events(events).score().unwrap()));
        let visible: Vec<Event> = events.iter().filter(|event| event.known_at() <= world.as_of).cloned().collect();
        let (state, made_anew) = kept_up_to_date(&reopened, &visible, |i| i == visible.len() / 2);
        rebuilt += made_anew;
        folded += u64::from(state.answers_from(plan) > i64::MIN);
        by_state.extend(three(query.engagement(&state).score().unwrap()));
        let mut values = vec![0.0; plan.features().len()];
        state.row(plan, prepared.row(row), leads.created(row), as_of, &mut scratch, &mut values).unwrap();
        features_by_state.extend(values.into_iter().map(single));
    }
    tally.compare(&label("scores, one lead by one and in a batch"), alone, scores(&batch));
    tally.compare(&label("features, incremental states and in a batch"), features_by_state, bits(&whole));
    let states = format!("scores, incremental states and in a batch ({folded} have folded, {rebuilt} made anew)");
    tally.compare(&label(&states), by_state, scores(&batch));
}

/// Scores and features of the events in a Parquet file, some at a time, against those of the table.
fn chunked(world: &World, model: &Model, label: &dyn Fn(&str) -> String, tally: &mut Tally) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.parquet");
    let n = world.events.height();
    let groups = ParquetWriter::new(File::create(&path).unwrap()).with_row_group_size(Some(n / 40));
    groups.finish(&mut world.events.clone()).unwrap();
    let file = EventFile::open(&path).unwrap().events_at_once(n / 12);
    let as_of = AsOf::At(world.as_of);
    let features = model.features(&world.leads, Some(&world.events), &as_of).unwrap();
    let of_file = model.features_file(&world.leads, &file, None, &as_of).unwrap();
    tally.compare(&label("table of features, a file in 12 chunks and the whole"), cells(&of_file), cells(&features));
    let scores = model.score(&world.leads, Some(&world.events), &as_of, 2).unwrap();
    let of_file = model.score_file(&world.leads, &file, None, &as_of, 2).unwrap();
    tally.compare(&label("table of scores with reasons, a file in 12 chunks and the whole"), cells(&of_file), cells(&scores));
}

/// Other orders in which the same events may come.
fn orders(raw: &RawEvents) -> [(&'static str, Vec<usize>); 3] {
    let by = |key: &dyn Fn(usize) -> (u64, i64)| {
        let mut rows: Vec<usize> = (0..raw.len()).collect();
        rows.sort_by_key(|&row| key(row));
        rows
    };
    // Multiplied by an odd number (Knuth's, 1997), row numbers are in an order of no meaning.
    let shuffled = |row: usize| (row as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    [
        ("sorted", by(&|row| (u64::from(raw.lead[row]), raw.at[row]))),
        ("in order of time", by(&|row| (0, raw.at[row]))),
        ("shuffled", by(&|row| (shuffled(row), 0))),
    ]
}

/// The events of every lead, as a caller describes them.
fn events_of_leads(raw: &RawEvents, n_leads: usize) -> Vec<Vec<Event>> {
    let mut of_lead = vec![Vec::new(); n_leads];
    for row in 0..raw.len() {
        let moment = |micros: i64| Timestamp::from_micros(micros).unwrap();
        let mut event = Event::new(raw.kind.word(row).unwrap(), moment(raw.at[row]));
        if let Some(word) = raw.channel.as_ref().and_then(|channel| channel.word(row)) {
            event = event.channel(word);
        }
        if let Some(&value) = raw.value.get(row) {
            event = event.value(f64::from(value));
        }
        if let Some(&recorded_at) = raw.recorded_at.get(row) {
            event = event.recorded_at(moment(recorded_at));
        }
        of_lead[raw.lead[row] as usize].push(event);
    }
    of_lead
}

fn lead_of(leads: &LeadTable, row: usize) -> Lead {
    let lead = Lead::new(leads.ids[row].as_str());
    let lead = match leads.created(row) {
        Some(created) => lead.created_at(Timestamp::from_micros(created).unwrap()),
        None => lead.missing("created_at"),
    };
    leads.attributes.iter().fold(lead, |lead, (name, column)| lead.cell(name, column.cell(row)))
}

/// As many leads of the generator as have so many events.
fn generated(n_events: usize) -> World {
    let per_lead = MakeLeads::new(2000).seed(3).make().events.len() as f64 / 2000.0;
    let made = MakeLeads::new((n_events as f64 / per_lead * 1.02) as usize).seed(3).make().frames().unwrap();
    let schema = Schema::infer(&made.leads, Some(&made.events), Some(&made.outcomes), None, &[]).unwrap().schema;
    World {
        name: "generator",
        schema,
        trained: 5000.min(made.leads.height()),
        leads: made.leads,
        events: made.events,
        outcomes: made.outcomes,
        snapshots: Snapshots::Auto,
        horizon: Span::days(90),
        // So that some events have not happened yet.
        as_of: Timestamp::from_micros(LeadsDataset::end().micros() - 60 * 86_400_000_000).unwrap(),
    }
}

/// The event log as leads, events and outcomes: a case is closed by its first terminal activity, and nothing at or after that is an event.
fn bpic2012() -> Option<World> {
    const WON: [&str; 3] = ["A_REGISTERED", "A_ACTIVATED", "A_APPROVED"];
    const LOST: [&str; 2] = ["A_DECLINED", "A_CANCELLED"];
    let folder = std::env::var_os("LEADSCORE_REAL_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let path = folder.join("bpic2012/events.csv.gz");
    if !path.exists() {
        println!("bpic2012: NOT COMPARED, {} is absent; set LEADSCORE_REAL_DATA to the folder of the public sets", path.display());
        return None;
    }
    let log = read_table(path, &ReadOptions::default()).unwrap();
    let ids = log.column("case_id").unwrap().unique_stable().unwrap();
    let cases = DataFrame::new(ids.len(), vec![ids]).unwrap();
    let table = lead_table(&cases, &Schema::new().lead_id("case_id")).unwrap();
    let columns = EventColumns::new("case_id", "timestamp", "activity").channel("resource").value("amount_req");
    let (raw, _) = raw_events(&log, &columns, None, &table).unwrap();

    let n = table.len();
    let (mut created, mut amount) = (vec![i64::MAX; n], vec![0.0_f64; n]);
    let mut closed: HashMap<usize, (i64, bool)> = HashMap::new();
    for row in 0..raw.len() {
        let (lead, at, kind) = (raw.lead[row] as usize, raw.at[row], raw.kind.word(row).unwrap());
        created[lead] = created[lead].min(at);
        amount[lead] = f64::from(raw.value[row]);
        if WON.contains(&kind) || LOST.contains(&kind) {
            let end = closed.entry(lead).or_insert((at, false));
            end.0 = end.0.min(at);
            end.1 |= WON.contains(&kind);
        }
    }
    let kept: Vec<usize> = (0..raw.len())
        .filter(|&row| {
            let kind = raw.kind.word(row).unwrap();
            let is_open = closed.get(&(raw.lead[row] as usize)).is_none_or(|&(at, _)| raw.at[row] < at);
            is_open && !WON.contains(&kind) && !LOST.contains(&kind)
        })
        .collect();
    // Oldest first, so that the first are trained on.
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by_key(|&lead| created[lead]);
    let words = |name: &str, words: Vec<Option<&str>>| -> Column { Series::new(name.into(), words).into() };
    let id = |lead: usize| Some(table.ids[lead].as_str());
    let leads = vec![
        words("case_id", order.iter().map(|&lead| id(lead)).collect()),
        instants("created_at", order.iter().map(|&lead| created[lead]).collect()),
        Series::new("amount_req".into(), order.iter().map(|&lead| amount[lead]).collect::<Vec<f64>>()).into(),
    ];
    let events = vec![
        words("case_id", kept.iter().map(|&row| id(raw.lead[row] as usize)).collect()),
        instants("at", kept.iter().map(|&row| raw.at[row]).collect()),
        words("kind", kept.iter().map(|&row| raw.kind.word(row)).collect()),
        words("channel", kept.iter().map(|&row| raw.channel.as_ref().and_then(|channel| channel.word(row))).collect()),
    ];
    let ends: Vec<(usize, (i64, bool))> = (0..n).filter_map(|lead| Some((lead, *closed.get(&lead)?))).collect();
    let outcomes = vec![
        words("case_id", ends.iter().map(|&(lead, _)| id(lead)).collect()),
        Series::new("won".into(), ends.iter().map(|&(_, (_, won))| won).collect::<Vec<bool>>()).into(),
        instants("closed_at", ends.iter().map(|&(_, (at, _))| at).collect()),
    ];
    let newest = raw.at.iter().copied().max().unwrap();
    let schema = Schema::new().lead_id("case_id").created_at("created_at").numeric("amount_req");
    let schema = schema.events(EventColumns::new("case_id", "at", "kind").channel("channel"));
    Some(World {
        name: "bpic2012",
        schema: schema.outcomes(OutcomeColumns::new("won", "closed_at").lead_id("case_id")),
        leads: DataFrame::new(n, leads).unwrap(),
        events: DataFrame::new(kept.len(), events).unwrap(),
        outcomes: DataFrame::new(ends.len(), outcomes).unwrap(),
        trained: n * 7 / 10,
        snapshots: Snapshots::Ages(vec![Span::from_micros(3_600_000_000).unwrap(), Span::days(1), Span::days(7)]),
        horizon: Span::days(60),
        as_of: Timestamp::from_micros(newest - 30 * 86_400_000_000).unwrap(),
    })
}

fn instants(name: &str, micros: Vec<i64>) -> Column {
    let series = Series::new(name.into(), micros);
    series.cast(&DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC))).unwrap().into_column()
}
