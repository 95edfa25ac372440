//! Labelled rows, checked.

use std::borrow::Cow;

use super::adaptive::Size;
use super::error::BoostingError;
use crate::models::{ColumnView, Rows, scale_of_weights};

/// What is known of the rows beside their features.
#[derive(Debug)]
pub(crate) struct CheckedRows<'a> {
    pub(crate) won: Cow<'a, [bool]>,
    pub(crate) weights: Cow<'a, [f32]>,
    /// Whether all rows weigh 1.
    unweighted: bool,
    /// Empty: all 0.
    pub(crate) offsets: &'a [f64],
    /// The rows with weight.
    pub(crate) active: Vec<u32>,
}

impl<'a> CheckedRows<'a> {
    pub(crate) fn new(rows: &Rows<'a>) -> Result<Self, BoostingError> {
        let n = rows.columns.first().map_or(rows.won.len(), ColumnView::len);
        if rows.won.len() != n {
            return Err(BoostingError::RowCount { what: "targets", got: rows.won.len(), rows: n });
        }
        let lengths = rows.columns.iter().map(|column| ("values of a feature", column.len()));
        let optional = [("weights", rows.weights.len()), ("groups", rows.groups.len()), ("offsets", rows.offsets.len())];
        for (what, got) in lengths.chain(optional.into_iter().filter(|&(_, len)| len != 0)) {
            if got != n {
                return Err(BoostingError::RowCount { what, got, rows: n });
            }
        }
        if u32::try_from(n).is_err() {
            return Err(BoostingError::Param { name: "rows", range: "fewer than 4294967296", got: n.to_string() });
        }
        let weights = if rows.weights.is_empty() { Cow::Owned(vec![1.0; n]) } else { contiguous(rows.weights) };
        if let Some(row) = weights.iter().position(|weight| !(weight.is_finite() && *weight >= 0.0)) {
            return Err(BoostingError::Weight { row, value: weights[row] });
        }
        if let Some((row, value)) = rows.bad_offset() {
            return Err(BoostingError::Offset { row, value });
        }
        let scale = scale_of_weights(weights.iter().map(|&weight| f64::from(weight)));
        let weights = if scale == 1.0 { weights } else { weights.iter().map(|&weight| (f64::from(weight) * scale) as f32).collect() };
        let active = (0..n as u32).filter(|&row| weights[row as usize] > 0.0).collect();
        let unweighted = weights.iter().all(|&weight| weight == 1.0);
        Ok(Self { won: contiguous(rows.won), weights, unweighted, offsets: rows.offsets, active })
    }

    /// How much there is to learn from.
    pub(crate) fn size(&self) -> Size {
        Size::of(self.active.iter().map(|&row| row as usize), &self.won)
    }

    /// The weights, or nothing when all are 1.
    pub(crate) fn varied_weights(&self) -> &[f32] {
        if self.unweighted { &[] } else { &self.weights }
    }
}

fn contiguous<T: Copy>(values: ndarray::ArrayView1<'_, T>) -> Cow<'_, [T]> {
    values.to_slice().map_or_else(|| Cow::Owned(values.to_vec()), Cow::Borrowed)
}
