//! Beta calibration (Kull, Silva Filho and Flach 2017).
//!
//! With p the raw probability, the calibrated log-odds are `a ln(p) - b ln(1 - p) + c`: the log-odds of two beta densities. a is the slope among low log-odds, b among high ones.

use super::newton::minimise;
use super::sample::Sample;
use super::{Calibrator, SLOPES, affine};
use crate::math;

pub(super) fn apply(a: f64, b: f64, intercept: f64, z: f64) -> f64 {
    b * math::softplus(z) - a * math::softplus(-z) + intercept
}

pub(super) fn fit(sample: &Sample) -> Calibrator {
    let (high, low) = sample.smoothed_targets();
    let rows: Vec<_> = sample
        .rows
        .iter()
        .map(|row| ([-math::softplus(-row.z), math::softplus(row.z), 1.0], 0.0, if row.won { high } else { low }, row.weight))
        .collect();
    let [a, b, intercept] = minimise(&rows, [0.0; 3]);
    if SLOPES.contains(&a) && SLOPES.contains(&b) {
        return Calibrator::Beta { a, b, intercept };
    }
    // As its authors do: the slope that left its range is set to the end of it and the other refitted.
    let (held, fixed) = if a < b { (0, a.clamp(*SLOPES.start(), *SLOPES.end())) } else { (1, b.clamp(*SLOPES.start(), *SLOPES.end())) };
    let rows: Vec<_> = rows.into_iter().map(|(x, _, target, weight)| ([x[1 - held], 1.0], fixed * x[held], target, weight)).collect();
    let [other, intercept] = minimise(&rows, [0.0; 2]);
    if !SLOPES.contains(&other) {
        return affine::platt(sample);
    }
    let (a, b) = if held == 0 { (fixed, other) } else { (other, fixed) };
    Calibrator::Beta { a, b, intercept }
}
