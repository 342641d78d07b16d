use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// Rows with names, texts and values of every kind that can be stored.
fn rows() -> impl Strategy<Value = Vec<[String; 6]>> {
    let text = "[ a-cé=+'\";,\n@-]{0,6}";
    let row = (
        proptest::option::of(1_u128..6),
        "[ a-cÉ=+'\"-]{1,4}",
        text,
        proptest::sample::select(vec!["", "10.0.0.0/8", "10.1.2.3; 10.0.0.0/9", "10.0.0.1/99"]),
        proptest::sample::select(vec!["", "x", "y; x", "Y"]),
        proptest::sample::select(vec!["", "2026-01-01", "2027-01-01T01:02:03Z", "never"]),
    );
    let row = row.prop_map(|(number, name, text, address, tags, modified)| {
        let uuid = number.map_or_else(String::new, |number| id(number).to_string());
        [uuid, name, text, address.to_owned(), tags.to_owned(), modified.to_owned()]
    });
    proptest::collection::vec(row, 0..12)
}

fn table(rows: &[[String; 6]]) -> String {
    let mut text =
        String::from("uuid,name,sector,cerebrate/csirt-constituency:IPv4 address,tags,modified\n");
    for row in rows {
        let cells: Vec<String> =
            row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

fn exported(store: &Store) -> String {
    let mut text = Vec::new();
    store.export().organisations().json(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}

/// What is stored, without the times of change that undo moves on.
fn content(store: &Store) -> BTreeMap<String, serde_json::Value> {
    let mut records: Vec<serde_json::Value> = serde_json::from_str(&exported(store)).unwrap();
    for record in &mut records {
        record.as_object_mut().unwrap().remove("modified");
        if let Some(values) = record.get_mut("meta_fields").and_then(|list| list.as_array_mut()) {
            for value in values {
                value.as_object_mut().unwrap().remove("modified");
                value.as_object_mut().unwrap().remove("created");
            }
        }
    }
    records.into_iter().map(|record| (record["id"].to_string(), record)).collect()
}

const MODES: [OnConflict; 3] = [OnConflict::Skip, OnConflict::Newer, OnConflict::Overwrite];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn preview_foretells_apply_and_a_second_time_changes_nothing(
        before in rows(), rows in rows(), mode in proptest::sample::select(MODES.to_vec()),
    ) {
        let store = store();
        csv(&store, table(&before));
        let text = table(&rows);
        let import = store.import_organisations().csv(text.as_bytes()).on_conflict(mode);
        let preview = import.preview().unwrap();
        let report = import.apply().unwrap();
        prop_assert_eq!(counts(&preview), counts(&report));
        prop_assert_eq!(&preview.problems, &report.problems);
        let cursor = store.cursor().unwrap();
        let stored = exported(&store);
        let again = import.apply().unwrap();
        prop_assert_eq!((again.added, again.changed), (0, 0));
        prop_assert_eq!(again.change_set, None);
        prop_assert_eq!(store.cursor().unwrap(), cursor);
        prop_assert_eq!(exported(&store), stored);
        let rows = report.added + report.changed + report.unchanged + report.skipped;
        prop_assert!(rows + report.lines_with_problems >= rows.max(1) - 1);
    }

    #[test]
    fn undo_restores_what_was_there(before in rows(), rows in rows()) {
        let store = store();
        csv(&store, table(&before));
        let (stored, bytes) = (content(&store), exported(&store));
        let report = csv(&store, table(&rows));
        if let Some(set) = report.change_set {
            let undone = store.undo(set).unwrap();
            prop_assert_eq!(undone.conflicts, []);
        }
        prop_assert_eq!(content(&store), stored);
        if report.changed == 0 {
            prop_assert_eq!(exported(&store), bytes);
        }
    }

    #[test]
    fn what_is_exported_is_imported_without_a_change(rows in rows()) {
        let store = store();
        let keep = store.import_organisations().csv(table(&rows).into_bytes().leak() as &[u8]);
        keep.invalid_values(InvalidValues::Keep).apply().unwrap();
        let stored = exported(&store);
        let mut as_csv = Vec::new();
        store.export().organisations().csv(&mut as_csv).unwrap();
        let mut pretty = Vec::new();
        store.export().organisations().pretty(true).json(&mut pretty).unwrap();
        let total = store.organisations().find().count().unwrap();
        for report in [
            csv(&store, &as_csv),
            json(&store, &stored),
            json(&store, str::from_utf8(&pretty).unwrap()),
        ] {
            prop_assert_eq!(counts(&report), (0, 0, total, 0), "{:?}", report.problems);
        }
        prop_assert_eq!(exported(&store), stored.clone());
        let other = super::store();
        let report = json(&other, &stored);
        prop_assert_eq!(counts(&report), (total, 0, 0, 0), "{:?}", report.problems);
        prop_assert_eq!(exported(&other), stored);
    }
}
