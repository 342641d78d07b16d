//! What a search box says about the values of a template field.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::fold::fold;
use crate::model::FieldKind;

/// A test of single values, read from the notation of a search box: `abc` is equal, `ab%` matches,
/// `!abc` differs; for networks, an address or network that the value contains.
///
/// ```
/// use cerebrate_core::meta::search::ValueTest;
/// use cerebrate_core::model::FieldKind;
///
/// let test = ValueTest::parse(&FieldKind::Ipv4, "185.194.93.14");
/// assert!(test.holds("185.194.92.0/22"));
/// assert!(!test.holds("185.194.96.0/22"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueTest {
    negated: bool,
    test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    Equals(String, String),
    Like(Vec<char>),
    Boolean(bool),
    Contains(IpAddr, Mask, Reading),
    Nothing,
}

/// The prefix length that a question names.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Mask {
    None,
    Length(u32),
    /// No number: compared as text, as peers do.
    Text(String),
}

/// How stored networks are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// By what they mean.
    Meaning,
    /// As peers at release 1.35 do: an IPv4 network counts only in its canonical spelling.
    Peer,
}

impl ValueTest {
    /// Reads a question about values of a field of `kind`, by meaning: networks with host bits and
    /// all spellings of a truth value are found.
    pub fn parse(kind: &FieldKind, text: &str) -> Self {
        Self::read(kind, text, Reading::Meaning)
    }

    /// Reads a question as peers at release 1.35 do.
    pub fn parse_as_peers_do(kind: &FieldKind, text: &str) -> Self {
        Self::read(kind, text, Reading::Peer)
    }

    fn read(kind: &FieldKind, text: &str, reading: Reading) -> Self {
        let (negated, term) = match text.strip_prefix('!') {
            Some(term) => (true, term),
            None => (false, text),
        };
        let test = match kind {
            FieldKind::Ipv4 | FieldKind::Ipv6 if !text.contains('%') => {
                network(kind, term, reading)
            }
            FieldKind::Boolean if reading == Reading::Meaning => match truth(term) {
                Some(truth) => Test::Boolean(truth),
                None => as_text(term, negated),
            },
            _ => as_text(term, negated),
        };
        ValueTest { negated, test }
    }

    /// Whether the value passes.
    pub fn holds(&self, value: &str) -> bool {
        self.negated != self.matches(value)
    }

    /// The text that a value must equal (without regard to case and accents), if that is all.
    pub fn equals(&self) -> Option<&str> {
        match &self.test {
            Test::Equals(text, _) if !self.negated => Some(text),
            _ => None,
        }
    }

    fn matches(&self, value: &str) -> bool {
        match &self.test {
            Test::Equals(_, folded) => fold(value) == *folded,
            Test::Like(pattern) => like(pattern, &fold(value).chars().collect::<Vec<_>>()),
            Test::Boolean(wanted) => truth(value) == Some(*wanted),
            Test::Contains(address, mask, reading) => contains(value, *address, mask, *reading),
            Test::Nothing => false,
        }
    }
}

fn as_text(term: &str, negated: bool) -> Test {
    // Behind a `!`, a `%` is a percent sign.
    if term.contains('%') && !negated {
        return Test::Like(fold(term).chars().collect());
    }
    Test::Equals(term.to_owned(), fold(term))
}

fn network(kind: &FieldKind, term: &str, reading: Reading) -> Test {
    let (address, mask) = match term.split_once('/') {
        Some((address, mask)) => (address, mask),
        None => (term, ""),
    };
    let address = match kind {
        FieldKind::Ipv4 => address.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
        _ => address.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
    };
    let Some(address) = address else {
        return Test::Nothing;
    };
    let mask = match mask.parse::<u32>() {
        Ok(0) => Mask::None,
        Ok(length) => Mask::Length(length),
        Err(_) if mask.is_empty() => Mask::None,
        Err(_) => Mask::Text(mask.to_owned()),
    };
    Test::Contains(address, mask, reading)
}

/// What a text says as a truth value: `1 true yes on y t` or `0 false no off n f`, in any case and
/// with blanks around.
pub fn truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" | "y" | "t" => Some(true),
        "0" | "false" | "no" | "off" | "n" | "f" => Some(false),
        _ => None,
    }
}

fn contains(stored: &str, wanted: IpAddr, mask: &Mask, reading: Reading) -> bool {
    let (address, length) = match stored.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (stored, None),
    };
    let address = if reading == Reading::Meaning { address.trim() } else { address };
    let Ok(address) = address.parse::<IpAddr>() else {
        return false;
    };
    let full: u32 = if wanted.is_ipv4() { 32 } else { 128 };
    let length = match length {
        None => full,
        Some(text) => {
            let text = if reading == Reading::Meaning { text.trim() } else { text };
            match text.parse::<u32>() {
                Ok(length) if length <= full && text.starts_with(|c: char| c.is_ascii_digit()) => {
                    length
                }
                _ => return false,
            }
        }
    };
    let inside = match (address, wanted) {
        (IpAddr::V4(address), IpAddr::V4(wanted)) => {
            let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
            let network = u32::from(address) & mask;
            let canonical = reading == Reading::Meaning
                || stored == address.to_string() && network == u32::from(address)
                || stored == format!("{}/{length}", Ipv4Addr::from(network));
            canonical && network == u32::from(wanted) & mask
        }
        (IpAddr::V6(address), IpAddr::V6(wanted)) => {
            let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
            u128::from(address) & mask == u128::from(wanted) & mask
        }
        _ => false,
    };
    inside
        && match mask {
            Mask::None => true,
            Mask::Length(wanted) => length <= *wanted,
            Mask::Text(wanted) => length.to_string() <= *wanted,
        }
}

/// Matches `%` (any text) and `_` (one character), without backtracking over more than one `%`.
fn like(pattern: &[char], text: &[char]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('%') => {
                star = Some((p + 1, t));
                p += 1;
            }
            Some(character) if *character == '_' || *character == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((after, from)) => {
                    p = after;
                    t = from + 1;
                    star = Some((after, t));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|character| *character == '%')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_equal_like_or_different() {
        let holds = |test: &str, value: &str| ValueTest::parse(&FieldKind::Text, test).holds(value);
        assert!(holds("Énergie", "energie"));
        assert!(holds("en%ie", "ENERGIE"));
        assert!(holds("_nergi%", "energie"));
        assert!(!holds("_nergie", "energie"), "wildcards need a `%`");
        assert!(!holds("en%x", "energie"));
        assert!(holds("!energy", "health"));
        assert!(!holds("!100%", "100%"), "behind `!` a percent sign is itself");
        assert!(holds("!1%", "100"));
        assert!(holds("%a%b%", "xaybz"));
        assert!(!holds("", "x"));
    }

    #[test]
    fn truth_values_are_found_by_meaning() {
        let holds =
            |test: &str, value: &str| ValueTest::parse(&FieldKind::Boolean, test).holds(value);
        assert!(holds("yes", " TRUE "));
        assert!(holds("!yes", "off"));
        assert!(holds("!yes", "perhaps"));
        assert!(holds("per%", "perhaps"));
    }

    #[test]
    fn networks_with_host_bits_are_found_by_meaning_but_not_as_peers_do() {
        let kind = FieldKind::Ipv4;
        assert!(ValueTest::parse(&kind, "185.194.93.1").holds("185.194.93.5/22"));
        assert!(!ValueTest::parse_as_peers_do(&kind, "185.194.93.1").holds("185.194.93.5/22"));
        assert!(ValueTest::parse_as_peers_do(&kind, "!rubbish").holds("1.2.3.4"));
        assert!(!ValueTest::parse_as_peers_do(&kind, "rubbish").holds("1.2.3.4"));
    }
}
