//! Files that a database is written to: for their owner only, and nothing is left of half a copy.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;

/// Makes an empty file that only its owner reads and writes, where files have such permissions: it
/// will hold what is known of people. A file that is there stays as it is. What SQLite puts beside
/// a database takes its permissions from it.
pub(super) fn create_private(path: &Path) -> io::Result<()> {
    if matches!(path.to_str(), Some("" | ":memory:")) {
        return Ok(());
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Removes halves of copies to `target` that were ended before they were whole. Of two copies to
/// one file at once only one can be made, so nobody loses what they would have got.
pub(super) fn remove_parts(target: &Path) {
    let Some(name) = target.file_name().and_then(|name| name.to_str()) else { return };
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
    let Ok(entries) = fs::read_dir(folder.unwrap_or(Path::new("."))) else { return };
    let is_part = |file: &str| {
        let number = file.strip_prefix(name).and_then(|rest| rest.strip_prefix('.'));
        number
            .and_then(|rest| rest.strip_suffix(".part"))
            .is_some_and(|number| number.parse::<u32>().is_ok())
    };
    for entry in entries.flatten() {
        if entry.file_name().to_str().is_some_and(is_part)
            && entry.file_type().is_ok_and(|kind| kind.is_file())
        {
            // What cannot be removed is in nobody's way.
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_halves_of_copies_to_this_file_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let stays = ["b.db", "b.db.x.part", "b.db..part", "other.db.7.part", "b.db.7.part2"];
        for name in stays.iter().chain(&["b.db.7.part", "b.db.4294967295.part"]) {
            fs::write(folder.path().join(name), "").unwrap();
        }
        fs::create_dir(folder.path().join("b.db.8.part")).unwrap();
        remove_parts(&folder.path().join("b.db"));
        let mut left: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort_unstable();
        let mut stays: Vec<_> = stays.iter().chain(&["b.db.8.part"]).collect();
        stays.sort_unstable();
        assert!(left.iter().eq(stays), "{left:?}");
        remove_parts(&folder.path().join("none/b.db"));
        remove_parts(Path::new("/"));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_is_there_keeps_its_permissions() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        create_private(&path).unwrap();
        assert_eq!(mode(), 0o600);
        fs::write(&path, "x").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        create_private(&path).unwrap();
        assert_eq!((mode(), fs::read_to_string(&path).unwrap().as_str()), (0o640, "x"));
        assert!(create_private(&folder.path().join("none/a.db")).is_err());
    }
}
