//! Tree after tree, and when to stop.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use super::average;
use super::bins::{Column, Rule, fit_columns};
use super::codes::{Codes, Table};
use super::derived::Derived;
use super::error::BoostingError;
use super::grow::{Ground, Grower, Test, Tree, TreeLeaf};
use super::histogram::Sums;
use super::interactions::Interactions;
use super::leaf_finder::{self, LeafFinder};
use super::linear_start::fit_from_line;
use super::model::{BoostingModel, DEFAULT_LEFT};
use super::pairs;
use super::params::BoostingValidParams;
use super::probability::probabilities;
use super::rows::CheckedRows;
use super::sample::{Losses, Sample};
use super::shares::Marginal;
use super::validation::Validation;
use crate::math::{logit, shift_to_share};
use crate::models::Rows;
use crate::observer::Observer;

/// A tree may use at least so many features: of fewer, too little could be said together.
const MIN_FEATURES: usize = 4;
/// A row of more than so many times the mean weight counts as one of so many when the shape of a tree is chosen: gradients are whole numbers there, and one that
/// dwarfed all others would leave nothing of these. The values of leaves are made of the weights as they are.
const MAX_RELATIVE_WEIGHT: f64 = 64.0;
/// Rows whose losses are summed one after the other.
const RUN: usize = 8192;

/// A fitted model, and how it did on the validation rows on the way.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct BoostingFit {
    /// The trees: with early stopping the best number of them, else all.
    pub model: BoostingModel,
    /// All the trees that were grown until fitting stopped: what cross-validation cuts to a number of trees settled over all folds.
    pub grown: BoostingModel,
    /// The number of trees of least validation log loss (the smallest such number); without validation rows, the number of trees. Of averaged models, their sum.
    pub best_iteration: usize,
    /// The weighted mean log loss of the validation rows after 0, 1, 2 ... trees (those of a start apart); empty without validation rows. It ends where fitting ended;
    /// when that was because no tree could split any more, further values would repeat the last. Of averaged models, the mean of their losses, each with so many trees.
    pub validation_log_loss: Vec<f64>,
    /// The first so many trees are what the others started from (see `linear_start`).
    pub(crate) n_start: usize,
}

/// Fits boosted trees to `train`; watches `validation`, if there is any, and stops by it if the settings say so.
pub(crate) fn fit(
    params: &BoostingValidParams,
    train: &Rows<'_>,
    validation: Option<&Rows<'_>>,
    observer: &dyn Observer,
) -> Result<BoostingFit, BoostingError> {
    let n_features = train.columns.len();
    for (name, got) in [("monotone_constraints", params.monotone_constraints.len()), ("categorical", params.categorical.len())] {
        if got != 0 && got != n_features {
            return Err(BoostingError::FeatureCount { name, got, expected: n_features });
        }
    }
    let named = params.interaction_constraints.iter().flatten().map(|&feature| ("interaction_constraints", feature));
    for (name, feature) in named.chain(params.excluded.iter().map(|&feature| ("excluded", feature))) {
        if feature >= n_features {
            return Err(BoostingError::NoFeature { name, feature, features: n_features });
        }
    }
    let rows = CheckedRows::new(train)?;
    let base = base_log_odds(&rows)?;
    if let Some(validation) = validation {
        Validation::check(params, validation, n_features, observer)?;
    }
    if params.linear_start {
        return fit_from_line(params, train, validation, observer);
    }
    let params = &params.adapted(rows.size());
    observer.stage("boosting", (params.n_estimators * params.averaging) as u64);
    if observer.cancelled() {
        return Err(BoostingError::Cancelled);
    }
    let (columns, given) = binned(params, train, &rows, observer)?;
    let pairs = pairs::choose(params, train, &rows, observer)?;
    let marginals = marginals(train, &columns, &given, &rows);
    let mut fits = Vec::with_capacity(params.averaging);
    for member in 0..params.averaging {
        let params = &BoostingValidParams { seed: average::seed(params.seed, member), ..params.clone() };
        let derived = Derived::fit(params, train, &rows, &pairs);
        let mut boosting = Boosting::new(params, &rows, &columns, &given, &derived, base);
        let mut validation = validation.map(|validation| Validation::new(params, validation, &columns, &derived, base)).transpose()?;
        while boosting.model.n_trees() < params.n_estimators {
            if observer.cancelled() {
                return Err(BoostingError::Cancelled);
            }
            let Some(learned) = boosting.add_tree(observer)? else { break };
            if let Some(validation) = &mut validation {
                validation.add(&learned.finder, &learned.values);
                if validation.should_stop(params.early_stopping_rounds) {
                    break;
                }
            }
            observer.advance(1);
        }
        let mut model = boosting.model;
        let of_pairs = derived.marginals_of_pairs(&rows.weights);
        model.share = model.shares(&marginals.iter().cloned().chain(of_pairs).collect::<Vec<_>>());
        fits.push(finish(model, validation, params.early_stopping_rounds.is_some()));
    }
    let mut fit = averaged(fits);
    fit.model.drop_unasked_pairs();
    fit.grown.drop_unasked_pairs();
    Ok(fit)
}

/// The fits as one. Their numbers of trees are added up; their losses are averaged, those of one that stopped earlier going on as they ended.
fn averaged(mut fits: Vec<BoostingFit>) -> BoostingFit {
    if fits.len() == 1 {
        return fits.remove(0);
    }
    let rounds = fits.iter().map(|fit| fit.validation_log_loss.len()).max().unwrap_or(0);
    let mean_loss = |round: usize| {
        let losses = fits.iter().filter_map(|fit| fit.validation_log_loss.get(round).or(fit.validation_log_loss.last()));
        losses.sum::<f64>() / fits.len() as f64
    };
    BoostingFit {
        n_start: 0,
        best_iteration: fits.iter().map(|fit| fit.best_iteration).sum(),
        validation_log_loss: (0..rounds).map(mean_loss).collect(),
        grown: average::average(&fits.iter().map(|fit| &fit.grown).collect::<Vec<_>>()),
        model: average::average(&fits.iter().map(|fit| &fit.model).collect::<Vec<_>>()),
    }
}

/// Fits a single model without validation and without pairs; the training-time log-odds of every row come along.
pub(super) fn fit_and_keep_log_odds(
    params: &BoostingValidParams,
    train: &Rows<'_>,
    rows: &CheckedRows<'_>,
    observer: &dyn Observer,
) -> Result<(BoostingModel, Vec<f64>), BoostingError> {
    let params = &params.adapted(rows.size());
    let (columns, given) = binned(params, train, rows, observer)?;
    let derived = Derived::fit(params, train, rows, &[]);
    let mut boosting = Boosting::new(params, rows, &columns, &given, &derived, base_log_odds(rows)?);
    while boosting.model.n_trees() < params.n_estimators && boosting.add_tree(observer)?.is_some() {
        if observer.cancelled() {
            return Err(BoostingError::Cancelled);
        }
    }
    Ok((boosting.model, boosting.log_odds))
}

/// The columns, and the codes of all rows.
fn binned(
    params: &BoostingValidParams,
    train: &Rows<'_>,
    rows: &CheckedRows<'_>,
    observer: &dyn Observer,
) -> Result<(Vec<Column>, Codes), BoostingError> {
    let columns = fit_columns(&train.columns, &rows.weights, &rows.active, params, observer)?;
    let codes = Codes::of(train, &columns).with_lines(&columns, params.combinations);
    Ok((columns, codes))
}

/// What the rows hold of each feature, apart from the others.
pub(super) fn marginals<'a>(train: &Rows<'_>, columns: &'a [Column], codes: &Codes, rows: &CheckedRows<'_>) -> Vec<Marginal<'a>> {
    let none = Codes::default();
    let table = Table::new(codes, &none);
    let marginal = |(feature, column): (usize, &'a Column)| match &column.rule {
        Rule::Numeric { thresholds } => {
            let weights = weights_of_codes(table.column(feature), rows.varied_weights());
            Marginal { thresholds, weights: weights[..column.n_bins].to_vec() }
        }
        // Several categories may share a bin.
        Rule::Categorical { bin_of } => {
            let mut weights = vec![0.0; bin_of.len() + 1];
            for (row, &weight) in rows.weights.iter().enumerate() {
                let value = train.columns[feature].get(row);
                weights[if value.is_nan() { bin_of.len() } else { value as usize }] += f64::from(weight);
            }
            Marginal { thresholds: &[], weights }
        }
    };
    columns.par_iter().enumerate().map(marginal).collect()
}

/// The sum of the weights of each code; every row weighs 1 where there are none.
fn weights_of_codes(codes: &[u8], weights: &[f32]) -> [f64; 256] {
    if !weights.is_empty() {
        let mut sums = [0.0; 256];
        codes.iter().zip(weights).for_each(|(&code, &weight)| sums[usize::from(code)] += f64::from(weight));
        return sums;
    }
    // Neighbours often have the same code, and would wait for each other's sum.
    let mut counts = [[0_u32; 256]; 4];
    for codes in codes.chunks(counts.len()) {
        counts.iter_mut().zip(codes).for_each(|(counts, &code)| counts[usize::from(code)] += 1);
    }
    std::array::from_fn(|code| counts.iter().map(|counts| f64::from(counts[code])).sum())
}

fn finish(model: BoostingModel, validation: Option<Validation<'_>>, stops_early: bool) -> BoostingFit {
    match validation {
        None => BoostingFit { best_iteration: model.n_trees(), grown: model.clone(), model, validation_log_loss: Vec::new(), n_start: 0 },
        Some(validation) => {
            let (best_iteration, validation_log_loss) = validation.into_best();
            let best = if stops_early { model.truncated(best_iteration) } else { model.clone() };
            BoostingFit { model: best, grown: model, best_iteration, validation_log_loss, n_start: 0 }
        }
    }
}

/// The log-odds that, added to the offsets, make the mean probability the weighted share of won rows.
fn base_log_odds(rows: &CheckedRows<'_>) -> Result<f64, BoostingError> {
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
        0 => return Err(BoostingError::Empty { rows: rows.won.len() }),
        n if n_won == 0 || n_won == n => return Err(BoostingError::OneClass { rows: n, won: n_won == n }),
        _ => {}
    }
    // A share next to 0 or 1 (weights of very different size) must stay within.
    let share = (won / total).clamp(1e-15, 1.0 - 1e-15);
    if rows.offsets.is_empty() {
        return Ok(logit(share));
    }
    let active = || rows.active.iter().map(|&row| (f64::from(rows.weights[row as usize]), rows.offsets[row as usize]));
    Ok(shift_to_share(active, share))
}

/// The state between two trees.
struct Boosting<'a> {
    params: &'a BoostingValidParams,
    rows: &'a CheckedRows<'a>,
    /// What the codes mean, of given features and of derived ones.
    columns: Vec<Column>,
    /// The codes, one table for each order of the rows.
    tables: Vec<Table<'a>>,
    /// The weights by which shapes of trees are chosen, `None` for the rows' own, and the largest of them.
    capped: Option<Vec<f32>>,
    max_weight: f64,
    interactions: Interactions,
    grower: Grower,
    random: Xoshiro256PlusPlus,
    model: BoostingModel,
    /// The features that can split at all.
    usable: Vec<usize>,
    log_odds: Vec<f64>,
    probabilities: Vec<f64>,
    /// The leaf of each row in the newest tree.
    leaf_of: Vec<u16>,
    /// Used again from tree to tree.
    memory: Vec<u64>,
}

/// A tree, its values learned.
struct Learned {
    tree: Tree,
    finder: LeafFinder,
    /// Per leaf, learning rate included.
    values: Vec<f64>,
    /// Per node, the sum of the weights of its rows.
    cover: Vec<f64>,
}

impl<'a> Boosting<'a> {
    fn new(
        params: &'a BoostingValidParams,
        rows: &'a CheckedRows<'a>,
        given: &[Column],
        codes: &'a Codes,
        derived: &'a Derived,
        base: f64,
    ) -> Self {
        let n = rows.won.len();
        let tables: Vec<Table<'a>> = derived.codes().map(|of_order| Table::new(codes, of_order)).collect();
        let columns: Vec<Column> = given.iter().chain(derived.columns()).cloned().collect();
        let has_missing = |feature: usize| {
            let (codes, missing) = (tables[0].column(feature), columns[feature].missing() as u8);
            rows.active.iter().any(|&row| codes[row as usize] == missing)
        };
        let mut model = BoostingModel::empty(base, (0..given.len()).map(|feature| params.codes(feature)).collect());
        model.statistics = derived.statistics().to_vec();
        model.pairs = derived.pairs().to_vec();
        let sources = |column: usize| model.sources(model.part(column));
        let is_excluded = |column: usize| sources(column).iter().any(|source| params.excluded.contains(source));
        let is_usable = |feature: &usize| !is_excluded(*feature) && (columns[*feature].n_bins > 2 || has_missing(*feature));
        let usable = (0..columns.len()).filter(is_usable).collect();
        let interactions = Interactions::new(&params.interaction_constraints, (0..columns.len()).map(sources));
        let capped = capped(rows);
        Self {
            params,
            rows,
            max_weight: f64::from(capped.as_deref().unwrap_or(&rows.weights).iter().fold(0.0_f32, |max, &weight| max.max(weight))),
            capped,
            interactions,
            grower: Grower::default(),
            random: Xoshiro256PlusPlus::seed_from_u64(params.seed),
            model,
            usable,
            columns,
            tables,
            log_odds: if rows.offsets.is_empty() { vec![base; n] } else { rows.offsets.iter().map(|offset| base + offset).collect() },
            probabilities: vec![0.0; n],
            leaf_of: vec![0; n],
            memory: Vec::new(),
        }
    }

    /// Adds a tree; `None` when no further tree can split.
    fn add_tree(&mut self, observer: &dyn Observer) -> Result<Option<Learned>, BoostingError> {
        probabilities(&self.log_odds, &mut self.probabilities);
        let features = self.draw_features();
        let weights = self.capped.as_deref().unwrap_or(self.rows.varied_weights());
        let losses = Losses { probabilities: &self.probabilities, won: &self.rows.won, weights, max_weight: self.max_weight };
        let table = self.tables[self.model.n_trees() % self.tables.len()];
        let (active, salt) = (&self.rows.active, self.random.r#gen());
        let rate = self.params.gradient_sampling_rate(active.len());
        let n_bag = ((active.len() as f64 * self.params.bagging_fraction).round() as usize).max(1);
        let bag = (n_bag < active.len()).then(|| draw(active, n_bag, &mut self.random));
        let bag = bag.as_deref().unwrap_or(active);
        let memory = std::mem::take(&mut self.memory);
        let sample = if rate < 1.0 {
            Sample::by_gradient(bag, rate, &table, losses, salt, memory)
        } else {
            Sample::of(bag, &table, losses, salt, memory)
        };
        let ground =
            Ground { columns: &self.columns, table: &table, params: self.params, sample: &sample, interactions: &self.interactions };
        let tree = self.grower.grow(ground, &features, observer)?;
        let draws_anew = features.len() < self.usable.len() || sample.gradients.len() < active.len() || self.tables.len() > 1;
        self.memory = sample.lines.into_memory();
        if tree.leaves.len() == 1 && !draws_anew {
            return Ok(None);
        }
        let learned = self.learn(tree, &table);
        push_tree(&mut self.model, &learned.tree, &learned.values, &learned.cover);
        self.log_odds.par_iter_mut().zip(&self.leaf_of).with_min_len(4096).for_each(|(z, &leaf)| *z += learned.values[usize::from(leaf)]);
        Ok(Some(learned))
    }

    fn draw_features(&mut self) -> Vec<usize> {
        let all = self.usable.len();
        let n = ((all as f64 * self.params.feature_fraction).round() as usize).clamp(all.min(MIN_FEATURES), all);
        draw(&self.usable, n, &mut self.random)
    }

    /// Brings every row to its leaf, and sums what the leaves' values are made of. Sums are by runs of rows of a fixed size, so that the number
    /// of threads does not change a bit.
    fn learn(&mut self, tree: Tree, table: &Table<'a>) -> Learned {
        let finder = LeafFinder::new(&tree);
        let weights = self.rows.varied_weights();
        let losses = Losses { probabilities: &self.probabilities, won: &self.rows.won, weights, max_weight: self.max_weight };
        let of_run = |(run, leaves): (usize, &mut [u16])| {
            let mut sums = vec![Sums::default(); finder.n_leaves()];
            let mut cover = vec![0.0; finder.n_leaves()];
            let mut derivatives = [(0.0, 0.0); leaf_finder::CHUNK];
            for (chunk, leaves) in leaves.chunks_mut(leaf_finder::CHUNK).enumerate() {
                let first = run * RUN + chunk * leaf_finder::CHUNK;
                finder.find(table, first..first + leaves.len(), leaves);
                let derivatives = &mut derivatives[..leaves.len()];
                losses.of_run(first, derivatives);
                for (&(gradient, hessian), &leaf) in derivatives.iter().zip(&*leaves) {
                    let sums = &mut sums[usize::from(leaf)];
                    sums.gradient += gradient;
                    sums.hessian += hessian;
                    sums.rows += 1;
                }
                for ((row, &leaf), _) in (first..).zip(&*leaves).zip(losses.weights) {
                    cover[usize::from(leaf)] += losses.weight(row);
                    // A row without weight is not there.
                    sums[usize::from(leaf)].rows -= u32::from(losses.weight(row) == 0.0);
                }
            }
            if losses.weights.is_empty() {
                cover.iter_mut().zip(&sums).for_each(|(cover, sums)| *cover = f64::from(sums.rows));
            }
            (sums, cover)
        };
        let runs: Vec<(Vec<Sums>, Vec<f64>)> = self.leaf_of.par_chunks_mut(RUN).enumerate().map(of_run).collect();
        let mut total = vec![(Sums::default(), 0.0); finder.n_leaves()];
        for (sums, covers) in runs {
            for (((total, cover), sums), of_run) in total.iter_mut().zip(sums).zip(covers) {
                *total += sums;
                *cover += of_run;
            }
        }
        let value = |(leaf, (sums, _)): (&TreeLeaf, &(Sums, f64))| leaf.output(*sums, self.params.path_smooth) * self.params.learning_rate;
        let values = tree.leaves.iter().zip(&total).map(value).collect();
        let cover = covers(&tree, total.iter().map(|&(_, cover)| cover));
        Learned { tree, finder, values, cover }
    }
}

/// The cover of each node, from those of the leaves.
pub(super) fn covers(tree: &Tree, of_leaves: impl DoubleEndedIterator<Item = f64>) -> Vec<f64> {
    let mut of_leaves = of_leaves.rev();
    let mut covers = vec![0.0; tree.nodes.len()];
    for (i, node) in tree.nodes.iter().enumerate().rev() {
        covers[i] = match &node.question {
            Some(question) => covers[question.left] + covers[question.left + 1],
            None => of_leaves.next().unwrap_or(0.0),
        };
    }
    covers
}

/// The weights, the few that dwarf all others cut to [`MAX_RELATIVE_WEIGHT`] times their mean; `None` when there are none such.
fn capped(rows: &CheckedRows<'_>) -> Option<Vec<f32>> {
    let weight = |&row: &u32| f64::from(rows.weights[row as usize]);
    let mean = rows.active.iter().map(weight).sum::<f64>() / rows.active.len() as f64;
    let limit = (MAX_RELATIVE_WEIGHT * mean) as f32;
    rows.weights.iter().any(|&weight| weight > limit).then(|| rows.weights.iter().map(|&weight| weight.min(limit)).collect())
}

/// Draws `n` of `items`, each subset as likely as any other; they keep their order (Knuth, volume 2, algorithm S).
fn draw<T: Copy>(items: &[T], n: usize, random: &mut Xoshiro256PlusPlus) -> Vec<T> {
    if n >= items.len() {
        return items.to_vec();
    }
    let mut drawn = Vec::with_capacity(n);
    for (i, &item) in items.iter().enumerate() {
        let share = (n - drawn.len()) as f64 / (items.len() - i) as f64;
        if random.r#gen::<f64>() < share {
            drawn.push(item);
        }
    }
    drawn
}

/// Appends a tree to the model's arrays, with the values of its leaves and the cover of its nodes.
pub(super) fn push_tree(model: &mut BoostingModel, tree: &Tree, values: &[f64], cover: &[f64]) {
    let root = model.left.len();
    model.roots.push(root as u32);
    let mut values = values.iter();
    let mut depth = vec![0_u32; tree.nodes.len()];
    for (i, node) in tree.nodes.iter().enumerate() {
        model.cover.push((cover[i] as f32).min(f32::MAX));
        let Some(question) = &node.question else {
            model.left.push(0);
            model.feature.push(0);
            model.gain.push(0.0);
            model.payload.push(model.leaves.len() as u32);
            model.leaves.push(values.next().copied().unwrap_or(0.0));
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
