//! One numeric column over a strip of rows: what it looks like, and its values made standard.
//!
//! Loops like those of [`kernels`](super::kernels), by the same rules.

use super::kernels::{STRIP, Strip};
use crate::math::{ln_1p_of_positive, wide};

/// [`Transform::SignedLog`](super::Transform::SignedLog) of `x`, to the bit, without a branch, so that it vectorises.
#[inline(always)]
fn signed_logarithm(x: f64, unit: f64) -> f64 {
    let magnitude = ln_1p_of_positive(x.abs() / unit);
    if x < 0.0 { -magnitude } else { magnitude }
}

/// Clips to `low..=high` and subtracts `mean`.
#[inline(always)]
fn centred(value: f32, low: f32, high: f32, mean: f64) -> f64 {
    let above = if value > low { value } else { low };
    let clipped = if above < high { above } else { high };
    f64::from(clipped) - mean
}

wide! {
    /// Standardises: what is outside `low..=high` is moved to its nearer end, `mean` is subtracted, and the rest divided by `deviation`; NaN becomes 0.
    pub(super) fn standardise(values: &mut [f32; STRIP], low: f32, high: f32, mean: f64, deviation: f64) {
        // Dividing takes longer than all the rest, and by 1 changes nothing.
        if deviation == 1.0 {
            for value in values {
                let standard = centred(*value, low, high, mean) as f32;
                *value = if value.is_nan() { 0.0 } else { standard };
            }
        } else {
            for value in values {
                let standard = (centred(*value, low, high, mean) / deviation) as f32;
                *value = if value.is_nan() { 0.0 } else { standard };
            }
        }
    }
}

wide! {
    /// [`standardise`] of the signed logarithms with `unit` of what is inside `low..=high`.
    pub(super) fn standardise_logarithms(values: &mut [f32; STRIP], low: f32, high: f32, unit: f64, mean: f64, deviation: f64) {
        for value in values {
            let logarithm = signed_logarithm(f64::from(value.max(low).min(high)), unit);
            let standard = ((logarithm - mean) / deviation) as f32;
            *value = if value.is_nan() { 0.0 } else { standard };
        }
    }
}

wide! {
    /// The signed logarithms with `unit` of a strip's values; NaN stays NaN.
    pub(super) fn signed_logarithms(values: &[f32; STRIP], unit: f64, logarithms: &mut Strip) {
        for (logarithm, value) in logarithms.iter_mut().zip(values) {
            *logarithm = signed_logarithm(f64::from(*value), unit);
        }
    }
}

/// What a numeric column looks like over some rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Summary {
    /// Sums over the rows that have a value: of their weights, and of the weighted distances of their transformed values from a centre, plain and squared. With a
    /// centre that is about as far from the mean as the values themselves are, little is lost when the mean's share is subtracted (Chan, Golub and LeVeque 1983).
    moments: [f64; 3],
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
        Self { moments: [0.0; 3], low, high, n_missing: 0, missing: [0.0; 2], not_finite: false }
    }
}

impl Summary {
    /// Takes in further rows, seen from the same centre.
    pub(super) fn merge(&mut self, other: &Self) {
        self.moments.iter_mut().zip(other.moments).for_each(|(sum, further)| *sum += further);
        self.low = self.low.min(other.low);
        self.high = self.high.max(other.high);
        self.n_missing += other.n_missing;
        self.missing = [self.missing[0] + other.missing[0], self.missing[1] + other.missing[1]];
        self.not_finite |= other.not_finite;
    }

    /// The weighted mean of the transformed values, which were seen from `centre`.
    pub(super) fn mean(&self, centre: f64) -> f64 {
        let [total, distance, _] = self.moments;
        if total > 0.0 { centre + distance / total } else { 0.0 }
    }

    /// The weighted standard deviation of the transformed values.
    pub(super) fn deviation(&self) -> f64 {
        let [total, distance, squares] = self.moments;
        ((squares - distance * (distance / total)) / total).max(0.0).sqrt()
    }

    /// Whether `centre` is so much farther from the mean than the values are that digits of their spread are lost.
    pub(super) fn is_far_from(&self, centre: f64) -> bool {
        (self.mean(centre) - centre).abs() > 1000.0 * self.deviation()
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

wide! {
    /// The summary of a strip, seen from `centre`. `transformed` has each value's transform; nothing: the values themselves.
    pub(super) fn summarise(values: &[f32; STRIP], transformed: Option<&Strip>, centre: f64, weights: &Strip, won: &[f32; STRIP]) -> Summary {
        match transformed {
            Some(transformed) => summary(values, |row| transformed[row], centre, weights, won),
            None => summary(values, |row| f64::from(values[row]), centre, weights, won),
        }
    }
}

#[inline(always)]
fn summary(values: &[f32; STRIP], transformed: impl Fn(usize) -> f64, centre: f64, weights: &Strip, won: &[f32; STRIP]) -> Summary {
    // Loops of one kind each, which the compiler vectorises.
    let (mut present, mut distances) = ([0.0; STRIP], [0.0; STRIP]);
    let (mut n_missing, mut n_infinite) = (0_u32, 0_u32);
    for row in 0..STRIP {
        let missing = values[row].is_nan();
        n_missing += u32::from(missing);
        n_infinite += u32::from(values[row].is_infinite());
        present[row] = if missing { 0.0 } else { weights[row] };
        distances[row] = if missing { 0.0 } else { transformed(row) - centre };
    }
    let mut moments = [[0.0_f64; 4]; 3];
    for first in (0..STRIP).step_by(4) {
        for lane in 0..4 {
            let (weight, distance) = (present[first + lane], distances[first + lane]);
            let weighted = weight * distance;
            moments[0][lane] += weight;
            moments[1][lane] += weighted;
            moments[2][lane] = weighted.mul_add(distance, moments[2][lane]);
        }
    }
    let [low, high] = range(values, &present);
    let missing = if n_missing > 0 {
        let weight_of = |share: f32| (0..STRIP).map(|row| if won[row] == share { weights[row] - present[row] } else { 0.0 }).sum();
        [weight_of(0.0), weight_of(1.0)]
    } else {
        [0.0; 2]
    };
    Summary {
        moments: moments.map(|lanes| (lanes[0] + lanes[2]) + (lanes[1] + lanes[3])),
        low,
        high,
        n_missing: n_missing as usize,
        missing,
        not_finite: n_infinite > 0,
    }
}

/// The lowest and the highest of the values with weight.
#[inline(always)]
fn range(values: &[f32; STRIP], weights: &Strip) -> [f32; 2] {
    let (mut lows, mut highs) = ([0.0; STRIP], [0.0; STRIP]);
    for row in 0..STRIP {
        let counts = weights[row] > 0.0;
        lows[row] = if counts { values[row] } else { f32::INFINITY };
        highs[row] = if counts { values[row] } else { f32::NEG_INFINITY };
    }
    let mut width = STRIP / 2;
    while width > 0 {
        for row in 0..width {
            lows[row] = if lows[row + width] < lows[row] { lows[row + width] } else { lows[row] };
            highs[row] = if highs[row + width] > highs[row] { highs[row + width] } else { highs[row] };
        }
        width /= 2;
    }
    [lows[0], highs[0]]
}

wide! {
    /// Adds to `z` the values times `coefficient`, and `missing` where there is no value.
    pub(super) fn add_scaled(values: &[f32; STRIP], present: &[bool; STRIP], coefficient: f64, missing: f64, z: &mut Strip) {
        for row in 0..STRIP {
            let product = coefficient * f64::from(values[row]);
            z[row] += if present[row] { product } else { missing };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kernels::tests::strip;
    use super::super::term::{Scaling, Transform};
    use super::*;

    #[test]
    fn any_processor_and_wide_vectors_give_the_same_bits() {
        let mut values = strip(1).map(|x| x as f32);
        let (weights, won) = (strip(2).map(f64::abs), strip(3).map(|x| f32::from(u8::from(x > 0.0))));
        values[5] = f32::NAN;
        let transformed = strip(7);
        for transformed in [None, Some(&transformed)] {
            let wide = summarise(&values, transformed, 0.3, &weights, &won);
            assert_eq!(wide, summarise::plain(&values, transformed, 0.3, &weights, &won));
        }
        for deviation in [1.0, 0.7] {
            let (mut wide, mut plain) = (values, values);
            standardise(&mut wide, -0.5, 20.0, 0.1, deviation);
            standardise::plain(&mut plain, -0.5, 20.0, 0.1, deviation);
            assert_eq!(wide, plain);
        }
        let (mut wide, mut plain) = (values, values);
        standardise_logarithms(&mut wide, -0.5, 20.0, 0.3, 0.1, 0.7);
        standardise_logarithms::plain(&mut plain, -0.5, 20.0, 0.3, 0.1, 0.7);
        assert_eq!(wide, plain);
    }

    #[test]
    fn signed_logarithms_of_a_strip_are_those_of_its_values_one_by_one() {
        let mut values: [f32; STRIP] = strip(21).map(|x| (1000.0 * x) as f32);
        values[..8].copy_from_slice(&[0.0, -0.0, 1e-40, -1e-40, f32::MAX, f32::MIN, 1e-9, f32::NAN]);
        let (low, high) = (-700.0, f32::MAX);
        let transform = Transform::SignedLog { unit: 0.37 };
        let scaling = Scaling { low, high, transform, mean: 0.4, deviation: 1.7 };
        let mut logarithms = [0.0; STRIP];
        signed_logarithms(&values, 0.37, &mut logarithms);
        let mut standard = values;
        standardise_logarithms(&mut standard, low, high, 0.37, 0.4, 1.7);
        for row in 0..STRIP {
            assert_eq!(logarithms[row].to_bits(), transform.apply(f64::from(values[row])).to_bits(), "{}", values[row]);
            let expected = if values[row].is_nan() { 0.0 } else { scaling.apply(values[row]) };
            assert_eq!(standard[row].to_bits(), expected.to_bits(), "{}", values[row]);
        }
    }

    #[test]
    fn a_summary_is_what_two_passes_over_the_rows_tell() {
        let mut values: [f32; STRIP] = strip(11).map(|x| x as f32 + 1000.0);
        let mut weights = strip(12).map(f64::abs);
        let won = strip(13).map(|x| f32::from(u8::from(x > 0.0)));
        (values[3], values[77], weights[9], values[9]) = (f32::NAN, f32::NAN, 0.0, 1e9);
        let counted: Vec<(f64, f64)> =
            values.iter().zip(weights).filter(|(x, w)| !x.is_nan() && *w > 0.0).map(|(x, w)| (f64::from(*x), w)).collect();
        let total: f64 = counted.iter().map(|(_, w)| w).sum();
        let mean = counted.iter().map(|(x, w)| w * x).sum::<f64>() / total;
        let variance = counted.iter().map(|(x, w)| w * (x - mean) * (x - mean)).sum::<f64>() / total;
        for centre in [1000.0, mean] {
            let mut found = summarise(&values, None, centre, &weights, &won);
            found.merge(&Summary::default());
            assert!((found.mean(centre) - mean).abs() < 1e-12 * mean, "{} {mean}", found.mean(centre));
            assert!((found.deviation() - variance.sqrt()).abs() < 1e-9 * variance.sqrt(), "{} {}", found.deviation(), variance.sqrt());
            let ends = counted.iter().fold((f64::MAX, f64::MIN), |(low, high), (x, _)| (low.min(*x), high.max(*x)));
            assert_eq!((f64::from(found.low), f64::from(found.high)), ends);
            assert_eq!(found.n_missing, 2);
            assert!((found.missing() - weights[3] - weights[77]).abs() < 1e-15);
            assert!(!found.not_finite && !found.is_far_from(centre));
        }
        assert!(summarise(&values, None, 1e8, &weights, &won).is_far_from(1e8));
        values[0] = f32::INFINITY;
        assert!(summarise(&values, None, mean, &weights, &won).not_finite);
    }
}
