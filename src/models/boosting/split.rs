//! The best split of one feature in one leaf.
//!
//! Numeric features are cut between bins, missing values tried on either side (Chen and Guestrin 2016, algorithm 3). Categories are put in
//! order of gradient over hessian and cut along that order, which for a convex loss contains the best of all bipartitions (Fisher 1958);
//! smoothing, a penalty and a least group size keep rare categories from being fitted one by one (as LightGBM does). Few categories are tried
//! one against the rest. Missing is a category among the others there.

use super::bins::{Column, Rule};
use super::histogram::Sums;
use super::params::BoostingValidParams;

/// No leaf moves log-odds further than this, so that a leaf of next to no hessian stays a number; probabilities are 0 and 1 long before.
const MAX_OUTPUT: f64 = 1000.0;

/// Hessian sums below this are rounding, not weight.
const MIN_HESSIAN: f64 = 1e-10;

/// Between which values a leaf's output must lie for the model to be monotone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bounds {
    pub(crate) lower: f64,
    pub(crate) upper: f64,
}

impl Bounds {
    /// Anything goes.
    pub(crate) const FREE: Self = Self { lower: -MAX_OUTPUT, upper: MAX_OUTPUT };

    /// The bounds of the two children: a constrained split keeps them apart at the middle of their outputs.
    pub(crate) fn children(self, direction: i8, left_output: f64, right_output: f64) -> (Self, Self) {
        let middle = f64::midpoint(left_output, right_output);
        let below = Self { upper: self.upper.min(middle), ..self };
        let above = Self { lower: self.lower.max(middle), ..self };
        match direction {
            1 => (below, above),
            -1 => (above, below),
            _ => (self, self),
        }
    }
}

/// What the search needs to know of the leaf.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Leaf {
    /// Over its rows.
    pub(crate) sums: Sums,
    /// The output of the node it was split from, for path smoothing.
    pub(crate) parent_output: f64,
    /// What its output must respect.
    pub(crate) bounds: Bounds,
}

/// The output (before the learning rate) of a leaf: the Newton step `-G / (H + l2)`, smoothed towards its parent's and held in bounds.
#[inline]
pub(crate) fn output(sums: Sums, l2: f64, parent_output: f64, bounds: Bounds, path_smooth: f64) -> f64 {
    let curvature = sums.hessian + l2;
    let mut output = if curvature > MIN_HESSIAN { -sums.gradient / curvature } else { 0.0 };
    if path_smooth > 0.0 {
        let own = f64::from(sums.rows) / (f64::from(sums.rows) + path_smooth);
        output = output * own + parent_output * (1.0 - own);
    }
    output.clamp(bounds.lower, bounds.upper)
}

/// Twice the loss that `output` takes away from a leaf.
#[inline]
fn reduction(sums: Sums, l2: f64, output: f64) -> f64 {
    -(2.0 * sums.gradient * output + (sums.hessian + l2) * output * output)
}

/// A split worth making.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Split {
    /// Twice the loss it takes away.
    pub(crate) gain: f64,
    /// The feature.
    pub(crate) feature: usize,
    /// Over the rows that go left.
    pub(crate) left: Sums,
    /// Over the rows that go right.
    pub(crate) right: Sums,
    /// What the left side would answer.
    pub(crate) left_output: f64,
    /// What the right side would answer.
    pub(crate) right_output: f64,
    /// The L2 penalty of both sides.
    pub(crate) l2: f64,
    /// Which side missing values take; `None` when the leaf has none.
    pub(crate) missing_left: Option<bool>,
    /// Where it cuts.
    pub(crate) cut: Cut,
}

/// Where a split cuts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cut {
    /// Bins up to this one go left.
    Bin(usize),
    /// These bins go left.
    Categories {
        /// The bins.
        left: Vec<usize>,
        /// Whether one category is set apart from the rest.
        one: bool,
    },
}

/// The search in one leaf.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Search<'a> {
    /// The settings.
    pub(crate) params: &'a BoostingValidParams,
    /// The leaf.
    pub(crate) leaf: Leaf,
}

/// The best candidate so far.
struct Best<T> {
    gain: f64,
    left: Sums,
    right: Sums,
    left_output: f64,
    right_output: f64,
    what: Option<T>,
}

impl Search<'_> {
    /// The best split of `feature`, whose bins sum to `bins`, if any is worth making. Among equals, the first.
    pub(crate) fn best_split(&self, feature: usize, column: &Column, bins: &[Sums]) -> Option<Split> {
        match column.rule {
            Rule::Numeric { .. } => self.numeric(feature, bins),
            Rule::Categorical { .. } => self.categorical(feature, bins),
        }
    }

    /// No split yet: a candidate must gain more than the leaf as it is and `min_split_gain`.
    fn best<T>(&self) -> Best<T> {
        let Leaf { sums, parent_output, bounds } = self.leaf;
        let own = output(sums, self.params.reg_lambda, parent_output, bounds, self.params.path_smooth);
        let gain = reduction(sums, self.params.reg_lambda, own) + self.params.min_split_gain;
        // Rounding alone must not look like a gain.
        let gain = gain + 1e-12 * gain.abs();
        Best { gain, left: Sums::default(), right: Sums::default(), left_output: 0.0, right_output: 0.0, what: None }
    }

    fn is_big_enough(&self, side: Sums) -> bool {
        side.rows as usize >= self.params.min_child_samples && side.hessian >= self.params.min_child_weight.max(MIN_HESSIAN)
    }

    fn offer<T>(&self, best: &mut Best<T>, left: Sums, right: Sums, l2: f64, direction: i8, what: impl FnOnce() -> T) {
        let Leaf { sums, parent_output, bounds } = self.leaf;
        let own = output(sums, self.params.reg_lambda, parent_output, bounds, self.params.path_smooth);
        let left_output = output(left, l2, own, bounds, self.params.path_smooth);
        let right_output = output(right, l2, own, bounds, self.params.path_smooth);
        if f64::from(direction) * (right_output - left_output) < 0.0 {
            return;
        }
        let gain = reduction(left, l2, left_output) + reduction(right, l2, right_output);
        if gain > best.gain {
            *best = Best { gain, left, right, left_output, right_output, what: Some(what()) };
        }
    }

    fn numeric(&self, feature: usize, bins: &[Sums]) -> Option<Split> {
        let total = self.leaf.sums;
        let direction = self.params.direction(feature);
        let (&missing, values) = bins.split_last()?;
        let mut best = self.best();
        for missing_left in [false, true] {
            if missing_left && missing.rows == 0 {
                break;
            }
            let mut left = if missing_left { missing } else { Sums::default() };
            for (bin, &sums) in values.iter().enumerate() {
                // A bin without rows cuts the leaf as the bin before it does.
                if sums.rows == 0 {
                    continue;
                }
                left += sums;
                if !self.is_big_enough(left) {
                    continue;
                }
                let right = total - left;
                if !self.is_big_enough(right) {
                    break;
                }
                self.offer(&mut best, left, right, self.params.reg_lambda, direction, || (bin, missing_left));
            }
        }
        let missing_seen = missing.rows > 0;
        self.split(best, feature, self.params.reg_lambda, |(bin, missing_left)| (missing_seen.then_some(missing_left), Cut::Bin(bin)))
    }

    fn categorical(&self, feature: usize, bins: &[Sums]) -> Option<Split> {
        let missing = bins.len().checked_sub(1)?;
        let seen: Vec<usize> = (0..bins.len()).filter(|&bin| bins[bin].rows > 0).collect();
        let (best, l2, one) = if seen.len() <= self.params.max_cat_to_onehot {
            (self.one_against_rest(&seen, bins), self.params.reg_lambda, true)
        } else {
            let l2 = self.params.reg_lambda + self.params.cat_l2;
            (self.along_the_order(seen, bins, l2, self.params.least_rows_of_category(feature)), l2, false)
        };
        let missing_seen = bins[missing].rows > 0;
        self.split(best, feature, l2, |left| (missing_seen.then(|| left.contains(&missing)), Cut::Categories { left, one }))
    }

    fn one_against_rest(&self, seen: &[usize], bins: &[Sums]) -> Best<Vec<usize>> {
        let mut best = self.best();
        for &bin in seen {
            let (left, right) = (bins[bin], self.leaf.sums - bins[bin]);
            if self.is_big_enough(left) && self.is_big_enough(right) {
                self.offer(&mut best, left, right, self.params.reg_lambda, 0, || vec![bin]);
            }
        }
        best
    }

    /// Cuts along the order of gradient over hessian, from either end: what is cut off goes left, and what is too rare to be told apart stays
    /// with the rest: what has fewer rows than `least`.
    fn along_the_order(&self, seen: Vec<usize>, bins: &[Sums], l2: f64, least: f64) -> Best<Vec<usize>> {
        let total = self.leaf.sums;
        let smooth = self.params.cat_smooth;
        let mean = total.gradient / total.hessian.max(MIN_HESSIAN);
        let key = |bin: usize| (bins[bin].gradient + smooth * mean) / (bins[bin].hessian + smooth).max(MIN_HESSIAN);
        let mut order: Vec<(f64, usize)> =
            seen.into_iter().filter(|&bin| f64::from(bins[bin].rows) >= least).map(|bin| (key(bin), bin)).collect();
        order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));

        let mut best = self.best();
        let longest = self.params.max_cat_threshold.min(order.len().div_ceil(2));
        for from_top in [false, true] {
            let at = |i: usize| if from_top { order[order.len() - 1 - i].1 } else { order[i].1 };
            let mut left = Sums::default();
            let mut since_last_cut = 0;
            for i in 0..longest {
                left += bins[at(i)];
                since_last_cut += bins[at(i)].rows as usize;
                if !self.is_big_enough(left) {
                    continue;
                }
                let right = total - left;
                if !self.is_big_enough(right) || (right.rows as usize) < self.params.min_data_per_group {
                    break;
                }
                if since_last_cut < self.params.min_data_per_group {
                    continue;
                }
                since_last_cut = 0;
                self.offer(&mut best, left, right, l2, 0, || (0..=i).map(at).collect());
            }
        }
        best
    }

    fn split<T>(&self, best: Best<T>, feature: usize, l2: f64, finish: impl FnOnce(T) -> (Option<bool>, Cut)) -> Option<Split> {
        let (missing_left, cut) = finish(best.what?);
        let Leaf { sums, parent_output, bounds } = self.leaf;
        let own = output(sums, self.params.reg_lambda, parent_output, bounds, self.params.path_smooth);
        let gain = best.gain - reduction(sums, self.params.reg_lambda, own);
        let Best { left, right, left_output, right_output, .. } = best;
        Some(Split { gain, feature, left, right, left_output, right_output, l2, missing_left, cut })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use linfa::ParamGuard;
    use proptest::prelude::*;

    use super::super::params::BoostingParams;
    use super::*;

    fn bins() -> impl Strategy<Value = Vec<Sums>> {
        let bin = (0_u32..30, -1.0..1.0, 0.01..0.25).prop_map(|(rows, gradient, hessian)| {
            let n = f64::from(rows);
            Sums { gradient: gradient * n, hessian: hessian * n, rows }
        });
        prop::collection::vec(bin, 2..9)
    }

    fn total(bins: &[Sums]) -> Sums {
        bins.iter().fold(Sums::default(), |total, &bin| total + bin)
    }

    fn free(bins: &[Sums]) -> Leaf {
        Leaf { sums: total(bins), parent_output: 0.0, bounds: Bounds::FREE }
    }

    /// Chen and Guestrin 2016, equation 7, without the half.
    fn gain(left: Sums, right: Sums, l2: f64, reg_lambda: f64) -> f64 {
        let score = |sums: Sums, l2: f64| sums.gradient * sums.gradient / (sums.hessian + l2);
        score(left, l2) + score(right, l2) - score(left + right, reg_lambda)
    }

    /// The best gain among all those that `sides` allows, each a bit set of the bins that go left.
    fn naive(bins: &[Sums], params: &BoostingValidParams, l2: f64, sides: impl Iterator<Item = u32>) -> Option<f64> {
        let side = |bits: u32, left: bool| {
            let chosen = bins.iter().enumerate().filter(|(bin, _)| (bits >> bin & 1 == 1) == left);
            chosen.fold(Sums::default(), |sums, (_, &bin)| sums + bin)
        };
        let is_big =
            |sums: Sums| sums.rows as usize >= params.min_child_samples && sums.hessian >= params.min_child_weight.max(MIN_HESSIAN);
        sides
            .map(|bits| (side(bits, true), side(bits, false)))
            .filter(|&(left, right)| is_big(left) && is_big(right))
            .map(|(left, right)| gain(left, right, l2, params.reg_lambda))
            .filter(|&gain| gain > params.min_split_gain)
            .max_by(f64::total_cmp)
    }

    fn same(found: Option<&Split>, expected: Option<f64>) -> bool {
        match (found, expected) {
            (Some(split), Some(gain)) => (split.gain - gain).abs() < 1e-9 * (1.0 + gain),
            (None, Some(gain)) => gain < 1e-9,
            (Some(split), None) => split.gain < 1e-9,
            (None, None) => true,
        }
    }

    fn settings() -> impl Strategy<Value = BoostingParams> {
        (1_usize..40, 0.0..3.0, 0.0..3.0, prop_oneof![Just(0.0), 0.0..2.0]).prop_map(|(samples, weight, lambda, gain)| {
            BoostingParams::new().min_child_samples(samples).min_child_weight(weight).reg_lambda(lambda).min_split_gain(gain)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn the_numeric_split_is_the_best_of_all_cuts_with_missing_values_on_either_side(bins in bins(), params in settings()) {
            let params = params.check().unwrap();
            let missing = bins.len() - 1;
            let cuts = (0..missing).flat_map(|bin| [(2_u32 << bin) - 1, ((2 << bin) - 1) | (1 << missing)]);
            let expected = naive(&bins, &params, params.reg_lambda, cuts);
            let found = Search { params: &params, leaf: free(&bins) }.numeric(0, &bins);
            prop_assert!(same(found.as_ref(), expected), "{found:?} {expected:?}");
            if let Some(split) = found {
                let Cut::Bin(last) = split.cut else { panic!("a cut between bins") };
                let mut left = total(&bins[..=last]);
                if split.missing_left == Some(true) {
                    left += bins[missing];
                }
                prop_assert_eq!(left.rows, split.left.rows);
                prop_assert!((left.gradient - split.left.gradient).abs() < 1e-9);
                prop_assert_eq!(split.missing_left.is_some(), bins[missing].rows > 0);
            }
        }

        #[test]
        fn without_smoothing_the_categorical_split_is_the_best_of_all_bipartitions(bins in bins(), lambda in 0.0..1e-9) {
            // Fisher's theorem is for sums without penalty, and sides of any size.
            let params = BoostingParams::new().reg_lambda(lambda).cat_smooth(0.0).cat_l2(0.0).min_data_per_group(1).max_cat_to_onehot(0);
            let params = params.min_child_samples(1).min_child_weight(0.0).check().unwrap();
            let expected = naive(&bins, &params, lambda, 0..1 << bins.len());
            let found = Search { params: &params, leaf: free(&bins) }.categorical(0, &bins);
            prop_assert!(same(found.as_ref(), expected), "{found:?} {expected:?}");
        }

        #[test]
        fn few_categories_are_tried_one_against_the_rest(bins in bins(), params in settings()) {
            let params = params.max_cat_to_onehot(9).check().unwrap();
            let expected = naive(&bins, &params, params.reg_lambda, (0..bins.len()).map(|bin| 1 << bin));
            let found = Search { params: &params, leaf: free(&bins) }.categorical(0, &bins);
            prop_assert!(same(found.as_ref(), expected), "{found:?} {expected:?}");
        }

        #[test]
        fn a_constrained_split_keeps_its_sides_in_order_and_in_bounds(bins in bins(), direction in -1_i8..=1, lower in -2.0..0.0, upper in 0.0..2.0, smooth in 0.0..20.0) {
            let params = BoostingParams::new().min_child_samples(1).monotone_constraints(vec![direction]).path_smooth(smooth).check().unwrap();
            let bounds = Bounds { lower, upper };
            let leaf = Leaf { bounds, ..free(&bins) };
            if let Some(split) = (Search { params: &params, leaf }).numeric(0, &bins) {
                prop_assert!(f64::from(direction) * (split.right_output - split.left_output) >= 0.0);
                let (left, right) = bounds.children(direction, split.left_output, split.right_output);
                prop_assert!(left.lower <= split.left_output && split.left_output <= left.upper);
                prop_assert!(right.lower <= split.right_output && split.right_output <= right.upper);
                prop_assert!(direction == 0 || left.upper <= right.lower || right.upper <= left.lower);
            }
        }
    }

    #[test]
    fn rare_categories_stay_with_the_rest() {
        let bin = |rows: u32, gradient: f64| Sums { gradient: gradient * f64::from(rows), hessian: 0.2 * f64::from(rows), rows };
        let bins = [bin(200, 0.3), bin(200, 0.2), bin(200, -0.3), bin(200, -0.2), bin(3, 9.0), bin(0, 0.0), bin(0, 0.0)];
        let params = BoostingParams::new().max_cat_to_onehot(4).check().unwrap();
        let split = Search { params: &params, leaf: free(&bins) }.categorical(0, &bins).unwrap();
        let Cut::Categories { left, one } = split.cut else { panic!("categories") };
        assert!(!one && !left.contains(&4), "{left:?}");
        assert_eq!(split.l2, params.reg_lambda + params.cat_l2);
        assert_eq!(split.missing_left, None);
    }
}
