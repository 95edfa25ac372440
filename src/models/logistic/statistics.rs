//! A number for each level of a feature with many: the log-odds of its share of won rows, beside the level's own coefficient.
//!
//! A training row sees the share among the rows that come before it in a random order (see [`ordered`](crate::models::ordered)), so its own outcome is not in
//! it; whoever scores uses the share among all. One coefficient then serves all levels, also those too rare for one of their own.

use std::borrow::Cow;

use ndarray::ArrayView1;
use rayon::prelude::*;

use super::LogisticError;
use super::design::{Column, Design, Encoding, Targets, fit_columns};
use super::newton::{Goal, Penalty, Problem, Watch};
use super::numbers::Numbers;
use super::path::{self, Choice, UNTRIED};
use crate::math;
use crate::models::ordered::{Labels, Order};
use crate::models::{ColumnView, Rows, scale_of_weights};

/// Features with fewer levels are left to coefficients of their own.
const MIN_LEVELS: u32 = 64;
/// So many rows of the overall share are mixed into each level's.
const STRENGTH: f64 = 10.0;
/// So many rows, spread evenly, say whether the numbers pay.
const MAX_ROWS: usize = 200_000;
/// Neighbouring rows that are held out together, and every how many such runs.
const RUN: usize = 16;
const HELD_OUT: usize = 5;

/// A column that is derived from the outcomes of a categorical feature's levels.
#[derive(Debug, Clone)]
pub(super) struct Derived {
    pub(super) feature: usize,
    /// Per training row its standardised value.
    pub(super) rows: Vec<f32>,
    /// Per code ("any other" and missing at the end) its standardised value, and the weight of its rows.
    pub(super) of_code: Vec<f32>,
    pub(super) weights: Vec<f64>,
}

/// The features with many levels that are not dropped.
fn candidates(columns: &[Column], encoding: &Encoding<'_>) -> Vec<usize> {
    let many = |feature: &usize| encoding.levels(*feature).is_some_and(|levels| levels > MIN_LEVELS);
    (0..columns.len()).filter(|feature| many(feature) && matches!(columns[*feature], Column::Categorical { .. })).collect()
}

/// The derived columns of the features with many levels that are not dropped: the rows with weight are those learned from; the others see the shares that
/// whoever scores sees.
pub(super) fn derive(
    raw: &[ColumnView<'_>],
    columns: &[Column],
    targets: &Targets,
    groups: &[u32],
    encoding: &Encoding<'_>,
) -> Vec<Derived> {
    let features = candidates(columns, encoding);
    if features.is_empty() {
        return Vec::new();
    }
    let (learned, others): (Vec<u32>, Vec<u32>) = (0..targets.n_rows as u32).partition(|row| targets.weights[*row as usize] > 0.0);
    let order = Order::random(&learned, &dense_groups(groups), 0);
    let won: Vec<bool> = targets.won[..targets.n_rows].iter().map(|won| *won > 0.0).collect();
    let weights: Vec<f32> = targets.weights[..targets.n_rows].iter().map(|weight| *weight as f32).collect();
    let total: f64 = targets.weights.iter().sum();
    let share = targets.weights.iter().zip(&targets.won).map(|(weight, won)| weight * f64::from(*won)).sum::<f64>() / total;
    let labels = Labels { won: &won, weights: &weights, share, strength: STRENGTH };
    let log_odds = |share: f32| math::logit(f64::from(share).clamp(1e-6, 1.0 - 1e-6));
    let derived = features.into_par_iter().map(|feature| {
        let levels = encoding.levels(feature).unwrap_or(0) as usize;
        let codes: Vec<u32> = (0..targets.n_rows)
            .map(|row| raw[feature].get(row))
            .map(|value| if value.is_nan() { levels as u32 + 1 } else { (value as u32).min(levels as u32) })
            .collect();
        let code = |row: usize| codes[row] as usize;
        let of_code = labels.of_all(&learned, code, levels + 2);
        let mut seen = vec![0.0; targets.n_rows];
        labels.of_earlier(&order, code, levels + 2, &mut seen);
        others.iter().for_each(|&row| seen[row as usize] = of_code[code(row as usize)]);
        let rows: Vec<f64> = seen.into_iter().map(log_odds).collect();
        let mean = rows.iter().zip(&targets.weights).map(|(x, weight)| weight * x).sum::<f64>() / total;
        let squares: f64 = rows.iter().zip(&targets.weights).map(|(x, weight)| weight * (x - mean) * (x - mean)).sum();
        let deviation = (squares / total).sqrt().max(1e-9);
        let standard = |x: f64| ((x - mean) / deviation) as f32;
        let mut weights = vec![0.0; levels + 2];
        codes.iter().zip(&targets.weights).for_each(|(code, weight)| weights[*code as usize] += weight);
        Derived {
            feature,
            rows: rows.into_iter().map(standard).collect(),
            of_code: of_code.into_iter().map(|share| standard(log_odds(share))).collect(),
            weights,
        }
    });
    derived.collect()
}

/// The groups as numbers without gaps.
fn dense_groups(groups: &[u32]) -> Vec<u32> {
    let mut known: Vec<u32> = groups.to_vec();
    known.sort_unstable();
    known.dedup();
    groups.iter().map(|group| known.partition_point(|other| other < group) as u32).collect()
}

/// Whether derived columns lower the log loss of rows that were held out. `columns` are those of all rows; `strength` is that of the penalty, `None` for a
/// middling one.
pub(super) fn pay(
    rows: &Rows<'_>,
    columns: &[Column],
    targets: &Targets,
    encoding: &Encoding<'_>,
    strength: Option<f64>,
    watch: &Watch<'_>,
) -> Result<bool, LogisticError> {
    if candidates(columns, encoding).is_empty() {
        return Ok(false);
    }
    on_sample(rows, targets, |raw, targets, groups| pay_on(raw, targets, groups, encoding, strength, watch))
}

/// Chooses the penalty of a design with derived columns, which every fold learns anew from its own rows. `columns` are those of all rows.
pub(super) fn choose_penalty(
    rows: &Rows<'_>,
    columns: &[Column],
    targets: &Targets,
    encoding: &Encoding<'_>,
    (l1_ratio, folds): (f64, u32),
    watch: &Watch<'_>,
) -> Result<Choice, LogisticError> {
    on_sample(rows, targets, |raw, targets, groups| {
        if !has_both(targets, &targets.weights) {
            return Ok(Choice { l2: UNTRIED / scale_of_weights(targets.weights.iter().copied()), path: Vec::new(), start: None });
        }
        let numbers = Numbers::read(raw, targets.n_rows, encoding);
        let learn = |targets: &Targets| {
            let derived = derive(raw, columns, targets, groups, encoding);
            Design::encode(raw, Cow::Borrowed(&numbers), columns.to_vec(), derived)
        };
        path::choose(&learn(targets), Some(&learn), targets, l1_ratio, folds, watch)
    })
}

/// Asks `ask` with the rows (their columns, targets, and groups numbered without gaps), or with some of them, spread evenly, where there are many.
fn on_sample<T>(rows: &Rows<'_>, targets: &Targets, ask: impl FnOnce(&[ColumnView<'_>], &Targets, &[u32]) -> T) -> T {
    let groups = dense_groups(rows.groups);
    let stride = targets.n_rows.div_ceil(MAX_ROWS).max(1);
    if stride == 1 {
        return ask(&rows.columns, targets, &groups);
    }
    let kept: Vec<u32> = (0..targets.n_rows).filter(|&row| run(row, &groups).is_multiple_of(stride)).map(|row| row as u32).collect();
    let values: Vec<Vec<f32>> = rows.columns.par_iter().map(|column| kept.iter().map(|&row| column.get(row as usize)).collect()).collect();
    let columns: Vec<ColumnView<'_>> = values.iter().map(|values| ColumnView::F32(ArrayView1::from(values))).collect();
    let groups: Vec<u32> = kept.iter().filter_map(|&row| groups.get(row as usize).copied()).collect();
    ask(&columns, &targets.take(&kept), &dense_groups(&groups))
}

/// Whether rows of both classes have weight.
fn has_both(targets: &Targets, weights: &[f64]) -> bool {
    [0.0, 1.0].iter().all(|class| targets.won.iter().zip(weights).any(|(won, weight)| won == class && *weight > 0.0))
}

/// [`pay`] on rows of which none is left out.
fn pay_on(
    raw: &[ColumnView<'_>],
    targets: &Targets,
    groups: &[u32],
    encoding: &Encoding<'_>,
    strength: Option<f64>,
    watch: &Watch<'_>,
) -> Result<bool, LogisticError> {
    let (train, held_out) = split(targets, groups);
    // With so little data that no honest answer can be had, the simpler model.
    if !has_both(&train, &train.weights) || !has_both(&train, &held_out) {
        return Ok(false);
    }
    let numbers = &Numbers::read(raw, targets.n_rows, encoding);
    let columns = fit_columns(raw, numbers, &train, encoding)?;
    let derived = derive(raw, &columns, &train, groups, encoding);
    if derived.is_empty() {
        return Ok(false);
    }
    let mut losses = [0.0; 2];
    for (loss, derived) in losses.iter_mut().zip([Vec::new(), derived]) {
        let design = Design::encode(raw, Cow::Borrowed(numbers), columns.clone(), derived);
        let untried = UNTRIED / scale_of_weights(train.weights.iter().copied());
        let problem = Problem::new(&design, &train, Penalty::new(strength.unwrap_or(untried), 0.0), watch);
        let end = problem.minimise(problem.start()?, problem.curvature(), Goal::Excess(1e-5), 20)?;
        *loss = problem.loss_of(&held_out, &end.point.coefficients);
        watch.check()?;
    }
    Ok(losses[1] < losses[0])
}

/// What is held out together: the row's group (numbered without gaps), or its neighbours.
fn run(row: usize, groups: &[u32]) -> usize {
    groups.get(row).map_or(row / RUN, |group| *group as usize)
}

/// The rows to learn from, and the weights of those to judge by: every fifth run of rows, or every fifth group.
fn split(targets: &Targets, groups: &[u32]) -> (Targets, Vec<f64>) {
    let mut train = targets.clone();
    let mut held_out = vec![0.0; targets.weights.len()];
    for (row, (train, held_out)) in train.weights.iter_mut().zip(&mut held_out).enumerate() {
        if run(row, groups) % HELD_OUT == HELD_OUT - 1 {
            *held_out = std::mem::take(train);
        }
    }
    (train, held_out)
}
