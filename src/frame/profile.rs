//! The profile of a column, for inference.

use std::collections::BTreeMap;

use polars::prelude::{DataFrame, DataType, Series};

use super::FrameError;
use super::text::{MISSING, readable, text_column};
use super::time::parse_instant;
use crate::identity::Email;
use crate::schema::{ColumnClass, ColumnProfile, canonical};

/// How many distinct words are looked at for what they look like.
const SAMPLE: usize = 1000;

/// The profiles of a table's columns, in order.
pub(super) fn profiles(table: &'static str, frame: &DataFrame) -> Result<Vec<ColumnProfile>, FrameError> {
    frame.columns().iter().map(|column| profile_of(table, column.as_materialized_series())).collect()
}

/// The profile of one column.
pub(super) fn profile_of(table: &'static str, series: &Series) -> Result<ColumnProfile, FrameError> {
    let class = class(table, series);
    let mut profile = ColumnProfile::new(series.name().as_str(), class, series.len());
    profile.n_missing = series.null_count();
    match profile.class {
        ColumnClass::Words | ColumnClass::Booleans => words(table, series, &mut profile)?,
        ColumnClass::Integers | ColumnClass::Numbers => numbers(table, series, &mut profile)?,
        ColumnClass::Times => {
            profile.n_distinct = series.drop_nulls().n_unique()?;
            profile.dates = 1.0;
        }
        ColumnClass::Nothing | ColumnClass::Unreadable(_) => {}
    }
    Ok(profile)
}

fn class(table: &'static str, series: &Series) -> ColumnClass {
    let dtype = series.dtype();
    if readable(table, series.name(), dtype).is_err() {
        return ColumnClass::Unreadable(dtype.to_string());
    }
    match dtype {
        DataType::Null => ColumnClass::Nothing,
        DataType::Boolean => ColumnClass::Booleans,
        DataType::Date | DataType::Datetime(..) => ColumnClass::Times,
        DataType::String | DataType::Categorical(..) | DataType::Enum(..) => ColumnClass::Words,
        dtype if dtype.is_integer() => ColumnClass::Integers,
        _ => ColumnClass::Numbers,
    }
}

fn words(table: &'static str, series: &Series, profile: &mut ColumnProfile) -> Result<(), FrameError> {
    let column = text_column(table, series)?;
    let no_aliases = BTreeMap::new();
    // Spellings of one word count once.
    let mut codes: BTreeMap<String, usize> = BTreeMap::new();
    let mut in_order: Vec<String> = Vec::new();
    let mut says_nothing = vec![false; column.words.len()];
    let mut looks_like_email = vec![false; column.words.len()];
    for (at, word) in column.words.iter().enumerate() {
        match canonical(word, &no_aliases) {
            None => says_nothing[at] = true,
            Some(word) => {
                looks_like_email[at] = is_email(&word);
                if !codes.contains_key(word.as_ref()) {
                    codes.insert(word.clone().into_owned(), in_order.len());
                    in_order.push(word.into_owned());
                }
            }
        }
    }
    profile.n_missing = column.codes.iter().filter(|&&c| c == MISSING || says_nothing.get(c as usize).copied().unwrap_or(true)).count();
    let emails = column.codes.iter().filter(|&&c| looks_like_email.get(c as usize) == Some(&true)).count();
    profile.email_cells = emails as f64 / profile.present().max(1) as f64;
    profile.n_distinct = in_order.len();
    let sample: Vec<&str> = in_order.iter().take(SAMPLE).map(String::as_str).collect();
    let share = |test: fn(&str) -> bool| sample.iter().filter(|w| test(w)).count() as f64 / sample.len().max(1) as f64;
    profile.emails = share(is_email);
    profile.phones = share(is_phone);
    profile.dates = share(|w| parse_instant(w, chrono_tz::Tz::UTC).is_some() || is_old_date(w));
    profile.numbers = share(|w| w.parse::<f64>().is_ok());
    profile.mean_chars = sample.iter().map(|w| w.chars().count()).sum::<usize>() as f64 / sample.len().max(1) as f64;
    in_order.truncate(ColumnProfile::MAX_WORDS);
    profile.words = in_order;
    Ok(())
}

fn numbers(table: &'static str, series: &Series, profile: &mut ColumnProfile) -> Result<(), FrameError> {
    let floats = series.cast(&DataType::Float64)?;
    let values: Vec<f64> = floats.f64()?.iter().map(|v| v.unwrap_or(f64::NAN)).collect();
    let present: Vec<f64> = values.into_iter().filter(|v| !v.is_nan()).collect();
    profile.n_missing = series.len() - present.len();
    let mut sorted = present.clone();
    sorted.sort_by(f64::total_cmp);
    sorted.dedup();
    profile.n_distinct = sorted.len();
    profile.numbers = 1.0;
    let rises = present.windows(2).all(|w| w[0] <= w[1]);
    let falls = present.windows(2).all(|w| w[0] >= w[1]);
    profile.monotone = present.len() > 1 && (rises || falls);
    // Whole numbers that pandas made floats of, for a gap, are whole numbers still.
    if profile.class == ColumnClass::Numbers && !sorted.is_empty() && sorted.iter().all(|v| v.is_finite() && *v == v.trunc()) {
        profile.class = ColumnClass::Integers;
    }
    if profile.n_distinct <= ColumnProfile::MAX_WORDS {
        profile.words = text_column(table, series)?.words;
        profile.words.truncate(profile.n_distinct);
    } else if profile.class == ColumnClass::Integers {
        profile.words = sorted.iter().rev().take(ColumnProfile::MAX_WORDS).map(|number| format!("{number:.0}")).collect();
    }
    Ok(())
}

/// An address, or something, one `@`, something with a dot within: a malformed address is of a person, too.
fn is_email(word: &str) -> bool {
    Email::parse(word).is_valid() || is_nearly_email(word)
}

fn is_nearly_email(word: &str) -> bool {
    let Some((name, host)) = word.split_once('@') else { return false };
    // What ends in a number is a version or a price.
    let is_end = |label: &str| label.len() > 1 && label.starts_with(char::is_alphabetic);
    let dotted = host.rsplit_once('.').is_some_and(|(labels, end)| !labels.is_empty() && is_end(end));
    !name.is_empty() && dotted && !host.contains('@') && !word.contains(char::is_whitespace)
}

/// 7 to 15 digits (ITU-T E.164 allows 15) with the marks that people put between.
fn is_phone(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    (7..=15).contains(&digits) && word.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '(' | ')' | '.' | '/' | ' '))
}

/// A date before 1970, such as one of birth.
fn is_old_date(word: &str) -> bool {
    word.len() == 10 && chrono::NaiveDate::parse_from_str(word, "%Y-%m-%d").is_ok()
}
