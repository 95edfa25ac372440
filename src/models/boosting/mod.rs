//! Histogram gradient boosting.

use serde::{Deserialize, Serialize};

use crate::features::Feature;

/// A sum of trees on a base of log-odds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BoostingModel {}

impl BoostingModel {
    /// The log-odds of the lead with feature vector `row`.
    #[must_use]
    pub fn log_odds(&self, _row: &[f32]) -> f64 {
        0.0
    }

    pub(crate) fn validate(&self, _features: &[Feature]) -> Result<(), String> {
        Ok(())
    }
}
