//! The time zones by whose clocks nights, weekends and moments of creation are told, as tables of offsets: scoring needs no time zone database.

use super::FeatureError;

/// The offsets of a zone, as (microseconds UTC from which on, seconds east of UTC); none for UTC.
pub(super) type Zone = Vec<(i64, i32)>;

/// The offsets of a zone by its IANA name.
///
/// # Errors
/// [`FeatureError::Setting`] for a zone that is not known.
pub(super) fn offsets(zone: Option<&str>) -> Result<Zone, FeatureError> {
    match zone {
        None => Ok(Vec::new()),
        Some(zone) if zone.eq_ignore_ascii_case("utc") => Ok(Vec::new()),
        Some(zone) => known(zone),
    }
}

/// Per word the place of the time zone that it names, from 1 on, 0 where it names none; and the offsets of the zones, no two alike. A word names a
/// zone in upper or lower case, with blanks for underscores.
pub(super) fn of_words(words: &[String]) -> Result<(Vec<u16>, Vec<Zone>), FeatureError> {
    let mut zones: Vec<Zone> = Vec::new();
    let mut places = Vec::with_capacity(words.len());
    for word in words {
        let Some(name) = named(word)? else {
            places.push(0);
            continue;
        };
        let zone = offsets(Some(name))?;
        let place = zones.iter().position(|other| *other == zone).unwrap_or_else(|| {
            zones.push(zone);
            zones.len() - 1
        });
        places.push(place as u16 + 1);
    }
    Ok((places, zones))
}

/// The zone that a word names.
#[cfg(feature = "frame")]
fn named(word: &str) -> Result<Option<&'static str>, FeatureError> {
    Ok(crate::schema::zone_named(word).map(chrono_tz::Tz::name))
}

/// Without the time zone database nothing can be said of a word.
#[cfg(not(feature = "frame"))]
fn named(word: &str) -> Result<Option<&'static str>, FeatureError> {
    known(word).map(|_| None)
}

/// Looked up day by day from 1970 to 2261; where the offset of two days differs, the second of the change is found by halving.
#[cfg(feature = "frame")]
fn known(zone: &str) -> Result<Zone, FeatureError> {
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
    // UTC by another name.
    if offsets == [(0, 0)] {
        offsets.clear();
    }
    Ok(offsets)
}

/// Without the time zone database, which comes with tables.
#[cfg(not(feature = "frame"))]
fn known(zone: &str) -> Result<Zone, FeatureError> {
    let message = format!(
        "cannot tell nights in the schema's time zone \"{zone}\": this build has no time zones; leave the family \"clock\" out, or build with the feature \"frame\""
    );
    Err(FeatureError::Setting { setting: "families", message })
}

#[cfg(all(test, feature = "frame"))]
mod tests {
    use super::{of_words, offsets};

    #[test]
    fn clocks_change_when_they_do_in_berlin() {
        let berlin = offsets(Some("Europe/Berlin")).unwrap();
        // 2024-03-31T01:00:00Z to summer time, 2024-10-27T01:00:00Z back.
        assert!(berlin.contains(&(1_711_846_800_000_000, 7200)));
        assert!(berlin.contains(&(1_729_990_800_000_000, 3600)));
        assert_eq!(offsets(Some("UTC")).unwrap(), []);
        // At UTC until 1984.
        assert!(offsets(Some("Africa/Casablanca")).unwrap().starts_with(&[(0, 0)]));
        assert!(offsets(Some("Mars/Phobos")).is_err());
    }

    #[test]
    fn words_name_zones_in_any_case_and_zones_that_are_alike_are_one() {
        let words = ["europe/berlin", "gmt+2", "mars/phobos", "utc", "Asia/Kolkata", "asia/calcutta", "etc/utc", "america/new york"]
            .map(str::to_owned);
        let (places, zones) = of_words(&words).unwrap();
        assert_eq!(places, [1, 0, 0, 2, 3, 3, 2, 4]);
        assert_eq!(zones[0], offsets(Some("Europe/Berlin")).unwrap());
        assert_eq!(zones[1], []);
    }
}
