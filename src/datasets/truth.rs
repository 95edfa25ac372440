//! The true probability: the forward filter of what is visible, then the backward recursion over the horizon.

use super::calendar::{BEFORE, Calendar, DAY};
use super::people::fills_form;
use super::process::{Effects, INTENTS, KINDS, Kind, LATEST, MOVE, PerIntent};
use super::tables::{EventRow, LeadRow, LeadsDataset, seconds};
use crate::math::libm_exp as exp;
use crate::time::{Span, Timestamp};

impl LeadsDataset {
    /// The true probability that the lead in row `lead` is won within `horizon` after `as_of`, given all that is visible at `as_of` and that it is open then.
    ///
    /// `None` when there is no such lead, before its creation, after the end of the data, or when it has closed by then (as far as its outcome is recorded).
    ///
    /// ```
    /// use leadscore::{Span, datasets::{LeadsDataset, MakeLeads}};
    /// let data = MakeLeads::new(100).make();
    /// let first = data.truth[0];
    /// assert_eq!(data.probability(first.lead as usize, first.as_of, Span::days(90)), first.probability);
    /// assert!(data.probability(5, LeadsDataset::end(), Span::days(0)).unwrap_or(0.0) == 0.0);
    /// ```
    #[must_use]
    pub fn probability(&self, lead: usize, as_of: Timestamp, horizon: Span) -> Option<f64> {
        let row = self.leads.get(lead)?;
        let outcome = self.outcomes.binary_search_by_key(&(lead as u32), |o| o.lead).ok().map(|i| &self.outcomes[i]);
        if as_of < row.created_at || as_of > Self::end() || outcome.is_some_and(|o| o.closed_at <= as_of) {
            return None;
        }
        let start = self.events.partition_point(|e| e.lead < lead as u32);
        let end = self.events.partition_point(|e| e.lead <= lead as u32);
        let mut events = self.events[start..end].to_vec();
        // The exporter's copies say nothing.
        events.dedup();
        let calendar = Calendar::new();
        Some(Lens::new(row, &calendar).probability(&events, seconds(as_of), horizon.micros() / 1_000_000))
    }
}

/// One lead, seen with knowledge of the process.
pub(super) struct Lens<'a> {
    effects: Effects,
    created: i64,
    /// The creation of the lead shows as a form.
    form: bool,
    calendar: &'a Calendar,
    /// Events a day by intent that are never late, and those that are late with each of the chances in use.
    rates: Vec<(f64, PerIntent)>,
    /// Events a day by intent that are kept before creation.
    anonymous: PerIntent,
}

impl<'a> Lens<'a> {
    pub(super) fn new(lead: &LeadRow, calendar: &'a Calendar) -> Self {
        let effects = Effects::of(lead);
        let mut rates: Vec<(f64, PerIntent)> = Vec::new();
        let mut anonymous = [0.0; INTENTS];
        for kind in &KINDS {
            let rate = effects.rate(kind);
            let slot = rates.iter().position(|r| r.0 == kind.late).unwrap_or_else(|| {
                rates.push((kind.late, [0.0; INTENTS]));
                rates.len() - 1
            });
            add(&mut rates[slot].1, rate);
            if kind.anonymous {
                add(&mut anonymous, rate);
            }
        }
        Self { effects, created: seconds(lead.created_at), form: fills_form(lead.source), calendar, rates, anonymous }
    }

    /// P(won in `(as_of, as_of + horizon]` | visible at `as_of`, open at `as_of`); `events` in order of time, without copies. Seconds.
    pub(super) fn probability(&self, events: &[EventRow], as_of: i64, horizon: i64) -> f64 {
        let (day, part) = self.day(as_of);
        let (last, rest) = self.day(as_of + horizon);
        let belief = self.belief(events, as_of);
        let ahead = if last > day { self.ahead(day + 1, last, rest) } else { [0.0; INTENTS] };
        let (won, any) = self.effects.ends(self.created, day);
        let today = if last > day { 1.0 - part } else { rest - part };
        let mut sum = 0.0;
        for z in 0..INTENTS {
            let later = (1.0 - any[z]) * dot(MOVE[z], ahead);
            sum += belief[z] * (today * won[z] + later) / (1.0 - part * any[z]);
        }
        sum
    }

    /// The lead's day at `t`, and the part of it that has passed.
    fn day(&self, t: i64) -> (i64, f64) {
        let since = t - self.created;
        (since.div_euclid(DAY), since.rem_euclid(DAY) as f64 / DAY as f64)
    }

    /// The chance of a win from the start of day `from` until part `rest` of day `last`, by intent on day `from`.
    fn ahead(&self, from: i64, last: i64, rest: f64) -> PerIntent {
        let mut value = self.effects.ends(self.created, last).0.map(|p| p * rest);
        for day in (from..last).rev() {
            let (won, any) = self.effects.ends(self.created, day);
            value = std::array::from_fn(|z| won[z] + (1.0 - any[z]) * dot(MOVE[z], value));
        }
        value
    }

    /// The distribution of today's intent given all that is visible at `as_of` and that the lead is open.
    fn belief(&self, events: &[EventRow], as_of: i64) -> PerIntent {
        let (today, part) = self.day(as_of);
        // The second is of leads whose own events are not seen.
        let mut seen = self.effects.initial.map(|p| p * self.effects.tracked);
        let mut unseen = self.effects.initial.map(|p| p * (1.0 - self.effects.tracked));
        let mut next = events.iter().filter(|e| seconds(e.recorded_at.unwrap_or(e.at)) <= as_of).peekable();
        let mut any_seen = false;

        let before = self.calendar.busy(self.created - 1) - self.calendar.busy(self.created - 1 - BEFORE);
        for (s, rate) in seen.iter_mut().zip(self.anonymous) {
            *s *= exp(-rate * before);
        }
        for day in 0..=today {
            let start = self.created + day * DAY;
            let end = (start + DAY).min(as_of);
            if day > 0 {
                seen = step(seen);
                unseen = step(unseen);
            }
            while let Some(event) = next.next_if(|e| seconds(e.at) <= end) {
                if let Some(factor) = self.says(event) {
                    seen = std::array::from_fn(|z| seen[z] * factor[z]);
                    any_seen = true;
                }
            }
            let mut expected = [0.0; INTENTS];
            for &(late, rate) in &self.rates {
                let visible = self.visible(start, end, as_of, late);
                add(&mut expected, rate.map(|r| r * visible));
            }
            let (_, any) = self.effects.ends(self.created, day);
            let survived = any.map(|p| 1.0 - p * if day == today { part } else { 1.0 });
            for z in 0..INTENTS {
                seen[z] *= exp(-expected[z]) * survived[z];
                unseen[z] *= survived[z];
            }
            // Kept away from underflow.
            let total: f64 = seen.iter().sum::<f64>() + if any_seen { 0.0 } else { unseen.iter().sum::<f64>() };
            seen = seen.map(|p| p / total);
            unseen = if any_seen { [0.0; INTENTS] } else { unseen.map(|p| p / total) };
        }
        std::array::from_fn(|z| seen[z] + unseen[z])
    }

    /// How probable a visible event is under each intent; `None` for events that say nothing about it.
    fn says(&self, event: &EventRow) -> Option<PerIntent> {
        let kind: &Kind = KINDS.iter().find(|k| k.name == event.kind)?;
        if self.form && event.kind == "form_submit" && seconds(event.at) == self.created {
            return None;
        }
        let rate = self.effects.rate(kind);
        Some(match kind.long {
            Some(long) if event.value.is_some_and(|v| v >= 120) => std::array::from_fn(|z| rate[z] * long[z]),
            Some(long) => std::array::from_fn(|z| rate[z] * (1.0 - long[z])),
            None => rate,
        })
    }

    /// The integral over `(start, end]` of busyness times the chance that an event is visible at `as_of`, when it is late with chance `late`.
    fn visible(&self, start: i64, end: i64, as_of: i64, late: f64) -> f64 {
        let whole = self.calendar.busy(end) - self.calendar.busy(start);
        if late == 0.0 || as_of - end >= LATEST * DAY {
            return whole;
        }
        // Events of age m to m + 1 days are hidden when they come LATEST - m of LATEST days late.
        (0..LATEST).fold(whole, |sum, m| {
            let (from, to) = (start.max(as_of - (m + 1) * DAY), end.min(as_of - m * DAY));
            if from >= to {
                return sum;
            }
            let hidden = late * (LATEST - m) as f64 / LATEST as f64;
            sum - hidden * (self.calendar.busy(to) - self.calendar.busy(from))
        })
    }
}

fn step(p: PerIntent) -> PerIntent {
    std::array::from_fn(|z| (0..INTENTS).map(|y| p[y] * MOVE[y][z]).sum())
}

fn dot(a: PerIntent, b: PerIntent) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn add(sum: &mut PerIntent, other: PerIntent) {
    for (s, o) in sum.iter_mut().zip(other) {
        *s += o;
    }
}

/// P(won in day `days` | visible at its start, open then), by following every path of intents: the tests' reference for the filter.
#[cfg(test)]
pub(super) fn brute_force(data: &LeadsDataset, lead: usize, days: i64) -> f64 {
    let row = &data.leads[lead];
    let calendar = Calendar::new();
    let lens = Lens::new(row, &calendar);
    let as_of = lens.created + days * DAY;
    let mut events: Vec<EventRow> =
        data.events.iter().filter(|e| e.lead as usize == lead && seconds(e.recorded_at.unwrap_or(e.at)) <= as_of).copied().collect();
    events.dedup();
    let (mut all, mut winning) = (0.0, 0.0);
    let paths = INTENTS.pow(days as u32 + 1);
    for tracked in [false, true] {
        for code in 0..paths {
            let intent = |day: i64| code / INTENTS.pow(day as u32) % INTENTS;
            let mut weight = lens.effects.initial[intent(0)] * if tracked { lens.effects.tracked } else { 1.0 - lens.effects.tracked };
            for day in 0..=days {
                weight *= if day > 0 { MOVE[intent(day - 1)][intent(day)] } else { 1.0 };
                weight *= if day < days { 1.0 - lens.effects.ends(lens.created, day).1[intent(day)] } else { 1.0 };
            }
            let day_of = |e: &EventRow| ((seconds(e.at) - lens.created - 1).div_euclid(DAY)).max(0);
            for factor in events.iter().filter_map(|e| lens.says(e).map(|f| f[intent(day_of(e))])) {
                weight *= if tracked { factor } else { 0.0 };
            }
            if tracked {
                // Numbers expected in pieces of an hour, each as visible as its middle.
                for kind in &KINDS {
                    let rate = lens.effects.rate(kind);
                    for hour in 0..days * 24 {
                        let from = lens.created + hour * 3600;
                        let age = (as_of - from - 1800).div_euclid(DAY);
                        let shown = 1.0 - kind.late * ((LATEST - age).max(0) as f64 / LATEST as f64);
                        weight *= exp(-rate[intent(hour / 24)] * shown * (calendar.busy(from + 3600) - calendar.busy(from)));
                    }
                    if kind.anonymous {
                        weight *= exp(-rate[intent(0)] * (calendar.busy(lens.created - 1) - calendar.busy(lens.created - 1 - BEFORE)));
                    }
                }
            }
            all += weight;
            winning += weight * lens.effects.ends(lens.created, days).0[intent(days)];
        }
    }
    winning / all
}
