//! Which aspect a text means.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Host, Pasted, Subject, TEXT_LIMIT, authority_of, read_host, refang, unwrap};
use crate::fold::is_hidden;
use crate::problem::ProblemKind;
use crate::value::{
    Asn, CountryCode, DomainName, DomainSuffix, Fault, IpPrefix, is_dot, parse_ipv4_fast,
};

pub(super) fn subject(text: &str) -> Result<Subject, Fault> {
    if let Some(bits) = parse_ipv4_fast(text.as_bytes()) {
        return Ok(Subject::from(IpAddr::V4(Ipv4Addr::from_bits(bits))));
    }
    if text.len() > TEXT_LIMIT {
        return Err(TOO_LONG);
    }
    if is_plain_domain(text)
        && let Ok(domain) = DomainName::read(text)
    {
        return Ok(Subject::from(domain));
    }
    let text =
        text.trim_matches(|character: char| character.is_whitespace() || is_hidden(character));
    if text.is_empty() {
        return Err(NOTHING);
    }
    if text.contains(char::is_control) {
        return Err(CONTROL);
    }
    let refanged = refang(text);
    match unwrap(&refanged)? {
        Pasted::Authority(authority) => host_subject(authority),
        Pasted::Plain(plain) => plain_subject(plain),
    }
}

fn plain_subject(text: &str) -> Result<Subject, Fault> {
    if text.is_empty() {
        return Err(NOTHING);
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) || is_asn_like(text) {
        match Asn::read(text) {
            Ok(asn) => return Ok(Subject::from(asn)),
            Err(fault) if !text.contains(is_dot) || text.contains("..") => return Err(fault),
            Err(_) => {}
        }
    }
    if let Some(subject) = network(text)? {
        return Ok(subject);
    }
    if let [first, second] = *text.as_bytes()
        && first.is_ascii_alphabetic()
        && second.is_ascii_alphabetic()
    {
        return CountryCode::read(text).map(Subject::from);
    }
    if let Some(rest) = text.strip_prefix('[') {
        return match rest.split_once("]/") {
            Some((address, len))
                if !len.is_empty() && len.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                let (prefix, _) = IpPrefix::read(&format!("{address}/{len}"))?;
                Ok(Subject::from(prefix))
            }
            _ => host_subject(authority_of(text)),
        };
    }
    let fault = match domain(text) {
        Some(Ok(subject)) => return Ok(subject),
        Some(Err(fault)) => fault,
        None if text.eq_ignore_ascii_case("localhost") => LOCAL,
        None => UNKNOWN,
    };
    CountryCode::from_text(text).map(Subject::from).ok_or(fault)
}

/// Whether the text can be nothing but a domain: what is asked most often after addresses.
fn is_plain_domain(text: &str) -> bool {
    let top_level = text.rsplit_once('.').map(|(_, label)| label);
    top_level.is_some_and(|label| label.starts_with(|first: char| first.is_ascii_alphabetic()))
        && !text.starts_with('.')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
}

/// An address or network, `None` if the text is something else.
fn network(text: &str) -> Result<Option<Subject>, Fault> {
    let fault = match IpPrefix::read_many(text) {
        Ok(prefixes) => match prefixes.as_slice() {
            [prefix] => return Ok(Some(Subject::from(*prefix))),
            _ => return Err(SEVERAL),
        },
        Err(fault) => fault,
    };
    let Some((address, tail)) = text.split_once('/') else {
        return Ok(None);
    };
    // Behind an address, a slash begins either a prefix length or the path of a URL.
    if IpPrefix::read(address).is_ok() && !is_path(tail) { Err(fault) } else { Ok(None) }
}

/// Whether what stands behind an address and a slash is a path rather than a mistaken prefix
/// length: it has letters, and either a sign that no number has or more than a word.
fn is_path(tail: &str) -> bool {
    tail.contains(char::is_alphabetic)
        && (tail.len() > 8 || tail.contains(['.', '/', '?', '#', '=', '&', '%', '_', '~', '-']))
}

/// Whether the text is `AS` or `ASN` and something that begins with a digit.
fn is_asn_like(text: &str) -> bool {
    let Some(rest) = text.get(..2).filter(|head| head.eq_ignore_ascii_case("as")) else {
        return false;
    };
    let rest = text.get(rest.len()..).unwrap_or("");
    rest.trim_start_matches(['n', 'N'])
        .trim_start_matches(|character: char| character.is_whitespace() || character == ':')
        .starts_with(|character: char| character.is_ascii_digit())
}

/// A domain, or a host with port or path; `None` if there is neither a dot nor a colon.
fn domain(text: &str) -> Option<Result<Subject, Fault>> {
    let authority = authority_of(text);
    if authority.starts_with(is_dot) || authority.starts_with('*') {
        return Some(
            DomainSuffix::read(authority).map(|suffix| Subject::from(suffix.domain().clone())),
        );
    }
    authority
        .contains(|character| is_dot(character) || character == ':')
        .then(|| host_subject(authority))
}

fn host_subject(authority: &str) -> Result<Subject, Fault> {
    match read_host(authority).map_err(|fault| mistaken_address(authority).unwrap_or(fault))? {
        Host::Name(name) if name.is_single_label() => Err(LOCAL),
        host => Ok(Subject::from(host)),
    }
}

/// What is wrong with what is meant as an address; `None` if it cannot be told or is meant as
/// something else.
fn mistaken_address(text: &str) -> Option<Fault> {
    let text = text.trim_start_matches('[').trim_end_matches(']');
    if let Some((address, _)) = text.split_once('%') {
        return address.parse::<Ipv6Addr>().is_ok().then_some(ZONE);
    }
    let numbers = || text.split('.');
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !numbers().all(is_number) {
        return None;
    }
    Some(if numbers().count() != 4 {
        NOT_FOUR
    } else if numbers().any(|number| number.len() > 1 && number.starts_with('0')) {
        ZEROS
    } else if numbers().any(|number| number.parse::<u8>().is_err()) {
        OVER_255
    } else {
        return None;
    })
}

const NOTHING: Fault = Fault::new(ProblemKind::Required, "nothing to look up").hint(EXAMPLES);
const UNKNOWN: Fault = Fault::new(
    ProblemKind::Malformed,
    "neither an address, a network, an AS number, a domain nor a country",
)
.hint(EXAMPLES);
const EXAMPLES: &str = "write it as `192.0.2.7`, `2001:db8::/32`, `AS64500`, `example.lu` or `LU`";
const TOO_LONG: Fault = Fault::new(ProblemKind::TooLong, "too long to look up").hint(EXAMPLES);
const CONTROL: Fault =
    Fault::new(ProblemKind::ControlCharacter, "control characters in what is looked up")
        .hint("give one subject a line");
const SEVERAL: Fault = Fault::new(ProblemKind::Malformed, "the range is more than one network")
    .hint("look up its networks one by one");
const ZONE: Fault =
    Fault::new(ProblemKind::NotIpv6, "an address with a zone means something on one machine only")
        .hint("leave out `%` and what follows");
const NOT_FOUR: Fault = Fault::new(ProblemKind::NotIpv4, "an IPv4 address has four numbers")
    .hint("write it as `192.0.2.7`, and a network as `192.0.2.0/24`");
const ZEROS: Fault = Fault::new(ProblemKind::NotIpv4, "a number of the address has leading zeros")
    .hint("write `192.0.2.7`, not `192.0.2.007`: some read that as octal");
const OVER_255: Fault = Fault::new(ProblemKind::NotIpv4, "a number of the address is over 255")
    .hint("write it as `192.0.2.7`");
const LOCAL: Fault =
    Fault::new(ProblemKind::NotDomain, "a name without a dot is known locally only")
        .hint("write the whole name such as `www.example.lu`, or `.lu` for a top-level domain");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_told_from_a_mistaken_prefix_length() {
        for tail in ["index.html", "bins.sh", "a/b", "administrator", "x?y=1"] {
            assert!(is_path(tail), "{tail}");
        }
        for tail in ["", "33", "abc", "24/9", "-1", "+8", "08", "24 "] {
            assert!(!is_path(tail), "{tail}");
        }
    }
}
