//! Scores and features of leads whose events are too many for memory: chunk after chunk of the leads, each with the bits of the whole.

use polars::prelude::DataFrame;

use super::batch::ranks;
use super::tables::{Reasons, newest_of, of_events};
use super::{ScoreNote, ScoreTable};
use crate::features::{LeadTable, RawEvents, Unseen};
use crate::frame::{self, EventFile, EventReport, FrameError};
use crate::schema::EventColumns;
use crate::{AsOf, Error, Model};

/// What the events of a file are like when all were read.
struct Read {
    /// Said when the file holds events, and none of these leads.
    strange: Option<Unseen>,
    /// Said when it holds events without a lead.
    without_lead: Option<ScoreNote>,
    /// Said when the model learned from a history and none is given.
    without_history: Option<ScoreNote>,
}

impl Model {
    /// As [`Model::score_known`], of events in a Parquet file that is read row group by row group; the scores are the same to the bit.
    ///
    /// # Errors
    /// As [`Model::score`], and for a file that cannot be read. Rows are counted from the begin of the file.
    pub fn score_file(
        &self,
        leads: &DataFrame,
        events: &EventFile,
        history: Option<&DataFrame>,
        as_of: &AsOf,
        explain: usize,
    ) -> Result<DataFrame, Error> {
        Ok(self.score_file_and_unseen(leads, events, history, as_of, explain)?.0)
    }

    /// As [`Model::score_file`], with the columns in which leads and events have words that the model does not know by name. Their examples are the most
    /// common ones of each chunk.
    ///
    /// # Errors
    /// As [`Model::score_file`].
    pub fn score_file_and_unseen(
        &self,
        leads: &DataFrame,
        events: &EventFile,
        history: Option<&DataFrame>,
        as_of: &AsOf,
        explain: usize,
    ) -> Result<(DataFrame, Vec<Unseen>), Error> {
        let (frame, unseen, _) = self.score_file_and_notes(leads, events, history, as_of, explain)?;
        Ok((frame, unseen))
    }

    /// As [`Model::score_file_and_unseen`], with what else is odd about leads and events.
    ///
    /// # Errors
    /// As [`Model::score_file`].
    pub fn score_file_and_notes(
        &self,
        leads: &DataFrame,
        events: &EventFile,
        history: Option<&DataFrame>,
        as_of: &AsOf,
        explain: usize,
    ) -> Result<(DataFrame, Vec<Unseen>, Vec<ScoreNote>), Error> {
        let (_, scores) = self.score_leads_of_file(leads, events, history, as_of, explain, None)?;
        let reasons = if explain > 0 { Reasons::List } else { Reasons::Absent };
        let frame = self.score_frame(leads, &scores, reasons).map_err(FrameError::from)?;
        Ok((frame, scores.unseen, scores.notes))
    }

    /// As [`Model::absent_event_columns`], of events in a Parquet file.
    ///
    /// # Errors
    /// [`Error`] for a file that cannot be read.
    pub fn absent_event_columns_of_file(&self, events: &EventFile) -> Result<Vec<String>, Error> {
        Ok(self.schema().events.as_ref().map_or_else(|| Ok(Vec::new()), |columns| events.lacking(columns))?)
    }

    /// As [`Model::unseen`], of events in a Parquet file that is read row group by row group; examples are the most common ones of each chunk.
    ///
    /// # Errors
    /// [`Error`] naming table, column and row of what cannot be read.
    pub fn unseen_of_file(&self, leads: &DataFrame, events: &EventFile) -> Result<Vec<Unseen>, Error> {
        if leads.height() == 0 {
            return Ok(Vec::new());
        }
        let (table, as_of, _) = self.read_leads(leads, None, &AsOf::Now)?;
        let mut parts = Vec::new();
        let Read { strange, .. } = self.each_chunk(&table, events, None, &as_of, |_, part, events, _| {
            parts.extend(self.plan().unseen(self.schema(), part, &events));
            Ok(())
        })?;
        let mut unseen = Unseen::together(parts.iter(), table.len());
        unseen.extend(strange);
        Ok(unseen)
    }

    /// As [`Model::features_known`], of events in a Parquet file that is read row group by row group; the values are the same to the bit.
    ///
    /// # Errors
    /// As [`Model::features`], and for a file that cannot be read. Rows are counted from the begin of the file.
    pub fn features_file(
        &self,
        leads: &DataFrame,
        events: &EventFile,
        history: Option<&DataFrame>,
        as_of: &AsOf,
    ) -> Result<DataFrame, Error> {
        Ok(self.features_file_and_notes(leads, events, history, as_of)?.0)
    }

    /// As [`Model::features_and_notes`], of events in a Parquet file that is read row group by row group; the values are the same to the bit.
    ///
    /// # Errors
    /// As [`Model::features_file`].
    pub fn features_file_and_notes(
        &self,
        leads: &DataFrame,
        events: &EventFile,
        history: Option<&DataFrame>,
        as_of: &AsOf,
    ) -> Result<(DataFrame, Vec<ScoreNote>), Error> {
        self.refuse_absent_columns(leads)?;
        let (table, as_of, of_history) = self.read_leads(leads, history, as_of)?;
        let features = self.plan().features();
        let mut columns = vec![vec![0.0; table.len()]; features.len()];
        let Read { strange, without_lead, without_history } =
            self.each_chunk(&table, events, history, &as_of, |rows, part, events, as_of| {
                let of_chunk = self.plan().lead_columns(part, &self.plan().prepare_table(part)?, &events, as_of, None);
                for (column, values) in columns.iter_mut().zip(of_chunk) {
                    rows.iter().zip(values).for_each(|(&row, value)| column[row as usize] = value);
                }
                Ok(())
            })?;
        let later = ScoreNote::any_created_later(self, &table, &as_of);
        let notes = ScoreNote::of_features(later, strange, without_lead, of_history.into_iter().chain(without_history));
        Ok((frame::columns_frame(features, table.len(), columns, &table.ids, Some(&as_of))?, notes))
    }

    /// The leads of a table and their scores, on `threads` threads.
    pub(crate) fn score_leads_of_file(
        &self,
        leads: &DataFrame,
        events: &EventFile,
        history: Option<&DataFrame>,
        as_of: &AsOf,
        explain: usize,
        threads: Option<usize>,
    ) -> Result<(LeadTable, ScoreTable), Error> {
        if leads.height() == 0 {
            return self.score_leads(leads, None, history, as_of, explain, threads);
        }
        let (table, as_of, of_history) = self.read_leads(leads, history, as_of)?;
        self.event_columns()?;
        let absent = self.absent_event_columns_of_file(events)?;
        if !absent.is_empty() {
            let missing = self.missing_columns(&table).into_iter().chain(absent.into_iter().map(of_events)).collect();
            let scores = self.mismatch(&table, &as_of, explain, missing);
            return Ok((table, scores));
        }
        let mut parts = Vec::new();
        let Read { strange, without_lead, without_history } =
            self.each_chunk(&table, events, history, &as_of, |rows, part, events, as_of| {
                let mut scores = self.score_coded(part, &self.plan().lead_events(&events, part), as_of, explain, threads)?;
                scores.unseen = self.plan().unseen(self.schema(), part, &events);
                parts.push((rows.to_vec(), scores));
                Ok(())
            })?;
        let mut scores = ScoreTable::together(&parts, table.len());
        scores.unseen.extend(strange);
        let later = ScoreNote::any_created_later(self, &table, &as_of);
        scores.notes = later.into_iter().chain(without_lead).chain(of_history).chain(without_history).collect();
        Ok((table, scores))
    }

    /// Calls `work` with the rows of each chunk of leads, the leads, their events and their moments.
    fn each_chunk(
        &self,
        table: &LeadTable,
        events: &EventFile,
        history: Option<&DataFrame>,
        as_of: &[i64],
        mut work: impl FnMut(&[u32], &LeadTable, RawEvents, &[i64]) -> Result<(), Error>,
    ) -> Result<Read, Error> {
        let columns: &EventColumns = self.event_columns()?;
        // The events of a lead's account are those of other leads of the chunk, so accounts are not cut apart.
        let account = |row: u32| {
            let code = table.account.as_ref().filter(|_| self.plan().needs_account()).and_then(|column| column.codes.get(row as usize));
            code.copied().filter(|&code| code != u32::MAX)
        };
        let mut order: Vec<u32> = (0..table.len() as u32).collect();
        order.sort_by_key(|&row| account(row));
        let together = |a: u32, b: u32| account(a).is_some() && account(a) == account(b);
        let unseen_history = self.unseen_history(history);
        let (mut n_events, mut newest) = (0, newest_of(&table.created_at));
        let chunks = events.chunks(columns, table, &order, together)?;
        for chunk in chunks.all {
            let part = table.take(&chunk.leads);
            let raw = events.read(columns, self.schema().time_zone.as_deref(), &chunk, &part)?;
            n_events += raw.len();
            if !unseen_history.is_empty() {
                newest = newest.max(newest_of(&raw.at));
            }
            let moments: Vec<i64> = chunk.leads.iter().map(|&row| as_of[row as usize]).collect();
            work(&chunk.leads, &part, raw, &moments)?;
        }
        let rows = events.rows();
        let report =
            EventReport { rows, unknown_rows: rows.saturating_sub(n_events), without_lead: chunks.without_lead, ..EventReport::default() };
        let (strange, without_lead) = self.of_no_lead(&report);
        Ok(Read { strange, without_lead, without_history: ScoreNote::without_history(unseen_history, as_of, || newest) })
    }
}

impl ScoreTable {
    /// The scores of `n` leads, put together of the scores of some rows each; ranked among all, and without notes.
    fn together(parts: &[(Vec<u32>, Self)], n: usize) -> Self {
        // Where the row of each lead is: the part, and the place in it.
        let mut found = vec![(0, 0); n];
        for (part, (rows, _)) in parts.iter().enumerate() {
            rows.iter().enumerate().for_each(|(place, &row)| found[row as usize] = (part, place));
        }
        fn fill<T: Clone>(parts: &[(Vec<u32>, ScoreTable)], found: &[(usize, usize)], column: impl Fn(&ScoreTable) -> &[T]) -> Vec<T> {
            // No reasons were asked for, and there are none, in no part.
            found.iter().filter_map(|&(part, place)| column(&parts[part].1).get(place).cloned()).collect()
        }
        let probability = fill(parts, &found, |part| &part.probability);
        let first = parts.first().map(|(_, part)| part);
        Self {
            log_odds: fill(parts, &found, |part| &part.log_odds),
            score: fill(parts, &found, |part| &part.score),
            grade: fill(parts, &found, |part| &part.grade),
            grades: first.map(|part| part.grades.clone()).unwrap_or_default(),
            rank: ranks(&probability),
            status: fill(parts, &found, |part| &part.status),
            reasons: fill(parts, &found, |part| &part.reasons),
            missing_columns: first.map(|part| part.missing_columns.clone()).unwrap_or_default(),
            model_version: first.map(|part| part.model_version.clone()).unwrap_or_else(|| "".into()),
            as_of: fill(parts, &found, |part| &part.as_of),
            notes: Vec::new(),
            unseen: Unseen::together(parts.iter().flat_map(|(_, part)| &part.unseen), n),
            probability,
        }
    }
}
