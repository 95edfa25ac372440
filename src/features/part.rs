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

/// The text that was read last, as taken apart so far: its other parts are read without taking it apart again.
#[derive(Debug, Default)]
pub(crate) struct LastRead<'t> {
    text: &'t str,
    email: Option<Email<'t>>,
    /// With the country of numbers that have no calling code.
    phone: Option<(Option<Country>, Phone)>,
    title: Option<JobTitle>,
}

impl<'t> LastRead<'t> {
    /// Turns to a text; what is known of the last one is kept when it is the very same.
    fn turn_to(&mut self, text: &'t str) {
        if !std::ptr::eq(self.text, text) {
            *self = Self { text, ..Self::default() };
        }
    }

    fn email(&mut self) -> Email<'t> {
        *self.email.get_or_insert_with(|| Email::parse(self.text))
    }

    fn phone(&mut self, home: Option<Country>) -> Phone {
        let known = self.phone.filter(|(its_home, _)| *its_home == home);
        self.phone.insert(known.unwrap_or_else(|| (home, Phone::parse(self.text, home)))).1
    }

    fn title(&mut self) -> JobTitle {
        *self.title.get_or_insert_with(|| JobTitle::parse(self.text))
    }
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
        self.read_after(&mut LastRead::default(), text)
    }

    /// The same, faster when it was this text of which another part was read last.
    pub(super) fn read_after<'t>(self, last: &mut LastRead<'t>, text: &'t str) -> Said<'t> {
        let yes = |is: bool| Said::Number(f64::from(u8::from(is)));
        let word = |word: Option<&'static str>| word.map_or(Said::Nothing, Said::Word);
        last.turn_to(text);
        match self {
            Self::EmailDomain => last.email().domain().map_or(Said::Nothing, Said::Word),
            Self::EmailProvider => word(last.email().provider().map(Provider::as_str)),
            Self::EmailValid => yes(last.email().is_valid()),
            Self::EmailGeneric => last.email().mailbox().map_or(Said::Nothing, |mailbox| yes(mailbox == Mailbox::Generic)),
            Self::PhoneValid { home } => yes(last.phone(home).is_possible()),
            Self::PhoneCountry { home } => word(last.phone(home).country().map(Country::iso)),
            Self::Seniority => last.title().seniority.map_or(Said::Nothing, |seniority| Said::Number(f64::from(seniority.rung()))),
            Self::Department => word(last.title().department.map(Department::as_str)),
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

    #[test]
    fn parts_read_after_one_another_are_those_read_by_themselves() {
        let [germany, france] = ["DE", "FR"].map(Country::from_iso);
        let parts = [
            Part::EmailValid,
            Part::PhoneCountry { home: germany },
            Part::EmailDomain,
            Part::PhoneCountry { home: france },
            Part::PhoneValid { home: None },
            Part::Seniority,
            Part::EmailGeneric,
            Part::EmailProvider,
            Part::Department,
        ];
        let texts = ["info@corp.example", "VP Sales", "030 12345678", "", "ann@gmail.com", "01 42 68 53 00"];
        let mut last = LastRead::default();
        // Each text after each, and after itself.
        for text in texts.iter().flat_map(|text| texts.iter().flat_map(move |other| [other, text, text])) {
            for part in parts {
                assert_eq!(part.read_after(&mut last, text), part.read(text), "{part:?} of {text:?}");
            }
        }
    }
}
