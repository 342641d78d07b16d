use std::io::{BufWriter, Write};

use cerebrate_core::error::Result;
use cerebrate_core::model::{MetaField, Record};
use serde::Serialize;

use super::alignments::{Person, employments};
use super::{unspellable, unwritten};
use crate::backend::Read;

/// Puts the values of each field together: which field comes first is no content.
fn in_order(values: &mut [MetaField]) {
    values.sort_by(|a, b| (a.template, &a.field).cmp(&(b.template, &b.field)));
}

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

    pub(super) fn record(&mut self, read: &dyn Read, record: &Record) -> Result<()> {
        self.put(if self.any { b",\n" } else { b"\n" })?;
        self.any = true;
        self.written += 1;
        match record {
            Record::Organisation(record) => {
                let mut record = record.clone();
                in_order(&mut record.meta_fields);
                self.entry(&record)
            }
            Record::Individual(record) => {
                let alignments = employments(read, record.id)?;
                let mut record = record.clone();
                in_order(&mut record.meta_fields);
                self.entry(&Person::new(&record, &alignments))
            }
            Record::Alignment(record) => self.entry(record),
            Record::Tag(record) => self.entry(record),
            Record::MetaTemplate(record) => self.entry(record),
            Record::SharingGroup(record) => self.entry(record),
            // Users are of this node alone, and so is what they own and administer.
            Record::MailingList(record) => {
                let mut record = record.clone();
                record.owner = None;
                self.entry(&record)
            }
            Record::OrganisationGroup(record) => {
                let mut record = record.clone();
                record.administrators.clear();
                self.entry(&record)
            }
            Record::EnumerationCollection(record) => self.entry(record),
            Record::EncryptionKey(record) => self.entry(record),
            other => self.entry(&other.to_json().map_err(unspellable)?),
        }
    }

    fn entry(&mut self, entry: &impl Serialize) -> Result<()> {
        if !self.pretty {
            return self.put(&serde_json::to_vec(entry).map_err(unspellable)?);
        }
        let text = serde_json::to_string_pretty(entry).map_err(unspellable)?;
        for (index, line) in text.lines().enumerate() {
            if index > 0 {
                self.put(b"\n")?;
            }
            self.indent(self.depth + 1)?;
            self.put(line.as_bytes())?;
        }
        Ok(())
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
