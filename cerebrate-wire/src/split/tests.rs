use proptest::prelude::*;

use super::*;

/// What a document is cut into: the texts, and the problems as `!line:column message`.
fn cut(text: &[u8]) -> Vec<String> {
    Elements::new(text).map(|piece| shown(piece.as_ref())).collect()
}

fn shown(piece: Result<&Element<'_>, &Finding>) -> String {
    match piece {
        Ok(element) => String::from_utf8_lossy(element.text).into_owned(),
        Err(Finding { place, problem }) => {
            format!("!{}:{} {}", place.line, place.column, problem.message())
        }
    }
}

fn cut_in_chunks(text: &[u8], size: usize, limits: Limits) -> Vec<String> {
    let mut splitter = Splitter::new(limits);
    let mut found = Vec::new();
    for chunk in text.chunks(size.max(1)) {
        splitter.push(chunk);
        while let Some(piece) = splitter.next_element() {
            found.push(shown(piece.as_ref()));
        }
    }
    splitter.finish();
    while let Some(piece) = splitter.next_element() {
        found.push(shown(piece.as_ref()));
    }
    found
}

#[test]
fn every_form_of_a_document_gives_its_records() {
    let records = [r#"{"a":"]}"}"#, r#"{"b":[{"c":"\"}"}]}"#];
    let [a, b] = records;
    for text in [
        format!("[{a},{b}]"),
        format!("\u{feff} [ {a} , {b} ] \n"),
        format!("{{\"response\": [{a},{b}]}}"),
        format!("{{\"page\": {{\"x\": [1]}}, \"response\" : [{a},{b}], \"more\": [\"}}\"]}}\n"),
        format!("{a}\n{b}\n"),
        format!("{a} {b}"),
        format!("[{a}]\n[{b}]"),
    ] {
        assert_eq!(cut(text.as_bytes()), records, "{text}");
    }
    assert_eq!(cut(b"[]"), Vec::<String>::new());
    assert_eq!(cut(b" {\"response\":{\"a\":1}} "), [r#"{"response":{"a":1}}"#]);
    assert_eq!(cut(b"[1, \"x,y\" ,null, [2]]"), ["1", "\"x,y\"", "null", "[2]"]);
}

const LISTS: Lists = Lists { wanted: "teams", others: &["people", "things"] };

/// The records of the list that is wanted, and the names of the others that hold something.
fn cut_lists(text: &[u8], size: usize) -> (Vec<String>, Vec<String>) {
    let mut splitter = Splitter::of_lists(Limits::default(), LISTS);
    let mut found = Vec::new();
    let mut take = |splitter: &mut Splitter| {
        while let Some(piece) = splitter.next_element() {
            found.push(shown(piece.as_ref()));
        }
    };
    for chunk in text.chunks(size) {
        splitter.push(chunk);
        take(&mut splitter);
    }
    splitter.finish();
    take(&mut splitter);
    (found, splitter.passed_over().to_vec())
}

#[test]
fn an_object_of_lists_gives_the_records_of_one_of_them() {
    let records = [r#"{"a":"]}"}"#, r#"{"b":1,"teams":[{"c":"\"}"}]}"#];
    let [a, b] = records;
    let other = r#"{"teams":[{"x":"[\"]}"}],"y":{}}"#;
    for (text, others) in [
        (format!("{{\"teams\":[{a},{b}]}}"), vec![]),
        (format!("{{\"people\":[{other}],\"teams\":[{a},{b}]}}"), vec!["people"]),
        (
            format!("{{ \"teams\" : [ {a}, {b} ], \"people\":[ ], \"things\": [ [] ] }}\n"),
            vec!["things"],
        ),
        (
            format!(
                "{{\"things\":[], \"n\":\"teams\", \"m\":{{\"teams\":[1]}}, \"k\":[2], \"teams\":[{a},{b}]}}"
            ),
            vec!["k"],
        ),
        // A key that is no list, and a list that begins twice.
        (format!("{{\"people\":[],\"teams\":3,\"teams\":[{a}],\"teams\":[{b}]}}"), vec![]),
        (format!("[{a},{b}]"), vec![]),
        (format!("{{\"response\":[{a},{b}],\"teams\":[3]}}"), vec![]),
        (format!("{a}\n{b}\n"), vec![]),
    ] {
        for size in [1, 2, 7, 1_000] {
            let (found, met) = cut_lists(text.as_bytes(), size);
            assert_eq!(found, records, "{text}");
            assert_eq!(met, others, "{text}");
        }
    }
    // What does not begin with a list of records is a record.
    for record in [r#"{"name":"x","teams":["y"],"people":[]}"#, r#"{"k":[1],"teams":["y"]}"#] {
        assert_eq!(cut_lists(record.as_bytes(), 3), (vec![record.to_owned()], vec![]));
    }
    let (found, _) = cut_lists(br#"{"people":[{}],"teams":[{"a":1}"#, 4);
    assert_eq!(found, [r#"{"a":1}"#, "!1:32 the text ends before its list does"]);
    let (found, met) = cut_lists(br#"{"people":[{}], "#, 5);
    assert_eq!(found, ["!1:17 the text ends before its last `}`"]);
    assert_eq!(met, ["people"]);
}

#[test]
fn places_count_lines_and_characters() {
    let text = "[\n  {\"é\":\"é\"}, {\"a\":1},\n\n {\"b\":2}]";
    let places: Vec<(u64, u64)> = Elements::new(text.as_bytes())
        .map(|element| element.unwrap().place)
        .map(|place| (place.line, place.column))
        .collect();
    assert_eq!(places, [(2, 3), (2, 14), (4, 2)]);
}

#[test]
fn a_broken_record_does_not_take_the_next_one_with_it() {
    // A bracket is missing.
    assert_eq!(
        cut(br#"[{"a":1,{"b":2},{"c":3}]"#),
        ["!1:2 the record does not end before the next one begins", r#"{"b":2}"#, r#"{"c":3}"#]
    );
    // The wrong bracket, and one too many.
    assert_eq!(cut(br#"[{"a":[1},{"b":2}]"#), [r#"{"a":[1}"#, r#"{"b":2}"#]);
    assert_eq!(
        cut(br#"[{"a":1}},{"b":2}]"#),
        [r#"{"a":1}"#, "!1:9 `}` closes nothing", r#"{"b":2}"#]
    );
    // A comma is missing, or one too many.
    assert_eq!(
        cut(br#"[{"a":1}{"b":2}]"#),
        [r#"{"a":1}"#, "!1:9 `,` is missing between two records", r#"{"b":2}"#]
    );
    assert_eq!(
        cut(br#"[{"a":1},,{"b":2}]"#),
        [r#"{"a":1}"#, "!1:10 a record is missing before `,`", r#"{"b":2}"#]
    );
    assert_eq!(cut(br#"[{"a":1}, ]"#), [r#"{"a":1}"#, "!1:11 a record is missing before `]`"]);
    assert_eq!(
        cut(br#"{"response":[{"a":1},]}"#),
        [r#"{"a":1}"#, "!1:22 a record is missing before `]`"]
    );
    assert_eq!(cut(b"[ ]"), Vec::<String>::new());
    // A quote is missing, and the next record is on a line of its own.
    assert_eq!(
        cut(b"[{\"a\":\"x},\n{\"b\":2}]"),
        ["!1:2 the record does not end before the next one begins", r#"{"b":2}"#]
    );
    // Something that is no record.
    assert_eq!(cut(br#"[{"a":1}, oops {"b":2}]"#)[..2], [r#"{"a":1}"#, "oops"]);
    assert!(cut(br#"[{"a":1}, oops {"b":2}]"#).contains(&r#"{"b":2}"#.to_owned()));
}

#[test]
fn a_broken_line_does_not_take_the_next_one_with_it() {
    let broken = "the record does not end on its line";
    assert_eq!(
        cut(b"{\"a\":1}\n{\"b\":[1\n{\"c\":3}\n"),
        [r#"{"a":1}"#.to_owned(), format!("!2:1 {broken}"), r#"{"c":3}"#.to_owned()]
    );
    // Also if it is the first.
    assert_eq!(
        cut(b"{\"a\":[1\n{\"b\":2}\n{\"c\":3}"),
        [format!("!1:1 {broken}"), r#"{"b":2}"#.to_owned(), r#"{"c":3}"#.to_owned()]
    );
    assert_eq!(
        cut(b"{\"a\":1\n{\"b\":2}"),
        ["!1:1 the record does not end before the next one begins", r#"{"b":2}"#]
    );
    // One object over many lines is not JSON lines.
    assert_eq!(cut(b"{\n\"a\":\n{\n}\n}"), ["{\n\"a\":\n{\n}\n}"]);
}

#[test]
fn what_ends_too_early_is_told_after_what_is_whole() {
    let whole = r#"{"a":1}"#.to_owned();
    for (text, told) in [
        ("[{\"a\":1},{\"b\":", "!1:10 the text ends within a record"),
        ("[{\"a\":1},{\"b\":\"x\\", "!1:10 the text ends within a record"),
        ("[{\"a\":1}", "!1:9 the text ends before its list does"),
        ("[{\"a\":1},", "!1:10 the text ends before its list does"),
        ("[{\"a\":1}, 1", "!1:11 the text ends within a record"),
        ("{\"response\":[{\"a\":1}]", "!1:22 the text ends before its last `}`"),
    ] {
        assert_eq!(cut(text.as_bytes()), [whole.clone(), told.to_owned()], "{text}");
    }
    assert_eq!(cut(b""), ["!1:1 the text is empty"]);
    assert_eq!(cut(b"\xEF\xBB\xBF \n"), ["!2:1 the text is empty"]);
}

#[test]
fn what_is_not_json_is_told_once() {
    assert_eq!(cut(b"<html><body>a, b</body></html>"), ["!1:1 the text is not JSON"]);
    assert_eq!(cut(b"Team,Country\nA,B\n"), ["!1:1 the text is not JSON"]);
    assert_eq!(cut(b"\"id\",\"name\"\n1,A\n"), ["!1:1 the text is not JSON"]);
    let utf16: Vec<u8> = "\u{feff}[{}]".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let pieces: Vec<_> = Elements::new(&utf16).collect();
    assert_eq!(pieces.len(), 1);
    assert_eq!(pieces[0].as_ref().unwrap_err().problem.kind(), ProblemKind::Undecodable);
}

#[test]
fn limits_hold_and_reading_goes_on() {
    let deep = format!("[{}{},{{\"b\":2}}]", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(cut(deep.as_bytes()), ["!1:2 the record is nested too deeply", r#"{"b":2}"#]);
    let deeper = "{\"a\":".repeat(10_000);
    assert_eq!(cut(deeper.as_bytes()), ["!1:1 the record is nested too deeply"]);

    let limits = Limits::default().record_size(20);
    let text = format!("[{{\"a\":\"{}\"}},{{\"b\":2}}]", "x".repeat(100));
    let expected = ["!1:2 the record is larger than is accepted", r#"{"b":2}"#];
    for size in [1, 7, 64, 1000] {
        assert_eq!(cut_in_chunks(text.as_bytes(), size, limits), expected, "{size}");
    }

    let limits = Limits::default().records(2);
    let pieces = cut_in_chunks(b"[1,2,3,4]", 100, limits);
    assert_eq!(pieces, ["1", "2", "!1:6 there are more records than are accepted"]);
}

#[test]
fn what_was_read_is_forgotten() {
    let mut splitter = Splitter::new(Limits::default());
    splitter.push(b"[");
    for _ in 0..1000 {
        splitter.push(br#"{"a":"some text that is long enough to be noticed"},"#);
        while splitter.next_element().is_some() {}
    }
    assert!(splitter.buffer.len() < 200, "{}", splitter.buffer.len());
    assert_eq!(splitter.scanner.step(&splitter.buffer, true).place_of_problem(), Some((1, 52_002)));
}

impl Step {
    fn place_of_problem(&self) -> Option<(u64, u64)> {
        match self {
            Step::Broken { place, .. } => Some((place.line, place.column)),
            _ => None,
        }
    }
}

/// Bytes that mean something to the scanner.
fn fragments() -> impl Strategy<Value = Vec<u8>> {
    let fragment = prop_oneof![
        Just("{"),
        Just("}"),
        Just("["),
        Just("]"),
        Just(","),
        Just(":"),
        Just("\""),
        Just("\\"),
        Just("\n"),
        Just("1"),
        Just("x"),
        Just("\"response\":["),
        Just("{\"a\":1}"),
        Just("é"),
        Just("{\"a\":\"b\"}\n"),
        Just("\u{feff}"),
        Just("null"),
    ];
    prop::collection::vec(fragment, 0..40).prop_map(|parts| parts.concat().into_bytes())
}

proptest! {
    #[test]
    fn any_bytes_are_cut(text: Vec<u8>) {
        let pieces = cut(&text);
        prop_assert!(pieces.len() <= text.len() + 1);
    }

    #[test]
    fn any_fragments_are_cut_and_cutting_ends(text in fragments()) {
        let pieces = cut(&text);
        prop_assert!(pieces.len() <= 2 * text.len() + 1, "{:?}", pieces);
    }

    #[test]
    fn records_do_not_depend_on_chunks(
        values in prop::collection::vec("[a-z\\[\\]{},é\"\\\\\n]{0,12}", 0..12),
        wrapped: bool,
        size in 1_usize..40,
    ) {
        let records: Vec<String> = values
            .iter()
            .map(|value| serde_json::json!({ "k": [{ "v": value }] }).to_string())
            .collect();
        let list = format!("[{}]", records.join(",\n"));
        let list = if wrapped { format!("{{\"response\":{list},\"n\":1}}") } else { list };
        prop_assert_eq!(&cut(list.as_bytes()), &records);
        prop_assert_eq!(&cut_in_chunks(list.as_bytes(), size, Limits::default()), &records);
        let lines = records.join("\n");
        if !records.is_empty() {
            prop_assert_eq!(&cut_in_chunks(lines.as_bytes(), size, Limits::default()), &records);
        }
    }

    #[test]
    fn chunks_change_nothing_of_what_is_broken(text in fragments(), size in 1_usize..20) {
        // Excerpts and messages are alike; only whether a record is too large may be told sooner.
        prop_assert_eq!(cut_in_chunks(&text, size, Limits::default()), cut(&text));
    }
}

#[test]
fn chunks_do_not_change_what_is_too_large() {
    let limits = Limits::default().record_size(16);
    for text in [
        // What stands before a list counts, too.
        r#"{"comment":"0123456789","response":[{"a":1}]}"#,
        r#"{"comment":[],"response":[{"a":1}]}"#,
        // The next record begins on the second line.
        "{\"a\":\"b\",\n{\"c\":\"0123456789\"}\n{\"d\":1}",
        "{\"a\":\"b\",\n\n\n\n\n\n\n\n\n\n{\"c\":1}\n{\"d\":1}",
        // A word in place of a record, and what follows on its line.
        "{\"a\":[]}]01234567890123456789{\"b\":[\n1],\"c\":2}",
        "[{\"a\":\"0123456789\\\\\"},{\"b\":1,{\"c\":2}]",
        "[{\"a\":\"0123456789012345678901234567\",{\"c\":2}]",
    ] {
        let whole: Vec<String> = Elements::with_limits(text.as_bytes(), limits)
            .map(|piece| shown(piece.as_ref()))
            .collect();
        for size in 1..text.len() {
            assert_eq!(cut_in_chunks(text.as_bytes(), size, limits), whole, "{size}: {text}");
        }
    }
}
