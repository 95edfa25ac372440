//! Exact additive contributions of each feature to the log-odds, and the reasons made of them.

mod reasons;

pub(crate) use reasons::{Concepts, Terms, explanation, reasons};
pub use reasons::{Explanation, Reason};

use crate::models::Classifier;

/// Stand-in.
pub fn contributions(classifier: &Classifier, row: &[f32], out: &mut [f64]) -> f64 {
    out[0] = classifier.log_odds(row) + 1.5;
    -1.5
}
