//! Kinds of events that the schema or a setting names and no event has, and kinds that are left out because nobody said who starts them: mostly slips of the pen,
//! of which a model would say nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::features::{FeatureSettings, RawEvents};
use crate::schema::{EventColumns, Initiator, canonical, nearest_name};

/// At most so many kinds are listed.
const SHOWN: usize = 10;

/// One sentence for each place that names kinds which no event has, or should have named more. Kinds may come later, so that nothing is refused.
pub(super) fn absent_kinds(columns: &EventColumns, events: &RawEvents, settings: &FeatureSettings) -> Vec<String> {
    let there: BTreeSet<String> = events.kind.words.iter().filter_map(|word| form(word)).collect();
    if there.is_empty() {
        return Vec::new();
    }
    let sets_of_kinds: BTreeSet<String> = columns.groups.keys().chain(columns.intents.keys()).filter_map(|name| form(name)).collect();
    let absent = |place: String, words: &mut dyn Iterator<Item = &String>, or_set: bool| -> Option<String> {
        let known = |word: &str| there.contains(word) || (or_set && sets_of_kinds.contains(word));
        let missing: Vec<String> = words
            .filter(|word| form(word).is_some_and(|word| !known(&word)))
            .map(|word| match form(word).as_deref().and_then(|word| nearest_name(word, there.iter().map(String::as_str))) {
                Some(meant) => format!("\"{word}\" (did you mean \"{meant}\"?)"),
                None => format!("\"{word}\""),
            })
            .collect();
        let (kinds, are) = if missing.len() == 1 { ("a kind", "is") } else { ("kinds", "are") };
        (!missing.is_empty())
            .then(|| format!("{place} names {kinds} that no event has, and which {are} not counted: {}", missing.join(", ")))
    };
    let sets = [("intents", &columns.intents), ("groups", &columns.groups)];
    let of_sets = sets.into_iter().flat_map(|(what, sets)| sets.iter().map(move |(name, members)| (what, name, members)));
    let mut found: Vec<String> =
        of_sets.filter_map(|(what, name, members)| absent(format!("events.{what} \"{name}\""), &mut members.iter(), false)).collect();
    found.extend(absent("events.initiator".to_owned(), &mut columns.initiator.keys(), false));
    if settings.kinds.is_none() {
        found.extend(of_nobody(columns, &there));
        found.extend(of_others(columns));
    }
    found.extend(absent("features.kinds".to_owned(), &mut settings.kinds.iter().flatten(), true));
    found
}

/// A sentence on the kinds of which the schema does not say who starts them, where it says so of others.
fn of_nobody(columns: &EventColumns, there: &BTreeSet<String>) -> Option<String> {
    let told: BTreeSet<String> = columns.initiator.keys().filter_map(|kind| form(kind)).collect();
    let untold: Vec<String> = there.difference(&told).map(|kind| format!("\"{kind}\"")).collect();
    if columns.initiator.is_empty() || untold.is_empty() {
        return None;
    }
    let (first, rest) = untold.split_at(untold.len().min(SHOWN));
    let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
    Some(format!(
        "events.initiator does not say who starts {}{more}: only kinds that the lead starts become features, so these are not counted; name them \"lead\" if the lead does",
        first.join(", ")
    ))
}

/// A sentence for each group and intent with kinds that sales or the system start, which are not counted in it.
fn of_others(columns: &EventColumns) -> Vec<String> {
    let others: BTreeSet<String> =
        columns.initiator.iter().filter(|(_, who)| **who != Initiator::Lead).filter_map(|(kind, _)| form(kind)).collect();
    let sets = [("intents", &columns.intents), ("groups", &columns.groups)];
    let of_sets = sets.into_iter().flat_map(|(what, sets)| sets.iter().map(move |(name, members)| (what, name, members)));
    let told = |(what, name, members): (&str, &String, &Vec<String>)| {
        let uncounted: Vec<String> =
            members.iter().filter(|kind| form(kind).is_some_and(|kind| others.contains(&kind))).map(|kind| format!("\"{kind}\"")).collect();
        (!uncounted.is_empty()).then(|| {
            format!(
                "events.{what} \"{name}\" does not count {}, which by events.initiator the lead does not start; if it should, list every kind and group to read in features.kinds, \
                 which replaces the default: the kinds that the lead starts",
                uncounted.join(", ")
            )
        })
    };
    of_sets.filter_map(told).collect()
}

/// A kind as it is compared.
fn form(word: &str) -> Option<String> {
    canonical(word, &BTreeMap::new()).map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::TextColumn;

    #[test]
    fn kinds_that_no_event_has_are_named_with_the_nearest() {
        let words = ["Demo Request", "email_open"].map(str::to_owned).to_vec();
        let events = RawEvents { kind: TextColumn { words, codes: vec![0, 1] }, ..RawEvents::default() };
        let mut columns = EventColumns::new("lead_id", "at", "kind");
        let settings = FeatureSettings::default();
        columns.intents.insert("hot".to_owned(), vec!["demo  REQUEST".to_owned()]);
        assert!(absent_kinds(&columns, &events, &settings).is_empty());
        columns.intents.insert("buying".to_owned(), vec!["demo_requst".to_owned(), "email_open".to_owned()]);
        columns.groups.insert("mail".to_owned(), vec!["EMAIL_OPEN".to_owned(), "letter".to_owned(), "fax".to_owned()]);
        columns.initiator.insert("phone".to_owned(), Initiator::Sales);
        let found = absent_kinds(&columns, &events, &settings.clone().kinds(["mail", "hot", "webinar"]));
        let meant = "\"demo_requst\" (did you mean \"demo request\"?)";
        assert_eq!(
            found,
            [
                format!("events.intents \"buying\" names a kind that no event has, and which is not counted: {meant}"),
                "events.groups \"mail\" names kinds that no event has, and which are not counted: \"letter\", \"fax\"".to_owned(),
                "events.initiator names a kind that no event has, and which is not counted: \"phone\"".to_owned(),
                "features.kinds names a kind that no event has, and which is not counted: \"webinar\"".to_owned(),
            ]
        );
        let told = absent_kinds(&columns, &events, &settings);
        let untold = "events.initiator does not say who starts \"demo request\", \"email_open\": only kinds that the lead starts become features, so these are not counted";
        assert!(told.last().is_some_and(|note| note.starts_with(untold)), "{told:?}");
        columns.initiator = ["demo request", "EMAIL_open"].map(|kind| (kind.to_owned(), Initiator::Lead)).into();
        assert!(!absent_kinds(&columns, &events, &settings).iter().any(|note| note.contains("initiator")));
        assert!(absent_kinds(&columns, &RawEvents::default(), &settings).is_empty(), "without events there is nothing to tell");
    }

    #[test]
    fn a_group_tells_which_of_its_kinds_the_lead_does_not_start() {
        let words = ["call", "visit"].map(str::to_owned).to_vec();
        let events = RawEvents { kind: TextColumn { words, codes: vec![0, 1] }, ..RawEvents::default() };
        let mut columns = EventColumns::new("lead_id", "at", "kind").group("touch", ["Call", "visit"]);
        columns.initiator = [("call".to_owned(), Initiator::Sales), ("visit".to_owned(), Initiator::Lead)].into();
        let settings = FeatureSettings::default();
        let found = absent_kinds(&columns, &events, &settings);
        assert!(matches!(&*found, [told] if told.starts_with("events.groups \"touch\" does not count \"Call\",")), "{found:?}");
        assert!(
            found[0].ends_with(
                "list every kind and group to read in features.kinds, which replaces the default: the kinds that the lead starts"
            )
        );
        assert!(absent_kinds(&columns, &events, &settings.kinds(["touch"])).is_empty(), "what is pinned is counted, whoever starts it");
    }
}
