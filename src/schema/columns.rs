//! The schema: which column plays which role, and of what type each attribute is.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// What the columns of leads, events and outcomes mean.
///
/// Columns of the sources that the schema does not name are ignored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Schema {
    /// Column of leads with the identifier; `None` takes the row number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_id: Option<String>,
    /// Column of leads with the moment of creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// Column of leads with the account that the lead belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Column of leads with the e-mail address that identifies the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Column of leads with the telephone number that identifies the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Column of leads by which evaluations are broken down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    /// Column of leads that says whether the person may be contacted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<String>,
    /// Column of leads with the 0/1 label of a flat table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// IANA name of the zone of timestamps and moments (`as_of`) that carry none; UTC when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Column of leads, a categorical attribute, that names the time zone (IANA) the lead lives in: nights, weekends and the hour of creation are
    /// told by the lead's own clock. Leads whose zone is missing, is no IANA name, or is on too few leads for a category of
    /// its own are in `time_zone`; aliases of the attribute say which zone another word ("PST", "UTC+2") means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_time_zone: Option<String>,
    /// Columns that the model must not read.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub exclude: BTreeSet<String>,
    /// The attributes that become features, by column name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Attribute>,
    /// The columns of the table of events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<EventColumns>,
    /// The columns of the table of outcomes, or of leads when there is no such table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcomes: Option<OutcomeColumns>,
    /// The columns of the table with the attributes' history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<HistoryColumns>,
}

/// The type of an attribute.
///
/// Written as a table, `{ type = "categorical", aliases = { "u.s." = "usa" } }`, or, without options, as the word alone: `"categorical"`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
#[non_exhaustive]
pub enum Attribute {
    /// A quantity.
    Numeric {},
    /// One of a set of words.
    Categorical {
        /// Other spellings: what is written -> what is meant. The empty word means "missing".
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        aliases: BTreeMap<String, String>,
    },
    /// Yes or no.
    Boolean {},
    /// Free text: whether it is filled in, and how long it is.
    Text {},
    /// An e-mail address: whether there is one, whether it is valid, its domain, who gives out the mailbox, and whether it is a function's.
    Email {},
    /// A telephone number: whether there is one, whether it is valid, and its country.
    Phone {
        /// ISO 3166-1 alpha-2 code, for example `DE`, of the country of numbers that are written without a calling code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        country: Option<String>,
    },
    /// A job title: the common ones as categories, and of any the seniority and the department.
    #[serde(rename = "job_title")]
    JobTitle {},
    /// A date or instant.
    Date {
        /// Whether a date later than the moment of scoring was known before it came (a planned date). Otherwise such a date is unknown.
        #[serde(default)]
        future: bool,
    },
}

/// [`Attribute`] as a table: what serde derives, kept apart so that the word alone can be read too.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
enum AttributeTable {
    Numeric {},
    Categorical {
        #[serde(default)]
        aliases: BTreeMap<String, String>,
    },
    Boolean {},
    Text {},
    Email {},
    Phone {
        #[serde(default)]
        country: Option<String>,
    },
    #[serde(rename = "job_title")]
    JobTitle {},
    Date {
        #[serde(default)]
        future: bool,
    },
}

impl From<AttributeTable> for Attribute {
    fn from(table: AttributeTable) -> Self {
        match table {
            AttributeTable::Numeric {} => Self::Numeric {},
            AttributeTable::Categorical { aliases } => Self::Categorical { aliases },
            AttributeTable::Boolean {} => Self::Boolean {},
            AttributeTable::Text {} => Self::Text {},
            AttributeTable::Email {} => Self::Email {},
            AttributeTable::Phone { country } => Self::Phone { country },
            AttributeTable::JobTitle {} => Self::JobTitle {},
            AttributeTable::Date { future } => Self::Date { future },
        }
    }
}

impl Attribute {
    /// The names of the types, as schema files write them.
    pub const TYPES: [&'static str; 8] = ["numeric", "categorical", "boolean", "text", "email", "phone", "job_title", "date"];

    /// The name of its type, for example `categorical`.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Numeric {} => "numeric",
            Self::Categorical { .. } => "categorical",
            Self::Boolean {} => "boolean",
            Self::Text {} => "text",
            Self::Email {} => "email",
            Self::Phone { .. } => "phone",
            Self::JobTitle {} => "job_title",
            Self::Date { .. } => "date",
        }
    }

    /// The type of that name, without options.
    #[must_use]
    pub fn from_type_name(name: &str) -> Option<Self> {
        Some(match name {
            "numeric" => Self::Numeric {},
            "categorical" => Self::Categorical { aliases: BTreeMap::new() },
            "boolean" => Self::Boolean {},
            "text" => Self::Text {},
            "email" => Self::Email {},
            "phone" => Self::Phone { country: None },
            "job_title" => Self::JobTitle {},
            "date" => Self::Date { future: false },
            _ => return None,
        })
    }
}

impl<'de> Deserialize<'de> for Attribute {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AttributeVisitor;
        impl<'de> Visitor<'de> for AttributeVisitor {
            type Value = Attribute;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "a type ({}) or a table such as {{ type = \"categorical\", aliases = {{}} }}", Attribute::TYPES.join(", "))
            }
            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Attribute, E> {
                Attribute::from_type_name(name).ok_or_else(|| E::unknown_variant(name, &Attribute::TYPES))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Attribute, A::Error> {
                AttributeTable::deserialize(MapAccessDeserializer::new(map)).map(Attribute::from).map_err(A::Error::custom)
            }
        }
        deserializer.deserialize_any(AttributeVisitor)
    }
}

/// The columns of the table of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct EventColumns {
    /// The lead it belongs to.
    pub lead_id: String,
    /// When it happened.
    pub at: String,
    /// What happened.
    pub kind: String,
    /// Where or through what it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// A quantity that it carries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// When it became known, if later than it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<String>,
    /// Named groups of kinds: each is counted like a kind of its own, and is called otherwise than every kind.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<String, Vec<String>>,
    /// Named signs of the intent to buy, each one or more kinds (pricing page, demo request, comparison of competitors): counted like
    /// groups, and how many different ones there were.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub intents: BTreeMap<String, Vec<String>>,
    /// Who starts events of a kind. When given, only kinds that the lead starts become features by default.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub initiator: BTreeMap<String, Initiator>,
}

/// Who starts an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Initiator {
    /// The lead.
    Lead,
    /// Somebody of sales.
    Sales,
    /// A program.
    System,
}

/// The columns that say how a lead ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct OutcomeColumns {
    /// The lead; not needed when the columns stand on leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_id: Option<String>,
    /// Whether it was won: a boolean, 0/1, or a word of `won_values`.
    pub won: String,
    /// When it closed.
    pub closed_at: String,
    /// What the deal was worth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// When the outcome became known, if later than it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<String>,
    /// The words of the `won` column that mean won.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub won_values: Option<Vec<String>>,
    /// The words that mean lost. When given, any other word means "still open", and the table may hold a history of
    /// several statuses a lead; otherwise every word that is not of `won_values` means lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost_values: Option<Vec<String>>,
}

/// The columns of the table with the attributes' history: one row for each value that an attribute of a lead took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct HistoryColumns {
    /// The lead.
    pub lead_id: String,
    /// The attribute: the name of a column of leads.
    pub column: String,
    /// Its value, as the column of leads would hold it.
    pub value: String,
    /// From when on it was known.
    pub valid_from: String,
}

/// `lead_id`, `column`, `value`, `valid_from`.
impl Default for HistoryColumns {
    fn default() -> Self {
        Self::new("lead_id", "column", "value", "valid_from")
    }
}

/// What is wrong with a schema.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// A column that the schema names and the table lacks.
    #[error("{table} has no column \"{column}\"{}; available: {available}", suggestion.as_ref().map(|s| format!("; did you mean \"{s}\"?")).unwrap_or_default())]
    MissingColumn {
        /// `leads`, `events` or `outcomes`.
        table: &'static str,
        /// The column looked for.
        column: String,
        /// The nearest name that the table has.
        suggestion: Option<String>,
        /// The names that it has.
        available: String,
    },
    /// A column of a type that its role cannot have.
    #[error("{table}.{column} is {found}, which cannot be {wanted}; {advice}")]
    WrongType {
        /// `leads`, `events` or `outcomes`.
        table: &'static str,
        /// The column.
        column: String,
        /// Its type.
        found: String,
        /// What it was to be read as.
        wanted: String,
        /// What to do.
        advice: String,
    },
    /// Two statements that contradict each other.
    #[error("{message}")]
    Contradiction {
        /// What contradicts what, and what to do.
        message: String,
    },
    /// A schema file that cannot be read.
    #[error("the schema cannot be read: {message}")]
    Unreadable {
        /// Where and why.
        message: String,
    },
}

#[cfg(feature = "frame")]
impl SchemaError {
    /// The same of a table that is one of two of its kind, and goes by another name.
    pub(crate) fn called(mut self, known: &str, name: &'static str) -> Self {
        if let Self::MissingColumn { table, .. } | Self::WrongType { table, .. } = &mut self
            && *table == known
        {
            *table = name;
        }
        self
    }
}
