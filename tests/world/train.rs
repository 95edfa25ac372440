//! Trains a model on the synthetic world, without the crate's own training (which needs polars).

use leadscore::models::boosting::BoostingParams;
use leadscore::models::logistic::LogisticParams;
use leadscore::{Calibrator, Card, Classifier, Feature, FeatureKind, Grades, Model, ModelParts};
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

/// A model of `trees` trees, or a logistic one when `None`.
pub fn train(world: &World, trees: Option<u32>) -> Model {
    let mut plan = world.plan();
    plan.set_longest_silence(Some(120 * DAY));
    let rows: Vec<(u32, i64)> = (0..).zip(world.as_of.iter().copied()).collect();
    let matrix = plan.matrix(&world.leads, &plan.prepare_table(&world.leads).unwrap(), &world.events(&plan), &rows, None);
    let records = Array2::from_shape_vec((matrix.n_rows, matrix.features.len()), matrix.values.clone()).unwrap();
    let data = Dataset::new(records, Array1::from(world.won.clone()));
    let categorical = categorical(plan.features());
    let classifier = match trees {
        Some(trees) => {
            let params = BoostingParams::new().n_estimators(trees as _).categorical(categorical);
            Classifier::Boosting(params.check().unwrap().fit(&data).unwrap())
        }
        None => Classifier::Logistic(LogisticParams::new().categorical(categorical).check().unwrap().fit(&data).unwrap()),
    };
    let calibrator = Calibrator::Platt { slope: 0.875, intercept: -0.125 };
    let log_odds: Vec<f64> = (0..matrix.n_rows).map(|row| calibrator.apply(classifier.log_odds(matrix.row(row)))).collect();
    let mut card = Card::default();
    card.algorithm = classifier.name().to_owned();
    card.n_leads = world.leads.len() as u64;
    card.importance = vec![("demo_request".to_owned(), 0.5)];
    Model::assemble(ModelParts::new(schema(), plan, classifier, calibrator, Grades::from_reference(&log_odds).unwrap(), card)).unwrap()
}
