//! Values that arrive as text.

use std::fmt::{Debug, Display};
use std::net::Ipv4Addr;
use std::str::FromStr;

use cerebrate_core::Error;
use cerebrate_core::id::{OrganisationId, SharingGroupId, TagId};
use cerebrate_core::query::Position;
use cerebrate_core::value::{
    Asn, AsnRange, CountryCode, DomainName, DomainSuffix, Email, IpPrefix, Timestamp,
    parse_ipv4_fast,
};

pub(super) const ID_TOKENS: &[&str] = &["-", "{", "}", "urn:uuid:", "00000000"];

pub(super) const TIMESTAMP_TOKENS: &[&str] =
    &["T", "Z", "-", ":", "+01:00", "-23:59", ".999999999", "9999-12-31", "60", "\0"];

pub(super) const POSITION_TOKENS: &[&str] =
    &[".n", ".t", "-", "+", "7fffffffffffffff", "8000000000000000", "c3a9", ".n-1", "é", "0"];

pub(super) const TOKENS: &[&str] = &[
    "AS",
    "ASN ",
    "asn:",
    "-",
    "–",
    "..",
    "4294967295",
    "1.5",
    "@",
    "\"",
    "<",
    ">",
    "mailto:",
    "xn--",
    "。",
    ".",
    "*.",
    "_",
    "::",
    "::ffff:",
    "/",
    "/0",
    "/32",
    "/128",
    "/255.255.0.0",
    "0.0.0.0",
    "255.255.255.255",
    "fe80::1%1",
    "LU",
    "LUX",
    "Lëtzebuerg",
    "Côte d'Ivoire",
    ", ",
];

/// A moment: what is read is written, and read again, without change.
pub(super) fn timestamp(bytes: &[u8]) {
    survives_a_round::<Timestamp>(bytes);
}

/// Identities, as [`timestamp`].
pub(super) fn ids(bytes: &[u8]) {
    survives_a_round::<OrganisationId>(bytes);
    survives_a_round::<SharingGroupId>(bytes);
    survives_a_round::<TagId>(bytes);
}

/// Places in an answer, as [`timestamp`].
pub(super) fn query_position(bytes: &[u8]) {
    survives_a_round::<Position>(bytes);
}

/// Each of the values that records and constituencies are made of, as [`timestamp`].
pub(super) fn values(bytes: &[u8]) {
    survives_a_round::<Email>(bytes);
    survives_a_round::<Asn>(bytes);
    survives_a_round::<AsnRange>(bytes);
    survives_a_round::<DomainName>(bytes);
    survives_a_round::<DomainSuffix>(bytes);
    survives_a_round::<IpPrefix>(bytes);
    survives_a_round::<CountryCode>(bytes);

    let text = String::from_utf8_lossy(bytes);
    email(&text);
    domain(&text);
    numbers(&text);
    prefixes(&text);
    country(&text);
    let fast = parse_ipv4_fast(bytes).map(Ipv4Addr::from);
    let slow = std::str::from_utf8(bytes).ok().and_then(|text| text.parse::<Ipv4Addr>().ok());
    assert_eq!(fast, slow, "{text:?}");
}

pub(super) fn survives_a_round<T>(bytes: &[u8])
where
    T: FromStr<Err = Error> + Display + Debug + PartialEq,
{
    let text = String::from_utf8_lossy(bytes);
    match text.parse::<T>() {
        Ok(value) => match value.to_string().parse::<T>() {
            Ok(again) => assert_eq!(again, value, "{text:?} changed on the way"),
            Err(error) => unreadable(&value, &error),
        },
        // The message is what a person sees, so that it must be possible to make one.
        Err(error) => assert!(!error.to_string().is_empty(), "{text:?} fails without a word"),
    }
}

fn email(text: &str) {
    let Ok(email) = text.parse::<Email>() else { return };
    assert_eq!(format!("{}@{}", email.local_part(), email.domain()), email.as_str());
    if let Some(domain) = email.domain_name() {
        let written: Result<DomainName, _> = email.domain().parse();
        assert_eq!(written.ok().as_ref(), Some(&domain), "{text:?}");
    }
    let folded = email.folded();
    let again = folded.parse::<Email>().map(|email| email.folded());
    // Lower case may be longer, and then longer than an address or a label of a domain.
    let (_, domain) = folded.rsplit_once('@').unwrap_or_default();
    if folded.len() <= 254 && domain.split('.').all(|label| label.chars().count() <= 63) {
        assert_eq!(again.ok().as_deref(), Some(&*folded), "{text:?} folded");
    }
}

fn domain(text: &str) {
    let Ok(name) = text.parse::<DomainName>() else { return };
    let shown = name.to_unicode();
    assert_eq!(shown.parse().ok().as_ref(), Some(&name), "{text:?} shown as {shown:?}");
    assert_eq!(name.suffixes().next(), Some(name.as_str()));
    for suffix in name.suffixes() {
        match suffix.parse::<DomainSuffix>() {
            Ok(suffix) => assert!(suffix.matches(&name), "{suffix} of {name}"),
            Err(error) => unreadable(&suffix, &error),
        }
    }
}

fn numbers(text: &str) {
    if let Ok(range) = text.parse::<AsnRange>() {
        assert!(range.first() <= range.last(), "{text:?}");
        assert!(range.contains(range.first()) && range.contains(range.last()), "{text:?}");
    }
    if let Ok(asn) = text.parse::<Asn>() {
        assert_eq!(text.parse().ok(), Some(AsnRange::from(asn)), "{text:?}");
    }
}

fn prefixes(text: &str) {
    let many = IpPrefix::parse_many(text);
    if let Ok(prefix) = text.parse::<IpPrefix>() {
        assert_eq!(many.as_ref().ok(), Some(&vec![prefix]), "{text:?}");
        let noted = IpPrefix::parse_noting(text).map(|(prefix, _)| prefix);
        assert_eq!(noted.ok(), Some(prefix), "{text:?}");
        assert!(prefix.covers(&prefix) && prefix.contains(prefix.address()), "{text:?}");
        assert_eq!(IpPrefix::new(prefix.address(), prefix.len()).ok(), Some(prefix), "{text:?}");
    }
    for pair in many.unwrap_or_default().windows(2) {
        if let [one, next] = pair {
            assert!(one < next && !one.covers(next) && !next.covers(one), "{text:?}: {one} {next}");
        }
    }
}

fn country(text: &str) {
    let Some(code) = CountryCode::from_text(text) else { return };
    for spelling in [code.as_str(), code.alpha3(), code.english_name()] {
        assert_eq!(CountryCode::from_text(spelling), Some(code), "{text:?} as {spelling:?}");
    }
}

#[expect(clippy::panic, reason = "a panic is how a target reports a finding")]
fn unreadable(value: &impl Display, error: &Error) {
    panic!("`{value}` was written and cannot be read: {error}")
}
