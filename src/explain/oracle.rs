//! The definition of contributions, taken literally: slow, and the oracle of the tests.

use std::collections::BTreeMap;

use linfa::Dataset;
use ndarray::{ArrayView1, Ix1};

/// Shapley values by their definition, over all subsets of features: `value` of a bit set is the expectation when the features in it are known.
pub(super) fn shapley(n: usize, value: impl Fn(u32) -> f64) -> Vec<f64> {
    let values: Vec<f64> = (0..1_u32 << n).map(value).collect();
    let factorial = |k: usize| (1..=k).product::<usize>() as f64;
    let mut shapley = vec![0.0; n];
    for (feature, shapley) in shapley.iter_mut().enumerate() {
        for known in (0..1_u32 << n).filter(|known| known >> feature & 1 == 0) {
            let size = known.count_ones() as usize;
            let weight = factorial(size) * factorial(n - size - 1) / factorial(n);
            *shapley += weight * (values[(known | 1 << feature) as usize] - values[known as usize]);
        }
    }
    shapley
}

/// The values of each feature in training with their shares of the weight.
pub(super) fn marginals(data: &Dataset<f32, bool, Ix1>) -> Vec<Vec<(f32, f64)>> {
    let of_column = |column: ArrayView1<'_, f32>| {
        let mut weights: BTreeMap<u32, f64> = BTreeMap::new();
        for (value, weight) in column.iter().zip(&data.weights) {
            *weights.entry(value.to_bits()).or_default() += f64::from(*weight);
        }
        let total: f64 = weights.values().sum();
        weights.into_iter().map(|(bits, weight)| (f32::from_bits(bits), weight / total)).collect()
    };
    data.records.columns().into_iter().map(of_column).collect()
}

/// The expectation of `log_odds` when `row` holds the values of the features in `known` and each other feature is drawn from its marginal.
pub(super) fn expectation(
    marginals: &[Vec<(f32, f64)>],
    row: &mut [f32],
    known: u32,
    feature: usize,
    log_odds: &dyn Fn(&[f32]) -> f64,
) -> f64 {
    match marginals.get(feature) {
        None => log_odds(row),
        Some(_) if known >> feature & 1 == 1 => expectation(marginals, row, known, feature + 1, log_odds),
        Some(marginal) => {
            let given = row[feature];
            let mut sum = 0.0;
            for &(value, share) in marginal {
                row[feature] = value;
                sum += share * expectation(marginals, row, known, feature + 1, log_odds);
            }
            row[feature] = given;
            sum
        }
    }
}
