//! What stands in one cell: several values, and texts that a spreadsheet would take for formulas.

use std::borrow::Cow;

/// The column that names those columns of a row that hold what is not valid, and is to be kept.
pub(crate) const FLAGGED: &str = "flagged";

/// What separates the values of one cell.
const SEPARATORS: [char; 3] = [';', '\n', '\r'];

/// The values of a cell. A value in quotes may hold separators; doubled quotes stand for quotes.
pub(crate) fn split_values(cell: &str) -> Vec<Cow<'_, str>> {
    let mut values = Vec::new();
    let mut rest = cell;
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return values;
        }
        if let Some((value, behind)) = quoted(rest) {
            values.push(value);
            rest = behind;
            continue;
        }
        let (value, behind) = match rest.find(SEPARATORS) {
            Some(at) => (rest.get(..at).unwrap_or(rest), rest.get(at + 1..).unwrap_or_default()),
            None => (rest, ""),
        };
        let value = value.trim_end();
        if !value.is_empty() {
            values.push(Cow::Borrowed(value));
        }
        rest = behind;
    }
}

/// The values of a cell whose places matter: between two separators there may be nothing.
pub(crate) fn split_places(cell: &str) -> Vec<Option<Cow<'_, str>>> {
    let mut values = Vec::new();
    let mut rest = cell;
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        let in_quotes = quoted(rest);
        let is_quoted = in_quotes.is_some();
        let (value, behind) = match in_quotes {
            Some((value, behind)) => {
                let more = rest.trim_end().ends_with(SEPARATORS) || !behind.trim().is_empty();
                (value, more.then_some(behind))
            }
            None => match rest.find(SEPARATORS) {
                Some(at) => {
                    let value = rest.get(..at).unwrap_or(rest).trim_end();
                    (Cow::Borrowed(value), rest.get(at + 1..))
                }
                None => (Cow::Borrowed(rest.trim_end()), None),
            },
        };
        values.push((is_quoted || !value.is_empty()).then_some(value));
        match behind {
            Some(behind) => rest = behind,
            None => return values,
        }
    }
}

/// The one value of a cell, without quotes that hold its blanks together.
pub(crate) fn one_value(cell: &str) -> Cow<'_, str> {
    let trimmed = cell.trim();
    match quoted(trimmed) {
        Some((value, "")) => value,
        _ => Cow::Borrowed(trimmed),
    }
}

/// Appends a value to a cell so that [`split_values`] finds it again.
pub(crate) fn push_value(cell: &mut String, value: &str) {
    if !cell.is_empty() {
        cell.push_str("; ");
    }
    let plain = !value.is_empty()
        && value.trim() == value
        && !value.starts_with('"')
        && !value.contains(SEPARATORS);
    push(cell, value, plain);
}

/// The cell in which [`one_value`] finds the value again.
pub(crate) fn cell_of_one(value: &str) -> String {
    let mut cell = String::with_capacity(value.len());
    let plain = !value.is_empty() && value.trim() == value && !value.starts_with('"');
    push(&mut cell, value, plain);
    cell
}

fn push(cell: &mut String, value: &str, plain: bool) {
    if plain {
        cell.push_str(value);
        return;
    }
    cell.push('"');
    for (index, part) in value.split('"').enumerate() {
        if index > 0 {
            cell.push_str("\"\"");
        }
        cell.push_str(part);
    }
    cell.push('"');
}

/// A value in quotes at the beginning of `text`, and what stands behind the separator after it.
fn quoted(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut from = 0;
    let end = loop {
        let at = from + inner.get(from..)?.find('"')?;
        if inner.get(at + 1..)?.starts_with('"') {
            from = at + 2;
        } else {
            break at;
        }
    };
    let behind = inner.get(end + 1..)?.trim_start_matches([' ', '\t']);
    let behind = if behind.is_empty() { behind } else { behind.strip_prefix(SEPARATORS)? };
    let value = inner.get(..end)?;
    let value = if value.contains('"') {
        Cow::Owned(value.replace("\"\"", "\""))
    } else {
        Cow::Borrowed(value)
    };
    Some((value, behind))
}

/// What a formula may begin with, in the forms of half and of full width, and the white space that
/// a spreadsheet drops before it.
const BEGINNINGS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Whether a spreadsheet would take the cell for a formula, leading apostrophes aside.
fn is_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(BEGINNINGS)
}

/// The cell with an apostrophe in front if a spreadsheet would take it for a formula.
pub(crate) fn neutralised(cell: &str) -> Cow<'_, str> {
    if is_formula(cell) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// The cell without the apostrophe that [`neutralised`] puts in front.
pub(crate) fn as_meant(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(rest) => rest,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_values_of_a_cell() {
        for (cell, expected) in [
            ("a; b;;c", vec!["a", "b", "c"]),
            ("a\nb\r\nc", vec!["a", "b", "c"]),
            ("\"a;b\"; c", vec!["a;b", "c"]),
            ("\"say \"\"hi\"\"\"", vec!["say \"hi\""]),
            ("\"open; b", vec!["\"open", "b"]),
            ("\"a\" b; c", vec!["\"a\" b", "c"]),
            ("  ", vec![]),
            ("10.0.0.0/8, 10.1.0.0/16", vec!["10.0.0.0/8, 10.1.0.0/16"]),
        ] {
            assert_eq!(split_values(cell), expected, "{cell:?}");
        }
        assert_eq!(one_value(" a; b "), "a; b");
    }

    #[test]
    fn places_of_a_cell_may_be_empty() {
        for (cell, expected) in [
            ("Lead", vec![Some("Lead")]),
            (";Lead", vec![None, Some("Lead")]),
            ("Lead; ", vec![Some("Lead"), None]),
            ("a;;b", vec![Some("a"), None, Some("b")]),
            ("\"a;b\"; \"\"", vec![Some("a;b"), Some("")]),
            ("\"a\";", vec![Some("a"), None]),
            ("\"a\"; b", vec![Some("a"), Some("b")]),
        ] {
            let found = split_places(cell);
            let found: Vec<Option<&str>> = found.iter().map(Option::as_deref).collect();
            assert_eq!(found, expected, "{cell:?}");
        }
    }

    #[test]
    fn formulas_are_neutralised() {
        for (cell, expected) in [
            ("=1+1", "'=1+1"),
            ("+352 1234", "'+352 1234"),
            ("-", "'-"),
            ("@x", "'@x"),
            ("\tx", "'\tx"),
            ("\nx", "'\nx"),
            ("＝1", "'＝1"),
            ("＋1", "'＋1"),
            ("－1", "'－1"),
            ("＠x", "'＠x"),
            ("'=x", "''=x"),
            ("'tis", "'tis"),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(neutralised(cell), expected);
            assert_eq!(as_meant(expected), cell);
        }
    }

    proptest! {
        #[test]
        fn what_is_put_into_a_cell_is_taken_out_again(
            values in proptest::collection::vec("[ ;\"a'=\n\r\té+＝＋－＠]{1,6}", 0..4),
        ) {
            let mut cell = String::new();
            for value in &values {
                push_value(&mut cell, value);
            }
            let written = neutralised(&cell).into_owned();
            prop_assert_eq!(split_values(as_meant(&written)), values);
        }

        #[test]
        fn one_value_is_taken_out_as_it_was(value in "[ ;\"a'=\n\té+＝＋－＠]{1,8}") {
            let cell = cell_of_one(&value);
            let written = neutralised(&cell).into_owned();
            prop_assert_eq!(one_value(as_meant(&written)), value);
        }
    }
}
