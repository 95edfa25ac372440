//! Who answers whom, and how soon: of a lead and sales, and of the account's other leads and sales.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::AccountEvents;
use super::history::{bits, days};
use super::program::Program;
use super::source::Party;

/// Who answers whom. An event answers the first event of the other party that is not answered yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Answers {
    pub(super) first_contact: Option<i64>,
    /// Since when an event of the lead waits for an answer,
    lead_waits: Option<i64>,
    /// and one of sales.
    sales_wait: Option<i64>,
    pub(super) by_lead: Lag,
    pub(super) by_sales: Lag,
}

/// How long a party takes to answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Lag {
    pub(super) count: u32,
    /// Days.
    #[serde(with = "bits")]
    pub(super) sum: f64,
    /// Microseconds; means nothing while `count` is 0.
    pub(super) last: i64,
}

impl Answers {
    pub(super) const NONE: Self = Self {
        first_contact: None,
        lead_waits: None,
        sales_wait: None,
        by_lead: Lag { count: 0, sum: 0.0, last: 0 },
        by_sales: Lag { count: 0, sum: 0.0, last: 0 },
    };

    /// Takes the next event of a lead's stream; how long the event that it answers has waited, in microseconds, if it answers one.
    pub(super) fn take(&mut self, party: Party, at: i64) -> Option<i64> {
        let (waiting, answered) = match party {
            Party::Lead => (&mut self.lead_waits, &mut self.sales_wait),
            Party::Sales => (&mut self.sales_wait, &mut self.lead_waits),
        };
        waiting.get_or_insert(at);
        let lag = answered.take().map(|since| at.saturating_sub(since));
        if let Some(lag) = lag {
            self.lag_mut(party).take(lag);
        }
        if party == Party::Sales {
            self.first_contact.get_or_insert(at);
        }
        lag
    }

    /// How long a party takes to answer.
    pub(super) fn lag(&self, party: Party) -> Lag {
        match party {
            Party::Lead => self.by_lead,
            Party::Sales => self.by_sales,
        }
    }

    fn lag_mut(&mut self, party: Party) -> &mut Lag {
        match party {
            Party::Lead => &mut self.by_lead,
            Party::Sales => &mut self.by_sales,
        }
    }
}

impl Lag {
    fn take(&mut self, micros: i64) {
        self.last = micros;
        self.sum += days(micros);
        self.count = self.count.saturating_add(1);
    }
}

/// The answers between sales and the account's other leads: each event answers one of the same lead's stream, and the lags of all these leads are
/// taken together, in the order of the moments of the answers. It holds memory that is used again from row to row.
#[derive(Debug, Clone, Default)]
pub(super) struct AccountAnswers {
    /// The lead of each event, and the event's place.
    events: Vec<(u32, usize)>,
    /// Of answers of the same moment the one that took longest comes first, as in one stream: so it is of no concern which lead is which.
    answers: Vec<(i64, Reverse<i64>, Party)>,
}

impl AccountAnswers {
    /// The answers among the events that are visible at `as_of`. No lags are known where not every event says whose it is.
    pub(super) fn read(&mut self, program: &Program, account: AccountEvents<'_>, as_of: i64) -> Answers {
        let Self { events, answers } = self;
        events.clear();
        answers.clear();
        let mut pooled = Answers::NONE;
        let mut all_named = true;
        for place in account.seen_for_answers(program, as_of) {
            let Some(party) = account.party(program, place) else { continue };
            if party == Party::Sales {
                pooled.first_contact.get_or_insert(account.events.at[place]);
            }
            match account.owner(place) {
                Some(lead) => events.push((lead, place)),
                None => all_named = false,
            }
        }
        if !all_named {
            return pooled;
        }
        events.sort_unstable();
        for of_lead in events.chunk_by(|(one, _), (other, _)| one == other) {
            let mut stream = Answers::NONE;
            for &(_, place) in of_lead {
                let at = account.events.at[place];
                let answered = account.party(program, place).and_then(|party| Some((at, Reverse(stream.take(party, at)?), party)));
                answers.extend(answered);
            }
        }
        answers.sort_unstable();
        answers.iter().for_each(|&(_, Reverse(lag), party)| pooled.lag_mut(party).take(lag));
        pooled
    }
}
