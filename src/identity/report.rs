//! What was found when leads were resolved, counted and in words.

use std::fmt;

use super::{Identity, KeyStatus};

/// How many keys a report shows.
const SHOWN: usize = 5;

/// A key that is nobody's own.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SharedKey {
    /// `email` or `phone`.
    pub sort: &'static str,
    /// The key in normal form.
    pub key: String,
    /// On how many leads it is.
    pub leads: usize,
    /// With how many different e-mail addresses of people it is; 0 for an e-mail address.
    pub emails: usize,
}

/// What was found when leads were resolved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct IdentityReport {
    /// Leads.
    pub leads: usize,
    /// People.
    pub people: usize,
    /// People with more than one lead.
    pub people_with_several_leads: usize,
    /// The most leads that a person has.
    pub most_leads: usize,
    /// Accounts.
    pub accounts: usize,
    /// Leads of no known account.
    pub without_account: usize,
    /// Domains that are of several accounts, so that they tell none.
    pub ambiguous_domains: usize,
    /// Leads that came while another one of the person was open.
    pub duplicates: usize,
    /// Leads without a key that tells who they are.
    pub without_key: usize,
    /// E-mail addresses that can be none, by lead.
    pub malformed_emails: usize,
    /// Mailboxes of functions, by lead.
    pub generic_emails: usize,
    /// Telephone numbers that can be none, by lead.
    pub malformed_phones: usize,
    /// Keys that are nobody's own, e-mail addresses first, and of each sort those on most leads first.
    pub shared: Vec<SharedKey>,
}

impl IdentityReport {
    pub(super) fn new(identity: &Identity, starts: &[usize], shared: Vec<SharedKey>, ambiguous_domains: usize) -> Self {
        let sizes = || starts.windows(2).map(|bounds| bounds[1] - bounds[0]);
        let count = |status: &[KeyStatus], wanted: KeyStatus| status.iter().filter(|status| **status == wanted).count();
        let (email, phone) = (&identity.email_status, &identity.phone_status);
        let personal = KeyStatus::Personal;
        let mut used = vec![false; identity.account.words.len()];
        let mut without_account = 0;
        for &code in &identity.account.codes {
            match used.get_mut(code as usize) {
                Some(used) => *used = true,
                None => without_account += 1,
            }
        }
        Self {
            leads: identity.person.len(),
            people: identity.n_people,
            people_with_several_leads: sizes().filter(|size| *size > 1).count(),
            most_leads: sizes().max().unwrap_or(0),
            accounts: used.iter().filter(|used| **used).count(),
            without_account,
            ambiguous_domains,
            duplicates: identity.duplicate_of.iter().filter(|other| **other != u32::MAX).count(),
            without_key: email.iter().zip(phone).filter(|(email, phone)| **email != personal && **phone != personal).count(),
            malformed_emails: count(email, KeyStatus::Malformed),
            generic_emails: count(email, KeyStatus::Generic),
            malformed_phones: count(phone, KeyStatus::Malformed),
            shared,
        }
    }
}

/// A line for each thing that was found.
impl fmt::Display for IdentityReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "leads: {}", self.leads)?;
        let mut line = |what: &str, count: usize| if count > 0 { write!(f, "\n{what}: {count}") } else { Ok(()) };
        line("people", self.people)?;
        line("people with several leads", self.people_with_several_leads)?;
        line("accounts", self.accounts)?;
        line("leads of no known account", self.without_account)?;
        line("duplicates, which came while another lead of the person was open", self.duplicates)?;
        line("leads without an e-mail address or telephone number that tells who they are", self.without_key)?;
        line("malformed e-mail addresses", self.malformed_emails)?;
        line("mailboxes of functions, such as info@", self.generic_emails)?;
        line("malformed telephone numbers", self.malformed_phones)?;
        line("domains of several accounts, which tell none", self.ambiguous_domains)?;
        line("keys on too many leads to be somebody's own", self.shared.len())?;
        for shared in self.shared.iter().take(SHOWN) {
            write!(f, "\n  {} {}: {} leads", shared.sort, shared.key, shared.leads)?;
            if shared.emails > 0 {
                write!(f, " with {} e-mail addresses", shared.emails)?;
            }
        }
        if self.shared.len() > SHOWN { write!(f, "\n  ...") } else { Ok(()) }
    }
}
