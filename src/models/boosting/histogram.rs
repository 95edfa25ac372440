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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::bins::Rule;
    use super::*;

    fn gradient(i: u32) -> Gradient {
        Gradient { gradient: (i * 37 % 101) as f32 / 50.0 - 1.0, hessian: (i * 53 % 97) as f32 / 400.0 + 0.01 }
    }

    /// The sums of each bin, one bin at a time.
    fn brute_force(codes: &[u8], rows: &[u32], bin: usize) -> Sums {
        let mut sums = Sums::default();
        rows.iter().filter(|&&row| usize::from(codes[row as usize]) == bin).for_each(|&row| sums += gradient(row));
        sums
    }

    proptest! {
        #[test]
        fn a_histogram_is_the_brute_force_sum_and_so_is_the_difference_of_two(
            codes in prop::collection::vec(0_u8..12, 1..300),
            left in prop::collection::vec(any::<bool>(), 300),
        ) {
            let wide = codes.iter().map(|&code| u16::from(code)).collect();
            let all: Vec<u32> = (0..codes.len() as u32).collect();
            let (mine, other): (Vec<u32>, Vec<u32>) = all.iter().partition(|&&row| left[row as usize]);
            for codes_of in [Codes::Narrow(codes.clone()), Codes::Wide(wide)] {
                let column = Column { codes: codes_of, n_bins: 12, rule: Rule::Categorical };
                let histogram = |rows: &[u32]| {
                    let mut bins = vec![Sums { rows: 99, ..Sums::default() }; 12];
                    fill(&column, rows, &rows.iter().map(|&row| gradient(row)).collect::<Vec<_>>(), &mut bins);
                    bins
                };
                let (mut parent, child) = (histogram(&all), histogram(&mine));
                for (bin, &got) in child.iter().enumerate() {
                    prop_assert_eq!(got, brute_force(&codes, &mine, bin));
                }
                subtract(&mut parent, &child);
                for (bin, got) in parent.iter().enumerate() {
                    let expected = brute_force(&codes, &other, bin);
                    prop_assert_eq!(got.rows, expected.rows);
                    prop_assert!((got.gradient - expected.gradient).abs() < 1e-12 && (got.hessian - expected.hessian).abs() < 1e-12);
                    prop_assert!(got.rows > 0 || *got == Sums::default(), "nothing is exactly nothing");
                }
            }
        }
    }
}
