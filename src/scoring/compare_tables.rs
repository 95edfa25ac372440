//! Why the scores of a table's leads changed: each lead's question of [`Model::compare`], asked of tables.

use std::collections::{BTreeSet, HashMap};

use polars::prelude::{Column, DataFrame, NamedFrom, Series};

use super::tables::{Asked, missing};
use super::{AsOf, Event, Lead, ScoreNote};
use crate::counted::counted;
use crate::explain::{Comparison, Part};
use crate::features::{FeaturePlan, TextColumn};
use crate::frame::{FrameError, LEADS};
use crate::parallel;
use crate::{Error, Model, Timestamp};

/// The table of leads as they were, in messages.
const EARLIER: &str = "the earlier table of leads";
/// Leads that a thread takes at once.
const AT_ONCE: usize = 64;

/// A question why the leads of a table score otherwise than before, made by [`Model::compare_tables`].
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct CompareTables<'a> {
    model: &'a Model,
    previous: &'a Model,
    leads: &'a DataFrame,
    before: Option<&'a DataFrame>,
    events: Option<&'a DataFrame>,
    history: Option<&'a DataFrame>,
    only: &'a [String],
    as_of: (Timestamp, Timestamp),
    explain: usize,
}

impl Model {
    /// Asks why the scores of the leads of a table changed between two moments; their events are those of both moments, and each moment sees what was visible
    /// then.
    ///
    /// ```no_run
    /// use leadscore::frame::{ReadOptions, read_table};
    /// use leadscore::{Model, comparison_frame};
    /// let model = Model::open("m.leadscore")?;
    /// let read = |path| read_table(path, &ReadOptions::default());
    /// let (leads, events) = (read("leads.csv")?, read("events.csv")?);
    /// let between = (model.schema().instant("2026-03-01")?, model.schema().instant("2026-03-08")?);
    /// let comparisons = model.compare_tables(&leads, Some(&events), between).compare()?;
    /// println!("{}", comparison_frame(&comparisons)?);
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn compare_tables<'a>(
        &'a self,
        leads: &'a DataFrame,
        events: Option<&'a DataFrame>,
        as_of: (Timestamp, Timestamp),
    ) -> CompareTables<'a> {
        CompareTables { model: self, previous: self, leads, before: None, events, history: None, only: &[], as_of, explain: 3 }
    }
}

impl<'a> CompareTables<'a> {
    /// The leads as they were at the earlier moment. One that is not among them is taken to have been as it is.
    pub fn before(self, leads: &'a DataFrame) -> Self {
        Self { before: Some(leads), ..self }
    }

    /// The history of attributes: each moment sees the values known then.
    pub fn history(self, history: &'a DataFrame) -> Self {
        Self { history: Some(history), ..self }
    }

    /// The model that scored then, if it was another one.
    pub fn previous(self, model: &'a Model) -> Self {
        Self { previous: model, ..self }
    }

    /// Only the leads with these identifiers; all when there are none.
    pub fn only(self, ids: &'a [String]) -> Self {
        Self { only: ids, ..self }
    }

    /// How many concepts to name in each part. Default 3.
    pub fn explain(self, concepts: usize) -> Self {
        Self { explain: concepts, ..self }
    }

    /// One comparison a lead, in the order of the table. Their log-odds are, to the bit, those that the models give for the tables as of both moments.
    ///
    /// # Errors
    /// [`Error`] naming table, column and row of what cannot be read, [`FrameError::Table`] for an identifier that is not among the leads, and those of
    /// [`Compare::compare`](super::Compare::compare).
    pub fn compare(&self) -> Result<Vec<Comparison>, Error> {
        Ok(self.compare_and_notes()?.0)
    }

    /// As [`CompareTables::compare`], with what is odd: leads that were created after a moment, events of none of the leads, no history for a model that learned
    /// from one where the tables are of later.
    ///
    /// # Errors
    /// As [`CompareTables::compare`].
    pub fn compare_and_notes(&self) -> Result<(Vec<Comparison>, Vec<ScoreNote>), Error> {
        if let Some(before) = self.before
            && let Some(column) = self.previous.absent_columns(before).first()
        {
            return Err(missing(EARLIER, before, column));
        }
        let of_accounts = OfAccounts::of([self.model, self.previous]);
        let now = Known::read(self.model, self.leads, self.events, self.history, self.as_of.1, of_accounts)?;
        let same = std::ptr::eq(self.model, self.previous) && self.before.is_none() && self.history.is_none();
        let then = if same {
            None
        } else {
            let read = Known::read(self.previous, self.before.unwrap_or(self.leads), self.events, self.history, self.as_of.0, of_accounts);
            Some(if self.before.is_some() { read.map_err(of_earlier)? } else { read? })
        };
        // Of a lead that the earlier table lacks, what is known now.
        let absent = match &then {
            Some(then) if self.before.is_some() && now.asked.leads.ids.iter().any(|id| !then.rows.contains_key(id)) => {
                Some(Known::read(self.previous, self.leads, self.events, None, self.as_of.0, of_accounts)?)
            }
            _ => None,
        };
        let side = |row: usize| {
            let id = &now.asked.leads.ids[row];
            let found = [&then, &absent].into_iter().flatten().find_map(|known| Some((known, *known.rows.get(id)?)));
            let (then, earlier) = found.unwrap_or((&now, row));
            Sides { then, earlier, row }
        };
        let asked: Vec<Sides<'_>> = self.rows(&now)?.into_iter().map(side).collect();
        let mut notes = self.notes(self.created_later(&now, &asked), &now, then.as_ref());
        notes.extend(then.as_ref().filter(|_| self.before.is_some()).and_then(|then| none_earlier(&now, then)));
        let one = |&Sides { then, earlier, row }: &Sides<'_>| -> Result<Comparison, Error> {
            let (lead0, lead1) = (then.lead(earlier), now.lead(row));
            let (events0, events1) = (then.events(earlier, None)?, now.events(row, None)?);
            let (account0, account1) = (then.account(of_accounts, earlier)?, now.account(of_accounts, row)?);
            let question = self.model.compare(&lead0, &lead1).events(&events0, &events1).between(self.as_of.0, self.as_of.1);
            let question = question.previous(self.previous).explain(self.explain);
            question.accounts(account0.as_deref(), account1.as_deref()).compare()
        };
        let compared = parallel::map(asked.chunks(AT_ONCE).collect(), |asked| asked.iter().map(one).collect::<Result<Vec<_>, Error>>());
        let mut comparisons = Vec::with_capacity(asked.len());
        for part in compared {
            comparisons.extend(part?);
        }
        Ok((comparisons, notes))
    }

    /// That leads were created after one of the two moments, each as it was told then.
    fn created_later(&self, now: &Known, asked: &[Sides<'_>]) -> Option<ScoreNote> {
        let (t0, t1) = (self.as_of.0.micros(), self.as_of.1.micros());
        let column = &now.asked.created_at;
        // Who was not there at the later moment was not there before.
        ScoreNote::created_later(column, asked.iter().map(|sides| (sides.then.created_at(sides.earlier), t0)))
            .or_else(|| ScoreNote::created_later(column, asked.iter().map(|sides| (now.created_at(sides.row), t1))))
    }

    /// What is odd about the leads, and about the events and the history at both moments, each said once.
    fn notes(&self, created_later: Option<ScoreNote>, now: &Known, then: Option<&Known>) -> Vec<ScoreNote> {
        let Asked { strange, without_lead, of_history, .. } = &now.asked;
        let mut notes = ScoreNote::of_features(created_later, strange.clone(), without_lead.clone(), of_history.iter().cloned());
        match then {
            // The earlier table has the values of then.
            Some(then) if self.before.is_some() => {
                notes.extend(then.asked.of_history.iter().filter(|note| !matches!(note, ScoreNote::WithoutHistory { .. })).cloned());
            }
            Some(then) => notes.extend(then.asked.of_history.iter().cloned()),
            None => {
                let unseen = self.previous.unseen_history(self.history);
                notes.extend(ScoreNote::without_history(unseen, &[self.as_of.0.micros()], || now.asked.newest()));
            }
        }
        let mut once: Vec<ScoreNote> = Vec::with_capacity(notes.len());
        for note in notes {
            if !once.contains(&note) {
                once.push(note);
            }
        }
        once
    }

    /// The rows of the leads that are asked for.
    fn rows(&self, now: &Known) -> Result<Vec<usize>, Error> {
        let ids = &now.asked.leads.ids;
        if let Some(unknown) = self.only.iter().find(|id| !now.rows.contains_key(*id)) {
            let examples = ids.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
            let message = format!("no lead \"{unknown}\"; leads hold {}, for example {examples}", counted(ids.len(), "identifier"));
            return Err(FrameError::Table(message).into());
        }
        let only: BTreeSet<&String> = self.only.iter().collect();
        Ok((0..ids.len()).filter(|&row| only.is_empty() || only.contains(&ids[row])).collect())
    }
}

/// That none of the leads of the table, asked for or not, is in the earlier one.
fn none_earlier(now: &Known, then: &Known) -> Option<ScoreNote> {
    let ids = &now.asked.leads.ids;
    let examples = |known: &Known| known.asked.leads.ids.iter().take(3).cloned().collect();
    let none = !ids.iter().any(|id| then.rows.contains_key(id));
    none.then(|| ScoreNote::NoEarlierLead { leads: ids.len(), earlier: examples(then), examples: examples(now) })
}

/// An error in reading the earlier table, which names it.
fn of_earlier(error: Error) -> Error {
    match error {
        Error::Frame(error) => Error::Frame(error.called(LEADS, EARLIER)),
        Error::Schema(error) => Error::Schema(error.called(LEADS, EARLIER)),
        other => other,
    }
}

/// What a model knows of the leads of a table at one moment.
struct Known {
    asked: Asked,
    /// The row of each lead.
    rows: HashMap<String, usize>,
    /// The rows of each lead's events.
    events: Vec<Vec<u32>>,
    /// The leads of each account; none when neither model reads accounts.
    members: HashMap<u32, Vec<usize>>,
}

/// A lead that is asked for: what was known then and its row there, and its row now.
#[derive(Clone, Copy)]
struct Sides<'k> {
    then: &'k Known,
    earlier: usize,
    row: usize,
}

/// What the two models of a comparison read of accounts, taken together: both see the lead now.
#[derive(Debug, Clone, Copy)]
struct OfAccounts {
    events: bool,
    /// Whose each event is.
    leads: bool,
}

impl OfAccounts {
    fn of(models: [&Model; 2]) -> Self {
        let any = |reads: fn(&FeaturePlan) -> bool| models.iter().any(|model| reads(model.plan()));
        Self { events: any(FeaturePlan::needs_account), leads: any(FeaturePlan::needs_account_answers) }
    }
}

impl Known {
    /// When the lead of a row was created; `i64::MIN` where that is not known.
    fn created_at(&self, row: usize) -> i64 {
        self.asked.leads.created(row).unwrap_or(i64::MIN)
    }

    fn read(
        model: &Model,
        leads: &DataFrame,
        events: Option<&DataFrame>,
        history: Option<&DataFrame>,
        as_of: Timestamp,
        of_accounts: OfAccounts,
    ) -> Result<Self, Error> {
        model.refuse_absent_columns(leads)?;
        let asked = model.read(leads, events, history, &AsOf::At(as_of))?;
        let mut of_lead = vec![Vec::new(); asked.leads.len()];
        for (row, &lead) in (0_u32..).zip(&asked.events.lead) {
            if let Some(rows) = of_lead.get_mut(lead as usize) {
                rows.push(row);
            }
        }
        let rows = asked.leads.ids.iter().cloned().zip(0..).collect();
        let mut members: HashMap<u32, Vec<usize>> = HashMap::new();
        if let Some(accounts) = asked.leads.account.as_ref().filter(|_| of_accounts.events) {
            let known = |code: &u32| (*code as usize) < accounts.words.len();
            let coded = accounts.codes.iter().copied().enumerate().filter(|(_, code)| known(code));
            coded.for_each(|(row, code)| members.entry(code).or_default().push(row));
        }
        Ok(Self { asked, rows, events: of_lead, members })
    }

    /// The lead of a row, with every attribute of the schema.
    fn lead(&self, row: usize) -> Lead {
        let leads = &self.asked.leads;
        let lead =
            leads.attributes.iter().fold(Lead::new(leads.ids[row].as_str()), |lead, (name, column)| lead.cell(name, column.cell(row)));
        match leads.created(row).and_then(|micros| Timestamp::from_micros(micros).ok()) {
            Some(created) => lead.created_at(created),
            None => lead.missing(&self.asked.created_at),
        }
    }

    /// The events of a row; as of a moment of creation when they are another lead's.
    fn events(&self, row: usize, known_from: Option<i64>) -> Result<Vec<Event>, Error> {
        let raw = &self.asked.events;
        let word = |column: &TextColumn, row: usize| column.word(row).map(str::to_owned);
        let read = |&row: &u32| -> Result<Event, Error> {
            let row = row as usize;
            let at = raw.at[row];
            let mut event = Event::new(word(&raw.kind, row).unwrap_or_default(), Timestamp::from_micros(at)?);
            if let Some(channel) = raw.channel.as_ref().and_then(|column| word(column, row)) {
                event = event.channel(channel);
            }
            if let Some(&value) = raw.value.get(row) {
                event = event.value(f64::from(value));
            }
            let recorded_at = raw.recorded_at.get(row).copied().max(known_from);
            Ok(match recorded_at {
                Some(known) => event.recorded_at(Timestamp::from_micros(known.max(at))?),
                None => event,
            })
        };
        self.events[row].iter().map(read).collect()
    }

    /// The events of the other leads of the account of a row; `None` when that is not known, or not read.
    fn account(&self, of_accounts: OfAccounts, row: usize) -> Result<Option<Vec<Event>>, Error> {
        if !of_accounts.events {
            return Ok(None);
        }
        let code = self.asked.leads.account.as_ref().and_then(|accounts| accounts.codes.get(row));
        let Some(members) = code.and_then(|code| self.members.get(code)) else { return Ok(None) };
        let mut events = Vec::new();
        for &other in members.iter().filter(|other| **other != row) {
            let of_other = self.events(other, self.asked.leads.created(other))?;
            let lead = self.asked.leads.ids[other].as_str();
            events.extend(of_other.into_iter().map(|event| if of_accounts.leads { event.of_lead(lead) } else { event }));
        }
        Ok(Some(events))
    }
}

/// Comparisons as a table, one row a lead: `lead_id`, `probability_before`, `probability_after`, `log_odds_before`, `log_odds_after`, `change` (of log-odds), its
/// parts `time_passing`, `new_events`, `changed_attributes`, `model_change`, and `why`, the sentences of the parts that are not 0.
///
/// # Errors
/// [`FrameError`] when memory runs out.
pub fn comparison_frame(comparisons: &[Comparison]) -> Result<DataFrame, FrameError> {
    let number = |name: &str, of: &dyn Fn(&Comparison) -> f64| -> Column {
        Series::new(name.into(), comparisons.iter().map(of).collect::<Vec<f64>>()).into()
    };
    let text = |name: &str, of: &dyn Fn(&Comparison) -> String| -> Column {
        Series::new(name.into(), comparisons.iter().map(of).collect::<Vec<String>>()).into()
    };
    let why = |comparison: &Comparison| {
        let moved = |(_, part): &(&str, &Part)| part.change != 0.0;
        comparison.parts().iter().filter(|part| moved(part)).map(|(_, part)| part.text.as_str()).collect::<Vec<_>>().join("; ")
    };
    let columns = vec![
        text("lead_id", &|comparison| comparison.lead_id.clone()),
        number("probability_before", &|comparison| comparison.probability.0),
        number("probability_after", &|comparison| comparison.probability.1),
        number("log_odds_before", &|comparison| comparison.log_odds.0),
        number("log_odds_after", &|comparison| comparison.log_odds.1),
        number("change", &Comparison::change),
        number("time_passing", &|comparison| comparison.time_passing.change),
        number("new_events", &|comparison| comparison.new_events.change),
        number("changed_attributes", &|comparison| comparison.changed_attributes.change),
        number("model_change", &|comparison| comparison.model_change.change),
        text("why", &why),
    ];
    Ok(DataFrame::new(comparisons.len(), columns)?)
}
