//! What can go wrong in fitting a logistic regression.

use crate::models::MAX_OFFSET;

/// Why a logistic regression was not fitted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogisticError {
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
    /// No row, or no feature to read them by.
    #[error("nothing to fit: {rows} rows of {features} features")]
    Empty {
        /// How many rows.
        rows: usize,
        /// How many features.
        features: usize,
    },
    /// Two inputs that must be as long as each other are not.
    #[error("{what} has {found} entries, expected {expected}")]
    Lengths {
        /// Which input.
        what: &'static str,
        /// How many entries it has.
        found: usize,
        /// How many it must have.
        expected: usize,
    },
    /// Only won or only lost rows (of positive weight).
    #[error("all rows of positive weight are {}; a model needs won and lost leads", if *won { "won" } else { "lost" })]
    OneClass {
        /// Which class is there.
        won: bool,
    },
    /// An infinite value.
    #[error("feature {feature} of row {row} is {value:?}; give a finite number, or NaN for an unknown one")]
    NotFinite {
        /// The row, from 0.
        row: usize,
        /// The feature, from 0.
        feature: usize,
        /// What was found.
        value: f32,
    },
    /// A finite number that is infinite as an `f32`, which is what models compute with.
    #[error("feature {feature} of row {row} is {value:e}, which is beyond f32 (3.4e38); rescale it, or give NaN for an unknown one")]
    Overflow {
        /// The row, from 0.
        row: usize,
        /// The feature, from 0.
        feature: usize,
        /// What was found.
        value: f64,
    },
    /// The distance of the values of a feature from their mean is infinite as an `f32`.
    #[error("the values of feature {feature} lie too far apart for f32 (3.4e38); rescale them")]
    Spread {
        /// The feature, from 0.
        feature: usize,
    },
    /// A value of a categorical feature that is no code.
    #[error(
        "categorical feature {feature} of row {row} is {value}; expected a whole number in 0..={levels} ({levels} means another category), or NaN"
    )]
    BadCode {
        /// The row, from 0.
        row: usize,
        /// The feature, from 0.
        feature: usize,
        /// What was found.
        value: f32,
        /// How many known levels the feature has.
        levels: u32,
    },
    /// A weight that is negative or not finite.
    #[error("weight of row {row} is {value}; weights must be finite and not negative")]
    BadWeight {
        /// The row, from 0.
        row: usize,
        /// What was found.
        value: f32,
    },
    /// Given log-odds that are NaN, or too far from 0.
    #[error("offset of row {row} is {value:?}; offsets are log-odds, and must be numbers from -{MAX_OFFSET} to {MAX_OFFSET}")]
    BadOffset {
        /// The row, from 0.
        row: usize,
        /// What was found.
        value: f64,
    },
    /// `Solver::Lbfgs` was given unequal weights, which linfa-logistic cannot take.
    #[error("solver \"lbfgs\" (linfa-logistic) takes no offsets and no sample weights that are not all equal; use solver \"newton\"")]
    WeightsUnsupported,
    /// linfa-logistic failed.
    #[error("linfa-logistic failed: {message}; use solver \"newton\"")]
    Lbfgs {
        /// What it said.
        message: String,
    },
    /// The coefficients overflowed, which happens only with a vanishing penalty.
    #[error("the coefficients are not finite at l2 = {l2:e}; use a larger l2")]
    Diverged {
        /// The penalty.
        l2: f64,
    },
    /// The observer asked to stop.
    #[error("cancelled")]
    Cancelled,
    /// An error of linfa itself.
    #[error(transparent)]
    Linfa(#[from] linfa::Error),
}
