//! From the text of one value to claims.

use std::borrow::Cow;
use std::collections::HashSet;

use super::{CLAIM_LIMIT, Claim, PROBLEM_LIMIT, Role, country, sector_key};
use crate::fold::is_hidden;
use crate::model::LONG_TEXT;
use crate::problem::{Problem, ProblemKind};
use crate::subject::{Host, Pasted, authority_of, read_host, refang, unwrap};
use crate::value::{
    AsnRange, CountryCode, DomainSuffix, Fault, IpPrefix, is_dash, is_dot, parse_ipv4_fast,
};

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
    } else if role == Role::Asn {
        for segment in number_segments(value) {
            numbers(segment, &mut reading);
        }
    } else {
        for segment in segments(value, &SEPARATORS) {
            match role {
                Role::Ipv4 | Role::Ipv6 => networks(role, segment, &mut reading),
                Role::Domain => domains(segment, &mut reading),
                Role::Asn | Role::Country => {}
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
const BARE_NUMBER: Fault =
    Fault::new(ProblemKind::NotAsn, "a number among words is not an AS number")
        .hint("write it as `AS64500`, and commas between several");
const AMBIGUOUS: Fault =
    Fault::new(ProblemKind::NotAsn, "a comma that may group digits or separate numbers")
        .hint("write one as `AS64500`, several as `AS64500, AS64501`");
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
    let joins = |left: &str, right: &str| left.ends_with(is_joint) || right.starts_with(is_joint);
    for word in with_masks(words(segment, joins)) {
        match IpPrefix::read_many(&word) {
            Ok(prefixes) => reading.claim_all(prefixes, Claim::Prefix),
            Err(fault) if role == Role::Ipv6 && fault.kind() == ProblemKind::NotIpv4 => {
                reading.refuse(NOT_IPV6, &word);
            }
            Err(fault) => reading.refuse(fault, &word),
        }
    }
}

/// The words, those that belong together as one: an address and the dotted mask behind it become
/// `address/mask`. What is rather a network torn in two, `10.0.0.0/2 4`, keeps its blank, and so
/// nobody reads it.
fn with_masks(words: Vec<String>) -> Vec<String> {
    let mut together: Vec<String> = Vec::with_capacity(words.len());
    let mut is_bare_address = false;
    for word in words {
        match together.last_mut() {
            Some(last) if is_bare_address && is_mask(&word) && word.starts_with("255.") => {
                last.push('/');
                last.push_str(&word);
                is_bare_address = false;
            }
            Some(last) if is_torn_network(last, &word) || is_mask(&word) => {
                last.push(' ');
                last.push_str(&word);
                is_bare_address = false;
            }
            _ => {
                is_bare_address = parse_ipv4_fast(word.as_bytes()).is_some();
                together.push(word);
            }
        }
    }
    together
}

/// Whether a word behind others is a mask rather than a host: nobody has an address in
/// `0.0.0.0/8` or `255.0.0.0/8`, nor one that is a mask of less than eight bits.
fn is_mask(word: &str) -> bool {
    parse_ipv4_fast(word.as_bytes()).is_some_and(|bits| {
        let is_short = bits << 8 == 0 && bits.leading_ones() + bits.trailing_zeros() == 32;
        matches!(bits >> 24, 0 | 255) || is_short
    })
}

fn is_torn_network(left: &str, right: &str) -> bool {
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_joint = |character: char| matches!(character, '.' | ':');
    is_number(right)
        || (left.ends_with('.') || right.starts_with('.'))
        || (left.ends_with(':') && !left.ends_with("::") && right.starts_with(is_joint))
}

fn numbers(segment: &str, reading: &mut Reading<'_>) {
    if let Ok(range) = AsnRange::read(segment) {
        reading.claim(Claim::Asn(range));
        return;
    }
    if segment.contains(',') {
        reading.refuse(AMBIGUOUS, segment);
        return;
    }
    let all = words(segment, belongs_to_number);
    let is_list = all
        .iter()
        .all(|word| AsnRange::read(word).is_ok() && (!is_bare(word) || has_many_digits(word)));
    // `as` is a word in prose, `serves as 3 networks`.
    let joins = |left: &str, right: &str| left != "as" && belongs_to_number(left, right);
    let words = if is_list { all } else { words(segment, joins) };
    let mut words = words.into_iter().peekable();
    while let Some(mut word) = words.next() {
        while let Some(next) = words.next_if(|next| is_grouped(&word, next)) {
            word.push(' ');
            word.push_str(&next);
        }
        match AsnRange::read(&word) {
            Ok(_) if is_bare(&word) && !is_list => {
                reading.refuse(BARE_NUMBER, &word);
            }
            Ok(range) => reading.claim(Claim::Asn(range)),
            Err(fault) => reading.refuse(fault, &word),
        }
    }
}

/// Whether a number of AS numbers is written without `AS`: among words it may count anything.
fn is_bare(word: &str) -> bool {
    word.starts_with(|character: char| character.is_ascii_digit())
}

/// Whether a number is long enough not to be a part of one that a blank tore in two.
fn has_many_digits(word: &str) -> bool {
    word.bytes().filter(u8::is_ascii_digit).count() >= 4
}

/// Whether `right` may be the next three digits of the number that `left` ends with: `64 500`.
fn is_grouped(left: &str, right: &str) -> bool {
    let digits = left.bytes().rev().take_while(u8::is_ascii_digit).count();
    (1..=3).contains(&digits) && right.len() == 3 && right.bytes().all(|byte| byte.is_ascii_digit())
}

/// The parts of a list of AS numbers. Where a comma stands directly between digits with three of
/// them behind, `64,500` may be one number or two: such parts stay together and are not read.
fn number_segments(value: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    for piece in value.split(SEPARATORS_BUT_COMMA) {
        let mut start = 0;
        for (at, comma) in piece.match_indices([',', '\u{ff0c}', '\u{3001}']) {
            let end = at + comma.len();
            let (before, behind) = (piece.get(..at).unwrap_or(""), piece.get(end..).unwrap_or(""));
            let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
            if comma == "," && digits == 3 && before.ends_with(|last: char| last.is_ascii_digit()) {
                continue;
            }
            parts.extend(piece.get(start..at));
            start = end;
        }
        parts.extend(piece.get(start..));
    }
    parts.into_iter().map(bare).filter(|part| !part.is_empty()).collect()
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
