//! The fitted design of a logistic regression: what each feature becomes, and the training rows so encoded.
//!
//! Coefficient 0 is the intercept's; then come the dense columns (standardised numbers, and 0/1 for their being missing); then the categories, of which a row
//! has one per categorical feature. Categories are kept as the numbers of their coefficients and never expanded.

use std::borrow::Cow;

use rayon::prelude::*;

use super::LogisticError;
use super::categorical::fit_categories;
use super::column::{standardise, standardise_logarithms};
use super::kernels::{STRIP, Strip};
use super::numbers::Numbers;
use super::numeric::fit_numbers;
use super::statistics::Derived;
use super::term::{CategoricalTerm, NumericTerm, Scaling, Slots, Term, Transform};
use crate::models::ColumnView;

/// Strips of a block, and rows of one: what is allocated, and summed, at once.
pub(super) const BLOCK: usize = 32;
pub(super) const BLOCK_ROWS: usize = BLOCK * STRIP;

/// How features are to be encoded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Encoding<'a> {
    /// Per feature `None` (numeric) or its number of levels; empty: all numeric.
    pub(super) categorical: &'a [Option<u32>],
    /// Rows that a coefficient needs.
    pub(super) min_rows: usize,
    /// Whether a transform of numbers is looked for.
    pub(super) transform: bool,
    /// Whether numbers are divided by their deviation.
    pub(super) standardize: bool,
}

impl Encoding<'_> {
    pub(super) fn levels(&self, feature: usize) -> Option<u32> {
        self.categorical.get(feature).copied().flatten()
    }
}

/// What is known of the rows beside the features, filled up to whole strips with rows of no weight.
#[derive(Debug, Clone)]
pub(super) struct Targets {
    pub(super) n_rows: usize,
    /// 1 for won, 0 for lost.
    pub(super) won: Vec<f32>,
    pub(super) weights: Vec<f64>,
    /// Log-odds that are given; empty: none.
    pub(super) offsets: Vec<f64>,
}

impl Targets {
    pub(super) fn new(won: &[bool], weights: Vec<f64>, offsets: &[f64]) -> Self {
        let length = won.len().next_multiple_of(STRIP);
        let mut targets =
            Self { n_rows: won.len(), won: won.iter().map(|won| f32::from(u8::from(*won))).collect(), weights, offsets: offsets.to_vec() };
        targets.won.resize(length, 0.0);
        targets.weights.resize(length, 0.0);
        if !offsets.is_empty() {
            targets.offsets.resize(length, 0.0);
        }
        targets
    }

    /// Those of some rows.
    pub(super) fn take(&self, rows: &[u32]) -> Self {
        let won: Vec<bool> = rows.iter().map(|&row| self.won[row as usize] > 0.0).collect();
        let offsets: Vec<f64> = rows.iter().filter_map(|&row| self.offsets.get(row as usize).copied()).collect();
        Self::new(&won, rows.iter().map(|&row| self.weights[row as usize]).collect(), &offsets)
    }

    /// The outcomes and weights of a strip.
    pub(super) fn strip(&self, strip: usize) -> (&[f32; STRIP], &Strip) {
        (&self.won.as_chunks().0[strip], &self.weights.as_chunks().0[strip])
    }
}

/// What a feature becomes.
#[derive(Debug, Clone)]
pub(super) enum Column {
    Dropped,
    Numeric {
        scaling: Scaling,
        /// The weighted standard deviation of the scaled values that are there.
        spread: f64,
        missing_share: f64,
        /// Whether being missing has a coefficient.
        indicator: bool,
        /// Whether the missing values, if they have a coefficient, are of one class.
        one_class: bool,
    },
    Categorical {
        slots: Slots,
        shares: Vec<f64>,
        /// Whether some slot has rows of one class only.
        one_class: bool,
    },
}

/// What the features become.
pub(super) fn fit_columns(
    columns: &[ColumnView<'_>],
    numbers: &Numbers,
    targets: &Targets,
    encoding: &Encoding<'_>,
) -> Result<Vec<Column>, LogisticError> {
    let mut fitted = fit_numbers(columns, numbers, targets, encoding)?;
    for (feature, column) in fit_categories(columns, targets, encoding)? {
        fitted[feature] = Some(column);
    }
    Ok(fitted.into_iter().map(|column| column.unwrap_or(Column::Dropped)).collect())
}

/// Up to `BLOCK` strips of encoded rows; within a strip, column after column.
#[derive(Debug)]
struct Block {
    dense: Vec<f32>,
    codes: Vec<u32>,
}

/// The encoded training rows.
#[derive(Debug)]
pub(super) struct Design {
    columns: Vec<Column>,
    /// The numeric features.
    numeric: Vec<usize>,
    /// The last of the dense columns.
    derived: Vec<Derived>,
    pub(super) n_rows: usize,
    /// How many dense columns, without the constant.
    pub(super) n_dense: usize,
    /// How many categorical features.
    pub(super) n_codes: usize,
    /// How many coefficients, the intercept included.
    pub(super) order: usize,
    blocks: Vec<Block>,
}

impl Design {
    /// Fits the columns on the rows and encodes them, without derived ones.
    #[cfg(test)]
    pub(super) fn fit(columns: &[ColumnView<'_>], targets: &Targets, encoding: &Encoding<'_>) -> Result<Self, LogisticError> {
        let numbers = Numbers::read(columns, targets.n_rows, encoding);
        let fitted = fit_columns(columns, &numbers, targets, encoding)?;
        Ok(Self::encode(columns, Cow::Owned(numbers), fitted, Vec::new()))
    }

    /// Encodes the rows, whose numeric columns stand in `numbers`: in their place, when they are given away and fit.
    pub(super) fn encode(raw: &[ColumnView<'_>], numbers: Cow<'_, Numbers>, columns: Vec<Column>, derived: Vec<Derived>) -> Self {
        let n_rows = numbers.n_rows;
        let (mut n_dense, mut n_codes, mut n_slots) = (derived.len(), 0, 0);
        for column in &columns {
            match column {
                Column::Dropped => {}
                Column::Numeric { indicator, .. } => n_dense += 1 + usize::from(*indicator),
                Column::Categorical { slots, .. } => {
                    n_codes += 1;
                    n_slots += slots.len();
                }
            }
        }
        let numeric = numbers.features.clone();
        let mut design = Self { columns, numeric, derived, n_rows, n_dense, n_codes, order: 1 + n_dense + n_slots, blocks: Vec::new() };
        let n_blocks = n_rows.div_ceil(BLOCK_ROWS);
        design.blocks = match numbers {
            Cow::Owned(Numbers { mut blocks, .. }) => {
                blocks.resize(n_blocks, Vec::new());
                let blocks = blocks.into_par_iter().enumerate();
                blocks.map(|(block, numbers)| design.encode_block(raw, Cow::Owned(numbers), block * BLOCK_ROWS)).collect()
            }
            Cow::Borrowed(numbers) => {
                let of_block = |block: usize| Cow::Borrowed(numbers.blocks.get(block).map_or(&[][..], Vec::as_slice));
                (0..n_blocks).into_par_iter().map(|block| design.encode_block(raw, of_block(block), block * BLOCK_ROWS)).collect()
            }
        };
        design.derived.iter_mut().for_each(|derived| derived.rows = Vec::new());
        design
    }

    fn encode_block(&self, raw: &[ColumnView<'_>], numbers: Cow<'_, [f32]>, start: usize) -> Block {
        let end = self.n_rows.min(start + BLOCK_ROWS);
        let n_strips = (end - start).div_ceil(STRIP);
        Block { dense: self.encode_numbers(numbers, start, end), codes: self.encode_categories(raw, start, end, n_strips) }
    }

    fn encode_numbers(&self, numbers: Cow<'_, [f32]>, start: usize, end: usize) -> Vec<f32> {
        let columns = || self.numeric.iter().map(|feature| &self.columns[*feature]);
        let n_numbers = self.numeric.len();
        let all_alone = columns().all(|column| matches!(column, Column::Numeric { indicator: false, .. }));
        if all_alone && self.derived.is_empty() {
            let mut dense = numbers.into_owned();
            for strip in dense.as_chunks_mut::<STRIP>().0.chunks_exact_mut(n_numbers.max(1)) {
                for (values, column) in strip.iter_mut().zip(columns()) {
                    if let Column::Numeric { scaling, .. } = column {
                        scale(scaling, values);
                    }
                }
            }
            return dense;
        }
        let n_strips = (end - start).div_ceil(STRIP);
        let mut dense = vec![0.0; n_strips * self.n_dense * STRIP];
        for strip in 0..n_strips {
            let mut out = dense[strip * self.n_dense * STRIP..].as_chunks_mut::<STRIP>().0.iter_mut();
            let numbers = numbers.as_chunks::<STRIP>().0.iter().skip(strip * n_numbers);
            for (raw, column) in numbers.zip(columns()) {
                let Column::Numeric { scaling, indicator, .. } = column else { continue };
                let Some(values) = out.next() else { continue };
                *values = *raw;
                if *indicator && let Some(missing) = out.next() {
                    missing.iter_mut().zip(raw).for_each(|(missing, x)| *missing = f32::from(u8::from(x.is_nan())));
                }
                scale(scaling, values);
            }
            let first = start + strip * STRIP;
            for (derived, values) in self.derived.iter().zip(out) {
                let rows = &derived.rows[first..end.min(first + STRIP)];
                values[..rows.len()].copy_from_slice(rows);
            }
        }
        dense
    }

    fn encode_categories(&self, raw: &[ColumnView<'_>], start: usize, end: usize, n_strips: usize) -> Vec<u32> {
        let mut codes = vec![0; n_strips * self.n_codes * STRIP];
        let (mut coefficient, mut place) = (1 + self.n_dense, 0);
        let mut values = [0.0; STRIP];
        for (column, raw) in self.columns.iter().zip(raw) {
            let Column::Categorical { slots, .. } = column else { continue };
            for (first, strip) in (start..end).step_by(STRIP).zip(codes.chunks_exact_mut(self.n_codes * STRIP)) {
                let n = STRIP.min(end - first);
                raw.read(first, &mut values[..n]);
                values[n..].fill(0.0);
                let codes = &mut strip[place * STRIP..(place + 1) * STRIP];
                codes.iter_mut().zip(&values).for_each(|(code, value)| *code = (coefficient + slots.of(*value)) as u32);
            }
            coefficient += slots.len();
            place += 1;
        }
        codes
    }

    /// The encoded rows without the constant, for whoever cannot do without a matrix: calls `put(row, column, value)` for what is not 0.
    pub(super) fn for_each_value(&self, mut put: impl FnMut(usize, usize, f32)) {
        for row in 0..self.n_rows {
            let (dense, codes) = self.strip(row / STRIP);
            for (column, values) in dense.as_chunks::<STRIP>().0.iter().enumerate() {
                put(row, column, values[row % STRIP]);
            }
            codes.as_chunks::<STRIP>().0.iter().for_each(|codes| put(row, codes[row % STRIP] as usize - 1, 1.0));
        }
    }

    pub(super) fn n_strips(&self) -> usize {
        self.n_rows.div_ceil(STRIP)
    }

    /// The dense columns and the coefficients' numbers of a strip's categories: column after column, `STRIP` entries each.
    #[inline]
    pub(super) fn strip(&self, strip: usize) -> (&[f32], &[u32]) {
        let (block, strip) = (&self.blocks[strip / BLOCK], strip % BLOCK);
        let (dense, codes) = (self.n_dense * STRIP, self.n_codes * STRIP);
        (&block.dense[strip * dense..][..dense], &block.codes[strip * codes..][..codes])
    }

    /// The model's terms, from the coefficients of the columns.
    pub(super) fn terms(&self, all_coefficients: &[f64]) -> Vec<Term> {
        let coefficients = all_coefficients;
        let (mut dense, mut next) = (1, 1 + self.n_dense);
        let mut terms = Vec::with_capacity(self.columns.len());
        for (feature, column) in self.columns.iter().enumerate() {
            let feature = feature as u32;
            match column {
                Column::Dropped => {}
                Column::Numeric { scaling, spread, missing_share, indicator, .. } => {
                    let missing = if *indicator { coefficients[dense + 1] } else { 0.0 };
                    let (scaling, coefficient) = (*scaling, coefficients[dense]);
                    dense += 1 + usize::from(*indicator);
                    let (spread, missing_share) = (*spread, *missing_share);
                    terms.push(Term::Numeric(NumericTerm { feature, scaling, coefficient, missing, missing_share, spread }));
                }
                Column::Categorical { slots, shares, .. } => {
                    let coefficients = coefficients[next..next + slots.len()].to_vec();
                    next += slots.len();
                    let mut term = CategoricalTerm { feature, slots: slots.clone(), coefficients, shares: shares.clone(), levels: None };
                    if let Some(nth) = self.derived.iter().position(|derived| derived.feature == feature as usize) {
                        let coefficient = all_coefficients[1 + self.n_dense - self.derived.len() + nth];
                        term.add_levels(coefficient, &self.derived[nth].of_code, &self.derived[nth].weights);
                    }
                    terms.push(Term::Categorical(term));
                }
            }
        }
        terms
    }

    /// The features with a coefficient of rows of one class only.
    pub(super) fn one_class_features(&self) -> Vec<u32> {
        let one_class = |column: &Column| match column {
            Column::Dropped => false,
            Column::Numeric { one_class, .. } | Column::Categorical { one_class, .. } => *one_class,
        };
        (0..).zip(&self.columns).filter(|(_, column)| one_class(column)).map(|(feature, _)| feature).collect()
    }
}

/// Standardises a strip; to the bit what [`Scaling::apply`] gives value by value, and 0 for NaN.
pub(super) fn scale(scaling: &Scaling, values: &mut [f32; STRIP]) {
    let Scaling { low, high, transform, mean, deviation } = *scaling;
    match transform {
        Transform::Identity => standardise(values, low, high, mean, deviation),
        Transform::SignedLog { unit } => standardise_logarithms(values, low, high, unit, mean, deviation),
    }
}
