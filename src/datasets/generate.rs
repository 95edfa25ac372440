//! Draws the data set.

use rayon::prelude::*;

use super::calendar::{BEFORE, Calendar, DAY, END, START};
use super::people::{fills_form, lead};
use super::process::{Effects, INTENTS, KINDS, LATEST, MOVE};
use super::random::Stream;
use super::tables::{EventRow, LeadRow, LeadsDataset, OutcomeRow, TruthRow, instant, seconds};
use super::truth::Lens;
use crate::time::Span;

/// Beyond the end of the data, lives go on this long, for the tests.
const HORIZON: Span = Span::days(90);

/// Makes a data set of leads with a known truth; the same `n` and seed give the same bits everywhere.
///
/// ```
/// use leadscore::datasets::MakeLeads;
/// let data = MakeLeads::new(200).seed(7).make();
/// assert_eq!(data.leads.len(), 200);
/// let truth = data.truth.iter().find_map(|row| row.probability).unwrap_or_default();
/// assert!((0.0..=1.0).contains(&truth));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct MakeLeads {
    n: usize,
    seed: u64,
}

impl MakeLeads {
    /// A data set of `n` leads, seed 0.
    pub fn new(n: usize) -> Self {
        Self { n, seed: 0 }
    }

    /// Takes another seed.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Makes it. Takes about 30 microseconds a lead and core.
    #[must_use]
    pub fn make(self) -> LeadsDataset {
        self.lives().0
    }

    /// The data set and, for the tests, how every lead ends if one waits for it.
    pub(super) fn lives(self) -> (LeadsDataset, Vec<Option<Close>>) {
        let calendar = Calendar::new();
        let (first, last) = (calendar.busy(START), calendar.busy(END));
        let made: Vec<Made> = (0..self.n)
            .into_par_iter()
            .map(|i| {
                let mut draw = Stream::new(self.seed, 0, i as u64);
                // Stratified, so that leads are numbered in order of creation.
                let share = (i as f64 + draw.uniform()) / self.n as f64;
                let created = calendar.second_after(first + (last - first) * share).min(END - 1);
                make_one(self.seed, i, self.n, created, &calendar)
            })
            .collect();
        let mut data = LeadsDataset { leads: Vec::with_capacity(self.n), events: Vec::new(), outcomes: Vec::new(), truth: Vec::new() };
        let mut ends = Vec::with_capacity(self.n);
        for one in made {
            data.leads.push(one.lead);
            data.events.extend(one.events);
            data.outcomes.extend(one.outcome);
            data.truth.extend(one.truth);
            ends.push(one.close);
        }
        (data, ends)
    }
}

struct Made {
    lead: LeadRow,
    events: Vec<EventRow>,
    outcome: Option<OutcomeRow>,
    truth: Vec<TruthRow>,
    close: Option<Close>,
}

/// The end of a life.
#[derive(Debug, Clone, Copy)]
pub(super) struct Close {
    pub(super) at: i64,
    pub(super) won: bool,
}

fn make_one(seed: u64, index: usize, n: usize, created: i64, calendar: &Calendar) -> Made {
    let row = index as u32;
    let lead = lead(seed, index as u64, n as u64, created);
    let effects = Effects::of(&lead);
    let (intents, close) = live(&effects, created, &mut Stream::new(seed, 3, index as u64));
    let mut happening = Happening { calendar, effects: &effects, draw: Stream::new(seed, 4, index as u64), row, events: Vec::new() };
    happening.all(&lead, created, &intents, close);
    let mut events = happening.events;
    events.sort_by_key(|e| (e.at, e.recorded_at));

    let lens = Lens::new(&lead, calendar);
    let mut truth = Vec::with_capacity(4);
    for (snapshot, as_of) in [("0d", created), ("7d", created + 7 * DAY), ("30d", created + 30 * DAY), ("end", END)] {
        let open = close.is_none_or(|c| c.at > as_of);
        if as_of <= END && (open || snapshot != "end") {
            let probability = open.then(|| lens.probability(&events, as_of, HORIZON.micros() / 1_000_000));
            let age = Span::from_micros((as_of - created) * 1_000_000).unwrap_or(HORIZON);
            truth.push(TruthRow { lead: row, snapshot, as_of: instant(as_of), age, open, probability });
        }
    }

    // Nothing recorded after the end is in the data.
    let mut draw = Stream::new(seed, 5, index as u64);
    let outcome = close.map(|c| outcome(row, &lead, c, &mut draw)).filter(|o| seconds(o.recorded_at) <= END);
    events.retain(|e| seconds(e.recorded_at.unwrap_or(e.at)) <= END);
    let mut exported = Vec::with_capacity(events.len() + 1);
    for event in events {
        exported.push(event);
        if draw.chance(0.01) {
            exported.push(event);
        }
    }
    Made { lead, events: exported, outcome, truth, close }
}

/// The intents day by day, and how it ends; lives are followed until every snapshot in the data has had its horizon.
fn live(effects: &Effects, created: i64, draw: &mut Stream) -> (Vec<u8>, Option<Close>) {
    let mut intent = draw.pick(effects.initial);
    let mut intents = Vec::new();
    for day in 0.. {
        let start = created + day * DAY;
        if start > END + HORIZON.micros() / 1_000_000 {
            break;
        }
        if day > 0 {
            intent = draw.pick(MOVE[intent]);
        }
        intents.push(intent as u8);
        let (won, any) = effects.ends(created, day);
        let u = draw.uniform();
        if u < any[intent] {
            let at = start + 1 + draw.below(DAY as u64) as i64;
            return (intents, Some(Close { at, won: u < won[intent] }));
        }
    }
    (intents, None)
}

fn outcome(row: u32, lead: &LeadRow, close: Close, draw: &mut Stream) -> OutcomeRow {
    let size = crate::math::ln(f64::from(lead.employees.unwrap_or(40)));
    let base = if lead.product == "core" { 8.6 } else { 7.9 };
    let amount = crate::math::libm_exp(base + 0.35 * (size - 3.6) + 0.5 * draw.normal());
    let delay = if draw.chance(0.1) { 1 + draw.below(3 * DAY as u64) as i64 } else { 0 };
    OutcomeRow {
        lead: row,
        won: close.won,
        closed_at: instant(close.at),
        value: close.won.then_some((amount / 10.0) as u32 * 10),
        recorded_at: instant(close.at + delay),
    }
}

/// The events of one lead, as they are drawn.
struct Happening<'a> {
    calendar: &'a Calendar,
    effects: &'a Effects,
    draw: Stream,
    row: u32,
    events: Vec<EventRow>,
}

impl Happening<'_> {
    fn all(&mut self, lead: &LeadRow, created: i64, intents: &[u8], close: Option<Close>) {
        if fills_form(lead.source) {
            self.push(created, "form_submit", Some("web"), None, None);
        }
        let tracked = self.draw.chance(self.effects.tracked);
        let last = close.map_or(END, |c| c.at.min(END));
        if tracked {
            self.own(created - BEFORE - 1, created - 1, intents[0], 1.0, true);
            for (day, &intent) in intents.iter().enumerate() {
                let start = created + day as i64 * DAY;
                if start >= last {
                    break;
                }
                self.own(start, (start + DAY).min(last), intent, 1.0, false);
            }
            if let (Some(c), Some(&intent)) = (close, intents.last()) {
                self.own(c.at, (c.at + 14 * DAY).min(END), intent, 0.25, false);
            }
        }
        self.calls(created, last);
    }

    /// Events that the lead starts in `(from, to]` while its intent is `intent`; of anonymous visitors only some kinds, never late.
    fn own(&mut self, from: i64, to: i64, intent: u8, factor: f64, anonymous: bool) {
        let z = usize::from(intent).min(INTENTS - 1);
        let rates: [f64; KINDS.len()] =
            std::array::from_fn(|k| if KINDS[k].anonymous || !anonymous { self.effects.rate(&KINDS[k])[z] * factor } else { 0.0 });
        let total: f64 = rates.iter().sum();
        let mut busy = self.calendar.busy(from);
        loop {
            busy += self.draw.exponential() / total;
            let at = self.calendar.second_after(busy);
            if at > to {
                return;
            }
            let kind = &KINDS[self.draw.pick(rates)];
            let value = match kind.long {
                Some(long) if self.draw.chance(long[z]) => Some(120 + self.draw.below(600) as u32),
                Some(_) => Some(3 + self.draw.below(117) as u32),
                None if kind.name == "webinar" => Some(10 + self.draw.below(51) as u32),
                None => None,
            };
            let late = if !anonymous && self.draw.chance(kind.late) { 1 + self.draw.below(LATEST as u64) as i64 } else { 0 };
            let channel = self.channel(kind.name);
            self.push(at, kind.name, channel, value, (late > 0).then_some(at + late * DAY));
        }
    }

    /// Calls by sales: some at random, and one after most requests for a demo, while the lead is open.
    fn calls(&mut self, created: i64, last: i64) {
        let mut busy = self.calendar.busy(created);
        let mut times = Vec::new();
        loop {
            busy += self.draw.exponential() / self.effects.calls;
            let at = self.calendar.second_after(busy);
            if at > last {
                break;
            }
            times.push(at);
        }
        for i in 0..self.events.len() {
            if self.events[i].kind == "demo_request" && self.draw.chance(0.85) {
                let after = self.draw.exponential() * 0.8;
                times.push(self.calendar.second_after(self.calendar.busy(seconds(self.events[i].at)) + after));
            }
        }
        for at in times {
            let minutes = 1 + (self.draw.exponential() * 8.0) as u32;
            if at <= last {
                self.push(at, "call", Some("phone"), Some(minutes), None);
            }
        }
    }

    fn channel(&mut self, kind: &str) -> Option<&'static str> {
        match kind {
            "email_open" | "email_click" => Some("email"),
            "web_visit" | "pricing_page_view" => {
                const CHANNELS: [(&str, f64); 4] = [("organic", 0.4), ("direct", 0.3), ("paid", 0.2), ("social", 0.1)];
                Some(CHANNELS[self.draw.pick(CHANNELS.map(|c| c.1))].0)
            }
            "webinar" => None,
            _ => Some("web"),
        }
    }

    fn push(&mut self, at: i64, kind: &'static str, channel: Option<&'static str>, value: Option<u32>, recorded_at: Option<i64>) {
        self.events.push(EventRow { lead: self.row, at: instant(at), kind, channel, value, recorded_at: recorded_at.map(instant) });
    }
}
