//! Bindings.
use pyo3::prelude::*;
/// module
#[pymodule]
fn _leadscore(_m: &Bound<'_, PyModule>) -> PyResult<()> {
    Ok(())
}
