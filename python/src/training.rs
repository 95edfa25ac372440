//! Training, retraining, observations, made data.

use std::num::NonZero;
use std::thread;

use leadscore::datasets::MakeLeads;
use leadscore::models::Algorithm;
use leadscore::models::boosting::BoostingParams;
use leadscore::models::logistic::LogisticParams;
use leadscore::{Constraints, Error, FeatureSettings, Gate, Retrained, Retrainer, Snapshots, Span, Trainer};
use polars::prelude::DataFrame;
use pyo3::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::errors::OrRaise;
use crate::evaluation::PyEvaluation;
use crate::frames::{self, Needed};
use crate::model::PyModel;
use crate::moments;
use crate::table::Table;
use crate::warned;
use crate::work::{quietly, run};

/// The frames of a history, and the settings of a training by keyword, as `leadscore/_training.py` gives them.
struct Asked {
    leads: DataFrame,
    events: Option<DataFrame>,
    outcomes: Option<DataFrame>,
    history: Option<DataFrame>,
    schema: Option<leadscore::Schema>,
    settings: Settings,
    as_of: Option<leadscore::Timestamp>,
}

/// Settings as JSON.
#[derive(serde::Deserialize)]
struct Settings {
    label: Option<String>,
    exclude: Vec<String>,
    algorithm: Chosen,
    features: FeatureSettings,
    snapshots: Snapshots,
    horizon: Span,
    ordered: bool,
    weights: Option<Vec<f64>>,
    calibration: String,
    seed: u64,
    prior: Option<f64>,
    constraints: Constraints,
    threads: Option<usize>,
}

/// An algorithm by name, with the settings that are not to be as by default.
#[derive(serde::Deserialize)]
struct Chosen {
    name: String,
    settings: serde_json::Map<String, Value>,
}

/// What a training sets by itself.
const NOT_ASKED: [&str; 5] = ["categorical", "monotone_constraints", "interaction_constraints", "excluded", "seed"];

impl Chosen {
    fn algorithm(&self) -> Result<Algorithm, Error> {
        let defaults = match self.name.as_str() {
            "logistic" => serde_json::to_value(LogisticParams::new()),
            "boosting" => serde_json::to_value(BoostingParams::new()),
            _ => return Ok(Algorithm::Auto),
        };
        let Value::Object(mut all) = defaults.map_err(config)? else {
            return Err(config("the settings of an algorithm are a map"));
        };
        for (name, value) in &self.settings {
            if !all.contains_key(name) || NOT_ASKED.contains(&name.as_str()) {
                let known: Vec<&str> = all.keys().map(String::as_str).filter(|known| !NOT_ASKED.contains(known)).collect();
                return Err(config(format!("{} has no setting \"{name}\"; it has {}", self.name, known.join(", "))));
            }
            all.insert(name.clone(), value.clone());
        }
        let algorithm = Value::Object(std::iter::once((self.name.clone(), Value::Object(all))).collect());
        serde_json::from_value(algorithm).map_err(|error| config(format!("{}: {error}", self.name)))
    }
}

impl Asked {
    fn read(
        leads: &Bound<'_, PyAny>,
        events: Option<Bound<'_, PyAny>>,
        outcomes: Option<Bound<'_, PyAny>>,
        history: Option<Bound<'_, PyAny>>,
        schema: Option<&str>,
        settings: &str,
        as_of: Option<Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let py = leads.py();
        let settings: Settings = parsed(py, settings)?;
        let schema = schema.map(|json| crate::schema::from_json(py, json)).transpose()?;
        let needed = schema.as_ref().map(Needed::of);
        let exclude = &settings.exclude;
        let leads = frames::required(leads, "leads", needed.as_ref().map(|n| n.leads.as_slice()), exclude)?;
        let events = frames::given(events, "events", needed.as_ref().map(|n| n.events.as_slice()), exclude)?;
        let outcomes = frames::given(outcomes, "outcomes", needed.as_ref().map(|n| n.outcomes.as_slice()), exclude)?;
        let history = frames::given(history, "history", needed.as_ref().map(|n| n.history.as_slice()), &[])?;
        let as_of = moments::moment("as_of", as_of.as_ref(), schema.as_ref().unwrap_or(&leadscore::Schema::default()))?;
        Ok(Self { leads, events, outcomes, history, schema, settings, as_of })
    }

    fn trainer(&self, py: Python<'_>) -> PyResult<Trainer<'static>> {
        let asked = &self.settings;
        let mut trainer = Trainer::new()
            .exclude(asked.exclude.iter().cloned())
            .algorithm(asked.algorithm.algorithm().or_raise(py)?)
            .features(asked.features.clone())
            .snapshots(asked.snapshots.clone())
            .horizon(asked.horizon)
            .ordered(asked.ordered)
            .calibration(asked.calibration.parse().map_err(config).or_raise(py)?)
            .seed(asked.seed)
            .constraints(asked.constraints.clone())
            .threads(threads(asked.threads));
        if let Some(schema) = &self.schema {
            trainer = trainer.schema(schema.clone());
        }
        if let Some(label) = &asked.label {
            trainer = trainer.label(label.clone());
        }
        if let Some(prior) = asked.prior {
            trainer = trainer.prior(prior);
        }
        if let Some(history) = &self.history {
            trainer = trainer.history(history.clone());
        }
        if let Some(weights) = &asked.weights {
            trainer = trainer.weights(weights.clone());
        }
        Ok(match self.as_of {
            Some(as_of) => trainer.as_of(as_of),
            None => trainer,
        })
    }
}

/// A number of threads always: then a pool is made for the call, and none is left behind that a forked process would wait for in vain.
pub(crate) fn threads(asked: Option<usize>) -> usize {
    asked.unwrap_or_else(|| thread::available_parallelism().map_or(1, NonZero::get))
}

fn config(error: impl std::fmt::Display) -> Error {
    Error::Config { message: error.to_string() }
}

fn parsed<T: DeserializeOwned>(py: Python<'_>, json: &str) -> PyResult<T> {
    // Where in the text it stands means nothing to a caller, who never saw the text.
    let told = |error: serde_json::Error| {
        let message = error.to_string();
        let end = message.find(" at line ").unwrap_or(message.len());
        config(&message[..end])
    };
    serde_json::from_str(json).map_err(told).or_raise(py)
}

/// Trains a model; `leadscore.train` is the face of it.
#[pyfunction]
pub(crate) fn train(
    leads: &Bound<'_, PyAny>,
    events: Option<Bound<'_, PyAny>>,
    outcomes: Option<Bound<'_, PyAny>>,
    history: Option<Bound<'_, PyAny>>,
    schema: Option<&str>,
    settings: &str,
    as_of: Option<Bound<'_, PyAny>>,
    progress: &Bound<'_, PyAny>,
) -> PyResult<PyModel> {
    let py = leads.py();
    let asked = Asked::read(leads, events, outcomes, history, schema, settings, as_of)?;
    let trainer = asked.trainer(py)?;
    run(py, progress, |observer| trainer.observer(observer).train(&asked.leads, asked.events.as_ref(), asked.outcomes.as_ref()))
        .map(PyModel)
}

/// The labelled snapshots; `leadscore.observations` is the face of it.
#[pyfunction]
pub(crate) fn observations<'py>(
    leads: &Bound<'py, PyAny>,
    events: Option<Bound<'py, PyAny>>,
    outcomes: Option<Bound<'py, PyAny>>,
    history: Option<Bound<'py, PyAny>>,
    schema: Option<&str>,
    settings: &str,
    as_of: Option<Bound<'py, PyAny>>,
    progress: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = leads.py();
    let asked = Asked::read(leads, events, outcomes, history, schema, settings, as_of)?;
    let trainer = asked.trainer(py)?;
    let rows = run(py, progress, |observer| {
        trainer.observer(observer).observations(&asked.leads, asked.events.as_ref(), asked.outcomes.as_ref())
    })?;
    frames::like(leads, rows, false)
}

/// The answer of a retraining.
#[pyclass(frozen, name = "Retrained", module = "leadscore")]
#[derive(Debug, Clone)]
pub(crate) struct PyRetrained(Retrained);

#[pymethods]
impl PyRetrained {
    /// Whether the challenger takes over.
    #[getter]
    fn promoted(&self) -> bool {
        self.0.promoted
    }

    /// Why, in words.
    #[getter]
    fn reason(&self) -> &str {
        &self.0.reason
    }

    /// The champion on the newest snapshots, an :class:`leadscore.Evaluation`; ``None`` when there was not enough evidence.
    #[getter]
    fn champion(&self) -> Option<PyEvaluation> {
        self.0.champion.clone().map(PyEvaluation)
    }

    /// The challenger's procedure, refitted before them, on the same rows.
    #[getter]
    fn challenger(&self) -> Option<PyEvaluation> {
        self.0.challenger.clone().map(PyEvaluation)
    }

    /// The model to use from now on: the champion itself, or the challenger's procedure fitted on everything mature.
    #[getter]
    fn model(&self) -> PyModel {
        PyModel(self.0.model.clone())
    }

    fn __repr__(&self) -> String {
        format!("Retrained(promoted={}, reason={:?})", if self.0.promoted { "True" } else { "False" }, self.0.reason)
    }
}

/// Compares the champion with a challenger; `leadscore.retrain` is the face of it.
#[pyfunction]
pub(crate) fn retrain(
    champion: &Bound<'_, PyModel>,
    leads: &Bound<'_, PyAny>,
    events: Option<Bound<'_, PyAny>>,
    outcomes: Option<Bound<'_, PyAny>>,
    history: Option<Bound<'_, PyAny>>,
    as_of: Option<Bound<'_, PyAny>>,
    gate: &str,
    weights: Option<Vec<f64>>,
    workers: Option<usize>,
    progress: &Bound<'_, PyAny>,
) -> PyResult<PyRetrained> {
    let py = champion.py();
    let champion = &champion.get().0;
    let needed = Needed::of(champion.schema());
    let leads = frames::required(leads, "leads", Some(&needed.leads), &[])?;
    let events = frames::given(events, "events", Some(&needed.events), &[])?;
    let outcomes = frames::given(outcomes, "outcomes", Some(&needed.outcomes), &[])?;
    let history = frames::given(history, "history", Some(&needed.history), &[])?;
    let retrainer = Retrainer::new().gate(parsed::<Gate>(py, gate)?).threads(threads(workers));
    let retrainer = match moments::moment("as_of", as_of.as_ref(), champion.schema())? {
        Some(as_of) => retrainer.as_of(as_of),
        None => retrainer,
    };
    let (result, notes) = run(py, progress, |observer| {
        let retrainer = retrainer.observer(observer);
        let retrainer = weights.as_deref().map_or(retrainer, |weights| retrainer.weights(weights));
        retrainer.retrain_and_notes(champion, &leads, events.as_ref(), outcomes.as_ref(), history.as_ref())
    })?;
    warned::odd(py, &notes)?;
    Ok(PyRetrained(result))
}

/// The four tables of made leads; `leadscore.datasets.make_leads` is the face of it.
#[pyfunction]
pub(crate) fn make_leads(py: Python<'_>, n: usize, seed: u64) -> PyResult<(Table, Table, Table, Table)> {
    let made = quietly(py, || {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads(None)).build().map_err(config)?;
        pool.install(|| MakeLeads::new(n).seed(seed).make()).frames().map_err(config)
    })?;
    Ok((Table(made.leads), Table(made.events), Table(made.outcomes), Table(made.truth)))
}
