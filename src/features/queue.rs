//! A queue of events in columns: in at the end (or near it, or near the front), out at the front.

use std::iter::repeat_n;

use super::{CodedEvent, Events};

/// Events as columns, of which the first `start` are gone. Taking from the front only moves `start`, and memory is given back when more
/// than half of it is gone, so that both ends cost the same for few and for many events. An event that belongs nearer to the front moves
/// those before it into what is gone, so that events that come newest first cost no more than in order.
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
        if place < self.len() / 2 {
            if self.start == 0 {
                self.make_room();
            }
            let (first, to) = (self.start, self.start + place);
            put_before(&mut self.at, first, to, event.at);
            put_before(&mut self.recorded_at, first, to, event.recorded_at);
            put_before(&mut self.kind, first, to, event.kind);
            put_before(&mut self.channel, first, to, event.channel);
            put_before(&mut self.value, first, to, event.value);
            self.start -= 1;
            return;
        }
        self.at.insert(i, event.at);
        self.recorded_at.insert(i, event.recorded_at);
        self.kind.insert(i, event.kind);
        self.channel.insert(i, event.channel);
        self.value.insert(i, event.value);
    }

    /// Makes room before the first event for as many as there are.
    fn make_room(&mut self) {
        let room = self.len();
        self.at.splice(..0, repeat_n(0, room));
        self.recorded_at.splice(..0, repeat_n(0, room));
        self.kind.splice(..0, repeat_n(0, room));
        self.channel.splice(..0, repeat_n(0, room));
        self.value.splice(..0, repeat_n(0.0, room));
        self.start = room;
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

/// Moves the values from `first` to before `to` one place forward, into a place that is free, and puts a value into the place left.
fn put_before<T: Copy>(column: &mut [T], first: usize, to: usize, value: T) {
    column.copy_within(first..to, first - 1);
    column[to - 1] = value;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone, Copy)]
    enum Step {
        Push(i64),
        Pop,
        DropFirst(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            8 => (0_i64..40).prop_map(Step::Push),
            1 => Just(Step::Pop),
            1 => (0_usize..6).prop_map(Step::DropFirst),
        ]
    }

    proptest! {
        #[test]
        fn a_queue_is_a_sorted_list_whatever_comes_and_goes(steps in prop::collection::vec(step(), 0..200)) {
            let (mut queue, mut list) = (EventQueue::default(), Vec::<CodedEvent>::new());
            for (i, step) in steps.into_iter().enumerate() {
                match step {
                    Step::Push(at) => {
                        let event = CodedEvent::new(at, at + i as i64 % 3, (i % 5) as u16, (i % 7) as u16, i as f32);
                        let place = list.partition_point(|other| other.key() <= event.key());
                        prop_assert_eq!(queue.place_of(&event), place);
                        queue.insert(place, event);
                        list.insert(place, event);
                    }
                    Step::Pop => prop_assert_eq!(queue.pop(), list.pop()),
                    Step::DropFirst(n) => {
                        queue.drop_first(n);
                        list.drain(..n.min(list.len()));
                    }
                }
                prop_assert_eq!(queue.len(), list.len());
                for (place, event) in list.iter().enumerate() {
                    prop_assert_eq!(queue.get(place), *event);
                    prop_assert_eq!(queue.through(event.at), list.iter().filter(|other| other.at <= event.at).count());
                }
                prop_assert_eq!(queue.first(list.len()).at, list.iter().map(|event| event.at).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn events_that_come_newest_first_take_at_most_twice_the_memory_and_are_not_moved_each_time() {
        let mut queue = EventQueue::default();
        for at in (0..10_000).rev() {
            queue.insert(0, CodedEvent::new(at, at, 0, 0, 1.0));
            assert!(queue.at.len() <= 2 * queue.len() + 2, "{} of {}", queue.len(), queue.at.len());
        }
        assert_eq!((queue.len(), queue.at(0), queue.at(9_999)), (10_000, 0, 9_999));
    }
}
