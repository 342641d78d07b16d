use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Fault;
use super::fault::serde_as_text;
use super::prefix::is_dash;
use crate::error::{Error, Result};
use crate::problem::ProblemKind;

/// The longest text that is looked at, in bytes.
const TEXT_LIMIT: usize = 128;

/// The number of an autonomous system.
///
/// Read as people write it: `AS197869`, `197869`, `asn 197869`, `AS3.1261` (asdot).
///
/// ```
/// use cerebrate_core::value::Asn;
///
/// let asn: Asn = "asn 197869".parse()?;
/// assert_eq!(asn, Asn(197_869));
/// assert_eq!(asn.to_string(), "AS197869");
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Asn(pub u32);

impl Asn {
    /// The number.
    pub fn number(self) -> u32 {
        self.0
    }

    /// As [`FromStr`], for those who list problems.
    pub(crate) fn read(text: &str) -> Result<Self, Fault> {
        Self::read_number(text)
            .map_err(|fault| if AsnRange::read(text).is_ok() { RANGE_FOR_ONE } else { fault })
    }

    fn read_number(text: &str) -> Result<Self, Fault> {
        if text.len() > TEXT_LIMIT {
            return Err(NOT_ASN);
        }
        let number = without_prefix(text.trim());
        match number.split_once('.') {
            None => decimal(number).map(Asn),
            Some((high, low)) => match (decimal(high)?, decimal(low)?) {
                (high @ 0..=0xFFFF, low @ 0..=0xFFFF) => Ok(Asn(high << 16 | low)),
                _ => Err(ASDOT),
            },
        }
    }
}

impl From<u32> for Asn {
    fn from(number: u32) -> Self {
        Asn(number)
    }
}

impl FromStr for Asn {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Asn::read(text).map_err(|fault| fault.into_error("read AS number", text))
    }
}

impl TryFrom<String> for Asn {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl fmt::Display for Asn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AS{}", self.0)
    }
}

impl fmt::Debug for Asn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Asn({})", self.0)
    }
}

impl Serialize for Asn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Asn {
    /// From its text or from a number.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Spelling {
            Number(u32),
            Text(String),
        }
        match Spelling::deserialize(deserializer)? {
            Spelling::Number(number) => Ok(Asn(number)),
            Spelling::Text(text) => text.parse().map_err(serde::de::Error::custom),
        }
    }
}

/// Consecutive AS numbers, often just one.
///
/// ```
/// use cerebrate_core::value::{Asn, AsnRange};
///
/// let range: AsnRange = "64496 - AS64511".parse()?;
/// assert!(range.contains(Asn(64_500)));
/// assert_eq!(range.to_string(), "AS64496-AS64511");
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AsnRange {
    first: Asn,
    last: Asn,
}

impl AsnRange {
    /// The numbers from `first` to `last`, both included; `Invalid` if `last` is lower.
    pub fn new(first: Asn, last: Asn) -> Result<Self> {
        if first > last {
            return Err(REVERSED.into_error("read AS numbers", &format!("{first}-{last}")));
        }
        Ok(AsnRange { first, last })
    }

    /// The lowest number.
    pub fn first(self) -> Asn {
        self.first
    }

    /// The highest number.
    pub fn last(self) -> Asn {
        self.last
    }

    /// Whether `asn` is one of them.
    pub fn contains(self, asn: Asn) -> bool {
        self.first <= asn && asn <= self.last
    }

    /// As [`FromStr`], for those who list problems.
    pub(crate) fn read(text: &str) -> Result<Self, Fault> {
        if text.len() > TEXT_LIMIT {
            return Err(NOT_ASN);
        }
        let text = text.trim();
        let Some((first, last)) = text.split_once("..").or_else(|| text.split_once(is_dash)) else {
            return Asn::read_number(text).map(AsnRange::from);
        };
        let (first, last) = (Asn::read_number(first)?, Asn::read_number(last)?);
        if first > last { Err(REVERSED) } else { Ok(AsnRange { first, last }) }
    }
}

impl From<Asn> for AsnRange {
    fn from(asn: Asn) -> Self {
        AsnRange { first: asn, last: asn }
    }
}

impl FromStr for AsnRange {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        AsnRange::read(text).map_err(|fault| fault.into_error("read AS numbers", text))
    }
}

impl fmt::Display for AsnRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            self.first.fmt(f)
        } else {
            write!(f, "{}-{}", self.first, self.last)
        }
    }
}

impl fmt::Debug for AsnRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AsnRange({self})")
    }
}

serde_as_text!(AsnRange);

const NOT_ASN: Fault =
    Fault::new(ProblemKind::NotAsn, "not an AS number").hint("write it as `AS64500`");
const TOO_HIGH: Fault = Fault::new(ProblemKind::NotAsn, "the AS number is too high")
    .hint("the highest one is `AS4294967295`");
const ASDOT: Fault = Fault::new(ProblemKind::NotAsn, "a part of the AS number is too high")
    .hint("with a dot, both parts are at most 65535");
const REVERSED: Fault = Fault::new(ProblemKind::NotAsn, "the range ends before it begins")
    .hint("write the lower AS number first");
const RANGE_FOR_ONE: Fault =
    Fault::new(ProblemKind::NotAsn, "a range where one AS number is needed")
        .hint("write one, such as `AS64500`");

/// The text behind `AS` or `ASN`, blanks and a colon, if it begins so.
fn without_prefix(text: &str) -> &str {
    let Some(rest) = strip_ignoring_case(text, "as") else {
        return text;
    };
    let rest = strip_ignoring_case(rest, "n").unwrap_or(rest).trim_start();
    rest.strip_prefix(':').unwrap_or(rest).trim_start()
}

fn strip_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, tail) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(tail)
}

fn decimal(text: &str) -> Result<u32, Fault> {
    // `parse` alone would also take a plus sign.
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NOT_ASN);
    }
    text.parse().map_err(|_| TOO_HIGH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_usual_spelling_of_a_number_is_read() {
        for text in [
            "AS197869",
            "197869",
            "asn 197869",
            "as 197869",
            "ASN197869",
            " As197869\t",
            "ASN: 197869",
            "AS:197869",
            "3.1261",
            "AS 3.1261",
            "AS\u{a0}197869",
            "AS0197869",
        ] {
            assert_eq!(text.parse::<Asn>().unwrap(), Asn(197_869), "{text}");
        }
        assert_eq!("AS 1.10".parse::<Asn>().unwrap(), Asn(65_546));
        assert_eq!("AS65535.65535".parse::<Asn>().unwrap(), Asn(u32::MAX));
        assert_eq!("AS0".parse::<Asn>().unwrap(), Asn(0));
        assert_eq!("4294967295".parse::<Asn>().unwrap(), Asn(u32::MAX));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "",
            " ",
            "AS",
            "ASN",
            "AS-197869",
            "AS+1",
            "+1",
            "-1",
            "AS4294967296",
            "1.65536",
            "65536.1",
            "1.",
            ".1",
            "1.2.3",
            "AS1e3",
            "0x10",
            "AS१",
            "AS197869X",
            "AAS1",
            "AS AS1",
            "ASNN1",
            "AS1,AS2",
            "ÀS1",
            "a",
            "é",
            "12 34",
        ] {
            assert!(text.parse::<Asn>().is_err(), "{text}");
            assert!(text.parse::<AsnRange>().is_err(), "{text}");
        }
        assert!("1".repeat(1_000_000).parse::<AsnRange>().is_err());
    }

    #[test]
    fn ranges_are_read_and_a_single_number_is_a_range() {
        for text in [
            "AS64496-AS64511",
            "64496 - 64511",
            "AS64496–AS64511",
            "AS64496..AS64511",
            "asn 64496 — asn 64511",
            "64496-AS64511",
            "0.64496..0.64511",
            " AS 64496 .. 64511 ",
        ] {
            let range: AsnRange = text.parse().unwrap();
            assert_eq!((range.first(), range.last()), (Asn(64_496), Asn(64_511)), "{text}");
            assert_eq!(range.to_string(), "AS64496-AS64511");
        }
        assert_eq!("AS7-7".parse::<AsnRange>().unwrap().to_string(), "AS7");
        for text in ["2-1", "1-", "-1", "1--2", "1-2-3", "1...2", "AS1-ASX", "1..4294967296"] {
            assert!(text.parse::<AsnRange>().is_err(), "{text}");
        }
        let error = "AS1-AS2".parse::<Asn>().unwrap_err();
        assert_eq!(error.message(), "a range where one AS number is needed");
        assert!(AsnRange::new(Asn(2), Asn(1)).is_err());
    }

    #[test]
    fn json_is_text_and_a_number_is_read_too() {
        assert_eq!(serde_json::to_string(&Asn(5)).unwrap(), "\"AS5\"");
        assert_eq!(serde_json::from_str::<Asn>("5").unwrap(), Asn(5));
        assert_eq!(serde_json::from_str::<Asn>("\"asn 5\"").unwrap(), Asn(5));
        assert!(serde_json::from_str::<Asn>("-5").is_err());
        assert!(serde_json::from_str::<AsnRange>("\"AS5-AS4\"").is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(a: u32, b: u32) {
            let range = AsnRange::new(Asn(a.min(b)), Asn(a.max(b))).unwrap();
            prop_assert_eq!(range.to_string().parse::<AsnRange>().unwrap(), range);
            prop_assert_eq!(Asn(a).to_string().parse::<Asn>().unwrap(), Asn(a));
            let asdot = format!("{}.{}", a >> 16, a & 0xFFFF);
            prop_assert_eq!(asdot.parse::<Asn>().unwrap(), Asn(a));
            prop_assert!(range.contains(Asn(a)) && range.contains(Asn(b)));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}", near in "[AaSsNn 0-9.–-]{0,12}") {
            let _ = text.parse::<AsnRange>();
            if let Ok(range) = near.parse::<AsnRange>() {
                prop_assert_eq!(range.to_string().parse::<AsnRange>().unwrap(), range);
            }
        }
    }
}
