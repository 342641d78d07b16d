//! "Did you mean …": the nearest of some names.

/// Names longer than this are not compared.
const LONGEST: usize = 64;

/// The candidate that `name` is most likely a misspelling of: equal but for case, blanks, hyphens
/// and underscores, or few edits away.
pub(super) fn nearest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let wanted = plain(name)?;
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let Some(found) = plain(candidate) else { continue };
        let allowed = wanted.len().min(found.len()) / 3;
        let distance = edits(&wanted, &found);
        if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

fn plain(name: &str) -> Option<Vec<char>> {
    let letters: Vec<char> = name
        .chars()
        .take(LONGEST + 1)
        .filter(|letter| !matches!(letter, ' ' | '-' | '_' | '/'))
        .flat_map(char::to_lowercase)
        .collect();
    (!letters.is_empty() && letters.len() <= LONGEST).then_some(letters)
}

/// Insertions, removals and replacements that turn one into the other.
fn edits(from: &[char], to: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, letter) in from.iter().enumerate() {
        let mut diagonal = index;
        let mut left = index + 1;
        for (column, other) in to.iter().enumerate() {
            let above = row.get(column + 1).copied().unwrap_or(0);
            let replaced = diagonal + usize::from(letter != other);
            let least = replaced.min(left + 1).min(above + 1);
            if let Some(cell) = row.get_mut(column) {
                *cell = left;
            }
            diagonal = above;
            left = least;
        }
        if let Some(cell) = row.last_mut() {
            *cell = left;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspellings_find_their_name_and_others_none() {
        let names = ["IPv4 address", "IPv6 address", "AS Number", "Domain"];
        assert_eq!(nearest("ipv4_address", names), Some("IPv4 address"));
        assert_eq!(nearest("AS Numbr", names), Some("AS Number"));
        assert_eq!(nearest("ipv6 addresses", names), Some("IPv6 address"));
        assert_eq!(nearest("Colour", names), None);
        assert_eq!(nearest("", names), None);
        assert_eq!(nearest(&"x".repeat(1_000_000), names), None);
    }

    #[test]
    fn edits_are_counted_as_by_hand() {
        let count = |a: &str, b: &str| {
            edits(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>())
        };
        assert_eq!(count("kitten", "sitting"), 3);
        assert_eq!(count("", "abc"), 3);
        assert_eq!(count("abc", ""), 3);
        assert_eq!(count("abc", "abc"), 0);
        assert_eq!(count("ab", "ba"), 2);
    }
}
