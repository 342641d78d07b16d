//! Users, roles and what belongs to them: the rules that hold whatever is written.

use cerebrate_core::access::Permission;
use cerebrate_core::audit::chain::Reference;
use cerebrate_core::error::Kind;
use cerebrate_core::model::{
    EntityKind, LimitationScope, MetaField, Record, TemplateKey, User, UserSetting,
};
use cerebrate_core::secret::SecretText;
use cerebrate_core::value::Timestamp;
use cerebrate_store::Store;
use cerebrate_store::store::{Author, UserRules};
use cerebrate_testkit::builders::{
    Builder, TEMPLATE, individual, individual_id, limitation, mailing_list, organisation,
    organisation_group, organisation_id, role, role_id, user, user_id,
};
use cerebrate_testkit::check;
use cerebrate_testkit::clock::Fixed;
use cerebrate_testkit::world::options;

/// A store with three organisations, six people, and the roles 1 (all) and 2 (nothing).
fn store() -> Store {
    filled(options().in_memory().unwrap())
}

fn filled(store: Store) -> Store {
    for number in 1..=3 {
        store.organisations().insert(organisation(number, "Team").build()).unwrap();
    }
    for number in 1..=6 {
        let email = format!("p{number}@example.org");
        store.individuals().insert(individual(number, &email).build()).unwrap();
    }
    let all = Permission::ALL.into_iter().fold(role(1, "admin"), Builder::grants);
    store.roles().insert(all.build()).unwrap();
    store.roles().insert(role(2, "Reader").build()).unwrap();
    store
}

fn insert(store: &Store, number: u128, name: &str) -> User {
    store.users().insert(user(number, name, 2).organisation(1).build()).unwrap()
}

fn yes(field: &str, value: &str) -> MetaField {
    MetaField::new(TemplateKey::new(TEMPLATE, 1), field, value)
}

fn good() -> SecretText {
    "Password1234".into()
}

#[test]
fn a_username_is_taken_once_whatever_the_case() {
    let store = store();
    let alice = insert(&store, 1, " ALICE@example.org ");
    assert_eq!(alice.username.as_str(), "alice@example.org");
    let again = store.users().insert(user(2, "Alice@Example.org", 2).build());
    assert_eq!(again.unwrap_err().kind(), Kind::Conflict);
    let mut bob = insert(&store, 2, "bobby");
    bob.username = "ALICE@EXAMPLE.ORG".parse().unwrap();
    assert_eq!(store.users().update(bob.clone()).unwrap_err().kind(), Kind::Conflict);
    // One's own name is no conflict, and a name that is free again can be taken.
    store.users().update(alice.clone()).unwrap();
    store.users().remove(alice.id).unwrap();
    store.users().update(bob).unwrap();
    assert_eq!(check::store(&store), Vec::<String>::new());
}

#[test]
fn a_person_has_one_user_unless_the_rules_allow_more() {
    let store = store();
    insert(&store, 1, "alice");
    let second = || user(2, "alice2", 2).with(|user| user.individual = individual_id(1)).build();
    assert_eq!(store.users().insert(second()).unwrap_err().kind(), Kind::Conflict);
    let mut rules = UserRules::default();
    rules.several_per_individual = true;
    store.set_user_rules(&rules).unwrap();
    assert_eq!(store.user_rules().unwrap(), rules);
    let mut second = store.users().insert(second()).unwrap();
    store.set_user_rules(&UserRules::default()).unwrap();
    // What is there already stays and can be changed.
    second.disabled = true;
    store.users().update(second).unwrap();
}

#[test]
fn a_new_username_is_held_against_the_rules() {
    let store = store();
    let alice = insert(&store, 1, "alice");
    let mut rules = UserRules::default();
    rules.username_is_email = true;
    store.set_user_rules(&rules).unwrap();
    let named = |number: u128, name: &str| store.users().insert(user(number, name, 2).build());
    assert_eq!(named(2, "bobby").unwrap_err().kind(), Kind::Invalid);
    named(2, "bobby@example.org").unwrap();
    // Whoever is there stays, and can be changed in all but the name.
    let mut changed = alice.clone();
    changed.disabled = true;
    let mut changed = store.users().update(changed).unwrap();
    changed.username = "alicia".parse().unwrap();
    assert_eq!(store.users().update(changed).unwrap_err().kind(), Kind::Invalid);

    rules.username_is_email = false;
    rules.username_pattern = Some("/^[a-z]+\\.[a-z]+$/".to_owned());
    store.set_user_rules(&rules).unwrap();
    assert_eq!(store.user_rules().unwrap(), rules);
    let refused = named(3, "carol").unwrap_err();
    assert_eq!(refused.kind(), Kind::Invalid);
    assert!(refused.context().any(|(key, _)| key == "pattern"), "{refused}");
    named(3, "Carol.Doe").unwrap();
    for (pattern, kind) in [("(", Kind::Invalid), ("(?=a)", Kind::Unsupported)] {
        rules.username_pattern = Some(pattern.to_owned());
        assert_eq!(store.set_user_rules(&rules).unwrap_err().kind(), kind);
    }
    assert!(store.user_rules().unwrap().username_pattern.unwrap().contains("a-z"));
}

#[test]
fn what_users_need_is_not_removed() {
    let store = store();
    let alice = insert(&store, 1, "alice");
    let cursor = store.cursor().unwrap();
    assert_eq!(store.roles().remove(role_id(2)).unwrap_err().kind(), Kind::Conflict);
    assert_eq!(store.individuals().remove(individual_id(1)).unwrap_err().kind(), Kind::Conflict);
    let error = store.organisations().remove(organisation_id(1)).unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict);
    assert!(error.context().any(|(key, text)| key == "user" && text == "alice"), "{error}");
    assert_eq!(store.cursor().unwrap(), cursor);
    store.users().remove(alice.id).unwrap();
    store.roles().remove(role_id(2)).unwrap();
    store.individuals().remove(individual_id(1)).unwrap();
    store.organisations().remove(organisation_id(1)).unwrap();
}

#[test]
fn a_user_takes_along_what_belongs_to_it_and_undo_brings_back_all_but_secrets() {
    let store = filled(options().key(super::auth_keys::key()).in_memory().unwrap());
    let alice = insert(&store, 1, "alice");
    store.set_password(alice.id, &good()).unwrap();
    let (key, secret) = store.issue_auth_key(alice.id, None, None).unwrap();
    let setting = UserSetting::new(alice.id, "ui.theme", "dark");
    store.user_settings().insert(setting.clone()).unwrap();
    let group = organisation_group(1, "Nordic").organisation(2).administrator(1).build();
    store.organisation_groups().insert(group.clone()).unwrap();
    let list = mailing_list(1, "News").with(|list| list.owner = Some(alice.id)).build();
    store.mailing_lists().insert(list.clone()).unwrap();

    let sets = store.change_sets(100).unwrap().len();
    store.users().remove(alice.id).unwrap();
    assert_eq!(store.change_sets(100).unwrap().len(), sets + 1, "all of it is one change set");
    assert_eq!(store.auth_keys().find().count().unwrap(), 0);
    assert_eq!(store.user_settings().find().count().unwrap(), 0);
    let groups = store.organisation_groups();
    assert_eq!(groups.require(group.id).unwrap().administrators, []);
    assert_eq!(store.mailing_lists().require(list.id).unwrap().owner, None);
    assert_eq!(check::store(&store), Vec::<String>::new());

    let removal = store.change_sets(1).unwrap()[0].id;
    let report = store.undo(removal).unwrap();
    let back = store.users().require(alice.id).unwrap();
    assert_eq!((back.username, back.password_changed), (alice.username, None));
    assert_eq!(groups.require(group.id).unwrap().administrators, [alice.id]);
    assert_eq!(store.mailing_lists().require(list.id).unwrap().owner, Some(alice.id));
    assert!(store.user_settings().get(setting.id()).unwrap().is_some());
    let left: Vec<EntityKind> = report.conflicts.iter().map(|conflict| conflict.kind).collect();
    assert_eq!(left, [EntityKind::User, EntityKind::AuthKey], "{report:?}");
    assert_eq!(store.auth_keys().get(key.id).unwrap(), None);
    assert_eq!(store.check_auth_key(&secret).unwrap_err().kind(), Kind::Denied);
    assert_eq!(store.check_password("alice", &good()).unwrap_err().kind(), Kind::Denied);
    assert_eq!(check::store(&store), Vec::<String>::new());
}

#[test]
fn there_is_one_default_role_at_most() {
    let store = store();
    assert_eq!(store.default_role().unwrap().id, role_id(1), "the first by name");
    let set_default = |number| {
        let mut role = store.roles().require(role_id(number)).unwrap();
        role.is_default = true;
        store.roles().update(role).unwrap();
        store.change_sets(1).unwrap()[0].id
    };
    set_default(1);
    let second = set_default(2);
    let defaults = || {
        let roles = store.roles().find().all().unwrap().into_iter();
        roles.filter(|role| role.is_default).map(|role| role.id).collect::<Vec<_>>()
    };
    assert_eq!((defaults(), store.default_role().unwrap().id), (vec![role_id(2)], role_id(2)));
    let undone = store.undo(second).unwrap();
    assert_eq!(undone.conflicts, []);
    assert_eq!(defaults(), [role_id(1)]);
    // A default that another role took since does not come back.
    store.roles().insert(role(3, "Third").with(|role| role.is_default = true).build()).unwrap();
    store.undo(undone.change_set.unwrap()).unwrap();
    assert_eq!(defaults(), [role_id(3)]);
    assert_eq!(check::store(&store), Vec::<String>::new());
}

#[test]
fn a_store_without_roles_gets_the_first_one_once() {
    let store = options().in_memory().unwrap();
    assert_eq!(store.default_role().unwrap_err().kind(), Kind::NotFound);
    let made = store.ensure_role().unwrap().unwrap();
    assert_eq!((made.name.as_str(), made.is_default), ("admin", false));
    assert!(Permission::ALL.into_iter().all(|permission| made.permissions.has(permission)));
    assert_eq!(store.ensure_role().unwrap(), None);
    assert_eq!(store.roles().find().count().unwrap(), 1);
}

#[test]
fn an_actor_is_what_role_organisation_and_groups_make_it() {
    let store = store();
    let mut alice = insert(&store, 1, "alice");
    let groups = [
        organisation_group(1, "A").organisation(2).administrator(1).build(),
        organisation_group(2, "B").organisation(3).organisation(2).administrator(1).build(),
        organisation_group(3, "C").organisation(1).build(),
    ];
    store.organisation_groups().upsert_all(groups).unwrap();
    let actor = store.actor(alice.id).unwrap();
    assert_eq!(
        (actor.individual, actor.organisation),
        (individual_id(1), Some(organisation_id(1)))
    );
    assert!(actor.permissions.is_empty(), "a role without flags grants nothing");
    assert!(actor.administered.iter().eq(&[organisation_id(2), organisation_id(3)]));
    alice.organisation = None;
    alice.role = role_id(1);
    let alice = store.users().update(alice).unwrap();
    let actor = store.actor(alice.id).unwrap();
    assert!(actor.has(Permission::Admin) && actor.organisation.is_none());
    let mut disabled = alice.clone();
    disabled.disabled = true;
    store.users().update(disabled).unwrap();
    assert_eq!(store.actor(alice.id).unwrap_err().kind(), Kind::Denied);
    assert_eq!(store.actor(user_id(77)).unwrap_err().kind(), Kind::NotFound);
}

#[test]
fn logging_in_needs_name_and_password_and_tells_nothing_else() {
    let store = store();
    let alice = insert(&store, 1, "alice");
    insert(&store, 2, "no-password");
    let refused = |name: &str, password: &str| {
        let error = store.check_password(name, &password.into()).unwrap_err();
        assert_eq!(error.kind(), Kind::Denied);
        format!("{error} {error:?} {:?}", error.advice())
    };
    for weak in ["Password123", "password1234", "", "aaaaaaaaaaaaaaa"] {
        assert_eq!(store.set_password(alice.id, &weak.into()).unwrap_err().kind(), Kind::Invalid);
    }
    assert_eq!(store.users().require(alice.id).unwrap().password_changed, None);
    let stored = store.set_password(alice.id, &good()).unwrap();
    assert!(stored.password_changed.is_some());
    assert_eq!(store.check_password(" ALICE ", &good()).unwrap().user, alice.id);
    let wrong = refused("alice", "Password1235");
    let long = "x".repeat(100_000);
    for (name, password) in [
        ("nobody", "Password1234"),
        ("no-password", "Password1234"),
        ("no-password", ""),
        ("x", ""),
        ("alice", ""),
        ("alice", &long),
    ] {
        assert_eq!(refused(name, password), wrong, "{name}");
    }
    let mut disabled = stored;
    disabled.disabled = true;
    let mut disabled = store.users().update(disabled).unwrap();
    assert_eq!(refused("alice", "Password1234"), wrong);
    disabled.disabled = false;
    store.users().update(disabled).unwrap();
    store.check_password("alice", &good()).unwrap();
    let longest = store.set_password(alice.id, &long.as_str().into());
    assert_eq!(longest.unwrap_err().kind(), Kind::Invalid);
}

#[test]
fn the_trail_tells_that_a_password_changed_and_undo_leaves_it() {
    let store = filled(options().clock(Fixed::default()).in_memory().unwrap());
    let alice = insert(&store, 1, "alice");
    let first = store.set_password(alice.id, &good()).unwrap();
    let second = store.set_password(alice.id, &"correct horse battery".into()).unwrap();
    assert!(second.password_changed > first.password_changed, "each change is one of its own");
    let history = store.users().history_of(alice.id, "password_changed").unwrap();
    assert_eq!(history.len(), 3);
    let newest = store.change_sets(1).unwrap()[0].id;
    let report = store.undo(newest).unwrap();
    assert_eq!((report.undone, report.conflicts.len(), report.change_set), (0, 1, None));
    store.check_password("alice", &"correct horse battery".into()).unwrap();
    // Nobody writes the time but the store.
    let mut forged = store.users().require(alice.id).unwrap();
    forged.password_changed = Some(Timestamp::from_unix(7));
    let kept = store.users().update(forged).unwrap();
    assert_eq!(kept.password_changed, second.password_changed);
}

#[test]
fn a_user_who_came_with_a_password_goes_by_undo() {
    let store = store();
    store
        .transaction(|transaction| {
            let alice = transaction.users().insert(user(1, "alice", 2).build())?;
            transaction.set_password(alice.id, &good())
        })
        .unwrap();
    store.check_password("alice", &good()).unwrap();
    let report = store.undo(store.change_sets(1).unwrap()[0].id).unwrap();
    assert_eq!(report.conflicts, []);
    assert_eq!(store.users().get(user_id(1)).unwrap(), None);
    assert_eq!(check::store(&store), Vec::<String>::new());
}

#[test]
fn a_hash_of_a_peer_is_accepted_and_replaced_at_the_next_good_login() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("contacts.db");
    let store = filled(options().open(&path).unwrap());
    let alice = insert(&store, 1, "alice");
    // `correct horse` at cost 4; as a password it would be refused today.
    let hash = bcrypt::hash("correct horse", 4).unwrap().replace("$2b$", "$2y$");
    store.transaction(|unit| unit.set_password_hash(alice.id, &hash.as_str().into())).unwrap();
    let kept = || {
        let connection = rusqlite::Connection::open(&path).unwrap();
        let sql = "SELECT hash FROM user_password";
        connection.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap()
    };
    let wrong = store.check_password("alice", &"correct house".into());
    assert_eq!(wrong.unwrap_err().kind(), Kind::Denied);
    assert_eq!(kept(), hash, "a wrong password changes nothing");
    for _ in 0..2 {
        assert_eq!(store.check_password("alice", &"correct horse".into()).unwrap().user, alice.id);
        assert!(kept().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", kept());
    }
    let refused = store.transaction(|unit| unit.set_password_hash(alice.id, &"hunter2".into()));
    assert_eq!(refused.unwrap_err().kind(), Kind::Invalid);
}

#[test]
fn limits_hold_for_those_who_newly_have_something() {
    let store = store();
    let limit = |number, scope, max| {
        let limitation = limitation(number, scope, "perm_misp", max).build();
        store.permission_limitations().upsert(limitation).map(|_| ())
    };
    limit(1, LimitationScope::Global, 2).unwrap();
    let twin = limitation(2, LimitationScope::Global, "perm_misp", 5).build();
    let twin = store.permission_limitations().insert(twin);
    assert_eq!(twin.unwrap_err().kind(), Kind::Conflict);
    limit(3, LimitationScope::Organisation, 1).unwrap();

    let with = |number: u128, organisation, value: &str| {
        let name = format!("user{number}");
        let user = user(number, &name, 2).organisation(organisation);
        store.users().upsert(user.value(yes("perm_misp", value)).build())
    };
    with(1, 1, "1").unwrap();
    let error = with(2, 1, "yes").unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict);
    let told = error.to_string();
    assert!(told.contains("meta_fields.perm_misp") && told.contains("organisation"), "{told}");
    with(2, 1, "no").unwrap();
    with(3, 2, "true").unwrap();
    let error = with(4, 3, "1").unwrap_err();
    assert!(error.to_string().contains("global"), "{error}");
    // Who has it keeps it, in other words too.
    with(1, 1, "always").unwrap();
    // To an organisation that is full nobody moves; to one that is not, whoever has it may.
    assert_eq!(with(1, 2, "1").unwrap_err().kind(), Kind::Conflict);
    with(1, 3, "1").unwrap();
    // A disabled user takes no place, and needs one to come back.
    let mut third = store.users().require(user_id(3)).unwrap();
    third.disabled = true;
    store.users().update(third.clone()).unwrap();
    with(4, 2, "1").unwrap();
    third = store.users().require(user_id(3)).unwrap();
    third.disabled = false;
    assert_eq!(store.users().update(third).unwrap_err().kind(), Kind::Conflict);
    // A limit that is lowered takes nothing from anybody.
    limit(1, LimitationScope::Global, 1).unwrap();
    with(4, 2, "2").unwrap();
    assert_eq!(check::store(&store), Vec::<String>::new());
}

#[test]
fn a_limit_of_one_scope_counts_for_both() {
    let store = store();
    let organisation = limitation(1, LimitationScope::Organisation, "perm_misp", 1).build();
    store.permission_limitations().insert(organisation).unwrap();
    let with = |number: u128, organisation: Option<u128>| {
        let name = format!("user{number}");
        let mut user = user(number, &name, 2).value(yes("perm_misp", "1")).build();
        user.organisation = organisation.map(organisation_id);
        store.users().insert(user)
    };
    with(1, Some(1)).unwrap();
    assert_eq!(with(2, Some(2)).unwrap_err().kind(), Kind::Conflict);
    assert_eq!(with(3, None).unwrap_err().kind(), Kind::Conflict);
}

#[test]
fn undo_leaves_alone_what_has_no_room_or_no_name_any_more() {
    let store = store();
    let one = limitation(1, LimitationScope::Global, "perm_misp", 1).build();
    store.permission_limitations().insert(one).unwrap();
    let alice = user(1, "alice", 2).value(yes("perm_misp", "1")).build();
    store.users().insert(alice.clone()).unwrap();
    store.users().remove(alice.id).unwrap();
    let removal = store.change_sets(1).unwrap()[0].id;
    let second = user(2, "alice", 2).build();
    store.users().insert(second.clone()).unwrap();
    assert_eq!(store.undo(removal).unwrap().conflicts.len(), 1, "the name is taken");
    let mut second = store.users().require(second.id).unwrap();
    second.username = "bobby".parse().unwrap();
    second.meta_fields = vec![yes("perm_misp", "1")];
    store.users().update(second.clone()).unwrap();
    assert_eq!(store.undo(removal).unwrap().conflicts.len(), 1, "there is no room");
    second = store.users().require(second.id).unwrap();
    second.meta_fields.clear();
    store.users().update(second).unwrap();
    assert_eq!(store.undo(removal).unwrap().conflicts, []);
    assert!(store.users().get(alice.id).unwrap().is_some());
}

#[test]
fn settings_have_one_value_for_each_name_and_limits() {
    let store = store();
    let alice = insert(&store, 1, "alice");
    let set = |name: &str, value: &str| {
        store.user_settings().upsert(UserSetting::new(alice.id, name, value)).map(|_| ())
    };
    set("ui.theme", "dark").unwrap();
    set("ui.theme", "light").unwrap();
    set(&"é".repeat(255), "").unwrap();
    let settings = store.user_settings();
    let theme = settings.require(UserSetting::id_of(alice.id, "ui.theme")).unwrap();
    assert_eq!(theme.value, "light");
    assert_eq!(settings.find().count().unwrap(), 2);
    assert_eq!(set("", "x").unwrap_err().kind(), Kind::Invalid);
    assert_eq!(set(&"é".repeat(256), "x").unwrap_err().kind(), Kind::Invalid);
    assert_eq!(set("a", &"x".repeat(70_000)).unwrap_err().kind(), Kind::Invalid);
}

#[test]
fn what_a_user_did_is_found_by_the_user() {
    let store = store();
    let alice = insert(&store, 1, "alice");
    let author = Author::user(alice.id);
    store
        .transaction_by(&author, |unit| unit.organisations().insert(organisation(9, "New").build()))
        .unwrap();
    store.set_password_by(&author, alice.id, &good()).unwrap();
    let sets = store.change_sets(100).unwrap();
    let own: Vec<_> = sets.iter().filter(|set| set.user() == Some(alice.id)).collect();
    assert_eq!(own.len(), 2);
    assert_eq!(own[0].actor.as_deref(), Some(format!("user:{}", alice.id).as_str()));
    let named = Author::local().by("user:ADA");
    store.transaction_by(&named, |unit| unit.organisations().remove(organisation_id(9))).unwrap();
    assert_eq!(store.change_sets(1).unwrap()[0].user(), None);
    assert!(store.verify(Reference::FileAlone).unwrap().is_clean());
}

#[test]
fn values_of_users_are_checked_for_users() {
    let store = store();
    store.load_shipped_templates().unwrap();
    let template = store.templates().require("cerebrate/csirt-constituency").unwrap();
    let wrong = MetaField::new(template.key(), "Domain", "example.org");
    let alice = user(1, "alice", 2).value(wrong).build();
    let alice = store.users().insert(alice).unwrap();
    assert!(!alice.meta_fields[0].is_valid(), "the template is for organisations");
    assert_eq!(store.users().find().meta("Domain", "example.org").count().unwrap(), 1);
    let record = Record::from(alice);
    assert_eq!(store.history(EntityKind::User, record.id()).unwrap().len(), 1);
}

#[test]
fn an_older_database_gets_users_and_keeps_its_lists_and_groups() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("contacts.db");
    {
        let connection = rusqlite::Connection::open(&path).unwrap();
        let first = include_str!("../../src/backend/sqlite/migrations/0001.sql");
        connection.execute_batch(first).unwrap();
        connection
            .execute_batch(
                "PRAGMA user_version = 1; PRAGMA application_id = 1129464402;
                 INSERT INTO mailing_list (uuid, name, folded, active, individuals, created, modified)
                     VALUES (x'00000000000000000000000000000021', 'News', 'news', 1, '[]', 1, 1);
                 INSERT INTO organisation_group (uuid, name, folded, created, modified)
                     VALUES (x'00000000000000000000000000000022', 'Nordic', 'nordic', 1, 1);",
            )
            .unwrap();
    }
    let store = filled(Store::open(&path).unwrap());
    assert!(folder.path().join("contacts.db.before-v2").is_file());
    let mut list = store.mailing_lists().find().all().unwrap().remove(0);
    let mut group = store.organisation_groups().find().all().unwrap().remove(0);
    assert_eq!((list.owner, group.administrators.len()), (None, 0));
    let alice = insert(&store, 1, "alice");
    list.owner = Some(alice.id);
    group.administrators.push(alice.id);
    assert_eq!(store.mailing_lists().update(list.clone()).unwrap().owner, Some(alice.id));
    store.organisation_groups().update(group).unwrap();
    store.users().remove(alice.id).unwrap();
    assert_eq!(store.mailing_lists().require(list.id).unwrap().owner, None);
    let connection = rusqlite::Connection::open(&path).unwrap();
    for view in ["role", "user", "auth_key", "user_setting", "permission_limitation", "meta_field"]
    {
        let sql = format!("SELECT count(*) FROM {view}_v");
        connection.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap();
    }
}
