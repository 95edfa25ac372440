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

    /// Adds `more` after the others. What either does not say, the values of its events lack: no channel, no value, known as they happened.
    pub fn append(&mut self, more: Self) {
        if self.is_empty() {
            *self = more;
            return;
        }
        let (before, added) = (self.len(), more.len());
        if self.recorded_at.is_empty() && !more.recorded_at.is_empty() {
            self.recorded_at.clone_from(&self.at);
        }
        if !self.recorded_at.is_empty() {
            self.recorded_at.extend(if more.recorded_at.is_empty() { &more.at } else { &more.recorded_at });
        }
        if self.value.is_empty() && !more.value.is_empty() {
            self.value.resize(before, f32::NAN);
        }
        if !self.value.is_empty() {
            self.value.extend_from_slice(&more.value);
            self.value.resize(before + added, f32::NAN);
        }
        if self.channel.is_some() || more.channel.is_some() {
            let missing = |n: usize| TextColumn { words: Vec::new(), codes: vec![u32::MAX; n] };
            let channel = self.channel.get_or_insert_with(|| missing(before));
            channel.append(more.channel.unwrap_or_else(|| missing(added)));
        }
        self.kind.append(more.kind);
        self.lead.extend(more.lead);
        self.at.extend(more.at);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn text(words: &[&str], codes: &[u32]) -> TextColumn {
        TextColumn { words: words.iter().map(|&word| word.to_owned()).collect(), codes: codes.to_vec() }
    }

    #[test]
    fn events_added_keep_their_words_and_lack_what_only_the_others_have() {
        let mut events = RawEvents::default();
        events.append(RawEvents { lead: vec![1], at: vec![5], kind: text(&["a"], &[0]), ..RawEvents::default() });
        events.append(RawEvents {
            lead: vec![0, 2],
            at: vec![3, 4],
            recorded_at: vec![3, 9],
            kind: text(&["b", "a"], &[0, 1]),
            channel: Some(text(&["web"], &[0, u32::MAX])),
            value: vec![1.0, 2.0],
        });
        events.append(RawEvents { lead: vec![4], at: vec![7], kind: text(&["b"], &[0]), ..RawEvents::default() });
        assert_eq!((&events.lead[..], &events.at[..], &events.recorded_at[..]), (&[1, 0, 2, 4][..], &[5, 3, 4, 7][..], &[5, 3, 9, 7][..]));
        let word = |row: usize| events.kind.word(row);
        assert_eq!([word(0), word(1), word(2), word(3)], [Some("a"), Some("b"), Some("a"), Some("b")]);
        assert_eq!(events.channel.as_ref().map(|channel| channel.codes.clone()), Some(vec![u32::MAX, 0, u32::MAX, u32::MAX]));
        assert_eq!(events.value.iter().map(|value| value.is_nan()).collect::<Vec<_>>(), [true, false, false, true]);
    }
}
