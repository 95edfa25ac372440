//! What a numeric feature becomes: its transform, its range, its mean and deviation, and whether its being missing has a coefficient.

use rayon::prelude::*;

use super::LogisticError;
use super::column::{Summary, signed_logarithms, summarise};
use super::design::{BLOCK, Column, Encoding, Targets};
use super::kernels::{STRIP, Strip};
use super::numbers::Numbers;
use super::term::{Scaling, Transform};
use crate::models::ColumnView;

/// A transform replaces the identity when it raises the score statistic against the label by more than this (a chi-square of one degree of freedom
/// exceeds it in 0.2 % of cases), so that noise keeps the simpler form.
const TRANSFORM_MARGIN: f64 = 10.0;
/// So many rows, spread evenly, choose a transform: that many tell a tail from none.
const SAMPLE: usize = 32_768;

/// The numeric ones of `columns`, by feature: `None` for the others. `numbers` has what they hold.
pub(super) fn fit_numbers(
    columns: &[ColumnView<'_>],
    numbers: &Numbers,
    targets: &Targets,
    encoding: &Encoding<'_>,
) -> Result<Vec<Option<Column>>, LogisticError> {
    let n_columns = numbers.features.len();
    let mut glances: Vec<Glance> = (0..n_columns).into_par_iter().map(|column| glance(numbers, column, targets, encoding)).collect();
    let mut sums = summaries(numbers, &glances, targets);
    // A sample can miss what the other rows are like.
    if sums.iter().zip(&glances).any(|(sum, glance)| sum.is_far_from(glance.centre)) {
        glances.iter_mut().zip(&sums).for_each(|(glance, sum)| glance.centre = sum.mean(glance.centre));
        sums = summaries(numbers, &glances, targets);
    }
    let total: f64 = targets.weights.iter().sum();
    let mut fitted = vec![None; columns.len()];
    for (place, ((&feature, glance), sum)) in numbers.features.iter().zip(&glances).zip(&sums).enumerate() {
        if sum.not_finite {
            return Err(not_finite(&columns[feature], feature));
        }
        let varied = glance.varied || varied_rows(numbers.strips(place), targets) >= encoding.min_rows;
        let column = fit(varied, glance, sum, total, encoding);
        fitted[feature] = Some(column.ok_or(LogisticError::Spread { feature })?);
    }
    Ok(fitted)
}

/// What a sample of the rows tells of a column.
struct Glance {
    transform: Transform,
    /// The mean of the transformed values, from which all rows are seen.
    centre: f64,
    /// So many rows differ from the commonest value that no count is needed.
    varied: bool,
}

fn glance(numbers: &Numbers, column: usize, targets: &Targets, encoding: &Encoding<'_>) -> Glance {
    let stride = targets.n_rows.div_ceil(SAMPLE);
    let (mut values, mut won, mut weights) = (Vec::new(), Vec::new(), Vec::new());
    for (place, strip) in numbers.strips(column).enumerate().step_by(stride) {
        let rows = place * STRIP..place * STRIP + strip.len();
        values.extend_from_slice(strip);
        won.extend_from_slice(&targets.won[rows.clone()]);
        weights.extend_from_slice(&targets.weights[rows]);
    }
    // -0 and 0 are one value, and must sort as one.
    let mut present: Vec<(f32, f64)> = values
        .iter()
        .zip(&weights)
        .filter(|(value, weight)| value.is_finite() && **weight > 0.0)
        .map(|(value, weight)| (value + 0.0, *weight))
        .collect();
    // Of two values that differ, one is not the commonest.
    let differing = present.as_chunks::<2>().0.iter().filter(|[a, b]| a.0 != b.0).count();
    let mut best = (Transform::Identity, 0.0);
    if encoding.transform && !present.is_empty() {
        best.1 = score(&values, &won, &weights, |x| x) + TRANSFORM_MARGIN;
        for candidate in log_candidates(&mut present) {
            let found = score(&values, &won, &weights, |x| candidate.apply(x));
            if found > best.1 {
                best = (candidate, found);
            }
        }
    }
    let transformed = values.iter().zip(&weights).filter(|(value, weight)| value.is_finite() && **weight > 0.0);
    let centre = mean(transformed.map(|(value, weight)| (best.0.apply(f64::from(*value)), *weight)));
    Glance { transform: best.0, centre, varied: differing >= encoding.min_rows }
}

/// The weighted mean, exactly the value of which there is only one.
fn mean(mut values: impl Iterator<Item = (f64, f64)>) -> f64 {
    let Some((first, mut total)) = values.next() else { return 0.0 };
    let mut distance = 0.0;
    for (value, weight) in values {
        total += weight;
        distance += weight * (value - first);
    }
    first + distance / total
}

/// Rao's score statistic of the transformed column against the label: the squared correlation times the sum of weights.
fn score(values: &[f32], won: &[f32], weights: &[f64], transform: impl Fn(f64) -> f64) -> f64 {
    let (mut total, mut sum, mut wins) = (0.0, 0.0, 0.0);
    let mut transformed = Vec::with_capacity(values.len());
    for ((value, won), weight) in values.iter().zip(won).zip(weights).filter(|((value, _), _)| value.is_finite()) {
        let (x, won) = (transform(f64::from(*value)), f64::from(*won));
        total += weight;
        sum += weight * x;
        wins += weight * won;
        transformed.push((x, won, *weight));
    }
    if total <= 0.0 {
        return 0.0;
    }
    let (mean, rate) = (sum / total, wins / total);
    let (mut squares, mut covariance) = (0.0, 0.0);
    for (x, won, weight) in transformed {
        let centred = x - mean;
        squares += weight * centred * centred;
        covariance += weight * centred * (won - rate);
    }
    let spread = squares * rate * (1.0 - rate);
    if spread > 0.0 { covariance * covariance / spread } else { 0.0 }
}

/// Signed logarithms whose unit is the median magnitude of the values that are not 0, and a thirtieth of it: free of the unit of measurement.
fn log_candidates(present: &mut Vec<(f32, f64)>) -> Vec<Transform> {
    present.retain(|(value, _)| *value != 0.0);
    present.sort_unstable_by(|a, b| a.0.abs().total_cmp(&b.0.abs()).then(a.1.total_cmp(&b.1)));
    let half = 0.5 * present.iter().map(|(_, weight)| weight).sum::<f64>();
    let mut below = 0.0;
    let median = present.iter().find(|(_, weight)| {
        below += weight;
        below >= half
    });
    match median {
        Some((value, _)) => {
            let median = f64::from(value.abs());
            vec![Transform::SignedLog { unit: median }, Transform::SignedLog { unit: median / 30.0 }]
        }
        None => Vec::new(),
    }
}

/// The summaries of the transformed columns over all rows: blocks of rows at once, added in order.
fn summaries(numbers: &Numbers, glances: &[Glance], targets: &Targets) -> Vec<Summary> {
    let blocks: Vec<Vec<Summary>> = (numbers.blocks.par_iter().enumerate())
        .map(|(block, values)| {
            let mut sums = vec![Summary::default(); glances.len()];
            let mut places: Strip = [0.0; STRIP];
            for (strip, values) in (block * BLOCK..).zip(values.as_chunks::<STRIP>().0.chunks_exact(glances.len())) {
                let (won, weights) = targets.strip(strip);
                for ((values, glance), sum) in values.iter().zip(glances).zip(&mut sums) {
                    let transformed = match glance.transform {
                        Transform::Identity => None,
                        Transform::SignedLog { unit } => {
                            signed_logarithms(values, unit, &mut places);
                            Some(&places)
                        }
                    };
                    sum.merge(&summarise(values, transformed, glance.centre, weights, won));
                }
            }
            sums
        })
        .collect();
    let mut total = vec![Summary::default(); glances.len()];
    for block in &blocks {
        total.iter_mut().zip(block).for_each(|(total, sum)| total.merge(sum));
    }
    total
}

/// The column, or nothing when its spread is beyond what f32 can hold.
fn fit(varied: bool, glance: &Glance, sum: &Summary, total: f64, encoding: &Encoding<'_>) -> Option<Column> {
    if sum.low > sum.high {
        return Some(Column::Dropped);
    }
    let indicator = sum.n_missing >= encoding.min_rows;
    if !varied && !indicator {
        return Some(Column::Dropped);
    }
    let (mean, deviation) = (sum.mean(glance.centre), sum.deviation());
    // A constant that is often missing keeps its indicator: the number itself is then 0 everywhere.
    let constant = !varied || deviation <= 1e-9 * mean.abs();
    let unit = match (constant, encoding.standardize) {
        (true, _) => f64::MAX,
        (false, true) => deviation,
        (false, false) => 1.0,
    };
    let scaling = Scaling { low: sum.low, high: sum.high, transform: glance.transform, mean, deviation: unit };
    let spread = if constant { 0.0 } else { deviation / unit };
    let finite = [sum.low, sum.high].iter().all(|end| scaling.apply(*end).is_finite());
    let one_class = indicator && sum.missing_one_class();
    let missing_share = (sum.missing() / total).clamp(0.0, 1.0);
    finite.then_some(Column::Numeric { scaling, spread, missing_share, indicator, one_class })
}

/// How many rows with weight and a value differ from the commonest one, if that is more than half of them (Boyer and Moore 1991); else many.
fn varied_rows<'a>(strips: impl Iterator<Item = &'a [f32]> + Clone, targets: &Targets) -> usize {
    let present = || {
        let values = strips.clone().flatten().zip(&targets.weights).filter(|(_, weight)| **weight > 0.0).map(|(value, _)| *value);
        values.filter(|value| !value.is_nan())
    };
    let (mut candidate, mut lead) = (0.0, 0_usize);
    for value in present() {
        if lead == 0 {
            (candidate, lead) = (value, 1);
        } else if value == candidate {
            lead += 1;
        } else {
            lead -= 1;
        }
    }
    present().filter(|value| *value != candidate).count()
}

/// Names the first value of a column that is infinite, or becomes so in f32.
fn not_finite(column: &ColumnView<'_>, feature: usize) -> LogisticError {
    let row = (0..column.len()).find(|row| column.get(*row).is_infinite()).unwrap_or(0);
    let given = column.given(row);
    if given.is_finite() {
        LogisticError::Overflow { row, feature, value: given }
    } else {
        LogisticError::NotFinite { row, feature, value: column.get(row) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_whose_sample_misses_most_of_it_has_its_mean_and_deviation() {
        // The sample takes every second strip, in which the value is there with next to no weight, and far from the others.
        let sampled = |row: usize| (row / STRIP).is_multiple_of(2);
        let n_rows = 2 * SAMPLE;
        let values: Vec<f32> = (0..n_rows).map(|row| if sampled(row) { 0.0 } else { 1e7 + (row % 3) as f32 }).collect();
        let weights = (0..n_rows).map(|row| if sampled(row) { 1e-30 } else { 1.0 }).collect();
        let targets = Targets::new(&(0..n_rows).map(|row| row % 5 == 0).collect::<Vec<bool>>(), weights, &[]);
        let columns = [ColumnView::F32(ndarray::ArrayView1::from(&values[..]))];
        let encoding = Encoding { categorical: &[], min_rows: 20, transform: false, standardize: true };
        let numbers = Numbers::read(&columns, n_rows, &encoding);
        let fitted = fit_numbers(&columns, &numbers, &targets, &encoding).unwrap();
        let Some(Column::Numeric { scaling, .. }) = &fitted[0] else { panic!("{fitted:?}") };
        let (mut mean, mut square) = (0.0, 0.0);
        (0..n_rows).filter(|row| !sampled(*row)).for_each(|row| {
            mean += (row % 3) as f64;
            square += ((row % 3) * (row % 3)) as f64;
        });
        let rows = (n_rows / 2) as f64;
        let deviation = (square / rows - (mean / rows) * (mean / rows)).sqrt();
        assert!((scaling.mean - 1e7 - mean / rows).abs() < 1e-8, "{}", scaling.mean);
        assert!((scaling.deviation - deviation).abs() < 1e-7, "{} {deviation}", scaling.deviation);
    }

    #[test]
    fn rows_that_differ_from_the_commonest_value_are_counted() {
        let column: Vec<f32> = (0..1000).map(|row| if row % 50 == 3 { row as f32 } else { 7.0 }).collect();
        let targets = Targets::new(&vec![true; 1000], vec![1.0; 1000], &[]);
        assert_eq!(varied_rows(column.chunks(STRIP), &targets), 20);
    }
}
