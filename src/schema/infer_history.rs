//! Inference over events and outcomes, and over outcome columns that stand on leads.

use std::collections::BTreeSet;

use super::infer::{Guess, Leads};
use super::names::snake;
use super::recognise as names;
use super::{ColumnClass, ColumnProfile, EventColumns, OutcomeColumns, Schema, SchemaError};

/// A table of which the roles are being found.
struct Search<'a> {
    table: &'static str,
    columns: &'a [ColumnProfile],
    exclude: &'a BTreeSet<&'a str>,
    guesses: Vec<Guess>,
}

impl<'a> Search<'a> {
    fn free(&self) -> impl Iterator<Item = &'a ColumnProfile> + '_ {
        self.columns.iter().filter(|c| !self.exclude.contains(c.name.as_str()) && !self.guesses.iter().any(|g| g.column == c.name))
    }

    /// The column whose name comes first in `wanted` and that passes the test.
    fn named(&mut self, role: &str, wanted: &[&str], test: impl Fn(&ColumnProfile) -> bool) -> Option<&'a ColumnProfile> {
        let found = wanted.iter().find_map(|w| self.free().find(|c| snake(&c.name) == *w && test(c)))?;
        self.take(found, role, "by its name");
        Some(found)
    }

    /// The only column that passes the test.
    fn only(&mut self, role: &str, reason: &str, test: impl Fn(&ColumnProfile) -> bool) -> Option<&'a ColumnProfile> {
        let found: Vec<_> = self.free().filter(|c| test(c)).collect();
        let [only] = found.as_slice() else { return None };
        self.take(only, role, reason);
        Some(only)
    }

    fn take(&mut self, column: &ColumnProfile, role: &str, reason: &str) {
        let (read_as, reason) = (role.to_owned(), reason.to_owned());
        self.guesses.push(Guess { table: self.table, column: column.name.clone(), read_as, reason });
    }

    fn lead_id(&mut self, schema: &Schema) -> Result<String, SchemaError> {
        let same = schema.lead_id.as_deref().map(snake).unwrap_or_default();
        let mut wanted = vec![same.as_str()];
        wanted.extend(names::LEAD_ID);
        self.named("lead_id", &wanted, |_| true).map(|c| c.name.clone()).ok_or_else(|| self.untold("lead_id", "the lead's identifier"))
    }

    fn untold(&self, role: &str, meaning: &str) -> SchemaError {
        let columns = self.columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ");
        let message = format!("cannot tell which column of {} is {meaning} (of {columns}); declare {0}.{role} in the schema", self.table);
        SchemaError::Contradiction { message }
    }

    /// The guesses in the order of the columns; what has no role is not read.
    fn finish(self, all: &mut Vec<Guess>) {
        for column in self.columns {
            match self.guesses.iter().find(|g| g.column == column.name) {
                Some(guess) => all.push(guess.clone()),
                None => {
                    let excluded = self.exclude.contains(column.name.as_str());
                    let reason = if excluded { "excluded by the caller" } else { "no role is known for it" }.to_owned();
                    all.push(Guess { table: self.table, column: column.name.clone(), read_as: "left out".to_owned(), reason });
                }
            }
        }
    }
}

pub(super) fn events(
    columns: &[ColumnProfile],
    schema: &Schema,
    exclude: &BTreeSet<&str>,
    guesses: &mut Vec<Guess>,
) -> Result<EventColumns, SchemaError> {
    let mut search = Search { table: "events", columns, exclude, guesses: Vec::new() };
    let lead_id = search.lead_id(schema)?;
    let recorded_at = search.named("recorded_at", &names::RECORDED_AT, ColumnProfile::holds_times);
    let at = search
        .named("at", &names::AT, ColumnProfile::holds_times)
        .or_else(|| search.named("at", &names::CREATED_AT, ColumnProfile::holds_times))
        .or_else(|| search.only("at", "the only column of times", ColumnProfile::holds_times))
        // A number under the right name: the reader explains what to do with it.
        .or_else(|| search.named("at", &names::AT, |_| true))
        .ok_or_else(|| search.untold("at", "the moment"))?;
    let is_word = |c: &ColumnProfile| c.class == ColumnClass::Words;
    let kind = search
        .named("kind", &names::KIND, is_word)
        .or_else(|| search.only("kind", "the only column of words", is_word))
        .ok_or_else(|| search.untold("kind", "the kind"))?;
    let channel = search.named("channel", &names::CHANNEL, is_word);
    let value = search.named("value", &names::VALUE, |c| matches!(c.class, ColumnClass::Integers | ColumnClass::Numbers));
    let mut result = EventColumns::new(lead_id, at.name.clone(), kind.name.clone());
    result.recorded_at = recorded_at.map(|c| c.name.clone());
    result.channel = channel.map(|c| c.name.clone());
    result.value = value.map(|c| c.name.clone());
    search.finish(guesses);
    Ok(result)
}

pub(super) fn outcomes(
    columns: &[ColumnProfile],
    schema: &Schema,
    exclude: &BTreeSet<&str>,
    guesses: &mut Vec<Guess>,
) -> Result<OutcomeColumns, SchemaError> {
    let mut search = Search { table: "outcomes", columns, exclude, guesses: Vec::new() };
    let lead_id = search.lead_id(schema)?;
    let recorded_at = search.named("recorded_at", &names::RECORDED_AT, ColumnProfile::holds_times);
    let closed_at = search
        .named("closed_at", &names::CLOSED_AT, |_| true)
        .or_else(|| search.named("closed_at", &names::AT, ColumnProfile::holds_times))
        .or_else(|| search.only("closed_at", "the only column of times", ColumnProfile::holds_times))
        .ok_or_else(|| search.untold("closed_at", "the moment of closing"))?;
    let won = search
        .named("won", &names::WON, |c| Words::of(c).is_some())
        .ok_or_else(|| search.untold("won", "won or lost, with words that say so"))?;
    let worth = search.named("value", &names::WORTH, |c| matches!(c.class, ColumnClass::Integers | ColumnClass::Numbers));
    let mut result = OutcomeColumns::new(won.name.clone(), closed_at.name.clone()).lead_id(lead_id);
    result.recorded_at = recorded_at.map(|c| c.name.clone());
    result.value = worth.map(|c| c.name.clone());
    if let Some(words) = Words::of(won) {
        words.apply(&mut result);
    }
    search.finish(guesses);
    Ok(result)
}

impl Leads<'_> {
    /// Outcome columns that stand on leads: one that says won, one that says when.
    pub(super) fn outcomes_on_leads(&mut self) {
        let closed = self.named(&names::CLOSED_AT, ColumnProfile::holds_times).map(|c| c.name.clone());
        let Some(closed) = closed else { return };
        let won = self.named(&names::WON, |c| Words::of(c).is_some()).map(|c| (c.name.clone(), Words::of(c)));
        let Some((won, words)) = won else { return };
        let worth =
            self.named(&["deal_value", "deal_size", "won_amount"], |c| matches!(c.class, ColumnClass::Integers | ColumnClass::Numbers));
        let mut columns = OutcomeColumns::new(won.clone(), closed.clone());
        columns.value = worth.map(|c| c.name.clone());
        if let Some(words) = words {
            words.apply(&mut columns);
        }
        self.guess(&won, "outcomes.won", "by its name and its words, beside a column that says when leads closed");
        self.guess(&closed, "outcomes.closed_at", "by its name");
        if let Some(worth) = columns.value.clone() {
            self.guess(&worth, "outcomes.value", "by its name");
        }
        self.schema.outcomes = Some(columns);
    }
}

/// How a column's words say won and lost.
enum Words {
    /// In words that need no explanation.
    Plain,
    /// In a source's own words, of which some mean neither.
    Own { won: Vec<String>, lost: Vec<String> },
}

impl Words {
    /// `None` when the column's words do not say which leads were won.
    fn of(column: &ColumnProfile) -> Option<Self> {
        if column.class == ColumnClass::Booleans || column.all_words(|w| crate::frame::known_word(w).is_some()) {
            return Some(Self::Plain);
        }
        if column.class != ColumnClass::Words || column.words.len() != column.n_distinct {
            return None;
        }
        let holding = |part: &str, default: bool| -> Vec<String> {
            let says = |w: &&String| {
                crate::frame::known_word(w) == Some(default) || w.split(|c: char| !c.is_alphanumeric()).any(|piece| piece == part)
            };
            column.words.iter().filter(says).cloned().collect()
        };
        let (won, lost) = (holding("won", true), holding("lost", false));
        (!won.is_empty() && !lost.is_empty() && !won.iter().any(|w| lost.contains(w))).then_some(Self::Own { won, lost })
    }

    fn apply(self, columns: &mut OutcomeColumns) {
        if let Self::Own { won, lost } = self {
            columns.won_values = Some(won);
            columns.lost_values = Some(lost);
        }
    }
}
