//! Moments in whatever form Python has for them. Those that are rare are read by `leadscore/_moments.py`.

use leadscore::{AsOf, Schema, Timestamp};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyList, PyString};

use crate::errors::OrRaise;
use crate::foreign::{DATETIME64, TIMESTAMP};

/// The one moment that an argument names, if any; a naive one is in the zone of `schema`. Errors name the argument.
pub(crate) fn moment(argument: &str, given: Option<&Bound<'_, PyAny>>, schema: &Schema) -> PyResult<Option<Timestamp>> {
    let Some(given) = given.filter(|given| !given.is_none()) else { return Ok(None) };
    let located = |error: PyErr| {
        let py = given.py();
        match error.get_type(py).call1((format!("{argument}: {}", error.value(py)),)) {
            Ok(located) => PyErr::from_value(located),
            Err(_) => error,
        }
    };
    instant(given, schema).map(Some).map_err(located)
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
pub(crate) fn instant(value: &Bound<'_, PyAny>, schema: &Schema) -> PyResult<Timestamp> {
    Timestamp::from_micros(micros(value, schema)?).or_raise(value.py())
}

pub(crate) fn micros(value: &Bound<'_, PyAny>, schema: &Schema) -> PyResult<i64> {
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
pub(crate) fn is_datetime(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = value.py();
    Ok(value.get_type().is(Epochs::get(py)?.datetime.bind(py)))
}

/// The microseconds of Python's own `datetime`, of what its clock shows where it has no zone.
fn datetime_micros(value: &Bound<'_, PyAny>, naive: bool) -> PyResult<i64> {
    let py = value.py();
    let epochs = Epochs::get(py)?;
    let since = value.sub(if naive { epochs.naive.bind(py) } else { epochs.aware.bind(py) })?;
    let part = |name: &Bound<'_, PyString>| -> PyResult<i64> { since.getattr(name)?.extract() };
    let (days, seconds) = (part(intern!(py, "days"))?, part(intern!(py, "seconds"))?);
    Ok((days * 86_400 + seconds) * 1_000_000 + part(intern!(py, "microseconds"))?)
}

/// The microseconds of numpy's `datetime64`; `None` where it is none, and for units that are rare.
fn datetime64_micros(value: &Bound<'_, PyAny>) -> PyResult<Option<i64>> {
    static NANOSECONDS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = value.py();
    // Python's own moment down to microseconds, a number below.
    let item = value.call_method0(intern!(py, "item"))?;
    if is_datetime(&item)? {
        return datetime_micros(&item, true).map(Some);
    }
    let nanoseconds =
        NANOSECONDS.get_or_try_init(py, || py.import("numpy")?.call_method1("dtype", ("datetime64[ns]",)).map(Bound::unbind))?;
    if item.is_none() || !value.getattr(intern!(py, "dtype"))?.eq(nanoseconds)? {
        return Ok(None);
    }
    Ok(Some(item.extract::<i64>()?.div_euclid(1000)))
}

/// The microseconds of pandas' `Timestamp`, of what its clock shows where it has no zone; `None` where it is too far off for its nanoseconds.
fn timestamp_micros(value: &Bound<'_, PyAny>) -> Option<i64> {
    let nanos: i64 = value.getattr(intern!(value.py(), "value")).ok()?.extract().ok()?;
    Some(nanos.div_euclid(1000))
}

/// The microseconds of Python's own `datetime`, of pandas' and numpy's moments, and of what is written in UTC or without an offset in ISO 8601; `None` for everything else.
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
    let is_naive = || value.getattr(intern!(py, "tzinfo")).map(|zone| zone.is_none());
    let (micros, naive) = if is_datetime(value)? {
        let naive = is_naive()?;
        (Some(datetime_micros(value, naive)?), naive)
    } else if TIMESTAMP.is_type_of(value)? {
        (timestamp_micros(value), is_naive()?)
    } else if DATETIME64.is_type_of(value)? {
        (datetime64_micros(value)?, true)
    } else {
        return Ok(None);
    };
    micros.map(|micros| if naive { local(micros) } else { Ok(micros) }).transpose()
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
