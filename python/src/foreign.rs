//! What numpy and pandas have, without importing them.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// What another library has by a name, if it has been imported: no value can be of it before.
pub(crate) struct Foreign {
    module: &'static str,
    name: &'static str,
    found: PyOnceLock<Py<PyAny>>,
}

pub(crate) static TIMESTAMP: Foreign = Foreign::new("pandas", "Timestamp");
pub(crate) static NA: Foreign = Foreign::new("pandas", "NA");
pub(crate) static INT64: Foreign = Foreign::new("numpy", "int64");
pub(crate) static FLOAT64: Foreign = Foreign::new("numpy", "float64");
pub(crate) static DATETIME64: Foreign = Foreign::new("numpy", "datetime64");

impl Foreign {
    const fn new(module: &'static str, name: &'static str) -> Self {
        Self { module, name, found: PyOnceLock::new() }
    }

    pub(crate) fn get<'py>(&self, py: Python<'py>) -> PyResult<Option<&Bound<'py, PyAny>>> {
        if self.found.get(py).is_none() {
            let Ok(module) = py.import("sys")?.getattr("modules")?.get_item(self.module) else { return Ok(None) };
            // While a module is being imported it has not all of its names.
            let Ok(found) = module.getattr(self.name) else { return Ok(None) };
            let _ = self.found.set(py, found.unbind());
        }
        Ok(self.found.get(py).map(|found| found.bind(py)))
    }

    /// Whether it is the type of a value.
    pub(crate) fn is_type_of(&self, value: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.get(value.py())?.is_some_and(|found| value.get_type().is(found)))
    }
}
