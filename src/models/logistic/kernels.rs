//! The inner loops: strips of rows, column by column, in lanes.
//!
//! Each loop is written so that the compiler can vectorise it without changing a bit: lanes are fixed, sums are never regrouped, and products are fused with additions
//! where the code says so and nowhere else. It is compiled twice, for any processor and for wide vectors, and the processor chooses when it runs: both give the same bits.

use crate::math::wide;

/// Rows that are worked on at once: a strip of forty columns fits in the first cache.
pub(super) const STRIP: usize = 128;

/// A number per row of a strip.
pub(super) type Strip = [f64; STRIP];

/// `e^x` for `x <= 0` within two units in the last place, `e^-708` below -708: no branch, no table, so that it vectorises.
///
/// `x = n ln 2 + r` with whole `n` and `|r| <= ln 2 / 2`, `ln 2` in two parts (Cody and Waite 1980); then Taylor's polynomial of `e^r` up to degree 13,
/// whose rest is below 5e-18.
#[inline(always)]
fn exp_of_negative(x: f64) -> f64 {
    const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    /// Added to a small number it leaves the nearest whole number in the last bits.
    const SHIFT: f64 = 6_755_399_441_055_744.0;
    const INVERSE_FACTORIALS: [f64; 12] = [
        1.0 / 479_001_600.0,
        1.0 / 39_916_800.0,
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
    ];
    let x = if x < -708.0 { -708.0 } else { x };
    let shifted = x.mul_add(std::f64::consts::LOG2_E, SHIFT);
    let n = shifted - SHIFT;
    let r = n.mul_add(-LN_2_LOW, n.mul_add(-LN_2_HIGH, x));
    let mut sum: f64 = 1.0 / 6_227_020_800.0;
    for factor in INVERSE_FACTORIALS {
        sum = sum.mul_add(r, factor);
    }
    let power = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52);
    sum.mul_add(r, 1.0) * power
}

/// `ln(1 + x)` for `0 <= x <= 1`, within 6e-16 of it: `2 artanh(x / (2 + x))` by its series, of which the first term left out is below 1e-17.
#[inline(always)]
fn ln_1p_of_share(x: f64) -> f64 {
    const INVERSE_ODDS: [f64; 16] = [
        1.0 / 31.0,
        1.0 / 29.0,
        1.0 / 27.0,
        1.0 / 25.0,
        1.0 / 23.0,
        1.0 / 21.0,
        1.0 / 19.0,
        1.0 / 17.0,
        1.0 / 15.0,
        1.0 / 13.0,
        1.0 / 11.0,
        1.0 / 9.0,
        1.0 / 7.0,
        1.0 / 5.0,
        1.0 / 3.0,
        1.0,
    ];
    let s = x / (2.0 + x);
    let square = s * s;
    let mut sum: f64 = 1.0 / 33.0;
    for factor in INVERSE_ODDS {
        sum = sum.mul_add(square, factor);
    }
    2.0 * s * sum
}

/// The sum in sixteen lanes, which are then added in pairs.
#[inline(always)]
fn sum_in_lanes(value: impl Fn(usize) -> f64) -> f64 {
    products_in_lanes(|row| (1.0, value(row)))
}

/// The sum of products in sixteen lanes, which are then added in pairs.
#[inline(always)]
fn products_in_lanes(factors: impl Fn(usize) -> (f64, f64)) -> f64 {
    let mut lanes = [0.0_f64; 16];
    for first in (0..STRIP).step_by(16) {
        for (lane, sum) in lanes.iter_mut().enumerate() {
            let (a, b) = factors(first + lane);
            *sum = a.mul_add(b, *sum);
        }
    }
    let mut width = 8;
    while width > 0 {
        for lane in 0..width {
            lanes[lane] += lanes[lane + width];
        }
        width /= 2;
    }
    lanes[0]
}

wide! {
    /// Adds to `z` the products of the columns of `dense` (each `STRIP` values) with `coefficients`, each row in the order of the columns.
    pub(super) fn add_dense(dense: &[f32], coefficients: &[f64], z: &mut Strip) {
        let (fours, rest) = coefficients.as_chunks::<4>();
        let (columns, _) = dense.as_chunks::<STRIP>();
        let (by_four, last) = columns.split_at(4 * fours.len());
        for (columns, b) in by_four.chunks_exact(4).zip(fours) {
            for (row, z) in z.iter_mut().enumerate() {
                let mut sum = b[0].mul_add(f64::from(columns[0][row]), *z);
                sum = b[1].mul_add(f64::from(columns[1][row]), sum);
                sum = b[2].mul_add(f64::from(columns[2][row]), sum);
                *z = b[3].mul_add(f64::from(columns[3][row]), sum);
            }
        }
        for (column, b) in last.iter().zip(rest) {
            for (z, x) in z.iter_mut().zip(column) {
                *z = b.mul_add(f64::from(*x), *z);
            }
        }
    }
}

/// Asks the processor to fetch `values`, which are read next: columns lie too far apart for it to foresee that. One pass over a million rows of 40 columns takes 17
/// instead of 20 ms.
#[inline(always)]
pub(super) fn fetch(values: &[f32]) {
    #[cfg(target_arch = "x86_64")]
    for line in values.chunks(16) {
        // SAFETY: a prefetch is a hint: it changes nothing and cannot fault, and the address is inside a slice.
        unsafe { std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(line.as_ptr().cast()) };
    }
}

wide! {
    /// Adds to `sums` the inner product of each column of `dense` with `r`.
    pub(super) fn add_dense_transposed(dense: &[f32], r: &Strip, sums: &mut [f64]) {
        for (column, sum) in dense.as_chunks::<STRIP>().0.iter().zip(sums) {
            *sum += products_in_lanes(|row| (r[row], f64::from(column[row])));
        }
    }
}

wide! {
    /// The weighted log loss of a strip with log-odds `z`. `z` becomes its derivative, and `curvature` is filled with its second derivative.
    pub(super) fn losses(z: &mut Strip, won: &[f32; STRIP], weights: &Strip, curvature: &mut Strip) -> f64 {
        let mut loss = [0.0; STRIP];
        for row in 0..STRIP {
            let (odds, weight, y) = (z[row], weights[row], f64::from(won[row]));
            let e = exp_of_negative(-odds.abs());
            let larger = 1.0 / (1.0 + e);
            let smaller = e * larger;
            let p = if odds >= 0.0 { larger } else { smaller };
            let positive = if odds > 0.0 { odds } else { 0.0 };
            loss[row] = weight * (ln_1p_of_share(e) + (positive - y * odds));
            curvature[row] = weight * (larger * smaller);
            z[row] = weight * (p - y);
        }
        sum_in_lanes(|row| loss[row])
    }
}

wide! {
    /// Fills `scaled` with the rows' roots and the columns of `dense` times the roots: column by column, the constant first.
    pub(super) fn scale_columns(dense: &[f32], roots: &Strip, scaled: &mut [f64]) {
        let (scaled, _) = scaled.as_chunks_mut::<STRIP>();
        let [first, scaled @ ..] = scaled else { return };
        *first = *roots;
        for (column, scaled) in dense.as_chunks::<STRIP>().0.iter().zip(scaled) {
            for row in 0..STRIP {
                scaled[row] = roots[row] * f64::from(column[row]);
            }
        }
    }
}

/// Inner products of four columns with two, each in four lanes.
pub(super) type Tile = [[[f64; 4]; 2]; 4];

/// How many tiles hold the lower triangle of `columns` columns, a multiple of 4.
pub(super) fn n_tiles(columns: usize) -> usize {
    let fours = columns / 4;
    fours * (fours + 1)
}

/// The inner product of columns `i` and `j <= i`, from the tiles.
pub(super) fn entry(tiles: &[Tile], i: usize, j: usize) -> f64 {
    let lanes = tiles[n_tiles(i / 4 * 4) + j / 2][i % 4][j % 2];
    (lanes[0] + lanes[2]) + (lanes[1] + lanes[3])
}

wide! {
    /// Adds the inner products of all pairs of the columns of `scaled`, of which there are a multiple of 4, to `tiles`: eight sums of four lanes stay in
    /// registers while the rows pass.
    pub(super) fn add_products(scaled: &[f64], tiles: &mut [Tile]) {
        let columns = scaled.as_chunks::<STRIP>().0;
        let mut tiles = tiles.iter_mut();
        for i in (0..columns.len()).step_by(4) {
            for (twos, tile) in columns[..i + 4].as_chunks::<2>().0.iter().zip(&mut tiles) {
                let Some(fours) = columns[i..].first_chunk::<4>() else { continue };
                let mut sums = *tile;
                for first in (0..STRIP).step_by(4) {
                    for a in 0..4 {
                        for b in 0..2 {
                            for lane in 0..4 {
                                sums[a][b][lane] = fours[a][first + lane].mul_add(twos[b][first + lane], sums[a][b][lane]);
                            }
                        }
                    }
                }
                *tile = sums;
            }
        }
    }
}

wide! {
    /// Adds each row of `rows` (`codes.len()` of them, `width` values each) to the row of `sums` that its code says, counted from `first`.
    pub(super) fn scatter_rows(rows: &[f64], width: usize, codes: &[u32], first: usize, sums: &mut [f64]) {
        for (row, code) in rows.chunks_exact(width).zip(codes) {
            let target = &mut sums[(*code as usize - first) * width..][..width];
            for (target, value) in target.iter_mut().zip(row) {
                *target += value;
            }
        }
    }
}

wide! {
    /// The inner products of each of `rows` with each of `others`, in four lanes each. All are as long as the first of `rows`, a multiple of 4.
    pub(super) fn dots(rows: [&[f64]; 2], others: [&[f64]; 4], sums: &mut [[[f64; 4]; 4]; 2]) {
        let rows = rows.map(|row| row.as_chunks::<4>().0);
        let length = rows[0].len();
        let others = others.map(|other| &other.as_chunks::<4>().0[..length]);
        let mut lanes = [[[0.0; 4]; 4]; 2];
        for (block, (x, y)) in rows[0].iter().zip(rows[1]).enumerate() {
            for other in 0..4 {
                for lane in 0..4 {
                    lanes[0][other][lane] = x[lane].mul_add(others[other][block][lane], lanes[0][other][lane]);
                    lanes[1][other][lane] = y[lane].mul_add(others[other][block][lane], lanes[1][other][lane]);
                }
            }
        }
        *sums = lanes;
    }
}

/// Subtracts from `rows[i][start + k]` the inner product of `rows[i][..start]` with `others[k][..start]`, for each of `others`. `start` is a multiple of 4.
pub(super) fn subtract_dots(rows: &mut [&mut [f64]], start: usize, others: &[&[f64]]) {
    if start == 0 {
        return;
    }
    for pair in rows.chunks_mut(2) {
        for (four, others) in others.chunks(4).enumerate() {
            let other = |k: usize| &others[k.min(others.len() - 1)][..start];
            let mut sums = [[[0.0; 4]; 4]; 2];
            let last = pair.len() - 1;
            dots([&pair[0][..start], &pair[last][..start]], [other(0), other(1), other(2), other(3)], &mut sums);
            for (row, sums) in pair.iter_mut().zip(&sums) {
                let out = &mut row[start + 4 * four..];
                out.iter_mut().zip(&sums[..others.len()]).for_each(|(out, lanes)| *out -= (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]));
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256Plus;

    use super::*;
    use crate::math;

    #[test]
    fn exponentials_and_logarithms_are_those_of_libm_to_the_last_digits() {
        for step in 0..200_000 {
            let x = -f64::from(step) * 0.0035;
            let (found, expected) = (exp_of_negative(x), math::exp(x));
            assert!((found - expected).abs() <= 6e-16 * expected, "e^{x}: {found:e} {expected:e}");
            let share = f64::from(step) / 200_000.0;
            let (found, expected) = (ln_1p_of_share(share), math::ln_1p(share));
            assert!((found - expected).abs() <= 6e-16 * expected, "ln(1 + {share}): {found:e} {expected:e}");
        }
        assert_eq!(exp_of_negative(0.0), 1.0);
        assert!(exp_of_negative(f64::NEG_INFINITY) < 1e-300 && exp_of_negative(f64::NAN).is_nan());
        let small = ln_1p_of_share(1e-300);
        assert!((small - 1e-300).abs() < 1e-315, "{small:e}");
    }

    /// Numbers of many sizes, from a seed.
    fn numbers(n: usize, seed: u64) -> Vec<f64> {
        let mut random = Xoshiro256Plus::seed_from_u64(seed);
        (0..n).map(|_| random.gen_range(-1.0_f64..1.0) * 10.0_f64.powi(random.gen_range(-3..3))).collect()
    }

    pub(in super::super) fn strip(seed: u64) -> Strip {
        numbers(STRIP, seed).try_into().unwrap()
    }

    #[test]
    fn any_processor_and_wide_vectors_give_the_same_bits() {
        let dense: Vec<f32> = numbers(7 * STRIP, 1).into_iter().map(|x| x as f32).collect();
        let (weights, won) = (strip(2).map(f64::abs), strip(3).map(|x| f32::from(u8::from(x > 0.0))));

        let (mut z, mut plain) = (strip(4), strip(4));
        add_dense(&dense, &numbers(7, 5), &mut z);
        add_dense::plain(&dense, &numbers(7, 5), &mut plain);
        assert_eq!(z, plain);

        let (mut sums, mut plain_sums) = ([0.5; 7], [0.5; 7]);
        add_dense_transposed(&dense, &z, &mut sums);
        add_dense_transposed::plain(&dense, &z, &mut plain_sums);
        assert_eq!(sums, plain_sums);

        let (mut curvature, mut plain_curvature) = ([0.0; STRIP], [0.0; STRIP]);
        let loss = losses(&mut z, &won, &weights, &mut curvature);
        assert_eq!(loss, losses::plain(&mut plain, &won, &weights, &mut plain_curvature));
        assert_eq!((z, curvature), (plain, plain_curvature));

        let (mut tiles, mut plain_tiles) = (vec![Tile::default(); n_tiles(8)], vec![Tile::default(); n_tiles(8)]);
        add_products(&numbers(8 * STRIP, 6), &mut tiles);
        add_products::plain(&numbers(8 * STRIP, 6), &mut plain_tiles);
        assert_eq!(tiles, plain_tiles);

        let (a, b) = (numbers(40, 8), numbers(160, 9));
        let (rows, others) = ([&a[..20], &a[20..]], [&b[..20], &b[20..40], &b[40..60], &b[60..80]]);
        let (mut lanes, mut plain_lanes) = ([[[0.0; 4]; 4]; 2], [[[0.0; 4]; 4]; 2]);
        dots(rows, others, &mut lanes);
        dots::plain(rows, others, &mut plain_lanes);
        assert_eq!(lanes, plain_lanes);
    }

    #[test]
    fn a_strip_of_losses_is_the_sum_of_its_rows() {
        let mut z: Strip = std::array::from_fn(|row| (row as f64 - 60.0) * 0.7);
        let won: [f32; STRIP] = std::array::from_fn(|row| f32::from(u8::from(row % 3 == 0)));
        let weights: Strip = std::array::from_fn(|row| (row % 5) as f64);
        let (odds, mut curvature) = (z, [0.0; STRIP]);
        let loss = losses(&mut z, &won, &weights, &mut curvature);
        let mut expected = 0.0;
        for row in 0..STRIP {
            let p = math::sigmoid(odds[row]);
            expected += weights[row] * math::softplus(if won[row] > 0.0 { -odds[row] } else { odds[row] });
            assert!((z[row] - weights[row] * (p - f64::from(won[row]))).abs() < 1e-14);
            assert!((curvature[row] - weights[row] * p * (1.0 - p)).abs() < 1e-14);
        }
        assert!((loss - expected).abs() < 1e-12 * expected, "{loss} {expected}");
    }
}
