//! The penalised log loss of a design, its derivatives, and Newton's method on it.
//!
//! Sums over rows run in blocks whose size depends on the data's shape alone, and blocks are added in order: the bits do not depend on the number of threads.

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::LogisticError;
use super::design::Design;
use super::linear_algebra::{Cholesky, Symmetric, dot};
use crate::math;
use crate::observer::Observer;

/// Up to this many coefficients the Hessian is formed and factored; above, it is only multiplied with.
pub(super) const FACTOR_LIMIT: usize = 1000;
/// Rows of one block of a sum.
const BLOCK: usize = 4096;
/// Rows that are scaled at once before they enter the Hessian: few enough to stay in the cache.
const STRIP: usize = 64;

/// Asks the observer whether to stop, and remembers a yes.
pub(super) struct Watch<'a> {
    pub(super) observer: &'a dyn Observer,
    stopped: AtomicBool,
}

impl<'a> Watch<'a> {
    pub(super) fn new(observer: &'a dyn Observer) -> Self {
        Self { observer, stopped: AtomicBool::new(false) }
    }

    pub(super) fn stopped(&self) -> bool {
        if self.stopped.load(Ordering::Relaxed) {
            return true;
        }
        let stop = self.observer.cancelled();
        if stop {
            self.stopped.store(true, Ordering::Relaxed);
        }
        stop
    }

    pub(super) fn check(&self) -> Result<(), LogisticError> {
        if self.stopped() { Err(LogisticError::Cancelled) } else { Ok(()) }
    }
}

/// `sum(weight * log loss) + l2 / 2 * |coefficients without the first|^2`.
pub(super) struct Problem<'a> {
    pub(super) design: &'a Design,
    pub(super) won: &'a [bool],
    /// Rows of weight 0 cost no time in the Hessian.
    pub(super) weights: &'a [f64],
    pub(super) total_weight: f64,
    pub(super) l2: f64,
    pub(super) watch: &'a Watch<'a>,
}

/// Coefficients and the log-odds they give.
#[derive(Debug, Clone)]
pub(super) struct Point {
    pub(super) coefficients: Vec<f64>,
    pub(super) log_odds: Vec<f64>,
}

impl Point {
    pub(super) fn new(design: &Design, coefficients: Vec<f64>) -> Self {
        let log_odds = design.times(&coefficients);
        Self { coefficients, log_odds }
    }
}

/// Where a minimisation ended.
#[derive(Debug)]
pub(super) struct Solution {
    pub(super) point: Point,
    pub(super) iterations: u32,
    pub(super) reached: bool,
}

/// When a minimisation is done.
#[derive(Debug, Clone, Copy)]
pub(super) enum Goal {
    /// The largest gradient component per weight is at most this.
    Gradient(f64),
    /// Half the Newton decrement per weight, which estimates by how much the mean loss exceeds its minimum, is at most this.
    Excess(f64),
}

/// The curvature that turns a gradient into a step.
pub(super) enum Curvature<'a> {
    /// The Hessian where the step begins, factored.
    Current,
    /// The same, only multiplied with.
    Products,
    /// A factor from elsewhere: cheaper steps, more of them.
    Fixed(&'a Cholesky),
}

impl Design {
    /// The product with `coefficients`: one number per row.
    pub(super) fn times(&self, coefficients: &[f64]) -> Vec<f64> {
        let mut product = vec![0.0; self.n_rows];
        let (dense, rest) = coefficients.split_at(self.n_dense);
        product.par_chunks_mut(BLOCK).enumerate().for_each(|(block, out)| {
            for (offset, z) in out.iter_mut().enumerate() {
                let (values, ones) = self.row(block * BLOCK + offset);
                *z = mixed_dot(values, dense) + ones.iter().map(|column| rest[*column as usize - self.n_dense]).sum::<f64>();
            }
        });
        product
    }

    /// The product of the transpose with `residuals`: one number per column.
    pub(super) fn transpose_times(&self, residuals: &[f64]) -> Vec<f64> {
        let blocks: Vec<Vec<f64>> = residuals
            .par_chunks(BLOCK)
            .enumerate()
            .map(|(block, residuals)| {
                let mut sums = vec![0.0; self.order];
                for (offset, residual) in residuals.iter().enumerate().filter(|(_, residual)| **residual != 0.0) {
                    let (values, ones) = self.row(block * BLOCK + offset);
                    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += residual * f64::from(*value));
                    ones.iter().for_each(|column| sums[*column as usize] += residual);
                }
                sums
            })
            .collect();
        let mut total = vec![0.0; self.order];
        for block in &blocks {
            total.iter_mut().zip(block).for_each(|(total, sum)| *total += sum);
        }
        total
    }

    /// `X' diag(curvatures) X`. Meaningless when the watch stopped meanwhile.
    pub(super) fn gram(&self, curvatures: &[f64], watch: &Watch<'_>) -> Symmetric {
        // Each block holds a matrix of its own, so there are at most eight.
        let block_rows = self.n_rows.div_ceil(8).max(BLOCK);
        let blocks: Vec<Symmetric> = curvatures
            .par_chunks(block_rows)
            .enumerate()
            .map(|(block, curvatures)| self.gram_block(block * block_rows, curvatures, watch))
            .collect();
        let mut blocks = blocks.into_iter();
        let mut total = blocks.next().unwrap_or_else(|| Symmetric::zeros(self.order));
        blocks.for_each(|block| total.add(&block));
        total
    }

    fn gram_block(&self, first: usize, curvatures: &[f64], watch: &Watch<'_>) -> Symmetric {
        let width = self.n_dense.div_ceil(4) * 4;
        let mut dense = vec![0.0; width * width];
        let mut strip = vec![0.0; STRIP * width];
        let mut gram = Symmetric::zeros(self.order);
        let mut filled = 0;
        for (offset, curvature) in curvatures.iter().enumerate().filter(|(_, curvature)| **curvature > 0.0) {
            let root = curvature.sqrt();
            let (values, ones) = self.row(first + offset);
            let scaled = &mut strip[filled * width..][..self.n_dense];
            scaled.iter_mut().zip(values).for_each(|(scaled, value)| *scaled = root * f64::from(*value));
            for (nth, column) in ones.iter().enumerate() {
                let line = gram.row_mut(*column as usize);
                line.iter_mut().zip(&*scaled).for_each(|(entry, value)| *entry += root * value);
                // The ones of a row come in rising order.
                ones[..=nth].iter().for_each(|other| line[*other as usize] += curvature);
            }
            filled += 1;
            if filled == STRIP {
                if watch.stopped() {
                    return gram;
                }
                add_products(&mut dense, &strip, width);
                filled = 0;
            }
        }
        add_products(&mut dense, &strip[..filled * width], width);
        for row in 0..self.n_dense {
            gram.row_mut(row).iter_mut().zip(&dense[row * width..]).for_each(|(entry, value)| *entry += value);
        }
        gram
    }
}

/// Adds the products of all pairs of columns of `strip` (rows of `width`, a multiple of 4) to the lower triangle of `dense`, four by four: sixteen sums
/// stay in registers while the rows pass.
fn add_products(dense: &mut [f64], strip: &[f64], width: usize) {
    for i in (0..width).step_by(4) {
        for j in (0..=i).step_by(4) {
            let mut tile = [[0.0; 4]; 4];
            for row in strip.chunks_exact(width) {
                let (Some(a), Some(b)) = (row[i..].first_chunk::<4>(), row[j..].first_chunk::<4>()) else { continue };
                for (line, a) in tile.iter_mut().zip(a) {
                    for (entry, b) in line.iter_mut().zip(b) {
                        *entry += a * b;
                    }
                }
            }
            for (line, sums) in tile.iter().enumerate() {
                let target = &mut dense[(i + line) * width + j..][..4];
                target.iter_mut().zip(sums).for_each(|(entry, sum)| *entry += sum);
            }
        }
    }
}

/// The inner product of f32 values with f64 coefficients, in four fixed lanes.
#[inline]
fn mixed_dot(values: &[f32], coefficients: &[f64]) -> f64 {
    let mut lanes = [0.0; 4];
    let (a, b) = (values.chunks_exact(4), coefficients.chunks_exact(4));
    let rest: f64 = a.remainder().iter().zip(b.remainder()).map(|(x, y)| f64::from(*x) * y).sum();
    for (x, y) in a.zip(b) {
        for lane in 0..4 {
            lanes[lane] += f64::from(x[lane]) * y[lane];
        }
    }
    (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]) + rest
}

/// The weighted log loss of the log-odds `z(row)`.
pub(super) fn weighted_loss(won: &[bool], weights: &[f64], log_odds: impl Fn(usize) -> f64 + Sync) -> f64 {
    let blocks: Vec<f64> = weights
        .par_chunks(BLOCK)
        .enumerate()
        .map(|(block, weights)| {
            let first = block * BLOCK;
            let terms = weights.iter().enumerate().filter(|(_, weight)| **weight > 0.0).map(|(offset, weight)| {
                let z = log_odds(first + offset);
                weight * math::softplus(if won[first + offset] { -z } else { z })
            });
            terms.sum()
        })
        .collect();
    blocks.iter().sum()
}

impl Curvature<'_> {
    /// What suits the design's number of columns.
    pub(super) fn suited(design: &Design) -> Self {
        if design.order <= FACTOR_LIMIT { Self::Current } else { Self::Products }
    }
}

impl Problem<'_> {
    fn penalty(&self, coefficients: &[f64]) -> f64 {
        0.5 * self.l2 * dot(&coefficients[1..], &coefficients[1..])
    }

    /// The gradient at `point`.
    pub(super) fn gradient(&self, point: &Point) -> Vec<f64> {
        let residual = |row: usize| match self.weights[row] {
            0.0 => 0.0,
            weight => weight * (math::sigmoid(point.log_odds[row]) - f64::from(u8::from(self.won[row]))),
        };
        let residuals: Vec<f64> = (0..self.design.n_rows).into_par_iter().map(residual).collect();
        let mut gradient = self.design.transpose_times(&residuals);
        gradient.iter_mut().zip(&point.coefficients).skip(1).for_each(|(g, coefficient)| *g += self.l2 * coefficient);
        gradient
    }

    /// The largest component of `gradient`, per weight.
    pub(super) fn norm(&self, gradient: &[f64]) -> f64 {
        gradient.iter().fold(0.0_f64, |largest, g| if g.is_nan() { f64::NAN } else { largest.max(g.abs()) }) / self.total_weight
    }

    /// The second derivative of each row's loss by its log-odds, times its weight.
    pub(super) fn curvatures(&self, point: &Point) -> Vec<f64> {
        let curvature = |row: usize| match self.weights[row] {
            0.0 => 0.0,
            weight => {
                let p = math::sigmoid(point.log_odds[row]);
                weight * p * (1.0 - p)
            }
        };
        (0..self.design.n_rows).into_par_iter().map(curvature).collect()
    }

    /// Minimises from `start`.
    pub(super) fn minimise(
        &self,
        start: Point,
        curvature: &Curvature<'_>,
        goal: Goal,
        max_iterations: u32,
    ) -> Result<Solution, LogisticError> {
        let mut point = start;
        let mut loss = weighted_loss(self.won, self.weights, |row| point.log_odds[row]) + self.penalty(&point.coefficients);
        for iterations in 0..=max_iterations {
            self.watch.check()?;
            let gradient = self.gradient(&point);
            if let Goal::Gradient(tolerance) = goal
                && self.norm(&gradient) <= tolerance
            {
                return Ok(Solution { point, iterations, reached: true });
            }
            let step = self.step(&point, &gradient, curvature);
            self.watch.check()?;
            let slope = dot(&gradient, &step);
            if let Goal::Excess(excess) = goal
                && -0.5 * slope <= excess * self.total_weight
            {
                return Ok(Solution { point, iterations, reached: true });
            }
            let moved = if iterations < max_iterations { self.halve(&point, &step, slope, loss) } else { None };
            match moved {
                Some((next, next_loss)) => (point, loss) = (next, next_loss),
                None => return Ok(Solution { point, iterations, reached: false }),
            }
        }
        Ok(Solution { point, iterations: max_iterations, reached: false })
    }

    /// The step `-curvature^-1 gradient`.
    fn step(&self, point: &Point, gradient: &[f64], curvature: &Curvature<'_>) -> Vec<f64> {
        let mut step: Vec<f64> = gradient.iter().map(|g| -g).collect();
        match curvature {
            Curvature::Fixed(factor) => factor.solve(&mut step),
            Curvature::Current => {
                let mut hessian = self.design.gram(&self.curvatures(point), self.watch);
                hessian.add_ridge(1, self.l2);
                hessian.factor().solve(&mut step);
            }
            Curvature::Products => step = self.conjugate_gradients(&self.curvatures(point), step),
        }
        step
    }

    /// Solves `Hessian * step = target` roughly by conjugate gradients with the Hessian's diagonal as preconditioner: a truncated Newton step (Dembo and Steihaug 1983).
    fn conjugate_gradients(&self, curvatures: &[f64], target: Vec<f64>) -> Vec<f64> {
        let diagonal = self.diagonal(curvatures);
        let mut step = vec![0.0; target.len()];
        let mut residual = target;
        let start = dot(&residual, &residual).sqrt();
        // Tighter as the gradient vanishes, which makes the outer iteration converge faster than linearly.
        let goal = start * (start / self.total_weight).sqrt().min(0.1);
        let mut scaled: Vec<f64> = residual.iter().zip(&diagonal).map(|(r, d)| r / d).collect();
        let mut direction = scaled.clone();
        let mut product = dot(&residual, &scaled);
        for _ in 0..250 {
            if dot(&residual, &residual).sqrt() <= goal || self.watch.stopped() {
                break;
            }
            let along = self.design.times(&direction);
            let weighted: Vec<f64> = along.iter().zip(curvatures).map(|(z, curvature)| z * curvature).collect();
            let mut image = self.design.transpose_times(&weighted);
            image.iter_mut().zip(&direction).skip(1).for_each(|(image, d)| *image += self.l2 * d);
            let bend = dot(&direction, &image);
            if bend.is_nan() || bend <= 0.0 {
                break;
            }
            let length = product / bend;
            step.iter_mut().zip(&direction).for_each(|(s, d)| *s += length * d);
            residual.iter_mut().zip(&image).for_each(|(r, image)| *r -= length * image);
            scaled.iter_mut().zip(&residual).zip(&diagonal).for_each(|((s, r), d)| *s = r / d);
            let next = dot(&residual, &scaled);
            let turn = next / product;
            product = next;
            direction.iter_mut().zip(&scaled).for_each(|(d, s)| *d = s + turn * *d);
        }
        step
    }

    fn diagonal(&self, curvatures: &[f64]) -> Vec<f64> {
        let mut diagonal = vec![0.0; self.design.order];
        for (row, curvature) in curvatures.iter().enumerate() {
            let (values, ones) = self.design.row(row);
            diagonal.iter_mut().zip(values).for_each(|(d, value)| *d += curvature * f64::from(*value) * f64::from(*value));
            ones.iter().for_each(|column| diagonal[*column as usize] += curvature);
        }
        diagonal.iter_mut().skip(1).for_each(|d| *d += self.l2);
        diagonal.iter_mut().for_each(|d| *d = d.max(f64::MIN_POSITIVE));
        diagonal
    }

    /// Halves the step until the loss falls enough (Armijo 1966); `None` when it never does, which is when rounding is all that is left.
    fn halve(&self, point: &Point, step: &[f64], slope: f64, loss: f64) -> Option<(Point, f64)> {
        if slope.is_nan() || slope >= 0.0 {
            return None;
        }
        let along = self.design.times(step);
        let mut length = 1.0;
        for _ in 0..40 {
            let coefficients: Vec<f64> = point.coefficients.iter().zip(step).map(|(c, s)| c + length * s).collect();
            let trial =
                weighted_loss(self.won, self.weights, |row| point.log_odds[row] + length * along[row]) + self.penalty(&coefficients);
            // Near the minimum the gain is smaller than the rounding of the sum.
            if trial <= loss + 1e-4 * length * slope + 1e-13 * loss.abs() {
                let log_odds = point.log_odds.iter().zip(&along).map(|(z, d)| z + length * d).collect();
                return Some((Point { coefficients, log_odds }, trial));
            }
            length *= 0.5;
        }
        None
    }
}
