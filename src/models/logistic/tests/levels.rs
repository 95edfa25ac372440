//! Features with thousands of levels.

use ndarray::{Array1, Array2};

use super::*;
use crate::metrics;
use crate::models::Rows;

const LEVELS: u32 = 5000;

/// Rows of a number and one category of 5,000 levels, skewed, each with an effect of its own.
fn many_levels(n: usize, seed: u64) -> (Array2<f32>, Array1<bool>) {
    let mut effects = Stream(5);
    let effects: Vec<f64> = (0..LEVELS).map(|_| (0..6).map(|_| effects.next() - 0.5).sum::<f64>() * 1.8).collect();
    let mut stream = Stream(seed);
    let records = Array2::from_shape_fn((n, 2), |(_, column)| match column {
        0 => 2.0 * stream.next() as f32 - 1.0,
        _ => (stream.next() * stream.next() * f64::from(LEVELS)).floor() as f32,
    });
    let truth = |row: ndarray::ArrayView1<'_, f32>| math::sigmoid(effects[row[1] as usize] + 0.5 * f64::from(row[0]) - 1.5);
    let won = records.rows().into_iter().map(|row| stream.next() < truth(row)).collect();
    (records, won)
}

fn many_params() -> LogisticParams {
    LogisticParams::new().l2(3.0).categorical(vec![None, Some(LEVELS)])
}

fn auc(model: &LogisticModel, records: &Array2<f32>, won: &Array1<bool>) -> f64 {
    let probability: Vec<f64> = model.predict_log_odds(&records.view()).iter().map(|z| math::sigmoid(*z)).collect();
    metrics::auc(&probability, &won.to_vec(), None).unwrap().unwrap()
}

#[test]
fn statistics_of_five_thousand_levels_raise_the_auc_and_are_chosen() {
    let (records, won) = many_levels(20_000, 41);
    let (fresh, outcome) = many_levels(20_000, 43);
    let fit = |wanted: Option<bool>| many_params().level_statistics(wanted).fit(&Dataset::new(records.clone(), won.clone())).unwrap();
    let [without, with, chosen] = [Some(false), Some(true), None].map(|wanted| auc(&fit(wanted), &fresh, &outcome));
    println!("AUC without statistics {without:.4}, with {with:.4}, chosen {chosen:.4}");
    assert!(with > without + 0.005, "{with} {without}");
    assert_eq!(chosen, with);
}

#[test]
fn thousands_of_levels_have_coefficients_of_their_own() {
    let (records, won) = many_levels(40_000, 47);
    let (fresh, outcome) = many_levels(20_000, 49);
    let fit =
        |rows: u32| many_params().level_statistics(false).min_level_rows(rows).fit(&Dataset::new(records.clone(), won.clone())).unwrap();
    let (all, few) = (fit(4), fit(60));
    assert!(all.report().converged, "{:?}", all.report());
    let (all, few) = (auc(&all, &fresh, &outcome), auc(&few, &fresh, &outcome));
    println!("AUC of levels from 4 rows on {all:.4}, from 60 on {few:.4}");
    assert!(all > few + 0.02, "{all} {few}");
}

#[test]
fn statistics_belong_to_the_term_of_their_feature() {
    let (records, won) = many_levels(8000, 53);
    let model = many_params().level_statistics(true).fit(&Dataset::new(records.clone(), won)).unwrap();
    let levels = (0..LEVELS).map(|level| level.to_string()).collect();
    let features =
        [Feature::new("x", "x", FeatureKind::Numeric), Feature::new("kind", "kind", FeatureKind::Categorical { levels })].to_vec();
    assert_eq!(model.validate(&features), Ok(()));

    let text = serde_json::to_string(&model).unwrap();
    assert_eq!(serde_json::from_str::<LogisticModel>(&text).unwrap(), model);
    let named: LogisticModel = rmp_serde::from_slice(&rmp_serde::to_vec_named(&model).unwrap()).unwrap();
    assert_eq!(named, model);
    let mut shorter = features.clone();
    shorter[1] = Feature::new("kind", "kind", FeatureKind::Categorical { levels: vec!["a".to_owned()] });
    assert!(model.validate(&shorter).is_err());

    // Centred contributions sum to the log-odds, average to nothing, and spread as the importance says.
    let (mut sum, mut squares, mut out) = (0.0, 0.0, [0.0; 2]);
    let batch = model.predict_log_odds(&records.view());
    for (row, z) in records.rows().into_iter().zip(&batch) {
        let base = model.centred_terms(&row.to_vec(), &mut out);
        close(base + out.iter().sum::<f64>(), model.log_odds(&row.to_vec()), 1e-9);
        assert_eq!(z.to_bits(), model.log_odds(&row.to_vec()).to_bits());
        sum += out[1];
        squares += out[1] * out[1];
    }
    close(sum / 8000.0, 0.0, 1e-7);
    close((squares / 8000.0).sqrt(), model.importance()[1], 1e-6);
    for code in [f32::NAN, 5000.0, 5001.0, -1.0, 0.5, 1e30] {
        assert!(model.log_odds(&[0.0, code]).is_finite());
    }
    assert_eq!(model.log_odds(&[0.0, 5001.0]), model.log_odds(&[0.0, 5000.0]));
}

/// Each lead has five rows of one outcome and a level of its own: what one of them tells, the others must not hear.
#[test]
fn a_group_hears_nothing_of_itself() {
    let mut stream = Stream(59);
    let leads: Vec<bool> = (0..1000).map(|_| stream.next() < 0.3).collect();
    let records = Array2::from_shape_fn((5000, 1), |(row, _)| (row / 5) as f32);
    let won: Array1<bool> = (0..5000).map(|row| leads[row / 5]).collect();
    let groups: Vec<u32> = (0..5000).map(|row| 4_000_000_000 - row / 5).collect();
    let params = LogisticParams::new().l2(1e6).min_level_rows(100).categorical(vec![Some(1000)]).level_statistics(true);
    let spread = |rows: &Rows<'_>| {
        let model = params.fit_rows(rows);
        model.map(|model| model.importance()[0]).unwrap_or(0.0)
    };
    let rows = Rows::of_matrix(records.view(), won.view());
    let (alone, together) = (spread(&rows), spread(&rows.clone().groups(&groups)));
    assert!(together < 1e-9 && alone >= together, "{alone} {together}");
}

#[test]
fn more_columns_than_a_factor_takes_are_fitted_by_products() {
    let (records, won) = many_levels(30_000, 61);
    let data = Dataset::new(records, won);
    let params = many_params().level_statistics(false).min_level_rows(1);
    let model = params.fit(&data).unwrap();
    assert!(model.report().converged, "{:?}", model.report());
    assert!(params.l1_ratio(0.5).fit(&data).unwrap_err().to_string().starts_with("l1_ratio must be 0 where there are more than 4096"));
}

/// Rows of five categories of a thousand levels each, all with small effects.
fn weak_levels(n: usize, seed: u64) -> (Array2<f32>, Array1<bool>) {
    let mut effects = Stream(3);
    let effects: Vec<f64> = (0..5000).map(|_| (0..12).map(|_| effects.next() - 0.5).sum::<f64>() * 0.3).collect();
    let mut stream = Stream(seed);
    let records = Array2::from_shape_fn((n, 5), |_| (stream.next() * 1000.0).floor() as f32);
    let truth = |row: ndarray::ArrayView1<'_, f32>| {
        let effects = row.iter().enumerate().map(|(feature, level)| effects[1000 * feature + *level as usize]);
        math::sigmoid(effects.sum::<f64>() - 1.4)
    };
    let won = records.rows().into_iter().map(|row| stream.next() < truth(row)).collect();
    (records, won)
}

/// Statistics that were learned from all rows would tell of the outcomes held out, and weak penalties look good by them.
#[test]
fn the_penalty_is_chosen_by_losses_that_fresh_rows_confirm() {
    let (records, won) = weak_levels(20_000, 11);
    let (fresh, outcome) = weak_levels(20_000, 13);
    let params = LogisticParams::new().categorical(vec![Some(1000); 5]).level_statistics(true);
    let model = params.fit(&Dataset::new(records, won)).unwrap();
    let losses = model.predict_log_odds(&fresh.view()).into_iter().zip(&outcome).map(|(z, won)| math::softplus(if *won { -z } else { z }));
    let loss = losses.sum::<f64>() / 20_000.0;
    let report = model.report();
    let claimed = report.path.iter().find(|(l2, _)| *l2 == report.l2).unwrap().1;
    println!("l2 {}: claimed {claimed:.4}, fresh {loss:.4}, {:?}", report.l2, report.path);
    assert!((claimed - loss).abs() < 0.015, "{claimed} {loss}");
}
