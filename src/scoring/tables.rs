//! Scores and features of polars tables.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use polars::prelude::{
    Column, DataFrame, DataType, IntoColumn, IntoSeries, ListBuilderTrait, NamedFrom, PlSmallStr, PolarsResult, Series, TimeUnit, TimeZone,
};

use super::{AsOf, ScoreNote, ScoreTable};
use crate::features::{EventBlocks, EventTable, LeadTable, RawEvents, Unseen};
use crate::frame::{self, EventReport, EventRows, FrameError};
use crate::schema::{EventColumns, missing_column};
use crate::{Error, Model};

/// Tables of more events than this are not held as read: features are made of them block by block, which takes a little longer and half the memory,
const EVENTS_AT_ONCE: usize = 1 << 18;
/// so many events at a time.
const EVENTS_IN_BLOCK: usize = 1 << 16;

/// How a table of scores says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reasons {
    /// Not at all.
    Absent,
    /// A list of sentences.
    List,
    /// One text, sentences parted by semicolons, for files that hold no lists.
    #[cfg_attr(not(feature = "cli"), allow(dead_code, reason = "the command line writes CSV"))]
    Text,
}

/// Leads, their events and moments, as a table has them.
pub(super) struct Asked {
    pub(super) leads: LeadTable,
    pub(super) events: RawEvents,
    as_of: Vec<i64>,
    /// What the sources call the moment of creation.
    pub(super) created_at: String,
    /// Said when there are events, and none is of these leads.
    pub(super) strange: Option<Unseen>,
    /// Said when there are events without a lead.
    pub(super) without_lead: Option<ScoreNote>,
    /// What is odd about the history of attributes, or that it is not given.
    pub(super) of_history: Vec<ScoreNote>,
}

impl Asked {
    /// The newest moment of leads and events.
    pub(super) fn newest(&self) -> i64 {
        newest_of(&self.leads.created_at).max(newest_of(&self.events.at))
    }
}

impl Model {
    /// Scores every lead of a table, with at most `explain` reasons each.
    ///
    /// One row per lead, in the given order: `lead_id` (as the table has it), `probability`, `log_odds`, `score`, `grade`, `rank`, `status`, `reasons` (a list of
    /// sentences, when `explain` is above 0), `model_version`, `as_of`. Where either table lacks a column that the model reads, the status is
    /// `schema_mismatch` and there is no probability.
    ///
    /// # Errors
    /// [`Error`] naming table, column and row of what cannot be read.
    pub fn score(&self, leads: &DataFrame, events: Option<&DataFrame>, as_of: &AsOf, explain: usize) -> Result<DataFrame, Error> {
        self.score_known(leads, events, None, as_of, explain)
    }

    /// As [`Model::score`], with the history of attributes: each lead is seen with the values known at its moment, as if the table held those.
    ///
    /// # Errors
    /// As [`Model::score`], and for a history that cannot be read.
    pub fn score_known(
        &self,
        leads: &DataFrame,
        events: Option<&DataFrame>,
        history: Option<&DataFrame>,
        as_of: &AsOf,
        explain: usize,
    ) -> Result<DataFrame, Error> {
        Ok(self.score_and_unseen(leads, events, history, as_of, explain)?.0)
    }

    /// As [`Model::score_known`], with the columns in which leads and events have words that the model does not know by name.
    ///
    /// # Errors
    /// As [`Model::score_known`].
    pub fn score_and_unseen(
        &self,
        leads: &DataFrame,
        events: Option<&DataFrame>,
        history: Option<&DataFrame>,
        as_of: &AsOf,
        explain: usize,
    ) -> Result<(DataFrame, Vec<Unseen>), Error> {
        let (frame, unseen, _) = self.score_and_notes(leads, events, history, as_of, explain)?;
        Ok((frame, unseen))
    }

    /// As [`Model::score_and_unseen`], with what else is odd about leads and events: see [`ScoreNote`].
    ///
    /// # Errors
    /// As [`Model::score_known`].
    pub fn score_and_notes(
        &self,
        leads: &DataFrame,
        events: Option<&DataFrame>,
        history: Option<&DataFrame>,
        as_of: &AsOf,
        explain: usize,
    ) -> Result<(DataFrame, Vec<Unseen>, Vec<ScoreNote>), Error> {
        let (_, scores) = self.score_leads(leads, events, history, as_of, explain, None)?;
        let reasons = if explain > 0 { Reasons::List } else { Reasons::Absent };
        let frame = self.score_frame(leads, &scores, reasons).map_err(FrameError::from)?;
        Ok((frame, scores.unseen, scores.notes))
    }

    /// The columns in which leads and events have words that the model does not know by name; see [`Unseen`].
    ///
    /// # Errors
    /// [`Error`] naming table, column and row of what cannot be read.
    pub fn unseen(&self, leads: &DataFrame, events: Option<&DataFrame>) -> Result<Vec<Unseen>, Error> {
        if leads.height() == 0 {
            return Ok(Vec::new());
        }
        let table = frame::lead_table(leads, self.schema())?;
        let (raw, strange, _) = match (events, &self.schema().events) {
            (Some(events), Some(_)) => self.read_events(events, &table)?,
            _ => (RawEvents::default(), None, None),
        };
        let mut unseen = self.plan().unseen(self.schema(), &table, &raw);
        unseen.extend(strange);
        Ok(unseen)
    }

    /// The leads of a table and their scores, on `threads` threads.
    pub(crate) fn score_leads(
        &self,
        leads: &DataFrame,
        events: Option<&DataFrame>,
        history: Option<&DataFrame>,
        as_of: &AsOf,
        explain: usize,
        threads: Option<usize>,
    ) -> Result<(LeadTable, ScoreTable), Error> {
        if leads.height() == 0 {
            // A batch job on a day without new leads.
            let nobody = LeadTable::default();
            let scores = self.score_rows(&nobody, &EventTable::default(), &[], explain, threads)?;
            return Ok((nobody, scores));
        }
        let absent = events.map_or_else(Vec::new, |events| self.absent_event_columns(events));
        if !absent.is_empty() {
            let (table, as_of, _) = self.read_leads(leads, history, as_of)?;
            let missing = self.missing_columns(&table).into_iter().chain(absent.into_iter().map(of_events)).collect();
            let scores = self.mismatch(&table, &as_of, explain, missing);
            return Ok((table, scores));
        }
        let asked = self.read(leads, events, history, as_of)?;
        let events = self.plan().lead_events(&asked.events, &asked.leads);
        let mut scores = self.score_coded(&asked.leads, &events, &asked.as_of, explain, threads)?;
        scores.unseen = self.plan().unseen(self.schema(), &asked.leads, &asked.events);
        scores.unseen.extend(asked.strange);
        scores.notes.extend(asked.without_lead);
        scores.notes.extend(asked.of_history);
        Ok((asked.leads, scores))
    }

    /// Scores as a table.
    pub(crate) fn score_frame(&self, leads: &DataFrame, scores: &ScoreTable, reasons: Reasons) -> PolarsResult<DataFrame> {
        let ids = match self.schema().lead_id.as_deref().and_then(|name| leads.column(name).ok()) {
            Some(column) => column.clone().with_name("lead_id".into()),
            None => Series::new("lead_id".into(), (0..leads.height() as u64).collect::<Vec<u64>>()).into_column(),
        };
        score_frame(ids, scores, reasons)
    }

    /// The columns that the model reads and the table of leads lacks; where there are any, every score is `schema_mismatch`.
    #[must_use]
    pub fn absent_columns(&self, leads: &DataFrame) -> Vec<String> {
        let created_at = self.schema().created_at.iter().filter(|_| self.plan().needs_created_at());
        let account = self.schema().account.iter().filter(|_| self.plan().needs_account());
        let roles = created_at.chain(account).map(String::as_str);
        let needed = self.plan().columns().chain(roles);
        needed.filter(|name| leads.column(name).is_err()).map(str::to_owned).collect()
    }

    /// The columns that the schema names and the table of events lacks; where there are any, every score is `schema_mismatch`.
    #[must_use]
    pub fn absent_event_columns(&self, events: &DataFrame) -> Vec<String> {
        let named = self.schema().events.iter().flat_map(EventColumns::names);
        named.filter(|name| events.column(name).is_err()).map(str::to_owned).collect()
    }

    /// The feature matrix of a table: `lead_id`, `as_of`, then a column a feature; categories as words.
    ///
    /// # Errors
    /// [`Error`] naming table, column and row of what cannot be read, and [`SchemaError::MissingColumn`](crate::SchemaError::MissingColumn) for a column that the model reads and the table lacks.
    pub fn features(&self, leads: &DataFrame, events: Option<&DataFrame>, as_of: &AsOf) -> Result<DataFrame, Error> {
        self.features_known(leads, events, None, as_of)
    }

    /// As [`Model::features`], with the history of attributes: each lead is seen with the values known at its moment.
    ///
    /// # Errors
    /// As [`Model::features`], and for a history that cannot be read.
    pub fn features_known(
        &self,
        leads: &DataFrame,
        events: Option<&DataFrame>,
        history: Option<&DataFrame>,
        as_of: &AsOf,
    ) -> Result<DataFrame, Error> {
        Ok(self.features_and_notes(leads, events, history, as_of)?.0)
    }

    /// As [`Model::features_known`], with what is odd about the leads, such as that some were created later than their moment, about the events, such as that none is
    /// of these leads, and about the history, such as that none is given to a model that learned from one, and the tables are of later.
    ///
    /// # Errors
    /// As [`Model::features_known`].
    pub fn features_and_notes(
        &self,
        leads: &DataFrame,
        events: Option<&DataFrame>,
        history: Option<&DataFrame>,
        as_of: &AsOf,
    ) -> Result<(DataFrame, Vec<ScoreNote>), Error> {
        self.refuse_absent_columns(leads)?;
        if let Some(events) = events.filter(|events| events.height() > EVENTS_AT_ONCE && !self.plan().needs_account()) {
            return self.features_in_blocks(leads, events, history, as_of, EVENTS_IN_BLOCK);
        }
        let asked = self.read(leads, events, history, as_of)?;
        let prepared = self.plan().prepare_table(&asked.leads)?;
        let columns = self.plan().lead_columns(&asked.leads, &prepared, &asked.events, &asked.as_of, None);
        let matrix = frame::columns_frame(self.plan().features(), asked.leads.len(), columns, &asked.leads.ids, Some(&asked.as_of))?;
        let later = ScoreNote::any_created_later(self, &asked.leads, &asked.as_of);
        Ok((matrix, ScoreNote::of_features(later, asked.strange, asked.without_lead, asked.of_history)))
    }

    /// [`Model::features_and_notes`] of events that are read block by block, twice or three times, and are never held all at once. The same bits.
    fn features_in_blocks(
        &self,
        leads: &DataFrame,
        events: &DataFrame,
        history: Option<&DataFrame>,
        as_of: &AsOf,
        rows_at_once: usize,
    ) -> Result<(DataFrame, Vec<ScoreNote>), Error> {
        let (leads, as_of, of_history) = self.read_leads(leads, history, as_of)?;
        let prepared = self.plan().prepare_table(&leads)?;
        let rows = EventRows::join(events, self.event_columns()?, self.schema().time_zone.as_deref(), &leads)?;
        let unseen_history = self.unseen_history(history);
        let newest = AtomicI64::new(newest_of(&leads.created_at));
        let blocks = EventBlocks {
            plan: self.plan(),
            leads: rows.leads(),
            has_recorded_at: rows.has_recorded_at(),
            rows_at_once,
            read: &|block| {
                rows.read(block).inspect(|read| {
                    if !unseen_history.is_empty() {
                        newest.fetch_max(newest_of(&read.at), Ordering::Relaxed);
                    }
                })
            },
            failure: Mutex::default(),
        };
        let columns = self.plan().lead_columns_in_blocks(&leads, &prepared, &blocks, &as_of, None)?;
        let (strange, without_lead) = self.of_no_lead(rows.report());
        let without_history = ScoreNote::without_history(unseen_history, &as_of, || newest.into_inner());
        let later = ScoreNote::any_created_later(self, &leads, &as_of);
        let notes = ScoreNote::of_features(later, strange, without_lead, of_history.into_iter().chain(without_history));
        Ok((frame::columns_frame(self.plan().features(), leads.len(), columns, &leads.ids, Some(&as_of))?, notes))
    }

    /// Refuses leads that lack a column which the model reads.
    pub(super) fn refuse_absent_columns(&self, leads: &DataFrame) -> Result<(), Error> {
        self.absent_columns(leads).first().map_or(Ok(()), |column| Err(missing("leads", leads, column)))
    }

    pub(super) fn read(
        &self,
        leads: &DataFrame,
        events: Option<&DataFrame>,
        history: Option<&DataFrame>,
        as_of: &AsOf,
    ) -> Result<Asked, Error> {
        let (leads, as_of, of_history) = self.read_leads(leads, history, as_of)?;
        let (events, strange, without_lead) = match events {
            Some(events) => self.read_events(events, &leads)?,
            None if self.plan().needs_events() => {
                let message =
                    "the model reads events, and none are given; give the table of events, an empty one when nothing has happened"
                        .to_owned();
                return Err(Error::Config { message });
            }
            None => (RawEvents::default(), None, None),
        };
        let created_at = self.created_at_column().to_owned();
        let mut asked = Asked { leads, events, as_of, created_at, strange, without_lead, of_history };
        let without_history = ScoreNote::without_history(self.unseen_history(history), &asked.as_of, || asked.newest());
        asked.of_history.extend(without_history);
        Ok(asked)
    }

    /// The attributes that the model learned from their history, where none is given.
    pub(super) fn unseen_history(&self, history: Option<&DataFrame>) -> Vec<String> {
        if history.is_none() { self.reads_from_history() } else { Vec::new() }
    }

    /// The events of the leads; a word when there are events and all are of others, for then the identifiers hardly come from one system; a note when some have
    /// no identifier.
    fn read_events(&self, events: &DataFrame, leads: &LeadTable) -> Result<(RawEvents, Option<Unseen>, Option<ScoreNote>), Error> {
        let columns = self.event_columns()?;
        let (raw, report) = frame::raw_events(events, columns, self.schema().time_zone.as_deref(), leads)?;
        let (strange, without_lead) = self.of_no_lead(&report);
        Ok((raw, strange, without_lead))
    }

    /// A word when there are events and none is of the leads; a note when some have no identifier.
    pub(crate) fn of_no_lead(&self, report: &EventReport) -> (Option<Unseen>, Option<ScoreNote>) {
        let Some(EventColumns { lead_id, .. }) = &self.schema().events else { return (None, None) };
        // Where none has an identifier, the note of that says it all.
        let none = report.unknown_rows == report.rows && report.without_lead < report.rows;
        let strange = none.then(|| Unseen::no_event_of_a_lead(lead_id, report.rows, report.examples.clone()));
        (strange, ScoreNote::events_without_lead(lead_id, report.without_lead, report.rows))
    }

    /// The leads of a table with the attributes known at their moments, those moments, and what is odd about the history.
    pub(super) fn read_leads(
        &self,
        leads: &DataFrame,
        history: Option<&DataFrame>,
        as_of: &AsOf,
    ) -> Result<(LeadTable, Vec<i64>, Vec<ScoreNote>), Error> {
        let table = frame::lead_table(leads, self.schema())?;
        let as_of = as_of.moments(leads, self.schema().time_zone.as_deref())?;
        let Some(history) = history else { return Ok((table, as_of, Vec::new())) };
        let (history, report) = frame::history_of(history, self.schema(), &table, &self.reads_from_history())?;
        Ok((table.as_known(&history, &as_of), as_of, report.warnings_of_a_model().into_iter().map(ScoreNote::History).collect()))
    }

    /// What the columns of events mean to the model.
    pub(super) fn event_columns(&self) -> Result<&EventColumns, Error> {
        self.schema().events.as_ref().ok_or_else(|| {
            let message = "events are given, but the model was trained without events; leave them out, or train with them".to_owned();
            Error::Config { message }
        })
    }
}

/// The newest of some moments; the earliest that there can be when there are none.
pub(super) fn newest_of(moments: &[i64]) -> i64 {
    moments.iter().copied().max().unwrap_or(i64::MIN)
}

/// How a column of events is called beside those of leads.
pub(super) fn of_events(column: String) -> String {
    format!("events.{column}")
}

/// A table of leads, called so, has no column `name`.
pub(super) fn missing(table: &'static str, leads: &DataFrame, name: &str) -> Error {
    let available: Vec<&str> = leads.get_column_names().into_iter().map(PlSmallStr::as_str).collect();
    missing_column(table, name, &available).into()
}

fn score_frame(ids: Column, scores: &ScoreTable, reasons: Reasons) -> PolarsResult<DataFrame> {
    let n = scores.len();
    let known = |values: &[f64]| -> Vec<Option<f64>> { values.iter().map(|v| (!v.is_nan()).then_some(*v)).collect() };
    let grades: Vec<Option<&str>> = (0..n).map(|row| scores.grade(row)).collect();
    let ranks: Vec<Option<u64>> = scores.rank.iter().zip(&scores.probability).map(|(rank, p)| (!p.is_nan()).then_some(*rank)).collect();
    let statuses: Vec<&str> = scores.status.iter().map(|status| status.as_str()).collect();
    let versions = vec![&*scores.model_version; n];
    let mut columns: Vec<Column> = vec![
        ids,
        Series::new("probability".into(), known(&scores.probability)).into(),
        Series::new("log_odds".into(), known(&scores.log_odds)).into(),
        Series::new("score".into(), known(&scores.score)).into(),
        Series::new("grade".into(), grades).into(),
        Series::new("rank".into(), ranks).into(),
        Series::new("status".into(), statuses).into(),
    ];
    match reasons {
        Reasons::Absent => {}
        Reasons::List => columns.push(reason_column(scores).into()),
        Reasons::Text => {
            let texts =
                scores.reasons.iter().map(|reasons| reasons.iter().map(|reason| reason.text.as_str()).collect::<Vec<_>>().join("; "));
            columns.push(Series::new("reasons".into(), texts.collect::<Vec<String>>()).into());
        }
    }
    columns.push(Series::new("model_version".into(), versions).into());
    let micros = Series::new("as_of".into(), &scores.as_of);
    columns.push(micros.cast(&DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)))?.into());
    DataFrame::new(n, columns)
}

/// A report of words that a model does not know by name as a table, one row a column: `table`, `column`, `rows`, `leads`, `share`, `usual_share`, `examples`
/// (`"biotech" (9), "space" (3)`).
///
/// # Errors
/// [`FrameError`] when memory runs out.
pub fn unseen_frame(unseen: &[Unseen]) -> Result<DataFrame, FrameError> {
    let text = |of: fn(&Unseen) -> String| unseen.iter().map(of).collect::<Vec<String>>();
    let count = |of: fn(&Unseen) -> usize| unseen.iter().map(|unseen| of(unseen) as u64).collect::<Vec<u64>>();
    let examples = |unseen: &Unseen| {
        let words: Vec<String> = unseen.examples.iter().map(|(word, rows)| format!("\"{word}\" ({rows})")).collect();
        words.join(", ")
    };
    let columns: Vec<Column> = vec![
        Series::new("table".into(), text(|unseen| unseen.table.to_owned())).into(),
        Series::new("column".into(), text(|unseen| unseen.column.clone())).into(),
        Series::new("rows".into(), count(|unseen| unseen.rows)).into(),
        Series::new("leads".into(), count(|unseen| unseen.leads)).into(),
        Series::new("share".into(), unseen.iter().map(|unseen| unseen.share).collect::<Vec<f64>>()).into(),
        Series::new("usual_share".into(), unseen.iter().map(|unseen| unseen.usual).collect::<Vec<Option<f64>>>()).into(),
        Series::new("examples".into(), unseen.iter().map(examples).collect::<Vec<String>>()).into(),
    ];
    Ok(DataFrame::new(unseen.len(), columns)?)
}

/// Per lead the list of its reasons' sentences.
fn reason_column(scores: &ScoreTable) -> Series {
    let mut builder = polars::prelude::ListStringChunkedBuilder::new(PlSmallStr::from_static("reasons"), scores.len(), 4 * scores.len());
    for reasons in &scores.reasons {
        builder.append_values_iter(reasons.iter().map(|reason| reason.text.as_str()));
    }
    builder.finish().into_series()
}

#[cfg(all(test, feature = "train"))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use polars::prelude::{DataFrame, NamedFrom, Series};

    use super::*;
    use crate::datasets::{LeadsDataset, MakeLeads};
    use crate::models::logistic::LogisticParams;
    use crate::{Algorithm, Trainer};

    #[test]
    fn features_of_events_read_in_blocks_have_the_bits_of_those_read_at_once() {
        let made = MakeLeads::new(1500).seed(4).make().frames().unwrap();
        let model = Trainer::new().algorithm(Algorithm::Logistic(LogisticParams::default().l2(10.0)));
        let model = model.train(&made.leads, Some(&made.events), Some(&made.outcomes)).unwrap();
        let as_of = AsOf::At(LeadsDataset::end());
        // Every third lead is not asked about, and its events belong to none.
        let some: Vec<bool> = (0..made.leads.height()).map(|row| row % 3 > 0).collect();
        let some = made.leads.filter(Series::new("some".into(), some).bool().unwrap()).unwrap();
        let sorted = made.events.sort(["lead_id"], Default::default()).unwrap();
        for (leads, events) in [(&made.leads, &made.events), (&some, &made.events), (&made.leads, &sorted)] {
            let whole = model.features(leads, Some(events), &as_of).unwrap();
            for rows in [1 << 20, 1000, 97] {
                let found = model.features_in_blocks(leads, events, None, &as_of, rows).unwrap().0;
                assert!(found.equals_missing(&whole), "{rows} at once");
            }
        }
    }

    #[test]
    fn what_is_wrong_in_a_block_is_named_with_its_row_in_the_table() {
        let made = MakeLeads::new(1200).seed(4).make().frames().unwrap();
        let model = Trainer::new().algorithm(Algorithm::Logistic(LogisticParams::default().l2(10.0)));
        let model = model.train(&made.leads, Some(&made.events), Some(&made.outcomes)).unwrap();
        let as_of = AsOf::At(LeadsDataset::end());
        let told = |events: &DataFrame| {
            let in_blocks = model.features_in_blocks(&made.leads, events, None, &as_of, 100).unwrap_err().to_string();
            assert_eq!(in_blocks, model.features(&made.leads, Some(events), &as_of).unwrap_err().to_string());
            in_blocks
        };
        let mut kinds: Vec<Option<&str>> = made.events.column("kind").unwrap().str().unwrap().iter().collect();
        (kinds[777], kinds[1250]) = (None, None);
        let mut broken = made.events.clone();
        broken.with_column(Series::new("kind".into(), kinds).into()).unwrap();
        assert!(told(&broken).contains("events.kind, row 777"));
        assert!(told(&made.events.drop("at").unwrap()).contains("\"at\""));
    }
}
