//! The trained model.

use leadscore::Model;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyType};

use crate::comparison::PyComparison;
use crate::counts;
use crate::engagement::PyEngagement;
use crate::errors::{OrRaise, raise};
use crate::evaluation::PyEvaluation;
use crate::events;
use crate::frames::{self, Needed};
use crate::given::Events;
use crate::lead;
use crate::moments;
use crate::score::PyScore;
use crate::warned;
use crate::work::quietly;

/// A trained model: made by ``leadscore.train``, read by ``leadscore.load``. It never changes, pickles, and may be shared between threads.
///
/// >>> import leadscore as ls
/// >>> leads, events, outcomes, _ = ls.datasets.make_leads(3000, frame=None)
/// >>> model = ls.train(leads, events, outcomes, algorithm="logistic")
/// >>> scores = model.score(leads, events, as_of="2026-01-01", explain=2)
/// >>> scores.columns[:4]
/// ['lead_id', 'probability', 'log_odds', 'score']
#[pyclass(frozen, eq, name = "Model", module = "leadscore")]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PyModel(pub(crate) Model);

#[pymethods]
impl PyModel {
    /// Scores every lead of a frame.
    ///
    /// :param leads: any frame with the leads; a column that the model needs and this frame, or that of the events, lacks makes every status ``schema_mismatch``.
    /// :param events: any frame with their events, an empty one when nothing has happened; ``None`` only for a model that reads no events. Of the path of a Parquet file, one row group is read at a time, so that
    ///     the file may be larger than memory; the scores are the same.
    /// :param as_of: the moment as of which to look: a datetime, date or ISO 8601 text (naive ones are in the schema's ``time_zone``, as the columns are;
    ///     UTC when it names none), one per lead (an array), or the name of a column
    ///     of leads. Nothing that happened or became known later counts. Now by default.
    /// :param history: any frame with the attributes' history (:class:`leadscore.HistoryColumns`): each lead is seen with the values known at its moment.
    ///     Without it the values that stand in ``leads`` are taken for those.
    /// :param explain: how many reasons to give for each lead.
    /// :returns: the caller's own type of frame, one row per lead in the given order, with columns ``lead_id``, ``probability``, ``log_odds``, ``score``,
    ///     ``grade``, ``rank``, ``status``, ``reasons`` (when ``explain`` is above 0), ``model_version``, ``as_of``.
    /// :warns UnseenWarning: when more leads than in training have categories, or events of kinds and channels, that the model does not know; see :meth:`unseen`.
    /// :warns DataWarning: when leads were created after the moment as of which they are scored, or events have no identifier of a lead; with their number;
    ///     when the history contradicts itself, or is of none of the leads, or lacks an attribute that the model learned from it; when none is given to a model that
    ///     learned from one, and leads or events are newer than ``as_of`` by more than a day.
    /// :raises SchemaError: for a column of a type that the model cannot read.
    /// :raises DataError: for a value that it cannot read, by table, column and row.
    #[pyo3(signature = (leads, events=None, *, as_of=None, explain=0, history=None))]
    fn score<'py>(
        &self,
        leads: &Bound<'py, PyAny>,
        events: Option<Bound<'py, PyAny>>,
        as_of: Option<Bound<'py, PyAny>>,
        #[pyo3(from_py_with = counts::explain)] explain: usize,
        history: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = leads.py();
        let history = self.history(history)?;
        let (table, events, as_of) = self.read(leads, events, as_of)?;
        let of_events = match &events {
            Events::Table(events) => events.as_ref().map_or_else(Vec::new, |events| self.0.absent_event_columns(events)),
            Events::File(events) => self.0.absent_event_columns_of_file(events).or_raise(py)?,
        };
        warned::absent(py, self.0.absent_columns(&table), of_events)?;
        let (scores, unseen, notes) = quietly(py, || match &events {
            Events::Table(events) => self.0.score_and_notes(&table, events.as_ref(), history.as_ref(), &as_of, explain),
            Events::File(events) => self.0.score_file_and_notes(&table, events, history.as_ref(), &as_of, explain),
        })?;
        warned::unseen(py, &unseen)?;
        warned::odd(py, &notes)?;
        frames::like(leads, scores, true)
    }

    /// The columns in which leads and events have words that the model does not know by name: new categories, kinds and channels, and such as were rare in
    /// training.
    ///
    /// A model keeps the words that at least 20 leads had in training. Rarer ones share one place with those that are new, and their names are not kept,
    /// because a rare word can point to a person; what is kept is ``usual_share``, how common they were. A share well above it means that something has changed;
    /// :meth:`score` warns (:class:`leadscore.UnseenWarning`) when it is more than one percent point above.
    ///
    /// :param leads: any frame with the leads.
    /// :param events: any frame with their events.
    /// :returns: the caller's own type of frame, one row a column that has such words: ``table`` (``leads`` or ``events``), ``column``, ``rows`` and ``leads`` (how
    ///     many have one), ``share`` (of all leads), ``usual_share`` (the same in training), ``examples`` (the most common of the words, with the number of their rows).
    /// :raises DataError: for a value that the model cannot read.
    ///
    /// >>> import leadscore as ls
    /// >>> leads, events, outcomes, _ = ls.datasets.make_leads(3000, frame=None)
    /// >>> model = ls.train(leads, events, outcomes, algorithm="logistic")
    /// >>> model.unseen(leads, events).columns
    /// ['table', 'column', 'rows', 'leads', 'share', 'usual_share', 'examples']
    #[pyo3(signature = (leads, events=None))]
    fn unseen<'py>(&self, leads: &Bound<'py, PyAny>, events: Option<Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        let py = leads.py();
        let (table, events, _) = self.read(leads, events, None)?;
        let unseen = quietly(py, || {
            let unseen = match &events {
                Events::Table(events) => self.0.unseen(&table, events.as_ref())?,
                Events::File(events) => self.0.unseen_of_file(&table, events)?,
            };
            Ok(leadscore::unseen_frame(&unseen)?)
        })?;
        frames::like(leads, unseen, false)
    }

    /// Scores one lead, in microseconds: the same bits as :meth:`score` gives for it.
    ///
    /// :param lead: a ``dict`` by the schema's column names; ``None`` and NaN are missing, but a name that the model reads must be there.
    /// :param events: a list of ``dict`` by the schema's column names of events (or ``kind``, ``at``, ``channel``, ``value``, ``recorded_at``), in any order. Other names
    ///     are ignored, unless they are nearly one of these that is not there.
    /// :param as_of: the moment as of which to look; now by default.
    /// :param explain: how many reasons to give.
    /// :param engagement: a state of this model (:meth:`engagement`) that holds the lead's events, instead of ``events``.
    /// :param account_events: what has happened with the *other* leads of the lead's account, all of them together, as ``events``; an empty list when nothing
    ///     has, ``None`` when that is not known. Only a model with the features of accounts (``families`` of :class:`leadscore.Features`) reads them, the newest
    ///     1,024. :meth:`score` finds them by the account, and there an event of a lead that was created after it is known from that creation on: for the
    ///     same bits give that moment as ``recorded_at``. A model with ``"response"`` beside ``"account"`` must be told whose each event is, by the schema's column of
    ///     the lead (or ``lead_id``), else how long these leads and sales take to answer each other is unknown.
    /// :returns: a :class:`leadscore.Score`; its ``rank`` is ``None``.
    /// :warns DataWarning: when the lead was created after ``as_of``.
    /// :raises DataError: for a value that the model cannot read, or an event with a misspelt name.
    /// :raises TypeError: for events that are no ``dict``.
    #[pyo3(signature = (lead, events=None, as_of=None, explain=0, *, engagement=None, account_events=None))]
    fn score_one(
        &self,
        lead: &Bound<'_, PyDict>,
        events: Option<Bound<'_, PyAny>>,
        as_of: Option<Bound<'_, PyAny>>,
        #[pyo3(from_py_with = counts::explain)] explain: usize,
        engagement: Option<&Bound<'_, PyEngagement>>,
        account_events: Option<Bound<'_, PyAny>>,
    ) -> PyResult<PyScore> {
        let py = lead.py();
        if let Some(engagement) = engagement {
            if events.is_some_and(|events| !events.is_none()) {
                return Err(raise(py, "ConfigError", ("give events or engagement, not both: the state holds the lead's events",)));
            }
            return self.score_state(lead, engagement.get(), as_of, explain, account_events);
        }
        let schema = self.0.schema();
        let lead = lead::lead(lead, schema)?;
        let events = events.map(|events| events::events("events", &events, schema)).transpose()?.unwrap_or_default();
        let of_others = account_events.map(|events| events::events("account_events", &events, schema)).transpose()?;
        let query = self.0.query(&lead).events(&events).explain(explain);
        let query = of_others.as_ref().map_or(query, |events| query.account(events));
        let query = match moments::moment("as_of", as_of.as_ref(), self.0.schema())? {
            Some(as_of) => query.as_of(as_of),
            None => query,
        };
        let score = query.score().or_raise(py)?;
        warned::odd(py, &query.as_of(score.as_of).notes())?;
        Ok(PyScore(score))
    }

    /// The words of one lead and its events that the model does not know by name: :meth:`unseen` of a single lead.
    ///
    /// :param lead: as for :meth:`score_one`.
    /// :param events: as for :meth:`score_one`.
    /// :returns: a list of ``dict``, one a column that has such words: ``table`` (``leads`` or ``events``), ``column``, ``words`` (the most common, at most five, in
    ///     canonical form), ``rows`` (how many have one), ``usual_share`` (the share of leads with such a word in training).
    /// :raises DataError: for a value that the model cannot read.
    ///
    /// >>> import leadscore as ls
    /// >>> leads, events, outcomes, _ = ls.datasets.make_leads(3000, frame=None)
    /// >>> model = ls.train(leads, events, outcomes, algorithm="logistic")
    /// >>> [(new["column"], new["words"]) for new in model.unseen_one({"industry": "Space mining"}, [{"kind": "seance", "at": "2026-01-05"}])]
    /// [('industry', ['space mining']), ('kind', ['seance'])]
    #[pyo3(signature = (lead, events=None))]
    fn unseen_one<'py>(&self, lead: &Bound<'py, PyDict>, events: Option<Bound<'py, PyAny>>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let py = lead.py();
        let schema = self.0.schema();
        let lead = lead::lead(lead, schema)?;
        let events = events.map(|events| events::events("events", &events, schema)).transpose()?.unwrap_or_default();
        let told = |unseen: leadscore::Unseen| {
            let dict = PyDict::new(py);
            dict.set_item("table", unseen.table)?;
            dict.set_item("column", unseen.column)?;
            dict.set_item("words", unseen.examples.into_iter().map(|(word, _)| word).collect::<Vec<_>>())?;
            dict.set_item("rows", unseen.rows)?;
            dict.set_item("usual_share", unseen.usual)?;
            Ok(dict)
        };
        self.0.query(&lead).events(&events).unseen().into_iter().map(told).collect()
    }

    /// What a service keeps of one lead's events between scores: see :class:`leadscore.Engagement`.
    ///
    /// :param events: the lead's events so far, as for :meth:`score_one`; none for a new lead.
    /// :param now: what the clock shows, as for :meth:`Engagement.push`.
    /// :returns: a :class:`leadscore.Engagement`.
    /// :raises DataError: for a value that the model cannot read.
    #[pyo3(signature = (events=None, *, now=None))]
    fn engagement(slf: &Bound<'_, Self>, events: Option<Bound<'_, PyAny>>, now: Option<Bound<'_, PyAny>>) -> PyResult<PyEngagement> {
        let schema = slf.get().0.schema();
        let events = events.map(|events| events::events("events", &events, schema)).transpose()?.unwrap_or_default();
        PyEngagement::of_events(slf, &events, now.as_ref())
    }

    /// Why a lead scores otherwise than before: the change of log-odds in four parts that sum to it.
    ///
    /// In this order: time passing (the same events, seen later), new events (also those that became known late), changed attributes, model version.
    ///
    /// :param before: the lead as it was, as for :meth:`score_one`.
    /// :param after: the lead as it is; where both have an identifier, the same one.
    /// :param events0: its events as they were given then; ``events1`` when ``None``: what had happened and was known counts.
    /// :param events1: its events as they are given now; ``events0`` when ``None``.
    /// :param as_of: the two moments.
    /// :param previous: the model that scored then, if it was another one.
    /// :param account_events0: what had happened with the other leads of its account, as for :meth:`score_one`; ``account_events1`` when ``None``.
    /// :param account_events1: the same now.
    /// :param explain: how many concepts to name in each part.
    /// :returns: a :class:`leadscore.Comparison`.
    /// :warns DataWarning: when the lead was created after one of the moments.
    /// :raises DataError: for two leads of different identifiers, a value that a model cannot read, or moments in the wrong order.
    ///
    /// >>> import leadscore as ls
    /// >>> leads, events, outcomes, _ = ls.datasets.make_leads(3000, frame=None)
    /// >>> model = ls.train(leads, events, outcomes, algorithm="logistic")
    /// >>> lead = dict.fromkeys([model.schema.lead_id, model.schema.created_at, *model.schema.attributes])
    /// >>> lead[model.schema.created_at] = "2026-01-01"
    /// >>> demo = [{"at": "2026-01-05T10:00:00Z", "kind": "demo_request"}]
    /// >>> why = model.compare(lead, lead, events1=demo, as_of=("2026-01-02", "2026-01-06"))
    /// >>> why.events
    /// [{'kind': 'demo_request', 'new': 1, 'gone': 0}]
    /// >>> abs(sum(part.change for part in why.parts.values()) - why.change) < 1e-9
    /// True
    #[pyo3(signature = (before, after, *, events0=None, events1=None, as_of, previous=None, explain=3, account_events0=None, account_events1=None))]
    fn compare(
        &self,
        before: &Bound<'_, PyDict>,
        after: &Bound<'_, PyDict>,
        events0: Option<Bound<'_, PyAny>>,
        events1: Option<Bound<'_, PyAny>>,
        as_of: Bound<'_, PyAny>,
        previous: Option<&Bound<'_, Self>>,
        #[pyo3(from_py_with = counts::explain)] explain: usize,
        account_events0: Option<Bound<'_, PyAny>>,
        account_events1: Option<Bound<'_, PyAny>>,
    ) -> PyResult<PyComparison> {
        let py = before.py();
        let schema = self.0.schema();
        let old = previous.map_or(&self.0, |model| &model.get().0);
        let after = lead::lead(after, schema)?;
        let before = lead::lead(before, old.schema())?;
        // One list of either kind stands for both.
        let pair = |then: Option<(&'static str, Bound<'_, PyAny>)>, now: Option<(&'static str, Bound<'_, PyAny>)>| -> PyResult<_> {
            let Some((then, now)) = then.clone().or(now.clone()).zip(now.or(then)) else { return Ok(None) };
            Ok(Some((events::events(then.0, &then.1, old.schema())?, events::events(now.0, &now.1, schema)?)))
        };
        let (then, now) = pair(events0.map(|e| ("events0", e)), events1.map(|e| ("events1", e)))?.unwrap_or_default();
        let of_others = pair(account_events0.map(|e| ("account_events0", e)), account_events1.map(|e| ("account_events1", e)))?;
        let (t0, t1) = self.two_moments(&as_of)?;
        let question = self.0.compare(&before, &after).events(&then, &now).between(t0, t1).previous(old).explain(explain);
        let question = of_others.as_ref().map_or(question, |(then, now)| question.account(then, now));
        let comparison = question.compare().or_raise(py)?;
        warned::odd(py, &question.notes())?;
        Ok(PyComparison(comparison))
    }

    /// Why the leads of a frame score otherwise than before: :meth:`compare` of each, whose log-odds have the bits of :meth:`score` as of both moments.
    ///
    /// :param leads: any frame with the leads as they are.
    /// :param events: any frame with their events; each moment sees what was visible then.
    /// :param as_of: the two moments, as for :meth:`compare`.
    /// :param before: any frame with the leads as they were; one that is not in it is taken to have been as it is. As they are when ``None``.
    /// :param history: any frame with the attributes' history (:class:`leadscore.HistoryColumns`): each moment sees the values known then.
    /// :param previous: the model that scored then, if it was another one.
    /// :param explain: how many concepts to name in each part.
    /// :returns: a ``list`` with a :class:`leadscore.Comparison` a lead, in the given order.
    /// :warns DataWarning: when leads were created after one of the moments, none of the events belongs to a lead, or none of the leads is in ``before``; for what is odd about the history, as :meth:`score`
    ///     does; leads given by ``before`` need none.
    /// :raises DataError: for a value that a model cannot read, or moments in the wrong order.
    ///
    /// >>> import leadscore as ls
    /// >>> leads, events, outcomes, _ = ls.datasets.make_leads(3000, frame=None)
    /// >>> model = ls.train(leads, events, outcomes, algorithm="logistic")
    /// >>> changes = model.compare_tables(leads, events, as_of=("2026-01-02", "2026-01-09"))
    /// >>> risen = max(changes, key=lambda why: why.change)
    /// >>> risen.change > 0 and risen.lead_id in leads["lead_id"]
    /// True
    #[pyo3(signature = (leads, events=None, *, as_of, before=None, history=None, previous=None, explain=3))]
    fn compare_tables(
        &self,
        leads: &Bound<'_, PyAny>,
        events: Option<Bound<'_, PyAny>>,
        as_of: Bound<'_, PyAny>,
        before: Option<Bound<'_, PyAny>>,
        history: Option<Bound<'_, PyAny>>,
        previous: Option<&Bound<'_, Self>>,
        #[pyo3(from_py_with = counts::explain)] explain: usize,
    ) -> PyResult<Vec<PyComparison>> {
        let old = previous.map_or(&self.0, |model| &model.get().0);
        // Two models may read other columns.
        let (mut needed, of_old) = (Needed::of(self.0.schema()), Needed::of(old.schema()));
        needed.leads.extend(of_old.leads.iter().cloned());
        needed.events.extend(of_old.events);
        needed.history.extend(of_old.history);
        let table = frames::required(leads, "leads", Some(&needed.leads), &[])?;
        let events = frames::given(events, "events", Some(&needed.events), &[])?;
        let before = frames::given(before, "before", Some(&of_old.leads), &[])?;
        let history = frames::given(history, "history", Some(&needed.history), &[])?;
        let as_of = self.two_moments(&as_of)?;
        let (compared, notes) = quietly(leads.py(), || {
            let mut question = self.0.compare_tables(&table, events.as_ref(), as_of).previous(old).explain(explain);
            if let Some(before) = &before {
                question = question.before(before);
            }
            history.as_ref().map_or(question, |history| question.history(history)).compare_and_notes()
        })?;
        warned::odd(leads.py(), &notes)?;
        Ok(compared.into_iter().map(PyComparison).collect())
    }

    /// Everything that one lead's log-odds are made of.
    ///
    /// The contributions are exact (linear terms, or Shapley values of the trees; Lundberg et al. 2018), summed per concept, and calibrated: ``base`` and all of
    /// ``contributions`` sum to ``log_odds`` within 1e-9.
    ///
    /// :param lead: as for :meth:`score_one`.
    /// :param events: as for :meth:`score_one`.
    /// :param as_of: as for :meth:`score_one`.
    /// :param account_events: as for :meth:`score_one`.
    /// :returns: a ``dict``: ``base``, ``contributions`` (a ``dict`` by concept), ``log_odds``.
    /// :raises DataError: for a value that the model cannot read.
    #[pyo3(signature = (lead, events=None, as_of=None, *, account_events=None))]
    fn explain_one<'py>(
        &self,
        lead: &Bound<'py, PyDict>,
        events: Option<Bound<'py, PyAny>>,
        as_of: Option<Bound<'py, PyAny>>,
        account_events: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let py = lead.py();
        let schema = self.0.schema();
        let lead = lead::lead(lead, schema)?;
        let events = events.map(|events| events::events("events", &events, schema)).transpose()?.unwrap_or_default();
        let of_others = account_events.map(|events| events::events("account_events", &events, schema)).transpose()?;
        let query = self.0.query(&lead).events(&events);
        let query = of_others.as_ref().map_or(query, |events| query.account(events));
        let query = match moments::moment("as_of", as_of.as_ref(), self.0.schema())? {
            Some(as_of) => query.as_of(as_of),
            None => query,
        };
        let explanation = query.explanation().or_raise(py)?;
        let contributions = PyDict::new(py);
        for (concept, contribution) in &explanation.contributions {
            contributions.set_item(concept.to_string(), contribution)?;
        }
        let explained = PyDict::new(py);
        explained.set_item("base", explanation.base)?;
        explained.set_item("contributions", contributions)?;
        explained.set_item("log_odds", explanation.log_odds)?;
        Ok(explained)
    }

    /// The feature matrix that the model's classifier reads, with named columns.
    ///
    /// :param leads: any frame with the leads.
    /// :param events: any frame with their events, or the path of a Parquet file, as for :meth:`score`.
    /// :param as_of: as for :meth:`score`.
    /// :param history: any frame with the attributes' history (:class:`leadscore.HistoryColumns`): each lead is seen with the values known at its moment.
    /// :returns: the caller's own type of frame: one row per lead, ``lead_id`` and ``as_of``, then one column per feature (``demo_request.count.7d``); categories are
    ///     words.
    /// :warns DataWarning: when leads were created after their moment, none of the events belongs to a lead, or some have no identifier of one; for what is odd about the
    ///     history, as :meth:`score` does.
    #[pyo3(signature = (leads, events=None, as_of=None, *, history=None))]
    fn features<'py>(
        &self,
        leads: &Bound<'py, PyAny>,
        events: Option<Bound<'py, PyAny>>,
        as_of: Option<Bound<'py, PyAny>>,
        history: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = leads.py();
        let history = self.history(history)?;
        let (table, events, as_of) = self.read(leads, events, as_of)?;
        let (matrix, notes) = quietly(py, || match &events {
            Events::Table(events) => self.0.features_and_notes(&table, events.as_ref(), history.as_ref(), &as_of),
            Events::File(events) => self.0.features_file_and_notes(&table, events, history.as_ref(), &as_of),
        })?;
        warned::odd(py, &notes)?;
        frames::like(leads, matrix, true)
    }

    /// Measures the model on leads whose outcome is known: on every mature snapshot at its own ages, or every row of a flat table.
    ///
    /// Give leads that it was not trained on; on those that it was, the figures flatter.
    ///
    /// :param leads: any frame with the leads.
    /// :param events: any frame with their events.
    /// :param outcomes: any frame with their outcomes; ``None`` when these stand on leads.
    /// :param as_of: the moment up to which the history is believed; by default the newest one in the data that is not in the future.
    /// :param history: any frame with the attributes' history (:class:`leadscore.HistoryColumns`): each snapshot sees the values known then.
    ///     Without it every snapshot sees the values that stand in ``leads``.
    /// :returns: a :class:`leadscore.Evaluation`.
    /// :warns DataWarning: when none of the events belongs to a lead, or some have no identifier of one; when the model learned attributes from their history, and none is
    ///     given here, or one without them.
    /// :raises DataError: when no snapshot is mature.
    #[pyo3(signature = (leads, events=None, outcomes=None, as_of=None, *, history=None))]
    fn evaluate(
        &self,
        leads: &Bound<'_, PyAny>,
        events: Option<Bound<'_, PyAny>>,
        outcomes: Option<Bound<'_, PyAny>>,
        as_of: Option<Bound<'_, PyAny>>,
        history: Option<Bound<'_, PyAny>>,
    ) -> PyResult<PyEvaluation> {
        let py = leads.py();
        let history = self.history(history)?;
        let needed = Needed::of(self.0.schema());
        let leads = frames::required(leads, "leads", Some(&needed.leads), &[])?;
        let events = frames::given(events, "events", Some(&needed.events), &[])?;
        let outcomes = frames::given(outcomes, "outcomes", Some(&needed.outcomes), &[])?;
        let as_of = moments::moment("as_of", as_of.as_ref(), self.0.schema())?;
        let (evaluation, notes) =
            quietly(py, || self.0.evaluate_and_notes(&leads, events.as_ref(), outcomes.as_ref(), history.as_ref(), as_of))?;
        warned::odd(py, &notes)?;
        Ok(PyEvaluation(evaluation))
    }

    /// Per concept (all windows of one kind of event are one), how much it moves the log-odds in training: mean absolute contribution, greatest first.
    fn importance<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (concept, weight) in self.0.importance() {
            dict.set_item(concept, weight)?;
        }
        Ok(dict)
    }

    /// How the model was trained, on how much, and how well it did on rows that it had not seen.
    ///
    /// :returns: a :class:`leadscore.Card`: ``print`` it, read its attributes, or take its ``to_dict()``.
    #[getter]
    fn card<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let mut json = serde_json::to_value(self.0.card()).map_err(|e| pyo3::exceptions::PyValueError::new_err(e.to_string()))?;
        // The file leaves out what is empty; readers find every name.
        if let Some(card) = json.as_object_mut() {
            card.entry("known_from_history").or_insert_with(|| serde_json::Value::Array(Vec::new()));
        }
        py.import("leadscore._display")?.getattr("Card")?.call1((json.to_string(), self.0.card().to_string()))
    }

    /// What the columns mean to the model: a :class:`leadscore.Schema`.
    #[getter]
    fn schema<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let json = crate::schema::to_json(py, self.0.schema())?;
        py.import("leadscore._schema")?.getattr("Schema")?.call_method1("from_json", (json,))
    }

    /// The names of the features, in the order of the matrix.
    #[getter]
    fn feature_names(&self) -> Vec<String> {
        self.0.plan().features().iter().map(|feature| feature.name.clone()).collect()
    }

    /// What each feature is and measures, in the order of the matrix.
    ///
    /// :returns: a ``list`` of ``dict``, which ``pandas.DataFrame`` and ``polars.DataFrame`` take as it is: ``name``; ``concept``, by which reasons and
    ///     :meth:`importance` sum features; ``kind`` (``numeric`` or ``categorical``); ``unit`` (empty for categories, and for what has none or the source's own);
    ///     ``meaning``, a sentence.
    ///
    /// >>> import leadscore as ls
    /// >>> leads, events, outcomes, _ = ls.datasets.make_leads(3000, frame=None)
    /// >>> model = ls.train(leads, events, outcomes, algorithm="logistic")
    /// >>> next(feature for feature in model.describe_features() if feature["name"] == "demo_request.recency")
    /// {'name': 'demo_request.recency', 'concept': 'demo_request', 'kind': 'numeric', 'unit': 'days', 'meaning': 'days since the last demo request'}
    fn describe_features<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let plan = self.0.plan();
        let describe = |(place, feature): (usize, &leadscore::Feature)| {
            let dict = PyDict::new(py);
            dict.set_item("name", &feature.name)?;
            dict.set_item("concept", &feature.concept)?;
            dict.set_item("kind", if feature.is_categorical() { "categorical" } else { "numeric" })?;
            dict.set_item("unit", plan.unit(place))?;
            dict.set_item("meaning", plan.meaning(place))?;
            Ok(dict)
        };
        plan.features().iter().enumerate().map(describe).collect()
    }

    /// The hash of the model's content: 16 hexadecimal digits.
    #[getter]
    fn version(&self) -> &str {
        self.0.version()
    }

    /// Writes the model to a file, whole or not at all.
    ///
    /// :param path: usually ``*.leadscore``.
    /// :raises ArtifactError: when it cannot be written.
    fn save(&self, py: Python<'_>, path: std::path::PathBuf) -> PyResult<()> {
        self.0.save(path).or_raise(py)
    }

    /// The model as the bytes of a model file.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.0.to_bytes().or_raise(py)?))
    }

    /// The model in the bytes of a model file; safe with bytes of a stranger.
    ///
    /// :raises ArtifactError: when they are no model, damaged, cut off, or of a later version of the library.
    #[classmethod]
    fn from_bytes(_class: &Bound<'_, PyType>, py: Python<'_>, data: &[u8]) -> PyResult<Self> {
        Model::from_bytes(data).map(Self).or_raise(py)
    }

    /// Scores the file's synthetic rows again and compares each with what it was when the model was made, to the bit.
    ///
    /// :raises ArtifactError: names the first row that differs.
    fn verify(&self, py: Python<'_>) -> PyResult<()> {
        self.0.verify().or_raise(py)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
        let py = slf.py();
        Ok((slf.get_type().getattr("from_bytes")?, (slf.get().to_bytes(py)?,)))
    }

    fn __hash__(&self) -> u64 {
        u64::from_str_radix(self.0.version(), 16).unwrap_or(0)
    }

    fn __copy__(&self) -> Self {
        self.clone()
    }

    fn __deepcopy__(&self, _memo: &Bound<'_, PyAny>) -> Self {
        self.clone()
    }

    fn __repr__(&self) -> String {
        let card = self.0.card();
        let features = self.0.plan().features().len();
        format!("<leadscore.Model {}: {}, {features} features, trained on {} leads>", self.0.version(), card.algorithm, card.n_leads)
    }

    fn _repr_html_(slf: &Bound<'_, Self>) -> PyResult<String> {
        slf.py().import("leadscore._display")?.call_method1("model_html", (slf,))?.extract()
    }
}

/// Reads a model file; safe with a file of a stranger.
///
/// :param path: what :meth:`Model.save` wrote.
/// :raises ArtifactError: when it is missing (then it is a ``FileNotFoundError`` too), no model, damaged, cut off, or of a later version of the library.
///
/// >>> import leadscore as ls
/// >>> try:
/// ...     ls.load("no such file")
/// ... except FileNotFoundError as error:
/// ...     print(type(error).__name__)
/// ArtifactNotFound
#[pyfunction]
pub(crate) fn load(py: Python<'_>, path: std::path::PathBuf) -> PyResult<PyModel> {
    quietly(py, || Ok(Model::open(path)?)).map(PyModel)
}
