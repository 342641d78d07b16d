//! Users, passwords and auth keys, as somebody who manages them.

use cerebrate_core::access::{Action, Permission, may};
use cerebrate_core::error::{Error, Kind};
use cerebrate_core::id::UserId;
use cerebrate_core::model::{Record, UserSetting};
use cerebrate_core::secret::SecretText;
use cerebrate_core::value::Timestamp;
use cerebrate_store::store::UserRules;
use cerebrate_testkit::builders::{individual, individual_id, organisation_id};

use super::small_world::{
    ADMINISTERED, BETWEEN, ME, NOWHERE, OTHER, OWN, USERS, actor, new_user, of, sets, user_id,
    with_resource, world,
};
use super::writes::attempt;

const NEW: u128 = 60;

#[test]
fn users_are_added_where_and_with_what_one_may() {
    let store = world();
    store.individuals().insert(individual(NEW, "new@example.lu").build()).unwrap();
    for permissions in sets(&Permission::ALL) {
        let actor = actor(permissions);
        let seen = store.as_actor(&actor);
        for organisation in [Some(OWN), Some(ADMINISTERED), Some(OTHER), None] {
            for role in 1..=4 {
                let mut user = new_user(NEW, role, organisation);
                // Somebody whom whoever asks sees.
                user.individual = individual_id(if actor.sees_all() { NEW } else { ME });
                let mut rules = UserRules::default();
                rules.several_per_individual = true;
                store.set_user_rules(&rules).unwrap();
                let record: Record = user.clone().into();
                let verdict = with_resource(&store, &actor, &record, |resource| {
                    may(&actor, Action::Add, resource)
                });
                let done = attempt(&seen, |all| all.users().insert(user));
                let cell = format!("{organisation:?} {role} {actor:?}: {done:?}");
                assert_eq!(done.is_ok(), verdict.is_allowed(), "{cell}");
            }
        }
    }
}

#[test]
fn a_user_is_not_moved_to_where_one_could_not_add_it() {
    let store = world();
    let admin = of(&[Permission::OrganisationAdmin, Permission::ViewAllOrganisations]);
    let seen = store.as_actor(&admin);
    let mut user = seen.users().require(user_id(ME)).unwrap();
    user.organisation = Some(organisation_id(OTHER));
    assert_eq!(seen.users().update(user.clone()).unwrap_err().kind(), Kind::Denied);
    user.organisation = None;
    assert_eq!(seen.users().update(user).unwrap_err().kind(), Kind::Denied);
}

#[test]
fn whoever_has_more_rights_is_kept_out_and_no_more() {
    let store = world();
    let seen = store.as_actor(&of(&[Permission::CommunityAdmin]));
    let mut user = seen.users().require(user_id(OTHER)).unwrap();
    user.username = "renamed".parse().unwrap();
    user.disabled = true;
    assert_eq!(seen.users().update(user.clone()).unwrap_err().kind(), Kind::Denied, "renamed");
    user.username = "user-3".parse().unwrap();
    let mut user = seen.users().update(user).unwrap();
    user.disabled = false;
    let refused = seen.users().update(user.clone()).unwrap_err();
    assert_eq!(refused.kind(), Kind::Denied, "let in");
    user.disabled = true;
    user.organisation = Some(organisation_id(OWN));
    assert_eq!(seen.users().update(user.clone()).unwrap_err().kind(), Kind::Denied, "moved");
    user.organisation = Some(organisation_id(OTHER));
    user.disabled = false;
    assert!(store.as_actor(&of(&Permission::ALL)).users().update(user).is_ok());
}

#[test]
fn passwords_are_set_for_oneself_and_those_one_manages() {
    let store = world();
    let password: SecretText = "correct horse battery".into();
    let set = |permissions: &[Permission], user: u128| {
        store
            .as_actor(&of(permissions))
            .set_password(user_id(user), &password)
            .map(drop)
            .map_err(|error| error.kind())
    };
    assert_eq!(set(&[], ME), Ok(()));
    assert_eq!(set(&[], BETWEEN), Err(Kind::NotFound));
    assert_eq!(set(&[Permission::OrganisationAdmin], BETWEEN), Ok(()));
    assert_eq!(set(&[Permission::GroupAdmin], BETWEEN), Err(Kind::Denied), "more than one holds");
    assert_eq!(set(&[Permission::GroupAdmin], ADMINISTERED), Err(Kind::Denied));
    assert_eq!(set(&[Permission::CommunityAdmin], OTHER), Err(Kind::Denied));
    assert_eq!(set(&[Permission::CommunityAdmin], NOWHERE), Ok(()));
    assert_eq!(set(&Permission::ALL, OTHER), Ok(()));
    let rows = store.as_actor(&of(&[])).change_sets(10).unwrap();
    assert!(rows.iter().all(|set| set.user() == Some(user_id(ME))));
}

#[test]
fn auth_keys_are_issued_for_oneself_and_those_below() {
    let store = world();
    let issue = |permissions: &[Permission], user: u128| {
        let seen = store.as_actor(&of(permissions));
        let issued = seen.issue_auth_key(user_id(user), None, None);
        issued.map(drop).map_err(|error| error.kind())
    };
    assert_eq!(issue(&[], ME), Ok(()));
    assert_eq!(issue(&[], BETWEEN), Err(Kind::Invalid), "who is not seen is unknown");
    assert_eq!(issue(&[Permission::OrganisationAdmin], BETWEEN), Err(Kind::Denied));
    assert_eq!(issue(&[Permission::OrganisationAdmin], ME), Ok(()));
    assert_eq!(issue(&[Permission::GroupAdmin, Permission::Sync], ADMINISTERED), Ok(()));
    assert_eq!(issue(&[Permission::CommunityAdmin], NOWHERE), Ok(()));
    assert_eq!(issue(&[Permission::CommunityAdmin], OTHER), Err(Kind::Denied));
    let unheard_of =
        store.as_actor(&of(&[])).issue_auth_key(UserId::new(uuid::Uuid::max()), None, None);
    assert_eq!(unheard_of.unwrap_err().kind(), Kind::Invalid);
    // A past expiry is refused whoever asks.
    let past = Some(Timestamp::from_unix(0));
    assert!(store.as_actor(&of(&[])).issue_auth_key(user_id(ME), None, past).is_err());
}

#[test]
fn a_login_does_not_depend_on_who_looks() {
    let store = world();
    let password: SecretText = "correct horse battery".into();
    store.set_password(user_id(BETWEEN), &password).unwrap();
    let (_, key) = store.issue_auth_key(user_id(BETWEEN), None, None).unwrap();
    let seen = store.as_actor(&of(&[]));
    assert_eq!(seen.check_auth_key(&key).unwrap().user, user_id(BETWEEN));
    assert_eq!(seen.check_password("user-5", &password).unwrap().user, user_id(BETWEEN));
    assert_eq!(seen.actor(user_id(BETWEEN)).unwrap_err().kind(), Kind::NotFound);
}

#[test]
fn a_person_with_a_user_who_is_hidden_has_one_all_the_same() {
    let store = world();
    let admin = of(&[Permission::OrganisationAdmin, Permission::ViewAllOrganisations]);
    let seen = store.as_actor(&admin);
    let mut user = new_user(NEW, 1, Some(OWN));
    user.individual = individual_id(OTHER);
    let refused = seen.users().insert(user).unwrap_err();
    assert_eq!(refused.kind(), Kind::Conflict);
    assert!(!format!("{refused:?}").contains("user-3"), "{refused:?}");
}

#[test]
fn settings_are_ones_own() {
    let store = world();
    let kind = |done: Result<UserSetting, Error>| done.map_err(|error| error.kind()).err();
    let setting = |user| UserSetting::new(user_id(user), "language", "fr");
    let seen = store.as_actor(&of(&[Permission::OrganisationAdmin]));
    assert_eq!(kind(seen.user_settings().insert(setting(ME))), None);
    assert_eq!(kind(seen.user_settings().insert(setting(BETWEEN))), Some(Kind::Denied));
    assert_eq!(kind(seen.user_settings().insert(setting(OTHER))), Some(Kind::Invalid));
    assert_eq!(seen.user_settings().find().all().unwrap().len(), 2);
    let community = store.as_actor(&of(&[Permission::CommunityAdmin]));
    assert_eq!(kind(community.user_settings().insert(setting(OTHER))), None);
    assert_eq!(community.user_settings().find().all().unwrap().len(), USERS.len() + 2);
}

#[test]
fn what_a_community_wants_of_its_users_is_for_site_admins() {
    let store = world();
    let rules = UserRules::default();
    for (permission, allowed) in [(Permission::CommunityAdmin, false), (Permission::Admin, true)] {
        let done = store.as_actor(&of(&[permission])).set_user_rules(&rules);
        assert_eq!(done.is_ok(), allowed);
    }
}

#[test]
fn bookmarks_lead_to_the_web_and_other_settings_anywhere() {
    let store = world();
    let set = |name: &str, value: &str| {
        let seen = store.as_actor(&of(&[]));
        let done = seen.user_settings().upsert(UserSetting::new(user_id(ME), name, value));
        done.map(drop).map_err(|error| error.kind())
    };
    let bookmark = |url: &str| format!(r#"[{{"label":"a","name":"b","url":"{url}"}}]"#);
    let bookmarks = UserSetting::BOOKMARKS;
    assert_eq!(set(bookmarks, &bookmark("https://misp.example")), Ok(()));
    assert_eq!(set(bookmarks, &bookmark("javascript:alert(1)")), Err(Kind::Invalid));
    assert_eq!(set(bookmarks, ""), Err(Kind::Invalid));
    let id = UserSetting::id_of(user_id(ME), bookmarks);
    let kept = store.user_settings().require(id).unwrap();
    assert_eq!(kept.value, bookmark("https://misp.example"));
    assert_eq!(set("ui.bookmarks2", "javascript:alert(1)"), Ok(()));
    assert_eq!(set("ui.table_setting", "{"), Ok(()));
    assert_eq!(set(&"ä".repeat(255), ""), Ok(()));
    assert_eq!(set(&"ä".repeat(256), ""), Err(Kind::Invalid));
    assert_eq!(set(" ", ""), Err(Kind::Invalid));
}
