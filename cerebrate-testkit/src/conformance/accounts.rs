//! Users, and what logging in reads.

use cerebrate_core::error::Kind;
use cerebrate_core::model::UserSetting;
use cerebrate_core::query::{Filter, OrderBy};
use cerebrate_store::Store;

use super::Open;
use crate::builders::{
    extra, individual, individual_id, mailing_list, organisation, organisation_group,
    organisation_id, role, role_id, user, user_id,
};
use crate::check;

/// Two organisations, three people with users, two roles.
fn fill(store: &Store) {
    for number in 1..=2 {
        store.organisations().insert(organisation(number, "Team").build()).unwrap();
        store.roles().insert(role(number, "Role").build()).unwrap();
    }
    for (number, name) in [(1, "alice"), (2, "bobby"), (3, "Cécile")] {
        store.individuals().insert(individual(number, "p@example.org").build()).unwrap();
        let user = user(number, name, number % 2 + 1).organisation(number % 2 + 1);
        let value = extra(1, "colour", if number == 2 { "red" } else { "blue" });
        store.users().insert(user.value(value).build()).unwrap();
    }
}

/// Users are found by role, organisation, person, name and value, and what is theirs by them.
pub fn users_and_what_is_theirs_are_found(open: Open<'_>) {
    let store = open();
    fill(&store);
    let mut settings: Vec<UserSetting> =
        ["a", "b"].iter().map(|name| UserSetting::new(user_id(1), *name, "x")).collect();
    settings.push(UserSetting::new(user_id(2), "a", "y"));
    store.user_settings().upsert_all(settings).unwrap();
    let group = organisation_group(1, "Nordic").administrator(1).administrator(3).build();
    store.organisation_groups().insert(group).unwrap();
    let list = mailing_list(1, "News").with(|list| list.owner = Some(user_id(1))).build();
    store.mailing_lists().insert(list).unwrap();
    let users = |filter| -> Vec<_> {
        let found = store.users().find().filter(filter).all().unwrap();
        found.into_iter().map(|user| user.id).collect()
    };
    assert_eq!(users(Filter::Role(role_id(2))), [user_id(1), user_id(3)]);
    assert_eq!(users(Filter::Organisation(organisation_id(1))), [user_id(2)]);
    assert_eq!(users(Filter::Individual(individual_id(3))), [user_id(3)]);
    // Searched without accents, though it is another name.
    assert_eq!(store.users().find().name("CECILE").count().unwrap(), 1);
    assert_eq!(store.users().by_username("CÉCILE").unwrap().map(|user| user.id), Some(user_id(3)));
    assert_eq!(store.users().by_username("cecile").unwrap(), None);
    assert_eq!(store.users().find().meta("colour", "red").all().unwrap()[0].id, user_id(2));
    let ordered = store.users().find().order_by(OrderBy::Name).all().unwrap();
    assert_eq!(ordered[1].id, user_id(2));
    let of = |number| {
        let filter = Filter::User(user_id(number));
        [
            store.user_settings().find().filter(filter.clone()).count().unwrap(),
            store.organisation_groups().find().filter(filter.clone()).count().unwrap(),
            store.mailing_lists().find().filter(filter.clone()).count().unwrap(),
            store.auth_keys().find().filter(filter).count().unwrap(),
        ]
    };
    assert_eq!([of(1), of(2), of(3)], [[2, 1, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0]]);
    for refused in [
        store.organisations().find().filter(Filter::User(user_id(1))).count(),
        store.organisations().find().filter(Filter::Role(role_id(1))).count(),
        store.auth_keys().find().name("x").count(),
        store.roles().find().meta("colour", "red").count(),
    ] {
        assert_eq!(refused.unwrap_err().kind(), Kind::Invalid);
    }
    assert_eq!(check::store(&store), Vec::<String>::new());
}

/// A password belongs to one user, and goes with it.
pub fn a_password_goes_with_its_user(open: Open<'_>) {
    let store = open();
    fill(&store);
    let password = "correct horse battery".into();
    store.set_password(user_id(1), &password).unwrap();
    assert_eq!(store.check_password("alice", &password).unwrap().user, user_id(1));
    for other in ["bobby", "ålice", "cécile", "nobody"] {
        assert_eq!(store.check_password(other, &password).unwrap_err().kind(), Kind::Denied);
    }
    // A transaction that fails sets none.
    let failed = store.transaction(|unit| {
        unit.set_password(user_id(2), &password)?;
        unit.users().remove(user_id(9))
    });
    assert_eq!(failed.unwrap_err().kind(), Kind::NotFound);
    assert_eq!(store.check_password("bobby", &password).unwrap_err().kind(), Kind::Denied);
    store.users().remove(user_id(1)).unwrap();
    let removed = store.change_sets(1).unwrap()[0].id;
    // Neither the name nor the number of the user lets anybody in again.
    store.individuals().insert(individual(4, "p@example.org").build()).unwrap();
    store.users().insert(user(4, "alice", 1).build()).unwrap();
    assert_eq!(store.check_password("alice", &password).unwrap_err().kind(), Kind::Denied);
    store.users().remove(user_id(4)).unwrap();
    assert_eq!(store.undo(removed).unwrap().undone, 1);
    assert_eq!(store.check_password("alice", &password).unwrap_err().kind(), Kind::Denied);
    assert_eq!(check::store(&store), Vec::<String>::new());
}
