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
/// So many times the work of the logistic model may trees take before they have shown that they gain on it. With that model itself, and a tenth for what is counted badly, four.
const SHARE: f64 = 2.7;
/// The first look's part of it.
const FIRST_PART: f64 = 0.6;
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
fn of_tree(examples: &Examples<'_>, rows: usize, look: Look) -> f64 {
    let splits = (examples.matrix.features.len() * look.leaves(examples.size())) as f64;
    // The more rows, the more of the bins of a leaf are filled.
    let of_split = 330.0 * libm::log2(1.0 + rows as f64 / 100.0);
    OF_A_TREE + 36.0 * rows as f64 + splits * of_split
}

/// What is left of the work that trees may take.
pub(super) struct Budget {
    left: f64,
}

impl Budget {
    /// Beside logistic fits whose work was this, the last fit to all rows counted.
    pub(super) fn beside(logistic: f64) -> Self {
        Self { left: SHARE * logistic }
    }

    /// How many rounds, a tree in each fold, a look may have.
    pub(super) fn rounds(&self, look: Look, examples: &Examples<'_>, folds: &[Fold]) -> usize {
        let round: f64 = folds.iter().map(|fold| of_tree(examples, fold.train.len(), look)).sum();
        match look {
            Look::First => ((FIRST_PART * self.left / round) as usize).max(LEAST_ROUNDS),
            Look::Second => (self.left / round) as usize,
        }
    }

    /// Takes off the trees that were grown in each fold.
    pub(super) fn spend(&mut self, look: Look, examples: &Examples<'_>, folds: &[Fold], trees: &[usize]) {
        let grown = folds.iter().zip(trees).map(|(fold, &trees)| trees as f64 * of_tree(examples, fold.train.len(), look));
        self.left = (self.left - grown.sum::<f64>()).max(0.0);
    }
}
