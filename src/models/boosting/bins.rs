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
    for (i, &(_, value_weight)) in distinct.iter().enumerate().take(distinct.len() - 1) {
        weight += value_weight;
        if !is_heavy(i) {
            light_weight -= value_weight;
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use ndarray::Array2;
    use proptest::prelude::*;

    use super::super::params::BoostingParams;
    use super::*;
    use crate::observer::Silent;
    use linfa::ParamGuard;

    /// Any finite number, neighbours of each other and repeats among them, and missing values.
    fn value() -> impl Strategy<Value = f32> {
        prop_oneof![
            4 => (-5_i8..5).prop_map(f32::from),
            2 => any::<f32>().prop_filter("finite", |value| value.is_finite()),
            2 => (0_u32..50).prop_map(|bits| f32::from_bits(1.0_f32.to_bits() + bits)),
            1 => Just(-0.0),
            1 => Just(f32::NAN),
        ]
    }

    fn column(values: &[f32], weights: &[f32], params: BoostingParams) -> Column {
        let records = Array2::from_shape_vec((values.len(), 1), values.to_vec()).unwrap();
        bin_columns(records.view(), weights, &params.check().unwrap(), &Silent).unwrap().remove(0)
    }

    proptest! {
        #[test]
        fn a_bin_says_the_same_as_its_threshold(values in prop::collection::vec(value(), 1..400), max_bins in 2_usize..300) {
            let column = column(&values, &vec![1.0; values.len()], BoostingParams::new().max_bins(max_bins));
            let Rule::Numeric { thresholds } = &column.rule else { panic!("numeric") };
            prop_assert!(thresholds.windows(2).all(|pair| pair[0] < pair[1]) && thresholds.iter().all(|threshold| threshold.is_finite()));
            prop_assert!(thresholds.len() < max_bins && column.n_bins == thresholds.len() + 2);
            for (row, value) in values.iter().enumerate() {
                let code = column.code(row);
                prop_assert_eq!(code == column.missing(), value.is_nan());
                for (bin, threshold) in thresholds.iter().enumerate().filter(|_| !value.is_nan()) {
                    prop_assert_eq!(code <= bin, value <= threshold);
                }
            }
        }

        #[test]
        fn few_distinct_values_have_a_bin_each(values in prop::collection::vec(value(), 1..100)) {
            let thresholds = thresholds(&values, &vec![1.0; values.len()], 255);
            let mut distinct: Vec<f32> = values.iter().copied().filter(|value| !value.is_nan()).map(|value| value + 0.0).collect();
            distinct.sort_by(f32::total_cmp);
            distinct.dedup();
            prop_assert_eq!(thresholds.len(), distinct.len().saturating_sub(1));
        }
    }

    #[test]
    fn many_values_share_bins_of_like_weight_and_a_heavy_value_has_its_own() {
        let mut values: Vec<f32> = (0..10_000).map(|i| i as f32).collect();
        values.extend(std::iter::repeat_n(5000.0, 10_000));
        let column = column(&values, &vec![1.0; values.len()], BoostingParams::new().max_bins(100));
        let mut sizes = vec![0; column.n_bins];
        (0..values.len()).for_each(|row| sizes[column.code(row)] += 1);
        let heavy = sizes[column.code(5000)];
        assert_eq!(heavy, 10_001);
        assert!(sizes.iter().filter(|&&size| size != heavy && size > 0).all(|size| (40..=160).contains(size)), "{sizes:?}");
        assert!((95..=101).contains(&column.n_bins));
    }

    #[test]
    fn rows_without_weight_do_not_move_the_bins() {
        let values: Vec<f32> = (0..100).map(|i| i as f32).collect();
        let weights: Vec<f32> = (0..100).map(|i| if i < 10 { 1.0 } else { 0.0 }).collect();
        assert_eq!(thresholds(&values, &weights, 255), thresholds(&values[..10], &weights[..10], 255));
    }

    #[test]
    fn codes_are_bytes_up_to_256_bins_and_wider_beyond() {
        let values: Vec<f32> = (0..2000).map(|i| (i % 1001) as f32).collect();
        let weights = vec![1.0; 2000];
        assert!(matches!(column(&values, &weights, BoostingParams::new()).codes, Codes::Narrow(_)));
        let wide = column(&values, &weights, BoostingParams::new().categorical(vec![Some(1000)]));
        assert!(matches!(wide.codes, Codes::Wide(_)));
        assert_eq!((wide.code(1000), wide.n_bins, wide.missing()), (1000, 1002, 1001));
    }
}
