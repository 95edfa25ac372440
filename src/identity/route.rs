//! Events to the leads that they belong to.

use std::collections::HashMap;
use std::fmt;

use super::keys::{NONE, NormalKeys};
use super::{Identity, IdentityRules, KeyStatus, LeadKeys};
use crate::counted::counted;
use crate::features::TextColumn;

/// What of events tells whom they are of, one value an event, as found in the source.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct EventKeys {
    /// When each happened, microseconds since 1970-01-01 UTC.
    pub at: Vec<i64>,
    /// The row of the lead that each names; `u32::MAX` for none, another one beyond the leads for a lead that is not among them. Empty when events name no
    /// leads.
    pub lead: Vec<u32>,
    /// E-mail addresses.
    pub email: Option<TextColumn>,
    /// Telephone numbers.
    pub phone: Option<TextColumn>,
}

impl EventKeys {
    /// Keys of events that happened at these moments (microseconds since 1970-01-01 UTC), of which nothing else is known so far.
    #[must_use]
    pub fn new(at: Vec<i64>) -> Self {
        Self { at, ..Self::default() }
    }

    /// The row of the lead that each event names; `u32::MAX` for none, another one beyond the leads for a lead that is not among them.
    #[must_use]
    pub fn lead(mut self, lead: Vec<u32>) -> Self {
        self.lead = lead;
        self
    }

    /// The e-mail address of each event.
    #[must_use]
    pub fn email(mut self, email: TextColumn) -> Self {
        self.email = Some(email);
        self
    }

    /// The telephone number of each event.
    #[must_use]
    pub fn phone(mut self, phone: TextColumn) -> Self {
        self.phone = Some(phone);
        self
    }

    /// How many events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.at.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.at.is_empty()
    }
}

/// Which of a person's open leads an event goes to.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum RouteTo<'a> {
    /// The one that was created last.
    #[default]
    MostRecent,
    /// The one with the highest score, of which there is one a lead; NaN is lower than any. Of equal ones the one that was created last.
    HighestScored(&'a [f64]),
}

/// How an event found its lead, or why it found none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Route {
    /// It names the lead.
    Lead,
    /// By its e-mail address.
    Email,
    /// By its telephone number.
    Phone,
    /// It has nothing that tells whom it is of.
    NoKey,
    /// No lead has what it has.
    Unknown,
    /// What it has is of several people.
    Shared,
    /// All leads of the person were closed.
    NoOpenLead,
}

impl Route {
    /// All of them, in the order of the counts of [`Routed`].
    pub const ALL: [Self; 7] = [Self::Lead, Self::Email, Self::Phone, Self::NoKey, Self::Unknown, Self::Shared, Self::NoOpenLead];

    /// The word for it, for example `no_open_lead`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::NoKey => "no_key",
            Self::Unknown => "unknown",
            Self::Shared => "shared",
            Self::NoOpenLead => "no_open_lead",
        }
    }

    /// Whether the event found no lead.
    #[must_use]
    pub fn is_orphan(self) -> bool {
        matches!(self, Self::NoKey | Self::Unknown | Self::Shared | Self::NoOpenLead)
    }
}

/// Where events went.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Routed {
    /// The row of the lead of each event; `u32::MAX` for an orphan.
    pub lead: Vec<u32>,
    /// How each found it, or why not.
    pub route: Vec<Route>,
    /// Whether each happened before its lead was created.
    pub before_creation: Vec<bool>,
}

impl Routed {
    /// How many events went each way.
    #[must_use]
    pub fn counts(&self) -> [(Route, usize); 7] {
        Route::ALL.map(|route| (route, self.route.iter().filter(|found| **found == route).count()))
    }

    /// The rows of events that found no lead.
    pub fn orphans(&self) -> impl Iterator<Item = usize> {
        self.route.iter().enumerate().filter(|(_, route)| route.is_orphan()).map(|(event, _)| event)
    }
}

/// `8 of 10 events routed (lead 5, email 3); 2 orphans (unknown 1, no_open_lead 1)`.
impl fmt::Display for Routed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.counts();
        let of = |orphans: bool| counts.iter().filter(move |(route, count)| route.is_orphan() == orphans && *count > 0);
        let list = |orphans: bool| of(orphans).map(|(route, count)| format!("{} {count}", route.as_str())).collect::<Vec<_>>().join(", ");
        let total = |orphans: bool| of(orphans).map(|(_, count)| count).sum::<usize>();
        write!(f, "{} of {} routed", total(false), counted(self.route.len(), "event"))?;
        if total(false) > 0 {
            write!(f, " ({})", list(false))?;
        }
        if total(true) > 0 { write!(f, "; {} ({})", counted(total(true), "orphan"), list(true)) } else { Ok(()) }
    }
}

/// Finds the lead of every event.
///
/// An event is of the lead that it names, else of the person who has its e-mail address, else of the one who has its telephone number. It goes to the
/// lead of that person that was open when it happened (created, and not yet closed), of several to the one that `to` says. When none was open yet it
/// goes to the first one that came later: visits before creation are kept, and are known from creation on. An event that names a lead goes to
/// another lead of the person only when the named one was closed by then; when all were, it stays with the one that it names, and without a name it
/// is an orphan.
///
/// `identity` is that of the same leads by the same `rules`. The same input gives the same answer.
///
/// ```
/// use leadscore::TextColumn;
/// use leadscore::identity::{EventKeys, IdentityRules, LeadKeys, Route, RouteTo, resolve, route};
/// let email = TextColumn { words: vec!["ann@corp.example".to_owned()], codes: vec![0, 0] };
/// let leads = LeadKeys::new(2).email(email.clone()).created_at(vec![10, 30]).closed_at(vec![20, i64::MIN]);
/// let rules = IdentityRules::default();
/// let identity = resolve(&leads, &rules);
/// let routed = route(&EventKeys::new(vec![15, 35]).email(email), &leads, &identity, &rules, RouteTo::MostRecent);
/// assert_eq!(routed.lead, [0, 1]);
/// assert_eq!(routed.route, [Route::Email, Route::Email]);
/// ```
#[must_use]
pub fn route(events: &EventKeys, leads: &LeadKeys, identity: &Identity, rules: &IdentityRules, to: RouteTo<'_>) -> Routed {
    let n = events.len();
    let email = NormalKeys::emails(events.email.as_ref(), n);
    let phone = NormalKeys::phones(events.phone.as_ref(), n, rules.country);
    let people_of_emails = people_of(&email, &identity.email, &identity.person);
    let people_of_phones = people_of(&phone, &identity.phone, &identity.person);
    let people = People::new(leads, identity, to);
    let mut routed = Routed { lead: Vec::with_capacity(n), route: Vec::with_capacity(n), before_creation: Vec::with_capacity(n) };
    for event in 0..n {
        let at = events.at[event];
        let named = events.lead.get(event).copied().filter(|&lead| lead != NONE);
        let (lead, route) = match named.filter(|&lead| (lead as usize) < leads.len()) {
            Some(lead) if at < leads.closed(lead) => (lead, Route::Lead),
            // Closed by then: a later lead of the person took its place.
            Some(lead) => (people.lead_at(identity.person[lead as usize], at).unwrap_or(lead), Route::Lead),
            None => {
                let by_email = found(&email, &people_of_emails, event);
                let by_phone = found(&phone, &people_of_phones, event);
                match (by_email, by_phone) {
                    (Found::Person(person), _) => people.routed(person, at, Route::Email),
                    (_, Found::Person(person)) => people.routed(person, at, Route::Phone),
                    (Found::Several, _) | (_, Found::Several) => (NONE, Route::Shared),
                    (Found::Nothing, Found::Nothing) if named.is_none() => (NONE, Route::NoKey),
                    _ => (NONE, Route::Unknown),
                }
            }
        };
        routed.before_creation.push(lead != NONE && at < leads.created(lead));
        routed.lead.push(lead);
        routed.route.push(route);
    }
    routed
}

/// Whom a key of an event is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// The event has none.
    Nothing,
    /// No lead has it.
    Nobody,
    Several,
    Person(u32),
}

fn found(keys: &NormalKeys, people: &[Found], event: usize) -> Found {
    match keys.status[event] {
        KeyStatus::Missing => Found::Nothing,
        _ => people.get(keys.key.codes[event] as usize).copied().unwrap_or(Found::Nobody),
    }
}

/// Of each key of events, whose it is among the people who have it. Of a mailbox of a function or a switchboard there may be several.
fn people_of(events: &NormalKeys, leads: &TextColumn, person: &[u32]) -> Vec<Found> {
    let mut of_lead_key = vec![Found::Nobody; leads.words.len()];
    for (&code, &person) in leads.codes.iter().zip(person) {
        if let Some(found) = of_lead_key.get_mut(code as usize) {
            *found = match *found {
                Found::Nobody => Found::Person(person),
                same @ Found::Person(known) if known == person => same,
                _ => Found::Several,
            };
        }
    }
    let places: HashMap<&str, Found> = leads.words.iter().map(String::as_str).zip(of_lead_key).collect();
    events.key.words.iter().map(|word| places.get(word.as_str()).copied().unwrap_or(Found::Nobody)).collect()
}

/// The leads of each person, the oldest first.
struct People<'a> {
    leads: &'a LeadKeys,
    starts: Vec<usize>,
    members: Vec<u32>,
    to: RouteTo<'a>,
}

impl<'a> People<'a> {
    fn new(leads: &'a LeadKeys, identity: &Identity, to: RouteTo<'a>) -> Self {
        let (starts, members) = identity.leads_of_people(leads);
        Self { leads, starts, members, to }
    }

    fn routed(&self, person: u32, at: i64, route: Route) -> (u32, Route) {
        self.lead_at(person, at).map_or((NONE, Route::NoOpenLead), |lead| (lead, route))
    }

    /// The lead of a person for an event at a moment: an open one, else the first that came later.
    fn lead_at(&self, person: u32, at: i64) -> Option<u32> {
        let members = &self.members[self.starts[person as usize]..self.starts[person as usize + 1]];
        let there = members.partition_point(|&lead| self.leads.created(lead) <= at);
        let mut open = members[..there].iter().rev().copied().filter(|&lead| at < self.leads.closed(lead));
        let best = match self.to {
            RouteTo::MostRecent => open.next(),
            RouteTo::HighestScored(scores) => {
                let score = |lead: u32| scores.get(lead as usize).copied().filter(|score| !score.is_nan()).unwrap_or(f64::NEG_INFINITY);
                // The newest first, so that it stays of equal ones.
                open.reduce(|best, lead| if score(lead) > score(best) { lead } else { best })
            }
        };
        best.or_else(|| members.get(there).copied())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;
    use crate::identity::resolve;

    fn column(cells: &[&str]) -> TextColumn {
        TextColumn { words: cells.iter().map(|cell| (*cell).to_owned()).collect(), codes: (0..cells.len() as u32).collect() }
    }

    #[test]
    fn every_orphan_is_told_why() {
        let leads = LeadKeys::new(4)
            .email(column(&["ann@corp.example", "info@corp.example", "info@corp.example ", "bob@home.example"]))
            .created_at(vec![0; 4])
            .closed_at(vec![10, i64::MIN, i64::MIN, i64::MIN]);
        let rules = IdentityRules::default();
        let identity = resolve(&leads, &rules);
        assert_eq!(identity.person, [0, 1, 2, 3], "a mailbox of a function is nobody");
        let events =
            EventKeys::new(vec![5, 15, 5, 5, 5, 5, 5, 15, 5]).lead(vec![NONE, NONE, NONE, NONE, NONE, NONE, 3, 0, 99]).email(column(&[
                "ANN@corp.example",
                "ann@corp.example",
                "info@corp.example",
                "eve@corp.example",
                "",
                "no mail",
                "eve@x.org",
                "",
                "",
            ]));
        let routed = route(&events, &leads, &identity, &rules, RouteTo::MostRecent);
        use Route::{Email, Lead, NoOpenLead, Shared, Unknown};
        assert_eq!(routed.route, [Email, NoOpenLead, Shared, Unknown, Route::NoKey, Unknown, Lead, Lead, Unknown]);
        assert_eq!(routed.lead, [0, NONE, NONE, NONE, NONE, NONE, 3, 0, NONE]);
        assert_eq!(routed.orphans().collect::<Vec<_>>(), [1, 2, 3, 4, 5, 8]);
        let told = "3 of 9 events routed (lead 2, email 1); 6 orphans (no_key 1, unknown 3, shared 1, no_open_lead 1)";
        assert_eq!(routed.to_string(), told);
    }

    #[test]
    fn a_visit_before_creation_goes_to_the_first_lead_that_comes_and_a_named_lead_that_is_closed_hands_on() {
        let phone = TextColumn { words: vec!["+49 30 123456".to_owned()], codes: vec![0, 0, 0] };
        let leads = LeadKeys::new(3).phone(phone).created_at(vec![10, 30, 50]).closed_at(vec![20, i64::MIN, i64::MIN]);
        let rules = IdentityRules::default();
        let identity = resolve(&leads, &rules);
        let by_phone =
            EventKeys::new(vec![5, 15, 25, 60]).phone(TextColumn { words: vec!["0049 30 123 456".to_owned()], codes: vec![0; 4] });
        let routed = route(&by_phone, &leads, &identity, &rules, RouteTo::MostRecent);
        assert_eq!((routed.lead, routed.before_creation), (vec![0, 0, 1, 2], vec![true, false, true, false]));
        let scores = [0.9, f64::NAN, 0.2];
        let named = EventKeys::new(vec![15, 40, 60, 60]).lead(vec![0, 0, 0, 1]);
        assert_eq!(route(&named, &leads, &identity, &rules, RouteTo::MostRecent).lead, [0, 1, 2, 1]);
        assert_eq!(route(&named, &leads, &identity, &rules, RouteTo::HighestScored(&scores)).lead, [0, 1, 2, 1]);
        assert_eq!(route(&named, &leads, &identity, &rules, RouteTo::HighestScored(&[0.0, 0.7, 0.2])).lead, [0, 1, 1, 1]);
    }

    proptest! {
        /// The slow and obviously right way: all leads of the person that were open then, of those the one that the rule says.
        #[test]
        fn an_event_goes_to_the_open_lead_of_its_person_that_the_rule_says(
            leads in prop::collection::vec((0_usize..3, 0_i64..20, prop::option::of(0_i64..25), 0_u8..4), 1..16),
            events in prop::collection::vec((0_usize..4, 0_i64..25), 1..20), by_score in any::<bool>(),
        ) {
            let words = ["a@corp.example", "b@corp.example", "c@corp.example", "d@corp.example"];
            let text = |codes: Vec<u32>| TextColumn { words: words.map(str::to_owned).to_vec(), codes };
            let keys = LeadKeys::new(leads.len())
                .email(text(leads.iter().map(|lead| lead.0 as u32).collect()))
                .created_at(leads.iter().map(|lead| lead.1).collect())
                .closed_at(leads.iter().map(|lead| lead.2.unwrap_or(i64::MIN)).collect());
            let scores: Vec<f64> = leads.iter().map(|lead| f64::from(lead.3)).collect();
            let rules = IdentityRules::default();
            let to = if by_score { RouteTo::HighestScored(&scores) } else { RouteTo::MostRecent };
            let event_keys = EventKeys::new(events.iter().map(|event| event.1).collect()).email(text(events.iter().map(|event| event.0 as u32).collect()));
            let routed = route(&event_keys, &keys, &resolve(&keys, &rules), &rules, to);
            for (event, &(person, at)) in events.iter().enumerate() {
                let of_person: Vec<usize> = (0..leads.len()).filter(|&lead| leads[lead].0 == person).collect();
                let open = of_person.iter().filter(|&&lead| leads[lead].1 <= at && leads[lead].2.is_none_or(|closed| closed > at));
                let best = open.max_by_key(|&&lead| (if by_score { leads[lead].3 } else { 0 }, leads[lead].1, lead));
                let later = of_person.iter().filter(|&&lead| leads[lead].1 > at).min_by_key(|&&lead| (leads[lead].1, lead));
                let expected = best.or(later).map_or(NONE, |&lead| lead as u32);
                prop_assert_eq!(routed.lead[event], expected);
                let why = if of_person.is_empty() { Route::Unknown } else if expected == NONE { Route::NoOpenLead } else { Route::Email };
                prop_assert_eq!(routed.route[event], why);
            }
        }
    }
}
