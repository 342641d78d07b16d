use std::fmt::Write as _;

use cerebrate_core::problem::ProblemKind;
use proptest::prelude::*;
use serde_json::Value as Reference;

use super::*;

#[test]
fn every_part_knows_where_it_stands() {
    let document = parse(r#" {"a": [1, "x"], "b": null} "#, &[]).unwrap();
    let Value::Object(members) = document.root.value else { panic!("an object") };
    let Value::List(items) = &members[0].node.value else { panic!("a list") };
    assert_eq!((items[0].at, items[1].at, members[1].node.at), (8, 11, 22));
    assert_eq!(items[0].value, Value::Number("1"));
}

#[test]
fn no_digit_of_a_number_is_lost() {
    let document = parse("123456789012345678901234567890.10", &[]).unwrap();
    assert_eq!(document.root.value, Value::Number("123456789012345678901234567890.10"));
}

#[test]
fn repeated_keys_are_listed_in_small_and_in_large_objects() {
    let document = parse(r#"{"a":1,"b":2,"a":3}"#, &[]).unwrap();
    assert_eq!(document.repeated, [(13, "a".to_owned())]);
    let mut text = String::from("{");
    for number in 0..200 {
        write!(text, "\"k{number}\":0,").unwrap();
    }
    text += "\"k7\":1,\"k199\":1,\"k7\":2}";
    let repeated: Vec<String> =
        parse(&text, &[]).unwrap().repeated.into_iter().map(|(_, key)| key).collect();
    assert_eq!(repeated, ["k7", "k199", "k7"]);
}

#[test]
fn what_nobody_reads_is_passed_over() {
    let document = parse(r#"{"x":{"a":["}",{}]},"y":1}"#, &["x"]).unwrap();
    let Value::Object(members) = document.root.value else { panic!("an object") };
    assert_eq!(members[0].node.value, Value::Skipped);
    assert_eq!(members[1].node.value, Value::Number("1"));
}

#[test]
fn a_fault_names_its_place() {
    for (text, at, kind) in [
        ("", 0, ProblemKind::Malformed),
        ("{\"a\":1", 6, ProblemKind::Malformed),
        ("{\"a\" 1}", 5, ProblemKind::Malformed),
        ("[1,]", 3, ProblemKind::Malformed),
        ("\"\\ud800x\"", 1, ProblemKind::Undecodable),
        ("\"\\udc00\"", 1, ProblemKind::Undecodable),
        ("\"a\u{0}\"", 2, ProblemKind::Malformed),
        ("\"open", 0, ProblemKind::Malformed),
        ("1 2", 2, ProblemKind::Malformed),
        ("01", 1, ProblemKind::Malformed),
        ("{\"a\":{]", 6, ProblemKind::Malformed),
    ] {
        let fault = parse(text, &[]).unwrap_err();
        assert_eq!((fault.at, fault.kind), (at, kind), "{text}: {}", fault.message);
    }
}

#[test]
fn depth_is_bounded() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(parse(&nested(128), &[]).is_ok());
    assert_eq!(parse(&nested(129), &[]).unwrap_err().message, "nested too deeply");
    assert!(parse(&"[".repeat(10_000), &[]).is_err());
    assert!(parse(&format!("{{\"x\":{}", "[{".repeat(10_000)), &["x"]).is_err());
}

#[test]
fn the_number_of_values_is_bounded() {
    let text = format!("[{}0]", "0,".repeat(1_000_000));
    assert_eq!(parse(&text, &[]).unwrap_err().kind, ProblemKind::TooLong);
}

fn as_reference(node: &Node<'_>) -> Reference {
    match &node.value {
        Value::Null | Value::Skipped => Reference::Null,
        Value::Bool(value) => Reference::Bool(*value),
        Value::Number(text) => serde_json::from_str(text).unwrap(),
        Value::Text(text) => Reference::String(text.clone().into_owned()),
        Value::List(items) => items.iter().map(as_reference).collect(),
        Value::Object(members) => members
            .iter()
            .map(|member| (member.key.clone().into_owned(), as_reference(&member.node)))
            .collect(),
    }
}

fn any_json() -> impl Strategy<Value = Reference> {
    let leaf = prop_oneof![
        Just(Reference::Null),
        any::<bool>().prop_map(Reference::from),
        any::<i64>().prop_map(Reference::from),
        any::<String>().prop_map(Reference::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Reference::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|map| map.into_iter().collect::<Reference>()),
        ]
    })
}

proptest! {
    #[test]
    fn a_value_is_read_as_it_was_written(value in any_json(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        let text = text.unwrap();
        let document = parse(&text, &[]).unwrap();
        prop_assert_eq!(as_reference(&document.root), value);
        prop_assert!(document.repeated.is_empty());
    }

    #[test]
    fn what_is_json_is_decided_as_everybody_does(text in "[\\[\\]{}:,\"0-9eE.\\-tfn\\\\u a-c]{0,24}") {
        let reference = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
        let ours = parse(&text, &[]);
        // A lone surrogate is refused here and not looked at by a reader that ignores the text.
        prop_assert!(ours.is_ok() == reference || matches!(ours, Err(Fault { kind: ProblemKind::Undecodable, .. })), "{:?}", ours);
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        let _outcome = parse(&text, &["a"]);
    }
}
