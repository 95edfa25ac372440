//! Schemas between Python's dataclasses and the library's, as JSON.

use leadscore::{Error, Schema, SchemaError};
use pyo3::prelude::*;

use crate::errors::OrRaise;
use crate::frames;
use crate::work::quietly;

/// The schema in the JSON that `leadscore.Schema.to_json` writes.
pub(crate) fn from_json(py: Python<'_>, json: &str) -> PyResult<Schema> {
    serde_json::from_str(json).map_err(|error| Error::from(SchemaError::Unreadable { message: error.to_string() })).or_raise(py)
}

/// The schema as JSON.
pub(crate) fn to_json(py: Python<'_>, schema: &Schema) -> PyResult<String> {
    serde_json::to_string(schema).map_err(|error| Error::from(SchemaError::Unreadable { message: error.to_string() })).or_raise(py)
}

/// Checks that no statement of a schema contradicts another.
#[pyfunction]
pub(crate) fn schema_check(py: Python<'_>, json: &str) -> PyResult<()> {
    from_json(py, json)?.check().or_raise(py)
}

/// The schema in TOML as JSON.
#[pyfunction]
pub(crate) fn schema_from_toml(py: Python<'_>, text: &str) -> PyResult<String> {
    let schema = Schema::from_toml(text).or_raise(py)?;
    to_json(py, &schema)
}

/// The schema in JSON as TOML.
#[pyfunction]
pub(crate) fn schema_to_toml(py: Python<'_>, json: &str) -> PyResult<String> {
    from_json(py, json)?.to_toml().or_raise(py)
}

/// Table, column, role or type, reason.
type GuessRow = (String, String, String, String);

/// What the names of a table's columns and their content say: the schema as JSON, and table, column, role and reason of each guess.
#[pyfunction]
pub(crate) fn infer(
    py: Python<'_>,
    leads: &Bound<'_, PyAny>,
    events: Option<Bound<'_, PyAny>>,
    outcomes: Option<Bound<'_, PyAny>>,
    label: Option<&str>,
    exclude: Vec<String>,
) -> PyResult<(String, Vec<GuessRow>)> {
    let leads = frames::required(leads, "leads", None, &exclude)?;
    let events = frames::given(events, "events", None, &exclude)?;
    let outcomes = frames::given(outcomes, "outcomes", None, &exclude)?;
    let inference = quietly(py, || Ok(Schema::infer(&leads, events.as_ref(), outcomes.as_ref(), label, &exclude)?))?;
    let guesses = inference.guesses.iter().map(|g| (g.table.to_owned(), g.column.clone(), g.read_as.clone(), g.reason.clone())).collect();
    Ok((to_json(py, &inference.schema)?, guesses))
}
