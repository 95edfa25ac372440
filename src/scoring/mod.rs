//! Scoring: one lead inline, or a table of leads. Needs only features, the models' predict, calibration and explain.

#[cfg(feature = "frame")]
mod as_of;
mod batch;
#[cfg(feature = "frame")]
mod chunked;
mod compare;
#[cfg(feature = "frame")]
mod compare_tables;
mod error;
mod event;
mod grades;
mod lead;
mod moment;
mod note;
mod query;
mod score;
#[cfg(feature = "frame")]
mod tables;
mod unseen;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

#[cfg(feature = "frame")]
pub use as_of::AsOf;
pub use batch::ScoreTable;
pub use compare::Compare;
#[cfg(feature = "frame")]
pub use compare_tables::{CompareTables, comparison_frame};
pub use error::ScoringError;
pub use event::Event;
pub use grades::Grades;
pub use lead::Lead;
pub use note::ScoreNote;
pub use query::Query;
pub use score::{Score, Status};
#[cfg(feature = "cli")]
pub(crate) use tables::Reasons;
#[cfg(feature = "frame")]
pub use tables::unseen_frame;
