//! The questions that a column is asked, and what its answers weigh.

use super::confidence::{least_share, most, ratio};
use super::rows::{End, Rows};
use super::states::{MISSING, States};
use crate::models::ordered::{Labels, Order};
use crate::time::MICROS_PER_DAY;
use crate::{AttributeColumn, Cell};

/// The AUC that counts one point, two, three, four.
const AUC_STEPS: [f64; 4] = [0.65, 0.75, 0.85, 0.90];
/// A value decides when no more than this part of the usual share of leads ends otherwise.
const DECIDES: f64 = 0.1;
/// The share of the leads that such values must hold; less where hardly any of them is lost, which no honest attribute promises.
const DECIDED_SHARE: f64 = 0.05;
const DECIDED_WON_SHARE: f64 = 0.02;
/// How many times as often a column is filled in on one side as on the other: two points, four points.
const FILLED: [f64; 2] = [1.75, 8.0];
/// How many times as common a value is among the older leads as among the youngest, or among the oldest as among the others,
const AGES: f64 = 2.0;
/// by at least so much of all leads of that age,
const AGES_APART: f64 = 0.05;
/// and how much more often than others leads with the value are won.
const LIFTED: f64 = 1.1;
/// The share of leads that are the youngest, and the oldest.
const ENDS_OF_TIME: f64 = 0.1;
/// Fewer leads at either end say nothing.
const FEWEST_AT_END: usize = 50;
/// The share of closed leads with a date after their close that no accident makes, and with one at the close.
const AFTER_CLOSE: f64 = 0.05;
const AT_CLOSE: f64 = 0.5;
/// How many further leads the share won of a category is drawn towards the overall share by.
const STRENGTH: f64 = 5.0;

/// One answer, in words, and what it weighs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    pub(super) points: u8,
    pub(super) words: String,
}

impl Answer {
    pub(super) fn new(points: u8, words: String) -> Self {
        Self { points, words }
    }
}

/// How well a column alone tells won leads from others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Auc {
    pub(super) value: f64,
    pub(super) error: f64,
}

/// What all columns are asked with.
pub(super) struct Asked<'a> {
    pub(super) rows: &'a Rows<'a>,
    pub(super) order: Order,
    pub(super) judged: Vec<u32>,
    pub(super) won: Vec<bool>,
    pub(super) weights: Vec<f32>,
    pub(super) share: f64,
    /// Share won of each block of time.
    pub(super) shares: Vec<f64>,
    /// How many standard errors make an answer certain.
    pub(super) z: f64,
}

impl<'a> Asked<'a> {
    pub(super) fn new(rows: &'a Rows<'a>, z: f64) -> Self {
        let judged = rows.judged_places();
        let (n, n_won) = rows.judged_and_won();
        Self {
            order: Order::random(&judged, &[], 0),
            judged,
            won: (0..rows.rows.len()).map(|place| rows.won(place)).collect(),
            weights: vec![1.0; rows.rows.len()],
            share: n_won as f64 / n.max(1) as f64,
            shares: rows.block_shares(),
            z,
            rows,
        }
    }

    /// Per lead the share won among the leads before it, in a random order, that are in the same state: it has not seen the lead's own outcome.
    pub(super) fn statistic(&self, states: &States) -> Vec<f32> {
        let mut statistic = vec![self.share as f32; self.rows.rows.len()];
        let labels = Labels { won: &self.won, weights: &self.weights, share: self.share, strength: STRENGTH };
        labels.of_earlier(&self.order, |place| states.state[place] as usize, states.names.len(), &mut statistic);
        statistic
    }

    /// The AUC of a statistic among leads of the same block of time, blocks weighing by their pairs; `None` when no block has both classes. Its standard
    /// error is that of Hanley and McNeil (1982).
    pub(super) fn auc(&self, statistic: &[f32]) -> Option<Auc> {
        let (mut pairs, mut above, mut variance) = (0.0, 0.0, 0.0);
        let mut sorted: Vec<(f32, bool)> = Vec::new();
        for places in &self.rows.blocks {
            sorted.clear();
            sorted.extend(places.iter().map(|&place| (statistic[place as usize], self.won[place as usize])));
            sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
            let (mut lost_below, mut won_all, mut sum) = (0.0, 0.0, 0.0);
            for tied in sorted.chunk_by(|a, b| a.0 == b.0) {
                let won = tied.iter().filter(|(_, won)| *won).count() as f64;
                let lost = tied.len() as f64 - won;
                sum += won * (lost_below + 0.5 * lost);
                won_all += won;
                lost_below += lost;
            }
            let of_block = won_all * lost_below;
            if of_block > 0.0 {
                let a: f64 = sum / of_block;
                let (q1, q2) = (a / (2.0 - a), 2.0 * a * a / (1.0 + a));
                let spread = a * (1.0 - a) + (won_all - 1.0) * (q1 - a * a) + (lost_below - 1.0) * (q2 - a * a);
                variance += of_block * spread.max(0.0);
                pairs += of_block;
                above += sum;
            }
        }
        (pairs > 0.0).then(|| Auc { value: above / pairs, error: variance.sqrt() / pairs })
    }

    /// Does it tell won leads from lost ones, alone?
    pub(super) fn knows(&self, auc: Auc) -> Option<Answer> {
        let least = auc.value - self.z * auc.error;
        let points = AUC_STEPS.iter().filter(|&&step| least >= step).count() as u8;
        (points > 0).then(|| Answer::new(points, format!("alone it tells won leads from others with AUC {:.2}", auc.value)))
    }

    /// Whether the AUC is certainly one that only a leak or a very strong attribute has.
    pub(super) fn stands_out(&self, auc: Auc) -> bool {
        auc.value - self.z * auc.error >= AUC_STEPS[1]
    }

    /// Does it decide?
    pub(super) fn decides(&self, states: &States) -> (f64, Option<Answer>) {
        let n_states = states.names.len();
        let (mut leads, mut wins, mut expected) = (vec![0.0; n_states], vec![0.0; n_states], vec![0.0; n_states]);
        for &place in &self.judged {
            let place = place as usize;
            let state = states.state[place] as usize;
            leads[state] += 1.0;
            wins[state] += f64::from(u8::from(self.won[place]));
            expected[state] += self.shares[usize::from(self.rows.block[place])];
        }
        let (mut to_win, mut to_lose) = (Deciding::default(), Deciding::default());
        for state in 0..n_states {
            let certain = |(count, usual): (f64, f64)| usual > 0.0 && most(count, self.z) <= DECIDES * usual;
            if certain((leads[state] - wins[state], leads[state] - expected[state])) {
                to_win.add(state, leads[state]);
            } else if certain((wins[state], expected[state])) {
                to_lose.add(state, leads[state]);
            }
        }
        let share = |leads: f64| leads / self.judged.len().max(1) as f64;
        let decided = share(to_win.leads + to_lose.leads);
        // The value told is of the side that the points are for.
        let (points, end, told) = if share(to_win.leads) >= DECIDED_WON_SHARE {
            (3, "that they are won", &to_win)
        } else if to_win.most() > to_lose.most() {
            (2, "that they are won", &to_win)
        } else {
            (2, "that they are not won", &to_lose)
        };
        let answer = told.commonest.filter(|_| points == 3 || decided >= DECIDED_SHARE).map(|(state, _)| {
            let both = to_win.leads > 0.0 && to_lose.leads > 0.0;
            let of_side = if both { format!(", for {} {end}", percent(share(told.leads))) } else { String::new() };
            let value = match &states.names[state] {
                _ if state == MISSING as usize => "without a value".to_owned(),
                name => format!("with \"{}\"", shortened(name)),
            };
            let one_of_many = if told.values > 1 { ", for example" } else { "" };
            let words = format!(
                "it decides {} of the leads{of_side}: {value}{one_of_many}, {:.0} of {:.0} were won ({} of all)",
                percent(decided),
                wins[state],
                leads[state],
                percent(self.share)
            );
            Answer::new(points, words)
        });
        (decided, answer)
    }

    /// Is it filled in after the fact? The shares filled in of won and of other leads, and the answer.
    pub(super) fn filled(&self, states: &States) -> (f64, f64, Option<Answer>) {
        let rows = self.rows;
        let count = |side: &dyn Fn(usize) -> bool| {
            let places = self.judged.iter().map(|&place| place as usize).filter(|&place| side(place));
            places.fold((0.0, 0.0), |(filled, all), place| (filled + f64::from(u8::from(states.filled(place))), all + 1.0))
        };
        let won = count(&|place| rows.end[place] == End::Won);
        let other = count(&|place| rows.end[place] != End::Won);
        let closed = count(&|place| rows.end[place] != End::Open);
        let open = count(&|place| rows.end[place] == End::Open);
        let share = |(filled, all): (f64, f64)| if all > 0.0 { filled / all } else { f64::NAN };
        let sides = [("won", won, "others", other), ("others", other, "won", won), ("closed", closed, "open", open)];
        let strongest = sides
            .into_iter()
            .map(|(more, a, less, b)| (ratio(a.0, a.1, b.0, b.1, self.z), more, a, less, b))
            .max_by(|x, y| x.0.1.total_cmp(&y.0.1));
        let answer = strongest.and_then(|((_, least), more, a, less, b)| {
            let points = 2 * FILLED.iter().filter(|&&step| least >= step).count() as u8;
            (points > 0).then(|| {
                let named = |side: &str| if side == "others" { "the others".to_owned() } else { format!("{side} leads") };
                let words = format!("filled in for {} of {}, for {} of {}", percent(share(a)), named(more), percent(share(b)), named(less));
                Answer::new(points, words)
            })
        });
        (share(won), share(other), answer)
    }

    /// Does it differ by age of the row?
    pub(super) fn comes_with_age(&self, states: &States) -> Option<Answer> {
        let (places, source) = self.rows.in_time.as_ref()?;
        let at_end = (places.len() as f64 * ENDS_OF_TIME) as usize;
        if at_end < FEWEST_AT_END {
            return None;
        }
        let (state, n_states) = states.coarse();
        // One more than there are states: that it is filled in at all.
        let filled = n_states;
        let mut seen = vec![Seen::default(); n_states + 1];
        for (rank, &place) in places.iter().enumerate() {
            let place = place as usize;
            let period = if rank < at_end { 0 } else { 1 + usize::from(rank >= places.len() - at_end) };
            let of = state[place];
            for state in std::iter::once(of as usize).chain((of != MISSING).then_some(filled)) {
                seen[state].leads[period] += 1.0;
                if self.rows.judged[place] {
                    seen[state].wins += f64::from(u8::from(self.won[place]));
                    seen[state].judged += 1.0;
                    seen[state].expected += self.shares[usize::from(self.rows.block[place])];
                }
            }
        }
        let all = [at_end as f64, (places.len() - 2 * at_end) as f64, at_end as f64];
        let mut best: Option<(f64, usize, bool)> = None;
        // A quantity that is always there, or a column never filled in, has no such state.
        for (state, seen) in seen.iter().enumerate().filter(|(state, _)| *state != MISSING as usize) {
            let lift = (seen.wins - self.z * seen.wins.sqrt()) / seen.expected.max(f64::MIN_POSITIVE);
            if lift < LIFTED {
                continue;
            }
            for (more, less, young) in [(1, 2, true), (0, 1, false)] {
                let apart = seen.leads[more] / all[more] - seen.leads[less] / all[less];
                let (_, least) = ratio(seen.leads[more], all[more], seen.leads[less], all[less], self.z);
                if apart >= AGES_APART && least >= AGES && best.is_none_or(|(most, ..)| least > most) {
                    best = Some((least, state, young));
                }
            }
        }
        let (_, state, young) = best?;
        let share = |period: usize| percent(seen[state].leads[period] / all[period]);
        let what = if state == filled {
            "it is filled in".to_owned()
        } else {
            format!("it is \"{}\"", shortened(&states.coarse_name(state as u32)))
        };
        let won = percent(seen[state].wins / seen[state].judged.max(1.0));
        let words = if young {
            format!(
                "it changes after creation: {what} on {} of the youngest tenth of leads by {source} and on {} of the older ones, and {won} of the leads with it were won",
                share(2),
                share(1)
            )
        } else {
            format!(
                "it changes after creation: {what} on {} of the oldest tenth of leads by {source} and on {} of the later ones, and {won} of the leads with it were won",
                share(0),
                share(1)
            )
        };
        Some(Answer::new(3, words))
    }

    /// Does it hold moments after the close? `planned`: the schema says that its dates may lie ahead.
    pub(super) fn after_close(&self, name: &str, planned: bool) -> Option<Answer> {
        let column = self.rows.table.attribute(name);
        if planned || !matches!(column, AttributeColumn::Time(_)) {
            return None;
        }
        let (mut dated, mut after, mut at) = (0.0, 0.0, 0.0);
        for (&row, closed_at) in self.rows.rows.iter().zip(&self.rows.closed_at) {
            if let (Cell::Time(moment), Some(closed_at)) = (column.cell(row as usize), *closed_at) {
                dated += 1.0;
                let late = moment.saturating_sub(closed_at);
                after += f64::from(u8::from(late > MICROS_PER_DAY));
                at += f64::from(u8::from(late.abs() <= MICROS_PER_DAY));
            }
        }
        if least_share(after, dated, self.z) >= AFTER_CLOSE {
            return Some(Answer::new(4, format!("{after:.0} of {dated:.0} closed leads hold a moment after their close")));
        }
        let at_close = least_share(at, dated, self.z) >= AT_CLOSE;
        at_close.then(|| Answer::new(4, format!("on {at:.0} of {dated:.0} closed leads it is the day of their close")))
    }
}

/// The states that decide one end.
#[derive(Debug, Clone, Default)]
struct Deciding {
    values: usize,
    leads: f64,
    /// The one of most leads, with their number.
    commonest: Option<(usize, f64)>,
}

impl Deciding {
    fn add(&mut self, state: usize, leads: f64) {
        self.values += 1;
        self.leads += leads;
        if leads > self.most() {
            self.commonest = Some((state, leads));
        }
    }

    fn most(&self) -> f64 {
        self.commonest.map_or(0.0, |(_, leads)| leads)
    }
}

/// How common a state is, and how its leads ended.
#[derive(Debug, Clone, Default)]
struct Seen {
    /// Leads of the oldest tenth, of the middle, of the youngest tenth.
    leads: [f64; 3],
    judged: f64,
    wins: f64,
    expected: f64,
}

pub(super) fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    if percent > 0.0 && percent < 9.95 { format!("{percent:.1} %") } else { format!("{percent:.0} %") }
}

/// Enough of a value to know it by.
fn shortened(word: &str) -> String {
    const LIMIT: usize = 32;
    if word.chars().count() <= LIMIT { word.to_owned() } else { word.chars().take(LIMIT).chain(['…']).collect() }
}
