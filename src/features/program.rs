//! A plan in the form that the kernel runs: numbers only, and only what is still read.

use super::history::Edge;
use super::recipe::{KindPlan, Recipe, TrackKind};
use super::source::{Measure, Party, Source, TREND_WEEKS};
use crate::time::MICROS_PER_DAY;

/// What the kernel must keep of a track's events, apart from count and time of the last one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct TrackUse {
    /// Counts and active days per finite window.
    pub(super) windows: bool,
    /// Sums of values.
    pub(super) sums: bool,
    /// Decayed counts and sums.
    pub(super) decays: bool,
    /// Where its gaps, streaks and first event are kept.
    pub(super) rhythm: Option<u16>,
    /// Where its number of values, the largest and the last are kept.
    pub(super) values: Option<u16>,
}

/// The features that are read off one pass over events.
#[derive(Debug, Clone)]
pub(super) struct Reads {
    /// By track: the features (and what they measure) of the `i`th are those up to its end.
    track_ends: Vec<(u16, u32)>,
    measures: Vec<(u32, Measure)>,
    /// All others, and what they are made of.
    pub(super) others: Vec<(u32, Source)>,
}

impl Reads {
    fn of(features: impl Iterator<Item = (u32, Source)>) -> Self {
        let (mut of_tracks, mut others) = (Vec::new(), Vec::new());
        for (feature, source) in features {
            match source {
                Source::Track { track, measure } => of_tracks.push((track, feature, measure)),
                other => others.push((feature, other)),
            }
        }
        of_tracks.sort_by_key(|&(track, _, _)| track);
        let mut track_ends: Vec<(u16, u32)> = Vec::new();
        for (end, &(track, _, _)) in (1..).zip(&of_tracks) {
            match track_ends.last_mut() {
                Some((last, its_end)) if *last == track => *its_end = end,
                _ => track_ends.push((track, end)),
            }
        }
        let measures = of_tracks.into_iter().map(|(_, feature, measure)| (feature, measure)).collect();
        Self { track_ends, measures, others }
    }

    /// Those of tracks: the track, and each feature's place and measure.
    pub(super) fn of_tracks(&self) -> impl Iterator<Item = (u16, &[(u32, Measure)])> {
        let mut start = 0;
        self.track_ends.iter().map(move |&(track, end)| {
            let range = start..end as usize;
            start = range.end;
            (track, &self.measures[range])
        })
    }

    /// All of them.
    pub(super) fn features(&self) -> impl Iterator<Item = u32> {
        self.measures.iter().map(|(feature, _)| *feature).chain(self.others.iter().map(|(feature, _)| *feature))
    }
}

/// What the kernel runs.
#[derive(Debug, Clone)]
pub(super) struct Program {
    /// Lengths of the finite windows in microseconds, ascending: the plan's own, and those that momentum and trend compare.
    pub(super) windows: Vec<i64>,
    /// Per window of the plan, its place among the windows.
    pub(super) own: Vec<u8>,
    /// Per place of a window, the first window of the plan that is at least as long.
    own_from: Vec<u8>,
    /// Per window of the plan, the place of the window of twice its length, where momentum asks for it.
    pub(super) doubled: Vec<u8>,
    /// The places of one, two, three and four weeks, where a trend asks for them.
    pub(super) weeks: [u8; TREND_WEEKS],
    /// Per half-life, ln 2 over its microseconds.
    pub(super) decay_rates: Vec<f64>,
    pub(super) tracks: Vec<TrackUse>,
    pub(super) n_rhythms: usize,
    pub(super) n_values: usize,
    /// Tracks of kind `k` are `kind_tracks[kind_starts[k]..kind_starts[k + 1]]`; the last `k` is "unknown".
    kind_starts: Vec<u32>,
    kind_tracks: Vec<u16>,
    /// Per kind, whether its events are features; the last is "unknown".
    kind_read: Vec<bool>,
    /// Per kind, who starts its events.
    parties: Vec<Option<Party>>,
    /// Per kind, its code as a category of "first kind" and "last kind".
    kind_levels: Vec<f32>,
    n_channels: u16,
    /// The tracks of intent signals.
    pub(super) signals: Vec<u16>,
    /// Whether the last event of each kind is kept,
    pub(super) sees_kinds: bool,
    /// number and last event of each channel,
    pub(super) sees_channels: bool,
    /// the number of events at night and on weekends,
    pub(super) sees_clock: bool,
    /// and who answers whom.
    pub(super) sees_answers: bool,
    /// Whether it is told who of the account's other leads and sales answers whom.
    pub(super) account_sees_answers: bool,
    /// Per clock the offsets of its time zone in microseconds, each from a moment on; the first is the plan's own.
    clocks: Vec<Vec<(i64, i64)>>,
    /// The attribute that names the lead's time zone, and per category the place of its clock.
    lead_zone: Option<(u16, Vec<u16>)>,
    /// The features of the lead itself,
    pub(super) own_reads: Reads,
    /// and those of its account's other leads.
    pub(super) account_reads: Reads,
    /// Whether these are of anything but answers,
    pub(super) account_sees_tracks: bool,
    /// and then all of the first track, which is all that is kept of those events.
    pub(super) account_is_total: bool,
    pub(super) needs_events: bool,
    /// Whether it reads events of the account's other leads.
    pub(super) needs_account: bool,
    pub(super) needs_created_at: bool,
    /// Tells states of one plan from those of another.
    pub(super) fingerprint: u64,
}

impl Program {
    pub(super) fn new(recipe: &Recipe) -> Self {
        let columns = || recipe.columns.iter().map(|column| column.source);
        let any = |is: fn(Source) -> bool| columns().map(Source::of_lead).any(is);
        let needs_events = any(Source::reads_events);
        let reads_creation = |source| {
            matches!(
                source,
                Source::Age | Source::Weekday | Source::Hour | Source::LocalWeekday | Source::LocalHour | Source::DaysAfterCreation { .. }
            )
        };
        let windows = all_windows(recipe);
        let place = |micros: i64| windows.binary_search(&micros).unwrap_or(windows.len()) as u8;
        let own: Vec<u8> = recipe.windows.iter().map(|window| place(window.micros())).collect();
        // "Ever" stays beyond the last.
        let placed = |w: u8| own.get(usize::from(w)).copied().unwrap_or(windows.len() as u8);
        let measure = |measure| match measure {
            Measure::Count(w) => Measure::Count(placed(w)),
            Measure::ActiveDays(w) => Measure::ActiveDays(placed(w)),
            other => other,
        };
        let source = |source: Source| match source.of_lead() {
            Source::Track { track, measure: m } => Source::Track { track, measure: measure(m) },
            Source::Kinds(w) => Source::Kinds(placed(w)),
            Source::Channels(w) => Source::Channels(placed(w)),
            Source::Signals(w) => Source::Signals(placed(w)),
            other => other,
        };
        let tracks = track_uses(recipe);
        let reads = |of_account: bool| {
            let asked = (0..).zip(columns()).filter(move |(_, column)| column.is_of_account() == of_account);
            Reads::of(asked.map(|(feature, column)| (feature, source(column))))
        };
        let mut kind_starts = vec![0];
        let mut kind_tracks = Vec::new();
        for tracks in recipe.kinds.iter().map(|kind| &kind.tracks).chain([&recipe.unknown_tracks]) {
            kind_tracks.extend_from_slice(tracks);
            kind_starts.push(kind_tracks.len() as u32);
        }
        let in_micros = |zone: &[(i64, i32)]| zone.iter().map(|&(from, seconds)| (from, i64::from(seconds) * 1_000_000)).collect();
        let zones = recipe.lead_zones.iter().flat_map(|of_leads| &of_leads.zones);
        let mut program = Self {
            doubled: recipe.windows.iter().map(|window| place(window.micros().saturating_mul(2))).collect(),
            weeks: std::array::from_fn(|i| place((i as i64 + 1) * 7 * MICROS_PER_DAY)),
            decay_rates: recipe.half_lives.iter().map(|half_life| std::f64::consts::LN_2 / half_life.micros() as f64).collect(),
            n_rhythms: tracks.iter().filter(|used| used.rhythm.is_some()).count(),
            n_values: tracks.iter().filter(|used| used.values.is_some()).count(),
            kind_starts,
            kind_tracks,
            kind_read: recipe.kinds.iter().map(|kind| kind.read).chain([recipe.reads_unknown_kinds]).collect(),
            parties: recipe.kinds.iter().map(|kind| kind.party).chain([None]).collect(),
            kind_levels: kind_levels(&recipe.kinds),
            n_channels: recipe.channels.len() as u16,
            signals: (0..).zip(&recipe.tracks).filter(|(_, track)| track.kind == TrackKind::Signal).map(|(track, _)| track).collect(),
            sees_kinds: any(|source| matches!(source, Source::Kinds(_))),
            sees_channels: any(|source| matches!(source, Source::Channels(_) | Source::ChannelEntropy)),
            sees_clock: any(|source| {
                use Source::{LocalNightShare, LocalWeekendShare, NightShare, WeekendShare};
                matches!(source, NightShare | WeekendShare | LocalNightShare | LocalWeekendShare)
            }),
            sees_answers: columns().any(Source::is_of_answers),
            account_sees_answers: columns().any(|source| source.is_of_account() && source.of_lead().is_of_answers()),
            clocks: std::iter::once(&recipe.zone).chain(zones).map(|zone| in_micros(zone)).collect(),
            lead_zone: recipe.lead_zones.as_ref().map(|zones| (zones.attribute, zones.of_category.clone())),
            own_reads: reads(false),
            account_reads: reads(true),
            account_sees_tracks: columns().any(|source| source.is_of_account() && !source.of_lead().is_of_answers()),
            account_is_total: !columns().any(|source| matches!(source, Source::OfAccount(_)) && !source.of_lead().is_of_answers()),
            needs_account: columns().any(Source::is_of_account),
            needs_events,
            needs_created_at: recipe.created_at && (needs_events || columns().any(reads_creation)),
            fingerprint: 0,
            own_from: (0..=windows.len()).map(|place| own.partition_point(|&own| usize::from(own) < place) as u8).collect(),
            windows: windows.clone(),
            own,
            tracks,
        };
        program.fingerprint = program.fingerprint(recipe);
        program
    }

    /// The first of the plan's own windows that holds an event whose shortest window has place `bucket`; their number when none does.
    #[inline]
    pub(super) fn own_from(&self, bucket: usize) -> usize {
        usize::from(self.own_from[bucket])
    }

    /// The place of a kind; the last for every one that the plan does not know.
    #[inline]
    pub(super) fn kind(&self, code: u16) -> usize {
        usize::from(code).min(self.kind_read.len() - 1)
    }

    /// How many places of kinds there are.
    pub(super) fn n_kinds(&self) -> usize {
        self.kind_read.len()
    }

    /// The tracks that events of a kind (its place) go to; `None` when such events are no features.
    #[inline]
    pub(super) fn tracks_of(&self, kind: usize) -> Option<&[u16]> {
        self.kind_read[kind].then(|| &self.kind_tracks[self.kind_starts[kind] as usize..self.kind_starts[kind + 1] as usize])
    }

    /// Whether events of a kind (its place) are features or tell who answers whom.
    pub(super) fn holds(&self, kind: usize) -> bool {
        self.kind_read[kind] || self.parties[kind].is_some()
    }

    /// Who starts events of a kind (its place), if that is asked.
    pub(super) fn party(&self, kind: usize) -> Option<Party> {
        self.parties[kind]
    }

    /// The kind of an event as a category of "first kind" and "last kind".
    pub(super) fn kind_level(&self, event: Option<Edge>) -> f32 {
        event.map_or(f32::NAN, |event| self.kind_levels[self.kind(event.kind)])
    }

    /// The place of a channel; the last for every one that the plan does not know, `None` for no channel.
    #[inline]
    pub(super) fn channel(&self, code: u16) -> Option<u16> {
        (code != u16::MAX).then(|| code.min(self.n_channels))
    }

    /// How many places of channels there are.
    pub(super) fn n_channels(&self) -> usize {
        usize::from(self.n_channels) + 1
    }

    /// The channel of an event as a category.
    pub(super) fn channel_level(&self, event: Option<Edge>) -> f32 {
        event.and_then(|event| self.channel(event.channel)).map_or(f32::NAN, f32::from)
    }

    /// The longest finite window in microseconds, 0 when there is none.
    pub(super) fn longest_window(&self) -> i64 {
        self.windows.last().copied().unwrap_or(0)
    }

    /// How many clocks there are: the plan's own, and those of leads in other time zones.
    pub(super) fn n_clocks(&self) -> usize {
        self.clocks.len()
    }

    /// The place of the clock of a lead with these attributes; 0, the plan's own, when nothing is known of its time zone.
    pub(super) fn clock_of(&self, prepared: &[f64]) -> usize {
        let Some((attribute, of_category)) = &self.lead_zone else { return 0 };
        let category = prepared.get(usize::from(*attribute)).copied().unwrap_or(f64::NAN);
        // The code of other categories is their number.
        if category >= 0.0 { of_category.get(category as usize).map_or(0, |&place| usize::from(place)) } else { 0 }
    }

    /// What a clock shows, in microseconds since 1970-01-01 00:00 there.
    pub(super) fn local(&self, clock: usize, at: i64) -> i64 {
        let zone = &self.clocks[clock];
        let change = zone.partition_point(|&(from, _)| from <= at);
        // Before the first change, its own offset is the best guess.
        at.saturating_add(zone.get(change.saturating_sub(1)).map_or(0, |&(_, offset)| offset))
    }

    /// A hash (FNV-1a, 64 bits; Fowler, Noll and Vo 1991) of all that a fold of events depends on.
    fn fingerprint(&self, recipe: &Recipe) -> u64 {
        let mut text = format!("{:?} {:?} {:?} {:?}", self.windows, recipe.half_lives, recipe.channels, recipe.reads_unknown_kinds);
        text += &format!("{:?} {:?}", recipe.kinds, recipe.unknown_tracks);
        text += &format!("{:?} {:?}", self.tracks, recipe.zone);
        if let Some(of_leads) = &recipe.lead_zones {
            text += &format!("{:?}", of_leads.zones);
        }
        text += &format!("{} {} {} {}", self.sees_kinds, self.sees_channels, self.sees_clock, self.sees_answers);
        text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    }
}

/// The windows of the plan and all others that its features compare, ascending.
fn all_windows(recipe: &Recipe) -> Vec<i64> {
    let mut windows: Vec<i64> = recipe.windows.iter().map(|window| window.micros()).collect();
    for column in &recipe.columns {
        match column.source.of_lead() {
            Source::Track { measure: Measure::Momentum(w), .. } => {
                windows.extend(recipe.windows.get(usize::from(w)).map(|window| window.micros().saturating_mul(2)));
            }
            Source::Track { measure: Measure::Trend, .. } => {
                windows.extend((1..=TREND_WEEKS as i64).map(|week| week * 7 * MICROS_PER_DAY));
            }
            _ => {}
        }
    }
    windows.sort_unstable();
    windows.dedup();
    windows
}

/// What the columns read of each track.
fn track_uses(recipe: &Recipe) -> Vec<TrackUse> {
    let mut tracks = vec![TrackUse::default(); recipe.tracks.len()];
    let (mut rhythm, mut values) = (vec![false; tracks.len()], vec![false; tracks.len()]);
    for column in &recipe.columns {
        let Source::Track { track, measure } = column.source.of_lead() else { continue };
        let track = usize::from(track);
        match measure {
            Measure::Count(_) | Measure::ActiveDays(_) | Measure::Momentum(_) | Measure::Trend => tracks[track].windows = true,
            Measure::Pace(_) => (tracks[track].windows, rhythm[track]) = (true, true),
            Measure::Sum(_) => tracks[track].sums = true,
            Measure::Decayed(_) | Measure::DecayedSum(_) => tracks[track].decays = true,
            Measure::GapMean | Measure::GapLast | Measure::GapStd => rhythm[track] = true,
            Measure::SinceFirst | Measure::Streak | Measure::LongestStreak => rhythm[track] = true,
            Measure::ValueMean => (tracks[track].sums, values[track]) = (true, true),
            Measure::ValueMax | Measure::ValueLast => values[track] = true,
            Measure::Recency => {}
        }
    }
    let mut next_rhythm = 0..;
    let mut next_values = 0..;
    for (track, used) in tracks.iter_mut().enumerate() {
        used.rhythm = if rhythm[track] { next_rhythm.next() } else { None };
        used.values = if values[track] { next_values.next() } else { None };
    }
    tracks
}

/// Per kind and for "unknown", the code as a category: kinds that are not listed share the last.
fn kind_levels(kinds: &[KindPlan]) -> Vec<f32> {
    let n_listed = kinds.iter().filter(|kind| kind.listed).count();
    let mut next = 0;
    let mut level = |kind: &KindPlan| {
        if kind.listed {
            next += 1;
            (next - 1) as f32
        } else {
            n_listed as f32
        }
    };
    let mut levels: Vec<f32> = kinds.iter().map(&mut level).collect();
    levels.push(n_listed as f32);
    levels
}
