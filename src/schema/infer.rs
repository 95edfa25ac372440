//! Inference: which column plays which role, by name and content, each guess explained.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::contact::{self, holds_emails, holds_phones, is_called_phone, looks_like_phones};
use super::names::{missing_column, snake};
use super::recognise as names;
use super::zones::zone_named;
use super::{Attribute, ColumnClass, ColumnProfile, Schema, SchemaError};
use crate::counted::counted;
use crate::identity::JobTitle;

/// Above this share of missing values a column says nothing.
const ALMOST_ALL_MISSING: f64 = 0.99;
/// Words of which a larger share are distinct do not repeat enough to be categories.
const NEAR_UNIQUE: f64 = 0.5;
/// Longer words on average, when many are distinct, are free text.
const TEXT_CHARS: f64 = 30.0;
/// In fewer rows than this, being distinct says nothing.
const FEW_ROWS: usize = 20;
/// Whole numbers of fewer distinct values may be codes, and the guess says so.
const FEW_VALUES: usize = 20;
/// A word is told up to this many characters.
const LONGEST_SHOWN: usize = 40;

/// One guess of the inference.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Guess {
    /// `leads`, `events` or `outcomes`.
    pub table: &'static str,
    /// The column.
    pub column: String,
    /// The role (`lead_id`, ...), the attribute's type (`numeric`, ...) or `left out`.
    pub read_as: String,
    /// Why.
    pub reason: String,
}

/// A schema guessed from tables, with the reason of every guess. Edit the schema where a guess is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Inference {
    /// The schema.
    pub schema: Schema,
    /// One guess a column, in the order of the tables' columns.
    pub guesses: Vec<Guess>,
}

/// A table of three columns: column, read as, reason.
impl fmt::Display for Inference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |part: fn(&Guess) -> &str| self.guesses.iter().map(|g| part(g).chars().count()).max().unwrap_or(0).min(40);
        let (columns, roles) = (width(|g| &g.column), width(|g| &g.read_as));
        let mut table = "";
        for guess in &self.guesses {
            if guess.table != table {
                table = guess.table;
                writeln!(f, "{table}")?;
            }
            writeln!(f, "  {:columns$}  {:roles$}  {}", guess.column, guess.read_as, guess.reason)?;
        }
        Ok(())
    }
}

/// Infers a schema from the profiles of the tables' columns.
///
/// # Errors
/// [`SchemaError::MissingColumn`] for a label or an excluded column that no table has, [`SchemaError::Contradiction`] when events
/// or outcomes are given whose columns cannot be told.
pub(crate) fn infer(
    leads: &[ColumnProfile],
    events: Option<&[ColumnProfile]>,
    outcomes: Option<&[ColumnProfile]>,
    label: Option<&str>,
    exclude: &[String],
) -> Result<Inference, SchemaError> {
    if let Some(missing) =
        exclude.iter().find(|e| [Some(leads), events, outcomes].iter().flatten().all(|t| t.iter().all(|c| c.name != **e)))
    {
        return Err(missing_column("leads", missing, &leads.iter().map(|c| c.name.as_str()).collect::<Vec<_>>()));
    }
    let mut leads_of = Leads { columns: leads, schema: Schema::new(), guesses: BTreeMap::new(), tells_clocks: false };
    leads_of.schema.exclude.extend(exclude.iter().filter(|e| leads.iter().any(|c| c.name == **e)).cloned());
    for name in leads_of.schema.exclude.clone() {
        leads_of.guess(&name, "left out", "excluded by the caller");
    }
    leads_of.label(label)?;
    leads_of.identifier();
    leads_of.role("created_at", &names::CREATED_AT, |c| c.holds_times() || snake(&c.name) == "created_at");
    if leads_of.schema.label.is_none() && outcomes.is_none() {
        leads_of.outcomes_on_leads();
        if leads_of.schema.outcomes.is_none() {
            leads_of.detect_label();
        }
    }
    // A flat table is read without moments.
    leads_of.tells_clocks = leads_of.schema.label.is_none() && (leads_of.schema.created_at.is_some() || events.is_some());
    leads_of.role("account", &names::ACCOUNT, |c| !c.holds_times() && c.n_distinct > 1);
    for column in leads {
        leads_of.attribute(column);
    }
    leads_of.finish(events, outcomes, exclude)
}

/// The state of inference over the table of leads.
pub(super) struct Leads<'a> {
    pub(super) columns: &'a [ColumnProfile],
    pub(super) schema: Schema,
    guesses: BTreeMap<String, Guess>,
    /// Whether there is anything of which a lead's own clock tells the hour: its creation, or events.
    tells_clocks: bool,
}

impl Leads<'_> {
    pub(super) fn guess(&mut self, column: &str, read_as: impl Into<String>, reason: impl Into<String>) {
        let guess = Guess { table: "leads", column: column.to_owned(), read_as: read_as.into(), reason: reason.into() };
        self.guesses.insert(column.to_owned(), guess);
    }

    fn is_free(&self, column: &ColumnProfile) -> bool {
        !self.guesses.contains_key(&column.name)
    }

    /// The free column whose name comes first in `wanted` and that passes the test.
    pub(super) fn named(&self, wanted: &[&str], test: impl Fn(&ColumnProfile) -> bool) -> Option<&ColumnProfile> {
        wanted.iter().find_map(|w| self.columns.iter().find(|c| self.is_free(c) && snake(&c.name) == *w && test(c)))
    }

    fn label(&mut self, label: Option<&str>) -> Result<(), SchemaError> {
        let Some(label) = label else { return Ok(()) };
        if !self.columns.iter().any(|c| c.name == label) {
            return Err(missing_column("leads", label, &self.columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>()));
        }
        // A caller may name the label and exclude it too, meaning "no attribute".
        self.schema.exclude.remove(label);
        self.schema.label = Some(label.to_owned());
        self.guess(label, "label", "named by the caller");
        Ok(())
    }

    fn identifier(&mut self) {
        let readable = |c: &ColumnProfile| matches!(c.class, ColumnClass::Words | ColumnClass::Integers | ColumnClass::Numbers);
        // "lead_id" means it even when values repeat: the reader then names the leads that do.
        let found = self
            .named(&names::LEAD_ID, |c| readable(c) && (c.is_unique() || snake(&c.name) == "lead_id"))
            .map(|c| (c.name.clone(), c.is_unique()));
        let Some((name, unique)) = found else { return };
        let reason = if unique {
            "named like an identifier, and every lead has its own"
        } else {
            "named like an identifier, but not every lead has its own"
        };
        self.guess(&name, "lead_id", reason);
        self.schema.lead_id = Some(name);
    }

    fn role(&mut self, role: &'static str, wanted: &[&str], test: impl Fn(&ColumnProfile) -> bool) {
        let Some(name) = self.named(wanted, test).map(|c| c.name.clone()) else { return };
        self.guess(&name, role, "by its name and content");
        match role {
            "created_at" => self.schema.created_at = Some(name),
            _ => self.schema.account = Some(name),
        }
    }

    /// Takes a label only when one column alone can be meant.
    fn detect_label(&mut self) {
        let candidates: Vec<String> = self
            .columns
            .iter()
            .filter(|c| self.is_free(c) && names::LABEL.contains(&snake(&c.name).as_str()))
            .filter(|c| c.n_distinct == 2 && (c.class == ColumnClass::Booleans || c.all_words(|w| crate::frame::known_word(w).is_some())))
            .map(|c| c.name.clone())
            .collect();
        if let [only] = candidates.as_slice() {
            self.guess(only, "label", "named like a label, with two values that say won and lost; give label= if another is meant");
            self.schema.label = Some(only.clone());
            return;
        }
        for name in &candidates {
            let reason = format!("{} all look like labels; give label= to say which is", candidates.join(", "));
            self.guess(name, "left out", reason);
            self.schema.exclude.insert(name.clone());
        }
    }

    /// An attribute, or left out, for a column without a role.
    fn attribute(&mut self, column: &ColumnProfile) {
        if !self.is_free(column) {
            return;
        }
        let zones = if self.tells_clocks && self.schema.lead_time_zone.is_none() { time_zones(column) } else { 0 };
        // One zone for all leads is a constant that still says when their nights are.
        let tells_time = zones > 0 && column.n_distinct == 1 && column.n_missing == 0 && self.schema.created_at.is_some();
        if let Some(reason) = reason_to_leave_out(column).filter(|_| !tells_time) {
            self.schema.exclude.insert(column.name.clone());
            self.guess(&column.name, "left out", reason);
            return;
        }
        let (attribute, mut reason) = type_of(column);
        let mut read_as = attribute.type_name().to_owned();
        if zones > 0 && matches!(attribute, Attribute::Categorical { .. }) {
            self.schema.lead_time_zone = Some(column.name.clone());
            read_as = format!("lead_time_zone, {read_as}");
            let named = if zones < column.words.len() { format!("{zones} of {} name", column.words.len()) } else { "names".to_owned() };
            reason += &format!("; {named} time zones: nights, weekends and the hour of creation are told by each lead's own clock");
        }
        let role = match attribute {
            Attribute::Email {} => Some((&mut self.schema.email, "email")),
            Attribute::Phone { .. } => Some((&mut self.schema.phone, "phone")),
            Attribute::Boolean {} if names::CONSENT.contains(&snake(&column.name).as_str()) => Some((&mut self.schema.consent, "consent")),
            _ => None,
        };
        if let Some((place @ None, role)) = role {
            *place = Some(column.name.clone());
            if read_as != role {
                read_as = format!("{role}, {read_as}");
            }
        }
        self.schema.attributes.insert(column.name.clone(), attribute);
        self.guess(&column.name, read_as, reason);
    }

    fn finish(
        mut self,
        events: Option<&[ColumnProfile]>,
        outcomes: Option<&[ColumnProfile]>,
        exclude: &[String],
    ) -> Result<Inference, SchemaError> {
        let mut guesses: Vec<Guess> = self.columns.iter().filter_map(|c| self.guesses.remove(&c.name)).collect();
        let exclude: BTreeSet<&str> = exclude.iter().map(String::as_str).collect();
        if (events.is_some() || outcomes.is_some()) && self.schema.lead_id.is_none() {
            let message =
                "cannot tell which column of leads is the identifier that events and outcomes name; declare lead_id in the schema";
            return Err(SchemaError::Contradiction { message: message.to_owned() });
        }
        if let Some(columns) = events {
            self.schema.events = Some(super::infer_history::events(columns, &self.schema, &exclude, &mut guesses)?);
        }
        if let Some(columns) = outcomes.filter(|_| self.schema.label.is_none()) {
            self.schema.outcomes = Some(super::infer_history::outcomes(columns, &self.schema, &exclude, &mut guesses)?);
        }
        self.schema.check()?;
        Ok(Inference { schema: self.schema, guesses })
    }
}

/// How many words of a column that is called as columns of time zones are name one.
fn time_zones(column: &ColumnProfile) -> usize {
    let called_so = names::TIME_ZONE.contains(&snake(&column.name).as_str());
    if called_so { column.words.iter().filter(|word| zone_named(word).is_some()).count() } else { 0 }
}

/// Why a column cannot or must not be an attribute.
fn reason_to_leave_out(column: &ColumnProfile) -> Option<String> {
    let name = snake(&column.name);
    let words = column.class == ColumnClass::Words;
    if let ColumnClass::Unreadable(dtype) = &column.class {
        return Some(format!("columns of type {dtype} are not read"));
    }
    if column.class == ColumnClass::Nothing || column.present() == 0 {
        return Some("no row has a value".to_owned());
    }
    if column.n_missing as f64 > ALMOST_ALL_MISSING * column.n as f64 {
        return Some(format!("{} of {} rows have no value", column.n_missing, column.n));
    }
    if column.n_distinct == 1 && column.n_missing == 0 {
        return Some(match column.words.first() {
            Some(word) if word.chars().count() > LONGEST_SHOWN => {
                format!("constant: every row is \"{}...\"", word.chars().take(LONGEST_SHOWN).collect::<String>())
            }
            Some(word) => format!("constant: every row is \"{word}\""),
            None => "constant: every row is the same".to_owned(),
        });
    }
    if column.name.starts_with("__index_level_") || (column.is_unique() && names::ROW_NUMBER.contains(&name.as_str())) {
        return Some("the number of the row in the table that this one was made of".to_owned());
    }
    if let Some(reason) = names::changes_later(&name) {
        return Some(reason.to_owned());
    }
    let personal = words && (holds_emails(column) || holds_phones(column) || is_job_title(column));
    if personal || column.holds_times() || column.n < FEW_ROWS {
        return None;
    }
    let distinct = column.n_distinct as f64 / column.present() as f64;
    if column.is_unique() && column.class == ColumnClass::Integers && (names::names_identifier(&name) || column.monotone) {
        return Some("an identifier: every row has a whole number of its own".to_owned());
    }
    if words && distinct > NEAR_UNIQUE && !is_text(column) {
        return Some(format!("an identifier or name: {} different words in {} rows", column.n_distinct, column.present()));
    }
    None
}

/// What a column that inference left out would be as an attribute; `None` when it would be none.
pub(crate) fn as_attribute(column: &ColumnProfile) -> Option<Attribute> {
    let empty = matches!(column.class, ColumnClass::Unreadable(_) | ColumnClass::Nothing) || column.present() == 0;
    (!empty && identifies(column).is_none()).then(|| type_of(column).0)
}

/// Why a column of that name may be filled in after a lead's creation: those that inference leaves out, and those that it does not dare to.
pub(crate) fn may_change_later(column: &str) -> Option<&'static str> {
    let snake = snake(column);
    names::changes_later(&snake).or_else(|| names::often_written_later(&snake))
}

/// Why a column names rows rather than says something of them.
pub(crate) fn identifies(column: &ColumnProfile) -> Option<String> {
    let personal = holds_emails(column) || looks_like_phones(column) || is_job_title(column);
    let named = column.class == ColumnClass::Words && !personal && !column.holds_times() && !is_text(column);
    if column.is_unique() && (named || counts_up(column)) {
        let counted = if counts_up(column) { ", a number that may go with time" } else { "" };
        return Some(format!("every lead has its own{counted}: it names leads, and says nothing of them"));
    }
    let distinct = column.n_distinct as f64 / column.present().max(1) as f64;
    (named && column.n >= FEW_ROWS && distinct > NEAR_UNIQUE)
        .then(|| format!("{} different words in {} rows: it names things, and says nothing of them", column.n_distinct, column.present()))
}

/// Whether it is a whole number of its own for every row, such as programs count up.
pub(crate) fn counts_up(column: &ColumnProfile) -> bool {
    column.is_unique() && column.class == ColumnClass::Integers && (column.monotone || names::names_identifier(&snake(&column.name)))
}

/// Whether words are sentences rather than names of things.
fn is_text(column: &ColumnProfile) -> bool {
    column.mean_chars >= TEXT_CHARS && column.words.iter().filter(|w| w.contains(' ')).count() * 2 > column.words.len()
}

/// Whether it is called as columns of job titles are, and many of its words say what somebody is. Mr and Mrs are titles, too.
fn is_job_title(column: &ColumnProfile) -> bool {
    let says = |word: &&String| {
        let title = JobTitle::parse(word);
        title.seniority.is_some() || title.department.is_some()
    };
    let says = column.words.iter().filter(says).count();
    column.class == ColumnClass::Words
        && names::JOB_TITLE.contains(&snake(&column.name).as_str())
        && says > 0
        && says * 2 >= column.words.len()
}

/// The type of an attribute, with the reason.
fn type_of(column: &ColumnProfile) -> (Attribute, String) {
    let name = snake(&column.name);
    let categorical = Attribute::Categorical { aliases: BTreeMap::new() };
    let truth = |w: &str| matches!(w, "yes" | "no" | "true" | "false" | "y" | "n" | "t" | "f" | "0" | "1");
    match &column.class {
        ColumnClass::Booleans => (Attribute::Boolean {}, "true and false".to_owned()),
        ColumnClass::Times => (Attribute::Date { future: false }, "dates; those after the moment of scoring count as unknown".to_owned()),
        ColumnClass::Words if holds_emails(column) => (Attribute::Email {}, contact::reason("e-mail addresses", column.emails)),
        ColumnClass::Words if holds_phones(column) => {
            (Attribute::Phone { country: None }, contact::reason("telephone numbers", column.phones))
        }
        ColumnClass::Words if is_job_title(column) => (Attribute::JobTitle {}, "job titles, by name and content".to_owned()),
        ColumnClass::Words if column.holds_times() => (Attribute::Date { future: false }, "text that is dates in ISO 8601".to_owned()),
        ColumnClass::Words if column.n_distinct <= 2 && column.all_words(truth) => {
            (Attribute::Boolean {}, format!("only {}", column.words.join(" and ")))
        }
        ColumnClass::Words if is_text(column) && column.n_distinct as f64 > 0.2 * column.present() as f64 => {
            (Attribute::Text {}, "long texts that seldom repeat".to_owned())
        }
        ColumnClass::Words if column.numbers >= 0.95 => {
            (categorical, format!("{}; text stays categorical even when it looks like numbers", counted(column.n_distinct, "word")))
        }
        ColumnClass::Words => (categorical, counted(column.n_distinct, "word").to_string()),
        ColumnClass::Integers if column.all_words(|w| matches!(w, "0" | "1")) && names::CONSENT.contains(&name.as_str()) => {
            (Attribute::Boolean {}, "only 0 and 1".to_owned())
        }
        // Numbers, not yes and no: a count that was small so far must not make the first 2 an error.
        ColumnClass::Integers if column.all_words(|w| matches!(w, "0" | "1")) => {
            (Attribute::Numeric {}, "only 0 and 1 so far; declare it boolean if nothing else can come".to_owned())
        }
        ColumnClass::Integers if is_called_phone(column) => (Attribute::Phone { country: None }, "by its name".to_owned()),
        ColumnClass::Integers if names::names_identifier(&name) => {
            let says = if column.n_distinct == 1 { "says" } else { "say" };
            (categorical, format!("{} that, by the name, {says} which and not how much", counted(column.n_distinct, "number")))
        }
        ColumnClass::Integers if column.n_distinct < FEW_VALUES => {
            (Attribute::Numeric {}, format!("whole numbers, {} different; declare it categorical if they are codes", column.n_distinct))
        }
        ColumnClass::Integers => (Attribute::Numeric {}, "whole numbers".to_owned()),
        _ => (Attribute::Numeric {}, "numbers".to_owned()),
    }
}
