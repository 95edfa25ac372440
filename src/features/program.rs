//! A plan in the form that the kernel runs: numbers only, and only what is still read.

use super::history::Edge;
use super::recipe::Recipe;
use super::source::{Measure, Source};

/// What the kernel must keep of a track's events, apart from count and time of the last one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct TrackUse {
    /// Counts and active days per finite window.
    pub(super) windows: bool,
    /// Sums of values.
    pub(super) sums: bool,
    /// Decayed counts and sums.
    pub(super) decays: bool,
}

/// What the kernel runs.
#[derive(Debug, Clone)]
pub(super) struct Program {
    /// Lengths of the finite windows in microseconds, ascending.
    pub(super) windows: Vec<i64>,
    /// Per half-life, ln 2 over its microseconds.
    pub(super) decay_rates: Vec<f64>,
    pub(super) tracks: Vec<TrackUse>,
    /// Tracks of kind `k` are `kind_tracks[kind_starts[k]..kind_starts[k + 1]]`; the last `k` is "unknown".
    kind_starts: Vec<u32>,
    kind_tracks: Vec<u16>,
    /// Per kind, its code as a category of "first kind" and "last kind".
    kind_levels: Vec<f32>,
    n_channels: u16,
    reads_unknown_kinds: bool,
    pub(super) sources: Vec<Source>,
    pub(super) needs_events: bool,
    pub(super) needs_created_at: bool,
    /// Tells states of one plan from those of another.
    pub(super) fingerprint: u64,
}

impl Program {
    pub(super) fn new(recipe: &Recipe) -> Self {
        let mut tracks = vec![TrackUse::default(); recipe.tracks.len()];
        for column in &recipe.columns {
            if let Source::Track { track, measure } = column.source {
                let used = &mut tracks[usize::from(track)];
                match measure {
                    Measure::Count(_) | Measure::ActiveDays(_) => used.windows = true,
                    Measure::Sum(_) => used.sums = true,
                    Measure::Decayed(_) | Measure::DecayedSum(_) => used.decays = true,
                    Measure::Recency => {}
                }
            }
        }
        let mut kind_starts = vec![0];
        let mut kind_tracks = Vec::new();
        for tracks in recipe.kinds.iter().map(|kind| &kind.tracks).chain([&recipe.unknown_tracks]) {
            kind_tracks.extend_from_slice(tracks);
            kind_starts.push(kind_tracks.len() as u32);
        }
        let n_listed = recipe.kinds.iter().filter(|kind| kind.listed).count();
        let mut next = 0;
        let level = |kind: &super::recipe::KindPlan| {
            if kind.listed {
                next += 1;
                (next - 1) as f32
            } else {
                n_listed as f32
            }
        };
        let kind_levels = recipe.kinds.iter().map(level).collect::<Vec<_>>().into_iter().chain([n_listed as f32]).collect();
        let needs_events = recipe.columns.iter().any(|column| column.source.reads_events());
        let reads_creation = |source| matches!(source, Source::Age | Source::Weekday | Source::Hour);
        let needs_created_at = recipe.created_at && (needs_events || recipe.columns.iter().any(|column| reads_creation(column.source)));
        let fingerprint = fingerprint(recipe, &tracks);
        Self {
            windows: recipe.windows.iter().map(|window| window.micros()).collect(),
            decay_rates: recipe.half_lives.iter().map(|half_life| std::f64::consts::LN_2 / half_life.micros() as f64).collect(),
            tracks,
            kind_starts,
            kind_tracks,
            kind_levels,
            n_channels: recipe.channels.len() as u16,
            reads_unknown_kinds: recipe.reads_unknown_kinds,
            sources: recipe.columns.iter().map(|column| column.source).collect(),
            needs_events,
            needs_created_at,
            fingerprint,
        }
    }

    /// The tracks that an event of kind `kind` goes to; `None` when such events are not read.
    #[inline]
    pub(super) fn tracks_of(&self, kind: u16) -> Option<&[u16]> {
        let unknown = self.kind_starts.len() - 2;
        let kind = usize::from(kind).min(unknown);
        if kind == unknown && !self.reads_unknown_kinds {
            return None;
        }
        Some(&self.kind_tracks[self.kind_starts[kind] as usize..self.kind_starts[kind + 1] as usize])
    }

    /// The kind of an event as a category of "first kind" and "last kind".
    pub(super) fn kind_level(&self, event: Option<Edge>) -> f32 {
        event.map_or(f32::NAN, |event| self.kind_levels[usize::from(event.kind).min(self.kind_levels.len() - 1)])
    }

    /// The channel of an event as a category.
    pub(super) fn channel_level(&self, event: Option<Edge>) -> f32 {
        event.filter(|event| event.channel != u16::MAX).map_or(f32::NAN, |event| f32::from(event.channel.min(self.n_channels)))
    }

    /// The longest finite window in microseconds, 0 when there is none.
    pub(super) fn longest_window(&self) -> i64 {
        self.windows.last().copied().unwrap_or(0)
    }
}

/// A hash (FNV-1a, 64 bits; Fowler, Noll and Vo 1991) of all that a fold of events depends on.
fn fingerprint(recipe: &Recipe, tracks: &[TrackUse]) -> u64 {
    let mut text = format!("{:?} {:?} {:?} {:?}", recipe.windows, recipe.half_lives, recipe.channels, recipe.reads_unknown_kinds);
    text += &format!("{:?} {:?}", recipe.kinds, recipe.unknown_tracks);
    text.extend(tracks.iter().map(|track| if track.sums { 's' } else { '-' }));
    text.extend(tracks.iter().map(|track| if track.decays { 'd' } else { '-' }));
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
