//! Events as columns: one lead's slice, and the table of all leads.

use super::AccountTable;

/// The events of one lead, as parallel columns in the order `(at, recorded_at, kind, channel, value bits)`.
///
/// Codes are those of the feature plan that reads them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Events<'a> {
    /// When it happened, microseconds since 1970-01-01 UTC.
    pub at: &'a [i64],
    /// When it became known, microseconds since 1970-01-01 UTC, never before `at`. Empty: each event was known as it happened.
    pub recorded_at: &'a [i64],
    /// What happened: a code of the plan's kinds; `kinds.len()` stands for every kind the plan does not know.
    pub kind: &'a [u16],
    /// Where: a code of the plan's channels; `channels.len()` for one the plan does not know, `u16::MAX` for none.
    pub channel: &'a [u16],
    /// How much; NaN for none.
    pub value: &'a [f32],
}

/// The events of many leads, sorted by lead and within a lead by `(at, recorded_at, kind, channel, value bits)`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventTable {
    /// When each happened, microseconds since 1970-01-01 UTC.
    pub at: Vec<i64>,
    /// When each became known; empty when every event was known as it happened.
    pub recorded_at: Vec<i64>,
    /// Codes of the plan's kinds.
    pub kind: Vec<u16>,
    /// Codes of the plan's channels.
    pub channel: Vec<u16>,
    /// Values, NaN for none.
    pub value: Vec<f32>,
    /// Events of lead `i` are `offsets[i]..offsets[i + 1]`; one longer than the number of leads.
    pub offsets: Vec<usize>,
    /// The same events by account, as [`FeaturePlan::lead_events`](super::FeaturePlan::lead_events) puts them there. Without them, whoever needs
    /// them makes them anew.
    pub accounts: Option<AccountTable>,
}

impl EventTable {
    /// The events of the lead in row `row` of the leads; none when the table holds none of it.
    #[must_use]
    pub fn lead(&self, row: usize) -> Events<'_> {
        let (Some(&start), Some(&end)) = (self.offsets.get(row), self.offsets.get(row + 1)) else {
            return Events::default();
        };
        Events {
            at: &self.at[start..end],
            recorded_at: if self.recorded_at.is_empty() { &[] } else { &self.recorded_at[start..end] },
            kind: &self.kind[start..end],
            channel: &self.channel[start..end],
            value: &self.value[start..end],
        }
    }

    /// How many events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.at.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.at.is_empty()
    }
}
