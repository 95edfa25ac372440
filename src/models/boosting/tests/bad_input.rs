//! Settings and rows that cannot be, each named.

use super::*;

#[test]
fn every_bad_setting_is_named_with_its_range() {
    let message = |params: BoostingParams| params.check().unwrap_err().to_string();
    let new = BoostingParams::new;
    assert_eq!(message(new().learning_rate(2.0)), "learning_rate must be in (0, 1]. Got 2");
    assert_eq!(message(new().learning_rate(f64::NAN)), "learning_rate must be in (0, 1]. Got NaN");
    assert_eq!(message(new().num_leaves(1)), "num_leaves must be in 2..=4096. Got 1");
    assert_eq!(message(new().reg_lambda(-1.0)), "reg_lambda must be a finite number of at least 0. Got -1");
    assert_eq!(message(new().monotone_constraints(vec![0, 2])), "monotone_constraints must be -1, 0 or 1 for each feature. Got 2");
    assert_eq!(
        message(new().monotone_constraints(vec![0, -1]).categorical(vec![None, Some(3)])),
        "monotone_constraints must be 0 for feature 1: it is categorical, and categories have no order. Got -1"
    );
    for params in [
        new().n_estimators(0),
        new().max_depth(Some(0)),
        new().min_child_samples(0),
        new().min_child_weight(f64::INFINITY),
        new().min_split_gain(-0.1),
        new().path_smooth(-1.0),
        new().max_bins(1),
        new().feature_fraction(0.0),
        new().bagging_fraction(1.1),
        new().early_stopping_rounds(Some(0)),
        new().validation_fraction(1.0),
        new().categorical(vec![Some(1 << 24)]),
        new().gradient_sampling(Some(0.0)),
        new().statistics_strength(0.0),
        new().cat_smooth(-1.0),
        new().cat_l2(f64::NAN),
        new().max_cat_threshold(0),
        new().min_data_per_group(0),
    ] {
        assert!(matches!(params.check().unwrap_err(), BoostingError::Param { .. }));
    }
}

#[test]
fn an_offset_that_is_no_number_or_too_far_from_0_is_named() {
    let data = leads(200, 6, 19);
    let fit = |row: usize, offset: f64| {
        let mut offsets = vec![0.0; 200];
        offsets[row] = offset;
        params(6).fit_rows(&crate::models::Rows::of_dataset(&data).offsets(&offsets)).map_err(|error| error.to_string())
    };
    for (offset, told) in [(f64::NAN, "NaN"), (f64::NEG_INFINITY, "-inf"), (1e300, "1e300"), (1000.5, "1000.5"), (-1001.0, "-1001.0")] {
        let message = format!("row 7: offset {told} is not a number from -1000 to 1000; it is in log-odds");
        assert_eq!(fit(7, offset).unwrap_err(), message);
    }
    for offset in [1000.0, -1000.0] {
        assert!(fit(0, offset).unwrap().log_odds(&[0.0; 6]).is_finite());
    }
}

#[test]
fn a_number_beyond_single_precision_is_named() {
    let mut x: Array2<f64> = leads(100, 6, 20).records.mapv(f64::from);
    x[[5, 1]] = 1e308;
    let won = leads(100, 6, 20).targets;
    let message = params(6).fit(&Dataset::new(x, won)).unwrap_err().to_string();
    assert!(
        message.starts_with("row 5, feature 1: 1") && message.ends_with("is not a finite 32-bit number; use NaN for missing values"),
        "{message}"
    );
}

#[test]
fn bad_data_is_an_error_that_says_where() {
    let fit = |change: &dyn Fn(&mut Data)| {
        let mut data = leads(100, 6, 17);
        change(&mut data);
        params(6).fit(&data).unwrap_err().to_string()
    };
    assert_eq!(
        fit(&|d| d.records[[7, 0]] = f32::INFINITY),
        "row 7, feature 0: inf is not a finite 32-bit number; use NaN for missing values"
    );
    assert!(fit(&|d| d.records[[8, 2]] = 7.0).starts_with("row 8, feature 2: 7 is no category code; codes are whole numbers 0..=6"));
    assert!(fit(&|d| d.records[[8, 2]] = 0.5).starts_with("row 8, feature 2: 0.5 is no category code"));
    assert_eq!(fit(&|d| d.targets.fill(true)), "all 100 training rows are won; both outcomes are needed");
    assert_eq!(fit(&|d| d.weights = Array1::from_elem(100, f32::NAN)), "row 0: weight NaN is not a finite number of at least 0");
    assert_eq!(fit(&|d| d.weights = Array1::zeros(100)), "no rows with a positive weight to train on (rows given: 100)");
    assert_eq!(fit(&|d| d.weights = Array1::zeros(3)), "100 rows of features, but 3 weights; give one per row");
    assert_eq!(fit(&|d| d.targets = Array1::default(3)), "100 rows of features, but 3 targets; give one per row");
    assert!(fit(&|d| *d = leads(0, 6, 0)).starts_with("no rows"));
    let narrow = Dataset::new(Array2::zeros((10, 2)), Array1::from_shape_fn(10, |row| row > 4));
    assert!(params(6).fit(&narrow).unwrap_err().to_string().starts_with("categorical has 4 entries, but the rows have 2 features"));
    let message = BoostingParams::new().fit_observed(&leads(100, 6, 17), Some(&narrow), &Silent).unwrap_err().to_string();
    assert_eq!(message, "the validation rows have 2 features, the training rows 4");
}
