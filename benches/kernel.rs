//! The kernel: a matrix of 10,000 leads with 500,000 events, and one row of a lead with 50 events.
//!
//! `cargo bench --no-default-features --bench kernel`
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use leadscore::{AttributeColumn, Engagement, FeaturePlan, FeatureSettings, History, LeadTable, RawEvents, Schema, Scratch, TextColumn};

const DAY: i64 = 86_400_000_000;
const START: i64 = 19_000 * DAY;
const N_LEADS: u32 = 10_000;
const N_EVENTS: usize = 500_000;
const KINDS: [&str; 8] = ["email_open", "email_click", "web_visit", "content_download", "webinar", "call", "pricing_page", "demo_request"];

/// A multiplicative congruential generator (Lehmer 1951; multiplier of Steele and Vigna 2021): the same events on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1);
        (self.0 >> 33) % n
    }
}

fn schema() -> Schema {
    serde_json::from_str(
        r#"{"created_at": "created",
            "attributes": {"employees": {"type": "numeric"}, "industry": {"type": "categorical"}, "newsletter": {"type": "boolean"}},
            "events": {"lead_id": "lead", "at": "at", "kind": "kind", "channel": "channel", "value": "value"}}"#,
    )
    .unwrap()
}

fn leads(random: &mut Random) -> LeadTable {
    let words = ["software", "steel", "retail", "health"].map(str::to_owned).to_vec();
    let ids = (0..N_LEADS).map(|id| id.to_string()).collect();
    let created_at = (0..N_LEADS).map(|_| START + random.below(200) as i64 * DAY).collect();
    let attributes = vec![
        ("employees".to_owned(), AttributeColumn::Number((0..N_LEADS).map(|_| random.below(5000) as f64).collect())),
        ("industry".to_owned(), AttributeColumn::Text(TextColumn { words, codes: (0..N_LEADS).map(|_| random.below(4) as u32).collect() })),
        ("newsletter".to_owned(), AttributeColumn::Bool((0..N_LEADS).map(|_| random.below(2) as u8).collect())),
    ];
    LeadTable { ids, created_at, attributes, segment: None }
}

/// Events in order of time, as a log has them.
fn events(random: &mut Random) -> RawEvents {
    let mut at: Vec<i64> = (0..N_EVENTS).map(|_| START + random.below(365 * 86_400) as i64 * 1_000_000).collect();
    at.sort_unstable();
    let channels = ["web", "mail", "phone"].map(str::to_owned).to_vec();
    RawEvents {
        lead: at.iter().map(|_| random.below(u64::from(N_LEADS)) as u32).collect(),
        kind: TextColumn { words: KINDS.map(str::to_owned).to_vec(), codes: at.iter().map(|_| random.below(8) as u32).collect() },
        channel: Some(TextColumn { words: channels, codes: at.iter().map(|_| random.below(3) as u32).collect() }),
        value: at.iter().map(|_| if random.below(4) == 0 { random.below(1000) as f32 } else { f32::NAN }).collect(),
        recorded_at: Vec::new(),
        at,
    }
}

fn kernel(c: &mut Criterion) {
    let mut random = Random(7);
    let (leads, raw) = (leads(&mut random), events(&mut random));
    let settings = FeatureSettings::default();
    let plan = FeaturePlan::fit(&schema(), &leads, &raw, &settings).unwrap();
    let prepared = plan.prepare_table(&leads).unwrap();
    let table = plan.code_events(&raw, N_LEADS as usize);
    let as_of = START + 365 * DAY;
    let rows: Vec<(u32, i64)> = (0..N_LEADS).map(|lead| (lead, as_of)).collect();

    let mut group = c.benchmark_group("features of 10k leads, 500k events");
    group.sample_size(20).throughput(Throughput::Elements(N_EVENTS as u64));
    group.bench_function("fit plan", |b| b.iter(|| FeaturePlan::fit(&schema(), &leads, &raw, &settings).unwrap()));
    group.bench_function("code events", |b| b.iter(|| plan.code_events(black_box(&raw), N_LEADS as usize)));
    for threads in [1, 2] {
        group.bench_function(format!("matrix, {threads} thread"), |b| {
            b.iter(|| plan.matrix(&leads, &prepared, &table, black_box(&rows), Some(threads)));
        });
    }
    group.finish();

    let lead = (0..N_LEADS as usize).find(|&lead| table.lead(lead).at.len() == 50).unwrap();
    let (mut scratch, mut out) = (Scratch::default(), vec![0.0; plan.features().len()]);
    let (attributes, created, events) = (prepared.row(lead), leads.created(lead), table.lead(lead));
    let mut state = Engagement::from_events(&plan, events).unwrap();
    state.advance(&plan, as_of).unwrap();
    let mut group = c.benchmark_group("one lead");
    group.bench_function("row of 50 events", |b| {
        b.iter(|| plan.row(attributes, created, &History::default(), black_box(events), as_of, &mut scratch, &mut out));
    });
    group.bench_function("row of an engagement of 50 events", |b| {
        b.iter(|| state.row(&plan, attributes, created, black_box(as_of), &mut scratch, &mut out).unwrap());
    });
    group.finish();
}

criterion_group!(benches, kernel);
criterion_main!(benches);
