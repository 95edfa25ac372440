//! `ln(1 + x)` of many numbers at once.

/// ln 2 in two parts, of which the first has so few bits that its product with any exponent is exact.
const LN_2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
const LN_2_LOW: f64 = f64::from_bits(0x3dea_39ef_3579_3c76);
/// The coefficients of `(ln(1 + s) - ln(1 - s) - 2s) / s` in even powers of `s` that come nearest to it (Remez).
const SERIES: [f64; 7] = [
    6.666_666_666_666_735e-1,
    3.999_999_999_940_942e-1,
    2.857_142_874_366_239e-1,
    2.222_219_843_214_978_4e-1,
    1.818_357_216_161_805e-1,
    1.531_383_769_920_937_3e-1,
    1.479_819_860_511_658_6e-1,
];
/// The bits of sqrt(2) - 1 and of sqrt(1/2), rounded as far as the upper half of them.
const SMALL: u64 = 0x3fda_827a_0000_0000;
const ROOT_OF_HALF: u64 = 0x3fe6_a09e_0000_0000;
const ONE: u64 = 0x3ff0_0000_0000_0000;
/// Below, `ln(1 + x)` is `x`.
const TINY: f64 = f64::from_bits(0x3ca0_0000_0000_0000);
const MANTISSA: u64 = (1 << 52) - 1;

/// `ln(1 + x)` for `x >= 0` or NaN: the bits that [`ln_1p`](super::ln_1p) gives, by its operations (FreeBSD's and musl's, after Sun's fdlibm of 1993), but without a branch, so that a loop of it is done for
/// several numbers at once.
#[inline(always)]
pub(crate) fn ln_1p_of_positive(x: f64) -> f64 {
    let [lg1, lg2, lg3, lg4, lg5, lg6, lg7] = SERIES;
    // 1 + x is 2^k (1 + f), sqrt(1/2) <= 1 + f < sqrt(2).
    let is_small = x.to_bits() < SMALL;
    let u = 1.0 + x;
    let shifted = u.to_bits().wrapping_add(ONE - ROOT_OF_HALF);
    // An exponent in the last bits of 2^52 is a number like any other.
    let exponent = f64::from_bits((shifted >> 52) | 0x4330_0000_0000_0000) - 4_503_599_627_370_496.0;
    let k = if is_small { 0.0 } else { exponent - 1023.0 };
    let f = if is_small { x } else { f64::from_bits((shifted & MANTISSA) + ROOT_OF_HALF) - 1.0 };
    // What 1 + x lost.
    let lost = (if k >= 2.0 { 1.0 - (u - x) } else { x - (u - 1.0) }) / u;
    let c = if is_small || k >= 54.0 { 0.0 } else { lost };
    let half_square = 0.5 * f * f;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let odd = w * (lg2 + w * (lg4 + w * lg6));
    let even = z * (lg1 + w * (lg3 + w * (lg5 + w * lg7)));
    let r = even + odd;
    let found = s * (half_square + r) + (k * LN_2_LOW + c) - half_square + f + k * LN_2_HIGH;
    // False for NaN.
    if (TINY..f64::INFINITY).contains(&x) { found } else { x }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::ln_1p;
    use super::ln_1p_of_positive;

    fn check(x: f64) {
        assert_eq!(ln_1p_of_positive(x).to_bits(), ln_1p(x).to_bits(), "{x:e}");
    }

    #[test]
    fn it_has_the_bits_of_libm_at_the_ends_and_where_its_branches_meet() {
        for x in [0.0, f64::MIN_POSITIVE, 5e-324, 1.0, 2.0, f64::MAX, f64::INFINITY, f64::NAN] {
            check(x);
        }
        let places = [super::SMALL, super::TINY.to_bits(), super::ONE, f64::to_bits(2.0_f64.sqrt() - 1.0)];
        // And where the power of two changes.
        let powers =
            (1..300).map(|k| (2.0_f64.sqrt() * 2.0_f64.powi(k) - 1.0).to_bits()).chain((1..300).map(|k| (2.0_f64.powi(k) - 1.0).to_bits()));
        for place in places.into_iter().chain(powers) {
            (0..200_u64).for_each(|i| check(f64::from_bits(place - 100 + i)));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn it_has_the_bits_of_libm(bits in 0..=0x7ff0_0000_0000_0000_u64, x in 0.0..1e4_f64, y in 0.0..1.5_f64) {
            check(f64::from_bits(bits));
            check(x);
            check(y);
        }
    }
}
