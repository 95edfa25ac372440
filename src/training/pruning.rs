//! Which columns of a feature matrix say anything.

use std::collections::HashMap;

use crate::{Feature, FeatureMatrix};

/// Per column, whether it is `wanted`, varies and is not the copy of another. Of copies the first stays, and of those the first that is `preferred`, if one is.
///
/// A window longer than the history gives the same counts as "ever"; a kind of event without values gives no sums. Such columns cost
/// time and split reasons in two, and say nothing.
pub(crate) fn informative(matrix: &FeatureMatrix, wanted: impl Fn(&Feature) -> bool, preferred: impl Fn(&Feature) -> bool) -> Vec<bool> {
    let mut seen: HashMap<u64, Vec<usize>> = HashMap::new();
    let mut keep = vec![false; matrix.features.len()];
    let mut columns: Vec<usize> = (0..matrix.features.len()).filter(|&column| wanted(&matrix.features[column])).collect();
    columns.sort_by_key(|&column| !preferred(&matrix.features[column]));
    for column in columns {
        // Any NaN is the same "unknown".
        let bits = || matrix.column(column).map(|v| if v.is_nan() { f32::NAN.to_bits() } else { v.to_bits() });
        let first = bits().next();
        if bits().all(|b| Some(b) == first) {
            continue;
        }
        let hash = bits().fold(0xcbf2_9ce4_8422_2325_u64, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        let earlier = seen.entry(hash).or_default();
        let same_kind = |other: usize| matrix.features[other].is_categorical() == matrix.features[column].is_categorical();
        let copy = earlier.iter().any(|&other| {
            same_kind(other)
                && matrix.column(other).zip(matrix.column(column)).all(|(a, b)| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()))
        });
        if !copy {
            earlier.push(column);
        }
        keep[column] = !copy;
    }
    keep
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FeatureKind;

    #[test]
    fn constants_and_copies_are_dropped_and_the_first_of_equals_stays() {
        let nan = f32::NAN;
        let rows = [[1.0, 5.0, nan, 1.0, nan], [2.0, 5.0, nan, 2.0, 1.0], [nan, 5.0, nan, nan, 1.0]];
        let matrix = FeatureMatrix {
            features: (0..5).map(|i| Feature::new(format!("f{i}"), "c", FeatureKind::Numeric)).collect(),
            values: rows.concat(),
            n_rows: 3,
        };
        assert_eq!(informative(&matrix, |_| true, |_| false), [true, false, false, false, true]);
        let named = |name: &'static str| move |feature: &Feature| feature.name == name;
        assert_eq!(informative(&matrix, |_| true, named("f3")), [false, false, false, true, true], "of copies the preferred one stays");
        assert_eq!(informative(&matrix, |feature| !named("f0")(feature), |_| false), [false, false, false, true, true]);
    }
}
