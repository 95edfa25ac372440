//! The trees in the form in which rows go through them fast, made once from the fitted ones.
//!
//! Every value becomes an integer *key* of the same order before any tree sees it, so that a node is one integer comparison: right when
//! `key > node.key`. Missing values become the least or the greatest key, by the side that a node wants them on; a statistic becomes the key of
//! its number; a category becomes one bit per node that asks for a set of it, all bits of a category side by side in a table.
//!
//! `one_row` looks small trees up and walks larger ones ten at a time; `block` takes 64 rows through a tree at once. Both give the bits of the plain walk, which is their oracle.

use std::ops::Range;

use super::model::{BoostingModel, DEFAULT_LEFT};
use super::one_row::{MAX_KEYS, OneRow};
use crate::models::statistic::{PairStatistic, place};

/// A leaf's number within its tree must fit a byte where rows go in blocks.
pub(super) const MAX_BLOCK_LEAVES: usize = 256;

/// The trees as they score.
#[derive(Debug)]
pub(crate) struct Scorer {
    pub(super) base: f64,
    pub(super) inputs: Vec<Input>,
    pub(super) pairs: Vec<PairInput>,
    /// How many keys of numbers a row has; the bits of sets follow them, one key each.
    pub(super) n_numbers: usize,
    /// How many keys a row has in all.
    pub(super) n_keys: usize,
    pub(super) one_row: OneRow,
    /// `None` when a tree has more than [`MAX_BLOCK_LEAVES`] leaves.
    pub(super) blocks: Option<Blocks>,
    /// The values of the leaves, tree by tree, and [`MAX_BLOCK_LEAVES`] zeros.
    pub(super) leaves: Vec<f64>,
    n_trees: usize,
}

/// A feature that nodes ask, and the keys that are made of its value.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) feature: usize,
    /// Where its key goes when a missing value goes left, and where when it goes right.
    pub(super) numbers: [Option<u16>; 2],
    /// How many codes it has, 0 when it is numeric.
    pub(super) codes: u32,
    /// Where the key of a statistic goes, and the keys by code; the last is that of missing values.
    pub(super) statistics: Vec<(u16, Vec<i32>)>,
    pub(super) sets: Option<Sets>,
}

/// Two features that nodes ask together, and the key that is made of the pair of their categories.
#[derive(Debug)]
pub(super) struct PairInput {
    pub(super) features: [usize; 2],
    codes: [u32; 2],
    /// Where the key goes.
    pub(super) at: u16,
    /// The first categories that there are, rising, and where the pairs of each begin; one more for where those of the last end.
    firsts: Vec<u32>,
    starts: Vec<u32>,
    /// The second category of each pair, and its key; one more key is that of all other pairs.
    seconds: Vec<u32>,
    keys: Vec<i32>,
}

impl PairInput {
    fn new(statistic: &PairStatistic, codes: [u32; 2], at: u16) -> Self {
        let first = |pair: &u64| (pair >> 32) as u32;
        let (mut firsts, mut starts) = (Vec::new(), vec![0]);
        for of_first in statistic.pairs.chunk_by(|a, b| first(a) == first(b)) {
            firsts.push(first(&of_first[0]));
            starts.push(starts[starts.len() - 1] + of_first.len() as u32);
        }
        Self {
            features: statistic.features.map(|feature| feature as usize),
            codes,
            at,
            firsts,
            starts,
            seconds: statistic.pairs.iter().map(|pair| *pair as u32).collect(),
            keys: statistic.values.iter().copied().map(key).collect(),
        }
    }

    /// The key of a row with these values of the two features.
    #[inline]
    pub(super) fn key(&self, values: [f32; 2]) -> i32 {
        let [first, second] = [0, 1].map(|i| place(values[i], self.codes[i]) as u32);
        let index = self.firsts.binary_search(&first).ok().and_then(|at| {
            let (start, end) = (self.starts[at] as usize, self.starts[at + 1] as usize);
            self.seconds[start..end].binary_search(&second).ok().map(|found| start + found)
        });
        self.keys[index.unwrap_or(self.seconds.len())]
    }

    /// Bytes on the heap.
    #[cfg(test)]
    fn size(&self) -> usize {
        4 * (self.firsts.len() + self.starts.len() + self.seconds.len() + self.keys.len())
    }
}

/// The nodes that ask whether a category is in their set, eight to a byte.
#[derive(Debug)]
pub(super) struct Sets {
    /// The number of the first byte among those of all inputs.
    pub(super) first: usize,
    /// Bytes per code.
    pub(super) width: usize,
    /// By code, missing last: bit `i % 8` of byte `i / 8` is set when node `i` sends it right.
    pub(super) right: Vec<u8>,
}

/// The trees as blocks of rows go through them: from the leaves up, each node picks for each row what its left or its right child has picked.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    pub(super) nodes: Vec<Pick>,
    /// Per tree: where its nodes end, and where its leaves begin.
    pub(super) trees: Vec<(u32, u32)>,
    /// The leaves of the largest tree.
    pub(super) max_leaves: usize,
    /// The inner nodes of the largest tree.
    pub(super) max_inner: usize,
}

/// An inner node. What it picks stands behind the leaves, in the order of the tree's nodes from the last to the first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pick {
    pub(super) key: i32,
    pub(super) asks: u16,
    /// Where the picks of its children stand; a leaf's pick is itself.
    pub(super) left: u16,
    pub(super) right: u16,
}

/// The integer in the place of a number: of the same order, and the same for both zeros. Not for NaN.
#[inline]
pub(super) fn key(value: f32) -> i32 {
    // -0 + 0 is +0; all else stays.
    let bits = (value + 0.0).to_bits().cast_signed();
    bits ^ ((bits >> 31).cast_unsigned() >> 1).cast_signed()
}

/// The key of a missing value, or of any other by `key`.
#[inline]
pub(super) fn key_or(value: f32, missing: i32) -> i32 {
    if value.is_nan() { missing } else { key(value) }
}

/// The keys of missing values that go left, and right. No finite threshold reaches the latter.
pub(super) const MISSING: [i32; 2] = [i32::MIN, i32::MAX];

impl Scorer {
    /// `None` when the trees break the rules of [`BoostingModel::validate_trees`] or ask more than 65,536 different things; such trees are walked as they are.
    pub(super) fn new(model: &BoostingModel) -> Option<Self> {
        model.validate_trees().ok()?;
        let Asked { inputs, pairs, asks, n_numbers } = asked(model)?;
        let n_bytes: usize = inputs.iter().filter_map(|input| input.sets.as_ref()).map(|sets| sets.width).sum();
        let n_keys = n_numbers + 8 * n_bytes;
        if n_keys > MAX_KEYS {
            return None;
        }
        let one_row = OneRow::new(model, &asks)?;
        let mut leaves = model.leaves.clone();
        leaves.extend([0.0; MAX_BLOCK_LEAVES]);
        let blocks = Blocks::new(model, &asks);
        Some(Self { base: model.base, inputs, pairs, n_numbers, n_keys, one_row, blocks, leaves, n_trees: model.n_trees() })
    }

    pub(super) fn n_trees(&self) -> usize {
        self.n_trees
    }

    /// Bytes on the heap.
    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        let tables = |input: &Input| {
            input.statistics.iter().map(|(_, keys)| keys.len() * 4).sum::<usize>() + input.sets.as_ref().map_or(0, |sets| sets.right.len())
        };
        let blocks = self.blocks.as_ref().map_or(0, |blocks| blocks.nodes.len() * size_of::<Pick>() + blocks.trees.len() * 8);
        self.inputs.iter().map(|input| size_of::<Input>() + tables(input)).sum::<usize>()
            + self.pairs.iter().map(|pair| size_of::<PairInput>() + pair.size()).sum::<usize>()
            + self.one_row.size()
            + blocks
            + self.leaves.len() * 8
    }
}

/// The leaves of a tree of `n` nodes are `(n + 1) / 2`, and follow those of the trees before.
pub(super) fn leaves_of(model: &BoostingModel, tree: usize) -> Range<usize> {
    let leaves_before = |nodes: usize, trees: usize| (nodes + trees) / 2;
    let nodes = model.nodes_of(tree);
    leaves_before(nodes.start, tree)..leaves_before(nodes.end, tree + 1)
}

/// The greatest key that goes left at an inner node.
pub(super) fn threshold(model: &BoostingModel, node: usize) -> i32 {
    let is_set = model.column_codes(model.column(node)) > 0;
    if is_set { 0 } else { key(f32::from_bits(model.payload[node])) }
}

/// What the nodes of a model ask.
struct Asked {
    inputs: Vec<Input>,
    pairs: Vec<PairInput>,
    /// Which key each inner node asks; 0 at leaves.
    asks: Vec<u16>,
    /// How many keys are numbers.
    n_numbers: usize,
}

fn asked(model: &BoostingModel) -> Option<Asked> {
    let mut by_feature: Vec<Option<Input>> = (0..model.n_features()).map(|_| None).collect();
    let mut sets_of: Vec<Vec<usize>> = vec![Vec::new(); model.n_features()];
    let mut pairs: Vec<PairInput> = Vec::new();
    let mut derived_keys: Vec<Option<u16>> = vec![None; model.statistics.len() + model.pairs.len()];
    let mut asks = vec![0_u16; model.left.len()];
    let mut n_numbers = 0_usize;
    let mut next = || {
        n_numbers += 1;
        u16::try_from(n_numbers - 1).ok()
    };
    for node in (0..model.left.len()).filter(|&node| model.left[node] != 0) {
        let column = model.column(node);
        let derived = column.checked_sub(model.n_features());
        if let Some(known) = derived.and_then(|derived| derived_keys[derived]) {
            asks[node] = known;
            continue;
        }
        let part = model.part(column);
        if let Some(pair) = part.checked_sub(model.n_features()) {
            let statistic = &model.pairs[pair];
            pairs.push(PairInput::new(statistic, statistic.features.map(|feature| model.codes[feature as usize]), next()?));
            asks[node] = pairs[pairs.len() - 1].at;
            derived_keys[model.statistics.len() + pair] = Some(asks[node]);
            continue;
        }
        let (feature, codes) = (part, model.codes[part]);
        let input =
            by_feature[feature].get_or_insert_with(|| Input { feature, numbers: [None; 2], codes, statistics: Vec::new(), sets: None });
        if let Some(statistic) = derived {
            asks[node] = next()?;
            derived_keys[statistic] = Some(asks[node]);
            input.statistics.push((asks[node], model.statistics[statistic].values.iter().copied().map(key).collect()));
        } else if codes == 0 {
            let side = usize::from(model.feature[node] & DEFAULT_LEFT == 0);
            asks[node] = match input.numbers[side] {
                Some(known) => known,
                None => *input.numbers[side].insert(next()?),
            };
        } else {
            sets_of[feature].push(node);
        }
    }
    let mut inputs: Vec<Input> = by_feature.into_iter().flatten().collect();
    let mut first = 0;
    for input in &mut inputs {
        let nodes = &sets_of[input.feature];
        if nodes.is_empty() {
            continue;
        }
        for (i, &node) in nodes.iter().enumerate() {
            asks[node] = u16::try_from(n_numbers + 8 * first + i).ok()?;
        }
        let sets = Sets::new(model, nodes, input.codes, first);
        first += sets.width;
        input.sets = Some(sets);
    }
    Some(Asked { inputs, pairs, asks, n_numbers })
}

impl Sets {
    /// At most eight times the bytes of the model's own sets, for one node, and as many for eight.
    fn new(model: &BoostingModel, nodes: &[usize], codes: u32, first: usize) -> Self {
        let width = nodes.len().div_ceil(8);
        let mut right = vec![0; (codes as usize + 1) * width];
        for (i, &node) in nodes.iter().enumerate() {
            for code in 0..=codes as usize {
                let value = if code == codes as usize { f32::NAN } else { code as f32 };
                // Codes beyond 2^24 are not all numbers of `f32`; those that are not cannot be asked for.
                if place(value, codes) == code && !model.sends_left(node, value) {
                    right[code * width + i / 8] |= 1 << (i % 8);
                }
            }
        }
        Self { first, width, right }
    }
}

impl Blocks {
    fn new(model: &BoostingModel, asks: &[u16]) -> Option<Self> {
        let max_leaves = (0..model.n_trees()).map(|tree| leaves_of(model, tree).len()).max().unwrap_or(1);
        if max_leaves > MAX_BLOCK_LEAVES {
            return None;
        }
        let mut blocks = Self { max_leaves, max_inner: max_leaves - 1, ..Self::default() };
        for tree in 0..model.n_trees() {
            let (nodes, first_leaf) = (model.nodes_of(tree), leaves_of(model, tree).start as u32);
            let root = nodes.start;
            // Where the pick of each node stands.
            let mut stands = vec![0_u16; nodes.len()];
            let mut next = max_leaves as u16;
            for (node, &asks) in nodes.clone().zip(&asks[nodes]).rev() {
                let left = model.left[node] as usize;
                if left == 0 {
                    stands[node - root] = (model.payload[node] - first_leaf) as u16;
                    continue;
                }
                blocks.nodes.push(Pick { key: threshold(model, node), asks, left: stands[left - root], right: stands[left - root + 1] });
                stands[node - root] = next;
                next += 1;
            }
            blocks.trees.push((blocks.nodes.len() as u32, first_leaf));
        }
        Some(blocks)
    }
}
