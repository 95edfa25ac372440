//! Draws that are the same on every platform and for every number of threads: one stream for each (seed, lead, purpose).

use rand::{RngCore, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::math::ln;

/// One stream of draws. `rand`'s own distributions may change between versions, so only raw words are taken from it.
pub(super) struct Stream(Xoshiro256PlusPlus);

impl Stream {
    /// The stream of `purpose` for item `index`.
    pub(super) fn new(seed: u64, purpose: u64, index: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(mix(mix(seed ^ mix(purpose)).wrapping_add(index))))
    }

    /// Uniform on [0, 1).
    pub(super) fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// True with probability `p`.
    pub(super) fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// Uniform on `0..n`, for small `n` (the bias of multiplication is below `n / 2^64`).
    pub(super) fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(n)) >> 64) as u64
    }

    /// Exponential with mean 1.
    pub(super) fn exponential(&mut self) -> f64 {
        -ln(1.0 - self.uniform())
    }

    /// Nearly normal, mean 0 and variance 1: the sum of twelve uniforms (Irwin 1927, Hall 1927), free of trigonometry.
    pub(super) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }

    /// An index drawn with probability proportional to `weights`.
    pub(super) fn pick(&mut self, weights: impl IntoIterator<Item = f64> + Clone) -> usize {
        let mut left = self.uniform() * weights.clone().into_iter().sum::<f64>();
        let mut last = 0;
        for (i, weight) in weights.into_iter().enumerate() {
            if weight > 0.0 {
                last = i;
                if left < weight {
                    break;
                }
                left -= weight;
            }
        }
        last
    }
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014).
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
