use cerebrate_core::Kind;
use cerebrate_core::model::EntityKind;
use cerebrate_store::feed::{Action, Cursor, Payload};
use cerebrate_store::store::Author;

use crate::world::{constituency, id, organisation, store};

#[test]
fn the_feed_tells_every_write_in_order() {
    let store = store();
    let start = store.cursor().unwrap();
    let author = Author::of("import members.csv").by("alice");
    store
        .transaction_by(&author, |transaction| {
            transaction.organisations().insert(organisation(1, "A"))?;
            transaction.organisations().insert(organisation(2, "B"))
        })
        .unwrap();
    let mut changed = store.organisations().require(id(1)).unwrap();
    changed.sector = Some("energy".to_owned());
    store.organisations().update(changed).unwrap();
    store.organisations().remove(id(2)).unwrap();

    let changes = store.changes_since(start).unwrap();
    let actions: Vec<Action> = changes.changes.iter().map(|change| change.action).collect();
    assert_eq!(actions, [Action::Insert, Action::Insert, Action::Update, Action::Remove]);
    assert_eq!(changes.changes[0].change_set, changes.changes[1].change_set);
    assert_eq!(changes.changes[0].actor.as_deref(), Some("alice"));
    assert_eq!(changes.changes[0].origin, "import members.csv");
    assert!(!changes.more);
    let Payload::Updated(fields) = &changes.changes[2].payload else { panic!("an update") };
    assert_eq!(fields.len(), 1);
    assert_eq!(fields[0].field, "sector");

    let first = store.changes_at_most(start, 3).unwrap();
    assert!(first.more);
    let rest = store.changes_at_most(first.next, 3).unwrap();
    assert_eq!(rest.changes, changes.changes[3..]);
    let token = rest.next.to_string().parse::<Cursor>().unwrap();
    assert!(store.changes_at_most(token, 3).unwrap().changes.is_empty());
    let foreign = "cffff".parse::<Cursor>().unwrap();
    assert_eq!(store.changes_at_most(foreign, 1).unwrap_err().kind(), Kind::Invalid);
}

#[test]
fn history_can_be_asked_of_a_record_and_of_a_field() {
    let store = store();
    let mut team = store.organisations().insert(organisation(1, "A")).unwrap();
    team.sector = Some("energy".to_owned());
    let mut team = store.organisations().update(team).unwrap();
    team.meta_fields = vec![constituency("Domain", "a.lu")];
    let mut team = store.organisations().update(team).unwrap();
    team.meta_fields = vec![constituency("Domain", "b.lu")];
    store.organisations().update(team).unwrap();
    assert_eq!(store.organisations().history(id(1)).unwrap().len(), 4);
    assert_eq!(store.history(EntityKind::Organisation, id(1).uuid()).unwrap().len(), 4);
    let field = "meta_fields/faca6acc-23e0-4585-8fd8-4379e3a6250d/Domain";
    assert_eq!(store.organisations().history_of(id(1), field).unwrap().len(), 3);
    assert_eq!(store.organisations().history_of(id(1), "sector").unwrap().len(), 2);
}

#[test]
fn undo_leaves_alone_what_was_edited_since() {
    let store = store();
    let team = store.organisations().insert(organisation(1, "A")).unwrap();
    let mut changed = team.clone();
    changed.sector = Some("energy".to_owned());
    changed.url = Some("https://a.example".to_owned());
    let mut changed = store.organisations().update(changed).unwrap();
    let set = store.change_sets(1).unwrap()[0].id;
    changed.url = Some("https://b.example".to_owned());
    store.organisations().update(changed).unwrap();

    let report = store.undo(set).unwrap();
    assert_eq!(report.conflicts.len(), 1);
    assert_eq!(report.conflicts[0].fields[0].field, "url");
    let now = store.organisations().require(id(1)).unwrap();
    assert_eq!(now.sector, None);
    assert_eq!(now.url.as_deref(), Some("https://b.example"));

    assert_eq!(report.undone, 1, "in part");
    let nothing = store.undo(set).unwrap();
    assert_eq!((nothing.undone, nothing.change_set), (0, None));

    let again = store.undo(report.change_set.unwrap()).unwrap();
    assert!(again.conflicts.is_empty());
    assert_eq!(store.organisations().require(id(1)).unwrap().sector.as_deref(), Some("energy"));
    assert_eq!(store.undo(store.next_id().into()).unwrap_err().kind(), Kind::NotFound);
}

#[test]
fn undoing_an_insertion_spares_records_that_others_use() {
    let store = store();
    let mut first = organisation(1, "A");
    first.tags = vec!["shared".parse().unwrap()];
    store.organisations().insert(first).unwrap();
    let set = store.change_sets(1).unwrap()[0].id;
    let mut second = organisation(2, "B");
    second.tags = vec!["shared".parse().unwrap()];
    store.organisations().insert(second).unwrap();
    let report = store.undo(set).unwrap();
    assert_eq!(store.organisations().get(id(1)).unwrap(), None);
    assert_eq!(report.conflicts.len(), 1, "the tag is in use");
    assert_eq!(store.organisations().require(id(2)).unwrap().tags.len(), 1);
}
