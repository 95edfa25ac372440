//! What bad input is told.

use ndarray::{Array1, Array2, s};

use super::*;
use crate::models::{ColumnView, Rows};

#[test]
fn bad_input_is_named() {
    let fit = |change: &dyn Fn(&mut Array2<f32>, &mut Array1<bool>)| {
        let (mut records, mut won, _) = sample();
        change(&mut records, &mut won);
        params().l2(1.0).fit(&Dataset::new(records, won)).unwrap_err().to_string()
    };
    assert_eq!(fit(&|x, _| x[[7, 1]] = f32::INFINITY), "feature 1 of row 7 is inf; give a finite number, or NaN for an unknown one");
    assert_eq!(
        fit(&|x, _| x[[7, 3]] = 5.0),
        "categorical feature 3 of row 7 is 5; expected a whole number in 0..=4 (4 means another category), or NaN"
    );
    assert_eq!(fit(&|_, y| y.fill(true)), "all rows of positive weight are won; a model needs won and lost leads");
    let (records, won, _) = sample();
    let short = Dataset::new(records.clone(), won.slice(s![..9]).to_owned());
    assert_eq!(params().fit(&short).unwrap_err().to_string(), "targets has 9 entries, expected 300");
    let mut weights = Array1::ones(300);
    weights[4] = -1.0;
    let weighted = Dataset::new(records.clone(), won.clone()).with_weights(weights);
    assert_eq!(params().fit(&weighted).unwrap_err().to_string(), "weight of row 4 is -1; weights must be finite and not negative");
    let data = Dataset::new(records, won);
    assert_eq!(params().l2(0.0).fit(&data).unwrap_err().to_string(), "l2 must be a finite number above 0, or None to choose it; got 0");
    assert!(LogisticParams::new().folds(1).fit(&data).is_err());
    assert!(LogisticParams::new().categorical(vec![None]).fit(&data).is_err());
    assert!(LogisticParams::new().categorical(vec![Some(u32::MAX); 4]).fit(&data).is_err());
}

#[test]
fn numbers_beyond_f32_are_named_with_their_row() {
    let (records, won, _) = sample();
    let mut wide = records.mapv(f64::from);
    wide[[7, 1]] = 1e308;
    let fit = |records: &Array2<f64>| params().l2(1.0).fit(&Dataset::new(records.clone(), won.clone())).unwrap_err().to_string();
    assert_eq!(fit(&wide), "feature 1 of row 7 is 1e308, which is beyond f32 (3.4e38); rescale it, or give NaN for an unknown one");
    wide[[7, 1]] = f64::NEG_INFINITY;
    assert_eq!(fit(&wide), "feature 1 of row 7 is -inf; give a finite number, or NaN for an unknown one");
    wide[[7, 1]] = 3e38;
    wide[[8, 1]] = -3e38;
    assert!(params().l2(1.0).fit(&Dataset::new(wide, won)).unwrap().log_odds(&[0.5; 4]).is_finite());
}

#[test]
fn values_too_far_from_their_mean_for_f32_are_an_error_where_they_are_not_standardised() {
    let records = Array2::from_shape_fn((400, 1), |(row, _)| if row < 4 { -3.4e38_f32 } else { 3.4e38 });
    let won: Array1<bool> = (0..400).map(|row| row % 3 == 0).collect();
    let fit = |params: LogisticParams| params.l2(1.0).min_level_rows(1).fit(&Dataset::new(records.clone(), won.clone()));
    let told = fit(LogisticParams::new().standardize(false).transform(false)).unwrap_err().to_string();
    assert_eq!(told, "the values of feature 0 lie too far apart for f32 (3.4e38); rescale them");
    assert!(fit(LogisticParams::new()).is_ok());
}

#[test]
fn one_row_one_class_and_no_rows_are_errors() {
    let fit = |n: usize| {
        let (records, won, _) = sample();
        let data = Dataset::new(records.slice(s![..n, ..]).to_owned(), won.slice(s![..n]).to_owned());
        params().fit(&data).unwrap_err().to_string()
    };
    assert_eq!(fit(0), "nothing to fit: 0 rows of 4 features");
    assert!(fit(1).starts_with("all rows of positive weight are"), "{}", fit(1));
    let won = Array1::from(vec![true, false]);
    let told = LogisticParams::new().fit_rows(&Rows::new(Vec::new(), won.view())).unwrap_err().to_string();
    assert_eq!(told, "nothing to fit: 2 rows of 0 features");
}

#[test]
fn two_equal_rows_of_two_classes_give_a_model_of_the_rate() {
    let won = Array1::from(vec![true, false]);
    let model = LogisticParams::new().fit(&Dataset::new(Array2::from_elem((2, 1), 3.0_f64), won)).unwrap();
    assert!(model.log_odds(&[3.0]).abs() < 1e-6 && model.report().converged);
}

#[test]
fn weights_that_are_nan_infinite_or_all_zero_are_errors() {
    let (records, won, _) = sample();
    let fit = |weight: f32, rows: std::ops::Range<usize>| {
        let mut weights = Array1::ones(300);
        weights.slice_mut(s![rows]).fill(weight);
        params().l2(1.0).fit(&Dataset::new(records.clone(), won.clone()).with_weights(weights)).unwrap_err().to_string()
    };
    assert_eq!(fit(f32::NAN, 3..4), "weight of row 3 is NaN; weights must be finite and not negative");
    assert_eq!(fit(f32::INFINITY, 3..4), "weight of row 3 is inf; weights must be finite and not negative");
    assert_eq!(fit(0.0, 0..300), "nothing to fit: 0 rows of 4 features");
}

#[test]
fn a_row_of_weight_zero_is_as_if_it_were_not_there() {
    let (records, won, _) = sample();
    let weights: Array1<f32> = (0..300).map(|row| if row < 290 { 1.0 } else { 0.0 }).collect();
    let params = params().l2(1.0);
    let weighted = params.fit(&Dataset::new(records.clone(), won.clone()).with_weights(weights)).unwrap();
    let shorter = params.fit(&Dataset::new(records.slice(s![..290, ..]).to_owned(), won.slice(s![..290]).to_owned())).unwrap();
    for row in records.rows().into_iter().take(290) {
        close(weighted.log_odds(&row.to_vec()), shorter.log_odds(&row.to_vec()), 1e-6);
    }
}

#[test]
fn lengths_that_differ_are_named() {
    let (records, won, _) = sample();
    let column = |n: usize| ColumnView::F32(records.slice(s![..n, 0]));
    let fit = |rows: &Rows<'_>| LogisticParams::new().l2(1.0).fit_rows(rows).unwrap_err().to_string();
    assert_eq!(fit(&Rows::new(vec![column(300), column(299)], won.view())), "a column has 299 entries, expected 300");
    assert_eq!(fit(&Rows::new(vec![column(300)], won.view()).offsets(&[0.0; 299])), "offsets has 299 entries, expected 300");
    assert_eq!(fit(&Rows::new(vec![column(300)], won.view()).groups(&[1, 2])), "groups has 2 entries, expected 300");
}

#[test]
fn offsets_that_are_no_log_odds_are_named() {
    let (records, won, _) = sample();
    let fit = |offsets: &[f64]| LogisticParams::new().l2(1.0).fit_rows(&Rows::of_matrix(records.view(), won.view()).offsets(offsets));
    for (offset, told) in [(f64::NAN, "NaN"), (f64::INFINITY, "inf"), (-1e300, "-1e300"), (1000.5, "1000.5")] {
        let mut offsets = vec![0.0; 300];
        offsets[5] = offset;
        let message = format!("offset of row 5 is {told}; offsets are log-odds, and must be numbers from -1000 to 1000");
        assert_eq!(fit(&offsets).unwrap_err().to_string(), message);
    }
    let offsets: Vec<f64> = won.iter().map(|won| if *won { 1000.0 } else { -1000.0 }).collect();
    assert!(fit(&offsets).unwrap().intercept().is_finite());
}

#[test]
fn columns_that_a_matrix_lacks_read_as_missing_and_unequal_columns_are_an_error() {
    let data = dataset(false);
    let model = params().l2(1.0).fit(&data).unwrap();
    let narrow = data.records.slice(s![.., ..2]);
    let found = model.predict_log_odds(&narrow);
    narrow.rows().into_iter().zip(&found).for_each(|(row, z)| assert_eq!(*z, model.log_odds(&row.to_vec())));
    let columns = [ColumnView::F32(data.records.column(0)), ColumnView::F32(data.records.slice(s![1.., 1]))];
    assert_eq!(model.predict_rows(&columns).unwrap_err().to_string(), "a column has 299 entries, expected 300");
}

#[test]
fn settings_out_of_range_are_named() {
    let data = dataset(false);
    let told = |params: LogisticParams| params.fit_observed(&data, None, &Silent).unwrap_err().to_string();
    assert_eq!(told(params().l1_ratio(1.5)), "l1_ratio must be in 0..=1; got 1.5");
    assert_eq!(told(params().l1_ratio(f64::NAN)), "l1_ratio must be in 0..=1; got NaN");
    assert!(told(params().l1_ratio(0.5).solver(Solver::Lbfgs)).starts_with("l1_ratio must be 0 with solver"));
}
