//! All metrics of one set of rows.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::input::{Input, same_length};
use super::pointwise::{row_brier, row_log_loss};
use super::{CalibrationBin, Gains, MetricsError, ranking};
use crate::time::Span;

/// Bins of the calibration table and of the expected calibration error.
const BINS: usize = 10;

/// How good probabilities are on rows whose outcome is known. All means and shares are weighted.
///
/// ```
/// use leadscore::Evaluation;
/// let evaluation = Evaluation::new(&[0.8, 0.6, 0.3, 0.1], &[true, false, true, false], None)?;
/// assert_eq!(evaluation.auc, Some(0.75));
/// assert_eq!(evaluation.lift(0.25), Some(2.0));
/// assert_eq!(evaluation.capture(0.25), Some(0.5));
/// # Ok::<(), leadscore::metrics::MetricsError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Evaluation {
    /// How many rows.
    pub n: usize,
    /// How many of them were won.
    pub positives: usize,
    /// Weighted mean of the probabilities.
    pub mean_probability: f64,
    /// Weighted share of won rows.
    pub base_rate: f64,
    /// Area under the ROC curve, in 0..=1; `None` when all rows are won, or all lost.
    pub auc: Option<f64>,
    /// Average precision, in 0..=1; `None` when no row is won.
    pub average_precision: Option<f64>,
    /// Mean log loss in nats, lower is better.
    pub log_loss: f64,
    /// Mean squared error of the probability, lower is better.
    pub brier: f64,
    /// Expected calibration error over ten bins of equal weight, lower is better.
    pub ece: f64,
    /// The ten bins, from the lowest probabilities to the highest.
    pub calibration_table: Vec<CalibrationBin>,
    /// The cumulative gains curve; `None` when no row is won.
    pub gains: Option<Gains>,
    /// How many of the rows the model may have seen in training: figures on those flatter. 0 unless told.
    pub seen_in_training: usize,
    /// The same with every lead counting once, however many snapshots it has; `None` unless asked for.
    pub once_per_lead: Option<Box<Evaluation>>,
    /// The same by segment, in the order of their names; empty unless asked for.
    pub by_segment: Vec<(String, Evaluation)>,
    /// The same by age of the lead at the snapshot, the youngest first; empty unless asked for.
    pub by_age: Vec<(Span, Evaluation)>,
}

impl Evaluation {
    /// Evaluates `probability` (in 0..=1) on rows that were `won` or not, each of weight 1 or as in `weights`.
    ///
    /// # Errors
    /// [`MetricsError`] when lengths differ, a probability is outside 0..=1, a weight is bad, or there is no row.
    pub fn new(probability: &[f64], won: &[bool], weights: Option<&[f64]>) -> Result<Self, MetricsError> {
        let input = Input::new(probability, won, weights)?;
        let ties = input.ties();
        let table = super::calibration_table::table_of(&ties, BINS);
        Ok(Self {
            n: won.len(),
            positives: won.iter().filter(|won| **won).count(),
            mean_probability: input.mean(|p, _| p),
            base_rate: input.mean(|_, won| f64::from(u8::from(won))),
            auc: ranking::auc_of(&ties),
            average_precision: ranking::average_precision_of(&ties),
            log_loss: input.mean(row_log_loss),
            brier: input.mean(row_brier),
            ece: super::calibration_table::error_of(&table),
            calibration_table: table,
            gains: Gains::of(&ties),
            seen_in_training: 0,
            once_per_lead: None,
            by_segment: Vec::new(),
            by_age: Vec::new(),
        })
    }

    /// Fills [`by_segment`](Self::by_segment) from the same rows: `segments` names the segment of each; rows of none, and segments without weight, are left out.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_segments(
        mut self,
        probability: &[f64],
        won: &[bool],
        weights: Option<&[f64]>,
        segments: &[Option<&str>],
    ) -> Result<Self, MetricsError> {
        same_length("segments", segments.len(), probability.len())?;
        let parts = split(probability, won, weights, segments)?;
        self.by_segment = parts.into_iter().map(|(name, part)| (name.to_owned(), part)).collect();
        Ok(self)
    }

    /// Fills [`once_per_lead`](Self::once_per_lead) from the same rows: `leads` is the number of the lead of each, and the rows of one share its weight of 1.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_leads(mut self, probability: &[f64], won: &[bool], leads: &[u32]) -> Result<Self, MetricsError> {
        same_length("leads", leads.len(), probability.len())?;
        let mut rows_of = BTreeMap::<u32, f64>::new();
        for lead in leads {
            *rows_of.entry(*lead).or_default() += 1.0;
        }
        let weights: Vec<f64> = leads.iter().map(|lead| 1.0 / rows_of.get(lead).copied().unwrap_or(1.0)).collect();
        self.once_per_lead = Some(Box::new(Self::new(probability, won, Some(&weights))?));
        Ok(self)
    }

    /// Fills [`by_age`](Self::by_age) from the same rows: `ages` is the lead's age at each.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_ages(mut self, probability: &[f64], won: &[bool], weights: Option<&[f64]>, ages: &[Span]) -> Result<Self, MetricsError> {
        same_length("ages", ages.len(), probability.len())?;
        let ages: Vec<Option<Span>> = ages.iter().copied().map(Some).collect();
        self.by_age = split(probability, won, weights, &ages)?;
        Ok(self)
    }

    /// The win rate of the best `fraction` of rows (0 to 1) over that of all; `None` when no row is won. See [`Gains::lift`].
    #[must_use]
    pub fn lift(&self, fraction: f64) -> Option<f64> {
        self.gains.as_ref().map(|gains| gains.lift(fraction))
    }

    /// The share of all wins in the best `fraction` of rows (0 to 1); `None` when no row is won. Ties count in part, see [`Gains`].
    #[must_use]
    pub fn capture(&self, fraction: f64) -> Option<f64> {
        self.gains.as_ref().map(|gains| gains.capture(fraction))
    }
}

/// Evaluates each key's rows, in the order of the keys.
fn split<K: Ord + Copy>(
    probability: &[f64],
    won: &[bool],
    weights: Option<&[f64]>,
    keys: &[Option<K>],
) -> Result<Vec<(K, Evaluation)>, MetricsError> {
    let input = Input::new(probability, won, weights)?;
    let mut parts = BTreeMap::<K, (Vec<f64>, Vec<bool>, Vec<f64>)>::new();
    for ((p, won, weight), key) in input.rows().zip(keys) {
        if let Some(key) = key {
            let part = parts.entry(*key).or_default();
            part.0.push(p);
            part.1.push(won);
            part.2.push(weight);
        }
    }
    let weighed = parts.into_iter().filter(|(_, part)| part.2.iter().any(|weight| *weight > 0.0));
    weighed.map(|(key, (p, won, weight))| Ok((key, Evaluation::new(&p, &won, Some(&weight))?))).collect()
}

/// A table of the metrics, of each segment and age, and of the calibration bins.
impl fmt::Display for Evaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.by_segment.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).clamp(11, 30);
        let line = |f: &mut fmt::Formatter<'_>, name: &str, part: &Self| {
            let name: String = name.chars().take(width).collect();
            let optional = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"));
            let shorter = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
            writeln!(
                f,
                "{name:<width$} {:>8} {:>8} {:>7.1}% {:>7} {:>7} {:>8.4} {:>7.4} {:>7.4} {:>9}",
                part.n,
                part.positives,
                100.0 * part.base_rate,
                optional(part.auc),
                optional(part.average_precision),
                part.log_loss,
                part.brier,
                part.ece,
                shorter(part.lift(0.1)),
            )
        };
        writeln!(
            f,
            "{:<width$} {:>8} {:>8} {:>8} {:>7} {:>7} {:>8} {:>7} {:>7} {:>9}",
            "", "rows", "won", "rate", "AUC", "AP", "log loss", "Brier", "ECE", "lift(10%)"
        )?;
        line(f, "all", self)?;
        if let Some(part) = &self.once_per_lead {
            line(f, "per lead", part)?;
        }
        for (name, part) in &self.by_segment {
            line(f, name, part)?;
        }
        for (age, part) in &self.by_age {
            line(f, &format!("age {age}"), part)?;
        }
        if self.seen_in_training > 0 {
            writeln!(f, "{} of the rows are older than the end of the model's training: figures on those flatter", self.seen_in_training)?;
        }
        writeln!(f, "\n{:>10} {:>10} {:>8}", "predicted", "observed", "rows")?;
        for bin in &self.calibration_table {
            writeln!(f, "{:>9.2}% {:>9.2}% {:>8}", 100.0 * bin.predicted, 100.0 * bin.observed, bin.n)?;
        }
        Ok(())
    }
}
