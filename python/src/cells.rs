//! Values in whatever form Python has for them. Those that are rare are read by `leadscore/_moments.py`.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyString};

use crate::errors::raise;
use crate::foreign::{DATETIME64, FLOAT64, INT64, NA, TIMESTAMP};
use crate::moments::is_datetime;

/// A value as messages show it, cut off where it is long.
pub(crate) fn shown(value: &Bound<'_, PyAny>) -> String {
    const MOST: usize = 60;
    let text = value.repr().map_or_else(|_| String::new(), |text| text.to_string());
    let cut = text.chars().take(MOST).collect::<String>();
    if cut.len() < text.len() { format!("{cut}...") } else { text }
}

/// A value as a word.
pub(crate) fn word(value: &Bound<'_, PyAny>) -> PyResult<String> {
    let py = value.py();
    let refuse = |advice: &str| raise(py, "DataError", (format!("it must be a word or a number. Got {}; {advice}", shown(value)),));
    let text = match value.cast_exact::<PyString>() {
        Ok(word) => word.clone(),
        Err(_) if value.is_instance_of::<PyBytes>() => return Err(refuse("decode it first")),
        Err(_) => value.str()?,
    };
    // Half of a character is none.
    text.extract().map_err(|_| refuse("it is no text of Unicode"))
}

/// A text without a letter.
pub(crate) fn is_blank(value: &Bound<'_, PyAny>) -> bool {
    value.cast::<PyString>().is_ok_and(|text| text.to_str().is_ok_and(|text| text.trim().is_empty()))
}

/// `None`, NaN, NaT and pandas' NA. Only those differ from themselves, or refuse to say.
pub(crate) fn is_missing(value: &Bound<'_, PyAny>) -> bool {
    if value.is_none() {
        return true;
    }
    if DATETIME64.is_type_of(value).unwrap_or(false) {
        return value.call_method0(intern!(value.py(), "item")).is_ok_and(|item| item.is_none());
    }
    // What most values are need not be asked, and pandas' moments take long to answer.
    let never = value.is_exact_instance_of::<PyString>()
        || value.is_exact_instance_of::<PyInt>()
        || is_datetime(value).unwrap_or(false)
        || TIMESTAMP.is_type_of(value).unwrap_or(false);
    !never && !value.eq(value).unwrap_or(false)
}

pub(crate) enum Value {
    Missing,
    Number(f64),
    Bool(bool),
    Text(String),
    Moment,
}

pub(crate) fn cell(value: &Bound<'_, PyAny>) -> PyResult<Value> {
    // What most values are needs no detour by Python.
    if let Some(read) = plain(value)? {
        return Ok(read);
    }
    if is_datetime(value)? || TIMESTAMP.is_type_of(value)? {
        return Ok(Value::Moment);
    }
    if DATETIME64.is_type_of(value)? {
        return Ok(if is_missing(value) { Value::Missing } else { Value::Moment });
    }
    if INT64.is_type_of(value)? || FLOAT64.is_type_of(value)? {
        return Ok(Value::Number(value.extract()?));
    }
    if NA.get(value.py())?.is_some_and(|na| value.is(na)) {
        return Ok(Value::Missing);
    }
    let read = value.py().import("leadscore._moments")?.call_method1("cell", (value,))?;
    Ok(plain(&read)?.unwrap_or(Value::Moment))
}

fn plain(value: &Bound<'_, PyAny>) -> PyResult<Option<Value>> {
    Ok(Some(if value.is_none() {
        Value::Missing
    } else if value.is_exact_instance_of::<PyString>() {
        Value::Text(value.extract()?)
    } else if value.is_exact_instance_of::<PyFloat>() || value.is_exact_instance_of::<PyInt>() {
        Value::Number(value.extract()?)
    } else if value.is_exact_instance_of::<PyBool>() {
        Value::Bool(value.extract()?)
    } else {
        return Ok(None);
    }))
}
