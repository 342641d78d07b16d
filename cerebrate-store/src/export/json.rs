use std::io::{BufWriter, Write};

use cerebrate_core::error::Result;
use cerebrate_core::model::Record;

use super::{unspellable, unwritten};

/// Writes lists of records, one record or one member a line.
pub(super) struct JsonWriter<W: Write> {
    target: BufWriter<W>,
    pretty: bool,
    /// How deep lists stand.
    depth: usize,
    /// Whether something stands in the list already.
    any: bool,
    /// Whether a list stands in the object already.
    any_list: bool,
    written: u64,
}

impl<W: Write> JsonWriter<W> {
    pub(super) fn new(target: W, pretty: bool) -> Self {
        JsonWriter {
            target: BufWriter::with_capacity(64 << 10, target),
            pretty,
            depth: 0,
            any: false,
            any_list: false,
            written: 0,
        }
    }

    pub(super) fn open_object(&mut self) -> Result<()> {
        self.depth += 1;
        self.put(b"{")
    }

    pub(super) fn close_object(&mut self) -> Result<()> {
        self.depth = 0;
        self.put(b"\n}")
    }

    pub(super) fn open_list(&mut self, key: Option<&str>) -> Result<()> {
        self.any = false;
        if let Some(key) = key {
            let comma: &[u8] = if self.any_list { b",\n" } else { b"\n" };
            self.any_list = true;
            self.put(comma)?;
            self.indent(self.depth)?;
            self.put(format!("\"{key}\":").as_bytes())?;
            if self.pretty {
                self.put(b" ")?;
            }
        }
        self.put(b"[")
    }

    pub(super) fn close_list(&mut self) -> Result<()> {
        if self.any {
            self.put(b"\n")?;
            self.indent(self.depth)?;
        }
        self.put(b"]")
    }

    pub(super) fn record(&mut self, record: &Record) -> Result<()> {
        self.put(if self.any { b",\n" } else { b"\n" })?;
        self.any = true;
        self.written += 1;
        if !self.pretty {
            let text = record.to_json_text().map_err(unspellable)?;
            return self.put(&text);
        }
        let text = indented(record, self.depth + 1)?;
        self.put(text.as_bytes())
    }

    /// Ends the document; answers how many records it has.
    pub(super) fn finish(mut self) -> Result<u64> {
        self.put(b"\n")?;
        self.target.flush().map_err(unwritten)?;
        Ok(self.written)
    }

    fn indent(&mut self, depth: usize) -> Result<()> {
        if self.pretty { self.put("  ".repeat(depth).as_bytes()) } else { Ok(()) }
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.target.write_all(bytes).map_err(unwritten)
    }
}

/// JSON with a member a line, each line `depth` steps to the right.
fn indented(record: &Record, depth: usize) -> Result<String> {
    let text = match record {
        Record::Organisation(record) => serde_json::to_string_pretty(record),
        Record::Individual(record) => serde_json::to_string_pretty(record),
        Record::Alignment(record) => serde_json::to_string_pretty(record),
        Record::Tag(record) => serde_json::to_string_pretty(record),
        Record::MetaTemplate(record) => serde_json::to_string_pretty(record),
        Record::SharingGroup(record) => serde_json::to_string_pretty(record),
        Record::MailingList(record) => serde_json::to_string_pretty(record),
        Record::OrganisationGroup(record) => serde_json::to_string_pretty(record),
        Record::EnumerationCollection(record) => serde_json::to_string_pretty(record),
        Record::EncryptionKey(record) => serde_json::to_string_pretty(record),
        other => other.to_json().and_then(|value| serde_json::to_string_pretty(&value)),
    };
    let text = text.map_err(unspellable)?;
    let step = "  ".repeat(depth);
    let mut lines = String::with_capacity(text.len() * 2);
    for (index, line) in text.lines().enumerate() {
        if index > 0 {
            lines.push('\n');
        }
        lines.push_str(&step);
        lines.push_str(line);
    }
    Ok(lines)
}
