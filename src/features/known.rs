//! Attributes as they were known: values that took effect at a moment, and the table of leads as it stood then.

use std::collections::BTreeMap;

use super::{AttributeColumn, LeadTable, TextColumn};

/// The changes of one attribute as a source has them, in any order.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AttributeChanges {
    /// Row of the lead in the table of leads.
    pub lead: Vec<u32>,
    /// From when on the value held, microseconds since 1970-01-01 UTC.
    pub valid_from: Vec<i64>,
    /// The values; a missing one means that from then on nothing was known.
    pub value: AttributeColumn,
}

impl AttributeChanges {
    /// The changes of the leads in `lead`, each from its moment in `valid_from` on.
    #[must_use]
    pub fn new(lead: Vec<u32>, valid_from: Vec<i64>, value: AttributeColumn) -> Self {
        Self { lead, valid_from, value }
    }
}

/// What was known of leads' attributes, and from when on.
///
/// An attribute that has a history is read from it alone: a lead of which it says nothing by some moment has no value then. What stands in the table of
/// leads is what was known at extraction, and that nothing changed since is known no sooner. So the history must hold each lead's first value too.
///
/// ```
/// use leadscore::{AttributeChanges, AttributeColumn, AttributeHistory, Cell, LeadTable};
/// let leads = LeadTable {
///     ids: vec!["a".to_owned(), "b".to_owned()],
///     attributes: vec![("employees".to_owned(), AttributeColumn::Number(vec![90.0, 7.0]))],
///     ..LeadTable::default()
/// };
/// let changes = AttributeChanges::new(vec![0, 0], vec![100, 200], AttributeColumn::Number(vec![50.0, 90.0]));
/// let history = AttributeHistory::new(leads.len(), [("employees".to_owned(), changes)]);
/// let then = leads.as_known(&history, &[150, 150]);
/// assert_eq!(then.attribute("employees").cell(0), Cell::Number(50.0));
/// assert_eq!(then.attribute("employees").cell(1), Cell::Missing);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AttributeHistory {
    columns: BTreeMap<String, Timeline>,
    contradictions: u64,
}

/// The changes of one attribute, by lead and moment, one an instant.
#[derive(Debug, Clone, PartialEq)]
struct Timeline {
    /// Where each lead's changes begin, and where the last ones end.
    starts: Vec<u32>,
    valid_from: Vec<i64>,
    value: AttributeColumn,
}

impl AttributeHistory {
    /// The history of `n_leads` leads. Of several values of one lead, attribute and instant the last row's holds; they are counted when they differ.
    /// Changes of leads that there are not, and those without all of lead, moment and value, are left out.
    #[must_use]
    pub fn new(n_leads: usize, changes: impl IntoIterator<Item = (String, AttributeChanges)>) -> Self {
        let mut history = Self::default();
        for (name, changes) in changes {
            let (timeline, contradictions) = Timeline::new(n_leads, &changes);
            history.contradictions += contradictions;
            history.columns.insert(name, timeline);
        }
        history
    }

    /// How many rows were overruled by a later row of the same lead, attribute and instant with another value.
    #[must_use]
    pub fn contradictions(&self) -> u64 {
        self.contradictions
    }

    /// Whether the attribute is read from the history.
    #[must_use]
    pub fn covers(&self, attribute: &str) -> bool {
        self.columns.contains_key(attribute)
    }

    /// The attributes that are.
    pub fn attributes(&self) -> impl Iterator<Item = &str> {
        self.columns.keys().map(String::as_str)
    }

    /// How many changes it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.columns.values().map(|timeline| timeline.valid_from.len()).sum()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Timeline {
    fn new(n_leads: usize, changes: &AttributeChanges) -> (Self, u64) {
        let n = changes.lead.len().min(changes.valid_from.len()).min(u32::MAX as usize);
        let mut rows: Vec<u32> = (0..n as u32).filter(|&row| (changes.lead[row as usize] as usize) < n_leads).collect();
        // A stable sort: of one instant, the last row stays the last.
        rows.sort_by_key(|&row| (changes.lead[row as usize], changes.valid_from[row as usize]));
        let instant = |row: u32| (changes.lead[row as usize], changes.valid_from[row as usize]);
        let mut contradictions = 0;
        let mut kept: Vec<u32> = Vec::with_capacity(rows.len());
        for same in rows.chunk_by(|&a, &b| instant(a) == instant(b)) {
            let Some((&last, overruled)) = same.split_last() else { continue };
            let holds = changes.value.cell(last as usize);
            contradictions += overruled.iter().filter(|&&row| changes.value.cell(row as usize) != holds).count() as u64;
            kept.push(last);
        }
        let mut starts = vec![0_u32; n_leads + 1];
        kept.iter().for_each(|&row| starts[changes.lead[row as usize] as usize + 1] += 1);
        for lead in 0..n_leads {
            starts[lead + 1] += starts[lead];
        }
        let valid_from = kept.iter().map(|&row| changes.valid_from[row as usize]).collect();
        let places: Vec<Option<u32>> = kept.iter().map(|&row| Some(row)).collect();
        (Self { starts, valid_from, value: changes.value.pick(&places) }, contradictions)
    }

    /// The place of the value of `lead` that held at `as_of`.
    fn place(&self, lead: usize, as_of: i64) -> Option<u32> {
        let (start, end) = (*self.starts.get(lead)? as usize, *self.starts.get(lead + 1)? as usize);
        let by_then = self.valid_from[start..end].partition_point(|&from| from <= as_of);
        (by_then > 0).then(|| (start + by_then - 1) as u32)
    }
}

impl AttributeColumn {
    /// The cells at the given rows, in the given order; missing for none.
    fn pick(&self, rows: &[Option<u32>]) -> Self {
        fn pick<T: Copy>(values: &[T], rows: &[Option<u32>], missing: T) -> Vec<T> {
            rows.iter().map(|row| row.and_then(|row| values.get(row as usize).copied()).unwrap_or(missing)).collect()
        }
        match self {
            Self::Absent => Self::Absent,
            Self::Number(values) => Self::Number(pick(values, rows, f64::NAN)),
            Self::Bool(values) => Self::Bool(pick(values, rows, 2)),
            Self::Text(text) => Self::Text(TextColumn { words: text.words.clone(), codes: pick(&text.codes, rows, u32::MAX) }),
            Self::Time(values) => Self::Time(pick(values, rows, i64::MIN)),
        }
    }
}

impl LeadTable {
    /// The table as it was known, each lead as of its own moment (`as_of`, microseconds since 1970-01-01 UTC, in the order of the leads; a lead without one
    /// has no value of an attribute that has a history). Attributes without a history stay as they are.
    #[must_use]
    pub fn as_known(&self, history: &AttributeHistory, as_of: &[i64]) -> Self {
        let mut table = self.clone();
        for (name, timeline) in &history.columns {
            let places: Vec<Option<u32>> =
                (0..self.len()).map(|lead| as_of.get(lead).and_then(|&moment| timeline.place(lead, moment))).collect();
            let column = timeline.value.pick(&places);
            match table.attributes.iter_mut().find(|(known, _)| known == name) {
                Some((_, stands)) => *stands = column,
                None => table.attributes.push((name.clone(), column)),
            }
        }
        table
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;
    use crate::features::Cell;

    fn leads(n: usize) -> LeadTable {
        LeadTable {
            ids: (0..n).map(|i| i.to_string()).collect(),
            attributes: vec![
                ("x".to_owned(), AttributeColumn::Number(vec![-1.0; n])),
                ("y".to_owned(), AttributeColumn::Number(vec![5.0; n])),
            ],
            ..LeadTable::default()
        }
    }

    fn history(n: usize, rows: &[(u32, i64, f64)]) -> AttributeHistory {
        let changes = AttributeChanges::new(
            rows.iter().map(|row| row.0).collect(),
            rows.iter().map(|row| row.1).collect(),
            AttributeColumn::Number(rows.iter().map(|row| row.2).collect()),
        );
        AttributeHistory::new(n, [("x".to_owned(), changes)])
    }

    #[test]
    fn a_value_holds_from_its_moment_until_the_next() {
        let known = |at: i64| leads(1).as_known(&history(1, &[(0, 20, 2.0), (0, 10, 1.0)]), &[at]);
        assert_eq!(known(9).attribute("x").cell(0), Cell::Missing, "the table's value was known later");
        assert_eq!(known(10).attribute("x").cell(0), Cell::Number(1.0));
        assert_eq!(known(19).attribute("x").cell(0), Cell::Number(1.0));
        assert_eq!(known(i64::MAX).attribute("x").cell(0), Cell::Number(2.0));
        assert_eq!(known(9).attribute("y").cell(0), Cell::Number(5.0), "an attribute without a history stays");
    }

    #[test]
    fn of_two_values_at_one_instant_the_later_row_holds_and_the_contradiction_is_counted() {
        let history = history(2, &[(0, 10, 1.0), (1, 10, 4.0), (0, 10, 3.0), (1, 10, 4.0), (9, 10, 8.0)]);
        let known = leads(2).as_known(&history, &[10, 10]);
        assert_eq!((known.attribute("x").cell(0), known.attribute("x").cell(1)), (Cell::Number(3.0), Cell::Number(4.0)));
        assert_eq!(history.contradictions(), 1, "the same value twice is none");
        assert_eq!(history.len(), 2, "a lead that there is not is left out");
    }

    proptest! {
        /// The slow and obviously right way: of the rows of the lead that lie no later, the one with the greatest moment, of equals the last.
        #[test]
        fn the_value_known_is_the_latest_that_had_taken_effect(
            rows in prop::collection::vec((0_u32..4, 0_i64..12, 0_i32..100), 0..40),
            as_of in prop::collection::vec(0_i64..12, 4),
        ) {
            let rows: Vec<(u32, i64, f64)> = rows.into_iter().map(|(lead, from, value)| (lead, from, f64::from(value))).collect();
            let known = leads(4).as_known(&history(4, &rows), &as_of);
            for lead in 0..4_u32 {
                let mut expected = Cell::Missing;
                let mut latest = i64::MIN;
                for &(_, from, value) in rows.iter().filter(|row| row.0 == lead && row.1 <= as_of[lead as usize]) {
                    if from >= latest {
                        (latest, expected) = (from, Cell::Number(value));
                    }
                }
                prop_assert_eq!(known.attribute("x").cell(lead as usize), expected);
            }
        }

        #[test]
        fn the_future_of_the_history_cannot_change_a_row(
            rows in prop::collection::vec((0_u32..4, 0_i64..20, 0_i32..100), 0..40),
            now in 0_i64..20,
        ) {
            let all: Vec<(u32, i64, f64)> = rows.into_iter().map(|(lead, from, value)| (lead, from, f64::from(value))).collect();
            let past: Vec<_> = all.iter().copied().filter(|row| row.1 <= now).collect();
            let cells = |rows: &[(u32, i64, f64)]| {
                let known = leads(4).as_known(&history(4, rows), &[now; 4]);
                (0..4).map(|lead| format!("{:?}", known.attribute("x").cell(lead))).collect::<Vec<_>>()
            };
            prop_assert_eq!(cells(&all), cells(&past));
        }
    }
}
