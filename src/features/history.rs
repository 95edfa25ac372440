//! What is kept of events for ever: the fold of rule 7, one event after the other in f64.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::answers::Answers;
use super::program::{Program, TrackUse};
use super::{Events, FeaturePlan};
use crate::math::exp;
use crate::time::{MICROS_PER_DAY, MICROS_PER_HOUR};

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
    /// Per track that asks for it.
    pub(super) rhythms: Vec<Rhythm>,
    /// Per track that asks for them.
    pub(super) values: Vec<Values>,
    /// Per kind, the "unknown" last.
    pub(super) kinds: Vec<Seen>,
    /// Per channel, the "unknown" last.
    pub(super) channels: Vec<Seen>,
    /// By the plan's own clock,
    clock: Clock,
    pub(super) answers: Answers,
    /// and by those of leads in other time zones: which is the lead's is known only when it is asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    lead_clocks: Vec<Clock>,
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

/// How the events of a track follow each other; means nothing while the track's `count` is 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Rhythm {
    pub(super) first_at: i64,
    pub(super) last_gap: i64,
    /// Mean of the gaps in days, and the sum of their squared distances from it.
    #[serde(with = "bits")]
    pub(super) gap_mean: f64,
    #[serde(with = "bits")]
    pub(super) gap_squares: f64,
    /// Consecutive days (UTC) up to the last event's, and the most of them.
    pub(super) streak: u32,
    pub(super) longest_streak: u32,
}

/// The values of a track's events; means nothing while `count` is 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Values {
    pub(super) count: u32,
    #[serde(with = "bits")]
    pub(super) max: f64,
    #[serde(with = "bits")]
    pub(super) last: f64,
}

/// The events of one kind or through one channel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seen {
    pub(super) count: u32,
    /// Means nothing while `count` is 0.
    pub(super) last_at: i64,
}

/// How many events there were, at night and on weekends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Clock {
    pub(super) events: u32,
    pub(super) night: u32,
    pub(super) weekend: u32,
}

/// Sums are stored as bits: a decimal number does not come back the same from every reader of JSON.
pub(super) mod bits {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(in super::super) fn serialize<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(number.to_bits())
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
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

impl Rhythm {
    /// Takes the event after `before` events of the track, `silence` after the last of them.
    #[inline]
    fn take(&mut self, at: i64, before: u32, silence: i64, new_day: bool, day_after_last: bool) {
        if before == 0 {
            *self = Self { first_at: at, streak: 1, longest_streak: 1, ..Self::default() };
            return;
        }
        // Welford (1962), "Note on a method for calculating corrected sums of squares and products".
        let gap = days(silence);
        let off = gap - self.gap_mean;
        self.gap_mean += off / f64::from(before);
        self.gap_squares += off * (gap - self.gap_mean);
        self.last_gap = silence;
        if new_day {
            self.streak = if day_after_last { self.streak.saturating_add(1) } else { 1 };
            self.longest_streak = self.longest_streak.max(self.streak);
        }
    }
}

impl Values {
    #[inline]
    fn take(&mut self, value: f64) {
        self.max = if self.count == 0 { value } else { self.max.max(value) };
        self.last = value;
        self.count = self.count.saturating_add(1);
    }
}

impl Seen {
    #[inline]
    fn take(&mut self, at: i64) {
        self.count = self.count.saturating_add(1);
        self.last_at = at;
    }
}

impl Clock {
    /// The share of events from 22 to 6 o'clock; unknown when there are none.
    pub(super) fn night_share(self) -> f32 {
        (f64::from(self.night) / f64::from(self.events)) as f32
    }

    /// The share of events on Saturdays and Sundays; unknown when there are none.
    pub(super) fn weekend_share(self) -> f32 {
        (f64::from(self.weekend) / f64::from(self.events)) as f32
    }

    fn take(&mut self, local: i64) {
        let hour = local.rem_euclid(MICROS_PER_DAY) / MICROS_PER_HOUR;
        // 1970-01-01 was a Thursday; 5 is Saturday.
        let weekday = (local.div_euclid(MICROS_PER_DAY) + 3).rem_euclid(7);
        self.events = self.events.saturating_add(1);
        self.night = self.night.saturating_add(u32::from(!(6..22).contains(&hour)));
        self.weekend = self.weekend.saturating_add(u32::from(weekday >= 5));
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
    pub(super) const EMPTY: Self = Self {
        plan: 0,
        tracks: Vec::new(),
        decayed: Vec::new(),
        first: None,
        last: None,
        rhythms: Vec::new(),
        values: Vec::new(),
        kinds: Vec::new(),
        channels: Vec::new(),
        clock: Clock { events: 0, night: 0, weekend: 0 },
        lead_clocks: Vec::new(),
        answers: Answers::NONE,
    };

    /// Folds `events`, the next in order, into it. All are taken as known, whenever they were recorded.
    pub fn fold(&mut self, plan: &FeaturePlan, events: Events<'_>) {
        let program = &plan.program;
        if self.plan != program.fingerprint {
            self.reset(program);
        }
        for (i, (&at, &kind)) in events.at.iter().zip(events.kind).enumerate() {
            let event = Edge { at, kind, channel: events.channel.get(i).copied().unwrap_or(u16::MAX) };
            let value = events.value.get(i).copied().unwrap_or(f32::NAN);
            let day = start_of_day(at);
            for &track in self.note(program, event, 0..program.n_clocks()) {
                self.absorb(program, usize::from(track), at, day, value);
            }
        }
    }

    /// An empty fold of the first track alone, that of all events together, in the memory that it has. It belongs to no plan.
    pub(super) fn reset_total(&mut self, program: &Program) {
        let total = program.tracks.first().copied().unwrap_or_default();
        self.plan = 0;
        clear(&mut self.tracks, program.tracks.len().min(1));
        clear(&mut self.decayed, program.decay_rates.len());
        // Its places are the first, for it is the first track.
        clear(&mut self.rhythms, usize::from(total.rhythm.is_some()));
        clear(&mut self.values, usize::from(total.values.is_some()));
    }

    /// An empty fold of this program, in the memory that it has.
    pub(super) fn reset(&mut self, program: &Program) {
        self.plan = program.fingerprint;
        clear(&mut self.tracks, program.tracks.len());
        clear(&mut self.decayed, program.tracks.len() * program.decay_rates.len());
        self.first = None;
        self.last = None;
        clear(&mut self.rhythms, program.n_rhythms);
        clear(&mut self.values, program.n_values);
        clear(&mut self.kinds, if program.sees_kinds { program.n_kinds() } else { 0 });
        clear(&mut self.channels, if program.sees_channels { program.n_channels() } else { 0 });
        self.clock = Clock::default();
        clear(&mut self.lead_clocks, lead_clocks(program));
        self.answers = Answers::default();
    }

    /// Whether it is a fold of this program, of the right shape.
    pub(super) fn fits(&self, program: &Program) -> bool {
        self.plan == program.fingerprint
            && self.tracks.len() == program.tracks.len()
            && self.decayed.len() == program.tracks.len() * program.decay_rates.len()
            && self.rhythms.len() == program.n_rhythms
            && self.values.len() == program.n_values
            && self.kinds.len() == if program.sees_kinds { program.n_kinds() } else { 0 }
            && self.channels.len() == if program.sees_channels { program.n_channels() } else { 0 }
            && self.lead_clocks.len() == lead_clocks(program)
    }

    /// Whether all its sums are finite, as those of a fold are.
    pub(super) fn is_finite(&self) -> bool {
        self.tracks.iter().all(|track| track.sum.is_finite())
            && self.decayed.iter().all(|decayed| decayed.count.is_finite() && decayed.sum.is_finite())
            && self.rhythms.iter().all(|rhythm| rhythm.gap_mean.is_finite() && rhythm.gap_squares.is_finite())
            && self.values.iter().all(|values| values.max.is_finite() && values.last.is_finite())
            && self.answers.by_lead.sum.is_finite()
            && self.answers.by_sales.sum.is_finite()
    }

    /// Becomes a copy of `other`, in the memory that it has.
    pub(super) fn copy_from(&mut self, other: &Self) {
        self.plan = other.plan;
        self.tracks.clone_from(&other.tracks);
        self.decayed.clone_from(&other.decayed);
        self.first = other.first;
        self.last = other.last;
        self.rhythms.clone_from(&other.rhythms);
        self.values.clone_from(&other.values);
        self.kinds.clone_from(&other.kinds);
        self.channels.clone_from(&other.channels);
        self.clock = other.clock;
        self.lead_clocks.clone_from(&other.lead_clocks);
        self.answers = other.answers;
    }

    /// Takes one event into what is kept of all events together, by these of the program's clocks; the tracks that must absorb it, none when it is no
    /// feature.
    #[inline(always)]
    pub(super) fn note<'p>(&mut self, program: &'p Program, event: Edge, clocks: Range<usize>) -> &'p [u16] {
        let kind = program.kind(event.kind);
        if program.sees_answers
            && let Some(party) = program.party(kind)
        {
            self.answers.take(party, event.at);
        }
        let Some(tracks) = program.tracks_of(kind) else { return &[] };
        self.first.get_or_insert(event);
        self.last = Some(event);
        if program.sees_kinds {
            self.kinds[kind].take(event.at);
        }
        if program.sees_channels
            && let Some(channel) = program.channel(event.channel)
        {
            self.channels[usize::from(channel)].take(event.at);
        }
        if program.sees_clock {
            for clock in clocks {
                let local = program.local(clock, event.at);
                self.clock_mut(clock).take(local);
            }
        }
        tracks
    }

    /// What a clock of the program has seen.
    pub(super) fn clock(&self, place: usize) -> Clock {
        place.checked_sub(1).map_or(self.clock, |place| self.lead_clocks[place])
    }

    fn clock_mut(&mut self, place: usize) -> &mut Clock {
        match place.checked_sub(1) {
            None => &mut self.clock,
            Some(place) => &mut self.lead_clocks[place],
        }
    }

    /// Takes one event, of the day (UTC) that begins at `day`, into a track; tells whether the track had one on the same day before.
    #[inline(always)]
    pub(super) fn absorb(&mut self, program: &Program, track: usize, at: i64, day: i64, value: f32) -> bool {
        let TrackUse { sums, decays, rhythm, values, .. } = program.tracks[track];
        let value = if value.is_finite() { Some(f64::from(value)) } else { None };
        let state = &mut self.tracks[track];
        let silence = at.saturating_sub(state.last_at);
        if decays {
            let n = program.decay_rates.len();
            // Nothing fades within an instant; exp(-0) is 1 to the bit.
            let fades = state.count > 0 && silence != 0;
            for (decayed, &rate) in self.decayed[track * n..(track + 1) * n].iter_mut().zip(&program.decay_rates) {
                // Written once: the next event waits for what this one wrote.
                let mut next = *decayed;
                if fades {
                    next.fade(rate, silence);
                }
                next.count += 1.0;
                if let Some(value) = value {
                    next.sum += value;
                }
                *decayed = next;
            }
        }
        if sums && let Some(value) = value {
            state.sum += value;
        }
        if let (Some(slot), Some(value)) = (values, value) {
            self.values[usize::from(slot)].take(value);
        }
        // Events come in order, so the last one is on this day when it is not before the day's start.
        let same_day = state.count > 0 && state.last_at >= day;
        if let Some(slot) = rhythm {
            let day_after_last = state.last_at >= day.saturating_sub(MICROS_PER_DAY);
            self.rhythms[usize::from(slot)].take(at, state.count, silence, !same_day, day_after_last);
        }
        state.active_days = state.active_days.saturating_add(u32::from(!same_day));
        state.count = state.count.saturating_add(1);
        state.last_at = at;
        same_day
    }
}

/// How many clocks are kept besides the plan's own.
fn lead_clocks(program: &Program) -> usize {
    if program.sees_clock { program.n_clocks() - 1 } else { 0 }
}

fn clear<T: Clone + Default>(items: &mut Vec<T>, n: usize) {
    items.clear();
    items.resize(n, T::default());
}

/// When the day (UTC) of a moment begins.
#[inline]
pub(super) fn start_of_day(at: i64) -> i64 {
    at.saturating_sub(at.rem_euclid(MICROS_PER_DAY))
}

/// Microseconds as days.
#[inline]
pub(super) fn days(micros: i64) -> f64 {
    micros as f64 / MICROS_PER_DAY as f64
}
