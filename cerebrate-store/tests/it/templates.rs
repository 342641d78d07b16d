//! Templates: loading, states, updates with each strategy, values that wait, undo.

use std::collections::BTreeMap;

use cerebrate_core::Kind;
use cerebrate_core::audit::Document;
use cerebrate_core::id::{IndividualId, MetaTemplateId};
use cerebrate_core::meta::Library;
use cerebrate_core::meta::upgrade::{Reason, Strategy};
use cerebrate_core::model::{
    EntityKind, FieldKind, Individual, MetaField, MetaTemplate, Record, Scope, TemplateField,
    TemplateKey,
};
use cerebrate_core::problem::ProblemKind;
use cerebrate_store::Store;
use cerebrate_store::templates::{ListedTemplate, UpdateOutcome, UpdateReport};
use serde_json::json;
use uuid::Uuid;

use crate::world::{id, options, organisation, store};

pub(crate) const STRATEGIES: [Strategy; 4] =
    [Strategy::UpdateExisting, Strategy::KeepBoth, Strategy::CreateNew, Strategy::DeleteAll];

pub(crate) fn template_id() -> MetaTemplateId {
    MetaTemplateId::new(Uuid::from_u128(0x7e))
}

pub(crate) fn key(version: u32) -> TemplateKey {
    TemplateKey::new(template_id(), version)
}

pub(crate) fn template(version: u32, fields: &[TemplateField]) -> MetaTemplate {
    let mut template =
        MetaTemplate::new(key(version), "test", "Team card", Scope::Organisation, "example");
    template.fields = fields.to_vec();
    template
}

pub(crate) fn field(name: &str, kind: FieldKind, multiple: bool) -> TemplateField {
    let mut field = TemplateField::new(name, kind);
    field.multiple = multiple;
    field
}

pub(crate) fn text(name: &str) -> TemplateField {
    field(name, FieldKind::Text, true)
}

pub(crate) fn pattern(name: &str, pattern: &str) -> TemplateField {
    let mut field = text(name);
    field.pattern = Some(pattern.to_owned());
    field
}

pub(crate) fn listed(name: &str, values: &[&str]) -> TemplateField {
    let mut field = text(name);
    field.values_list = Some(values.iter().map(|value| json!(value)).collect());
    field
}

/// A store with this template, enabled.
fn with(first: MetaTemplate) -> Store {
    let store = options().in_memory().unwrap();
    let key = first.key;
    store.templates().load(first).unwrap();
    store.templates().enable(key).unwrap();
    store
}

/// Adds a team with values of the template.
pub(crate) fn team(store: &Store, number: u128, version: u32, values: &[(&str, &str)]) {
    let mut team = organisation(number, &format!("Team {number}"));
    team.meta_fields =
        values.iter().map(|(field, value)| MetaField::new(key(version), *field, *value)).collect();
    store.organisations().insert(team).unwrap();
}

/// Version, field and value of all values of a team.
fn values(store: &Store, number: u128) -> Vec<(u32, String, String)> {
    let team = store.organisations().require(id(number)).unwrap();
    let values = team.meta_fields.into_iter();
    values.map(|value| (value.template.version, value.field, value.value)).collect()
}

pub(crate) fn versions(store: &Store, number: u128) -> Vec<u32> {
    values(store, number).into_iter().map(|(version, _, _)| version).collect()
}

pub(crate) fn flags(store: &Store, number: u128) -> Vec<Vec<ProblemKind>> {
    let team = store.organisations().require(id(number)).unwrap();
    team.meta_fields.into_iter().map(|value| value.flags).collect()
}

fn status(store: &Store, files: &Library, version: u32) -> ListedTemplate {
    let listed = store.templates().against(files).status(template_id()).unwrap();
    listed.into_iter().find(|listed| listed.template.key.version == version).unwrap()
}

fn library(templates: impl IntoIterator<Item = MetaTemplate>) -> Library {
    templates.into_iter().collect()
}

/// All records and what the store keeps of values by itself: times of change apart, two stores
/// with the same answer are the same.
pub(crate) fn contents(store: &Store) -> BTreeMap<(EntityKind, Uuid), (Document, Vec<String>)> {
    let mut records: Vec<Record> = Vec::new();
    records.extend(store.meta_templates().find().all().unwrap().into_iter().map(Record::from));
    records.extend(store.organisations().find().all().unwrap().into_iter().map(Record::from));
    records.extend(store.individuals().find().all().unwrap().into_iter().map(Record::from));
    records
        .into_iter()
        .map(|record| {
            let mut kept: Vec<String> = match &record {
                Record::Organisation(record) => record.meta_fields.as_slice(),
                Record::Individual(record) => record.meta_fields.as_slice(),
                _ => &[],
            }
            .iter()
            .map(|value| format!("{value:?}"))
            .collect();
            kept.sort();
            let mut document = Document::of(&record);
            document.set("modified", None);
            ((record.kind(), record.id()), (document, kept))
        })
        .collect()
}

pub(crate) fn update(store: &Store, to: &MetaTemplate, strategy: Strategy) -> UpdateReport {
    store.templates().update_to(to.clone(), strategy).unwrap()
}

pub(crate) fn counts(report: &UpdateReport) -> (u64, u64, u64) {
    (report.moved, report.kept, report.removed)
}

#[test]
fn a_template_is_required_by_name_and_checks_values() {
    let store = store();
    let template = store.templates().require("cerebrate/csirt-constituency").unwrap();
    let problems = template.check([("IPv4 address", "10.0.0.300"), ("AS Number", "AS64500")]);
    assert_eq!(problems[0].field(), "IPv4 address");
    assert_eq!(problems.len(), 1);
    assert_eq!(store.templates().find("cerebrate/no-such").unwrap().map(|found| found.key()), None);
    let error = store.templates().require("cerebrate/csirt-constituenci").unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    assert!(error.advice().unwrap().contains("cerebrate/csirt-constituency"), "{error:?}");
    assert!(store.templates().get(template.key()).unwrap().is_some());
}

#[test]
fn the_shipped_templates_are_loaded_once() {
    let store = options().in_memory().unwrap();
    let report = store.load_shipped_templates().unwrap();
    assert_eq!(report.loaded.len(), Library::shipped().len());
    assert!(report.change_set.is_some() && report.differing.is_empty());
    let enisa = store.templates().require("cnw/enisa-csirt-network").unwrap();
    for listed in store.templates().status(enisa.key().id).unwrap() {
        let is_newest = listed.template.key.version == 4;
        assert_eq!(listed.template.enabled, is_newest, "{:?}", listed.template.key);
        assert_eq!(listed.status.up_to_date, is_newest);
        assert_eq!(listed.status.to_existing, !is_newest);
        assert!(listed.status.can_be_removed);
    }
    let cursor = store.cursor().unwrap();
    store.templates().disable(enisa.key()).unwrap();
    let disabled = store.cursor().unwrap();
    let again = store.load_shipped_templates().unwrap();
    assert_eq!((again.loaded.len(), again.unchanged.len()), (0, Library::shipped().len()));
    assert_eq!(again.change_set, None);
    assert_eq!(store.cursor().unwrap(), disabled, "loading again decides nothing anew");
    assert_ne!(cursor, disabled);
    let change = &store.change_sets(9).unwrap()[1];
    assert_eq!(change.origin, "shipped templates");
}

#[test]
fn a_version_is_loaded_once_and_never_with_other_content() {
    let store = options().in_memory().unwrap();
    let first = template(1, &[text("a")]);
    let report = store.templates().load(first.clone()).unwrap();
    assert_eq!(report.loaded, [key(1)]);
    let again = store.templates().load(first.clone()).unwrap();
    assert_eq!((again.unchanged, again.change_set), (vec![key(1)], None));

    let mut other = first.clone();
    other.fields.push(text("b"));
    let error = store.templates().load(other.clone()).unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict);
    let report = store.templates().load_library(&library([other, template(2, &[])])).unwrap();
    assert_eq!((report.differing, report.loaded), (vec![key(1)], vec![key(2)]));
    assert_eq!(store.templates().get(key(1)).unwrap().unwrap().fields().len(), 1);

    let broken = [
        MetaTemplate::new(key(0), "n", "N", Scope::Organisation, "s"),
        MetaTemplate::new(key(3), "n", " ", Scope::Organisation, "s"),
        MetaTemplate::new(key(3), "", "N", Scope::Organisation, "s"),
        MetaTemplate::new(key(3), "n", "N", Scope::Organisation, ""),
        template(3, &[text("")]),
    ];
    for broken in broken {
        assert_eq!(store.templates().load(broken.clone()).unwrap_err().kind(), Kind::Invalid);
        let refused = store.templates().update_to(broken, Strategy::KeepBoth).unwrap_err();
        assert_eq!(refused.kind(), Kind::Invalid);
    }
}

#[test]
fn every_state_has_its_case() {
    let store = options().in_memory().unwrap();
    let files = library([template(1, &[text("a")]), template(10, &[pattern("a", "x+")])]);
    let new = status(&store, &files, 10);
    assert!(new.status.is_new && new.status.up_to_date && !new.is_stored);
    assert!(!new.status.can_be_removed && !new.status.automatically_updateable);
    let unknown = MetaTemplateId::new(Uuid::from_u128(1));
    assert_eq!(store.templates().status(unknown).unwrap_err().kind(), Kind::NotFound);

    store.templates().load(template(9, &[text("a")])).unwrap();
    let stored = status(&store, &files, 9);
    assert!(stored.is_stored && stored.status.automatically_updateable, "9 is older than 10");
    assert!(!stored.status.up_to_date && !stored.status.is_new && !stored.status.to_existing);
    assert!(stored.status.can_be_removed && !stored.status.has_conflict);

    team(&store, 1, 9, &[("a", "xx")]);
    let used = status(&store, &files, 9);
    assert!(used.status.automatically_updateable && !used.status.can_be_removed);
    assert_eq!((used.values, used.records, used.file_version), (1, 1, Some(10)));

    team(&store, 2, 9, &[("a", "y"), ("a", "x")]);
    let hindered = status(&store, &files, 9);
    assert!(hindered.status.has_conflict && !hindered.status.automatically_updateable);
    assert_eq!((hindered.values, hindered.records), (3, 2));

    store.templates().load(template(10, &[pattern("a", "x+")])).unwrap();
    assert!(status(&store, &files, 9).status.to_existing);
    let newest = status(&store, &files, 10);
    assert!(newest.status.up_to_date && newest.status.can_be_removed);
    let without_files = status(&store, &Library::new(), 9);
    assert!(!without_files.status.up_to_date && without_files.status.has_conflict);
    assert_eq!(without_files.file_version, None);
    assert_eq!(store.templates().against(&files).list().unwrap().len(), 2);
}

/// What changes, the field before, the fields after, the values, the conflicts expected.
type Case = (
    &'static str,
    TemplateField,
    Vec<TemplateField>,
    &'static [&'static str],
    &'static [&'static str],
);

#[test]
fn each_kind_of_change_conflicts_only_where_it_hurts() {
    let single = |name| field(name, FieldKind::Text, false);
    let mut linked = text("a");
    linked.link = Some("https://example.org".to_owned());
    linked.sane_default = Some(vec![json!("x")]);
    let cases: [Case; 9] = [
        ("a field more", text("a"), vec![text("a"), text("b")], &["x"], &[]),
        ("a field less", text("a"), vec![], &["x"], &["removed"]),
        ("one value now, one there", text("a"), vec![single("a")], &["x"], &[]),
        ("one value now, two there", text("a"), vec![single("a")], &["x", "y"], &["single"]),
        ("another pattern", pattern("a", ".*"), vec![pattern("a", "x")], &["x", "y"], &["invalid"]),
        ("no pattern any more", pattern("a", "x"), vec![text("a")], &["x"], &[]),
        ("a list", text("a"), vec![listed("a", &["x"])], &["x", "z"], &["invalid"]),
        (
            "another type",
            text("a"),
            vec![field("a", FieldKind::Ipv4, true)],
            &["10.0.0.1", "proxy"],
            &["invalid"],
        ),
        ("suggestions and a link", text("a"), vec![linked], &["x"], &[]),
    ];
    for (what, before, after, given, expected) in cases {
        let store = with(template(1, &[before]));
        let pairs: Vec<(&str, &str)> = given.iter().map(|value| ("a", *value)).collect();
        team(&store, 1, 1, &pairs);
        let files = library([template(2, &after)]);
        let found = store.templates().against(&files).conflicts(key(1), 2).unwrap();
        let reasons: Vec<&str> = found
            .iter()
            .map(|conflict| match conflict.reason {
                Reason::Removed => "removed",
                Reason::SingleNow => "single",
                Reason::Invalid(_) => "invalid",
                _ => "other",
            })
            .collect();
        assert_eq!(reasons, expected, "{what}");
        for conflict in &found {
            assert_eq!((conflict.kind, conflict.id), (EntityKind::Organisation, id(1).uuid()));
            assert_eq!((conflict.name.as_str(), conflict.field.as_str()), ("Team 1", "a"));
            assert!(!conflict.values.is_empty() && !conflict.to_string().is_empty());
            if let Reason::Invalid(_) = conflict.reason {
                assert_eq!(conflict.values, given[1..], "{what}: only what does not pass");
            }
        }
        let state = status(&store, &files, 1).status;
        assert_eq!(state.has_conflict, !expected.is_empty(), "{what}");
    }
    let store = with(template(1, &[]));
    assert_eq!(store.templates().conflicts(key(1), 7).unwrap_err().kind(), Kind::NotFound);
    assert_eq!(store.templates().conflicts(key(7), 1).unwrap_err().kind(), Kind::NotFound);
}

/// Version 1 in use with three teams, one of which conflicts with version 2.
fn in_conflict() -> (Store, MetaTemplate) {
    let store = with(template(1, &[text("a"), text("gone"), text("net")]));
    store.templates().set_default(key(1)).unwrap();
    team(&store, 1, 1, &[("a", "x"), ("net", "10.1.2.3/8")]);
    team(&store, 2, 1, &[("a", "1"), ("gone", "2"), ("net", "proxy"), ("net", "10.0.0.1")]);
    team(&store, 3, 1, &[("a", "z")]);
    (store, template(2, &[text("a"), field("net", FieldKind::Ipv4, true)]))
}

/// Version 1 in use with two teams, none of which conflicts with version 2.
fn in_harmony() -> (Store, MetaTemplate) {
    let store = with(template(1, &[text("a"), text("gone"), text("net")]));
    store.templates().set_default(key(1)).unwrap();
    team(&store, 1, 1, &[("a", "x"), ("net", "10.1.2.3/8")]);
    team(&store, 2, 1, &[("a", "y")]);
    (store, template(2, &[text("a"), field("net", FieldKind::Ipv4, true)]))
}

/// Enabled and default, of a stored version.
fn offered(store: &Store, version: u32) -> Option<(bool, bool)> {
    let template = store.templates().get(key(version)).unwrap()?;
    Some((template.template().enabled, template.template().is_default))
}

#[test]
fn without_conflicts_values_follow_as_asked() {
    for (strategy, outcome, expected, old) in [
        (Strategy::UpdateExisting, UpdateOutcome::Replaced, (3, 0, 0), None),
        (Strategy::KeepBoth, UpdateOutcome::KeptBoth, (3, 0, 0), Some((false, false))),
        (Strategy::CreateNew, UpdateOutcome::KeptBoth, (0, 3, 0), Some((false, false))),
        (Strategy::DeleteAll, UpdateOutcome::Replaced, (3, 0, 0), None),
    ] {
        let (store, new) = in_harmony();
        let report = update(&store, &new, strategy);
        assert_eq!((report.outcome, counts(&report)), (outcome, expected), "{strategy}");
        assert_eq!((report.from, report.to), (vec![key(1)], key(2)));
        assert!(report.conflicts.is_empty());
        assert_eq!(offered(&store, 1), old, "{strategy}");
        assert_eq!(offered(&store, 2), Some((true, true)), "{strategy}");
        let version = if strategy == Strategy::CreateNew { 1 } else { 2 };
        assert_eq!(versions(&store, 1), [version, version], "{strategy}");
        assert_eq!(versions(&store, 2), [version]);
        let names: Vec<_> = store.name_directory().unwrap();
        let known: Vec<u32> = names
            .iter()
            .filter(|entry| entry.template.id == template_id())
            .inspect(|entry| assert_eq!(entry.name, "Team card"))
            .map(|entry| entry.template.version)
            .collect();
        assert_eq!(known, [1, 2], "the directory keeps both names");
    }
}

#[test]
fn with_conflicts_each_strategy_does_what_it_says() {
    for strategy in [Strategy::UpdateExisting, Strategy::KeepBoth] {
        let (store, new) = in_conflict();
        let report = update(&store, &new, strategy);
        assert_eq!(report.outcome, UpdateOutcome::KeptBoth);
        assert_eq!(counts(&report), (3, 4, 0));
        let fields: Vec<&str> =
            report.conflicts.iter().map(|conflict| conflict.field.as_str()).collect();
        assert_eq!(fields, ["gone", "net"]);
        assert!(report.conflicts.iter().all(|conflict| conflict.id == id(2).uuid()));
        assert_eq!(versions(&store, 1), [2, 2]);
        assert_eq!(versions(&store, 2), [1, 1, 1, 1], "all values of the owner stay together");
        assert_eq!(versions(&store, 3), [2]);
        assert_eq!(offered(&store, 1), Some((false, false)));
        assert_eq!(offered(&store, 2), Some((true, true)));
        assert_eq!(store.templates().remove(key(1)).unwrap_err().kind(), Kind::Conflict);
    }

    let (store, new) = in_conflict();
    let report = update(&store, &new, Strategy::CreateNew);
    assert_eq!((report.outcome, counts(&report)), (UpdateOutcome::KeptBoth, (0, 7, 0)));
    assert_eq!(versions(&store, 2), [1, 1, 1, 1]);
    assert_eq!(
        (offered(&store, 1), offered(&store, 2)),
        (Some((false, false)), Some((true, true)))
    );

    let (store, new) = in_conflict();
    let report = update(&store, &new, Strategy::DeleteAll);
    assert_eq!((report.outcome, counts(&report)), (UpdateOutcome::Replaced, (5, 0, 2)));
    let left = [(2, "a", "1"), (2, "net", "10.0.0.1")];
    let left = left.map(|(version, field, value)| (version, field.to_owned(), value.to_owned()));
    assert_eq!(values(&store, 2), left);
    assert_eq!((offered(&store, 1), offered(&store, 2)), (None, Some((true, true))));
}

#[test]
fn values_that_moved_are_checked_under_the_new_version() {
    let (store, new) = in_conflict();
    update(&store, &new, Strategy::UpdateExisting);
    let team = store.organisations().require(id(1)).unwrap();
    let net = team.meta_fields.iter().find(|value| value.field == "net").unwrap();
    assert_eq!(net.value, "10.1.2.3/8", "the text stays as given");
    assert_eq!(net.normalised.as_deref(), Some("10.0.0.0/8"));
    assert_eq!(net.flags, [ProblemKind::HostBits]);
    assert_eq!(flags(&store, 2), vec![Vec::new(); 4]);
    let found = store.organisations().find().meta("net", "10.200.0.1").all().unwrap();
    assert_eq!(found.iter().map(|team| team.name.to_string()).collect::<Vec<_>>(), ["Team 1"]);
}

#[test]
fn a_moved_value_keeps_its_times() {
    let (store, new) = in_harmony();
    let before = store.organisations().require(id(1)).unwrap();
    update(&store, &new, Strategy::UpdateExisting);
    let after = store.organisations().require(id(1)).unwrap();
    for (old, new) in before.meta_fields.iter().zip(&after.meta_fields) {
        assert_eq!((old.created, old.modified), (new.created, new.modified));
        assert_eq!(old.id(id(1).uuid()), new.id(id(1).uuid()));
    }
}

#[test]
fn undo_of_each_strategy_restores_everything() {
    for start in [in_conflict, in_harmony] {
        for strategy in STRATEGIES {
            let (store, new) = start();
            // One team waits for the new version and has values of the old one too.
            let mut waiting = organisation(9, "Waiting");
            waiting.meta_fields = vec![
                MetaField::new(key(1), "a", "old"),
                MetaField::new(key(2), "net", "10.9.0.0/16"),
            ];
            store.organisations().insert(waiting).unwrap();
            let before = contents(&store);
            let report = update(&store, &new, strategy);
            assert_ne!(contents(&store), before);
            assert_eq!(report.released, 1);
            assert_eq!(flags(&store, 9).concat(), [], "released");
            let undone = store.undo(report.change_set.unwrap()).unwrap();
            assert_eq!(undone.conflicts, [], "{strategy}");
            assert_eq!(contents(&store), before, "{strategy}");
            assert_eq!(store.templates().get(key(2)).unwrap().map(|found| found.key()), None);
            let again = store.undo(undone.change_set.unwrap()).unwrap();
            assert_eq!(again.conflicts, [], "{strategy}: an undo can be undone");
            assert!(store.templates().get(key(2)).unwrap().is_some());
        }
    }
}

#[test]
fn undo_leaves_a_template_that_got_values_since() {
    let (store, new) = in_harmony();
    let report = update(&store, &new, Strategy::UpdateExisting);
    team(&store, 5, 2, &[("a", "later")]);
    let undone = store.undo(report.change_set.unwrap()).unwrap();
    let reasons: Vec<&str> =
        undone.conflicts.iter().map(|conflict| conflict.reason.as_str()).collect();
    assert_eq!(reasons.len(), 2, "the new version stays, and stays the default: {reasons:?}");
    assert!(undone.conflicts.iter().all(|conflict| conflict.kind == EntityKind::MetaTemplate));
    assert_eq!(versions(&store, 1), [1, 1]);
    assert_eq!((versions(&store, 5), flags(&store, 5)), (vec![2], vec![vec![]]));
}

#[test]
fn what_is_not_newer_is_left_alone_and_said_so() {
    let store = with(template(10, &[text("a")]));
    team(&store, 1, 10, &[("a", "x")]);
    let cursor = store.cursor().unwrap();
    for (version, fields) in [(9, vec![]), (10, vec![text("a")])] {
        for strategy in STRATEGIES {
            let report = update(&store, &template(version, &fields), strategy);
            assert_eq!(report.outcome, UpdateOutcome::UpToDate, "{version}");
            assert_eq!((report.change_set, report.to), (None, key(10)));
            assert!(report.to_string().ends_with("up to date"), "{report}");
        }
    }
    for strategy in STRATEGIES {
        let other = store.templates().update_to(template(10, &[]), strategy).unwrap_err();
        assert_eq!(other.kind(), Kind::Conflict, "stored with other content");
    }
    assert_eq!(store.cursor().unwrap(), cursor);
    let unknown = MetaTemplateId::new(Uuid::from_u128(1));
    let error = store.templates().update(unknown, Strategy::KeepBoth).unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
}

#[test]
fn a_file_that_is_stored_already_moves_values_as_the_name_does() {
    for strategy in STRATEGIES {
        let [by_file, by_name] = [true, false].map(|is_file| {
            let (store, new) = in_conflict();
            store.templates().load(new.clone()).unwrap();
            let report = if is_file {
                update(&store, &new, strategy)
            } else {
                store.templates().update(new.key.id, strategy).unwrap()
            };
            assert!(report.change_set.is_some(), "{strategy}");
            (report, contents(&store))
        });
        assert_eq!(by_file, by_name, "{strategy}");
    }
}

#[test]
fn a_value_that_the_new_pattern_cannot_check_is_moved_and_flagged() {
    let store = with(template(1, &[text("a")]));
    team(&store, 1, 1, &[("a", "x")]);
    let new = template(2, &[pattern("a", "(?=x).")]);
    let report = update(&store, &new, Strategy::DeleteAll);
    assert_eq!(counts(&report), (1, 0, 0));
    assert!(matches!(report.conflicts[0].reason, Reason::Unchecked(_)), "{report:?}");
    assert_eq!(report.conflicts[0].values, ["x"]);
    assert_eq!(versions(&store, 1), [2]);
    assert_eq!(flags(&store, 1), [[ProblemKind::Unsupported]]);
}

#[test]
fn versions_are_numbers() {
    let store = with(template(9, &[text("a")]));
    team(&store, 1, 9, &[("a", "x")]);
    let report = update(&store, &template(10, &[text("a")]), Strategy::UpdateExisting);
    assert_eq!(report.outcome, UpdateOutcome::Replaced);
    assert_eq!(versions(&store, 1), [10]);
    assert_eq!(store.templates().require("test/team-card").unwrap().key(), key(10));
}

#[test]
fn a_template_that_is_not_stored_is_created_by_an_update() {
    let store = options().in_memory().unwrap();
    let report = update(&store, &template(3, &[text("a")]), Strategy::UpdateExisting);
    assert_eq!((report.outcome, counts(&report)), (UpdateOutcome::Created, (0, 0, 0)));
    let files = library([template(4, &[text("a")])]);
    let report =
        store.templates().against(&files).update(template_id(), Strategy::KeepBoth).unwrap();
    assert_eq!((report.outcome, report.to), (UpdateOutcome::KeptBoth, key(4)));
}

#[test]
fn values_follow_to_a_version_that_is_stored_already_and_the_old_one_stays() {
    let store = options().in_memory().unwrap();
    store.load_shipped_templates().unwrap();
    let [old, new] = ["2", "4"].map(|version| {
        store.templates().require(&format!("cnw/enisa-csirt-network@{version}")).unwrap().key()
    });
    let mut team = organisation(1, "A");
    team.meta_fields = vec![MetaField::new(old, "ISO 3166-1 Code", "lu")];
    store.organisations().insert(team).unwrap();
    let report = store.templates().update(old.id, Strategy::UpdateExisting).unwrap();
    assert_eq!((report.outcome, counts(&report)), (UpdateOutcome::KeptBoth, (1, 0, 0)));
    let team = store.organisations().require(id(1)).unwrap();
    assert_eq!(team.meta_fields[0].template, new);
    assert!(store.templates().get(old).unwrap().is_some(), "peers at that version are answered");
    let again = store.templates().update(old.id, Strategy::UpdateExisting).unwrap();
    assert_eq!(again.outcome, UpdateOutcome::UpToDate);
}

#[test]
fn a_record_with_values_of_both_versions_keeps_what_it_has() {
    let single = field("one", FieldKind::Text, false);
    let old = template(1, &[single.clone(), text("many")]);
    let new = template(2, &[single, text("many")]);
    for (strategy, expected) in [
        (Strategy::UpdateExisting, vec![(1, "one", "a"), (1, "many", "x"), (2, "one", "b")]),
        (Strategy::DeleteAll, vec![(2, "many", "x"), (2, "one", "b")]),
    ] {
        let store = with(old.clone());
        store.templates().load(new.clone()).unwrap();
        let mut both = organisation(1, "Both");
        both.meta_fields = vec![
            MetaField::new(key(1), "one", "a"),
            MetaField::new(key(1), "many", "x"),
            MetaField::new(key(2), "one", "b"),
        ];
        store.organisations().insert(both).unwrap();
        let mut same = organisation(2, "Same");
        same.meta_fields = vec![
            MetaField::new(key(1), "one", "b"),
            MetaField::new(key(1), "many", "x"),
            MetaField::new(key(2), "one", "b"),
        ];
        store.organisations().insert(same).unwrap();
        let before = contents(&store);
        let report = store.templates().update(template_id(), strategy).unwrap();
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(version, field, value)| (version, field.to_owned(), value.to_owned()))
            .collect();
        assert_eq!(values(&store, 1), expected, "{strategy}");
        assert_eq!(report.conflicts.len(), 1);
        assert_eq!(report.conflicts[0].reason, Reason::SingleNow);
        assert_eq!(values(&store, 2).len(), 2, "the same value is there once");
        assert_eq!(flags(&store, 2), [vec![], vec![]]);
        assert_eq!(store.undo(report.change_set.unwrap()).unwrap().conflicts, []);
        assert_eq!(contents(&store), before, "{strategy}");
    }
}

#[test]
fn all_templates_are_brought_up_to_date_in_one_change_set() {
    let other = TemplateKey::new(MetaTemplateId::new(Uuid::from_u128(0x7f)), 1);
    let mut missing = template(1, &[]);
    missing.key = other;
    let store = with(template(1, &[text("a")]));
    team(&store, 1, 1, &[("a", "x")]);
    let files = library([template(2, &[text("a")]), missing]);
    let before = contents(&store);
    let all = || store.templates().against(&files).update_all(Strategy::UpdateExisting).unwrap();
    let reports = all();
    let outcomes: Vec<UpdateOutcome> = reports.iter().map(|report| report.outcome).collect();
    assert_eq!(outcomes, [UpdateOutcome::Replaced, UpdateOutcome::Created]);
    assert_eq!(reports[0].change_set, reports[1].change_set);
    assert_eq!(versions(&store, 1), [2]);
    let cursor = store.cursor().unwrap();
    assert!(all().iter().all(|report| report.outcome == UpdateOutcome::UpToDate));
    assert_eq!(store.cursor().unwrap(), cursor);
    assert_eq!(store.undo(reports[0].change_set.unwrap()).unwrap().conflicts, []);
    assert_eq!(contents(&store), before);
}

#[test]
fn a_scope_has_one_default() {
    let store = with(template(1, &[text("a")]));
    let mut other = template(1, &[]);
    other.key = TemplateKey::new(MetaTemplateId::new(Uuid::from_u128(0x7f)), 1);
    other.is_default = true;
    let mut person = other.clone();
    person.key.id = MetaTemplateId::new(Uuid::from_u128(0x80));
    person.scope = Scope::Individual;
    store.templates().set_default(key(1)).unwrap();
    store.templates().load(other.clone()).unwrap();
    store.templates().load(person.clone()).unwrap();
    let defaults = || -> Vec<TemplateKey> {
        let list = store.templates().list().unwrap().into_iter();
        list.filter(|listed| listed.template.is_default).map(|listed| listed.template.key).collect()
    };
    assert_eq!(defaults(), [key(1), person.key], "a file does not move the default");
    store.templates().set_default(other.key).unwrap();
    assert_eq!(defaults(), [other.key, person.key]);
    let set = store.change_sets(1).unwrap()[0].id;
    assert_eq!(store.undo(set).unwrap().conflicts, []);
    assert_eq!(defaults(), [key(1), person.key]);
    store.templates().clear_default(key(1)).unwrap();
    assert_eq!(defaults(), [person.key]);
    other.is_default = true;
    store.meta_templates().update(other.clone()).unwrap();
    store.meta_templates().update(template_default()).unwrap();
    assert_eq!(defaults(), [key(1), person.key], "whichever way it is written");
    assert_eq!(store.templates().enable(key(9)).unwrap_err().kind(), Kind::NotFound);
}

#[test]
fn undo_does_not_take_the_default_from_another() {
    let store = with(template(1, &[]));
    let mut others = [2_u128, 3].map(|number| {
        let mut other = template(1, &[]);
        other.key.id = MetaTemplateId::new(Uuid::from_u128(number));
        store.templates().load(other.clone()).unwrap();
        other.key
    });
    others.sort();
    store.templates().set_default(key(1)).unwrap();
    store.templates().set_default(others[0]).unwrap();
    let set = store.change_sets(1).unwrap()[0].id;
    store.templates().set_default(others[1]).unwrap();
    let undone = store.undo(set).unwrap();
    assert_eq!(undone.conflicts.len(), 1, "{undone:?}");
    let defaults: Vec<TemplateKey> = store
        .meta_templates()
        .find()
        .all()
        .unwrap()
        .into_iter()
        .filter(|template| template.is_default)
        .map(|template| template.key)
        .collect();
    assert_eq!(defaults, [others[1]]);
}

fn template_default() -> MetaTemplate {
    let mut template = template(1, &[text("a")]);
    template.is_default = true;
    template
}

#[test]
fn a_version_with_values_is_not_removed() {
    let store = with(template(1, &[text("a")]));
    team(&store, 1, 1, &[("a", "x")]);
    let error = store.templates().remove(key(1)).unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict);
    assert_eq!(store.templates().remove(key(2)).unwrap_err().kind(), Kind::NotFound);
    let mut team = store.organisations().require(id(1)).unwrap();
    team.meta_fields.clear();
    store.organisations().update(team).unwrap();
    assert_eq!(store.templates().remove(key(1)).unwrap().key, key(1));
    assert!(store.templates().get(key(1)).unwrap().is_none());
    assert!(store.name_directory().unwrap().iter().any(|entry| entry.template == key(1)));
}

#[test]
fn values_of_individuals_follow_too_and_another_scope_takes_none() {
    let person = IndividualId::new(Uuid::from_u128(5));
    let mut first = template(1, &[text("a")]);
    first.scope = Scope::Individual;
    let store = with(first);
    let mut individual = Individual::new(person, "a@b.lu");
    individual.meta_fields = vec![MetaField::new(key(1), "a", "x")];
    store.individuals().insert(individual).unwrap();
    let version = || store.individuals().require(person).unwrap().meta_fields[0].template.version;

    let report = update(&store, &template(2, &[text("a")]), Strategy::UpdateExisting);
    assert_eq!((counts(&report), version()), ((0, 1, 0), 1));
    assert_eq!(report.conflicts[0].reason, Reason::OtherScope);
    assert_eq!(report.conflicts[0].name, "a@b.lu");
    let mut third = template(3, &[text("a")]);
    third.scope = Scope::Individual;
    let report = update(&store, &third, Strategy::UpdateExisting);
    assert_eq!((counts(&report), version()), ((1, 0, 0), 3));
    assert!(store.individuals().require(person).unwrap().meta_fields[0].is_valid());
}
