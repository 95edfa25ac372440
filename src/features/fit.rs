//! Learning a plan: which categories, kinds and channels are common enough for a place of their own.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::attribute::{AttributeKind, AttributePlan};
use super::recipe::{Column, KindPlan, LeadZones, MAX_FEATURES, MAX_TRACKS, MAX_VOCABULARY, Recipe, TrackKind, TrackPlan, Unnamed};
use super::source::{Measure, Names, Party, Source};
use super::zone::{self, Since};
use super::{AttributeColumn, FeatureError, FeatureFamily, FeaturePlan, FeatureSettings, LeadTable, RawEvents, TextColumn};
use crate::identity::names_a_mailbox;
use crate::schema::{EventColumns, Initiator, Schema, canonical};

impl FeaturePlan {
    /// Learns the plan of leads and their events: the words that are seen on enough leads, and the features made of them.
    ///
    /// Features that are constant in training are not dropped here; see [`FeaturePlan::retain`].
    ///
    /// # Errors
    /// [`FeatureError::Setting`] for settings that cannot be used, [`FeatureError::Cell`] for a category that cannot be read,
    /// [`FeatureError::GroupLikeKind`] for a group of the schema that is called like a common kind of these events,
    /// [`FeatureError::TooMany`] when kinds times windows are more features than can be stored.
    pub fn fit(schema: &Schema, leads: &LeadTable, events: &RawEvents, settings: &FeatureSettings) -> Result<Self, FeatureError> {
        settings.check_kind_families()?;
        settings.check_account()?;
        let mut recipe = Recipe {
            windows: settings.checked_windows()?,
            half_lives: settings.checked_half_lives()?,
            created_at: schema.created_at.is_some(),
            attributes: learn_attributes(schema, leads, settings)?,
            kinds: Vec::new(),
            reads_unknown_kinds: false,
            unknown_tracks: Vec::new(),
            channels: Vec::new(),
            tracks: Vec::new(),
            columns: Vec::new(),
            longest_silence: None,
            zone: Vec::new(),
            lead_zones: None,
            unnamed: None,
        };
        let has_account = schema.account.as_ref().is_some_and(|column| !schema.exclude.contains(column));
        let of_account = [("families", &settings.families), ("kind_families", &settings.kind_families)];
        let mut of_account = of_account.into_iter().filter(|(_, families)| families.contains(&FeatureFamily::Account));
        if let Some((setting, _)) = of_account.next().filter(|_| schema.events.is_some() && !has_account) {
            let message = "has \"account\", and the schema does not say which column of leads has the account; name it (schema.account), or leave \
                           \"account\" out";
            return Err(FeatureError::Setting { setting, message: message.to_owned() });
        }
        let by_sales = |columns: &EventColumns| columns.initiator.values().any(|who| *who == Initiator::Sales);
        if settings.families.contains(&FeatureFamily::Response) && schema.events.as_ref().is_some_and(|columns| !by_sales(columns)) {
            let message = "has \"response\", and the schema does not say which kinds of events sales start; name them (schema.events.initiator), or leave \
                           \"response\" out";
            return Err(FeatureError::Setting { setting: "families", message: message.to_owned() });
        }
        let valued = match &schema.events {
            Some(columns) => learn_events(&mut recipe, columns, leads.len(), events, settings)?,
            None => Vec::new(),
        };
        let by_clocks = settings.families.contains(&FeatureFamily::Clock) && (schema.events.is_some() || schema.created_at.is_some());
        // Dates without a time were read as midnights in the schema's zone, by tables, which know it.
        let takes_dates_apart = cfg!(feature = "frame") && settings.attribute_parts && recipe.attributes.iter().any(AttributePlan::is_date);
        if by_clocks || takes_dates_apart {
            let since = if takes_dates_apart { Since::Dates } else { Since::Events };
            recipe.zone = zone::offsets(schema.time_zone.as_deref(), since)?;
        }
        if by_clocks {
            recipe.lead_zones = learn_lead_zones(&recipe.attributes, schema)?;
        }
        list_columns(&mut recipe, &valued, schema.events.is_some(), settings);
        if recipe.columns.len() > MAX_FEATURES {
            return Err(FeatureError::TooMany { found: recipe.columns.len(), limit: MAX_FEATURES });
        }
        Ok(Self::compile(recipe))
    }
}

fn learn_attributes(schema: &Schema, leads: &LeadTable, settings: &FeatureSettings) -> Result<Vec<AttributePlan>, FeatureError> {
    let mut plans = Vec::with_capacity(schema.attributes.len());
    let whole_and_parts = schema.attributes.iter().flat_map(|(name, attribute)| {
        let parts = settings.attribute_parts.then(|| AttributePlan::parts(name, attribute));
        std::iter::once(AttributePlan::new(name, attribute)).chain(parts.into_iter().flatten())
    });
    for mut plan in whole_and_parts {
        if plan.learnt_words().is_some() {
            let mut counts = count_categories(&plan, leads).map_err(|(row, source)| FeatureError::Cell {
                row,
                id: leads.ids.get(row).cloned().unwrap_or_default(),
                source,
            })?;
            let limit = settings.max_categories.min(MAX_VOCABULARY);
            let with_category: usize = counts.values().sum();
            // An address on however many leads is somebody's, and has no place in a model file.
            counts.retain(|word, _| !names_a_mailbox(word));
            let common = common_words(&counts, settings.min_category_leads, limit);
            let with_common: usize = common.iter().filter_map(|word| counts.get(word)).sum();
            plan.rare = Some((with_category - with_common) as f64 / leads.len().max(1) as f64);
            if let Some(categories) = plan.learnt_words() {
                *categories = common;
            }
        }
        plans.push(plan);
    }
    Ok(plans)
}

/// The clocks of the time zones that the schema's column of them names on enough leads.
fn learn_lead_zones(attributes: &[AttributePlan], schema: &Schema) -> Result<Option<LeadZones>, FeatureError> {
    let Some(column) = &schema.lead_time_zone else { return Ok(None) };
    let names_it = |plan: &AttributePlan| plan.name() == column && matches!(plan.kind, AttributeKind::Categorical { .. });
    let Some(attribute) = attributes.iter().position(names_it) else {
        let message = format!(
            "cannot tell nights by the leads' own clocks: \"{column}\" (schema.lead_time_zone) is no categorical attribute; declare it as one"
        );
        return Err(FeatureError::Setting { setting: "families", message });
    };
    let (of_category, zones) = zone::of_words(attributes[attribute].categories())?;
    Ok(Some(LeadZones { attribute: attribute as u16, of_category, zones }))
}

/// On how many leads each category is.
pub(super) fn count_categories(plan: &AttributePlan, leads: &LeadTable) -> Result<BTreeMap<String, usize>, (usize, super::CellError)> {
    let mut counts = BTreeMap::new();
    let column = leads.attribute(&plan.name);
    if let AttributeColumn::Text(text) = column {
        // Each distinct spelling is read once.
        let mut rows = vec![0; text.words.len()];
        for &code in &text.codes {
            if let Some(count) = rows.get_mut(code as usize) {
                *count += 1;
            }
        }
        for (word, rows) in text.words.iter().zip(rows).filter(|(_, rows)| *rows > 0) {
            if let Some(word) = plan.category(super::Cell::Text(word)).map_err(|error| (0, error))? {
                *counts.entry(word.into_owned()).or_insert(0) += rows;
            }
        }
        return Ok(counts);
    }
    for row in 0..leads.len() {
        if let Some(word) = plan.category(column.cell(row)).map_err(|error| (row, error))? {
            *counts.entry(word.into_owned()).or_insert(0) += 1;
        }
    }
    Ok(counts)
}

/// The words seen on at least `least` leads, at most `limit` of them (the most common, then the first of the alphabet), in alphabetical order.
fn common_words(counts: &BTreeMap<String, usize>, least: usize, limit: usize) -> Vec<String> {
    let mut common: Vec<(&String, usize)> = counts.iter().map(|(word, &count)| (word, count)).filter(|(_, n)| *n >= least.max(1)).collect();
    common.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    common.truncate(limit);
    let mut words: Vec<String> = common.into_iter().map(|(word, _)| word.clone()).collect();
    words.sort_unstable();
    words
}

/// The only events that are to be read.
struct Pinned {
    kinds: BTreeSet<String>,
    /// Groups and intents.
    sets: BTreeSet<String>,
}

/// Which kinds of events may be read at all.
enum Read {
    /// Every kind, known or not.
    All,
    /// These and no others.
    Only(BTreeSet<String>),
}

impl Read {
    fn reads(&self, word: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(words) => words.contains(word),
        }
    }
}

/// How many leads have each of some things, seen lead by lead.
struct LeadCount {
    last: Vec<u32>,
    leads: Vec<usize>,
}

impl LeadCount {
    fn new(n: usize) -> Self {
        Self { last: vec![u32::MAX; n], leads: vec![0; n] }
    }

    fn see(&mut self, thing: usize, lead: u32) {
        if std::mem::replace(&mut self.last[thing], lead) != lead {
            self.leads[thing] += 1;
        }
    }
}

/// The rows of events of known leads, lead after lead: a counting sort, stable and linear.
fn rows_by_lead(raw: &RawEvents, n_leads: usize) -> Vec<usize> {
    let leads = &raw.lead[..raw.lead.len().min(raw.at.len())];
    let mut next = vec![0_usize; n_leads + 1];
    for &lead in leads {
        if let Some(count) = next.get_mut(lead as usize + 1) {
            *count += 1;
        }
    }
    for lead in 0..n_leads {
        next[lead + 1] += next[lead];
    }
    let mut rows = vec![0; next[n_leads]];
    for (row, &lead) in leads.iter().enumerate().filter(|(_, lead)| (**lead as usize) < n_leads) {
        let place = &mut next[lead as usize];
        rows[*place] = row;
        *place += 1;
    }
    rows
}

/// Distinct canonical words of a column, and for each of the column's words which one it is.
fn canonical_words(column: &TextColumn) -> (Vec<String>, Vec<Option<usize>>) {
    let none = BTreeMap::new();
    let mut words: Vec<String> = column.words.iter().filter_map(|word| canonical(word, &none)).map(Cow::into_owned).collect();
    words.sort_unstable();
    words.dedup();
    let place = |word: &String| canonical(word, &none).and_then(|w| words.binary_search_by(|known| known.as_str().cmp(w.as_ref())).ok());
    let places = column.words.iter().map(place).collect();
    (words, places)
}

fn canonical_set<'a>(words: impl IntoIterator<Item = &'a String>) -> BTreeSet<String> {
    words.into_iter().filter_map(|word| canonical(word, &BTreeMap::new())).map(Cow::into_owned).collect()
}

/// Learns kinds, channels and tracks; returns for each track whether its events carry values.
fn learn_events(
    recipe: &mut Recipe,
    columns: &EventColumns,
    n_leads: usize,
    raw: &RawEvents,
    settings: &FeatureSettings,
) -> Result<Vec<bool>, FeatureError> {
    let named = |sets: &BTreeMap<String, Vec<String>>| -> BTreeMap<String, BTreeSet<String>> {
        sets.iter().filter_map(|(name, members)| Some((canonical(name, &BTreeMap::new())?.into_owned(), canonical_set(members)))).collect()
    };
    let (mut groups, mut signals) = (named(&columns.groups), named(&columns.intents));
    let there: BTreeSet<String> = canonical_set(&raw.kind.words);
    // A pinned word is a group when there is one of that name, else a kind, unless only an intent is called so.
    let only_an_intent = |word: &String| signals.contains_key(word) && !there.contains(word);
    let pinned = settings.kinds.as_ref().map(|words| {
        let (sets, kinds): (BTreeSet<String>, BTreeSet<String>) =
            canonical_set(words).into_iter().partition(|word| groups.contains_key(word) || only_an_intent(word));
        Pinned { kinds, sets }
    });
    if let Some(Pinned { kinds, sets }) = pinned.as_ref().filter(|_| !raw.is_empty())
        && sets.is_empty()
        && kinds.is_disjoint(&there)
    {
        let list = |words: &BTreeSet<String>| words.iter().take(20).cloned().collect::<Vec<_>>().join(", ");
        let message = format!("must name kinds, groups or intents of events. Got {}; events hold {}", list(kinds), list(&there));
        return Err(FeatureError::Setting { setting: "kinds", message });
    }
    let read = match &pinned {
        Some(Pinned { kinds, sets }) => {
            groups.retain(|name, _| sets.contains(name));
            let of_intents = signals.iter().filter(|(name, _)| sets.contains(*name)).flat_map(|(_, members)| members);
            Read::Only(kinds.iter().chain(groups.values().flatten()).chain(of_intents).cloned().collect())
        }
        None if columns.initiator.is_empty() => Read::All,
        None => Read::Only(canonical_set(columns.initiator.iter().filter(|(_, who)| **who == Initiator::Lead).map(|(kind, _)| kind))),
    };
    for members in groups.values_mut().chain(signals.values_mut()) {
        members.retain(|member| read.reads(member));
    }
    // Both are sets of kinds with a track of their own: the groups first, then the signals.
    let sets: Vec<(TrackKind, String, BTreeSet<String>)> =
        (groups.iter().map(|(name, members)| (TrackKind::Group, name.clone(), members.clone())))
            .chain(signals.into_iter().map(|(name, members)| (TrackKind::Signal, name, members)))
            .collect();

    let (words, kind_of) = canonical_words(&raw.kind);
    let sets_of: Vec<Vec<usize>> = words.iter().map(|word| (0..sets.len()).filter(|&set| sets[set].2.contains(word)).collect()).collect();
    let is_read: Vec<bool> = words.iter().map(|word| read.reads(word)).collect();
    let (channel_words, channel_of) = raw.channel.as_ref().map(canonical_words).unwrap_or_default();

    let (mut kind_leads, mut kind_values) = (LeadCount::new(words.len()), LeadCount::new(words.len()));
    let (mut set_leads, mut set_values) = (LeadCount::new(sets.len()), LeadCount::new(sets.len()));
    let mut channel_leads = LeadCount::new(channel_words.len());
    let mut all_values = LeadCount::new(1);
    for event in rows_by_lead(raw, n_leads) {
        let lead = raw.lead[event];
        let kind = raw.kind.codes.get(event).and_then(|&code| *kind_of.get(code as usize)?);
        if kind.map_or(!matches!(read, Read::All), |kind| !is_read[kind]) {
            if let Some(kind) = kind {
                kind_leads.see(kind, lead);
            }
            continue;
        }
        let has_value = raw.value.get(event).is_some_and(|value| value.is_finite());
        if has_value {
            all_values.see(0, lead);
        }
        if let Some(kind) = kind {
            kind_leads.see(kind, lead);
            sets_of[kind].iter().for_each(|&set| set_leads.see(set, lead));
            if has_value {
                kind_values.see(kind, lead);
                sets_of[kind].iter().for_each(|&set| set_values.see(set, lead));
            }
        }
        let channel = raw.channel.as_ref().and_then(|column| column.codes.get(event)).and_then(|&code| *channel_of.get(code as usize)?);
        if let Some(channel) = channel {
            channel_leads.see(channel, lead);
        }
    }

    let least = settings.min_category_leads.max(1);
    // What is pinned is asked for, common or not.
    let least_tracked = if pinned.is_some() { 0 } else { least };
    let least_valued = if pinned.is_some() { 1 } else { least };
    let listed: Vec<String> = match &pinned {
        Some(pinned) => pinned.kinds.iter().cloned().collect(),
        None => {
            let counts = words.iter().cloned().zip(kind_leads.leads.iter().copied()).filter(|(word, _)| read.reads(word)).collect();
            common_words(&counts, least, settings.max_kinds)
        }
    };
    // Names of features have no blanks.
    let named_alike = |group: &&String| listed.iter().any(|kind| kind.replace(' ', "_") == group.replace(' ', "_"));
    if let Some(group) = groups.keys().find(named_alike) {
        return Err(FeatureError::GroupLikeKind { group: group.clone() });
    }
    let channel_counts = channel_words.iter().cloned().zip(channel_leads.leads).collect();
    recipe.channels = common_words(&channel_counts, least, settings.max_categories.min(MAX_VOCABULARY));

    let mut valued = vec![all_values.leads[0] >= least_valued];
    recipe.tracks = vec![TrackPlan { kind: TrackKind::Total, word: "event".to_owned() }];
    for word in &listed {
        let values = words.binary_search(word).map_or(0, |kind| kind_values.leads[kind]);
        valued.push(values >= least_valued);
        recipe.tracks.push(TrackPlan { kind: TrackKind::Kind, word: word.clone() });
    }
    let mut tracked_sets: Vec<(&BTreeSet<String>, u16)> = Vec::new();
    for (set, (kind, name, members)) in sets.iter().enumerate() {
        if members.is_empty() || set_leads.leads[set] < least_tracked {
            continue;
        }
        tracked_sets.push((members, recipe.tracks.len() as u16));
        valued.push(set_values.leads[set] >= least_valued);
        recipe.tracks.push(TrackPlan { kind: *kind, word: name.clone() });
    }
    if recipe.tracks.len() > MAX_TRACKS {
        return Err(FeatureError::TooMany { found: recipe.tracks.len(), limit: MAX_TRACKS });
    }

    // Known by name: kinds with a track of their own, members of sets, and, when only some kinds are read, all of those.
    let mut known: BTreeSet<String> = listed.iter().cloned().collect();
    known.extend(tracked_sets.iter().flat_map(|(members, _)| members.iter().cloned()));
    if let Read::Only(words) = &read {
        known.extend(words.iter().cloned());
    }
    let parties = if settings.families.contains(&FeatureFamily::Response) { parties(columns) } else { BTreeMap::new() };
    known.extend(parties.keys().cloned());
    if known.len() > MAX_VOCABULARY {
        return Err(FeatureError::TooMany { found: known.len(), limit: MAX_VOCABULARY });
    }
    let unread = words.iter().cloned().zip(kind_leads.leads.iter().copied()).filter(|(word, _)| !known.contains(word)).collect();
    let unread = if matches!(read, Read::All) { Vec::new() } else { common_words(&unread, least, MAX_VOCABULARY) };
    let named: Vec<bool> = words.iter().map(|word| known.contains(word) || unread.binary_search(word).is_ok()).collect();
    let named_channel: Vec<bool> = channel_words.iter().map(|word| recipe.channels.binary_search(word).is_ok()).collect();
    recipe.unnamed = Some(Unnamed {
        watches_kinds: pinned.is_none(),
        kinds: share_of_leads(raw, n_leads, &raw.kind, &kind_of, &named),
        channels: raw.channel.as_ref().map_or(0.0, |column| share_of_leads(raw, n_leads, column, &channel_of, &named_channel)),
        unread_kinds: unread,
    });
    let plan_kind = |word: String| {
        let (is_read, party) = (read.reads(&word), parties.get(&word).copied());
        if !is_read {
            return KindPlan { listed: false, tracks: Vec::new(), read: false, party, word };
        }
        let own = listed.binary_search(&word).ok().map(|place| place as u16 + 1);
        // Pinned by a set, a kind has no features of its own, and is the first or last kind as any other.
        let of_pinned_set = || pinned.is_some() && words.binary_search(&word).is_ok_and(|kind| kind_leads.leads[kind] >= least);
        let of_sets = tracked_sets.iter().filter(|(members, _)| members.contains(&word)).map(|&(_, track)| track);
        let tracks = std::iter::once(0).chain(own).chain(of_sets).collect();
        KindPlan { listed: own.is_some() || of_pinned_set(), tracks, read: true, party, word }
    };
    recipe.kinds = known.into_iter().map(plan_kind).collect();
    recipe.reads_unknown_kinds = matches!(read, Read::All);
    recipe.unknown_tracks = if recipe.reads_unknown_kinds { vec![0] } else { Vec::new() };
    Ok(valued)
}

/// The share of leads that have an event whose word in `column` is not named; `place` leads from the column's words to the named ones.
fn share_of_leads(raw: &RawEvents, n_leads: usize, column: &TextColumn, place: &[Option<usize>], named: &[bool]) -> f64 {
    let unnamed: Vec<bool> = place.iter().map(|place| place.is_some_and(|place| !named[place])).collect();
    let mut touched = vec![false; n_leads];
    for (&lead, &code) in raw.lead.iter().zip(&column.codes) {
        if unnamed.get(code as usize) == Some(&true)
            && let Some(touched) = touched.get_mut(lead as usize)
        {
            *touched = true;
        }
    }
    touched.iter().filter(|touched| **touched).count() as f64 / n_leads.max(1) as f64
}

/// Who starts events of each kind, where it is the lead or sales.
fn parties(columns: &EventColumns) -> BTreeMap<String, Party> {
    let party = |who: Initiator| match who {
        Initiator::Lead => Some(Party::Lead),
        Initiator::Sales => Some(Party::Sales),
        Initiator::System => None,
    };
    let kinds = columns.initiator.iter().filter_map(|(kind, &who)| Some((canonical(kind, &BTreeMap::new())?.into_owned(), party(who)?)));
    kinds.collect()
}

/// Lists all features that the plan can make, in the order of the matrix.
fn list_columns(recipe: &mut Recipe, valued: &[bool], has_events: bool, settings: &FeatureSettings) {
    let (mut names, mut concepts) = (Names::default(), Names::default());
    let mut columns = Vec::new();
    let mut add = |wanted: &str, concept: &str, source| {
        columns.push(Column { name: names.take(wanted), concept: concept.to_owned(), source });
    };
    let (mut column, mut concept) = (None, String::new());
    for (index, attribute) in recipe.attributes.iter().enumerate() {
        let (index, name) = (index as u16, attribute.name.as_str());
        // The parts of one column speak of the same.
        if column.replace(name) != Some(name) {
            concept = concepts.take(name);
        }
        match attribute.kind {
            AttributeKind::Date { future } => {
                add(name, &concept, Source::DaysSince { attribute: index, future });
                if settings.attribute_parts {
                    let (month, weekday) = match recipe.zone.is_empty() {
                        true => (Source::MonthOf { attribute: index, future }, Source::WeekdayOf { attribute: index, future }),
                        false => (Source::LocalMonthOf { attribute: index, future }, Source::LocalWeekdayOf { attribute: index, future }),
                    };
                    add(&format!("{name}.month"), &concept, month);
                    add(&format!("{name}.weekday"), &concept, weekday);
                    if recipe.created_at {
                        add(&format!("{name}.after_creation"), &concept, Source::DaysAfterCreation { attribute: index, future });
                    }
                }
            }
            AttributeKind::Part { part, .. } => add(&format!("{name}.{}", part.word()), &concept, Source::Attribute(index)),
            _ => add(name, &concept, Source::Attribute(index)),
        }
        if attribute.kind == AttributeKind::Text {
            add(&format!("{name}.filled"), &concept, Source::Filled(index));
        }
    }
    if recipe.created_at {
        let concept = concepts.take("age");
        add("age", &concept, Source::Age);
        let concept = concepts.take("created");
        let in_utc = recipe.zone.is_empty() && recipe.lead_zones.is_none();
        let by_a_clock = settings.families.contains(&FeatureFamily::Clock) && !in_utc;
        let (weekday, hour) = if by_a_clock { (Source::LocalWeekday, Source::LocalHour) } else { (Source::Weekday, Source::Hour) };
        add("created.weekday", &concept, weekday);
        add("created.hour", &concept, hour);
    }
    if has_events {
        let mut prefixes = Names::default();
        for (track, (plan, &values)) in recipe.tracks.iter().zip(valued).enumerate() {
            let word = plan.word.replace(' ', "_");
            let (prefix, concept) = match plan.kind {
                TrackKind::Total => (prefixes.take("events"), concepts.take("activity")),
                TrackKind::Kind | TrackKind::Group => (prefixes.take(&word), concepts.take(&word)),
                TrackKind::Signal => (prefixes.take(&format!("intent.{word}")), concepts.take(&format!("intent.{word}"))),
            };
            let families = if plan.kind == TrackKind::Kind { &settings.kind_families } else { &settings.families };
            let measures = Measure::of(families, &recipe.windows, recipe.half_lives.len(), values);
            let measured = measures
                .into_iter()
                .map(|measure| (measure.name(&recipe.windows, &recipe.half_lives), Source::Track { track: track as u16, measure }));
            // Of the track: what is asked, and what it is made of.
            let mut asked: Vec<(String, Source)> = measured.collect();
            let is_total = plan.kind == TrackKind::Total;
            if is_total {
                asked.extend(of_all_events(recipe, families));
            }
            for (name, source) in &asked {
                let of_the_lead = matches!(source, Source::FirstContact | Source::MeanLag(_) | Source::LastLag(_));
                add(&if of_the_lead { name.clone() } else { format!("{prefix}.{name}") }, &concept, *source);
            }
            if families.contains(&FeatureFamily::Account) {
                let prefix = if is_total { "account".to_owned() } else { format!("account.{prefix}") };
                let concept = concepts.take(&prefix);
                for (name, source) in &asked {
                    if let Some(source) = source.of_account() {
                        add(&format!("{prefix}.{name}"), &concept, source);
                    }
                }
            }
        }
    }
    recipe.columns = columns;
}

/// The features of all events together that are no measure of their track, by the ends of their names; those of answers by the whole of them.
fn of_all_events(recipe: &Recipe, families: &[FeatureFamily]) -> Vec<(String, Source)> {
    let mut all: Vec<(String, Source)> = Vec::new();
    let has_channels = !recipe.channels.is_empty();
    if families.contains(&FeatureFamily::Edges) {
        all.push(("first_kind".to_owned(), Source::FirstKind));
        all.push(("last_kind".to_owned(), Source::LastKind));
        if has_channels {
            all.push(("first_channel".to_owned(), Source::FirstChannel));
            all.push(("last_channel".to_owned(), Source::LastChannel));
        }
        if recipe.created_at {
            all.push(("first_delay".to_owned(), Source::FirstDelay));
        }
    }
    if families.contains(&FeatureFamily::Variety) {
        let mut windowed = |name: &str, source: fn(u8) -> Source| {
            for w in 0..=recipe.windows.len() {
                let window = recipe.windows.get(w).map_or_else(|| "ever".to_owned(), ToString::to_string);
                all.push((format!("{name}.{window}"), source(w as u8)));
            }
        };
        windowed("kinds", Source::Kinds);
        if has_channels {
            windowed("channels", Source::Channels);
        }
        if recipe.tracks.iter().any(|track| track.kind == TrackKind::Signal) {
            windowed("signals", Source::Signals);
        }
        if has_channels {
            all.push(("channel_entropy".to_owned(), Source::ChannelEntropy));
        }
    }
    if families.contains(&FeatureFamily::Clock) {
        let (night, weekend) = match recipe.lead_zones {
            Some(_) => (Source::LocalNightShare, Source::LocalWeekendShare),
            None => (Source::NightShare, Source::WeekendShare),
        };
        all.push(("night_share".to_owned(), night));
        all.push(("weekend_share".to_owned(), weekend));
    }
    let starts = |party| recipe.kinds.iter().any(|kind| kind.party == Some(party));
    if families.contains(&FeatureFamily::Response) && starts(Party::Sales) {
        if recipe.created_at {
            all.push(("response.first_contact".to_owned(), Source::FirstContact));
        }
        if starts(Party::Lead) {
            for (who, party) in [("lead", Party::Lead), ("sales", Party::Sales)] {
                all.push((format!("response.{who}.mean"), Source::MeanLag(party)));
                all.push((format!("response.{who}.last"), Source::LastLag(party)));
            }
        }
    }
    all
}
