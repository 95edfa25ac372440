//! What a model warns of, each by its category of Python's.

use leadscore::{ScoreNote, Unseen};
use pyo3::prelude::*;

/// Warns of columns that the model reads and the tables lack.
pub(crate) fn absent(py: Python<'_>, of_leads: Vec<String>, of_events: Vec<String>) -> PyResult<()> {
    for (table, absent, empty) in [("leads", of_leads, ", empty ones where nothing is known"), ("events", of_events, "")] {
        if !absent.is_empty() {
            let message = format!(
                "{table} lack {}, which the model reads: every status is schema_mismatch, and there is no probability; give the columns{empty}",
                absent.join(", ")
            );
            py.import("warnings")?.call_method1("warn", (message,))?;
        }
    }
    Ok(())
}

/// Warns of columns in which more leads than in training have words that the model does not know.
pub(crate) fn unseen(py: Python<'_>, unseen: &[Unseen]) -> PyResult<()> {
    let unusual: Vec<String> = unseen.iter().filter(|unseen| unseen.is_unusual()).map(ToString::to_string).collect();
    warn(py, "UnseenWarning", &unusual)
}

/// Warns of what is odd about leads, events or the history.
pub(crate) fn odd(py: Python<'_>, notes: &[ScoreNote]) -> PyResult<()> {
    warn(py, "DataWarning", &notes.iter().map(ToString::to_string).collect::<Vec<_>>())
}

/// One warning of all that is said; none when nothing is.
fn warn(py: Python<'_>, category: &str, said: &[String]) -> PyResult<()> {
    if said.is_empty() {
        return Ok(());
    }
    let category = py.import("leadscore._errors")?.getattr(category)?;
    py.import("warnings")?.call_method1("warn", (said.join("; "), category))?;
    Ok(())
}
