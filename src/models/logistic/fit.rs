//! Fitting, from labelled rows to a model.

use std::borrow::Cow;

use super::design::{Design, Encoding, Targets, fit_columns};
use super::newton::{FACTOR_LIMIT, Goal, Penalty, Point, Problem, Watch};
use super::numbers::Numbers;
use super::{FitReport, LogisticError, LogisticModel, LogisticValidParams, Solver, lbfgs, path, statistics};
use crate::models::made::Made;
use crate::models::{ColumnView, Rows};
use crate::observer::{Observer, Silent};

/// More levels than this cannot be told apart as f32 codes.
const MAX_LEVELS: u32 = 1 << 24;

impl LogisticValidParams {
    /// Fits on `rows`.
    ///
    /// # Errors
    /// Every variant of [`LogisticError`] but `Cancelled`.
    pub fn fit_rows(&self, rows: &Rows<'_>) -> Result<LogisticModel, LogisticError> {
        self.fit_rows_observed(rows, &Silent)
    }

    /// Fits on `rows`, telling `observer` of the progress.
    ///
    /// Columns are read where they are, `f64` cast to `f32` value by value; what is kept of them is one `f32` per row and numeric feature and one `u32` per row and
    /// categorical one. A row whose offset is `o` has the log-odds `o` plus the model's.
    ///
    /// # Errors
    /// Every variant of [`LogisticError`]; `Cancelled` when the observer asked for it.
    pub fn fit_rows_observed(&self, rows: &Rows<'_>, observer: &dyn Observer) -> Result<LogisticModel, LogisticError> {
        let targets = self.checked_targets(rows)?;
        let watch = Watch::new(observer);
        let n_features = rows.columns.len();

        observer.stage("encoding features", 1);
        watch.check()?;
        let encoding = Encoding {
            categorical: &self.categorical,
            min_rows: (rows.len() / 50).clamp(1, self.min_level_rows as usize),
            transform: self.transform,
            standardize: self.standardize,
        };
        let numbers = Numbers::read(&rows.columns, targets.n_rows, &encoding);
        let columns = fit_columns(&rows.columns, &numbers, &targets, &encoding)?;
        let wanted = match self.level_statistics {
            Some(wanted) => wanted,
            None => statistics::pay(rows, &columns, &targets, &encoding, self.l2, &watch)?,
        };
        let derived = if wanted { statistics::derive(&rows.columns, &columns, &targets, rows.groups, &encoding) } else { Vec::new() };
        // Whoever learns columns from outcomes must learn them anew in every fold that chooses the penalty.
        let relearned = (self.l2.is_none() && !derived.is_empty()).then(|| columns.clone());
        let design = Design::encode(&rows.columns, Cow::Owned(numbers), columns, derived);
        watch.check()?;
        observer.advance(1);

        if self.l1_ratio > 0.0 && design.order > FACTOR_LIMIT {
            let found = format!("{} with {} coefficients", self.l1_ratio, design.order);
            return Err(LogisticError::BadParameter { name: "l1_ratio", expected: "0 where there are more than 4096 coefficients", found });
        }
        let (l2, path, start) = match self.l2 {
            Some(l2) => (l2, Vec::new(), None),
            None => {
                observer.stage("choosing the penalty", 9);
                let choice = match &relearned {
                    Some(columns) => statistics::choose_penalty(rows, columns, &targets, &encoding, (self.l1_ratio, self.folds), &watch)?,
                    None => path::choose(&design, None, &targets, self.l1_ratio, self.folds, &watch)?,
                };
                (choice.l2, choice.path, choice.start)
            }
        };
        observer.stage("fitting coefficients", 1);
        let problem = Problem::new(&design, &targets, Penalty::new(l2, self.l1_ratio), &watch);
        let (point, solver, iterations) = self.solve(&problem, start)?;
        // Whatever the solver believes, the gradient is measured on what is returned.
        let gradient_norm = problem.residue(&point);
        if !gradient_norm.is_finite() || !point.coefficients.iter().all(|c| c.is_finite()) {
            return Err(LogisticError::Diverged { l2 });
        }
        observer.advance(1);
        let report = FitReport {
            solver,
            l2,
            l1_ratio: self.l1_ratio,
            iterations,
            gradient_norm,
            converged: gradient_norm <= self.tolerance,
            path,
            log_loss: (point.loss - problem.penalty(&point.coefficients)) / problem.total_weight,
            separated: separated(&problem, &point.coefficients),
            one_class_features: design.one_class_features(),
        };
        let terms = design.terms(&point.coefficients);
        Ok(LogisticModel { n_features, intercept: point.coefficients[0], terms, report, made: Made::default() })
    }

    fn solve(&self, problem: &Problem<'_>, start: Option<Vec<f64>>) -> Result<(Point, Solver, Option<u32>), LogisticError> {
        if self.solver == Solver::Lbfgs {
            let targets = problem.targets;
            let weights = &targets.weights[..targets.n_rows];
            let first = weights.first().copied().unwrap_or(1.0);
            if weights.iter().any(|weight| *weight != first) || !targets.offsets.is_empty() {
                return Err(LogisticError::WeightsUnsupported);
            }
            problem.watch.check()?;
            let start = start.unwrap_or_else(|| vec![0.0; problem.design.order]);
            let coefficients = lbfgs::solve(problem.design, &targets.won, first, problem.l2, &start, self.tolerance, self.max_iterations)?;
            let point = problem.at(coefficients);
            problem.watch.check()?;
            return Ok((point, Solver::Lbfgs, None));
        }
        let start = start.map_or_else(|| problem.start(), Ok)?;
        let solution = problem.minimise(start, problem.curvature(), Goal::Gradient(self.tolerance), self.max_iterations)?;
        Ok((solution.point, Solver::Newton, Some(solution.iterations)))
    }

    /// What is known of the rows, after checking that lengths agree and that both classes are there.
    fn checked_targets(&self, rows: &Rows<'_>) -> Result<Targets, LogisticError> {
        let (n_rows, features) = (rows.columns.first().map_or(rows.len(), ColumnView::len), rows.columns.len());
        if n_rows == 0 || features == 0 {
            return Err(LogisticError::Empty { rows: n_rows, features });
        }
        let lengths =
            |what, found, expected| if found == expected { Ok(()) } else { Err(LogisticError::Lengths { what, found, expected }) };
        rows.columns.iter().try_for_each(|column| lengths("a column", column.len(), n_rows))?;
        lengths("targets", rows.won.len(), n_rows)?;
        if !rows.groups.is_empty() {
            lengths("groups", rows.groups.len(), n_rows)?;
        }
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
        if !rows.offsets.is_empty() {
            lengths("offsets", rows.offsets.len(), n_rows)?;
            if let Some((row, value)) = rows.bad_offset() {
                return Err(LogisticError::BadOffset { row, value });
            }
        }
        let mut weights = vec![1.0; n_rows];
        if !rows.weights.is_empty() {
            lengths("weights", rows.weights.len(), n_rows)?;
            for (row, (weight, value)) in weights.iter_mut().zip(rows.weights).enumerate() {
                if !(value.is_finite() && *value >= 0.0) {
                    return Err(LogisticError::BadWeight { row, value: *value });
                }
                *weight = f64::from(*value);
            }
        }
        let won = rows.won.to_vec();
        let has = |class: bool| won.iter().zip(&weights).any(|(won, weight)| *won == class && *weight > 0.0);
        match (has(true), has(false)) {
            (true, true) => Ok(Targets::new(&won, weights, rows.offsets)),
            (true, false) => Err(LogisticError::OneClass { won: true }),
            (false, true) => Err(LogisticError::OneClass { won: false }),
            (false, false) => Err(LogisticError::Empty { rows: 0, features }),
        }
    }
}

/// Whether what was learned puts every won row above every lost one: then, without a penalty, the coefficients would have no bound (Albert and Anderson 1984).
fn separated(problem: &Problem<'_>, coefficients: &[f64]) -> bool {
    let (mut lowest_won, mut highest_lost) = (f64::INFINITY, f64::NEG_INFINITY);
    // Seldom further than the first strips.
    for strip in 0..problem.design.n_strips() {
        let (won, weights) = problem.targets.strip(strip);
        let z = problem.learned_log_odds(strip, coefficients);
        for ((won, weight), z) in won.iter().zip(weights).zip(z) {
            match (*weight > 0.0, *won > 0.0) {
                (false, _) => {}
                (true, true) => lowest_won = z.min(lowest_won),
                (true, false) => highest_lost = z.max(highest_lost),
            }
        }
        if lowest_won <= highest_lost {
            return false;
        }
    }
    true
}
