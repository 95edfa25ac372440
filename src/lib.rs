//! Predictive lead scoring: learns from closed-won and closed-lost history which open sales leads will convert.

mod artifact;
mod calibration;
mod explain;
mod features;
#[cfg(feature = "frame")]
mod frame;
mod lifecycle;
mod math;
mod metrics;
pub mod models;
mod observer;
mod schema;
mod scoring;
mod time;

pub use calibration::Calibrator;
pub use features::{AttributeColumn, Cell, EventTable, Events, Feature, FeatureKind, FeatureMatrix, LeadTable, RawEvents, TextColumn};
#[cfg(feature = "frame")]
pub use frame::{ArrowError, ArrowStream};
pub use lifecycle::Outcomes;
pub use models::Classifier;
pub use observer::{Observer, Silent};
pub use schema::{Attribute, EventColumns, Initiator, OutcomeColumns, Schema, SchemaError, canonical};
pub use time::{Span, TimeError, Timestamp};
