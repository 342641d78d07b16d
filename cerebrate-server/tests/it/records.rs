use serde_json::json;

use crate::Place;

#[test]
fn an_organisation_is_named_by_uuid_number_or_name() {
    let place = Place::sample();
    let id = "55f6ea5e-2c60-40e5-964f-47a8950d210f";
    for name in [id, "#1", "CIRCL", "circl", &id.to_uppercase()] {
        let shown = place.ok(&["organisation", "show", name, "--json"]).json();
        assert_eq!((&shown["id"], &shown["local_id"]), (&json!(id), &json!(1)), "{name}");
    }
    let text = place.ok(&["organisation", "show", "CIRCL"]).out;
    assert!(text.contains("IPv4 address: 185.194.92.0/22"), "{text}");
    place.fails(1, &["organisation", "show", "Nobody"]);
    place.fails(1, &["organisation", "show", "#999"]);
    place.fails(1, &["organisation", "show", "#x"]);
}

#[test]
fn an_ambiguous_name_lists_the_candidates() {
    let place = Place::sample();
    let first = place.ok(&["organisation", "add", "Twin"]).out;
    let second = place.ok(&["organisation", "add", "Twin"]).out;
    let ran = place.fails(1, &["organisation", "remove", "Twin"]);
    for id in [first.trim(), second.trim()] {
        assert!(ran.err.contains(id), "{ran:?}");
    }
    place.ok(&["organisation", "remove", first.trim()]);
    place.ok(&["organisation", "show", "Twin"]);
}

#[test]
fn all_problems_are_told_and_nothing_is_stored_unless_kept() {
    let place = Place::sample();
    let arguments = [
        "organisation",
        "add",
        "Wrong",
        "--meta",
        "IPv4 address=10.0.0.300",
        "--meta",
        "Country Code=XX",
        "--set",
        "url=https://a.example/\u{202e}",
    ];
    let ran = place.fails(1, &arguments);
    for part in ["10.0.0.300", "`XX`", "\\u{202e}", "--keep-invalid"] {
        assert!(ran.err.contains(part), "{part}: {ran:?}");
    }
    place.fails(1, &["organisation", "show", "Wrong"]);
    place.ok(&[arguments.as_slice(), &["--keep-invalid"]].concat());
    let shown = place.ok(&["organisation", "show", "Wrong", "--json"]).json();
    assert_eq!(shown["meta_fields"][0]["flags"], json!(["not_ipv4"]));
    assert_eq!(shown["flags"], json!(["hidden_character"]));
    place.fails(1, &["individual", "add", "not an address"]);
}

#[test]
fn records_of_each_kind_come_change_and_go() {
    let place = Place::sample();
    place.ok(&["individual", "add", "ada@circl.lu", "--set", "first-name=Ada", "--tag", "x"]);
    place.ok(&[
        "alignment",
        "add",
        "--set",
        "individual=ada@circl.lu",
        "--set",
        "organisation=CIRCL",
    ]);
    let aligned = place.ok(&["individual", "list", "--organisation", "CIRCL", "--json"]).json();
    assert_eq!(aligned[0]["first_name"], "Ada");
    place.ok(&["alignment", "edit", "#1", "--set", "role=Analyst"]);
    let alignments = place.ok(&["alignment", "list", "--json"]).json();
    assert_eq!(
        (alignments[0]["role"].as_str(), alignments.as_array().unwrap().len()),
        (Some("Analyst"), 1)
    );

    place.ok(&["group", "add", "G", "--set", "owner=CIRCL", "--member", "CERT.at", "--extend"]);
    place.ok(&[
        "group",
        "edit",
        "G",
        "--member",
        "CIRCL",
        "--without",
        "CERT.at",
        "--set",
        "active=no",
    ]);
    let group = place.ok(&["sharing-group", "show", "G", "--json"]).json();
    let circl = json!("55f6ea5e-2c60-40e5-964f-47a8950d210f");
    assert_eq!(group["members"], json!([{ "organisation": circl, "extend": false }]));
    assert_eq!(group["active"], false);

    place.ok(&["mailing-list", "add", "M", "--member", "ada@circl.lu"]);
    place.ok(&["organisation-group", "add", "O", "--member", "CIRCL", "--tag", "y"]);
    place.ok(&[
        "enumeration",
        "add",
        "E",
        "--set",
        "target=organisation",
        "--set",
        "field=sector",
        "--member",
        "energy",
        "--member",
        "finance",
    ]);
    place.write("key.asc", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n");
    place.ok(&[
        "key",
        "add",
        "--set",
        "kind=openpgp",
        "--set",
        "owner=CIRCL",
        "--set-file",
        "text=key.asc",
    ]);
    place.ok(&["tag", "add", "z", "--set", "colour=#00ff00"]);
    for kind in ["mailing-list", "organisation-group", "enumeration", "key", "tag", "group"] {
        let list = place.ok(&[kind, "list", "--json"]).json();
        assert!(!list.as_array().unwrap().is_empty(), "{kind}");
        let text = place.ok(&[kind, "list"]).out;
        assert!(text.starts_with('#'), "{kind}: {text}");
        place.ok(&[kind, "show", "#1"]);
    }
    let enumeration = place.ok(&["enumeration", "show", "E", "--json"]).json();
    assert_eq!(enumeration["values"], json!(["energy", "finance"]));

    place.ok(&["individual", "remove", "ada@circl.lu"]);
    assert_eq!(place.ok(&["alignment", "list", "--json"]).json(), json!([]));
    assert_eq!(place.ok(&["mailing-list", "show", "M", "--json"]).json()["individuals"], json!([]));
    place.fails(1, &["organisation", "remove", "CIRCL"]);
    place.fails(1, &["group", "add", "H"]);
    place.fails(1, &["organisation", "add", "I", "--set", "colour=red"]);
    place.fails(2, &["organisation", "add", "I", "--set", "sector"]);
}

#[test]
fn filters_and_pages_add_up() {
    let place = Place::sample();
    let names = |arguments: &[&str]| -> Vec<String> {
        let list = place.ok(&[&["organisation", "list", "--json"], arguments].concat()).json();
        let list = list.as_array().unwrap().clone();
        list.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&["--nationality", "LU"]), ["CIRCL"]);
    assert_eq!(names(&["--nationality", "Austria", "--sector", "energy"]), ["AEC"]);
    assert_eq!(names(&["--tag", "tlp:%"]), ["CIRCL"]);
    assert_eq!(names(&["--name", "cert.%"]), ["CERT.at"]);
    assert_eq!(names(&["--meta", "IPv4 address=185.194.93.1"]), ["CIRCL"]);
    assert_eq!(names(&["--search", "circl"]), ["CIRCL"]);
    assert_eq!(names(&["--meta", "website=http://www.circl.lu/"]), ["CIRCL"]);
    let all = names(&["--order", "name"]);
    assert_eq!(all.len(), 10);
    let mut paged = Vec::new();
    let mut cursor = None::<String>;
    loop {
        let mut arguments =
            vec!["organisation", "list", "--json", "--order", "name", "--limit", "3"];
        if let Some(cursor) = &cursor {
            arguments.extend(["--after", cursor]);
        }
        let ran = place.ok(&arguments);
        let page = ran.json();
        paged.extend(
            page.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()),
        );
        match ran.err.split("--after ").nth(1) {
            Some(rest) => cursor = Some(rest.split('`').next().unwrap().to_owned()),
            None => break,
        }
    }
    assert_eq!(paged, all);
    let backwards: Vec<String> = all.into_iter().rev().collect();
    assert_eq!(names(&["--order", "name", "--descending"]), backwards);
    place.fails(2, &["organisation", "list", "--after", "nonsense!"]);
    place.fails(2, &["organisation", "list", "--limit", "0"]);
    place.fails(1, &["tag", "list", "--sector", "energy"]);
}

#[test]
fn what_changed_is_told_and_taken_back() {
    let place = Place::sample();
    let before = place.ok(&["changes", "--json"]).json();
    let cursor = before["next"].as_str().unwrap();
    place.ok(&[
        "organisation",
        "edit",
        "CIRCL",
        "--set",
        "sector=public",
        "--meta",
        "Domain=.example",
    ]);
    let changes = place.ok(&["changes", "--since", cursor, "--json"]).json();
    assert_eq!(changes["changes"].as_array().unwrap().len(), 1);
    assert_eq!(changes["more"], false);
    let set = changes["changes"][0]["change_set"].as_str().unwrap();
    let history =
        place.ok(&["history", "organisation", "CIRCL", "--field", "Domain", "--json"]).json();
    assert_eq!(history.as_array().unwrap().len(), 2);
    let log = place.ok(&["audit", "log", "--json"]).json();
    assert_eq!(log[0]["id"], set);
    assert_eq!(
        place.ok(&["audit", "show", set, "--json"]).json()["changes"][0]["action"],
        "update"
    );

    place.ok(&["organisation", "edit", "CIRCL", "--set", "sector=research"]);
    let undone = place.run(&["audit", "undo", set, "--json"]);
    assert_eq!(undone.code, 1, "{undone:?}");
    assert_eq!(undone.json()["conflicts"][0]["fields"][0]["field"], "sector");
    let shown = place.ok(&["organisation", "show", "CIRCL"]).out;
    assert!(shown.contains("sector: research") && shown.contains("Domain: .lu"), "{shown}");
    place.fails(1, &["audit", "undo", "00000000-0000-4000-8000-000000000000"]);
    place.fails(2, &["audit", "undo", "nonsense"]);
    place.fails(1, &["history", "gadget", "x"]);
}

#[test]
fn the_address_of_another_person_is_stored_and_told() {
    let place = Place::sample();
    let add = |arguments: &[&str]| place.ok(&[&["individual", "add"], arguments].concat());
    let ada = add(&["ada@circl.lu", "--set", "first_name=Ada", "--set", "last_name=Lovelace"]);
    assert!(!ada.err.contains("notice"), "{ada:?}");
    let twin = add(&["ADA@circl.lu", "--set", "last_name=Other"]);
    assert!(twin.err.contains("notice: `ada@circl.lu` is the e-mail address of Ada Lovelace too"));
    let hint = format!("hint: `cerebrate individual show {}`", ada.out.trim());
    assert!(twin.err.contains(&hint), "{twin:?}");
    assert_eq!(place.ok(&["individual", "list", "--json"]).json().as_array().unwrap().len(), 2);
    // An accent is another address; an edit of something else is no news.
    let accent = add(&["ad\u{e1}@circl.lu", "--keep-invalid", "--json"]);
    assert!(!accent.err.contains("address of"), "{accent:?}");
    let twin = twin.out.trim();
    let other = place.ok(&["individual", "edit", twin, "--set", "position=Analyst"]);
    assert!(!other.err.contains("notice"), "{other:?}");
    place.ok(&["individual", "edit", twin, "--set", "email=bob@circl.lu"]);
    let back = place.ok(&["individual", "edit", twin, "--set", "email=Ada@CIRCL.lu", "--json"]);
    assert!(back.err.contains(&hint), "{back:?}");
    assert_eq!(back.json()["record"]["email"], "Ada@CIRCL.lu");
    for _ in 0..3 {
        add(&["ada@circl.lu"]);
    }
    let many = add(&["ada@circl.lu"]);
    assert_eq!(many.err.matches("hint: ").count(), 3, "{many:?}");
    assert!(many.err.contains("notice: and of 2 more"), "{many:?}");
    let quiet = add(&["ada@circl.lu", "--quiet"]);
    assert_eq!(quiet.err, "");
    // What the store takes as an address can be looked for.
    for _ in 0..2 {
        add(&[&"x".repeat(4_096), "--keep-invalid"]);
    }
}

#[test]
fn a_name_is_given_once() {
    let place = Place::sample();
    place.write("name", "Y");
    for arguments in [
        ["organisation", "add", "X", "--set", "name=Y"],
        ["organisation", "add", "X", "--set", " Name =X"],
        ["organisation", "add", "X", "--set-file", "name=name"],
        ["individual", "add", "x@example.org", "--set", "email=y@example.org"],
        ["tag", "add", "x", "--set", "name=y"],
    ] {
        let ran = place.fails(2, &arguments);
        assert!(ran.err.contains("hint: leave out"), "{ran:?}");
    }
    place.ok(&["organisation", "add", "--set", "name=Y"]);
    place.ok(&["individual", "add", "--set", "email=y@example.org", "--set", "last_name=Y"]);
    place.ok(&["tag", "add", "--set", "name=y"]);
    place.fails(1, &["organisation", "show", "X"]);
}

#[test]
fn at_most_none_is_a_wrong_command_line() {
    let place = Place::sample();
    for arguments in [
        &["search", "x"][..],
        &["organisation", "list"],
        &["organisation", "list", "--search", "x"],
        &["duplicates"],
        &["changes"],
        &["audit", "log"],
        &["unreadable"],
    ] {
        place.fails(2, &[arguments, &["--limit", "0"]].concat());
        place.fails(2, &[arguments, &["--limit", "none"]].concat());
        place.ok(&[arguments, &["--limit", "1"]].concat());
    }
}

#[test]
fn a_record_without_an_identity_of_its_own_shows_the_one_it_has() {
    let place = Place::sample();
    place.ok(&["individual", "add", "ada@circl.lu"]);
    let set = ["--set", "individual=ada@circl.lu", "--set", "organisation=CIRCL"];
    let added = place.ok(&[&["alignment", "add", "--json"][..], &set].concat()).json();
    let alignment = place.ok(&["alignment", "list", "--json"]).json()[0].clone();
    assert_eq!(added["record"]["uuid"], alignment["uuid"]);
    let uuid = alignment["uuid"].as_str().unwrap();
    let shown = place.ok(&["alignment", "show", uuid, "--json"]).json();
    assert_eq!((&shown["uuid"], &shown["role"]), (&alignment["uuid"], &json!("Member")));
    assert_eq!(shown["local_id"], 1);
    assert!(!place.ok(&["alignment", "show", uuid]).out.contains("uuid"));
    let tags = place.ok(&["tag", "list", "--json"]).json();
    for tag in tags.as_array().unwrap() {
        let shown = place.ok(&["tag", "show", tag["uuid"].as_str().unwrap(), "--json"]).json();
        assert_eq!(shown["name"], tag["name"]);
    }
    place.ok(&["alignment", "edit", uuid, "--set", "role=Head"]);
    let moved = place.ok(&["alignment", "list", "--json"]).json()[0]["uuid"].clone();
    let removed = place.ok(&["alignment", "remove", moved.as_str().unwrap(), "--json"]).json();
    assert_eq!(removed["removed"][0]["uuid"], moved);
    // Those with an identity of their own are as they were.
    let team = place.ok(&["organisation", "list", "--json", "--limit", "1"]).json()[0].clone();
    assert!(team["uuid"].is_null() && team["id"].is_string(), "{team}");
}

#[test]
fn a_value_that_lookup_cannot_read_is_stored_and_told() {
    let place = Place::sample();
    let notice = "notice: AS Number: not an AS number: `banana`";
    let added = place.ok(&["organisation", "add", "One", "--meta", "AS Number=banana"]);
    assert!(added.err.contains(notice), "{added:?}");
    let added = place.ok(&["organisation", "add", "Two", "--meta", "AS Number=banana", "--json"]);
    assert!(added.err.contains(notice), "{added:?}");
    assert_eq!(added.json()["record"]["meta_fields"][0]["value"], "banana");
    let edited = place.ok(&["organisation", "edit", "One", "--add-meta", "Domain=example. lu"]);
    assert!(edited.err.contains("notice: Domain: a blank stands beside a dot"), "{edited:?}");
    assert!(!edited.err.contains("banana"), "{edited:?}");
    let listed = place.ok(&["unreadable", "--json"]).json();
    let problems: Vec<_> = listed.as_array().unwrap().iter().map(|row| &row["problem"]).collect();
    assert_eq!(problems, ["not an AS number", "a blank stands beside a dot", "not an AS number"]);
    let silent = place.ok(&["organisation", "edit", "One", "--meta", "AS Number=AS64500"]);
    assert!(!silent.err.contains("notice"), "{silent:?}");
}

#[test]
fn history_tells_names_where_records_hold_identities() {
    let place = Place::sample();
    place.ok(&["group", "add", "Energy", "--set", "owner=CIRCL", "--member", "CIRCL"]);
    place.ok(&["group", "edit", "Energy", "--member", "CIRCL", "--extend", "--set", "owner=AEC"]);
    let told = place.ok(&["history", "group", "Energy"]).out;
    let circl = "CIRCL (55f6ea5e-2c60-40e5-964f-47a8950d210f)";
    assert!(told.contains(&format!("members: {circl} → {circl}, may extend")), "{told}");
    assert!(told.contains(&format!("owner: {circl} → AEC (")), "{told}");
    // Of what is gone the identity is all there is.
    let old = place.ok(&["organisation", "add", "Old"]).out.trim().to_owned();
    place.ok(&["group", "edit", "Energy", "--set", "owner=Old"]);
    place.ok(&["group", "edit", "Energy", "--set", "owner=AEC"]);
    place.ok(&["organisation", "remove", "Old"]);
    let told = place.ok(&["history", "group", "Energy"]).out;
    assert!(told.contains(&format!("owner: {old} → AEC (")), "{told}");
    place.ok(&["role", "add", "Plain"]);
    place.ok(&["role", "edit", "Plain", "--set", "sync=yes"]);
    let told = place.ok(&["history", "role", "Plain"]).out;
    assert!(told.contains("permissions: none → sync"), "{told}");
    place.ok(&["individual", "add", "anna@team.example"]);
    place.ok(&["mailing-list", "add", "Duty"]);
    place.ok(&["mailing-list", "add-member", "Duty", "anna@team.example"]);
    let told = place.ok(&["changes"]).out;
    assert!(told.contains("individuals: nothing → anna@team.example ("), "{told}");
}

#[test]
fn hints_of_what_is_missing_name_a_command_that_runs() {
    let place = Place::sample();
    for (command, record) in [
        ("alignment", "#999"),
        ("group", "nosuch"),
        ("tag", "nosuch"),
        ("mailing-list", "nosuch"),
        ("organisation-group", "nosuch"),
        ("enumeration", "nosuch"),
        ("key", "#999"),
        ("role", "nosuch"),
        ("user", "nosuch"),
        ("limitation", "nosuch"),
        ("inbox", "#999"),
        ("outbox", "#999"),
    ] {
        let missing = place.fails(1, &[command, "show", record]);
        let hint = missing.err.split("hint: ").nth(1).unwrap_or_default();
        let named = hint.split('`').nth(1).unwrap_or_default();
        let words: Vec<&str> = named.split(' ').collect();
        assert_eq!(words.first(), Some(&"cerebrate"), "{missing:?}");
        place.ok(&words[1..]);
    }
    let missing = place.fails(1, &["user", "key", "remove", "#999"]);
    assert!(missing.err.contains("`cerebrate user key list`"), "{missing:?}");
}
