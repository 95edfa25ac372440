//! E-mail addresses: the normal form, whether an address can exist, and what kind of mailbox it is.

use std::borrow::Cow;

use super::mailboxes::{ACADEMIC, AUTHORITIES, DISPOSABLE, FREE, FREE_BRANDS, GENERIC};

/// The longest address, local part, domain and label of a domain, in bytes (RFC 5321, 4.5.3.1; RFC 1035, 2.3.4).
const LONGEST: (usize, usize, usize, usize) = (254, 64, 253, 63);

/// What of an address does not tell one mailbox from another.
///
/// The default makes no assumption beyond that providers do not tell capitals apart, which all do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct EmailNormalisation {
    /// Drops what follows a plus in the local part: `ann+news@corp.com` is delivered to `ann@corp.com` by most providers (RFC 5233 calls it a
    /// subaddress), though by none of necessity.
    pub drop_subaddress: bool,
    /// Drops the dots of local parts at Gmail, which ignores them, and writes googlemail.com as gmail.com.
    pub gmail_dots: bool,
}

impl EmailNormalisation {
    /// For telling whether two addresses reach one person: both rules.
    pub const PERSON: Self = Self { drop_subaddress: true, gmail_dots: true };
}

/// Whether a word names a mailbox, well-formed or not: something at something that is no number, as `ann@corp`, `ann(at)corp.com`.
pub(crate) fn names_a_mailbox(word: &str) -> bool {
    ["@", "(at)", "[at]"].iter().any(|at| {
        word.match_indices(at).any(|(place, _)| {
            let (before, after) = (&word[..place], &word[place + at.len()..]);
            let name = before.trim_end().chars().next_back();
            let host = after.trim_start().chars().next();
            name.is_some_and(char::is_alphanumeric) && host.is_some_and(char::is_alphabetic)
        })
    })
}

/// Who gives out the mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Provider {
    /// A domain of its own: none of the others.
    Business,
    /// Thrown away after use.
    Disposable,
    /// A school or university, by its domain (`.edu`, `.ac.uk`).
    Education,
    /// Webmail, or what comes with private Internet access.
    Free,
    /// An authority or its forces, by its domain (`.gov`, `.gouv.fr`, `.mil`, `.go.jp`, `bund.de`).
    Government,
}

impl Provider {
    /// All providers, in the alphabetical order of their words.
    pub const ALL: [Self; 5] = [Self::Business, Self::Disposable, Self::Education, Self::Free, Self::Government];

    /// The word for it, for example `business`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Business => "business",
            Self::Disposable => "disposable",
            Self::Education => "education",
            Self::Free => "free",
            Self::Government => "government",
        }
    }
}

/// Whom the mailbox belongs to, by its local part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Mailbox {
    /// A function: info@, sales@, support@.
    Generic,
    /// Anybody else, which is to say somebody.
    Personal,
}

/// A text read as an e-mail address. It borrows from the text: reading one allocates nothing.
///
/// ```
/// use leadscore::identity::{Email, EmailNormalisation, Mailbox, Provider};
/// let email = Email::parse(" Ann.Lee+Fair@Corp.Example ");
/// assert!(email.is_valid());
/// assert_eq!(email.domain(), Some("Corp.Example"));
/// assert_eq!(email.provider(), Some(Provider::Business));
/// assert_eq!(email.mailbox(), Some(Mailbox::Personal));
/// assert_eq!(email.normal_form(EmailNormalisation::default()).as_deref(), Some("ann.lee+fair@corp.example"));
/// assert_eq!(email.normal_form(EmailNormalisation::PERSON).as_deref(), Some("ann.lee@corp.example"));
///
/// assert!(!Email::parse("ann at corp.example").is_valid());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Email<'t> {
    /// Local part and domain, when the text is an address.
    parts: Option<(&'t str, &'t str)>,
}

impl<'t> Email<'t> {
    /// Reads an address: blanks around it, `mailto:`, and a name before angle brackets (`Ann Lee <ann@corp.example>`) are no part of it.
    ///
    /// Any text can be given. Valid is what can stand in a directory of mailboxes: RFC 5322's dot-atom before one `@`, at most 64 bytes, and a domain of
    /// at least two labels of letters, digits and hyphens, of which the last is no number; letters of any script count (RFC 6531). Quoted local
    /// parts, comments and addresses of machines (`ann@[10.0.0.1]`), which the RFC allows and nobody has, are not valid.
    #[must_use]
    pub fn parse(text: &'t str) -> Self {
        let address = bare(text);
        let parts = address.rsplit_once('@').filter(|(local, domain)| {
            let (longest, ..) = LONGEST;
            address.len() <= longest && is_local_part(local) && is_domain(domain)
        });
        Self { parts }
    }

    /// Whether it is an address to which mail can be sent. Nobody can tell from the text whether anybody reads it.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.parts.is_some()
    }

    /// What stands before the `@`, as written; `None` unless it is valid.
    #[must_use]
    pub fn local_part(&self) -> Option<&'t str> {
        self.parts.map(|(local, _)| local)
    }

    /// What stands after the `@`, as written; `None` unless it is valid. Domains in letters of other scripts stay as they are.
    #[must_use]
    pub fn domain(&self) -> Option<&'t str> {
        self.parts.map(|(_, domain)| domain)
    }

    /// Who gives out the mailbox, by the domain; `None` unless it is valid.
    #[must_use]
    pub fn provider(&self) -> Option<Provider> {
        self.domain().map(provider)
    }

    /// Whose mailbox it is, by the local part; `None` unless it is valid.
    #[must_use]
    pub fn mailbox(&self) -> Option<Mailbox> {
        let local = self.local_part()?;
        // "sales.emea", "info-de", "support+fair" and "sales2" are sales and support all the same.
        let word = local.split(['.', '-', '_', '+']).next().unwrap_or(local).trim_end_matches(|c: char| c.is_ascii_digit());
        let generic = [local, word].iter().any(|name| is_among(&GENERIC, name));
        Some(if generic { Mailbox::Generic } else { Mailbox::Personal })
    }

    /// The address in small letters, without what the rules say tells no mailboxes apart; `None` unless it is valid.
    ///
    /// The normal form of a normal form is the same.
    #[must_use]
    pub fn normal_form(&self, rules: EmailNormalisation) -> Option<String> {
        let (local, domain) = self.parts?;
        let (mut local, mut domain) = (Cow::from(local.to_lowercase()), Cow::from(domain.to_lowercase()));
        if rules.drop_subaddress
            && let Some((base, _)) = local.split_once('+')
            && !base.is_empty()
        {
            // A dot before the plus would end the local part.
            local = Cow::from(base.trim_end_matches('.').to_owned());
        }
        if rules.gmail_dots && matches!(&*domain, "gmail.com" | "googlemail.com") {
            domain = Cow::from("gmail.com");
            local = Cow::from(local.replace('.', ""));
        }
        let address = format!("{local}@{domain}");
        // Small letters of some scripts take more bytes than capitals.
        Email::parse(&address).is_valid().then_some(address)
    }
}

/// The address in a text: without blanks, `mailto:`, and a name before angle brackets.
fn bare(text: &str) -> &str {
    let text = trimmed(text);
    let text = match text.rsplit_once('<') {
        Some((_, rest)) => trimmed(rest.strip_suffix('>').unwrap_or(rest)),
        None => text,
    };
    match text.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("mailto:") => trimmed(&text[7..]),
        _ => text,
    }
}

/// Without blanks around it, and marks without width that copied text carries.
fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}')
    })
}

/// A dot-atom of RFC 5322, with the letters of other scripts of RFC 6531.
fn is_local_part(local: &str) -> bool {
    let atom =
        |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || (!c.is_ascii() && !c.is_whitespace() && !c.is_control());
    !local.is_empty() && local.len() <= LONGEST.1 && local.split('.').all(|part| !part.is_empty() && part.chars().all(atom))
}

/// At least two labels, of which the last is no number.
fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        let inside = |c: char| c == '-' || c.is_ascii_alphanumeric() || (!c.is_ascii() && !c.is_whitespace() && !c.is_control());
        !label.is_empty() && label.len() <= LONGEST.3 && !label.starts_with('-') && !label.ends_with('-') && label.chars().all(inside)
    };
    let top = domain.rsplit('.').next().unwrap_or("");
    domain.len() <= LONGEST.2
        && domain.contains('.')
        && domain.split('.').all(label)
        && top.chars().count() >= 2
        && !top.bytes().all(|b| b.is_ascii_digit())
}

fn provider(domain: &str) -> Provider {
    // A mailbox on a host of the provider is the provider's: "mail.yahoo.com".
    let listed = |list: &[&str]| suffixes(domain).any(|suffix| is_among(list, suffix));
    if listed(&DISPOSABLE) {
        Provider::Disposable
    } else if listed(&FREE) || suffixes(domain).any(is_free_brand) {
        Provider::Free
    } else if has_label(domain, &["ac", "edu"]) {
        Provider::Education
    } else if listed(&AUTHORITIES) || has_label(domain, &["gc", "gob", "gouv", "gov", "govt", "mil"]) {
        Provider::Government
    } else {
        Provider::Business
    }
}

/// The domain and the domains above it, down to two labels.
fn suffixes(domain: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(domain), |suffix| suffix.split_once('.').map(|(_, above)| above)).filter(|suffix| suffix.contains('.'))
}

/// Whether a domain is a brand of free mailboxes under a country or a general domain: `yahoo.fr`, `yahoo.co.uk`, `yahoo.com.br`.
fn is_free_brand(domain: &str) -> bool {
    let Some((brand, top)) = domain.split_once('.') else { return false };
    let country = |label: &str| label.len() == 2;
    let general = |label: &str| ["com", "co", "net", "org"].iter().any(|word| label.eq_ignore_ascii_case(word));
    let under = match top.split_once('.') {
        None => country(top) || general(top),
        Some((second, first)) => general(second) && country(first),
    };
    under && is_among(&FREE_BRANDS, brand)
}

/// Whether the last label, or the one before the last under a country's, is one of some. Nobody but the public sector has the second.
fn has_label(domain: &str, labels: &[&str]) -> bool {
    let mut from_last = domain.rsplit('.');
    let is_one = |label: &str| labels.iter().any(|known| known.eq_ignore_ascii_case(label));
    let Some(last) = from_last.next() else { return false };
    // ".ac" alone is an island.
    if last.len() > 2 {
        return is_one(last);
    }
    let Some(label) = from_last.next().filter(|label| is_one(label)) else { return false };
    // "gov.uk" itself is the government's; so is no two letters of a country that anybody may take.
    from_last.next().is_some() || label.len() > 2 || is_reserved(label, last)
}

/// Whether a country keeps one of the labels of two letters, "ac" or "gc", for the public sector (Public Suffix List): elsewhere `ac.be` and `gc.de` are whose
/// they are.
fn is_reserved(label: &str, country: &str) -> bool {
    if label.eq_ignore_ascii_case("gc") { country.eq_ignore_ascii_case("ca") } else { is_among(&ACADEMIC, country) }
}

/// Whether `word`, in capitals or not, is in an alphabetical list of words in small ASCII letters.
fn is_among(list: &[&str], word: &str) -> bool {
    let lower = |b: u8| b.to_ascii_lowercase();
    list.binary_search_by(|known| known.bytes().cmp(word.bytes().map(lower))).is_ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn normal(text: &str) -> Option<String> {
        Email::parse(text).normal_form(EmailNormalisation::default())
    }

    #[test]
    fn mailboxes_are_seen_in_words_that_are_no_addresses() {
        for word in ["ann@corp", "ann@corp.com", "Ann (at) corp.com", "ann[at]corp", "a@b.com; c@d.com", "Ann <ann@corp.com>"] {
            assert!(names_a_mailbox(word), "{word}");
        }
        for word in ["@ann", "react@18.2.0", "10@2.50", "corp.com", "", "ann@", "meet (at)", "@", "at"] {
            assert!(!names_a_mailbox(word), "{word}");
        }
    }

    #[test]
    fn one_address_has_one_normal_form_however_it_is_written() {
        for written in
            ["ann@corp.example", " Ann@Corp.Example\n", "mailto:ANN@corp.example", "Ann Lee <ann@corp.example>", "\u{200b}ann@corp.example"]
        {
            assert_eq!(normal(written).as_deref(), Some("ann@corp.example"), "{written:?}");
        }
    }

    #[test]
    fn subaddresses_and_the_dots_of_gmail_go_when_asked() {
        let person = |text: &str| Email::parse(text).normal_form(EmailNormalisation::PERSON).unwrap();
        assert_eq!(person("A.n.n+news@GoogleMail.com"), "ann@gmail.com");
        assert_eq!(person("ann.lee+a+b@corp.example"), "ann.lee@corp.example", "dots tell mailboxes apart elsewhere");
        assert_eq!(person("+ann@corp.example"), "+ann@corp.example", "nothing would be left");
        assert_eq!(normal("A.n.n+news@GoogleMail.com").unwrap(), "a.n.n+news@googlemail.com");
    }

    #[test]
    fn domains_of_other_scripts_are_left_as_they_are() {
        assert_eq!(normal("Jörg@Müller.de").as_deref(), Some("jörg@müller.de"));
        assert!(Email::parse("用户@例子.广告").is_valid());
        assert!(Email::parse("ann@xn--mller-kva.de").is_valid());
    }

    #[test]
    fn what_is_no_address_is_not_valid() {
        let long = format!("{}@corp.example", "a".repeat(65));
        let longer = format!("a@{}.example", "b".repeat(64));
        let longest = format!("a@{}example", "b.".repeat(130));
        for bad in [
            "",
            " ",
            "@",
            "ann",
            "ann@",
            "@corp.example",
            "ann@corp",
            "ann at corp.example",
            "ann@corp@example.org",
            "ann lee@corp.example",
            ".ann@corp.example",
            "ann.@corp.example",
            "a..n@corp.example",
            "ann@.example",
            "ann@corp..example",
            "ann@corp.example.",
            "ann@-corp.example",
            "ann@corp-.example",
            "ann@corp_x.example",
            "ann@10.0.0.1",
            "ann@[10.0.0.1]",
            "\"ann lee\"@corp.example",
            "ann@corp.e",
            "ann@corp.example,bob@corp.example",
            "ann@corp .example",
            "n/a",
            long.as_str(),
            longer.as_str(),
            longest.as_str(),
        ] {
            let email = Email::parse(bad);
            assert!(!email.is_valid(), "{bad:?}");
            assert_eq!((email.domain(), email.provider(), email.mailbox()), (None, None, None), "{bad:?}");
        }
        for good in ["o'hara@corp.example", "a+b=c@corp.example", "1@2.example", "x@sub.corp.co.uk", "a@b.io"] {
            assert!(Email::parse(good).is_valid(), "{good:?}");
        }
    }

    #[test]
    fn the_domain_says_who_gives_out_the_mailbox() {
        for (domain, provider) in [
            ("corp.example", Provider::Business),
            ("gmail.com", Provider::Free),
            ("Yahoo.CO.UK", Provider::Free),
            ("yahoo.com.br", Provider::Free),
            ("hotmail.fr", Provider::Free),
            ("web.de", Provider::Free),
            ("mail.yahoo.com", Provider::Free),
            ("live.events.example", Provider::Business),
            ("notgmail.com", Provider::Business),
            ("outlook.consulting", Provider::Business),
            ("mailinator.com", Provider::Disposable),
            ("x.mailinator.com", Provider::Disposable),
            ("mit.edu", Provider::Education),
            ("cam.ac.uk", Provider::Education),
            ("unimelb.edu.au", Provider::Education),
            ("ac.uk", Provider::Education),
            ("AC.JP", Provider::Education),
            ("edu.au", Provider::Education),
            ("ac.de", Provider::Business),
            ("ac.ac", Provider::Business),
            ("gov.uk", Provider::Government),
            ("GOV.uk", Provider::Government),
            ("digital.cabinet-office.gov.uk", Provider::Government),
            ("gouv.fr", Provider::Government),
            ("govt.nz", Provider::Government),
            ("mil.no", Provider::Government),
            ("gc.ca", Provider::Government),
            ("gc.de", Provider::Business),
            ("gov.example", Provider::Business),
            ("mygov.uk", Provider::Business),
            ("state.gov", Provider::Government),
            ("interieur.gouv.fr", Provider::Government),
            ("army.mil", Provider::Government),
            ("corp.ac", Provider::Business),
            ("bmi.bund.de", Provider::Government),
            ("bund.de", Provider::Government),
            ("mofa.go.jp", Provider::Government),
            ("go.jp", Provider::Government),
            ("go.de", Provider::Business),
            ("bmf.gv.at", Provider::Government),
            ("ec.europa.eu", Provider::Government),
            ("met.police.uk", Provider::Government),
            ("gov.scot", Provider::Government),
            ("mybund.de", Provider::Business),
        ] {
            assert_eq!(Email::parse(&format!("a@{domain}")).provider(), Some(provider), "{domain}");
        }
        assert!(Provider::ALL.is_sorted_by_key(|provider| provider.as_str()));
    }

    #[test]
    fn functions_are_told_from_people() {
        for generic in ["info", "Sales", "sales.emea", "info-de", "support+fair", "no-reply", "hr", "kontakt", "office2"] {
            assert_eq!(Email::parse(&format!("{generic}@corp.example")).mailbox(), Some(Mailbox::Generic), "{generic}");
        }
        for personal in ["ann", "ann.sales", "infomaniac", "hrvoje", "j.info", "42"] {
            assert_eq!(Email::parse(&format!("{personal}@corp.example")).mailbox(), Some(Mailbox::Personal), "{personal}");
        }
    }

    proptest! {
        #[test]
        fn any_text_can_be_read(text in "\\PC*") {
            let email = Email::parse(&text);
            prop_assert_eq!(email.is_valid(), email.provider().is_some());
            prop_assert_eq!(email.is_valid(), email.mailbox().is_some());
        }

        #[test]
        fn the_normal_form_of_a_normal_form_is_the_same(
            text in "[ <]?[A-Za-z0-9.+İßΣ-]{1,12}@[A-Za-z0-9.Öİ-]{1,12}\\.(com|de|CO\\.UK)[ >]?",
            gmail in any::<bool>(),
            drop_subaddress in any::<bool>(),
            gmail_dots in any::<bool>(),
        ) {
            let rules = EmailNormalisation { drop_subaddress, gmail_dots };
            let text = if gmail { text.split('@').next().unwrap_or("").to_owned() + "@Googlemail.com" } else { text };
            if let Some(form) = Email::parse(&text).normal_form(rules) {
                let again = Email::parse(&form);
                prop_assert!(again.is_valid(), "{}", form);
                prop_assert_eq!(again.normal_form(rules), Some(form));
            }
        }
    }
}
