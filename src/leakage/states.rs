//! The states of a column: its categories, or bins of its numbers, as the model could tell them apart.

use std::collections::BTreeMap;

use super::rows::Rows;
use crate::schema::{Attribute, canonical};
use crate::time::MICROS_PER_DAY;
use crate::{AttributeColumn, Cell, TextColumn};

/// Numbers are looked at in so many bins of equal size, each value by itself when there are no more of them.
const BINS: usize = 32;
/// The state of leads without a value.
pub(super) const MISSING: u32 = 0;

/// Per lead looked at, which state its value is in.
pub(super) struct States {
    pub(super) state: Vec<u32>,
    /// How each is called; the first is "missing".
    pub(super) names: Vec<String>,
    /// Whether the states are bins of a quantity, in its order.
    pub(super) ordered: bool,
}

impl States {
    /// The states of a column; `None` when the table lacks it.
    pub(super) fn of(name: &str, attribute: &Attribute, rows: &Rows<'_>) -> Option<Self> {
        let column = rows.table.attribute(name);
        let cells = || rows.rows.iter().map(|&row| column.cell(row as usize));
        Some(match (column, attribute) {
            (AttributeColumn::Absent, _) => return None,
            (AttributeColumn::Number(_), _) => {
                Self::of_numbers(cells().map(|cell| if let Cell::Number(x) = cell { x } else { f64::NAN }).collect())
            }
            (AttributeColumn::Bool(_), _) => Self {
                state: cells().map(|cell| if let Cell::Bool(yes) = cell { 1 + u32::from(yes) } else { MISSING }).collect(),
                names: ["missing", "no", "yes"].map(str::to_owned).to_vec(),
                ordered: false,
            },
            (AttributeColumn::Time(_), _) => {
                Self::of_numbers((rows.rows.iter().zip(cells())).map(|(&row, cell)| days(cell, rows.table.created(row as usize))).collect())
            }
            (AttributeColumn::Text(_), Attribute::Email {} | Attribute::Phone { .. }) => Self {
                state: cells().map(|cell| u32::from(matches!(cell, Cell::Text(word) if !word.trim().is_empty()))).collect(),
                names: ["missing", "given"].map(str::to_owned).to_vec(),
                ordered: false,
            },
            (AttributeColumn::Text(_), Attribute::Text {}) => Self::of_numbers(cells().map(length).collect()),
            (AttributeColumn::Text(text), attribute) => {
                let none = BTreeMap::new();
                let aliases = if let Attribute::Categorical { aliases } = attribute { aliases } else { &none };
                Self::of_words(text, aliases, rows)
            }
        })
    }

    fn of_words(text: &TextColumn, aliases: &BTreeMap<String, String>, rows: &Rows<'_>) -> Self {
        let mut names = vec!["missing".to_owned()];
        let mut known: BTreeMap<String, u32> = BTreeMap::new();
        let state_of: Vec<u32> = (text.words.iter())
            .map(|word| match canonical(word, aliases) {
                None => MISSING,
                Some(word) => *known.entry(word.into_owned()).or_insert_with_key(|word| {
                    names.push(word.clone());
                    names.len() as u32 - 1
                }),
            })
            .collect();
        let state = rows
            .rows
            .iter()
            .map(|&row| text.codes.get(row as usize).and_then(|&code| state_of.get(code as usize)).copied().unwrap_or(MISSING))
            .collect();
        Self { state, names, ordered: false }
    }

    fn of_numbers(values: Vec<f64>) -> Self {
        let mut sorted: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
        sorted.sort_by(f64::total_cmp);
        let mut distinct = sorted.clone();
        distinct.dedup();
        // The highest value of each bin but the last.
        let mut edges: Vec<f64> = if distinct.len() <= BINS {
            distinct.iter().copied().take(distinct.len().saturating_sub(1)).collect()
        } else {
            (1..BINS).map(|i| sorted[i * sorted.len() / BINS]).collect()
        };
        edges.dedup();
        let bins = edges.len() + 1;
        let mut names = vec!["missing".to_owned()];
        names.extend((0..bins).map(|bin| match (bin.checked_sub(1).map(|b| edges[b]), edges.get(bin)) {
            (None, None) => "any".to_owned(),
            (None, Some(high)) => format!("at most {}", short(*high)),
            (Some(low), None) => format!("above {}", short(low)),
            (Some(low), Some(high)) => format!("above {} up to {}", short(low), short(*high)),
        }));
        let state = values.iter().map(|&v| if v.is_nan() { MISSING } else { 1 + edges.partition_point(|&edge| edge < v) as u32 }).collect();
        Self { state, names, ordered: true }
    }

    /// Fewer states, for shares that need more rows each: quarters of a quantity, categories as they are.
    pub(super) fn coarse(&self) -> (Vec<u32>, usize) {
        let bins = self.names.len().saturating_sub(1);
        if !self.ordered || bins <= 8 {
            return (self.state.clone(), self.names.len());
        }
        let quarter = |&state: &u32| if state == MISSING { MISSING } else { 1 + (state - 1) * 4 / bins as u32 };
        (self.state.iter().map(quarter).collect(), 5)
    }

    /// The name of a state of [`States::coarse`].
    pub(super) fn coarse_name(&self, state: u32) -> String {
        let bins = self.names.len().saturating_sub(1);
        match (self.ordered && bins > 8, state) {
            (false, _) | (_, MISSING) => self.names.get(state as usize).cloned().unwrap_or_default(),
            (true, quarter) => {
                format!("a value in the {} quarter", ["lowest", "second", "third", "highest"][(quarter as usize - 1).min(3)])
            }
        }
    }

    /// How many states occur, the missing one included.
    pub(super) fn occurring(&self) -> usize {
        let mut seen = vec![false; self.names.len()];
        self.state.iter().for_each(|&state| seen[state as usize] = true);
        seen.into_iter().filter(|seen| *seen).count()
    }

    pub(super) fn filled(&self, place: usize) -> bool {
        self.state[place] != MISSING
    }
}

/// What a date says of a lead is how long after its creation it lies; without one, dates are a calendar.
fn days(cell: Cell<'_>, created: Option<i64>) -> f64 {
    match (cell, created) {
        (Cell::Time(moment), Some(created)) => moment.saturating_sub(created).div_euclid(MICROS_PER_DAY) as f64,
        (Cell::Time(moment), None) => moment as f64,
        _ => f64::NAN,
    }
}

/// Of a text the model reads the length.
fn length(cell: Cell<'_>) -> f64 {
    match cell {
        Cell::Text(word) if !word.trim().is_empty() => word.trim().chars().count() as f64,
        _ => f64::NAN,
    }
}

fn short(x: f64) -> String {
    if x == x.trunc() && x.abs() < 1e15 { format!("{x}") } else { format!("{x:.3}") }
}
