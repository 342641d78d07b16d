//! Sharing groups as lists of members.

use cerebrate_core::id::{NodeId, SharingGroupId};
use cerebrate_store::Store;
use cerebrate_store::store::Author;
use serde_json::json;
use uuid::Uuid;

use crate::Place;

/// A group of CIRCL; answers its UUID.
fn add(place: &Place, name: &str, members: &[&str]) -> String {
    let mut arguments = vec!["group", "add", name, "--set", "owner=CIRCL", "--another"];
    for member in members {
        arguments.extend(["--member", *member]);
    }
    place.ok(&arguments).out.trim().to_owned()
}

#[test]
fn a_group_with_the_same_members_is_told_and_listed() {
    let place = Place::sample();
    let energy = add(&place, "Energy", &["CIRCL", "CERT.at"]);
    let mut power = vec!["group", "add", "Power", "--set", "owner=CERT.at"];
    power.extend(["--member", "CERT.at", "--member", "CIRCL"]);
    let refused = place.fails(1, &power);
    assert!(refused.err.contains("the same members (name: Energy)"), "{refused:?}");
    assert!(refused.err.contains(&format!("`cerebrate group show {energy}`")), "{refused:?}");
    assert_eq!(place.ok(&["group", "equal", "--json"]).json(), json!([]), "nothing was made");
    power.push("--another");
    let again = place.ok(&power);
    let power = again.out.trim();
    assert!(again.err.contains("notice: `Energy` has the same members"), "{again:?}");
    let all = place.ok(&["group", "equal", "--json"]).json();
    assert_eq!((&all[0][0]["name"], &all[0][1]["id"]), (&json!("Energy"), &json!(power)));

    let equal = place.ok(&["group", "equal", "Energy", "--json"]).json();
    assert_eq!((equal.as_array().unwrap().len(), &equal[0]["id"]), (1, &json!(power)));
    let equal = place.ok(&["sharing-group", "equal", power]).out;
    assert!(equal.contains("Energy") && equal.contains(&energy) && !equal.contains("Power"));

    // The right to extend makes a difference, and so does a member; other edits are no news.
    let edited = place.ok(&["group", "edit", power, "--member", "CIRCL", "--extend"]);
    assert!(!edited.err.contains("notice"), "{edited:?}");
    assert_eq!(place.ok(&["group", "equal", "Energy", "--json"]).json(), json!([]));
    place.ok(&["group", "edit", power, "--without", "CIRCL"]);
    let back = place.ok(&["group", "edit", power, "--member", "CIRCL", "--json"]);
    assert!(back.err.contains("notice: `Energy` has the same members"), "{back:?}");
    assert_eq!(back.json()["outcome"], "updated");
    let renamed = place.ok(&["group", "edit", power, "--set", "name=P"]);
    assert!(!renamed.err.contains("notice"), "{renamed:?}");

    // Groups without members are equal, and nothing to tell.
    let empty = add(&place, "Empty", &[]);
    let other = place.ok(&["group", "add", "Empty too", "--set", "owner=CIRCL"]);
    assert!(!other.err.contains("notice"), "{other:?}");
    assert_eq!(place.ok(&["group", "equal", &empty, "--json"]).json()[0]["name"], "Empty too");

    for _ in 0..3 {
        add(&place, "More", &["CIRCL", "CERT.at"]);
    }
    let arguments =
        ["group", "add", "Last", "--another", "--set", "owner=CIRCL", "--member", "CIRCL"];
    let many = place.ok(&[&arguments[..], &["--member", "CERT.at"]].concat());
    assert_eq!(many.err.matches("hint: ").count(), 3, "{many:?}");
    assert!(many.err.contains("notice: and so have 2 more"), "{many:?}");
    let quiet = place.ok(&[&arguments[..], &["--member", "CERT.at", "--quiet"]].concat());
    assert_eq!(quiet.err, "");
    place.fails(1, &["group", "equal", "Nobody"]);
    place.fails(1, &["group", "equal", "More"]);
}

#[test]
fn what_differs_is_shown() {
    let place = Place::sample();
    let earlier = add(&place, "Energy", &["CIRCL", "CERT.at"]);
    let later = place.ok(&[
        "group",
        "add",
        "Power",
        "--set",
        "owner=AEC",
        "--set",
        "active=no",
        "--member",
        "AEC",
        "--member",
        "CIRCL",
        "--extend",
    ]);
    let later = later.out.trim();
    let described = ["--set", "description=a \u{1b}[31mred\nline", "--keep-invalid"];
    place.ok(&[&["group", "edit", &earlier], &described[..]].concat());
    let shown = place.ok(&["group", "diff", "Energy", "Power"]);
    let lines: Vec<&str> = shown.out.lines().collect();
    assert!(lines[0].starts_with("+ AEC (") && lines[0].ends_with("), may extend"), "{shown:?}");
    assert!(lines[1].starts_with("- CERT.at (") && lines[1].ends_with(')'), "{shown:?}");
    assert!(lines[2].starts_with("~ CIRCL (") && lines[2].ends_with("), may extend"), "{shown:?}");
    assert_eq!(lines[3], "name: `Energy` → `Power`");
    assert!(lines[4].starts_with("description: `a ") && lines[4].ends_with(" → nothing"));
    assert!(!shown.out.contains('\u{1b}'), "{shown:?}");
    assert_eq!(lines[5..], ["owner: `CIRCL` → `AEC`", "active: yes → no"]);
    assert!(shown.err.starts_with("1 added, 1 removed, 1 extend changed, name changed"));

    let back = place.ok(&["group", "diff", later, &earlier]).out;
    assert!(back.contains("~ CIRCL (55f6ea5e-2c60-40e5-964f-47a8950d210f), may not extend"));
    let json = place.ok(&["group", "diff", "Energy", "Power", "--json"]).json();
    assert_eq!((&json["earlier"], &json["later"]), (&json!(earlier), &json!(later)));
    assert_eq!(json["added"][0]["extend"], true);
    assert_eq!(json["fields"], json!(["name", "description", "owner", "active"]));
    let none = place.ok(&["group", "diff", "Energy", "#2"]);
    assert_eq!((none.out.as_str(), none.err.as_str()), ("", "no difference\n"));
    let none = place.ok(&["group", "diff", "Energy", "Energy", "--json"]).json();
    assert_eq!((&none["fields"], &none["removed"]), (&json!([]), &json!([])));
    place.fails(1, &["group", "diff", "Energy", "Nobody"]);
    place.fails(2, &["group", "diff", "Energy"]);
}

#[test]
fn removed_members_are_shown_until_they_are_back() {
    let place = Place::sample();
    add(&place, "Energy", &["CIRCL", "CERT.at", "AEC"]);
    let shown = place.ok(&["group", "show", "Energy", "--json"]).json();
    assert_eq!(shown["removed_members"], json!([]));
    assert!(!place.ok(&["group", "show", "Energy"]).out.contains("removed"));
    place.ok(&["group", "edit", "Energy", "--without", "CERT.at"]);
    place.ok(&["organisation", "remove", "AEC"]);
    let shown = place.ok(&["group", "show", "Energy", "--json"]).json();
    let removed = shown["removed_members"].as_array().unwrap();
    assert_eq!(removed.len(), 2);
    assert!(removed.iter().all(|member| member["at"].is_string() && member["node"].is_string()));
    let text = place.ok(&["group", "show", "Energy"]).out;
    let listed = text.split("  removed members:\n").nth(1).unwrap();
    assert!(listed.contains("    CERT.at (") && !listed.contains("node"), "{text}");
    // The group that goes and comes back remembers.
    let set = place.ok(&["group", "remove", "Energy", "--json"]).json();
    place.ok(&["audit", "undo", set["change_set"].as_str().unwrap()]);
    let again = place.ok(&["group", "show", "Energy", "--json"]).json();
    assert_eq!(again["removed_members"], shown["removed_members"]);
    place.ok(&["group", "edit", "Energy", "--member", "CERT.at"]);
    let shown = place.ok(&["group", "show", "Energy", "--json"]).json();
    assert_eq!(shown["removed_members"].as_array().unwrap().len(), 1);
    // Only groups have such a list.
    assert!(
        place.ok(&["organisation", "show", "CIRCL", "--json"]).json()["removed_members"].is_null()
    );
}

#[test]
fn who_removed_a_member_and_at_which_node_is_shown() {
    let place = Place::sample();
    let id: SharingGroupId = add(&place, "Energy", &["CIRCL", "CERT.at", "AEC"]).parse().unwrap();
    let store = Store::open(place.path("cerebrate.db")).unwrap();
    let mut replica = store.sharing_groups().replica(id).unwrap().unwrap();
    let anna = Author::local().by("anna\u{1b}[31m");
    let gone = store
        .transaction_by(&anna, |transaction| {
            let mut group = transaction.sharing_groups().require(id)?;
            let gone = group.members.remove(0).organisation;
            transaction.sharing_groups().update(group).map(|_| gone)
        })
        .unwrap();
    let peer = NodeId::new(Uuid::from_u128(7));
    let mut wanted = replica.group();
    wanted.members.pop();
    replica.edit(peer, &wanted, None, None).unwrap();
    store.sharing_groups().merge_replica(&replica).unwrap();
    drop(store);

    let shown = place.ok(&["group", "show", "Energy"]).out;
    let listed: Vec<&str> = shown.split("removed members:\n").nth(1).unwrap().lines().collect();
    assert_eq!(listed.len(), 2, "{shown}");
    assert!(listed[0].contains(&gone.to_string()) && listed[0].contains("Z, by anna"), "{shown}");
    assert!(listed[1].ends_with(&format!("), at node {peer}")), "{shown}");
    assert!(!shown.contains('\u{1b}'), "{shown}");
    let json = place.ok(&["group", "show", "Energy", "--json"]).json();
    assert_eq!(json["removed_members"][0]["by"], "anna\u{1b}[31m");
    assert_eq!(json["removed_members"][1]["node"], json!(peer));
    assert_eq!(json["members"].as_array().unwrap().len(), 1);
}

#[test]
fn a_member_is_named_once_and_has_the_right_that_was_said_last() {
    let place = Place::sample();
    add(&place, "Energy", &["CIRCL", "CERT.at"]);
    place.ok(&["organisation", "add", "Elsewhere"]);
    let edit = ["group", "edit", "Energy"];
    let members = || place.ok(&["group", "show", "Energy", "--json"]).json()["members"].clone();
    let extenders = || {
        let members = members();
        let extends = |member: &&serde_json::Value| member["extend"] == true;
        members.as_array().unwrap().iter().filter(extends).count()
    };
    place.ok(&[&edit[..], &["--member", "CIRCL", "--member", "AEC", "--extend"]].concat());
    assert_eq!(extenders(), 2);
    let told = place.ok(&[&edit[..], &["--member", "circl"]].concat());
    assert!(told.err.contains("notice: CIRCL may extend it no longer"), "{told:?}");
    assert_eq!(extenders(), 1);
    let again = place.ok(&[&edit[..], &["--member", "CIRCL"]].concat());
    assert!(again.err.contains("unchanged") && !again.err.contains("notice"), "{again:?}");

    let before = members();
    for (code, arguments, word) in [
        (2, ["--member", "CIRCL", "--member", "circl"], "--member circl"),
        (2, ["--member", "CIRCL", "--without", "CIRCL"], "--member CIRCL"),
        (2, ["--without", "CIRCL", "--without", "CIRCL"], "--without CIRCL"),
        (1, ["--without", "CIRCL", "--without", "Elsewhere"], "no member"),
    ] {
        let refused = place.fails(code, &[&edit[..], &arguments].concat());
        assert!(refused.err.contains(word), "{refused:?}");
        assert_eq!(members(), before, "{arguments:?}");
    }
    let twice = ["--set", "owner=CIRCL", "--member", "CIRCL", "--member", "CIRCL"];
    place.fails(2, &[&["group", "add", "Twice"], &twice[..]].concat());
}
