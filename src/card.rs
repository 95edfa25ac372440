//! The model's card: how it was trained, on how much, and how well it did on rows that it had not seen.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::calibration::CalibrationMethod;
use crate::features::FeatureSettings;
use crate::lifecycle::{ObservationCounts, Snapshots};
use crate::metrics::Evaluation;
use crate::models::{Algorithm, Constraints};
use crate::time::{Span, Timestamp};

/// The record of a training, kept in the model file.
///
/// It holds counts and figures, nothing of a person, and no clock: the same data and seed give the same card. Moments are those of the data.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Card {
    /// Version of the library that trained the model.
    pub library_version: String,
    /// The classifier in use: `logistic` or `boosting`.
    pub algorithm: String,
    /// Leads that were read.
    pub n_leads: u64,
    /// Events that were read.
    pub n_events: u64,
    /// What became of them.
    pub counts: Counts,
    /// Share of the mature snapshots that were won within the horizon.
    pub base_rate: f64,
    /// How long after a snapshot a win counts; `None` for a flat table.
    pub horizon: Option<Span>,
    /// Ages at which leads were observed; none for a flat table.
    pub snapshot_ages: Vec<Span>,
    /// The moment as of which it was trained, microseconds since 1970-01-01 UTC; `None` for a flat table without times.
    pub trained_as_of: Option<i64>,
    /// The moment through which outcomes were known to training, microseconds since 1970-01-01 UTC: only a later snapshot is one that the
    /// model has not seen.
    pub trained_through: Option<i64>,
    /// The seed of everything random.
    pub seed: u64,
    /// The calibration in use.
    pub calibration: String,
    /// Figures on rows that the classifier had not seen; `None` when there were none.
    pub out_of_fold: Option<Figures>,
    /// The same by age of the snapshot.
    pub by_age: Vec<(Span, Figures)>,
    /// The algorithms compared and the log loss of each on rows that it had not seen. "boosting at a glance" are few trees of large steps; where they did not
    /// gain surely enough on logistic regression, more were not tried.
    pub candidates: Vec<(String, f64)>,
    /// Columns that were left out, and why.
    pub excluded: Vec<(String, String)>,
    /// What a reader should know: assumptions, and oddities of the data.
    pub notes: Vec<String>,
    /// Per concept, how much it moves the log-odds (mean absolute contribution), greatest first.
    pub importance: Vec<(String, f64)>,
    /// The settings, as asked for: what retraining repeats.
    pub procedure: Procedure,
    /// The attributes that were read as known at each snapshot, from their history. Last, for a card without them is written as before there were any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub known_from_history: Vec<String>,
}

/// What became of the leads, events and outcomes that were read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Counts {
    /// What became of every possible snapshot.
    pub observations: ObservationCounts,
    /// Outcomes of leads that the table of leads does not hold.
    pub outcomes_of_unknown_leads: u64,
    /// Events of leads that the table of leads does not hold.
    pub events_of_unknown_leads: u64,
}

/// How well probabilities did on rows that the classifier had not seen.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Figures {
    /// Rows.
    pub n: u64,
    /// Rows that were won.
    pub positives: u64,
    /// Area under the ROC curve; `None` when one class is missing.
    pub auc: Option<f64>,
    /// Average precision; `None` when nothing was won.
    pub average_precision: Option<f64>,
    /// Mean log loss, natural logarithm.
    pub log_loss: f64,
    /// Brier score.
    pub brier: f64,
    /// Expected calibration error, bins of equal mass.
    pub ece: f64,
}

/// The settings of a training that a retraining repeats.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Procedure {
    /// Which model to fit.
    pub algorithm: Algorithm,
    /// Which features to build from events.
    pub features: FeatureSettings,
    /// At which ages leads are observed.
    pub snapshots: Snapshots,
    /// How long after a snapshot a win counts.
    pub horizon: Span,
    /// Whether the rows of a flat table are in order of time.
    pub ordered: bool,
    /// How log-odds are calibrated.
    pub calibration: CalibrationMethod,
    /// Seed of everything random.
    pub seed: u64,
    /// The share of leads that are won in truth, where the training rows are a rebalanced sample; `None`: their own share.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prior: Option<f64>,
    /// How features must act, by name.
    #[serde(skip_serializing_if = "Constraints::is_empty")]
    pub constraints: Constraints,
}

impl Default for Procedure {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::Auto,
            features: FeatureSettings::default(),
            snapshots: Snapshots::Auto,
            horizon: Span::days(90),
            ordered: false,
            calibration: CalibrationMethod::Auto,
            seed: 0,
            prior: None,
            constraints: Constraints::default(),
        }
    }
}

impl Figures {
    /// The figures of an evaluation.
    #[must_use]
    pub fn of(evaluation: &Evaluation) -> Self {
        Self {
            n: evaluation.n as u64,
            positives: evaluation.positives as u64,
            auc: evaluation.auc,
            average_precision: evaluation.average_precision,
            log_loss: evaluation.log_loss,
            brier: evaluation.brier,
            ece: evaluation.ece,
        }
    }
}

impl fmt::Display for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} model, calibration {}, trained by leadscore {} (seed {})",
            self.algorithm, self.calibration, self.library_version, self.seed
        )?;
        writeln!(f, "read: {} leads, {} events", self.n_leads, self.n_events)?;
        if let Some(horizon) = self.horizon {
            let ages: Vec<String> = self.snapshot_ages.iter().map(Span::to_string).collect();
            writeln!(f, "asks: won within {horizon}; seen at ages {}", ages.join(", "))?;
        }
        for (name, moment) in [("as of", self.trained_as_of), ("outcomes known through", self.trained_through)] {
            if let Some(moment) = moment.and_then(|m| Timestamp::from_micros(m).ok()) {
                writeln!(f, "{name}: {moment}")?;
            }
        }
        write!(f, "{}", self.counts)?;
        writeln!(f, "base rate: {:.2} %", 100.0 * self.base_rate)?;
        if let Some(figures) = &self.out_of_fold {
            writeln!(f, "on rows not seen in training: {figures}")?;
        }
        for (age, figures) in &self.by_age {
            writeln!(f, "  at age {age}: {figures}")?;
        }
        for (name, log_loss) in &self.candidates {
            writeln!(f, "compared: {name}, log loss {log_loss:.4}")?;
        }
        let Constraints { monotone, interactions, excluded } = &self.procedure.constraints;
        for (name, direction) in monotone.iter().filter(|(_, direction)| **direction != 0) {
            writeln!(f, "constraint: the probability never {} as {name} rises", if *direction > 0 { "falls" } else { "rises" })?;
        }
        for group in interactions {
            writeln!(f, "constraint: asked together: {}", group.join(", "))?;
        }
        if !excluded.is_empty() {
            writeln!(f, "constraint: not read: {}", excluded.join(", "))?;
        }
        for (concept, weight) in &self.importance {
            writeln!(f, "importance: {concept} {weight:.4}")?;
        }
        for (column, reason) in &self.excluded {
            writeln!(f, "left out: {column}: {reason}")?;
        }
        self.notes.iter().try_for_each(|note| writeln!(f, "note: {note}"))
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seen = &self.observations;
        writeln!(
            f,
            "snapshots: {} ({} mature, {} immature); {} not taken because the lead had closed; positives: {}",
            seen.snapshots, seen.mature, seen.immature, seen.already_closed, seen.positives
        )?;
        let odd = [
            (seen.without_creation, "leads without a moment of creation"),
            (self.outcomes_of_unknown_leads, "outcomes of unknown leads"),
            (self.events_of_unknown_leads, "events of unknown leads"),
        ];
        odd.iter().filter(|(n, _)| *n > 0).try_for_each(|(n, what)| writeln!(f, "not used: {n} {what}"))
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_none = |x: Option<f64>| x.map_or("none".to_owned(), |x| format!("{x:.4}"));
        write!(
            f,
            "AUC {}, average precision {}, log loss {:.4}, Brier {:.4}, ECE {:.4} ({} rows, {} won)",
            or_none(self.auc),
            or_none(self.average_precision),
            self.log_loss,
            self.brier,
            self.ece,
            self.n,
            self.positives
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_reads_as_text() {
        let card = Card {
            library_version: "0.1.0".into(),
            algorithm: "boosting".into(),
            calibration: "platt".into(),
            n_leads: 10,
            n_events: 20,
            base_rate: 0.125,
            horizon: Some(Span::days(90)),
            snapshot_ages: vec![Span::days(0), Span::days(7)],
            trained_as_of: Some(0),
            counts: Counts {
                observations: ObservationCounts { snapshots: 16, mature: 8, ..ObservationCounts::default() },
                events_of_unknown_leads: 3,
                ..Counts::default()
            },
            out_of_fold: Some(Figures { n: 8, positives: 1, auc: Some(0.75), ..Figures::default() }),
            excluded: vec![("status".into(), "changes as the lead closes".into())],
            ..Card::default()
        };
        let text = card.to_string();
        for part in [
            "boosting model, calibration platt, trained by leadscore 0.1.0 (seed 0)",
            "asks: won within 90d; seen at ages 0d, 7d",
            "as of: 1970-01-01T00:00:00Z",
            "not used: 3 events of unknown leads",
            "base rate: 12.50 %",
            "AUC 0.7500, average precision none",
            "left out: status: changes as the lead closes",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert!(!text.contains("of the future") && !text.contains("constraint"));
    }

    #[test]
    fn a_card_tells_the_constraints_that_were_asked_for() {
        let mut card = Card::default();
        card.procedure.constraints = Constraints {
            monotone: [("age".to_owned(), -1), ("employees".to_owned(), 1), ("free".to_owned(), 0)].into(),
            interactions: vec![vec!["age".to_owned(), "industry".to_owned()]],
            excluded: vec!["call".to_owned()],
        };
        let text = card.to_string();
        let told: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("constraint: ")).collect();
        let rises = ["the probability never rises as age rises", "the probability never falls as employees rises"];
        assert_eq!(told, [rises[0], rises[1], "asked together: age, industry", "not read: call"]);
    }
}
