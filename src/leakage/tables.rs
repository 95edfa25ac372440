//! The report of polars tables.

use polars::prelude::DataFrame;

use super::{Audit, LeakageReport, examine};
use crate::schema::Schema;
use crate::training::{Trainer, TrainingData, TrainingError};
use crate::{Error, frame};

impl Trainer<'_> {
    /// Which columns of leads know the future, before anything is trained: see [`LeakageReport`].
    ///
    /// Looks at the attributes of the schema, and at the columns that it excludes: those that inference leaves out for their names are judged by what is in
    /// them too. Reads the trainer's schema, label, exclusions, `ordered` and `as_of`. Without a moment of creation, leads are put in order of time by
    /// `ordered`, or by an identifier that counts up, where there is one.
    ///
    /// ```
    /// use leadscore::{Trainer, datasets::MakeLeads};
    /// let made = MakeLeads::new(1000).seed(1).make().frames()?;
    /// let report = Trainer::new().leakage(&made.leads, Some(&made.events), Some(&made.outcomes))?;
    /// assert!(report.exclude().is_empty(), "{report}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error`] naming table, column and row of what cannot be read; [`TrainingError::OneClass`] when all leads ended alike.
    pub fn leakage(&self, leads: &DataFrame, events: Option<&DataFrame>, outcomes: Option<&DataFrame>) -> Result<LeakageReport, Error> {
        if leads.height() == 0 {
            return Err(TrainingError::NoLeads.into());
        }
        let schema = match &self.schema {
            Some(schema) => self.narrowed(schema),
            None => Schema::infer(leads, events, outcomes, self.label.as_deref(), &self.exclude)?.schema,
        };
        frame::check_columns(leads, events, outcomes, &schema)?;
        let left_out = frame::left_out(leads, &schema)?;
        // What is excluded is looked at like an attribute, and so is excluded no more.
        let mut wide = schema.clone();
        for (column, attribute) in left_out.attributes {
            wide.exclude.remove(&column);
            wide.attributes.insert(column, attribute);
        }
        let mut data = TrainingData::from_tables(&wide, leads, events, outcomes)?;
        if let Some(history) = &self.history {
            data = data.with_history(history)?;
        }
        let audit = Audit { ordered: self.procedure.ordered, as_of: self.as_of, known: left_out.known, identifiers: left_out.identifiers };
        Ok(crate::training::in_pool(self.threads, || examine(&data, &audit))??)
    }
}
