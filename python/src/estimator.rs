//! The scikit-learn estimators' way to the two models: numpy's columns in, a fitted classifier out, log-odds and probabilities of further columns.
//!
//! `leadscore/_estimators.py` is the face of it: it knows the frames, the categories' words and scikit-learn's manners.

use leadscore::models::boosting::{BoostingError, BoostingParams, BoostingValidParams};
use leadscore::models::logistic::{LogisticError, LogisticParams};
use leadscore::models::{ColumnView, Rows, probability};
use leadscore::{Classifier, Error, Observer};
use linfa::ParamGuard;
use numpy::ndarray::{Array2, ArrayView1, ArrayView2, Axis};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use rayon::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::errors::{OrRaise, raise};
use crate::training::threads;
use crate::work::{quietly, run};

/// Up to so many rows, predicting takes less time than starting threads for it.
const FEW_ROWS: usize = 64;

/// Records as Python has them, without a copy: a matrix, or a column each.
pub(crate) enum Records<'py> {
    /// A matrix of single precision.
    MatrixF32(PyReadonlyArray2<'py, f32>),
    /// A matrix of double precision.
    MatrixF64(PyReadonlyArray2<'py, f64>),
    /// Columns, each of a precision of its own.
    Columns(Vec<Column<'py>>),
}

/// One column.
pub(crate) enum Column<'py> {
    /// Of single precision.
    F32(PyReadonlyArray1<'py, f32>),
    /// Of double precision.
    F64(PyReadonlyArray1<'py, f64>),
}

// Not derived: an attempt that fails writes an error message, and would take longer than predicting a row.
impl<'py> FromPyObject<'_, 'py> for Column<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(values) = object.cast::<PyArray1<f64>>() {
            return Ok(Self::F64(values.try_readonly()?));
        }
        Ok(Self::F32(object.cast::<PyArray1<f32>>()?.try_readonly()?))
    }
}

impl<'py> FromPyObject<'_, 'py> for Records<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(columns) = object.cast::<PyList>() {
            return columns.iter().map(|column| column.extract()).collect::<PyResult<_>>().map(Self::Columns);
        }
        if let Ok(matrix) = object.cast::<PyArray2<f64>>() {
            return Ok(Self::MatrixF64(matrix.try_readonly()?));
        }
        Ok(Self::MatrixF32(object.cast::<PyArray2<f32>>()?.try_readonly()?))
    }
}

impl Records<'_> {
    fn columns(&self) -> Vec<ColumnView<'_>> {
        match self {
            Self::MatrixF32(matrix) => split(matrix.as_array()).map(ColumnView::F32).collect(),
            Self::MatrixF64(matrix) => split(matrix.as_array()).map(ColumnView::F64).collect(),
            Self::Columns(columns) => columns
                .iter()
                .map(|column| match column {
                    Column::F32(values) => ColumnView::F32(values.as_array()),
                    Column::F64(values) => ColumnView::F64(values.as_array()),
                })
                .collect(),
        }
    }
}

/// The columns of a matrix; they live as long as it, not as the view.
fn split<'a, T: 'a>(matrix: ArrayView2<'a, T>) -> impl Iterator<Item = ArrayView1<'a, T>> {
    (0..matrix.ncols()).map(move |column| matrix.index_axis_move(Axis(1), column))
}

/// Why there is no result: what scikit-learn's users know as `ValueError`, or an error of the library.
enum Fault {
    Data(String),
    Other(Error),
}

impl Fault {
    fn raise(self, py: Python<'_>) -> PyErr {
        match self {
            Self::Data(message) => raise(py, "DataError", (message,)),
            Self::Other(error) => crate::errors::exception(py, &error),
        }
    }

    /// Errors of fitting, with columns by name instead of number.
    fn of(error: Error, names: &[String]) -> Self {
        match error {
            Error::Boosting(BoostingError::NotFinite { row, feature, value }) => Self::Data(not_finite(names, row, feature, value)),
            Error::Logistic(LogisticError::NotFinite { row, feature, value }) => {
                Self::Data(not_finite(names, row, feature, f64::from(value)))
            }
            Error::Logistic(LogisticError::Overflow { row, feature, value }) => Self::Data(not_finite(names, row, feature, value)),
            Error::Logistic(LogisticError::Spread { feature }) => Self::Data(format!(
                "the values of column \"{}\" lie too far apart for float32 (3.4e38); rescale them",
                name_of(names, feature)
            )),
            Error::Boosting(BoostingError::NoOrder { feature, direction }) => Self::Other(config(format!(
                "monotone_constraints must be 0 for column \"{}\": it is categorical, and categories have no order. Got {direction}",
                name_of(names, feature)
            ))),
            other => Self::Other(other),
        }
    }
}

/// The name of a column.
fn name_of(names: &[String], feature: usize) -> String {
    names.get(feature).map_or_else(|| format!("x{feature}"), Clone::clone)
}

/// In scikit-learn's words, which its users search for, and with the place.
fn not_finite(names: &[String], row: usize, feature: usize, value: f64) -> String {
    let name = name_of(names, feature);
    format!(
        "Input X contains infinity or a value too large for dtype('float32'): row {row} of column \"{name}\" is {value:e}; use NaN for what is not known"
    )
}

/// What a pickle holds: the classifier's bytes, the columns' numbers of categories, and their names.
type Pickled<'py> = (Bound<'py, PyBytes>, Vec<Option<u32>>, Vec<String>);

/// A fitted classifier of numbered columns: codes of categories are numbers here, and words in Python.
#[pyclass(frozen, name = "FittedClassifier", module = "leadscore._leadscore")]
#[derive(Debug)]
pub(crate) struct PyClassifier {
    classifier: Classifier,
    categorical: Vec<Option<u32>>,
    /// Of the columns, for messages.
    names: Vec<String>,
}

/// Refuses what is infinite in single precision, with the row that the caller knows: `places` has it for each row of `records`.
#[pyfunction]
pub(crate) fn refuse_infinite(py: Python<'_>, names: Vec<String>, records: Records<'_>, places: PyReadonlyArray1<'_, i64>) -> PyResult<()> {
    let (columns, places) = (records.columns(), places.as_array());
    let place = |row: usize| places.get(row).and_then(|&place| usize::try_from(place).ok()).unwrap_or(row);
    match columns.iter().position(is_infinite) {
        Some(feature) => Err(raise(py, "DataError", (first_infinite(&columns[feature], feature, &names, place),))),
        None => Ok(()),
    }
}

/// Fits a classifier; `fit` of the estimators is the face of it.
///
/// :param algorithm: ``"boosting"`` or ``"logistic"``.
/// :param settings: JSON: those settings that are not to be as by default.
/// :param names: of the columns, for messages.
/// :param records: a matrix, or an array a column; float32 or float64, NaN for what is missing, codes for categories.
/// :param categorical: for each column ``None`` when it is numeric, else its number of known categories.
#[pyfunction]
pub(crate) fn fit_classifier(
    py: Python<'_>,
    algorithm: &str,
    settings: &str,
    names: Vec<String>,
    records: Records<'_>,
    categorical: Vec<Option<u32>>,
    won: PyReadonlyArray1<'_, bool>,
    weights: Option<PyReadonlyArray1<'_, f32>>,
    groups: Option<PyReadonlyArray1<'_, u32>>,
    offsets: Option<PyReadonlyArray1<'_, f64>>,
    workers: Option<usize>,
) -> PyResult<PyClassifier> {
    let algorithm = Params::read(algorithm, settings, &categorical).or_raise(py)?;
    // These are a few bytes a row; copied, they are contiguous whatever they were.
    let groups: Vec<u32> = groups.map(|groups| groups.as_array().to_vec()).unwrap_or_default();
    let offsets: Vec<f64> = offsets.map(|offsets| offsets.as_array().to_vec()).unwrap_or_default();
    let rows = Labelled {
        columns: records.columns(),
        won: won.as_array(),
        weights: weights.as_ref().map_or(ArrayView1::from(&[]), PyReadonlyArray1::as_array),
        groups: &groups,
        offsets: &offsets,
    };
    let silent = false.into_pyobject(py)?.to_owned().into_any();
    let fitted = run(py, &silent, |observer| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads(workers)).build().map_err(config)?;
        Ok(match pool.install(|| algorithm.fit(&rows, observer)) {
            Err(Error::Cancelled) => return Err(Error::Cancelled),
            fitted => fitted.map_err(|error| Fault::of(error, &names)),
        })
    })?;
    Ok(PyClassifier { classifier: fitted.map_err(|fault| fault.raise(py))?, categorical, names })
}

/// What is fitted to.
struct Labelled<'a> {
    columns: Vec<ColumnView<'a>>,
    won: ArrayView1<'a, bool>,
    /// Empty: all 1.
    weights: ArrayView1<'a, f32>,
    /// Empty: each row is its own.
    groups: &'a [u32],
    /// Empty: all 0.
    offsets: &'a [f64],
}

impl<'a> Labelled<'a> {
    fn rows(&self) -> Rows<'a> {
        Rows::new(self.columns.clone(), self.won).weights(self.weights).groups(self.groups).offsets(self.offsets)
    }
}

fn fit_boosting(params: &BoostingParams, rows: &Labelled<'_>, observer: &dyn Observer) -> Result<Classifier, Error> {
    let params = params.check_ref()?;
    let fitted = params.fit_rows_observed(&rows.rows(), None, observer).map_err(|error| of_held_out_rows(error, params))?;
    Ok(Classifier::Boosting(fitted.model))
}

/// The error, with the setting that holds rows out where these are missed: the estimators see to it that there are both outcomes before.
fn of_held_out_rows(error: BoostingError, params: &BoostingValidParams) -> Error {
    let missed = matches!(error, BoostingError::Empty { .. } | BoostingError::OneClass { .. });
    if !(missed && params.early_stopping_rounds().is_some()) {
        return error.into();
    }
    config(format!(
        "validation_fraction = {} holds out too many rows, the last ones, for early stopping: {error}; lower it, or put the rows in another order",
        params.validation_fraction()
    ))
}

fn fit_logistic(params: &LogisticParams, rows: &Labelled<'_>, observer: &dyn Observer) -> Result<Classifier, Error> {
    Ok(Classifier::Logistic(params.check_ref()?.fit_rows_observed(&rows.rows(), observer)?))
}

/// The settings of one of the two models.
enum Params {
    Boosting(Box<BoostingParams>),
    Logistic(LogisticParams),
}

impl Params {
    fn read(algorithm: &str, settings: &str, categorical: &[Option<u32>]) -> Result<Self, Error> {
        match algorithm {
            "boosting" => settings_of(settings, &BoostingParams::new())
                .map(|params| Self::Boosting(Box::new(params.categorical(categorical.to_vec())))),
            "logistic" => {
                settings_of(settings, &LogisticParams::new()).map(|params| Self::Logistic(params.categorical(categorical.to_vec())))
            }
            other => Err(config(format!("there is no estimator of algorithm {other:?}"))),
        }
    }

    fn fit(&self, rows: &Labelled<'_>, observer: &dyn Observer) -> Result<Classifier, Error> {
        match self {
            Self::Boosting(params) => fit_boosting(params, rows, observer),
            Self::Logistic(params) => fit_logistic(params, rows, observer),
        }
    }
}

/// The defaults, with the given settings in their place. A name that the model does not know is an error and not silence.
fn settings_of<T: Serialize + DeserializeOwned>(given: &str, defaults: &T) -> Result<T, Error> {
    let given: Map<String, Value> = serde_json::from_str(given).map_err(config)?;
    let Value::Object(defaults) = serde_json::to_value(defaults).map_err(config)? else {
        return Err(config("the settings of an algorithm are a map"));
    };
    if let Some(name) = given.keys().find(|name| !defaults.contains_key(*name)) {
        return Err(config(format!("there is no setting \"{name}\"")));
    }
    let with = |settings: &Map<String, Value>| {
        let mut all = defaults.clone();
        all.extend(settings.clone());
        serde_json::from_value(Value::Object(all))
    };
    with(&given).map_err(|error| {
        // An error of type does not say whose; alone among defaults, the setting that has it is found.
        let message = error.to_string();
        let wrong = given.iter().find(|(name, value)| with(&Map::from_iter([((*name).clone(), (*value).clone())])).is_err());
        match wrong {
            Some((name, _)) if !message.starts_with(name.as_str()) => config(format!("{name}: {message}")),
            _ => config(message),
        }
    })
}

fn config(error: impl std::fmt::Display) -> Error {
    Error::Config { message: error.to_string() }
}

#[pymethods]
impl PyClassifier {
    /// The log-odds of each row; ``offsets`` are added.
    fn log_odds<'py>(
        &self,
        py: Python<'py>,
        records: Records<'py>,
        offsets: Option<PyReadonlyArray1<'py, f64>>,
        workers: Option<usize>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        Ok(self.predicted(py, &records, offsets.as_ref(), workers)?.into_pyarray(py))
    }

    /// The probabilities of losing and of winning of each row (rows x 2).
    fn probabilities<'py>(
        &self,
        py: Python<'py>,
        records: Records<'py>,
        offsets: Option<PyReadonlyArray1<'py, f64>>,
        workers: Option<usize>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let log_odds = self.predicted(py, &records, offsets.as_ref(), workers)?;
        let both = py.detach(|| {
            let pairs = log_odds.iter().flat_map(|&log_odds| {
                let won = probability(log_odds);
                [1.0 - won, won]
            });
            // Two numbers a row, so the shape always fits.
            Array2::from_shape_vec((log_odds.len(), 2), pairs.collect()).unwrap_or_default()
        });
        Ok(both.into_pyarray(py))
    }

    /// Per feature its share of the gain of all splits (boosting), or the standard deviation of its term (logistic).
    fn importance(&self) -> Vec<f64> {
        match &self.classifier {
            Classifier::Logistic(model) => model.importance(),
            Classifier::Boosting(model) => model.importance(),
            _ => Vec::new(),
        }
    }

    /// The number of trees; ``None`` of a model that has none.
    #[getter]
    fn n_trees(&self) -> Option<usize> {
        match &self.classifier {
            Classifier::Boosting(model) => Some(model.n_trees()),
            _ => None,
        }
    }

    /// The log-odds before any feature speaks.
    #[getter]
    fn intercept(&self) -> Option<f64> {
        match &self.classifier {
            Classifier::Logistic(model) => Some(model.intercept()),
            Classifier::Boosting(model) => Some(model.base()),
            _ => None,
        }
    }

    /// Per feature its log-odds per standard deviation (logistic); NaN when it is categorical, was dropped, or the model is no linear one.
    fn coefficients(&self) -> Vec<f64> {
        let of = |feature| match &self.classifier {
            Classifier::Logistic(model) => model.numeric_coefficient(feature).map_or(f64::NAN, |(coefficient, _)| coefficient),
            _ => f64::NAN,
        };
        (0..self.categorical.len()).map(of).collect()
    }

    /// How a logistic regression's fit ended, as JSON; ``None`` of another model.
    fn report(&self, py: Python<'_>) -> PyResult<Option<String>> {
        match &self.classifier {
            Classifier::Logistic(model) => serde_json::to_string(model.report()).map(Some).map_err(config).or_raise(py),
            _ => Ok(None),
        }
    }

    /// For ``pickle``: the classifier's bytes, which :meth:`_restored` checks. No code is in them.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Pickled<'py>)> {
        let bytes = self.classifier.to_bytes().or_raise(py)?;
        let restore = py.get_type::<Self>().getattr("_restored")?;
        Ok((restore, (PyBytes::new(py, &bytes), self.categorical.clone(), self.names.clone())))
    }

    /// The classifier in ``state``, checked so that predicting with it is safe.
    #[staticmethod]
    fn _restored(py: Python<'_>, state: &[u8], categorical: Vec<Option<u32>>, names: Vec<String>) -> PyResult<Self> {
        let classifier = Classifier::from_bytes(state, &categorical).or_raise(py)?;
        Ok(Self { classifier, categorical, names })
    }
}

impl PyClassifier {
    fn predicted(
        &self,
        py: Python<'_>,
        records: &Records<'_>,
        offsets: Option<&PyReadonlyArray1<'_, f64>>,
        workers: Option<usize>,
    ) -> PyResult<Vec<f64>> {
        let columns = records.columns();
        if columns.len() != self.categorical.len() {
            let message =
                format!("X has {} features, but the classifier is expecting {} features as input", columns.len(), self.categorical.len());
            return Err(raise(py, "DataError", (message,)));
        }
        let rows = columns.first().map_or(0, ColumnView::len);
        let offsets = offsets.map(PyReadonlyArray1::as_array);
        let lengths = columns.iter().map(ColumnView::len).chain(offsets.map(|offsets| offsets.len()));
        if let Some(length) = lengths.into_iter().find(|&length| length != rows) {
            return Err(raise(py, "DataError", (format!("columns and offsets have different lengths: {rows} and {length} rows"),)));
        }
        let predicted = if rows <= FEW_ROWS {
            py.detach(|| predict_few(&self.classifier, &columns, &self.names))
        } else {
            quietly(py, || {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads(workers)).build().map_err(config)?;
                Ok(pool.install(|| predict(&self.classifier, &columns, &self.names)))
            })?
        };
        predicted.map(|log_odds| plus(log_odds, offsets)).map_err(|message| raise(py, "DataError", (message,)))
    }
}

/// Rows that are looked through at a time.
const ROWS_AT_ONCE: usize = 64;

/// Whether a number of the rows from `first` on is infinite in `f32`.
fn has_infinite(column: &ColumnView<'_>, first: usize) -> bool {
    let last = (first + ROWS_AT_ONCE).min(column.len());
    let rows = numpy::ndarray::s![first..last];
    match column {
        ColumnView::F32(values) => values.slice(rows).fold(false, |any, value| any | value.is_infinite()),
        ColumnView::F64(values) => values.slice(rows).fold(false, |any, value| any | (*value as f32).is_infinite()),
    }
}

/// The log-odds of each row, or what is wrong with one.
fn predict(classifier: &Classifier, columns: &[ColumnView<'_>], names: &[String]) -> Result<Vec<f64>, String> {
    // Few rows of all columns at a time: of a matrix that is stored row by row, whole columns would fetch every line of it once a column.
    let rows = columns.first().map_or(0, ColumnView::len);
    let starts = (0..rows.div_ceil(ROWS_AT_ONCE)).into_par_iter();
    if starts.any(|chunk| columns.iter().any(|column| has_infinite(column, chunk * ROWS_AT_ONCE)))
        && let Some(feature) = columns.iter().position(is_infinite)
    {
        return Err(first_infinite(&columns[feature], feature, names, |row| row));
    }
    match classifier {
        Classifier::Boosting(model) => Ok(model.predict_rows(columns)),
        Classifier::Logistic(model) => model.predict_rows(columns).map(|log_odds| log_odds.to_vec()).map_err(|error| error.to_string()),
        _ => Err("the classifier is of a kind that no estimator fits".to_owned()),
    }
}

/// The same, bit by bit, on the calling thread: a pool of threads that outlives the call is no use to a forked process, and handing over takes longer.
fn predict_few(classifier: &Classifier, columns: &[ColumnView<'_>], names: &[String]) -> Result<Vec<f64>, String> {
    if let Some(feature) = columns.iter().position(is_infinite) {
        return Err(first_infinite(&columns[feature], feature, names, |row| row));
    }
    let mut values = vec![0.0; columns.len()];
    let rows = columns.first().map_or(0, ColumnView::len);
    let log_odds = (0..rows).map(|row| {
        values.iter_mut().zip(columns).for_each(|(value, column)| *value = column.get(row));
        classifier.log_odds(&values)
    });
    Ok(log_odds.collect())
}

/// Whether a value is infinite, or becomes so in single precision.
fn is_infinite(column: &ColumnView<'_>) -> bool {
    match column {
        ColumnView::F32(values) => values.iter().fold(false, |found, value| found | value.is_infinite()),
        ColumnView::F64(values) => values.iter().fold(false, |found, &value| found | (value as f32).is_infinite()),
    }
}

/// The first infinite value of a column; `place` gives the row that the caller knows.
fn first_infinite(column: &ColumnView<'_>, feature: usize, names: &[String], place: impl Fn(usize) -> usize) -> String {
    let row = (0..column.len()).find(|&row| column.get(row).is_infinite()).unwrap_or_default();
    let value = match column {
        ColumnView::F32(values) => f64::from(values[row]),
        ColumnView::F64(values) => values[row],
    };
    not_finite(names, place(row), feature, value)
}

fn plus(mut log_odds: Vec<f64>, offsets: Option<ArrayView1<'_, f64>>) -> Vec<f64> {
    if let Some(offsets) = offsets {
        log_odds.iter_mut().zip(offsets).for_each(|(log_odds, offset)| *log_odds += offset);
    }
    log_odds
}
