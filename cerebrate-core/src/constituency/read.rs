//! From the text of one value to claims.

use std::borrow::Cow;
use std::collections::HashSet;

use super::{CLAIM_LIMIT, Claim, PROBLEM_LIMIT, Role, country, sector_key};
use crate::fold::is_hidden;
use crate::model::LONG_TEXT;
use crate::problem::{Problem, ProblemKind};
use crate::subject::{Host, Pasted, authority_of, read_host, refang, unwrap};
use crate::value::{AsnRange, CountryCode, DomainSuffix, Fault, IpPrefix, is_dash, is_dot};

pub(super) fn value(role: Role, field: &str, value: &str) -> (Vec<Claim>, Vec<Problem>) {
    // Nearly every value is one plain claim.
    if let Some(claim) = single(role, value) {
        return (vec![claim], Vec::new());
    }
    let mut reading = Reading { field, claims: Vec::new(), problems: Vec::new() };
    if value.len() > LONG_TEXT {
        reading.refuse(TOO_LONG, value);
        return reading.finish();
    }
    if role == Role::Country {
        // Names of countries have commas; what is left of that is looked at there.
        for segment in segments(value, &SEPARATORS_BUT_COMMA) {
            country::read(segment, &mut reading);
        }
    } else {
        for segment in segments(value, &SEPARATORS) {
            match role {
                Role::Ipv4 | Role::Ipv6 => networks(role, segment, &mut reading),
                Role::Asn => numbers(segment, &mut reading),
                Role::Domain => domains(segment, &mut reading),
                Role::Country => {}
                Role::Sector => reading.claim(Claim::Sector(sector_key(segment))),
            }
        }
    }
    if reading.claims.is_empty() && reading.problems.is_empty() {
        reading.refuse(NOTHING, value);
    }
    reading.finish()
}

/// What has been read of a value so far.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    field: &'a str,
    claims: Vec<Claim>,
    problems: Vec<Problem>,
}

impl Reading<'_> {
    pub(super) fn claim(&mut self, claim: Claim) {
        match self.claims.len() {
            ..CLAIM_LIMIT => self.claims.push(claim),
            CLAIM_LIMIT => {
                self.claims.push(claim);
                let problem = TOO_MANY.into_problem(self.field, "");
                self.problems.truncate(PROBLEM_LIMIT - 1);
                self.problems.push(problem);
            }
            _ => {}
        }
    }

    pub(super) fn claim_all<T>(&mut self, values: Vec<T>, kind: fn(T) -> Claim) {
        for value in values {
            self.claim(kind(value));
        }
    }

    pub(super) fn refuse(&mut self, fault: Fault, text: &str) {
        if self.problems.len() < PROBLEM_LIMIT {
            self.problems.push(fault.into_problem(self.field, text));
        }
    }

    fn finish(mut self) -> (Vec<Claim>, Vec<Problem>) {
        // One more than the limit was kept as a sign that there were more.
        self.claims.truncate(CLAIM_LIMIT);
        if self.claims.len() > 1 {
            let mut seen = HashSet::with_capacity(self.claims.len());
            let first: Vec<bool> = self.claims.iter().map(|claim| seen.insert(claim)).collect();
            let mut first = first.into_iter();
            self.claims.retain(|_| first.next().unwrap_or(true));
        }
        (self.claims, self.problems)
    }
}

const SEPARATORS: [char; 7] = [',', ';', '\n', '\r', '\u{ff0c}', '\u{ff1b}', '\u{3001}'];
const SEPARATORS_BUT_COMMA: [char; 4] = [';', '\n', '\r', '\u{ff1b}'];

const TOO_LONG: Fault = Fault::new(ProblemKind::TooLong, "the value is longer than 65535 bytes")
    .hint("split it into several values");
const TOO_MANY: Fault =
    Fault::new(ProblemKind::TooLong, "more than 4096 in one value; the rest is not looked up")
        .hint("split it into several values");
const NOTHING: Fault = Fault::new(ProblemKind::Required, "nothing to look up in the value");
const NOT_IPV6: Fault = Fault::new(ProblemKind::NotIpv6, "not an IPv4 or IPv6 address")
    .hint("write a network as `192.0.2.0/24` or `2001:db8::/32`");
const ADDRESS_AS_DOMAIN: Fault =
    Fault::new(ProblemKind::NotDomain, "an address where a domain name is needed")
        .hint("networks belong in the fields `IPv4 address` and `IPv6 address`");
const SINGLE_LABEL: Fault = Fault::new(ProblemKind::NotDomain, "not a domain name")
    .hint("write it as `example.lu`, or `.lu` for all below `lu`");
const TOP_LEVEL_AMONG_OTHERS: Fault =
    Fault::new(ProblemKind::NotDomain, "a top-level domain that does not stand alone")
        .hint("put commas between: `.lu, .be`");
const BLANK_AT_DOT: Fault = Fault::new(ProblemKind::NotDomain, "a blank stands beside a dot")
    .hint("write `example.lu` without blanks, and commas between several domains");

fn single(role: Role, value: &str) -> Option<Claim> {
    match role {
        Role::Ipv4 | Role::Ipv6 => {
            IpPrefix::read(value).ok().map(|(prefix, _)| Claim::Prefix(prefix))
        }
        Role::Asn => AsnRange::read(value).ok().map(Claim::Asn),
        // An ideographic comma may be part of an internationalised name; here it separates.
        Role::Domain if value.contains(SEPARATORS) => None,
        Role::Domain => DomainSuffix::read(value).ok().map(Claim::Domain),
        Role::Country => CountryCode::read(value).ok().map(Claim::Country),
        Role::Sector => None,
    }
}

/// The parts of `value` between separators that are not blank.
fn segments<'a>(value: &'a str, separators: &'a [char]) -> impl Iterator<Item = &'a str> {
    value.split(separators).map(bare).filter(|segment| !segment.is_empty())
}

/// `text` without blanks and invisible characters around it.
pub(super) fn bare(text: &str) -> &str {
    text.trim_matches(|character: char| {
        character.is_whitespace() || character.is_control() || is_hidden(character)
    })
}

/// The words of `segment`, two of them as one where `joins` says that they belong together.
fn words(segment: &str, joins: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in segment.split_whitespace().map(bare).filter(|word| !word.is_empty()) {
        match words.last_mut() {
            Some(last) if joins(last, word) => last.push_str(word),
            _ => words.push(word.to_owned()),
        }
    }
    words
}

fn networks(role: Role, segment: &str, reading: &mut Reading<'_>) {
    if let Ok(prefixes) = IpPrefix::read_many(segment) {
        reading.claim_all(prefixes, Claim::Prefix);
        return;
    }
    let is_joint = |character: char| character == '/' || is_dash(character);
    for word in
        words(segment, |left, right| left.ends_with(is_joint) || right.starts_with(is_joint))
    {
        match IpPrefix::read_many(&word) {
            Ok(prefixes) => reading.claim_all(prefixes, Claim::Prefix),
            Err(fault) if role == Role::Ipv6 && fault.kind() == ProblemKind::NotIpv4 => {
                reading.refuse(NOT_IPV6, &word);
            }
            Err(fault) => reading.refuse(fault, &word),
        }
    }
}

fn numbers(segment: &str, reading: &mut Reading<'_>) {
    if let Ok(range) = AsnRange::read(segment) {
        reading.claim(Claim::Asn(range));
        return;
    }
    for word in words(segment, belongs_to_number) {
        match AsnRange::read(&word) {
            Ok(range) => reading.claim(Claim::Asn(range)),
            Err(fault) => reading.refuse(fault, &word),
        }
    }
}

/// Whether `left` ends in the middle of an AS number or a range: `AS`, `ASN:`, `-`, `..`.
fn belongs_to_number(left: &str, right: &str) -> bool {
    let is_range = |text: &str, at_end: bool| {
        if at_end {
            text.ends_with(is_dash) || text.ends_with("..")
        } else {
            text.starts_with(is_dash) || text.starts_with("..")
        }
    };
    let ends_with = |text: &str, ending: &str| {
        text.len()
            .checked_sub(ending.len())
            .and_then(|start| text.get(start..))
            .is_some_and(|tail| tail.eq_ignore_ascii_case(ending))
    };
    let named = left.strip_suffix(':').unwrap_or(left);
    is_range(left, true)
        || is_range(right, false)
        || ends_with(named, "as")
        || ends_with(named, "asn")
}

/// Between blanks stand full names only. A top-level domain stands alone between separators, and
/// where a blank meets a dot it is rather a name torn in two, `www.example .lu`: a stray blank must
/// never make anybody responsible for all of `lu`.
fn domains(segment: &str, reading: &mut Reading<'_>) {
    let words = words(segment, |_, _| false);
    if let [word] = words.as_slice() {
        match domain(word) {
            Ok(suffix) => reading.claim(Claim::Domain(suffix)),
            Err(fault) => reading.refuse(fault, word),
        }
        return;
    }
    if is_torn(&words) {
        reading.refuse(BLANK_AT_DOT, segment);
        return;
    }
    for word in &words {
        match domain(word) {
            Ok(suffix) if !suffix.domain().is_single_label() => {
                reading.claim(Claim::Domain(suffix));
            }
            Ok(_) if word.contains(is_dot) => reading.refuse(TOP_LEVEL_AMONG_OTHERS, word),
            Ok(_) => reading.refuse(SINGLE_LABEL, word),
            Err(fault) => reading.refuse(fault, word),
        }
    }
}

/// Whether a blank between two of the words meets a dot. A list in which every word begins with a
/// dot is a way to write suffixes, `.gv.at .ac.at`.
fn is_torn(words: &[String]) -> bool {
    let words: Vec<Cow<'_, str>> = words.iter().map(|word| refang(word)).collect();
    let begins = |word: &Cow<'_, str>| word.starts_with(is_dot);
    let ends = |word: &Cow<'_, str>| word.ends_with(is_dot);
    words.iter().rev().skip(1).any(ends)
        || (words.iter().skip(1).any(begins) && !words.iter().all(begins))
}

fn domain(word: &str) -> Result<DomainSuffix, Fault> {
    let word = refang(word);
    let fault = match DomainSuffix::read(&word) {
        Ok(suffix) => return Ok(suffix),
        Err(fault) => fault,
    };
    if IpPrefix::read_many(&word).is_ok() {
        return Err(ADDRESS_AS_DOMAIN);
    }
    let authority = match unwrap(&word)? {
        Pasted::Authority(authority) => authority,
        Pasted::Plain(plain) => {
            let authority = authority_of(plain);
            if authority == word.as_ref() && !authority.contains([':', '[']) {
                return Err(fault);
            }
            authority
        }
    };
    if let Some(below) = authority.strip_prefix("*.") {
        return DomainSuffix::read(below);
    }
    match read_host(authority)? {
        Host::Address(_) => Err(ADDRESS_AS_DOMAIN),
        Host::Name(name) if name.is_single_label() => Err(SINGLE_LABEL),
        Host::Name(name) => Ok(DomainSuffix::from(name)),
    }
}
