//! The whole algorithm: what the trees must do, whatever the data.
#![allow(clippy::unwrap_used, clippy::panic)]

mod bad_input;
mod categories;

use linfa::traits::{Fit, Predict};
use linfa::{Dataset, ParamGuard};
use ndarray::{Array1, Array2, ArrayView1, Ix1, s};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::*;
use crate::features::{Feature, FeatureKind};
use crate::observer::{Observer, Silent};

type Data = Dataset<f32, bool, Ix1>;

/// The log-odds that decide about a lead of [`leads`].
fn true_log_odds(row: ArrayView1<'_, f32>) -> f64 {
    let effect = if row[2].is_nan() { 0.7 } else { f64::from(row[2] as u32 * 7 % 5) * 0.5 - 1.0 };
    f64::from(row[0]) + effect + if row[1].is_nan() { -1.0 } else { f64::from(row[1]) / 25.0 - 1.0 }
}

fn true_log_loss(data: &Data) -> f64 {
    let loss =
        |(row, &won): (ArrayView1<'_, f32>, &bool)| crate::math::softplus(if won { -true_log_odds(row) } else { true_log_odds(row) });
    data.records.rows().into_iter().zip(&data.targets).map(loss).sum::<f64>() / data.targets.len() as f64
}

/// Leads with two numbers (one often missing), a category of `levels` (some codes "other", some missing), and noise.
fn leads(n: usize, levels: u32, seed: u64) -> Data {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut x = Array2::zeros((n, 4));
    let mut won = Array1::default(n);
    for row in 0..n {
        let visits: f32 = random.gen_range(-2.0..2.0);
        let age = if random.gen_bool(0.3) { f32::NAN } else { random.gen_range(0..50) as f32 };
        let category = if random.gen_bool(0.1) { f32::NAN } else { random.gen_range(0..=levels) as f32 };
        x.row_mut(row).assign(&Array1::from(vec![visits, age, category, random.r#gen()]));
        won[row] = random.r#gen::<f64>() < crate::math::sigmoid(true_log_odds(x.row(row)));
    }
    Dataset::new(x, won)
}

fn params(levels: u32) -> BoostingParams {
    // What would adapt to the number of trees and rows is fixed.
    let fixed = BoostingParams::new().n_estimators(30).learning_rate(0.05).num_leaves(15).min_child_samples(10).bagging_fraction(1.0);
    fixed.categorical(vec![None, None, Some(levels), None]).feature_fraction(1.0)
}

fn features(levels: u32) -> Vec<Feature> {
    let numeric = |name: &str| Feature::new(name, name, FeatureKind::Numeric);
    let levels = (0..levels).map(|level| level.to_string()).collect();
    vec![numeric("a"), numeric("b"), Feature::new("c", "c", FeatureKind::Categorical { levels }), numeric("d")]
}

fn log_loss(model: &BoostingModel, data: &Data) -> f64 {
    let z = model.predict_log_odds(&data.records.view());
    let loss = |(&z, &won): (&f64, &bool)| crate::math::softplus(if won { -z } else { z });
    z.iter().zip(&data.targets).map(loss).sum::<f64>() / z.len() as f64
}

#[test]
fn trees_learn_what_there_is_to_learn() {
    let model = params(6).n_estimators(80).fit(&leads(4000, 6, 1)).unwrap();
    let test = leads(4000, 6, 2);
    let (base, learned, truth) = (log_loss(&model.truncated(0), &test), log_loss(&model, &test), true_log_loss(&test));
    assert!(learned < truth + 0.1 * (base - truth), "base {base}, learned {learned}, truth {truth}");
    let importance = model.importance();
    assert!((importance.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    assert!(importance[3] < 0.1, "noise gains nothing: {importance:?}");
}

#[test]
fn the_model_of_any_fit_is_valid_and_survives_its_file_to_the_bit() {
    for levels in [2, 6, 40, 1000] {
        let data = leads(3000, levels, 3);
        let model = params(levels).min_data_per_group(10).cat_smooth(1.0).fit(&data).unwrap();
        model.validate(&features(levels)).unwrap();
        let read: BoostingModel = rmp_serde::from_slice(&rmp_serde::to_vec_named(&model).unwrap()).unwrap();
        assert_eq!(read, model);
        assert!(read.importance()[2] > 0.0, "{levels} categories are used");
    }
}

#[test]
fn predictions_are_the_training_time_log_odds_to_the_bit() {
    // Training adds leaf by leaf to the rows that bin codes brought there; the model walks thresholds and category sets.
    let data = leads(2000, 40, 4);
    for bagging in [1.0, 0.6] {
        // An ordered statistic shows a row less than scoring does.
        let params = params(40).bagging_fraction(bagging).min_data_per_group(5).statistics_from(usize::MAX).check().unwrap();
        let rows = crate::models::Rows::of_dataset(&data);
        let (model, log_odds) =
            fit::fit_and_keep_log_odds(&params, &rows, &super::rows::CheckedRows::new(&rows).unwrap(), &crate::Silent).unwrap();
        for (row, &expected) in data.records.rows().into_iter().zip(&log_odds) {
            assert_eq!(model.log_odds(row.to_slice().unwrap()).to_bits(), expected.to_bits());
        }
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let data = leads(20_000, 40, 5);
    let validation = leads(6000, 40, 6);
    let params = params(40).feature_fraction(0.7).bagging_fraction(0.8).early_stopping_rounds(Some(5)).seed(9);
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| params.fit_observed(&data, Some(&validation), &Silent).unwrap())
    };
    let (one, two) = (on(1), on(2));
    assert_eq!(one, two);
    assert_eq!(rmp_serde::to_vec_named(&one.model).unwrap(), rmp_serde::to_vec_named(&two.model).unwrap());
    let other = params.clone().seed(10).fit_observed(&data, Some(&validation), &Silent).unwrap();
    assert_ne!(one.model, other.model, "another seed draws others");
}

#[test]
fn a_sample_by_gradient_and_statistics_give_the_same_bits_on_any_number_of_threads_too() {
    let data = leads(20_000, 200, 23);
    let groups: Vec<u32> = (0..20_000).map(|row| row / 3).collect();
    let weights = Array1::from_shape_fn(20_000, |row| 0.5 + (row % 4) as f32);
    let params = params(200).gradient_sampling(Some(0.4)).statistics_from(100).n_estimators(8).check().unwrap();
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let rows = crate::models::Rows::of_dataset(&data).groups(&groups).weights(weights.view());
        pool.install(|| params.fit_rows(&rows).unwrap())
    };
    let one = on(1);
    assert_eq!(one, on(2));
    assert_eq!(one, on(3));
    one.validate(&features(200)).unwrap();
}

#[test]
fn without_anything_to_ask_a_model_is_the_base_rate() {
    let won: Array1<bool> = (0..40).map(|row| row % 4 == 0).collect();
    for x in [Array2::<f32>::zeros((40, 0)), Array2::from_elem((40, 3), f32::NAN), Array2::from_elem((40, 3), 7.0)] {
        let model = BoostingParams::new().n_estimators(5).fit(&Dataset::new(x, won.clone())).unwrap();
        assert!((crate::math::sigmoid(model.log_odds(&[1.0, 2.0, 3.0])) - 0.25).abs() < 1e-9);
    }
}

#[test]
fn a_weight_of_three_is_the_row_three_times_and_a_weight_of_zero_is_no_row() {
    let data = leads(600, 6, 7);
    let weights = Array1::from_shape_fn(600, |row| (row % 4) as f32);
    let rows: Vec<usize> = (0..600).flat_map(|row| std::iter::repeat_n(row, row % 4)).collect();
    let repeated = Dataset::new(data.records.select(ndarray::Axis(0), &rows), data.targets.select(ndarray::Axis(0), &rows));
    // The settings that count rows, not weights, are switched off.
    let params = params(6).min_child_samples(1).min_child_weight(1.0).cat_smooth(0.0).min_data_per_group(1).n_estimators(10);
    let weighted = params.fit(&data.clone().with_weights(weights)).unwrap();
    let repeated = params.fit(&repeated).unwrap();
    for row in data.records.rows() {
        let row = row.to_slice().unwrap();
        assert!((weighted.log_odds(row) - repeated.log_odds(row)).abs() < 1e-5);
    }
}

#[test]
fn constrained_features_never_move_log_odds_the_wrong_way() {
    let data = leads(3000, 6, 8);
    for direction in [1, -1] {
        for path_smooth in [0.0, 20.0] {
            let params = params(6).monotone_constraints(vec![direction, 0, 0, -direction]).num_leaves(31).path_smooth(path_smooth);
            let model = params.min_child_samples(5).fit(&data).unwrap();
            for row in data.records.rows().into_iter().take(200) {
                let mut row = row.to_vec();
                for (feature, sign) in [(0, f64::from(direction)), (3, -f64::from(direction))] {
                    let held = row[feature];
                    let along = (-30..=30).map(|step| {
                        row[feature] = step as f32 * 0.1;
                        sign * model.log_odds(&row)
                    });
                    let along: Vec<f64> = along.collect();
                    assert!(along.windows(2).all(|pair| pair[0] <= pair[1] + 1e-12), "{along:?}");
                    row[feature] = held;
                }
            }
        }
    }
}

#[test]
fn missing_values_learn_their_own_side() {
    let mut data = leads(2000, 6, 9);
    // Only whether the value is there matters.
    data.targets = data.records.column(1).mapv(f32::is_nan);
    let model = params(6).fit(&data).unwrap();
    assert!(model.log_odds(&[0.0, f32::NAN, 0.0, 0.0]) > 1.0);
    assert!(model.log_odds(&[0.0, 49.0, 0.0, 0.0]) < -1.0);
    assert!(model.log_odds(&[0.0, 0.0, 0.0, 0.0]) < -1.0);
}

#[test]
fn missing_values_that_training_never_saw_go_with_the_larger_part() {
    let x = Array2::from_shape_fn((100, 1), |(row, _)| row as f32);
    let won = Array1::from_shape_fn(100, |row| row >= 70);
    let model = BoostingParams::new().n_estimators(1).num_leaves(2).fit(&Dataset::new(x, won)).unwrap();
    assert_eq!(model.log_odds(&[f32::NAN]), model.log_odds(&[0.0]));
    assert_ne!(model.log_odds(&[f32::NAN]), model.log_odds(&[99.0]));
    assert_eq!(model.log_odds(&[]), model.log_odds(&[f32::NAN]), "a value that is not there is missing");
}

#[test]
fn early_stopping_keeps_the_best_number_of_trees() {
    let (train, validation) = (leads(800, 6, 11), leads(800, 6, 12));
    let params = params(6).n_estimators(400).learning_rate(0.3).min_child_samples(5);
    let all = params.fit_observed(&train, Some(&validation), &Silent).unwrap();
    assert_eq!((all.model.n_trees(), all.validation_log_loss.len()), (400, 401));
    for n in [0, 1, 7, 400] {
        assert!((log_loss(&all.model.truncated(n), &validation) - all.validation_log_loss[n]).abs() < 1e-12, "{n} trees");
    }
    let stopped = params.clone().early_stopping_rounds(Some(20)).fit_observed(&train, Some(&validation), &Silent).unwrap();
    assert_eq!(stopped.model, all.model.truncated(stopped.best_iteration));
    assert!(stopped.best_iteration < 100, "{}", stopped.best_iteration);
    assert_eq!(stopped.validation_log_loss.len(), stopped.best_iteration + 21);
    let best = stopped.validation_log_loss[stopped.best_iteration];
    assert!(stopped.validation_log_loss.iter().all(|&loss| loss >= best));
}

#[test]
fn without_validation_rows_early_stopping_takes_the_last_ones() {
    let data = leads(1000, 6, 13);
    let params = params(6).early_stopping_rounds(Some(5)).validation_fraction(0.2);
    let part = |from, to| Dataset::new(data.records.slice(s![from..to, ..]).to_owned(), data.targets.slice(s![from..to]).to_owned());
    let own = params.fit_observed(&data, None, &Silent).unwrap();
    assert_eq!(own, params.fit_observed(&part(0, 800), Some(&part(800, 1000)), &Silent).unwrap());
    assert_eq!(params.fit(&data).unwrap(), own.model);
}

#[test]
fn a_truncated_model_is_that_of_fewer_trees_and_stages_lead_to_it() {
    let data = leads(1000, 40, 14);
    let model = params(40).min_data_per_group(5).bagging_fraction(0.5).fit(&data).unwrap();
    let fewer = params(40).min_data_per_group(5).bagging_fraction(0.5).n_estimators(12).fit(&data).unwrap();
    assert_eq!(model.truncated(12), fewer);
    model.truncated(0).validate(&features(40)).unwrap();
    model.truncated(12).validate(&features(40)).unwrap();
    let row = data.records.row(0).to_vec();
    let stages: Vec<f64> = model.staged_log_odds(&row).collect();
    assert_eq!((stages[11], stages[29]), (fewer.log_odds(&row), model.log_odds(&row)));
}

#[test]
fn many_rows_in_any_form_have_the_bits_of_one() {
    let data = leads(5000, 40, 22);
    let model = params(40).fit(&data).unwrap();
    let single: Vec<u64> = data.records.rows().into_iter().map(|row| model.log_odds(row.to_slice().unwrap()).to_bits()).collect();
    let bits = |log_odds: &[f64]| log_odds.iter().map(|z| z.to_bits()).collect::<Vec<_>>();
    for n in [0, 1, 16, 17, 4096, 4097, 5000] {
        let records = data.records.slice(s![..n, ..]);
        let (double, by_columns) = (records.mapv(f64::from), Array2::from_shape_fn((4, n), |(feature, row)| records[[row, feature]]));
        assert_eq!(bits(model.predict_log_odds(&records).as_slice().unwrap()), single[..n]);
        assert_eq!(bits(model.predict_log_odds(&double.view()).as_slice().unwrap()), single[..n]);
        assert_eq!(bits(model.predict_log_odds(&by_columns.t()).as_slice().unwrap()), single[..n]);
        let columns: Vec<crate::models::ColumnView<'_>> = double.columns().into_iter().map(crate::models::ColumnView::F64).collect();
        assert_eq!(bits(&model.predict_rows(&columns)), single[..n]);
    }
}

#[test]
fn predict_says_won_from_even_odds_on() {
    let data = leads(500, 6, 15);
    let model = params(6).fit(&data).unwrap();
    let won = model.predict(&data.records);
    assert_eq!(won, model.predict_log_odds(&data.records.view()).mapv(|z| z >= 0.0));
}

/// Cancels after so many questions.
struct Impatient(std::sync::atomic::AtomicUsize);

impl Observer for Impatient {
    fn cancelled(&self) -> bool {
        self.0.fetch_sub(1, std::sync::atomic::Ordering::Relaxed) <= 1
    }
}

#[test]
fn an_observer_can_stop_it_anywhere() {
    for patience in [1, 3, 8, 60] {
        let result = params(6).fit_observed(&leads(500, 6, 16), None, &Impatient(patience.into()));
        assert_eq!(result.unwrap_err(), BoostingError::Cancelled);
    }
}

/// A tree grown the slow way, for the log-odds of its rows: the leaf and the question of most gain are looked for among all of them, by sums over
/// the rows themselves.
fn brute_force_tree(data: &Data, num_leaves: usize, min_child_samples: usize, reg_lambda: f64) -> Vec<f64> {
    let n = data.targets.len();
    let weight = |row: usize| f64::from(data.weights[row]);
    let won = |row: usize| f64::from(u8::from(data.targets[row]));
    let rate = (0..n).map(|row| weight(row) * won(row)).sum::<f64>() / (0..n).map(weight).sum::<f64>();
    let derivatives = |rows: &[usize]| {
        let gradient: f64 = rows.iter().map(|&row| weight(row) * (rate - won(row))).sum();
        (gradient, rate * (1.0 - rate) * rows.iter().map(|&row| weight(row)).sum::<f64>())
    };
    let score = |rows: &[usize]| {
        let (gradient, hessian) = derivatives(rows);
        gradient * gradient / (hessian + reg_lambda)
    };
    // The questions: up to a value, with missing values on either side; one category against the rest.
    let mut questions: Vec<Box<dyn Fn(usize) -> bool + '_>> = Vec::new();
    for feature in 0..data.records.ncols() {
        let column = data.records.column(feature).to_owned();
        let mut values: Vec<f32> = column.iter().copied().filter(|value| !value.is_nan()).collect();
        values.sort_by(f32::total_cmp);
        values.dedup();
        for value in values {
            for missing_left in [false, true] {
                let column = column.clone();
                questions.push(Box::new(move |row| match feature {
                    2 => column[row] == value,
                    _ if column[row].is_nan() => missing_left,
                    _ => column[row] <= value,
                }));
            }
        }
        if feature == 2 {
            questions.push(Box::new(move |row| column[row].is_nan()));
        }
    }
    let mut leaves: Vec<Vec<usize>> = vec![(0..n).collect()];
    while leaves.len() < num_leaves {
        let mut best: Option<(f64, usize, Vec<usize>, Vec<usize>)> = None;
        for (i, rows) in leaves.iter().enumerate() {
            for question in &questions {
                let (left, right): (Vec<usize>, Vec<usize>) = rows.iter().partition(|&&row| question(row));
                let gain = score(&left) + score(&right) - score(rows);
                let fits = left.len().min(right.len()) >= min_child_samples;
                if fits && gain > 1e-9 && best.as_ref().is_none_or(|best| gain > best.0 + 1e-12) {
                    best = Some((gain, i, left, right));
                }
            }
        }
        let Some((_, i, left, right)) = best else { break };
        leaves[i] = left;
        leaves.push(right);
    }
    let mut log_odds = vec![crate::math::logit(rate); n];
    for rows in leaves {
        let (gradient, hessian) = derivatives(&rows);
        rows.iter().for_each(|&row| log_odds[row] -= gradient / (hessian + reg_lambda));
    }
    log_odds
}

#[test]
fn a_tree_is_the_one_that_brute_force_finds() {
    for seed in 0..30 {
        // With a weight of its own for every row, no two questions gain the same.
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let data = leads(150, 6, 100 + seed).with_weights(Array1::from_shape_fn(150, |_| random.gen_range(0.5..1.5)));
        let (num_leaves, min_child_samples, reg_lambda) = (2 + seed as usize % 7, 1 + seed as usize % 11, 0.5 + (seed % 3) as f64);
        let fitted = params(6)
            .n_estimators(1)
            .learning_rate(1.0)
            .num_leaves(num_leaves)
            .min_child_samples(min_child_samples)
            .min_child_weight(0.0)
            .reg_lambda(reg_lambda)
            .fit(&data)
            .unwrap();
        let expected = brute_force_tree(&data, num_leaves, min_child_samples, reg_lambda);
        for (row, expected) in data.records.rows().into_iter().zip(expected) {
            let found = fitted.log_odds(row.to_slice().unwrap());
            assert!((found - expected).abs() < 1e-9, "seed {seed}: {found} {expected}");
        }
    }
}

/// The sets of features asked on the ways through all trees.
fn ways(model: &BoostingModel) -> Vec<std::collections::BTreeSet<usize>> {
    let mut ways = Vec::new();
    let mut open: Vec<(usize, std::collections::BTreeSet<usize>)> =
        (0..model.n_trees()).map(|tree| (model.root(tree), [].into())).collect();
    while let Some((node, mut asked)) = open.pop() {
        match model.node(node) {
            Node::Leaf(_) => ways.push(asked),
            Node::Split { part, left } => {
                asked.extend(model.sources(part));
                open.extend([(left, asked.clone()), (left + 1, asked)]);
            }
        }
    }
    ways
}

#[test]
fn features_of_different_groups_are_never_asked_together_and_excluded_ones_never() {
    let data = leads(4000, 40, 18);
    let grouped = params(40).min_data_per_group(5).interaction_constraints(vec![vec![0, 1], vec![1, 2]]).fit(&data).unwrap();
    let ways = ways(&grouped);
    assert!(ways.iter().all(|way| !(way.contains(&0) && way.contains(&2)) && (!way.contains(&3) || way.len() == 1)), "{ways:?}");
    for pair in [[0, 1], [1, 2]] {
        assert!(ways.iter().any(|way| pair.iter().all(|feature| way.contains(feature))), "{pair:?} may go together");
    }
    let without = params(40).excluded(vec![2]).fit(&data).unwrap();
    assert!(self::ways(&without).iter().all(|way| !way.contains(&2)) && without.importance()[2] == 0.0);
    let message = params(40).excluded(vec![4]).fit(&data).unwrap_err().to_string();
    assert_eq!(message, "excluded names feature 4, but the rows have 4 features, numbered from 0");
}

#[test]
fn offsets_are_where_the_trees_begin() {
    let data = leads(3000, 6, 19);
    // All that the first feature says is given; nothing of it is left to learn.
    let offsets: Vec<f64> = data.records.column(0).iter().map(|&visits| f64::from(visits)).collect();
    let rows = crate::models::Rows::of_dataset(&data).offsets(&offsets);
    let params = params(6).check().unwrap();
    let (given, plain) = (params.fit_rows(&rows).unwrap(), params.fit(&data).unwrap());
    assert!(2.5 * given.importance()[0] < plain.importance()[0], "{:?} {:?}", given.importance(), plain.importance());
    let loss = |z: f64, won: bool| crate::math::softplus(if won { -z } else { z });
    let mean = |z: &dyn Fn(usize) -> f64| (0..3000).map(|row| loss(z(row), data.targets[row])).sum::<f64>() / 3000.0;
    let z = given.predict_log_odds(&data.records.view());
    assert!(mean(&|row| z[row] + offsets[row]) < mean(&|row| offsets[row] - 0.5));
}

#[test]
fn double_and_single_precision_give_the_same_model_to_the_bit() {
    let data = leads(1000, 6, 21);
    let double = Dataset::new(data.records.mapv(f64::from), data.targets.clone());
    assert_eq!(params(6).fit(&data).unwrap(), params(6).fit(&double).unwrap());
}

#[test]
fn settings_read_from_a_file_have_defaults_and_checked_ones_are_checked() {
    let read: BoostingParams = serde_json::from_str(r#"{"num_leaves": 7}"#).unwrap();
    assert_eq!(read, BoostingParams::new().num_leaves(7));
    assert_eq!(serde_json::from_str::<BoostingParams>(&serde_json::to_string(&read).unwrap()).unwrap(), read);
    let never = BoostingParams::new().statistics_from(usize::MAX);
    assert_eq!(serde_json::from_str::<BoostingParams>(&serde_json::to_string(&never).unwrap()).unwrap(), never);
    let unchecked: BoostingParams = serde_json::from_str(r#"{"num_leaves": 0}"#).unwrap();
    assert!(unchecked.check().is_err());
    let message = serde_json::from_str::<BoostingValidParams>(r#"{"num_leaves": 0}"#).unwrap_err().to_string();
    assert!(message.starts_with("num_leaves must be in 2..=4096. Got 0"), "{message}");
}

#[test]
fn extreme_but_legal_data_gives_a_finite_model() {
    let x =
        Array2::from_shape_fn(
            (60, 2),
            |(row, column)| if column == 0 { [f32::MAX, f32::MIN, 0.0, -0.0, f32::MIN_POSITIVE][row % 5] } else { f32::NAN },
        );
    let won = Array1::from_shape_fn(60, |row| row % 5 == 0);
    for weight in [1e-30, 1.0, 1e30] {
        let data = Dataset::new(x.clone(), won.clone()).with_weights(Array1::from_elem(60, weight));
        let params = BoostingParams::new().min_child_weight(0.0).reg_lambda(0.0).min_child_samples(1).learning_rate(1.0);
        let model = params.fit(&data).unwrap();
        assert!(x.rows().into_iter().all(|row| model.log_odds(&row.to_vec()).is_finite()));
        let numeric = |name: &str| Feature::new(name, name, FeatureKind::Numeric);
        model.validate(&[numeric("a"), numeric("b")]).unwrap();
    }
}

#[test]
fn a_file_that_could_loop_or_leave_its_bounds_is_refused() {
    let good = params(6).min_data_per_group(5).fit(&leads(1000, 6, 18)).unwrap();
    let features = features(6);
    good.validate(&features).unwrap();
    let split = (0..good.left.len()).find(|&node| good.left[node] != 0 && good.feature[node] & !(1 << 31) != 2).unwrap();
    let refuse = |what: &str, change: &dyn Fn(&mut BoostingModel)| {
        let mut bad = good.clone();
        change(&mut bad);
        assert!(bad.validate(&features).is_err(), "{what}");
    };
    refuse("a child before its parent", &|m| m.left[1] = 1);
    refuse("a child beyond the tree", &|m| m.left[split] = 1_000_000);
    refuse("a child of two parents", &|m| {
        let other = (0..split).chain(split + 1..m.left.len()).find(|&node| m.left[node] != 0).unwrap();
        m.left[split] = m.left[other];
    });
    refuse("a feature that is not", &|m| m.feature[split] = 4);
    refuse("a threshold that is not finite", &|m| m.payload[split] = f32::NAN.to_bits());
    refuse("a category set out of bounds", &|m| m.set_words.clear());
    refuse("a leaf that is not finite", &|m| m.leaves[0] = f64::NAN);
    refuse("a leaf beyond reason", &|m| m.leaves[0] = 1e300);
    refuse("a base that is not finite", &|m| m.base = f64::INFINITY);
    refuse("cover 0", &|m| m.cover[1] = 0.0);
    refuse("missing leaves", &|m| m.leaves.truncate(3));
    refuse("a wrong depth", &|m| m.max_depth += 1);
    refuse("roots that fall", &|m| m.roots.swap(1, 2));
    refuse("fewer nodes than the roots say", &|m| m.roots.push(1 << 30));
    refuse("arrays of different length", &|m| m.gain.clear());
    refuse("codes that the plan lacks", &|m| m.codes[2] = 60);
    assert!(good.validate(&features[..3]).is_err(), "fewer features than the trees read");
}
