//! How good probabilities are on leads whose outcome is known.

use leadscore::Evaluation;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::errors::raise;

/// How good a model's probabilities are on leads whose outcome is known. All means and shares are weighted.
///
/// ``print(report)`` shows it all as text, a notebook shows it as a table, :meth:`plot` draws it.
#[pyclass(frozen, eq, name = "Evaluation", module = "leadscore")]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PyEvaluation(pub(crate) Evaluation);

#[pymethods]
impl PyEvaluation {
    /// How many rows (snapshots, or leads of a flat table).
    #[getter]
    fn n(&self) -> usize {
        self.0.n
    }

    /// How many of them were won.
    #[getter]
    fn positives(&self) -> usize {
        self.0.positives
    }

    /// Share of rows that were won, 0 to 1.
    #[getter]
    fn base_rate(&self) -> f64 {
        self.0.base_rate
    }

    /// Mean of the probabilities, 0 to 1.
    #[getter]
    fn mean_probability(&self) -> f64 {
        self.0.mean_probability
    }

    /// Area under the ROC curve, 0 to 1; ``None`` when all rows are won, or all lost.
    #[getter]
    fn auc(&self) -> Option<f64> {
        self.0.auc
    }

    /// Average precision, 0 to 1; ``None`` when no row is won.
    #[getter]
    fn average_precision(&self) -> Option<f64> {
        self.0.average_precision
    }

    /// Mean log loss in nats, lower is better.
    #[getter]
    fn log_loss(&self) -> f64 {
        self.0.log_loss
    }

    /// Mean squared error of the probability, lower is better.
    #[getter]
    fn brier(&self) -> f64 {
        self.0.brier
    }

    /// Expected calibration error over ten bins of equal mass, lower is better.
    #[getter]
    fn ece(&self) -> f64 {
        self.0.ece
    }

    /// How many of the rows are older than the end of the model's training: figures on those flatter.
    #[getter]
    fn seen_in_training(&self) -> usize {
        self.0.seen_in_training
    }

    /// The same with every lead counting once, however many snapshots it has, an :class:`Evaluation`; ``None`` for a flat table.
    #[getter]
    fn once_per_lead(&self) -> Option<Self> {
        self.0.once_per_lead.as_deref().cloned().map(Self)
    }

    /// The win rate of the best ``fraction`` of rows over that of all; ``None`` when no row is won.
    ///
    /// :param fraction: above 0, at most 1.
    fn lift(&self, py: Python<'_>, fraction: f64) -> PyResult<Option<f64>> {
        Ok(self.0.lift(checked(py, fraction)?))
    }

    /// The share of all wins in the best ``fraction`` of rows; ``None`` when no row is won.
    ///
    /// :param fraction: above 0, at most 1.
    fn capture(&self, py: Python<'_>, fraction: f64) -> PyResult<Option<f64>> {
        Ok(self.0.capture(checked(py, fraction)?))
    }

    /// The cumulative gains: (share of rows, share of wins) from (0, 0) to (1, 1).
    #[getter]
    fn gains(&self) -> Vec<(f64, f64)> {
        self.0.gains.as_ref().map(|gains| gains.points().to_vec()).unwrap_or_default()
    }

    /// Ten bins of equal mass, from the lowest probabilities to the highest: ``predicted`` and ``observed`` rates, and ``n`` rows.
    #[getter]
    fn calibration_table<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        for bin in &self.0.calibration_table {
            let row = PyDict::new(py);
            row.set_item("predicted", bin.predicted)?;
            row.set_item("observed", bin.observed)?;
            row.set_item("n", bin.n)?;
            list.append(row)?;
        }
        Ok(list)
    }

    /// The same by segment, in the order of their names; empty when the schema names none.
    #[getter]
    fn by_segment<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let parts = self.0.by_segment.iter().map(|(name, part)| (name.clone(), part.clone()));
        named(py, parts)
    }

    /// The same by age of the lead at the snapshot (``"7d"``), the youngest first; empty for a flat table.
    #[getter]
    fn by_age<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let parts = self.0.by_age.iter().map(|(age, part)| (age.to_string(), part.clone()));
        named(py, parts)
    }

    /// The figures as a ``dict``.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        dict.set_item("n", self.0.n)?;
        dict.set_item("positives", self.0.positives)?;
        dict.set_item("base_rate", self.0.base_rate)?;
        dict.set_item("auc", self.0.auc)?;
        dict.set_item("average_precision", self.0.average_precision)?;
        dict.set_item("log_loss", self.0.log_loss)?;
        dict.set_item("brier", self.0.brier)?;
        dict.set_item("ece", self.0.ece)?;
        Ok(dict)
    }

    /// Draws calibration and cumulative gains with matplotlib.
    ///
    /// :param axes: two matplotlib axes; a new figure by default.
    /// :returns: the two axes.
    #[pyo3(signature = (axes=None))]
    fn plot<'py>(slf: &Bound<'py, Self>, axes: Option<Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("leadscore._display")?.call_method1("plot_evaluation", (slf, axes))
    }

    fn _repr_html_(slf: &Bound<'_, Self>) -> PyResult<String> {
        slf.py().import("leadscore._display")?.call_method1("evaluation_html", (slf,))?.extract()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        let Evaluation { n, positives, auc, log_loss, .. } = &self.0;
        let auc = auc.map_or_else(|| "None".to_owned(), |auc| format!("{auc:.4}"));
        format!("Evaluation(n={n}, positives={positives}, auc={auc}, log_loss={log_loss:.4})")
    }
}

fn checked(py: Python<'_>, fraction: f64) -> PyResult<f64> {
    if fraction > 0.0 && fraction <= 1.0 {
        Ok(fraction)
    } else {
        Err(raise(py, "ConfigError", (format!("fraction must be above 0 and at most 1. Got {fraction}"),)))
    }
}

fn named(py: Python<'_>, parts: impl Iterator<Item = (String, Evaluation)>) -> PyResult<Bound<'_, PyDict>> {
    let dict = PyDict::new(py);
    for (name, part) in parts {
        dict.set_item(name, PyEvaluation(part))?;
    }
    Ok(dict)
}
