//! What boosting predicts for rows that it did not see, its settings settled on the way.

use linfa::ParamGuard;

use super::folds::Fold;
use super::out_of_fold::{Candidate, Examples, OutOfFold, fill};
use super::work::Budget;
use crate::models::SelectedRows;
use crate::models::boosting::{BoostingFit, BoostingParams, Look, Starts, Trial};
use crate::{Error, Observer};

/// Boosting's predictions out of fold; what the caller left open is chosen by them.
pub(super) fn boosted(
    params: &BoostingParams,
    examples: &Examples<'_>,
    folds: &[Fold],
    observer: &dyn Observer,
) -> Result<OutOfFold, Error> {
    let weights = weights(examples, folds);
    let trial = trial(examples, folds, &weights, observer);
    let (params, fits) = match trial.settle(params)? {
        (params, _) if params.averages() => {
            let fits = trial.fit_folds(&params, ", averaged")?;
            (params, fits)
        }
        settled => settled,
    };
    Ok(judged(params, &fits, examples, folds))
}

/// What a look at boosting predicts out of fold, within `budget`, from which it is taken off.
pub(super) fn looked_at(
    params: &BoostingParams,
    look: Look,
    budget: &mut Budget,
    examples: &Examples<'_>,
    folds: &[Fold],
    observer: &dyn Observer,
) -> Result<OutOfFold, Error> {
    let weights = weights(examples, folds);
    let trial = trial(examples, folds, &weights, observer);
    let (params, fits) = trial.look(params, look, budget.rounds(look, examples, folds))?;
    let grown: Vec<usize> = fits.iter().map(|fit| fit.validation_log_loss.len().saturating_sub(1)).collect();
    budget.spend(examples, folds, &grown);
    Ok(judged(params, &fits, examples, folds))
}

fn trial<'a>(
    examples: &'a Examples<'a>,
    folds: &'a [Fold],
    weights: &'a [f64],
    observer: &'a dyn Observer,
) -> Trial<'a, impl Fn(&BoostingParams, usize, &dyn Observer) -> Result<BoostingFit, Error> + Sync + 'a> {
    let rows_per_group = Box::new(|| examples.rows_per_lead());
    Trial { size: examples.size(), rows_per_group, weights, fit: fold_fit(examples, folds), observer }
}

fn weights(examples: &Examples<'_>, folds: &[Fold]) -> Vec<f64> {
    folds.iter().map(|fold| examples.weight(&fold.validate)).collect()
}

/// How a fold is fitted.
fn fold_fit<'a>(
    examples: &'a Examples<'a>,
    folds: &'a [Fold],
) -> impl Fn(&BoostingParams, usize, &dyn Observer) -> Result<BoostingFit, Error> + Sync + 'a {
    let (rows, starts) = (examples.rows(), Starts::new(folds.len()));
    move |params, of, observer| {
        let checked = examples.constrained(params.clone()).check()?;
        let fold = &folds[of];
        let (train, validation) = (rows.select(&fold.train), params.stops_early().then(|| rows.select(&fold.validate)));
        Ok(starts.fit(of, &checked, &train.rows(), validation.as_ref().map(SelectedRows::rows).as_ref(), observer)?)
    }
}

/// What each fold's fit predicts for the rows that it judges.
fn judged(params: BoostingParams, fits: &[BoostingFit], examples: &Examples<'_>, folds: &[Fold]) -> OutOfFold {
    let mut log_odds = vec![f64::NAN; examples.won.len()];
    for (fit, fold) in fits.iter().zip(folds) {
        fill(&mut log_odds, &fold.validate, examples, |row| fit.grown.log_odds(row));
    }
    OutOfFold::new(Candidate::Boosting(params), log_odds, examples)
}
