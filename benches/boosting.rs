//! Boosting: fitting 100 trees at 1,000 to 1,000,000 leads of 30 features, and to 200 columns of 0 and 1; scoring one row and many, beside the plain walk; explaining one.
//!
//! `cargo bench --no-default-features --features fit --bench boosting`

#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use leadscore::models::boosting::{BoostingModel, BoostingParams};
use leadscore::{Calibrator, Classifier, Explainer};
use linfa::traits::Fit;
use linfa::{Dataset, ParamGuard};
use ndarray::{Array1, Array2, Ix1, ShapeBuilder};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

const FEATURES: usize = 30;
const LEVELS: u32 = 40;

/// A third of the features are counts, a third amounts with missing values, a third categories; half of them matter.
fn leads(n: usize) -> Dataset<f32, bool, Ix1> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(0);
    let x = Array2::from_shape_fn((n, FEATURES), |(_, feature)| match feature % 3 {
        0 => (random.r#gen::<f32>().powi(3) * 20.0).floor(),
        1 if random.gen_bool(0.2) => f32::NAN,
        1 => random.gen_range(0.0..100.0),
        _ => random.gen_range(0..=LEVELS) as f32,
    });
    let won = x.rows().into_iter().map(|row| {
        let effect = |(feature, &value): (usize, &f32)| match feature % 3 {
            0 => value / 20.0,
            1 if value.is_nan() => -0.2,
            1 => value / 100.0 - 0.5,
            _ => (value as u32 * 7 % 5) as f32 / 5.0 - 0.4,
        };
        let z: f32 = row.iter().enumerate().take(FEATURES / 2).map(effect).sum();
        z + random.gen_range(-2.0..2.0) > 2.0
    });
    let won: Array1<bool> = won.collect();
    Dataset::new(x, won)
}

fn params() -> BoostingParams {
    BoostingParams::new().n_estimators(100).categorical((0..FEATURES).map(|feature| (feature % 3 == 2).then_some(LEVELS)).collect())
}

fn fit(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("boosting fit, 100 trees");
    group.sample_size(10);
    for n in [1_000, 10_000, 100_000, 1_000_000] {
        let data = leads(n);
        group.throughput(Throughput::Elements(n as u64));
        for (name, params) in [("default", params()), ("31 leaves, all features", params().num_leaves(31).feature_fraction(1.0))] {
            let params = params.check().unwrap();
            group.bench_with_input(BenchmarkId::new(name, n), &data, |bencher, data| bencher.iter(|| params.fit(data).unwrap()));
        }
    }
    group.finish();
}

/// Columns of 0 and 1: ten one-hot tables of 20 levels of rising rarity, or as many ones that fall on their own. Column by column, as frames have them.
fn zeros_and_ones(n: usize, one_hot: bool) -> Dataset<f32, bool, Ix1> {
    const LEVELS: usize = 20;
    let mut random = Xoshiro256PlusPlus::seed_from_u64(2);
    let mut x = Array2::zeros((n, 10 * LEVELS).f());
    for mut row in x.rows_mut() {
        for table in 0..10 {
            if one_hot {
                let level = ((LEVELS as f32).powf(random.r#gen()) as usize - 1).min(LEVELS - 1);
                row[table * LEVELS + level] = 1.0;
            } else {
                (0..LEVELS).for_each(|level| row[table * LEVELS + level] = f32::from(u8::from(random.gen_bool(0.05))));
            }
        }
    }
    let effect = |(feature, &value): (usize, &f32)| value * ((feature * 7 % 11) as f32 - 5.0) / 3.0;
    let won = x.rows().into_iter().map(|row| row.iter().enumerate().map(effect).sum::<f32>() + random.gen_range(-2.0..2.0) > 2.0);
    let won: Array1<bool> = won.collect();
    Dataset::new(x, won)
}

fn fit_zeros_and_ones(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("boosting fit, 200 columns of 0 and 1, 100 trees of 31 leaves");
    group.sample_size(10);
    let params = BoostingParams::new().n_estimators(100).num_leaves(31).feature_fraction(1.0).check().unwrap();
    for n in [2_000, 20_000, 200_000] {
        group.throughput(Throughput::Elements(n as u64));
        for (name, one_hot) in [("one-hot", true), ("independent", false)] {
            let data = zeros_and_ones(n, one_hot);
            group.bench_with_input(BenchmarkId::new(name, n), &data, |bencher, data| bencher.iter(|| params.fit(data).unwrap()));
        }
    }
    group.finish();
}

/// Forty numbers (ten with missing values) and ten categories of 8 to 1000 levels, of which half matter: trees of 31 leaves on them.
fn scored() -> (BoostingModel, Array2<f32>) {
    const LEVELS: [u32; 10] = [8, 12, 20, 32, 50, 80, 150, 300, 600, 1000];
    let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
    let levels = |feature: usize| (feature % 5 == 4).then(|| LEVELS[feature / 5]);
    let x = Array2::from_shape_fn((20_000, 50), |(_, feature)| match levels(feature) {
        Some(levels) => random.gen_range(0..levels) as f32,
        None if feature % 5 == 3 && random.gen_bool(0.2) => f32::NAN,
        None => random.gen_range(-1.0..1.0),
    });
    let won = x.rows().into_iter().map(|row| {
        let effect = |(feature, &value): (usize, &f32)| match feature % 5 {
            4 => (value as u32 * 7 % 5) as f32 / 5.0 - 0.4,
            _ if value.is_nan() => -0.2,
            _ => value * row[(feature + 7) % 35].max(-0.5) * 0.5,
        };
        row.iter().enumerate().map(effect).filter(|effect| !effect.is_nan()).sum::<f32>() + random.gen_range(-2.0..2.0) > 1.0
    });
    let won: Array1<bool> = won.collect();
    let params = BoostingParams::new().n_estimators(100).num_leaves(31).categorical((0..50).map(levels).collect());
    (params.fit(&Dataset::new(x.clone(), won)).unwrap(), x)
}

fn score(criterion: &mut Criterion) {
    let (model, x) = scored();
    println!("{} trees, {} leaves", model.n_trees(), model.n_leaves());
    let calibrator = Calibrator::Platt { slope: 0.9, intercept: -0.2 };
    let probability = |log_odds: f64| 1.0 / (1.0 + (-calibrator.apply(log_odds)).exp());
    let rows: Vec<Vec<f32>> = x.rows().into_iter().map(|row| row.to_vec()).collect();
    let mut next = 0;
    let mut row = || {
        next = (next + 1) % rows.len();
        &rows[next]
    };
    let mut group = criterion.benchmark_group("boosting score, one row, 100 trees of 31 leaves");
    group.bench_function("row to calibrated probability", |bencher| bencher.iter(|| black_box(probability(model.log_odds(row())))));
    // The stages are walked plainly.
    group.bench_function("plain walk", |bencher| bencher.iter(|| black_box(model.staged_log_odds(row()).last())));
    let classifier = Classifier::Boosting(model.clone());
    let mut out = [0.0; 50];
    let explainer = Explainer::new(&classifier);
    group.bench_function("explain", |bencher| bencher.iter(|| black_box(explainer.contributions(row(), &mut out))));
    group.finish();

    let flat: Vec<f32> = rows.concat();
    let mut log_odds = vec![0.0; rows.len()];
    let by_columns = Array2::from_shape_fn(x.t().dim(), |(feature, row)| x[[row, feature]]);
    let by_columns_f64 = by_columns.mapv(f64::from);
    let mut group = criterion.benchmark_group("boosting score, 20,000 rows, 100 trees of 31 leaves");
    // Elements are trees times rows.
    group.sample_size(20).throughput(Throughput::Elements(100 * rows.len() as u64));
    group.bench_function("row by row", |bencher| bencher.iter(|| rows.iter().map(|row| model.log_odds(row)).sum::<f64>()));
    group.bench_function("batch, one thread", |bencher| bencher.iter(|| model.log_odds_batch(&flat, 50, &mut log_odds)));
    group.bench_function("rows of f32, all threads", |bencher| bencher.iter(|| model.predict_log_odds(&x.view())));
    group.bench_function("columns of f32, all threads", |bencher| bencher.iter(|| model.predict_log_odds(&by_columns.t())));
    group.bench_function("columns of f64, all threads", |bencher| bencher.iter(|| model.predict_log_odds(&by_columns_f64.t())));
    group.finish();
}

criterion_group!(benches, fit, fit_zeros_and_ones, score);
criterion_main!(benches);
