//! The events of an account, as each of its leads sees them: all but its own.

use std::num::NonZero;
use std::ops::Range;

use super::coding::OrderKey;
use super::program::Program;
use super::source::Party;
use super::{EventTable, Events, FeaturePlan, LeadTable};
use crate::parallel;

/// How many events of an account's other leads are read, the newest. More tell no more of an account, and without an end to them a word that
/// stands for "no account" on half of all leads would cost every one of them half of all events.
const MOST_EVENTS: usize = 1024;

/// Events that are worth a thread of their own.
const EVENTS_PER_THREAD: usize = 1 << 16;

/// The events of the other leads of a lead's account, as one slice in the order `(at, recorded_at, kind, channel, value bits)`.
///
/// They are seen by the rules of the lead's own events, and the newest 1,024 count of those that are seen and that the plan reads; answers are told by the newest
/// 1,024 of the seen events that the plan reads for any purpose, answers included (events that are equal in all but their lead count together or not at
/// all). An event of a lead that was created after it counts from that creation on: its `recorded_at` is then not before the creation.
///
/// ```
/// use leadscore::{AccountEvents, Events};
/// let of_others = AccountEvents::from(Events { at: &[10, 20], kind: &[0, 1], ..Events::default() });
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct AccountEvents<'a> {
    pub(super) events: Events<'a>,
    /// The lead of each event, [`UNNAMED`] where that is not said; empty when it is said of none.
    owner: &'a [u32],
    /// The lead that sees them, when some may be its own.
    lead: Option<u32>,
}

/// The lead of an event that does not say whose it is.
pub(crate) const UNNAMED: u32 = u32::MAX;

impl<'a> From<Events<'a>> for AccountEvents<'a> {
    /// Events of which none is the lead's own, and that do not say whose they are.
    fn from(events: Events<'a>) -> Self {
        Self { events, owner: &[], lead: None }
    }
}

impl<'a> AccountEvents<'a> {
    /// These events, of which none is the lead's own, of such leads: one number an event, the same for events of the same lead. Without it, it is not known how
    /// long these leads and sales take to answer each other.
    ///
    /// ```
    /// use leadscore::{AccountEvents, Events};
    /// let events = Events { at: &[10, 20, 30], kind: &[0, 1, 1], ..Events::default() };
    /// let of_two = AccountEvents::from(events).of_leads(&[0, 1, 0]);
    /// ```
    #[must_use]
    pub fn of_leads(self, leads: &'a [u32]) -> Self {
        Self { owner: leads, ..self }
    }

    /// Whose the event at a place is, if that is said.
    pub(super) fn owner(&self, place: usize) -> Option<u32> {
        self.owner.get(place).copied().filter(|owner| *owner != UNNAMED)
    }

    /// Who started the event at a place, if that is asked.
    pub(super) fn party(&self, program: &Program, place: usize) -> Option<Party> {
        program.party(program.kind(self.events.kind[place]))
    }

    /// Whether the event at a place is another lead's and is known at `as_of`.
    #[inline]
    fn is_seen(&self, place: usize, as_of: i64) -> bool {
        self.owner.get(place).is_none_or(|owner| self.lead != Some(*owner))
            && self.events.recorded_at.get(place).is_none_or(|&recorded| recorded <= as_of)
    }

    /// Whether the event at a place is seen at `as_of`, and is one that the plan reads.
    #[inline]
    pub(super) fn counts(&self, program: &Program, place: usize, as_of: i64) -> bool {
        self.is_seen(place, as_of) && program.tracks_of(program.kind(self.events.kind[place])).is_some()
    }

    /// How many events have happened by `as_of`.
    fn happened(&self, as_of: i64) -> usize {
        let n = self.events.at.len().min(self.events.kind.len());
        self.events.at[..n].partition_point(|&at| at <= as_of)
    }

    /// Whether any event counts.
    pub(super) fn any(&self, program: &Program, as_of: i64) -> bool {
        (0..self.happened(as_of)).any(|place| self.counts(program, place, as_of))
    }

    /// The place of the oldest of the newest events that count.
    pub(super) fn first(&self, program: &Program, as_of: i64) -> usize {
        first_of_newest(self.happened(as_of), |place| self.counts(program, place, as_of))
    }

    /// The first place from `cut` on, or the one after all events that are equal to that at `cut` where some of them count before it. Of events that are equal in all
    /// but their lead, as mails to many are, no order says which are the newer.
    fn after_cut_ties(&self, cut: usize, counts: impl Fn(usize) -> bool) -> usize {
        let is_equal = |&place: &usize| self.key(place) == self.key(cut);
        if !(0..cut).rev().take_while(is_equal).any(counts) {
            return cut;
        }
        cut + (cut..self.events.at.len()).take_while(is_equal).count()
    }

    /// What events are in order by.
    fn key(&self, place: usize) -> OrderKey {
        let Events { at, recorded_at, kind, channel, value } = self.events;
        let of = |values: &[u16]| values.get(place).copied().unwrap_or(0);
        let at = at.get(place).copied().unwrap_or(i64::MIN);
        let recorded_at = recorded_at.get(place).copied().unwrap_or(at);
        (at, recorded_at, of(kind), of(channel), value.get(place).map_or(0, |value| value.to_bits()))
    }

    /// The places of the newest events that count or tell who answers whom, oldest first. Which these are depends on no feature that is asked for, and on no order of leads.
    pub(super) fn seen_for_answers(&self, program: &Program, as_of: i64) -> impl Iterator<Item = usize> {
        let happened = self.happened(as_of);
        let counts = move |place: usize| self.is_seen(place, as_of) && program.holds(program.kind(self.events.kind[place]));
        (self.after_cut_ties(first_of_newest(happened, counts), counts)..happened).filter(move |&place| counts(place))
    }
}

/// The place of the oldest of the newest [`MOST_EVENTS`] that count, of `n` events.
fn first_of_newest(n: usize, counts: impl Fn(usize) -> bool) -> usize {
    if n <= MOST_EVENTS {
        return 0;
    }
    (0..n).rev().filter(|&place| counts(place)).nth(MOST_EVENTS - 1).unwrap_or(0)
}

/// The events of the accounts of a table of leads, each account's in one slice, so that every lead of it can read the others' where they are.
///
/// It holds the events of accounts with at least two leads, and of them those that the plan reads: 28 bytes each.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccountTable {
    events: Columns,
    /// Events of account `i` are `offsets[i]..offsets[i + 1]`.
    offsets: Vec<usize>,
    /// Per lead its account; `u32::MAX` when that is not known.
    account: Vec<u32>,
}

#[derive(Debug, Clone, Default, PartialEq)]
struct Columns {
    at: Vec<i64>,
    recorded_at: Vec<i64>,
    kind: Vec<u16>,
    channel: Vec<u16>,
    value: Vec<f32>,
    owner: Vec<u32>,
}

impl FeaturePlan {
    /// The events by account; `None` when the plan reads no account's events, or the leads do not say to which account they belong.
    ///
    /// `events` are those that the plan made of the same leads. The table is the same on any number of processors.
    #[must_use]
    pub fn account_events(&self, leads: &LeadTable, events: &EventTable) -> Option<AccountTable> {
        let account = leads.account.as_ref().filter(|_| self.program.needs_account)?;
        let n_accounts = account.words.len();
        let account: Vec<u32> = account.codes.iter().map(|&code| if (code as usize) < n_accounts { code } else { u32::MAX }).collect();
        let members = Members::of(&account, n_accounts);
        let available = std::thread::available_parallelism().map_or(1, NonZero::get);
        let n_threads = available.clamp(1, events.len().div_ceil(EVENTS_PER_THREAD).max(1));
        // As many leads for each thread, in whole accounts.
        let boundary = |thread: usize| members.starts.partition_point(|&start| start < members.leads.len() * thread / n_threads);
        let ranges: Vec<Range<usize>> =
            (0..n_threads).map(|t| boundary(t)..if t + 1 == n_threads { n_accounts } else { boundary(t + 1) }).collect();
        let gather = |accounts: Range<usize>| gather(&self.program, leads, events, &members, accounts);
        let parts = parallel::map(ranges, gather);
        let mut table = AccountTable { events: Columns::default(), offsets: Vec::with_capacity(n_accounts + 1), account };
        table.offsets.push(0);
        for (columns, counts) in parts {
            table.offsets.extend(counts.iter().scan(table.events.at.len(), |end, count| {
                *end += count;
                Some(*end)
            }));
            table.events.append(columns);
        }
        Some(table)
    }
}

impl AccountTable {
    /// The events of the other leads of the account of the lead in row `row`; none when it is alone, `None` when its account is not known.
    #[must_use]
    pub fn others(&self, row: usize) -> Option<AccountEvents<'_>> {
        let account = self.account.get(row).filter(|account| **account != u32::MAX)?;
        let (&start, &end) = (self.offsets.get(*account as usize)?, self.offsets.get(*account as usize + 1)?);
        let Columns { at, recorded_at, kind, channel, value, owner } = &self.events;
        let events = Events {
            at: &at[start..end],
            recorded_at: &recorded_at[start..end],
            kind: &kind[start..end],
            channel: &channel[start..end],
            value: &value[start..end],
        };
        Some(AccountEvents { events, owner: &owner[start..end], lead: Some(row as u32) })
    }
}

/// The leads of each account.
struct Members {
    /// Leads of account `i` are `leads[starts[i]..starts[i + 1]]`.
    starts: Vec<usize>,
    leads: Vec<u32>,
}

impl Members {
    fn of(account: &[u32], n_accounts: usize) -> Self {
        let mut starts = vec![0; n_accounts + 1];
        account.iter().filter(|code| **code != u32::MAX).for_each(|&code| starts[code as usize + 1] += 1);
        for i in 0..n_accounts {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut leads = vec![0; starts[n_accounts]];
        for (lead, &code) in (0..).zip(account).filter(|(_, code)| **code != u32::MAX) {
            leads[next[code as usize]] = lead;
            next[code as usize] += 1;
        }
        Self { starts, leads }
    }
}

/// The events of some accounts in order, and how many each has.
fn gather(program: &Program, leads: &LeadTable, events: &EventTable, members: &Members, accounts: Range<usize>) -> (Columns, Vec<usize>) {
    let mut columns = Columns::default();
    let mut counts = Vec::with_capacity(accounts.len());
    let mut records: Vec<(OrderKey, u32)> = Vec::new();
    for account in accounts {
        let of_account = &members.leads[members.starts[account]..members.starts[account + 1]];
        records.clear();
        // A lead that is alone sees nobody's events.
        for &lead in of_account.iter().filter(|_| of_account.len() > 1) {
            let created = leads.created(lead as usize).unwrap_or(i64::MIN);
            let own = events.lead(lead as usize);
            let held = |&i: &usize| {
                let kind = program.kind(own.kind[i]);
                program.tracks_of(kind).is_some() || (program.account_sees_answers && program.holds(kind))
            };
            records.extend((0..own.at.len()).filter(held).map(|i| {
                let known = own.recorded_at.get(i).copied().unwrap_or(own.at[i]).max(created);
                ((own.at[i], known, own.kind[i], own.channel[i], own.value[i].to_bits()), lead)
            }));
        }
        // Each lead's events are in order already, which a stable sort makes use of.
        records.sort();
        records.iter().for_each(|&record| columns.push(record));
        counts.push(records.len());
    }
    (columns, counts)
}

impl Columns {
    fn push(&mut self, ((at, recorded_at, kind, channel, value), owner): (OrderKey, u32)) {
        self.at.push(at);
        self.recorded_at.push(recorded_at);
        self.kind.push(kind);
        self.channel.push(channel);
        self.value.push(f32::from_bits(value));
        self.owner.push(owner);
    }

    fn append(&mut self, mut other: Self) {
        if self.at.is_empty() {
            *self = other;
            return;
        }
        self.at.append(&mut other.at);
        self.recorded_at.append(&mut other.recorded_at);
        self.kind.append(&mut other.kind);
        self.channel.append(&mut other.channel);
        self.value.append(&mut other.value);
        self.owner.append(&mut other.owner);
    }
}
