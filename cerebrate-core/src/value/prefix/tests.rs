use super::*;
use proptest::prelude::*;

fn prefix(text: &str) -> IpPrefix {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn any_prefix() -> impl Strategy<Value = IpPrefix> {
    prop_oneof![
        (any::<u32>(), 0u8..=32)
            .prop_map(|(bits, len)| IpPrefix::new(IpAddr::V4(Ipv4Addr::from_bits(bits)), len)),
        (any::<u128>(), 0u8..=128)
            .prop_map(|(bits, len)| IpPrefix::new(IpAddr::V6(Ipv6Addr::from_bits(bits)), len)),
    ]
    .prop_filter_map("mapped", Result::ok)
}

#[test]
fn addresses_and_networks_are_normalised() {
    for (text, expected) in [
        ("185.194.92.0/22", "185.194.92.0/22"),
        ("185.194.93.5/22", "185.194.92.0/22"),
        (" 10.0.0.0/8\n", "10.0.0.0/8"),
        ("1.2.3.4", "1.2.3.4"),
        ("1.2.3.4/32", "1.2.3.4"),
        ("255.255.255.255/0", "0.0.0.0/0"),
        ("192.168.0.0/1", "128.0.0.0/1"),
        ("2001:DB8:0:0::0001", "2001:db8::1"),
        ("2001:db8::1/128", "2001:db8::1"),
        ("2001:db8:abcd::1/32", "2001:db8::/32"),
        ("::/0", "::/0"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
        ("::FFFF:a00:1", "10.0.0.1"),
        ("64:ff9b::192.0.2.1/96", "64:ff9b::/96"),
        ("::1.2.3.4", "::102:304"),
    ] {
        assert_eq!(prefix(text).to_string(), expected, "{text}");
    }
}

#[test]
fn what_is_wrong_is_named() {
    for (text, kind) in [
        ("", ProblemKind::NotIpv4),
        ("10.0.0.300", ProblemKind::NotIpv4),
        ("10.0.0", ProblemKind::NotIpv4),
        ("10.0.0.0.0/8", ProblemKind::NotIpv4),
        ("010.0.0.1", ProblemKind::NotIpv4),
        ("0x0a.0.0.1", ProblemKind::NotIpv4),
        ("10.0.0.٣", ProblemKind::NotIpv4),
        ("10.0.0.0 /8", ProblemKind::NotIpv4),
        ("example.lu/24", ProblemKind::NotIpv4),
        ("[2001:db8::1]", ProblemKind::NotIpv6),
        ("fe80::1%eth0", ProblemKind::NotIpv6),
        ("2001:db8:::1", ProblemKind::NotIpv6),
        ("1:2:3:4:5:6:7:8:9", ProblemKind::NotIpv6),
        ("10.0.0.0/33", ProblemKind::Mask),
        ("10.0.0.0/", ProblemKind::Mask),
        ("10.0.0.0/08", ProblemKind::Mask),
        ("10.0.0.0/00", ProblemKind::Mask),
        ("10.0.0.0/+8", ProblemKind::Mask),
        ("10.0.0.0/-8", ProblemKind::Mask),
        ("10.0.0.0/ 8", ProblemKind::Mask),
        ("10.0.0.0/8.0", ProblemKind::Mask),
        ("10.0.0.0/abc", ProblemKind::Mask),
        ("10.0.0.0/24/9", ProblemKind::Mask),
        ("10.0.0.0/٨", ProblemKind::Mask),
        ("10.0.0.0/99999999999999999999", ProblemKind::Mask),
        ("10.0.0.0/255.0.0.0", ProblemKind::Mask),
        ("2001:db8::/129", ProblemKind::Mask),
        ("2001:db8::/256", ProblemKind::Mask),
        ("::ffff:10.0.0.0/95", ProblemKind::Mask),
    ] {
        assert_eq!(IpPrefix::read(text).unwrap_err().kind(), kind, "{text}");
        assert!(text.parse::<IpPrefix>().is_err(), "{text}");
    }
    assert!("1".repeat(10_000_000).parse::<IpPrefix>().is_err());
    assert!(IpPrefix::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 33).is_err());
    assert!(IpPrefix::new("::ffff:1.2.3.4".parse().unwrap(), 95).is_err());
}

#[test]
fn cleared_host_bits_are_noted() {
    assert_eq!(IpPrefix::parse_noting("10.0.0.0/8").unwrap().1, []);
    assert_eq!(IpPrefix::parse_noting("10.0.0.1").unwrap().1, []);
    assert_eq!(IpPrefix::parse_noting("10.0.0.1/8").unwrap().1, [ProblemKind::HostBits]);
    assert_eq!(IpPrefix::parse_noting("2001:db8::1/64").unwrap().1, [ProblemKind::HostBits]);
    assert_eq!(IpPrefix::parse_noting("::ffff:10.0.0.1/104").unwrap().1, [ProblemKind::HostBits]);
    assert_eq!(IpPrefix::parse_noting("::ffff:10.0.0.0/104").unwrap().1, []);
    assert!(IpPrefix::parse_noting("10.0.0.0/33").is_err());
}

#[test]
fn ranges_and_dotted_masks_become_networks() {
    let many = |text: &str| -> Vec<String> {
        IpPrefix::parse_many(text).unwrap().iter().map(ToString::to_string).collect()
    };
    assert_eq!(many("1.2.3.0-1.2.3.255"), ["1.2.3.0/24"]);
    assert_eq!(many(" 1.2.3.0 – 1.2.4.255 "), ["1.2.3.0/24", "1.2.4.0/24"]);
    assert_eq!(many("0.0.0.0-255.255.255.255"), ["0.0.0.0/0"]);
    assert_eq!(many("255.255.255.254-255.255.255.255"), ["255.255.255.254/31"]);
    assert_eq!(many("1.2.3.4-1.2.3.4"), ["1.2.3.4"]);
    assert_eq!(many("1.2.3.5-1.2.3.8"), ["1.2.3.5", "1.2.3.6/31", "1.2.3.8"]);
    assert_eq!(many("2001:db8::-2001:db8::ffff"), ["2001:db8::/112"]);
    assert_eq!(many("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), ["::/0"]);
    assert_eq!(many("::ffff:1.2.3.0-1.2.3.255"), ["1.2.3.0/24"]);
    assert_eq!(many("10.1.2.3/255.0.0.0"), ["10.0.0.0/8"]);
    assert_eq!(many("10.0.0.1/255.255.255.255"), ["10.0.0.1"]);
    assert_eq!(many("0.0.0.0/0.0.0.0"), ["0.0.0.0/0"]);
    assert_eq!(many("10.0.0.0 / 8"), ["10.0.0.0/8"]);
    assert_eq!(many("10.0.0.1"), ["10.0.0.1"]);
    assert_eq!(many("0.0.0.1-255.255.255.254").len(), 62);

    for (text, kind) in [
        ("1.2.3.4-1.2.3.3", ProblemKind::NotIpv4),
        ("2001:db8::2-2001:db8::1", ProblemKind::NotIpv6),
        ("1.2.3.4-2001:db8::", ProblemKind::NotIpv4),
        ("1.2.3.0/24-1.2.4.0/24", ProblemKind::NotIpv4),
        ("1.2.3.4-", ProblemKind::NotIpv4),
        ("1.2.3.4-9", ProblemKind::NotIpv4),
        ("::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", ProblemKind::TooLong),
        ("10.0.0.0/255.0.255.0", ProblemKind::Mask),
        ("10.0.0.0/0.255.255.255", ProblemKind::Mask),
        ("10.0.0.0/0.0.0.0", ProblemKind::Mask),
        ("2001:db8::/255.0.0.0", ProblemKind::Mask),
        ("10.0.0.0/24/9", ProblemKind::Mask),
        ("10.0.0.0/", ProblemKind::Mask),
    ] {
        assert_eq!(IpPrefix::read_many(text).unwrap_err().kind(), kind, "{text}");
    }
}

#[test]
fn families_do_not_contain_each_other_but_mapped_addresses_are_ipv4() {
    assert!(!prefix("::/0").contains("10.0.0.1".parse().unwrap()));
    assert!(!prefix("0.0.0.0/0").contains("2001:db8::1".parse().unwrap()));
    assert!(prefix("10.0.0.0/8").contains("::ffff:10.9.9.9".parse().unwrap()));
    assert!(!prefix("::/0").covers(&prefix("0.0.0.0/0")));
    assert!(prefix("10.0.0.0/8").covers(&prefix("10.0.0.0/8")));
    assert!(!prefix("10.0.0.0/8").covers(&prefix("10.0.0.0/7")));
    assert!(prefix("10.0.0.0/8").is_ipv4() && !prefix("10.0.0.0/8").is_host());
}

#[test]
fn json_is_the_text() {
    let json = serde_json::to_string(&prefix("10.1.0.0/8")).unwrap();
    assert_eq!(json, "\"10.0.0.0/8\"");
    assert_eq!(serde_json::from_str::<IpPrefix>(&json).unwrap(), prefix("10.0.0.0/8"));
    assert!(serde_json::from_str::<IpPrefix>("\"10.0.0.0/40\"").is_err());
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(prefix in any_prefix()) {
        let (read, host_bits) = IpPrefix::read(&prefix.to_string()).unwrap();
        prop_assert_eq!(read, prefix);
        prop_assert!(!host_bits);
        prop_assert_eq!(IpPrefix::parse_many(&prefix.to_string()).unwrap(), vec![prefix]);
    }

    #[test]
    fn normalising_again_changes_nothing(prefix in any_prefix()) {
        prop_assert_eq!(IpPrefix::new(prefix.address(), prefix.len()).unwrap(), prefix);
    }

    #[test]
    fn covering_is_containing_first_and_last(
        address: u32, outer in 0u8..=32, inner in 0u8..=32, noise: u32, shift in 0u32..32
    ) {
        let network = |bits, len| IpPrefix::new(IpAddr::V4(Ipv4Addr::from_bits(bits)), len).unwrap();
        let other = address ^ (noise & (u32::MAX >> shift));
        let (a, b) = (network(address, outer), network(other, inner));
        let IpAddr::V4(first) = b.address() else { unreachable!() };
        let last = first.to_bits() | !mask4(inner);
        let both = a.contains(IpAddr::V4(first)) && a.contains(IpAddr::V4(Ipv4Addr::from_bits(last)));
        prop_assert_eq!(a.covers(&b), both);
    }

    #[test]
    fn containing_compares_the_leading_bits(a: u128, noise: u128, shift in 0u32..128, len in 0u8..=128) {
        let b = a ^ (noise >> shift);
        let naive = (0..u32::from(len)).all(|bit| (a >> (127 - bit)) & 1 == (b >> (127 - bit)) & 1);
        let (a, b) = (IpAddr::V6(Ipv6Addr::from_bits(a)), IpAddr::V6(Ipv6Addr::from_bits(b)));
        prop_assume!(a.to_canonical() == a && b.to_canonical() == b);
        prop_assert_eq!(IpPrefix::new(a, len).unwrap().contains(b), naive);
    }

    #[test]
    fn a_range_is_covered_exactly(a: u32, spread in 0u32..100_000) {
        let last = a.saturating_add(spread);
        let text = format!("{}-{}", Ipv4Addr::from_bits(a), Ipv4Addr::from_bits(last));
        let mut next = u64::from(a);
        for prefix in IpPrefix::parse_many(&text).unwrap() {
            let IpAddr::V4(first) = prefix.address() else { unreachable!() };
            prop_assert_eq!(u64::from(first.to_bits()), next);
            next += 1 << (32 - prefix.len());
        }
        prop_assert_eq!(next, u64::from(last) + 1);
    }

    #[test]
    fn the_fast_reader_agrees_with_the_standard_library(
        bits: u32, near in "[0-9.]{0,16}", quad in "[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}"
    ) {
        for text in [Ipv4Addr::from_bits(bits).to_string(), near, quad] {
            let standard = text.parse::<Ipv4Addr>().ok().map(Ipv4Addr::to_bits);
            prop_assert_eq!(parse_ipv4_fast(text.as_bytes()), standard, "{}", text);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,40}", near in "[0-9a-f:./–-]{0,40}") {
        for text in [text, near] {
            let _ = text.parse::<IpPrefix>();
            let _ = IpPrefix::parse_many(&text);
        }
    }
}
