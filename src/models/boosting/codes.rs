//! Bin codes of all rows, column by column, where one feature is asked of many rows, and for growing trees row by row as well: histograms visit a row
//! once for all features.

use std::borrow::Cow;

use rayon::prelude::*;

use super::bins::Column;
use super::bundles::{Bundle, Member, bundles};
use crate::models::{Rows, read_together};

/// Bundles of features in a word, one byte each.
pub(crate) const LANES: usize = 8;
/// Rows that are encoded together.
const CHUNK: usize = 2048;
/// Rows that are fetched together: their lines fit the innermost cache.
const FETCH: usize = 256;

/// The codes of some features, for all rows.
#[derive(Debug, Default)]
pub(crate) struct Codes {
    columns: Vec<Vec<u8>>,
    /// Row by row, if they are: word `b` of a row holds the bundles `8 b .. 8 b + 8`.
    words: Vec<u64>,
    /// Words of a row.
    n_words: usize,
    bundles: Vec<Bundle>,
    /// Per feature its bundle.
    bundle_of: Vec<usize>,
}

impl Codes {
    /// Encodes the rows of a table.
    pub(crate) fn of(table: &Rows<'_>, columns: &[Column]) -> Self {
        let read = |feature: usize, first: usize, out: &mut [f32]| table.columns[feature].read(first, out);
        Self::encode_together(read_together(&table.columns), table.len(), columns, read)
    }

    /// Encodes `n_rows` rows; `read` writes the values of a feature from a row on.
    pub(crate) fn encode(n_rows: usize, columns: &[Column], read: impl Fn(usize, usize, &mut [f32]) + Sync) -> Self {
        Self::encode_together(1, n_rows, columns, read)
    }

    /// As [`Codes::encode`], where so many features in turn are read of the same rows.
    fn encode_together(together: usize, n_rows: usize, columns: &[Column], read: impl Fn(usize, usize, &mut [f32]) + Sync) -> Self {
        let encode_neighbours = |(group, columns): (usize, &[Column])| {
            let mut codes = vec![vec![0_u8; n_rows]; columns.len()];
            let mut values = [0.0; CHUNK];
            for first in (0..n_rows).step_by(CHUNK) {
                for (i, (column, codes)) in columns.iter().zip(&mut codes).enumerate() {
                    let codes = &mut codes[first..n_rows.min(first + CHUNK)];
                    let values = &mut values[..codes.len()];
                    read(group * together + i, first, values);
                    codes.iter_mut().zip(&*values).for_each(|(code, &value)| *code = column.bin(value));
                }
            }
            codes
        };
        Self { columns: columns.par_chunks(together).enumerate().flat_map_iter(encode_neighbours).collect(), ..Self::default() }
    }

    /// Lays them out row by row, too, features sharing a byte where they have at most so many combinations of codes.
    pub(crate) fn with_lines(self, columns: &[Column], combinations: usize) -> Self {
        let n_bins: Vec<usize> = columns.iter().map(|column| column.n_bins).collect();
        let (bundles, bytes): (Vec<Bundle>, Vec<Vec<u8>>) = bundles(&self.columns, &n_bins, combinations).into_iter().unzip();
        let n_rows = self.columns.first().map_or(0, Vec::len);
        let n_words = bundles.len().div_ceil(LANES);
        let mut words = vec![0_u64; n_rows * n_words];
        words.par_chunks_mut((CHUNK * n_words).max(1)).enumerate().for_each(|(chunk, words)| {
            for (lane, (bundle, bytes)) in bundles.iter().zip(&bytes).enumerate() {
                let (word, shift) = (lane / LANES, 8 * (lane % LANES));
                let bytes = if bytes.is_empty() { &self.columns[bundle.features()[0]] } else { bytes };
                for (row, &byte) in words.chunks_exact_mut(n_words).zip(&bytes[chunk * CHUNK..]) {
                    row[word] |= u64::from(byte) << shift;
                }
            }
        });
        let mut bundle_of = vec![0; columns.len()];
        for (i, bundle) in bundles.iter().enumerate() {
            bundle.features().iter().for_each(|&feature| bundle_of[feature] = i);
        }
        Self { words, n_words, bundles, bundle_of, ..self }
    }
}

/// Where a byte stands in a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Place {
    /// The word, among those of given and derived features.
    pub(crate) word: usize,
    /// The byte of the word.
    pub(crate) lane: usize,
}

/// The codes of all features, given and derived, as one tree sees them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table<'a> {
    parts: [&'a Codes; 2],
}

impl<'a> Table<'a> {
    /// The features of `given`, and after them those of `derived`.
    pub(crate) fn new(given: &'a Codes, derived: &'a Codes) -> Self {
        Self { parts: [given, derived] }
    }

    /// How many words a row has.
    pub(crate) fn n_words(&self) -> usize {
        self.parts[0].n_words + self.parts[1].n_words
    }

    /// Where the byte of `feature` stands, its bundle, and how it is read.
    pub(crate) fn place(&self, feature: usize) -> (Place, &'a Bundle, &'a Member) {
        let (part, index, first_word) = self.part(feature);
        let bundle = part.bundle_of[index];
        let place = Place { word: first_word + bundle / LANES, lane: bundle % LANES };
        (place, &part.bundles[bundle], part.bundles[bundle].member(index))
    }

    /// The codes of `feature`, row by row.
    pub(crate) fn column(&self, feature: usize) -> &'a [u8] {
        let (part, index, _) = self.part(feature);
        &part.columns[index]
    }

    /// The codes that `feature` is among, its number there, and their first word.
    fn part(&self, feature: usize) -> (&'a Codes, usize, usize) {
        let [given, derived] = self.parts;
        let n_given = given.columns.len();
        if feature < n_given { (given, feature, 0) } else { (derived, feature - n_given, given.n_words) }
    }

    /// The bytes of some rows (rising), side by side, in `memory` if they have to be copied.
    pub(crate) fn lines(&self, rows: &[u32], mut memory: Vec<u64>) -> Lines<'a> {
        let (n_words, [given, derived]) = (self.n_words(), self.parts);
        if derived.n_words == 0 && rows.len() * n_words == given.words.len() {
            return Lines { words: Cow::Borrowed(&given.words), n_words };
        }
        // What memory held before is written over.
        memory.resize(rows.len() * n_words, 0);
        memory.par_chunks_mut((CHUNK * n_words).max(1)).zip(rows.par_chunks(CHUNK)).for_each(|(lines, rows)| {
            for (line, &row) in lines.chunks_exact_mut(n_words).zip(rows) {
                let (of_given, of_derived) = line.split_at_mut(given.n_words);
                of_given.copy_from_slice(&given.words[row as usize * given.n_words..][..given.n_words]);
                of_derived.copy_from_slice(&derived.words[row as usize * derived.n_words..][..derived.n_words]);
            }
        });
        Lines { words: Cow::Owned(memory), n_words }
    }
}

/// The bytes of the rows of a tree, row by row.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    words: Cow<'a, [u64]>,
    n_words: usize,
}

impl Lines<'_> {
    /// The memory that the codes were copied to, to be used again.
    pub(crate) fn into_memory(self) -> Vec<u64> {
        if let Cow::Owned(words) = self.words { words } else { Vec::new() }
    }

    /// The byte at a place, of a row.
    #[inline]
    pub(crate) fn byte(&self, place: Place, row: u32) -> u8 {
        (self.words[row as usize * self.n_words + place.word] >> (8 * place.lane)) as u8
    }

    /// Copies the words `of` (a range of a row's) of some rows, word after word: `out` holds the first word of all rows, then the second.
    pub(crate) fn fetch(&self, of: std::ops::Range<usize>, rows: impl Iterator<Item = usize> + Clone, out: &mut [u64]) {
        let n = out.len() / of.len().max(1);
        let mut rows = rows;
        for first in (0..n).step_by(FETCH) {
            // A row's words share a line of memory. The first loop over some rows waits for it, for many rows at a time; the others find it in
            // the cache.
            for (word, out) in of.clone().zip(out.chunks_exact_mut(n)) {
                let out = &mut out[first..n.min(first + FETCH)];
                out.iter_mut().zip(rows.clone()).for_each(|(out, row)| *out = self.words[row * self.n_words + word]);
            }
            rows.nth(FETCH - 1);
        }
    }
}

/// A set of codes.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct CodeSet([u64; 4]);

impl CodeSet {
    /// The codes for which `holds`.
    pub(crate) fn of(n_bins: usize, holds: impl Fn(usize) -> bool) -> Self {
        let mut set = Self::default();
        (0..n_bins).filter(|&code| holds(code)).for_each(|code| set.0[code / 64] |= 1 << (code % 64));
        set
    }

    /// Whether it holds `code`.
    #[inline]
    pub(crate) fn contains(&self, code: u8) -> bool {
        self.0[usize::from(code / 64)] >> (code % 64) & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_of_every_row_is_where_the_table_says() {
        let value = |feature: usize, row: usize| ((row * 31 + feature * 17) % 97) as f32;
        let columns: Vec<Column> = (0..21).map(|_| Column::numeric((0..96).map(|i| i as f32 + 0.5).collect())).collect();
        let read = |first_feature: usize| {
            move |feature: usize, first: usize, out: &mut [f32]| {
                out.iter_mut().enumerate().for_each(|(i, out)| *out = value(first_feature + feature, first + i));
            }
        };
        let n = 5000;
        let encode = |columns: &[Column], first| Codes::encode_together(4, n, columns, read(first)).with_lines(columns, 256);
        let (given, derived) = (encode(&columns[..11], 0), encode(&columns[11..], 11));
        let table = Table::new(&given, &derived);
        assert_eq!(table.n_words(), 4);
        let lines = table.lines(&(1..n as u32).collect::<Vec<_>>(), vec![7; 3]);
        let rows = [2_usize, 76, 4998];
        for of in [0..4, 1..3, 0..1, 3..4, 2..2] {
            let mut fetched = vec![0; of.len() * rows.len()];
            lines.fetch(of.clone(), rows.into_iter(), &mut fetched);
            for (feature, (place, ..)) in
                (0..21).map(|feature| (feature, table.place(feature))).filter(|(_, (place, ..))| of.contains(&place.word))
            {
                for (i, &row) in rows.iter().enumerate() {
                    let word = fetched[(place.word - of.start) * rows.len() + i];
                    assert_eq!((word >> (8 * place.lane)) as u8, table.column(feature)[row + 1]);
                    assert_eq!(lines.byte(place, row as u32), table.column(feature)[row + 1]);
                }
            }
        }
        for feature in 0..21 {
            for row in 0..n {
                assert_eq!(f32::from(table.column(feature)[row]), value(feature, row));
            }
        }
    }

    #[test]
    fn a_code_set_holds_what_it_was_made_of() {
        let set = CodeSet::of(256, |code| code % 3 == 1 || code > 250);
        assert!((0..=255_u8).all(|code| set.contains(code) == (code % 3 == 1 || code > 250)));
    }
}
