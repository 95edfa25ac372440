//! How long work tells of its progress, and how it is told to stop.

/// Watches long work: hears of its stages and may ask it to stop.
///
/// Every long function of the crate takes one. [`Silent`] watches nothing.
pub trait Observer: Sync {
    /// A stage of `steps` steps begins (0 when their number is not known).
    fn stage(&self, _name: &str, _steps: u64) {}
    /// `steps` more steps of the present stage are done.
    fn advance(&self, _steps: u64) {}
    /// Something that the caller should know, and that stops nothing; the work's result says it too.
    fn warning(&self, _what: &str) {}
    /// Whether the work should stop. It is asked at least ten times a second; the work then returns its `Cancelled` error.
    fn cancelled(&self) -> bool {
        false
    }
}

/// The [`Observer`] that hears nothing and never stops the work.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {}
