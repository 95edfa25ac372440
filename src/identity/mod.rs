//! Who a lead is: the normal forms of e-mail addresses and telephone numbers, what a job title says, the people and accounts behind leads, and the lead
//! behind an event.
//!
//! | step | what it does |
//! |---|---|
//! | [`Email`], [`Phone`] | the normal form of a key, and whether it can be one |
//! | [`resolve`] | leads to people and accounts, duplicates, keys that are nobody's own |
//! | [`identical_leads`] | leads that differ in nothing but their identifiers |
//! | [`route`] | events to the open lead of their person; orphans, each with its reason |
//!
//! Pure functions, total on any input, without a dependency: the scorer alone reads attributes with them.

mod calling_codes;
mod duplicates;
mod email;
mod keys;
mod mailboxes;
mod phone;
mod report;
mod resolve;
mod route;
#[cfg(test)]
mod tests;
mod title;
mod title_words;
mod union_find;

pub use duplicates::identical_leads;
pub(crate) use email::names_a_mailbox;
pub use email::{Email, EmailNormalisation, Mailbox, Provider};
pub use keys::{KeyStatus, LeadKeys};
pub use phone::{Country, Phone, PhoneForm};
pub use report::{IdentityReport, SharedKey};
pub use resolve::{Identity, IdentityRules, resolve};
pub use route::{EventKeys, Route, RouteTo, Routed, route};
pub use title::{Department, JobTitle, Seniority};
