//! Predicting many rows at once, with the bits of one at a time.

use ndarray::{Array1, ArrayView2};
use rayon::prelude::*;

use super::column::add_scaled;
use super::design::scale;
use super::kernels::{STRIP, Strip};
use super::term::{CategoricalTerm, NumericTerm, Term};
use super::{LogisticError, LogisticModel};
use crate::models::{ColumnView, Precision, Rows};

/// Strips that one thread takes at a time.
const STRIPS_AT_ONCE: usize = 32;

impl LogisticModel {
    /// The log-odds of each row of `records` (n x features), the same bits as [`log_odds`](Self::log_odds) row by row. Columns that `records` lacks count as missing.
    #[must_use]
    pub fn predict_log_odds<F: Precision>(&self, records: &ArrayView2<'_, F>) -> Array1<f64> {
        let won = Array1::default(0);
        let rows = Rows::of_matrix(records.view(), won.view());
        self.log_odds_of(&rows.columns, records.nrows())
    }

    /// The log-odds of each row of a table, given by its columns; the same bits as [`log_odds`](Self::log_odds) row by row. Columns that are not there count as
    /// missing. A number beyond `f32` counts as the largest that training saw.
    ///
    /// # Errors
    /// [`LogisticError::Lengths`] when the columns are not of equal length.
    pub fn predict_rows(&self, columns: &[ColumnView<'_>]) -> Result<Array1<f64>, LogisticError> {
        let n_rows = columns.first().map_or(0, ColumnView::len);
        match columns.iter().find(|column| column.len() != n_rows) {
            Some(column) => Err(LogisticError::Lengths { what: "a column", found: column.len(), expected: n_rows }),
            None => Ok(self.log_odds_of(columns, n_rows)),
        }
    }

    /// What feature `feature` adds to the log-odds of each row, given its column; nothing when it was dropped.
    pub(crate) fn term_of(&self, feature: usize, column: &ColumnView<'_>) -> Option<Vec<f64>> {
        let term = self.terms.iter().find(|term| term.feature() == feature)?;
        let mut z = vec![0.0; column.len()];
        for (strip, out) in z.chunks_mut(STRIP).enumerate() {
            let (mut values, mut added) = ([f32::NAN; STRIP], [0.0; STRIP]);
            column.read(strip * STRIP, &mut values[..out.len()]);
            term.add_to(&mut values, &mut added);
            out.copy_from_slice(&added[..out.len()]);
        }
        Some(z)
    }

    /// The log-odds of the rows of columns that are as long as there are rows.
    pub(crate) fn log_odds_of(&self, columns: &[ColumnView<'_>], n_rows: usize) -> Array1<f64> {
        let mut log_odds = vec![self.intercept; n_rows];
        log_odds.par_chunks_mut(STRIPS_AT_ONCE * STRIP).enumerate().for_each(|(chunk, log_odds)| {
            let mut z: Strip = [0.0; STRIP];
            for (strip, out) in (chunk * STRIPS_AT_ONCE..).zip(log_odds.chunks_mut(STRIP)) {
                z[..out.len()].copy_from_slice(out);
                for term in &self.terms {
                    let mut values = [f32::NAN; STRIP];
                    if let Some(column) = columns.get(term.feature()) {
                        column.read(strip * STRIP, &mut values[..out.len()]);
                    }
                    term.add_to(&mut values, &mut z);
                }
                out.copy_from_slice(&z[..out.len()]);
            }
        });
        log_odds.into()
    }
}

impl Term {
    /// Adds the term of each raw value to `z`. The values are changed on the way.
    fn add_to(&self, values: &mut [f32; STRIP], z: &mut Strip) {
        match self {
            Self::Numeric(term) => term.add_to(values, z),
            Self::Categorical(term) => term.add_to(values, z),
        }
    }
}

impl NumericTerm {
    fn add_to(&self, values: &mut [f32; STRIP], z: &mut Strip) {
        let present = values.map(|value| !value.is_nan());
        scale(&self.scaling, values);
        add_scaled(values, &present, self.coefficient, self.missing, z);
    }
}

impl CategoricalTerm {
    fn add_to(&self, values: &[f32; STRIP], z: &mut Strip) {
        for (value, z) in values.iter().zip(z) {
            *z += self.value(*value);
        }
    }
}
