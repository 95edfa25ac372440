//! Metrics that judge each probability by itself.

use super::MetricsError;
use super::input::Input;
use crate::math;

/// The weighted mean log loss in nats, 0 or above, lower is better. Probabilities are kept 2.2e-16 away from 0 and 1, as scikit-learn does.
///
/// # Errors
/// [`MetricsError`] when lengths differ, a probability is outside 0..=1, a weight is bad, or there is no row.
pub fn log_loss(probability: &[f64], won: &[bool], weights: Option<&[f64]>) -> Result<f64, MetricsError> {
    Ok(Input::new(probability, won, weights)?.mean(row_log_loss))
}

/// The weighted mean squared error of the probability (Brier 1950), in 0..=1, lower is better.
///
/// # Errors
/// As [`log_loss`].
pub fn brier(probability: &[f64], won: &[bool], weights: Option<&[f64]>) -> Result<f64, MetricsError> {
    Ok(Input::new(probability, won, weights)?.mean(row_brier))
}

pub(super) fn row_log_loss(p: f64, won: bool) -> f64 {
    let p = p.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
    if won { -math::ln(p) } else { -math::ln_1p(-p) }
}

pub(super) fn row_brier(p: f64, won: bool) -> f64 {
    let miss = p - f64::from(u8::from(won));
    miss * miss
}
