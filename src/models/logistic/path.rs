//! The choice of the penalty by cross-validated log loss.
//!
//! Forming a Hessian is what costs, so it is formed once per fold, at the fit of all rows under a middling penalty, and serves every penalty of the path: a chord method,
//! whose steps cost a pass over the data each. A fold whose chord stalls goes on with Newton's method proper.

use rayon::prelude::*;

use super::LogisticError;
use super::design::{Design, Targets};
use super::kernels::STRIP;
use super::linear_algebra::Symmetric;
use super::newton::{Curvature, Goal, Penalty, Point, Problem, Watch};
use crate::models::scale_of_weights;

/// Half a decade apart. The penalty is the inverse of the prior variance of a coefficient per standard deviation, so the scale does not depend on the number of rows.
const PATH: [f64; 9] = [1000.0, 316.0, 100.0, 31.6, 10.0, 3.16, 1.0, 0.316, 0.1];
/// The penalty when there is too little data to choose: coefficients of about a third per standard deviation are plausible before any data is seen.
pub(super) const UNTRIED: f64 = 10.0;
/// So many rows, spread evenly, choose the penalty: its scale does not depend on the number of rows.
const MAX_ROWS: usize = 200_000;
/// Losses per row closer than this need not be told apart.
const EXCESS: f64 = 1e-6;

/// The penalty chosen, the losses on the way, and coefficients to start the last fit from.
pub(super) struct Choice {
    pub(super) l2: f64,
    pub(super) path: Vec<(f64, f64)>,
    pub(super) start: Option<Vec<f64>>,
}

/// The design of all rows whose derived columns are learned from the rows with weight alone.
pub(super) type Relearn<'a> = &'a (dyn Fn(&Targets) -> Design + Sync);

/// The rows of one fold's complement, and how far its path has come.
struct Fold {
    /// Its own, where columns are derived from outcomes: those of held-out rows must not be in them.
    design: Option<Design>,
    train: Vec<f64>,
    held_out: Vec<f64>,
    total: f64,
    hessian: Symmetric,
    coefficients: Vec<f64>,
}

impl Fold {
    /// What its rows are read by, of a problem of all rows.
    fn design<'a>(&'a self, all: &Problem<'a>) -> &'a Design {
        self.design.as_ref().unwrap_or(all.design)
    }
}

/// Chooses the penalty. `folds` counts folds; weights are positive in sum for both classes. `relearn` is asked where columns of `design` are derived from
/// outcomes.
pub(super) fn choose(
    design: &Design,
    relearn: Option<Relearn<'_>>,
    targets: &Targets,
    l1_ratio: f64,
    folds: u32,
    watch: &Watch<'_>,
) -> Result<Choice, LogisticError> {
    // Of weights that only compare rows, penalties are those of so many rows.
    let scale = 1.0 / scale_of_weights(targets.weights.iter().copied());
    let mut all = Problem::new(design, targets, Penalty::new(scale * UNTRIED, l1_ratio), watch);
    if relearn.is_none() {
        all.thin_out(MAX_ROWS);
    }
    let middle = all.minimise(all.start()?, all.curvature(), Goal::Excess(EXCESS), 20)?.point;

    let (fold_of, n_folds) = assign(targets, |row| all.counts(row / STRIP), folds as usize);
    if n_folds < 2 {
        return Ok(Choice { l2: scale * UNTRIED, path: Vec::new(), start: Some(middle.coefficients) });
    }
    let mut states = start_folds(&all, &middle, &fold_of, n_folds)?;
    for fold in &mut states {
        fold.design = relearn.map(|relearn| relearn(&Targets { weights: fold.train.clone(), ..targets.clone() }));
        watch.check()?;
    }

    let mut path: Vec<(f64, f64)> = Vec::new();
    for strength in PATH.map(|strength| scale * strength) {
        let Penalty { l2, l1 } = Penalty::new(strength, l1_ratio);
        let losses: Vec<Result<f64, LogisticError>> = states
            .par_iter_mut()
            .map(|fold| {
                advance(fold, &Problem { l2, l1, ..all })?;
                Ok(Problem { design: fold.design(&all), ..all }.loss_of(&fold.held_out, &fold.coefficients))
            })
            .collect();
        let losses = losses.into_iter().collect::<Result<Vec<f64>, _>>()?;
        watch.check()?;
        path.push((strength, losses.iter().sum::<f64>() / all.total_weight));
        watch.observer.advance(1);
        // The loss has one valley: two rises in a row are its far side.
        if let [.., (_, a), (_, b), (_, c)] = path[..]
            && a < b
            && b < c
        {
            break;
        }
    }
    let best = path.iter().fold((scale * UNTRIED, f64::INFINITY), |best, next| if next.1 < best.1 { *next } else { best });
    Ok(Choice { l2: best.0, path, start: Some(middle.coefficients) })
}

/// Neighbouring rows of a class that share a fold, when there are enough of them.
const RUN: usize = 16;

/// The fold of each row that counts (0 for the others), and how many folds there are.
///
/// The rows of each class, in their order, are dealt in short runs. Runs keep most snapshots of one lead together; dealing gives every fold the same mix of early and late
/// rows. Folds of one long block each would answer another question where the data drifts, and choose a penalty that shrinks all there is to learn.
pub(super) fn assign(targets: &Targets, counts: impl Fn(usize) -> bool, folds: usize) -> (Vec<usize>, usize) {
    let rows = || (0..targets.n_rows).map(|row| (usize::from(targets.won[row] > 0.0), counts(row) && targets.weights[row] > 0.0));
    let count = |class: usize| rows().filter(|row| *row == (class, true)).count();
    let sizes = [count(0), count(1)];
    let folds = folds.min(sizes[0]).min(sizes[1]).max(1);
    // At least four runs a fold, so that folds are of nearly equal size.
    let runs = sizes.map(|count| (count / (4 * folds)).clamp(1, RUN));
    let mut seen = [0_usize; 2];
    let fold_of = rows().map(|(class, counts)| {
        let fold = seen[class] / runs[class] % folds;
        seen[class] += usize::from(counts);
        fold
    });
    (fold_of.collect(), folds)
}

fn start_folds(all: &Problem<'_>, middle: &Point, fold_of: &[usize], n_folds: usize) -> Result<Vec<Fold>, LogisticError> {
    let design = all.design;
    let within = |values: &[f64], keep: &dyn Fn(usize) -> bool| -> Vec<f64> {
        let mut kept: Vec<f64> = values.to_vec();
        let rows =
            kept.iter_mut().enumerate().filter(|(row, _)| !all.counts(row / STRIP) || !fold_of.get(*row).is_some_and(|fold| keep(*fold)));
        rows.for_each(|(_, value)| *value = 0.0);
        kept
    };
    // Each row enters one Hessian; a fold's complement is the sum of the others.
    let mut parts = Vec::new();
    if matches!(all.curvature(), Curvature::Factored) {
        for fold in 0..n_folds {
            parts.push(design.gram(&within(&middle.curvatures, &|of| of == fold), all.watch));
            all.watch.check()?;
        }
    }
    let folds = (0..n_folds).map(|fold| {
        let mut hessian = Symmetric::zeros(if parts.is_empty() { 0 } else { design.order });
        parts.iter().enumerate().filter(|(other, _)| *other != fold).for_each(|(_, part)| hessian.add(part));
        let train = within(all.weights, &|of| of != fold);
        let total = train.iter().sum();
        let held_out = within(all.weights, &|of| of == fold);
        Fold { design: None, train, held_out, total, hessian, coefficients: middle.coefficients.clone() }
    });
    Ok(folds.collect())
}

/// Moves a fold's coefficients to the minimum of `all` within its rows.
fn advance(fold: &mut Fold, all: &Problem<'_>) -> Result<(), LogisticError> {
    let mut start = std::mem::take(&mut fold.coefficients);
    let problem = Problem { design: fold.design(all), weights: &fold.train, total_weight: fold.total, ..*all };
    let goal = Goal::Excess(EXCESS);
    let mut reached = false;
    if fold.hessian.order > 0 {
        let mut ridged = fold.hessian.clone();
        ridged.add_ridge(1, problem.l2);
        let solution = if problem.l1 > 0.0 {
            problem.minimise_elastic(start, Some(&ridged), goal, 20)?
        } else {
            problem.minimise(start, Curvature::Fixed(&ridged.factor()), goal, 6)?
        };
        (start, reached) = (solution.point.coefficients, solution.reached);
    }
    if !reached {
        start = problem.minimise(start, problem.curvature(), goal, 20)?.point.coefficients;
    }
    fold.coefficients = start;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fold_holds_both_classes_even_when_rows_are_sorted_by_outcome() {
        let won: Vec<bool> = (0..100).map(|row| row < 13).collect();
        let assign = |won: &[bool]| assign(&Targets::new(won, vec![1.0; won.len()], &[]), |_| true, 5);
        let (fold_of, folds) = assign(&won);
        assert_eq!(folds, 5);
        for fold in 0..5 {
            let size = |class: bool| (0..100).filter(|row| fold_of[*row] == fold && won[*row] == class).count();
            assert!((2..=3).contains(&size(true)) && (15..=20).contains(&size(false)));
        }
        assert_eq!(assign(&won[11..]).1, 2);
    }
}
