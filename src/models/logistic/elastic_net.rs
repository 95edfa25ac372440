//! The elastic net: a penalty on the magnitudes of the coefficients beside that on their squares.
//!
//! Proximal Newton steps (Lee, Sun and Saunders 2014): where a step begins the loss is replaced by its second-order expansion, which coordinate descent
//! minimises together with the penalty (Friedman, Hastie and Tibshirani 2010) on the Hessian alone, without a look at the rows.

use super::LogisticError;
use super::linear_algebra::Symmetric;
use super::newton::{Goal, Point, Problem, Solution};

/// Rounds of coordinate descent in one step, at most.
const MAX_ROUNDS: usize = 1000;

/// A symmetric matrix with all its entries, row after row.
struct Square {
    order: usize,
    entries: Vec<f64>,
}

impl Square {
    fn of(matrix: &Symmetric) -> Self {
        let order = matrix.order;
        let mut entries = vec![0.0; order * order];
        for i in 0..order {
            for (j, value) in matrix.row(i).iter().enumerate() {
                entries[i * order + j] = *value;
                entries[j * order + i] = *value;
            }
        }
        Self { order, entries }
    }

    fn row(&self, row: usize) -> &[f64] {
        &self.entries[row * self.order..][..self.order]
    }
}

fn magnitudes(coefficients: &[f64]) -> f64 {
    coefficients[1..].iter().map(|c| c.abs()).sum()
}

impl Problem<'_> {
    /// By how much the conditions of a minimum are violated, the most of all coefficients, per weight: the gradient where a coefficient is not 0 (with the
    /// penalty's), and its excess over the penalty's slope where it is.
    pub(super) fn violation(&self, point: &Point) -> f64 {
        let mut largest = 0.0_f64;
        for (j, (c, g)) in point.coefficients.iter().zip(&point.gradient).enumerate() {
            let violation = match j {
                0 => g.abs(),
                _ if *c != 0.0 => (g + self.l1 * c.signum()).abs(),
                _ => (g.abs() - self.l1).max(0.0),
            };
            if violation.is_nan() {
                return f64::NAN;
            }
            largest = largest.max(violation);
        }
        largest / self.total_weight
    }

    /// Minimises with the penalty on magnitudes. `hessian`, if there is one, is good enough for the first steps.
    pub(super) fn minimise_elastic(
        &self,
        start: Vec<f64>,
        hessian: Option<&Symmetric>,
        goal: Goal,
        max_iterations: u32,
    ) -> Result<Solution, LogisticError> {
        let mut point = self.at(start);
        let mut kept = hessian.map(Square::of);
        let mut iterations = 0;
        loop {
            self.watch.check()?;
            let violation = self.violation(&point);
            if let Goal::Gradient(tolerance) = goal
                && violation <= tolerance
            {
                return Ok(Solution { point, iterations, reached: true });
            }
            let fresh = kept.is_none();
            let square = match &kept {
                Some(square) => square,
                None => {
                    let mut hessian = self.design.gram(&point.curvatures, self.watch);
                    self.watch.check()?;
                    hessian.add_ridge(1, self.l2);
                    kept.insert(Square::of(&hessian))
                }
            };
            // The penalised loss begins to fall at least as fast as this, which has no rounding of large penalties in it.
            let (step, bend) = self.descend(square, &point, 0.01 * violation * self.total_weight)?;
            let slope = -bend;
            if let Goal::Excess(enough) = goal
                && -0.5 * slope <= enough * self.total_weight
            {
                return Ok(Solution { point, iterations, reached: true });
            }
            let moved = if iterations < max_iterations { self.search_elastic(&point, &step, slope)? } else { None };
            match moved {
                Some(next) => {
                    if self.violation(&next) > 0.3 * violation {
                        kept = None;
                    }
                    point = next;
                    iterations += 1;
                }
                None if !fresh && iterations < max_iterations => kept = None,
                None => return Ok(Solution { point, iterations, reached: false }),
            }
        }
    }

    /// The step to the minimum of the expansion with its penalty, until no coordinate violates its condition by more than `enough`; and the Hessian's value at it.
    fn descend(&self, hessian: &Square, point: &Point, enough: f64) -> Result<(Vec<f64>, f64), LogisticError> {
        let order = hessian.order;
        let mut target = point.coefficients.clone();
        // The gradient of the expansion at the step.
        let mut gradient = point.gradient.clone();
        let mut active: Vec<usize> = (0..order).collect();
        for round in 0..MAX_ROUNDS {
            if round % 16 == 0 {
                self.watch.check()?;
            }
            let all = active.len() == order;
            let mut largest = 0.0_f64;
            for &j in &active {
                let row = hessian.row(j);
                let bend = row[j];
                if bend <= 0.0 {
                    continue;
                }
                let now = target[j];
                let free = bend * now - gradient[j];
                let l1 = if j == 0 { 0.0 } else { self.l1 };
                let next = (free.abs() - l1).max(0.0).copysign(free) / bend;
                let change = next - now;
                if change != 0.0 {
                    target[j] = next;
                    gradient.iter_mut().zip(row).for_each(|(g, h)| *g += change * h);
                    largest = largest.max(bend * change.abs());
                }
            }
            let done = largest <= enough;
            if done && all {
                break;
            }
            // Those that are not 0 in turn until they settle, then all once more.
            active = (0..order).filter(|&j| done || j == 0 || target[j] != 0.0).collect();
        }
        // The whole step from a coefficient to 0 is then 0 to the bit.
        let step: Vec<f64> = target.iter().zip(&point.coefficients).map(|(target, c)| target - c).collect();
        let bend = step.iter().zip(&gradient).zip(&point.gradient).map(|((s, to), from)| s * (to - from)).sum();
        Ok((step, bend))
    }

    /// As `search`, for the loss with both penalties; `slope` is that of its bound.
    fn search_elastic(&self, point: &Point, step: &[f64], slope: f64) -> Result<Option<Point>, LogisticError> {
        if slope.is_nan() || slope >= 0.0 {
            return Ok(None);
        }
        let before = point.loss + self.l1 * magnitudes(&point.coefficients);
        let mut length = 1.0;
        for _ in 0..40 {
            let trial = self.at(point.coefficients.iter().zip(step).map(|(c, s)| c + length * s).collect());
            self.watch.check()?;
            if trial.loss + self.l1 * magnitudes(&trial.coefficients) <= before + 1e-4 * length * slope + 1e-13 * before.abs() {
                return Ok(Some(trial));
            }
            length *= 0.5;
        }
        Ok(None)
    }
}
