//! linfa's traits: `Fit` for the settings, `PredictInplace` for the model.

use linfa::ParamGuard;
use linfa::dataset::{AsSingleTargets, DatasetBase};
use linfa::traits::{Fit, PredictInplace};
use ndarray::{Array1, ArrayBase, ArrayView2, Axis, Data, Ix2};
use rayon::prelude::*;

use super::error::BoostingError;
use super::fit::{BoostingFit, Rows, fit};
use super::model::BoostingModel;
use super::params::{BoostingParams, BoostingValidParams};
use crate::models::rows::{ColumnView, Precision};
use crate::observer::{Observer, Silent};

fn rows<D: Data<Elem = f32>, T>(dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Rows<'_>
where
    T: AsSingleTargets<Elem = bool>,
{
    Rows { records: dataset.records.view(), won: dataset.targets.as_single_targets(), weights: dataset.weights.view() }
}

impl BoostingValidParams {
    /// Fits while an observer watches: stage `"boosting"`, one step a tree; it may cancel at any time.
    ///
    /// The validation log loss is recorded after each tree of `validation`, and with
    /// [`early_stopping_rounds`](BoostingParams::early_stopping_rounds) the best number of trees is kept. Where that is set and `validation` is
    /// `None`, the last [`validation_fraction`](BoostingParams::validation_fraction) of `train` serves and is not trained on.
    ///
    /// # Errors
    /// [`BoostingError`]: rows, targets, weights or per-feature settings that do not fit each other; infinite values; bad codes; one class
    /// only; no rows; cancelled.
    pub fn fit_observed<D, T>(
        &self,
        train: &DatasetBase<ArrayBase<D, Ix2>, T>,
        validation: Option<&DatasetBase<ArrayBase<D, Ix2>, T>>,
        observer: &dyn Observer,
    ) -> Result<BoostingFit, BoostingError>
    where
        D: Data<Elem = f32>,
        T: AsSingleTargets<Elem = bool>,
    {
        let train = rows(train);
        match validation {
            Some(validation) => fit(self, train, Some(rows(validation)), observer),
            None if self.early_stopping_rounds.is_some() => {
                let n = train.records.nrows();
                let n_validation = ((n as f64 * self.validation_fraction).round() as usize).clamp(1.min(n), n);
                // Lengths that differ are reported by `fit`, so nothing is split before they are known to agree.
                if train.won.len() != n || !(train.weights.is_empty() || train.weights.len() == n) {
                    return fit(self, train, None, observer);
                }
                let (records, late_records) = train.records.split_at(Axis(0), n - n_validation);
                let (won, late_won) = train.won.split_at(Axis(0), n - n_validation);
                let (weights, late_weights) = if train.weights.is_empty() {
                    (train.weights, train.weights)
                } else {
                    train.weights.split_at(Axis(0), n - n_validation)
                };
                let late = Rows { records: late_records, won: late_won, weights: late_weights };
                fit(self, Rows { records, won, weights }, Some(late), observer)
            }
            None => fit(self, train, None, observer),
        }
    }
}

impl BoostingParams {
    /// Checks the settings, then fits as [`BoostingValidParams::fit_observed`] does.
    ///
    /// # Errors
    /// [`BoostingError`]: a setting out of its range, or what fitting says.
    pub fn fit_observed<D, T>(
        &self,
        train: &DatasetBase<ArrayBase<D, Ix2>, T>,
        validation: Option<&DatasetBase<ArrayBase<D, Ix2>, T>>,
        observer: &dyn Observer,
    ) -> Result<BoostingFit, BoostingError>
    where
        D: Data<Elem = f32>,
        T: AsSingleTargets<Elem = bool>,
    {
        self.check_ref()?.fit_observed(train, validation, observer)
    }
}

impl<D, T> Fit<ArrayBase<D, Ix2>, T, BoostingError> for BoostingValidParams
where
    D: Data<Elem = f32>,
    T: AsSingleTargets<Elem = bool>,
{
    type Object = BoostingModel;

    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<BoostingModel, BoostingError> {
        Ok(self.fit_observed(dataset, None, &Silent)?.model)
    }
}

/// Rows that a thread takes at a time.
const ROWS_AT_ONCE: usize = 4096;

impl BoostingModel {
    /// The log-odds of each row of `records` (rows x features), to the bit those of [`log_odds`](Self::log_odds), on all threads of rayon's pool.
    /// `f64` is cast to `f32` first. Columns that `records` lacks count as missing, and those beyond the features are ignored.
    #[must_use]
    pub fn predict_log_odds<F: Precision + Copy + Sync>(&self, records: &ArrayView2<'_, F>) -> Array1<f64> {
        let columns: Vec<ColumnView<'_>> = records.columns().into_iter().take(self.n_features()).map(F::column).collect();
        let mut out = Array1::zeros(records.nrows());
        if let Some(out) = out.as_slice_mut() {
            self.predict_columns(&columns, out);
        }
        out
    }

    /// The log-odds of the rows of these columns, one for each feature in their order, on all threads of rayon's pool: one for each row of the
    /// longest column. Columns that lack, and the rest of shorter ones, count as missing; columns beyond the features are ignored.
    #[must_use]
    pub fn predict_rows(&self, columns: &[ColumnView<'_>]) -> Vec<f64> {
        let mut out = vec![0.0; columns.iter().map(ColumnView::len).max().unwrap_or(0)];
        self.predict_columns(columns, &mut out);
        out
    }

    fn predict_columns(&self, columns: &[ColumnView<'_>], out: &mut [f64]) {
        out.par_chunks_mut(ROWS_AT_ONCE).enumerate().for_each(|(chunk, out)| {
            self.log_odds_read(out, |feature, first, values| {
                let Some(column) = columns.get(feature) else { return };
                let first = chunk * ROWS_AT_ONCE + first;
                let n = values.len().min(column.len().saturating_sub(first));
                if n > 0 {
                    column.read(first, &mut values[..n]);
                }
            });
        });
    }
}

impl<F: Precision + Copy + Sync, D: Data<Elem = F>> PredictInplace<ArrayBase<D, Ix2>, Array1<bool>> for BoostingModel {
    /// Whether each row is more likely won than lost. `y` takes the number of rows of `x`. A matrix of another width is read as
    /// [`predict_log_odds`](BoostingModel::predict_log_odds) says.
    fn predict_inplace<'a>(&'a self, x: &'a ArrayBase<D, Ix2>, y: &mut Array1<bool>) {
        *y = self.predict_log_odds(&x.view()).mapv(|log_odds| log_odds >= 0.0);
    }

    fn default_target(&self, x: &ArrayBase<D, Ix2>) -> Array1<bool> {
        Array1::default(x.nrows())
    }
}
