use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use idna::AsciiDenyList;

use super::Fault;
use super::fault::serde_as_text;
use crate::error::{Error, Result};
use crate::problem::ProblemKind;

/// The longest domain name, in bytes, and its longest label: RFC 1035, section 2.3.4.
const NAME_LIMIT: usize = 253;
const LABEL_LIMIT: usize = 63;

/// The longest text that is looked at, in bytes: more than any name of 253 bytes has in Unicode.
const TEXT_LIMIT: usize = 1_024;

/// A domain name in lower-case ASCII, internationalised labels in their `xn--` form.
///
/// Read tolerantly: capitals, Unicode (by UTS 46), ideographic and fullwidth dots, a trailing dot
/// and underscores are fine. A name whose last label is a number is an address, not a domain.
///
/// ```
/// use cerebrate_core::value::DomainName;
///
/// let name: DomainName = "Bücher.Example.".parse()?;
/// assert_eq!(name.as_str(), "xn--bcher-kva.example");
/// assert_eq!(name.to_unicode(), "bücher.example");
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainName(String);

impl DomainName {
    /// The name in ASCII, without a trailing dot.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as people read it. What is not a valid internationalised name stays ASCII.
    pub fn to_unicode(&self) -> String {
        match idna::domain_to_unicode(&self.0) {
            (unicode, Ok(())) => unicode,
            (_, Err(_)) => self.0.clone(),
        }
    }

    /// The name and everything above it, most specific first.
    ///
    /// ```
    /// # use cerebrate_core::value::DomainName;
    /// let name: DomainName = "mail.example.lu".parse()?;
    /// assert!(name.suffixes().eq(["mail.example.lu", "example.lu", "lu"]));
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    pub fn suffixes(&self) -> impl Iterator<Item = &str> {
        std::iter::successors(Some(self.as_str()), |name| {
            name.split_once('.').map(|(_, above)| above)
        })
    }

    /// Whether it has one label only, as a top-level domain or the name of a local machine.
    pub fn is_single_label(&self) -> bool {
        !self.0.contains('.')
    }

    /// As [`FromStr`], for those who list problems.
    pub(crate) fn read(text: &str) -> Result<Self, Fault> {
        if text.len() > TEXT_LIMIT {
            return Err(TOO_LONG);
        }
        let text = text.trim();
        let mut name = if text.is_ascii() {
            text.to_ascii_lowercase()
        } else {
            idna::domain_to_ascii_cow(text.as_bytes(), AsciiDenyList::EMPTY)
                .map(Cow::into_owned)
                .map_err(|_| NOT_DOMAIN)?
        };
        if name.ends_with('.') {
            name.pop();
        }
        check(&name)?;
        Ok(DomainName(name))
    }
}

impl FromStr for DomainName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        DomainName::read(text).map_err(|fault| fault.into_error("read domain", text))
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DomainName({self})")
    }
}

serde_as_text!(DomainName);

/// A domain and all names below it: `.lu`, `*.lu` and `lu` say the same.
///
/// ```
/// use cerebrate_core::value::DomainSuffix;
///
/// let suffix: DomainSuffix = "*.gv.at".parse()?;
/// assert_eq!(suffix.as_str(), "gv.at");
/// assert!(suffix.matches(&"www.bmi.gv.at".parse()?));
/// assert!(suffix.matches(&"gv.at".parse()?));
/// assert!(!suffix.matches(&"notgv.at".parse()?));
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainSuffix(DomainName);

impl DomainSuffix {
    /// The suffix in ASCII, without a leading dot.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The domain that it is.
    pub fn domain(&self) -> &DomainName {
        &self.0
    }

    /// Whether `name` is the domain itself or below it.
    pub fn matches(&self, name: &DomainName) -> bool {
        match name.as_str().strip_suffix(self.as_str()) {
            Some(below) => below.is_empty() || below.ends_with('.'),
            None => false,
        }
    }

    /// As [`FromStr`], for those who list problems.
    pub(crate) fn read(text: &str) -> Result<Self, Fault> {
        let text = text.trim();
        let below = text.strip_prefix('*').filter(|rest| rest.starts_with(is_dot)).unwrap_or(text);
        let name = below.strip_prefix(is_dot).unwrap_or(below);
        // A name may have blanks around it, but none behind the dot.
        if name.starts_with(char::is_whitespace) {
            return Err(NOT_DOMAIN);
        }
        DomainName::read(name).map(DomainSuffix)
    }
}

impl From<DomainName> for DomainSuffix {
    fn from(name: DomainName) -> Self {
        DomainSuffix(name)
    }
}

impl FromStr for DomainSuffix {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        DomainSuffix::read(text).map_err(|fault| fault.into_error("read domain", text))
    }
}

impl fmt::Display for DomainSuffix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for DomainSuffix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DomainSuffix({self})")
    }
}

serde_as_text!(DomainSuffix);

/// The full stop and the characters that UTS 46 maps to it.
pub(crate) fn is_dot(character: char) -> bool {
    matches!(character, '.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}')
}

const NOT_DOMAIN: Fault = Fault::new(ProblemKind::NotDomain, "not a domain name")
    .hint("write it as `example.lu`, or `.lu` for all below `lu`");
const TOO_LONG: Fault = Fault::new(ProblemKind::NotDomain, "the domain name is too long")
    .hint("a domain name has at most 253 bytes, and 63 between dots");
const EMPTY_LABEL: Fault =
    Fault::new(ProblemKind::NotDomain, "nothing stands between two dots of the domain name");
const ADDRESS: Fault =
    Fault::new(ProblemKind::NotDomain, "an address where a domain name is needed");

fn check(name: &str) -> Result<(), Fault> {
    if name.is_empty() {
        return Err(NOT_DOMAIN);
    }
    if name.len() > NAME_LIMIT {
        return Err(TOO_LONG);
    }
    let mut last = "";
    for label in name.split('.') {
        if label.is_empty() {
            return Err(EMPTY_LABEL);
        }
        if label.len() > LABEL_LIMIT {
            return Err(TOO_LONG);
        }
        let is_allowed = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_'
        };
        if !label.bytes().all(is_allowed) {
            return Err(NOT_DOMAIN);
        }
        last = label;
    }
    // No top-level domain is a number; a name that ends in one is an address, whole or mutilated.
    let hexadecimal = last.strip_prefix("0x");
    if last.bytes().all(|byte| byte.is_ascii_digit())
        || hexadecimal.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
    {
        return Err(ADDRESS);
    }
    if last.bytes().any(|byte| byte.is_ascii_lowercase()) { Ok(()) } else { Err(NOT_DOMAIN) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(text: &str) -> DomainName {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn names_become_lower_case_ascii() {
        for (text, expected) in [
            ("example.lu", "example.lu"),
            (" WWW.Example.LU.\n", "www.example.lu"),
            ("_dmarc.example.lu", "_dmarc.example.lu"),
            ("-a-.b--c.lu", "-a-.b--c.lu"),
            ("lu", "lu"),
            ("例え.jp", "xn--r8jz45g.jp"),
            ("ＥＸＡＭＰＬＥ．ｌｕ", "example.lu"),
            ("例え。jp｡", "xn--r8jz45g.jp"),
            ("faß.de", "xn--fa-hia.de"),
            ("Bücher.example", "xn--bcher-kva.example"),
            ("bu\u{308}cher.example", "xn--bcher-kva.example"),
            ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
            ("_bücher.example", "xn--_bcher-4ya.example"),
            ("i❤.ws", "xn--i-7iq.ws"),
            ("xn--0.example", "xn--0.example"),
            ("7.113.0.203.in-addr.arpa", "7.113.0.203.in-addr.arpa"),
            ("1e100.net", "1e100.net"),
        ] {
            assert_eq!(name(text).as_str(), expected, "{text}");
            assert_eq!(name(expected).as_str(), expected, "{text}");
        }
        let longest = format!("{0}.{0}.{0}.{1}", "a".repeat(63), "b".repeat(61));
        assert_eq!(name(&longest).as_str().len(), 253);
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let too_long = format!("{0}.{0}.{0}.{1}", "a".repeat(63), "b".repeat(62));
        let long_label = format!("{}.lu", "a".repeat(64));
        for text in [
            "",
            " ",
            ".",
            "..",
            ".lu",
            "a..lu",
            "-",
            "a.-",
            "_",
            "a.1-1",
            "a.lu..",
            "*.lu",
            "a b.lu",
            "a\u{a0}b.lu",
            "a@b.lu",
            "a/b",
            "a:80",
            "1.2.3.4",
            "1.2.3",
            "a.1",
            "0x7f.0x1",
            "a.0x",
            "[::1]",
            "::1",
            "a,b",
            "a%20.lu",
            "a\0.lu",
            "a\n.lu",
            "\u{202e}a.lu",
            "é\u{fffd}.lu",
            "😀 .lu",
            "é/.lu",
            "é@b.lu",
            "例え..jp",
            &too_long,
            &long_label,
        ] {
            assert!(text.parse::<DomainName>().is_err(), "{text:?}");
        }
        assert!("a".repeat(10_000_000).parse::<DomainName>().is_err());
        assert!("é.".repeat(500).parse::<DomainName>().is_err());
    }

    #[test]
    fn unicode_is_shown_where_it_is_valid() {
        assert_eq!(name("xn--r8jz45g.jp").to_unicode(), "例え.jp");
        assert_eq!(name("xn--0.example").to_unicode(), "xn--0.example");
        assert_eq!(name("example.lu").to_unicode(), "example.lu");
    }

    #[test]
    fn a_suffix_is_read_with_and_without_dot_and_star() {
        for text in ["lu", ".lu", "*.lu", " .LU. ", "．lu", "*。lu"] {
            assert_eq!(text.parse::<DomainSuffix>().unwrap().as_str(), "lu", "{text}");
        }
        assert_eq!("*.例え.jp".parse::<DomainSuffix>().unwrap().as_str(), "xn--r8jz45g.jp");
        for text in [
            "", ".", "*", "*.", "*lu", "**.lu", "*.*.lu", "..lu", "*..lu", ".*.lu", "a.*.lu",
            ". lu",
        ] {
            assert!(text.parse::<DomainSuffix>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_suffix_matches_at_label_borders_only() {
        let suffix: DomainSuffix = "aco.net".parse().unwrap();
        for (text, expected) in [
            ("aco.net", true),
            ("www.aco.net", true),
            ("a.b.ACO.net.", true),
            ("xaco.net", false),
            ("net", false),
            ("aco.net.example", false),
            ("-aco.net", false),
        ] {
            assert_eq!(suffix.matches(&name(text)), expected, "{text}");
        }
    }

    #[test]
    fn json_is_the_text() {
        let json = serde_json::to_string(&name("例え.jp")).unwrap();
        assert_eq!(json, "\"xn--r8jz45g.jp\"");
        assert_eq!(serde_json::from_str::<DomainSuffix>("\"*.lu\"").unwrap().as_str(), "lu");
        assert!(serde_json::from_str::<DomainName>("\"*.lu\"").is_err());
    }

    proptest! {
        #[test]
        fn matching_agrees_with_comparing_labels(
            name in "([ab]{1,2}\\.){0,3}[ab]{1,2}", suffix in "([ab]{1,2}\\.){0,2}[ab]{1,2}"
        ) {
            let labels = |text: &str| text.rsplit('.').map(str::to_owned).collect::<Vec<_>>();
            let naive = labels(&name).starts_with(&labels(&suffix));
            let name: DomainName = name.parse().unwrap();
            let suffix: DomainSuffix = suffix.parse().unwrap();
            prop_assert_eq!(suffix.matches(&name), naive);
            prop_assert_eq!(name.suffixes().any(|above| above == suffix.as_str()), naive);
        }

        #[test]
        fn reading_what_was_read_changes_nothing(text in "\\PC{0,20}", near in "[a-zß例é.。*_-]{0,20}") {
            for text in [text, near] {
                if let Ok(name) = text.parse::<DomainName>() {
                    prop_assert_eq!(name.as_str().parse::<DomainName>().unwrap(), name.clone());
                    prop_assert!(name.as_str().is_ascii());
                    let unicode = name.to_unicode();
                    prop_assert_eq!(unicode.parse::<DomainName>().unwrap(), name);
                }
                let _ = text.parse::<DomainSuffix>();
            }
        }
    }
}
