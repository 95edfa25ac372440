//! The fitted trees.

use serde::{Deserialize, Serialize};

use super::block::{Lanes, Workspace};
use super::scorer::Scorer;
use crate::artifact::packed;
use crate::models::made::Made;
use crate::models::statistic::{PairStatistic, Statistic};

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
    /// Numeric columns derived from pairs of categorical features, which follow these. Columns are what nodes ask; what contributions tell apart are the parts of a
    /// row, its features and these pairs (see `walk`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) pairs: Vec<PairStatistic>,
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
    /// The same trees as they score fast.
    #[serde(skip)]
    pub(crate) made: Made<Option<Box<Scorer>>>,
}

/// Marks in [`BoostingModel::feature`] that missing values go left.
pub(crate) const DEFAULT_LEFT: u32 = 1 << 31;

impl BoostingModel {
    /// A model without trees.
    #[cfg(any(test, feature = "fit"))]
    pub(crate) fn empty(base: f64, codes: Vec<u32>) -> Self {
        Self {
            base,
            codes,
            statistics: Vec::new(),
            pairs: Vec::new(),
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
            made: Made::default(),
        }
    }

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

    /// The log-odds of the lead with feature vector `row`. Values that `row` lacks count as missing, and those beyond the features are ignored.
    ///
    /// Allocates nothing but in the first call for a model and in a thread's first call.
    #[must_use]
    pub fn log_odds(&self, row: &[f32]) -> f64 {
        match self.scorer() {
            Some(scorer) => scorer.log_odds(row),
            None => self.walked_log_odds(row),
        }
    }

    /// The log-odds of many leads, to the bit those that [`log_odds`](Self::log_odds) gives each, in a fraction of its time: one for each place of
    /// `out`. Feature vector `i` begins at `i * width` of `rows`; what it lacks, because it is shorter than the features or `rows` ends, counts as
    /// missing. Uses the calling thread alone.
    ///
    /// ```
    /// # use leadscore::models::boosting::BoostingModel;
    /// fn all(model: &BoostingModel, rows: &[f32]) -> Vec<f64> {
    ///     let mut log_odds = vec![0.0; rows.len() / model.n_features()];
    ///     model.log_odds_batch(rows, model.n_features(), &mut log_odds);
    ///     log_odds
    /// }
    /// ```
    pub fn log_odds_batch(&self, rows: &[f32], width: usize, out: &mut [f64]) {
        self.log_odds_read(out, |feature, first, values| {
            if feature < width {
                let start = first.saturating_mul(width).saturating_add(feature);
                let of_rows = rows.get(start..).unwrap_or(&[]).iter().step_by(width);
                values.iter_mut().zip(of_rows).for_each(|(value, &given)| *value = given);
            }
        });
    }

    /// The log-odds of as many rows as `out` has places. `read` writes the values of a feature, from a row on, over the NaN that it is handed.
    pub(crate) fn log_odds_read(&self, out: &mut [f64], read: impl Fn(usize, usize, &mut [f32])) {
        let n_features = self.n_features();
        if let Some(scorer) = self.scorer() {
            return scorer.log_odds_of_rows(n_features, out, &mut Workspace::new(scorer), Lanes::best(), read);
        }
        let mut row = Vec::new();
        for (i, out) in out.iter_mut().enumerate() {
            row.clear();
            row.resize(n_features, f32::NAN);
            (0..n_features).for_each(|feature| read(feature, i, &mut row[feature..=feature]));
            *out = self.walked_log_odds(&row);
        }
    }

    /// The log-odds of `row` by the plain walk: what every faster way must give to the bit.
    pub(crate) fn walked_log_odds(&self, row: &[f32]) -> f64 {
        (0..self.n_trees()).fold(self.base, |sum, tree| sum + self.tree_value(tree, row))
    }

    /// The trees as they score fast, made when first asked for; `None` when they cannot be made so.
    pub(super) fn scorer(&self) -> Option<&Scorer> {
        // A model that has grown since is walked.
        self.made.get_or_make(|| Scorer::new(self).map(Box::new)).as_deref().filter(|scorer| scorer.n_trees() == self.n_trees())
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

    /// The model of the first `n_trees` trees alone: what fitting one model with
    /// `n_estimators = n_trees` and the same learning rate would have given, unless the trees started from a regression.
    #[must_use]
    pub fn truncated(&self, n_trees: usize) -> Self {
        let Some(&end) = self.roots.get(n_trees) else { return self.clone() };
        let end = end as usize;
        let is_set = |node: &usize| self.left[*node] != 0 && self.column_codes(self.column(*node)) > 0;
        let n_leaves = (0..end).filter(|&node| self.left[node] == 0).count();
        let n_sets = (0..end).filter(is_set).count();
        let mut model = Self {
            base: self.base,
            codes: self.codes.clone(),
            statistics: self.statistics.clone(),
            pairs: self.pairs.clone(),
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
            made: Made::default(),
        };
        model.max_depth = model.depth();
        model
    }

    /// Per feature the summed gain of its splits, those on its statistics included and half of those on pairs, as shares of 1 (all 0 when no tree
    /// splits).
    #[must_use]
    pub fn importance(&self) -> Vec<f64> {
        let mut importance = vec![0.0; self.n_features()];
        for node in (0..self.left.len()).filter(|&node| self.left[node] != 0) {
            let sources = self.sources(self.part(self.column(node)));
            sources.iter().for_each(|&source| importance[source] += f64::from(self.gain[node]) / sources.len() as f64);
        }
        let total: f64 = importance.iter().sum();
        if total > 0.0 {
            importance.iter_mut().for_each(|gain| *gain /= total);
        }
        importance
    }

    /// Forgets the statistics of pairs that no node asks.
    #[cfg(feature = "fit")]
    pub(super) fn drop_unasked_pairs(&mut self) {
        if self.pairs.is_empty() {
            return;
        }
        let first = self.n_columns() - self.pairs.len();
        let pair_of = |feature: u32| ((feature & !DEFAULT_LEFT) as usize).checked_sub(first);
        let mut is_asked = vec![false; self.pairs.len()];
        self.feature.iter().filter_map(|&feature| pair_of(feature)).for_each(|pair| is_asked[pair] = true);
        let asked_before = |pair: usize| is_asked[..pair].iter().filter(|asked| **asked).count();
        for feature in &mut self.feature {
            if let Some(pair) = pair_of(*feature) {
                *feature = (first + asked_before(pair)) as u32 | (*feature & DEFAULT_LEFT);
            }
        }
        let mut asked = is_asked.iter();
        self.pairs.retain(|_| asked.next().is_some_and(|asked| *asked));
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
