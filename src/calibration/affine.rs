//! Straight-line calibration in log-odds: Platt's and temperature.

use super::newton::minimise;
use super::sample::Sample;
use super::{Calibrator, SLOPES};

/// Platt (1999), with the numerics of Lin, Lin and Weng (2007).
pub(super) fn platt(sample: &Sample) -> Calibrator {
    let (high, low) = sample.smoothed_targets();
    let rows: Vec<_> = sample.rows.iter().map(|row| ([row.z, 1.0], 0.0, if row.won { high } else { low }, row.weight)).collect();
    let [slope, intercept] = minimise(&rows, [0.0, 0.0]);
    if SLOPES.contains(&slope) {
        return Calibrator::Platt { slope, intercept };
    }
    // Rows that contradict the classifier's order do not turn it over: they only move the level.
    let slope = if slope > 0.0 { slope.clamp(*SLOPES.start(), *SLOPES.end()) } else { 1.0 };
    let rows: Vec<_> = rows.into_iter().map(|([z, _], _, target, weight)| ([1.0], slope * z, target, weight)).collect();
    let [intercept] = minimise(&rows, [0.0]);
    Calibrator::Platt { slope, intercept }
}

/// Temperature scaling (Guo, Pleiss, Sun and Weinberger 2017).
pub(super) fn temperature(sample: &Sample) -> Calibrator {
    let (high, low) = sample.smoothed_targets();
    let rows: Vec<_> = sample.rows.iter().map(|row| ([row.z], 0.0, if row.won { high } else { low }, row.weight)).collect();
    let [slope] = minimise(&rows, [0.0]);
    if slope > 0.0 { Calibrator::Temperature { slope: slope.clamp(*SLOPES.start(), *SLOPES.end()) } } else { Calibrator::Identity }
}
