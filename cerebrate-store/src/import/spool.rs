//! What is imported, kept aside so that it can be read more than once.

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom, Write};

use cerebrate_core::error::{Error, Kind, Result};
use tempfile::SpooledTempFile;

/// Up to this size the source is kept in memory, beyond it in an unnamed temporary file.
const IN_MEMORY: usize = 4 << 20;

const READ: &str = "read import";

/// The whole of a source.
pub(super) struct Spool {
    file: SpooledTempFile,
    size: u64,
}

impl Spool {
    /// Reads `source` to its end.
    pub(super) fn fill(source: &mut dyn Read) -> Result<Self> {
        let mut file = tempfile::spooled_tempfile(IN_MEMORY);
        let mut chunk = vec![0; 128 << 10];
        let mut size = 0;
        loop {
            let read = match source.read(&mut chunk) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(unreadable(error)),
            };
            file.write_all(chunk.get(..read).unwrap_or_default()).map_err(unkept)?;
            size += read as u64;
        }
        Ok(Spool { file, size })
    }

    /// How many bytes there are.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Begins again at byte `from`.
    pub(super) fn rewind(&mut self, from: u64) -> Result<()> {
        self.file.seek(SeekFrom::Start(from)).map(|_| ()).map_err(unreadable)
    }

    /// The next bytes; none at the end.
    pub(super) fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        loop {
            match self.file.read(into) {
                Ok(read) => return Ok(read),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(unreadable(error)),
            }
        }
    }
}

impl fmt::Debug for Spool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spool").field("size", &self.size).finish_non_exhaustive()
    }
}

fn unreadable(source: io::Error) -> Error {
    Error::new(Kind::Unavailable, READ, "the source cannot be read").caused_by(source)
}

fn unkept(source: io::Error) -> Error {
    let kind = match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Kind::Exhausted,
        _ => Kind::Unavailable,
    };
    Error::new(kind, READ, "the source cannot be kept in a temporary file")
        .hint("set `TMPDIR` to a folder with room for it")
        .caused_by(source)
}
