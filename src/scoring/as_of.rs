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
    let column = leads.column(name).map_err(|_| missing(leads, name))?;
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
