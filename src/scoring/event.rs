//! An event as a caller describes it, and the columns that the kernel reads.

use super::ScoringError;
use crate::error::Error;
use crate::features::{AccountEvents, Engagement, Events, FeaturePlan, UNNAMED};
use crate::model::Model;
use crate::time::Timestamp;

/// Something that happened with a lead.
///
/// ```
/// use leadscore::{Event, Timestamp};
/// let at = Timestamp::from_micros(1_700_000_000_000_000)?;
/// let event = Event::new("demo_request", at).channel("web").value(3.0);
/// assert_eq!(event.kind(), "demo_request");
/// # Ok::<(), leadscore::TimeError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    kind: String,
    at: Timestamp,
    channel: Option<String>,
    value: Option<f64>,
    recorded_at: Option<Timestamp>,
    lead: Option<String>,
}

impl Event {
    /// An event of kind `kind` at the moment `at`.
    #[must_use]
    pub fn new(kind: impl Into<String>, at: Timestamp) -> Self {
        Self { kind: kind.into(), at, channel: None, value: None, recorded_at: None, lead: None }
    }

    /// Where or through what it happened.
    #[must_use]
    pub fn channel(mut self, channel: impl Into<String>) -> Self {
        self.channel = Some(channel.into());
        self
    }

    /// How much; NaN says that there is no value.
    #[must_use]
    pub fn value(mut self, value: f64) -> Self {
        self.value = Some(value).filter(|v| !v.is_nan());
        self
    }

    /// When it became known, if later than it happened.
    #[must_use]
    pub fn recorded_at(mut self, at: Timestamp) -> Self {
        self.recorded_at = Some(at);
        self
    }

    /// The lead that it happened with, by any word of its own: needed of the events of an account ([`Query::account`](super::Query::account)) by a model that
    /// reads how long these leads and sales take to answer each other, and read nowhere else.
    ///
    /// ```
    /// use leadscore::{Event, Timestamp};
    /// let of_colleague = Event::new("demo_request", Timestamp::from_micros(1_700_000_000_000_000)?).of_lead("L-18");
    /// # Ok::<(), leadscore::TimeError>(())
    /// ```
    #[must_use]
    pub fn of_lead(mut self, lead: impl Into<String>) -> Self {
        self.lead = Some(lead.into());
        self
    }

    /// What happened.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// When it happened.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Where or through what it happened, if that is known.
    pub(super) fn channel_word(&self) -> Option<&str> {
        self.channel.as_deref()
    }

    /// How much, as the kernel reads it: NaN for none; `None` when it does not fit.
    fn value_in_32_bits(&self) -> Option<f32> {
        Some(self.value.map_or(f32::NAN, |value| value as f32)).filter(|value| !value.is_infinite())
    }

    /// From when on it is visible: when it had both happened and become known.
    #[must_use]
    pub fn known_at(&self) -> Timestamp {
        self.recorded_at.map_or(self.at, |known| known.max(self.at))
    }

    /// Tells one event from another.
    pub(super) fn key(&self) -> (Timestamp, Timestamp, &str, Option<&str>, Option<u64>) {
        (self.at, self.known_at(), &self.kind, self.channel.as_deref(), self.value.map(f64::to_bits))
    }
}

impl Model {
    /// The state of a lead with these events (in any order; none yet for a new lead), to be kept up to date by [`Model::push`] and asked by
    /// [`Query::engagement`](super::Query::engagement).
    ///
    /// ```no_run
    /// use leadscore::{Event, Lead, Model, Timestamp};
    /// let model = Model::open("m.leadscore")?;
    /// let mut state = model.engagement(&[])?;
    /// model.push(&mut state, &Event::new("demo_request", Timestamp::now()))?;
    /// let lead = Lead::new("L-17").created_at(Timestamp::now());
    /// let score = model.query(&lead).engagement(&state).score()?;
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ScoringError::EventValue`] for a value that is not finite as a 32-bit number.
    pub fn engagement(&self, events: &[Event]) -> Result<Engagement, Error> {
        self.engagement_by(events, Timestamp::MAX)
    }

    /// As [`Model::engagement`], by a clock that shows `now`: see [`Model::push_by`].
    ///
    /// # Errors
    /// As [`Model::engagement`].
    pub fn engagement_by(&self, events: &[Event], now: Timestamp) -> Result<Engagement, Error> {
        let mut ordered = EventBuffer::default();
        ordered.fill(self.plan(), events, "")?;
        Ok(Engagement::from_events_by(self.plan(), ordered.events(), now.micros()))
    }

    /// Takes an event into a lead's state.
    ///
    /// # Errors
    /// [`EngagementError::TooLate`](crate::EngagementError::TooLate) when it belongs before events that are folded already,
    /// [`ScoringError::PushedValue`] for a value that is not finite as a 32-bit number. The state is then unchanged.
    pub fn push(&self, state: &mut Engagement, event: &Event) -> Result<(), Error> {
        self.push_by(state, event, Timestamp::MAX)
    }

    /// As [`Model::push`], by a clock that shows `now`, such as [`Timestamp::now`]: no number of events ahead of it, from a device whose
    /// clock is wrong, makes the state fold the lead's other events. Scores are the same to the bit.
    ///
    /// ```no_run
    /// use leadscore::{Event, Model, Timestamp};
    /// let model = Model::open("m.leadscore")?;
    /// let mut state = model.engagement(&[])?;
    /// let wrong = Timestamp::from_micros(6_940_000_000_000_000)?; // in the year 2189
    /// for _ in 0..10 {
    ///     model.push_by(&mut state, &Event::new("web_visit", wrong), Timestamp::now())?;
    /// }
    /// model.push_by(&mut state, &Event::new("demo_request", Timestamp::now()), Timestamp::now())?;
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Model::push`].
    pub fn push_by(&self, state: &mut Engagement, event: &Event, now: Timestamp) -> Result<(), Error> {
        let value = event
            .value_in_32_bits()
            .ok_or_else(|| ScoringError::PushedValue { kind: event.kind.clone(), value: event.value.unwrap_or(f64::NAN) })?;
        let recorded_at = event.recorded_at.map(Timestamp::micros);
        let coded = self.plan().code_event(event.at.micros(), recorded_at, &event.kind, event.channel.as_deref(), Some(value));
        Ok(state.push_by(self.plan(), coded, now.micros()).map_err(ScoringError::from)?)
    }
}

/// The coded events of one lead, in buffers that are used again.
#[derive(Debug, Default)]
pub(crate) struct EventBuffer {
    order: Vec<(i64, i64, u16, u16, u32, u32)>,
    /// The positions of the events by their leads, and each event's number of its lead.
    by_lead: Vec<u32>,
    numbers: Vec<u32>,
    at: Vec<i64>,
    recorded_at: Vec<i64>,
    kind: Vec<u16>,
    channel: Vec<u16>,
    value: Vec<f32>,
    owner: Vec<u32>,
}

impl EventBuffer {
    /// Codes and orders `events` by the words of `plan`.
    pub(crate) fn fill(&mut self, plan: &FeaturePlan, events: &[Event], lead: &str) -> Result<(), ScoringError> {
        self.numbers.clear();
        self.fill_numbered(plan, events, lead)
    }

    /// [`fill`](Self::fill), of the events of several leads, which the plan may have to tell apart.
    pub(crate) fn fill_account(&mut self, plan: &FeaturePlan, events: &[Event], lead: &str) -> Result<(), ScoringError> {
        self.numbers.clear();
        if plan.needs_account_answers() {
            self.number_leads(events);
        }
        self.fill_numbered(plan, events, lead)
    }

    /// Gives each event the number of its lead.
    fn number_leads(&mut self, events: &[Event]) {
        let Self { by_lead, numbers, .. } = self;
        let lead = |position: u32| events[position as usize].lead.as_deref();
        by_lead.clear();
        by_lead.extend((0..).zip(events).map(|(position, _)| position));
        by_lead.sort_unstable_by(|&one, &other| lead(one).cmp(&lead(other)));
        numbers.resize(events.len(), UNNAMED);
        for (number, of_one) in (0..).zip(by_lead.chunk_by(|&one, &other| lead(one) == lead(other))) {
            of_one.iter().filter(|&&position| lead(position).is_some()).for_each(|&position| numbers[position as usize] = number);
        }
    }

    fn fill_numbered(&mut self, plan: &FeaturePlan, events: &[Event], lead: &str) -> Result<(), ScoringError> {
        self.order.clear();
        for (position, event) in events.iter().enumerate() {
            let Some(value) = event.value_in_32_bits() else {
                let value = event.value.unwrap_or(f64::NAN);
                return Err(ScoringError::EventValue { lead: lead.to_owned(), position, kind: event.kind.clone(), value });
            };
            let at = event.at.micros();
            let recorded_at = event.recorded_at.map_or(at, |known| known.micros().max(at));
            let channel = plan.code_channel(event.channel.as_deref());
            let owner = self.numbers.get(position).copied().unwrap_or(UNNAMED);
            self.order.push((at, recorded_at, plan.code_kind(&event.kind), channel, value.to_bits(), owner));
        }
        // Events that compare equal are equal in every bit, so an unstable sort is as good and does not allocate.
        self.order.sort_unstable();
        self.at.clear();
        self.recorded_at.clear();
        self.kind.clear();
        self.channel.clear();
        self.value.clear();
        self.owner.clear();
        for &(at, recorded_at, kind, channel, bits, owner) in &self.order {
            self.at.push(at);
            self.recorded_at.push(recorded_at);
            self.kind.push(kind);
            self.channel.push(channel);
            self.value.push(f32::from_bits(bits));
            self.owner.push(owner);
        }
        Ok(())
    }

    /// The events as the kernel reads them.
    pub(crate) fn events(&self) -> Events<'_> {
        Events { at: &self.at, recorded_at: &self.recorded_at, kind: &self.kind, channel: &self.channel, value: &self.value }
    }

    /// The events as the kernel reads them of an account.
    pub(super) fn account(&self) -> AccountEvents<'_> {
        AccountEvents::from(self.events()).of_leads(&self.owner)
    }
}
