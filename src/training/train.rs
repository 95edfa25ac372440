//! Training: the rooms below, in order.

use std::borrow::Cow;

use super::absent_kinds::absent_kinds;
use super::choice::{Chosen, choose};
use super::copies::{copies, rare_categories};
use super::folds::{Fold, forward_blocks, random_folds};
use super::mixing::KeptBack;
use super::out_of_fold::{Candidate, Examples, OutOfFold};
use super::pruning::informative;
use super::{Labelled, Trainer, TrainingData, TrainingError};
use crate::calibration::{CalibrationMethod, Calibrator, TimeOrder};
use crate::card::{Card, Counts, Figures, Procedure};
use crate::counted::counted;
use crate::explain::Explainer;
use crate::features::{AttributeHistory, EventTable, Feature, FeatureMatrix, FeaturePlan, History, LeadTable, PreparedLeads, RawEvents};
use crate::leakage::{Audit, examine};
use crate::math::{logit, sigmoid};
use crate::metrics::Evaluation;
use crate::model::{Model, ModelParts};
use crate::models::logistic::{FitReport, LogisticModel};
use crate::models::{Algorithm, Classifier, Constraints};
use crate::scoring::Grades;
use crate::{Error, Timestamp};

/// The fewest won and the fewest lost rows that a model is trained on.
pub const MIN_PER_CLASS: usize = 10;
/// Random folds, where there is no time to go by; fewer where so many rows make each fold sure of itself, and dear.
const RANDOM_FOLDS: usize = 5;
const FEW_FOLDS: usize = 3;
const MANY_ROWS: usize = 50_000;
/// Rows of features built between two looks at the observer.
const CHUNK: usize = 16_384;
/// Rows on which the importance of concepts is measured.
const IMPORTANCE_ROWS: usize = 500;

/// Trains a model on `data` as `trainer` asks.
pub(crate) fn train(data: &TrainingData, trainer: &Trainer<'_>) -> Result<Model, Error> {
    let procedure = &trainer.procedure;
    let observer = trainer.observer;
    let lead_weights = checked_weights(trainer.weights.as_deref(), data.leads.len())?;
    let Observed { labelled, mut plan, mut matrix, undated } = observed(data, trainer)?;
    let weights = row_weights(lead_weights, &labelled);
    let without_feature: Vec<&(String, String)> = data.excluded.iter().chain(&undated).collect();
    let constraints = constraints(procedure, &plan, &without_feature, trainer.repeats)?;
    let wanted = |feature: &Feature| !constraints.excluded.contains(&feature.name);
    let keep = informative(&matrix, wanted, |feature| constraints.names(&feature.name));
    if !keep.contains(&true) {
        return Err(TrainingError::NoFeatures.into());
    }
    plan.retain(&keep);
    matrix.retain(&keep);
    let silence = longest_silence(data, &plan, &labelled);
    plan.set_longest_silence(silence);

    let mut notes = data.warnings.clone();
    if let Some(as_of) = labelled.as_of {
        let (_, later) = data.newest_moment(as_of);
        if later > 0 {
            let (are, were) = if later == 1 { ("is", "was") } else { ("are", "were") };
            notes.push(format!(
                "{} in the data {are} later than {as_of}, as of when the model was trained, and {were} not believed",
                counted(later as usize, "moment")
            ));
        }
    }
    for warning in data.schema.events.iter().flat_map(|columns| absent_kinds(columns, &data.events, &procedure.features)) {
        observer.warning(&warning);
        notes.push(warning);
    }
    let constrained = procedure.constraints.asked_of();
    for (column, reason) in without_feature.iter().filter(|(column, _)| constrained.contains(column.as_str())) {
        notes.push(format!("a constraint or exclusion names {column}, which is no feature of this history: {reason}"));
    }
    notes.push(assumption(data));
    notes.extend(rare_categories(&matrix, &procedure.features));
    notes.extend(plan.without_a_clock(&data.leads, &procedure.features));
    notes.extend(if data.is_flat() { copies(&matrix) } else { None });
    let audit = Audit { ordered: procedure.ordered, as_of: trainer.as_of, ..Audit::default() };
    // A history of which nothing can be told, such as one without losses, has been refused above or has nothing to warn of.
    notes.extend(examine(data, &audit).map(|report| report.warnings()).unwrap_or_default());
    let folds = divide(&labelled, procedure.seed, &mut notes);
    let leads: Vec<u32> = labelled.rows.iter().map(|&(lead, _)| lead).collect();
    let constraints = constraints.numbered(plan.features());
    let examples = Examples { matrix: &matrix, won: &labelled.won, weights: &weights, leads: &leads, constraints: &constraints };
    let Chosen { best, compared, kept_back } = choose(procedure, &examples, &folds, observer)?;
    if let Candidate::Blend { weight, .. } = &best.candidate {
        notes.push(format!(
            "a blend on the log-odds: {:.0} % logistic, {:.0} % boosting, by log loss on rows not seen in training",
            100.0 * weight,
            100.0 * (1.0 - weight)
        ));
    }
    notes.extend(kept_back.map(maybe_better));

    observer.stage("calibration", 0);
    let judged = Judged::new(&best, &labelled, &weights, &folds);
    let calibrator = judged.calibrator(procedure.calibration, |_| true)?;
    let method = calibrator.method();
    let honest = judged.cross_calibrated(procedure.calibration, folds.len() as u32)?;
    let mut population = None;
    let calibrator = match procedure.prior {
        Some(prior) => {
            let shift = prior_shift(prior, &labelled, &weights)?;
            population = Some(judged.as_in_population(prior));
            notes.push(format!(
                "probabilities are for {:.2} % of leads won, as was asked; the figures here are those of the training rows",
                100.0 * prior
            ));
            calibrator.shifted(shift)
        }
        None => calibrator,
    };
    let classifier = best.candidate.fit(&examples, observer)?;
    let linear = classifier.logistic().map(LogisticModel::report);
    if let Some(warning) = linear.and_then(not_converged) {
        observer.warning(&warning);
        notes.push(warning);
    }
    if linear.is_some_and(|report| report.separated) {
        notes.push(
            "the logistic regression puts every won training row above every lost one: the penalty alone keeps its coefficients finite; a column may \
             know the outcome, or there are many columns for so few rows"
                .to_owned(),
        );
    }

    let reference: Vec<f64> = judged.log_odds.iter().map(|&z| calibrator.apply(z)).collect();
    let grades = match population {
        Some(counts) => Grades::from_weighted_reference(&reference, &counts)?,
        None => Grades::from_reference(&reference)?,
    };
    let mut excluded = data.excluded.clone();
    excluded.extend(undated);
    let known_through = labelled.as_of.filter(|_| !data.is_flat()).or_else(|| newest_creation(&data.leads));

    let card = Card {
        library_version: env!("CARGO_PKG_VERSION").to_owned(),
        algorithm: classifier.name().to_owned(),
        n_leads: data.leads.len() as u64,
        n_events: data.events.len() as u64,
        counts: counts(data, &labelled),
        base_rate: labelled.positives() as f64 / labelled.won.len() as f64,
        horizon: (!data.is_flat()).then_some(procedure.horizon),
        snapshot_ages: labelled.ages.clone(),
        trained_as_of: labelled.as_of.map(Timestamp::micros),
        trained_through: known_through.map(Timestamp::micros),
        seed: procedure.seed,
        calibration: method.to_string(),
        out_of_fold: Some(Figures::of(&judged.evaluation(&honest)?)),
        by_age: judged.by_age(&honest, &labelled)?,
        candidates: compared,
        excluded,
        known_from_history: from_history(data).map(str::to_owned).collect(),
        notes,
        importance: importance(&classifier, &plan, &matrix),
        procedure: procedure.clone(),
    };
    Model::assemble(ModelParts::new(data.schema.clone(), plan, classifier, calibrator, grades, card))
}

/// What to say of trees that may well be better than the logistic model that was taken.
fn maybe_better(kept: KeptBack) -> String {
    let (what, advice) = if kept.alone {
        ("trees", "; ask for algorithm=\"boosting\" where you have reasons to expect bends or interactions")
    } else {
        ("a blend with trees", "")
    };
    format!(
        "on rows that neither had seen, {what} gained over the logistic regression, but no more than luck may: {:.1} standard errors of the gain, of the {:.1} \
         that are asked with {} of the rarer outcome{advice}",
        kept.gain,
        kept.asked,
        counted(kept.rarer, "row")
    )
}

/// What to say of a logistic regression whose fit ended early.
fn not_converged(report: &FitReport) -> Option<String> {
    let advice = "raise max_iterations, tolerance or l2";
    (!report.converged)
        .then(|| format!("the logistic regression did not converge: its mean gradient is {:.1e}; {advice}", report.gradient_norm))
}

/// The labelled rows with all their features, before any is dropped.
pub(crate) struct Observed {
    pub(crate) labelled: Labelled,
    pub(crate) plan: FeaturePlan,
    pub(crate) matrix: FeatureMatrix,
    /// Attributes that could not be observed, with the reason.
    undated: Vec<(String, String)>,
}

/// Labels the rows and builds their features.
pub(crate) fn observed(data: &TrainingData, trainer: &Trainer<'_>) -> Result<Observed, Error> {
    let labelled = data.labelled(&trainer.procedure, trainer.as_of)?;
    labelled.check_enough(MIN_PER_CLASS)?;
    let (schema, undated) = data.observable_schema(trainer.as_of);
    let plan = fit_plan(&schema, data, &labelled, &trainer.procedure)?;
    let events = plan.lead_events(&data.events, &data.leads);
    if trainer.observer.cancelled() {
        return Err(Error::Cancelled);
    }
    let matrix = if data.history.is_some() && !data.is_flat() {
        data.matrix_as_known(&plan, &events, &labelled, trainer.threads)?
    } else {
        matrix(&plan, data, &plan.prepare_table(&data.leads)?, &events, &labelled.rows, trainer)?
    };
    Ok(Observed { labelled, plan, matrix, undated })
}

/// The feature matrix of the rows, a chunk at a time, so that the work can be watched and stopped.
fn matrix(
    plan: &FeaturePlan,
    data: &TrainingData,
    prepared: &PreparedLeads,
    events: &EventTable,
    rows: &[(u32, i64)],
    trainer: &Trainer<'_>,
) -> Result<FeatureMatrix, Error> {
    trainer.observer.stage("features", rows.len() as u64);
    let mut matrix = FeatureMatrix { features: plan.features().to_vec(), ..FeatureMatrix::default() };
    matrix.values.reserve(rows.len() * matrix.features.len());
    for chunk in rows.chunks(CHUNK) {
        if trainer.observer.cancelled() {
            return Err(Error::Cancelled);
        }
        let part = plan.matrix(&data.leads, prepared, events, chunk, trainer.threads);
        matrix.values.extend_from_slice(&part.values);
        matrix.n_rows += part.n_rows;
        trainer.observer.advance(chunk.len() as u64);
    }
    Ok(matrix)
}

/// How the features must act, each by its own name. What a champion's procedure names may have gone since, and a column may be constant or empty in
/// this history: then there is nothing to constrain.
fn constraints(
    procedure: &Procedure,
    plan: &FeaturePlan,
    without_feature: &[&(String, String)],
    repeats: bool,
) -> Result<Constraints, Error> {
    let refuse = |message: String| Error::Config { message };
    let asked = &procedure.constraints;
    match &procedure.algorithm {
        Algorithm::Logistic(_) if asked.monotone.values().any(|&direction| direction != 0) => {
            let message =
                "a logistic regression cannot keep monotone_constraints; take \"boosting\", or \"auto\", which then fits trees alone";
            return Err(refuse(message.to_owned()));
        }
        Algorithm::Boosting(params) if params.names_features() => {
            let message = "which features there are is settled in training, so their numbers mean nothing before; give constraints by name (Trainer::constraints)";
            return Err(refuse(message.to_owned()));
        }
        _ => {}
    }
    asked.of_features(plan.features(), |name| repeats || without_feature.iter().any(|(column, _)| column == name)).map_err(refuse)
}

/// The plan sees only what was there at `as_of`: leads that came later, and later events, give it no vocabulary.
fn fit_plan(schema: &crate::Schema, data: &TrainingData, labelled: &Labelled, procedure: &Procedure) -> Result<FeaturePlan, Error> {
    let as_of = labelled.as_of;
    let later = |moments: &[i64]| as_of.is_some_and(|as_of| moments.iter().any(|&t| t > as_of.micros()));
    let table =
        if data.is_flat() { Cow::Borrowed(&data.leads) } else { data.leads_in_turn(labelled, as_of.map_or(i64::MAX, Timestamp::micros)) };
    if [&table.created_at, &data.events.at, &data.events.recorded_at].iter().all(|moments| !later(moments)) {
        return Ok(FeaturePlan::fit(schema, &table, &data.events, &procedure.features)?);
    }
    let (leads, events) = known_at(&table, &data.events, as_of.map_or(i64::MAX, Timestamp::micros));
    Ok(FeaturePlan::fit(schema, &leads, &events, &procedure.features)?)
}

/// The leads created, and their events that had happened and were known, by `as_of`.
fn known_at(leads: &LeadTable, events: &RawEvents, as_of: i64) -> (LeadTable, RawEvents) {
    let rows: Vec<u32> = (0..leads.len() as u32).filter(|&row| leads.created(row as usize).is_none_or(|t| t <= as_of)).collect();
    let mut new_row = vec![u32::MAX; leads.len()];
    for (new, &old) in (0_u32..).zip(&rows) {
        new_row[old as usize] = new;
    }
    let visible = |i: usize| events.at[i] <= as_of && events.recorded_at.get(i).is_none_or(|&recorded| recorded <= as_of);
    let kept: Vec<usize> = (0..events.len()).filter(|&i| visible(i) && new_row[events.lead[i] as usize] != u32::MAX).collect();
    let mut known = events.take(&kept);
    for lead in &mut known.lead {
        *lead = new_row[*lead as usize];
    }
    (leads.take(&rows), known)
}

/// The attributes that are read as known at each snapshot.
fn from_history(data: &TrainingData) -> impl Iterator<Item = &str> {
    data.history.iter().filter(|_| !data.is_flat()).flat_map(AttributeHistory::attributes)
}

/// What a reader must know of when attributes were known.
fn assumption(data: &TrainingData) -> String {
    match from_history(data).collect::<Vec<_>>().join(", ") {
        covered if !covered.is_empty() => {
            format!(
                "{covered}: read as known at each snapshot, from their history; other attributes are assumed to have been known at the lead's creation"
            )
        }
        _ => "attributes are assumed to have been known at the lead's creation".to_owned(),
    }
}

/// What turns log-odds at the rate of the training rows into those at the rate `prior`.
fn prior_shift(prior: f64, labelled: &Labelled, weights: &[f32]) -> Result<f64, TrainingError> {
    if !(prior > 0.0 && prior < 1.0) {
        return Err(TrainingError::BadPrior { prior: prior.to_string() });
    }
    let weight =
        |won: bool| -> f64 { labelled.won.iter().zip(weights).filter(|(w, _)| **w == won).map(|(_, &weight)| f64::from(weight)).sum() };
    let (won, lost) = (weight(true), weight(false));
    Ok(logit(prior) - logit(won / (won + lost)))
}

/// The weight of each row. They say how much leads count beside each other, so their mean is 1.
fn row_weights(of_leads: Option<&[f64]>, labelled: &Labelled) -> Vec<f32> {
    let Some(of_leads) = of_leads else { return vec![1.0; labelled.rows.len()] };
    let weight = |&(lead, _): &(u32, i64)| of_leads[lead as usize];
    let mean = labelled.rows.iter().map(weight).sum::<f64>() / labelled.rows.len() as f64;
    labelled.rows.iter().map(|row| (weight(row) / mean) as f32).collect()
}

fn checked_weights(weights: Option<&[f64]>, n_leads: usize) -> Result<Option<&[f64]>, TrainingError> {
    let Some(weights) = weights else { return Ok(None) };
    if weights.len() != n_leads {
        return Err(TrainingError::BadWeights {
            message: format!("{} for {}", counted(weights.len(), "weight"), counted(n_leads, "lead")),
        });
    }
    match weights.iter().position(|w| !((*w as f32).is_finite() && *w as f32 > 0.0)) {
        Some(row) => Err(TrainingError::BadWeights { message: format!("{:?} in row {row}", weights[row]) }),
        None => Ok(Some(weights)),
    }
}

/// The division into folds: forward in time where the history allows it.
fn divide(labelled: &Labelled, seed: u64, notes: &mut Vec<String>) -> Vec<Fold> {
    let n_folds = if labelled.won.len() > MANY_ROWS { FEW_FOLDS } else { RANDOM_FOLDS };
    if labelled.in_time {
        if let Some(folds) = forward_blocks(&labelled.times, &labelled.won) {
            notes.push(format!("validated forward in time on {} blocks, each boundary purged", folds.len()));
            return folds;
        }
        notes.push(
            "the history is too short for validation forward in time, so random folds of whole leads were used; the figures may flatter"
                .to_owned(),
        );
    } else {
        notes.push(format!("validated on {n_folds} random folds of leads; where rows have an order in time, say so: random folds flatter"));
    }
    random_folds(&labelled.times, &labelled.won, n_folds, seed)
}

/// The rows that some fold judged.
struct Judged {
    rows: Vec<usize>,
    log_odds: Vec<f64>,
    won: Vec<bool>,
    weights: Vec<f64>,
    /// The fold that judged each; in order of time where there is time.
    folds: Vec<u32>,
    leads: Vec<u32>,
    /// From when on each row's label is known.
    ripe: Vec<i64>,
    /// Per fold, when its rows begin.
    starts: Vec<i64>,
    in_time: bool,
}

impl Judged {
    fn new(best: &OutOfFold, labelled: &Labelled, weights: &[f32], folds: &[Fold]) -> Self {
        let mut fold_of = vec![0; labelled.won.len()];
        for (k, fold) in (0_u32..).zip(folds) {
            for &row in &fold.validate {
                fold_of[row as usize] = k;
            }
        }
        let rows: Vec<usize> = (0..labelled.won.len()).filter(|&row| best.log_odds[row].is_finite()).collect();
        Self {
            log_odds: rows.iter().map(|&row| best.log_odds[row]).collect(),
            won: rows.iter().map(|&row| labelled.won[row]).collect(),
            weights: rows.iter().map(|&row| f64::from(weights[row])).collect(),
            folds: rows.iter().map(|&row| fold_of[row]).collect(),
            leads: rows.iter().map(|&row| labelled.rows[row].0).collect(),
            ripe: rows.iter().map(|&row| labelled.times[row].ripe).collect(),
            starts: folds.iter().map(|fold| fold.start).collect(),
            in_time: folds.iter().all(|fold| fold.start != i64::MIN),
            rows,
        }
    }

    /// How often each judged row stands in a population of which `prior` is won.
    fn as_in_population(&self, prior: f64) -> Vec<f64> {
        let won = self.won.iter().filter(|won| **won).count() as f64 / self.won.len() as f64;
        self.won.iter().map(|&is_won| if is_won { prior / won } else { (1.0 - prior) / (1.0 - won) }).collect()
    }

    /// A calibrator fitted on the judged rows for which `learns` holds.
    fn calibrator(&self, method: CalibrationMethod, learns: impl Fn(usize) -> bool) -> Result<Calibrator, Error> {
        fn pick<T: Copy>(values: &[T], places: &[usize]) -> Vec<T> {
            places.iter().map(|&i| values[i]).collect()
        }
        let places: Vec<usize> = (0..self.rows.len()).filter(|&i| learns(i)).collect();
        let (log_odds, won, weights) = (pick(&self.log_odds, &places), pick(&self.won, &places), pick(&self.weights, &places));
        if !(won.contains(&true) && won.contains(&false)) {
            return Ok(Calibrator::Identity);
        }
        let leads = pick(&self.leads, &places);
        Ok(if self.in_time {
            let (blocks, ripe) = (pick(&self.folds, &places), pick(&self.ripe, &places));
            let order = TimeOrder { blocks: &blocks, leads: &leads, ripe: &ripe, starts: &self.starts };
            Calibrator::fit_in_time(method, &log_odds, &won, Some(&weights), order)?
        } else {
            Calibrator::fit_grouped(method, &log_odds, &won, Some(&weights), &leads)?
        })
    }

    /// Calibrated probabilities for the report: each fold's rows by a calibrator fitted on the rows of others; where there is time, of those
    /// whose labels were known when the fold began, so that the first block is reported uncalibrated.
    fn cross_calibrated(&self, method: CalibrationMethod, n_folds: u32) -> Result<Vec<f64>, Error> {
        let mut probability = vec![f64::NAN; self.rows.len()];
        for fold in 0..n_folds {
            let start = self.starts[fold as usize];
            let calibrator = self
                .calibrator(method, |i| if self.in_time { self.folds[i] < fold && self.ripe[i] <= start } else { self.folds[i] != fold })?;
            for i in (0..self.rows.len()).filter(|&i| self.folds[i] == fold) {
                probability[i] = sigmoid(calibrator.apply(self.log_odds[i]));
            }
        }
        Ok(probability)
    }

    fn evaluation(&self, probability: &[f64]) -> Result<Evaluation, Error> {
        Ok(Evaluation::new(probability, &self.won, Some(&self.weights))?)
    }

    /// The figures of each age, those that have both classes.
    fn by_age(&self, probability: &[f64], labelled: &Labelled) -> Result<Vec<(crate::Span, Figures)>, Error> {
        let mut figures = Vec::with_capacity(labelled.ages.len());
        for (index, &age) in (0_u16..).zip(&labelled.ages) {
            let of_age: Vec<usize> = (0..self.rows.len()).filter(|&i| labelled.age[self.rows[i]] == index).collect();
            let won: Vec<bool> = of_age.iter().map(|&i| self.won[i]).collect();
            if won.contains(&true) && won.contains(&false) {
                let p: Vec<f64> = of_age.iter().map(|&i| probability[i]).collect();
                let w: Vec<f64> = of_age.iter().map(|&i| self.weights[i]).collect();
                figures.push((age, Figures::of(&Evaluation::new(&p, &won, Some(&w))?)));
            }
        }
        Ok(figures)
    }
}

fn counts(data: &TrainingData, labelled: &Labelled) -> Counts {
    Counts {
        observations: labelled.counts,
        events_of_unknown_leads: data.events_of_unknown_leads,
        outcomes_of_unknown_leads: data.outcomes_of_unknown_leads,
    }
}

fn newest_creation(leads: &LeadTable) -> Option<Timestamp> {
    leads.created_at.iter().copied().max().and_then(|t| Timestamp::from_micros(t).ok())
}

/// The longest time since the last sign of life (creation or visible event) among the observed snapshots, in microseconds; `None` for a
/// flat table, which has no moments.
fn longest_silence(data: &TrainingData, plan: &FeaturePlan, labelled: &Labelled) -> Option<i64> {
    let events = plan.code_events(&data.events, data.leads.len());
    let nothing_older = History::default();
    let silences = labelled.rows.iter().filter_map(|&(lead, as_of)| {
        let created_at = data.leads.created(lead as usize);
        let newest = plan.last_seen(created_at, &nothing_older, events.lead(lead as usize), as_of);
        newest.max(created_at).map(|last| as_of - last)
    });
    if labelled.ages.is_empty() { None } else { silences.max() }
}

/// Mean absolute contribution of each concept, in log-odds, on evenly spaced training rows; the largest first.
fn importance(classifier: &Classifier, plan: &FeaturePlan, matrix: &FeatureMatrix) -> Vec<(String, f64)> {
    let step = matrix.n_rows.div_ceil(IMPORTANCE_ROWS).max(1);
    let features = plan.features();
    let mut concepts: Vec<&str> = Vec::new();
    let concept_of: Vec<usize> = features
        .iter()
        .map(|feature| {
            concepts.iter().position(|concept| *concept == feature.concept).unwrap_or_else(|| {
                concepts.push(&feature.concept);
                concepts.len() - 1
            })
        })
        .collect();
    let mut total = vec![0.0; concepts.len()];
    let mut of_feature = vec![0.0; features.len()];
    let mut rows = 0.0;
    let explainer = Explainer::new(classifier);
    for row in (0..matrix.n_rows).step_by(step) {
        explainer.contributions(matrix.row(row), &mut of_feature);
        let mut of_concept = vec![0.0; concepts.len()];
        for (&concept, &value) in concept_of.iter().zip(&of_feature) {
            of_concept[concept] += value;
        }
        for (sum, value) in total.iter_mut().zip(of_concept) {
            *sum += f64::abs(value);
        }
        rows += 1.0;
    }
    let mut importance: Vec<(String, f64)> = concepts.iter().zip(total).map(|(concept, sum)| ((*concept).to_owned(), sum / rows)).collect();
    importance.sort_by(|a, b| b.1.total_cmp(&a.1));
    importance
}
