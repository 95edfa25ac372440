//! How good probabilities are: ranking, calibration, and what calling the best leads first would gain.

mod calibration_table;
mod compare;
mod delong;
mod error;
mod evaluation;
mod gains;
mod input;
mod pointwise;
mod ranking;
#[cfg(test)]
mod tests;

pub use calibration_table::{CalibrationBin, calibration_table, expected_calibration_error};
pub use compare::{PairedDifference, bootstrap_difference, paired_difference};
pub use delong::{AucInterval, auc_difference, auc_interval};
pub use error::MetricsError;
pub use evaluation::Evaluation;
pub use gains::Gains;
pub use pointwise::{brier, log_loss};
pub use ranking::{auc, average_precision};
