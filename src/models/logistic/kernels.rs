//! The inner loops: strips of rows, column by column, in lanes.
//!
//! Each loop is written so that the compiler can vectorise it without changing a bit: lanes are fixed, sums are never regrouped, products are never fused with
//! additions. It is compiled twice, for any processor and for wide vectors, and the processor chooses when it runs: both give the same bits.

/// Rows that are worked on at once: a strip of forty columns fits in the first cache.
pub(super) const STRIP: usize = 128;

/// A number per row of a strip.
pub(super) type Strip = [f64; STRIP];

/// Compiles a function for wide vectors too, and calls what the processor has.
macro_rules! wide {
    ($(#[$doc:meta])* fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)? $body:block) => {
        $(#[$doc])*
        pub(super) fn $name($($argument: $type),*) $(-> $result)? {
            #[inline(always)]
            fn plain($($argument: $type),*) $(-> $result)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn avx2($($argument: $type),*) $(-> $result)? {
                    plain($($argument),*)
                }
                if std::arch::is_x86_feature_detected!("avx2") {
                    // SAFETY: the processor has AVX2, as just asked; the function needs nothing else.
                    return unsafe { avx2($($argument),*) };
                }
            }
            plain($($argument),*)
        }
    };
}

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
    let shifted = x * std::f64::consts::LOG2_E + SHIFT;
    let n = shifted - SHIFT;
    let r = (x - n * LN_2_HIGH) - n * LN_2_LOW;
    let mut sum = 1.0 / 6_227_020_800.0;
    for factor in INVERSE_FACTORIALS {
        sum = sum * r + factor;
    }
    let power = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52);
    (sum * r + 1.0) * power
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
    let mut sum = 1.0 / 33.0;
    for factor in INVERSE_ODDS {
        sum = sum * square + factor;
    }
    2.0 * s * sum
}

/// The sum in sixteen lanes, which are then added in pairs.
#[inline(always)]
fn sum_in_lanes(value: impl Fn(usize) -> f64) -> f64 {
    let mut lanes = [0.0; 16];
    for first in (0..STRIP).step_by(16) {
        for (lane, sum) in lanes.iter_mut().enumerate() {
            *sum += value(first + lane);
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
    fn add_dense(dense: &[f32], coefficients: &[f64], z: &mut Strip) {
        let (fours, rest) = coefficients.as_chunks::<4>();
        let (columns, _) = dense.as_chunks::<STRIP>();
        let (by_four, last) = columns.split_at(4 * fours.len());
        for (columns, b) in by_four.chunks_exact(4).zip(fours) {
            for (row, z) in z.iter_mut().enumerate() {
                let mut sum = *z + b[0] * f64::from(columns[0][row]);
                sum += b[1] * f64::from(columns[1][row]);
                sum += b[2] * f64::from(columns[2][row]);
                *z = sum + b[3] * f64::from(columns[3][row]);
            }
        }
        for (column, b) in last.iter().zip(rest) {
            for (z, x) in z.iter_mut().zip(column) {
                *z += b * f64::from(*x);
            }
        }
    }
}

wide! {
    /// Adds to `sums` the inner product of each column of `dense` with `r`.
    fn add_dense_transposed(dense: &[f32], r: &Strip, sums: &mut [f64]) {
        for (column, sum) in dense.as_chunks::<STRIP>().0.iter().zip(sums) {
            *sum += sum_in_lanes(|row| r[row] * f64::from(column[row]));
        }
    }
}

wide! {
    /// The weighted log loss of a strip with log-odds `z`. `z` becomes its derivative, and `curvature` is filled with its second derivative.
    fn losses(z: &mut Strip, won: &[f32; STRIP], weights: &Strip, curvature: &mut Strip) -> f64 {
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
    fn scale_columns(dense: &[f32], roots: &Strip, scaled: &mut [f64]) {
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
    fn add_products(scaled: &[f64], tiles: &mut [Tile]) {
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
                                sums[a][b][lane] += fours[a][first + lane] * twos[b][first + lane];
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
    fn scatter_rows(rows: &[f64], width: usize, codes: &[u32], first: usize, sums: &mut [f64]) {
        for (row, code) in rows.chunks_exact(width).zip(codes) {
            let target = &mut sums[(*code as usize - first) * width..][..width];
            for (target, value) in target.iter_mut().zip(row) {
                *target += value;
            }
        }
    }
}

wide! {
    /// Standardises: what is outside `low..=high` is moved to its nearer end, `mean` is subtracted, and the rest divided by `deviation`; NaN becomes 0.
    fn standardise(values: &mut [f32; STRIP], low: f32, high: f32, mean: f64, deviation: f64) {
        for value in values {
            let above = if *value > low { *value } else { low };
            let clipped = if above < high { above } else { high };
            let standard = ((f64::from(clipped) - mean) / deviation) as f32;
            *value = if value.is_nan() { 0.0 } else { standard };
        }
    }
}

/// What a numeric column looks like over some rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Summary {
    /// The sum of the weights of the rows that have a value, the weighted mean of their transformed values, and the weighted sum of squares about it.
    pub(super) total: f64,
    pub(super) mean: f64,
    pub(super) squares: f64,
    /// The range of the raw values with weight; `low > high` when there are none.
    pub(super) low: f32,
    pub(super) high: f32,
    /// Rows without a value, whatever their weight, and the weights of the lost and the won ones among them.
    pub(super) n_missing: usize,
    missing: [f64; 2],
    /// A value is infinite.
    pub(super) not_finite: bool,
}

impl Default for Summary {
    fn default() -> Self {
        let (low, high) = (f32::INFINITY, f32::NEG_INFINITY);
        Self { total: 0.0, mean: 0.0, squares: 0.0, low, high, n_missing: 0, missing: [0.0; 2], not_finite: false }
    }
}

impl Summary {
    /// Takes in further rows (Chan, Golub and LeVeque 1983).
    pub(super) fn merge(&mut self, other: &Self) {
        let total = self.total + other.total;
        if total > 0.0 {
            let distance = other.mean - self.mean;
            self.mean += distance * (other.total / total);
            self.squares += other.squares + distance * distance * (self.total * (other.total / total));
            self.total = total;
        }
        self.low = self.low.min(other.low);
        self.high = self.high.max(other.high);
        self.n_missing += other.n_missing;
        self.missing = [self.missing[0] + other.missing[0], self.missing[1] + other.missing[1]];
        self.not_finite |= other.not_finite;
    }

    /// The weight of the rows without a value.
    pub(super) fn missing(&self) -> f64 {
        self.missing[0] + self.missing[1]
    }

    /// Whether all rows without a value are won, or all are lost.
    pub(super) fn missing_one_class(&self) -> bool {
        self.missing() > 0.0 && self.missing.contains(&0.0)
    }
}

/// The lowest and the highest of some values, in eight lanes.
#[inline(always)]
fn range(value: impl Fn(usize) -> (f32, bool)) -> [f32; 2] {
    let (mut low, mut high) = ([f32::INFINITY; 8], [f32::NEG_INFINITY; 8]);
    for first in (0..STRIP).step_by(8) {
        for lane in 0..8 {
            let (x, counts) = value(first + lane);
            let (a, b) = if counts { (x, x) } else { (f32::INFINITY, f32::NEG_INFINITY) };
            low[lane] = if a < low[lane] { a } else { low[lane] };
            high[lane] = if b > high[lane] { b } else { high[lane] };
        }
    }
    [low.iter().fold(f32::INFINITY, |a, b| a.min(*b)), high.iter().fold(f32::NEG_INFINITY, |a, b| a.max(*b))]
}

wide! {
    /// The summary of a strip. `transformed` has each value's transform.
    fn summarise(values: &[f32; STRIP], transformed: &Strip, weights: &Strip, won: &[f32; STRIP]) -> Summary {
        let mut present = [0.0; STRIP];
        let mut numbers = [0.0; STRIP];
        let (mut n_missing, mut not_finite) = (0_u32, 0_u32);
        for row in 0..STRIP {
            let missing = values[row].is_nan();
            n_missing += u32::from(missing);
            not_finite += u32::from(values[row].is_infinite());
            present[row] = if missing { 0.0 } else { weights[row] };
            numbers[row] = if missing { 0.0 } else { transformed[row] };
        }
        let total = sum_in_lanes(|row| present[row]);
        let mean = if total > 0.0 { sum_in_lanes(|row| present[row] * numbers[row]) / total } else { 0.0 };
        let squares = sum_in_lanes(|row| present[row] * ((numbers[row] - mean) * (numbers[row] - mean)));
        let [low, high] = range(|row| (values[row], present[row] > 0.0));
        let missing = if n_missing > 0 {
            let weight_of = |won_share: f32| sum_in_lanes(|row| if won[row] == won_share { weights[row] - present[row] } else { 0.0 });
            [weight_of(0.0), weight_of(1.0)]
        } else {
            [0.0; 2]
        };
        Summary {
            total,
            mean,
            squares,
            low,
            high,
            n_missing: n_missing as usize,
            missing,
            not_finite: not_finite > 0,
        }
    }
}

wide! {
    /// Adds to `z` the values times `coefficient`, and `missing` where there is no value.
    fn add_scaled(values: &[f32; STRIP], present: &[bool; STRIP], coefficient: f64, missing: f64, z: &mut Strip) {
        for row in 0..STRIP {
            let product = coefficient * f64::from(values[row]);
            z[row] += if present[row] { product } else { missing };
        }
    }
}

wide! {
    /// The inner products of each of `rows` with each of `others`, in four lanes each. All are as long as the first of `rows`, a multiple of 4.
    fn dots(rows: [&[f64]; 2], others: [&[f64]; 4], sums: &mut [[[f64; 4]; 4]; 2]) {
        let rows = rows.map(|row| row.as_chunks::<4>().0);
        let length = rows[0].len();
        let others = others.map(|other| &other.as_chunks::<4>().0[..length]);
        let mut lanes = [[[0.0; 4]; 4]; 2];
        for (block, (x, y)) in rows[0].iter().zip(rows[1]).enumerate() {
            for other in 0..4 {
                for lane in 0..4 {
                    lanes[0][other][lane] += x[lane] * others[other][block][lane];
                    lanes[1][other][lane] += y[lane] * others[other][block][lane];
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
mod tests {
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
