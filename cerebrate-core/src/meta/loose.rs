//! The profile of peers at release 1.35: type, then pattern, then values list, as they compare.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::Value;

use super::check::FieldVerdict;
use super::compiled::CompiledField;
use super::pattern::PatternError;
use crate::model::FieldKind;
use crate::problem::{Problem, ProblemKind};

/// Checks in the order of peers, which stop at the first thing that is wrong.
pub(super) fn check(field: &CompiledField, value: &str) -> FieldVerdict {
    let definition = field.definition();
    if let Some((kind, message)) = wrong_type(&definition.kind, value) {
        return refused(Problem::new(kind, field.name(), value, message));
    }
    match field.as_peers() {
        Some(Ok(pattern)) if pattern.is_match(value) => FieldVerdict::fine(),
        Some(Ok(_)) => refused(Problem::new(
            ProblemKind::Pattern,
            field.name(),
            value,
            "does not match the pattern of the field, as peers apply it",
        )),
        Some(Err(PatternError::Malformed { reason, at })) => refused(
            Problem::new(
                ProblemKind::Pattern,
                field.name(),
                value,
                "the pattern of the field is not valid as peers apply it, so they refuse every value",
            )
            .hint(format!("{reason} at byte {at}")),
        ),
        Some(Err(error)) => FieldVerdict {
            accepted: None,
            normalised: None,
            problems: vec![unsupported(field, value, error)],
        },
        None => match &definition.values_list {
            Some(list) if !list.iter().any(|member| equals(value, member)) => refused(
                Problem::new(
                    ProblemKind::NotInList,
                    field.name(),
                    value,
                    "not among the permitted values",
                )
                .hint(permitted(list)),
            ),
            _ => FieldVerdict::fine(),
        },
    }
}

/// The problem of a value whose field has a pattern beyond our engine.
pub(super) fn unsupported(field: &CompiledField, value: &str, error: &PatternError) -> Problem {
    let message = match error {
        PatternError::Unsupported { construct, at } => {
            format!(
                "the pattern of the field uses {construct} at byte {at}, which is not supported here"
            )
        }
        other => format!("the pattern of the field is not supported here: {other}"),
    };
    Problem::new(ProblemKind::Unsupported, field.name(), value, message)
        .hint("the value is neither right nor wrong; rewrite the pattern to have it checked")
}

/// The permitted values in words.
pub(super) fn permitted(list: &[Value]) -> String {
    const SHOWN: usize = 12;
    let mut shown: Vec<String> =
        list.iter().take(SHOWN).map(|value| format!("`{}`", text_of(value))).collect();
    if list.len() > SHOWN {
        shown.push(format!("{} more", list.len() - SHOWN));
    }
    format!("one of {}", shown.join(", "))
}

/// The text that a member of a list stands for.
pub(super) fn text_of(member: &Value) -> String {
    match member {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn refused(problem: Problem) -> FieldVerdict {
    FieldVerdict { accepted: Some(false), normalised: None, problems: vec![problem] }
}

/// Peers look at the address before the first slash and never at the mask.
fn wrong_type(kind: &FieldKind, value: &str) -> Option<(ProblemKind, &'static str)> {
    let address = value.split_once('/').map_or(value, |(address, _)| address);
    match kind {
        FieldKind::Ipv4 if address.parse::<Ipv4Addr>().is_err() => {
            Some((ProblemKind::NotIpv4, "not an IPv4 address or network"))
        }
        FieldKind::Ipv6 if address.parse::<Ipv6Addr>().is_err() => {
            Some((ProblemKind::NotIpv6, "not an IPv6 address or network"))
        }
        _ => None,
    }
}

/// Loose equality: numeric texts compare as numbers, `true` equals any text that counts as true,
/// `null` equals the empty text.
fn equals(value: &str, member: &Value) -> bool {
    match member {
        Value::String(text) => texts_equal(value, text),
        Value::Number(number) => match (Numeric::of_text(value), Numeric::of_number(number)) {
            (Some(a), Some(b)) => a.equals(b),
            _ => value == number.to_string(),
        },
        Value::Bool(truth) => !matches!(value, "" | "0") == *truth,
        Value::Null => value.is_empty(),
        Value::Array(_) | Value::Object(_) => false,
    }
}

fn texts_equal(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    match (Numeric::of_text(a), Numeric::of_text(b)) {
        // Numbers too large to be told apart are compared as texts, and those differ.
        (Some(Numeric::Float(x)), Some(Numeric::Float(_)))
            if x.is_infinite() || (overflows(a) && overflows(b)) =>
        {
            false
        }
        (Some(a), Some(b)) => a.equals(b),
        _ => false,
    }
}

/// Whether the text is an integer beyond 64 bits.
fn overflows(text: &str) -> bool {
    let text = text.trim_matches(BLANKS);
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The blanks that may stand around a number.
const BLANKS: [char; 6] = [' ', '\t', '\n', '\r', '\u{b}', '\u{c}'];

#[derive(Clone, Copy)]
enum Numeric {
    Integer(i64),
    Float(f64),
}

impl Numeric {
    fn of_text(text: &str) -> Option<Self> {
        let text = text.trim_matches(BLANKS);
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        // `parse` also knows `inf` and `nan`.
        if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            return None;
        }
        match text.parse() {
            Ok(integer) => Some(Numeric::Integer(integer)),
            Err(_) => text.parse().ok().map(Numeric::Float),
        }
    }

    fn of_number(number: &serde_json::Number) -> Option<Self> {
        number.as_i64().map(Numeric::Integer).or_else(|| number.as_f64().map(Numeric::Float))
    }

    #[expect(clippy::float_cmp, clippy::cast_precision_loss, reason = "as peers compare")]
    fn equals(self, other: Self) -> bool {
        match (self, other) {
            (Numeric::Integer(a), Numeric::Integer(b)) => a == b,
            (Numeric::Integer(a), Numeric::Float(b)) | (Numeric::Float(b), Numeric::Integer(a)) => {
                a as f64 == b
            }
            (Numeric::Float(a), Numeric::Float(b)) => a == b,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numeric_texts_compare_as_numbers() {
        for (value, member) in [
            ("01", json!("1")),
            ("1.0", json!(1)),
            (" 1", json!("1")),
            ("1 ", json!("1")),
            ("+1", json!(1)),
            ("1e0", json!("1")),
            ("1.", json!(1)),
            (".5", json!(0.5)),
            ("-0", json!(0)),
            ("1e3", json!(1000)),
            ("9223372036854775807", json!("9223372036854775807.0")),
            ("1e1000", json!("1e1000")),
        ] {
            assert!(equals(value, &member), "{value} {member}");
        }
    }

    #[test]
    fn other_texts_compare_by_byte() {
        for (value, member) in [
            ("Red", json!("red")),
            ("", json!("0")),
            ("", json!(0)),
            ("0x1", json!(1)),
            ("1e", json!("1")),
            ("1 a", json!(1)),
            ("inf", json!("INF")),
            ("nan", json!("NaN")),
            (".", json!(0)),
            ("-", json!(0)),
            ("1_0", json!(10)),
            ("1e1000", json!("1e1001")),
            ("99999999999999999999", json!("99999999999999999998")),
            ("\u{a0}1", json!("1")),
            ("a", json!(["a"])),
        ] {
            assert!(!equals(value, &member), "{value} {member}");
        }
    }

    #[test]
    fn truth_and_nothing_are_loose() {
        assert!(equals("banana", &json!(true)) && equals("false", &json!(true)));
        assert!(!equals("", &json!(true)) && !equals("0", &json!(true)));
        assert!(equals("", &json!(false)) && equals("0", &json!(false)));
        assert!(!equals("0.0", &json!(false)));
        assert!(equals("", &json!(null)) && !equals("null", &json!(null)));
    }
}
