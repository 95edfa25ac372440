//! What fitting promises, against scikit-learn 1.9.1 and linfa-logistic.
#![allow(clippy::unwrap_used, clippy::panic)]

mod bad_input;
mod levels;
mod penalties;
mod rows;

use std::sync::atomic::{AtomicU32, Ordering};

use linfa::dataset::Dataset;
use linfa::traits::{Fit, PredictInplace};
use ndarray::{Array1, Array2, Ix1, s};

use super::*;
use crate::features::FeatureKind;
use crate::math;
use crate::observer::{Observer, Silent};

/// Uniform numbers in 0..1 with 24 bits, which f32 holds exactly; the same recurrence made the data for scikit-learn.
struct Stream(u64);

impl Stream {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f64 / f64::from(1 << 24)
    }
}

/// Three numbers, a category of four levels, the outcome and weights of 1, 2 or 3.
fn sample() -> (Array2<f32>, Array1<bool>, Array1<f32>) {
    let mut stream = Stream(1);
    let (mut records, mut won, mut weights) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..300 {
        let [a, b, c, d, e, f] = std::array::from_fn(|_| stream.next());
        let category = (d * 4.0) as usize;
        let score = 2.0 * a - 1.5 * b * b + [0.8, -0.5, 0.0, 0.3][category] - 0.6;
        records.extend([a as f32, b as f32, c as f32, category as f32]);
        won.push(e < math::sigmoid(2.0 * score));
        weights.push(1.0 + (f * 3.0).floor() as f32);
    }
    (Array2::from_shape_vec((300, 4), records).unwrap(), won.into(), weights.into())
}

fn dataset(weighted: bool) -> Dataset<f32, bool, Ix1> {
    let (records, won, weights) = sample();
    let dataset = Dataset::new(records, won);
    if weighted { dataset.with_weights(weights) } else { dataset }
}

fn params() -> LogisticParams {
    LogisticParams::new().categorical(vec![None, None, None, Some(4)])
}

fn features() -> Vec<Feature> {
    let levels = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
    let mut features: Vec<Feature> = ["x", "y", "z"].map(|name| Feature::new(name, name, FeatureKind::Numeric)).to_vec();
    features.push(Feature::new("kind", "kind", FeatureKind::Categorical { levels }));
    features
}

fn close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found} is not within {tolerance:e} of {expected}");
}

/// scikit-learn 1.9.1: `LogisticRegression(C=1/l2, solver="newton-cholesky", tol=1e-12).fit(np.hstack([StandardScaler().fit(X[:, :3], sample_weight=w).transform(X[:, :3]),
/// np.eye(4)[X[:, 3]]]), y, sample_weight=w)`: the intercept, the numeric coefficients, and `decision_function` of the first three rows.
#[test]
fn coefficients_equal_those_of_scikit_learn() {
    let cases = [
        (
            false,
            1.0,
            0.07460925442247493,
            [1.294523586848, -0.784636453419, 0.053114250686],
            [-1.454958410133, 3.125034814424, 1.211047594908],
        ),
        (
            true,
            1.0,
            0.10331902635260282,
            [1.16678474285, -0.900756477893, 0.063728530114],
            [-1.381589718504, 3.369029615207, 1.180236540202],
        ),
        (
            false,
            50.0,
            0.0550840178998829,
            [0.567243146743, -0.295289029777, 0.078204981308],
            [-0.278244174136, 1.00569376956, 0.61108385398],
        ),
    ];
    for (weighted, l2, intercept, coefficients, first) in cases {
        let data = dataset(weighted);
        for solver in [Solver::Newton, Solver::Lbfgs].into_iter().take(if weighted { 1 } else { 2 }) {
            let model = params().l2(l2).solver(solver).tolerance(1e-7).max_iterations(1000).fit(&data).unwrap();
            assert!(model.report().converged, "{solver:?} {:?}", model.report());
            assert_eq!(model.report().solver, solver);
            close(model.intercept(), intercept, 3e-6);
            for (feature, expected) in coefficients.into_iter().enumerate() {
                let (found, transform) = model.numeric_coefficient(feature).unwrap();
                assert_eq!(transform, Transform::Identity);
                close(found, expected, 3e-6);
            }
            let log_odds = model.predict_log_odds(&data.records.slice(s![..3, ..]));
            first.into_iter().zip(&log_odds).for_each(|(expected, found)| close(*found, expected, 6e-6));
        }
    }
}

#[test]
fn a_weight_of_two_is_the_row_twice() {
    let (records, won, weights) = sample();
    let rows: Vec<usize> = (0..300).flat_map(|row| std::iter::repeat_n(row, weights[row] as usize)).collect();
    let repeated = Dataset::new(records.select(ndarray::Axis(0), &rows), won.select(ndarray::Axis(0), &rows));
    let (by_weight, by_rows) = (params().l2(2.0).fit(&dataset(true)).unwrap(), params().l2(2.0).fit(&repeated).unwrap());
    for row in records.rows() {
        let row = row.to_vec();
        close(by_weight.log_odds(&row), by_rows.log_odds(&row), 1e-6);
    }
}

#[test]
fn log_odds_are_those_of_won_whichever_class_is_larger() {
    let mut stream = Stream(3);
    for share in [0.1, 0.9] {
        let won: Array1<bool> = (0..400).map(|_| stream.next() < share).collect();
        let records =
            Array2::from_shape_fn((400, 2), |(row, column)| if column == 0 && won[row] { 1.0 } else { 0.0 } + stream.next() as f32);
        let data = Dataset::new(records, won.clone());
        for solver in [Solver::Newton, Solver::Lbfgs] {
            let model = LogisticParams::new().l2(1.0).solver(solver).fit(&data).unwrap();
            assert!(model.log_odds(&[1.5, 0.5]) > model.log_odds(&[0.5, 0.5]), "{solver:?} {share}");
            let mean = model.predict_log_odds(&data.records.view()).iter().map(|z| math::sigmoid(*z)).sum::<f64>() / 400.0;
            close(mean, won.iter().filter(|won| **won).count() as f64 / 400.0, 1e-5);
        }
    }
}

#[test]
fn linfa_logistic_is_refused_with_unequal_weights() {
    assert!(matches!(params().solver(Solver::Lbfgs).l2(1.0).fit(&dataset(true)), Err(LogisticError::WeightsUnsupported)));
}

fn sample_design(records: &Array2<f32>, targets: &design::Targets) -> design::Design {
    let columns: Vec<_> = records.columns().into_iter().map(crate::models::ColumnView::F32).collect();
    let encoding = design::Encoding { categorical: &[None, None, None, Some(4)], min_rows: 6, transform: true, standardize: true };
    design::Design::fit(&columns, targets, &encoding).unwrap()
}

#[test]
fn conjugate_gradients_find_what_the_factor_finds() {
    let (records, won, weights) = sample();
    let weights: Vec<f64> = weights.iter().map(|weight| f64::from(*weight)).collect();
    let targets = design::Targets::new(&won.to_vec(), weights.clone(), &[]);
    let design = sample_design(&records, &targets);
    let watch = newton::Watch::new(&Silent);
    let problem = newton::Problem::new(&design, &targets, newton::Penalty::new(3.0, 0.0), &watch);
    let minimise = |curvature: newton::Curvature<'_>| {
        let solution = problem.minimise(vec![0.0; design.order], curvature, newton::Goal::Gradient(1e-10), 50).unwrap();
        assert!(solution.reached);
        solution.point.coefficients
    };
    let pairs = minimise(newton::Curvature::Factored).into_iter().zip(minimise(newton::Curvature::Products));
    pairs.for_each(|(a, b)| close(a, b, 1e-7));
}

#[test]
fn the_penalty_chosen_is_the_one_with_the_least_loss_and_lies_inside_the_path() {
    let model = params().fit(&dataset(false)).unwrap();
    let report = model.report();
    assert!(report.converged);
    assert!(report.path.len() >= 3 && report.path.windows(2).all(|pair| pair[0].0 > pair[1].0));
    let best = report.path.iter().fold(f64::INFINITY, |best, (_, loss)| best.min(*loss));
    assert!(report.path.iter().any(|(l2, loss)| *l2 == report.l2 && *loss == best));
    assert!(report.l2 < 1000.0 && report.l2 > 0.1, "{report:?}");
}

/// Brute force: every fold refitted from nothing to the end.
#[test]
fn the_losses_of_the_path_are_those_of_separate_fits() {
    let (records, won, _) = sample();
    let data = Dataset::new(records.clone(), won.clone());
    let losses = params().fit(&data).unwrap().report().path.clone();
    let targets = design::Targets::new(&won.to_vec(), vec![1.0; 300], &[]);
    let design = sample_design(&records, &targets);
    let watch = newton::Watch::new(&Silent);
    let (fold_of, _) = path::assign(&targets, |_| true, 5);
    for (l2, loss) in losses {
        let mut expected = 0.0;
        for fold in 0..5 {
            let mut train = targets.weights.clone();
            train.iter_mut().zip(&fold_of).for_each(|(weight, of)| *weight = f64::from(u8::from(*of != fold)));
            let all = newton::Problem::new(&design, &targets, newton::Penalty::new(l2, 0.0), &watch);
            let problem = newton::Problem { weights: &train, total_weight: train.iter().sum(), ..all };
            let end = problem.minimise(vec![0.0; design.order], newton::Curvature::Factored, newton::Goal::Gradient(1e-10), 50).unwrap();
            let held_out: Vec<f64> = targets.weights.iter().zip(&train).map(|(all, train)| all - train).collect();
            expected += all.loss_of(&held_out, &end.point.coefficients);
        }
        close(loss, expected / 300.0, 2e-4);
    }
}

#[test]
fn twenty_positives_in_two_hundred_rows_give_a_modest_model() {
    let mut stream = Stream(11);
    let records = Array2::from_shape_fn((200, 30), |_| stream.next() as f32);
    let won: Array1<bool> = (0..200).map(|row| row % 10 == 0).collect();
    let model = LogisticParams::new().fit(&Dataset::new(records.clone(), won)).unwrap();
    assert!(model.report().converged && model.report().l2 >= 100.0, "{:?}", model.report());
    assert!(model.predict_log_odds(&records.view()).iter().all(|z| (-4.0..=0.0).contains(z)));
}

#[test]
fn separated_classes_stay_finite() {
    let records = Array2::from_shape_fn((100, 1), |(row, _)| row as f32);
    let won: Array1<bool> = (0..100).map(|row| row >= 50).collect();
    for l2 in [1.0, 1e-6, 1e-300] {
        let model = LogisticParams::new().l2(l2).fit(&Dataset::new(records.clone(), won.clone())).unwrap();
        assert!(model.log_odds(&[99.0]).is_finite() && model.log_odds(&[99.0]) > 1.0);
        assert!(model.report().converged || l2 < 1e-9);
    }
    let chosen = LogisticParams::new().fit(&Dataset::new(records, won)).unwrap();
    assert!(chosen.report().converged);
}

#[test]
fn a_fit_that_ran_out_of_iterations_says_so() {
    let model = params().l2(0.01).max_iterations(1).fit(&dataset(false)).unwrap();
    assert!(!model.report().converged && model.report().gradient_norm > 1e-8);
    assert_eq!(model.report().iterations, Some(1));
}

#[test]
fn one_thread_and_two_give_the_same_bits() {
    let mut stream = Stream(17);
    let records = Array2::from_shape_fn(
        (9000, 6),
        |(_, column)| if column == 5 { (stream.next() * 9.0).floor() as f32 } else { stream.next() as f32 },
    );
    let won: Array1<bool> = records.rows().into_iter().map(|row| stream.next() < f64::from(row[0] * row[1])).collect();
    let data = Dataset::new(records, won);
    let params = LogisticParams::new().categorical(vec![None, None, None, None, None, Some(9)]);
    let fit = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        serde_json::to_string(&pool.install(|| params.fit(&data)).unwrap()).unwrap()
    };
    assert_eq!(fit(1), fit(2));
}

#[test]
fn heavy_tails_are_logged_and_symmetric_numbers_are_not() {
    let mut stream = Stream(19);
    let records = Array2::from_shape_fn((2000, 2), |(_, column)| {
        let u = stream.next();
        if column == 0 { math::exp(8.0 * u) as f32 } else { u as f32 }
    });
    let won: Array1<bool> =
        records.rows().into_iter().map(|row| stream.next() < 0.1 * math::ln(f64::from(row[0])) * f64::from(row[1])).collect();
    let model = LogisticParams::new().fit(&Dataset::new(records, won)).unwrap();
    assert!(matches!(model.numeric_coefficient(0).unwrap().1, Transform::SignedLog { .. }));
    assert_eq!(model.numeric_coefficient(1).unwrap().1, Transform::Identity);
}

#[test]
fn missing_unseen_and_rare_are_three_things() {
    // Missing numbers are always won; level 2 is seen twice; level 3 never.
    let records = Array2::from_shape_fn((600, 2), |(row, column)| match (column, row) {
        (0, _) if row % 6 == 0 => f32::NAN,
        (0, _) => (row % 7) as f32,
        (_, 1 | 2) => 2.0,
        _ if row % 5 == 0 => f32::NAN,
        _ => (row % 2) as f32,
    });
    let won: Array1<bool> = (0..600).map(|row| row % 6 == 0 || row % 4 == 1).collect();
    let model = LogisticParams::new().categorical(vec![None, Some(4)]).fit(&Dataset::new(records, won)).unwrap();
    assert!(model.log_odds(&[f32::NAN, 0.0]) > model.log_odds(&[3.0, 0.0]) + 1.0);
    // Rare, never seen and impossible codes are all "another category".
    let other = model.log_odds(&[3.0, 4.0]);
    for code in [2.0, 3.0, 5.0, -1.0, 0.5, f32::INFINITY, 1e30] {
        assert_eq!(model.log_odds(&[3.0, code]), other, "{code}");
    }
    assert_ne!(model.log_odds(&[3.0, f32::NAN]), other);
    assert_eq!(model.log_odds(&[3.0]), model.log_odds(&[3.0, f32::NAN]));
    // Beyond the range seen in training the log-odds do not move.
    assert_eq!(model.log_odds(&[1e9, 0.0]), model.log_odds(&[6.0, 0.0]));
    assert_eq!(model.log_odds(&[f32::NEG_INFINITY, 0.0]), model.log_odds(&[0.0, 0.0]));
}

#[test]
fn constant_columns_are_dropped_and_empty_ones_too() {
    let (mut records, won, _) = sample();
    records.column_mut(1).fill(7.0);
    records.column_mut(2).fill(f32::NAN);
    records.column_mut(3).fill(2.0);
    let model = params().l2(1.0).fit(&Dataset::new(records, won)).unwrap();
    assert_eq!(model.numeric_coefficient(1), None);
    assert_eq!(model.importance().iter().filter(|x| **x > 0.0).count(), 1);
    assert_eq!(model.n_features(), 4);
}

#[test]
fn contributions_and_base_sum_to_the_log_odds() {
    let (mut records, won, _) = sample();
    records.column_mut(0).iter_mut().step_by(5).for_each(|x| *x = f32::NAN);
    let data = Dataset::new(records.clone(), won);
    let model = params().fit(&data).unwrap();
    let mut out = [0.0; 4];
    let mut sums = [0.0; 4];
    let mut squares = [0.0; 4];
    for row in records.rows() {
        let row = row.to_vec();
        let base = crate::explain::contributions(&crate::models::Classifier::Logistic(model.clone()), &row, &mut out);
        close(base + out.iter().sum::<f64>(), model.log_odds(&row), 1e-9);
        sums.iter_mut().zip(&out).for_each(|(sum, c)| *sum += c);
        squares.iter_mut().zip(&out).for_each(|(sum, c)| *sum += c * c);
    }
    // Centred: each feature's contributions average to nothing over the training rows, and their spread is its importance.
    sums.iter().for_each(|sum| close(sum / 300.0, 0.0, 1e-7));
    squares.iter().zip(model.importance()).for_each(|(sum, importance)| close((sum / 300.0).sqrt(), importance, 1e-6));
}

#[test]
fn a_model_survives_serialisation_to_the_bit_and_a_damaged_one_is_refused() {
    let data = dataset(false);
    let model = params().fit(&data).unwrap();
    let text = serde_json::to_string(&model).unwrap();
    let read: LogisticModel = serde_json::from_str(&text).unwrap();
    assert_eq!(read, model);
    assert_eq!(read.validate(&features()), Ok(()));
    assert!(read.validate(&features()[..3]).is_err());
    let mut swapped = features();
    swapped.swap(0, 3);
    assert!(read.validate(&swapped).is_err());
    for (from, to) in
        [("\"feature\":0", "\"feature\":9"), ("\"n_kept\":4", "\"n_kept\":3"), ("\"missing_share\":0.0", "\"missing_share\":2.0")]
    {
        let damaged = text.replacen(from, to, 1);
        assert_ne!(damaged, text, "{from}");
        let read: LogisticModel = serde_json::from_str(&damaged).unwrap();
        assert!(read.validate(&features()).is_err(), "{from}");
    }
}

#[test]
fn an_observer_can_stop_the_fit_at_any_question() {
    struct After(AtomicU32);
    impl Observer for After {
        fn cancelled(&self) -> bool {
            self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err()
        }
    }
    let data = dataset(false);
    for questions in [0, 1, 2, 5, 20] {
        let result = params().fit_observed(&data, None, &After(AtomicU32::new(questions)));
        assert!(matches!(result, Err(LogisticError::Cancelled)), "{questions}");
    }
}

#[test]
fn predicting_in_place_cuts_at_one_half() {
    let data = dataset(false);
    let model = params().fit(&data).unwrap();
    let mut won = model.default_target(&data.records);
    model.predict_inplace(&data.records, &mut won);
    let log_odds = model.predict_log_odds(&data.records.view());
    assert!(won.iter().zip(&log_odds).all(|(won, z)| *won == (*z >= 0.0)));
}

#[test]
fn settings_that_a_file_lacks_have_their_defaults_and_wrong_ones_are_refused() {
    use linfa::ParamGuard;

    use super::LogisticValidParams;
    let read = |json: &str| serde_json::from_str::<LogisticValidParams>(json);
    assert_eq!(read("{}").unwrap(), LogisticParams::new().check().unwrap());
    assert_eq!(read(r#"{"folds": 7, "later": true}"#).unwrap(), LogisticParams::new().folds(7).check().unwrap());
    assert!(read(r#"{"folds": 1}"#).unwrap_err().to_string().contains("folds"));
    let params = LogisticParams::new().l2(3.0).categorical(vec![None, Some(4)]);
    assert_eq!(rmp_serde::from_slice::<LogisticParams>(&rmp_serde::to_vec_named(&params).unwrap()).unwrap(), params);
}
