//! Work on several threads that end with it: a forked process inherits no pool whose threads are gone.

use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Does both at once.
#[cfg(feature = "frame")]
pub(crate) fn both<A, B: Send>(here: impl FnOnce() -> A, there: impl FnOnce() -> B + Send) -> (A, B) {
    thread::scope(|scope| {
        let there = scope.spawn(there);
        let here = here();
        (here, there.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

/// What `work` makes of every item, in their order.
pub(crate) fn map<I: Send, O: Send>(items: Vec<I>, work: impl Fn(I) -> O + Sync) -> Vec<O> {
    let n = items.len();
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(n);
    if threads <= 1 {
        return items.into_iter().map(work).collect();
    }
    let queue = Mutex::new(items.into_iter().enumerate());
    let take_all = || {
        let mut made = Vec::new();
        loop {
            // A thread cannot fail while it holds the lock, so a poisoned one is as good as new.
            let Some((place, item)) = queue.lock().unwrap_or_else(PoisonError::into_inner).next() else { break made };
            made.push((place, work(item)));
        }
    };
    let mut all: Vec<(usize, O)> = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(take_all)).collect();
        let mut all = take_all();
        others.into_iter().for_each(|other| all.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))));
        all
    });
    all.sort_unstable_by_key(|(place, _)| *place);
    all.into_iter().map(|(_, made)| made).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_items() {
        assert_eq!(map((0..1000).collect(), |i: usize| i * 2), (0..1000).map(|i| i * 2).collect::<Vec<_>>());
        assert_eq!(map(vec![7], |i| i + 1), [8]);
    }

    #[cfg(feature = "frame")]
    #[test]
    fn both_are_done() {
        assert_eq!(both(|| 1, || "two"), (1, "two"));
    }
}
