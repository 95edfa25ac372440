//! Who a lead is: the normal forms of e-mail addresses and telephone numbers.
//!
//! Pure functions of a text, total on any input, without a dependency: the scorer alone reads attributes with them.

mod calling_codes;
mod email;
mod mailboxes;
mod phone;

pub use email::{Email, EmailNormalisation, Mailbox, Provider};
pub use phone::{Country, Phone, PhoneForm};
