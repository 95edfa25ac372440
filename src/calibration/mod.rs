//! Calibration: from the classifier's log-odds to log-odds that mean what they say. Fitted on rows that the classifier did not see.

use serde::{Deserialize, Serialize};

/// A fitted, strictly increasing map from raw to calibrated log-odds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Calibrator {
    /// Leaves log-odds as they are.
    Identity,
    /// `slope * z + intercept` (Platt 1999).
    Platt {
        /// Slope, above 0.
        slope: f64,
        /// Intercept.
        intercept: f64,
    },
}

impl Calibrator {
    /// The calibrated log-odds of raw log-odds `z`.
    #[must_use]
    pub fn apply(&self, z: f64) -> f64 {
        match self {
            Self::Identity => z,
            Self::Platt { slope, intercept } => slope * z + intercept,
        }
    }
}

impl Calibrator {
    /// Slope and intercept, when the map is a straight line.
    #[must_use]
    pub fn affine(&self) -> Option<(f64, f64)> {
        match self {
            Self::Identity => Some((1.0, 0.0)),
            Self::Platt { slope, intercept } => Some((*slope, *intercept)),
        }
    }
}
