//! Time zones by their names.

use chrono_tz::{TZ_VARIANTS, Tz};

/// The time zone that a word names, in upper or lower case: one of IANA's, for example `Europe/Berlin`.
pub(crate) fn zone_named(word: &str) -> Option<Tz> {
    word.parse().ok().or_else(|| TZ_VARIANTS.iter().copied().find(|zone| zone.name().eq_ignore_ascii_case(word)))
}
