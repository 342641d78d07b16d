use cerebrate_core::Kind;
use cerebrate_core::id::{IndividualId, SharingGroupId};
use cerebrate_core::model::{Alignment, Individual, Member, SharingGroup};
use cerebrate_store::Store;
use cerebrate_store::import::OnConflict;
use uuid::Uuid;

use crate::world::{constituency, id, organisation, store};

fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut bytes = Vec::new();
    write(&mut bytes);
    String::from_utf8(bytes).unwrap()
}

fn csv_of_organisations(store: &Store) -> String {
    text(|bytes| {
        store.export().organisations().csv(bytes).unwrap();
    })
}

#[test]
fn the_bytes_depend_on_the_content_alone() {
    let write = |order: [u128; 3]| {
        let store = store();
        for number in order {
            let mut team = organisation(number, &format!("Team {number}"));
            team.created = Some("2026-01-01".parse().unwrap());
            team.modified = team.created;
            store.organisations().insert(team).unwrap();
        }
        text(|bytes| {
            assert_eq!(store.export().organisations().json(bytes).unwrap(), 3);
        })
    };
    let expected = "[\n\
        {\"id\":\"00000000-0000-0000-0000-000000000001\",\"name\":\"Team 1\",\
        \"created\":\"2026-01-01T00:00:00Z\",\"modified\":\"2026-01-01T00:00:00Z\"},\n\
        {\"id\":\"00000000-0000-0000-0000-000000000002\",\"name\":\"Team 2\",\
        \"created\":\"2026-01-01T00:00:00Z\",\"modified\":\"2026-01-01T00:00:00Z\"},\n\
        {\"id\":\"00000000-0000-0000-0000-000000000003\",\"name\":\"Team 3\",\
        \"created\":\"2026-01-01T00:00:00Z\",\"modified\":\"2026-01-01T00:00:00Z\"}\n]\n";
    assert_eq!(write([1, 2, 3]), expected);
    assert_eq!(write([3, 1, 2]), expected);
}

#[test]
fn nothing_is_exported_as_nothing() {
    let store = Store::in_memory().unwrap();
    let json = text(|bytes| {
        store.export().individuals().json(bytes).unwrap();
    });
    assert_eq!(json, "[]\n");
    let csv = csv_of_organisations(&store);
    assert_eq!(csv.lines().count(), 1);
    let all = text(|bytes| {
        store.export().all().pretty(true).json(bytes).unwrap();
    });
    let all: serde_json::Value = serde_json::from_str(&all).unwrap();
    assert_eq!(all["organisations"], serde_json::json!([]));
    let refused = store.export().all().csv(Vec::new()).unwrap_err();
    assert_eq!(refused.kind(), Kind::Unsupported);
}

#[test]
fn a_spreadsheet_sees_no_formulas_and_an_import_what_was_there() {
    let store = store();
    for (number, name) in
        (1..).zip(["=1+1", "+352 24", "-x", "@x", "'=x", "plain, \"quoted\"", "'tis"])
    {
        let mut team = organisation(number, name);
        team.contacts = Some(format!("{name}\nsecond line"));
        team.meta_fields = vec![
            constituency("Domain", "a.example"),
            constituency("Domain", "b.example"),
            constituency("IPv4 address", "10.0.0.1/8"),
        ];
        store.organisations().insert(team).unwrap();
    }
    let csv = csv_of_organisations(&store);
    let header = csv.lines().next().unwrap();
    assert_eq!(
        header,
        "uuid,name,url,nationality,sector,kind,contacts,tags,created,modified,\
         cerebrate/csirt-constituency:Domain,cerebrate/csirt-constituency:IPv4 address"
    );
    for line in csv.lines().skip(1) {
        for cell in line.split(',') {
            let cell = cell.trim_start_matches('"');
            assert!(!cell.starts_with(['=', '+', '-', '@']), "{line}");
        }
    }
    assert!(csv.contains("\"a.example; b.example\",10.0.0.1/8\n"));
    let import = store.import_organisations().csv(csv.as_bytes());
    let report = import.on_conflict(OnConflict::Overwrite).apply().unwrap();
    assert_eq!((report.unchanged, report.problems.len()), (7, 0), "{:?}", report.problems);
    let empty = crate::world::store();
    empty.import_organisations().csv(csv.as_bytes()).apply().unwrap();
    assert_eq!(csv_of_organisations(&empty), csv);
}

#[test]
fn individuals_keep_for_whom_they_work() {
    let store = store();
    store.organisations().insert(organisation(1, "A")).unwrap();
    let person = Individual::new(IndividualId::new(Uuid::from_u128(5)), "a@b.lu");
    let person = store.individuals().insert(person).unwrap();
    store.alignments().insert(Alignment::new(person.id, id(1), "Lead")).unwrap();
    let csv = text(|bytes| {
        store.export().individuals().csv(bytes).unwrap();
    });
    assert!(csv.contains(",00000000-0000-0000-0000-000000000001,"), "{csv}");
    let import = store.import_individuals().csv(csv.as_bytes());
    let report = import.on_conflict(OnConflict::Overwrite).apply().unwrap();
    assert_eq!((report.unchanged, report.changed), (1, 0), "{report:?}");
    assert_eq!(store.alignments().find().count().unwrap(), 1);
}

#[test]
fn a_role_for_each_organisation_where_they_differ() {
    let store = store();
    for (number, name) in [(1, "A"), (2, "B")] {
        store.organisations().insert(organisation(number, name)).unwrap();
    }
    let person = Individual::new(IndividualId::new(Uuid::from_u128(5)), "a@b.lu");
    let person = store.individuals().insert(person).unwrap();
    for (number, role) in [(1, "Lead"), (1, "Speaker"), (2, "On call; nights")] {
        store.alignments().insert(Alignment::new(person.id, id(number), role)).unwrap();
    }
    let csv = text(|bytes| {
        store.export().individuals().csv(bytes).unwrap();
    });
    assert!(csv.contains("\"Lead; Speaker; \"\"On call; nights\"\"\""), "{csv}");
    let json = text(|bytes| {
        store.export().individuals().json(bytes).unwrap();
    });
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[0]["alignments"][2]["role"], "On call; nights");
    assert_eq!(json[0]["alignments"][2]["organisation"], id(2).to_string());
    assert!(json[0]["alignments"][2]["created"].is_string());
}

#[test]
fn what_is_flagged_is_said_in_a_column_of_its_own() {
    let store = store();
    store.organisations().insert(organisation(1, "A")).unwrap();
    assert!(!csv_of_organisations(&store).lines().next().unwrap().contains("flagged"));
    let mut team = organisation(2, "B");
    team.meta_fields = vec![
        constituency("IPv4 address", "10.0.0.0/99"),
        constituency("Domain", "b.example"),
        constituency("Fax", "no such field"),
    ];
    store.organisations().insert(team).unwrap();
    let csv = csv_of_organisations(&store);
    let header = csv.lines().next().unwrap();
    assert!(header.ends_with(",flagged"), "{header}");
    let row = csv.lines().last().unwrap();
    assert!(row.contains("cerebrate/csirt-constituency:IPv4 address"), "{row}");
    assert!(row.contains("@1:Fax") && !row.contains("constituency:Domain"), "{row}");
    // What the file does not say is still refused.
    let (bare, _) = csv.rsplit_once(",\"").unwrap();
    let report =
        crate::world::store().import_organisations().csv(format!("{bare},\n").as_bytes()).apply();
    assert_eq!(report.unwrap().problems.len(), 2);
}

#[test]
fn an_export_of_everything_is_imported_a_kind_at_a_time() {
    let store = store();
    store.organisations().insert(organisation(1, "A")).unwrap();
    let person = Individual::new(IndividualId::new(Uuid::from_u128(5)), "a@b.lu");
    let person = store.individuals().insert(person).unwrap();
    store.alignments().insert(Alignment::new(person.id, id(1), "Lead")).unwrap();
    for pretty in [false, true] {
        let all = text(|bytes| {
            store.export().all().pretty(pretty).json(bytes).unwrap();
        });
        let empty = crate::world::store();
        let report = empty.import_organisations().json(all.as_bytes()).apply().unwrap();
        assert_eq!((report.added, report.problems.len()), (1, 0), "{report:?}");
        let told: Vec<&str> = report.notices.iter().map(|notice| notice.column.as_str()).collect();
        assert_eq!(told, ["meta_templates", "individuals"]);
        let report = empty.import_individuals().json(all.as_bytes()).apply().unwrap();
        assert_eq!((report.added, report.problems.len()), (1, 0), "{report:?}");
        let alignments = empty.alignments().find().one_page(9).unwrap().records;
        assert_eq!(alignments, store.alignments().find().one_page(9).unwrap().records);
    }
}

#[test]
fn sharing_groups_and_everything() {
    let store = store();
    store.organisations().insert(organisation(1, "Owner")).unwrap();
    let mut group = SharingGroup::new(
        SharingGroupId::new(Uuid::from_u128(6)),
        "Group; one".parse().unwrap(),
        id(1),
    );
    group.members = vec![Member { organisation: id(1), extend: true }];
    store.sharing_groups().insert(group.clone()).unwrap();
    let csv = text(|bytes| {
        assert_eq!(store.export().sharing_groups().csv(bytes).unwrap(), 1);
    });
    assert!(csv.contains("\"Group; one\""), "{csv}");
    let json = text(|bytes| {
        assert_eq!(store.export().sharing_groups().json(bytes).unwrap(), 1);
    });
    for import in [
        store.import_organisations().csv(csv.as_bytes()),
        store.import_organisations().json(json.as_bytes()),
    ] {
        let report = import.apply().unwrap();
        assert_eq!((report.added, report.lines_with_problems), (0, 1), "{report:?}");
    }
    let templates = store.library().unwrap().len();
    for pretty in [false, true] {
        let all = text(|bytes| {
            store.export().all().pretty(pretty).json(bytes).unwrap();
        });
        let all: serde_json::Value = serde_json::from_str(&all).unwrap();
        let read: SharingGroup = serde_json::from_value(all["sharing_groups"][0].clone()).unwrap();
        assert_eq!(read.members, group.members);
        assert_eq!(all["meta_templates"].as_array().unwrap().len(), templates);
    }
}

#[test]
fn a_target_that_is_full_is_an_error() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let store = store();
    let export = store.export().organisations();
    assert_eq!(export.json(Full).unwrap_err().kind(), Kind::Exhausted);
    assert_eq!(export.csv(Full).unwrap_err().kind(), Kind::Exhausted);
}
