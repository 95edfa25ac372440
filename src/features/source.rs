//! What each feature is made of, and how it is called.

use serde::{Deserialize, Serialize};

use crate::time::Span;

/// What one feature is made of. Indices are those of the plan that holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Source {
    /// The prepared value of an attribute.
    Attribute(u16),
    /// Whether an attribute is there at all: 0 or 1.
    Filled(u16),
    /// Days from the instant that an attribute holds until the moment of scoring.
    DaysSince {
        /// The attribute.
        attribute: u16,
        /// Whether an instant later than that moment is known (then the days are negative).
        future: bool,
    },
    /// Days since creation.
    Age,
    /// Day of the week of creation (UTC), 0 Monday to 6 Sunday.
    Weekday,
    /// Hour of the day of creation (UTC), 0 to 23.
    Hour,
    /// A measure of the events of one track.
    Track {
        /// The track.
        track: u16,
        /// What is measured.
        measure: Measure,
    },
    /// Kind of the first event.
    FirstKind,
    /// Kind of the last event.
    LastKind,
    /// Channel of the first event.
    FirstChannel,
    /// Channel of the last event.
    LastChannel,
    /// Days from creation to the first event; negative when the lead was active before it was created.
    FirstDelay,
}

impl Source {
    /// Whether it is made of events.
    pub(super) fn reads_events(self) -> bool {
        match self {
            Self::Attribute(_) | Self::Filled(_) | Self::DaysSince { .. } | Self::Age | Self::Weekday | Self::Hour => false,
            Self::Track { .. } | Self::FirstKind | Self::LastKind | Self::FirstChannel | Self::LastChannel | Self::FirstDelay => true,
        }
    }
}

/// What is measured of the events of a track. Windows are indices into the plan's windows, and their number stands for "ever".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Measure {
    /// How many events in a window.
    Count(u8),
    /// On how many different days (UTC) in a window.
    ActiveDays(u8),
    /// The sum of their values in a window.
    Sum(u8),
    /// Days since the last one.
    Recency,
    /// Their number, each counting half as much after every half-life.
    Decayed(u8),
    /// The sum of their values, each counting half as much after every half-life.
    DecayedSum(u8),
}

impl Measure {
    /// Every measure of a track, in the order of the features.
    pub(super) fn all(n_windows: usize, n_half_lives: usize, values: bool) -> Vec<Self> {
        let windows = || 0..=n_windows as u8;
        let half_lives = || 0..n_half_lives as u8;
        let mut all: Vec<Self> = windows().map(Self::Count).collect();
        all.extend(windows().map(Self::ActiveDays));
        all.push(Self::Recency);
        all.extend(half_lives().map(Self::Decayed));
        if values {
            all.extend(windows().map(Self::Sum));
            all.extend(half_lives().map(Self::DecayedSum));
        }
        all
    }

    /// The part of the feature's name after the track's, for example `count.7d`.
    pub(super) fn name(self, windows: &[Span], half_lives: &[Span]) -> String {
        let window = |w: u8| windows.get(usize::from(w)).map_or_else(|| "ever".to_owned(), Span::to_string);
        let half_life = |h: u8| half_lives.get(usize::from(h)).map_or_else(String::new, Span::to_string);
        match self {
            Self::Count(w) => format!("count.{}", window(w)),
            Self::ActiveDays(w) => format!("active_days.{}", window(w)),
            Self::Sum(w) => format!("sum.{}", window(w)),
            Self::Recency => "recency".to_owned(),
            Self::Decayed(h) => format!("decayed.{}", half_life(h)),
            Self::DecayedSum(h) => format!("decayed_sum.{}", half_life(h)),
        }
    }
}

/// Gives out names, each once: the second comer of `age` is called `age#2`.
#[derive(Debug, Default)]
pub(super) struct Names(std::collections::BTreeSet<String>);

impl Names {
    pub(super) fn take(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let mut count = 1;
        while !self.0.insert(name.clone()) {
            count += 1;
            name = format!("{wanted}#{count}");
        }
        name
    }
}
