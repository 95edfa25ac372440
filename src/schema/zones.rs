//! Time zones by their names.

use chrono_tz::{TZ_VARIANTS, Tz};

/// The time zone that a word names, in upper or lower case and with blanks for underscores: one of IANA's, for example `Europe/Berlin`.
pub(crate) fn zone_named(word: &str) -> Option<Tz> {
    let spelt = |a: u8, b: u8| a.eq_ignore_ascii_case(&b) || (a == b'_' && b == b' ');
    let names = |zone: &Tz| zone.name().len() == word.len() && zone.name().bytes().zip(word.bytes()).all(|(a, b)| spelt(a, b));
    word.parse().ok().or_else(|| TZ_VARIANTS.iter().copied().find(names))
}
