//! A number for each category of a feature, learned from outcomes.

use serde::{Deserialize, Serialize};

use crate::artifact::packed;

/// The smoothed share of won rows of each category of a feature: a column that a model derives from the codes of another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Statistic {
    /// The categorical feature it is derived from.
    pub(crate) feature: u32,
    /// Per code, "any other category" included, its value; the last one is that of missing values.
    #[serde(with = "packed::f32s")]
    pub(crate) values: Vec<f32>,
}

/// The place of `value` in tables by code, of which there are `codes`: behind the codes when it is missing, and the last code when it is none.
#[inline]
pub(crate) fn place(value: f32, codes: u32) -> usize {
    if value.is_nan() {
        return codes as usize;
    }
    let code = value as u32;
    (if code < codes && code as f32 == value { code } else { codes - 1 }) as usize
}

impl Statistic {
    /// The value of a row whose feature has code `value`, NaN when missing. A number that is no code counts as "any other category".
    #[inline]
    pub(crate) fn of(&self, value: f32) -> f32 {
        self.values[place(value, self.values.len() as u32 - 1)]
    }

    /// Checks a statistic read from a file against the number of codes of its feature.
    pub(crate) fn validate(&self, codes: u32) -> Result<(), String> {
        if codes == 0 || self.values.len() as u64 != u64::from(codes) + 1 {
            return Err(format!("a statistic of feature {} has {} values for {codes} codes", self.feature, self.values.len()));
        }
        if self.values.iter().any(|value| !value.is_finite()) {
            return Err(format!("a statistic of feature {} is not finite", self.feature));
        }
        Ok(())
    }
}

/// The smoothed share of won rows of each pair of categories of two features: a column that a model derives from the codes of both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PairStatistic {
    /// The two categorical features, the first before the second.
    pub(crate) features: [u32; 2],
    /// The pairs that have a value of their own, rising; see [`pair`].
    #[serde(with = "packed::u64s")]
    pub(crate) pairs: Vec<u64>,
    /// The value of each of them; the last one is that of any other pair.
    #[serde(with = "packed::f32s")]
    pub(crate) values: Vec<f32>,
}

/// A pair of [places](place) as one number.
#[inline]
pub(crate) fn pair(first: usize, second: usize) -> u64 {
    (first as u64) << 32 | second as u64
}

impl PairStatistic {
    /// Which of the values is that of this pair.
    pub(crate) fn index(&self, pair: u64) -> usize {
        self.pairs.binary_search(&pair).unwrap_or(self.pairs.len())
    }

    /// The value of a row with these values of the two features, which have so many codes.
    pub(crate) fn of(&self, values: [f32; 2], codes: [u32; 2]) -> f32 {
        self.values[self.index(pair(place(values[0], codes[0]), place(values[1], codes[1])))]
    }

    /// Checks a statistic read from a file against the numbers of codes of the features.
    pub(crate) fn validate(&self, codes: [u32; 2]) -> Result<(), String> {
        let at = |what: String| Err(format!("a statistic of the features {} and {} {what}", self.features[0], self.features[1]));
        if self.features[0] >= self.features[1] || codes.contains(&0) {
            return at("is not of two categorical features in their order".into());
        }
        if self.values.len() != self.pairs.len() + 1 {
            return at(format!("has {} values for {} pairs and all others", self.values.len(), self.pairs.len()));
        }
        let beyond = |pair: &u64| pair >> 32 > u64::from(codes[0]) || pair & u64::from(u32::MAX) > u64::from(codes[1]);
        if self.pairs.windows(2).any(|two| two[0] >= two[1]) || self.pairs.iter().any(beyond) {
            return at("has pairs out of order, or of codes that do not exist".into());
        }
        if self.values.iter().any(|value| !value.is_finite()) {
            return at("is not finite".into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of features of two and three codes: the values of (0, 1), (1, missing), (missing, 0), and of any other pair.
    fn of_pairs() -> PairStatistic {
        PairStatistic { features: [0, 2], pairs: vec![pair(0, 1), pair(1, 3), pair(2, 0)], values: vec![0.1, 0.2, 0.3, 0.4] }
    }

    #[test]
    fn a_pair_has_its_value_and_any_other_shares_one() {
        let statistic = of_pairs();
        let of = |first: f32, second: f32| statistic.of([first, second], [2, 3]);
        assert_eq!([of(0.0, 1.0), of(1.0, f32::NAN), of(f32::NAN, 0.0)], [0.1, 0.2, 0.3]);
        // A number that is no code is the last one.
        assert_eq!([of(7.0, f32::NAN), of(-1.0, f32::NAN), of(0.5, f32::NAN)], [0.2; 3]);
        assert_eq!([of(0.0, 0.0), of(1.0, 1.0), of(f32::NAN, f32::NAN), of(0.0, 2.5)], [0.4; 4]);
    }

    #[test]
    fn pairs_that_a_file_should_not_hold_are_refused() {
        let refused = |change: &dyn Fn(&mut PairStatistic)| {
            let mut statistic = of_pairs();
            change(&mut statistic);
            statistic.validate([2, 3]).err().unwrap_or_default()
        };
        assert_eq!(refused(&|_| {}), "");
        assert_eq!(
            of_pairs().validate([0, 3]),
            Err("a statistic of the features 0 and 2 is not of two categorical features in their order".into())
        );
        assert!(refused(&|s| s.features = [2, 0]).contains("in their order"));
        assert!(refused(&|s| s.features = [2, 2]).contains("in their order"));
        assert!(refused(&|s| s.values.truncate(3)).contains("has 3 values for 3 pairs and all others"));
        assert!(refused(&|s| s.pairs.swap(0, 1)).contains("out of order"));
        assert!(refused(&|s| s.pairs[1] = s.pairs[0]).contains("out of order"));
        assert!(refused(&|s| s.pairs[2] = pair(3, 0)).contains("codes that do not exist"));
        assert!(refused(&|s| s.pairs[1] = pair(1, 4)).contains("codes that do not exist"));
        assert!(refused(&|s| s.values[3] = f32::INFINITY).contains("not finite"));
    }
}
