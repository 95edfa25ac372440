//! The Python bindings of leadscore. Nothing is computed here: frames and settings go in, frames and exceptions come out.

mod cells;
mod cli;
mod comparison;
mod counts;
mod engagement;
mod errors;
mod estimator;
mod evaluation;
mod events;
mod foreign;
mod frames;
mod given;
mod identity;
mod lead;
mod leakage;
mod model;
mod moments;
mod schema;
mod score;
mod table;
mod training;
mod warned;
mod work;

use pyo3::prelude::*;

/// The native part of leadscore.
#[pymodule]
mod _leadscore {
    #[pymodule_export]
    use super::cli::cli;
    #[pymodule_export]
    use super::comparison::{PyComparison, PyPart};
    #[pymodule_export]
    use super::engagement::PyEngagement;
    #[pymodule_export]
    use super::estimator::{PyClassifier, fit_classifier, refuse_infinite};
    #[pymodule_export]
    use super::evaluation::PyEvaluation;
    #[pymodule_export]
    use super::identity::{resolve, route};
    #[pymodule_export]
    use super::leakage::leakage;
    #[pymodule_export]
    use super::model::{PyModel, load};
    #[pymodule_export]
    use super::moments::{wall_clock, written_moment};
    #[pymodule_export]
    use super::schema::{infer, schema_check, schema_from_toml, schema_to_toml};
    #[pymodule_export]
    use super::score::{PyReason, PyScore};
    #[pymodule_export]
    use super::table::Table;
    #[pymodule_export]
    use super::training::{PyRetrained, make_leads, observations, retrain, train};

    use super::{Bound, PyModule, PyModuleMethods, PyResult};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        super::work::remember_process();
        module.add("MAX_OFFSET", leadscore::models::MAX_OFFSET)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
