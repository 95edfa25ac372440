//! What each feature is made of, and how it is called.

use serde::{Deserialize, Serialize};

use super::FeatureFamily;
use crate::time::{MICROS_PER_DAY, Span};

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
    /// A measure of all events of the account's other leads together; unknown when they are not given.
    Account(Measure),
    /// How many different kinds of events in a window; all that the plan does not know by name are one.
    Kinds(u8),
    /// How many different channels in a window; all that the plan does not know by name are one.
    Channels(u8),
    /// How many different intent signals in a window.
    Signals(u8),
    /// The entropy of the channels of all events, in bits.
    ChannelEntropy,
    /// The share of all events from 22 to 6 o'clock in the plan's time zone.
    NightShare,
    /// The share of all events on Saturdays and Sundays in the plan's time zone.
    WeekendShare,
    /// Days from creation to the first event that sales started.
    FirstContact,
    /// Days that a party takes on average to answer the other.
    MeanLag(Party),
    /// Days that its last answer took.
    LastLag(Party),
    /// The month of the instant that an attribute holds (UTC), 1 to 12.
    MonthOf {
        /// The attribute.
        attribute: u16,
        /// As of [`Source::DaysSince`].
        future: bool,
    },
    /// Its day of the week (UTC), 0 Monday to 6 Sunday.
    WeekdayOf {
        /// The attribute.
        attribute: u16,
        /// As of [`Source::DaysSince`].
        future: bool,
    },
    /// Days from creation until it; negative when it lies before.
    DaysAfterCreation {
        /// The attribute.
        attribute: u16,
        /// As of [`Source::DaysSince`].
        future: bool,
    },
    /// Day of the week of creation by the lead's clock, 0 Monday to 6 Sunday.
    LocalWeekday,
    /// Hour of the day of creation by the lead's clock, 0 to 23.
    LocalHour,
    /// The share of all events from 22 to 6 o'clock by the lead's clock.
    LocalNightShare,
    /// The share of all events on Saturdays and Sundays by the lead's clock.
    LocalWeekendShare,
    /// The month of a date by the plan's clock, by which dates are read, 1 to 12.
    LocalMonthOf {
        /// The attribute.
        attribute: u16,
        /// As of [`Source::DaysSince`].
        future: bool,
    },
    /// The day of the week of a date by the plan's clock, by which dates are read, 0 Monday to 6 Sunday.
    LocalWeekdayOf {
        /// The attribute.
        attribute: u16,
        /// As of [`Source::DaysSince`].
        future: bool,
    },
    /// Of the events of the account's other leads what another feature is of the lead's own; unknown when they are not given.
    OfAccount(OfAccount),
}

/// What is told of the events of the account's other leads, but for measures of all of them together ([`Source::Account`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum OfAccount {
    Track {
        track: u16,
        measure: Measure,
    },
    FirstKind,
    LastKind,
    FirstChannel,
    LastChannel,
    Kinds(u8),
    Channels(u8),
    Signals(u8),
    ChannelEntropy,
    NightShare,
    WeekendShare,
    LocalNightShare,
    LocalWeekendShare,
    /// Days from the lead's creation to their first event; negative when they were active before it was created.
    FirstDelay,
    /// Days from the lead's creation to the first event that sales started with one of them.
    FirstContact,
    /// Of each of them the days that a party takes to answer the other; their mean, of all of them together.
    MeanLag(Party),
    /// Days that the last of these answers took.
    LastLag(Party),
}

/// Who starts an event, as far as answers are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Party {
    Lead,
    Sales,
}

impl OfAccount {
    /// The same of the lead's own events.
    pub(super) fn of_lead(self) -> Source {
        match self {
            Self::Track { track, measure } => Source::Track { track, measure },
            Self::FirstKind => Source::FirstKind,
            Self::LastKind => Source::LastKind,
            Self::FirstChannel => Source::FirstChannel,
            Self::LastChannel => Source::LastChannel,
            Self::Kinds(w) => Source::Kinds(w),
            Self::Channels(w) => Source::Channels(w),
            Self::Signals(w) => Source::Signals(w),
            Self::ChannelEntropy => Source::ChannelEntropy,
            Self::NightShare => Source::NightShare,
            Self::WeekendShare => Source::WeekendShare,
            Self::LocalNightShare => Source::LocalNightShare,
            Self::LocalWeekendShare => Source::LocalWeekendShare,
            Self::FirstDelay => Source::FirstDelay,
            Self::FirstContact => Source::FirstContact,
            Self::MeanLag(party) => Source::MeanLag(party),
            Self::LastLag(party) => Source::LastLag(party),
        }
    }
}

impl Source {
    /// The same of the events of the account's other leads, where it can be asked of them.
    pub(super) fn of_account(self) -> Option<Self> {
        let of_account = match self {
            Self::FirstKind => OfAccount::FirstKind,
            Self::LastKind => OfAccount::LastKind,
            Self::FirstChannel => OfAccount::FirstChannel,
            Self::LastChannel => OfAccount::LastChannel,
            Self::Kinds(w) => OfAccount::Kinds(w),
            Self::Channels(w) => OfAccount::Channels(w),
            Self::Signals(w) => OfAccount::Signals(w),
            Self::ChannelEntropy => OfAccount::ChannelEntropy,
            Self::NightShare => OfAccount::NightShare,
            Self::WeekendShare => OfAccount::WeekendShare,
            Self::LocalNightShare => OfAccount::LocalNightShare,
            Self::LocalWeekendShare => OfAccount::LocalWeekendShare,
            Self::FirstDelay => OfAccount::FirstDelay,
            Self::FirstContact => OfAccount::FirstContact,
            Self::MeanLag(party) => OfAccount::MeanLag(party),
            Self::LastLag(party) => OfAccount::LastLag(party),
            // All events together are the first track.
            Self::Track { track: 0, measure } => return Some(Self::Account(measure)),
            Self::Track { track, measure } => OfAccount::Track { track, measure },
            _ => return None,
        };
        Some(Self::OfAccount(of_account))
    }

    /// The same of the lead's own events; itself where it is of nothing else.
    pub(super) fn of_lead(self) -> Self {
        match self {
            Self::Account(measure) => Self::Track { track: 0, measure },
            Self::OfAccount(of_account) => of_account.of_lead(),
            own => own,
        }
    }

    /// Whether it is told of the events of the account's other leads.
    pub(super) fn is_of_account(self) -> bool {
        matches!(self, Self::Account(_) | Self::OfAccount(_))
    }

    /// Whether it tells of the lead's own events who answers whom.
    pub(super) fn is_of_answers(self) -> bool {
        matches!(self, Self::FirstContact | Self::MeanLag(_) | Self::LastLag(_))
    }

    /// The track that it measures.
    pub(super) fn track(&mut self) -> Option<&mut u16> {
        match self {
            Self::Track { track, .. } | Self::OfAccount(OfAccount::Track { track, .. }) => Some(track),
            _ => None,
        }
    }

    /// The attribute that it reads.
    pub(super) fn attribute(&mut self) -> Option<&mut u16> {
        match self {
            Self::Attribute(index) | Self::Filled(index) => Some(index),
            Self::DaysSince { attribute, .. }
            | Self::MonthOf { attribute, .. }
            | Self::WeekdayOf { attribute, .. }
            | Self::LocalMonthOf { attribute, .. }
            | Self::LocalWeekdayOf { attribute, .. }
            | Self::DaysAfterCreation { attribute, .. } => Some(attribute),
            _ => None,
        }
    }

    /// Whether it is told by the lead's own clock.
    pub(super) fn is_local(self) -> bool {
        matches!(self.of_lead(), Self::LocalWeekday | Self::LocalHour | Self::LocalNightShare | Self::LocalWeekendShare)
    }

    /// Whether it is told by the plan's own clock, whatever the lead's.
    pub(super) fn is_by_the_plans_clock(self) -> bool {
        matches!(self, Self::LocalMonthOf { .. } | Self::LocalWeekdayOf { .. })
    }

    /// Whether it is made of events.
    pub(super) fn reads_events(self) -> bool {
        match self {
            Self::Attribute(_) | Self::Filled(_) | Self::DaysSince { .. } | Self::Age | Self::Weekday | Self::Hour => false,
            Self::LocalWeekday | Self::LocalHour => false,
            Self::MonthOf { .. } | Self::WeekdayOf { .. } | Self::DaysAfterCreation { .. } => false,
            Self::LocalMonthOf { .. } | Self::LocalWeekdayOf { .. } => false,
            Self::Track { .. } | Self::FirstKind | Self::LastKind | Self::FirstChannel | Self::LastChannel | Self::FirstDelay => true,
            Self::Kinds(_) | Self::Channels(_) | Self::Signals(_) | Self::ChannelEntropy | Self::NightShare | Self::WeekendShare => true,
            Self::LocalNightShare | Self::LocalWeekendShare => true,
            Self::FirstContact | Self::MeanLag(_) | Self::LastLag(_) | Self::Account(_) | Self::OfAccount(_) => true,
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
    /// How many in a window against how many in the window of the same length before it: their difference over their sum, -1 to 1.
    Momentum(u8),
    /// The rate in a window over the rate since the first event (at least a window ago).
    Pace(u8),
    /// The slope of the numbers in the last four weeks, by least squares: events a week, by week.
    Trend,
    /// The mean of the days between one and the next.
    GapMean,
    /// The days between the last two.
    GapLast,
    /// The standard deviation of the days between one and the next.
    GapStd,
    /// Days since the first one.
    SinceFirst,
    /// Consecutive active days (UTC) up to today or yesterday.
    Streak,
    /// The most consecutive active days (UTC) ever.
    LongestStreak,
    /// The mean of their values.
    ValueMean,
    /// The largest of their values.
    ValueMax,
    /// The value of the last one that has a value.
    ValueLast,
}

/// The weeks whose numbers a trend compares.
pub(super) const TREND_WEEKS: usize = 4;

impl Measure {
    /// The measures of a track that the families ask for, in the order of the features.
    pub(super) fn of(families: &[FeatureFamily], windows: &[Span], n_half_lives: usize, values: bool) -> Vec<Self> {
        let asked = |family| families.contains(&family);
        let finite = || 0..windows.len() as u8;
        let all_windows = || 0..=windows.len() as u8;
        let half_lives = || 0..n_half_lives as u8;
        // No feature looks further back than the longest window or for ever: a state keeps what lies between.
        let longest = windows.last().map_or(0, |window| window.micros());
        let mut all: Vec<Self> = Vec::new();
        let mut add = |when: bool, measures: Vec<Self>| all.extend(measures.into_iter().filter(|_| when));
        add(asked(FeatureFamily::Counts), all_windows().map(Self::Count).collect());
        add(asked(FeatureFamily::ActiveDays), all_windows().map(Self::ActiveDays).collect());
        add(asked(FeatureFamily::Recency), vec![Self::Recency]);
        add(asked(FeatureFamily::Decays), half_lives().map(Self::Decayed).collect());
        add(values && asked(FeatureFamily::Sums), all_windows().map(Self::Sum).collect());
        add(values && asked(FeatureFamily::Sums) && asked(FeatureFamily::Decays), half_lives().map(Self::DecayedSum).collect());
        let doubled_fits = |w: &u8| windows[usize::from(*w)].micros().saturating_mul(2) <= longest;
        add(asked(FeatureFamily::Momentum), finite().filter(doubled_fits).map(Self::Momentum).collect());
        add(asked(FeatureFamily::Momentum), finite().map(Self::Pace).collect());
        add(asked(FeatureFamily::Trend) && TREND_WEEKS as i64 * 7 * MICROS_PER_DAY <= longest, vec![Self::Trend]);
        add(asked(FeatureFamily::Gaps), vec![Self::GapMean, Self::GapLast, Self::GapStd, Self::SinceFirst]);
        add(asked(FeatureFamily::Streaks), vec![Self::Streak, Self::LongestStreak]);
        add(values && asked(FeatureFamily::Values), vec![Self::ValueMean, Self::ValueMax, Self::ValueLast]);
        all
    }

    /// Its value while the track has had no event: a number of 0, or nothing to tell.
    pub(super) fn of_nothing(self) -> f32 {
        match self {
            Self::Count(_) | Self::ActiveDays(_) | Self::Sum(_) | Self::Decayed(_) | Self::DecayedSum(_) => 0.0,
            Self::Trend | Self::Streak | Self::LongestStreak => 0.0,
            Self::Recency | Self::Momentum(_) | Self::Pace(_) | Self::GapMean | Self::GapLast | Self::GapStd | Self::SinceFirst => f32::NAN,
            Self::ValueMean | Self::ValueMax | Self::ValueLast => f32::NAN,
        }
    }

    /// Whether it is 0, and not unknown, when there was no event.
    pub(super) fn is_zero_without_events(self) -> bool {
        self.of_nothing() == 0.0
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
            Self::Momentum(w) => format!("momentum.{}", window(w)),
            Self::Pace(w) => format!("pace.{}", window(w)),
            Self::Trend => "trend.28d".to_owned(),
            Self::GapMean => "gap.mean".to_owned(),
            Self::GapLast => "gap.last".to_owned(),
            Self::GapStd => "gap.std".to_owned(),
            Self::SinceFirst => "since_first".to_owned(),
            Self::Streak => "streak".to_owned(),
            Self::LongestStreak => "streak.longest".to_owned(),
            Self::ValueMean => "value.mean".to_owned(),
            Self::ValueMax => "value.max".to_owned(),
            Self::ValueLast => "value.last".to_owned(),
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
