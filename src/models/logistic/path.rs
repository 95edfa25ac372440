//! The choice of the penalty by cross-validated log loss.
//!
//! Forming a Hessian is what costs, so it is formed once per fold, at the fit of all rows under a middling penalty, and serves every penalty of the path: a chord method,
//! whose steps cost a pass over the data each. A fold whose chord stalls goes on with Newton's method proper.

use rayon::prelude::*;

use super::LogisticError;
use super::design::Design;
use super::linear_algebra::Symmetric;
use super::newton::{Curvature, FACTOR_LIMIT, Goal, Point, Problem, Watch, weighted_loss};

/// Half a decade apart. The penalty is the inverse of the prior variance of a coefficient per standard deviation, so the scale does not depend on the number of rows.
const PATH: [f64; 9] = [1000.0, 316.0, 100.0, 31.6, 10.0, 3.16, 1.0, 0.316, 0.1];
/// The penalty when there is too little data to choose: coefficients of about a third per standard deviation are plausible before any data is seen.
const UNTRIED: f64 = 10.0;
/// Losses per row closer than this need not be told apart.
const EXCESS: f64 = 1e-6;

/// The penalty chosen, the losses on the way, and coefficients to start the last fit from.
pub(super) struct Choice {
    pub(super) l2: f64,
    pub(super) path: Vec<(f64, f64)>,
    pub(super) start: Vec<f64>,
}

/// The rows of one fold's complement, and how far its path has come.
struct Fold {
    train: Vec<f64>,
    held_out: Vec<f64>,
    total: f64,
    hessian: Symmetric,
    point: Point,
}

/// Chooses the penalty. `folds` counts folds; weights are positive in sum for both classes.
pub(super) fn choose(design: &Design, won: &[bool], weights: &[f64], folds: u32, watch: &Watch<'_>) -> Result<Choice, LogisticError> {
    let all = Problem { design, won, weights, total_weight: weights.iter().sum(), l2: UNTRIED, watch };
    let zero = Point::new(design, vec![0.0; design.order]);
    let middle = all.minimise(zero, &Curvature::suited(design), Goal::Excess(EXCESS), 20)?.point;

    let (fold_of, n_folds) = assign(won, weights, folds as usize);
    if n_folds < 2 {
        return Ok(Choice { l2: UNTRIED, path: Vec::new(), start: middle.coefficients });
    }
    let mut states = start_folds(&all, &middle, &fold_of, n_folds)?;

    let mut path: Vec<(f64, f64)> = Vec::new();
    for l2 in PATH {
        let losses: Vec<Result<f64, LogisticError>> = states
            .par_iter_mut()
            .map(|fold| {
                advance(fold, design, won, l2, watch)?;
                let z = &fold.point.log_odds;
                Ok(weighted_loss(won, &fold.held_out, |row| z[row]))
            })
            .collect();
        let losses = losses.into_iter().collect::<Result<Vec<f64>, _>>()?;
        path.push((l2, losses.iter().sum::<f64>() / all.total_weight));
        watch.observer.advance(1);
        // The loss has one valley: two rises in a row are its far side.
        if let [.., (_, a), (_, b), (_, c)] = path[..]
            && a < b
            && b < c
        {
            break;
        }
    }
    let best = path.iter().fold((UNTRIED, f64::INFINITY), |best, next| if next.1 < best.1 { *next } else { best });
    Ok(Choice { l2: best.0, path, start: middle.coefficients })
}

/// Neighbouring rows of a class that share a fold, when there are enough of them.
const RUN: usize = 16;

/// The fold of each row, and how many folds there are.
///
/// The rows of each class, in their order, are dealt in short runs. Runs keep most snapshots of one lead together; dealing gives every fold the same mix of early and late
/// rows. Folds of one long block each would answer another question where the data drifts, and choose a penalty that shrinks all there is to learn.
pub(super) fn assign(won: &[bool], weights: &[f64], folds: usize) -> (Vec<usize>, usize) {
    let count = |class: bool| won.iter().zip(weights).filter(|(won, weight)| **won == class && **weight > 0.0).count();
    let counts = [count(false), count(true)];
    let folds = folds.min(counts[0]).min(counts[1]).max(1);
    // At least four runs a fold, so that folds are of nearly equal size.
    let runs = counts.map(|count| (count / (4 * folds)).clamp(1, RUN));
    let mut seen = [0_usize; 2];
    let fold_of = won.iter().zip(weights).map(|(won, weight)| {
        let class = usize::from(*won);
        let fold = seen[class] / runs[class] % folds;
        seen[class] += usize::from(*weight > 0.0);
        fold
    });
    (fold_of.collect(), folds)
}

fn start_folds(all: &Problem<'_>, middle: &Point, fold_of: &[usize], n_folds: usize) -> Result<Vec<Fold>, LogisticError> {
    let design = all.design;
    let curvatures = all.curvatures(middle);
    let within = |values: &[f64], keep: &dyn Fn(usize) -> bool| -> Vec<f64> {
        values.iter().zip(fold_of).map(|(value, fold)| if keep(*fold) { *value } else { 0.0 }).collect()
    };
    // Each row enters one Hessian; a fold's complement is the sum of the others.
    let mut parts = Vec::new();
    if design.order <= FACTOR_LIMIT {
        for fold in 0..n_folds {
            parts.push(design.gram(&within(&curvatures, &|of| of == fold), all.watch));
            all.watch.check()?;
        }
    }
    let folds = (0..n_folds).map(|fold| {
        let mut hessian = Symmetric::zeros(if parts.is_empty() { 0 } else { design.order });
        parts.iter().enumerate().filter(|(other, _)| *other != fold).for_each(|(_, part)| hessian.add(part));
        let train = within(all.weights, &|of| of != fold);
        let total = train.iter().sum();
        Fold { train, held_out: within(all.weights, &|of| of == fold), total, hessian, point: middle.clone() }
    });
    Ok(folds.collect())
}

/// Moves a fold's point to the minimum under `l2`.
fn advance(fold: &mut Fold, design: &Design, won: &[bool], l2: f64, watch: &Watch<'_>) -> Result<(), LogisticError> {
    let problem = Problem { design, won, weights: &fold.train, total_weight: fold.total, l2, watch };
    let goal = Goal::Excess(EXCESS);
    let mut point = fold.point.clone();
    let mut reached = false;
    if fold.hessian.order > 0 {
        let mut ridged = fold.hessian.clone();
        ridged.add_ridge(1, l2);
        let solution = problem.minimise(point, &Curvature::Fixed(&ridged.factor()), goal, 6)?;
        (point, reached) = (solution.point, solution.reached);
    }
    if !reached {
        point = problem.minimise(point, &Curvature::suited(design), goal, 20)?.point;
    }
    fold.point = point;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fold_holds_both_classes_even_when_rows_are_sorted_by_outcome() {
        let won: Vec<bool> = (0..100).map(|row| row < 13).collect();
        let (fold_of, folds) = assign(&won, &[1.0; 100], 5);
        assert_eq!(folds, 5);
        for fold in 0..5 {
            let size = |class: bool| (0..100).filter(|row| fold_of[*row] == fold && won[*row] == class).count();
            assert!((2..=3).contains(&size(true)) && (15..=20).contains(&size(false)));
        }
        assert_eq!(assign(&won[11..], &[1.0; 89], 5).1, 2);
    }
}
