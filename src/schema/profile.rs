//! What a column looks like: all that inference knows of it.

/// What the cells of a column are.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ColumnClass {
    /// Words, categories, dictionaries.
    Words,
    /// Whole numbers.
    Integers,
    /// Numbers with fractions.
    Numbers,
    /// True and false.
    Booleans,
    /// Dates or instants.
    Times,
    /// Nothing but nulls, without a type.
    Nothing,
    /// A type that is not read, by name.
    Unreadable(String),
}

/// A column as inference sees it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ColumnProfile {
    /// Its name.
    pub name: String,
    /// What its cells are.
    pub class: ColumnClass,
    /// How many rows the table has.
    pub n: usize,
    /// Rows without a value, placeholders such as "Select" included.
    pub n_missing: usize,
    /// Distinct values, words compared in canonical form.
    pub n_distinct: usize,
    /// The distinct words in canonical form when there are at most [`ColumnProfile::MAX_WORDS`], otherwise the first of them; of whole numbers the
    /// largest.
    pub words: Vec<String>,
    /// Share of the distinct words that look like e-mail addresses, 0 to 1.
    pub emails: f64,
    /// Share of the rows with a value whose word looks like an e-mail address, 0 to 1.
    pub email_cells: f64,
    /// Share that look like telephone numbers.
    pub phones: f64,
    /// Share that are dates or instants in ISO 8601.
    pub dates: f64,
    /// Share that are numbers.
    pub numbers: f64,
    /// Mean number of characters of the distinct words.
    pub mean_chars: f64,
    /// Whether the numbers never fall or never rise from row to row.
    pub monotone: bool,
}

impl ColumnProfile {
    /// How many distinct words a profile keeps at most.
    pub const MAX_WORDS: usize = 64;

    /// A column of `n` rows of which nothing else is known yet.
    #[must_use]
    pub fn new(name: impl Into<String>, class: ColumnClass, n: usize) -> Self {
        Self {
            name: name.into(),
            class,
            n,
            n_missing: 0,
            n_distinct: 0,
            words: Vec::new(),
            emails: 0.0,
            email_cells: 0.0,
            phones: 0.0,
            dates: 0.0,
            numbers: 0.0,
            mean_chars: 0.0,
            monotone: false,
        }
    }

    /// Rows that have a value.
    #[must_use]
    pub fn present(&self) -> usize {
        self.n - self.n_missing
    }

    /// Whether every row has a value of its own.
    #[must_use]
    pub fn is_unique(&self) -> bool {
        self.n_missing == 0 && self.n_distinct == self.n && self.n > 1
    }

    /// Whether its cells are instants, as such or as text.
    #[must_use]
    pub fn holds_times(&self) -> bool {
        self.class == ColumnClass::Times || (self.class == ColumnClass::Words && self.n_distinct > 0 && self.dates >= 0.95)
    }

    /// Whether its distinct values are all known, and `test` holds for each.
    pub(crate) fn all_words(&self, test: impl Fn(&str) -> bool) -> bool {
        self.n_distinct > 0 && self.words.len() == self.n_distinct && self.words.iter().all(|w| test(w))
    }
}
