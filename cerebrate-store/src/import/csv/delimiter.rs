//! Which character separates the cells.

use super::scan::{Cell, Step, scan};

/// What is looked for, the likeliest first.
const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];

/// How many rows are looked at.
const ROWS: usize = 50;

/// The delimiter of a file that begins with `text`: the one under which most headers are known,
/// then the one under which most rows are as wide as the first.
pub(super) fn detect(text: &[u8], ended: bool, is_known: &dyn Fn(&str) -> bool) -> u8 {
    let mut best = (b',', (0, 0, 0));
    for candidate in CANDIDATES {
        let found = judge(text, ended, candidate, is_known);
        if found > best.1 {
            best = (candidate, found);
        }
    }
    best.0
}

/// A first line `sep=;`, as spreadsheets write it: the delimiter and the length of the line.
pub(super) fn declared(text: &[u8]) -> Option<(u8, usize)> {
    let rest = text.strip_prefix(b"sep=").or_else(|| text.strip_prefix(b"SEP="))?;
    match rest {
        [delimiter, b'\r', b'\n', ..] => Some((*delimiter, 7)),
        [delimiter, b'\n' | b'\r', ..] => Some((*delimiter, 6)),
        _ => None,
    }
}

/// Known headers, rows as wide as the first, cells of the first.
fn judge(
    text: &[u8],
    ended: bool,
    delimiter: u8,
    is_known: &dyn Fn(&str) -> bool,
) -> (usize, usize, usize) {
    let mut cells: Vec<Cell> = Vec::new();
    let mut rest = text;
    let (mut known, mut alike, mut width) = (0, 0, 0);
    for row in 0..ROWS {
        let Step::Row(length) = scan(rest, ended, delimiter, &mut cells) else { break };
        if row == 0 {
            width = cells.len();
            let header = |cell: &Cell| is_known(String::from_utf8_lossy(&cell.text(rest)).trim());
            known = cells.iter().filter(|cell| header(cell)).count();
        }
        if width > 1 && cells.len() == width {
            alike += 1;
        }
        rest = rest.get(length..).unwrap_or_default();
        if rest.is_empty() {
            break;
        }
    }
    (known, alike, width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_told_by_headers_and_by_rows() {
        let known = |header: &str| matches!(header, "name" | "url");
        for (text, expected) in [
            ("name,url\na,b\n", b','),
            ("name;url\na, b;c\n", b';'),
            ("name\turl\na,b\tc;d\n", b'\t'),
            ("name|url", b'|'),
            ("name\na,b\n", b','),
            ("\"name\";\"a,b,c\"\n1;2\n", b';'),
            ("Team;Where, exactly\nx;y\n", b';'),
            ("", b','),
        ] {
            assert_eq!(detect(text.as_bytes(), true, &known), expected, "{text:?}");
        }
        assert_eq!(declared(b"sep=;\r\nname"), Some((b';', 7)));
        assert_eq!(declared(b"sep=;"), None);
    }
}
