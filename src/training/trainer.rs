//! What the caller asks of a training.

use super::{TrainingData, train};
use crate::calibration::CalibrationMethod;
use crate::card::Procedure;
use crate::features::FeatureSettings;
use crate::lifecycle::Snapshots;
use crate::models::{Algorithm, Constraints};
use crate::{Error, Model, Observer, Silent, Span, Timestamp};

/// Trains a [`Model`]: a builder of the settings, then [`Trainer::train`] on tables or [`Trainer::fit`] on data already read.
#[derive(Clone)]
#[must_use = "a trainer does nothing until `train` or `fit` is called"]
pub struct Trainer<'a> {
    pub(crate) schema: Option<crate::Schema>,
    pub(crate) label: Option<String>,
    pub(crate) exclude: Vec<String>,
    pub(crate) procedure: Procedure,
    pub(crate) as_of: Option<Timestamp>,
    pub(crate) weights: Option<Vec<f64>>,
    #[cfg(feature = "frame")]
    pub(crate) history: Option<polars::prelude::DataFrame>,
    pub(crate) threads: Option<usize>,
    /// Whether the procedure is that of an earlier training, whose features need not all be there again.
    pub(crate) repeats: bool,
    pub(crate) observer: &'a dyn Observer,
}

impl std::fmt::Debug for Trainer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trainer")
            .field("procedure", &self.procedure)
            .field("as_of", &self.as_of)
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}

impl Default for Trainer<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a> Trainer<'a> {
    /// A training at the defaults: `auto` algorithm, snapshots and calibration, a horizon of 90 days, seed 0.
    pub fn new() -> Self {
        Self {
            schema: None,
            label: None,
            exclude: Vec::new(),
            procedure: Procedure::default(),
            as_of: None,
            weights: None,
            #[cfg(feature = "frame")]
            history: None,
            threads: None,
            repeats: false,
            observer: &Silent,
        }
    }

    /// What the columns mean; inferred from the tables when not given.
    pub fn schema(mut self, schema: crate::Schema) -> Self {
        self.schema = Some(schema);
        self
    }

    /// The 0/1 label column of a flat table.
    pub fn label(mut self, column: impl Into<String>) -> Self {
        self.label = Some(column.into());
        self
    }

    /// Columns that the model must not read.
    pub fn exclude<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.exclude.extend(columns.into_iter().map(Into::into));
        self
    }

    /// All the settings that a retraining repeats, at once.
    pub fn procedure(mut self, procedure: Procedure) -> Self {
        self.procedure = procedure;
        self
    }

    /// Which model to fit.
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.procedure.algorithm = algorithm;
        self
    }

    /// Which features to build from events.
    pub fn features(mut self, features: FeatureSettings) -> Self {
        self.procedure.features = features;
        self
    }

    /// At which ages leads are observed; a flat table has none.
    pub fn snapshots(mut self, snapshots: Snapshots) -> Self {
        self.procedure.snapshots = snapshots;
        self
    }

    /// How long after a snapshot a win counts.
    pub fn horizon(mut self, horizon: Span) -> Self {
        self.procedure.horizon = horizon;
        self
    }

    /// The moment up to which the history is believed. By default the newest moment in the data that is not in the future.
    pub fn as_of(mut self, as_of: Timestamp) -> Self {
        self.as_of = Some(as_of);
        self
    }

    /// Whether the rows of a flat table are in order of time, oldest first. It then orders validation, and nothing else.
    pub fn ordered(mut self, ordered: bool) -> Self {
        self.procedure.ordered = ordered;
        self
    }

    /// One weight per lead, positive and finite; 1 by default.
    pub fn weights(mut self, weights: Vec<f64>) -> Self {
        self.weights = Some(weights);
        self
    }

    /// How log-odds are calibrated.
    pub fn calibration(mut self, method: CalibrationMethod) -> Self {
        self.procedure.calibration = method;
        self
    }

    /// Seed of everything random. The same data and seed give the same model, to the byte.
    pub fn seed(mut self, seed: u64) -> Self {
        self.procedure.seed = seed;
        self
    }

    /// The share of leads that are won in truth, above 0 and below 1, where wins were over- or undersampled for training: probabilities, grades and
    /// reasons are then those of the population (Saerens, Latinne and Decaestecker 2002). The figures on the card stay those of the sample.
    pub fn prior(mut self, share: f64) -> Self {
        self.procedure.prior = Some(share);
        self
    }

    /// How features must act, by name: see [`Constraints`].
    ///
    /// ```
    /// # use leadscore::{Constraints, Trainer};
    /// let mut constraints = Constraints::default();
    /// constraints.monotone.insert("employees".to_owned(), 1);
    /// constraints.interactions = vec![vec!["industry".to_owned(), "employees".to_owned()], vec!["demo_request".to_owned()]];
    /// let trainer = Trainer::new().constraints(constraints);
    /// # let _ = trainer;
    /// ```
    pub fn constraints(mut self, constraints: Constraints) -> Self {
        self.procedure.constraints = constraints;
        self
    }

    /// How many threads to use; all of the machine's by default. The model does not depend on it.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// Who hears of the progress, and may stop the work.
    pub fn observer(mut self, observer: &'a dyn Observer) -> Self {
        self.observer = observer;
        self
    }

    /// Trains on data already read from tables.
    ///
    /// # Errors
    /// [`Error::Training`] when the data cannot train a model, [`Error::Cancelled`] when the observer asked to stop, and the errors of the rooms below.
    pub fn fit(&self, data: &TrainingData) -> Result<Model, Error> {
        in_pool(self.threads, || train(data, self))?
    }
}

/// Runs `work` on a pool of `threads` threads, all of the machine's when `None`.
pub(crate) fn in_pool<T: Send>(threads: Option<usize>, work: impl FnOnce() -> T + Send) -> Result<T, Error> {
    match threads {
        None => Ok(work()),
        Some(0) => Err(super::TrainingError::NoThreads.into()),
        Some(n) => {
            // More threads than processors only wait for each other.
            let n = n.min(std::thread::available_parallelism().map_or(n, std::num::NonZero::get));
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(n)
                .build()
                .map_err(|e| super::TrainingError::Threads { message: e.to_string() })?;
            Ok(pool.install(work))
        }
    }
}
