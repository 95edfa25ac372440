//! How each lead ended.

/// How the leads of a table ended, row by row of the table of leads.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcomes {
    /// Won, lost, or not closed.
    pub won: Vec<Option<bool>>,
    /// When it closed, microseconds since 1970-01-01 UTC; `i64::MIN` when it did not, or in a flat table.
    pub closed_at: Vec<i64>,
    /// When the outcome became known; empty when the source does not say (then at once).
    pub recorded_at: Vec<i64>,
    /// What the deal was worth, NaN when not known; empty when the source does not say.
    pub value: Vec<f64>,
}
