//! One row through all trees, ten trees side by side, so that the processor need not wait for one step before it begins the next.
//!
//! No branch depends on the values as far as nine of ten training rows go: until then a row that has arrived at its leaf stays there; then each
//! tree is walked to its end. QuickScorer (Lucchese et al. 2015) was measured in its place and was four times slower at 100 trees of 31 leaves: it
//! mispredicts the end of each list.

use std::cell::RefCell;

use super::scorer::{MISSING, Scorer, key_or};
use crate::models::statistic::place;

thread_local! {
    /// Each thread keeps one, so that scoring allocates nothing after the first row.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

#[derive(Default)]
struct Scratch {
    keys: Vec<i32>,
    /// What each tree adds.
    terms: Vec<f64>,
}

/// The bits of a byte.
const BITS: [i32; 8] = [1, 2, 4, 8, 16, 32, 64, 128];

impl Scorer {
    /// The log-odds of `row`; values that it lacks count as missing.
    pub(super) fn log_odds(&self, row: &[f32]) -> f64 {
        SCRATCH.with_borrow_mut(|scratch| {
            // Every key is written below but those that pad the bits to whole bytes and the one that stands for none, which nobody's result
            // depends on.
            scratch.keys.resize(self.n_keys, 0);
            scratch.terms.resize(self.n_trees(), 0.0);
            self.fill_keys(row, &mut scratch.keys);
            self.walk(&scratch.keys, &mut scratch.terms);
            scratch.terms.iter().fold(self.base, |sum, term| sum + term)
        })
    }

    fn fill_keys(&self, row: &[f32], keys: &mut [i32]) {
        let value = |feature: usize| row.get(feature).copied().unwrap_or(f32::NAN);
        for pair in &self.pairs {
            keys[usize::from(pair.at)] = pair.key(pair.features.map(value));
        }
        for input in &self.inputs {
            let value = value(input.feature);
            for (at, missing) in input.numbers.iter().zip(MISSING) {
                if let Some(at) = *at {
                    keys[usize::from(at)] = key_or(value, missing);
                }
            }
            if input.codes == 0 {
                continue;
            }
            let place = place(value, input.codes);
            for (at, by_code) in &input.statistics {
                keys[usize::from(*at)] = by_code[place];
            }
            if let Some(sets) = &input.sets {
                let bits = &sets.right[place * sets.width..(place + 1) * sets.width];
                let (out, _) = keys[self.n_numbers + 8 * sets.first..].as_chunks_mut::<8>();
                // Any key above 0 goes right.
                for (out, &byte) in out.iter_mut().zip(bits) {
                    *out = BITS.map(|bit| bit & i32::from(byte));
                }
            }
        }
    }

    fn walk(&self, keys: &[i32], terms: &mut [f64]) {
        assert!(keys.len() >= self.n_keys);
        for group in &self.walks.groups {
            let steps = &self.walks.steps[group.base..];
            let step = |node: u32| {
                // SAFETY: the scorer was made of trees that `validate_trees` has passed: a root is a node of the group, and so is what a step leads
                // to from a node, as `left` and the one after it are nodes of the same tree, and a leaf, whose key no key exceeds, leads to
                // itself. `asks` is below `n_keys`, by how keys are numbered or as leaves are, and `keys` has as many. Checked indexing takes a fourth longer.
                let step = unsafe { steps.get_unchecked(node as usize) };
                let key = unsafe { *keys.get_unchecked(usize::from(step.asks)) };
                u32::from(step.left) + u32::from(key > step.key)
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
                terms[tree as usize] = self.leaves[first_leaf as usize + usize::from(here.asks)];
            }
        }
    }
}
