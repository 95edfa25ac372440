//! What is known beforehand of how features may act, by their names.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a training must respect, whatever the data say.
///
/// A name is that of a feature (`demo_request.count.7d`) or of its concept: the column of an attribute, or a kind of events with all its features.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Constraints {
    /// 1 where the probability must never fall as the feature rises, -1 where it must never rise. A concept must have one number alone. Missing values are
    /// free. Trees keep to it; a logistic regression cannot promise it, so that `auto` fits trees alone.
    pub monotone: BTreeMap<String, i8>,
    /// Groups of features of which trees may ask together on one way; one that is in no group is asked with no other. Empty: all may. A logistic
    /// regression lets no features interact.
    pub interactions: Vec<Vec<String>>,
    /// Features that the model must not read.
    pub excluded: Vec<String>,
}

impl Constraints {
    /// Whether nothing is asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
