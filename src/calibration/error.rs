//! What can go wrong in calibrating.

/// Why no calibration was fitted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CalibrationError {
    /// A name of no method.
    #[error("\"{text}\" is no calibration method; write one of auto, none, platt, isotonic, beta, temperature")]
    UnknownMethod {
        /// What was given.
        text: String,
    },
    /// Two inputs that must be as long as each other are not.
    #[error("{what} has {found} entries, expected {expected}, one per row of log-odds")]
    Lengths {
        /// Which input.
        what: &'static str,
        /// How many entries it has.
        found: usize,
        /// How many it must have.
        expected: usize,
    },
    /// Log-odds that are not finite.
    #[error("log-odds of row {row} are {value}; they must be finite")]
    NotFinite {
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
    /// No won, or no lost row of positive weight.
    #[error("no {} rows (of positive weight) to calibrate on; use calibration \"auto\" or \"none\"", if *won { "won" } else { "lost" })]
    OneClass {
        /// The class that is missing.
        won: bool,
    },
}
