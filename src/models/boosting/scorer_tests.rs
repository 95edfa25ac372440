#![allow(clippy::unwrap_used, clippy::panic)]

//! Whatever the trees, the rows and the instructions: the bits of the plain walk.

use proptest::prelude::*;

use super::block::{Lanes, Workspace};
use super::model::BoostingModel;
use super::random_trees::{self, Random};
use crate::models::statistic::{PairStatistic, pair};

fn all_lanes() -> Vec<Lanes> {
    let mut all = vec![Lanes::Portable];
    if Lanes::best() != Lanes::Portable {
        all.push(Lanes::best());
    }
    all
}

/// Holds every way of scoring rows against the walk.
fn check(model: &BoostingModel, n_rows: usize, seed: u64) {
    let mut random = Random::new(seed);
    let rows: Vec<Vec<f32>> = (0..n_rows).map(|_| random_trees::row(&model.codes, &mut random)).collect();
    let expected: Vec<u64> = rows.iter().map(|row| model.walked_log_odds(row).to_bits()).collect();
    let bits = |log_odds: &[f64]| log_odds.iter().map(|value| value.to_bits()).collect::<Vec<u64>>();
    let scorer = model.scorer().expect("sampled trees follow the rules");
    assert_eq!(rows.iter().map(|row| scorer.log_odds(row).to_bits()).collect::<Vec<_>>(), expected, "one row");
    let read = |feature: usize, first: usize, values: &mut [f32]| {
        for (value, row) in values.iter_mut().zip(&rows[first..]) {
            *value = row.get(feature).copied().unwrap_or(f32::NAN);
        }
    };
    let mut out = vec![f64::NAN; n_rows];
    for lanes in all_lanes() {
        scorer.log_odds_of_rows(model.n_features(), &mut out, &mut Workspace::new(scorer), lanes, read);
        assert_eq!(bits(&out), expected, "{lanes:?}");
    }
    // As one array of rows, some of them with values that are no feature's.
    let width = model.n_features() + 1;
    let filled = |row: &Vec<f32>| (0..width).map(|i| row.get(i).copied().unwrap_or(f32::NAN)).collect::<Vec<f32>>();
    let flat: Vec<f32> = rows.iter().flat_map(filled).collect();
    model.log_odds_batch(&flat, width, &mut out);
    assert_eq!(bits(&out), expected, "batch");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_way_gives_the_bits_of_the_plain_walk(
        seed in any::<u64>(),
        codes in prop::collection::vec(prop_oneof![Just(0_u32), 1_u32..4, Just(32), Just(33), Just(300)], 1..12),
        leaves in prop::collection::vec(prop_oneof![Just(1_usize), 2_usize..8, Just(31), Just(64), Just(256)], 0..23),
        n_rows in prop_oneof![Just(0_usize), 1_usize..5, Just(64), 60_usize..140],
    ) {
        check(&random_trees::model(seed, &codes, &leaves), n_rows, seed);
    }

    #[test]
    fn small_trees_give_the_bits_of_the_plain_walk(
        seed in any::<u64>(),
        codes in prop::collection::vec(prop_oneof![Just(0_u32), 1_u32..4, Just(33)], 1..12),
        leaves in prop::collection::vec(1_usize..5, 0..60),
    ) {
        check(&random_trees::model(seed, &codes, &leaves), 20, seed);
    }
}

#[test]
fn trees_too_large_for_blocks_are_walked() {
    check(&random_trees::model(1, &[0, 7, 0], &[300, 3, 257]), 70, 1);
}

#[test]
fn trees_that_break_the_rules_or_ask_too_much_have_no_scorer_and_are_walked_as_they_are() {
    let good = random_trees::model(2, &[0, 7], &[8, 8]);
    let mut bad = good.clone();
    bad.cover[0] = -1.0;
    assert!(bad.scorer().is_none());
    let mut random = Random::new(2);
    for _ in 0..20 {
        let row = random_trees::row(&good.codes, &mut random);
        assert_eq!(bad.log_odds(&row), good.log_odds(&row));
        let mut out = [0.0];
        bad.log_odds_batch(&row, row.len(), &mut out);
        assert_eq!(out, [good.log_odds(&row)]);
    }
    // One category, asked by more nodes than keys can be numbered.
    let large = random_trees::model(3, &[2], &[50_000, 50_000, 50_000]);
    assert!(large.scorer().is_none());
    assert_eq!(large.log_odds(&[1.0]), large.walked_log_odds(&[1.0]));
}

#[test]
fn a_batch_takes_what_its_rows_lack_as_missing() {
    let model = random_trees::model(4, &[0, 7, 0], &[16; 12]);
    let mut out = [0.0; 3];
    model.log_odds_batch(&[0.5, 1.0, 3.0, 0.5, 1.0], 2, &mut out);
    assert_eq!(out, [model.log_odds(&[0.5, 1.0]), model.log_odds(&[3.0, 0.5]), model.log_odds(&[1.0])]);
    model.log_odds_batch(&[], 0, &mut out);
    assert_eq!(out, [model.log_odds(&[]); 3]);
    model.log_odds_batch(&[1.0], usize::MAX, &mut out);
    assert_eq!(out[1..], [model.log_odds(&[]); 2]);
}

#[test]
fn a_scorer_is_no_part_of_what_a_model_is() {
    let model = random_trees::model(5, &[0, 7, 0], &[16; 12]);
    let fresh = model.clone();
    assert!(model.log_odds(&[]).is_finite());
    assert_eq!(model, fresh);
    assert_eq!(rmp_serde::to_vec_named(&model).unwrap(), rmp_serde::to_vec_named(&fresh).unwrap());
    let read: BoostingModel = rmp_serde::from_slice(&rmp_serde::to_vec_named(&model).unwrap()).unwrap();
    assert_eq!(read, model);
    assert_eq!(read.log_odds(&[1.0]), model.log_odds(&[1.0]));
}

#[cfg(feature = "fit")]
#[test]
fn pairs_that_no_node_asks_are_dropped_without_changing_a_bit() {
    use super::model::DEFAULT_LEFT;

    let asked = random_trees::model(7, &[5, 0, 7, 9], &[16; 12]);
    let mut with = asked.clone();
    let first = with.n_columns() - with.pairs.len();
    let another = PairStatistic { features: [0, 3], pairs: Vec::new(), values: vec![0.5] };
    with.pairs.insert(1, another);
    for feature in &mut with.feature {
        if (*feature & !DEFAULT_LEFT) as usize > first {
            *feature += 1;
        }
    }
    assert_eq!(with.pairs.len(), 3);
    let mut without = with.clone();
    without.drop_unasked_pairs();
    assert_eq!(without, asked);
    let mut random = Random::new(7);
    for _ in 0..50 {
        let row = random_trees::row(&asked.codes, &mut random);
        assert_eq!(with.log_odds(&row).to_bits(), without.log_odds(&row).to_bits());
    }
}

#[test]
fn pairs_take_memory_by_their_own_number_whatever_the_codes() {
    let mut model = random_trees::model(8, &[1 << 24, 1 << 24], &[2; 40]);
    model.pairs = (0..200).map(|_| PairStatistic { features: [0, 1], pairs: vec![pair(1 << 23, 5)], values: vec![0.0, 1.0] }).collect();
    model.statistics.clear();
    (0..model.feature.len()).filter(|&node| model.left[node] != 0).zip(2..).for_each(|(node, column)| {
        model.feature[node] = column;
        model.payload[node] = 0.5_f32.to_bits();
    });
    (model.set_words, model.set_starts) = (Vec::new(), vec![0]);
    let size = model.scorer().unwrap().size();
    assert!(size < 100_000, "{size} bytes");
    check(&model, 70, 8);
}

#[test]
fn a_hundred_trees_of_thirty_one_leaves_take_a_few_hundred_kilobytes() {
    let codes: Vec<u32> = (0..50).map(|feature| if feature % 5 == 4 { 1000 } else { 0 }).collect();
    let size = random_trees::model(6, &codes, &[31; 100]).scorer().unwrap().size();
    assert!(size < 400_000, "{size} bytes");
}
