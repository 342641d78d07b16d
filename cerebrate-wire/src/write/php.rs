use std::io;

use cerebrate_core::{Error, Kind, Result};
use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

/// Writes a value to the byte as peers do: four blanks a level, `/` as `\/`, and what is not ASCII
/// as `\uXXXX`.
///
/// ```
/// use cerebrate_wire::write::to_php_json;
///
/// assert_eq!(to_php_json(&["https://é.lu"])?, "[\n    \"https:\\/\\/\\u00e9.lu\"\n]");
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
///
/// # Errors
///
/// [`Kind::Invalid`] if the value cannot be JSON, such as a map whose keys are not texts.
pub fn to_php_json<T: Serialize + ?Sized>(value: &T) -> Result<String> {
    let mut text = Vec::with_capacity(512);
    let formatter = Php { pretty: PrettyFormatter::with_indent(b"    ") };
    let invalid = || Error::new(Kind::Invalid, "write JSON", "the value cannot be written as JSON");
    value
        .serialize(&mut Serializer::with_formatter(&mut text, formatter))
        .map_err(|source| invalid().caused_by(source))?;
    String::from_utf8(text).map_err(|source| invalid().caused_by(source))
}

struct Php<'f> {
    pretty: PrettyFormatter<'f>,
}

impl Formatter for Php<'_> {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(|character: char| character == '/' || !character.is_ascii())
        {
            let (plain, special) = rest.split_at(at);
            writer.write_all(plain.as_bytes())?;
            let mut characters = special.chars();
            match characters.next() {
                Some('/') => writer.write_all(b"\\/")?,
                Some(character) => {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        write!(writer, "\\u{unit:04x}")?;
                    }
                }
                None => {}
            }
            rest = characters.as_str();
        }
        writer.write_all(rest.as_bytes())
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.pretty.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.pretty.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_pairs_are_escaped() {
        let text = to_php_json("a\u{1}\t\"\\/\u{7f}\u{1f600}é").unwrap();
        assert_eq!(text, "\"a\\u0001\\t\\\"\\\\\\/\u{7f}\\ud83d\\ude00\\u00e9\"");
        assert_eq!(
            to_php_json(&serde_json::json!({"a": [], "b": {}})).unwrap(),
            "{\n    \"a\": [],\n    \"b\": {}\n}"
        );
    }

    #[test]
    fn what_is_not_json_is_an_error() {
        let map = std::collections::BTreeMap::from([(vec![1], 2)]);
        assert_eq!(to_php_json(&map).unwrap_err().kind(), Kind::Invalid);
    }
}
