use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::Place;

#[test]
fn init_creates_once_and_may_be_run_again() {
    let place = Place::empty();
    let first = place.ok(&["init", "--json"]).json();
    assert_eq!(first["created"], true);
    assert_eq!(first["templates"]["loaded"].as_array().unwrap().len(), 12);
    let again = place.ok(&["init"]);
    assert!(again.err.contains("nothing changed"), "{again:?}");
    let sample = place.ok(&["init", "--sample", "--json"]).json();
    assert_eq!(
        (&sample["created"], &sample["sample"]["organisations"]),
        (&false.into(), &10.into())
    );
    assert!(place.path("cerebrate.db").is_file());
}

#[test]
fn the_database_is_named_by_flag_then_environment_then_default() {
    let place = Place::empty();
    place.ok(&["--db", "flag.db", "init"]);
    let output = place.command(&["init"]).env("CEREBRATE_DB", "env.db").output().unwrap();
    assert!(output.status.success());
    let output =
        place.command(&["init", "--db", "flag2.db"]).env("CEREBRATE_DB", "no.db").output().unwrap();
    assert!(output.status.success());
    for (file, there) in [("flag.db", true), ("env.db", true), ("flag2.db", true), ("no.db", false)]
    {
        assert_eq!(place.path(file).exists(), there, "{file}");
    }
    let missing = place.fails(1, &["organisation", "list"]);
    assert!(missing.err.contains("cerebrate init"), "{missing:?}");
    assert!(!place.path("cerebrate.db").exists());
}

#[test]
fn colours_are_only_where_they_are_seen() {
    let place = Place::sample();
    let shown = |variables: &[(&str, &str)]| {
        let mut command = place.command(&["organisation", "show", "CIRCL"]);
        command.envs(variables.iter().copied());
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let plain = shown(&[]);
    assert!(!plain.contains('\u{1b}'));
    let coloured = shown(&[("CLICOLOR_FORCE", "1")]);
    assert!(coloured.contains('\u{1b}'));
    assert_eq!(shown(&[("NO_COLOR", "1")]), plain);
}

#[test]
fn quiet_says_nothing_but_errors() {
    let place = Place::sample();
    for arguments in [
        ["-q", "organisation", "edit", "CIRCL", "--tag", "q"].as_slice(),
        &["-q", "organisation", "list", "--limit", "1"],
        &["-q", "who", "192.0.2.1"],
        &["-q", "init"],
    ] {
        assert_eq!(place.ok(arguments).err, "", "{arguments:?}");
    }
    place.fails(1, &["-q", "organisation", "show", "Nobody"]);
}

#[test]
fn a_wrong_command_line_exits_with_2() {
    let place = Place::empty();
    let ran = place.fails(2, &["organization"]);
    assert!(ran.err.contains("organisation"), "{ran:?}");
    place.fails(2, &["--colour", "list"]);
    let nothing = place.run(&[]);
    assert_eq!(nothing.code, 2);
    assert!(nothing.err.contains("Usage:"), "{nothing:?}");
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let place = Place::sample();
    let mut rows = String::from("name\n");
    for row in 0..3_000 {
        writeln!(rows, "A team with a rather long name and number {row}").unwrap();
    }
    place.write("many.csv", rows);
    place.ok(&["import", "organisations", "many.csv"]);
    for arguments in [
        ["organisation", "list"].as_slice(),
        &["organisation", "list", "--json"],
        &["changes"],
        &["export", "organisations"],
    ] {
        let mut command = place.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{arguments:?}");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    }
}

#[test]
fn shells_get_their_completions() {
    let place = Place::empty();
    for (shell, part) in [
        ("bash", "complete -F _cerebrate"),
        ("zsh", "#compdef cerebrate"),
        ("fish", "complete -c cerebrate"),
    ] {
        let script = place.ok(&["completions", shell]).out;
        assert!(script.contains(part) && script.contains("mailing-list"), "{shell}");
    }
    place.fails(2, &["completions", "cmd"]);
}

#[test]
fn help_names_the_commands_and_the_exit_codes() {
    let place = Place::empty();
    let help = place.ok(&["--help"]).out;
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    insta::assert_snapshot!(commands.join(" "), @"init who import export duplicates organisation individual alignment group tag mailing-list organisation-group enumeration key role user limitation inbox outbox template search changes history explain audit stats unreadable backup completions help");
    assert!(help.contains("Exit codes:") && help.contains("CEREBRATE_DB"), "{help}");
    assert!(place.ok(&["import", "--help"]).out.contains("Exits with 1 if anything was listed"));
    assert!(place.ok(&["--version"]).out.starts_with("cerebrate "));
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_exits_with_130() {
    let place = Place::sample();
    let mut command = place.command(&["who", "--json", "--file", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    // It answers what it has and waits for more: the handler is set by then.
    let mut input = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut input, "AT\n".repeat(25_000).as_bytes()).unwrap();
    let mut start = [0; 1];
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut start).unwrap();
    let killed =
        std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(killed.unwrap().success());
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    drop(input);
}

#[test]
fn a_backup_is_a_database_and_never_overwrites() {
    let place = Place::sample();
    place.ok(&["backup", "copy.db"]);
    let copied = place.ok(&["--db", "copy.db", "organisation", "list", "--json"]).out;
    assert_eq!(copied, place.ok(&["organisation", "list", "--json"]).out);
    place.fails(1, &["backup", "copy.db"]);
    let told = place.fails(1, &["backup", "nowhere/copy.db"]).err;
    assert!(told.contains("the folder of the copy is not there"), "{told}");
    assert!(told.contains("hint: make the folder first"), "{told}");
}

#[test]
fn values_that_nobody_is_found_by_are_listed() {
    let place = Place::sample();
    assert_eq!(place.ok(&["unreadable", "--json"]).json(), serde_json::json!([]));
    place.ok(&["organisation", "add", "Odd", "--meta", "AS Number=a few"]);
    let found = place.ok(&["unreadable", "--json"]).json();
    assert_eq!(
        (&found[0]["organisation"]["name"], &found[0]["value"]),
        (&"Odd".into(), &"a few".into())
    );
    assert!(place.ok(&["unreadable"]).out.contains("a few"));
}

#[cfg(unix)]
#[test]
fn what_holds_personal_data_is_made_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::sample();
    let mode =
        |name: &str| std::fs::metadata(place.path(name)).unwrap().permissions().mode() & 0o777;
    place.ok(&["backup", "copy.db"]);
    assert_eq!((mode("cerebrate.db"), mode("copy.db")), (0o600, 0o600));
    // Whoever shares the database says so once.
    let shared = std::fs::Permissions::from_mode(0o660);
    std::fs::set_permissions(place.path("cerebrate.db"), shared).unwrap();
    place.ok(&["organisation", "add", "Shared"]);
    assert_eq!(mode("cerebrate.db"), 0o660);
    let beside = place.path("cerebrate.db-wal");
    assert!(!beside.exists() || mode("cerebrate.db-wal") == 0o660);
}

#[test]
fn halves_of_a_backup_that_was_killed_go_with_the_next() {
    let place = Place::sample();
    place.write("copy.db.1.part", "half");
    place.write("other.db.1.part", "half");
    place.ok(&["backup", "copy.db"]);
    assert!(!place.path("copy.db.1.part").exists());
    assert!(place.path("other.db.1.part").exists());
    place.write("out.json.1.part", "half");
    place.ok(&["export", "all", "-o", "out.json"]);
    assert!(!place.path("out.json.1.part").exists());
}
