//! Outcomes, snapshots, horizon, maturity: from the history of leads to labelled observations.

mod outcome;

pub use outcome::Outcomes;
