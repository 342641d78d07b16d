//! Every write, under every role, in every scope: the store does what `may` allows, and no more.

use cerebrate_core::access::{Action, Actor, Permission, Permissions, Reason, Sight, Verdict, may};
use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::model::{Alignment, EntityKind, Member, Organisation, Owner, Record, Tag};
use cerebrate_store::Store;
use cerebrate_store::store::Transaction;
use cerebrate_testkit::any::AnyRecords;
use cerebrate_testkit::builders::{
    constituency, encryption_key, enumeration, individual_id, mailing_list, organisation,
    organisation_group, organisation_id, tag,
};

use super::small_world::{
    ADMINISTERED, NAMED, ORGANISATIONS, OTHER, OWN, actor, circle, expected, key_of_person, member,
    of, sets, with_resource, world,
};

/// Does something and takes it back; answers how it ended.
fn attempt<T>(
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
                // Who owns a group cannot go, whoever asks.
                let owns = store.sharing_groups().find().all().unwrap();
                let owns = owns.iter().any(|group| group.owner.uuid() == id);
                if verdict.is_allowed() && owns {
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
    // Somebody who may edit groups and lists without seeing all that is in them does not exist by
    // the table; whoever is on a list sees it, and writes nothing.
    let listed = of(&[]);
    let seen = store.as_actor(&listed);
    let lists = seen.mailing_lists().find().all().unwrap();
    assert_eq!(lists.len(), 1);
    assert_eq!(lists[0].individuals.len(), 1, "only oneself");
    let before = store.cursor().unwrap();
    seen.mailing_lists().update(lists[0].clone()).unwrap();
    let groups = seen.organisation_groups().find().all().unwrap();
    assert_eq!(groups[0].organisations, [organisation_id(OWN)]);
    seen.organisation_groups().update(groups[0].clone()).unwrap();
    assert_eq!(store.cursor().unwrap(), before, "nothing changed, so nothing was asked");
    let whole = store.organisation_groups().find().all().unwrap();
    assert_eq!(whole[0].organisations.len(), ORGANISATIONS.len());
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
