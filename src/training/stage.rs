//! Names the stages of fits inside a longer training.

use crate::Observer;

/// Passes on what a fit tells, with the place of the fit in the whole.
pub(crate) struct Within<'a> {
    observer: &'a dyn Observer,
    place: String,
}

impl<'a> Within<'a> {
    pub(crate) fn fold(observer: &'a dyn Observer, k: usize, folds: usize) -> Self {
        Self { observer, place: format!("validation {} of {folds}", k + 1) }
    }

    pub(crate) fn whole(observer: &'a dyn Observer) -> Self {
        Self { observer, place: "final fit".to_owned() }
    }
}

impl Observer for Within<'_> {
    fn stage(&self, name: &str, steps: u64) {
        self.observer.stage(&format!("{name}, {}", self.place), steps);
    }

    fn advance(&self, steps: u64) {
        self.observer.advance(steps);
    }

    fn cancelled(&self) -> bool {
        self.observer.cancelled()
    }
}
