//! linfa's traits: `Fit` for the settings, `PredictInplace` for the model.

use linfa::ParamGuard;
use linfa::dataset::{AsSingleTargets, DatasetBase};
use linfa::traits::{Fit, PredictInplace};
use ndarray::{Array1, ArrayBase, Data, Ix2};

use super::{LogisticError, LogisticModel, LogisticParams, LogisticValidParams};
use crate::models::{Precision, Rows};
use crate::observer::{Observer, Silent};

impl<D, F, T> Fit<ArrayBase<D, Ix2>, T, LogisticError> for LogisticValidParams
where
    D: Data<Elem = F>,
    F: Precision,
    T: AsSingleTargets<Elem = bool>,
{
    type Object = LogisticModel;

    /// Fits on `dataset`: records n x features in `f32` or `f64`, targets true for won.
    ///
    /// # Errors
    /// Every variant of [`LogisticError`] but `Cancelled`.
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<LogisticModel, LogisticError> {
        self.fit_rows_observed(&Rows::of_dataset(dataset), &Silent)
    }
}

impl LogisticValidParams {
    /// Fits on `train`, telling `observer` of the progress. `validation` is there for symmetry with boosting and is not read: the penalty is chosen by cross-validation
    /// within `train`.
    ///
    /// # Errors
    /// Every variant of [`LogisticError`]; `Cancelled` when the observer asked for it.
    pub fn fit_observed<D, F, T>(
        &self,
        train: &DatasetBase<ArrayBase<D, Ix2>, T>,
        _validation: Option<&DatasetBase<ArrayBase<D, Ix2>, T>>,
        observer: &dyn Observer,
    ) -> Result<LogisticModel, LogisticError>
    where
        D: Data<Elem = F>,
        F: Precision,
        T: AsSingleTargets<Elem = bool>,
    {
        self.fit_rows_observed(&Rows::of_dataset(train), observer)
    }
}

impl LogisticParams {
    /// Checks the settings and fits; see [`LogisticValidParams::fit_observed`].
    ///
    /// # Errors
    /// Every variant of [`LogisticError`].
    pub fn fit_observed<D, F, T>(
        &self,
        train: &DatasetBase<ArrayBase<D, Ix2>, T>,
        validation: Option<&DatasetBase<ArrayBase<D, Ix2>, T>>,
        observer: &dyn Observer,
    ) -> Result<LogisticModel, LogisticError>
    where
        D: Data<Elem = F>,
        F: Precision,
        T: AsSingleTargets<Elem = bool>,
    {
        self.check_ref()?.fit_observed(train, validation, observer)
    }

    /// Checks the settings and fits on `rows`; see [`LogisticValidParams::fit_rows_observed`].
    ///
    /// ```
    /// use leadscore::models::{ColumnView, Rows, logistic::LogisticParams};
    /// use ndarray::Array1;
    ///
    /// let visits: Array1<f64> = (0..200).map(|row| f64::from(row % 20)).collect();
    /// let won: Array1<bool> = (0..200).map(|row| row % 20 + row % 3 >= 12).collect();
    /// let model = LogisticParams::new().fit_rows(&Rows::new(vec![ColumnView::F64(visits.view())], won.view()))?;
    /// assert!(model.log_odds(&[18.0]) > model.log_odds(&[2.0]));
    /// # Ok::<(), leadscore::models::logistic::LogisticError>(())
    /// ```
    ///
    /// # Errors
    /// Every variant of [`LogisticError`] but `Cancelled`.
    pub fn fit_rows(&self, rows: &Rows<'_>) -> Result<LogisticModel, LogisticError> {
        self.check_ref()?.fit_rows(rows)
    }
}

/// Whether each row converts, at a probability of one half.
impl<D, F> PredictInplace<ArrayBase<D, Ix2>, Array1<bool>> for LogisticModel
where
    D: Data<Elem = F>,
    F: Precision,
{
    /// Fills `won`, which takes the number of rows of `records`.
    fn predict_inplace<'a>(&'a self, records: &'a ArrayBase<D, Ix2>, won: &mut Array1<bool>) {
        *won = self.predict_log_odds(&records.view()).mapv(|log_odds| log_odds > 0.0);
    }

    fn default_target(&self, records: &ArrayBase<D, Ix2>) -> Array1<bool> {
        Array1::from_elem(records.nrows(), false)
    }
}
