//! What can be wrong with settings, attribute values and incremental states.

use crate::time::Timestamp;

/// What is wrong with the settings of features, or with a table that is read by a plan.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FeatureError {
    /// A setting that cannot be used.
    #[error("features.{setting} {message}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// What was found, and what to do.
        message: String,
    },
    /// An attribute value that cannot be read.
    #[error("leads, row {row} (lead \"{id}\"): {source}")]
    Cell {
        /// Row of the table of leads, counted from 0.
        row: usize,
        /// The lead's identifier.
        id: String,
        /// What is wrong.
        source: CellError,
    },
    /// A group of kinds that is called like a kind which events have.
    #[error(
        "the group \"{group}\" of events is called like a kind that events have, and nobody could tell their features apart; give the group another name in the schema, for example \"any_{group}\""
    )]
    GroupLikeKind {
        /// The name, in canonical form.
        group: String,
    },
    /// A plan of more features than can be stored.
    #[error("{found} features are more than {limit}; name the kinds of events that matter (features.kinds), or give fewer windows")]
    TooMany {
        /// How many there would be.
        found: usize,
        /// The limit.
        limit: usize,
    },
}

/// What is wrong with one attribute value.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CellError {
    /// A value of a type that the attribute cannot have.
    #[error(
        "\"{attribute}\" is {found}, but the model reads {wanted}; convert the column, or change its type in the schema and train again"
    )]
    WrongType {
        /// The attribute.
        attribute: String,
        /// What was found.
        found: String,
        /// What is read.
        wanted: &'static str,
    },
    /// The creation of a lead as anything but a moment.
    #[error("\"{attribute}\" is {found}, and must be a moment; give a timestamp, made of the text or of the number by its unit")]
    NoMoment {
        /// The column with the moment of creation.
        attribute: String,
        /// What was found.
        found: String,
    },
    /// A number that is infinite, or too large for 32 bits.
    #[error("\"{attribute}\" is {value:?}, which is not a finite 32-bit number; leave it empty when it is not known")]
    NotFinite {
        /// The attribute.
        attribute: String,
        /// The value found.
        value: f64,
    },
    /// A word or number that is neither yes nor no.
    #[error("\"{attribute}\" is \"{found}\", which is neither yes nor no; write one of yes, no, true, false, y, n, t, f, 1, 0")]
    NotYesOrNo {
        /// The attribute.
        attribute: String,
        /// The value found.
        found: String,
    },
    /// An index beyond the plan's attributes.
    #[error("the plan reads {count} attributes, there is none of index {index}")]
    NoSuchAttribute {
        /// The index asked for.
        index: usize,
        /// How many attributes there are.
        count: usize,
    },
}

/// Why an incremental state refuses an event or a moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EngagementError {
    /// An event that belongs before events already folded.
    #[error(
        "the event at {} comes before events already folded, the last at {}; rebuild the state from all of the lead's events (Engagement::from_events)",
        moment(*at), moment(*folded_through)
    )]
    TooLate {
        /// When the event happened, microseconds since 1970-01-01 UTC.
        at: i64,
        /// When the newest folded event happened.
        folded_through: i64,
    },
    /// A moment whose windows reach into events already folded.
    #[error(
        "the state cannot look back to {}: it has folded events that matter then, and answers from {} on; for an earlier moment use all of the lead's events instead of the state",
        moment(*as_of), moment(*answers_from)
    )]
    TooEarly {
        /// The moment asked for, microseconds since 1970-01-01 UTC.
        as_of: i64,
        /// The earliest moment that the state can answer for.
        answers_from: i64,
    },
    /// A moment at which an event is known that came from ahead of the clock and was not kept.
    #[error(
        "the state cannot look ahead to {}: it has not kept all of the many events recorded ahead of the clock, and answers up to {}; then rebuild it from all of the lead's events (Engagement::from_events)",
        moment(*as_of), moment(*answers_before)
    )]
    TooFar {
        /// The moment asked for, microseconds since 1970-01-01 UTC.
        as_of: i64,
        /// The first moment that the state cannot answer for.
        answers_before: i64,
    },
    /// A state that was built by another plan.
    #[error(
        "the state was built by a feature plan with other kinds, windows or half-lives; rebuild it from the lead's events (Engagement::from_events)"
    )]
    OtherPlan,
    /// Stored bytes of a format that this version of the library does not know yet.
    #[error(
        "the stored engagement is of format {found}, and this version of leadscore reads formats up to {supported}; upgrade leadscore, or rebuild the state from all of the lead's events (Engagement::from_events)"
    )]
    FutureVersion {
        /// The format of the bytes.
        found: u32,
        /// The newest format that can be read.
        supported: u32,
    },
    /// Stored bytes whose content is not what was written.
    #[error(
        "the stored engagement is damaged: its content does not match its checksum; read it again from where it is stored, or rebuild the state from all of the lead's events (Engagement::from_events)"
    )]
    Damaged,
    /// Bytes that are no state, or not a whole one.
    #[error("this is not a stored engagement: {message}")]
    Malformed {
        /// What is wrong with it.
        message: String,
    },
}

/// An instant as text; the number itself when it is outside the calendar.
fn moment(micros: i64) -> String {
    Timestamp::from_micros(micros).map_or_else(|_| format!("{micros} us"), |t| t.to_string())
}
