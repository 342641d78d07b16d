//! Every write, under every role, in every scope: the store does what `may` allows, and no more.

use cerebrate_core::access::{Action, Actor, Permission, Permissions, Reason, Sight, Verdict, may};
use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::model::{
    Alignment, Entity, EntityKind, MailingList, Member, Organisation, Owner, Recipient, Record, Tag,
};
use cerebrate_store::Store;
use cerebrate_store::store::{Outcome, Transaction};
use cerebrate_testkit::any::AnyRecords;
use cerebrate_testkit::builders::{
    constituency, encryption_key, enumeration, individual_id, mailing_list, organisation,
    organisation_group, organisation_id, tag,
};

use super::small_world::{
    ADMINISTERED, BETWEEN, ME, NAMED, ORGANISATIONS, OTHER, OWN, actor, circle, expected,
    key_of_person, member, of, registration, role_id, sets, undelivered, user_id, with_resource,
    world,
};

/// Does something and takes it back; answers how it ended.
pub(super) fn attempt<T>(
    store: &Store,
    work: impl FnOnce(&Transaction<'_>) -> Result<T>,
) -> Result<(), Error> {
    const BACK: &str = "take back";
    let done = store.transaction(|transaction| -> Result<()> {
        work(transaction)?;
        Err(Error::new(Kind::Cancelled, BACK, BACK))
    });
    match done {
        Err(error) if error.message() == BACK => Ok(()),
        other => other,
    }
}

fn assert_agrees(verdict: Verdict, done: &Result<(), Error>, cell: &str) {
    let kind = done.as_ref().err().map(Error::kind);
    let wanted = match verdict {
        Verdict::Allowed => None,
        Verdict::Refused(Reason::Hidden) => Some(Kind::NotFound),
        Verdict::Refused(Reason::Blocked(_)) => Some(Kind::Conflict),
        Verdict::Refused(_) => Some(Kind::Denied),
    };
    assert_eq!(kind, wanted, "{cell}: {done:?}");
    if let (Err(error), Some(Kind::Denied)) = (done, wanted) {
        assert!(error.context().any(|(key, _)| key == "needed"), "{cell}: {error:?}");
    }
}

/// A way to change a record, and the action that it is.
type Edit = (Action, fn(&mut Record));

#[expect(clippy::too_many_lines, reason = "a table: each kind of record with its edits")]
fn edits(record: &Record) -> Vec<Edit> {
    let mut edits: Vec<Edit> = Vec::new();
    let mut add = |action, edit: fn(&mut Record)| edits.push((action, edit));
    match record {
        Record::Organisation(_) => {
            add(Action::Edit, |record| {
                let Record::Organisation(team) = record else { return };
                team.url = Some("https://example.lu".to_owned());
            });
            add(Action::Edit, |record| {
                let Record::Organisation(team) = record else { return };
                team.name = "Renamed".parse().unwrap();
            });
            add(Action::Tag, |record| {
                let Record::Organisation(team) = record else { return };
                team.tags = vec![tag("brand new")];
            });
            add(Action::Tag, |record| {
                let Record::Organisation(team) = record else { return };
                team.tags.clear();
            });
            add(Action::EditMetaFields, |record| {
                let Record::Organisation(team) = record else { return };
                team.meta_fields.push(constituency("Domain", "example.lu"));
            });
            add(Action::EditMetaFields, |record| {
                let Record::Organisation(team) = record else { return };
                team.meta_fields.clear();
            });
        }
        Record::Individual(_) => {
            add(Action::Edit, |record| {
                let Record::Individual(person) = record else { return };
                person.position = Some("analyst".to_owned());
            });
            add(Action::Tag, |record| {
                let Record::Individual(person) = record else { return };
                person.tags = vec![tag("team")];
            });
            add(Action::EditMetaFields, |record| {
                let Record::Individual(person) = record else { return };
                person.meta_fields.push(constituency("Domain", "example.lu"));
            });
        }
        Record::SharingGroup(_) => {
            add(Action::Edit, |record| {
                let Record::SharingGroup(group) = record else { return };
                "anybody".clone_into(&mut group.releasability);
            });
            add(Action::Edit, |record| {
                let Record::SharingGroup(group) = record else { return };
                group.active = false;
            });
            add(Action::Edit, |record| {
                let Record::SharingGroup(group) = record else { return };
                group.members.iter_mut().for_each(|member| member.extend = !member.extend);
            });
            add(Action::RemoveMember, |record| {
                let Record::SharingGroup(group) = record else { return };
                group.members.pop();
            });
        }
        Record::EncryptionKey(_) => add(Action::Edit, |record| {
            let Record::EncryptionKey(key) = record else { return };
            key.revoked = true;
        }),
        Record::MailingList(_) => {
            add(Action::Edit, |record| {
                let Record::MailingList(list) = record else { return };
                list.description = Some("people".to_owned());
            });
            add(Action::Edit, |record| {
                let Record::MailingList(list) = record else { return };
                list.active = true;
            });
            add(Action::RemoveMember, |record| {
                let Record::MailingList(list) = record else { return };
                list.individuals.pop();
            });
        }
        Record::OrganisationGroup(_) => {
            add(Action::Edit, |record| {
                let Record::OrganisationGroup(group) = record else { return };
                group.description = Some("all".to_owned());
            });
            add(Action::Tag, |record| {
                let Record::OrganisationGroup(group) = record else { return };
                group.tags = vec![tag("team")];
            });
        }
        Record::User(_) => {
            add(Action::Disable, |record| {
                let Record::User(user) = record else { return };
                user.disabled = true;
            });
            add(Action::Edit, |record| {
                let Record::User(user) = record else { return };
                user.username = "renamed".parse().unwrap();
            });
            add(Action::EditMetaFields, |record| {
                let Record::User(user) = record else { return };
                user.meta_fields.push(constituency("Domain", "example.lu"));
            });
            add(Action::Assign(Permissions::all()), |record| {
                let Record::User(user) = record else { return };
                user.role = role_id(4);
            });
            add(Action::Assign(Permissions::NONE), |record| {
                let Record::User(user) = record else { return };
                user.role = role_id(1);
            });
        }
        Record::AuthKey(_) => add(Action::Edit, |record| {
            let Record::AuthKey(key) = record else { return };
            key.comment = Some("nightly".to_owned());
        }),
        Record::UserSetting(_) => add(Action::Edit, |record| {
            let Record::UserSetting(setting) = record else { return };
            "light".clone_into(&mut setting.value);
        }),
        Record::Role(_) => {
            add(Action::Edit, |record| {
                let Record::Role(role) = record else { return };
                role.name = "Renamed".parse().unwrap();
            });
            add(Action::Assign(Permissions::all()), |record| {
                let Record::Role(role) = record else { return };
                role.permissions = Permissions::all();
            });
            add(Action::Assign(Permissions::NONE), |record| {
                let Record::Role(role) = record else { return };
                role.permissions = Permissions::NONE;
            });
        }
        Record::PermissionLimitation(_) => add(Action::Edit, |record| {
            let Record::PermissionLimitation(limitation) = record else { return };
            limitation.comment = Some("enough".to_owned());
        }),
        Record::InboxMessage(_) => add(Action::Edit, |record| {
            let Record::InboxMessage(message) = record else { return };
            message.message = Some("changed".to_owned());
        }),
        Record::OutboxMessage(_) => add(Action::Edit, |record| {
            let Record::OutboxMessage(message) = record else { return };
            message.message = Some("changed".to_owned());
        }),
        Record::Tag(_) => add(Action::Edit, |record| {
            let Record::Tag(tag) = record else { return };
            "#123456".clone_into(&mut tag.colour);
        }),
        Record::EnumerationCollection(_) => add(Action::Edit, |record| {
            let Record::EnumerationCollection(collection) = record else { return };
            collection.enabled = !collection.enabled;
        }),
        Record::MetaTemplate(_) => add(Action::Edit, |record| {
            let Record::MetaTemplate(template) = record else { return };
            template.enabled = !template.enabled;
        }),
        _ => {}
    }
    edits
}

#[test]
fn edits_and_removals_agree_with_the_one_question() {
    let store = world();
    let mut cells = 0;
    for permissions in sets(&Permission::ALL) {
        let actor = actor(permissions);
        let seen = store.as_actor(&actor);
        for kind in EntityKind::ALL {
            let all = store.all_any(kind).unwrap();
            // One template and one tag are as good as many.
            let few = match kind {
                EntityKind::MetaTemplate | EntityKind::Tag => 1,
                _ => all.len(),
            };
            for record in all.iter().take(few) {
                let ask = |action| {
                    with_resource(&store, &actor, record, |resource| may(&actor, action, resource))
                };
                for (number, (action, edit)) in edits(record).into_iter().enumerate() {
                    // What is seen is written back changed, as a caller does.
                    let standing = seen.get_any(kind, record.id()).unwrap();
                    let mut wanted = standing.unwrap_or_else(|| record.clone());
                    edit(&mut wanted);
                    let done = attempt(&seen, |transaction| transaction.update_any(wanted.clone()));
                    let cell = format!("{action:?} {number} {kind} {} {actor:?}", record.id());
                    if Some(&wanted) != seen.get_any(kind, record.id()).unwrap().as_ref() {
                        assert_agrees(ask(action), &done, &cell);
                    }
                    cells += 1;
                }
                if kind == EntityKind::Tag || kind == EntityKind::MetaTemplate {
                    continue;
                }
                let cell = format!("Delete {kind} {} {actor:?}", record.id());
                let id = record.id();
                let done = attempt(&seen, |transaction| transaction.remove_any(kind, id));
                let verdict = ask(Action::Delete);
                // What others need cannot go, whoever asks.
                let groups = store.sharing_groups().find().all().unwrap();
                let users = store.users().find().all().unwrap();
                let is_needed = groups.iter().any(|group| group.owner.uuid() == id)
                    || users.iter().any(|user| {
                        user.role.uuid() == id || user.organisation.map(Into::into) == Some(id)
                    });
                if verdict.is_allowed() && is_needed {
                    assert_eq!(done.unwrap_err().kind(), Kind::Conflict);
                } else {
                    assert_agrees(verdict, &done, &cell);
                }
                cells += 1;
            }
        }
    }
    assert!(cells > 5_000, "{cells}");
}

#[test]
fn additions_agree_with_the_one_question() {
    let store = world();
    for permissions in sets(&Permission::ALL) {
        let actor = actor(permissions);
        let seen = store.as_actor(&actor);
        let mut new: Vec<(Record, bool)> = vec![
            (organisation(50, "New").build().into(), true),
            (Tag::new("never seen".parse().unwrap()).into(), true),
            (organisation_group(50, "New").build().into(), true),
            (enumeration(50, "New").build().into(), true),
            (mailing_list(50, "New").build().into(), true),
            (registration(50, None).into(), true),
            (undelivered(50, None).into(), true),
        ];
        for number in ORGANISATIONS {
            let sees = actor.sees_all() || actor.is_own(organisation_id(number));
            // Whoever is thin can be named.
            let team = store.organisations().require(organisation_id(number)).unwrap();
            let names = expected(&store, &actor, &team.into()) != Sight::Hidden;
            new.push((circle(50, "New", number, &[member(OWN, false)]).into(), names));
            new.push((encryption_key(50, number).build().into(), names));
            new.push((key_of_person(50, number).into(), sees));
            let other = Alignment::new(individual_id(OWN), organisation_id(number), "Other");
            new.push((other.into(), names));
        }
        for (record, names) in new {
            let verdict = with_resource(&store, &actor, &record, |resource| {
                may(&actor, Action::Add, resource)
            });
            let cell = format!("{record:?} {actor:?}");
            let done = attempt(&seen, |transaction| transaction.insert_any(record.clone()));
            if names {
                assert_agrees(verdict, &done, &cell);
            } else {
                assert!(!verdict.is_allowed(), "{cell}");
                assert_eq!(done.unwrap_err().kind(), Kind::Invalid, "{cell}");
            }
        }
    }
}

#[test]
fn a_new_organisation_with_tags_and_values_takes_the_rights_to_both() {
    let store = world();
    for permissions in sets(&[Permission::CommunityAdmin, Permission::MetaFieldEditor]) {
        let seen = store.as_actor(&actor(permissions));
        let add = |team: Organisation| attempt(&seen, |all| all.organisations().insert(team));
        let plain = organisation(60, "New").tag("brand new");
        let community = permissions.has(Permission::CommunityAdmin);
        assert_eq!(add(plain.clone().build()).is_ok(), community);
        let with_value = add(plain.domain("example.lu").build());
        assert_eq!(with_value.is_ok(), community && permissions.has(Permission::MetaFieldEditor));
    }
}

#[test]
fn a_member_that_extends_adds_members_and_no_more() {
    let store = world();
    let actor = of(&[Permission::OrganisationAdmin]);
    let seen = store.as_actor(&actor);
    let group = seen.sharing_groups().find().name("Extended").all().unwrap().remove(0);
    let change = |change: &dyn Fn(&mut Vec<Member>)| {
        let mut wanted = group.clone();
        change(&mut wanted.members);
        attempt(&seen, |all| all.sharing_groups().update(wanted)).map_err(|error| error.kind())
    };
    let owner = member(NAMED, false);
    assert_eq!(change(&|members| members.retain(|one| *one == owner)), Err(Kind::Denied));
    let new = organisation_id(ADMINISTERED);
    let adds = |extend| {
        move |members: &mut Vec<Member>| {
            members.push(Member { organisation: new, extend });
        }
    };
    let group_admin = of(&[Permission::OrganisationAdmin, Permission::GroupAdmin]);
    let wider = store.as_actor(&group_admin);
    let mut wanted = group.clone();
    adds(false)(&mut wanted.members);
    assert!(attempt(&wider, |all| all.sharing_groups().update(wanted)).is_ok());
    let mut wanted = group.clone();
    adds(true)(&mut wanted.members);
    let refused = attempt(&wider, |all| all.sharing_groups().update(wanted)).unwrap_err();
    assert_eq!(refused.kind(), Kind::Denied, "who may extend is said by the owner");
    // Whom one does not see, one cannot add.
    assert_eq!(change(&adds(false)), Err(Kind::Invalid));
    let unheard_of = organisation_id(999);
    let unknown = change(&|members| {
        members.push(Member { organisation: unheard_of, extend: false });
    });
    assert_eq!(unknown, Err(Kind::Invalid), "as what is not there");
}

#[test]
fn nothing_is_given_to_whom_one_could_not_have_made_it_for() {
    let store = world();
    let actor = of(&[Permission::OrganisationAdmin, Permission::ViewAllOrganisations]);
    let seen = store.as_actor(&actor);
    let mut group = seen.sharing_groups().find().name("Own").all().unwrap().remove(0);
    group.owner = organisation_id(OTHER);
    let refused = seen.sharing_groups().update(group.clone()).unwrap_err();
    assert_eq!(refused.kind(), Kind::Denied);
    let mut key = seen.encryption_keys().find().organisation(organisation_id(OWN)).all().unwrap();
    let mut key = key.remove(0);
    key.owner = Owner::Organisation(organisation_id(OTHER));
    assert_eq!(seen.encryption_keys().update(key).unwrap_err().kind(), Kind::Denied);
    let community = of(&[Permission::CommunityAdmin]);
    assert!(store.as_actor(&community).sharing_groups().update(group).is_ok());
}

#[test]
fn what_is_not_seen_stays_when_the_rest_is_written_back() {
    let store = world();
    let seen = store.as_actor(&of(&[]));
    let own = |store: &Store| {
        let lists = store.mailing_lists().find().all().unwrap();
        lists.into_iter().find(|list| list.owner == Some(user_id(ME))).unwrap()
    };
    let people = |list: &MailingList| -> Vec<_> {
        list.individuals.iter().map(|one| one.individual).collect()
    };
    let (hidden, between, me) = (individual_id(OTHER), individual_id(BETWEEN), individual_id(ME));
    let mut list = own(&seen);
    assert_eq!(people(&list), [between]);
    assert_eq!(people(&own(&store)), [hidden, between]);
    let before = store.cursor().unwrap();
    seen.mailing_lists().update(list.clone()).unwrap();
    let group = seen.organisation_groups().find().all().unwrap().remove(0);
    assert_eq!(group.organisations, [organisation_id(OWN)]);
    assert_eq!(group.administrators, [user_id(ME)]);
    seen.organisation_groups().update(group.clone()).unwrap();
    assert_eq!(store.cursor().unwrap(), before, "nothing changed, so nothing was asked");

    list.individuals[0].individual = me;
    let written = seen.mailing_lists().update(list.clone()).unwrap();
    assert_eq!(people(&written), [me], "the answer holds what is seen");
    assert_eq!(people(&own(&store)), [me, hidden]);
    let answered = seen.mailing_lists().upsert(written).unwrap();
    assert_eq!(answered.1, Outcome::Unchanged);
    // Whom one does not see, one can neither add nor touch.
    list.individuals.push(Recipient { individual: hidden, primary: false, alternates: vec![] });
    assert_eq!(seen.mailing_lists().update(list.clone()).unwrap_err().kind(), Kind::Invalid);
    list.individuals[1].individual = individual_id(NAMED);
    let refused = seen.mailing_lists().update(list).unwrap_err();
    assert_eq!(refused.kind(), Kind::Invalid, "whether it stands there unseen or not");
    let whole = own(&store);
    assert_eq!(people(&whole), [me, hidden]);
    assert!(whole.individuals[1].primary, "as it was");

    let whole = store.organisation_groups().find().all().unwrap().remove(0);
    assert_eq!(whole.organisations.len(), ORGANISATIONS.len());
    assert_eq!(whole.administrators.len(), 2);
}

#[test]
fn a_mailing_list_is_made_for_oneself() {
    let store = world();
    let seen = store.as_actor(&of(&[Permission::OrganisationAdmin]));
    for (owner, allowed) in [(None, true), (Some(ME), true), (Some(BETWEEN), false)] {
        let list = mailing_list(90, "New").with(|list| list.owner = owner.map(user_id)).build();
        let done = attempt(&seen, |all| all.mailing_lists().insert(list));
        assert_eq!(done.is_ok(), allowed, "{owner:?} {done:?}");
        if let Err(error) = done {
            assert_eq!(error.kind(), Kind::Denied, "{error:?}");
            assert!(error.context().any(|(key, _)| key == "needed"), "{error:?}");
        }
    }
}

#[test]
fn a_mailing_list_without_owner_is_of_whoever_makes_it() {
    let store = world();
    let community = [Permission::CommunityAdmin];
    for permissions in [&[Permission::OrganisationAdmin], &community] {
        let seen = store.as_actor(&of(permissions));
        let number = 90 + permissions.len() as u128 + u128::from(permissions == &community);
        let list = seen.mailing_lists().insert(mailing_list(number, "New").build()).unwrap();
        assert_eq!(list.owner, Some(user_id(ME)));
        assert_eq!(store.mailing_lists().require(list.id).unwrap().owner, Some(user_id(ME)));
    }
    let given = mailing_list(95, "New").with(|list| list.owner = Some(user_id(BETWEEN))).build();
    let list = store.as_actor(&of(&community)).mailing_lists().insert(given).unwrap();
    assert_eq!(list.owner, Some(user_id(BETWEEN)), "given to somebody");
    let whole = store.mailing_lists().insert(mailing_list(96, "New").build()).unwrap();
    assert_eq!(whole.owner, None, "nobody made it");
}

#[test]
fn whoever_edits_both_ends_puts_another_alignment_in_the_place_of_one() {
    let store = world();
    let between = |role| Alignment::new(individual_id(OWN), organisation_id(OWN), role);
    let old = between("Member").id();
    let seen = store.as_actor(&of(&[Permission::OrganisationAdmin]));
    let chief = seen.alignments().replace(old, between("Chief")).unwrap();
    assert_eq!(chief.role, "Chief");
    assert_eq!(store.alignments().get(old).unwrap(), None);
    assert_eq!(seen.alignments().replace(old, between("X")).unwrap_err().kind(), Kind::NotFound);
    let again = seen.alignments().replace(chief.id(), between("Chief")).unwrap();
    assert_eq!(again, chief);
    let mut other = between("Chief");
    other.organisation = organisation_id(NAMED);
    let refused = seen.alignments().replace(chief.id(), other).unwrap_err();
    assert_eq!(refused.kind(), Kind::Denied, "one end is none of theirs");
    let plain = store.as_actor(&of(&[]));
    let refused = plain.alignments().replace(chief.id(), between("Y")).unwrap_err();
    assert_eq!(refused.kind(), Kind::Denied);
    let set = seen.change_sets(1).unwrap()[0].id;
    assert_eq!(seen.undo(set).unwrap().conflicts, []);
    assert_eq!(store.alignments().require(old).unwrap().role, "Member");
}

#[test]
fn what_follows_from_a_write_needs_no_right_of_its_own() {
    let store = world();
    let community = of(&[Permission::CommunityAdmin]);
    let seen = store.as_actor(&community);
    // Keys, alignments and memberships go with the organisation; groups of others change.
    for group in seen.sharing_groups().find().organisation(organisation_id(NAMED)).all().unwrap() {
        if group.owner == organisation_id(NAMED) {
            seen.sharing_groups().remove(group.id).unwrap();
        }
    }
    seen.organisations().remove(organisation_id(NAMED)).unwrap();
    assert_eq!(
        store.encryption_keys().find().organisation(organisation_id(NAMED)).count().unwrap(),
        0
    );
    // A tag is spelled anew on all who carry it.
    let mut renamed = seen.tags().require(tag("team").id()).unwrap();
    renamed.name = "TEAM".parse().unwrap();
    seen.tags().update(renamed).unwrap();
    let team = store.organisations().require(organisation_id(OWN)).unwrap();
    assert_eq!(team.tags[0].as_str(), "TEAM");
}

#[test]
fn templates_are_for_site_admins() {
    let store = world();
    let library = cerebrate_testkit::builders::template(1).build();
    for permissions in sets(&[Permission::Admin, Permission::CommunityAdmin]) {
        let seen = store.as_actor(&actor(permissions));
        let loaded = seen.templates().load(library.clone());
        let is_site = permissions.has(Permission::Admin);
        assert_eq!(loaded.is_ok(), is_site, "{permissions:?}");
        if is_site {
            store.templates().remove(library.key).unwrap();
        }
    }
}

#[test]
fn a_site_admin_moves_values_to_a_new_version_of_a_template() {
    use cerebrate_core::meta::upgrade::Strategy;
    use cerebrate_testkit::builders::{extra, template};

    let store = world();
    store.templates().load(template(1).build()).unwrap();
    let mut team = store.organisations().require(organisation_id(OTHER)).unwrap();
    team.meta_fields.push(extra(1, "colour", "green"));
    store.organisations().update(team).unwrap();
    let site = store.as_actor(&of(&[Permission::Admin]));
    let report = site.templates().update_to(template(2).build(), Strategy::UpdateExisting).unwrap();
    assert_eq!(report.moved, 1, "{report:?}");
    let community = store.as_actor(&of(&[Permission::CommunityAdmin]));
    let refused = community.templates().update_to(template(3).build(), Strategy::UpdateExisting);
    assert_eq!(refused.unwrap_err().kind(), Kind::Denied);
}

#[test]
fn nobody_gains_a_right_by_what_they_write_first() {
    let store = world();
    let actor = of(&[Permission::OrganisationAdmin, Permission::ViewAllOrganisations]);
    let seen = store.as_actor(&actor);
    let stranger = individual_id(OTHER);
    let refused = attempt(&seen, |all| {
        let employed = Alignment::new(stranger, organisation_id(OWN), "Member");
        all.alignments().insert(employed)
    });
    assert_eq!(refused.unwrap_err().kind(), Kind::Denied, "the other end is not theirs");
    let refused = attempt(&seen, |all| {
        let mut group = all.sharing_groups().find().name("Extended").all()?.remove(0);
        group.members.iter_mut().for_each(|member| member.extend = true);
        all.sharing_groups().update(group)
    });
    assert_eq!(refused.unwrap_err().kind(), Kind::Denied);
    let actor = of(&[]);
    let permissions = Permissions::NONE;
    assert_eq!(actor.permissions, permissions);
    let whoever: Actor = actor;
    let seen = store.as_actor(&whoever);
    assert!(
        seen.individuals().update(seen.individuals().require(whoever.individual).unwrap()).is_ok()
    );
}
