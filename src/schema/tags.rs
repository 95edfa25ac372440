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
    if !aliases.is_empty() {
        if let Some((_, meant)) = aliases.iter().find(|(written, _)| fold(written) == folded) {
            let meant = fold(meant).into_owned();
            return (!meant.is_empty()).then_some(Cow::Owned(meant));
        }
    }
    (!PLACEHOLDERS.contains(&folded.as_ref())).then_some(folded)
}

/// Trimmed, single blanks, lower case. Borrows when the word already is.
fn fold(word: &str) -> Cow<'_, str> {
    let trimmed = word.trim();
    let plain = trimmed.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase() && (b == b' ' || !b.is_ascii_whitespace()))
        && !trimmed.contains("  ");
    if plain {
        return Cow::Borrowed(trimmed);
    }
    let mut folded = String::with_capacity(trimmed.len());
    for part in trimmed.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(part.chars().flat_map(char::to_lowercase));
    }
    Cow::Owned(folded)
}
