//! Sixty-four rows at a time through all trees.
//!
//! A tree is worked from its leaves up: each inner node picks, for each row, the leaf that its left or its right child has picked. That is one
//! comparison and one selection a node for many rows at once, without a branch, and faster than walking: a row takes about six steps of thirty, but
//! each step waits for the one before. V-QuickScorer (Lucchese et al. 2016) writes a mask back per node where this keeps a byte per row.
//!
//! With AVX2 (chosen at run time) a node takes about 30 instructions for the 64 rows. AVX-512 was measured and is not faster here.

use super::scorer::{Blocks, Input, MISSING, Pick, Scorer, key_or};
use crate::models::statistic::place;

/// How many rows a block has.
pub(super) const ROWS: usize = 64;

/// The keys of one kind of the rows of a block.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Keys([i32; ROWS]);

/// The leaf that a node picks for each row of a block.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Picks([u8; ROWS]);

/// Buffers of one thread, for one scorer.
pub(super) struct Workspace {
    keys: Vec<Keys>,
    /// Per node that asks for a set: bit `row` is set when the row goes right.
    right: Vec<u64>,
    picks: Vec<Picks>,
    values: [f32; ROWS],
    row: Vec<f32>,
}

/// Which instructions to use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Lanes {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

impl Lanes {
    /// The fastest that this processor has.
    pub(super) fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            return Self::Avx2;
        }
        Self::Portable
    }
}

impl Workspace {
    pub(super) fn new(scorer: &Scorer) -> Self {
        let (n_leaves, n_inner) = scorer.blocks.as_ref().map_or((0, 0), |blocks| (blocks.max_leaves, blocks.max_inner));
        let mut picks: Vec<Picks> = (0..n_leaves).map(|leaf| Picks([leaf as u8; ROWS])).collect();
        picks.resize(n_leaves + n_inner, Picks([0; ROWS]));
        Self {
            keys: vec![Keys([0; ROWS]); scorer.n_numbers],
            right: vec![0; scorer.n_keys - scorer.n_numbers],
            picks,
            values: [0.0; ROWS],
            row: Vec::new(),
        }
    }
}

impl Scorer {
    /// The log-odds of `out.len()` rows. `read` writes the values of a feature, from the given row on, over what it is handed; where it has none it
    /// leaves the NaN that stands there. Features that no node asks are not read.
    pub(super) fn log_odds_of_rows(
        &self,
        n_features: usize,
        out: &mut [f64],
        workspace: &mut Workspace,
        lanes: Lanes,
        read: impl Fn(usize, usize, &mut [f32]),
    ) {
        let Some(blocks) = &self.blocks else {
            // Trees too large to be worked from the leaves up.
            for (row, out) in out.iter_mut().enumerate() {
                workspace.row.clear();
                workspace.row.resize(n_features, f32::NAN);
                let of_pairs = self.pairs.iter().flat_map(|pair| pair.features);
                for feature in self.inputs.iter().map(|input| input.feature).chain(of_pairs) {
                    read(feature, row, &mut workspace.row[feature..=feature]);
                }
                *out = self.log_odds(&workspace.row);
            }
            return;
        };
        for (block, out) in out.chunks_mut(ROWS).enumerate() {
            for input in &self.inputs {
                workspace.values.fill(f32::NAN);
                read(input.feature, block * ROWS, &mut workspace.values[..out.len()]);
                workspace.fill(input);
            }
            for pair in &self.pairs {
                let [first, second] = pair.features.map(|feature| {
                    let mut values = [f32::NAN; ROWS];
                    read(feature, block * ROWS, &mut values[..out.len()]);
                    values
                });
                let keys = &mut workspace.keys[usize::from(pair.at)].0;
                keys.iter_mut().zip(first.into_iter().zip(second)).for_each(|(key, (a, b))| *key = pair.key([a, b]));
            }
            let mut sums = [self.base; ROWS];
            let numbers = self.n_numbers;
            match lanes {
                Lanes::Portable => through_trees(blocks, &self.leaves, numbers, workspace, &mut sums, pick),
                #[cfg(target_arch = "x86_64")]
                // SAFETY: `Lanes::best` says so only of a processor that has AVX2.
                Lanes::Avx2 => unsafe { avx2::through_trees(blocks, &self.leaves, numbers, workspace, &mut sums) },
            }
            out.copy_from_slice(&sums[..out.len()]);
        }
    }
}

impl Workspace {
    /// Makes the keys of an input of its values.
    fn fill(&mut self, input: &Input) {
        for (at, missing) in input.numbers.iter().zip(MISSING) {
            if let Some(at) = *at {
                let keys = &mut self.keys[usize::from(at)].0;
                keys.iter_mut().zip(&self.values).for_each(|(key, &value)| *key = key_or(value, missing));
            }
        }
        if input.codes == 0 {
            return;
        }
        let places = self.values.map(|value| place(value, input.codes));
        for (at, by_code) in &input.statistics {
            self.keys[usize::from(*at)].0 = places.map(|place| by_code[place]);
        }
        if let Some(sets) = &input.sets {
            let right = &mut self.right[8 * sets.first..8 * (sets.first + sets.width)];
            for (byte, right) in right.as_chunks_mut::<8>().0.iter_mut().enumerate() {
                *right = transposed(places.map(|place| sets.right[place * sets.width + byte]));
            }
        }
    }
}

/// Bit `i` of byte `row`, for all rows, as bit `row` of word `i`.
fn transposed(bytes: [u8; ROWS]) -> [u64; 8] {
    let mut words = [0; 8];
    for (eight, bytes) in bytes.as_chunks::<8>().0.iter().enumerate() {
        // An 8 x 8 matrix of bits in three swaps (Warren 2013, section 7-3).
        let mut x = u64::from_le_bytes(*bytes);
        for (shift, mask) in [(7, 0x00aa_00aa_00aa_00aa), (14, 0x0000_cccc_0000_cccc), (28, 0x0000_0000_f0f0_f0f0)] {
            let swapped = (x ^ x >> shift) & mask;
            x ^= swapped ^ swapped << shift;
        }
        for (word, byte) in words.iter_mut().zip(x.to_le_bytes()) {
            *word |= u64::from(byte) << (8 * eight);
        }
    }
    words
}

/// Which rows go right at a node.
#[derive(Clone, Copy)]
enum Test<'a> {
    /// Those whose key is greater.
    Greater(&'a Keys, i32),
    /// Those whose bit is set.
    Bits(u64),
}

/// All trees for the rows of a block; `pick` does one node.
#[inline(always)]
fn through_trees(
    blocks: &Blocks,
    leaves: &[f64],
    n_numbers: usize,
    workspace: &mut Workspace,
    sums: &mut [f64; ROWS],
    pick: impl Fn(Test<'_>, &Picks, &Picks) -> Picks,
) {
    let Workspace { keys, right, picks, .. } = workspace;
    let mut begin = 0;
    for &(end, first_leaf) in &blocks.trees {
        let mut stands = blocks.max_leaves;
        let nodes = &blocks.nodes[begin..end as usize];
        for &Pick { key, asks, left, right: other } in nodes {
            let asks = usize::from(asks);
            let test = if asks < n_numbers { Test::Greater(&keys[asks], key) } else { Test::Bits(right[asks - n_numbers]) };
            picks[stands] = pick(test, &picks[usize::from(left)], &picks[usize::from(other)]);
            stands += 1;
        }
        begin = end as usize;
        // A tree that is one leaf picks it for every row.
        let picked = &picks[if nodes.is_empty() { 0 } else { stands - 1 }].0;
        if let Some(values) = leaves[first_leaf as usize..].first_chunk::<256>() {
            sums.iter_mut().zip(picked).for_each(|(sum, &leaf)| *sum += values[usize::from(leaf)]);
        }
    }
}

/// One node in plain Rust, which compilers turn into the vector instructions of their target.
#[inline(always)]
fn pick(test: Test<'_>, left: &Picks, right: &Picks) -> Picks {
    let goes_right: [u8; ROWS] = match test {
        Test::Greater(keys, key) => keys.0.map(|of_row| u8::from(of_row > key).wrapping_neg()),
        Test::Bits(bits) => std::array::from_fn(|row| ((bits >> row & 1) as u8).wrapping_neg()),
    };
    Picks(std::array::from_fn(|row| left.0[row] ^ ((left.0[row] ^ right.0[row]) & goes_right[row])))
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::*;

    use super::{Blocks, Keys, Picks, ROWS, Test, Workspace};

    /// As [`super::through_trees`].
    #[target_feature(enable = "avx2")]
    pub(super) fn through_trees(blocks: &Blocks, leaves: &[f64], n_numbers: usize, workspace: &mut Workspace, sums: &mut [f64; ROWS]) {
        super::through_trees(blocks, leaves, n_numbers, workspace, sums, |test, left, right| pick(test, left, right));
    }

    /// Eight keys, from the given one on.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn keys(keys: &Keys, from: usize) -> __m256i {
        let keys: &[i32; 8] = keys.0[from..].first_chunk().unwrap_or(&[0; 8]);
        // SAFETY: 32 bytes are read of 32, at any alignment.
        unsafe { _mm256_loadu_si256(keys.as_ptr().cast()) }
    }

    /// One node: compilers find other ways for the plain version that take 1.5 times as long for a whole block.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn pick(test: Test<'_>, left: &Picks, right: &Picks) -> Picks {
        let mut out = Picks([0; ROWS]);
        for half in 0..2 {
            let at = 32 * half;
            let goes_right = match test {
                Test::Greater(of_rows, key) => {
                    let key = _mm256_set1_epi32(key);
                    let greater = |eight: usize| _mm256_cmpgt_epi32(keys(of_rows, at + 8 * eight), key);
                    let low = _mm256_packs_epi32(greater(0), greater(1));
                    let high = _mm256_packs_epi32(greater(2), greater(3));
                    // Packing goes by halves of a register; this puts the bytes back in the order of rows.
                    _mm256_permutevar8x32_epi32(_mm256_packs_epi16(low, high), _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7))
                }
                Test::Bits(bits) => {
                    // Byte `row` gets the byte of bits that has its bit, keeps that bit alone, and is all ones where it is set.
                    let spread = _mm256_setr_epi64x(0, 0x0101_0101_0101_0101, 0x0202_0202_0202_0202, 0x0303_0303_0303_0303);
                    let own = _mm256_set1_epi64x(0x8040_2010_0804_0201_u64.cast_signed());
                    let bytes = _mm256_shuffle_epi8(_mm256_set1_epi32((bits >> at) as i32), spread);
                    _mm256_cmpeq_epi8(_mm256_and_si256(bytes, own), own)
                }
            };
            // SAFETY: 32 bytes from byte `at`, which is 0 or 32, of 64, at any alignment.
            unsafe {
                let left = _mm256_loadu_si256(left.0.as_ptr().add(at).cast());
                let right = _mm256_loadu_si256(right.0.as_ptr().add(at).cast());
                _mm256_storeu_si256(out.0.as_mut_ptr().add(at).cast(), _mm256_blendv_epi8(left, right, goes_right));
            }
        }
        out
    }
}
