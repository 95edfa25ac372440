//! The behaviour of the room, good input and bad, each refusal with its message.
#![allow(clippy::unwrap_used, clippy::panic)]

mod events;
mod files;
mod identity;
mod infer;
mod leads;
mod outcomes;

use polars::prelude::{Column, DataFrame, NamedFrom, Series};

use super::FrameError;

/// A table of the columns given.
fn table(columns: Vec<Series>) -> DataFrame {
    let height = columns.first().map_or(0, |s| s.len());
    DataFrame::new(height, columns.into_iter().map(Column::from).collect()).unwrap()
}

fn words(name: &str, values: &[&str]) -> Series {
    Series::new(name.into(), values)
}

fn message<T: std::fmt::Debug>(result: Result<T, FrameError>) -> String {
    result.unwrap_err().to_string()
}

/// Microseconds of an instant in ISO 8601.
fn at(text: &str) -> i64 {
    super::parse_instant(text, chrono_tz::Tz::UTC).unwrap().micros()
}
