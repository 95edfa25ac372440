//! Sums of gradients per bin of a leaf.
//!
//! Gradients are whole multiples of a unit (Shi et al. 2022, quantized training), and sums of whole numbers are exact: the same in every order
//! and on any number of threads, and the histogram of one child is exactly its parent's less the other child's. A row's gradient, hessian and
//! count stand side by side in one word, so that one addition takes all three. Fields are as wide as the sums of [`CHUNK`] rows need; after so
//! many, words are emptied into wider bins. Rounding is by a coin that falls in proportion, so that no sum drifts; what is chosen by these sums
//! is which split to make, and the values of leaves are summed anew from unrounded numbers.

use std::ops::{Add, AddAssign, Sub};

use super::codes::{LANES, Lines};

/// Codes of a feature.
pub(crate) const BINS: usize = 256;
/// Rows whose sums fit a word.
const CHUNK: usize = 4096;
/// Fewer rows are added to the wide bins right away: emptying words would cost more.
const DIRECT: usize = 768;

/// One row's loss: its first derivative, its second and a one, weight included, in the fields that [`Units`] describes.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Gradient(u64);

/// What a gradient and a hessian of 1 stand for, and where the fields are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Units {
    gradient: f64,
    hessian: f64,
    gradient_inverse: f64,
    hessian_inverse: f64,
    /// In a word: the count has the lowest bits, then comes the hessian, then the gradient.
    hessian_shift: u32,
    gradient_shift: u32,
    /// In a bin: the number of rows has the highest bits, the hessian those below.
    rows_shift: u32,
}

impl Units {
    /// Units for at most `n_rows` rows whose gradients and hessians are at most so large.
    pub(crate) fn new(n_rows: usize, gradient_limit: f64, hessian_limit: f64) -> Self {
        let bits = |n: usize| usize::BITS - n.leading_zeros();
        // Of the 64 bits of a word the count takes its own, and the sums of both others as many more than one row's.
        let count_bits = bits(n_rows.clamp(1, CHUNK));
        let free = 64 - 3 * count_bits;
        let hessian_bits = ((free - 1) / 2).min(30);
        let gradient_bits = (free - hessian_bits).min(31);
        let rows_shift = 64 - bits(n_rows).max(1);
        // One unit is left free, into which the largest value may be rounded.
        let max_hessian = ((1_u64 << hessian_bits) - 2).min((1 << rows_shift) / (n_rows as u64 + 1) - 1) as f64;
        let max_gradient = ((1_u64 << (gradient_bits - 1)) - 2) as f64;
        Self {
            gradient: gradient_limit / max_gradient,
            hessian: hessian_limit / max_hessian,
            gradient_inverse: max_gradient / gradient_limit,
            hessian_inverse: max_hessian / hessian_limit,
            hessian_shift: count_bits,
            gradient_shift: 2 * count_bits + hessian_bits,
            rows_shift,
        }
    }

    /// One of the two whole numbers about each value: `coins`, in 0..1, say which.
    #[inline]
    pub(crate) fn quantise(&self, gradient: f64, hessian: f64, coins: (f64, f64)) -> Gradient {
        // Adding 1.5 * 2^52 rounds to the nearest whole number, which then stands in the low bits.
        const ROUND: f64 = 6_755_399_441_055_744.0;
        let whole = |value: f64| (value + ROUND).to_bits();
        // The difference of the bits is the whole number itself, below 0 in two's complement.
        let gradient = whole(gradient * self.gradient_inverse + (coins.0 - 0.5)).wrapping_sub(ROUND.to_bits());
        let hessian = whole(hessian * self.hessian_inverse + (coins.1 - 0.5)).wrapping_sub(ROUND.to_bits());
        Gradient((gradient << self.gradient_shift).wrapping_add(hessian << self.hessian_shift).wrapping_add(1))
    }

    /// The sums of a bin.
    #[inline]
    pub(crate) fn sums(&self, bin: Bin) -> Sums {
        let hessian = bin.hessian_and_rows & ((1 << self.rows_shift) - 1);
        Sums {
            gradient: bin.gradient as f64 * self.gradient,
            hessian: hessian as f64 * self.hessian,
            rows: (bin.hessian_and_rows >> self.rows_shift) as u32,
        }
    }

    /// The fields of a word as a bin.
    #[inline]
    fn wide(&self, word: u64) -> Bin {
        let hessian = (word >> self.hessian_shift) & ((1 << (self.gradient_shift - self.hessian_shift)) - 1);
        let rows = word & ((1 << self.hessian_shift) - 1);
        Bin { gradient: word as i64 >> self.gradient_shift, hessian_and_rows: hessian | rows << self.rows_shift }
    }

    /// The sum over rows.
    pub(crate) fn total<'a>(&self, rows: impl Iterator<Item = &'a Gradient>) -> Bin {
        rows.fold(Bin::default(), |total, &row| total + self.wide(row.0))
    }
}

/// The sums of a bin, packed.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[repr(C, align(16))]
pub(crate) struct Bin {
    gradient: i64,
    hessian_and_rows: u64,
}

impl Add for Bin {
    type Output = Self;

    #[inline]
    fn add(self, other: Self) -> Self {
        Self {
            gradient: self.gradient.wrapping_add(other.gradient),
            hessian_and_rows: self.hessian_and_rows.wrapping_add(other.hessian_and_rows),
        }
    }
}

impl Sub for Bin {
    type Output = Self;

    #[inline]
    fn sub(self, other: Self) -> Self {
        Self {
            gradient: self.gradient.wrapping_sub(other.gradient),
            hessian_and_rows: self.hessian_and_rows.wrapping_sub(other.hessian_and_rows),
        }
    }
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

impl Add for Sums {
    type Output = Self;

    #[inline]
    fn add(self, other: Self) -> Self {
        Self { gradient: self.gradient + other.gradient, hessian: self.hessian + other.hessian, rows: self.rows + other.rows }
    }
}

impl AddAssign for Sums {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
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

/// The histograms of the eight features of a word.
pub(crate) type WordBins = [[Bin; BINS]; LANES];

/// The rows of a leaf.
#[derive(Debug, Clone, Copy)]
pub(crate) enum LeafRows<'a> {
    /// So many rows from this one on.
    From(usize),
    /// These.
    These(&'a [u32]),
}

/// Sums the gradients of a leaf's rows into the bins of all features of the words from `first_word` on, as many as there are `bins`; `lanes` has
/// the features of each that are asked for, and the others are left alone. `gradients` goes along with the rows.
pub(crate) fn fill(
    units: &Units,
    lines: &Lines<'_>,
    rows: LeafRows<'_>,
    gradients: &[Gradient],
    first_word: usize,
    lanes: &[Vec<usize>],
    bins: &mut [WordBins],
) {
    for (bins, lanes) in bins.iter_mut().zip(lanes) {
        lanes.iter().for_each(|&lane| bins[lane].fill(Bin::default()));
    }
    let of = first_word..first_word + bins.len();
    let mut fetched = vec![0_u64; gradients.len().min(CHUNK) * bins.len()];
    for (chunk, gradients) in gradients.chunks(CHUNK).enumerate() {
        let (first, n) = (chunk * CHUNK, gradients.len());
        let fetched = &mut fetched[..n * bins.len()];
        match rows {
            LeafRows::From(row) => lines.fetch(of.clone(), row + first..row + first + n, fetched),
            LeafRows::These(rows) => lines.fetch(of.clone(), rows[first..first + n].iter().map(|&row| row as usize), fetched),
        }
        for ((words, lanes), bins) in fetched.chunks_exact(n).zip(lanes).zip(&mut *bins) {
            fill_word(units, words, gradients, lanes, bins);
        }
    }
}

/// Adds the gradients of at most [`CHUNK`] rows to the bins of a word's features.
fn fill_word(units: &Units, words: &[u64], gradients: &[Gradient], lanes: &[usize], bins: &mut WordBins) {
    match *lanes {
        [] => {}
        [a] => fill_lanes(units, words, gradients, [a], bins),
        [a, b] => fill_lanes(units, words, gradients, [a, b], bins),
        [a, b, c] => fill_lanes(units, words, gradients, [a, b, c], bins),
        [a, b, c, d] => fill_lanes(units, words, gradients, [a, b, c, d], bins),
        [a, b, c, d, e] => fill_lanes(units, words, gradients, [a, b, c, d, e], bins),
        [a, b, c, d, e, f] => fill_lanes(units, words, gradients, [a, b, c, d, e, f], bins),
        [a, b, c, d, e, f, g] => fill_lanes(units, words, gradients, [a, b, c, d, e, f, g], bins),
        _ => fill_lanes(units, words, gradients, [0, 1, 2, 3, 4, 5, 6, 7], bins),
    }
}

#[inline(always)]
fn fill_lanes<const N: usize>(units: &Units, words: &[u64], gradients: &[Gradient], lanes: [usize; N], bins: &mut WordBins) {
    let code = |word: u64, lane: usize| usize::from((word >> (8 * (lane % LANES))) as u8);
    if gradients.len() < DIRECT {
        for (&word, &gradient) in words.iter().zip(gradients) {
            let row = units.wide(gradient.0);
            for lane in lanes {
                let bin = &mut bins[lane % LANES][code(word, lane)];
                *bin = *bin + row;
            }
        }
        return;
    }
    let mut narrow = [[0_u64; BINS]; N];
    for (&word, &gradient) in words.iter().zip(gradients) {
        for (narrow, lane) in narrow.iter_mut().zip(lanes) {
            let bin = &mut narrow[code(word, lane)];
            *bin = bin.wrapping_add(gradient.0);
        }
    }
    for (narrow, lane) in narrow.iter().zip(lanes) {
        bins[lane % LANES].iter_mut().zip(narrow).for_each(|(bin, &word)| *bin = *bin + units.wide(word));
    }
}

/// Adds the bins of other rows.
pub(crate) fn add(bins: &mut [Bin], others: &[Bin]) {
    bins.iter_mut().zip(others).for_each(|(bin, &other)| *bin = *bin + other);
}

/// Turns the parent's bins into those of one child by taking away the other child's.
pub(crate) fn subtract(parent: &mut [Bin], child: &[Bin]) {
    parent.iter_mut().zip(child).for_each(|(parent, &child)| *parent = *parent - child);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::bins::Column;
    use super::super::codes::{Codes, Table};
    use super::*;

    proptest! {
        #[test]
        fn a_histogram_is_the_brute_force_sum_and_so_is_the_difference_of_two(
            given in prop::collection::vec((any::<u64>(), -1.0..1.0, 0.0..0.25, any::<bool>()), 1..300),
            copies in prop::sample::select(vec![1_usize, 3, 40]),
            lanes in prop::sample::subsequence((0..LANES).collect::<Vec<_>>(), 0..=LANES),
        ) {
            let given: Vec<_> = (0..copies).flat_map(|_| given.iter().copied()).collect();
            let units = Units::new(given.len(), 1.0, 0.25);
            let column = || Column::numeric((0..7).map(|i| i as f32 + 0.5).collect());
            let columns: Vec<Column> = (0..2 * LANES).map(|_| column()).collect();
            let code = |feature: usize, row: usize| (given[row].0 >> (4 * feature)) as u8 & 7;
            let codes = Codes::encode(given.len(), &columns, |feature, first, out| {
                out.iter_mut().enumerate().for_each(|(i, out)| *out = f32::from(code(feature, first + i)));
            });
            let codes = codes.with_lines(&columns, 0);
            let none = Codes::default();
            let lines = Table::new(&codes, &none).lines(&(0..given.len() as u32).collect::<Vec<_>>(), Vec::new());
            let gradients: Vec<Gradient> = given.iter().map(|row| units.quantise(row.1, row.2, (0.5, 0.5))).collect();
            let (mine, other): (Vec<u32>, Vec<u32>) = (0..given.len() as u32).partition(|&row| given[row as usize].3);
            let of = |rows: &[u32]| rows.iter().map(|&row| gradients[row as usize]).collect::<Vec<_>>();
            let asked = [lanes.clone(), lanes.clone()];
            let dirty = || vec![[[Bin { gradient: 9, hessian_and_rows: 9 }; BINS]; LANES]; 2];
            let (mut whole, mut part, mut again, mut second) = (dirty(), dirty(), dirty(), dirty());
            let all: Vec<u32> = (0..given.len() as u32).collect();
            fill(&units, &lines, LeafRows::From(0), &gradients, 0, &asked, &mut whole);
            fill(&units, &lines, LeafRows::These(&all), &gradients, 0, &asked, &mut again);
            fill(&units, &lines, LeafRows::These(&mine), &of(&mine), 0, &asked, &mut part);
            fill(&units, &lines, LeafRows::These(&mine), &of(&mine), 1, &asked[1..], &mut second[1..]);
            prop_assert_eq!(&part[1], &second[1]);
            prop_assert_eq!(&whole, &again);
            for (word, &lane) in (0..2).flat_map(|word| lanes.iter().map(move |lane| (word, lane))) {
                subtract(&mut whole[word][lane], &part[word][lane]);
                for bin in 0..8 {
                    let is_here = |row: &&u32| usize::from(code(word * LANES + lane, **row as usize)) == bin;
                    for (rows, found) in [(&other, whole[word][lane][bin]), (&mine, part[word][lane][bin])] {
                        let rows: Vec<u32> = rows.iter().filter(is_here).copied().collect();
                        prop_assert_eq!(found, units.total(rows.iter().map(|&row| &gradients[row as usize])));
                        let found = units.sums(found);
                        prop_assert_eq!(found.rows as usize, rows.len());
                        let gradient: f64 = rows.iter().map(|&row| given[row as usize].1).sum();
                        let hessian: f64 = rows.iter().map(|&row| given[row as usize].2).sum();
                        let close = |found: f64, exact: f64, unit: f64| (found - exact).abs() <= 0.501 * unit * rows.len() as f64 + 1e-9;
                        prop_assert!(close(found.gradient, gradient, units.gradient) && close(found.hessian, hessian, units.hessian));
                    }
                }
            }
        }

        #[test]
        fn sums_of_many_rows_fit(n in prop_oneof![1_usize..5000, 1_usize << 20..1 << 28], weight in 1e-6_f64..1e6, coins in (0.0..1.0, 0.0..1.0)) {
            let units = Units::new(n, weight, 0.25 * weight);
            let of_chunk = n.min(CHUNK);
            for sign in [-1.0, 1.0] {
                let row = units.quantise(sign * weight, 0.25 * weight, coins);
                let one = units.wide(row.0);
                // A full word has the sums of its rows, whatever their order.
                let word = units.wide(row.0.wrapping_mul(of_chunk as u64));
                prop_assert_eq!(word.gradient, one.gradient * of_chunk as i64);
                prop_assert_eq!(units.sums(word).rows as usize, of_chunk);
                let total = Bin { gradient: one.gradient * n as i64, hessian_and_rows: one.hessian_and_rows.checked_mul(n as u64).expect("fits") };
                let sums = units.sums(total);
                prop_assert_eq!(sums.rows as usize, n);
                let close = |found: f64, expected: f64| (found / expected - 1.0).abs() < 2e-2;
                prop_assert!(close(sums.gradient, sign * weight * n as f64) && close(sums.hessian, 0.25 * weight * n as f64), "{:?}", sums);
            }
        }

        #[test]
        fn a_coin_makes_the_mean_of_many_roundings_exact(gradient in -1.0..1.0, hessian in 0.0..0.25) {
            let units = Units::new(1 << 20, 1.0, 0.25);
            let coins = (0..1000).map(|i| (f64::from(i) + 0.5) / 1000.0);
            let gradients: Vec<Gradient> = coins.map(|coin| units.quantise(gradient, hessian, (coin, coin))).collect();
            let sums = units.sums(units.total(gradients.iter()));
            prop_assert!((sums.gradient / 1000.0 - gradient).abs() < 2e-3 * units.gradient, "{} {gradient}", sums.gradient / 1000.0);
            prop_assert!((sums.hessian / 1000.0 - hessian).abs() < 2e-3 * units.hessian);
        }
    }
}
