//! What callers give a model: frames, events, moments, histories.

use leadscore::frame::EventFile;
use leadscore::{AsOf, Timestamp};
use polars::prelude::DataFrame;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::errors::raise;
use crate::frames::{self, Needed};
use crate::model::PyModel;
use crate::moments;
use crate::work::quietly;

/// Events as they are given.
pub(crate) enum Events {
    /// In memory, or not at all.
    Table(Option<DataFrame>),
    /// In a file that need not fit into memory.
    File(EventFile),
}

impl PyModel {
    /// The caller's history of attributes.
    pub(crate) fn history(&self, history: Option<Bound<'_, PyAny>>) -> PyResult<Option<DataFrame>> {
        frames::given(history, "history", Some(&Needed::of(self.0.schema()).history), &[])
    }

    /// The caller's frames and moments.
    #[allow(clippy::type_complexity)]
    pub(crate) fn read<'py>(
        &self,
        leads: &Bound<'py, PyAny>,
        events: Option<Bound<'py, PyAny>>,
        as_of: Option<Bound<'py, PyAny>>,
    ) -> PyResult<(DataFrame, Events, AsOf)> {
        let mut needed = Needed::of(self.0.schema());
        // The moments may stand on leads.
        needed.leads.extend(as_of.as_ref().and_then(|as_of| as_of.extract::<String>().ok()));
        let table = frames::required(leads, "leads", Some(&needed.leads), &[])?;
        let events = match frames::parquet(events.as_ref())? {
            Some(path) => Events::File(quietly(leads.py(), || Ok(EventFile::open(path)?))?),
            None => Events::Table(frames::given(events, "events", Some(&needed.events), &[])?),
        };
        let columns = table.get_column_names().into_iter().map(ToString::to_string).collect();
        let as_of = match as_of {
            Some(as_of) => moments::as_of(
                &leads.py().import("leadscore._moments")?.call_method1("aligned", (leads, as_of))?,
                columns,
                self.0.schema(),
            )?,
            None => AsOf::Now,
        };
        Ok((table, events, as_of))
    }

    /// Two moments that are to be compared.
    pub(crate) fn two_moments(&self, as_of: &Bound<'_, PyAny>) -> PyResult<(Timestamp, Timestamp)> {
        let advice = || raise(as_of.py(), "ConfigError", ("as_of must be two moments: as_of=(before, after)",));
        let both: Vec<Bound<'_, PyAny>> = match as_of.try_iter() {
            Ok(moments) if !as_of.is_instance_of::<PyString>() => moments.collect::<PyResult<_>>()?,
            _ => return Err(advice()),
        };
        let [before, after] = &both[..] else { return Err(advice()) };
        let moment = |name: &str, as_of: &Bound<'_, PyAny>| moments::moment(name, Some(as_of), self.0.schema())?.ok_or_else(advice);
        Ok((moment("as_of[0]", before)?, moment("as_of[1]", after)?))
    }
}
