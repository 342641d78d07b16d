//! The file of the node key: read if it is there, made once, and replaced only by rotation, which
//! keeps the old one.

use std::env;
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use cerebrate_core::node_key::{NodeKey, NodeKeyId};
use cerebrate_core::{Error, Kind, Result};

use super::failure::of_file;

const READ: &str = "read node key";
const MAKE: &str = "make node key";

/// More than any key file has.
const LARGEST: u64 = 4_096;

/// Where the node key of a database is: `CEREBRATE_KEY_FILE`, or beside it.
pub(crate) fn path_of(database: &Path) -> PathBuf {
    match env::var_os("CEREBRATE_KEY_FILE").filter(|value| !value.is_empty()) {
        Some(path) => path.into(),
        None => with_suffix(database, ".key"),
    }
}

/// The key in a file; `None` if there is no such file, or if it is not for us to read: those who
/// may use a database need not hold its key.
pub(crate) fn load(path: &Path) -> Result<Option<NodeKey>> {
    let failed = |error| of_file(READ, path, error);
    let Some(file) = for_us(fs::File::open(path)).map_err(failed)? else { return Ok(None) };
    if file.metadata().map_err(failed)?.is_dir() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    // As a key at once, so that no copy of its text is left.
    let mut text = zeroize::Zeroizing::new(String::with_capacity(128));
    file.take(LARGEST).read_to_string(&mut text).map_err(failed)?;
    NodeKey::from_text(&text).map(Some).map_err(|error| error.with("file", path.display()))
}

fn for_us(opened: io::Result<fs::File>) -> io::Result<Option<fs::File>> {
    match opened {
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied
            ) =>
        {
            Ok(None)
        }
        opened => opened.map(Some),
    }
}

/// Whether others than its owner can read a file.
pub(crate) fn is_exposed(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

/// A key that nobody has.
pub(crate) fn make() -> Result<NodeKey> {
    let mut bytes = zeroize::Zeroizing::new([0; 32]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|source| {
        Error::new(Kind::Unavailable, MAKE, "the system has no random source").caused_by(source)
    })?;
    Ok(NodeKey::new(*bytes))
}

/// Where the key `id` waits to take the place of the one in `path`.
pub(crate) fn next_path(path: &Path, id: NodeKeyId) -> PathBuf {
    with_suffix(path, &format!(".{id}.new"))
}

/// Keeps the key that is to be the next one beside the present one; where.
pub(crate) fn keep_next(path: &Path, key: &NodeKey) -> Result<PathBuf> {
    let next = next_path(path, key.id());
    write_new(&next, key.to_text().expose())
        .and_then(|()| sync_folder(&next))
        .map_err(|error| of_file(MAKE, &next, error))?;
    Ok(next)
}

/// Puts the key that waits in place of the present one, which is kept; where. Done again after it was
/// interrupted, it ends the same.
pub(crate) fn put_next(path: &Path, before: NodeKeyId, after: NodeKeyId) -> Result<PathBuf> {
    let retired = with_suffix(path, &format!(".{before}.old"));
    let switch = || -> io::Result<()> {
        // The file itself where its name is a link to it.
        let place = path.canonicalize()?;
        if !retired.exists() {
            // A file system without links has copies.
            fs::hard_link(&place, &retired).or_else(|_| fs::copy(&place, &retired).map(drop))?;
        }
        fs::rename(next_path(path, after), &place)?;
        sync_folder(&place)
    };
    switch().map_err(|error| of_file(MAKE, path, error))?;
    Ok(retired)
}

/// Removes keys that wait for rotations which were interrupted before the database took them.
pub(crate) fn clear_waiting(path: &Path) {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let prefix = format!("{}.", name.to_string_lossy());
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let id = name.strip_prefix(&prefix).and_then(|rest| rest.strip_suffix(".new"));
        if id.is_some_and(|id| id.parse::<NodeKeyId>().is_ok()) {
            // One that stays costs nothing.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Makes a key in a new file that only its owner may read. Under its name there is a whole key or
/// none.
///
/// # Errors
/// `Conflict` if there is a file already.
pub(crate) fn create(path: &Path) -> Result<NodeKey> {
    let failed = |error| of_file(MAKE, path, error);
    let key = make()?;
    let draft = with_suffix(path, &format!(".{}.part", std::process::id()));
    let made = write_new(&draft, key.to_text().expose()).and_then(|()| put_in_place(&draft, path));
    // Linked or not, the draft has served.
    let _ = fs::remove_file(&draft);
    made.map_err(failed)?;
    Ok(key)
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Gives a file its name, unless another has it.
fn put_in_place(draft: &Path, path: &Path) -> io::Result<()> {
    // A link never replaces anything; a file system that has none leaves a look beforehand.
    match fs::hard_link(draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
        Err(_) if path.symlink_metadata().is_ok() => {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        Err(_) => fs::rename(draft, path)?,
        Ok(()) => {}
    }
    sync_folder(path)
}

/// The name of a file is on the disk too.
fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.db.key");
        assert!(load(&path).unwrap().is_none());
        let made = create(&path).unwrap();
        assert_eq!(load(&path).unwrap().unwrap().id(), made.id());
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(create(&path).unwrap_err().kind(), Kind::Conflict);
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
        assert_ne!(create(&folder.path().join("other")).unwrap().id(), made.id());
        assert!(create(&folder.path().join("none/key")).is_err());
    }

    #[test]
    fn what_is_no_key_is_told_without_repeating_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        for text in [String::new(), "5e".repeat(31), "z".repeat(64), "5e".repeat(4_000)] {
            fs::write(&path, &text).unwrap();
            let error = load(&path).unwrap_err();
            assert_eq!(error.kind(), Kind::Invalid);
            assert!(!error.to_string().contains("5e5e") && error.advice().is_some(), "{error}");
        }
        fs::write(&path, [0xff; 64]).unwrap();
        assert_eq!(load(&path).unwrap_err().kind(), Kind::Invalid);
        assert_eq!(load(folder.path()).unwrap_err().kind(), Kind::Invalid);
    }

    #[test]
    fn a_key_that_is_not_there_or_not_for_us_is_none() {
        for kind in [io::ErrorKind::NotFound, io::ErrorKind::PermissionDenied] {
            assert!(for_us(Err(kind.into())).unwrap().is_none());
        }
        assert!(for_us(Err(io::ErrorKind::InvalidInput.into())).is_err());
    }

    #[test]
    fn the_next_key_takes_the_place_of_the_old_one_which_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let old = create(&path).unwrap();
        let new = make().unwrap();
        let next = keep_next(&path, &new).unwrap();
        assert_eq!(load(&path).unwrap().unwrap().id(), old.id(), "nothing has changed yet");
        assert_eq!(keep_next(&path, &new).unwrap_err().kind(), Kind::Conflict);
        let retired = put_next(&path, old.id(), new.id()).unwrap();
        assert_eq!(load(&path).unwrap().unwrap().id(), new.id());
        assert_eq!(load(&retired).unwrap().unwrap().id(), old.id());
        assert!(!next.exists());

        // Interrupted after the old one was kept.
        let third = make().unwrap();
        keep_next(&path, &third).unwrap();
        fs::hard_link(&path, with_suffix(&path, &format!(".{}.old", new.id()))).unwrap();
        put_next(&path, new.id(), third.id()).unwrap();
        assert_eq!(load(&path).unwrap().unwrap().id(), third.id());
        assert!(put_next(&path, third.id(), old.id()).is_err(), "there is none that waits");
        assert_eq!(load(&path).unwrap().unwrap().id(), third.id());
    }

    #[cfg(unix)]
    #[test]
    fn a_name_that_is_a_link_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let (real, path) = (folder.path().join("real"), folder.path().join("key"));
        let old = create(&real).unwrap();
        std::os::unix::fs::symlink(&real, &path).unwrap();
        let new = make().unwrap();
        keep_next(&path, &new).unwrap();
        put_next(&path, old.id(), new.id()).unwrap();
        assert!(path.is_symlink());
        assert_eq!(load(&real).unwrap().unwrap().id(), new.id());
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_reads_a_key() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        create(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!is_exposed(&path));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(is_exposed(&path));
    }
}
