//! Single records, kind by kind.

use std::collections::HashSet;

use cerebrate_core::audit::Document;
use cerebrate_core::error::Kind;
use cerebrate_core::id::TagId;
use cerebrate_core::model::{
    Alignment, EntityKind, LimitationScope, Record, Tag, TagName, UserSetting,
};
use cerebrate_core::problem::ProblemKind;
use cerebrate_core::value::Timestamp;
use cerebrate_store::backend::LocalId;
use cerebrate_store::store::Outcome;
use proptest::prelude::*;
use uuid::Uuid;

use super::{Open, property};
use crate::any::{AnyRecords, snapshot};
use crate::builders::{
    encryption_key, individual, individual_id, limitation, mailing_list, organisation,
    organisation_group, organisation_id, role, sharing_group, tag, user, user_id,
};
use crate::{arbitrary, check, world};

/// Whatever is written in a field of a record of any kind is read again, by every way of reading.
pub fn every_field_of_every_kind_is_kept(open: Open<'_>) {
    let strategy = (arbitrary::records(), arbitrary::records());
    property(24, &strategy, |(records, again)| {
        let store = open();
        let mut kinds = HashSet::new();
        for given in records.into_iter().chain(again) {
            kinds.insert(given.kind());
            let (kind, id) = (given.kind(), given.id());
            let before = store.get_any(kind, id).unwrap();
            let (stored, outcome) = store.upsert_any(given.clone()).unwrap();
            prop_assert_eq!(outcome == Outcome::Inserted, before.is_none());
            let read = store.get_any(kind, id).unwrap().unwrap();
            prop_assert_eq!(&read, &stored, "what is answered is what is read");
            let mut wanted = Document::of(&given);
            let found = Document::of(&read);
            if let Some(before) = before {
                // Creation happened once.
                wanted.set("created", Document::of(&before).get("created").cloned());
            } else {
                prop_assert_eq!(wanted.get("modified"), found.get("modified"));
            }
            prop_assert_eq!(wanted.changes_to(&found), vec![]);
            let local = store.local_id_any(kind, id).unwrap().unwrap();
            prop_assert_eq!(store.by_local_id_any(kind, local).unwrap(), Some(read.clone()));
            prop_assert!(store.all_any(kind).unwrap().contains(&read));
        }
        // All but auth keys, which are issued, and messages, which stay as they came.
        prop_assert_eq!(kinds.len(), EntityKind::ALL.len() - 3);
        prop_assert_eq!(check::store(&store), Vec::<String>::new());
        Ok(())
    });
}

/// What a write answers is what is read.
pub fn answers_are_what_is_read_later(open: Open<'_>) {
    let store = open();
    let stored = store.organisations().insert(organisation(1, "A").tag("b").tag("a").build());
    let mut stored = stored.unwrap();
    assert_eq!(store.organisations().require(stored.id).unwrap(), stored);
    stored.sector = Some("energy".to_owned());
    let updated = store.organisations().update(stored.clone()).unwrap();
    assert_eq!(store.organisations().require(stored.id).unwrap(), updated);
    let removed = store.organisations().remove(stored.id).unwrap();
    assert_eq!(removed, updated);
    assert_eq!(store.organisations().get(stored.id).unwrap(), None);
}

/// One record of each kind but auth keys, in an order in which they can be stored.
fn one_of_each() -> Vec<Record> {
    let made = world::community(3, 1, 1);
    vec![
        made.organisations[0].clone().into(),
        made.individuals[0].clone().into(),
        Alignment::new(individual_id(0), organisation_id(0), "Member").into(),
        Tag::new(tag("alone")).into(),
        crate::builders::template(1).build().into(),
        sharing_group(1, "Group", 0).member(0).build().into(),
        mailing_list(1, "List").individual(0).build().into(),
        organisation_group(1, "Group").organisation(0).build().into(),
        crate::builders::enumeration(1, "Sectors").build().into(),
        encryption_key(1, 0).build().into(),
        role(1, "Editor").build().into(),
        user(0, "alice", 1).build().into(),
        UserSetting::new(user_id(0), "ui.theme", "dark").into(),
        limitation(1, LimitationScope::Global, "perm_misp", 1).build().into(),
    ]
}

/// Asking for what is not there is no error; needing it is.
pub fn what_is_not_there_is_not_found(open: Open<'_>) {
    let store = open();
    for record in one_of_each() {
        let (kind, id) = (record.kind(), record.id());
        assert_eq!(store.get_any(kind, id).unwrap(), None);
        assert_eq!(store.require_any(kind, id).unwrap_err().kind(), Kind::NotFound, "{kind}");
        assert_eq!(store.remove_any(kind, id).unwrap_err().kind(), Kind::NotFound, "{kind}");
        assert_eq!(store.local_id_any(kind, id).unwrap(), None);
        for local in [LocalId(0), LocalId(-1), LocalId(i64::MAX)] {
            assert_eq!(store.by_local_id_any(kind, local).unwrap(), None);
        }
        let count = store.count_any(kind).unwrap();
        assert_eq!(store.update_any(record).unwrap_err().kind(), Kind::NotFound, "{kind}");
        assert_eq!(store.count_any(kind).unwrap(), count);
    }
}

/// A second record of the same identity is a conflict and changes nothing.
pub fn an_identity_is_taken_once(open: Open<'_>) {
    let store = open();
    for record in one_of_each() {
        store.insert_any(record.clone()).unwrap();
        let (before, cursor) = (snapshot(&*store), store.cursor().unwrap());
        let kind = record.kind();
        assert_eq!(store.insert_any(record).unwrap_err().kind(), Kind::Conflict, "{kind}");
        assert_eq!(snapshot(&*store), before);
        assert_eq!(store.cursor().unwrap(), cursor);
    }
    // The same UUID in two kinds is two identities.
    let id = Uuid::from_u128(5);
    let team = cerebrate_core::model::Organisation::new(id.into(), "A".parse().unwrap());
    store.organisations().insert(team).unwrap();
    let person = cerebrate_core::model::Individual::new(id.into(), "a@b.example");
    store.individuals().insert(person).unwrap();
}

/// A record cannot refer to what is not there.
pub fn references_have_to_be_there(open: Open<'_>) {
    let store = open();
    store.organisations().insert(organisation(1, "A").build()).unwrap();
    store.individuals().insert(individual(1, "a@b.example").build()).unwrap();
    store.roles().insert(role(2, "Editor").build()).unwrap();
    let cursor = store.cursor().unwrap();
    let records: Vec<Record> = vec![
        Alignment::new(individual_id(2), organisation_id(1), "Member").into(),
        Alignment::new(individual_id(1), organisation_id(2), "Member").into(),
        sharing_group(1, "Group", 2).build().into(),
        sharing_group(1, "Group", 1).member(1).member(2).build().into(),
        mailing_list(1, "List").individual(1).individual(2).build().into(),
        organisation_group(1, "Group")
            .organisation(2)
            .with(|group| group.tags = vec![tag("new")])
            .build()
            .into(),
        encryption_key(1, 2).build().into(),
        user(1, "alice", 1).build().into(),
        user(2, "alice", 2).build().into(),
        user(1, "alice", 2).organisation(2).build().into(),
        UserSetting::new(user_id(1), "ui.theme", "dark").into(),
        organisation_group(1, "Group").administrator(1).build().into(),
        mailing_list(1, "List").with(|list| list.owner = Some(user_id(1))).build().into(),
    ];
    for record in records {
        let kind = record.kind();
        assert_eq!(store.insert_any(record).unwrap_err().kind(), Kind::Invalid, "{kind}");
    }
    assert_eq!(store.cursor().unwrap(), cursor);
    assert_eq!(store.tags().find().count().unwrap(), 0);
}

/// What is too long is refused with its place, and nothing of it is kept.
pub fn what_is_over_a_limit_is_refused_and_leaves_nothing(open: Open<'_>) {
    let store = open();
    let cursor = store.cursor().unwrap();
    let long = "x".repeat(70_000);
    let records: Vec<Record> = vec![
        organisation(1, "A").tag("new").contacts(&long).build().into(),
        organisation(1, "A").with(|team| team.url = Some("y".repeat(5_000))).build().into(),
        organisation(1, "A").domain(&long).build().into(),
        individual(1, &"z".repeat(5_000)).build().into(),
        mailing_list(1, "List").with(|list| list.description = Some(long.clone())).build().into(),
        crate::builders::enumeration(1, "Many")
            .with(|list| list.values = vec![String::new(); 20_001])
            .build()
            .into(),
    ];
    for record in records {
        let is_list = record.kind() == EntityKind::EnumerationCollection;
        let error = store.insert_any(record).unwrap_err();
        assert_eq!(error.kind(), if is_list { Kind::Exhausted } else { Kind::Invalid });
        assert!(error.context().any(|(key, _)| key == "field"), "{error}");
    }
    assert_eq!(store.cursor().unwrap(), cursor);
    store.organisations().insert(organisation(1, "A").contacts(&long[..65_000]).build()).unwrap();
}

/// `created` stays, `modified` moves with a change and is the caller's if given.
pub fn times_are_given_kept_and_moved(open: Open<'_>) {
    let store = open();
    let first = store.organisations().insert(organisation(1, "A").build()).unwrap();
    assert!(first.created.is_some() && first.created == first.modified);
    let mut edited = first.clone();
    edited.sector = Some("energy".to_owned());
    edited.created = Some(Timestamp::from_unix(5));
    let second = store.organisations().update(edited).unwrap();
    assert_eq!(second.created, first.created);
    assert!(second.modified > first.modified);
    let mut given = second.clone();
    given.sector = None;
    given.modified = Some(Timestamp::from_unix(77));
    let third = store.organisations().update(given).unwrap();
    assert_eq!(third.modified, Some(Timestamp::from_unix(77)));
    let mut without = third.clone();
    without.modified = None;
    assert_eq!(store.organisations().update(without).unwrap(), third, "nothing changed");
}

/// Inserted, updated, unchanged.
pub fn upsert_says_what_it_did(open: Open<'_>) {
    let store = open();
    for record in one_of_each() {
        let kind = record.kind();
        let (stored, outcome) = store.upsert_any(record.clone()).unwrap();
        assert_eq!(outcome, Outcome::Inserted, "{kind}");
        for same in [record, stored.clone()] {
            let (again, outcome) = store.upsert_any(same).unwrap();
            assert_eq!((again, outcome), (stored.clone(), Outcome::Unchanged), "{kind}");
        }
    }
    let changed = organisation(0, "Other name").build();
    assert_eq!(store.organisations().upsert(changed).unwrap().1, Outcome::Updated);
}

/// Many records, one transaction, exact counts.
pub fn bulk_upsert_counts_and_is_one_change_set(open: Open<'_>) {
    let store = open();
    let mut teams = world::community(7, 30, 0).organisations;
    let cursor = store.cursor().unwrap();
    let bulk = store.organisations().upsert_all(teams.clone()).unwrap();
    assert_eq!((bulk.inserted, bulk.updated, bulk.unchanged), (30, 0, 0));
    let sets: HashSet<_> = store
        .changes_at_most(cursor, 1_000)
        .unwrap()
        .changes
        .iter()
        .map(|change| change.change_set)
        .collect();
    assert_eq!(sets.len(), 1);
    teams[3].url = Some("https://changed.example".to_owned());
    teams.push(organisation(900, "New").build());
    let bulk = store.organisations().upsert_all(teams).unwrap();
    assert_eq!((bulk.inserted, bulk.updated, bulk.unchanged), (1, 1, 29));
    assert_eq!(check::store(&store), Vec::<String>::new());
}

/// One bad record of many, and nothing is kept.
pub fn bulk_upsert_is_kept_whole_or_not_at_all(open: Open<'_>) {
    let store = open();
    let cursor = store.cursor().unwrap();
    let mut teams = world::community(7, 10, 0).organisations;
    teams.push(organisation(900, "Long").contacts(&"x".repeat(70_000)).build());
    assert_eq!(store.organisations().upsert_all(teams).unwrap_err().kind(), Kind::Invalid);
    assert_eq!(store.organisations().find().count().unwrap(), 0);
    assert_eq!(store.cursor().unwrap(), cursor);
}

/// NUL, control, bidirectional and zero-width characters stay in the text and are flagged.
pub fn odd_characters_are_kept_and_flagged(open: Open<'_>) {
    let store = open();
    for (number, name, flag) in [
        (1, "CIR\u{202e}CL", ProblemKind::HiddenCharacter),
        (2, "CIR\u{200b}CL", ProblemKind::HiddenCharacter),
        (3, "CIR\0CL", ProblemKind::ControlCharacter),
        (4, "CIR\u{7}CL", ProblemKind::ControlCharacter),
    ] {
        store.organisations().insert(organisation(number, name).build()).unwrap();
        let read = store.organisations().require(organisation_id(number)).unwrap();
        assert_eq!(read.name, name);
        assert_eq!(read.flags, [flag]);
        let found = store.organisations().find().name(name).all().unwrap();
        assert!(found.contains(&read), "{name:?}");
    }
    let person = store.individuals().insert(individual(1, "nobody at all").build()).unwrap();
    assert_eq!(person.flags, [ProblemKind::NotEmail]);
}

/// A tag is spelled as it was first, until it is spelled anew; then everywhere.
pub fn tags_have_one_spelling(open: Open<'_>) {
    let store = open();
    let first = store.organisations().insert(organisation(1, "A").tag("TLP:Green").build());
    assert_eq!(first.unwrap().tags[0].as_str(), "TLP:Green");
    let second = store.organisations().insert(organisation(2, "B").tag(" tlp:GREEN").build());
    assert_eq!(second.unwrap().tags[0].as_str(), "TLP:Green");
    assert_eq!(store.tags().find().count().unwrap(), 1);
    store
        .transaction(|transaction| {
            transaction.organisations().insert(organisation(3, "C").tag("tlp:green").build())?;
            let mut tag = Tag::new(tag("tlp:green"));
            "#00ff00".clone_into(&mut tag.colour);
            transaction.tags().update(tag)?;
            let last = organisation(4, "D").tag("TLP:green").build();
            transaction.organisations().insert(last)
        })
        .unwrap();
    for team in store.organisations().find().all().unwrap() {
        assert_eq!(team.tags.iter().map(TagName::as_str).collect::<Vec<_>>(), ["tlp:green"]);
    }
    let id: TagId = tag("tlp:green").id();
    assert_eq!(store.tags().require(id).unwrap().colour, "#00ff00");
    assert_eq!(check::store(&store), Vec::<String>::new(), "the feed knows the new spelling");
}

/// A number is never given twice, and stays with its record through edits, removal and undo.
pub fn local_ids_are_stable_and_never_used_again(open: Open<'_>) {
    let store = open();
    let mut given = HashSet::new();
    for round in 0..5_u128 {
        for number in 0..4_u128 {
            let id = organisation_id(round * 10 + number);
            let team = organisation(round * 10 + number, "A").build();
            let mut team = store.organisations().insert(team).unwrap();
            let local = store.organisations().local_id(id).unwrap().unwrap();
            assert!(given.insert(local), "{local} was given before");
            team.sector = Some("energy".to_owned());
            store.organisations().update(team).unwrap();
            assert_eq!(store.organisations().local_id(id).unwrap(), Some(local));
        }
        // The newest ones go: their numbers are the ones that a counter would give again.
        for number in [2, 3] {
            store.organisations().remove(organisation_id(round * 10 + number)).unwrap();
        }
    }
    let id = organisation_id(1);
    let local = store.organisations().local_id(id).unwrap();
    store.organisations().remove(id).unwrap();
    store.organisations().insert(organisation(99, "B").build()).unwrap();
    let set = store.change_sets(2).unwrap()[1].id;
    assert!(store.undo(set).unwrap().conflicts.is_empty());
    assert_eq!(store.organisations().local_id(id).unwrap(), local);
}
