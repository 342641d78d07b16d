//! Whom an organisation serves: which stored values say so, and what they claim.
//!
//! Only constituency fields and typed network fields count. An organisation's own web address,
//! contacts and nationality are not a constituency.

mod country;
mod read;

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::id::MetaTemplateId;
use crate::model::FieldKind;
use crate::problem::Problem;
use crate::value::{AsnRange, CountryCode, DomainSuffix, IpPrefix};

/// The meta-template `CSIRT Constituency`, at any of its versions.
pub const TEMPLATE: MetaTemplateId =
    MetaTemplateId::new(Uuid::from_u128(0xfaca_6acc_23e0_4585_8fd8_4379_e3a6_250d));

/// How many claims one value may make.
pub const CLAIM_LIMIT: usize = 4_096;

/// How many problems are listed for one value.
pub const PROBLEM_LIMIT: usize = 64;

/// Something that an organisation says it is responsible for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Claim {
    /// An address or network.
    Prefix(IpPrefix),
    /// One AS number or a range of them.
    Asn(AsnRange),
    /// A domain and all names below it.
    Domain(DomainSuffix),
    /// A country.
    Country(CountryCode),
    /// A sector, as [`sector_key`] gives it.
    Sector(String),
}

impl Claim {
    /// What kind of reason the claim is.
    pub fn basis_kind(&self) -> BasisKind {
        match self {
            Claim::Prefix(_) => BasisKind::Prefix,
            Claim::Asn(_) => BasisKind::Asn,
            Claim::Domain(_) => BasisKind::Domain,
            Claim::Country(_) => BasisKind::Country,
            Claim::Sector(_) => BasisKind::Sector,
        }
    }
}

/// Why an organisation is an answer to a lookup. The best reason is the least: sorting puts it
/// first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BasisKind {
    /// An address or network.
    Prefix,
    /// An AS number.
    Asn,
    /// A domain.
    Domain,
    /// A country.
    Country,
    /// A sector.
    Sector,
}

impl BasisKind {
    /// The spelling in JSON, in Python and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            BasisKind::Prefix => "prefix",
            BasisKind::Asn => "asn",
            BasisKind::Domain => "domain",
            BasisKind::Country => "country",
            BasisKind::Sector => "sector",
        }
    }
}

impl fmt::Display for BasisKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the values of a field say about a constituency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Role {
    /// IPv4 addresses and networks. An IPv6 network there is read all the same.
    Ipv4,
    /// IPv6 addresses and networks. An IPv4 network there is read all the same.
    Ipv6,
    /// AS numbers and ranges of them.
    Asn,
    /// Domains.
    Domain,
    /// Countries, by name or by code.
    Country,
    /// Sectors.
    Sector,
}

impl Role {
    /// What kind of reason the values are.
    pub fn basis_kind(self) -> BasisKind {
        match self {
            Role::Ipv4 | Role::Ipv6 => BasisKind::Prefix,
            Role::Asn => BasisKind::Asn,
            Role::Domain => BasisKind::Domain,
            Role::Country => BasisKind::Country,
            Role::Sector => BasisKind::Sector,
        }
    }

    /// The field of the constituency template with this role.
    pub fn field_name(self) -> &'static str {
        match self {
            Role::Ipv4 => "IPv4 address",
            Role::Ipv6 => "IPv6 address",
            Role::Asn => "AS Number",
            Role::Domain => "Domain",
            Role::Country => "Country",
            Role::Sector => "Sector",
        }
    }
}

/// What the field `field_name` of `template` says about a constituency, `None` if nothing: the
/// seven fields of [`TEMPLATE`], by name without regard to case, and fields of kind `ipv4` and
/// `ipv6` of any template.
///
/// ```
/// use cerebrate_core::constituency::{Role, TEMPLATE, role_of};
/// use cerebrate_core::model::FieldKind;
///
/// assert_eq!(role_of(TEMPLATE, "Country Code", &FieldKind::Text), Some(Role::Country));
/// assert_eq!(role_of(TEMPLATE, "Remarks", &FieldKind::Text), None);
/// ```
pub fn role_of(template: MetaTemplateId, field_name: &str, kind: &FieldKind) -> Option<Role> {
    if template == TEMPLATE {
        let named = FIELDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(field_name));
        if let Some((_, role)) = named {
            return Some(*role);
        }
    }
    match kind {
        FieldKind::Ipv4 => Some(Role::Ipv4),
        FieldKind::Ipv6 => Some(Role::Ipv6),
        _ => None,
    }
}

/// The claims that `value` makes in a field of this role, and a problem for each part that cannot
/// be read. Problems name the field as the constituency template does; see [`read_named`].
///
/// One value may list several, separated by commas, semicolons or line breaks, and by blanks where
/// they leave no doubt: what a stray blank could have made of a longer text is not read. A
/// top-level domain stands alone between separators. A range of addresses becomes the networks
/// that cover it. At most [`CLAIM_LIMIT`] claims are read and
/// [`PROBLEM_LIMIT`] problems listed. The same claim is given once.
///
/// ```
/// use cerebrate_core::constituency::{Claim, Role, read};
///
/// let (claims, problems) = read(Role::Asn, "AS1853, AS1109; AS-SET");
/// assert_eq!(claims, [Claim::Asn("AS1853".parse()?), Claim::Asn("AS1109".parse()?)]);
/// assert_eq!(problems[0].value(), "AS-SET");
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
pub fn read(role: Role, value: &str) -> (Vec<Claim>, Vec<Problem>) {
    read_named(role, role.field_name(), value)
}

/// As [`read`], with `field_name` as the field in problems: for fields of other templates.
pub fn read_named(role: Role, field_name: &str, value: &str) -> (Vec<Claim>, Vec<Problem>) {
    read::value(role, field_name, value)
}

/// The form in which equal sectors are equal.
///
/// ```
/// use cerebrate_core::constituency::sector_key;
///
/// assert_eq!(sector_key(" Énergie "), sector_key("ENERGIE"));
/// ```
pub fn sector_key(text: &str) -> String {
    crate::fold::normalised_name(text)
}

const FIELDS: [(&str, Role); 7] = [
    ("IPv4 address", Role::Ipv4),
    ("IPv6 address", Role::Ipv6),
    ("AS Number", Role::Asn),
    ("Domain", Role::Domain),
    ("Country", Role::Country),
    ("Country Code", Role::Country),
    ("Sector", Role::Sector),
];

#[cfg(test)]
mod tests;
