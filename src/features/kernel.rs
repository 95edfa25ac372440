//! THE kernel: a lead, its events and a moment become one row of features.
//!
//! One pass over the events, oldest first, keeps for every track (all events, each kind, each group) what is known *ever*
//! ([`History`], the fold of rule 7) and per finite window. Then each feature is read off. Nothing is allocated once the
//! [`Scratch`] has been used.

use std::ops::Range;

use super::answers::{AccountAnswers, Lag};
use super::history::{Decayed, Edge, History, Rhythm, Seen, Track, Values, days, start_of_day};
use super::program::{Program, Reads};
use super::source::{Measure, Source};
use super::{AccountEvents, Events, FeaturePlan};
use crate::math::{ln, wide};
use crate::time::{MICROS_PER_DAY, MICROS_PER_HOUR, civil_from_days};

/// Memory that the kernel works in: make one per thread, and use it for row after row.
#[derive(Debug, Clone, Default)]
pub struct Scratch {
    /// The lead's own events.
    own: Pass,
    /// Those of the account's other leads,
    account: Pass,
    /// and who of these leads and sales answers whom.
    answers: AccountAnswers,
}

/// What one pass over events keeps.
#[derive(Debug, Clone, Default, PartialEq)]
struct Pass {
    /// Per track, everything since the first event.
    ever: History,
    /// Per track and finite window.
    windows: Vec<Window>,
    /// Per track, the shortest window that its last event is in; the number of windows when in none.
    last_bucket: Vec<usize>,
    /// Per track and window of the plan, the sum of values, folded in order of time: sums of shorter windows cannot be put together.
    sums: Vec<f64>,
}

/// What a finite window holds of a track.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Window {
    /// Events of which this is the *shortest* window, until [`Pass::settle`] adds those of the shorter ones.
    count: u32,
    /// The same for days, each counted where its last event is.
    active_days: u32,
}

#[cfg(test)]
impl Scratch {
    /// Whether the passes for any processor keep what those for wide vectors do, to the bit, by every clock: beyond what is equal, `Debug` tells 0 from -0. (Where the
    /// processor has no wide vectors there is one pass, and it agrees.)
    pub(super) fn passes_agree(plan: &FeaturePlan, history: &History, events: Events<'_>, account: AccountEvents<'_>, as_of: i64) -> bool {
        let program = &plan.program;
        let own = |take: fn(&mut Pass, &Program, Events<'_>, usize, i64), clock| {
            let mut pass = Pass::default();
            pass.begin(program, history, true);
            take(&mut pass, program, events, clock, as_of);
            pass
        };
        let of_others = |take: fn(&mut Pass, &Program, AccountEvents<'_>, usize, i64), clock| {
            let mut pass = Pass::default();
            pass.begin_account(program);
            take(&mut pass, program, account, clock, as_of);
            pass
        };
        let same = |a: Pass, b: Pass| a == b && format!("{a:?}") == format!("{b:?}");
        (0..program.n_clocks()).all(|clock| {
            same(own(take_visible, clock), own(take_visible::plain, clock))
                && same(of_others(take_account, clock), of_others(take_account::plain, clock))
        })
    }
}

/// What is known of the lead itself.
#[derive(Clone, Copy)]
struct Moment<'a> {
    prepared: &'a [f64],
    /// The lead's clock.
    clock: usize,
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
        self.row_with_account(prepared, created_at, history, events, None, as_of, scratch, out);
    }

    /// [`FeaturePlan::row`], with the events of the other leads of the lead's account, seen by the same rules: see [`AccountEvents`]. `None` says
    /// that nothing is known of the account; the account's features are then unknown.
    pub fn row_with_account(
        &self,
        prepared: &[f64],
        created_at: Option<i64>,
        history: &History,
        events: Events<'_>,
        account: Option<AccountEvents<'_>>,
        as_of: i64,
        scratch: &mut Scratch,
        out: &mut [f32],
    ) {
        let program = &self.program;
        let created_at = created_at.filter(|_| program.needs_created_at);
        let exists = created_at.is_none_or(|created| created <= as_of);
        let clock = program.clock_of(prepared);
        let Scratch { own, account: others, answers } = scratch;
        if program.needs_events {
            own.begin(program, history, exists);
            if exists {
                take_visible(own, program, events, clock, as_of);
            }
            own.settle(program, as_of);
        }
        let moment = Moment { prepared, clock, created_at: created_at.filter(|_| exists), as_of };
        own.read_all(program, &program.own_reads, moment, out);
        if !program.needs_account {
            return;
        }
        match account.filter(|_| exists) {
            Some(events) => {
                others.begin_account(program);
                if program.account_sees_tracks {
                    take_account(others, program, events, clock, as_of);
                    others.settle(program, as_of);
                }
                if program.account_sees_answers {
                    others.ever.answers = answers.read(program, events, as_of);
                }
                others.read_all(program, &program.account_reads, moment, out);
            }
            None => program.account_reads.features().for_each(|feature| write(out, feature, f32::NAN)),
        }
    }
}

impl Pass {
    /// Starts from the history, or from nothing for a lead that does not exist yet.
    fn begin(&mut self, program: &Program, history: &History, exists: bool) {
        if exists && history.fits(program) {
            self.ever.copy_from(history);
        } else {
            self.ever.reset(program);
        }
        self.empty_windows(program);
    }

    /// Starts from nothing, with the tracks that are read of the account's other leads.
    fn begin_account(&mut self, program: &Program) {
        if program.account_is_total {
            self.ever.reset_total(program);
        } else {
            self.ever.reset(program);
        }
        self.empty_windows(program);
    }

    fn empty_windows(&mut self, program: &Program) {
        let (n_tracks, n_windows) = (self.ever.tracks.len(), program.windows.len());
        self.windows.clear();
        self.windows.resize(n_tracks * n_windows, Window::default());
        self.last_bucket.clear();
        self.last_bucket.resize(n_tracks, n_windows);
        self.sums.clear();
        self.sums.resize(n_tracks * program.own.len(), 0.0);
    }

    /// Takes one event, whose shortest window is `bucket`, into tracks.
    #[inline(always)]
    fn absorb_all(&mut self, program: &Program, tracks: &[u16], bucket: usize, at: i64, value: f32) {
        let day = start_of_day(at);
        for &track in tracks {
            self.absorb(program, usize::from(track), bucket, at, day, value);
        }
    }

    /// Takes one event, of the day (UTC) that begins at `day` and whose shortest window is `bucket`, into a track.
    #[inline(always)]
    fn absorb(&mut self, program: &Program, track: usize, bucket: usize, at: i64, day: i64, value: f32) {
        let (n_windows, n_own) = (program.windows.len(), program.own.len());
        let same_day = self.ever.absorb(program, track, at, day, value);
        let used = program.tracks[track];
        if used.windows {
            let windows = &mut self.windows[track * n_windows..(track + 1) * n_windows];
            // A day belongs to the shortest window that its last event is in. Where that is the same as before nothing is written that the next line would have to wait for.
            let before = std::mem::replace(&mut self.last_bucket[track], bucket);
            let moves = same_day && before != bucket;
            if moves && let Some(window) = windows.get_mut(before) {
                window.active_days -= 1;
            }
            if let Some(window) = windows.get_mut(bucket) {
                window.active_days += u32::from(moves || !same_day);
                window.count += 1;
            }
        }
        if used.sums && value.is_finite() {
            for sum in &mut self.sums[track * n_own + program.own_from(bucket)..(track + 1) * n_own] {
                *sum += f64::from(value);
            }
        }
    }

    /// Brings counts to whole windows and decayed ones to `as_of`.
    fn settle(&mut self, program: &Program, as_of: i64) {
        let (n_windows, n_rates) = (program.windows.len(), program.decay_rates.len());
        for (track, used) in program.tracks.iter().enumerate().take(self.ever.tracks.len()) {
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

    /// Reads off features.
    fn read_all(&self, program: &Program, reads: &Reads, moment: Moment<'_>, out: &mut [f32]) {
        for (track, measures) in reads.of_tracks() {
            let state = self.track(program, track, moment.as_of);
            let silent = state.ever.count == 0;
            for &(feature, measure) in measures {
                write(out, feature, if silent { measure.of_nothing() } else { state.measure(measure) });
            }
        }
        for &(feature, source) in &reads.others {
            write(out, feature, self.read(program, source, moment));
        }
    }

    /// Reads off one feature that is not of a track.
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
            Source::MonthOf { attribute: index, future } => known_date(attribute(index), as_of, future).map_or(f32::NAN, month),
            Source::WeekdayOf { attribute: index, future } => known_date(attribute(index), as_of, future).map_or(f32::NAN, weekday),
            Source::LocalMonthOf { attribute: index, future } => {
                known_date(attribute(index), as_of, future).map_or(f32::NAN, |date| month(program.local(0, date)))
            }
            Source::LocalWeekdayOf { attribute: index, future } => {
                known_date(attribute(index), as_of, future).map_or(f32::NAN, |date| weekday(program.local(0, date)))
            }
            Source::DaysAfterCreation { attribute: index, future } => {
                match (known_date(attribute(index), as_of, future), moment.created_at) {
                    (Some(date), Some(created)) => finite((date as f64 - created as f64) / MICROS_PER_DAY as f64),
                    _ => f32::NAN,
                }
            }
            Source::Age => moment.created_at.map_or(f32::NAN, |created| days(as_of.saturating_sub(created)) as f32),
            Source::Weekday => moment.created_at.map_or(f32::NAN, weekday),
            Source::Hour => moment.created_at.map_or(f32::NAN, hour),
            Source::LocalWeekday => moment.created_at.map_or(f32::NAN, |t| weekday(program.local(moment.clock, t))),
            Source::LocalHour => moment.created_at.map_or(f32::NAN, |t| hour(program.local(moment.clock, t))),
            Source::FirstDelay => delay(moment.created_at, self.ever.first.map(|first| first.at)),
            Source::FirstKind => program.kind_level(self.ever.first),
            Source::LastKind => program.kind_level(self.ever.last),
            Source::FirstChannel => program.channel_level(self.ever.first),
            Source::LastChannel => program.channel_level(self.ever.last),
            // Read together, track by track; and of the account as if they were the lead's own.
            Source::Track { .. } | Source::Account(_) | Source::OfAccount(_) => f32::NAN,
            Source::Kinds(w) => seen_since(&self.ever.kinds, start_of(program, w, as_of)),
            Source::Channels(w) => seen_since(&self.ever.channels, start_of(program, w, as_of)),
            Source::Signals(w) => {
                let start = start_of(program, w, as_of);
                let tracks = program.signals.iter().map(|&track| self.ever.tracks[usize::from(track)]);
                tracks.filter(|track| track.count > 0 && start.is_none_or(|start| track.last_at > start)).count() as f32
            }
            Source::ChannelEntropy => entropy(&self.ever.channels),
            Source::NightShare => self.ever.clock(0).night_share(),
            Source::WeekendShare => self.ever.clock(0).weekend_share(),
            Source::LocalNightShare => self.ever.clock(moment.clock).night_share(),
            Source::LocalWeekendShare => self.ever.clock(moment.clock).weekend_share(),
            Source::FirstContact => delay(moment.created_at, self.ever.answers.first_contact),
            Source::MeanLag(party) => match self.ever.answers.lag(party) {
                Lag { count: 0, .. } => f32::NAN,
                lag => (lag.sum / f64::from(lag.count)) as f32,
            },
            Source::LastLag(party) => match self.ever.answers.lag(party) {
                Lag { count: 0, .. } => f32::NAN,
                lag => days(lag.last) as f32,
            },
        }
    }

    /// What is kept of a track.
    fn track<'p>(&'p self, program: &'p Program, track: u16, as_of: i64) -> TrackState<'p> {
        let (n_windows, n_own, n_rates) = (program.windows.len(), program.own.len(), program.decay_rates.len());
        let track = usize::from(track);
        let used = program.tracks[track];
        TrackState {
            program,
            ever: self.ever.tracks[track],
            windows: &self.windows[track * n_windows..(track + 1) * n_windows],
            sums: &self.sums[track * n_own..(track + 1) * n_own],
            decayed: &self.ever.decayed[track * n_rates..(track + 1) * n_rates],
            rhythm: used.rhythm.map(|slot| &self.ever.rhythms[usize::from(slot)]),
            values: used.values.map(|slot| &self.ever.values[usize::from(slot)]),
            as_of,
        }
    }
}

wide! {
    /// The pass over the events that are visible at `as_of`, of a lead with this clock.
    fn take_visible(pass: &mut Pass, program: &Program, events: Events<'_>, clock: usize, as_of: i64) {
        for Happened { place, event, value, bucket } in InOrder::new(program, events, 0, as_of) {
            if events.recorded_at.get(place).is_none_or(|&recorded| recorded <= as_of) {
                let tracks = pass.ever.note(program, event, clock..clock + 1);
                pass.absorb_all(program, tracks, bucket, event.at, value);
            }
        }
    }
}

wide! {
    /// The pass over the events of the account's other leads that are visible at `as_of`, as a lead with this clock sees them.
    fn take_account(pass: &mut Pass, program: &Program, account: AccountEvents<'_>, clock: usize, as_of: i64) {
        for Happened { place, event, value, bucket } in InOrder::new(program, account.events, account.first(program, as_of), as_of) {
            if account.counts(program, place, as_of) {
                let tracks = if program.account_is_total { &[0] } else { pass.ever.note(program, event, clock..clock + 1) };
                pass.absorb_all(program, tracks, bucket, event.at, value);
            }
        }
    }
}

/// What a pass has kept of one track, from which its features are read.
struct TrackState<'p> {
    program: &'p Program,
    ever: Track,
    windows: &'p [Window],
    /// Per window of the plan.
    sums: &'p [f64],
    decayed: &'p [Decayed],
    rhythm: Option<&'p Rhythm>,
    values: Option<&'p Values>,
    as_of: i64,
}

impl TrackState<'_> {
    #[inline]
    fn measure(&self, measure: Measure) -> f32 {
        let Self { program, ever, as_of, .. } = *self;
        let window = |w: u8| self.windows.get(usize::from(w));
        let count = |w: u8| window(w).map_or(ever.count, |window| window.count);
        let decayed = |h: u8| self.decayed[usize::from(h)];
        // Of a track that keeps it and has had an event; nothing to tell otherwise.
        let rhythm = self.rhythm.filter(|_| ever.count > 0);
        let values = self.values.filter(|values| values.count > 0);
        match measure {
            Measure::Count(w) => count(w) as f32,
            Measure::ActiveDays(w) => window(w).map_or(ever.active_days, |window| window.active_days) as f32,
            Measure::Sum(w) => finite(self.sums.get(usize::from(w)).copied().unwrap_or(ever.sum)),
            Measure::Recency if ever.count == 0 => f32::NAN,
            Measure::Recency => days(as_of.saturating_sub(ever.last_at)) as f32,
            Measure::Decayed(h) => finite(decayed(h).count),
            Measure::DecayedSum(h) => finite(decayed(h).sum),
            Measure::Momentum(w) => {
                let now = f64::from(count(program.own[usize::from(w)]));
                let both = f64::from(count(program.doubled[usize::from(w)]));
                ((now - (both - now)) / both) as f32
            }
            Measure::Pace(w) => rhythm.map_or(f32::NAN, |rhythm| {
                let length = program.windows[usize::from(program.own[usize::from(w)])];
                let life = as_of.saturating_sub(rhythm.first_at).max(length);
                let (now, usual) = (f64::from(count(program.own[usize::from(w)])), f64::from(ever.count));
                finite(now * days(life) / (usual * days(length)))
            }),
            Measure::Trend => {
                let [one, two, three, four] = program.weeks.map(|w| f64::from(count(w)));
                // The weeks from the newest on, against their places -1.5, -0.5, 0.5, 1.5 with the sum of squares 5.
                ((3.0 * one + (two - one) - (three - two) - 3.0 * (four - three)) / 10.0) as f32
            }
            Measure::GapMean if ever.count < 2 => f32::NAN,
            Measure::GapMean => rhythm.map_or(f32::NAN, |rhythm| finite(rhythm.gap_mean)),
            Measure::GapLast if ever.count < 2 => f32::NAN,
            Measure::GapLast => rhythm.map_or(f32::NAN, |rhythm| days(rhythm.last_gap) as f32),
            // One gap has no deviation.
            Measure::GapStd if ever.count < 3 => f32::NAN,
            Measure::GapStd => rhythm.map_or(f32::NAN, |rhythm| finite((rhythm.gap_squares / f64::from(ever.count - 1)).sqrt())),
            Measure::SinceFirst => rhythm.map_or(f32::NAN, |rhythm| days(as_of.saturating_sub(rhythm.first_at)) as f32),
            Measure::Streak => {
                let alive = ever.last_at >= start_of_day(as_of).saturating_sub(MICROS_PER_DAY);
                rhythm.filter(|_| alive).map_or(0.0, |rhythm| rhythm.streak as f32)
            }
            Measure::LongestStreak => rhythm.map_or(0.0, |rhythm| rhythm.longest_streak as f32),
            Measure::ValueMean => values.map_or(f32::NAN, |values| finite(ever.sum / f64::from(values.count))),
            Measure::ValueMax => values.map_or(f32::NAN, |values| values.max as f32),
            Measure::ValueLast => values.map_or(f32::NAN, |values| values.last as f32),
        }
    }
}

/// Writes the value of a feature where there is room for it.
#[inline]
fn write(out: &mut [f32], feature: u32, value: f32) {
    if let Some(place) = out.get_mut(feature as usize) {
        *place = value;
    }
}

/// An event that has happened.
struct Happened {
    place: usize,
    event: Edge,
    value: f32,
    /// The place of its shortest window; the number of windows when it is in none.
    bucket: usize,
}

/// The events that have happened by `as_of`, oldest first.
struct InOrder<'a> {
    program: &'a Program,
    events: Events<'a>,
    as_of: i64,
    /// The places that follow.
    places: Range<usize>,
    /// The shortest window of the last one.
    bucket: usize,
}

impl<'a> InOrder<'a> {
    /// From place `first` on.
    fn new(program: &'a Program, events: Events<'a>, first: usize, as_of: i64) -> Self {
        let n = events.at.len().min(events.kind.len());
        let happened = events.at[..n].partition_point(|&t| t <= as_of);
        // A window is a suffix of what has happened, so the shortest window of an event is never longer than that of the one before.
        Self { program, events, as_of, places: first..happened, bucket: program.windows.len() }
    }
}

impl Iterator for InOrder<'_> {
    type Item = Happened;

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        let place = self.places.next()?;
        let (at, kind) = (self.events.at[place], self.events.kind[place]);
        let event = Edge { at, kind, channel: self.events.channel.get(place).copied().unwrap_or(u16::MAX) };
        while self.bucket > 0 && at > self.as_of.saturating_sub(self.program.windows[self.bucket - 1]) {
            self.bucket -= 1;
        }
        Some(Happened { place, event, value: self.events.value.get(place).copied().unwrap_or(f32::NAN), bucket: self.bucket })
    }
}

/// The moment after which a window (its place) begins; `None` for "ever".
fn start_of(program: &Program, window: u8, as_of: i64) -> Option<i64> {
    program.windows.get(usize::from(window)).map(|length| as_of.saturating_sub(*length))
}

/// How many were seen after a moment.
fn seen_since(all: &[Seen], start: Option<i64>) -> f32 {
    all.iter().filter(|seen| seen.count > 0 && start.is_none_or(|start| seen.last_at > start)).count() as f32
}

/// The entropy (Shannon 1948) of how events spread, in bits; unknown when there are none.
fn entropy(all: &[Seen]) -> f32 {
    let total: f64 = all.iter().map(|seen| f64::from(seen.count)).sum();
    if total == 0.0 {
        return f32::NAN;
    }
    let shares = all.iter().filter(|seen| seen.count > 0).map(|seen| f64::from(seen.count) / total);
    (shares.fold(0.0, |bits, share| bits - share * ln(share)) / std::f64::consts::LN_2) as f32
}

/// The instant that a date attribute holds, where it is known at `as_of`: a later one only when it was planned.
fn known_date(prepared: f64, as_of: i64, future: bool) -> Option<i64> {
    let known = !prepared.is_nan() && (future || prepared <= as_of as f64);
    known.then_some(prepared as i64)
}

/// The month (UTC), 1 to 12.
fn month(instant: i64) -> f32 {
    civil_from_days(instant.div_euclid(MICROS_PER_DAY)).1 as f32
}

/// The hour of the day, 0 to 23, of what a clock shows.
fn hour(instant: i64) -> f32 {
    (instant.rem_euclid(MICROS_PER_DAY) / MICROS_PER_HOUR) as f32
}

/// The day of the week, 0 Monday to 6 Sunday, of what a clock shows; 1970-01-01 was a Thursday.
fn weekday(instant: i64) -> f32 {
    (instant.div_euclid(MICROS_PER_DAY) + 3).rem_euclid(7) as f32
}

/// Days from creation to a moment; unknown when either is.
fn delay(created_at: Option<i64>, at: Option<i64>) -> f32 {
    created_at.zip(at).map_or(f32::NAN, |(created, at)| days(at.saturating_sub(created)) as f32)
}

/// The nearest finite 32-bit number; NaN stays NaN.
fn finite(x: f64) -> f32 {
    (x as f32).clamp(f32::MIN, f32::MAX)
}
