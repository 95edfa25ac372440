//! Retraining: is a model trained today better than the one in use?

use serde::{Deserialize, Serialize};

use super::evaluate::evaluate_rows;
use super::train::train;
use super::{Labelled, Trainer, TrainingData, TrainingError};
use crate::lifecycle::Snapshots;
use crate::metrics::Evaluation;
use crate::{Error, Model, Observer, Timestamp};

/// What a challenger must show before it replaces the champion.
///
/// Both are measured on the same newest block of snapshots, which neither has seen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Gate {
    /// By how much the challenger's log loss may be above the champion's. Default 0.002.
    pub log_loss_margin: f64,
    /// By how much the challenger's AUC may be below the champion's. Default 0.005.
    pub auc_margin: f64,
    /// Wins that the block must hold for a comparison. Default 100.
    pub min_positives: usize,
}

impl Default for Gate {
    fn default() -> Self {
        Self { log_loss_margin: 0.002, auc_margin: 0.005, min_positives: 100 }
    }
}

impl Gate {
    /// By how much the challenger's log loss may be above the champion's.
    #[must_use]
    pub fn log_loss_margin(mut self, margin: f64) -> Self {
        self.log_loss_margin = margin;
        self
    }

    /// By how much the challenger's AUC may be below the champion's.
    #[must_use]
    pub fn auc_margin(mut self, margin: f64) -> Self {
        self.auc_margin = margin;
        self
    }

    /// Wins that the block must hold for a comparison.
    #[must_use]
    pub fn min_positives(mut self, positives: usize) -> Self {
        self.min_positives = positives;
        self
    }

    fn check(&self) -> Result<(), Error> {
        let margin = |name: &'static str, value: f64| {
            if value.is_finite() && value >= 0.0 {
                Ok(())
            } else {
                Err(Error::Training(TrainingError::BadGate { name, value: value.to_string() }))
            }
        };
        margin("log_loss_margin", self.log_loss_margin)?;
        margin("auc_margin", self.auc_margin)?;
        if self.min_positives == 0 {
            return Err(TrainingError::BadGate { name: "min_positives", value: "0".to_owned() }.into());
        }
        Ok(())
    }
}

/// How to retrain.
#[derive(Clone, Copy)]
#[must_use]
pub struct Retrainer<'a> {
    pub(crate) as_of: Option<Timestamp>,
    pub(crate) gate: Gate,
    pub(crate) inherit_grades: bool,
    pub(crate) weights: Option<&'a [f64]>,
    pub(crate) threads: Option<usize>,
    pub(crate) observer: &'a dyn Observer,
}

impl std::fmt::Debug for Retrainer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Retrainer").field("as_of", &self.as_of).field("gate", &self.gate).finish_non_exhaustive()
    }
}

impl Default for Retrainer<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a> Retrainer<'a> {
    /// A retraining at the defaults.
    pub fn new() -> Self {
        Self { as_of: None, gate: Gate::default(), inherit_grades: true, weights: None, threads: None, observer: &crate::Silent }
    }

    /// The moment up to which the history is believed. By default the newest moment in the data that is not in the future.
    pub fn as_of(mut self, as_of: Timestamp) -> Self {
        self.as_of = Some(as_of);
        self
    }

    /// What the challenger must show.
    pub fn gate(mut self, gate: Gate) -> Self {
        self.gate = gate;
        self
    }

    /// Whether the new model keeps the champion's grade cut-offs (the default), so that an "A" goes on meaning the same probability.
    pub fn inherit_grades(mut self, inherit: bool) -> Self {
        self.inherit_grades = inherit;
        self
    }

    /// One weight per lead, positive and finite, for the challenger; 1 by default. Evaluations are not weighted.
    pub fn weights(mut self, weights: &'a [f64]) -> Self {
        self.weights = Some(weights);
        self
    }

    /// How many threads to use; all of the machine's by default.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// Who hears of the progress, and may stop the work.
    pub fn observer(mut self, observer: &'a dyn Observer) -> Self {
        self.observer = observer;
        self
    }

    /// Compares procedures on data already read from tables: see [`Retrained`].
    ///
    /// # Errors
    /// Those of a training.
    pub fn run(&self, champion: &Model, data: &TrainingData) -> Result<Retrained, Error> {
        self.gate.check()?;
        super::trainer::in_pool(self.threads, || retrain(champion, data, self))?
    }
}

/// The answer of a retraining.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Retrained {
    /// Whether the challenger takes over.
    pub promoted: bool,
    /// Why, in words.
    pub reason: String,
    /// The champion on the newest block; `None` when there was not enough evidence.
    pub champion: Option<Evaluation>,
    /// The challenger's procedure, refitted before the block, on the same rows.
    pub challenger: Option<Evaluation>,
    /// The model to use from now on: the champion itself, or the challenger's procedure fitted on everything mature.
    pub model: Model,
}

/// Compares the procedure, refitted, with the champion's file on the newest snapshots that neither has seen.
///
/// 1. The block: mature snapshots later than all that the champion has seen (`card().trained_through`), the newest ones, reaching back
///    until they hold `gate.min_positives` wins.
/// 2. The challenger is trained as of the block's start: it knows only what was known then.
/// 3. It is promoted when its log loss and AUC on the block are not worse than the champion's by more than the gate's margins; then the
///    same procedure is fitted on everything mature.
fn retrain(champion: &Model, data: &TrainingData, options: &Retrainer<'_>) -> Result<Retrained, Error> {
    let kept = |reason: String| Retrained { promoted: false, reason, champion: None, challenger: None, model: champion.clone() };
    let procedure = &champion.card().procedure;
    if data.is_flat() || champion.card().horizon.is_none() {
        return Ok(kept(
            "kept: a flat table does not say when labels became known, so rows that the champion has not seen cannot be told apart; \
             retrain on leads with created_at and outcomes with closed_at"
                .to_owned(),
        ));
    }
    let Some(seen_through) = champion.card().trained_through else {
        return Ok(kept("kept: the champion does not say through when it was trained".to_owned()));
    };
    let everything = {
        // The ages that the champion was asked to look at, so that both are measured at the same ones.
        let mut same_ages = procedure.clone();
        same_ages.snapshots = Snapshots::Ages(champion.card().snapshot_ages.clone());
        data.labelled(&same_ages, options.as_of)?
    };
    let (block, start) = newest_block(&everything, seen_through, options.gate.min_positives);
    let positives = block.positives();
    if positives < options.gate.min_positives {
        return Ok(kept(format!(
            "kept: not enough evidence; {positives} of the {} wins needed were found among {} mature snapshots later than {}, through when the champion was trained",
            options.gate.min_positives,
            block.won.len(),
            written(seen_through)
        )));
    }
    let trainer = Trainer::new().procedure(procedure.clone()).observer(options.observer);
    let trainer = Trainer { threads: options.threads, weights: options.weights.map(<[f64]>::to_vec), repeats: true, ..trainer };
    let as_of_start = Timestamp::from_micros(start)?;
    let challenger = match train(data, &trainer.clone().as_of(as_of_start)) {
        Err(Error::Training(
            error @ (TrainingError::TooFew { .. }
            | TrainingError::OneClass { .. }
            | TrainingError::NoFeatures
            | TrainingError::BeforeTheData { .. }),
        )) => return Ok(kept(format!("kept: not enough evidence; no challenger could be trained before the block that judges: {error}"))),
        other => other?,
    };

    let on_block = |model: &Model| evaluate_rows(model, data, &block, options.threads);
    let (theirs, ours) = (on_block(champion)?, on_block(&challenger)?);
    let measured = format!(
        "log loss {:.4} against {:.4}, AUC {:.4} against {:.4} on {} snapshots ({positives} won) since {}",
        ours.log_loss,
        theirs.log_loss,
        auc(&ours),
        auc(&theirs),
        block.won.len(),
        written(start)
    );
    let gate = &options.gate;
    let loss_passes = ours.log_loss <= theirs.log_loss + gate.log_loss_margin;
    let auc_passes = auc(&ours) >= auc(&theirs) - gate.auc_margin;
    if !(loss_passes && auc_passes) {
        let what = match (loss_passes, auc_passes) {
            (false, true) => format!("log loss is worse by more than {}", gate.log_loss_margin),
            (true, false) => format!("AUC is worse by more than {}", gate.auc_margin),
            _ => format!("log loss and AUC are worse by more than {} and {}", gate.log_loss_margin, gate.auc_margin),
        };
        let reason = format!("kept: the challenger's {what}; {measured}");
        return Ok(Retrained { promoted: false, reason, champion: Some(theirs), challenger: Some(ours), model: champion.clone() });
    }
    let final_trainer = match options.as_of {
        Some(as_of) => trainer.as_of(as_of),
        None => trainer,
    };
    let model = train(data, &final_trainer)?;
    let note =
        format!("promoted over model {}: {measured}; the figures are those of the procedure refitted before the block", champion.version());
    let model = model.promoted(note, options.inherit_grades.then_some(champion))?;
    let reason = format!(
        "promoted: not worse than the champion; {measured}; the figures are those of the procedure refitted before the block, the model is fitted on everything mature"
    );
    Ok(Retrained { promoted: true, reason, champion: Some(theirs), challenger: Some(ours), model })
}

/// The newest rows later than `seen_through` that together hold at least `positives` wins, and the moment at which they begin.
fn newest_block(rows: &Labelled, seen_through: i64, positives: usize) -> (Labelled, i64) {
    let mut later: Vec<(i64, bool)> =
        rows.rows.iter().zip(&rows.won).map(|(&(_, as_of), &won)| (as_of, won)).filter(|&(as_of, _)| as_of >= seen_through).collect();
    later.sort_unstable_by_key(|&(as_of, _)| std::cmp::Reverse(as_of));
    let mut found = 0;
    let start = later.iter().find_map(|&(as_of, won)| {
        found += usize::from(won);
        (found >= positives).then_some(as_of)
    });
    let start = start.unwrap_or(seen_through);
    (rows.select(|i| rows.rows[i].1 >= start), start)
}

/// The block holds wins; when it holds nothing else there is no AUC, and no difference in it.
fn auc(evaluation: &Evaluation) -> f64 {
    evaluation.auc.unwrap_or(0.5)
}

fn written(micros: i64) -> String {
    Timestamp::from_micros(micros).map_or_else(|_| micros.to_string(), |t| t.to_string())
}
