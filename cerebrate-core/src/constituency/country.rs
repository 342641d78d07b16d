//! Lists of countries in one text. Names have blanks, commas, slashes and `and` in them, so the
//! longest readable piece wins, and what has no sure border is read as a whole or not at all.

use super::Claim;
use super::read::{Reading, bare};
use crate::problem::ProblemKind;
use crate::value::{CountryCode, Fault};

/// The most parts between commas that one name has, plus one.
const NAME_PARTS: usize = 3;

/// The most words that one name has.
const NAME_WORDS: usize = 12;

/// The most words that are tried for names without separators between them.
const WORDS_LIMIT: usize = 256;

pub(super) fn read(segment: &str, reading: &mut Reading<'_>) {
    if let Some(code) = CountryCode::from_text(segment) {
        reading.claim(Claim::Country(code));
        return;
    }
    let parts: Vec<&str> =
        segment.split(COMMAS).map(bare).filter(|part| !part.is_empty()).collect();
    let mut rest = parts.as_slice();
    while let [first, others @ ..] = rest {
        if let Some((code, read)) = longest(rest, NAME_PARTS, ", ") {
            reading.claim(Claim::Country(code));
            rest = rest.get(read..).unwrap_or(&[]);
        } else {
            part(first, reading);
            rest = others;
        }
    }
}

const COMMAS: [char; 3] = [',', '\u{ff0c}', '\u{3001}'];

const NOT_COUNTRY: Fault = Fault::new(ProblemKind::NotCountryCode, "not a country")
    .hint("write its name, or a two-letter code such as `LU`");

/// Reads what has no comma and is not one country.
fn part(text: &str, reading: &mut Reading<'_>) {
    for separator in [" and ", " & ", "&", "/", "+", "|"] {
        let mut pieces = text.split(separator);
        if pieces.clone().nth(1).is_some()
            && let Some(codes) = pieces.try_fold(Vec::new(), |mut codes, piece| {
                codes.push(CountryCode::from_text(piece)?);
                Some(codes)
            })
        {
            reading.claim_all(codes, Claim::Country);
            return;
        }
    }
    let words: Vec<&str> = text.split_whitespace().map(bare).collect();
    if words.len() > 1 && words.iter().all(|word| is_code_like(word)) {
        for word in words {
            match CountryCode::from_text(word) {
                Some(code) => reading.claim(Claim::Country(code)),
                None => reading.refuse(NOT_COUNTRY, word),
            }
        }
        return;
    }
    match (words.len() <= WORDS_LIMIT).then(|| names(&words)).flatten() {
        Some(codes) => reading.claim_all(codes, Claim::Country),
        None => reading.refuse(NOT_COUNTRY, text),
    }
}

/// The countries that `words` name one after the other, `None` if any word is left over.
fn names(words: &[&str]) -> Option<Vec<CountryCode>> {
    let mut codes = Vec::new();
    let mut rest = words;
    while !rest.is_empty() {
        let (code, read) = longest(rest, NAME_WORDS, " ")?;
        codes.push(code);
        rest = rest.get(read..)?;
    }
    Some(codes)
}

/// The country that as many as possible of the first `most` parts name together, and how many.
fn longest(parts: &[&str], most: usize, separator: &str) -> Option<(CountryCode, usize)> {
    (1..=parts.len().min(most)).rev().find_map(|count| {
        let name = parts.get(..count)?.join(separator);
        Some((CountryCode::from_text(&name)?, count))
    })
}

fn is_code_like(word: &str) -> bool {
    matches!(word.len(), 2 | 3) && word.bytes().all(|byte| byte.is_ascii_alphabetic())
}
