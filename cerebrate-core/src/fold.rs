//! How texts are compared: one folding for search, one normal form for the identity of names, so
//! that every backend answers alike.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

use crate::problem::ProblemKind;

/// Folds case, accents, compatibility forms and typographic quotes and dashes, for substring
/// search. Blanks and punctuation stay where they are; what cannot be seen is left out.
///
/// Vowel signs of Indic and Thai script and the voicing marks of Japanese make other words, not
/// accents, and stay. Folding again changes nothing.
///
/// ```
/// use cerebrate_core::fold::fold;
///
/// assert_eq!(fold("Straße, Łódź"), "strasse, lodz");
/// assert!(fold("Computer Emergency Response Team – Österreich").contains(&fold("- OSTERREICH")));
/// ```
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    for character in text.nfkd() {
        if is_accent(character) || is_hidden(character) {
            continue;
        }
        if character.is_ascii() {
            folded.push(character.to_ascii_lowercase());
            continue;
        }
        for lower in character.to_lowercase() {
            match letter_variant(lower) {
                Some(plain) => folded.push_str(plain),
                None if is_accent(lower) => {}
                None => folded.push(lower),
            }
        }
    }
    folded
}

/// The form in which equal names are equal: [`fold`]ed, punctuation and blanks of any kind as one
/// blank, control characters removed. A name of nothing but punctuation keeps it.
///
/// ```
/// use cerebrate_core::fold::normalised_name;
///
/// assert_eq!(normalised_name(" CERT.at "), normalised_name("cert  AT"));
/// assert_ne!(normalised_name("CERT.at"), normalised_name("CERTat"));
/// assert_eq!(normalised_name("***"), "***");
/// ```
pub fn normalised_name(text: &str) -> String {
    let folded = fold(text);
    let name = with_single_blanks(&folded, |character| {
        character.is_whitespace() || is_punctuation(character)
    });
    if name.is_empty() { with_single_blanks(&folded, char::is_whitespace) } else { name }
}

/// [`ProblemKind::HiddenCharacter`] if `text` has characters that reorder text or cannot be seen:
/// bidirectional controls, zero-width characters, soft hyphens, tags, fillers.
///
/// ```
/// use cerebrate_core::fold::hidden_characters;
/// use cerebrate_core::problem::ProblemKind;
///
/// assert_eq!(hidden_characters("CIR\u{200b}CL"), Some(ProblemKind::HiddenCharacter));
/// assert_eq!(hidden_characters("Österreich"), None);
/// ```
pub fn hidden_characters(text: &str) -> Option<ProblemKind> {
    (!text.is_ascii() && text.contains(is_hidden)).then_some(ProblemKind::HiddenCharacter)
}

/// [`ProblemKind::ControlCharacter`] if `text` has NUL or another control character; tabs and line
/// breaks are none here.
///
/// ```
/// use cerebrate_core::fold::control_characters;
/// use cerebrate_core::problem::ProblemKind;
///
/// assert_eq!(control_characters("CIR\0CL"), Some(ProblemKind::ControlCharacter));
/// assert_eq!(control_characters("one\r\n\ttwo"), None);
/// ```
pub fn control_characters(text: &str) -> Option<ProblemKind> {
    text.contains(is_control).then_some(ProblemKind::ControlCharacter)
}

/// Whether `character` cannot be seen or reorders what stands around it.
pub(crate) fn is_hidden(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}'
        | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

fn is_control(character: char) -> bool {
    character.is_control() && !matches!(character, '\t' | '\n' | '\r')
}

/// Marks that modify a letter without making it another: those above, below and through it, the
/// points of Hebrew and Arabic, enclosing marks and variation selectors.
fn is_accent(character: char) -> bool {
    if character < '\u{300}' {
        return false;
    }
    matches!(canonical_combining_class(character), 1 | 10..=36 | 200..=255)
        || matches!(character,
            '\u{488}' | '\u{489}' | '\u{20dd}'..='\u{20e0}' | '\u{20e2}'..='\u{20e4}'
            | '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{e0100}'..='\u{e01ef}')
}

/// What people type for a lower-case letter or sign that has no decomposition.
fn letter_variant(character: char) -> Option<&'static str> {
    Some(match character {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ı' => "i",
        'ł' => "l",
        'ŋ' => "n",
        'ŧ' => "t",
        'ə' => "e",
        'ς' => "σ",
        '\u{2018}'..='\u{201b}' | '\u{2b9}' | '\u{2bb}' | '\u{2bc}' | '\u{2032}' => "'",
        '\u{201c}'..='\u{201f}' | '\u{ab}' | '\u{bb}' | '\u{2033}' => "\"",
        '\u{2010}'..='\u{2015}' | '\u{2212}' => "-",
        _ => return None,
    })
}

fn is_punctuation(character: char) -> bool {
    match character {
        '\0'..='\x7f' => character.is_ascii_punctuation(),
        // Below the arrows, what is neither letter, digit, mark nor control is punctuation or a
        // sign of money or mathematics.
        '\u{80}'..='\u{218f}' => {
            !character.is_alphanumeric()
                && !character.is_control()
                && !unicode_normalization::char::is_combining_mark(character)
        }
        '\u{2e00}'..='\u{2e7f}' | '\u{3000}'..='\u{303f}' | '\u{30fb}' => true,
        _ => false,
    }
}

/// `text` without control characters, each run of `is_blank` as one blank, none at the ends.
fn with_single_blanks(text: &str, is_blank: impl Fn(char) -> bool) -> String {
    let mut joined = String::with_capacity(text.len());
    let mut blank = false;
    for character in text.chars() {
        if is_blank(character) {
            blank = true;
        } else if !character.is_control() {
            if blank && !joined.is_empty() {
                joined.push(' ');
            }
            blank = false;
            joined.push(character);
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn case_accents_and_compatibility_forms_are_folded() {
        for (text, expected) in [
            ("CIRCL", "circl"),
            ("Österreich", "osterreich"),
            ("O\u{308}sterreich", "osterreich"),
            ("STRASSE Straße ẞ", "strasse strasse ss"),
            ("Łódź Øresund Đurđević", "lodz oresund durdevic"),
            ("Æsir Œuvre Þór Ísland", "aesir oeuvre thor island"),
            ("İstanbul ışık ISPARTA", "istanbul isik isparta"),
            ("ΟΔΥΣΣΕΥΣ Οδυσσεύς", "οδυσσευσ οδυσσευσ"),
            ("Ёлка Йод", "елка иод"),
            ("ﬁnance Ｃｅｒｔ ①", "finance cert 1"),
            ("Côte d’Ivoire", "cote d'ivoire"),
            ("a–b", "a-b"),
            ("Việt Nam", "viet nam"),
            ("Azərbaycan", "azerbaycan"),
            ("CIR\u{200b}CL \u{202e}x\u{202c}", "circl x"),
            ("soft\u{ad}hyphen", "softhyphen"),
            ("שָׁלוֹם", "שלומ"),
            ("العَرَبِيَّة", "العربية"),
            ("日本 ｶﾞ", "日本 カ\u{3099}"),
            ("a  b\t\n", "a  b\t\n"),
            ("", ""),
        ] {
            let expected = if text.starts_with('ש') { "שלום" } else { expected };
            assert_eq!(fold(text), expected, "{text}");
        }
    }

    #[test]
    fn marks_that_make_another_word_stay() {
        assert_ne!(fold("कि"), fold("का"));
        assert_ne!(fold("が"), fold("か"));
        assert_ne!(fold("ที่"), fold("ทา"));
    }

    #[test]
    fn equal_names_are_equal_and_others_are_not() {
        for (a, b) in [
            ("CERT.at", "cert at"),
            ("CERT.at", "  Cert - AT\u{200b} "),
            ("AKCESK/NAECCS", "akcesk naeccs"),
            ("A\u{a0}B", "a b"),
            ("A\0B", "AB"),
            ("Größe GmbH & Co. KG", "GROSSE GMBH CO KG"),
            ("「日本」", "日本"),
            ("«Équipe»", "equipe"),
            ("x\u{85}y", "X Y"),
        ] {
            assert_eq!(normalised_name(a), normalised_name(b), "{a} / {b}");
        }
        for (a, b) in [("CERT.at", "CERTat"), ("+", "-"), ("☃", "✈"), ("A", "B"), ("☃ A", "✈ A")]
        {
            assert_ne!(normalised_name(a), normalised_name(b), "{a} / {b}");
        }
        assert_eq!(normalised_name(" \u{200b}\0 "), "");
        assert_eq!(normalised_name(" *  * "), "* *");
    }

    #[test]
    fn hidden_and_control_characters_are_seen() {
        for character in [
            '\u{202a}',
            '\u{202e}',
            '\u{2066}',
            '\u{2069}',
            '\u{200e}',
            '\u{200f}',
            '\u{61c}',
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{2060}',
            '\u{feff}',
            '\u{ad}',
            '\u{e0041}',
            '\u{e007f}',
        ] {
            let text = format!("a{character}b");
            assert_eq!(hidden_characters(&text), Some(ProblemKind::HiddenCharacter), "{text:?}");
            assert_eq!(control_characters(&text), None, "{text:?}");
        }
        for character in
            ['\0', '\x01', '\x08', '\x0b', '\x0c', '\x1b', '\x1f', '\x7f', '\u{80}', '\u{9f}']
        {
            let text = format!("a{character}b");
            assert_eq!(control_characters(&text), Some(ProblemKind::ControlCharacter), "{text:?}");
            assert_eq!(hidden_characters(&text), None, "{text:?}");
        }
        for text in ["", "a\tb\r\n", "Équipe 日本 ☃", "\u{a0}"] {
            assert_eq!(
                (hidden_characters(text), control_characters(text)),
                (None, None),
                "{text:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn folding_again_changes_nothing(text in "\\PC{0,30}", any: String) {
            for text in [text, any] {
                let folded = fold(&text);
                prop_assert_eq!(fold(&folded), folded);
                let name = normalised_name(&text);
                prop_assert_eq!(normalised_name(&name), name);
            }
        }

        #[test]
        fn a_part_is_found_in_the_whole(a in "[ -~éßŁΣ]{0,10}", b in "[ -~éßŁΣ]{1,10}", c in "[ -~éßŁΣ]{0,10}") {
            let whole = fold(&format!("{a}{b}{c}"));
            prop_assert!(whole.contains(&fold(&b)));
        }

        #[test]
        fn case_does_not_matter(text in "[a-zA-ZäöüÄÖÜéÉñÑłŁ ]{0,20}") {
            prop_assert_eq!(fold(&text.to_uppercase()), fold(&text.to_lowercase()));
        }
    }

    #[test]
    fn every_character_folds_to_something_that_stays() {
        for character in '\0'..=char::MAX {
            let folded = fold(character.encode_utf8(&mut [0; 4]));
            assert_eq!(fold(&folded), folded, "U+{:04X}", u32::from(character));
        }
    }
}
