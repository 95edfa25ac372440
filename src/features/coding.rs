//! From events as a source gives them to events in the plan's codes and in the kernel's order.

use std::ops::Range;
#[cfg(feature = "frame")]
use std::sync::{Mutex, PoisonError};

use super::lead_order::LeadOrder;
use super::{EventTable, Events, FeaturePlan, LeadTable, RawEvents};

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
    #[inline]
    pub(super) fn new(at: i64, recorded_at: i64, kind: u16, channel: u16, value: f32) -> Self {
        Self { at, recorded_at: recorded_at.max(at), kind, channel, value: one_nan(value) }
    }

    pub(super) fn key(&self) -> OrderKey {
        (self.at, self.recorded_at, self.kind, self.channel, self.value.to_bits())
    }
}

/// The value, or the one NaN that stands for none: order is by bits, and NaN has many.
#[inline]
fn one_nan(value: f32) -> f32 {
    if value.is_finite() { value } else { f32::NAN }
}

/// Events of a source, read in the codes of a plan.
pub(super) struct Coder<'a> {
    raw: &'a RawEvents,
    /// The plan's code of each of the source's words.
    kinds: Vec<u16>,
    channels: Vec<u16>,
    unknown_kind: u16,
}

impl<'a> Coder<'a> {
    pub(super) fn new(plan: &FeaturePlan, raw: &'a RawEvents) -> Self {
        Self {
            raw,
            kinds: raw.kind.words.iter().map(|word| plan.code_kind(word)).collect(),
            channels: raw.channel.iter().flat_map(|column| &column.words).map(|word| plan.code_channel(Some(word))).collect(),
            unknown_kind: plan.kinds().len() as u16,
        }
    }

    /// The lead of each event.
    pub(super) fn leads(&self) -> &'a [u32] {
        &self.raw.lead[..self.raw.lead.len().min(self.raw.at.len())]
    }

    /// The event of a row; rows are those of [`Coder::leads`].
    #[inline]
    pub(super) fn event(&self, row: usize) -> CodedEvent {
        let at = self.raw.at[row];
        let recorded_at = self.raw.recorded_at.get(row).copied().unwrap_or(at);
        let kind = self.raw.kind.codes.get(row).and_then(|&word| self.kinds.get(word as usize)).copied().unwrap_or(self.unknown_kind);
        let word = self.raw.channel.as_ref().and_then(|column| column.codes.get(row));
        let channel = word.and_then(|&word| self.channels.get(word as usize)).copied().unwrap_or(u16::MAX);
        CodedEvent::new(at, recorded_at, kind, channel, self.raw.value.get(row).copied().unwrap_or(f32::NAN))
    }
}

/// Events that are read block by block, as often as they are asked for, and never held all at once.
#[cfg(feature = "frame")]
pub(crate) struct EventBlocks<'a, E> {
    pub(crate) plan: &'a FeaturePlan,
    /// The lead of each event; none of the leads for one to leave out.
    pub(crate) leads: &'a [u32],
    /// Whether they say when they became known.
    pub(crate) has_recorded_at: bool,
    /// How many are read at a time.
    pub(crate) rows_at_once: usize,
    /// Reads those of some rows, one event a row; what it says of their leads is not looked at.
    pub(crate) read: &'a (dyn Fn(Range<usize>) -> Result<RawEvents, E> + Sync),
    /// What was wrong with the first block that could not be read.
    pub(crate) failure: Mutex<Option<(usize, E)>>,
}

/// Where coded events come from.
pub(super) trait CodedRows: Sync {
    /// The lead of each event.
    fn leads(&self) -> &[u32];
    fn has_recorded_at(&self) -> bool;
    /// All events, when they are there.
    fn all(&self) -> Option<&Coder<'_>>;
    /// Whether some could not be read, so that what was handed over is not to be used.
    fn has_failed(&self) -> bool;
    /// Hands over the events of some rows in one or several blocks, each with its rows and the row that its coder begins with.
    fn blocks(&self, rows: Range<usize>, take: &mut dyn FnMut(&Coder<'_>, Range<usize>, usize));
}

impl CodedRows for Coder<'_> {
    fn leads(&self) -> &[u32] {
        Coder::leads(self)
    }

    fn has_recorded_at(&self) -> bool {
        !self.raw.recorded_at.is_empty()
    }

    fn all(&self) -> Option<&Coder<'_>> {
        Some(self)
    }

    fn has_failed(&self) -> bool {
        false
    }

    fn blocks(&self, rows: Range<usize>, take: &mut dyn FnMut(&Coder<'_>, Range<usize>, usize)) {
        take(self, rows, 0);
    }
}

#[cfg(feature = "frame")]
impl<E: Send> CodedRows for EventBlocks<'_, E> {
    fn leads(&self) -> &[u32] {
        self.leads
    }

    fn has_recorded_at(&self) -> bool {
        self.has_recorded_at
    }

    fn all(&self) -> Option<&Coder<'_>> {
        None
    }

    fn has_failed(&self) -> bool {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn blocks(&self, rows: Range<usize>, take: &mut dyn FnMut(&Coder<'_>, Range<usize>, usize)) {
        let mut start = rows.start;
        while start < rows.end {
            let end = (start + self.rows_at_once.max(1)).min(rows.end);
            match (self.read)(start..end) {
                Ok(raw) => take(&Coder::new(self.plan, &raw), start..end.min(start + raw.len()), start),
                Err(error) => {
                    let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
                    if failure.as_ref().is_none_or(|(first, _)| start < *first) {
                        *failure = Some((start, error));
                    }
                    return;
                }
            }
            start = end;
        }
    }
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
    /// Events whose lead is not below `n_leads` are left out. Values that are not finite count as none. Many events are ordered on all
    /// processors; the table is the same for any number.
    #[must_use]
    pub fn code_events(&self, raw: &RawEvents, n_leads: usize) -> EventTable {
        let coder = Coder::new(self, raw);
        let order = LeadOrder::new(&coder, n_leads, None);
        let n = order.n_events();
        let mut offsets = Vec::with_capacity(n_leads + 1);
        offsets.push(0);
        offsets.extend(order.counts().iter().scan(0, |end, count| {
            *end += count;
            Some(*end)
        }));
        let mut table = EventTable {
            at: vec![0; n],
            recorded_at: vec![0; if raw.recorded_at.is_empty() { 0 } else { n }],
            kind: vec![0; n],
            channel: vec![0; n],
            value: vec![0.0; n],
            offsets,
            accounts: None,
        };
        let mut rest = Rest {
            at: &mut table.at,
            recorded_at: &mut table.recorded_at,
            kind: &mut table.kind,
            channel: &mut table.channel,
            value: &mut table.value,
        };
        let sizes = order.chunks().map(|chunk| table.offsets[chunk.end] - table.offsets[chunk.start]);
        let parts: Vec<Rest<'_>> = sizes.map(|size| rest.take(size)).collect();
        order.visit(parts.into_iter(), |_, events, part: &mut Rest<'_>, (): &mut ()| part.write(events));
        table
    }

    /// [`FeaturePlan::code_events`], and the events by account too when the plan reads them and the leads say to which account each belongs.
    #[must_use]
    pub fn lead_events(&self, raw: &RawEvents, leads: &LeadTable) -> EventTable {
        let mut table = self.code_events(raw, leads.len());
        table.accounts = self.account_events(leads, &table);
        table
    }
}

/// The places of a table that are not yet written.
struct Rest<'t> {
    at: &'t mut [i64],
    recorded_at: &'t mut [i64],
    kind: &'t mut [u16],
    channel: &'t mut [u16],
    value: &'t mut [f32],
}

impl<'t> Rest<'t> {
    /// Splits off the next `n` places.
    fn take(&mut self, n: usize) -> Self {
        Self {
            at: take(&mut self.at, n),
            recorded_at: take(&mut self.recorded_at, n),
            kind: take(&mut self.kind, n),
            channel: take(&mut self.channel, n),
            value: take(&mut self.value, n),
        }
    }

    /// Writes events to the next places.
    fn write(&mut self, events: Events<'_>) {
        let n = events.at.len();
        let Rest { at, recorded_at, kind, channel, value } = self.take(n);
        at.copy_from_slice(events.at);
        if recorded_at.len() == n {
            recorded_at.copy_from_slice(events.recorded_at);
        }
        kind.copy_from_slice(events.kind);
        channel.copy_from_slice(events.channel);
        value.copy_from_slice(events.value);
    }
}

/// The next `n` places of a column, fewer at its end (a column that is not there has none).
fn take<'t, T>(column: &mut &'t mut [T], n: usize) -> &'t mut [T] {
    let n = n.min(column.len());
    let (next, rest) = std::mem::take(column).split_at_mut(n);
    *column = rest;
    next
}
