//! What a lookup answers.

use std::fmt;

use cerebrate_core::constituency::{BasisKind, Claim};
use cerebrate_core::id::OrganisationId;
use cerebrate_core::subject::Subject;
use serde::ser::{Serialize, SerializeStruct, Serializer};

/// Who is responsible, best first.
///
/// Reasons rank prefix, AS number, domain, country; among prefixes the longest is best, among
/// ranges of AS numbers the narrowest, among domains the longest. Equal ranks stand in the order
/// of names (without case and accents, then as written), then of UUIDs. With a sector given,
/// organisations that claim it stand before all others.
///
/// Serialised it is an element of what `who --json` prints, with the subject in canonical form.
///
/// ```
/// use cerebrate_store::Store;
///
/// let store = Store::in_memory()?;
/// for hit in store.responsible_for("2001:db8::17".parse()?)? {
///     println!("{} because of {}", hit.organisation.name, hit.basis);
/// }
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Responsibility {
    subject: Subject,
    matches: Vec<Match>,
}

/// An organisation that is responsible, and why.
///
/// An organisation is one match, however many of its values say so: with the best as its basis
/// and the rest in [`Match::also`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Match {
    /// Who.
    pub organisation: OrganisationRef,
    /// The best reason.
    pub basis: Basis,
    /// All other reasons, best first. A sector is only ever here: it refines and makes no match.
    pub also: Vec<Basis>,
    pub(super) rank: Rank,
}

/// An organisation, by identity and name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct OrganisationRef {
    /// Its identity.
    pub id: OrganisationId,
    /// Its name.
    pub name: String,
}

/// A reason: the value that makes an organisation responsible.
///
/// It is shown as `prefix 185.194.92.0/22`, `asn AS197869`, `domain .lu` or `country LU`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Basis {
    /// What kind of reason it is.
    pub kind: BasisKind,
    /// The whole value as stored; it may list more than what matched.
    pub value: String,
    /// What matched of it, in normal form.
    pub claim: Claim,
}

/// How good a reason is; the best is the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Rank {
    /// Whether the sector asked for is not claimed.
    pub(super) outside_sector: bool,
    pub(super) kind: BasisKind,
    /// How wide the claim is, among claims of its kind.
    pub(super) width: u32,
}

impl Responsibility {
    pub(super) fn new(subject: Subject, matches: Vec<Match>) -> Self {
        Responsibility { subject, matches }
    }

    /// What was asked.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Everybody responsible, best first.
    pub fn matches(&self) -> &[Match] {
        &self.matches
    }

    /// The first match and all of equal rank; empty if nobody is responsible.
    pub fn best(&self) -> &[Match] {
        let first = self.matches.first().map(|first| first.rank);
        let equal = self.matches.iter().take_while(|other| Some(other.rank) == first).count();
        self.matches.get(..equal).unwrap_or_default()
    }

    /// Whether nobody is responsible.
    pub fn is_empty(&self) -> bool {
        self.matches.is_empty()
    }

    /// How many organisations are responsible.
    pub fn len(&self) -> usize {
        self.matches.len()
    }

    /// The matches, best first.
    pub fn iter(&self) -> std::slice::Iter<'_, Match> {
        self.matches.iter()
    }
}

impl IntoIterator for Responsibility {
    type Item = Match;
    type IntoIter = std::vec::IntoIter<Match>;

    fn into_iter(self) -> Self::IntoIter {
        self.matches.into_iter()
    }
}

impl<'a> IntoIterator for &'a Responsibility {
    type Item = &'a Match;
    type IntoIter = std::slice::Iter<'a, Match>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Match {
    /// Every reason, best first.
    pub fn bases(&self) -> impl Iterator<Item = &Basis> {
        std::iter::once(&self.basis).chain(&self.also)
    }
}

impl Basis {
    pub(super) fn new(claim: Claim, value: String) -> Self {
        Basis { kind: claim.basis_kind(), value, claim }
    }

    /// What matched, in normal form: `185.194.92.0/22`, `AS64496-AS64511`, `example.lu`, `.lu`,
    /// `LU`, `energy`.
    pub fn normalised(&self) -> String {
        claim_text(&self.claim)
    }
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.normalised())
    }
}

/// A claim in normal form; a top-level domain has its leading dot.
pub(super) fn claim_text(claim: &Claim) -> String {
    match claim {
        Claim::Prefix(prefix) => prefix.to_string(),
        Claim::Asn(range) => range.to_string(),
        Claim::Domain(suffix) if suffix.domain().is_single_label() => format!(".{suffix}"),
        Claim::Domain(suffix) => suffix.to_string(),
        Claim::Country(code) => code.to_string(),
        Claim::Sector(sector) => sector.clone(),
        _ => String::new(),
    }
}

impl Serialize for Responsibility {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Responsibility", 2)?;
        fields.serialize_field("subject", &self.subject.to_string())?;
        fields.serialize_field("matches", &self.matches)?;
        fields.end()
    }
}

impl Serialize for Match {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Match", 2)?;
        fields.serialize_field("organisation", &self.organisation)?;
        fields.serialize_field("basis", &self.basis)?;
        fields.end()
    }
}

impl Serialize for OrganisationRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("OrganisationRef", 2)?;
        fields.serialize_field("uuid", &self.id)?;
        fields.serialize_field("name", &self.name)?;
        fields.end()
    }
}

impl Serialize for Basis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Basis", 2)?;
        fields.serialize_field("kind", &self.kind)?;
        fields.serialize_field("value", &self.value)?;
        fields.end()
    }
}
