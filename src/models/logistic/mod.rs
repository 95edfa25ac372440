//! Logistic regression on a fitted design: transformed, standardised numbers and one coefficient per category.
//!
//! [`LogisticModel`] predicts and needs neither linfa nor ndarray. Fitting (feature `fit`) is the linfa algorithm [`LogisticParams`].

#[cfg(feature = "fit")]
mod categorical;
#[cfg(feature = "fit")]
mod column;
#[cfg(feature = "fit")]
mod design;
#[cfg(feature = "fit")]
mod elastic_net;
#[cfg(feature = "fit")]
mod error;
#[cfg(feature = "fit")]
mod fit;
#[cfg(feature = "fit")]
mod gram;
mod hyperparams;
#[cfg(feature = "fit")]
mod kernels;
#[cfg(feature = "fit")]
mod lbfgs;
#[cfg(feature = "fit")]
mod linear_algebra;
#[cfg(feature = "fit")]
mod linfa_traits;
#[cfg(feature = "fit")]
mod newton;
#[cfg(feature = "fit")]
mod numbers;
#[cfg(feature = "fit")]
mod numeric;
mod one_row;
#[cfg(feature = "fit")]
mod path;
#[cfg(feature = "fit")]
mod predict;
#[cfg(feature = "fit")]
mod statistics;
mod term;
#[cfg(all(test, feature = "fit"))]
mod tests;

use serde::{Deserialize, Serialize};

use crate::features::Feature;
use crate::models::made::Made;
#[cfg(feature = "fit")]
pub use error::LogisticError;
pub use hyperparams::{LogisticParams, LogisticValidParams};
use one_row::Blocks;
use term::Term;
pub use term::Transform;

/// How the coefficients are found.
///
/// # What linfa-logistic costs
/// `Lbfgs` is linfa-logistic 0.8.1. Measured with `l2` 10 on two busy cores, the gradient per weight:
///
/// | data | `Newton` | `Lbfgs`, 100 iterations |
/// |---|---|---|
/// | synthetic, 20,000 x 40, four of them categories | 0.30 s, gradient 2e-12 | 1.7 s, gradient 3e-9, log-odds within 1e-6 |
/// | bank-marketing, 30,885 x 19, ten of them categories | 0.12 s, gradient 6e-12 | 20 s, gradient 2e-5, log-odds up to 0.03 off |
///
/// It is here as an independent check, and for those who want linfa's own result. `benches/logistic.rs` has the first comparison.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Solver {
    /// `Newton`, whose cost is known beforehand and whose result does not depend on the processor.
    #[default]
    #[serde(alias = "auto")]
    Auto,
    /// Newton's method (iteratively reweighted least squares) in f64 with step halving: by a Cholesky factor where that is cheaper, up to 4,096 coefficients,
    /// else by conjugate gradients.
    #[serde(alias = "newton")]
    Newton,
    /// linfa-logistic's L-BFGS. It takes equal weights only, expands categories to columns in memory, and cannot be stopped while it runs.
    #[serde(alias = "lbfgs")]
    Lbfgs,
}

/// How a fit ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FitReport {
    /// The solver that ran, never `Auto`.
    pub solver: Solver,
    /// The strength of the penalty, given or chosen.
    pub l2: f64,
    /// The share of it that is on magnitudes.
    #[serde(default)]
    pub l1_ratio: f64,
    /// How many iterations the solver took; `None` from linfa-logistic, which does not tell.
    pub iterations: Option<u32>,
    /// The largest component of the gradient of the penalised loss, divided by the sum of weights, measured on the model that is returned. With a penalty on
    /// magnitudes, by how much its subgradient misses 0.
    pub gradient_norm: f64,
    /// Whether `gradient_norm` is within the asked tolerance.
    pub converged: bool,
    /// The cross-validated log loss of each strength tried, the strongest first; empty when the strength was given.
    pub path: Vec<(f64, f64)>,
    /// The weighted mean log loss of the training rows, without the penalty; 0 in models of version 0.1.
    #[serde(default)]
    pub log_loss: f64,
    /// Whether the model, without offsets, puts every won training row above every lost one. Only the penalty then keeps the coefficients finite: their size says little.
    #[serde(default)]
    pub separated: bool,
    /// The features that have a category, rare ones together, or missing values, whose training rows are all won or all lost: nothing but the penalty bounds that coefficient.
    #[serde(default)]
    pub one_class_features: Vec<u32>,
}

/// A fitted linear model of transformed features.
///
/// The log-odds are the intercept and one term per feature. A numeric feature is clipped to the range seen in training, transformed, standardised, and multiplied by its coefficient;
/// when it is missing it counts as its mean, plus a coefficient of its own where training had missing values. A category has a coefficient of its own;
/// so have all other categories together, and a missing one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogisticModel {
    n_features: usize,
    intercept: f64,
    terms: Vec<Term>,
    report: FitReport,
    /// The same terms as one row goes through them fast.
    #[serde(skip)]
    made: Made<Blocks>,
}

impl LogisticModel {
    /// The log-odds of the lead with feature vector `row`. A value beyond the row's end reads as missing.
    ///
    /// Allocates nothing but in the first call for a model.
    #[must_use]
    pub fn log_odds(&self, row: &[f32]) -> f64 {
        self.made.get_or_make(|| Blocks::new(&self.terms)).add_all(self.intercept, &self.terms, row)
    }

    /// The log-odds of `row` by the plain walk: what every faster way must give to the bit.
    #[cfg(test)]
    fn walked_log_odds(&self, row: &[f32]) -> f64 {
        self.terms.iter().fold(self.intercept, |sum, term| sum + term.value(row))
    }

    /// How many features a row has.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// The log-odds of a lead whose every numeric feature is at its mean and whose every coefficient of category or missingness is 0.
    #[must_use]
    pub fn intercept(&self) -> f64 {
        self.intercept
    }

    /// How the fit ended.
    #[must_use]
    pub fn report(&self) -> &FitReport {
        &self.report
    }

    /// The coefficient of numeric feature `feature` per standard deviation, and the transform that precedes it; `None` when the feature is categorical or was dropped.
    #[must_use]
    pub fn numeric_coefficient(&self, feature: usize) -> Option<(f64, Transform)> {
        self.terms.iter().find(|term| term.feature() == feature)?.numeric_coefficient()
    }

    /// How much each feature moves the log-odds: the standard deviation of its term over the training rows, 0 for a feature that was dropped.
    #[must_use]
    pub fn importance(&self) -> Vec<f64> {
        let mut importance = vec![0.0; self.n_features];
        for term in &self.terms {
            if let Some(slot) = importance.get_mut(term.feature()) {
                *slot = term.deviation();
            }
        }
        importance
    }

    /// Fills `out` with each feature's term minus its weighted mean over the training rows, and returns the log-odds of those means.
    pub(crate) fn centred_terms(&self, row: &[f32], out: &mut [f64]) -> f64 {
        out.fill(0.0);
        self.terms.iter().fold(self.intercept, |base, term| {
            if let Some(slot) = out.get_mut(term.feature()) {
                *slot = term.value(row) - term.mean();
                base + term.mean()
            } else {
                base + term.value(row)
            }
        })
    }

    /// Checks a model that was read from a file against the features it reads.
    pub(crate) fn validate(&self, features: &[Feature]) -> Result<(), String> {
        if self.n_features != features.len() {
            return Err(format!("the logistic model reads {} features, the plan makes {}", self.n_features, features.len()));
        }
        if !self.intercept.is_finite() || !self.report.l2.is_finite() || !self.report.gradient_norm.is_finite() {
            return Err("the logistic model's intercept or report is not finite".to_owned());
        }
        if self.report.path.iter().any(|(l2, loss)| !l2.is_finite() || !loss.is_finite()) {
            return Err("the logistic model's path of penalties is not finite".to_owned());
        }
        let mut next = 0;
        for term in &self.terms {
            let feature = term.feature();
            let found = features.get(feature).filter(|_| feature >= next);
            let found = found.ok_or_else(|| format!("the logistic model's term of feature {feature} is out of order or out of range"))?;
            next = feature + 1;
            term.validate(found)?;
        }
        Ok(())
    }
}
