//! What a lookup is asked, and what organisations say that they are responsible for.

use std::collections::HashSet;

use cerebrate_core::constituency::{CLAIM_LIMIT, Claim, PROBLEM_LIMIT, Role, read, sector_key};
use cerebrate_core::subject::Subject;

use super::values::survives_a_round;

pub(super) const SUBJECT_TOKENS: &[&str] = &[
    "AS",
    "asn ",
    "https://",
    "hxxp://",
    "@",
    "mailto:",
    "://",
    "[.]",
    "[",
    "]",
    ":443",
    "/",
    "?",
    ".lu",
    "*.",
    "xn--",
    "。",
    "１",
    "2001:db8::1",
    "%eth0",
    "192.0.2.1",
    "0x7f",
    "/24",
    "-",
    "LU",
];

pub(super) const CONSTITUENCY_TOKENS: &[&str] = &[
    ",",
    ";",
    "\n",
    "、",
    " - ",
    "..",
    "–",
    "/",
    "/0",
    "/33",
    "AS",
    "AS 1",
    "4294967295",
    "0.0.0.0",
    "255.255.255.255",
    "192.0.2.",
    "::",
    "ffff:",
    "*.",
    ".lu",
    "https://",
    "@",
    "xn--",
    "Bolivia, Plurinational State of",
    "Korea (Republic of)",
    "LU",
    "Lëtzebuerg",
];

/// A subject that was read is written, and read again, without change.
pub(super) fn subject(bytes: &[u8]) {
    survives_a_round::<Subject>(bytes);
    let text = String::from_utf8_lossy(bytes);
    if let Ok(subject) = text.parse::<Subject>() {
        let aspects = [
            subject.address_or_network().is_some(),
            subject.asn().is_some(),
            subject.domain().is_some(),
            subject.country().is_some(),
        ];
        let count = aspects.into_iter().filter(|is_there| *is_there).count();
        assert_eq!(count, 1, "{text:?} as {subject}");
    }
}

/// Every part of a value is a claim or a problem, and each claim stands for itself.
pub(super) fn constituency(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for role in [Role::Ipv4, Role::Ipv6, Role::Asn, Role::Domain, Role::Country, Role::Sector] {
        let (claims, problems) = read(role, &text);
        assert!(!claims.is_empty() || !problems.is_empty(), "{role:?} {text:?} says nothing");
        assert!(claims.len() <= CLAIM_LIMIT && problems.len() <= PROBLEM_LIMIT, "{role:?}");
        let distinct: HashSet<&Claim> = claims.iter().collect();
        assert_eq!(distinct.len(), claims.len(), "{role:?} {text:?} repeats a claim");
        for claim in claims.iter().take(64) {
            assert_eq!(claim.basis_kind(), role.basis_kind(), "{text:?}");
            let written = match claim {
                Claim::Prefix(prefix) => prefix.to_string(),
                Claim::Asn(range) => range.to_string(),
                Claim::Domain(suffix) => suffix.to_string(),
                Claim::Country(code) => code.to_string(),
                Claim::Sector(key) => {
                    assert_eq!(&sector_key(key), key, "{text:?}");
                    continue;
                }
                _ => continue,
            };
            let (again, problems) = read(role, &written);
            assert_eq!(again, std::slice::from_ref(claim), "{role:?} {text:?} as {written:?}");
            assert_eq!(problems, [], "{role:?} {text:?} as {written:?}");
        }
    }
}
