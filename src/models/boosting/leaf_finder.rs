//! The leaf of a tree that each of many rows reaches, by bin codes.
//!
//! Trees of up to 64 leaves are asked node by node instead of row by row (QuickScorer, Lucchese et al. 2015; several rows at once, V-QuickScorer,
//! 2016): a row begins with a bit for every leaf, from left to right; each node that sends it right takes away the bits of the leaves on its
//! left; the leftmost bit that stays is the row's leaf. All reads are in sequence, nothing is predicted. Larger trees are walked.

use std::ops::{BitAnd, Range};

use super::codes::{CodeSet, Table};
use super::grow::Tree;

/// Rows that are asked together.
pub(crate) const CHUNK: usize = 256;

/// A grown tree in bin codes.
#[derive(Debug)]
pub(crate) struct LeafFinder {
    nodes: Vec<Node>,
    masks: Masks,
    /// The leaves from left to right, where there are masks.
    order: Vec<u16>,
    n_leaves: usize,
}

/// What each split leaves over.
#[derive(Debug)]
enum Masks {
    /// Of a tree of up to 32 leaves.
    Narrow(Vec<Mask<u32>>),
    /// Of a tree of up to 64 leaves.
    Wide(Vec<Mask<u64>>),
    /// Of a larger one.
    None,
}

#[derive(Debug)]
struct Node {
    feature: usize,
    goes_left: CodeSet,
    /// The left child, which the right one follows; 0 at a leaf.
    left: usize,
    /// The number of the leaf, in the order of nodes.
    leaf: u16,
}

/// A split, and the leaves that it leaves over to a row.
#[derive(Debug)]
struct Mask<L> {
    feature: usize,
    leaves: Leaves<L>,
}

/// A bit for each leaf that is left over.
#[derive(Debug)]
enum Leaves<L> {
    /// These for codes above `last`, without `spared`; all for the others.
    Above { last: u8, spared: u8, leaves: L },
    /// By the code. (A choice between two would be a branch that nobody can predict.)
    Of(Box<[L; 256]>),
}

impl LeafFinder {
    pub(crate) fn new(tree: &Tree) -> Self {
        let mut n_leaves = 0;
        let mut next_leaf = || {
            n_leaves += 1;
            (n_leaves - 1) as u16
        };
        let node = |node: &super::grow::TreeNode| match &node.question {
            Some(question) => Node { feature: question.feature, goes_left: question.goes_left, left: question.left, leaf: 0 },
            None => Node { feature: 0, goes_left: CodeSet::default(), left: 0, leaf: next_leaf() },
        };
        let nodes: Vec<Node> = tree.nodes.iter().map(node).collect();
        let (masks, order) = match n_leaves {
            0..=32 => with_order(tree, &nodes, Masks::Narrow),
            33..=64 => with_order(tree, &nodes, Masks::Wide),
            _ => (Masks::None, Vec::new()),
        };
        Self { nodes, masks, order, n_leaves }
    }

    /// How many leaves the tree has.
    pub(crate) fn n_leaves(&self) -> usize {
        self.n_leaves
    }

    /// Writes for each of at most [`CHUNK`] rows the number of its leaf, in the order of nodes.
    pub(crate) fn find(&self, table: &Table<'_>, rows: Range<usize>, out: &mut [u16]) {
        match &self.masks {
            Masks::Narrow(masks) => find(masks, &self.order, table, rows, out),
            Masks::Wide(masks) => find(masks, &self.order, table, rows, out),
            Masks::None => rows.zip(out).for_each(|(row, leaf)| *leaf = self.walk(table, row)),
        }
    }

    fn walk(&self, table: &Table<'_>, row: usize) -> u16 {
        let mut node = &self.nodes[0];
        while node.left != 0 {
            node = &self.nodes[node.left + usize::from(!node.goes_left.contains(table.column(node.feature)[row]))];
        }
        node.leaf
    }
}

/// What each split leaves over, and the leaves from left to right.
fn with_order<L: Bits>(tree: &Tree, nodes: &[Node], masks_of: fn(Vec<Mask<L>>) -> Masks) -> (Masks, Vec<u16>) {
    let mut order = Vec::new();
    let mut stack = vec![0];
    // Children come after their parents, so a pass from the end adds up the leaves below.
    let mut leaves_below = vec![1_u32; nodes.len()];
    for (i, node) in nodes.iter().enumerate().rev().filter(|(_, node)| node.left != 0) {
        leaves_below[i] = leaves_below[node.left] + leaves_below[node.left + 1];
    }
    let mut masks = Vec::new();
    while let Some(i) = stack.pop() {
        let node = &nodes[i];
        let Some(question) = &tree.nodes[i].question else {
            order.push(node.leaf);
            continue;
        };
        // The leaves on the left are the next ones.
        let taken = ((1_u64 << leaves_below[node.left]) - 1) << order.len();
        masks.push(Mask { feature: question.feature, leaves: Leaves::new(&node.goes_left, L::of(!taken)) });
        stack.push(node.left + 1);
        stack.push(node.left);
    }
    (masks_of(masks), order)
}

impl<L: Bits> Leaves<L> {
    /// What is left over to codes that go right is `right`.
    fn new(goes_left: &CodeSet, right: L) -> Self {
        // Codes up to one go left, and perhaps one more: numbers and their missing values.
        let last = (0..=255_u8).take_while(|&code| goes_left.contains(code)).last();
        if let Some(last) = last {
            let mut above = (last..=255).skip(1).filter(|&code| goes_left.contains(code));
            let spared = above.next();
            if above.next().is_none() {
                return Self::Above { last, spared: spared.unwrap_or(last), leaves: right };
            }
        }
        Self::Of(Box::new(std::array::from_fn(|code| if goes_left.contains(code as u8) { L::ALL } else { right })))
    }
}

/// A bit a leaf.
trait Bits: Copy + BitAnd<Output = Self> {
    const ALL: Self;
    fn of(bits: u64) -> Self;
    fn first(self) -> u32;
}

impl Bits for u32 {
    const ALL: Self = Self::MAX;
    fn of(bits: u64) -> Self {
        bits as Self
    }
    fn first(self) -> u32 {
        self.trailing_zeros()
    }
}

impl Bits for u64 {
    const ALL: Self = Self::MAX;
    fn of(bits: u64) -> Self {
        bits
    }
    fn first(self) -> u32 {
        self.trailing_zeros()
    }
}

#[cfg(target_arch = "x86_64")]
fn find<L: Bits>(masks: &[Mask<L>], order: &[u16], table: &Table<'_>, rows: Range<usize>, out: &mut [u16]) {
    #[target_feature(enable = "avx2")]
    fn wide<L: Bits>(masks: &[Mask<L>], order: &[u16], table: &Table<'_>, rows: Range<usize>, out: &mut [u16]) {
        find_each::<L>(masks, order, table, rows, out);
    }
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2, with which eight rows are asked at a time; bits are bits.
        unsafe { wide::<L>(masks, order, table, rows, out) }
    } else {
        find_each::<L>(masks, order, table, rows, out);
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn find<L: Bits>(masks: &[Mask<L>], order: &[u16], table: &Table<'_>, rows: Range<usize>, out: &mut [u16]) {
    find_each::<L>(masks, order, table, rows, out);
}

#[inline(always)]
fn find_each<L: Bits>(masks: &[Mask<L>], order: &[u16], table: &Table<'_>, rows: Range<usize>, out: &mut [u16]) {
    let mut left = [L::ALL; CHUNK];
    let left = &mut left[..out.len()];
    for mask in masks {
        let codes = &table.column(mask.feature)[rows.clone()];
        match &mask.leaves {
            &Leaves::Above { last, spared, leaves } => {
                for (left, &code) in left.iter_mut().zip(codes) {
                    let right = (code > last) & (code != spared);
                    *left = *left & if right { leaves } else { L::ALL };
                }
            }
            Leaves::Of(leaves) => {
                for (left, &code) in left.iter_mut().zip(codes) {
                    *left = *left & leaves[usize::from(code)];
                }
            }
        }
    }
    out.iter_mut().zip(left).for_each(|(out, left)| *out = order[left.first() as usize]);
}

#[cfg(test)]
mod tests {
    use super::super::bins::Column;
    use super::super::codes::Codes;
    use super::super::grow::{Question, Test, TreeNode};
    use super::*;

    /// A tree of `n_leaves` whose shape and questions are drawn from `seed`.
    fn tree(n_leaves: usize, mut seed: u64) -> Tree {
        let mut draw = |n: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % n
        };
        let mut nodes = vec![TreeNode { question: None }];
        while nodes.iter().filter(|node| node.question.is_none()).count() < n_leaves {
            let open: Vec<usize> = (0..nodes.len()).filter(|&i| nodes[i].question.is_none()).collect();
            let (node, left, kind, salt) = (open[draw(open.len())], nodes.len(), draw(4), draw(1000));
            let goes_left = CodeSet::of(256, |code| match kind {
                0 => code <= salt % 200,
                1 => code <= salt % 200 || code == 255,
                2 => (code * 7 + salt) % 5 < 2,
                _ => code > salt % 250,
            });
            nodes[node].question =
                Some(Question { feature: draw(10), left, missing_left: false, gain: 1.0, test: Test::Threshold(0.0), goes_left });
            nodes.extend([TreeNode { question: None }, TreeNode { question: None }]);
        }
        Tree { nodes, leaves: Vec::new() }
    }

    #[test]
    fn every_row_finds_the_leaf_that_it_walks_to() {
        let n = 1000;
        let columns: Vec<Column> = (0..10).map(|_| Column::numeric((0..254).map(|i| i as f32 + 0.5).collect())).collect();
        let value = |feature: usize, row: usize| ((row * 37 + feature * 101 + row * row * 13) % 260) as f32;
        let codes = Codes::encode(n, &columns, |feature, first, out| {
            let given = |i: usize| if value(feature, first + i) > 255.0 { f32::NAN } else { value(feature, first + i) };
            out.iter_mut().enumerate().for_each(|(i, out)| *out = given(i));
        });
        let none = Codes::default();
        let table = Table::new(&codes, &none);
        for (n_leaves, seed) in [(1, 1), (2, 2), (31, 3), (32, 4), (33, 5), (64, 6), (65, 7), (200, 8)] {
            let finder = LeafFinder::new(&tree(n_leaves, seed));
            assert_eq!(finder.n_leaves(), n_leaves);
            for first in (0..n).step_by(CHUNK) {
                let rows = first..n.min(first + CHUNK);
                let mut found = vec![0; rows.len()];
                finder.find(&table, rows.clone(), &mut found);
                rows.zip(found).for_each(|(row, leaf)| assert_eq!(leaf, finder.walk(&table, row)));
            }
        }
    }
}
