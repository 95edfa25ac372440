//! Newton's method for the few parameters of a parametric calibration.

use crate::math;

/// Minimises the weighted log loss of `offset + x . parameters` against targets in 0..=1, from `parameters` on.
///
/// Step halving and a growing ridge on a singular Hessian as in Lin, Lin and Weng (2007); the loss is convex and, with smoothed targets, has its minimum.
pub(super) fn minimise<const K: usize>(rows: &[([f64; K], f64, f64, f64)], mut parameters: [f64; K]) -> [f64; K] {
    let total: f64 = rows.iter().map(|(_, _, _, weight)| weight).sum();
    let linear = |x: &[f64; K], parameters: &[f64; K]| x.iter().zip(parameters).map(|(x, p)| x * p).sum::<f64>();
    let loss_at = |parameters: &[f64; K]| {
        let losses = rows.iter().map(|(x, offset, target, weight)| {
            let z = offset + linear(x, parameters);
            weight * (math::softplus(z) - target * z)
        });
        losses.sum::<f64>()
    };
    let mut loss = loss_at(&parameters);
    for _ in 0..100 {
        let (mut gradient, mut hessian) = ([0.0; K], [[0.0; K]; K]);
        for (x, offset, target, weight) in rows {
            let p = math::sigmoid(offset + linear(x, &parameters));
            let (slope, bend) = (weight * (p - target), weight * p * (1.0 - p));
            for i in 0..K {
                gradient[i] += slope * x[i];
                for j in 0..K {
                    hessian[i][j] += bend * x[i] * x[j];
                }
            }
        }
        if gradient.iter().all(|g| g.abs() <= 1e-12 * total) {
            break;
        }
        let step = solve(hessian, gradient);
        let slope: f64 = step.iter().zip(&gradient).map(|(s, g)| s * g).sum();
        let mut length = 1.0;
        let moved = (0..40).find_map(|_| {
            let trial: [f64; K] = std::array::from_fn(|i| parameters[i] - length * step[i]);
            let trial_loss = loss_at(&trial);
            let fell = trial_loss <= loss - 1e-4 * length * slope + 1e-14 * loss.abs();
            length *= 0.5;
            fell.then_some((trial, trial_loss))
        });
        match moved {
            Some((trial, trial_loss)) if trial.iter().all(|p| p.is_finite()) => (parameters, loss) = (trial, trial_loss),
            _ => break,
        }
    }
    parameters
}

/// Solves a small positive semidefinite system by Cholesky, with as much added to the diagonal as it takes.
fn solve<const K: usize>(matrix: [[f64; K]; K], target: [f64; K]) -> [f64; K] {
    let largest = (0..K).map(|i| matrix[i][i]).fold(f64::MIN_POSITIVE, f64::max);
    let mut ridge = 0.0;
    while ridge <= largest {
        let mut factor = [[0.0; K]; K];
        let mut positive = true;
        for i in 0..K {
            for j in 0..=i {
                let inner: f64 = (0..j).map(|k| factor[i][k] * factor[j][k]).sum();
                if i == j {
                    let pivot = matrix[i][i] + ridge - inner;
                    positive &= pivot > 1e-14 * largest.min(matrix[i][i] + ridge);
                    factor[i][i] = pivot.max(f64::MIN_POSITIVE).sqrt();
                } else {
                    factor[i][j] = (matrix[i][j] - inner) / factor[j][j];
                }
            }
        }
        if positive {
            let mut x = target;
            for i in 0..K {
                let inner: f64 = (0..i).map(|k| factor[i][k] * x[k]).sum();
                x[i] = (x[i] - inner) / factor[i][i];
            }
            for i in (0..K).rev() {
                let inner: f64 = (i + 1..K).map(|k| factor[k][i] * x[k]).sum();
                x[i] = (x[i] - inner) / factor[i][i];
            }
            return x;
        }
        ridge = if ridge == 0.0 { 1e-12 * largest } else { 100.0 * ridge };
    }
    target
}
