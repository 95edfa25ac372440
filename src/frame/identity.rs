//! Tables of leads and events to people, accounts and leads, and the answers as tables.

use polars::prelude::{Column, DataFrame, IdxCa, IdxSize, NamedFrom, PlSmallStr, Series};

use super::FrameError;
use super::cells::number_column;
use super::events::EVENTS;
use super::join::join;
use super::leads::{LEADS, column, find, lead_table};
use super::outcomes::outcomes;
use super::text::{MISSING, text_column};
use super::time::{self, Range};
use crate::counted::counted;
use crate::identity::{EventKeys, Identity, IdentityRules, KeyStatus, LeadKeys, RouteTo, Routed, identical_leads, resolve, route};
use crate::schema::{Attribute, Schema, SchemaError};
use crate::{LeadTable, TextColumn};

/// The leads of a table, and who they are.
///
/// ```
/// use leadscore::Schema;
/// use leadscore::frame::{EventKeyColumns, ReadOptions, ResolvedLeads, read_table};
/// use leadscore::identity::{IdentityRules, RouteTo};
/// # let folder = tempfile::tempdir()?;
/// # let file = |name: &str, text: &str| { let path = folder.path().join(name); std::fs::write(&path, text).map(|()| path) };
/// let leads = file("leads.csv", "id,email,phone\n1,Ann@corp.example,\n2,ann@CORP.example,+49 30 123456\n3,info@corp.example,\n")?;
/// let events = file("events.csv", "email,phone,at\nann@corp.example,,2026-03-01\n,0049 30 123456,2026-03-02\neve@corp.example,,2026-03-03\n")?;
/// let read = |path| read_table(path, &ReadOptions::default());
/// let schema = Schema::new().lead_id("id").email("email").phone("phone");
///
/// let resolved = ResolvedLeads::new(&read(&leads)?, None, &schema, &IdentityRules::default())?;
/// assert_eq!(resolved.identity.person, [0, 0, 1]);
/// let routed = resolved.route(&read(&events)?, &EventKeyColumns::default(), RouteTo::MostRecent)?;
/// assert_eq!(routed.to_string(), "2 of 3 events routed (email 1, phone 1); 1 orphan (unknown 1)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ResolvedLeads {
    /// The leads.
    pub leads: LeadTable,
    /// What tells who they are.
    pub keys: LeadKeys,
    /// Who they are.
    pub identity: Identity,
    rules: IdentityRules,
    schema: Schema,
    /// Their identifiers as the table has them.
    ids: Series,
}

/// The columns of events that tell whom they are of; `None` finds the column by itself: as the schema calls it, or `lead_id`, `at`, `email`, `phone`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventKeyColumns {
    /// The lead.
    pub lead_id: Option<String>,
    /// When it happened.
    pub at: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
}

impl EventKeyColumns {
    /// The given columns; those that are `None` are found by themselves.
    #[must_use]
    pub fn new(lead_id: Option<String>, at: Option<String>, email: Option<String>, phone: Option<String>) -> Self {
        Self { lead_id, at, email, phone }
    }
}

impl ResolvedLeads {
    /// Reads the leads of a table by the schema's `account`, `email` (or the first attribute that is an e-mail address), `phone` (the same), `created_at`
    /// and outcomes, which say when leads closed, and resolves them. Without a table of outcomes, and without their columns on leads, all leads are open.
    ///
    /// # Errors
    /// [`FrameError::Schema`] when the schema names none of account, e-mail address and telephone number, or a column that the table lacks;
    /// [`FrameError`] naming table, column and row of what cannot be read.
    pub fn new(leads: &DataFrame, ends: Option<&DataFrame>, schema: &Schema, rules: &IdentityRules) -> Result<Self, FrameError> {
        let schema = with_keys(schema);
        if [&schema.account, &schema.email, &schema.phone].iter().all(|role| role.is_none()) {
            let available: Vec<&str> = leads.columns().iter().map(|c| c.name().as_str()).collect();
            let message = format!(
                "the schema names no column of leads with an e-mail address, a telephone number or an account; name one (email, phone, account); available: {}",
                available.join(", ")
            );
            return Err(SchemaError::Contradiction { message }.into());
        }
        // Of no leads there is nothing to read, and nothing wrong: a batch job has days without new ones.
        let table = if leads.height() == 0 { LeadTable::default() } else { lead_table(leads, &schema)? };
        let ids = match &schema.lead_id {
            Some(name) => column(LEADS, leads, name)?.clone(),
            None => Series::new("lead_id".into(), (0..leads.height() as u64).collect::<Vec<u64>>()),
        };
        let key = |name: &Option<String>| -> Result<Option<TextColumn>, FrameError> {
            name.as_deref().map(|name| text_column(LEADS, column(LEADS, leads, name)?)).transpose()
        };
        let mut keys = LeadKeys::new(table.len());
        (keys.email, keys.phone, keys.account) = (key(&schema.email)?, key(&schema.phone)?, key(&schema.account)?);
        keys.created_at.clone_from(&table.created_at);
        if let Some(columns) = &schema.outcomes {
            // Those of a table of their own, which is not given: then all leads are open.
            let elsewhere = ends.is_none() && columns.lead_id.is_some() && find(leads, &columns.won).is_none();
            if !elsewhere && !table.is_empty() {
                keys.closed_at = outcomes(ends, leads, &schema, &table)?.0.closed_at;
            }
        } else if ends.is_some() {
            let message = "outcomes are given, and the schema does not say what their columns mean; declare them (outcomes)".to_owned();
            return Err(SchemaError::Contradiction { message }.into());
        }
        let identity = resolve(&keys, rules);
        Ok(Self { leads: table, keys, identity, rules: *rules, schema, ids })
    }

    /// A row a lead, in the order of the leads: `lead_id`; `person`, the identifier of the oldest lead of the same person; `account`; `email` and `phone` in
    /// normal form, `email_status` and `phone_status` (`personal`, `generic`, `shared`, `malformed`, `missing`); `duplicate_of`, the identifier of the oldest lead
    /// of the person that was open when this one came; `identical_to`, that of the first lead that differs in nothing but its identifier.
    ///
    /// # Errors
    /// [`FrameError::Table`] when the table cannot be made.
    pub fn table(&self) -> Result<DataFrame, FrameError> {
        let Identity { person, account, email, email_status, phone, phone_status, duplicate_of, .. } = &self.identity;
        let oldest = self.identity.first_leads(&self.keys);
        let person: Vec<u32> = person.iter().map(|&person| oldest[person as usize]).collect();
        let status = |name: &str, status: &[KeyStatus]| -> Column {
            Series::new(name.into(), status.iter().map(|status| status.as_str()).collect::<Vec<_>>()).into()
        };
        let columns = vec![
            self.ids.clone().with_name("lead_id".into()).into(),
            self.ids_of("person", &person)?,
            words("account", account),
            words("email", email),
            status("email_status", email_status),
            words("phone", phone),
            status("phone_status", phone_status),
            self.ids_of("duplicate_of", duplicate_of)?,
            self.ids_of("identical_to", &identical_leads(&self.leads, &self.keys))?,
        ];
        Ok(DataFrame::new(self.leads.len(), columns)?)
    }

    /// The scores in a column of the table of these leads, NaN where missing, for [`RouteTo::HighestScored`].
    ///
    /// # Errors
    /// [`FrameError`] naming column and row of what is no score.
    pub fn scores(&self, leads: &DataFrame, name: &str) -> Result<Vec<f64>, FrameError> {
        number_column(LEADS, column(LEADS, leads, name)?)
    }

    /// Finds the lead of every event of a table.
    ///
    /// # Errors
    /// [`FrameError::Schema`] when events have neither a lead, nor an e-mail address, nor a telephone number, or lack a column that was named;
    /// [`FrameError::Value`] with column and row for a missing moment; [`FrameError::Table`] when scores are not one a lead.
    pub fn route(&self, events: &DataFrame, columns: &EventKeyColumns, to: RouteTo<'_>) -> Result<Routed, FrameError> {
        if let RouteTo::HighestScored(scores) = to
            && scores.len() != self.leads.len()
        {
            return Err(FrameError::Table(format!(
                "{} for {}; give one a lead",
                counted(scores.len(), "score"),
                counted(self.leads.len(), "lead")
            )));
        }
        let declared = self.schema.events.as_ref();
        let found = |given: &Option<String>, likely: [Option<&String>; 2], own: &str| -> Result<Option<Series>, SchemaError> {
            if let Some(name) = given {
                return column(EVENTS, events, name).cloned().map(Some);
            }
            let likely = likely.into_iter().flatten().map(String::as_str).chain([own]);
            Ok(likely.filter_map(|name| find(events, name)).next().cloned())
        };
        let lead_id = found(&columns.lead_id, [declared.map(|c| &c.lead_id), self.schema.lead_id.as_ref()], "lead_id")?;
        let email = found(&columns.email, [self.schema.email.as_ref(), None], "email")?;
        let phone = found(&columns.phone, [self.schema.phone.as_ref(), None], "phone")?;
        let at = match found(&columns.at, [declared.map(|c| &c.at), None], "at")? {
            Some(at) => at,
            // Names the columns that there are.
            None => column(EVENTS, events, declared.map_or("at", |c| &c.at))?.clone(),
        };
        if lead_id.is_none() && email.is_none() && phone.is_none() {
            let available: Vec<&str> = events.columns().iter().map(|c| c.name().as_str()).collect();
            let message = format!(
                "no column of events tells whom they are of; name the one with the lead, the e-mail address or the telephone number; available: {}",
                available.join(", ")
            );
            return Err(SchemaError::Contradiction { message }.into());
        }
        let zone = time::zone(self.schema.time_zone.as_deref())?;
        let moments = time::instants(EVENTS, &at, zone, Range::History)?;
        if let Some(row) = moments.iter().position(|&moment| moment == i64::MIN) {
            return Err(FrameError::value(EVENTS, at.name(), row, "the moment of the event is missing; give it or drop the row"));
        }
        let mut keys = EventKeys::new(moments);
        if let Some(ids) = lead_id {
            keys.lead = join(EVENTS, &ids, &self.leads)?.lead;
            // Who is named and not among the leads is somebody else than nobody.
            let beyond = self.leads.len() as u32;
            let named = ids.is_not_null();
            keys.lead
                .iter_mut()
                .zip(named.iter())
                .filter(|(lead, named)| **lead == MISSING && *named == Some(true))
                .for_each(|(lead, _)| *lead = beyond);
        }
        keys.email = email.map(|series| text_column(EVENTS, &series)).transpose()?;
        keys.phone = phone.map(|series| text_column(EVENTS, &series)).transpose()?;
        Ok(route(&keys, &self.keys, &self.identity, &self.rules, to))
    }

    /// A row an event, in the order of the events: `lead_id` (missing for an orphan), `route` (`lead`, `email`, `phone`; of orphans `no_key`, `unknown`, `shared`,
    /// `no_open_lead`), `before_creation`.
    ///
    /// # Errors
    /// [`FrameError::Table`] when the table cannot be made.
    pub fn routed_table(&self, routed: &Routed) -> Result<DataFrame, FrameError> {
        let ways: Vec<&str> = routed.route.iter().map(|route| route.as_str()).collect();
        let columns = vec![
            self.ids_of("lead_id", &routed.lead)?,
            Series::new("route".into(), ways).into(),
            Series::new("before_creation".into(), &routed.before_creation).into(),
        ];
        Ok(DataFrame::new(routed.lead.len(), columns)?)
    }

    /// The identifiers of leads by their rows, of the type that the table has; missing for a row that there is not.
    fn ids_of(&self, name: &str, rows: &[u32]) -> Result<Column, FrameError> {
        let rows: Vec<Option<IdxSize>> = rows.iter().map(|&row| ((row as usize) < self.ids.len()).then_some(row as IdxSize)).collect();
        Ok(self.ids.take(&IdxCa::new(PlSmallStr::EMPTY, rows))?.with_name(name.into()).into())
    }
}

/// The schema with its first attributes that are an e-mail address and a telephone number in these roles, where it names no others.
fn with_keys(schema: &Schema) -> Schema {
    let mut schema = schema.clone();
    let first = |is: fn(&Attribute) -> bool| schema.attributes.iter().find(|(_, attribute)| is(attribute)).map(|(name, _)| name.clone());
    let email = first(|attribute| matches!(attribute, Attribute::Email {}));
    let phone = first(|attribute| matches!(attribute, Attribute::Phone { .. }));
    schema.email = schema.email.or(email);
    schema.phone = schema.phone.or(phone);
    schema
}

fn words(name: &str, column: &TextColumn) -> Column {
    let words: Vec<Option<&str>> = (0..column.codes.len()).map(|row| column.word(row)).collect();
    Series::new(name.into(), words).into()
}
