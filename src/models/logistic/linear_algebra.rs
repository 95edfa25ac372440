//! Symmetric positive definite systems in f64.

use rayon::prelude::*;

use super::kernels::subtract_dots;

/// Zeros whose pages are there. Of memory that is zero because nobody wrote to it, each page costs sums into it two faults, one to read and one to write, and the
/// second waits for all processors: three tenths of a fit of 2,300 coefficients.
pub(super) fn written_zeros(n: usize) -> Vec<f64> {
    let mut zeros = Vec::with_capacity(n);
    // The compiler, if it saw that these are zeros, would ask for unwritten ones.
    std::hint::black_box(&mut zeros).resize(n, 0.0);
    zeros
}

/// The lower triangle of a symmetric matrix, row after row: entry (i, j), j <= i, is at `i * (i + 1) / 2 + j`.
#[derive(Debug, Clone)]
pub(super) struct Symmetric {
    pub(super) order: usize,
    pub(super) lower: Vec<f64>,
}

impl Symmetric {
    pub(super) fn zeros(order: usize) -> Self {
        Self { order, lower: written_zeros(order * (order + 1) / 2) }
    }

    #[inline]
    pub(super) fn row_mut(&mut self, row: usize) -> &mut [f64] {
        let start = row * (row + 1) / 2;
        &mut self.lower[start..=start + row]
    }

    pub(super) fn row(&self, row: usize) -> &[f64] {
        &self.lower[row * (row + 1) / 2..][..=row]
    }

    /// All rows, each up to its diagonal entry.
    pub(super) fn rows_mut(&mut self) -> Vec<&mut [f64]> {
        let mut rows = Vec::with_capacity(self.order);
        let mut rest = self.lower.as_mut_slice();
        for row in 0..self.order {
            let (line, below) = rest.split_at_mut(row + 1);
            rows.push(line);
            rest = below;
        }
        rows
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.lower.iter_mut().zip(&other.lower).for_each(|(a, b)| *a += b);
    }

    /// Adds `ridge` to every diagonal entry from `first` on.
    pub(super) fn add_ridge(&mut self, first: usize, ridge: f64) {
        for row in first..self.order {
            self.row_mut(row)[row] += ridge;
        }
    }

    /// The factor L of `self = L L'`, with so much added to the diagonal as it takes: rounding, or vanishing curvature when the classes separate, can make a
    /// positive definite matrix fail.
    pub(super) fn factor(&self) -> Cholesky {
        let largest = (0..self.order).map(|row| self.lower[row * (row + 1) / 2 + row]).fold(0.0, f64::max);
        let mut jitter = 0.0;
        loop {
            let mut attempt = self.clone();
            attempt.add_ridge(0, jitter);
            if factor_in_place(&mut attempt) {
                return Cholesky(attempt);
            }
            // A diagonal of zeros, infinities or NaN ends here too: the identity is a direction as good as any other.
            if jitter > largest || !largest.is_finite() {
                let mut identity = Self::zeros(self.order);
                identity.add_ridge(0, 1.0);
                return Cholesky(identity);
            }
            jitter = if jitter == 0.0 { (largest * 1e-14).max(f64::MIN_POSITIVE) } else { jitter * 100.0 };
        }
    }
}

/// Columns that are factored together, a multiple of 4.
const PANEL: usize = 48;

/// Replaces the matrix by its Cholesky factor; false when a pivot is not positive.
///
/// Panel after panel of columns: every row below subtracts what the earlier columns say of the panel, all rows at once, as inner products of whole rows
/// (the left-looking order: Golub and Van Loan 2013, section 4.2.6). Each entry is a sum in an order of its own, whatever the number of threads.
fn factor_in_place(matrix: &mut Symmetric) -> bool {
    let order = matrix.order;
    let mut rows = matrix.rows_mut();
    // Rounding leaves of an exactly dependent column a pivot of this size, which is noise.
    let least: Vec<f64> = rows.iter().map(|row| row.last().map_or(0.0, |pivot| 1e-14 * pivot)).collect();
    for first in (0..order).step_by(PANEL) {
        let (panel, below) = rows[first..].split_at_mut(PANEL.min(order - first));
        for row in 0..panel.len() {
            let (above, current) = panel.split_at_mut(row);
            let above: Vec<&[f64]> = above.iter().map(|row| &**row).collect();
            subtract_dots(&mut current[..1], first, &above);
            let current = &mut *current[0];
            let pivot_dot = dot(&current[..first], &current[..first]);
            for (column, other) in above.iter().enumerate() {
                let column = first + column;
                current[column] = (current[column] - dot(&current[first..column], &other[first..column])) / other[column];
            }
            let last = first + row;
            let pivot = current[last] - pivot_dot - dot(&current[first..last], &current[first..last]);
            if !(pivot.is_finite() && pivot > least[last]) {
                return false;
            }
            current[last] = pivot.sqrt();
        }
        let panel: Vec<&[f64]> = panel.iter().map(|row| &**row).collect();
        below.par_chunks_mut(8).for_each(|rows| {
            subtract_dots(rows, first, &panel);
            for row in rows {
                for (column, other) in panel.iter().enumerate() {
                    let column = first + column;
                    row[column] = (row[column] - dot(&row[first..column], &other[first..column])) / other[column];
                }
            }
        });
    }
    true
}

/// A factored matrix.
#[derive(Debug, Clone)]
pub(super) struct Cholesky(Symmetric);

impl Cholesky {
    /// Replaces `x` by the solution of `matrix * solution = x`.
    pub(super) fn solve(&self, x: &mut [f64]) {
        let factor = &self.0;
        for row in 0..factor.order {
            let line = &factor.lower[row * (row + 1) / 2..][..=row];
            x[row] = (x[row] - dot(&line[..row], &x[..row])) / line[row];
        }
        for row in (0..factor.order).rev() {
            let line = &factor.lower[row * (row + 1) / 2..][..=row];
            let solved = x[row] / line[row];
            x[row] = solved;
            x[..row].iter_mut().zip(line).for_each(|(x, l)| *x -= solved * l);
        }
    }
}

/// The inner product, summed in four fixed lanes, so that it vectorises and has the same bits everywhere.
#[inline]
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; 4];
    let (a_blocks, b_blocks) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest: f64 = a_blocks.remainder().iter().zip(b_blocks.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in a_blocks.zip(b_blocks) {
        for lane in 0..4 {
            lanes[lane] += x[lane] * y[lane];
        }
    }
    (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]) + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solving_undoes_multiplying() {
        for order in [1, 7, 49, 150] {
            solves(order);
        }
    }

    fn solves(order: usize) {
        let entry = |i: usize, j: usize| if i == j { 9.0 } else { 1.0 / (1 + i + j) as f64 };
        let mut matrix = Symmetric::zeros(order);
        for i in 0..order {
            for j in 0..=i {
                matrix.row_mut(i)[j] = entry(i, j);
            }
        }
        let truth: Vec<f64> = (0..order).map(|i| i as f64 - 2.5).collect();
        let mut x: Vec<f64> = (0..order).map(|i| (0..order).map(|j| entry(i, j) * truth[j]).sum()).collect();
        matrix.factor().solve(&mut x);
        for (found, expected) in x.iter().zip(&truth) {
            assert!((found - expected).abs() < 1e-10, "{found} {expected}");
        }
    }

    #[test]
    fn a_singular_matrix_still_has_a_finite_solution() {
        let mut matrix = Symmetric::zeros(3);
        matrix.lower.fill(2.0);
        let mut x = vec![1.0, 1.0, 1.0];
        matrix.factor().solve(&mut x);
        assert!(x.iter().all(|x| x.is_finite()));
        let mut zero = vec![1.0; 3];
        Symmetric::zeros(3).factor().solve(&mut zero);
        assert!(zero.iter().all(|x| x.is_finite()));
    }
}
