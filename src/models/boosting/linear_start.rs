//! What trees start from where few rows have the rarer outcome: a ridge regression, written as trees that ask one feature each.
//!
//! So few rows seldom tell more than which way a feature pulls and how strongly. A ridge regression learns that from all of them at once; trees of a few leaves draw the same line in many small
//! steps, each learned anew. The trees that follow learn what the line leaves over. As trees, the start is scored, explained and stored as all others are.
//!
//! What it is worth, in mean log loss beside cross-validated ridge regression, 200 made rows with 20 won, without and with a start: two straight lines +0.019 and +0.035, 0.000 and +0.002; bends and
//! products -0.016, -0.011; heavy tails -0.027, -0.032. On parts of four public sets with 20 to 80 won rows (twelve draws each) it changed the log loss of trees by -0.0015 on average (-0.023 to
//! +0.011), with 100 to 400 won rows by +0.0004.

use std::sync::OnceLock;

use linfa::ParamGuard;
use ndarray::ArrayView1;
use rayon::prelude::*;

use super::adaptive::Size;
use super::average::append;
use super::bins::{Column, Rule, fit_columns};
use super::codes::{Codes, Table};
use super::error::BoostingError;
use super::fit::{BoostingFit, covers, fit, marginals, push_tree};
use super::grow::{Ground, Grower, Tree};
use super::histogram::{Sums, Units};
use super::interactions::Interactions;
use super::leaf_finder::{CHUNK, LeafFinder};
use super::model::BoostingModel;
use super::params::{BoostingParams, BoostingValidParams};
use super::rows::CheckedRows;
use super::sample::Sample;
use crate::math::sigmoid;
use crate::models::logistic::{LogisticError, LogisticModel, LogisticParams};
use crate::models::{ColumnView, MAX_OFFSET, Rows};
use crate::observer::Observer;

/// Trees start from a regression where the rarer outcome is that of fewer cases than this.
const FEW_CASES: usize = 100;
/// The most leaves of a tree. So many steps, well placed, are off a line by a twentieth of its spread over normally distributed values (Max 1960).
const LEAVES: usize = 32;
/// A step is drawn if it explains more than this part of what all features explain.
const LEAST_PART: f64 = 1e-5;

impl BoostingParams {
    /// These settings, their trees starting from a ridge regression where few of few enough rows have the rarer outcome and the caller leaves number and leaves of the trees open. `cases`
    /// are the groups with a row of the rarer outcome (see [`cases`](super::cases::cases)).
    pub(crate) fn started(mut self, size: Size, cases: usize) -> Self {
        let open = self.settles_trees() && self.leaves_open();
        // Of many rows the regressions would take many times as long as the trees.
        self.start_from_line(open && cases < FEW_CASES && size.is_small());
        self
    }
}

/// What the trees of folds start from, found once for each fold however many settings are tried on it.
pub(crate) struct Starts(Vec<OnceLock<BoostingModel>>);

impl Starts {
    /// Of so many folds.
    pub(crate) fn new(folds: usize) -> Self {
        Self((0..folds).map(|_| OnceLock::new()).collect())
    }

    /// Fits a fold, whose rows are the same each time.
    pub(crate) fn fit(
        &self,
        fold: usize,
        params: &BoostingValidParams,
        train: &Rows<'_>,
        validation: Option<&Rows<'_>>,
        observer: &dyn Observer,
    ) -> Result<BoostingFit, BoostingError> {
        if !params.linear_start {
            return fit(params, train, validation, observer);
        }
        let found = &self.0[fold];
        let start = match found.get() {
            Some(start) => start,
            None => {
                let start = start(params, train, observer)?;
                found.get_or_init(|| start)
            }
        };
        fit_from(start, params, train, validation, observer)
    }
}

/// Fits trees that start from a ridge regression.
pub(super) fn fit_from_line(
    params: &BoostingValidParams,
    train: &Rows<'_>,
    validation: Option<&Rows<'_>>,
    observer: &dyn Observer,
) -> Result<BoostingFit, BoostingError> {
    fit_from(&start(params, train, observer)?, params, train, validation, observer)
}

/// Fits what `start` leaves over.
fn fit_from(
    start: &BoostingModel,
    params: &BoostingValidParams,
    train: &Rows<'_>,
    validation: Option<&Rows<'_>>,
    observer: &dyn Observer,
) -> Result<BoostingFit, BoostingError> {
    let moved = |rows: &Rows<'_>| -> Vec<f64> {
        let own = |row: usize| rows.offsets.get(row).copied().unwrap_or(0.0);
        // What is certain by itself stays certain.
        start.predict_rows(&rows.columns).iter().enumerate().map(|(row, z)| (z + own(row)).clamp(-MAX_OFFSET, MAX_OFFSET)).collect()
    };
    let (of_train, of_validation) = (moved(train), validation.map(moved));
    let train = train.with_offsets(&of_train);
    let validation = validation.zip(of_validation.as_deref()).map(|(rows, offsets)| rows.with_offsets(offsets));
    let params = BoostingValidParams { linear_start: false, ..params.clone() };
    let fit = fit(&params, &train, validation.as_ref(), observer)?;
    Ok(BoostingFit { model: joined(start, &fit.model), grown: joined(start, &fit.grown), n_start: start.n_trees(), ..fit })
}

/// The trees of `start`, then those of `model`.
fn joined(start: &BoostingModel, model: &BoostingModel) -> BoostingModel {
    let mut all = BoostingModel::empty(start.base + model.base, model.codes.clone());
    all.statistics.clone_from(&model.statistics);
    all.pairs.clone_from(&model.pairs);
    for part in [start, model] {
        (0..part.n_trees()).for_each(|tree| append(&mut all, part, tree, 1.0));
    }
    all.max_depth = start.max_depth.max(model.max_depth);
    all
}

/// A ridge regression as trees, one for each feature that it uses; no trees where there is none.
fn start(params: &BoostingValidParams, train: &Rows<'_>, observer: &dyn Observer) -> Result<BoostingModel, BoostingError> {
    let mut start = BoostingModel::empty(0.0, (0..train.columns.len()).map(|feature| params.codes(feature)).collect());
    let Some(line) = Line::fit(params, train, observer)? else { return Ok(start) };
    let rows = CheckedRows::new(train)?;
    let columns = fit_columns(&train.columns, &rows.weights, &rows.active, params, observer)?;
    let codes = Codes::of(train, &columns).with_lines(&columns, params.combinations);
    let none = Codes::default();
    let (curvature, terms) = line.terms(train, &rows);
    let least = LEAST_PART * terms.iter().map(|term| term.explains).sum::<f64>();
    let params = exact(params, least);
    let pen = Pen { line: &line, params: &params, rows: &rows, columns: &columns, table: Table::new(&codes, &none), curvature: &curvature };
    let mut grower = Grower::default();
    for term in terms.iter().filter(|term| term.explains > least) {
        if observer.cancelled() {
            return Err(BoostingError::Cancelled);
        }
        if let Some(drawn) = pen.draw(term, &mut grower, observer)? {
            push_tree(&mut start, &drawn.tree, &drawn.values, &drawn.cover);
        }
    }
    start.share = start.shares(&marginals(train, &columns, &codes, &rows));
    Ok(start)
}

/// The settings of trees that draw what they are given, step by step while a step gains more than `least`, whether or not it could be learned from the rows.
fn exact(params: &BoostingValidParams, least: f64) -> BoostingValidParams {
    BoostingValidParams {
        num_leaves: LEAVES,
        max_depth: None,
        min_child_samples: 1,
        min_child_weight: 0.0,
        reg_lambda: 0.0,
        min_split_gain: least,
        path_smooth: 0.0,
        cat_smooth: 0.0,
        cat_l2: 0.0,
        max_cat_threshold: usize::MAX,
        max_cat_to_onehot: 0,
        min_data_per_group: 1,
        statistics_from: usize::MAX,
        ..params.clone()
    }
}

/// A ridge regression on those features that it may use.
struct Line {
    model: LogisticModel,
    features: Vec<usize>,
}

/// What one feature adds to the log-odds.
struct Term {
    /// The place of the feature among those of the regression.
    place: usize,
    feature: usize,
    /// Of each row, the mean taken off.
    values: Vec<f64>,
    mean: f64,
    /// By about how much it lowers twice the loss.
    explains: f64,
}

impl Line {
    /// The regression, its penalty chosen by cross-validation; `None` where no feature may be used. Features that are to be monotone and come out the other way are left out.
    fn fit(params: &BoostingValidParams, train: &Rows<'_>, observer: &dyn Observer) -> Result<Option<Self>, BoostingError> {
        let mut features: Vec<usize> = (0..train.columns.len()).filter(|feature| !params.excluded.contains(feature)).collect();
        while !features.is_empty() {
            let categorical = features.iter().map(|&feature| params.categorical.get(feature).copied().flatten()).collect();
            let settings = LogisticParams::new().categorical(categorical);
            let rows = Rows { columns: of_features(&features, train), ..train.clone() };
            let model = match settings.check_ref().and_then(|settings| settings.fit_rows_observed(&rows, &Unheard(observer))) {
                Ok(model) => model,
                Err(LogisticError::Cancelled) => return Err(BoostingError::Cancelled),
                // Trees can be fitted to what no line can, such as numbers too far apart.
                Err(_) => return Ok(None),
            };
            let is_right = |(place, feature): (usize, &usize)| {
                let slope = model.numeric_coefficient(place).map_or(0.0, |(coefficient, _)| coefficient);
                f64::from(params.direction(*feature)) * slope >= 0.0
            };
            let right: Vec<usize> = features.iter().enumerate().filter(|&of| is_right(of)).map(|(_, &feature)| feature).collect();
            if right.len() == features.len() {
                return Ok(Some(Self { model, features }));
            }
            features = right;
        }
        Ok(None)
    }

    /// The second derivative of each row's loss at the regression, its weight included, and the terms.
    fn terms(&self, train: &Rows<'_>, rows: &CheckedRows<'_>) -> (Vec<f64>, Vec<Term>) {
        let log_odds = self.model.log_odds_of(&of_features(&self.features, train), train.len());
        let curvature = |(row, z): (usize, &f64)| {
            let p = sigmoid(z + train.offsets.get(row).copied().unwrap_or(0.0));
            f64::from(rows.weights[row]) * p * (1.0 - p)
        };
        let curvature: Vec<f64> = log_odds.iter().enumerate().map(curvature).collect();
        let total: f64 = curvature.iter().sum();
        let term = |(place, &feature): (usize, &usize)| {
            let mut values = self.model.term_of(place, &train.columns[feature])?;
            let mean = values.iter().zip(&curvature).map(|(z, h)| h * z).sum::<f64>() / total;
            values.iter_mut().for_each(|z| *z -= mean);
            let explains = values.iter().zip(&curvature).map(|(z, h)| h * z * z).sum();
            Some(Term { place, feature, values, mean, explains })
        };
        let terms = self.features.par_iter().enumerate().filter_map(term).collect();
        (curvature, terms)
    }
}

fn of_features<'a>(features: &[usize], rows: &Rows<'a>) -> Vec<ColumnView<'a>> {
    features.iter().map(|&feature| rows.columns[feature]).collect()
}

/// Draws terms as trees.
struct Pen<'a> {
    line: &'a Line,
    params: &'a BoostingValidParams,
    rows: &'a CheckedRows<'a>,
    columns: &'a [Column],
    table: Table<'a>,
    /// Of each row.
    curvature: &'a [f64],
}

/// A term as a tree.
struct Drawn {
    tree: Tree,
    /// Of each leaf.
    values: Vec<f64>,
    /// Of each node.
    cover: Vec<f64>,
}

impl Pen<'_> {
    /// The tree whose leaves are nearest to the term, rows weighing as much as their curvature; `None` when there is nothing to tell apart.
    fn draw(&self, term: &Term, grower: &mut Grower, observer: &dyn Observer) -> Result<Option<Drawn>, BoostingError> {
        let active = &self.rows.active;
        let pulls = || active.iter().map(|&row| (self.curvature[row as usize], self.curvature[row as usize] * term.values[row as usize]));
        let (most, strongest) = pulls().fold((0.0_f64, 0.0_f64), |(most, strongest), (h, pull)| (most.max(h), strongest.max(pull.abs())));
        if !(most > 0.0 && strongest > 0.0) {
            return Ok(None);
        }
        // Of these gradients the tree of least loss is the tree of least squared distance from the term.
        let units = Units::new(active.len(), strongest, most);
        let gradients = pulls().map(|(h, pull)| units.quantise(-pull, h, (0.5, 0.5))).collect();
        let sample = Sample { lines: self.table.lines(active, Vec::new()), units, gradients };
        let interactions = Interactions::default();
        let ground =
            Ground { columns: self.columns, table: &self.table, params: self.params, sample: &sample, interactions: &interactions };
        let mut tree = grower.grow(ground, &[term.feature], observer)?;
        if tree.leaves.len() == 1 {
            return Ok(None);
        }
        let finder = LeafFinder::new(&tree);
        let mut leaf_of = vec![0; self.curvature.len()];
        for (chunk, leaves) in leaf_of.chunks_mut(CHUNK).enumerate() {
            let first = chunk * CHUNK;
            finder.find(&self.table, first..first + leaves.len(), leaves);
        }
        let mut sums = vec![(Sums::default(), 0.0); finder.n_leaves()];
        for (&row, (h, pull)) in active.iter().zip(pulls()) {
            let (sums, cover) = &mut sums[usize::from(leaf_of[row as usize])];
            *sums += Sums { gradient: -pull, hessian: h, rows: 1 };
            *cover += f64::from(self.rows.weights[row as usize]);
        }
        // The mean of the term, as far as the feature's direction lets it: missing values may have joined a leaf.
        let values: Vec<f64> = tree.leaves.iter().zip(&sums).map(|(leaf, (sums, _))| leaf.output(*sums, 0.0)).collect();
        for (bin, value) in self.unseen(term) {
            send_to_nearest(&mut tree, &values, bin, value, &self.columns[term.feature]);
        }
        let cover = covers(&tree, sums.iter().map(|sums| sums.1));
        Ok(Some(Drawn { tree, values, cover }))
    }

    /// The bins that no row is in though a lead may be (missing values, categories), and what the term is there.
    fn unseen(&self, term: &Term) -> Vec<(usize, f64)> {
        let column = &self.columns[term.feature];
        let mut is_seen = vec![false; column.n_bins];
        let codes = self.table.column(term.feature);
        self.rows.active.iter().for_each(|&row| is_seen[usize::from(codes[row as usize])] = true);
        let raw = |bin: usize| match &column.rule {
            _ if bin == column.missing() => Some(f32::NAN),
            Rule::Categorical { bin_of } => bin_of.iter().position(|&of| usize::from(of) == bin).map(|code| code as f32),
            Rule::Numeric { .. } => None,
        };
        let (bins, raws): (Vec<usize>, Vec<f32>) =
            (0..column.n_bins).filter(|&bin| !is_seen[bin]).filter_map(|bin| Some((bin, raw(bin)?))).unzip();
        let values = self.line.model.term_of(term.place, &ColumnView::F32(ArrayView1::from(&raws))).unwrap_or_default();
        bins.into_iter().zip(values).map(|(bin, value)| (bin, value - term.mean)).collect()
    }
}

/// Lets a bin that no row is in go to the leaf whose value is nearest to `value`.
fn send_to_nearest(tree: &mut Tree, values: &[f64], bin: usize, value: f64, column: &Column) {
    let leaves = (0..tree.nodes.len()).filter(|&node| tree.nodes[node].question.is_none());
    let distance = |(_, of_leaf): &(usize, &f64)| (*of_leaf - value).abs();
    let Some((mut node, _)) = leaves.zip(values).min_by(|a, b| distance(a).total_cmp(&distance(b))) else { return };
    // A parent comes before its children.
    for parent in (0..node).rev() {
        if let Some(question) = &mut tree.nodes[parent].question
            && (question.left == node || question.left + 1 == node)
        {
            question.send(bin, question.left == node, column);
            node = parent;
        }
    }
}

/// Passes on only that the work is to stop: how the regression goes is the trees' own affair.
struct Unheard<'a>(&'a dyn Observer);

impl Observer for Unheard<'_> {
    fn cancelled(&self) -> bool {
        self.0.cancelled()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use ndarray::{Array1, Array2};
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;
    use crate::math::softplus;
    use crate::observer::Silent;

    const LEVELS: u32 = 5;

    /// Rows of three numbers, the second with gaps and the third telling nothing, and a category.
    fn leads(n: usize, seed: u64) -> (Array2<f64>, Array1<bool>) {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let records = Array2::from_shape_fn((n, 4), |(_, feature)| match feature {
            1 if random.gen_bool(0.2) => f64::NAN,
            3 => f64::from(random.gen_range(0..=LEVELS)),
            _ => (0..4).map(|_| random.gen_range(-1.0..1.0)).sum(),
        });
        let won = records.rows().into_iter().map(|row| {
            let second = if row[1].is_nan() { -1.0 } else { -row[1] };
            random.gen_bool(sigmoid(1.5 * row[0] + second + 0.4 * (row[3] - 2.0) - 2.5))
        });
        let won = won.collect();
        (records, won)
    }

    fn params() -> BoostingParams {
        BoostingParams::new().categorical(vec![None, None, None, Some(LEVELS)])
    }

    #[test]
    fn trees_start_from_a_line_where_few_cases_are_won_and_the_caller_leaves_them_open() {
        let size = Size { rows: 50_000, rarer: 300 };
        let started = |params: BoostingParams| params.started(size, 99).starts_from_line();
        let new = BoostingParams::new;
        assert!(started(new()) && started(new().learning_rate(0.1).averaging(1).seed(7).excluded(vec![1])));
        assert!(!new().started(size, 100).starts_from_line());
        assert!(!new().started(Size { rows: 50_001, ..size }, 99).starts_from_line());
        assert!(!started(new().n_estimators(50)), "so many trees are grown");
        assert!(!started(new().early_stopping_rounds(Some(5))));
        for given in [
            new().num_leaves(4),
            new().max_depth(Some(1)),
            new().min_child_samples(10),
            new().min_child_weight(1.0),
            new().reg_lambda(1.0),
            new().min_split_gain(0.1),
            new().path_smooth(1.0),
            new().cat_smooth(1.0),
            new().cat_l2(1.0),
            new().max_cat_threshold(4),
            new().max_cat_to_onehot(4),
            new().min_data_per_group(10),
        ] {
            assert!(!started(given.clone()), "{given:?}");
        }
    }

    #[test]
    fn the_start_draws_the_regression() {
        let (records, won) = leads(400, 1);
        let weights: Array1<f32> = (0..400).map(|row| [0.0, 1.0, 2.0][row % 3]).collect();
        let offsets: Vec<f64> = (0..400).map(|row| (row % 5) as f64 * 0.1).collect();
        let rows = Rows::of_matrix(records.view(), won.view()).weights(weights.view()).offsets(&offsets);
        let params = params().check().unwrap();
        let start = start(&params, &rows, &Silent).unwrap();
        start.validate_trees().unwrap();
        assert!((3..=4).contains(&start.n_trees()) && start.roots.len() * LEAVES >= start.n_leaves());
        let line = Line::fit(&params, &rows, &Silent).unwrap().unwrap().model;
        let (mut sum, mut squares, mut of_line, mut n) = (0.0, 0.0, 0.0, 0.0);
        let drawn: Vec<(f64, f64)> = records
            .rows()
            .into_iter()
            .map(|row| row.mapv(|x| x as f32).to_vec())
            .map(|row| (start.log_odds(&row), line.log_odds(&row)))
            .collect();
        let mean = drawn.iter().map(|(_, line)| line).sum::<f64>() / 400.0;
        for ((tree, line), weight) in drawn.iter().zip(&weights).filter(|(_, weight)| **weight > 0.0) {
            let weight = f64::from(*weight);
            sum += weight * (line - tree);
            squares += weight * (line - tree) * (line - tree);
            of_line += weight * (line - mean) * (line - mean);
            n += weight;
        }
        // Up to a constant, which the base takes.
        let off = (squares - sum * sum / n) / of_line;
        assert!(off < 0.07 * 0.07, "{}", off.sqrt());
        // The start of rows that are certain by themselves is one, too.
        let certain = vec![MAX_OFFSET; 400];
        assert!(params.fit_rows(&Rows::of_matrix(records.view(), won.view()).offsets(&certain)).is_ok());
    }

    #[test]
    fn what_training_did_not_see_is_taken_as_the_regression_takes_it() {
        for seed in 0..10 {
            let (mut records, won) = leads(300, seed);
            // No value is missing, and of the categories two are not there.
            records.mapv_inplace(|x| if x.is_nan() { 0.5 } else { x });
            records.column_mut(3).mapv_inplace(|code| if code > 3.0 { code - 3.0 } else { code });
            let rows = Rows::of_matrix(records.view(), won.view());
            let params = params().check().unwrap();
            let (start, line) = (start(&params, &rows, &Silent).unwrap(), Line::fit(&params, &rows, &Silent).unwrap().unwrap().model);
            start.validate_trees().unwrap();
            let seen = [0.1, 0.2, 0.3, 2.0];
            let moves = |feature: usize, value: f32, of: &dyn Fn(&[f32]) -> f64| {
                let mut row = seen;
                row[feature] = value;
                of(&row) - of(&seen)
            };
            for (feature, value) in [(0, f32::NAN), (1, f32::NAN), (2, f32::NAN), (3, f32::NAN), (3, 4.0), (3, 5.0), (3, 77.0)] {
                let (drawn, told) = (moves(feature, value, &|row| start.log_odds(row)), moves(feature, value, &|row| line.log_odds(row)));
                // As near as a leaf is: those of numbers lie close together, those of four categories apart.
                let tolerance = if feature < 3 { 0.25 } else { 0.4 };
                assert!((drawn - told).abs() < tolerance, "seed {seed}: {value} of feature {feature}: {drawn}, by the regression {told}");
            }
        }
    }

    #[test]
    fn a_fold_has_one_start_whatever_settings_are_tried_on_it() {
        let (records, won) = leads(300, 6);
        let rows = Rows::of_matrix(records.view(), won.view());
        let starts = Starts::new(2);
        for leaves in [4, 8] {
            let mut params = params().n_estimators(3).num_leaves(leaves);
            params.start_from_line(true);
            let params = params.check().unwrap();
            let own = params.fit_rows_observed(&rows, None, &Silent).unwrap();
            assert_eq!(starts.fit(1, &params, &rows, None, &Silent).unwrap(), own);
            assert!(starts.0[0].get().is_none() && starts.0[1].get().is_some());
        }
    }

    #[test]
    fn a_feature_that_is_excluded_or_would_come_out_against_its_direction_has_no_tree() {
        let (records, won) = leads(400, 2);
        let rows = Rows::of_matrix(records.view(), won.view());
        let asked = |params: BoostingParams| -> Vec<bool> {
            let start = start(&params.check().unwrap(), &rows, &Silent).unwrap();
            (0..4).map(|feature| (0..start.left.len()).any(|node| start.left[node] != 0 && start.column(node) == feature)).collect()
        };
        let asked_of = |feature: usize, params: BoostingParams| asked(params)[feature];
        assert!(asked_of(0, params()) && asked_of(1, params()) && asked_of(3, params()));
        assert!(!asked_of(0, params().excluded(vec![0])) && asked_of(1, params().excluded(vec![0])));
        assert!(!asked_of(0, params().monotone_constraints(vec![-1, 0, 0, 0])));
        assert!(asked_of(0, params().monotone_constraints(vec![1, -1, 0, 0])));
        assert!(!asked_of(1, params().monotone_constraints(vec![1, 1, 0, 0])));
        assert_eq!(asked(params().excluded(vec![0, 1, 2, 3])), [false; 4]);
        // Together with what follows the model rises and falls as it must.
        let model = params().monotone_constraints(vec![1, -1, 0, 0]).fit_rows(&rows).unwrap();
        for row in records.rows().into_iter().take(40) {
            let mut row = row.mapv(|x| x as f32).to_vec();
            let mut along = |feature: usize| -> Vec<f64> {
                let before = row[feature];
                let values = (-30..=30).map(|x| {
                    row[feature] = x as f32 / 10.0;
                    model.log_odds(&row)
                });
                let values = values.collect();
                row[feature] = before;
                values
            };
            assert!(along(0).is_sorted() && along(1).iter().rev().is_sorted());
        }
    }

    #[test]
    fn the_start_comes_first_and_what_follows_is_cut_to_so_many_trees() {
        let (records, won) = leads(300, 3);
        let (fresh, outcomes) = leads(100, 4);
        let (rows, validation) = (Rows::of_matrix(records.view(), won.view()), Rows::of_matrix(fresh.view(), outcomes.view()));
        let mut params = params().n_estimators(12).averaging(2);
        params.start_from_line(true);
        let params = params.check().unwrap();
        let fit = params.fit_rows_observed(&rows, Some(&validation), &Silent).unwrap();
        fit.model.validate_trees().unwrap();
        let start = start(&params, &rows, &Silent).unwrap();
        assert_eq!((fit.n_start, fit.model.n_trees()), (start.n_trees(), start.n_trees() + 24));
        assert_eq!(fit.grown.truncated(fit.n_start).leaves, start.leaves);
        // The curve begins with the start alone.
        let loss = |z: f64, won: bool| softplus(if won { -z } else { z });
        let row = |row: usize| fresh.row(row).mapv(|x| x as f32).to_vec();
        let of = |model: &BoostingModel| (0..100).map(|i| loss(model.log_odds(&row(i)), outcomes[i])).sum::<f64>() / 100.0;
        let alone = BoostingModel { base: fit.model.base, ..start };
        assert!((of(&alone) - fit.validation_log_loss[0]).abs() < 1e-9);
        assert!((of(&fit.model) - fit.validation_log_loss[12]).abs() < 0.02);
    }

    #[test]
    fn the_bits_do_not_depend_on_the_number_of_threads() {
        let (records, won) = leads(300, 5);
        let fit = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| params().fit_rows(&Rows::of_matrix(records.view(), won.view())).unwrap())
        };
        assert_eq!(fit(1), fit(2));
    }

    #[test]
    fn on_straight_lines_and_20_won_rows_of_200_trees_are_no_worse_than_ridge_regression() {
        let difference = |seed: u64| {
            let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
            let mut rows = |n: usize| {
                let records = Array2::from_shape_fn((n, 6), |_| (0..6).map(|_| random.gen_range(-1.0_f32..1.0)).sum::<f32>() / 1.4);
                let z = records.rows().into_iter().map(|row| f64::from(2.0 * row[0] + 1.5 * row[1]) - 4.0).collect::<Vec<f64>>();
                let won: Array1<bool> = z.iter().map(|z| random.gen_bool(sigmoid(*z))).collect();
                (records, won)
            };
            let ((records, won), (fresh, outcomes)) = (rows(200), rows(4000));
            let train = Rows::of_matrix(records.view(), won.view());
            let loss = |z: Array1<f64>| z.iter().zip(&outcomes).map(|(&z, &won)| softplus(if won { -z } else { z })).sum::<f64>() / 4000.0;
            let trees = BoostingParams::new().seed(seed).fit_rows(&train).unwrap().predict_log_odds(&fresh.view());
            loss(trees) - loss(LogisticParams::new().fit_rows(&train).unwrap().predict_log_odds(&fresh.view()))
        };
        let differences: Vec<f64> = (1..=16).map(difference).collect();
        let mean = differences.iter().sum::<f64>() / 16.0;
        // Without a start it is 0.03.
        assert!(mean < 0.006, "{mean} {differences:?}");
    }
}
