//! Networks as typed fields take them: one family, a real mask, nothing around.

use std::fmt::{self, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::problem::ProblemKind;

/// A network in normal form: without host bits, an address alone without a mask. In its family:
/// an IPv4-mapped address in a field for IPv6 is IPv6.
pub(super) struct Network {
    text: Text,
    /// Whether bits after the mask were set.
    pub(super) host_bits: bool,
}

impl Network {
    fn new(address: impl fmt::Display, len: u32, width: u32, host_bits: bool) -> Self {
        let mut text = Text { bytes: [0; 64], len: 0 };
        let written =
            if len == width { write!(text, "{address}") } else { write!(text, "{address}/{len}") };
        debug_assert!(written.is_ok(), "39 characters of address and 4 of mask fit");
        Network { text, host_bits }
    }

    /// The normal form.
    pub(super) fn text(&self) -> &str {
        self.text.as_str()
    }

    /// Whether the value is written in normal form.
    pub(super) fn is_spelled(&self, value: &str) -> bool {
        self.text() == value
    }
}

/// Why a text is no network of the family.
pub(super) struct Fault {
    pub(super) kind: ProblemKind,
    pub(super) message: &'static str,
    pub(super) hint: &'static str,
}

/// Reads an IPv4 address or network.
pub(super) fn ipv4(value: &str) -> Result<Network, Fault> {
    let (address, mask) = split(value);
    let Ok(address) = address.parse::<Ipv4Addr>() else {
        return Err(Fault {
            kind: ProblemKind::NotIpv4,
            message: "not an IPv4 address or network",
            hint: "use a form such as `192.0.2.7` or `192.0.2.0/24`, without blanks",
        });
    };
    let len = length(mask, 32).ok_or(Fault {
        kind: ProblemKind::Mask,
        message: "the mask is not a number from 0 to 32",
        hint: "use a form such as `192.0.2.0/24`",
    })?;
    let bits = address.to_bits();
    let network = bits & u32::MAX.checked_shl(32 - len).unwrap_or(0);
    Ok(Network::new(Ipv4Addr::from_bits(network), len, 32, network != bits))
}

/// Reads an IPv6 address or network.
pub(super) fn ipv6(value: &str) -> Result<Network, Fault> {
    let (address, mask) = split(value);
    let Ok(address) = address.parse::<Ipv6Addr>() else {
        return Err(Fault {
            kind: ProblemKind::NotIpv6,
            message: "not an IPv6 address or network",
            hint: "use a form such as `2001:db8::7` or `2001:db8::/32`, without blanks",
        });
    };
    let len = length(mask, 128).ok_or(Fault {
        kind: ProblemKind::Mask,
        message: "the mask is not a number from 0 to 128",
        hint: "use a form such as `2001:db8::/32`",
    })?;
    let bits = address.to_bits();
    let network = bits & u128::MAX.checked_shl(128 - len).unwrap_or(0);
    Ok(Network::new(Ipv6Addr::from_bits(network), len, 128, network != bits))
}

fn split(value: &str) -> (&str, Option<&str>) {
    value.split_once('/').map_or((value, None), |(address, mask)| (address, Some(mask)))
}

/// The length of a mask: decimal, without sign and leading zeros, at most `width`.
fn length(mask: Option<&str>, width: u32) -> Option<u32> {
    let Some(mask) = mask else { return Some(width) };
    let is_plain = mask.bytes().all(|byte| byte.is_ascii_digit())
        && (mask.len() == 1 || !mask.starts_with('0'));
    let len: u32 = if is_plain { mask.parse().ok()? } else { return None };
    (len <= width).then_some(len)
}

/// A short text on the stack.
struct Text {
    bytes: [u8; 64],
    len: usize,
}

impl Text {
    fn as_str(&self) -> &str {
        let written = self.bytes.get(..self.len).unwrap_or_default();
        std::str::from_utf8(written).unwrap_or_default()
    }
}

impl fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(read: Result<Network, Fault>) -> Result<(String, bool), ProblemKind> {
        read.map(|network| (network.text().to_owned(), network.host_bits))
            .map_err(|fault| fault.kind)
    }

    #[test]
    fn networks_take_their_normal_form() {
        for (value, normal, host_bits) in [
            ("1.2.3.4", "1.2.3.4", false),
            ("1.2.3.4/32", "1.2.3.4", false),
            ("185.194.93.14/22", "185.194.92.0/22", true),
            ("10.0.0.0/8", "10.0.0.0/8", false),
            ("255.255.255.255/0", "0.0.0.0/0", true),
            ("0.0.0.0/0", "0.0.0.0/0", false),
            ("1.2.3.5/31", "1.2.3.4/31", true),
        ] {
            assert_eq!(read(ipv4(value)), Ok((normal.to_owned(), host_bits)), "{value}");
        }
        for (value, normal, host_bits) in [
            ("2001:DB8:0:0::1", "2001:db8::1", false),
            ("2001:db8::1/128", "2001:db8::1", false),
            ("2001:db8::1/32", "2001:db8::/32", true),
            ("::/0", "::/0", false),
            ("ffff::/0", "::/0", true),
            ("::ffff:10.1.2.3", "::ffff:10.1.2.3", false),
            ("::ffff:a01:203/104", "::ffff:10.0.0.0/104", true),
            ("::1.2.3.4", "::102:304", false),
            ("fe80::/10", "fe80::/10", false),
            ("::ffff:ffff:ffff:ffff/64", "::/64", true),
        ] {
            assert_eq!(read(ipv6(value)), Ok((normal.to_owned(), host_bits)), "{value}");
        }
        let longest = "1111:2222:3333:4444:5555:6666:7777:8888/127";
        assert_eq!(read(ipv6(longest)), Ok((longest.to_owned(), false)));
    }

    #[test]
    fn a_mask_is_a_plain_number_in_range() {
        for mask in
            ["33", "99999999999", "", "abc", "-1", "+8", "08", "024", " 24", "24 ", "24/1", "२"]
        {
            assert_eq!(read(ipv4(&format!("1.2.3.4/{mask}"))), Err(ProblemKind::Mask), "{mask}");
        }
        assert_eq!(read(ipv6("::/129")), Err(ProblemKind::Mask));
        assert_eq!(read(ipv6("::/00")), Err(ProblemKind::Mask));
    }

    #[test]
    fn an_address_is_of_the_family_and_alone() {
        for value in [
            "",
            "1.2.3",
            "01.2.3.4",
            "1.2.3.256",
            " 1.2.3.4",
            "1.2.3.4 ",
            "::1",
            "1.2.3.4-1.2.3.9",
            "/8",
            "::ffff:1.2.3.4",
        ] {
            assert_eq!(read(ipv4(value)), Err(ProblemKind::NotIpv4), "{value}");
        }
        for value in [
            "",
            "1.2.3.4",
            "fe80::1%eth0",
            "[::1]",
            ":::",
            "1::2::3",
            "12345::",
            "::1 ",
            "1:2:3:4:5:6:7:8::",
            "/64",
        ] {
            assert_eq!(read(ipv6(value)), Err(ProblemKind::NotIpv6), "{value}");
        }
    }
}
