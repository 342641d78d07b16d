//! What can stand in an inbox: how messages are told apart, and how what they carry is checked.

mod registration;
mod view;

use serde_json::Value;

use crate::error::{Error, Kind, Result};
use crate::model::MessageData;

pub use registration::{REGISTRATION, Registration};
pub use view::InboxView;

/// Scope and action of a message: what chooses who knows what to do with it.
pub type MessageKey = (&'static str, &'static str);

/// That a record changed: scope and action of the notifications of a store.
pub const DATA_CHANGE: MessageKey = ("Notification", "DataChange");

/// The scope of messages about local tools.
pub const LOCAL_TOOL: &str = "LocalTool";

/// The most bytes of what a message carries, as JSON.
pub const DATA_BYTES: usize = 256 * 1024;

/// How deep lists and objects may stand in each other.
pub const DATA_DEPTH: usize = 32;

/// Whether a message may carry this much.
///
/// # Errors
/// `Exhausted` if it is more than [`DATA_BYTES`] or deeper than [`DATA_DEPTH`].
///
/// ```
/// use cerebrate_core::inbox::limit_data;
/// use cerebrate_core::model::MessageData;
///
/// let mut data = MessageData::new();
/// assert!(limit_data(&data).is_ok());
/// data.insert("comment".to_owned(), "x".repeat(1 << 20).into());
/// assert!(limit_data(&data).is_err());
/// ```
pub fn limit_data(data: &MessageData) -> Result<()> {
    let refused = |message| {
        Err(Error::new(Kind::Exhausted, "read message", message)
            .with("bytes", DATA_BYTES)
            .with("depth", DATA_DEPTH))
    };
    let mut bytes = data.keys().fold(2_usize, |sum, name| sum.saturating_add(name.len() + 4));
    let mut open: Vec<(usize, &Value)> = data.values().map(|value| (1, value)).collect();
    while let Some((depth, value)) = open.pop() {
        bytes = bytes.saturating_add(match value {
            Value::String(text) => text.len() + 2,
            Value::Array(_) | Value::Object(_) => 2,
            Value::Null | Value::Bool(_) | Value::Number(_) => 5,
        });
        if bytes > DATA_BYTES {
            return refused("the message carries too much");
        }
        if depth > DATA_DEPTH {
            return refused("what the message carries is nested too deeply");
        }
        match value {
            Value::Array(entries) => open.extend(entries.iter().map(|entry| (depth + 1, entry))),
            Value::Object(members) => {
                bytes = members.keys().fold(bytes, |sum, name| sum.saturating_add(name.len() + 4));
                open.extend(members.values().map(|member| (depth + 1, member)));
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn data(value: Value) -> MessageData {
        MessageData::from_iter([("x".to_owned(), value)])
    }

    #[test]
    fn what_is_large_or_deep_is_refused() {
        let nested = |depth: usize| (1..depth).fold(json!("x"), |inner, _| json!([inner]));
        assert!(limit_data(&data(nested(DATA_DEPTH))).is_ok());
        assert!(limit_data(&data(nested(DATA_DEPTH + 1))).is_err());
        assert!(limit_data(&data(json!("x".repeat(DATA_BYTES - 20)))).is_ok());
        for large in [
            json!("x".repeat(DATA_BYTES)),
            json!(vec!["y".repeat(1_000); 300]),
            json!({ ("k".repeat(DATA_BYTES)): 1 }),
            json!(vec![Value::Null; DATA_BYTES / 5]),
        ] {
            assert_eq!(limit_data(&data(large)).unwrap_err().kind(), Kind::Exhausted);
        }
    }
}
