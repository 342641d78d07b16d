use super::*;
use crate::meta::Library;

#[test]
fn a_schema_names_the_template_and_each_field_in_its_form() {
    let template = Library::shipped().find("csirt-constituency").unwrap();
    let schema = to_json_schema(template);
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let own = json!({ "uuid": "faca6acc-23e0-4585-8fd8-4379e3a6250d", "version": 1 });
    assert_eq!(schema["x-cerebrate-template"], own);
    assert_eq!(schema["$id"], format!("urn:uuid:{}", template.key().record_id()));
    assert_eq!(schema["title"], "CSIRT Constituency");
    assert_eq!(schema["additionalProperties"], false);
    let properties = schema["properties"].as_object().unwrap();
    assert_eq!(properties.len(), 7);
    assert_eq!(properties["Domain"]["type"], "array");
    assert_eq!(properties["Domain"]["uniqueItems"], true);
    assert_eq!(properties["Domain"]["items"]["maxLength"], 191);
    assert_eq!(
        schema[UNEXPRESSED],
        json!([
            "IPv4 address: two spellings of one value count as the same value",
            "IPv6 address: two spellings of one value count as the same value",
        ])
    );
    let first = to_json_schema(Library::shipped().find("first/first-directory@1").unwrap());
    assert_eq!(first["properties"]["phone"]["items"]["allOf"].as_array().unwrap().len(), 3);
    assert_eq!(first["properties"]["phone-emergency"]["type"], "string");
    assert_eq!(first[UNEXPRESSED], json!([]));
}

#[test]
fn a_pattern_that_takes_no_line_end_refuses_one_apart() {
    let refused = |kind: &str, pattern: &str| {
        let mut field = crate::model::TemplateField::new("x", FieldKind::from(kind.to_owned()));
        field.pattern = Some(pattern.to_owned());
        property(&CompiledField::compile(field)).0["not"]["pattern"].clone()
    };
    for pattern in ["https?://[a-z.]+", "^[A-Z]{2}$", "/^a$/", "(a|b)*", "(?m)a$", r"\d+"] {
        assert_eq!(refused("text", pattern), "[\r\n]", "{pattern}");
        assert_eq!(refused("date", pattern), "[\r\n]", "{pattern}");
    }
    for pattern in ["https?://.+", "[^\n]+"] {
        assert_eq!(refused("text", pattern), "\n", "{pattern}: a carriage return passes");
    }
    for pattern in ["(?s).+", r"[^x]*", r"a\s", r"a\n?", "[a\n]+", "(?:a|(?:b\n))"] {
        assert_eq!(refused("text", pattern), Value::Null, "{pattern}");
        assert_eq!(refused("ipv4", pattern), "[\r\n]", "{pattern}");
    }
    let first = to_json_schema(Library::shipped().find("first/first-directory@1").unwrap());
    assert_eq!(first["properties"]["phone"]["items"]["not"]["pattern"], "[\r\n]");
}

/// The law between the strict profile and the schema.
#[cfg(feature = "schema-check")]
mod law {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;
    use crate::meta::schema_check::CompiledSchema;
    use crate::meta::{Profile, file};
    use crate::model::MetaTemplate;

    struct Pair {
        template: CompiledTemplate,
        schema: CompiledSchema,
        json: Value,
    }

    static PAIRS: LazyLock<Vec<Pair>> = LazyLock::new(|| {
        let own = [template_of_rules()].map(CompiledTemplate::compile);
        let templates = Library::shipped().iter().cloned().chain(own);
        templates
            .map(|template| {
                let json = to_json_schema(&template);
                let schema = CompiledSchema::compile(&json).unwrap();
                Pair { template, schema, json }
            })
            .collect()
    });

    /// A template with every sort of rule on every type.
    fn template_of_rules() -> MetaTemplate {
        let mut fields = Vec::new();
        for kind in ["text", "ipv4", "ipv6", "boolean", "date", "number"] {
            fields.push(json!({ "field": kind, "type": kind }));
            for (name, pattern) in [
                ("digits", "[0-9./]+"),
                ("dot", "..?"),
                ("alternatives", "a|1|yes|bc"),
                ("delimited", "/^1.*$/i"),
                ("classes", r"[\w.:\/]+|\d\s\h"),
                ("word", r"\b1\b.*"),
                ("ahead", "(?=1).*"),
                ("broken", "(1"),
                ("possessive", "1++"),
                ("lines", "(?m)^1$"),
                ("quoted", r"\Q1.2.3.4\E"),
                ("open", r"[^x]+"),
                ("no newline", "[^\n]+"),
                ("last line", r"1\n?|1\r"),
                ("to the end", r"(?s)1.*$"),
            ] {
                let name = format!("{kind} {name}");
                fields.push(json!({ "field": name, "type": kind, "regex": pattern }));
            }
            let list = json!(["1.2.3.4", 1, 1.5, true, "yes", "::1", null, "2026", "1.2.3.4"]);
            let name = format!("{kind} list");
            fields.push(
                json!({ "field": name, "type": kind, "values_list": list, "multiple": true }),
            );
        }
        let text = json!({
            "uuid": "00000000-0000-4000-8000-000000000001", "version": 1, "name": "Rules",
            "namespace": "n", "source": "s", "scope": "organisation", "metaFields": fields,
        });
        let (template, problems) = file::parse(&text.to_string());
        assert_eq!(problems, []);
        template.unwrap()
    }

    /// Checks the law for one value; tells whether it was accepted.
    fn check_value(pair: &Pair, field: &str, value: &str) -> bool {
        let property = &pair.json["properties"][field];
        let is_list = property["type"] == "array";
        let item = if is_list { &property["items"] } else { property };
        let document =
            |value: &str| json!({ field: if is_list { json!([value]) } else { json!(value) } });
        let verdicts = pair.template.check_with(Profile::Strict, [(field, value)]);
        let accepted = verdicts[0].accepted.unwrap();
        if accepted {
            assert!(pair.schema.accepts(&document(value)), "{field}: {value:?} as written");
            if let Some(normalised) = &verdicts[0].normalised {
                assert!(pair.schema.accepts(&document(normalised)), "{field}: {normalised:?}");
            }
        } else if item.get(UNEXPRESSED).is_none() {
            let found = &verdicts[0].problems;
            assert!(!pair.schema.accepts(&document(value)), "{field}: {value:?} {found:?}");
        }
        accepted
    }

    const ADVERSARIAL: &[&str] = &[
        "",
        " ",
        "\n",
        "\t\r\n ",
        "\u{a0}",
        "\u{feff}",
        "\u{85}",
        "\u{2028}",
        "\0",
        "a\0b",
        "\u{7f}",
        "\u{9f}",
        "a\u{b}b",
        "é",
        "日本",
        "𝟙",
        "ſ",
        "K",
        "x\ny",
        "1\n",
        "\n1",
        "true",
        "TRUE",
        " Yes\n",
        "oN",
        "f",
        "banana",
        "1",
        "0",
        "01",
        "1.0",
        "1.5",
        "yes",
        "null",
        "2",
        "bc",
        "ab",
        "A",
        "1 ",
        "1.2.3.4",
        "1.2.3.4/32",
        "1.2.3.4/33",
        "1.2.3.4/",
        "1.2.3.4/0",
        "1.2.3.4/00",
        "1.2.3.4/08",
        "1.2.3.4/ 8",
        "1.2.3.4/-1",
        "1.2.3.4/24/1",
        "01.2.3.4",
        "1.2.3.256",
        "1.2.3",
        "1.2.3.4.5",
        " 1.2.3.4",
        "1.2.3.4\n",
        "0.0.0.0/0",
        "255.255.255.255",
        "1.2.3.0/24",
        "185.194.93.14/22",
        "::",
        "::1",
        "::/0",
        "::/128",
        "::/129",
        "::/000",
        "2001:db8::/32",
        "2001:DB8::/32",
        "2001:0db8:0000:0000:0000:0000:0000:0001",
        "::ffff:1.2.3.4",
        "::1.2.3.4/100",
        "1::1.2.3.4",
        "1:2:3:4:5:6:1.2.3.4",
        "1:2:3:4:5:6:7:1.2.3.4",
        "1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7::",
        "::2:3:4:5:6:7:8",
        "1::3:4:5:6:7:8",
        "1::2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7:8::",
        "::1:2:3:4:5:6:7:8",
        "1:2:3:4:5::1.2.3.4",
        "1:2:3:4:5:6::1.2.3.4",
        "1:2:3:4::5:1.2.3.4",
        "1:2:3:4:5:6:7",
        "1::2::3",
        ":::",
        ":1",
        "1:",
        "12345::",
        "g::",
        "fe80::1%eth0",
        "[::1]",
        "::01.2.3.4",
        "::1.2.3",
        ".1.2.3.4",
        "1998",
        " 1998 ",
        "98",
        "2026-01-31",
        "2026-1-5",
        "2026-02-29",
        "2024-02-29",
        "29/02/2024",
        "29-02-2023",
        "04/25/2026",
        "2026/12/31",
        "2026-12-31T23:59:59",
        "2026-12-31T23:59:59+02:00",
        "2026-12-31T23:59:59 Europe/Paris",
        "2026-12-31 24:00:00",
        "2026-13",
        "2026-12",
        "20260101",
        "١٩٩٨",
        "LU",
        "lu",
        "LUX",
        "lux",
        "UK",
        "zz",
        "ZZZ",
        "Lu",
        "L",
        "LU\n",
        "https://a",
        "http://",
        "https://a\nb",
        "https://\u{2028}",
        "a@b.c",
        "a@b",
        "é@b.c",
        "+352-1",
        "+",
        "352",
        "/+352/",
        "+352\n",
        "red",
        "_",
        ":",
        "1 \t",
        "\\",
        "/",
        "1/",
        "1\r",
    ];

    #[test]
    fn it_holds_for_adversarial_values_in_every_field() {
        let (mut accepted, mut refused) = (0, 0);
        for pair in PAIRS.iter() {
            for field in pair.template.fields() {
                for value in ADVERSARIAL {
                    if check_value(pair, field.name(), value) {
                        accepted += 1;
                    } else {
                        refused += 1;
                    }
                }
                for length in [190, 191, 192] {
                    check_value(pair, field.name(), &"é".repeat(length));
                    check_value(pair, field.name(), &"𝟙".repeat(length));
                }
            }
        }
        assert!(accepted > 5_000 && refused > 5_000, "{accepted} {refused}");
    }

    #[test]
    fn only_what_ecmascript_cannot_say_is_listed() {
        for pair in PAIRS.iter().filter(|pair| pair.template.name() != "Rules") {
            for (name, property) in pair.json["properties"].as_object().unwrap() {
                let item = property.get("items").unwrap_or(property);
                assert!(item.get(UNEXPRESSED).is_none(), "{name}: {item}");
            }
        }
        let rules = PAIRS.last().unwrap();
        let property = |name: &str| &rules.json["properties"][name];
        for name in ["text ahead", "text broken", "ipv4 possessive", "text word"] {
            assert!(property(name).get(UNEXPRESSED).is_some(), "{name}");
        }
        for name in
            ["text digits", "date dot", "boolean alternatives", "text delimited", "ipv4 quoted"]
        {
            assert!(property(name).get(UNEXPRESSED).is_none(), "{name}");
        }
    }

    #[test]
    fn unknown_fields_and_wrong_types_are_refused() {
        let pair = PAIRS.iter().find(|pair| pair.template.name() == "CSIRT Constituency").unwrap();
        for document in [
            json!({ "Colour": "red" }),
            json!({ "Domain": "a.example" }),
            json!({ "Domain": [1] }),
            json!({ "Domain": ["a", "a"] }),
            json!([]),
        ] {
            assert!(!pair.schema.accepts(&document), "{document}");
        }
        assert!(pair.schema.accepts(&json!({})));
        assert!(pair.schema.accepts(&json!({ "Domain": ["a", "b"], "Country Code": ["LU"] })));
    }

    fn value() -> impl Strategy<Value = String> {
        prop_oneof![
            proptest::sample::select(ADVERSARIAL).prop_map(str::to_owned),
            any::<(std::net::Ipv4Addr, u8)>()
                .prop_map(|(address, len)| format!("{address}/{}", len % 35)),
            any::<(std::net::Ipv6Addr, u8)>()
                .prop_map(|(address, len)| format!("{address}/{}", len % 132)),
            any::<(u128, u128, u8)>().prop_map(|(a, b, len)| {
                format!("{}/{}", std::net::Ipv6Addr::from_bits(a & b), len % 132)
            }),
            "[0-9a-fA-F:]{1,12}(:{1,2}[0-9a-f:]{1,12})?(\\.[0-9.]{1,8})?(/[0-9]{1,3})?",
            "[0-9]{1,4}[-/][0-9]{1,2}([-/][0-9]{1,4})?( |T)?([0-9:]{5,8})?(Z|\\+0[0-9]:?00)?",
            "( |\t)?[a-zA-Z]{1,5}( |\n)?",
            "\\PC{0,12}",
            "[\\x00-\\x20a-z\u{7f}-\u{a0}]{0,6}",
            "\\+?[0-9\\- .]{1,12}",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn it_holds_for_any_value(pair in any::<proptest::sample::Index>(), place in any::<proptest::sample::Index>(), value in value()) {
            let pair = pair.get(&PAIRS);
            let field = place.get(pair.template.fields());
            check_value(pair, field.name(), &value);
        }

        #[test]
        fn it_holds_for_lists(values in proptest::collection::vec("1.2.3.[0-3](/30)?|a|b|LU|BE", 0..5), place in any::<proptest::sample::Index>()) {
            let pair = PAIRS.iter().find(|pair| pair.template.name() == "CSIRT Constituency").unwrap();
            let field = place.get(pair.template.fields()).name();
            let verdicts = pair.template.check_with(Profile::Strict, values.iter().map(|value| (field, value)));
            let accepted = verdicts.iter().all(|verdict| verdict.accepted == Some(true));
            let normal: Vec<&str> = verdicts
                .iter()
                .map(|verdict| verdict.normalised.as_deref().unwrap_or(&verdict.value))
                .collect();
            let listed = pair.json["properties"][field].get(UNEXPRESSED).is_some();
            let accepts = |values: Value| {
                let mut document = json!({});
                document[field] = values;
                pair.schema.accepts(&document)
            };
            if accepted {
                prop_assert!(accepts(json!(values)));
                prop_assert!(accepts(json!(normal)));
            } else if !listed {
                prop_assert!(!accepts(json!(values)));
            }
        }
    }
}
