//! The plan as it stands in a model file, and the checks that a file must pass before anything trusts it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::attribute::{AttributeKind, AttributePlan};
use super::settings::{MAX_HALF_LIVES, MAX_WINDOWS};
use super::source::{Measure, Party, Source};
use super::zone::Zone;
use crate::time::Span;

/// The largest number of features; a bound on what a file can make the kernel allocate.
pub(super) const MAX_FEATURES: usize = 65_536;
/// The largest number of tracks (total, kinds and groups that are counted).
pub(super) const MAX_TRACKS: usize = 4096;
/// The largest vocabulary: codes are 16 bits wide and the highest means "none".
pub(super) const MAX_VOCABULARY: usize = 65_000;
/// The most categories of all attributes together: each is a text of its own in memory, and few bytes in a file.
const MAX_CATEGORIES: usize = 1_000_000;

/// The most changes of the clock of a time zone: two a year from 1800 to 2261 are half of it.
pub(super) const MAX_CLOCK_CHANGES: usize = 2000;
/// The largest offset of a time zone from UTC in seconds.
const MAX_ZONE_OFFSET: u32 = 86_400;
/// More time zones than there are.
const MAX_LEAD_ZONES: usize = 1000;

/// What is known of a lead's events is kept apart in tracks: one for all events, one per kind, one per group of kinds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct TrackPlan {
    pub(super) kind: TrackKind,
    /// The kind's or group's word.
    pub(super) word: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum TrackKind {
    Total,
    Kind,
    Group,
    /// A group of kinds that the schema declares as a sign of the intent to buy.
    Signal,
}

/// A kind of events that the plan knows by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct KindPlan {
    /// Its word, in canonical form.
    pub(super) word: String,
    /// Whether it is a category of "first kind" and "last kind"; the others share one.
    pub(super) listed: bool,
    /// The tracks that its events go to, ascending.
    pub(super) tracks: Vec<u16>,
    /// Whether its events are features at all; others only tell who answers whom.
    #[serde(default = "yes")]
    pub(super) read: bool,
    /// Who starts its events, when the plan asks.
    #[serde(default)]
    pub(super) party: Option<Party>,
}

fn yes() -> bool {
    true
}

/// One column of the feature matrix.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) concept: String,
    pub(super) source: Source,
}

/// Everything that a plan has learned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Recipe {
    /// Shortest first.
    pub(super) windows: Vec<Span>,
    /// Shortest first.
    pub(super) half_lives: Vec<Span>,
    /// Whether leads have a moment of creation.
    pub(super) created_at: bool,
    pub(super) attributes: Vec<AttributePlan>,
    /// In alphabetical order.
    pub(super) kinds: Vec<KindPlan>,
    /// Whether events of other kinds are read at all, and then
    pub(super) reads_unknown_kinds: bool,
    /// the tracks that they go to.
    pub(super) unknown_tracks: Vec<u16>,
    /// In alphabetical order.
    pub(super) channels: Vec<String>,
    pub(super) tracks: Vec<TrackPlan>,
    pub(super) columns: Vec<Column>,
    /// Microseconds.
    pub(super) longest_silence: Option<i64>,
    /// The offsets of the time zone by whose clock nights, weekends and moments of creation are told, as (microseconds UTC from which on, seconds east of UTC); UTC
    /// when there are none.
    #[serde(default)]
    pub(super) zone: Zone,
    /// What the plan does not know by name, as it was in training; `None` in models of versions that did not count.
    #[serde(default)]
    pub(super) unnamed: Option<Unnamed>,
    /// The time zones of leads that have one of their own, where the schema says which column has it. Last, for a plan without them is written as plans
    /// were before there were any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) lead_zones: Option<LeadZones>,
}

/// The time zones of leads that have one of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LeadZones {
    /// The attribute that names the zone, a categorical one.
    pub(super) attribute: u16,
    /// Per category of the attribute the place of its zone, from 1 on; 0 where it is no zone. Such leads, and those of other categories, are in the
    /// plan's zone.
    pub(super) of_category: Vec<u16>,
    /// The offsets of each zone, as [`Recipe::zone`] has them; no two are alike.
    pub(super) zones: Vec<Zone>,
}

/// The events that a plan does not know by name, as they were in training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Unnamed {
    /// Whether kinds that are new should be reported: not when the kinds to read were pinned, for then all others are ignored by order.
    pub(super) watches_kinds: bool,
    /// The kinds that enough leads had to be known, and that are not read; in alphabetical order.
    pub(super) unread_kinds: Vec<String>,
    /// The share of the leads that had an event of another kind.
    pub(super) kinds: f64,
    /// The share of the leads that had an event through a channel which the plan does not know.
    pub(super) channels: f64,
}

impl Recipe {
    /// Checks that every index is in bounds, every order holds and every size is sane.
    pub(super) fn validate(&self) -> Result<(), String> {
        ascending_spans("windows", &self.windows, MAX_WINDOWS)?;
        ascending_spans("half-lives", &self.half_lives, MAX_HALF_LIVES)?;
        at_most("attributes", self.attributes.len(), MAX_VOCABULARY)?;
        at_most("kinds", self.kinds.len(), MAX_VOCABULARY)?;
        at_most("channels", self.channels.len(), MAX_VOCABULARY)?;
        at_most("tracks", self.tracks.len(), MAX_TRACKS)?;
        at_most("features", self.columns.len(), MAX_FEATURES)?;
        alphabetical("kinds", self.kinds.iter().map(|kind| &kind.word))?;
        alphabetical("channels", self.channels.iter())?;
        let names: BTreeSet<(&str, &str)> = self.attributes.iter().map(|attribute| (attribute.name.as_str(), attribute.part())).collect();
        if names.len() != self.attributes.len() {
            return Err("the feature plan names an attribute twice".to_owned());
        }
        let categories = self.attributes.iter().map(|attribute| attribute.categories().len()).sum();
        at_most("categories in all attributes", categories, MAX_CATEGORIES)?;
        for attribute in &self.attributes {
            at_most("categories", attribute.categories().len(), MAX_VOCABULARY)?;
            alphabetical("categories", attribute.categories().iter())?;
            if attribute.rare.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
                return Err(format!("the feature plan's share of rare categories of \"{}\" is no share", attribute.name));
            }
        }
        for tracks in self.kinds.iter().map(|kind| &kind.tracks).chain([&self.unknown_tracks]) {
            let ascends = tracks.windows(2).all(|pair| pair[0] < pair[1]);
            if !ascends || tracks.last().is_some_and(|&last| usize::from(last) >= self.tracks.len()) {
                return Err(format!("the feature plan sends events to tracks {tracks:?} of {}", self.tracks.len()));
            }
        }
        let names: BTreeSet<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        if names.len() != self.columns.len() {
            return Err("the feature plan names a feature twice".to_owned());
        }
        // Each column of categories gets its own copy of them, so columns of the same source would multiply what a small file takes.
        let sources: BTreeSet<Source> = self.columns.iter().map(|column| column.source).collect();
        if sources.len() != self.columns.len() {
            return Err("the feature plan makes two features of the same".to_owned());
        }
        validate_zone(&self.zone)?;
        self.lead_zones.iter().try_for_each(|zones| self.validate_lead_zones(zones))?;
        if let Some(unnamed) = &self.unnamed {
            at_most("kinds", unnamed.unread_kinds.len(), MAX_VOCABULARY)?;
            alphabetical("unread kinds", unnamed.unread_kinds.iter())?;
            if [unnamed.kinds, unnamed.channels].iter().any(|share| !(0.0..=1.0).contains(share)) {
                return Err("the feature plan's shares of leads with other events are no shares".to_owned());
            }
        }
        if self.longest_silence.is_some_and(|silence| silence < 0) {
            return Err("the feature plan's longest silence is negative".to_owned());
        }
        self.columns.iter().try_for_each(|column| self.validate_source(column))
    }

    fn validate_lead_zones(&self, of_leads: &LeadZones) -> Result<(), String> {
        let LeadZones { attribute, of_category, zones } = of_leads;
        at_most("time zones of leads", zones.len(), MAX_LEAD_ZONES)?;
        zones.iter().try_for_each(|zone| validate_zone(zone))?;
        let categories =
            self.attributes.get(usize::from(*attribute)).filter(|plan| plan.is_categorical()).map(|plan| plan.categories().len());
        if categories != Some(of_category.len()) || of_category.iter().any(|&place| usize::from(place) > zones.len()) {
            return Err("the feature plan's time zones of leads are not those of an attribute's categories".to_owned());
        }
        Ok(())
    }

    fn validate_source(&self, column: &Column) -> Result<(), String> {
        let attribute = |index: u16| self.attributes.get(usize::from(index)).map(|plan| &plan.kind);
        let is_date = |index: u16| attribute(index).is_some_and(|kind| matches!(kind, AttributeKind::Date { .. }));
        let sound = match column.source.of_lead() {
            Source::Attribute(index) => attribute(index).is_some_and(|kind| !matches!(kind, AttributeKind::Date { .. })),
            Source::Filled(index) => attribute(index).is_some(),
            Source::DaysSince { attribute: index, .. }
            | Source::MonthOf { attribute: index, .. }
            | Source::WeekdayOf { attribute: index, .. }
            | Source::LocalMonthOf { attribute: index, .. }
            | Source::LocalWeekdayOf { attribute: index, .. } => is_date(index),
            Source::DaysAfterCreation { attribute: index, .. } => is_date(index) && self.created_at,
            Source::Track { track, measure } => {
                // A measure of the account's events together is one of all events.
                let is_total = |track: &TrackPlan| track.kind == TrackKind::Total;
                self.tracks.get(usize::from(track)).is_some_and(|plan| is_total(plan) || !matches!(column.source, Source::Account(_)))
                    && self.can_measure(measure)
            }
            Source::Account(_) | Source::OfAccount(_) => false,
            Source::LocalWeekday | Source::LocalHour => self.created_at,
            Source::LocalNightShare | Source::LocalWeekendShare => true,
            Source::Age | Source::Weekday | Source::Hour | Source::FirstDelay | Source::FirstContact => self.created_at,
            Source::Kinds(w) | Source::Channels(w) | Source::Signals(w) => usize::from(w) <= self.windows.len(),
            Source::FirstKind | Source::LastKind | Source::FirstChannel | Source::LastChannel => true,
            Source::ChannelEntropy | Source::NightShare | Source::WeekendShare | Source::MeanLag(_) | Source::LastLag(_) => true,
        };
        if sound { Ok(()) } else { Err(format!("the feature \"{}\" is made of something that the plan does not have", column.name)) }
    }
}

impl Recipe {
    /// Whether the windows and half-lives of a measure are there.
    fn can_measure(&self, measure: Measure) -> bool {
        match measure {
            Measure::Count(w) | Measure::ActiveDays(w) | Measure::Sum(w) => usize::from(w) <= self.windows.len(),
            Measure::Decayed(h) | Measure::DecayedSum(h) => usize::from(h) < self.half_lives.len(),
            Measure::Momentum(w) | Measure::Pace(w) => usize::from(w) < self.windows.len(),
            _ => true,
        }
    }
}

fn validate_zone(zone: &[(i64, i32)]) -> Result<(), String> {
    at_most("changes of the clock", zone.len(), MAX_CLOCK_CHANGES)?;
    let ascends = zone.windows(2).all(|pair| pair[0].0 < pair[1].0);
    if ascends && zone.iter().all(|(_, offset)| offset.unsigned_abs() <= MAX_ZONE_OFFSET) {
        Ok(())
    } else {
        Err("the feature plan's time zone is not in order".to_owned())
    }
}

fn at_most(what: &str, found: usize, limit: usize) -> Result<(), String> {
    if found <= limit { Ok(()) } else { Err(format!("the feature plan has {found} {what}, more than {limit}")) }
}

fn ascending_spans(what: &str, spans: &[Span], limit: usize) -> Result<(), String> {
    at_most(what, spans.len(), limit)?;
    let ascends = spans.windows(2).all(|pair| pair[0] < pair[1]);
    if ascends && spans.first().is_none_or(|span| span.micros() > 0) {
        Ok(())
    } else {
        Err(format!("the feature plan's {what} are not positive and ascending"))
    }
}

fn alphabetical<'a>(what: &str, words: impl Iterator<Item = &'a String>) -> Result<(), String> {
    if words.is_sorted_by(|a, b| a < b) { Ok(()) } else { Err(format!("the feature plan's {what} are not in alphabetical order")) }
}
