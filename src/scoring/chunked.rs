//! Scores and features of leads whose events are too many for memory: chunk after chunk of the leads, each with the bits of the whole.

use polars::prelude::DataFrame;

use super::ScoreTable;
use super::batch::ranks;
use super::tables::Reasons;
use crate::features::{FeatureMatrix, LeadTable, RawEvents, Unseen};
use crate::frame::{self, EventFile, FrameError};
use crate::schema::EventColumns;
use crate::{AsOf, Error, Model};

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
        let (_, scores) = self.score_leads_of_file(leads, events, history, as_of, explain, None)?;
        let reasons = if explain > 0 { Reasons::List } else { Reasons::Absent };
        let frame = self.score_frame(leads, &scores, reasons).map_err(FrameError::from)?;
        Ok((frame, scores.unseen))
    }

    /// As [`Model::unseen`], of events in a Parquet file that is read row group by row group; examples are the most common ones of each chunk.
    ///
    /// # Errors
    /// [`Error`] naming table, column and row of what cannot be read.
    pub fn unseen_of_file(&self, leads: &DataFrame, events: &EventFile) -> Result<Vec<Unseen>, Error> {
        if leads.height() == 0 {
            return Ok(Vec::new());
        }
        let (table, as_of) = self.read_leads(leads, None, &AsOf::Now)?;
        let mut parts = Vec::new();
        self.each_chunk(&table, events, &as_of, |_, part, events, _| {
            parts.extend(self.plan().unseen(self.schema(), part, &events));
            Ok(())
        })?;
        Ok(Unseen::together(parts.iter(), table.len()))
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
        self.refuse_absent_columns(leads)?;
        let (table, as_of) = self.read_leads(leads, history, as_of)?;
        let width = self.plan().features().len();
        let mut matrix =
            FeatureMatrix { features: self.plan().features().to_vec(), values: vec![0.0; width * table.len()], n_rows: table.len() };
        self.each_chunk(&table, events, &as_of, |rows, part, events, as_of| {
            let of_chunk = self.plan().lead_matrix(part, &self.plan().prepare_table(part)?, &events, as_of, None);
            for (&row, values) in rows.iter().zip(of_chunk.values.chunks_exact(width.max(1))) {
                matrix.values[row as usize * width..(row as usize + 1) * width].copy_from_slice(values);
            }
            Ok(())
        })?;
        Ok(frame::matrix_frame(&matrix, &table.ids, Some(&as_of))?)
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
        let (table, as_of) = self.read_leads(leads, history, as_of)?;
        let (mut parts, mut n_events) = (Vec::new(), 0);
        self.each_chunk(&table, events, &as_of, |rows, part, events, as_of| {
            n_events += events.len();
            let mut scores = self.score_rows(part, &self.plan().lead_events(&events, part), as_of, explain, threads)?;
            scores.unseen = self.plan().unseen(self.schema(), part, &events);
            parts.push((rows.to_vec(), scores));
            Ok(())
        })?;
        let mut scores = ScoreTable::together(&parts, table.len());
        if n_events == 0 && events.rows() > 0 {
            scores.unseen.push(Unseen::no_event_of_a_lead(&self.event_columns()?.lead_id, events.rows(), Vec::new()));
        }
        Ok((table, scores))
    }

    /// Calls `work` with the rows of each chunk of leads, the leads, their events and their moments.
    fn each_chunk(
        &self,
        table: &LeadTable,
        events: &EventFile,
        as_of: &[i64],
        mut work: impl FnMut(&[u32], &LeadTable, RawEvents, &[i64]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let columns: &EventColumns = self.event_columns()?;
        // The events of a lead's account are those of other leads of the chunk, so accounts are not cut apart.
        let account = |row: u32| {
            let code = table.account.as_ref().filter(|_| self.plan().needs_account()).and_then(|column| column.codes.get(row as usize));
            code.copied().filter(|&code| code != u32::MAX)
        };
        let mut order: Vec<u32> = (0..table.len() as u32).collect();
        order.sort_by_key(|&row| account(row));
        let together = |a: u32, b: u32| account(a).is_some() && account(a) == account(b);
        for chunk in events.chunks(columns, table, &order, together)? {
            let part = table.take(&chunk.leads);
            let raw = events.read(columns, self.schema().time_zone.as_deref(), &chunk, &part)?;
            let moments: Vec<i64> = chunk.leads.iter().map(|&row| as_of[row as usize]).collect();
            work(&chunk.leads, &part, raw, &moments)?;
        }
        Ok(())
    }
}

impl ScoreTable {
    /// The scores of `n` leads, put together of the scores of some rows each; ranked among all.
    fn together(parts: &[(Vec<u32>, Self)], n: usize) -> Self {
        fn fill<T: Clone>(parts: &[(Vec<u32>, ScoreTable)], n: usize, column: impl Fn(&ScoreTable) -> &[T]) -> Vec<T> {
            let mut places: Vec<(u32, &T)> = parts.iter().flat_map(|(rows, part)| rows.iter().copied().zip(column(part))).collect();
            places.sort_unstable_by_key(|(row, _)| *row);
            let mut filled = Vec::with_capacity(n);
            filled.extend(places.into_iter().map(|(_, value)| value.clone()));
            filled
        }
        let probability = fill(parts, n, |part| &part.probability);
        let first = parts.first().map(|(_, part)| part);
        Self {
            log_odds: fill(parts, n, |part| &part.log_odds),
            score: fill(parts, n, |part| &part.score),
            grade: fill(parts, n, |part| &part.grade),
            grades: first.map(|part| part.grades.clone()).unwrap_or_default(),
            rank: ranks(&probability),
            status: fill(parts, n, |part| &part.status),
            reasons: fill(parts, n, |part| &part.reasons),
            missing_columns: first.map(|part| part.missing_columns.clone()).unwrap_or_default(),
            model_version: first.map(|part| part.model_version.clone()).unwrap_or_else(|| "".into()),
            as_of: fill(parts, n, |part| &part.as_of),
            unseen: Unseen::together(parts.iter().flat_map(|(_, part)| &part.unseen), n),
            probability,
        }
    }
}
