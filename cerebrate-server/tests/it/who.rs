use serde_json::json;

use crate::Place;

#[test]
fn the_sample_answers_each_kind_of_subject() {
    let place = Place::sample();
    let ran = place.ok(&[
        "who",
        "185.194.93.14",
        "AS197869",
        "www.circl.lu",
        "info@cert.at",
        "AL",
        "--json",
    ]);
    let circl = json!({ "uuid": "55f6ea5e-2c60-40e5-964f-47a8950d210f", "name": "CIRCL" });
    let cert = json!({ "uuid": "c5325a5f-c256-4e3b-b5e4-1ba07f712755", "name": "CERT.at" });
    let albania =
        json!({ "uuid": "b9587990-016f-4af4-82b1-bfe7e63a0d66", "name": "AKCESK/NAECCS" });
    let expected = [
        ("185.194.93.14", &circl, "prefix", "185.194.92.0/22"),
        ("AS197869", &circl, "asn", "AS197869"),
        ("www.circl.lu", &circl, "domain", ".lu"),
        ("info@cert.at", &cert, "domain", ".at"),
        ("AL", &albania, "country", "Albania"),
    ];
    let expected: Vec<_> = expected
        .into_iter()
        .map(|(subject, organisation, kind, value)| {
            json!({ "subject": subject, "matches": [
                { "organisation": organisation, "basis": { "kind": kind, "value": value } }
            ]})
        })
        .collect();
    assert_eq!(ran.json(), json!(expected));
    assert_eq!(ran.err, "");
}

#[test]
fn text_names_the_reason() {
    let place = Place::sample();
    let ran = place.ok(&["who", "185.194.93.14"]);
    assert_eq!(ran.out, "185.194.93.14  CIRCL  because of prefix 185.194.92.0/22\n");
    let ran = place.ok(&["who", "192.0.2.1"]);
    assert_eq!(ran.out, "192.0.2.1  nobody is known to be responsible\n");
    let domains = format!("Domain=bücher.example, {}", "x.example, ".repeat(12));
    place.ok(&[
        "organisation",
        "add",
        "One",
        "--meta",
        "Country=Österreich",
        "--meta",
        &domains,
        "--meta",
        "IPv4 address=192.0.2.1/24",
    ]);
    let line = |subject: &str| {
        let ran = place.ok(&["who", subject]);
        ran.out.lines().find(|line| line.contains("One")).unwrap().to_owned()
    };
    assert_eq!(line("AT"), "AT  One  because of country Österreich (AT)");
    assert_eq!(line("192.0.2.7"), "192.0.2.7  One  because of prefix 192.0.2.1/24 (192.0.2.0/24)");
    let long = line("www.bücher.example");
    assert!(long.contains("because of domain bücher.example, x.example"), "{long}");
    assert!(long.ends_with("… (xn--bcher-kva.example)"), "{long}");
}

#[test]
fn an_unreadable_subject_keeps_its_place_and_makes_the_exit_code_1() {
    let place = Place::sample();
    let ran = place.run(&["who", "LU", "1.2.3.4/99", "192.0.2.1", "--json"]);
    assert_eq!(ran.code, 1);
    let answer = ran.json();
    assert_eq!(answer.as_array().unwrap().len(), 3);
    assert_eq!(answer[1]["subject"], "1.2.3.4/99");
    assert_eq!(answer[1]["matches"], json!([]));
    assert_eq!(answer[1]["error"]["kind"], "invalid");
    assert!(answer[1]["error"]["message"].as_str().unwrap().len() > 5);
    assert_eq!(answer[2], json!({ "subject": "192.0.2.1", "matches": [] }));
    let text = place.run(&["who", "1.2.3.4/99"]);
    assert_eq!(text.code, 1);
    assert!(text.out.starts_with("1.2.3.4/99  not readable: "), "{text:?}");
}

#[test]
fn a_list_is_read_from_a_file_and_from_stdin() {
    let place = Place::sample();
    place.write("list", "\u{feff}AS197869\r\n\n# a comment\nAL\n");
    let subjects = |ran: &crate::Ran| -> Vec<String> {
        let answers = ran.json();
        let answers = answers.as_array().unwrap();
        answers.iter().map(|answer| answer["subject"].as_str().unwrap().to_owned()).collect()
    };
    let ran = place.ok(&["who", "LU", "--file", "list", "--json"]);
    assert_eq!(subjects(&ran), ["LU", "AS197869", "AL"]);
    let ran = place.fed("AT\nLU", &["who", "--file", "-", "--json"]);
    assert_eq!(subjects(&ran), ["AT", "LU"]);
    let ran = place.fed("", &["who", "--file", "-", "--json"]);
    assert_eq!((ran.code, ran.json()), (0, json!([])));
}

#[test]
fn a_line_that_is_too_long_is_listed_by_its_beginning_and_the_list_goes_on() {
    let place = Place::sample();
    for length in [2_049, 65_536, 20_000_000] {
        let list = format!("AL\n{}\n192.0.2.1\n", "x".repeat(length));
        let ran = place.fed(&list, &["who", "--file", "-", "--json"]);
        assert_eq!(ran.code, 1);
        assert!(ran.out.len() < 2_000, "{length}: {} bytes", ran.out.len());
        let answers = ran.json();
        assert_eq!(answers[0]["subject"], "AL");
        assert_eq!(answers[2]["subject"], "192.0.2.1");
        assert!(answers[1]["subject"].as_str().unwrap().ends_with("xx…"), "{length}");
        assert_eq!(answers[1]["error"]["kind"], "invalid");
        let text = place.fed(&list, &["who", "--file", "-"]);
        assert_eq!((text.code, text.out.lines().count()), (1, 3));
    }
    let whole = "x".repeat(2_048);
    let ran = place.run(&["who", &whole, "--json"]);
    assert_eq!(ran.json()[0]["subject"], whole);
}

#[test]
fn many_subjects_get_the_answers_that_few_get() {
    let place = Place::sample();
    let subjects =
        ["185.194.93.14", "AS1853", "x.gv.at", "no.such", "AM", "10.0.0.0/8", "bad..name"];
    let few = place.run(&[&["who", "--json"], subjects.as_slice()].concat()).json();
    let mut list = String::new();
    for _ in 0..400 {
        list.push_str(&subjects.join("\n"));
        list.push('\n');
    }
    let ran = place.fed(&list, &["who", "--json", "--file", "-"]);
    assert_eq!(ran.code, 1);
    let many = ran.json();
    let many = many.as_array().unwrap();
    assert_eq!(many.len(), 400 * subjects.len());
    for stretch in many.chunks(subjects.len()) {
        assert_eq!(stretch, few.as_array().unwrap().as_slice());
    }
}

#[test]
fn a_sector_puts_its_organisations_first() {
    let place = Place::sample();
    let template = "cerebrate/csirt-constituency";
    for (name, sector) in [("A-Team", ""), ("Z-Team", "Energy")] {
        let network = format!("{template}:IPv4 address=198.51.100.0/24");
        let mut arguments = vec!["organisation", "add", name, "--meta", &network];
        let sector = format!("{template}:Sector={sector}");
        if !sector.ends_with('=') {
            arguments.extend(["--meta", &sector]);
        }
        place.ok(&arguments);
    }
    let first = |arguments: &[&str]| {
        let answer = place.ok(arguments).json();
        answer[0]["matches"][0]["organisation"]["name"].as_str().unwrap().to_owned()
    };
    assert_eq!(first(&["who", "198.51.100.7", "--json"]), "A-Team");
    assert_eq!(first(&["who", "198.51.100.7", "--json", "--sector", "energy"]), "Z-Team");
}

#[test]
fn without_a_subject_the_usage_is_told() {
    let place = Place::sample();
    place.fails(2, &["who"]);
    place.fails(1, &["who", "--file", "nowhere"]);
    place.fails(1, &["who", "--file", "."]);
}
