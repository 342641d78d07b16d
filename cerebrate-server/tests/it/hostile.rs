use crate::Place;

#[test]
fn files_that_are_no_database_are_refused_and_left_alone() {
    let place = Place::empty();
    place.write(
        "text.db",
        "this is not a database at all, but it is long enough to be looked at\n".repeat(100),
    );
    place.write("empty.db", "");
    std::fs::create_dir(place.path("folder.db")).unwrap();
    let text = std::fs::read(place.path("text.db")).unwrap();
    for command in [["organisation", "list"].as_slice(), &["init"], &["who", "LU"]] {
        for file in ["text.db", "folder.db"] {
            let ran = place.fails(1, &[&["--db", file], command].concat());
            assert!(ran.err.contains("hint:"), "{ran:?}");
        }
    }
    assert_eq!(std::fs::read(place.path("text.db")).unwrap(), text);
    place.fails(1, &["--db", "empty.db", "who", "LU"]);
    place.fails(1, &["--db", "no/folder/x.db", "init"]);
    place.fails(1, &["--db", "no/folder/x.db", "who", "LU"]);
    // A check of values needs no database, but one that was named must be one.
    let check = ["template", "check", "CSIRT Constituency", "AS Number=AS1"];
    place.fails(1, &[&["--db", "text.db"], check.as_slice()].concat());
    place.ok(&[&["--db", "missing.db"], check.as_slice()].concat());
    assert!(!place.path("missing.db").exists());
}

#[test]
fn a_newer_database_is_refused_with_a_hint() {
    let place = Place::sample();
    // The version of the schema stands at offset 60 of the file, big-endian.
    let file = place.path("cerebrate.db");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[60..64].copy_from_slice(&9_999_u32.to_be_bytes());
    std::fs::write(&file, bytes).unwrap();
    for command in [["organisation", "list"].as_slice(), &["init"], &["tag", "add", "x"]] {
        let ran = place.fails(3, command);
        assert!(ran.err.contains("newer"), "{ran:?}");
        assert!(ran.err.contains("hint:"), "{ran:?}");
    }
}

#[test]
fn hostile_text_never_reaches_a_terminal_as_it_is() {
    let place = Place::sample();
    let name = "Evil\u{1b}[2J\u{202e}team";
    place.fails(1, &["organisation", "add", name]);
    place.ok(&["organisation", "add", name, "--keep-invalid"]);
    for arguments in [
        ["organisation", "list"].as_slice(),
        &["organisation", "show", name],
        &["changes"],
        &["search", "evil"],
        &["who", name],
        &["organisation", "show", "\u{1b}[31mnobody"],
        &["template", "show", "\u{1b}[31mnothing"],
    ] {
        let ran = place.run(arguments);
        for text in [&ran.out, &ran.err] {
            assert!(
                !text.contains('\u{1b}') && !text.contains('\u{202e}'),
                "{arguments:?}: {ran:?}"
            );
        }
    }
    let json = place.ok(&["organisation", "list", "--search", "evil", "--json"]).json();
    assert_eq!(json[0]["name"], name, "data keeps what was given");
}

#[test]
fn hostile_documents_are_refused() {
    let place = Place::sample();
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    place.write("deep.json", &deep);
    place.write("bytes.json", [0xff, 0xfe, 0x00, 0xd8]);
    place.write("cut.json", r#"[{"field": "AS Num"#);
    let check = ["template", "check", "CSIRT Constituency", "--values"];
    for file in ["deep.json", "bytes.json", "cut.json", "nowhere.json", "."] {
        place.fails(1, &[check.as_slice(), &[file]].concat());
    }
    for file in ["deep.json", "cut.json"] {
        assert_eq!(place.run(&["template", "check", file]).code, 1);
        place.fails(1, &["template", "load", file]);
    }
    let long = "x".repeat(100_000);
    assert_eq!(place.run(&["who", &long]).code, 1);
    let list = format!("185.194.93.14\n{}\nAL\n", "x".repeat(1_000_000));
    let ran = place.fed(&list, &["who", "--file", "-", "--json"]);
    assert_eq!(ran.code, 1);
    let answers: Vec<serde_json::Value> = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(answers.len(), 3, "each line has its answer");
    assert!(answers[1]["error"]["message"].as_str().unwrap().contains("too long"));
    assert_eq!(answers[2]["matches"][0]["basis"]["kind"], "country");
    // Half a document is none.
    let ran = place.run(&["changes", "--since", "c999999", "--json"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
}

#[cfg(unix)]
#[test]
fn a_read_only_file_can_be_read_and_not_written() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::sample();
    let file = place.path("cerebrate.db");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o444)).unwrap();
    let may_write = std::fs::OpenOptions::new().append(true).open(&file).is_ok();
    place.ok(&["organisation", "list"]);
    // Whoever may do everything is stopped by nothing.
    if !may_write {
        place.fails(3, &["tag", "add", "x"]);
    }
}

#[cfg(unix)]
#[test]
fn whatever_reads_works_in_a_folder_without_the_permission_to_write() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::empty();
    let folder = place.path("sealed");
    std::fs::create_dir(&folder).unwrap();
    let with = |arguments: &[&'static str]| [&["--db", "sealed/c.db"], arguments].concat();
    place.ok(&with(&["init", "--sample"]));
    let permit = |mode| {
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    permit(0o555);
    if std::fs::File::create(folder.join("probe")).is_ok() {
        eprintln!("not tested: permissions do not keep this user from writing");
        return;
    }
    for reading in [
        ["organisation", "list"].as_slice(),
        &["organisation", "show", "CIRCL"],
        &["who", "AL"],
        &["export", "all"],
        &["search", "cert"],
        &["changes"],
        &["audit", "log"],
        &["template", "list"],
        &["template", "show", "CSIRT Constituency"],
        &["duplicates", "organisations"],
        &["unreadable"],
        &["backup", "copy.db"],
    ] {
        place.ok(&with(reading));
    }
    for writing in [["tag", "add", "x"].as_slice(), &["init"]] {
        let ran = place.fails(3, &with(writing));
        assert!(ran.err.contains("read-only") && ran.err.contains("hint:"), "{ran:?}");
    }
    permit(0o755);
    place.ok(&with(&["tag", "add", "x"]));
    place.ok(&["--db", "copy.db", "who", "AL"]);
}

#[cfg(target_os = "linux")]
#[test]
fn an_export_to_a_full_disk_says_so() {
    let place = Place::sample();
    for format in ["json", "csv"] {
        let arguments = ["export", "organisations", "--format", format, "--output", "/dev/full"];
        let ran = place.fails(3, &arguments);
        assert!(ran.err.contains("/dev/full") && ran.err.contains("hint:"), "{ran:?}");
    }
}

#[test]
fn an_export_replaces_the_file_whole() {
    let place = Place::sample();
    place.write("out.json", "x".repeat(1_000_000));
    place.ok(&["export", "all", "--output", "out.json"]);
    let text = std::fs::read_to_string(place.path("out.json")).unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
    let names = std::fs::read_dir(place.path(".")).unwrap();
    let names: Vec<_> = names.map(|name| name.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().contains("part")), "{names:?}");
}
