//! The crate's error: one variant for each room's own.

use crate::artifact::ArtifactError;
use crate::calibration::CalibrationError;
use crate::features::FeatureError;
#[cfg(feature = "frame")]
use crate::frame::FrameError;
use crate::lifecycle::LifecycleError;
use crate::metrics::MetricsError;
#[cfg(feature = "fit")]
use crate::models::{boosting::BoostingError, logistic::LogisticError};
use crate::schema::SchemaError;
use crate::scoring::ScoringError;
use crate::time::TimeError;
#[cfg(feature = "fit")]
use crate::training::TrainingError;

/// Anything that the crate's functions can report.
///
/// [`code`](Self::code) is a short word that stays the same from version to version; the message says what was found, where, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Columns, roles or types that do not fit each other.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// An instant or span that cannot be read.
    #[error(transparent)]
    Time(#[from] TimeError),
    /// Leads or events that no features can be made of.
    #[error(transparent)]
    Features(#[from] FeatureError),
    /// A lead that cannot be scored.
    #[error(transparent)]
    Scoring(#[from] ScoringError),
    /// A model file that cannot be read or written.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// Snapshots that cannot be taken.
    #[error(transparent)]
    Lifecycle(#[from] LifecycleError),
    /// Probabilities that cannot be measured.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// Log-odds that cannot be calibrated.
    #[error(transparent)]
    Calibration(#[from] CalibrationError),
    /// A table that cannot be read or written.
    #[cfg(feature = "frame")]
    #[error(transparent)]
    Frame(FrameError),
    /// A history that no model can be trained on.
    #[cfg(feature = "fit")]
    #[error(transparent)]
    Training(#[from] TrainingError),
    /// Boosting that cannot be fitted.
    #[cfg(feature = "fit")]
    #[error(transparent)]
    Boosting(BoostingError),
    /// A logistic regression that cannot be fitted.
    #[cfg(feature = "fit")]
    #[error(transparent)]
    Logistic(LogisticError),
    /// Settings that contradict each other or the data.
    #[error("{message}")]
    Config {
        /// What contradicts what, and what to do.
        message: String,
    },
    /// The observer asked to stop.
    #[error("stopped before the end, as asked")]
    Cancelled,
}

impl Error {
    /// `schema`, `data`, `artifact`, `config` or `cancelled`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Schema(_) | Self::Scoring(ScoringError::MissingColumns { .. }) | Self::Features(FeatureError::GroupLikeKind { .. }) => {
                "schema"
            }
            Self::Scoring(ScoringError::Moments { .. } | ScoringError::Cuts { .. }) => "config",
            Self::Time(TimeError::BadSpan { .. } | TimeError::BadInstant { .. }) => "config",
            Self::Features(FeatureError::Setting { .. } | FeatureError::TooMany { .. }) | Self::Config { .. } => "config",
            Self::Lifecycle(LifecycleError::TooManyLeads { .. }) => "data",
            Self::Lifecycle(_) => "config",
            Self::Calibration(CalibrationError::UnknownMethod { .. }) | Self::Metrics(MetricsError::BadParameter { .. }) => "config",
            Self::Time(_) | Self::Features(_) | Self::Scoring(_) | Self::Metrics(_) | Self::Calibration(_) => "data",
            #[cfg(feature = "frame")]
            Self::Frame(_) => "data",
            #[cfg(feature = "fit")]
            Self::Training(error) => error.code(),
            #[cfg(feature = "fit")]
            Self::Boosting(BoostingError::Param { .. } | BoostingError::FeatureCount { .. } | BoostingError::NoOrder { .. })
            | Self::Logistic(LogisticError::BadParameter { .. }) => "config",
            #[cfg(feature = "fit")]
            Self::Boosting(_) | Self::Logistic(_) => "data",
            Self::Artifact(_) => "artifact",
            Self::Cancelled => "cancelled",
        }
    }
}

#[cfg(feature = "fit")]
impl From<BoostingError> for Error {
    fn from(error: BoostingError) -> Self {
        if error == BoostingError::Cancelled { Self::Cancelled } else { Self::Boosting(error) }
    }
}

#[cfg(feature = "fit")]
impl From<LogisticError> for Error {
    fn from(error: LogisticError) -> Self {
        if matches!(error, LogisticError::Cancelled) { Self::Cancelled } else { Self::Logistic(error) }
    }
}

#[cfg(feature = "frame")]
impl From<FrameError> for Error {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::Schema(error) => Self::Schema(error),
            error => Self::Frame(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_say_whose_fault_it_is() {
        let of = |error: Error| error.code();
        assert_eq!(of(TimeError::OutOfRange { micros: -1 }.into()), "data");
        assert_eq!(of(TimeError::BadSpan { text: "x".into() }.into()), "config");
        assert_eq!(of(ArtifactError::NotAModel.into()), "artifact");
        assert_eq!(of(ScoringError::Moments { moments: 1, leads: 2 }.into()), "config");
        assert_eq!(of(Error::Cancelled), "cancelled");
    }
}
