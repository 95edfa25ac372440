//! The two models beside linfa's own: linfa-logistic, which has no weights and no categories, and linfa-trees, a single tree.
//!
//! `cargo run --release --manifest-path examples/beside_linfa/Cargo.toml`

use std::time::Instant;

use leadscore::models::boosting::BoostingParams;
use leadscore::models::logistic::LogisticParams;
use linfa::Dataset;
use linfa::traits::{Fit, Predict};
use linfa_logistic::LogisticRegression;
use linfa_trees::DecisionTree;
use ndarray::{Array1, Array2, Axis, s};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

const FEATURES: usize = 10;
const ROWS: usize = 20_000;

/// Leads whose log-odds of conversion are a sum of straight and bent effects and of one interaction.
fn leads() -> (Array2<f64>, Array1<bool>) {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(7);
    let x: Array2<f64> = Array2::from_shape_fn((ROWS, FEATURES), |_| random.gen_range(-2.0..2.0));
    let won = x.rows().into_iter().map(|row| {
        let z: f64 = -1.5 + row[0] + 0.8 * row[1].abs() - 0.7 * row[2] * row[3] + 0.5 * row[4];
        random.gen_bool(1.0 / (1.0 + (-z).exp()))
    });
    let won = won.collect();
    (x, won)
}

/// The mean log loss of probabilities.
fn log_loss(probability: &Array1<f64>, won: &Array1<bool>) -> f64 {
    let loss = |(&p, &won): (&f64, &bool)| -(if won { p } else { 1.0 - p }).clamp(1e-15, 1.0).ln();
    probability.iter().zip(won).map(loss).sum::<f64>() / won.len() as f64
}

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (x, won) = leads();
    let (train_x, test_x) = x.view().split_at(Axis(0), ROWS / 2);
    let (train_won, test_won) = (won.slice(s![..ROWS / 2]).to_owned(), won.slice(s![ROWS / 2..]).to_owned());
    let train = Dataset::new(train_x.to_owned(), train_won.clone());
    println!("{:<24} {:>9} {:>10}", "", "seconds", "log loss");
    let report = |name: &str, start: Instant, probability: Array1<f64>| {
        println!("{name:<24} {:>9.3} {:>10.4}", start.elapsed().as_secs_f64(), log_loss(&probability, &test_won));
    };

    let start = Instant::now();
    let model = LogisticParams::new().l2(1.0).fit(&train)?;
    report("leadscore logistic", start, model.predict_log_odds(&test_x).mapv(sigmoid));

    let start = Instant::now();
    let model = LogisticRegression::default().alpha(1.0).fit(&train)?;
    // Its positive class is the one with more rows, whatever its name.
    let positive_is_won = model.labels().pos.class;
    let probability = model.predict_probabilities(&test_x.to_owned());
    report("linfa-logistic", start, probability.mapv(|p| if positive_is_won { p } else { 1.0 - p }));

    let start = Instant::now();
    let model = BoostingParams::new().n_estimators(200).fit(&train)?;
    report("leadscore boosting", start, model.predict_log_odds(&test_x).mapv(sigmoid));

    let start = Instant::now();
    let targets = train_won.mapv(usize::from);
    let tree = DecisionTree::params().max_depth(Some(6)).min_weight_leaf(20.0).fit(&Dataset::new(train_x.to_owned(), targets))?;
    // It says which class, not how likely; the share of the class among its own training rows stands for that.
    let said = tree.predict(&train_x.to_owned());
    let share = |class: usize| {
        let (n, k) = said.iter().zip(&train_won).filter(|(said, _)| **said == class).fold((0.0, 0.0), |(n, k), (_, &won)| {
            (n + 1.0, k + f64::from(u8::from(won)))
        });
        (k + 0.5) / (n + 1.0)
    };
    let shares = [share(0), share(1)];
    report("linfa-trees, one tree", start, tree.predict(&test_x.to_owned()).mapv(|class| shares[class.min(1)]));
    Ok(())
}
