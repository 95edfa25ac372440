//! Events as a source gives them, before a plan has coded and ordered them.

use super::TextColumn;

/// Events in the order of their source, words not yet coded.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RawEvents {
    /// Row of the lead that each belongs to in the table of leads.
    pub lead: Vec<u32>,
    /// When each happened, microseconds since 1970-01-01 UTC.
    pub at: Vec<i64>,
    /// When each became known; empty when the source does not say. Never before `at` (the reader takes the later of the two).
    pub recorded_at: Vec<i64>,
    /// What happened.
    pub kind: TextColumn,
    /// Where; `None` when the source does not say.
    pub channel: Option<TextColumn>,
    /// Values, NaN for none; empty when the source has no values.
    pub value: Vec<f32>,
}

impl RawEvents {
    /// The events of the given positions, in the given order.
    #[must_use]
    pub fn take(&self, positions: &[usize]) -> Self {
        fn pick<T: Copy>(values: &[T], positions: &[usize]) -> Vec<T> {
            positions.iter().filter_map(|&i| values.get(i).copied()).collect()
        }
        let text = |column: &TextColumn| TextColumn { words: column.words.clone(), codes: pick(&column.codes, positions) };
        Self {
            lead: pick(&self.lead, positions),
            at: pick(&self.at, positions),
            recorded_at: pick(&self.recorded_at, positions),
            kind: text(&self.kind),
            channel: self.channel.as_ref().map(text),
            value: pick(&self.value, positions),
        }
    }

    /// How many events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.at.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.at.is_empty()
    }
}
