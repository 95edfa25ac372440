//! One row through one tree.

use super::model::{BoostingModel, DEFAULT_LEFT};

/// What stands at a node.
pub(crate) enum Node {
    /// A leaf, by its number.
    Leaf(usize),
    /// A split: its feature and left child; the right child follows the left.
    Split {
        /// The feature that is asked, by itself or through a statistic of it.
        feature: usize,
        /// The left child.
        left: usize,
    },
}

impl BoostingModel {
    /// What stands at `node`.
    pub(crate) fn node(&self, node: usize) -> Node {
        match self.left[node] {
            0 => Node::Leaf(self.payload[node] as usize),
            left => Node::Split { feature: self.source(self.column(node)), left: left as usize },
        }
    }

    /// The root of tree `tree`.
    pub(crate) fn root(&self, tree: usize) -> usize {
        self.roots[tree] as usize
    }

    /// The sum of the training weights that reached `node`.
    pub(crate) fn cover(&self, node: usize) -> f64 {
        f64::from(self.cover[node])
    }

    /// The log-odds that leaf number `leaf` adds.
    pub(crate) fn leaf_value(&self, leaf: usize) -> f64 {
        self.leaves[leaf]
    }

    /// The column that the split `node` asks: a feature, or from `n_features` on a statistic.
    pub(crate) fn column(&self, node: usize) -> usize {
        (self.feature[node] & !DEFAULT_LEFT) as usize
    }

    /// The feature of which `column` is made.
    pub(crate) fn source(&self, column: usize) -> usize {
        match column.checked_sub(self.n_features()) {
            None => column,
            Some(statistic) => self.statistics[statistic].feature as usize,
        }
    }

    /// How many codes `column` has, 0 when it is numeric as statistics are.
    pub(crate) fn column_codes(&self, column: usize) -> u32 {
        self.codes.get(column).copied().unwrap_or(0)
    }

    /// Whether `value`, that of the feature which the split `node` asks, goes left.
    #[inline]
    pub(crate) fn goes_left(&self, node: usize, value: f32) -> bool {
        let column = self.column(node);
        if let Some(statistic) = column.checked_sub(self.n_features()) {
            return self.statistics[statistic].of(value) <= f32::from_bits(self.payload[node]);
        }
        if value.is_nan() {
            return self.feature[node] & DEFAULT_LEFT != 0;
        }
        match self.codes[column] {
            0 => value <= f32::from_bits(self.payload[node]),
            codes => {
                let code = category(value, codes);
                let word = self.set_starts[self.payload[node] as usize] + code / 32;
                self.set_words[word as usize] >> (code % 32) & 1 == 1
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
                Node::Split { feature, left } => {
                    let value = row.get(feature).copied().unwrap_or(f32::NAN);
                    node = left + usize::from(!self.goes_left(node, value));
                }
            }
        }
    }
}

/// The category of `value` among `codes` codes, the last of which stands for anything unknown.
#[inline]
fn category(value: f32, codes: u32) -> u32 {
    let code = value as u32;
    if code < codes && code as f32 == value { code } else { codes - 1 }
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
