//! The caller's frames, by way of `leadscore/_frames.py`, which knows the libraries that they come from.

use std::path::PathBuf;

use leadscore::Schema;
use leadscore::frame::EventFile;
use polars::prelude::DataFrame;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::table::Table;

/// The caller's `frame`; columns that are not `needed` (all are, when `None`) or excluded may be of any type.
pub(crate) fn required(frame: &Bound<'_, PyAny>, name: &str, needed: Option<&[String]>, exclude: &[String]) -> PyResult<DataFrame> {
    let table = frame.py().import("leadscore._frames")?.call_method1("read", (frame, name, needed, exclude))?;
    Ok(table.cast_into::<Table>()?.get().0.clone())
}

/// The same for a frame that may not be given.
pub(crate) fn given(
    frame: Option<Bound<'_, PyAny>>,
    name: &str,
    needed: Option<&[String]>,
    exclude: &[String],
) -> PyResult<Option<DataFrame>> {
    frame.map(|frame| required(&frame, name, needed, exclude)).transpose()
}

/// The path of the Parquet file that a caller gives instead of a frame.
pub(crate) fn parquet(frame: Option<&Bound<'_, PyAny>>) -> PyResult<Option<PathBuf>> {
    let Some(frame) = frame.filter(|frame| frame.is_instance_of::<PyString>() || frame.hasattr("__fspath__").unwrap_or(false)) else {
        return Ok(None);
    };
    let path: PathBuf = frame.extract()?;
    Ok(EventFile::reads(&path).then_some(path))
}

/// `result` as a frame of the caller's own type.
pub(crate) fn like<'py>(frame: &Bound<'py, PyAny>, result: DataFrame, keep_index: bool) -> PyResult<Bound<'py, PyAny>> {
    let py = frame.py();
    py.import("leadscore._frames")?.call_method1("like", (frame, Table(result), keep_index))
}

/// The columns that a schema names, table by table.
#[derive(Debug)]
pub(crate) struct Needed {
    pub(crate) leads: Vec<String>,
    pub(crate) events: Vec<String>,
    pub(crate) outcomes: Vec<String>,
    pub(crate) history: Vec<String>,
}

impl Needed {
    pub(crate) fn of(schema: &Schema) -> Self {
        let mut leads: Vec<String> = schema.attributes.keys().cloned().collect();
        let roles = [
            &schema.lead_id,
            &schema.created_at,
            &schema.account,
            &schema.email,
            &schema.phone,
            &schema.segment,
            &schema.consent,
            &schema.label,
        ];
        leads.extend(roles.into_iter().flatten().cloned());
        let mut events = Vec::new();
        if let Some(columns) = &schema.events {
            events.extend(columns.names().map(str::to_owned));
        }
        let mut outcomes = Vec::new();
        if let Some(columns) = &schema.outcomes {
            outcomes.extend([&columns.won, &columns.closed_at].map(String::clone));
            outcomes.extend([&columns.lead_id, &columns.value, &columns.recorded_at].into_iter().flatten().cloned());
            // Without a table of outcomes they stand on leads.
            leads.extend(outcomes.iter().cloned());
        }
        let c = schema.history.clone().unwrap_or_default();
        Self { leads, events, outcomes, history: vec![c.lead_id, c.column, c.value, c.valid_from] }
    }
}
