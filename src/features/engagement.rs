//! The incremental state of a lead: events come one by one, rows can be asked for at any moment.

use serde::{Deserialize, Serialize};

use super::coding::OrderKey;
use super::queue::EventQueue;
use super::{CodedEvent, EngagementError, Events, FeaturePlan, History, Scratch};

/// What a service keeps of a lead's events between scores.
///
/// It keeps the events that a finite window may still reach, and folds the older ones into a [`History`] of fixed size; its rows
/// equal those of [`FeaturePlan::row`] on all events, to the bit. Events may come in any order, as long as none belongs before one
/// that is folded already.
///
/// An event is folded when it is known and older than the longest window, both seen from the time that has come: the third newest
/// event's (or the moment given to [`Engagement::advance`]), so that one event with a time far in the future, even pushed twice,
/// folds no other. With a clock ([`Engagement::push_by`]) events ahead of it do not count at all, however many there are. They are
/// kept too, and seen from their moment on; only of more than a thousand the furthest are given up, and the state then answers for
/// moments before the first of those ([`Engagement::answers_before`]).
///
/// An event pushed twice counts twice, exactly as it would in a table that holds it twice.
///
/// [`Engagement::to_bytes`] stores it with a checksum. What `serde` writes of it is the content alone: whoever stores that sees to it that it comes back whole.
///
/// ```
/// use leadscore::{Engagement, FeaturePlan, FeatureSettings, LeadTable, RawEvents, Schema, Scratch};
/// # let schema: Schema = serde_json::from_str(r#"{"events": {"lead_id": "lead", "at": "at", "kind": "kind"}}"#)?;
/// let settings = FeatureSettings::default().kinds(["call"]);
/// let plan = FeaturePlan::fit(&schema, &LeadTable::default(), &RawEvents::default(), &settings)?;
///
/// const DAY: i64 = 86_400_000_000;
/// let mut state = Engagement::new(&plan);
/// state.push(&plan, plan.code_event(100 * DAY, None, "call", None, None))?;
/// state.push(&plan, plan.code_event(80_000 * DAY, None, "call", None, None))?; // in the year 2189: a wrong clock
/// state.push(&plan, plan.code_event(400 * DAY, None, "call", None, None))?;
/// state.push(&plan, plan.code_event(400 * DAY, None, "call", None, None))?; // the first is folded now
/// let mut row = vec![0.0; plan.features().len()];
/// state.row(&plan, &[], None, 401 * DAY, &mut Scratch::default(), &mut row)?;
/// let ever = plan.features().iter().position(|feature| feature.name == "call.count.ever").unwrap();
/// assert_eq!(plan.describe(ever, row[ever]), "3 calls so far");
/// assert!(state.push(&plan, plan.code_event(99 * DAY, None, "call", None, None)).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "State", into = "State")]
pub struct Engagement {
    history: History,
    /// The last event folded.
    folded_last: Option<OrderKey>,
    /// The latest moment at which a folded event became known.
    folded_known: i64,
    /// The time that has come; `i64::MIN` at first.
    come: i64,
    /// From when on events are known that were not kept; `i64::MAX` while all are.
    answers_before: i64,
    kept: EventQueue,
}

/// Time has come to the newest event but two: one with a wrong clock, and its copy, move nothing.
const WITNESSES: usize = 3;
/// How many events ahead of the clock are kept, and for how many events one that is not known by the clock is waited with.
const PATIENCE: usize = 1024;

/// The state as it is stored, before it is checked.
#[derive(Serialize, Deserialize)]
struct State {
    history: History,
    folded_last: Option<OrderKey>,
    folded_known: i64,
    come: i64,
    /// Values as bits: not every format has NaN, which is no value.
    kept: Vec<(i64, i64, u16, u16, Option<u32>)>,
    #[serde(default = "never")]
    answers_before: i64,
}

fn never() -> i64 {
    i64::MAX
}

impl From<Engagement> for State {
    fn from(state: Engagement) -> Self {
        let value = |e: &CodedEvent| (!e.value.is_nan()).then(|| e.value.to_bits());
        let events = (0..state.kept.len()).map(|i| state.kept.get(i));
        let kept = events.map(|e| (e.at, e.recorded_at, e.kind, e.channel, value(&e))).collect();
        let Engagement { history, folded_last, folded_known, come, answers_before, .. } = state;
        Self { history, folded_last, folded_known, come, kept, answers_before }
    }
}

impl TryFrom<State> for Engagement {
    type Error = String;
    fn try_from(state: State) -> Result<Self, String> {
        let State { history, folded_last, folded_known, come, kept, answers_before } = state;
        if !history.is_finite() {
            return Err("the stored engagement holds sums that are not finite".to_owned());
        }
        let event = |(at, rec, kind, channel, bits): (_, _, _, _, Option<u32>)| {
            CodedEvent::new(at, rec, kind, channel, bits.map_or(f32::NAN, f32::from_bits))
        };
        let events: Vec<CodedEvent> = kept.into_iter().map(event).collect();
        if !events.is_sorted_by_key(CodedEvent::key)
            || events.first().is_some_and(|first| folded_last.is_some_and(|last| first.key() < last))
        {
            return Err("the stored engagement holds events out of order".to_owned());
        }
        let mut engagement = Self { history, folded_last, folded_known, come, answers_before, kept: EventQueue::default() };
        events.into_iter().enumerate().for_each(|(place, event)| engagement.kept.insert(place, event));
        Ok(engagement)
    }
}

impl Engagement {
    /// The state of a lead without events.
    #[must_use]
    pub fn new(plan: &FeaturePlan) -> Self {
        let mut history = History::EMPTY;
        history.reset(&plan.program);
        Self { history, folded_last: None, folded_known: i64::MIN, come: i64::MIN, answers_before: i64::MAX, kept: EventQueue::default() }
    }

    /// The state of a lead with these events, in any order.
    #[must_use]
    pub fn from_events(plan: &FeaturePlan, events: Events<'_>) -> Self {
        Self::from_events_by(plan, events, i64::MAX)
    }

    /// As [`Engagement::from_events`], by a clock that shows `now`: see [`Engagement::push_by`].
    #[must_use]
    pub fn from_events_by(plan: &FeaturePlan, events: Events<'_>, now: i64) -> Self {
        let mut coded: Vec<CodedEvent> = (events.at.iter().zip(events.kind).enumerate())
            .map(|(i, (&at, &kind))| {
                let recorded_at = events.recorded_at.get(i).copied().unwrap_or(at);
                let channel = events.channel.get(i).copied().unwrap_or(u16::MAX);
                let value = events.value.get(i).copied().unwrap_or(f32::NAN);
                CodedEvent::new(at, recorded_at, kind, channel, value)
            })
            .collect();
        if !coded.is_sorted_by_key(CodedEvent::key) {
            coded.sort_unstable_by_key(CodedEvent::key);
        }
        let mut state = Self::new(plan);
        coded.into_iter().enumerate().for_each(|(place, event)| state.kept.insert(place, event));
        state.settle(plan, now);
        state
    }

    /// Takes an event, made by [`FeaturePlan::code_event`], and folds what no window reaches any more.
    ///
    /// # Errors
    /// [`EngagementError::TooLate`] when the event belongs before one that is folded already, [`EngagementError::OtherPlan`] when the
    /// state is of another plan. The state is then unchanged.
    pub fn push(&mut self, plan: &FeaturePlan, event: CodedEvent) -> Result<(), EngagementError> {
        self.push_by(plan, event, i64::MAX)
    }

    /// As [`Engagement::push`], by a clock that shows `now`, microseconds since 1970-01-01 UTC: events ahead of it are no sign that
    /// time has passed. What the state answers is the same to the bit; the clock only decides what is folded, and when.
    ///
    /// # Errors
    /// As [`Engagement::push`].
    pub fn push_by(&mut self, plan: &FeaturePlan, event: CodedEvent, now: i64) -> Result<(), EngagementError> {
        self.check(plan)?;
        let event = CodedEvent::new(event.at, event.recorded_at, event.kind, event.channel, event.value);
        if let Some(last) = self.folded_last.filter(|last| event.key() < *last) {
            return Err(EngagementError::TooLate { at: event.at, folded_through: last.0 });
        }
        self.kept.insert(self.kept.place_of(&event), event);
        self.settle(plan, now);
        Ok(())
    }

    /// Says that time has passed: moments before `as_of` will not be asked for again, and events that no window as of then reaches
    /// are folded. Only needed to save memory of leads that have become silent.
    ///
    /// # Errors
    /// [`EngagementError::OtherPlan`] when the state is of another plan.
    pub fn advance(&mut self, plan: &FeaturePlan, as_of: i64) -> Result<(), EngagementError> {
        self.check(plan)?;
        self.come = self.come.max(as_of);
        self.fold(plan);
        Ok(())
    }

    /// The lead's features as of a moment, as [`FeaturePlan::row`] writes them.
    ///
    /// # Errors
    /// [`EngagementError::TooEarly`] when a window as of then reaches a folded event, or a folded event was not known then;
    /// [`EngagementError::TooFar`] when an event that was not kept is known then; [`EngagementError::OtherPlan`] when the state is of another plan.
    pub fn row(
        &self,
        plan: &FeaturePlan,
        prepared: &[f64],
        created_at: Option<i64>,
        as_of: i64,
        scratch: &mut Scratch,
        out: &mut [f32],
    ) -> Result<(), EngagementError> {
        let (history, kept) = self.as_of(plan, as_of)?;
        plan.row(prepared, created_at, history, kept, as_of, scratch, out);
        Ok(())
    }

    /// The fold and the kept events, for a moment that it can answer for.
    pub(crate) fn as_of(&self, plan: &FeaturePlan, as_of: i64) -> Result<(&History, Events<'_>), EngagementError> {
        self.check(plan)?;
        let answers_from = self.answers_from(plan);
        if as_of < answers_from {
            return Err(EngagementError::TooEarly { as_of, answers_from });
        }
        if as_of >= self.answers_before {
            return Err(EngagementError::TooFar { as_of, answers_before: self.answers_before });
        }
        Ok((&self.history, self.kept.first(self.kept.len())))
    }

    /// The earliest moment that it can answer for, microseconds since 1970-01-01 UTC; `i64::MIN` while nothing is folded.
    #[must_use]
    pub fn answers_from(&self, plan: &FeaturePlan) -> i64 {
        let windows_end = self.folded_last.map_or(i64::MIN, |last| last.0.saturating_add(plan.program.longest_window()));
        windows_end.max(self.folded_known)
    }

    /// The first moment that it cannot answer for, because an event known from then on was not kept; `i64::MAX` while all are.
    #[must_use]
    pub fn answers_before(&self) -> i64 {
        self.answers_before
    }

    /// How many events it keeps unfolded.
    #[must_use]
    pub fn kept_events(&self) -> usize {
        self.kept.len()
    }

    /// Whether it is of this plan.
    pub(super) fn check(&self, plan: &FeaturePlan) -> Result<(), EngagementError> {
        if self.history.fits(&plan.program) { Ok(()) } else { Err(EngagementError::OtherPlan) }
    }

    /// Finds how far time has come by a clock that shows `now`, folds, and gives up what would make the state grow without end.
    fn settle(&mut self, plan: &FeaturePlan, now: i64) {
        let in_time = self.kept.through(now);
        if let Some(witness) = in_time.checked_sub(WITNESSES) {
            self.come = self.come.max(self.kept.at(witness));
        }
        while self.kept.len() - in_time > PATIENCE {
            let furthest = self.kept.pop();
            self.answers_before = furthest.map_or(self.answers_before, |event| self.answers_before.min(event.recorded_at));
        }
        loop {
            self.fold(plan);
            // The first is not known yet, and all others wait for it: by the clock, perhaps for years.
            let waited_for = (self.kept.len() > PATIENCE).then(|| self.kept.get(0)).filter(|first| first.recorded_at > now);
            match waited_for {
                Some(first) if self.kept.through(self.boundary(plan)) > PATIENCE => {
                    self.answers_before = self.answers_before.min(first.recorded_at);
                    self.kept.drop_first(1);
                }
                _ => return,
            }
        }
    }

    /// The newest moment that no window reaches, seen from the time that has come.
    fn boundary(&self, plan: &FeaturePlan) -> i64 {
        self.come.saturating_sub(plan.program.longest_window())
    }

    /// Folds the events, from the oldest on, that no window reaches and that are known, both seen from the time that has come. One that
    /// is not known yet keeps all later ones waiting, for they are folded in order.
    fn fold(&mut self, plan: &FeaturePlan) {
        let boundary = self.boundary(plan);
        let kept = self.kept.first(self.kept.len());
        let foldable = |&(&at, &recorded_at): &(&i64, &i64)| at <= boundary && recorded_at <= self.come;
        let n = kept.at.iter().zip(kept.recorded_at).take_while(foldable).count();
        if n == 0 {
            return;
        }
        self.folded_last = Some(self.kept.get(n - 1).key());
        self.folded_known = kept.recorded_at[..n].iter().copied().fold(self.folded_known, i64::max);
        self.history.fold(plan, self.kept.first(n));
        self.kept.drop_first(n);
    }
}
