//! Which model to fit: the one asked for, or what did best on rows that it had not seen.

use super::boosted::looked_at;
use super::folds::Fold;
use super::mixing::{Comparison, KeptBack, Mix};
use super::out_of_fold::{Candidate, Examples, OutOfFold};
use super::work::Budget;
use crate::card::Procedure;
use crate::models::Algorithm;
use crate::models::boosting::{BoostingParams, Look};
use crate::models::logistic::LogisticParams;
use crate::{Error, Observer};

/// What trees are called that at a glance did not gain surely enough for more to be tried. Their log loss is not that of boosting: a full fit would do better.
const GLANCED: &str = "boosting at a glance (few trees of large steps, no full fit)";

/// What was chosen, and what it was compared with.
pub(crate) struct Chosen {
    pub(crate) best: OutOfFold,
    /// The log loss of each candidate that was tried.
    pub(crate) compared: Vec<(String, f64)>,
    /// Why it is the logistic model, where trees may well be better.
    pub(crate) kept_back: Option<KeptBack>,
}

/// The candidate that the procedure asks for, or that did best out of fold.
pub(crate) fn choose(procedure: &Procedure, examples: &Examples<'_>, folds: &[Fold], observer: &dyn Observer) -> Result<Chosen, Error> {
    let out_of_fold = |candidate: Candidate| candidate.out_of_fold(examples, folds, observer);
    let given = |params: &BoostingParams| {
        // What a model file says of categories is of so many leads at least.
        let least = procedure.features.min_category_leads.max(params.least_rows_of_pair());
        params.clone().seed(procedure.seed).min_pair_rows(least)
    };
    // Without a logistic model beside them, trees may start from one.
    let alone = |params: &BoostingParams| given(params).started(examples.size(), examples.cases()).opened(examples.size());
    let (best, tried, kept_back) = match &procedure.algorithm {
        Algorithm::Logistic(params) => (out_of_fold(Candidate::Logistic(params.clone()))?, Vec::new(), None),
        Algorithm::Boosting(params) => (out_of_fold(Candidate::Boosting(alone(params)))?, Vec::new(), None),
        // A logistic regression cannot promise to rise or fall with a feature.
        Algorithm::Auto if examples.constraints.monotone.iter().any(|&direction| direction != 0) => {
            (out_of_fold(Candidate::Boosting(alone(&BoostingParams::default())))?, Vec::new(), None)
        }
        Algorithm::Auto => {
            let logistic = out_of_fold(Candidate::Logistic(LogisticParams::default()))?;
            let trees = given(&BoostingParams::default()).opened(examples.size());
            let looked = looks(&trees, &logistic, examples, folds, observer)?;
            if !looked.ahead {
                let compared = vec![("logistic".to_owned(), logistic.log_loss), (GLANCED.to_owned(), looked.trees.log_loss)];
                return Ok(with_best(compared, mixed(looked.mix, logistic, looked.trees, examples), looked.kept_back));
            }
            let boosting = out_of_fold(Candidate::Boosting(trees))?;
            let tried: Vec<(String, f64)> =
                [&logistic, &boosting].map(|fitted| (fitted.candidate.name().to_owned(), fitted.log_loss)).to_vec();
            let compared = Comparison::new(examples, folds, &logistic.log_odds, &boosting.log_odds);
            let (mix, kept_back) = compared.best_mix();
            (mixed(mix, logistic, boosting, examples), tried, kept_back)
        }
    };
    Ok(with_best(tried, best, kept_back))
}

/// The mix of these two.
fn mixed(mix: Mix, logistic: OutOfFold, boosting: OutOfFold, examples: &Examples<'_>) -> OutOfFold {
    match mix {
        Mix::Logistic => logistic,
        Mix::Boosting => boosting,
        Mix::Both(weight) => logistic.blended(weight, &boosting, examples),
    }
}

/// The best, and what was compared, itself among it.
fn with_best(mut compared: Vec<(String, f64)>, best: OutOfFold, kept_back: Option<KeptBack>) -> Chosen {
    if compared.iter().all(|(name, _)| name != best.candidate.name()) {
        compared.push((best.candidate.name().to_owned(), best.log_loss));
    }
    Chosen { best, compared, kept_back }
}

/// What a quick look at trees has shown.
struct Looked {
    trees: OutOfFold,
    mix: Mix,
    kept_back: Option<KeptBack>,
    /// Whether a mix gains and trees alone do better than the logistic model, too.
    ahead: bool,
    /// Whether there is nothing to ask any more.
    sure: bool,
}

/// Looks at trees until they are surely ahead of the logistic model or surely behind it, or have taken all the work that stands in proportion to it.
///
/// The search for settings takes many times the work of the logistic model, which is right only where trees alone are better. Where they only add to it, those of a look are
/// blended with it.
fn looks(
    trees: &BoostingParams,
    logistic: &OutOfFold,
    examples: &Examples<'_>,
    folds: &[Fold],
    observer: &dyn Observer,
) -> Result<Looked, Error> {
    let mut budget = Budget::beside(logistic.work, examples.won.len());
    let mut look = |look: Look| -> Result<Looked, Error> {
        let trees = looked_at(trees, look, &mut budget, examples, folds, observer)?;
        let compared = Comparison::new(examples, folds, &logistic.log_odds, &trees.log_odds);
        let (mix, kept_back) = compared.best_mix();
        let gains = mix != Mix::Logistic;
        let sure = if gains { compared.are_trees_surely_ahead() } else { compared.are_trees_surely_behind() };
        let ahead = gains && compared.are_trees_ahead();
        Ok(Looked { trees, mix, kept_back, ahead, sure })
    };
    let first = look(Look::First)?;
    if first.sure {
        return Ok(first);
    }
    let second = look(Look::Second)?;
    // What the first look gained is not given up for a second that gains nothing.
    Ok(if first.mix != Mix::Logistic && second.mix == Mix::Logistic { Looked { ahead: false, ..first } } else { second })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;
    use crate::Silent;
    use crate::features::{Feature, FeatureKind, FeatureMatrix};
    use crate::math::{sigmoid, softplus};
    use crate::models::Numbered;
    use crate::training::folds::{RowTime, random_folds};

    const WIDTH: usize = 8;

    /// Rows of six numbers, of which three matter, straight or with a bend, and two categories; about a tenth of the rows are won.
    fn leads(n: usize, seed: u64) -> (FeatureMatrix, Vec<bool>) {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let (mut values, mut won) = (Vec::with_capacity(n * WIDTH), Vec::with_capacity(n));
        for _ in 0..n {
            let row: [f32; WIDTH] = std::array::from_fn(|i| match i {
                6 | 7 => random.gen_range(0..4) as f32,
                _ if random.gen_bool(0.05) => f32::NAN,
                _ => random.gen_range(-2.0..2.0),
            });
            let known = |i: usize| if row[i].is_nan() { 0.0 } else { f64::from(row[i]) };
            let z = -2.9 + known(0) + 0.5 * known(1) + 0.5 * known(2).abs() + 0.4 * f64::from(row[6] - 1.5);
            won.push(random.gen_bool(sigmoid(z)));
            values.extend(row);
        }
        let kind = |i: usize| match i {
            6 | 7 => FeatureKind::Categorical { levels: (0..4).map(|level| level.to_string()).collect() },
            _ => FeatureKind::Numeric,
        };
        let features = (0..WIDTH).map(|i| Feature::new(format!("f{i}"), format!("f{i}"), kind(i))).collect();
        (FeatureMatrix { features, values, n_rows: n }, won)
    }

    /// Mean log loss on many fresh rows of the model that `algorithm` comes to.
    fn fresh_log_loss(algorithm: Algorithm, n: usize, seed: u64) -> f64 {
        let (matrix, won) = leads(n, seed);
        let weights = vec![1.0; n];
        let ids: Vec<u32> = (0..n as u32).collect();
        let examples = Examples { matrix: &matrix, won: &won, weights: &weights, leads: &ids, constraints: &Numbered::default() };
        let times: Vec<RowTime> = ids.iter().map(|&lead| RowTime { lead, cohort: 0, ripe: 0 }).collect();
        let folds = random_folds(&times, &won, 5, seed);
        let procedure = Procedure { algorithm, ..Procedure::default() };
        let Chosen { best, .. } = choose(&procedure, &examples, &folds, &Silent).unwrap();
        let model = best.candidate.fit(&examples, &Silent).unwrap();
        let (fresh, outcomes) = leads(4000, u64::MAX - seed);
        let losses = outcomes.iter().enumerate().map(|(row, &won)| {
            let z = model.log_odds(fresh.row(row));
            softplus(if won { -z } else { z })
        });
        losses.sum::<f64>() / 4000.0
    }

    #[test]
    fn on_200_rows_auto_is_no_worse_than_ridge_logistic_regression() {
        let difference =
            |seed| fresh_log_loss(Algorithm::Auto, 200, seed) - fresh_log_loss(Algorithm::Logistic(LogisticParams::default()), 200, seed);
        let differences: Vec<f64> = (1..=16).map(difference).collect();
        let mean = differences.iter().sum::<f64>() / 16.0;
        let variance = differences.iter().map(|d| (d - mean) * (d - mean)).sum::<f64>() / 15.0;
        let error = (variance / 16.0).sqrt();
        assert!(mean <= 2.0 * error && mean < 0.004, "{mean} with standard error {error}");
    }

    /// What was compared for `auto` on rows whose log-odds are `truth` of two numbers.
    fn compared(truth: fn(f64, f64) -> f64) -> (&'static str, Vec<String>) {
        let n = 1500;
        let mut random = Xoshiro256PlusPlus::seed_from_u64(3);
        let numbers: Vec<[f32; 2]> = (0..n).map(|_| std::array::from_fn(|_| random.gen_range(-2.0..2.0))).collect();
        let won: Vec<bool> = numbers.iter().map(|[a, b]| random.gen_bool(sigmoid(truth(f64::from(*a), f64::from(*b))))).collect();
        let features = ["a", "b"].map(|name| Feature::new(name.to_owned(), name.to_owned(), FeatureKind::Numeric)).into();
        let matrix = FeatureMatrix { features, values: numbers.concat(), n_rows: n };
        let (weights, ids) = (vec![1.0; n], (0..n as u32).collect::<Vec<u32>>());
        let examples = Examples { matrix: &matrix, won: &won, weights: &weights, leads: &ids, constraints: &Numbered::default() };
        let times: Vec<RowTime> = ids.iter().map(|&lead| RowTime { lead, cohort: 0, ripe: 0 }).collect();
        let Chosen { best, compared, .. } = choose(&Procedure::default(), &examples, &random_folds(&times, &won, 5, 0), &Silent).unwrap();
        (best.candidate.name(), compared.into_iter().map(|(name, _)| name).collect())
    }

    #[test]
    fn trees_that_are_behind_at_a_glance_are_not_settled_and_others_are() {
        assert_eq!(compared(|a, b| -1.0 + 1.5 * a + b), ("logistic", vec!["logistic".to_owned(), GLANCED.to_owned()]));
        assert_eq!(compared(|a, b| 1.5 * a * b - 1.0), ("boosting", vec!["logistic".to_owned(), "boosting".to_owned()]));
        // Here trees are not surely behind, but do not gain either.
        assert_eq!(compared(|a, _| 0.2 * a - 1.0), ("logistic", vec!["logistic".to_owned(), GLANCED.to_owned()]));
    }

    #[test]
    fn a_number_of_trees_that_is_given_is_the_number_that_is_grown() {
        let (matrix, won) = leads(600, 1);
        let (weights, ids) = (vec![1.0; 600], (0..600).collect::<Vec<u32>>());
        let examples = Examples { matrix: &matrix, won: &won, weights: &weights, leads: &ids, constraints: &Numbered::default() };
        let times: Vec<RowTime> = ids.iter().map(|&lead| RowTime { lead, cohort: 0, ripe: 0 }).collect();
        let folds = random_folds(&times, &won, 3, 0);
        let model = |params: BoostingParams| {
            let procedure = Procedure { algorithm: Algorithm::Boosting(params), ..Procedure::default() };
            let Chosen { best, compared, .. } = choose(&procedure, &examples, &folds, &Silent).unwrap();
            assert_eq!(compared.len(), 1);
            match best.candidate.fit(&examples, &Silent).unwrap() {
                crate::Classifier::Boosting(model) => model,
                _ => panic!("trees were asked for"),
            }
        };
        assert_eq!(model(BoostingParams::new().n_estimators(150)).n_trees(), 150);
        // Those that ask one feature alone, at the beginning, are a regression to start from.
        let chosen = model(BoostingParams::new());
        let n_features = |tree: usize| {
            let asked = chosen.nodes_of(tree).filter(|&node| chosen.left[node] != 0).map(|node| chosen.column(node));
            asked.collect::<std::collections::BTreeSet<usize>>().len()
        };
        let chosen = (0..chosen.n_trees()).skip_while(|&tree| n_features(tree) == 1).count();
        assert!(chosen % 3 == 0, "of so few rows three models are averaged: {chosen}");
        assert!((1..150).contains(&(chosen / 3)), "so few rows want fewer trees: {chosen}");
    }
}
