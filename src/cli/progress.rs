//! Bars on the terminal, and Ctrl-C.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::failure::{Failure, OTHER};
use crate::observer::Observer;

/// Set by Ctrl-C.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Shows stages as bars on standard error when that is a terminal, and asks the work to stop after Ctrl-C.
#[derive(Debug)]
pub(super) struct Progress {
    bar: Mutex<ProgressBar>,
    shown: bool,
}

impl Progress {
    /// Takes Ctrl-C from now on. Where a host has taken it already (Python), the host's way stays.
    pub(super) fn start() -> Result<Self, Failure> {
        match ctrlc::try_set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed)) {
            Ok(()) | Err(ctrlc::Error::MultipleHandlers) => {}
            Err(error) => return Err(Failure::new(OTHER, format!("Ctrl-C cannot be watched: {error}"))),
        }
        Ok(Self { bar: Mutex::new(ProgressBar::hidden()), shown: std::io::stderr().is_terminal() })
    }

    fn replace(&self, bar: ProgressBar) {
        if let Ok(mut present) = self.bar.lock() {
            present.finish_and_clear();
            *present = bar;
        }
    }
}

impl Observer for Progress {
    fn stage(&self, name: &str, steps: u64) {
        if !self.shown {
            return;
        }
        let (bar, template) = if steps > 0 {
            (ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::stderr()), "{msg:28} [{bar:40}] {pos}/{len} {eta}")
        } else {
            (ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()), "{msg:28} {spinner} {elapsed}")
        };
        // The templates above are fixed and tested.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(name.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        self.replace(bar);
    }

    fn advance(&self, steps: u64) {
        if let Ok(bar) = self.bar.lock() {
            bar.inc(steps);
        }
    }

    fn cancelled(&self) -> bool {
        INTERRUPTED.load(Ordering::Relaxed)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.replace(ProgressBar::hidden());
    }
}
