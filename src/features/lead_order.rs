//! Bringing events into the kernel's order: by lead, and within a lead by `(at, recorded_at, kind, channel, value bits)`.
//!
//! Leads are cut into chunks. One pass over the source counts the events of every lead. When each lead's events stand together already
//! (the source is sorted or partitioned by lead) they are read where they are; otherwise a second pass deals them out to the chunks
//! (a counting sort whose buckets fit the cache), and each chunk deals its own to its leads. What is in order already is not sorted
//! again. Chunks are handed to threads one by one; nothing depends on which thread takes which.

use std::num::NonZero;
use std::ops::{Range, RangeInclusive};
use std::sync::{Mutex, PoisonError};

use super::coding::{CodedRows, Coder};
use super::{CodedEvent, Events};
use crate::parallel;

/// Rows of the source that are worth a thread of their own.
const ROWS_PER_SLICE: usize = 1 << 16;
/// Sources with more rows than this are dealt out in parts, one after the other,
const ROWS_AT_ONCE: usize = 1 << 18;
/// of which the copies take at most so many bytes an event of the source.
const BYTES_AT_ONCE: usize = 9;
/// Events of a chunk that the cache of a processor holds: 512 KiB of records.
const EVENTS_PER_CHUNK: usize = 1 << 15;
/// More events make larger chunks rather than more than a cache can have open at once.
const CHUNKS: RangeInclusive<usize> = 256..=1024;
/// Few leads make fewer chunks, and the places of the leads of a chunk are 16 bits wide.
const LEADS_PER_CHUNK: RangeInclusive<usize> = 64..=1 << 14;

/// Where the events of each lead are in the source.
pub(super) struct LeadOrder<'a> {
    source: &'a dyn CodedRows,
    /// How many events each lead has.
    counts: Vec<usize>,
    leads_per_chunk: usize,
    threads: usize,
    arrangement: Arrangement,
}

enum Arrangement {
    /// The events of every lead stand together, from this row on.
    Together(Vec<usize>),
    /// They are anywhere: how many of each lead are in each slice of the source.
    Mixed(Vec<Slice>),
}

/// A slice of the source.
struct Slice {
    rows: Range<usize>,
    /// How many events of each lead.
    counts: Vec<u32>,
    /// How often the lead of a row is another than that of the row before.
    runs: usize,
}

impl<'a> LeadOrder<'a> {
    /// Counts the events of `n_leads` leads on so many threads, all processors when `None`.
    pub(super) fn new(source: &'a dyn CodedRows, n_leads: usize, threads: Option<usize>) -> Self {
        let leads = source.leads();
        let available = || std::thread::available_parallelism().map_or(1, NonZero::get);
        let threads = threads.unwrap_or_else(available).clamp(1, leads.len().div_ceil(ROWS_PER_SLICE).max(1));
        let rows_per_slice = leads.len().div_ceil(threads).max(1);
        let slices = (0..leads.len()).step_by(rows_per_slice).map(|start| start..(start + rows_per_slice).min(leads.len()));
        let slices = parallel::map(slices.collect(), |rows| Slice::count(leads, rows, n_leads));
        let mut counts = vec![0; n_leads];
        for slice in &slices {
            counts.iter_mut().zip(&slice.counts).for_each(|(total, &count)| *total += count as usize);
        }
        // A lead whose events stand together has one run of them.
        let runs: usize = slices.iter().map(|slice| slice.runs).sum();
        // Events that are not there can only be dealt out.
        let arrangement = if source.all().is_some() && runs == counts.iter().filter(|&&count| count > 0).count() {
            Arrangement::Together(run_starts(leads, n_leads))
        } else {
            Arrangement::Mixed(slices)
        };
        let n_chunks = (leads.len() / EVENTS_PER_CHUNK).clamp(*CHUNKS.start(), *CHUNKS.end());
        let leads_per_chunk = n_leads.div_ceil(n_chunks).clamp(*LEADS_PER_CHUNK.start(), *LEADS_PER_CHUNK.end());
        Self { source, counts, leads_per_chunk, threads, arrangement }
    }

    /// How many events the leads have together.
    pub(super) fn n_events(&self) -> usize {
        self.counts.iter().sum()
    }

    /// How many events each lead has.
    pub(super) fn counts(&self) -> &[usize] {
        &self.counts
    }

    /// The leads of each chunk.
    pub(super) fn chunks(&self) -> impl Iterator<Item = Range<usize>> + Clone + use<> {
        let (n, size) = (self.counts.len(), self.leads_per_chunk);
        (0..n).step_by(size).map(move |start| start..(start + size).min(n))
    }

    /// Calls `visit` with every lead, its events in order, what is given for its chunk, and memory of the thread's own. The leads of a
    /// chunk come in order. When a source could not be read it stops.
    pub(super) fn visit<T: Send, S: Default>(
        &self,
        targets: impl Iterator<Item = T> + Send,
        visit: impl Fn(usize, Events<'_>, &mut T, &mut S) + Sync,
    ) {
        if self.source.has_recorded_at() {
            self.visit_as::<Recorded, T, S>(targets, visit);
        } else {
            self.visit_as::<u128, T, S>(targets, visit);
        }
    }

    fn visit_as<R: Record, T: Send, S: Default>(
        &self,
        mut targets: impl Iterator<Item = T> + Send,
        visit: impl Fn(usize, Events<'_>, &mut T, &mut S) + Sync,
    ) {
        let chunks: Vec<Range<usize>> = self.chunks().collect();
        match (&self.arrangement, self.source.all()) {
            (Arrangement::Together(starts), Some(coder)) => {
                let queue = Mutex::new(chunks.into_iter().zip(targets));
                self.on_threads(&queue, |(leads, mut target), buffers: &mut Buffers<R, S>| {
                    for lead in leads {
                        let rows = starts[lead]..starts[lead] + self.counts[lead];
                        buffers.records.clear();
                        buffers.records.extend(rows.map(|row| R::pack(coder.event(row))));
                        visit(lead, buffers.columns.fill(&mut buffers.records, &mut buffers.copy), &mut target, &mut buffers.own);
                    }
                });
            }
            // They stand together only where all are there.
            (Arrangement::Together(_), None) => {}
            (Arrangement::Mixed(slices), _) => {
                // A record, and the place of its lead.
                let n_parts = if self.n_events() > ROWS_AT_ONCE { (size_of::<R>() + 2).div_ceil(BYTES_AT_ONCE) } else { 1 };
                let parts = parts(&chunks, &self.counts, n_parts);
                let mut dealt: Vec<Dealt<R>> = slices.iter().map(|slice| Dealt::new(slice, &parts)).collect();
                for chunks in parts {
                    // What does not fit is given back before anyone takes more.
                    slices.iter().zip(&mut dealt).for_each(|(slice, dealt)| dealt.give_back(slice.n_events_of(chunks)));
                    let slices = slices.iter().zip(&mut dealt).collect();
                    parallel::map(slices, |(slice, dealt): (&Slice, &mut Dealt<R>)| {
                        dealt.deal(self.source, slice, chunks, self.leads_per_chunk);
                    });
                    if self.source.has_failed() {
                        return;
                    }
                    let queue = Mutex::new(chunks.iter().enumerate().zip(targets.by_ref()));
                    self.on_threads(&queue, |((place, leads), mut target), buffers: &mut Buffers<R, S>| {
                        let Buffers { records, copy, cursors, columns, own } = buffers;
                        gather(&dealt, place, &self.counts[leads.clone()], records, cursors);
                        let mut start = 0;
                        for (lead, &end) in leads.clone().zip(cursors.iter()) {
                            visit(lead, columns.fill(&mut records[start..end], copy), &mut target, own);
                            start = end;
                        }
                    });
                }
            }
        }
    }

    /// Lets threads take from the queue until it is empty.
    fn on_threads<W: Send, B: Default>(&self, queue: &Mutex<impl Iterator<Item = W> + Send>, work: impl Fn(W, &mut B) + Sync) {
        let take_all = || {
            let mut buffers = B::default();
            loop {
                // A thread cannot fail while it holds the lock, so a poisoned one is as good as new.
                let Some(item) = queue.lock().unwrap_or_else(PoisonError::into_inner).next() else { break };
                work(item, &mut buffers);
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..self.threads {
                scope.spawn(take_all);
            }
            take_all();
        });
    }
}

/// Memory of one thread, used again from chunk to chunk.
struct Buffers<R, S> {
    records: Vec<R>,
    copy: Vec<R>,
    cursors: Vec<usize>,
    columns: Columns,
    own: S,
}

impl<R, S: Default> Default for Buffers<R, S> {
    fn default() -> Self {
        Self { records: Vec::new(), copy: Vec::new(), cursors: Vec::new(), columns: Columns::default(), own: S::default() }
    }
}

impl Slice {
    fn count(leads: &[u32], rows: Range<usize>, n_leads: usize) -> Self {
        let (mut counts, mut runs) = (vec![0; n_leads], 0);
        let mut before = rows.start.checked_sub(1).map_or(u32::MAX, |row| leads[row]);
        for &lead in &leads[rows.clone()] {
            if let Some(count) = counts.get_mut(lead as usize) {
                *count += 1;
                runs += usize::from(lead != before);
            }
            before = lead;
        }
        Self { rows, counts, runs }
    }

    /// How many events of a chunk's leads.
    fn n_events(&self, chunk: &Range<usize>) -> usize {
        self.counts[chunk.clone()].iter().map(|&count| count as usize).sum()
    }

    /// How many events of the leads of some chunks.
    fn n_events_of(&self, chunks: &[Range<usize>]) -> usize {
        chunks.iter().map(|chunk| self.n_events(chunk)).sum()
    }
}

/// Where the events of each lead begin, of leads whose events stand together; 0 of one without events.
fn run_starts(leads: &[u32], n_leads: usize) -> Vec<usize> {
    let mut starts = vec![0; n_leads];
    let mut before = u32::MAX;
    for (row, &lead) in leads.iter().enumerate() {
        if lead != before
            && let Some(start) = starts.get_mut(lead as usize)
        {
            *start = row;
        }
        before = lead;
    }
    starts
}

/// The events of some chunks in a slice of the source, chunk after chunk, each chunk's in the order of the source. Its memory is used again from part to part
/// where that is about as large; in a sorted source a part may be all of one slice, and none of the others.
struct Dealt<R> {
    /// The events of the largest part.
    most: usize,
    records: Vec<R>,
    /// Of each record, the place of its lead in the chunk.
    leads: Vec<u16>,
    /// Where each chunk ends.
    ends: Vec<usize>,
}

impl<R: Record> Dealt<R> {
    fn new(slice: &Slice, parts: &[&[Range<usize>]]) -> Self {
        let most = parts.iter().map(|chunks| slice.n_events_of(chunks)).max().unwrap_or(0);
        Self { most, records: Vec::new(), leads: Vec::new(), ends: Vec::new() }
    }

    /// Memory for `n` events or a little more, so that the next part may have it too.
    fn room(&self, n: usize) -> usize {
        if self.most <= n + n / 8 { self.most } else { n }
    }

    /// Gives back memory that is not for `n` events.
    fn give_back(&mut self, n: usize) {
        if self.records.len() != self.room(n) {
            (self.records, self.leads) = (Vec::new(), Vec::new());
        }
    }

    fn deal(&mut self, source: &dyn CodedRows, slice: &Slice, chunks: &[Range<usize>], leads_per_chunk: usize) {
        let (first, last) = (chunks.first().map_or(0, |chunk| chunk.start), chunks.last().map_or(0, |chunk| chunk.end));
        // Where the next event of each chunk goes.
        let room = self.room(slice.n_events_of(chunks));
        let Self { records, leads, ends: cursors, .. } = self;
        if records.len() != room {
            // Memory that nobody has touched yet.
            (*records, *leads) = (vec![R::default(); room], vec![0; room]);
        }
        cursors.clear();
        let mut n = 0;
        for chunk in chunks {
            cursors.push(n);
            n += slice.n_events(chunk);
        }
        let lead_of = source.leads();
        source.blocks(slice.rows.clone(), &mut |coder: &Coder<'_>, rows: Range<usize>, start: usize| {
            for (row, &lead) in rows.clone().zip(&lead_of[rows]) {
                let lead = lead as usize;
                if first <= lead && lead < last {
                    let (chunk, place) = ((lead - first) / leads_per_chunk, (lead - first) % leads_per_chunk);
                    let cursor = &mut cursors[chunk];
                    records[*cursor] = R::pack(coder.event(row - start));
                    leads[*cursor] = place as u16;
                    *cursor += 1;
                }
            }
        });
    }

    /// The events of the chunk at this place.
    fn chunk(&self, place: usize) -> impl Iterator<Item = (&R, u16)> {
        let range = place.checked_sub(1).map_or(0, |before| self.ends[before])..self.ends[place];
        self.records[range.clone()].iter().zip(self.leads[range].iter().copied())
    }
}

/// Brings the events of one chunk together, lead after lead; `ends` tells where each lead's end.
fn gather<R: Record>(dealt: &[Dealt<R>], place: usize, counts: &[usize], records: &mut Vec<R>, ends: &mut Vec<usize>) {
    ends.clear();
    let mut n = 0;
    for count in counts {
        ends.push(n);
        n += count;
    }
    records.resize(n, R::default());
    for slice in dealt {
        for (&record, lead) in slice.chunk(place) {
            let cursor = &mut ends[usize::from(lead)];
            records[*cursor] = record;
            *cursor += 1;
        }
    }
}

/// The chunks in so many parts of about as many events, fewer where a chunk holds more than a part would.
fn parts<'c>(chunks: &'c [Range<usize>], counts: &[usize], n_parts: usize) -> Vec<&'c [Range<usize>]> {
    let total: usize = counts.iter().sum();
    let mut parts = Vec::with_capacity(n_parts);
    let (mut rest, mut before) = (chunks, 0);
    for part in 1..=n_parts {
        let ends = total / n_parts * part;
        let starts_in_part = |chunk: &&Range<usize>| {
            let starts = part == n_parts || before < ends;
            if starts {
                before += counts[(*chunk).clone()].iter().sum::<usize>();
            }
            starts
        };
        let (these, others) = rest.split_at(rest.iter().take_while(starts_in_part).count());
        rest = others;
        if !these.is_empty() {
            parts.push(these);
        }
    }
    parts
}

/// An event in a form whose natural order is the kernel's.
trait Record: Copy + Ord + Default + Send + Sync {
    fn at(self) -> i64;
    fn pack(event: CodedEvent) -> Self;
    fn unpack(self) -> CodedEvent;
}

/// Where events were known as they happened: from the highest bits to the lowest `at`, kind, channel, value.
impl Record for u128 {
    #[inline]
    fn at(self) -> i64 {
        ((self >> 64) as u64 ^ (1 << 63)) as i64
    }

    #[inline]
    fn pack(event: CodedEvent) -> Self {
        // With the sign bit flipped, signed numbers are in order as unsigned ones.
        let at = event.at as u64 ^ (1 << 63);
        Self::from(at) << 64 | Self::from(event.kind) << 48 | Self::from(event.channel) << 32 | Self::from(event.value.to_bits())
    }

    #[inline]
    fn unpack(self) -> CodedEvent {
        let at = self.at();
        CodedEvent { at, recorded_at: at, kind: (self >> 48) as u16, channel: (self >> 32) as u16, value: f32::from_bits(self as u32) }
    }
}

/// Where events became known later: `rest` is kind, channel, value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Recorded {
    at: i64,
    recorded_at: i64,
    rest: u64,
}

impl Record for Recorded {
    #[inline]
    fn at(self) -> i64 {
        self.at
    }

    #[inline]
    fn pack(event: CodedEvent) -> Self {
        let rest = u64::from(event.kind) << 48 | u64::from(event.channel) << 32 | u64::from(event.value.to_bits());
        Self { at: event.at, recorded_at: event.recorded_at, rest }
    }

    #[inline]
    fn unpack(self) -> CodedEvent {
        CodedEvent {
            at: self.at,
            recorded_at: self.recorded_at,
            kind: (self.rest >> 48) as u16,
            channel: (self.rest >> 32) as u16,
            value: f32::from_bits(self.rest as u32),
        }
    }
}

/// Sorts a lead's records. `keys` and `copy` are memory of the thread's own.
///
/// The times decide almost alone, so they are sorted as single words, each with its record's place in the lowest bits; records of the same
/// time are then put in order among themselves. Records that compare equal are equal, so the order does not depend on how they are sorted.
fn sort<R: Record>(records: &mut [R], keys: &mut Vec<u64>, copy: &mut Vec<R>) {
    let (mut first, mut last) = (i64::MAX, i64::MIN);
    for record in &*records {
        first = first.min(record.at());
        last = last.max(record.at());
    }
    let bits = usize::BITS - records.len().leading_zeros();
    let span = last.abs_diff(first);
    if span.leading_zeros() < bits || records.len() < FEW {
        records.sort_unstable();
        return;
    }
    keys.clear();
    keys.extend((0_u64..).zip(&*records).map(|(place, record)| record.at().abs_diff(first) << bits | place));
    keys.sort_unstable();
    copy.clear();
    copy.extend_from_slice(records);
    let place = (1_usize << bits) - 1;
    for (record, key) in records.iter_mut().zip(&*keys) {
        *record = copy[*key as usize & place];
    }
    for same in records.chunk_by_mut(|a, b| a.at() == b.at()).filter(|same| same.len() > 1) {
        same.sort_unstable();
    }
}

/// So few records are sorted as they are.
const FEW: usize = 8;

/// One lead's events as the kernel reads them.
#[derive(Default)]
struct Columns {
    keys: Vec<u64>,
    at: Vec<i64>,
    recorded_at: Vec<i64>,
    kind: Vec<u16>,
    channel: Vec<u16>,
    value: Vec<f32>,
}

impl Columns {
    /// Sorts the records, unless they are sorted, and lays them out in columns.
    fn fill<R: Record>(&mut self, records: &mut [R], copy: &mut Vec<R>) -> Events<'_> {
        if !records.is_sorted() {
            sort(records, &mut self.keys, copy);
        }
        self.at.clear();
        self.recorded_at.clear();
        self.kind.clear();
        self.channel.clear();
        self.value.clear();
        self.at.extend(records.iter().map(|record| record.unpack().at));
        self.recorded_at.extend(records.iter().map(|record| record.unpack().recorded_at));
        self.kind.extend(records.iter().map(|record| record.unpack().kind));
        self.channel.extend(records.iter().map(|record| record.unpack().channel));
        self.value.extend(records.iter().map(|record| record.unpack().value));
        Events { at: &self.at, recorded_at: &self.recorded_at, kind: &self.kind, channel: &self.channel, value: &self.value }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_hold_every_chunk_once_and_about_as_many_events() {
        let chunks: Vec<Range<usize>> = (0..10).map(|chunk| chunk * 3..chunk * 3 + 3).collect();
        let counts: Vec<usize> = (0..30).map(|lead| lead % 4).collect();
        for n_parts in 1..=4 {
            let parts = parts(&chunks, &counts, n_parts);
            assert_eq!(parts.concat(), chunks);
            let events = |part: &[Range<usize>]| part.iter().map(|chunk| counts[chunk.clone()].iter().sum::<usize>()).sum::<usize>();
            // At most one chunk more, which has at most 6 events.
            assert!(parts.iter().all(|part| events(part) <= 43 / n_parts + 6), "{parts:?}");
        }
        // All events in one chunk, or none at all.
        assert_eq!(parts(&chunks, &[vec![0; 12], vec![100], vec![0; 17]].concat(), 3).concat(), chunks);
        assert_eq!(parts(&chunks, &[0; 30], 3).concat(), chunks);
    }
}
