//! Won, lost or open: what a source's own words say.

use std::collections::BTreeMap;

use polars::prelude::{DataType, Series};

use super::FrameError;
use super::text::{MISSING, text_column};
use crate::schema::{SchemaError, canonical};

/// Words that mean won when the schema gives none.
const WON: [&str; 13] =
    ["won", "win", "yes", "y", "true", "t", "1", "closed won", "closed-won", "closedwon", "closed_won", "converted", "success"];
/// Words that mean lost when the schema gives none.
const LOST: [&str; 13] =
    ["lost", "loss", "no", "n", "false", "f", "0", "closed lost", "closed-lost", "closedlost", "closed_lost", "not converted", "failure"];

/// How many words a message shows.
const SHOWN: usize = 5;

/// What a word of the default vocabularies says; `None` when it is of neither.
pub(crate) fn known_word(word: &str) -> Option<bool> {
    if WON.contains(&word) {
        Some(true)
    } else if LOST.contains(&word) {
        Some(false)
    } else {
        None
    }
}

/// Per row: won, lost, or `None` for open and unknown.
///
/// With `won_values` every other word means lost, unless `lost_values` are given: then every other word means open.
pub(super) fn statuses(
    table: &'static str,
    series: &Series,
    won_values: Option<&[String]>,
    lost_values: Option<&[String]>,
) -> Result<Vec<Option<bool>>, FrameError> {
    let column = series.name().as_str();
    if matches!(series.dtype(), DataType::Boolean) && won_values.is_none() && lost_values.is_none() {
        return Ok(series.bool()?.iter().collect());
    }
    let words = text_column(table, series)?;
    let (won, lost) = (won_values.map(folded), lost_values.map(folded));
    let mut unknown: Vec<&str> = Vec::new();
    let meanings: Vec<Option<bool>> = words
        .words
        .iter()
        .map(|word| {
            let folded = fold(word)?;
            if won.as_ref().map_or_else(|| known_word(&folded) == Some(true), |w| w.contains(&folded)) {
                return Some(true);
            }
            match (&lost, &won) {
                (Some(lost), _) => lost.contains(&folded).then_some(false),
                (None, Some(_)) => Some(false),
                (None, None) => {
                    let meaning = known_word(&folded);
                    if meaning.is_none() {
                        unknown.push(word);
                    }
                    meaning
                }
            }
        })
        .collect();
    if !unknown.is_empty() {
        let mut list = unknown.iter().take(SHOWN).map(|w| format!("\"{w}\"")).collect::<Vec<_>>().join(", ");
        if unknown.len() > SHOWN {
            list = format!("{list} and {} more", unknown.len() - SHOWN);
        }
        let row = words.codes.iter().position(|&c| words.words.get(c as usize).is_some_and(|w| w == unknown[0])).unwrap_or(0);
        let message = format!(
            "{list} is not understood as won or lost (won/lost, yes/no, true/false, 1/0, closed won/closed lost are); \
             for an outcome give won_values, and lost_values when other words mean \"still open\""
        );
        return Err(FrameError::value(table, column, row, message));
    }
    if let Some(values) = won_values.filter(|_| !meanings.contains(&Some(true)) && meanings.contains(&Some(false)) && lost_values.is_none())
    {
        // Every lead lost because of a slip in one word would be learnt silently.
        let found = words.words.iter().take(SHOWN).map(|w| format!("\"{w}\"")).collect::<Vec<_>>().join(", ");
        return Err(SchemaError::Contradiction {
            message: format!("{table}.{column} holds none of won_values ({}); it holds {found}", values.join(", ")),
        }
        .into());
    }
    Ok(words.codes.iter().map(|&code| if code == MISSING { None } else { meanings.get(code as usize).copied().flatten() }).collect())
}

fn folded(words: &[String]) -> Vec<String> {
    words.iter().filter_map(|w| fold(w)).collect()
}

fn fold(word: &str) -> Option<String> {
    canonical(word, &BTreeMap::new()).map(std::borrow::Cow::into_owned)
}
