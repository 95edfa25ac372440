//! What is made of a fitted model when it is first needed.

use std::fmt;
use std::sync::OnceLock;

/// Something made of the fields of a model, such as a form that scores faster. It is no part of what the model is: it is not stored, it makes no difference, and copies make their own.
pub(crate) struct Made<T>(OnceLock<T>);

impl<T> Made<T> {
    /// What was made, by `make` if nothing was yet.
    pub(crate) fn get_or_make(&self, make: impl FnOnce() -> T) -> &T {
        self.0.get_or_init(make)
    }
}

impl<T> Default for Made<T> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

impl<T> Clone for Made<T> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<T> PartialEq for Made<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<T> fmt::Debug for Made<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.get().is_some() { "Made" } else { "NotYetMade" })
    }
}
