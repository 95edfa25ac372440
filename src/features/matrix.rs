//! The kernel over many rows, on several threads.

use std::num::NonZero;
use std::sync::{Mutex, PoisonError};

use super::coding::Coder;
#[cfg(feature = "frame")]
use super::coding::EventBlocks;
use super::lead_order::LeadOrder;
use super::{EventTable, FeatureMatrix, FeaturePlan, History, LeadTable, PreparedLeads, RawEvents, Scratch};

/// Rows that a thread takes at a time: enough to make taking them cheap, few enough to share them fairly.
const ROWS_AT_ONCE: usize = 256;

/// Takes the first `n` places of a column.
fn split_off<'c>(column: &mut &'c mut [f32], n: usize) -> &'c mut [f32] {
    let (places, others) = std::mem::take(column).split_at_mut(n);
    *column = others;
    places
}

impl FeaturePlan {
    /// The features of all leads, each as of its moment (microseconds since 1970-01-01 UTC), from the events of a source: one row a lead,
    /// in the order of the leads.
    ///
    /// The same bits as [`FeaturePlan::matrix`] of [`FeaturePlan::code_events`], without the table of ordered events in between: leads are
    /// taken in chunks, and the events of a chunk are ordered and read while they are in the cache. Beside the source and the result it
    /// takes about 9 bytes an event, 8 a lead, and 4 a lead and thread. A plan that reads the events of the account's
    /// other leads needs that table, and takes it.
    ///
    /// `threads`: how many to use, `None` for all processors; the values are the same to the bit for any number. A lead without a moment
    /// (`as_of` is shorter than the leads) is seen as of the beginning of time.
    #[must_use]
    pub fn lead_matrix(
        &self,
        leads: &LeadTable,
        prepared: &PreparedLeads,
        raw: &RawEvents,
        as_of: &[i64],
        threads: Option<usize>,
    ) -> FeatureMatrix {
        let (width, n_leads) = (self.features().len(), leads.len());
        if self.program.needs_account && leads.account.is_some() {
            let moment = |lead: u32| as_of.get(lead as usize).copied().unwrap_or(i64::MIN);
            let rows: Vec<(u32, i64)> = (0..n_leads as u32).map(|lead| (lead, moment(lead))).collect();
            return self.matrix(leads, prepared, &self.lead_events(raw, leads), &rows, threads);
        }
        let mut values = vec![0.0; width * n_leads];
        let coder = Coder::new(self, raw);
        let order = LeadOrder::new(&coder, n_leads, threads);
        let mut rest = &mut values[..];
        let rows_of_chunk = |chunk: std::ops::Range<usize>| {
            let (rows, others) = std::mem::take(&mut rest).split_at_mut(chunk.len() * width);
            rest = others;
            (chunk.start, rows)
        };
        order.visit(order.chunks().map(rows_of_chunk), |lead, events, (first, rows), scratch| {
            let row = &mut rows[(lead - *first) * width..(lead - *first + 1) * width];
            let as_of = as_of.get(lead).copied().unwrap_or(i64::MIN);
            self.row(prepared.row(lead), leads.created(lead), &History::EMPTY, events, as_of, scratch, row);
        });
        FeatureMatrix { features: self.features().to_vec(), values, n_rows: n_leads }
    }

    /// [`FeaturePlan::lead_matrix`] column by column: per feature the values of all leads. The values of a chunk's leads are written to all columns while they
    /// are in the cache, so that a table that wants columns need not turn a matrix over.
    #[must_use]
    pub fn lead_columns(
        &self,
        leads: &LeadTable,
        prepared: &PreparedLeads,
        raw: &RawEvents,
        as_of: &[i64],
        threads: Option<usize>,
    ) -> Vec<Vec<f32>> {
        if self.program.needs_account && leads.account.is_some() {
            return self.lead_matrix(leads, prepared, raw, as_of, threads).columns();
        }
        let coder = Coder::new(self, raw);
        self.ordered_columns(leads, prepared, &LeadOrder::new(&coder, leads.len(), threads), as_of)
    }

    /// [`FeaturePlan::lead_columns`] of events that are read block by block, some of the leads at a time: beside the blocks it takes 9 bytes an event. A plan
    /// that reads the events of the account's other leads needs them all at once.
    #[cfg(feature = "frame")]
    pub(crate) fn lead_columns_in_blocks<E: Send>(
        &self,
        leads: &LeadTable,
        prepared: &PreparedLeads,
        blocks: &EventBlocks<'_, E>,
        as_of: &[i64],
        threads: Option<usize>,
    ) -> Result<Vec<Vec<f32>>, E> {
        let columns = self.ordered_columns(leads, prepared, &LeadOrder::new(blocks, leads.len(), threads), as_of);
        let failure = blocks.failure.lock().unwrap_or_else(PoisonError::into_inner).take();
        failure.map_or(Ok(columns), |(_, error)| Err(error))
    }

    fn ordered_columns(&self, leads: &LeadTable, prepared: &PreparedLeads, order: &LeadOrder<'_>, as_of: &[i64]) -> Vec<Vec<f32>> {
        let (width, n_leads) = (self.features().len(), leads.len());
        // One by one: a vector of zeros is memory that nobody has touched yet, its copies would all be written here, by one thread.
        let mut columns: Vec<Vec<f32>> = (0..width).map(|_| vec![0.0; n_leads]).collect();
        let mut rest: Vec<&mut [f32]> = columns.iter_mut().map(Vec::as_mut_slice).collect();
        let places_of_chunk =
            |chunk: std::ops::Range<usize>| (chunk.start, rest.iter_mut().map(|column| split_off(column, chunk.len())).collect::<Vec<_>>());
        order.visit(order.chunks().map(places_of_chunk), |lead, events, (first, columns), (scratch, row): &mut (Scratch, Vec<f32>)| {
            row.resize(width, 0.0);
            let as_of = as_of.get(lead).copied().unwrap_or(i64::MIN);
            self.row(prepared.row(lead), leads.created(lead), &History::EMPTY, events, as_of, scratch, row);
            for (column, value) in columns.iter_mut().zip(&*row) {
                column[lead - *first] = *value;
            }
        });
        columns
    }

    /// The features of many leads, each as of a moment: one row of the result per `(lead row, as_of in microseconds)` of `rows`.
    ///
    /// `prepared` and `events` are those that this plan made of the same leads. `threads`: how many to use, `None` for all
    /// processors; the values are the same to the bit for any number.
    #[must_use]
    pub fn matrix(
        &self,
        leads: &LeadTable,
        prepared: &PreparedLeads,
        events: &EventTable,
        rows: &[(u32, i64)],
        threads: Option<usize>,
    ) -> FeatureMatrix {
        let width = self.features().len();
        let mut values = vec![f32::NAN; width * rows.len()];
        if width > 0 {
            let n_chunks = rows.len().div_ceil(ROWS_AT_ONCE);
            let available = || std::thread::available_parallelism().map_or(1, NonZero::get);
            let n_threads = threads.unwrap_or_else(available).clamp(1, n_chunks.max(1));
            let made = if events.accounts.is_none() { self.account_events(leads, events) } else { None };
            let accounts = events.accounts.as_ref().or(made.as_ref());
            let chunks = Mutex::new(rows.chunks(ROWS_AT_ONCE).zip(values.chunks_mut(ROWS_AT_ONCE * width)));
            let work = || {
                let mut scratch = Scratch::default();
                loop {
                    // A thread cannot fail while it holds the lock, so a poisoned one is as good as new.
                    let Some((rows, values)) = chunks.lock().unwrap_or_else(PoisonError::into_inner).next() else { break };
                    for (&(lead, as_of), out) in rows.iter().zip(values.chunks_exact_mut(width)) {
                        let lead = lead as usize;
                        let (created, account) = (leads.created(lead), accounts.and_then(|accounts| accounts.others(lead)));
                        let (prepared, own) = (prepared.row(lead), events.lead(lead));
                        self.row_with_account(prepared, created, &History::EMPTY, own, account, as_of, &mut scratch, out);
                    }
                }
            };
            std::thread::scope(|scope| {
                for _ in 1..n_threads {
                    scope.spawn(work);
                }
                work();
            });
        }
        FeatureMatrix { features: self.features().to_vec(), values, n_rows: rows.len() }
    }
}
