//! The two models of conversion, and the blend of both. Predicting needs neither linfa nor ndarray; fitting (feature `fit`) is a linfa algorithm.

mod blend;
pub mod boosting;
mod constraints;
#[cfg(feature = "fit")]
pub(crate) mod copies;
#[cfg(feature = "fit")]
pub(crate) mod folds;
pub mod logistic;
mod made;
#[cfg(feature = "fit")]
mod numbered;
#[cfg(feature = "fit")]
pub(crate) mod ordered;
#[cfg(feature = "fit")]
mod rows;
#[cfg(feature = "fit")]
mod selected_rows;
pub(crate) mod statistic;

use serde::{Deserialize, Serialize};

use crate::features::Feature;
pub use blend::Blend;
use boosting::{BoostingModel, BoostingParams};
pub use constraints::Constraints;
use logistic::{LogisticModel, LogisticParams};
#[cfg(feature = "fit")]
pub(crate) use numbered::Numbered;
#[cfg(feature = "fit")]
pub use rows::{ColumnView, MAX_OFFSET, Precision, Rows};
#[cfg(feature = "fit")]
pub(crate) use rows::{read_together, scale_of_weights};
#[cfg(feature = "fit")]
pub(crate) use selected_rows::SelectedRows;

/// The probability whose log-odds are `log_odds`, by the same arithmetic as in scoring.
///
/// ```
/// assert_eq!(leadscore::models::probability(0.0), 0.5);
/// ```
#[must_use]
pub fn probability(log_odds: f64) -> f64 {
    crate::math::sigmoid(log_odds)
}

/// Which model to fit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "there is one of it in a training")]
pub enum Algorithm {
    /// The better of the two, or a blend of both on the log-odds, by purged out-of-fold log loss. A single model stands where the blend's gain is
    /// within noise. Both have their defaults; the number of trees is one number chosen out of fold.
    #[default]
    Auto,
    /// Logistic regression with these parameters.
    Logistic(LogisticParams),
    /// Gradient boosting with these parameters; the number of trees is chosen out of fold unless it is given.
    Boosting(BoostingParams),
}

impl Algorithm {
    /// `"auto"`, `"logistic"` or `"boosting"`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Logistic(_) => "logistic",
            Self::Boosting(_) => "boosting",
        }
    }
}

/// A fitted model of the log-odds of conversion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Classifier {
    /// A linear model of transformed features.
    Logistic(LogisticModel),
    /// A sum of trees.
    Boosting(BoostingModel),
    /// A weighted sum of both.
    Blend(Blend),
}

impl Classifier {
    /// The uncalibrated log-odds of the lead with feature vector `row`.
    #[must_use]
    pub fn log_odds(&self, row: &[f32]) -> f64 {
        match self {
            Self::Logistic(model) => model.log_odds(row),
            Self::Boosting(model) => model.log_odds(row),
            Self::Blend(model) => model.log_odds(row),
        }
    }

    /// The uncalibrated log-odds of many leads, to the bit those of [`log_odds`](Self::log_odds): one for each place of `out`. Feature vector `i`
    /// begins at `i * width` of `rows`; what it lacks counts as missing.
    pub fn log_odds_batch(&self, rows: &[f32], width: usize, out: &mut [f64]) {
        match self {
            Self::Boosting(model) => model.log_odds_batch(rows, width, out),
            Self::Logistic(_) | Self::Blend(_) => {
                for (i, out) in out.iter_mut().enumerate() {
                    let begin = i.saturating_mul(width).min(rows.len());
                    *out = self.log_odds(&rows[begin..begin.saturating_add(width).min(rows.len())]);
                }
            }
        }
    }

    /// `"logistic"`, `"boosting"` or `"blend"`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Logistic(_) => "logistic",
            Self::Boosting(_) => "boosting",
            Self::Blend(_) => "blend",
        }
    }

    /// The linear model that it is, or blends.
    #[cfg(feature = "fit")]
    pub(crate) fn logistic(&self) -> Option<&LogisticModel> {
        match self {
            Self::Logistic(model) => Some(model),
            Self::Boosting(_) => None,
            Self::Blend(model) => Some(model.logistic()),
        }
    }

    /// Checks a model that was read from a file against the features it reads, so that predicting cannot go out of bounds or loop.
    pub(crate) fn validate(&self, features: &[Feature]) -> Result<(), String> {
        match self {
            Self::Logistic(model) => model.validate(features),
            Self::Boosting(model) => model.validate(features),
            Self::Blend(model) => model.validate(features),
        }
    }
}
