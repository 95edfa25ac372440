//! The score of one lead, inline.

use std::cell::RefCell;

use super::event::EventBuffer;
use super::moment::{self, Buffers, Moment, Scored};
use super::{Event, Lead, Score, ScoringError};
use crate::error::Error;
use crate::explain::{Explanation, Stand};
use crate::features::{Cell, CellError, Engagement, History, LastRead};
use crate::model::Model;
use crate::time::Timestamp;

thread_local! {
    /// Every thread that scores keeps one, so that a score allocates only what it hands back.
    static WORKSPACE: RefCell<Workspace> = RefCell::default();
}

#[derive(Default)]
struct Workspace {
    prepared: Vec<f64>,
    events: EventBuffer,
    account: EventBuffer,
    history: History,
    buffers: Buffers,
}

/// A question about one lead, made by [`Model::query`].
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct Query<'a> {
    model: &'a Model,
    lead: &'a Lead,
    known: Known<'a>,
    account: Option<&'a [Event]>,
    as_of: Option<Timestamp>,
    explain: usize,
}

/// What is known of the lead's events.
#[derive(Debug, Clone, Copy)]
pub(super) enum Known<'a> {
    /// All of them, in any order.
    Events(&'a [Event]),
    /// A state that was kept up to date.
    Engagement(&'a Engagement),
}

impl Model {
    /// Asks about `lead`.
    ///
    /// ```no_run
    /// use leadscore::{Event, Lead, Model, Timestamp};
    /// let model = Model::open("m.leadscore")?;
    /// let now = Timestamp::now();
    /// let lead = Lead::new("L-17").created_at(now).text("industry", "software").missing("country");
    /// let events = [Event::new("demo_request", now)];
    /// let score = model.query(&lead).events(&events).as_of(now).explain(3).score()?;
    /// println!("{:.1} % ({})", 100.0 * score.probability, score.grade);
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn query<'a>(&'a self, lead: &'a Lead) -> Query<'a> {
        Query { model: self, lead, known: Known::Events(&[]), account: None, as_of: None, explain: 0 }
    }
}

impl<'a> Query<'a> {
    /// What has happened with the lead, in any order. Without it, nothing has.
    pub fn events(self, events: &'a [Event]) -> Self {
        Self { known: Known::Events(events), ..self }
    }

    /// What has happened with the lead, as a state that was kept up to date event by event: the same bits as with all events, without reading them again.
    pub fn engagement(self, state: &'a Engagement) -> Self {
        Self { known: Known::Engagement(state), ..self }
    }

    /// What has happened with the other leads of the lead's account, in any order, all of them together; an empty slice when nothing has. Without it,
    /// nothing is known of the account, which is not the same as nothing having happened. The newest 1,024 events that were known by then count.
    ///
    /// A table of leads ([`Model::score_rows`]) holds an event of a lead that was created after it as known from that creation on; for the same bits,
    /// say so here too, with [`Event::recorded_at`]. Where the model reads how long these leads and sales take to answer each other, each event must say whose it
    /// is ([`Event::of_lead`]), else that is unknown.
    ///
    /// ```no_run
    /// use leadscore::{Event, Lead, Model, Timestamp};
    /// let model = Model::open("m.leadscore")?;
    /// let now = Timestamp::now();
    /// let lead = Lead::new("L-17").created_at(now).text("industry", "software").missing("country");
    /// let of_colleagues = [Event::new("demo_request", now)];
    /// let score = model.query(&lead).account(&of_colleagues).as_of(now).score()?;
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn account(self, events: &'a [Event]) -> Self {
        Self { account: Some(events), ..self }
    }

    /// [`account`](Self::account), or nothing known of it.
    pub(super) fn account_if(self, events: Option<&'a [Event]>) -> Self {
        Self { account: events, ..self }
    }

    /// The moment as of which the lead is looked at: nothing that happened or became known later counts. Without it, the clock's.
    pub fn as_of(self, as_of: Timestamp) -> Self {
        Self { as_of: Some(as_of), ..self }
    }

    /// How many reasons to give, 0 for none.
    pub fn explain(self, reasons: usize) -> Self {
        Self { explain: reasons, ..self }
    }

    /// The score.
    ///
    /// # Errors
    /// [`Error::Scoring`] when an attribute is of a type that the model cannot read, a number is not finite, or an engagement cannot answer for the moment; [`Error::Time`] for a creation, given as a date, outside 1970 to 2261. A needed attribute that the
    /// lead does not mention is no error but [`Status::SchemaMismatch`](super::Status::SchemaMismatch), with the names in the score.
    pub fn score(&self) -> Result<Score, Error> {
        let as_of = self.moment_asked();
        WORKSPACE.with_borrow_mut(|workspace| {
            let missing_columns = self.prepare(workspace)?;
            let (scored, reasons) = if missing_columns.is_empty() {
                let Workspace { prepared, events, account, history, buffers } = workspace;
                let moment = self.moment(prepared, history, events, account, as_of)?;
                moment::score(self.model, &moment, self.explain, buffers)
            } else {
                (Scored::MISMATCH, Vec::new())
            };
            Ok(Score {
                lead_id: self.lead.id().to_owned(),
                probability: scored.probability,
                log_odds: scored.log_odds,
                score: scored.score,
                grade: self.model.grade_name(scored.grade),
                rank: None,
                status: scored.status,
                missing_columns,
                reasons,
                model_version: self.model.version_handle(),
                as_of,
            })
        })
    }

    /// Everything that the score's log-odds are made of, concept by concept.
    ///
    /// # Errors
    /// As [`score`](Self::score), and [`ScoringError::MissingColumns`] when a needed attribute is not mentioned.
    pub fn explanation(&self) -> Result<Explanation, Error> {
        let as_of = self.moment_asked();
        WORKSPACE.with_borrow_mut(|workspace| {
            self.nothing_missing(workspace)?;
            let Workspace { prepared, events, account, history, buffers } = workspace;
            let moment = self.moment(prepared, history, events, account, as_of)?;
            Ok(moment::explain(self.model, &moment, buffers))
        })
    }

    /// The lead's state: what it scores and why.
    pub(super) fn stand(&self) -> Result<Stand<'a>, Error> {
        let as_of = self.moment_asked();
        WORKSPACE.with_borrow_mut(|workspace| {
            self.nothing_missing(workspace)?;
            let Workspace { prepared, events, account, history, buffers } = workspace;
            let moment = self.moment(prepared, history, events, account, as_of)?;
            Ok(moment::stand(self.model, &moment, buffers))
        })
    }

    /// The moment as of which the lead is looked at.
    pub(super) fn moment_asked(&self) -> Timestamp {
        self.as_of.unwrap_or_else(Timestamp::now)
    }

    pub(super) fn model(&self) -> &'a Model {
        self.model
    }

    pub(super) fn lead(&self) -> &'a Lead {
        self.lead
    }

    pub(super) fn known(&self) -> Known<'a> {
        self.known
    }

    /// Reads attributes and events; an error when the lead does not mention all that it needs.
    fn nothing_missing(&self, workspace: &mut Workspace) -> Result<(), ScoringError> {
        let columns = self.prepare(workspace)?;
        if columns.is_empty() {
            return Ok(());
        }
        Err(ScoringError::MissingColumns { lead: self.lead.id().to_owned(), columns: columns.join(", ") })
    }

    fn moment<'w>(
        &self,
        prepared: &'w [f64],
        nothing_folded: &'w History,
        coded: &'w EventBuffer,
        of_others: &'w EventBuffer,
        as_of: Timestamp,
    ) -> Result<Moment<'w>, Error>
    where
        'a: 'w,
    {
        let (history, events) = match self.known {
            Known::Events(_) => (nothing_folded, coded.events()),
            Known::Engagement(state) => state.as_of(self.model.plan(), as_of.micros()).map_err(ScoringError::from)?,
        };
        let account = self.account.filter(|_| self.model.plan().needs_account()).map(|_| of_others.account());
        Ok(Moment { prepared, created_at: self.created()?, history, events, account, as_of: as_of.micros() })
    }

    /// When the lead was created: as it says, or else what it has in the column that the sources call so.
    pub(super) fn created(&self) -> Result<Option<i64>, Error> {
        if let Some(at) = self.lead.created() {
            return Ok(Some(at));
        }
        let Some(column) = self.model.schema().created_at.as_deref() else { return Ok(None) };
        let found = match self.lead.attribute(column) {
            None | Some(Cell::Missing) => return Ok(None),
            Some(Cell::Time(micros)) => return Ok(Some(Timestamp::from_micros(micros)?.micros())),
            Some(Cell::Number(x)) => format!("the number {x}"),
            Some(Cell::Bool(yes)) => yes.to_string(),
            Some(Cell::Text(word)) => format!("the text \"{word}\""),
        };
        let (lead, attribute) = (self.lead.id().to_owned(), column.to_owned());
        Err(ScoringError::Attribute { lead, source: CellError::NoMoment { attribute: attribute.clone(), found }, attribute }.into())
    }

    /// Reads attributes and events by the model's plan; the names of the columns that it needs and the lead does not mention.
    fn prepare(&self, workspace: &mut Workspace) -> Result<Vec<String>, ScoringError> {
        let plan = self.model.plan();
        let mut missing = Vec::new();
        if plan.needs_created_at() && self.lead.created().is_none() {
            let column = self.model.created_at_column();
            if self.lead.attribute(column).is_none() {
                missing.push(column.to_owned());
            }
        }
        workspace.prepared.clear();
        let (mut place, mut last_read) = (0, LastRead::default());
        for (i, attribute) in plan.attributes().iter().enumerate() {
            let cell = self.lead.attribute_near(attribute.name(), &mut place).unwrap_or_else(|| {
                // Several parts may be of one column.
                if missing.last().is_none_or(|last| last != attribute.name()) {
                    missing.push(attribute.name().to_owned());
                }
                Cell::Missing
            });
            let value = plan.prepare_after(&mut last_read, i, cell).map_err(|source| ScoringError::Attribute {
                lead: self.lead.id().to_owned(),
                attribute: attribute.name().to_owned(),
                source,
            })?;
            workspace.prepared.push(value);
        }
        if let Known::Events(events) = self.known {
            workspace.events.fill(plan, events, self.lead.id())?;
        }
        if let Some(events) = self.account.filter(|_| plan.needs_account()) {
            workspace.account.fill_account(plan, events, self.lead.id())?;
        }
        Ok(missing)
    }
}
