//! What can be wrong with a lead that is to be scored.

use crate::counted::counted;
use crate::features::{CellError, EngagementError, FeatureError};
use crate::time::{TimeError, Timestamp};

/// What is wrong with leads, events or moments given to a model.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ScoringError {
    /// An attribute of one lead that the model cannot read.
    #[error("lead \"{lead}\", attribute \"{attribute}\": {source}")]
    Attribute {
        /// The lead's identifier.
        lead: String,
        /// The attribute's name.
        attribute: String,
        /// What is wrong with it.
        source: CellError,
    },
    /// The value of an event that is not finite as a 32-bit number.
    #[error(
        "{}event {position} (\"{kind}\"): the value {value:?} is not finite as a 32-bit number; give a smaller one or none",
        if lead.is_empty() { String::new() } else { format!("lead \"{lead}\", ") }
    )]
    EventValue {
        /// The lead's identifier; empty for a state, which knows no lead.
        lead: String,
        /// Index of the event among those given.
        position: usize,
        /// Its kind.
        kind: String,
        /// Its value.
        value: f64,
    },
    /// The value of an event for a state that is not finite as a 32-bit number.
    #[error("the event \"{kind}\": the value {value:?} is not finite as a 32-bit number; give a smaller one or none")]
    PushedValue {
        /// The event's kind.
        kind: String,
        /// Its value.
        value: f64,
    },
    /// A table of leads that the model cannot read.
    #[error(transparent)]
    Features(#[from] FeatureError),
    /// A state of events that cannot answer.
    #[error(transparent)]
    Engagement(#[from] EngagementError),
    /// Columns that the model needs and the lead does not mention.
    #[error("lead \"{lead}\" does not mention {columns}, which the model reads; give a value, or say that it is missing")]
    MissingColumns {
        /// The lead's identifier.
        lead: String,
        /// The names, with commas.
        columns: String,
    },
    /// Two leads to be compared that are not one.
    #[error(
        "lead \"{before}\" cannot be compared with lead \"{after}\": a comparison says why the score of one lead changed; give that lead as it was and as it is"
    )]
    OtherLead {
        /// The identifier of the lead given first.
        before: String,
        /// The identifier of the lead given second.
        after: String,
    },
    /// Two moments to be compared, the later of which is the earlier.
    #[error("the later moment, {after}, is before the earlier one, {before}; give them in the order of time")]
    Backwards {
        /// The moment given first.
        before: Timestamp,
        /// The moment given second.
        after: Timestamp,
    },
    /// Columns of events of different lengths, or offsets outside them.
    #[error("the columns of the table of events do not fit each other; make it with the plan's lead_events")]
    Events,
    /// Moments that do not fit the leads.
    #[error("{} given for {}; give one for each lead", counted(*moments, "moment"), counted(*leads, "lead"))]
    Moments {
        /// How many moments.
        moments: usize,
        /// How many leads.
        leads: usize,
    },
    /// A moment outside the years that can be scored.
    #[error("row {row} of leads, {what}: {source}")]
    OutOfRange {
        /// The column, or what it is the time of.
        what: String,
        /// Index of the lead.
        row: usize,
        /// What is wrong with it.
        source: TimeError,
    },
    /// A reference distribution from which no grades can be made.
    #[error("grades need out-of-fold log-odds that are finite numbers: {found}")]
    Reference {
        /// What was found.
        found: String,
    },
    /// Cut-offs between grades that contradict each other.
    #[error("grade cut-offs must be probabilities in falling order, each with its own name: {found}")]
    Cuts {
        /// What was found.
        found: String,
    },
}

impl ScoringError {
    /// The same, with the row of an out-of-range moment translated.
    pub(super) fn at_row(self, translate: impl FnOnce(usize) -> usize) -> Self {
        match self {
            Self::OutOfRange { what, row, source } => Self::OutOfRange { what, row: translate(row), source },
            other => other,
        }
    }
}
