//! The score of one lead, and its reasons.

use leadscore::{Reason, Score};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// One reason for a score: what a concept adds to the log-odds, and why.
///
/// The contributions of all concepts and the base sum to the score's ``log_odds`` within 1e-9.
#[pyclass(frozen, eq, name = "Reason", module = "leadscore")]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PyReason(Reason);

#[pymethods]
impl PyReason {
    /// What the reason speaks of, for example ``demo_request`` or ``industry``.
    #[getter]
    fn concept(&self) -> &str {
        &self.0.concept
    }

    /// The feature of the concept that adds most, for example ``demo_request.count.7d``.
    #[getter]
    fn feature(&self) -> &str {
        &self.0.feature
    }

    /// The feature's value; ``None`` when it is missing.
    #[getter]
    fn value(&self) -> Option<f64> {
        self.0.value
    }

    /// What the concept adds to the calibrated log-odds; above 0 raises the probability.
    #[getter]
    fn contribution(&self) -> f64 {
        self.0.contribution
    }

    /// A sentence: "3 demo requests in the last 7 days: raises".
    #[getter]
    fn text(&self) -> &str {
        &self.0.text
    }

    fn __str__(&self) -> &str {
        &self.0.text
    }

    fn __repr__(&self) -> String {
        format!("Reason({:?}, contribution={:+.4})", self.0.text, self.0.contribution)
    }
}

/// What a model says of one lead as of one moment.
#[pyclass(frozen, eq, name = "Score", module = "leadscore")]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PyScore(pub(crate) Score);

#[pymethods]
impl PyScore {
    /// The lead's identifier.
    #[getter]
    fn lead_id(&self) -> &str {
        &self.0.lead_id
    }

    /// The probability that the lead is won within the model's horizon, 0 to 1; NaN when the status is ``schema_mismatch``.
    #[getter]
    fn probability(&self) -> f64 {
        self.0.probability
    }

    /// Its log-odds, to which base and contributions sum.
    #[getter]
    fn log_odds(&self) -> f64 {
        self.0.log_odds
    }

    /// 100 x the share of the reference population with a lower probability: 87 means "above 87 % of leads".
    #[getter]
    fn score(&self) -> f64 {
        self.0.score
    }

    /// The grade, for example ``"A"``.
    #[getter]
    fn grade(&self) -> &str {
        &self.0.grade
    }

    /// ``None``: only the leads of a batch have ranks.
    #[getter]
    fn rank(&self) -> Option<u64> {
        self.0.rank
    }

    /// ``scored``, ``insufficient_data``, ``stale`` or ``schema_mismatch``.
    #[getter]
    fn status(&self) -> &'static str {
        self.0.status.as_str()
    }

    /// The columns that the model needs and the lead did not mention.
    #[getter]
    fn missing_columns(&self) -> Vec<String> {
        self.0.missing_columns.clone()
    }

    /// The reasons asked for, heaviest first.
    #[getter]
    fn reasons(&self) -> Vec<PyReason> {
        self.0.reasons.iter().cloned().map(PyReason).collect()
    }

    /// Which model said so.
    #[getter]
    fn model_version(&self) -> &str {
        &self.0.model_version
    }

    /// The moment as of which the lead was looked at: an aware ``datetime`` in UTC.
    #[getter]
    fn as_of<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        aware(py, self.0.as_of.micros())
    }

    /// All of it as a ``dict``, reasons as their sentences.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        dict.set_item("lead_id", self.lead_id())?;
        dict.set_item("probability", self.probability())?;
        dict.set_item("log_odds", self.log_odds())?;
        dict.set_item("score", self.score())?;
        dict.set_item("grade", self.grade())?;
        dict.set_item("rank", self.rank())?;
        dict.set_item("status", self.status())?;
        dict.set_item("reasons", self.0.reasons.iter().map(|reason| reason.text.as_str()).collect::<Vec<_>>())?;
        dict.set_item("model_version", self.model_version())?;
        dict.set_item("as_of", self.as_of(py)?)?;
        Ok(dict)
    }

    fn __repr__(&self) -> String {
        let Score { lead_id, probability, score, grade, status, .. } = &self.0;
        format!("Score(lead_id={lead_id:?}, probability={probability:.4}, score={score:.1}, grade={grade:?}, status={:?})", status.as_str())
    }
}

/// An aware `datetime` in UTC.
pub(crate) fn aware(py: Python<'_>, micros: i64) -> PyResult<Bound<'_, PyAny>> {
    let datetime = py.import("datetime")?;
    let utc = datetime.getattr("timezone")?.getattr("utc")?;
    let epoch = datetime.getattr("datetime")?.call1((1970, 1, 1, 0, 0, 0, 0, utc))?;
    epoch.add(datetime.getattr("timedelta")?.call1((0, 0, micros))?)
}
