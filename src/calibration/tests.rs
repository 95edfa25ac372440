//! Each method against scikit-learn 1.9.1, and what all of them promise.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::math;
use crate::metrics::log_loss;

/// Uniform numbers of 24 bits; the same recurrence made the data for scikit-learn.
struct Stream(u64);

impl Stream {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f64 / f64::from(1 << 24)
    }
}

const FITTED: [CalibrationMethod; 4] =
    [CalibrationMethod::Platt, CalibrationMethod::Temperature, CalibrationMethod::Beta, CalibrationMethod::Isotonic];

/// 500 rows of log-odds that are too high.
fn sample() -> (Vec<f64>, Vec<bool>) {
    let mut stream = Stream(9);
    (0..500)
        .map(|_| {
            let p = stream.next();
            (math::logit(p * 0.9 + 0.05), stream.next() < p * p)
        })
        .unzip()
}

/// Rows whose true log-odds are `truth(z)`, z even on -4..2.
fn drawn(n: usize, seed: u64, truth: impl Fn(f64) -> f64) -> (Vec<f64>, Vec<bool>) {
    let mut stream = Stream(seed);
    (0..n)
        .map(|_| {
            let z = 6.0 * stream.next() - 4.0;
            (z, stream.next() < math::sigmoid(truth(z)))
        })
        .unzip()
}

fn fit(method: CalibrationMethod, (z, won): &(Vec<f64>, Vec<bool>)) -> Calibrator {
    Calibrator::fit(method, z, won, None).unwrap()
}

fn loss(calibrator: &Calibrator, (z, won): &(Vec<f64>, Vec<bool>)) -> f64 {
    let p: Vec<f64> = z.iter().map(|z| math::sigmoid(calibrator.apply(*z))).collect();
    log_loss(&p, won, None).unwrap()
}

fn close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found} is not within {tolerance:e} of {expected}");
}

/// `sklearn.calibration._sigmoid_calibration(z, y)`, which smooths the targets as Platt did; to more digits,
/// `LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-13)` on every row twice, won with weight t and lost with weight 1 - t.
#[test]
fn platt_equals_scikit_learn() {
    let Calibrator::Platt { slope, intercept } = fit(CalibrationMethod::Platt, &sample()) else { panic!("not Platt") };
    close(slope, 1.5669626793738614, 1e-9);
    close(intercept, -1.3040092163233967, 1e-9);
}

/// `LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-13)` on every row twice, won with weight t and lost with weight 1 - t (t the smoothed target), of
/// `np.c_[np.log(p), -np.log(1 - p)]`, and of `z` with `fit_intercept=False`.
#[test]
fn beta_and_temperature_equal_scikit_learn() {
    let Calibrator::Beta { a, b, intercept } = fit(CalibrationMethod::Beta, &sample()) else { panic!("not beta") };
    close(a, 1.799728984769301, 1e-9);
    close(b, 1.4131472232085975, 1e-9);
    close(intercept, -1.0138641951737175, 1e-9);
    let Calibrator::Temperature { slope } = fit(CalibrationMethod::Temperature, &sample()) else { panic!("not temperature") };
    close(slope, 1.1486732961292991, 1e-9);
}

/// `IsotonicRegression().fit(z, y)` has 16 levels; the lowest hold 94, 22, 29, 42 rows of rates 0, 0.0455, 0.0690, 0.0952, the highest has 18 rows of rate 1.
#[test]
fn isotonic_has_scikit_learns_levels_before_they_are_shrunk() {
    let (z, won) = sample();
    let pools = isotonic::pools(&Sample::new(&z, &won, None).unwrap());
    assert_eq!(pools.len(), 16);
    for (pool, (rows, rate)) in pools.iter().zip([(94.0, 0.0), (22.0, 0.045454545455), (29.0, 0.068965517241), (42.0, 0.095238095238)]) {
        close(pool.weight, rows, 1e-9);
        close(pool.rate(), rate, 1e-11);
    }
    close(pools[15].weight, 18.0, 1e-9);
    close(pools[15].rate(), 1.0, 1e-12);
}

#[test]
fn a_level_counts_ten_rows_of_platts_line_and_half_a_row_of_either_class() {
    let data = sample();
    let (Calibrator::Isotonic(map), line) = (fit(CalibrationMethod::Isotonic, &data), fit(CalibrationMethod::Platt, &data)) else {
        panic!("not isotonic")
    };
    let (z, calibrated) = map.knots().next().unwrap();
    close(math::sigmoid(calibrated), (10.0 * math::sigmoid(line.apply(z)) + 0.5) / (94.0 + 11.0), 1e-12);
}

#[test]
fn shrunk_levels_are_nearer_to_the_truth_than_levels_as_they_are() {
    let truth = |z: f64| math::logit(0.03 + 0.97 * math::sigmoid(z));
    let (mut shrunk, mut plain) = (0.0, 0.0);
    for seed in 0..10 {
        let data = drawn(3000, seed, truth);
        let Calibrator::Isotonic(map) = fit(CalibrationMethod::Isotonic, &data) else { panic!("not isotonic") };
        let pools = isotonic::pools(&Sample::new(&data.0, &data.1, None).unwrap());
        for (pool, (z, calibrated)) in pools.iter().zip(map.knots()).filter(|_| pools.len() == map.knots().count()) {
            let p = math::sigmoid(truth(z));
            let loss = |q: f64| -p * q.clamp(1e-6, 1.0 - 1e-6).ln() - (1.0 - p) * (1.0 - q.clamp(1e-6, 1.0 - 1e-6)).ln();
            shrunk += pool.weight * loss(math::sigmoid(calibrated));
            plain += pool.weight * loss(pool.rate());
        }
    }
    assert!(plain > 0.0 && shrunk < plain - 10.0, "{shrunk} and {plain}");
}

/// Three snapshots of each lead, which all end alike, and a few leads that a map of many levels could learn by heart.
#[test]
fn what_snapshots_of_a_lead_have_in_common_is_no_proof() {
    let (z, won) = drawn(1100, 5, |z| z);
    let thrice = |values: &[f64]| values.iter().flat_map(|&v| [v, v + 1e-3, v + 2e-3]).collect::<Vec<f64>>();
    let (z3, won3) = (thrice(&z), won.iter().flat_map(|&w| [w; 3]).collect::<Vec<bool>>());
    let leads: Vec<u32> = (0..1100).flat_map(|lead| [lead; 3]).collect();
    let of_leads = Calibrator::fit_grouped(CalibrationMethod::Auto, &z3, &won3, None, &leads).unwrap();
    assert_eq!(of_leads.method(), CalibrationMethod::None);
    let as_if_independent = Calibrator::fit(CalibrationMethod::Auto, &z3, &won3, None).unwrap();
    assert_ne!(as_if_independent.method(), CalibrationMethod::None);
    // Each row a lead of its own: the same as without.
    let own: Vec<u32> = (0..1100).collect();
    let grouped = Calibrator::fit_grouped(CalibrationMethod::Auto, &z, &won, None, &own).unwrap();
    assert_eq!(grouped, Calibrator::fit(CalibrationMethod::Auto, &z, &won, None).unwrap());
    let short = Calibrator::fit_grouped(CalibrationMethod::Auto, &z, &won, None, &own[1..]).unwrap_err();
    assert!(short.to_string().contains("leads"), "{short}");
}

#[test]
fn every_map_rises_strictly_and_stays_finite() {
    let separated: (Vec<f64>, Vec<bool>) = (0..40).map(|row| (f64::from(row) * 0.1, row >= 20)).unzip();
    let reversed: (Vec<f64>, Vec<bool>) = (0..40).map(|row| (f64::from(row) * 0.1, row < 20)).unzip();
    let constant: (Vec<f64>, Vec<bool>) = (0..40).map(|row| (0.5, row < 20)).unzip();
    let twenty: (Vec<f64>, Vec<bool>) = drawn(200, 2, |z| z - 1.0);
    let one_won: (Vec<f64>, Vec<bool>) = (0..40).map(|row| (f64::from(row % 7), row == 3)).unzip();
    for data in [&sample(), &separated, &reversed, &constant, &twenty, &one_won] {
        for method in FITTED.into_iter().chain([CalibrationMethod::Auto, CalibrationMethod::None]) {
            let map = fit(method, data);
            assert_eq!(map.validate(), Ok(()), "{map:?}");
            let grid: Vec<f64> =
                [-1e9, -1e4, -100.0].into_iter().chain((-400..400).map(|step| f64::from(step) * 0.05)).chain([1e4, 1e9]).collect();
            for pair in grid.windows(2) {
                assert!(map.apply(pair[0]) < map.apply(pair[1]), "{map:?} at {pair:?}");
            }
            for extreme in [f64::MIN, f64::MAX, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
                assert!(map.apply(extreme).is_finite());
            }
        }
    }
}

#[test]
fn a_reversed_order_moves_the_level_only() {
    let reversed: (Vec<f64>, Vec<bool>) = (0..40).map(|row| (f64::from(row) * 0.1, row < 10)).unzip();
    let Calibrator::Platt { slope, intercept } = fit(CalibrationMethod::Platt, &reversed) else { panic!("not Platt") };
    assert_eq!(slope, 1.0);
    let mean = reversed.0.iter().map(|z| math::sigmoid(z + intercept)).sum::<f64>() / 40.0;
    // The smoothed share of won rows: (10 * 11/12 + 30 * 1/32) / 40.
    close(mean, (10.0 * 11.0 / 12.0 + 30.0 / 32.0) / 40.0, 1e-9);
    assert_eq!(fit(CalibrationMethod::Temperature, &reversed).affine().map(|(slope, _)| slope > 0.0), Some(true));
}

#[test]
fn the_scale_of_the_weights_does_not_matter() {
    let (z, won) = sample();
    for method in FITTED {
        let [a, b] = [0.01, 1.0].map(|weight| Calibrator::fit(method, &z, &won, Some(&[weight; 500])).unwrap());
        for z in [-3.0, 0.3, 2.0] {
            close(a.apply(z), b.apply(z), 1e-8);
        }
    }
}

#[test]
fn auto_leaves_a_calibrated_classifier_alone_and_mends_a_bad_one() {
    // Now and then a fitted map is noise; on average it hardly costs.
    for (n, seeds) in [(100, 40), (400, 10), (3000, 2)] {
        let held_out = drawn(4000, 999, |z| z);
        let harm = |seed: u64| {
            loss(&fit(CalibrationMethod::Auto, &drawn(n, 7919 * seed + 13, |z| z)), &held_out) - loss(&Calibrator::Identity, &held_out)
        };
        let mean = (0..seeds).map(harm).sum::<f64>() / seeds as f64;
        assert!(mean < 0.004, "{n}: {mean}");
    }
    for n in [150, 600, 8000] {
        let truth = |z: f64| 0.5 * z - 1.5;
        let map = fit(CalibrationMethod::Auto, &drawn(n, 5, truth));
        let held_out = drawn(20_000, 105, truth);
        assert!(loss(&map, &held_out) < loss(&Calibrator::Identity, &held_out) - 0.05, "{n} {map:?}");
    }
}

#[test]
fn auto_takes_a_bent_map_only_when_it_has_the_data() {
    let truth = |z: f64| if z < -1.0 { -2.0 } else { -2.0 + 2.0 * (z + 1.0) };
    let many = fit(CalibrationMethod::Auto, &drawn(12_000, 6, truth));
    assert!(matches!(many, Calibrator::Beta { .. } | Calibrator::Isotonic(_)), "{many:?}");
    assert_eq!(many.affine(), None);
    let few = fit(CalibrationMethod::Auto, &drawn(200, 6, truth));
    assert!(few.affine().is_some(), "{few:?}");
    let step = drawn(12_000, 7, |z| if z < 0.0 { -3.0 } else { 1.0 });
    assert_eq!(fit(CalibrationMethod::Auto, &step).method(), CalibrationMethod::Isotonic);
}

#[test]
fn auto_makes_do_with_one_class_and_a_fitted_method_does_not() {
    let data: (Vec<f64>, Vec<bool>) = (0..40).map(|row| (f64::from(row), false)).unzip();
    assert_eq!(fit(CalibrationMethod::Auto, &data), Calibrator::Identity);
    let error = Calibrator::fit(CalibrationMethod::Platt, &data.0, &data.1, None).unwrap_err();
    assert_eq!(error.to_string(), "no won rows (of positive weight) to calibrate on; use calibration \"auto\" or \"none\"");
    assert_eq!(Calibrator::fit(CalibrationMethod::Auto, &[], &[], None), Ok(Calibrator::Identity));
}

#[test]
fn bad_input_is_named() {
    let message = |z: &[f64], won: &[bool], weights: Option<&[f64]>| {
        Calibrator::fit(CalibrationMethod::Platt, z, won, weights).unwrap_err().to_string()
    };
    assert_eq!(message(&[0.0], &[], None), "won has 0 entries, expected 1, one per row of log-odds");
    assert_eq!(message(&[0.0, f64::NAN], &[true, false], None), "log-odds of row 1 are NaN; they must be finite");
    assert_eq!(message(&[0.0], &[true], Some(&[-1.0])), "weight of row 0 is -1; weights must be finite and not negative");
    assert!("plat".parse::<CalibrationMethod>().unwrap_err().to_string().contains("\"plat\""));
}

#[test]
fn methods_round_trip_through_text() {
    for (method, name) in CalibrationMethod::NAMES {
        assert_eq!(method.to_string(), name);
        assert_eq!(name.to_uppercase().parse::<CalibrationMethod>(), Ok(method));
        assert_eq!(serde_json::to_string(&method).unwrap(), format!("\"{name}\""));
    }
}

#[test]
fn a_map_survives_serialisation_and_a_damaged_one_is_refused() {
    for method in FITTED {
        let map = fit(method, &sample());
        let read: Calibrator = serde_json::from_str(&serde_json::to_string(&map).unwrap()).unwrap();
        assert_eq!(read, map);
    }
    let damaged = [
        r#"{"Platt":{"slope":-1.0,"intercept":0.0}}"#,
        r#"{"Platt":{"slope":1.0,"intercept":1e300}}"#,
        r#"{"Temperature":{"slope":0.0}}"#,
        r#"{"Beta":{"a":1.0,"b":-1.0,"intercept":0.0}}"#,
        r#"{"Isotonic":{"raw":[0.0,0.0],"calibrated":[0.0,1.0],"slope":1.0}}"#,
        r#"{"Isotonic":{"raw":[0.0,1.0],"calibrated":[0.0],"slope":1.0}}"#,
        r#"{"Isotonic":{"raw":[0.0,1.0],"calibrated":[0.0,1.0],"slope":0.0}}"#,
    ];
    for text in damaged {
        assert!(serde_json::from_str::<Calibrator>(text).unwrap().validate().is_err(), "{text}");
    }
    let hostile = Calibrator::Platt { slope: f64::NAN, intercept: 0.0 };
    assert!(hostile.validate().is_err());
}

/// The first half says that log-odds are twice too sure, the second that they are right: cross-validation within a mixture of both would
/// calibrate, judging later rows by earlier ones must not.
#[test]
fn a_map_that_does_not_outlive_its_time_is_not_chosen() {
    let right = |z: f64| z;
    let sure = |z: f64| 0.5 * z;
    let (first, second) = (drawn(4000, 11, sure), drawn(4000, 12, right));
    let (log_odds, won) = ([first.0, second.0].concat(), [first.1, second.1].concat());
    let blocks: Vec<u32> = (0..8000).map(|row| row / 4000).collect();
    let leads: Vec<u32> = (0..8000).collect();
    let order = TimeOrder { blocks: &blocks, leads: &leads, ripe: &vec![0; 8000], starts: &[0, 1] };
    let in_time = Calibrator::fit_in_time(CalibrationMethod::Auto, &log_odds, &won, None, order).unwrap();
    assert_eq!(in_time, Calibrator::Identity);
    let mixed = Calibrator::fit(CalibrationMethod::Auto, &log_odds, &won, None).unwrap();
    assert_ne!(mixed, Calibrator::Identity);
}

#[test]
fn a_shift_moves_every_kind_of_map_by_itself_and_nothing_else() {
    let log_odds: Vec<f64> = (0..4000).map(|row| f64::from(row % 400) / 100.0 - 2.0).collect();
    let won: Vec<bool> = (0..4000).map(|row| (row * 7919) % 400 < row % 400).collect();
    for method in ["none", "platt", "temperature", "beta", "isotonic"] {
        let map = Calibrator::fit(method.parse().unwrap(), &log_odds, &won, None).unwrap();
        let shifted = map.clone().shifted(-1.25);
        shifted.validate().unwrap();
        for z in [-3.0, -0.4, 0.0, 1.7] {
            assert!((shifted.apply(z) - (map.apply(z) - 1.25)).abs() < 1e-12, "{method} at {z}");
        }
    }
}
