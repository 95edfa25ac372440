//! The table of events, joined to the leads.

use chrono_tz::Tz;
use polars::prelude::{DataFrame, DataType, Series};
use polars_arrow::array::Array;

use super::FrameError;
use super::cells::number_column;
use super::join::{Joined, LeadIndex};
use super::leads::column;
use super::text::{MISSING, text_column};
use super::time::{self, Range};
use crate::counted::counted;
use crate::parallel::both;
use crate::schema::EventColumns;
use crate::{LeadTable, RawEvents, TextColumn};

/// The name of the table in messages.
pub(super) const EVENTS: &str = "events";

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

/// `12 of 100 events belong to none of the leads (3 identifiers, for example x, y), 2 of them without an identifier`.
impl std::fmt::Display for EventReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.unknown_rows == 0 {
            return write!(f, "{}, all of known leads", counted(self.rows, "event"));
        }
        write!(f, "{} of {} events belong to none of the leads", self.unknown_rows, self.rows)?;
        if self.unknown_leads > 0 {
            write!(f, " ({}, for example {})", counted(self.unknown_leads, "identifier"), self.examples.join(", "))?;
        }
        if self.without_lead > 0 {
            write!(f, ", {} of them without an identifier", self.without_lead)?;
        }
        Ok(())
    }
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
    raw_events_of(events, columns, time_zone, &LeadIndex::new(leads))
}

/// [`raw_events`] of the leads of an index.
pub(super) fn raw_events_of(
    events: &DataFrame,
    columns: &EventColumns,
    time_zone: Option<&str>,
    leads: &LeadIndex<'_>,
) -> Result<(RawEvents, EventReport), FrameError> {
    let zone = time::zone(time_zone)?;
    let id_column = column(EVENTS, events, &columns.lead_id)?;
    let at_column = column(EVENTS, events, &columns.at)?;
    let kind_column = column(EVENTS, events, &columns.kind)?;
    let optional = |name: &Option<String>| name.as_ref().map(|name| column(EVENTS, events, name)).transpose();
    let (recorded_column, channel_column) = (optional(&columns.recorded_at), optional(&columns.channel));
    // Each column is a task; what is wrong is told in the order of the columns, whichever task is first.
    let ((joined, kind), (at, value)) = both(
        || (leads.join(EVENTS, id_column), text_column(EVENTS, kind_column)),
        || (time::instants(EVENTS, at_column, zone, Range::History), optional(&columns.value).map(|series| series.map(quantities))),
    );
    let joined = joined?;
    let kept = Kept::of(&joined);
    let (at, kind) = (at?, kind?);
    check_moments_and_kinds(&at, &kind, columns, &kept)?;
    let recorded_at = recorded_column?.map(|series| recorded(series, zone, &at)).transpose()?.map_or_else(Vec::new, |all| kept.pick(all));
    let channel = channel_column?.map(|series| text_column(EVENTS, series)).transpose()?.map(|words| pick_words(words, &kept));
    let value = match value? {
        None => Vec::new(),
        Some(values) => {
            let values = values?;
            check_values(&values, events, columns, &kept)?;
            kept.pick(values)
        }
    };
    let (lead, report) = report(joined);
    let raw = RawEvents { at: kept.pick(at), recorded_at, kind: pick_words(kind, &kept), channel, value, lead: kept.pick(lead) };
    Ok((raw, report))
}

/// The lead of each row, and what was found.
fn report(joined: Joined) -> (Vec<u32>, EventReport) {
    let Joined { lead, unknown_rows, unknown_leads, without_lead, examples } = joined;
    let report = EventReport { rows: lead.len(), unknown_rows, unknown_leads, without_lead, examples };
    (lead, report)
}

/// Refuses events of known leads without moment or kind.
fn check_moments_and_kinds(at: &[i64], kind: &TextColumn, columns: &EventColumns, kept: &Kept) -> Result<(), FrameError> {
    if let Some(row) = kept.first(|row| at[row] == i64::MIN) {
        return Err(FrameError::value(EVENTS, &columns.at, row, "the moment of the event is missing; give it or drop the row"));
    }
    let blank: Vec<bool> = kind.words.iter().map(|w| w.trim().is_empty()).collect();
    if (blank.contains(&true) || kind.codes.contains(&MISSING))
        && let Some(row) = kept.first(|row| blank.get(kind.codes[row] as usize).copied().unwrap_or(true))
    {
        return Err(FrameError::value(EVENTS, &columns.kind, row, "the kind of the event is missing; give it or drop the row"));
    }
    Ok(())
}

/// Refuses values of known leads that are too large for single precision.
fn check_values(values: &[f32], events: &DataFrame, columns: &EventColumns, kept: &Kept) -> Result<(), FrameError> {
    let Some(row) = kept.first(|row| values[row].is_infinite()) else { return Ok(()) };
    let name = columns.value.as_deref().unwrap_or_default();
    let number = number_column(EVENTS, column(EVENTS, events, name)?)?[row];
    let message = format!("{number:?} is too large; values are kept in single precision");
    Err(FrameError::value(EVENTS, name, row, message))
}

/// When events that happened at `at` became known.
fn recorded(series: &Series, zone: Tz, at: &[i64]) -> Result<Vec<i64>, FrameError> {
    let mut recorded = time::instants(EVENTS, series, zone, Range::History)?;
    // A missing moment is i64::MIN, so that the later of the two is `at`.
    recorded.iter_mut().zip(at).for_each(|(recorded, &at)| *recorded = at.max(*recorded));
    Ok(recorded)
}

/// A table of events that is joined to leads and otherwise read some rows at a time.
pub(crate) struct EventRows<'a> {
    table: &'a DataFrame,
    columns: &'a EventColumns,
    time_zone: Option<&'a str>,
    lead: Vec<u32>,
    report: EventReport,
}

impl<'a> EventRows<'a> {
    /// Joins the events to the leads. A column that the table lacks is told here.
    pub(crate) fn join(
        table: &'a DataFrame,
        columns: &'a EventColumns,
        time_zone: Option<&'a str>,
        leads: &LeadTable,
    ) -> Result<Self, FrameError> {
        let optional = [&columns.recorded_at, &columns.channel, &columns.value].into_iter().flatten();
        for name in [&columns.at, &columns.kind].into_iter().chain(optional) {
            column(EVENTS, table, name)?;
        }
        let (lead, report) = report(LeadIndex::new(leads).join(EVENTS, column(EVENTS, table, &columns.lead_id)?)?);
        Ok(Self { table, columns, time_zone, lead, report })
    }

    /// What was found in joining them.
    pub(crate) fn report(&self) -> &EventReport {
        &self.report
    }

    /// Per row the lead, `u32::MAX` for none.
    pub(crate) fn leads(&self) -> &[u32] {
        &self.lead
    }

    pub(crate) fn has_recorded_at(&self) -> bool {
        self.columns.recorded_at.is_some()
    }

    /// The events of some rows, one a row, those of no lead among them.
    ///
    /// # Errors
    /// As [`raw_events`].
    pub(crate) fn read(&self, rows: std::ops::Range<usize>) -> Result<RawEvents, FrameError> {
        let start = rows.start;
        self.read_block(rows).map_err(|error| error.later(start))
    }

    fn read_block(&self, rows: std::ops::Range<usize>) -> Result<RawEvents, FrameError> {
        let Self { columns, lead, .. } = self;
        let wanted: Vec<&str> = columns.names().collect();
        let table = self.table.select(wanted)?.slice(rows.start as i64, rows.len());
        let series = |name: &str| column(EVENTS, &table, name);
        let zone = time::zone(self.time_zone)?;
        let lead = lead[rows].to_vec();
        let kept = if lead.contains(&MISSING) {
            Kept::Some((0..lead.len()).filter(|&row| lead[row] != MISSING).collect())
        } else {
            Kept::All(lead.len())
        };
        let at = time::instants(EVENTS, series(&columns.at)?, zone, Range::History)?;
        let kind = text_column(EVENTS, series(&columns.kind)?)?;
        check_moments_and_kinds(&at, &kind, columns, &kept)?;
        let recorded_at = columns.recorded_at.as_ref().map(|name| recorded(series(name)?, zone, &at)).transpose()?;
        let channel = columns.channel.as_ref().map(|name| text_column(EVENTS, series(name)?)).transpose()?;
        let value = columns.value.as_ref().map(|name| quantities(series(name)?)).transpose()?;
        if let Some(values) = &value {
            check_values(values, &table, columns, &kept)?;
        }
        Ok(RawEvents { lead, at, recorded_at: recorded_at.unwrap_or_default(), kind, channel, value: value.unwrap_or_default() })
    }
}

/// Which rows belong to known leads.
enum Kept {
    All(usize),
    Some(Vec<usize>),
}

impl Kept {
    fn of(joined: &Joined) -> Self {
        match joined.unknown_rows {
            0 => Self::All(joined.lead.len()),
            _ => Self::Some((0..joined.lead.len()).filter(|&row| joined.lead[row] != MISSING).collect()),
        }
    }

    /// The first row for which `bad` holds.
    fn first(&self, bad: impl Fn(usize) -> bool) -> Option<usize> {
        match self {
            Self::All(n) => (0..*n).find(|&row| bad(row)),
            Self::Some(rows) => rows.iter().copied().find(|&row| bad(row)),
        }
    }

    fn pick<T: Copy>(&self, values: Vec<T>) -> Vec<T> {
        match self {
            Self::All(_) => values,
            Self::Some(rows) => rows.iter().map(|&row| values[row]).collect(),
        }
    }
}

/// The rows kept, with only the words that they use: what belongs to no lead must not show.
fn pick_words(column: TextColumn, kept: &Kept) -> TextColumn {
    let TextColumn { words, codes } = column;
    if let Kept::All(_) = kept {
        return TextColumn { words, codes };
    }
    let mut new_code = vec![MISSING; words.len()];
    let mut used = Vec::new();
    let codes = kept.pick(codes).into_iter().map(|code| {
        let Some(new) = new_code.get_mut(code as usize) else { return MISSING };
        if *new == MISSING {
            *new = used.len() as u32;
            used.push(words[code as usize].clone());
        }
        *new
    });
    let codes = codes.collect();
    TextColumn { words: used, codes }
}

/// Values as the kernel holds them, NaN for none; infinite where the number is too large for an `f32`.
fn quantities(series: &Series) -> Result<Vec<f32>, FrameError> {
    // A log's value column often is all text or all empty; only numbers can be summed.
    if matches!(series.dtype(), DataType::Boolean) {
        return Err(FrameError::wrong_type(EVENTS, series.name(), "bool", "a quantity", "give a column of numbers"));
    }
    if let Ok(singles) = series.f32() {
        let mut values = Vec::with_capacity(singles.len());
        for array in singles.downcast_iter() {
            if array.null_count() == 0 {
                values.extend_from_slice(array.values());
            } else {
                values.extend(array.iter().map(|value| value.copied().unwrap_or(f32::NAN)));
            }
        }
        if values.iter().all(|value| !value.is_infinite()) {
            return Ok(values);
        }
    }
    Ok(number_column(EVENTS, series)?.into_iter().map(|value| value as f32).collect())
}
