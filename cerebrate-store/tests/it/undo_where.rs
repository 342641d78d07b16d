//! Everything that somebody did since a moment, or that came from an origin, is taken back as one.

use cerebrate_core::Kind;
use cerebrate_core::model::{EntityKind, Individual, User};
use cerebrate_store::Store;
use cerebrate_store::feed::{ChangeSet, SetFilter};
use cerebrate_store::store::Author;
use uuid::Uuid;

use crate::world::{id, options, organisation};

fn set_sector(store: &Store, actor: &str, number: u128, sector: &str) {
    let author = Author::of("edit").by(actor);
    store
        .transaction_by(&author, |transaction| {
            let mut team = transaction.organisations().require(id(number))?;
            team.sector = Some(sector.to_owned());
            transaction.organisations().update(team)
        })
        .unwrap();
}

fn insert(store: &Store, author: &Author, number: u128) {
    store
        .transaction_by(author, |transaction| {
            transaction.organisations().insert(organisation(number, "Team"))
        })
        .unwrap();
}

fn sector(store: &Store, number: u128) -> Option<String> {
    store.organisations().require(id(number)).unwrap().sector
}

fn teams(store: &Store) -> u64 {
    store.organisations().find().count().unwrap()
}

#[test]
fn all_that_a_user_did_since_a_moment_goes_back_newest_first() {
    let store = options().in_memory().unwrap();
    for number in [1, 2] {
        insert(&store, &Author::local(), number);
    }
    insert(&store, &Author::local().by("eve"), 3);
    let since = store.change_sets(1).unwrap()[0].time;
    let since = cerebrate_core::value::Timestamp::from_unix(since.unix() + 1);
    set_sector(&store, "eve", 1, "a");
    set_sector(&store, "eve", 1, "b");
    set_sector(&store, "eve", 2, "c");
    set_sector(&store, "ada", 2, "d");
    insert(&store, &Author::local().by("eve"), 4);
    let sets = store.change_sets(1_000).unwrap().len();

    let author = Author::local().by("ada");
    let filter = SetFilter::all().by("eve").since(since);
    let preview = store.undo_preview_where(&filter).unwrap();
    assert_eq!(store.change_sets(1_000).unwrap().len(), sets, "nothing is written");
    let report = store.undo_where(&author, &filter).unwrap();
    assert_eq!(preview.change_set, None);
    assert_eq!((preview.undone, &preview.conflicts), (report.undone, &report.conflicts));
    assert_eq!((report.undone, report.conflicts.len()), (3, 1), "{report:?}");
    assert_eq!(report.conflicts[0].id, id(2).uuid());
    assert_eq!((sector(&store, 1), sector(&store, 2).as_deref()), (None, Some("d")));
    assert_eq!(teams(&store), 3, "what was done before stays");
    let now = store.change_sets(1_000).unwrap();
    assert_eq!(now.len(), sets + 1, "one change set");
    let ChangeSet { actor, origin, changes, .. } = &now[0];
    assert_eq!((actor.as_deref(), *changes), (Some("ada"), 3));
    assert_eq!(*origin, format!("undo by eve since {since}"));

    // It can be taken back like any other.
    store.undo(report.change_set.unwrap()).unwrap();
    assert_eq!((sector(&store, 1).as_deref(), teams(&store)), (Some("b"), 4));
}

#[test]
fn an_edit_of_somebody_else_in_between_stops_at_it() {
    let store = options().in_memory().unwrap();
    insert(&store, &Author::local(), 1);
    set_sector(&store, "eve", 1, "a");
    set_sector(&store, "ada", 1, "b");
    set_sector(&store, "eve", 1, "c");
    let report = store.undo_where(&Author::local(), &SetFilter::all().by("eve")).unwrap();
    assert_eq!((report.undone, report.conflicts.len()), (1, 1), "{report:?}");
    assert_eq!(sector(&store, 1).as_deref(), Some("b"));
}

#[test]
fn a_user_is_meant_by_name_and_by_uuid() {
    let store = options().in_memory().unwrap();
    let uuid = Uuid::from_u128(0xaaaa_bbbb);
    for (number, actor) in
        [(1, format!("user:{uuid}")), (2, "eve".to_owned()), (3, "eve2".to_owned())]
    {
        insert(&store, &Author::local().by(actor), number);
    }
    let found = |actor: &str| {
        let filter = SetFilter::all().by(actor);
        store.change_sets_where(&filter, None, 10).unwrap().sets.len()
    };
    for name in [uuid.to_string(), uuid.to_string().to_uppercase(), format!("user:{uuid}")] {
        assert_eq!(found(&name), 1, "{name}");
    }
    assert_eq!((found("eve"), found("Eve"), found("ev%"), found("")), (1, 0, 0, 0));
    let filter = SetFilter::all().by(uuid.to_string());
    assert_eq!(store.undo_where(&Author::local(), &filter).unwrap().undone, 1);
    assert_eq!(teams(&store), 2);
}

#[test]
fn all_that_came_from_an_origin_goes_back() {
    let store = options().in_memory().unwrap();
    for (number, origin) in [(1, "import a.csv"), (2, "import b.csv"), (3, "import a.csv")] {
        insert(&store, &Author::of(origin), number);
    }
    let report =
        store.undo_where(&Author::local(), &SetFilter::all().of_origin("import a.csv")).unwrap();
    assert_eq!((report.undone, teams(&store)), (2, 1));
    for (filter, kind) in [
        (SetFilter::all().of_origin("import c.csv"), Kind::NotFound),
        (SetFilter::all().by("nobody"), Kind::NotFound),
        (SetFilter::all(), Kind::Invalid),
    ] {
        let cursor = store.cursor().unwrap();
        let error = store.undo_where(&Author::local(), &filter).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(store.cursor().unwrap(), cursor);
    }
}

#[test]
fn the_log_is_narrowed_and_paged() {
    let store = options().in_memory().unwrap();
    for number in 1..=7 {
        insert(&store, &Author::local().by(if number % 2 == 0 { "even" } else { "odd" }), number);
    }
    let tag = cerebrate_core::model::Tag::new("tlp:green".parse().unwrap());
    store.tags().insert(tag).unwrap();
    let all = store.change_sets(100).unwrap();
    let mut paged = Vec::new();
    let mut before = None;
    loop {
        let page = store.change_sets_where(&SetFilter::all(), before, 3).unwrap();
        before = page.sets.last().map(|set| set.id);
        paged.extend(page.sets);
        if !page.more {
            break;
        }
    }
    assert_eq!(paged, all);
    let count = |filter: SetFilter| store.change_sets_where(&filter, None, 100).unwrap().sets.len();
    assert_eq!(count(SetFilter::all().by("even")), 3);
    assert_eq!(count(SetFilter::all().of_kind(EntityKind::Tag)), 1);
    assert_eq!(count(SetFilter::all().of_kind(EntityKind::Organisation)), 7);
    assert_eq!(count(SetFilter::all().of_record(id(3).uuid())), 1);
    assert_eq!(count(SetFilter::all().of_record(id(3).uuid()).of_kind(EntityKind::Tag)), 0);
    assert_eq!(count(SetFilter::all().since(all[2].time)), 3);
    assert_eq!(count(SetFilter::all().since(all[2].time).by("odd")), 1);
    let unknown = store.change_sets_where(&SetFilter::all(), Some(store.next_id().into()), 3);
    assert_eq!(unknown.unwrap_err().kind(), Kind::NotFound);
}

#[test]
fn a_user_is_found_under_any_name() {
    let store = options().in_memory().unwrap();
    store.ensure_role().unwrap();
    let role = store.default_role().unwrap().id;
    let eve = Individual::new(store.next_id().into(), "eve@team.example");
    let eve = store.individuals().insert(eve).unwrap().id;
    let user = User::new(store.next_id().into(), "eve-one".parse().unwrap(), eve, role);
    let mut user = store.users().insert(user).unwrap();
    insert(&store, &Author::local().by(format!("user:{}", user.id)), 1);
    insert(&store, &Author::local().by("eve-two"), 2);
    user.username = "eve-two".parse().unwrap();
    let user = store.users().update(user).unwrap();
    let count = |name: &str| {
        let filter = store.done_by(name).unwrap();
        store.change_sets_where(&filter, None, 10).unwrap().sets.len()
    };
    assert_eq!((count(" EVE-two "), count("eve-two")), (1, 2));
    assert_eq!((count("eve-one"), count(&user.id.to_string()), count("")), (1, 1, 0));
    let filter = SetFilter::all().by_user(user.id);
    assert_eq!(store.undo_where(&Author::local(), &filter).unwrap().undone, 1);
    assert_eq!(teams(&store), 1);
}
