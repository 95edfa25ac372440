//! Sums of gradients per bin of a leaf.

use std::ops::{Add, AddAssign, Sub};

use super::bins::{Codes, Column};

/// First and second derivative of one row's loss, weight included. Single precision halves what histograms read; they sum in double.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Gradient {
    /// `weight * (p - won)`.
    pub(crate) gradient: f32,
    /// `weight * p * (1 - p)`.
    pub(crate) hessian: f32,
}

/// Sums over some rows: those of a bin, of one side of a split, of a leaf.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Sums {
    /// Of the gradients.
    pub(crate) gradient: f64,
    /// Of the hessians.
    pub(crate) hessian: f64,
    /// How many rows.
    pub(crate) rows: u32,
}

impl AddAssign<Gradient> for Sums {
    #[inline]
    fn add_assign(&mut self, row: Gradient) {
        self.gradient += f64::from(row.gradient);
        self.hessian += f64::from(row.hessian);
        self.rows += 1;
    }
}

impl Add for Sums {
    type Output = Self;

    #[inline]
    fn add(self, other: Self) -> Self {
        Self { gradient: self.gradient + other.gradient, hessian: self.hessian + other.hessian, rows: self.rows + other.rows }
    }
}

impl Sub for Sums {
    type Output = Self;

    /// The sums of the rows that are in `self` and not in `other`. No rows sum to exactly 0, whatever rounding left over.
    #[inline]
    fn sub(self, other: Self) -> Self {
        if self.rows == other.rows {
            return Self::default();
        }
        Self { gradient: self.gradient - other.gradient, hessian: self.hessian - other.hessian, rows: self.rows - other.rows }
    }
}

/// Sums the gradients of a leaf's rows into the bins of one column. `gradients` goes along with `rows`.
pub(crate) fn fill(column: &Column, rows: &[u32], gradients: &[Gradient], bins: &mut [Sums]) {
    fn fill_codes<C: Copy + Into<usize>>(codes: &[C], rows: &[u32], gradients: &[Gradient], bins: &mut [Sums]) {
        bins.fill(Sums::default());
        for (&row, &gradient) in rows.iter().zip(gradients) {
            bins[codes[row as usize].into()] += gradient;
        }
    }
    match &column.codes {
        Codes::Narrow(codes) => fill_codes(codes, rows, gradients, bins),
        Codes::Wide(codes) => fill_codes(codes, rows, gradients, bins),
    }
}

/// Turns the parent's bins into those of one child by taking away the other child's.
pub(crate) fn subtract(parent: &mut [Sums], child: &[Sums]) {
    for (parent, &child) in parent.iter_mut().zip(child) {
        *parent = *parent - child;
    }
}
