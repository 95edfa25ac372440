//! As of when: moments as callers write them, and the zone that they are in.

use polars::prelude::DataFrame;

use super::ScoringError;
use super::tables::missing;
use crate::frame;
use crate::schema::Schema;
use crate::time::TimeError;
use crate::{Error, Timestamp};

/// As of when to look at leads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AsOf {
    /// The clock.
    #[default]
    Now,
    /// One moment for all.
    At(Timestamp),
    /// One moment a lead, in the order of the table.
    Each(Vec<Timestamp>),
    /// The moments in a column of leads; those that carry no zone are in the schema's.
    Column(String),
}

impl From<Timestamp> for AsOf {
    fn from(moment: Timestamp) -> Self {
        Self::At(moment)
    }
}

impl AsOf {
    /// One moment for each of the leads, in microseconds UTC.
    pub(super) fn moments(&self, leads: &DataFrame, zone: Option<&str>) -> Result<Vec<i64>, Error> {
        let moments = match self {
            Self::Now => vec![Timestamp::now().micros(); leads.height()],
            Self::At(moment) => vec![moment.micros(); leads.height()],
            Self::Each(moments) => moments.iter().map(|moment| moment.micros()).collect(),
            Self::Column(name) => column(leads, name, zone)?,
        };
        if moments.len() == leads.height() {
            Ok(moments)
        } else {
            Err(ScoringError::Moments { moments: moments.len(), leads: leads.height() }.into())
        }
    }
}

/// The moments in column `name` of leads.
fn column(leads: &DataFrame, name: &str, zone: Option<&str>) -> Result<Vec<i64>, Error> {
    let column = leads.column(name).map_err(|_| missing("leads", leads, name))?;
    let moments = frame::instant_column("leads", column.as_materialized_series(), zone)?;
    match moments.iter().position(|&t| t == i64::MIN) {
        Some(row) => Err(Error::Config { message: format!("leads.{name}, row {row}: as_of is missing; give one moment for each lead") }),
        None => Ok(moments),
    }
}

impl Schema {
    /// The instant that a text in ISO 8601 means: `2026-03-01`, `2026-03-01T09:30:00`, `2026-03-01T09:30:00+01:00`. One without an offset is in the schema's
    /// zone, as the columns are, and in UTC when the schema names none.
    ///
    /// ```
    /// use leadscore::Schema;
    /// let berlin = Schema::new().time_zone("Europe/Berlin");
    /// assert_eq!(berlin.instant("2026-07-01T09:30")?.to_string(), "2026-07-01T07:30:00Z");
    /// assert_eq!(berlin.instant("2026-07-01T09:30Z")?.to_string(), "2026-07-01T09:30:00Z");
    /// assert_eq!(Schema::new().instant("2026-07-01T09:30")?.to_string(), "2026-07-01T09:30:00Z");
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`TimeError::BadInstant`] for a text that is no moment from 1970 to 2261, [`Error::Schema`] for a zone that there is not.
    pub fn instant(&self, text: &str) -> Result<Timestamp, Error> {
        let zone = frame::zone(self.time_zone.as_deref())?;
        Ok(frame::parse_instant(text, zone).ok_or_else(|| TimeError::BadInstant { text: text.to_owned() })?)
    }

    /// As [`Schema::instant`], in microseconds since 1970-01-01 UTC and of any year of four digits, as a date of birth may be; `None` for a text that is no date
    /// or instant in one of those forms.
    ///
    /// ```
    /// use leadscore::Schema;
    /// assert_eq!(Schema::new().date_micros("1969-12-31T23:59:59")?, Some(-1_000_000));
    /// assert_eq!(Schema::new().date_micros("2025-W01-1")?, None);
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Schema`] for a zone that there is not.
    pub fn date_micros(&self, text: &str) -> Result<Option<i64>, Error> {
        Ok(frame::parse(text, frame::zone(self.time_zone.as_deref())?))
    }

    /// The instant (microseconds since 1970-01-01 UTC) at which a wall clock in the schema's zone, in UTC when it names none, shows `micros` since 1970-01-01:
    /// the earlier one when the hour is struck twice; when it is skipped, as if the clock had not yet been put forward. Columns are read in the same way.
    ///
    /// ```
    /// use leadscore::Schema;
    /// let noon = 12 * 3_600_000_000;
    /// assert_eq!(Schema::new().time_zone("Europe/Berlin").wall_clock(noon)?, noon - 3_600_000_000);
    /// assert_eq!(Schema::new().wall_clock(noon)?, noon);
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Schema`] for a zone that there is not.
    pub fn wall_clock(&self, micros: i64) -> Result<i64, Error> {
        Ok(frame::from_local(micros, frame::zone(self.time_zone.as_deref())?))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use polars::prelude::{DataType, NamedFrom, Series, TimeUnit};

    use super::*;

    #[test]
    fn a_column_of_moments_and_a_text_are_read_by_the_clock_of_the_zone_in_summer_and_winter() {
        // Noon, the hour that is skipped, the hour that is struck twice, in Berlin.
        let clocks = ["2026-03-28T12:00:00", "2026-03-29T12:00:00", "2026-03-29T02:30:00", "2026-10-25T02:30:00"];
        let instants = ["2026-03-28T11:00:00Z", "2026-03-29T10:00:00Z", "2026-03-29T01:30:00Z", "2026-10-25T00:30:00Z"];
        let (plain, berlin) = (Schema::new(), Schema::new().time_zone("Europe/Berlin"));
        let shown: Vec<i64> = clocks.iter().map(|clock| plain.instant(clock).unwrap().micros()).collect();
        let micros = Series::new("moment".into(), &shown).cast(&DataType::Datetime(TimeUnit::Microseconds, None)).unwrap();
        let written = Series::new("text".into(), clocks);
        let leads = DataFrame::new(clocks.len(), vec![micros.into(), written.into()]).unwrap();
        for column in ["moment", "text"] {
            let read = |schema: &Schema| AsOf::Column(column.to_owned()).moments(&leads, schema.time_zone.as_deref()).unwrap();
            let told: Vec<String> = read(&berlin).into_iter().map(|at| Timestamp::from_micros(at).unwrap().to_string()).collect();
            assert_eq!(told, instants, "{column}");
            assert_eq!(read(&plain), shown, "{column}");
        }
        for (clock, instant) in clocks.iter().zip(instants) {
            assert_eq!(berlin.instant(clock).unwrap().to_string(), instant);
            assert_eq!(berlin.wall_clock(plain.instant(clock).unwrap().micros()).unwrap(), berlin.instant(clock).unwrap().micros());
        }
    }

    #[test]
    fn what_is_no_moment_and_no_zone_is_refused() {
        let error = Schema::new().instant("noon").unwrap_err();
        assert_eq!((error.code(), error.to_string().contains("\"noon\" is no moment")), ("config", true));
        assert_eq!(Schema::new().time_zone("Berlin").instant("2026-01-01").unwrap_err().code(), "schema");
    }
}
