//! linfa's traits: `Fit` for the settings, `PredictInplace` for the model.

use linfa::ParamGuard;
use linfa::dataset::{AsSingleTargets, DatasetBase};
use linfa::traits::{Fit, PredictInplace};
use ndarray::{Array1, ArrayBase, ArrayView2, Data, Ix2};
use rayon::prelude::*;

use super::error::BoostingError;
use super::fit::{BoostingFit, fit};
use super::model::BoostingModel;
use super::own_folds::settled;
use super::params::{BoostingParams, BoostingValidParams};
use crate::models::{ColumnView, Precision, Rows};
use crate::observer::{Observer, Silent};

impl BoostingValidParams {
    /// Fits to labelled rows.
    ///
    /// # Errors
    /// [`BoostingError`]: rows, targets, weights or per-feature settings that do not fit each other; infinite values; bad codes; one class
    /// only; no rows.
    pub fn fit_rows(&self, train: &Rows<'_>) -> Result<BoostingModel, BoostingError> {
        Ok(self.fit_rows_observed(train, None, &Silent)?.model)
    }

    /// Fits to labelled rows while an observer watches: stage `"boosting"`, one step a tree; it may cancel at any time.
    ///
    /// The validation log loss is recorded after each tree of `validation`, and with
    /// [`early_stopping_rounds`](BoostingParams::early_stopping_rounds) the best number of trees is kept. Where that is set and `validation` is
    /// `None`, the last [`validation_fraction`](BoostingParams::validation_fraction) of `train` serves and is not trained on.
    ///
    /// Where neither that nor the number of trees is set and `validation` is `None`, what is left open is settled by cross-validation on `train`, groups kept whole (or without
    /// groups, copies of a row): the number of trees and the number of leaves; then all rows are fitted, up to 50,000 of them three times, averaged. It takes many times
    /// as long as a fit of given settings. Where nothing can be held out, as with one row of the rarer outcome, 200 trees are grown.
    ///
    /// # Errors
    /// [`BoostingError`]: as [`fit_rows`](Self::fit_rows), and cancelled.
    pub fn fit_rows_observed(
        &self,
        train: &Rows<'_>,
        validation: Option<&Rows<'_>>,
        observer: &dyn Observer,
    ) -> Result<BoostingFit, BoostingError> {
        match validation {
            None if self.early_stopping_rounds.is_some() => {
                let n = train.len();
                let n_validation = ((n as f64 * self.validation_fraction).round() as usize).clamp(1.min(n), n);
                // Lengths that differ are reported by `fit`, so nothing is split before they are known to agree.
                match train.split_at(n - n_validation) {
                    Some((early, late)) => fit(self, &early, Some(&late), observer),
                    None => fit(self, train, None, observer),
                }
            }
            None if !self.given.fixes("n_estimators") => fit(&settled(self, train, observer)?, train, None, observer),
            validation => fit(self, train, validation, observer),
        }
    }

    /// Fits a linfa dataset while an observer watches; see [`fit_rows_observed`](Self::fit_rows_observed).
    ///
    /// # Errors
    /// As there.
    pub fn fit_observed<D, F, T>(
        &self,
        train: &DatasetBase<ArrayBase<D, Ix2>, T>,
        validation: Option<&DatasetBase<ArrayBase<D, Ix2>, T>>,
        observer: &dyn Observer,
    ) -> Result<BoostingFit, BoostingError>
    where
        D: Data<Elem = F>,
        F: Precision,
        T: AsSingleTargets<Elem = bool>,
    {
        self.fit_rows_observed(&Rows::of_dataset(train), validation.map(Rows::of_dataset).as_ref(), observer)
    }
}

impl BoostingParams {
    /// Checks the settings, then fits to labelled rows.
    ///
    /// # Errors
    /// [`BoostingError`]: a setting out of its range, or what fitting says.
    pub fn fit_rows(&self, train: &Rows<'_>) -> Result<BoostingModel, BoostingError> {
        self.check_ref()?.fit_rows(train)
    }

    /// Checks the settings, then fits as [`BoostingValidParams::fit_observed`] does.
    ///
    /// # Errors
    /// [`BoostingError`]: a setting out of its range, or what fitting says.
    pub fn fit_observed<D, F, T>(
        &self,
        train: &DatasetBase<ArrayBase<D, Ix2>, T>,
        validation: Option<&DatasetBase<ArrayBase<D, Ix2>, T>>,
        observer: &dyn Observer,
    ) -> Result<BoostingFit, BoostingError>
    where
        D: Data<Elem = F>,
        F: Precision,
        T: AsSingleTargets<Elem = bool>,
    {
        self.check_ref()?.fit_observed(train, validation, observer)
    }
}

impl<D, F, T> Fit<ArrayBase<D, Ix2>, T, BoostingError> for BoostingValidParams
where
    D: Data<Elem = F>,
    F: Precision,
    T: AsSingleTargets<Elem = bool>,
{
    type Object = BoostingModel;

    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<BoostingModel, BoostingError> {
        Ok(self.fit_observed(dataset, None, &Silent)?.model)
    }
}

/// Rows that a thread takes at a time.
const ROWS_AT_ONCE: usize = 4096;
/// So few rows are walked one by one.
const FEW_ROWS: usize = 16;

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
        if out.len() <= FEW_ROWS {
            let value =
                |feature: usize, row: usize| columns.get(feature).filter(|column| row < column.len()).map_or(f32::NAN, |c| c.get(row));
            for (row, out) in out.iter_mut().enumerate() {
                let values: Vec<f32> = (0..self.n_features()).map(|feature| value(feature, row)).collect();
                *out = self.log_odds(&values);
            }
            return;
        }
        let predict = |(chunk, out): (usize, &mut [f64])| {
            self.log_odds_read(out, |feature, first, values| {
                let Some(column) = columns.get(feature) else { return };
                let first = chunk * ROWS_AT_ONCE + first;
                let n = values.len().min(column.len().saturating_sub(first));
                if n > 0 {
                    column.read(first, &mut values[..n]);
                }
            });
        };
        // Waking a thread takes longer than a chunk.
        if out.len() <= ROWS_AT_ONCE { predict((0, out)) } else { out.par_chunks_mut(ROWS_AT_ONCE).enumerate().for_each(predict) }
    }
}

impl<F: Precision + Copy + Sync, D: Data<Elem = F>> PredictInplace<ArrayBase<D, Ix2>, Array1<bool>> for BoostingModel {
    /// Whether each row is more likely won than lost. `y` takes the number of rows of `x`. A matrix of another width is read as
    /// [`predict_log_odds`](BoostingModel::predict_log_odds) says.
    fn predict_inplace<'a>(&'a self, x: &'a ArrayBase<D, Ix2>, y: &mut Array1<bool>) {
        *y = self.predict_log_odds(&x.view()).mapv(|log_odds| log_odds > 0.0);
    }

    fn default_target(&self, x: &ArrayBase<D, Ix2>) -> Array1<bool> {
        Array1::default(x.nrows())
    }
}
