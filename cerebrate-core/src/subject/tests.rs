use super::*;
use crate::Kind;
use proptest::prelude::*;

fn shown(text: &str) -> String {
    match text.parse::<Subject>() {
        Ok(subject) => subject.to_string(),
        Err(error) => panic!("{text}: {error}"),
    }
}

#[test]
fn addresses_and_networks_are_read() {
    for (text, expected) in [
        ("185.194.93.14", "185.194.93.14"),
        (" 185.194.93.14\r\n", "185.194.93.14"),
        ("\u{feff}192.0.2.7", "192.0.2.7"),
        ("192.0.2.7/32", "192.0.2.7"),
        ("185.194.93.14/22", "185.194.92.0/22"),
        ("10.0.0.0/255.0.0.0", "10.0.0.0/8"),
        ("192.0.2.0-192.0.2.255", "192.0.2.0/24"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("2001:DB8::17", "2001:db8::17"),
        ("2001:db8::1/32", "2001:db8::/32"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("[2001:db8::1]:443/a@b", "2001:db8::1"),
        ("[::ffff:192.0.2.7]", "192.0.2.7"),
        ("[2001:db8::]/32", "2001:db8::/32"),
        ("[2001:db8::]/x32", "2001:db8::"),
        ("192.0.2.7:8080", "192.0.2.7"),
        ("192.0.2.7:8080/x", "192.0.2.7"),
        ("192.0.2.7/bins.sh", "192.0.2.7"),
        ("192.0.2.7?x", "192.0.2.7"),
        ("192.0.2[.]7", "192.0.2.7"),
        ("192[.]0[.]2[.]7/24", "192.0.2.0/24"),
        ("192(.)0{.}2[dot]7", "192.0.2.7"),
        ("2001[:]db8[:]:1", "2001:db8::1"),
        ("\"192.0.2.7\"", "192.0.2.7"),
        ("::", "::"),
        ("dead::beef", "dead::beef"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
        assert!(text.parse::<Subject>().unwrap().address_or_network().is_some(), "{text}");
    }
}

#[test]
fn as_numbers_are_read() {
    for text in [
        "AS197869",
        "as197869",
        "197869",
        "asn 197869",
        "ASN197869",
        "AS 197869",
        "AS3.1261",
        "asn:197869",
    ] {
        assert_eq!(text.parse::<Subject>().unwrap(), Subject::from(Asn(197_869)), "{text}");
    }
    assert_eq!(shown("0"), "AS0");
    assert_eq!(shown("4294967295"), "AS4294967295");
}

#[test]
fn domains_are_read() {
    for (text, expected) in [
        ("www.circl.lu", "www.circl.lu"),
        ("WWW.Circl.LU.", "www.circl.lu"),
        (".lu", ".lu"),
        ("*.lu", ".lu"),
        ("*.gv.at", "gv.at"),
        (".gv.at", "gv.at"),
        ("例え.jp", "xn--r8jz45g.jp"),
        ("例え。jp", "xn--r8jz45g.jp"),
        ("．lu", ".lu"),
        ("_dmarc.example.lu", "_dmarc.example.lu"),
        ("as1.com", "as1.com"),
        ("as.com", "as.com"),
        ("asn.au", "asn.au"),
        ("1.com", "1.com"),
        ("example[.]com", "example.com"),
        ("example.com:443", "example.com"),
        ("example.com:/", "example.com"),
        ("example.com/path?to=x@y.z", "example.com"),
        ("example.com?u=http://other.example/", "example.com"),
        ("example.com#a", "example.com"),
        ("example.com\\x", "example.com"),
        ("`example.com`", "example.com"),
        ("de.de", "de.de"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
        assert!(text.parse::<Subject>().unwrap().domain().is_some(), "{text}");
    }
}

#[test]
fn the_domain_of_an_e_mail_address_is_read() {
    for (text, expected) in [
        ("info@cert.at", "cert.at"),
        ("Info@CERT.at.", "cert.at"),
        ("@example.lu", "example.lu"),
        ("mailto:info@cert.at", "cert.at"),
        ("MAILTO:info@cert.at?subject=x@y.z", "cert.at"),
        ("CERT.at <info@cert.at>", "cert.at"),
        ("<info@cert.at>", "cert.at"),
        ("info[at]cert[.]at", "cert.at"),
        ("info[@]cert.at", "cert.at"),
        ("\"a@b\"@cert.at", "cert.at"),
        ("user@例え.jp", "xn--r8jz45g.jp"),
        ("user@[192.0.2.1]", "192.0.2.1"),
        ("user@[IPv6:2001:db8::1]", "2001:db8::1"),
        ("user@192.0.2.1", "192.0.2.1"),
        ("user@[192.0.2[.]1]", "192.0.2.1"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn the_host_of_a_url_is_read() {
    for (text, expected) in [
        ("https://www.example.lu/", "www.example.lu"),
        ("HTTPS://WWW.Example.LU:8443/a?b#c", "www.example.lu"),
        ("https://www.example.lu.", "www.example.lu"),
        ("https://www.example.lu?x", "www.example.lu"),
        ("https://www.example.lu\\x", "www.example.lu"),
        ("https://user:pass@www.example.lu/", "www.example.lu"),
        ("https://good.example@evil.example/", "evil.example"),
        ("https://a@b@evil.example/", "evil.example"),
        ("https://www.example.lu/@other.example", "www.example.lu"),
        ("hxxp://evil[.]example/x", "evil.example"),
        ("hXXps[:]//evil[.]example", "evil.example"),
        ("h**ps[://]evil(.)example", "evil.example"),
        ("https://192.0.2.7/x", "192.0.2.7"),
        ("https://192.0.2.7.:80/", "192.0.2.7"),
        ("https://[2001:db8::1]/x", "2001:db8::1"),
        ("https://[2001:db8::1]:8443", "2001:db8::1"),
        ("https://[::ffff:192.0.2.7]/", "192.0.2.7"),
        ("<https://例え.jp/>", "xn--r8jz45g.jp"),
        ("ftp+x-y.z://example.lu", "example.lu"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn countries_are_read() {
    for (text, expected) in [
        ("AL", "AL"),
        ("al", "AL"),
        ("uk", "GB"),
        ("EU", "EU"),
        ("XK", "XK"),
        ("as", "AS"),
        ("LUX", "LU"),
        ("Luxembourg", "LU"),
        ("Österreich", "AT"),
        ("日本", "JP"),
        ("St. Lucia", "LC"),
        ("Luxembourg (LU)", "LU"),
        ("Côte d'Ivoire", "CI"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
        assert!(text.parse::<Subject>().unwrap().country().is_some(), "{text}");
    }
}

#[test]
fn what_cannot_be_looked_up_is_invalid_with_a_hint() {
    let long = format!("{}.lu", "a".repeat(2_048));
    for text in [
        "",
        " \t\n",
        "\u{200b}",
        "ZZ",
        "localhost",
        "Atlantis",
        "not a thing",
        "ASX",
        "AS99999999999",
        "AS1-AS5",
        "4294967296",
        "99999999999999999999",
        "-5",
        "+5",
        "1.2.3",
        "1.2.3.4.5",
        "256.1.1.1",
        "10.0.0.0/33",
        "10.0.0.0/",
        "10.0.0.0/abc",
        "10.0.0.0/-1",
        "10.0.0.0/24/9",
        "10.0.0.0/08",
        "2001:db8::/129",
        "::ffff:10.0.0.0/90",
        "fe80::1%eth0",
        "[fe80::1%25eth0]",
        "[2001:db8::1",
        "[]",
        "[example.lu]",
        "[2001:db8::1]x",
        "[2001:db8::1]:x",
        "[2001:db8::1]:65536",
        "2001:db8:::1",
        "http://",
        "[2001:db8::]/129",
        "a@b.lu c@d.lu",
        "a@b.lu,c@d.lu",
        "a b@c.lu",
        "https://good.lu evil@x.lu/",
        "see https://example.lu/",
        "https:///x",
        "http://localhost/",
        "http://exa%6dple.lu/",
        "http://[::1",
        "://example.lu",
        "1http://example.lu",
        "http://a b.lu/",
        "http://example.lu:99999/",
        "http://example.lu:x/",
        "http://3232235777/",
        "http://0x7f.1/",
        "http://@/",
        "user@localhost",
        "user@",
        "@",
        "user@a..lu",
        "user@b c.lu",
        "a..lu",
        "..lu",
        ".",
        "*",
        "*.",
        "**.lu",
        "a b.lu",
        "exa mple.lu",
        "example.lu, LU",
        "a\0b.lu",
        "example.lu\nexample.at",
        "192.0.2.7\u{1b}[0m",
        "192.0.2.0-192.0.2.130",
        "192.0.2.9-192.0.2.1",
        "<>",
        "\"\"",
        "mailto:",
        "é",
        "😀",
        &long,
    ] {
        let error = text.parse::<Subject>().expect_err(text);
        assert_eq!(error.kind(), Kind::Invalid, "{text}");
        assert!(!error.message().is_empty() && !error.message().ends_with('.'), "{text}");
    }
    for text in
        ["", "ZZ", "localhost", "Atlantis", "AS99999999999", "10.0.0.0/33", "http://localhost/"]
    {
        assert!(text.parse::<Subject>().unwrap_err().advice().is_some(), "{text}");
    }
    assert!("x".repeat(10_000_000).parse::<Subject>().is_err());
}

#[test]
fn a_range_of_as_numbers_is_told_to_be_one() {
    for text in ["AS1-AS5", "AS1 - 5", "asn 1..5"] {
        let error = text.parse::<Subject>().unwrap_err();
        assert_eq!(error.message(), "a range where one AS number is needed", "{text}");
    }
}

#[test]
fn aspects_add_up() {
    let subject = Subject::from("192.0.2.7".parse::<IpAddr>().unwrap())
        .with_asn(Asn(64_500))
        .with_domain("example.lu".parse().unwrap())
        .with_country("LU".parse().unwrap())
        .with_prefix("2001:db8::/32".parse::<IpPrefix>().unwrap());
    assert_eq!(subject.to_string(), "2001:db8::/32, AS64500, example.lu, LU");
    assert_eq!(subject.asn(), Some(Asn(64_500)));
    assert_eq!(Subject::from(Asn(1)).address_or_network(), None);
}

fn any_subject() -> impl Strategy<Value = Subject> {
    prop_oneof![
        any::<u32>().prop_map(|asn| Subject::from(Asn(asn))),
        any::<IpAddr>().prop_map(Subject::from),
        (any::<IpAddr>(), 0u8..=128)
            .prop_filter_map("mask", |(address, len)| IpPrefix::new(address, len).ok())
            .prop_map(Subject::from),
        "([a-z_-][a-z0-9_-]{0,5}\\.){0,3}[a-z]{1,5}"
            .prop_filter_map("domain", |text| text.parse::<DomainName>().ok())
            .prop_map(Subject::from),
        any::<prop::sample::Index>().prop_map(|index| {
            let codes: Vec<_> = CountryCode::all().collect();
            Subject::from(*index.get(&codes))
        }),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(subject in any_subject()) {
        prop_assert_eq!(subject.to_string().parse::<Subject>().unwrap(), subject);
    }

    #[test]
    fn no_text_makes_it_panic(
        any: String, text in "\\PC{0,40}", near in "[a-cA-Sn0-9.:/@%\\[\\]()<>*-]{0,24}",
        url in "(hxxps?|http|mailto)(://|:|\\[:\\]//)[a-c0-9.@:\\[\\]/%é]{0,20}"
    ) {
        for text in [any, text, near, url] {
            if let Ok(subject) = text.parse::<Subject>() {
                prop_assert_eq!(subject.to_string().parse::<Subject>().unwrap(), subject, "{}", text);
            }
        }
    }
}

#[test]
fn what_is_wrong_with_an_address_is_named() {
    for (text, expected) in [
        ("256.1.1.1", "over 255"),
        ("999999999999.1.1.1", "over 255"),
        ("256.1.1.1/24", "over 255"),
        ("http://256.1.1.1/x", "over 255"),
        ("1.2.3", "four numbers"),
        ("1.2.3.4.5", "four numbers"),
        ("01.2.3.4", "leading zeros"),
        ("2001:db8::1%eth0", "a zone"),
    ] {
        let error = text.parse::<Subject>().unwrap_err();
        assert!(error.message().contains(expected), "{text}: {}", error.message());
        assert!(error.advice().is_some(), "{text}");
    }
}
