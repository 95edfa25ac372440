//! What training reads, whatever tables it came from, and the labelled rows made of it.

use super::TrainingError;
use super::folds::RowTime;
use crate::card::Procedure;
use crate::features::{AttributeHistory, LeadTable, RawEvents};
use crate::lifecycle::{ObservationCounts, ObservationRules, Outcomes, observe};
use crate::schema::{Attribute, Schema};
use crate::{Error, Span, Timestamp};

/// Leads, events and how the leads ended, read and checked.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TrainingData {
    /// What the columns mean.
    pub schema: Schema,
    /// The leads.
    pub leads: LeadTable,
    /// Their events.
    pub events: RawEvents,
    /// How they ended.
    pub target: Target,
    /// What was known of attributes, and from when on: a snapshot sees the values of then. A flat table has no snapshots, and its history is not read.
    pub history: Option<AttributeHistory>,
    /// What the leads can be put in order of time by when they have no moment of creation; only the leakage report reads it.
    pub row_order: Option<RowOrder>,
    /// Columns that were left out, with the reason.
    pub excluded: Vec<(String, String)>,
    /// What was odd in the tables, in words.
    pub warnings: Vec<String>,
    /// Events whose lead is not among the leads.
    pub events_of_unknown_leads: u64,
    /// Outcomes whose lead is not among the leads.
    pub outcomes_of_unknown_leads: u64,
}

/// What the leads of a table can be put in order of time by, when they have no moment of creation: an identifier that counts up, for example.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RowOrder {
    /// The column, in the words of the report.
    pub source: String,
    /// One number a lead, larger for later ones.
    pub rank: Vec<i64>,
}

impl RowOrder {
    /// The order in which `rank` rises; `source` names it.
    pub fn new(source: impl Into<String>, rank: Vec<i64>) -> Self {
        Self { source: source.into(), rank }
    }
}

/// How leads ended.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Target {
    /// When and how each lead closed.
    Outcomes(Outcomes),
    /// A flat table: won or not; `None` is not known.
    Labels(Vec<Option<bool>>),
}

/// The rows that train a model: a lead, a moment, and whether it was won.
#[derive(Debug, Clone, Default)]
pub(crate) struct Labelled {
    /// Row of the lead, and the moment at which it is seen.
    pub(crate) rows: Vec<(u32, i64)>,
    pub(crate) won: Vec<bool>,
    /// Index into `ages`.
    pub(crate) age: Vec<u16>,
    /// Empty for a flat table.
    pub(crate) ages: Vec<Span>,
    pub(crate) counts: ObservationCounts,
    /// How rows follow each other in time, when they do.
    pub(crate) times: Vec<RowTime>,
    pub(crate) in_time: bool,
    /// The moment up to which the history is believed; `None` for a flat table without times.
    pub(crate) as_of: Option<Timestamp>,
}

impl TrainingData {
    /// Data of the given schema and leads, without events and with unknown outcomes; set the public fields for the rest.
    #[must_use]
    pub fn new(schema: Schema, leads: LeadTable, target: Target) -> Self {
        Self {
            schema,
            leads,
            events: RawEvents::default(),
            target,
            history: None,
            row_order: None,
            excluded: Vec::new(),
            warnings: Vec::new(),
            events_of_unknown_leads: 0,
            outcomes_of_unknown_leads: 0,
        }
    }

    /// Whether this is a flat table: labels instead of outcomes.
    #[must_use]
    pub fn is_flat(&self) -> bool {
        matches!(self.target, Target::Labels(_))
    }

    /// The newest moment in the data that is not later than `now`, and how many moments are later.
    #[must_use]
    pub fn newest_moment(&self, now: Timestamp) -> (Option<Timestamp>, u64) {
        let closing: [&[i64]; 2] = match &self.target {
            Target::Outcomes(outcomes) => [&outcomes.closed_at, &outcomes.recorded_at],
            Target::Labels(_) => [&[], &[]],
        };
        let sources = [&self.leads.created_at[..], &self.events.at, &self.events.recorded_at, closing[0], closing[1]];
        let (mut newest, mut future) = (i64::MIN, 0);
        for &moment in sources.iter().copied().flatten() {
            if moment > now.micros() {
                future += 1;
            } else {
                newest = newest.max(moment);
            }
        }
        (Timestamp::from_micros(newest).ok(), future)
    }

    /// The schema that a model of this data reads: a flat table has no moment of observation, so moments of creation cannot become
    /// an age, and dates only when the caller says as of when the table stands.
    pub(crate) fn observable_schema(&self, as_of: Option<Timestamp>) -> (Schema, Vec<(String, String)>) {
        let mut schema = self.schema.clone();
        let mut dropped = Vec::new();
        if self.is_flat() {
            schema.created_at = None;
            if as_of.is_none() {
                schema.attributes.retain(|name, attribute| {
                    let date = matches!(attribute, Attribute::Date { .. });
                    if date {
                        dropped.push((
                            name.clone(),
                            "a flat table has no moment of observation to measure a date from; give as_of".to_owned(),
                        ));
                    }
                    !date
                });
            }
        }
        (schema, dropped)
    }

    /// The labelled rows: mature snapshots, or the labelled rows of a flat table.
    pub(crate) fn labelled(&self, procedure: &Procedure, as_of: Option<Timestamp>) -> Result<Labelled, Error> {
        if self.leads.is_empty() {
            return Err(TrainingError::NoLeads.into());
        }
        match &self.target {
            Target::Labels(labels) => Ok(self.flat_rows(labels, procedure, as_of)),
            Target::Outcomes(outcomes) => self.snapshot_rows(outcomes, procedure, as_of),
        }
    }

    fn flat_rows(&self, labels: &[Option<bool>], procedure: &Procedure, as_of: Option<Timestamp>) -> Labelled {
        let has_times = !self.leads.created_at.is_empty();
        let mut labelled = Labelled { in_time: procedure.ordered || has_times, as_of, ..Labelled::default() };
        labelled.counts.leads = self.leads.len() as u64;
        for (lead, label) in (0_u32..).zip(labels) {
            let Some(won) = *label else { continue };
            let created_at = self.leads.created(lead as usize);
            if let (Some(created_at), Some(as_of)) = (created_at, as_of)
                && created_at > as_of.micros()
            {
                continue;
            }
            // A row without a moment can be judged, but nobody can say for which later rows it was known.
            let (cohort, ripe) = match created_at {
                _ if procedure.ordered => (i64::from(lead), i64::from(lead)),
                Some(created_at) => (created_at, created_at),
                None if has_times => (i64::MIN, i64::MAX),
                None => (0, 0),
            };
            labelled.rows.push((lead, as_of.map_or(0, Timestamp::micros)));
            labelled.won.push(won);
            labelled.age.push(0);
            labelled.times.push(RowTime { lead, cohort, ripe });
            labelled.counts.positives += u64::from(won);
        }
        labelled.counts.mature = labelled.rows.len() as u64;
        labelled.counts.snapshots = labelled.counts.mature;
        labelled.counts.observed_leads = labelled.counts.mature;
        labelled.counts.won_leads = labelled.counts.positives;
        labelled
    }

    fn snapshot_rows(&self, outcomes: &Outcomes, procedure: &Procedure, as_of: Option<Timestamp>) -> Result<Labelled, Error> {
        if self.leads.created_at.is_empty() {
            return Err(TrainingError::NoCreation.into());
        }
        if let Some(as_of) = as_of.filter(|as_of| *as_of > Timestamp::now()) {
            return Err(TrainingError::FutureAsOf { as_of: as_of.to_string() }.into());
        }
        let as_of = as_of.or_else(|| self.newest_moment(Timestamp::now()).0).ok_or(TrainingError::NoCreation)?;
        let oldest = self.leads.created_at.iter().copied().filter(|&t| t != i64::MIN).min();
        if let Some(oldest) = oldest.and_then(|t| Timestamp::from_micros(t).ok()).filter(|&oldest| oldest > as_of) {
            return Err(TrainingError::BeforeTheData { as_of: as_of.to_string(), oldest: oldest.to_string() }.into());
        }
        let rules = ObservationRules { snapshots: procedure.snapshots.clone(), horizon: procedure.horizon, as_of };
        let seen = observe(&self.leads, outcomes, &rules)?;
        let ripening = procedure.horizon.micros() + outcomes.label_delay(as_of.micros());
        let times = (seen.rows.iter())
            .map(|row| RowTime {
                lead: row.lead,
                cohort: self.leads.created(row.lead as usize).unwrap_or(row.as_of),
                ripe: row.as_of + ripening,
            })
            .collect();
        Ok(Labelled {
            rows: seen.rows.iter().map(|row| (row.lead, row.as_of)).collect(),
            won: seen.rows.iter().map(|row| row.won).collect(),
            age: seen.rows.iter().map(|row| row.age).collect(),
            ages: seen.ages,
            counts: seen.counts,
            times,
            in_time: true,
            as_of: Some(as_of),
        })
    }
}

impl Labelled {
    /// The rows for which `keep` holds, the counts as they were.
    pub(crate) fn select(&self, keep: impl Fn(usize) -> bool) -> Self {
        fn pick<T: Copy>(values: &[T], keep: &impl Fn(usize) -> bool) -> Vec<T> {
            values.iter().enumerate().filter(|(i, _)| keep(*i)).map(|(_, v)| *v).collect()
        }
        Self {
            rows: pick(&self.rows, &keep),
            won: pick(&self.won, &keep),
            age: pick(&self.age, &keep),
            times: pick(&self.times, &keep),
            ages: self.ages.clone(),
            ..*self
        }
    }

    pub(crate) fn positives(&self) -> usize {
        self.won.iter().filter(|won| **won).count()
    }

    /// Refuses what cannot train: one class, or too few leads of either. Snapshots of one lead count once.
    pub(crate) fn check_enough(&self, needed: usize) -> Result<(), TrainingError> {
        let c = &self.counts;
        let (won, n) = (c.won_leads as usize, c.observed_leads as usize);
        let lost = n - won;
        let flat = self.ages.is_empty();
        let unit = if flat { "leads" } else { "leads with mature snapshots" };
        let detail = if flat {
            String::new()
        } else {
            format!(
                " ({} leads; {} snapshots: {} mature, {} whose horizon has not passed; {} not taken because the lead had closed)",
                c.leads, c.snapshots, c.mature, c.immature, c.already_closed
            )
        };
        if n >= needed && (won == 0 || lost == 0) {
            return Err(TrainingError::OneClass { n, unit, class: if won == 0 { "lost" } else { "won" }, detail });
        }
        if won < needed || lost < needed {
            let advice = if flat { "" } else { " or a shorter horizon" };
            return Err(TrainingError::TooFew { needed, unit, won, lost, detail, advice });
        }
        Ok(())
    }
}
