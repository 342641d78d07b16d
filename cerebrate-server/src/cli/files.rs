//! Files that a command line names; `-` is stdin.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use cerebrate_core::{Error, Kind, Result};

use super::failure::of_file;

/// The largest text that is read whole, in bytes.
pub(crate) const LARGEST_TEXT: u64 = 64 * 1024 * 1024;

const READ: &str = "read file";

/// The file, or stdin.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read>> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(io::stdin().lock()));
    }
    let open = || {
        let file = File::open(path)?;
        if file.metadata()?.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        Ok(file)
    };
    open().map(|file| Box::new(file) as Box<dyn Read>).map_err(|error| of_file(READ, path, error))
}

/// The text of a file, or of stdin, without a byte order mark.
pub(crate) fn read_text(path: &Path, limit: u64) -> Result<String> {
    let mut text = String::new();
    open(path)?
        .take(limit.saturating_add(1))
        .read_to_string(&mut text)
        .map_err(|error| of_file(READ, path, error))?;
    if text.len() as u64 > limit {
        return Err(Error::new(Kind::Exhausted, READ, "the file is too large")
            .with("file", path.display())
            .with("limit", limit));
    }
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok(text)
}
