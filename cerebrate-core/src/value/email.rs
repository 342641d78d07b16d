use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::{DomainName, Fault};
use crate::error::{Error, Result};
use crate::problem::ProblemKind;

/// The longest address: RFC 3696, erratum 1690.
const ADDRESS_LIMIT: usize = 254;

/// The longest label of a domain, in characters.
const LABEL_LIMIT: usize = 63;

/// An e-mail address, kept as given.
///
/// What is one is what peers at release 1.35 take for one: a dotted local part without quotes, and
/// a domain with a dot that ends in letters; Unicode letters are fine in both. Beyond that, a
/// top-level domain in `xn--` form is accepted.
///
/// ```
/// use cerebrate_core::value::Email;
///
/// let email: Email = "Info@CERT.at".parse()?;
/// assert_eq!(email.domain(), "CERT.at");
/// assert_eq!(email.folded(), "info@cert.at");
/// assert!("info@localhost".parse::<Email>().is_err());
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

impl Email {
    /// The address as given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`, as given.
    pub fn local_part(&self) -> &str {
        self.parts().0
    }

    /// What stands behind the `@`, as given.
    pub fn domain(&self) -> &str {
        self.parts().1
    }

    /// The domain in lower-case ASCII, if it can be a name in the DNS.
    pub fn domain_name(&self) -> Option<DomainName> {
        DomainName::read(self.domain()).ok()
    }

    /// The form in which equal addresses are equal: lower case, accents composed, the domain in
    /// ASCII. Peers compare addresses without regard to case, the local part included.
    ///
    /// It is a key to compare by, and may be longer than an address or its labels: the lower case
    /// of `İ` is two characters, and a domain is longer in ASCII.
    pub fn folded(&self) -> String {
        if self.0.is_ascii() {
            return self.0.to_ascii_lowercase();
        }
        let (local, domain) = self.parts();
        let lower = |text: &str| text.to_lowercase().nfc().collect::<String>();
        let domain = match DomainName::read(domain) {
            Ok(name) => name.as_str().to_owned(),
            Err(_) => lower(domain),
        };
        format!("{}@{domain}", lower(local))
    }

    /// As [`FromStr`], for those who list problems.
    pub(crate) fn read(text: Cow<'_, str>) -> Result<Self, Fault> {
        if text.is_empty() {
            return Err(MISSING);
        }
        if text.len() > ADDRESS_LIMIT {
            return Err(TOO_LONG);
        }
        if text.trim() != text {
            return Err(BLANKS);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(NOT_EMAIL)?;
        if !local.split('.').all(is_atom) {
            return Err(NOT_EMAIL);
        }
        if !is_domain(domain) {
            return Err(NOT_EMAIL_DOMAIN);
        }
        Ok(Email(text.into_owned()))
    }

    fn parts(&self) -> (&str, &str) {
        self.0.rsplit_once('@').unwrap_or((&self.0, ""))
    }
}

impl FromStr for Email {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Email::read(Cow::Borrowed(text)).map_err(|fault| fault.into_error("read e-mail", text))
    }
}

impl TryFrom<String> for Email {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Email({self})")
    }
}

const NOT_EMAIL: Fault = Fault::new(ProblemKind::NotEmail, "not an e-mail address")
    .hint("write it as `info@example.lu`");
const NOT_EMAIL_DOMAIN: Fault =
    Fault::new(ProblemKind::NotEmail, "not a domain behind the `@` of the e-mail address")
        .hint("write it as `info@example.lu`");
const MISSING: Fault = Fault::new(ProblemKind::Required, "an e-mail address is needed");
const TOO_LONG: Fault = Fault::new(ProblemKind::TooLong, "the e-mail address is too long")
    .hint("an e-mail address has at most 254 bytes");
const BLANKS: Fault = Fault::new(ProblemKind::NotEmail, "blanks around the e-mail address");

fn is_letter_or_digit(character: char) -> bool {
    character.is_alphanumeric() || is_combining_mark(character)
}

fn is_atom(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|character| {
            is_letter_or_digit(character) || "!#$%&'*+/=?^_`{|}~-".contains(character)
        })
}

fn is_domain(text: &str) -> bool {
    let mut labels = text.rsplit('.');
    let (Some(top), Some(second)) = (labels.next(), labels.next()) else {
        return false;
    };
    is_top_level(top)
        && is_label(second)
        && !second.contains('_')
        && labels.all(|label| is_label(label.strip_prefix('_').unwrap_or(label)))
}

fn is_top_level(label: &str) -> bool {
    if label.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("xn--")) {
        return label.len() > 4 && is_label(label) && label.is_ascii() && !label.contains('_');
    }
    label.chars().nth(1).is_some()
        && label.chars().count() <= LABEL_LIMIT
        && label.chars().all(|character| character.is_alphabetic() || is_combining_mark(character))
}

fn is_label(label: &str) -> bool {
    label.starts_with(is_letter_or_digit)
        && label.chars().count() <= LABEL_LIMIT
        && label
            .chars()
            .all(|character| is_letter_or_digit(character) || matches!(character, '-' | '_'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_accepted_as_peers_accept_them() {
        for text in [
            "a+b@c.lu",
            "A@B.lu",
            "o'x@b.lu",
            "é@b.lu",
            "a@é.lu",
            "a@b.technology",
            "info@cert.at",
            "a@b.co.uk",
            "a.b.c@d.e.f.lu",
            "#!$%&'*+/=?^_`{|}~-@b.lu",
            "a@1.lu",
            "1@2.lu",
            "a@_x.b.lu",
            "a@b--c.lu",
            "e\u{301}@b.lu",
            "почта@пример.рф",
            "a@b.xn--p1ai",
            "用户@例え.jp",
            "a@x_y.b.lu",
        ] {
            let email: Email = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(email.as_str(), text);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "not",
            "a@b",
            "a@localhost",
            "a@1.2.3.4",
            "a@[1.2.3.4]",
            "a..b@c.lu",
            "a.@b.lu",
            ".a@b.lu",
            "a@b_c.lu",
            "a@-b.lu",
            "\"a b\"@c.lu",
            " a@b.lu",
            "a@b.lu ",
            "a@b.lu\n",
            "\ta@b.lu",
            "@b.lu",
            "a@",
            "@",
            "a@@b.lu",
            "a@b@c.lu",
            "a b@c.lu",
            "a@b c.lu",
            "a@.lu",
            "a@b.",
            "a@b..lu",
            "a@b.l",
            "a@b.l1",
            "a,b@c.lu",
            "a@b.lu,c@d.lu",
            "<a@b.lu>",
            "a\0@b.lu",
            "a\u{200b}@b.lu",
            "a@b\u{202e}.lu",
            "a:b@c.lu",
            "a\\@b.lu",
            "(a)@b.lu",
            "mailto:a@b.lu",
            "a@b.xn--",
            "a@b/c.lu",
            "a@b.lu:25",
            "\u{a0}a@b.lu",
        ] {
            assert!(text.parse::<Email>().is_err(), "{text:?}");
        }
        let longest = format!("{}@b.lu", "a".repeat(249));
        assert_eq!(longest.len(), 254);
        assert!(longest.parse::<Email>().is_ok());
        assert!(format!("a{longest}").parse::<Email>().is_err());
        assert!("a@".repeat(5_000_000).parse::<Email>().is_err());
    }

    #[test]
    fn identity_ignores_case_composition_and_the_spelling_of_the_domain() {
        let folded = |text: &str| text.parse::<Email>().unwrap().folded();
        assert_eq!(folded("Info@CERT.at"), folded("iNFO@cert.AT"));
        assert_eq!(folded("É@b.lu"), folded("e\u{301}@B.lu"));
        assert_eq!(folded("a@Bücher.example"), "a@xn--bcher-kva.example");
        assert_ne!(folded("é@b.lu"), folded("e@b.lu"));
        let email: Email = "a@Bücher.example".parse().unwrap();
        assert_eq!(email.domain_name().unwrap().as_str(), "xn--bcher-kva.example");
        assert_eq!((email.local_part(), email.domain()), ("a", "Bücher.example"));
    }

    #[test]
    fn a_longest_address_has_a_folded_form_that_is_longer() {
        let folded = |text: &str| text.parse::<Email>().unwrap().folded();
        let address = format!("{}@b.lu", "İ".repeat(124));
        assert_eq!(address.len(), 253);
        assert_eq!(folded(&address), format!("{}@b.lu", "i\u{307}".repeat(124)));
        assert_eq!(folded(&address), folded(&address.replace("b.lu", "B.LU")));
    }

    #[test]
    fn json_keeps_the_text_and_checks_it() {
        let email: Email = serde_json::from_str("\"A@B.lu\"").unwrap();
        assert_eq!(serde_json::to_string(&email).unwrap(), "\"A@B.lu\"");
        assert!(serde_json::from_str::<Email>("\"A@B\"").is_err());
    }

    proptest! {
        #[test]
        fn the_folded_form_is_an_address_with_the_same_folded_form(
            text in "[a-zA-ZéÉßŁĳ.+]{1,8}@[a-zA-ZéÉß-]{1,5}\\.[a-z]{2,3}", any in "\\PC{0,20}"
        ) {
            for text in [text, any] {
                if let Ok(email) = text.parse::<Email>() {
                    let folded: Email = email.folded().parse().unwrap();
                    prop_assert_eq!(folded.folded(), email.folded());
                }
            }
        }
    }
}
