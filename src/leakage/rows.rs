//! The leads that the report looks at: how each ended, and when it came.

use std::borrow::Cow;

use crate::schema::Attribute;
use crate::training::{Target, TrainingData};
use crate::{AttributeColumn, LeadTable, Timestamp};

/// More leads than these say nothing more precisely than anybody needs.
const MOST_ROWS: usize = 50_000;
/// Leads are compared with those of the same time: in so many blocks of equal size,
const BLOCKS: usize = 20;
/// of at least so many leads each.
const FEWEST_IN_BLOCK: usize = 100;
/// Leads younger than nine in ten were when they closed are not judged: what they lack may still come.
const RIPE: f64 = 0.9;

/// Where the newest rows come first, a number or date that goes with time changes so often,
const FEWEST_STEPS: usize = 50;
/// and in so much of these times falls.
const FALLING: f64 = 0.9;

/// How a lead ended, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Won,
    Lost,
    Open,
}

/// The leads that are looked at. Everything but `table` goes by place among them.
pub(super) struct Rows<'a> {
    pub(super) table: Cow<'a, LeadTable>,
    /// Row in the table of each.
    pub(super) rows: Vec<u32>,
    pub(super) end: Vec<End>,
    /// When each closed, microseconds; `None` where that is not known.
    pub(super) closed_at: Vec<Option<i64>>,
    /// Whether its outcome is looked at: not of the youngest, for theirs may still come.
    pub(super) judged: Vec<bool>,
    /// The places of the judged leads of each block of time, the oldest block first.
    pub(super) blocks: Vec<Vec<u32>>,
    /// The block of each judged lead.
    pub(super) block: Vec<u16>,
    /// The places of all leads from the oldest to the youngest, and what they were ordered by; `None` when nothing orders them.
    pub(super) in_time: Option<(Vec<u32>, String)>,
    /// What is odd about the order.
    pub(super) notes: Vec<String>,
}

impl<'a> Rows<'a> {
    /// The leads of `data` that were there at `as_of`. `ordered`: the rows are said to be in order of time, the oldest first.
    pub(super) fn of(data: &'a TrainingData, ordered: bool, as_of: Option<Timestamp>) -> Self {
        let leads = &data.leads;
        let now = as_of.or_else(|| data.newest_moment(Timestamp::now()).0).map_or(i64::MAX, Timestamp::micros);
        let there: Vec<u32> = (0..leads.len() as u32).filter(|&row| leads.created(row as usize).is_none_or(|t| t <= now)).collect();
        let rows: Vec<u32> = if there.len() <= MOST_ROWS {
            there
        } else {
            (0..MOST_ROWS).map(|i| there[(i as u64 * there.len() as u64 / MOST_ROWS as u64) as usize]).collect()
        };
        let (end, closed_at): (Vec<End>, Vec<Option<i64>>) = rows.iter().map(|&row| ended(&data.target, row as usize, now)).unzip();
        let ripe_before = ripe_before(data, &rows, &closed_at, now);
        let judged: Vec<bool> = (rows.iter().zip(&end))
            .map(|(&row, &end)| match data.target {
                Target::Labels(_) => end != End::Open,
                Target::Outcomes(_) => leads.created(row as usize).map_or(end != End::Open, |created| created <= ripe_before),
            })
            .collect();
        let mut notes = Vec::new();
        let in_time = moments(data, ordered, &rows, &mut notes).map(|(moment, source)| {
            let mut places: Vec<u32> = (0..rows.len() as u32).collect();
            places.sort_by_key(|&place| moment[place as usize]);
            (places, source)
        });
        let inside: Vec<u32> = match &in_time {
            Some((places, _)) => places.iter().copied().filter(|&place| judged[place as usize]).collect(),
            None => (0..rows.len() as u32).filter(|&place| judged[place as usize]).collect(),
        };
        let n_blocks = if in_time.is_some() { (inside.len() / FEWEST_IN_BLOCK).clamp(1, BLOCKS) } else { 1 };
        let mut block = vec![0; rows.len()];
        let mut blocks = vec![Vec::new(); n_blocks];
        for (i, &place) in inside.iter().enumerate() {
            let of = i * n_blocks / inside.len().max(1);
            block[place as usize] = of as u16;
            blocks[of].push(place);
        }
        // What has a history is read as it was known when the lead was created: later values are no leak, for no snapshot sees them too soon.
        let table = match &data.history {
            Some(history) if !leads.created_at.is_empty() => Cow::Owned(leads.as_known(history, &leads.created_at)),
            _ => Cow::Borrowed(leads),
        };
        Self { table, rows, end, closed_at, judged, blocks, block, in_time, notes }
    }

    /// How many leads are judged, and how many of those were won.
    pub(super) fn judged_and_won(&self) -> (usize, usize) {
        let judged = || self.judged.iter().zip(&self.end).filter(|(judged, _)| **judged);
        (judged().count(), judged().filter(|(_, end)| **end == End::Won).count())
    }

    /// The places of the judged leads.
    pub(super) fn judged_places(&self) -> Vec<u32> {
        (0..self.rows.len() as u32).filter(|&place| self.judged[place as usize]).collect()
    }

    pub(super) fn won(&self, place: usize) -> bool {
        self.end[place] == End::Won
    }

    /// Per block the share of its judged leads that were won.
    pub(super) fn block_shares(&self) -> Vec<f64> {
        let share =
            |places: &Vec<u32>| places.iter().filter(|&&place| self.won(place as usize)).count() as f64 / places.len().max(1) as f64;
        self.blocks.iter().map(share).collect()
    }
}

fn ended(target: &Target, row: usize, now: i64) -> (End, Option<i64>) {
    match target {
        Target::Labels(labels) => match labels.get(row).copied().flatten() {
            Some(true) => (End::Won, None),
            Some(false) => (End::Lost, None),
            None => (End::Open, None),
        },
        Target::Outcomes(outcomes) => match outcomes.known(row, now) {
            Some((closed_at, won)) => (if won { End::Won } else { End::Lost }, Some(closed_at)),
            None => (End::Open, None),
        },
    }
}

/// Leads created later than this have not had the time in which nine in ten close.
fn ripe_before(data: &TrainingData, rows: &[u32], closed_at: &[Option<i64>], now: i64) -> i64 {
    let mut ages: Vec<i64> = (rows.iter().zip(closed_at))
        .filter_map(|(&row, closed)| Some((*closed)?.saturating_sub(data.leads.created(row as usize)?).max(0)))
        .collect();
    if ages.is_empty() {
        return now;
    }
    let rank = ((ages.len() - 1) as f64 * RIPE) as usize;
    let (_, &mut age, _) = ages.select_nth_unstable(rank);
    now.saturating_sub(age)
}

/// What orders the leads in time, for each of them.
fn moments(data: &TrainingData, ordered: bool, rows: &[u32], notes: &mut Vec<String>) -> Option<(Vec<i64>, String)> {
    let created: Vec<i64> = rows.iter().filter_map(|&row| data.leads.created(row as usize)).collect();
    if created.len() == rows.len() && !rows.is_empty() {
        return Some((created, data.schema.created_at.clone().unwrap_or_else(|| "the moment of creation".to_owned())));
    }
    if ordered {
        let forward = || rows.iter().map(|&row| i64::from(row));
        let Some(column) = falls(data, rows) else { return Some((forward().collect(), "the order of the rows".to_owned())) };
        notes.push(format!(
            "the rows are said to be in order of time, oldest first, but {column} falls from row to row: they seem to be newest first; turn the table round"
        ));
        return Some((forward().map(|row| -row).collect(), "the order of the rows from the last to the first".to_owned()));
    }
    let order = data.row_order.as_ref()?;
    let rank: Vec<i64> = rows.iter().filter_map(|&row| order.rank.get(row as usize).copied()).collect();
    (rank.len() == rows.len()).then(|| (rank, order.source.clone()))
}

/// The number that counts leads, or else the date, that falls from row to row, as where the newest rows come first.
fn falls(data: &TrainingData, rows: &[u32]) -> Option<String> {
    if let Some(order) = &data.row_order {
        return falling(rows.iter().filter_map(|&row| order.rank.get(row as usize).copied())).then(|| order.source.clone());
    }
    let dates = data.schema.attributes.iter().filter(|(_, attribute)| matches!(attribute, Attribute::Date { future: false }));
    let falls = |name: &&String| match data.leads.attribute(name) {
        AttributeColumn::Time(moments) => {
            falling(rows.iter().filter_map(|&row| moments.get(row as usize).copied()).filter(|&moment| moment != i64::MIN))
        }
        _ => false,
    };
    dates.map(|(name, _)| name).find(falls).cloned()
}

/// Whether values fall nearly always, from one to the next and from the first half to the second.
fn falling(values: impl Iterator<Item = i64>) -> bool {
    let values: Vec<i64> = values.collect();
    let half = values.len() / 2;
    let falls = |apart: usize| {
        let steps = || values.iter().zip(values.iter().skip(apart)).filter(|(before, after)| before != after);
        let (all, down) = (steps().count(), steps().filter(|(before, after)| after < before).count());
        all >= FEWEST_STEPS && down as f64 >= FALLING * all as f64
    };
    half > 0 && falls(1) && falls(half)
}
