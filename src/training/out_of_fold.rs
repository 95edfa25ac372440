//! What each candidate predicts for rows that it did not see, and which candidate is the better one by that.

use linfa::ParamGuard;
use ndarray::ArrayView2;

use super::boosted::boosted;
use super::folds::Fold;
use super::stage::Within;
use super::work;
use crate::features::{FeatureKind, FeatureMatrix};
use crate::math::softplus;
use crate::models::boosting::{BoostingModel, BoostingParams, Size, cases, rows_per_group};
use crate::models::logistic::{LogisticModel, LogisticParams};
use crate::models::{Blend, Classifier, Numbered, Rows};
use crate::{Error, Observer};

/// Feature rows with their labels and weights.
#[derive(Debug)]
pub(crate) struct Examples<'a> {
    pub(crate) matrix: &'a FeatureMatrix,
    pub(crate) won: &'a [bool],
    pub(crate) weights: &'a [f32],
    /// The lead of each row.
    pub(crate) leads: &'a [u32],
    /// How the features must act.
    pub(crate) constraints: &'a Numbered,
}

impl Examples<'_> {
    /// The rows as both models read them: what one row of a lead tells of a category, no other row of it hears.
    pub(super) fn rows(&self) -> Rows<'_> {
        // One value a row and feature, so the shape always fits.
        let records = ArrayView2::from_shape((self.won.len(), self.matrix.features.len()), &self.matrix.values);
        let records = records.unwrap_or_else(|_| ArrayView2::from(&[[0.0; 0]; 0]));
        Rows::of_matrix(records, self.won.into()).weights(self.weights.into()).groups(self.leads)
    }

    /// The sum of the weights of some rows.
    pub(super) fn weight(&self, rows: &[u32]) -> f64 {
        rows.iter().map(|&row| f64::from(self.weights[row as usize])).sum()
    }

    /// How much there is to learn from.
    pub(crate) fn size(&self) -> Size {
        Size::of(0..self.won.len(), self.won)
    }

    /// How many leads have a row of the rarer outcome.
    pub(super) fn cases(&self) -> usize {
        cases(&(0..self.won.len() as u32).collect::<Vec<_>>(), self.won, self.leads)
    }

    /// How many rows a lead has on average.
    pub(super) fn rows_per_lead(&self) -> f64 {
        rows_per_group(0..self.won.len(), self.leads)
    }

    /// Per feature its number of known levels, `None` for a numeric one.
    pub(crate) fn levels(&self) -> Vec<Option<u32>> {
        let levels = |kind: &FeatureKind| match kind {
            FeatureKind::Numeric => None,
            FeatureKind::Categorical { levels } => Some(levels.len() as u32),
        };
        self.matrix.features.iter().map(|feature| levels(&feature.kind)).collect()
    }

    /// The parameters with what is known of the features.
    pub(super) fn constrained(&self, params: BoostingParams) -> BoostingParams {
        let Numbered { monotone, interactions } = self.constraints.clone();
        params.categorical(self.levels()).monotone_constraints(monotone).interaction_constraints(interactions)
    }

    /// Weighted mean log loss of `log_odds`, over the rows that have one.
    pub(crate) fn log_loss(&self, log_odds: &[f64]) -> f64 {
        let (mut loss, mut weight) = (0.0, 0.0);
        for ((&z, &won), &w) in log_odds.iter().zip(self.won).zip(self.weights) {
            if z.is_finite() {
                loss += f64::from(w) * if won { softplus(-z) } else { softplus(z) };
                weight += f64::from(w);
            }
        }
        loss / weight
    }
}

/// An algorithm with its settings, ready to be fitted.
#[derive(Debug, Clone)]
pub(crate) enum Candidate {
    Logistic(LogisticParams),
    Boosting(BoostingParams),
    Blend {
        /// Of the logistic part.
        weight: f64,
        logistic: LogisticParams,
        boosting: BoostingParams,
    },
}

/// A candidate's predictions on rows that it did not see.
#[derive(Debug)]
pub(crate) struct OutOfFold {
    /// The candidate, its number of trees settled.
    pub(crate) candidate: Candidate,
    /// Per row the uncalibrated log-odds; NaN where no fold judged the row.
    pub(crate) log_odds: Vec<f64>,
    /// Weighted mean over the judged rows.
    pub(crate) log_loss: f64,
    /// The work of the logistic fits and of one to all rows (see [`work`]), 0 of trees.
    pub(super) work: f64,
}

impl OutOfFold {
    pub(super) fn new(candidate: Candidate, log_odds: Vec<f64>, examples: &Examples<'_>) -> Self {
        let log_loss = examples.log_loss(&log_odds);
        Self { candidate, log_odds, log_loss, work: 0.0 }
    }

    /// What a blend of `weight` of this logistic model and the rest of `boosting` predicts; this model again, when the two are of other kinds.
    pub(crate) fn blended(self, weight: f64, boosting: &Self, examples: &Examples<'_>) -> Self {
        let (Candidate::Logistic(logistic), Candidate::Boosting(trees)) = (&self.candidate, &boosting.candidate) else { return self };
        let log_odds: Vec<f64> =
            self.log_odds.iter().zip(&boosting.log_odds).map(|(logistic, trees)| weight * logistic + (1.0 - weight) * trees).collect();
        Self::new(Candidate::Blend { weight, logistic: logistic.clone(), boosting: trees.clone() }, log_odds, examples)
    }
}

impl Candidate {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Logistic(_) => "logistic",
            Self::Boosting(_) => "boosting",
            Self::Blend { .. } => "blend",
        }
    }

    /// Fits on each fold's training rows and predicts its others.
    pub(crate) fn out_of_fold(&self, examples: &Examples<'_>, folds: &[Fold], observer: &dyn Observer) -> Result<OutOfFold, Error> {
        match self {
            Self::Logistic(params) => {
                let mut log_odds = vec![f64::NAN; examples.won.len()];
                let rows = examples.rows();
                let (mut work, mut last) = (0.0, 0.0);
                for (k, fold) in folds.iter().enumerate() {
                    let within = Within::fold(observer, k, folds.len());
                    let train = rows.select(&fold.train);
                    let model = params.clone().categorical(examples.levels()).check()?.fit_rows_observed(&train.rows(), &within)?;
                    fill(&mut log_odds, &fold.validate, examples, |row| model.log_odds(row));
                    work += work::of_logistic(examples, fold.train.len(), &model);
                    last = work::of_logistic(examples, examples.won.len(), &model);
                }
                Ok(OutOfFold { work: work + last, ..OutOfFold::new(self.clone(), log_odds, examples) })
            }
            Self::Boosting(params) => boosted(params, examples, folds, observer),
            Self::Blend { weight, logistic, boosting } => {
                let logistic = Self::Logistic(logistic.clone()).out_of_fold(examples, folds, observer)?;
                let boosting = Self::Boosting(boosting.clone()).out_of_fold(examples, folds, observer)?;
                Ok(logistic.blended(*weight, &boosting, examples))
            }
        }
    }

    /// Fits on all rows.
    pub(crate) fn fit(&self, examples: &Examples<'_>, observer: &dyn Observer) -> Result<Classifier, Error> {
        let all = examples.rows();
        let within = Within::whole(observer);
        let logistic = |params: &LogisticParams| -> Result<LogisticModel, Error> {
            Ok(params.clone().categorical(examples.levels()).check()?.fit_rows_observed(&all, &within)?)
        };
        let boosting = |params: &BoostingParams| -> Result<BoostingModel, Error> {
            Ok(examples.constrained(params.clone()).check()?.fit_rows_observed(&all, None, &within)?.model)
        };
        Ok(match self {
            Self::Logistic(params) => Classifier::Logistic(logistic(params)?),
            Self::Boosting(params) => Classifier::Boosting(boosting(params)?),
            Self::Blend { weight, logistic: linear, boosting: trees } => {
                Classifier::Blend(Blend::new(*weight, logistic(linear)?, boosting(trees)?))
            }
        })
    }
}

pub(super) fn fill(log_odds: &mut [f64], rows: &[u32], examples: &Examples<'_>, predict: impl Fn(&[f32]) -> f64) {
    for &row in rows {
        log_odds[row as usize] = predict(examples.matrix.row(row as usize));
    }
}
