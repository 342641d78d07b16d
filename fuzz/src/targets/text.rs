//! Texts as they are compared and searched.

use std::net::{Ipv4Addr, Ipv6Addr};

use cerebrate_core::fold::{control_characters, fold, hidden_characters, normalised_name};
use cerebrate_core::meta::search::ValueTest;
use cerebrate_core::model::FieldKind;

pub(super) const FOLD_TOKENS: &[&str] = &[
    "ß",
    "İ",
    "ﬁ",
    "Å",
    "Σ",
    "ς",
    "ǅ",
    "㎑",
    "ｶﾞ",
    "각",
    "क्ष",
    "\u{301}",
    "\u{345}",
    "\u{1e9e}",
    "\u{fe0f}",
    "\u{200d}",
    "\u{2011}",
    "’",
    "…",
    "¼",
    "№",
    " ",
    "\u{3000}",
    ".",
    "--",
];

pub(super) const SEARCH_TOKENS: &[&str] = &[
    "!",
    "%",
    "_",
    "%%",
    "/",
    "/24",
    "/33",
    "/-1",
    "10.0.0.0",
    "2001:db8::",
    "::ffff:1.2.3.4",
    "yes",
    "off",
    "\n",
];

/// Folding again changes nothing, and what is compared has nothing that cannot be seen.
pub(super) fn folded(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let folded = fold(&text);
    assert_eq!(fold(&folded), folded, "{text:?}");
    assert_eq!(hidden_characters(&folded), None, "{text:?} as {folded:?}");
    let name = normalised_name(&text);
    assert_eq!(normalised_name(&name), name, "{text:?}");
    assert_eq!(normalised_name(&folded), name, "{text:?}");
    assert_eq!(control_characters(&name), None, "{text:?} as {name:?}");
    assert_eq!(normalised_name(&format!(" {text}\t")), name, "{text:?}");
    // What is typed in two pieces is found in the whole.
    if let Some((left, right)) = text.split_once(' ') {
        assert_eq!(format!("{} {}", fold(left), fold(right)), folded, "{text:?}");
    }
}

/// The first line is what stands in the search box, the others are values.
pub(super) fn search_value(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.split('\n');
    let term = lines.next().unwrap_or_default();
    let values: Vec<&str> = lines.take(16).chain([term]).collect();
    for kind in [FieldKind::Text, FieldKind::Boolean, FieldKind::Ipv4, FieldKind::Ipv6] {
        for read in [ValueTest::parse, ValueTest::parse_as_peers_do] {
            let test = read(&kind, term);
            // Behind a `!` a percent sign is itself, so that there is no opposite of `a%`.
            let opposite = match term.strip_prefix('!') {
                Some(rest) if !rest.contains('%') && !rest.starts_with('!') => {
                    Some(rest.to_owned())
                }
                None if !term.contains('%') => Some(format!("!{term}")),
                _ => None,
            };
            let opposite = opposite.map(|term| read(&kind, &term));
            for value in &values {
                let holds = test.holds(value);
                if let Some(opposite) = &opposite {
                    assert_ne!(opposite.holds(value), holds, "{kind:?} {term:?} on {value:?}");
                }
                if let (true, Some(equal)) = (holds, test.equals()) {
                    assert_eq!(fold(value), fold(equal), "{kind:?} {term:?} on {value:?}");
                }
            }
            if let Some(equal) = test.equals() {
                assert!(test.holds(equal), "{kind:?} {term:?} does not find itself");
            }
            let is_address = match kind {
                FieldKind::Ipv4 => term.parse::<Ipv4Addr>().is_ok(),
                FieldKind::Ipv6 => term.parse::<Ipv6Addr>().is_ok(),
                _ => false,
            };
            assert!(!is_address || test.holds(term), "{kind:?} {term:?} does not hold itself");
        }
    }
}
