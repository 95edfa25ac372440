//! Golden rows: synthetic leads with the scores that they had when the model was made.
//!
//! They are made of the plan's own vocabularies and of constants, so they hold nothing of a person. They go through the whole path of a
//! query, so that a platform or a later version that would score differently is found before it scores anybody.

use serde::{Deserialize, Serialize};

use super::{ArtifactError, malformed};
use crate::error::Error;
use crate::features::{AttributePlan, Cell, FeaturePlan};
use crate::model::Model;
use crate::schema::{Attribute, Schema};
use crate::scoring::{Event, Lead};
use crate::time::{MICROS_PER_DAY, MICROS_PER_HOUR, TimeError, Timestamp};

/// How many golden rows a model gets.
const ROWS: usize = 8;
/// The moment around which they lie: 2024-01-01T00:00:00 UTC.
const EPOCH: i64 = 1_704_067_200_000_000;
/// Numbers of every size that sources hold.
const NUMBERS: [f64; 10] = [0.0, 1.0, -1.0, 0.5, 3.0, 12.0, 47.25, 1234.567, 1e6, -250.0];

/// One synthetic lead, its events, and its log-odds. Floats are kept as bits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GoldenRow {
    created_at: Option<i64>,
    as_of: i64,
    attributes: Vec<(String, GoldenCell)>,
    events: Vec<GoldenEvent>,
    log_odds: u64,
    /// The events of the account's other leads; `None` when nothing is known of it, as in every row of a model that reads no accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<Vec<GoldenEvent>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum GoldenCell {
    Missing,
    Number(u64),
    Bool(bool),
    Text(String),
    Time(i64),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct GoldenEvent {
    kind: String,
    channel: Option<String>,
    at: i64,
    recorded_at: Option<i64>,
    value: Option<u64>,
    /// Which of the account's other leads it happened with; `None` where no model asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    of_lead: Option<u8>,
}

/// The golden rows of a model: one of whom nothing is known, one with events alone, and others of everything.
pub(crate) fn golden_rows(model: &Model) -> Result<Vec<GoldenRow>, Error> {
    let mut random = SplitMix(EPOCH as u64);
    let mut of_others = SplitMix(EPOCH as u64 + 1);
    (0..ROWS)
        .map(|i| {
            let as_of = EPOCH + (random.below(700) as i64) * MICROS_PER_DAY + random.below(86_400_000_000) as i64;
            let created_at = (i > 0).then(|| as_of - (random.below(200) as i64) * MICROS_PER_DAY - 1);
            let share_missing = if i < 2 { 100 } else { 20 };
            let attributes = attributes(model, share_missing, as_of, &mut random);
            let events = if i % 2 == 0 { Vec::new() } else { events(model.plan(), as_of, &mut random) };
            // Of some nothing is known of the account; of one it is known that nothing happened.
            let account = (model.plan().needs_account() && i % 3 > 0).then(|| match i {
                1 => Vec::new(),
                _ => account_events(model.plan(), as_of, &mut of_others),
            });
            let mut row = GoldenRow { created_at, as_of, attributes, events, log_odds: 0, account };
            row.log_odds = row.score(model)?.to_bits();
            Ok(row)
        })
        .collect()
}

/// Scores every golden row again.
pub(crate) fn verify(model: &Model) -> Result<(), ArtifactError> {
    if model.content().golden.is_empty() {
        return Err(malformed("it holds no golden rows to verify it by".to_owned()));
    }
    for (row, golden) in model.content().golden.iter().enumerate() {
        let found = golden.score(model).map_err(|error| malformed(format!("golden row {row} cannot be scored: {error}")))?;
        if found.to_bits() != golden.log_odds {
            return Err(ArtifactError::GoldenMismatch { row, expected: f64::from_bits(golden.log_odds), found });
        }
    }
    Ok(())
}

impl GoldenRow {
    fn score(&self, model: &Model) -> Result<f64, Error> {
        let lead = self.attributes.iter().fold(Lead::new("golden"), |lead, (name, cell)| lead.cell(name, cell.as_cell()));
        let lead = match self.created_at {
            Some(at) => lead.created_at(Timestamp::from_micros(at)?),
            None => lead.missing(model.created_at_column()),
        };
        let made = |events: &[GoldenEvent]| events.iter().map(GoldenEvent::event).collect::<Result<Vec<Event>, _>>();
        let (events, account) = (made(&self.events)?, self.account.as_deref().map(made).transpose()?);
        let query = model.query(&lead).events(&events).as_of(Timestamp::from_micros(self.as_of)?);
        Ok(account.iter().fold(query, |query, events| query.account(events)).score()?.log_odds)
    }

    /// How many events of the account it holds; `None` when nothing is known of it.
    #[cfg(test)]
    pub(crate) fn account_events(&self) -> Option<usize> {
        self.account.as_ref().map(Vec::len)
    }

    /// Whether it would score otherwise if nothing were known of the account.
    #[cfg(test)]
    pub(crate) fn depends_on_the_account(&self, model: &Model) -> bool {
        let without = Self { account: None, ..self.clone() };
        without.score(model).is_ok_and(|log_odds| log_odds.to_bits() != self.log_odds)
    }
}

impl GoldenCell {
    fn as_cell(&self) -> Cell<'_> {
        match self {
            Self::Missing => Cell::Missing,
            Self::Number(bits) => Cell::Number(f64::from_bits(*bits)),
            Self::Bool(b) => Cell::Bool(*b),
            Self::Text(word) => Cell::Text(word),
            Self::Time(t) => Cell::Time(*t),
        }
    }
}

impl GoldenEvent {
    fn event(&self) -> Result<Event, TimeError> {
        let mut event = Event::new(&self.kind, Timestamp::from_micros(self.at)?);
        if let Some(channel) = &self.channel {
            event = event.channel(channel);
        }
        if let Some(bits) = self.value {
            event = event.value(f64::from_bits(bits));
        }
        if let Some(lead) = self.of_lead {
            event = event.of_lead(lead.to_string());
        }
        match self.recorded_at {
            Some(known) => Ok(event.recorded_at(Timestamp::from_micros(known)?)),
            None => Ok(event),
        }
    }
}

fn attributes(model: &Model, percent_missing: u64, as_of: i64, random: &mut SplitMix) -> Vec<(String, GoldenCell)> {
    let plan = model.plan();
    let mut known = |(i, attribute): (usize, &AttributePlan)| {
        let known = if random.below(100) < percent_missing { GoldenCell::Missing } else { cell(model.schema(), attribute, as_of, random) };
        // A plan may refuse what the schema seems to allow; the row is to be scored all the same.
        let known = if plan.prepare(i, known.as_cell()).is_ok() { known } else { GoldenCell::Missing };
        (attribute.name().to_owned(), known)
    };
    let mut cells: Vec<(String, GoldenCell)> = Vec::new();
    for (i, attribute) in plan.attributes().iter().enumerate() {
        // The parts of one column stand beside each other.
        if cells.last().is_none_or(|(name, _)| name != attribute.name()) {
            cells.push(known((i, attribute)));
        }
    }
    cells
}

fn text(words: &[&str], random: &mut SplitMix) -> GoldenCell {
    GoldenCell::Text(words[random.below(words.len() as u64) as usize].to_owned())
}

fn cell(schema: &Schema, attribute: &AttributePlan, as_of: i64, random: &mut SplitMix) -> GoldenCell {
    match schema.attributes.get(attribute.name()) {
        Some(Attribute::Numeric {}) => GoldenCell::Number(random.pick(&NUMBERS).unwrap_or(0.0).to_bits()),
        Some(Attribute::Categorical { .. }) => {
            let known = random.pick(attribute.categories());
            GoldenCell::Text(known.filter(|_| random.below(5) > 0).unwrap_or_else(|| "a category never seen".to_owned()))
        }
        Some(Attribute::Boolean {}) => GoldenCell::Bool(random.below(2) == 1),
        Some(Attribute::Text {}) => GoldenCell::Text("please send a quote".to_owned()),
        Some(Attribute::Email {}) => text(&["someone@example.com", "info@example.org", "Someone@GMAIL.com", "no address"], random),
        Some(Attribute::Phone { .. }) => text(&["+1 202 555 0100", "+49 (0)30 23125 000", "0171 39200 01", "no number"], random),
        Some(Attribute::JobTitle {}) => text(&["VP of Sales", "Software Engineer", "Geschäftsführer", "untitled"], random),
        Some(Attribute::Date { .. }) => GoldenCell::Time(as_of + (30 - random.below(400) as i64) * MICROS_PER_DAY),
        None => GoldenCell::Missing,
    }
}

fn events(plan: &FeaturePlan, as_of: i64, random: &mut SplitMix) -> Vec<GoldenEvent> {
    let kinds: Vec<String> = plan.kinds().map(str::to_owned).collect();
    let n = 3 + random.below(10);
    (0..n)
        .map(|_| {
            // Some lie after the moment, and some became known after it: they must not count.
            let at = as_of + (48 - random.below(24 * 120) as i64) * MICROS_PER_HOUR + random.below(MICROS_PER_HOUR as u64) as i64;
            GoldenEvent {
                kind: random.pick(&kinds).filter(|_| random.below(10) > 0).unwrap_or_else(|| "a kind never seen".to_owned()),
                channel: random.pick(plan.channels()).filter(|_| random.below(4) > 0),
                at,
                recorded_at: (random.below(4) == 0).then(|| at + random.below(20) as i64 * MICROS_PER_DAY),
                value: (random.below(2) == 0).then(|| random.pick(&NUMBERS).unwrap_or(1.0).to_bits()),
                of_lead: None,
            }
        })
        .collect()
}

/// Events of an account, each of one of three leads where the plan must tell them apart.
fn account_events(plan: &FeaturePlan, as_of: i64, random: &mut SplitMix) -> Vec<GoldenEvent> {
    let mut events = events(plan, as_of, random);
    if plan.needs_account_answers() {
        events.iter_mut().for_each(|event| event.of_lead = Some(random.below(3) as u8));
    }
    events
}

/// SplitMix64 (Steele, Lea and Flood 2014).
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`. The bias of the remainder is of no concern here.
    fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        let at = self.below(from.len() as u64) as usize;
        from.get(at).cloned()
    }
}
