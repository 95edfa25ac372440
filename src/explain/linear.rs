//! Contributions of a logistic model.

use crate::models::logistic::LogisticModel;

/// Fills `out` (one entry per feature) with how far each feature moves the log-odds of `row` from those of the average training row, and returns the latter.
///
/// A linear model's Shapley values under independent features: each term minus its mean (Štrumbelj and Kononenko 2014). A numeric feature's term includes the coefficient of its being missing.
/// Base and contributions sum to the log-odds.
pub(crate) fn contributions(model: &LogisticModel, row: &[f32], out: &mut [f64]) -> f64 {
    model.centred_terms(row, out)
}

#[cfg(all(test, feature = "fit"))]
mod tests {
    #![allow(clippy::unwrap_used)]

    use linfa::Dataset;
    use ndarray::{Array1, Array2};
    use proptest::prelude::*;
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::super::oracle::{expectation, marginals, shapley};
    use super::*;
    use crate::models::logistic::LogisticParams;
    use crate::observer::Silent;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        #[test]
        fn contributions_are_the_shapley_values_of_the_expectation_over_independent_features(seed in any::<u64>()) {
            let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
            let x = Array2::from_shape_fn((240, 3), |(_, column)| match random.gen_range(0..5) {
                0 => f32::NAN,
                _ if column == 1 => random.gen_range(0..=3) as f32,
                _ => random.gen_range(-3..=9) as f32,
            });
            let won = Array1::from_shape_fn(240, |row| random.gen_bool(if x[[row, 0]] > 1.0 { 0.8 } else { 0.3 }));
            let data = Dataset::new(x, won).with_weights(Array1::from_shape_fn(240, |row| 0.5 + (row % 3) as f32));
            let params = LogisticParams::new().categorical(vec![None, Some(3), None]);
            let model = params.fit_observed(&data, None, &Silent).unwrap();
            let marginals = marginals(&data);
            let mut out = vec![f64::NAN; 3];
            for row in data.records.rows().into_iter().take(5) {
                let row = row.to_vec();
                let base = contributions(&model, &row, &mut out);
                let value = |known| expectation(&marginals, &mut row.clone(), known, 0, &|row| model.log_odds(row));
                // Standardised values are rounded to f32, so their mean is 0 within as much.
                prop_assert!((base - value(0)).abs() < 1e-6);
                for (got, expected) in out.iter().zip(shapley(3, value)) {
                    prop_assert!((got - expected).abs() < 1e-6, "{got} {expected}");
                }
            }
        }
    }
}
