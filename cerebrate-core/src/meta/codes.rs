//! Country codes as fields take them.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::value::CountryCode;

/// All two- and three-letter codes, in capitals: those of ISO 3166-1, and `EU`, `EUE`, `XK` and
/// `XKX`, which communities use like one.
static CODES: LazyLock<BTreeSet<&'static str>> =
    LazyLock::new(|| CountryCode::all().flat_map(|code| [code.as_str(), code.alpha3()]).collect());

/// Whether the text is a country code in any case, and nothing else.
pub(super) fn is_country_code(text: &str) -> bool {
    match text.len() {
        // Aliases such as `UK` are read elsewhere; here the code itself is asked for.
        2 => CountryCode::read(text).is_ok_and(|code| code.as_str().eq_ignore_ascii_case(text)),
        3 => CODES.contains(text.to_ascii_uppercase().as_str()),
        _ => false,
    }
}

/// The same as a pattern that Rust and ECMAScript read alike.
pub(super) static PATTERN: LazyLock<String> = LazyLock::new(|| {
    let mut pattern = String::from("^(?:");
    for (index, code) in CODES.iter().enumerate() {
        if index > 0 {
            pattern.push('|');
        }
        for letter in code.chars() {
            pattern.extend(['[', letter, letter.to_ascii_lowercase(), ']']);
        }
    }
    pattern.push_str(")$");
    pattern
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_codes_in_any_case_and_names_are_not() {
        for text in ["LU", "lu", "Lu", "LUX", "irl", "IE", "EU", "xk"] {
            assert!(is_country_code(text), "{text}");
        }
        for text in [
            "",
            "L",
            "UK",
            "EL",
            "ZZ",
            "xx",
            "LUXX",
            " LU",
            "LU ",
            "Luxembourg",
            "é",
            "12",
            "lu\n",
            "ſ",
            "aaa",
        ] {
            assert!(!is_country_code(text), "{text}");
        }
    }
}
