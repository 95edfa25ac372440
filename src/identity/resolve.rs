//! Leads to people and accounts.

use std::collections::HashMap;

use super::duplicates::overlapping;
use super::keys::{NONE, NormalKeys};
use super::union_find::UnionFind;
use super::{Country, Email, IdentityReport, KeyStatus, LeadKeys, Provider, SharedKey};
use crate::features::TextColumn;
use crate::schema::account_key;

/// When leads are of one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct IdentityRules {
    /// The country of telephone numbers that are written without a calling code. Default: not known.
    pub country: Option<Country>,
    /// An e-mail address or a telephone number on more leads than this is shared, and joins nobody. Default 50.
    pub max_leads: usize,
    /// A telephone number on leads with more different e-mail addresses than this is a switchboard's, and joins nobody. Default 2: people have an
    /// address at work and one at home.
    pub max_emails_per_phone: usize,
}

impl Default for IdentityRules {
    fn default() -> Self {
        Self { country: None, max_leads: 50, max_emails_per_phone: 2 }
    }
}

impl IdentityRules {
    /// Sets the country of telephone numbers without a calling code.
    #[must_use]
    pub fn country(mut self, country: Country) -> Self {
        self.country = Some(country);
        self
    }

    /// Sets on how many leads a key may be.
    #[must_use]
    pub fn max_leads(mut self, leads: usize) -> Self {
        self.max_leads = leads;
        self
    }

    /// Sets with how many e-mail addresses a telephone number may be.
    #[must_use]
    pub fn max_emails_per_phone(mut self, emails: usize) -> Self {
        self.max_emails_per_phone = emails;
        self
    }
}

/// Who the leads are.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Identity {
    /// The person of each lead, numbered in the order of their first leads.
    pub person: Vec<u32>,
    /// How many people there are.
    pub n_people: usize,
    /// The account of each lead: the word of the account, or the domain of the e-mail address; missing when neither is known.
    pub account: TextColumn,
    /// The normal form of each lead's e-mail address.
    pub email: TextColumn,
    /// What each lead's e-mail address is good for.
    pub email_status: Vec<KeyStatus>,
    /// The normal form of each lead's telephone number.
    pub phone: TextColumn,
    /// What each lead's telephone number is good for.
    pub phone_status: Vec<KeyStatus>,
    /// Of each lead the oldest one of the same person that was still open when it came; `u32::MAX` when there was none.
    pub duplicate_of: Vec<u32>,
    /// What was found, counted.
    pub report: IdentityReport,
}

impl Identity {
    /// The leads of each person, the oldest first: those of person `p` are `.1[.0[p]..=.0[p + 1]]`, without the last.
    pub(super) fn leads_of_people(&self, leads: &LeadKeys) -> (Vec<usize>, Vec<u32>) {
        let mut starts = vec![0; self.n_people + 1];
        self.person.iter().for_each(|&person| starts[person as usize + 1] += 1);
        for person in 0..self.n_people {
            starts[person + 1] += starts[person];
        }
        let mut next = starts.clone();
        let mut members = vec![0; self.person.len()];
        for (lead, &person) in (0..).zip(&self.person) {
            members[next[person as usize]] = lead;
            next[person as usize] += 1;
        }
        for person in 0..self.n_people {
            members[starts[person]..starts[person + 1]].sort_by_key(|&lead| leads.created(lead));
        }
        (starts, members)
    }

    /// The oldest lead of each person; of those created at the same moment, the first.
    #[must_use]
    pub fn first_leads(&self, leads: &LeadKeys) -> Vec<u32> {
        let (starts, members) = self.leads_of_people(leads);
        (0..self.n_people).map(|person| members[starts[person]]).collect()
    }
}

/// Finds out which leads are of one person, and which of one account.
///
/// Leads are of one person when they have the same e-mail address or the same telephone number, both in normal form, directly or by way of other
/// leads. Mailboxes of functions (info@), and keys that are on too many leads ([`IdentityRules`]), join nobody; the report lists them. A lead
/// without any key is a person of its own.
///
/// An account is what the column of accounts says, however it is spelled ([`account_key`]). A lead without one is of the account of its e-mail
/// address's domain, unless everybody can have a mailbox there: the one account that other leads of the domain have, the domain itself when none of
/// them has any, and an unknown one when they have several.
///
/// The same leads in the same order give the same answer. It takes time linear in the leads.
///
/// ```
/// use leadscore::TextColumn;
/// use leadscore::identity::{IdentityRules, LeadKeys, resolve};
/// let column = |words: &[&str]| TextColumn { words: words.iter().map(|w| (*w).to_owned()).collect(), codes: (0..words.len() as u32).collect() };
/// let keys = LeadKeys::new(3)
///     .email(column(&["Ann@corp.example", "ann+fair@corp.example", "bob@corp.example"]))
///     .phone(column(&["+49 30 123456", "", "+49 30 654321"]));
/// let identity = resolve(&keys, &IdentityRules::default());
/// assert_eq!(identity.person, [0, 0, 1]);
/// assert_eq!(identity.account.word(2), Some("corp.example"));
/// ```
#[must_use]
pub fn resolve(leads: &LeadKeys, rules: &IdentityRules) -> Identity {
    let n = leads.len();
    let mut email = NormalKeys::emails(leads.email.as_ref(), n);
    let mut phone = NormalKeys::phones(leads.phone.as_ref(), n, rules.country);
    let emails_of_phone = emails_of_phones(&email, &phone);
    let mut shared = share(&mut email, "email", |_, leads| leads as usize > rules.max_leads, |_| 0);
    let switchboard = |key: usize| emails_of_phone[key] as usize > rules.max_emails_per_phone;
    let too_many = |key: usize, leads: u32| leads as usize > rules.max_leads || switchboard(key);
    shared.extend(share(&mut phone, "phone", too_many, |key| emails_of_phone[key] as usize));

    let mut people = UnionFind::new(n);
    for keys in [&email, &phone] {
        let mut first = vec![NONE; keys.key.words.len()];
        for (lead, (&code, &status)) in (0..).zip(keys.key.codes.iter().zip(&keys.status)) {
            if status == KeyStatus::Personal {
                let first = &mut first[code as usize];
                if *first == NONE {
                    *first = lead;
                }
                people.join(*first, lead);
            }
        }
    }
    let (person, n_people) = people.numbered();
    let (account, ambiguous_domains) = accounts(leads, &email);
    let mut identity = Identity {
        person,
        n_people,
        account,
        email: email.key,
        email_status: email.status,
        phone: phone.key,
        phone_status: phone.status,
        duplicate_of: Vec::new(),
        report: IdentityReport::default(),
    };
    let (starts, members) = identity.leads_of_people(leads);
    identity.duplicate_of = overlapping(leads, &starts, &members);
    identity.report = IdentityReport::new(&identity, &starts, shared, ambiguous_domains);
    identity
}

/// With how many different e-mail addresses of people each telephone number is.
fn emails_of_phones(email: &NormalKeys, phone: &NormalKeys) -> Vec<u32> {
    let of_person = |lead: &usize| phone.key.codes[*lead] != NONE && email.status[*lead] == KeyStatus::Personal;
    let mut pairs: Vec<(u32, u32)> =
        (0..phone.key.codes.len()).filter(of_person).map(|lead| (phone.key.codes[lead], email.key.codes[lead])).collect();
    pairs.sort_unstable();
    pairs.dedup();
    let mut counts = vec![0; phone.key.words.len()];
    pairs.iter().for_each(|&(phone, _)| counts[phone as usize] += 1);
    counts
}

/// Marks personal keys that are on too many leads as shared, and lists them, those on most leads first.
fn share(
    keys: &mut NormalKeys,
    sort: &'static str,
    too_many: impl Fn(usize, u32) -> bool,
    emails: impl Fn(usize) -> usize,
) -> Vec<SharedKey> {
    let counts = keys.counts();
    let is_shared: Vec<bool> = counts.iter().enumerate().map(|(key, &leads)| too_many(key, leads)).collect();
    let mut listed = vec![false; counts.len()];
    for (&code, status) in keys.key.codes.iter().zip(&mut keys.status) {
        if *status == KeyStatus::Personal && is_shared[code as usize] {
            *status = KeyStatus::Shared;
            listed[code as usize] = true;
        }
    }
    let of_key =
        |(key, _): (usize, &bool)| SharedKey { sort, key: keys.key.words[key].clone(), leads: counts[key] as usize, emails: emails(key) };
    let mut shared: Vec<SharedKey> = listed.iter().enumerate().filter(|(_, listed)| **listed).map(of_key).collect();
    shared.sort_by(|a, b| b.leads.cmp(&a.leads).then_with(|| a.key.cmp(&b.key)));
    shared
}

/// What the domain of an e-mail address says of the account.
#[derive(Clone, Copy, PartialEq, Eq)]
enum DomainOf {
    /// None of its leads has one.
    Nobody,
    One(u32),
    Several,
}

/// The account of each lead, and how many domains are of several.
fn accounts(leads: &LeadKeys, email: &NormalKeys) -> (TextColumn, usize) {
    let mut words: Vec<String> = Vec::new();
    let mut places: HashMap<String, u32> = HashMap::new();
    let mut place = |word: &str, words: &mut Vec<String>| match places.get(word) {
        Some(&place) => place,
        None => {
            words.push(word.to_owned());
            places.insert(word.to_owned(), words.len() as u32 - 1);
            words.len() as u32 - 1
        }
    };
    let mut codes = vec![NONE; leads.len()];
    if let Some(column) = &leads.account {
        let of_word: Vec<u32> = column.words.iter().map(|word| account_key(word).map_or(NONE, |key| place(&key, &mut words))).collect();
        codes.iter_mut().zip(&column.codes).for_each(|(code, &word)| *code = of_word.get(word as usize).copied().unwrap_or(NONE));
    }
    // The domain of each address, once: addresses are in normal form, so domains are in small letters.
    let mut domains: HashMap<&str, u32> = HashMap::new();
    let mut domain_words: Vec<&str> = Vec::new();
    let domain_of: Vec<u32> = (email.key.words.iter())
        .map(|address| {
            let address = Email::parse(address);
            let of_all = matches!(address.provider(), None | Some(Provider::Free | Provider::Disposable));
            let Some(domain) = address.domain().filter(|_| !of_all) else { return NONE };
            *domains.entry(domain).or_insert_with(|| {
                domain_words.push(domain);
                domain_words.len() as u32 - 1
            })
        })
        .collect();
    let domain = |lead: usize| domain_of.get(email.key.codes[lead] as usize).copied().filter(|&domain| domain != NONE);
    let mut of_domain = vec![DomainOf::Nobody; domain_words.len()];
    for (lead, &account) in codes.iter().enumerate().filter(|(_, account)| **account != NONE) {
        if let Some(domain) = domain(lead) {
            let of_domain = &mut of_domain[domain as usize];
            *of_domain = match *of_domain {
                DomainOf::Nobody => DomainOf::One(account),
                one @ DomainOf::One(known) if known == account => one,
                _ => DomainOf::Several,
            };
        }
    }
    for (lead, code) in codes.iter_mut().enumerate().filter(|(_, code)| **code == NONE) {
        if let Some(domain) = domain(lead) {
            let of_domain = &mut of_domain[domain as usize];
            if *of_domain == DomainOf::Nobody {
                *of_domain = DomainOf::One(place(domain_words[domain as usize], &mut words));
            }
            if let DomainOf::One(account) = *of_domain {
                *code = account;
            }
        }
    }
    let several = of_domain.iter().filter(|of_domain| **of_domain == DomainOf::Several).count();
    (TextColumn { words, codes }, several)
}
