//! Registrations and notifications on the command line.

use cerebrate_store::Store;
use serde_json::json;

use crate::Place;

const PASSWORD: &str = "Password1234\n";

/// A sample database with a site admin, a reader who manages CIRCL, and a default role.
fn place() -> Place {
    let place = Place::sample();
    for (name, email) in [("root1", "root@example.org"), ("alice", "alice@example.org")] {
        place.ok(&["individual", "add", email]);
        if name == "alice" {
            place.ok(&["role", "add", "Manager", "--set", "organisation-admin=yes"]);
            place.ok(&["role", "add", "Reader", "--set", "is_default=yes"]);
        }
        let role = if name == "alice" { "role=Manager" } else { "role=admin" };
        let individual = format!("individual={email}");
        place.ok(&[
            "user",
            "add",
            name,
            "--set",
            &individual,
            "--set",
            role,
            "--set",
            "organisation=CIRCL",
        ]);
    }
    place
}

fn register(place: &Place, arguments: &[&str]) -> crate::Ran {
    let all: Vec<&str> = ["inbox", "register"].iter().chain(arguments).copied().collect();
    place.fed(PASSWORD, &all)
}

#[test]
fn a_registration_is_listed_shown_approved_and_logs_in() {
    let place = place();
    let sent = register(
        &place,
        &[
            "jane@circl.example",
            "--username",
            "jane.doe",
            "--first-name",
            "Jane",
            "--org-name",
            "CIRCL",
        ],
    );
    assert_eq!(sent.code, 0, "{sent:?}");
    let id = sent.out.trim().to_owned();
    let list = place.ok(&["inbox", "list"]).out;
    for text in ["Registration of jane@circl.example", "warning", "local", &id] {
        assert!(list.contains(text), "{list}");
    }
    let shown = place.ok(&["inbox", "show", "#1"]).out;
    assert!(shown.contains("username: jane.doe") && !shown.contains("Password"), "{shown}");
    let wanted = place.ok(&["inbox", "suggest", "#1"]).json();
    assert_eq!(wanted["individual"], "new");
    assert!(wanted["organisation"].is_string() && wanted["role"].is_string(), "{wanted}");
    let done = place.ok(&["inbox", "process", &id, "--organisation", "CIRCL", "--as", "root1"]);
    assert!(done.err.contains("user added: jane.doe"), "{done:?}");
    place.fails(1, &["inbox", "process", &id]);
    assert_eq!(place.ok(&["inbox", "list", "--json"]).json(), json!([]));
    let store = Store::open(place.path("cerebrate.db")).unwrap();
    store.check_password("jane.doe", &"Password1234".into()).unwrap();
    let told = place.ok(&["changes"]).out + &place.ok(&["export", "all"]).out;
    assert!(told.contains("Registration of jane") && !told.contains("argon2"), "{told}");
}

#[test]
fn nobody_gets_a_role_that_nobody_chose() {
    let place = Place::sample();
    assert_eq!(register(&place, &["jane@circl.example"]).code, 0);
    assert_eq!(place.ok(&["inbox", "suggest", "#1"]).json().get("role"), None);
    let approve = ["inbox", "process", "#1", "--username", "jane.doe"];
    let refused = place.fails(1, &approve);
    assert!(refused.err.contains("no role is the default"), "{refused:?}");
    assert_eq!(place.ok(&["user", "list", "--json"]).json(), json!([]));
    place.ok(&[&approve[..], &["--role", "admin"]].concat());
}

#[test]
fn what_cannot_be_approved_stays() {
    let place = place();
    let sent = register(&place, &["jane@circl.example", "--json"]).json();
    assert_eq!(sent["record"]["severity"], "warning");
    assert_eq!(sent["record"]["data"], json!({ "email": "jane@circl.example" }));
    for (code, arguments) in [
        (1, &[][..]),
        (1, &["--username", "alice"]),
        (1, &["--username", "jane.doe", "--role", "Nobody"]),
        (1, &["--username", "jane.doe", "--organisation", "Nobody"]),
        (1, &["--username", "jane.doe", "--individual", "alice@example.org"]),
        (1, &["--username", "jane.doe", "--email", "root@example.org"]),
        (1, &["--username", "jane.doe", "--as", "alice"]),
        (2, &["--request", "[]"]),
        (2, &["--request", "{"]),
        (1, &["--request", r#"{"individual":"new","pin":1}"#]),
    ] {
        let all: Vec<&str> = ["inbox", "process", "#1"].iter().chain(arguments).copied().collect();
        place.fails(code, &all);
    }
    assert_eq!(place.ok(&["inbox", "list", "--json"]).json().as_array().unwrap().len(), 1);
    let request = r#"{"individual":"new","username":"jane.doe"}"#;
    let done = place.ok(&["inbox", "process", "#1", "--request", request, "--json"]).json();
    assert_eq!(done["data"]["username"], "jane.doe");
    for arguments in [&["nobody"][..], &["jane@circl.example", "--username", " "]] {
        assert_eq!(register(&place, arguments).code, 1);
    }
    let weak = place.fed("short\n", &["inbox", "register", "jane@circl.example"]);
    assert_eq!(weak.code, 1);
    assert!(weak.err.contains("password") && !weak.err.contains("short\n"), "{weak:?}");
}

#[test]
fn too_many_registrations_from_one_place_are_refused() {
    let place = place();
    for _ in 0..5 {
        assert_eq!(register(&place, &["jane@circl.example", "--origin", "192.0.2.1"]).code, 0);
    }
    let refused = register(&place, &["jane@circl.example", "--origin", "192.0.2.1"]);
    assert_eq!(refused.code, 3, "{refused:?}");
    assert_eq!(register(&place, &["jane@circl.example", "--origin", "192.0.2.2"]).code, 0);
    let page = place.ok(&["inbox", "list", "--limit", "4"]);
    let after = page.err.split('`').nth(1).unwrap().trim_start_matches("--after ").to_owned();
    let rest = place.ok(&["inbox", "list", "--after", &after, "--json"]).json();
    assert_eq!(rest.as_array().unwrap().len(), 2);
    place.ok(&["inbox", "discard", "#1", "#2"]);
    place.fails(1, &["inbox", "discard", "#1"]);
    let origin = place.ok(&["inbox", "list", "--origin", "192.0.2.2", "--json"]).json();
    assert_eq!(origin.as_array().unwrap().len(), 1);
}

#[test]
fn an_admin_is_told_what_others_change() {
    let place = place();
    register(&place, &["jane@circl.example"]);
    place.ok(&["organisation", "edit", "CIRCL", "--set", "sector=energy", "--as", "alice"]);
    let titles = |arguments: &[&str]| {
        let all: Vec<&str> = ["inbox", "list", "--json"].iter().chain(arguments).copied().collect();
        let list = place.ok(&all).json();
        let title = |message: &serde_json::Value| message["title"].as_str().unwrap().to_owned();
        list.as_array().unwrap().iter().map(title).collect::<Vec<_>>()
    };
    let (told, jane) = ("Organisation CIRCL changed", "Registration of jane@circl.example");
    assert_eq!(titles(&[]), [told, jane], "newest first");
    assert_eq!(titles(&["--as", "root1"]), [told, jane]);
    assert_eq!(titles(&["--as", "alice"]), [""; 0]);
    assert_eq!(titles(&["--view", "Data changed", "--as", "root1"]), [told]);
    assert_eq!(titles(&["--view", "user registration"]), [jane]);
    assert_eq!(titles(&["--view", "severity:primary"]), [told]);
    assert_eq!(titles(&["--severity", "warning"]), [jane]);
    assert_eq!(titles(&["--user", "root1"]), [told]);
    assert_eq!(titles(&["--text", "circl changed"]), [told]);
    assert_eq!(titles(&["--scope", "Notification", "--action", "DataChange"]), [told]);
    assert_eq!(titles(&["--all", "--as", "root1"]), [told, jane]);
    place.fails(2, &["inbox", "list", "--view", "All"]);
    place.fails(1, &["inbox", "process", told, "--role", "Reader"]);
    let shown = place.ok(&["inbox", "show", told, "--json"]).json();
    let id = shown["id"].as_str().unwrap().to_owned();
    let done = place.ok(&["inbox", "process", told, "--as", "root1"]);
    assert!(done.err.contains("acknowledged"), "{done:?}");
    assert_eq!(titles(&[]), [jane]);
    assert!(place.ok(&["history", "inbox_message", &id]).out.contains(told));
}

#[test]
fn the_outbox_is_for_site_admins() {
    let place = place();
    {
        let store = Store::open(place.path("cerebrate.db")).unwrap();
        let id = store.next_id().into();
        let message =
            cerebrate_core::model::OutboxMessage::new(id, "Broods", "ResendFailedMessage", "Late");
        store.outbox().insert(message).unwrap();
    }
    assert!(place.ok(&["outbox", "list", "--as", "root1"]).out.contains("Late"));
    assert!(!place.ok(&["outbox", "list", "--as", "alice"]).out.contains("Late"));
    assert!(place.ok(&["outbox", "show", "Late"]).out.contains("scope: Broods"));
    place.fails(1, &["outbox", "discard", "Late", "--as", "alice"]);
    place.ok(&["outbox", "discard", "Late", "--as", "root1"]);
    assert_eq!(place.ok(&["outbox", "list", "--json"]).json(), json!([]));
}
