//! Files that a command line names; `-` is stdin.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

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

/// A file on its way: until it is whole, what was there stays as it is.
pub(crate) struct Draft {
    file: File,
    /// Where it is written and where it belongs; none for what is no file, such as a pipe.
    places: Option<(PathBuf, PathBuf)>,
}

impl Draft {
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        // A link stays a link.
        let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let there = fs::metadata(&target).ok();
        if there.as_ref().is_some_and(|there| !there.is_file()) {
            return Ok(Draft { file: File::create(path)?, places: None });
        }
        let mut draft = OsString::from(&target);
        draft.push(format!(".{}.part", std::process::id()));
        let draft = PathBuf::from(draft);
        remove_abandoned(&target);
        match File::create_new(&draft) {
            Ok(file) => {
                // Held as long as it is written; where files have no locks, it is never taken for
                // abandoned.
                let _ = file.try_lock();
                let draft = Draft { file, places: Some((draft, target)) };
                if let Some(there) = there {
                    draft.file.set_permissions(there.permissions())?;
                }
                Ok(draft)
            }
            // The file may be written, but nothing beside it.
            Err(error) if there.is_some() && error.kind() == io::ErrorKind::PermissionDenied => {
                Ok(Draft { file: File::create(path)?, places: None })
            }
            Err(error) => Err(error),
        }
    }

    /// Puts it where it belongs.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.file.flush()?;
        let Some((draft, target)) = self.places.take() else { return Ok(()) };
        fs::rename(&draft, target).inspect_err(|_| {
            let _ = fs::remove_file(&draft);
        })
    }
}

/// Removes drafts of `target` whose programs were ended before they were whole: nobody holds their
/// locks any more.
fn remove_abandoned(target: &Path) {
    let Some(name) = target.file_name().and_then(|name| name.to_str()) else { return };
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
    let Ok(entries) = fs::read_dir(folder.unwrap_or(Path::new("."))) else { return };
    let is_draft = |file: &str| {
        let number = file.strip_prefix(name).and_then(|rest| rest.strip_prefix('.'));
        number
            .and_then(|rest| rest.strip_suffix(".part"))
            .is_some_and(|number| number.parse::<u32>().is_ok())
    };
    for entry in entries.flatten() {
        if entry.file_name().to_str().is_some_and(is_draft)
            && entry.file_type().is_ok_and(|kind| kind.is_file())
            && File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok())
        {
            // What cannot be removed is in nobody's way.
            let _ = fs::remove_file(entry.path());
        }
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some((draft, _)) = &self.places {
            // Why it was given up is what is told.
            let _ = fs::remove_file(draft);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_that_is_given_up_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.json");
        let names = || fs::read_dir(folder.path()).unwrap().count();
        let write = |text: &str| {
            let mut draft = Draft::of(&path).unwrap();
            draft.write_all(text.as_bytes()).unwrap();
            draft
        };
        drop(write("half"));
        assert_eq!(names(), 0);
        write("one").finish().unwrap();
        drop(write("half"));
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), names()), ("one", 1));
        write("two").finish().unwrap();
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), names()), ("two", 1));
        assert!(Draft::of(folder.path()).is_err(), "a folder");
        assert!(Draft::of(&folder.path().join("none/out.json")).is_err());
    }

    #[test]
    fn drafts_that_nobody_writes_any_more_are_removed_by_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.json");
        let abandoned = folder.path().join("out.json.1.part");
        let others = ["out.json.x.part", "other.json.1.part"].map(|name| folder.path().join(name));
        for file in others.iter().chain([&abandoned]) {
            fs::write(file, "half").unwrap();
        }
        let held = folder.path().join("out.json.2.part");
        let writer = File::create_new(&held).unwrap();
        writer.try_lock().unwrap();
        Draft::of(&path).unwrap().finish().unwrap();
        assert!(path.exists() && !abandoned.exists());
        assert!(held.exists() && others.iter().all(|other| other.exists()));
        drop(writer);
        Draft::of(&path).unwrap().finish().unwrap();
        assert!(!held.exists());
    }

    #[cfg(unix)]
    #[test]
    fn links_permissions_and_devices_stay_what_they_are() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&path, &link).unwrap();
        let mut draft = Draft::of(&link).unwrap();
        draft.write_all(b"new").unwrap();
        draft.finish().unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        Draft::of(Path::new("/dev/null")).unwrap().finish().unwrap();
    }
}
