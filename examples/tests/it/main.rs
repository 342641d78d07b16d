//! Every program runs without arguments and says what it promises.

use std::process::Command;

/// What the program at `path` prints.
fn printed(path: &str) -> String {
    let output = Command::new(path).output().expect("the program starts");
    let text = String::from_utf8(output.stdout).expect("it prints text");
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{path}: {talk}");
    assert!(talk.is_empty(), "{path}: {talk}");
    text
}

macro_rules! programs {
    ($($name:ident: $path:literal;)*) => {
        $(
            #[test]
            fn $name() {
                let said = include_str!(concat!("said/", $path, ".txt"));
                assert_eq!(printed(env!(concat!("CARGO_BIN_EXE_", $path))), said);
            }
        )*

        #[test]
        fn every_program_is_listed_and_tested() {
            let tested = [$($path),*];
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/bin");
            let listed = include_str!("../../src/lib.rs");
            for entry in std::fs::read_dir(folder).expect("there are programs") {
                let name = entry.expect("it can be read").file_name();
                let name = name.to_string_lossy();
                let name = name.trim_end_matches(".rs");
                assert!(tested.contains(&name), "{name} has no test");
                assert!(listed.contains(&format!("`{name}`")), "{name} is not listed");
            }
        }
    };
}

programs! {
    who_names_the_reason: "who";
    bulk_lookup_counts_every_address: "bulk_lookup";
    check_values_tells_both_profiles: "check_values";
    import_members_lists_what_is_wrong: "import_members";
    follow_changes_goes_on_behind_the_cursor: "follow_changes";
    undo_leaves_later_edits_alone: "undo";
    define_template_keeps_and_flags: "define_template";
    find_and_page_reaches_every_record_once: "find_and_page";
    export_comes_back_as_the_same_bytes: "export";
}
