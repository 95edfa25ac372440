//! Long work: the one way from Python into it.
//!
//! The work runs on a thread of its own without the interpreter's lock, so that other Python threads go on. The calling thread looks for signals and reports
//! the progress; what it raises (Ctrl-C, or an error of the caller's own function) stops the work and is what the caller gets. A panic becomes an exception.

use std::any::Any;
use std::process;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use leadscore::{Error, Observer};
use polars_async::executor::ALLOW_RAYON_THREADS;
use pyo3::exceptions::PyUserWarning;
use pyo3::prelude::*;

use crate::errors::{exception, raise};

/// How often the calling thread looks up.
const PERIOD: Duration = Duration::from_millis(50);

/// The stack of a worker, as large as that of a main thread.
const STACK: usize = 8 << 20;

/// What the worker tells and is told.
#[derive(Debug, Default)]
struct Watch {
    stop: AtomicBool,
    stage: Mutex<(String, u64)>,
    done: AtomicU64,
    /// Each once.
    warnings: Mutex<Vec<String>>,
}

impl Observer for Watch {
    fn warning(&self, what: &str) {
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        if !warnings.iter().any(|known| known == what) {
            warnings.push(what.to_owned());
        }
    }

    fn stage(&self, name: &str, steps: u64) {
        let mut stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        *stage = (name.to_owned(), steps);
        self.done.store(0, Ordering::Relaxed);
    }

    fn advance(&self, steps: u64) {
        self.done.fetch_add(steps, Ordering::Relaxed);
    }

    fn cancelled(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

impl Watch {
    fn state(&self) -> (String, u64, u64) {
        let stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        (stage.0.clone(), self.done.load(Ordering::Relaxed), stage.1)
    }
}

/// Runs `work` off the calling thread and tells `progress` (the package's argument of that name; Python's `None` and `False` included) how it goes.
pub(crate) fn run<T: Send>(
    py: Python<'_>,
    progress: &Bound<'_, PyAny>,
    work: impl FnOnce(&dyn Observer) -> Result<T, Error> + Send,
) -> PyResult<T> {
    let reporter = py.import("leadscore._progress")?.call_method1("reporter", (progress,))?;
    let reporter = (!reporter.is_none()).then(|| reporter.unbind());
    let told = run_told(py, reporter.as_ref(), work);
    if let Some(reporter) = &reporter {
        let closed = reporter.call_method0(py, "close");
        if told.is_ok() {
            closed?;
        }
    }
    told
}

/// Runs short work, whose progress nobody needs to see.
pub(crate) fn quietly<T: Send>(py: Python<'_>, work: impl FnOnce() -> Result<T, Error> + Send) -> PyResult<T> {
    run_told(py, None, |_| work())
}

fn run_told<T: Send>(
    py: Python<'_>,
    reporter: Option<&Py<PyAny>>,
    work: impl FnOnce(&dyn Observer) -> Result<T, Error> + Send,
) -> PyResult<T> {
    let watch = Watch::default();
    let (outcome, interruption) = py.detach(|| supervise(&watch, reporter, work));
    if let Some(interruption) = interruption {
        return Err(interruption);
    }
    match outcome {
        Ok(Ok(value)) => {
            let warnings = std::mem::take(&mut *watch.warnings.lock().unwrap_or_else(PoisonError::into_inner));
            let warn = py.import("warnings")?.getattr("warn")?;
            // At the caller of the package's function, not in it.
            let category = py.get_type::<PyUserWarning>();
            warnings.into_iter().try_for_each(|warning| warn.call1((warning, &category, 2)).map(|_| ()))?;
            Ok(value)
        }
        Ok(Err(error)) => Err(exception(py, &error)),
        Err(panic) => {
            let message = format!("internal error: {}; this is a bug of leadscore, please report it", panic_message(panic.as_ref()));
            Err(raise(py, "LeadscoreError", (message,)))
        }
    }
}

/// What the worker returned, or its panic; and what the calling thread met meanwhile.
type Supervised<T> = (thread::Result<Result<T, Error>>, Option<PyErr>);

fn supervise<T: Send>(
    watch: &Watch,
    reporter: Option<&Py<PyAny>>,
    work: impl FnOnce(&dyn Observer) -> Result<T, Error> + Send,
) -> Supervised<T> {
    thread::scope(|scope| {
        let (alive, end) = channel::<()>();
        let body = move || {
            // Dropped at the end, also by a panic: that is what the calling thread waits for.
            let _alive = alive;
            mind_forks();
            work(watch)
        };
        let worker = match thread::Builder::new().name("leadscore".to_owned()).stack_size(STACK).spawn_scoped(scope, body) {
            Ok(worker) => worker,
            Err(error) => return (Ok(Err(Error::Config { message: format!("no thread could be started: {error}") })), None),
        };
        let mut interruption: Option<PyErr> = None;
        let mut last = None;
        while let Err(RecvTimeoutError::Timeout) = end.recv_timeout(PERIOD) {
            if interruption.is_some() {
                continue;
            }
            let met = Python::attach(|py| {
                py.check_signals()?;
                let state = watch.state();
                if let Some(reporter) = reporter
                    && !state.0.is_empty()
                    && last.as_ref() != Some(&state)
                {
                    reporter.call1(py, state.clone())?;
                    last = Some(state);
                }
                Ok(())
            });
            if let Err(error) = met {
                watch.stop.store(true, Ordering::Relaxed);
                interruption = Some(error);
            }
        }
        (worker.join(), interruption)
    })
}

/// The process that imported the module.
static IMPORTED_BY: AtomicU32 = AtomicU32::new(0);

/// Remembers the importing process; called once, by the module's initialisation.
pub(crate) fn remember_process() {
    IMPORTED_BY.store(process::id(), Ordering::Relaxed);
}

/// Lets work end in a forked process too. Pools of threads that the parent started have no threads there, and who hands them work waits for ever. polars' pool
/// cannot be replaced, so there polars works on the calling thread; everything else brings a pool of its own for each call.
fn mind_forks() {
    if process::id() != IMPORTED_BY.load(Ordering::Relaxed) {
        ALLOW_RAYON_THREADS.set(false);
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic without words")
}
