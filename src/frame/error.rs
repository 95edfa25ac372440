//! What can be wrong with a table.

use std::path::PathBuf;

use crate::schema::SchemaError;

/// What is wrong with a table or a file of one.
///
/// Rows are counted from 0, as in pandas and polars; lines of files from 1, as in editors.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The schema and the table do not fit.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A file that cannot be opened, read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file whose content is not a table.
    #[error("{}{}: {message}", path.display(), line.map(|l| format!(", line {l}")).unwrap_or_default())]
    File {
        /// The file.
        path: PathBuf,
        /// The line, where one can be named.
        line: Option<usize>,
        /// What is wrong and what to do.
        message: String,
    },
    /// A value that its column cannot have.
    #[error("{table}.{column}, row {row}: {message}")]
    Value {
        /// `leads`, `events` or `outcomes`.
        table: &'static str,
        /// The column.
        column: String,
        /// The row, from 0.
        row: usize,
        /// What was found and what to do.
        message: String,
    },
    /// A lead, or a lead's outcome, that occurs twice.
    #[error("{table}.{column}: \"{id}\" stands in rows {first} and {second}; {advice}")]
    Duplicate {
        /// `leads` or `outcomes`.
        table: &'static str,
        /// The column.
        column: String,
        /// The identifier.
        id: String,
        /// The earlier row, from 0.
        first: usize,
        /// The later row, from 0.
        second: usize,
        /// What to do.
        advice: &'static str,
    },
    /// A table without rows.
    #[error("{table} has no rows")]
    Empty {
        /// `leads`, `events` or `outcomes`.
        table: &'static str,
    },
    /// Outcomes of which none belongs to a lead.
    #[error(
        "none of the {rows} rows of outcomes belongs to a lead: outcomes.{column} holds {outcomes}, leads hold {leads}; do the identifiers come from the same system?"
    )]
    NoneMatch {
        /// How many rows of outcomes.
        rows: usize,
        /// The column of outcomes with the identifier.
        column: String,
        /// Some of the outcomes' identifiers.
        outcomes: String,
        /// Some of the leads' identifiers.
        leads: String,
    },
    /// More than the crate can hold, or a refusal of polars.
    #[error("{0}")]
    Table(String),
}

impl FrameError {
    /// The same of a table that is part of a larger one, `rows` after its begin.
    pub(super) fn later(self, rows: usize) -> Self {
        match self {
            Self::Value { table, column, row, message } => Self::Value { table, column, row: row + rows, message },
            other => other,
        }
    }

    /// The same of a table that is one of two of its kind, and goes by another name.
    pub(crate) fn called(self, known: &str, name: &'static str) -> Self {
        match self {
            Self::Schema(error) => Self::Schema(error.called(known, name)),
            mut error => {
                if let Self::Value { table, .. } | Self::Duplicate { table, .. } | Self::Empty { table } = &mut error
                    && *table == known
                {
                    *table = name;
                }
                error
            }
        }
    }

    pub(super) fn value(table: &'static str, column: &str, row: usize, message: impl Into<String>) -> Self {
        Self::Value { table, column: column.to_owned(), row, message: message.into() }
    }

    pub(super) fn wrong_type(table: &'static str, column: &str, found: &str, wanted: &str, advice: impl Into<String>) -> Self {
        SchemaError::WrongType {
            table,
            column: column.to_owned(),
            found: found.to_owned(),
            wanted: wanted.to_owned(),
            advice: advice.into(),
        }
        .into()
    }
}

impl From<polars::error::PolarsError> for FrameError {
    fn from(error: polars::error::PolarsError) -> Self {
        Self::Table(error.to_string())
    }
}
