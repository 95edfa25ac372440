//! linfa-logistic as the solver.

use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2};

use super::LogisticError;
use super::design::Design;

/// Coefficients by linfa-logistic 0.8.1, from `start`. It takes no weights: `weight` is that of every row.
///
/// What it needs to be told, and what must be undone:
/// - its positive class is the one with more rows, whatever its label, so the signs are read off `labels()`;
/// - dense columns alone, so categories are expanded;
/// - its loss is a sum, so the penalty is divided by the weight, and its tolerance is on the gradient's Euclidean norm;
/// - a line search that fails ends the fit without an error: the caller measures the gradient.
pub(super) fn solve(
    design: &Design,
    won: &[f32],
    weight: f64,
    l2: f64,
    start: &[f64],
    tolerance: f64,
    max_iterations: u32,
) -> Result<Vec<f64>, LogisticError> {
    let failed = |error: linfa_logistic::error::Error| LogisticError::Lbfgs { message: error.to_string() };
    let width = design.order - 1;
    let mut records = Array2::<f64>::zeros((design.n_rows, width));
    design.for_each_value(|row, column, value| records[[row, column]] = f64::from(value));
    let won = &won[..design.n_rows];
    let n_won = won.iter().filter(|won| **won > 0.0).count();
    let sign = if 2 * n_won >= won.len() { 1.0 } else { -1.0 };
    let first: Array1<f64> = start[1..].iter().chain(&start[..1]).map(|c| sign * c).collect();
    let targets: Array1<bool> = won.iter().map(|won| *won > 0.0).collect();
    let norm = (tolerance * design.n_rows as f64).max(f64::MIN_POSITIVE);
    let fitted = LogisticRegression::<f64>::default()
        .alpha(l2 / weight)
        .gradient_tolerance(norm)
        .max_iterations(u64::from(max_iterations))
        .initial_params(first)
        .fit(&DatasetBase::new(records, targets))
        .map_err(failed)?;
    let sign = if fitted.labels().pos.class { 1.0 } else { -1.0 };
    Ok(std::iter::once(fitted.intercept()).chain(fitted.params().iter().copied()).map(|c| sign * c).collect())
}
