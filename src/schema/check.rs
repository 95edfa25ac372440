//! Contradictions within a schema.

use std::collections::{BTreeMap, BTreeSet};

use super::{Attribute, EventColumns, OutcomeColumns, Schema, SchemaError, canonical};
use crate::identity::Country;

impl Schema {
    /// Checks that no two statements of the schema contradict each other.
    ///
    /// # Errors
    /// [`SchemaError::Contradiction`]: a column in two roles, a column both excluded and an attribute, a label beside outcomes,
    /// a word that means won and lost, a group of events without kinds or called like a kind, an unknown time zone, a
    /// column of time zones that is no categorical attribute.
    pub fn check(&self) -> Result<(), SchemaError> {
        let roles = self.lead_roles();
        distinct("leads", &roles)?;
        for (role, column) in &roles {
            // The account, the person's address and consent may say something about the lead besides; these three may not.
            if matches!(
                *role,
                "lead_id" | "created_at" | "label" | "outcomes.won" | "outcomes.closed_at" | "outcomes.value" | "outcomes.recorded_at"
            ) && self.attributes.contains_key(*column)
            {
                return Err(contradiction(format!("leads.{column} is both {role} and an attribute; take it out of the attributes")));
            }
        }
        if let Some(column) = self.exclude.iter().find(|column| self.attributes.contains_key(*column)) {
            return Err(contradiction(format!("leads.{column} is both excluded and an attribute; take it out of one of the two")));
        }
        if let (Some(label), Some(_)) = (&self.label, &self.outcomes) {
            return Err(contradiction(format!(
                "the schema has both a label (\"{label}\", a flat table) and outcomes (a history in time); keep one of the two"
            )));
        }
        if self.attributes.contains_key("") {
            return Err(contradiction("an attribute has the empty name; give its column a name".to_owned()));
        }
        self.attributes.iter().try_for_each(|(name, attribute)| check_aliases(name, attribute))?;
        self.attributes.iter().try_for_each(|(name, attribute)| check_country(name, attribute))?;
        if let Some(columns) = &self.events {
            columns.check()?;
        }
        if let Some(columns) = &self.outcomes {
            columns.check()?;
        }
        if let Some(c) = &self.history {
            distinct("history", &[("lead_id", &c.lead_id), ("column", &c.column), ("value", &c.value), ("valid_from", &c.valid_from)])?;
        }
        if let Some(column) = &self.lead_time_zone
            && !matches!(self.attributes.get(column), Some(Attribute::Categorical { .. }))
        {
            return Err(contradiction(format!(
                "lead_time_zone = \"{column}\" is no categorical attribute; add {column} = \"categorical\" to the attributes, or take lead_time_zone out"
            )));
        }
        #[cfg(feature = "frame")]
        if let Some(zone) = &self.time_zone
            && zone.parse::<chrono_tz::Tz>().is_err()
        {
            return Err(contradiction(format!("time_zone = \"{zone}\" is no IANA zone; write for example \"Europe/Berlin\" or \"UTC\"")));
        }
        Ok(())
    }

    /// The roles that columns of leads play, with the column of each.
    pub(crate) fn lead_roles(&self) -> Vec<(&'static str, &str)> {
        let mut roles: Vec<(&'static str, &str)> = [
            ("lead_id", &self.lead_id),
            ("created_at", &self.created_at),
            ("account", &self.account),
            ("email", &self.email),
            ("phone", &self.phone),
            ("consent", &self.consent),
            ("label", &self.label),
        ]
        .into_iter()
        .filter_map(|(role, column)| column.as_deref().map(|c| (role, c)))
        .collect();
        if let Some(outcomes) = self.outcomes.as_ref().filter(|o| o.lead_id.is_none()) {
            roles.push(("outcomes.won", &outcomes.won));
            roles.push(("outcomes.closed_at", &outcomes.closed_at));
            roles.extend(outcomes.value.as_deref().map(|c| ("outcomes.value", c)));
            roles.extend(outcomes.recorded_at.as_deref().map(|c| ("outcomes.recorded_at", c)));
        }
        roles
    }
}

impl EventColumns {
    /// The columns that it names, each with its role.
    fn roles(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let optional = [("channel", &self.channel), ("value", &self.value), ("recorded_at", &self.recorded_at)];
        let needed = [("lead_id", &self.lead_id), ("at", &self.at), ("kind", &self.kind)].map(|(role, column)| (role, column.as_str()));
        needed.into_iter().chain(optional.into_iter().filter_map(|(role, column)| Some((role, column.as_deref()?))))
    }

    /// The columns of the table of events that it names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.roles().map(|(_, column)| column)
    }

    fn check(&self) -> Result<(), SchemaError> {
        distinct("events", &self.roles().collect::<Vec<_>>())?;
        for (what, sets) in [("group", &self.groups), ("intent", &self.intents)] {
            if let Some((name, _)) = sets.iter().find(|(_, kinds)| kinds.is_empty()) {
                return Err(contradiction(format!("the {what} \"{name}\" of events has no kinds; name some or drop it")));
            }
        }
        self.check_group_names()
    }

    /// Refuses a group that is called like a kind which the schema names, or like another group: features of both would go by one name.
    fn check_group_names(&self) -> Result<(), SchemaError> {
        let members = self.groups.values().chain(self.intents.values()).flatten();
        let kinds: BTreeMap<String, &String> = members.chain(self.initiator.keys()).map(|kind| (group_key(kind), kind)).collect();
        let mut groups: BTreeMap<String, &String> = BTreeMap::new();
        for group in self.groups.keys() {
            let key = group_key(group);
            if let Some(kind) = kinds.get(&key) {
                return Err(SchemaError::group_like_a_kind(group, kind));
            }
            if let Some(other) = groups.insert(key, group) {
                return Err(contradiction(format!(
                    "two groups of events are called \"{other}\" and \"{group}\", which is the same word; give one of them another name"
                )));
            }
        }
        Ok(())
    }
}

/// The form in which the names of kinds and groups are the same to features.
fn group_key(name: &str) -> String {
    super::tags::fold(name).replace(' ', "_")
}

impl SchemaError {
    /// A group that is called like a kind.
    pub(crate) fn group_like_a_kind(group: &str, kind: &str) -> Self {
        contradiction(format!(
            "the group \"{group}\" of events is called like the kind \"{kind}\", and nobody could tell their features apart; give the group another name, \
             for example \"any_{}\"",
            group_key(group)
        ))
    }
}

impl OutcomeColumns {
    fn check(&self) -> Result<(), SchemaError> {
        let mut roles = vec![("won", self.won.as_str()), ("closed_at", &self.closed_at)];
        roles.extend(self.lead_id.as_deref().map(|c| ("lead_id", c)));
        roles.extend(self.value.as_deref().map(|c| ("value", c)));
        roles.extend(self.recorded_at.as_deref().map(|c| ("recorded_at", c)));
        distinct("outcomes", &roles)?;
        let folded = |words: &Option<Vec<String>>| -> BTreeSet<String> {
            let none = BTreeMap::new();
            words.iter().flatten().filter_map(|w| canonical(w, &none).map(std::borrow::Cow::into_owned)).collect()
        };
        for (name, words) in [("won_values", &self.won_values), ("lost_values", &self.lost_values)] {
            if words.is_some() && folded(words).is_empty() {
                return Err(contradiction(format!("outcomes.{name} holds no word; give the words or leave it out")));
            }
        }
        match folded(&self.won_values).intersection(&folded(&self.lost_values)).next() {
            Some(word) => Err(contradiction(format!("\"{word}\" is both in won_values and in lost_values; keep it in one of the two"))),
            None => Ok(()),
        }
    }
}

/// Refuses a column that two roles of a table share.
fn distinct(table: &str, roles: &[(&'static str, &str)]) -> Result<(), SchemaError> {
    for (i, (role, column)) in roles.iter().enumerate() {
        if column.is_empty() {
            return Err(contradiction(format!("{table}: the column of {role} has the empty name; name it or leave it out")));
        }
        if let Some((other, _)) = roles[..i].iter().find(|(_, earlier)| earlier == column) {
            return Err(contradiction(format!("{table}.{column} is both {other} and {role}; a column has one role")));
        }
    }
    Ok(())
}

/// Refuses two aliases that are the same word in canonical form and mean different things.
fn check_aliases(name: &str, attribute: &Attribute) -> Result<(), SchemaError> {
    let Attribute::Categorical { aliases } = attribute else { return Ok(()) };
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for (written, meant) in aliases {
        if let Some(earlier) = seen.insert(super::tags::fold(written).into_owned(), meant)
            && super::tags::fold(earlier) != super::tags::fold(meant)
        {
            return Err(contradiction(format!(
                "the aliases of {name} give \"{written}\" two meanings, \"{earlier}\" and \"{meant}\"; keep one"
            )));
        }
    }
    Ok(())
}

/// Refuses a country of telephone numbers that there is not.
fn check_country(name: &str, attribute: &Attribute) -> Result<(), SchemaError> {
    match attribute {
        Attribute::Phone { country: Some(iso) } if Country::from_iso(iso).is_none() => Err(contradiction(format!(
            "the numbers of {name} are said to be of country \"{iso}\", which has no calling code; write its ISO 3166-1 code of two letters, for example \"DE\""
        ))),
        _ => Ok(()),
    }
}

fn contradiction(message: String) -> SchemaError {
    SchemaError::Contradiction { message }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    fn refusal(schema: &Schema) -> String {
        schema.check().unwrap_err().to_string()
    }

    #[test]
    fn a_column_has_one_role() {
        assert_eq!(refusal(&Schema::new().lead_id("x").created_at("x")), "leads.x is both lead_id and created_at; a column has one role");
        assert_eq!(
            refusal(&Schema::new().events(EventColumns::new("id", "at", "at"))),
            "events.at is both at and kind; a column has one role"
        );
        assert_eq!(
            refusal(&Schema::new().lead_id("x").numeric("x")),
            "leads.x is both lead_id and an attribute; take it out of the attributes"
        );
        Schema::new()
            .lead_id("id")
            .email("mail")
            .attribute("mail", Attribute::Email {})
            .segment("country")
            .categorical("country")
            .check()
            .unwrap();
    }

    #[test]
    fn outcome_columns_on_leads_are_no_attributes() {
        let schema = Schema::new().outcomes(OutcomeColumns::new("won", "closed")).boolean("won");
        assert_eq!(refusal(&schema), "leads.won is both outcomes.won and an attribute; take it out of the attributes");
        Schema::new().outcomes(OutcomeColumns::new("won", "closed").lead_id("lead")).boolean("won").check().unwrap();
    }

    #[test]
    fn what_is_excluded_is_no_attribute() {
        assert_eq!(
            refusal(&Schema::new().numeric("a").exclude("a")),
            "leads.a is both excluded and an attribute; take it out of one of the two"
        );
    }

    #[test]
    fn a_flat_table_has_no_outcomes() {
        let schema = Schema::new().label("y").outcomes(OutcomeColumns::new("won", "closed").lead_id("lead"));
        assert!(refusal(&schema).contains("both a label (\"y\", a flat table) and outcomes"));
    }

    #[test]
    fn words_and_aliases_mean_one_thing() {
        let schema = Schema::new().outcomes(OutcomeColumns::new("s", "c").won_values(["Won"]).lost_values(["won "]));
        assert_eq!(refusal(&schema), "\"won\" is both in won_values and in lost_values; keep it in one of the two");
        let schema = Schema::new().categorical_with_aliases("country", [("UK", "gb"), ("uk", "ukraine")]);
        assert!(refusal(&schema).contains("two meanings"));
    }

    #[test]
    fn the_country_of_telephone_numbers_is_an_iso_code() {
        let phone = |iso: &str| Schema::new().attribute("phone", Attribute::Phone { country: Some(iso.to_owned()) });
        assert!(refusal(&phone("Germany")).contains("the numbers of phone are said to be of country \"Germany\""));
        phone("de").check().unwrap();
    }

    #[test]
    fn a_group_of_events_is_called_otherwise_than_kinds_and_other_groups() {
        let columns = || EventColumns::new("id", "at", "kind");
        let of = |columns: EventColumns| Schema::new().events(columns);
        assert_eq!(
            refusal(&of(columns().group("Web visit", ["pricing", "web_visit"]))),
            "the group \"Web visit\" of events is called like the kind \"web_visit\", and nobody could tell their features apart; give the group another \
             name, for example \"any_web_visit\""
        );
        assert!(
            refusal(&of(columns().group("call", ["phone"]).initiator("Call", crate::Initiator::Sales))).contains("like the kind \"Call\"")
        );
        assert!(refusal(&of(columns().group("call", ["phone"]).intent("ask", ["call"]))).contains("like the kind \"call\""));
        assert!(refusal(&of(columns().group("mail", ["a"]).group("Mail ", ["b"]))).contains("which is the same word"));
        of(columns().group("mail", ["email_open"]).intent("email_open", ["email_open"])).check().unwrap();
    }

    #[cfg(feature = "frame")]
    #[test]
    fn the_time_zone_is_an_iana_name() {
        assert!(refusal(&Schema::new().time_zone("Berlin")).contains("is no IANA zone"));
        Schema::new().time_zone("Europe/Berlin").check().unwrap();
    }
}
