use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::meta::{CompiledTemplate, Library, Profile};
use crate::model::TemplateField;

fn field(kind: &str) -> TemplateField {
    TemplateField::new("f", FieldKind::from(kind.to_owned()))
}

fn verdict(field: TemplateField, value: &str) -> FieldVerdict {
    CompiledField::compile(field).check(Profile::Strict, value)
}

/// The kinds of all problems; notices too.
fn kinds(field: TemplateField, value: &str) -> Vec<ProblemKind> {
    verdict(field, value).problems.iter().map(Problem::kind).collect()
}

#[test]
fn nothing_is_allocated_for_a_value_in_normal_form() {
    for (kind, value) in [
        ("text", "anything\nat all"),
        ("ipv4", "185.194.92.0/22"),
        ("ipv6", "2001:db8::/32"),
        ("boolean", "1"),
        ("date", "2026-01"),
        ("textarea", "x"),
    ] {
        let verdict = verdict(field(kind), value);
        assert_eq!(verdict, FieldVerdict::fine(), "{kind} {value}");
        assert_eq!(verdict.problems.capacity(), 0);
    }
}

#[test]
fn a_network_keeps_value_and_normal_form_apart() {
    let checked = verdict(field("ipv4"), "185.194.93.14/22");
    assert_eq!(checked.accepted, Some(true));
    assert_eq!(checked.normalised.as_deref(), Some("185.194.92.0/22"));
    assert_eq!(checked.problems[0].kind(), ProblemKind::HostBits);
    assert!(checked.problems[0].is_notice());
    assert_eq!(checked.problems[0].advice(), Some("read as `185.194.92.0/22`"));

    let checked = verdict(field("ipv6"), "2001:DB8::0");
    assert_eq!(checked.normalised.as_deref(), Some("2001:db8::"));
    assert_eq!(checked.problems, []);

    assert_eq!(kinds(field("ipv4"), "185.194.92.0/33"), [ProblemKind::Mask]);
    assert_eq!(kinds(field("ipv4"), "::ffff:1.2.3.4"), [ProblemKind::NotIpv4]);
    assert_eq!(kinds(field("ipv6"), "1.2.3.4"), [ProblemKind::NotIpv6]);
    assert_eq!(kinds(field("ipv6"), "::/129"), [ProblemKind::Mask]);
}

#[test]
fn a_boolean_is_one_of_twelve_spellings() {
    for value in ["1", "true", "YES", " on ", "Y", "t\n"] {
        let checked = verdict(field("boolean"), value);
        assert_eq!(checked.accepted, Some(true), "{value:?}");
        assert_eq!(checked.normalised.as_deref().unwrap_or(value), "1");
    }
    for value in ["0", "False", "no", "OFF", "n", "\tf"] {
        let checked = verdict(field("boolean"), value);
        assert_eq!(checked.accepted, Some(true), "{value:?}");
        assert_eq!(checked.normalised.as_deref().unwrap_or(value), "0");
    }
    for value in ["banana", "2", "10", "tru", "ｙｅｓ", "yes no", "null"] {
        assert_eq!(kinds(field("boolean"), value), [ProblemKind::NotBoolean], "{value:?}");
    }
}

#[test]
fn a_boolean_with_a_rule_on_its_spelling_keeps_it() {
    let mut listed = field("boolean");
    listed.values_list = Some(vec![json!("yes"), json!("no"), json!("maybe")]);
    assert_eq!(verdict(listed.clone(), "yes"), FieldVerdict::fine());
    assert_eq!(kinds(listed.clone(), "1"), [ProblemKind::NotInList]);
    assert_eq!(kinds(listed.clone(), "maybe"), [ProblemKind::NotBoolean]);
    assert_eq!(kinds(listed, "x"), [ProblemKind::NotBoolean, ProblemKind::NotInList]);
}

#[test]
fn a_value_is_needed_short_and_readable() {
    for value in ["", " ", "\n\t "] {
        for kind in ["text", "ipv4", "boolean", "date", "x"] {
            assert_eq!(kinds(field(kind), value), [ProblemKind::Required], "{kind} {value:?}");
        }
    }
    assert_eq!(kinds(field("text"), &"é".repeat(191)), []);
    assert_eq!(kinds(field("text"), &"é".repeat(192)), [ProblemKind::TooLong]);
    let endless = "x".repeat(10_000_000);
    let mut with_pattern = field("text");
    with_pattern.pattern = Some("(x+)+y".to_owned());
    assert_eq!(kinds(with_pattern, &endless), [ProblemKind::TooLong]);
    for value in ["a\0", "\u{1b}[31m", "\u{7f}", "\u{85}x", "a\u{b}"] {
        assert_eq!(kinds(field("text"), value), [ProblemKind::ControlCharacter], "{value:?}");
    }
    assert_eq!(kinds(field("text"), "two\r\nlines\tand a tab"), []);
    let all = kinds(field("ipv4"), &format!("{}\0", "x".repeat(191)));
    assert_eq!(all, [ProblemKind::TooLong, ProblemKind::ControlCharacter, ProblemKind::NotIpv4]);
}

#[test]
fn a_pattern_matches_the_value_as_a_whole_and_wins_over_a_list() {
    let with = |pattern: &str| {
        let mut field = field("text");
        field.pattern = Some(pattern.to_owned());
        field
    };
    assert_eq!(kinds(with("a|b"), "a"), []);
    assert_eq!(kinds(with("a|b"), "ab"), [ProblemKind::Pattern]);
    assert_eq!(kinds(with("[a-z]{2}"), "lu\n"), [ProblemKind::Pattern]);
    assert_eq!(kinds(with(r"/^\+[0-9\-]*$/"), "+352-1"), []);
    assert_eq!(kinds(with(r"/^\+[0-9\-]*$/"), "352"), [ProblemKind::Pattern]);
    let mut both = with("[a-z]+");
    both.values_list = Some(vec![json!("1")]);
    assert_eq!(kinds(both.clone(), "abc"), []);
    assert_eq!(kinds(both, "1"), [ProblemKind::Pattern]);
    let mut empty = with("");
    empty.values_list = Some(vec![json!("1")]);
    assert_eq!(kinds(empty, "2"), [ProblemKind::NotInList]);
}

#[test]
fn a_pattern_that_cannot_be_used_refuses_every_value_with_its_reason() {
    let with = |pattern: &str| {
        let mut field = field("text");
        field.pattern = Some(pattern.to_owned());
        CompiledField::compile(field)
    };
    let ahead = with("(?=a)a");
    let verdict = ahead.check(Profile::Strict, "a");
    assert_eq!(
        (verdict.accepted, verdict.problems[0].kind()),
        (Some(false), ProblemKind::Unsupported)
    );
    let verdict = ahead.check(Profile::Cerebrate, "a");
    assert_eq!((verdict.accepted, verdict.problems[0].kind()), (None, ProblemKind::Unsupported));
    let broken = with("[");
    for profile in [Profile::Strict, Profile::Cerebrate] {
        let verdict = broken.check(profile, "a");
        assert_eq!(
            (verdict.accepted, verdict.problems[0].kind()),
            (Some(false), ProblemKind::Pattern)
        );
    }
}

#[test]
fn a_rule_on_the_spelling_of_a_network_wins_over_the_normal_form() {
    let mut ruled = field("ipv4");
    ruled.pattern = Some(r"1\.2\.3\.4.*".to_owned());
    assert_eq!(verdict(ruled.clone(), "1.2.3.4"), FieldVerdict::fine());
    assert_eq!(verdict(ruled.clone(), "1.2.3.4/32").normalised.as_deref(), Some("1.2.3.4"));
    let kept = verdict(ruled.clone(), "1.2.3.4/24");
    assert_eq!((kept.accepted, kept.normalised), (Some(true), None));
    assert_eq!(kept.problems[0].kind(), ProblemKind::HostBits);
    assert_eq!(kinds(ruled, "1.2.3.5"), [ProblemKind::Pattern]);
    let mut listed = field("ipv4");
    listed.values_list = Some(vec![json!("1.2.3.4"), json!("x")]);
    assert_eq!(kinds(listed.clone(), "1.2.3.4"), []);
    assert_eq!(kinds(listed.clone(), "1.2.3.4/32"), [ProblemKind::NotInList]);
    assert_eq!(kinds(listed, "x"), [ProblemKind::NotIpv4]);
}

#[test]
fn a_list_permits_exactly_its_members() {
    let mut listed = field("text");
    listed.values_list = Some(vec![json!("red"), json!(1), json!(1.5), json!(true), json!(null)]);
    for value in ["red", "1", "1.5", "true"] {
        assert_eq!(kinds(listed.clone(), value), [], "{value}");
    }
    for value in ["Red", "01", "1.0", "banana", " red"] {
        assert_eq!(kinds(listed.clone(), value), [ProblemKind::NotInList], "{value}");
    }
    let problem = verdict(listed, "blue").problems.remove(0);
    assert_eq!(problem.advice(), Some("one of `red`, `1`, `1.5`, `true`, `null`"));
    let mut empty = field("text");
    empty.values_list = Some(Vec::new());
    assert_eq!(kinds(empty, "anything"), []);
}

#[test]
fn fields_that_are_codes_take_codes() {
    let constituency = Library::shipped().find("csirt-constituency").unwrap();
    let kinds = |template: &CompiledTemplate, field: &str, value: &str| -> Vec<ProblemKind> {
        template.check([(field, value)]).iter().map(Problem::kind).collect()
    };
    for value in ["LU", "lu", "LUX"] {
        assert_eq!(kinds(constituency, "Country Code", value), [], "{value}");
    }
    for value in ["Luxembourg", "ZZ", "UK", "LU,BE", "L", " LU"] {
        assert_eq!(
            kinds(constituency, "Country Code", value),
            [ProblemKind::NotCountryCode],
            "{value}"
        );
    }
    assert_eq!(kinds(constituency, "Country", "Atlantis"), []);
    let second = Library::shipped().find("cnw/enisa-csirt-network@2").unwrap();
    let newest = Library::shipped().find("cnw/enisa-csirt-network").unwrap();
    assert_eq!(kinds(second, "ISO 3166-1 Code", "LU"), [ProblemKind::Pattern]);
    assert_eq!(kinds(second, "ISO 3166-1 Code", "lu"), []);
    assert_eq!(kinds(second, "ISO 3166-1 Code", "xx"), [ProblemKind::NotCountryCode]);
    assert_eq!(kinds(newest, "ISO 3166-1 Code", "IRL"), []);
    let all = kinds(newest, "ISO 3166-1 Code", "Ireland");
    assert_eq!(all, [ProblemKind::NotCountryCode, ProblemKind::Pattern]);
}

#[test]
fn a_record_is_checked_across_its_values() {
    let first = Library::shipped().find("first/first-directory@2").unwrap();
    let verdicts = first.check_with(
        Profile::Strict,
        [
            ("team", "CIRCL"),
            ("website", "https://a"),
            ("website", "https://b"),
            ("website", "https://a"),
            ("team", "Other"),
            ("team", "CIRCL"),
            ("Team", "CIRCL"),
            ("colour", "red"),
        ],
    );
    let found: Vec<(&str, Option<bool>, Vec<&str>)> = verdicts
        .iter()
        .map(|verdict| {
            let kinds = verdict.problems.iter().map(|problem| problem.kind().as_str()).collect();
            (verdict.field.as_str(), verdict.accepted, kinds)
        })
        .collect();
    let (yes, no) = (Some(true), Some(false));
    assert_eq!(
        found,
        [
            ("team", yes, vec![]),
            ("website", yes, vec![]),
            ("website", yes, vec![]),
            ("website", no, vec!["repeated"]),
            ("team", no, vec!["multiple"]),
            ("team", no, vec!["multiple", "repeated"]),
            ("Team", no, vec!["unknown_field"]),
            ("colour", no, vec!["unknown_field"]),
        ]
    );
    assert_eq!(verdicts[6].problems[0].advice(), Some("did you mean `team`?"));
    assert!(verdicts[7].problems[0].advice().unwrap().starts_with("it has `first-id`, `team`, "));
    let again = first.check_with(Profile::Cerebrate, [("team", "a"), ("team", "a"), ("x", "")]);
    let accepted: Vec<Option<bool>> = again.iter().map(|verdict| verdict.accepted).collect();
    assert_eq!(accepted, [yes, yes, no]);
}

#[test]
fn one_network_spelled_twice_is_repeated() {
    let constituency = Library::shipped().find("csirt-constituency").unwrap();
    let problems = constituency.check([
        ("IPv6 address", "2001:db8::/32"),
        ("IPv6 address", "2001:DB8:0::/32"),
        ("IPv4 address", "10.0.0.0/8"),
        ("IPv4 address", "10.1.1.1/8"),
    ]);
    let kinds: Vec<&str> = problems.iter().map(|problem| problem.kind().as_str()).collect();
    assert_eq!(kinds, ["repeated", "host_bits", "repeated"]);
}

#[test]
fn messages_are_short_and_say_what_would_do() {
    let constituency = Library::shipped().find("csirt-constituency").unwrap();
    let lines: Vec<String> = constituency
        .check([
            ("IPv4 address", "185.194.92.0/33"),
            ("IPv4 adress", "10.0.0.1"),
            ("IPv4 address", "10.0.0.300"),
            ("IPv4 address", "10.0.0.1/8"),
            ("Country Code", "Atlantis"),
        ])
        .iter()
        .map(|problem| format!("{problem} – {}", problem.advice().unwrap_or("-")))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    IPv4 address: the mask is not a number from 0 to 32: `185.194.92.0/33` – use a form such as `192.0.2.0/24`
    IPv4 adress: `CSIRT Constituency` has no such field: `10.0.0.1` – did you mean `IPv4 address`?
    IPv4 address: not an IPv4 address or network: `10.0.0.300` – use a form such as `192.0.2.7` or `192.0.2.0/24`, without blanks
    IPv4 address: host bits are set: `10.0.0.1/8` – read as `10.0.0.0/8`
    Country Code: not an assigned country code: `Atlantis` – use a two- or three-letter code of ISO 3166-1 such as `LU`
    ");
}

proptest! {
    #[test]
    fn normal_forms_are_read_as_themselves(
        kind in "ipv4|ipv6|boolean|date|text",
        value in prop_oneof![
            any::<std::net::Ipv4Addr>().prop_map(|address| address.to_string()),
            any::<(std::net::Ipv4Addr, u8)>().prop_map(|(address, len)| format!("{address}/{}", len % 34)),
            any::<(std::net::Ipv6Addr, u8)>().prop_map(|(address, len)| format!("{address}/{}", len % 130)),
            "[A-F0:]{0,20}(/[0-9]{1,3})?",
            " ?(yes|No|TRUE|1|0|f) ?",
            "\\PC{0,20}",
        ],
    ) {
        let compiled = CompiledField::compile(field(&kind));
        let checked = compiled.check(Profile::Strict, &value);
        if let Some(normalised) = &checked.normalised {
            prop_assert_eq!(checked.accepted, Some(true));
            prop_assert_ne!(normalised, &value);
            prop_assert_eq!(compiled.check(Profile::Strict, normalised), FieldVerdict::fine());
        }
        // A typed network that is accepted here is accepted by peers.
        if checked.accepted == Some(true) {
            prop_assert_eq!(compiled.check(Profile::Cerebrate, &value).accepted, Some(true));
        }
    }
}
