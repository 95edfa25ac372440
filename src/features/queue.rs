//! A queue of events in columns: in at the end (or near it), out at the front.

use super::{CodedEvent, Events};

/// Events as columns, of which the first `start` are gone. Taking from the front only moves `start`, and memory is given back when more
/// than half of it is gone, so that both ends cost the same for few and for many events.
#[derive(Debug, Clone, Default)]
pub(super) struct EventQueue {
    start: usize,
    at: Vec<i64>,
    recorded_at: Vec<i64>,
    kind: Vec<u16>,
    channel: Vec<u16>,
    value: Vec<f32>,
}

/// Queues are equal when the events in them are, values by their bits.
impl PartialEq for EventQueue {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && (0..self.len()).all(|i| self.get(i).key() == other.get(i).key())
    }
}

impl EventQueue {
    pub(super) fn len(&self) -> usize {
        self.at.len() - self.start
    }

    /// The event at a place, which must be there.
    #[inline]
    pub(super) fn get(&self, place: usize) -> CodedEvent {
        let i = self.start + place;
        CodedEvent { at: self.at[i], recorded_at: self.recorded_at[i], kind: self.kind[i], channel: self.channel[i], value: self.value[i] }
    }

    /// When the event at a place happened, which must be there.
    #[inline]
    pub(super) fn at(&self, place: usize) -> i64 {
        self.at[self.start + place]
    }

    /// How many events, from the oldest on, happened at `moment` or before: events are in order of time.
    pub(super) fn through(&self, moment: i64) -> usize {
        // Most often all of them.
        if self.at.last().is_none_or(|&at| at <= moment) {
            return self.len();
        }
        self.at[self.start..].partition_point(|&at| at <= moment)
    }

    /// Where an event belongs among them: after those that are equal in order.
    #[inline]
    pub(super) fn place_of(&self, event: &CodedEvent) -> usize {
        let n = self.len();
        // Most events come in order.
        if n == 0 || self.at(n - 1) < event.at || self.get(n - 1).key() <= event.key() {
            return n;
        }
        let (mut before, mut after) = (0, n - 1);
        while before < after {
            let middle = usize::midpoint(before, after);
            if self.get(middle).key() <= event.key() { before = middle + 1 } else { after = middle }
        }
        before
    }

    /// The first `n` events, all when there are fewer.
    pub(super) fn first(&self, n: usize) -> Events<'_> {
        let range = self.start..self.start + n.min(self.len());
        Events {
            at: &self.at[range.clone()],
            recorded_at: &self.recorded_at[range.clone()],
            kind: &self.kind[range.clone()],
            channel: &self.channel[range.clone()],
            value: &self.value[range],
        }
    }

    /// Puts an event at a place, at most the end.
    #[inline]
    pub(super) fn insert(&mut self, place: usize, event: CodedEvent) {
        let i = self.start + place;
        if i == self.at.len() {
            self.at.push(event.at);
            self.recorded_at.push(event.recorded_at);
            self.kind.push(event.kind);
            self.channel.push(event.channel);
            self.value.push(event.value);
            return;
        }
        self.at.insert(i, event.at);
        self.recorded_at.insert(i, event.recorded_at);
        self.kind.insert(i, event.kind);
        self.channel.insert(i, event.channel);
        self.value.insert(i, event.value);
    }

    /// Takes the last event out.
    pub(super) fn pop(&mut self) -> Option<CodedEvent> {
        let last = self.len().checked_sub(1).map(|place| self.get(place))?;
        self.at.pop();
        self.recorded_at.pop();
        self.kind.pop();
        self.channel.pop();
        self.value.pop();
        Some(last)
    }

    /// Takes the first `n` events out.
    pub(super) fn drop_first(&mut self, n: usize) {
        self.start += n.min(self.len());
        if self.start > self.at.len() / 2 {
            self.at.drain(..self.start);
            self.recorded_at.drain(..self.start);
            self.kind.drain(..self.start);
            self.channel.drain(..self.start);
            self.value.drain(..self.start);
            self.start = 0;
        }
    }
}
