//! Random leads and events, as a source would give them.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::features::attribute::AttributePlan;
use crate::features::recipe::{LeadZones, Recipe};
use crate::features::source::{OfAccount, Source};
use crate::features::{AttributeColumn, FeatureFamily, FeaturePlan, FeatureSettings, LeadTable, RawEvents, TextColumn};
use crate::schema::{Attribute, EventColumns, Initiator, Schema};
use crate::time::MICROS_PER_DAY;

pub(super) const DAY: i64 = MICROS_PER_DAY;
/// The day around which all happens.
pub(super) const START: i64 = 18_000 * DAY;
pub(super) const N_LEADS: usize = 4;

/// Words of the source; the last two are never pinned, so that the plan does not know them or reads them as others.
pub(super) const KINDS: [&str; 5] = ["Demo Request", "call", "email_open", "web visit", "zz rare"];
const CHANNELS: [&str; 3] = ["web", "Mail", "fair"];

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct SourceEvent {
    pub(super) lead: u32,
    pub(super) at: i64,
    pub(super) recorded_at: i64,
    pub(super) kind: usize,
    pub(super) channel: Option<usize>,
    pub(super) value: f32,
}

impl SourceEvent {
    pub(super) fn kind_word(&self) -> &'static str {
        KINDS[self.kind]
    }

    pub(super) fn channel_word(&self) -> Option<&'static str> {
        self.channel.map(|channel| CHANNELS[channel])
    }
}

/// Instants that often coincide with each other, with the ends of windows and with the ends of days, and sometimes do not.
pub(super) fn instant() -> impl Strategy<Value = i64> {
    let grid = (0_i64..800).prop_map(|quarter| START + quarter * DAY / 4);
    let near = (0_i64..40).prop_map(|quarter| START + 180 * DAY + quarter * DAY / 4);
    let free = (0..200 * DAY).prop_map(|micros| START + micros);
    prop_oneof![3 => grid, 2 => near, 2 => free]
}

pub(super) fn event() -> impl Strategy<Value = SourceEvent> {
    let delay = prop_oneof![3 => Just(0), 1 => (0_i64..40).prop_map(|quarter| quarter * DAY / 4)];
    let value = prop_oneof![2 => Just(f32::NAN), 1 => Just(0.1_f32), 3 => -1e6_f32..1e6, 1 => Just(f32::INFINITY)];
    let channel = prop::option::of(0..CHANNELS.len());
    (0..N_LEADS as u32, instant(), delay, 0..KINDS.len(), channel, value).prop_map(|(lead, at, delay, kind, channel, value)| SourceEvent {
        lead,
        at,
        recorded_at: at + delay,
        kind,
        channel,
        value,
    })
}

pub(super) fn events(most: usize) -> impl Strategy<Value = Vec<SourceEvent>> {
    prop::collection::vec(event(), 0..most)
}

/// The source's table of events; without `recorded` it does not say when they became known.
pub(super) fn raw(events: &[SourceEvent], recorded: bool) -> RawEvents {
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    RawEvents {
        lead: events.iter().map(|event| event.lead).collect(),
        at: events.iter().map(|event| event.at).collect(),
        recorded_at: if recorded { events.iter().map(|event| event.recorded_at).collect() } else { Vec::new() },
        kind: TextColumn { words: words(&KINDS), codes: events.iter().map(|event| event.kind as u32).collect() },
        channel: Some(TextColumn {
            words: words(&CHANNELS),
            codes: events.iter().map(|event| event.channel.map_or(u32::MAX, |channel| channel as u32)).collect(),
        }),
        value: events.iter().map(|event| event.value).collect(),
    }
}

pub(super) fn schema() -> Schema {
    let mut schema = Schema { created_at: Some("created".to_owned()), account: Some("company".to_owned()), ..Schema::default() };
    schema.attributes = BTreeMap::from([
        ("employees".to_owned(), Attribute::Numeric {}),
        ("industry".to_owned(), Attribute::Categorical { aliases: BTreeMap::new() }),
        ("newsletter".to_owned(), Attribute::Boolean {}),
        ("comment".to_owned(), Attribute::Text {}),
        ("email".to_owned(), Attribute::Email {}),
        ("phone".to_owned(), Attribute::Phone { country: None }),
        ("founded".to_owned(), Attribute::Date { future: false }),
        ("renewal".to_owned(), Attribute::Date { future: true }),
        ("title".to_owned(), Attribute::JobTitle {}),
    ]);
    schema.events = Some(EventColumns {
        lead_id: "lead".to_owned(),
        at: "at".to_owned(),
        kind: "kind".to_owned(),
        channel: Some("channel".to_owned()),
        value: Some("value".to_owned()),
        recorded_at: Some("recorded_at".to_owned()),
        groups: BTreeMap::from([("contact".to_owned(), vec!["call".to_owned(), "Demo Request".to_owned()])]),
        intents: BTreeMap::from([
            ("buying".to_owned(), vec!["demo request".to_owned(), "web visit".to_owned()]),
            ("asking".to_owned(), vec!["Call".to_owned()]),
        ]),
        initiator: BTreeMap::new(),
    });
    schema
}

/// Four leads with every sort of attribute; the last was never told when it was created.
pub(super) fn leads() -> LeadTable {
    let text = |words: [&str; N_LEADS]| {
        let codes = words.iter().enumerate().map(|(i, word)| if word.is_empty() { u32::MAX } else { i as u32 }).collect();
        AttributeColumn::Text(TextColumn { words: words.map(str::to_owned).to_vec(), codes })
    };
    let time = |days: [i64; N_LEADS]| AttributeColumn::Time(days.map(|d| if d == 0 { i64::MIN } else { START + d * DAY }).to_vec());
    let columns = [
        ("employees", AttributeColumn::Number(vec![12.0, 1200.0, f64::NAN, 0.1])),
        ("industry", text(["Software", "steel", "", " software"])),
        ("newsletter", AttributeColumn::Bool(vec![0, 1, 2, 1])),
        ("comment", text(["please call", "", "hm", "x"])),
        ("email", text(["a@b.org", "", "Info@GMAIL.com", "nobody"])),
        ("phone", text(["+1 416 555 2671", "", "030 1234567", "none"])),
        ("founded", time([-9000, 150, 0, -1])),
        ("renewal", time([190, 100, 0, 250])),
        ("title", text(["VP Sales", "", "Engineer", " vp  sales"])),
    ];
    LeadTable {
        ids: (0..N_LEADS).map(|id| id.to_string()).collect(),
        created_at: vec![START, START + 90 * DAY + 5, START + 185 * DAY, i64::MIN],
        attributes: columns.map(|(name, column)| (name.to_owned(), column)).to_vec(),
        ..LeadTable::default()
    }
}

/// Which kinds the plan reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reads {
    /// All, the ones seen on three leads by name.
    All,
    /// Those pinned.
    Pinned,
    /// Those that the lead starts; calls are known to be started by sales. Leads have clocks of their own.
    Parties,
}

pub(super) const PINNED: [&str; 3] = ["demo request", "email_open", "contact"];
pub(super) const BY_LEAD: [&str; 3] = ["demo request", "email_open", "web visit"];

/// Offsets of a time zone: (from, seconds east).
const ZONE: [(i64, i32); 3] = [(0, 3600), (START + 100 * DAY + 7, 7200), (START + 190 * DAY, -19_800)];

/// Those of leads in the industry "software", where clocks are the leads' own.
const ZONE_OF_SOFTWARE: [(i64, i32); 2] = [(0, -28_800), (START + 120 * DAY, -25_200)];

/// What the clock of a lead shows.
pub(super) fn local(reads: Reads, lead: u32, at: i64) -> i64 {
    let is_software = matches!(lead, 0 | 3);
    if reads == Reads::Parties && is_software { shown(&ZONE_OF_SOFTWARE, at) } else { by_the_plans_clock(at) }
}

/// What the plan's own clock shows.
pub(super) fn by_the_plans_clock(at: i64) -> i64 {
    shown(&ZONE, at)
}

fn shown(zone: &[(i64, i32)], at: i64) -> i64 {
    let offset = zone.iter().rev().find(|(from, _)| *from <= at).unwrap_or(&zone[0]).1;
    at + i64::from(offset) * 1_000_000
}

/// Gives leads of the industry "software" a clock of their own, and dates the plan's.
fn have_clocks_of_their_own(recipe: &mut Recipe) {
    let is_industry = |plan: &AttributePlan| plan.name() == "industry" && plan.categories() == ["software"];
    let attribute = recipe.attributes.iter().position(is_industry).unwrap() as u16;
    recipe.lead_zones = Some(LeadZones { attribute, of_category: vec![1], zones: vec![ZONE_OF_SOFTWARE.to_vec()] });
    for column in &mut recipe.columns {
        column.source = match column.source {
            Source::Weekday => Source::LocalWeekday,
            Source::Hour => Source::LocalHour,
            Source::NightShare => Source::LocalNightShare,
            Source::WeekendShare => Source::LocalWeekendShare,
            Source::MonthOf { attribute, future } => Source::LocalMonthOf { attribute, future },
            Source::WeekdayOf { attribute, future } => Source::LocalWeekdayOf { attribute, future },
            Source::OfAccount(OfAccount::NightShare) => Source::OfAccount(OfAccount::LocalNightShare),
            Source::OfAccount(OfAccount::WeekendShare) => Source::OfAccount(OfAccount::LocalWeekendShare),
            other => other,
        };
    }
}

/// A plan that makes every feature there is, of all events and of each kind, the lead's own and its account's.
pub(super) fn fit(events: &RawEvents, reads: Reads) -> FeaturePlan {
    let settings = FeatureSettings::default().min_category_leads(2);
    let settings = settings.kind_families(FeatureFamily::OVERALL.into_iter().chain([FeatureFamily::Account]));
    // Who answers whom is told only where the schema says who starts events.
    let response = matches!(reads, Reads::Parties).then_some(FeatureFamily::Response);
    let settings = settings.families(FeatureFamily::OVERALL.into_iter().chain(response).chain([FeatureFamily::Account]));
    let (mut schema, settings) = match reads {
        Reads::All | Reads::Parties => (schema(), settings),
        Reads::Pinned => (schema(), settings.kinds(PINNED)),
    };
    if let (Reads::Parties, Some(columns)) = (reads, &mut schema.events) {
        columns.initiator = BY_LEAD.into_iter().map(|kind| (kind.to_owned(), Initiator::Lead)).collect();
        columns.initiator.insert("CALL".to_owned(), Initiator::Sales);
    }
    let mut recipe = FeaturePlan::fit(&schema, &leads(), events, &settings).unwrap().recipe;
    recipe.zone = ZONE.to_vec();
    if reads == Reads::Parties {
        have_clocks_of_their_own(&mut recipe);
    }
    FeaturePlan::compile(recipe)
}

pub(super) fn reads() -> impl Strategy<Value = Reads> {
    prop_oneof![Just(Reads::All), Just(Reads::Pinned), Just(Reads::Parties)]
}

/// Equal to the bit, or both unknown.
pub(super) fn same(a: f32, b: f32) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}
