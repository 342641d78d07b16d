use super::*;
use crate::problem::ProblemKind;
use proptest::prelude::*;

fn claims(role: Role, value: &str) -> Vec<String> {
    let (claims, problems) = read(role, value);
    assert_eq!(problems, [], "{value:?}");
    claims.iter().map(shown).collect()
}

fn shown(claim: &Claim) -> String {
    match claim {
        Claim::Prefix(prefix) => prefix.to_string(),
        Claim::Asn(range) => range.to_string(),
        Claim::Domain(suffix) => suffix.to_string(),
        Claim::Country(code) => code.to_string(),
        Claim::Sector(sector) => sector.clone(),
    }
}

fn partly(role: Role, value: &str) -> (Vec<String>, Vec<(String, ProblemKind)>) {
    let (claims, problems) = read(role, value);
    let problems = problems.iter().map(|problem| (problem.value().to_owned(), problem.kind()));
    (claims.iter().map(shown).collect(), problems.collect())
}

#[test]
fn seven_fields_and_typed_networks_have_a_role() {
    for (field, role) in FIELDS {
        assert_eq!(role_of(TEMPLATE, field, &FieldKind::Text), Some(role));
        assert_eq!(role_of(TEMPLATE, &field.to_uppercase(), &FieldKind::Text), Some(role));
    }
    let other: MetaTemplateId = "a7674718-57c8-40e7-969e-d26ca911cb4a".parse().unwrap();
    assert_eq!(role_of(other, "Proxy IP", &FieldKind::Ipv4), Some(Role::Ipv4));
    assert_eq!(role_of(other, "Proxy IP", &FieldKind::Ipv6), Some(Role::Ipv6));
    assert_eq!(role_of(other, "Proxy IP", &FieldKind::Text), None);
    assert_eq!(role_of(other, "Country", &FieldKind::Text), None);
    for field in ["Country ", "Countrycode", "Domains", "", "Remarks"] {
        assert_eq!(role_of(TEMPLATE, field, &FieldKind::Text), None, "{field}");
    }
    assert_eq!(TEMPLATE.to_string(), "faca6acc-23e0-4585-8fd8-4379e3a6250d");
}

#[test]
fn the_best_reason_sorts_first_and_json_spells_it_as_the_command_line_does() {
    use BasisKind::{Asn, Country, Domain, Prefix, Sector};
    let mut kinds = [Sector, Asn, Country, Prefix, Domain];
    kinds.sort_unstable();
    assert_eq!(kinds.map(BasisKind::as_str), ["prefix", "asn", "domain", "country", "sector"]);
    for kind in kinds {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
    }
    for (_, role) in FIELDS {
        for claim in read(role, "1.0.0.0/8 AS1 LU a.lu").0 {
            assert_eq!(claim.basis_kind(), role.basis_kind());
        }
    }
}

#[test]
fn networks_are_read_as_people_write_them() {
    for (value, expected) in [
        ("185.194.92.0/22", &["185.194.92.0/22"][..]),
        ("185.194.93.5/22", &["185.194.92.0/22"]),
        ("10.0.0.0/8,10.0.0.0/8", &["10.0.0.0/8"]),
        (
            "10.0.0.0/8, 192.0.2.1;2001:db8::/32\n\n198.51.100.0/24",
            &["10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "198.51.100.0/24"],
        ),
        ("10.0.0.0/8 192.0.2.1\t198.51.100.7", &["10.0.0.0/8", "192.0.2.1", "198.51.100.7"]),
        ("10.0.0.0 / 8 192.0.2.1", &["10.0.0.0/8", "192.0.2.1"]),
        ("192.0.2.0 - 192.0.2.255", &["192.0.2.0/24"]),
        ("192.0.2.0 - 192.0.2.255 10.0.0.0/8", &["192.0.2.0/24", "10.0.0.0/8"]),
        ("192.0.2.0-192.0.2.129", &["192.0.2.0/25", "192.0.2.128/31"]),
        ("10.0.0.0/255.0.0.0", &["10.0.0.0/8"]),
        ("10.20.0.0 255.255.0.0", &["10.20.0.0/16"]),
        (
            "10.20.1.2\t255.255.255.0 192.0.2.1 10.0.0.0/8",
            &["10.20.1.0/24", "192.0.2.1", "10.0.0.0/8"],
        ),
        ("192.0.2.7 255.255.255.255 10.20.0.0 255.255.0.0", &["192.0.2.7", "10.20.0.0/16"]),
        ("::ffff:10.0.0.0/104", &["10.0.0.0/8"]),
        ("\u{feff}10.0.0.0/8\u{200b}", &["10.0.0.0/8"]),
        (",;\n10.0.0.0/8;,", &["10.0.0.0/8"]),
    ] {
        assert_eq!(claims(Role::Ipv4, value), expected, "{value:?}");
        assert_eq!(claims(Role::Ipv6, value), expected, "{value:?}");
    }
    for (role, value, kind) in [
        (Role::Ipv4, "10.0.0.0/33", ProblemKind::Mask),
        (Role::Ipv4, "10.0.0.0/", ProblemKind::Mask),
        (Role::Ipv4, "10.0.0.0/08", ProblemKind::Mask),
        (Role::Ipv4, "10.0.0.0/24/9", ProblemKind::Mask),
        (Role::Ipv4, "10.0.0.300", ProblemKind::NotIpv4),
        (Role::Ipv4, "www.example.lu", ProblemKind::NotIpv4),
        (Role::Ipv6, "www.example.lu", ProblemKind::NotIpv6),
        (Role::Ipv6, "2001:db8:::", ProblemKind::NotIpv6),
        (Role::Ipv6, "2001:db8::/129", ProblemKind::Mask),
        (Role::Ipv4, "10.0.0.0\u{0}/8", ProblemKind::NotIpv4),
        (Role::Ipv4, "", ProblemKind::Required),
        (Role::Ipv4, " ,; \n", ProblemKind::Required),
    ] {
        let (read, problems) = partly(role, value);
        assert_eq!((read.len(), problems.len()), (0, 1), "{value:?}");
        assert_eq!(problems[0].1, kind, "{value:?}");
    }
}

#[test]
fn what_is_readable_of_a_text_is_claimed_and_the_rest_listed() {
    assert_eq!(
        partly(Role::Ipv4, "10.0.0.0/8, 10.0.0.0/40; n/a, 192.0.2.1"),
        (
            vec!["10.0.0.0/8".to_owned(), "192.0.2.1".to_owned()],
            vec![
                ("10.0.0.0/40".to_owned(), ProblemKind::Mask),
                ("n/a".to_owned(), ProblemKind::NotIpv4)
            ]
        )
    );
    let (_, problems) = read_named(Role::Ipv4, "Proxy IP", "proxy.example.lu");
    assert_eq!(problems[0].field(), "Proxy IP");
    let (_, problems) = read(Role::Asn, "none");
    assert_eq!(problems[0].field(), "AS Number");
    assert!(problems[0].advice().is_some());
}

#[test]
fn as_numbers_are_read_as_people_write_them() {
    for (value, expected) in [
        ("AS197869", &["AS197869"][..]),
        ("197869", &["AS197869"]),
        ("asn 197869", &["AS197869"]),
        ("AS1853, AS1109", &["AS1853", "AS1109"]),
        ("AS1853 AS1109 1853", &["AS1853", "AS1109"]),
        ("AS 1853 AS 1109", &["AS1853", "AS1109"]),
        ("ASN: 1853 asn:1109", &["AS1853", "AS1109"]),
        ("AS64496-AS64511", &["AS64496-AS64511"]),
        ("AS 64496 - AS 64511 AS 1", &["AS64496-AS64511", "AS1"]),
        ("64496 .. 64511\n5", &["AS64496-AS64511", "AS5"]),
        ("AS1.10", &["AS65546"]),
        ("64500,64501", &["AS64500", "AS64501"]),
        ("64500, 645", &["AS64500", "AS645"]),
        ("174 ,701,64500", &["AS174", "AS701", "AS64500"]),
        ("AS174,AS701", &["AS174", "AS701"]),
        ("64500 64501", &["AS64500", "AS64501"]),
    ] {
        assert_eq!(claims(Role::Asn, value), expected, "{value:?}");
    }
    let (read, problems) = partly(Role::Asn, "AS197869 (RESTENA); AS99999999999, AS-SET");
    assert_eq!(read, ["AS197869"]);
    assert!(problems.iter().all(|(_, kind)| *kind == ProblemKind::NotAsn));
    let values: Vec<_> = problems.iter().map(|(value, _)| value.as_str()).collect();
    assert_eq!(values, ["(RESTENA)", "AS99999999999", "AS-SET"]);
}

#[test]
fn a_network_torn_by_a_blank_is_not_read() {
    for value in [
        "10.20.0.0 255.0.255.0",
        "10.20.0.0 0.0.255.255",
        "0.0.0.0 0.0.0.0",
        "10.0.0.0 192.0.0.0",
        "10.20.0.0/16 255.255.0.0",
        "10.0.0.0/2 4",
        "10.0.0.1 0",
        "192.168. 1.0/24",
        "192.168 .1.0/24",
        "2001:db8:1: :/32",
    ] {
        for role in [Role::Ipv4, Role::Ipv6] {
            let (read, problems) = partly(role, value);
            assert!(read.is_empty() && !problems.is_empty(), "{value:?}: {read:?}");
        }
    }
    let (read, problems) = partly(Role::Ipv4, "10.0.0.0 netmask 255.0.0.0");
    assert_eq!(read, ["10.0.0.0"]);
    assert_eq!(problems[0].0, "netmask 255.0.0.0");
}

#[test]
fn a_number_among_words_and_a_grouped_one_are_no_as_numbers() {
    for (value, expected) in [
        ("AS64500 7 Networks", &["AS64500"][..]),
        ("7 networks behind AS64500", &["AS64500"]),
        ("AS64500 since 2020", &["AS64500"]),
        ("serves as 3 networks", &[]),
        ("64500 1-3 networks", &[]),
        ("64,580", &[]),
        ("AS64,580", &[]),
        ("1,234,567", &[]),
        ("64,580, AS64500", &["AS64500"]),
        ("64 580", &[]),
        ("AS64 580", &[]),
        ("6450 1", &[]),
    ] {
        let (read, problems) = partly(Role::Asn, value);
        assert_eq!(read, expected, "{value:?}");
        assert!(!problems.is_empty(), "{value:?}");
    }
    assert_eq!(partly(Role::Asn, "64,580").1, [("64,580".to_owned(), ProblemKind::NotAsn)]);
}

#[test]
fn domains_are_read_as_people_write_them() {
    for (value, expected) in [
        (".lu", &["lu"][..]),
        ("*.lu", &["lu"]),
        ("lu", &["lu"]),
        ("lu, .be; *.nl", &["lu", "be", "nl"]),
        ("gv.at", &["gv.at"]),
        ("ac.at, aco.net", &["ac.at", "aco.net"]),
        ("ac.at aco.net\n*.example.lu", &["ac.at", "aco.net", "example.lu"]),
        (".gv.at .ac.at", &["gv.at", "ac.at"]),
        ("*.gv.at *.ac.at ac.lu.", &["gv.at", "ac.at", "ac.lu"]),
        ("例え.jp、例.jp", &["xn--r8jz45g.jp", "xn--fsq.jp"]),
        (".рф", &["xn--p1ai"]),
        ("https://www.example.lu/", &["www.example.lu"]),
        ("https://*.example.lu/", &["example.lu"]),
        ("@example.lu", &["example.lu"]),
        ("*@example.lu", &["example.lu"]),
        ("info@Example.lu", &["example.lu"]),
        ("www.example.lu/path", &["www.example.lu"]),
        ("example.lu:443", &["example.lu"]),
        ("example[.]lu", &["example.lu"]),
        ("Example.lu.", &["example.lu"]),
        ("_dmarc.example.lu", &["_dmarc.example.lu"]),
    ] {
        assert_eq!(claims(Role::Domain, value), expected, "{value:?}");
    }
    for value in [
        "192.0.2.1",
        "192.0.2.0/24",
        "2001:db8::/32",
        "http://192.0.2.1/",
        "n/a",
        "-",
        "http://localhost/",
        "info@localhost",
        "a..lu",
        "exa%6dple.lu",
        "*",
        ".",
        "[::1]",
        "1.2.3",
    ] {
        let (read, problems) = partly(Role::Domain, value);
        assert_eq!((read.len(), problems.len()), (0, 1), "{value:?}");
        assert!(matches!(problems[0].1, ProblemKind::NotDomain), "{value:?}: {problems:?}");
    }
    let (read, problems) = partly(Role::Domain, "Government of Luxembourg gov.lu");
    assert_eq!((read, problems.len()), (vec!["gov.lu".to_owned()], 3));
}

#[test]
fn a_stray_blank_claims_no_top_level_domain() {
    for value in [
        "example. lu",
        "example .lu",
        "example . lu",
        "example.\tlu",
        "example.\u{a0}lu",
        "example[.] lu",
        "example [.]lu",
        "www.example .lu",
        "www.example. lu",
        "www. example.lu",
        "example.co .uk",
        "example. co.uk",
        "info@example .lu",
        "https://example .lu/",
        "*. lu",
        "* .lu",
        "not .gov",
        "all of .a38",
        "see .at",
        "LU BE .nl",
    ] {
        let (read, problems) = partly(Role::Domain, value);
        assert_eq!((read, problems.len()), (vec![], 1), "{value:?}");
        assert_eq!(problems[0], (value.to_owned(), ProblemKind::NotDomain));
    }
    for value in ["co uk", "LU BE", ".lu .be", "*.lu *.be", "all *.lu", "lu ．be"] {
        let (read, problems) = partly(Role::Domain, value);
        assert!(read.is_empty() && !problems.is_empty(), "{value:?}: {read:?}");
    }
    assert_eq!(
        partly(Role::Domain, "example. lu, example.be"),
        (vec!["example.be".to_owned()], vec![("example. lu".to_owned(), ProblemKind::NotDomain)])
    );
    assert_eq!(
        partly(Role::Domain, "gov.lu *.be"),
        (vec!["gov.lu".to_owned()], vec![("*.be".to_owned(), ProblemKind::NotDomain)])
    );
}

#[test]
fn countries_are_read_by_name_and_code() {
    for (value, expected) in [
        ("LU", &["LU"][..]),
        ("Luxembourg", &["LU"]),
        ("Luxembourg (LU)", &["LU"]),
        ("LU, BE; NL", &["LU", "BE", "NL"]),
        ("LU BE nld", &["LU", "BE", "NL"]),
        ("Austria, Germany", &["AT", "DE"]),
        ("Austria and Germany", &["AT", "DE"]),
        ("Belgium / Luxembourg", &["BE", "LU"]),
        ("Bosnia and Herzegovina", &["BA"]),
        ("Korea, Republic of, Japan", &["KR", "JP"]),
        ("Iran, Islamic Republic of", &["IR"]),
        ("Bonaire, Sint Eustatius and Saba", &["BQ"]),
        ("Luxembourg Belgium Czech Republic", &["LU", "BE", "CZ"]),
        ("日本、中国", &["JP", "CN"]),
        ("UK\nEL", &["GB", "GR"]),
        ("Österreich", &["AT"]),
        ("LU, Luxembourg", &["LU"]),
    ] {
        assert_eq!(claims(Role::Country, value), expected, "{value:?}");
    }
    let one = |text: &str| vec![(text.to_owned(), ProblemKind::NotCountryCode)];
    assert_eq!(partly(Role::Country, "Atlantis"), (vec![], one("Atlantis")));
    assert_eq!(partly(Role::Country, "ZZ"), (vec![], one("ZZ")));
    assert_eq!(partly(Role::Country, "LU ZZ"), (vec!["LU".to_owned()], one("ZZ")));
    assert_eq!(partly(Role::Country, "LU, Atlantis"), (vec!["LU".to_owned()], one("Atlantis")));
    // A word too many, and none of it is believed.
    assert_eq!(partly(Role::Country, "New Mexico"), (vec![], one("New Mexico")));
}

#[test]
fn sectors_are_folded() {
    assert_eq!(claims(Role::Sector, "Energy"), ["energy"]);
    assert_eq!(
        claims(Role::Sector, "Énergie; Financial  Services, energie"),
        ["energie", "financial services"]
    );
    assert_eq!(partly(Role::Sector, " ").1[0].1, ProblemKind::Required);
    assert_eq!(partly(Role::Sector, "\u{200b}").1[0].1, ProblemKind::Required);
}

#[test]
fn length_claims_and_problems_are_limited() {
    let many = (0..5_000).map(|asn| format!("AS{asn}")).collect::<Vec<_>>().join(",");
    let (claims, problems) = read(Role::Asn, &many);
    assert_eq!(claims.len(), CLAIM_LIMIT);
    assert_eq!(problems.iter().map(Problem::kind).collect::<Vec<_>>(), [ProblemKind::TooLong]);
    let exactly = (0..CLAIM_LIMIT).map(|asn| format!("AS{asn}")).collect::<Vec<_>>().join(",");
    assert_eq!(read(Role::Asn, &exactly).1, []);
    let junk = "x! ".repeat(10_000);
    for role in FIELDS.map(|(_, role)| role) {
        assert!(read(role, &junk).1.len() <= PROBLEM_LIMIT);
        let (claims, problems) = read(role, &"1".repeat(10_000_000));
        assert!(claims.is_empty());
        assert_eq!(problems.len(), 1);
    }
    let mixed = format!("{}{many}", "x,".repeat(100));
    let (claims, problems) = read(Role::Asn, &mixed);
    assert_eq!((claims.len(), problems.len()), (CLAIM_LIMIT, PROBLEM_LIMIT));
    assert_eq!(problems[PROBLEM_LIMIT - 1].kind(), ProblemKind::TooLong);
}

proptest! {
    #[test]
    fn what_was_written_is_claimed(numbers in prop::collection::btree_set(any::<u32>(), 1..8), separator in "[,; \n]") {
        let value = numbers.iter().map(|number| format!("AS{number}")).collect::<Vec<_>>().join(&separator);
        let expected: Vec<_> = numbers.iter().map(|number| format!("AS{number}")).collect();
        prop_assert_eq!(claims(Role::Asn, &value), expected);
    }

    #[test]
    fn among_words_nothing_is_a_top_level_domain(words in prop::collection::vec("[a-z]{0,3}[.*@:]{0,2}[a-z]{0,3}", 2..5), blank in "[ \t\u{a0}\u{3000}]") {
        let value = words.join(&blank);
        prop_assume!(value.split_whitespace().count() > 1);
        for claim in read(Role::Domain, &value).0 {
            let Claim::Domain(suffix) = claim else { continue };
            prop_assert!(!suffix.domain().is_single_label(), "{:?} of {:?}", suffix, value);
        }
    }

    #[test]
    fn nothing_is_dropped_silently(text in "\\PC{0,40}", near in "[a-cA-S0-9.:/@, ;*-]{0,30}") {
        for role in FIELDS.map(|(_, role)| role) {
            for text in [&text, &near] {
                let (claims, problems) = read(role, text);
                prop_assert!(!claims.is_empty() || !problems.is_empty(), "{:?}", text);
            }
        }
    }
}
