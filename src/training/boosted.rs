//! What boosting predicts for rows that it did not see, its settings settled on the way: the size of the trees, their number, and how many models are averaged.

use std::cell::Cell;

use linfa::ParamGuard;

use super::folds::Fold;
use super::out_of_fold::{Candidate, Examples, OutOfFold, Part, fill};
use super::stage::Within;
use crate::models::boosting::{BoostingFit, BoostingParams};
use crate::{Error, Observer};

/// So many numbers of leaves are compared; further, larger ones only while each is better than those before.
const ALWAYS_TRIED: usize = 3;

/// One fit for each fold.
struct Fits {
    params: BoostingParams,
    fits: Vec<BoostingFit>,
    /// The number of trees at which the folds do best together, with their log loss there.
    best: Option<(usize, f64)>,
}

impl Fits {
    fn loss(&self) -> f64 {
        self.best.map_or(f64::INFINITY, |(_, loss)| loss)
    }
}

/// Boosting's predictions out of fold. What the caller left open is chosen by them: with early stopping the number of trees, and among few rows the number of leaves.
/// Then, of few rows, several models are averaged.
pub(super) fn boosted(
    params: &BoostingParams,
    examples: &Examples<'_>,
    folds: &[Fold],
    observer: &dyn Observer,
) -> Result<OutOfFold, Error> {
    let size = examples.size();
    let settles = params.stops_early();
    let leaves = if settles { params.leaves_to_try(size) } else { Vec::new() };
    let averaged = if settles { params.settled_averaging(size) } else { 1 };
    // The folds and the last fit share their settings, so that the number of trees means the same to all.
    let steps = (leaves.len().max(1) + usize::from(averaged > 1)) * folds.len();
    let step = Cell::new(0);
    let fit_folds = |params: &BoostingParams| -> Result<Vec<BoostingFit>, Error> {
        let validates = params.stops_early();
        let checked = examples.constrained(params.clone()).check()?;
        (folds.iter())
            .map(|fold| {
                let within = Within::fold(observer, step.replace(step.get() + 1), steps);
                let (train, validation) = (examples.part(&fold.train), validates.then(|| examples.part(&fold.validate)));
                Ok(checked.fit_rows_observed(&train.rows(), validation.as_ref().map(Part::rows).as_ref(), &within)?)
            })
            .collect()
    };

    let find = |params: BoostingParams| -> Result<Fits, Error> {
        // A single model finds the number of trees, of which then several are averaged.
        let fits = fit_folds(&if averaged > 1 { params.clone().averaging(1) } else { params.clone() })?;
        let curves: Vec<(&[f64], f64)> =
            (fits.iter().zip(folds)).map(|(fit, fold)| (fit.validation_log_loss.as_slice(), examples.weight(&fold.validate))).collect();
        // One number of trees for all folds: it is chosen once, from as many rows as all folds judge together, so that the optimism of choosing it on the judged rows
        // is that of a single setting.
        let best = if settles { best_round(&curves) } else { None };
        Ok(Fits { params, fits, best })
    };
    let of_leaves = |leaves: usize| params.clone().num_leaves(leaves).adapted(size);
    let mut found = find(leaves.first().map_or_else(|| params.adapted(size), |&leaves| of_leaves(leaves)))?;
    for (nth, &leaves) in leaves.iter().enumerate().skip(1) {
        let other = find(of_leaves(leaves))?;
        if other.loss() < found.loss() {
            found = other;
        } else if nth + 1 >= ALWAYS_TRIED {
            break;
        }
    }
    // Numbers of leaves that were not tried count as done.
    step.set(leaves.len().max(1) * folds.len());
    let Fits { params, mut fits, best } = found;
    let mut log_odds = vec![f64::NAN; examples.won.len()];
    let params = match best {
        // A model has a tree at least.
        Some((trees, _)) => {
            let params = params.n_estimators(trees.max(1)).early_stopping_rounds(None).averaging(averaged);
            if averaged > 1 {
                fits = fit_folds(&params)?;
            } else {
                fits.iter_mut().for_each(|fit| fit.grown = fit.grown.truncated(trees.max(1)));
            }
            params
        }
        None => params,
    };
    for (fit, fold) in fits.iter().zip(folds) {
        fill(&mut log_odds, &fold.validate, examples, |row| fit.grown.log_odds(row));
    }
    Ok(OutOfFold::new(Candidate::Boosting(params), log_odds, examples))
}

/// The number of trees (the curves begin with none) at which the folds' validation curves, weighted by their rows, are lowest together, and their weighted sum there. A
/// fold that stopped early counts with its last value from there on.
fn best_round(curves: &[(&[f64], f64)]) -> Option<(usize, f64)> {
    let rounds = curves.iter().map(|(curve, _)| curve.len()).max().filter(|&rounds| rounds > 0)?;
    let total = |round: usize| -> f64 {
        curves.iter().filter_map(|(curve, weight)| curve.get(round.min(curve.len().saturating_sub(1))).map(|loss| loss * weight)).sum()
    };
    let mut best = (0, f64::INFINITY);
    for round in 0..rounds {
        let loss = total(round);
        if loss < best.1 {
            best = (round, loss);
        }
    }
    Some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_round_is_the_lowest_point_of_the_summed_curves() {
        let (a, b) = ([0.9, 0.5, 0.6, 0.7], [0.8, 0.7]);
        assert_eq!(best_round(&[(&a, 1.0), (&b, 1.0)]), Some((1, 1.2)));
        assert_eq!(best_round(&[(&[], 1.0)]), None);
    }
}
