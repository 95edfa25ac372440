//! Trains a model on the synthetic world, without the crate's own training (which needs polars).

use leadscore::models::boosting::BoostingParams;
use leadscore::models::logistic::LogisticParams;
use leadscore::{Blend, Calibrator, Card, Classifier, Feature, FeatureKind, Grades, Model, ModelParts};
use linfa::traits::Fit;
use linfa::{Dataset, ParamGuard};
use ndarray::{Array1, Array2};

use super::world::{DAY, World, schema};

fn categorical(features: &[Feature]) -> Vec<Option<u32>> {
    let levels = |feature: &Feature| match &feature.kind {
        FeatureKind::Categorical { levels } => Some(levels.len() as u32),
        _ => None,
    };
    features.iter().map(levels).collect()
}

/// What a model is made of.
#[derive(Clone, Copy)]
#[allow(dead_code)]
pub enum Kind {
    Logistic,
    Boosting,
    /// Two fifths of the former, three fifths of the latter.
    Blend,
    /// Boosting of stumps where two categories decide together, so that their pair has a statistic.
    Pairs,
}

/// A model of `trees` trees, or a logistic one when `None`.
#[allow(dead_code)]
pub fn train(world: &World, trees: Option<u32>) -> Model {
    train_kind(world, if trees.is_some() { Kind::Boosting } else { Kind::Logistic }, trees.unwrap_or(0))
}

/// A model of a kind, with `trees` trees where it has any.
pub fn train_kind(world: &World, kind: Kind, trees: u32) -> Model {
    let mut plan = world.plan();
    plan.set_longest_silence(Some(120 * DAY));
    let rows: Vec<(u32, i64)> = (0..).zip(world.as_of.iter().copied()).collect();
    let matrix = plan.matrix(&world.leads, &plan.prepare_table(&world.leads).unwrap(), &world.events(&plan), &rows, None);
    let records = Array2::from_shape_vec((matrix.n_rows, matrix.features.len()), matrix.values.clone()).unwrap();
    let categorical = categorical(plan.features());
    let won = match kind {
        Kind::Pairs => {
            let column = |name: &str| plan.features().iter().position(|feature| feature.name == name).unwrap();
            let (a, b) = (records.column(column("industry")), records.column(column("events.first_kind")));
            a.iter()
                .zip(b)
                .map(|(a, b)| (if a.is_nan() { 6 } else { *a as u32 } + if b.is_nan() { 5 } else { *b as u32 }) % 2 == 0)
                .collect()
        }
        _ => Array1::from(world.won.clone()),
    };
    let data = Dataset::new(records, won);
    let boosting = |max_depth| {
        let params =
            BoostingParams::new().n_estimators(trees as _).max_depth(max_depth).statistics_pairs(8).categorical(categorical.clone());
        params.check().unwrap().fit(&data).unwrap()
    };
    let logistic = || LogisticParams::new().categorical(categorical.clone()).check().unwrap().fit(&data).unwrap();
    let classifier = match kind {
        Kind::Logistic => Classifier::Logistic(logistic()),
        Kind::Boosting => Classifier::Boosting(boosting(None)),
        Kind::Pairs => Classifier::Boosting(boosting(Some(1))),
        Kind::Blend => Classifier::Blend(Blend::new(0.4, logistic(), boosting(None))),
    };
    let calibrator = Calibrator::Platt { slope: 0.875, intercept: -0.125 };
    let log_odds: Vec<f64> = (0..matrix.n_rows).map(|row| calibrator.apply(classifier.log_odds(matrix.row(row)))).collect();
    let mut card = Card::default();
    card.algorithm = classifier.name().to_owned();
    card.n_leads = world.leads.len() as u64;
    card.importance = vec![("demo_request".to_owned(), 0.5)];
    Model::assemble(ModelParts::new(schema(), plan, classifier, calibrator, Grades::from_reference(&log_odds).unwrap(), card)).unwrap()
}
