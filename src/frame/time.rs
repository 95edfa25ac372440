//! Columns of instants: microseconds UTC from every dtype that holds a time.

use chrono::{Duration, NaiveDate, NaiveDateTime, TimeZone};
use chrono_tz::Tz;
use polars::prelude::{DataType, Series, TimeUnit};
use polars_arrow::array::Array;

use super::FrameError;
use super::text::{self, MISSING};
use crate::schema::SchemaError;
use crate::time::{MICROS_PER_DAY, civil_from_days};
use crate::{Span, Timestamp};

/// The first microsecond of the year 1, the earliest date that an attribute may have.
const YEAR_ONE: i64 = -62_135_596_800_000_000;

/// The first microsecond of 1980.
const YEAR_1980: i64 = 3652 * MICROS_PER_DAY;

/// Which instants a column may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Range {
    /// 1970 to 2261: anything else is a number read in the wrong unit.
    History,
    /// The year 1 to 2261: an attribute, such as a date of birth.
    Attribute,
}

/// The zone of timestamps that carry none.
pub(crate) fn zone(name: Option<&str>) -> Result<Tz, SchemaError> {
    let Some(name) = name else { return Ok(Tz::UTC) };
    name.parse().map_err(|_| SchemaError::Contradiction {
        message: format!("time_zone = \"{name}\" is no IANA zone; write for example \"Europe/Berlin\" or \"UTC\""),
    })
}

/// Microseconds UTC of a column, `i64::MIN` where missing; within 1970 to 2261.
///
/// # Errors
/// As the column's dtype, spelling or range demands, with table, column and row.
pub(crate) fn instant_column(table: &'static str, series: &Series, time_zone: Option<&str>) -> Result<Vec<i64>, FrameError> {
    instants(table, series, zone(time_zone)?, Range::History)
}

/// As [`instant_column`], for any range.
pub(super) fn instants(table: &'static str, series: &Series, zone: Tz, range: Range) -> Result<Vec<i64>, FrameError> {
    let column = series.name().as_str();
    let dtype = series.dtype();
    let values = match dtype {
        DataType::Datetime(unit, carried) => {
            let physical = series.to_physical_repr();
            let values = physical.i64()?;
            let local = carried.is_none() && zone != Tz::UTC;
            let instant = |value: i64| {
                let micros = to_micros(value, *unit);
                if local { from_local(micros, zone) } else { micros }
            };
            let mut micros = Vec::with_capacity(values.len());
            for array in values.downcast_iter() {
                if array.null_count() > 0 {
                    micros.extend(array.iter().map(|value| value.map_or(i64::MIN, |&value| instant(value))));
                } else if local || *unit != TimeUnit::Microseconds {
                    micros.extend(array.values().iter().map(|&value| instant(value)));
                } else {
                    micros.extend_from_slice(array.values());
                }
            }
            micros
        }
        DataType::Date => {
            let physical = series.to_physical_repr();
            let midnight = |days: i32| {
                let micros = i64::from(days).saturating_mul(MICROS_PER_DAY);
                if zone == Tz::UTC { micros } else { from_local(micros, zone) }
            };
            physical.i32()?.iter().map(|v| v.map_or(i64::MIN, midnight)).collect()
        }
        DataType::String | DataType::Categorical(..) | DataType::Enum(..) => {
            let words = text::text_column(table, series)?;
            parse_words(table, column, &words, zone)?
        }
        DataType::Null => vec![i64::MIN; series.len()],
        other if series.null_count() == series.len() => {
            text::readable(table, column, other)?;
            vec![i64::MIN; series.len()]
        }
        other => return Err(FrameError::wrong_type(table, column, &other.to_string(), "a time", time_advice(series))),
    };
    check_range(table, column, &values, range)?;
    Ok(values)
}

/// Whether the column holds dates without a time of day.
pub(super) fn only_dates(series: &Series) -> bool {
    match series.dtype() {
        DataType::Date => true,
        DataType::String => series.str().is_ok_and(|words| words.iter().flatten().all(|w| w.trim().len() <= 10)),
        _ => false,
    }
}

fn to_micros(value: i64, unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Nanoseconds => value.div_euclid(1000),
        TimeUnit::Microseconds => value,
        // Out of range either way, and told so with its row.
        TimeUnit::Milliseconds => value.saturating_mul(1000).max(i64::MIN + 1),
    }
}

/// Each distinct word is parsed once.
fn parse_words(table: &'static str, column: &str, words: &crate::TextColumn, zone: Tz) -> Result<Vec<i64>, FrameError> {
    let parsed: Vec<Option<i64>> = words.words.iter().map(|w| if says_missing(w) { Some(i64::MIN) } else { parse(w, zone) }).collect();
    let mut values = Vec::with_capacity(words.codes.len());
    for (row, &code) in words.codes.iter().enumerate() {
        if code == MISSING {
            values.push(i64::MIN);
            continue;
        }
        let Some(Some(micros)) = parsed.get(code as usize) else {
            let word = words.word(row).unwrap_or_default();
            let message =
                format!("\"{word}\" is not a time in ISO 8601; write it as 2026-03-01, 2026-03-01T09:30:00 or 2026-03-01T09:30:00+01:00");
            return Err(FrameError::value(table, column, row, message));
        };
        values.push(*micros);
    }
    Ok(values)
}

fn says_missing(word: &str) -> bool {
    matches!(word.trim().to_ascii_lowercase().as_str(), "" | "nat" | "nan" | "null" | "none" | "na" | "n/a" | "-" | "?")
}

fn check_range(table: &'static str, column: &str, values: &[i64], range: Range) -> Result<(), FrameError> {
    let (least, name) = match range {
        Range::History => (Timestamp::MIN.micros(), "1970"),
        Range::Attribute => (YEAR_ONE, "the year 1"),
    };
    let outside = |v: i64| v != i64::MIN && !(least..=Timestamp::MAX.micros()).contains(&v);
    // One pass without a branch tells that all is well, as it mostly is.
    let oldest = values.iter().fold(i64::MAX, |oldest, &v| oldest.min(if v == i64::MIN { i64::MAX } else { v }));
    let newest = values.iter().fold(i64::MIN, |newest, &v| newest.max(v));
    if oldest >= least && newest <= Timestamp::MAX.micros() && (newest >= YEAR_1980 || !matches!(range, Range::History)) {
        return Ok(());
    }
    match values.iter().position(|&v| outside(v)) {
        None if matches!(range, Range::History) => check_recent(table, column, values),
        None => Ok(()),
        Some(row) => {
            let (year, month, day) = civil_from_days(values[row].div_euclid(MICROS_PER_DAY));
            let message = format!(
                "{year:04}-{month:02}-{day:02} is outside {name} to 2261; wrong unit? (numbers of seconds, milliseconds or nanoseconds read as another)"
            );
            Err(FrameError::value(table, column, row, message))
        }
    }
}

/// A history that ends before 1980 is one of seconds read as milliseconds, or the like.
fn check_recent(table: &'static str, column: &str, values: &[i64]) -> Result<(), FrameError> {
    let newest = values.iter().enumerate().filter(|(_, v)| **v != i64::MIN).max_by_key(|(_, v)| **v);
    match newest {
        Some((row, &micros)) if micros < YEAR_1980 => {
            let (year, month, day) = civil_from_days(micros.div_euclid(MICROS_PER_DAY));
            let message = format!(
                "{year:04}-{month:02}-{day:02} is the newest moment of the whole column; wrong unit? (seconds or milliseconds read as a smaller unit)"
            );
            Err(FrameError::value(table, column, row, message))
        }
        _ => Ok(()),
    }
}

/// What to do with a column of numbers that was to hold times.
fn time_advice(series: &Series) -> String {
    let strict = series.dtype().is_primitive_numeric();
    let largest = if strict {
        series.cast(&DataType::Float64).ok().and_then(|s| s.f64().ok().and_then(|v| v.iter().flatten().map(f64::abs).reduce(f64::max)))
    } else {
        None
    };
    let Some(largest) = largest else { return "give a column of dates, timestamps or ISO 8601 text".to_owned() };
    let (guess, unit) = match largest {
        v if (19_000_101.0..22_611_232.0).contains(&v) => {
            return "it looks like dates written YYYYMMDD; convert them to dates first".to_owned();
        }
        v if v < 1e5 => return "it looks like days or the serial numbers of a spreadsheet; convert it to timestamps first".to_owned(),
        v if v < 1e11 => ("seconds", "s"),
        v if v < 1e14 => ("milliseconds", "ms"),
        v if v < 1e17 => ("microseconds", "us"),
        _ => ("nanoseconds", "ns"),
    };
    format!(
        "it looks like {guess} since 1970; convert it with pl.from_epoch(column, time_unit=\"{unit}\") or pd.to_datetime(column, unit=\"{unit}\")"
    )
}

/// The instant that an ISO 8601 text means: date only, with or without time, fraction and offset; `T` or a blank between.
///
/// Texts without an offset are in `zone`. `None` when it is none, or outside 1970 to 2261.
pub(crate) fn parse_instant(text: &str, zone: Tz) -> Option<Timestamp> {
    Timestamp::from_micros(parse(text, zone)?).ok()
}

/// Microseconds UTC of a date or instant in ISO 8601.
pub(crate) fn parse(text: &str, zone: Tz) -> Option<i64> {
    let text = text.trim();
    let bytes = text.as_bytes();
    let date = NaiveDate::from_ymd_opt(
        i32::try_from(digits(bytes.get(0..4)?)?).ok()?,
        expect(bytes, 4, b'-').and_then(|()| digits(bytes.get(5..7)?))?,
        expect(bytes, 7, b'-').and_then(|()| digits(bytes.get(8..10)?))?,
    )?;
    let days = i64::from(date.to_epoch_days());
    if bytes.len() == 10 {
        return Some(from_local(days * MICROS_PER_DAY, zone));
    }
    if !matches!(bytes[10], b'T' | b't' | b' ') {
        return None;
    }
    let hour = digits(bytes.get(11..13)?)?;
    expect(bytes, 13, b':')?;
    let minute = digits(bytes.get(14..16)?)?;
    let mut at = 16;
    let (mut second, mut micros) = (0, 0);
    if bytes.get(at) == Some(&b':') {
        second = digits(bytes.get(17..19)?)?;
        at = 19;
        if matches!(bytes.get(at), Some(b'.' | b',')) {
            let fraction = bytes[20..].iter().take_while(|b| b.is_ascii_digit()).count();
            if fraction == 0 || fraction > 12 {
                return None;
            }
            // Beyond microseconds the digits are cut, as for nanosecond columns.
            for place in 0..6 {
                micros = micros * 10 + if place < fraction { i64::from(bytes[20 + place] - b'0') } else { 0 };
            }
            at = 20 + fraction;
        }
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let local = days * MICROS_PER_DAY + (i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second)) * 1_000_000 + micros;
    match text.get(at..)?.trim_start() {
        "" => Some(from_local(local, zone)),
        "Z" | "z" | "UTC" | "GMT" => Some(local),
        offset => Some(local - offset_micros(offset)?),
    }
}

/// `+01:00`, `+0100` or `+01` in microseconds.
fn offset_micros(offset: &str) -> Option<i64> {
    let bytes = offset.as_bytes();
    let sign = match bytes.first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours = digits(bytes.get(1..3)?)?;
    let minutes = match bytes.len() {
        3 => 0,
        5 => digits(&bytes[3..5])?,
        6 if bytes[3] == b':' => digits(&bytes[4..6])?,
        _ => return None,
    };
    (hours < 24 && minutes < 60).then(|| sign * (i64::from(hours) * 3600 + i64::from(minutes) * 60) * 1_000_000)
}

fn digits(bytes: &[u8]) -> Option<u32> {
    bytes.iter().try_fold(0, |n, b| b.is_ascii_digit().then(|| n * 10 + u32::from(b - b'0')))
}

fn expect(bytes: &[u8], at: usize, wanted: u8) -> Option<()> {
    (bytes.get(at) == Some(&wanted)).then_some(())
}

/// The instant of a wall clock's reading: the earlier one when the hour is struck twice; when it is skipped, as if the clock had not yet been put forward.
pub(crate) fn from_local(micros: i64, zone: Tz) -> i64 {
    if zone == Tz::UTC {
        return micros;
    }
    let reading = |micros: i64| -> Option<NaiveDateTime> { chrono::DateTime::from_timestamp_micros(micros).map(|t| t.naive_utc()) };
    let instant = |micros: i64| reading(micros).and_then(|r| zone.from_local_datetime(&r).earliest()).map(|t| t.timestamp_micros());
    let hour = Duration::hours(1).num_microseconds().unwrap_or(Span::days(0).micros());
    instant(micros).or_else(|| instant(micros.checked_sub(hour)?).map(|t| t + hour)).unwrap_or(micros)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    proptest! {
        // Reference: chrono writes what we read.
        #[test]
        fn what_chrono_writes_is_read_back(micros in YEAR_ONE..=Timestamp::MAX.micros(), offset in -14 * 4..14 * 4) {
            let zone = chrono::FixedOffset::east_opt(offset * 900).unwrap();
            let written = chrono::DateTime::from_timestamp_micros(micros).unwrap().with_timezone(&zone);
            prop_assume!((1..=9999).contains(&chrono::Datelike::year(&written)));
            prop_assert_eq!(parse(&written.to_rfc3339(), Tz::UTC), Some(micros));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,30}|[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]?[0-9:.+Z-]{0,16}") {
            let _ = parse(&text, Tz::Europe__Berlin);
        }

        #[test]
        fn a_wall_clock_reads_back_what_it_showed(micros in 0..Timestamp::MAX.micros()) {
            let instant = chrono::DateTime::from_timestamp_micros(micros).unwrap();
            let local = instant.with_timezone(&Tz::America__New_York).naive_local();
            let read = from_local(local.and_utc().timestamp_micros(), Tz::America__New_York);
            // Only an hour that is struck twice leaves a choice.
            prop_assert!(read == micros || read == micros - 3_600_000_000, "{} {}", read, micros);
        }
    }
}
