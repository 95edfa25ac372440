//! How well a model did on leads whose end is known.

use super::{Labelled, TrainingData};
use crate::features::TextColumn;
use crate::lifecycle::Snapshots;
use crate::metrics::Evaluation;
use crate::{Error, Model, Timestamp};

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
    model.check_columns(&data.leads)?;
    let prepared = plan.prepare_table(&data.leads)?;
    let events = plan.code_events(&data.events, data.leads.len());
    let matrix = plan.matrix(&data.leads, &prepared, &events, &labelled.rows, threads);
    let probability: Vec<f64> = (0..matrix.n_rows).map(|row| model.probability_of(matrix.row(row))).collect();
    let evaluation = Evaluation::new(&probability, &labelled.won, None)?;
    let evaluation = match &data.leads.segment {
        Some(segment) => evaluation.with_segments(&of_rows(segment, labelled))?,
        None => evaluation,
    };
    if labelled.ages.is_empty() {
        return Ok(evaluation);
    }
    let ages: Vec<crate::Span> = labelled.age.iter().map(|&age| labelled.ages[age as usize]).collect();
    Ok(evaluation.with_ages(&ages)?)
}

/// The lead column seen from the rows.
fn of_rows(column: &TextColumn, labelled: &Labelled) -> TextColumn {
    TextColumn { words: column.words.clone(), codes: labelled.rows.iter().map(|&(lead, _)| column.codes[lead as usize]).collect() }
}
