//! The table of leads as columns that the kernel reads.

use std::borrow::Cow;

use polars::prelude::{DataFrame, PlHashMap, Series};

use super::FrameError;
use super::cells::{number_column, truth_column};
use super::text::{MISSING, text_column};
use super::time::{self, Range};
use crate::schema::{Attribute, Schema, SchemaError, account_key, missing_column};
use crate::{AttributeColumn, LeadTable, TextColumn};

/// The name of the table in messages.
pub(crate) const LEADS: &str = "leads";

/// The column of that name, `None` when the table lacks it.
pub(super) fn find<'a>(table: &'a DataFrame, column: &str) -> Option<&'a Series> {
    table.columns().iter().find(|c| c.name().as_str() == column).map(polars::prelude::Column::as_materialized_series)
}

/// The column of that name; an error names the nearest.
pub(super) fn column<'a>(name: &'static str, table: &'a DataFrame, column: &str) -> Result<&'a Series, SchemaError> {
    find(table, column).ok_or_else(|| {
        let available: Vec<&str> = table.columns().iter().map(|c| c.name().as_str()).collect();
        missing_column(name, column, &available)
    })
}

/// Reads leads: identifiers as text, unique; moments in microseconds UTC; attributes by their declared types.
///
/// Without `lead_id` in the schema the row number is the identifier. An attribute, `created_at`, segment or account that the table
/// lacks is absent, not an error: scoring goes on and says so; training asks [`check_columns`] first.
///
/// # Errors
/// [`FrameError::Empty`], [`FrameError::Duplicate`] for a repeated identifier, [`FrameError::Value`] with column and row for
/// missing identifiers, infinite numbers and moments that cannot be, [`FrameError::Schema`] for dtypes that do not fit.
pub fn lead_table(leads: &DataFrame, schema: &Schema) -> Result<LeadTable, FrameError> {
    if leads.height() == 0 {
        return Err(FrameError::Empty { table: LEADS });
    }
    if leads.height() > MISSING as usize {
        return Err(FrameError::Table(format!("leads has {} rows; at most {MISSING} can be read at once", leads.height())));
    }
    let zone = time::zone(schema.time_zone.as_deref())?;
    let ids = match &schema.lead_id {
        Some(name) => identifiers(column(LEADS, leads, name)?)?,
        None => (0..leads.height()).map(|row| row.to_string()).collect(),
    };
    let created_at = match schema.created_at.as_deref().and_then(|name| find(leads, name)) {
        Some(series) => time::instants(LEADS, series, zone, Range::History)?,
        None => Vec::new(),
    };
    let mut attributes = Vec::with_capacity(schema.attributes.len());
    for (name, attribute) in &schema.attributes {
        let column = match find(leads, name) {
            None => AttributeColumn::Absent,
            Some(series) => match attribute {
                Attribute::Numeric {} => AttributeColumn::Number(number_column(LEADS, series)?),
                Attribute::Boolean {} => AttributeColumn::Bool(truth_column(LEADS, series)?),
                Attribute::Date { .. } => AttributeColumn::Time(time::instants(LEADS, series, zone, Range::Attribute)?),
                Attribute::Categorical { .. }
                | Attribute::Text {}
                | Attribute::Email {}
                | Attribute::Phone { .. }
                | Attribute::JobTitle {} => AttributeColumn::Text(text_column(LEADS, series)?),
            },
        };
        attributes.push((name.clone(), column));
    }
    let segment = schema.segment.as_deref().and_then(|name| find(leads, name)).map(|series| text_column(LEADS, series)).transpose()?;
    let account = schema.account.as_deref().and_then(|name| find(leads, name)).map(accounts).transpose()?;
    Ok(LeadTable { ids, created_at, attributes, segment, account })
}

/// The account of each lead, every spelling of it as the same word.
fn accounts(series: &Series) -> Result<TextColumn, FrameError> {
    let TextColumn { words, mut codes } = text_column(LEADS, series)?;
    let mut known: PlHashMap<Cow<'_, str>, u32> = PlHashMap::default();
    let mut keys: Vec<String> = Vec::new();
    let code_of: Vec<u32> = (words.iter())
        .map(|word| {
            let Some(key) = account_key(word) else { return MISSING };
            *known.entry(key).or_insert_with_key(|key| {
                keys.push(key.clone().into_owned());
                keys.len() as u32 - 1
            })
        })
        .collect();
    codes.iter_mut().for_each(|code| *code = code_of.get(*code as usize).copied().unwrap_or(MISSING));
    Ok(TextColumn { words: keys, codes })
}

/// The identifiers as text: none missing, none twice.
fn identifiers(series: &Series) -> Result<Vec<String>, FrameError> {
    let column = series.name().as_str();
    let TextColumn { words, codes } = text_column(LEADS, series)?;
    let blank = |code: u32| words.get(code as usize).is_none_or(|w| w.trim().is_empty());
    if let Some(row) = codes.iter().position(|&code| blank(code)) {
        let missing = codes.iter().filter(|&&code| blank(code)).count();
        let message = format!("the identifier is missing ({missing} of {} rows lack it); give every lead one", codes.len());
        return Err(FrameError::value(LEADS, column, row, message));
    }
    if words.len() < codes.len() {
        let mut first: PlHashMap<u32, usize> = PlHashMap::default();
        for (second, &code) in codes.iter().enumerate() {
            if let Some(first) = first.insert(code, second) {
                let id = words.get(code as usize).cloned().unwrap_or_default();
                let advice = "keep one row a lead";
                return Err(FrameError::Duplicate { table: LEADS, column: column.to_owned(), id, first, second, advice });
            }
        }
    }
    // All distinct, so in order of first appearance: the words are the column.
    Ok(words)
}

/// Checks that the tables have every column that the schema names, as training needs.
///
/// # Errors
/// [`SchemaError::MissingColumn`] with the nearest name that the table has.
pub fn check_columns(
    leads: &DataFrame,
    events: Option<&DataFrame>,
    outcomes: Option<&DataFrame>,
    schema: &Schema,
) -> Result<(), FrameError> {
    let on_leads = |(role, _): &(&str, &str)| !role.starts_with("outcomes.") || outcomes.is_none();
    for (_, name) in schema.lead_roles().iter().filter(|r| on_leads(r)) {
        column(LEADS, leads, name)?;
    }
    for name in schema.attributes.keys().chain(&schema.segment) {
        column(LEADS, leads, name)?;
    }
    if let (Some(table), Some(c)) = (events, &schema.events) {
        for name in c.names() {
            column(super::events::EVENTS, table, name)?;
        }
    }
    if let (Some(table), Some(c)) = (outcomes, &schema.outcomes) {
        for name in [&c.won, &c.closed_at].into_iter().chain([&c.lead_id, &c.value, &c.recorded_at].into_iter().flatten()) {
            column(super::outcomes::OUTCOMES, table, name)?;
        }
    }
    Ok(())
}
