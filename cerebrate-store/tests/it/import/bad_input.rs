use super::*;

#[test]
fn encodings() {
    let utf16 = |text: &str| {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        [0xFF, 0xFE].into_iter().chain(units).collect::<Vec<u8>>()
    };
    for (bytes, noticed) in [
        ("\u{feff}name\nKöln\n".as_bytes().to_vec(), false),
        ("name\nKöln\n".as_bytes().to_vec(), false),
        (b"name\nK\xF6ln\n".to_vec(), true),
        (utf16("name\nKöln\n"), false),
    ] {
        let store = store();
        let report = csv(&store, &bytes);
        assert_eq!((report.added, report.is_clean()), (1, true), "{bytes:?}");
        assert_eq!(!report.notices.is_empty(), noticed);
        named(&store, "Köln");
    }
}

#[test]
fn undecodable_rows_are_listed() {
    let store = store();
    let mut text = "name\nKöln\nMünchen\n".as_bytes().to_vec();
    text.extend(b"bro\xFFken\nLi\xC3\xA8ge\n");
    let report = csv(&store, &text);
    assert_eq!(report.added, 3);
    assert_eq!(problems(&report), [(4, "name", ProblemKind::Undecodable)]);
    assert!(report.problems[0].value.starts_with("bro"));
    let report = csv(&store, b"name\n\xE9t\xE9\n\x81\n");
    assert_eq!(problems(&report), [(3, "name", ProblemKind::Undecodable)]);
}

#[test]
fn truncated_files() {
    let store = store();
    let whole = "name,contacts\nA,x\nB,\"two\nlines\"\n";
    for end in 0..whole.len() {
        let import = store.import_organisations().csv(&whole.as_bytes()[..end]);
        match import.preview() {
            Ok(report) => assert!(report.added + report.lines_with_problems <= 3),
            Err(error) => assert_eq!(error.kind(), Kind::Invalid),
        }
    }
    let report = csv(&store, "name,contacts\nA,x\nB,\"two\nlines");
    assert_eq!(report.added, 1);
    assert_eq!(
        problems(&report),
        [(3, "", ProblemKind::Malformed), (4, "", ProblemKind::Malformed)]
    );
    let report = json(&store, "[{\"name\":\"X\"},{\"name\":\"Y\"");
    assert_eq!((report.added, report.lines_with_problems), (1, 1), "{report:?}");
}

#[test]
fn a_field_of_ten_megabytes() {
    let store = store();
    let endless = "x".repeat(10 << 20);
    let text = format!("name,contacts\nA,{endless}\nB,\"{endless}\"\n{endless},c\nD,d\n");
    let report = csv(&store, text);
    assert_eq!(counts(&report), (1, 0, 0, 0));
    assert_eq!(
        problems(&report),
        [
            (2, "contacts", ProblemKind::TooLong),
            (3, "contacts", ProblemKind::TooLong),
            (4, "name", ProblemKind::TooLong),
        ]
    );
    assert!(report.problems.iter().all(|problem| problem.value.len() < 200));
    let report = csv(&store, format!("name,contacts\nE,{}\nF,f\n", "x".repeat(17 << 20)));
    assert_eq!(problems(&report), [(2, "", ProblemKind::TooLong)]);
    assert_eq!(report.added, 1);
    let report = json(&store, &format!("[{{\"name\":\"{endless}\"}},{{\"name\":\"G\"}}]"));
    assert_eq!((report.added, report.lines_with_problems), (1, 1));
}

#[test]
fn deep_json_and_repeated_keys() {
    let store = store();
    let deep = format!(
        "[{{\"name\":\"A\",\"x\":{}{}}},\n{{\"name\":\"B\"}},\n{{\"name\":\"C\",\"name\":\"D\"}},\n7,\n{{}}]",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    for text in [deep.clone(), "[".repeat(10_000), "{\"a\":".repeat(10_000)] {
        for report in [
            store.import_organisations().json(text.as_bytes()).preview().unwrap(),
            store.import_organisations().cerebrate(text.as_bytes()).preview().unwrap(),
            store.import_organisations().misp(text.as_bytes()).preview().unwrap(),
            store.import_individuals().cerebrate(text.as_bytes()).preview().unwrap(),
        ] {
            assert!(!report.is_clean(), "{report:?}");
        }
    }
    let report = json(&store, &deep);
    assert_eq!(report.added, 1, "{report:?}");
    let lines: Vec<(u64, ProblemKind)> =
        report.problems.iter().map(|problem| (problem.line, problem.kind)).collect();
    assert!(lines.contains(&(3, ProblemKind::Duplicate)), "{lines:?}");
    assert_eq!(report.lines_with_problems, 4);
}

#[test]
fn an_object_of_countless_members_is_read_in_one_go() {
    let store = store();
    let mut text = String::from("[{\"name\":\"A\"");
    (0..100_000).for_each(|member| write!(text, ",\"m{member}\":1").unwrap());
    text.push_str("}]");
    let report = json(&store, &text);
    assert_eq!((report.added, report.notices.len()), (1, 100));
}

#[test]
fn hidden_and_control_characters_are_kept_and_noticed() {
    let store = store();
    let report = csv(&store, "name\nCIR\u{200b}CL\nCERT\u{202e}x\nbell\u{7}\nN\0UL\n");
    assert_eq!(counts(&report), (4, 0, 0, 0));
    assert_eq!(
        notices(&report),
        [
            (2, "name", ProblemKind::HiddenCharacter),
            (3, "name", ProblemKind::HiddenCharacter),
            (4, "name", ProblemKind::ControlCharacter),
            (5, "name", ProblemKind::ControlCharacter),
        ]
    );
    assert_eq!(problems(&report), []);
    let kept = store.organisations().find().all().unwrap();
    assert_eq!(kept[0].name, "CIR\u{200b}CL");
    assert_eq!(kept[0].flags, [ProblemKind::HiddenCharacter]);
    assert_eq!(kept[2].flags, [ProblemKind::ControlCharacter]);
    assert_eq!((kept[3].name.as_str(), kept[3].flags.len()), ("N\0UL", 1));
}

#[test]
fn wrong_types_in_json_are_listed_with_their_member() {
    let store = store();
    let report = json(
        &store,
        "[{\"name\": [1]},\n{\"name\":\"A\",\"sector\":{},\"id\":5,\"modified\":\"never\"},\n\
         {\"name\":\"B\",\"meta_fields\":7},\n{\"name\":\"C\",\"meta_fields\":[{\"field\":\"x\"}]}]",
    );
    assert_eq!(report.added, 0);
    assert_eq!(
        problems(&report),
        [
            (1, "name", ProblemKind::WrongType),
            (2, "sector", ProblemKind::WrongType),
            (2, "id", ProblemKind::NotUuid),
            (2, "modified", ProblemKind::NotTimestamp),
            (3, "meta_fields", ProblemKind::WrongType),
            (4, "meta_fields", ProblemKind::WrongType),
        ]
    );
}

#[test]
fn problems_beyond_ten_thousand_are_counted() {
    let store = store();
    let text = format!("name\n{}", "\"x\"y\n".repeat(10_500));
    let report = csv(&store, text);
    assert_eq!(report.problems.len(), 10_000);
    assert_eq!((report.problems_not_listed, report.lines_with_problems), (500, 10_500));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn any_bytes_are_imported_or_refused(bytes: Vec<u8>, table in "[a,;\"\n\r'=\\x00-\\xff]{0,200}") {
        let store = Store::in_memory().unwrap();
        for input in [bytes.as_slice(), table.as_bytes()] {
            let headed = [b"name,uuid,tags\n".as_slice(), input].concat();
            for text in [input, headed.as_slice()] {
                let organisations = || store.import_organisations();
                let _ = organisations().csv(text).preview();
                let _ = organisations().json(text).preview();
                let _ = organisations().cerebrate(text).preview();
                let _ = organisations().misp(text).preview();
                let _ = store.import_individuals().json(text).preview();
            }
        }
    }

    #[test]
    fn any_json_is_imported_or_refused(text in "[\\[\\]{}:,\"a0n \n]{0,120}") {
        let store = Store::in_memory().unwrap();
        let text = format!("[{{\"name\":{text}}},{{\"name\":\"A\",\"meta_fields\":{text}}}]");
        let report = store.import_organisations().json(text.as_bytes()).preview().unwrap();
        proptest::prop_assert!(report.added + report.lines_with_problems > 0);
    }
}

#[test]
fn an_answer_of_a_peer_is_no_record() {
    let answer = r#"{"name":"Authentication failed. Please make sure you pass the API key",
        "message":"Authentication failed.","url":"\/organisations\/index"}"#;
    let store = store();
    for import in [
        store.import_organisations().json(answer.as_bytes()),
        store.import_organisations().misp(answer.as_bytes()),
        store.import_organisations().cerebrate(answer.as_bytes()),
    ] {
        let report = import.apply().unwrap();
        assert_eq!(counts(&report), (0, 0, 0, 0));
        assert!(report.problems[0].message.contains("error answer"), "{report:?}");
    }
}

#[test]
fn what_is_wrong_is_said_in_words_that_help() {
    let told = |table: &str| -> Vec<String> {
        let report = csv(&store(), table);
        report.problems.iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        told("name,url\nA\nname,url\nB,u\n"),
        [
            "line 2: 1 cell where there are 2 columns: `A`",
            "line 3: the headers once more; not imported: `name,url`",
        ]
    );
    assert_eq!(
        told("id,name\n7,A\n"),
        ["line 2: id: a number, not a UUID; map the column to `external_id`: `7`"]
    );
    let wide = ",".repeat(20_000);
    let wide = store().import_organisations().csv(wide.as_bytes()).delimiter(',').apply();
    assert_eq!(wide.unwrap_err().kind(), Kind::Exhausted);
    let report = json(&store(), r#"[{"name":"A","meta_fields":[{"field":7}]},{"name":nope}]"#);
    let told: Vec<&str> = report.problems.iter().map(|problem| &*problem.message).collect();
    assert_eq!(
        told,
        [
            "a value of a template field has `template`, `field` and `value`",
            "not well-formed: expected ident",
        ]
    );
}

#[test]
fn nothing_is_left_out_without_a_word() {
    let store = store();
    let report = store.import_organisations().csv("name,,url\nA,lost,u\n".as_bytes()).apply();
    assert_eq!(
        report.unwrap().notices[0].to_string(),
        "line 2: column 2 has no header; not imported: `lost`"
    );
    let lists = r#"{"organisations":[{"name":"B"}],"foo":[{"name":"C"}],"Organisations":[1]}"#;
    let report = store.import_organisations().json(lists.as_bytes()).apply().unwrap();
    let told: Vec<&str> = report.notices.iter().map(|notice| notice.column.as_str()).collect();
    assert_eq!((report.added, told), (1, vec!["foo", "Organisations"]));
    let twice = store.import_organisations().csv("name,Foo\nA,b\n".as_bytes());
    let twice =
        twice.column("Foo", OrganisationField::Sector).column("Foo", OrganisationField::Url);
    assert_eq!(twice.apply().unwrap_err().kind(), Kind::Invalid);
}

#[test]
fn blanks_around_cells_are_none_of_their_own() {
    let store = store();
    let table = "name, url, contacts\n\"C\", \"http://y.lu\", \" z \"\n  D  , u ,\n";
    let report = store.import_organisations().csv(table.as_bytes()).apply().unwrap();
    assert_eq!(counts(&report), (2, 0, 0, 0), "{report:?}");
    let all = store.organisations().find().all().unwrap();
    assert_eq!(all[0].url.as_deref(), Some("http://y.lu"));
    assert_eq!(all[0].contacts.as_deref(), Some(" z "));
    assert_eq!((all[1].name.as_str(), all[1].url.as_deref()), ("D", Some("u")));
}

#[test]
fn a_row_that_cannot_be_read_says_what_it_is_called() {
    let store = store();
    let row = r#"[{"Organisation":{"uuid":"x","name":"Team X","id":"1"}}]"#;
    for import in [
        store.import_organisations().misp(row.as_bytes()),
        store.import_organisations().json(br#"[{"uuid":"x","name":"Team X"}]"#.as_slice()),
    ] {
        let report = import.apply().unwrap();
        assert_eq!(report.problems[0].record.as_deref(), Some("Team X"), "{report:?}");
    }
}

/// Records of other kinds, as we and peers spell them.
const OTHERS: [&str; 8] = [
    r#"{"id":"0f0f0f0f-0000-4000-8000-000000000001","name":"Group","releasability":"","owner":"0f0f0f0f-0000-4000-8000-000000000002","active":true,"local":true,"members":[]}"#,
    r#"{"id":1,"uuid":"0f0f0f0f-0000-4000-8000-000000000001","name":"Group","releasability":"all","organisation_id":1,"user_id":1,"active":true,"local":true,"sharing_group_orgs":[],"organisation":{"id":1,"name":"CSIRT 01"}}"#,
    r#"{"SharingGroup":{"id":"1","name":"Group","releasability":"all"},"Organisation":{"id":"1","uuid":"0f0f0f0f-0000-4000-8000-000000000001","name":"Owner"},"SharingGroupOrg":[]}"#,
    r#"{"id":1,"uuid":"0f0f0f0f-0000-4000-8000-000000000001","name":"Admin","is_default":false,"perm_admin":true,"perm_sync":true}"#,
    r#"{"id":1,"uuid":"0f0f0f0f-0000-4000-8000-000000000001","name":"Form","namespace":"x","scope":"organisation","version":1,"enabled":true,"meta_template_fields":[]}"#,
    r##"{"id":1,"name":"tlp:green","namespace":"tlp","predicate":"green","value":null,"colour":"#00ff00","counter":3,"text_colour":"black"}"##,
    r#"{"Role":{"id":"1","name":"admin","perm_add":true,"perm_modify":true}}"#,
    r#"{"id":"0f0f0f0f-0000-4000-8000-000000000001","name":"List","recipients":"all","active":true,"individuals":[]}"#,
];

#[test]
fn records_of_other_kinds_are_listed_and_not_written() {
    for other in OTHERS {
        let text = format!(
            "[{other},{{\"uuid\":\"0f0f0f0f-0000-4000-8000-00000000000a\",\"name\":\"Team\",\"nationality\":\"LU\"}}]"
        );
        let store = store();
        let import = || store.import_organisations();
        for report in [
            import().json(text.as_bytes()).preview().expect("it is read"),
            import().cerebrate(text.as_bytes()).preview().expect("it is read"),
            import().misp(text.as_bytes()).preview().expect("it is read"),
        ] {
            assert_eq!(report.added, 1, "{other}: {report:?}");
            assert_eq!(problems(&report), [(1, "", ProblemKind::WrongType)], "{other}");
            assert!(report.problems[0].message.starts_with("a record of another kind"));
        }
        let report = store.import_individuals().json(text.as_bytes()).preview();
        let report = report.expect("it is read");
        assert_eq!(report.added, 0);
        assert_eq!(report.problems[0].kind, ProblemKind::WrongType, "{other}");
    }
}

#[test]
fn rows_of_other_kinds_are_listed_and_not_written() {
    let store = store();
    let text = "uuid,name,releasability,description,owner,active,local,members\n\
                0f0f0f0f-0000-4000-8000-000000000001,Group,all,,,1,1,\n";
    let report = csv(&store, text);
    assert_eq!((report.added, report.notices.len()), (0, 0), "{report:?}");
    assert_eq!(problems(&report), [(2, "", ProblemKind::WrongType)]);
    // Whoever says what a column is means it.
    let import = store.import_organisations().csv(text.as_bytes());
    let report = import.column("name", OrganisationField::Name).preview().expect("it is read");
    assert_eq!(report.added, 1);
}

#[test]
fn unknown_members_make_an_organisation_nothing_else() {
    let store = store();
    let report = json(&store, r#"[{"name":"A","members":12,"owner":"x","active":true}]"#);
    assert_eq!((report.added, report.lines_with_problems), (1, 0), "{report:?}");
    let report = csv(&store, "name,url,colour,counter\nB,https://b.example,red,3\n");
    assert_eq!((report.added, report.lines_with_problems), (1, 0), "{report:?}");
}

#[test]
fn a_time_that_cannot_be_read_is_told_and_is_none() {
    let store = store();
    let table = "name,sector,modified\nA,x,-5000-01-01\n";
    let import = || store.import_organisations().csv(table.as_bytes());
    let report = import().apply().expect("it is read");
    assert_eq!(problems(&report), [(2, "modified", ProblemKind::NotTimestamp)]);
    let report = import().invalid_values(InvalidValues::Keep).apply().expect("it is read");
    assert_eq!(report.added, 1, "{report:?}");

    let text = r#"[{"Organisation":{"id":"1","name":"A","sector":"y","date_modified":"0000-00-00 00:00:00"}}]"#;
    let import = || store.import_organisations().misp(text.as_bytes());
    let report = import().on_conflict(OnConflict::Newer).apply().expect("it is read");
    assert_eq!((report.changed, report.skipped), (0, 1), "{report:?}");
    assert_eq!(problems(&report), [(1, "modified", ProblemKind::NotNewer)]);
    assert_eq!(notices(&report), [(1, "Organisation.date_modified", ProblemKind::NotTimestamp)]);
}

#[test]
fn a_comma_before_the_end_of_a_list_is_told() {
    let store = store();
    let report = json(&store, r#"[{"name":"A"},]"#);
    assert_eq!(report.added, 1);
    assert_eq!(problems(&report), [(1, "", ProblemKind::Malformed)]);
}
