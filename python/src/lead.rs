//! One lead from a dictionary.

use leadscore::{Attribute, Lead, Schema};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::cells::{Value, cell, word};
use crate::errors::raise;
use crate::moments::{instant, micros};

/// The lead that a dictionary describes by the column names of `schema`.
pub(crate) fn lead(record: &Bound<'_, PyDict>, schema: &Schema) -> PyResult<Lead> {
    let id = match &schema.lead_id {
        Some(column) => match record.get_item(column)? {
            Some(id) if !id.is_none() => word(&id).map_err(|error| located(&id, error, column))?,
            _ => String::new(),
        },
        None => String::new(),
    };
    let mut lead = Lead::new(id);
    let created_at = schema.created_at.as_deref();
    // Most schemas have no dates, of whose names then none need be looked up.
    let has_dates = schema.attributes.values().any(|attribute| matches!(attribute, Attribute::Date { .. }));
    for (name, value) in record.iter() {
        let name: String = name.extract().map_err(|_| PyTypeError::new_err("the names of a lead's attributes must be str"))?;
        // Asked of few values only.
        let is_date = || has_dates && matches!(schema.attributes.get(&name), Some(Attribute::Date { .. }));
        let is_created = || created_at == Some(name.as_str());
        match cell(&value).map_err(|error| located(&value, error, &name))? {
            Value::Missing => lead = lead.missing(name),
            Value::Number(x) => lead = lead.number(name, x),
            Value::Bool(b) => lead = lead.boolean(name, b),
            Value::Text(word) if !(is_created() || is_date()) => lead = lead.text(name, word),
            Value::Text(_) | Value::Moment => {
                if is_created() {
                    lead = lead.created_at(instant(&value, schema).map_err(|error| located(&value, error, &name))?);
                } else {
                    lead = lead.date(name.clone(), micros(&value, schema).map_err(|error| located(&value, error, &name))?);
                }
            }
        }
    }
    Ok(lead)
}

/// An error about a value, with the name of its attribute.
fn located(value: &Bound<'_, PyAny>, error: PyErr, name: &str) -> PyErr {
    let py = value.py();
    raise(py, "DataError", (format!("attribute \"{name}\": {}", error.value(py)),))
}
