//! Joining the rows of a table to the leads, by identifier as text.

use std::sync::OnceLock;

use polars::prelude::{BooleanChunked, DataType, NewChunkedArray, PlHashMap, Series, StringChunked};
use polars_arrow::array::Utf8ViewArray;

use super::FrameError;
use super::text::{MISSING, for_each_integer, text_column};
use crate::parallel;
use crate::{LeadTable, TextColumn};

/// How many identifiers a report shows.
const EXAMPLES: usize = 3;
/// Rows that a thread looks up at a time.
const ROWS_AT_ONCE: usize = 1 << 16;
/// Whole numbers are looked up by their value when the table for it has at most so many places a lead.
const PLACES_PER_LEAD: u64 = 16;

/// The rows of a table joined to leads.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Joined {
    /// Per row, the row of its lead; `u32::MAX` for none.
    pub(super) lead: Vec<u32>,
    /// Rows of no known lead, those without an identifier included.
    pub(super) unknown_rows: usize,
    /// Distinct identifiers of no known lead.
    pub(super) unknown_leads: usize,
    /// Rows without an identifier, a blank one included.
    pub(super) without_lead: usize,
    /// The first identifiers of no known lead.
    pub(super) examples: Vec<String>,
}

/// Where each lead is, by its identifier as text: made once for as many tables as there are to join, and of it only what they ask.
pub(super) struct LeadIndex<'a> {
    leads: &'a LeadTable,
    words: OnceLock<PlHashMap<&'a str, u32>>,
    numbers: OnceLock<Option<Numbers>>,
}

/// The leads whose identifiers are whole numbers, by value.
struct Numbers {
    least: i64,
    row_of: Vec<u32>,
}

impl<'a> LeadIndex<'a> {
    pub(super) fn new(leads: &'a LeadTable) -> Self {
        Self { leads, words: OnceLock::new(), numbers: OnceLock::new() }
    }

    fn words(&self) -> &PlHashMap<&'a str, u32> {
        self.words.get_or_init(|| self.leads.ids.iter().map(String::as_str).zip(0..).collect())
    }

    fn numbers(&self) -> Option<&Numbers> {
        self.numbers.get_or_init(|| Numbers::new(self.leads)).as_ref()
    }

    /// Finds the lead of every row by its identifier as text.
    pub(super) fn join(&self, table: &'static str, series: &Series) -> Result<Joined, FrameError> {
        let lead = self.rows(table, series)?;
        let unknown_rows = lead.iter().filter(|&&lead| lead == MISSING).count();
        if unknown_rows == 0 {
            return Ok(Joined { lead, ..Joined::default() });
        }
        let unknown = BooleanChunked::from_iter_values("unknown".into(), lead.iter().map(|&lead| lead == MISSING));
        let TextColumn { words, codes } = text_column(table, &series.filter(&unknown)?)?;
        let is_none = |code: &&u32| words.get(**code as usize).is_none_or(|word| is_blank(word));
        let without_lead = codes.iter().filter(is_none).count();
        let named: Vec<String> = words.into_iter().filter(|word| !is_blank(word)).collect();
        Ok(Joined { lead, unknown_rows, unknown_leads: named.len(), without_lead, examples: named.into_iter().take(EXAMPLES).collect() })
    }

    /// Per row the row of its lead, `u32::MAX` for none.
    pub(super) fn rows(&self, table: &'static str, series: &Series) -> Result<Vec<u32>, FrameError> {
        Ok(match series.dtype() {
            DataType::String => self.of_words(series.str()?),
            dtype if dtype.is_integer() => match self.numbers().and_then(|numbers| numbers.rows(series)) {
                Some(lead) => lead,
                None => self.of_text(table, series)?,
            },
            _ => self.of_text(table, series)?,
        })
    }

    /// Words are looked up as they stand, many rows at a time.
    fn of_words(&self, words: &StringChunked) -> Vec<u32> {
        let row_of = self.words();
        let mut lead = vec![MISSING; words.len()];
        let mut rest = &mut lead[..];
        let mut pieces: Vec<(&Utf8ViewArray, usize, &mut [u32])> = Vec::new();
        for array in words.downcast_iter() {
            let (here, others) = std::mem::take(&mut rest).split_at_mut(array.len());
            rest = others;
            pieces.extend(here.chunks_mut(ROWS_AT_ONCE).enumerate().map(|(piece, rows)| (array, piece * ROWS_AT_ONCE, rows)));
        }
        parallel::map(pieces, |(array, first, out)| {
            for (row, lead) in (first..).zip(out) {
                if let Some(&known) = array.get(row).and_then(|word| row_of.get(word)) {
                    *lead = known;
                }
            }
        });
        lead
    }

    /// Any other column is written as words, each of which is looked up once.
    fn of_text(&self, table: &'static str, series: &Series) -> Result<Vec<u32>, FrameError> {
        let TextColumn { words, codes } = text_column(table, series)?;
        let row_of = self.words();
        let lead_of: Vec<u32> = words.iter().map(|word| row_of.get(word.as_str()).copied().unwrap_or(MISSING)).collect();
        Ok(codes.iter().map(|&code| lead_of.get(code as usize).copied().unwrap_or(MISSING)).collect())
    }
}

impl Numbers {
    /// `None` when the numbers lie too far apart.
    fn new(leads: &LeadTable) -> Option<Self> {
        let number = |id: &String| {
            let number: i64 = id.parse().ok()?;
            // "007" and "+7" are other words than "7".
            let plain = !id.starts_with(['+', '0']) && !id.starts_with("-0");
            (plain || id == "0").then_some(number)
        };
        let numbers: Vec<(i64, u32)> = leads.ids.iter().zip(0..).filter_map(|(id, row)| Some((number(id)?, row))).collect();
        let least = numbers.iter().map(|(number, _)| *number).min().unwrap_or(0);
        let span = numbers.iter().map(|(number, _)| number.abs_diff(least)).max().unwrap_or(0);
        if span > PLACES_PER_LEAD * leads.len() as u64 {
            return None;
        }
        let mut row_of = vec![MISSING; span as usize + 1];
        for (number, row) in numbers {
            row_of[number.abs_diff(least) as usize] = row;
        }
        Some(Self { least, row_of })
    }

    /// Many rows at a time; `None` for a column of anything but whole numbers that fit 64 bits with a sign.
    fn rows(&self, series: &Series) -> Option<Vec<u32>> {
        let place = |number: i64| if number < self.least { usize::MAX } else { number.abs_diff(self.least) as usize };
        let lead = |number: Option<i64>| number.and_then(|n| self.row_of.get(place(n)).copied()).unwrap_or(MISSING);
        let mut rows = vec![MISSING; series.len()];
        let pieces = rows.chunks_mut(ROWS_AT_ONCE).enumerate().collect();
        let read = parallel::map(pieces, |(piece, rows): (usize, &mut [u32])| {
            let mut places = rows.iter_mut();
            let cells = series.slice((piece * ROWS_AT_ONCE) as i64, places.len());
            for_each_integer(&cells, |number| {
                if let Some(place) = places.next() {
                    *place = lead(number);
                }
            })
        });
        read.iter().all(|&read| read).then_some(rows)
    }
}

/// Whether a word names nobody: a source may write what it does not know as an empty word.
fn is_blank(word: &str) -> bool {
    word.trim().is_empty()
}

/// How many rows have no identifier: null, a number that is none, or a word that is blank.
pub(super) fn without_identifier(series: &Series) -> usize {
    let names_nobody = match series.dtype() {
        DataType::Float32 | DataType::Float64 => series.is_nan().ok().and_then(|nan| nan.sum()).unwrap_or(0) as usize,
        DataType::String => series.str().map_or(0, |words| words.iter().flatten().filter(|word| is_blank(word)).count()),
        _ => 0,
    };
    series.null_count() + names_nobody
}

/// Finds the lead of every row by its identifier as text.
pub(super) fn join(table: &'static str, series: &Series, leads: &LeadTable) -> Result<Joined, FrameError> {
    LeadIndex::new(leads).join(table, series)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use polars::prelude::NamedFrom;
    use proptest::prelude::*;

    use super::*;

    fn leads(ids: &[String]) -> LeadTable {
        LeadTable { ids: ids.to_vec(), ..LeadTable::default() }
    }

    /// Row by row, as text.
    fn slow(ids: &[Option<String>], leads: &LeadTable) -> Joined {
        let mut joined = Joined::default();
        let mut unknown: Vec<String> = Vec::new();
        for id in ids {
            let lead = id.as_ref().and_then(|id| leads.ids.iter().position(|lead| lead == id));
            joined.lead.push(lead.map_or(MISSING, |row| row as u32));
            joined.unknown_rows += usize::from(lead.is_none());
            let is_blank = id.as_deref().is_none_or(|id| id.trim().is_empty());
            joined.without_lead += usize::from(lead.is_none() && is_blank);
            match id {
                Some(id) if lead.is_none() && !is_blank && !unknown.contains(id) => unknown.push(id.clone()),
                _ => {}
            }
        }
        joined.unknown_leads = unknown.len();
        joined.examples = unknown.into_iter().take(EXAMPLES).collect();
        joined
    }

    fn distinct(ids: Vec<String>) -> Vec<String> {
        ids.into_iter().collect::<std::collections::BTreeSet<_>>().into_iter().collect()
    }

    proptest! {
        #[test]
        fn words_find_their_lead(known in prop::collection::vec("[a0]{0,2}", 1..6), ids in prop::collection::vec(prop::option::of("[ab0 ]{0,2}"), 0..20)) {
            let leads = leads(&distinct(known));
            let series = Series::new("id".into(), &ids);
            prop_assert_eq!(join("events", &series, &leads).unwrap(), slow(&ids, &leads));
        }

        #[test]
        fn numbers_find_the_lead_that_is_written_so(
            known in prop::collection::vec(prop_oneof!["-?[0-9]{1,2}", "[+]?0?[0-9]", "-?[0-9]{9,10}"], 1..6),
            ids in prop::collection::vec(prop::option::of(-99_i64..99), 0..20),
        ) {
            let leads = leads(&distinct(known));
            let words: Vec<Option<String>> = ids.iter().map(|id| id.map(|id| id.to_string())).collect();
            let expected = slow(&words, &leads);
            let series = Series::new("id".into(), &ids);
            let wide = [DataType::Int64, DataType::Int8, DataType::Int32, DataType::Float64];
            for dtype in wide {
                let series = series.cast(&dtype).unwrap();
                prop_assert_eq!(&join("events", &series, &leads).unwrap(), &expected, "{:?}", dtype);
                prop_assert_eq!(without_identifier(&series), expected.without_lead, "{:?}", dtype);
            }
        }
    }

    #[test]
    fn an_identifier_beyond_what_64_bits_hold_is_a_word() {
        let leads = leads(&["18446744073709551615".to_owned(), "-9223372036854775808".to_owned(), "9223372036854775807".to_owned()]);
        assert_eq!(join("events", &Series::new("id".into(), [u64::MAX, 7]), &leads).unwrap().lead, [0, MISSING]);
        assert_eq!(join("events", &Series::new("id".into(), [i64::MIN, i64::MAX]), &leads).unwrap().lead, [1, 2]);
    }

    #[test]
    fn columns_in_many_pieces_are_joined_in_their_order() {
        let leads = leads(&["a".to_owned(), "b".to_owned()]);
        let mut series = Series::new("id".into(), vec!["a"; ROWS_AT_ONCE + 1]);
        series.append(&Series::new("id".into(), ["b", "c"])).unwrap();
        let joined = join("events", &series, &leads).unwrap();
        assert_eq!(joined.lead[..=ROWS_AT_ONCE], vec![0; ROWS_AT_ONCE + 1]);
        assert_eq!(joined.lead[ROWS_AT_ONCE + 1..], [1, MISSING]);
    }
}
