//! How leads ended: a table of its own, columns of leads, or a history of statuses.

use polars::prelude::{DataFrame, Series};

use super::FrameError;
use super::cells::number_column;
use super::join::join;
use super::leads::{LEADS, column};
use super::status::statuses;
use super::text::MISSING;
use super::time::{self, Range};
use crate::lifecycle::Outcomes;
use crate::schema::{OutcomeColumns, Schema, SchemaError};
use crate::time::MICROS_PER_DAY;
use crate::{LeadTable, Timestamp};

/// The name of the table in messages.
pub(super) const OUTCOMES: &str = "outcomes";

/// What was found in the outcomes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutcomeReport {
    /// Rows read.
    pub rows: usize,
    /// Leads that were won.
    pub won: usize,
    /// Leads that were lost.
    pub lost: usize,
    /// Leads that are open.
    pub open: usize,
    /// Rows that belong to no lead of the table of leads.
    pub unknown_rows: usize,
    /// Up to three identifiers of no known lead.
    pub examples: Vec<String>,
}

/// `80 won, 300 lost, 20 open; 2 of 382 outcomes belong to none of the leads (for example x, y)`.
impl std::fmt::Display for OutcomeReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} won, {} lost, {} open", self.won, self.lost, self.open)?;
        if self.unknown_rows > 0 {
            write!(f, "; {} of {} outcomes belong to none of the leads", self.unknown_rows, self.rows)?;
            if !self.examples.is_empty() {
                write!(f, " (for example {})", self.examples.join(", "))?;
            }
        }
        Ok(())
    }
}

/// Reads how the leads ended, row by row of `lead_table`.
///
/// Without a table of outcomes the columns stand on leads. With `lost_values` the table may hold a history, several statuses
/// a lead: the latest by `closed_at` decides (of equals the later row), and every word that is neither won nor lost means open.
/// A closing date without a time of day on the day of creation counts as the moment of creation.
///
/// # Errors
/// [`FrameError::NoneMatch`] when no outcome belongs to a lead; [`FrameError::Duplicate`] for two outcomes of a lead without `lost_values`;
/// [`FrameError::Value`] with the row for a closed lead without `closed_at`, one that closed before it was created, and words that are not understood.
pub fn outcomes(
    outcomes: Option<&DataFrame>,
    leads: &DataFrame,
    schema: &Schema,
    lead_table: &LeadTable,
) -> Result<(Outcomes, OutcomeReport), FrameError> {
    let contradiction = |message: &str| SchemaError::Contradiction { message: message.to_owned() };
    let columns = schema
        .outcomes
        .as_ref()
        .ok_or_else(|| contradiction("the schema declares no outcomes; give outcomes, or a label for a flat table"))?;
    match (outcomes, &columns.lead_id) {
        (Some(table), Some(id)) => read(OUTCOMES, table, Some(column(OUTCOMES, table, id)?), columns, schema, lead_table),
        (Some(_), None) => Err(contradiction(
            "a table of outcomes is given, but the schema's outcomes name no lead_id: they stand on leads; drop one of the two",
        )
        .into()),
        (None, id) => {
            // A schema made for two tables also serves when the caller has joined them, and only then.
            if id.is_some() && super::leads::find(leads, &columns.won).is_none() {
                return Err(contradiction("the schema's outcomes stand in a table of their own, but none is given").into());
            }
            read(LEADS, leads, None, columns, schema, lead_table)
        }
    }
}

fn read(
    name: &'static str,
    table: &DataFrame,
    ids: Option<&Series>,
    columns: &OutcomeColumns,
    schema: &Schema,
    leads: &LeadTable,
) -> Result<(Outcomes, OutcomeReport), FrameError> {
    let zone = time::zone(schema.time_zone.as_deref())?;
    let closed_column = column(name, table, &columns.closed_at)?;
    let won_column = column(name, table, &columns.won)?;
    let mut report = OutcomeReport { rows: table.height(), ..Default::default() };
    let lead_of: Vec<u32> = match ids {
        None => (0..table.height() as u32).collect(),
        Some(ids) => {
            let joined = join(name, ids, leads)?;
            if joined.unknown_rows == table.height() && table.height() > 0 {
                return Err(none_match(table.height(), ids.name(), &joined.examples, leads));
            }
            (report.unknown_rows, report.examples) = (joined.unknown_rows, joined.examples);
            joined.lead
        }
    };
    let won = statuses(name, won_column, columns.won_values.as_deref(), columns.lost_values.as_deref())?;
    let closed_at = time::instants(name, closed_column, zone, Range::History)?;
    let deciding = deciding_rows(name, columns, &lead_of, &closed_at, leads)?;

    let recorded_at = match &columns.recorded_at {
        Some(c) => time::instants(name, column(name, table, c)?, zone, Range::History)?,
        None => Vec::new(),
    };
    let value = match &columns.value {
        Some(c) => number_column(name, column(name, table, c)?)?,
        None => Vec::new(),
    };
    let only_dates = time::only_dates(closed_column);
    let n = leads.len();
    let mut result = Outcomes {
        won: vec![None; n],
        closed_at: vec![i64::MIN; n],
        recorded_at: if recorded_at.is_empty() { Vec::new() } else { vec![i64::MIN; n] },
        value: if value.is_empty() { Vec::new() } else { vec![f64::NAN; n] },
    };
    for (lead, row) in deciding.into_iter().enumerate() {
        if row == MISSING {
            continue;
        }
        let row = row as usize;
        let Some(ended) = won[row] else { continue };
        let closed = closing(name, columns, leads, lead, row, ended, closed_at[row], only_dates)?;
        result.won[lead] = Some(ended);
        result.closed_at[lead] = closed;
        if let Some(recorded) = recorded_at.get(row) {
            result.recorded_at[lead] = closed.max(*recorded);
        }
        if let Some(worth) = value.get(row) {
            result.value[lead] = *worth;
        }
    }
    report.won = result.won.iter().filter(|w| **w == Some(true)).count();
    report.lost = result.won.iter().filter(|w| **w == Some(false)).count();
    report.open = n - report.won - report.lost;
    Ok((result, report))
}

/// Per lead, the row that says how it ended; `u32::MAX` for none.
fn deciding_rows(
    name: &'static str,
    columns: &OutcomeColumns,
    lead_of: &[u32],
    closed_at: &[i64],
    leads: &LeadTable,
) -> Result<Vec<u32>, FrameError> {
    let mut deciding = vec![MISSING; leads.len()];
    for (row, &lead) in lead_of.iter().enumerate() {
        let Some(chosen) = deciding.get_mut(lead as usize) else { continue };
        if *chosen == MISSING {
            *chosen = row as u32;
        } else if columns.lost_values.is_none() {
            return Err(FrameError::Duplicate {
                table: name,
                column: columns.lead_id.clone().unwrap_or_default(),
                id: leads.ids.get(lead as usize).cloned().unwrap_or_default(),
                first: *chosen as usize,
                second: row,
                advice: "keep one outcome a lead, or give lost_values if this is a history of statuses",
            });
        } else {
            if let Some(undated) = [*chosen as usize, row].into_iter().find(|&r| closed_at[r] == i64::MIN) {
                let id = leads.ids.get(lead as usize).map_or("", String::as_str);
                let message = format!("lead \"{id}\" has several statuses and this one has no moment; which is the latest cannot be told");
                return Err(FrameError::value(name, &columns.closed_at, undated, message));
            }
            if closed_at[row] >= closed_at[*chosen as usize] {
                *chosen = row as u32;
            }
        }
    }
    Ok(deciding)
}

/// The moment at which a lead closed, checked against its creation.
fn closing(
    name: &'static str,
    columns: &OutcomeColumns,
    leads: &LeadTable,
    lead: usize,
    row: usize,
    won: bool,
    closed: i64,
    only_dates: bool,
) -> Result<i64, FrameError> {
    let id = leads.ids.get(lead).map_or("", String::as_str);
    if closed == i64::MIN {
        let hint = if won || columns.lost_values.is_some() { "" } else { ", or give lost_values if this word means \"still open\"" };
        let ended = if won { "won" } else { "lost" };
        let message = format!("lead \"{id}\" is {ended} but the moment when it closed is missing; give it{hint}");
        return Err(FrameError::value(name, &columns.closed_at, row, message));
    }
    let Some(created) = leads.created(lead).filter(|&created| created > closed) else { return Ok(closed) };
    // A date says only the day: closed on the day of creation is not before it.
    if only_dates && created - closed < MICROS_PER_DAY {
        return Ok(created);
    }
    let show = |micros: i64| Timestamp::from_micros(micros).map_or_else(|_| micros.to_string(), |t| t.to_string());
    let message = format!("lead \"{id}\" closed at {}, before it was created at {}; correct one of the two", show(closed), show(created));
    Err(FrameError::value(name, &columns.closed_at, row, message))
}

fn none_match(rows: usize, column: &str, examples: &[String], leads: &LeadTable) -> FrameError {
    let quoted = |ids: &mut dyn Iterator<Item = &String>| {
        let list = ids.take(3).map(|id| format!("\"{id}\"")).collect::<Vec<_>>().join(", ");
        if list.is_empty() { "nothing".to_owned() } else { list }
    };
    FrameError::NoneMatch { rows, column: column.to_owned(), outcomes: quoted(&mut examples.iter()), leads: quoted(&mut leads.ids.iter()) }
}
