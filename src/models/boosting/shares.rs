//! How likely each step of a way through a tree is, the features being independent of each other: what contributions are made of.
//!
//! A way from a root to a leaf sets conditions on the features that its nodes ask. The share of a step is the weighted part of the training
//! rows whose value of the feature meets all conditions that the way, down to and including that step, sets on this one feature, whatever the
//! rows' other features are. A node that asks a statistic sets a condition on the categories that the statistic is made of. The statistic of a
//! pair of features is a part of the row beside its features, whose value is the statistic.

use super::model::BoostingModel;
#[cfg(feature = "fit")]
use super::model::DEFAULT_LEFT;

/// What training saw of one feature, or of the statistic of a pair of features, apart from all others.
#[cfg(feature = "fit")]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Marginal<'a> {
    /// Of a numeric feature or a pair, rising: the thresholds at which trees may have split it. Of a categorical one, nothing.
    pub(crate) thresholds: &'a [f32],
    /// Sums of training weights. Numeric or a pair: entry `b` of values above `thresholds[b - 1]` and up to `thresholds[b]`. Categorical: entry `b` of
    /// code `b`, "any other category" included. The last entry is that of missing values.
    pub(crate) weights: Vec<f64>,
}

/// The ways of all trees, as far as they do not depend on a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ways {
    /// Per node, in its tree (the root being 0): the nearest step above that asked the same part of a row as the step to this node; 0 when none did.
    pub(crate) earlier: Vec<u32>,
    /// Per tree, the most parts of a row that a way asks.
    pub(crate) parts: Vec<u32>,
}

impl BoostingModel {
    /// The ways of all trees, found in one pass over the nodes.
    pub(crate) fn ways(&self) -> Ways {
        let mut ways = Ways { earlier: vec![0; self.left.len()], parts: vec![0; self.roots.len()] };
        let mut newest = vec![0_u32; self.n_parts()];
        let mut open = Vec::new();
        for tree in 0..self.roots.len() {
            let root = self.roots[tree];
            let (mut n_asked, mut most) = (0_u32, 0);
            open.push(Visit::Below(root));
            while let Some(visit) = open.pop() {
                match visit {
                    Visit::Below(node) => {
                        let left = self.left[node as usize];
                        if left != 0 {
                            let part = self.part(self.column(node as usize));
                            open.extend([Visit::Step(left, part), Visit::Step(left + 1, part)]);
                        }
                    }
                    Visit::Step(node, part) => {
                        let Some(newest) = newest.get_mut(part) else { continue };
                        ways.earlier[node as usize] = *newest;
                        n_asked += u32::from(*newest == 0);
                        most = most.max(n_asked);
                        open.extend([Visit::Back(part, *newest), Visit::Below(node)]);
                        *newest = node - root;
                    }
                    Visit::Back(part, before) => {
                        newest[part] = before;
                        n_asked -= u32::from(before == 0);
                    }
                }
            }
            ways.parts[tree] = most;
        }
        ways
    }
}

/// What is left to do of a pass over a tree.
enum Visit {
    /// Look below a node.
    Below(u32),
    /// Step to a node from a parent that asks a part of a row.
    Step(u32, usize),
    /// Step back, and remember again which step was the part's newest.
    Back(usize, u32),
}

#[cfg(feature = "fit")]
impl BoostingModel {
    /// The share of each node's step, from the marginal of each part of a row: 1 at the roots.
    pub(crate) fn shares(&self, marginals: &[Marginal<'_>]) -> Vec<f32> {
        use rayon::prelude::*;

        let ways = self.ways();
        let total: Vec<f64> = marginals.iter().map(|marginal| marginal.weights.iter().sum()).collect();
        let weighing =
            |marginal: &Marginal<'_>| (0..marginal.weights.len() as u32).filter(|&bin| marginal.weights[bin as usize] > 0.0).collect();
        let all: Vec<Vec<u32>> = marginals.iter().map(weighing).collect();
        let tree = |tree: usize| {
            let nodes = self.nodes_of(tree);
            let root = nodes.start;
            let mut shares = vec![1.0; nodes.len()];
            // Per node, the bins of the asked part that meet all conditions of the way.
            let mut bins: Vec<Vec<u32>> = vec![Vec::new(); nodes.len()];
            for node in nodes.filter(|&node| self.left[node] != 0) {
                let asked = self.column(node);
                let part = self.part(asked);
                let left = self.left[node] as usize;
                let marginal = &marginals[part];
                let before = match ways.earlier[left] as usize {
                    0 => &all[part],
                    earlier => &bins[earlier],
                };
                let goes_left = self.bins_to_the_left(node, asked, marginal);
                let sides: (Vec<u32>, Vec<u32>) = before.iter().partition(|&&bin| goes_left(bin as usize));
                for (child, side) in [(left, sides.0), (left + 1, sides.1)] {
                    let weight: f64 = side.iter().map(|&bin| marginal.weights[bin as usize]).sum();
                    shares[child - root] = (weight / total[part]) as f32;
                    bins[child - root] = side;
                }
            }
            shares
        };
        let trees: Vec<Vec<f32>> = (0..self.n_trees()).into_par_iter().map(tree).collect();
        trees.concat()
    }

    /// Whether each bin of the part of a row behind the column `asked` goes left at `node`.
    fn bins_to_the_left<'a>(&'a self, node: usize, asked: usize, marginal: &'a Marginal<'_>) -> Box<dyn Fn(usize) -> bool + 'a> {
        let missing = marginal.weights.len() - 1;
        let missing_left = self.feature[node] & DEFAULT_LEFT != 0;
        let payload = self.payload[node];
        if let Some(statistic) = asked.checked_sub(self.codes.len()).and_then(|derived| self.statistics.get(derived)) {
            let threshold = f32::from_bits(payload);
            return Box::new(move |bin| statistic.values[bin] <= threshold);
        }
        if self.column_codes(asked) > 0 {
            let words = &self.set_words[self.set_starts[payload as usize] as usize..];
            return Box::new(move |bin| if bin == missing { missing_left } else { words[bin / 32] >> (bin % 32) & 1 == 1 });
        }
        let threshold = f32::from_bits(payload);
        // Above the last threshold there is one more bin: only a split of all values from the missing ones sends it left.
        let n_left = match marginal.thresholds.partition_point(|edge| *edge <= threshold) {
            n if n == marginal.thresholds.len() && threshold == f32::MAX => n + 1,
            n => n,
        };
        Box::new(move |bin| if bin == missing { missing_left } else { bin < n_left })
    }
}
