//! Who a lead is: the normal forms of e-mail addresses and telephone numbers, and what a job title says.
//!
//! Pure functions of a text, total on any input, without a dependency: the scorer alone reads attributes with them.

mod calling_codes;
mod email;
mod mailboxes;
mod phone;
mod title;
mod title_words;

pub use email::{Email, EmailNormalisation, Mailbox, Provider};
pub use phone::{Country, Phone, PhoneForm};
pub use title::{Department, JobTitle, Seniority};
