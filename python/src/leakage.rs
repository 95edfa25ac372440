//! The leakage report, as JSON and as text: `leadscore/_leakage.py` is the face of it.

use leadscore::{Error, Schema, Trainer};
use pyo3::prelude::*;

use crate::errors::OrRaise;
use crate::frames::{self, Needed};
use crate::moments;
use crate::training::threads;
use crate::work::quietly;

/// Which columns know the future: the report as JSON, and as text.
#[pyfunction]
pub(crate) fn leakage(
    leads: &Bound<'_, PyAny>,
    events: Option<Bound<'_, PyAny>>,
    outcomes: Option<Bound<'_, PyAny>>,
    history: Option<Bound<'_, PyAny>>,
    schema: Option<&str>,
    label: Option<&str>,
    ordered: bool,
    as_of: Option<Bound<'_, PyAny>>,
) -> PyResult<(String, String)> {
    let py = leads.py();
    let schema = schema.map(|json| crate::schema::from_json(py, json)).transpose()?;
    let needed = schema.as_ref().map(Needed::of);
    let leads = frames::required(leads, "leads", needed.as_ref().map(|n| n.leads.as_slice()), &[])?;
    let events = frames::given(events, "events", needed.as_ref().map(|n| n.events.as_slice()), &[])?;
    let outcomes = frames::given(outcomes, "outcomes", needed.as_ref().map(|n| n.outcomes.as_slice()), &[])?;
    let history = frames::given(history, "history", needed.as_ref().map(|n| n.history.as_slice()), &[])?;
    // A schema that is inferred names no zone.
    let as_of = moments::moment("as_of", as_of.as_ref(), schema.as_ref().unwrap_or(&Schema::default()))?;
    let mut trainer = Trainer::new().ordered(ordered).threads(threads(None));
    if let Some(schema) = schema {
        trainer = trainer.schema(schema);
    }
    if let Some(history) = history {
        trainer = trainer.history(history);
    }
    if let Some(label) = label {
        trainer = trainer.label(label);
    }
    if let Some(as_of) = as_of {
        trainer = trainer.as_of(as_of);
    }
    let report = quietly(py, || trainer.leakage(&leads, events.as_ref(), outcomes.as_ref()))?;
    let json = serde_json::to_string(&report).map_err(|error| Error::Config { message: error.to_string() }).or_raise(py)?;
    Ok((json, report.to_string()))
}
