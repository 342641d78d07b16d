use serde_json::json;

use super::*;

/// A crate `ours` with these items beside its root, which contains `top`; foreign names are
/// 100 `core::Clone`, 101 `foo::fs::Foo`, 102 `foo::Read` (a trait) and 103 `bar::Bar`.
fn document(top: &[u32], items: &[(u32, &str, Value)]) -> Value {
    let mut index = serde_json::Map::new();
    let root = json!({"module": {"is_crate": true, "items": top, "is_stripped": false}});
    for (id, name, inner) in items.iter().chain([&(0, "ours", root)]) {
        let name = (!name.is_empty()).then_some(*name);
        index.insert(id.to_string(), json!({"crate_id": 0, "name": name, "inner": inner}));
    }
    json!({
        "root": 0,
        "index": index,
        "paths": {
            "9": {"crate_id": 0, "path": ["ours", "hidden", "Unnamed"], "kind": "struct"},
            "100": {"crate_id": 1, "path": ["core", "clone", "Clone"], "kind": "trait"},
            "101": {"crate_id": 2, "path": ["foo", "fs", "Foo"], "kind": "struct"},
            "102": {"crate_id": 2, "path": ["foo", "Read"], "kind": "trait"},
            "103": {"crate_id": 3, "path": ["bar", "Bar"], "kind": "enum"},
        },
        "external_crates": {
            "1": {"name": "core"}, "2": {"name": "foo"}, "3": {"name": "bar"},
        },
    })
}

fn path(id: u32) -> Value {
    json!({"path": "written", "id": id, "args": null})
}

fn named(id: u32) -> Value {
    json!({"resolved_path": path(id)})
}

fn function(input: &Value, output: &Value) -> Value {
    json!({"function": {"sig": {"inputs": [["it", input]], "output": output},
        "generics": {"params": [], "where_predicates": []}}})
}

fn structure(fields: &[u32], impls: &[u32]) -> Value {
    json!({"struct": {"kind": {"plain": {"fields": fields}}, "impls": impls}})
}

fn implementation(of: Option<u32>, target: &Value, items: &[u32]) -> Value {
    json!({"impl": {"trait": of.map(path), "for": target, "items": items,
        "is_synthetic": false, "blanket_impl": null}})
}

fn libraries() -> Vec<Library> {
    let library = |name: &str, version: &str, ours: bool| Library {
        name: name.replace('-', "_"),
        package: name.to_owned(),
        version: version.to_owned(),
        ours,
    };
    vec![library("foo", "0.3.1", false), library("bar", "1.2.0", false)]
}

fn found(document: &Value) -> Vec<String> {
    leaks(&Surface::read(document).unwrap().mentions, &libraries())
}

const FOO: &str = "type `foo::fs::Foo` of `foo` 0.3.1";
const READ: &str = "trait `foo::Read` of `foo` 0.3.1";

#[test]
fn a_type_is_found_wherever_a_signature_can_hold_it() {
    let option = json!({"resolved_path": {"path": "Option", "id": 100, "args": {
        "angle_bracketed": {"args": [{"type": named(101)}], "constraints": []}}}});
    let reference = json!({"borrowed_ref": {"lifetime": null, "is_mutable": true, "type": option}});
    let tuple = json!({"tuple": [named(103), {"slice": reference}]});
    let dynamic = json!({"dyn_trait": {"traits": [{"trait": path(102), "generic_params": []}]}});
    let nothing = Value::Null;
    let bounded = json!({"function": {"sig": {"inputs": [], "output": null}, "generics": {
        "params": [{"name": "T", "kind": {"type": {"bounds": [
            {"trait_bound": {"trait": path(102), "generic_params": []}}]}}}],
        "where_predicates": []}}});
    let document = document(
        &[1, 2, 3, 4, 5, 6, 7],
        &[
            (1, "takes", function(&tuple, &nothing)),
            (2, "gives", function(&named(103), &named(101))),
            (3, "bounded", bounded),
            (4, "CONSTANT", json!({"constant": {"type": named(101), "const": {"expr": "…"}}})),
            (5, "Alias", json!({"type_alias": {"type": dynamic, "generics": {}}})),
            (6, "Choice", json!({"enum": {"variants": [60], "impls": []}})),
            (60, "One", json!({"variant": {"kind": {"tuple": [600, null]}}})),
            (600, "0", json!({"struct_field": named(101)})),
            (7, "Fine", structure(&[70], &[])),
            (70, "bar", json!({"struct_field": named(103)})),
        ],
    );
    assert_eq!(
        found(&document),
        [
            format!("ours::Alias: {READ}"),
            format!("ours::CONSTANT: {FOO}"),
            format!("ours::Choice::One::0: {FOO}"),
            format!("ours::bounded: {READ}"),
            format!("ours::gives: {FOO}"),
            format!("ours::takes: {FOO}"),
        ]
    );
}

#[test]
fn what_is_implemented_counts_unless_nobody_wrote_it() {
    let blanket = json!({"impl": {"trait": path(102), "for": {"generic": "T"}, "items": [],
        "is_synthetic": false, "blanket_impl": {"generic": "T"}}});
    let synthetic = json!({"impl": {"trait": path(102), "for": named(1), "items": [],
        "is_synthetic": true, "blanket_impl": null}});
    let items = |impls: &[u32]| {
        document(
            &[1],
            &[
                (1, "Item", structure(&[], impls)),
                (10, "", implementation(Some(102), &named(1), &[])),
                (11, "", implementation(Some(100), &named(1), &[])),
                (12, "", implementation(None, &named(1), &[120])),
                (120, "method", function(&named(1), &named(101))),
                (13, "", blanket.clone()),
                (14, "", synthetic.clone()),
                (15, "", implementation(Some(100), &named(101), &[])),
            ],
        )
    };
    assert_eq!(found(&items(&[11, 13, 14])), Vec::<String>::new());
    assert_eq!(found(&items(&[10])), [format!("ours::Item: {READ}")]);
    assert_eq!(found(&items(&[12])), [format!("ours::Item::method: {FOO}")]);
    assert_eq!(found(&items(&[15])), [format!("ours::Item: {FOO}")]);
}

#[test]
fn only_what_can_be_reached_counts() {
    let leaking = || function(&named(101), &Value::Null);
    let items = |top: &[u32]| {
        document(
            top,
            &[
                (1, "private", leaking()),
                (2, "inner", json!({"module": {"items": [1], "is_stripped": true}})),
                (3, "", reexport("inner", "inner", &json!(2), true)),
                (4, "", reexport("inner::private", "renamed", &json!(1), false)),
                (
                    6,
                    "Sealed",
                    json!({"trait": {"items": [], "implementations": [], "bounds": [
                    {"trait_bound": {"trait": path(8), "generic_params": []}}]}}),
                ),
                (5, "returns", function(&Value::Null, &named(9))),
                (9, "Unnamed", structure(&[90], &[])),
                (90, "field", json!({"struct_field": named(101)})),
            ],
        )
    };
    assert_eq!(found(&items(&[])), Vec::<String>::new());
    assert_eq!(found(&items(&[2])), Vec::<String>::new());
    assert_eq!(found(&items(&[6])), Vec::<String>::new(), "8 is private");
    assert_eq!(found(&items(&[3])), [format!("ours::private: {FOO}")]);
    assert_eq!(found(&items(&[4])), [format!("ours::renamed: {FOO}")]);
    assert_eq!(
        found(&items(&[5])),
        [format!("ours::hidden::Unnamed::field: {FOO}")],
        "a type that has no public name is reached through the function"
    );
}

#[test]
fn a_re_export_of_another_crate_is_a_name_of_it() {
    let items = |reexport: Value| document(&[1], &[(1, "", reexport)]);
    assert_eq!(
        found(&items(reexport("foo::fs::Foo", "Bar", &json!(101), false))),
        [format!("ours::Bar: {FOO}")]
    );
    assert_eq!(
        found(&items(reexport("foo", "foo", &Value::Null, false))),
        ["ours::foo: type `foo` of `foo` 0.3.1"]
    );
    assert_eq!(
        found(&items(json!({"extern_crate": {"name": "foo", "rename": null}}))),
        ["ours: type `foo` of `foo` 0.3.1"]
    );
    assert_eq!(found(&items(reexport("bar::*", "bar", &json!(103), true))), Vec::<String>::new());
}

#[test]
fn modules_that_re_export_each_other_come_to_an_end() {
    let module = |item: u32| json!({"module": {"items": [item], "is_stripped": false}});
    let document = document(
        &[1],
        &[
            (1, "one", module(2)),
            (2, "", reexport("two", "two", &json!(3), false)),
            (3, "two", module(4)),
            (4, "", reexport("one", "one", &json!(1), true)),
        ],
    );
    assert_eq!(Surface::read(&document).unwrap().items, 5);
}

#[test]
fn a_crate_of_several_versions_counts_as_its_lowest_and_an_unknown_one_as_a_problem() {
    let document = document(&[1], &[(1, "get", function(&named(103), &named(101)))]);
    let mentions = Surface::read(&document).unwrap().mentions;
    let mut libraries = libraries();
    libraries.remove(0);
    libraries.push(Library { version: "0.9.0".to_owned(), ..libraries[0].clone() });
    assert_eq!(
        leaks(&mentions, &libraries),
        [
            "ours::get: type `bar::Bar` of `bar` 0.9.0",
            "ours::get: type `foo::fs::Foo` of `foo`, which `cargo metadata` does not list",
        ]
    );
    let ours = Library {
        name: "foo".to_owned(),
        package: "foo".to_owned(),
        version: "0.1.0".to_owned(),
        ours: true,
    };
    assert_eq!(leaks(&mentions, &[ours, libraries[0].clone()]), Vec::<String>::new());
}

#[test]
fn json_of_another_shape_is_a_failure() {
    assert!(Surface::read(&json!({})).is_err());
    assert!(Surface::read(&json!({"index": {}, "paths": {}, "external_crates": {}})).is_err());
    let mut rootless = document(&[], &[]);
    rootless["root"] = json!(77);
    assert_eq!(Surface::read(&rootless).unwrap().items, 0, "which the audit calls a problem");
}

fn reexport(source: &str, name: &str, id: &Value, is_glob: bool) -> Value {
    json!({"use": {"source": source, "name": name, "id": id, "is_glob": is_glob}})
}
