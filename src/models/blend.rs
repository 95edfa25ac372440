//! A weighted sum of the two models, on the log-odds.

use serde::{Deserialize, Serialize};

use super::boosting::BoostingModel;
use super::logistic::LogisticModel;
use crate::features::Feature;

/// Part of a logistic model and part of boosted trees: `weight * logistic + (1 - weight) * boosting`, in log-odds.
///
/// The parts err in different ways, so that the sum often errs less than either (a stack of two with weights that sum to 1; Breiman 1996,
/// "Stacked regressions"). Contributions are sums of the parts' own by the same weights, which is exact: both follow one definition, and
/// Shapley values of a weighted sum are the weighted sum of Shapley values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Blend {
    weight: f64,
    logistic: LogisticModel,
    boosting: BoostingModel,
}

impl Blend {
    /// `weight` of `logistic` and the rest of `boosting`. A weight outside 0..=1 is refused where the blend becomes part of a model.
    #[must_use]
    pub fn new(weight: f64, logistic: LogisticModel, boosting: BoostingModel) -> Self {
        Self { weight, logistic, boosting }
    }

    /// The log-odds of the lead with feature vector `row`.
    #[must_use]
    pub fn log_odds(&self, row: &[f32]) -> f64 {
        self.of_parts(self.logistic.log_odds(row), self.boosting.log_odds(row))
    }

    /// The weighted sum of what the parts say.
    #[must_use]
    pub fn of_parts(&self, logistic: f64, boosting: f64) -> f64 {
        self.weight * logistic + (1.0 - self.weight) * boosting
    }

    /// The weight of the logistic part, in 0..=1; that of the trees is the rest.
    #[must_use]
    pub fn weight(&self) -> f64 {
        self.weight
    }

    /// The logistic part.
    #[must_use]
    pub fn logistic(&self) -> &LogisticModel {
        &self.logistic
    }

    /// The trees.
    #[must_use]
    pub fn boosting(&self) -> &BoostingModel {
        &self.boosting
    }

    /// Checks a blend that was read from a file, or put together by hand.
    pub(crate) fn validate(&self, features: &[Feature]) -> Result<(), String> {
        if !(0.0..=1.0).contains(&self.weight) {
            return Err(format!("the weight of a blend must be in 0..=1. Got {}", self.weight));
        }
        self.logistic.validate(features)?;
        self.boosting.validate(features)
    }
}
