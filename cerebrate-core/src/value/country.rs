use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use super::Fault;
use super::country_table::{COUNTRIES, OTHERS, Row};
use super::fault::serde_as_text;
use crate::error::{Error, Result};
use crate::fold::normalised_name;
use crate::problem::ProblemKind;

/// The longest text that is taken for the name of a country, in bytes.
const NAME_LIMIT: usize = 256;

/// An assigned two-letter code of ISO 3166-1, or `EU` or `XK`, which people use like one.
///
/// `UK` and `EL`, as European bodies write, are read as `GB` and `GR`.
///
/// ```
/// use cerebrate_core::value::CountryCode;
///
/// let code: CountryCode = "lu".parse()?;
/// assert_eq!((code.as_str(), code.alpha3(), code.english_name()), ("LU", "LUX", "Luxembourg"));
/// assert_eq!(CountryCode::from_text("Österreich"), Some("AT".parse()?));
/// assert!("ZZ".parse::<CountryCode>().is_err());
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CountryCode(&'static str);

impl CountryCode {
    /// Two capital letters.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// The three-letter code; `EUE` and `XKX` for what ISO 3166-1 does not assign.
    pub fn alpha3(self) -> &'static str {
        self.row().map_or("", |row| row.1)
    }

    /// The usual English name.
    pub fn english_name(self) -> &'static str {
        self.row().map_or("", |row| row.2)
    }

    /// All codes, in alphabetical order but for the two that are not assigned, which come last.
    pub fn all() -> impl Iterator<Item = CountryCode> {
        rows().map(|row| CountryCode(row.0))
    }

    /// The country that `text` names: by two- or three-letter code, by an English or native name,
    /// or by both as in `Luxembourg (LU)`. Case, accents, punctuation, `the` and `and` do not
    /// matter; what could mean two countries, such as `Korea`, means none.
    ///
    /// ```
    /// use cerebrate_core::value::CountryCode;
    ///
    /// for text in ["Czech Republic", "CZE", "cz", "Česká republika"] {
    ///     assert_eq!(CountryCode::from_text(text).map(CountryCode::as_str), Some("CZ"));
    /// }
    /// assert_eq!(CountryCode::from_text("Atlantis"), None);
    /// ```
    pub fn from_text(text: &str) -> Option<CountryCode> {
        let text = text.trim();
        if text.len() > NAME_LIMIT {
            return None;
        }
        if let Ok(code) = CountryCode::read(text) {
            return Some(code);
        }
        if let Some(code) = NAMES.get(&key(text)) {
            return Some(*code);
        }
        let (name, explanation) = text.strip_suffix(')')?.rsplit_once('(')?;
        match (name.trim(), explanation.trim()) {
            ("", _) | (_, "") => None,
            (name, explanation) => {
                let code = CountryCode::from_text(name)?;
                (CountryCode::from_text(explanation)? == code).then_some(code)
            }
        }
    }

    /// As [`FromStr`], for those who list problems.
    pub(crate) fn read(text: &str) -> Result<CountryCode, Fault> {
        let [first, second] = *text.trim().as_bytes() else {
            return Err(NOT_CODE);
        };
        let wanted = match [first.to_ascii_uppercase(), second.to_ascii_uppercase()] {
            [b'U', b'K'] => *b"GB",
            [b'E', b'L'] => *b"GR",
            letters => letters,
        };
        match COUNTRIES.binary_search_by(|row| row.0.as_bytes().cmp(&wanted[..])) {
            Ok(index) => COUNTRIES.get(index).map(|row| CountryCode(row.0)).ok_or(UNASSIGNED),
            Err(_) => OTHERS
                .iter()
                .find(|row| row.0.as_bytes() == wanted)
                .map(|row| CountryCode(row.0))
                .ok_or(if wanted.iter().all(u8::is_ascii_alphabetic) {
                    UNASSIGNED
                } else {
                    NOT_CODE
                }),
        }
    }

    fn row(self) -> Option<&'static Row> {
        rows().find(|row| row.0 == self.0)
    }
}

impl FromStr for CountryCode {
    type Err = Error;

    /// Reads a two-letter code in any case. For names see [`CountryCode::from_text`].
    fn from_str(text: &str) -> Result<Self> {
        CountryCode::read(text).map_err(|fault| fault.into_error("read country code", text))
    }
}

impl fmt::Display for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CountryCode({self})")
    }
}

serde_as_text!(CountryCode);

const NOT_CODE: Fault = Fault::new(ProblemKind::NotCountryCode, "not a two-letter country code")
    .hint("use a two-letter code such as `LU`");
const UNASSIGNED: Fault = Fault::new(ProblemKind::NotCountryCode, "no country has this code")
    .hint("use a code of ISO 3166-1 such as `LU`");

static NAMES: LazyLock<HashMap<String, CountryCode>> = LazyLock::new(|| {
    let mut names = HashMap::with_capacity(2_048);
    for row in rows() {
        for name in names_of(row) {
            names.insert(key(name), CountryCode(row.0));
        }
    }
    names
});

fn rows() -> impl Iterator<Item = &'static Row> {
    COUNTRIES.iter().chain(&OTHERS)
}

fn names_of(row: &Row) -> impl Iterator<Item = &'static str> + use<> {
    [row.1, row.2].into_iter().chain(row.3.split('|').filter(|name| !name.is_empty()))
}

/// What is compared: the words of the name without those that people leave out, `Saint` written
/// out, and initials joined (`U.S.A.`).
fn key(text: &str) -> String {
    let name = normalised_name(text);
    let words = || name.split(' ').filter(|word| !matches!(*word, "the" | "and"));
    if words().all(|word| word.chars().count() == 1) && words().next().is_some() {
        return words().collect();
    }
    let mut key = String::with_capacity(name.len() + 3);
    for word in words() {
        if !key.is_empty() {
            key.push(' ');
        }
        key.push_str(if word == "st" { "saint" } else { word });
    }
    // `and` alone is the code of Andorra.
    if key.is_empty() { name } else { key }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    fn code_of(text: &str) -> Option<&'static str> {
        CountryCode::from_text(text).map(CountryCode::as_str)
    }

    #[test]
    fn the_table_is_complete_sorted_and_unambiguous() {
        assert_eq!(COUNTRIES.len(), 249);
        assert!(COUNTRIES.is_sorted_by(|a, b| a.0 < b.0));
        let mut seen = BTreeMap::new();
        let mut twice = Vec::new();
        let mut codes = BTreeSet::new();
        for row in rows() {
            assert!(
                row.0.len() == 2 && row.0.bytes().all(|byte| byte.is_ascii_uppercase()),
                "{row:?}"
            );
            assert!(
                row.1.len() == 3 && row.1.bytes().all(|byte| byte.is_ascii_uppercase()),
                "{row:?}"
            );
            assert!(codes.insert(row.0) && codes.insert(row.1), "{row:?}");
            for name in names_of(row) {
                assert!(!key(name).is_empty() && name.trim() == name, "{row:?}");
                assert!(
                    key(name).len() > 2
                        || !key(name).is_ascii()
                        || CountryCode::read(&key(name)).is_ok_and(|code| code.0 == row.0),
                    "{name}"
                );
                if let Some(other) = seen.insert(key(name), row.0) {
                    twice.push(format!("{}\t{name}\t{other}", row.0));
                }
            }
        }
        assert!(twice.is_empty(), "{}", twice.join("\n"));
    }

    #[test]
    fn every_code_and_name_leads_back_to_its_country() {
        for code in CountryCode::all() {
            assert_eq!(code.as_str().to_lowercase().parse::<CountryCode>().unwrap(), code);
            assert_eq!(CountryCode::from_text(code.alpha3()), Some(code));
            assert_eq!(CountryCode::from_text(&code.english_name().to_uppercase()), Some(code));
            let both = format!("{} ({})", code.english_name(), code);
            assert_eq!(CountryCode::from_text(&both), Some(code), "{both}");
        }
        assert_eq!(CountryCode::all().count(), 251);
    }

    #[test]
    fn usual_and_native_names_are_known() {
        for (text, code) in [
            ("Czech Republic", "CZ"),
            ("Czechia", "CZ"),
            ("South Korea", "KR"),
            ("Republic of Korea", "KR"),
            ("Korea, Republic of", "KR"),
            ("Russia", "RU"),
            ("Russian Federation", "RU"),
            ("Türkiye", "TR"),
            ("Turkey", "TR"),
            ("TURKIYE", "TR"),
            ("The Netherlands", "NL"),
            ("netherlands", "NL"),
            ("Vietnam", "VN"),
            ("Viet Nam", "VN"),
            ("Việt Nam", "VN"),
            ("Côte d'Ivoire", "CI"),
            ("Cote d’Ivoire", "CI"),
            ("Ivory Coast", "CI"),
            ("United States", "US"),
            ("USA", "US"),
            ("U.S.A.", "US"),
            ("the United States of America", "US"),
            ("US", "US"),
            ("U.S.", "US"),
            ("UK", "GB"),
            ("U.K.", "GB"),
            ("Great Britain", "GB"),
            ("United Kingdom", "GB"),
            ("EL", "GR"),
            ("Österreich", "AT"),
            ("OSTERREICH", "AT"),
            ("Deutschland", "DE"),
            ("Lëtzebuerg", "LU"),
            ("Shqipëria", "AL"),
            ("Hayastan", "AM"),
            ("Հայաստան", "AM"),
            ("Polska", "PL"),
            ("España", "ES"),
            ("Espana", "ES"),
            ("België", "BE"),
            ("Belgique", "BE"),
            ("Suisse", "CH"),
            ("Schweiz", "CH"),
            ("Svizzera", "CH"),
            ("日本", "JP"),
            ("中国", "CN"),
            ("中國", "CN"),
            ("Россия", "RU"),
            ("РОССИЯ", "RU"),
            ("Ελλάδα", "GR"),
            ("ΕΛΛΆΣ", "GR"),
            ("대한민국", "KR"),
            ("مصر", "EG"),
            ("ישראל", "IL"),
            ("Україна", "UA"),
            ("Bosnia & Herzegovina", "BA"),
            ("Bosnia-Herzegovina", "BA"),
            ("St. Lucia", "LC"),
            ("St Vincent & the Grenadines", "VC"),
            ("Luxembourg (LU)", "LU"),
            ("  luxembourg\n", "LU"),
            ("LUX", "LU"),
            ("lux", "LU"),
            ("European Union", "EU"),
            ("Kosovo", "XK"),
            ("Republic of the Congo", "CG"),
            ("DR Congo", "CD"),
            ("Iran, Islamic Republic of", "IR"),
            ("Hong Kong", "HK"),
            ("Swaziland", "SZ"),
            ("Macedonia", "MK"),
            ("Cape Verde", "CV"),
            ("Holy See", "VA"),
            ("भारत", "IN"),
            ("ไทย", "TH"),
        ] {
            assert_eq!(code_of(text), Some(code), "{text}");
        }
    }

    #[test]
    fn what_names_no_single_country_is_none() {
        for text in [
            "",
            " ",
            "ZZ",
            "XX",
            "AA",
            "L",
            "L1",
            "LUXX",
            "Korea",
            "Atlantis",
            "Luxembourg Belgium",
            "L U X E",
            "Luxembourg (BE)",
            "(LU)",
            "LU ()",
            "()",
            ")(",
            "Virgin Islands",
            "the",
            "the and",
            "é",
            "\0\0",
            "America",
            "((((((((((LU))))))))))",
            "L\u{200b}",
            "SU",
            "YU",
            "AN",
            "QQ",
        ] {
            assert_eq!(code_of(text), None, "{text:?}");
        }
        assert_eq!(code_of(&"a".repeat(10_000_000)), None);
        assert_eq!(code_of(&"(".repeat(200)), None);
        for text in ["", "LUX", "Luxembourg", "ZZ", "1A", "é", "L U"] {
            assert!(text.parse::<CountryCode>().is_err(), "{text}");
        }
        assert_eq!("uk".parse::<CountryCode>().unwrap().as_str(), "GB");
        assert_eq!(" El\n".parse::<CountryCode>().unwrap().as_str(), "GR");
    }

    #[test]
    fn json_is_the_code() {
        let code: CountryCode = serde_json::from_str("\"lu\"").unwrap();
        assert_eq!(serde_json::to_string(&code).unwrap(), "\"LU\"");
        assert!(serde_json::from_str::<CountryCode>("\"Luxembourg\"").is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,30}", near in "[A-Za-zéÉ (),.]{0,20}") {
            let _ = (code_of(&text), code_of(&near), text.parse::<CountryCode>());
        }
    }
}
