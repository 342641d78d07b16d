use std::cell::RefCell;
use std::fmt::Write as _;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};

use cerebrate_core::Kind;
use cerebrate_core::model::{EntityKind, Individual, MetaField, Organisation};
use cerebrate_core::problem::ProblemKind;
use cerebrate_store::Store;
use cerebrate_store::import::{
    ImportReport, IndividualField, InvalidValues, OnConflict, OrganisationField,
};

use crate::world::{constituency, id, organisation, store, store_in_file};

mod bad_input;
mod identity;
mod laws;

/// Imports organisations from CSV, over what is there.
fn csv(store: &Store, text: impl AsRef<[u8]>) -> ImportReport {
    let import = store.import_organisations().csv(text.as_ref()).source("test.csv");
    import.on_conflict(OnConflict::Overwrite).apply().unwrap()
}

fn json(store: &Store, text: &str) -> ImportReport {
    let import = store.import_organisations().json(text.as_bytes());
    import.on_conflict(OnConflict::Overwrite).apply().unwrap()
}

/// Line, column and kind of each problem.
fn problems(report: &ImportReport) -> Vec<(u64, &str, ProblemKind)> {
    report
        .problems
        .iter()
        .map(|problem| (problem.line, problem.column.as_str(), problem.kind))
        .collect()
}

fn notices(report: &ImportReport) -> Vec<(u64, &str, ProblemKind)> {
    report.notices.iter().map(|notice| (notice.line, notice.column.as_str(), notice.kind)).collect()
}

fn counts(report: &ImportReport) -> (u64, u64, u64, u64) {
    (report.added, report.changed, report.unchanged, report.skipped)
}

fn named(store: &Store, name: &str) -> Organisation {
    let mut found = store.organisations().find().name(name).all().unwrap();
    assert_eq!(found.len(), 1, "{name}");
    found.remove(0)
}

#[test]
fn a_table_becomes_organisations() {
    let store = store();
    let text = "Team;Land;SECTOR;type;UUID;Tags;created;\
                cerebrate/csirt-constituency:IPv4 address;CSIRT Constituency_v1:AS Number;extra\n\
                CIRCL;LU;Gov;CSIRT;55f6ea5e-2c60-40e5-964f-47a8950d210f;tlp:green;2020-01-02;\
                \"185.194.93.1/22; 10.0.0.0/8\";AS197869;x\n\
                \n\
                CERT.at;Österreich;;;;;;;;\n";
    let import = store
        .import_organisations()
        .csv(text.as_bytes())
        .column("Team", OrganisationField::Name)
        .column("land", "nationality")
        .source("members.csv");
    let preview = import.preview().unwrap();
    assert!(preview.dry_run && preview.change_set.is_none());
    assert_eq!(store.organisations().find().count().unwrap(), 0);
    let report = import.apply().unwrap();
    assert_eq!(report.to_string(), "2 new, 0 changed");
    assert_eq!(counts(&preview), counts(&report));
    assert_eq!(
        notices(&report),
        [
            (1, "extra", ProblemKind::UnknownField),
            (2, "cerebrate/csirt-constituency:IPv4 address", ProblemKind::HostBits),
        ]
    );
    let circl = named(&store, "CIRCL");
    assert_eq!(circl.id.to_string(), "55f6ea5e-2c60-40e5-964f-47a8950d210f");
    assert_eq!(circl.nationality.as_deref(), Some("LU"));
    assert_eq!((circl.sector.as_deref(), circl.kind.as_deref()), (Some("Gov"), Some("CSIRT")));
    assert_eq!(circl.created.unwrap().to_string(), "2020-01-02T00:00:00Z");
    assert_eq!(circl.tags[0].as_str(), "tlp:green");
    let values: Vec<&str> = circl.meta_fields.iter().map(MetaField::canonical).collect();
    assert_eq!(values, ["185.194.92.0/22", "10.0.0.0/8", "AS197869"]);
    let set = store.change_set(report.change_set.unwrap()).unwrap().unwrap();
    assert_eq!(set.origin, "import members.csv");
    assert_eq!(set.summary.as_deref(), Some("2 new, 0 changed"));
    assert_eq!(store.change_sets(5).unwrap().iter().filter(|set| set.changes > 0).count(), 2);
}

#[test]
fn broken_rows_are_listed_and_the_others_go_in() {
    let store = store();
    let text = "name,uuid,url,cerebrate/csirt-constituency:IPv4 address\n\
                A,,,10.0.0.0/8\n\
                B,not-a-uuid,,10.0.0.0/99\n\
                \"C\nof two lines\",,,\n\
                too,few\n\
                too,,,,many\n\
                ,,x,\n\
                D,,,\"1.2.3.4; 1.2.3.300\"\n\
                \"open,,,\n\
                E,,,\n\
                \"F\"x,,,\n\
                G,,,,\n";
    let report = csv(&store, text);
    assert_eq!(counts(&report), (4, 0, 0, 0));
    let ipv4 = "cerebrate/csirt-constituency:IPv4 address";
    assert_eq!(
        problems(&report),
        [
            (3, "uuid", ProblemKind::NotUuid),
            (3, ipv4, ProblemKind::Mask),
            (6, "", ProblemKind::Malformed),
            (7, "", ProblemKind::Malformed),
            (8, "name", ProblemKind::Required),
            (9, ipv4, ProblemKind::NotIpv4),
            (10, "", ProblemKind::Malformed),
            (12, "", ProblemKind::Malformed),
        ]
    );
    assert_eq!(report.problems[5].value, "1.2.3.300");
    assert_eq!(report.lines_with_problems, 7);
    assert_eq!(report.to_string(), "4 new, 0 changed, 7 lines with problems");
    named(&store, "C\nof two lines");
    let again = csv(&store, text);
    assert_eq!(counts(&again), (0, 0, 4, 0));
    assert_eq!(again.problems, report.problems);
    assert_eq!(again.change_set, None);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(
        json["problems"][0],
        serde_json::json!({
            "line": 3, "column": "uuid", "value": "not-a-uuid", "kind": "not_uuid",
            "message": "not a UUID",
        })
    );
    assert_eq!(json["added"], 4);
}

#[test]
fn fifty_thousand_rows_with_twenty_broken_ones_of_every_kind() {
    let (_folder, store) = store_in_file();
    let mut text = String::from("name,nationality,contacts,cerebrate/csirt-constituency:Domain\n");
    let mut broken = Vec::new();
    for row in 0..5_000_u64 {
        let line = row + 2;
        if row % 250 == 17 {
            broken.push(line);
            match row / 250 % 5 {
                0 => writeln!(text, "Team {row},LU").unwrap(),
                1 => writeln!(text, ",LU,x,").unwrap(),
                2 => writeln!(text, "Team {row},LU,\"x,").unwrap(),
                3 => writeln!(text, "Team {row},LU,x,y,z").unwrap(),
                _ => writeln!(text, "Team {row},LU,{},", "x".repeat(70_000)).unwrap(),
            }
        } else {
            writeln!(text, "Team {row},LU,\"a, \"\"b\"\"\",team{row}.example").unwrap();
        }
    }
    let report = csv(&store, &text);
    assert_eq!(counts(&report), (4_980, 0, 0, 0));
    assert_eq!(report.problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), broken);
    let again = csv(&store, &text);
    assert_eq!(counts(&again), (0, 0, 4_980, 0));
    assert_eq!(again.problems.len(), 20);
}

#[test]
fn conflict_modes() {
    let old = "uuid,name,sector,modified\n\
               00000000-0000-0000-0000-000000000001,A,energy,2026-01-01\n\
               00000000-0000-0000-0000-000000000002,B,energy,2026-01-01\n\
               00000000-0000-0000-0000-000000000003,C,energy,2026-01-01\n";
    let new = "uuid,name,sector,modified\n\
               00000000-0000-0000-0000-000000000001,A,water,2026-02-01\n\
               00000000-0000-0000-0000-000000000002,B,water,2025-12-31\n\
               00000000-0000-0000-0000-000000000003,C,water,\n\
               00000000-0000-0000-0000-000000000004,D,water,\n";
    let sectors = |store: &Store| {
        let all = store.organisations().find().all().unwrap();
        all.into_iter().filter_map(|team| team.sector).collect::<Vec<_>>().join(" ")
    };
    for (mode, expected, sector) in [
        (OnConflict::Skip, (1, 0, 0, 3), "energy energy energy water"),
        (OnConflict::Newer, (1, 1, 0, 2), "water energy energy water"),
        (OnConflict::Overwrite, (1, 3, 0, 0), "water water water water"),
    ] {
        let store = store();
        csv(&store, old);
        let import = store.import_organisations().csv(new.as_bytes()).on_conflict(mode);
        let preview = import.preview().unwrap();
        let report = import.apply().unwrap();
        assert_eq!(counts(&report), expected, "{mode}");
        assert_eq!(counts(&preview), expected, "{mode}");
        assert_eq!(preview.problems, report.problems);
        let listed: &[(u64, &str, ProblemKind)] = match mode {
            OnConflict::Newer => &[(4, "modified", ProblemKind::NotNewer)],
            _ => &[],
        };
        assert_eq!(problems(&report), listed);
        assert_eq!(sectors(&store), sector);
        let again = import.apply().unwrap();
        assert_eq!((again.added, again.changed), (0, 0), "{mode}");
        assert_eq!(mode.as_str().parse::<OnConflict>().unwrap(), mode);
    }
    let store = store();
    csv(&store, old);
    csv(&store, new);
    assert_eq!(
        store.organisations().require(id(1)).unwrap().modified.unwrap().to_string(),
        "2026-02-01T00:00:00Z"
    );
}

#[test]
fn only_what_the_file_says_is_changed() {
    let store = store();
    let mut team = organisation(1, "A");
    team.sector = Some("energy".to_owned());
    team.url = Some("https://a.example".to_owned());
    team.tags = vec!["tlp:red".parse().unwrap()];
    team.meta_fields = vec![constituency("Domain", "a.example"), constituency("AS Number", "AS1")];
    store.organisations().insert(team).unwrap();
    let report = csv(
        &store,
        "name,URL,sector,cerebrate/csirt-constituency:Domain\nA,,water,b.example; a.example\n",
    );
    assert_eq!(counts(&report), (0, 1, 0, 0));
    let team = store.organisations().require(id(1)).unwrap();
    assert_eq!(team.sector.as_deref(), Some("water"));
    assert_eq!(team.url.as_deref(), Some("https://a.example"));
    assert_eq!(team.tags.len(), 1);
    let values: Vec<&str> = team.meta_fields.iter().map(|value| value.value.as_str()).collect();
    assert_eq!(values, ["b.example", "a.example", "AS1"]);
}

#[test]
fn invalid_values_are_refused_or_kept() {
    let text = "name,cerebrate/csirt-constituency:IPv4 address\nA,10.0.0.0/99\n";
    let store = store();
    let import = store.import_organisations().csv(text.as_bytes());
    assert_eq!(counts(&import.apply().unwrap()), (0, 0, 0, 0));
    let import =
        store.import_organisations().csv(text.as_bytes()).invalid_values(InvalidValues::Keep);
    let report = import.apply().unwrap();
    assert_eq!((report.added, report.problems.len()), (1, 1));
    assert!(!named(&store, "A").meta_fields[0].is_valid());
    // What the record holds already is no news.
    let report = csv(&store, text);
    assert_eq!((counts(&report), report.is_clean()), ((0, 0, 1, 0), true));
}

#[test]
fn individuals_and_for_whom_they_work() {
    let store = store();
    store.organisations().insert(organisation(1, "CIRCL")).unwrap();
    store.organisations().insert(organisation(2, "CERT.at")).unwrap();
    let text = "E-Mail,First name,last_name,Organisation,role\n\
                a@circl.lu,Ada,L,circl,\n\
                b@cert.at,,,\"CERT AT; 00000000-0000-0000-0000-000000000001\",Lead\n\
                c@x.lu,,,Nobody,\n\
                not an address,,,,\n\
                A@CIRCL.lu,Ada,L,circl,\n";
    let import = store
        .import_individuals()
        .csv(text.as_bytes())
        .column("E-Mail", IndividualField::Email)
        .on_conflict(OnConflict::Overwrite);
    let preview = import.preview().unwrap();
    let report = import.apply().unwrap();
    assert_eq!(counts(&preview), counts(&report));
    assert_eq!(counts(&report), (2, 0, 0, 0));
    assert_eq!(
        problems(&report),
        [
            (4, "Organisation", ProblemKind::UnknownReference),
            (5, "E-Mail", ProblemKind::NotEmail),
            (6, "", ProblemKind::Duplicate),
        ]
    );
    assert_eq!(store.alignments().find().count().unwrap(), 3);
    let of_circl: Vec<Individual> = store.individuals().find().organisation(id(1)).all().unwrap();
    assert_eq!(of_circl.len(), 2);
    assert_eq!(counts(&import.apply().unwrap()), (0, 0, 2, 0));
    assert_eq!(store.alignments().find().count().unwrap(), 3);
}

#[test]
fn json_as_a_list_or_line_by_line() {
    let store = store();
    let own = r#"[
      {"id": "00000000-0000-0000-0000-000000000001", "name": "A", "kind": "CSIRT",
       "tags": ["x"], "meta_fields": [
         {"template": {"id": "913cbcb1-0ee7-4b2e-8b02-a2e1d9b4a8c1", "version": 1},
          "field": "later", "value": "1"}]},
      {"name": "B", "cerebrate/csirt-constituency:Domain": [".lu", "b.example"], "colour": 1}
    ]"#;
    let report = json(&store, own);
    assert_eq!(counts(&report), (2, 0, 0, 0), "{report:?}");
    assert_eq!(
        notices(&report),
        [(6, "colour", ProblemKind::UnknownField), (2, "later", ProblemKind::UnknownTemplate)]
    );
    assert!(store.organisations().require(id(1)).unwrap().meta_fields[0].is_held());
    assert_eq!(named(&store, "B").meta_fields.len(), 2);
    let lines = "{\"name\":\"C\",\"sector\":null}\n{\"name\":\"D\",\"sector\":\"x\"}\n";
    assert_eq!(counts(&json(&store, lines)), (2, 0, 0, 0));
    assert_eq!(counts(&json(&store, own)), (0, 0, 2, 0));
}

#[test]
fn exports_of_peers() {
    let store = store();
    let dump = r##"[{"id": 3, "uuid": "00000000-0000-0000-0000-000000000007", "name": "A",
        "type": "CSIRT", "tags": [{"id": 1, "name": "tlp:red", "colour": "#ff0000"}],
        "meta_fields": [{"field": "IPv4 address", "value": "10.0.0.0/99",
          "template_uuid": "UUID", "template_version": 1}], "frobnicate": 1},
        {"id": 4, "uuid": "none", "name": "B"}]"##;
    let template = constituency("Domain", "x").template.id.to_string();
    let dump = dump.replace("UUID", &template);
    let import = store.import_organisations().cerebrate(dump.as_bytes());
    let report = import.apply().unwrap();
    assert_eq!(counts(&report), (1, 0, 0, 0), "{report:?}");
    let team = store.organisations().require(id(7)).unwrap();
    assert_eq!(team.kind.as_deref(), Some("CSIRT"));
    assert!(!team.meta_fields[0].is_valid(), "kept and flagged");
    assert_eq!(store.tags().find().all().unwrap()[0].colour, "#ff0000");
    let kinds: Vec<ProblemKind> = report.problems.iter().map(|problem| problem.kind).collect();
    assert_eq!(kinds, [ProblemKind::Mask, ProblemKind::NotUuid]);
    assert_eq!(report.lines_with_problems, 2);
    assert!(report.notices.iter().any(|notice| notice.column == "frobnicate"));
    assert_eq!(counts(&import.apply().unwrap()), (0, 0, 1, 0));

    let misp = r#"[{"Organisation": {"id": "1", "name": "M", "uuid":
        "00000000-0000-0000-0000-000000000008", "nationality": "Luxembourg", "sector": "x",
        "date_created": "2026-01-01 00:00:00", "date_modified": "2026-01-02 00:00:00",
        "description": "words", "local": true}}]"#;
    let import = store.import_organisations().misp(misp.as_bytes());
    let report = import.apply().unwrap();
    assert_eq!(counts(&report), (1, 0, 0, 0), "{report:?}");
    assert_eq!(notices(&report), [(1, "description", ProblemKind::UnknownField)]);
    let team = store.organisations().require(id(8)).unwrap();
    assert_eq!(team.modified.unwrap().to_string(), "2026-01-02T00:00:00Z");
    let refused = store.import_individuals().misp(misp.as_bytes()).apply().unwrap_err();
    assert_eq!(refused.kind(), Kind::Unsupported);
}

#[test]
fn a_row_of_a_peer_without_uuid_is_known_by_its_name() {
    let store = store();
    store.organisations().insert(organisation(1, "CIRCL")).unwrap();
    let misp = r#"[{"Organisation": {"name": "circl", "sector": "x"}},
        {"Organisation": {"name": "New one", "uuid": null}},
        {"Organisation": {"name": "Odd one", "uuid": "odd"}}]"#;
    let import = store.import_organisations().misp(misp.as_bytes());
    let report = import.on_conflict(OnConflict::Overwrite).apply().unwrap();
    assert_eq!(counts(&report), (1, 1, 0, 0), "{report:?}");
    assert_eq!(report.problems[0].kind, ProblemKind::NotUuid);
    assert_eq!(report.problems.len(), 1);
    assert_eq!(store.organisations().require(id(1)).unwrap().sector.as_deref(), Some("x"));
    let again = store.import_organisations().misp(misp.as_bytes()).apply().unwrap();
    assert_eq!(counts(&again), (0, 0, 2, 0), "{again:?}");
}

#[test]
fn people_of_a_peer_and_their_organisations() {
    let store = store();
    store.organisations().insert(organisation(1, "CIRCL")).unwrap();
    let dump = r#"[{"id": 1, "uuid": "00000000-0000-0000-0000-000000000021", "email": "a@b.lu",
        "first_name": "Ada", "last_name": "L", "position": null, "meta_fields": [], "tags": [],
        "alignments": {"organisation": [
          {"id": 1, "uuid": "00000000-0000-0000-0000-000000000001", "name": "CIRCL"},
          {"id": 2, "uuid": "00000000-0000-0000-0000-000000000002", "name": "Nobody"}]}}]"#;
    let import = store.import_individuals().cerebrate(dump.as_bytes());
    let preview = import.preview().unwrap();
    let report = import.apply().unwrap();
    assert_eq!(counts(&report), (1, 0, 0, 0), "{report:?}");
    assert_eq!(problems(&report), [(1, "alignments", ProblemKind::UnknownReference)]);
    assert_eq!(preview.problems, report.problems);
    assert_eq!(store.individuals().find().organisation(id(1)).count().unwrap(), 1);
    assert_eq!(counts(&import.apply().unwrap()), (0, 0, 1, 0));
}

#[test]
fn delimiters_are_found_out_or_said() {
    for text in [
        "name,url\nA,\"x;y\"\n",
        "name;url\nA;\"x;y\"\n",
        "name\turl\nA\tx;y\n",
        "name|url\r\nA|x;y\r\n",
        "sep=;\r\nname;url\r\nA;\"x;y\"\r\n",
        "\"name\",\"url\"\r\"A\",\"x;y\"",
    ] {
        let store = store();
        let report = csv(&store, text);
        assert_eq!((report.added, report.is_clean()), (1, true), "{text:?}");
        assert_eq!(named(&store, "A").url.as_deref(), Some("x;y"), "{text:?}");
    }
    let store = store();
    let import = store.import_organisations().csv("name^url\nA^x,y\n".as_bytes()).delimiter('^');
    assert_eq!(import.apply().unwrap().added, 1);
    assert_eq!(named(&store, "A").url.as_deref(), Some("x,y"));
}

#[test]
fn files_and_mappings_that_cannot_be_imported_say_why() {
    let store = store();
    let kind = |text: &str, columns: &[(&str, &str)]| {
        let mut import = store.import_organisations().csv(text.as_bytes());
        for (header, field) in columns {
            import = import.column(*header, *field);
        }
        let error = import.apply().unwrap_err();
        (error.kind(), error.message().to_owned())
    };
    let invalid = |message: &str| (Kind::Invalid, message.to_owned());
    assert_eq!(kind("", &[]), invalid("the file is empty"));
    assert_eq!(kind("a,b\n1,2\n", &[]), invalid("no column is the name"));
    assert_eq!(kind("a,b\n", &[("c", "name")]), invalid("there is no such column"));
    assert_eq!(kind("a,b\n", &[("a", "colour")]), invalid("no field is called so; not imported"));
    assert_eq!(
        kind("a,b\n", &[("a", "name"), ("b", "name")]),
        invalid("two columns are mapped to one field")
    );
    assert_eq!(kind("\u{0}\u{1}\u{2}PNG", &[]), invalid("no column is the name"));
    let none = store.import_organisations().apply().unwrap_err();
    assert_eq!(none.kind(), Kind::Invalid);
    let external = "name,external_id\nA,1\n";
    let error = store.import_organisations().csv(external.as_bytes()).apply().unwrap_err();
    assert_eq!(error.message(), "external ids need the name of their source");
    assert_eq!(store.organisations().find().count().unwrap(), 0);
}

#[test]
fn a_source_that_fails_or_an_import_that_is_stopped_leaves_nothing() {
    struct Failing(u32);
    impl Read for Failing {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.0 += 1;
            match self.0 {
                1 => Err(io::ErrorKind::Interrupted.into()),
                2 => {
                    into[..7].copy_from_slice(b"name\nA\n");
                    Ok(7)
                }
                _ => Err(io::Error::other("the cable was pulled")),
            }
        }
    }
    let store = store();
    let error = store.import_organisations().csv(Failing(0)).apply().unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    let mut text = String::from("name\n");
    (0..2_000).for_each(|row| writeln!(text, "Team {row}").unwrap());
    let flag = AtomicBool::new(false);
    let rows = RefCell::new(Vec::new());
    let import = store
        .import_organisations()
        .csv(text.as_bytes())
        .progress(|done| {
            rows.borrow_mut().push(done.rows);
            if done.rows > 300 {
                flag.store(true, Ordering::Relaxed);
            }
        })
        .cancel_on(&flag);
    assert_eq!(import.apply().unwrap_err().kind(), Kind::Cancelled);
    assert_eq!(store.organisations().find().count().unwrap(), 0);
    flag.store(false, Ordering::Relaxed);
    drop(import);
    assert_eq!(*rows.borrow(), [256, 512]);
    let dry = store.import_organisations().csv(text.as_bytes()).dry_run(true).apply().unwrap();
    assert_eq!((dry.added, dry.dry_run), (2_000, true));
    assert_eq!(store.changes_at_most(store.cursor().unwrap(), 10).unwrap().changes.len(), 0);
    assert_eq!(store.history(EntityKind::Organisation, id(1).uuid()).unwrap().len(), 0);
}
