//! Values to bin codes, column by column.
//!
//! A split at bin `b` sends left exactly the rows whose code is at most `b`, and at prediction exactly the rows with `value <= thresholds[b]`,
//! in `f32` both times; the two agree for every value, in training or not.

use ndarray::ArrayView2;
use rayon::prelude::*;

use super::error::BoostingError;
use super::params::BoostingValidParams;
use crate::observer::Observer;

/// One feature of all training rows as bin codes. The last bin holds the missing values, even when there are none.
#[derive(Debug)]
pub(crate) struct Column {
    /// The code of each row.
    pub(crate) codes: Codes,
    /// How many bins, the one of missing values included.
    pub(crate) n_bins: usize,
    /// What the bins mean.
    pub(crate) rule: Rule,
}

/// Bin codes, as narrow as their number allows: histograms read them from memory again and again.
#[derive(Debug)]
pub(crate) enum Codes {
    /// At most 256 bins.
    Narrow(Vec<u8>),
    /// More.
    Wide(Vec<u16>),
}

/// What the bins of a column mean.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Rule {
    /// Bin `b` holds the values above `thresholds[b - 1]` and up to `thresholds[b]`; strictly increasing.
    Numeric {
        /// One fewer than there are bins of values.
        thresholds: Vec<f32>,
    },
    /// Bin `b` holds category `b`.
    Categorical,
}

impl Column {
    /// The bin of missing values.
    pub(crate) fn missing(&self) -> usize {
        self.n_bins - 1
    }

    /// The code of `row`.
    #[cfg(test)]
    pub(crate) fn code(&self, row: usize) -> usize {
        match &self.codes {
            Codes::Narrow(codes) => usize::from(codes[row]),
            Codes::Wide(codes) => usize::from(codes[row]),
        }
    }
}

/// Bins every column of `records`. Rows of weight 0 are binned but have no say in where the bins lie.
pub(crate) fn bin_columns(
    records: ArrayView2<'_, f32>,
    weights: &[f32],
    params: &BoostingValidParams,
    observer: &dyn Observer,
) -> Result<Vec<Column>, BoostingError> {
    // Collected in order, so that the error reported is the first by column, whichever thread finished first.
    let columns: Vec<Result<Column, BoostingError>> = (0..records.ncols())
        .into_par_iter()
        .map(|feature| {
            if observer.cancelled() {
                return Err(BoostingError::Cancelled);
            }
            let values = checked_values(records, feature, params.codes(feature))?;
            Ok(match params.codes(feature) {
                0 => numeric(&values, weights, params.max_bins),
                n_codes => categorical(&values, n_codes as usize),
            })
        })
        .collect();
    columns.into_iter().collect()
}

/// The values of one column: finite or NaN, and codes where it is categorical (`n_codes > 0`).
pub(crate) fn checked_values(records: ArrayView2<'_, f32>, feature: usize, n_codes: u32) -> Result<Vec<f32>, BoostingError> {
    let mut values = Vec::with_capacity(records.nrows());
    for (row, &value) in records.column(feature).iter().enumerate() {
        if value.is_infinite() {
            return Err(BoostingError::NotFinite { row, feature, value });
        }
        let is_code = value.is_nan() || ((0.0..n_codes as f32).contains(&value) && value.fract() == 0.0);
        if n_codes > 0 && !is_code {
            return Err(BoostingError::Code { row, feature, value, max: n_codes - 1 });
        }
        values.push(value);
    }
    Ok(values)
}

fn numeric(values: &[f32], weights: &[f32], max_bins: usize) -> Column {
    let thresholds = thresholds(values, weights, max_bins);
    let n_bins = thresholds.len() + 2;
    let code = |value: &f32| if value.is_nan() { n_bins - 1 } else { thresholds.partition_point(|threshold| threshold < value) };
    Column { codes: encode(values, n_bins, code), n_bins, rule: Rule::Numeric { thresholds } }
}

fn categorical(values: &[f32], n_codes: usize) -> Column {
    let n_bins = n_codes + 1;
    let code = |value: &f32| if value.is_nan() { n_codes } else { *value as usize };
    Column { codes: encode(values, n_bins, code), n_bins, rule: Rule::Categorical }
}

fn encode(values: &[f32], n_bins: usize, code: impl Fn(&f32) -> usize) -> Codes {
    if n_bins <= 256 {
        Codes::Narrow(values.iter().map(|value| code(value) as u8).collect())
    } else {
        Codes::Wide(values.iter().map(|value| code(value) as u16).collect())
    }
}

/// Where to cut: between all distinct values when they are few, else so that bins weigh about the same, heavy single values having a bin of
/// their own (as in LightGBM's `GreedyFindBin`).
pub(crate) fn thresholds(values: &[f32], weights: &[f32], max_bins: usize) -> Vec<f32> {
    let distinct = distinct(values, weights);
    let cut = |i: usize| middle(distinct[i].0, distinct[i + 1].0);
    if distinct.len() <= max_bins {
        return (1..distinct.len()).map(|i| cut(i - 1)).collect();
    }
    let total: f64 = distinct.iter().map(|&(_, weight)| weight).sum();
    let heavy_from = total / max_bins as f64;
    let is_heavy = |i: usize| distinct[i].1 >= heavy_from;
    let mut light_weight: f64 = (0..distinct.len()).filter(|&i| !is_heavy(i)).map(|i| distinct[i].1).sum();
    let mut light_bins = max_bins - (0..distinct.len()).filter(|&i| is_heavy(i)).count();
    let mut size = light_weight / light_bins.max(1) as f64;

    let mut thresholds = Vec::with_capacity(max_bins - 1);
    let mut weight = 0.0;
    for i in 0..distinct.len() - 1 {
        weight += distinct[i].1;
        if !is_heavy(i) {
            light_weight -= distinct[i].1;
        }
        if is_heavy(i) || weight >= size || (is_heavy(i + 1) && weight >= 0.5 * size) {
            thresholds.push(cut(i));
            if thresholds.len() == max_bins - 1 {
                break;
            }
            weight = 0.0;
            if !is_heavy(i) {
                light_bins = light_bins.saturating_sub(1);
                size = light_weight / light_bins.max(1) as f64;
            }
        }
    }
    thresholds
}

/// The distinct values of rows with weight, in order, each with the sum of its weights.
fn distinct(values: &[f32], weights: &[f32]) -> Vec<(f32, f64)> {
    let present = values.iter().zip(weights).filter(|(value, weight)| !value.is_nan() && **weight > 0.0);
    // Adding zero makes -0 into +0: they are one value to every comparison.
    let mut sorted: Vec<(f32, f32)> = present.map(|(&value, &weight)| (value + 0.0, weight)).collect();
    sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut distinct: Vec<(f32, f64)> = Vec::new();
    for (value, weight) in sorted {
        match distinct.last_mut() {
            Some(last) if last.0 == value => last.1 += f64::from(weight),
            _ => distinct.push((value, f64::from(weight))),
        }
    }
    distinct
}

/// A number `m` with `a <= m < b`, half-way where `f32` has such a number.
fn middle(a: f32, b: f32) -> f32 {
    let middle = (f64::from(a) + (f64::from(b) - f64::from(a)) / 2.0) as f32;
    if middle < b { middle } else { a }
}
