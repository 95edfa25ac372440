//! What boosting predicts for rows that it did not see, its settings settled on the way.

use linfa::ParamGuard;

use super::folds::Fold;
use super::out_of_fold::{Candidate, Examples, OutOfFold, fill};
use crate::models::SelectedRows;
use crate::models::boosting::{BoostingParams, Trial};
use crate::{Error, Observer};

/// How much is tried before boosting predicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effort {
    /// Few trees of large steps: what more would come to shows roughly.
    Glance,
    /// All that the caller left open is settled.
    Full,
}

/// Boosting's predictions out of fold; what the caller left open is chosen by them.
pub(super) fn boosted(
    params: &BoostingParams,
    effort: Effort,
    examples: &Examples<'_>,
    folds: &[Fold],
    observer: &dyn Observer,
) -> Result<OutOfFold, Error> {
    let weights: Vec<f64> = folds.iter().map(|fold| examples.weight(&fold.validate)).collect();
    let rows = examples.rows();
    let fit = |params: &BoostingParams, fold: usize, observer: &dyn Observer| -> Result<_, Error> {
        let checked = examples.constrained(params.clone()).check()?;
        let fold = &folds[fold];
        let (train, validation) = (rows.select(&fold.train), params.stops_early().then(|| rows.select(&fold.validate)));
        Ok(checked.fit_rows_observed(&train.rows(), validation.as_ref().map(SelectedRows::rows).as_ref(), observer)?)
    };
    let trial = Trial { size: examples.size(), weights: &weights, fit, observer };
    let (params, fits) = match effort {
        Effort::Glance => trial.glance(params)?,
        Effort::Full => match trial.settle(params)? {
            (params, _) if params.averages() => {
                let fits = trial.fit_folds(&params, ", averaged")?;
                (params, fits)
            }
            settled => settled,
        },
    };
    let mut log_odds = vec![f64::NAN; examples.won.len()];
    for (fit, fold) in fits.iter().zip(folds) {
        fill(&mut log_odds, &fold.validate, examples, |row| fit.grown.log_odds(row));
    }
    Ok(OutOfFold::new(Candidate::Boosting(params), log_odds, examples))
}
