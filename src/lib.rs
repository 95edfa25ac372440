//! Predictive lead scoring: learns from closed-won and closed-lost history which open sales leads will convert.

mod artifact;
pub mod calibration;
mod explain;
mod features;
mod lifecycle;
mod math;
pub mod metrics;
pub mod models;
mod observer;
mod schema;
mod scoring;
mod time;

pub use calibration::{CalibrationError, CalibrationMethod, Calibrator};
pub use features::{AttributeColumn, Cell, EventTable, Events, Feature, FeatureKind, FeatureMatrix, LeadTable, RawEvents, TextColumn};
pub use lifecycle::Outcomes;
pub use metrics::Evaluation;
pub use models::Classifier;
pub use observer::{Observer, Silent};
pub use schema::{Attribute, EventColumns, Initiator, OutcomeColumns, Schema, SchemaError, canonical};
pub use time::{Span, TimeError, Timestamp};
