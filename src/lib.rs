//! Predictive lead scoring: learns from closed-won and closed-lost history which open sales leads will convert.

mod artifact;
mod calibration;
mod card;
#[cfg(feature = "fit")]
pub mod datasets;
mod error;
mod explain;
mod features;
#[cfg(feature = "frame")]
mod frame;
mod lifecycle;
mod math;
mod metrics;
mod model;
pub mod models;
mod observer;
mod schema;
mod scoring;
mod time;

pub use artifact::ArtifactError;
pub use calibration::Calibrator;
pub use card::{Card, Counts, Figures, Procedure};
pub use error::Error;
pub use explain::{Explanation, Reason, contributions};
pub use features::{
    AttributeColumn, AttributePlan, Cell, CellError, CodedEvent, Engagement, EngagementError, EventTable, Events, Feature, FeatureError,
    FeatureKind, FeatureMatrix, FeaturePlan, FeatureSettings, History, LeadTable, PreparedLeads, RawEvents, Scratch, TextColumn,
};
#[cfg(feature = "frame")]
pub use frame::{
    ArrowError, ArrowStream, EventReport, FrameError, OutcomeReport, ReadOptions, check_columns, labels, lead_table, matrix_frame,
    outcomes, raw_events, read_table, write_table,
};
pub use lifecycle::{
    LifecycleError, Observation, ObservationCounts, ObservationRules, Observations, Outcomes, Snapshots, observe, open_lead_ages,
};
pub use model::{Model, ModelParts};
pub use models::Classifier;
pub use observer::{Observer, Silent};
pub use schema::{Attribute, EventColumns, Initiator, OutcomeColumns, Schema, SchemaError, canonical};
#[cfg(feature = "frame")]
pub use schema::{ColumnClass, ColumnProfile, Guess, Inference};
pub use scoring::{Event, Grades, Lead, Query, Score, ScoreTable, ScoringError, Status};
pub use time::{Span, TimeError, Timestamp};
