//! Telephone numbers: the normal form of E.164, whether a number can exist, and of which country it is.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::calling_codes::{AREA_CODES, CALLING_CODES, CallingCode, SHARED};

/// The most digits of a number with its calling code (E.164).
const MOST_DIGITS: usize = 15;
/// The most digits that are read: prefixes of international calls stand before the number itself.
const MOST_READ: usize = MOST_DIGITS + 5;
/// What a number without a calling code has to have at least for somebody to be reachable by it.
const FEWEST_NATIONAL: usize = 5;
/// Fewer digits cannot be followed by an extension: "12 x 3" is no telephone number.
const FEWEST_BEFORE_EXTENSION: usize = 5;

/// A country, as far as calling codes tell countries apart.
///
/// Numbers of +1 are told apart by their area code, those of +7 by their first digit. Small territories that share the code of a larger country
/// (Jersey and the United Kingdom) count as that country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country {
    iso: &'static str,
    code: u16,
}

impl Country {
    /// The country of an ISO 3166-1 alpha-2 code, in capitals or not; `None` when it has no calling code of its own or shared.
    ///
    /// ```
    /// use leadscore::identity::Country;
    /// assert_eq!(Country::from_iso("de").map(|country| country.iso()), Some("DE"));
    /// assert_eq!(Country::from_iso("atlantis"), None);
    /// ```
    #[must_use]
    pub fn from_iso(iso: &str) -> Option<Self> {
        let codes = CALLING_CODES.iter().map(|plan| (plan.country, plan.code)).filter(|(country, _)| country.len() == 2);
        let areas = AREA_CODES.iter().map(|(_, country)| (*country, 1));
        let mut known = codes.chain(areas).chain(SHARED);
        known.find(|(country, _)| country.eq_ignore_ascii_case(iso.trim())).map(|(iso, code)| Self { iso, code })
    }

    /// Its ISO 3166-1 alpha-2 code in capitals, for example `DE`; `001` for services of no country, such as freephone +800.
    #[must_use]
    pub fn iso(self) -> &'static str {
        self.iso
    }

    /// The calling code that its numbers have, for example 49.
    #[must_use]
    pub fn calling_code(self) -> u16 {
        self.code
    }

    fn plan(self) -> Option<&'static CallingCode> {
        CALLING_CODES.binary_search_by_key(&self.code, |plan| plan.code).ok().map(|place| &CALLING_CODES[place])
    }
}

/// As its ISO code.
impl Serialize for Country {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.iso)
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let iso = String::deserialize(deserializer)?;
        let unknown = || D::Error::custom(format!("\"{iso}\" is no country's ISO 3166-1 code of two letters"));
        Self::from_iso(&iso).ok_or_else(unknown)
    }
}

/// `DE`.
impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.iso)
    }
}

/// What is known of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PhoneForm {
    /// A number with its calling code, of a length that numbers of its country have.
    International,
    /// Digits that can be a number, of a country that is not known.
    National,
    /// No telephone number: letters, too few or too many digits, a calling code that nobody has.
    Invalid,
}

/// A telephone number. It holds its digits itself: reading one allocates nothing.
///
/// ```
/// use leadscore::identity::{Country, Phone};
/// let phone = Phone::parse("+49 (0)30 123 456-78", None);
/// assert!(phone.is_valid());
/// assert_eq!(phone.to_string(), "+493012345678");
/// assert_eq!(phone.country().map(|country| country.iso()), Some("DE"));
///
/// assert_eq!(Phone::parse("030 12345678", Country::from_iso("DE")), phone);
/// assert!(!Phone::parse("call me", None).is_valid());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Phone {
    /// Digits from '0' to '9'; the calling code first when there is a country.
    digits: [u8; MOST_DIGITS],
    len: u8,
    country: Option<Country>,
}

impl Phone {
    const INVALID: Self = Self { digits: [0; MOST_DIGITS], len: 0, country: None };

    /// Reads a telephone number as people write it: blanks, dots, dashes, slashes, brackets, `tel:`, an extension (which is dropped), digits of other
    /// scripts. `default` is the country of numbers that are written without a calling code.
    ///
    /// Any text can be given; what is no number is [`PhoneForm::Invalid`].
    #[must_use]
    pub fn parse(text: &str, default: Option<Country>) -> Self {
        let Some(written) = Written::read(text) else { return Self::INVALID };
        let digits = written.digits();
        if written.plus {
            return Self::international(digits);
        }
        let home = default.and_then(Country::plan);
        if let Some(rest) = international_prefix(digits, home) {
            return Self::international(rest);
        }
        let Some(home) = home else { return Self::national(digits) };
        // A calling code without its plus. Where 0 is dialled before a number, digits without it are hardly a number of the country; elsewhere a
        // number of the country comes first.
        let abroad = Self::international(digits);
        let abroad = if abroad.calling_code() == Some(home.code) { abroad } else { Self::INVALID };
        if abroad.is_valid() && home.trunk.starts_with('0') {
            return abroad;
        }
        let inside = match digits.strip_prefix(home.trunk.as_bytes()) {
            Some(rest) if home.takes(rest) => rest,
            _ => digits,
        };
        let at_home = Self::of(home, inside);
        if at_home.is_valid() { at_home } else { abroad }
    }

    /// What is known of it.
    #[must_use]
    pub fn form(&self) -> PhoneForm {
        match (self.len, self.country) {
            (0, _) => PhoneForm::Invalid,
            (_, None) => PhoneForm::National,
            (_, Some(_)) => PhoneForm::International,
        }
    }

    /// Whether it is a number with its calling code, of a length that numbers of its country have. Nobody can tell from digits whether it is in use.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.form() == PhoneForm::International
    }

    /// Whether somebody may be reached by it: valid, or digits of a country that is not known.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        self.len > 0
    }

    /// The country by calling code (and area code for +1, first digit for +7); `None` when the number has no calling code or is invalid.
    #[must_use]
    pub fn country(&self) -> Option<Country> {
        self.country
    }

    /// The normal form: E.164 (`+` and digits) when it is valid, the bare digits when its country is not known, `None` when it is invalid.
    ///
    /// The normal form of a normal form is the same.
    #[must_use]
    pub fn normal_form(&self) -> Option<String> {
        self.is_possible().then(|| self.to_string())
    }

    fn calling_code(&self) -> Option<u16> {
        self.country.map(Country::calling_code)
    }

    fn national(digits: &[u8]) -> Self {
        if (FEWEST_NATIONAL..=MOST_DIGITS).contains(&digits.len()) && !all_the_same(digits) {
            Self::with_digits(&[], digits, None)
        } else {
            Self::INVALID
        }
    }

    /// A number whose digits begin with its calling code.
    fn international(digits: &[u8]) -> Self {
        let Some((plan, rest)) = CallingCode::split(digits) else { return Self::INVALID };
        // "+49 030 ...": the trunk prefix is not dialled from abroad, and people write it all the same.
        let without_trunk = if plan.takes(rest) { rest } else { rest.strip_prefix(plan.trunk.as_bytes()).unwrap_or(rest) };
        Self::of(plan, without_trunk)
    }

    /// The number of a country with `rest` after the calling code.
    fn of(plan: &CallingCode, rest: &[u8]) -> Self {
        if !plan.takes(rest) {
            return Self::INVALID;
        }
        let mut code = [0; 3];
        let mut len = 0;
        for power in [100, 10, 1] {
            if plan.code >= power {
                code[len] = b'0' + ((plan.code / power) % 10) as u8;
                len += 1;
            }
        }
        Self::with_digits(&code[..len], rest, Some(plan.country_of(rest)))
    }

    fn with_digits(code: &[u8], rest: &[u8], country: Option<Country>) -> Self {
        let mut phone = Self { country, ..Self::INVALID };
        for (place, digit) in phone.digits.iter_mut().zip(code.iter().chain(rest)) {
            *place = *digit;
            phone.len += 1;
        }
        phone
    }
}

/// The normal form: `+493012345678`, `03012345678`, or nothing.
impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.country.is_some() {
            f.write_str("+")?;
        }
        self.digits[..usize::from(self.len)].iter().try_for_each(|digit| write!(f, "{}", char::from(*digit)))
    }
}

impl CallingCode {
    /// The calling code that begins `digits`, and the digits after it.
    fn split(digits: &[u8]) -> Option<(&'static Self, &[u8])> {
        let mut code = 0;
        for (length, digit) in (1..).zip(digits.iter().take(3)) {
            code = code * 10 + u16::from(digit - b'0');
            if let Ok(place) = CALLING_CODES.binary_search_by_key(&code, |plan| plan.code) {
                return Some((&CALLING_CODES[place], &digits[length..]));
            }
        }
        None
    }

    /// Whether `rest` can stand after the code.
    fn takes(&self, rest: &[u8]) -> bool {
        let long_enough = (usize::from(self.digits.0)..=usize::from(self.digits.1)).contains(&rest.len());
        // Area code and exchange of +1 begin with 2 to 9.
        let fits = self.code != 1 || [0, 3].iter().all(|&place| rest.get(place).is_some_and(|digit| *digit >= b'2'));
        // Where 0 is dialled before a number, no number begins with it.
        let begins = !(self.trunk.starts_with('0') && rest.starts_with(b"0"));
        long_enough && fits && begins && !all_the_same(rest)
    }

    fn country_of(&self, rest: &[u8]) -> Country {
        let iso = match (self.code, rest) {
            (1, [a, b, c, ..]) => {
                let area = [a, b, c].iter().fold(0, |area, digit| area * 10 + u16::from(**digit - b'0'));
                AREA_CODES.binary_search_by_key(&area, |(code, _)| *code).map_or(self.country, |place| AREA_CODES[place].1)
            }
            (7, [b'6' | b'7', ..]) => "KZ",
            _ => self.country,
        };
        Country { iso, code: self.code }
    }
}

/// Whether all digits are equal: 0000000 is typed by those who have none to give.
fn all_the_same(digits: &[u8]) -> bool {
    digits.windows(2).all(|pair| pair[0] == pair[1])
}

/// What follows the prefix of an international call: 00 nearly everywhere, others where numbers are dialled from there.
fn international_prefix<'d>(digits: &'d [u8], home: Option<&CallingCode>) -> Option<&'d [u8]> {
    let own: &[u8] = match home.map(|plan| plan.code) {
        Some(1) => b"011",
        Some(61) => b"0011",
        Some(81) => b"010",
        Some(7 | 375 | 993) => b"810",
        _ => b"00",
    };
    digits.strip_prefix(own).or_else(|| digits.strip_prefix(b"00"))
}

/// The digits of a text, without what stands between them.
struct Written {
    /// Whether a plus stands before the first digit.
    plus: bool,
    digits: [u8; MOST_READ],
    len: usize,
}

impl Written {
    /// `None` when the text has other things in it than a telephone number.
    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = match text.get(..4) {
            Some(scheme) if scheme.eq_ignore_ascii_case("tel:") => &text[4..],
            _ => text,
        };
        let mut written = Self { plus: false, digits: [0; MOST_READ], len: 0 };
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            if let Some(digit) = digit(c) {
                *written.digits.get_mut(written.len)? = digit;
                written.len += 1;
            } else if matches!(c, '+' | '\u{ff0b}') {
                if written.plus || written.len > 0 {
                    return None;
                }
                written.plus = true;
            } else if c == '(' && written.plus && written.len > 0 && rest.as_str().starts_with("0)") {
                // "+49 (0)30": not dialled from abroad, whatever the country.
                rest.nth(1);
            } else if is_separator(c) {
            } else if written.len >= FEWEST_BEFORE_EXTENSION && begins_extension(c, rest.as_str()) {
                break;
            } else {
                return None;
            }
        }
        Some(written)
    }

    fn digits(&self) -> &[u8] {
        &self.digits[..self.len]
    }
}

/// A digit of the scripts in which telephone numbers are typed.
fn digit(c: char) -> Option<u8> {
    let zero = match c {
        '0'..='9' => '0',
        // Arabic-Indic, extended Arabic-Indic, Devanagari, full width.
        '\u{660}'..='\u{669}' => '\u{660}',
        '\u{6f0}'..='\u{6f9}' => '\u{6f0}',
        '\u{966}'..='\u{96f}' => '\u{966}',
        '\u{ff10}'..='\u{ff19}' => '\u{ff10}',
        _ => return None,
    };
    Some(b'0' + (u32::from(c) - u32::from(zero)) as u8)
}

/// What people and programs put between digits.
fn is_separator(c: char) -> bool {
    // Dashes, the middle dot, marks of direction and of no width that copied numbers carry, full-width brackets.
    let invisible = matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    c.is_whitespace()
        || matches!(c, '-' | '.' | '/' | '(' | ')' | '[' | ']' | '\'' | '_' | '~' | '\u{b7}' | '\u{ff08}' | '\u{ff09}' | '\u{ff0d}')
        || matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}')
        || invisible
}

/// Whether an extension begins with `c`, before `rest`: "x12", "ext. 12", "#12", ";ext=12", ",12".
fn begins_extension(c: char, rest: &str) -> bool {
    let number = |rest: &str| {
        let rest = rest.trim_start_matches([' ', '.', ':', '=', '#']);
        !rest.is_empty() && rest.len() <= 8 && rest.bytes().all(|b| b.is_ascii_digit())
    };
    let after = |word: &str| match rest.get(..word.len()) {
        Some(begin) if begin.eq_ignore_ascii_case(word) => number(&rest[word.len()..]),
        _ => false,
    };
    match c {
        'x' | 'X' | '#' | ',' => number(rest),
        'e' | 'E' => ["xtension", "xtn", "xt"].iter().any(|word| after(word)),
        ';' => after("ext") || number(rest),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn e164(text: &str, country: &str) -> String {
        let phone = Phone::parse(text, Country::from_iso(country));
        if phone.is_valid() { phone.to_string() } else { String::new() }
    }

    #[test]
    fn one_number_has_one_normal_form_however_it_is_written() {
        for written in [
            "+49 30 12345678",
            "+49 (0)30 123 456 78",
            "+49 030 12345678",
            "0049-30-12345678",
            "030/12345678",
            "(030) 1234.5678",
            "tel:+49-30-12345678",
            " \u{202a}+49\u{a0}30\u{2011}12345678\u{202c} ",
            "+49 30 12345678 ext. 12",
            "+493012345678x99",
            "+49 30 12345678;ext=12",
            "4930 12345678",
            "＋４９ ３０ １２３４５６７８",
        ] {
            assert_eq!(e164(written, "DE"), "+493012345678", "{written:?}");
        }
    }

    #[test]
    fn a_number_without_calling_code_is_of_the_default_country() {
        for (written, country, expected) in [
            ("(415) 555-2671", "US", "+14155552671"),
            ("1-415-555-2671", "US", "+14155552671"),
            ("011 44 20 7946 0958", "US", "+442079460958"),
            ("020 7946 0958", "GB", "+442079460958"),
            ("8 (495) 123-45-67", "RU", "+74951234567"),
            ("06 1 234 5678", "HU", "+3612345678"),
            ("06 6982 1234", "IT", "+390669821234"),
            ("912 345 678", "ES", "+34912345678"),
            ("0011 49 30 12345678", "AU", "+493012345678"),
            ("22 12 34 56", "NO", "+4722123456"),
            ("0151-23456789", "DE", "+4915123456789"),
        ] {
            assert_eq!(e164(written, country), expected, "{written:?} in {country}");
        }
        let alone = Phone::parse("030 12345678", None);
        assert_eq!((alone.form(), alone.country(), alone.to_string()), (PhoneForm::National, None, "03012345678".to_owned()));
    }

    #[test]
    fn the_shared_codes_are_told_apart() {
        for (written, country) in [
            ("+1 212 555 2671", "US"),
            ("+1 416 555 2671", "CA"),
            ("+1 876 555 2671", "JM"),
            ("+1 787 555 2671", "PR"),
            ("+1 800 555 2671", "US"),
            ("+7 495 123 45 67", "RU"),
            ("+7 727 123 45 67", "KZ"),
            ("+44 20 7946 0958", "GB"),
            ("+800 1234 5678", "001"),
        ] {
            assert_eq!(Phone::parse(written, None).country().map(Country::iso), Some(country), "{written}");
        }
    }

    #[test]
    fn what_is_no_number_is_invalid() {
        for bad in [
            "",
            " ",
            "+",
            "n/a",
            "call me",
            "12",
            "+49",
            "+49 30 12",
            "+999 123456789",
            "+1 155 555 2671",
            "+1 415 155 2671",
            "0000000000",
            "+49 111111111",
            "123456789012345678901234567890",
            "++49 30 12345678",
            "49+30 12345678",
            "+49 30 12345678 or mobile",
            "jane@corp.com",
            "1.5e10",
            "-",
            "+1 415 555 26711",
        ] {
            assert_eq!(Phone::parse(bad, None).form(), PhoneForm::Invalid, "{bad:?}");
        }
        assert!(!Phone::parse("12345", Country::from_iso("US")).is_possible(), "no American number is so short");
    }

    #[test]
    fn countries_are_found_by_their_iso_code() {
        for (iso, code) in [("DE", 49), ("us", 1), ("CA", 1), ("KZ", 7), ("je", 44), (" FR ", 33)] {
            assert_eq!(Country::from_iso(iso).map(Country::calling_code), Some(code), "{iso}");
        }
        assert_eq!(Country::from_iso("001"), None);
        assert_eq!(Country::from_iso(""), None);
    }

    proptest! {
        #[test]
        fn any_text_can_be_read_and_the_normal_form_is_its_own(text in "\\PC*", country in prop::sample::select(vec!["", "DE", "US", "IT", "RU", "HU"])) {
            let country = Country::from_iso(country);
            if let Some(form) = Phone::parse(&text, country).normal_form() {
                prop_assert_eq!(Phone::parse(&form, country).normal_form(), Some(form));
            }
        }

        #[test]
        fn numbers_as_people_type_them_keep_their_normal_form(
            text in "[+0]{0,2}[0-9 ()/.-]{0,24}(x[0-9]{1,4})?",
            country in prop::sample::select(vec!["", "DE", "US", "IT", "RU", "HU", "AU", "JP", "NO", "KZ", "JM"]),
        ) {
            let country = Country::from_iso(country);
            let phone = Phone::parse(&text, country);
            if let Some(form) = phone.normal_form() {
                prop_assert_eq!(Phone::parse(&form, country), phone, "{}", form);
                if phone.is_valid() {
                    prop_assert_eq!(Phone::parse(&form, None), phone, "a valid form needs no default");
                }
            }
        }
    }
}
