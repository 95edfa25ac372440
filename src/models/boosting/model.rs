//! The fitted trees.

use serde::{Deserialize, Serialize};

use crate::artifact::packed;
use crate::models::statistic::Statistic;

/// A sum of trees on a base of log-odds.
///
/// A row goes left at a numeric node when `value <= threshold`, both `f32`; at a categorical node when its category is in the node's set.
/// A missing value (NaN) goes the way that lowered the loss in training; where training saw none at that node, it goes with the larger part
/// of the training weight. So do categories that training did not see at a node, except where the split sets one category apart: there they go
/// with the rest. A code that is no whole number of `0..=n_levels` counts as `n_levels`, "any other category".
///
/// All trees lie one after the other in common arrays, one entry a node; the two children of a node are neighbours and come after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BoostingModel {
    /// Log-odds before the first tree: those of the (weighted) share of won leads in training.
    pub(crate) base: f64,
    /// Per feature: 0 when numeric, else how many codes it has, "any other category" included.
    #[serde(with = "packed::u32s")]
    pub(crate) codes: Vec<u32>,
    /// Numeric columns derived from categorical features. Nodes ask them as features that follow the given ones.
    #[serde(default)]
    pub(crate) statistics: Vec<Statistic>,
    /// Where each tree begins among the nodes.
    #[serde(with = "packed::u32s")]
    pub(crate) roots: Vec<u32>,
    /// The longest way from a root to a leaf, in edges.
    pub(crate) max_depth: u32,
    /// Per node: the left child (the right one follows it), or 0 at a leaf.
    #[serde(with = "packed::u32s")]
    pub(crate) left: Vec<u32>,
    /// Per node: the feature it asks, with [`DEFAULT_LEFT`] added when missing values go left; 0 at a leaf.
    #[serde(with = "packed::u32s")]
    pub(crate) feature: Vec<u32>,
    /// Per node: the bits of the `f32` threshold, or the number of its category set, or the number of its leaf.
    #[serde(with = "packed::u32s")]
    pub(crate) payload: Vec<u32>,
    /// Per node: the sum of the training weights that reached it.
    #[serde(with = "packed::f32s")]
    pub(crate) cover: Vec<f32>,
    /// Per node: the share of the training weight whose value of the feature that its parent asks meets all conditions set on that feature on
    /// the way down to the node, in 0..=1; 1 at a root. Empty in a model of format 1, whose shares are products of shares of cover.
    #[serde(default, with = "packed::f32s")]
    pub(crate) share: Vec<f32>,
    /// Per node: by how much its split lowered twice the training loss; 0 at a leaf.
    #[serde(with = "packed::f32s")]
    pub(crate) gain: Vec<f32>,
    /// Per leaf: the log-odds it adds, learning rate included.
    #[serde(with = "packed::f64s")]
    pub(crate) leaves: Vec<f64>,
    /// Where each category set begins among the words, and where the last one ends.
    #[serde(with = "packed::u32s")]
    pub(crate) set_starts: Vec<u32>,
    /// The category sets: bit `code % 32` of word `code / 32` is set when the category goes left.
    #[serde(with = "packed::u32s")]
    pub(crate) set_words: Vec<u32>,
}

/// Marks in [`BoostingModel::feature`] that missing values go left.
pub(crate) const DEFAULT_LEFT: u32 = 1 << 31;

impl BoostingModel {
    /// How many features a row has.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.codes.len()
    }

    /// How many trees are summed.
    #[must_use]
    pub fn n_trees(&self) -> usize {
        self.roots.len()
    }

    /// How many leaves all trees have together.
    #[must_use]
    pub fn n_leaves(&self) -> usize {
        self.leaves.len()
    }

    /// Log-odds before the first tree.
    #[must_use]
    pub fn base(&self) -> f64 {
        self.base
    }

    /// The log-odds of the lead with feature vector `row`. Values that `row` lacks count as missing.
    #[must_use]
    pub fn log_odds(&self, row: &[f32]) -> f64 {
        (0..self.n_trees()).fold(self.base, |sum, tree| sum + self.tree_value(tree, row))
    }

    /// The log-odds after each tree in turn: `n_trees` values, the last of which is [`log_odds`](Self::log_odds).
    pub fn staged_log_odds<'a>(&'a self, row: &'a [f32]) -> impl Iterator<Item = f64> + 'a {
        (0..self.n_trees()).scan(self.base, move |sum, tree| {
            *sum += self.tree_value(tree, row);
            Some(*sum)
        })
    }

    /// What tree `tree` adds to the log-odds of `row`.
    pub(crate) fn tree_value(&self, tree: usize, row: &[f32]) -> f64 {
        self.leaves[self.leaf(tree, row)]
    }

    /// The model of the first `n_trees` trees alone: what fitting with `n_estimators = n_trees` would have given.
    #[must_use]
    pub fn truncated(&self, n_trees: usize) -> Self {
        let Some(&end) = self.roots.get(n_trees) else { return self.clone() };
        let end = end as usize;
        let is_set = |node: &usize| self.left[*node] != 0 && self.codes[(self.feature[*node] & !DEFAULT_LEFT) as usize] > 0;
        let n_leaves = (0..end).filter(|&node| self.left[node] == 0).count();
        let n_sets = (0..end).filter(is_set).count();
        let mut model = Self {
            base: self.base,
            codes: self.codes.clone(),
            statistics: self.statistics.clone(),
            roots: self.roots[..n_trees].to_vec(),
            max_depth: 0,
            left: self.left[..end].to_vec(),
            feature: self.feature[..end].to_vec(),
            payload: self.payload[..end].to_vec(),
            cover: self.cover[..end].to_vec(),
            share: self.share[..end.min(self.share.len())].to_vec(),
            gain: self.gain[..end].to_vec(),
            leaves: self.leaves[..n_leaves].to_vec(),
            set_starts: self.set_starts[..=n_sets].to_vec(),
            set_words: self.set_words[..self.set_starts[n_sets] as usize].to_vec(),
        };
        model.max_depth = model.depth();
        model
    }

    /// Per feature the summed gain of its splits, as shares of 1 (all 0 when no tree splits).
    #[must_use]
    pub fn importance(&self) -> Vec<f64> {
        let mut importance = vec![0.0; self.n_features()];
        for node in (0..self.left.len()).filter(|&node| self.left[node] != 0) {
            importance[(self.feature[node] & !DEFAULT_LEFT) as usize] += f64::from(self.gain[node]);
        }
        let total: f64 = importance.iter().sum();
        if total > 0.0 {
            importance.iter_mut().for_each(|gain| *gain /= total);
        }
        importance
    }

    /// The longest way from a root to a leaf. Children come after their parent, so one pass does.
    pub(crate) fn depth(&self) -> u32 {
        let mut depth = vec![0_u32; self.left.len()];
        let mut deepest = 0;
        for node in 0..self.left.len() {
            let left = self.left[node] as usize;
            if left != 0 {
                depth[left] = depth[node] + 1;
                depth[left + 1] = depth[node] + 1;
            }
            deepest = deepest.max(depth[node]);
        }
        deepest
    }
}
