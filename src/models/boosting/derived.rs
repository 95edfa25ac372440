//! Columns derived from categorical features: ordered target statistics, binned like numbers.

use rayon::prelude::*;

use super::bins::{Column, MAX_VALUE_BINS, thresholds};
use super::codes::Codes;
use super::params::BoostingValidParams;
use super::rows::CheckedRows;
use crate::models::Rows;
use crate::models::ordered::{Labels, Order};
use crate::models::statistic::Statistic;

/// Orders of the rows. Trees take turns, so that the luck of one order does not stay.
const ORDERS: u64 = 4;
/// Values among which thresholds are looked for.
const SAMPLE: usize = 1 << 17;

/// The derived columns of the training rows.
#[derive(Debug)]
pub(crate) struct Derived {
    statistics: Vec<Statistic>,
    columns: Vec<Column>,
    /// One for each order of the rows.
    codes: Vec<Codes>,
}

impl Derived {
    /// Derives a column from every categorical feature with enough levels.
    pub(crate) fn fit(params: &BoostingValidParams, train: &Rows<'_>, rows: &CheckedRows<'_>) -> Self {
        let features: Vec<usize> = (0..train.columns.len()).filter(|&feature| params.has_statistic(feature)).collect();
        if features.is_empty() {
            return Self { statistics: Vec::new(), columns: Vec::new(), codes: vec![Codes::default()] };
        }
        let (mut won, mut total) = (0.0, 0.0);
        for &row in &rows.active {
            let weight = f64::from(rows.weights[row as usize]);
            total += weight;
            won += if rows.won[row as usize] { weight } else { 0.0 };
        }
        let labels = Labels { won: &rows.won, weights: &rows.weights, share: won / total, strength: params.statistics_strength };
        let codes_of: Vec<Vec<u32>> = features.par_iter().map(|&feature| codes(train, feature, params.codes(feature))).collect();
        let statistics = (features.par_iter().zip(&codes_of))
            .map(|(&feature, codes)| {
                let values = labels.of_all(&rows.active, |row| codes[row] as usize, params.codes(feature) as usize + 1);
                Statistic { feature: feature as u32, values }
            })
            .collect();
        let orders =
            (0..ORDERS).map(|order| Order::random(&rows.active, train.groups, params.seed.wrapping_mul(ORDERS).wrapping_add(order)));
        let mut columns: Vec<Column> = Vec::new();
        let codes = orders
            .map(|order| {
                let seen: Vec<Vec<f32>> = (features.par_iter().zip(&codes_of))
                    .map(|(&feature, codes)| {
                        // A row without weight is in no order and in no tree.
                        let mut seen = vec![labels.share as f32; rows.won.len()];
                        labels.of_earlier(&order, |row| codes[row] as usize, params.codes(feature) as usize + 1, &mut seen);
                        seen
                    })
                    .collect();
                if columns.is_empty() {
                    columns = seen.par_iter().map(|seen| Column::numeric(cuts(seen, rows, params.max_bins))).collect();
                }
                Codes::encode(rows.won.len(), &columns, |column, first, out| {
                    out.copy_from_slice(&seen[column][first..first + out.len()]);
                })
            })
            .collect();
        Self { statistics, columns, codes }
    }

    /// What the model scores by.
    pub(crate) fn statistics(&self) -> &[Statistic] {
        &self.statistics
    }

    /// The given feature that `feature` is made of, itself if it is one of the `n_given`.
    pub(crate) fn source(&self, feature: usize, n_given: usize) -> usize {
        feature.checked_sub(n_given).map_or(feature, |derived| self.statistics[derived].feature as usize)
    }

    /// What the codes mean.
    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The codes of the training rows, for each order of the rows; one that is empty when there are no derived columns.
    pub(crate) fn codes(&self) -> impl Iterator<Item = &Codes> {
        self.codes.iter()
    }

    /// The codes of rows that were not trained on.
    pub(crate) fn encode(&self, rows: &Rows<'_>) -> Codes {
        Codes::encode(rows.len(), &self.columns, |column, first, out| {
            let statistic = &self.statistics[column];
            rows.columns[statistic.feature as usize].read(first, out);
            out.iter_mut().for_each(|value| *value = statistic.of(*value));
        })
    }
}

/// The code of each row, one more than the last code for a missing value.
fn codes(train: &Rows<'_>, feature: usize, n_codes: u32) -> Vec<u32> {
    let mut values = vec![0.0; train.len()];
    train.columns[feature].read(0, &mut values);
    values.into_iter().map(|value| if value.is_nan() { n_codes } else { value as u32 }).collect()
}

fn cuts(seen: &[f32], rows: &CheckedRows<'_>, max_bins: usize) -> Vec<f32> {
    let step = rows.active.len().div_ceil(SAMPLE).max(1);
    let sampled = || rows.active.iter().step_by(step);
    let values: Vec<f32> = sampled().map(|&row| seen[row as usize]).collect();
    let weights: Vec<f32> = sampled().map(|&row| rows.weights[row as usize]).collect();
    thresholds(&values, &weights, max_bins.min(MAX_VALUE_BINS))
}
