//! Who sees which row of the feed, and whose rows are undone.

use cerebrate_core::access::Permission;
use cerebrate_core::audit::chain::Reference;
use cerebrate_core::error::Kind;
use cerebrate_core::model::{EntityKind, UserSetting};
use cerebrate_core::node_key::NodeKey;
use cerebrate_core::value::Timestamp;
use cerebrate_store::feed::{Cursor, Payload, SetFilter};
use cerebrate_store::store::{Author, RetiredKeys, UserRules};
use cerebrate_testkit::builders::{individual_id, organisation_id, sharing_group};

use super::small_world::{NAMED, OWN, actor, circle, member, new_user, of, sets, world};

#[test]
fn community_admins_see_the_trail_and_others_what_they_did() {
    let store = world();
    let author = of(&[Permission::OrganisationAdmin]);
    let seen = store.as_actor(&author);
    let mut team = seen.organisations().require(organisation_id(OWN)).unwrap();
    team.url = Some("https://example.lu".to_owned());
    seen.organisations().update(team.clone()).unwrap();

    let own = seen.changes_since(Cursor::START).unwrap();
    assert_eq!(own.changes.len(), 1);
    assert!(matches!(&own.changes[0].payload, Payload::Updated(changes) if changes.len() == 1));
    assert!(!own.more);
    assert_eq!(own.next, store.cursor().unwrap(), "nothing is asked again");
    assert_eq!(seen.history(EntityKind::Organisation, team.id.uuid()).unwrap(), own.changes);
    assert_eq!(seen.change_sets(10).unwrap().len(), 1);

    let mut stranger = of(&[Permission::OrganisationAdmin, Permission::ViewAllOrganisations]);
    stranger.user = uuid::Uuid::from_u128(0x99).into();
    assert_eq!(store.as_actor(&stranger).changes_since(Cursor::START).unwrap().changes, []);
    assert_eq!(store.as_actor(&stranger).change_sets(10).unwrap(), []);
    assert!(store.as_actor(&stranger).verify(Reference::FileAlone).is_err());

    let mut community = stranger;
    community.permissions = community.permissions.with(Permission::CommunityAdmin);
    let community = store.as_actor(&community);
    let mut all = store.changes_at_most(Cursor::START, 10_000).unwrap().changes;
    // The outbox is for site admins.
    all.retain(|change| change.kind != EntityKind::OutboxMessage);
    assert_eq!(community.changes_at_most(Cursor::START, 10_000).unwrap().changes, all);
    assert_eq!(community.change_sets(100).unwrap(), store.change_sets(100).unwrap());
    assert!(community.verify(Reference::FileAlone).unwrap().is_clean());
}

#[test]
fn the_feed_is_read_to_its_end_in_stretches() {
    let store = world();
    let author = of(&[Permission::OrganisationAdmin]);
    let seen = store.as_actor(&author);
    for number in 0..5 {
        let mut team = seen.organisations().require(organisation_id(OWN)).unwrap();
        team.url = Some(number.to_string());
        seen.organisations().update(team).unwrap();
        store
            .organisations()
            .insert(cerebrate_testkit::builders::organisation(200 + number, "Between").build())
            .unwrap();
    }
    let mut cursor = Cursor::START;
    let mut found = 0;
    for _ in 0..10 {
        let stretch = seen.changes_at_most(cursor, 2).unwrap();
        found += stretch.changes.len();
        cursor = stretch.next;
        if !stretch.more {
            break;
        }
    }
    assert_eq!((found, cursor), (5, store.cursor().unwrap()));
}

#[test]
fn what_one_does_not_see_any_more_is_a_row_without_content() {
    let store = world();
    let mut author = of(&[Permission::OrganisationAdmin]);
    let seen = store.as_actor(&author);
    let mut team = seen.organisations().require(organisation_id(OWN)).unwrap();
    team.contacts = Some("very secret".to_owned());
    seen.organisations().update(team.clone()).unwrap();
    let set = seen.change_sets(1).unwrap()[0].id;
    author.organisation = Some(organisation_id(NAMED));
    let elsewhere = store.as_actor(&author);
    let rows = elsewhere.history(EntityKind::Organisation, team.id.uuid()).unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].payload, Payload::Withheld);
    let report = elsewhere.undo(set).unwrap();
    assert_eq!((report.undone, report.conflicts.len()), (0, 1));
}

#[test]
fn an_undo_needs_the_right_to_the_opposite() {
    let store = world();
    let author = of(&[Permission::OrganisationAdmin]);
    let seen = store.as_actor(&author);
    let group = circle(7, "Mine", OWN, &[member(OWN, false)]);
    seen.sharing_groups().insert(group.clone()).unwrap();
    let added = seen.change_sets(1).unwrap()[0].clone();
    assert!(added.actor.is_some());

    let mut demoted = author.clone();
    demoted.permissions = demoted.permissions.without(Permission::OrganisationAdmin);
    let refused = store.as_actor(&demoted).undo(added.id).unwrap();
    assert_eq!((refused.undone, refused.change_set), (0, None));
    let [conflict] = refused.conflicts.as_slice() else { panic!("{refused:?}") };
    assert_eq!(conflict.id, group.id.uuid());
    assert!(conflict.reason.contains("`organisation_admin` of its organisation"), "{conflict:?}");
    assert!(store.sharing_groups().get(group.id).unwrap().is_some());
    let mut stranger = author.clone();
    stranger.user = uuid::Uuid::from_u128(0x99).into();
    let refused = store.as_actor(&stranger).undo(added.id).unwrap_err();
    assert_eq!(refused.kind(), Kind::NotFound, "what others did is not there");

    seen.sharing_groups().remove(group.id).unwrap();
    let removed = seen.change_sets(1).unwrap()[0].id;
    assert_eq!(seen.undo(removed).unwrap().undone, 1);
    assert_eq!(store.sharing_groups().require(group.id).unwrap().members, group.members);
    assert_eq!(seen.undo(added.id).unwrap().undone, 1);
    assert_eq!(store.sharing_groups().get(group.id).unwrap(), None);
}

#[test]
fn rows_and_listed_change_sets_agree() {
    let store = world();
    let author = of(&[Permission::CommunityAdmin]);
    let seen = store.as_actor(&author);
    seen.sharing_groups().insert(sharing_group(8, "By admin", OWN).build()).unwrap();
    let newest = &seen.change_sets(1).unwrap()[0];
    assert_eq!(seen.change_set(newest.id).unwrap().as_ref(), Some(newest));
    let actor = newest.actor.clone().unwrap();
    assert!(actor.contains(&author.user.to_string()), "{actor}");
}

#[test]
fn erasing_and_pruning_are_for_community_admins() {
    let store = world();
    let (person, now) = (individual_id(NAMED), Timestamp::from_unix(0));
    let seen = store.as_actor(&of(&[Permission::Admin, Permission::OrganisationAdmin]));
    for refused in [
        seen.erase(person).map(drop),
        seen.erase_preview(person).map(drop),
        seen.prune(now).map(drop),
        seen.prune_preview(now).map(drop),
    ] {
        assert_eq!(refused.unwrap_err().kind(), Kind::Denied);
    }
    let community = store.as_actor(&of(&[Permission::CommunityAdmin]));
    assert!(community.erase(person).unwrap().removed);
    let set = &community.change_sets(1).unwrap()[0];
    assert!(set.user().is_some(), "{set:?}");
    community.prune(now).unwrap();
    assert!(store.verify(Reference::FileAlone).unwrap().is_clean());
}

#[test]
fn the_node_key_is_changed_by_site_admins() {
    let store = world();
    for (permission, outcome) in
        [(Permission::CommunityAdmin, Some(Kind::Denied)), (Permission::Admin, None)]
    {
        let seen = store.as_actor(&of(&[permission]));
        let done = seen.rotate_node_key(NodeKey::new([9; 32]), RetiredKeys::Keep);
        assert_eq!(done.err().map(|error| error.kind()), outcome);
    }
}

#[test]
fn what_one_did_is_undone_at_once_and_what_others_did_is_not() {
    let store = world();
    let author = of(&[Permission::OrganisationAdmin]);
    let seen = store.as_actor(&author);
    let before = store.organisations().require(organisation_id(OWN)).unwrap();
    for text in ["one", "two"] {
        let mut team = seen.organisations().require(organisation_id(OWN)).unwrap();
        team.url = Some(text.to_owned());
        seen.organisations().update(team).unwrap();
    }
    let everything = SetFilter::all().by(author.user.to_string());
    assert_eq!(seen.undo_where(&Author::local(), &everything).unwrap().undone, 2);
    let after = store.organisations().require(organisation_id(OWN)).unwrap();
    assert_eq!(after.url, before.url);
    let others = SetFilter::all().of_origin("local");
    let mut stranger = author;
    stranger.user = uuid::Uuid::from_u128(0x99).into();
    let refused = store.as_actor(&stranger).undo_where(&Author::local(), &others).unwrap_err();
    assert_eq!(refused.kind(), Kind::NotFound);
}

#[test]
fn what_may_not_be_undone_is_listed_and_the_rest_is_undone() {
    let store = world();
    let author = of(&[Permission::OrganisationAdmin, Permission::MetaFieldEditor]);
    let seen = store.as_actor(&author);
    let mine = circle(7, "Mine", OWN, &[member(OWN, false)]);
    let before = store.organisations().require(organisation_id(OWN)).unwrap();
    let set = seen
        .transaction(|all| {
            // Of the team, the last change needs a right that goes, the first does not.
            let mut team = all.organisations().require(before.id)?;
            team.url = Some("https://one.example".to_owned());
            team = all.organisations().update(team)?;
            team.meta_fields.clear();
            all.organisations().update(team.clone())?;
            team.url = Some("https://two.example".to_owned());
            all.organisations().update(team)?;
            all.sharing_groups().insert(mine.clone())?;
            let setting = UserSetting::new(author.user, "language", "fr");
            all.user_settings().insert(setting)?;
            Ok(all.change_set())
        })
        .unwrap();
    let written = store.organisations().require(before.id).unwrap();
    let demoted = of(&[Permission::OrganisationAdmin]);
    let report = store.as_actor(&demoted).undo(set).unwrap();
    let [conflict] = report.conflicts.as_slice() else { panic!("{report:?}") };
    assert_eq!((conflict.kind, conflict.id), (EntityKind::Organisation, before.id.uuid()));
    assert!(conflict.reason.contains("`meta_field_editor`"), "{conflict:?}");
    assert_eq!(report.undone, 2);
    assert_eq!(store.organisations().require(before.id).unwrap(), written, "nothing by halves");
    assert_eq!(store.sharing_groups().get(mine.id).unwrap(), None);
    assert_eq!(
        store.user_settings().get(UserSetting::id_of(author.user, "language")).unwrap(),
        None
    );
    let trail = store.changes_of(report.change_set.unwrap()).unwrap();
    assert_eq!(trail.len(), 2, "what was begun again left no trace: {trail:?}");
    assert!(store.verify(Reference::FileAlone).unwrap().is_clean());
    // With the right, the rest goes too.
    let report = seen.undo(set).unwrap();
    assert_eq!(report.undone, 3, "{report:?}");
    let mut after = store.organisations().require(before.id).unwrap();
    assert_eq!((after.url, after.meta_fields.len()), (before.url, before.meta_fields.len()));
    after.meta_fields.retain(|value| !before.meta_fields.contains(value));
    assert_eq!(after.meta_fields, []);
}

#[test]
fn of_a_hidden_record_an_undo_says_that_it_is_not_there() {
    let store = world();
    let author = of(&[Permission::OrganisationAdmin]);
    let seen = store.as_actor(&author);
    let (own, shared) = (organisation_id(OWN), circle(7, "Mine", OWN, &[member(OWN, false)]));
    let set = seen
        .transaction(|all| {
            let mut team = all.organisations().require(own)?;
            team.contacts = Some("very secret".to_owned());
            all.organisations().update(team)?;
            all.sharing_groups().insert(shared.clone())?;
            all.user_settings().insert(UserSetting::new(author.user, "language", "fr"))?;
            Ok(all.change_set())
        })
        .unwrap();
    let mut elsewhere = author.clone();
    elsewhere.organisation = None;
    let report = store.as_actor(&elsewhere).undo(set).unwrap();
    assert_eq!((report.undone, report.conflicts.len()), (1, 2), "{report:?}");
    assert!(report.conflicts.iter().all(|one| one.reason == "it is not there"), "{report:?}");
    let told = format!("{report:?}");
    assert!(!told.contains("secret") && !told.contains("Mine"), "{told}");
    // Just so where it is not there.
    store.sharing_groups().remove(shared.id).unwrap();
    let gone = store.as_actor(&elsewhere).undo(set).unwrap();
    assert!(gone.conflicts.iter().any(|one| one.id == own.uuid()), "{gone:?}");
    assert!(!format!("{gone:?}").contains("secret"));
}

#[test]
fn a_person_comes_back_only_where_one_may_add_people() {
    let store = world();
    let community = of(&[Permission::CommunityAdmin]);
    let seen = store.as_actor(&community);
    let person = individual_id(NAMED);
    let emptied = seen
        .transaction(|all| {
            let mut team = all.organisations().require(organisation_id(OWN))?;
            team.url = Some("https://one.example".to_owned());
            all.organisations().update(team)?;
            all.individuals().remove(person)?;
            Ok(all.change_set())
        })
        .unwrap();
    // Seen whole, and managing another organisation.
    let demoted = of(&[Permission::OrganisationAdmin, Permission::ViewAllOrganisations]);
    let report = store.as_actor(&demoted).undo(emptied).unwrap();
    let of_person = report.conflicts.iter().find(|one| one.id == person.uuid());
    assert!(of_person.unwrap().reason.contains("needed: "), "{report:?}");
    assert_eq!(store.individuals().get(person).unwrap(), None);
    assert_eq!(store.organisations().require(organisation_id(OWN)).unwrap().url, None);
    assert!(seen.undo(emptied).unwrap().undone > 0);
    assert!(store.individuals().get(person).unwrap().is_some());
}

#[test]
fn what_hangs_on_a_record_unseen_keeps_it_from_being_undone() {
    let store = world();
    let author = of(&[Permission::OrganisationAdmin]);
    let seen = store.as_actor(&author);
    let mut rules = UserRules::default();
    rules.several_per_individual = true;
    store.set_user_rules(&rules).unwrap();
    let mut user = new_user(60, 1, Some(OWN));
    user.individual = individual_id(OWN);
    let user = seen.users().insert(user).unwrap();
    let added = seen.change_sets(1).unwrap()[0].id;
    let setting = UserSetting::new(user.id, "theme", "dark");
    store.user_settings().insert(setting.clone()).unwrap();
    let report = seen.undo(added).unwrap();
    assert_eq!(report.conflicts[0].reason, "another record depends on it");
    assert!(store.user_settings().get(setting.id()).unwrap().is_some());
    store.user_settings().remove(setting.id()).unwrap();
    assert_eq!(seen.undo(added).unwrap().undone, 1);
}

#[test]
fn heads_are_exported_by_community_admins() {
    let store = world();
    let head = store.head().unwrap();
    let kind = |error: cerebrate_core::Error| error.kind();
    for permissions in sets(&Permission::ALL) {
        let seen = store.as_actor(&actor(permissions));
        let is_community = permissions.has(Permission::CommunityAdmin);
        let wanted = if is_community { None } else { Some(Kind::Denied) };
        assert_eq!(seen.head().map_err(kind).err(), wanted, "{permissions:?}");
        assert_eq!(seen.reference().map_err(kind).err(), wanted);
        assert_eq!(seen.reference_of(&head).map_err(kind).err(), wanted);
        assert_eq!(seen.verify(Reference::FileAlone).map_err(kind).err(), wanted);
        let is_admin = is_community || permissions.has(Permission::Admin);
        assert_eq!(seen.is_scrub_due().is_ok(), is_admin);
        assert_eq!(seen.retired_node_keys().is_ok(), permissions.has(Permission::Admin));
        for denied in [seen.node_key().map(drop), seen.node_key_id().map(drop)] {
            assert_eq!(denied.map_err(kind), Err(Kind::Denied), "{permissions:?}");
        }
    }
}
