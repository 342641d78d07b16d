//! Mailing lists, tags and enumerations.

use serde_json::json;

use crate::Place;

/// Anna and Bert, in a database of the sample teams.
fn people() -> Place {
    let place = Place::sample();
    place.ok(&["individual", "add", "anna@team.example"]);
    place.ok(&["individual", "add", "bert@team.example"]);
    place
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

#[test]
fn the_addresses_of_a_list_are_printed_each_once() {
    let place = people();
    place.write(
        "extra.json",
        r#"{"name": "Extra", "namespace": "test", "uuid": "0d2bd0f8-5c37-4a52-9b5f-3a7a3a0f5b11",
            "scope": "individual", "version": 1, "description": "", "source": "test",
            "metaFields": [{"field": "other e-mail", "type": "text", "multiple": true}]}"#,
    );
    place.ok(&["template", "load", "extra.json"]);
    for value in ["anna@home.example", "ANNA@home.example", "not an address"] {
        let meta = format!("test/extra:other e-mail={value}");
        place.ok(&["individual", "edit", "anna@team.example", "--add-meta", &meta]);
    }
    place.ok(&["mailing-list", "add", "Duty", "--set", "active=yes"]);
    place.ok(&["mailing-list", "add-member", "Duty", "bert@team.example"]);
    let added = place.ok(&[
        "mailing-list",
        "add-member",
        "Duty",
        "anna@team.example",
        "--at",
        "anna@home.example",
        "--at",
        "primary",
    ]);
    assert!(added.err.contains("updated mailing list Duty"), "{added:?}");
    let printed = place.ok(&["mailing-list", "recipients", "Duty"]);
    let all = ["bert@team.example", "anna@team.example", "anna@home.example"];
    assert_eq!(lines(&printed.out), all);
    assert_eq!(printed.err, "3 addresses\n");
    let json = place.ok(&["mailing-list", "recipients", "Duty", "--json"]).json();
    assert_eq!((&json["addresses"][2]["email"], &json["problems"]), (&json!(all[2]), &json!([])));
    let shown = place.ok(&["mailing-list", "show", "Duty"]).out;
    assert!(all.iter().all(|address| shown.contains(&format!("    {address}"))), "{shown}");
    let shown = place.ok(&["mailing-list", "show", "Duty", "--json"]).json();
    assert_eq!(shown["addresses"].as_array().unwrap().len(), 3);

    // Without an address the primary one is chosen, whatever was before; and that is told.
    let again = place.ok(&["mailing-list", "add-member", "Duty", "anna@team.example"]);
    assert!(again.err.contains("no longer written to: 1 address chosen before"), "{again:?}");
    let printed = place.ok(&["mailing-list", "recipients", "Duty"]).out;
    assert_eq!(lines(&printed), ["bert@team.example", "anna@team.example"]);
    let again = place.ok(&["mailing-list", "add-member", "Duty", "anna@team.example"]);
    assert!(again.err.contains("unchanged") && !again.err.contains("notice"), "{again:?}");
    let chosen = place.ok(&[
        "mailing-list",
        "add-member",
        "Duty",
        "anna@team.example",
        "--at",
        "ANNA@Home.example",
    ]);
    assert!(chosen.err.contains("no longer written to: 1 address"), "{chosen:?}");
    let printed = place.ok(&["mailing-list", "recipients", "Duty"]).out;
    assert_eq!(lines(&printed), ["bert@team.example", "anna@home.example"]);
    let wrong = place.fails(
        1,
        &["mailing-list", "add-member", "Duty", "anna@team.example", "--at", "nobody@x.example"],
    );
    assert!(wrong.err.contains("hint: use `primary` or `anna@home.example`"), "{wrong:?}");
    place.fails(
        1,
        &["mailing-list", "add-member", "Duty", "anna@team.example", "--at", "not an address"],
    );

    // A value that is gone is told, and the rest is printed all the same.
    place.ok(&["individual", "edit", "anna@team.example", "--meta", "test/extra:other e-mail="]);
    let printed = place.run(&["mailing-list", "recipients", "Duty"]);
    assert_eq!((printed.code, printed.out.as_str()), (1, "bert@team.example\n"), "{printed:?}");
    assert!(printed.err.contains("the individual has no such value"), "{printed:?}");
    assert!(printed.err.contains("(it was chosen for `anna@team.example`)"), "{printed:?}");
    place.ok(&["individual", "edit", "anna@team.example", "--set", "first_name=Anna"]);
    let named = place.run(&["mailing-list", "recipients", "Duty"]);
    assert!(named.err.contains("(it was chosen for `Anna <anna@team.example>`)"), "{named:?}");
    let json = place.run(&["mailing-list", "recipients", "Duty", "--json"]);
    assert_eq!(
        (json.code, json.json()["problems"][0]["kind"].clone()),
        (1, json!("unknown_reference"))
    );

    place.ok(&["mailing-list", "remove-member", "Duty", "anna@team.example"]);
    let printed = place.ok(&["mailing-list", "recipients", "Duty"]).out;
    assert_eq!(printed, "bert@team.example\n");
    let gone = place.fails(1, &["mailing-list", "remove-member", "Duty", "anna@team.example"]);
    assert!(gone.err.contains("not on the list"), "{gone:?}");
    place.ok(&["mailing-list", "edit", "Duty", "--set", "active=no"]);
    let idle = place.ok(&["mailing-list", "recipients", "Duty"]);
    assert!(idle.err.contains("the list is not active"), "{idle:?}");
    place.fails(1, &["mailing-list", "recipients", "Nobody"]);
    place.fails(2, &["mailing-list", "remove-member", "Duty"]);
}

#[test]
fn people_on_a_list_whom_the_user_does_not_see_are_told_as_a_number() {
    let place = people();
    place.ok(&["role", "add", "Plain"]);
    let user = ["user", "add", "annie", "--set", "role=Plain"];
    place.ok(&[&user[..], &["--set", "individual=anna@team.example"]].concat());
    place.ok(&["mailing-list", "add", "Duty", "--set", "active=yes"]);
    for person in ["anna@team.example", "bert@team.example"] {
        place.ok(&["mailing-list", "add-member", "Duty", person]);
    }
    let recipients = ["mailing-list", "recipients", "Duty"];
    place.ok(&recipients);
    let asked = [&recipients[..], &["--as", "annie"]].concat();
    let printed = place.run(&asked);
    assert_eq!((printed.code, printed.out.as_str()), (1, "anna@team.example\n"), "{printed:?}");
    assert!(printed.err.contains("hidden from this user: 1 individual on the list"), "{printed:?}");
    let json = place.run(&[&asked[..], &["--json"]].concat());
    assert_eq!((&json.json()["hidden"], &json.json()["problems"]), (&json!(1), &json!([])));
    let shown = place.ok(&["mailing-list", "show", "Duty", "--as", "annie"]);
    let shown = [shown.out, shown.err].concat();
    assert!(shown.contains("1 individual on the list") && !shown.contains("bert"), "{shown}");
    let shown = place.ok(&["mailing-list", "show", "Duty", "--json", "--as", "annie"]).json();
    assert_eq!(shown["hidden_individuals"], 1);
}

#[test]
fn the_colour_of_a_tag_is_checked_and_text_reads_on_it() {
    let place = Place::sample();
    place.ok(&["tag", "add", "tlp:amber", "--set", "colour=#ffc000"]);
    let shown = place.ok(&["tag", "show", "tlp:amber", "--json"]).json();
    assert_eq!((&shown["colour"], &shown["text_colour"]), (&json!("#ffc000"), &json!("black")));
    place.ok(&["tag", "add", "dark"]);
    let listed = place.ok(&["tag", "list", "--name", "dark", "--json"]).json();
    assert_eq!(listed[0]["text_colour"], "white");
    for colour in ["green", "#fff", "#12345g"] {
        let set = format!("colour={colour}");
        let wrong = place.fails(1, &["tag", "edit", "dark", "--set", &set]);
        assert!(wrong.err.contains("not a colour"), "{wrong:?}");
        assert!(wrong.err.contains("write it as `#33ff00`"), "{wrong:?}");
    }
    place.ok(&["tag", "edit", "dark", "--set", "colour=green", "--keep-invalid"]);
    // A colour that stands so already is nobody's mistake now.
    place.ok(&["tag", "edit", "dark", "--set", "colour=green"]);
}

#[test]
fn a_tag_that_is_renamed_stays_on_its_records() {
    let place = Place::sample();
    place.ok(&["organisation", "edit", "CIRCL", "--tag", "tlp:gren", "--tag", "other"]);
    place.ok(&["individual", "add", "anna@team.example", "--tag", "tlp:gren"]);
    place.ok(&["tag", "edit", "tlp:gren", "--set", "colour=#00ff00"]);
    place.ok(&["tag", "edit", "tlp:gren", "--set", "name=tlp:green"]);
    let circl = place.ok(&["organisation", "show", "CIRCL", "--json"]).json();
    assert_eq!(circl["tags"], json!(["csirt", "other", "tlp:clear", "tlp:green"]));
    let tag = place.ok(&["tag", "show", "tlp:green", "--json"]).json();
    assert_eq!(tag["colour"], "#00ff00");
    place.fails(1, &["tag", "show", "tlp:gren"]);
    let found = place.ok(&["individual", "list", "--tag", "tlp:green", "--json"]).json();
    assert_eq!(found.as_array().unwrap().len(), 1);
    // Another tag of that name is no accident to happen.
    let taken = place.fails(1, &["tag", "edit", "other", "--set", "name=TLP:green"]);
    assert!(taken.err.contains("there is such a tag already"), "{taken:?}");
    let circl = place.ok(&["organisation", "show", "CIRCL", "--json"]).json();
    assert_eq!(circl["tags"], json!(["csirt", "other", "tlp:clear", "tlp:green"]));
    // It goes back in one step.
    let log = place.ok(&["audit", "log", "--json"]).json();
    let renamed = log[0]["id"].as_str().unwrap().to_owned();
    place.ok(&["audit", "undo", &renamed]);
    let circl = place.ok(&["organisation", "show", "CIRCL", "--json"]).json();
    assert_eq!(circl["tags"], json!(["csirt", "other", "tlp:clear", "tlp:gren"]));
}

#[test]
fn enumerations_are_kept_and_offer_choices() {
    let place = Place::sample();
    let added = place.ok(&[
        "enumeration",
        "add",
        "Sectors",
        "--set",
        "target=organisation",
        "--set",
        "field=sector",
        "--member",
        "Energy",
        "--member",
        "Health",
    ]);
    let id = added.out.trim().to_owned();
    let none = place.ok(&["enumeration", "choices", "sector"]);
    assert_eq!(none.out, "");
    assert!(none.err.contains("no enabled enumeration"), "{none:?}");
    place.ok(&[
        "enumeration",
        "edit",
        &id,
        "--set",
        "enabled=yes",
        "--member",
        "Water",
        "--without",
        "Health",
    ]);
    let shown = place.ok(&["enumeration", "show", "Sectors", "--json"]).json();
    assert_eq!((&shown["id"], &shown["values"]), (&json!(id), &json!(["Energy", "Water"])));
    assert_eq!(lines(&place.ok(&["enumeration", "choices", "sector"]).out), ["Energy", "Water"]);
    let json = place.ok(&["enumeration", "choices", "Sector", "--json"]).json();
    assert_eq!(json, json!(["Energy", "Water"]));
    let other = place.ok(&["enumeration", "choices", "sector", "--of", "individual", "--json"]);
    assert_eq!(other.json(), json!([]));
    place.fails(2, &["enumeration", "choices", "sector", "--of", "nothing"]);
    assert_eq!(place.ok(&["enumeration", "list", "--json"]).json().as_array().unwrap().len(), 1);
    place.ok(&["enumeration", "remove", "Sectors"]);
    assert_eq!(place.ok(&["enumeration", "choices", "sector"]).out, "");
}
