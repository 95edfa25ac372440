//! How much work fits are, counted and not timed: the same data bring the same decisions on any machine.
//!
//! All is in nanoseconds on one core, roughly; only ratios count. Measured on made tables of 500 to 40,000 rows, of 12 to 60 features.

use crate::features::FeatureKind;
use crate::models::boosting::Look;
use crate::models::logistic::LogisticModel;

use super::folds::Fold;
use super::out_of_fold::Examples;

/// More rows choose no penalty.
const MOST_ROWS: usize = 200_000;
/// How many times a logistic regression reads its rows for each penalty it tries: some five times in each of five folds.
const PASSES: f64 = 25.0;
/// What a logistic regression takes beside reading rows, and a tree.
const OF_A_FIT: f64 = 5e5;
const OF_A_TREE: f64 = 25e3;
/// What the rest of a training takes for each row at least: reading, calibration, figures.
const OF_A_ROW: f64 = 1e4;
/// So many times the work of a training of the logistic model may trees take before they are ahead of it. With that training itself, and a tenth for what is counted badly, four.
const SHARE: f64 = 2.7;
/// The first look's part of it.
const FIRST_PART: f64 = 0.5;
/// Fewer rounds of the first look would tell nothing. They are granted whatever the work of the logistic model: some milliseconds of few rows.
const LEAST_ROUNDS: usize = 20;

/// The work of a logistic fit to so many of the rows.
pub(super) fn of_logistic(examples: &Examples<'_>, rows: usize, model: &LogisticModel) -> f64 {
    let numeric = examples.matrix.features.iter().filter(|feature| matches!(feature.kind, FeatureKind::Numeric)).count() as f64;
    let codes = examples.matrix.features.len() as f64 - numeric;
    let pass = rows.min(MOST_ROWS) as f64 * (8.0 + 0.7 * numeric + 3.0 * codes);
    OF_A_FIT + pass * PASSES * (1 + model.report().path.len()) as f64
}

/// The work of a tree in a look.
fn of_tree(examples: &Examples<'_>, rows: usize) -> f64 {
    let splits = (examples.matrix.features.len() * Look::LEAVES) as f64;
    // The more rows, the more of the bins of a leaf are filled.
    let of_split = 330.0 * libm::log2(1.0 + rows as f64 / 100.0);
    OF_A_TREE + 36.0 * rows as f64 + splits * of_split
}

/// What is left of the work that trees may take.
pub(super) struct Budget {
    left: f64,
}

impl Budget {
    /// Beside a training of so many rows whose logistic fits were this work, the last fit to all rows counted.
    pub(super) fn beside(logistic: f64, rows: usize) -> Self {
        Self { left: SHARE * (logistic + OF_A_ROW * rows as f64) }
    }

    /// How many rounds, a tree in each fold, a look may have, one at least. One fit to all rows may follow the second.
    pub(super) fn rounds(&self, look: Look, examples: &Examples<'_>, folds: &[Fold]) -> usize {
        let round: f64 = folds.iter().map(|fold| of_tree(examples, fold.train.len())).sum();
        match look {
            Look::First => ((FIRST_PART * self.left / round) as usize).max(LEAST_ROUNDS),
            Look::Second => (self.left / (round + of_tree(examples, examples.won.len()))) as usize,
        }
        .max(1)
    }

    /// Takes off the trees that were grown in each fold.
    pub(super) fn spend(&mut self, examples: &Examples<'_>, folds: &[Fold], trees: &[usize]) {
        let grown = folds.iter().zip(trees).map(|(fold, &trees)| trees as f64 * of_tree(examples, fold.train.len()));
        self.left = (self.left - grown.sum::<f64>()).max(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::{Feature, FeatureMatrix};
    use crate::models::Numbered;

    /// The rounds that both looks may have where each takes all that it may, and their work as a share of the logistic model's.
    fn taken(n: usize, width: usize, logistic: f64) -> ([usize; 2], f64) {
        let features = (0..width).map(|i| Feature::new(format!("f{i}"), format!("f{i}"), FeatureKind::Numeric)).collect();
        let matrix = FeatureMatrix { features, values: Vec::new(), n_rows: n };
        let (won, weights): (Vec<bool>, Vec<f32>) = (0..n).map(|row| (row % 8 == 0, 1.0)).unzip();
        let examples = Examples { matrix: &matrix, won: &won, weights: &weights, leads: &[], constraints: &Numbered::default() };
        let folds = vec![Fold { start: 0, train: vec![0; n * 4 / 5], validate: Vec::new() }; 5];
        let mut budget = Budget::beside(logistic, n);
        let mut work = 0.0;
        let rounds = [Look::First, Look::Second].map(|look| {
            let rounds = budget.rounds(look, &examples, &folds);
            budget.spend(&examples, &folds, &[rounds; 5]);
            work += 5.0 * rounds as f64 * of_tree(&examples, n * 4 / 5);
            rounds
        });
        (rounds, work / (logistic + OF_A_ROW * n as f64))
    }

    #[test]
    fn looks_take_no_more_than_their_share_of_the_work_of_the_logistic_model() {
        for (n, width) in [(500, 12), (2000, 60), (10_000, 12), (100_000, 30)] {
            // A logistic regression that tried seven penalties.
            let pass = n as f64 * (8.0 + 0.7 * width as f64);
            let ([first, second], share) = taken(n, width, 6.0 * (OF_A_FIT + 8.0 * PASSES * pass));
            assert!(first > LEAST_ROUNDS && second > LEAST_ROUNDS && share <= SHARE, "{n}: {first} and {second} rounds, {share}");
        }
    }

    #[test]
    fn where_the_logistic_model_took_next_to_nothing_there_is_one_look_and_that_short() {
        assert_eq!(taken(200, 600, 1.0).0, [LEAST_ROUNDS, 1]);
    }
}
