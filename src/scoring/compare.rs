//! The question why a lead's score changed.

use std::collections::BTreeMap;

use super::{Event, Lead, Query, ScoreNote, ScoringError};
use crate::error::Error;
use crate::explain::{AttributeChange, Comparison, EventChange, Facts, Stand};
use crate::features::{AttributePlan, Cell};
use crate::model::Model;
use crate::time::Timestamp;

/// A question why a lead scores otherwise than before, made by [`Model::compare`].
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct Compare<'a> {
    models: [&'a Model; 2],
    leads: [&'a Lead; 2],
    events: [&'a [Event]; 2],
    accounts: [Option<&'a [Event]>; 2],
    as_of: [Option<Timestamp>; 2],
    explain: usize,
}

impl Model {
    /// Asks why a lead's score changed: the lead as it was, and as it is. Both have one identifier; one of them may have none.
    ///
    /// ```no_run
    /// use leadscore::{Event, Lead, Model, Timestamp};
    /// let model = Model::open("m.leadscore")?;
    /// let (monday, friday) = (Timestamp::from_micros(1_700_000_000_000_000)?, Timestamp::from_micros(1_700_400_000_000_000)?);
    /// let before = Lead::new("L-17").created_at(monday).text("industry", "retail");
    /// let after = Lead::new("L-17").created_at(monday).text("industry", "software");
    /// let events = [Event::new("demo_request", friday)];
    /// let comparison = model.compare(&before, &after).events(&[], &events).between(monday, friday).compare()?;
    /// println!("{comparison}");
    /// let sum: f64 = comparison.parts().iter().map(|(_, part)| part.change).sum();
    /// assert!((sum - comparison.change()).abs() < 1e-9);
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn compare<'a>(&'a self, before: &'a Lead, after: &'a Lead) -> Compare<'a> {
        Compare { models: [self; 2], leads: [before, after], events: [&[]; 2], accounts: [None; 2], as_of: [None; 2], explain: 3 }
    }
}

impl<'a> Compare<'a> {
    /// The lead's events as they were given then and as they are given now, in any order. Giving all of them twice is as good: of each list, what was
    /// visible at its moment counts.
    pub fn events(self, before: &'a [Event], after: &'a [Event]) -> Self {
        Self { events: [before, after], ..self }
    }

    /// What has happened with the other leads of its account, as it was given then and as it is given now: see [`Query::account`]. What is new of it belongs to
    /// the new events.
    pub fn account(self, before: &'a [Event], after: &'a [Event]) -> Self {
        Self { accounts: [Some(before), Some(after)], ..self }
    }

    /// [`account`](Self::account), where one or both moments may know nothing of it.
    #[cfg(feature = "frame")]
    pub(super) fn accounts(self, before: Option<&'a [Event]>, after: Option<&'a [Event]>) -> Self {
        Self { accounts: [before, after], ..self }
    }

    /// The two moments. Without them, both are the clock's.
    pub fn between(self, before: Timestamp, after: Timestamp) -> Self {
        Self { as_of: [Some(before), Some(after)], ..self }
    }

    /// The model that scored then, if it was another one.
    pub fn previous(self, model: &'a Model) -> Self {
        Self { models: [model, self.models[1]], ..self }
    }

    /// How many concepts to name in each part. Default 3.
    pub fn explain(self, concepts: usize) -> Self {
        Self { explain: concepts, ..self }
    }

    /// The two moments, by one look at the clock where they are not given.
    fn moments(&self) -> [Timestamp; 2] {
        let now = Timestamp::now();
        self.as_of.map(|as_of| as_of.unwrap_or(now))
    }

    /// What is odd about the lead: that it was created after one of the moments, as [`Query::notes`] says of a score. A comparison does not ask for it.
    #[must_use]
    pub fn notes(&self) -> Vec<ScoreNote> {
        let [t0, t1] = self.moments();
        let mut notes = self.models[0].query(self.leads[0]).as_of(t0).notes();
        notes.extend(self.models[1].query(self.leads[1]).as_of(t1).notes());
        // Who was not there at the later moment was not there before.
        notes.truncate(1);
        notes
    }

    /// The comparison. Its first log-odds are, to the bit, those that [`Model::query`] on the previous model gives for the lead then; its last those that
    /// this model gives for the lead now.
    ///
    /// # Errors
    /// [`ScoringError::OtherLead`] when both leads have an identifier, and not the same; [`ScoringError::Backwards`] when the later moment comes before the earlier one; [`ScoringError::MissingColumns`] when a needed attribute is not
    /// mentioned by one of the leads; else as [`Query::score`].
    pub fn compare(&self) -> Result<Comparison, Error> {
        let Self { models: [old, new], leads: [lead0, lead1], events: [events0, events1], accounts: [account0, account1], explain, .. } =
            *self;
        if lead0.id() != lead1.id() && !lead0.id().is_empty() && !lead1.id().is_empty() {
            return Err(ScoringError::OtherLead { before: lead0.id().to_owned(), after: lead1.id().to_owned() }.into());
        }
        let [t0, t1] = self.moments();
        if t1 < t0 {
            return Err(ScoringError::Backwards { before: t0, after: t1 }.into());
        }
        let reads_account = old.plan().needs_account() || new.plan().needs_account();
        let [account0, account1] = [account0, account1].map(|events| events.filter(|_| reads_account));
        // What was visible stays visible: the kernel never sees an event of which it could not have known then.
        let seen0 = visible(old.query(lead0), events0, t0)?;
        let seen1 = visible(new.query(lead1), events1, t1)?;
        let seen_account0 = account0.map(|events| visible(old.query(lead0), events, t0)).transpose()?;
        let seen_account1 = account1.map(|events| visible(new.query(lead1), events, t1)).transpose()?;
        let states = [
            old.query(lead0).events(events0).account_if(account0).as_of(t0).stand()?,
            old.query(lead0).events(&seen0).account_if(seen_account0.as_deref()).as_of(t1).stand()?,
            old.query(lead0).events(events1).account_if(account1).as_of(t1).stand()?,
            old.query(lead1).events(events1).account_if(account1).as_of(t1).stand()?,
            new.query(lead1).events(events1).account_if(account1).as_of(t1).stand()?,
        ];
        let facts = Facts {
            lead_id: lead1.id().to_owned(),
            as_of: (t0, t1),
            events: event_changes(&seen0, &seen1),
            account_events: event_changes(seen_account0.as_deref().unwrap_or_default(), seen_account1.as_deref().unwrap_or_default()),
            attributes: self.attribute_changes(&states),
        };
        Ok(Comparison::new(&states, facts, explain))
    }

    /// The attributes that either model reads and that differ between the leads, by name.
    fn attribute_changes(&self, states: &[Stand<'_>; 5]) -> Vec<AttributeChange> {
        let mut names: Vec<&str> = states.iter().flat_map(|state| state.model.plan().attributes()).map(AttributePlan::name).collect();
        names.sort_unstable();
        names.dedup();
        let [lead0, lead1] = self.leads;
        let differs = |name: &str| (lead0.attribute(name), lead1.attribute(name));
        let mut changes: Vec<AttributeChange> = names
            .into_iter()
            .map(|name| (name, differs(name)))
            .filter(|(_, (before, after))| before != after)
            .map(|(name, (before, after))| AttributeChange { name: name.to_owned(), before: in_words(before), after: in_words(after) })
            .collect();
        let created = |model: &Model, lead: &Lead| model.query(lead).created().ok().flatten();
        let [old, new] = self.models;
        let (before, after) = (created(old, lead0), created(new, lead1));
        if (old.plan().needs_created_at() || new.plan().needs_created_at()) && before != after {
            let time = |at: Option<i64>| in_words(at.map(Cell::Time));
            changes.push(AttributeChange { name: new.created_at_column().to_owned(), before: time(before), after: time(after) });
        }
        changes
    }
}

/// The events of a query's lead that are visible at a moment.
fn visible(query: Query<'_>, events: &[Event], as_of: Timestamp) -> Result<Vec<Event>, Error> {
    if query.created()?.is_some_and(|created| query.model().plan().needs_created_at() && created > as_of.micros()) {
        return Ok(Vec::new());
    }
    Ok(events.iter().filter(|event| event.known_at() <= as_of).cloned().collect())
}

/// By kind, how many of the events after were not there before, and the other way round. Equal events are told apart by their number.
fn event_changes(before: &[Event], after: &[Event]) -> Vec<EventChange> {
    let mut left: BTreeMap<_, i64> = BTreeMap::new();
    after.iter().for_each(|event| *left.entry(event.key()).or_default() += 1);
    before.iter().for_each(|event| *left.entry(event.key()).or_default() -= 1);
    let mut kinds: BTreeMap<&str, EventChange> = BTreeMap::new();
    for ((.., kind, _, _), count) in left.into_iter().filter(|(_, count)| *count != 0) {
        let change = kinds.entry(kind).or_insert_with(|| EventChange { kind: kind.to_owned(), new: 0, gone: 0 });
        let number = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
        if count > 0 { change.new += number } else { change.gone += number }
    }
    kinds.into_values().collect()
}

/// The value of an attribute as people write it.
fn in_words(cell: Option<Cell<'_>>) -> String {
    match cell {
        None | Some(Cell::Missing) => "missing".to_owned(),
        Some(Cell::Number(x)) => x.to_string(),
        Some(Cell::Bool(b)) => if b { "yes" } else { "no" }.to_owned(),
        Some(Cell::Text(word)) => format!("\"{word}\""),
        Some(Cell::Time(micros)) => Timestamp::from_micros(micros).map_or_else(|_| format!("{micros} us since 1970"), |at| at.to_string()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::fixture::{DAY, NOW, World, classifier, model, parts};
    use super::*;
    use crate::calibration::Calibrator;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros).unwrap()
    }

    fn lead(employees: f64, industry: &str) -> Lead {
        Lead::new("L").created_at(at(NOW - 30 * DAY)).number("employees", employees).text("industry", industry)
    }

    fn sum(comparison: &Comparison) -> f64 {
        comparison.parts().iter().map(|(_, part)| part.change).sum()
    }

    #[test]
    fn parts_sum_to_the_change_and_its_ends_are_the_scores_to_the_bit() {
        let world = World::new(120, 3);
        let old = model();
        for calibrator in [Calibrator::Platt { slope: 0.7, intercept: 0.1 }, Calibrator::Beta { a: 0.8, b: 1.3, intercept: -0.2 }] {
            let mut other = parts(calibrator);
            other.classifier = classifier(&other.plan);
            let new = Model::assemble(other).unwrap();
            for row in 0..60 {
                // Everything about the lead has changed but its identifier.
                let (before, after) = (world.lead(row), world.lead(row + 60).called(world.lead(row).id()));
                let (events0, events1) = (world.events_of(row), world.events_of(row + 60));
                let (t0, t1) = (at(NOW + 10 * DAY), at(NOW + 40 * DAY));
                let compare = new.compare(&before, &after).events(&events0, &events1).between(t0, t1).previous(&old).explain(usize::MAX);
                let comparison = compare.compare().unwrap();
                assert!((sum(&comparison) - comparison.change()).abs() < 1e-9);
                let score = |model: &Model, lead: &Lead, events: &[Event], t| model.query(lead).events(events).as_of(t).score().unwrap();
                assert_eq!(comparison.log_odds.0.to_bits(), score(&old, &before, &events0, t0).log_odds.to_bits());
                assert_eq!(comparison.log_odds.1.to_bits(), score(&new, &after, &events1, t1).log_odds.to_bits());
                for (name, part) in comparison.parts() {
                    let concepts: f64 = part.concepts.iter().map(|concept| concept.change).sum();
                    assert!((concepts - part.change).abs() < 1e-9, "{name}: {concepts} and {}", part.change);
                }
            }
        }
    }

    #[test]
    fn what_did_not_change_changes_nothing() {
        let (model, lead) = (model(), lead(5.0, "retail"));
        let events = [Event::new("email_open", at(NOW - DAY))];
        let same = model.compare(&lead, &lead).events(&events, &events).between(at(NOW), at(NOW)).compare().unwrap();
        assert!(same.parts().iter().all(|(_, part)| part.change == 0.0 && part.concepts.is_empty()));
        let texts: Vec<&str> = same.parts().iter().map(|(_, part)| part.text.as_str()).collect();
        let expected = ["no time passed", "no new events", "no attribute changed", "the same model"];
        assert_eq!(texts, expected.map(|what| format!("{what}: changes nothing")));
    }

    #[test]
    fn an_event_that_became_known_late_is_new_and_not_the_passing_of_time() {
        let (model, lead) = (model(), lead(5.0, "retail"));
        let known = Event::new("email_open", at(NOW - 3 * DAY));
        let late = Event::new("demo_request", at(NOW - 2 * DAY)).recorded_at(at(NOW + DAY));
        let events = [known.clone(), late, Event::new("email_open", at(NOW + 4 * DAY))];
        let comparison = model.compare(&lead, &lead).events(&events, &events).between(at(NOW), at(NOW + 2 * DAY)).compare().unwrap();
        assert_eq!(comparison.events, [EventChange { kind: "demo_request".to_owned(), new: 1, gone: 0 }]);
        assert!(comparison.new_events.text.starts_with("new events: 1 (1 demo request): "), "{}", comparison.new_events.text);
        let log_odds = |t: i64| model.query(&lead).events(std::slice::from_ref(&known)).as_of(at(t)).score().unwrap().log_odds;
        assert_eq!(comparison.time_passing.change.to_bits(), (log_odds(NOW + 2 * DAY) - log_odds(NOW)).to_bits());
        assert!(comparison.time_passing.text.starts_with("2 days passed: "), "{}", comparison.time_passing.text);
        assert!(comparison.new_events.concepts.iter().any(|concept| concept.concept == "demo_request"));
    }

    #[test]
    fn events_before_the_creation_of_the_lead_become_visible_with_it() {
        let model = model();
        let lead = Lead::new("L").created_at(at(NOW)).missing("employees").missing("industry");
        let events = [Event::new("email_open", at(NOW - DAY))];
        let comparison = model.compare(&lead, &lead).events(&events, &events).between(at(NOW - 1), at(NOW)).compare().unwrap();
        assert_eq!(comparison.events.len(), 1);
        assert!((sum(&comparison) - comparison.change()).abs() < 1e-9);
    }

    #[test]
    fn changed_attributes_are_named_with_both_values() {
        let model = model();
        let (before, after) = (lead(5.0, "retail"), lead(800.5, "software").text("unread", "x"));
        let comparison = model.compare(&before, &after).between(at(NOW), at(NOW)).compare().unwrap();
        let named: Vec<(&str, &str, &str)> =
            comparison.attributes.iter().map(|change| (change.name.as_str(), change.before.as_str(), change.after.as_str())).collect();
        assert_eq!(named, [("employees", "5", "800.5"), ("industry", "\"retail\"", "\"software\"")]);
        let part = &comparison.changed_attributes;
        assert!(part.text.starts_with("employees from 5 to 800.5, industry from \"retail\" to \"software\": "), "{}", part.text);
        assert!(part.concepts.iter().any(|concept| concept.text.starts_with("industry is software, before: industry is retail: ")));
        let gone = Lead::new("L").missing("created").missing("employees").missing("industry");
        let created = model.compare(&before, &gone).between(at(NOW), at(NOW)).compare().unwrap().attributes;
        assert_eq!((created[2].name.as_str(), created[2].after.as_str()), ("created", "missing"));
    }

    #[test]
    fn a_moment_before_the_earlier_one_and_a_column_not_mentioned_are_refused() {
        let (model, lead) = (model(), lead(5.0, "retail"));
        let error = model.compare(&lead, &lead).between(at(NOW), at(NOW - 1)).compare().unwrap_err();
        assert!(matches!(error, Error::Scoring(ScoringError::Backwards { .. })), "{error}");
        let error = model.compare(&lead, &Lead::new("L")).between(at(NOW), at(NOW)).compare().unwrap_err();
        assert!(error.to_string().contains("\"L\"") && error.to_string().contains("industry"), "{error}");
    }

    #[test]
    fn two_leads_are_not_compared_and_one_without_an_identifier_is_taken_for_the_other() {
        let (model, before) = (model(), lead(5.0, "retail"));
        let between = |after: &Lead| model.compare(&before, after).between(at(NOW), at(NOW)).compare();
        let error = between(&lead(5.0, "retail").called("M")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "lead \"L\" cannot be compared with lead \"M\": a comparison says why the score of one lead changed; give that lead as it was and as it is"
        );
        assert!(between(&lead(5.0, "retail").called("")).is_ok());
    }
}
