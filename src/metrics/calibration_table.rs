//! Whether probabilities mean what they say, bin by bin.

use serde::{Deserialize, Serialize};

use super::MetricsError;
use super::input::{Input, Tie};

/// Rows of similar probability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CalibrationBin {
    /// Weighted mean of the probabilities.
    pub predicted: f64,
    /// Weighted share of won rows.
    pub observed: f64,
    /// Sum of weights.
    pub weight: f64,
    /// How many rows.
    pub n: usize,
}

/// `bins` (1 to 1,000) bins of equal weight, from the lowest probabilities to the highest. Rows of one probability stay together, in the bin where the middle
/// of their weight falls, so a bin may hold more than its share, and empty bins are left out.
///
/// # Errors
/// [`MetricsError`] when lengths differ, a probability is outside 0..=1, a weight or `bins` is bad, or there is no row.
pub fn calibration_table(
    probability: &[f64],
    won: &[bool],
    weights: Option<&[f64]>,
    bins: usize,
) -> Result<Vec<CalibrationBin>, MetricsError> {
    if !(1..=1000).contains(&bins) {
        return Err(MetricsError::BadParameter { name: "bins", expected: "1 to 1000", found: bins.to_string() });
    }
    Ok(table_of(&Input::new(probability, won, weights)?.ties(), bins))
}

/// The expected calibration error: the mean of `|predicted - observed|` over bins of equal weight (10 is usual), in 0..=1, lower is better.
///
/// # Errors
/// As [`calibration_table`].
pub fn expected_calibration_error(probability: &[f64], won: &[bool], weights: Option<&[f64]>, bins: usize) -> Result<f64, MetricsError> {
    Ok(error_of(&calibration_table(probability, won, weights, bins)?))
}

pub(super) fn table_of(ties: &[Tie], bins: usize) -> Vec<CalibrationBin> {
    let total: f64 = ties.iter().map(|tie| tie.won + tie.lost).sum();
    let mut table = vec![CalibrationBin { predicted: 0.0, observed: 0.0, weight: 0.0, n: 0 }; bins];
    let mut below = 0.0;
    for tie in ties.iter().rev() {
        let weight = tie.won + tie.lost;
        let bin = ((below + 0.5 * weight) / total * bins as f64) as usize;
        below += weight;
        if let Some(bin) = table.get_mut(bin.min(bins - 1)) {
            bin.predicted += weight * tie.probability;
            bin.observed += tie.won;
            bin.weight += weight;
            bin.n += tie.rows;
        }
    }
    table.retain(|bin| bin.weight > 0.0);
    for bin in &mut table {
        bin.predicted /= bin.weight;
        bin.observed /= bin.weight;
    }
    table
}

pub(super) fn error_of(table: &[CalibrationBin]) -> f64 {
    let total: f64 = table.iter().map(|bin| bin.weight).sum();
    table.iter().map(|bin| bin.weight * (bin.predicted - bin.observed).abs()).sum::<f64>() / total
}
