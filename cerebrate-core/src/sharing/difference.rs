use std::fmt;

use serde::{Deserialize, Serialize};

use super::membership::canonical;
use crate::model::{Member, SharingGroup};

/// A field of a sharing group besides its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum GroupField {
    /// The name.
    Name,
    /// To whom its content may be released.
    Releasability,
    /// What it is for.
    Description,
    /// The organisation that owns it.
    Owner,
    /// Whether it is in use.
    Active,
    /// Whether it stays on its node.
    Local,
}

/// How one group, or one list of members, differs from another. `Display` gives one line.
///
/// ```
/// use cerebrate_core::id::OrganisationId;
/// use cerebrate_core::model::Member;
/// use cerebrate_core::sharing::difference;
/// use uuid::Uuid;
///
/// let member = |number| Member {
///     organisation: OrganisationId::new(Uuid::from_u128(number)),
///     extend: false,
/// };
/// let difference = difference(&[member(1)], &[member(2), member(3)]);
/// assert_eq!(difference.to_string(), "2 added, 1 removed");
/// assert_eq!(difference.added, [member(2), member(3)]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Difference {
    /// Members that only the later one has.
    pub added: Vec<Member>,
    /// Members that only the earlier one has, as they were.
    pub removed: Vec<Member>,
    /// Members of both whose right to extend differs, as they are in the later one.
    pub extend_changed: Vec<Member>,
    /// Fields that differ; none where lists of members were compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<GroupField>,
}

/// What to change in `earlier` to have `later`. A member that stands twice counts once, and may
/// extend only if both say so. Each list is sorted by organisation.
pub fn difference(earlier: &[Member], later: &[Member]) -> Difference {
    let (earlier, later) = (canonical(earlier), canonical(later));
    let mut difference = Difference::default();
    for (&organisation, &extend) in &later {
        let member = Member { organisation, extend };
        match earlier.get(&organisation) {
            None => difference.added.push(member),
            Some(&before) if before != extend => difference.extend_changed.push(member),
            Some(_) => {}
        }
    }
    for (&organisation, &extend) in &earlier {
        if !later.contains_key(&organisation) {
            difference.removed.push(Member { organisation, extend });
        }
    }
    difference
}

impl Difference {
    /// What to change in the group `earlier` to have `later`: members and fields. Identity and
    /// times are not compared.
    pub fn between(earlier: &SharingGroup, later: &SharingGroup) -> Difference {
        let fields = [
            (GroupField::Name, earlier.name != later.name),
            (GroupField::Releasability, earlier.releasability != later.releasability),
            (GroupField::Description, earlier.description != later.description),
            (GroupField::Owner, earlier.owner != later.owner),
            (GroupField::Active, earlier.active != later.active),
            (GroupField::Local, earlier.local != later.local),
        ];
        Difference {
            fields: fields.into_iter().filter(|(_, differs)| *differs).map(|(f, _)| f).collect(),
            ..difference(&earlier.members, &later.members)
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == Difference::default()
    }
}

impl GroupField {
    /// The name of the field, as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            GroupField::Name => "name",
            GroupField::Releasability => "releasability",
            GroupField::Description => "description",
            GroupField::Owner => "owner",
            GroupField::Active => "active",
            GroupField::Local => "local",
        }
    }
}

impl fmt::Display for GroupField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.added.len(), "added"),
            (self.removed.len(), "removed"),
            (self.extend_changed.len(), "extend changed"),
        ];
        let mut separator = "";
        for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
            write!(f, "{separator}{count} {what}")?;
            separator = ", ";
        }
        for field in &self.fields {
            write!(f, "{separator}{field} changed")?;
            separator = ", ";
        }
        if separator.is_empty() { f.write_str("no difference") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{OrganisationId, SharingGroupId};
    use uuid::Uuid;

    fn member(number: u128, extend: bool) -> Member {
        Member { organisation: OrganisationId::new(Uuid::from_u128(number)), extend }
    }

    #[test]
    fn every_member_is_in_one_list_at_most() {
        let earlier = [member(3, true), member(1, false), member(2, false), member(3, false)];
        let later = [member(4, true), member(2, true), member(3, false)];
        let difference = difference(&earlier, &later);
        assert_eq!(difference.added, [member(4, true)]);
        assert_eq!(difference.removed, [member(1, false)]);
        assert_eq!(difference.extend_changed, [member(2, true)]);
        assert_eq!(difference.to_string(), "1 added, 1 removed, 1 extend changed");
        assert!(!difference.is_empty());
    }

    #[test]
    fn equal_lists_have_no_difference() {
        let difference = difference(&[member(1, false), member(1, true)], &[member(1, false)]);
        assert!(difference.is_empty());
        assert_eq!(difference.to_string(), "no difference");
        assert_eq!(
            serde_json::to_string(&difference).unwrap(),
            r#"{"added":[],"removed":[],"extend_changed":[]}"#
        );
    }

    #[test]
    fn groups_differ_by_field_too() {
        let id = SharingGroupId::new(Uuid::from_u128(1));
        let owner = OrganisationId::new(Uuid::from_u128(2));
        let earlier = SharingGroup::new(id, "Energy".parse().unwrap(), owner);
        let mut later = SharingGroup::new(id, "Power".parse().unwrap(), owner);
        later.active = false;
        later.members.push(member(3, true));
        let difference = Difference::between(&earlier, &later);
        assert_eq!(difference.fields, [GroupField::Name, GroupField::Active]);
        assert_eq!(difference.to_string(), "1 added, name changed, active changed");
        assert!(Difference::between(&later, &later).is_empty());
    }
}
