//! Contributions of a logistic model.

use crate::models::logistic::LogisticModel;

/// Fills `out` (one entry per feature) with how far each feature moves the log-odds of `row` from those of the average training row, and returns the latter.
///
/// A linear model's Shapley values under independent features: each term minus its mean (Štrumbelj and Kononenko 2014). A numeric feature's term includes the coefficient of its being missing.
/// Base and contributions sum to the log-odds.
pub(crate) fn contributions(model: &LogisticModel, row: &[f32], out: &mut [f64]) -> f64 {
    model.centred_terms(row, out)
}
