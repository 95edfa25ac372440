//! What trees learn of categories.

use super::*;

#[test]
fn codes_that_are_no_codes_count_as_any_other_category() {
    let model = params(6).min_data_per_group(5).fit(&leads(3000, 6, 10)).unwrap();
    let other = model.log_odds(&[0.0, 1.0, 6.0, 0.0]);
    for odd in [7.0, 1e9, -1.0, 2.5, f32::INFINITY, f32::NEG_INFINITY] {
        assert_eq!(model.log_odds(&[0.0, 1.0, odd, 0.0]), other, "{odd}");
    }
}

#[test]
fn many_categories_of_few_rows_each_are_learned_through_their_statistic() {
    // 2,000 categories of five rows each, every one with a rate of its own.
    let effect = |category: u32| f64::from(category.wrapping_mul(2_654_435_761) >> 16 & 0xff) / 64.0 - 2.0;
    let made = |seed: u64, n: usize| {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let x = Array2::from_shape_fn((n, 2), |(_, column)| if column == 0 { random.gen_range(0..2000) as f32 } else { random.r#gen() });
        let won = x.column(0).iter().map(|&category| random.gen_bool(crate::math::sigmoid(effect(category as u32)))).collect();
        Data::new(x, won)
    };
    let (train, test) = (made(1, 20_000), made(2, 20_000));
    let base = BoostingParams::new()
        .n_estimators(60)
        .learning_rate(0.1)
        .bagging_fraction(1.0)
        .categorical(vec![Some(2000), None])
        .feature_fraction(1.0);
    let with = log_loss(&base.clone().fit(&train).unwrap(), &test);
    let without = log_loss(&base.statistics_from(usize::MAX).fit(&train).unwrap(), &test);
    let rate = log_loss(&params(2).categorical(vec![Some(2000), None]).fit(&train).unwrap().truncated(0), &test);
    assert!(with < without - 0.02 && with < rate - 0.05, "with {with}, without {without}, rate alone {rate}");
}

/// Rows of one of 30 categories and a number, an outcome at odds of 4 to 1 by `sign` of both.
fn of_strong_categories(n: usize, seed: u64, sign: fn(usize, f32) -> bool) -> Data {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let records = Array2::from_shape_fn((n, 2), |(_, feature)| match feature {
        0 => random.gen_range(0..30) as f32,
        _ => random.gen_range(-1.0..1.0),
    });
    let won = records.rows().into_iter().map(|row| random.gen_bool(if sign(row[0] as usize, row[1]) { 0.8 } else { 0.2 })).collect();
    Dataset::new(records, won)
}

#[test]
fn strong_categories_of_few_rows_are_learned_alone_and_together_with_numbers() {
    // What is known of 17 or 67 rows a category comes close to the truth, whose log loss is 0.5004; what knows nothing has 0.693.
    let alone = |category: usize, _: f32| category.is_multiple_of(2);
    let together = |category: usize, number: f32| category.is_multiple_of(2) == (number > 0.0);
    let params = BoostingParams::new().categorical(vec![Some(30), None]);
    let loss = |params: &BoostingParams, n, sign| {
        log_loss(&params.fit(&of_strong_categories(n, 1, sign)).unwrap(), &of_strong_categories(3000, 2, sign))
    };
    let (few, many) = (loss(&params, 500, alone), loss(&params, 2000, alone));
    assert!(few < 0.56 && many < 0.53, "{few} {many}");
    let settled = loss(&params, 4000, together);
    let given = loss(&params.n_estimators(200), 4000, together);
    assert!(settled < 0.58 && given < 0.58, "{settled} {given}");
}
