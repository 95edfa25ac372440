//! Predictive lead scoring: learns from closed-won and closed-lost history which open sales leads will convert.
//!
//! One kernel turns (lead, events, moment) into features, and one model file carries everything that scoring needs: a notebook, a batch job and a
//! service give the same bits for the same lead. Nothing looks ahead: a score as of a moment uses what had happened, and was known, by then.
//!
//! | features | what there is |
//! |---|---|
//! | none (`default-features = false`) | the scorer alone: [`Model::open`], [`Model::query`], [`Model::score_rows`], [`Model::engagement`], [`Model::compare`] |
//! | `fit` | the two models as linfa algorithms (`models`), training on data in memory, `datasets` |
//! | `frame` | polars tables: CSV, Parquet, Arrow; schema inference; scoring of tables |
//! | `train` (the default) | both: `Trainer`, `Retrainer` on tables |
//! | `cli` | the command line |
//!
//! ```
//! # #[cfg(feature = "train")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use leadscore::datasets::{LeadsDataset, MakeLeads};
//! use leadscore::models::logistic::LogisticParams;
//! use leadscore::{Algorithm, AsOf, Trainer};
//!
//! let made = MakeLeads::new(1500).seed(1).make().frames()?;
//! let model = Trainer::new()
//!     .algorithm(Algorithm::Logistic(LogisticParams::default().l2(10.0)))
//!     .train(&made.leads, Some(&made.events), Some(&made.outcomes))?;
//! let scores = model.score(&made.leads, Some(&made.events), &AsOf::At(LeadsDataset::end()), 3)?;
//! assert_eq!(scores.height(), 1500);
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "train"))]
//! # fn main() {}
//! ```

mod artifact;
pub mod calibration;
mod card;
#[cfg(feature = "cli")]
pub mod cli;
mod counted;
#[cfg(feature = "fit")]
pub mod datasets;
mod error;
mod explain;
mod features;
#[cfg(feature = "frame")]
pub mod frame;
pub mod identity;
#[cfg(feature = "fit")]
mod leakage;
mod lifecycle;
mod math;
pub mod metrics;
mod model;
pub mod models;
mod observer;
mod parallel;
mod schema;
mod scoring;
mod time;
#[cfg(feature = "fit")]
mod training;

pub use artifact::ArtifactError;
pub use calibration::{CalibrationError, CalibrationMethod, Calibrator, IsotonicMap, TimeOrder};
pub use card::{Card, Counts, Figures, Procedure};
pub use error::Error;
pub use explain::{AttributeChange, Comparison, ConceptChange, EventChange, Explainer, Explanation, Part, Reason, contributions};
pub use features::{
    AccountEvents, AccountTable, AttributeChanges, AttributeColumn, AttributeHistory, AttributePlan, Cell, CellError, CodedEvent,
    Engagement, EngagementError, EventTable, Events, Feature, FeatureError, FeatureFamily, FeatureKind, FeatureMatrix, FeaturePlan,
    FeatureSettings, History, LeadTable, PreparedLeads, RawEvents, Scratch, TextColumn, Unseen,
};
#[cfg(feature = "fit")]
pub use leakage::{ColumnReport, LeakageReport, Verdict, leakage_report};
pub use lifecycle::{
    LifecycleError, Observation, ObservationCounts, ObservationRules, Observations, Outcomes, Snapshots, observe, open_lead_ages,
};
pub use metrics::Evaluation;
pub use model::{Model, ModelParts};
pub use models::{Algorithm, Blend, Classifier, Constraints};
pub use observer::{Observer, Silent};
#[cfg(any(test, feature = "frame", feature = "fit"))]
pub use schema::nearest_name;
pub use schema::{Attribute, EventColumns, HistoryColumns, Initiator, OutcomeColumns, Schema, SchemaError, account_key, canonical};
#[cfg(feature = "frame")]
pub use schema::{ColumnClass, ColumnProfile, Guess, Inference};
#[cfg(feature = "frame")]
pub use scoring::{AsOf, CompareTables, comparison_frame, unseen_frame};
pub use scoring::{Compare, Event, Grades, Lead, Query, Score, ScoreNote, ScoreTable, ScoringError, Status};
pub use time::{Span, TimeError, Timestamp};
#[cfg(feature = "fit")]
pub use training::{Gate, MIN_PER_CLASS, Retrained, Retrainer, RowOrder, Target, Trainer, TrainingData, TrainingError};
