//! The table of rights, cell by cell: every action, under every set of flags, in every scope.
//!
//! A right is written as the flag that gives it and, behind `@`, the scope it is limited to. `M` is
//! an organisation or group admin, `S` somebody who sees all organisations. In the scope `adm` the
//! record belongs to an organisation of a group that the actor is to administer.

use std::collections::BTreeSet;

use super::*;
use crate::id::{IndividualId, OrganisationId, UserId};
use crate::model::Member;
use uuid::Uuid;

const OWN: OrganisationId = OrganisationId::new(Uuid::from_u128(1));
const ADMINISTERED: OrganisationId = OrganisationId::new(Uuid::from_u128(2));
const OTHER: OrganisationId = OrganisationId::new(Uuid::from_u128(3));
const ME: IndividualId = IndividualId::new(Uuid::from_u128(11));
const SOMEBODY: IndividualId = IndividualId::new(Uuid::from_u128(12));
const MY_USER: UserId = UserId::new(Uuid::from_u128(21));
const SOME_USER: UserId = UserId::new(Uuid::from_u128(22));

/// What a record has to do with the actor.
const SCOPES: [(&str, OrganisationId); 3] = [("own", OWN), ("adm", ADMINISTERED), ("other", OTHER)];

fn actor(permissions: Permissions) -> Actor {
    let mut actor = Actor::new(MY_USER, ME, Some(OWN), permissions);
    actor.administered = BTreeSet::from([ADMINISTERED]);
    actor
}

fn every_set_of_flags() -> impl Iterator<Item = Permissions> {
    (0..128_u32).map(|bits| {
        let chosen = Permission::ALL.into_iter().enumerate();
        chosen.filter(|(place, _)| bits >> place & 1 == 1).map(|(_, one)| one).collect()
    })
}

/// Whether one of the rights holds: `CA | OA@own | GA@adm`.
fn holds(rights: &str, flags: Permissions, scope: &str) -> bool {
    rights.split('|').map(str::trim).filter(|right| !right.is_empty()).any(|right| {
        let (flag, limit) = right.split_once('@').unwrap_or((right, scope));
        let granted = match flag {
            "" | "all" => true,
            "A" => flags.has(Permission::Admin),
            "CA" => flags.has(Permission::CommunityAdmin),
            "GA" => flags.has(Permission::GroupAdmin),
            "OA" => flags.has(Permission::OrganisationAdmin),
            "SY" => flags.has(Permission::Sync),
            "V" => flags.has(Permission::ViewAllOrganisations),
            "M" => holds("OA | GA", flags, scope),
            "S" => holds("A | CA | V", flags, scope),
            other => panic!("no such flag: {other}"),
        };
        granted && limit == scope
    })
}

/// What is asked, and who may. The scope of a person is where the person works.
type Row = (Action, &'static str);

/// A kind of record: who sees it, and who may do what with it.
struct Table {
    name: &'static str,
    see: &'static str,
    rows: &'static [Row],
}

/// Who manages people and users of an organisation.
const PEOPLE: &str = "CA | M@own | GA@adm";

const TABLES: [Table; 8] = [
    Table {
        name: "organisation",
        see: "S | all@own | GA@adm",
        rows: &[
            (Action::Add, "CA"),
            (Action::Delete, "CA"),
            (Action::ChangeId, "CA"),
            (Action::Edit, "CA | OA@own | GA@adm"),
            (Action::Tag, "CA | OA@own | GA@adm"),
        ],
    },
    Table {
        name: "person",
        see: "S | all@own | GA@adm",
        rows: &[
            (Action::Add, PEOPLE),
            (Action::Edit, PEOPLE),
            (Action::Tag, PEOPLE),
            (Action::Delete, "CA"),
            (Action::ChangeId, ""),
        ],
    },
    Table {
        name: "alignment",
        see: "S | all@own | GA@adm",
        rows: &[
            (Action::Add, "CA | OA@own | GA@adm"),
            (Action::Edit, "CA | OA@own | GA@adm"),
            (Action::Delete, "CA | OA@own | GA@adm"),
        ],
    },
    Table {
        name: "sharing group",
        see: "CA | all@own | GA@adm",
        rows: &[
            (Action::Add, "CA | M@own"),
            (Action::Edit, PEOPLE),
            (Action::Delete, PEOPLE),
            (Action::AddMember, PEOPLE),
            (Action::RemoveMember, PEOPLE),
            (Action::ChangeId, ""),
        ],
    },
    Table {
        name: "key of an organisation",
        see: "S | all@own | GA@adm",
        rows: &[
            (Action::Add, "CA | OA@own"),
            (Action::Edit, "CA | OA@own"),
            (Action::Delete, "CA | OA@own"),
        ],
    },
    Table {
        name: "key of a person",
        see: "S | all@own | GA@adm",
        rows: &[
            (Action::Add, "CA | OA@own"),
            (Action::Edit, "CA | OA@own"),
            (Action::Delete, "CA | OA@own"),
        ],
    },
    Table {
        name: "user",
        see: PEOPLE,
        rows: &[
            (Action::Add, PEOPLE),
            (Action::Edit, PEOPLE),
            (Action::Disable, PEOPLE),
            (Action::Delete, PEOPLE),
            (Action::ChangePassword, PEOPLE),
            (Action::Assign(Permissions::NONE), PEOPLE),
        ],
    },
    Table {
        name: "auth key",
        see: PEOPLE,
        rows: &[(Action::Add, PEOPLE), (Action::Edit, PEOPLE), (Action::Delete, PEOPLE)],
    },
];

fn verdict_of(actor: &Actor, action: Action, name: &str, organisation: OrganisationId) -> Verdict {
    let body = Body::new(organisation);
    let aligned = [organisation];
    let person = Person { id: SOMEBODY, aligned: &aligned, users: &[] };
    let account = Account {
        id: SOME_USER,
        organisation: Some(organisation),
        permissions: Permissions::NONE,
        enabled: true,
    };
    let resource = match name {
        "organisation" => Resource::Organisation(body),
        "person" => Resource::Individual(person),
        "alignment" => Resource::Alignment(person, body),
        "sharing group" => Resource::SharingGroup(Circle { owner: organisation, members: &[] }),
        "key of an organisation" => Resource::EncryptionKey(Holder::Organisation(body)),
        "key of a person" => Resource::EncryptionKey(Holder::Individual(person)),
        "user" => Resource::User(account),
        _ => Resource::AuthKey(account),
    };
    may(actor, action, &resource)
}

fn assert_cell(verdict: Verdict, sees: bool, allowed: bool, action: Action, cell: &str) {
    match verdict {
        Verdict::Allowed => assert!(allowed && (sees || action == Action::Add), "{cell}"),
        Verdict::Refused(Reason::Hidden) => assert!(!sees, "{cell}"),
        Verdict::Refused(Reason::Needs(rights)) => {
            assert!(!allowed && !rights.is_empty(), "{cell}: {rights:?}");
        }
        Verdict::Refused(reason) => assert!(!allowed, "{cell}: {reason}"),
    }
}

#[test]
fn what_belongs_to_an_organisation_cell_by_cell() {
    let mut cells = 0;
    for table in TABLES {
        for flags in every_set_of_flags() {
            let actor = actor(flags);
            for (scope, organisation) in SCOPES {
                let sees = holds(table.see, flags, scope);
                let name = table.name;
                let cell = format!("{name} {scope} {flags:?}");
                let verdict = verdict_of(&actor, Action::See, name, organisation);
                assert_eq!(verdict.is_allowed(), sees, "see {cell}");
                for (action, rights) in table.rows {
                    let allowed = holds(rights, flags, scope);
                    let verdict = verdict_of(&actor, *action, name, organisation);
                    // An alignment that is made has ends that are there already.
                    let hidden = name == "alignment" && *action == Action::Add && !sees;
                    if hidden {
                        assert_eq!(verdict, Verdict::Refused(Reason::Hidden), "{cell}");
                    } else {
                        let cell = format!("{action:?} {cell}");
                        assert_cell(verdict, sees, allowed, *action, &cell);
                    }
                    cells += 1;
                }
            }
        }
    }
    assert!(cells > 10_000, "{cells}");
}

#[test]
fn what_belongs_to_nobody_cell_by_cell() {
    let all = [Action::Add, Action::Edit, Action::Delete];
    let tables: [(&str, Resource<'_>, &str, [&str; 3]); 12] = [
        ("role", Resource::Role(Permissions::NONE), "all", ["CA"; 3]),
        ("tag", Resource::Tag, "all", ["CA | M", "CA", "CA"]),
        ("enumeration", Resource::EnumerationCollection, "all", ["CA"; 3]),
        ("organisation group", Resource::OrganisationGroup, "all", ["CA"; 3]),
        ("limitation", Resource::PermissionLimitation, "all", ["A"; 3]),
        ("meta-template", Resource::MetaTemplate, "all", ["A"; 3]),
        ("brood", Resource::Brood, "CA", ["CA"; 3]),
        ("local tool", Resource::LocalTool, "A | CA", ["A"; 3]),
        ("inbox", Resource::InboxMessage, "CA", ["CA | SY", "", "CA"]),
        ("outbox", Resource::OutboxMessage, "A", ["A"; 3]),
        ("setting", Resource::Setting, "A", ["A"; 3]),
        ("mailing list of nobody", Resource::MailingList(None, &[]), "CA", ["CA | M", "CA", "CA"]),
    ];
    for (name, resource, see, rights) in tables {
        for flags in every_set_of_flags() {
            let actor = actor(flags);
            let sees = holds(see, flags, "");
            let cell = format!("{name} {flags:?}");
            assert_eq!(sight(&actor, &resource) == Sight::Full, sees, "see {cell}");
            for (action, rights) in all.into_iter().zip(rights) {
                let verdict = may(&actor, action, &resource);
                let cell = format!("{action:?} {cell}");
                assert_cell(verdict, sees, holds(rights, flags, ""), action, &cell);
            }
        }
    }
}

#[test]
fn what_is_ones_own() {
    for flags in every_set_of_flags() {
        let actor = actor(flags);
        let mine = Account { id: MY_USER, organisation: None, permissions: flags, enabled: true };
        let accounts = [mine];
        let me = Person { id: ME, aligned: &[OTHER], users: &accounts };
        let allowed = |action, resource: &Resource<'_>| may(&actor, action, resource).is_allowed();
        let community = flags.has(Permission::CommunityAdmin);
        let editor = flags.has(Permission::MetaFieldEditor);
        assert!(allowed(Action::Edit, &Resource::Individual(me)));
        assert_eq!(allowed(Action::Tag, &Resource::Individual(me)), community);
        assert_eq!(allowed(Action::EditMetaFields, &Resource::Individual(me)), editor);
        assert!(!allowed(Action::Delete, &Resource::Individual(me)), "it has a user");
        for action in [Action::Add, Action::Edit, Action::Delete] {
            assert!(allowed(action, &Resource::EncryptionKey(Holder::Individual(me))));
            assert!(allowed(action, &Resource::AuthKey(mine)));
            assert!(allowed(action, &Resource::UserSetting(MY_USER)));
            assert_eq!(allowed(action, &Resource::UserSetting(SOME_USER)), community);
        }
        assert!(allowed(Action::See, &Resource::User(mine)));
        assert!(allowed(Action::ChangePassword, &Resource::User(mine)));
        assert_eq!(allowed(Action::Edit, &Resource::User(mine)), community);
        let list = Resource::MailingList(Some(MY_USER), &[]);
        assert!(allowed(Action::AddMember, &list) && allowed(Action::Delete, &list));
        let listed = Resource::MailingList(Some(SOME_USER), &[ME]);
        assert!(allowed(Action::See, &listed));
        assert_eq!(allowed(Action::Edit, &listed), community);
        let hidden = Resource::Organisation(Body::new(OTHER));
        let row = |author| Resource::AuditRow(&hidden, author);
        assert!(allowed(Action::See, &row(Some(MY_USER))));
        assert_eq!(allowed(Action::See, &row(Some(SOME_USER))), community);
        assert_eq!(allowed(Action::See, &row(None)), community);
    }
}

#[test]
fn nobody_grants_what_they_do_not_hold() {
    for flags in every_set_of_flags() {
        let actor = actor(flags);
        for granted in every_set_of_flags() {
            let account = Account {
                id: SOME_USER,
                organisation: Some(OWN),
                permissions: granted,
                enabled: true,
            };
            let allowed =
                |action, resource: &Resource<'_>| may(&actor, action, resource).is_allowed();
            let manages = holds("CA | M", flags, "own");
            let community = flags.has(Permission::CommunityAdmin);
            let within = granted.is_within(flags);
            let user = Resource::User(account);
            assert_eq!(allowed(Action::Add, &user), manages && within);
            assert_eq!(allowed(Action::ChangePassword, &user), manages && within);
            assert_eq!(allowed(Action::Edit, &user), manages && within);
            for action in [Action::Disable, Action::Delete] {
                assert_eq!(allowed(action, &user), community || (manages && within));
            }
            let plain = Resource::User(Account { permissions: Permissions::NONE, ..account });
            assert_eq!(allowed(Action::Assign(granted), &plain), manages && within);
            assert_eq!(allowed(Action::Assign(granted), &user), community || (manages && within));
            let below = !holds("A | CA | GA | OA", granted, "");
            let key = Resource::AuthKey(account);
            let makes = manages && within && (community || below);
            assert_eq!(allowed(Action::Add, &key), makes, "{flags:?} {granted:?}");
            assert_eq!(allowed(Action::Delete, &key), community || makes);
            let role = Resource::Role(granted);
            assert_eq!(allowed(Action::Add, &role), community && within);
            assert_eq!(allowed(Action::Delete, &role), community && within);
            let nothing = Resource::Role(Permissions::NONE);
            assert_eq!(allowed(Action::Assign(granted), &nothing), community && within);
            assert_eq!(allowed(Action::Assign(Permissions::NONE), &role), community && within);
            let accounts = [Account { organisation: None, ..account }];
            let person = Person { id: SOMEBODY, aligned: &[OWN], users: &accounts };
            let edits = community || (manages && within);
            assert_eq!(allowed(Action::Edit, &Resource::Individual(person)), edits);
        }
    }
}

/// Holding a right that a refusal names has to help.
#[test]
fn a_refusal_names_no_right_that_is_held() {
    for flags in every_set_of_flags() {
        let actor = actor(flags);
        let mut refusals = Vec::new();
        for (_, organisation) in SCOPES {
            for table in TABLES {
                for (action, _) in table.rows {
                    let verdict = verdict_of(&actor, *action, table.name, organisation);
                    refusals.push((verdict, organisation));
                }
            }
            let account = Account {
                id: SOME_USER,
                organisation: Some(organisation),
                permissions: Permissions::NONE.with(Permission::OrganisationAdmin),
                enabled: true,
            };
            for resource in [Resource::User(account), Resource::AuthKey(account)] {
                let verdict = may(&actor, Action::Edit, &resource);
                refusals.push((verdict, organisation));
            }
        }
        for (verdict, organisation) in refusals {
            match verdict {
                Verdict::Refused(Reason::Needs(rights)) => {
                    for right in rights {
                        let held = match right {
                            Right::Any(permission) => flags.has(*permission),
                            Right::Over(Permission::GroupAdmin) => {
                                flags.has(Permission::GroupAdmin) && organisation == ADMINISTERED
                            }
                            Right::Over(permission) | Right::ActingFor(permission) => {
                                flags.has(*permission) && organisation == OWN
                            }
                            Right::Own | Right::Extend => false,
                        };
                        assert!(!held, "{right} {flags:?} {organisation}");
                    }
                }
                Verdict::Refused(Reason::Beyond(permissions)) => {
                    assert!(permissions.iter().all(|one| !flags.has(one)), "{flags:?}");
                }
                _ => {}
            }
        }
    }
}

#[test]
fn what_a_hidden_user_holds_is_not_told() {
    let admin = actor(Permissions::NONE.with(Permission::OrganisationAdmin));
    let refused = |organisation| {
        let accounts = [Account {
            id: SOME_USER,
            organisation: Some(organisation),
            permissions: Permissions::NONE.with(Permission::Sync),
            enabled: true,
        }];
        let person = Person { id: SOMEBODY, aligned: &[OWN], users: &accounts };
        let verdict = may(&admin, Action::Edit, &Resource::Individual(person));
        verdict.ok("edit individual").unwrap_err()
    };
    assert!(format!("{:?}", refused(OWN)).contains("`sync`"), "it is seen");
    let hidden = refused(OTHER);
    assert_eq!(hidden.kind(), crate::Kind::Denied);
    let told = format!("{hidden:?}");
    assert!(told.contains("the person has a user with more rights"), "{told}");
    assert!(!told.contains("sync"), "{told}");
}

#[test]
fn meta_fields_take_a_permission_of_their_own() {
    for flags in every_set_of_flags() {
        let actor = actor(flags);
        for (scope, organisation) in SCOPES {
            for name in ["organisation", "person", "user"] {
                let edit = verdict_of(&actor, Action::Edit, name, organisation);
                let values = verdict_of(&actor, Action::EditMetaFields, name, organisation);
                let editor = flags.has(Permission::MetaFieldEditor);
                assert_eq!(values.is_allowed(), edit.is_allowed() && editor, "{name} {scope}");
            }
        }
    }
}

#[test]
fn a_member_that_may_extend_adds_and_does_not_remove() {
    let member = |organisation, extend| Member { organisation, extend };
    for flags in every_set_of_flags() {
        let actor = actor(flags);
        for (extend, organisation) in [(true, OWN), (false, OWN), (true, ADMINISTERED)] {
            let members = [member(organisation, extend)];
            let group = Resource::SharingGroup(Circle { owner: OTHER, members: &members });
            let community = flags.has(Permission::CommunityAdmin);
            let scope = if organisation == OWN { "own" } else { "adm" };
            let belongs = holds("all@own | GA@adm", flags, scope);
            let sees = may(&actor, Action::See, &group).is_allowed();
            assert_eq!(sees, holds("CA | all@own | GA@adm", flags, scope));
            let adds = may(&actor, Action::AddMember, &group).is_allowed();
            assert_eq!(adds, community || (extend && belongs), "{flags:?}");
            assert_eq!(may(&actor, Action::RemoveMember, &group).is_allowed(), community);
            assert_eq!(may(&actor, Action::Edit, &group).is_allowed(), community);
        }
    }
}

#[test]
fn an_organisation_that_a_visible_group_names_is_thin() {
    for flags in every_set_of_flags() {
        let named = Resource::Organisation(Body { id: OTHER, named: true });
        let expected = if holds("S", flags, "") { Sight::Full } else { Sight::Thin };
        assert_eq!(sight(&actor(flags), &named), expected);
        assert_eq!(grounds(&actor(flags), &named).last(), Some(&Ground::Named));
        let key = Resource::EncryptionKey(Holder::Organisation(Body { id: OTHER, named: true }));
        assert_eq!(sight(&actor(flags), &key) == Sight::Full, holds("S", flags, ""));
        let edit = may(&actor(flags), Action::Edit, &named);
        assert_ne!(edit, Verdict::Refused(Reason::Hidden), "it is not hidden");
    }
}

#[test]
fn an_enabled_user_in_the_own_set_makes_a_person_one_of_the_own() {
    let admin = actor(Permissions::NONE.with(Permission::OrganisationAdmin));
    let account = |enabled| Account {
        id: SOME_USER,
        organisation: Some(OWN),
        permissions: Permissions::NONE,
        enabled,
    };
    let mut admin_who_sees = admin.clone();
    admin_who_sees.permissions = admin.permissions.with(Permission::ViewAllOrganisations);
    for enabled in [true, false] {
        let accounts = [account(enabled)];
        let person = Resource::Individual(Person { id: SOMEBODY, aligned: &[], users: &accounts });
        assert_eq!(may(&admin_who_sees, Action::Edit, &person).is_allowed(), enabled);
    }
}

#[test]
fn an_actor_without_organisation_has_no_own_set() {
    for flags in every_set_of_flags() {
        let nobody = Actor::new(MY_USER, ME, None, flags);
        assert!(nobody.own_set().is_empty());
        let organisation = Resource::Organisation(Body::new(OWN));
        let sees = may(&nobody, Action::See, &organisation).is_allowed();
        assert_eq!(sees, holds("S", flags, ""));
        let homeless = Account {
            id: SOME_USER,
            organisation: None,
            permissions: Permissions::NONE,
            enabled: true,
        };
        let edits = may(&nobody, Action::Edit, &Resource::User(homeless)).is_allowed();
        assert_eq!(edits, flags.has(Permission::CommunityAdmin));
    }
}

#[test]
fn the_filter_and_the_question_agree() {
    for flags in every_set_of_flags() {
        let actor = actor(flags);
        for (_, organisation) in SCOPES {
            for (individual, user) in [(SOMEBODY, SOME_USER), (ME, MY_USER)] {
                for granted in [Permissions::NONE, Permissions::NONE.with(Permission::Sync), flags]
                {
                    let account = Account {
                        id: user,
                        organisation: Some(organisation),
                        permissions: granted,
                        enabled: true,
                    };
                    let aligned = [organisation];
                    let person = Person { id: individual, aligned: &aligned, users: &[] };
                    let individuals = [individual];
                    let circle = Circle { owner: organisation, members: &[] };
                    let body = Body::new(organisation);
                    let covered = |sort: Sort, through: bool, own: bool| match visible(&actor, sort)
                    {
                        Visible::All => true,
                        Visible::Only(anchors) => {
                            let within = anchors.at_most.is_none_or(|most| granted.is_within(most));
                            (through && within && anchors.organisations.contains(&organisation))
                                || (own && anchors.individual == Some(individual))
                                || (own && anchors.user == Some(user))
                        }
                    };
                    let list = Resource::MailingList(Some(user), &individuals);
                    for (sort, resource, through, own) in [
                        (Sort::Organisation, Resource::Organisation(body), true, false),
                        (Sort::Individual, Resource::Individual(person), true, true),
                        (Sort::SharingGroup, Resource::SharingGroup(circle), true, false),
                        (Sort::User, Resource::User(account), true, true),
                        (Sort::AuthKey, Resource::AuthKey(account), true, true),
                        (Sort::UserSetting, Resource::UserSetting(user), false, true),
                        (Sort::MailingList, list, false, true),
                        (Sort::Common, Resource::Tag, false, false),
                        (Sort::Brood, Resource::Brood, false, false),
                        (Sort::LocalTool, Resource::LocalTool, false, false),
                        (Sort::InboxMessage, Resource::InboxMessage, false, false),
                        (Sort::OutboxMessage, Resource::OutboxMessage, false, false),
                        (Sort::Setting, Resource::Setting, false, false),
                    ] {
                        let sees = sight(&actor, &resource) == Sight::Full;
                        assert_eq!(!grounds(&actor, &resource).is_empty(), sees, "{resource:?}");
                        let row = Resource::AuditRow(&resource, Some(user));
                        let sees_row = sight(&actor, &row) == Sight::Full;
                        assert_eq!(!grounds(&actor, &row).is_empty(), sees_row, "{row:?}");
                        assert_eq!(covered(sort, through, own), sees, "{sort:?} {flags:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn the_reasons_are_those_that_hold() {
    let mut actor = actor(Permissions::NONE.with(Permission::GroupAdmin));
    let member = |organisation| Member { organisation, extend: false };
    let members = [member(OWN), member(OTHER), member(ADMINISTERED)];
    let group = Resource::SharingGroup(Circle { owner: ADMINISTERED, members: &members });
    let expected = [
        Ground::AdministeredOwner(ADMINISTERED),
        Ground::Member(OWN),
        Ground::AdministeredMember(ADMINISTERED),
    ];
    assert_eq!(grounds(&actor, &group), expected);
    let person = Person { id: ME, aligned: &[OWN, OTHER, ADMINISTERED], users: &[] };
    let expected = [Ground::Oneself, Ground::Own(OWN), Ground::Administered(ADMINISTERED)];
    assert_eq!(grounds(&actor, &Resource::Individual(person)), expected);
    let hidden = Resource::Alignment(person, Body::new(OTHER));
    assert_eq!(grounds(&actor, &hidden), []);
    actor.permissions = Permissions::all();
    let seen = grounds(&actor, &hidden);
    assert_eq!(seen.first(), Some(&Ground::Role(Permission::Admin)));
    assert_eq!(
        Ground::Member(OWN).to_string(),
        "the organisation is a member of the sharing group"
    );
}

#[test]
fn a_refusal_names_the_right_and_not_the_record() {
    let nobody = actor(Permissions::NONE);
    let own = Resource::Organisation(Body::new(OWN));
    let refused = may(&nobody, Action::Edit, &own).ok("edit organisation").unwrap_err();
    assert_eq!(refused.kind(), crate::Kind::Denied);
    let needed = refused.context().find(|(key, _)| *key == "needed").map(|(_, value)| value);
    assert_eq!(
        needed,
        Some(
            "`community_admin`, or `organisation_admin` of its organisation, or `group_admin` of \
             a group that holds its organisation"
        )
    );
    let hidden = Resource::Organisation(Body::new(OTHER));
    let refused = may(&nobody, Action::Edit, &hidden).ok("edit organisation").unwrap_err();
    assert_eq!(refused.kind(), crate::Kind::NotFound);
    assert_eq!(refused.context().count(), 0);
}
