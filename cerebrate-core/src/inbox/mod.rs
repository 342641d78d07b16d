//! What can stand in an inbox: how messages are told apart, and how what they carry is checked.

mod registration;
mod view;

use std::io;

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
    let mut open: Vec<(usize, &Value)> = data.values().map(|value| (1, value)).collect();
    while let Some((depth, value)) = open.pop() {
        if depth > DATA_DEPTH {
            return refused("what the message carries is nested too deeply");
        }
        match value {
            Value::Array(entries) => open.extend(entries.iter().map(|entry| (depth + 1, entry))),
            Value::Object(members) => open.extend(members.values().map(|value| (depth + 1, value))),
            _ => {}
        }
    }
    // What is not deep can be written without running out of stack.
    match serde_json::to_writer(Room(DATA_BYTES), data) {
        Ok(()) => Ok(()),
        Err(_) => refused("the message carries too much"),
    }
}

/// Takes so many bytes and keeps none.
struct Room(usize);

impl io::Write for Room {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
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

    #[test]
    fn bytes_are_those_of_the_json_that_is_written() {
        let one = json!({ "\u{1}\"": [1.797_693_134_862_315_7e308, true, null, "\u{1f}\\é", {}] });
        let length = |value: &MessageData| serde_json::to_vec(value).unwrap().len();
        let many = vec![one.clone(); DATA_BYTES / one.to_string().len() - 100];
        let with = |padding: usize| {
            let rest = json!("y".repeat(padding));
            MessageData::from_iter([("x".to_owned(), json!(many)), ("y".to_owned(), rest)])
        };
        let room = DATA_BYTES - length(&with(0));
        assert_eq!(length(&with(room)), DATA_BYTES);
        assert!(limit_data(&with(room)).is_ok());
        assert!(limit_data(&with(room + 1)).is_err());
    }

    #[test]
    fn numbers_are_read_as_they_are_written() {
        for number in [-7.731_050_358_106_766e-290, 3.681_378_835_396_047_5e-112, 0.1, 5e-324] {
            let carried = data(json!(number));
            let text = serde_json::to_string(&carried).unwrap();
            assert_eq!(serde_json::from_str::<MessageData>(&text).unwrap(), carried, "{text}");
        }
    }
}
