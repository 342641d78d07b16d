//! The embedded backend: one SQLite file in WAL mode, one writer, any number of readers.

mod accounts;
mod chain;
mod claims;
mod dictionary;
mod erase;
mod failure;
mod feed;
mod files;
mod frozen;
mod hanging;
mod inbox;
mod migrations;
mod overlaps;
mod replicas;
mod rows;
mod search;
mod secrets;
mod select;
mod session;
mod statistics;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use cerebrate_core::clock::IdSource;
use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::node_key::AuthKeyDigest;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use self::dictionary::Dictionary;
use self::failure::failed;
use self::migrations::{STEPS, State};
use self::session::{Held, Session};
use super::{AuthKeyAnswer, Backend, Read, Write};

const OPEN: &str = "open store";

/// How many idle reading connections are kept.
const IDLE_READERS: usize = 4;

/// How the file is opened.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Refuse to write, and do not create or upgrade.
    pub(crate) read_only: bool,
    /// Refuse to create.
    pub(crate) must_exist: bool,
    /// How long to wait for another program.
    pub(crate) busy_timeout: Duration,
    /// Memory for pages of a writing connection, in KiB.
    pub(crate) cache_kib: u32,
}

/// Records in a SQLite database.
pub struct SqliteBackend {
    place: Place,
    settings: Settings,
    writer: Mutex<Option<Connection>>,
    /// The thread that has a transaction open.
    writing: Mutex<Option<ThreadId>>,
    readers: Mutex<Vec<Connection>>,
    /// Whether a connection could only be had without locks; see [`frozen`].
    frozen: AtomicBool,
    dictionary: Dictionary,
}

#[derive(Debug, Clone)]
enum Place {
    File(PathBuf),
    /// A database in memory that the connections of this process share by name.
    Memory(String),
}

impl SqliteBackend {
    /// `ids` names the node of a new store, and salts what an older one keeps.
    pub(crate) fn open(path: &Path, settings: Settings, ids: &dyn IdSource) -> Result<Self> {
        Self::at(Place::File(path.to_owned()), settings, ids)
            .map_err(|error| error.with("file", path.display()))
    }

    pub(crate) fn in_memory(settings: Settings, ids: &dyn IdSource) -> Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("/cerebrate-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        Self::at(Place::Memory(name), settings, ids)
    }

    fn at(place: Place, settings: Settings, ids: &dyn IdSource) -> Result<Self> {
        let after =
            |connection: &Connection, version| migrations::after_step(connection, version, ids);
        let (writer, is_frozen) = if settings.read_only {
            connect_reader(&place, &settings)?
        } else {
            (connect(&place, &settings, Access::Writing)?, false)
        };
        match migrations::inspect(&writer, STEPS)? {
            State::Empty if settings.read_only => return Err(empty()),
            State::Empty => migrations::apply(&writer, 0, STEPS, &after)?,
            State::Ours(version) if version < STEPS.len() => {
                if settings.read_only {
                    return Err(Error::new(
                        Kind::Unsupported,
                        OPEN,
                        "the database is from an older cerebrate",
                    )
                    .hint("open it once for writing to upgrade it"));
                }
                let copy = match &place {
                    Place::File(path) => Some(migrations::keep_copy(&writer, path, version)?),
                    Place::Memory(_) => None,
                };
                migrations::apply(&writer, version, STEPS, &after).inspect_err(|_| {
                    // The file is as it was: the copy would be one more of the same.
                    let _ = copy.map(std::fs::remove_file);
                })?;
            }
            State::Ours(_) => {}
        }
        Ok(SqliteBackend {
            place,
            settings,
            writer: Mutex::new(Some(writer)),
            writing: Mutex::new(None),
            readers: Mutex::new(Vec::new()),
            frozen: AtomicBool::new(is_frozen),
            dictionary: Dictionary::default(),
        })
    }

    fn reader(&self) -> Result<Connection> {
        if let Some(connection) = self.idle().pop() {
            return Ok(connection);
        }
        let (connection, is_frozen) = connect_reader(&self.place, &self.settings)?;
        if is_frozen {
            self.frozen.store(true, Ordering::Relaxed);
        }
        Ok(connection)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give_back(&self, connection: Connection) {
        // A connection without locks never sees what is written later; a new one does.
        if self.frozen.load(Ordering::Relaxed) {
            return;
        }
        let mut idle = self.idle();
        if idle.len() < IDLE_READERS {
            idle.push(connection);
        }
    }

    /// Waits for the writing connection.
    ///
    /// # Errors
    /// `Invalid` if this very thread has it already: it would wait for itself.
    fn writer(&self, operation: &'static str) -> Result<MutexGuard<'_, Option<Connection>>> {
        let writing = *self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if writing == Some(thread::current().id()) {
            return Err(Error::new(
                Kind::Invalid,
                operation,
                "a transaction is open in this thread already",
            )
            .hint("write through the transaction, or after it"));
        }
        Ok(self.writer.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note_writer(&self, thread: Option<ThreadId>) {
        *self.writing.lock().unwrap_or_else(PoisonError::into_inner) = thread;
    }

    fn with_reader<T>(&self, ask: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let connection = self.reader()?;
        let answer = ask(&connection);
        self.give_back(connection);
        answer
    }
}

impl fmt::Debug for SqliteBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteBackend").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Backend for SqliteBackend {
    fn read(&self) -> Result<Box<dyn Read + '_>> {
        let held = Held::Reader(Some(self.reader()?));
        Ok(Box::new(Session::begin(self, held, "BEGIN")?))
    }

    fn write(&self) -> Result<Box<dyn Write + '_>> {
        if self.settings.read_only {
            return Err(Error::new(Kind::Denied, "write", "the store was opened for reading only"));
        }
        let mut writer = self.writer("write")?;
        if writer.is_none() {
            *writer = Some(connect(&self.place, &self.settings, Access::Writing)?);
        }
        self.note_writer(Some(thread::current().id()));
        Ok(Box::new(Session::begin(self, Held::Writer(writer), "BEGIN IMMEDIATE")?))
    }

    fn head(&self) -> Result<u64> {
        self.with_reader(feed::newest)
    }

    fn auth_key(&self, digest: &AuthKeyDigest) -> Result<AuthKeyAnswer> {
        self.with_reader(|connection| accounts::by_digest(connection, digest))
    }

    fn backup(&self, to: &Path) -> Result<()> {
        let taken = || {
            Error::new(Kind::Conflict, "back up", "the file exists already")
                .with("file", to.display())
                .hint("name another file; a backup overwrites nothing")
        };
        if to.exists() {
            return Err(taken());
        }
        if to.parent().is_some_and(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) {
            return Err(Error::new(
                Kind::NotFound,
                "back up",
                "the folder of the copy is not there",
            )
            .with("file", to.display())
            .hint("make the folder first, or name another file"));
        }
        // Under its name there is a whole copy or none, even if this is killed.
        let mut part = to.as_os_str().to_owned();
        part.push(format!(".{}.part", std::process::id()));
        let part = PathBuf::from(part);
        files::remove_parts(to);
        // The connections of readers refuse to write, even elsewhere.
        connect_reader(&self.place, &self.settings)
            .and_then(|(connection, _)| match self.place {
                Place::File(_) => {
                    connection
                        .execute_batch("PRAGMA query_only = OFF")
                        .map_err(failed("back up"))?;
                    copy_into(&connection, &part)
                }
                Place::Memory(_) => copy_pages(&connection, &part),
            })
            .and_then(|()| {
                if to.exists() {
                    return Err(taken());
                }
                std::fs::rename(&part, to).map_err(|source| {
                    Error::new(Kind::Unavailable, "back up", "the copy cannot be put in its place")
                        .caused_by(source)
                })
            })
            .inspect_err(|_| {
                // Half a copy is none; why there is none is what is told.
                let _ = std::fs::remove_file(&part);
            })
            .map_err(|error| error.with("file", to.display()))
    }

    fn tidy(&self) -> Result<()> {
        let writer = self.writer("tidy up")?;
        match writer.as_ref() {
            Some(connection) if !self.settings.read_only => connection
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
                .map_err(failed("tidy up")),
            _ => Ok(()),
        }
    }

    fn scrub(&self) -> Result<bool> {
        if self.settings.read_only {
            return Err(Error::new(
                Kind::Denied,
                "clear the file",
                "the store was opened for reading only",
            ));
        }
        let mut writer = self.writer("clear the file")?;
        if writer.is_none() {
            *writer = Some(connect(&self.place, &self.settings, Access::Writing)?);
        }
        match (writer.as_ref(), &self.place) {
            (Some(connection), Place::File(_)) => erase::scrub(connection),
            (Some(connection), Place::Memory(_)) => search::compact(connection).map(|()| true),
            (None, _) => Ok(true),
        }
    }

    fn is_read_only(&self) -> bool {
        self.settings.read_only
    }
}

/// Writes a consistent copy of an open database to a new file.
fn copy_into(connection: &Connection, to: &Path) -> Result<()> {
    let target = to.to_str().ok_or_else(|| {
        Error::new(Kind::Invalid, "back up", "the path is not text").with("file", to.display())
    })?;
    // Where it cannot be made, SQLite says why.
    let _ = files::create_private(to);
    connection.execute("VACUUM INTO ?1", [target]).map(|_| ()).map_err(failed("back up"))
}

/// The same from memory, where `VACUUM INTO` would stay.
fn copy_pages(connection: &Connection, to: &Path) -> Result<()> {
    // Where it cannot be made, SQLite says why.
    let _ = files::create_private(to);
    let copied = || -> rusqlite::Result<()> {
        let mut target = Connection::open(to)?;
        rusqlite::backup::Backup::new(connection, &mut target)?.run_to_completion(
            1_000,
            Duration::from_millis(5),
            None,
        )
    };
    copied().map_err(failed("back up"))
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Writing,
    Reading,
    /// Reading a file that nobody changes, without locks.
    Frozen,
}

/// A connection for reading, and whether it had to be one without locks.
fn connect_reader(place: &Place, settings: &Settings) -> Result<(Connection, bool)> {
    match (connect(place, settings, Access::Reading), place) {
        (Err(error), Place::File(path)) if settings.read_only && frozen::may_be_why(&error) => {
            frozen::check(path, error)?;
            Ok((connect(place, settings, Access::Frozen)?, true))
        }
        (connection, _) => Ok((connection?, false)),
    }
}

fn connect(place: &Place, settings: &Settings, access: Access) -> Result<Connection> {
    match (try_connect(place, settings, access), place) {
        (Err(error), Place::File(path)) => Err(failure::of_file(OPEN, path, error)),
        (connection, _) => connection,
    }
}

fn try_connect(place: &Place, settings: &Settings, access: Access) -> Result<Connection> {
    let mut flags = OpenFlags::SQLITE_OPEN_NO_MUTEX;
    flags |= if settings.read_only {
        OpenFlags::SQLITE_OPEN_READ_ONLY
    } else {
        OpenFlags::SQLITE_OPEN_READ_WRITE
    };
    let connection = match place {
        Place::File(path) if access == Access::Frozen => {
            Connection::open_with_flags(frozen::uri(path), flags | OpenFlags::SQLITE_OPEN_URI)
        }
        Place::File(path) => {
            if access == Access::Writing && !settings.must_exist {
                // Where it cannot be made, SQLite says why.
                let _ = files::create_private(path);
                flags |= OpenFlags::SQLITE_OPEN_CREATE;
            }
            Connection::open_with_flags(path, flags)
        }
        Place::Memory(name) => Connection::open_with_flags_and_vfs(
            name,
            OpenFlags::SQLITE_OPEN_NO_MUTEX
                | OpenFlags::SQLITE_OPEN_READ_WRITE
                | OpenFlags::SQLITE_OPEN_CREATE,
            "memdb",
        ),
    }
    .map_err(failed(OPEN))?;
    connection.busy_timeout(settings.busy_timeout).map_err(failed(OPEN))?;
    connection.set_prepared_statement_cache_capacity(256);
    // A plan is made once per statement, not again for each value that is bound.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(failed(OPEN))?;
    // Foreign text never becomes SQL; a damaged schema must not run anything either.
    connection
        .execute_batch("PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY")
        .map_err(failed(OPEN))?;
    if access == Access::Writing {
        set_up_writer(&connection, place, settings)?;
    } else {
        connection
            .execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -24576")
            .map_err(failed(OPEN))?;
    }
    search::register(&connection)?;
    select::register(&connection)?;
    hanging::register(&connection)?;
    Ok(connection)
}

/// Switches to the write-ahead log. SQLite does not wait for others there, so we do.
fn write_ahead(connection: &Connection, timeout: Duration) -> Result<String> {
    let begun = Instant::now();
    loop {
        let mode = connection
            .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
            .map_err(failed(OPEN));
        match mode {
            Err(error) if error.is_temporary() && begun.elapsed() < timeout => {
                thread::sleep(Duration::from_millis(2));
            }
            mode => return mode,
        }
    }
}

fn empty() -> Error {
    Error::new(Kind::NotFound, OPEN, "the database is empty")
        .hint("`cerebrate init` creates a database")
}

fn set_up_writer(connection: &Connection, place: &Place, settings: &Settings) -> Result<()> {
    // A foreign file is refused before anything is written to it.
    let state = migrations::inspect(connection, STEPS)?;
    if state == State::Empty && settings.must_exist {
        return Err(empty());
    }
    if matches!(place, Place::File(_)) {
        if state == State::Empty {
            connection.execute_batch("PRAGMA page_size = 4096").map_err(failed(OPEN))?;
        }
        let mode = write_ahead(connection, settings.busy_timeout)?;
        if mode != "wal" {
            return Err(Error::new(
                Kind::Unsupported,
                OPEN,
                "the file system has no write-ahead log",
            )
            .with("mode", mode)
            .hint("keep the database on a local disk"));
        }
    }
    connection
        .execute_batch(&format!(
            "PRAGMA synchronous = FULL;
             PRAGMA journal_size_limit = 67108864;
             PRAGMA cache_size = -{}",
            settings.cache_kib
        ))
        .map_err(failed(OPEN))
}
