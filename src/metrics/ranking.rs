//! Metrics that judge the order alone.

use super::MetricsError;
use super::input::{Input, Tie};

/// The area under the ROC curve: the probability that a won row is above a lost one, ties counting half. `None` when one of the two is missing.
///
/// # Errors
/// [`MetricsError`] when lengths differ, a probability is outside 0..=1, a weight is bad, or there is no row.
///
/// ```
/// use leadscore::metrics::auc;
/// assert_eq!(auc(&[0.9, 0.4, 0.4, 0.1], &[true, true, false, false], None)?, Some(0.875));
/// # Ok::<(), leadscore::metrics::MetricsError>(())
/// ```
pub fn auc(probability: &[f64], won: &[bool], weights: Option<&[f64]>) -> Result<Option<f64>, MetricsError> {
    Ok(auc_of(&Input::new(probability, won, weights)?.ties()))
}

/// Average precision: the sum over thresholds of precision times the gain in recall (scikit-learn's definition, without interpolation). `None` when no row is won.
///
/// # Errors
/// As [`auc`].
pub fn average_precision(probability: &[f64], won: &[bool], weights: Option<&[f64]>) -> Result<Option<f64>, MetricsError> {
    Ok(average_precision_of(&Input::new(probability, won, weights)?.ties()))
}

pub(super) fn auc_of(ties: &[Tie]) -> Option<f64> {
    let (mut above, mut pairs, mut lost) = (0.0, 0.0, 0.0);
    for tie in ties {
        pairs += tie.lost * (above + 0.5 * tie.won);
        above += tie.won;
        lost += tie.lost;
    }
    (above > 0.0 && lost > 0.0).then(|| pairs / (above * lost))
}

pub(super) fn average_precision_of(ties: &[Tie]) -> Option<f64> {
    let (mut won, mut seen, mut sum) = (0.0, 0.0, 0.0);
    for tie in ties {
        won += tie.won;
        seen += tie.won + tie.lost;
        sum += tie.won * (won / seen);
    }
    (won > 0.0).then(|| sum / won)
}
