//! Reads the tables that a command names.

use std::path::Path;

use polars::prelude::DataFrame;

use super::args::{Ends, Known, Meaning, Moment, Tables, TextOptions};
use super::failure::Failure;
use crate::Trainer;
use crate::frame::{ReadOptions, read_table};
use crate::model::Model;
use crate::schema::Schema;

/// Leads, events and outcomes.
pub(super) struct Sources {
    pub(super) leads: DataFrame,
    pub(super) events: Option<DataFrame>,
    pub(super) outcomes: Option<DataFrame>,
}

impl Sources {
    pub(super) fn read(tables: &Tables, ends: Option<&Ends>) -> Result<Self, Failure> {
        let options = options(&tables.text);
        let optional = |path: Option<&Path>| path.map(|p| read_table(p, &options)).transpose();
        Ok(Self {
            leads: read_table(&tables.leads, &options)?,
            events: optional(tables.events.as_deref())?,
            outcomes: optional(ends.and_then(|e| e.outcomes.as_deref()))?,
        })
    }
}

/// A trainer that knows what the columns mean, and as of when to look: by the zone of the schema.
pub(super) fn told<'o>(
    trainer: Trainer<'o>,
    schema: Option<&Path>,
    as_of: Option<&Moment>,
    meaning: &Meaning,
) -> Result<Trainer<'o>, Failure> {
    let mut trainer = trainer.exclude(meaning.exclude.iter().cloned());
    let schema = schema.map(Schema::load).transpose()?;
    if let Some(as_of) = as_of {
        trainer = trainer.as_of(as_of.of(schema.as_ref())?);
    }
    if let Some(schema) = schema {
        trainer = trainer.schema(schema);
    }
    if let Some(label) = &meaning.label {
        trainer = trainer.label(label);
    }
    Ok(trainer)
}

/// The history of attributes.
pub(super) fn read_history(known: &Known, text: &TextOptions) -> Result<Option<DataFrame>, Failure> {
    Ok(known.history.as_deref().map(|path| read_table(path, &options(text))).transpose()?)
}

pub(super) fn options(text: &TextOptions) -> ReadOptions {
    let options = ReadOptions::default().decimal_comma(text.decimal_comma);
    text.separator.map_or(options.clone(), |separator| options.separator(separator))
}

/// Opens a model file; what is wrong with it is told with its name.
pub(super) fn open_model(path: &Path) -> Result<Model, Failure> {
    Model::open(path).map_err(|error| Failure::model(path, &error))
}
