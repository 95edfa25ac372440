//! Some of the labelled rows, side by side in memory of their own.

use ndarray::ArrayView1;
use rayon::prelude::*;

use super::rows::{ColumnView, Rows};

/// Rows that were picked out of others.
#[derive(Debug)]
pub(crate) struct SelectedRows {
    columns: Vec<Vec<f32>>,
    won: Vec<bool>,
    weights: Vec<f32>,
    groups: Vec<u32>,
    offsets: Vec<f64>,
}

impl Rows<'_> {
    /// The given rows. All that is known of the rows must agree in length.
    pub(crate) fn select(&self, rows: &[u32]) -> SelectedRows {
        fn pick<T: Copy>(all: usize, rows: &[u32], get: impl Fn(usize) -> T) -> Vec<T> {
            if all == 0 { Vec::new() } else { rows.iter().map(|&row| get(row as usize)).collect() }
        }
        let column = |column: &ColumnView<'_>| rows.iter().map(|&row| column.get(row as usize)).collect();
        SelectedRows {
            columns: self.columns.par_iter().map(column).collect(),
            won: pick(self.won.len(), rows, |row| self.won[row]),
            weights: pick(self.weights.len(), rows, |row| self.weights[row]),
            groups: pick(self.groups.len(), rows, |row| self.groups[row]),
            offsets: pick(self.offsets.len(), rows, |row| self.offsets[row]),
        }
    }
}

impl SelectedRows {
    /// The rows as the models read them.
    pub(crate) fn rows(&self) -> Rows<'_> {
        let columns = self.columns.iter().map(|column| ColumnView::F32(ArrayView1::from(column))).collect();
        Rows::new(columns, ArrayView1::from(&self.won)).weights(ArrayView1::from(&self.weights)).groups(&self.groups).offsets(&self.offsets)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn what_is_known_of_the_rows_comes_along() {
        let (narrow, wide) = (array![1.0_f32, 2.0, f32::NAN], array![4.0_f64, 5.0, 6.0]);
        let (won, weights) = (array![true, false, true], array![1.0_f32, 2.0, 3.0]);
        let rows = Rows::new(vec![ColumnView::F32(narrow.view()), ColumnView::F64(wide.view())], won.view());
        let selected = rows.clone().weights(weights.view()).groups(&[7, 8, 9]).offsets(&[0.1, 0.2, 0.3]).select(&[2, 0]);
        let rows_again = selected.rows();
        assert!(rows_again.columns[0].get(0).is_nan() && rows_again.columns[0].get(1) == 1.0);
        assert_eq!([rows_again.columns[1].get(0), rows_again.columns[1].get(1)], [6.0, 4.0]);
        assert_eq!((rows_again.won.to_vec(), rows_again.weights.to_vec()), (vec![true, true], vec![3.0, 1.0]));
        assert_eq!((rows_again.groups, rows_again.offsets), (&[9, 7][..], &[0.3, 0.1][..]));
        let bare = rows.select(&[1]);
        assert!(bare.rows().weights.is_empty() && bare.rows().groups.is_empty() && bare.rows().offsets.is_empty());
    }
}
