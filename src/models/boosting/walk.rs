//! One row through one tree.

use std::ops::Range;

use super::model::{BoostingModel, DEFAULT_LEFT};
use crate::models::statistic::place;

/// What stands at a node.
pub(crate) enum Node {
    /// A leaf, by its number.
    Leaf(usize),
    /// A split: what it asks and its left child; the right child follows the left.
    Split {
        /// The part of the row that is asked; see [`BoostingModel::part`].
        part: usize,
        /// The left child.
        left: usize,
    },
}

impl BoostingModel {
    /// What stands at `node`.
    pub(crate) fn node(&self, node: usize) -> Node {
        match self.left[node] {
            0 => Node::Leaf(self.payload[node] as usize),
            left => Node::Split { part: self.part(self.column(node)), left: left as usize },
        }
    }

    /// The root of tree `tree`.
    pub(crate) fn root(&self, tree: usize) -> usize {
        self.roots[tree] as usize
    }

    /// The nodes of tree `tree`, from its root on.
    pub(crate) fn nodes_of(&self, tree: usize) -> Range<usize> {
        self.root(tree)..self.roots.get(tree + 1).map_or(self.left.len(), |&next| next as usize)
    }

    /// The sum of the training weights that reached `node`.
    pub(crate) fn cover(&self, node: usize) -> f64 {
        f64::from(self.cover[node])
    }

    /// The log-odds that leaf number `leaf` adds.
    pub(crate) fn leaf_value(&self, leaf: usize) -> f64 {
        self.leaves[leaf]
    }

    /// The column that the split `node` asks: a feature, from `n_features` on a statistic, and after these the statistic of a pair.
    pub(crate) fn column(&self, node: usize) -> usize {
        (self.feature[node] & !DEFAULT_LEFT) as usize
    }

    /// The part of a row that `column` is made of, as contributions tell parts apart: a feature, or from `n_features` on a pair of features.
    pub(crate) fn part(&self, column: usize) -> usize {
        let Some(statistic) = column.checked_sub(self.n_features()) else { return column };
        match self.statistics.get(statistic) {
            Some(statistic) => statistic.feature as usize,
            None => column - self.statistics.len(),
        }
    }

    /// How many parts a row has.
    pub(crate) fn n_parts(&self) -> usize {
        self.n_features() + self.pairs.len()
    }

    /// The two features of each pair.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = [usize; 2]> + '_ {
        self.pairs.iter().map(|pair| pair.features.map(|feature| feature as usize))
    }

    /// How many columns nodes may ask; see [`column`](Self::column).
    pub(crate) fn n_columns(&self) -> usize {
        self.n_features() + self.statistics.len() + self.pairs.len()
    }

    /// The features of which `part` is made, one or two.
    pub(crate) fn sources(&self, part: usize) -> Vec<usize> {
        match part.checked_sub(self.n_features()) {
            None => vec![part],
            Some(pair) => self.pairs[pair].features.map(|feature| feature as usize).to_vec(),
        }
    }

    /// How many codes `column` has, 0 when it is numeric as statistics are.
    pub(crate) fn column_codes(&self, column: usize) -> u32 {
        self.codes.get(column).copied().unwrap_or(0)
    }

    /// Whether `row` goes left at the split `node`. What it lacks counts as missing.
    #[inline]
    pub(crate) fn goes_left(&self, node: usize, row: &[f32]) -> bool {
        let value = |feature: usize| row.get(feature).copied().unwrap_or(f32::NAN);
        let column = self.column(node);
        let Some(derived) = column.checked_sub(self.n_features()) else { return self.sends_left(node, value(column)) };
        let derived = match self.statistics.get(derived) {
            Some(statistic) => statistic.of(value(statistic.feature as usize)),
            None => {
                let pair = &self.pairs[derived - self.statistics.len()];
                let features = pair.features.map(|feature| feature as usize);
                pair.of(features.map(value), features.map(|feature| self.codes[feature]))
            }
        };
        derived <= f32::from_bits(self.payload[node])
    }

    /// Whether the split `node`, which asks a feature by itself, sends `value` left.
    #[inline]
    pub(crate) fn sends_left(&self, node: usize, value: f32) -> bool {
        if value.is_nan() {
            return self.feature[node] & DEFAULT_LEFT != 0;
        }
        match self.codes[self.column(node)] {
            0 => value <= f32::from_bits(self.payload[node]),
            codes => {
                let code = place(value, codes);
                let word = self.set_starts[self.payload[node] as usize] as usize + code / 32;
                self.set_words[word] >> (code % 32) & 1 == 1
            }
        }
    }

    /// The number of the leaf that `row` reaches in tree `tree`.
    #[inline]
    pub(crate) fn leaf(&self, tree: usize, row: &[f32]) -> usize {
        let mut node = self.roots[tree] as usize;
        loop {
            match self.node(node) {
                Node::Leaf(leaf) => return leaf,
                Node::Split { left, .. } => node = left + usize::from(!self.goes_left(node, row)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::{BoostingModel, DEFAULT_LEFT};
    use super::super::random_trees;
    use crate::models::statistic::Statistic;

    /// One split on a statistic of a feature of three codes: 0.1, 0.2, 0.3, and 0.4 when missing.
    fn stump(threshold: f32) -> BoostingModel {
        let mut model = BoostingModel::empty(0.0, vec![0, 3]);
        model.statistics.push(Statistic { feature: 1, values: vec![0.1, 0.2, 0.3, 0.4] });
        model.roots = vec![0];
        model.max_depth = 1;
        model.left = vec![1, 0, 0];
        model.feature = vec![2 | DEFAULT_LEFT, 0, 0];
        model.payload = vec![threshold.to_bits(), 0, 1];
        model.cover = vec![2.0, 1.0, 1.0];
        model.gain = vec![1.0, 0.0, 0.0];
        model.leaves = vec![-1.0, 1.0];
        model
    }

    #[test]
    fn a_node_on_a_statistic_asks_the_number_of_the_category() {
        let model = stump(0.2);
        model.validate_trees().unwrap();
        let answers = [0.0, 1.0, 2.0, f32::NAN, 7.0, 0.5, -1.0].map(|code| model.log_odds(&[9.0, code]));
        // A missing value has a number of its own, whatever the node says of missing values; a code that is none is the last one.
        assert_eq!(answers, [-1.0, -1.0, 1.0, 1.0, 1.0, 1.0, 1.0]);
        assert_eq!(stump(0.4).log_odds(&[]), -1.0);
        assert_eq!(model.importance(), [0.0, 1.0]);
    }

    #[test]
    fn statistics_and_nodes_that_ask_what_is_not_there_are_refused() {
        let refused = |change: &dyn Fn(&mut BoostingModel)| {
            let mut model = stump(0.2);
            change(&mut model);
            model.validate_trees().unwrap_err()
        };
        assert!(refused(&|m| m.statistics[0].feature = 2).contains("a statistic of feature 2, of 2 features"));
        assert!(refused(&|m| m.statistics[0].feature = 0).contains("a statistic of feature 0 has 4 values for 0 codes"));
        assert!(refused(&|m| m.statistics[0].values.truncate(3)).contains("3 values for 3 codes"));
        assert!(refused(&|m| m.statistics[0].values[3] = f32::NAN).contains("not finite"));
        assert!(refused(&|m| m.feature[0] = 3).contains("feature that does not exist"));
        assert!(refused(&|m| m.payload[0] = f32::NAN.to_bits()).contains("threshold is not finite"));
    }

    #[test]
    fn sampled_trees_satisfy_what_a_file_must() {
        for seed in 0..20 {
            let model = random_trees::model(seed, &[0, 40, 1, 0], &[31, 1, 2, 300]);
            model.validate_trees().unwrap();
            let fewer = model.truncated(2);
            fewer.validate_trees().unwrap();
            assert_eq!(fewer.n_leaves(), 32);
        }
    }
}
