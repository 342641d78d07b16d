//! The sample teams.

use cerebrate_core::meta::CompiledTemplate;

use crate::world::{options, store};

#[test]
fn the_sample_is_loaded_once_as_one_change_set() {
    let store = store();
    let report = cerebrate_store::sample::load(&store).unwrap();
    assert_eq!((report.organisations, report.sharing_groups, report.present), (10, 1, 0));
    let set = store.change_set(report.change_set.unwrap()).unwrap().unwrap();
    assert_eq!(set.origin, "sample");
    for team in store.organisations().find().all().unwrap() {
        for value in &team.meta_fields {
            assert_eq!(value.flags, [], "{}: {} = {}", team.name, value.field, value.value);
        }
    }
    let circl = store.organisations().find().name("circl").all().unwrap().remove(0);
    assert!(circl.meta_fields.len() > 15);
    assert_eq!(circl.tags.len(), 2);
    assert_eq!(store.sharing_groups().find().all().unwrap()[0].members.len(), 3);
    let mut edited = circl;
    edited.sector = Some("edited".to_owned());
    let edited = store.organisations().update(edited).unwrap();
    let cursor = store.cursor().unwrap();
    let again = cerebrate_store::sample::load(&store).unwrap();
    assert_eq!((again.organisations, again.present, again.change_set), (0, 11, None));
    assert_eq!(store.cursor().unwrap(), cursor);
    assert_eq!(store.organisations().require(edited.id).unwrap(), edited);
}

#[test]
fn sample_values_wait_for_templates_that_come_later() {
    let store = options().in_memory().unwrap();
    cerebrate_store::sample::load(&store).unwrap();
    assert_eq!(store.templates().held().unwrap().len(), 3);
    let report = store.load_shipped_templates().unwrap();
    assert!(report.released > 30);
    assert_eq!(store.templates().held().unwrap(), []);
    let first = store.templates().require("first/first-directory").unwrap();
    assert_eq!(first.key().version, 2);
    assert!(CompiledTemplate::field(&first, "team").is_some());
}
