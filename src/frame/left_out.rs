//! Columns of leads that a schema leaves out: what they would be as attributes, and whether they count leads in order of time.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::DataFrame;

use super::FrameError;
use super::cells::number_column;
use super::leads::{LEADS, find};
use super::profile::profile_of;
use super::text::text_column;
use crate::schema::{Attribute, Schema, as_attribute, counts_up, identifies, may_change_later};

/// What the columns are that a schema excludes.
#[derive(Debug, Clone, Default)]
pub(crate) struct LeftOut {
    /// Those that could be attributes.
    pub(crate) attributes: BTreeMap<String, Attribute>,
    /// Columns, left out or not, that by their names may change after creation, with the reason.
    pub(crate) known: BTreeMap<String, String>,
    /// Those that name leads, with what they do.
    pub(crate) identifiers: Vec<(String, String)>,
}

/// Looks at the columns of leads that the schema excludes, and at the names of those that it does not.
pub(crate) fn left_out(leads: &DataFrame, schema: &Schema) -> Result<LeftOut, FrameError> {
    let mut found = LeftOut::default();
    let roles: BTreeSet<&str> = schema.lead_roles().into_iter().map(|(_, column)| column).collect();
    for column in schema.exclude.iter().filter(|column| !roles.contains(column.as_str())) {
        let Some(series) = find(leads, column) else { continue };
        let profile = profile_of(LEADS, series)?;
        if let Some(what) = identifies(&profile) {
            found.identifiers.push((column.clone(), what));
        } else if let Some(attribute) = as_attribute(&profile) {
            found.attributes.insert(column.clone(), attribute);
        }
    }
    for column in schema.attributes.keys().chain(found.attributes.keys()) {
        if let Some(reason) = may_change_later(column) {
            found.known.insert(column.clone(), reason.to_owned());
        }
    }
    Ok(found)
}

/// The column of identifiers that counts the leads up, with the number of each: what puts them in order of time when nothing better does.
pub(crate) fn counting_column(leads: &DataFrame, schema: &Schema) -> Result<Option<(String, Vec<i64>)>, FrameError> {
    let candidates = || schema.exclude.iter().chain(&schema.lead_id).filter_map(|column| Some((column, find(leads, column)?)));
    for (column, series) in candidates().filter(|(_, series)| series.dtype().is_primitive_numeric()) {
        if counts_up(&profile_of(LEADS, series)?) {
            return Ok(Some((column.clone(), number_column(LEADS, series)?.into_iter().map(|x| x as i64).collect())));
        }
    }
    for (column, series) in candidates().filter(|(_, series)| series.dtype().is_string()) {
        let text = text_column(LEADS, series)?;
        if text.words.len() == text.codes.len()
            && let Some(numbers) = counting_ids(&text.words)
        {
            return Ok(Some((column.clone(), numbers)));
        }
    }
    Ok(None)
}

/// A number that rises from lead to lead, read from identifiers such as `660737` or `L000123`: all have the same letters before the digits, and no two
/// are the same.
fn counting_ids(ids: &[String]) -> Option<Vec<i64>> {
    let mut numbers = Vec::with_capacity(ids.len());
    let mut prefix = None;
    for id in ids {
        let digits = id.find(|c: char| c.is_ascii_digit())?;
        let (before, number) = id.split_at(digits);
        if *prefix.get_or_insert(before) != before {
            return None;
        }
        numbers.push(number.parse::<i64>().ok()?);
    }
    let distinct: BTreeMap<i64, ()> = numbers.iter().map(|&number| (number, ())).collect();
    (distinct.len() == numbers.len() && numbers.len() > 1).then_some(numbers)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn identifiers_that_count_are_numbers_and_others_are_not() {
        let ids = |words: &[&str]| counting_ids(&words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>());
        assert_eq!(ids(&["L000003", "L000001"]), Some(vec![3, 1]));
        assert_eq!(ids(&["7", "12"]), Some(vec![7, 12]));
        assert_eq!(ids(&["L1", "M2"]), None);
        assert_eq!(ids(&["a7f3", "a8e1"]), None);
        assert_eq!(ids(&["L1", "L01"]), None, "two leads of one number");
        assert_eq!(ids(&["x", "y"]), None);
    }
}
