//! Attribute values as the kernel reads them: one cell, or a table of columns.

use std::collections::HashMap;

/// One attribute of one lead, as the caller has it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Cell<'a> {
    /// Not known.
    Missing,
    /// A number. NaN means not known.
    Number(f64),
    /// True or false.
    Bool(bool),
    /// A word, a category, an address.
    Text(&'a str),
    /// An instant, in microseconds since 1970-01-01 UTC. Attributes may lie before 1970 (a date of birth).
    Time(i64),
}

/// One attribute of many leads.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum AttributeColumn {
    /// The table lacks the column: every cell is missing, and the leads' status says so.
    Absent,
    /// Numbers; NaN is missing.
    Number(Vec<f64>),
    /// 0 false, 1 true, 2 missing.
    Bool(Vec<u8>),
    /// Words.
    Text(TextColumn),
    /// Microseconds since 1970-01-01 UTC; `i64::MIN` is missing.
    Time(Vec<i64>),
}

/// A column of words, each distinct word kept once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TextColumn {
    /// The distinct words, as found in the source, in order of first appearance.
    pub words: Vec<String>,
    /// Per row, the index into `words`; `u32::MAX` is missing.
    pub codes: Vec<u32>,
}

impl AttributeColumn {
    /// The cell of row `row`.
    #[must_use]
    pub fn cell(&self, row: usize) -> Cell<'_> {
        match self {
            Self::Absent => Cell::Missing,
            Self::Number(values) => match values.get(row) {
                Some(v) if !v.is_nan() => Cell::Number(*v),
                _ => Cell::Missing,
            },
            Self::Bool(values) => match values.get(row) {
                Some(0) => Cell::Bool(false),
                Some(1) => Cell::Bool(true),
                _ => Cell::Missing,
            },
            Self::Text(column) => column.word(row).map_or(Cell::Missing, Cell::Text),
            Self::Time(values) => match values.get(row) {
                Some(&i64::MIN) | None => Cell::Missing,
                Some(&t) => Cell::Time(t),
            },
        }
    }
}

impl AttributeColumn {
    /// The given rows, in the given order.
    #[must_use]
    pub fn take(&self, rows: &[u32]) -> Self {
        fn pick<T: Copy>(values: &[T], rows: &[u32]) -> Vec<T> {
            rows.iter().filter_map(|&row| values.get(row as usize).copied()).collect()
        }
        match self {
            Self::Absent => Self::Absent,
            Self::Number(values) => Self::Number(pick(values, rows)),
            Self::Bool(values) => Self::Bool(pick(values, rows)),
            Self::Text(column) => Self::Text(TextColumn { words: column.words.clone(), codes: pick(&column.codes, rows) }),
            Self::Time(values) => Self::Time(pick(values, rows)),
        }
    }
}

impl TextColumn {
    /// The rows of several columns one after the other, each distinct word once.
    #[must_use]
    pub fn together(mut parts: Vec<Self>) -> Self {
        if parts.len() == 1 {
            return parts.swap_remove(0);
        }
        let mut codes = Vec::with_capacity(parts.iter().map(|part| part.codes.len()).sum());
        let mut known: HashMap<&str, u32> = HashMap::new();
        let mut words: Vec<&str> = Vec::new();
        for part in &parts {
            let code_of: Vec<u32> = (part.words.iter())
                .map(|word| {
                    *known.entry(word).or_insert_with(|| {
                        words.push(word);
                        words.len() as u32 - 1
                    })
                })
                .collect();
            codes.extend(part.codes.iter().map(|&code| code_of.get(code as usize).copied().unwrap_or(u32::MAX)));
        }
        Self { words: words.into_iter().map(str::to_owned).collect(), codes }
    }

    /// Adds the rows of `more` after the others.
    pub fn append(&mut self, more: Self) {
        *self = Self::together(vec![std::mem::take(self), more]);
    }

    /// The word of row `row`, `None` when missing.
    #[must_use]
    pub fn word(&self, row: usize) -> Option<&str> {
        let code = *self.codes.get(row)?;
        self.words.get(code as usize).map(String::as_str)
    }
}

/// Leads as columns: what the kernel and the lifecycle read of the table `leads`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LeadTable {
    /// The leads' identifiers, unique, as text.
    pub ids: Vec<String>,
    /// When each lead was created, microseconds since 1970-01-01 UTC; `i64::MIN` when not known. Empty when the table has no such column.
    pub created_at: Vec<i64>,
    /// Per attribute of the schema, in the schema's order (by name), its column.
    pub attributes: Vec<(String, AttributeColumn)>,
    /// The segment of each lead, when the schema names one.
    pub segment: Option<TextColumn>,
    /// The account of each lead, when the schema names one: the same word for the same account, missing where the account is not known.
    pub account: Option<TextColumn>,
}

impl LeadTable {
    /// How many leads.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// When lead `row` was created, if known.
    #[must_use]
    pub fn created(&self, row: usize) -> Option<i64> {
        self.created_at.get(row).copied().filter(|&t| t != i64::MIN)
    }

    /// The leads of the given rows, in the given order.
    #[must_use]
    pub fn take(&self, rows: &[u32]) -> Self {
        let text = |column: &TextColumn| TextColumn {
            words: column.words.clone(),
            codes: rows.iter().filter_map(|&row| column.codes.get(row as usize).copied()).collect(),
        };
        Self {
            ids: rows.iter().filter_map(|&row| self.ids.get(row as usize).cloned()).collect(),
            created_at: rows.iter().filter_map(|&row| self.created_at.get(row as usize).copied()).collect(),
            attributes: self.attributes.iter().map(|(name, column)| (name.clone(), column.take(rows))).collect(),
            segment: self.segment.as_ref().map(text),
            account: self.account.as_ref().map(text),
        }
    }

    /// The column of attribute `name`; [`AttributeColumn::Absent`] when the table has none.
    #[must_use]
    pub fn attribute(&self, name: &str) -> &AttributeColumn {
        self.attributes.iter().find(|(n, _)| n == name).map_or(&AttributeColumn::Absent, |(_, column)| column)
    }
}
