//! Columns derived from categorical features: ordered target statistics of their categories and of pairs of these, binned like numbers.

use rayon::prelude::*;

use super::bins::{Column, MAX_VALUE_BINS, thresholds};
use super::codes::Codes;
use super::pairs::{Pair, Paired, orders};
use super::params::BoostingValidParams;
use super::rows::CheckedRows;
use super::shares::Marginal;
use crate::models::Rows;
use crate::models::ordered::Labels;
use crate::models::statistic::{PairStatistic, Statistic};

/// Values among which thresholds are looked for.
const SAMPLE: usize = 1 << 17;

/// The derived columns of the training rows.
#[derive(Debug)]
pub(crate) struct Derived {
    statistics: Vec<Statistic>,
    pairs: Vec<PairStatistic>,
    /// Per pair which of its values is each training row's.
    indices: Vec<Vec<u32>>,
    columns: Vec<Column>,
    /// One for each order of the rows.
    codes: Vec<Codes>,
}

impl Derived {
    /// Derives a column from every categorical feature with enough levels, and from the given pairs.
    pub(crate) fn fit(params: &BoostingValidParams, train: &Rows<'_>, rows: &CheckedRows<'_>, pairs: &[Pair]) -> Self {
        let features: Vec<usize> = (0..train.columns.len()).filter(|&feature| params.has_statistic(feature)).collect();
        if features.is_empty() && pairs.is_empty() {
            return Self {
                statistics: Vec::new(),
                pairs: Vec::new(),
                indices: Vec::new(),
                columns: Vec::new(),
                codes: vec![Codes::default()],
            };
        }
        let (mut won, mut total) = (0.0, 0.0);
        for &row in &rows.active {
            let weight = f64::from(rows.weights[row as usize]);
            total += weight;
            won += if rows.won[row as usize] { weight } else { 0.0 };
        }
        let labels = Labels { won: &rows.won, weights: &rows.weights, share: won / total, strength: params.statistics_strength };
        let places_of: Vec<Vec<u32>> = features.par_iter().map(|&feature| places(train, feature, params.codes(feature))).collect();
        let statistics: Vec<Statistic> = (features.par_iter().zip(&places_of))
            .map(|(&feature, places)| {
                let values = labels.of_all(&rows.active, |row| places[row] as usize, params.codes(feature) as usize + 1);
                Statistic { feature: feature as u32, values }
            })
            .collect();
        let (pairs, indices): (Vec<PairStatistic>, Vec<Vec<u32>>) = pairs
            .par_iter()
            .map(|&features| {
                let [first, second] = features.map(|feature| places(train, feature, params.codes(feature)));
                let Paired { pairs, index } = Paired::new([&first, &second], &rows.active, train.groups, params.min_pair_rows);
                let values = labels.of_all(&rows.active, |row| index[row] as usize, pairs.len() + 1);
                (PairStatistic { features: features.map(|feature| feature as u32), pairs, values }, index)
            })
            .unzip();
        let of_statistics = places_of.iter().zip(statistics.iter().map(|statistic| statistic.values.len()));
        let indexed: Vec<(&Vec<u32>, usize)> =
            of_statistics.chain(indices.iter().zip(pairs.iter().map(|pair| pair.values.len()))).collect();
        let mut columns: Vec<Column> = Vec::new();
        let codes = orders(params, rows, train.groups)
            .map(|order| {
                let seen: Vec<Vec<f32>> = (indexed.par_iter())
                    .map(|&(index, n)| {
                        // A row without weight is in no order and in no tree.
                        let mut seen = vec![labels.share as f32; rows.won.len()];
                        labels.of_earlier(&order, |row| index[row] as usize, n, &mut seen);
                        seen
                    })
                    .collect();
                if columns.is_empty() {
                    columns = seen.par_iter().map(|seen| Column::numeric(cuts(seen, rows, params.max_bins))).collect();
                }
                Codes::encode(rows.won.len(), &columns, |column, first, out| {
                    out.copy_from_slice(&seen[column][first..first + out.len()]);
                })
                .with_lines(&columns, params.combinations)
            })
            .collect();
        Self { statistics, pairs, indices, columns, codes }
    }

    /// What the model scores by.
    pub(crate) fn statistics(&self) -> &[Statistic] {
        &self.statistics
    }

    /// What the model scores by, of pairs.
    pub(crate) fn pairs(&self) -> &[PairStatistic] {
        &self.pairs
    }

    /// What the codes mean.
    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The codes of the training rows, for each order of the rows; one that is empty when there are no derived columns.
    pub(crate) fn codes(&self) -> impl Iterator<Item = &Codes> {
        self.codes.iter()
    }

    /// What the training rows, which have these weights, hold of each pair.
    pub(crate) fn marginals_of_pairs<'a>(&'a self, weights: &[f32]) -> Vec<Marginal<'a>> {
        let of_pairs = self.pairs.iter().zip(&self.indices).zip(&self.columns[self.statistics.len()..]);
        let marginal = |((pair, index), column): ((&PairStatistic, &Vec<u32>), &'a Column)| {
            let bins: Vec<u8> = pair.values.iter().map(|&value| column.bin(value)).collect();
            let mut sums = vec![0.0; column.n_bins];
            index.iter().zip(weights).for_each(|(&index, &weight)| sums[usize::from(bins[index as usize])] += f64::from(weight));
            Marginal { thresholds: column.thresholds(), weights: sums }
        };
        of_pairs.map(marginal).collect()
    }

    /// The codes of rows that were not trained on.
    pub(crate) fn encode(&self, rows: &Rows<'_>, codes: impl Fn(usize) -> u32 + Sync) -> Codes {
        Codes::encode(rows.len(), &self.columns, |column, first, out| {
            let Some(statistic) = self.statistics.get(column) else {
                let pair = &self.pairs[column - self.statistics.len()];
                let features = pair.features.map(|feature| feature as usize);
                let mut second = vec![0.0; out.len()];
                rows.columns[features[0]].read(first, out);
                rows.columns[features[1]].read(first, &mut second);
                let codes = features.map(&codes);
                out.iter_mut().zip(second).for_each(|(value, second)| *value = pair.of([*value, second], codes));
                return;
            };
            rows.columns[statistic.feature as usize].read(first, out);
            out.iter_mut().for_each(|value| *value = statistic.of(*value));
        })
    }
}

/// The place of each row's category among all: its code, one more than the last code for a missing value.
pub(super) fn places(train: &Rows<'_>, feature: usize, n_codes: u32) -> Vec<u32> {
    let mut values = vec![0.0; train.len()];
    train.columns[feature].read(0, &mut values);
    values.into_iter().map(|value| if value.is_nan() { n_codes } else { value as u32 }).collect()
}

fn cuts(seen: &[f32], rows: &CheckedRows<'_>, max_bins: usize) -> Vec<f32> {
    let step = rows.active.len().div_ceil(SAMPLE).max(1);
    let sampled = rows.active.iter().step_by(step).map(|&row| (seen[row as usize], rows.weights[row as usize]));
    thresholds(sampled, max_bins.min(MAX_VALUE_BINS))
}
