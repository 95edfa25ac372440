//! From events as a source gives them to events in the plan's codes and in the kernel's order.

use super::{EventTable, FeaturePlan, RawEvents, TextColumn};

/// One event in the codes of a plan.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct CodedEvent {
    /// When it happened, microseconds since 1970-01-01 UTC.
    pub at: i64,
    /// When it became known, never before `at`.
    pub recorded_at: i64,
    /// See [`FeaturePlan::code_kind`].
    pub kind: u16,
    /// See [`FeaturePlan::code_channel`].
    pub channel: u16,
    /// How much; NaN for none.
    pub value: f32,
}

/// Where an event stands among those of its lead.
pub(super) type OrderKey = (i64, i64, u16, u16, u32);

impl CodedEvent {
    pub(super) fn new(at: i64, recorded_at: i64, kind: u16, channel: u16, value: f32) -> Self {
        Self { at, recorded_at: recorded_at.max(at), kind, channel, value: one_nan(value) }
    }

    pub(super) fn key(&self) -> OrderKey {
        (self.at, self.recorded_at, self.kind, self.channel, self.value.to_bits())
    }
}

/// The value, or the one NaN that stands for none: order is by bits, and NaN has many.
fn one_nan(value: f32) -> f32 {
    if value.is_finite() { value } else { f32::NAN }
}

/// The events of a source, lead after lead, each lead's in the order of the source. Events of no known lead are left out.
pub(super) struct LeadOrder {
    /// Row of each event in the source; `None` when the source is in this order already.
    rows: Option<Vec<u32>>,
    /// Events of lead `i` are `offsets[i]..offsets[i + 1]` in this order.
    offsets: Vec<usize>,
}

impl LeadOrder {
    /// The rows of the source, in this order.
    pub(super) fn events(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.offsets.last().copied().unwrap_or(0)).map(|place| self.rows.as_ref().map_or(place, |rows| rows[place] as usize))
    }
}

/// Orders events by lead: a counting sort, stable and linear.
pub(super) fn lead_order(raw: &RawEvents, n_leads: usize) -> LeadOrder {
    let n = raw.lead.len().min(raw.at.len());
    let leads = &raw.lead[..n];
    let mut offsets = vec![0_usize; n_leads + 1];
    for &lead in leads {
        if let Some(count) = offsets.get_mut(lead as usize + 1) {
            *count += 1;
        }
    }
    for lead in 0..n_leads {
        offsets[lead + 1] += offsets[lead];
    }
    // Ascending leads with the unknown ones last are in order as they stand.
    if leads.is_sorted() {
        return LeadOrder { rows: None, offsets };
    }
    let mut next = offsets.clone();
    let mut rows = vec![0_u32; offsets[n_leads]];
    for (row, &lead) in leads.iter().enumerate() {
        if (lead as usize) < n_leads {
            let place = &mut next[lead as usize];
            rows[*place] = row as u32;
            *place += 1;
        }
    }
    LeadOrder { rows: Some(rows), offsets }
}

impl FeaturePlan {
    /// One event in the plan's codes. Without `recorded_at` it was known as it happened; a value that is not finite counts as none.
    #[must_use]
    pub fn code_event(&self, at: i64, recorded_at: Option<i64>, kind: &str, channel: Option<&str>, value: Option<f32>) -> CodedEvent {
        CodedEvent::new(at, recorded_at.unwrap_or(at), self.code_kind(kind), self.code_channel(channel), value.unwrap_or(f32::NAN))
    }

    /// Brings the events of a source into the plan's codes and the kernel's order: by lead, and within a lead by
    /// `(at, recorded_at, kind, channel, value bits)`. Equal events all stay; removing duplicates is the reader's business.
    ///
    /// Events whose lead is not below `n_leads` are left out. Values that are not finite count as none.
    #[must_use]
    pub fn code_events(&self, raw: &RawEvents, n_leads: usize) -> EventTable {
        let kinds: Vec<u16> = raw.kind.words.iter().map(|word| self.code_kind(word)).collect();
        let channels: Vec<u16> = raw.channel.iter().flat_map(|column| &column.words).map(|word| self.code_channel(Some(word))).collect();
        let code = |column: &TextColumn, codes: &[u16], row: usize, none: u16| {
            column.codes.get(row).and_then(|&word| codes.get(word as usize)).copied().unwrap_or(none)
        };
        let unknown_kind = self.kinds().len() as u16;
        let event = |row: usize| {
            let at = raw.at[row];
            let recorded_at = raw.recorded_at.get(row).copied().unwrap_or(at);
            let kind = code(&raw.kind, &kinds, row, unknown_kind);
            let channel = raw.channel.as_ref().map_or(u16::MAX, |column| code(column, &channels, row, u16::MAX));
            CodedEvent::new(at, recorded_at, kind, channel, raw.value.get(row).copied().unwrap_or(f32::NAN))
        };

        let order = lead_order(raw, n_leads);
        let n = order.offsets[n_leads];
        let mut table = EventTable {
            at: Vec::with_capacity(n),
            recorded_at: Vec::with_capacity(if raw.recorded_at.is_empty() { 0 } else { n }),
            kind: Vec::with_capacity(n),
            channel: Vec::with_capacity(n),
            value: Vec::with_capacity(n),
            offsets: Vec::new(),
        };
        let mut of_lead: Vec<CodedEvent> = Vec::new();
        let mut rows = order.events();
        for bounds in order.offsets.windows(2) {
            of_lead.clear();
            of_lead.extend(rows.by_ref().take(bounds[1] - bounds[0]).map(event));
            if !of_lead.is_sorted_by_key(CodedEvent::key) {
                of_lead.sort_unstable_by_key(CodedEvent::key);
            }
            for event in &of_lead {
                table.at.push(event.at);
                table.kind.push(event.kind);
                table.channel.push(event.channel);
                table.value.push(event.value);
                if !raw.recorded_at.is_empty() {
                    table.recorded_at.push(event.recorded_at);
                }
            }
        }
        drop(rows);
        table.offsets = order.offsets;
        table
    }
}
