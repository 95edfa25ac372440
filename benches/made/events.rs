//! Events of a year.

use leadscore::{RawEvents, TextColumn};

use super::random::Random;

pub const DAY: i64 = 86_400_000_000;
pub const START: i64 = 19_000 * DAY;

/// Events as `benches/peers/features.py` makes them: 12 kinds, a value each, many of few leads (Pareto), in no order.
pub fn unsorted(random: &mut Random, n_leads: u32, n_events: usize) -> RawEvents {
    let lead = |random: &mut Random| {
        let uniform = (random.below(1 << 30) as f64 + 1.0) / f64::from(1 << 30);
        let pareto = (uniform.powf(-1.0 / 1.2) - 1.0) * f64::from(n_leads) / 40.0;
        // A permutation, so that the leads with many events are anywhere.
        ((pareto as u64).min(u64::from(n_leads) - 1) * 48_271 % u64::from(n_leads)) as u32
    };
    RawEvents {
        lead: (0..n_events).map(|_| lead(random)).collect(),
        at: (0..n_events).map(|_| START + (random.below(365 * 86_400) * 1_000_000 + random.below(1_000_000)) as i64).collect(),
        kind: TextColumn {
            words: (0..12).map(|kind| format!("kind {kind:02}")).collect(),
            codes: (0..n_events).map(|_| random.below(12) as u32).collect(),
        },
        value: (0..n_events).map(|_| random.below(10_000) as f32 / 100.0).collect(),
        ..RawEvents::default()
    }
}
