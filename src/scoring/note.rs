//! What is odd about leads and events that were scored all the same.

use std::fmt;

use super::query::Query;
#[cfg(feature = "frame")]
use crate::counted::counted;
use crate::features::LeadTable;
use crate::model::Model;
#[cfg(feature = "frame")]
use crate::{Timestamp, Unseen};

/// A batch may be scored as of the midnight before: tables with data newer by more microseconds than this are of another time than the moment.
#[cfg(feature = "frame")]
const LATE: i64 = 24 * 3_600_000_000;

/// Something odd about the leads or events that were scored, which no status tells.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScoreNote {
    /// Leads that were created after the moment as of which they are seen: nobody knew of them then, and none of their events counts.
    CreatedLater {
        /// The column of leads with the moment of creation.
        column: String,
        /// How many leads.
        leads: usize,
        /// Of how many.
        of: usize,
    },
    /// Events without the identifier of a lead, which are left out.
    EventsWithoutLead {
        /// The column of events with the identifier.
        column: String,
        /// How many events.
        rows: usize,
        /// Of how many.
        of: usize,
    },
    /// There are events, and none is of these leads: their features say that nothing happened. Scores tell it among the words that they do not know
    /// ([`Model::score_and_unseen`](crate::Model::score_and_unseen)).
    #[cfg(feature = "frame")]
    NoEventOfALead {
        /// The column of events with the identifier.
        column: String,
        /// How many events.
        rows: usize,
        /// Some of their identifiers, where they are at hand.
        examples: Vec<String>,
    },
    /// None of the leads is in the table of leads as they were: each is taken to have been as it is.
    #[cfg(feature = "frame")]
    NoEarlierLead {
        /// How many leads.
        leads: usize,
        /// Some identifiers of the earlier table.
        earlier: Vec<String>,
        /// Some identifiers of the leads.
        examples: Vec<String>,
    },
    /// What is odd about the history of attributes, in words.
    History(String),
    /// No history is given, and the model learned some attributes from theirs: moments gone by are seen with the values of today.
    WithoutHistory {
        /// Those attributes.
        attributes: Vec<String>,
    },
}

impl ScoreNote {
    /// That some of the leads, each with its moment of creation (`i64::MIN` when it is not known) and that of scoring, were created later.
    pub(super) fn created_later(column: &str, moments: impl ExactSizeIterator<Item = (i64, i64)>) -> Option<Self> {
        let of = moments.len();
        let leads = moments.filter(|(created, as_of)| created > as_of).count();
        (leads > 0).then(|| Self::CreatedLater { column: column.to_owned(), leads, of })
    }

    /// That some leads of a table were created after the moments `as_of`. A table without the column of creation has no moments of it.
    pub(super) fn any_created_later(model: &Model, leads: &LeadTable, as_of: &[i64]) -> Option<Self> {
        Self::created_later(model.created_at_column(), leads.created_at.iter().copied().zip(as_of.iter().copied()))
    }

    /// That no history is given of `attributes`, which a model learned from theirs, although the tables hold data of `newest`, later than some moment as of
    /// which leads are seen: then their attributes are of later, too.
    #[cfg(feature = "frame")]
    pub(super) fn without_history(attributes: Vec<String>, as_of: &[i64], newest: impl FnOnce() -> i64) -> Option<Self> {
        if attributes.is_empty() {
            return None;
        }
        // A moment that is still to come is a slip of a source, and says nothing of when the tables were made.
        let newest = newest().min(Timestamp::now().micros());
        let long_gone = |as_of: &i64| as_of.saturating_add(LATE) < newest;
        as_of.iter().any(long_gone).then_some(Self::WithoutHistory { attributes })
    }

    /// What is said among unseen words of a table of events of which none belongs to a lead.
    #[cfg(feature = "frame")]
    fn no_event_of_a_lead(strange: Unseen) -> Self {
        let Unseen { column, rows, examples, .. } = strange;
        Self::NoEventOfALead { column, rows, examples: examples.into_iter().map(|(id, _)| id).collect() }
    }

    /// What is odd about a matrix of features: about its leads first, then about the events and the history.
    #[cfg(feature = "frame")]
    pub(crate) fn of_features(
        created_later: Option<Self>,
        strange: Option<Unseen>,
        without_lead: Option<Self>,
        of_history: impl IntoIterator<Item = Self>,
    ) -> Vec<Self> {
        created_later.into_iter().chain(strange.map(Self::no_event_of_a_lead)).chain(without_lead).chain(of_history).collect()
    }

    /// That some events have no lead.
    #[cfg(feature = "frame")]
    pub(super) fn events_without_lead(column: &str, rows: usize, of: usize) -> Option<Self> {
        (rows > 0).then(|| Self::EventsWithoutLead { column: column.to_owned(), rows, of })
    }
}

/// `leads.created_at: 12 of 400 leads (3.0 %) were created after the moment as of which they are seen, ...`.
impl fmt::Display for ScoreNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreatedLater { column, leads: 1, of: 1 } => write!(
                f,
                "leads.{column}: the lead was created after the moment as of which it is seen, when nobody knew of it; give a later moment"
            ),
            Self::CreatedLater { column, leads, of } => write!(
                f,
                "leads.{column}: {leads} of {of} leads ({:.1} %) were created after the moment as of which they are seen, when nobody knew of them; leave \
                 them out, or give a later moment",
                100.0 * *leads as f64 / (*of).max(1) as f64
            ),
            Self::EventsWithoutLead { column, rows, of } => {
                write!(
                    f,
                    "events.{column}: {rows} of {of} events have no identifier of a lead, and are left out; give it where it is known"
                )
            }
            #[cfg(feature = "frame")]
            Self::NoEventOfALead { column, rows, examples } => Unseen::no_event_of_a_lead(column, *rows, examples.clone()).fmt(f),
            #[cfg(feature = "frame")]
            Self::NoEarlierLead { leads, earlier, examples } => write!(
                f,
                "none of {} is in the earlier table of leads, which holds {}, where the leads hold {}: each is taken to have been as it is; do the identifiers come \
                 from the same system?",
                counted(*leads, "lead"),
                earlier.join(", "),
                examples.join(", ")
            ),
            Self::History(words) => f.write_str(words),
            Self::WithoutHistory { attributes } => write!(
                f,
                "no history is given, and the model learned {} as known at each moment, from the history: moments gone by see the values of today, which may \
                 tell how the leads ended; give the history",
                attributes.join(", ")
            ),
        }
    }
}

impl Query<'_> {
    /// What is odd about the lead: that it was created after the moment as of which it is looked at. A score does not ask for it.
    ///
    /// ```no_run
    /// use leadscore::{Lead, Model, Timestamp};
    /// let model = Model::open("m.leadscore")?;
    /// let lead = Lead::new("L-17").created_at(Timestamp::now()).text("industry", "software");
    /// for note in model.query(&lead).as_of(Timestamp::from_micros(1_700_000_000_000_000)?).notes() {
    ///     println!("{note}");
    /// }
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    #[must_use]
    pub fn notes(&self) -> Vec<ScoreNote> {
        let Ok(Some(created)) = self.created() else { return Vec::new() };
        ScoreNote::created_later(self.model().created_at_column(), [(created, self.moment_asked().micros())].into_iter())
            .into_iter()
            .collect()
    }
}
