//! Why a command failed: exit code, one line, perhaps a hint.

use std::fmt;
use std::io;
use std::path::Path;

use crate::artifact::ArtifactError;
use crate::error::Error;
use crate::frame::FrameError;
use crate::schema::SchemaError;

/// The command did what it was asked.
pub(super) const DONE: u8 = 0;
/// Anything without a code of its own.
pub(super) const OTHER: u8 = 1;
/// The command line or a setting is wrong.
pub(super) const USAGE: u8 = 2;
/// The data or the schema are wrong.
pub(super) const DATA: u8 = 3;
/// The model file is wrong.
pub(super) const MODEL: u8 = 4;
/// Retraining kept the champion, and was told to fail then.
pub(super) const KEPT: u8 = 5;
/// Interrupted.
pub(super) const INTERRUPTED: u8 = 130;

/// What goes to standard error and to the caller.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) code: u8,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl Failure {
    pub(super) fn new(code: u8, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A model file that cannot be used; its name is in front unless the message holds it already.
    pub(super) fn model(path: &Path, error: &ArtifactError) -> Self {
        let message = match error {
            ArtifactError::Io { .. } => error.to_string(),
            _ => format!("{}: {error}", path.display()),
        };
        Self::new(MODEL, message)
    }

    /// A file that cannot be written.
    pub(super) fn writing(path: &Path, error: &io::Error) -> Self {
        Self::new(OTHER, format!("{}: {error}", path.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line: Vec<&str> = self.message.split_whitespace().collect();
        writeln!(f, "error: {}", line.join(" "))?;
        self.hint.as_ref().map_or(Ok(()), |hint| writeln!(f, "hint: {hint}"))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = match error.code() {
            "schema" | "data" => DATA,
            "artifact" => MODEL,
            "config" => USAGE,
            "cancelled" => INTERRUPTED,
            _ => OTHER,
        };
        Self::new(code, error.to_string())
    }
}

impl From<FrameError> for Failure {
    fn from(error: FrameError) -> Self {
        let failure = Self::new(DATA, error.to_string());
        match error {
            FrameError::Schema(SchemaError::MissingColumn { .. }) => {
                failure.hint("`leadscore schema` writes a schema from the tables; edit it and give it with --schema")
            }
            _ => failure,
        }
    }
}

impl From<SchemaError> for Failure {
    fn from(error: SchemaError) -> Self {
        FrameError::from(error).into()
    }
}

/// Of writing to standard output.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new(OTHER, format!("standard output: {error}"))
    }
}

impl From<polars::error::PolarsError> for Failure {
    fn from(error: polars::error::PolarsError) -> Self {
        Self::new(OTHER, error.to_string())
    }
}
