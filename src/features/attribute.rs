//! Attributes: from a cell of any type to the number that the kernel reads.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::part::{LastRead, Part, Said};
use super::{AttributeColumn, Cell, CellError, FeatureError, FeaturePlan, LeadTable};
use crate::schema::{Attribute, FOLDABLE, canonical, canonical_then, folded_chars, plainly_folded, says_something};

/// How one attribute is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttributePlan {
    pub(super) name: String,
    pub(super) kind: AttributeKind,
    /// The share of the leads in training whose category has no place of its own: too few leads had it. `None` when it has no categories to learn, and in
    /// models of versions that did not count.
    #[serde(default)]
    pub(super) rare: Option<f64>,
}

/// The type of an attribute, with what was learned about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum AttributeKind {
    Numeric,
    Categorical {
        aliases: BTreeMap<String, String>,
        /// The known categories in canonical form, in alphabetical order. A code is a position here; their number stands for any other.
        categories: Vec<String>,
    },
    Boolean,
    Text,
    Email,
    Phone,
    Date {
        future: bool,
    },
    /// Something that its text says besides.
    Part {
        part: Part,
        /// The known words in alphabetical order when it is one of a set of words, else none. Codes are as of categories.
        categories: Vec<String>,
    },
}

impl AttributePlan {
    /// The plan of an attribute, of which no category is known yet.
    pub(super) fn new(name: &str, attribute: &Attribute) -> Self {
        let kind = match attribute {
            Attribute::Numeric {} => AttributeKind::Numeric,
            Attribute::Categorical { aliases } => AttributeKind::Categorical { aliases: aliases.clone(), categories: Vec::new() },
            Attribute::Boolean {} => AttributeKind::Boolean,
            Attribute::Text {} => AttributeKind::Text,
            Attribute::Email {} => AttributeKind::Email,
            Attribute::Phone { .. } => AttributeKind::Phone,
            Attribute::JobTitle {} => AttributeKind::Categorical { aliases: BTreeMap::new(), categories: Vec::new() },
            Attribute::Date { future } => AttributeKind::Date { future: *future },
        };
        Self { name: name.to_owned(), kind, rare: None }
    }

    /// The plans of what the texts of an attribute say besides being there.
    pub(super) fn parts(name: &str, attribute: &Attribute) -> impl Iterator<Item = Self> {
        Part::all(attribute).into_iter().map(|part| {
            let categories = part.fixed_words().iter().map(|&word| word.to_owned()).collect();
            Self { name: name.to_owned(), kind: AttributeKind::Part { part, categories }, rare: None }
        })
    }

    /// The column of leads that it reads. Several plans may read one column, each another part of it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The part of the column that it reads, for example `domain`; empty for the whole.
    #[must_use]
    pub fn part(&self) -> &'static str {
        match self.kind {
            AttributeKind::Part { part, .. } => part.word(),
            _ => "",
        }
    }

    /// The categories it knows, in canonical form and alphabetical order; none unless it is categorical.
    #[must_use]
    pub fn categories(&self) -> &[String] {
        match &self.kind {
            AttributeKind::Categorical { categories, .. } | AttributeKind::Part { categories, .. } => categories,
            _ => &[],
        }
    }

    /// Whether its values are codes of categories.
    pub(super) fn is_categorical(&self) -> bool {
        match &self.kind {
            AttributeKind::Categorical { .. } => true,
            AttributeKind::Part { part, .. } => part.is_categorical(),
            _ => false,
        }
    }

    /// Whether it is a date or an instant.
    pub(super) fn is_date(&self) -> bool {
        matches!(self.kind, AttributeKind::Date { .. })
    }

    /// The place of the categories that it has to learn from leads; none when it has none, or they are fixed.
    pub(super) fn learnt_words(&mut self) -> Option<&mut Vec<String>> {
        match &mut self.kind {
            AttributeKind::Categorical { categories, .. } => Some(categories),
            AttributeKind::Part { part, categories } if part.is_categorical() && part.fixed_words().is_empty() => Some(categories),
            _ => None,
        }
    }

    /// What it reads, in words.
    fn wanted(&self) -> &'static str {
        match self.kind {
            AttributeKind::Numeric => "a number",
            AttributeKind::Categorical { .. } => "a category (text, a number or true/false)",
            AttributeKind::Boolean => "yes or no",
            AttributeKind::Text => "text (or a number or true/false, written out)",
            AttributeKind::Email => "an e-mail address (text, or what can be written as such)",
            AttributeKind::Phone => "a telephone number (text, or what can be written as such)",
            AttributeKind::Part { .. } => "text (or what can be written as such)",
            AttributeKind::Date { .. } => "a date or an instant",
        }
    }

    fn wrong_type(&self, cell: Cell<'_>) -> CellError {
        let found = match cell {
            Cell::Missing => "missing".to_owned(),
            Cell::Number(x) => format!("the number {x}"),
            Cell::Bool(b) => format!("the boolean {b}"),
            Cell::Text(word) => format!("the text \"{}\"", shortened(word)),
            Cell::Time(_) => "an instant".to_owned(),
        };
        CellError::WrongType { attribute: self.name.clone(), found, wanted: self.wanted() }
    }

    /// The number that the kernel reads for `cell`; NaN is missing.
    pub(super) fn prepare(&self, cell: Cell<'_>) -> Result<f64, CellError> {
        self.prepare_after(&mut LastRead::default(), cell)
    }

    /// The same, faster for one part of a cell after the other.
    fn prepare_after<'t>(&self, last: &mut LastRead<'t>, cell: Cell<'t>) -> Result<f64, CellError> {
        let yes = |is: bool| if is { 1.0 } else { 0.0 };
        // Everything may be missing, except that an address which is not there is known not to be there.
        let filled = says_something;
        match (&self.kind, cell) {
            (AttributeKind::Email | AttributeKind::Phone, Cell::Missing) => Ok(0.0),
            (AttributeKind::Email | AttributeKind::Phone, Cell::Text(word)) => Ok(yes(filled(word))),
            (AttributeKind::Email | AttributeKind::Phone, Cell::Number(x)) if x.is_nan() => Ok(0.0),
            (_, Cell::Missing) => Ok(f64::NAN),
            (_, Cell::Number(x)) if x.is_nan() => Ok(f64::NAN),
            // A table's column of such cells is read as words, too.
            (AttributeKind::Text | AttributeKind::Email | AttributeKind::Phone | AttributeKind::Part { .. }, Cell::Number(x)) => {
                self.prepare(Cell::Text(&written(x)))
            }
            (AttributeKind::Text | AttributeKind::Email | AttributeKind::Phone | AttributeKind::Part { .. }, Cell::Bool(b)) => {
                self.prepare(Cell::Text(if b { "true" } else { "false" }))
            }
            (AttributeKind::Numeric, Cell::Number(x)) => self.finite(x),
            (AttributeKind::Numeric | AttributeKind::Boolean, Cell::Bool(b)) => Ok(yes(b)),
            (AttributeKind::Boolean, Cell::Number(x)) if x == 0.0 || x == 1.0 => Ok(x.abs()),
            (AttributeKind::Boolean, Cell::Number(x)) => Err(self.not_yes_or_no(&x.to_string())),
            (AttributeKind::Boolean, Cell::Text(word)) => self.truth(word),
            // The usual case, without a copy of the word.
            (AttributeKind::Categorical { aliases, categories }, Cell::Text(word)) if aliases.is_empty() => {
                Ok(if filled(word) { code_folded(categories, word) as f64 } else { f64::NAN })
            }
            (AttributeKind::Categorical { categories, .. }, _) => {
                Ok(self.category(cell)?.map_or(f64::NAN, |word| code(categories, &word) as f64))
            }
            (AttributeKind::Text, Cell::Text(word)) if filled(word) => Ok(word.trim().chars().count() as f64),
            (AttributeKind::Text, Cell::Text(_)) => Ok(f64::NAN),
            (AttributeKind::Part { part, categories }, Cell::Text(text)) if filled(text) => Ok(match part.read_after(last, text) {
                Said::Nothing => f64::NAN,
                Said::Number(x) => x,
                Said::Word(word) if part.folds() => code_folded(categories, word) as f64,
                Said::Word(word) => code(categories, word) as f64,
            }),
            (AttributeKind::Part { .. }, Cell::Text(_)) => Ok(f64::NAN),
            (AttributeKind::Date { .. }, Cell::Time(micros)) => Ok(micros as f64),
            _ => Err(self.wrong_type(cell)),
        }
    }

    fn finite(&self, x: f64) -> Result<f64, CellError> {
        // The model reads 32 bits: 1e39 is finite here and infinite there.
        if (x as f32).is_finite() { Ok(x) } else { Err(CellError::NotFinite { attribute: self.name.clone(), value: x }) }
    }

    fn truth(&self, word: &str) -> Result<f64, CellError> {
        const YES: [&str; 6] = ["yes", "true", "1", "y", "t", "on"];
        const NO: [&str; 6] = ["no", "false", "0", "n", "f", "off"];
        canonical_then(word, |canonical| match canonical {
            None => Ok(f64::NAN),
            Some(w) if YES.contains(&w) => Ok(1.0),
            Some(w) if NO.contains(&w) => Ok(0.0),
            Some(_) => Err(self.not_yes_or_no(word)),
        })
    }

    fn not_yes_or_no(&self, found: &str) -> CellError {
        CellError::NotYesOrNo { attribute: self.name.clone(), found: shortened(found) }
    }

    /// The canonical word of a cell of a categorical attribute; `None` is missing.
    pub(super) fn category<'a>(&self, cell: Cell<'a>) -> Result<Option<Cow<'a, str>>, CellError> {
        let aliases = match &self.kind {
            AttributeKind::Categorical { aliases, .. } => aliases,
            AttributeKind::Part { part, .. } if part.is_categorical() => return self.word_of_part(*part, cell),
            _ => return Err(self.wrong_type(cell)),
        };
        let owned = |word: &str| canonical(word, aliases).map(|w| Cow::Owned(w.into_owned()));
        match cell {
            Cell::Missing => Ok(None),
            Cell::Text(word) => Ok(canonical(word, aliases)),
            Cell::Bool(b) => Ok(owned(if b { "true" } else { "false" })),
            Cell::Number(x) if x.is_nan() => Ok(None),
            Cell::Number(x) if x.is_infinite() => Err(CellError::NotFinite { attribute: self.name.clone(), value: x }),
            Cell::Number(x) => Ok(owned(&written(x))),
            Cell::Time(_) => Err(self.wrong_type(cell)),
        }
    }

    /// The word that a part of a cell's text is, in the form in which it is kept; `None` when it says nothing.
    fn word_of_part<'a>(&self, part: Part, cell: Cell<'_>) -> Result<Option<Cow<'a, str>>, CellError> {
        let text = match cell {
            Cell::Missing => return Ok(None),
            Cell::Number(x) if x.is_nan() => return Ok(None),
            Cell::Text(text) => Cow::Borrowed(text),
            Cell::Number(x) => Cow::Owned(written(x)),
            Cell::Bool(b) => Cow::Borrowed(if b { "true" } else { "false" }),
            Cell::Time(_) => return Err(self.wrong_type(cell)),
        };
        Ok(match part.read(&text) {
            Said::Word(word) if says_something(&text) && part.folds() => Some(Cow::Owned(folded_chars(word).collect())),
            Said::Word(word) if says_something(&text) => Some(Cow::Owned(word.to_owned())),
            _ => None,
        })
    }
}

/// [`code`] of a word's canonical form, without making it.
fn code_folded(vocabulary: &[String], word: &str) -> usize {
    match plainly_folded(word, &mut [0; FOLDABLE]) {
        Some(folded) => code(vocabulary, folded),
        None => vocabulary.binary_search_by(|known| known.chars().cmp(folded_chars(word))).unwrap_or(vocabulary.len()),
    }
}

/// The shortest text that reads back as the number; 3.0 is "3".
fn written(x: f64) -> String {
    // Adding 0 turns -0 into 0.
    (x + 0.0).to_string()
}

/// The position of `word` in an alphabetical vocabulary, or its length when it is not there.
pub(super) fn code(vocabulary: &[String], word: &str) -> usize {
    vocabulary.binary_search_by(|known| known.as_str().cmp(word)).unwrap_or(vocabulary.len())
}

/// Enough of a word to recognise it in a message.
fn shortened(word: &str) -> String {
    const LIMIT: usize = 40;
    if word.chars().count() <= LIMIT { word.to_owned() } else { word.chars().take(LIMIT).chain(['…']).collect() }
}

/// The attributes of many leads as the kernel reads them: one row a lead, one value an attribute of the plan.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PreparedLeads {
    width: usize,
    values: Vec<f64>,
}

impl PreparedLeads {
    /// The prepared attributes of lead `row`; empty (all missing) when there is no such lead.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f64] {
        row.checked_mul(self.width).and_then(|start| self.values.get(start..start + self.width)).unwrap_or(&[])
    }
}

impl FeaturePlan {
    /// The columns of leads that it reads, each once.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        let attributes = self.attributes();
        let first_of_its_column = |i: usize| i == 0 || attributes[i - 1].name != attributes[i].name;
        (0..attributes.len()).filter(move |&i| first_of_its_column(i)).map(|i| attributes[i].name.as_str())
    }

    /// The number that the kernel reads for one attribute (one plan of [`attributes`](Self::attributes)): the value, the code of a category, 0/1, a
    /// length in characters, a rung, or microseconds since 1970. NaN is missing.
    ///
    /// # Errors
    /// [`CellError`] when the cell has a type that the attribute cannot have, is not finite in 32 bits, or is neither yes nor no.
    pub fn prepare(&self, attribute: usize, cell: Cell<'_>) -> Result<f64, CellError> {
        self.prepare_after(&mut LastRead::default(), attribute, cell)
    }

    /// The same, faster for one attribute of a lead after the other: several may be parts of one cell.
    pub(crate) fn prepare_after<'t>(&self, last: &mut LastRead<'t>, attribute: usize, cell: Cell<'t>) -> Result<f64, CellError> {
        if let Some(code) = self.category(attribute, cell) {
            return Ok(code);
        }
        let plans = self.attributes();
        plans.get(attribute).ok_or(CellError::NoSuchAttribute { index: attribute, count: plans.len() })?.prepare_after(last, cell)
    }

    /// Prepares the attributes of all leads. Words are translated once each.
    ///
    /// # Errors
    /// [`FeatureError::Cell`] with row, lead and column of the first value that cannot be read.
    pub fn prepare_table(&self, leads: &LeadTable) -> Result<PreparedLeads, FeatureError> {
        let width = self.attributes().len();
        let mut values = vec![f64::NAN; width * leads.len()];
        for (offset, plan) in self.attributes().iter().enumerate() {
            let column = leads.attribute(&plan.name);
            let cells = values.iter_mut().skip(offset).step_by(width);
            prepare_column(plan, column, cells).map_err(|(row, source)| FeatureError::Cell {
                row,
                id: leads.ids.get(row).cloned().unwrap_or_default(),
                source,
            })?;
        }
        Ok(PreparedLeads { width, values })
    }
}

/// Prepares a column into `cells`, one a row.
fn prepare_column<'a>(
    plan: &AttributePlan,
    column: &AttributeColumn,
    cells: impl Iterator<Item = &'a mut f64>,
) -> Result<(), (usize, CellError)> {
    let AttributeColumn::Text(text) = column else {
        for (row, cell) in cells.enumerate() {
            *cell = plan.prepare(column.cell(row)).map_err(|error| (row, error))?;
        }
        return Ok(());
    };
    // Words are translated when first met, so that a word which no row uses is no error.
    let mut translated: Vec<Option<f64>> = vec![None; text.words.len()];
    for (row, cell) in cells.enumerate() {
        let slot = text.codes.get(row).and_then(|&c| translated.get_mut(c as usize));
        *cell = match slot {
            Some(Some(known)) => *known,
            slot => {
                let value = plan.prepare(column.cell(row)).map_err(|error| (row, error))?;
                if let Some(slot) = slot {
                    *slot = Some(value);
                }
                value
            }
        };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    fn plan(attribute: Attribute) -> AttributePlan {
        AttributePlan::new("x", &attribute)
    }

    #[test]
    fn numbers_take_booleans_and_refuse_what_32_bits_cannot_hold() {
        let plan = plan(Attribute::Numeric {});
        assert_eq!(plan.prepare(Cell::Number(1.5)), Ok(1.5));
        assert_eq!(plan.prepare(Cell::Bool(true)), Ok(1.0));
        assert!(plan.prepare(Cell::Missing).unwrap().is_nan());
        assert!(plan.prepare(Cell::Number(f64::NAN)).unwrap().is_nan());
        for bad in [f64::INFINITY, 1e39, -1e300] {
            let error = plan.prepare(Cell::Number(bad)).unwrap_err();
            assert!(matches!(error, CellError::NotFinite { .. }) && error.to_string().contains("\"x\""), "{error}");
        }
    }

    #[test]
    fn a_wrong_type_is_named_with_what_was_wanted() {
        let error = plan(Attribute::Numeric {}).prepare(Cell::Text("twelve")).unwrap_err().to_string();
        assert!(error.starts_with("\"x\" is the text \"twelve\", but the model reads a number"), "{error}");
        let date = || Attribute::Date { future: false };
        for (attribute, cell) in [
            (Attribute::Numeric {}, Cell::Time(0)),
            (Attribute::Categorical { aliases: BTreeMap::new() }, Cell::Time(0)),
            (Attribute::Boolean {}, Cell::Time(0)),
            (Attribute::Text {}, Cell::Time(0)),
            (Attribute::Email {}, Cell::Time(0)),
            (Attribute::Phone { country: None }, Cell::Time(0)),
            (date(), Cell::Number(1.0)),
            (date(), Cell::Text("2026-01-01")),
        ] {
            assert!(matches!(plan(attribute).prepare(cell), Err(CellError::WrongType { .. })), "{cell:?}");
        }
    }

    #[test]
    fn rare_and_unseen_categories_are_apart_from_missing_ones() {
        let aliases = BTreeMap::from([("u.s.".to_owned(), "usa".to_owned())]);
        let mut plan = plan(Attribute::Categorical { aliases });
        if let AttributeKind::Categorical { categories, .. } = &mut plan.kind {
            *categories = ["3", "france", "true", "usa"].map(str::to_owned).to_vec();
        }
        for (cell, code) in [
            (Cell::Text(" FRANCE "), 1.0),
            (Cell::Text("U.S."), 3.0),
            (Cell::Number(3.0), 0.0),
            (Cell::Bool(true), 2.0),
            (Cell::Text("peru"), 4.0),
            (Cell::Number(3.5), 4.0),
        ] {
            assert_eq!(plan.prepare(cell), Ok(code), "{cell:?}");
        }
        for cell in [Cell::Missing, Cell::Text("Select"), Cell::Text("  "), Cell::Number(f64::NAN)] {
            assert!(plan.prepare(cell).unwrap().is_nan(), "{cell:?}");
        }
    }

    #[test]
    fn addresses_and_titles_are_taken_apart_and_what_is_malformed_is_not_missing() {
        let prepare = |attribute: &Attribute, cell: Cell<'_>| -> Vec<f64> {
            AttributePlan::parts("x", attribute)
                .map(|mut plan| {
                    if let Some(words) = plan.learnt_words() {
                        *words = ["DE", "US", "corp.example"].map(str::to_owned).to_vec();
                    }
                    plan.prepare(cell).unwrap()
                })
                .collect()
        };
        let same = |found: Vec<f64>, expected: &[f64]| {
            let equal = found.iter().zip(expected).all(|(a, b)| a == b || (a.is_nan() && b.is_nan()));
            assert!(equal && found.len() == expected.len(), "{found:?} {expected:?}");
        };
        let nan = f64::NAN;
        // Valid, provider, generic, domain; business is the first provider.
        let email = Attribute::Email {};
        same(prepare(&email, Cell::Text(" Ann@Corp.Example ")), &[1.0, 0.0, 0.0, 2.0]);
        same(prepare(&email, Cell::Text("info@other.example")), &[1.0, 0.0, 1.0, 3.0]);
        same(prepare(&email, Cell::Text("ann at corp")), &[0.0, nan, nan, nan]);
        for cell in [Cell::Missing, Cell::Text("n/a"), Cell::Text(" "), Cell::Number(nan)] {
            same(prepare(&email, cell), &[nan; 4]);
        }
        // Valid, country.
        let (anywhere, germany) = (Attribute::Phone { country: None }, Attribute::Phone { country: Some("de".to_owned()) });
        same(prepare(&anywhere, Cell::Text("+1 212 555 2671")), &[1.0, 1.0]);
        same(prepare(&anywhere, Cell::Text("030 1234567")), &[1.0, nan]);
        same(prepare(&germany, Cell::Text("030 1234567")), &[1.0, 0.0]);
        same(prepare(&germany, Cell::Number(4_930_123_456.0)), &[1.0, 0.0]);
        same(prepare(&germany, Cell::Text("+33 1 42 68 53 00")), &[1.0, 3.0]);
        same(prepare(&germany, Cell::Bool(true)), &[0.0, nan]);
        // Seniority, department; sales is the twelfth.
        same(prepare(&Attribute::JobTitle {}, Cell::Text("VP Sales")), &[9.0, 11.0]);
        same(prepare(&Attribute::JobTitle {}, Cell::Text("Zauberer")), &[nan, nan]);
        assert!(AttributePlan::parts("x", &email).all(|plan| matches!(plan.prepare(Cell::Time(0)), Err(CellError::WrongType { .. }))));
    }

    #[test]
    fn yes_and_no_are_read_in_every_usual_spelling() {
        let plan = plan(Attribute::Boolean {});
        for (yes, no) in [("yes", "No"), ("TRUE", "false"), ("1", "0"), ("y", "N"), ("T", "f"), ("On", "off")] {
            assert_eq!(plan.prepare(Cell::Text(yes)), Ok(1.0));
            assert_eq!(plan.prepare(Cell::Text(no)), Ok(0.0));
        }
        assert_eq!(plan.prepare(Cell::Number(-0.0)).unwrap().to_bits(), 0);
        for bad in [Cell::Text("maybe"), Cell::Number(2.0), Cell::Number(f64::INFINITY)] {
            assert!(matches!(plan.prepare(bad), Err(CellError::NotYesOrNo { .. })), "{bad:?}");
        }
    }

    #[test]
    fn addresses_are_there_or_not_and_text_has_a_length_or_is_missing() {
        let email = plan(Attribute::Email {});
        assert_eq!(email.prepare(Cell::Text("a@b.org")), Ok(1.0));
        assert_eq!(email.prepare(Cell::Text(" ")), Ok(0.0));
        assert_eq!(email.prepare(Cell::Missing), Ok(0.0));
        assert_eq!(email.prepare(Cell::Number(f64::NAN)), Ok(0.0));
        assert_eq!(plan(Attribute::Phone { country: None }).prepare(Cell::Number(49.0)), Ok(1.0));
        let text = plan(Attribute::Text {});
        // Numbers and booleans are as long as a table's column of them, written out.
        for (cell, length) in [(Cell::Number(120.0), 3.0), (Cell::Number(-0.5), 4.0), (Cell::Number(-0.0), 1.0), (Cell::Bool(false), 5.0)] {
            assert_eq!(text.prepare(cell), Ok(length), "{cell:?}");
        }
        assert_eq!(text.prepare(Cell::Text(" grüße ")), Ok(5.0));
        assert!(text.prepare(Cell::Text("")).unwrap().is_nan());
    }

    proptest::proptest! {
        #[test]
        fn a_word_that_is_not_copied_has_the_code_of_its_canonical_form(word in "[ a-cA-CäÄ\u{212a}\t]{0,6}|[a-cA-C ]{60,70}") {
            let folded = crate::schema::fold(&word);
            // Words around it, with it and without it.
            let mut vocabulary = vec!["".to_owned(), "a".to_owned(), "b b".to_owned(), "k".to_owned(), "ä".to_owned()];
            proptest::prop_assert_eq!(code_folded(&vocabulary, &word), code(&vocabulary, &folded));
            vocabulary.push(folded.clone().into_owned());
            vocabulary.sort();
            vocabulary.dedup();
            proptest::prop_assert_eq!(&vocabulary[code_folded(&vocabulary, &word)], &folded);
        }
    }
}
