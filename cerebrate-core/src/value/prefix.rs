use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::Fault;
use super::fault::serde_as_text;
use crate::error::{Error, Result};
use crate::problem::ProblemKind;

/// How many prefixes one range of addresses may need.
const RANGE_LIMIT: usize = 64;

/// The longest text that is looked at, in bytes.
const TEXT_LIMIT: usize = 256;

/// An address or network, IPv4 or IPv6, always normalised: bits after the prefix are zero, and an
/// IPv4 network written as IPv4-mapped IPv6 is IPv4.
///
/// It is written as people do: an address alone has no `/32` or `/128`.
///
/// ```
/// use cerebrate_core::value::IpPrefix;
///
/// let network: IpPrefix = "185.194.93.14/22".parse()?;
/// assert_eq!(network.to_string(), "185.194.92.0/22");
/// assert!(network.contains("185.194.95.255".parse().unwrap()));
/// assert_eq!("::ffff:10.0.0.0/104".parse::<IpPrefix>()?.to_string(), "10.0.0.0/8");
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IpPrefix {
    address: IpAddr,
    len: u8,
}

impl IpPrefix {
    /// The network of `len` leading bits around `address`.
    ///
    /// `Invalid` if `len` is more than the address has, or if `address` is IPv4-mapped IPv6 and
    /// the network would reach beyond the mapped addresses (`len` under 96).
    pub fn new(address: IpAddr, len: u8) -> Result<Self> {
        Self::normalise(address, len)
            .map_err(|fault| fault.into_error(READ_PREFIX, &format!("{address}/{len}")))
    }

    /// The network that is one address.
    #[inline]
    pub fn host(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => IpPrefix { address: IpAddr::V4(address), len: 32 },
            IpAddr::V6(address) => IpPrefix { address: IpAddr::V6(address), len: 128 },
        }
    }

    /// Reads an address or `address/length`, and says what had to be put right: a list with
    /// [`ProblemKind::HostBits`] if bits after the prefix were set, else an empty one.
    ///
    /// ```
    /// use cerebrate_core::problem::ProblemKind;
    /// use cerebrate_core::value::IpPrefix;
    ///
    /// let (network, notices) = IpPrefix::parse_noting("10.1.2.3/8")?;
    /// assert_eq!(network.to_string(), "10.0.0.0/8");
    /// assert_eq!(notices, [ProblemKind::HostBits]);
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    pub fn parse_noting(text: &str) -> Result<(Self, Vec<ProblemKind>)> {
        let (prefix, host_bits) =
            Self::read(text).map_err(|fault| fault.into_error(READ_PREFIX, text))?;
        Ok((prefix, if host_bits { vec![ProblemKind::HostBits] } else { Vec::new() }))
    }

    /// Reads what people write for networks: besides an address or `address/length` also a dotted
    /// mask (`10.0.0.0/255.0.0.0`) and a range (`192.0.2.0-192.0.2.255`), which becomes the fewest
    /// networks that cover exactly its addresses, at most 64.
    ///
    /// ```
    /// use cerebrate_core::value::IpPrefix;
    ///
    /// let networks = IpPrefix::parse_many("192.0.2.0 - 192.0.2.191")?;
    /// assert_eq!(networks.len(), 2);
    /// assert_eq!(networks[1].to_string(), "192.0.2.128/26");
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    pub fn parse_many(text: &str) -> Result<Vec<Self>> {
        Self::read_many(text).map_err(|fault| fault.into_error(READ_PREFIX, text))
    }

    /// The first address.
    #[inline]
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// How many leading bits are fixed.
    #[expect(clippy::len_without_is_empty, reason = "a length in bits; a prefix is never empty")]
    #[inline]
    pub fn len(&self) -> u8 {
        self.len
    }

    /// Whether it is an IPv4 network.
    #[inline]
    pub fn is_ipv4(&self) -> bool {
        self.address.is_ipv4()
    }

    /// Whether it is a single address.
    #[inline]
    pub fn is_host(&self) -> bool {
        self.len == width(self.address)
    }

    /// Whether `address` is in it. An IPv4-mapped IPv6 address counts as the IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (own.to_bits() ^ other.to_bits()) & mask4(self.len) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                (own.to_bits() ^ other.to_bits()) & mask6(self.len) == 0
            }
            _ => false,
        }
    }

    /// Whether every address of `other` is in it.
    pub fn covers(&self, other: &IpPrefix) -> bool {
        self.len <= other.len && self.contains(other.address)
    }

    /// The network of `len` bits around this one; itself where `len` is not shorter.
    ///
    /// ```
    /// use cerebrate_core::value::IpPrefix;
    ///
    /// let prefix: IpPrefix = "192.0.2.128/25".parse()?;
    /// assert_eq!(prefix.widened_to(16).to_string(), "192.0.0.0/16");
    /// assert_eq!(prefix.widened_to(32), prefix);
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn widened_to(self, len: u8) -> Self {
        let len = len.min(self.len);
        let address = match self.address {
            IpAddr::V4(own) => Ipv4Addr::from_bits(own.to_bits() & mask4(len)).into(),
            IpAddr::V6(own) => Ipv6Addr::from_bits(own.to_bits() & mask6(len)).into(),
        };
        IpPrefix { address, len }
    }

    /// As [`parse_noting`](Self::parse_noting); the second value tells whether host bits were set.
    pub(crate) fn read(text: &str) -> Result<(Self, bool), Fault> {
        let text = text.trim();
        let (address_text, len_text) = match text.split_once('/') {
            None => (text, None),
            Some((address, len)) => (address, Some(len)),
        };
        let address = read_address(address_text)?;
        let Some(len_text) = len_text else {
            return Ok((Self::host(address), false));
        };
        let len = read_len(len_text)?;
        let prefix = Self::normalise(address, len)?;
        Ok((prefix, prefix.address != address.to_canonical()))
    }

    /// As [`parse_many`](Self::parse_many).
    pub(crate) fn read_many(text: &str) -> Result<Vec<Self>, Fault> {
        let text = text.trim();
        if let Some((first, last)) = text.split_once(is_dash) {
            return cover(read_address(first.trim())?, read_address(last.trim())?);
        }
        if let Some((address, mask)) = text.split_once('/') {
            let (address, mask) = (address.trim(), mask.trim());
            if let Some(mask) = parse_ipv4_fast(mask.as_bytes()) {
                return Ok(vec![with_dotted_mask(read_address(address)?, mask)?]);
            }
            let address = read_address(address)?;
            return Ok(vec![Self::normalise(address, read_len(mask)?)?]);
        }
        Ok(vec![Self::host(read_address(text)?)])
    }

    fn normalise(address: IpAddr, len: u8) -> Result<Self, Fault> {
        if len > width(address) {
            return Err(mask_fault(address.is_ipv4()));
        }
        match (address, address.to_canonical()) {
            (IpAddr::V6(_), IpAddr::V4(mapped)) => match len.checked_sub(96) {
                Some(len) => Ok(masked4(mapped, len)),
                None => Err(MAPPED_MASK),
            },
            (_, IpAddr::V4(address)) => Ok(masked4(address, len)),
            (_, IpAddr::V6(address)) => {
                let bits = address.to_bits() & mask6(len);
                Ok(IpPrefix { address: IpAddr::V6(Ipv6Addr::from_bits(bits)), len })
            }
        }
    }
}

impl From<IpAddr> for IpPrefix {
    fn from(address: IpAddr) -> Self {
        IpPrefix::host(address)
    }
}

impl FromStr for IpPrefix {
    type Err = Error;

    /// Reads an address or `address/length`; blanks around it are ignored, host bits cleared.
    fn from_str(text: &str) -> Result<Self> {
        match Self::read(text) {
            Ok((prefix, _)) => Ok(prefix),
            Err(fault) => Err(fault.into_error(READ_PREFIX, text)),
        }
    }
}

impl fmt::Display for IpPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_host() {
            self.address.fmt(f)
        } else {
            write!(f, "{}/{}", self.address, self.len)
        }
    }
}

impl fmt::Debug for IpPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IpPrefix({self})")
    }
}

serde_as_text!(IpPrefix);

/// Reads a dotted quad as the number it stands for: four decimal numbers up to 255 without leading
/// zeros, and nothing around them. Does not allocate; made for bulk lookups of textual addresses.
///
/// ```
/// use cerebrate_core::value::parse_ipv4_fast;
///
/// assert_eq!(parse_ipv4_fast(b"192.0.2.7"), Some(0xC000_0207));
/// assert_eq!(parse_ipv4_fast(b"192.0.2.07"), None);
/// ```
#[inline]
pub fn parse_ipv4_fast(text: &[u8]) -> Option<u32> {
    if !(7..=15).contains(&text.len()) {
        return None;
    }
    // The whole text as one number, first byte lowest: two overlapping halves, or padded by one.
    let whole = if let (Some(head), Some(tail)) = (text.first_chunk(), text.last_chunk()) {
        let beyond = 8 * (16 - text.len());
        u128::from(u64::from_le_bytes(*head))
            | (u128::from(u64::from_le_bytes(*tail)) << 64 >> beyond)
    } else {
        let mut padded = [0; 8];
        padded.get_mut(..text.len())?.copy_from_slice(text);
        u128::from(u64::from_le_bytes(padded))
    };
    // The highest bit of each byte that is a dot. Only ASCII gets past the digits below.
    let other = whole ^ (EACH_BYTE * u128::from(b'.'));
    let mut dots = !(((other & EACH_LOW) + EACH_LOW) | other | EACH_LOW);
    if dots.count_ones() != 3 {
        return None;
    }
    let mut bits = 0;
    let mut start = 0;
    let mut valid = true;
    for octet in 0..4 {
        let end = if octet == 3 { text.len() } else { dots.trailing_zeros() as usize / 8 };
        dots &= dots.wrapping_sub(1);
        let digits = end - start;
        if !(1..=3).contains(&digits) {
            return None;
        }
        // The digits in the upper bytes, the last one highest; zeros below.
        let low = 8 * (4 - digits);
        #[expect(clippy::cast_possible_truncation, reason = "the four lowest bytes are meant")]
        let chunk = ((whole >> (8 * start)) as u32) << low;
        let values = (chunk ^ 0x3030_3030) & (u32::MAX << low);
        valid &= (values | values.wrapping_add(0x7676_7676)) & 0x8080_8080 == 0;
        let [_, hundreds, tens, ones] = values.to_le_bytes().map(u32::from);
        let value = hundreds * 100 + tens * 10 + ones;
        valid &= value <= 255 && value >= [0, 0, 10, 100][digits];
        bits = (bits << 8) | (value & 0xFF);
        start = end + 1;
    }
    valid.then_some(bits)
}

const EACH_BYTE: u128 = u128::MAX / 0xFF;
const EACH_LOW: u128 = EACH_BYTE * 0x7F;

const READ_PREFIX: &str = "read network";

const NOT_ADDRESS: Fault = Fault::new(ProblemKind::NotIpv4, "not an IPv4 or IPv6 address")
    .hint("write a network as `192.0.2.0/24` or `2001:db8::/32`");
const NOT_ADDRESS6: Fault = Fault::new(ProblemKind::NotIpv6, "not an IPv6 address")
    .hint("write a network as `2001:db8::/32`, without brackets or zone");
const NOT_LENGTH: Fault = Fault::new(ProblemKind::Mask, "the prefix length is not a number")
    .hint("write it as a number without sign or leading zeros, such as `/24`");
const LEADING_ZERO: Fault = Fault::new(ProblemKind::Mask, "the prefix length has leading zeros")
    .hint("write `/8`, not `/08`");
const EMPTY_LENGTH: Fault = Fault::new(ProblemKind::Mask, "the prefix length is missing")
    .hint("write `/24`, or no slash for a single address");
const MAPPED_MASK: Fault =
    Fault::new(ProblemKind::Mask, "the prefix length of an IPv4-mapped network is under 96")
        .hint("write the network as IPv4, such as `192.0.2.0/24`");
const DOTTED_MASK: Fault = Fault::new(ProblemKind::Mask, "the dotted mask is not a prefix")
    .hint("write the prefix length as a number, such as `/24`");
const DOTTED_MASK6: Fault = Fault::new(ProblemKind::Mask, "a dotted mask behind an IPv6 address")
    .hint("write the prefix length as a number, such as `/48`");
const RANGE_FAMILIES: Fault =
    Fault::new(ProblemKind::NotIpv4, "the range begins and ends in different address families");
const RANGE_REVERSED: Fault = Fault::new(ProblemKind::NotIpv4, "the range ends before it begins")
    .hint("write the lower address first");
const RANGE_REVERSED6: Fault = Fault::new(ProblemKind::NotIpv6, "the range ends before it begins")
    .hint("write the lower address first");
const RANGE_TOO_RAGGED: Fault =
    Fault::new(ProblemKind::TooLong, "the range needs more than 64 networks")
        .hint("write it as the networks it is made of");

const fn mask_fault(is_ipv4: bool) -> Fault {
    if is_ipv4 {
        Fault::new(ProblemKind::Mask, "the prefix length is more than 32")
            .hint("an IPv4 prefix length is 0 to 32")
    } else {
        Fault::new(ProblemKind::Mask, "the prefix length is more than 128")
            .hint("an IPv6 prefix length is 0 to 128")
    }
}

fn read_address(text: &str) -> Result<IpAddr, Fault> {
    if let Some(bits) = parse_ipv4_fast(text.as_bytes()) {
        return Ok(IpAddr::V4(Ipv4Addr::from_bits(bits)));
    }
    let fault = if text.contains(':') { NOT_ADDRESS6 } else { NOT_ADDRESS };
    if text.len() > TEXT_LIMIT {
        return Err(fault);
    }
    text.parse::<Ipv6Addr>().map(IpAddr::V6).map_err(|_| fault)
}

fn read_len(text: &str) -> Result<u8, Fault> {
    match text.as_bytes() {
        [] => Err(EMPTY_LENGTH),
        bytes if !bytes.iter().all(u8::is_ascii_digit) => Err(NOT_LENGTH),
        [b'0', _, ..] => Err(LEADING_ZERO),
        // What does not fit is out of range for either family; the caller names the limit.
        _ => Ok(text.parse().unwrap_or(u8::MAX)),
    }
}

fn with_dotted_mask(address: IpAddr, mask: u32) -> Result<IpPrefix, Fault> {
    let IpAddr::V4(address) = address else {
        return Err(DOTTED_MASK6);
    };
    let len = mask.leading_ones();
    // `0.0.0.0` behind an address is as likely a wildcard mask, which would mean one host.
    if len + mask.trailing_zeros() != 32 || (mask == 0 && address != Ipv4Addr::UNSPECIFIED) {
        return Err(DOTTED_MASK);
    }
    IpPrefix::normalise(IpAddr::V4(address), u8::try_from(len).unwrap_or(32))
}

/// The fewest prefixes that together are exactly `first..=last`.
fn cover(first: IpAddr, last: IpAddr) -> Result<Vec<IpPrefix>, Fault> {
    let (mut next, last, width, reversed) = match (first.to_canonical(), last.to_canonical()) {
        (IpAddr::V4(first), IpAddr::V4(last)) => {
            (u128::from(first.to_bits()), u128::from(last.to_bits()), 32, RANGE_REVERSED)
        }
        (IpAddr::V6(first), IpAddr::V6(last)) => {
            (first.to_bits(), last.to_bits(), 128, RANGE_REVERSED6)
        }
        _ => return Err(RANGE_FAMILIES),
    };
    if next > last {
        return Err(reversed);
    }
    let mut prefixes = Vec::new();
    loop {
        if prefixes.len() == RANGE_LIMIT {
            return Err(RANGE_TOO_RAGGED);
        }
        let (host_bits, block_end) = widest_block(next, last, width);
        let len = u8::try_from(width - host_bits).unwrap_or(u8::MAX);
        let address = match u32::try_from(next) {
            Ok(bits) if width == 32 => IpAddr::V4(Ipv4Addr::from_bits(bits)),
            _ => IpAddr::V6(Ipv6Addr::from_bits(next)),
        };
        prefixes.push(IpPrefix { address, len });
        if block_end == last {
            return Ok(prefixes);
        }
        next = block_end + 1;
    }
}

/// The number of host bits and the last address of the widest block that starts at `next` and
/// does not go beyond `last`.
fn widest_block(next: u128, last: u128, width: u32) -> (u32, u128) {
    let mut host_bits = next.trailing_zeros().min(width);
    loop {
        let ones = u128::MAX.checked_shr(128 - host_bits).unwrap_or(0);
        if next | ones <= last {
            return (host_bits, next | ones);
        }
        // At zero bits the block is `next` alone, which is never beyond `last`.
        host_bits -= 1;
    }
}

pub(crate) fn is_dash(character: char) -> bool {
    matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ff0d}')
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn masked4(address: Ipv4Addr, len: u8) -> IpPrefix {
    let bits = address.to_bits() & mask4(len);
    IpPrefix { address: IpAddr::V4(Ipv4Addr::from_bits(bits)), len }
}

fn mask4(len: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(len.min(32))).unwrap_or(0)
}

fn mask6(len: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(len.min(128))).unwrap_or(0)
}

#[cfg(test)]
mod tests;
