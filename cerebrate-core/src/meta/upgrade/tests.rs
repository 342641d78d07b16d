use proptest::prelude::{Just, prop_assert, prop_assert_eq, prop_oneof, proptest};
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::id::MetaTemplateId;
use crate::meta::Library;
use crate::model::{FieldKind, MetaTemplate, Scope, TemplateField};

fn key(version: u32) -> TemplateKey {
    TemplateKey::new(MetaTemplateId::new(Uuid::from_u128(5)), version)
}

fn template(version: u32, fields: Vec<TemplateField>) -> CompiledTemplate {
    let mut template = MetaTemplate::new(key(version), "n", "T", Scope::Organisation, "s");
    template.fields = fields;
    CompiledTemplate::compile(template)
}

fn field(name: &str, kind: FieldKind, multiple: bool) -> TemplateField {
    let mut field = TemplateField::new(name, kind);
    field.multiple = multiple;
    field
}

#[test]
fn versions_compare_as_numbers() {
    let none = Usage::default();
    let found = status(Some(key(9)), &[key(9)], key(10), none);
    assert!(found.automatically_updateable && found.can_be_removed);
    assert!(!found.up_to_date && !found.has_conflict && !found.is_new && !found.to_existing);
    let found = status(Some(key(10)), &[key(10)], key(9), none);
    assert!(found.up_to_date && !found.automatically_updateable && !found.has_conflict);
}

#[test]
fn every_answer_of_the_status_has_its_case() {
    let other = TemplateKey::new(MetaTemplateId::new(Uuid::from_u128(6)), 9);
    let found = status(None, &[other], key(1), Usage::default());
    assert!(found.is_new && found.up_to_date && !found.can_be_removed && !found.has_conflict);

    let conflicting = Usage { has_values: true, has_conflicting_values: true };
    let found = status(Some(key(1)), &[key(1)], key(2), conflicting);
    assert!(found.has_conflict && !found.automatically_updateable && !found.can_be_removed);
    assert!(!found.to_existing);

    let found = status(Some(key(1)), &[key(1), key(2)], key(2), conflicting);
    assert!(found.to_existing && found.has_conflict);
    let found = status(Some(key(2)), &[key(1), key(2)], key(2), conflicting);
    assert!(found.up_to_date && !found.to_existing && !found.has_conflict);
    let found = status(None, &[key(1)], key(2), Usage::default());
    assert!(!found.is_new && found.automatically_updateable);
}

#[test]
fn a_changed_type_conflicts_where_values_do_not_pass() {
    let library = Library::shipped();
    let old = library.find("cerebrate/it-infrastructure-and-services@2").unwrap();
    let new = library.find("cerebrate/it-infrastructure-and-services@3").unwrap();
    let values = [
        (1, "Proxy IP", "10.0.0.1"),
        (2, "Proxy IP", "proxy.example"),
        (2, "Microsoft SharePoint IP", "10.0.0.2"),
        (3, "Proxy IP", "2001:db8::1"),
        (3, "Proxy IP", "10.1.1.1/8"),
    ];
    let found = conflicts(old, new, values);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].field.as_str(), &found[0].owners[..]), ("Proxy IP", &[2, 3][..]));
    let Reason::Invalid(problems) = &found[0].reason else { panic!("{found:?}") };
    assert_eq!(problems.len(), 2);
    assert_eq!(problems[0].kind(), ProblemKind::NotIpv4);
    assert_eq!(conflicts(old, new, values[..1].to_vec()), []);
}

#[test]
fn a_wider_pattern_and_a_new_field_do_not_conflict() {
    let library = Library::shipped();
    let [old, new] = ["2", "4"]
        .map(|version| library.find(&format!("cnw/enisa-csirt-network@{version}")).unwrap());
    let values =
        [(1, "ISO 3166-1 Code", "lu"), (1, "email", "broken"), (2, "ISO 3166-1 Code", "zz")];
    assert_eq!(conflicts(old, new, values), [], "what was flagged before follows with its flag");
    let back = [(1, "ISO 3166-1 Code", "LU")];
    let found = conflicts(new, old, back);
    assert_eq!(found.len(), 2, "a field goes, and a value does not pass: {found:?}");
    assert_eq!(found[0].field, "ISO 3166-1 Code");
    assert_eq!(
        found[1],
        Conflict {
            field: "cra_designated_csirt".to_owned(),
            reason: Reason::Removed,
            owners: vec![],
        }
    );
}

#[test]
fn the_second_directory_takes_phones_that_the_first_could_not() {
    let library = Library::shipped();
    let [old, new] = ["1", "2"]
        .map(|version| library.find(&format!("first/first-directory@{version}")).unwrap());
    assert_eq!(conflicts(old, new, [(1, "phone", "+352-1"), (1, "phone", "12")]), []);
}

#[test]
fn a_new_list_a_removed_field_and_a_single_field_conflict() {
    let mut listed = field("colour", FieldKind::Text, false);
    listed.values_list = Some(vec![json!("red")]);
    let old = template(
        1,
        vec![
            field("colour", FieldKind::Text, false),
            field("gone", FieldKind::Text, true),
            field("one", FieldKind::Text, true),
        ],
    );
    let new = template(2, vec![listed, field("one", FieldKind::Text, false)]);
    let values = [
        ("a", "colour", "red"),
        ("a", "one", "1"),
        ("b", "colour", "blue"),
        ("b", "gone", "x"),
        ("b", "gone", "y"),
        ("c", "one", "1"),
        ("c", "one", "2"),
        ("d", "unknown", "z"),
    ];
    let found: Vec<(String, &str, Vec<&str>)> = conflicts(&old, &new, values)
        .into_iter()
        .map(|conflict| {
            let reason = match conflict.reason {
                Reason::OtherScope => "scope",
                Reason::Removed => "removed",
                Reason::SingleNow => "single",
                Reason::Invalid(_) => "invalid",
                Reason::Unchecked(_) => "unchecked",
            };
            (conflict.field, reason, conflict.owners)
        })
        .collect();
    assert_eq!(
        found,
        [
            ("colour".to_owned(), "invalid", vec!["b"]),
            ("gone".to_owned(), "removed", vec!["b"]),
            ("one".to_owned(), "single", vec!["c"]),
        ]
    );

    let plan = migrate(&old, &new, Strategy::KeepBoth, values);
    assert_eq!(plan.old_version, OldVersion::Disabled);
    let shape: Vec<(&str, usize, usize, usize)> = plan
        .owners
        .iter()
        .map(|owner| (owner.owner, owner.moved.len(), owner.held.len(), owner.removed.len()))
        .collect();
    assert_eq!(shape, [("a", 2, 0, 0), ("b", 0, 3, 0), ("c", 0, 2, 0), ("d", 1, 0, 0)]);
    assert_eq!(migrate(&old, &new, Strategy::UpdateExisting, values), plan);

    let plan = migrate(&old, &new, Strategy::CreateNew, values);
    assert_eq!(plan.old_version, OldVersion::Disabled);
    assert!(plan.owners.iter().all(|owner| owner.moved.is_empty() && owner.removed.is_empty()));

    let plan = migrate(&old, &new, Strategy::DeleteAll, values);
    assert_eq!(plan.old_version, OldVersion::Replaced);
    let pair = |field: &str, value: &str| (field.to_owned(), value.to_owned());
    assert_eq!(
        plan.owners[1].removed,
        [pair("colour", "blue"), pair("gone", "x"), pair("gone", "y")]
    );
    assert_eq!(plan.owners[2].moved, [pair("one", "1")]);
    assert_eq!(plan.owners[2].removed, [pair("one", "2")]);
    assert_eq!(plan.owners[3].moved, [pair("unknown", "z")]);
}

#[test]
fn a_value_that_nobody_can_check_is_never_removed() {
    let with = |kind: FieldKind, pattern: Option<&str>| {
        let mut field = field("a", kind, true);
        field.pattern = pattern.map(str::to_owned);
        field
    };
    let old = template(1, vec![with(FieldKind::Text, None)]);
    for pattern in ["(?=x)x", "(x", &"a{1000}".repeat(500)] {
        let new = template(2, vec![with(FieldKind::Text, Some(pattern))]);
        let plan = migrate(&old, &new, Strategy::DeleteAll, [(1, "a", "x"), (2, "a", "y")]);
        assert!(plan.owners.iter().all(|owner| owner.moved.len() == 1), "{pattern}: {plan:?}");
        let Reason::Unchecked(problems) = &plan.conflicts[0].reason else { panic!("{plan:?}") };
        assert_eq!((problems.len(), &plan.conflicts[0].owners[..]), (2, &[1, 2][..]));
        assert!(plan.conflicts[0].reason.to_string().starts_with("cannot be checked here: "));
        let plan = migrate(&old, &new, Strategy::UpdateExisting, [(1, "a", "x")]);
        assert_eq!(plan.owners[0].held.len(), 1, "it could be wrong: {plan:?}");
    }
    // What the type refuses is wrong, whatever the pattern would say.
    let new = template(2, vec![with(FieldKind::Ipv4, Some("(?=1).*"))]);
    let plan = migrate(&old, &new, Strategy::DeleteAll, [(1, "a", "10.0.0.1"), (1, "a", "x")]);
    assert_eq!((plan.owners[0].moved.len(), plan.owners[0].removed.len()), (1, 1));
    let reasons: Vec<bool> =
        plan.conflicts.iter().map(|found| matches!(found.reason, Reason::Unchecked(_))).collect();
    assert_eq!(reasons, [false, true]);
}

#[test]
fn a_strategy_is_honoured_without_conflicts_too() {
    let old =
        template(1, vec![field("a", FieldKind::Text, false), field("b", FieldKind::Text, false)]);
    let new = template(2, vec![field("a", FieldKind::Text, true)]);
    for (name, old_version, moved) in [
        ("update_existing", OldVersion::Replaced, 2),
        ("keep_both", OldVersion::Disabled, 2),
        ("create_new", OldVersion::Disabled, 0),
        ("delete_all", OldVersion::Replaced, 2),
    ] {
        let strategy: Strategy = name.parse().unwrap();
        assert_eq!(strategy.to_string(), name);
        let plan = migrate(&old, &new, strategy, [(1, "a", "x"), (2, "a", "y")]);
        assert_eq!(plan.old_version, old_version, "{name}");
        assert_eq!(plan.owners.iter().map(|owner| owner.moved.len()).sum::<usize>(), moved);
        assert!(plan.owners.iter().all(|owner| owner.removed.is_empty()));
    }
    assert_eq!("keep-both".parse::<Strategy>().unwrap_err().kind(), Kind::Invalid);
}

#[test]
fn nothing_follows_into_another_scope() {
    let old = template(1, vec![field("a", FieldKind::Text, false)]);
    let mut other = MetaTemplate::new(key(2), "n", "T", Scope::Individual, "s");
    other.fields = vec![field("a", FieldKind::Text, false)];
    let found = conflicts(&old, &CompiledTemplate::compile(other), [(1, "a", "x")]);
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0].reason, &found[0].owners[..]), (&Reason::OtherScope, &[1][..]));
}

proptest! {
    #[test]
    fn nothing_is_ever_lost(
        values in proptest::collection::vec(
            (0_u8..4, "colour|gone|one|net|other", "red|blue|10.0.0.1|x|"),
            0..30,
        ),
        strategy in prop_oneof![
            Just(Strategy::UpdateExisting), Just(Strategy::KeepBoth),
            Just(Strategy::CreateNew), Just(Strategy::DeleteAll),
        ],
    ) {
        let mut listed = field("colour", FieldKind::Text, true);
        listed.values_list = Some(vec![json!("red")]);
        let old = template(9, ["colour", "gone", "one", "net"]
            .map(|name| field(name, FieldKind::Text, true)).to_vec());
        let new = template(10, vec![
            listed,
            field("one", FieldKind::Text, false),
            field("net", FieldKind::Ipv4, true),
        ]);
        let plan = migrate(&old, &new, strategy, values.clone());
        let mut given: Vec<(u8, String, String)> = values;
        let mut decided = Vec::new();
        for owner in &plan.owners {
            prop_assert!(owner.removed.is_empty() || strategy == Strategy::DeleteAll);
            for (field, value) in owner.moved.iter().chain(&owner.held).chain(&owner.removed) {
                decided.push((owner.owner, field.clone(), value.clone()));
            }
            // What follows is no worse off than before.
            let moved = owner.moved.iter().map(|(field, value)| ((), field, value));
            let left: Vec<Conflict<()>> = conflicts(&old, &new, moved);
            prop_assert!(left.iter().all(|conflict| conflict.owners.is_empty()), "{:?}", left);
        }
        given.sort();
        decided.sort();
        prop_assert_eq!(given, decided);
        let nothing_held = plan.owners.iter().all(|owner| owner.held.is_empty());
        prop_assert!(nothing_held || plan.old_version != OldVersion::Replaced);
    }
}
