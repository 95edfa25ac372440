//! The canonical form of tags: trimmed, case-folded, aliased.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// Words that say "nothing was chosen" and mean missing.
const PLACEHOLDERS: [&str; 8] = ["", "select", "n/a", "na", "nan", "null", "-", "?"];

/// The canonical form of a tag, or `None` when it says nothing.
///
/// White space around it is dropped and inside it becomes single blanks, letters are folded to lower case, then `aliases` (whose keys
/// are compared in canonical form too) is applied. Empty words and placeholders ("Select", "n/a", "null", ...) are missing unless `aliases` says otherwise.
///
/// ```
/// use std::collections::BTreeMap;
/// let aliases = BTreeMap::from([("u.s.".to_string(), "usa".to_string())]);
/// assert_eq!(leadscore::canonical("  U.S. ", &aliases).as_deref(), Some("usa"));
/// assert_eq!(leadscore::canonical("Select", &aliases), None);
/// ```
#[must_use]
pub fn canonical<'a>(word: &'a str, aliases: &BTreeMap<String, String>) -> Option<Cow<'a, str>> {
    let folded = fold(word);
    if let Some(meant) = alias(&folded, aliases) {
        let meant = fold(meant).into_owned();
        return (!meant.is_empty()).then_some(Cow::Owned(meant));
    }
    (!PLACEHOLDERS.contains(&folded.as_ref())).then_some(folded)
}

/// The form in which two spellings of an account are the same, or `None` when it says nothing: [`canonical`] without aliases, but an identifier of
/// letters in both cases and digits keeps its case, for some systems (Salesforce's 15 characters) have identifiers that differ in nothing else.
///
/// ```
/// assert_eq!(leadscore::account_key(" ACME  Inc. ").as_deref(), Some("acme inc."));
/// assert_eq!(leadscore::account_key("0015000000Gv7qJ").as_deref(), Some("0015000000Gv7qJ"));
/// assert_eq!(leadscore::account_key("n/a"), None);
/// ```
#[must_use]
pub fn account_key(word: &str) -> Option<Cow<'_, str>> {
    let has = |is: fn(&u8) -> bool| word.bytes().any(|byte| is(&byte));
    let trimmed = word.trim();
    let one_word = trimmed.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if one_word && has(u8::is_ascii_digit) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) {
        return Some(Cow::Borrowed(trimmed));
    }
    canonical(word, &NO_ALIASES)
}

static NO_ALIASES: BTreeMap<String, String> = BTreeMap::new();
/// The longest word whose canonical form is made without allocating.
pub(crate) const FOLDABLE: usize = 64;

/// Whether the canonical form of a word is made without allocating.
pub(crate) fn is_foldable(word: &str) -> bool {
    word.len() <= FOLDABLE && word.is_ascii()
}

/// What `read` makes of the canonical form of a tag without aliases. Nothing is allocated for the words that sources usually have, plain ones of at most 64
/// letters, however they are written.
pub(crate) fn canonical_then<R>(word: &str, read: impl FnOnce(Option<&str>) -> R) -> R {
    let mut buffer = [0; FOLDABLE];
    let folded = plainly_folded(word, &mut buffer).map_or_else(|| fold(word), Cow::Borrowed);
    read((!PLACEHOLDERS.contains(&&*folded)).then_some(&*folded))
}

/// The folded form of a word that has it already, or is ASCII and fits into `buffer`; nothing for others.
pub(crate) fn plainly_folded<'b>(word: &'b str, buffer: &'b mut [u8; FOLDABLE]) -> Option<&'b str> {
    let trimmed = word.trim();
    if is_folded(trimmed.as_bytes()) { Some(trimmed) } else { fold_into(trimmed, buffer) }
}

/// The folded form of a trimmed word in `buffer`, if it is ASCII and fits.
fn fold_into<'b>(trimmed: &str, buffer: &'b mut [u8; FOLDABLE]) -> Option<&'b str> {
    if !is_foldable(trimmed) {
        return None;
    }
    let (mut length, mut blank) = (0, false);
    for byte in trimmed.bytes() {
        let now_blank = char::from(byte).is_whitespace();
        // Of several blanks, the first stays.
        if !(now_blank && blank) {
            buffer[length] = if now_blank { b' ' } else { byte.to_ascii_lowercase() };
            length += 1;
        }
        blank = now_blank;
    }
    std::str::from_utf8(&buffer[..length]).ok()
}

/// Whether a word says something, that is, whether [`canonical`] without aliases gives one. Allocates nothing.
pub(crate) fn says_something(word: &str) -> bool {
    // No placeholder is longer, in any case.
    const LONGEST: usize = 6;
    let word = word.trim();
    word.len() > LONGEST
        || match plainly_folded(word, &mut [0; FOLDABLE]) {
            Some(folded) => !PLACEHOLDERS.contains(&folded),
            None => !PLACEHOLDERS.iter().any(|placeholder| placeholder.chars().eq(folded_chars(word))),
        }
}

/// The characters of [`canonical`]'s form of a word that is no placeholder and has no alias. Allocates nothing.
pub(crate) fn folded_chars(word: &str) -> impl Iterator<Item = char> + '_ {
    let parts = word.split_whitespace().enumerate();
    parts.flat_map(|(i, part)| (i > 0).then_some(' ').into_iter().chain(part.chars().flat_map(char::to_lowercase)))
}

/// What the aliases say that `folded` means. Keys in canonical form, the usual case, are found without a walk over all.
fn alias<'m>(folded: &str, aliases: &'m BTreeMap<String, String>) -> Option<&'m str> {
    if aliases.is_empty() {
        return None;
    }
    aliases.get(folded).or_else(|| aliases.iter().find(|(written, _)| fold(written) == folded).map(|(_, meant)| meant)).map(String::as_str)
}

/// Trimmed, single blanks, lower case. Borrows when the word already is.
pub(crate) fn fold(word: &str) -> Cow<'_, str> {
    let trimmed = word.trim();
    if is_folded(trimmed.as_bytes()) {
        return Cow::Borrowed(trimmed);
    }
    let mut folded = String::with_capacity(trimmed.len());
    for part in trimmed.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        if part.is_ascii() {
            let start = folded.len();
            folded.push_str(part);
            folded[start..].make_ascii_lowercase();
        } else {
            folded.extend(part.chars().flat_map(char::to_lowercase));
        }
    }
    Cow::Owned(folded)
}

/// Whether a trimmed word is plain ASCII in lower case with single blanks.
fn is_folded(bytes: &[u8]) -> bool {
    let mut blank = false;
    for &b in bytes {
        let now_blank = b == b' ';
        if !b.is_ascii() || b.is_ascii_uppercase() || (b.is_ascii_whitespace() || b == 0x0b) && !now_blank || blank && now_blank {
            return false;
        }
        blank = now_blank;
    }
    true
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn plain(word: &str) -> Option<String> {
        canonical(word, &BTreeMap::new()).map(Cow::into_owned)
    }

    #[test]
    fn case_and_white_space_make_no_difference() {
        for word in ["Web Visit", " web  visit ", "WEB\tVISIT", "web visit", "web\u{b}visit", "web\u{a0}visit"] {
            assert_eq!(plain(word).as_deref(), Some("web visit"), "{word:?}");
        }
        assert_eq!(plain("ÄRZTE").as_deref(), Some("ärzte"));
    }

    #[test]
    fn placeholders_are_missing() {
        for word in ["", "  ", "Select", "N/A", "NaN", "NULL", "-", "?"] {
            assert_eq!(plain(word), None, "{word:?}");
        }
        assert_eq!(plain("none of these").as_deref(), Some("none of these"));
    }

    #[test]
    fn aliases_are_found_however_they_are_written() {
        let aliases: BTreeMap<String, String> =
            [("U.S.", "USA"), ("select", "chosen"), ("unknown", "")].into_iter().map(|(a, b)| (a.to_owned(), b.to_owned())).collect();
        assert_eq!(canonical("u.s.", &aliases).as_deref(), Some("usa"));
        assert_eq!(canonical(" Select ", &aliases).as_deref(), Some("chosen"));
        assert_eq!(canonical("Unknown", &aliases), None);
        assert_eq!(canonical("other", &aliases).as_deref(), Some("other"));
    }

    #[test]
    fn a_word_in_canonical_form_is_not_copied() {
        assert!(matches!(canonical("web visit", &BTreeMap::new()), Some(Cow::Borrowed(_))));
    }

    #[test]
    fn placeholders_in_any_spelling_say_nothing_when_only_looked_at() {
        for word in ["", "  ", "Select", "N/A", "NaN", "NULL", "-", "?"] {
            assert!(canonical_then(word, |seen| seen.is_none()), "{word:?}");
        }
    }

    proptest! {
        #[test]
        fn the_canonical_form_that_is_only_looked_at_is_the_same(word in prop_oneof!["\\PC{0,80}", "[ A-Za-z\t\n\u{b}\u{1c}/-]{0,70}"]) {
            prop_assert_eq!(canonical_then(&word, |seen| seen.map(str::to_owned)), plain(&word));
        }

        #[test]
        fn the_form_is_the_same_without_making_it(word in "\\PC{0,20}| {0,2}(Select|N/A|nAn|NULL|-|\\?|\t)? {0,2}") {
            let made = plain(&word);
            prop_assert_eq!(made.is_some(), says_something(&word));
            if let Some(made) = made {
                prop_assert_eq!(folded_chars(&word).collect::<String>(), made);
            }
        }

        #[test]
        fn the_canonical_form_is_its_own_canonical_form(word in "\\PC{0,20}") {
            if let Some(once) = plain(&word) {
                prop_assert_eq!(plain(&once), Some(once));
            }
        }
    }
}
