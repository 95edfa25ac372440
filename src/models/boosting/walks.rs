//! One row through all trees, ten trees side by side, so that the processor need not wait for one step before it begins the next.
//!
//! No branch depends on the values as far as nine of ten training rows go: until then a row that has arrived at its leaf stays there; then each
//! tree is walked to its end. QuickScorer (Lucchese et al. 2015) was measured in its place and was four times slower at 100 trees of 31 leaves: it
//! mispredicts the end of each list.

use std::ops::Range;

use super::model::BoostingModel;
use super::one_row::Keys;
use super::scorer::{leaves_of, threshold};

/// How many trees are walked side by side: measured among 4, 5, 8, 10, 12 and 16.
const SIDE_BY_SIDE: usize = 10;

/// A node as one row walks it. A leaf leads to itself, and "asks" the key of its own number within its tree.
#[derive(Debug, Clone, Copy)]
struct Step {
    key: i32,
    /// Which key of the row it asks.
    asks: u16,
    /// The left child, counted from the first node of the group; the right one follows.
    left: u16,
}

/// The trees as single rows walk them.
#[derive(Debug, Default)]
pub(super) struct Walks {
    steps: Vec<Step>,
    /// Trees of like depth together; a group of fewer than [`SIDE_BY_SIDE`] repeats its last tree.
    groups: Vec<Group>,
}

/// Trees that are walked side by side.
#[derive(Debug)]
struct Group {
    /// Where its nodes begin.
    base: usize,
    /// How many steps bring most rows to a leaf in each of them.
    depth: u32,
    trees: [u32; SIDE_BY_SIDE],
    /// Counted from the group's first node.
    roots: [u32; SIDE_BY_SIDE],
    /// Where the leaves of each tree begin among all.
    leaves: [u32; SIDE_BY_SIDE],
}

/// How many steps bring nine of ten training rows to a leaf of the tree of these nodes.
fn usual_depth(model: &BoostingModel, nodes: Range<usize>) -> u32 {
    let root = nodes.start;
    let mut depth = vec![0_u32; nodes.len()];
    for node in nodes {
        if let Some(left) = (model.left[node] as usize).checked_sub(root).filter(|_| model.left[node] != 0) {
            depth[left] = depth[node - root] + 1;
            depth[left + 1] = depth[node - root] + 1;
        }
    }
    let deepest = depth.iter().copied().max().unwrap_or(0);
    let mut arriving = vec![0.0; deepest as usize + 1];
    for (at, &depth) in depth.iter().enumerate() {
        if model.left[root + at] == 0 {
            arriving[depth as usize] += model.cover(root + at);
        }
    }
    let all: f64 = arriving.iter().sum();
    let mut arrived = 0.0;
    let usual = arriving.iter().position(|share| {
        arrived += share;
        arrived >= 0.9 * all
    });
    usual.map_or(deepest, |depth| depth as u32)
}

impl Walks {
    /// `None` when a tree is so large that its nodes cannot be numbered.
    pub(super) fn new(model: &BoostingModel, asks: &[u16]) -> Option<Self> {
        let nodes = |tree: usize| model.nodes_of(tree);
        let usual: Vec<u32> = (0..model.n_trees()).map(|tree| usual_depth(model, nodes(tree))).collect();
        let mut order: Vec<usize> = (0..model.n_trees()).collect();
        order.sort_by_key(|&tree| usual[tree]);
        let mut walks = Self::default();
        let mut rest = order.as_slice();
        while !rest.is_empty() {
            // As many trees as can be walked together and numbered together.
            let base = walks.steps.len();
            let mut members = Vec::with_capacity(SIDE_BY_SIDE);
            for &tree in rest.iter().take(SIDE_BY_SIDE) {
                let first = walks.steps.len() - base;
                if first + nodes(tree).len() > usize::from(u16::MAX) {
                    break;
                }
                members.push((tree as u32, first as u32));
                walks.push_tree(model, asks, nodes(tree), first, leaves_of(model, tree).start)?;
            }
            let last = members.len().checked_sub(1)?;
            let member = |i: usize| members[i.min(last)];
            walks.groups.push(Group {
                base,
                depth: usual[member(last).0 as usize],
                trees: std::array::from_fn(|i| member(i).0),
                roots: std::array::from_fn(|i| member(i).1),
                leaves: std::array::from_fn(|i| leaves_of(model, member(i).0 as usize).start as u32),
            });
            rest = &rest[members.len()..];
        }
        Some(walks)
    }

    /// Bytes on the heap.
    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        self.steps.len() * size_of::<Step>() + self.groups.len() * size_of::<Group>()
    }

    /// Appends the nodes of a tree, counted from `first` on.
    fn push_tree(&mut self, model: &BoostingModel, asks: &[u16], nodes: Range<usize>, first: usize, first_leaf: usize) -> Option<()> {
        let root = nodes.start;
        for (node, &asks) in nodes.clone().zip(&asks[nodes]) {
            let (to, asks, key) = match model.left[node] as usize {
                0 => (node, u16::try_from(model.payload[node] as usize - first_leaf).ok()?, i32::MAX),
                left => (left, asks, threshold(model, node)),
            };
            self.steps.push(Step { key, asks, left: u16::try_from(to - root + first).ok()? });
        }
        Some(())
    }

    /// The sum of the trees' values and `base`; `values` are those of all leaves, and `terms` has a place for each tree.
    #[inline(always)]
    pub(super) fn sum(&self, keys: &Keys, values: &[f64], terms: &mut [f64], base: f64) -> f64 {
        for group in &self.groups {
            let steps = &self.steps[group.base..];
            let step = |node: u32| {
                // SAFETY: the steps were made of trees that `validate_trees` has passed: a root is a node of the group, and so is what a step leads to
                // from a node, as `left` and the one after it are nodes of the same tree, and a leaf, whose key no key exceeds, leads to itself.
                // Checked indexing takes a fourth longer.
                let step = unsafe { steps.get_unchecked(node as usize) };
                u32::from(step.left) + u32::from(keys[usize::from(step.asks)] > step.key)
            };
            let mut at = group.roots;
            for _ in 0..group.depth {
                at.iter_mut().for_each(|at| *at = step(*at));
            }
            let ends = at.into_iter().zip(group.trees).zip(group.leaves);
            for ((mut at, tree), first_leaf) in ends {
                let mut here = steps[at as usize];
                while u32::from(here.left) != at {
                    at = step(at);
                    here = steps[at as usize];
                }
                terms[tree as usize] = values[first_leaf as usize + usize::from(here.asks)];
            }
        }
        terms.iter().fold(base, |sum, term| sum + term)
    }
}
