//! The rows of a made data set, and their text form.

use std::fmt::Write;

use crate::time::{Span, Timestamp};

/// A made history: what a CRM would hold on 2026-06-30, and the truth behind it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LeadsDataset {
    /// The leads, in order of creation.
    pub leads: Vec<LeadRow>,
    /// Their events, grouped by lead.
    pub events: Vec<EventRow>,
    /// How the closed ones ended, in the order of the leads. Leads without a row are open.
    pub outcomes: Vec<OutcomeRow>,
    /// The true probabilities, grouped by lead: at ages 0, 7 and 30 days, and at the end of the data for leads that are open then.
    pub truth: Vec<TruthRow>,
}

/// One lead, with its attributes as they are seen (`None` where the source lacks them).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LeadRow {
    /// `L000001` and so on, in order of creation.
    pub lead_id: String,
    /// When it was created, whole seconds.
    pub created_at: Timestamp,
    /// The company; several leads may share one, and its industry, country, size and revenue.
    pub account_id: String,
    /// `core`, whose win rate falls over the two years, or `cloud`, whose win rate rises.
    pub product: &'static str,
    /// The company's industry.
    pub industry: Option<&'static str>,
    /// The company's country, ISO 3166-1 alpha-2.
    pub country: &'static str,
    /// How many people work there, 1 to 200,000, heavy tailed; missing more often for small companies and bought lists.
    pub employees: Option<u32>,
    /// Revenue in thousands of euros a year; missing for most small companies.
    pub annual_revenue: Option<u64>,
    /// Where the lead came from.
    pub source: &'static str,
    /// The person's position.
    pub job_title: Option<&'static str>,
    /// Address at an `.example` domain.
    pub email: Option<String>,
    /// A number of the range kept for fiction.
    pub phone: Option<String>,
    /// Whether the person agreed to be written to; without it there are no e-mail events.
    pub opt_in: bool,
    /// Position in an import batch, 1 to 500: means nothing.
    pub list_position: u32,
    /// What the person wrote in the form. Whether there is a message matters, what it says does not.
    pub message: Option<String>,
}

/// One event.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct EventRow {
    /// Its lead's row in [`LeadsDataset::leads`].
    pub lead: u32,
    /// When it happened, whole seconds.
    pub at: Timestamp,
    /// What happened; all kinds but `call` are started by the lead.
    pub kind: &'static str,
    /// Through what.
    pub channel: Option<&'static str>,
    /// Seconds on the page of visits and views, minutes of webinars and calls.
    pub value: Option<u32>,
    /// When it became known, if later than it happened.
    pub recorded_at: Option<Timestamp>,
}

/// How a lead ended.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct OutcomeRow {
    /// Its row in [`LeadsDataset::leads`].
    pub lead: u32,
    /// Whether it was won.
    pub won: bool,
    /// When it closed, whole seconds.
    pub closed_at: Timestamp,
    /// Size of the deal in euros, for won leads.
    pub value: Option<u32>,
    /// When the outcome became known, up to three days later.
    pub recorded_at: Timestamp,
}

/// A true probability.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct TruthRow {
    /// Its lead's row in [`LeadsDataset::leads`].
    pub lead: u32,
    /// `0d`, `7d`, `30d`, or `end` for the end of the data.
    pub snapshot: &'static str,
    /// The moment of the snapshot.
    pub as_of: Timestamp,
    /// Time since creation.
    pub age: Span,
    /// Whether the lead was open then. A lead may have closed before the end of the data without anybody having recorded it.
    pub open: bool,
    /// The probability that it is won within 90 days of `as_of` given all that was visible then; `None` when it was not open.
    pub probability: Option<f64>,
}

impl LeadsDataset {
    /// The moment at which every made data set ends: 2026-06-30T00:00:00 UTC.
    #[must_use]
    pub fn end() -> Timestamp {
        instant(super::calendar::END)
    }

    /// The leads as CSV with a header; missing values are empty.
    #[must_use]
    pub fn leads_csv(&self) -> String {
        let mut out = String::from(
            "lead_id,created_at,account_id,product,industry,country,employees,annual_revenue,source,job_title,email,phone,opt_in,list_position,message\n",
        );
        for lead in &self.leads {
            line(
                &mut out,
                &[
                    &lead.lead_id,
                    &lead.created_at,
                    &lead.account_id,
                    &lead.product,
                    &Blank(lead.industry),
                    &lead.country,
                    &Blank(lead.employees),
                    &Blank(lead.annual_revenue),
                    &lead.source,
                    &Blank(lead.job_title),
                    &Blank(lead.email.as_deref()),
                    &Blank(lead.phone.as_deref()),
                    &lead.opt_in,
                    &lead.list_position,
                    &Blank(lead.message.as_deref().map(Quoted)),
                ],
            );
        }
        out
    }

    /// The events as CSV with a header; `recorded_at` is empty for events that were known at once.
    #[must_use]
    pub fn events_csv(&self) -> String {
        let mut out = String::from("lead_id,at,kind,channel,value,recorded_at\n");
        for event in &self.events {
            let id = self.id(event.lead);
            line(&mut out, &[&id, &event.at, &event.kind, &Blank(event.channel), &Blank(event.value), &Blank(event.recorded_at)]);
        }
        out
    }

    /// The outcomes as CSV with a header.
    #[must_use]
    pub fn outcomes_csv(&self) -> String {
        let mut out = String::from("lead_id,won,closed_at,value,recorded_at\n");
        for outcome in &self.outcomes {
            let id = self.id(outcome.lead);
            line(&mut out, &[&id, &outcome.won, &outcome.closed_at, &Blank(outcome.value), &outcome.recorded_at]);
        }
        out
    }

    /// The truth as CSV with a header; `age` is in days.
    #[must_use]
    pub fn truth_csv(&self) -> String {
        let mut out = String::from("lead_id,snapshot,as_of,age,open,probability\n");
        for row in &self.truth {
            let id = self.id(row.lead);
            line(&mut out, &[&id, &row.snapshot, &row.as_of, &row.age.as_days(), &row.open, &Blank(row.probability)]);
        }
        out
    }

    /// The identifier of the lead in row `lead`, empty beyond the last.
    pub(super) fn id(&self, lead: u32) -> &str {
        self.leads.get(lead as usize).map_or("", |l| &l.lead_id)
    }
}

/// A cell that may be missing.
struct Blank<T>(Option<T>);

impl<T: std::fmt::Display> std::fmt::Display for Blank<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.as_ref().map_or(Ok(()), |value| value.fmt(f))
    }
}

/// Text that may hold commas; the made messages hold no quotes and no line ends.
struct Quoted<'a>(&'a str);

impl std::fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}

fn line(out: &mut String, cells: &[&dyn std::fmt::Display]) {
    for (i, cell) in cells.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = write!(out, "{}{cell}", if i > 0 { "," } else { "" });
    }
    out.push('\n');
}

/// The instant `seconds` after 1970; all made instants are within range.
pub(super) fn instant(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000).unwrap_or(Timestamp::MIN)
}

/// Whole seconds since 1970.
pub(super) fn seconds(t: Timestamp) -> i64 {
    t.micros().div_euclid(1_000_000)
}
