//! How much all other columns together tell: a logistic regression on their statistics.

use super::questions::{Asked, Auc};
use crate::math::{logit, sigmoid, softplus};

/// No more columns than these are put together, the best of them.
const MOST_COLUMNS: usize = 100;
/// Newton steps; the loss is convex and the columns are few.
const STEPS: usize = 25;
/// How often a step is halved before it is given up.
const HALVINGS: usize = 30;
/// Penalty on the squared weights, against columns that say the same.
const RIDGE: f64 = 1.0;

/// The AUC, among leads of the same time, of the other columns put together; `None` when there are none. The few weights are judged on the rows that
/// they were fitted on, which flatters the others a little, and so never the one column that is compared with them.
pub(super) fn together(asked: &Asked<'_>, others: &[(Auc, Vec<f32>)]) -> Option<Auc> {
    let mut best: Vec<&(Auc, Vec<f32>)> = others.iter().collect();
    best.sort_by(|a, b| b.0.value.total_cmp(&a.0.value));
    best.truncate(MOST_COLUMNS);
    if best.is_empty() {
        return None;
    }
    let width = best.len() + 1;
    let row = |place: usize, out: &mut [f64]| {
        for (cell, (_, statistic)) in out.iter_mut().zip(&best) {
            *cell = logit(f64::from(statistic[place]).clamp(0.001, 0.999)) - logit(asked.share.clamp(0.001, 0.999));
        }
        out[width - 1] = 1.0;
    };
    let mut weights = vec![0.0; width];
    let mut x = vec![0.0; width];
    weights[width - 1] = logit(asked.share.clamp(1e-6, 1.0 - 1e-6));
    let mut loss = f64::INFINITY;
    let mut step: Vec<f64> = vec![0.0; width];
    for _ in 0..STEPS {
        // A Newton step may go too far: it is halved until the loss falls.
        let mut next = penalized_loss(asked, &weights, &row);
        for _ in 0..HALVINGS {
            if next <= loss {
                break;
            }
            for (w, s) in weights.iter_mut().zip(&mut step) {
                *s *= 0.5;
                *w -= *s;
            }
            next = penalized_loss(asked, &weights, &row);
        }
        if next > loss || loss - next < 1e-7 * next {
            break;
        }
        loss = next;
        let mut gradient: Vec<f64> = weights.iter().map(|w| -RIDGE * w).collect();
        gradient[width - 1] = 0.0;
        let mut hessian = vec![0.0; width * width];
        (0..width).for_each(|i| hessian[i * width + i] = if i + 1 < width { RIDGE } else { 1e-9 });
        for &place in &asked.judged {
            row(place as usize, &mut x);
            let p = sigmoid(x.iter().zip(&weights).map(|(x, w)| x * w).sum());
            let (residual, curvature) = (f64::from(u8::from(asked.won[place as usize])) - p, p * (1.0 - p));
            for i in 0..width {
                gradient[i] += residual * x[i];
                let scaled = curvature * x[i];
                (0..=i).for_each(|j| hessian[i * width + j] += scaled * x[j]);
            }
        }
        let Some(newton) = solved(hessian, gradient, width) else { break };
        step = newton;
        weights.iter_mut().zip(&step).for_each(|(w, s)| *w += s);
    }
    let mut score = vec![0.0_f32; asked.won.len()];
    for &place in &asked.judged {
        row(place as usize, &mut x);
        score[place as usize] = x.iter().zip(&weights).map(|(x, w)| x * w).sum::<f64>() as f32;
    }
    asked.auc(&score)
}

/// The log loss over all judged leads with the penalty; `row` writes what a lead's statistics say.
fn penalized_loss(asked: &Asked<'_>, weights: &[f64], row: &dyn Fn(usize, &mut [f64])) -> f64 {
    let mut x = vec![0.0; weights.len()];
    let mut loss: f64 = weights[..weights.len() - 1].iter().map(|w| 0.5 * RIDGE * w * w).sum();
    for &place in &asked.judged {
        row(place as usize, &mut x);
        let z: f64 = x.iter().zip(weights).map(|(x, w)| x * w).sum();
        loss += softplus(if asked.won[place as usize] { -z } else { z });
    }
    loss
}

/// Solves a symmetric positive definite system given by its lower triangle (Cholesky); `None` when it is not one.
fn solved(mut matrix: Vec<f64>, mut right: Vec<f64>, n: usize) -> Option<Vec<f64>> {
    for i in 0..n {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|k| matrix[i * n + k] * matrix[j * n + k]).sum();
            let rest = matrix[i * n + j] - dot;
            if i == j {
                if !(rest.is_finite() && rest > 0.0) {
                    return None;
                }
                matrix[i * n + i] = rest.sqrt();
            } else {
                matrix[i * n + j] = rest / matrix[j * n + j];
            }
        }
    }
    for i in 0..n {
        let dot: f64 = (0..i).map(|k| matrix[i * n + k] * right[k]).sum();
        right[i] = (right[i] - dot) / matrix[i * n + i];
    }
    for i in (0..n).rev() {
        let dot: f64 = (i + 1..n).map(|k| matrix[k * n + i] * right[k]).sum();
        right[i] = (right[i] - dot) / matrix[i * n + i];
    }
    Some(right)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_positive_definite_system_is_solved_and_another_refused() {
        // [4 2; 2 3] x = [2; 5] has x = [-0.5; 2].
        let x = solved(vec![4.0, 0.0, 2.0, 3.0], vec![2.0, 5.0], 2).unwrap();
        assert!((x[0] + 0.5).abs() < 1e-12 && (x[1] - 2.0).abs() < 1e-12, "{x:?}");
        assert_eq!(solved(vec![1.0, 0.0, 2.0, 1.0], vec![1.0, 1.0], 2), None);
    }
}
