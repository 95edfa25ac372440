//! Checked rows to calibrate on.

use super::{CalibrationError, LARGEST};
use crate::math;

/// One row of positive weight.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) z: f64,
    pub(super) won: bool,
    pub(super) weight: f64,
    /// Its place among the rows given.
    pub(super) place: usize,
}

/// Rows of positive weight.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub(super) rows: Vec<Row>,
}

impl Sample {
    pub(super) fn new(log_odds: &[f64], won: &[bool], weights: Option<&[f64]>) -> Result<Self, CalibrationError> {
        let expected = log_odds.len();
        for (what, found) in [("won", won.len()), ("weights", weights.map_or(expected, <[f64]>::len))] {
            if found != expected {
                return Err(CalibrationError::Lengths { what, found, expected });
            }
        }
        let mut rows = Vec::with_capacity(expected);
        for (row, (z, won)) in log_odds.iter().zip(won).enumerate() {
            let weight = weights.and_then(|weights| weights.get(row)).copied().unwrap_or(1.0);
            if !z.is_finite() {
                return Err(CalibrationError::NotFinite { row, value: *z });
            }
            if !(weight.is_finite() && weight >= 0.0) {
                return Err(CalibrationError::BadWeight { row, value: weight });
            }
            if weight > 0.0 {
                rows.push(Row { z: z.clamp(-LARGEST, LARGEST), won: *won, weight, place: row });
            }
        }
        Ok(Self { rows })
    }

    /// How many rows are won, or lost.
    pub(super) fn count(&self, won: bool) -> usize {
        self.rows.iter().filter(|row| row.won == won).count()
    }

    pub(super) fn missing_class(&self) -> Option<bool> {
        [true, false].into_iter().find(|won| self.count(*won) == 0)
    }

    /// To how many equally weighted rows the rows of one class amount (Kish 1965); free of the weights' scale.
    pub(super) fn effective(&self, won: bool) -> f64 {
        let (mut sum, mut squares) = (0.0, 0.0);
        for row in self.rows.iter().filter(|row| row.won == won) {
            sum += row.weight;
            squares += row.weight * row.weight;
        }
        if squares > 0.0 { sum * sum / squares } else { 0.0 }
    }

    /// What the probability of a won and of a lost row should be: not quite 1 and 0, by Bayes' rule with a uniform prior (Platt 1999), so that separated
    /// rows do not ask for an infinite slope.
    pub(super) fn smoothed_targets(&self) -> (f64, f64) {
        let (won, lost) = (self.effective(true), self.effective(false));
        ((won + 1.0) / (won + 2.0), 1.0 / (lost + 2.0))
    }
}

/// The log loss of a row under calibrated log-odds `z`.
pub(super) fn row_loss(won: bool, z: f64) -> f64 {
    math::softplus(if won { -z } else { z })
}
