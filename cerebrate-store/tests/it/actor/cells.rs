//! Every way to read, under every role, in every scope: all agree with the one question.

use cerebrate_core::access::{Actor, Permission, Permissions, Sight};
use cerebrate_core::model::{EntityKind, Individual, Organisation, Record};
use cerebrate_store::Store;
use cerebrate_testkit::any::AnyRecords;
use serde_json::Value;

use super::small_world::{actor, cut, expected, sets, world};

/// The permissions that have to do with seeing.
const SEEING: [Permission; 5] = [
    Permission::Admin,
    Permission::CommunityAdmin,
    Permission::GroupAdmin,
    Permission::OrganisationAdmin,
    Permission::ViewAllOrganisations,
];

#[test]
fn every_way_to_read_agrees_with_the_one_question() {
    let store = world();
    let mut cells = 0;
    for permissions in sets(&SEEING) {
        let somebody = actor(permissions);
        let mut nobody = Actor::new(somebody.user, somebody.individual, None, permissions);
        nobody.administered.clear();
        for actor in [somebody, nobody] {
            let seen = store.as_actor(&actor);
            for kind in EntityKind::ALL {
                cells += check(&store, &seen, &actor, kind);
            }
        }
    }
    assert!(cells > 2_000, "{cells}");
}

/// Compares what is seen of a kind; answers how many records were looked at.
fn check(store: &Store, seen: &Store, actor: &Actor, kind: EntityKind) -> usize {
    let all = store.all_any(kind).unwrap();
    let mut full = Vec::new();
    for record in &all {
        let (id, local) = (record.id(), store.local_id_any(kind, record.id()).unwrap().unwrap());
        let cell = format!("{kind} {id} for {actor:?}");
        let sight = expected(store, actor, record);
        let got = seen.get_any(kind, id).unwrap();
        match sight {
            Sight::Hidden => {
                assert_eq!(got, None, "{cell}");
                assert!(seen.require_any(kind, id).is_err(), "{cell}");
                assert_eq!(seen.history(kind, id).unwrap(), [], "{cell}");
            }
            Sight::Thin => {
                let Record::Organisation(whole) = record else { panic!("{cell}") };
                let thin = Organisation::new(whole.id, whole.name.clone());
                assert_eq!(got, Some(thin.into()), "{cell}");
            }
            Sight::Full => {
                let visible = cut(store, actor, record.clone());
                assert_eq!(got.as_ref(), Some(&visible), "{cell}");
                full.push(visible);
            }
        }
        let is_there = sight != Sight::Hidden;
        assert_eq!(seen.local_id_any(kind, id).unwrap(), is_there.then_some(local), "{cell}");
        assert_eq!(seen.by_local_id_any(kind, local).unwrap().is_some(), is_there, "{cell}");
        if !actor.has(Permission::CommunityAdmin) {
            assert_eq!(seen.history(kind, id).unwrap(), [], "{cell}: somebody else wrote it");
        }
    }
    assert_eq!(seen.all_any(kind).unwrap(), full, "{kind} for {actor:?}");
    assert_eq!(seen.count_any(kind).unwrap(), full.len() as u64, "{kind} for {actor:?}");
    all.len()
}

#[test]
fn searches_and_exports_hold_what_is_listed() {
    let store = world();
    for permissions in sets(&SEEING) {
        let actor = actor(permissions);
        let seen = store.as_actor(&actor);
        let listed = |kind| -> Vec<_> {
            let mut ids: Vec<_> = seen.all_any(kind).unwrap().iter().map(Record::id).collect();
            ids.sort_unstable();
            ids
        };
        for needle in ["team", "te", "secret", "10.0.0.0"] {
            let mut found: Vec<_> = seen.search::<Organisation>(needle, 50).unwrap();
            found.sort_unstable_by_key(|team| team.id);
            let found: Vec<_> = found.iter().map(|team| team.id.uuid()).collect();
            assert_eq!(found, listed(EntityKind::Organisation), "{needle} for {actor:?}");
        }
        let first = seen.search::<Organisation>("team", 1).unwrap();
        assert_eq!(first.len(), listed(EntityKind::Organisation).len().min(1));
        let mut found: Vec<_> = seen.search::<Individual>("example", 50).unwrap();
        found.sort_unstable_by_key(|person| person.id);
        let found: Vec<_> = found.iter().map(|person| person.id.uuid()).collect();
        assert_eq!(found, listed(EntityKind::Individual), "{actor:?}");

        let mut text = Vec::new();
        seen.export().all().json(&mut text).unwrap();
        let exported: Value = serde_json::from_slice(&text).unwrap();
        for (list, kind) in [
            ("organisations", EntityKind::Organisation),
            ("individuals", EntityKind::Individual),
            ("encryption_keys", EntityKind::EncryptionKey),
            ("sharing_groups", EntityKind::SharingGroup),
            ("mailing_lists", EntityKind::MailingList),
        ] {
            let records = exported.get(list).and_then(Value::as_array).unwrap();
            let ids: Vec<_> = records
                .iter()
                .map(|one| one["id"].as_str().unwrap().parse::<uuid::Uuid>().unwrap())
                .collect();
            assert_eq!(ids, listed(kind), "{list} for {actor:?}");
        }
        let alignments = listed(EntityKind::Alignment).len();
        let people = exported["individuals"].as_array().unwrap();
        let told = people.iter().filter_map(|one| one["alignments"].as_array()).flatten().count();
        assert_eq!(told, alignments, "{actor:?}");
        let mut table = Vec::new();
        let rows = seen.export().individuals().csv(&mut table).unwrap();
        assert_eq!(rows, listed(EntityKind::Individual).len() as u64);
    }
}

#[test]
fn lookups_find_whom_lists_have() {
    let store = world();
    let subjects = ["10.0.0.1", "AS64500", "10.8.0.0/16"];
    for indexed in [false, true] {
        if indexed {
            store.lookup().refresh().unwrap();
        }
        for permissions in sets(&SEEING) {
            let actor = actor(permissions);
            let seen = store.as_actor(&actor);
            let listed: Vec<_> =
                seen.organisations().find().all().unwrap().iter().map(|team| team.id).collect();
            let snapshot = seen.lookup().snapshot().unwrap();
            for subject in subjects {
                let subject: cerebrate_core::subject::Subject = subject.parse().unwrap();
                let whole = store.responsible_for(subject.clone()).unwrap();
                let wanted: Vec<_> = whole
                    .iter()
                    .filter(|hit| listed.contains(&hit.organisation.id))
                    .cloned()
                    .collect();
                let cell = format!("{subject} for {actor:?}");
                let found = seen.responsible_for(subject.clone()).unwrap();
                assert_eq!(found.matches(), wanted, "{cell}");
                let found = seen.lookup().responsible_by_query(subject.clone()).unwrap();
                assert_eq!(found.matches(), wanted, "{cell}");
                let many = vec![subject.clone(); 2_000];
                let found = seen.responsible_for_all(many).unwrap();
                assert!(found.iter().all(|answer| answer.matches() == wanted), "{cell}");
                let mut hits: Vec<_> = snapshot
                    .responsible(&subject)
                    .iter()
                    .map(|hit| snapshot.organisation(hit.organisation).unwrap())
                    .collect();
                let mut ids: Vec<_> = wanted.iter().map(|hit| hit.organisation.id).collect();
                hits.sort_unstable();
                ids.sort_unstable();
                assert_eq!(hits, ids, "{cell}");
            }
            let most = snapshot.organisation4(0x0a00_0001);
            let first = snapshot.prefixes([10, 0, 0, 1].into()).next().map(|(number, _)| number);
            assert_eq!(most, first, "{actor:?}");
            assert_eq!(most.is_some(), !listed.is_empty());
            assert_eq!(snapshot.view().is_some(), actor.sees_all());
            assert_eq!(snapshot.counts().is_some(), actor.sees_all());
        }
    }
}

#[test]
fn a_role_without_flags_in_no_organisation_sees_what_is_common() {
    let store = world();
    let mut nobody = actor(Permissions::NONE);
    nobody.organisation = None;
    let seen = store.as_actor(&nobody);
    for kind in [EntityKind::Organisation, EntityKind::SharingGroup, EntityKind::Alignment] {
        assert_eq!(seen.count_any(kind).unwrap(), 0, "{kind}");
    }
    assert_eq!(seen.individuals().find().all().unwrap().len(), 1, "oneself");
    assert_eq!(seen.tags().find().count().unwrap(), store.tags().find().count().unwrap());
    assert_eq!(seen.organisation_groups().find().all().unwrap()[0].organisations, []);
}
