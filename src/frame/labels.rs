//! The label column of a flat table.

use polars::prelude::DataFrame;

use super::FrameError;
use super::leads::{LEADS, column};
use super::status::statuses;
use crate::schema::{Schema, SchemaError};

/// Reads the label of a flat table: won, lost, or `None` for a lead that is still open.
///
/// # Errors
/// [`FrameError::Schema`] when the schema names no label or the table lacks it, [`FrameError::Value`] with the words
/// that are neither.
pub fn labels(leads: &DataFrame, schema: &Schema) -> Result<Vec<Option<bool>>, FrameError> {
    let name = schema.label.as_deref().ok_or_else(|| SchemaError::Contradiction {
        message: "the schema names no label; give label = \"...\", the 0/1 column of a flat table".to_owned(),
    })?;
    statuses(LEADS, column(LEADS, leads, name)?, None, None)
}
