//! A table that Rust holds and Python sees: what any frame becomes on its way in, and what the caller's own type is made of on its way out.

use std::ffi::CStr;
use std::path::PathBuf;

use leadscore::frame::{ArrowStream, ReadOptions, read_table};
use polars::prelude::*;
use polars_arrow::ffi::ArrowArrayStream;
use pyo3::exceptions::{PyKeyError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule, PyCapsuleMethods, PyDict, PyList};

use crate::errors::{OrRaise, raise};

/// A column from Python: name, type, values, and which are valid.
type GivenColumn<'py> = (String, String, Bound<'py, PyAny>, Option<Vec<u8>>);
/// A column to Python: type, values, and which are valid.
type TakenColumn<'py> = (&'static str, Bound<'py, PyAny>, Option<Bound<'py, PyBytes>>);

/// The name that the Arrow PyCapsule interface gives a stream.
const STREAM: &CStr = c"arrow_array_stream";

/// A table of named columns: what leadscore gives back to callers whose own frame type it cannot make.
///
/// Any library that reads the Arrow PyCapsule interface takes it: ``polars.DataFrame(table)``, ``pyarrow.table(table)``,
/// ``duckdb.from_arrow(pyarrow.table(table))``.
///
/// >>> import leadscore as ls
/// >>> leads = ls.datasets.make_leads(50, frame=None).leads
/// >>> len(leads)
/// 50
/// >>> leads["lead_id"][:1] == leads.to_dict()["lead_id"][:1]
/// True
#[pyclass(frozen, module = "leadscore")]
#[derive(Debug, Clone)]
pub(crate) struct Table(pub(crate) DataFrame);

#[pymethods]
impl Table {
    /// The table that an object with ``__arrow_c_stream__`` hands over.
    ///
    /// :param name: what messages call it.
    /// :param needed: the columns that will be read, all when ``None``; others of unreadable types are left out.
    /// :param exclude: columns that will not be read.
    #[staticmethod]
    #[pyo3(signature = (frame, name, needed=None, exclude=Vec::new()))]
    fn from_stream(frame: &Bound<'_, PyAny>, name: &str, needed: Option<Vec<String>>, exclude: Vec<String>) -> PyResult<Self> {
        let py = frame.py();
        let capsule = frame.call_method0("__arrow_c_stream__")?;
        let capsule =
            capsule.cast::<PyCapsule>().map_err(|_| PyTypeError::new_err(format!("{name}: __arrow_c_stream__ must return a PyCapsule")))?;
        let address = capsule.pointer_checked(Some(STREAM))?;
        // SAFETY: a capsule of this name holds an ArrowArrayStream, and taking it over is what the interface asks of a consumer; the interpreter's lock is held.
        let stream = unsafe { ArrowStream::take(address) };
        let skip = |column: &str| {
            exclude.iter().any(|name| name == column) || needed.as_ref().is_some_and(|needed| !needed.iter().any(|name| name == column))
        };
        // Producers may need the lock on threads of their own (DuckDB runs its query now).
        let read = py.detach(|| stream.read(name, &skip));
        read.map(Self).map_err(|error| raise(py, "DataError", (error.to_string(),)))
    }

    /// The table in a file: CSV, Parquet or Arrow IPC, by its extension.
    ///
    /// :param needed: the columns that will be read, all when ``None``.
    /// :param exclude: columns that will not be read.
    #[staticmethod]
    #[pyo3(signature = (path, needed=None, exclude=Vec::new()))]
    fn from_file(py: Python<'_>, path: PathBuf, needed: Option<Vec<String>>, exclude: Vec<String>) -> PyResult<Self> {
        let table = py.detach(|| read_table(&path, &ReadOptions::default())).map_err(leadscore::Error::from).or_raise(py)?;
        let wanted = |name: &str| {
            !exclude.iter().any(|other| other == name) && needed.as_ref().is_none_or(|needed| needed.iter().any(|n| n == name))
        };
        let columns = table.columns().iter().filter(|column| wanted(column.name())).cloned().collect();
        DataFrame::new(table.height(), columns).map(Self).map_err(value_error)
    }

    /// The table of the given columns: name, kind, data, and a byte a row that is 1 where the value is missing (or ``None``).
    #[staticmethod]
    fn from_columns(columns: Vec<GivenColumn<'_>>) -> PyResult<Self> {
        let columns = columns.into_iter().map(|(name, kind, data, mask)| column(&name, &kind, &data, mask.as_deref()));
        let columns = columns.collect::<PyResult<Vec<Column>>>()?;
        DataFrame::new_infer_height(columns).map(Self).map_err(value_error)
    }

    /// The Arrow PyCapsule interface: the table as an Arrow C stream.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(&self, py: Python<'py>, requested_schema: Option<&Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyCapsule>> {
        // The interface lets a producer ignore the wish.
        let _ = requested_schema;
        let frame = self.0.clone();
        let stream = py.detach(|| ArrowArrayStream::from(ArrowStream::of(frame)));
        PyCapsule::new_with_value(py, stream, STREAM)
    }

    /// The names of the columns.
    #[getter]
    fn columns(&self) -> Vec<String> {
        self.0.get_column_names().into_iter().map(ToString::to_string).collect()
    }

    /// Rows and columns.
    #[getter]
    fn shape(&self) -> (usize, usize) {
        self.0.shape()
    }

    fn __len__(&self) -> usize {
        self.0.height()
    }

    /// The values of column ``name`` as Python objects.
    fn __getitem__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyList>> {
        objects(py, &self.series(name)?)
    }

    /// Every column as a list of Python objects.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for name in self.columns() {
            let values = self.__getitem__(py, &name)?;
            dict.set_item(name, values)?;
        }
        Ok(dict)
    }

    /// Column ``name`` as kind, data and mask, for making arrays of it.
    fn column_data<'py>(&self, py: Python<'py>, name: &str) -> PyResult<TakenColumn<'py>> {
        let series = self.series(name)?;
        let mask = (series.null_count() > 0).then(|| {
            let missing: Vec<u8> = series.is_null().iter().map(|null| u8::from(null == Some(true))).collect();
            PyBytes::new(py, &missing)
        });
        let bytes = |bytes: Vec<u8>| PyBytes::new(py, &bytes).into_any();
        Ok(match series.dtype() {
            DataType::String | DataType::Categorical(..) | DataType::Enum(..) => ("str", objects(py, &series)?.into_any(), None),
            DataType::Boolean => {
                let values = series.bool().map_err(value_error)?;
                ("bool", bytes(values.iter().map(|v| u8::from(v == Some(true))).collect()), mask)
            }
            DataType::Float32 => {
                let values = series.f32().map_err(value_error)?;
                ("f32", bytes(values.iter().flat_map(|v| v.unwrap_or(f32::NAN).to_ne_bytes()).collect()), mask)
            }
            DataType::Float64 => {
                let values = series.f64().map_err(value_error)?;
                ("f64", bytes(values.iter().flat_map(|v| v.unwrap_or(f64::NAN).to_ne_bytes()).collect()), mask)
            }
            DataType::UInt64 => {
                let values = series.u64().map_err(value_error)?;
                ("u64", bytes(values.iter().flat_map(|v| v.unwrap_or(0).to_ne_bytes()).collect()), mask)
            }
            dtype if dtype.is_integer() => ("i64", bytes(integers(&series)?), mask),
            DataType::Date => ("micros", bytes(integers(&micros(&series, None)?)?), mask),
            DataType::Datetime(_, zone) => {
                let kind = if zone.is_some() { "micros_utc" } else { "micros" };
                (kind, bytes(integers(&micros(&series, zone.clone())?)?), mask)
            }
            _ => ("objects", objects(py, &series)?.into_any(), None),
        })
    }

    fn __repr__(&self) -> String {
        let (rows, columns) = self.0.shape();
        let many = |n: usize| if n == 1 { "" } else { "s" };
        format!("<leadscore.Table of {rows} row{} and {columns} column{}: {}>", many(rows), many(columns), self.columns().join(", "))
    }
}

impl Table {
    fn series(&self, name: &str) -> PyResult<Series> {
        let column = self.0.column(name).map_err(|_| PyKeyError::new_err(name.to_owned()))?;
        Ok(column.as_materialized_series().clone())
    }
}

fn value_error(error: PolarsError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

fn micros(series: &Series, zone: Option<TimeZone>) -> PyResult<Series> {
    series.cast(&DataType::Datetime(TimeUnit::Microseconds, zone)).map_err(value_error)
}

fn integers(series: &Series) -> PyResult<Vec<u8>> {
    let values = series.cast(&DataType::Int64).map_err(value_error)?;
    let values = values.i64().map_err(value_error)?;
    Ok(values.iter().flat_map(|v| v.unwrap_or(0).to_ne_bytes()).collect())
}

/// The column that Python described.
fn column(name: &str, kind: &str, data: &Bound<'_, PyAny>, mask: Option<&[u8]>) -> PyResult<Column> {
    let name = PlSmallStr::from_str(name);
    let present = |row: usize| mask.is_none_or(|mask| mask.get(row) == Some(&0));
    if kind == "str" {
        let words: Vec<Option<String>> = data.extract()?;
        return Ok(Column::new(name, words));
    }
    let bytes = data.cast::<PyBytes>()?.as_bytes();
    if kind == "bool" {
        let values: BooleanChunked = bytes.iter().enumerate().map(|(row, &b)| present(row).then_some(b != 0)).collect();
        return Ok(values.with_name(name).into_column());
    }
    let words = bytes.chunks_exact(8).map(|chunk| chunk.try_into().unwrap_or_default()).enumerate();
    let whole = |name: PlSmallStr| -> Int64Chunked {
        Int64Chunked::from_iter_options(name, words.clone().map(|(row, b)| present(row).then(|| i64::from_ne_bytes(b))))
    };
    Ok(match kind {
        "f64" => Float64Chunked::from_iter_options(name, words.map(|(row, b)| present(row).then(|| f64::from_ne_bytes(b)))).into_column(),
        "u64" => UInt64Chunked::from_iter_options(name, words.map(|(row, b)| present(row).then(|| u64::from_ne_bytes(b)))).into_column(),
        "i64" => whole(name).into_column(),
        "micros" => whole(name).into_datetime(TimeUnit::Microseconds, None).into_column(),
        "micros_utc" => whole(name).into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)).into_column(),
        "date" => whole(name).into_column().cast(&DataType::Int32).and_then(|days| days.cast(&DataType::Date)).map_err(value_error)?,
        _ => return Err(PyValueError::new_err(format!("a column cannot be of kind \"{kind}\""))),
    })
}

/// A column as Python objects: words, numbers, booleans, moments (aware when the column has a zone), lists of them.
fn objects<'py>(py: Python<'py>, series: &Series) -> PyResult<Bound<'py, PyList>> {
    let times = match series.dtype() {
        DataType::Datetime(_, zone) => Some((micros(series, zone.clone())?, zone.is_some())),
        DataType::Date => Some((micros(series, None)?, false)),
        _ => None,
    };
    if let Some((moments, aware)) = times {
        let datetime = py.import("datetime")?;
        let zone = if aware { datetime.getattr("timezone")?.getattr("utc")?.into_any() } else { py.None().into_bound(py) };
        let epoch = datetime.getattr("datetime")?.call1((1970, 1, 1, 0, 0, 0, 0, zone))?;
        let span = datetime.getattr("timedelta")?;
        let moments = moments.cast(&DataType::Int64).map_err(value_error)?;
        let list = PyList::empty(py);
        for moment in moments.i64().map_err(value_error)?.iter() {
            match moment {
                None => list.append(py.None())?,
                Some(micros) => list.append(epoch.add(span.call1((0, 0, micros))?)?)?,
            }
        }
        return Ok(list);
    }
    let list = PyList::empty(py);
    for value in series.rechunk().iter() {
        list.append(object(py, &value)?)?;
    }
    Ok(list)
}

fn object<'py>(py: Python<'py>, value: &AnyValue<'_>) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        AnyValue::Null => py.None().into_bound(py),
        AnyValue::Boolean(b) => b.into_pyobject(py)?.to_owned().into_any(),
        AnyValue::String(word) => word.into_pyobject(py)?.into_any(),
        AnyValue::List(items) => objects(py, items)?.into_any(),
        AnyValue::Float32(x) => x.into_pyobject(py)?.into_any(),
        AnyValue::Float64(x) => x.into_pyobject(py)?.into_any(),
        AnyValue::UInt64(x) => x.into_pyobject(py)?.into_any(),
        other => match other.extract::<i64>() {
            Some(x) if other.is_integer() => x.into_pyobject(py)?.into_any(),
            _ => other.str_value().into_pyobject(py)?.into_any(),
        },
    })
}
