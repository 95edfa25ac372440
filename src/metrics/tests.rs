//! Each metric against scikit-learn 1.9.1's number, or against brute force.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::time::Span;

/// Uniform numbers of 24 bits; the same recurrence made the data for scikit-learn.
struct Stream(u64);

impl Stream {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f64 / f64::from(1 << 24)
    }
}

/// 200 rows with many ties, and weights of 1 to 4.
fn tied() -> (Vec<f64>, Vec<bool>, Vec<f64>) {
    let mut stream = Stream(7);
    let (mut p, mut won, mut weights) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..200 {
        let [a, b, c] = std::array::from_fn(|_| stream.next());
        let q = (1.0 + (a * 49.0).floor()) / 50.0;
        p.push(q);
        won.push(b < q * q + 0.1);
        weights.push(1.0 + (c * 4.0).floor());
    }
    (p, won, weights)
}

/// 500 rows without ties.
fn untied() -> (Vec<f64>, Vec<bool>) {
    let mut stream = Stream(9);
    (0..500)
        .map(|_| {
            let p = stream.next();
            (p, stream.next() < p * p)
        })
        .unzip()
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-12, "{found} is not {expected}");
}

/// `roc_auc_score(y, p, sample_weight=w)`, `average_precision_score(...)`, `log_loss(...)`, `brier_score_loss(...)`.
#[test]
fn weighted_metrics_with_ties_equal_those_of_scikit_learn() {
    let (p, won, weights) = tied();
    assert_eq!(won.iter().filter(|won| **won).count(), 89);
    let cases = [
        (None, [0.7690555724263589, 0.7550850345968988, 0.5617627568202441, 0.19341]),
        (Some(weights.as_slice()), [0.7831132075471697, 0.7666035895852842, 0.5442264667083542, 0.18654373716632444]),
    ];
    for (weights, [expected_auc, expected_precision, expected_loss, expected_brier]) in cases {
        close(auc(&p, &won, weights).unwrap().unwrap(), expected_auc);
        close(average_precision(&p, &won, weights).unwrap().unwrap(), expected_precision);
        close(log_loss(&p, &won, weights).unwrap(), expected_loss);
        close(brier(&p, &won, weights).unwrap(), expected_brier);
        let all = Evaluation::new(&p, &won, weights).unwrap();
        assert_eq!((all.auc.unwrap(), all.log_loss), (auc(&p, &won, weights).unwrap().unwrap(), log_loss(&p, &won, weights).unwrap()));
    }
}

/// `calibration_curve(y, p, n_bins=10, strategy="quantile")`, and the mean of the absolute differences.
#[test]
fn the_calibration_table_equals_that_of_scikit_learn() {
    let (p, won) = untied();
    let table = calibration_table(&p, &won, None, 10).unwrap();
    let observed = [0.0, 0.02, 0.06, 0.12, 0.22, 0.28, 0.38, 0.58, 0.74, 0.86];
    let predicted = [
        0.052349891663,
        0.161377958059,
        0.25754810214,
        0.362320833206,
        0.472875951529,
        0.571675723791,
        0.66070630908,
        0.75593734622,
        0.839959216118,
        0.93751290679,
    ];
    assert_eq!(table.len(), 10);
    for (bin, (observed, predicted)) in table.iter().zip(observed.into_iter().zip(predicted)) {
        assert_eq!(bin.n, 50);
        close(bin.observed, observed);
        close(bin.predicted, predicted);
    }
    close(expected_calibration_error(&p, &won, None, 10).unwrap(), 0.18122642385959625);
}

/// `log_loss([1, 0], [0.0, 0.5])`: scikit-learn keeps probabilities 2.2e-16 away from 0.
#[test]
fn a_certain_miss_costs_much_but_not_infinity() {
    close(log_loss(&[0.0, 0.5], &[true, false], None).unwrap(), 0.5 * (36.04365338911715 + std::f64::consts::LN_2));
}

#[test]
fn a_weight_is_so_many_rows() {
    let (p, won, weights) = tied();
    let repeat = |row: usize| std::iter::repeat_n(row, weights[row] as usize);
    let rows: Vec<usize> = (0..200).flat_map(repeat).collect();
    let (p2, won2): (Vec<f64>, Vec<bool>) = rows.iter().map(|row| (p[*row], won[*row])).unzip();
    let (a, b) = (Evaluation::new(&p, &won, Some(&weights)).unwrap(), Evaluation::new(&p2, &won2, None).unwrap());
    close(a.auc.unwrap(), b.auc.unwrap());
    close(a.average_precision.unwrap(), b.average_precision.unwrap());
    close(a.ece, b.ece);
    close(a.capture(0.13).unwrap(), b.capture(0.13).unwrap());
}

#[test]
fn the_order_of_the_rows_does_not_change_a_bit_of_the_ranking() {
    let (p, won, weights) = tied();
    let reversed = |values: &[f64]| values.iter().rev().copied().collect::<Vec<_>>();
    let won2: Vec<bool> = won.iter().rev().copied().collect();
    let a = Evaluation::new(&p, &won, Some(&weights)).unwrap();
    let b = Evaluation::new(&reversed(&p), &won2, Some(&reversed(&weights))).unwrap();
    assert_eq!((a.auc, a.average_precision, a.ece, a.gains), (b.auc, b.average_precision, b.ece, b.gains));
}

#[test]
fn lift_and_capture_share_ties_in_part() {
    // Four tied rows, one of them won, then six of which one is won.
    let p = [0.9, 0.9, 0.9, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1];
    let won = [true, false, false, false, true, false, false, false, false, false];
    let evaluation = Evaluation::new(&p, &won, None).unwrap();
    close(evaluation.capture(0.2).unwrap(), 0.25);
    close(evaluation.capture(0.4).unwrap(), 0.5);
    close(evaluation.lift(0.2).unwrap(), 1.25);
    close(evaluation.lift(1.0).unwrap(), 1.0);
    close(evaluation.lift(0.0).unwrap(), 1.25);
    close(evaluation.capture(7.0).unwrap(), 1.0);
    close(evaluation.capture(f64::NAN).unwrap(), 0.0);
}

#[test]
fn a_long_gains_curve_is_exact_at_every_thousandth() {
    let mut stream = Stream(21);
    let (p, won): (Vec<f64>, Vec<bool>) = (0..5000).map(|_| (stream.next(), stream.next() < 0.3)).unzip();
    let gains = Gains::new(&p, &won, None).unwrap().unwrap();
    assert_eq!(gains.points().len(), 1001);
    let mut order: Vec<usize> = (0..5000).collect();
    order.sort_by(|a, b| p[*b].total_cmp(&p[*a]));
    let wins = won.iter().filter(|won| **won).count() as f64;
    for k in [5, 50, 500, 2505] {
        let caught = order[..k].iter().filter(|row| won[**row]).count() as f64;
        close(gains.capture(k as f64 / 5000.0), caught / wins);
    }
}

#[test]
fn one_class_has_no_auc_and_says_so() {
    let evaluation = Evaluation::new(&[0.2, 0.3], &[false, false], None).unwrap();
    assert_eq!((evaluation.auc, evaluation.average_precision, evaluation.lift(0.5)), (None, None, None));
    assert!(evaluation.log_loss.is_finite());
    let evaluation = Evaluation::new(&[0.2, 0.3], &[true, true], None).unwrap();
    assert_eq!((evaluation.auc, evaluation.average_precision), (None, Some(1.0)));
    assert_eq!(auc_interval(&[0.2, 0.3], &[true, false]).unwrap(), None);
}

#[test]
fn bad_input_is_named() {
    let message = |p: &[f64], won: &[bool], weights: Option<&[f64]>| Evaluation::new(p, won, weights).unwrap_err().to_string();
    assert_eq!(message(&[], &[], None), "no rows to evaluate (or all weights are 0)");
    assert_eq!(message(&[0.5], &[true], Some(&[0.0])), "no rows to evaluate (or all weights are 0)");
    assert_eq!(message(&[0.5], &[], None), "won has 0 entries, expected 1, one per probability");
    assert_eq!(
        message(&[0.5, 1.5], &[true, false], None),
        "probability of row 1 is 1.5; probabilities lie in 0..=1 (are these log-odds or scores?)"
    );
    assert!(message(&[f64::NAN], &[true], None).contains("is NaN"));
    assert_eq!(message(&[0.5], &[true], Some(&[-1.0])), "weight of row 0 is -1; weights must be finite and not negative");
    assert!(calibration_table(&[0.5], &[true], None, 0).is_err());
}

/// Brute force over all pairs, as DeLong, DeLong and Clarke-Pearson define it (numpy, `ddof=1`).
#[test]
fn the_delong_interval_equals_brute_force() {
    let (p, won, _) = tied();
    let interval = auc_interval(&p, &won).unwrap().unwrap();
    close(interval.estimate, 0.7690555724263589);
    close(interval.standard_error, 0.03329001395485469);
    let (p, won) = untied();
    let interval = auc_interval(&p, &won).unwrap().unwrap();
    close(interval.estimate, 0.8749886220895305);
    close(interval.standard_error, 0.015684391630645004);
    assert!(interval.low < interval.estimate && interval.high < 1.0);
}

#[test]
fn a_monotone_change_makes_no_difference_in_auc() {
    let (p, won) = untied();
    let squared: Vec<f64> = p.iter().map(|p| p * p).collect();
    let difference = auc_difference(&p, &squared, &won).unwrap().unwrap();
    close(difference.estimate, 0.0);
    close(difference.standard_error, 0.0);
}

/// numpy: `d.mean()` and `d.std(ddof=1) / sqrt(len(d))` of the rows' log losses under `0.9 p + 0.05` and `0.9 sqrt(p) + 0.05`.
#[test]
fn the_paired_difference_equals_numpy_and_the_bootstrap_agrees() {
    let (p, won) = untied();
    let first: Vec<f64> = p.iter().map(|p| p * 0.9 + 0.05).collect();
    let second: Vec<f64> = p.iter().map(|p| p.sqrt() * 0.9 + 0.05).collect();
    let analytic = paired_difference(&first, &second, &won, None, None).unwrap();
    close(analytic.mean, -0.20943537996971337);
    close(analytic.standard_error, 0.012240252152077368);
    let sampled = bootstrap_difference(&first, &second, &won, None, None, 2000, 1).unwrap();
    assert!((sampled.standard_error / analytic.standard_error - 1.0).abs() < 0.06);
    assert_eq!(sampled, bootstrap_difference(&first, &second, &won, None, None, 2000, 1).unwrap());
    // Every row four times over, in groups: as much evidence as once.
    let four = |values: &[f64]| values.iter().flat_map(|x| [*x; 4]).collect::<Vec<_>>();
    let won4: Vec<bool> = won.iter().flat_map(|x| [*x; 4]).collect();
    let groups: Vec<u32> = (0..2000).map(|row| row / 4).collect();
    let grouped = paired_difference(&four(&first), &four(&second), &won4, None, Some(&groups)).unwrap();
    close(grouped.standard_error, analytic.standard_error);
    let one = paired_difference(&first, &second, &won, None, Some(&[3; 500])).unwrap();
    assert_eq!(one.standard_error, f64::INFINITY);
}

#[test]
fn segments_and_ages_are_evaluations_of_their_rows() {
    let (p, won, weights) = tied();
    let segments: Vec<Option<&str>> = (0..200).map(|row| [Some("west"), Some("east"), None][row % 3]).collect();
    let ages: Vec<Span> = (0..200).map(|row| if row < 150 { Span::days(7) } else { Span::days(0) }).collect();
    let young_weights = &weights[150..];
    let weights = Some(weights.as_slice());
    let evaluation = Evaluation::new(&p, &won, weights).unwrap();
    let evaluation = evaluation.with_segments(&p, &won, weights, &segments).unwrap().with_ages(&p, &won, weights, &ages).unwrap();
    assert_eq!(evaluation.by_segment.iter().map(|(name, part)| (name.as_str(), part.n)).collect::<Vec<_>>(), [("east", 67), ("west", 67)]);
    let (age, young) = &evaluation.by_age[0];
    assert_eq!((age.to_string().as_str(), young.n), ("0d", 50));
    assert_eq!(*young, Evaluation::new(&p[150..], &won[150..], Some(young_weights)).unwrap());
    let text = evaluation.to_string();
    assert!(text.contains("west") && text.contains("age 7d") && text.contains("observed"), "{text}");
    assert!(evaluation.with_ages(&p, &won, weights, &ages[..3]).is_err());
}

#[test]
fn the_table_is_aligned() {
    let (p, won, _) = tied();
    let text = Evaluation::new(&p, &won, None).unwrap().to_string();
    let expected = "                rows      won     rate     AUC      AP log loss   Brier     ECE lift(10%)\n\
                    all              200       89    44.5%  0.7691  0.7551   0.5618  0.1934";
    assert!(text.starts_with(expected), "{text}");
}
