//! When a lead last did something that the plan reads, and whether its account did.

use super::{AccountEvents, Events, FeaturePlan, History};

impl FeaturePlan {
    /// The moment of the newest event that the kernel sees as of `as_of` (see [`FeaturePlan::row`]); `None` when it sees none.
    pub(crate) fn last_seen(&self, created_at: Option<i64>, history: &History, events: Events<'_>, as_of: i64) -> Option<i64> {
        if self.needs_created_at() && created_at.is_some_and(|created| created > as_of) {
            return None;
        }
        let visible = |i: &usize| {
            events.recorded_at.get(*i).is_none_or(|&recorded| recorded <= as_of)
                && events.kind.get(*i).is_some_and(|&kind| self.program.tracks_of(self.program.kind(kind)).is_some())
        };
        // Sorted by `at`: the last one that is visible is the newest, and a fold holds only older ones.
        let newest = (0..events.at.partition_point(|&at| at <= as_of)).rev().find(visible).map(|i| events.at[i]);
        newest.or_else(|| history.last.filter(|_| history.fits(&self.program)).map(|edge| edge.at))
    }

    /// Whether the kernel sees an event of the account's other leads as of `as_of`.
    pub(crate) fn sees_account(&self, created_at: Option<i64>, account: Option<AccountEvents<'_>>, as_of: i64) -> bool {
        if self.needs_created_at() && created_at.is_some_and(|created| created > as_of) {
            return false;
        }
        account.is_some_and(|account| account.any(&self.program, as_of))
    }
}
