//! Columns of numbers and of truths.

use polars::prelude::{DataType, Series};

use super::FrameError;
use super::text::{readable, text_column};
use crate::schema::canonical;

/// Numbers of a column, NaN where missing; infinite ones are refused with their row.
pub(super) fn number_column(table: &'static str, series: &Series) -> Result<Vec<f64>, FrameError> {
    let column = series.name().as_str();
    let dtype = series.dtype();
    readable(table, column, dtype)?;
    match dtype {
        DataType::Null => return Ok(vec![f64::NAN; series.len()]),
        DataType::String | DataType::Categorical(..) | DataType::Enum(..) if series.null_count() == series.len() => {
            return Ok(vec![f64::NAN; series.len()]);
        }
        DataType::String | DataType::Categorical(..) | DataType::Enum(..) => {
            let words = text_column(table, series)?;
            let example = words.words.iter().find(|w| w.trim().parse::<f64>().is_err());
            let advice = match example {
                Some(word) => format!("it holds for example \"{word}\"; declare it categorical, or convert it to numbers"),
                None => "all its words are numbers: convert it to numbers first, or declare it categorical".to_owned(),
            };
            return Err(FrameError::wrong_type(table, column, &dtype.to_string(), "numeric", advice));
        }
        DataType::Date | DataType::Datetime(..) => {
            return Err(FrameError::wrong_type(table, column, &dtype.to_string(), "numeric", "declare it a date"));
        }
        _ => {}
    }
    let floats = series.cast(&DataType::Float64)?;
    let values: Vec<f64> = floats.f64()?.iter().map(|v| v.unwrap_or(f64::NAN)).collect();
    match values.iter().position(|v| v.is_infinite()) {
        Some(row) => {
            let message = format!("{} is not finite; make it missing or a number", values[row]);
            Err(FrameError::value(table, column, row, message))
        }
        None => Ok(values),
    }
}

/// Truths of a column: 0 false, 1 true, 2 missing.
pub(super) fn truth_column(table: &'static str, series: &Series) -> Result<Vec<u8>, FrameError> {
    let column = series.name().as_str();
    let dtype = series.dtype();
    readable(table, column, dtype)?;
    match dtype {
        DataType::Null => Ok(vec![2; series.len()]),
        DataType::Boolean => Ok(series.bool()?.iter().map(|v| v.map_or(2, u8::from)).collect()),
        DataType::Date | DataType::Datetime(..) => {
            Err(FrameError::wrong_type(table, column, &dtype.to_string(), "boolean", "declare it a date"))
        }
        _ => {
            let words = text_column(table, series)?;
            let truths: Vec<Option<u8>> = words.words.iter().map(|w| truth(w)).collect();
            let mut values = Vec::with_capacity(words.codes.len());
            for (row, &code) in words.codes.iter().enumerate() {
                match truths.get(code as usize) {
                    None => values.push(2),
                    Some(Some(truth)) => values.push(*truth),
                    Some(None) => {
                        let message = format!(
                            "\"{}\" is neither yes nor no (true/false, yes/no, 1/0); declare the column categorical or numeric",
                            words.word(row).unwrap_or_default()
                        );
                        return Err(FrameError::value(table, column, row, message));
                    }
                }
            }
            Ok(values)
        }
    }
}

/// What a word says of a boolean: 0 false, 1 true, 2 nothing; `None` when it is none of these.
pub(super) fn truth(word: &str) -> Option<u8> {
    match canonical(word, &std::collections::BTreeMap::new()).as_deref() {
        None => Some(2),
        Some("true" | "t" | "yes" | "y" | "1" | "on") => Some(1),
        Some("false" | "f" | "no" | "n" | "0" | "off") => Some(0),
        Some(_) => None,
    }
}
