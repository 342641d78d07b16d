//! Roles, users, passwords, auth keys and limits on the command line.

use cerebrate_store::Store;
use serde_json::json;

use crate::Place;

/// A sample database with a person and her user.
fn place() -> Place {
    let place = Place::sample();
    place.ok(&["individual", "add", "alice@example.org"]);
    place.ok(&["role", "add", "Editor", "--set", "meta-field-editor=yes"]);
    place.ok(&[
        "user",
        "add",
        "Alice",
        "--set",
        "individual=alice@example.org",
        "--set",
        "organisation=CIRCL",
        "--set",
        "role=editor",
    ]);
    place
}

#[test]
fn a_new_database_has_one_role_and_no_user() {
    let place = Place::sample();
    let roles = place.ok(&["role", "list", "--json"]).json();
    assert_eq!((roles.as_array().unwrap().len(), &roles[0]["name"]), (1, &json!("admin")));
    let flags = roles[0]["permissions"].as_object().unwrap();
    assert_eq!(flags.len(), 7);
    assert!(flags.values().all(|flag| *flag == json!(true)));
    assert_eq!(place.ok(&["user", "list", "--json"]).json(), json!([]));
    place.ok(&["role", "remove", "admin"]);
    place.ok(&["role", "add", "Reader"]);
    assert!(!place.ok(&["init"]).err.contains("role"), "roles that are there are enough");
    let reader = place.ok(&["role", "show", "reader", "--json"]).json();
    assert_eq!(reader["permissions"]["sync"], json!(false));
}

#[test]
fn a_user_comes_changes_and_goes() {
    let place = place();
    let list = place.ok(&["user", "list"]).out;
    for text in ["alice", "alice@example.org", "CIRCL", "Editor"] {
        assert!(list.contains(text), "{list}");
    }
    let shown = place.ok(&["user", "show", "ALICE"]).out;
    assert!(shown.contains("role: Editor (") && shown.contains("disabled: no"), "{shown}");
    assert!(place.ok(&["role", "show", "editor"]).out.contains("permissions: meta_field_editor"));
    for (code, arguments) in [
        (1, &["user", "add", "bob", "--set", "individual=alice@example.org"][..]),
        (1, &["user", "add", "alice2", "--set", "individual=alice@example.org"]),
        (1, &["user", "add", "alice2"]),
        (1, &["user", "edit", "alice", "--set", "role=nobody"]),
        (1, &["user", "edit", "alice", "--set", "individual="]),
        (1, &["role", "remove", "editor"]),
        (1, &["individual", "remove", "alice@example.org"]),
        (1, &["organisation", "remove", "CIRCL"]),
        (1, &["role", "edit", "editor", "--set", "sync=perhaps"]),
        (1, &["organisation", "edit", "CIRCL", "--administrator", "alice"]),
    ] {
        place.fails(code, arguments);
    }
    place.ok(&["role", "edit", "editor", "--set", "sync=true", "--set", "is_default=true"]);
    let editor = place.ok(&["role", "show", "editor", "--json"]).json();
    let granted = &editor["permissions"];
    assert_eq!((&granted["sync"], &granted["meta_field_editor"]), (&json!(true), &json!(true)));
    place.ok(&["user", "edit", "alice", "--set", "organisation=", "--set", "disabled=yes"]);
    let alice = place.ok(&["user", "show", "alice", "--json"]).json();
    assert_eq!((alice.get("organisation"), &alice["disabled"]), (None, &json!(true)));
    // The default role is the one of whoever comes without.
    place.ok(&["individual", "add", "bobby@example.org"]);
    place.ok(&["user", "add", "bobby", "--set", "individual=bobby@example.org"]);
    assert_eq!(place.ok(&["user", "show", "bobby", "--json"]).json()["role"], editor["id"]);
    place.ok(&["user", "remove", "alice"]);
    place.ok(&["individual", "remove", "alice@example.org"]);
}

#[test]
fn the_trail_names_users_as_far_as_whoever_reads_sees_them() {
    let place = place();
    place.ok(&["individual", "add", "root@example.org"]);
    let root = ["user", "add", "root1", "--set", "individual=root@example.org"];
    place.ok(&[&root[..], &["--set", "role=admin"]].concat());
    let group = ["group", "add", "Energy", "--set", "owner=CIRCL", "--member", "CIRCL"];
    place.ok(&[&group[..], &["--member", "CERT.at", "--as", "root1"]].concat());
    place.ok(&["group", "edit", "Energy", "--without", "CERT.at", "--as", "root1"]);
    let log = place.ok(&["audit", "log"]).out;
    assert!(log.contains("by root1") && !log.contains("user:"), "{log}");
    let json = place.ok(&["audit", "log", "--json"]).json();
    let actor = json[0]["actor"].as_str().unwrap().to_owned();
    let id = actor.strip_prefix("user:").unwrap();
    let show = ["group", "show", "Energy"];
    assert!(place.ok(&show).out.contains(", by root1"));
    let hidden = place.ok(&[&show[..], &["--as", "alice"]].concat()).out;
    assert!(hidden.contains(", by another user") && !hidden.contains(id), "{hidden}");
    place.ok(&["user", "remove", "root1"]);
    let gone = format!("by {id} (gone)");
    for told in [place.ok(&show).out, place.ok(&["audit", "log"]).out] {
        assert!(told.contains(&gone), "{told}");
    }
    let json = place.ok(&["group", "show", "Energy", "--json"]).json();
    assert_eq!(json["removed_members"][0]["by"], json!(actor));
}

#[test]
fn a_password_is_read_from_stdin_and_never_shown() {
    let place = place();
    let set = place.fed("correct horse battery\nmore\n", &["user", "set-password", "alice"]);
    assert_eq!(set.code, 0, "{set:?}");
    let store = Store::open(place.path("cerebrate.db")).unwrap();
    store.check_password("alice", &"correct horse battery".into()).unwrap();
    let json = place.fed("Password1234\r\n", &["user", "set-password", "alice", "--json"]).json();
    assert!(json["record"]["password_changed"].is_string());
    store.check_password("alice", &"Password1234".into()).unwrap();
    let endless = "Aa1!".repeat(2_000);
    for (input, word) in [("short\n", "too short"), ("", "too short"), (&endless, "too long")] {
        let refused = place.fed(input, &["user", "set-password", "alice"]);
        assert_eq!(refused.code, 1);
        assert!(refused.err.contains(word), "{refused:?}");
    }
    store.check_password("alice", &"Password1234".into()).unwrap();
    let told = place.ok(&["changes"]).out + &place.ok(&["history", "user", "alice", "--json"]).out;
    assert!(told.contains("password_changed"), "{told}");
    assert!(!told.contains("argon2") && !told.contains("Password1234"), "{told}");
    place.fails(2, &["user", "set-password"]);
    for arguments in [["user", "add", "bobby"], ["user", "edit", "alice"]] {
        let refused =
            place.fails(1, &[&arguments[..], &["--set", "password=Hunter2Hunter2"]].concat());
        assert!(refused.err.contains("`cerebrate user set-password USER`"), "{refused:?}");
        assert!(!refused.err.contains("Hunter2"), "{refused:?}");
    }
    place.fails(1, &["user", "set-password", "nobody"]);
}

#[test]
fn an_auth_key_is_printed_once_and_revoked() {
    let place = place();
    let issued = place.ok(&["user", "key", "add", "alice", "--comment", "export"]);
    let key = issued.out.trim().to_owned();
    assert!(key.len() == 40 && key.bytes().all(|byte| byte.is_ascii_hexdigit()), "{key}");
    assert!(issued.err.contains("not shown again"), "{issued:?}");
    let open = || {
        let text = std::fs::read_to_string(place.path("cerebrate.db.key")).unwrap();
        let node_key = cerebrate_core::node_key::NodeKey::from_text(&text).unwrap();
        Store::options().key(node_key).open(place.path("cerebrate.db")).unwrap()
    };
    open().check_auth_key(&key.as_str().into()).unwrap();
    let list = place.ok(&["user", "key", "list", "alice"]).out;
    assert!(list.contains(&key[..4]) && list.contains("export") && !list.contains(&key), "{list}");
    let json = place.ok(&["user", "key", "add", "alice", "--expires", "2999-01-01", "--json"]);
    let json = json.json();
    assert_eq!(json["key"].as_str().unwrap().len(), 40);
    let listed = place.ok(&["user", "key", "list", "--json"]).json();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    let long = "x".repeat(70_000);
    let endless = place.fails(1, &["user", "key", "add", "alice", "--comment", &long]);
    assert!(endless.err.contains("too long"), "{}", &endless.err[..200]);
    let past = place.fails(1, &["user", "key", "add", "alice", "--expires", "2001-01-01"]);
    assert!(past.err.contains("past"), "{past:?}");
    let id = listed[0]["id"].as_str().unwrap();
    place.ok(&["user", "key", "remove", id]);
    assert!(open().check_auth_key(&key.as_str().into()).is_err());
    place.fails(1, &["user", "key", "remove", id]);
    place.fails(1, &["user", "key", "remove", "alice"]);
    // Without its node key the database issues none.
    std::fs::remove_file(place.path("cerebrate.db.key")).unwrap();
    let denied = place.fails(3, &["user", "key", "add", "alice"]);
    assert!(denied.err.contains("CEREBRATE_KEY_FILE"), "{denied:?}");
}

#[test]
fn groups_have_administrators_and_fields_have_limits() {
    let place = place();
    place.ok(&["organisation-group", "add", "Nordic", "--member", "CIRCL"]);
    place.ok(&["organisation-group", "edit", "Nordic", "--administrator", "alice"]);
    let group = place.ok(&["organisation-group", "show", "Nordic"]).out;
    assert!(group.contains("administrators:") && group.contains("alice ("), "{group}");
    place.ok(&["organisation-group", "edit", "Nordic", "--without-administrator", "alice"]);
    let group = place.ok(&["organisation-group", "show", "Nordic", "--json"]).json();
    assert_eq!(group.get("administrators"), None);
    place.ok(&["mailing-list", "add", "News", "--set", "owner=alice"]);
    assert!(place.ok(&["mailing-list", "show", "News"]).out.contains("owner: alice ("));
    let add = |scope: &str, max: &str| {
        let (scope, max) = (format!("scope={scope}"), format!("max={max}"));
        place.run(&["limitation", "add", "perm_misp", "--set", &scope, "--set", &max]).code
    };
    assert_eq!(add("global", "0"), 1);
    assert_eq!(add("everywhere", "5"), 1);
    assert_eq!(add("global", "5"), 0);
    assert_eq!(add("global", "6"), 1, "there is one already");
    assert_eq!(add("organisation", "2"), 0);
    let limit = |field: &str| {
        let values = ["--set", "scope=global", "--set", "max=5", "--json"];
        place.ok(&[&["limitation", "add", field], &values[..]].concat())
    };
    let unknown = limit("nosuchfield");
    assert!(unknown.err.contains("no template for users has a field `nosuchfield`"), "{unknown:?}");
    let id = unknown.json()["record"]["id"].as_str().unwrap().to_owned();
    let fields = r#"[{"field": "perm_known", "type": "boolean"}]"#;
    let template = format!(
        r#"{{"name": "Rights", "namespace": "test", "uuid": "0d2bd0f8-5c37-4a52-9b5f-3a7a3a0f5b12",
            "scope": "user", "version": 1, "description": "", "source": "test",
            "metaFields": {fields}}}"#
    );
    place.write("rights.json", template);
    place.ok(&["template", "load", "rights.json"]);
    assert_eq!(limit("perm_known").err, "");
    let edit = |set: &str| place.ok(&["limitation", "edit", &id, "--set", set]).err;
    assert!(!edit("max=6").contains("notice"));
    assert!(edit("permission=nosuch").contains("no template for users has a field `nosuch`"));
    let edit = |arguments: &[&str]| {
        place.run(&[&["organisation-group", "edit", "Nordic"], arguments].concat()).code
    };
    assert_eq!(edit(&["--administrator", "alice", "--without-administrator", "ALICE"]), 2);
    assert_eq!(edit(&["--administrator", "alice", "--administrator", "alice"]), 2);
    assert_eq!(edit(&["--without-administrator", "alice"]), 1);
    let list = place.ok(&["limitation", "list", "--json"]).json();
    assert_eq!(
        (list[1]["scope"].as_str(), list[1]["max"].as_i64()),
        (Some("organisation"), Some(2))
    );
}

#[test]
fn a_setting_is_set_listed_and_removed() {
    let place = place();
    let set = |name: &str, value: &str| {
        place.run(&["user", "setting", "set", "alice", name, value, "--json"])
    };
    let new = set("ui.bsTheme", "dark").json();
    assert_eq!((&new["outcome"], &new["record"]["value"]), (&json!("inserted"), &json!("dark")));
    assert_eq!(set("ui.bsTheme", "dark").json()["outcome"], json!("unchanged"));
    let other = set("ui.bsTheme", "-light").json();
    assert_eq!(other["outcome"], json!("updated"));
    assert_eq!(other["record"]["created"], new["record"]["created"]);
    let bookmarks = r#"[{"label": "a", "name": "b", "url": "https://misp.example"}]"#;
    assert_eq!(set("ui.bookmarks", bookmarks).code, 0);
    for (name, value, word) in [
        ("ui.bookmarks", bookmarks.replace("https", "javascript").as_str(), "https://"),
        ("ui.bookmarks", &bookmarks.replace("label", "l"), "missing: label"),
        ("ui.bookmarks", "none", "JSON list"),
        ("", "x", "needs a name"),
        ("x".repeat(256).as_str(), "x", "limit: 255"),
    ] {
        let refused = set(name, value);
        assert_eq!(refused.code, 1, "{name} {value}");
        assert!(refused.err.contains(word), "{refused:?}");
    }
    let list = place.ok(&["user", "setting", "list", "ALICE", "--json"]).json();
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert_eq!((&list[0]["name"], &list[1]["value"]), (&json!("ui.bsTheme"), &json!(bookmarks)));
    assert_eq!(list[0]["uuid"], new["record"]["uuid"]);
    let table = place.ok(&["user", "setting", "list"]).out;
    assert!(table.contains("ui.bsTheme") && table.contains("-light"), "{table}");
    let both = ["user", "setting", "remove", "alice", "ui.bsTheme", "ui.none"];
    place.fails(1, &both);
    assert!(place.ok(&["user", "setting", "list", "alice"]).out.contains("-light"), "all or none");
    let removed = place.ok(&["user", "setting", "remove", "alice", "ui.bsTheme", "--json"]).json();
    assert_eq!(removed["removed"][0]["value"], json!("-light"));
    place.fails(1, &["user", "setting", "list", "nobody"]);
    place.fails(2, &["user", "setting", "remove", "alice"]);
    place.fails(2, &["user", "setting", "set", "alice", "name"]);
}

#[test]
fn settings_are_set_as_a_user_and_rules_as_a_site_admin() {
    let place = place();
    place.ok(&["individual", "add", "bobby@example.org"]);
    let add = ["user", "add", "bobby", "--set", "individual=bobby@example.org"];
    place.ok(&[&add[..], &["--set", "role=admin"]].concat());
    place.ok(&["user", "setting", "set", "bobby", "x", "1"]);
    place.ok(&["user", "setting", "set", "alice", "x", "2", "--as", "alice"]);
    place.fails(1, &["user", "setting", "set", "bobby", "x", "3", "--as", "alice"]);
    let seen = place.ok(&["user", "setting", "list", "--as", "alice", "--json"]).json();
    assert_eq!((seen.as_array().unwrap().len(), &seen[0]["value"]), (1, &json!("2")));

    let rules = |arguments: &[&str]| {
        let told = place.run(&[&["user", "rules", "--json"], arguments].concat());
        if told.code == 0 {
            Ok(told.json()["several_per_individual"].clone())
        } else {
            Err(told.code)
        }
    };
    assert_eq!(rules(&[]), Ok(json!(false)));
    assert_eq!(rules(&["--several-per-individual", "on", "--as", "alice"]), Err(3));
    assert_eq!(rules(&["--several-per-individual", "perhaps"]), Err(2));
    assert_eq!(rules(&["--several-per-individual", "on", "--as", "bobby"]), Ok(json!(true)));
    assert_eq!(rules(&["--as", "alice"]), Ok(json!(true)));
    place.ok(&["user", "add", "alice2", "--set", "individual=alice@example.org"]);
    place.ok(&["user", "rules", "--username-pattern", "/^a/", "--username-is-email", "off"]);
    let told = place.ok(&["user", "rules"]).out;
    assert_eq!(
        told,
        "several users per individual: on\nusernames are e-mail addresses: off\n\
         pattern of usernames: /^a/\n"
    );
    place.fails(1, &["user", "add", "carla", "--set", "individual=alice@example.org"]);
    place.fails(1, &["user", "rules", "--username-pattern", "("]);
    let told = place.ok(&["user", "rules", "--username-pattern", "", "--json"]).json();
    assert_eq!(told, json!({ "several_per_individual": true, "username_is_email": false }));
    assert_eq!(rules(&["--several-per-individual", "off"]), Ok(json!(false)));
}

#[test]
fn the_node_key_is_rotated_and_heads_are_exported_as_an_admin() {
    let place = place();
    place.ok(&["individual", "add", "bobby@example.org"]);
    let add = ["user", "add", "bobby", "--set", "individual=bobby@example.org"];
    place.ok(&[&add[..], &["--set", "role=admin"]].concat());
    for refused in [&["audit", "head"][..], &["audit", "scrub"], &["key", "rotate-node-key"]] {
        place.fails(3, &[refused, &["--as", "alice"]].concat());
    }
    place.ok(&["audit", "head", "-o", "head.json", "--as", "bobby"]);
    let verified = place.ok(&["audit", "verify", "--head", "head.json", "--as", "bobby"]);
    assert!(!verified.err.contains("was not checked"), "{verified:?}");
    place.ok(&["audit", "verify", "--as", "bobby"]);
    place.ok(&["audit", "scrub", "--as", "bobby"]);
    place.ok(&["key", "rotate-node-key", "--as", "bobby"]);
    place.ok(&["audit", "verify"]);
}
