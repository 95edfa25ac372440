//! What a model says of a lead.

use std::fmt;
use std::sync::Arc;

use crate::explain::Reason;
use crate::time::Timestamp;

/// How much a score can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// The model had what it needs.
    Scored,
    /// Every attribute is missing and nothing has happened yet, neither with the lead nor, where the model reads that, with the other leads of its account: the
    /// probability is that of such leads.
    InsufficientData,
    /// No sign of life of the lead itself (its creation or an event of its own) for longer than training ever saw in a lead: the probability is an extrapolation.
    /// Events of its account are no sign of its own life, and do not change that.
    Stale,
    /// An attribute that the model needs, or a column of the table of events, was not given at all: there is no probability.
    SchemaMismatch,
}

impl Status {
    /// `scored`, `insufficient_data`, `stale` or `schema_mismatch`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scored => "scored",
            Self::InsufficientData => "insufficient_data",
            Self::Stale => "stale",
            Self::SchemaMismatch => "schema_mismatch",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The score of one lead as of one moment.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Score {
    /// The lead's identifier.
    pub lead_id: String,
    /// The probability that the lead is won within the model's horizon, 0 to 1; NaN when [`Status::SchemaMismatch`].
    pub probability: f64,
    /// Its log-odds, to which base and contributions sum.
    pub log_odds: f64,
    /// 100 x the share of the reference population with a lower probability, 0 to 100.
    pub score: f64,
    /// The grade, for example "A"; empty when [`Status::SchemaMismatch`].
    pub grade: Arc<str>,
    /// The rank by probability among the leads of a batch, from 1 on; `None` for a lead by itself.
    pub rank: Option<u64>,
    /// How much the score can be relied on.
    pub status: Status,
    /// The columns that were needed and not given, by name; those of a table of events are written `events.at`.
    pub missing_columns: Vec<String>,
    /// The reasons asked for, heaviest first.
    pub reasons: Vec<Reason>,
    /// Which model said so.
    pub model_version: Arc<str>,
    /// The moment as of which the lead was looked at.
    pub as_of: Timestamp,
}
