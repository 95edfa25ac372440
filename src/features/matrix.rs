//! The kernel over many rows, on several threads.

use std::num::NonZero;
use std::sync::{Mutex, PoisonError};

use super::{EventTable, FeatureMatrix, FeaturePlan, History, LeadTable, PreparedLeads, Scratch};

/// Rows that a thread takes at a time: enough to make taking them cheap, few enough to share them fairly.
const ROWS_AT_ONCE: usize = 256;

impl FeaturePlan {
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
            let chunks = Mutex::new(rows.chunks(ROWS_AT_ONCE).zip(values.chunks_mut(ROWS_AT_ONCE * width)));
            let work = || {
                let mut scratch = Scratch::default();
                loop {
                    // A thread cannot fail while it holds the lock, so a poisoned one is as good as new.
                    let Some((rows, values)) = chunks.lock().unwrap_or_else(PoisonError::into_inner).next() else { break };
                    for (&(lead, as_of), out) in rows.iter().zip(values.chunks_exact_mut(width)) {
                        let lead = lead as usize;
                        let created = leads.created(lead);
                        self.row(prepared.row(lead), created, &History::EMPTY, events.lead(lead), as_of, &mut scratch, out);
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
