//! What of leads and events tells who they are of, and its normal form.

use std::collections::HashMap;

use super::{Country, Email, EmailNormalisation, Mailbox, Phone};
use crate::features::TextColumn;

/// What "none" is among places.
pub(super) const NONE: u32 = u32::MAX;

/// What of leads tells who they are, one value a lead, as found in the source.
///
/// ```
/// use leadscore::TextColumn;
/// use leadscore::identity::LeadKeys;
/// let emails = TextColumn { words: vec!["ann@corp.example".to_owned()], codes: vec![0, u32::MAX] };
/// let keys = LeadKeys::new(2).email(emails).created_at(vec![10, 20]);
/// assert_eq!(keys.len(), 2);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct LeadKeys {
    n_leads: usize,
    /// E-mail addresses.
    pub email: Option<TextColumn>,
    /// Telephone numbers.
    pub phone: Option<TextColumn>,
    /// Accounts.
    pub account: Option<TextColumn>,
    /// When each lead was created, microseconds since 1970-01-01 UTC; `i64::MIN` when not known. Empty when nothing is known of it.
    pub created_at: Vec<i64>,
    /// When each lead was closed, microseconds since 1970-01-01 UTC; `i64::MIN` while it is open. Empty when all are open.
    pub closed_at: Vec<i64>,
}

impl LeadKeys {
    /// Keys of so many leads, of which nothing is known so far.
    #[must_use]
    pub fn new(n_leads: usize) -> Self {
        Self { n_leads, ..Self::default() }
    }

    /// The e-mail address of each lead.
    #[must_use]
    pub fn email(mut self, email: TextColumn) -> Self {
        self.email = Some(email);
        self
    }

    /// The telephone number of each lead.
    #[must_use]
    pub fn phone(mut self, phone: TextColumn) -> Self {
        self.phone = Some(phone);
        self
    }

    /// The account of each lead.
    #[must_use]
    pub fn account(mut self, account: TextColumn) -> Self {
        self.account = Some(account);
        self
    }

    /// When each lead was created, microseconds since 1970-01-01 UTC.
    #[must_use]
    pub fn created_at(mut self, created_at: Vec<i64>) -> Self {
        self.created_at = created_at;
        self
    }

    /// When each lead was closed, microseconds since 1970-01-01 UTC, `i64::MIN` while it is open.
    #[must_use]
    pub fn closed_at(mut self, closed_at: Vec<i64>) -> Self {
        self.closed_at = closed_at;
        self
    }

    /// How many leads.
    #[must_use]
    pub fn len(&self) -> usize {
        self.n_leads
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.n_leads == 0
    }

    /// When a lead was created: before everything, when that is not known.
    pub(super) fn created(&self, lead: u32) -> i64 {
        self.created_at.get(lead as usize).copied().unwrap_or(i64::MIN)
    }

    /// When a lead was closed: after everything, when it was not.
    pub(super) fn closed(&self, lead: u32) -> i64 {
        self.closed_at.get(lead as usize).copied().filter(|&t| t != i64::MIN).unwrap_or(i64::MAX)
    }
}

/// What an e-mail address or a telephone number is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum KeyStatus {
    /// There is none.
    Missing,
    /// It can be none: `ann at corp`, `call me`.
    Malformed,
    /// A mailbox of a function, such as info@: whoever writes from it need not be the same.
    Generic,
    /// On so many leads that it is nobody's own: see [`IdentityRules`](super::IdentityRules).
    Shared,
    /// It tells who the lead is.
    Personal,
}

impl KeyStatus {
    /// The word for it, for example `personal`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::Generic => "generic",
            Self::Shared => "shared",
            Self::Personal => "personal",
        }
    }
}

/// One sort of key of leads or events in normal form.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct NormalKeys {
    /// The normal form of each, missing where there is none.
    pub(super) key: TextColumn,
    pub(super) status: Vec<KeyStatus>,
}

impl NormalKeys {
    pub(super) fn emails(column: Option<&TextColumn>, n: usize) -> Self {
        Self::new(column, n, |text| {
            let email = Email::parse(text);
            let status = if email.mailbox() == Some(Mailbox::Generic) { KeyStatus::Generic } else { KeyStatus::Personal };
            Some((email.normal_form(EmailNormalisation::PERSON)?, status))
        })
    }

    pub(super) fn phones(column: Option<&TextColumn>, n: usize, home: Option<Country>) -> Self {
        Self::new(column, n, |text| Some((Phone::parse(text, home).normal_form()?, KeyStatus::Personal)))
    }

    /// Reads each distinct word once.
    fn new(column: Option<&TextColumn>, n: usize, read: impl Fn(&str) -> Option<(String, KeyStatus)>) -> Self {
        let mut keys = Self { key: TextColumn { words: Vec::new(), codes: vec![NONE; n] }, status: vec![KeyStatus::Missing; n] };
        let Some(column) = column else { return keys };
        let mut places: HashMap<String, u32> = HashMap::with_capacity(column.words.len());
        let mut words = Vec::new();
        let of_word: Vec<(u32, KeyStatus)> = (column.words.iter())
            .map(|word| match read(word) {
                None if crate::schema::canonical(word, &std::collections::BTreeMap::new()).is_none() => (NONE, KeyStatus::Missing),
                None => (NONE, KeyStatus::Malformed),
                Some((form, status)) => {
                    let place = *places.entry(form).or_insert_with_key(|form| {
                        words.push(form.clone());
                        words.len() as u32 - 1
                    });
                    (place, status)
                }
            })
            .collect();
        for ((code, status), &word) in keys.key.codes.iter_mut().zip(&mut keys.status).zip(&column.codes) {
            if let Some(read) = of_word.get(word as usize) {
                (*code, *status) = *read;
            }
        }
        keys.key.words = words;
        keys
    }

    /// How many leads have each key.
    pub(super) fn counts(&self) -> Vec<u32> {
        let mut counts = vec![0; self.key.words.len()];
        self.key.codes.iter().for_each(|&code| {
            if let Some(count) = counts.get_mut(code as usize) {
                *count += 1;
            }
        });
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(cells: &[&str]) -> TextColumn {
        TextColumn { words: cells.iter().map(|cell| (*cell).to_owned()).collect(), codes: (0..cells.len() as u32).collect() }
    }

    #[test]
    fn spellings_of_one_address_are_one_key_and_what_is_none_is_told_apart_from_what_is_missing() {
        let emails = column(&["Ann@Corp.example", "ann+fair@corp.example", "info@corp.example", "ann at corp", " ", "n/a"]);
        let keys = NormalKeys::emails(Some(&emails), 7);
        assert_eq!(keys.key.codes, [0, 0, 1, NONE, NONE, NONE, NONE]);
        assert_eq!(keys.key.words, ["ann@corp.example", "info@corp.example"]);
        use KeyStatus::{Generic, Malformed, Missing, Personal};
        assert_eq!(keys.status, [Personal, Personal, Generic, Malformed, Missing, Missing, Missing]);
        assert_eq!(keys.counts(), [2, 1]);
    }

    #[test]
    fn a_number_with_and_without_its_calling_code_is_one_key_when_the_country_is_known() {
        let phones = column(&["030 12345678", "+49 30 12345678", "call me"]);
        let home = NormalKeys::phones(Some(&phones), 3, Country::from_iso("DE"));
        assert_eq!(home.key.codes, [0, 0, NONE]);
        assert_eq!(NormalKeys::phones(Some(&phones), 3, None).key.codes, [0, 1, NONE]);
        assert_eq!(home.status[2], KeyStatus::Malformed);
    }
}
