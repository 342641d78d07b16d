//! A JSON value that borrows from its text and remembers where each part stands.

mod parse;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

#[cfg(test)]
pub(crate) use parse::Fault;
pub(crate) use parse::parse;

/// A value and the offset of its first byte.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node<'a> {
    pub(crate) at: usize,
    pub(crate) value: Value<'a>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    /// As written, so that no digit is lost.
    Number(&'a str),
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    /// In the order of the text; a repeated key stands here twice.
    Object(Vec<Member<'a>>),
    /// The value of a key that nobody reads.
    Skipped,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Member<'a> {
    pub(crate) key: Cow<'a, str>,
    pub(crate) node: Node<'a>,
}

impl Value<'_> {
    /// For people: what it is.
    pub(crate) fn noun(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Object(_) | Value::Skipped => "an object",
        }
    }
}
