//! What fitting and predicting with logistic regression cost, at 1e3 to 1e6 rows of 40 features of which four are categories, beside linfa-logistic where
//! that is feasible.
#![allow(missing_docs)]

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use leadscore::models::logistic::{LogisticParams, Solver};
use linfa::prelude::*;
use ndarray::{Array1, Array2, Ix1, s};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256Plus;

const NUMERIC: usize = 36;
const LEVELS: u32 = 12;
/// linfa-logistic expands categories and is not parallel: above this it takes minutes.
const LINFA_ROWS: usize = 10_000;

/// Numbers that share a factor, so that they correlate as features of one lead do.
fn data(n: usize) -> Dataset<f32, bool, Ix1> {
    let mut random = Xoshiro256Plus::seed_from_u64(1);
    let mut records = Array2::zeros((n, NUMERIC + 4));
    let mut won = Vec::with_capacity(n);
    for mut row in records.rows_mut() {
        let factor: f32 = random.gen_range(-1.0..1.0);
        let mut z = -2.0;
        for (column, value) in row.iter_mut().enumerate() {
            if column < NUMERIC {
                *value = factor + random.gen_range(-1.0..1.0_f32);
                z += *value * 0.1 * (column % 5) as f32;
            } else {
                *value = random.gen_range(0..LEVELS) as f32;
                z += if *value < 3.0 { 0.4 } else { 0.0 };
            }
        }
        won.push(random.gen_range(0.0..1.0_f32) < 1.0 / (1.0 + (-z).exp()));
    }
    Dataset::new(records, Array1::from(won))
}

fn params() -> LogisticParams {
    LogisticParams::new().categorical((0..NUMERIC + 4).map(|column| (column >= NUMERIC).then_some(LEVELS)).collect())
}

fn benchmark(c: &mut Criterion) {
    let all = data(1_000_000);
    let mut group = c.benchmark_group("logistic");
    group.sample_size(10).warm_up_time(Duration::from_millis(100)).measurement_time(Duration::from_secs(1));
    for n in [1_000, 10_000, 100_000, 1_000_000] {
        let data = Dataset::new(all.records.slice(s![..n, ..]).to_owned(), all.targets.slice(s![..n]).to_owned());
        group.throughput(Throughput::Elements(n as u64));
        let mut fit = |name: &str, params: &LogisticParams| {
            if let Ok(model) = params.fit(&data) {
                println!("{name} {n}: {:?}", model.report());
            }
            group.bench_with_input(BenchmarkId::new(name, n), &data, |b, data| b.iter(|| params.fit(black_box(data))));
        };
        fit("fit", &params().l2(10.0));
        fit("fit, plain", &params().l2(10.0).transform(false).standardize(false));
        fit("fit, penalty chosen", &params());
        if n <= LINFA_ROWS {
            fit("fit by linfa-logistic", &params().l2(10.0).solver(Solver::Lbfgs));
        }
        if let Ok(model) = params().l2(10.0).fit(&data) {
            let records = data.records.view();
            group.bench_function(BenchmarkId::new("predict", n), |b| b.iter(|| model.predict_log_odds(black_box(&records))));
        }
    }
    if let Ok(model) =
        params().l2(10.0).fit(&Dataset::new(all.records.slice(s![..1000, ..]).to_owned(), all.targets.slice(s![..1000]).to_owned()))
    {
        let row = all.records.row(7).to_vec();
        group.throughput(Throughput::Elements(1)).bench_function("predict one row", |b| b.iter(|| model.log_odds(black_box(&row))));
    }
    group.finish();
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
