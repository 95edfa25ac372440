//! What the caller leaves open, settled by cross-validation on the rows to train on.

use linfa::ParamGuard;

use super::bins::check_columns;
use super::cases::{cases, rows_per_group};
use super::error::BoostingError;
use super::linear_start::Starts;
use super::params::{BoostingParams, BoostingValidParams};
use super::rows::CheckedRows;
use super::settle::Trial;
use crate::models::copies::groups_or_copies;
use crate::models::folds::deal;
use crate::models::{Rows, SelectedRows};
use crate::observer::Observer;

/// Folds of few rows, of which each judges once.
const FOLDS: usize = 5;

/// These settings with nothing left open. Groups of rows stay together, or, without groups, copies of a row. Where there are too few rows of an outcome to hold any out,
/// the settings stay as they are.
pub(super) fn settled(
    params: &BoostingValidParams,
    train: &Rows<'_>,
    observer: &dyn Observer,
) -> Result<BoostingValidParams, BoostingError> {
    // What is wrong is told of the caller's rows, not of a part of them.
    let checked = CheckedRows::new(train)?;
    check_columns(&train.columns, |feature| params.codes(feature), observer)?;
    let size = checked.size();
    // A copy that judges what its twin has taught would praise learning by heart.
    let groups = groups_or_copies(train, &checked.active);
    let Some(folds) = folds(&groups, &checked, params.seed) else { return Ok(params.clone()) };
    // Of many rows one part judges: it is large enough, and time counts.
    let judging = if size.is_small() { folds.len() } else { 1 };
    let weight = |fold: &Fold| fold.validate.iter().map(|&row| f64::from(checked.weights[row as usize])).sum();
    let weights: Vec<f64> = folds[..judging].iter().map(weight).collect();
    let starts = Starts::new(judging);
    let fit = |params: &BoostingParams, of: usize, observer: &dyn Observer| {
        let fold = &folds[of];
        let (early, late) = (train.select(&fold.train), params.stops_early().then(|| train.select(&fold.validate)));
        starts.fit(of, params.check_ref()?, &early.rows(), late.as_ref().map(SelectedRows::rows).as_ref(), observer)
    };
    let rows_per_group = Box::new(|| rows_per_group(checked.active.iter().map(|&row| row as usize), &groups));
    let trial = Trial { size, rows_per_group, weights: &weights, fit, observer };
    let (params, _) =
        trial.settle(&BoostingParams::from(params.clone()).started(size, cases(&checked.active, &checked.won, &groups)).opened(size))?;
    params.check()
}

/// Rows that train, and rows that judge.
struct Fold {
    train: Vec<u32>,
    validate: Vec<u32>,
}

/// The rows of weight in at most [`FOLDS`] folds, groups whole; `None` when one of them would train on one outcome alone, or judge nothing.
fn folds(groups: &[u32], checked: &CheckedRows<'_>, seed: u64) -> Option<Vec<Fold>> {
    let active = &checked.active;
    let group_of_active: Vec<u32> = if groups.is_empty() {
        (0..active.len() as u32).collect()
    } else {
        numbered(&active.iter().map(|&row| groups[row as usize]).collect::<Vec<_>>())
    };
    let n_groups = group_of_active.iter().max().map_or(0, |&most| most as usize + 1);
    let k = FOLDS.min(checked.size().rarer).min(n_groups);
    if k < 2 {
        return None;
    }
    let mut groups: Vec<Option<u32>> = vec![None; checked.won.len()];
    for (&row, &group) in active.iter().zip(&group_of_active) {
        groups[row as usize] = Some(group);
    }
    let fold_of = deal(groups.iter().copied(), &checked.won, k, seed);
    let fold = |fold: usize| -> Option<Fold> {
        let (validate, train): (Vec<u32>, Vec<u32>) = checked.active.iter().partition(|&&row| fold_of[row as usize] == Some(fold));
        let won = train.iter().filter(|&&row| checked.won[row as usize]).count();
        (won > 0 && won < train.len() && !validate.is_empty()).then_some(Fold { train, validate })
    };
    (0..k).map(fold).collect()
}

/// The groups numbered from 0.
fn numbered(groups: &[u32]) -> Vec<u32> {
    let mut known = groups.to_vec();
    known.sort_unstable();
    known.dedup();
    // Each is known.
    groups.iter().map(|group| known.binary_search(group).unwrap_or(0) as u32).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use ndarray::{Array1, Array2};
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;
    use crate::math::{sigmoid, softplus};
    use crate::observer::Silent;

    /// Two signals that only count together, and noise.
    fn leads(n: usize, strength: f64, seed: u64) -> (Array2<f32>, Array1<bool>) {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let records = Array2::from_shape_fn((n, 6), |_| random.gen_range(-1.0_f32..1.0));
        let won = records.outer_iter().map(|row| {
            let z = strength * f64::from((7.0 * row[0]).sin() * (7.0 * row[1]).sin()) - 0.5;
            random.gen_bool(sigmoid(z))
        });
        let won = won.collect();
        (records, won)
    }

    fn settled_for(params: BoostingParams, records: &Array2<f32>, won: &Array1<bool>) -> BoostingValidParams {
        settled(&params.check().unwrap(), &Rows::of_matrix(records.view(), won.view()), &Silent).unwrap()
    }

    #[test]
    fn strong_signals_get_more_trees_and_leaves_than_none_and_do_better_than_fixed_ones() {
        let (noise, no_signal) = leads(200, 0.0, 1);
        let (records, won) = leads(800, 12.0, 2);
        let none = settled_for(BoostingParams::new().averaging(1), &noise, &no_signal);
        // Large steps only make the test quicker.
        let open = BoostingParams::new().learning_rate(0.2);
        let strong = settled_for(open.clone(), &records, &won);
        assert!(none.n_estimators < 20, "{}", none.n_estimators);
        assert!(strong.n_estimators > 30 && strong.num_leaves > 8, "{} of {}", strong.n_estimators, strong.num_leaves);
        assert_eq!((strong.averaging, strong.early_stopping_rounds), (3, None));

        let (fresh, outcomes) = leads(2000, 12.0, 3);
        let loss = |params: &BoostingValidParams| -> f64 {
            let model = params.fit_rows(&Rows::of_matrix(records.view(), won.view())).unwrap();
            let z = model.predict_log_odds(&fresh.view());
            z.iter().zip(&outcomes).map(|(&z, &won)| softplus(if won { -z } else { z })).sum::<f64>() / 2000.0
        };
        let fixed = BoostingParams::new().n_estimators(200).check().unwrap();
        assert!(loss(&strong) + 0.01 < loss(&fixed), "{} against {}", loss(&strong), loss(&fixed));
        // The whole way is the settings found, fitted to all rows.
        let whole = open.fit_rows(&Rows::of_matrix(records.view(), won.view())).unwrap();
        assert_eq!(whole, strong.fit_rows(&Rows::of_matrix(records.view(), won.view())).unwrap());
        assert_eq!(whole.n_trees(), 3 * strong.n_estimators);
    }

    #[test]
    fn what_the_caller_gives_stays() {
        let (records, won) = leads(200, 4.0, 5);
        let given = settled_for(BoostingParams::new().num_leaves(6).averaging(2).learning_rate(0.2), &records, &won);
        assert_eq!((given.num_leaves, given.averaging, given.learning_rate), (6, 2, 0.2));
    }

    fn folds_of(rows: &Rows<'_>) -> Option<Vec<Fold>> {
        let checked = CheckedRows::new(rows).unwrap();
        folds(&groups_or_copies(rows, &checked.active), &checked, 0)
    }

    #[test]
    fn folds_keep_groups_and_leave_out_rows_without_weight() {
        let (records, won) = leads(400, 2.0, 7);
        let groups: Vec<u32> = (0..400).map(|row| 4_000_000_000 - row / 4).collect();
        let weights: Array1<f32> = (0..400).map(|row| if row % 5 == 0 { 0.0 } else { 1.0 }).collect();
        let rows = Rows::of_matrix(records.view(), won.view()).weights(weights.view()).groups(&groups);
        let folds = folds_of(&rows).unwrap();
        assert_eq!(folds.len(), FOLDS);
        let mut judged: Vec<u32> = Vec::new();
        for Fold { train, validate } in &folds {
            assert!(train.iter().chain(validate).all(|&row| weights[row as usize] > 0.0));
            assert!(train.iter().all(|&row| validate.iter().all(|&other| groups[row as usize] != groups[other as usize])));
            judged.extend(validate);
        }
        judged.sort_unstable();
        assert_eq!(judged, (0..400).filter(|row| row % 5 != 0).collect::<Vec<u32>>());
    }

    #[test]
    fn copies_of_a_row_are_in_one_fold_and_so_few_groups_as_two_are_folds() {
        let (records, won) = leads(100, 2.0, 10);
        let three_times: Vec<usize> = (0..300).map(|row| row / 3).collect();
        let (records, won) = (records.select(ndarray::Axis(0), &three_times), won.select(ndarray::Axis(0), &three_times));
        let rows = Rows::of_matrix(records.view(), won.view());
        for Fold { train, validate } in folds_of(&rows).unwrap() {
            assert!(train.iter().all(|&row| validate.iter().all(|&other| row / 3 != other / 3)));
        }
        let halves: Vec<u32> = (0..300).map(|row| row / 150).collect();
        let rows = rows.groups(&halves);
        assert_eq!(folds_of(&rows).unwrap().len(), 2);
        // Of few values, equal rows agree by chance.
        let few = records.mapv(f32::signum);
        let rows = Rows::of_matrix(few.view(), won.view());
        let apart = folds_of(&rows).unwrap();
        assert!(apart.iter().all(|fold| (50..70).contains(&fold.validate.len())));
    }

    #[test]
    fn where_nothing_can_be_held_out_the_settings_stay() {
        let (records, _) = leads(50, 0.0, 8);
        for (won, groups) in [
            (Array1::from_shape_fn(50, |row| row == 7), Vec::new()),
            // All that was won is one group, so that a fold would train on lost rows alone.
            (Array1::from_shape_fn(50, |row| row < 10), (0..50).map(|row| if row < 10 { 0 } else { row }).collect()),
        ] {
            let rows = Rows::of_matrix(records.view(), won.view()).groups(&groups);
            let params = BoostingParams::new().check().unwrap();
            assert_eq!(settled(&params, &rows, &Silent).unwrap(), params);
            assert!(params.fit_rows(&rows).is_ok());
        }
    }

    #[test]
    fn a_wrong_value_is_told_by_the_row_of_the_caller() {
        let (mut records, won) = leads(300, 1.0, 9);
        records[[271, 4]] = f32::INFINITY;
        let message = BoostingParams::new().fit_rows(&Rows::of_matrix(records.view(), won.view())).unwrap_err().to_string();
        assert!(message.contains("271"), "{message}");
    }
}
