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

impl Statistic {
    /// The value of a row whose feature has code `value`, NaN when missing. A number that is no code counts as "any other category".
    #[inline]
    pub(crate) fn of(&self, value: f32) -> f32 {
        let missing = self.values.len() - 1;
        if value.is_nan() {
            return self.values[missing];
        }
        let code = value as usize;
        self.values[if code < missing && code as f32 == value { code } else { missing - 1 }]
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
