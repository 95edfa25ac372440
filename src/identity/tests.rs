//! Leads to people and accounts.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{IdentityRules, KeyStatus, LeadKeys, resolve};
use crate::features::TextColumn;

fn column(cells: &[&str]) -> TextColumn {
    TextColumn { words: cells.iter().map(|cell| (*cell).to_owned()).collect(), codes: (0..cells.len() as u32).collect() }
}

#[test]
fn leads_are_joined_over_address_and_number_and_over_each_other() {
    let keys = LeadKeys::new(6)
        .email(column(&["ann@corp.example", "ann@home.example", "Ann@Home.example", "eve@corp.example", "", "not an address"]))
        .phone(column(&["+49 30 123456", "0049 30 123456", "", "", "", ""]));
    let identity = resolve(&keys, &IdentityRules::default());
    assert_eq!((identity.person, identity.n_people), (vec![0, 0, 0, 1, 2, 3], 4), "who has no key is somebody of their own");
    let report = identity.report;
    assert_eq!((report.people_with_several_leads, report.most_leads, report.without_key, report.malformed_emails), (1, 3, 2, 1));
}

#[test]
fn what_is_on_too_many_leads_joins_nobody_and_is_listed() {
    let names: Vec<String> = (0..60).map(|i| format!("p{i}@corp{i}.example")).collect();
    let mut emails: Vec<&str> = names.iter().map(String::as_str).collect();
    emails[..55].fill("nn@none.example");
    emails[55] = "info@corp.example";
    emails[56] = "info@corp.example";
    let mut phones = vec![""; 60];
    phones[57..60].fill("+49 30 123456");
    let identity = resolve(&LeadKeys::new(60).email(column(&emails)).phone(column(&phones)), &IdentityRules::default());
    assert_eq!(identity.n_people, 60);
    assert_eq!(
        (identity.email_status[0], identity.email_status[55], identity.phone_status[58]),
        (KeyStatus::Shared, KeyStatus::Generic, KeyStatus::Shared)
    );
    let listed: Vec<(&str, &str, usize, usize)> =
        identity.report.shared.iter().map(|shared| (shared.sort, shared.key.as_str(), shared.leads, shared.emails)).collect();
    assert_eq!(listed, [("email", "nn@none.example", 55, 0), ("phone", "+4930123456", 3, 3)]);
    let wider = IdentityRules::default().max_leads(100).max_emails_per_phone(5);
    let identity = resolve(&LeadKeys::new(60).email(column(&emails)).phone(column(&phones)), &wider);
    assert_eq!((identity.n_people, identity.report.shared.len()), (60 - 54 - 2, 0));
}

#[test]
fn the_account_is_that_of_the_column_or_of_the_domain() {
    let keys = LeadKeys::new(9).account(column(&["ACME Inc", "acme  inc", "", "n/a", "", "Globex", "Initech", "", ""])).email(column(&[
        "a@acme.example",
        "b@gmail.com",
        "c@acme.example",
        "d@gmail.com",
        "info@solo.example",
        "e@two.example",
        "f@two.example",
        "g@two.example",
        "h@SOLO.example",
    ]));
    let identity = resolve(&keys, &IdentityRules::default());
    let account: Vec<Option<&str>> = (0..9).map(|lead| identity.account.word(lead)).collect();
    let (acme, solo) = (Some("acme inc"), Some("solo.example"));
    assert_eq!(account, [acme, acme, acme, None, solo, Some("globex"), Some("initech"), None, solo]);
    let report = &identity.report;
    assert_eq!((report.accounts, report.without_account, report.ambiguous_domains), (4, 2, 1));
}

#[test]
fn a_report_reads_as_sentences() {
    let keys = LeadKeys::new(4)
        .email(column(&["ann@corp.example", "ANN@corp.example", "info@corp.example", "ann at corp"]))
        .phone(column(&["", "", "call me", ""]))
        .created_at(vec![1, 2, 3, 4]);
    assert_eq!(
        resolve(&keys, &IdentityRules::default().max_leads(1)).report.to_string(),
        "leads: 4
people: 4
accounts: 1
leads of no known account: 1
leads without an e-mail address or telephone number that tells who they are: 4
malformed e-mail addresses: 1
mailboxes of functions, such as info@: 1
malformed telephone numbers: 1
keys on too many leads to be somebody's own: 1
  email ann@corp.example: 2 leads"
    );
    let told = resolve(&keys, &IdentityRules::default()).report.to_string();
    assert!(told.contains("people: 3\npeople with several leads: 1\n"), "{told}");
    assert!(told.contains("duplicates, which came while another lead of the person was open: 1\n"), "{told}");
}

#[test]
fn no_leads_and_columns_that_break_their_contract_do_not_panic() {
    let rules = IdentityRules::default();
    assert_eq!(resolve(&LeadKeys::default(), &rules).n_people, 0);
    let short = TextColumn { words: vec!["ann@corp.example".to_owned()], codes: vec![0, 7] };
    let keys = LeadKeys::new(4).email(short.clone()).phone(short.clone()).account(short).created_at(vec![1]).closed_at(vec![]);
    assert_eq!(resolve(&keys, &rules).person, [0, 1, 2, 3]);
}

proptest! {
    /// The slow and obviously right way: from lead to lead over every key that they share.
    #[test]
    fn people_are_those_that_keys_connect(leads in prop::collection::vec((0_usize..8, 0_usize..8), 1..20), most in 1_usize..4) {
        // The last key of each is none.
        let address = |i: usize| if i < 7 { format!("p{i}@corp.example") } else { String::new() };
        let number = |i: usize| if i < 7 { format!("+49 30 12345{i}") } else { String::new() };
        let words = |of: &dyn Fn(usize) -> String| (0..8).map(of).collect::<Vec<_>>();
        let keys = LeadKeys::new(leads.len())
            .email(TextColumn { words: words(&address), codes: leads.iter().map(|lead| lead.0 as u32).collect() })
            .phone(TextColumn { words: words(&number), codes: leads.iter().map(|lead| lead.1 as u32).collect() });
        let rules = IdentityRules::default().max_leads(most + 2).max_emails_per_phone(most);
        let identity = resolve(&keys, &rules);

        let on = |email: bool, key: usize| leads.iter().filter(|lead| (if email { lead.0 } else { lead.1 }) == key).count();
        let emails = |phone: usize| {
            leads.iter().filter(|lead| lead.1 == phone && lead.0 < 7).map(|lead| lead.0).collect::<BTreeSet<_>>().len()
        };
        let joins_email = |key: usize| key < 7 && on(true, key) <= most + 2;
        let joins_phone = |key: usize| key < 7 && on(false, key) <= most + 2 && emails(key) <= most;
        let mut person: Vec<usize> = (0..leads.len()).collect();
        for _ in 0..leads.len() {
            for a in 0..leads.len() {
                for b in 0..leads.len() {
                    let same_email = leads[a].0 == leads[b].0 && joins_email(leads[a].0);
                    let same_phone = leads[a].1 == leads[b].1 && joins_phone(leads[a].1);
                    if same_email || same_phone {
                        let first = person[a].min(person[b]);
                        (person[a], person[b]) = (first, first);
                    }
                }
            }
        }
        for a in 0..leads.len() {
            for b in 0..leads.len() {
                prop_assert_eq!(identity.person[a] == identity.person[b], person[a] == person[b], "{} and {}", a, b);
            }
        }
        prop_assert_eq!(identity.n_people, person.iter().collect::<BTreeSet<_>>().len());
        let firsts = identity.first_leads(&keys);
        prop_assert!(firsts.is_sorted(), "without moments the first row is the oldest");
    }
}
