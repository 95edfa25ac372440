//! What feature building takes in memory beside its source and its result, in bytes an event: 1,000,000 and 10,000,000 events of 100,000 leads,
//! unsorted, in order of time, partitioned by lead and sorted, on one thread and on two.
//!
//! An allocator counts what is held. What is held when the plan is called is source; the result is taken from the peak above that.
//!
//! `cargo bench --no-default-features --bench memory`; a number as an argument is the number of events of the largest case. With the feature `train` it
//! tells as well what it takes from a polars table: there the source is the table, and what is read of it comes on top.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

#[path = "made/events.rs"]
mod events;
#[path = "made/random.rs"]
mod random;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use events::{DAY, START, unsorted};
use leadscore::{FeaturePlan, FeatureSettings, LeadTable, RawEvents, Schema, TextColumn};
use random::Random;

/// Counts the bytes that are held, and the most that were.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

fn take(bytes: usize) {
    let held = HELD.fetch_add(bytes, Ordering::Relaxed) + bytes;
    MOST.fetch_max(held, Ordering::Relaxed);
}

// SAFETY: every call goes to the system's allocator as it came, and what that promises is passed on.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        take(layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        take(layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // While it is moved, both may be held.
        take(size);
        // SAFETY: the caller's promise.
        let moved = unsafe { System.realloc(place, layout, size) };
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        moved
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const N_LEADS: u32 = 100_000;
/// What building features may take beside source and result.
const MOST_BYTES: f64 = 16.0;

/// Events in no order; with a channel and a moment of recording where asked for.
fn made(random: &mut Random, n_events: usize, recorded: bool) -> RawEvents {
    let raw = unsorted(random, N_LEADS, n_events);
    if !recorded {
        return raw;
    }
    let words = (0..3).map(|word| format!("channel {word}")).collect();
    RawEvents {
        recorded_at: raw.at.iter().map(|at| at + random.below(3) as i64 * DAY).collect(),
        channel: Some(TextColumn { words, codes: (0..n_events).map(|_| random.below(3) as u32).collect() }),
        ..raw
    }
}

fn main() {
    // Cargo's own arguments start with dashes.
    let largest = std::env::args().skip(1).find_map(|argument| argument.replace('_', "").parse().ok()).unwrap_or(10_000_000_usize);
    let schema = |more: &str| -> Schema {
        serde_json::from_str(&format!(r#"{{"events": {{"lead_id": "lead", "at": "at", "kind": "kind", "value": "value"{more}}}}}"#))
            .unwrap()
    };
    let plain = schema("");
    let recorded = schema(r#", "channel": "channel", "recorded_at": "recorded_at""#);
    let leads = LeadTable { ids: (0..N_LEADS).map(|id| id.to_string()).collect(), ..LeadTable::default() };
    let mut above = 0;
    println!("{:>12}  {:<22} {:<20} {:>7}  {:>16}", "events", "columns", "order", "threads", "bytes an event");
    for n_events in [largest / 10, largest] {
        for (columns, schema, has_more) in [("time, kind, value", &plain, false), ("+ recorded, channel", &recorded, true)] {
            let mut random = Random(7);
            let raw = made(&mut random, n_events, has_more);
            let plan = FeaturePlan::fit(schema, &leads, &raw, &FeatureSettings::default()).unwrap();
            let prepared = plan.prepare_table(&leads).unwrap();
            let as_of: Vec<i64> = vec![START + 300 * DAY; N_LEADS as usize];
            for order in ["unsorted", "in order of time", "partitioned by lead", "sorted"] {
                let mut rows: Vec<usize> = (0..n_events).collect();
                match order {
                    "in order of time" => rows.sort_by_key(|&row| raw.at[row]),
                    "partitioned by lead" => rows.sort_by_key(|&row| raw.lead[row].wrapping_mul(2_654_435_769)),
                    "sorted" => rows.sort_by_key(|&row| (raw.lead[row], raw.at[row])),
                    _ => {}
                }
                let source = raw.take(&rows);
                drop(rows);
                for threads in [1, 2] {
                    let before = HELD.load(Ordering::Relaxed);
                    MOST.store(before, Ordering::Relaxed);
                    let matrix = plan.lead_matrix(&leads, &prepared, &source, &as_of, Some(threads));
                    let result = HELD.load(Ordering::Relaxed) - before;
                    let scratch = MOST.load(Ordering::Relaxed) - before - result;
                    assert!(matrix.values.iter().any(|value| *value > 0.0), "there are features of events");
                    let bytes = scratch as f64 / n_events as f64;
                    above += u32::from(bytes > MOST_BYTES);
                    println!("{n_events:>12}  {columns:<22} {order:<20} {threads:>7}  {bytes:>16.2}");
                }
            }
        }
    }
    #[cfg(feature = "train")]
    for n_events in [largest / 10, largest] {
        [false, true].into_iter().for_each(|sorted| of_table(n_events, sorted));
    }
    println!("{above} of 32 cases above {MOST_BYTES} bytes an event");
    std::process::exit(i32::from(above > 0));
}

/// The same from a polars table, by a model: identifiers as numbers, moments in microseconds, 12 kinds as words, values in single precision. Up to 262,144
/// events are held as read, which is 20 bytes each; more are read block by block.
#[cfg(feature = "train")]
fn of_table(n_events: usize, sorted: bool) {
    use leadscore::models::logistic::LogisticParams;
    use leadscore::{Algorithm, AsOf, Snapshots, Span, Timestamp, Trainer};
    use polars::prelude::{Column, DataFrame, DataType, NamedFrom, Series, TimeUnit};

    let instants = |name: &str, micros: &[i64]| -> Column {
        Series::new(name.into(), micros).cast(&DataType::Datetime(TimeUnit::Microseconds, None)).unwrap().into()
    };
    let ids = |name: &str, ids: &[u32]| -> Column { Series::new(name.into(), ids).into() };
    let mut random = Random(7);
    let mut raw = unsorted(&mut random, N_LEADS, n_events);
    if sorted {
        let mut rows: Vec<usize> = (0..n_events).collect();
        rows.sort_by_key(|&row| (raw.lead[row], raw.at[row]));
        raw = raw.take(&rows);
    }
    let words: Vec<&str> = raw.kind.codes.iter().map(|&code| raw.kind.words[code as usize].as_str()).collect();
    let events = vec![
        ids("lead", &raw.lead),
        instants("at", &raw.at),
        Series::new("kind".into(), words).into(),
        Series::new("value".into(), &raw.value).into(),
    ];
    drop(raw);
    let events = DataFrame::new(n_events, events).unwrap();
    let all: Vec<u32> = (0..N_LEADS).collect();
    let n = N_LEADS as usize;
    let leads = DataFrame::new(n, vec![ids("lead", &all), instants("created", &vec![START; n])]).unwrap();
    let won: Vec<bool> = (0..n).map(|_| random.below(3) == 0).collect();
    let ends = vec![ids("lead", &all), Series::new("won".into(), won).into(), instants("closed", &vec![START + 100 * DAY; n])];
    let outcomes = DataFrame::new(n, ends).unwrap();
    let schema: Schema = serde_json::from_str(
        r#"{"lead_id": "lead", "created_at": "created", "events": {"lead_id": "lead", "at": "at", "kind": "kind", "value": "value"},
            "outcomes": {"lead_id": "lead", "won": "won", "closed_at": "closed"}}"#,
    )
    .unwrap();
    let trainer = Trainer::new().schema(schema).algorithm(Algorithm::Logistic(LogisticParams::default().l2(10.0)));
    let trainer = trainer.snapshots(Snapshots::Ages(vec![Span::days(30)])).horizon(Span::days(90));
    let trainer = trainer.as_of(Timestamp::from_micros(START + 365 * DAY).unwrap());
    let model = trainer.train(&leads.head(Some(2000)), Some(&events), Some(&outcomes)).unwrap();

    let as_of = AsOf::At(Timestamp::from_micros(START + 300 * DAY).unwrap());
    let start = std::time::Instant::now();
    let before = HELD.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let features = model.features(&leads, Some(&events), &as_of).unwrap();
    let result = HELD.load(Ordering::Relaxed) - before;
    let scratch = MOST.load(Ordering::Relaxed) - before - result;
    assert_eq!(features.height(), n);
    let bytes = scratch as f64 / n_events as f64;
    println!(
        "{n_events:>12}  from a polars table to a table of features, {}: {bytes:.2} bytes an event, {:.2} s",
        if sorted { "sorted" } else { "unsorted" },
        start.elapsed().as_secs_f64()
    );
}
