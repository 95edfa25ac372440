//! Training, evaluating and retraining on polars tables.

use polars::prelude::{DataFrame, NamedFrom, Series};

use super::train::{Observed, observed};
use super::{Retrained, Retrainer, RowOrder, Target, Trainer, TrainingData, TrainingError};
use crate::frame::{self, FrameError};
use crate::metrics::Evaluation;
use crate::schema::Schema;
use crate::scoring::ScoreNote;
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
        Ok(Self::from_tables_and_report(schema, leads, events, outcomes)?.0)
    }

    /// The same, with what was found in the events.
    fn from_tables_and_report(
        schema: &Schema,
        leads: &DataFrame,
        events: Option<&DataFrame>,
        outcomes: Option<&DataFrame>,
    ) -> Result<(Self, Option<frame::EventReport>), Error> {
        schema.check()?;
        if events.is_some() && schema.events.is_none() {
            return Err(TrainingError::Undeclared { table: "events" }.into());
        }
        if outcomes.is_some() && schema.outcomes.is_none() {
            return Err(TrainingError::Undeclared { table: "outcomes" }.into());
        }
        let table = frame::lead_table(leads, schema)?;
        let row_order = if table.created_at.is_empty() { frame::counting_column(leads, schema)? } else { None };
        let mut data = if let Some(label) = schema.label.as_ref().filter(|_| schema.outcomes.is_none()) {
            if events.is_some() {
                return Err(TrainingError::EventsWithLabel { label: label.clone() }.into());
            }
            let labels = frame::labels(leads, schema)?;
            Self::new(schema.clone(), table, Target::Labels(labels))
        } else if schema.outcomes.is_some() {
            let (ends, report) = frame::outcomes(outcomes, leads, schema, &table)?;
            let mut data = Self::new(schema.clone(), table, Target::Outcomes(ends));
            data.outcomes_of_unknown_leads = report.unknown_rows as u64;
            if report.unknown_rows > 0 {
                data.warnings.push(format!("{} of {} outcomes belong to none of the leads", report.unknown_rows, report.rows));
            }
            data
        } else {
            return Err(TrainingError::NoTarget.into());
        };
        let mut found = None;
        if let (Some(events), Some(columns)) = (events, &schema.events) {
            let (raw, report) = frame::raw_events(events, columns, schema.time_zone.as_deref(), &data.leads)?;
            data.events = raw;
            data.events_of_unknown_leads = report.unknown_rows as u64;
            if report.unknown_rows > 0 {
                let of_none = format!("{} of {} events belong to none of the leads", report.unknown_rows, report.rows);
                data.warnings.push(match report.without_lead {
                    0 => of_none,
                    without => format!("{of_none}, {without} of them because events.{} is empty", columns.lead_id),
                });
            }
            found = Some(report);
        }
        data.row_order = row_order.map(|(source, rank)| RowOrder::new(source, rank));
        Ok((data, found))
    }
}

impl TrainingData {
    /// The same data with the history of attributes in `history`: see [`frame::attribute_history`]. A flat table has no snapshots that could see it.
    ///
    /// # Errors
    /// [`TrainingError::HistoryWithLabel`] for a flat table; [`Error`] naming column and row of what cannot be read.
    pub fn with_history(mut self, history: &DataFrame) -> Result<Self, Error> {
        if self.is_flat() {
            return Err(TrainingError::HistoryWithLabel.into());
        }
        let (history, report) = frame::attribute_history(history, &self.schema, &self.leads)?;
        self.warnings.extend(report.warnings());
        self.history = Some(history);
        Ok(self)
    }

    /// The same data with the history of `attributes`, which a model needs, and what is odd about it: that it is not given, above all, or what is `told` of it.
    fn with_history_for(
        mut self,
        attributes: &[String],
        history: Option<&DataFrame>,
        told: fn(&frame::HistoryReport) -> Vec<String>,
    ) -> Result<(Self, Vec<ScoreNote>), Error> {
        let Some(history) = history else {
            let lacks = (!attributes.is_empty()).then(|| ScoreNote::WithoutHistory { attributes: attributes.to_vec() });
            return Ok((self, lacks.into_iter().collect()));
        };
        if self.is_flat() {
            return Err(TrainingError::HistoryWithLabel.into());
        }
        let (history, report) = frame::history_of(history, &self.schema, &self.leads, attributes)?;
        self.history = Some(history);
        Ok((self, told(&report).into_iter().map(ScoreNote::History).collect()))
    }

    fn with_history_if(self, history: Option<&DataFrame>) -> Result<Self, Error> {
        match history {
            Some(history) => self.with_history(history),
            None => Ok(self),
        }
    }
}

impl Trainer<'_> {
    /// Takes a table with the history of attributes (`schema.history`): each snapshot sees the values known then.
    pub fn history(mut self, history: DataFrame) -> Self {
        self.history = Some(history);
        self
    }

    /// Trains on tables.
    ///
    /// Without a schema, one is inferred from the tables; what it leaves out is in the model's card.
    ///
    /// # Errors
    /// [`Error`] naming table, column and row of what cannot be read, and the errors of [`Trainer::fit`].
    pub fn train(&self, leads: &DataFrame, events: Option<&DataFrame>, outcomes: Option<&DataFrame>) -> Result<Model, Error> {
        self.fit(&self.read(leads, events, outcomes)?)
    }

    /// The labelled snapshots as a table: `lead_id`, `as_of`, `age_days`, `won`, then the features; for a model of one's own. A flat table has
    /// neither moments nor ages.
    ///
    /// # Errors
    /// Those of [`Trainer::train`].
    pub fn observations(&self, leads: &DataFrame, events: Option<&DataFrame>, outcomes: Option<&DataFrame>) -> Result<DataFrame, Error> {
        let data = self.read(leads, events, outcomes)?;
        data.warnings.iter().for_each(|warning| self.observer.warning(warning));
        let Observed { labelled, matrix, .. } = observed(&data, self)?;
        let ids: Vec<String> = labelled.rows.iter().map(|&(lead, _)| data.leads.ids[lead as usize].clone()).collect();
        let as_of: Vec<i64> = labelled.rows.iter().map(|&(_, as_of)| as_of).collect();
        let ages: Vec<f64> =
            labelled.age.iter().map(|&age| labelled.ages.get(age as usize).map_or(f64::NAN, |span| span.as_days())).collect();
        let in_time = !labelled.ages.is_empty();
        let mut table = frame::matrix_frame(&matrix, &ids, in_time.then_some(&as_of))?;
        let won = Series::new("won".into(), labelled.won).into();
        let place = 1 + usize::from(in_time);
        table.insert_column(place, won).map_err(FrameError::from)?;
        if in_time {
            table.insert_column(place, Series::new("age_days".into(), ages).into()).map_err(FrameError::from)?;
        }
        Ok(table)
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
            let schema = &self.narrowed(schema);
            frame::check_columns(leads, events, outcomes, schema)?;
            let mut data = TrainingData::from_tables(schema, leads, events, outcomes)?.with_history_if(self.history.as_ref())?;
            data.excluded = schema.exclude.iter().map(|column| (column.clone(), "excluded by the schema".to_owned())).collect();
            return Ok(data);
        }
        let inference = Schema::infer(leads, events, outcomes, self.label.as_deref(), &self.exclude)?;
        let mut data = TrainingData::from_tables(&inference.schema, leads, events, outcomes)?.with_history_if(self.history.as_ref())?;
        let left_out = inference.guesses.iter().filter(|guess| inference.schema.exclude.contains(&guess.column));
        data.excluded = left_out.map(|guess| (guess.column.clone(), guess.reason.clone())).collect();
        Ok(data)
    }
}

impl Trainer<'_> {
    /// A schema given by the caller without the columns that the caller excludes, and with the label that the caller names.
    pub(crate) fn narrowed(&self, schema: &Schema) -> Schema {
        let mut schema = schema.clone();
        for column in &self.exclude {
            schema.attributes.remove(column);
            schema.lead_time_zone.take_if(|names_zones| names_zones == column);
            schema.exclude.insert(column.clone());
        }
        if self.label.is_some() {
            schema.label.clone_from(&self.label);
        }
        schema
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
        self.evaluate_known(leads, events, outcomes, None, as_of)
    }

    /// As [`Model::evaluate`], with the history of attributes: each snapshot sees the values known then.
    ///
    /// # Errors
    /// As [`Model::evaluate`], and for a history that cannot be read.
    pub fn evaluate_known(
        &self,
        leads: &DataFrame,
        events: Option<&DataFrame>,
        outcomes: Option<&DataFrame>,
        history: Option<&DataFrame>,
        as_of: Option<Timestamp>,
    ) -> Result<Evaluation, Error> {
        Ok(self.evaluate_and_notes(leads, events, outcomes, history, as_of)?.0)
    }

    /// As [`Model::evaluate_known`], with what is odd about the events and the history, such as that none of these is of the leads, or that none is given to a model that
    /// learned from one.
    ///
    /// # Errors
    /// As [`Model::evaluate_known`].
    pub fn evaluate_and_notes(
        &self,
        leads: &DataFrame,
        events: Option<&DataFrame>,
        outcomes: Option<&DataFrame>,
        history: Option<&DataFrame>,
        as_of: Option<Timestamp>,
    ) -> Result<(Evaluation, Vec<ScoreNote>), Error> {
        let (data, report) = TrainingData::from_tables_and_report(self.schema(), leads, events, outcomes)?;
        let (data, of_history) = data.with_history_for(&self.reads_from_history(), history, frame::HistoryReport::warnings_of_a_model)?;
        let (strange, without_lead) = report.map_or((None, None), |report| self.of_no_lead(&report));
        let notes = ScoreNote::of_features(None, strange, without_lead, of_history);
        Ok((self.evaluate_data(&data, as_of, None)?, notes))
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
        self.retrain_known(champion, leads, events, outcomes, None)
    }

    /// As [`Retrainer::retrain`], with the history of attributes: champion and challenger see each snapshot with the values known then.
    ///
    /// # Errors
    /// As [`Retrainer::retrain`], and for a history that cannot be read.
    pub fn retrain_known(
        &self,
        champion: &Model,
        leads: &DataFrame,
        events: Option<&DataFrame>,
        outcomes: Option<&DataFrame>,
        history: Option<&DataFrame>,
    ) -> Result<Retrained, Error> {
        Ok(self.retrain_and_notes(champion, leads, events, outcomes, history)?.0)
    }

    /// As [`Retrainer::retrain_known`], with what is odd about the history, such as that none is given although the champion learned from one. The card of a promoted
    /// model says so too.
    ///
    /// # Errors
    /// As [`Retrainer::retrain_known`].
    pub fn retrain_and_notes(
        &self,
        champion: &Model,
        leads: &DataFrame,
        events: Option<&DataFrame>,
        outcomes: Option<&DataFrame>,
        history: Option<&DataFrame>,
    ) -> Result<(Retrained, Vec<ScoreNote>), Error> {
        frame::check_columns(leads, events, outcomes, champion.schema())?;
        let data = TrainingData::from_tables(champion.schema(), leads, events, outcomes)?;
        // All that the champion learned so: what it dropped, the challenger may read.
        let attributes = &champion.card().known_from_history;
        let (mut data, notes) = data.with_history_for(attributes, history, frame::HistoryReport::warnings)?;
        data.warnings.extend(notes.iter().map(ToString::to_string));
        data.excluded = champion.card().excluded.clone();
        Ok((self.run(champion, &data)?, notes))
    }
}
