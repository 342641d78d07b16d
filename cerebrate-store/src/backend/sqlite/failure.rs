//! What SQLite's errors mean to the caller.

use std::fs::File;
use std::io;
use std::path::Path;

use cerebrate_core::error::{Error, Kind};
use rusqlite::ErrorCode;

/// Turns an error of SQLite met during `operation` into ours.
pub(super) fn failed(operation: &'static str) -> impl Fn(rusqlite::Error) -> Error {
    move |source| translate(operation, source)
}

/// A stored value that the schema does not allow.
pub(super) fn corrupt(operation: &'static str, what: &'static str) -> Error {
    Error::new(Kind::Corrupt, operation, what)
        .hint("`PRAGMA integrity_check` in the sqlite3 shell tells more; restore a backup")
}

/// An error met while a file was opened. SQLite says the same of a file that is not there and of
/// one beside which it may not make another.
pub(super) fn of_file(operation: &'static str, path: &Path, error: Error) -> Error {
    let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref());
    let code = source.and_then(rusqlite::Error::sqlite_error_code);
    if code != Some(ErrorCode::CannotOpen) || !path.is_file() {
        return error;
    }
    match File::open(path) {
        Ok(_) => denied(operation).caused_by(error),
        Err(why) if why.kind() == io::ErrorKind::PermissionDenied => {
            Error::new(Kind::Denied, operation, "the permission to read the database is missing")
                .hint("check the permissions of the file and of its folder")
                .caused_by(why)
        }
        Err(_) => error,
    }
}

fn denied(operation: &'static str) -> Error {
    Error::new(Kind::Denied, operation, "the database is read-only")
        .hint("check the permissions of the file and of its folder")
}

fn translate(operation: &'static str, source: rusqlite::Error) -> Error {
    let Some(code) = source.sqlite_error_code() else {
        return Error::new(Kind::Corrupt, operation, "a stored value is not what it should be")
            .caused_by(source);
    };
    let error = match code {
        ErrorCode::DatabaseBusy
        | ErrorCode::DatabaseLocked
        | ErrorCode::FileLockingProtocolFailed => {
            Error::new(Kind::Unavailable, operation, "the database is locked by another program")
                .hint("try again when the other program is done")
        }
        ErrorCode::ReadOnly
        | ErrorCode::PermissionDenied
        | ErrorCode::AuthorizationForStatementDenied => denied(operation),
        ErrorCode::DiskFull => {
            Error::new(Kind::Exhausted, operation, "the disk is full").hint("free some space")
        }
        ErrorCode::OutOfMemory => Error::new(Kind::Exhausted, operation, "the memory is used up"),
        ErrorCode::TooBig => Error::new(Kind::Exhausted, operation, "a value is too large"),
        ErrorCode::NotADatabase => {
            Error::new(Kind::Invalid, operation, "the file is not a database of cerebrate")
                .hint("choose another file with `--db`")
        }
        ErrorCode::DatabaseCorrupt => {
            Error::new(Kind::Corrupt, operation, "the database is damaged").hint("restore a backup")
        }
        ErrorCode::CannotOpen => {
            Error::new(Kind::NotFound, operation, "the database cannot be opened")
                .hint("check the path; `cerebrate init` creates a database")
        }
        ErrorCode::SystemIoFailure => {
            Error::new(Kind::Exhausted, operation, "the disk failed or is full")
                .hint("free some space, or check the disk")
        }
        ErrorCode::ConstraintViolation => {
            Error::new(Kind::Conflict, operation, "another record already has this identity")
        }
        ErrorCode::OperationInterrupted => {
            Error::new(Kind::Cancelled, operation, "the operation was interrupted")
        }
        _ => Error::new(Kind::Corrupt, operation, "the database did not answer as expected"),
    };
    error.caused_by(source)
}
