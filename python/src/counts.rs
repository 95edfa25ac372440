//! Whole numbers that callers give: what is none is refused by name.

use pyo3::prelude::*;
use pyo3::types::PyBool;

use crate::errors::raise;

/// `explain`, a number of reasons or concepts.
pub(crate) fn explain(value: &Bound<'_, PyAny>) -> PyResult<usize> {
    let whole = if value.is_instance_of::<PyBool>() { None } else { value.extract::<usize>().ok() };
    // As `whole` of `leadscore/_checks.py` says it.
    whole.map_or_else(
        || Err(raise(value.py(), "ConfigError", (format!("explain must be a whole number of at least 0. Got {}", value.repr()?),))),
        Ok,
    )
}
