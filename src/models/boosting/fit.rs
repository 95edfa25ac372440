//! Tree after tree, and when to stop.

use ndarray::{ArrayView1, ArrayView2};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use super::adaptive::Size;
use super::bins::{Codes, Column, Rule, bin_columns, checked_values};
use super::error::BoostingError;
use super::grow::{Ground, Grower, Test, Tree};
use super::histogram::Gradient;
use super::model::{BoostingModel, DEFAULT_LEFT};
use super::params::BoostingValidParams;
use super::shares::Marginal;
use crate::math::{logit, sigmoid, softplus};
use crate::observer::Observer;

/// A tree may use at least so many features: of fewer, too little could be said together.
const MIN_FEATURES: usize = 4;

/// A fitted model, and how it did on the validation rows on the way.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct BoostingFit {
    /// The trees: with early stopping the best number of them, else all.
    pub model: BoostingModel,
    /// All the trees that were grown until fitting stopped: what cross-validation cuts to a number of trees settled over all folds.
    pub grown: BoostingModel,
    /// The number of trees of least validation log loss (the smallest such number); without validation rows, the number of trees.
    pub best_iteration: usize,
    /// The weighted mean log loss of the validation rows after 0, 1, 2 ... trees; empty without validation rows. It ends where fitting ended;
    /// when that was because no tree could split any more, further values would repeat the last.
    pub validation_log_loss: Vec<f64>,
}

/// Labelled rows, as they are given.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) records: ArrayView2<'a, f32>,
    pub(crate) won: ArrayView1<'a, bool>,
    /// Empty: all 1.
    pub(crate) weights: ArrayView1<'a, f32>,
}

/// Labelled rows, checked and laid out row after row.
struct CheckedRows {
    values: Vec<f32>,
    width: usize,
    won: Vec<bool>,
    weights: Vec<f32>,
    /// Those with weight.
    active: Vec<u32>,
}

impl CheckedRows {
    fn new(rows: Rows<'_>) -> Result<Self, BoostingError> {
        let n = rows.records.nrows();
        if rows.won.len() != n {
            return Err(BoostingError::RowCount { what: "targets", got: rows.won.len(), rows: n });
        }
        let weights = if rows.weights.is_empty() { vec![1.0; n] } else { rows.weights.to_vec() };
        if weights.len() != n {
            return Err(BoostingError::RowCount { what: "weights", got: weights.len(), rows: n });
        }
        if u32::try_from(n).is_err() {
            return Err(BoostingError::Param { name: "rows", range: "fewer than 4294967296", got: n.to_string() });
        }
        if let Some(row) = weights.iter().position(|weight| !(weight.is_finite() && *weight >= 0.0)) {
            return Err(BoostingError::Weight { row, value: weights[row] });
        }
        let active = (0..n as u32).filter(|&row| weights[row as usize] > 0.0).collect();
        let values = rows.records.iter().copied().collect();
        Ok(Self { values, width: rows.records.ncols(), won: rows.won.to_vec(), weights, active })
    }

    /// How much there is to learn from.
    fn size(&self) -> Size {
        let won = self.active.iter().filter(|&&row| self.won[row as usize]).count();
        Size { rows: self.active.len(), rarer: won.min(self.active.len() - won) }
    }

    fn row(&self, row: u32) -> &[f32] {
        &self.values[row as usize * self.width..(row as usize + 1) * self.width]
    }
}

/// Fits boosted trees to `train`; watches `validation`, if there is any, and stops by it if the settings say so.
pub(crate) fn fit(
    params: &BoostingValidParams,
    train: Rows<'_>,
    validation: Option<Rows<'_>>,
    observer: &dyn Observer,
) -> Result<BoostingFit, BoostingError> {
    let n_features = train.records.ncols();
    for (name, got) in [("monotone_constraints", params.monotone_constraints.len()), ("categorical", params.categorical.len())] {
        if got != 0 && got != n_features {
            return Err(BoostingError::FeatureCount { name, got, expected: n_features });
        }
    }
    let rows = CheckedRows::new(train)?;
    let base = base_log_odds(&rows)?;
    let params = &params.adapted(rows.size());
    let mut validation = validation.map(|validation| Validation::new(params, validation, n_features, base)).transpose()?;
    observer.stage("boosting", params.n_estimators as u64);
    if observer.cancelled() {
        return Err(BoostingError::Cancelled);
    }
    let columns = bin_columns(train.records, &rows.weights, params, observer)?;
    let mut boosting = Boosting::new(params, &rows, &columns, base);
    while boosting.model.n_trees() < params.n_estimators {
        if observer.cancelled() {
            return Err(BoostingError::Cancelled);
        }
        if !boosting.add_tree(observer)? {
            break;
        }
        if let Some(validation) = &mut validation {
            validation.add_last_tree(&boosting.model);
            if validation.should_stop(params.early_stopping_rounds) {
                break;
            }
        }
        observer.advance(1);
    }
    let mut model = boosting.model;
    model.share = model.shares(&marginals(&columns, &rows.weights));
    Ok(finish(model, validation, params.early_stopping_rounds.is_some()))
}

/// What the rows say of each feature on its own.
fn marginals<'a>(columns: &'a [Column], weights: &[f32]) -> Vec<Marginal<'a>> {
    let marginal = |column: &'a Column| {
        let mut sums = vec![0.0; column.n_bins];
        let mut add = |(code, &weight): (usize, &f32)| sums[code] += f64::from(weight);
        match &column.codes {
            Codes::Narrow(codes) => codes.iter().map(|&code| usize::from(code)).zip(weights).for_each(&mut add),
            Codes::Wide(codes) => codes.iter().map(|&code| usize::from(code)).zip(weights).for_each(&mut add),
        }
        let thresholds: &[f32] = match &column.rule {
            Rule::Numeric { thresholds } => thresholds,
            Rule::Categorical => &[],
        };
        Marginal { thresholds, weights: sums }
    };
    columns.par_iter().map(marginal).collect()
}

/// Fits without validation; the training-time log-odds of every row come along, to be held against what the model predicts.
#[cfg(test)]
pub(crate) fn fit_and_keep_log_odds(params: &BoostingValidParams, train: Rows<'_>) -> Result<(BoostingModel, Vec<f64>), BoostingError> {
    let observer = crate::observer::Silent;
    let rows = CheckedRows::new(train)?;
    let params = &params.adapted(rows.size());
    let columns = bin_columns(train.records, &rows.weights, params, &observer)?;
    let mut boosting = Boosting::new(params, &rows, &columns, base_log_odds(&rows)?);
    while boosting.model.n_trees() < params.n_estimators && boosting.add_tree(&observer)? {}
    Ok((boosting.model, boosting.log_odds))
}

fn finish(model: BoostingModel, validation: Option<Validation>, stops_early: bool) -> BoostingFit {
    match validation {
        None => BoostingFit { best_iteration: model.n_trees(), grown: model.clone(), model, validation_log_loss: Vec::new() },
        Some(validation) => {
            let best_iteration = validation.best;
            let best = if stops_early { model.truncated(best_iteration) } else { model.clone() };
            BoostingFit { model: best, grown: model, best_iteration, validation_log_loss: validation.log_loss }
        }
    }
}

/// The log-odds of the weighted share of won rows.
fn base_log_odds(rows: &CheckedRows) -> Result<f64, BoostingError> {
    let (mut won, mut total, mut n_won) = (0.0, 0.0, 0);
    for &row in &rows.active {
        let weight = f64::from(rows.weights[row as usize]);
        total += weight;
        if rows.won[row as usize] {
            won += weight;
            n_won += 1;
        }
    }
    match rows.active.len() {
        0 => Err(BoostingError::Empty { rows: rows.won.len() }),
        n if n_won == 0 || n_won == n => Err(BoostingError::OneClass { rows: n, won: n_won == n }),
        // A share next to 0 or 1 (weights of very different size) must stay within.
        _ => Ok(logit((won / total).clamp(1e-15, 1.0 - 1e-15))),
    }
}

/// The state between two trees.
struct Boosting<'a> {
    params: &'a BoostingValidParams,
    rows: &'a CheckedRows,
    columns: &'a [Column],
    grower: Grower,
    random: Xoshiro256PlusPlus,
    model: BoostingModel,
    /// The features that can split at all.
    usable: Vec<usize>,
    log_odds: Vec<f64>,
    probabilities: Vec<f64>,
    gradients: Vec<Gradient>,
    in_bag: Vec<u32>,
    out_of_bag: Vec<u32>,
}

impl<'a> Boosting<'a> {
    fn new(params: &'a BoostingValidParams, rows: &'a CheckedRows, columns: &'a [Column], base: f64) -> Self {
        let n = rows.won.len();
        let is_usable = |feature: &usize| columns[*feature].n_bins > 2 || rows.active.iter().any(|&row| rows.row(row)[*feature].is_nan());
        Self {
            params,
            rows,
            columns,
            grower: Grower::new(columns),
            random: Xoshiro256PlusPlus::seed_from_u64(params.seed),
            model: empty_model(base, (0..columns.len()).map(|feature| params.codes(feature)).collect()),
            usable: (0..columns.len()).filter(is_usable).collect(),
            log_odds: vec![base; n],
            probabilities: vec![0.0; n],
            gradients: vec![Gradient::default(); n],
            in_bag: Vec::new(),
            out_of_bag: Vec::new(),
        }
    }

    /// Adds a tree; false when no further tree can split.
    fn add_tree(&mut self, observer: &dyn Observer) -> Result<bool, BoostingError> {
        self.differentiate();
        let features = self.draw_features();
        self.draw_rows();
        let ground = Ground {
            columns: self.columns,
            params: self.params,
            gradients: &self.gradients,
            probabilities: &self.probabilities,
            won: &self.rows.won,
            weights: &self.rows.weights,
        };
        let tree = self.grower.grow(ground, &features, &mut self.in_bag, observer)?;
        let draws_anew = features.len() < self.usable.len() || !self.out_of_bag.is_empty();
        if tree.leaves.len() == 1 && !draws_anew {
            return Ok(false);
        }
        push_tree(&mut self.model, &tree, self.params.learning_rate);
        self.move_log_odds(&tree);
        Ok(true)
    }

    fn differentiate(&mut self) {
        let rows = self.rows;
        let state = self.gradients.par_iter_mut().zip(&mut self.probabilities).zip(&self.log_odds).enumerate();
        state.with_min_len(4096).for_each(|(row, ((gradient, probability), &log_odds))| {
            let (p, weight) = (sigmoid(log_odds), f64::from(rows.weights[row]));
            *probability = p;
            *gradient =
                Gradient { gradient: (weight * (p - f64::from(u8::from(rows.won[row])))) as f32, hessian: (weight * p * (1.0 - p)) as f32 };
        });
    }

    fn draw_features(&mut self) -> Vec<usize> {
        let all = self.usable.len();
        let n = ((all as f64 * self.params.feature_fraction).round() as usize).clamp(all.min(MIN_FEATURES), all);
        draw(&self.usable, n, &mut self.random).0
    }

    fn draw_rows(&mut self) {
        let active = &self.rows.active;
        let n = ((active.len() as f64 * self.params.bagging_fraction).round() as usize).max(1);
        (self.in_bag, self.out_of_bag) = draw(active, n, &mut self.random);
    }

    /// Adds the newest tree to the log-odds of all rows.
    fn move_log_odds(&mut self, tree: &Tree) {
        for leaf in &tree.leaves {
            let value = leaf.output * self.params.learning_rate;
            self.in_bag[leaf.begin..leaf.end].iter().for_each(|&row| self.log_odds[row as usize] += value);
        }
        let (model, rows, newest) = (&self.model, self.rows, self.model.n_trees() - 1);
        let values: Vec<f64> = self.out_of_bag.par_iter().with_min_len(1024).map(|&row| model.tree_value(newest, rows.row(row))).collect();
        self.out_of_bag.iter().zip(values).for_each(|(&row, value)| self.log_odds[row as usize] += value);
    }
}

/// Draws `n` of `items`, each subset as likely as any other; both the drawn and the rest keep their order (Knuth, volume 2, algorithm S).
fn draw<T: Copy>(items: &[T], n: usize, random: &mut Xoshiro256PlusPlus) -> (Vec<T>, Vec<T>) {
    if n >= items.len() {
        return (items.to_vec(), Vec::new());
    }
    let (mut drawn, mut rest) = (Vec::with_capacity(n), Vec::with_capacity(items.len() - n));
    for (i, &item) in items.iter().enumerate() {
        let share = (n - drawn.len()) as f64 / (items.len() - i) as f64;
        if random.r#gen::<f64>() < share { drawn.push(item) } else { rest.push(item) }
    }
    (drawn, rest)
}

fn empty_model(base: f64, codes: Vec<u32>) -> BoostingModel {
    BoostingModel {
        base,
        codes,
        statistics: Vec::new(),
        roots: Vec::new(),
        max_depth: 0,
        left: Vec::new(),
        feature: Vec::new(),
        payload: Vec::new(),
        cover: Vec::new(),
        share: Vec::new(),
        gain: Vec::new(),
        leaves: Vec::new(),
        set_starts: vec![0],
        set_words: Vec::new(),
    }
}

/// Appends a tree to the model's arrays.
fn push_tree(model: &mut BoostingModel, tree: &Tree, learning_rate: f64) {
    let root = model.left.len();
    model.roots.push(root as u32);
    let mut leaves = tree.leaves.iter();
    let mut depth = vec![0_u32; tree.nodes.len()];
    for (i, node) in tree.nodes.iter().enumerate() {
        model.cover.push((node.cover as f32).min(f32::MAX));
        let Some(question) = &node.question else {
            model.left.push(0);
            model.feature.push(0);
            model.gain.push(0.0);
            model.payload.push(model.leaves.len() as u32);
            model.leaves.push(leaves.next().map_or(0.0, |leaf| leaf.output * learning_rate));
            continue;
        };
        model.left.push((root + question.left) as u32);
        model.feature.push(question.feature as u32 | if question.missing_left { DEFAULT_LEFT } else { 0 });
        model.gain.push((question.gain as f32).clamp(0.0, f32::MAX));
        match &question.test {
            Test::Threshold(threshold) => model.payload.push(threshold.to_bits()),
            Test::Categories(words) => {
                model.payload.push(model.set_starts.len() as u32 - 1);
                model.set_words.extend_from_slice(words);
                model.set_starts.push(model.set_words.len() as u32);
            }
        }
        for child in [question.left, question.left + 1] {
            depth[child] = depth[i] + 1;
            model.max_depth = model.max_depth.max(depth[child]);
        }
    }
}

/// The validation rows, and how the trees have done on them.
struct Validation {
    rows: CheckedRows,
    log_odds: Vec<f64>,
    log_loss: Vec<f64>,
    best: usize,
}

impl Validation {
    fn new(params: &BoostingValidParams, rows: Rows<'_>, n_features: usize, base: f64) -> Result<Self, BoostingError> {
        if rows.records.ncols() != n_features {
            return Err(BoostingError::ValidationWidth { got: rows.records.ncols(), expected: n_features });
        }
        for feature in 0..n_features {
            checked_values(rows.records, feature, params.codes(feature))?;
        }
        let rows = CheckedRows::new(rows)?;
        if rows.active.is_empty() {
            return Err(BoostingError::EmptyValidation { rows: rows.won.len() });
        }
        let log_odds = vec![base; rows.active.len()];
        let log_loss = vec![mean_log_loss(&rows, &log_odds)];
        Ok(Self { rows, log_odds, log_loss, best: 0 })
    }

    fn add_last_tree(&mut self, model: &BoostingModel) {
        let (rows, newest) = (&self.rows, model.n_trees() - 1);
        let moving = self.log_odds.par_iter_mut().zip(&rows.active).with_min_len(1024);
        moving.for_each(|(log_odds, &row)| *log_odds += model.tree_value(newest, rows.row(row)));
        self.log_loss.push(mean_log_loss(rows, &self.log_odds));
        if self.log_loss[model.n_trees()] < self.log_loss[self.best] {
            self.best = model.n_trees();
        }
    }

    fn should_stop(&self, rounds: Option<usize>) -> bool {
        rounds.is_some_and(|rounds| self.log_loss.len() - 1 - self.best >= rounds)
    }
}

/// The weighted mean log loss of the active rows. Summed in chunks of a fixed size, so that the number of threads does not change a bit.
fn mean_log_loss(rows: &CheckedRows, log_odds: &[f64]) -> f64 {
    let chunks = rows.active.par_chunks(4096).zip(log_odds.par_chunks(4096)).map(|(active, log_odds)| {
        active.iter().zip(log_odds).fold((0.0, 0.0), |(loss, total), (&row, &z)| {
            let weight = f64::from(rows.weights[row as usize]);
            let row_loss = if rows.won[row as usize] { softplus(-z) } else { softplus(z) };
            (loss + weight * row_loss, total + weight)
        })
    });
    let sums: Vec<(f64, f64)> = chunks.collect();
    let (loss, total) = sums.into_iter().fold((0.0, 0.0), |sum, chunk| (sum.0 + chunk.0, sum.1 + chunk.1));
    loss / total
}
