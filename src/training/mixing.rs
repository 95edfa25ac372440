//! Whether the logistic model, the trees, or both together did best on rows that neither had seen.

use super::out_of_fold::Examples;
use crate::math::softplus;

/// Weights of the logistic part that are tried: twentieths.
const STEPS: u32 = 20;
/// So many of its own standard errors must trees gain, alone or in a blend, over the logistic model. On little data they would otherwise be taken by luck,
/// and do harm.
const OVER_LOGISTIC: f64 = 1.0;
/// So many must a blend gain over trees alone: less pays for no second model.
const OVER_BOOSTING: f64 = 0.5;

/// What is left of logistic and boosting, by out-of-fold log loss.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Mix {
    Logistic,
    Boosting,
    /// Both, with this weight of the logistic part.
    Both(f64),
}

/// The mix of least log loss on the rows that both judged, or a single model where the gain over it is within noise.
///
/// Rows of one lead share their luck, so the standard error of a gain counts leads, not rows.
pub(crate) fn best_mix(examples: &Examples<'_>, logistic: &[f64], boosting: &[f64]) -> Mix {
    let rows: Vec<usize> = (0..logistic.len()).filter(|&row| logistic[row].is_finite() && boosting[row].is_finite()).collect();
    let row_loss = |row: usize, weight: f64| {
        let z = weight * logistic[row] + (1.0 - weight) * boosting[row];
        f64::from(examples.weights[row]) * if examples.won[row] { softplus(-z) } else { softplus(z) }
    };
    let mut best = (0.0, f64::INFINITY);
    // The loss is convex in the weight, so the first rise ends the search.
    for step in 0..=STEPS {
        let weight = f64::from(step) / f64::from(STEPS);
        let loss = rows.iter().map(|&row| row_loss(row, weight)).sum();
        if loss >= best.1 {
            break;
        }
        best = (weight, loss);
    }
    let n_leads = rows.iter().map(|&row| examples.leads[row] as usize + 1).max().unwrap_or(0);
    // By how many of its standard errors the best weight does better than `other`.
    let sureness = |other: f64| {
        let mut of_lead = vec![0.0; n_leads];
        for &row in &rows {
            of_lead[examples.leads[row] as usize] += row_loss(row, other) - row_loss(row, best.0);
        }
        let (gain, squares) = of_lead.iter().fold((0.0, 0.0), |(gain, squares), of_lead| (gain + of_lead, squares + of_lead * of_lead));
        if gain > 0.0 { gain / f64::sqrt(squares) } else { 0.0 }
    };
    if sureness(1.0) <= OVER_LOGISTIC {
        Mix::Logistic
    } else if sureness(0.0) <= OVER_BOOSTING {
        Mix::Boosting
    } else {
        Mix::Both(best.0)
    }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;
    use crate::features::FeatureMatrix;
    use crate::math::sigmoid;

    /// Log-odds made of two independent parts, and outcomes by their sum.
    fn parts(n: usize) -> (Vec<f64>, Vec<f64>, Vec<bool>) {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(5);
        let mut draw = || -> Vec<f64> { (0..n).map(|_| random.gen_range(-2.0..2.0)).collect() };
        let (a, b) = (draw(), draw());
        let won = a.iter().zip(&b).map(|(a, b)| random.r#gen::<f64>() < sigmoid(a + b)).collect();
        (a, b, won)
    }

    fn mix(logistic: &[f64], boosting: &[f64], won: &[bool], leads: &[u32]) -> Mix {
        let matrix = FeatureMatrix::default();
        let weights = vec![1.0; won.len()];
        best_mix(&Examples { matrix: &matrix, won, weights: &weights, leads }, logistic, boosting)
    }

    #[test]
    fn two_halves_of_the_truth_are_blended_and_the_whole_truth_stands_alone() {
        let (a, b, won) = parts(4000);
        let leads: Vec<u32> = (0..4000).collect();
        // Twice each part: half of both is the truth.
        let twice = |part: &[f64]| -> Vec<f64> { part.iter().map(|z| 2.0 * z).collect() };
        let both = mix(&twice(&a), &twice(&b), &won, &leads);
        assert!(matches!(both, Mix::Both(weight) if (0.4..=0.6).contains(&weight)), "{both:?}");
        let truth: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a + b).collect();
        assert_eq!(mix(&truth, &a, &won, &leads), Mix::Logistic);
        assert_eq!(mix(&a, &truth, &won, &leads), Mix::Boosting);
    }

    #[test]
    fn rows_that_no_fold_judged_have_no_say() {
        let (a, b, won) = parts(400);
        let truth: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a + b).collect();
        let mut other = a.clone();
        other[..200].fill(f64::NAN);
        let leads: Vec<u32> = (0..400).collect();
        assert_eq!(mix(&truth, &other, &won, &leads), mix(&truth[200..], &a[200..], &won[200..], &leads[200..]));
    }
}
