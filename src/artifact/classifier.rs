//! A classifier alone, as bytes: what a fitted estimator on plain columns is pickled as.

use super::{ArtifactError, deserialize, malformed, serialize};
use crate::features::{Feature, FeatureKind};
use crate::models::Classifier;

/// Codes are `f32`, which counts exactly up to here.
const MAX_LEVELS: u32 = 1 << 24;

impl Classifier {
    /// The classifier as MessagePack, structs as maps by field name; the same classifier gives the same bytes. [`Model`](crate::Model) is what is kept
    /// on disk: these bytes have no checksum and do not say which columns they read.
    ///
    /// # Errors
    /// [`ArtifactError::Malformed`] when it cannot be written, which does not happen to a fitted one.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ArtifactError> {
        serialize(self)
    }

    /// The classifier in `bytes`, checked so that predicting with it ends, stays in bounds and gives finite numbers.
    ///
    /// `categorical` says of each feature `None` (numeric) or its number of known categories, as in fitting.
    ///
    /// ```
    /// # #[cfg(feature = "fit")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use leadscore::Classifier;
    /// use leadscore::models::boosting::BoostingParams;
    /// use linfa::{Dataset, traits::Fit};
    /// use ndarray::Array;
    ///
    /// let visits = Array::from_shape_fn((200, 1), |(row, _)| row as f32);
    /// let won = Array::from_shape_fn(200, |row| row >= 120);
    /// let fitted = Classifier::Boosting(BoostingParams::new().n_estimators(5).fit(&Dataset::new(visits, won))?);
    /// assert_eq!(Classifier::from_bytes(&fitted.to_bytes()?, &[None])?, fitted);
    /// assert!(Classifier::from_bytes(&fitted.to_bytes()?, &[Some(3)]).is_err());
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "fit"))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// [`ArtifactError::Malformed`] when the bytes are no classifier of such features.
    pub fn from_bytes(bytes: &[u8], categorical: &[Option<u32>]) -> Result<Self, ArtifactError> {
        let features: Vec<Feature> =
            categorical.iter().enumerate().map(|(index, levels)| feature(index, *levels)).collect::<Result<_, _>>()?;
        let classifier: Self = deserialize(bytes)?;
        classifier.validate(&features).map_err(malformed)?;
        Ok(classifier)
    }
}

/// A feature of the kind that the checks of a model file ask for; the names of its categories do not matter to them.
fn feature(index: usize, levels: Option<u32>) -> Result<Feature, ArtifactError> {
    let kind = match levels {
        None => FeatureKind::Numeric,
        Some(levels) if levels <= MAX_LEVELS => FeatureKind::Categorical { levels: vec![String::new(); levels as usize] },
        Some(levels) => return Err(malformed(format!("feature {index} has {levels} categories, and {MAX_LEVELS} are allowed"))),
    };
    Ok(Feature::new(index.to_string(), String::new(), kind))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::calibration::Calibrator;
    use crate::scoring::fixture::parts;

    fn kinds(features: &[Feature]) -> Vec<Option<u32>> {
        let levels = |feature: &Feature| match &feature.kind {
            FeatureKind::Categorical { levels } => Some(levels.len() as u32),
            FeatureKind::Numeric => None,
        };
        features.iter().map(levels).collect()
    }

    #[test]
    fn a_classifier_comes_back_equal_and_nothing_else_is_taken() {
        let parts = parts(Calibrator::Platt { slope: 1.0, intercept: 0.0 });
        let kinds = kinds(parts.plan.features());
        let bytes = parts.classifier.to_bytes().unwrap();
        assert_eq!(Classifier::from_bytes(&bytes, &kinds).unwrap(), parts.classifier);
        assert!(Classifier::from_bytes(&bytes, &kinds[1..]).is_err());
        assert!(Classifier::from_bytes(&bytes, &[Some(u32::MAX)]).is_err());
        for cut in (0..bytes.len()).step_by(bytes.len() / 50 + 1) {
            assert!(Classifier::from_bytes(&bytes[..cut], &kinds).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn spoiled_bytes_are_refused_or_give_a_classifier_that_predicts() {
        let parts = parts(Calibrator::Platt { slope: 1.0, intercept: 0.0 });
        let width = parts.plan.features().len();
        let kinds = kinds(parts.plan.features());
        let bytes = parts.classifier.to_bytes().unwrap();
        for at in 0..bytes.len().min(4000) {
            let mut spoiled = bytes.clone();
            spoiled[at] ^= 0x41;
            if let Ok(classifier) = Classifier::from_bytes(&spoiled, &kinds) {
                let _ = classifier.log_odds(&vec![1.0; width]);
            }
        }
    }
}
