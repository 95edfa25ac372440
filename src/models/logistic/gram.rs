//! The Hessian of the loss, `X' diag(curvatures) X`, put together block by block: numbers with numbers by tiles of inner products, numbers with categories and
//! categories with categories by scattering.

use rayon::prelude::*;

use super::design::Design;
use super::kernels::{STRIP, Strip, Tile, add_products, entry, n_tiles, scale_columns, scatter_rows};
use super::linear_algebra::{Symmetric, written_zeros};
use super::newton::Watch;

/// Each part of the rows holds a matrix of its own, so there are at most so many parts, and no more than this many bytes of matrices, unless two are more.
const MAX_PARTS: usize = 16;
const MAX_BYTES: usize = 1 << 26;

/// The sums over some rows.
struct Part {
    /// The constant and the numbers with each other.
    dense: Vec<Tile>,
    /// Each category with the constant and the numbers.
    cross: Vec<f64>,
    /// Categories with each other.
    pairs: Symmetric,
}

impl Design {
    /// `X' diag(curvatures) X`. Meaningless when the watch stopped meanwhile.
    pub(super) fn gram(&self, curvatures: &[f64], watch: &Watch<'_>) -> Symmetric {
        let bytes = self.order * (self.order + 1) / 2 * size_of::<f64>();
        // A power of two, so that few threads share them evenly.
        let parts = 1 << (MAX_BYTES / bytes.max(1)).clamp(2, MAX_PARTS).ilog2();
        let strips = self.n_strips().div_ceil(parts).max(16);
        let parts: Vec<Part> = curvatures
            .par_chunks(strips * STRIP)
            .enumerate()
            .map(|(part, curvatures)| self.gram_part(part * strips, curvatures, watch))
            .collect();
        self.put_together(&parts)
    }

    fn gram_part(&self, first: usize, curvatures: &[f64], watch: &Watch<'_>) -> Part {
        let width = 1 + self.n_dense;
        let padded = width.next_multiple_of(4);
        let categories = self.order - width;
        let mut part = Part {
            dense: vec![Tile::default(); n_tiles(padded)],
            cross: written_zeros(categories * width),
            pairs: Symmetric::zeros(categories),
        };
        let mut scaled = vec![0.0; padded * STRIP];
        let mut lines = vec![0.0; width * STRIP];
        for (strip, curvatures) in (first..).zip(curvatures.as_chunks::<STRIP>().0) {
            if curvatures.iter().all(|curvature| *curvature == 0.0) {
                continue;
            }
            if strip % 64 == 0 && watch.stopped() {
                break;
            }
            let (dense, codes) = self.strip(strip);
            let roots: Strip = std::array::from_fn(|row| curvatures[row].sqrt());
            scale_columns(dense, &roots, &mut scaled);
            add_products(&scaled, &mut part.dense);
            if categories == 0 {
                continue;
            }
            // Row by row, times the root once more.
            for (column, values) in scaled.as_chunks::<STRIP>().0[..width].iter().enumerate() {
                for (row, value) in values.iter().enumerate() {
                    lines[row * width + column] = roots[row] * value;
                }
            }
            let codes = codes.as_chunks::<STRIP>().0;
            for column in codes {
                scatter_rows(&lines, width, column, width, &mut part.cross);
            }
            part.pairs.scatter_pairs(codes, width, curvatures);
        }
        part
    }

    fn put_together(&self, parts: &[Part]) -> Symmetric {
        let width = 1 + self.n_dense;
        let mut total = Symmetric::zeros(self.order);
        total.rows_mut().into_par_iter().enumerate().for_each(|(row, line)| {
            for part in parts {
                let mut add = |first: usize, values: &[f64]| line[first..].iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
                match row.checked_sub(width) {
                    None => line.iter_mut().enumerate().for_each(|(column, sum)| *sum += entry(&part.dense, row, column)),
                    Some(category) => {
                        add(0, &part.cross[category * width..][..width]);
                        add(width, part.pairs.row(category));
                    }
                }
            }
        });
        total
    }
}

impl Symmetric {
    /// Adds each row's curvature to the entries of all pairs of its categories, whose numbers are counted from `first` and rise from column to column.
    fn scatter_pairs(&mut self, codes: &[[u32; STRIP]], first: usize, curvatures: &Strip) {
        for (nth, column) in codes.iter().enumerate() {
            for (row, curvature) in curvatures.iter().enumerate() {
                let line = self.row_mut(column[row] as usize - first);
                for other in &codes[..=nth] {
                    line[other[row] as usize - first] += curvature;
                }
            }
        }
    }
}
