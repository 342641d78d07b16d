//! Which database a command works on, and how it is opened.

use std::env;
use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};

use cerebrate_core::id::UserId;
use cerebrate_core::model::User;
use cerebrate_core::problem::excerpt;
use cerebrate_core::query::{Column, Filter};
use cerebrate_core::{Error, Kind, Result};
use cerebrate_store::backend::LocalId;
use cerebrate_store::{Store, StoreOptions};

use super::failure::of_file;
use super::key_file;

const OPEN: &str = "open store";
const FIND: &str = "find user";

/// Where the database is, and whether somebody said so.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    /// Named by `--db` or `CEREBRATE_DB`, not the default.
    pub(crate) named: bool,
    /// The user as whom it is seen, if one was named by `--as`.
    seen_as: Option<String>,
}

impl Place {
    pub(crate) fn new(named: Option<PathBuf>, seen_as: Option<String>) -> Self {
        let from_environment = || env::var_os("CEREBRATE_DB").filter(|value| !value.is_empty());
        match named.or_else(|| from_environment().map(PathBuf::from)) {
            Some(path) => Place { path, named: true, seen_as },
            None => Place { path: PathBuf::from("cerebrate.db"), named: false, seen_as },
        }
    }

    /// Opens the database for reading, as whoever `--as` names sees it.
    pub(crate) fn reading(&self) -> Result<Store> {
        self.reading_whole().and_then(|store| self.seen(store))
    }

    fn reading_whole(&self) -> Result<Store> {
        self.check()?;
        match self.open(|options| options.read_only(true).must_exist(true)) {
            // An older database is upgraded by whoever meets it first.
            Err(error) if error.kind() == Kind::Unsupported => self.writing_whole(),
            // A write-ahead log that was left behind is read by those who may write.
            Err(error) if error.kind() == Kind::Denied => {
                self.open(|options| options.must_exist(true)).map_err(|_| error)
            }
            opened => opened.map_err(|error| self.explained(error)),
        }
    }

    /// Opens the database for writing, with the rights of whoever `--as` names.
    pub(crate) fn writing(&self) -> Result<Store> {
        self.writing_whole().and_then(|store| self.seen(store))
    }

    fn seen(&self, store: Store) -> Result<Store> {
        match &self.seen_as {
            Some(text) => Ok(store.as_actor(&store.actor(user(&store, text)?)?)),
            None => Ok(store),
        }
    }

    fn writing_whole(&self) -> Result<Store> {
        self.check()?;
        self.open(|options| options.must_exist(true)).map_err(|error| self.explained(error))
    }

    /// Opens the database for writing, or creates it.
    pub(crate) fn creating(&self) -> Result<Store> {
        if self.seen_as.is_some() {
            return Err(Error::new(Kind::Denied, OPEN, "no user creates a database")
                .hint("leave out `--as`"));
        }
        if self.path.is_dir() {
            return Err(folder(&self.path));
        }
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            return Err(Error::new(Kind::NotFound, OPEN, "there is no such folder")
                .with("folder", folder.display()));
        }
        self.open(|options| options).map_err(|error| self.explained(error))
    }

    /// Where its node key is, or would be.
    pub(crate) fn key_path(&self) -> PathBuf {
        key_file::path_of(&self.path)
    }

    fn open(&self, with: impl Fn(StoreOptions) -> StoreOptions) -> Result<Store> {
        match with(self.options()?).open(&self.path) {
            Err(error) if error.kind() == Kind::Denied => match self.finish_rotation() {
                Ok(true) => with(self.options()?).open(&self.path),
                // Why it could not be opened says more.
                Ok(false) | Err(_) => Err(error),
            },
            opened => opened,
        }
    }

    /// Where a rotation was interrupted after the database had taken the new key, puts that in its
    /// place; whether there was one.
    fn finish_rotation(&self) -> Result<bool> {
        let path = self.key_path();
        let Some(present) = key_file::load(&path)? else { return Ok(false) };
        let without_key = Store::options().read_only(true).must_exist(true).open(&self.path)?;
        let Some(known) = without_key.node_key_id()? else { return Ok(false) };
        let next = key_file::load(&key_file::next_path(&path, known))?;
        if next.is_none_or(|next| next.id() != known) || present.id() == known {
            return Ok(false);
        }
        key_file::put_next(&path, present.id(), known).map(|_| true)
    }

    /// With the node key, if it is there.
    fn options(&self) -> Result<StoreOptions> {
        Ok(match key_file::load(&self.key_path())? {
            Some(key) => Store::options().key(key),
            None => Store::options(),
        })
    }

    /// An error of a file that cannot be opened, as a missing permission where that is why.
    fn explained(&self, error: Error) -> Error {
        if error.kind() != Kind::NotFound {
            return error;
        }
        let mut options = OpenOptions::new();
        let probed = if self.exists() {
            options.read(true).open(&self.path).map(drop)
        } else {
            let made = options.write(true).create_new(true).open(&self.path);
            made.and_then(|_| std::fs::remove_file(&self.path))
        };
        match probed {
            Err(why) => match why.kind() {
                io::ErrorKind::PermissionDenied => of_file(OPEN, &self.path, why)
                    .hint("check the permissions of the file and of its folder"),
                io::ErrorKind::ReadOnlyFilesystem => {
                    of_file(OPEN, &self.path, why).hint("name a file elsewhere with `--db`")
                }
                _ => error,
            },
            Ok(()) => error,
        }
    }

    /// Whether there is a file.
    pub(crate) fn exists(&self) -> bool {
        self.path.exists()
    }

    fn check(&self) -> Result<()> {
        if self.path.is_dir() {
            return Err(folder(&self.path));
        }
        if !self.exists() {
            return Err(Error::new(Kind::NotFound, OPEN, "there is no database")
                .with("file", self.path.display())
                .hint("`cerebrate init` creates one; `--db FILE` names another"));
        }
        Ok(())
    }
}

/// The user that a text names: a username, a UUID, `#` and a number of this node, or the e-mail
/// address of somebody who has one user.
pub(crate) fn user(store: &Store, text: &str) -> Result<UserId> {
    let wanted = text.trim();
    let named = if let Some(number) = wanted.strip_prefix('#') {
        match number.parse() {
            Ok(number) => store.users().by_local_id(LocalId(number))?.into_iter().collect(),
            Err(_) => Vec::new(),
        }
    } else if let Ok(id) = wanted.parse::<UserId>() {
        store.users().get(id)?.into_iter().collect()
    } else if let Some(user) = store.users().by_username(wanted)? {
        vec![user]
    } else {
        let by_name = store.users().find().name(wanted).all()?;
        if by_name.is_empty() { by_address(store, wanted)? } else { by_name }
    };
    match named.as_slice() {
        [user] => Ok(user.id),
        [] => Err(Error::new(Kind::NotFound, FIND, "there is no such user")
            .with("wanted", excerpt(text))
            .hint("`cerebrate user list` shows who there is")),
        [..] => Err(Error::new(Kind::Conflict, FIND, "several users are meant")
            .with("wanted", excerpt(text))
            .hint("give the username")),
    }
}

fn by_address(store: &Store, address: &str) -> Result<Vec<User>> {
    let mut users = Vec::new();
    for person in store.individuals().find().column(Column::Email, address).one_page(10)?.records {
        users.extend(store.users().find().filter(Filter::Individual(person.id)).all()?);
    }
    Ok(users)
}

fn folder(path: &Path) -> Error {
    Error::new(Kind::Invalid, OPEN, "the database is a file, this is a folder")
        .with("folder", path.display())
        .hint("name a file with `--db`")
}
