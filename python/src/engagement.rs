//! What is kept of one lead's events between scores.

use std::sync::{Mutex, MutexGuard, PoisonError};

use leadscore::{Engagement, Schema, ScoringError, Timestamp};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyType};

use crate::counts;
use crate::errors::{OrRaise, raise};
use crate::events;
use crate::lead;
use crate::model::PyModel;
use crate::moments;
use crate::score::{PyScore, aware};
use crate::warned;

/// What a pickle holds: how to make the state again, of the model and its bytes.
type Reduced<'py> = (Bound<'py, PyAny>, (Py<PyModel>, Bound<'py, PyBytes>));

/// What a service keeps of one lead's events between scores: made by :meth:`Model.engagement`, kept up to date by :meth:`push`.
///
/// Its scores have the bits of :meth:`Model.score_one` with all events, and do not read them again: it keeps the events that a window may still reach and folds
/// the older ones, so that its size does not grow with the lead's age. Events may come in any order as long as none belongs before one that is folded
/// (:class:`leadscore.TooLate`); one pushed twice counts twice. It pickles, and :meth:`to_bytes` is the smaller form, without the model.
///
/// An event is folded when it is known and older than the longest window, both seen from the third newest event (or from the moment given to :meth:`advance`): one
/// event with a time far in the future, even pushed twice, folds no other. Where whole devices may have a wrong clock, give :meth:`push` the right one (``now``):
/// events ahead of it then do not count at all, however many. They are kept, and seen from their moment on; only of more than a thousand the furthest are given
/// up, and the state then answers for moments before the first of those (:attr:`answers_before`). None of this changes a bit of a score.
///
/// >>> import leadscore as ls
/// >>> leads, events, outcomes, _ = ls.datasets.make_leads(3000, frame=None)
/// >>> model = ls.train(leads, events, outcomes, algorithm="logistic")
/// >>> state = model.engagement()
/// >>> state.push(at="2026-01-05T10:00:00Z", kind="demo_request", channel="web")
/// >>> lead = dict.fromkeys([model.schema.lead_id, model.schema.created_at, *model.schema.attributes])
/// >>> lead[model.schema.created_at] = "2026-01-01"
/// >>> one = [{"at": "2026-01-05T10:00:00Z", "kind": "demo_request", "channel": "web"}]
/// >>> state.score(lead, as_of="2026-01-06") == model.score_one(lead, one, as_of="2026-01-06")
/// True
/// >>> ls.Engagement.from_bytes(model, state.to_bytes()) == state
/// True
#[pyclass(frozen, name = "Engagement", module = "leadscore")]
#[derive(Debug)]
pub(crate) struct PyEngagement {
    model: Py<PyModel>,
    state: Mutex<Engagement>,
}

#[pymethods]
impl PyEngagement {
    /// Takes an event: a ``dict`` as in :meth:`Model.score_one`, or its fields by name; not both.
    ///
    /// :param event: a ``dict`` by the schema's column names of events (or ``kind``, ``at``, ``channel``, ``value``, ``recorded_at``).
    /// :param at: when it happened.
    /// :param kind: what happened.
    /// :param channel: where or through what.
    /// :param value: how much.
    /// :param recorded_at: when it became known, if later.
    /// :param now: what the clock shows; without it, no event is ahead of the clock.
    /// :raises TooLate: when it belongs before events that are folded already; the state is unchanged, and a new one can be made of all events.
    /// :raises DataError: for a value that cannot be read, or a name that is nearly one of those.
    /// :raises ConfigError: for an event together with fields by name, of which one would have to be ignored.
    #[pyo3(signature = (event=None, *, at=None, kind=None, channel=None, value=None, recorded_at=None, now=None))]
    fn push<'py>(
        &self,
        py: Python<'py>,
        event: Option<&Bound<'py, PyAny>>,
        at: Option<&Bound<'py, PyAny>>,
        kind: Option<&Bound<'py, PyAny>>,
        channel: Option<&Bound<'py, PyAny>>,
        value: Option<&Bound<'py, PyAny>>,
        recorded_at: Option<&Bound<'py, PyAny>>,
        now: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<()> {
        let model = &self.model.get().0;
        let now = clock(now, model.schema())?;
        let reader = events::EventReader::new(py, model.schema());
        // Whose it is goes without saying.
        let fields = [kind, at, channel, value, recorded_at, None];
        let event = match event {
            Some(_) if fields.iter().any(Option::is_some) => {
                let message = "give an event or its fields by name, not both: push({...}), or push(at=..., kind=...)";
                return Err(raise(py, "ConfigError", (message,)));
            }
            Some(event) => reader.read(events::Place::Alone, event)?,
            None => reader.of_fields(events::Place::Alone, fields)?,
        };
        let pushed = model.push_by(&mut self.lock(), &event, now);
        pushed.or_raise(py)
    }

    /// Scores the lead with the events pushed so far: the same bits as :meth:`Model.score_one` with all of them.
    ///
    /// :param lead: as for :meth:`Model.score_one`.
    /// :param as_of: the moment as of which to look, not before :attr:`answers_from`; now by default.
    /// :param explain: how many reasons to give.
    /// :param account_events: as for :meth:`Model.score_one`.
    /// :returns: a :class:`leadscore.Score`.
    /// :warns DataWarning: when the lead was created after ``as_of``.
    /// :raises DataError: for a value that the model cannot read, or a moment too early.
    #[pyo3(signature = (lead, as_of=None, explain=0, *, account_events=None))]
    fn score(
        &self,
        lead: &Bound<'_, PyDict>,
        as_of: Option<Bound<'_, PyAny>>,
        #[pyo3(from_py_with = counts::explain)] explain: usize,
        account_events: Option<Bound<'_, PyAny>>,
    ) -> PyResult<PyScore> {
        self.model.get().score_state(lead, self, as_of, explain, account_events)
    }

    /// Says that time has passed: moments before ``as_of`` will not be asked for again. Only needed to save memory of leads that have become silent.
    ///
    /// :param as_of: the moment.
    fn advance(&self, py: Python<'_>, as_of: &Bound<'_, PyAny>) -> PyResult<()> {
        let Some(as_of) = moments::moment("as_of", Some(as_of), self.model.get().0.schema())? else { return Ok(()) };
        let advanced = self.lock().advance(self.model.get().0.plan(), as_of.micros());
        advanced.map_err(ScoringError::from).or_raise(py)
    }

    /// How many events it keeps unfolded.
    #[getter]
    fn kept_events(&self) -> usize {
        self.lock().kept_events()
    }

    /// The earliest moment that it can answer for, an aware ``datetime`` in UTC; ``None`` while it can for all.
    #[getter]
    fn answers_from<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let from = self.lock().answers_from(self.model.get().0.plan());
        if from == i64::MIN { Ok(None) } else { aware(py, from).map(Some) }
    }

    /// The first moment that it cannot answer for, because it has not kept an event from far ahead of the clock; ``None`` while it has kept all.
    #[getter]
    fn answers_before<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let before = self.lock().answers_before();
        if before == i64::MAX { Ok(None) } else { aware(py, before).map(Some) }
    }

    /// The model whose state it is.
    #[getter]
    fn model(&self, py: Python<'_>) -> Py<PyModel> {
        self.model.clone_ref(py)
    }

    /// The state as bytes, without the model and with a checksum: what a service stores between two events.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.lock().to_bytes();
        Ok(PyBytes::new(py, &bytes.map_err(ScoringError::from).or_raise(py)?))
    }

    /// The state in the bytes of :meth:`to_bytes`.
    ///
    /// :param model: the model whose state it is, or one with the same feature plan.
    /// :param data: the bytes; those of a stranger are safe. Those of versions that wrote no checksum are read too, and damage in them may go unnoticed.
    /// :raises DataError: when they are no state, a damaged one, or one of another plan or a later version of the library.
    #[classmethod]
    fn from_bytes(_class: &Bound<'_, PyType>, model: &Bound<'_, PyModel>, data: &[u8]) -> PyResult<Self> {
        let state = Engagement::from_bytes(model.get().0.plan(), data).map_err(ScoringError::from).or_raise(model.py())?;
        Ok(Self::new(model.clone().unbind(), state))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Reduced<'py>> {
        let py = slf.py();
        Ok((slf.get_type().getattr("from_bytes")?, (slf.get().model(py), slf.get().to_bytes(py)?)))
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        let Ok(other) = other.cast::<Self>() else { return false };
        // Not both at once: a state may be compared with itself.
        let theirs = other.get().lock().clone();
        *self.lock() == theirs && self.model.get().0.version() == other.get().model.get().0.version()
    }

    fn __copy__(&self, py: Python<'_>) -> Self {
        Self::new(self.model(py), self.lock().clone())
    }

    fn __deepcopy__(&self, py: Python<'_>, _memo: &Bound<'_, PyAny>) -> Self {
        self.__copy__(py)
    }

    fn __repr__(&self) -> String {
        let kept = self.kept_events();
        let many = if kept == 1 { "" } else { "s" };
        format!("<leadscore.Engagement of model {}: {kept} event{many} kept>", self.model.get().0.version())
    }
}

impl PyEngagement {
    pub(crate) fn new(model: Py<PyModel>, state: Engagement) -> Self {
        Self { model, state: Mutex::new(state) }
    }

    /// The state of all events of a lead, by a clock that shows `now`.
    pub(crate) fn of_events(model: &Bound<'_, PyModel>, events: &[leadscore::Event], now: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let state = model.get().0.engagement_by(events, clock(now, model.get().0.schema())?).or_raise(model.py())?;
        Ok(Self::new(model.clone().unbind(), state))
    }

    /// The state. No Python may run while it is held: another thread could wait for it and keep the interpreter from this one.
    ///
    /// A thread that panicked left the state whole: every change of it is.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Engagement> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a clock shows: the end of time where there is none.
fn clock(now: Option<&Bound<'_, PyAny>>, schema: &Schema) -> PyResult<Timestamp> {
    Ok(moments::moment("now", now, schema)?.unwrap_or(Timestamp::MAX))
}

impl PyModel {
    /// The score of a lead whose events a state holds.
    pub(crate) fn score_state(
        &self,
        lead: &Bound<'_, PyDict>,
        state: &PyEngagement,
        as_of: Option<Bound<'_, PyAny>>,
        explain: usize,
        account_events: Option<Bound<'_, PyAny>>,
    ) -> PyResult<PyScore> {
        let py = lead.py();
        let lead = lead::lead(lead, self.0.schema())?;
        let of_others = account_events.map(|events| events::events("account_events", &events, self.0.schema())).transpose()?;
        let as_of = moments::moment("as_of", as_of.as_ref(), self.0.schema())?;
        let score = {
            let state = state.lock();
            let query = self.0.query(&lead).engagement(&state).explain(explain);
            let query = of_others.as_ref().map_or(query, |events| query.account(events));
            as_of.map_or(query, |as_of| query.as_of(as_of)).score()
        };
        let score = score.or_raise(py)?;
        warned::odd(py, &self.0.query(&lead).as_of(score.as_of).notes())?;
        Ok(PyScore(score))
    }
}
