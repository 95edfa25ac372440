//! Exact Shapley values of a sum of trees: what TreeSHAP computes (Lundberg, Erion and Lee 2018, "path-dependent"), in a faster and steadier way.
//!
//! The value of a set of features is a tree's expectation when only they are known: at a node that asks another feature, both children count
//! by their cover. For one leaf of value `v`, let feature `i` on the way to it have `o_i` = 1 when the row goes along at all its nodes, else 0,
//! and `z_i` = the product of the cover shares at its nodes. Shapley's weights are integrals, `s! (d-1-s)! / d! = int t^s (1-t)^(d-1-s) dt` over
//! 0..1, so that the leaf gives feature `i`
//!
//! ```text
//! v (o_i - z_i) * integral over 0..1 of the product over j != i of (o_j t + z_j (1 - t)) dt
//! ```
//!
//! The integrand is a polynomial of degree `d - 1` (`d` features on the way), so Gauss-Legendre quadrature with `d / 2` points, rounded up, is
//! exact. The products are carried down the tree and their sums over leaves back up (as in Linear TreeSHAP, Yu et al. 2022): time grows with
//! nodes times points. Nothing is divided by a number near zero, as Lundberg's `UNWIND` does.

use std::sync::OnceLock;

use crate::models::boosting::{BoostingModel, Node};

/// Fills `out` with the contribution of each feature and returns the base: the trees' expectation over their covers.
pub(crate) fn contributions(model: &BoostingModel, row: &[f32], out: &mut [f64]) -> f64 {
    out.fill(0.0);
    // No way asks more features than it has edges, or than there are.
    let n_points = (model.max_depth as usize).min(model.n_features()).div_ceil(2).max(1);
    let rare;
    let quadrature = match USUAL.get(n_points) {
        Some(made) => made.get_or_init(|| Quadrature::new(n_points)),
        None => {
            rare = Quadrature::new(n_points);
            &rare
        }
    };
    let mut walk = Walk { model, row, quadrature, stack: Vec::new(), down: Vec::new(), up: Vec::new() };
    (0..model.n_trees()).fold(model.base(), |base, tree| base + walk.tree(tree, out))
}

/// A step from a node to one of its children, and what is known above that child.
#[derive(Debug, Clone, Copy)]
struct Step {
    node: usize,
    /// The feature asked at the parent.
    feature: usize,
    /// 1 when the row goes along at all nodes above that ask the feature, else 0.
    one: f64,
    /// Product of the cover shares at all nodes above that ask the feature.
    zero: f64,
    /// The step above that last asked the feature, by its place in the stack; `NONE` if there is none.
    earlier: usize,
    /// Share of the tree's cover that comes by.
    share: f64,
    /// The next child to visit: 0, 1, or 2 when both are done.
    next: u8,
}

const NONE: usize = usize::MAX;

/// A walk over all nodes of a tree. The stack is ours, so that no file can overflow the thread's.
struct Walk<'a> {
    model: &'a BoostingModel,
    row: &'a [f32],
    quadrature: &'a Quadrature,
    stack: Vec<Step>,
    /// Per step and point: the product over the features above.
    down: Vec<f64>,
    /// Per step and point: the sum, over the leaves below that are done, of value times product.
    up: Vec<f64>,
}

impl Walk<'_> {
    /// Adds the contributions of one tree; returns its expectation.
    fn tree(&mut self, tree: usize, out: &mut [f64]) -> f64 {
        let root = self.model.root(tree);
        let mut expectation = 0.0;
        self.stack.clear();
        self.down.clear();
        self.up.clear();
        self.down.resize(self.quadrature.points.len(), 1.0);
        self.up.resize(self.quadrature.points.len(), 0.0);
        self.stack.push(Step { node: root, feature: NONE, one: 1.0, zero: 1.0, earlier: NONE, share: 1.0, next: 0 });
        while let Some(&step) = self.stack.last() {
            match self.model.node(step.node) {
                Node::Leaf(leaf) => {
                    let value = self.model.leaf_value(leaf);
                    expectation += step.share * value;
                    self.add_leaf(value);
                    self.leave(out);
                }
                Node::Split { feature, left } if step.next < 2 => self.enter(step, feature, left),
                Node::Split { .. } => self.leave(out),
            }
        }
        expectation
    }

    /// Steps down to the next child of the last step's node.
    fn enter(&mut self, parent: Step, feature: usize, left: usize) {
        let at = self.stack.len() - 1;
        self.stack[at].next += 1;
        let value = self.row.get(feature).copied().unwrap_or(f32::NAN);
        let goes_along = self.model.goes_left(parent.node, value) == (parent.next == 0);
        let node = left + usize::from(parent.next);
        let cover = self.model.cover(node);
        let share = cover / (self.model.cover(left) + self.model.cover(left + 1));
        let earlier = self.stack.iter().rposition(|step| step.feature == feature).unwrap_or(NONE);
        let (above_one, above_zero) = if earlier == NONE { (1.0, 1.0) } else { (self.stack[earlier].one, self.stack[earlier].zero) };
        let one = if goes_along { above_one } else { 0.0 };
        let zero = above_zero * share;
        let n = self.quadrature.points.len();
        for (point, &t) in self.quadrature.points.iter().enumerate() {
            let product = self.down[at * n + point];
            // The feature's factor takes the place of its earlier one.
            let before = if earlier == NONE { 1.0 } else { factor(above_one, above_zero, t) };
            self.down.push(product * (factor(one, zero, t) / before));
            self.up.push(0.0);
        }
        self.stack.push(Step { node, feature, one, zero, earlier, share: parent.share * share, next: 0 });
    }

    /// Counts the leaf at which the last step stands.
    fn add_leaf(&mut self, value: f64) {
        let begin = self.up.len() - self.quadrature.points.len();
        for (up, down) in self.up[begin..].iter_mut().zip(&self.down[begin..]) {
            *up = value * down;
        }
    }

    /// Steps back up: the feature of the last step gets its due from the leaves below, and the step above gets their sums.
    fn leave(&mut self, out: &mut [f64]) {
        let Some(step) = self.stack.pop() else { return };
        let n = self.quadrature.points.len();
        let begin = self.up.len() - n;
        if step.feature != NONE {
            let mut due = self.due(begin, step.one, step.zero);
            if step.earlier != NONE {
                // The earlier step of the same feature will count these leaves as if it were the last one to ask.
                let earlier = self.stack[step.earlier];
                due -= self.due(begin, earlier.one, earlier.zero);
            }
            if let Some(out) = out.get_mut(step.feature) {
                *out += due;
            }
            let (above, last) = self.up.split_at_mut(begin);
            above[begin - n..].iter_mut().zip(last).for_each(|(above, last)| *above += *last);
        }
        self.up.truncate(begin);
        self.down.truncate(begin);
    }

    /// `(one - zero)` times the integral of the leaves' products without the factor of `one` and `zero`.
    fn due(&self, begin: usize, one: f64, zero: f64) -> f64 {
        let points = self.quadrature.points.iter().zip(&self.quadrature.weights).zip(&self.up[begin..]);
        let integral: f64 = points.map(|((&t, &weight), &up)| weight * (up / factor(one, zero, t))).sum();
        (one - zero) * integral
    }
}

/// `one * t + zero * (1 - t)`, kept away from 0: a share is above 0, but the product of very many may not be.
fn factor(one: f64, zero: f64, t: f64) -> f64 {
    (one * t + zero * (1.0 - t)).max(f64::MIN_POSITIVE)
}

/// Quadratures by their number of points, each made when first needed: enough for ways of 128 features.
static USUAL: [OnceLock<Quadrature>; 65] = [const { OnceLock::new() }; 65];

/// Gauss-Legendre quadrature over 0..1.
struct Quadrature {
    points: Vec<f64>,
    weights: Vec<f64>,
}

impl Quadrature {
    /// `n` points: exact for polynomials up to degree `2 n - 1`. The points are the roots of the Legendre polynomial, by Newton's method from
    /// Tricomi's estimate.
    fn new(n: usize) -> Self {
        let mut quadrature = Self { points: vec![0.5; n], weights: vec![1.0; n] };
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
                quadrature.points[at] = f64::midpoint(1.0, x);
                quadrature.weights[at] = weight;
            }
        }
        quadrature
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
    use ndarray::{Array1, Array2};
    use proptest::prelude::*;
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;
    use crate::models::boosting::{BoostingParams, random_trees};

    /// The expectation of a tree below `node` when only the features in `known` (a bit set) are known: Lundberg's `EXPVALUE`.
    fn expectation(model: &BoostingModel, node: usize, row: &[f32], known: u32) -> f64 {
        match model.node(node) {
            Node::Leaf(leaf) => model.leaf_value(leaf),
            Node::Split { feature, left } if known >> feature & 1 == 1 => {
                expectation(model, left + usize::from(!model.goes_left(node, row[feature])), row, known)
            }
            Node::Split { left, .. } => {
                let (a, b) = (model.cover(left), model.cover(left + 1));
                (a * expectation(model, left, row, known) + b * expectation(model, left + 1, row, known)) / (a + b)
            }
        }
    }

    /// Shapley values by their definition, over all subsets of features.
    fn brute_force(model: &BoostingModel, row: &[f32]) -> Vec<f64> {
        let n = model.n_features();
        let value = |known: u32| (0..model.n_trees()).map(|tree| expectation(model, model.root(tree), row, known)).sum::<f64>();
        let values: Vec<f64> = (0..1_u32 << n).map(value).collect();
        let factorial = |k: usize| (1..=k).product::<usize>() as f64;
        let mut shapley = vec![0.0; n];
        for (feature, shapley) in shapley.iter_mut().enumerate() {
            for known in (0..1_u32 << n).filter(|known| known >> feature & 1 == 0) {
                let size = known.count_ones() as usize;
                let weight = factorial(size) * factorial(n - size - 1) / factorial(n);
                *shapley += weight * (values[(known | 1 << feature) as usize] - values[known as usize]);
            }
        }
        shapley
    }

    fn fitted(seed: u64, n_features: usize, num_leaves: usize) -> (BoostingModel, Array2<f32>) {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let category = |column: usize| column == 1;
        let x = Array2::from_shape_fn((300, n_features), |(_, column)| match random.gen_range(0..10) {
            0 => f32::NAN,
            _ if category(column) => random.gen_range(0..=6) as f32,
            _ => random.gen_range(-3..=3) as f32,
        });
        let won = Array1::from_shape_fn(300, |row| {
            let sum: f32 = x.row(row).iter().filter(|value| !value.is_nan()).product();
            random.gen_bool(if sum > 0.0 { 0.8 } else { 0.3 })
        });
        let params = BoostingParams::new()
            .n_estimators(5)
            .num_leaves(num_leaves)
            .min_child_samples(2)
            .min_data_per_group(3)
            .cat_smooth(1.0)
            .bagging_fraction(0.8)
            .categorical((0..n_features).map(|column| category(column).then_some(6)).collect());
        let weights = Array1::from_shape_fn(300, |row| 0.5 + (row % 3) as f32);
        (params.fit(&Dataset::new(x.clone(), won).with_weights(weights)).unwrap(), x)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn contributions_are_the_shapley_values_of_their_definition(seed in any::<u64>(), n_features in 1_usize..7, num_leaves in 2_usize..40) {
            let (model, x) = fitted(seed, n_features, num_leaves);
            let mut out = vec![f64::NAN; n_features];
            for row in x.rows().into_iter().take(4) {
                let row = row.to_vec();
                let base = contributions(&model, &row, &mut out);
                for (got, expected) in out.iter().zip(brute_force(&model, &row)) {
                    prop_assert!((got - expected).abs() < 1e-12, "{got} {expected}");
                }
                prop_assert!((base + out.iter().sum::<f64>() - model.log_odds(&row)).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn a_node_on_a_statistic_counts_as_a_node_on_its_feature() {
        let codes = [0, 40, 3, 0];
        for seed in 0..20 {
            let model = random_trees::model(seed, &codes, &[12, 5, 20]);
            let mut random = random_trees::Random::new(seed);
            let row: Vec<f32> = codes.iter().map(|&codes| random_trees::value(codes, &mut random)).collect();
            let mut out = [0.0; 4];
            let base = contributions(&model, &row, &mut out);
            for (got, expected) in out.iter().zip(brute_force(&model, &row)) {
                assert!((got - expected).abs() < 1e-12, "{got} {expected}");
            }
            assert!((base + out.iter().sum::<f64>() - model.log_odds(&row)).abs() < 1e-12);
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
    fn a_model_without_trees_is_all_base() {
        let (model, x) = fitted(3, 4, 8);
        let model = model.truncated(0);
        let mut out = [1.0; 4];
        assert_eq!(contributions(&model, &x.row(0).to_vec(), &mut out), model.log_odds(&[]));
        assert_eq!(out, [0.0; 4]);
    }

    #[test]
    fn quadrature_integrates_polynomials_up_to_twice_its_points_exactly() {
        for n in 1..=40 {
            let quadrature = Quadrature::new(n);
            for degree in 0..2 * n {
                let power = |t: f64| (0..degree).fold(1.0, |product, _| product * t);
                let integral: f64 = quadrature.points.iter().zip(&quadrature.weights).map(|(&t, &weight)| weight * power(t)).sum();
                assert!((integral - 1.0 / (degree as f64 + 1.0)).abs() < 1e-13, "{n} points, degree {degree}: {integral}");
            }
        }
    }
}
