//! Rows of either precision, offsets, separation, prediction in batches.

use ndarray::{Array1, Array2};

use super::*;
use crate::models::{ColumnView, Rows};

#[test]
fn both_precisions_and_both_ways_in_give_the_same_bits() {
    let (records, won, weights) = sample();
    let wide = records.mapv(f64::from);
    let single = params().fit(&dataset(true)).unwrap();
    let double = params().fit(&Dataset::new(wide.clone(), won.clone()).with_weights(weights.clone())).unwrap();
    let columns = vec![
        ColumnView::F64(wide.column(0)),
        ColumnView::F32(records.column(1)),
        ColumnView::F64(wide.column(2)),
        ColumnView::F32(records.column(3)),
    ];
    let mixed = params().fit_rows(&Rows::new(columns.clone(), won.view()).weights(weights.view())).unwrap();
    assert_eq!(single, double);
    assert_eq!(single, mixed);
    assert_eq!(single.predict_log_odds(&records.view()), single.predict_log_odds(&wide.view()));
    assert_eq!(single.predict_log_odds(&records.view()), single.predict_rows(&columns).unwrap());
}

#[test]
fn a_batch_has_the_bits_of_its_rows_one_by_one() {
    let mut stream = Stream(23);
    let mut records = Array2::from_shape_fn((9001, 5), |(row, column)| match column {
        0 => math::exp(9.0 * stream.next()) as f32,
        1 if row % 5 == 0 => f32::NAN,
        4 => (stream.next() * 7.0).floor() as f32,
        _ => stream.next() as f32 - 0.5,
    });
    let won: Array1<bool> =
        records.rows().into_iter().map(|row| stream.next() < 0.1 * math::ln(f64::from(row[0])) && row[4] < 5.0).collect();
    let params = LogisticParams::new().l2(1.0).categorical(vec![None, None, None, None, Some(7)]);
    let model = params.fit(&Dataset::new(records.clone(), won)).unwrap();
    assert!(matches!(model.numeric_coefficient(0).unwrap().1, Transform::SignedLog { .. }));
    records[[3, 2]] = f32::INFINITY;
    records[[4, 4]] = 9.0;
    records[[5, 4]] = f32::NAN;
    let found = model.predict_log_odds(&records.view());
    for (row, z) in records.rows().into_iter().zip(&found) {
        assert_eq!(z.to_bits(), model.log_odds(&row.to_vec()).to_bits());
    }
}

/// Where half of the truth is given, the other half is learned.
#[test]
fn offsets_are_added_and_not_learned() {
    let mut stream = Stream(29);
    let records = Array2::from_shape_fn((20_000, 2), |_| 2.0 * stream.next() as f32 - 1.0);
    let given: Vec<f64> = records.column(1).iter().map(|x| 1.5 * f64::from(*x) - 1.0).collect();
    let won: Array1<bool> = records.column(0).iter().zip(&given).map(|(x, z)| stream.next() < math::sigmoid(f64::from(*x) + z)).collect();
    let params = LogisticParams::new().l2(1e-3).standardize(false).transform(false);
    let first = vec![ColumnView::F32(records.column(0))];
    let model = params.fit_rows(&Rows::new(first, won.view()).offsets(&given)).unwrap();
    assert!(model.report().converged);
    close(model.log_odds(&[0.0]), 0.0, 0.05);
    close(model.numeric_coefficient(0).unwrap().0, 1.0, 0.08);
    // The same constant for all is what the intercept lacks.
    let fit = |offset: f64| {
        let offsets = vec![offset; 20_000];
        params.fit_rows(&Rows::of_matrix(records.view(), won.view()).offsets(&offsets)).unwrap()
    };
    close(fit(0.7).log_odds(&[0.3, 0.3]) + 0.7, fit(0.0).log_odds(&[0.3, 0.3]), 1e-6);
}

#[test]
fn separation_is_reported_and_only_when_it_is_there() {
    let records = Array2::from_shape_fn((100, 1), |(row, _)| row as f32);
    let fit = |records: &Array2<f32>, won: Vec<bool>| {
        LogisticParams::new().l2(1e-3).fit(&Dataset::new(records.clone(), Array1::from(won))).unwrap().report().clone()
    };
    let report = fit(&records, (0..100).map(|row| row >= 50).collect());
    assert!(report.separated && report.converged);
    assert!(!fit(&records, (0..100).map(|row| row >= 50 || row == 3).collect()).separated);
    assert!(!params().fit(&dataset(false)).unwrap().report().separated);

    // Level 2 is always won; the number is missing in lost rows alone.
    let mut records = Array2::from_shape_fn((600, 2), |(row, column)| if column == 0 { (row % 7) as f32 } else { (row % 3) as f32 });
    records.column_mut(0).iter_mut().step_by(12).for_each(|x| *x = f32::NAN);
    let won: Array1<bool> = (0..600).map(|row| row % 12 != 0 && (row % 3 == 2 || row % 5 == 0)).collect();
    let model = LogisticParams::new().categorical(vec![None, Some(3)]).fit(&Dataset::new(records, won)).unwrap();
    assert_eq!(model.report().one_class_features, [0, 1]);
    assert!(params().fit(&dataset(false)).unwrap().report().one_class_features.is_empty());
}

#[test]
fn the_log_loss_reported_is_that_of_the_predictions() {
    let data = dataset(true);
    let model = params().l2(2.0).fit(&data).unwrap();
    let (mut loss, mut total) = (0.0, 0.0);
    for ((row, won), weight) in data.records.rows().into_iter().zip(&data.targets).zip(data.weights().unwrap()) {
        let z = model.log_odds(&row.to_vec());
        loss += f64::from(*weight) * math::softplus(if *won { -z } else { z });
        total += f64::from(*weight);
    }
    close(model.report().log_loss, loss / total, 1e-9);
}

/// Enough rows for the start from a part of them, for kept factors, for several parts of every sum.
#[test]
fn many_rows_end_where_plain_newton_from_nothing_ends() {
    const ROWS: usize = 40_000;
    let mut stream = Stream(31);
    let records = Array2::from_shape_fn(
        (ROWS, 4),
        |(_, column)| if column == 3 { (stream.next() * 40.0).floor() as f32 } else { stream.next() as f32 },
    );
    let truth = |row: ndarray::ArrayView1<'_, f32>| math::sigmoid(f64::from(row[0] * 3.0 - 2.0 + (row[3] % 5.0) * 0.3));
    let won: Vec<bool> = records.rows().into_iter().map(|row| stream.next() < truth(row)).collect();
    let targets = design::Targets::new(&won, vec![1.0; ROWS], &[]);
    let columns: Vec<_> = records.columns().into_iter().map(ColumnView::F32).collect();
    let encoding = design::Encoding { categorical: &[None, None, None, Some(40)], min_rows: 10, transform: true, standardize: true };
    let design = design::Design::fit(&columns, &targets, &encoding).unwrap();
    let watch = newton::Watch::new(&Silent);
    let problem = newton::Problem::new(&design, &targets, newton::Penalty::new(1.0, 0.0), &watch);
    let goal = newton::Goal::Gradient(1e-11);
    let plain = problem.minimise(vec![0.0; design.order], newton::Curvature::Products, goal, 100).unwrap().point;
    let fast = problem.minimise(problem.start().unwrap(), newton::Curvature::Factored, goal, 100).unwrap();
    assert!(fast.reached && fast.iterations <= 6, "{}", fast.iterations);
    close(fast.point.loss, plain.loss, 1e-8);
    fast.point.coefficients.iter().zip(&plain.coefficients).for_each(|(a, b)| close(*a, *b, 1e-7));
}
