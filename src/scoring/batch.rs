//! The scores of a table of leads.

use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use super::moment::{self, Buffers, Moment, NO_GRADE, Scored};
use super::{Score, ScoreNote, ScoringError, Status};
use crate::error::Error;
use crate::explain::Reason;
use crate::features::{AccountTable, AttributeColumn, EventTable, History, LeadTable, PreparedLeads, RawEvents, Unseen};
use crate::model::Model;
use crate::time::Timestamp;

/// Below this many leads for each, another thread costs more than it saves.
const LEADS_PER_THREAD: usize = 256;

/// Leads that a thread scores at once: enough for the trees to take them in blocks, few enough for their features to stay in the processor's cache.
const LEADS_AT_ONCE: usize = 256;

/// The scores of a table of leads, column by column, row by row in the order of the leads.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ScoreTable {
    /// The probability that the lead is won within the model's horizon, 0 to 1; NaN when the table lacks a column that the model needs.
    pub probability: Vec<f64>,
    /// Their log-odds.
    pub log_odds: Vec<f64>,
    /// 100 x the share of the reference population with a lower probability, 0 to 100.
    pub score: Vec<f64>,
    /// Index of the grade in `grades`; 255 for none.
    pub grade: Vec<u8>,
    /// The names of the grades, best first.
    pub grades: Vec<Arc<str>>,
    /// The rank by probability, from 1 on; ties in the order of the leads, NaN last.
    pub rank: Vec<u64>,
    /// How much each score can be relied on.
    pub status: Vec<Status>,
    /// The reasons asked for, heaviest first; as many lists as leads, or no list when none were asked for.
    pub reasons: Vec<Vec<Reason>>,
    /// The columns that the model needs and the tables lack; those of events are written `events.at`.
    pub missing_columns: Vec<String>,
    /// The columns with words that the model does not know by name; those of events only when the scores were made of tables
    /// ([`Model::score`]), for coded events have no words any more.
    pub unseen: Vec<Unseen>,
    /// What else is odd about the leads and events; of events without a lead only when the scores were made of tables.
    pub notes: Vec<ScoreNote>,
    /// Which model said so.
    pub model_version: Arc<str>,
    /// The moments as of which the leads were looked at, microseconds since 1970-01-01 UTC.
    pub as_of: Vec<i64>,
}

impl ScoreTable {
    /// How many leads.
    #[must_use]
    pub fn len(&self) -> usize {
        self.probability.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.probability.is_empty()
    }

    /// The name of the grade of lead `row`; `None` when it has none.
    #[must_use]
    pub fn grade(&self, row: usize) -> Option<&str> {
        self.grades.get(usize::from(*self.grade.get(row)?)).map(|name| &**name)
    }

    /// The score of lead `row`, whose identifier is `lead_id`; `None` past the last.
    #[must_use]
    pub fn row(&self, row: usize, lead_id: &str) -> Option<Score> {
        let probability = *self.probability.get(row)?;
        Some(Score {
            lead_id: lead_id.to_owned(),
            probability,
            log_odds: *self.log_odds.get(row)?,
            score: *self.score.get(row)?,
            grade: self.grades.get(usize::from(*self.grade.get(row)?)).cloned().unwrap_or_default(),
            rank: self.rank.get(row).copied().filter(|_| !probability.is_nan()),
            status: *self.status.get(row)?,
            missing_columns: self.missing_columns.clone(),
            reasons: self.reasons.get(row).cloned().unwrap_or_default(),
            model_version: Arc::clone(&self.model_version),
            as_of: Timestamp::from_micros(*self.as_of.get(row)?).ok()?,
        })
    }
}

impl Model {
    /// Scores every lead of a table as of its moment (`as_of`, microseconds since 1970-01-01 UTC, one for each lead), with at most `explain` reasons each.
    ///
    /// `events` are coded by this model's plan ([`FeaturePlan::lead_events`](crate::FeaturePlan::lead_events)). `threads` is the number of threads, as many as the machine
    /// runs at once when `None`; it does not change a bit of the result, and every row has the bits that [`query`](Self::query) gives for the same lead.
    ///
    /// # Errors
    /// [`Error::Scoring`] when a column is of a type that the model cannot read, a number is not finite, `as_of` is not one for each lead, the columns of
    /// events do not fit each other, or a moment, a creation or an event lies outside 1970 to 2261. A column that the table lacks is no error but
    /// [`Status::SchemaMismatch`] in every row.
    pub fn score_rows(
        &self,
        leads: &LeadTable,
        events: &EventTable,
        as_of: &[i64],
        explain: usize,
        threads: Option<usize>,
    ) -> Result<ScoreTable, Error> {
        let unseen = self.plan().unseen(self.schema(), leads, &RawEvents::default());
        Ok(ScoreTable { unseen, ..self.score_coded(leads, events, as_of, explain, threads)? })
    }

    /// [`score_rows`](Self::score_rows) without a look at the words of the leads: for those who have the words of the events too.
    pub(super) fn score_coded(
        &self,
        leads: &LeadTable,
        events: &EventTable,
        as_of: &[i64],
        explain: usize,
        threads: Option<usize>,
    ) -> Result<ScoreTable, Error> {
        if as_of.len() != leads.len() {
            return Err(ScoringError::Moments { moments: as_of.len(), leads: leads.len() }.into());
        }
        check(events)?;
        in_range("as_of", as_of.iter().copied().enumerate())?;
        let created = leads.created_at.iter().copied().enumerate().filter(|&(_, t)| t != i64::MIN);
        in_range(self.created_at_column(), created)?;
        // Offsets ascend, so the lead of an event is the last one that begins at or before it.
        let lead = |event: usize| events.offsets.partition_point(|&start| start <= event).saturating_sub(1);
        in_range("the time of an event", events.at.iter().copied().enumerate()).map_err(|error| error.at_row(lead))?;
        let prepared = self.plan().prepare_table(leads).map_err(ScoringError::from)?;
        let missing_columns = self.missing_columns(leads);
        let rows = if missing_columns.is_empty() {
            let made = if events.accounts.is_none() { self.plan().account_events(leads, events) } else { None };
            let accounts = events.accounts.as_ref().or(made.as_ref());
            Rows { model: self, leads, prepared: &prepared, events, accounts, as_of, explain }.score_all(threads)
        } else {
            vec![(Scored::MISMATCH, Vec::new()); leads.len()]
        };
        Ok(self.table(leads, rows, as_of, explain, missing_columns))
    }

    /// The answer for leads whose tables lack columns: no probability for any.
    #[cfg(feature = "frame")]
    pub(super) fn mismatch(&self, leads: &LeadTable, as_of: &[i64], explain: usize, missing_columns: Vec<String>) -> ScoreTable {
        self.table(leads, vec![(Scored::MISMATCH, Vec::new()); leads.len()], as_of, explain, missing_columns)
    }

    /// The columns that the plan reads and the table does not have.
    pub(crate) fn missing_columns(&self, leads: &LeadTable) -> Vec<String> {
        let plan = self.plan();
        let created_at =
            (plan.needs_created_at() && leads.created_at.is_empty() && !leads.is_empty()).then(|| self.created_at_column().to_owned());
        // In a table the account's events are those of the leads that have it; without it they would be unknown for all, and nobody would notice.
        let account = (plan.needs_account() && leads.account.is_none() && !leads.is_empty())
            .then(|| self.schema().account.clone().unwrap_or_else(|| "account".to_owned()));
        let absent = plan.columns().filter(|column| matches!(leads.attribute(column), AttributeColumn::Absent));
        created_at.into_iter().chain(absent.map(str::to_owned)).chain(account).collect()
    }

    fn table(
        &self,
        leads: &LeadTable,
        rows: Vec<(Scored, Vec<Reason>)>,
        as_of: &[i64],
        explain: usize,
        missing_columns: Vec<String>,
    ) -> ScoreTable {
        let created_later = ScoreNote::any_created_later(self, leads, as_of);
        let probability: Vec<f64> = rows.iter().map(|(s, _)| s.probability).collect();
        ScoreTable {
            log_odds: rows.iter().map(|(s, _)| s.log_odds).collect(),
            score: rows.iter().map(|(s, _)| s.score).collect(),
            grade: rows.iter().map(|(s, _)| s.grade).collect(),
            grades: self.grade_names().to_vec(),
            rank: ranks(&probability),
            status: rows.iter().map(|(s, _)| s.status).collect(),
            reasons: if explain == 0 { Vec::new() } else { rows.into_iter().map(|(_, reasons)| reasons).collect() },
            missing_columns,
            unseen: Vec::new(),
            notes: created_later.into_iter().collect(),
            model_version: self.version_handle(),
            as_of: as_of.to_vec(),
            probability,
        }
    }
}

/// What all threads read.
#[derive(Clone, Copy)]
struct Rows<'a> {
    model: &'a Model,
    leads: &'a LeadTable,
    prepared: &'a PreparedLeads,
    events: &'a EventTable,
    accounts: Option<&'a AccountTable>,
    as_of: &'a [i64],
    explain: usize,
}

impl Rows<'_> {
    fn score_all(self, threads: Option<usize>) -> Vec<(Scored, Vec<Reason>)> {
        let n = self.leads.len();
        let wanted = threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, NonZero::get));
        let threads = wanted.clamp(1, n.div_ceil(LEADS_PER_THREAD).max(1));
        if threads == 1 {
            return self.score(0..n);
        }
        let chunk = n.div_ceil(threads);
        thread::scope(|scope| {
            let workers: Vec<_> =
                (0..n).step_by(chunk).map(|start| scope.spawn(move || self.score(start..(start + chunk).min(n)))).collect();
            let mut rows = Vec::with_capacity(n);
            for worker in workers {
                rows.extend(worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            }
            rows
        })
    }

    fn score(self, rows: std::ops::Range<usize>) -> Vec<(Scored, Vec<Reason>)> {
        let mut buffers = Buffers::default();
        let history = History::default();
        let moment = |row: usize| Moment {
            prepared: self.prepared.row(row),
            created_at: self.leads.created(row),
            history: &history,
            events: self.events.lead(row),
            account: self.accounts.and_then(|accounts| accounts.others(row)),
            as_of: self.as_of[row],
        };
        let mut scored = Vec::with_capacity(rows.len());
        for start in rows.clone().step_by(LEADS_AT_ONCE) {
            let moments = (start..(start + LEADS_AT_ONCE).min(rows.end)).map(moment);
            moment::score_many(self.model, moments, self.explain, &mut buffers, |score| scored.push(score));
        }
        scored
    }
}

/// From 1 on by falling probability, ties in order, NaN last.
pub(super) fn ranks(probability: &[f64]) -> Vec<u64> {
    let mut order: Vec<usize> = (0..probability.len()).collect();
    // NaN falls below every probability.
    let key = |row: &usize| if probability[*row].is_nan() { -1.0 } else { probability[*row] };
    order.sort_by(|a, b| key(b).total_cmp(&key(a)));
    let mut ranks = vec![0; probability.len()];
    for (rank, row) in (1..).zip(order) {
        ranks[row] = rank;
    }
    ranks
}

/// Whether all moments are in range; if not, says which and of what lead.
fn in_range(what: &str, mut moments: impl Iterator<Item = (usize, i64)>) -> Result<(), ScoringError> {
    moments.try_for_each(|(row, moment)| match Timestamp::from_micros(moment) {
        Ok(_) => Ok(()),
        Err(source) => Err(ScoringError::OutOfRange { what: what.to_owned(), row, source }),
    })
}

/// Whether the columns of events fit each other, so that no slice of them goes out of bounds.
fn check(events: &EventTable) -> Result<(), ScoringError> {
    let n = events.at.len();
    let lengths = [events.kind.len(), events.channel.len(), events.value.len()];
    let recorded = events.recorded_at.is_empty() || events.recorded_at.len() == n;
    let offsets = events.offsets.is_sorted() && events.offsets.last().is_none_or(|&end| end <= n);
    if lengths.iter().all(|&len| len == n) && recorded && offsets { Ok(()) } else { Err(ScoringError::Events) }
}

const _: () = assert!(NO_GRADE == 255, "the documentation of ScoreTable::grade says so");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_fall_with_probability_ties_keep_their_order_and_nan_comes_last() {
        assert_eq!(ranks(&[0.2, f64::NAN, 0.9, 0.2, 0.0]), [2, 5, 1, 3, 4]);
    }
}
