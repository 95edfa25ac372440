//! One tree, leaf by leaf: the leaf whose best split gains most is split next (Shi 2007; LightGBM's leaf-wise growth).

use rayon::prelude::*;

use super::bins::{Column, Rule};
use super::error::BoostingError;
use super::histogram::{Gradient, Sums, fill, subtract};
use super::params::BoostingValidParams;
use super::split::{Bounds, Cut, Leaf, Search, Split, output};
use crate::observer::Observer;

/// Below so many table look-ups a histogram is done before other threads have woken up.
const PARALLEL_FROM: usize = 1 << 17;

/// A grown tree, before it joins the model.
#[derive(Debug)]
pub(crate) struct Tree {
    /// Root first; children after their parent, side by side.
    pub(crate) nodes: Vec<TreeNode>,
    /// Its leaves in the order of their nodes, and where the rows of each stand among the rows that grew the tree.
    pub(crate) leaves: Vec<TreeLeaf>,
}

/// A node of a grown tree.
#[derive(Debug)]
pub(crate) struct TreeNode {
    /// Sum of the weights of its rows.
    pub(crate) cover: f64,
    /// What it asks, if it is no leaf.
    pub(crate) question: Option<Question>,
}

/// What a node asks.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) feature: usize,
    /// The left child; the right one follows it.
    pub(crate) left: usize,
    pub(crate) missing_left: bool,
    pub(crate) gain: f64,
    pub(crate) test: Test,
}

/// How a value is tested.
#[derive(Debug)]
pub(crate) enum Test {
    /// Up to this value goes left.
    Threshold(f32),
    /// The categories of this bit set go left.
    Categories(Vec<u32>),
}

/// A leaf of a grown tree.
#[derive(Debug)]
pub(crate) struct TreeLeaf {
    pub(crate) begin: usize,
    pub(crate) end: usize,
    /// The Newton step, learning rate not included.
    pub(crate) output: f64,
}

/// What a tree is grown from. All but `columns` and `params` goes by row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ground<'a> {
    pub(crate) columns: &'a [Column],
    pub(crate) params: &'a BoostingValidParams,
    pub(crate) gradients: &'a [Gradient],
    pub(crate) probabilities: &'a [f64],
    pub(crate) won: &'a [bool],
    pub(crate) weights: &'a [f32],
}

/// Grows trees, keeping its buffers from one to the next.
#[derive(Debug)]
pub(crate) struct Grower {
    /// Where each feature's bins begin in a histogram, and where the last one's end.
    offsets: Vec<usize>,
    /// Histograms not in use.
    pool: Vec<Vec<Sums>>,
    gradients: Vec<Gradient>,
    right_rows: Vec<u32>,
}

/// A leaf that may still be split.
struct Growing {
    node: usize,
    begin: usize,
    end: usize,
    depth: usize,
    leaf: Leaf,
    l2: f64,
    histogram: Vec<Sums>,
    best: Option<Split>,
}

impl Grower {
    pub(crate) fn new(columns: &[Column]) -> Self {
        let mut offsets = vec![0];
        offsets.extend(columns.iter().scan(0, |end, column| {
            *end += column.n_bins;
            Some(*end)
        }));
        Self { offsets, pool: Vec::new(), gradients: Vec::new(), right_rows: Vec::new() }
    }

    /// Grows a tree on `rows`, which end up in the order of its leaves, using only `features`.
    pub(crate) fn grow(
        &mut self,
        ground: Ground<'_>,
        features: &[usize],
        rows: &mut [u32],
        observer: &dyn Observer,
    ) -> Result<Tree, BoostingError> {
        let mut sums = Sums::default();
        rows.iter().for_each(|&row| sums += ground.gradients[row as usize]);
        let mut nodes = vec![TreeNode { cover: cover(rows, ground.weights), question: None }];
        let leaf = Leaf { sums, parent_output: 0.0, bounds: Bounds::FREE };
        let mut root = Growing {
            node: 0,
            begin: 0,
            end: rows.len(),
            depth: 0,
            leaf,
            l2: ground.params.reg_lambda,
            histogram: self.take_histogram(),
            best: None,
        };
        if may_split(&root, ground.params) {
            self.search_root(ground, features, rows, &mut root);
        }
        let mut leaves = vec![root];
        while leaves.len() < ground.params.num_leaves {
            if observer.cancelled() {
                return Err(BoostingError::Cancelled);
            }
            let Some(next) = most_gain(&leaves) else { break };
            let mut parent = leaves.swap_remove(next);
            let Some(split) = parent.best.take() else { break };
            let is_last = leaves.len() + 2 == ground.params.num_leaves;
            let (left, right) = self.split(ground, features, rows, &mut nodes, parent, split, is_last);
            leaves.push(left);
            leaves.push(right);
        }
        leaves.sort_unstable_by_key(|leaf| leaf.node);
        let finish = |growing: &Growing| finished(growing, ground, &rows[growing.begin..growing.end]);
        let finished = leaves.iter().map(finish).collect();
        self.pool.extend(leaves.into_iter().map(|leaf| leaf.histogram).filter(|histogram| !histogram.is_empty()));
        Ok(Tree { nodes, leaves: finished })
    }

    fn take_histogram(&mut self) -> Vec<Sums> {
        let n_bins = self.offsets.last().copied().unwrap_or(0);
        self.pool.pop().unwrap_or_else(|| vec![Sums::default(); n_bins])
    }

    fn gather(&mut self, ground: Ground<'_>, rows: &[u32]) {
        self.gradients.clear();
        self.gradients.extend(rows.iter().map(|&row| ground.gradients[row as usize]));
    }

    fn search_root(&mut self, ground: Ground<'_>, features: &[usize], rows: &[u32], root: &mut Growing) {
        self.gather(ground, rows);
        let search = Search { params: ground.params, leaf: root.leaf };
        let slices = by_feature(&self.offsets, features, &mut root.histogram);
        let gradients = &self.gradients;
        let work = |(feature, bins): (usize, &mut [Sums])| {
            fill(&ground.columns[feature], rows, gradients, bins);
            search.best_split(feature, &ground.columns[feature], bins)
        };
        root.best = best_of(for_each_feature(slices, rows.len(), work));
    }

    /// Splits `parent` and looks for the best splits of its children. The histogram of the smaller child is summed, that of the larger is the
    /// difference to the parent's.
    fn split(
        &mut self,
        ground: Ground<'_>,
        features: &[usize],
        rows: &mut [u32],
        nodes: &mut Vec<TreeNode>,
        parent: Growing,
        split: Split,
        is_last: bool,
    ) -> (Growing, Growing) {
        let column = &ground.columns[split.feature];
        let goes_left = sides(column, &split);
        let middle = parent.begin + self.partition(column, &goes_left, &mut rows[parent.begin..parent.end]);
        let left_cover = cover(&rows[parent.begin..middle], ground.weights);
        let right_cover = cover(&rows[middle..parent.end], ground.weights);

        let first = nodes.len();
        nodes.push(TreeNode { cover: left_cover, question: None });
        nodes.push(TreeNode { cover: right_cover, question: None });
        let larger_left = left_cover >= right_cover;
        let parent_bins = &parent.histogram[self.offsets[split.feature]..self.offsets[split.feature + 1]];
        nodes[parent.node].question = Some(Question {
            feature: split.feature,
            left: first,
            missing_left: split.missing_left.unwrap_or(larger_left),
            gain: split.gain,
            test: test(column, &split.cut, parent_bins, larger_left),
        });

        let Growing { leaf, .. } = parent;
        let own = output(leaf.sums, parent.l2, leaf.parent_output, leaf.bounds, ground.params.path_smooth);
        let direction = ground.params.direction(split.feature);
        let (left_bounds, right_bounds) = leaf.bounds.children(direction, split.left_output, split.right_output);
        let child = |node, begin, end, sums, bounds| Growing {
            node,
            begin,
            end,
            depth: parent.depth + 1,
            leaf: Leaf { sums, parent_output: own, bounds },
            l2: split.l2,
            histogram: Vec::new(),
            best: None,
        };
        let mut left = child(first, parent.begin, middle, split.left, left_bounds);
        let mut right = child(first + 1, middle, parent.end, split.right, right_bounds);
        if is_last || !(may_split(&left, ground.params) || may_split(&right, ground.params)) {
            self.pool.push(parent.histogram);
        } else if middle - parent.begin <= parent.end - middle {
            self.search_children(ground, features, rows, parent.histogram, &mut left, &mut right);
        } else {
            self.search_children(ground, features, rows, parent.histogram, &mut right, &mut left);
        }
        (left, right)
    }

    fn search_children(
        &mut self,
        ground: Ground<'_>,
        features: &[usize],
        rows: &[u32],
        parent_histogram: Vec<Sums>,
        small: &mut Growing,
        large: &mut Growing,
    ) {
        let rows = &rows[small.begin..small.end];
        self.gather(ground, rows);
        small.histogram = self.take_histogram();
        large.histogram = parent_histogram;
        let search = |growing: &Growing| may_split(growing, ground.params).then_some(Search { params: ground.params, leaf: growing.leaf });
        let (search_small, search_large) = (search(small), search(large));
        let small_slices = by_feature(&self.offsets, features, &mut small.histogram);
        let large_slices = by_feature(&self.offsets, features, &mut large.histogram);
        let slices = small_slices.into_iter().zip(large_slices).map(|((feature, small), (_, large))| (feature, (small, large))).collect();
        let gradients = &self.gradients;
        let work = |(feature, (small, large)): (usize, (&mut [Sums], &mut [Sums]))| {
            let column = &ground.columns[feature];
            fill(column, rows, gradients, small);
            subtract(large, small);
            (
                search_small.and_then(|search| search.best_split(feature, column, small)),
                search_large.and_then(|search| search.best_split(feature, column, large)),
            )
        };
        let (best_small, best_large) = for_each_feature(slices, rows.len(), work).into_iter().unzip();
        small.best = best_of(best_small);
        large.best = best_of(best_large);
    }

    /// Brings the rows that go left to the front, keeping their order on both sides; returns how many those are.
    fn partition(&mut self, column: &Column, goes_left: &[bool], rows: &mut [u32]) -> usize {
        use super::bins::Codes;

        fn partition_codes<C: Copy + Into<usize>>(codes: &[C], goes_left: &[bool], rows: &mut [u32], right_rows: &mut Vec<u32>) -> usize {
            right_rows.clear();
            let mut n_left = 0;
            for i in 0..rows.len() {
                let row = rows[i];
                if goes_left[codes[row as usize].into()] {
                    rows[n_left] = row;
                    n_left += 1;
                } else {
                    right_rows.push(row);
                }
            }
            rows[n_left..].copy_from_slice(right_rows);
            n_left
        }
        match &column.codes {
            Codes::Narrow(codes) => partition_codes(codes, goes_left, rows, &mut self.right_rows),
            Codes::Wide(codes) => partition_codes(codes, goes_left, rows, &mut self.right_rows),
        }
    }
}

fn cover(rows: &[u32], weights: &[f32]) -> f64 {
    rows.iter().map(|&row| f64::from(weights[row as usize])).sum()
}

/// Whether the settings allow to split the leaf at all.
fn may_split(growing: &Growing, params: &BoostingValidParams) -> bool {
    params.max_depth.is_none_or(|max| growing.depth < max) && growing.end - growing.begin >= params.min_child_samples.saturating_mul(2)
}

/// The leaf to split next: the first of those made earliest that gain most.
fn most_gain(leaves: &[Growing]) -> Option<usize> {
    let mut most: Option<(f64, usize, usize)> = None;
    for (i, leaf) in leaves.iter().enumerate() {
        let Some(split) = &leaf.best else { continue };
        if most.is_none_or(|(gain, node, _)| split.gain > gain || (split.gain == gain && leaf.node < node)) {
            most = Some((split.gain, leaf.node, i));
        }
    }
    most.map(|(_, _, i)| i)
}

/// The split that gains most; among equals that of the first feature, whichever thread found it.
fn best_of(splits: Vec<Option<Split>>) -> Option<Split> {
    splits.into_iter().flatten().reduce(|best, split| if split.gain > best.gain { split } else { best })
}

/// The bins of each of `features` (rising) in a histogram.
fn by_feature<'h>(offsets: &[usize], features: &[usize], mut histogram: &'h mut [Sums]) -> Vec<(usize, &'h mut [Sums])> {
    let mut begin = 0;
    let mut slices = Vec::with_capacity(features.len());
    for &feature in features {
        let (_, rest) = histogram.split_at_mut(offsets[feature] - begin);
        let (bins, rest) = rest.split_at_mut(offsets[feature + 1] - offsets[feature]);
        slices.push((feature, bins));
        histogram = rest;
        begin = offsets[feature + 1];
    }
    slices
}

/// Works on the features, on all threads when there is enough to do. Each feature is one thread's, so the results do not depend on their
/// number.
fn for_each_feature<S: Send, R: Send>(slices: Vec<(usize, S)>, n_rows: usize, work: impl Fn((usize, S)) -> R + Send + Sync) -> Vec<R> {
    if n_rows * slices.len() < PARALLEL_FROM { slices.into_iter().map(work).collect() } else { slices.into_par_iter().map(work).collect() }
}

/// For each bin of the column, whether it goes left.
fn sides(column: &Column, split: &Split) -> Vec<bool> {
    let mut goes_left = match &split.cut {
        Cut::Bin(last) => (0..column.n_bins).map(|bin| bin <= *last).collect(),
        Cut::Categories { left, .. } => {
            let mut goes_left = vec![false; column.n_bins];
            left.iter().for_each(|&bin| goes_left[bin] = true);
            goes_left
        }
    };
    goes_left[column.missing()] = split.missing_left.unwrap_or(false);
    goes_left
}

/// The cut as the model will test it. Categories that the node did not see go with the larger side, or with the rest.
fn test(column: &Column, cut: &Cut, bins: &[Sums], larger_left: bool) -> Test {
    match (cut, &column.rule) {
        // Above the last threshold there is one more bin: all values left, the missing ones right.
        (Cut::Bin(bin), Rule::Numeric { thresholds }) => Test::Threshold(thresholds.get(*bin).copied().unwrap_or(f32::MAX)),
        (Cut::Bin(_), Rule::Categorical) => Test::Threshold(f32::MAX),
        (Cut::Categories { left, one }, _) => {
            let n_codes = column.missing();
            let mut words = vec![0_u32; n_codes.div_ceil(32)];
            let unseen_left = larger_left && !one;
            for code in 0..n_codes {
                if left.contains(&code) || (unseen_left && bins[code].rows == 0) {
                    words[code / 32] |= 1 << (code % 32);
                }
            }
            Test::Categories(words)
        }
    }
}

/// The leaf with its exact value: summed in double precision over its rows.
fn finished(growing: &Growing, ground: Ground<'_>, rows: &[u32]) -> TreeLeaf {
    let mut sums = Sums { rows: rows.len() as u32, ..Sums::default() };
    for &row in rows {
        let row = row as usize;
        let (weight, p) = (f64::from(ground.weights[row]), ground.probabilities[row]);
        sums.gradient += weight * (p - f64::from(u8::from(ground.won[row])));
        sums.hessian += weight * p * (1.0 - p);
    }
    let Leaf { parent_output, bounds, .. } = growing.leaf;
    let output = output(sums, growing.l2, parent_output, bounds, ground.params.path_smooth);
    TreeLeaf { begin: growing.begin, end: growing.end, output }
}
