//! What a text says besides being there: the domain of an e-mail address, the country of a telephone number, the seniority of a job title.

use serde::{Deserialize, Serialize};

use crate::identity::{Country, Department, Email, JobTitle, Mailbox, Phone, Provider};
use crate::schema::Attribute;

/// One thing that a text says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Part {
    /// The domain of an address.
    EmailDomain,
    /// Who gives out the mailbox: a [`Provider`].
    EmailProvider,
    /// Whether it is an address: 0 or 1.
    EmailValid,
    /// Whether the mailbox is a function's: 0 or 1.
    EmailGeneric,
    /// Whether somebody may be reached by the number: 0 or 1. With the country of numbers that have no calling code.
    PhoneValid { home: Option<Country> },
    /// The country of the number.
    PhoneCountry { home: Option<Country> },
    /// The rung of the [`Seniority`](crate::identity::Seniority).
    Seniority,
    /// The [`Department`].
    Department,
}

/// What a part of a text is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Said<'t> {
    Nothing,
    Number(f64),
    Word(&'t str),
}

impl Part {
    /// The parts of an attribute's texts.
    pub(super) fn all(attribute: &Attribute) -> Vec<Self> {
        match attribute {
            Attribute::Email {} => vec![Self::EmailValid, Self::EmailProvider, Self::EmailGeneric, Self::EmailDomain],
            Attribute::Phone { country } => {
                let home = country.as_deref().and_then(Country::from_iso);
                vec![Self::PhoneValid { home }, Self::PhoneCountry { home }]
            }
            Attribute::JobTitle {} => vec![Self::Seniority, Self::Department],
            _ => Vec::new(),
        }
    }

    /// The end of the feature's name, after the attribute's.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::EmailDomain => "domain",
            Self::EmailProvider => "provider",
            Self::EmailValid | Self::PhoneValid { .. } => "valid",
            Self::EmailGeneric => "generic",
            Self::PhoneCountry { .. } => "country",
            Self::Seniority => "seniority",
            Self::Department => "department",
        }
    }

    /// Whether it is one of a set of words; otherwise it is a number.
    pub(super) fn is_categorical(self) -> bool {
        match self {
            Self::EmailDomain | Self::EmailProvider | Self::PhoneCountry { .. } | Self::Department => true,
            Self::EmailValid | Self::EmailGeneric | Self::PhoneValid { .. } | Self::Seniority => false,
        }
    }

    /// The words that it can be, in alphabetical order, where these do not depend on the leads.
    pub(super) fn fixed_words(self) -> &'static [&'static str] {
        const PROVIDERS: [&str; 5] = ["business", "disposable", "education", "free", "government"];
        const DEPARTMENTS: [&str; 13] = [
            "engineering",
            "executive",
            "finance",
            "hr",
            "it",
            "legal",
            "marketing",
            "operations",
            "procurement",
            "product",
            "research",
            "sales",
            "support",
        ];
        match self {
            Self::EmailProvider => &PROVIDERS,
            Self::Department => &DEPARTMENTS,
            _ => &[],
        }
    }

    /// Whether its words are compared in small letters.
    pub(super) fn folds(self) -> bool {
        matches!(self, Self::EmailDomain)
    }

    /// Reads it from a text. Allocates nothing.
    pub(super) fn read(self, text: &str) -> Said<'_> {
        let yes = |is: bool| Said::Number(f64::from(u8::from(is)));
        let word = |word: Option<&'static str>| word.map_or(Said::Nothing, Said::Word);
        match self {
            Self::EmailDomain => Email::parse(text).domain().map_or(Said::Nothing, Said::Word),
            Self::EmailProvider => word(Email::parse(text).provider().map(Provider::as_str)),
            Self::EmailValid => yes(Email::parse(text).is_valid()),
            Self::EmailGeneric => Email::parse(text).mailbox().map_or(Said::Nothing, |mailbox| yes(mailbox == Mailbox::Generic)),
            Self::PhoneValid { home } => yes(Phone::parse(text, home).is_possible()),
            Self::PhoneCountry { home } => word(Phone::parse(text, home).country().map(Country::iso)),
            Self::Seniority => JobTitle::parse(text).seniority.map_or(Said::Nothing, |seniority| Said::Number(f64::from(seniority.rung()))),
            Self::Department => word(JobTitle::parse(text).department.map(Department::as_str)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fixed_words_are_all_that_can_be_said() {
        assert_eq!(Part::EmailProvider.fixed_words(), Provider::ALL.map(Provider::as_str));
        assert_eq!(Part::Department.fixed_words(), Department::ALL.map(Department::as_str));
    }

    #[test]
    fn a_malformed_address_says_that_it_is_and_nothing_else() {
        assert_eq!(Part::EmailValid.read("ann at corp.example"), Said::Number(0.0));
        for part in [Part::EmailDomain, Part::EmailProvider, Part::EmailGeneric] {
            assert_eq!(part.read("ann at corp.example"), Said::Nothing);
        }
        assert_eq!(Part::PhoneValid { home: None }.read("12"), Said::Number(0.0));
        assert_eq!(Part::PhoneCountry { home: None }.read("12"), Said::Nothing);
        assert_eq!(Part::Seniority.read("ninja"), Said::Nothing);
    }
}
