//! How many users may have something.

/// How many enabled users have a certain value, and how many may: in all, and in the organisation
/// of the user who is to get it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quota {
    /// The limit for everybody; where there is none, that of an organisation holds.
    pub everywhere: Option<u64>,
    /// The limit for each organisation; where there is none, that for everybody holds.
    pub in_organisation: Option<u64>,
    /// How many have it in all, without this user.
    pub taken: u64,
    /// How many have it in the organisation, without this user.
    pub taken_in_organisation: u64,
}

impl Quota {
    /// Whether one more user may get it. Who has it already keeps it: ask only for a new one.
    ///
    /// ```
    /// use cerebrate_core::access::Quota;
    ///
    /// let quota = Quota { in_organisation: Some(2), taken: 1, ..Quota::default() };
    /// assert!(quota.has_room());
    /// assert!(!Quota { taken: 2, ..quota }.has_room());
    /// assert!(Quota { taken: 1_000, ..Quota::default() }.has_room());
    /// ```
    #[must_use]
    pub fn has_room(&self) -> bool {
        let everywhere = self.everywhere.or(self.in_organisation);
        let in_organisation = self.in_organisation.or(self.everywhere);
        everywhere.is_none_or(|limit| self.taken < limit)
            && in_organisation.is_none_or(|limit| self.taken_in_organisation < limit)
    }
}

/// Whether a text says yes: what peers since release 1.39 take for true in a yes-or-no field, and
/// any other text that is neither blank nor a no.
#[must_use]
pub fn says_yes(text: &str) -> bool {
    const NO: [&str; 6] = ["0", "false", "no", "off", "n", "f"];
    let text = text.trim().to_lowercase();
    !text.is_empty() && !NO.contains(&text.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_is_not_set_is_that_of_the_other_scope() {
        let quota = |everywhere, in_organisation, taken, taken_in_organisation| {
            Quota { everywhere, in_organisation, taken, taken_in_organisation }.has_room()
        };
        assert!(quota(Some(2), None, 1, 1) && !quota(Some(2), None, 2, 0));
        assert!(quota(None, Some(2), 1, 1) && !quota(None, Some(2), 2, 0));
        assert!(quota(Some(9), Some(2), 8, 1) && !quota(Some(9), Some(2), 8, 2));
        assert!(!quota(Some(9), Some(2), 9, 0) && !quota(Some(0), None, 0, 0));
    }

    #[test]
    fn a_no_is_no_yes() {
        for text in ["1", "true", "Yes", " on ", "banana"] {
            assert!(says_yes(text), "{text}");
        }
        for text in ["", " ", "0", "False", "no", "OFF", "n", "f"] {
            assert!(!says_yes(text), "{text}");
        }
    }
}
