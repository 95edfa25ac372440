//! Outcomes, snapshots, horizon, maturity: from the history of leads to labelled observations.

mod observe;
mod outcome;
mod snapshot;

pub use observe::{LifecycleError, Observation, ObservationCounts, ObservationRules, Observations, observe};
pub use outcome::Outcomes;
pub use snapshot::{Snapshots, open_lead_ages};
