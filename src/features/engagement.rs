//! The incremental state of a lead: events come one by one, rows can be asked for at any moment.

use serde::{Deserialize, Serialize};

use super::coding::OrderKey;
use super::queue::EventQueue;
use super::{CodedEvent, EngagementError, Events, FeaturePlan, History, Scratch};

/// What a service keeps of a lead's events between scores.
///
/// It keeps the events that a finite window may still reach, and folds the older ones into a [`History`] of fixed size; its rows
/// equal those of [`FeaturePlan::row`] on all events, to the bit. Events may come in any order, as long as none belongs before one
/// that is folded already. An event is folded when it is known and older than the longest window, both seen from the newest event
/// (or the moment given to [`Engagement::advance`]); so an event with a time far in the future, pushed by mistake, folds all others.
///
/// An event pushed twice counts twice, exactly as it would in a table that holds it twice.
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
/// state.push(&plan, plan.code_event(400 * DAY, None, "call", None, None))?; // the first is folded now
/// let mut row = vec![0.0; plan.features().len()];
/// state.row(&plan, &[], None, 401 * DAY, &mut Scratch::default(), &mut row)?;
/// let ever = plan.features().iter().position(|feature| feature.name == "call.count.ever").unwrap();
/// assert_eq!(plan.describe(ever, row[ever]), "2 calls so far");
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
    /// The newest event or moment seen; `i64::MIN` before the first.
    newest: i64,
    kept: EventQueue,
}

/// The state as it is stored, before it is checked.
#[derive(Serialize, Deserialize)]
struct State {
    history: History,
    folded_last: Option<OrderKey>,
    folded_known: i64,
    newest: i64,
    /// Values as bits: not every format has NaN, which is no value.
    kept: Vec<(i64, i64, u16, u16, Option<u32>)>,
}

impl From<Engagement> for State {
    fn from(state: Engagement) -> Self {
        let value = |e: &CodedEvent| (!e.value.is_nan()).then(|| e.value.to_bits());
        let events = (0..state.kept.len()).map(|i| state.kept.get(i));
        let kept = events.map(|e| (e.at, e.recorded_at, e.kind, e.channel, value(&e))).collect();
        let Engagement { history, folded_last, folded_known, newest, .. } = state;
        Self { history, folded_last, folded_known, newest, kept }
    }
}

impl TryFrom<State> for Engagement {
    type Error = String;
    fn try_from(state: State) -> Result<Self, String> {
        let State { history, folded_last, folded_known, newest, kept } = state;
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
        let mut engagement = Self { history, folded_last, folded_known, newest, kept: EventQueue::default() };
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
        Self { history, folded_last: None, folded_known: i64::MIN, newest: i64::MIN, kept: EventQueue::default() }
    }

    /// The state of a lead with these events, which are in order `(at, recorded_at, kind, channel, value bits)`.
    ///
    /// # Errors
    /// [`EngagementError::TooLate`] when they are so far out of order that one comes after its successors are folded.
    pub fn from_events(plan: &FeaturePlan, events: Events<'_>) -> Result<Self, EngagementError> {
        let mut state = Self::new(plan);
        for (i, (&at, &kind)) in events.at.iter().zip(events.kind).enumerate() {
            let recorded_at = events.recorded_at.get(i).copied().unwrap_or(at);
            let channel = events.channel.get(i).copied().unwrap_or(u16::MAX);
            let value = events.value.get(i).copied().unwrap_or(f32::NAN);
            state.push(plan, CodedEvent::new(at, recorded_at, kind, channel, value))?;
        }
        Ok(state)
    }

    /// Takes an event, made by [`FeaturePlan::code_event`], and folds what no window reaches any more.
    ///
    /// # Errors
    /// [`EngagementError::TooLate`] when the event belongs before one that is folded already, [`EngagementError::OtherPlan`] when the
    /// state is of another plan. The state is then unchanged.
    pub fn push(&mut self, plan: &FeaturePlan, event: CodedEvent) -> Result<(), EngagementError> {
        self.check(plan)?;
        let event = CodedEvent::new(event.at, event.recorded_at, event.kind, event.channel, event.value);
        if let Some(last) = self.folded_last.filter(|last| event.key() < *last) {
            return Err(EngagementError::TooLate { at: event.at, folded_through: last.0 });
        }
        // Most events come in order: look from the end.
        let comes_after = |i: &usize| self.kept.at(*i) < event.at || self.kept.get(*i).key() <= event.key();
        let place = (0..self.kept.len()).rev().find(comes_after).map_or(0, |i| i + 1);
        self.kept.insert(place, event);
        self.newest = self.newest.max(event.at);
        self.fold(plan);
        Ok(())
    }

    /// Says that time has passed: moments before `as_of` will not be asked for again, and events that no window as of then reaches
    /// are folded. Only needed to save memory of leads that have become silent.
    ///
    /// # Errors
    /// [`EngagementError::OtherPlan`] when the state is of another plan.
    pub fn advance(&mut self, plan: &FeaturePlan, as_of: i64) -> Result<(), EngagementError> {
        self.check(plan)?;
        self.newest = self.newest.max(as_of);
        self.fold(plan);
        Ok(())
    }

    /// The lead's features as of a moment, as [`FeaturePlan::row`] writes them.
    ///
    /// # Errors
    /// [`EngagementError::TooEarly`] when a window as of then reaches a folded event, or a folded event was not known then;
    /// [`EngagementError::OtherPlan`] when the state is of another plan.
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

    /// The state as bytes, for a service to store between two events. They belong to this plan and hold codes and sums, no words.
    ///
    /// # Errors
    /// [`EngagementError::Malformed`] when it cannot be written, which a state from this library never is.
    pub fn to_bytes(&self) -> Result<Vec<u8>, EngagementError> {
        rmp_serde::to_vec(self).map_err(|error| EngagementError::Malformed { message: error.to_string() })
    }

    /// The state in the bytes that [`Engagement::to_bytes`] wrote, to the bit; safe with bytes of a stranger.
    ///
    /// # Errors
    /// [`EngagementError::Malformed`] when they are no state or a damaged one, [`EngagementError::OtherPlan`] when it is of another plan.
    pub fn from_bytes(plan: &FeaturePlan, bytes: &[u8]) -> Result<Self, EngagementError> {
        let state: Self = rmp_serde::from_slice(bytes).map_err(|error| EngagementError::Malformed { message: error.to_string() })?;
        state.check(plan)?;
        Ok(state)
    }

    /// The fold and the kept events, for a moment that it can answer for.
    pub(crate) fn as_of(&self, plan: &FeaturePlan, as_of: i64) -> Result<(&History, Events<'_>), EngagementError> {
        self.check(plan)?;
        let answers_from = self.answers_from(plan);
        if as_of < answers_from {
            return Err(EngagementError::TooEarly { as_of, answers_from });
        }
        Ok((&self.history, self.kept.first(self.kept.len())))
    }

    /// The earliest moment that it can answer for, microseconds since 1970-01-01 UTC; `i64::MIN` while nothing is folded.
    #[must_use]
    pub fn answers_from(&self, plan: &FeaturePlan) -> i64 {
        let windows_end = self.folded_last.map_or(i64::MIN, |last| last.0.saturating_add(plan.program.longest_window()));
        windows_end.max(self.folded_known)
    }

    /// How many events it keeps unfolded.
    #[must_use]
    pub fn kept_events(&self) -> usize {
        self.kept.len()
    }

    fn check(&self, plan: &FeaturePlan) -> Result<(), EngagementError> {
        if self.history.fits(&plan.program) { Ok(()) } else { Err(EngagementError::OtherPlan) }
    }

    /// Folds the events, from the oldest on, that no window as of the newest moment reaches and that are known by then. One that is
    /// not known yet keeps all later ones waiting, for they are folded in order.
    fn fold(&mut self, plan: &FeaturePlan) {
        let boundary = self.newest.saturating_sub(plan.program.longest_window());
        let kept = self.kept.first(self.kept.len());
        let foldable = |&(&at, &recorded_at): &(&i64, &i64)| at <= boundary && recorded_at <= self.newest;
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
