//! Columns of words: each distinct word kept once, from every dtype that can be written as a word.

use polars::prelude::{DataType, PlHashMap, Series};

use super::FrameError;
use crate::TextColumn;

/// The code of a missing word.
pub(super) const MISSING: u32 = u32::MAX;

/// Refuses the dtypes that no column of ours can have, by name.
pub(super) fn readable(table: &'static str, column: &str, dtype: &DataType) -> Result<(), FrameError> {
    let advice = match dtype {
        DataType::Duration(_) => "convert it to a number of days first",
        DataType::Time => "a time of day has no date; give a timestamp, or convert it to a number",
        DataType::List(_) => "lists are not read; give one column for each thing to know",
        DataType::Binary | DataType::BinaryOffset => "bytes are not read; decode them to text first",
        DataType::Boolean | DataType::String | DataType::Null | DataType::Date | DataType::Datetime(..) | DataType::Decimal(..) => {
            return Ok(());
        }
        DataType::Categorical(..) | DataType::Enum(..) => return Ok(()),
        DataType::Int128 | DataType::UInt128 | DataType::Float16 => "cast it to a 64-bit number first",
        dtype if dtype.is_primitive_numeric() => return Ok(()),
        _ => "columns of this type are not read; leave it out of the schema or convert it",
    };
    Err(FrameError::wrong_type(table, column, &dtype.to_string(), "read", advice))
}

/// The words of a column. Whole numbers are written as such, floats without a fraction too (pandas makes floats of whole numbers with gaps).
pub(super) fn text_column(table: &'static str, series: &Series) -> Result<TextColumn, FrameError> {
    let column = series.name().as_str();
    let dtype = series.dtype();
    readable(table, column, dtype)?;
    Ok(match dtype {
        DataType::String => intern(series.str()?.iter()),
        DataType::Categorical(_, mapping) | DataType::Enum(_, mapping) => {
            let physical = series.to_physical_repr().cast(&DataType::UInt32)?;
            recode(physical.u32()?.iter(), |code| mapping.cat_to_str(code).unwrap_or_default().to_owned())
        }
        DataType::Boolean => {
            recode(series.bool()?.iter().map(|v| v.map(u32::from)), |code| if code == 1 { "true" } else { "false" }.to_owned())
        }
        DataType::Null => TextColumn { words: Vec::new(), codes: vec![MISSING; series.len()] },
        DataType::Date | DataType::Datetime(..) => {
            return Err(FrameError::wrong_type(
                table,
                column,
                &dtype.to_string(),
                "words",
                "declare it a date, or convert it to text first",
            ));
        }
        DataType::UInt64 => numbers(series.u64()?.iter(), u64::to_string),
        dtype if dtype.is_integer() => numbers(series.cast(&DataType::Int64)?.i64()?.iter(), i64::to_string),
        DataType::Decimal(..) => {
            let text = series.cast(&DataType::String)?;
            let words = text.str()?;
            intern(words.iter().map(|w| w.map(|w| if w.contains('.') { w.trim_end_matches('0').trim_end_matches('.') } else { w })))
        }
        _ => {
            let floats = series.cast(&DataType::Float64)?;
            numbers(floats.f64()?.iter().map(|v| v.filter(|v| !v.is_nan()).map(f64::to_bits)), |bits| float_text(f64::from_bits(*bits)))
        }
    })
}

/// `3.0` is written `3`.
fn float_text(value: f64) -> String {
    if value == 0.0 { "0".to_owned() } else { value.to_string() }
}

fn intern<'a>(cells: impl Iterator<Item = Option<&'a str>>) -> TextColumn {
    let mut seen: PlHashMap<&str, u32> = PlHashMap::default();
    let mut words: Vec<String> = Vec::new();
    let codes = cells
        .map(|cell| {
            let Some(word) = cell else { return MISSING };
            *seen.entry(word).or_insert_with(|| {
                words.push(word.to_owned());
                words.len() as u32 - 1
            })
        })
        .collect();
    TextColumn { words, codes }
}

/// Words of numbers: each distinct number is written once.
fn numbers<T: std::hash::Hash + Eq>(cells: impl Iterator<Item = Option<T>>, write: impl Fn(&T) -> String) -> TextColumn {
    let mut seen: PlHashMap<T, u32> = PlHashMap::default();
    let mut words: Vec<String> = Vec::new();
    let codes = cells
        .map(|cell| {
            let Some(number) = cell else { return MISSING };
            let next = words.len() as u32;
            let text = || write(&number);
            match seen.get(&number) {
                Some(&code) => code,
                None => {
                    words.push(text());
                    seen.insert(number, next);
                    next
                }
            }
        })
        .collect();
    TextColumn { words, codes }
}

/// Words of dense codes, kept in order of first appearance.
fn recode(cells: impl Iterator<Item = Option<u32>>, word: impl Fn(u32) -> String) -> TextColumn {
    let mut ours: Vec<u32> = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let codes = cells
        .map(|cell| {
            let Some(code) = cell else { return MISSING };
            let at = code as usize;
            if at >= ours.len() {
                ours.resize(at + 1, MISSING);
            }
            if ours[at] == MISSING {
                ours[at] = words.len() as u32;
                words.push(word(code));
            }
            ours[at]
        })
        .collect();
    TextColumn { words, codes }
}
