//! Seasons: how busy each hour is, and the time that runs by busyness.

use crate::time::civil_from_days;

/// Seconds in a day.
pub(super) const DAY: i64 = 86_400;
/// 2026-06-30T00:00:00 UTC: the data end here.
pub(super) const END: i64 = 1_782_777_600;
/// Leads are created from here, 730 days earlier.
pub(super) const START: i64 = END - 730 * DAY;
/// Seconds before creation in which anonymous visits are kept.
pub(super) const BEFORE: i64 = 14 * DAY;

/// Monday to Sunday.
const WEEKDAY: [f64; 7] = [1.2, 1.35, 1.3, 1.25, 1.0, 0.45, 0.45];
/// January to December.
const MONTH: [f64; 12] = [1.05, 1.1, 1.15, 1.05, 1.0, 1.0, 0.8, 0.75, 1.15, 1.2, 1.1, 0.65];
/// Hours 0 to 23, UTC; they sum to 24.
const HOUR: [f64; 24] =
    [0.2, 0.2, 0.1, 0.1, 0.2, 0.3, 0.6, 1.1, 1.9, 2.2, 2.2, 1.9, 1.5, 1.9, 2.1, 2.0, 1.6, 1.1, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2];

/// Busyness `w(t)`, constant within an hour and about 1 on average, and its integral `W(t)` in days.
pub(super) struct Calendar {
    first: i64,
    /// `W` at the start of each hour.
    cumulative: Vec<f64>,
}

impl Calendar {
    /// The calendar from the first anonymous visit to the end of the data.
    pub(super) fn new() -> Self {
        let first = START - BEFORE - DAY;
        let hours = (END + DAY - first) / 3600;
        let mut total = 0.0;
        let mut cumulative = vec![0.0];
        for hour in 0..hours {
            let t = first + hour * 3600;
            let day = t.div_euclid(DAY);
            let (_, month, _) = civil_from_days(day);
            // 1970-01-01 was a Thursday.
            let weekday = (day + 3).rem_euclid(7) as usize;
            let weight = WEEKDAY[weekday] * MONTH[month as usize - 1] * HOUR[(t.rem_euclid(DAY) / 3600) as usize];
            total += weight / 24.0;
            cumulative.push(total);
        }
        Self { first, cumulative }
    }

    /// `W(t)`; `t` is held within the calendar.
    pub(super) fn busy(&self, t: i64) -> f64 {
        let hours = self.cumulative.len() as i64 - 1;
        let since = (t - self.first).clamp(0, hours * 3600);
        let (hour, rest) = ((since / 3600).min(hours - 1) as usize, since);
        let part = (rest - hour as i64 * 3600) as f64 / 3600.0;
        let (low, high) = (self.cumulative[hour], self.cumulative[hour + 1]);
        low + (high - low) * part
    }

    /// The first whole second after the moment at which `W` is `busy`.
    pub(super) fn second_after(&self, busy: f64) -> i64 {
        let hour = self.cumulative.partition_point(|&w| w <= busy).clamp(1, self.cumulative.len() - 1) - 1;
        let (low, high) = (self.cumulative[hour], self.cumulative[hour + 1]);
        let part = ((busy - low) / (high - low)).clamp(0.0, 1.0);
        self.first + hour as i64 * 3600 + (part * 3600.0) as i64 + 1
    }
}
