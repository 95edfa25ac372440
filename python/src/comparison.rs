//! Why a score changed.

use leadscore::{Comparison, Part};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::score::aware;

/// Why a lead scores otherwise than before: made by :meth:`Model.compare`. ``print`` it, or show it in a notebook.
#[pyclass(frozen, eq, name = "Comparison", module = "leadscore")]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PyComparison(pub(crate) Comparison);

/// One part of a change of score: what one thing did to the log-odds.
#[pyclass(frozen, eq, name = "ComparisonPart", module = "leadscore")]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PyPart(Part);

#[pymethods]
impl PyPart {
    /// How much it changed the log-odds; above 0 raises the probability.
    #[getter]
    fn change(&self) -> f64 {
        self.0.change
    }

    /// The concepts that moved it most, heaviest first, each a ``dict``: ``concept``, ``feature``, ``before``, ``after``, ``change``, ``text``.
    #[getter]
    fn concepts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let concepts = PyList::empty(py);
        for moved in &self.0.concepts {
            let dict = PyDict::new(py);
            dict.set_item("concept", &moved.concept)?;
            dict.set_item("feature", &moved.feature)?;
            dict.set_item("before", moved.before)?;
            dict.set_item("after", moved.after)?;
            dict.set_item("change", moved.change)?;
            dict.set_item("text", &moved.text)?;
            concepts.append(dict)?;
        }
        Ok(concepts)
    }

    /// A sentence: "7 days passed: lowers the log-odds by 0.31".
    #[getter]
    fn text(&self) -> &str {
        &self.0.text
    }

    fn __str__(&self) -> &str {
        &self.0.text
    }

    fn __repr__(&self) -> String {
        format!("ComparisonPart({:?}, change={:+.4})", self.0.text, self.0.change)
    }
}

#[pymethods]
impl PyComparison {
    /// The lead's identifier, as of the later moment.
    #[getter]
    fn lead_id(&self) -> &str {
        &self.0.lead_id
    }

    /// The two moments: aware ``datetime`` in UTC.
    #[getter]
    fn as_of<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        Ok((aware(py, self.0.as_of.0.micros())?, aware(py, self.0.as_of.1.micros())?))
    }

    /// The log-odds at both.
    #[getter]
    fn log_odds(&self) -> (f64, f64) {
        self.0.log_odds
    }

    /// The probabilities at both.
    #[getter]
    fn probability(&self) -> (f64, f64) {
        self.0.probability
    }

    /// Which models said so.
    #[getter]
    fn model_version(&self) -> (&str, &str) {
        (&self.0.model_version.0, &self.0.model_version.1)
    }

    /// The whole change of log-odds, to which the parts sum within 1e-9.
    #[getter]
    fn change(&self) -> f64 {
        self.0.change()
    }

    /// The four parts in their order, by the names of their attributes: ``time_passing``, ``new_events``, ``changed_attributes``, ``model_change``.
    #[getter]
    fn parts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let parts = PyDict::new(py);
        for (name, part) in self.0.parts() {
            parts.set_item(name, PyPart(part.clone()))?;
        }
        Ok(parts)
    }

    /// What the passing of time alone did: the events that were visible before, seen from the later moment.
    #[getter]
    fn time_passing(&self) -> PyPart {
        PyPart(self.0.time_passing.clone())
    }

    /// What events did that are visible now and were not before, whether they are new or became known late.
    #[getter]
    fn new_events(&self) -> PyPart {
        PyPart(self.0.new_events.clone())
    }

    /// What the lead's changed attributes did.
    #[getter]
    fn changed_attributes(&self) -> PyPart {
        PyPart(self.0.changed_attributes.clone())
    }

    /// What the new model did; nothing when it is the same.
    #[getter]
    fn model_change(&self) -> PyPart {
        PyPart(self.0.model_change.clone())
    }

    /// The events that became visible or are no longer there, by kind, each a ``dict``: ``kind``, ``new``, ``gone``.
    #[getter]
    fn events<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let events = PyList::empty(py);
        for change in &self.0.events {
            let dict = PyDict::new(py);
            dict.set_item("kind", &change.kind)?;
            dict.set_item("new", change.new)?;
            dict.set_item("gone", change.gone)?;
            events.append(dict)?;
        }
        Ok(events)
    }

    /// The attributes that are read and changed, in words: ``{name: (before, after)}``.
    #[getter]
    fn attributes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let attributes = PyDict::new(py);
        for change in &self.0.attributes {
            attributes.set_item(&change.name, (&change.before, &change.after))?;
        }
        Ok(attributes)
    }

    /// All of it as a ``dict`` of plain values, parts as their changes and sentences.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        dict.set_item("lead_id", self.lead_id())?;
        dict.set_item("as_of", self.as_of(py)?)?;
        dict.set_item("log_odds", self.log_odds())?;
        dict.set_item("probability", self.probability())?;
        dict.set_item("model_version", self.model_version())?;
        dict.set_item("change", self.change())?;
        let parts = PyDict::new(py);
        for (name, part) in self.0.parts() {
            parts.set_item(name, (part.change, &part.text))?;
        }
        dict.set_item("parts", parts)?;
        dict.set_item("events", self.events(py)?)?;
        dict.set_item("attributes", self.attributes(py)?)?;
        Ok(dict)
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        let (before, after) = self.0.probability;
        format!("<leadscore.Comparison of {:?}: probability {before:.4} to {after:.4}>", self.0.lead_id)
    }

    fn _repr_html_(slf: &Bound<'_, Self>) -> PyResult<String> {
        slf.py().import("leadscore._display")?.call_method1("comparison_html", (slf,))?.extract()
    }
}
