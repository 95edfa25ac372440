//! The validation rows, and how the trees do on them.

use rayon::prelude::*;

use super::bins::{Column, check_columns};
use super::codes::{Codes, Table};
use super::derived::Derived;
use super::error::BoostingError;
use super::leaf_finder::{self, LeafFinder};
use super::params::BoostingValidParams;
use super::rows::CheckedRows;
use crate::math::softplus;
use crate::models::Rows;
use crate::observer::Observer;

/// The state of the validation between two trees.
pub(crate) struct Validation<'a> {
    rows: CheckedRows<'a>,
    given: Codes,
    derived: Codes,
    log_odds: Vec<f64>,
    log_loss: Vec<f64>,
    best: usize,
}

impl<'a> Validation<'a> {
    /// Checks the rows against the training's number of features.
    pub(crate) fn check(
        params: &BoostingValidParams,
        rows: &Rows<'_>,
        n_features: usize,
        observer: &dyn Observer,
    ) -> Result<(), BoostingError> {
        if rows.columns.len() != n_features {
            return Err(BoostingError::ValidationWidth { got: rows.columns.len(), expected: n_features });
        }
        check_columns(&rows.columns, |feature| params.codes(feature), observer)?;
        if CheckedRows::new(rows)?.active.is_empty() {
            return Err(BoostingError::EmptyValidation { rows: rows.len() });
        }
        Ok(())
    }

    /// The rows in the training's bins, at the base.
    pub(crate) fn new(
        params: &BoostingValidParams,
        rows: &Rows<'a>,
        columns: &[Column],
        derived: &Derived,
        base: f64,
    ) -> Result<Self, BoostingError> {
        let given = Codes::of(rows, columns);
        let derived = derived.encode(rows, |feature| params.codes(feature));
        let checked = CheckedRows::new(rows)?;
        let offset = |row: usize| checked.offsets.get(row).copied().unwrap_or(0.0);
        let log_odds: Vec<f64> = (0..rows.len()).map(|row| base + offset(row)).collect();
        let log_loss = vec![mean_log_loss(&checked, &log_odds)];
        Ok(Self { rows: checked, given, derived, log_odds, log_loss, best: 0 })
    }

    /// Takes the next tree, with the value of each leaf.
    pub(crate) fn add(&mut self, finder: &LeafFinder, values: &[f64]) {
        let table = Table::new(&self.given, &self.derived);
        self.log_odds.par_chunks_mut(leaf_finder::CHUNK).enumerate().for_each(|(chunk, log_odds)| {
            let (first, mut leaves) = (chunk * leaf_finder::CHUNK, [0; leaf_finder::CHUNK]);
            let leaves = &mut leaves[..log_odds.len()];
            finder.find(&table, first..first + leaves.len(), leaves);
            log_odds.iter_mut().zip(leaves).for_each(|(z, leaf)| *z += values[usize::from(*leaf)]);
        });
        self.log_loss.push(mean_log_loss(&self.rows, &self.log_odds));
        let n_trees = self.log_loss.len() - 1;
        if self.log_loss[n_trees] < self.log_loss[self.best] {
            self.best = n_trees;
        }
    }

    /// Whether the log loss has not fallen for so many trees.
    pub(crate) fn should_stop(&self, rounds: Option<usize>) -> bool {
        rounds.is_some_and(|rounds| self.log_loss.len() - 1 - self.best >= rounds)
    }

    /// The number of trees of least log loss, and the log loss after each number of trees.
    pub(crate) fn into_best(self) -> (usize, Vec<f64>) {
        (self.best, self.log_loss)
    }
}

/// The weighted mean log loss. Summed in chunks of a fixed size, so that the number of threads does not change a bit.
fn mean_log_loss(rows: &CheckedRows<'_>, log_odds: &[f64]) -> f64 {
    let chunks = rows.active.par_chunks(4096).map(|active| {
        active.iter().fold((0.0, 0.0), |(loss, total), &row| {
            let (row, weight) = (row as usize, f64::from(rows.weights[row as usize]));
            let z = log_odds[row];
            (loss + weight * softplus(if rows.won[row] { -z } else { z }), total + weight)
        })
    });
    let sums: Vec<(f64, f64)> = chunks.collect();
    let (loss, total) = sums.into_iter().fold((0.0, 0.0), |sum, chunk| (sum.0 + chunk.0, sum.1 + chunk.1));
    loss / total
}
