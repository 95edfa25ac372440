//! Logistic regression.

use serde::{Deserialize, Serialize};

use crate::features::Feature;

/// A linear model of transformed features.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogisticModel {}

impl LogisticModel {
    /// The log-odds of the lead with feature vector `row`.
    #[must_use]
    pub fn log_odds(&self, _row: &[f32]) -> f64 {
        0.0
    }

    pub(crate) fn validate(&self, _features: &[Feature]) -> Result<(), String> {
        Ok(())
    }
}
