//! What fitting and predicting with logistic regression cost, on 20,000 rows of 40 features of which four are categories.
#![allow(missing_docs)]

use criterion::{Criterion, criterion_group, criterion_main};
use leadscore::models::logistic::{LogisticParams, Solver};
use linfa::prelude::*;
use ndarray::{Array1, Array2, Ix1};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256Plus;

const NUMERIC: usize = 36;
const LEVELS: u32 = 12;

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
    let data = data(20_000);
    let mut group = c.benchmark_group("logistic 20k x 40");
    group.sample_size(10);
    for (name, solver) in [("newton", Solver::Newton), ("linfa-logistic", Solver::Lbfgs)] {
        let params = params().l2(10.0).solver(solver);
        if let Ok(model) = params.fit(&data) {
            println!("{name}: {:?}", model.report());
        }
        group.bench_function(format!("fit/{name}"), |b| b.iter(|| params.fit(&data)));
    }
    group.bench_function("fit/penalty chosen", |b| b.iter(|| params().fit(&data)));
    if let Ok(model) = params().l2(10.0).fit(&data) {
        group.bench_function("predict", |b| b.iter(|| model.predict_log_odds(&data.records.view())));
    }
    group.finish();
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
