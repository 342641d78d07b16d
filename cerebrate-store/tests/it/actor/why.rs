//! Why somebody sees a record, or why not.

use cerebrate_core::access::{Permission, Sight};
use cerebrate_core::error::Kind;
use cerebrate_core::model::EntityKind;
use cerebrate_store::sight::Onlooker;
use cerebrate_testkit::any::AnyRecords;
use cerebrate_testkit::builders::{organisation_id, sharing_group};

use super::small_world::{NAMED, OTHER, OWN, actor, expected, of, sets, user_id, world};

#[test]
fn an_explanation_agrees_with_what_is_seen() {
    let store = world();
    for permissions in sets(&Permission::ALL) {
        let actor = actor(permissions);
        for kind in EntityKind::ALL {
            for record in store.all_any(kind).unwrap().iter().take(12) {
                let why = store.explain(Onlooker::User(&actor), kind, record.id()).unwrap();
                let sight = expected(&store, &actor, record);
                assert_eq!(why.visible, sight != Sight::Hidden, "{why:?} {actor:?}");
                assert_eq!(why.thin, sight == Sight::Thin, "{why:?} {actor:?}");
                assert!(!why.because.is_empty(), "{why:?}");
            }
        }
    }
}

#[test]
fn an_organisation_that_left_a_group_is_told_so() {
    let store = world();
    let group = sharing_group(4, "x", NAMED).build().id;
    let own = Onlooker::Organisation(organisation_id(OWN));
    let kind = EntityKind::SharingGroup;
    let why = store.explain(own, kind, group.uuid()).unwrap();
    assert_eq!(
        why.to_string(),
        "visible, because the organisation is a member of the sharing group"
    );
    let admin = store.as_actor(&of(&[Permission::CommunityAdmin]));
    let mut shrunk = admin.sharing_groups().require(group).unwrap();
    shrunk.members.retain(|one| one.organisation != organisation_id(OWN));
    admin.sharing_groups().update(shrunk).unwrap();
    let why = store.explain(own, kind, group.uuid()).unwrap();
    assert!(!why.visible);
    assert!(why.because.iter().any(|one| one.starts_with("it was a member until")), "{why:?}");
}

#[test]
fn whoever_asks_has_to_see_the_record() {
    let store = world();
    let whole = of(&[Permission::CommunityAdmin]);
    let asked = store.as_actor(&of(&[]));
    let hidden = organisation_id(OTHER).uuid();
    let refused = asked.explain(Onlooker::User(&whole), EntityKind::Organisation, hidden);
    assert_eq!(refused.unwrap_err().kind(), Kind::NotFound);
    let own = organisation_id(OWN).uuid();
    let told = asked.explain(Onlooker::User(&whole), EntityKind::Organisation, own).unwrap();
    assert!(told.visible);
}

#[test]
fn what_is_missing_is_said() {
    let store = world();
    let mut actor = of(&[]);
    let id = organisation_id(OTHER).uuid();
    let why = store.explain(Onlooker::User(&actor), EntityKind::Organisation, id).unwrap();
    assert_eq!(
        why.because.last().unwrap(),
        "the role grants none of `admin`, `community_admin`, `view_all_organisations`"
    );
    assert!(why.because.iter().any(|one| one.contains("`group_admin`")), "{why:?}");
    actor.organisation = None;
    let why = store.explain(Onlooker::User(&actor), EntityKind::Organisation, id).unwrap();
    assert!(why.because.iter().any(|one| one.contains("no organisation")), "{why:?}");
}

#[test]
fn nobody_is_told_what_others_see_and_they_do_not() {
    let store = world();
    let own = organisation_id(OWN).uuid();
    let ask = |permissions: &[Permission], who: Onlooker<'_>| {
        let asked = store.as_actor(&of(permissions));
        asked.explain(who, EntityKind::Organisation, own).map_err(|error| error.kind())
    };
    let mut another = of(&[]);
    another.user = uuid::Uuid::from_u128(0x99).into();
    assert!(ask(&[], Onlooker::User(&another)).unwrap().visible, "whoever sees no more");
    another.organisation = Some(organisation_id(OTHER));
    assert_eq!(ask(&[], Onlooker::User(&another)), Err(Kind::Denied));
    assert!(ask(&[], Onlooker::Organisation(organisation_id(OWN))).unwrap().visible);
    let other = Onlooker::Organisation(organisation_id(OTHER));
    assert_eq!(ask(&[Permission::OrganisationAdmin], other), Err(Kind::Denied));
    assert!(ask(&[Permission::CommunityAdmin], other).is_ok());
    another.permissions = another.permissions.with(Permission::ViewAllOrganisations);
    another.organisation = Some(organisation_id(OWN));
    assert_eq!(ask(&[], Onlooker::User(&another)), Err(Kind::Denied));
}

#[test]
fn what_would_show_a_user_is_said() {
    let store = world();
    let why = |permissions: &[Permission]| {
        let actor = of(permissions);
        let user = user_id(OTHER).into();
        let why = store.explain(Onlooker::User(&actor), EntityKind::User, user).unwrap();
        assert!(!why.visible);
        why.because.join("\n")
    };
    for permission in ["`organisation_admin`", "`group_admin`", "`community_admin`"] {
        assert!(why(&[]).contains(permission), "{}", why(&[]));
    }
    let manager = why(&[Permission::OrganisationAdmin]);
    assert!(!manager.contains("`organisation_admin`"), "{manager}");
}

#[test]
fn a_group_of_an_administered_organisation_is_told_so() {
    let store = world();
    let actor = of(&[Permission::GroupAdmin]);
    let group = store.sharing_groups().find().name("Administered").all().unwrap().remove(0);
    let why = store.explain(Onlooker::User(&actor), EntityKind::SharingGroup, group.id.into());
    let expected = ["an organisation of an administered group is a member of the sharing group"];
    assert_eq!(why.unwrap().because, expected);
}
