//! A person is forgotten, and what was told before a time: nothing of it is left in the file, and the
//! trail says so and verifies.

use std::path::Path;

use cerebrate_core::Kind;
use cerebrate_core::audit::chain::{ErasureCause, Finding, Part, Reference};
use cerebrate_core::id::IndividualId;
use cerebrate_core::model::{
    Alignment, EncryptionKey, EntityKind, Individual, KeyKind, MailingList, Member, Owner,
    Recipient, SharingGroup, User,
};
use cerebrate_core::node_key::NodeKey;
use cerebrate_core::value::Timestamp;
use cerebrate_store::Store;
use cerebrate_store::feed::{Action, Payload, SetFilter};
use cerebrate_store::import::IndividualField;
use cerebrate_store::store::{Author, Mentions};
use rusqlite::Connection;
use tempfile::TempDir;
use uuid::Uuid;

use crate::world::{constituency, id, options, organisation};

const JANE: IndividualId = IndividualId::new(Uuid::from_u128(0x7a4e));

/// What must be nowhere afterwards; the name also as search folds it.
const TRACES: [&str; 9] = [
    "jane.roe@team.example",
    "JANE.ROE@TEAM.EXAMPLE",
    "old.jane@team.example",
    "oncall+jane@team.example",
    "Roentgenova",
    "roentgenova",
    "Janeforename",
    "KEYMATERIALOFJANE",
    "EXTERNAL-OF-JANE",
];

fn jane() -> Individual {
    let mut jane = Individual::new(JANE, "old.jane@team.example");
    jane.first_name.push_str("Janeforename");
    jane.last_name.push_str("Roentgenova");
    jane.meta_fields = vec![constituency("Domain", "oncall+jane@team.example")];
    jane
}

/// A file in which much is told of Jane, something of John, and something of a team.
fn world() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store =
        options().key(NodeKey::new([7; 32])).open(folder.path().join("contacts.db")).unwrap();
    for number in 1..=40 {
        let mut team = organisation(number, &format!("Team {number}"));
        team.contacts = Some(format!("desk{number}@team.example"));
        store.organisations().insert(team).unwrap();
    }
    let john = Individual::new(IndividualId::new(Uuid::from_u128(0x10)), "john@team.example");
    store.individuals().insert(john).unwrap();
    let members = format!(
        "id,uuid,email,first_name,last_name\n\
         EXTERNAL-OF-JANE,{JANE},old.jane@team.example,Janeforename,Roentgenova\n"
    );
    let report = store
        .import_individuals()
        .csv(members.as_bytes())
        .source("members.csv")
        .column("id", IndividualField::ExternalId)
        .column("uuid", IndividualField::Id)
        .apply()
        .unwrap();
    assert_eq!(report.added, 1, "{report:?}");
    store.individuals().update(jane()).unwrap();
    let mut changed = store.individuals().require(JANE).unwrap();
    "Jane.Roe@Team.Example".clone_into(&mut changed.email);
    store.individuals().update(changed).unwrap();
    store.alignments().insert(Alignment::new(JANE, id(1), "Duty officer")).unwrap();
    let key = EncryptionKey::new(
        Uuid::from_u128(0x4e).into(),
        KeyKind::OpenPgp,
        Owner::Individual(JANE),
        "KEYMATERIALOFJANE",
    );
    store.encryption_keys().insert(key).unwrap();
    let mut list = MailingList::new(Uuid::from_u128(0x11).into(), "All".parse().unwrap());
    list.individuals = vec![Recipient { individual: JANE, primary: true, alternates: Vec::new() }];
    store.mailing_lists().insert(list).unwrap();
    (folder, store)
}

/// The bytes of database and log, and where a text stands in them.
fn found_in(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        if bytes.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text.as_bytes())) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn nothing_of_a_person_is_left_in_the_file() {
    let (folder, store) = world();
    assert!(!found_in(folder.path(), TRACES[0]).is_empty());
    let report = store.erase(JANE).unwrap();
    assert!(report.removed && report.scrubbed && report.mentions.is_empty(), "{report:?}");
    for text in TRACES {
        assert_eq!(found_in(folder.path(), text), Vec::<String>::new(), "{text}");
    }
    assert!(!found_in(folder.path(), "john@team.example").is_empty());
    // Trigrams that no other text has, in the shadow tables of the index.
    let terms = Connection::open(folder.path().join("contacts.db")).unwrap();
    let left: i64 = terms
        .query_row(
            "SELECT count(*) FROM search_term WHERE term IN ('oen', 'ntg', 'xff')",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(left, 0);
    assert!(store.search::<Individual>("roentgenova", 10).unwrap().is_empty());
    assert_eq!(store.search::<Individual>("john", 10).unwrap().len(), 1);
    assert!(store.alignments().find().all().unwrap().is_empty());
    assert!(store.encryption_keys().find().all().unwrap().is_empty());
    let list = store.mailing_lists().find().all().unwrap().remove(0);
    assert!(list.individuals.is_empty());
}

#[test]
fn the_trail_says_that_it_was_erased_and_verifies() {
    let (folder, store) = world();
    let before = store.head().unwrap().head;
    let rows_before = store.cursor().unwrap();
    let author = Author::local().by("officer");
    let report = store.erase_by(&author, JANE, Mentions::Refuse).unwrap();
    for reference in [Reference::FileAlone, Reference::Exported(before), store.reference().unwrap()]
    {
        let verified = store.verify(reference).unwrap();
        assert!(verified.is_clean(), "{verified}");
        assert_eq!(verified.erased, report.rows);
    }
    let history = store.individuals().history(JANE).unwrap();
    let (last, earlier) = history.split_last().unwrap();
    assert!(earlier.iter().all(|change| change.payload == Payload::Erased));
    assert_eq!((last.action, last.actor.as_deref()), (Action::Erase, Some("officer")));
    let Payload::Erasure(erasure) = &last.payload else { panic!("{last:?}") };
    assert_eq!((erasure.cause, erasure.rows.count()), (ErasureCause::Person, report.rows));
    assert!(earlier.iter().all(|change| erasure.rows.contains(change.seq)));
    assert!(store.changes_since(rows_before).unwrap().changes.len() > 3, "the feed goes on");
    let set = store.change_sets(1).unwrap().remove(0);
    assert_eq!((Some(set.id), set.origin.as_str()), (report.change_set, "erase"));

    // What else is missing is told, and so is an erasure that was edited.
    drop(store);
    let path = folder.path().join("contacts.db");
    let open = || Store::options().key(NodeKey::new([7; 32])).read_only(true).open(&path).unwrap();
    Connection::open(&path).unwrap().execute("DELETE FROM feed_payload WHERE seq = 2", []).unwrap();
    let missing = Finding::Edited { seq: 2, part: Part::PayloadMissing };
    assert_eq!(open().verify(Reference::FileAlone).unwrap().findings, [missing]);
    Connection::open(&path)
        .unwrap()
        .execute(
            "UPDATE feed_payload SET json = replace(CAST(json AS TEXT), '\"rows\":[[', '\"rows\":[[1,2],[')
             WHERE seq = ?1",
            [last.seq.cast_signed()],
        )
        .unwrap();
    let store = open();
    let found = store.verify(store.reference().unwrap()).unwrap().findings;
    assert!(found.contains(&missing), "{found:?}");
    assert!(found.contains(&Finding::Edited { seq: last.seq, part: Part::Payload }), "{found:?}");
}

#[test]
fn unknown_and_twice_are_told_apart() {
    let (_folder, store) = world();
    let cursor = store.cursor().unwrap();
    let nobody = IndividualId::new(Uuid::from_u128(0xdead));
    assert_eq!(store.erase(nobody).unwrap_err().kind(), Kind::NotFound);
    assert_eq!(store.erase_preview(nobody).unwrap_err().kind(), Kind::NotFound);
    assert_eq!(store.cursor().unwrap(), cursor);
    store.erase(JANE).unwrap();
    let error = store.erase(JANE).unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict, "{error}");
    // Whoever comes back can be erased again.
    store.individuals().insert(jane()).unwrap();
    let report = store.erase(JANE).unwrap();
    assert!(report.removed && report.rows >= 2, "{report:?}");
    assert!(store.verify(Reference::FileAlone).unwrap().is_clean());
}

#[test]
fn who_was_removed_before_is_erased_too() {
    let (folder, store) = world();
    store.individuals().remove(JANE).unwrap();
    let report = store.erase(JANE).unwrap();
    assert!(!report.removed && report.rows > 5, "{report:?}");
    for text in TRACES {
        assert_eq!(found_in(folder.path(), text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_preview_changes_nothing() {
    let (_folder, store) = world();
    let (cursor, head) = (store.cursor().unwrap(), store.head().unwrap().head.hash);
    let preview = store.erase_preview(JANE).unwrap();
    assert_eq!((preview.change_set, preview.scrubbed), (None, false));
    assert_eq!(store.cursor().unwrap(), cursor);
    assert_eq!(store.head().unwrap().head.hash, head);
    assert!(store.individuals().get(JANE).unwrap().is_some());
    let report = store.erase(JANE).unwrap();
    assert_eq!((report.rows, report.external_ids), (preview.rows, preview.external_ids));
}

#[test]
fn what_others_tell_of_a_person_goes_unless_it_is_theirs_today() {
    let (folder, store) = world();
    let edit = |number: u128, contacts: &str| {
        let mut team = store.organisations().require(id(number)).unwrap();
        team.contacts = Some(contacts.to_owned());
        store.organisations().update(team).unwrap();
    };
    edit(3, "write to Jane.Roe@team.example, please");
    edit(3, "write to the desk");
    edit(4, "write to <jane.roe@team.example>");
    edit(5, "mary-jane.roe@team.example");
    let named = Author::of("import of jane.roe@team.example").by("jane.roe@team.example");
    store
        .transaction_by(&named, |transaction| {
            transaction.organisations().insert(organisation(50, "New"))?;
            transaction.summarise("for Janeforename Roentgenova")
        })
        .unwrap();
    let refused = store.erase(JANE).unwrap_err();
    assert_eq!(refused.kind(), Kind::Conflict);
    let named = format!("`Team 4` ({})", id(4));
    assert!(refused.to_string().contains(&named), "{refused}");
    assert!(refused.advice().unwrap().contains("--keep-mentions"), "{refused}");
    assert!(store.individuals().get(JANE).unwrap().is_some(), "nothing was erased");
    let keep = || store.erase_by(&Author::local(), JANE, Mentions::Keep);
    let report = keep().unwrap();
    assert_eq!(report.rows_of_others, 2, "{report:?}");
    assert_eq!((report.texts, report.named_in), (1, 1), "{report:?}");
    let mentions: Vec<Uuid> = report.mentions.iter().map(|mention| mention.id).collect();
    assert_eq!(mentions, [id(4).uuid()]);
    let told = |number: u128| {
        let history = store.organisations().history(id(number)).unwrap();
        history.iter().filter(|change| change.payload == Payload::Erased).count()
    };
    assert_eq!((told(3), told(4), told(5)), (2, 0, 0));
    assert_eq!(found_in(folder.path(), "Roentgenova"), Vec::<String>::new());
    assert!(store.verify(Reference::FileAlone).unwrap().is_clean());

    // What was left goes when the record holds it no more.
    assert!(store.erase(JANE).unwrap_err().to_string().contains("Team 4"));
    assert!(keep().unwrap_err().to_string().contains("erased before"));
    edit(4, "write to the desk");
    let report = store.erase(JANE).unwrap();
    assert_eq!((report.removed, report.rows_of_others, report.mentions.len()), (false, 2, 0));
    assert_eq!(told(4), 2);
    assert!(store.verify(store.reference().unwrap()).unwrap().is_clean());
    assert!(store.erase(JANE).unwrap_err().to_string().contains("erased before"));
}

#[test]
fn who_removed_a_member_is_forgotten_with_the_person() {
    let (folder, store) = world();
    let mut group = SharingGroup::new(store.next_id().into(), "G".parse().unwrap(), id(1));
    group.members = vec![
        Member { organisation: id(1), extend: true },
        Member { organisation: id(2), extend: false },
    ];
    let mut group = store.sharing_groups().insert(group).unwrap();
    group.members.pop();
    let by = Author::local().by("jane.roe@team.example");
    store
        .transaction_by(&by, |transaction| transaction.sharing_groups().update(group.clone()))
        .unwrap();
    let removed = || store.sharing_groups().removed_members(group.id).unwrap().remove(0).removal;
    assert!(removed().by.is_some());
    let report = store.erase(JANE).unwrap();
    assert_eq!((report.texts, report.named_in), (1, 1));
    assert_eq!(removed().by, None);
    assert!(removed().at.is_some());
    drop(folder);
}

#[test]
fn undo_never_brings_back_what_was_erased() {
    let (_folder, store) = world();
    let sets =
        store.change_sets_where(&SetFilter::all().of_record(JANE.uuid()), None, 100).unwrap();
    let removal = store.erase(JANE).unwrap().change_set.unwrap();
    for set in sets.sets.iter().map(|set| set.id).chain([removal]) {
        let report = store.undo(set).unwrap();
        let of_jane: Vec<_> =
            report.conflicts.iter().filter(|conflict| conflict.id == JANE.uuid()).collect();
        assert!(!of_jane.is_empty(), "{report:?}");
        assert!(of_jane.iter().all(|conflict| conflict.reason.contains("erased")), "{report:?}");
    }
    assert!(store.individuals().get(JANE).unwrap().is_none());
    assert!(store.encryption_keys().find().all().unwrap().is_empty());
}

#[test]
fn a_reader_in_the_way_is_told_and_scrubbing_goes_on_later() {
    let (folder, store) = world();
    let path = folder.path().join("contacts.db");
    let reader = Connection::open(&path).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM individual").unwrap();
    drop(store);
    let store = Store::options()
        .busy_timeout(std::time::Duration::from_millis(1))
        .key(NodeKey::new([7; 32]))
        .open(&path)
        .unwrap();
    let report = store.erase(JANE).unwrap();
    assert!(!report.scrubbed && store.is_scrub_due().unwrap());
    assert!(!store.scrub().unwrap());
    reader.execute_batch("COMMIT").unwrap();
    assert!(store.scrub().unwrap() && !store.is_scrub_due().unwrap());
    for text in TRACES {
        assert_eq!(found_in(folder.path(), text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn what_is_old_is_pruned_and_what_stands_keeps_standing() {
    let (folder, store) = world();
    let sets = store.change_sets(1_000).unwrap();
    let middle = sets[sets.len() / 2].time;
    let head = store.head().unwrap().head;
    let teams = store.organisations().find().all().unwrap();
    let old = sets.iter().filter(|set| set.time < middle);
    let expected: u64 = old.clone().map(|set| set.changes).sum();
    let preview = store.prune_preview(middle).unwrap();
    assert_eq!((preview.rows, preview.change_sets), (expected, old.count() as u64));
    let report = store.prune(middle).unwrap();
    assert_eq!((report.rows, report.change_sets), (preview.rows, preview.change_sets));
    assert!(report.scrubbed && report.change_set.is_some());
    assert_eq!(store.organisations().find().all().unwrap(), teams);
    assert!(!found_in(folder.path(), "Team 1\"").iter().any(|_| true), "only the feed quotes it");
    for reference in [Reference::FileAlone, Reference::Exported(head), store.reference().unwrap()] {
        let verified = store.verify(reference).unwrap();
        assert!(verified.is_clean() && verified.erased == expected, "{verified}");
    }
    let first = store.organisations().history(id(1)).unwrap();
    assert_eq!((first.len(), &first[0].payload), (1, &Payload::Erased));
    let oldest = store.undo(sets.last().unwrap().id).unwrap();
    assert!(oldest.undone == 0 && oldest.conflicts[0].reason.contains("erased"));

    // Again: there is nothing to do, and a later time covers what the first one did.
    let cursor = store.cursor().unwrap();
    assert_eq!(store.prune(middle).unwrap().change_set, None);
    assert_eq!(store.cursor().unwrap(), cursor);
    let erased = store.erase(JANE).unwrap();
    let everything = store.prune(Timestamp::from_unix(1_800_000_000 + 100_000));
    assert_eq!(everything.unwrap_err().kind(), Kind::Invalid, "that is in the future");
    let now = store.change_sets(1).unwrap()[0].time;
    store.prune(now).unwrap();
    let verified = store.verify(Reference::FileAlone).unwrap();
    assert!(verified.is_clean(), "{verified}");
    let row = store.changes_of(erased.change_set.unwrap()).unwrap().pop().unwrap();
    assert!(matches!(row.payload, Payload::Erasure(_)), "an erasure is never erased");
}

#[test]
fn a_prune_is_no_change_of_any_record() {
    let (_folder, store) = world();
    let cursor = store.cursor().unwrap();
    let now = store.change_sets(1).unwrap()[0].time;
    store.prune(now).unwrap();
    let changes = store.changes_since(cursor).unwrap().changes;
    assert_eq!(changes.len(), 1);
    assert_eq!((changes[0].entity, changes[0].action), (Uuid::nil(), Action::Erase));
    let Payload::Erasure(erasure) = &changes[0].payload else { panic!("{changes:?}") };
    assert_eq!(erasure.cause, ErasureCause::Retention { before: now });
    assert_eq!(erasure.rows.as_slice().len(), 1, "one run of rows is one range");
    assert_eq!(changes[0].kind, EntityKind::Organisation);
    store.responsible_for("192.0.2.1".parse().unwrap()).unwrap();
}

#[test]
fn an_account_goes_first_and_leaves_nothing_either() {
    let (folder, store) = world();
    store.ensure_role().unwrap();
    let role = store.default_role().unwrap().id;
    let user = User::new(store.next_id().into(), "janeaccount".parse().unwrap(), JANE, role);
    let user = store.users().insert(user).unwrap();
    let (_, secret) = store.issue_auth_key(user.id, Some("KEYCOMMENTOFJANE"), None).unwrap();
    let cursor = store.cursor().unwrap();
    for refused in [store.erase(JANE).unwrap_err(), store.erase_preview(JANE).unwrap_err()] {
        assert_eq!(refused.kind(), Kind::Conflict, "{refused}");
        assert!(refused.advice().unwrap().contains("remove the users first"), "{refused}");
    }
    assert_eq!(store.cursor().unwrap(), cursor);
    store.check_auth_key(&secret).unwrap();
    store.users().remove(user.id).unwrap();
    assert!(!found_in(folder.path(), "KEYCOMMENTOFJANE").is_empty());
    store.erase(JANE).unwrap();
    for text in TRACES.into_iter().chain(["janeaccount", "KEYCOMMENTOFJANE"]) {
        assert_eq!(found_in(folder.path(), text), Vec::<String>::new(), "{text}");
    }
    assert!(store.verify(Reference::FileAlone).unwrap().is_clean());
    store.check_auth_key(&secret).unwrap_err();
}

#[test]
fn what_is_there_again_is_not_shown() {
    let (folder, store) = world();
    let copy = folder.path().join("copy.db");
    let path = folder.path().join("contacts.db");
    Connection::open(&path).unwrap().execute("VACUUM INTO ?1", [copy.to_str()]).unwrap();
    store.erase(JANE).unwrap();
    let connection = Connection::open(&path).unwrap();
    connection.execute("ATTACH ?1 AS copy", [copy.to_str()]).unwrap();
    connection
        .execute_batch(
            "INSERT INTO feed_payload SELECT * FROM copy.feed_payload
             WHERE seq NOT IN (SELECT seq FROM feed_payload)",
        )
        .unwrap();
    let history = store.individuals().history(JANE).unwrap();
    let (_, earlier) = history.split_last().unwrap();
    assert!(earlier.iter().all(|change| change.payload == Payload::Erased), "{history:?}");
    let found = store.verify(Reference::FileAlone).unwrap().findings;
    assert!(found.len() > 3);
    assert!(found.iter().all(|finding| matches!(finding, Finding::Restored { .. })), "{found:?}");
}

#[test]
fn a_payload_that_cannot_be_read_is_named() {
    let (folder, store) = world();
    let row = store.individuals().history(JANE).unwrap()[1].seq;
    Connection::open(folder.path().join("contacts.db"))
        .unwrap()
        .execute("UPDATE feed_payload SET json = 'x' WHERE seq = ?1", [row.cast_signed()])
        .unwrap();
    let error = store.individuals().history(JANE).unwrap_err();
    assert_eq!(error.kind(), Kind::Corrupt);
    assert!(error.to_string().contains(&row.to_string()), "{error}");
    assert!(error.advice().unwrap().contains("audit verify"), "{error}");
}
