//! The time zones by whose clocks nights, weekends and moments of creation are told, as tables of offsets: scoring needs no time zone database.

use super::FeatureError;

/// The offsets of a zone, as (microseconds UTC from which on, seconds east of UTC); none for UTC.
pub(super) type Zone = Vec<(i64, i32)>;

/// From which day on (days since 1970-01-01) the changes of a clock are asked for; before it, what it showed on that day holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Since {
    /// No event and no creation is older.
    Events = 0,
    /// 1800-01-01, when no clock was set by law yet: a date may be one of birth.
    Dates = -62_091,
}

/// The offsets of a zone by its IANA name.
///
/// # Errors
/// [`FeatureError::Setting`] for a zone that is not known.
pub(super) fn offsets(zone: Option<&str>, since: Since) -> Result<Zone, FeatureError> {
    match zone {
        None => Ok(Vec::new()),
        Some(zone) if zone.eq_ignore_ascii_case("utc") => Ok(Vec::new()),
        Some(zone) => known(zone, since),
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
        let zone = offsets(Some(name), Since::Events)?;
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
    known(word, Since::Events).map(|_| None)
}

/// Looked up day by day to 2261; where the offset of two days differs, the second of the change is found by halving.
#[cfg(feature = "frame")]
fn known(zone: &str, since: Since) -> Result<Zone, FeatureError> {
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
    let first = since as i64;
    let mut before = offset(first * DAY);
    let mut offsets = vec![(first * MICROS_PER_DAY, before)];
    for day in first..Timestamp::MAX.micros() / MICROS_PER_DAY {
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
    if matches!(offsets[..], [(_, 0)]) {
        offsets.clear();
    }
    Ok(offsets)
}

/// Without the time zone database, which comes with tables.
#[cfg(not(feature = "frame"))]
fn known(zone: &str, _: Since) -> Result<Zone, FeatureError> {
    let message = format!(
        "cannot tell nights in the schema's time zone \"{zone}\": this build has no time zones; leave the family \"clock\" out, or build with the feature \"frame\""
    );
    Err(FeatureError::Setting { setting: "families", message })
}

#[cfg(all(test, feature = "frame"))]
mod tests {
    use super::{Since, of_words};
    use crate::features::recipe::MAX_CLOCK_CHANGES;
    use crate::time::{MICROS_PER_DAY, civil_from_days};

    fn offsets(zone: Option<&str>) -> Result<super::Zone, crate::FeatureError> {
        super::offsets(zone, Since::Events)
    }

    #[test]
    fn clocks_of_dates_begin_in_1800() {
        assert_eq!(civil_from_days(Since::Dates as i64), (1800, 1, 1));
        let new_york = super::offsets(Some("America/New_York"), Since::Dates).unwrap();
        // The sun's time of the place until 1883-11-18 17:00 UTC; then five hours behind.
        assert_eq!(new_york[..2], [(-62_091 * MICROS_PER_DAY, -17_762), (-2_717_650_800_000_000, -18_000)]);
        assert!(super::offsets(Some("Etc/UTC"), Since::Dates).unwrap().is_empty());
        let of_events = offsets(Some("America/New_York")).unwrap();
        assert!(new_york.ends_with(&of_events[1..]));
    }

    #[test]
    fn a_plan_has_room_for_the_changes_of_every_clock() {
        let most = chrono_tz::TZ_VARIANTS.iter().map(|zone| super::offsets(Some(zone.name()), Since::Dates).unwrap().len()).max();
        assert!(most.unwrap() < MAX_CLOCK_CHANGES, "{most:?}");
    }

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
