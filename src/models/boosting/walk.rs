//! One row through one tree.

use super::model::{BoostingModel, DEFAULT_LEFT};

/// What stands at a node.
pub(crate) enum Node {
    /// A leaf, by its number.
    Leaf(usize),
    /// A split: its feature and left child; the right child follows the left.
    Split {
        /// The feature that is asked.
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
            left => Node::Split { feature: (self.feature[node] & !DEFAULT_LEFT) as usize, left: left as usize },
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

    /// The threshold of a split of a number at `node`.
    pub(crate) fn threshold(&self, node: usize) -> f32 {
        f32::from_bits(self.payload[node])
    }

    /// Whether `value` goes left at the split `node` of `feature`.
    #[inline]
    pub(crate) fn goes_left(&self, node: usize, feature: usize, value: f32) -> bool {
        if value.is_nan() {
            return self.feature[node] & DEFAULT_LEFT != 0;
        }
        match self.codes[feature] {
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
                    node = left + usize::from(!self.goes_left(node, feature, value));
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
