//! One row through all trees: its values made keys, and then small trees by a table each, or trees of any size side by side.

use std::cell::RefCell;

use super::model::BoostingModel;
use super::scorer::{Input, MISSING, Scorer, key_or};
use super::small_trees::{self, SmallTree};
use super::walks::Walks;
use crate::math::wide;
use crate::models::statistic::place;

/// As many as there are numbers for what nodes ask.
pub(super) const MAX_KEYS: usize = 1 << u16::BITS;

/// The keys of a row: every `u16` is the number of one.
pub(super) type Keys = [i32; MAX_KEYS];

thread_local! {
    /// Each thread keeps one, so that scoring allocates nothing after the first row.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

struct Scratch {
    /// Only as much of it as a model has keys is ever touched.
    keys: Box<Keys>,
    /// What each tree adds.
    terms: Vec<f64>,
}

impl Default for Scratch {
    fn default() -> Self {
        // By way of a vector, which is as long as it says: an array would be made on the stack first, 256 KiB of it.
        let keys = vec![0; MAX_KEYS].into_boxed_slice().try_into().unwrap_or_else(|_| Box::new([0; MAX_KEYS]));
        Self { keys, terms: Vec::new() }
    }
}

/// The trees as single rows go through them.
#[derive(Debug)]
pub(super) enum OneRow {
    /// All of at most four leaves.
    Small(Vec<SmallTree>),
    /// Of any size.
    Walks(Walks),
}

impl OneRow {
    /// `None` when a tree is so large that its nodes cannot be numbered.
    pub(super) fn new(model: &BoostingModel, asks: &[u16]) -> Option<Self> {
        match small_trees::small_trees(model, asks) {
            Some(trees) => Some(Self::Small(trees)),
            None => Walks::new(model, asks).map(Self::Walks),
        }
    }

    /// Bytes on the heap.
    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Small(trees) => trees.len() * size_of::<SmallTree>(),
            Self::Walks(walks) => walks.size(),
        }
    }
}

impl Scorer {
    /// The log-odds of `row`; values that it lacks count as missing.
    pub(super) fn log_odds(&self, row: &[f32]) -> f64 {
        SCRATCH.with_borrow_mut(|Scratch { keys, terms }| log_odds(self, row, keys, terms))
    }
}

wide! {
    /// The log-odds of a row by these buffers. Every key that is asked is written.
    fn log_odds(scorer: &Scorer, row: &[f32], keys: &mut Keys, terms: &mut Vec<f64>) -> f64 {
        let value = |feature: usize| row.get(feature).copied().unwrap_or(f32::NAN);
        for pair in &scorer.pairs {
            keys[usize::from(pair.at)] = pair.key(pair.features.map(value));
        }
        for input in &scorer.inputs {
            fill(input, value(input.feature), scorer.n_numbers, keys);
        }
        match &scorer.one_row {
            OneRow::Small(trees) => small_trees::sum(trees, keys, scorer.base),
            OneRow::Walks(walks) => {
                terms.resize(scorer.n_trees(), 0.0);
                walks.sum(keys, &scorer.leaves, terms, scorer.base)
            }
        }
    }
}

/// Makes the keys of an input of its value.
#[inline(always)]
fn fill(input: &Input, value: f32, n_numbers: usize, keys: &mut Keys) {
    for (at, missing) in input.numbers.iter().zip(MISSING) {
        if let Some(at) = *at {
            keys[usize::from(at)] = key_or(value, missing);
        }
    }
    if input.codes == 0 {
        return;
    }
    let place = place(value, input.codes);
    for (at, by_code) in &input.statistics {
        keys[usize::from(*at)] = by_code[place];
    }
    if let Some(sets) = &input.sets {
        let bits = &sets.right[place * sets.width..(place + 1) * sets.width];
        let (out, _) = keys[n_numbers + 8 * sets.first..].as_chunks_mut::<8>();
        for (out, &byte) in out.iter_mut().zip(bits) {
            for (bit, key) in out.iter_mut().enumerate() {
                // Any key above 0 goes right.
                *key = i32::from(byte) & 1 << bit;
            }
        }
    }
}
