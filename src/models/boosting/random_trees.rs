//! Random trees and rows for tests: whatever a file may hold, not only what our own fitting makes.

use super::model::{BoostingModel, DEFAULT_LEFT};
use crate::models::statistic::{PairStatistic, Statistic, pair};

/// A multiplicative congruential generator (Lehmer 1951; multiplier of Steele and Vigna 2021).
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(2).wrapping_add(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1);
        ((self.0 >> 33) as usize) % n
    }
}

/// Numbers that thresholds and values are drawn from, so that they often meet.
const NUMBERS: [f32; 12] = [-1e30, -2.5, -1.0, -f32::MIN_POSITIVE, -0.0, 0.0, 1e-40, 0.5, 1.0, 3.0, 7e8, f32::MAX];

/// Values that no training would hold, but that a row may.
const ODD: [f32; 8] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -1.0, 2.5, 1e9, -0.0, f32::MIN];

/// Trees with so many leaves each, over features of these numbers of codes (0: numeric), of which each categorical one has a
/// statistic too, and so has each with the next.
pub(crate) fn model(seed: u64, codes: &[u32], leaves_of_trees: &[usize]) -> BoostingModel {
    let mut random = Random::new(seed);
    let categorical = (0_u32..).zip(codes).filter(|&(_, &codes)| codes > 0);
    let statistics = categorical
        .map(|(feature, &codes)| Statistic { feature, values: (0..=codes).map(|_| NUMBERS[random.below(NUMBERS.len())]).collect() });
    let mut model = BoostingModel::empty(-0.3, codes.to_vec());
    model.statistics = statistics.collect();
    let categorical: Vec<u32> = (0..codes.len() as u32).filter(|&feature| codes[feature as usize] > 0).collect();
    for two in categorical.windows(2) {
        let [first, second] = [codes[two[0] as usize] as usize, codes[two[1] as usize] as usize];
        let mut pairs: Vec<u64> = (0..random.below(40)).map(|_| pair(random.below(first + 1), random.below(second + 1))).collect();
        pairs.sort_unstable();
        pairs.dedup();
        let values = (0..=pairs.len()).map(|_| NUMBERS[random.below(NUMBERS.len())]).collect();
        model.pairs.push(PairStatistic { features: [two[0], two[1]], pairs, values });
    }
    for &n_leaves in leaves_of_trees {
        add_tree(&mut model, n_leaves, &mut random);
    }
    model.max_depth = model.depth();
    model
}

fn add_tree(model: &mut BoostingModel, n_leaves: usize, random: &mut Random) {
    let root = model.left.len();
    // Which nodes split, and into what, in an order of nodes like that of leaf-wise growth.
    let mut left = vec![0_usize];
    let mut open = vec![0_usize];
    for _ in 1..n_leaves {
        let node = open.swap_remove(random.below(open.len()));
        left[node] = left.len();
        open.extend([left.len(), left.len() + 1]);
        left.extend([0, 0]);
    }
    let columns = model.codes.len() + model.statistics.len() + model.pairs.len();
    model.roots.push(root as u32);
    for left in left {
        model.cover.push(1.0 + random.below(100) as f32);
        if left == 0 {
            model.left.push(0);
            model.feature.push(0);
            model.gain.push(0.0);
            model.payload.push(model.leaves.len() as u32);
            model.leaves.push(random.below(2001) as f64 / 7919.0 - 0.1);
            continue;
        }
        let column = random.below(columns);
        model.left.push((root + left) as u32);
        model.feature.push(column as u32 | if random.below(2) == 0 { DEFAULT_LEFT } else { 0 });
        model.gain.push(random.below(50) as f32);
        let codes = model.column_codes(column);
        if codes == 0 {
            model.payload.push(NUMBERS[random.below(NUMBERS.len())].to_bits());
        } else {
            model.payload.push(model.set_starts.len() as u32 - 1);
            model.set_words.extend((0..codes.div_ceil(32)).map(|_| random.below(1 << 31) as u32 ^ (random.below(1 << 31) as u32) << 9));
            model.set_starts.push(model.set_words.len() as u32);
        }
    }
}

/// A row of any values, shorter or longer than it should be at times.
pub(crate) fn row(codes: &[u32], random: &mut Random) -> Vec<f32> {
    let mut row: Vec<f32> = codes.iter().map(|&codes| value(codes, random)).collect();
    if random.below(8) == 0 {
        row.truncate(random.below(codes.len() + 1));
    }
    row
}

/// A value of a feature of `codes` codes.
pub(crate) fn value(codes: u32, random: &mut Random) -> f32 {
    match (random.below(5), codes) {
        (0, _) => ODD[random.below(ODD.len())],
        (_, 0) => NUMBERS[random.below(NUMBERS.len())],
        // Up to a code that is none.
        (_, codes) => random.below(codes as usize + 1) as f32,
    }
}
