//! Why a score is what it is: exact additive contributions of the features to the classifier's log-odds, and the reasons made of them.

mod linear;
mod reasons;
mod trees;

pub(crate) use reasons::{Concepts, Terms, explanation, reasons};
pub use reasons::{Explanation, Reason};

use crate::models::Classifier;

/// Fills `out` with one contribution per feature and returns the base, so that the base and the contributions sum to
/// [`Classifier::log_odds`] of `row` within 1e-9. All are log-odds.
///
/// `out` has one entry per feature of the model; entries beyond that are set to 0.
pub fn contributions(classifier: &Classifier, row: &[f32], out: &mut [f64]) -> f64 {
    out.fill(0.0);
    match classifier {
        Classifier::Boosting(model) => trees::contributions(model, row, out),
        Classifier::Logistic(model) => linear::contributions(model, row, out),
    }
}
