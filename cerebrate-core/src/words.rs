//! Words that messages and reports share.

/// A number and what it counts: in the plural unless it is one. For nouns that take an `s`.
///
/// ```
/// use cerebrate_core::words::counted;
///
/// assert_eq!(counted(1, "value"), "1 value");
/// assert_eq!(counted(0, "sharing group"), "0 sharing groups");
/// ```
pub fn counted(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
