//! When a change is seen.

use cerebrate_core::error::{Error, Kind};
use cerebrate_core::meta::Library;
use cerebrate_core::model::{MetaField, TemplateKey};
use cerebrate_core::subject::Subject;
use cerebrate_store::Store;
use cerebrate_store::lookup::index::NO_ORGANISATION;
use cerebrate_store::lookup::{Hit, Snapshot};

use crate::world::{claiming, id, options, organisation, store, store_in_file};

fn subject(text: &str) -> Subject {
    text.parse().unwrap()
}

fn found(store: &Store, text: &str) -> Vec<String> {
    let answer = store.responsible_for(subject(text)).unwrap();
    answer.into_iter().map(|hit| hit.organisation.name).collect()
}

fn holders(snapshot: &Snapshot, text: &str) -> Vec<String> {
    let hits = snapshot.responsible(&subject(text));
    let holder = |hit: &Hit| snapshot.organisation(hit.organisation).unwrap().to_string();
    hits.iter().map(holder).collect()
}

fn ids<const N: usize>(numbers: [u128; N]) -> Vec<String> {
    numbers.map(|number| id(number).to_string()).to_vec()
}

#[test]
fn a_commit_is_seen_by_the_next_question_and_the_next_snapshot() {
    let store = store();
    let before = store.lookup().snapshot().unwrap();
    store.organisations().insert(claiming(1, "A", &[("IPv4 address", "10.0.0.0/8")])).unwrap();
    assert_eq!(found(&store, "10.1.2.3"), ["A"]);
    let first = store.lookup().snapshot().unwrap();
    assert_eq!(holders(&first, "10.1.2.3"), ids([1]));

    store.organisations().insert(claiming(2, "B", &[("IPv4 address", "10.1.0.0/16")])).unwrap();
    assert_eq!(found(&store, "10.1.2.3"), ["B", "A"]);
    store.organisations().update(claiming(1, "A", &[("Domain", ".lu")])).unwrap();
    assert_eq!(found(&store, "10.1.2.3"), ["B"]);
    assert_eq!(found(&store, "www.lu"), ["A"]);
    let second = store.lookup().snapshot().unwrap();
    assert_eq!(holders(&second, "10.1.2.3"), ids([2]));
    assert_eq!(holders(&second, "www.lu"), ids([1]));

    assert_eq!(holders(&before, "10.1.2.3"), ids([]));
    assert_eq!(holders(&first, "10.1.2.3"), ids([1]));
    assert!(before.cursor() < first.cursor() && first.cursor() < second.cursor());
    assert_eq!(second.cursor(), store.cursor().unwrap());
}

#[test]
fn a_new_name_and_a_new_text_are_seen() {
    let store = store();
    store.organisations().insert(claiming(1, "Old", &[("AS Number", "AS64500")])).unwrap();
    store.lookup().snapshot().unwrap();
    store.organisations().update(claiming(1, "New", &[("AS Number", "asn 64500")])).unwrap();
    let answer = store.responsible_for(subject("64500")).unwrap();
    assert_eq!(answer.matches()[0].organisation.name, "New");
    assert_eq!(answer.matches()[0].basis.value, "asn 64500");
    // A value more in front: the same claim, made by another value.
    let moved = [("Country", "LU"), ("AS Number", "AS 64500")];
    store.organisations().update(claiming(1, "New", &moved)).unwrap();
    let answer = store.responsible_for(subject("64500")).unwrap();
    assert_eq!(answer.matches()[0].basis.value, "AS 64500");
}

#[test]
fn what_is_removed_vanishes_and_undo_brings_it_back() {
    let store = store();
    store.organisations().insert(claiming(1, "A", &[("IPv6 address", "2001:db8::/32")])).unwrap();
    store.lookup().snapshot().unwrap();
    store.organisations().remove(id(1)).unwrap();
    assert_eq!(found(&store, "2001:db8::17"), [""; 0]);
    assert_eq!(holders(&store.lookup().snapshot().unwrap(), "2001:db8::17"), ids([]));
    let removal = store.change_sets(1).unwrap()[0].id;
    store.undo(removal).unwrap();
    assert_eq!(found(&store, "2001:db8::17"), ["A"]);
    assert_eq!(holders(&store.lookup().snapshot().unwrap(), "2001:db8::17"), ids([1]));
}

#[test]
fn a_template_that_arrives_later_makes_its_networks_count() {
    let store = options().in_memory().unwrap();
    let key =
        TemplateKey { id: "a7674718-57c8-40e7-969e-d26ca911cb4a".parse().unwrap(), version: 3 };
    let mut team = organisation(1, "Team");
    team.meta_fields = vec![MetaField::new(key, "Proxy IP", "198.51.100.7")];
    store.organisations().insert(team.clone()).unwrap();
    store.lookup().snapshot().unwrap();
    assert_eq!(found(&store, "198.51.100.7"), [""; 0]);
    let template = Library::shipped().get(key).unwrap().template().clone();
    store.meta_templates().insert(template).unwrap();
    store.organisations().update(team).unwrap();
    assert_eq!(found(&store, "198.51.100.7"), ["Team"]);
    let by_query = store.lookup().responsible_by_query(subject("198.51.100.7")).unwrap();
    assert_eq!(by_query.len(), 1);

    store.organisations().remove(id(1)).unwrap();
    let by_query = store.lookup().responsible_by_query(subject("198.51.100.7")).unwrap();
    assert!(by_query.is_empty());
    assert_eq!(found(&store, "198.51.100.7"), [""; 0]);
    assert_eq!(store.lookup().snapshot().unwrap().organisation(1), None);
}

#[test]
fn what_is_not_committed_is_not_seen() {
    let (_folder, store) = store_in_file();
    store.lookup().snapshot().unwrap();
    let failed = store.transaction(|transaction| {
        transaction.organisations().insert(claiming(1, "A", &[("Domain", "lu")]))?;
        assert_eq!(found(&store, "www.lu"), [""; 0]);
        assert_eq!(holders(&store.lookup().refresh()?, "www.lu"), ids([]));
        Err::<(), _>(Error::new(Kind::Cancelled, "test", "no"))
    });
    assert_eq!(failed.unwrap_err().kind(), Kind::Cancelled);
    assert_eq!(found(&store, "www.lu"), [""; 0]);
}

#[test]
fn two_stores_on_one_file_see_each_other() {
    let (folder, store) = store_in_file();
    let other = Store::open(folder.path().join("contacts.db")).unwrap();
    other.lookup().snapshot().unwrap();
    store.organisations().insert(claiming(1, "A", &[("Country", "LU")])).unwrap();
    assert_eq!(found(&other, "LU"), ["A"]);
    assert_eq!(holders(&other.lookup().refresh().unwrap(), "LU"), ids([1]));
    other.organisations().insert(claiming(2, "B", &[("Country", "LU")])).unwrap();
    store.organisations().remove(id(1)).unwrap();
    assert_eq!(holders(&store.lookup().refresh().unwrap(), "LU"), ids([2]));
    assert_eq!(holders(&other.lookup().refresh().unwrap(), "LU"), ids([2]));
    let read_only = Store::options().read_only(true);
    let reader = read_only.open(folder.path().join("contacts.db")).unwrap();
    assert_eq!(found(&reader, "LU"), ["B"]);
    assert_eq!(holders(&reader.lookup().snapshot().unwrap(), "LU"), ids([2]));
}

#[test]
fn a_batch_of_changes_is_seen_whole() {
    let store = store();
    store.organisations().insert(claiming(1, "First", &[("Country", "LU")])).unwrap();
    store.lookup().snapshot().unwrap();
    // More than a question brings into the index by itself, and more than an overlay keeps.
    let many = |from: u128| {
        (from..from + 1_500).map(|number| {
            let network = format!("10.{}.{}.0/24", number / 250, number % 250);
            claiming(number, "Many", &[("IPv4 address", &network), ("Domain", "example.lu")])
        })
    };
    for from in [10, 1_510] {
        store.organisations().upsert_all(many(from)).unwrap();
        assert_eq!(found(&store, "www.example.lu").len(), usize::try_from(from).unwrap() + 1_490);
        let snapshot = store.lookup().snapshot().unwrap();
        let last = from + 1_499;
        let address = format!("10.{}.{}.7", last / 250, last % 250);
        assert_eq!(holders(&snapshot, &address), ids([last]));
    }
    assert_eq!(found(&store, "LU"), ["First"]);
}

#[test]
fn snapshots_answer_batches_as_they_answer_one() {
    let store = store();
    store
        .organisations()
        .upsert_all([
            claiming(1, "A", &[("IPv4 address", "10.0.0.0/8"), ("IPv6 address", "2001:db8::/32")]),
            claiming(2, "B", &[("IPv4 address", "10.1.0.0/16")]),
        ])
        .unwrap();
    let snapshot = store.lookup().snapshot().unwrap();
    let addresses = [0x0a01_0203, 0x0a02_0304, 0x0b00_0000];
    let mut numbers = [NO_ORGANISATION; 3];
    snapshot.organisations4(&addresses, &mut numbers);
    for (number, address) in numbers.iter().zip(addresses) {
        assert_eq!(snapshot.organisation4(address).unwrap_or(NO_ORGANISATION), *number);
    }
    let organisations = numbers.map(|number| snapshot.organisation(number));
    assert_eq!(organisations, [Some(id(2)), Some(id(1)), None]);
    let shown = |address: &str| -> Vec<_> {
        let prefixes = snapshot.prefixes(address.parse().unwrap());
        prefixes
            .map(|(number, prefix)| (snapshot.organisation(number), prefix.to_string()))
            .collect()
    };
    let expected =
        [(Some(id(2)), "10.1.0.0/16".to_owned()), (Some(id(1)), "10.0.0.0/8".to_owned())];
    assert_eq!(shown("10.1.2.3"), expected);
    assert_eq!(shown("::ffff:10.1.2.3"), expected);
    assert_eq!(shown("2001:db8::1"), [(Some(id(1)), "2001:db8::/32".to_owned())]);
    assert_eq!(snapshot.organisation6(0x2001_0db8 << 96), snapshot.organisation4(0x0a02_0304));
    assert_eq!(snapshot.covering("10.1.0.0/15".parse().unwrap()).count(), 1);
    assert_eq!(snapshot.counts().total(), 3);
    assert!(snapshot.memory() > 0);
}

#[test]
fn questions_from_many_threads_agree_while_somebody_writes() {
    let (_folder, store) = store_in_file();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..150 {
                    let answer = store.responsible_for(subject("www.example.lu")).unwrap();
                    // One transaction writes both or none.
                    assert_ne!(answer.len(), 1);
                    let snapshot = store.lookup().snapshot().unwrap();
                    assert_ne!(snapshot.responsible(&subject("www.example.lu")).len(), 1);
                }
            });
        }
        for turn in 0..40 {
            let suffix = if turn % 2 == 0 { "example.lu" } else { "example.be" };
            store
                .organisations()
                .upsert_all([1, 2].map(|number| claiming(number, "Pair", &[("Domain", suffix)])))
                .unwrap();
        }
    });
}
