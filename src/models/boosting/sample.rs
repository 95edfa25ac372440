//! The rows that a tree is grown on.
//!
//! Of many rows, those that have most left to teach are kept: row `i` with probability `min(1, r / mu)`, where `r = sqrt(g^2 + c h^2)` of its
//! gradient and hessian, and counts `1 / probability` times, so that all sums stay right on average; `mu` sets how many are kept. Of all ways to
//! draw as many rows this is the one that estimates the gain of splits with least variance (Ibragimov and Gusev 2019, minimal variance
//! sampling). What is chosen on the sample is the shape of the tree; its values are those of all rows.

use rayon::prelude::*;

use super::codes::{Lines, Table};
use super::histogram::{Gradient, Units};

/// Rows that one thread takes at a time.
const CHUNK: usize = 4096;
/// Rows whose gradients stand for all others' when `mu` is sought.
const PROBE: usize = 1 << 14;
/// How much the square of a hessian counts beside that of a gradient.
const HESSIAN: f64 = 4.0;

/// The rows of a tree: their codes side by side, and their gradients.
#[derive(Debug)]
pub(crate) struct Sample<'a> {
    pub(crate) lines: Lines<'a>,
    pub(crate) units: Units,
    pub(crate) gradients: Vec<Gradient>,
}

/// What losses are made of, row by row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Losses<'a> {
    pub(crate) probabilities: &'a [f64],
    pub(crate) won: &'a [bool],
    /// Empty when every row weighs 1.
    pub(crate) weights: &'a [f32],
    /// The largest of them.
    pub(crate) max_weight: f64,
}

impl Losses<'_> {
    /// The weight of a row.
    #[inline]
    pub(crate) fn weight(&self, row: usize) -> f64 {
        self.weights.get(row).map_or(1.0, |&weight| f64::from(weight))
    }

    /// First and second derivative of a row's loss.
    #[inline]
    pub(crate) fn of(&self, row: usize) -> (f64, f64) {
        let (weight, p) = (self.weight(row), self.probabilities[row]);
        (weight * (p - f64::from(u8::from(self.won[row]))), weight * (p * (1.0 - p)))
    }

    /// The same for the rows from `first` on, as many as `out` has places.
    pub(crate) fn of_run(&self, first: usize, out: &mut [(f64, f64)]) {
        let rows = first..first + out.len();
        for ((out, &p), &won) in out.iter_mut().zip(&self.probabilities[rows.clone()]).zip(&self.won[rows.clone()]) {
            *out = (p - f64::from(u8::from(won)), p * (1.0 - p));
        }
        if let Some(weights) = self.weights.get(rows) {
            for ((gradient, hessian), &weight) in out.iter_mut().zip(weights) {
                *gradient *= f64::from(weight);
                *hessian *= f64::from(weight);
            }
        }
    }

    /// The square of what a row has to teach.
    #[inline]
    fn square((gradient, hessian): (f64, f64)) -> f64 {
        gradient * gradient + HESSIAN * hessian * hessian
    }

    /// The `mu` at which the share `rate` of the rows is kept.
    fn threshold(&self, rows: &[u32], rate: f64) -> f64 {
        let step = rows.len().div_ceil(PROBE).max(1);
        let mut norms: Vec<f64> = rows.iter().step_by(step).map(|&row| Self::square(self.of(row as usize)).sqrt()).collect();
        norms.sort_unstable_by(f64::total_cmp);
        let (mut rest, kept) = (norms.iter().sum::<f64>(), rate * norms.len() as f64);
        // The largest are kept for certain; what is left of the number is shared by the others in proportion.
        for (certain, &norm) in norms.iter().rev().enumerate() {
            let mu = rest / (kept - certain as f64);
            if norm <= mu || certain as f64 + 1.0 >= kept {
                return mu;
            }
            rest -= norm;
        }
        f64::MIN_POSITIVE
    }
}

impl<'a> Sample<'a> {
    /// The given rows (rising), each as it is. `memory` is used if it is needed.
    pub(crate) fn of(rows: &[u32], table: &Table<'a>, losses: Losses<'_>, salt: u32, memory: Vec<u64>) -> Self {
        let units = Units::new(rows.len(), losses.max_weight, 0.25 * losses.max_weight);
        let gradient = |&row: &u32| {
            let (gradient, hessian) = losses.of(row as usize);
            units.quantise(gradient, hessian, coins(row, salt))
        };
        let gradients = rows.par_iter().with_min_len(CHUNK).map(gradient).collect();
        Self { lines: table.lines(rows, memory), units, gradients }
    }

    /// About the share `rate` of the given rows (rising). `memory` is used if it is needed.
    pub(crate) fn by_gradient(rows: &[u32], rate: f64, table: &Table<'a>, losses: Losses<'_>, salt: u32, memory: Vec<u64>) -> Self {
        let mu = losses.threshold(rows, rate);
        // No row counts for more than a certain one, or than `mu`.
        let units = Units::new(rows.len(), losses.max_weight.max(mu), (0.25 * losses.max_weight).max(mu / HESSIAN.sqrt()));
        let of_chunk = |rows: &[u32]| {
            let mut derivatives = [(0.0, 0.0); CHUNK];
            let derivatives = &mut derivatives[..rows.len()];
            match *rows {
                // Rows without a gap.
                [first, .., last] if (last - first) as usize + 1 == rows.len() => losses.of_run(first as usize, derivatives),
                _ => derivatives.iter_mut().zip(rows).for_each(|(out, &row)| *out = losses.of(row as usize)),
            }
            // Every place is written, and moves on when its row is kept: nothing has to be predicted.
            let (mut kept, mut n_kept) = ([0_u16; CHUNK + 1], 0);
            for (place, (&row, &derivative)) in (0_u16..).zip(rows.iter().zip(&*derivatives)) {
                let least = coins(row, !salt).0 * mu;
                kept[n_kept] = place;
                n_kept += usize::from(Losses::square(derivative) > least * least);
            }
            let quantised = |&place: &u16| {
                let (row, (gradient, hessian)) = (rows[usize::from(place)], derivatives[usize::from(place)]);
                let times = (mu / Losses::square((gradient, hessian)).sqrt()).max(1.0);
                (row, units.quantise(gradient * times, hessian * times, coins(row, salt)))
            };
            kept[..n_kept].iter().map(quantised).unzip()
        };
        let chunks: Vec<(Vec<u32>, Vec<Gradient>)> = rows.par_chunks(CHUNK).map(of_chunk).collect();
        let n = chunks.iter().map(|chunk| chunk.0.len()).sum();
        let (mut kept, mut gradients) = (Vec::with_capacity(n), Vec::with_capacity(n));
        for (rows, of_rows) in chunks {
            kept.extend_from_slice(&rows);
            gradients.extend_from_slice(&of_rows);
        }
        Self { lines: table.lines(&kept, memory), units, gradients }
    }
}

/// Two numbers in 0..1 that look random: the bits of a hash (the mixing steps of Appleby's MurmurHash3, 2011).
#[inline]
fn coins(row: u32, salt: u32) -> (f64, f64) {
    const UNIT: f64 = 1.0 / 65_536.0;
    let mut hash = row ^ salt;
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    hash ^= hash >> 16;
    ((f64::from(hash & 0xffff) + 0.5) * UNIT, (f64::from(hash >> 16) + 0.5) * UNIT)
}

#[cfg(test)]
mod tests {
    use super::super::bins::Column;
    use super::super::codes::Codes;
    use super::*;

    #[test]
    fn a_sample_by_gradient_has_the_size_and_on_average_the_sums_of_all_rows() {
        let n = 100_000;
        let probabilities: Vec<f64> = (0..n).map(|row| 0.01 + 0.4 * ((row * 7919) % 1000) as f64 / 1000.0).collect();
        let won: Vec<bool> = (0..n).map(|row| ((row * 104_729) % 1000) as f64 / 1000.0 < probabilities[row]).collect();
        let losses = Losses { probabilities: &probabilities, won: &won, weights: &[], max_weight: 1.0 };
        let columns = [Column::numeric(vec![0.5])];
        let codes = Codes::encode(n, &columns, |_, _, out| out.fill(1.0)).with_lines(&columns, 256);
        let none = Codes::default();
        let table = Table::new(&codes, &none);
        let rows: Vec<u32> = (0..n as u32).collect();
        let whole = Sample::of(&rows, &table, losses, 1, Vec::new());
        let sums = |sample: &Sample<'_>| sample.units.sums(sample.units.total(sample.gradients.iter()));
        let all = sums(&whole);
        let (mut gradient, mut hessian, draws) = (0.0, 0.0, 40);
        for salt in 0..draws {
            let sample = Sample::by_gradient(&rows, 0.2, &table, losses, salt * 7_777_777, Vec::new());
            assert!((19_000..21_000).contains(&sample.gradients.len()), "{}", sample.gradients.len());
            let sums = sums(&sample);
            gradient += sums.gradient / f64::from(draws);
            hessian += sums.hessian / f64::from(draws);
        }
        // The standard error of the mean of 40 draws is about 30 and 20.
        assert!((gradient - all.gradient).abs() < 120.0 && (hessian / all.hessian - 1.0).abs() < 0.01, "{gradient} {hessian} {all:?}");
    }
}
