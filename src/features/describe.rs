//! A feature's value in words that a sales rep can read.

use super::attribute::{AttributeKind, AttributePlan};
use super::part::Part;
use super::recipe::{TrackKind, TrackPlan};
use super::source::{Measure, Party, Source};
use super::{FeatureKind, FeaturePlan};
use crate::identity::Seniority;
use crate::time::{MICROS_PER_DAY, MICROS_PER_HOUR, Span};

const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

impl FeaturePlan {
    /// What the value of a feature says about a lead, for example "3 demo requests in the last 7 days", "industry is missing".
    ///
    /// An index beyond the features gives an empty text.
    #[must_use]
    pub fn describe(&self, feature: usize, value: f32) -> String {
        let Some(source) = self.recipe.columns.get(feature).map(|column| column.source) else { return String::new() };
        let attribute = |index: u16| &self.recipe.attributes[usize::from(index)];
        let of_account = source.is_of_account();
        let whose = whose(source);
        match source.of_lead() {
            Source::Kinds(_) | Source::Channels(_) | Source::Signals(_) if value.is_nan() => NOTHING_KNOWN.to_owned(),
            Source::Attribute(index) if matches!(attribute(index).kind, AttributeKind::Part { .. }) => {
                self.describe_part(feature, attribute(index), value)
            }
            Source::Attribute(index) => {
                let (name, kind) = (readable(attribute(index).name()), &attribute(index).kind);
                match kind {
                    AttributeKind::Text if value.is_nan() => format!("{name} is empty"),
                    AttributeKind::Text => format!("{name} has {}", counted(value, "character")),
                    AttributeKind::Email | AttributeKind::Phone if value == 0.0 => format!("no {name}"),
                    AttributeKind::Email | AttributeKind::Phone => format!("{name} is known"),
                    _ if value.is_nan() => format!("{name} is missing"),
                    AttributeKind::Boolean => format!("{name} is {}", if value == 0.0 { "no" } else { "yes" }),
                    AttributeKind::Categorical { .. } => format!("{name} is {}", self.level(feature, value, "a rare or new value")),
                    _ => format!("{name} is {}", number(value)),
                }
            }
            Source::Filled(index) => {
                let name = readable(attribute(index).name());
                if value == 0.0 { format!("{name} is empty") } else { format!("{name} is filled in") }
            }
            Source::DaysSince { attribute: index, .. } => {
                let name = readable(attribute(index).name());
                if value.is_nan() {
                    format!("{name} is not known")
                } else if value < 0.0 {
                    format!("{name} is in {}", duration(-value))
                } else {
                    format!("{name} was {} ago", duration(value))
                }
            }
            Source::MonthOf { attribute: index, .. }
            | Source::WeekdayOf { attribute: index, .. }
            | Source::LocalMonthOf { attribute: index, .. }
            | Source::LocalWeekdayOf { attribute: index, .. }
            | Source::DaysAfterCreation { attribute: index, .. }
                if value.is_nan() =>
            {
                format!("{} is not known", readable(attribute(index).name()))
            }
            Source::MonthOf { attribute: index, .. } | Source::LocalMonthOf { attribute: index, .. } => {
                format!("{} is in {}", readable(attribute(index).name()), MONTHS[(value as usize).clamp(1, 12) - 1])
            }
            Source::WeekdayOf { attribute: index, .. } | Source::LocalWeekdayOf { attribute: index, .. } => {
                format!("{} is a {}", readable(attribute(index).name()), WEEKDAYS[(value as usize).min(6)])
            }
            Source::DaysAfterCreation { attribute: index, .. } => {
                let side = if value < 0.0 { "before" } else { "after" };
                format!("{} is {} {side} creation", readable(attribute(index).name()), duration(value.abs()))
            }
            Source::Age if value.is_nan() => "time of creation is not known".to_owned(),
            Source::Age => format!("created {} ago", duration(value)),
            Source::Weekday | Source::Hour | Source::LocalWeekday | Source::LocalHour if value.is_nan() => {
                "time of creation is not known".to_owned()
            }
            Source::Weekday | Source::LocalWeekday => format!("created on a {}", WEEKDAYS[(value as usize).min(6)]),
            Source::Hour | Source::LocalHour => {
                let hour = (value as u8).min(23);
                let whose = if source == Source::Hour { "UTC" } else { "local time" };
                format!("created between {hour}:00 and {}:00 {whose}", hour + 1)
            }
            Source::Track { measure, .. } if of_account && value.is_nan() && measure.is_zero_without_events() => NOTHING_KNOWN.to_owned(),
            Source::Track { track, measure } => {
                let (one, many) = names_of(&self.recipe.tracks[usize::from(track)]);
                let (one, many) = (one + whose, many + whose);
                match measure {
                    // Unknown as well when there was no event.
                    Measure::Recency | Measure::SinceFirst if of_account && value.is_nan() => format!("no {one} is known"),
                    measure => self.describe_events(&one, &many, measure, value),
                }
            }
            // No event, or no moment of creation to count from.
            Source::FirstDelay if value.is_nan() => format!("time to the first event{whose} is not known"),
            Source::FirstKind | Source::LastKind | Source::NightShare | Source::WeekendShare if value.is_nan() => no_event(whose),
            Source::LocalNightShare | Source::LocalWeekendShare if value.is_nan() => no_event(whose),
            Source::FirstChannel | Source::LastChannel | Source::ChannelEntropy if value.is_nan() => format!("no known channel{whose}"),
            Source::FirstKind => format!("first event{whose} was {}", self.level(feature, value, "of another kind")),
            Source::LastKind => format!("last event{whose} was {}", self.level(feature, value, "of another kind")),
            Source::FirstChannel => format!("first event{whose} came through {}", self.level(feature, value, "another channel")),
            Source::LastChannel => format!("last event{whose} came through {}", self.level(feature, value, "another channel")),
            Source::Kinds(w) => format!("{} of events{whose} {}", counted(value, "kind"), self.when(w)),
            Source::Channels(w) if of_account => format!("{} of events{whose} {}", counted(value, "channel"), self.when(w)),
            Source::Channels(w) => format!("{} used {}", counted(value, "channel"), self.when(w)),
            Source::Signals(w) => format!("{}{whose} {}", counted(value, "intent signal"), self.when(w)),
            Source::ChannelEntropy => format!("events{whose} spread over channels with {} of entropy", counted(value, "bit")),
            Source::NightShare | Source::LocalNightShare => format!("{} % of events{whose} at night", number(100.0 * value)),
            Source::WeekendShare | Source::LocalWeekendShare => format!("{} % of events{whose} on weekends", number(100.0 * value)),
            Source::FirstContact if value.is_nan() && of_account => format!("no contact by sales with {OTHER_LEADS} is known"),
            Source::FirstContact if value.is_nan() => "no contact by sales yet".to_owned(),
            Source::FirstContact if of_account => format!("first contact by sales with {OTHER_LEADS} {}", from_creation(value, true)),
            Source::FirstContact => format!("first contact by sales {}", from_creation(value, false)),
            Source::MeanLag(party) | Source::LastLag(party) => {
                let Answering { who, whom, .. } = Answering::of(party, of_account);
                match source.of_lead() {
                    _ if value.is_nan() && of_account && whom.is_empty() => format!("no answer by {who} is known"),
                    _ if value.is_nan() && of_account => format!("no answer by {who} to{whom} is known"),
                    _ if value.is_nan() => format!("no answer by {who} yet"),
                    Source::MeanLag(_) => format!("{who} took {} to answer{whom} on average", duration(value)),
                    _ => format!("{who} took {} to answer{whom} last", duration(value)),
                }
            }
            Source::FirstDelay => format!("first event{whose} {}", from_creation(value, of_account)),
            // Told above, as the lead's own.
            Source::Account(_) | Source::OfAccount(_) => String::new(),
        }
    }

    /// What a part of an attribute's text says.
    fn describe_part(&self, feature: usize, attribute: &AttributePlan, value: f32) -> String {
        let name = readable(attribute.name());
        let AttributeKind::Part { part, .. } = attribute.kind else { return name };
        match part {
            Part::EmailValid | Part::PhoneValid { .. } if value.is_nan() => format!("no {name}"),
            Part::EmailValid | Part::PhoneValid { .. } => format!("{name} is {}", if value == 0.0 { "malformed" } else { "well-formed" }),
            Part::EmailProvider | Part::EmailGeneric | Part::EmailDomain if value.is_nan() => format!("no valid {name}"),
            Part::EmailProvider => format!("{name} is of a {} mailbox", self.level(feature, value, "new kind of")),
            Part::EmailGeneric if value == 0.0 => format!("{name} is a person's mailbox"),
            Part::EmailGeneric => format!("{name} is a shared mailbox such as info@"),
            Part::EmailDomain => format!("domain of {name} is {}", self.level(feature, value, "a rare or new one")),
            Part::PhoneCountry { .. } if value.is_nan() => format!("country of {name} is not known"),
            Part::PhoneCountry { .. } => format!("country of {name} is {}", self.level(feature, value, "a rare or new one")),
            Part::Seniority | Part::Department if value.is_nan() => format!("{name} says no {}", part.word()),
            Part::Seniority => {
                let rung = Seniority::ALL.iter().find(|seniority| f32::from(seniority.rung()) == value);
                format!("{} by {name} is {}", part.word(), rung.map_or_else(|| number(value), |seniority| seniority.as_str().to_owned()))
            }
            Part::Department => format!("{} by {name} is {}", part.word(), self.level(feature, value, "another")),
        }
    }

    /// What a measure says of events, of which `one` and `many` are called so.
    fn describe_events(&self, one: &str, many: &str, measure: Measure, value: f32) -> String {
        let when = |w: u8| self.when(w);
        let none = |w: u8| {
            if usize::from(w) < self.recipe.windows.len() { format!("no {one} {}", when(w)) } else { format!("no {one} yet") }
        };
        let halves = |h: u8| {
            let half_life = self.recipe.half_lives.get(usize::from(h)).map_or_else(String::new, |span| length(*span));
            if half_life.starts_with(|c: char| c.is_ascii_digit()) { half_life } else { format!("1 {half_life}") }
        };
        match measure {
            Measure::Count(w) if value == 0.0 => none(w),
            Measure::Count(w) => format!("{} {}", numbered(value, one, many), when(w)),
            Measure::ActiveDays(w) if value == 0.0 => none(w),
            Measure::ActiveDays(w) => format!("{} on {} {}", many, counted(value, "day"), when(w)),
            Measure::Sum(w) => format!("{} add up to {} {}", many, number(value), when(w)),
            Measure::Recency if value.is_nan() => format!("no {one} yet"),
            Measure::Recency => format!("last {one} {} ago", duration(value)),
            // So may be what has faded away.
            Measure::Decayed(_) if value == 0.0 => format!("no recent {one}"),
            Measure::Decayed(h) => format!("recent {} weigh {} (half after {})", many, number(value), halves(h)),
            Measure::Momentum(_) | Measure::Pace(_) | Measure::GapMean | Measure::GapLast | Measure::GapStd | Measure::SinceFirst
                if value.is_nan() =>
            {
                format!("too few {many} to compare")
            }
            Measure::Momentum(w) if value == 0.0 => format!("as many {} {} as in the same time before", many, when(w)),
            Measure::Momentum(w) => {
                let more = if value > 0.0 { "more" } else { "fewer" };
                format!("{more} {} {} than in the same time before", many, when(w))
            }
            Measure::Pace(w) => format!("{} {} at {} times the usual rate", many, when(w), number(value)),
            Measure::Trend if value == 0.0 => format!("{many} neither rise nor fall over four weeks"),
            Measure::Trend => {
                let rise = if value > 0.0 { "rise" } else { "fall" };
                format!("{} {rise} by {} a week over four weeks", many, number(value.abs()))
            }
            Measure::GapMean => format!("{} between {} on average", duration(value), many),
            Measure::GapLast => format!("{} between the last two {}", duration(value), many),
            Measure::GapStd => format!("times between {} vary by {}", many, duration(value)),
            Measure::SinceFirst => format!("first {one} {} ago", duration(value)),
            Measure::Streak if value == 0.0 => format!("no {one} today or yesterday"),
            Measure::Streak => format!("{} on {} in a row up to now", many, counted(value, "day")),
            Measure::LongestStreak if value == 0.0 => format!("no {one} yet"),
            Measure::LongestStreak => format!("{} on at most {} in a row", many, counted(value, "day")),
            Measure::ValueMean | Measure::ValueMax | Measure::ValueLast if value.is_nan() => format!("no value of {many} yet"),
            Measure::ValueMean => format!("value of {} is {} on average", many, number(value)),
            Measure::ValueMax => format!("value of {} is at most {}", many, number(value)),
            Measure::ValueLast => format!("value of the last {one} is {}", number(value)),
            Measure::DecayedSum(h) => format!("recent {} add up to {} (half after {})", many, number(value), halves(h)),
        }
    }

    /// "in the last 7 days", "so far".
    pub(super) fn when(&self, w: u8) -> String {
        self.recipe.windows.get(usize::from(w)).map_or_else(|| "so far".to_owned(), |w| format!("in the last {}", length(*w)))
    }

    /// The unit of a feature's values, for example "events", "days", "share"; "as given" for numbers of the source and "value" for sums of values, whose unit
    /// only the source knows; empty beyond the features.
    #[must_use]
    pub fn unit(&self, feature: usize) -> &'static str {
        let Some(source) = self.recipe.columns.get(feature).map(|column| column.source) else { return "" };
        match source.of_lead() {
            Source::Attribute(index) => match self.recipe.attributes.get(usize::from(index)) {
                Some(attribute) if attribute.is_categorical() => "category",
                attribute => match attribute.map(|attribute| &attribute.kind) {
                    Some(AttributeKind::Text) => "characters",
                    Some(AttributeKind::Part { part: Part::Seniority, .. }) => "rung, 1 intern to 11 owner",
                    Some(AttributeKind::Boolean | AttributeKind::Email | AttributeKind::Phone | AttributeKind::Part { .. }) => "yes or no",
                    _ => "as given",
                },
            },
            Source::Filled(_) => "yes or no",
            Source::DaysSince { .. } | Source::Age | Source::FirstDelay => "days",
            Source::FirstContact | Source::MeanLag(_) | Source::LastLag(_) => "days",
            Source::DaysAfterCreation { .. } => "days",
            Source::MonthOf { .. } | Source::LocalMonthOf { .. } => "month, 1 is January",
            Source::Weekday | Source::LocalWeekday | Source::WeekdayOf { .. } | Source::LocalWeekdayOf { .. } => {
                "day of the week, 0 is Monday"
            }
            Source::Hour | Source::LocalHour => "hour of the day",
            Source::FirstKind | Source::LastKind => "kind",
            Source::FirstChannel | Source::LastChannel => "channel",
            Source::Kinds(_) => "kinds",
            Source::Channels(_) => "channels",
            Source::Signals(_) => "signals",
            Source::ChannelEntropy => "bits",
            Source::NightShare | Source::WeekendShare | Source::LocalNightShare | Source::LocalWeekendShare => "share",
            Source::Track { measure, .. } => unit_of(measure),
            Source::Account(_) | Source::OfAccount(_) => "",
        }
    }

    /// The word of a category of the feature, `other` for one that has no place of its own.
    fn level(&self, feature: usize, value: f32, other: &str) -> String {
        match &self.features()[feature].kind {
            FeatureKind::Categorical { levels } => levels.get(value as usize).map_or_else(|| other.to_owned(), |level| readable(level)),
            FeatureKind::Numeric => number(value),
        }
    }
}

/// What can be said of any feature of the account when nothing of it was given.
const NOTHING_KNOWN: &str = "nothing is known of the account's other leads";

/// What they are called.
pub(super) const OTHER_LEADS: &str = "the account's other leads";

/// Whose events a feature tells of, when they are not the lead's own.
pub(super) fn whose(source: Source) -> &'static str {
    if source.is_of_account() { " of the account's other leads" } else { "" }
}

/// That there was no event, or that none of the account's other leads is known.
fn no_event(whose: &str) -> String {
    if whose.is_empty() { "no event yet".to_owned() } else { format!("no event{whose} is known") }
}

/// An event of the track and many of them.
fn names_of(track: &TrackPlan) -> (String, String) {
    let one = if track.kind == TrackKind::Total { "event".to_owned() } else { readable(&track.word) };
    let many = plural(&one);
    (one, many)
}

fn unit_of(measure: Measure) -> &'static str {
    match measure {
        Measure::Count(_) => "events",
        Measure::ActiveDays(_) | Measure::Streak | Measure::LongestStreak => "days",
        Measure::Recency | Measure::GapMean | Measure::GapLast | Measure::GapStd | Measure::SinceFirst => "days",
        Measure::Decayed(_) => "events, faded",
        Measure::Momentum(_) => "-1 to 1",
        Measure::Pace(_) => "times the usual rate",
        Measure::Trend => "events a week, by week",
        Measure::Sum(_) | Measure::ValueMean | Measure::ValueMax | Measure::ValueLast => "value",
        Measure::DecayedSum(_) => "value, faded",
    }
}

/// The words of an answer: who takes how long to answer whom.
pub(super) struct Answering {
    pub(super) who: &'static str,
    pub(super) takes: &'static str,
    /// With a blank before it; empty where that need not be said.
    pub(super) whom: &'static str,
}

impl Answering {
    /// Of a party, in the stream of the lead or in those of the account's other leads.
    pub(super) fn of(party: Party, of_account: bool) -> Self {
        match (party, of_account) {
            (Party::Lead, false) => Self { who: "the lead", takes: "takes", whom: "" },
            (Party::Sales, false) => Self { who: "sales", takes: "takes", whom: "" },
            (Party::Lead, true) => Self { who: OTHER_LEADS, takes: "take", whom: "" },
            (Party::Sales, true) => Self { who: "sales", takes: "takes", whom: " the account's other leads" },
        }
    }
}

/// How long before or after creation; of another lead's event it is said whose creation.
fn from_creation(days: f32, of_account: bool) -> String {
    let side = if days < 0.0 { "before" } else { "after" };
    format!("{} {side} {}", duration(days.abs()), if of_account { "the lead's creation" } else { "creation" })
}

/// A name as people write it: blanks for underscores.
pub(super) fn readable(name: &str) -> String {
    name.replace('_', " ")
}

/// "1 call", "3 calls".
fn counted(value: f32, one: &str) -> String {
    numbered(value, one, &plural(one))
}

fn numbered(value: f32, one: &str, many: &str) -> String {
    format!("{} {}", number(value), if value == 1.0 { one } else { many })
}

/// The English plural of a noun; one that ends in a single "s" is taken to be one already.
pub(super) fn plural(one: &str) -> String {
    let ends = |endings: &[&str]| endings.iter().any(|ending| one.ends_with(ending));
    let before_y = one.strip_suffix('y').and_then(|stem| stem.chars().last());
    match before_y {
        Some(c) if !"aeiou".contains(c) => format!("{}ies", &one[..one.len() - 1]),
        _ if ends(&["ss", "x", "z", "ch", "sh"]) => format!("{one}es"),
        _ if ends(&["s"]) => one.to_owned(),
        _ => format!("{one}s"),
    }
}

/// A window: "7 days", "day", "12 hours".
pub(super) fn length(span: Span) -> String {
    let (count, unit) = match span.micros() {
        micros if micros % MICROS_PER_DAY == 0 => (micros / MICROS_PER_DAY, "day"),
        micros if micros % MICROS_PER_HOUR == 0 => (micros / MICROS_PER_HOUR, "hour"),
        _ => return span.to_string(),
    };
    if count == 1 { unit.to_owned() } else { format!("{count} {unit}s") }
}

/// A number of days in the unit that people would use, rounded down.
pub(crate) fn duration(days: f32) -> String {
    let minutes = (f64::from(days) * 1440.0 + 1e-3).floor();
    if minutes < 60.0 {
        "less than an hour".to_owned()
    } else if minutes < 1440.0 {
        counted((minutes / 60.0).floor() as f32, "hour")
    } else {
        counted((minutes / 1440.0).floor() as f32, "day")
    }
}

/// A number as people write it: at most two decimals (four when small), thousands set off by commas.
fn number(value: f32) -> String {
    if !value.is_finite() {
        return "unknown".to_owned();
    }
    let magnitude = value.abs();
    if magnitude >= 1e15 {
        return format!("{value:e}");
    }
    if magnitude > 0.0 && magnitude < 1e-4 {
        return if value > 0.0 { "less than 0.0001" } else { "almost 0" }.to_owned();
    }
    let decimals = if magnitude < 0.1 { 4 } else { 2 };
    let text = format!("{:.decimals$}", f64::from(magnitude));
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = fraction.trim_end_matches('0');
    let mut written = if value < 0.0 { "-".to_owned() } else { String::new() };
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            written.push(',');
        }
        written.push(digit);
    }
    if !fraction.is_empty() {
        written.push('.');
        written.push_str(fraction);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_write_them() {
        for (value, written) in [
            (1200.0, "1,200"),
            (1_234_567.0, "1,234,567"),
            (0.5, "0.5"),
            (-3.25, "-3.25"),
            (0.0123, "0.0123"),
            (0.0, "0"),
            (999.0, "999"),
            (2.0, "2"),
            (0.0004, "0.0004"),
            (9.8e-35, "less than 0.0001"),
            (-1e-9, "almost 0"),
        ] {
            assert_eq!(number(value), written);
        }
    }

    #[test]
    fn nouns_get_their_plural() {
        for (one, many) in [
            ("call", "calls"),
            ("reply", "replies"),
            ("web visit", "web visits"),
            ("match", "matches"),
            ("downloads", "downloads"),
            ("day", "days"),
        ] {
            assert_eq!(plural(one), many);
        }
    }

    #[test]
    fn durations_take_the_unit_that_people_would_use() {
        for (days, written) in [(0.01, "less than an hour"), (0.5, "12 hours"), (1.0 / 24.0, "1 hour"), (1.0, "1 day"), (2.9, "2 days")] {
            assert_eq!(duration(days), written);
        }
    }
}
