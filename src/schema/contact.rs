//! Columns of e-mail addresses and telephone numbers: told by their words, and by their names where some of the words are malformed.

use super::names::snake;
use super::recognise::{EMAIL, PHONE, names_identifier};
use super::{ColumnClass, ColumnProfile};
use crate::identity::names_a_mailbox;

/// From this share of well-formed words on, a column is what they are, whatever it is called.
const NEARLY_ALL: f64 = 0.9;
/// The same for e-mail addresses, which nothing else looks like, of the words or of the cells.
const HALF: f64 = 0.5;

/// Digits of a telephone number at least.
const DIGITS: usize = 7;

/// Whether a column holds e-mail addresses. Called so, it does when any word is one or names a mailbox in another way: those that are none are malformed, which
/// says something of a lead, and addresses are no categories, for they would stand in a model file.
pub(super) fn holds_emails(column: &ColumnProfile) -> bool {
    let many = column.emails >= HALF || column.email_cells >= HALF;
    let some = || column.email_cells > 0.0 || column.words.iter().any(|word| names_a_mailbox(word));
    column.class == ColumnClass::Words && (many || (is_called(&column.name, &EMAIL) && some()))
}

/// Whether a column of words holds telephone numbers. Many numbers look like them, so a column must be called so; and so do dates.
pub(super) fn holds_phones(column: &ColumnProfile) -> bool {
    let name = snake(&column.name);
    let hinted = || name.split('_').any(|word| word.contains("phone") || matches!(word, "mobile" | "tel"));
    let nearly_all = || column.phones >= NEARLY_ALL && hinted() && !names_identifier(&name);
    column.class == ColumnClass::Words && !column.holds_times() && (nearly_all() || is_called_phone(column))
}

/// Whether a column is called telephone numbers, and holds words or numbers that may be some.
pub(super) fn is_called_phone(column: &ColumnProfile) -> bool {
    let digits = |word: &String| word.bytes().filter(u8::is_ascii_digit).count() >= DIGITS;
    is_called(&column.name, &PHONE) && (column.phones > 0.0 || column.words.iter().any(digits))
}

/// Whether nearly all words are telephone numbers, whatever the column is called.
pub(super) fn looks_like_phones(column: &ColumnProfile) -> bool {
    column.phones >= NEARLY_ALL || holds_phones(column)
}

/// Why a column is one of `what`, of which this share of the words is well-formed.
pub(super) fn reason(what: &str, well_formed: f64) -> String {
    let malformed = 100.0 * (1.0 - well_formed);
    if well_formed >= 1.0 {
        what.to_owned()
    } else if malformed < 1.0 {
        format!("{what}; less than 1 % of the words are malformed")
    } else {
        format!("{what}; {malformed:.0} % of the words are malformed, which is a feature")
    }
}

/// Whether the last words of a name are one of some, whatever number follows: `Work E-Mail 2`.
fn is_called(name: &str, ends: &[&str]) -> bool {
    let name = snake(name);
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_');
    // Mail with something before it may be of paper.
    let ends_so = |end: &str| name.strip_suffix(end).is_some_and(|before| before.is_empty() || (before.ends_with('_') && end != "mail"));
    ends.iter().any(|end| ends_so(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_by_their_last_words() {
        for name in ["email", "E-Mail", "Work Email", "emailAddress", "EMAIL_ADDRESS", "contact_e_mail_2", "email1", "mail", "Email ID"] {
            assert!(is_called(name, &EMAIL), "{name}");
        }
        for name in ["email_opt_in", "email_domain", "do_not_email_reason", "voicemails", "gmail", "mailing", "direct_mail"] {
            assert!(!is_called(name, &EMAIL), "{name}");
        }
        for name in ["phone", "Mobile Phone", "phone_2", "Telefon", "mobile_number", "homePhone", "Phone No."] {
            assert!(is_called(name, &PHONE), "{name}");
        }
        for name in ["phone_model", "hotel", "mobile", "telco", "headphone", "saxophone", "phones"] {
            assert!(!is_called(name, &PHONE), "{name}");
        }
    }
}
