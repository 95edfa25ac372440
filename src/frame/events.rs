//! The table of events, joined to the leads.

use std::collections::BTreeSet;

use polars::prelude::{DataFrame, DataType, PlHashMap, Series};

use super::FrameError;
use super::cells::number_column;
use super::leads::column;
use super::text::{MISSING, text_column};
use super::time::{self, Range};
use crate::schema::EventColumns;
use crate::{LeadTable, RawEvents, TextColumn};

/// The name of the table in messages.
pub(super) const EVENTS: &str = "events";

/// How many identifiers a report shows.
const EXAMPLES: usize = 3;

/// What was found in a table of events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventReport {
    /// Rows of the table.
    pub rows: usize,
    /// Rows that belong to no lead of the table of leads, those without an identifier included.
    pub unknown_rows: usize,
    /// Distinct identifiers of no known lead.
    pub unknown_leads: usize,
    /// Rows without an identifier.
    pub without_lead: usize,
    /// Up to three identifiers of no known lead.
    pub examples: Vec<String>,
}

/// `12 of 100 events belong to none of the leads (3 identifiers, for example x, y)`.
impl std::fmt::Display for EventReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.unknown_rows == 0 {
            return write!(f, "{} events, all of known leads", self.rows);
        }
        write!(f, "{} of {} events belong to none of the leads", self.unknown_rows, self.rows)?;
        if self.unknown_leads > 0 {
            write!(f, " ({} identifiers, for example {})", self.unknown_leads, self.examples.join(", "))?;
        }
        Ok(())
    }
}

/// The rows of a table joined to leads.
pub(super) struct Joined {
    /// Per row, the row of its lead; `u32::MAX` for none.
    pub(super) lead: Vec<u32>,
    pub(super) unknown_rows: usize,
    pub(super) unknown_leads: usize,
    pub(super) without_lead: usize,
    pub(super) examples: Vec<String>,
}

/// Finds the lead of every row by its identifier as text.
pub(super) fn join(table: &'static str, series: &Series, leads: &LeadTable) -> Result<Joined, FrameError> {
    let TextColumn { words, codes } = text_column(table, series)?;
    // Each distinct identifier is looked up once.
    let mut row_of: PlHashMap<&str, u32> = PlHashMap::with_capacity_and_hasher(leads.len(), Default::default());
    for (row, id) in leads.ids.iter().enumerate() {
        row_of.insert(id, row as u32);
    }
    let lead_of: Vec<u32> = words.iter().map(|w| row_of.get(w.as_str()).copied().unwrap_or(MISSING)).collect();
    let unknown = || words.iter().zip(&lead_of).filter(|(_, lead)| **lead == MISSING).map(|(word, _)| word);
    let lead: Vec<u32> = codes.iter().map(|&code| lead_of.get(code as usize).copied().unwrap_or(MISSING)).collect();
    Ok(Joined {
        unknown_rows: lead.iter().filter(|&&l| l == MISSING).count(),
        unknown_leads: unknown().count(),
        without_lead: codes.iter().filter(|&&code| code == MISSING).count(),
        examples: unknown().take(EXAMPLES).cloned().collect(),
        lead,
    })
}

/// Reads events and joins them to the leads by identifier.
///
/// Events of no known lead are counted and left out. `recorded_at` is never before `at`; where it is missing the event was
/// known as it happened. Timestamps that carry no zone are in `time_zone` (IANA), UTC when `None`.
///
/// # Errors
/// [`FrameError::Schema`] for a missing column or a dtype that does not fit, [`FrameError::Value`] with column and row for an event
/// of a known lead without moment or kind, a moment outside 1970 to 2261, a value that is not finite as `f32`.
pub fn raw_events(
    events: &DataFrame,
    columns: &EventColumns,
    time_zone: Option<&str>,
    leads: &LeadTable,
) -> Result<(RawEvents, EventReport), FrameError> {
    let zone = time::zone(time_zone)?;
    let id_column = column(EVENTS, events, &columns.lead_id)?;
    let at_column = column(EVENTS, events, &columns.at)?;
    let kind_column = column(EVENTS, events, &columns.kind)?;
    let joined = join(EVENTS, id_column, leads)?;
    let kept: Vec<usize> = (0..joined.lead.len()).filter(|&row| joined.lead[row] != MISSING).collect();

    let at = time::instants(EVENTS, at_column, zone, Range::History)?;
    if let Some(&row) = kept.iter().find(|&&row| at[row] == i64::MIN) {
        return Err(FrameError::value(EVENTS, &columns.at, row, "the moment of the event is missing; give it or drop the row"));
    }
    let kind = text_column(EVENTS, kind_column)?;
    let blank: Vec<bool> = kind.words.iter().map(|w| w.trim().is_empty()).collect();
    if let Some(&row) = kept.iter().find(|&&row| blank.get(kind.codes[row] as usize).copied().unwrap_or(true)) {
        return Err(FrameError::value(EVENTS, &columns.kind, row, "the kind of the event is missing; give it or drop the row"));
    }
    let recorded_at = match &columns.recorded_at {
        None => Vec::new(),
        Some(name) => {
            let recorded = time::instants(EVENTS, column(EVENTS, events, name)?, zone, Range::History)?;
            // A missing moment is i64::MIN, so that the later of the two is `at`.
            kept.iter().map(|&row| recorded[row].max(at[row])).collect()
        }
    };
    let channel = match &columns.channel {
        None => None,
        Some(name) => Some(pick_words(text_column(EVENTS, column(EVENTS, events, name)?)?, &kept)),
    };
    let value = match &columns.value {
        None => Vec::new(),
        Some(name) => {
            let series = column(EVENTS, events, name)?;
            // A log's value column often is all text or all empty; only numbers can be summed.
            if matches!(series.dtype(), DataType::Boolean) {
                return Err(FrameError::wrong_type(EVENTS, name, "bool", "a quantity", "give a column of numbers"));
            }
            values(name, &number_column(EVENTS, series)?, &kept)?
        }
    };
    let report = EventReport {
        rows: joined.lead.len(),
        unknown_rows: joined.unknown_rows,
        unknown_leads: joined.unknown_leads,
        without_lead: joined.without_lead,
        examples: joined.examples,
    };
    let raw = RawEvents {
        lead: kept.iter().map(|&row| joined.lead[row]).collect(),
        at: kept.iter().map(|&row| at[row]).collect(),
        recorded_at,
        kind: pick_words(kind, &kept),
        channel,
        value,
    };
    Ok((raw, report))
}

/// The rows kept, with only the words that they use: what belongs to no lead must not show.
fn pick_words(column: TextColumn, kept: &[usize]) -> TextColumn {
    let codes: Vec<u32> = kept.iter().map(|&row| column.codes[row]).collect();
    if kept.len() == column.codes.len() {
        return column;
    }
    let used: BTreeSet<u32> = codes.iter().copied().filter(|&c| c != MISSING).collect();
    if used.len() == column.words.len() {
        return TextColumn { words: column.words, codes };
    }
    let mut new_code = vec![MISSING; column.words.len()];
    let mut words = Vec::with_capacity(used.len());
    let codes = codes
        .into_iter()
        .map(|code| {
            let Some(new) = new_code.get_mut(code as usize) else { return MISSING };
            if *new == MISSING {
                *new = words.len() as u32;
                words.push(column.words[code as usize].clone());
            }
            *new
        })
        .collect();
    TextColumn { words, codes }
}

/// Values as the kernel holds them; a number too large for an `f32` is refused.
fn values(name: &str, numbers: &[f64], kept: &[usize]) -> Result<Vec<f32>, FrameError> {
    kept.iter()
        .map(|&row| {
            let value = numbers[row] as f32;
            if value.is_infinite() {
                return Err(FrameError::value(
                    EVENTS,
                    name,
                    row,
                    format!("{} is too large; values are kept in single precision", numbers[row]),
                ));
            }
            Ok(value)
        })
        .collect()
}
