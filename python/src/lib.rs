//! The Python bindings of leadscore. Nothing is computed here: frames and settings go in, frames and exceptions come out.
mod errors;
mod score;
mod table;
mod work;
use pyo3::prelude::*;
/// The native part of leadscore.
#[pymodule]
mod _leadscore {
    #[pymodule_export]
    use super::score::{PyReason, PyScore};
    #[pymodule_export]
    use super::table::Table;
    use super::{Bound, PyModule, PyModuleMethods, PyResult};
    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
