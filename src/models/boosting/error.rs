//! What can go wrong when fitting.

use thiserror::Error;

use crate::models::MAX_OFFSET;

/// Why boosting could not be fitted.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum BoostingError {
    /// A setting is out of its range.
    #[error("{name} must be {range}. Got {got}")]
    Param {
        /// The setting.
        name: &'static str,
        /// Its range, in words.
        range: &'static str,
        /// What was given.
        got: String,
    },
    /// A monotone constraint on a categorical feature.
    #[error("monotone_constraints must be 0 for feature {feature}: it is categorical, and categories have no order. Got {direction}")]
    NoOrder {
        /// The feature, from 0.
        feature: usize,
        /// What was given.
        direction: i8,
    },
    /// A per-feature setting does not fit the data.
    #[error("{name} has {got} entries, but the rows have {expected} features; give one entry per feature")]
    FeatureCount {
        /// The setting.
        name: &'static str,
        /// How many entries it has.
        got: usize,
        /// How many features there are.
        expected: usize,
    },
    /// A setting names a feature that is not there.
    #[error("{name} names feature {feature}, but the rows have {features} features, numbered from 0")]
    NoFeature {
        /// The setting.
        name: &'static str,
        /// The feature it names.
        feature: usize,
        /// How many features there are.
        features: usize,
    },
    /// The validation rows have another number of features than the training rows.
    #[error("the validation rows have {got} features, the training rows {expected}")]
    ValidationWidth {
        /// Features of a validation row.
        got: usize,
        /// Features of a training row.
        expected: usize,
    },
    /// Two arrays that go row by row differ in length.
    #[error("{rows} rows of features, but {got} {what}; give one per row")]
    RowCount {
        /// Targets or weights.
        what: &'static str,
        /// How many there are.
        got: usize,
        /// How many rows there are.
        rows: usize,
    },
    /// There is nothing to learn from.
    #[error("no rows with a positive weight to train on (rows given: {rows})")]
    Empty {
        /// How many rows were given.
        rows: usize,
    },
    /// The validation rows are empty.
    #[error("no validation rows with a positive weight (rows given: {rows}); early stopping needs some")]
    EmptyValidation {
        /// How many rows were given.
        rows: usize,
    },
    /// Only one outcome occurs.
    #[error("all {rows} training rows are {}; both outcomes are needed", if *.won { "won" } else { "lost" })]
    OneClass {
        /// How many rows there are.
        rows: usize,
        /// Which outcome all of them have.
        won: bool,
    },
    /// A value is infinite.
    #[error("row {row}, feature {feature}: {value:?} is not a finite 32-bit number; use NaN for missing values")]
    NotFinite {
        /// The row, from 0.
        row: usize,
        /// The feature, from 0.
        feature: usize,
        /// The value.
        value: f64,
    },
    /// A value of a categorical feature is no code.
    #[error(
        "row {row}, feature {feature}: {value} is no category code; codes are whole numbers 0..={max}, {max} meaning any other category, NaN missing"
    )]
    Code {
        /// The row, from 0.
        row: usize,
        /// The feature, from 0.
        feature: usize,
        /// The value.
        value: f32,
        /// The highest code.
        max: u32,
    },
    /// A weight is negative, infinite or NaN.
    #[error("row {row}: weight {value} is not a finite number of at least 0")]
    Weight {
        /// The row, from 0.
        row: usize,
        /// The weight.
        value: f32,
    },
    /// An offset is NaN, or too far from 0.
    #[error("row {row}: offset {value:?} is not a number from -{MAX_OFFSET} to {MAX_OFFSET}; it is in log-odds")]
    Offset {
        /// The row, from 0.
        row: usize,
        /// The offset.
        value: f64,
    },
    /// The observer asked to stop.
    #[error("fitting was cancelled")]
    Cancelled,
    /// An error of linfa's own, in its words.
    #[error("{0}")]
    Linfa(String),
}

impl From<linfa::Error> for BoostingError {
    fn from(error: linfa::Error) -> Self {
        Self::Linfa(error.to_string())
    }
}
