//! The choice of a method by the amount of data and by cross-validated log loss.

use super::sample::{Sample, row_loss};
use super::{CalibrationMethod, Calibrator};

const FOLDS: usize = 10;
/// The rarer class must have this many rows before a method is tried. Isotonic regression needs the most: below a thousand wins it follows noise (Niculescu-Mizil and Caruana 2005).
const LADDER: [(CalibrationMethod, usize); 4] = [
    (CalibrationMethod::Temperature, 10),
    (CalibrationMethod::Platt, 10),
    (CalibrationMethod::Beta, 200),
    (CalibrationMethod::Isotonic, 1000),
];

/// The simplest method that none beats by more than a standard error.
pub(super) fn choose(sample: &Sample) -> Calibrator {
    let rarer = sample.count(true).min(sample.count(false));
    let folds = assign(sample);
    let mut best = CalibrationMethod::None;
    let mut losses = held_out(sample, &folds, best);
    for (method, needed) in LADDER {
        if rarer < needed {
            break;
        }
        let trial = held_out(sample, &folds, method);
        if is_better(sample, &trial, &losses) {
            (best, losses) = (method, trial);
        }
    }
    Calibrator::fit_sample(best, sample)
}

/// Each class is dealt in order of log-odds, so that every fold sees the whole range and both classes.
fn assign(sample: &Sample) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sample.rows.len()).collect();
    let key = |row: &usize| sample.rows.get(*row).map_or((false, 0.0), |row| (row.won, row.z));
    order.sort_by(|a, b| key(a).0.cmp(&key(b).0).then(key(a).1.total_cmp(&key(b).1)));
    let mut folds = vec![0; order.len()];
    for (place, row) in order.into_iter().enumerate() {
        if let Some(fold) = folds.get_mut(row) {
            *fold = place % FOLDS;
        }
    }
    folds
}

/// Each row's log loss under the map fitted without its fold.
fn held_out(sample: &Sample, folds: &[usize], method: CalibrationMethod) -> Vec<f64> {
    let mut losses = vec![0.0; sample.rows.len()];
    for fold in 0..FOLDS {
        let train = Sample { rows: sample.rows.iter().zip(folds).filter(|(_, of)| **of != fold).map(|(row, _)| *row).collect() };
        let map = Calibrator::fit_sample(method, &train);
        for ((row, of), loss) in sample.rows.iter().zip(folds).zip(&mut losses) {
            if *of == fold {
                *loss = row_loss(row.won, map.apply(row.z));
            }
        }
    }
    losses
}

/// Whether the mean of `trial` is below that of `losses` by more than the standard error of the paired difference.
fn is_better(sample: &Sample, trial: &[f64], losses: &[f64]) -> bool {
    let gains = || sample.rows.iter().zip(trial.iter().zip(losses)).map(|(row, (trial, loss))| (row.weight, loss - trial));
    let total: f64 = gains().map(|(weight, _)| weight).sum();
    let mean = gains().map(|(weight, gain)| weight * gain).sum::<f64>() / total;
    let squares: f64 = gains().map(|(weight, gain)| weight * weight * (gain - mean) * (gain - mean)).sum();
    mean > squares.sqrt() / total
}
