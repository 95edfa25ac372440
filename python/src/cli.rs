//! The command line, for the wheel's console script.

use std::ffi::OsString;
use std::io;
use std::panic::catch_unwind;

use pyo3::prelude::*;

use crate::errors::raise;

/// Runs the command line with the arguments of a process, the program's name first, and returns its exit code.
#[pyfunction]
pub(crate) fn cli(py: Python<'_>, arguments: Vec<OsString>) -> PyResult<u8> {
    let run = || leadscore::cli::run(arguments, &mut io::stdout(), &mut io::stderr());
    py.detach(|| catch_unwind(run))
        .map_err(|_| raise(py, "LeadscoreError", ("internal error; this is a bug of leadscore, please report it",)))
}
