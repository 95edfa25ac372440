//! Whether one set of probabilities is better than another on the same rows.

use super::MetricsError;
use super::input::{Input, same_length};
use super::pointwise::row_log_loss;

/// A weighted mean of paired differences.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct PairedDifference {
    /// The log loss of the first minus that of the second, in nats: negative when the first is better.
    pub mean: f64,
    /// Its standard error; infinite when there is a single group to judge by.
    pub standard_error: f64,
}

/// The log loss of `first` minus that of `second` on the same rows, and its standard error.
///
/// Rows with one entry in `groups` (a lead's snapshots, say) are taken as dependent, and groups as independent (Liang and Zeger 1986); without `groups` every row is its own.
///
/// # Errors
/// [`MetricsError`] when lengths differ, a probability is outside 0..=1, a weight is bad, or there is no row.
pub fn paired_difference(
    first: &[f64],
    second: &[f64],
    won: &[bool],
    weights: Option<&[f64]>,
    groups: Option<&[u32]>,
) -> Result<PairedDifference, MetricsError> {
    let groups = grouped(first, second, won, weights, groups)?;
    let total: f64 = groups.iter().map(|(_, weight)| weight).sum();
    let mean = groups.iter().map(|(difference, _)| difference).sum::<f64>() / total;
    let squares: f64 = groups.iter().map(|(difference, weight)| (difference - mean * weight) * (difference - mean * weight)).sum();
    let n = groups.len() as f64;
    let standard_error = if groups.len() > 1 { (squares * n / (n - 1.0)).sqrt() / total } else { f64::INFINITY };
    Ok(PairedDifference { mean, standard_error })
}

/// The same difference with the standard error over `draws` (2 to 1,000,000) bootstrap samples of whole groups; equal seeds give equal bits.
///
/// # Errors
/// As [`paired_difference`], and when `draws` is out of range.
pub fn bootstrap_difference(
    first: &[f64],
    second: &[f64],
    won: &[bool],
    weights: Option<&[f64]>,
    groups: Option<&[u32]>,
    draws: usize,
    seed: u64,
) -> Result<PairedDifference, MetricsError> {
    if !(2..=1_000_000).contains(&draws) {
        return Err(MetricsError::BadParameter { name: "draws", expected: "2 to 1000000", found: draws.to_string() });
    }
    let groups = grouped(first, second, won, weights, groups)?;
    let mean_of = |sums: (f64, f64)| sums.0 / sums.1;
    let mean = mean_of(groups.iter().fold((0.0, 0.0), |sum, group| (sum.0 + group.0, sum.1 + group.1)));
    let mut random = SplitMix(seed);
    let (mut sum, mut squares) = (0.0, 0.0);
    for _ in 0..draws {
        let mut sums = (0.0, 0.0);
        for _ in 0..groups.len() {
            if let Some((difference, weight)) = groups.get(random.below(groups.len())) {
                sums = (sums.0 + difference, sums.1 + weight);
            }
        }
        let deviation = mean_of(sums) - mean;
        sum += deviation;
        squares += deviation * deviation;
    }
    let n = draws as f64;
    Ok(PairedDifference { mean, standard_error: ((squares - sum * sum / n) / (n - 1.0)).max(0.0).sqrt() })
}

/// The weighted sum of differences and the weight of each group, in the order of the groups' names.
fn grouped(
    first: &[f64],
    second: &[f64],
    won: &[bool],
    weights: Option<&[f64]>,
    groups: Option<&[u32]>,
) -> Result<Vec<(f64, f64)>, MetricsError> {
    let input = Input::new(first, won, weights)?;
    same_length("second", second.len(), first.len())?;
    Input::new(second, won, weights)?;
    let rows = input.rows().zip(second).map(|((p, won, weight), q)| (weight * (row_log_loss(p, won) - row_log_loss(*q, won)), weight));
    let Some(groups) = groups else { return Ok(rows.filter(|(_, weight)| *weight > 0.0).collect()) };
    same_length("groups", groups.len(), first.len())?;
    let mut sums = std::collections::BTreeMap::<u32, (f64, f64)>::new();
    for ((difference, weight), group) in rows.zip(groups).filter(|((_, weight), _)| *weight > 0.0) {
        let sum = sums.entry(*group).or_default();
        *sum = (sum.0 + difference, sum.1 + weight);
    }
    Ok(sums.into_values().collect())
}

/// SplitMix64 (Steele, Lea and Flood 2014): enough for a bootstrap, and there without the `fit` feature.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`; the bias of the multiplication is below `bound / 2^64`.
    fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }
}
