//! How each lead ended.

/// How the leads of a table ended, row by row of the table of leads.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcomes {
    /// Won, lost, or not closed.
    pub won: Vec<Option<bool>>,
    /// When it closed, microseconds since 1970-01-01 UTC; `i64::MIN` when it did not, or in a flat table.
    pub closed_at: Vec<i64>,
    /// When the outcome became known; empty when the source does not say (then at once).
    pub recorded_at: Vec<i64>,
    /// What the deal was worth, NaN when not known; empty when the source does not say.
    pub value: Vec<f64>,
}

impl Outcomes {
    /// When lead `row` closed and whether it was won, as far as was known at `as_of`.
    #[must_use]
    pub fn known(&self, row: usize, as_of: i64) -> Option<(i64, bool)> {
        let won = (*self.won.get(row)?)?;
        let closed_at = *self.closed_at.get(row)?;
        let recorded_at = self.recorded_at.get(row).copied().unwrap_or(closed_at).max(closed_at);
        (closed_at != i64::MIN && recorded_at <= as_of).then_some((closed_at, won))
    }

    /// How long after closing 99 of 100 of the outcomes known at `as_of` were known, in microseconds; 0 when the source does not say.
    ///
    /// A snapshot is mature only when this much more time has passed: before, its missing wins would count as losses.
    #[must_use]
    pub fn label_delay(&self, as_of: i64) -> i64 {
        let mut delays: Vec<i64> = (self.recorded_at.iter().zip(&self.closed_at))
            .filter(|(recorded_at, closed_at)| **closed_at != i64::MIN && **recorded_at <= as_of && **closed_at <= as_of)
            .map(|(recorded_at, closed_at)| recorded_at.saturating_sub(*closed_at).max(0))
            .collect();
        if delays.is_empty() {
            return 0;
        }
        let rank = (delays.len() * 99).div_ceil(100) - 1;
        *delays.select_nth_unstable(rank).1
    }
}
