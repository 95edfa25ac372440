//! Events from dictionaries, and from their fields.

use std::cell::RefCell;

use leadscore::{Event, Schema};
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyMapping, PyString};

use crate::cells::{Value, cell, is_blank, is_missing, shown, word};
use crate::errors::raise;
use crate::moments::instant;

/// The events that dictionaries describe by the column names of `schema`, or by the library's own (`kind`, `at`, `channel`, `value`, `recorded_at`, `lead_id`); `argument` is
/// what the caller gave them as.
pub(crate) fn events(argument: &'static str, records: &Bound<'_, PyAny>, schema: &Schema) -> PyResult<Vec<Event>> {
    if records.is_none() {
        return Ok(Vec::new());
    }
    let mut reader = EventReader::new(records.py(), schema);
    // Whose an event is goes without saying, but of an account's.
    reader.declared[LEAD] = argument == OF_ACCOUNT;
    let plain = records.is_exact_instance_of::<PyList>();
    let one = || records.is_instance_of::<PyDict>() || records.is_instance_of::<PyString>() || records.try_iter().is_err();
    if !plain && (one() || records.hasattr(intern!(records.py(), "__arrow_c_stream__"))?) {
        let message = format!("{argument} must be a list of dict, one for each event. Got one {}", records.get_type().name()?);
        return Err(PyTypeError::new_err(message));
    }
    records.try_iter()?.enumerate().map(|(position, record)| reader.read(Place::In { argument, position }, &record?)).collect()
}

/// What calls name the events of an account.
const OF_ACCOUNT: &str = "account_events";

/// Where an event is given, for messages.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    /// In a list.
    In {
        /// What the call names the list.
        argument: &'static str,
        /// Counted from 0.
        position: usize,
    },
    /// By itself.
    Alone,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::In { argument: "events", position } => write!(f, "event {position}"),
            Self::In { argument, position } => write!(f, "{argument}: event {position}"),
            Self::Alone => f.write_str("the event"),
        }
    }
}

/// What reads events, by the names of a schema.
pub(crate) struct EventReader<'py, 's> {
    /// Kind, moment, channel, value, moment of becoming known, lead: the source's name, and the library's own where that is another.
    names: [(Bound<'py, PyString>, Option<Bound<'py, PyString>>); 6],
    schema: &'s Schema,
    /// Which of these the schema knows of, and an event should have.
    declared: [bool; 6],
    /// Names that need no look: these, and others that are no slips of the pen; filled when there is something to look at.
    looked: RefCell<Vec<Bound<'py, PyAny>>>,
}

const KIND: usize = 0;
const AT: usize = 1;
const CHANNEL: usize = 2;
const VALUE: usize = 3;
const RECORDED_AT: usize = 4;
const LEAD: usize = 5;

impl<'py, 's> EventReader<'py, 's> {
    pub(crate) fn new(py: Python<'py>, schema: &'s Schema) -> Self {
        let columns = schema.events.as_ref();
        let name = |of: Option<&String>, own: &Bound<'py, PyString>| match of {
            Some(column) if *own != column.as_str() => (PyString::new(py, column), Some(own.clone())),
            _ => (own.clone(), None),
        };
        let names = [
            name(columns.map(|c| &c.kind), intern!(py, "kind")),
            name(columns.map(|c| &c.at), intern!(py, "at")),
            name(columns.and_then(|c| c.channel.as_ref()), intern!(py, "channel")),
            name(columns.and_then(|c| c.value.as_ref()), intern!(py, "value")),
            name(columns.and_then(|c| c.recorded_at.as_ref()), intern!(py, "recorded_at")),
            name(columns.map(|c| &c.lead_id), intern!(py, "lead_id")),
        ];
        Self {
            names,
            schema,
            declared: [
                columns.is_some(),
                columns.is_some(),
                columns.is_some_and(|c| c.channel.is_some()),
                columns.is_some_and(|c| c.value.is_some()),
                columns.is_some_and(|c| c.recorded_at.is_some()),
                false,
            ],
            looked: RefCell::default(),
        }
    }

    /// The event of a `dict`, given at `place`.
    pub(crate) fn read(&self, place: Place, record: &Bound<'py, PyAny>) -> PyResult<Event> {
        let copied;
        let record = match record.cast::<PyDict>() {
            Ok(record) => record,
            Err(_) => {
                let found = record.get_type().name()?;
                let refuse = |_| PyTypeError::new_err(format!("{place} must be a dict. Got {found} {}", shown(record)));
                let items = record.cast::<PyMapping>().map_err(refuse)?.items()?;
                copied = PyDict::from_sequence(items.as_any())?;
                &copied
            }
        };
        let mut fields = [None, None, None, None, None, None];
        for (field, (column, own)) in fields.iter_mut().zip(&self.names) {
            *field = match record.get_item(column)? {
                Some(found) => Some(found),
                None => own.as_ref().map(|own| record.get_item(own)).transpose()?.flatten(),
            };
        }
        let fields = fields.each_ref().map(Option::as_ref);
        if record.len() > fields.iter().flatten().count() {
            self.refuse_slips(place, record, fields)?;
        }
        self.event(place, self.names.each_ref().map(|(column, _)| column), fields, || format!("{:?}", record.keys()))
    }

    /// Refuses names that are nearly those of fields which the event lacks. Names that are like none are of no concern: an event may carry what no model reads.
    fn refuse_slips(&self, place: Place, record: &Bound<'py, PyDict>, fields: [Option<&Bound<'py, PyAny>>; 6]) -> PyResult<()> {
        const MOST_LOOKED: usize = 64;
        let mut looked = self.looked.borrow_mut();
        if looked.is_empty() {
            looked.extend(
                self.names.iter().flat_map(|(column, own)| [Some(column), own.as_ref()]).flatten().map(|name| name.clone().into_any()),
            );
        }
        // Of a copy: what compares names may be Python's, and change the dictionary.
        for name in record.keys() {
            // The same few names in every event, and mostly the same objects.
            if looked.iter().any(|known| known.is(&name)) || looked.iter().any(|known| known.eq(&name).unwrap_or(false)) {
                continue;
            }
            let word = name.str()?.to_string();
            let declared = self.names.iter().zip(fields).zip(&self.declared).filter(|(_, declared)| **declared);
            let columns: Vec<(String, bool)> = declared
                .flat_map(|(((column, own), field), _)| {
                    std::iter::once(column).chain(own).map(move |name| (name.to_string(), field.is_some()))
                })
                .collect();
            let near = leadscore::nearest_name(&word, columns.iter().map(|(column, _)| column.as_str()));
            match near.and_then(|near| columns.iter().find(|(column, _)| column == near)) {
                Some((meant, false)) => {
                    let message = format!("{place} has no \"{meant}\", but a \"{word}\", which nothing reads; did you mean \"{meant}\"?");
                    return Err(raise(name.py(), "DataError", (message,)));
                }
                None if looked.len() < MOST_LOOKED => looked.push(name),
                _ => {}
            }
        }
        Ok(())
    }

    /// The event of the fields kind, moment, channel, value, moment of becoming known, lead, given by the library's own names.
    pub(crate) fn of_fields(&self, place: Place, fields: [Option<&Bound<'py, PyAny>>; 6]) -> PyResult<Event> {
        let names = self.names.each_ref().map(|(column, own)| own.as_ref().unwrap_or(column));
        let given = || {
            let names = names.iter().zip(fields).filter(|(_, field)| field.is_some()).map(|(name, _)| format!("'{name}'"));
            format!("[{}]", names.collect::<Vec<_>>().join(", "))
        };
        self.event(place, names, fields, given)
    }

    /// The event of some fields, which the caller knows by these names.
    fn event(
        &self,
        place: Place,
        names: [&Bound<'py, PyString>; 6],
        fields: [Option<&Bound<'py, PyAny>>; 6],
        given: impl FnOnce() -> String,
    ) -> PyResult<Event> {
        let py = self.names[KIND].0.py();
        // A kind without a letter is none, as in a table.
        let field = |i: usize| fields[i].filter(|value| !(is_missing(value) || i == KIND && is_blank(value)));
        let located = |error: PyErr, i: usize| raise(py, "DataError", (format!("{place}, \"{}\": {}", names[i], error.value(py)),));
        let moment = |value: &Bound<'_, PyAny>, i: usize| instant(value, self.schema).map_err(|error| located(error, i));
        let text = |value: &Bound<'_, PyAny>, i: usize| word(value).map_err(|error| located(error, i));
        let (Some(kind), Some(at)) = (field(KIND), field(AT)) else {
            let (kind, at) = (names[KIND], names[AT]);
            let empty = [KIND, AT].map(|i| fields[i].is_some() && field(i).is_none());
            let empty = match empty {
                [true, true] => format!(", of which \"{kind}\" and \"{at}\" are empty"),
                [true, false] => format!(", of which \"{kind}\" is empty"),
                [false, true] => format!(", of which \"{at}\" is empty"),
                [false, false] => String::new(),
            };
            let message = format!("{place} must have \"{kind}\" and \"{at}\"; it has {}{empty}", given());
            return Err(raise(py, "DataError", (message,)));
        };
        let mut event = Event::new(text(kind, KIND)?, moment(at, AT)?);
        if let Some(channel) = field(CHANNEL) {
            event = event.channel(text(channel, CHANNEL)?);
        }
        if let Some(value) = field(VALUE) {
            let read = cell(value).map_err(|error| raise(py, "DataError", (format!("{place}, the value: {}", error.value(py)),)))?;
            match read {
                Value::Number(x) => event = event.value(x),
                Value::Missing => {}
                _ => return Err(raise(py, "DataError", (format!("{place}: the value must be a number. Got {}", value.repr()?),))),
            }
        }
        if let Some(known) = field(RECORDED_AT) {
            event = event.recorded_at(moment(known, RECORDED_AT)?);
        }
        if let Some(lead) = field(LEAD) {
            event = event.of_lead(text(lead, LEAD)?);
        }
        Ok(event)
    }
}
