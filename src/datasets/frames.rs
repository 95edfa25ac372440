//! The made data as polars tables.

use polars::prelude::{Column, DataFrame, DataType, IntoColumn, NamedFrom, PolarsResult, Series, TimeUnit, TimeZone};

use super::tables::LeadsDataset;
use crate::time::Timestamp;

/// The four tables of a made data set.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LeadsFrames {
    /// One row a lead.
    pub leads: DataFrame,
    /// One row an event; `lead_id` names its lead, `recorded_at` is null when the event was known at once.
    pub events: DataFrame,
    /// One row a closed lead.
    pub outcomes: DataFrame,
    /// One row a lead and moment; `age` in days, `probability` null when the lead was not open.
    pub truth: DataFrame,
}

impl LeadsDataset {
    /// The four tables as polars data frames, with the columns of the CSV form; instants are microseconds UTC.
    ///
    /// # Errors
    /// What polars reports, for lack of memory and the like.
    pub fn frames(&self) -> PolarsResult<LeadsFrames> {
        let (l, e, o, t) = (&self.leads, &self.events, &self.outcomes, &self.truth);
        let leads = vec![
            words("lead_id", l.iter().map(|r| Some(r.lead_id.as_str()))),
            instants("created_at", l.iter().map(|r| Some(r.created_at)))?,
            words("account_id", l.iter().map(|r| Some(r.account_id.as_str()))),
            words("product", l.iter().map(|r| Some(r.product))),
            words("industry", l.iter().map(|r| r.industry)),
            words("country", l.iter().map(|r| Some(r.country))),
            numbers("employees", l.iter().map(|r| r.employees.map(i64::from))),
            numbers("annual_revenue", l.iter().map(|r| r.annual_revenue.map(|v| v as i64))),
            words("source", l.iter().map(|r| Some(r.source))),
            words("job_title", l.iter().map(|r| r.job_title)),
            words("email", l.iter().map(|r| r.email.as_deref())),
            words("phone", l.iter().map(|r| r.phone.as_deref())),
            truths("opt_in", l.iter().map(|r| r.opt_in)),
            numbers("list_position", l.iter().map(|r| Some(i64::from(r.list_position)))),
            words("message", l.iter().map(|r| r.message.as_deref())),
        ];
        let events = vec![
            words("lead_id", e.iter().map(|r| Some(self.id(r.lead)))),
            instants("at", e.iter().map(|r| Some(r.at)))?,
            words("kind", e.iter().map(|r| Some(r.kind))),
            words("channel", e.iter().map(|r| r.channel)),
            numbers("value", e.iter().map(|r| r.value.map(i64::from))),
            instants("recorded_at", e.iter().map(|r| r.recorded_at))?,
        ];
        let outcomes = vec![
            words("lead_id", o.iter().map(|r| Some(self.id(r.lead)))),
            truths("won", o.iter().map(|r| r.won)),
            instants("closed_at", o.iter().map(|r| Some(r.closed_at)))?,
            numbers("value", o.iter().map(|r| r.value.map(i64::from))),
            instants("recorded_at", o.iter().map(|r| Some(r.recorded_at)))?,
        ];
        let ages: Vec<f64> = t.iter().map(|r| r.age.as_days()).collect();
        let probabilities: Vec<Option<f64>> = t.iter().map(|r| r.probability).collect();
        let truth = vec![
            words("lead_id", t.iter().map(|r| Some(self.id(r.lead)))),
            words("snapshot", t.iter().map(|r| Some(r.snapshot))),
            instants("as_of", t.iter().map(|r| Some(r.as_of)))?,
            Series::new("age".into(), ages).into_column(),
            truths("open", t.iter().map(|r| r.open)),
            Series::new("probability".into(), probabilities).into_column(),
        ];
        Ok(LeadsFrames {
            leads: DataFrame::new(l.len(), leads)?,
            events: DataFrame::new(e.len(), events)?,
            outcomes: DataFrame::new(o.len(), outcomes)?,
            truth: DataFrame::new(t.len(), truth)?,
        })
    }
}

fn words<'a>(name: &str, values: impl Iterator<Item = Option<&'a str>>) -> Column {
    Series::new(name.into(), values.collect::<Vec<_>>()).into_column()
}

fn numbers(name: &str, values: impl Iterator<Item = Option<i64>>) -> Column {
    Series::new(name.into(), values.collect::<Vec<_>>()).into_column()
}

fn truths(name: &str, values: impl Iterator<Item = bool>) -> Column {
    Series::new(name.into(), values.collect::<Vec<_>>()).into_column()
}

fn instants(name: &str, values: impl Iterator<Item = Option<Timestamp>>) -> PolarsResult<Column> {
    let micros = Series::new(name.into(), values.map(|t| t.map(Timestamp::micros)).collect::<Vec<_>>());
    Ok(micros.cast(&DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)))?.into_column())
}
