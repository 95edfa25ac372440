//! The numeric columns of the training rows, read once from wherever they are.

use rayon::prelude::*;

use super::design::{BLOCK_ROWS, Encoding};
use super::kernels::STRIP;
use crate::models::ColumnView;

/// Rows that are read of one column before the next: of a matrix that is stored row by row no cache line is then fetched twice.
const ROWS_AT_ONCE: usize = 32;

/// The numeric columns in blocks of strips; within a strip, column after column. The last strip is filled up with zeros.
#[derive(Debug, Clone)]
pub(super) struct Numbers {
    pub(super) n_rows: usize,
    /// Which features they are.
    pub(super) features: Vec<usize>,
    pub(super) blocks: Vec<Vec<f32>>,
}

impl Numbers {
    pub(super) fn read(columns: &[ColumnView<'_>], n_rows: usize, encoding: &Encoding<'_>) -> Self {
        let features: Vec<usize> = (0..columns.len()).filter(|feature| encoding.levels(*feature).is_none()).collect();
        let block = |block: usize| {
            let rows = block * BLOCK_ROWS..n_rows.min((block + 1) * BLOCK_ROWS);
            let mut values = Vec::with_capacity(rows.len().div_ceil(STRIP) * features.len() * STRIP);
            for first in rows.clone().step_by(STRIP) {
                // A strip at a time, so that it is still in the first cache when it is filled.
                let start_of_strip = values.len();
                values.resize(start_of_strip + features.len() * STRIP, 0.0);
                let strip = &mut values[start_of_strip..];
                let n = STRIP.min(rows.end - first);
                for start in (0..n).step_by(ROWS_AT_ONCE) {
                    let end = n.min(start + ROWS_AT_ONCE);
                    for (feature, out) in features.iter().zip(strip.as_chunks_mut::<STRIP>().0) {
                        columns[*feature].read(first + start, &mut out[start..end]);
                    }
                }
            }
            values
        };
        let blocks = if features.is_empty() { Vec::new() } else { (0..n_rows.div_ceil(BLOCK_ROWS)).into_par_iter().map(block).collect() };
        Self { n_rows, features, blocks }
    }

    /// The strips of a column, the last one cut to the rows that there are.
    pub(super) fn strips(&self, column: usize) -> impl Iterator<Item = &[f32]> + Clone {
        let strips =
            self.blocks.iter().flat_map(move |block| block.as_chunks::<STRIP>().0.iter().skip(column).step_by(self.features.len()));
        strips.zip((0..self.n_rows).step_by(STRIP)).map(|(strip, first)| &strip[..STRIP.min(self.n_rows - first)])
    }
}
