//! Finding the host in what people paste: URLs with or without scheme, e-mail addresses, `host:port`
//! and indicators that were made harmless.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::problem::ProblemKind;
use crate::value::{DomainName, Fault, IpPrefix, parse_ipv4_fast};

/// A machine, by address or by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Host {
    /// One address.
    Address(IpPrefix),
    /// A name, perhaps of a single label.
    Name(DomainName),
}

/// What a pasted text is, after its wrapping is taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pasted<'a> {
    /// It was a URL or an e-mail address; the host part, with brackets and port.
    Authority(&'a str),
    /// It was not; host, network, number or name.
    Plain(&'a str),
}

/// Makes an indicator readable again that was written so that nobody clicks on it:
/// `hxxp://example[.]com` (the scheme does not matter here), `192.0.2[.]7`, `info[at]example.com`.
pub(crate) fn refang(text: &str) -> Cow<'_, str> {
    if !text.contains(['[', '(', '{']) {
        return Cow::Borrowed(text);
    }
    let mut refanged = Cow::Borrowed(text);
    for (written, meant) in REFANG {
        if refanged.contains(written) {
            refanged = Cow::Owned(refanged.replace(written, meant));
        }
    }
    refanged
}

/// Takes off quotes and angle brackets, `mailto:`, scheme, user and path.
pub(crate) fn unwrap(text: &str) -> Result<Pasted<'_>, Fault> {
    let text = without_quotes(text);
    if let Some((scheme, rest)) = text.split_once("://") {
        // A later `://` belongs to the path or query of what has no scheme itself.
        if is_scheme(scheme) {
            let authority = authority_of(rest);
            let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
            return if user.contains(char::is_whitespace) {
                Err(BLANKS)
            } else {
                Ok(Pasted::Authority(host))
            };
        }
        if !scheme.contains(PATH_STARTS) {
            return Err(NOT_SCHEME);
        }
    }
    let text = match text.split_once(':') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("mailto") => rest,
        _ => text,
    };
    let authority = authority_of(text);
    if let Some((user, host)) = authority.rsplit_once('@') {
        let quoted = user.len() > 1 && user.starts_with('"') && user.ends_with('"');
        if !quoted && user.contains(|character: char| character.is_whitespace() || character == '@')
        {
            return Err(BLANKS);
        }
        return Ok(Pasted::Authority(host));
    }
    Ok(Pasted::Plain(text))
}

/// Reads a host with optional port, as it stands in a URL, behind the `@` of an e-mail address or
/// in front of a path: `example.lu:443`, `[2001:db8::1]:443`, `[IPv6:2001:db8::1]`, `192.0.2.7`.
pub(crate) fn read_host(authority: &str) -> Result<Host, Fault> {
    if authority.contains('%') {
        return Err(PERCENT);
    }
    if let Some(rest) = authority.strip_prefix('[') {
        let (address, port) = rest.split_once(']').ok_or(BRACKET)?;
        check_port(port)?;
        return read_bracketed(address).ok_or(BRACKET);
    }
    if let Some(address) = read_address(authority) {
        return Ok(address);
    }
    let host = match authority.split_once(':') {
        None => authority,
        Some((host, _)) => {
            check_port(authority.get(host.len()..).unwrap_or(""))?;
            host
        }
    };
    // A trailing dot is as legal behind an address as behind a name.
    if let Some(address) = read_address(host.strip_suffix('.').unwrap_or(host)) {
        return Ok(address);
    }
    DomainName::read(host).map(Host::Name)
}

/// What stands in front of a path, query or fragment.
pub(crate) fn authority_of(text: &str) -> &str {
    text.split(PATH_STARTS).next().unwrap_or("")
}

const PATH_STARTS: [char; 4] = ['/', '?', '#', '\\'];

/// Written, meant. Longer ones first.
const REFANG: [(&str, &str); 14] = [
    ("[://]", "://"),
    ("[:]//", "://"),
    ("[dot]", "."),
    ("(dot)", "."),
    ("{dot}", "."),
    ("[DOT]", "."),
    ("[.]", "."),
    ("(.)", "."),
    ("{.}", "."),
    ("[at]", "@"),
    ("(at)", "@"),
    ("[AT]", "@"),
    ("[@]", "@"),
    ("[:]", ":"),
];

const NOT_SCHEME: Fault =
    Fault::new(ProblemKind::Malformed, "not a URL").hint("write it as `https://www.example.lu/`");
const BLANKS: Fault = Fault::new(ProblemKind::NotEmail, "more than one address, or blanks in it")
    .hint("write one, such as `info@example.lu`");
const PERCENT: Fault = Fault::new(ProblemKind::NotDomain, "percent signs in the host name")
    .hint("write the host as it is read, such as `bücher.example`");
const BRACKET: Fault = Fault::new(ProblemKind::NotIpv6, "not an IPv6 address between the brackets")
    .hint("write it as `[2001:db8::1]`");
const PORT: Fault = Fault::new(ProblemKind::NotDomain, "not a port behind the colon")
    .hint("write it as `example.lu:443`, or an IPv6 address as `2001:db8::1`");

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'*'))
}

fn without_quotes(text: &str) -> &str {
    for (open, close) in [('"', '"'), ('\'', '\''), ('`', '`'), ('<', '>')] {
        if let Some(inner) = text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)) {
            return inner.trim();
        }
    }
    // A name in front of an address: `CERT.at <info@cert.at>`.
    match text.strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) {
        Some((_, inner)) if inner.contains('@') => inner.trim(),
        _ => text,
    }
}

fn read_address(text: &str) -> Option<Host> {
    if let Some(bits) = parse_ipv4_fast(text.as_bytes()) {
        let address = IpAddr::V4(Ipv4Addr::from_bits(bits));
        return Some(Host::Address(IpPrefix::host(address)));
    }
    let address = text.parse::<Ipv6Addr>().ok()?;
    Some(Host::Address(IpPrefix::host(IpAddr::V6(address))))
}

/// An address literal: IPv6 in a URL, either family in e-mail (RFC 5321, section 4.1.3).
fn read_bracketed(text: &str) -> Option<Host> {
    let tag = text.get(..5).filter(|tag| tag.eq_ignore_ascii_case("ipv6:"));
    read_address(tag.map_or(text, |tag| text.get(tag.len()..).unwrap_or("")))
}

fn check_port(text: &str) -> Result<(), Fault> {
    if text.is_empty() {
        return Ok(());
    }
    match text.strip_prefix(':') {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            if digits.is_empty() || digits.parse::<u16>().is_ok() { Ok(()) } else { Err(PORT) }
        }
        _ => Err(PORT),
    }
}
