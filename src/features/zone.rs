//! The time zone in which nights and weekends are told, as a table of offsets: scoring needs no time zone database.

use super::FeatureError;

/// The offsets of a zone (IANA name), as (microseconds UTC from which on, seconds east of UTC); none for UTC.
///
/// # Errors
/// [`FeatureError::Setting`] for a zone that is not known.
pub(super) fn offsets(zone: Option<&str>) -> Result<Vec<(i64, i32)>, FeatureError> {
    match zone {
        None => Ok(Vec::new()),
        Some(zone) if zone.eq_ignore_ascii_case("utc") => Ok(Vec::new()),
        Some(zone) => known(zone),
    }
}

/// Looked up day by day from 1970 to 2261; where the offset of two days differs, the second of the change is found by halving.
#[cfg(feature = "frame")]
fn known(zone: &str) -> Result<Vec<(i64, i32)>, FeatureError> {
    use chrono::{Offset, TimeZone};

    use crate::time::{MICROS_PER_DAY, Timestamp};

    const DAY: i64 = 86_400;
    let unknown = |_| FeatureError::Setting {
        setting: "families",
        message: format!(
            "cannot tell nights in the schema's time zone \"{zone}\", which is no IANA zone; write for example \"Europe/Berlin\""
        ),
    };
    let zone: chrono_tz::Tz = zone.parse().map_err(unknown)?;
    let offset = |second: i64| match chrono::DateTime::from_timestamp(second, 0) {
        Some(at) => zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc(),
        None => 0,
    };
    let mut offsets = vec![(0, offset(0))];
    let mut before = offset(0);
    for day in 0..Timestamp::MAX.micros() / MICROS_PER_DAY {
        let (mut same, mut changed) = (day * DAY, (day + 1) * DAY);
        let after = offset(changed);
        if after == before {
            continue;
        }
        while changed - same > 1 {
            let middle = i64::midpoint(same, changed);
            *(if offset(middle) == before { &mut same } else { &mut changed }) = middle;
        }
        offsets.push((changed * 1_000_000, after));
        before = after;
    }
    Ok(offsets)
}

/// Without the time zone database, which comes with tables.
#[cfg(not(feature = "frame"))]
fn known(zone: &str) -> Result<Vec<(i64, i32)>, FeatureError> {
    let message = format!(
        "cannot tell nights in the schema's time zone \"{zone}\": this build has no time zones; leave the family \"clock\" out, or build with the feature \"frame\""
    );
    Err(FeatureError::Setting { setting: "families", message })
}

#[cfg(all(test, feature = "frame"))]
mod tests {
    use super::offsets;

    #[test]
    fn clocks_change_when_they_do_in_berlin() {
        let berlin = offsets(Some("Europe/Berlin")).unwrap();
        // 2024-03-31T01:00:00Z to summer time, 2024-10-27T01:00:00Z back.
        assert!(berlin.contains(&(1_711_846_800_000_000, 7200)));
        assert!(berlin.contains(&(1_729_990_800_000_000, 3600)));
        assert_eq!(offsets(Some("UTC")).unwrap(), []);
        assert!(offsets(Some("Mars/Phobos")).is_err());
    }
}
