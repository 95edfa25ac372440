//! Why a score changed: the change of log-odds in four parts that sum to it, each with the concepts that moved it most.

use std::fmt;
use std::sync::Arc;

use super::Terms;
use super::reasons::{CALIBRATION, direction};
use crate::features::duration;
use crate::model::Model;
use crate::time::{MICROS_PER_DAY, Timestamp};

/// The name of what every lead starts from, where two models differ in it.
const BASE: &str = "base";

/// Why the score of a lead is another one than before.
///
/// The lead is scored in five states, each of which differs from the one before in one respect: as it was; as the later moment sees the same events; with
/// the events of then; with the attributes of then; by the model of then. The four parts are the differences, so they sum to the change of log-odds (within
/// 1e-9). The order is fixed: another one would share out differently what two changes do together.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Comparison {
    /// The lead's identifier, as of the later moment.
    pub lead_id: String,
    /// The two moments.
    pub as_of: (Timestamp, Timestamp),
    /// The calibrated log-odds at both.
    pub log_odds: (f64, f64),
    /// The probabilities at both.
    pub probability: (f64, f64),
    /// Which models said so.
    pub model_version: (Arc<str>, Arc<str>),
    /// What the passing of time alone did: the events that were visible before, seen from the later moment.
    pub time_passing: Part,
    /// What events did that are visible now and were not before, whether they are new or became known late (or that are no longer there).
    pub new_events: Part,
    /// What the lead's changed attributes did.
    pub changed_attributes: Part,
    /// What the new model did; nothing when it is the same.
    pub model_change: Part,
    /// The events that became visible, and those that are no longer there, by kind as it is written.
    pub events: Vec<EventChange>,
    /// The attributes that are read and have another value, in the order of their names.
    pub attributes: Vec<AttributeChange>,
}

/// One part of a change.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Part {
    /// How much it changed the log-odds; above 0 raises the probability.
    pub change: f64,
    /// The concepts that moved it most, heaviest first; all of them together sum to `change`.
    pub concepts: Vec<ConceptChange>,
    /// A sentence, for example "7 days passed: lowers the log-odds by 0.31".
    pub text: String,
}

/// What one concept did in one part of a change.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ConceptChange {
    /// For example `demo_request` or `industry`.
    pub concept: String,
    /// The feature of the concept that moved most in the direction of the whole.
    pub feature: String,
    /// Its value before; `None` when it was missing.
    pub before: Option<f64>,
    /// Its value after.
    pub after: Option<f64>,
    /// How much the whole concept changed the log-odds.
    pub change: f64,
    /// A sentence, for example "last email open 9 days ago, before: last email open 2 days ago: lowers".
    pub text: String,
}

/// How many events of one kind became visible, or are no longer there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventChange {
    /// The kind, as it is written.
    pub kind: String,
    /// How many became visible.
    pub new: usize,
    /// How many were visible before and are no longer given.
    pub gone: usize,
}

/// An attribute with another value than before, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AttributeChange {
    /// The column.
    pub name: String,
    /// Its value before; "missing" when there was none.
    pub before: String,
    /// Its value after.
    pub after: String,
}

/// The facts of a change that are not found in features.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) lead_id: String,
    pub(crate) as_of: (Timestamp, Timestamp),
    pub(crate) events: Vec<EventChange>,
    /// Of the account's other leads, where a model reads them.
    pub(crate) account_events: Vec<EventChange>,
    pub(crate) attributes: Vec<AttributeChange>,
}

/// A lead in one state: what it scores and why.
#[derive(Debug, Clone)]
pub(crate) struct Stand<'a> {
    pub(crate) model: &'a Model,
    pub(crate) log_odds: f64,
    pub(crate) probability: f64,
    row: Vec<f32>,
    base: f64,
    of_feature: Vec<f64>,
    of_concept: Vec<f64>,
    calibration: Option<f64>,
}

impl<'a> Stand<'a> {
    /// The state of the lead with feature vector `row`.
    pub(crate) fn new(model: &'a Model, row: &[f32], log_odds: f64, terms: &mut Terms) -> Self {
        let (base, calibration) = terms.fill(model, row);
        Self {
            model,
            log_odds,
            probability: crate::math::sigmoid(log_odds),
            row: row.to_vec(),
            base,
            of_feature: terms.of_feature.clone(),
            of_concept: terms.of_concept.clone(),
            calibration,
        }
    }

    /// Per concept what it adds, and base and calibration.
    fn concepts(&self) -> impl Iterator<Item = (&str, f64)> {
        let names = self.model.concepts().names().iter().map(String::as_str);
        names.zip(self.of_concept.iter().copied()).chain([(CALIBRATION, self.calibration.unwrap_or(0.0)), (BASE, self.base)])
    }

    /// What a concept adds, 0 when the model does not know it.
    fn concept(&self, name: &str) -> f64 {
        self.concepts().find(|(known, _)| *known == name).map_or(0.0, |(_, term)| term)
    }

    /// A feature by its name: its value and what it adds; missing and 0 when the model does not know it.
    fn feature(&self, name: &str) -> (f32, f64) {
        let place = self.model.plan().features().iter().position(|feature| feature.name == name);
        place.map_or((f32::NAN, 0.0), |place| (self.row[place], self.of_feature[place]))
    }

    /// What a feature's value says, in words.
    fn describe(&self, name: &str) -> Option<String> {
        let place = self.model.plan().features().iter().position(|feature| feature.name == name)?;
        Some(self.model.plan().describe(place, self.row[place]))
    }
}

impl Comparison {
    /// The comparison of five states in their order, each part with at most `k` concepts.
    pub(crate) fn new(states: &[Stand<'_>; 5], facts: Facts, k: usize) -> Self {
        let [before, time, events, attributes, after] = states;
        let Facts { lead_id, as_of, events: event_changes, account_events, attributes: attribute_changes } = facts;
        let same_model = before.model.version() == after.model.version();
        let passed = as_of.1.micros().saturating_sub(as_of.0.micros());
        Self {
            time_passing: Part::new(before, time, k, &time_text(passed)),
            new_events: Part::new(time, events, k, &all_events_text(&event_changes, &account_events)),
            changed_attributes: Part::new(events, attributes, k, &attributes_text(&attribute_changes)),
            model_change: Part::new(
                attributes,
                after,
                k,
                &if same_model {
                    "the same model".to_owned()
                } else {
                    format!("model {} instead of {}", after.model.version(), before.model.version())
                },
            ),
            lead_id,
            as_of,
            log_odds: (before.log_odds, after.log_odds),
            probability: (before.probability, after.probability),
            model_version: (before.model.version_handle(), after.model.version_handle()),
            events: event_changes,
            attributes: attribute_changes,
        }
    }

    /// The four parts in their order, with the names of their fields.
    #[must_use]
    pub fn parts(&self) -> [(&'static str, &Part); 4] {
        [
            ("time_passing", &self.time_passing),
            ("new_events", &self.new_events),
            ("changed_attributes", &self.changed_attributes),
            ("model_change", &self.model_change),
        ]
    }

    /// The whole change of log-odds.
    #[must_use]
    pub fn change(&self) -> f64 {
        self.log_odds.1 - self.log_odds.0
    }
}

/// The change, part by part, in words.
impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |p: f64| 100.0 * p;
        let (p0, p1) = self.probability;
        let (z0, z1) = self.log_odds;
        writeln!(f, "from {:.1} % to {:.1} % (log-odds {z0:.3} to {z1:.3})", percent(p0), percent(p1))?;
        for (_, part) in self.parts() {
            writeln!(f, "{}  {}", signed(part.change), part.text)?;
            part.concepts.iter().try_for_each(|concept| writeln!(f, "          {}  {}", signed(concept.change), concept.text))?;
        }
        Ok(())
    }
}

impl Part {
    fn new(before: &Stand<'_>, after: &Stand<'_>, k: usize, what: &str) -> Self {
        let change = after.log_odds - before.log_odds;
        Self { change, concepts: concepts(before, after, k), text: format!("{what}: {}", effect(change)) }
    }
}

/// Below this, a change of log-odds is nothing in three digits.
const HARDLY: f64 = 0.0005;

/// A change of log-odds in three digits, or in one where it would be nothing in these.
fn signed(change: f64) -> String {
    if change == 0.0 || change.abs() >= HARDLY { format!("{:+.3}", change + 0.0) } else { format!("{change:+.0e}") }
}

/// What a change of log-odds is called, with as many digits as it takes to tell it from nothing.
fn effect(change: f64) -> String {
    let size = change.abs();
    if change == 0.0 {
        "changes nothing".to_owned()
    } else if size < HARDLY {
        "hardly changes the log-odds".to_owned()
    } else if size < 0.005 {
        format!("{} the log-odds by {size:.3}", direction(change))
    } else {
        format!("{} the log-odds by {size:.2}", direction(change))
    }
}

/// The `k` concepts that moved the log-odds most, heaviest first, ties in the order of the plan.
fn concepts(before: &Stand<'_>, after: &Stand<'_>, k: usize) -> Vec<ConceptChange> {
    let mut moved: Vec<(&str, f64)> = after.concepts().map(|(name, term)| (name, term - before.concept(name))).collect();
    moved.extend(before.concepts().filter(|(name, _)| after.concepts().all(|(known, _)| known != *name)).map(|(name, term)| (name, -term)));
    moved.retain(|(_, change)| *change != 0.0);
    moved.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    moved.into_iter().take(k).map(|(concept, change)| concept_change(before, after, concept, change)).collect()
}

fn concept_change(before: &Stand<'_>, after: &Stand<'_>, concept: &str, change: f64) -> ConceptChange {
    let of_concept = |state: &Stand<'_>| -> Vec<String> {
        state.model.plan().features().iter().filter(|feature| feature.concept == concept).map(|feature| feature.name.clone()).collect()
    };
    let mut features = of_concept(after);
    features.extend(of_concept(before).into_iter().filter(|name| after.describe(name).is_none()));
    let along = |name: &str| (after.feature(name).1 - before.feature(name).1) * change.signum();
    // Of equals the first is the plainer one.
    let main = features.into_iter().rev().max_by(|a, b| along(a).total_cmp(&along(b)));
    let direction = direction(change);
    let Some(feature) = main else {
        let what = if concept == BASE { "what every lead starts from" } else { "calibration to the rates seen in training" };
        let (concept, feature) = (concept.to_owned(), concept.to_owned());
        return ConceptChange { concept, feature, before: None, after: None, change, text: format!("{what}: {direction}") };
    };
    let text = match (before.describe(&feature), after.describe(&feature)) {
        (Some(was), Some(is)) if was != is => format!("{is}, before: {was}: {direction}"),
        (_, Some(is)) => format!("{is}: {direction}"),
        (was, None) => format!("{}, no longer read: {direction}", was.unwrap_or_default()),
    };
    let known = |value: f32| Some(value).filter(|value| !value.is_nan()).map(f64::from);
    let (was, is) = (before.feature(&feature).0, after.feature(&feature).0);
    ConceptChange { concept: concept.to_owned(), before: known(was), after: known(is), feature, change, text }
}

fn time_text(micros: i64) -> String {
    if micros == 0 { "no time passed".to_owned() } else { format!("{} passed", duration((micros as f64 / MICROS_PER_DAY as f64) as f32)) }
}

/// What happened to the lead's own events, and to those of its account's other leads where these did change.
fn all_events_text(own: &[EventChange], of_account: &[EventChange]) -> String {
    let own = events_text(own);
    if of_account.is_empty() { own } else { format!("{own}; of the account's other leads {}", events_text(of_account)) }
}

fn events_text(changes: &[EventChange]) -> String {
    let list = |count: fn(&EventChange) -> usize| -> Option<String> {
        let total: usize = changes.iter().map(count).sum();
        let kinds: Vec<String> = changes
            .iter()
            .filter(|change| count(change) > 0)
            .map(|change| format!("{} {}", count(change), change.kind.replace('_', " ")))
            .collect();
        (total > 0).then(|| format!("{total} ({})", kinds.join(", ")))
    };
    match (list(|change| change.new), list(|change| change.gone)) {
        (None, None) => "no new events".to_owned(),
        (Some(new), None) => format!("new events: {new}"),
        (None, Some(gone)) => format!("events no longer there: {gone}"),
        (Some(new), Some(gone)) => format!("new events: {new}, no longer there: {gone}"),
    }
}

fn attributes_text(changes: &[AttributeChange]) -> String {
    let list: Vec<String> = changes.iter().map(|change| format!("{} from {} to {}", change.name, change.before, change.after)).collect();
    if list.is_empty() { "no attribute changed".to_owned() } else { list.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::{effect, signed};

    #[test]
    fn a_small_change_is_not_told_as_one_by_nothing() {
        for (change, told) in [
            (0.0, "changes nothing"),
            (-0.0, "changes nothing"),
            (1e-12, "hardly changes the log-odds"),
            (-0.000_49, "hardly changes the log-odds"),
            (0.000_51, "raises the log-odds by 0.001"),
            (-0.0049, "lowers the log-odds by 0.005"),
            (0.0051, "raises the log-odds by 0.01"),
            (-1.5, "lowers the log-odds by 1.50"),
        ] {
            assert_eq!(effect(change), told, "{change}");
        }
        let written = [0.0, -0.0, 4.2e-7, -0.000_49, 0.000_51, -1.5].map(signed);
        assert_eq!(written, ["+0.000", "+0.000", "+4e-7", "-5e-4", "+0.001", "-1.500"]);
    }
}
