//! Training, evaluating and retraining on polars tables.

use polars::prelude::DataFrame;

use super::train::{Observed, observed};
use super::{Retrained, Retrainer, Target, Trainer, TrainingData, TrainingError};
use crate::frame::{self, InferOptions};
use crate::metrics::Evaluation;
use crate::schema::Schema;
use crate::{Error, Model, Timestamp};

impl TrainingData {
    /// Reads tables by a schema: leads, and where there are any their events and outcomes.
    ///
    /// With `schema.label` the leads are a flat table; otherwise outcomes come from their own table or, when `outcomes` is `None`, from columns of leads.
    ///
    /// # Errors
    /// [`Error`] naming table, column and row of what cannot be read.
    pub fn from_tables(
        schema: &Schema,
        leads: &DataFrame,
        events: Option<&DataFrame>,
        outcomes: Option<&DataFrame>,
    ) -> Result<Self, Error> {
        schema.check()?;
        let table = frame::lead_table(leads, schema)?;
        let mut data = if let Some(label) = schema.label.as_ref().filter(|_| schema.outcomes.is_none()) {
            if events.is_some() && schema.events.is_some() {
                return Err(TrainingError::EventsWithLabel { label: label.clone() }.into());
            }
            let labels = frame::labels(leads, schema)?;
            Self::new(schema.clone(), table, Target::Labels(labels))
        } else if schema.outcomes.is_some() {
            let (ends, report) = frame::outcomes(outcomes, leads, schema, &table)?;
            let mut data = Self::new(schema.clone(), table, Target::Outcomes(ends));
            data.outcomes_of_unknown_leads = report.unknown_leads;
            data
        } else {
            return Err(TrainingError::NoTarget.into());
        };
        if let (Some(events), Some(columns)) = (events, &schema.events) {
            let (raw, report) = frame::raw_events(events, columns, schema.time_zone.as_deref(), &data.leads)?;
            data.events = raw;
            data.events_of_unknown_leads = report.unknown_leads;
            if report.unknown_leads > 0 {
                data.warnings.push(format!("{} events belong to leads that are not in the table, and were left out", report.unknown_leads));
            }
        }
        if data.outcomes_of_unknown_leads > 0 {
            data.warnings
                .push(format!("{} outcomes belong to leads that are not in the table, and were left out", data.outcomes_of_unknown_leads));
        }
        let (_, future) = data.newest_moment(Timestamp::now());
        if future > 0 {
            data.warnings.push(format!("{future} moments lie in the future, and were not believed"));
        }
        Ok(data)
    }
}

impl Trainer<'_> {
    /// Trains on tables.
    ///
    /// Without a schema, one is inferred from the tables; what it leaves out is in the model's card.
    ///
    /// # Errors
    /// [`Error`] naming table, column and row of what cannot be read, and the errors of [`Trainer::fit`].
    pub fn train(&self, leads: &DataFrame, events: Option<&DataFrame>, outcomes: Option<&DataFrame>) -> Result<Model, Error> {
        self.fit(&self.read(leads, events, outcomes)?)
    }

    /// The labelled snapshots as a table: `lead_id`, `as_of`, `age_days`, `won`, then the features; for a model of one's own.
    ///
    /// # Errors
    /// Those of [`Trainer::train`].
    pub fn observations(&self, leads: &DataFrame, events: Option<&DataFrame>, outcomes: Option<&DataFrame>) -> Result<DataFrame, Error> {
        let data = self.read(leads, events, outcomes)?;
        let Observed { labelled, matrix, .. } = observed(&data, self)?;
        let ids: Vec<String> = labelled.rows.iter().map(|&(lead, _)| data.leads.ids[lead as usize].clone()).collect();
        let as_of: Vec<i64> = labelled.rows.iter().map(|&(_, as_of)| as_of).collect();
        let ages: Vec<f64> =
            labelled.age.iter().map(|&age| labelled.ages.get(age as usize).map_or(f64::NAN, |span| span.as_days())).collect();
        Ok(frame::observation_frame(&matrix, &ids, (!labelled.ages.is_empty()).then_some(&as_of), &ages, &labelled.won)?)
    }

    /// Reads the tables by the trainer's schema, or by one inferred from them.
    ///
    /// # Errors
    /// [`Error`] naming table, column and row of what cannot be read.
    pub fn read(&self, leads: &DataFrame, events: Option<&DataFrame>, outcomes: Option<&DataFrame>) -> Result<TrainingData, Error> {
        if leads.height() == 0 {
            return Err(TrainingError::NoLeads.into());
        }
        if let Some(schema) = &self.schema {
            let mut data = TrainingData::from_tables(schema, leads, events, outcomes)?;
            data.excluded = schema.exclude.iter().map(|column| (column.clone(), "excluded by the schema".to_owned())).collect();
            return Ok(data);
        }
        let options = InferOptions { label: self.label.clone(), exclude: self.exclude.clone() };
        let inference = frame::infer(leads, events, outcomes, &options)?;
        let mut data = TrainingData::from_tables(&inference.schema, leads, events, outcomes)?;
        data.excluded = inference.left_out().map(|guess| (guess.column.clone(), guess.reason.clone())).collect();
        Ok(data)
    }
}

impl Model {
    /// Evaluates the model on tables: every mature snapshot at the model's own ages, or every labelled row of a flat table.
    ///
    /// # Errors
    /// [`Error`] naming table, column and row of what cannot be read, or when nothing is mature.
    pub fn evaluate(
        &self,
        leads: &DataFrame,
        events: Option<&DataFrame>,
        outcomes: Option<&DataFrame>,
        as_of: Option<Timestamp>,
    ) -> Result<Evaluation, Error> {
        let data = TrainingData::from_tables(self.schema(), leads, events, outcomes)?;
        self.evaluate_data(&data, as_of, None)
    }
}

impl Retrainer<'_> {
    /// Retrains on tables read by the champion's schema.
    ///
    /// # Errors
    /// [`Error`] naming table, column and row of what cannot be read, and those of a training.
    pub fn retrain(
        &self,
        champion: &Model,
        leads: &DataFrame,
        events: Option<&DataFrame>,
        outcomes: Option<&DataFrame>,
    ) -> Result<Retrained, Error> {
        let data = TrainingData::from_tables(champion.schema(), leads, events, outcomes)?;
        self.run(champion, &data)
    }
}
