//! Words that a plan does not know by name: categories of leads, kinds and channels of events.

use std::collections::HashMap;

use super::attribute::{AttributeKind, AttributePlan};
use super::{AttributeColumn, Cell, FeaturePlan, LeadTable, RawEvents, TextColumn};
use crate::counted::counted;
use crate::schema::{Schema, canonical};

/// How many words are given as examples.
const EXAMPLES: usize = 5;
/// The share of leads by which a column must exceed what was usual in training to be called unusual.
const UNUSUAL: f64 = 0.01;

/// Words of one column that a model does not know by name, and whom they concern.
///
/// A model keeps the words that at least 20 leads had in training ([`FeatureSettings::min_category_leads`](super::FeatureSettings)); rarer ones share one
/// place with those that are new, and their names are not kept, because a rare word can point to a person. So a word that the model does not know
/// is new, or was rare. What the model does keep is how common that was: `usual`, the share of leads with such a word in training. A share well above it
/// means that something has changed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Unseen {
    /// `leads` or `events`.
    pub table: &'static str,
    /// The column.
    pub column: String,
    /// How many rows of the table have such a word.
    pub rows: usize,
    /// How many leads have one, or an event with one; 0 only where none of a table's events belongs to a lead: `column` then is the one with the lead.
    pub leads: usize,
    /// Their share of all leads, 0 to 1.
    pub share: f64,
    /// The same share in training; `None` when the model was made by a version that did not count.
    pub usual: Option<f64>,
    /// The most common of the words in canonical form, at most 5, with the number of their rows.
    pub examples: Vec<(String, usize)>,
}

impl Unseen {
    /// What was found in parts of `n_leads` leads, put together: leads first, columns in the order in which they were first met.
    #[cfg(feature = "frame")]
    pub(crate) fn together<'u>(parts: impl Iterator<Item = &'u Self>, n_leads: usize) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for part in parts {
            let Some(known) = all.iter_mut().find(|known| known.table == part.table && known.column == part.column) else {
                all.push(part.clone());
                continue;
            };
            known.rows += part.rows;
            known.leads += part.leads;
            for (word, rows) in &part.examples {
                match known.examples.iter_mut().find(|(known, _)| known == word) {
                    Some((_, sum)) => *sum += rows,
                    None => known.examples.push((word.clone(), *rows)),
                }
            }
        }
        for column in &mut all {
            column.share = column.leads as f64 / n_leads.max(1) as f64;
            column.examples.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            column.examples.truncate(EXAMPLES);
        }
        all.sort_by_key(|column| column.table != "leads");
        all
    }

    /// That none of the `rows` events of a table belongs to a lead; some of the identifiers.
    #[cfg(feature = "frame")]
    pub(crate) fn no_event_of_a_lead(column: &str, rows: usize, examples: Vec<String>) -> Self {
        let examples = examples.into_iter().map(|id| (id, 1)).collect();
        Self { table: "events", column: column.to_owned(), rows, leads: 0, share: 1.0, usual: Some(0.0), examples }
    }

    /// Whether the share of leads is more than one percent point above what was usual in training.
    #[must_use]
    pub fn is_unusual(&self) -> bool {
        self.share > self.usual.unwrap_or(0.0) + UNUSUAL
    }
}

/// `leads.industry: 12 rows of 12 leads (3.1 %, 0.2 % in training) have a value that the model does not know: "biotech" (9), "space" (3)`.
impl std::fmt::Display for Unseen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.leads == 0 {
            let ids: Vec<String> = self.examples.iter().map(|(id, _)| format!("\"{id}\"")).collect();
            let ids = if ids.is_empty() { String::new() } else { format!(" (they hold for example {})", ids.join(", ")) };
            let Self { table, column, rows, .. } = self;
            return write!(
                f,
                "{table}.{column}: none of the {} belongs to a lead{ids}; do the identifiers come from the same system?",
                counted(*rows, "row")
            );
        }
        let usual = self.usual.map_or_else(String::new, |usual| format!(", {:.1} % in training", 100.0 * usual));
        let words: Vec<String> = self.examples.iter().map(|(word, rows)| format!("\"{word}\" ({rows})")).collect();
        write!(
            f,
            "{}.{}: {} of {} ({:.1} %{usual}) {} a value that the model does not know: {}",
            self.table,
            self.column,
            counted(self.rows, "row"),
            counted(self.leads, "lead"),
            100.0 * self.share,
            if self.rows == 1 { "has" } else { "have" },
            words.join(", ")
        )
    }
}

impl FeaturePlan {
    /// The columns in which leads and their events have words that the plan does not know by name, leads first, in the order of the plan.
    ///
    /// Of leads, the categorical attributes that the plan reads (job titles among them, but not what e-mail addresses and telephone numbers are taken apart
    /// into); of events, kinds and channels, when the plan reads events. Kinds that training saw and does not read, because the lead does not start them, are
    /// known; when the kinds to read were pinned, others are ignored by order and not reported. `schema` names the columns of events.
    #[must_use]
    pub fn unseen(&self, schema: &Schema, leads: &LeadTable, events: &RawEvents) -> Vec<Unseen> {
        let mut found: Vec<Unseen> =
            self.attributes().iter().filter_map(|plan| unseen_categories(plan, leads.attribute(&plan.name), leads.len())).collect();
        let columns = schema.events.as_ref().filter(|_| self.needs_events());
        let Some(columns) = columns else { return found };
        let unnamed = self.recipe.unnamed.as_ref();
        if unnamed.map_or(self.recipe.reads_unknown_kinds, |unnamed| unnamed.watches_kinds) {
            let is_known = |word: &str| {
                let unread = unnamed.is_some_and(|unnamed| unnamed.unread_kinds.binary_search_by(|known| known.as_str().cmp(word)).is_ok());
                unread || usize::from(self.code_kind(word)) < self.kinds().len()
            };
            found.extend(unseen_events(&columns.kind, &events.kind, &events.lead, leads.len(), unnamed.map(|u| u.kinds), is_known));
        }
        if let (Some(name), Some(column)) = (&columns.channel, &events.channel) {
            let is_known = |word: &str| usize::from(self.code_channel(Some(word))) < self.channels().len();
            found.extend(unseen_events(name, column, &events.lead, leads.len(), unnamed.map(|u| u.channels), is_known));
        }
        found
    }
}

/// The categories of leads that the plan of an attribute does not know.
fn unseen_categories(plan: &AttributePlan, column: &AttributeColumn, n_leads: usize) -> Option<Unseen> {
    if !matches!(plan.kind, AttributeKind::Categorical { .. }) {
        return None;
    }
    let unknown = |cell: Cell<'_>| {
        let word = plan.category(cell).ok().flatten()?;
        let known = plan.categories().binary_search_by(|known| known.as_str().cmp(word.as_ref())).is_ok();
        (!known).then(|| word.into_owned())
    };
    let mut rows_of: HashMap<String, usize> = HashMap::new();
    match column {
        AttributeColumn::Absent => return None,
        AttributeColumn::Text(text) => {
            let mut rows = vec![0; text.words.len()];
            for &code in &text.codes {
                if let Some(rows) = rows.get_mut(code as usize) {
                    *rows += 1;
                }
            }
            for (word, rows) in text.words.iter().zip(rows).filter(|(_, rows)| *rows > 0) {
                if let Some(word) = unknown(Cell::Text(word)) {
                    *rows_of.entry(word).or_default() += rows;
                }
            }
        }
        _ => {
            for word in (0..n_leads).filter_map(|row| unknown(column.cell(row))) {
                *rows_of.entry(word).or_default() += 1;
            }
        }
    }
    let rows = rows_of.values().sum();
    unseen("leads", &plan.name, rows_of, rows, n_leads, plan.rare)
}

/// The words of a column of events that are not known.
fn unseen_events(
    name: &str,
    column: &TextColumn,
    lead_of: &[u32],
    n_leads: usize,
    usual: Option<f64>,
    is_known: impl Fn(&str) -> bool,
) -> Option<Unseen> {
    let none = std::collections::BTreeMap::new();
    let unknown: Vec<Option<String>> =
        (column.words.iter()).map(|word| canonical(word, &none).filter(|word| !is_known(word)).map(std::borrow::Cow::into_owned)).collect();
    let mut rows = vec![0; column.words.len()];
    let mut touched = vec![false; n_leads];
    for (&code, &lead) in column.codes.iter().zip(lead_of) {
        let (code, lead) = (code as usize, lead as usize);
        if unknown.get(code).is_some_and(Option::is_some)
            && let Some(touched) = touched.get_mut(lead)
        {
            rows[code] += 1;
            *touched = true;
        }
    }
    let mut rows_of: HashMap<String, usize> = HashMap::new();
    for (word, rows) in unknown.into_iter().zip(rows).filter(|(_, rows)| *rows > 0) {
        if let Some(word) = word {
            *rows_of.entry(word).or_default() += rows;
        }
    }
    let leads = touched.iter().filter(|touched| **touched).count();
    unseen("events", name, rows_of, leads, n_leads, usual)
}

/// The report of a column; `None` when every word of it is known.
fn unseen(
    table: &'static str,
    column: &str,
    rows_of: HashMap<String, usize>,
    leads: usize,
    n_leads: usize,
    usual: Option<f64>,
) -> Option<Unseen> {
    let rows = rows_of.values().sum();
    let mut examples: Vec<(String, usize)> = rows_of.into_iter().collect();
    examples.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    examples.truncate(EXAMPLES);
    let share = leads as f64 / n_leads.max(1) as f64;
    (rows > 0).then(|| Unseen { table, column: column.to_owned(), rows, leads, share, usual, examples })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::features::FeatureSettings;
    use crate::schema::{EventColumns, Initiator};

    fn column(words: &[&str]) -> TextColumn {
        let mut distinct: Vec<String> = Vec::new();
        let mut code = |word: &str| match distinct.iter().position(|known| known == word) {
            Some(place) => place as u32,
            None => {
                distinct.push(word.to_owned());
                distinct.len() as u32 - 1
            }
        };
        let codes = words.iter().map(|word| if word.is_empty() { u32::MAX } else { code(word) }).collect();
        TextColumn { words: distinct, codes }
    }

    fn leads(industry: &[&str]) -> LeadTable {
        LeadTable {
            ids: (0..industry.len()).map(|id| id.to_string()).collect(),
            attributes: vec![("industry".to_owned(), AttributeColumn::Text(column(industry)))],
            ..LeadTable::default()
        }
    }

    fn events(rows: &[(u32, &str, &str)]) -> RawEvents {
        RawEvents {
            lead: rows.iter().map(|row| row.0).collect(),
            at: vec![0; rows.len()],
            kind: column(&rows.iter().map(|row| row.1).collect::<Vec<_>>()),
            channel: Some(column(&rows.iter().map(|row| row.2).collect::<Vec<_>>())),
            ..RawEvents::default()
        }
    }

    fn schema() -> Schema {
        Schema::new().categorical("industry").events(EventColumns::new("lead", "at", "what").channel("how"))
    }

    /// Ten leads: eight of software, one of steel, one of nothing; each was called, one visited a page from a fair.
    fn plan(schema: &Schema, settings: &FeatureSettings) -> FeaturePlan {
        let industries = ["software", "software", "software", "software", "software", "software", "software", "software", "steel", ""];
        let mut rows: Vec<(u32, &str, &str)> = (0..10).map(|lead| (lead, "call", "phone")).collect();
        rows.push((3, "visit", "fair"));
        FeaturePlan::fit(schema, &leads(&industries), &events(&rows), settings).unwrap()
    }

    #[test]
    fn words_without_a_place_are_counted_with_their_leads_beside_what_was_usual() {
        let settings = FeatureSettings::default().min_category_leads(2);
        let plan = plan(&schema(), &settings);
        let now = leads(&["Software ", "biotech", "Biotech", "space", ""]);
        let happened = [(0, "call", "phone"), (1, "chat", "phone"), (1, "Chat", "app"), (4, "poll", "phone"), (9, "poll", "app")];
        let found = plan.unseen(&schema(), &now, &events(&happened));
        assert_eq!(found.len(), 3);
        let industry = &found[0];
        assert_eq!((industry.table, industry.column.as_str(), industry.rows, industry.leads), ("leads", "industry", 3, 3));
        assert_eq!((industry.share, industry.usual), (0.6, Some(0.1)));
        assert_eq!(industry.examples, [("biotech".to_owned(), 2), ("space".to_owned(), 1)]);
        let kinds = &found[1];
        assert_eq!(
            (kinds.table, kinds.column.as_str(), kinds.rows, kinds.leads),
            ("events", "what", 3, 2),
            "an event of no lead does not count"
        );
        assert_eq!((kinds.share, kinds.usual), (0.4, Some(0.1)));
        let channels = &found[2];
        assert_eq!((channels.column.as_str(), channels.rows, channels.leads, channels.usual), ("how", 1, 1, Some(0.1)));
        assert!(found.iter().all(Unseen::is_unusual));
        let told = industry.to_string();
        assert_eq!(
            told,
            "leads.industry: 3 rows of 3 leads (60.0 %, 10.0 % in training) have a value that the model does not know: \"biotech\" (2), \"space\" (1)"
        );
    }

    #[test]
    fn what_was_as_common_in_training_is_not_unusual() {
        let plan = plan(&schema(), &FeatureSettings::default().min_category_leads(2));
        let industries = ["software", "software", "software", "software", "software", "software", "software", "software", "gold", ""];
        let found = plan.unseen(&schema(), &leads(&industries), &events(&[(3, "visit", "fair")]));
        assert_eq!(found.len(), 3);
        assert!(found.iter().all(|unseen| unseen.share == 0.1 && !unseen.is_unusual()));
        assert!(plan.unseen(&schema(), &leads(&["software", ""]), &events(&[(0, "call", "phone"), (1, "", "")])).is_empty());
    }

    #[test]
    fn kinds_that_are_not_read_are_known_and_new_ones_are_told_unless_kinds_are_pinned() {
        let mut schema = schema();
        if let Some(columns) = &mut schema.events {
            columns.initiator.insert("visit".to_owned(), Initiator::Lead);
        }
        let kinds = |plan: &FeaturePlan| {
            let found = plan.unseen(
                &schema,
                &leads(&["software"; 2]),
                &events(&[(0, "call", "phone"), (0, "visit", "phone"), (1, "chat", "phone")]),
            );
            found.into_iter().filter(|unseen| unseen.column == "what").flat_map(|unseen| unseen.examples).collect::<Vec<_>>()
        };
        let settings = FeatureSettings::default().min_category_leads(2);
        assert_eq!(kinds(&plan(&schema, &settings)), [("chat".to_owned(), 1)], "training saw calls, which sales start");
        assert_eq!(kinds(&plan(&schema, &settings.kinds(["visit"]))), [], "all others are ignored by order");
    }
}
