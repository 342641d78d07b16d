//! Two processes on one file.

use std::path::PathBuf;
use std::time::Duration;

use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::model::{
    FieldKind, MetaField, MetaTemplate, Scope, TemplateField, TemplateKey,
};
use cerebrate_store::Store;
use cerebrate_testkit::builders::{organisation, organisation_id};
use cerebrate_testkit::check;
use cerebrate_testkit::world::with_templates;
use tempfile::TempDir;
use uuid::Uuid;

use crate::writer::Writer;

fn file() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("contacts.db");
    drop(with_templates(Store::open(&file).unwrap()));
    (folder, file)
}

#[test]
fn writers_in_several_processes_all_succeed_and_are_seen() {
    let (_folder, file) = file();
    let store = Store::open(&file).unwrap();
    let mut writers: Vec<Writer> = ["1000000", "2000000"]
        .into_iter()
        .map(|base| Writer::start("write", &file, &["25", base]))
        .collect();
    for writer in &mut writers {
        assert_eq!(writer.line().as_deref(), Some("ready"));
    }
    let mut seen = store.cursor().unwrap();
    for number in 0..25 {
        store.organisations().insert(organisation(number, "Of this process").build()).unwrap();
        // What a process was told is visible to every other from then on.
        let line = writers[0].line().unwrap();
        let set = line.strip_prefix("done ").unwrap().parse().unwrap();
        assert_eq!(store.change_set(set).unwrap().unwrap().changes, 10);
        let now = store.cursor().unwrap();
        assert!(now > seen);
        seen = now;
    }
    for writer in writers {
        for line in writer.finish() {
            assert!(line.starts_with("done "), "{line}");
        }
    }
    let sets = store.change_sets(usize::MAX).unwrap();
    assert_eq!(sets.iter().filter(|set| set.origin == "crash").count(), 50);
    assert_eq!(store.organisations().find().count().unwrap(), 50 * 4 + 25);
    drop(store);
    assert_eq!(check::file(&file), Vec::<String>::new());
}

#[test]
fn a_file_that_is_locked_is_unavailable_after_the_wait() {
    let (_folder, file) = file();
    let store = Store::options().busy_timeout(Duration::from_millis(100)).open(&file).unwrap();
    let mut lock = Writer::start("lock", &file, &[]);
    assert_eq!(lock.line().as_deref(), Some("ready"));
    let error = store.organisations().insert(organisation(1, "A").build()).unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(error.is_temporary());
    assert!(error.advice().is_some());
    // Reading goes on.
    assert_eq!(store.organisations().find().count().unwrap(), 0);
    lock.finish();
    store.organisations().insert(organisation(1, "A").build()).unwrap();
}

#[test]
fn what_another_process_defines_is_understood_at_once() {
    let (_folder, file) = file();
    let store = Store::open(&file).unwrap();
    let known = store.library().unwrap().len();
    // Numbers of fields and templates are given here, and taken back.
    let undone: Result<()> = store.transaction(|transaction| {
        let key = TemplateKey::new(Uuid::from_u128(0xdead).into(), 7);
        let mut mine = MetaTemplate::new(key, "testkit", "Mine", Scope::Organisation, "testkit");
        mine.fields = vec![TemplateField::new("mine", FieldKind::Text)];
        transaction.meta_templates().insert(mine)?;
        let value = MetaField::new(key, "mine", "x");
        transaction.organisations().insert(organisation(1, "A").value(value).build())?;
        assert_eq!(transaction.organisations().find().meta("mine", "X").count()?, 1);
        Err(Error::new(Kind::Cancelled, "test", "changed its mind"))
    });
    assert!(undone.is_err());
    for number in 1..4_u128 {
        let said = Writer::start("template", &file, &[&number.to_string()]).finish();
        assert_eq!(said, ["done"]);
        let team = store.organisations().require(organisation_id(number)).unwrap();
        assert_eq!(team.meta_fields.len(), 1);
        let value = &team.meta_fields[0];
        assert_eq!(value.template.id.uuid(), Uuid::from_u128(0xfeed_0000 + number));
        assert_eq!(value.field, format!("field {number}"));
        assert_eq!(value.normalised.as_deref(), Some("192.0.2.0/24"));
        let library = store.library().unwrap();
        assert_eq!(library.len(), known + usize::try_from(number).unwrap());
        let find = store.organisations().find().meta(format!("field {number}"), "192.0.2.77");
        assert_eq!(find.count().unwrap(), 1, "the kind of the field is known");
        // And this process writes with the foreign template.
        let value = MetaField::new(value.template, value.field.clone(), "198.51.100.0/24");
        let mine = organisation(100 + number, "Here").value(value).build();
        assert!(store.organisations().insert(mine).unwrap().meta_fields[0].is_valid());
    }
    drop(store);
    assert_eq!(check::file(&file), Vec::<String>::new());
}
