//! Exact Shapley values of a sum of trees, the features being independent of each other.
//!
//! The value of a set of features is the trees' expectation when the row's values of these are known and every other feature is drawn from its own
//! values in training, independently of all others (Štrumbelj and Kononenko 2014; Lundberg and Lee 2017, equation 11). It is the definition that
//! a linear model's contributions follow, too. The statistic of a pair of categories is a feature of its own here; its contribution is shared equally by the
//! two features that it is made of, as what both knew together would be by Shapley's rule. For one leaf of value `v`, let feature `i` on the way to it have `o_i` = 1 when the row meets all
//! conditions that the way sets on it, else 0, and `z_i` = the share of training whose value meets them all. Shapley's weights are integrals,
//! `s! (d-1-s)! / d! = int t^s (1-t)^(d-1-s) dt` over 0..1, so that the leaf gives feature `i`
//!
//! ```text
//! v (o_i - z_i) * integral over 0..1 of the product over j != i of (o_j t + z_j (1 - t)) dt
//! ```
//!
//! The integrand is a polynomial of degree `d - 1` (`d` features on the way), so Gauss-Legendre quadrature with `d / 2` points, rounded up, is
//! exact. The products are carried down the tree and their sums over leaves back up (as in Linear TreeSHAP, Yu et al. 2022), four points at a
//! time: time grows with nodes times points. The sum of all contributions and the base is the row's log-odds whatever the shares are. Nothing is divided by a number
//! near zero, as Lundberg's `UNWIND` does: of a factor `z_j (1 - t)` both parts cancel, and `t + z_j (1 - t)` is at least `t`.

use std::sync::OnceLock;

use crate::models::boosting::{BoostingModel, Node};

/// Points that are worked on together.
const BLOCK: usize = 4;

/// One number per point.
type Points = [f64; BLOCK];

/// What of a model's contributions does not depend on the row.
#[derive(Debug, Clone)]
pub(crate) struct Paths {
    /// The trees' expectation, the model's base included.
    base: f64,
    /// Per node of the model.
    steps: Vec<Step>,
    /// Per tree, how many points are exact.
    n_points: Vec<u32>,
}

/// A node, and the step that leads to it. Nodes are numbered within their tree.
#[derive(Debug, Clone, Copy)]
struct Step {
    /// The left child, the right one following it; 0 at a leaf.
    left: u32,
    /// The part of the row that the node asks.
    part: u32,
    /// The nearest step above that asked the same part as the step to this node; the root when none did.
    earlier: u32,
    /// The share of training that meets all conditions set so far on the part asked at the parent.
    zero: f64,
    /// `zero` as a share of that of the earlier step.
    ratio: f64,
    /// What a leaf adds.
    value: f64,
}

impl Paths {
    pub(crate) fn new(model: &BoostingModel) -> Self {
        let ways = model.ways();
        let mut steps: Vec<Step> = Vec::with_capacity(ways.earlier.len());
        let mut base = model.base();
        for tree in 0..model.n_trees() {
            let nodes = model.nodes_of(tree);
            let root = nodes.start;
            for node in nodes.clone() {
                let (left, part, value) = match model.node(node) {
                    Node::Leaf(leaf) => (0, 0, model.leaf_value(leaf)),
                    Node::Split { part, left } => ((left - root) as u32, part as u32, 0.0),
                };
                steps.push(Step { left, part, earlier: ways.earlier[node], zero: 1.0, ratio: 1.0, value });
            }
            // Children come after their parent.
            let of_tree = &mut steps[root..];
            let mut reach = vec![1.0; of_tree.len()];
            for node in 0..of_tree.len() {
                let left = of_tree[node].left as usize;
                if left == 0 {
                    base += reach[node] * of_tree[node].value;
                    continue;
                }
                for child in [left, left + 1] {
                    let before = of_tree[of_tree[child].earlier as usize].zero;
                    let (zero, ratio) = model.share_of_step(root + child, root + left, before);
                    (of_tree[child].zero, of_tree[child].ratio) = (zero, ratio);
                    reach[child] = reach[node] * ratio;
                }
            }
        }
        Self { base, steps, n_points: ways.parts.iter().map(|parts| parts.div_ceil(2).max(1)).collect() }
    }

    /// Fills `out` with the contribution of each feature of `row` to the log-odds of `model`, whose ways these are, and returns the base.
    pub(crate) fn contributions(&self, model: &BoostingModel, row: &[f32], out: &mut [f64]) -> f64 {
        let mut walk = Walk { meets: Vec::new(), state: Vec::new() };
        let mut parts = vec![0.0; model.n_parts()];
        for (tree, &n_points) in self.n_points.iter().enumerate() {
            let nodes = model.nodes_of(tree);
            let steps = &self.steps[nodes.clone()];
            walk.ask(model, nodes.start, steps, row);
            with_quadrature(n_points as usize, |quadrature| {
                for block in &quadrature.blocks {
                    walk.add(steps, block, &mut parts);
                }
            });
        }
        let (of_features, of_pairs) = parts.split_at(model.n_features());
        out.fill(0.0);
        out.iter_mut().zip(of_features).for_each(|(out, of_feature)| *out = *of_feature);
        for (features, of_pair) in model.pairs().zip(of_pairs) {
            for feature in features {
                if let Some(out) = out.get_mut(feature) {
                    *out += of_pair / 2.0;
                }
            }
        }
        self.base
    }
}

impl BoostingModel {
    /// The share of the step to `child`, and its ratio to the share `before` of the earlier step of the feature. A model of format 1 has no shares: it
    /// takes the parts of the cover instead (as Lundberg, Erion and Lee 2018, "path-dependent").
    fn share_of_step(&self, child: usize, left: usize, before: f64) -> (f64, f64) {
        match self.share.get(child) {
            Some(&share) => {
                // More conditions are not met more often, whatever a file says.
                let share = f64::from(share).min(before);
                (share, if before > 0.0 { share / before } else { 0.0 })
            }
            None => {
                let ratio = self.cover(child) / (self.cover(left) + self.cover(left + 1));
                (before * ratio, ratio)
            }
        }
    }
}

/// A row's way through one tree after the other, with the buffers that it needs.
struct Walk {
    /// Per node of the tree, whether the row meets all conditions set so far on the feature asked at the parent: `o`.
    meets: Vec<bool>,
    state: Vec<State>,
}

/// What is known at a node, point by point.
#[derive(Debug, Clone, Copy, Default)]
struct State {
    /// The product over the features asked above.
    down: Points,
    /// The sum, over the leaves below, of value times product; later steps that ask the same feature taken away.
    up: Points,
    /// That which later steps of the same feature take away.
    later: Points,
    /// The inverse of the factor of the step, when the row meets its conditions.
    inverse: Points,
}

impl Walk {
    /// Finds out which steps of a tree the row meets.
    fn ask(&mut self, model: &BoostingModel, root: usize, steps: &[Step], row: &[f32]) {
        self.meets.clear();
        self.meets.resize(steps.len(), true);
        self.state.clear();
        self.state.resize(steps.len(), State::default());
        for node in 0..steps.len() {
            let left = steps[node].left as usize;
            if left == 0 {
                continue;
            }
            let goes_left = model.goes_left(root + node, row);
            for (child, goes_along) in [(left, goes_left), (left + 1, !goes_left)] {
                self.meets[child] = goes_along && self.meets[steps[child].earlier as usize];
            }
        }
    }

    /// Adds what a tree gives each feature at the points of `block`.
    fn add(&mut self, steps: &[Step], block: &Block, out: &mut [f64]) {
        let (state, meets) = (&mut self.state[..steps.len()], &self.meets[..steps.len()]);
        let Some(root) = state.first_mut() else { return };
        *root = State { down: [1.0; BLOCK], inverse: [1.0; BLOCK], ..State::default() };
        for (node, step) in steps.iter().enumerate() {
            let down = state[node].down;
            let left = step.left as usize;
            if left == 0 {
                state[node].up = down.map(|product| product * step.value);
                continue;
            }
            for child in [left, left + 1] {
                let Step { earlier, zero, ratio, .. } = steps[child];
                let earlier = earlier as usize;
                // The feature's factor takes the place of its earlier one, which is 1 at the root.
                let before = state[earlier].inverse;
                let mut next = State::default();
                if meets[child] {
                    for p in 0..BLOCK {
                        let factor = block.points[p] + zero * block.rest[p];
                        next.down[p] = down[p] * factor * before[p];
                        next.inverse[p] = 1.0 / factor;
                    }
                } else if meets[earlier] {
                    (0..BLOCK).for_each(|p| next.down[p] = down[p] * (zero * block.rest[p]) * before[p]);
                } else {
                    next.down = down.map(|product| product * ratio);
                }
                state[child] = next;
            }
        }
        for (node, step) in steps.iter().enumerate().rev().filter(|(_, step)| step.left != 0) {
            let left = step.left as usize;
            let mut due = 0.0;
            let mut sum = [0.0; BLOCK];
            for child in [left, left + 1] {
                let Step { earlier, zero, .. } = steps[child];
                let earlier = earlier as usize;
                let State { up, later, inverse, .. } = state[child];
                (0..BLOCK).for_each(|p| sum[p] += up[p]);
                // Of a feature that fell out further up, later steps change nothing.
                if meets[earlier] {
                    (0..BLOCK).for_each(|p| state[earlier].later[p] += up[p]);
                    due += if meets[child] {
                        let of_point = |p: usize| block.weights[p] * (inverse[p] * (up[p] - later[p]));
                        (1.0 - zero) * (0..BLOCK).map(of_point).sum::<f64>()
                    } else {
                        -(0..BLOCK).map(|p| block.weights_over_rest[p] * up[p]).sum::<f64>()
                    };
                }
            }
            state[node].up = sum;
            if let Some(out) = out.get_mut(step.part as usize) {
                *out += due;
            }
        }
    }
}

/// Quadratures by their number of points, each made when first needed: enough for ways of 128 features.
static USUAL: [OnceLock<Quadrature>; 65] = [const { OnceLock::new() }; 65];

/// Works with the quadrature of `n` points.
fn with_quadrature(n: usize, work: impl FnOnce(&Quadrature)) {
    match USUAL.get(n) {
        Some(made) => work(made.get_or_init(|| Quadrature::new(n))),
        None => work(&Quadrature::new(n)),
    }
}

/// Gauss-Legendre quadrature over 0..1.
struct Quadrature {
    blocks: Vec<Block>,
}

/// Some points of a quadrature; the last block may have points of weight 0.
#[derive(Debug, Clone, Copy)]
struct Block {
    points: Points,
    /// 1 minus the point.
    rest: Points,
    weights: Points,
    weights_over_rest: Points,
}

impl Quadrature {
    /// `n` points: exact for polynomials up to degree `2 n - 1`. The points are the roots of the Legendre polynomial, by Newton's method from
    /// Tricomi's estimate.
    fn new(n: usize) -> Self {
        let padded = n.next_multiple_of(BLOCK);
        let (mut points, mut weights) = (vec![0.5; padded], vec![0.0; padded]);
        for i in 0..n.div_ceil(2) {
            let mut x = libm::cos(std::f64::consts::PI * (i as f64 + 0.75) / (n as f64 + 0.5));
            for _ in 0..100 {
                let (value, slope) = legendre(n, x);
                let step = value / slope;
                x -= step;
                if step.abs() < 1e-15 {
                    break;
                }
            }
            let (_, slope) = legendre(n, x);
            let weight = 1.0 / ((1.0 - x * x) * slope * slope);
            for (at, x) in [(i, -x), (n - 1 - i, x)] {
                points[at] = f64::midpoint(1.0, x);
                weights[at] = weight;
            }
        }
        let block = |(points, weights): (&Points, &Points)| Block {
            points: *points,
            rest: points.map(|t| 1.0 - t),
            weights: *weights,
            weights_over_rest: std::array::from_fn(|p| weights[p] / (1.0 - points[p])),
        };
        Self { blocks: points.as_chunks().0.iter().zip(weights.as_chunks().0).map(block).collect() }
    }
}

/// The Legendre polynomial of degree `n` at `x`, and its slope there (-1 < x < 1), by Bonnet's recursion.
fn legendre(n: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, x);
    for k in 2..=n {
        let k = k as f64;
        (before, value) = (value, ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k);
    }
    (value, n as f64 * (x * value - before) / (x * x - 1.0))
}

#[cfg(all(test, feature = "fit"))]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use linfa::Dataset;
    use linfa::traits::Fit;
    use ndarray::{Array1, Array2, ArrayView1, Axis, Ix1, concatenate};
    use proptest::prelude::*;
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::super::oracle::{expectation, marginals, shapley};
    use super::*;
    use crate::models::boosting::{BoostingParams, Marginal};
    use crate::models::statistic::{PairStatistic, Statistic, pair};

    fn contributions(model: &BoostingModel, row: &[f32], out: &mut [f64]) -> f64 {
        Paths::new(model).contributions(model, row, out)
    }

    /// The expectation of a tree below `node` by the rule of format 1, Lundberg's `EXPVALUE`: what is not known counts by cover.
    fn by_cover(model: &BoostingModel, node: usize, row: &[f32], known: u32) -> f64 {
        match model.node(node) {
            Node::Leaf(leaf) => model.leaf_value(leaf),
            Node::Split { part, left } if known >> part & 1 == 1 => {
                by_cover(model, left + usize::from(!model.goes_left(node, row)), row, known)
            }
            Node::Split { left, .. } => {
                let (a, b) = (model.cover(left), model.cover(left + 1));
                (a * by_cover(model, left, row, known) + b * by_cover(model, left + 1, row, known)) / (a + b)
            }
        }
    }

    /// 256 rows of numbers and, in column 1, categories, some of them missing. Weights add up to 256, so that `f32` holds every share exactly.
    fn data(seed: u64, n_features: usize) -> Dataset<f32, bool, Ix1> {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let x = Array2::from_shape_fn((256, n_features), |(_, column)| match random.gen_range(0..10) {
            0 => f32::NAN,
            _ if column == 1 => random.gen_range(0..=LEVELS) as f32,
            _ => random.gen_range(-3..=3) as f32,
        });
        let won = Array1::from_shape_fn(256, |row| {
            let sum: f32 = x.row(row).iter().filter(|value| !value.is_nan()).product();
            random.gen_bool(if sum > 0.0 { 0.8 } else { 0.3 })
        });
        let weights = Array1::from_shape_fn(256, |row| [0.5, 1.0, 1.5, 1.0][row % 4]);
        Dataset::new(x, won).with_weights(weights)
    }

    const LEVELS: u32 = 6;

    fn fitted(data: &Dataset<f32, bool, Ix1>, num_leaves: usize) -> BoostingModel {
        let params = BoostingParams::new()
            .n_estimators(5)
            .num_leaves(num_leaves)
            .min_child_samples(2)
            .min_data_per_group(3)
            .cat_smooth(1.0)
            .bagging_fraction(0.8)
            .categorical((0..data.records.ncols()).map(|column| (column == 1).then_some(LEVELS)).collect());
        params.fit(data).unwrap()
    }

    /// A model that asks a statistic of the categories as well, and the log-odds of its rows by one that was given the statistic as a column.
    fn fitted_with_statistic(data: &Dataset<f32, bool, Ix1>, num_leaves: usize) -> (BoostingModel, impl Fn(&[f32]) -> f64) {
        let statistic = Statistic { feature: 1, values: vec![0.5, 0.25, 0.75, 0.125, 0.375, 0.25, 0.625, 0.875] };
        let column = data.records.column(1).map(|&code| statistic.of(code)).insert_axis(Axis(1));
        let records = concatenate(Axis(1), &[data.records.view(), column.view()]).unwrap();
        let given = fitted(&Dataset::new(records, data.targets.clone()).with_weights(data.weights.clone()), num_leaves);
        let mut model = given.clone();
        model.codes.pop();
        model.statistics.push(statistic.clone());
        // The weights of all values of the features, from nothing but the data; thresholds half-way between whole numbers.
        let thresholds: Vec<f32> = (-3..3).map(|low| low as f32 + 0.5).collect();
        let marginal = |(feature, column): (usize, ArrayView1<'_, f32>)| {
            let mut weights = vec![0.0; 8];
            for (value, weight) in column.iter().zip(&data.weights) {
                let bin = if value.is_nan() { 7 } else { (*value + if feature == 1 { 0.0 } else { 3.0 }) as usize };
                weights[bin] += f64::from(*weight);
            }
            Marginal { thresholds: if feature == 1 { &[] } else { &thresholds }, weights }
        };
        let marginals: Vec<Marginal<'_>> = data.records.columns().into_iter().enumerate().map(marginal).collect();
        model.share = model.shares(&marginals);
        (model, move |row| given.log_odds(&[row, &[statistic.of(row[1])]].concat()))
    }

    /// A model that asks the statistic of two features together, and one that was given it as a further column.
    fn fitted_with_pair(
        data: &Dataset<f32, bool, Ix1>,
        num_leaves: usize,
    ) -> (BoostingModel, PairStatistic, Dataset<f32, bool, Ix1>, BoostingModel) {
        let pairs: Vec<u64> = (0..=LEVELS as usize).map(|code| pair(code, code % 3)).collect();
        let values: Vec<f32> = (0..=pairs.len()).map(|i| (i * 5 % 8) as f32 / 8.0 - 0.5).collect();
        let statistic = PairStatistic { features: [1, 2], pairs, values };
        let codes = [LEVELS + 1, LEVELS + 1];
        let column = data.records.rows().into_iter().map(|row| statistic.of([row[1], row[2].abs()], codes)).collect::<Array1<f32>>();
        let mut records = data.records.clone();
        records.column_mut(2).mapv_inplace(f32::abs);
        let with = concatenate(Axis(1), &[records.view(), column.insert_axis(Axis(1)).view()]).unwrap();
        let with = Dataset::new(with, data.targets.clone()).with_weights(data.weights.clone());
        let params =
            BoostingParams::new().n_estimators(5).num_leaves(num_leaves).min_child_samples(2).min_data_per_group(3).cat_smooth(1.0);
        let categorical = (0..with.records.ncols()).map(|column| (column == 1 || column == 2).then_some(LEVELS)).collect();
        let given = params.categorical(categorical).bagging_fraction(0.8).fit(&with).unwrap();
        let mut model = given.clone();
        model.codes.pop();
        model.pairs.push(statistic.clone());
        (model, statistic, with, given)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn a_pair_counts_as_a_feature_of_its_own_and_is_shared_by_its_two(seed in any::<u64>(), num_leaves in 2_usize..40) {
            let data = data(seed, 4);
            let (model, statistic, with, given) = fitted_with_pair(&data, num_leaves);
            let marginals = marginals(&with);
            let (mut out, mut of_given) = (vec![f64::NAN; 4], vec![f64::NAN; 5]);
            for row in with.records.rows().into_iter().take(3) {
                let row = row.to_vec();
                let value = |known| expectation(&marginals, &mut row.clone(), known, 0, &|row: &[f32]| given.log_odds(row));
                let expected = shapley(5, value);
                let base = contributions(&model, &row[..4], &mut out);
                prop_assert!((contributions(&given, &row, &mut of_given) - base).abs() < 1e-12);
                for feature in 0..4 {
                    let shared = if statistic.features.contains(&(feature as u32)) { expected[4] / 2.0 } else { 0.0 };
                    prop_assert!((out[feature] - expected[feature] - shared).abs() < 1e-12);
                }
                prop_assert!((base + out.iter().sum::<f64>() - model.log_odds(&row[..4])).abs() < 1e-12);
            }
        }

        #[test]
        fn contributions_are_the_shapley_values_of_the_expectation_over_independent_features(
            seed in any::<u64>(), n_features in 2_usize..5, num_leaves in 2_usize..40,
        ) {
            let data = data(seed, n_features);
            let marginals = marginals(&data);
            let plain = fitted(&data, num_leaves);
            let (with_statistic, log_odds) = fitted_with_statistic(&data, num_leaves);
            let plain_log_odds = |row: &[f32]| plain.log_odds(row);
            for (model, log_odds) in [(&plain, &plain_log_odds as &dyn Fn(&[f32]) -> f64), (&with_statistic, &log_odds)] {
                let mut out = vec![f64::NAN; n_features];
                for row in data.records.rows().into_iter().take(3) {
                    let row = row.to_vec();
                    let base = contributions(model, &row, &mut out);
                    let value = |known| expectation(&marginals, &mut row.clone(), known, 0, log_odds);
                    prop_assert!((base - value(0)).abs() < 1e-12);
                    for (got, expected) in out.iter().zip(shapley(n_features, value)) {
                        prop_assert!((got - expected).abs() < 1e-12, "{got} {expected}");
                    }
                    prop_assert!((base + out.iter().sum::<f64>() - log_odds(&row)).abs() < 1e-12);
                }
            }
        }

        #[test]
        fn a_model_of_format_1_keeps_the_contributions_that_go_by_cover(seed in any::<u64>(), n_features in 1_usize..7, num_leaves in 2_usize..40) {
            let data = data(seed, n_features);
            let mut model = fitted(&data, num_leaves);
            model.share.clear();
            let mut out = vec![f64::NAN; n_features];
            for row in data.records.rows().into_iter().take(4) {
                let row = row.to_vec();
                let base = contributions(&model, &row, &mut out);
                let value = |known| (0..model.n_trees()).map(|tree| by_cover(&model, model.root(tree), &row, known)).sum::<f64>();
                for (got, expected) in out.iter().zip(shapley(n_features, value)) {
                    prop_assert!((got - expected).abs() < 1e-12, "{got} {expected}");
                }
                prop_assert!((base + out.iter().sum::<f64>() - model.log_odds(&row)).abs() < 1e-12);
            }
        }

        #[test]
        fn base_and_contributions_sum_to_the_log_odds_whatever_the_shares(seed in any::<u64>(), shares in prop::collection::vec(0_u8..=4, 400)) {
            let data = data(seed, 5);
            let mut model = fitted(&data, 30);
            model.share.iter_mut().zip(shares.iter().cycle()).for_each(|(share, quarter)| *share = f32::from(*quarter) / 4.0);
            let mut out = vec![0.0; 5];
            for row in data.records.rows().into_iter().take(20) {
                let row = row.to_vec();
                let base = contributions(&model, &row, &mut out);
                prop_assert!((base + out.iter().sum::<f64>() - model.log_odds(&row)).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn base_and_contributions_sum_to_the_log_odds_through_deep_trees_of_many_features() {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
        let x = Array2::from_shape_fn((3000, 60), |_| random.r#gen::<f32>());
        let won = Array1::from_shape_fn(3000, |row| random.gen_bool(f64::from(x[[row, 0]] * x[[row, 1]])));
        // One row a leaf and nothing to hold it back: ways of over 20 features.
        let params = BoostingParams::new().n_estimators(20).num_leaves(1000).min_child_samples(1).reg_lambda(0.0).min_child_weight(0.0);
        let model = params.fit(&Dataset::new(x.clone(), won)).unwrap();
        let mut out = vec![0.0; 60];
        for row in x.rows().into_iter().take(50) {
            let row = row.to_vec();
            let base = contributions(&model, &row, &mut out);
            assert!((base + out.iter().sum::<f64>() - model.log_odds(&row)).abs() < 1e-9);
        }
        assert!(model.max_depth > 20, "{}", model.max_depth);
    }

    #[test]
    fn trees_that_start_from_a_regression_are_explained_as_all_are() {
        for seed in 0..4 {
            // So few rows that there is a start.
            let data = data(seed, 3);
            let (data, _) = data.split_with_ratio(0.5);
            let categorical = (0..3).map(|column| (column == 1).then_some(LEVELS)).collect();
            let model = BoostingParams::new().categorical(categorical).fit(&data).unwrap();
            assert!(model.nodes_of(0).filter(|&node| model.left[node] != 0).all(|node| model.column(node) == model.column(0)));
            let marginals = marginals(&data);
            let mut out = vec![f64::NAN; 3];
            for row in data.records.rows().into_iter().take(5) {
                let row = row.to_vec();
                let base = contributions(&model, &row, &mut out);
                let value = |known| expectation(&marginals, &mut row.clone(), known, 0, &|row: &[f32]| model.log_odds(row));
                assert!((base - value(0)).abs() < 1e-9);
                for (got, expected) in out.iter().zip(shapley(3, value)) {
                    assert!((got - expected).abs() < 1e-6, "{got} {expected}");
                }
            }
        }
    }

    #[test]
    fn a_model_without_trees_is_all_base() {
        let data = data(3, 4);
        let model = fitted(&data, 8).truncated(0);
        let mut out = [1.0; 4];
        assert_eq!(contributions(&model, &data.records.row(0).to_vec(), &mut out), model.log_odds(&[]));
        assert_eq!(out, [0.0; 4]);
    }

    #[test]
    fn quadrature_integrates_polynomials_up_to_twice_its_points_exactly() {
        for n in 1..=40 {
            let quadrature = Quadrature::new(n);
            for degree in 0..2 * n {
                let power = |t: f64| (0..degree).fold(1.0, |product, _| product * t);
                let of_block = |block: &Block| block.points.iter().zip(&block.weights).map(|(&t, &weight)| weight * power(t)).sum::<f64>();
                let integral: f64 = quadrature.blocks.iter().map(of_block).sum();
                assert!((integral - 1.0 / (degree as f64 + 1.0)).abs() < 1e-13, "{n} points, degree {degree}: {integral}");
            }
        }
    }
}
