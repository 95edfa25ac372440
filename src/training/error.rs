//! Why a training was refused.

/// Why a training was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrainingError {
    /// A table of leads without rows.
    #[error("leads has no rows; give the leads whose outcome is known, and the open ones if you have them")]
    NoLeads,
    /// Too few wins or losses to learn from.
    #[error(
        "training needs at least {needed} won and {needed} lost {unit}, and found {won} won and {lost} lost{detail}; \
         give a longer history{advice}"
    )]
    TooFew {
        /// The stated minimum of each.
        needed: usize,
        /// What was counted.
        unit: &'static str,
        /// How many were won.
        won: usize,
        /// How many were not.
        lost: usize,
        /// What became of the others.
        detail: String,
        /// What else may help.
        advice: &'static str,
    },
    /// A share of won leads that is none.
    #[error("prior must be a share above 0 and below 1. Got {prior}")]
    BadPrior {
        /// What was given.
        prior: String,
    },
    /// Only one of the two outcomes occurs.
    #[error("all {n} {unit} are {class}; a model needs both won and lost ones{detail}")]
    OneClass {
        /// How many.
        n: usize,
        /// What was counted.
        unit: &'static str,
        /// The only class found.
        class: &'static str,
        /// What became of the others.
        detail: String,
    },
    /// Neither outcomes nor a label.
    #[error(
        "nothing says how leads ended: give a table of outcomes, outcome columns on leads (schema.outcomes), or a label column (label = \"...\")"
    )]
    NoTarget,
    /// Outcomes without a moment of creation to observe from.
    #[error(
        "outcomes need leads with a moment of creation: name the column in schema.created_at, or give a flat table with a label column"
    )]
    NoCreation,
    /// Events beside a label without times.
    #[error(
        "a flat table (label \"{label}\") has no moment of closing, so events would tell the future; give outcomes with closed_at instead of a label, or leave the events out"
    )]
    EventsWithLabel {
        /// The label column.
        label: String,
    },
    /// A history of attributes beside a label without times.
    #[error(
        "a flat table has no moments at which a history of attributes could be seen; give outcomes with closed_at instead of a label, or leave the history out"
    )]
    HistoryWithLabel,
    /// A table whose columns the schema does not name.
    #[error(
        "a table of {table} is given, but the schema does not say what its columns mean; name them in schema.{table}, or leave the table out"
    )]
    Undeclared {
        /// The table.
        table: &'static str,
    },
    /// Weights that do not fit the leads.
    #[error("weights must be one positive finite number per lead. Got {message}")]
    BadWeights {
        /// What was found.
        message: String,
    },
    /// No usable feature.
    #[error(
        "no column of the sources varies over the observed leads, so there is nothing to learn from; check schema.attributes and exclude"
    )]
    NoFeatures,
    /// A thread count of 0.
    #[error("threads must be at least 1. Got 0")]
    NoThreads,
    /// The pool of threads could not be started.
    #[error("the threads could not be started: {message}")]
    Threads {
        /// The system's reason.
        message: String,
    },
    /// A moment that has not come.
    #[error("as_of = {as_of} lies in the future: open leads would count as lost; give a moment that has passed")]
    FutureAsOf {
        /// The moment asked for.
        as_of: String,
    },
    /// A moment that no data reaches.
    #[error("no lead was created by as_of = {as_of}; the oldest one was created {oldest}")]
    BeforeTheData {
        /// The moment asked for.
        as_of: String,
        /// The oldest creation.
        oldest: String,
    },
    /// Nothing to evaluate on.
    #[error("no snapshot is mature, so there is nothing to evaluate on; give leads whose horizon has passed by as_of, with their outcomes")]
    NothingMature,
    /// A gate with a setting out of range.
    #[error("gate: {name} must be a finite number of at least 0 (min_positives at least 1). Got {value}")]
    BadGate {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: String,
    },
}

impl TrainingError {
    /// `data` or `config`.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NoLeads | Self::TooFew { .. } | Self::OneClass { .. } | Self::NoFeatures | Self::NothingMature => "data",
            _ => "config",
        }
    }
}
