//! The penalised log loss of a design, its derivatives, and Newton's method on it.
//!
//! Sums over rows run in parts whose size depends on the data's shape alone, and parts are added in order: the bits do not depend on the number of threads.

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::LogisticError;
use super::design::{BLOCK, Design, Targets};
use super::kernels::{STRIP, Strip, add_dense, add_dense_transposed, fetch, losses};
use super::linear_algebra::{Cholesky, dot};
use crate::math;
use crate::observer::Observer;

/// Up to this many coefficients the Hessian can be formed and factored; above, it is only multiplied with.
pub(super) const FACTOR_LIMIT: usize = 4096;
/// A sum over all rows has at most so many parts.
const MAX_PARTS: usize = 64;

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

/// `sum(weight * log loss) + l2 / 2 * |coefficients|^2 + l1 * sum|coefficients|`, both without the first of them.
#[derive(Clone, Copy)]
pub(super) struct Problem<'a> {
    pub(super) design: &'a Design,
    pub(super) targets: &'a Targets,
    /// A weight per row, filled up to whole strips; not always those of `targets`.
    pub(super) weights: &'a [f64],
    pub(super) total_weight: f64,
    pub(super) l2: f64,
    pub(super) l1: f64,
    /// Every so many strips count, the others are left out; 1 for all.
    pub(super) stride: usize,
    pub(super) watch: &'a Watch<'a>,
}

/// The strengths of the two penalties.
#[derive(Debug, Clone, Copy)]
pub(super) struct Penalty {
    pub(super) l2: f64,
    pub(super) l1: f64,
}

impl Penalty {
    /// As scikit-learn splits a strength of `1 / C`.
    pub(super) fn new(strength: f64, l1_ratio: f64) -> Self {
        Self { l2: strength * (1.0 - l1_ratio), l1: strength * l1_ratio }
    }
}

/// The loss and its derivatives at some coefficients.
#[derive(Debug)]
pub(super) struct Point {
    pub(super) coefficients: Vec<f64>,
    /// The loss with the penalty on squares.
    pub(super) loss: f64,
    pub(super) gradient: Vec<f64>,
    /// The second derivative of each row's loss by its log-odds, times its weight.
    pub(super) curvatures: Vec<f64>,
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
#[derive(Clone, Copy)]
pub(super) enum Curvature<'a> {
    /// The Hessian, factored, and kept for further steps while they get on well enough with it.
    Factored,
    /// The Hessian where the step begins, only multiplied with.
    Products,
    /// A factor from elsewhere: cheaper steps, more of them.
    Fixed(&'a Cholesky),
}

/// A factored Hessian, and what the steps since have told of how the curvature differs from it.
struct Kept {
    factor: Cholesky,
    moves: Vec<Move>,
}

/// A step, and by how much the gradient changed.
struct Move {
    step: Vec<f64>,
    change: Vec<f64>,
    /// The inner product of the two.
    bend: f64,
}

impl Kept {
    fn learn(&mut self, from: &Point, to: &Point) {
        let difference = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect::<Vec<f64>>();
        let (step, change) = (difference(&to.coefficients, &from.coefficients), difference(&to.gradient, &from.gradient));
        let bend = dot(&step, &change);
        // Rounding is all that is left of a smaller one.
        if bend > 1e-10 * (dot(&step, &step) * dot(&change, &change)).sqrt() {
            self.moves.push(Move { step, change, bend });
        }
    }

    /// Multiplies `x` with the inverse of the factored matrix, changed so that it maps each `change` to its `step`: the two loops of L-BFGS (Nocedal 1980)
    /// about the factor.
    fn solve(&self, x: &mut [f64]) {
        let add = |x: &mut [f64], scale: f64, values: &[f64]| x.iter_mut().zip(values).for_each(|(x, value)| *x += scale * value);
        let mut shares = Vec::with_capacity(self.moves.len());
        for Move { step, change, bend } in self.moves.iter().rev() {
            let share = dot(step, x) / bend;
            add(x, -share, change);
            shares.push(share);
        }
        self.factor.solve(x);
        for (Move { step, change, bend }, share) in self.moves.iter().zip(shares.iter().rev()) {
            let other = dot(change, x) / bend;
            add(x, share - other, step);
        }
    }
}

/// Nanoseconds on one core, roughly, that the parts of a fit take: only their ratios matter, to choose between equally good ways.
struct Costs {
    /// The loss and its gradient.
    pass: f64,
    /// The Hessian and its factor.
    factor: f64,
}

impl Costs {
    fn of(design: &Design, stride: usize) -> Self {
        let (dense, codes, order) = (design.n_dense as f64, design.n_codes as f64, design.order as f64);
        let rows = (design.n_rows / stride) as f64;
        let hessian = rows * (0.03 * dense * dense + dense + codes * (0.2 * dense + 2.0 * codes));
        Self { pass: rows * (8.0 + 0.7 * dense + 3.0 * codes), factor: hessian + 0.03 * order * order * order }
    }
}

/// Fills `z` with the log-odds of a strip.
#[inline]
fn log_odds(dense: &[f32], codes: &[u32], coefficients: &[f64], z: &mut Strip) {
    z.iter_mut().for_each(|z| *z += coefficients[0]);
    add_dense(dense, &coefficients[1..=dense.len() / STRIP], z);
    for column in codes.as_chunks::<STRIP>().0 {
        z.iter_mut().zip(column).for_each(|(z, code)| *z += coefficients[*code as usize]);
    }
}

/// Adds to `sums` the product of a strip's transpose with `r`.
#[inline]
fn add_transposed(dense: &[f32], codes: &[u32], r: &Strip, sums: &mut [f64]) {
    sums[0] += r.iter().sum::<f64>();
    add_dense_transposed(dense, r, &mut sums[1..=dense.len() / STRIP]);
    for column in codes.as_chunks::<STRIP>().0 {
        column.iter().zip(r).for_each(|(code, r)| sums[*code as usize] += r);
    }
}

impl<'a> Problem<'a> {
    /// All rows of `targets`.
    pub(super) fn new(design: &'a Design, targets: &'a Targets, penalty: Penalty, watch: &'a Watch<'a>) -> Self {
        let Penalty { l2, l1 } = penalty;
        Self { design, targets, weights: &targets.weights, total_weight: targets.weights.iter().sum(), l2, l1, stride: 1, watch }
    }

    /// Strips of one part of a sum.
    fn part_strips(&self) -> usize {
        (self.design.n_strips().div_ceil(BLOCK).div_ceil(MAX_PARTS) * BLOCK).max(BLOCK)
    }

    /// Leaves out all but every so many strips, when there are more than `rows` rows and both classes remain.
    pub(super) fn thin_out(&mut self, rows: usize) {
        let stride = self.stride * (self.design.n_rows / self.stride).div_ceil(rows).max(1);
        let weight = self.class_weights(stride);
        if weight[0] > 0.0 && weight[1] > 0.0 {
            (self.stride, self.total_weight) = (stride, weight[0] + weight[1]);
        }
    }

    /// The weights of the lost and of the won rows of every `stride`th strip.
    fn class_weights(&self, stride: usize) -> [f64; 2] {
        let mut sums = [0.0; 2];
        for strip in (0..self.design.n_strips()).step_by(stride) {
            let (won, weights) = (self.targets.strip(strip).0, &self.weights.as_chunks::<STRIP>().0[strip]);
            weights.iter().zip(won).for_each(|(weight, won)| sums[usize::from(*won > 0.0)] += weight);
        }
        sums
    }

    /// Whether the rows of `strip` count.
    pub(super) fn counts(&self, strip: usize) -> bool {
        strip.is_multiple_of(self.stride)
    }

    /// The given log-odds of a strip, to which others are added.
    fn offset(&self, strip: usize) -> Strip {
        self.targets.offsets.as_chunks().0.get(strip).copied().unwrap_or([0.0; STRIP])
    }

    /// The penalty on squares.
    pub(super) fn penalty(&self, coefficients: &[f64]) -> f64 {
        0.5 * self.l2 * dot(&coefficients[1..], &coefficients[1..])
    }

    /// The loss and its derivatives at `coefficients`. Meaningless when the watch stopped meanwhile.
    pub(super) fn at(&self, coefficients: Vec<f64>) -> Point {
        let strips = self.part_strips();
        let mut curvatures = vec![0.0; self.weights.len()];
        let parts: Vec<(f64, Vec<f64>)> = curvatures
            .par_chunks_mut(strips * STRIP)
            .enumerate()
            .map(|(part, curvatures)| {
                let mut loss = 0.0;
                let mut gradient = vec![0.0; self.design.order];
                for (strip, curvatures) in
                    (part * strips..).zip(curvatures.as_chunks_mut::<STRIP>().0).filter(|(strip, _)| self.counts(*strip))
                {
                    if strip.is_multiple_of(BLOCK * self.stride) && self.watch.stopped() {
                        break;
                    }
                    let (dense, codes) = self.design.strip(strip);
                    // The next strip arrives while this one is worked on, in two halves: all of it at once would wait for the memory.
                    let next =
                        if self.counts(strip + 1) && strip + 1 < self.design.n_strips() { self.design.strip(strip + 1).0 } else { &[] };
                    let (near, far) = next.split_at(next.len() / 2);
                    fetch(near);
                    let mut z = self.offset(strip);
                    log_odds(dense, codes, &coefficients, &mut z);
                    loss += losses(&mut z, self.targets.strip(strip).0, &self.weights.as_chunks().0[strip], curvatures);
                    fetch(far);
                    add_transposed(dense, codes, &z, &mut gradient);
                }
                (loss, gradient)
            })
            .collect();
        let mut loss = self.penalty(&coefficients);
        let mut gradient: Vec<f64> = coefficients.iter().map(|c| self.l2 * c).collect();
        gradient[0] = 0.0;
        for (part_loss, part) in &parts {
            loss += part_loss;
            gradient.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        }
        Point { coefficients, loss, gradient, curvatures }
    }

    /// The log loss of the rows weighted by `weights` instead, without penalty.
    pub(super) fn loss_of(&self, weights: &[f64], coefficients: &[f64]) -> f64 {
        let strips = self.part_strips();
        let parts: Vec<f64> = weights
            .par_chunks(strips * STRIP)
            .enumerate()
            .map(|(part, weights)| {
                let mut loss = 0.0;
                let mut curvature = [0.0; STRIP];
                for (strip, weights) in (part * strips..).zip(weights.as_chunks::<STRIP>().0).filter(|(strip, _)| self.counts(*strip)) {
                    let (dense, codes) = self.design.strip(strip);
                    let mut z = self.offset(strip);
                    log_odds(dense, codes, coefficients, &mut z);
                    loss += losses(&mut z, self.targets.strip(strip).0, weights, &mut curvature);
                }
                loss
            })
            .collect();
        parts.iter().sum()
    }

    /// The log-odds of the rows of a strip at `coefficients`, given ones left out.
    pub(super) fn learned_log_odds(&self, strip: usize, coefficients: &[f64]) -> Strip {
        let (dense, codes) = self.design.strip(strip);
        let mut z = [0.0; STRIP];
        log_odds(dense, codes, coefficients, &mut z);
        z
    }

    /// The product of the Hessian with `direction`.
    fn hessian_times(&self, curvatures: &[f64], direction: &[f64]) -> Vec<f64> {
        let strips = self.part_strips();
        let parts: Vec<Vec<f64>> = curvatures
            .par_chunks(strips * STRIP)
            .enumerate()
            .map(|(part, curvatures)| {
                let mut image = vec![0.0; self.design.order];
                for (strip, curvatures) in (part * strips..).zip(curvatures.as_chunks::<STRIP>().0).filter(|(strip, _)| self.counts(*strip))
                {
                    let (dense, codes) = self.design.strip(strip);
                    let mut z = [0.0; STRIP];
                    log_odds(dense, codes, direction, &mut z);
                    z.iter_mut().zip(curvatures).for_each(|(z, curvature)| *z *= curvature);
                    add_transposed(dense, codes, &z, &mut image);
                }
                image
            })
            .collect();
        let mut image: Vec<f64> = direction.iter().map(|d| self.l2 * d).collect();
        image[0] = 0.0;
        parts.iter().for_each(|part| image.iter_mut().zip(part).for_each(|(sum, part)| *sum += part));
        image
    }

    /// The largest component of `gradient`, per weight.
    pub(super) fn norm(&self, gradient: &[f64]) -> f64 {
        gradient.iter().fold(0.0_f64, |largest, g| if g.is_nan() { f64::NAN } else { largest.max(g.abs()) }) / self.total_weight
    }

    /// By how much the conditions of a minimum are violated at `point`, per weight.
    pub(super) fn residue(&self, point: &Point) -> f64 {
        if self.l1 > 0.0 { self.violation(point) } else { self.norm(&point.gradient) }
    }

    /// What suits the shape of the data: a factor, unless it would cost more than multiplying with the Hessian as often as conjugate gradients do.
    pub(super) fn curvature(&self) -> Curvature<'static> {
        const PRODUCTS: f64 = 200.0;
        let costs = Costs::of(self.design, self.stride);
        let cheaper = costs.factor <= PRODUCTS * costs.pass || self.design.order <= 256;
        if self.design.order <= FACTOR_LIMIT && cheaper { Curvature::Factored } else { Curvature::Products }
    }

    /// Coefficients to start from: those of a part of the rows, when there are many more rows than coefficients; else those of the intercept alone.
    pub(super) fn start(&self) -> Result<Vec<f64>, LogisticError> {
        // From so many the start is a few standard errors off, and the fit of all rows needs one Hessian.
        let enough = (16 * STRIP).max(20 * self.design.order).max(self.design.n_rows / self.stride / 16);
        let mut part = *self;
        if self.design.n_rows / self.stride >= 4 * enough {
            part.thin_out(enough);
            let share = part.total_weight / self.total_weight;
            (part.l2, part.l1) = (share * self.l2, share * self.l1);
        }
        if part.stride == self.stride {
            return Ok(self.intercept());
        }
        Ok(part.minimise(part.start()?, part.curvature(), Goal::Excess(1e-5), 20)?.point.coefficients)
    }

    /// The coefficients of a model of the overall rate alone.
    fn intercept(&self) -> Vec<f64> {
        let weight = self.class_weights(self.stride);
        let mut coefficients = vec![0.0; self.design.order];
        coefficients[0] = if self.targets.offsets.is_empty() {
            math::ln(weight[1] / weight[0])
        } else {
            let counted =
                || (0..self.weights.len()).filter(|row| self.counts(row / STRIP)).map(|row| (self.weights[row], self.targets.offsets[row]));
            math::shift_to_share(counted, (weight[1] / (weight[0] + weight[1])).clamp(1e-15, 1.0 - 1e-15))
        };
        coefficients
    }

    /// Minimises from `start`.
    pub(super) fn minimise(
        &self,
        start: Vec<f64>,
        curvature: Curvature<'_>,
        goal: Goal,
        max_iterations: u32,
    ) -> Result<Solution, LogisticError> {
        if self.l1 > 0.0 {
            return self.minimise_elastic(start, None, goal, max_iterations);
        }
        let mut point = self.at(start);
        let mut kept: Option<Kept> = None;
        let mut iterations = 0;
        loop {
            self.watch.check()?;
            let norm = self.norm(&point.gradient);
            if let Goal::Gradient(tolerance) = goal
                && norm <= tolerance
            {
                return Ok(Solution { point, iterations, reached: true });
            }
            let fresh = kept.is_none();
            let step = self.step(&point, curvature, &mut kept)?;
            let slope = dot(&point.gradient, &step);
            let excess = -0.5 * slope / self.total_weight;
            if let Goal::Excess(enough) = goal
                && excess <= enough
            {
                return Ok(Solution { point, iterations, reached: true });
            }
            let moved = if iterations < max_iterations { self.search(&point, &step, slope)? } else { None };
            match moved {
                Some((length, next)) => {
                    let ahead = match goal {
                        Goal::Gradient(tolerance) => norm / tolerance,
                        Goal::Excess(enough) => (excess / enough).sqrt(),
                    };
                    let left = self.norm(&next.gradient) / norm;
                    if length < 1.0 || !self.worth_keeping(left, ahead * left) {
                        kept = None;
                    } else if let Some(kept) = &mut kept {
                        kept.learn(&point, &next);
                    }
                    point = next;
                    iterations += 1;
                }
                // An old factor may be to blame.
                None if !fresh && iterations < max_iterations => kept = None,
                None => return Ok(Solution { point, iterations, reached: false }),
            }
        }
    }

    /// Whether further steps with the same factor, each of which leaves the share `left` of the gradient, reach the goal, `ahead` times smaller, at less
    /// cost than a new one and the two or three steps that then remain.
    fn worth_keeping(&self, left: f64, ahead: f64) -> bool {
        if left.is_nan() || left >= 0.7 {
            return false;
        }
        let costs = Costs::of(self.design, self.stride);
        let steps = (math::ln(ahead.max(1.0)) / -math::ln(left.max(1e-9))).ceil();
        steps * costs.pass <= costs.factor + 2.0 * costs.pass
    }

    /// The step `-curvature^-1 gradient`.
    fn step(&self, point: &Point, curvature: Curvature<'_>, kept: &mut Option<Kept>) -> Result<Vec<f64>, LogisticError> {
        let mut step: Vec<f64> = point.gradient.iter().map(|g| -g).collect();
        match curvature {
            Curvature::Fixed(factor) => factor.solve(&mut step),
            Curvature::Factored => {
                let factor = match kept {
                    Some(factor) => factor,
                    None => {
                        let mut hessian = self.design.gram(&point.curvatures, self.watch);
                        self.watch.check()?;
                        hessian.add_ridge(1, self.l2);
                        kept.insert(Kept { factor: hessian.factor(), moves: Vec::new() })
                    }
                };
                factor.solve(&mut step);
            }
            Curvature::Products => step = self.conjugate_gradients(&point.curvatures, step),
        }
        self.watch.check()?;
        Ok(step)
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
            let image = self.hessian_times(curvatures, &direction);
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

    /// The Hessian's diagonal, made positive.
    fn diagonal(&self, curvatures: &[f64]) -> Vec<f64> {
        let mut diagonal = vec![0.0; self.design.order];
        for (strip, curvatures) in curvatures.as_chunks::<STRIP>().0.iter().enumerate().filter(|(strip, _)| self.counts(*strip)) {
            let (dense, codes) = self.design.strip(strip);
            diagonal[0] += curvatures.iter().sum::<f64>();
            for (d, column) in diagonal[1..].iter_mut().zip(dense.as_chunks::<STRIP>().0) {
                *d += column.iter().zip(curvatures).map(|(x, c)| c * f64::from(*x) * f64::from(*x)).sum::<f64>();
            }
            for column in codes.as_chunks::<STRIP>().0 {
                column.iter().zip(curvatures).for_each(|(code, c)| diagonal[*code as usize] += c);
            }
        }
        diagonal.iter_mut().skip(1).for_each(|d| *d += self.l2);
        diagonal.iter_mut().for_each(|d| *d = d.max(f64::MIN_POSITIVE));
        diagonal
    }

    /// Goes the whole step, or a half, a quarter ... of it, until the loss falls enough (Armijo 1966); `None` when it never does, which is when rounding is all
    /// that is left. The length gone comes first.
    fn search(&self, point: &Point, step: &[f64], slope: f64) -> Result<Option<(f64, Point)>, LogisticError> {
        if slope.is_nan() || slope >= 0.0 {
            return Ok(None);
        }
        let mut length = 1.0;
        for _ in 0..40 {
            let trial = self.at(point.coefficients.iter().zip(step).map(|(c, s)| c + length * s).collect());
            self.watch.check()?;
            // Near the minimum the gain is smaller than the rounding of the sum.
            if trial.loss <= point.loss + 1e-4 * length * slope + 1e-13 * point.loss.abs() {
                return Ok(Some((length, trial)));
            }
            length *= 0.5;
        }
        Ok(None)
    }
}
