//! `as_of` and the values of one lead, by way of `leadscore/_moments.py`, which knows what Python has for them.

use std::cell::RefCell;

use leadscore::{AsOf, Event, Lead, Schema, Timestamp};
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyMapping, PyString};

use crate::errors::{OrRaise, raise};

/// The one moment that `as_of` names, if any; a naive one is in the zone of `schema`.
pub(crate) fn moment(as_of: Option<&Bound<'_, PyAny>>, schema: &Schema) -> PyResult<Option<Timestamp>> {
    as_of.filter(|as_of| !as_of.is_none()).map(|as_of| instant(as_of, schema)).transpose()
}

/// `as_of` for a table with the given columns; naive moments are in the zone of `schema`.
pub(crate) fn as_of(as_of: &Bound<'_, PyAny>, columns: Vec<String>, schema: &Schema) -> PyResult<AsOf> {
    let py = as_of.py();
    let read = py.import("leadscore._moments")?.call_method1("as_of", (as_of, columns, schema.time_zone.as_deref()))?;
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

/// The instant that a Python value names; naive ones are in the zone of `schema`.
fn instant(value: &Bound<'_, PyAny>, schema: &Schema) -> PyResult<Timestamp> {
    Timestamp::from_micros(micros(value, schema)?).or_raise(value.py())
}

fn micros(value: &Bound<'_, PyAny>, schema: &Schema) -> PyResult<i64> {
    // What most moments are needs no detour by Python.
    if let Some(micros) = plain_moment(value, schema)? {
        return Ok(micros);
    }
    value.py().import("leadscore._moments")?.call_method1("micros", (value, schema.time_zone.as_deref()))?.extract()
}

/// The microseconds (UTC) at which a wall clock in `zone` shows `micros`; `leadscore/_moments.py` asks it, so that moments and columns are read by one rule
/// and one database of zones.
#[pyfunction]
pub(crate) fn wall_clock(py: Python<'_>, micros: i64, zone: &str) -> PyResult<i64> {
    Schema::new().time_zone(zone).wall_clock(micros).or_raise(py)
}

/// The microseconds (UTC) of a text as a column of texts would be read, one without an offset by a wall clock in `zone`; `None` when it is no date or instant in the
/// forms of ISO 8601 that are read. `leadscore/_moments.py` asks it.
#[pyfunction]
#[pyo3(signature = (text, zone=None))]
pub(crate) fn written_moment(py: Python<'_>, text: &str, zone: Option<&str>) -> PyResult<Option<i64>> {
    let schema = zone.map_or_else(Schema::new, |zone| Schema::new().time_zone(zone));
    schema.date_micros(text).or_raise(py)
}

/// Python's `datetime`, and 1970-01-01 as one of them with the zone UTC and without a zone.
struct Epochs {
    datetime: Py<PyAny>,
    aware: Py<PyAny>,
    naive: Py<PyAny>,
}

impl Epochs {
    fn get(py: Python<'_>) -> PyResult<&'static Self> {
        static EPOCHS: PyOnceLock<Epochs> = PyOnceLock::new();
        EPOCHS.get_or_try_init(py, || {
            let module = py.import("datetime")?;
            let datetime = module.getattr("datetime")?;
            let aware = datetime.call1((1970, 1, 1, 0, 0, 0, 0, module.getattr("timezone")?.getattr("utc")?))?;
            let naive = datetime.call1((1970, 1, 1))?;
            Ok(Self { datetime: datetime.unbind(), aware: aware.unbind(), naive: naive.unbind() })
        })
    }
}

/// Whether a value is Python's own `datetime`, and no subclass, which may compute otherwise.
fn is_datetime(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = value.py();
    Ok(value.get_type().is(Epochs::get(py)?.datetime.bind(py)))
}

/// What another library has by a name, if it has been imported: no value can be of it before.
struct Foreign {
    module: &'static str,
    name: &'static str,
    found: PyOnceLock<Py<PyAny>>,
}

static TIMESTAMP: Foreign = Foreign::new("pandas", "Timestamp");
static NA: Foreign = Foreign::new("pandas", "NA");
static INT64: Foreign = Foreign::new("numpy", "int64");
static FLOAT64: Foreign = Foreign::new("numpy", "float64");

impl Foreign {
    const fn new(module: &'static str, name: &'static str) -> Self {
        Self { module, name, found: PyOnceLock::new() }
    }

    fn get<'py>(&self, py: Python<'py>) -> PyResult<Option<&Bound<'py, PyAny>>> {
        if self.found.get(py).is_none() {
            let Ok(module) = py.import("sys")?.getattr("modules")?.get_item(self.module) else { return Ok(None) };
            // While a module is being imported it has not all of its names.
            let Ok(found) = module.getattr(self.name) else { return Ok(None) };
            let _ = self.found.set(py, found.unbind());
        }
        Ok(self.found.get(py).map(|found| found.bind(py)))
    }

    /// Whether it is the type of a value.
    fn is_type_of(&self, value: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.get(value.py())?.is_some_and(|found| value.get_type().is(found)))
    }
}

/// The microseconds of pandas' `Timestamp`, of what its clock shows where it has no zone; `None` where it is too far off for its nanoseconds.
fn timestamp_micros(value: &Bound<'_, PyAny>) -> Option<i64> {
    let nanos: i64 = value.getattr(intern!(value.py(), "value")).ok()?.extract().ok()?;
    Some(nanos.div_euclid(1000))
}

/// The microseconds of Python's own `datetime`, of pandas' `Timestamp`, and of what is written in UTC or without an offset in ISO 8601; `None` for everything else.
fn plain_moment(value: &Bound<'_, PyAny>, schema: &Schema) -> PyResult<Option<i64>> {
    let py = value.py();
    let local = |micros: i64| if schema.time_zone.is_none() { Ok(micros) } else { schema.wall_clock(micros).or_raise(py) };
    if let Ok(text) = value.cast_exact::<PyString>() {
        return match written(text.to_str()?.as_bytes()) {
            Some((micros, true)) => Ok(Some(micros)),
            Some((micros, false)) => local(micros).map(Some),
            None => Ok(None),
        };
    }
    let is_timestamp = !is_datetime(value)? && TIMESTAMP.is_type_of(value)?;
    if !is_timestamp && !is_datetime(value)? {
        return Ok(None);
    }
    let naive = value.getattr(intern!(py, "tzinfo"))?.is_none();
    if is_timestamp {
        let Some(micros) = timestamp_micros(value) else { return Ok(None) };
        return if naive { local(micros).map(Some) } else { Ok(Some(micros)) };
    }
    let epochs = Epochs::get(py)?;
    let since = value.sub(if naive { epochs.naive.bind(py) } else { epochs.aware.bind(py) })?;
    let part = |name: &Bound<'_, PyString>| -> PyResult<i64> { since.getattr(name)?.extract() };
    let (days, seconds) = (part(intern!(py, "days"))?, part(intern!(py, "seconds"))?);
    let micros = (days * 86_400 + seconds) * 1_000_000 + part(intern!(py, "microseconds"))?;
    if naive { local(micros).map(Some) } else { Ok(Some(micros)) }
}

/// The microseconds of `2026-03-01`, `2026-03-01T09:30:00` or `2026-03-01 09:30:00.123456`, and whether its end says that it is in UTC (`Z`, `+00:00`); `None` for
/// everything else, which Python reads.
fn written(text: &[u8]) -> Option<(i64, bool)> {
    fn number(digits: &[u8]) -> Option<i64> {
        digits.iter().try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0')))
    }
    let (text, said) = match text {
        [rest @ .., b'Z'] | [rest @ .., b'+', b'0', b'0', b':', b'0', b'0'] => (rest, true),
        rest => (rest, false),
    };
    let (date, time) = text.split_at_checked(10)?;
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = *date else { return None };
    let (year, month, day) = (number(&[y0, y1, y2, y3])?, number(&[m0, m1])?, number(&[d0, d1])?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = *lengths.get(usize::try_from(month - 1).ok()?)?;
    if year == 0 || !(1..=length).contains(&day) {
        return None;
    }
    let micros = match time {
        [] if !said => 0,
        [b'T' | b' ', h0, h1, b':', m0, m1, b':', s0, s1, fraction @ ..] => {
            let (hour, minute, second) = (number(&[*h0, *h1])?, number(&[*m0, *m1])?, number(&[*s0, *s1])?);
            if hour > 23 || minute > 59 || second > 59 {
                return None;
            }
            let fraction = match fraction {
                [] => 0,
                [b'.', digits @ ..] if digits.len() == 6 => number(digits)?,
                [b'.', digits @ ..] if digits.len() == 3 => 1000 * number(digits)?,
                _ => return None,
            };
            ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction
        }
        _ => return None,
    };
    // Days from 1970-01-01 in the Gregorian calendar, years beginning in March (Hinnant 2013, "chrono-compatible low-level date algorithms").
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
    Some((days * 86_400_000_000 + micros, said))
}

/// The lead that a dictionary describes by the column names of `schema`.
pub(crate) fn lead(record: &Bound<'_, PyDict>, schema: &Schema) -> PyResult<Lead> {
    let id = match &schema.lead_id {
        Some(column) => match record.get_item(column)? {
            Some(id) if !id.is_none() => word(&id)?,
            _ => String::new(),
        },
        None => String::new(),
    };
    let mut lead = Lead::new(id);
    let created_at = schema.created_at.as_deref();
    // Most schemas have no dates, of whose names then none need be looked up.
    let has_dates = schema.attributes.values().any(|attribute| matches!(attribute, leadscore::Attribute::Date { .. }));
    for (name, value) in record.iter() {
        let name: String = name.extract().map_err(|_| PyTypeError::new_err("the names of a lead's attributes must be str"))?;
        // Asked of few values only.
        let is_date = || has_dates && matches!(schema.attributes.get(&name), Some(leadscore::Attribute::Date { .. }));
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
        let moment = |value: &Bound<'_, PyAny>, name: &Bound<'_, PyString>| {
            instant(value, self.schema).map_err(|error| {
                let message = format!("{place}, \"{name}\": {}", error.value(py));
                raise(py, "DataError", (message,))
            })
        };
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
        let mut event = Event::new(word(kind)?, moment(at, names[AT])?);
        if let Some(channel) = field(CHANNEL) {
            event = event.channel(word(channel)?);
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
            event = event.recorded_at(moment(known, names[RECORDED_AT])?);
        }
        if let Some(lead) = field(LEAD) {
            event = event.of_lead(word(lead)?);
        }
        Ok(event)
    }
}

/// A value as messages show it, cut off where it is long.
fn shown(value: &Bound<'_, PyAny>) -> String {
    const MOST: usize = 60;
    let text = value.repr().map_or_else(|_| String::new(), |text| text.to_string());
    let cut = text.chars().take(MOST).collect::<String>();
    if cut.len() < text.len() { format!("{cut}...") } else { text }
}

/// A value as a word.
fn word(value: &Bound<'_, PyAny>) -> PyResult<String> {
    match value.cast_exact::<PyString>() {
        Ok(word) => word.extract(),
        Err(_) => value.str()?.extract(),
    }
}

/// A text without a letter.
fn is_blank(value: &Bound<'_, PyAny>) -> bool {
    value.cast::<PyString>().is_ok_and(|text| text.to_str().is_ok_and(|text| text.trim().is_empty()))
}

/// `None`, NaN, NaT and pandas' NA. Only those differ from themselves, or refuse to say.
fn is_missing(value: &Bound<'_, PyAny>) -> bool {
    let differs = || !value.eq(value).unwrap_or(false);
    if value.is_none() || value.is_exact_instance_of::<PyFloat>() {
        return value.is_none() || differs();
    }
    // What most values are need not be asked, and pandas' moments take long to answer.
    let never = value.is_exact_instance_of::<PyString>() || value.is_exact_instance_of::<PyInt>() || is_datetime(value).unwrap_or(false);
    !never && !TIMESTAMP.is_type_of(value).unwrap_or(false) && differs()
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
    if is_datetime(value)? || TIMESTAMP.is_type_of(value)? {
        return Ok(Value::Moment);
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

/// An error about a value, with the name of its attribute.
fn located(value: &Bound<'_, PyAny>, error: PyErr, name: &str) -> PyErr {
    let py = value.py();
    raise(py, "DataError", (format!("attribute \"{name}\": {}", error.value(py)),))
}
