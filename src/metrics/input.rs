//! Checked input of a metric.

use super::MetricsError;

/// Probabilities, outcomes and weights of the same rows, all in range, of positive weight in sum.
#[derive(Debug, Clone, Copy)]
pub(super) struct Input<'a> {
    pub(super) probability: &'a [f64],
    pub(super) won: &'a [bool],
    weights: Option<&'a [f64]>,
}

/// Rows of one probability.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tie {
    pub(super) probability: f64,
    pub(super) won: f64,
    pub(super) lost: f64,
    pub(super) rows: usize,
}

impl<'a> Input<'a> {
    pub(super) fn new(probability: &'a [f64], won: &'a [bool], weights: Option<&'a [f64]>) -> Result<Self, MetricsError> {
        let expected = probability.len();
        same_length("won", won.len(), expected)?;
        if let Some(weights) = weights {
            same_length("weights", weights.len(), expected)?;
            if let Some((row, value)) = weights.iter().enumerate().find(|(_, weight)| !(weight.is_finite() && **weight >= 0.0)) {
                return Err(MetricsError::BadWeight { row, value: *value });
            }
        }
        if let Some((row, value)) = probability.iter().enumerate().find(|(_, p)| !(0.0..=1.0).contains(*p)) {
            return Err(MetricsError::BadProbability { row, value: *value });
        }
        let input = Self { probability, won, weights };
        if input.total() > 0.0 { Ok(input) } else { Err(MetricsError::Empty) }
    }

    /// Probability, outcome and weight of each row.
    pub(super) fn rows(&self) -> impl Iterator<Item = (f64, bool, f64)> + '_ {
        let weight = |row: usize| self.weights.and_then(|weights| weights.get(row)).copied().unwrap_or(1.0);
        self.probability.iter().zip(self.won).enumerate().map(move |(row, (p, won))| (*p, *won, weight(row)))
    }

    pub(super) fn total(&self) -> f64 {
        self.rows().map(|(_, _, weight)| weight).sum()
    }

    /// The weighted mean of `f(probability, won)`.
    pub(super) fn mean(&self, f: impl Fn(f64, bool) -> f64) -> f64 {
        let (mut sum, mut total) = (0.0, 0.0);
        for (p, won, weight) in self.rows() {
            sum += weight * f(p, won);
            total += weight;
        }
        sum / total
    }

    /// The rows of positive weight, those of one probability together, the highest first.
    pub(super) fn ties(&self) -> Vec<Tie> {
        let mut rows: Vec<(f64, bool, f64)> = self.rows().filter(|(_, _, weight)| *weight > 0.0).collect();
        // The weights take part so that the sums do not depend on the order of the rows.
        rows.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.total_cmp(&b.2)));
        let tie = |rows: &[(f64, bool, f64)]| {
            let mut tie = Tie { probability: rows.first().map_or(0.0, |row| row.0), rows: rows.len(), ..Tie::default() };
            rows.iter().for_each(|(_, won, weight)| if *won { tie.won += weight } else { tie.lost += weight });
            tie
        };
        rows.chunk_by(|a, b| a.0 == b.0).map(tie).collect()
    }
}

pub(super) fn same_length(what: &'static str, found: usize, expected: usize) -> Result<(), MetricsError> {
    if found == expected { Ok(()) } else { Err(MetricsError::Lengths { what, found, expected }) }
}
