//! The kernel: the matrix of 100,000 leads with 5,000,000 events, from unsorted, partitioned and sorted sources; one row of a lead with
//! 50 events; an event pushed to a state; a million of them, and what the state takes; the same matrix with what the account's other leads did, of
//! small accounts and of one that all have.
//!
//! `cargo bench --no-default-features --bench kernel`
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

#[path = "made/events.rs"]
mod events;
#[path = "made/random.rs"]
mod random;

use std::hint::black_box;
use std::time::Instant;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use events::{DAY, START, unsorted};
use leadscore::{
    AttributeColumn, CodedEvent, Engagement, FeatureFamily, FeaturePlan, FeatureSettings, History, LeadTable, RawEvents, Schema, Scratch,
    TextColumn,
};
use random::Random;

const N_LEADS: u32 = 100_000;
const N_EVENTS: usize = 5_000_000;

fn schema(channel: bool) -> Schema {
    let channel = if channel { r#", "channel": "channel""# } else { "" };
    serde_json::from_str(&format!(
        r#"{{"created_at": "created",
            "attributes": {{"employees": {{"type": "numeric"}}, "industry": {{"type": "categorical"}}, "newsletter": {{"type": "boolean"}}}},
            "events": {{"lead_id": "lead", "at": "at", "kind": "kind", "value": "value"{channel}}}}}"#
    ))
    .unwrap()
}

fn leads(random: &mut Random, n: u32) -> LeadTable {
    let words = ["software", "steel", "retail", "health"].map(str::to_owned).to_vec();
    LeadTable {
        ids: (0..n).map(|id| id.to_string()).collect(),
        created_at: (0..n).map(|_| START - DAY * random.below(3) as i64).collect(),
        attributes: vec![
            ("employees".to_owned(), AttributeColumn::Number((0..n).map(|_| random.below(5000) as f64).collect())),
            ("industry".to_owned(), AttributeColumn::Text(TextColumn { words, codes: (0..n).map(|_| random.below(4) as u32).collect() })),
            ("newsletter".to_owned(), AttributeColumn::Bool((0..n).map(|_| random.below(3) as u8).collect())),
        ],
        ..LeadTable::default()
    }
}

/// The plan of `benches/peers/features.py`: per kind 5 counts, recency and 2 decays, in all 5 sums and active days, first and last kind.
fn pinned(leads: &LeadTable, raw: &RawEvents) -> FeaturePlan {
    use FeatureFamily::{ActiveDays, Counts, Decays, Edges, Recency, Sums};
    let settings = FeatureSettings::default().families([ActiveDays, Sums, Edges]).kind_families([Counts, Recency, Decays]);
    let mut plan = FeaturePlan::fit(&schema(false), leads, raw, &settings).unwrap();
    let of_events = |name: &str| (name.starts_with("events.") || name.starts_with("kind")) && name != "events.first_delay";
    let keep: Vec<bool> = plan.features().iter().map(|feature| of_events(&feature.name)).collect();
    plan.retain(&keep);
    plan
}

fn matrix(c: &mut Criterion) {
    let mut random = Random(7);
    let leads = leads(&mut random, N_LEADS);
    let raw = unsorted(&mut random, N_LEADS, N_EVENTS);
    let as_of: Vec<i64> = (0..N_LEADS).map(|_| START + 180 * DAY + (random.below(185 * 86_400) * 1_000_000) as i64).collect();
    let plan = pinned(&leads, &raw);
    assert_eq!(plan.features().len(), 12 * 8 + 5 + 5 + 2);
    let prepared = plan.prepare_table(&leads).unwrap();

    // The same events, each lead's together; and besides each lead's in order of time.
    let mut rows: Vec<usize> = (0..N_EVENTS).collect();
    rows.sort_by_key(|&row| raw.lead[row].wrapping_mul(2_654_435_769));
    let partitioned = raw.take(&rows);
    rows.sort_by_key(|&row| (raw.lead[row], raw.at[row]));
    let sorted = raw.take(&rows);
    rows.sort_by_key(|&row| raw.at[row]);
    let log = raw.take(&rows);

    let mut group = c.benchmark_group("100k leads, 5M events, 108 features");
    group.sample_size(10).throughput(Throughput::Elements(N_EVENTS as u64));
    for (name, raw) in [("unsorted", &raw), ("in order of time", &log), ("partitioned by lead", &partitioned), ("sorted", &sorted)] {
        for threads in [1, 2] {
            group.bench_function(format!("{name}, {threads} thread"), |b| {
                b.iter(|| plan.lead_matrix(&leads, &prepared, black_box(raw), &as_of, Some(threads)));
            });
        }
    }
    group.bench_function("unsorted, ordering alone", |b| b.iter(|| plan.code_events(black_box(&raw), N_LEADS as usize)));
    let table = plan.code_events(&raw, N_LEADS as usize);
    let rows: Vec<(u32, i64)> = (0..).zip(as_of.iter().copied()).collect();
    for threads in [1, 2] {
        group.bench_function(format!("ordered before, {threads} thread"), |b| {
            b.iter(|| plan.matrix(&leads, &prepared, &table, black_box(&rows), Some(threads)));
        });
    }
    group.finish();
}

fn accounts(c: &mut Criterion) {
    let mut random = Random(7);
    let mut leads = leads(&mut random, N_LEADS);
    let raw = unsorted(&mut random, N_LEADS, N_EVENTS);
    let rows: Vec<(u32, i64)> =
        (0..N_LEADS).map(|lead| (lead, START + 180 * DAY + (random.below(185 * 86_400) * 1_000_000) as i64)).collect();
    let mut named = schema(false);
    named.account = Some("company".to_owned());
    let families = [FeatureFamily::Counts, FeatureFamily::ActiveDays, FeatureFamily::Recency, FeatureFamily::Decays, FeatureFamily::Sums];
    let mut group = c.benchmark_group("100k leads, 5M events, account");
    group.sample_size(10).throughput(Throughput::Elements(N_EVENTS as u64));
    let cases = [
        ("no accounts", 0, false),
        ("3 leads an account", 3, false),
        ("3 leads an account, by kind", 3, true),
        ("all leads of one account", N_LEADS, false),
    ];
    for (name, leads_per_account, by_kind) in cases {
        let of_account = families.into_iter().chain((leads_per_account > 0).then_some(FeatureFamily::Account));
        let of_kinds: &[FeatureFamily] =
            if by_kind { &[FeatureFamily::Counts, FeatureFamily::Recency, FeatureFamily::Account] } else { &[] };
        leads.account = (leads_per_account > 0).then(|| TextColumn {
            words: (0..N_LEADS.div_ceil(leads_per_account)).map(|account| account.to_string()).collect(),
            codes: (0..N_LEADS).map(|lead| lead * 48_271 % N_LEADS / leads_per_account).collect(),
        });
        let settings = FeatureSettings::default().families(of_account).kind_families(of_kinds.iter().copied());
        let plan = FeaturePlan::fit(&named, &leads, &raw, &settings).unwrap();
        let prepared = plan.prepare_table(&leads).unwrap();
        let table = plan.lead_events(&raw, &leads);
        if leads_per_account > 0 {
            group.bench_function(format!("{name}, ordering alone"), |b| b.iter(|| plan.account_events(black_box(&leads), &table)));
        }
        group.bench_function(format!("{name}, ordered before, 2 threads"), |b| {
            b.iter(|| plan.matrix(&leads, &prepared, &table, black_box(&rows), Some(2)));
        });
    }
    group.finish();
}

fn one_lead(c: &mut Criterion) {
    let mut random = Random(7);
    let leads = leads(&mut random, 1000);
    let mut raw = unsorted(&mut random, 1000, 50_000);
    let channels = ["web", "mail", "phone"].map(str::to_owned).to_vec();
    raw.channel = Some(TextColumn { words: channels, codes: raw.at.iter().map(|_| random.below(3) as u32).collect() });
    raw.lead = (0..50_000).map(|event| event % 1000).collect();
    let as_of = START + 365 * DAY;
    let mut group = c.benchmark_group("one lead");
    let all = FeaturePlan::fit(&schema(true), &leads, &raw, &FeatureSettings::default()).unwrap();
    for (name, plan) in [("108 features", pinned(&leads, &raw)), ("all features", all)] {
        let (prepared, table) = (plan.prepare_table(&leads).unwrap(), plan.code_events(&raw, 1000));
        let (mut scratch, mut out) = (Scratch::default(), vec![0.0; plan.features().len()]);
        let (attributes, created, events) = (prepared.row(5), leads.created(5), table.lead(5));
        assert_eq!(events.at.len(), 50);
        group.bench_function(format!("row of 50 events, {name} ({})", plan.features().len()), |b| {
            b.iter(|| plan.row(attributes, created, &History::default(), black_box(events), as_of, &mut scratch, &mut out));
        });
        let mut state = Engagement::from_events(&plan, events);
        state.advance(&plan, as_of).unwrap();
        group.bench_function(format!("row of an engagement of 50 events, {name}"), |b| {
            b.iter(|| state.row(&plan, attributes, created, black_box(as_of), &mut scratch, &mut out).unwrap());
        });
        // An event a quarter of an hour, in order, a thousand at a time: almost all are folded.
        let events: Vec<CodedEvent> = (0..1_000)
            .map(|i| plan.code_event(START + i * 900_000_000, None, &format!("kind {:02}", i % 12), Some("web"), Some(i as f32)))
            .collect();
        let full = |n: i64| {
            let mut state = Engagement::new(&plan);
            for i in 0..n {
                let at = START + (i - n) * 900_000_000;
                state.push(&plan, plan.code_event(at, None, "kind 03", Some("web"), Some(2.0))).unwrap();
            }
            state
        };
        for kept in [50, 10_000] {
            group.throughput(Throughput::Elements(1000));
            group.bench_function(format!("1000 events pushed to a state of {kept}, {name}"), |b| {
                b.iter_batched_ref(
                    || full(kept),
                    |state| events.iter().for_each(|event| state.push(&plan, *event).unwrap()),
                    BatchSize::LargeInput,
                );
            });
        }
    }
    group.finish();
}

/// What a state of one lead takes in memory while a million events come.
fn million(c: &mut Criterion) {
    let mut random = Random(7);
    let leads = leads(&mut random, 1000);
    let raw = unsorted(&mut random, 1000, 50_000);
    let plan = FeaturePlan::fit(&schema(true), &leads, &raw, &FeatureSettings::default()).unwrap();
    // Every ten minutes: 90 days hold 12,960.
    let event = |i: i64| plan.code_event(START + i * 600_000_000, None, &format!("kind {:02}", i % 12), Some("web"), Some(i as f32));
    let events: Vec<CodedEvent> = (0..1_000_000).map(event).collect();
    let mut state = Engagement::new(&plan);
    let mut nanos = Vec::new();
    for (i, thousand) in (1..).zip(events.chunks(1000)) {
        let start = Instant::now();
        thousand.iter().for_each(|event| state.push(&plan, *event).unwrap());
        nanos.push(start.elapsed().as_nanos() / 1000);
        if i % 200 == 0 {
            println!("after {i},000 events: {} kept, {} bytes as stored", state.kept_events(), state.to_bytes().unwrap().len());
        }
    }
    nanos.sort_unstable();
    println!("a push, of a thousand thousands: median {} ns, 99 % within {} ns, least {} ns", nanos[500], nanos[990], nanos[0]);
    let mut group = c.benchmark_group("a million events pushed to one state");
    group.sample_size(10).throughput(Throughput::Elements(1_000_000));
    group.bench_function("every ten minutes", |b| {
        b.iter_batched_ref(
            || Engagement::new(&plan),
            |state| events.iter().for_each(|event| state.push(&plan, *event).unwrap()),
            BatchSize::LargeInput,
        );
    });
    group.finish();
    // Out of order: those of 69 days, which are all kept, newest first and shuffled.
    let mut few = events[..10_000].to_vec();
    let mut group = c.benchmark_group("10,000 events pushed to one state, all kept");
    group.sample_size(10).throughput(Throughput::Elements(10_000));
    for order in ["in order", "newest first", "shuffled"] {
        match order {
            "newest first" => few.reverse(),
            "shuffled" => few.sort_by_cached_key(|_| random.below(1 << 30)),
            _ => {}
        }
        group.bench_function(order, |b| {
            b.iter_batched_ref(
                || Engagement::new(&plan),
                |state| few.iter().for_each(|event| state.push(&plan, *event).unwrap()),
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, matrix, accounts, one_lead, million);
criterion_main!(benches);
