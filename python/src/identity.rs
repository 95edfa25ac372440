//! Leads to people and accounts, events to leads: `leadscore/_identity.py` is the face of it.

use leadscore::frame::{EventKeyColumns, FrameError, ResolvedLeads};
use leadscore::identity::{Country, IdentityRules, RouteTo};
use leadscore::{Error, Schema};
use polars::prelude::DataFrame;
use pyo3::prelude::*;

use crate::errors::OrRaise;
use crate::frames::{self, Needed};
use crate::work::quietly;

/// Country of numbers without a calling code, most leads of a key, most e-mail addresses of a telephone number.
type Rules = (Option<String>, usize, usize);
/// Columns of events: lead, moment, e-mail address, telephone number.
type Columns = (Option<String>, Option<String>, Option<String>, Option<String>);

/// What is read of leads, before anybody is resolved.
struct Asked {
    leads: DataFrame,
    outcomes: Option<DataFrame>,
    schema: Option<Schema>,
    rules: IdentityRules,
}

impl Asked {
    fn read(
        leads: &Bound<'_, PyAny>,
        outcomes: Option<Bound<'_, PyAny>>,
        schema: Option<&str>,
        (country, max_leads, max_emails): Rules,
        scores: Option<&str>,
    ) -> PyResult<Self> {
        let py = leads.py();
        let schema = schema.map(|json| crate::schema::from_json(py, json)).transpose()?;
        let mut needed = schema.as_ref().map(Needed::of);
        if let Some(needed) = &mut needed {
            needed.leads.extend(scores.map(str::to_owned));
        }
        let mut rules = IdentityRules::default().max_leads(max_leads).max_emails_per_phone(max_emails);
        if let Some(iso) = country {
            let message = format!("country \"{iso}\" is none with a calling code; write it as \"DE\" or \"US\" (ISO 3166)");
            rules = rules.country(Country::from_iso(&iso).ok_or(Error::Config { message }).or_raise(py)?);
        }
        Ok(Self {
            leads: frames::required(leads, "leads", needed.as_ref().map(|n| n.leads.as_slice()), &[])?,
            outcomes: frames::given(outcomes, "outcomes", needed.as_ref().map(|n| n.outcomes.as_slice()), &[])?,
            schema,
            rules,
        })
    }

    fn resolve(&self) -> Result<ResolvedLeads, FrameError> {
        let schema = match &self.schema {
            Some(schema) => schema.clone(),
            None => Schema::infer(&self.leads, None, self.outcomes.as_ref(), None, &[])?.schema,
        };
        ResolvedLeads::new(&self.leads, self.outcomes.as_ref(), &schema, &self.rules)
    }
}

/// Who leads are; `leadscore.resolve` is the face of it.
#[pyfunction]
pub(crate) fn resolve<'py>(
    leads: &Bound<'py, PyAny>,
    outcomes: Option<Bound<'py, PyAny>>,
    schema: Option<&str>,
    rules: Rules,
) -> PyResult<Bound<'py, PyAny>> {
    let asked = Asked::read(leads, outcomes, schema, rules, None)?;
    let table = quietly(leads.py(), || Ok(asked.resolve()?.table()?))?;
    frames::like(leads, table, true)
}

/// Whose events are; `leadscore.route` is the face of it.
#[pyfunction]
pub(crate) fn route<'py>(
    events: &Bound<'py, PyAny>,
    leads: &Bound<'py, PyAny>,
    outcomes: Option<Bound<'py, PyAny>>,
    schema: Option<&str>,
    rules: Rules,
    columns: Columns,
    score_column: Option<&str>,
    scores: Option<Vec<f64>>,
) -> PyResult<Bound<'py, PyAny>> {
    let asked = Asked::read(leads, outcomes, schema, rules, score_column)?;
    let mut names: Vec<String> = ["lead_id", "at", "email", "phone"].map(str::to_owned).to_vec();
    names.extend([&columns.0, &columns.1, &columns.2, &columns.3].into_iter().flatten().cloned());
    if let Some(schema) = &asked.schema {
        names.extend([&schema.lead_id, &schema.email, &schema.phone].into_iter().flatten().cloned());
        names.extend(schema.events.iter().flat_map(|c| [c.lead_id.clone(), c.at.clone()]));
        names.extend(schema.attributes.keys().cloned());
    }
    let needed = asked.schema.is_some().then_some(names.as_slice());
    let table = frames::required(events, "events", needed, &[])?;
    let columns = EventKeyColumns::new(columns.0, columns.1, columns.2, columns.3);
    let routed = quietly(events.py(), || {
        let resolved = asked.resolve()?;
        let scores = match score_column {
            Some(name) => Some(resolved.scores(&asked.leads, name)?),
            None => scores,
        };
        let to = scores.as_deref().map_or(RouteTo::MostRecent, RouteTo::HighestScored);
        Ok(resolved.routed_table(&resolved.route(&table, &columns, to)?)?)
    })?;
    frames::like(events, routed, true)
}
