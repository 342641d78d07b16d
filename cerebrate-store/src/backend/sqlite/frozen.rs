//! Reading where nothing can be written: a folder without the permission, a medium that is
//! read-only, a disk that is full.
//!
//! A database with a write-ahead log needs a file beside it in which readers and writers tell each
//! other what they do. Where that cannot be made nobody writes, as a rule, and SQLite reads the
//! file as one that never changes.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use cerebrate_core::error::{Error, Kind, Result};

use super::OPEN;

/// Files that hold changes which are not in the database yet, or no longer.
const LOGS: &[&str] = &["-wal", "-journal"];

/// Whether the file beside the database may be what could not be made.
pub(super) fn may_be_why(error: &Error) -> bool {
    matches!(error.kind(), Kind::Denied | Kind::NotFound | Kind::Exhausted)
}

/// Whether the file alone is the whole database.
///
/// # Errors
/// `why` if the file cannot be read at all, `Denied` if a log beside it has content and the
/// permission is what is missing.
pub(super) fn check(path: &Path, why: Error) -> Result<()> {
    // The logs stand beside the file that a link leads to.
    let Ok(real) = path.canonicalize() else { return Err(why) };
    if fs::File::open(&real).is_err() || !real.is_file() {
        return Err(why);
    }
    let left = LOGS.iter().map(|suffix| beside(&real, suffix)).find(|log| !is_empty(log));
    match left {
        None => Ok(()),
        Some(_) if why.kind() == Kind::Exhausted => Err(why),
        Some(log) => Err(Error::new(Kind::Denied, OPEN, "changes wait beside the database")
            .with("log", log.display())
            .hint("open it once with the permission to write in its folder")
            .caused_by(why)),
    }
}

/// The file as one that never changes, in the words of SQLite.
pub(super) fn uri(path: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    encoded(absolute.as_os_str().as_encoded_bytes(), cfg!(windows))
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

fn is_empty(log: &Path) -> bool {
    match fs::metadata(log) {
        Ok(metadata) => metadata.len() == 0,
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

fn encoded(path: &[u8], windows: bool) -> String {
    // An empty host, so that a path of two slashes does not begin with one.
    let mut uri = "file://".to_owned();
    if windows && !path.starts_with(b"\\") {
        uri.push('/');
    }
    for byte in path {
        match byte {
            b'\\' if windows => uri.push('/'),
            b':' if windows => uri.push(':'),
            b'/' | b'.' | b'-' | b'_' => uri.push(char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(*byte)),
            byte => {
                // Writing to a text never fails.
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri + "?immutable=1"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_path_means_something_in_the_uri() {
        assert_eq!(encoded(b"/a/b.db", false), "file:///a/b.db?immutable=1");
        assert_eq!(
            encoded(b"//h/a?mode=rw&x#y%20 \xe9\\:", false),
            "file:////h/a%3Fmode%3Drw%26x%23y%2520%20%E9%5C%3A?immutable=1"
        );
        assert_eq!(encoded(b"C:\\a b\\c.db", true), "file:///C:/a%20b/c.db?immutable=1");
        assert_eq!(encoded(b"\\\\host\\c.db", true), "file:////host/c.db?immutable=1");
    }

    // Names that other systems do not allow.
    #[cfg(unix)]
    #[test]
    fn the_file_that_is_opened_is_the_one_that_was_named() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["plain.db", "a?mode=memory", "b#c", "d%20e", "f g", "é & ü", "x'y\"z"] {
            let path = folder.path().join(name);
            let connection = rusqlite::Connection::open(&path).unwrap();
            connection.execute_batch(&format!("PRAGMA user_version = {}", name.len())).unwrap();
            drop(connection);
            let flags =
                rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY | rusqlite::OpenFlags::SQLITE_OPEN_URI;
            let frozen = rusqlite::Connection::open_with_flags(uri(&path), flags).unwrap();
            let version: i64 =
                frozen.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
            assert_eq!(version, i64::try_from(name.len()).unwrap(), "{name}");
        }
    }

    #[test]
    fn a_log_with_content_is_a_reason_not_to_read_the_file_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("contacts.db");
        let why = || Error::new(Kind::NotFound, OPEN, "the database cannot be opened");
        let check = || check(&path, why());
        assert_eq!(check().unwrap_err().kind(), Kind::NotFound);
        fs::create_dir(&path).unwrap();
        assert_eq!(check().unwrap_err().kind(), Kind::NotFound);
        fs::remove_dir(&path).unwrap();
        fs::write(&path, "x").unwrap();
        check().unwrap();
        for suffix in LOGS {
            fs::write(beside(&path, suffix), "").unwrap();
            check().unwrap();
            fs::write(beside(&path, suffix), "x").unwrap();
            let error = check().unwrap_err();
            assert_eq!(error.kind(), Kind::Denied);
            assert!(error.advice().is_some());
            let full = Error::new(Kind::Exhausted, OPEN, "the disk is full");
            assert_eq!(super::check(&path, full).unwrap_err().kind(), Kind::Exhausted);
            fs::remove_file(beside(&path, suffix)).unwrap();
        }
    }
}
