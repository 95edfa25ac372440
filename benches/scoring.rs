//! Scoring: one lead inline with 50 events, the same from an engagement, a batch of 100,000 leads, and opening the model.
//!
//! `cargo bench --no-default-features --features fit --bench scoring`
#![allow(clippy::unwrap_used, unreachable_pub, missing_docs, missing_debug_implementations)]

#[path = "../tests/world/train.rs"]
mod train;
#[path = "../tests/world/mod.rs"]
mod world;

use std::hint::black_box;
use std::time::Instant;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use leadscore::{Engagement, Model};
use train::Kind;
use world::{World, time};

/// Prints the median and the 99th percentile of single calls, which criterion, that times many at once, does not tell.
fn latencies<T>(name: &str, call: impl Fn() -> T) {
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let mut nanos: Vec<u128> = (0..100_000)
        .map(|_| {
            let start = Instant::now();
            black_box(call());
            start.elapsed().as_nanos()
        })
        .collect();
    nanos.sort_unstable();
    let at = |place: usize| nanos[place] as f64 / 1000.0;
    println!("{name}: 100,000 calls one by one: median {:.2} us, 99 % within {:.2} us", at(50_000), at(99_000));
}

fn one(criterion: &mut Criterion) {
    let training = World::new(5_000, 20, 1);
    let world = World::new(64, 50, 2);
    let row = (0..64).min_by_key(|&row| world.events_of(row).len().abs_diff(50)).unwrap();
    let (lead, events, as_of) = (world.lead(row), world.events_of(row), time(world.as_of[row] + 60 * world::DAY));
    for (name, kind) in [("boosting, 200 trees", Kind::Boosting), ("logistic", Kind::Logistic), ("both, 200 trees", Kind::Blend)] {
        let model = train::train_kind(&training, kind, 200);
        let state = Engagement::from_events(model.plan(), world.events(model.plan()).lead(row));
        let mut group = criterion.benchmark_group(format!("one lead, {} events, {name}", events.len()));
        let query = model.query(&lead).as_of(as_of);
        group.bench_function("score", |b| b.iter(|| black_box(query).events(&events).score().unwrap()));
        group.bench_function("score from an engagement", |b| b.iter(|| black_box(query).engagement(&state).score().unwrap()));
        group.bench_function("score with 3 reasons", |b| b.iter(|| black_box(query).events(&events).explain(3).score().unwrap()));
        latencies(&format!("{name}: score"), || query.events(&events).score().unwrap());
        latencies(&format!("{name}: score from an engagement"), || query.engagement(&state).score().unwrap());
        let bytes = model.to_bytes().unwrap();
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function("open the model", |b| b.iter(|| Model::from_bytes(black_box(&bytes)).unwrap()));
        group.finish();
    }
}

fn batch(criterion: &mut Criterion) {
    const LEADS: usize = 100_000;
    let model = train::train(&World::new(5_000, 20, 1), Some(200));
    let world = World::new(LEADS, 20, 2);
    let events = world.events(model.plan());
    let mut group = criterion.benchmark_group("batch of 100,000 leads, 20 events each, 200 trees");
    group.sample_size(10).throughput(Throughput::Elements(LEADS as u64));
    for threads in [1, 2] {
        group.bench_function(format!("{threads} threads"), |b| {
            b.iter(|| model.score_rows(&world.leads, &events, &world.as_of, 0, Some(threads)).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, one, batch);
criterion_main!(benches);
