//! Scoring: one lead inline, or a table of leads. Needs only features, the models' predict, calibration and explain.

mod batch;
#[cfg(feature = "frame")]
mod chunked;
mod compare;
mod error;
mod event;
mod grades;
mod lead;
mod moment;
mod query;
mod score;
#[cfg(feature = "frame")]
mod tables;
mod unseen;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

pub use batch::ScoreTable;
pub use compare::Compare;
pub use error::ScoringError;
pub use event::Event;
pub use grades::Grades;
pub use lead::Lead;
pub use query::Query;
pub use score::{Score, Status};
#[cfg(feature = "cli")]
pub(crate) use tables::Reasons;
#[cfg(feature = "frame")]
pub use tables::{AsOf, unseen_frame};
