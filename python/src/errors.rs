//! The library's errors as Python exceptions. The classes are Python's (`leadscore/_errors.py`): each has two bases.

use std::io::ErrorKind;

use leadscore::{ArtifactError, EngagementError, Error, ScoringError};
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;

/// The exception for `error`.
pub(crate) fn exception(py: Python<'_>, error: &Error) -> PyErr {
    let message = in_python(error);
    let class = match error {
        Error::Artifact(ArtifactError::Io { path, source }) => {
            let class = if source.kind() == ErrorKind::NotFound { "ArtifactNotFound" } else { "ArtifactError" };
            let reason = source.to_string();
            // std appends the number, which the exception shows by itself.
            let reason = reason.split(" (os error").next().unwrap_or_default().to_owned();
            return raise(py, class, (source.raw_os_error().unwrap_or(0), reason, path.to_string_lossy().into_owned()));
        }
        Error::Scoring(ScoringError::Engagement(EngagementError::TooLate { .. })) => "TooLate",
        Error::Cancelled => return PyKeyboardInterrupt::new_err(message),
        other => match other.code() {
            "schema" => "SchemaError",
            "data" => "DataError",
            "artifact" => "ArtifactError",
            "config" => "ConfigError",
            _ => "LeadscoreError",
        },
    };
    raise(py, class, (message,))
}

/// What is wrong, with what to do by the names that Python has for it.
fn in_python(error: &Error) -> String {
    let message = error.to_string();
    match error {
        Error::Scoring(ScoringError::Engagement(_)) => message.replace("Engagement::from_events", "model.engagement(events)"),
        _ => message,
    }
}

/// An exception of class `class` of the package with the given arguments.
pub(crate) fn raise<'py, A: pyo3::call::PyCallArgs<'py>>(py: Python<'py>, class: &str, arguments: A) -> PyErr {
    let exception = py.import("leadscore._errors").and_then(|module| module.getattr(class)).and_then(|class| class.call1(arguments));
    exception.map_or_else(|error| error, PyErr::from_value)
}

/// Results of the library as results of Python.
pub(crate) trait OrRaise<T> {
    /// The value, or the exception for the error.
    fn or_raise(self, py: Python<'_>) -> PyResult<T>;
}

impl<T, E: Into<Error>> OrRaise<T> for Result<T, E> {
    fn or_raise(self, py: Python<'_>) -> PyResult<T> {
        self.map_err(|error| exception(py, &error.into()))
    }
}
