//! How well a model did on leads whose end is known.

use super::{Labelled, TrainingData};
use crate::lifecycle::Snapshots;
use crate::math::sigmoid;
use crate::metrics::Evaluation;
use crate::schema::missing_column;
use crate::{Error, Model, Span, Timestamp};

impl Model {
    /// Evaluates the model on data already read from tables: every mature snapshot at the model's own ages, or every labelled row of a flat table.
    ///
    /// Figures are over all snapshots; `by_age` has each lead at most once an age, `by_segment` those of the schema's segment.
    ///
    /// # Errors
    /// [`Error`] when the data has no mature snapshot, or lacks columns that the model reads.
    pub fn evaluate_data(&self, data: &TrainingData, as_of: Option<Timestamp>, threads: Option<usize>) -> Result<Evaluation, Error> {
        let mut procedure = self.card().procedure.clone();
        if !self.card().snapshot_ages.is_empty() {
            procedure.snapshots = Snapshots::Ages(self.card().snapshot_ages.clone());
        }
        let labelled = data.labelled(&procedure, as_of)?;
        evaluate_rows(self, data, &labelled, threads)
    }
}

/// Scores the given rows and measures the result.
pub(crate) fn evaluate_rows(model: &Model, data: &TrainingData, labelled: &Labelled, threads: Option<usize>) -> Result<Evaluation, Error> {
    if labelled.won.is_empty() {
        return Err(super::TrainingError::NothingMature.into());
    }
    let plan = model.plan();
    if let Some(column) = model.missing_columns(&data.leads).into_iter().next() {
        let available: Vec<&str> = data.leads.attributes.iter().map(|(name, _)| name.as_str()).collect();
        return Err(missing_column("leads", &column, &available).into());
    }
    let events = plan.lead_events(&data.events, &data.leads);
    let matrix = if data.is_flat() {
        plan.matrix(&data.leads, &plan.prepare_table(&data.leads)?, &events, &labelled.rows, threads)
    } else {
        data.matrix_as_known(plan, &events, labelled, threads)?
    };
    let probability: Vec<f64> = (0..matrix.n_rows).map(|row| sigmoid(model.log_odds(matrix.row(row)))).collect();
    let mut evaluation = Evaluation::new(&probability, &labelled.won, None)?;
    if let Some(segment) = &data.leads.segment {
        let segments: Vec<Option<&str>> = labelled.rows.iter().map(|&(lead, _)| segment.word(lead as usize)).collect();
        evaluation = evaluation.with_segments(&probability, &labelled.won, None, &segments)?;
    }
    if !labelled.ages.is_empty() {
        let seen_through = model.card().trained_through.unwrap_or(i64::MIN);
        evaluation.seen_in_training = labelled.rows.iter().filter(|(_, as_of)| *as_of < seen_through).count();
        let leads: Vec<u32> = labelled.rows.iter().map(|&(lead, _)| lead).collect();
        evaluation = evaluation.with_leads(&probability, &labelled.won, &leads)?;
        let ages: Vec<Span> = labelled.age.iter().map(|&age| labelled.ages[age as usize]).collect();
        evaluation = evaluation.with_ages(&probability, &labelled.won, None, &ages)?;
    }
    Ok(evaluation)
}
