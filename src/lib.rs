//! Predictive lead scoring: learns from closed-won and closed-lost history which open sales leads will convert.

mod artifact;
pub mod calibration;
mod card;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "fit")]
pub mod datasets;
mod error;
mod explain;
mod features;
#[cfg(feature = "frame")]
pub mod frame;
mod lifecycle;
mod math;
pub mod metrics;
mod model;
pub mod models;
mod observer;
mod schema;
mod scoring;
mod time;
#[cfg(feature = "fit")]
mod training;

pub use artifact::ArtifactError;
pub use calibration::{CalibrationError, CalibrationMethod, Calibrator, IsotonicMap, TimeOrder};
pub use card::{Card, Counts, Figures, Procedure};
pub use error::Error;
pub use explain::{Explanation, Reason, contributions};
pub use features::{
    AttributeColumn, AttributePlan, Cell, CellError, CodedEvent, Engagement, EngagementError, EventTable, Events, Feature, FeatureError,
    FeatureKind, FeatureMatrix, FeaturePlan, FeatureSettings, History, LeadTable, PreparedLeads, RawEvents, Scratch, TextColumn,
};
pub use lifecycle::{
    LifecycleError, Observation, ObservationCounts, ObservationRules, Observations, Outcomes, Snapshots, observe, open_lead_ages,
};
pub use metrics::Evaluation;
pub use model::{Model, ModelParts};
pub use models::{Algorithm, Classifier};
pub use observer::{Observer, Silent};
pub use schema::{Attribute, EventColumns, Initiator, OutcomeColumns, Schema, SchemaError, canonical};
#[cfg(feature = "frame")]
pub use schema::{ColumnClass, ColumnProfile, Guess, Inference};
#[cfg(feature = "frame")]
pub use scoring::AsOf;
pub use scoring::{Event, Grades, Lead, Query, Score, ScoreTable, ScoringError, Status};
pub use time::{Span, TimeError, Timestamp};
#[cfg(feature = "fit")]
pub use training::{Gate, MIN_PER_CLASS, Retrained, Retrainer, Target, Trainer, TrainingData, TrainingError};
