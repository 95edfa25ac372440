//! Fitting, from a linfa dataset to a model.

use linfa::ParamGuard;
use linfa::dataset::{AsSingleTargets, Dataset, DatasetBase};
use linfa::traits::Fit;
use ndarray::{Array1, Array2, Ix1};

use super::design::Design;
use super::newton::{Curvature, Goal, Point, Problem, Watch};
use super::{FitReport, LogisticError, LogisticModel, LogisticParams, LogisticValidParams, Solver, lbfgs, path};
use crate::observer::{Observer, Silent};

/// More levels than this cannot be told apart as f32 codes.
const MAX_LEVELS: u32 = 1 << 24;

impl Fit<Array2<f32>, Array1<bool>, LogisticError> for LogisticValidParams {
    type Object = LogisticModel;

    /// Fits on `dataset`: records n x features, targets true for won.
    ///
    /// # Errors
    /// Every variant of [`LogisticError`] but `Cancelled`.
    fn fit(&self, dataset: &DatasetBase<Array2<f32>, Array1<bool>>) -> Result<LogisticModel, LogisticError> {
        self.fit_observed(dataset, None, &Silent)
    }
}

impl LogisticParams {
    /// Checks the settings and fits; see [`LogisticValidParams::fit_observed`].
    ///
    /// # Errors
    /// Every variant of [`LogisticError`].
    pub fn fit_observed(
        &self,
        train: &Dataset<f32, bool, Ix1>,
        validation: Option<&Dataset<f32, bool, Ix1>>,
        observer: &dyn Observer,
    ) -> Result<LogisticModel, LogisticError> {
        self.check_ref()?.fit_observed(train, validation, observer)
    }
}

impl LogisticValidParams {
    /// Fits on `train`, telling `observer` of the progress. `validation` is there for symmetry with boosting and is not read: the penalty is chosen by cross-validation
    /// within `train`.
    ///
    /// # Errors
    /// Every variant of [`LogisticError`]; `Cancelled` when the observer asked for it.
    pub fn fit_observed(
        &self,
        train: &Dataset<f32, bool, Ix1>,
        _validation: Option<&Dataset<f32, bool, Ix1>>,
        observer: &dyn Observer,
    ) -> Result<LogisticModel, LogisticError> {
        let records = train.records.view();
        let won = train.targets.as_single_targets().to_vec();
        let weights = self.checked_weights(records.dim(), &won, train.weights())?;
        let watch = Watch::new(observer);
        let n_features = records.ncols();

        observer.stage("encoding features", 1);
        watch.check()?;
        let min_rows = (records.nrows() / 50).clamp(1, self.min_level_rows as usize);
        let design = Design::fit(records, &won, &weights, &self.categorical, min_rows)?;
        observer.advance(1);

        let (l2, path, start) = match self.l2 {
            Some(l2) => (l2, Vec::new(), vec![0.0; design.order]),
            None => {
                observer.stage("choosing the penalty", 9);
                let choice = path::choose(&design, &won, &weights, self.folds, &watch)?;
                (choice.l2, choice.path, choice.start)
            }
        };
        observer.stage("fitting coefficients", 1);
        let problem = Problem { design: &design, won: &won, weights: &weights, total_weight: weights.iter().sum(), l2, watch: &watch };
        let (coefficients, solver, iterations) = self.solve(&problem, start)?;
        if !coefficients.iter().all(|c| c.is_finite()) {
            return Err(LogisticError::Diverged { l2 });
        }
        // Whatever the solver believes, the gradient is measured on what is returned.
        let point = Point::new(&design, coefficients);
        let gradient_norm = problem.norm(&problem.gradient(&point));
        if !gradient_norm.is_finite() {
            return Err(LogisticError::Diverged { l2 });
        }
        observer.advance(1);
        let converged = gradient_norm <= self.tolerance;
        Ok(LogisticModel {
            n_features,
            intercept: point.coefficients[0],
            terms: design.terms(&point.coefficients),
            report: FitReport { solver, l2, iterations, gradient_norm, converged, path },
        })
    }

    fn solve(&self, problem: &Problem<'_>, start: Vec<f64>) -> Result<(Vec<f64>, Solver, Option<u32>), LogisticError> {
        if self.solver == Solver::Lbfgs {
            let first = problem.weights.first().copied().unwrap_or(1.0);
            if problem.weights.iter().any(|weight| *weight != first) {
                return Err(LogisticError::WeightsUnsupported);
            }
            problem.watch.check()?;
            let (design, won) = (problem.design, problem.won);
            let coefficients = lbfgs::solve(design, won, first, problem.l2, &start, self.tolerance, self.max_iterations)?;
            problem.watch.check()?;
            return Ok((coefficients, Solver::Lbfgs, None));
        }
        let start = Point::new(problem.design, start);
        let solution = problem.minimise(start, &Curvature::suited(problem.design), Goal::Gradient(self.tolerance), self.max_iterations)?;
        Ok((solution.point.coefficients, Solver::Newton, Some(solution.iterations)))
    }

    /// The weights in f64, after checking that lengths agree and that both classes are there.
    fn checked_weights(&self, (rows, features): (usize, usize), won: &[bool], weights: Option<&[f32]>) -> Result<Vec<f64>, LogisticError> {
        if rows == 0 || features == 0 {
            return Err(LogisticError::Empty { rows, features });
        }
        let lengths =
            |what, found, expected| if found == expected { Ok(()) } else { Err(LogisticError::Lengths { what, found, expected }) };
        lengths("targets", won.len(), rows)?;
        if !self.categorical.is_empty() {
            lengths("categorical", self.categorical.len(), features)?;
        }
        if let Some(levels) = self.categorical.iter().flatten().find(|levels| **levels > MAX_LEVELS) {
            return Err(LogisticError::BadParameter {
                name: "categorical",
                expected: "at most 16777216 levels",
                found: levels.to_string(),
            });
        }
        let weights = match weights {
            None => vec![1.0; rows],
            Some(weights) => {
                lengths("weights", weights.len(), rows)?;
                if let Some((row, value)) = weights.iter().enumerate().find(|(_, weight)| !(weight.is_finite() && **weight >= 0.0)) {
                    return Err(LogisticError::BadWeight { row, value: *value });
                }
                weights.iter().map(|weight| f64::from(*weight)).collect()
            }
        };
        let has = |class: bool| won.iter().zip(&weights).any(|(won, weight)| *won == class && *weight > 0.0);
        match (has(true), has(false)) {
            (true, true) => Ok(weights),
            (true, false) => Err(LogisticError::OneClass { won: true }),
            (false, true) => Err(LogisticError::OneClass { won: false }),
            (false, false) => Err(LogisticError::Empty { rows: 0, features }),
        }
    }
}
