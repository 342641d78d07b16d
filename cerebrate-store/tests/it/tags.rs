use cerebrate_core::model::{Individual, OrganisationGroup, Tag, TagName};
use cerebrate_core::problem::ProblemKind;
use cerebrate_core::{Error, Kind};

use crate::world::{id, organisation, store};

/// A tag whose name begins with so many characters and ends so.
fn tag(beginning: usize, end: &str) -> TagName {
    format!("{}{end}", "é".repeat(beginning)).parse().unwrap()
}

fn names_both(error: &Error, one: &TagName, other: &TagName) {
    assert_eq!(error.kind(), Kind::Conflict, "{error}");
    let shown = error.to_string();
    assert!(shown.contains(one.as_str()) && shown.contains(other.as_str()), "{shown}");
}

#[test]
fn a_tag_that_peers_take_for_another_is_refused() {
    let store = store();
    let tags = store.tags();
    let first = tag(191, "one");
    tags.insert(Tag::new(first.clone())).unwrap();
    for other in [tag(191, ""), tag(191, "two"), "É".repeat(200).parse().unwrap()] {
        names_both(&tags.insert(Tag::new(other.clone())).unwrap_err(), &other, &first);
        names_both(&tags.upsert(Tag::new(other.clone())).unwrap_err(), &other, &first);
    }
    // Told apart in time, and the same tag.
    tags.insert(Tag::new(tag(190, "one"))).unwrap();
    tags.insert(Tag::new(tag(190, ""))).unwrap();
    tags.upsert(Tag::new("É".repeat(191).parse::<TagName>().unwrap())).unwrap_err();
    tags.update(Tag::new(format!("{}ONE", "é".repeat(191)).parse().unwrap())).unwrap();
    assert_eq!(tags.find().count().unwrap(), 3);
    tags.remove(first.id()).unwrap();
    tags.insert(Tag::new(tag(191, "two"))).unwrap();
}

#[test]
fn a_record_that_would_make_such_a_tag_is_refused_whole() {
    let store = store();
    let first = tag(191, "one");
    let with = |number: u128, names: &[&TagName]| {
        let mut team = organisation(number, "team");
        team.tags = names.iter().map(|name| (*name).clone()).collect();
        team
    };
    store.organisations().insert(with(1, &[&first])).unwrap();
    let (other, fine) = (tag(191, "two"), tag(0, "fine"));
    let refused = store.organisations().insert(with(2, &[&fine, &other])).unwrap_err();
    names_both(&refused, &other, &first);
    names_both(&store.organisations().update(with(1, &[&other])).unwrap_err(), &other, &first);
    let mut group = OrganisationGroup::new(
        cerebrate_core::id::OrganisationGroupId::new(uuid::Uuid::from_u128(9)),
        "group".parse().unwrap(),
    );
    group.tags = vec![other.clone()];
    names_both(&store.organisation_groups().insert(group).unwrap_err(), &other, &first);
    assert_eq!(store.tags().find().count().unwrap(), 1, "nothing of it was written");
    // Two of one record, within one transaction that goes on.
    let [a, b] = [1, 2].map(|end| format!("{}{end}", "x".repeat(191)).parse().unwrap());
    store
        .transaction(|transaction| {
            let organisations = transaction.organisations();
            let refused = organisations.insert(with(3, &[&a, &b])).unwrap_err();
            names_both(&refused, &a, &b);
            organisations.insert(with(4, &[&a]))?;
            names_both(&organisations.insert(with(5, &[&b])).unwrap_err(), &b, &a);
            transaction.tags().remove(a.id())?;
            organisations.insert(with(6, &[&b]))
        })
        .unwrap();
    assert_eq!(store.organisations().find().count().unwrap(), 3);
}

#[test]
fn an_import_keeps_the_record_with_its_tags_and_flags_it() {
    let store = store();
    let (first, other) = (tag(191, "one"), tag(191, "two"));
    let short = tag(191, "");
    let endless = "x".repeat(256);
    let csv = format!("name,tags\nA,{first}\nB,{other}\nC,{short}\nD,{endless}\n");
    let report = store.import_organisations().csv(csv.as_bytes()).apply().unwrap();
    assert_eq!(report.added, 3);
    let listed: Vec<_> =
        report.problems.iter().map(|problem| (problem.line, problem.kind)).collect();
    assert_eq!(listed, [(5, ProblemKind::TooLong)], "a name over the limit is listed with its row");
    let teams = store.organisations().find().all().unwrap();
    let tags: Vec<_> = teams.iter().map(|team| (team.tags.len(), team.flags.clone())).collect();
    let long = vec![ProblemKind::TooLong];
    assert_eq!(tags, [(1, long.clone()), (1, long), (1, vec![])]);
    // A carrier of a tag that stands there can be written as before.
    let mut team = teams[1].clone();
    team.sector = Some("energy".to_owned());
    store.organisations().update(team).unwrap();
}

#[test]
fn an_undo_brings_a_tag_back_whatever_stands_there() {
    let store = store();
    let (first, other) = (tag(191, "one"), tag(191, "two"));
    let mut team = organisation(1, "team");
    team.tags = vec![first.clone()];
    store.organisations().insert(team).unwrap();
    let set = store
        .transaction(|transaction| {
            transaction.tags().remove(first.id())?;
            Ok(transaction.change_set())
        })
        .unwrap();
    store.tags().insert(Tag::new(other)).unwrap();
    let report = store.undo(set).unwrap();
    assert_eq!(report.conflicts, []);
    assert_eq!(store.organisations().require(id(1)).unwrap().tags, [first]);
}

#[test]
fn a_tag_that_is_renamed_stays_where_it_was_put() {
    let store = store();
    let name = |text: &str| -> TagName { text.parse().unwrap() };
    let mut team = organisation(1, "team");
    team.tags = vec![name("a"), name("tlp:gren"), name("z")];
    store.organisations().upsert_all([team, organisation(2, "both")]).unwrap();
    let mut both = store.organisations().require(id(2)).unwrap();
    both.tags = vec![name("tlp:green"), name("TLP:Gren")];
    store.organisations().update(both).unwrap();
    let mut person = Individual::new(store.next_id().into(), "p@x.example");
    person.tags = vec![name("tlp:gren")];
    let person = store.individuals().insert(person).unwrap().id;
    let mut group = OrganisationGroup::new(store.next_id().into(), "group".parse().unwrap());
    group.tags = vec![name("tlp:gren")];
    let group = store.organisation_groups().insert(group).unwrap().id;

    let mut to = Tag::new(name("TLP:GREEN"));
    to.colour = "#00ff00".to_owned();
    let (renamed, set) = store
        .transaction(|transaction| {
            let renamed = transaction.rename_tag(&name("tlp:gren"), to.clone())?;
            Ok((renamed, transaction.change_set()))
        })
        .unwrap();
    assert_eq!(renamed.colour, "#00ff00");
    let texts = |tags: Vec<TagName>| tags.iter().map(ToString::to_string).collect::<Vec<_>>();
    let of = |number| texts(store.organisations().require(id(number)).unwrap().tags);
    let spelled = renamed.name.to_string();
    assert_eq!(of(1), ["a", spelled.as_str(), "z"]);
    assert_eq!(of(2), [spelled.as_str()]);
    assert_eq!(texts(store.individuals().require(person).unwrap().tags), [spelled.as_str()]);
    assert_eq!(texts(store.organisation_groups().require(group).unwrap().tags), [spelled.as_str()]);
    assert!(store.tags().get(name("tlp:gren").id()).unwrap().is_none());
    assert_eq!(cerebrate_testkit::check::store(&store), Vec::<String>::new());

    let report = store.undo(set).unwrap();
    assert!(report.conflicts.is_empty(), "{report:?}");
    assert_eq!(of(1), ["a", "tlp:gren", "z"]);
    assert_eq!(of(2), ["tlp:green", "tlp:gren"]);

    // Names that begin alike for long cannot stand beside each other, and need not.
    let (one, other) = (tag(200, "one"), tag(200, "other"));
    let mut team = store.organisations().require(id(1)).unwrap();
    team.tags = vec![one.clone()];
    store.organisations().update(team).unwrap();
    let rename = |from: &TagName, to: &TagName| {
        store.transaction(|transaction| transaction.rename_tag(from, Tag::new(to.clone())))
    };
    rename(&one, &other).unwrap();
    assert_eq!(of(1), [other.as_str()]);
    assert_eq!(rename(&one, &other).unwrap_err().kind(), Kind::NotFound);
    let third = tag(200, "third");
    names_both(&rename(&name("z"), &third).unwrap_err(), &third, &other);
    assert!(store.tags().get(name("z").id()).unwrap().is_some(), "nothing of it was done");
}
