//! What the report says.

use std::fmt;

use serde::Serialize;

/// Whether a column knows the future.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Verdict {
    /// It does: a model trained with it promises what it cannot keep.
    Leak,
    /// It may: look at where its values come from.
    Suspicious,
    /// It names rows, or numbers them in order of time, and says nothing else of them.
    Identifier,
    /// Nothing speaks against it.
    Fine,
}

impl Verdict {
    /// `leak`, `suspicious`, `identifier` or `fine`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Leak => "leak",
            Self::Suspicious => "suspicious",
            Self::Identifier => "identifier",
            Self::Fine => "fine",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What was found of one column.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ColumnReport {
    /// The column of leads.
    pub name: String,
    /// Whether it knows the future.
    pub verdict: Verdict,
    /// Why, in one line of plain words.
    pub evidence: String,
    /// How much the evidence weighs: from 4 points on it is a leak, 3 are suspicious.
    pub points: u8,
    /// How well the column alone tells won leads from others of the same time, 0.5 to 1, on rows whose own outcome it has not seen; `None` when it
    /// cannot be told.
    pub auc: Option<f64>,
    /// Share of the leads, 0 to 1, that hold a value with which hardly any lead ends otherwise.
    pub decides: f64,
    /// Share of won leads that have a value, 0 to 1; `None` when it was not asked.
    pub filled_won: Option<f64>,
    /// Share of the other leads that have one.
    pub filled_others: Option<f64>,
}

/// Which columns know the future: one entry a column, the worst first.
///
/// ```
/// use leadscore::{AttributeColumn, LeadTable, Schema, Target, TextColumn, TrainingData, Verdict, leakage_report};
/// let won: Vec<Option<bool>> = (0..600).map(|i| Some(i % 3 == 0)).collect();
/// let leads = LeadTable {
///     ids: (0..600).map(|i| i.to_string()).collect(),
///     attributes: vec![
///         // What sales writes when a lead is lost.
///         ("lost_to".to_owned(), AttributeColumn::Text(TextColumn {
///             words: vec!["rival".to_owned()],
///             codes: (0..600).map(|i| if i % 3 == 0 { u32::MAX } else { 0 }).collect(),
///         })),
///         ("employees".to_owned(), AttributeColumn::Number((0..600).map(|i| f64::from(i % 50)).collect())),
///     ],
///     ..LeadTable::default()
/// };
/// let data = TrainingData::new(Schema::new().categorical("lost_to").numeric("employees"), leads, Target::Labels(won));
/// let report = leakage_report(&data)?;
/// assert_eq!(report.exclude(), ["lost_to"]);
/// assert_eq!(report.columns[1].verdict, Verdict::Fine);
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LeakageReport {
    /// The columns, leaks first, then by points, then by name.
    pub columns: Vec<ColumnReport>,
    /// How many leads were judged by their end.
    pub leads: usize,
    /// How many of them were won.
    pub won: usize,
    /// What put the leads in order of time; `None` when nothing did, and then nothing was asked about age.
    pub in_time_by: Option<String>,
    /// What is odd about the table as a whole, such as rows that are said to be oldest first and seem to be newest first.
    pub notes: Vec<String>,
}

impl LeakageReport {
    /// The names of the leaks, for `exclude`.
    #[must_use]
    pub fn exclude(&self) -> Vec<&str> {
        self.of(Verdict::Leak).map(|column| column.name.as_str()).collect()
    }

    /// The columns with that verdict.
    pub fn of(&self, verdict: Verdict) -> impl Iterator<Item = &ColumnReport> {
        self.columns.iter().filter(move |column| column.verdict == verdict)
    }

    /// Warnings for the card of a model that reads such columns, one each, after those of the table.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let told = |verdict, word: &str| {
            let line = move |column: &ColumnReport| format!("{} {word}: {}; look at it, or exclude it", column.name, column.evidence);
            self.of(verdict).map(line).collect::<Vec<_>>()
        };
        let mut all = self.notes.clone();
        all.extend(told(Verdict::Leak, "seems to know the future"));
        all.extend(told(Verdict::Suspicious, "may know the future"));
        all
    }
}

/// A table: verdict, column, evidence; then the list to exclude.
impl fmt::Display for LeakageReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} leads judged, {} won; ", self.leads, self.won)?;
        match &self.in_time_by {
            Some(source) => writeln!(f, "in order of time by {source}")?,
            None => writeln!(f, "nothing puts them in order of time, so what differs by age was not looked for")?,
        }
        for note in &self.notes {
            writeln!(f, "  note: {note}")?;
        }
        let width = self.columns.iter().map(|column| column.name.chars().count()).max().unwrap_or(0).min(40);
        for column in &self.columns {
            writeln!(f, "  {:10}  {:width$}  {}", column.verdict, column.name, column.evidence)?;
        }
        let names: Vec<String> = self.exclude().into_iter().map(|name| format!("{name:?}")).collect();
        writeln!(f, "exclude=[{}]", names.join(", "))
    }
}
