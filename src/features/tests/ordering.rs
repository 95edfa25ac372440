//! Bringing many events into order, against sorting each lead's by itself.

use std::sync::Mutex;

use super::world::{Reads, START, SourceEvent, fit, raw};
use crate::features::coding::Coder;
use crate::features::lead_order::LeadOrder;
use crate::features::{FeaturePlan, RawEvents};

const N_LEADS: usize = 3000;

type Keys = Vec<(i64, i64, u16, u16, u32)>;

/// Numbers without visible order.
fn scattered(i: u32) -> u32 {
    i.wrapping_mul(2_654_435_769)
}

fn source(n: u32) -> Vec<SourceEvent> {
    let event = |i: u32| {
        let at = START + i64::from(scattered(i) >> 20) * 500_000_000;
        SourceEvent {
            // Some are of no known lead.
            lead: scattered(i) % (N_LEADS as u32 + 7),
            at,
            recorded_at: at + i64::from(i % 4) * 1_000_000,
            kind: (scattered(i) % 5) as usize,
            channel: (!i.is_multiple_of(3)).then_some((i % 2) as usize),
            value: (i % 100) as f32,
        }
    };
    (0..n).map(event).collect()
}

fn ordered(plan: &FeaturePlan, raw: &RawEvents, threads: usize) -> Vec<Keys> {
    let mut leads: Vec<Keys> = vec![Vec::new(); N_LEADS];
    let found = Mutex::new(&mut leads);
    let coder = Coder::new(plan, raw);
    let order = LeadOrder::new(&coder, N_LEADS, Some(threads));
    order.visit(order.chunks(), |lead, events, _, (): &mut ()| {
        let key = |i: usize| (events.at[i], events.recorded_at[i], events.kind[i], events.channel[i], events.value[i].to_bits());
        found.lock().unwrap()[lead] = (0..events.at.len()).map(key).collect();
    });
    leads
}

fn expected(plan: &FeaturePlan, source: &[SourceEvent], recorded: bool) -> Vec<Keys> {
    let mut leads: Vec<Keys> = vec![Vec::new(); N_LEADS];
    for event in source.iter().filter(|event| (event.lead as usize) < N_LEADS) {
        let known = recorded.then_some(event.recorded_at);
        let code = plan.code_event(event.at, known, event.kind_word(), event.channel_word(), Some(event.value));
        leads[event.lead as usize].push(code.key());
    }
    leads.iter_mut().for_each(|events| events.sort_unstable());
    leads
}

#[test]
fn events_are_ordered_alike_on_any_number_of_threads_and_however_they_come() {
    let plan = fit(&raw(&[], true), Reads::All);
    // Enough for several threads and many chunks of leads.
    let source = source(150_000);
    for recorded in [false, true] {
        let unordered = raw(&source, recorded);
        let expected = expected(&plan, &source, recorded);
        // Together but leads in no order; together and leads in order; all in order.
        let mut rows: Vec<usize> = (0..source.len()).collect();
        rows.sort_by_key(|&row| scattered(source[row].lead));
        let together = unordered.take(&rows);
        rows.sort_by_key(|&row| source[row].lead);
        let by_lead = unordered.take(&rows);
        rows.sort_by_key(|&row| (source[row].lead, source[row].at));
        let sorted = unordered.take(&rows);
        for (name, raw) in [("unordered", &unordered), ("together", &together), ("by lead", &by_lead), ("sorted", &sorted)] {
            for threads in [1, 3] {
                assert!(ordered(&plan, raw, threads) == expected, "{name}, {threads} threads, recorded {recorded}");
            }
        }
    }
}

#[test]
fn so_many_events_that_they_are_dealt_out_in_halves_are_ordered_alike() {
    let plan = fit(&raw(&[], true), Reads::All);
    let source = source(1_100_000);
    assert!(ordered(&plan, &raw(&source, false), 2) == expected(&plan, &source, false));
}
