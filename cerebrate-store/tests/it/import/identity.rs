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
fn a_remembered_id_survives_undo_and_is_used_again() {
    let store = store();
    let text = "external_id,name\nt-1,Alpha\n";
    let report = csv(&store, text);
    let alpha = named(&store, "Alpha").id;
    store.undo(report.change_set.unwrap()).unwrap();
    assert_eq!(store.organisations().find().count().unwrap(), 0);
    assert_eq!(counts(&csv(&store, text)), (1, 0, 0, 0));
    assert_eq!(named(&store, "Alpha").id, alpha);
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
