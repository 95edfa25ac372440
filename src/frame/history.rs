//! The table with the attributes' history.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;
use polars::prelude::DataFrame;

use super::FrameError;
use super::cells::truth;
use super::join::join;
use super::leads::column;
use super::text::text_column;
use super::time::{self, Range};
use crate::schema::{Attribute, Schema, canonical};
use crate::{AttributeChanges, AttributeColumn, AttributeHistory, LeadTable, TextColumn};

/// The name of the table in messages.
const HISTORY: &str = "history";

/// What was found in a history of attributes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HistoryReport {
    /// Rows of the table.
    pub rows: usize,
    /// Rows that belong to no lead of the table of leads, those without an identifier included.
    pub unknown_rows: usize,
    /// Rows without an identifier.
    pub without_lead: usize,
    /// Rows of columns that are no attributes of the schema, and are not read.
    pub other_columns: usize,
    /// The names of the first three of those columns.
    pub other_names: Vec<String>,
    /// Attributes that the history must hold, for the model reads them and learned them from one, and of which it has no row.
    pub without_rows: Vec<String>,
    /// Rows overruled by a later row of the same lead, column and instant with another value.
    pub contradictions: u64,
}

impl HistoryReport {
    /// What was odd, in words.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.without_lead > 0 {
            warnings.push(format!(
                "{} of {} rows of the history have no identifier of a lead, and are not read; give it where it is known",
                self.without_lead, self.rows
            ));
        }
        let unknown_rows = self.unknown_rows.saturating_sub(self.without_lead);
        if unknown_rows > 0 {
            warnings.push(format!("{unknown_rows} of {} rows of the history belong to none of the leads", self.rows));
        }
        if self.other_columns > 0 {
            let names: Vec<String> = self.other_names.iter().map(|name| format!("\"{name}\"")).collect();
            warnings.push(format!(
                "{} of {} rows of the history are of columns that are no attributes of leads, such as {}, and are not read",
                self.other_columns,
                self.rows,
                names.join(", ")
            ));
        }
        if !self.without_rows.is_empty() {
            warnings.push(format!(
                "the history has no row of {}, which the model learned from the history, so that nothing is known of {}: give the rows, with the name in their column \
                 written as in the schema",
                self.without_rows.join(", "),
                if self.without_rows.len() == 1 { "it" } else { "them" }
            ));
        }
        if self.contradictions > 0 {
            warnings.push(format!(
                "{} of {} rows of the history contradict a later row of the same lead, column and instant, which was taken",
                self.contradictions, self.rows
            ));
        }
        warnings
    }

    /// The same where a model reads the history: it may be of more leads and of more columns than are asked for.
    pub(crate) fn warnings_of_a_model(&self) -> Vec<String> {
        let unknown_rows = if self.unknown_rows == self.rows { self.unknown_rows } else { 0 };
        let other_columns = if self.without_rows.is_empty() { 0 } else { self.other_columns };
        Self { unknown_rows, other_columns, ..self.clone() }.warnings()
    }
}

/// Reads the history of attributes, each value by the type of its attribute, as the column of leads would be read.
///
/// The columns are those of `schema.history`; `lead_id`, `column`, `value`, `valid_from` when the schema declares none. An empty value means that from then on
/// nothing was known. Rows of columns that are no attributes are left out.
///
/// # Errors
/// [`FrameError::Schema`] for a missing column or a dtype that does not fit, [`FrameError::Value`] with the row for a missing moment and for a value that its
/// attribute cannot have.
pub fn attribute_history(history: &DataFrame, schema: &Schema, leads: &LeadTable) -> Result<(AttributeHistory, HistoryReport), FrameError> {
    history_of(history, schema, leads, &[])
}

/// [`attribute_history`] of at least the `attributes` given: the part of a history that is of a few leads may hold no row of some of them, and they have it all
/// the same.
pub(crate) fn history_of(
    history: &DataFrame,
    schema: &Schema,
    leads: &LeadTable,
    attributes: &[String],
) -> Result<(AttributeHistory, HistoryReport), FrameError> {
    let columns = schema.history.clone().unwrap_or_default();
    let zone = time::zone(schema.time_zone.as_deref())?;
    let joined = join(HISTORY, column(HISTORY, history, &columns.lead_id)?, leads)?;
    let names = text_column(HISTORY, column(HISTORY, history, &columns.column)?)?;
    let values = text_column(HISTORY, column(HISTORY, history, &columns.value)?)?;
    let from = time::instants(HISTORY, column(HISTORY, history, &columns.valid_from)?, zone, Range::History)?;
    let mut report = HistoryReport {
        rows: history.height(),
        unknown_rows: joined.unknown_rows,
        without_lead: joined.without_lead,
        ..HistoryReport::default()
    };
    // Per attribute its rows, in their order.
    let mut rows_of: BTreeMap<&str, Vec<usize>> = attributes.iter().map(|name| (name.as_str(), Vec::new())).collect();
    let mut values_of = BTreeSet::new();
    for (row, &known_from) in from.iter().enumerate() {
        match names.word(row).filter(|name| schema.attributes.contains_key(*name)) {
            Some(name) => {
                values_of.insert(name);
                let rows = rows_of.entry(name).or_default();
                if (joined.lead[row] as usize) < leads.len() {
                    if known_from == i64::MIN {
                        let message = "the moment from when on the value was known is missing; give it or drop the row";
                        return Err(FrameError::value(HISTORY, &columns.valid_from, row, message));
                    }
                    rows.push(row);
                }
            }
            None => {
                report.other_columns += 1;
                let name = names.word(row).unwrap_or_default();
                if report.other_names.len() < 3 && !report.other_names.iter().any(|other| other == name) {
                    report.other_names.push(name.to_owned());
                }
            }
        }
    }
    report.without_rows = attributes.iter().filter(|name| !values_of.contains(name.as_str())).cloned().collect();
    let mut changes = Vec::with_capacity(rows_of.len());
    for (name, rows) in rows_of {
        let Some(attribute) = schema.attributes.get(name) else { continue };
        let value = read(&columns.value, name, attribute, &values, &rows, zone)?;
        let lead = rows.iter().map(|&row| joined.lead[row]).collect();
        let valid_from = rows.iter().map(|&row| from[row]).collect();
        changes.push((name.to_owned(), AttributeChanges::new(lead, valid_from, value)));
    }
    let history = AttributeHistory::new(leads.len(), changes);
    report.contradictions = history.contradictions();
    Ok((history, report))
}

/// The values of one attribute, in the order of `rows`.
fn read(
    value: &str,
    name: &str,
    attribute: &Attribute,
    values: &TextColumn,
    rows: &[usize],
    zone: Tz,
) -> Result<AttributeColumn, FrameError> {
    let refused = |row: usize, wanted: &str| {
        let word = values.word(row).unwrap_or_default();
        FrameError::value(HISTORY, value, row, format!("\"{word}\" is no {wanted}, which {name} is declared to be"))
    };
    let none = BTreeMap::new();
    // What says that nothing is known: no word, or one such as "Select".
    let word = |row: usize| values.word(row).filter(|word| canonical(word, &none).is_some());
    Ok(match attribute {
        Attribute::Numeric {} => {
            let number = |&row: &usize| match word(row).map(|word| word.trim().parse::<f64>()) {
                None => Ok(f64::NAN),
                Some(Ok(x)) if x.is_finite() => Ok(x),
                Some(_) => Err(refused(row, "number")),
            };
            AttributeColumn::Number(rows.iter().map(number).collect::<Result<_, _>>()?)
        }
        Attribute::Boolean {} => {
            let yes = |&row: &usize| word(row).map_or(Ok(2), |word| truth(word).ok_or_else(|| refused(row, "yes or no")));
            AttributeColumn::Bool(rows.iter().map(yes).collect::<Result<_, _>>()?)
        }
        Attribute::Date { .. } => {
            let date = |&row: &usize| {
                word(row).map_or(Ok(i64::MIN), |word| time::parse(word, zone).ok_or_else(|| refused(row, "date in ISO 8601")))
            };
            AttributeColumn::Time(rows.iter().map(date).collect::<Result<_, _>>()?)
        }
        Attribute::Categorical { .. } | Attribute::Text {} | Attribute::Email {} | Attribute::Phone { .. } | Attribute::JobTitle {} => {
            AttributeColumn::Text(TextColumn { words: values.words.clone(), codes: rows.iter().map(|&row| values.codes[row]).collect() })
        }
    })
}
