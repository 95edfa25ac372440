//! What a user may choose about features.

use serde::{Deserialize, Serialize};

use super::FeatureError;
use crate::time::Span;

/// More windows than anybody needs; a bound on what a file can ask for.
pub(super) const MAX_WINDOWS: usize = 32;
/// The same for half-lives.
pub(super) const MAX_HALF_LIVES: usize = 16;

/// A group of features that answer one question about events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FeatureFamily {
    /// How many in each window and ever.
    Counts,
    /// On how many days (UTC) in each window and ever.
    ActiveDays,
    /// How long ago the last was.
    Recency,
    /// Counts (with `Sums` also sums of values) that lose half their weight every half-life.
    Decays,
    /// The sum of values in each window and ever.
    Sums,
    /// Mean, largest and last value.
    Values,
    /// Each window against the one before it, and against the lead's own longer rate.
    Momentum,
    /// Whether the last four weeks rise or fall.
    Trend,
    /// The times between one and the next: mean, last, deviation; and how long ago the first was.
    Gaps,
    /// Consecutive active days (UTC): those up to now, and the most ever.
    Streaks,
    /// Kind and channel of the first and last event, and the delay of the first. Of all events only.
    Edges,
    /// How many different kinds, channels and intent signals, and how evenly spread over channels. Of all events only.
    Variety,
    /// The shares at night (22 to 6 o'clock) and on weekends, of all events only, and day and hour of creation, by the clock of the schema's time zone
    /// or, where the schema says which column has it, of the lead's own. Without it creation is told in UTC.
    Clock,
    /// Time to the first contact by sales, and how long lead and sales take to answer each other, where the schema says who starts
    /// events. Not made by default: whom sales contact, and how soon, says what sales thought of the lead.
    Response,
    /// What the other families beside it tell of the lead's own events, told of those of the account's other leads, by the clock of the lead that sees them.
    /// Delays of the first event and of the first contact are from the creation of that lead, and negative when the account was active before it was created.
    /// Answers are those in the stream of each other lead, and their lags are taken together, in the order of the moments of the answers. Among [`families`](FeatureSettings::families) that is of all events, groups and intent signals, among
    /// [`kind_families`](FeatureSettings::kind_families) of single kinds. Needs the account in the schema. In a table the other leads are found by it; for a
    /// lead alone their events must be given ([`FeaturePlan::row_with_account`](super::FeaturePlan::row_with_account)), else the features are unknown. Not
    /// made by default: a service that knows the lead and its events alone would score it otherwise than a table does.
    Account,
}

impl FeatureFamily {
    /// What is made of all events, of groups of kinds and of intent signals by default: everything but `Response` and `Account`.
    pub const OVERALL: [Self; 13] = [
        Self::Counts,
        Self::ActiveDays,
        Self::Recency,
        Self::Decays,
        Self::Sums,
        Self::Values,
        Self::Momentum,
        Self::Trend,
        Self::Gaps,
        Self::Streaks,
        Self::Edges,
        Self::Variety,
        Self::Clock,
    ];
    /// What is made of each single kind by default. There can be a hundred kinds, so this is the shorter list.
    pub const OF_KINDS: [Self; 6] = [Self::Counts, Self::ActiveDays, Self::Recency, Self::Decays, Self::Sums, Self::Gaps];
}

/// Which features are made of leads and events.
///
/// ```
/// use leadscore::{FeatureSettings, Span};
/// let settings = FeatureSettings::default().windows([Span::days(7), Span::days(30)]).kinds(["demo_request", "call"]);
/// assert_eq!(settings.half_lives, [Span::days(7), Span::days(30)]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct FeatureSettings {
    /// Lengths of the windows `(as_of - w, as_of]` over which events are counted; "ever" is always added. Default 1d, 7d, 30d, 90d.
    pub windows: Vec<Span>,
    /// Half-lives of the decayed counts and sums. Default 7d, 30d.
    pub half_lives: Vec<Span>,
    /// The only kinds (or groups or intents of the schema) of events to read; all others are ignored, in totals too.
    /// Default: every kind; when the schema says who starts events, every kind that the lead starts.
    pub kinds: Option<Vec<String>>,
    /// What is made of all events together, of groups of kinds and of intent signals. Default [`FeatureFamily::OVERALL`].
    pub families: Vec<FeatureFamily>,
    /// What is made of each single kind; not `Response`, which is of all events only. Default [`FeatureFamily::OF_KINDS`].
    pub kind_families: Vec<FeatureFamily>,
    /// A category, kind or channel gets its own place when at least this many leads have it; the others share one. So does a pair of categories that
    /// boosting tells apart. Default 20, so that no word of a model file can point to a person.
    pub min_category_leads: usize,
    /// At most this many categories an attribute get their own place, the most common ones. Default 10,000.
    pub max_categories: usize,
    /// At most this many kinds get features of their own, the most common ones. Default 100.
    pub max_kinds: usize,
    /// Whether attributes are taken apart: e-mail addresses (valid, provider, generic mailbox, domain), telephone numbers (valid, country), job titles
    /// (seniority, department), dates (month, weekday, days after creation). Default true.
    pub attribute_parts: bool,
}

impl Default for FeatureSettings {
    fn default() -> Self {
        Self {
            windows: [1, 7, 30, 90].map(Span::days).to_vec(),
            half_lives: [7, 30].map(Span::days).to_vec(),
            kinds: None,
            families: FeatureFamily::OVERALL.to_vec(),
            kind_families: FeatureFamily::OF_KINDS.to_vec(),
            min_category_leads: 20,
            max_categories: 10_000,
            max_kinds: 100,
            attribute_parts: true,
        }
    }
}

impl FeatureSettings {
    /// Sets the windows, in any order.
    #[must_use]
    pub fn windows(mut self, windows: impl IntoIterator<Item = Span>) -> Self {
        self.windows = windows.into_iter().collect();
        self
    }

    /// Sets the half-lives, in any order.
    #[must_use]
    pub fn half_lives(mut self, half_lives: impl IntoIterator<Item = Span>) -> Self {
        self.half_lives = half_lives.into_iter().collect();
        self
    }

    /// Reads these kinds (or groups or intents of the schema) of events and no others.
    #[must_use]
    pub fn kinds<S: Into<String>>(mut self, kinds: impl IntoIterator<Item = S>) -> Self {
        self.kinds = Some(kinds.into_iter().map(Into::into).collect());
        self
    }

    /// Sets what is made of all events together, of groups of kinds and of intent signals.
    #[must_use]
    pub fn families(mut self, families: impl IntoIterator<Item = FeatureFamily>) -> Self {
        self.families = families.into_iter().collect();
        self
    }

    /// Sets what is made of each single kind.
    #[must_use]
    pub fn kind_families(mut self, families: impl IntoIterator<Item = FeatureFamily>) -> Self {
        self.kind_families = families.into_iter().collect();
        self
    }

    /// Sets on how many leads a category, kind or channel must be seen.
    #[must_use]
    pub fn min_category_leads(mut self, leads: usize) -> Self {
        self.min_category_leads = leads;
        self
    }

    /// Sets how many categories an attribute may have.
    #[must_use]
    pub fn max_categories(mut self, categories: usize) -> Self {
        self.max_categories = categories;
        self
    }

    /// Sets how many kinds may have features of their own.
    #[must_use]
    pub fn max_kinds(mut self, kinds: usize) -> Self {
        self.max_kinds = kinds;
        self
    }

    /// Sets whether attributes are taken apart.
    #[must_use]
    pub fn attribute_parts(mut self, parts: bool) -> Self {
        self.attribute_parts = parts;
        self
    }

    /// Refuses "account" where no other family is there to say what to tell of the account.
    pub(super) fn check_account(&self) -> Result<(), FeatureError> {
        use FeatureFamily::{Account, Clock, Edges, Variety};
        let lists: [(&'static str, &[FeatureFamily], &[FeatureFamily]); 2] =
            [("families", &self.families, &[Account]), ("kind_families", &self.kind_families, &[Account, Edges, Variety, Clock])];
        let says_nothing = |families: &[FeatureFamily], silent: &[FeatureFamily]| families.iter().all(|family| silent.contains(family));
        for (setting, families, silent) in lists {
            if families.contains(&Account) && says_nothing(families, silent) {
                let message = "has \"account\" and no word for what to tell of it: of the account's other leads the words beside it are told, as of the lead \
                               itself; add some, for example \"counts\" and \"recency\", or leave \"account\" out";
                return Err(FeatureError::Setting { setting, message: message.to_owned() });
            }
        }
        Ok(())
    }

    /// Refuses what is asked of single kinds and made of all events only. The families of all events that are made by default may stand there, so that one list
    /// serves both.
    pub(super) fn check_kind_families(&self) -> Result<(), FeatureError> {
        if !self.kind_families.contains(&FeatureFamily::Response) {
            return Ok(());
        }
        let message = "has \"response\", which is made of all events together and not of single kinds; ask for it in families".to_owned();
        Err(FeatureError::Setting { setting: "kind_families", message })
    }

    /// The windows, shortest first, each once.
    pub(super) fn checked_windows(&self) -> Result<Vec<Span>, FeatureError> {
        ascending("windows", &self.windows, MAX_WINDOWS)
    }

    /// The half-lives, shortest first, each once.
    pub(super) fn checked_half_lives(&self) -> Result<Vec<Span>, FeatureError> {
        ascending("half_lives", &self.half_lives, MAX_HALF_LIVES)
    }
}

fn ascending(setting: &'static str, spans: &[Span], limit: usize) -> Result<Vec<Span>, FeatureError> {
    let mut sorted = spans.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    if sorted.first().is_some_and(|span| span.micros() == 0) {
        return Err(FeatureError::Setting { setting, message: "must be longer than 0. Got 0d".to_owned() });
    }
    if sorted.len() > limit {
        return Err(FeatureError::Setting { setting, message: format!("must be at most {limit}. Got {}", sorted.len()) });
    }
    Ok(sorted)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn windows_are_sorted_and_kept_once() {
        let settings = FeatureSettings::default().windows([Span::days(30), Span::days(7), Span::days(30)]);
        assert_eq!(settings.checked_windows().unwrap(), [Span::days(7), Span::days(30)]);
    }

    #[test]
    fn a_window_or_half_life_of_no_length_is_refused_by_name() {
        let error = FeatureSettings::default().windows([Span::days(0)]).checked_windows().unwrap_err();
        assert_eq!(error.to_string(), "features.windows must be longer than 0. Got 0d");
        assert!(FeatureSettings::default().half_lives([Span::days(0)]).checked_half_lives().is_err());
    }

    #[test]
    fn what_is_made_of_all_events_only_is_refused_for_single_kinds() {
        let told = |family| FeatureSettings::default().kind_families([FeatureFamily::Counts, family]).check_kind_families();
        assert_eq!(
            told(FeatureFamily::Response).unwrap_err().to_string(),
            "features.kind_families has \"response\", which is made of all events together and not of single kinds; ask for it in families"
        );
        assert_eq!(told(FeatureFamily::Account), Ok(()));
        assert_eq!(FeatureSettings::default().kind_families(FeatureFamily::OVERALL).check_kind_families(), Ok(()));
    }

    #[test]
    fn the_account_without_a_word_for_what_to_tell_of_it_is_refused() {
        use FeatureFamily::{Account, Clock, Counts, Edges, Response};
        let families = |families: &[FeatureFamily]| FeatureSettings::default().families(families.iter().copied()).check_account();
        assert_eq!(
            families(&[Account]).unwrap_err().to_string(),
            "features.families has \"account\" and no word for what to tell of it: of the account's other leads the words beside it are told, as of the lead \
             itself; add some, for example \"counts\" and \"recency\", or leave \"account\" out"
        );
        for told in [&[Account, Counts][..], &[Edges, Account], &[Response, Account], &[]] {
            assert_eq!(families(told), Ok(()));
        }
        let of_kinds = |families: &[FeatureFamily]| FeatureSettings::default().kind_families(families.iter().copied()).check_account();
        assert!(of_kinds(&[Account, Edges, Clock]).is_err_and(|error| error.to_string().starts_with("features.kind_families has")));
        assert_eq!(of_kinds(&[Account, Edges, Counts]), Ok(()));
    }
}
