use super::*;

#[test]
fn an_external_id_of_an_uncertain_row_makes_no_record() {
    let store = store();
    let table = "external_id,name\n1,A\n2,A\n2,E\n2,A\n";
    let import = store.import_organisations().csv(table.as_bytes()).source("list");
    let import = import.on_conflict(OnConflict::Overwrite);
    for (added, unchanged) in [(1, 0), (0, 1)] {
        let report = import.apply().unwrap();
        assert_eq!(counts(&report), (added, 0, unchanged, 0), "{report:?}");
        let lines: Vec<u64> = report.problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [3, 4, 5]);
    }
}

#[test]
fn by_uuid_then_external_id_then_name() {
    let store = store();
    let report = csv(&store, "external_id,name\nt-1,Alpha\nt-2,Beta\n");
    assert_eq!(counts(&report), (2, 0, 0, 0));
    let alpha = named(&store, "Alpha").id;
    // A new name for a known external id.
    let report = csv(&store, "external_id,name\nt-1,Alpha renamed\n");
    assert_eq!(counts(&report), (0, 1, 0, 0));
    assert_eq!(named(&store, "Alpha renamed").id, alpha);
    // The UUID counts for more than the name.
    let report = csv(&store, format!("uuid,name\n{alpha},Beta\n"));
    assert_eq!(counts(&report), (0, 1, 0, 0));
    // Of another source the id says nothing.
    let import = store
        .import_organisations()
        .csv("external_id,name\nt-1,Gamma\n".as_bytes())
        .source("other.csv");
    assert_eq!(counts(&import.apply().unwrap()), (1, 0, 0, 0));
    // Two records are called so.
    let report = csv(&store, "name\nbeta\n");
    assert_eq!(problems(&report), [(2, "", ProblemKind::Ambiguous)]);
}

#[test]
fn an_external_id_belongs_to_one_record() {
    let store = store();
    let (one, two) = (id(1), id(2));
    let report =
        csv(&store, format!("uuid,name,external_id\n{one},Q,100\n{two},R,100\n{two},S,200\n"));
    assert_eq!(counts(&report).0, 2);
    assert_eq!(problems(&report), [(3, "", ProblemKind::Duplicate)]);
    assert_eq!(named(&store, "Q").id, one);
    let report = csv(&store, format!("uuid,name,external_id\n{two},T,100\n"));
    assert_eq!(problems(&report), [(2, "", ProblemKind::Ambiguous)]);
    assert_eq!(named(&store, "S").id, two);
}

#[test]
fn a_name_is_enough_unless_domains_contradict() {
    let store = store();
    csv(
        &store,
        "name,url,contacts\nNational CERT,https://www.cert.lu,\nOther CERT,,soc@other.example\n",
    );
    for (row, expected) in [
        ("national  cert,https://cert.lu/en,", None),
        ("NATIONAL-CERT,,info@mail.cert.lu", None),
        ("National CERT,,", None),
        ("National CERT,https://cert.ro,", Some(ProblemKind::Ambiguous)),
        ("National CERT,,info@cert.ro", Some(ProblemKind::Ambiguous)),
        ("Other CERT,https://other.example,", None),
        ("Other CERT,https://else.example,", Some(ProblemKind::Ambiguous)),
    ] {
        let text = format!("name,url,contacts\n{row}\n");
        let import = store.import_organisations().csv(text.as_bytes());
        let report = import.apply().unwrap();
        assert_eq!(report.added, 0, "{row}");
        assert_eq!(report.problems.first().map(|problem| problem.kind), expected, "{row}");
        assert_eq!(import.preview().unwrap().problems, report.problems);
    }
    assert_eq!(store.organisations().find().count().unwrap(), 2);
}

#[test]
fn the_same_identity_twice_in_a_file() {
    let one = "00000000-0000-0000-0000-000000000001";
    for (rows, expected, kind) in [
        (format!("{one},,A,x\n{one},,A,x\n"), (1, 0, 1, 0), None),
        (format!("{one},,A,x\n{one},,A,y\n"), (1, 0, 0, 0), Some(ProblemKind::Duplicate)),
        (",,A,x\n,,A,x\n".to_owned(), (1, 0, 1, 0), None),
        (",,A,x\n,,a,y\n".to_owned(), (1, 0, 0, 0), Some(ProblemKind::Duplicate)),
        (",1,A,x\n,1,A,x\n".to_owned(), (1, 0, 1, 0), None),
        (",1,A,x\n,1,B,x\n".to_owned(), (1, 0, 0, 0), Some(ProblemKind::Duplicate)),
        (",1,A,x\n,2,A,x\n".to_owned(), (1, 0, 0, 0), Some(ProblemKind::Ambiguous)),
        (format!("{one},,A,x\n,,A,x\n"), (1, 0, 0, 0), Some(ProblemKind::Duplicate)),
        (format!("{one},,A,\n{one},,A,x\n"), (1, 0, 0, 0), Some(ProblemKind::Duplicate)),
        (",1,A,x\n,,A,y\n".to_owned(), (1, 0, 0, 0), Some(ProblemKind::Ambiguous)),
        (format!("{one},,A,x\n,,B,x\n"), (2, 0, 0, 0), None),
    ] {
        let store = store();
        let text = format!("uuid,external_id,name,sector\n{rows}");
        let preview =
            store.import_organisations().csv(text.as_bytes()).source("test.csv").preview().unwrap();
        let report = csv(&store, &text);
        assert_eq!(counts(&report), expected, "{rows}");
        assert_eq!(report.problems.first().map(|problem| problem.kind), kind, "{rows}");
        assert_eq!(preview.problems, report.problems);
        assert_eq!(counts(&preview), expected);
        let again = csv(&store, &text);
        assert_eq!((again.added, again.changed), (0, 0), "{rows}");
    }
}

#[test]
fn rows_of_one_name_whose_domains_contradict_are_ambiguous() {
    let one = "00000000-0000-0000-0000-000000000001";
    let ambiguous = Some(ProblemKind::Ambiguous);
    for (rows, expected, kind) in [
        (",A,https://a.example,\n,a,https://b.example,\n".to_owned(), (1, 0, 0, 0), ambiguous),
        (",A,https://a.example,\n,A,,soc@b.example\n".to_owned(), (1, 0, 0, 0), ambiguous),
        (format!(",A,https://a.example,\n{one},A,https://b.example,\n"), (1, 0, 0, 0), ambiguous),
        (
            ",A,https://a.example,\n,A,https://www.a.example,\n".to_owned(),
            (1, 0, 0, 0),
            Some(ProblemKind::Duplicate),
        ),
    ] {
        let store = store();
        let text = format!("uuid,name,url,contacts\n{rows}");
        let preview = store.import_organisations().csv(text.as_bytes()).preview().unwrap();
        let report = csv(&store, &text);
        assert_eq!(counts(&report), expected, "{rows}");
        assert_eq!(report.problems.first().map(|problem| problem.kind), kind, "{rows}");
        assert_eq!(preview.problems, report.problems);
        let again = csv(&store, &text);
        assert_eq!((again.added, again.changed), (0, 0), "{rows}");
    }
    let report = csv(&store(), "name,url\nA,https://a.example\nA,https://b.example\n");
    let message =
        "line 2 has the same name and is at `a.example`, not at `b.example`; give the UUID";
    assert_eq!(report.problems[0].message, message);
    // What the record has counts, though the row does not say it.
    let store = store();
    csv(&store, "name,url\nA,https://a.example\n");
    let report = csv(&store, "name,sector,url\nA,,\nA,x,https://b.example\n");
    assert_eq!(problems(&report), [(3, "", ProblemKind::Ambiguous)]);
}

#[test]
fn a_row_may_do_without_a_name_if_its_record_is_known() {
    let store = store();
    store.organisations().insert(organisation(1, "A")).unwrap();
    let report = csv(
        &store,
        "uuid,sector\n00000000-0000-0000-0000-000000000001,x\n\
         00000000-0000-0000-0000-000000000002,x\n",
    );
    assert_eq!(counts(&report), (0, 1, 0, 0));
    assert_eq!(problems(&report), [(3, "name", ProblemKind::Required)]);
}

#[test]
fn a_number_in_id_is_of_no_interest_beside_a_uuid() {
    let store = store();
    let report = csv(&store, "id,uuid,name\n7,00000000-0000-0000-0000-000000000001,A\n");
    assert_eq!(counts(&report), (1, 0, 0, 0));
    assert_eq!(notices(&report), [(1, "id", ProblemKind::Duplicate)]);
    let report = csv(&store, "id,name\n7,B\n");
    assert_eq!(problems(&report), [(2, "id", ProblemKind::NotUuid)]);
}

#[test]
fn undo_forgets_external_ids_and_the_feed_knows_them() {
    let store = store();
    let import = |table: &str, mode| {
        let import = store.import_organisations().csv(table.as_bytes()).source("list.csv");
        import.on_conflict(mode).apply().unwrap()
    };
    import("name\nAlpha\nBeta\n", OnConflict::Skip);
    let wrong = "external_id,name,sector\n1,Alpha,x\n2,Beta,y\n";
    let right = "external_id,name,sector\n2,Alpha,x\n1,Beta,y\n";
    // Whatever was remembered is part of a change set, even where no record changed.
    let skipped = import(wrong, OnConflict::Skip);
    assert_eq!((skipped.changed, skipped.skipped), (0, 2));
    let report = store.undo(skipped.change_set.unwrap()).unwrap();
    assert_eq!(report.conflicts, vec![]);
    let changed = import(wrong, OnConflict::Overwrite);
    let undone = store.undo(changed.change_set.unwrap()).unwrap();
    assert_eq!((undone.undone, undone.conflicts.len()), (4, 0));
    let names = || -> Vec<String> {
        let all = store.organisations().find().all().unwrap();
        all.iter().map(|team| team.name.to_string()).collect()
    };
    assert_eq!(counts(&import(right, OnConflict::Overwrite)), (0, 2, 0, 0));
    assert_eq!(names(), ["Alpha", "Beta"]);
    // Undo of the undo remembers again, and what others rely on since is left alone.
    let redone = store.undo(undone.change_set.unwrap()).unwrap();
    assert_eq!(redone.conflicts.len(), 2, "{redone:?}");
    assert_eq!(cerebrate_testkit::check::store(&store), Vec::<String>::new());
}

#[test]
fn a_record_that_is_gone_gives_its_external_id_to_whoever_is_called_so() {
    let store = store();
    let table = "external_id,name\nE1,Ext\n";
    let import = || store.import_organisations().csv(table.as_bytes()).source("a").apply().unwrap();
    import();
    let old = store.organisations().find().all().unwrap()[0].id;
    store.organisations().remove(old).unwrap();
    store.organisations().insert(organisation(1, "Ext")).unwrap();
    assert_eq!(counts(&import()), (0, 0, 1, 0));
    assert_eq!(store.organisations().find().count().unwrap(), 1);
    assert_eq!(cerebrate_testkit::check::store(&store), Vec::<String>::new());
}

#[test]
fn what_a_file_says_twice_is_judged_alike_the_next_time() {
    let (a, b) = (id(0x55), id(0x56));
    for (table, added, problems) in [
        (format!("uuid,name\n,A\n{a},A\n"), 1, 1),
        (format!("uuid,name\n{a},A\n,A\n"), 1, 1),
        (
            format!(
                "uuid,external_id,name,sector,cerebrate/csirt-constituency:IPv4 address\n\
                 {b},3,A,,3.3.3.3/99\n,3,A,,\n,,A,finance,\n"
            ),
            1,
            2,
        ),
    ] {
        let store = store();
        let import = store.import_organisations().csv(table.as_bytes()).source("s");
        let import = import.on_conflict(OnConflict::Overwrite);
        let first = import.apply().unwrap();
        assert_eq!((first.added, first.problems.len()), (added, problems), "{table} {first:?}");
        let second = import.apply().unwrap();
        assert_eq!((second.added, second.changed), (0, 0), "{table}");
        assert_eq!(second.problems.len(), problems, "{table} {second:?}");
    }
}

#[test]
fn roles_go_with_organisations_one_by_one_or_are_told() {
    let store = store();
    for (number, name) in [(1, "One"), (2, "Two")] {
        store.organisations().insert(organisation(number, name)).unwrap();
    }
    let table = "email,organisations,role\na@b.lu,One;Two,;Lead\nc@d.lu,One;Two,X;Y;Z\n\
                 e@f.lu,,Boss\ng@h.lu,One; Two,Both\n";
    let report = store.import_individuals().csv(table.as_bytes()).apply().unwrap();
    assert_eq!(counts(&report), (3, 0, 0, 0), "{report:?}");
    assert_eq!(
        report.problems[0].to_string(),
        "line 3: role: 3 roles for 2 organisations; one role for all is fine as well: `X;Y;Z`"
    );
    assert_eq!(notices(&report), [(4, "role", ProblemKind::UnknownReference)]);
    let mut roles: Vec<String> =
        store.alignments().find().all().unwrap().into_iter().map(|one| one.role).collect();
    roles.sort();
    assert_eq!(roles, ["Both", "Both", "Lead", "Member"]);
}

#[test]
fn who_a_row_may_be_about_is_not_decided_by_a_later_row() {
    let store = store();
    for (number, name, url) in [(1, "É", "http://b.lu"), (2, "É", "http://c.lu"), (3, "C", "b.lu")]
    {
        let mut team = organisation(number, name);
        team.url = Some(url.to_owned());
        store.organisations().insert(team).unwrap();
    }
    let table = format!(
        "uuid,name,url,sector\n,É,,x\n{},Renamed,,\n,C,http://a.lu,x\n{},,http://a.lu,y\n{},É,,z\n",
        id(2),
        id(3),
        id(1)
    );
    let import = store.import_organisations().csv(table.as_bytes());
    let import = import.on_conflict(OnConflict::Overwrite);
    for changed in [1, 0] {
        let report = import.apply().unwrap();
        assert_eq!((report.added, report.changed), (0, changed), "{report:?}");
        let lines: Vec<u64> = report.problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [2, 3, 4, 5], "{report:?}");
    }
}

#[test]
fn an_empty_name_leaves_the_name_alone_and_makes_no_record() {
    let store = store();
    csv(&store, "external_id,name,sector\ne1,Alpha,\n");
    let import = |table: &str| {
        let import = store.import_organisations().csv(table.as_bytes()).source("members.csv");
        import.on_conflict(OnConflict::Overwrite).apply().unwrap()
    };
    let _ = import("external_id,name,sector\nz,Alpha,\n");
    let report = import("external_id,name,sector\nz,,energy\nnew,,x\n,,x\n");
    assert_eq!(counts(&report), (0, 1, 0, 0), "{report:?}");
    assert_eq!(report.problems.len(), 2);
    assert_eq!(named(&store, "Alpha").sector.as_deref(), Some("energy"));
}

#[test]
fn a_row_that_is_not_enough_for_a_record_does_not_count_later() {
    let store = store();
    let rows = r#"[{"external_id":"e1","sector":"energy"},{"external_id":"e1","name":"Alpha"}]"#;
    let import = store.import_organisations().json(rows.as_bytes()).source("f");
    let import = import.on_conflict(OnConflict::Overwrite);
    let first = import.apply().unwrap();
    let second = import.apply().unwrap();
    assert_eq!((second.added, second.changed, second.change_set), (0, 0, None));
    assert_eq!(first.problems.len(), second.problems.len());
}
