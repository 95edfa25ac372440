//! The shift of log-odds that makes their mean probability a given one.

use super::{logit, sigmoid};

/// What must be added to the log-odds of `rows` (pairs of weight and log-odds) for the weighted mean of their probabilities to be `share`, above 0 and below 1.
///
/// Newton's method, held between bounds that close in: the mean probability rises with the shift, and no shift beyond `logit(share)` less the largest or the
/// smallest of the log-odds can be needed.
pub(crate) fn shift_to_share<I: Iterator<Item = (f64, f64)>>(rows: impl Fn() -> I, share: f64) -> f64 {
    let (mut total, mut sum) = (0.0, 0.0);
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    for (weight, z) in rows().filter(|(weight, _)| *weight > 0.0) {
        total += weight;
        sum += weight * z;
        (least, most) = (least.min(z), most.max(z));
    }
    if total <= 0.0 {
        return 0.0;
    }
    let target = logit(share);
    let (mut low, mut high) = (target - most, target - least);
    let mut shift = target - sum / total;
    for _ in 0..200 {
        let (mut excess, mut curvature) = (-share * total, 0.0);
        for (weight, z) in rows() {
            let p = sigmoid(z + shift);
            excess += weight * p;
            curvature += weight * p * (1.0 - p);
        }
        if excess > 0.0 {
            high = high.min(shift);
        } else {
            low = low.max(shift);
        }
        let newton = shift - excess / curvature;
        // Where the curve is flat, or a step leads out of the bounds, half of what is left.
        let next = if newton > low && newton < high { newton } else { f64::midpoint(low, high) };
        let done = (next - shift).abs() <= 1e-12 * (1.0 + shift.abs());
        shift = next;
        if done {
            break;
        }
    }
    shift
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_mean_probability_becomes_the_share(
            rows in prop::collection::vec((0.01_f64..100.0, -1500.0_f64..1500.0), 1..20),
            share in 0.001_f64..0.999,
            far in -1e5_f64..1e5,
        ) {
            let rows: Vec<(f64, f64)> = rows.into_iter().map(|(weight, z)| (weight, z + far)).collect();
            let shift = shift_to_share(|| rows.iter().copied(), share);
            let mean = |shift: f64| {
                rows.iter().map(|(weight, z)| weight * sigmoid(z + shift)).sum::<f64>() / rows.iter().map(|(weight, _)| weight).sum::<f64>()
            };
            // Beside it, the mean lies on either side, whatever rounding leaves of log-odds so far from 0.
            let near = 1e-9 * (1.0 + shift.abs());
            prop_assert!(mean(shift - near) <= share + 1e-12 && mean(shift + near) >= share - 1e-12, "{} {} {}", mean(shift), share, shift);
        }
    }

    #[test]
    fn one_log_odds_is_moved_to_the_shares_own() {
        assert!((shift_to_share(|| [(2.0, 1000.0)].into_iter(), 0.25) - (logit(0.25) - 1000.0)).abs() < 1e-9);
    }
}
