//! Values that wait for their template.

use cerebrate_core::meta::upgrade::{Reason, Strategy};
use cerebrate_core::model::FieldKind;
use cerebrate_core::problem::ProblemKind;
use cerebrate_store::lookup::Responsibility;

use crate::templates::{
    contents, counts, field, flags, key, team, template, template_id, text, update, versions,
};
use crate::world::{id, options};

#[test]
fn held_values_are_released_when_their_template_comes_and_wait_again_after_undo() {
    let store = options().in_memory().unwrap();
    team(&store, 1, 3, &[("net", "10.1.2.3/8"), ("net", "bad"), ("other", "x")]);
    assert!(flags(&store, 1).iter().all(|flags| flags[..] == [ProblemKind::UnknownTemplate]));
    let held = store.templates().held().unwrap();
    assert_eq!((held.len(), held[0].key, held[0].values), (1, key(3), 3));
    assert_eq!(held[0].name, None);
    let before = contents(&store);
    let modified = store.organisations().require(id(1)).unwrap().modified;

    store.templates().load(template(4, &[field("net", FieldKind::Text, true)])).unwrap();
    assert_eq!(store.templates().held().unwrap().len(), 1, "another version releases nothing");
    let loaded = store.templates().load(template(3, &[field("net", FieldKind::Ipv4, true)]));
    let report = loaded.unwrap();
    assert_eq!(report.released, 3);
    let expected =
        [vec![ProblemKind::HostBits], vec![ProblemKind::NotIpv4], vec![ProblemKind::UnknownField]];
    assert_eq!(flags(&store, 1), expected);
    let team = store.organisations().require(id(1)).unwrap();
    assert_eq!(team.meta_fields[0].normalised.as_deref(), Some("10.0.0.0/8"));
    assert_eq!(team.modified, modified, "nobody changed the record");
    assert_eq!(store.templates().held().unwrap(), []);
    let set = store.change_sets(1).unwrap().remove(0);
    assert_eq!((Some(set.id), set.changes), (report.change_set, 2), "one change set");

    assert_eq!(store.undo(set.id).unwrap().conflicts, []);
    store.templates().remove(key(4)).unwrap();
    assert_eq!(contents(&store), before);
}

#[test]
fn lookup_reads_values_as_the_templates_of_the_moment_have_them() {
    let store = options().in_memory().unwrap();
    team(&store, 1, 3, &[("net", "10.1.0.0/16")]);
    team(&store, 2, 3, &[("other", "10.1.0.0/16")]);
    let responsible = || -> Vec<String> {
        let subject = || "10.1.2.3".parse().unwrap();
        let indexed = store.responsible_for(subject()).unwrap();
        let asked = store.lookup().responsible_by_query(subject()).unwrap();
        let names = |found: &Responsibility| -> Vec<String> {
            found.iter().map(|hit| hit.organisation.name.clone()).collect()
        };
        assert_eq!(names(&indexed), names(&asked));
        names(&indexed)
    };
    assert!(responsible().is_empty(), "nobody knows what the field is");
    let own = store.templates().load(template(3, &[field("net", FieldKind::Ipv4, true)])).unwrap();
    assert_eq!(responsible(), ["Team 1"]);
    store.undo(own.change_set.unwrap()).unwrap();
    assert_eq!(flags(&store, 1), [[ProblemKind::UnknownTemplate]]);
    assert!(responsible().is_empty());

    let newer =
        store.templates().load(template(4, &[field("net", FieldKind::Ipv4, true)])).unwrap();
    assert_eq!(flags(&store, 1), [[ProblemKind::UnknownTemplate]]);
    assert!(responsible().is_empty(), "another version does not tell what a value is");
    team(&store, 3, 4, &[("net", "10.1.0.0/16")]);
    assert_eq!(responsible(), ["Team 3"]);
    store.organisations().remove(id(3)).unwrap();
    store.undo(newer.change_set.unwrap()).unwrap();
    assert!(responsible().is_empty());

    // An update that changes the type.
    store.templates().load(template(3, &[text("net"), text("other")])).unwrap();
    let fields = ["net", "other"].map(|name| field(name, FieldKind::Ipv4, true));
    let report = update(&store, &template(6, &fields), Strategy::UpdateExisting);
    assert_eq!(responsible(), ["Team 1", "Team 2"]);
    store.undo(report.change_set.unwrap()).unwrap();
    assert!(responsible().is_empty());
}

#[test]
fn values_that_wait_for_an_older_version_follow_if_they_pass_and_are_never_removed() {
    for strategy in [Strategy::UpdateExisting, Strategy::KeepBoth, Strategy::DeleteAll] {
        let store = options().in_memory().unwrap();
        store.templates().load(template(5, &[field("net", FieldKind::Ipv4, false)])).unwrap();
        team(&store, 1, 2, &[("net", "10.0.0.1")]);
        team(&store, 2, 2, &[("net", "proxy")]);
        team(&store, 3, 2, &[("net", "10.0.0.1"), ("net", "10.0.0.2")]);
        team(&store, 4, 2, &[("unheard", "x")]);
        team(&store, 5, 7, &[("net", "10.0.0.1")]);
        let report = store.templates().update(template_id(), strategy).unwrap();
        assert_eq!(counts(&report), (1, 4, 0), "{strategy}");
        assert_eq!((versions(&store, 1), flags(&store, 1)), (vec![5], vec![vec![]]));
        assert_eq!(versions(&store, 2), [2]);
        assert_eq!(versions(&store, 3), [2, 2]);
        assert_eq!(versions(&store, 4), [2]);
        assert_eq!(versions(&store, 5), [7], "what is newer waits for its template");
        let reasons: Vec<bool> = report
            .conflicts
            .iter()
            .map(|conflict| matches!(conflict.reason, Reason::Invalid(_)))
            .collect();
        assert_eq!(reasons, [true, false, false]);
    }
}
