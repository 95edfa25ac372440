//! What can be wrong with probabilities and outcomes.

/// Why a metric was not computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MetricsError {
    /// Nothing to measure on.
    #[error("no rows to evaluate (or all weights are 0)")]
    Empty,
    /// Two inputs that must be as long as each other are not.
    #[error("{what} has {found} entries, expected {expected}, one per probability")]
    Lengths {
        /// Which input.
        what: &'static str,
        /// How many entries it has.
        found: usize,
        /// How many it must have.
        expected: usize,
    },
    /// A probability outside 0..=1.
    #[error("probability of row {row} is {value}; probabilities lie in 0..=1 (are these log-odds or scores?)")]
    BadProbability {
        /// The row, from 0.
        row: usize,
        /// What was found.
        value: f64,
    },
    /// A weight that is negative or not finite.
    #[error("weight of row {row} is {value}; weights must be finite and not negative")]
    BadWeight {
        /// The row, from 0.
        row: usize,
        /// What was found.
        value: f64,
    },
    /// A setting outside its range.
    #[error("{name} must be {expected}; got {found}")]
    BadParameter {
        /// The setting.
        name: &'static str,
        /// What it must be.
        expected: &'static str,
        /// What it was.
        found: String,
    },
}
