//! What a user sees and may do: `--as`, and why: `explain`.

use cerebrate_core::access::{Permission, Permissions};
use cerebrate_core::model::{Individual, Organisation, Role, User};
use cerebrate_store::Store;
use serde_json::json;

use crate::Place;

/// Alice manages CIRCL, Bob acts for CERT.at, Carol manages everything.
fn community() -> Place {
    let place = Place::sample();
    let store = Store::open(place.path("cerebrate.db")).unwrap();
    let of = |name: &str| -> Organisation {
        store.organisations().find().name(name).all().unwrap().remove(0)
    };
    let manager = Permissions::NONE.with(Permission::OrganisationAdmin);
    for (name, organisation, permissions) in [
        ("alice", Some("CIRCL"), manager),
        ("bobby", Some("CERT.at"), Permissions::NONE),
        ("carol", None, Permissions::all()),
    ] {
        let mut role = Role::new(store.next_id().into(), name.parse().unwrap());
        role.permissions = permissions;
        let role = store.roles().insert(role).unwrap();
        let person = Individual::new(store.next_id().into(), format!("{name}@example.org"));
        let person = store.individuals().insert(person).unwrap();
        let username = name.parse().unwrap();
        let mut user = User::new(store.next_id().into(), username, person.id, role.id);
        user.organisation = organisation.map(|name| of(name).id);
        store.users().insert(user).unwrap();
    }
    drop(store);
    place.ok(&["group", "add", "Shared", "--set", "owner=CIRCL", "--member", "CERT.at"]);
    place.ok(&["group", "add", "Closed", "--set", "owner=CIRCL", "--member", "CIRCL"]);
    place
}

#[test]
fn lists_searches_and_lookups_hold_what_the_user_sees() {
    let place = community();
    let names = |arguments: &[&str]| -> Vec<String> {
        let listed = place.ok(arguments).json();
        let records = listed.as_array().unwrap();
        records.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    let all = names(&["organisation", "list", "--json"]);
    assert!(all.len() > 2, "{all:?}");
    assert_eq!(names(&["--as", "alice", "organisation", "list", "--json"]), ["CIRCL"]);
    assert_eq!(names(&["organisation", "list", "--json", "--as", "Bobby"]), ["CERT.at"]);
    assert_eq!(names(&["organisation", "list", "--json", "--as", "carol@example.org"]), all);
    let groups = names(&["group", "list", "--json", "--as", "bobby"]);
    assert!(groups.contains(&"Shared".to_owned()) && !groups.contains(&"Closed".to_owned()));
    let exported = place.ok(&["export", "organisations", "--as", "alice"]).json();
    assert_eq!(exported.as_array().unwrap().len(), 1);

    // A group that is seen names its owner: thin, whatever is asked of it.
    let thin =
        place.ok(&["organisation", "show", &uuid_of(&place, "CIRCL"), "--json", "--as", "bobby"]);
    assert_eq!(thin.json()["name"], "CIRCL");
    assert_eq!(thin.json().get("meta_fields").map_or(0, |all| all.as_array().unwrap().len()), 0);
    let hidden = place.fails(1, &["group", "show", "Closed", "--as", "bobby"]);
    let unknown = place.fails(1, &["group", "show", "Clawed", "--as", "bobby"]);
    assert_eq!(hidden.err.replace("Closed", "Clawed"), unknown.err);

    let asked = ["who", "185.194.93.14", "--json"];
    assert_eq!(place.ok(&asked).json()[0]["matches"][0]["organisation"]["name"], "CIRCL");
    let seen = place.ok(&[&asked[..], &["--as", "alice"]].concat()).json();
    assert_eq!(seen[0]["matches"][0]["organisation"]["name"], "CIRCL");
    let seen = place.ok(&[&asked[..], &["--as", "bobby"]].concat()).json();
    assert_eq!(seen[0]["matches"], json!([]));
}

#[test]
fn figures_are_of_what_the_user_sees() {
    let place = community();
    let meta = "cerebrate/csirt-constituency:IPv4 address=";
    for team in ["CIRCL", "CERT.at"] {
        let value = format!("{meta}10.0.0.0/8");
        place.ok(&["organisation", "edit", team, "--add-meta", &value, "--keep-invalid"]);
    }
    place.ok(&["organisation", "add", "Silent"]);
    let stats = |user: &str| {
        let figures = place.ok(&["stats", "--json", "--as", user]).json();
        let kinds = figures["activity"]["kinds"].as_array().unwrap().clone();
        let total = |kind: &str| {
            let figure = kinds.iter().find(|entry| entry["kind"] == kind).unwrap();
            figure["total"].as_u64().unwrap()
        };
        let organisations = figures["organisations"]["total"].as_u64().unwrap();
        assert_eq!(organisations, total("organisation"), "{user}");
        let totals = ["organisation", "sharing_group", "user", "individual"].map(total);
        for (kind, total) in ["organisation", "group", "user", "individual"].into_iter().zip(totals)
        {
            let listed = place.ok(&[kind, "list", "--json", "--as", user]).json();
            assert_eq!(listed.as_array().unwrap().len() as u64, total, "{user}: {kind}");
        }
        totals
    };
    // Both groups are of Alice's organisation; Bobby's is a member of one of them.
    let [alice, bobby] = ["alice", "bobby"].map(stats);
    assert_eq!((alice[0], alice[1]), (1, bobby[1] + 1));
    assert_eq!((bobby[0], bobby[2], bobby[3]), (1, 1, 1));
    let all = place.ok(&["stats", "--json"]).json();
    assert_eq!(stats("carol")[0], all["organisations"]["total"].as_u64().unwrap());
    assert_eq!(place.ok(&["stats", "--json", "--as", "carol"]).json(), all);

    let report = |user: &str| place.ok(&["stats", "constituency", "--json", "--as", user]).json();
    let overlaps = |user: &str| report(user)["overlaps"].as_array().unwrap().len();
    assert_eq!((overlaps("alice"), overlaps("bobby")), (0, 0));
    assert!(overlaps("carol") > 0);
    assert_eq!(report("alice")["gaps"], json!([]));
    let closed = ["stats", "constituency", "--group", "Closed", "--as"];
    place.ok(&[&closed[..], &["alice"]].concat());
    let hidden = place.fails(1, &[&closed[..], &["bobby"]].concat());
    assert!(hidden.err.contains("there is no such"), "{hidden:?}");
}

fn uuid_of(place: &Place, name: &str) -> String {
    let shown = place.ok(&["organisation", "show", name, "--json"]).json();
    shown["id"].as_str().unwrap().to_owned()
}

#[test]
fn writes_take_the_right_and_are_signed() {
    let place = community();
    let edit = ["organisation", "edit", "CIRCL", "--set", "sector=energy", "--as"];
    let refused = place.fails(1, &[&edit[..], &["bobby"]].concat());
    assert!(refused.err.contains("there is no such record"), "{refused:?}");
    place.ok(&[&edit[..], &["alice"]].concat());
    let sets = place.ok(&["audit", "log", "--json", "--as", "alice"]).json();
    assert_eq!(sets.as_array().unwrap().len(), 1, "what she did, and no more");
    assert!(sets[0]["actor"].as_str().unwrap().starts_with("user:"));

    let tagged = ["organisation", "edit", "CIRCL", "--meta", "Domain=circl.lu", "--as", "alice"];
    let refused = place.fails(3, &tagged);
    assert!(refused.err.contains("`meta_field_editor`"), "{refused:?}");
    let added = place.fails(3, &["organisation", "add", "New", "--as", "alice"]);
    assert!(added.err.contains("`community_admin`"), "{added:?}");
    let person = ["individual", "add", "dave@example.org", "--as", "alice"];
    place.fails(3, &person);
    place.ok(&[&person[..], &["--works-for", "CIRCL"]].concat());
    place.fails(2, &["organisation", "add", "New", "--works-for", "CIRCL"]);
    place.fails(3, &["backup", "copy.db", "--as", "alice"]);
    place.fails(3, &["audit", "verify", "--as", "alice"]);
    place.ok(&["audit", "log", "--as", "carol"]);
}

#[test]
fn an_unknown_or_disabled_user_sees_nothing() {
    let place = community();
    let refused = place.fails(1, &["organisation", "list", "--as", "nobody"]);
    assert!(refused.err.contains("there is no such user"), "{refused:?}");
    let store = Store::open(place.path("cerebrate.db")).unwrap();
    let mut user = store.users().find().name("bobby").all().unwrap().remove(0);
    user.disabled = true;
    store.users().update(user).unwrap();
    drop(store);
    place.fails(3, &["organisation", "list", "--as", "bobby"]);
    let fresh = Place::empty();
    fresh.fails(3, &["init", "--as", "alice"]);
    assert!(!fresh.path("cerebrate.db").exists());
}

#[test]
fn a_refusal_is_explained() {
    let place = community();
    let seen = place.ok(&["explain", "bobby", "group", "Shared"]);
    assert_eq!(seen.out, "visible\n  the organisation is a member of the sharing group\n");
    let hidden = place.run(&["explain", "bobby", "group", "Closed"]);
    assert_eq!(hidden.code, 1);
    assert_eq!(
        hidden.out,
        "not visible\n  the organisation neither owns the sharing group nor is a member\n  \
         the role grants none of `community_admin`\n"
    );
    let thin = place.ok(&["explain", "bobby", "organisation", "CIRCL"]);
    assert!(thin.out.starts_with("UUID and name are visible"), "{thin:?}");
    let team = place.run(&["explain", "CERT.at", "group", "Closed", "--json"]);
    assert_eq!((team.code, &team.json()["visible"]), (1, &json!(false)));
    place.fails(1, &["explain", "bobby", "group", "Closed", "--as", "bobby"]);
    let nobody = place.fails(1, &["explain", "nobody at all", "group", "Shared"]);
    assert!(nobody.err.contains("no user and no organisation is called so"), "{nobody:?}");
}

#[test]
fn a_history_that_is_not_seen_is_empty() {
    let place = community();
    let ran = place.ok(&["history", "organisation", "CIRCL", "--as", "alice"]);
    assert_eq!(ran.out, "");
    assert!(ran.err.contains("`community_admin`"), "{ran:?}");
    let ran = place.ok(&["history", "organisation", "CIRCL", "--as", "alice", "--json"]);
    assert_eq!(ran.json(), json!([]));
    let nothing = "00000000-0000-0000-0000-000000000001";
    assert_ne!(place.run(&["history", "organisation", nothing]).code, 0);
}

#[test]
fn whoever_edits_both_ends_edits_an_alignment() {
    let place = community();
    place.ok(&["individual", "add", "new@example.org", "--works-for", "CIRCL", "--as", "alice"]);
    let uuid_of = |role: &str| {
        let all = place.ok(&["alignment", "list", "--json", "--as", "alice"]).json();
        let records = all.as_array().unwrap().clone();
        records.into_iter().find(|one| one["role"] == role).unwrap()["uuid"].clone()
    };
    let id = uuid_of("Member");
    let edit = ["alignment", "edit", id.as_str().unwrap(), "--set", "role=Chief", "--as", "alice"];
    place.ok(&edit);
    assert!(uuid_of("Chief").is_string());
}

#[test]
fn an_undo_is_offered_to_whoever_may() {
    let place = community();
    place.write("people.csv", "email,organisation\ndave@example.org,CIRCL\n");
    let import = ["import", "individuals", "people.csv"];
    let offer = "takes it back";
    // Whoever manages the team may add a person, and not remove one.
    let told = place.ok(&[&import[..], &["--as", "alice"]].concat());
    assert!(!told.err.contains("back"), "{told:?}");
    let more =
        "email,organisation,first_name\ndave@example.org,CIRCL,Dave\nerin@example.org,CIRCL,\n";
    place.write("more.csv", more);
    let import_more = ["import", "individuals", "more.csv", "--on-conflict", "overwrite"];
    let told = place.ok(&[&import_more[..], &["--as", "alice"]].concat());
    assert!(told.err.contains("takes some of it back"), "{told:?}");
    let removed = place.ok(&["individual", "remove", "dave@example.org", "--as", "carol"]);
    assert!(removed.err.contains(offer), "{removed:?}");
    let told = place.ok(&import);
    assert!(told.err.contains(offer), "{told:?}");
}
