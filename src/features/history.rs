//! What is kept of events for ever: the fold of rule 7, one event after the other in f64.

use serde::{Deserialize, Serialize};

use super::program::{Program, TrackUse};
use super::{Events, FeaturePlan};
use crate::math::exp;
use crate::time::MICROS_PER_DAY;

/// The fold of a lead's oldest events: all that features need of events which no finite window reaches.
///
/// The default has folded nothing. [`History::fold`] takes events in order `(at, recorded_at, kind, channel, value bits)`; folding
/// some and giving the rest to [`FeaturePlan::row`] gives the same bits as giving it all. A history of another plan counts as empty
/// (an [`super::Engagement`] refuses it instead).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// [`Program::fingerprint`] of the plan that folded; 0 when nothing was folded.
    pub(super) plan: u64,
    pub(super) tracks: Vec<Track>,
    /// Per track and half-life.
    pub(super) decayed: Vec<Decayed>,
    pub(super) first: Option<Edge>,
    pub(super) last: Option<Edge>,
}

/// What is known of the events of a track, from the first to the last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Track {
    pub(super) count: u32,
    pub(super) active_days: u32,
    /// When the last happened; means nothing while `count` is 0.
    pub(super) last_at: i64,
    #[serde(with = "bits")]
    pub(super) sum: f64,
}

/// A decayed count and sum as of the track's last event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Decayed {
    #[serde(with = "bits")]
    pub(super) count: f64,
    #[serde(with = "bits")]
    pub(super) sum: f64,
}

/// Sums are stored as bits: a decimal number does not come back the same from every reader of JSON.
mod bits {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(number.to_bits())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        u64::deserialize(deserializer).map(f64::from_bits)
    }
}

impl Decayed {
    #[inline]
    pub(super) fn fade(&mut self, rate: f64, micros: i64) {
        let factor = exp(-(rate * micros as f64));
        self.count *= factor;
        self.sum *= factor;
    }
}

/// The first or last event of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Edge {
    pub(super) at: i64,
    pub(super) kind: u16,
    pub(super) channel: u16,
}

impl History {
    pub(super) const EMPTY: Self = Self { plan: 0, tracks: Vec::new(), decayed: Vec::new(), first: None, last: None };

    /// Folds `events`, the next in order, into it. All are taken as known, whenever they were recorded.
    pub fn fold(&mut self, plan: &FeaturePlan, events: Events<'_>) {
        let program = &plan.program;
        if self.plan != program.fingerprint {
            self.reset(program);
        }
        for (i, (&at, &kind)) in events.at.iter().zip(events.kind).enumerate() {
            let Some(tracks) = program.tracks_of(kind) else { continue };
            self.note(Edge { at, kind, channel: events.channel.get(i).copied().unwrap_or(u16::MAX) });
            let value = events.value.get(i).copied().unwrap_or(f32::NAN);
            for &track in tracks {
                self.absorb(program, usize::from(track), at, value);
            }
        }
    }

    /// An empty fold of this program, in the memory that it has.
    pub(super) fn reset(&mut self, program: &Program) {
        self.plan = program.fingerprint;
        self.tracks.clear();
        self.tracks.resize(program.tracks.len(), Track::default());
        self.decayed.clear();
        self.decayed.resize(program.tracks.len() * program.decay_rates.len(), Decayed::default());
        self.first = None;
        self.last = None;
    }

    /// Whether it is a fold of this program, of the right shape.
    pub(super) fn fits(&self, program: &Program) -> bool {
        self.plan == program.fingerprint
            && self.tracks.len() == program.tracks.len()
            && self.decayed.len() == program.tracks.len() * program.decay_rates.len()
    }

    /// Becomes a copy of `other`, in the memory that it has.
    pub(super) fn copy_from(&mut self, other: &Self) {
        self.plan = other.plan;
        self.tracks.clone_from(&other.tracks);
        self.decayed.clone_from(&other.decayed);
        self.first = other.first;
        self.last = other.last;
    }

    #[inline]
    pub(super) fn note(&mut self, edge: Edge) {
        self.first.get_or_insert(edge);
        self.last = Some(edge);
    }

    /// Takes one event into a track; tells whether the track had one on the same day (UTC) before.
    #[inline]
    pub(super) fn absorb(&mut self, program: &Program, track: usize, at: i64, value: f32) -> bool {
        let TrackUse { sums, decays, .. } = program.tracks[track];
        let value = if value.is_finite() { Some(f64::from(value)) } else { None };
        let state = &mut self.tracks[track];
        let silence = at.saturating_sub(state.last_at);
        if decays {
            let n = program.decay_rates.len();
            for (decayed, &rate) in self.decayed[track * n..(track + 1) * n].iter_mut().zip(&program.decay_rates) {
                // Nothing fades within an instant; exp(-0) is 1 to the bit.
                if state.count > 0 && silence != 0 {
                    decayed.fade(rate, silence);
                }
                decayed.count += 1.0;
                if let Some(value) = value {
                    decayed.sum += value;
                }
            }
        }
        if sums && let Some(value) = value {
            state.sum += value;
        }
        // Events come in order, so the last one is on this day when it is not before the day's start.
        let same_day = state.count > 0 && state.last_at >= at.saturating_sub(at.rem_euclid(MICROS_PER_DAY));
        state.active_days = state.active_days.saturating_add(u32::from(!same_day));
        state.count = state.count.saturating_add(1);
        state.last_at = at;
        same_day
    }
}
