//! Instants and spans of time, in whole microseconds.

use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// Microseconds in one day.
pub(crate) const MICROS_PER_DAY: i64 = 86_400_000_000;
/// Microseconds in one hour.
pub(crate) const MICROS_PER_HOUR: i64 = 3_600_000_000;

/// An instant: microseconds since 1970-01-01T00:00:00 UTC.
///
/// Instants of leads, events and outcomes lie in 1970 to 2261. Anything outside is almost always a number read in
/// the wrong unit, so it is an error and never wraps.
///
/// ```
/// use leadscore::Timestamp;
/// let noon = Timestamp::from_micros(1_700_000_000_000_000)?;
/// assert_eq!(noon.micros(), 1_700_000_000_000_000);
/// assert!(Timestamp::from_micros(-1).is_err());
/// # Ok::<(), leadscore::TimeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Timestamp(i64);

impl Timestamp {
    /// The earliest instant: 1970-01-01T00:00:00 UTC.
    pub const MIN: Self = Self(0);
    /// The latest instant: the last microsecond of 2261 (UTC).
    pub const MAX: Self = Self(9_214_646_399_999_999);

    /// The instant `micros` microseconds after 1970-01-01T00:00:00 UTC.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`] before 1970 or after 2261.
    pub fn from_micros(micros: i64) -> Result<Self, TimeError> {
        if (Self::MIN.0..=Self::MAX.0).contains(&micros) { Ok(Self(micros)) } else { Err(TimeError::OutOfRange { micros }) }
    }

    /// Microseconds since 1970-01-01T00:00:00 UTC.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The clock's present instant.
    #[must_use]
    pub fn now() -> Self {
        SystemTime::now().try_into().unwrap_or(Self::MIN)
    }
}

impl TryFrom<i64> for Timestamp {
    type Error = TimeError;
    fn try_from(micros: i64) -> Result<Self, TimeError> {
        Self::from_micros(micros)
    }
}

impl From<Timestamp> for i64 {
    fn from(t: Timestamp) -> Self {
        t.0
    }
}

impl TryFrom<SystemTime> for Timestamp {
    type Error = TimeError;
    fn try_from(t: SystemTime) -> Result<Self, TimeError> {
        let elapsed = t.duration_since(UNIX_EPOCH).map_err(|_| TimeError::OutOfRange { micros: -1 })?;
        let micros = i64::try_from(elapsed.as_micros()).map_err(|_| TimeError::OutOfRange { micros: i64::MAX })?;
        Self::from_micros(micros)
    }
}

/// ISO 8601 in UTC, for example `2026-03-01T09:30:00Z`; the fraction is written only when it is not zero.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, within) = (self.0.div_euclid(MICROS_PER_DAY), self.0.rem_euclid(MICROS_PER_DAY));
        let (year, month, day) = civil_from_days(days);
        let seconds = within / 1_000_000;
        write!(f, "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
        match within % 1_000_000 {
            0 => write!(f, "Z"),
            fraction => write!(f, ".{fraction:06}Z"),
        }
    }
}

/// Year, month and day of a day number (days since 1970-01-01), in the proleptic Gregorian calendar.
///
/// Howard Hinnant (2013), "chrono-compatible low-level date algorithms", `civil_from_days`.
pub(crate) fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month_index + 2) / 5 + 1) as u32;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 } as u32;
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// A positive length of time, written as in `"30m"`, `"12h"`, `"7d"`, `"2w"`; `"0d"` is allowed.
///
/// ```
/// use leadscore::Span;
/// let week: Span = "7d".parse()?;
/// assert_eq!(week.micros(), 7 * 86_400_000_000);
/// assert_eq!(week.to_string(), "7d");
/// # Ok::<(), leadscore::TimeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span(i64);

impl Span {
    /// A span of `days` whole days.
    #[must_use]
    pub const fn days(days: u16) -> Self {
        Self(days as i64 * MICROS_PER_DAY)
    }

    /// A span of `micros` microseconds.
    ///
    /// # Errors
    /// [`TimeError::BadSpan`] when negative or longer than 100 years.
    pub fn from_micros(micros: i64) -> Result<Self, TimeError> {
        if (0..=36_525 * MICROS_PER_DAY).contains(&micros) {
            Ok(Self(micros))
        } else {
            Err(TimeError::BadSpan { text: format!("{micros}us") })
        }
    }

    /// Its length in microseconds.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Its length in days.
    #[must_use]
    pub fn as_days(self) -> f64 {
        self.0 as f64 / MICROS_PER_DAY as f64
    }
}

/// Units of a [`Span`], the longest that divides it is the one written.
const UNITS: [(&str, i64); 7] = [
    ("w", 7 * MICROS_PER_DAY),
    ("d", MICROS_PER_DAY),
    ("h", MICROS_PER_HOUR),
    ("m", 60_000_000),
    ("s", 1_000_000),
    ("ms", 1000),
    ("us", 1),
];

impl FromStr for Span {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let bad = || TimeError::BadSpan { text: text.to_owned() };
        let trimmed = text.trim();
        let digits = trimmed.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = trimmed.split_at(digits);
        let (_, micros) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(bad)?;
        let count: i64 = number.parse().map_err(|_| bad())?;
        count.checked_mul(*micros).and_then(|total| Self::from_micros(total).ok()).ok_or_else(bad)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return write!(f, "0d");
        }
        // Weeks are read but never written: "7d" is what people say.
        let (unit, micros) = UNITS[1..].iter().find(|(_, micros)| self.0 % micros == 0).unwrap_or(&UNITS[6]);
        write!(f, "{}{unit}", self.0 / micros)
    }
}

impl TryFrom<String> for Span {
    type Error = TimeError;
    fn try_from(text: String) -> Result<Self, TimeError> {
        text.parse()
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

/// What is wrong with an instant or a span.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimeError {
    /// An instant outside 1970 to 2261.
    #[error("instant {micros} us since 1970 is outside 1970 to 2261; is the number in seconds, milliseconds or nanoseconds?")]
    OutOfRange {
        /// Microseconds since 1970-01-01 UTC.
        micros: i64,
    },
    /// A span that cannot be read.
    #[error(
        "\"{text}\" is not a span of time; write a whole number and one of us, ms, s, m, h, d, w (for example \"7d\"), at most 100 years"
    )]
    BadSpan {
        /// What was given.
        text: String,
    },
    /// A text that is no moment.
    #[error("\"{text}\" is no moment from 1970 to 2261 in ISO 8601; write it as 2026-03-01 or 2026-03-01T09:30:00Z")]
    BadInstant {
        /// What was given.
        text: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_round_trip_through_text() {
        for (text, written) in [("7d", "7d"), ("2w", "14d"), ("36h", "36h"), ("90m", "90m"), ("0d", "0d"), ("1ms", "1ms")] {
            let span: Span = text.parse().unwrap();
            assert_eq!(span.to_string(), written);
            assert_eq!(written.parse::<Span>().unwrap(), span);
        }
        for bad in ["", "d", "7", "7 days", "-1d", "1.5d", "99999999999999d", "40000d"] {
            assert!(bad.parse::<Span>().is_err(), "{bad}");
        }
    }

    #[test]
    fn instants_are_written_in_iso_8601() {
        assert_eq!(Timestamp::MIN.to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(Timestamp::MAX.to_string(), "2261-12-31T23:59:59.999999Z");
        assert_eq!(Timestamp::from_micros(951_782_400_000_000).unwrap().to_string(), "2000-02-29T00:00:00Z");
    }
}
