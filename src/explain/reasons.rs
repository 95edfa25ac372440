//! Reasons: what each concept adds to a lead's calibrated log-odds, and the sentences that say so.

use serde::{Deserialize, Serialize};

use crate::features::Feature;
use crate::model::Model;

/// The name of the term that a calibrator which is no straight line adds.
pub(super) const CALIBRATION: &str = "calibration";

/// One reason for a score: what a concept adds to the log-odds, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Reason {
    /// What the reason speaks of, for example `demo_request` or `industry`.
    pub concept: String,
    /// The feature of the concept that adds most in the direction of the whole, for example `demo_request.count.7d`.
    pub feature: String,
    /// The feature's value; `None` when it is missing.
    pub value: Option<f64>,
    /// What the whole concept adds to the calibrated log-odds; above 0 raises the probability.
    pub contribution: f64,
    /// A sentence, for example "3 demo requests in the last 7 days: raises".
    pub text: String,
}

/// The whole of a score's log-odds, concept by concept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The log-odds that every lead starts from.
    pub base: f64,
    /// What each concept adds, in the order of the plan; last `calibration`, when the calibrator is no straight line.
    pub contributions: Vec<(String, f64)>,
    /// The calibrated log-odds: `base` and all contributions sum to it within 1e-9.
    pub log_odds: f64,
}

/// Which concept each feature belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Concepts {
    names: Vec<String>,
    of_feature: Vec<usize>,
}

impl Concepts {
    pub(crate) fn of(features: &[Feature]) -> Self {
        let mut concepts = Self::default();
        let mut known = std::collections::HashMap::new();
        for feature in features {
            let concept = *known.entry(feature.concept.as_str()).or_insert_with(|| {
                concepts.names.push(feature.concept.clone());
                concepts.names.len() - 1
            });
            concepts.of_feature.push(concept);
        }
        concepts
    }

    /// The concepts, in the order of the plan.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }
}

/// Buffers of an explanation, used again from lead to lead.
#[derive(Debug, Default)]
pub(crate) struct Terms {
    /// What each feature adds to the calibrated log-odds.
    pub(super) of_feature: Vec<f64>,
    /// What each concept adds.
    pub(super) of_concept: Vec<f64>,
}

impl Terms {
    /// Fills the terms of the lead with feature vector `row`; the base and the term of the calibrator, if it is no straight line.
    ///
    /// A straight line (Platt) scales every contribution and maps the base; any other map leaves them as they are and its whole effect
    /// is one term of its own.
    pub(super) fn fill(&mut self, model: &Model, row: &[f32]) -> (f64, Option<f64>) {
        self.of_feature.clear();
        self.of_feature.resize(row.len(), 0.0);
        let base = model.ways().contributions(model.classifier(), row, &mut self.of_feature);
        let (base, calibration) = match model.calibrator().affine() {
            Some((slope, intercept)) => {
                for term in &mut self.of_feature {
                    *term *= slope;
                }
                (slope * base + intercept, None)
            }
            None => {
                let raw = model.classifier().log_odds(row);
                (base, Some(model.calibrator().apply(raw) - raw))
            }
        };
        let concepts = model.concepts();
        self.of_concept.clear();
        self.of_concept.resize(concepts.names.len(), 0.0);
        for (term, &concept) in self.of_feature.iter().zip(&concepts.of_feature) {
            self.of_concept[concept] += term;
        }
        (base, calibration)
    }
}

/// Everything that the log-odds of the lead with feature vector `row` are made of.
pub(crate) fn explanation(model: &Model, row: &[f32], log_odds: f64, terms: &mut Terms) -> Explanation {
    let (base, calibration) = terms.fill(model, row);
    let mut contributions: Vec<(String, f64)> = model.concepts().names.iter().cloned().zip(terms.of_concept.iter().copied()).collect();
    contributions.extend(calibration.map(|term| (CALIBRATION.to_owned(), term)));
    Explanation { base, contributions, log_odds }
}

/// The `k` reasons that weigh most, heaviest first, ties in the order of the plan; concepts that add nothing are no reasons.
///
/// The calibrator's term stands after all others: it says nothing about the lead.
pub(crate) fn reasons(model: &Model, row: &[f32], k: usize, terms: &mut Terms) -> Vec<Reason> {
    if k == 0 {
        return Vec::new();
    }
    let (_, calibration) = terms.fill(model, row);
    let mut order: Vec<usize> = (0..terms.of_concept.len()).filter(|&c| terms.of_concept[c] != 0.0).collect();
    order.sort_by(|&a, &b| terms.of_concept[b].abs().total_cmp(&terms.of_concept[a].abs()));
    let mut reasons: Vec<Reason> = order.iter().take(k).filter_map(|&concept| reason(model, row, concept, terms)).collect();
    if let Some(term) = calibration.filter(|term| *term != 0.0 && reasons.len() < k) {
        reasons.push(Reason {
            concept: CALIBRATION.to_owned(),
            feature: CALIBRATION.to_owned(),
            value: Some(model.classifier().log_odds(row)),
            contribution: term,
            text: format!("calibration to the rates seen in training: {}", direction(term)),
        });
    }
    reasons
}

fn reason(model: &Model, row: &[f32], concept: usize, terms: &Terms) -> Option<Reason> {
    let whole = terms.of_concept[concept];
    let along = |feature: usize| if whole > 0.0 { terms.of_feature[feature] } else { -terms.of_feature[feature] };
    let of_feature = &model.concepts().of_feature;
    // `max_by` takes the last of equals; the first is the plainer one (counts come before sums).
    let feature = (0..row.len()).rev().filter(|&f| of_feature[f] == concept).max_by(|&a, &b| along(a).total_cmp(&along(b)))?;
    Some(Reason {
        concept: model.concepts().names[concept].clone(),
        feature: model.plan().features()[feature].name.clone(),
        value: Some(row[feature]).filter(|value| !value.is_nan()).map(f64::from),
        contribution: whole,
        text: format!("{}: {}", model.plan().describe(feature, row[feature]), direction(whole)),
    })
}

pub(super) fn direction(contribution: f64) -> &'static str {
    if contribution > 0.0 { "raises" } else { "lowers" }
}
