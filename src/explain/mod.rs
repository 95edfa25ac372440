//! Why a score is what it is: exact additive contributions of the features to the classifier's log-odds, and the reasons made of them.

mod compare;
mod linear;
#[cfg(all(test, feature = "fit"))]
mod oracle;
mod reasons;
mod trees;

pub use compare::{AttributeChange, Comparison, ConceptChange, EventChange, Part};
pub(crate) use compare::{Facts, Stand};
pub(crate) use reasons::{Concepts, Terms, explanation, reasons};
pub use reasons::{Explanation, Reason};

use crate::models::Classifier;
use crate::models::boosting::BoostingModel;
use trees::Paths;

/// One definition of contributions for every classifier: the Shapley values of the log-odds, a feature that is not known being drawn from its own
/// values in training, independently of all others (Štrumbelj and Kononenko 2014, "Explaining prediction models and individual predictions with
/// feature contributions"; Lundberg and Lee 2017, equation 11). The statistic of a pair of categories counts as a feature of its own, drawn like any other, and half of
/// its contribution goes to each of the pair's two features.
///
/// What does not depend on the row is prepared once.
///
/// ```no_run
/// # fn example(model: &leadscore::Model, row: &[f32]) {
/// let explainer = leadscore::Explainer::new(model.classifier());
/// let mut contributions = vec![0.0; row.len()];
/// let base = explainer.contributions(row, &mut contributions);
/// let log_odds = base + contributions.iter().sum::<f64>();
/// # }
/// ```
#[derive(Debug)]
pub struct Explainer<'a> {
    classifier: &'a Classifier,
    ways: Ways,
}

impl<'a> Explainer<'a> {
    /// An explainer of `classifier`.
    #[must_use]
    pub fn new(classifier: &'a Classifier) -> Self {
        Self { classifier, ways: Ways::new(classifier) }
    }

    /// Fills `out` with one contribution per feature and returns the base, so that the base and the contributions sum to
    /// [`Classifier::log_odds`] of `row` within 1e-9. All are log-odds.
    ///
    /// `out` has one entry per feature of the model; entries beyond that are set to 0.
    pub fn contributions(&self, row: &[f32], out: &mut [f64]) -> f64 {
        self.ways.contributions(self.classifier, row, out)
    }
}

/// Contributions of one row; see [`Explainer`], which is faster for many.
pub fn contributions(classifier: &Classifier, row: &[f32], out: &mut [f64]) -> f64 {
    Explainer::new(classifier).contributions(row, out)
}

/// What of a classifier's contributions does not depend on the row.
#[derive(Debug, Clone)]
pub(crate) struct Ways {
    trees: Option<Paths>,
}

impl Ways {
    pub(crate) fn new(classifier: &Classifier) -> Self {
        let trees = match classifier {
            Classifier::Boosting(model) => Some(Paths::new(model)),
            Classifier::Blend(model) => Some(Paths::new(model.boosting())),
            Classifier::Logistic(_) => None,
        };
        Self { trees }
    }

    /// The contributions of `row` to `classifier`, of which these are the ways; see [`Explainer::contributions`].
    pub(crate) fn contributions(&self, classifier: &Classifier, row: &[f32], out: &mut [f64]) -> f64 {
        out.fill(0.0);
        let of_trees = |model: &BoostingModel, out: &mut [f64]| match &self.trees {
            Some(paths) => paths.contributions(model, row, out),
            None => Paths::new(model).contributions(model, row, out),
        };
        match classifier {
            Classifier::Logistic(model) => linear::contributions(model, row, out),
            Classifier::Boosting(model) => of_trees(model, out),
            Classifier::Blend(blend) => {
                let base_of_trees = of_trees(blend.boosting(), out);
                let mut of_logistic = vec![0.0; out.len()];
                let base = linear::contributions(blend.logistic(), row, &mut of_logistic);
                out.iter_mut().zip(of_logistic).for_each(|(out, logistic)| *out = blend.of_parts(logistic, *out));
                blend.of_parts(base, base_of_trees)
            }
        }
    }
}

#[cfg(all(test, feature = "fit"))]
mod tests {
    #![allow(clippy::unwrap_used)]

    use linfa::Dataset;
    use linfa::traits::Fit;
    use ndarray::{Array1, Array2};

    use super::oracle::{expectation, marginals, shapley};
    use super::*;
    use crate::features::{Feature, FeatureKind};
    use crate::models::Blend;
    use crate::models::boosting::BoostingParams;
    use crate::models::logistic::LogisticParams;
    use crate::observer::Silent;

    fn blend(weight: f64) -> (Blend, Dataset<f32, bool, ndarray::Ix1>) {
        let x =
            Array2::from_shape_fn((256, 3), |(row, column)| if row % 11 == column { f32::NAN } else { (row * (column + 3) % 7) as f32 });
        let won = Array1::from_shape_fn(256, |row| (x[[row, 0]] > 3.0) != (row % 5 == 0));
        let data = Dataset::new(x, won).with_weights(Array1::ones(256));
        let logistic = LogisticParams::new().fit_observed(&data, None, &Silent).unwrap();
        let boosting = BoostingParams::new().n_estimators(10).min_child_samples(5).fit(&data).unwrap();
        (Blend::new(weight, logistic, boosting), data)
    }

    #[test]
    fn contributions_of_a_blend_follow_the_definition_of_its_parts_and_sum_to_its_log_odds() {
        let (blend, data) = blend(0.375);
        let classifier = Classifier::Blend(blend.clone());
        let marginals = marginals(&data);
        let mut out = [f64::NAN; 3];
        for row in data.records.rows().into_iter().take(20) {
            let row = row.to_vec();
            let base = contributions(&classifier, &row, &mut out);
            assert!((base + out.iter().sum::<f64>() - classifier.log_odds(&row)).abs() < 1e-9);
            let value = |known| expectation(&marginals, &mut row.clone(), known, 0, &|row| blend.log_odds(row));
            for (got, expected) in out.iter().zip(shapley(3, value)) {
                assert!((got - expected).abs() < 1e-6, "{got} {expected}");
            }
        }
    }

    #[test]
    fn a_blend_survives_its_file_and_one_of_no_sensible_weight_is_refused() {
        let features: Vec<Feature> = ["a", "b", "c"].map(|name| Feature::new(name, name, FeatureKind::Numeric)).to_vec();
        let (good, _) = blend(0.25);
        let classifier = Classifier::Blend(good);
        let read: Classifier = rmp_serde::from_slice(&rmp_serde::to_vec_named(&classifier).unwrap()).unwrap();
        assert_eq!(read, classifier);
        assert_eq!(read.name(), "blend");
        read.validate(&features).unwrap();
        for weight in [-0.1, 1.5, f64::NAN] {
            let message = Classifier::Blend(blend(weight).0).validate(&features).unwrap_err();
            assert!(message.contains("weight of a blend"), "{message}");
        }
    }
}
