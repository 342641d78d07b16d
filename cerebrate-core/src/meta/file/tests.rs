use proptest::prelude::*;
use serde_json::json;

use super::*;

const GOOD: &str = r#"{
  "uuid": "faca6acc-23e0-4585-8fd8-4379e3a6250d", "version": 3, "name": "N", "namespace": "s",
  "source": "S", "scope": "user", "metaFields": [{"field": "a b", "type": "text"}]
}"#;

fn changed(key: &str, value: &Value) -> String {
    let mut file: Value = serde_json::from_str(GOOD).unwrap();
    file[key] = value.clone();
    file.to_string()
}

fn without(key: &str) -> String {
    let mut file: Value = serde_json::from_str(GOOD).unwrap();
    file.as_object_mut().unwrap().remove(key);
    file.to_string()
}

/// Place and kind of each problem, and whether there is a template.
fn outcome(text: &str) -> (bool, Vec<(String, ProblemKind)>) {
    let (template, problems) = parse(text);
    let problems =
        problems.iter().map(|problem| (problem.field().to_owned(), problem.kind())).collect();
    (template.is_some(), problems)
}

fn one(place: &str, kind: ProblemKind) -> Vec<(String, ProblemKind)> {
    vec![(place.to_owned(), kind)]
}

#[test]
fn a_field_without_a_type_tells_what_else_is_wrong_with_it() {
    let field = json!([{"field": "a", "multiple": 7, "link": 1}]);
    let (_, problems) = outcome(&changed("metaFields", &field));
    let places: Vec<&str> = problems.iter().map(|(place, _)| place.as_str()).collect();
    assert_eq!(places, ["metaFields[0].type", "metaFields[0].multiple", "metaFields[0].link"]);
}

#[test]
fn a_missing_key_is_named() {
    for key in ["uuid", "version", "name", "namespace", "source", "scope", "metaFields"] {
        assert_eq!(outcome(&without(key)), (false, one(key, ProblemKind::Required)), "{key}");
        let null = changed(key, &Value::Null);
        assert_eq!(outcome(&null), (false, one(key, ProblemKind::Required)), "{key}");
    }
    let (_, problems) = parse("{}");
    assert_eq!(problems.len(), 7, "all of them at once");
    let (_, problems) = parse(r#"{"metafields": []}"#);
    let advice = problems.iter().filter_map(Problem::advice).collect::<Vec<_>>();
    assert_eq!(advice, ["`metafields` should be spelled `metaFields`"]);
}

#[test]
fn a_field_without_name_or_type_is_left_out_and_listed() {
    let fields = json!([{ "type": "text" }, { "field": "b" }, 3, { "field": "c", "type": "date" }]);
    let text = changed("metaFields", &fields);
    let (template, problems) = parse(&text);
    let names: Vec<String> = template.unwrap().fields.into_iter().map(|field| field.name).collect();
    assert_eq!(names, ["c"]);
    let places: Vec<&str> = problems.iter().map(Problem::field).collect();
    assert_eq!(places, ["metaFields[0].field", "metaFields[1].type", "metaFields[2]"]);
}

#[test]
fn a_version_is_a_positive_number_perhaps_written_as_text() {
    for value in [json!(1), json!("1"), json!("10"), json!("007"), json!(4_294_967_295_u32)] {
        assert!(outcome(&changed("version", &value)).1.is_empty(), "{value}");
    }
    for value in [
        json!(0),
        json!(-1),
        json!(1.5),
        json!("0"),
        json!("1.0"),
        json!(""),
        json!("x"),
        json!(4_294_967_296_u64),
        json!("99999999999999999999"),
    ] {
        let expected = (false, one("version", ProblemKind::NotNumber));
        assert_eq!(outcome(&changed("version", &value)), expected, "{value}");
    }
    assert_eq!(outcome(&changed("version", &json!([1]))).1, one("version", ProblemKind::WrongType));
}

#[test]
fn a_uuid_is_one_in_the_usual_form() {
    for text in
        ["", " ", "x", "{faca6acc-23e0-4585-8fd8-4379e3a6250d}", "faca6acc23e045858fd84379e3a6250d"]
    {
        let (found, problems) = outcome(&changed("uuid", &json!(text)));
        assert!(!found && problems.len() == 1, "{text:?}");
    }
    let upper = changed("uuid", &json!("FACA6ACC-23E0-4585-8FD8-4379E3A6250D"));
    assert_eq!(outcome(&upper), (true, vec![]));
}

#[test]
fn a_repeated_field_name_is_listed_and_the_first_one_counts() {
    let fields = json!([{ "field": "a", "type": "ipv4" }, { "field": "a", "type": "text" }]);
    let (template, problems) = parse(&changed("metaFields", &fields));
    assert_eq!(template.unwrap().fields[0].kind, FieldKind::Ipv4);
    assert_eq!(
        problems[0].to_string(),
        "metaFields[1].field: the name of `metaFields[0]` again: `a`"
    );
    assert_eq!(problems[0].kind(), ProblemKind::Duplicate);
    assert_eq!(problems.len(), 1);
}

#[test]
fn a_repeated_key_is_listed_and_the_last_one_counts() {
    let text = GOOD.replace(r#""version": 3,"#, r#""version": 3, "version": 4,"#);
    let (template, problems) = parse(&text);
    assert_eq!(template.unwrap().key.version, 4);
    assert_eq!((problems[0].field(), problems[0].kind()), ("version", ProblemKind::Duplicate));
    let text = GOOD.replace(r#""type": "text""#, r#""type": "text", "type": "ipv4""#);
    assert_eq!(outcome(&text).1, one("metaFields[0].type", ProblemKind::Duplicate));
}

#[test]
fn what_is_not_json_is_shown_with_its_place() {
    let (template, problems) = parse("{\n  \"uuid\": oops\n}");
    assert!(template.is_none());
    insta::assert_snapshot!(problems[0], @"line 2 column 11: not JSON: expected value: `\"uuid\": oops`");
    for text in ["", "[", "{\"a\": 1", "\u{0}", "{} {}", "nul", "\"\\ud800\"", "{\"a\":01}"] {
        let (found, problems) = outcome(text);
        assert!(!found && problems.len() == 1, "{text:?}");
        assert!(problems[0].0.starts_with("line "), "{problems:?}");
    }
    assert_eq!(outcome("[]").1, one("file", ProblemKind::WrongType));
}

#[test]
fn depth_size_and_counts_are_limited() {
    let deep = format!("{{\"x\": {}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let (template, problems) = parse(&deep);
    assert!(template.is_none());
    assert!(problems[0].message().contains("recursion limit"), "{problems:?}");
    let deep = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    assert!(parse(&deep).0.is_none());

    let large = changed("description", &json!("x".repeat(MAX_FILE)));
    assert_eq!(outcome(&large), (false, one("file", ProblemKind::TooLong)));

    let field = |index: usize| json!({ "field": index.to_string(), "type": "text" });
    let many: Vec<Value> = (0..=MAX_FIELDS).map(field).collect();
    assert_eq!(
        outcome(&changed("metaFields", &json!(many))).1,
        one("metaFields", ProblemKind::TooLong)
    );
    assert_eq!(outcome(&changed("metaFields", &json!(many[1..]))).1, []);

    let long = changed("name", &json!("x".repeat(SHORT_TEXT + 1)));
    assert_eq!(outcome(&long), (false, one("name", ProblemKind::TooLong)));
    let list = json!([{ "field": "a", "type": "t", "values_list": vec![1; MAX_LIST + 1] }]);
    let long = changed("metaFields", &list);
    assert_eq!(outcome(&long).1, one("metaFields[0].values_list", ProblemKind::TooLong));
}

#[test]
fn the_list_of_problems_ends() {
    let list = json!([{ "field": "a", "type": "t", "values_list": vec![json!([]); 5_000] }]);
    let (template, problems) = parse(&changed("metaFields", &list));
    assert!(template.is_some());
    assert_eq!(problems.len(), MAX_PROBLEMS + 1);
    assert_eq!(problems[MAX_PROBLEMS].message(), "further problems are not listed");
    let keys = r#""a": 1, "#.repeat(20_000);
    let (template, problems) = parse(&GOOD.replacen('{', &format!("{{{keys}"), 1));
    assert!(template.is_none());
    assert!(problems[0].message().contains("too many keys"), "{problems:?}");
}

#[test]
fn unknown_keys_and_lenient_spellings_are_read() {
    let fields = json!([{
        "field": "a", "type": "number", "multiple": 1, "regex": "", "sane_default": null,
        "values_list": { "x": "red", "y": 2 }, "link": "https://example.org", "label": "A", "order": [[1]],
    }]);
    let mut file: Value = serde_json::from_str(&changed("metaFields", &fields)).unwrap();
    file["is_default"] = json!(1);
    file["$comment"] = json!({ "a": [] });
    let (template, problems) = parse(&format!("\u{feff}{file}"));
    assert_eq!(problems, []);
    let template = template.unwrap();
    assert!(template.is_default && !template.enabled);
    let field = &template.fields[0];
    assert_eq!(field.kind, FieldKind::Other("number".to_owned()));
    assert!(field.multiple && field.pattern.is_none() && field.sane_default.is_none());
    assert_eq!(field.values_list, Some(vec![json!("red"), json!(2)]));
    assert_eq!(field.link.as_deref(), Some("https://example.org"));
}

#[test]
fn wrong_types_are_listed_and_a_closed_list_stays_closed() {
    let fields = json!([
        { "field": "a", "type": "text", "multiple": "yes", "regex": 3, "link": [] },
        { "field": "b", "type": "text", "values_list": "[\"x\",\"y\"]", "sane_default": [[1], 2] },
    ]);
    let (template, problems) = parse(&changed("metaFields", &fields));
    let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    metaFields[0].multiple: must be `true` or `false`, not text: `yes`
    metaFields[0].regex: must be text, not a number: `3`
    metaFields[0].link: must be text, not a list: `[…]`
    metaFields[1].sane_default[0]: must be a single value, not a list: `[…]`
    metaFields[1].values_list: must be a list, not text: `["x","y"]`
    "#);
    let template = template.unwrap();
    assert_eq!(template.fields[1].values_list, Some(vec![json!("[\"x\",\"y\"]")]));
    assert_eq!(template.fields[1].sane_default, Some(vec![json!(2)]));
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
    ]
}

fn field() -> impl Strategy<Value = TemplateField> {
    let list = || proptest::option::of(proptest::collection::vec(scalar(), 0..4));
    let text = || proptest::option::of(".{1,8}");
    (
        "[a-zé\" \\\\]{0,6}",
        "text|ipv4|ipv6|boolean|date|[a-z]{1,6}",
        any::<bool>(),
        text(),
        list(),
        list(),
        text(),
    )
        .prop_map(|(name, kind, multiple, pattern, sane_default, values_list, link)| {
            let mut field = TemplateField::new(name, FieldKind::from(kind));
            field.multiple = multiple;
            field.pattern = pattern;
            field.sane_default = sane_default;
            field.values_list = values_list;
            field.link = link;
            field
        })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        names in (".{0,9}x", ".{0,9}x", ".{0,9}x"),
        version in 1..=u32::MAX,
        flags in any::<(bool, bool)>(),
        description in proptest::option::of(".{0,20}"),
        fields in proptest::collection::vec(field(), 0..6),
    ) {
        let key = TemplateKey::new(MetaTemplateId::new(Uuid::from_u128(77)), version);
        let mut template = MetaTemplate::new(key, names.0, names.1, Scope::Individual, names.2);
        template.description = description;
        (template.enabled, template.is_default) = flags;
        for (index, mut field) in fields.into_iter().enumerate() {
            field.name = format!("{}{index}", field.name);
            template.fields.push(field);
        }
        let (read, problems) = parse(&to_file(&template));
        prop_assert!(problems.iter().all(Problem::is_notice), "{:?}", problems);
        prop_assert_eq!(read, Some(template));
    }

    #[test]
    fn any_text_gives_a_template_or_a_problem(text in "(\\PC|[{}\\[\\]\":,]){0,60}") {
        let (template, problems) = parse(&text);
        prop_assert!(template.is_some() || !problems.is_empty());
    }
}

#[test]
fn a_text_with_what_cannot_be_seen_is_kept_and_noticed_at_its_place() {
    let hidden = ["\u{202e}", "\u{200b}", "\u{2066}", "\u{feff}", "\u{ad}"];
    let control = ["\0", "\u{7}", "\u{1b}", "\u{7f}", "\u{85}"];
    let all = hidden.map(|text| (text, ProblemKind::HiddenCharacter)).into_iter();
    for (character, kind) in all.chain(control.map(|text| (text, ProblemKind::ControlCharacter))) {
        let text = format!("a{character}b");
        for place in ["name", "namespace", "source", "description"] {
            let (template, problems) = parse(&changed(place, &json!(text)));
            let template = template.unwrap();
            let kept = match place {
                "name" => template.name,
                "namespace" => template.namespace,
                "source" => template.source,
                _ => template.description.unwrap(),
            };
            assert_eq!(kept, text, "{place}");
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert_eq!((problems[0].field(), problems[0].kind()), (place, kind));
            assert!(problems[0].is_notice());
        }
        let fields = json!([
            {"field": "x", "type": "text"},
            {"field": text, "type": "text", "values_list": ["plain", text]}
        ]);
        let file = changed("metaFields", &fields);
        let places = [
            ("metaFields[1].field".to_owned(), kind),
            ("metaFields[1].values_list[1]".to_owned(), kind),
        ];
        assert_eq!(outcome(&file), (true, places.to_vec()));
        let template = parse(&file).0.unwrap();
        assert_eq!(template.fields[1].name, text);
        assert_eq!(parse(&to_file(&template)).0.as_ref(), Some(&template));
    }
    assert_eq!(outcome(&changed("description", &json!("one\r\n\ttwo"))), (true, vec![]));
    let both = [
        ("name".to_owned(), ProblemKind::HiddenCharacter),
        ("name".to_owned(), ProblemKind::ControlCharacter),
    ];
    assert_eq!(outcome(&changed("name", &json!("\u{200b}\0"))), (true, both.to_vec()));
}

#[test]
fn countless_notices_hide_no_problem_and_are_none() {
    let texts: Vec<String> = (0..2_000).map(|number| format!("\u{200b}{number}")).collect();
    let fields = json!([{"field": "a", "type": "text", "values_list": texts}]);
    let (template, problems) = parse(&changed("metaFields", &fields));
    assert_eq!(template.unwrap().fields[0].values_list.as_ref().unwrap().len(), 2_000);
    assert_eq!(problems.len(), MAX_PROBLEMS + 1);
    assert!(problems.iter().all(Problem::is_notice));
    let fields = json!([{"field": "a", "type": "text", "values_list": texts}, 3]);
    let (_, problems) = parse(&changed("metaFields", &fields));
    let serious: Vec<&Problem> = problems.iter().filter(|problem| !problem.is_notice()).collect();
    assert_eq!(serious.len(), 1);
    assert_eq!(serious[0].field(), "metaFields[1]");
}

#[test]
fn a_type_that_looks_misspelled_is_a_notice() {
    let read = |kind: &str| {
        let file = serde_json::json!({
            "uuid": "00000000-0000-4000-8000-000000000001", "version": 1, "name": "N",
            "namespace": "n", "source": "s", "scope": "user",
            "metaFields": [{ "field": "x", "type": kind }],
        });
        let (template, problems) = parse(&file.to_string());
        assert_eq!(template.unwrap().fields[0].kind.as_str(), kind);
        problems
    };
    for (kind, near) in [
        ("IPv4", "ipv4"),
        ("ipv4 ", "ipv4"),
        ("ip-v6", "ipv6"),
        ("Text", "text"),
        ("txt", "text"),
        ("bolean", "boolean"),
        ("Date", "date"),
    ] {
        let problems = read(kind);
        assert_eq!(problems.len(), 1, "{kind}");
        assert!(problems[0].is_notice());
        assert_eq!((problems[0].field(), problems[0].value()), ("metaFields[0].type", kind));
        assert_eq!(problems[0].advice(), Some(format!("did you mean `{near}`?").as_str()));
    }
    for kind in ["text", "ipv4", "ipv6", "boolean", "date", "number", "url", "colour"] {
        assert_eq!(read(kind), [], "{kind}");
    }
}
