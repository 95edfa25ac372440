//! Estimates held against a known truth.

use std::fmt;

/// How near estimated probabilities are to true ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Nearness {
    n: usize,
    mean_truth: f64,
    mean_estimate: f64,
    mean_error: f64,
    /// The AUC to be expected of ranking by the estimates.
    auc: Option<f64>,
    /// The AUC to be expected of ranking by the truth: nobody can do better.
    best_auc: Option<f64>,
}

impl Nearness {
    /// Of estimates and truths, pair by pair.
    pub(super) fn of(pairs: &[(f64, f64)]) -> Self {
        let n = pairs.len();
        let mean = |f: fn(&(f64, f64)) -> f64| pairs.iter().map(f).sum::<f64>() / n.max(1) as f64;
        let best: Vec<(f64, f64)> = pairs.iter().map(|p| (p.1, p.1)).collect();
        Self {
            n,
            mean_truth: mean(|p| p.1),
            mean_estimate: mean(|p| p.0),
            mean_error: mean(|p| (p.0 - p.1).abs()),
            auc: expected_auc(pairs),
            best_auc: expected_auc(&best),
        }
    }
}

impl fmt::Display for Nearness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_none = |x: Option<f64>| x.map_or("none".to_owned(), |x| format!("{x:.3}"));
        writeln!(f, "  mean probability     {:>6.1} %   (true {:.1} %)", 100.0 * self.mean_estimate, 100.0 * self.mean_truth)?;
        writeln!(f, "  mean absolute error  {:>6.1} points of probability", 100.0 * self.mean_error)?;
        writeln!(
            f,
            "  expected AUC         {:>6}     (of the true probabilities, the best possible: {})",
            or_none(self.auc),
            or_none(self.best_auc)
        )
    }
}

/// The AUC to be expected when each row is won with its true probability, independently: over all ordered pairs of rows, the
/// chance that the first is won and the second lost weighs whether the first is ranked higher (ties half). `None` when no pair can differ.
fn expected_auc(pairs: &[(f64, f64)]) -> Option<f64> {
    let mut sorted = pairs.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut above, mut all_won, mut all_lost, mut own) = (0.0, 0.0, 0.0, 0.0);
    for tied in sorted.chunk_by(|a, b| a.0 == b.0) {
        let won: f64 = tied.iter().map(|p| p.1).sum();
        let lost: f64 = tied.iter().map(|p| 1.0 - p.1).sum();
        // A row is no pair with itself.
        let itself: f64 = tied.iter().map(|p| p.1 * (1.0 - p.1)).sum();
        above += won * all_lost + 0.5 * (won * lost - itself);
        all_won += won;
        all_lost += lost;
        own += itself;
    }
    let pairs = all_won * all_lost - own;
    (pairs > 0.0).then(|| above / pairs)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_expected_auc_is_the_mean_over_pairs() {
        let pairs = [(0.2, 0.1), (0.7, 0.5), (0.2, 0.3), (0.9, 0.6), (0.1, 0.4)];
        let (mut above, mut all) = (0.0, 0.0);
        for (i, a) in pairs.iter().enumerate() {
            for (j, b) in pairs.iter().enumerate().filter(|(j, _)| *j != i) {
                assert_ne!(i, j);
                let weight = a.1 * (1.0 - b.1);
                all += weight;
                above += weight
                    * if a.0 > b.0 {
                        1.0
                    } else if a.0 == b.0 {
                        0.5
                    } else {
                        0.0
                    };
            }
        }
        assert!((expected_auc(&pairs).unwrap() - above / all).abs() < 1e-12);
    }

    #[test]
    fn certain_truths_give_the_plain_auc() {
        assert_eq!(expected_auc(&[(0.8, 1.0), (0.6, 0.0), (0.3, 1.0), (0.1, 0.0)]), Some(0.75));
        assert_eq!(expected_auc(&[(0.8, 1.0)]), None);
        assert_eq!(expected_auc(&[]), None);
    }
}
