//! Files that are not what they should be: a typed error each, never a panic, never a change to
//! what is not ours.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::model::{EntityKind, Individual, Organisation};
use cerebrate_core::query::OrderBy;
use cerebrate_store::Store;
use cerebrate_store::feed::Cursor;
use cerebrate_testkit::any::{AnyRecords, snapshot};
use cerebrate_testkit::builders::{extra, organisation, organisation_group, template};
use cerebrate_testkit::check;
use cerebrate_testkit::conformance::factor;
use cerebrate_testkit::world::{Dice, community, options, with_templates};
use tempfile::TempDir;

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("contacts.db");
    (folder, file)
}

/// A sound file with records of every kind in it, closed.
fn sound() -> (TempDir, PathBuf) {
    let (folder, file) = folder();
    let store = with_templates(options().open(&file).unwrap());
    community(11, 40, 30).store_in(&store).unwrap();
    store.meta_templates().insert(template(1).build()).unwrap();
    let team = organisation(900, "Extra").value(extra(1, "network", "10.0.0.1/8")).tag("x").build();
    store.organisations().upsert(team).unwrap();
    store.organisation_groups().insert(organisation_group(1, "G").organisation(3).build()).unwrap();
    store.tidy().unwrap();
    (folder, file)
}

fn refused(path: &Path) -> Error {
    let before = fs::read(path).unwrap();
    let error = Store::open(path).unwrap_err();
    assert_eq!(fs::read(path).unwrap(), before, "a refused file stays as it is");
    assert!(error.context().any(|(key, _)| key == "file"), "{error}");
    error
}

#[test]
fn what_is_no_database_is_refused_and_left_alone() {
    let (_folder, file) = folder();
    let mut noise = vec![0; 20_000];
    let mut dice = Dice::new(5);
    noise.fill_with(|| u8::try_from(dice.below(256)).unwrap());
    let mut header_only = b"SQLite format 3\0".to_vec();
    header_only.resize(100, 0xff);
    let csv = b"name,nationality\nCIRCL,LU\n".repeat(50);
    for content in [csv, noise, header_only, b"xy".to_vec(), vec![0; 8_192]] {
        fs::write(&file, &content).unwrap();
        let error = refused(&file);
        assert!(matches!(error.kind(), Kind::Invalid | Kind::Corrupt), "{error:?}");
    }
}

#[test]
fn an_empty_file_becomes_a_database_only_for_who_may_create() {
    let (_folder, file) = folder();
    fs::write(&file, "").unwrap();
    for options in [Store::options().read_only(true), Store::options().must_exist(true)] {
        assert_eq!(options.open(&file).unwrap_err().kind(), Kind::NotFound);
        assert_eq!(fs::read(&file).unwrap(), b"");
    }
    drop(Store::open(&file).unwrap());
    assert_eq!(check::file(&file), Vec::<String>::new());
}

#[test]
fn what_is_not_there_is_not_made_by_reading() {
    let (folder, file) = folder();
    for options in [Store::options().read_only(true), Store::options().must_exist(true)] {
        assert_eq!(options.open(&file).unwrap_err().kind(), Kind::NotFound);
        assert!(!file.exists());
    }
    let nowhere = folder.path().join("no folder").join("contacts.db");
    assert_eq!(Store::open(nowhere).unwrap_err().kind(), Kind::NotFound);
    assert_eq!(Store::open(folder.path()).unwrap_err().kind(), Kind::NotFound, "a folder");
}

fn with_pragma(file: &Path, pragma: &str) {
    let connection = rusqlite::Connection::open(file).unwrap();
    connection.execute_batch(pragma).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
}

#[test]
fn databases_of_others_and_of_the_future_are_refused() {
    let (_folder, file) = sound();
    with_pragma(&file, "PRAGMA user_version = 9999");
    let error = refused(&file);
    assert_eq!(error.kind(), Kind::Unsupported);
    assert!(error.advice().is_some());
    with_pragma(&file, "PRAGMA user_version = -1");
    assert_eq!(refused(&file).kind(), Kind::Unsupported);
    with_pragma(&file, "PRAGMA user_version = 1; PRAGMA application_id = 77");
    assert_eq!(refused(&file).kind(), Kind::Invalid);
    let (_folder, file) = folder();
    let theirs = rusqlite::Connection::open(&file).unwrap();
    theirs.execute_batch("CREATE TABLE organisation (id, uuid, name)").unwrap();
    drop(theirs);
    assert_eq!(refused(&file).kind(), Kind::Invalid);
}

#[test]
fn a_store_for_reading_answers_and_refuses_every_write() {
    let (folder, file) = sound();
    let store = Store::options().read_only(true).open(&file).unwrap();
    assert!(store.is_read_only());
    assert!(store.organisations().find().count().unwrap() > 30);
    assert!(!store.search::<Organisation>("cert", 5).unwrap().is_empty());
    let (cursor, set) = (store.cursor().unwrap(), store.change_sets(1).unwrap()[0].id);
    let denied = [
        store.organisations().insert(organisation(1_000, "New").build()).map(|_| ()),
        store.organisations().remove(organisation(1, "x").build().id).map(|_| ()),
        store.undo(set).map(|_| ()),
        store.transaction(|_| Ok(())),
    ];
    for answer in denied {
        assert_eq!(answer.unwrap_err().kind(), Kind::Denied);
    }
    store.tidy().unwrap();
    assert_eq!(store.cursor().unwrap(), cursor);
    let copy = folder.path().join("copy.db");
    store.backup(&copy).unwrap();
    assert_eq!(check::file(&copy), Vec::<String>::new());
    let nowhere = folder.path().join("no folder").join("copy.db");
    assert_eq!(store.backup(nowhere).unwrap_err().kind(), Kind::NotFound);
}

/// Everything that reads, and that nothing is written.
#[cfg(unix)]
fn only_reads(file: &Path) {
    let bytes = fs::read(file).unwrap();
    let store = Store::options().read_only(true).open(file).unwrap();
    assert!(store.organisations().find().count().unwrap() > 30);
    assert!(!store.search::<Organisation>("cert", 5).unwrap().is_empty());
    assert!(!store.changes_at_most(Cursor::START, 10).unwrap().changes.is_empty());
    assert!(store.responsible_for("LU".parse().unwrap()).is_ok());
    let answer = store.organisations().insert(organisation(1_000, "New").build());
    assert_eq!(answer.unwrap_err().kind(), Kind::Denied);
    store.tidy().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("copy.db");
    store.backup(&copy).unwrap();
    assert_eq!(check::file(&copy), Vec::<String>::new());
    drop(store);
    assert_eq!(fs::read(file).unwrap(), bytes);
}

#[cfg(unix)]
#[test]
fn a_file_is_read_where_no_file_can_be_made_beside_it() {
    let (folder, file) = sound();
    // Its name is taken by a link that leads nowhere.
    let taken = folder.path().join("contacts.db-shm");
    std::os::unix::fs::symlink(folder.path().join("no folder/file"), &taken).unwrap();
    only_reads(&file);
    let error = Store::open(&file).unwrap_err();
    assert_eq!(error.kind(), Kind::Denied, "{error:?}");
    // What waits in a log is not passed over.
    fs::write(folder.path().join("contacts.db-wal"), "something").unwrap();
    let error = Store::options().read_only(true).open(&file).unwrap_err();
    assert_eq!(error.kind(), Kind::Denied, "{error:?}");
    assert!(error.context().any(|(key, _)| key == "log") && error.advice().is_some(), "{error:?}");
    fs::remove_file(folder.path().join("contacts.db-wal")).unwrap();
    // A store that reads so sees what is written later all the same.
    let store = Store::options().read_only(true).open(&file).unwrap();
    let before = store.organisations().find().count().unwrap();
    fs::remove_file(&taken).unwrap();
    let writer = Store::open(&file).unwrap();
    writer.organisations().insert(organisation(2_000, "Later").build()).unwrap();
    assert_eq!(store.organisations().find().count().unwrap(), before + 1);
}

#[cfg(unix)]
#[test]
fn a_folder_without_the_permission_to_write_is_enough_to_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, file) = sound();
    let permit = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    permit(folder.path(), 0o555);
    if fs::File::create(folder.path().join("probe")).is_ok() {
        eprintln!("not tested: permissions do not keep this user from writing");
        return;
    }
    for mode in [0o444, 0o644] {
        permit(&file, mode);
        only_reads(&file);
        let error = Store::open(&file).unwrap_err();
        assert_eq!(error.kind(), Kind::Denied, "{error:?}");
        assert!(error.advice().is_some());
    }
    permit(&file, 0o000);
    for read_only in [false, true] {
        let error = Store::options().read_only(read_only).open(&file).unwrap_err();
        assert_eq!(error.kind(), Kind::Denied, "{error:?}");
        assert!(error.to_string().contains("permission to read"), "{error}");
    }
    permit(folder.path(), 0o755);
}

#[test]
fn a_file_that_somebody_has_for_himself_is_unavailable() {
    let (_folder, file) = sound();
    let theirs = rusqlite::Connection::open(&file).unwrap();
    theirs.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").unwrap();
    theirs.execute_batch("CREATE TABLE x (y)").unwrap();
    for read_only in [false, true] {
        let options = Store::options().busy_timeout(Duration::from_millis(50));
        let error = options.read_only(read_only).open(&file).unwrap_err();
        assert_eq!(error.kind(), Kind::Unavailable, "{error:?}");
    }
    drop(theirs);
    Store::open(&file).unwrap();
}

#[test]
fn a_file_that_many_create_at_once_is_created_once() {
    for _ in 0..20 {
        let (_folder, file) = folder();
        std::thread::scope(|scope| {
            for number in 0..6 {
                let file = &file;
                scope.spawn(move || {
                    let store = Store::open(file).unwrap();
                    store.organisations().insert(organisation(number, "A").build()).unwrap();
                });
            }
        });
        let store = Store::open(&file).unwrap();
        assert_eq!(store.organisations().find().count().unwrap(), 6);
        drop(store);
        assert_eq!(check::file(&file), Vec::<String>::new());
    }
}

#[test]
fn a_write_that_failed_half_way_spoils_its_transaction() {
    let (_folder, file) = sound();
    with_pragma(
        &file,
        "CREATE TRIGGER stumble BEFORE INSERT ON meta_field WHEN new.value = 'stumble.example'
         BEGIN SELECT raise(ABORT, 'on purpose'); END",
    );
    let store = Store::open(&file).unwrap();
    let (before, cursor) = (snapshot(&store), store.cursor().unwrap());
    // The row of the organisation is written before its values are.
    let done = store.transaction(|transaction| {
        let bad = organisation(500, "Half").domain("stumble.example").build();
        assert!(transaction.organisations().insert(bad).is_err());
        let next = transaction.organisations().insert(organisation(501, "Next").build());
        assert_eq!(next.unwrap_err().kind(), Kind::Cancelled);
        Ok(())
    });
    assert_eq!(done.unwrap_err().kind(), Kind::Cancelled);
    assert_eq!(snapshot(&store), before);
    assert_eq!(store.cursor().unwrap(), cursor);
    store.organisations().insert(organisation(501, "Next").build()).unwrap();
    drop(store);
    assert_eq!(check::file(&file), Vec::<String>::new());
}

/// Asks everything there is to ask, and writes; answers the errors met.
fn exercise(file: &Path) -> Vec<Error> {
    let store = match Store::options().busy_timeout(Duration::from_millis(200)).open(file) {
        Ok(store) => store,
        Err(error) => return vec![error],
    };
    let mut errors = Vec::new();
    let mut note = |answer: Result<()>| errors.extend(answer.err());
    for kind in EntityKind::ALL {
        note(store.count_any(kind).map(|_| ()));
        note(store.all_any(kind).and_then(|records| {
            for record in records.iter().take(20) {
                store.get_any(kind, record.id())?;
                if let Some(local) = store.local_id_any(kind, record.id())? {
                    store.by_local_id_any(kind, local)?;
                }
                store.history(kind, record.id())?;
            }
            Ok(())
        }));
    }
    for text in ["cert", "o", "団", "soc1", "nobody at all"] {
        note(store.search::<Organisation>(text, 20).map(|_| ()));
        note(store.search::<Individual>(text, 20).map(|_| ()));
    }
    let find = || store.organisations().find();
    note(find().nationality("LU").tag("tlp:%").order_by(OrderBy::Name).all().map(|_| ()));
    note(find().meta("IPv4 address", "10.0.0.1").order_by(OrderBy::Modified).all().map(|_| ()));
    note(find().meta("Domain", "team3.example").count().map(|_| ()));
    note(store.changes_at_most(Cursor::START, usize::MAX).map(|_| ()));
    note(store.name_directory().map(|_| ()));
    note(store.library().map(|_| ()));
    note(store.change_sets(usize::MAX).and_then(|sets| match sets.first() {
        Some(set) => store.undo(set.id).map(|_| ()),
        None => Ok(()),
    }));
    note(store.transaction(|transaction| {
        for number in [3, 5, 900, 901] {
            let team = organisation(number, "Rewritten").network("10.9.0.0/16").tag("y").build();
            transaction.organisations().upsert(team)?;
        }
        Ok(())
    }));
    note(store.organisations().remove(organisation(7, "x").build().id).map(|_| ()));
    note(store.tidy());
    errors
}

/// Runs [`exercise`] on a damaged file; answers whether the damage was met.
fn survives(what: &str, file: &Path) -> bool {
    let errors = catch_unwind(AssertUnwindSafe(|| exercise(file)))
        .unwrap_or_else(|_| panic!("a panic over {what}"));
    for error in &errors {
        assert_ne!(error.kind(), Kind::Unavailable, "{what}: {error:?}");
        assert_ne!(error.kind(), Kind::Protocol, "{what}: {error:?}");
    }
    errors.iter().any(|error| matches!(error.kind(), Kind::Corrupt | Kind::Invalid))
}

#[test]
fn a_file_that_was_cut_off_gives_errors() {
    let (_folder, file) = sound();
    let whole = fs::read(&file).unwrap();
    let pages = whole.len() / 4_096;
    let mut met = 0;
    for cut in [1, 50, 99, 100, 101, 512, 4_095, 4_096, 4_097, 8_192, 20_000]
        .into_iter()
        .chain((1..pages).step_by(pages / 6).map(|page| page * 4_096 + 1_000))
    {
        let (_folder, cut_off) = folder();
        fs::write(&cut_off, &whole[..cut.min(whole.len())]).unwrap();
        met += usize::from(survives(&format!("the first {cut} bytes"), &cut_off));
    }
    assert!(met > 10, "{met}");
}

#[test]
fn flipped_bytes_on_any_page_give_errors() {
    let (_folder, file) = sound();
    let whole = fs::read(&file).unwrap();
    let pages = whole.len() / 4_096;
    let mut dice = Dice::new(42);
    let mut met = 0;
    let rounds = pages.max(60) * usize::try_from(factor()).unwrap();
    for round in 0..rounds {
        let (_folder, flipped) = folder();
        let mut bytes = whole.clone();
        // Every page in turn, and the header of the file more often.
        let page = if round % 8 == 7 { 0 } else { round % pages };
        for _ in 0..=dice.below(24) {
            // Where a page says how it is laid out, or anywhere in it.
            let within = if dice.below(2) == 0 { dice.below(112) } else { dice.below(4_096) };
            bytes[page * 4_096 + within] = u8::try_from(dice.below(256)).unwrap();
        }
        fs::write(&flipped, &bytes).unwrap();
        met += usize::from(survives(&format!("round {round}, page {page}"), &flipped));
    }
    assert!(met > rounds / 8, "the damage was hardly ever met: {met} of {rounds}");
}
