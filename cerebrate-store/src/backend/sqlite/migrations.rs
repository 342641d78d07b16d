//! The schema, in numbered steps.

use std::path::{Path, PathBuf};

use cerebrate_core::clock::IdSource;
use cerebrate_core::error::{Error, Kind, Result};
use rusqlite::Connection;

use super::chain;
use super::erase;
use super::failure::failed;
use super::replicas;

/// Marks a file as ours: `CRBR`.
pub(super) const APPLICATION_ID: i32 = 0x4352_4252;

/// The steps, in order; step *n* takes a database from version *n* to *n* + 1.
pub(super) const STEPS: &[&str] = &[
    include_str!("migrations/0001.sql"),
    include_str!("migrations/0002.sql"),
    include_str!("migrations/0003.sql"),
    include_str!("migrations/0004.sql"),
    include_str!("migrations/0005.sql"),
    include_str!("migrations/0006.sql"),
];

/// What has to be done after a step, by the version that it led to, that SQL cannot do.
pub(super) fn after_step(
    connection: &Connection,
    version: usize,
    ids: &dyn IdSource,
) -> Result<()> {
    match version {
        2 => chain::begin(connection, ids),
        3 => replicas::fill(connection),
        5 => erase::name_erasures(connection),
        _ => Ok(()),
    }
}

const OPEN: &str = "open store";

/// How many copies from before an upgrade are kept.
const COPIES: usize = 100;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing in it yet.
    Empty,
    /// Ours, at this version.
    Ours(usize),
}

/// Looks at a file before anything is done to it.
///
/// # Errors
/// `Invalid` if it is not ours, `Unsupported` if a newer program wrote it.
pub(super) fn inspect(connection: &Connection, steps: &[&str]) -> Result<State> {
    // One statement, so that all three are of one moment: others may create the file just now.
    let (version, application, tables): (i64, i64, i64) = connection
        .query_row(
            "SELECT (SELECT user_version FROM pragma_user_version),
                    (SELECT application_id FROM pragma_application_id),
                    (SELECT count(*) FROM sqlite_schema)",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .map_err(failed(OPEN))?;
    if application == 0 && version == 0 && tables == 0 {
        return Ok(State::Empty);
    }
    if application != i64::from(APPLICATION_ID) {
        return Err(Error::new(Kind::Invalid, OPEN, "the file is not a database of cerebrate")
            .hint("choose another file with `--db`"));
    }
    match usize::try_from(version) {
        Ok(version) if version <= steps.len() => Ok(State::Ours(version)),
        _ => Err(Error::new(Kind::Unsupported, OPEN, "the database is from a newer cerebrate")
            .with("version", version)
            .with("understood", steps.len())
            .hint("update cerebrate, or restore a backup made before the update")),
    }
}

/// Brings an open database to the newest version, in one transaction. `after` is told the version
/// that each step led to.
pub(super) fn apply(
    connection: &Connection,
    from: usize,
    steps: &[&str],
    after: &dyn Fn(&Connection, usize) -> Result<()>,
) -> Result<()> {
    connection.execute_batch("BEGIN IMMEDIATE").map_err(failed(OPEN))?;
    let done = (|| {
        // Another process may have been first.
        let now = match inspect(connection, steps)? {
            State::Empty => 0,
            State::Ours(version) => version,
        };
        for (number, step) in steps.iter().enumerate().skip(now.max(from)) {
            connection.execute_batch(step).map_err(failed(OPEN))?;
            after(connection, number + 1)?;
            connection
                .execute_batch(&format!("PRAGMA user_version = {}", number + 1))
                .map_err(failed(OPEN))?;
        }
        connection
            .execute_batch(&format!("PRAGMA application_id = {APPLICATION_ID}; COMMIT"))
            .map_err(failed(OPEN))
    })();
    if done.is_err() {
        // The first error is the one to report.
        let _ = connection.execute_batch("ROLLBACK");
    }
    done
}

/// Copies the file beside itself before it is upgraded; where to.
pub(super) fn keep_copy(connection: &Connection, path: &Path, version: usize) -> Result<PathBuf> {
    let named = |suffix: &str| {
        let mut copy = path.as_os_str().to_owned();
        copy.push(format!(".before-v{}{suffix}", version + 1));
        PathBuf::from(copy)
    };
    // A copy of an earlier try may be older than the file: it is left alone.
    let copy = (1..COPIES)
        .map(|number| if number == 1 { named("") } else { named(&format!("-{number}")) })
        .find(|copy| !copy.exists())
        .ok_or_else(|| {
            Error::new(Kind::Conflict, OPEN, "there are too many copies from before the upgrade")
                .with("copy", named("").display())
                .hint("move them to another place")
        })?;
    super::copy_into(connection, &copy).inspect_err(|_| {
        // Half a copy is none; why there is none is what is told.
        let _ = std::fs::remove_file(&copy);
    })?;
    Ok(copy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(connection: &Connection, from: usize, steps: &[&str]) -> Result<()> {
        super::apply(connection, from, steps, &|_, _| Ok(()))
    }

    fn version(connection: &Connection) -> i64 {
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn steps_run_once_and_in_order() {
        let connection = Connection::open_in_memory().unwrap();
        let steps = ["CREATE TABLE a (x)", "ALTER TABLE a ADD COLUMN y"];
        apply(&connection, 0, &steps[..1]).unwrap();
        assert_eq!(version(&connection), 1);
        apply(&connection, 1, &steps).unwrap();
        assert_eq!(version(&connection), 2);
        connection.execute("INSERT INTO a (x, y) VALUES (1, 2)", []).unwrap();
        assert_eq!(inspect(&connection, &steps).unwrap(), State::Ours(2));
        assert_eq!(
            inspect(&connection, &steps[..1]).unwrap_err().kind(),
            Kind::Unsupported,
            "an older program refuses"
        );
    }

    #[test]
    fn a_step_that_fails_leaves_the_old_version() {
        let connection = Connection::open_in_memory().unwrap();
        apply(&connection, 0, &["CREATE TABLE a (x)"]).unwrap();
        let broken = ["CREATE TABLE a (x)", "CREATE TABLE b (y); CREATE TABLE a (x)"];
        assert!(apply(&connection, 1, &broken).is_err());
        assert_eq!(version(&connection), 1);
        let tables: i64 = connection
            .query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))
            .unwrap();
        assert_eq!(tables, 1);
    }

    #[test]
    fn what_follows_a_step_is_part_of_it() {
        let connection = Connection::open_in_memory().unwrap();
        let steps = ["CREATE TABLE a (x)", "ALTER TABLE a ADD COLUMN y"];
        let fails_at = |failing: usize| {
            move |connection: &Connection, version: usize| {
                let sql = format!("INSERT INTO a (x) VALUES ({version})");
                connection.execute_batch(&sql).map_err(failed(OPEN))?;
                if version == failing {
                    return Err(Error::new(Kind::Cancelled, OPEN, "changed its mind"));
                }
                Ok(())
            }
        };
        assert!(super::apply(&connection, 0, &steps, &fails_at(2)).is_err());
        assert_eq!(inspect(&connection, &steps).unwrap(), State::Empty);
        super::apply(&connection, 0, &steps, &fails_at(3)).unwrap();
        let seen: String =
            connection.query_row("SELECT group_concat(x) FROM a", [], |row| row.get(0)).unwrap();
        assert_eq!((seen.as_str(), version(&connection)), ("1,2", 2));
    }

    #[test]
    fn a_database_of_somebody_else_is_refused() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE theirs (x)").unwrap();
        assert_eq!(inspect(&connection, STEPS).unwrap_err().kind(), Kind::Invalid);
    }

    #[test]
    fn an_upgrade_keeps_a_copy_of_the_file_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("contacts.db");
        let steps = ["CREATE TABLE a (x)", "ALTER TABLE a ADD COLUMN y"];
        let connection = Connection::open(&path).unwrap();
        apply(&connection, 0, &steps[..1]).unwrap();
        connection.execute("INSERT INTO a (x) VALUES ('old')", []).unwrap();
        let copied = |name: &str| {
            let copy = Connection::open(folder.path().join(name)).unwrap();
            assert_eq!(inspect(&copy, &steps).unwrap(), State::Ours(1));
            copy.query_row("SELECT group_concat(x) FROM a", [], |row| row.get::<_, String>(0))
                .unwrap()
        };
        // A try that fails, more work with the old program, and a try that succeeds.
        keep_copy(&connection, &path, 1).unwrap();
        assert!(apply(&connection, 1, &[steps[0], "CREATE TABLE a (x)"]).is_err());
        connection.execute("INSERT INTO a (x) VALUES ('new')", []).unwrap();
        keep_copy(&connection, &path, 1).unwrap();
        apply(&connection, 1, &steps).unwrap();
        assert_eq!(version(&connection), 2);
        assert_eq!(copied("contacts.db.before-v2"), "old");
        assert_eq!(copied("contacts.db.before-v2-2"), "old,new");
    }
}
