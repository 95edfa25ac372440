//! What requests say, as the library reads it. Moments are microseconds since 1970-01-01 UTC.

use leadscore::{Attribute, Event, Lead, Schema, TimeError, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The body of `POST /events`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventsBody {
    pub(crate) lead_id: String,
    pub(crate) events: Vec<EventBody>,
}

/// One event.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventBody {
    kind: String,
    at: i64,
    channel: Option<String>,
    value: Option<f64>,
    recorded_at: Option<i64>,
}

/// The body of `POST /score`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScoreBody {
    pub(crate) lead_id: String,
    /// The lead's columns by the names of the model's schema; `null` says that there is no value.
    lead: Map<String, Value>,
    /// Without it, the clock's.
    as_of: Option<i64>,
    /// All of the lead's events, instead of those that the service has been told.
    pub(crate) events: Option<Vec<EventBody>>,
    #[serde(default)]
    pub(crate) explain: usize,
}

impl EventBody {
    pub(crate) fn event(&self) -> Result<Event, TimeError> {
        let mut event = Event::new(&self.kind, Timestamp::from_micros(self.at)?);
        if let Some(channel) = &self.channel {
            event = event.channel(channel);
        }
        if let Some(value) = self.value {
            event = event.value(value);
        }
        if let Some(known) = self.recorded_at {
            event = event.recorded_at(Timestamp::from_micros(known)?);
        }
        Ok(event)
    }
}

impl ScoreBody {
    pub(crate) fn as_of(&self) -> Result<Option<Timestamp>, TimeError> {
        self.as_of.map(Timestamp::from_micros).transpose()
    }

    /// The lead; the name of a column whose value is neither a number nor a word nor yes or no.
    pub(crate) fn lead(&self, schema: &Schema) -> Result<Lead, String> {
        let mut lead = Lead::new(&self.lead_id);
        for (name, value) in &self.lead {
            let is_moment =
                schema.created_at.as_deref() == Some(name) || matches!(schema.attributes.get(name), Some(Attribute::Date { .. }));
            lead = match value {
                Value::Null => lead.missing(name),
                Value::Bool(yes) => lead.boolean(name, *yes),
                Value::String(word) => lead.text(name, word),
                Value::Number(number) if is_moment => lead.date(name, number.as_i64().ok_or_else(|| name.clone())?),
                Value::Number(number) => lead.number(name, number.as_f64().ok_or_else(|| name.clone())?),
                Value::Array(_) | Value::Object(_) => return Err(name.clone()),
            };
        }
        Ok(lead)
    }
}
