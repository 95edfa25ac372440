//! The feature plan: what was learned about leads and events, ready for the kernel.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::attribute::{AttributeKind, AttributePlan};
use super::program::Program;
use super::recipe::{Recipe, TrackKind, TrackPlan};
use super::source::Source;
use super::words::{WordIndex, is_canonical};
use super::{Cell, Feature, FeatureKind};
use crate::schema::{fold, is_foldable};
use crate::time::Span;

/// The fitted recipe from a lead, its events and a moment to a row of features; part of every model file.
///
/// [`FeaturePlan::fit`] learns it, [`FeaturePlan::row`] is the kernel that carries it out.
///
/// ```
/// use leadscore::{Cell, Events, FeaturePlan, FeatureSettings, History, LeadTable, RawEvents, Schema, Scratch};
/// let mut schema = Schema::default();
/// schema.created_at = Some("created".to_string());
/// let plan = FeaturePlan::fit(&schema, &LeadTable::default(), &RawEvents::default(), &FeatureSettings::default())?;
///
/// const DAY: i64 = 86_400_000_000;
/// let mut row = vec![0.0; plan.features().len()];
/// plan.row(&[], Some(10 * DAY), &History::default(), Events::default(), 12 * DAY, &mut Scratch::default(), &mut row);
/// assert_eq!(plan.features()[0].name, "age");
/// assert_eq!(plan.describe(0, row[0]), "created 2 days ago");
/// # Ok::<(), leadscore::FeatureError>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "Recipe", into = "Recipe")]
pub struct FeaturePlan {
    pub(super) recipe: Recipe,
    /// Made of the recipe: what the user sees of the columns,
    features: Vec<Feature>,
    /// what the kernel carries out,
    pub(super) program: Program,
    /// and where its words are found.
    words: Words,
}

/// Where the words of a plan are found: its kinds, its channels, and per attribute its categories.
#[derive(Debug, Clone)]
struct Words {
    kinds: WordIndex,
    channels: WordIndex,
    categories: Vec<WordIndex>,
}

impl PartialEq for FeaturePlan {
    fn eq(&self, other: &Self) -> bool {
        self.recipe == other.recipe
    }
}

impl TryFrom<Recipe> for FeaturePlan {
    type Error = String;
    /// A plan read from a file never exists unchecked.
    fn try_from(recipe: Recipe) -> Result<Self, String> {
        recipe.validate()?;
        Ok(Self::compile(recipe))
    }
}

impl From<FeaturePlan> for Recipe {
    fn from(plan: FeaturePlan) -> Self {
        plan.recipe
    }
}

impl FeaturePlan {
    pub(super) fn compile(recipe: Recipe) -> Self {
        let features = recipe
            .columns
            .iter()
            .map(|column| Feature::new(column.name.as_str(), column.concept.as_str(), feature_kind(&recipe, column.source)))
            .collect();
        let program = Program::new(&recipe);
        let words = Words::of(&recipe);
        Self { recipe, features, program, words }
    }

    /// The features, in the order of the values of a row.
    #[must_use]
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// The attributes that it reads, in the order of the prepared values.
    #[must_use]
    pub fn attributes(&self) -> &[AttributePlan] {
        &self.recipe.attributes
    }

    /// The kinds of events that it knows by name, in the order of their codes.
    #[must_use]
    pub fn kinds(&self) -> impl ExactSizeIterator<Item = &str> {
        self.recipe.kinds.iter().map(|kind| kind.word.as_str())
    }

    /// The channels that it knows by name, in the order of their codes.
    #[must_use]
    pub fn channels(&self) -> &[String] {
        &self.recipe.channels
    }

    /// The lengths of its windows, shortest first; "ever" is not among them.
    #[must_use]
    pub fn windows(&self) -> &[Span] {
        &self.recipe.windows
    }

    /// Whether it reads the moment of creation. Events do too: none is known before the lead is.
    #[must_use]
    pub fn needs_created_at(&self) -> bool {
        self.program.needs_created_at
    }

    /// Whether it reads events.
    #[must_use]
    pub fn needs_events(&self) -> bool {
        self.program.needs_events
    }

    /// Whether it reads the events of the other leads of a lead's account.
    #[must_use]
    pub fn needs_account(&self) -> bool {
        self.program.needs_account
    }

    /// Whether it reads how long the other leads of a lead's account and sales take to answer each other: their events must then say whose they are.
    #[must_use]
    pub fn needs_account_answers(&self) -> bool {
        self.program.account_sees_answers
    }

    /// The longest time without an event, in microseconds, that was usual among the leads it was trained on.
    #[must_use]
    pub fn longest_silence(&self) -> Option<i64> {
        self.recipe.longest_silence
    }

    /// Records the longest usual time without an event, in microseconds; a negative one counts as 0.
    pub fn set_longest_silence(&mut self, micros: Option<i64>) {
        self.recipe.longest_silence = micros.map(|silence| silence.max(0));
    }

    /// Keeps the features whose place in `keep` is true (or missing) and drops the others, with the attributes and tracks that
    /// nothing reads any more. The values of the kept ones stay the same to the bit.
    pub fn retain(&mut self, keep: &[bool]) {
        let mut recipe = self.recipe.clone();
        let mut places = keep.iter();
        recipe.columns.retain(|_| places.next().copied().unwrap_or(true));
        drop_unread(&mut recipe);
        *self = Self::compile(recipe);
    }

    /// The code of a kind of events; the number of known kinds for any other.
    #[must_use]
    pub fn code_kind(&self, kind: &str) -> u16 {
        let kinds = &self.recipe.kinds;
        let search = |word: &str| kinds.binary_search_by(|known| known.word.as_str().cmp(word)).unwrap_or(kinds.len());
        let slow = |word: Option<&str>| word.map_or(kinds.len(), search);
        self.words.kinds.find(kind, |place| kinds[place].word.as_str(), |place| place, slow) as u16
    }

    /// The code of a channel: the number of known channels for any other, `u16::MAX` for none.
    #[must_use]
    pub fn code_channel(&self, channel: Option<&str>) -> u16 {
        let channels = &self.recipe.channels;
        let slow = |word: Option<&str>| word.map_or(u16::MAX, |word| super::attribute::code(channels, word) as u16);
        let code = |word: &str| self.words.channels.find(word, |place| channels[place].as_str(), |place| place as u16, slow);
        channel.map_or(u16::MAX, code)
    }

    /// The code of a cell of a categorical attribute, when it is a known category in a usual spelling.
    pub(super) fn category(&self, attribute: usize, cell: Cell<'_>) -> Option<f64> {
        let (Cell::Text(word), Some(index)) = (cell, self.words.categories.get(attribute).filter(|index| !index.is_empty())) else {
            return None;
        };
        let categories = self.recipe.attributes[attribute].categories();
        let vocabulary = |place: usize| categories[place].as_str();
        if !is_foldable(word) {
            // The slow way compares such words without making their canonical form.
            return index.exact(word, vocabulary).map(|place| place as f64);
        }
        index.find(word, vocabulary, |place| Some(place as f64), |_| None)
    }

    /// Checks a plan that was read from a file. Reading has checked it already; this is for those who hold one.
    pub(crate) fn validate(&self) -> Result<(), String> {
        self.recipe.validate()
    }
}

impl Words {
    fn of(recipe: &Recipe) -> Self {
        fn index<'w>(words: impl Iterator<Item = &'w str>, is_found: impl Fn(&str) -> bool) -> WordIndex {
            let found: Vec<(u32, &str)> = (0..).zip(words).filter(|&(_, word)| is_found(word)).collect();
            WordIndex::new(found.into_iter())
        }
        let categories = |plan: &AttributePlan| match &plan.kind {
            AttributeKind::Categorical { categories, aliases, .. } => {
                // Aliases may say that a category means another.
                let aliased: BTreeSet<String> = aliases.keys().map(|written| fold(written).into_owned()).collect();
                index(categories.iter().map(String::as_str), |word| is_canonical(word) && !aliased.contains(word))
            }
            _ => WordIndex::default(),
        };
        Self {
            kinds: index(recipe.kinds.iter().map(|kind| kind.word.as_str()), is_canonical),
            channels: index(recipe.channels.iter().map(String::as_str), is_canonical),
            categories: recipe.attributes.iter().map(categories).collect(),
        }
    }
}

fn feature_kind(recipe: &Recipe, source: Source) -> FeatureKind {
    let levels = match source.of_lead() {
        Source::Attribute(index) => match recipe.attributes.get(usize::from(index)) {
            Some(plan) if plan.is_categorical() => plan.categories().to_vec(),
            _ => return FeatureKind::Numeric,
        },
        Source::FirstKind | Source::LastKind => recipe.kinds.iter().filter(|kind| kind.listed).map(|kind| kind.word.clone()).collect(),
        Source::FirstChannel | Source::LastChannel => recipe.channels.clone(),
        _ => return FeatureKind::Numeric,
    };
    FeatureKind::Categorical { levels }
}

/// Drops attributes and tracks that no column reads, and renumbers the others.
fn drop_unread(recipe: &mut Recipe) {
    let mut attribute_read = vec![false; recipe.attributes.len()];
    let mut track_read = vec![false; recipe.tracks.len()];
    let mut events_read = false;
    let (mut clock_read, mut dates_read) = (false, false);
    for column in &recipe.columns {
        let mut source = column.source;
        if let Some(index) = source.attribute() {
            attribute_read[usize::from(*index)] = true;
        }
        match source.of_lead() {
            Source::Track { track, .. } => track_read[usize::from(track)] = true,
            Source::Signals(_) => {
                let signal = recipe.tracks.iter().map(|track| track.kind == TrackKind::Signal);
                track_read.iter_mut().zip(signal).for_each(|(read, signal)| *read |= signal);
            }
            _ => {}
        }
        events_read |= column.source.reads_events();
        clock_read |= column.source.is_local();
        dates_read |= column.source.is_by_the_plans_clock();
    }
    match &recipe.lead_zones {
        Some(zones) if clock_read => attribute_read[usize::from(zones.attribute)] = true,
        _ => recipe.lead_zones = None,
    }
    let attribute_place = places(&attribute_read);
    let track_place = places(&track_read);
    keep_marked(&mut recipe.attributes, &attribute_read);
    keep_marked::<TrackPlan>(&mut recipe.tracks, &track_read);
    // Kinds and channels keep their codes as long as any event is read: codes order events of the same instant (rule of order),
    // and a changed order would change the last bit of sums.
    if !events_read {
        recipe.kinds.clear();
        recipe.channels.clear();
        recipe.unnamed = None;
    }
    if !events_read && !clock_read && !dates_read {
        recipe.zone.clear();
    }
    for tracks in recipe.kinds.iter_mut().map(|kind| &mut kind.tracks).chain([&mut recipe.unknown_tracks]) {
        *tracks = tracks.iter().filter_map(|&track| track_place[usize::from(track)]).collect();
    }
    if let Some(zones) = &mut recipe.lead_zones {
        zones.attribute = attribute_place[usize::from(zones.attribute)].unwrap_or(zones.attribute);
    }
    for column in &mut recipe.columns {
        if let Some(index) = column.source.attribute() {
            *index = attribute_place[usize::from(*index)].unwrap_or(*index);
        }
        if let Some(track) = column.source.track() {
            *track = track_place[usize::from(*track)].unwrap_or(*track);
        }
    }
}

/// For every marked place its new number.
fn places(marked: &[bool]) -> Vec<Option<u16>> {
    let mut next = 0;
    let number = |&mark: &bool| {
        mark.then(|| {
            next += 1;
            next - 1
        })
    };
    marked.iter().map(number).collect()
}

fn keep_marked<T>(items: &mut Vec<T>, marked: &[bool]) {
    let mut marks = marked.iter();
    items.retain(|_| marks.next().copied().unwrap_or(false));
}
