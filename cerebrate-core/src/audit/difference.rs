use serde::Serialize;
use serde_json::Value;

use super::FieldChange;

/// How one field differs, as audit rows of peers at release 1.35 tell it: the new value alone where
/// there was none before, the old and the new one where there was.
///
/// ```
/// use cerebrate_core::audit::{Difference, FieldChange};
/// use serde_json::json;
///
/// let told = |before, after| {
///     let change = FieldChange { field: "active".to_owned(), before, after };
///     Difference::of(&change).map(|difference| json!(difference))
/// };
/// assert_eq!(told(None, Some(json!("gov"))), Some(json!("gov")));
/// assert_eq!(told(Some(json!(true)), Some(json!(false))), Some(json!([1, 0])));
/// assert_eq!(told(Some(json!("1")), Some(json!(true))), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Difference {
    /// There was nothing; now there is this.
    Set(Value),
    /// It was the one and is the other.
    Changed(Value, Value),
}

impl Difference {
    /// What a change tells; `None` if both values say the same. Truth values are 1 and 0, whole
    /// numbers stay numbers, and values are compared loosely: `"1"`, `1` and `true` are the same,
    /// and so are nothing, an empty text, zero and `false`.
    pub fn of(change: &FieldChange) -> Option<Self> {
        let plain = |value: &Option<Value>| match value {
            None => Value::Null,
            Some(Value::Bool(truth)) => Value::from(u8::from(*truth)),
            Some(other) => other.clone(),
        };
        let (before, after) = (plain(&change.before), plain(&change.after));
        if is_same(&before, &after) {
            None
        } else if before.is_null() {
            Some(Difference::Set(after))
        } else {
            Some(Difference::Changed(before, after))
        }
    }
}

fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Null, other) | (other, Value::Null) => is_nothing(other),
        (Value::Number(_), Value::String(_)) | (Value::String(_), Value::Number(_)) => {
            match (number(a), number(b)) {
                (Some(a), Some(b)) => a == b,
                _ => false,
            }
        }
        _ => a == b,
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_i64() == Some(0),
        Value::Array(list) => list.is_empty(),
        Value::Bool(_) | Value::Object(_) => false,
    }
}

fn number(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_i64(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_case_has_its_form() {
        let null = || Some(Value::Null);
        for (before, after, told) in [
            (None, Some(json!("gov")), Some(json!("gov"))),
            (null(), Some(json!("gov")), Some(json!("gov"))),
            (Some(json!("gov")), Some(json!("edu")), Some(json!(["gov", "edu"]))),
            (Some(json!("gov")), None, Some(json!(["gov", null]))),
            (Some(json!(true)), Some(json!(false)), Some(json!([1, 0]))),
            (None, Some(json!(true)), Some(json!(1))),
            (Some(json!("")), Some(json!("x")), Some(json!(["", "x"]))),
            (Some(json!(0)), Some(json!("x")), Some(json!([0, "x"]))),
            (Some(json!(7)), Some(json!(8)), Some(json!([7, 8]))),
            (Some(json!("ü/ö")), Some(json!("é")), Some(json!(["ü/ö", "é"]))),
            // Nothing that differs.
            (None, None, None),
            (None, Some(json!("")), None),
            (Some(json!("")), null(), None),
            (null(), Some(json!(false)), None),
            (Some(json!(0)), None, None),
            (Some(json!("7")), Some(json!(7)), None),
            (Some(json!(1)), Some(json!(true)), None),
            (Some(json!("a")), Some(json!("a")), None),
        ] {
            let field = "x".to_owned();
            let change = FieldChange { field, before: before.clone(), after: after.clone() };
            let found = Difference::of(&change).map(|difference| json!(difference));
            assert_eq!(found, told, "{before:?} → {after:?}");
        }
    }
}
