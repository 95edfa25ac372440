//! Codes of words by their spelling, for the moments when a word is read per event and not per table.

use std::borrow::Cow;

use crate::schema::canonical_then;

/// Beyond so many places the search goes the slow way: a file whose words all meet in one place must not make it quadratic.
const LONGEST_SEARCH: usize = 16;

/// The places of words in a vocabulary, found by hash instead of by search. Words are not kept twice: every look-up is told the vocabulary.
///
/// What it does not find may still be there, in another spelling or crowded out; [`WordIndex::find`] then looks by the slow way.
#[derive(Debug, Clone, Default)]
pub(super) struct WordIndex {
    /// Hash and place of a word, or [`FREE`]; as many as a power of two.
    slots: Vec<(u32, u32)>,
}

/// A slot without a word.
const FREE: (u32, u32) = (0, u32::MAX);

impl WordIndex {
    /// The index of those words of a vocabulary, each with its place, that the slow way would find exactly there.
    pub(super) fn new<'w>(words: impl ExactSizeIterator<Item = (u32, &'w str)>) -> Self {
        let size = (2 * words.len()).next_power_of_two().max(8);
        let mut slots = vec![FREE; size];
        for (place, word) in words {
            let hash = hash(word);
            let free = (0..LONGEST_SEARCH).map(|step| (hash as usize + step) & (size - 1)).find(|&slot| slots[slot] == FREE);
            if let Some(slot) = free {
                slots[slot] = (hash, place);
            }
        }
        Self { slots }
    }

    /// Whether there is nothing to find.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The place of `word` as it is spelled.
    #[inline]
    pub(super) fn exact<'v>(&self, word: &str, vocabulary: impl Fn(usize) -> &'v str) -> Option<usize> {
        let hash = hash(word);
        let mask = self.slots.len().checked_sub(1)?;
        for step in 0..LONGEST_SEARCH {
            let (found, place) = self.slots[(hash as usize + step) & mask];
            if (found, place) == FREE {
                return None;
            }
            if found == hash && vocabulary(place as usize) == word {
                return Some(place as usize);
            }
        }
        None
    }

    /// What the slow way makes of a word's canonical form, or at once the place of a word that is spelled so.
    #[inline]
    pub(super) fn find<'v, R>(
        &self,
        word: &str,
        vocabulary: impl Fn(usize) -> &'v str,
        found: impl Fn(usize) -> R,
        slow: impl FnOnce(Option<&str>) -> R,
    ) -> R {
        match self.exact(word, &vocabulary) {
            Some(place) => found(place),
            None => canonical_then(word, |canonical| match canonical.and_then(|word| self.exact(word, &vocabulary)) {
                Some(place) => found(place),
                None => slow(canonical),
            }),
        }
    }
}

/// A hash of eight bytes at a time by multiplication (after Fowler, Noll and Vo 1991); nothing depends on which.
#[inline]
fn hash(word: &str) -> u32 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let bytes = word.as_bytes();
    let mut hash = bytes.len() as u64;
    let mut take = |chunk: u64| hash = (hash.rotate_left(23) ^ chunk).wrapping_mul(FACTOR);
    let (chunks, rest) = bytes.as_chunks::<8>();
    chunks.iter().for_each(|chunk| take(u64::from_le_bytes(*chunk)));
    take(rest.iter().fold(0, |word, &byte| word << 8 | u64::from(byte)));
    (hash >> 32) as u32
}

/// Whether a word is its own canonical form, so that a search by spelling may find it.
pub(super) fn is_canonical(word: &str) -> bool {
    matches!(crate::schema::canonical(word, &std::collections::BTreeMap::new()), Some(Cow::Borrowed(same)) if same.len() == word.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn index(words: &[String]) -> WordIndex {
        WordIndex::new((0..).zip(words.iter().map(String::as_str)).collect::<Vec<_>>().into_iter())
    }

    proptest! {
        #[test]
        fn every_word_that_is_found_is_the_word_at_that_place(
            words in prop::collection::btree_set("[a-z ]{0,20}", 0..200), others in prop::collection::vec("[a-z ]{0,3}", 20),
        ) {
            let words: Vec<String> = words.into_iter().collect();
            let index = index(&words);
            let vocabulary = |place: usize| words[place].as_str();
            let missed = words.iter().enumerate().filter(|(place, word)| index.exact(word, vocabulary) != Some(*place)).count();
            prop_assert!(missed * 20 <= words.len(), "{missed} of {}", words.len());
            for other in &others {
                let expected = words.binary_search(other).ok();
                prop_assert!(index.exact(other, vocabulary).is_none_or(|place| Some(place) == expected));
            }
        }
    }

    #[test]
    fn words_that_all_meet_in_one_place_are_left_to_the_slow_way() {
        // Words of equal hash are not easily made; equal words do as well.
        let words = vec!["same".to_owned(); 1000];
        assert_eq!(index(&words).slots.iter().filter(|slot| **slot != FREE).count(), LONGEST_SEARCH);
        assert_eq!(WordIndex::default().exact("a", |_| ""), None);
    }

    #[test]
    fn only_a_word_in_canonical_form_is() {
        assert!(is_canonical("web visit"));
        for word in ["Web visit", " web visit", "web  visit", "select", ""] {
            assert!(!is_canonical(word), "{word:?}");
        }
    }
}
