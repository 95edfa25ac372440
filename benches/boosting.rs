//! Boosting: fitting 100 trees at 10,000 and 100,000 leads of 30 features; scoring and explaining one lead.
//!
//! `cargo bench --no-default-features --features fit --bench boosting`

#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use leadscore::models::boosting::BoostingParams;
use leadscore::{Classifier, Explainer};
use linfa::traits::Fit;
use linfa::{Dataset, ParamGuard};
use ndarray::{Array1, Array2, Ix1};
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
    for n in [10_000, 100_000] {
        let data = leads(n);
        group.throughput(Throughput::Elements(n as u64));
        for (name, params) in [("default", params()), ("31 leaves, all features", params().num_leaves(31).feature_fraction(1.0))] {
            let params = params.check().unwrap();
            group.bench_with_input(BenchmarkId::new(name, n), &data, |bencher, data| bencher.iter(|| params.fit(data).unwrap()));
        }
    }
    group.finish();
}

fn score(criterion: &mut Criterion) {
    let data = leads(10_000);
    let model = params().fit(&data).unwrap();
    let rows: Vec<Vec<f32>> = data.records.rows().into_iter().take(1000).map(|row| row.to_vec()).collect();
    let mut next = 0;
    let mut row = || {
        next = (next + 1) % rows.len();
        &rows[next]
    };
    criterion.bench_function("boosting score, one lead, 100 trees", |bencher| bencher.iter(|| black_box(model.log_odds(row()))));
    let classifier = Classifier::Boosting(model.clone());
    let explainer = Explainer::new(&classifier);
    let mut out = [0.0; FEATURES];
    criterion.bench_function("boosting explain, one lead, 100 trees", |bencher| {
        bencher.iter(|| black_box(explainer.contributions(row(), &mut out)));
    });
}

criterion_group!(benches, fit, score);
criterion_main!(benches);
