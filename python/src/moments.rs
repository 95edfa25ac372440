//! `as_of` and the values of one lead, by way of `leadscore/_moments.py`, which knows what Python has for them.

use leadscore::{AsOf, Event, Lead, Schema, Timestamp};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString};

use crate::errors::{OrRaise, raise};

/// The one moment that `as_of` names, if any.
pub(crate) fn moment(as_of: &Bound<'_, PyAny>) -> PyResult<Option<Timestamp>> {
    if as_of.is_none() { Ok(None) } else { instant(as_of, None).map(Some) }
}

/// `as_of` for a table with the given columns.
pub(crate) fn as_of(as_of: &Bound<'_, PyAny>, columns: Vec<String>) -> PyResult<AsOf> {
    let py = as_of.py();
    let read = py.import("leadscore._moments")?.call_method1("as_of", (as_of, columns))?;
    if read.is_none() {
        return Ok(AsOf::Now);
    }
    if let Ok(column) = read.cast::<PyString>() {
        return Ok(AsOf::Column(column.to_string()));
    }
    if let Ok(moments) = read.cast::<PyList>() {
        let micros: Vec<i64> = moments.extract()?;
        return micros.into_iter().map(Timestamp::from_micros).collect::<Result<_, _>>().map(AsOf::Each).or_raise(py);
    }
    Timestamp::from_micros(read.extract()?).map(AsOf::At).or_raise(py)
}

/// The instant that a Python value names; naive ones are of `zone`.
fn instant(value: &Bound<'_, PyAny>, zone: Option<&str>) -> PyResult<Timestamp> {
    let py = value.py();
    let micros: i64 = micros(value, zone)?;
    Timestamp::from_micros(micros).or_raise(py)
}

fn micros(value: &Bound<'_, PyAny>, zone: Option<&str>) -> PyResult<i64> {
    value.py().import("leadscore._moments")?.call_method1("micros", (value, zone))?.extract()
}

/// The lead that a dictionary describes by the column names of `schema`.
pub(crate) fn lead(record: &Bound<'_, PyDict>, schema: &Schema) -> PyResult<Lead> {
    let zone = schema.time_zone.as_deref();
    let id = match &schema.lead_id {
        Some(column) => match record.get_item(column)? {
            Some(id) if !id.is_none() => id.str()?.to_string(),
            _ => String::new(),
        },
        None => String::new(),
    };
    let mut lead = Lead::new(id);
    let created_at = schema.created_at.as_deref();
    for (name, value) in record.iter() {
        let name: String = name.extract().map_err(|_| PyTypeError::new_err("the names of a lead's attributes must be str"))?;
        let is_date = matches!(schema.attributes.get(&name), Some(leadscore::Attribute::Date { .. }));
        let is_created = created_at == Some(name.as_str());
        match cell(&value).map_err(|error| located(&value, error, &name))? {
            Value::Missing => lead = lead.missing(name),
            Value::Number(x) => lead = lead.number(name, x),
            Value::Bool(b) => lead = lead.boolean(name, b),
            Value::Text(word) if !(is_date || is_created) => lead = lead.text(name, word),
            Value::Text(_) | Value::Moment => {
                if is_created {
                    lead = lead.created_at(instant(&value, zone).map_err(|error| located(&value, error, &name))?);
                } else {
                    lead = lead.date(name.clone(), micros(&value, zone).map_err(|error| located(&value, error, &name))?);
                }
            }
        }
    }
    Ok(lead)
}

/// The events that dictionaries describe by the column names of `schema`, or by the library's own (`kind`, `at`, `channel`, `value`, `recorded_at`).
pub(crate) fn events(records: &Bound<'_, PyAny>, schema: &Schema) -> PyResult<Vec<Event>> {
    if records.is_none() {
        return Ok(Vec::new());
    }
    let columns = schema.events.as_ref();
    let name = |of: Option<&String>, own: &'static str| of.cloned().unwrap_or_else(|| own.to_owned());
    let names = [
        (name(columns.map(|c| &c.kind), "kind"), "kind"),
        (name(columns.map(|c| &c.at), "at"), "at"),
        (name(columns.and_then(|c| c.channel.as_ref()), "channel"), "channel"),
        (name(columns.and_then(|c| c.value.as_ref()), "value"), "value"),
        (name(columns.and_then(|c| c.recorded_at.as_ref()), "recorded_at"), "recorded_at"),
    ];
    let zone = schema.time_zone.as_deref();
    let mut events = Vec::new();
    for (position, record) in records.try_iter()?.enumerate() {
        let record = record?;
        let py = record.py();
        let record = record.cast_into::<PyDict>().map_err(|_| PyTypeError::new_err(format!("event {position} must be a dict")))?;
        let field = |i: usize| -> PyResult<Option<Bound<'_, PyAny>>> {
            let (column, own) = &names[i];
            let found = match record.get_item(column)? {
                Some(found) => Some(found),
                None => record.get_item(own)?,
            };
            Ok(found.filter(|value| !is_missing(value)))
        };
        let moment = |value: &Bound<'_, PyAny>, name: &str| {
            instant(value, zone).map_err(|error| {
                let message = format!("event {position}, \"{name}\": {}", error.value(py));
                raise(py, "DataError", (message,))
            })
        };
        let (Some(kind), Some(at)) = (field(0)?, field(1)?) else {
            let message = format!("event {position} must have \"{}\" and \"{}\"; it has {:?}", names[0].0, names[1].0, record.keys());
            return Err(raise(py, "DataError", (message,)));
        };
        let mut event = Event::new(kind.str()?.to_string(), moment(&at, &names[1].0)?);
        if let Some(channel) = field(2)? {
            event = event.channel(channel.str()?.to_string());
        }
        if let Some(value) = field(3)? {
            match cell(&value)? {
                Value::Number(x) => event = event.value(x),
                Value::Missing => {}
                _ => return Err(raise(py, "DataError", (format!("event {position}: the value must be a number. Got {}", value.repr()?),))),
            }
        }
        if let Some(known) = field(4)? {
            event = event.recorded_at(moment(&known, &names[4].0)?);
        }
        events.push(event);
    }
    Ok(events)
}

/// `None`, NaN, NaT and pandas' NA. Only those differ from themselves, or refuse to say.
fn is_missing(value: &Bound<'_, PyAny>) -> bool {
    value.is_none() || !value.is_exact_instance_of::<PyString>() && !value.eq(value).unwrap_or(false)
}

enum Value {
    Missing,
    Number(f64),
    Bool(bool),
    Text(String),
    Moment,
}

fn cell(value: &Bound<'_, PyAny>) -> PyResult<Value> {
    // What most values are needs no detour by Python.
    if let Some(read) = plain(value)? {
        return Ok(read);
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

/// An error about a value, with the name of its attribute.
fn located(value: &Bound<'_, PyAny>, error: PyErr, name: &str) -> PyErr {
    let py = value.py();
    raise(py, "DataError", (format!("attribute \"{name}\": {}", error.value(py)),))
}
