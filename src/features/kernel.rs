//! THE kernel: a lead, its events and a moment become one row of features.
//!
//! One pass over the events, oldest first, keeps for every track (all events, each kind, each group) what is known *ever*
//! ([`History`], the fold of rule 7) and per finite window. Then each feature is read off. Nothing is allocated once the
//! [`Scratch`] has been used.

use super::history::{Edge, History};
use super::program::Program;
use super::source::{Measure, Source};
use super::{Events, FeaturePlan};
use crate::time::{MICROS_PER_DAY, MICROS_PER_HOUR};

/// Memory that the kernel works in: make one per thread, and use it for row after row.
#[derive(Debug, Clone, Default)]
pub struct Scratch {
    /// Per track, everything since the first event.
    ever: History,
    /// Per track and finite window.
    windows: Vec<Window>,
    /// Per track, the shortest window that its last event is in; the number of windows when in none.
    last_bucket: Vec<usize>,
}

/// What a finite window holds of a track.
#[derive(Debug, Clone, Copy, Default)]
struct Window {
    /// Events of which this is the *shortest* window, until [`Scratch::settle`] adds those of the shorter ones.
    count: u32,
    /// The same for days, each counted where its last event is.
    active_days: u32,
    /// Always of the whole window: sums are folded in order of time, not put together.
    sum: f64,
}

/// What is known of the lead itself.
#[derive(Clone, Copy)]
struct Moment<'a> {
    prepared: &'a [f64],
    created_at: Option<i64>,
    as_of: i64,
}

impl FeaturePlan {
    /// Writes the features of one lead as of a moment to `out`, which has as many places as the plan has features.
    ///
    /// - `prepared`: the attributes, as [`FeaturePlan::prepare`] gives them; missing places are missing values.
    /// - `created_at`, `as_of`: microseconds since 1970-01-01 UTC. A lead that was created later than `as_of` has no age and no events.
    /// - `history`: the fold of events that are older than all windows; [`History::default`] when `events` holds all.
    /// - `events`: in order `(at, recorded_at, kind, channel, value bits)`. Only those with `at <= as_of` and `recorded_at <= as_of`
    ///   are seen; windows are `(as_of - w, as_of]`. Equal events count as often as they are there.
    ///
    /// Every value is finite or NaN (unknown): sums beyond 32 bits stop at the largest number.
    pub fn row(
        &self,
        prepared: &[f64],
        created_at: Option<i64>,
        history: &History,
        events: Events<'_>,
        as_of: i64,
        scratch: &mut Scratch,
        out: &mut [f32],
    ) {
        let program = &self.program;
        let created_at = created_at.filter(|_| program.needs_created_at);
        let exists = created_at.is_none_or(|created| created <= as_of);
        if program.needs_events {
            scratch.begin(program, history, exists);
            if exists {
                scratch.take_visible(program, events, as_of);
            }
            scratch.settle(program, as_of);
        }
        let moment = Moment { prepared, created_at: created_at.filter(|_| exists), as_of };
        for (value, &source) in out.iter_mut().zip(&program.sources) {
            *value = scratch.read(program, source, moment);
        }
    }
}

impl Scratch {
    /// Starts from the history, or from nothing for a lead that does not exist yet.
    fn begin(&mut self, program: &Program, history: &History, exists: bool) {
        if exists && history.fits(program) {
            self.ever.copy_from(history);
        } else {
            self.ever.reset(program);
        }
        self.windows.clear();
        self.windows.resize(program.tracks.len() * program.windows.len(), Window::default());
        self.last_bucket.clear();
        self.last_bucket.resize(program.tracks.len(), program.windows.len());
    }

    /// The pass over the events that are visible at `as_of`.
    fn take_visible(&mut self, program: &Program, events: Events<'_>, as_of: i64) {
        let n = events.at.len().min(events.kind.len());
        let at = &events.at[..n];
        let happened = at.partition_point(|&t| t <= as_of);
        let known = |i: usize| events.recorded_at.get(i).is_none_or(|&recorded| recorded <= as_of);
        let read = |i: usize| {
            let channel = events.channel.get(i).copied().unwrap_or(u16::MAX);
            (Edge { at: at[i], kind: events.kind[i], channel }, events.value.get(i).copied().unwrap_or(f32::NAN))
        };
        // A window is a suffix of what has happened, so events fall into one segment per shortest window, the longest one first.
        let mut start = 0;
        for bucket in (0..=program.windows.len()).rev() {
            let end = match bucket {
                0 => happened,
                _ => at[..happened].partition_point(|&t| t <= as_of.saturating_sub(program.windows[bucket - 1])),
            };
            for (event, value) in (start..end).filter(|&i| known(i)).map(read) {
                self.take(program, bucket, event, value);
            }
            start = end;
        }
    }

    /// Takes one event, whose shortest window is `bucket`.
    #[inline]
    fn take(&mut self, program: &Program, bucket: usize, event: Edge, value: f32) {
        let Some(tracks) = program.tracks_of(event.kind) else { return };
        self.ever.note(event);
        let n_windows = program.windows.len();
        for &track in tracks {
            let track = usize::from(track);
            let same_day = self.ever.absorb(program, track, event.at, value);
            let windows = &mut self.windows[track * n_windows..(track + 1) * n_windows];
            let used = program.tracks[track];
            if used.windows {
                // A day belongs to the shortest window that its last event is in.
                let before = std::mem::replace(&mut self.last_bucket[track], bucket);
                if same_day && let Some(window) = windows.get_mut(before) {
                    window.active_days -= 1;
                }
                if let Some(window) = windows.get_mut(bucket) {
                    window.active_days += 1;
                    window.count += 1;
                }
            }
            if used.sums && value.is_finite() {
                for window in windows.iter_mut().skip(bucket) {
                    window.sum += f64::from(value);
                }
            }
        }
    }

    /// Brings counts to whole windows and decayed ones to `as_of`.
    fn settle(&mut self, program: &Program, as_of: i64) {
        let (n_windows, n_rates) = (program.windows.len(), program.decay_rates.len());
        for (track, used) in program.tracks.iter().enumerate() {
            let state = self.ever.tracks[track];
            if state.count == 0 {
                continue;
            }
            if used.windows {
                let mut shorter = Window::default();
                for window in &mut self.windows[track * n_windows..(track + 1) * n_windows] {
                    window.count += shorter.count;
                    window.active_days += shorter.active_days;
                    shorter = *window;
                }
            }
            if used.decays {
                let decayed = &mut self.ever.decayed[track * n_rates..(track + 1) * n_rates];
                for (decayed, &rate) in decayed.iter_mut().zip(&program.decay_rates) {
                    decayed.fade(rate, as_of.saturating_sub(state.last_at));
                }
            }
        }
    }

    /// Reads off one feature.
    fn read(&self, program: &Program, source: Source, moment: Moment<'_>) -> f32 {
        let attribute = |index: u16| moment.prepared.get(usize::from(index)).copied().unwrap_or(f64::NAN);
        let as_of = moment.as_of;
        match source {
            Source::Attribute(index) => attribute(index) as f32,
            Source::Filled(index) => f32::from(u8::from(!attribute(index).is_nan())),
            Source::DaysSince { attribute: index, future } => {
                let micros = as_of as f64 - attribute(index);
                if micros < 0.0 && !future { f32::NAN } else { finite(micros / MICROS_PER_DAY as f64) }
            }
            Source::Age => moment.created_at.map_or(f32::NAN, |created| days(as_of.saturating_sub(created))),
            // 1970-01-01 was a Thursday.
            Source::Weekday => moment.created_at.map_or(f32::NAN, |t| (t.div_euclid(MICROS_PER_DAY) + 3).rem_euclid(7) as f32),
            Source::Hour => moment.created_at.map_or(f32::NAN, |t| (t.rem_euclid(MICROS_PER_DAY) / MICROS_PER_HOUR) as f32),
            Source::FirstDelay => match (moment.created_at, self.ever.first) {
                (Some(created), Some(first)) => days(first.at.saturating_sub(created)),
                _ => f32::NAN,
            },
            Source::FirstKind => program.kind_level(self.ever.first),
            Source::LastKind => program.kind_level(self.ever.last),
            Source::FirstChannel => program.channel_level(self.ever.first),
            Source::LastChannel => program.channel_level(self.ever.last),
            Source::Track { track, measure } => self.measure(program, usize::from(track), measure, as_of),
        }
    }

    fn measure(&self, program: &Program, track: usize, measure: Measure, as_of: i64) -> f32 {
        let (n_windows, n_rates) = (program.windows.len(), program.decay_rates.len());
        let ever = self.ever.tracks[track];
        let window = |w: u8| if usize::from(w) < n_windows { Some(self.windows[track * n_windows + usize::from(w)]) } else { None };
        let decayed = |h: u8| self.ever.decayed[track * n_rates + usize::from(h)];
        match measure {
            Measure::Count(w) => window(w).map_or(ever.count, |window| window.count) as f32,
            Measure::ActiveDays(w) => window(w).map_or(ever.active_days, |window| window.active_days) as f32,
            Measure::Sum(w) => finite(window(w).map_or(ever.sum, |window| window.sum)),
            Measure::Recency if ever.count == 0 => f32::NAN,
            Measure::Recency => days(as_of.saturating_sub(ever.last_at)),
            Measure::Decayed(h) => finite(decayed(h).count),
            Measure::DecayedSum(h) => finite(decayed(h).sum),
        }
    }
}

fn days(micros: i64) -> f32 {
    (micros as f64 / MICROS_PER_DAY as f64) as f32
}

/// The nearest finite 32-bit number; NaN stays NaN.
fn finite(x: f64) -> f32 {
    (x as f32).clamp(f32::MIN, f32::MAX)
}
