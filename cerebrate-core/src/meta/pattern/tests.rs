use proptest::prelude::*;

use super::*;

fn whole(pcre: &str) -> Pattern {
    Pattern::compile(pcre, Anchoring::Whole).unwrap()
}

fn line(pcre: &str) -> Pattern {
    Pattern::compile(pcre, Anchoring::Cerebrate).unwrap()
}

fn refused(pcre: &str) -> &'static str {
    let [whole, line] = [Anchoring::Whole, Anchoring::Cerebrate].map(|anchoring| {
        match Pattern::compile(pcre, anchoring) {
            Err(PatternError::Unsupported { construct, .. }) => construct,
            other => panic!("{pcre:?} {anchoring:?}: {other:?}"),
        }
    });
    assert_eq!(whole, line, "{pcre:?}");
    whole
}

#[test]
fn delimiters_are_understood_by_the_strict_profile_alone() {
    let phone = r"/^\+[0-9\-]*$/";
    assert!(whole(phone).is_match("+352-123"));
    assert!(whole(phone).is_match("+"));
    for value in ["", "352", "+352 123", "/+352/", "+352-123\n", "x\n+352"] {
        assert!(!whole(phone).is_match(value), "{value:?}");
    }
    assert_eq!(
        Pattern::compile(phone, Anchoring::Cerebrate).unwrap_err(),
        PatternError::Malformed { reason: "an unescaped `/` ends the pattern".to_owned(), at: 0 }
    );
    assert_eq!(whole(phone).source(), phone);
}

#[test]
fn flags_behind_a_delimiter() {
    assert!(whole("/^ab$/i").is_match("AB"));
    assert!(whole("/a b # both/x").is_match("ab"));
    assert!(whole("/a.b/s").is_match("a\nb"));
    assert!(!whole("/a.b/uDUA").is_match("a\nb"));
    assert_eq!(
        Pattern::compile("/ab/ie", Anchoring::Whole).unwrap_err(),
        PatternError::Unsupported { construct: "flag", at: 5 }
    );
}

#[test]
fn a_slash_in_front_is_not_always_a_delimiter() {
    assert!(whole("/").is_match("/"));
    assert!(whole("/home/.*").is_match("/home/x"));
    assert!(whole("/https?://.").is_match("/https://x"));
    assert!(whole(r"\/a\/").is_match("/a/"));
    assert!(whole(r"/a\/").is_match("/a/"));
}

#[test]
fn a_whole_value_has_to_match() {
    assert!(!whole("a|b").is_match("ax"));
    assert!(whole("a|b").is_match("b"));
    assert!(!whole("^a$").is_match("a\n"));
    assert!(whole(".").is_match("日"));
    assert!(!whole(r"\d").is_match("٣"));
    assert!(!whole(r"/\w/u").is_match("é"));
    assert!(whole("(?i)é").is_match("É"));
}

#[test]
fn a_line_has_to_match_for_peers() {
    assert!(line("a|b").is_match("axx"));
    assert!(line("a|b").is_match("xxb"));
    assert!(!line("a|b").is_match("xax"));
    assert!(line("a").is_match("x\na\ny"));
    assert!(line("a").is_match("a\n"));
    assert!(!line("a").is_match("a\r\n"));
    assert!(line("..").is_match("é"));
    assert!(line("...").is_match("日"));
    assert!(!line("(?i)é").is_match("É"));
    assert!(!line("").is_match("a\n"));
    assert!(line("").is_match("\na"));
}

#[test]
fn peers_would_say_the_same() {
    let mail = "[a-zA-Z0-9_.+-]+@[a-zA-Z0-9-]+\\.[a-zA-Z0-9-.]+";
    for (pattern, accepted, refused) in [
        (
            "[a-z]{2,3}",
            &["lu", "lux", "lu\n", "xx\nlu", "lu\nXXXX"][..],
            &["l", "luxx", "LU", "lu ", " lu", "be-lu"][..],
        ),
        (
            r"https?:\/\/.+",
            &["https://a", "https://a b", "see\nhttps://a"],
            &["http://", "ftp://a", "HTTPS://A", "xhttps://a"],
        ),
        (mail, &["a@b.c", "a@b..c"], &["a@b", "a@b.", "a b@c.de", "é@b.c", "a@b_c.d", "a@b.c "]),
        (r"a\/b", &["a/b"], &["ab"]),
        ("a|b", &["a", "b", "ab", "a|b", "xb"], &["xa", "bz"]),
        ("(?i)a", &["A", "a"], &["b"]),
        (".{2}", &["ab", "é"], &["a", "日本"]),
    ] {
        let pattern = line(pattern);
        for value in accepted {
            assert!(pattern.is_match(value), "{pattern:?} {value:?}");
        }
        for value in refused {
            assert!(!pattern.is_match(value), "{pattern:?} {value:?}");
        }
    }
    for malformed in ["a/b", "[", "/^a$/"] {
        let error = Pattern::compile(malformed, Anchoring::Cerebrate).unwrap_err();
        assert!(matches!(error, PatternError::Malformed { .. }), "{malformed}");
    }
}

#[test]
fn a_backslash_at_the_end_takes_the_dollar() {
    assert!(line("a\\").is_match("xx\na$yy"));
    assert!(matches!(
        Pattern::compile("a\\", Anchoring::Whole),
        Err(PatternError::Malformed { at: 1, .. })
    ));
}

#[test]
fn operators_of_other_dialects_are_literals() {
    for (pattern, yes, no) in [
        ("[a&&b]", "&", "c"),
        ("[a~~b]", "~", "c"),
        ("[+--]", ",", "."),
        ("[[]", "[", "]"),
        ("[[a]b]", "[b]", "a"),
        ("[]a]", "]", "["),
        ("[^]a]", "b", "]"),
        ("a{x", "a{x", "a"),
        ("{", "{", ""),
        (r"\<", "<", ""),
        (r"\#\ ", "# ", "#"),
    ] {
        assert!(whole(pattern).is_match(yes), "{pattern}");
        assert!(line(pattern).is_match(yes), "{pattern}");
        assert!(!whole(pattern).is_match(no), "{pattern}");
        assert!(!line(pattern).is_match(no), "{pattern}");
    }
}

#[test]
fn what_would_differ_is_refused_by_name() {
    for (construct, patterns) in [
        ("look-around", &["(?=a)", "(?!a)", "(?<=a)", "(?<!a)"][..]),
        ("atomic group", &["(?>a)"]),
        ("possessive quantifier", &["a++", "a*+", "a?+", "a{2}+"]),
        ("back-reference", &[r"(a)\1", r"(?<n>a)\k<n>", r"(a)\g{1}", "(?P<n>a)(?P=n)"]),
        ("recursion", &["(?R)", "(?1)", "(?-1)", "(?&n)", "(?P>n)"]),
        ("conditional group", &["(a)?(?(1)b)"]),
        ("branch reset", &["(?|a)"]),
        ("verb", &["a(*SKIP)", "(*UTF)a"]),
        ("callout", &["(?C1)"]),
        (r"`\K`", &[r"a\K"]),
        (r"`\G`", &[r"\G"]),
        (r"`\C`", &[r"\C"]),
        (r"`\X`", &[r"\X"]),
        (r"`\N{…}`", &[r"\N{U+41}"]),
        ("quantifier that PCRE2 versions read differently", &["a{,3}", "a{1, 3}", "a{ 2 }"]),
        ("unknown escape", &[r"\y", r"\U", r"\x", r"\x{zz}", r"[\y]"]),
    ] {
        for pattern in patterns {
            assert_eq!(refused(pattern), construct, "{pattern}");
        }
    }
}

#[test]
fn errors_say_where() {
    for (pattern, at) in [("ab(", 3), ("a)", 1), ("éa++", 4), ("é*?*", 4), ("x[b-a]", 5)] {
        for anchoring in [Anchoring::Whole, Anchoring::Anywhere, Anchoring::Cerebrate] {
            match Pattern::compile(pattern, anchoring).unwrap_err() {
                PatternError::Malformed { at: found, .. }
                | PatternError::Unsupported { at: found, .. } => {
                    assert!(found.abs_diff(at) <= 1, "{pattern} {anchoring:?}: {found}");
                }
                PatternError::TooComplex => panic!("{pattern}"),
            }
        }
    }
    let error = Pattern::compile("a++", Anchoring::Whole).unwrap_err();
    assert_eq!(error.to_string(), "possessive quantifier at byte 2 is not supported");
}

#[test]
fn patterns_that_explode_are_refused() {
    let deep = [&*"(".repeat(2000), "a", &*")".repeat(2000)].concat();
    let starred = (0..200).fold("a".to_owned(), |inner, _| format!("(?:{inner})*"));
    for pattern in [
        "(a{1000}){1000}",
        "((((a{99}){99}){99}){99}){99}",
        "(?:abcdefgh){5000}",
        r"(?:\pL{60000}){60000}",
        &*deep,
        &*r"(?i)[\x01-\x{10FFFF}]".repeat(100),
        &*starred,
        &*"a".repeat(MAX_PATTERN + 1),
    ] {
        let error = Pattern::compile(pattern, Anchoring::Whole).unwrap_err();
        assert_eq!(error, PatternError::TooComplex, "{pattern:.30}");
        Pattern::compile(pattern, Anchoring::Cerebrate).unwrap_err();
    }
}

#[test]
fn long_but_harmless_patterns_compile() {
    for pattern in [
        "a".repeat(MAX_PATTERN),
        "[a-z]|".repeat(600),
        ".{1,255}".to_owned(),
        r"\p{L}{1,64}".to_owned(),
    ] {
        whole(&pattern);
        line(&pattern);
    }
}

#[test]
fn ecma_spells_what_can_be_said() {
    for (pattern, ecma) in [
        ("a|b", Some("^(?:a|b)$")),
        (r"/^\d+$/", Some("^(?:[0-9]+)$")),
        ("(?i)a[^b]", Some("^(?:[Aa][^Bb])$")),
        (r"[\p{L}.-]+", Some(r"^(?:[\p{L}\x2D\.]+)$")),
        (r"[^\p{L}]", Some(r"^(?:[^\p{L}])$")),
        (r"https?:\/\/.*", Some(r"^(?:https?:\/\/[^\n]*)$")),
        ("(a|b)c{2,3}?", Some("^(?:(?:a|b)c{2,3})$")),
        (r"\x{1F600}", Some(r"^(?:\u{1F600})$")),
        (r"a\b", None),
        (r"a\R", None),
        (r"a$\n", None),
    ] {
        let ecma = ecma.map(|ecma| ecma.replace(r"\/", "/"));
        assert_eq!(whole(pattern).to_ecma(), ecma, "{pattern}");
    }
    assert_eq!(line("a").to_ecma(), None);
}

#[test]
fn debug_shows_what_was_written() {
    assert_eq!(format!("{:?}", line("a+")), r#"Pattern("a+", Cerebrate)"#);
}

/// Compiles, and puts questions to what did: none of it may panic.
fn ask(pattern: &str, value: &str) -> Result<(), TestCaseError> {
    for anchoring in [Anchoring::Whole, Anchoring::Anywhere, Anchoring::Cerebrate] {
        match Pattern::compile(pattern, anchoring) {
            Ok(compiled) => {
                compiled.is_match(value);
                compiled.is_match(pattern);
                if let Some(ecma) = compiled.to_ecma() {
                    let ecma = RegexBuilder::new(&ecma).size_limit(MAX_PROGRAM * 2).build();
                    prop_assert_eq!(
                        ecma.unwrap().is_match(value.as_bytes()),
                        compiled.is_match(value)
                    );
                }
            }
            Err(PatternError::Malformed { at, .. } | PatternError::Unsupported { at, .. }) => {
                prop_assert!(at <= pattern.len());
            }
            Err(PatternError::TooComplex) => {}
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_read(pattern in any::<String>(), value in any::<String>()) {
        ask(&pattern, &value)?;
    }

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        ask(&String::from_utf8_lossy(&bytes), "a\r\n")?;
    }

    #[test]
    fn any_soup_of_syntax_is_read(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "a", "é", "(", ")", "(?:", "(?i)", "(?x)", "(?<n>", "[", "]", "[^", "[:alpha:]", "|",
                "*", "+", "?", "{2}", "{1,}", "{", "}", ",", "-", "^", "$", "\\", "\\b", "\\R", "\\d",
                "\\Q", "\\E", "\\pL", "\\x{41}", "\n", "\r", "#", " ", "/", "0", "&&", "~~",
            ]),
            0..24,
        ),
        value in "[aé\r\n\\-\\[0 ]{0,8}",
    ) {
        ask(&pieces.concat(), &value)?;
    }

    /// Escaping every letter that is none makes a pattern for the text itself.
    #[test]
    fn an_escaped_text_matches_itself_alone(text in any::<String>(), other in any::<String>()) {
        let escape = |c: char| format!("\\x{{{:x}}}", u32::from(c));
        let pattern = text.chars().map(escape).collect::<Vec<_>>().concat();
        prop_assume!(pattern.len() <= MAX_PATTERN);
        prop_assert!(whole(&pattern).is_match(&text));
        prop_assert_eq!(whole(&pattern).is_match(&other), text == other);
    }

    /// Quoting does so too, in bytes: one line of the value has to be the text.
    #[test]
    fn a_quoted_line_matches_its_line(text in "[ -.0-\\[\\]-~é日]{0,20}", before in ".{0,5}") {
        let pattern = format!("\\Q{text}\\E");
        let value = format!("{before}\n{text}\nx");
        prop_assert!(line(&pattern).is_match(&value));
        prop_assert_eq!(line(&pattern).is_match(&before), before.split('\n').any(|line| line == text));
    }
}

#[test]
fn a_pattern_is_found_anywhere_unless_it_says_where() {
    let anywhere = |pcre: &str| Pattern::compile(pcre, Anchoring::Anywhere).unwrap();
    for (pcre, found, not_found) in [
        ("b", "abc", "ac"),
        ("/b/", "abc", "aBc"),
        ("/b/i", "aBc", "ac"),
        ("^b", "bc", "abc"),
        ("b$", "ab", "abc"),
        (r"\Ab\z", "b", "ab"),
        ("a|b$", "ac", "bc"),
        (r"^\p{Ll}+$", "été", "Été"),
    ] {
        let pattern = anywhere(pcre);
        assert!(pattern.is_match(found), "{pcre} in {found}");
        assert!(!pattern.is_match(not_found), "{pcre} in {not_found}");
        assert_eq!((pattern.source(), pattern.to_ecma()), (pcre, None));
    }
    let flag = Pattern::compile("/b/A", Anchoring::Anywhere).unwrap_err();
    assert_eq!(flag, PatternError::Unsupported { construct: "flag", at: 3 });
}
