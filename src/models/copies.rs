//! Rows that hold the same in every column, and whether they are copies of one another or agree by chance.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use super::rows::{ColumnView, Rows};

/// Rows that are hashed together.
const CHUNK: usize = 1024;

/// The group of every row of the table: the given groups, or without them, rows that are copies of one another together. Empty where each row is its own.
pub(crate) fn groups_or_copies(rows: &Rows<'_>, active: &[u32]) -> Vec<u32> {
    if !rows.groups.is_empty() || !could_differ(&rows.columns, active) {
        return rows.groups.to_vec();
    }
    let first = first_alike(&rows.columns, active);
    if (0..).zip(&first).all(|(place, &first)| place == first) {
        return Vec::new();
    }
    let mut groups = vec![0; rows.len()];
    active.iter().zip(first).for_each(|(&row, first)| groups[row as usize] = first);
    groups
}

/// For each of the given rows the place among them of the first that holds the same in every column.
pub(crate) fn first_alike(columns: &[ColumnView<'_>], rows: &[u32]) -> Vec<u32> {
    let hashes: Vec<u128> = rows.par_chunks(CHUNK).flat_map_iter(|rows| hashes(columns, rows)).collect();
    let mut first = HashMap::with_capacity(hashes.len());
    (0_u32..).zip(hashes).map(|(place, hash)| *first.entry(hash).or_insert(place)).collect()
}

/// A hash of each row. Of 128 bits, no two rows that differ will ever have the same (Fowler, Noll and Vo 1991).
fn hashes(columns: &[ColumnView<'_>], rows: &[u32]) -> Vec<u128> {
    let mut hashes = vec![0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128; rows.len()];
    for column in columns {
        for (hash, &row) in hashes.iter_mut().zip(rows) {
            *hash = (*hash ^ u128::from(bits(column.get(row as usize)))).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }
    hashes
}

/// Whether rows that hold the same are copies. Rows of few features often agree by chance: the columns must be able to tell about the square of the number of rows apart.
pub(crate) fn could_differ(columns: &[ColumnView<'_>], rows: &[u32]) -> bool {
    let n = rows.len() as f64;
    let entropy = |column: &ColumnView<'_>| -> f64 {
        let mut counts: BTreeMap<u32, u32> = BTreeMap::new();
        rows.iter().for_each(|&row| *counts.entry(bits(column.get(row as usize))).or_default() += 1);
        counts.values().map(|&count| f64::from(count) / n).map(|share| -share * crate::math::ln(share)).sum()
    };
    let mut rest = 2.0 * crate::math::ln(n);
    // Most often a few columns tell enough.
    columns.iter().any(|column| {
        rest -= entropy(column);
        rest <= 0.0
    })
}

/// Equal values have equal bits: both zeros, and all that is missing.
fn bits(value: f32) -> u32 {
    if value.is_nan() { f32::NAN.to_bits() } else { (value + 0.0).to_bits() }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    fn columns(matrix: &Array2<f32>) -> Vec<ColumnView<'_>> {
        matrix.columns().into_iter().map(ColumnView::F32).collect()
    }

    #[test]
    fn the_first_of_rows_that_hold_the_same_is_found() {
        let nan = f32::NAN;
        let matrix = ndarray::array![[1.0, 2.0], [nan, 0.0], [1.0, 2.0], [9.0, 9.0], [-nan, -0.0], [2.0, 1.0]];
        assert_eq!(first_alike(&columns(&matrix), &[0, 1, 2, 4, 5]), [0, 1, 0, 1, 4]);
    }

    #[test]
    fn rows_of_few_values_agree_by_chance() {
        let rows: Vec<u32> = (0..400).collect();
        let many = Array2::from_shape_fn((400, 3), |(row, column)| (row * 7919 % 1009 * (column + 3) % 1009) as f32);
        let few = Array2::from_shape_fn((400, 2), |(row, column)| (row % (5 - 2 * column)) as f32);
        assert!(could_differ(&columns(&many), &rows) && !could_differ(&columns(&few), &rows));
    }
}
