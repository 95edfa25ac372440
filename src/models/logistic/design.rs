//! The fitted design of a logistic regression: what each feature becomes, and the training rows so encoded.
//!
//! Column 0 is the constant 1, the next are the standardised numbers (dense, f32), the rest are 0/1 columns of categories and missing values, of which only the
//! ones are stored.

use ndarray::ArrayView2;
use rayon::prelude::*;

use super::LogisticError;
use super::term::{CategoricalTerm, NumericTerm, Scaling, Slots, Term, Transform};

/// The most levels of one feature that have a coefficient of their own.
const MAX_KEPT_LEVELS: usize = 255;
/// A transform replaces the identity when it raises the score statistic against the label by more than this (a chi-square of one degree of freedom
/// exceeds it in 0.2 % of cases), so that noise keeps the simpler form.
const TRANSFORM_MARGIN: f64 = 10.0;

/// What a feature becomes.
#[derive(Debug, Clone)]
pub(super) enum Column {
    Dropped,
    Numeric { scaling: Scaling, missing_share: f64, indicator: bool },
    Categorical { slots: Slots, shares: Vec<f64> },
}

/// The encoded training rows.
#[derive(Debug)]
pub(super) struct Design {
    pub(super) columns: Vec<Column>,
    pub(super) n_rows: usize,
    /// How many dense columns, the constant included.
    pub(super) n_dense: usize,
    /// How many columns in all: the length of a coefficient vector.
    pub(super) order: usize,
    /// `n_rows * n_dense` values.
    pub(super) dense: Vec<f32>,
    /// The columns of the ones of all rows, row after row.
    pub(super) ones: Vec<u32>,
    /// Where each row's ones begin; `n_rows + 1` entries.
    pub(super) starts: Vec<usize>,
}

impl Design {
    /// The dense values and the columns of the ones of row `row`.
    #[inline]
    pub(super) fn row(&self, row: usize) -> (&[f32], &[u32]) {
        (&self.dense[row * self.n_dense..][..self.n_dense], &self.ones[self.starts[row]..self.starts[row + 1]])
    }

    /// Fits the columns on the records and encodes the rows.
    pub(super) fn fit(
        records: ArrayView2<'_, f32>,
        won: &[bool],
        weights: &[f64],
        categorical: &[Option<u32>],
        min_rows: usize,
    ) -> Result<Self, LogisticError> {
        let (n_rows, n_features) = records.dim();
        let fitted: Vec<Result<Column, LogisticError>> = (0..n_features)
            .into_par_iter()
            .map(|feature| {
                let values: Vec<f32> = records.column(feature).iter().copied().collect();
                match categorical.get(feature).copied().flatten() {
                    Some(levels) => fit_categorical(feature, &values, weights, levels, min_rows),
                    None => fit_numeric(feature, &values, won, weights, min_rows),
                }
            })
            .collect();
        let columns = fitted.into_iter().collect::<Result<Vec<_>, _>>()?;
        Ok(Self::encode(records, columns, n_rows))
    }

    fn encode(records: ArrayView2<'_, f32>, columns: Vec<Column>, n_rows: usize) -> Self {
        let n_dense = 1 + columns.iter().filter(|column| matches!(column, Column::Numeric { .. })).count();
        let (mut next, mut first_one) = (n_dense, Vec::with_capacity(columns.len()));
        for column in &columns {
            first_one.push(next);
            next += match column {
                Column::Categorical { slots, .. } => slots.len(),
                Column::Numeric { indicator, .. } => usize::from(*indicator),
                Column::Dropped => 0,
            };
        }
        let mut dense = Vec::with_capacity(n_rows * n_dense);
        let (mut ones, mut starts) = (Vec::new(), Vec::with_capacity(n_rows + 1));
        starts.push(0);
        for row in records.rows() {
            dense.push(1.0);
            for ((column, value), first) in columns.iter().zip(row).zip(&first_one) {
                match column {
                    Column::Dropped => {}
                    Column::Numeric { indicator, .. } if value.is_nan() => {
                        dense.push(0.0);
                        if *indicator {
                            ones.push(*first as u32);
                        }
                    }
                    Column::Numeric { scaling, .. } => dense.push(scaling.apply(*value)),
                    Column::Categorical { slots, .. } => ones.push((first + slots.of(*value)) as u32),
                }
            }
            starts.push(ones.len());
        }
        Self { columns, n_rows, n_dense, order: next, dense, ones, starts }
    }

    /// The model's terms, from the coefficients of the columns.
    pub(super) fn terms(&self, coefficients: &[f64]) -> Vec<Term> {
        let (mut dense, mut ones) = (1, self.n_dense);
        let mut terms = Vec::with_capacity(self.columns.len());
        for (feature, column) in self.columns.iter().enumerate() {
            let feature = feature as u32;
            match column {
                Column::Dropped => {}
                Column::Numeric { scaling, missing_share, indicator } => {
                    let missing = if *indicator { coefficients[ones] } else { 0.0 };
                    ones += usize::from(*indicator);
                    let (scaling, coefficient) = (*scaling, coefficients[dense]);
                    dense += 1;
                    terms.push(Term::Numeric(NumericTerm { feature, scaling, coefficient, missing, missing_share: *missing_share }));
                }
                Column::Categorical { slots, shares } => {
                    let own = coefficients[ones..ones + slots.len()].to_vec();
                    ones += slots.len();
                    terms.push(Term::Categorical(CategoricalTerm {
                        feature,
                        slots: slots.clone(),
                        coefficients: own,
                        shares: shares.clone(),
                    }));
                }
            }
        }
        terms
    }
}

/// The weighted sums of one transformed column.
struct Moments {
    mean: f64,
    deviation: f64,
    /// Rao's score statistic of the column against the label: the squared correlation times the sum of weights.
    score: f64,
}

fn moments(values: &[f32], won: &[bool], weights: &[f64], scaling: impl Fn(f64) -> f64) -> Moments {
    let present = || values.iter().zip(won).zip(weights).filter(|((value, _), _)| !value.is_nan());
    let (mut total, mut sum, mut wins) = (0.0, 0.0, 0.0);
    for ((value, won), weight) in present() {
        total += weight;
        sum += weight * scaling(f64::from(*value));
        wins += weight * f64::from(u8::from(*won));
    }
    if total <= 0.0 {
        return Moments { mean: 0.0, deviation: 0.0, score: 0.0 };
    }
    let (mean, rate) = (sum / total, wins / total);
    let (mut squares, mut covariance) = (0.0, 0.0);
    for ((value, won), weight) in present() {
        let centred = scaling(f64::from(*value)) - mean;
        squares += weight * centred * centred;
        covariance += weight * centred * (f64::from(u8::from(*won)) - rate);
    }
    let spread = squares * rate * (1.0 - rate);
    let score = if spread > 0.0 { covariance * covariance / spread } else { 0.0 };
    Moments { mean, deviation: (squares / total).sqrt(), score }
}

fn fit_numeric(feature: usize, values: &[f32], won: &[bool], weights: &[f64], min_rows: usize) -> Result<Column, LogisticError> {
    let mut present: Vec<(f32, f64)> = Vec::with_capacity(values.len());
    let (mut total, mut missing) = (0.0, 0.0);
    let mut n_missing = 0;
    for (row, (value, weight)) in values.iter().zip(weights).enumerate() {
        if value.is_infinite() {
            return Err(LogisticError::NotFinite { row, feature, value: *value });
        }
        total += weight;
        if value.is_nan() {
            missing += weight;
            n_missing += 1;
        } else if *weight > 0.0 {
            present.push((*value, *weight));
        }
    }
    // -0 and 0 are one value, and must sort as one.
    present.iter_mut().for_each(|(value, _)| *value += 0.0);
    present.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let commonest = present.chunk_by(|a, b| a.0 == b.0).map(<[_]>::len).max().unwrap_or(0);
    let (Some((low, _)), Some((high, _))) = (present.first().copied(), present.last().copied()) else { return Ok(Column::Dropped) };
    // Counted here: the search for a transform takes the zeros out.
    let varied = present.len() - commonest;
    if varied < min_rows && n_missing < min_rows {
        return Ok(Column::Dropped);
    }
    let identity = moments(values, won, weights, |x| x);
    let (mut transform, mut best) = (Transform::Identity, identity);
    for candidate in log_candidates(&mut present) {
        let found = moments(values, won, weights, |x| candidate.apply(x));
        let margin = if transform == Transform::Identity { TRANSFORM_MARGIN } else { 0.0 };
        if found.score > best.score + margin {
            (transform, best) = (candidate, found);
        }
    }
    // A constant that is often missing keeps its indicator: the number itself is then 0 everywhere.
    let constant = varied < min_rows || best.deviation <= 1e-9 * best.mean.abs();
    let scaling = Scaling { low, high, transform, mean: best.mean, deviation: if constant { f64::MAX } else { best.deviation } };
    Ok(Column::Numeric { scaling, missing_share: (missing / total).clamp(0.0, 1.0), indicator: n_missing >= min_rows })
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

fn fit_categorical(feature: usize, values: &[f32], weights: &[f64], levels: u32, min_rows: usize) -> Result<Column, LogisticError> {
    let n_levels = levels as usize;
    let mut rows = vec![0_usize; n_levels + 2];
    let mut mass = vec![0.0_f64; n_levels + 2];
    for (row, (value, weight)) in values.iter().zip(weights).enumerate() {
        let code = if value.is_nan() {
            n_levels + 1
        } else if *value >= 0.0 && f64::from(*value) <= f64::from(levels) && value.fract() == 0.0 {
            *value as usize
        } else {
            return Err(LogisticError::BadCode { row, feature, value: *value, levels });
        };
        if *weight > 0.0 {
            rows[code] += 1;
            mass[code] += weight;
        }
    }
    let n_rows: usize = rows.iter().sum();
    if n_rows - rows.iter().max().copied().unwrap_or(0) < min_rows {
        return Ok(Column::Dropped);
    }
    let mut frequent: Vec<usize> = (0..n_levels).filter(|code| rows[*code] >= min_rows).collect();
    frequent.sort_by(|a, b| rows[*b].cmp(&rows[*a]).then(a.cmp(b)));
    frequent.truncate(MAX_KEPT_LEVELS);
    frequent.sort_unstable();
    let n_kept = frequent.len();
    let mut of_code = vec![n_kept as u16; n_levels];
    for (slot, code) in frequent.iter().enumerate() {
        of_code[*code] = slot as u16;
    }
    let slots = Slots { of_code, n_kept: n_kept as u16 };
    let mut shares = vec![0.0; slots.len()];
    for (code, mass) in mass.iter().enumerate() {
        let slot = if code > n_levels { slots.missing() } else { slots.of_code.get(code).map_or(n_kept, |slot| usize::from(*slot)) };
        shares[slot] += mass;
    }
    let total: f64 = shares.iter().sum();
    shares.iter_mut().for_each(|share| *share /= total);
    Ok(Column::Categorical { slots, shares })
}
