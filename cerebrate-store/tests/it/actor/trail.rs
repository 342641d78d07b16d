//! Who sees which row of the feed, and whose rows are undone.

use cerebrate_core::access::Permission;
use cerebrate_core::audit::chain::Reference;
use cerebrate_core::error::Kind;
use cerebrate_core::model::EntityKind;
use cerebrate_core::node_key::NodeKey;
use cerebrate_core::value::Timestamp;
use cerebrate_store::feed::{Cursor, Payload, SetFilter};
use cerebrate_store::store::{Author, RetiredKeys};
use cerebrate_testkit::builders::{individual_id, organisation_id, sharing_group};

use super::small_world::{NAMED, OWN, circle, member, of, world};

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
    let refused = store.as_actor(&demoted).undo(added.id).unwrap_err();
    assert_eq!(refused.kind(), Kind::Denied);
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
