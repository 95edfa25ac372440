//! Where the values of a feature are cut into bins.
//!
//! A split at bin `b` sends left exactly the rows whose code is at most `b`, and at prediction exactly the rows with `value <= thresholds[b]`,
//! in `f32` both times; the two agree for every value, in training or not. A bin code is one byte.

use rayon::prelude::*;

use super::error::BoostingError;
use super::params::BoostingValidParams;
use crate::models::{ColumnView, read_together};
use crate::observer::Observer;

/// The most bins of values; the missing ones have one more.
pub(crate) const MAX_VALUE_BINS: usize = 255;

/// Thresholds are looked for among so many rows: the share of rows in a bin is then off by a twentieth of itself.
const SAMPLE: usize = 1 << 17;
/// Rows that are read together of each column.
const CHUNK: usize = 1024;
/// Up to so many distinct values are told apart one by one.
const FEW: usize = 8;

/// What the bins of one feature mean. The last bin holds the missing values, even when there are none.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Column {
    /// How many bins, the one of missing values included: at most 256.
    pub(crate) n_bins: usize,
    /// What the others hold.
    pub(crate) rule: Rule,
}

/// What the bins of values hold.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Rule {
    /// Bin `b` holds the values above `thresholds[b - 1]` and up to `thresholds[b]`; strictly increasing.
    Numeric {
        /// One fewer than there are bins of values.
        thresholds: Vec<f32>,
    },
    /// Each code has a bin of its own, or, of more codes than there are bins, the heaviest ones; all others share the last bin.
    Categorical {
        /// Per code its bin.
        bin_of: Vec<u8>,
    },
}

impl Column {
    /// The bin of missing values.
    pub(crate) fn missing(&self) -> usize {
        self.n_bins - 1
    }

    /// Cuts at `thresholds`.
    pub(crate) fn numeric(thresholds: Vec<f32>) -> Self {
        Self { n_bins: thresholds.len() + 2, rule: Rule::Numeric { thresholds } }
    }

    /// Where the values are cut; nothing when they are categories.
    pub(crate) fn thresholds(&self) -> &[f32] {
        match &self.rule {
            Rule::Numeric { thresholds } => thresholds,
            Rule::Categorical { .. } => &[],
        }
    }

    /// Bins of codes that weigh `weights`.
    fn categorical(weights: &[f64]) -> Self {
        if weights.len() <= MAX_VALUE_BINS {
            return Self {
                n_bins: weights.len() + 1,
                rule: Rule::Categorical { bin_of: (0..weights.len()).map(|code| code as u8).collect() },
            };
        }
        let mut heaviest: Vec<usize> = (0..weights.len()).collect();
        heaviest.sort_by(|&a, &b| weights[b].total_cmp(&weights[a]).then(a.cmp(&b)));
        heaviest.truncate(MAX_VALUE_BINS - 1);
        heaviest.sort_unstable();
        let mut bin_of = vec![(MAX_VALUE_BINS - 1) as u8; weights.len()];
        heaviest.iter().enumerate().for_each(|(bin, &code)| bin_of[code] = bin as u8);
        Self { n_bins: MAX_VALUE_BINS + 1, rule: Rule::Categorical { bin_of } }
    }

    /// The bin of a checked value.
    #[inline]
    pub(crate) fn bin(&self, value: f32) -> u8 {
        if value.is_nan() {
            return (self.n_bins - 1) as u8;
        }
        match &self.rule {
            Rule::Numeric { thresholds } => thresholds.partition_point(|&threshold| threshold < value) as u8,
            Rule::Categorical { bin_of } => bin_of[value as usize],
        }
    }
}

/// Fits the bins of every column. Rows of weight 0 have no say in where they lie.
pub(crate) fn fit_columns(
    columns: &[ColumnView<'_>],
    weights: &[f32],
    active: &[u32],
    params: &BoostingValidParams,
    observer: &dyn Observer,
) -> Result<Vec<Column>, BoostingError> {
    check_columns(columns, |feature| params.codes(feature), observer)?;
    let (sampled, together) = (sample(active), read_together(columns));
    let fit_neighbours = |(group, columns): (usize, &[ColumnView<'_>])| {
        let first = group * together;
        let is_numeric = |i: usize| params.codes(first + i) == 0;
        let mut values: Vec<Vec<f32>> = (0..columns.len()).map(|i| vec![0.0; if is_numeric(i) { sampled.len() } else { 0 }]).collect();
        for (chunk, rows) in sampled.chunks(CHUNK).enumerate() {
            for (column, values) in columns.iter().zip(&mut values).filter(|(_, values)| !values.is_empty()) {
                values[chunk * CHUNK..].iter_mut().zip(rows).for_each(|(value, &row)| *value = column.get(row as usize));
            }
        }
        let fit = |(i, (column, values)): (usize, (&ColumnView<'_>, Vec<f32>))| match params.codes(first + i) {
            0 => {
                let values = values.iter().zip(&sampled).map(|(&value, &row)| (value, weights[row as usize]));
                Column::numeric(thresholds(values, params.max_bins.min(MAX_VALUE_BINS)))
            }
            n_codes => Column::categorical(&mass_of_codes(column, n_codes, weights, active)),
        };
        let columns = columns.iter().zip(values).enumerate();
        (!observer.cancelled()).then(|| columns.map(fit).collect::<Vec<Column>>())
    };
    let fitted: Option<Vec<Vec<Column>>> = columns.par_chunks(together).enumerate().map(fit_neighbours).collect();
    Ok(fitted.ok_or(BoostingError::Cancelled)?.into_iter().flatten().collect())
}

/// The weight of each code of a category.
fn mass_of_codes(column: &ColumnView<'_>, n_codes: u32, weights: &[f32], active: &[u32]) -> Vec<f64> {
    let mut mass = vec![0.0; n_codes as usize];
    for &row in active {
        let value = column.get(row as usize);
        if !value.is_nan() {
            mass[value as usize] += f64::from(weights[row as usize]);
        }
    }
    mass
}

/// Evenly spaced rows: the same ones whatever the data, so that nothing depends on chance.
fn sample(active: &[u32]) -> Vec<u32> {
    if active.len() <= SAMPLE {
        return active.to_vec();
    }
    // Each stride has one row, at a place that no period of the data follows.
    (0..SAMPLE)
        .map(|i| {
            let (from, to) = (i * active.len() / SAMPLE, (i + 1) * active.len() / SAMPLE);
            let place = (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
            active[from + place as usize % (to - from)]
        })
        .collect()
}

/// Checks that the values of columns are finite or NaN as `f32`, and codes where they are categorical (`n_codes > 0`); tells of the first column where they are
/// not, and of its first row.
pub(crate) fn check_columns(
    columns: &[ColumnView<'_>],
    n_codes: impl Fn(usize) -> u32 + Sync,
    observer: &dyn Observer,
) -> Result<(), BoostingError> {
    let together = read_together(columns);
    let check_neighbours = |(group, columns): (usize, &[ColumnView<'_>])| -> Result<(), BoostingError> {
        if observer.cancelled() {
            return Err(BoostingError::Cancelled);
        }
        let n_rows = columns.iter().map(ColumnView::len).max().unwrap_or(0);
        let (mut buffer, mut found) = ([0.0_f32; CHUNK], vec![None; columns.len()]);
        for first in (0..n_rows).step_by(CHUNK) {
            for (i, (column, found)) in
                columns.iter().zip(&mut found).enumerate().filter(|(_, (column, found))| found.is_none() && first < column.len())
            {
                let values = &mut buffer[..(column.len() - first).min(CHUNK)];
                column.read(first, values);
                *found = bad_value(values, n_codes(group * together + i)).map(|place| first + place);
            }
        }
        let bad = found.into_iter().enumerate().find_map(|(i, row)| Some((i, row?)));
        bad.map_or(Ok(()), |(i, row)| Err(refusal(&columns[i], row, group * together + i, &n_codes)))
    };
    // Collected in order, so that the error reported is the first by column, whichever thread finished first.
    let checked: Vec<Result<(), BoostingError>> = columns.par_chunks(together).enumerate().map(check_neighbours).collect();
    checked.into_iter().collect()
}

/// Where the first value stands that is infinite, or no code of a category where there are `n_codes > 0`.
fn bad_value(values: &[f32], n_codes: u32) -> Option<usize> {
    let is_code = |value: f32| value.is_nan() || ((0.0..n_codes as f32).contains(&value) && value.fract() == 0.0);
    values.iter().position(|&value| value.is_infinite() || (n_codes > 0 && !is_code(value)))
}

/// What is wrong with the value of a row.
fn refusal(column: &ColumnView<'_>, row: usize, feature: usize, n_codes: impl Fn(usize) -> u32) -> BoostingError {
    let value = column.given(row);
    if column.get(row).is_infinite() {
        BoostingError::NotFinite { row, feature, value }
    } else {
        BoostingError::Code { row, feature, value: value as f32, max: n_codes(feature).saturating_sub(1) }
    }
}

/// Where to cut values that come with their weights: between all distinct values when they are few, else so that bins weigh about the same, heavy single values having a bin of
/// their own (as in LightGBM's `GreedyFindBin`).
pub(crate) fn thresholds(values: impl Iterator<Item = (f32, f32)> + Clone, max_bins: usize) -> Vec<f32> {
    // Adding zero makes -0 into +0: they are one value to every comparison.
    let present = values.filter(|(value, weight)| !value.is_nan() && *weight > 0.0).map(|(value, weight)| (value + 0.0, weight));
    if let Some(few) = few(present.clone()).filter(|few| few.len() <= max_bins) {
        return few.windows(2).map(|pair| middle(pair[0], pair[1])).collect();
    }
    let distinct = distinct(present.collect());
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

/// The distinct values in order, if they are at most [`FEW`]; not all have to be sorted for that.
fn few(values: impl Iterator<Item = (f32, f32)>) -> Option<Vec<f32>> {
    let mut seen = Vec::with_capacity(FEW);
    for (value, _) in values {
        if !seen.contains(&value) {
            if seen.len() == FEW {
                return None;
            }
            seen.push(value);
        }
    }
    seen.sort_unstable_by(f32::total_cmp);
    Some(seen)
}

/// The distinct values in order, each with the sum of its weights.
fn distinct(mut values: Vec<(f32, f32)>) -> Vec<(f32, f64)> {
    values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut distinct: Vec<(f32, f64)> = Vec::new();
    for (value, weight) in values {
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

    use ndarray::ArrayView1;
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
        let active: Vec<u32> = (0..values.len() as u32).filter(|&row| weights[row as usize] > 0.0).collect();
        let view = ColumnView::F32(ArrayView1::from(values));
        fit_columns(&[view], weights, &active, &params.check().unwrap(), &Silent).unwrap().remove(0)
    }

    proptest! {
        #[test]
        fn a_bin_says_the_same_as_its_threshold(values in prop::collection::vec(value(), 1..400), max_bins in 2_usize..300) {
            let column = column(&values, &vec![1.0; values.len()], BoostingParams::new().max_bins(max_bins));
            let Rule::Numeric { thresholds } = &column.rule else { panic!("numeric") };
            prop_assert!(thresholds.windows(2).all(|pair| pair[0] < pair[1]) && thresholds.iter().all(|threshold| threshold.is_finite()));
            prop_assert!(thresholds.len() < max_bins.min(255) && column.n_bins == thresholds.len() + 2);
            for value in values {
                let bin = usize::from(column.bin(value));
                prop_assert_eq!(bin == column.missing(), value.is_nan());
                for (of_threshold, threshold) in thresholds.iter().enumerate().filter(|_| !value.is_nan()) {
                    prop_assert_eq!(bin <= of_threshold, value <= *threshold);
                }
            }
        }

        #[test]
        fn few_distinct_values_have_a_bin_each(values in prop::collection::vec(value(), 1..100)) {
            let thresholds = thresholds(values.iter().map(|&value| (value, 1.0)), 255);
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
        values.iter().for_each(|&value| sizes[usize::from(column.bin(value))] += 1);
        let heavy = sizes[usize::from(column.bin(5000.0))];
        assert_eq!(heavy, 10_001);
        assert!(sizes.iter().filter(|&&size| size != heavy && size > 0).all(|size| (40..=160).contains(size)), "{sizes:?}");
        assert!((95..=101).contains(&column.n_bins));
    }

    #[test]
    fn bins_found_on_a_sample_hold_nearly_equal_shares_of_all_rows() {
        let values: Vec<f32> = (0..1_000_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32).collect();
        let column = column(&values, &vec![1.0; values.len()], BoostingParams::new());
        let mut sizes = vec![0_u32; column.n_bins - 1];
        values.iter().for_each(|&value| sizes[usize::from(column.bin(value))] += 1);
        assert!(column.n_bins > 250 && sizes.iter().all(|size| (2900..5100).contains(size)), "{sizes:?}");
    }

    #[test]
    fn rows_without_weight_do_not_move_the_bins() {
        let values: Vec<f32> = (0..100).map(|i| i as f32).collect();
        let weights: Vec<f32> = (0..100).map(|i| if i < 10 { 1.0 } else { 0.0 }).collect();
        assert_eq!(
            column(&values, &weights, BoostingParams::new()).rule,
            column(&values[..10], &weights[..10], BoostingParams::new()).rule
        );
    }

    #[test]
    fn of_many_categories_the_heaviest_have_bins_of_their_own_and_the_others_share_one() {
        let values: Vec<f32> = (0..2000).map(|i| if i % 2 == 0 { (i % 400) as f32 } else { 999.0 }).collect();
        let weights = vec![1.0; 2000];
        let few = column(&values, &weights, BoostingParams::new().categorical(vec![Some(1000)]));
        assert_eq!((few.n_bins, few.bin(f32::NAN)), (256, 255));
        let own: std::collections::BTreeSet<u8> = (0..200).map(|i| few.bin((2 * i) as f32)).chain([few.bin(999.0)]).collect();
        assert_eq!(own.len(), 201);
        assert!((0..1001).filter(|code| few.bin(*code as f32) == 254).count() >= 700, "rare ones share the last bin of values");
        let all = column(&values[..10], &weights[..10], BoostingParams::new().categorical(vec![Some(1000)]));
        assert_eq!(all.n_bins, 256);
    }
}
