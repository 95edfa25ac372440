//! What a feature measures, in a sentence that speaks of no lead in particular.

use super::FeaturePlan;
use super::attribute::{AttributeKind, AttributePlan};
use super::describe::{Answering, OTHER_LEADS, length, plural, readable, whose};
use super::part::Part;
use super::recipe::{TrackKind, TrackPlan};
use super::source::{Measure, Source, TREND_WEEKS};

impl FeaturePlan {
    /// Whose clock tells the moment of creation, when it is not UTC's.
    fn clock_in_words(&self) -> &'static str {
        if self.recipe.lead_zones.is_some() { "local time of the lead" } else { "in the time zone of the schema" }
    }

    /// What a feature measures, for example "how many demo requests in the last 7 days"; [`describe`](Self::describe) says it of a value.
    ///
    /// An index beyond the features gives an empty text.
    #[must_use]
    pub fn meaning(&self, feature: usize) -> String {
        let Some(source) = self.recipe.columns.get(feature).map(|column| column.source) else { return String::new() };
        let name = |index: u16| readable(self.recipe.attributes[usize::from(index)].name());
        let whose = whose(source);
        match source.of_lead() {
            Source::Attribute(index) => attribute_meaning(&self.recipe.attributes[usize::from(index)]),
            Source::Filled(index) => format!("whether {} is filled in", name(index)),
            Source::DaysSince { attribute, future: false } => format!("days since {}; not known while it lies ahead", name(attribute)),
            Source::DaysSince { attribute, future: true } => format!("days since {}, below 0 while it lies ahead", name(attribute)),
            Source::MonthOf { attribute, .. } | Source::LocalMonthOf { attribute, .. } => format!("month of {}", name(attribute)),
            Source::WeekdayOf { attribute, .. } | Source::LocalWeekdayOf { attribute, .. } => {
                format!("day of the week of {}", name(attribute))
            }
            Source::DaysAfterCreation { attribute, .. } => {
                format!("days from the lead's creation to {}, below 0 when that was before", name(attribute))
            }
            Source::Age => "days since the lead was created".to_owned(),
            Source::Weekday => "day of the week (UTC) on which the lead was created".to_owned(),
            Source::Hour => "hour of the day (UTC) in which the lead was created".to_owned(),
            Source::LocalWeekday => format!("day of the week ({}) on which the lead was created", self.clock_in_words()),
            Source::LocalHour => format!("hour of the day ({}) in which the lead was created", self.clock_in_words()),
            Source::Track { track, measure } => self.track_meaning(&self.recipe.tracks[usize::from(track)], measure, whose),
            Source::FirstKind => format!("kind of the first event{whose}"),
            Source::LastKind => format!("kind of the last event{whose}"),
            Source::FirstChannel => format!("channel of the first event{whose}"),
            Source::LastChannel => format!("channel of the last event{whose}"),
            Source::FirstDelay if source.is_of_account() => {
                format!("days from the lead's creation to the first event of {OTHER_LEADS}, below 0 when that was before")
            }
            Source::FirstDelay => "days from the lead's creation to its first event, below 0 when that was before".to_owned(),
            Source::Kinds(w) => format!("how many kinds of events{whose} {}", self.when(w)),
            Source::Channels(w) if source.is_of_account() => format!("how many channels of events{whose} {}", self.when(w)),
            Source::Channels(w) => format!("how many channels {}", self.when(w)),
            Source::Signals(w) => format!("how many intent signals{whose} {}", self.when(w)),
            Source::ChannelEntropy => {
                format!("how evenly events{whose} spread over channels: the entropy of their shares, 0 when all came through one")
            }
            Source::NightShare => format!("share of events{whose} from 22 to 6 o'clock"),
            Source::LocalNightShare => format!("share of events{whose} from 22 to 6 o'clock, local time of the lead"),
            Source::LocalWeekendShare => format!("share of events{whose} on Saturdays and Sundays, local time of the lead"),
            Source::WeekendShare => format!("share of events{whose} on Saturdays and Sundays"),
            Source::FirstContact if source.is_of_account() => {
                format!("days from the lead's creation to the first contact by sales with {OTHER_LEADS}, below 0 when that was before")
            }
            Source::FirstContact => "days from the lead's creation to the first contact by sales, below 0 when that was before".to_owned(),
            Source::MeanLag(party) => {
                let Answering { who, takes, whom } = Answering::of(party, source.is_of_account());
                format!("days that {who} {takes} to answer{whom}, on average")
            }
            Source::LastLag(party) => {
                let Answering { who, whom, .. } = Answering::of(party, source.is_of_account());
                format!("days that the last answer of {who}{}{whom} took", if whom.is_empty() { "" } else { " to" })
            }
            // Told above, as the lead's own.
            Source::Account(_) | Source::OfAccount(_) => String::new(),
        }
    }

    fn track_meaning(&self, track: &TrackPlan, measure: Measure, whose: &str) -> String {
        let word = readable(&track.word);
        let (one, many) = match track.kind {
            TrackKind::Total => ("event".to_owned(), "events".to_owned()),
            TrackKind::Kind => (word.clone(), plural(&word)),
            TrackKind::Group => (format!("event of the group {word}"), format!("events of the group {word}")),
            TrackKind::Signal => (format!("event of the intent signal {word}"), format!("events of the intent signal {word}")),
        };
        self.measure_meaning(&(one + whose), &(many + whose), measure)
    }

    /// What a measure tells of events, of which `one` and `many` are called so.
    fn measure_meaning(&self, one: &str, many: &str, measure: Measure) -> String {
        let half = |h: u8| self.recipe.half_lives.get(usize::from(h)).map_or_else(String::new, |span| length(*span));
        match measure {
            Measure::Count(w) => format!("how many {many} {}", self.when(w)),
            Measure::ActiveDays(w) => format!("on how many days (UTC) there were {many} {}", self.when(w)),
            Measure::Sum(w) => format!("sum of the values of {many} {}", self.when(w)),
            Measure::Recency => format!("days since the last {one}"),
            Measure::Decayed(h) => format!("how many {many}, each counting half as much after every {}", half(h)),
            Measure::DecayedSum(h) => format!("sum of the values of {many}, each counting half as much after every {}", half(h)),
            Measure::Momentum(w) => {
                format!("more or fewer {many} {} than in the same time before: their difference over their sum", self.when(w))
            }
            Measure::Pace(w) => format!("rate of {many} {} over the rate since the first one", self.when(w)),
            Measure::Trend => format!("by how much {many} a week rise or fall from week to week over {TREND_WEEKS} weeks"),
            Measure::GapMean => format!("days from one {one} to the next, on average"),
            Measure::GapLast => format!("days between the last two {many}"),
            Measure::GapStd => format!("by how much the days from one {one} to the next vary (standard deviation)"),
            Measure::SinceFirst => format!("days since the first {one}"),
            Measure::Streak => format!("how many days in a row (UTC), up to today or yesterday, with {many}"),
            Measure::LongestStreak => format!("the most days in a row (UTC) with {many}"),
            Measure::ValueMean => format!("mean of the values of {many}"),
            Measure::ValueMax => format!("largest of the values of {many}"),
            Measure::ValueLast => format!("value of the last {one} that has one"),
        }
    }
}

fn attribute_meaning(attribute: &AttributePlan) -> String {
    let name = readable(attribute.name());
    match attribute.kind {
        AttributeKind::Text => format!("length of {name}"),
        AttributeKind::Email | AttributeKind::Phone => format!("whether {name} is known"),
        AttributeKind::Part { part, .. } => match part {
            Part::EmailValid | Part::PhoneValid { .. } => format!("whether {name} is well-formed"),
            Part::EmailProvider => format!("who gives out the mailbox of {name}"),
            Part::EmailGeneric => format!("whether {name} is a shared mailbox such as info@"),
            Part::EmailDomain => format!("domain of {name}"),
            Part::PhoneCountry { .. } => format!("country of {name}"),
            Part::Seniority | Part::Department => format!("{} that {name} says", part.word()),
        },
        _ => name,
    }
}
