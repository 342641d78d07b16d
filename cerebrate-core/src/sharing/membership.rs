use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::error::{Error, Kind};
use crate::id::OrganisationId;
use crate::model::Member;

/// What sets these digests apart from any other SHA-256 over the same bytes.
const MEMBERSHIP_DOMAIN: &[u8] = b"cerebrate membership 1\0";

macro_rules! digests {
    ($($(#[$meta:meta])* $name:ident, $noun:literal;)*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 32]);

        impl $name {
            /// Wraps the bytes of a digest that was computed before.
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The 32 bytes.
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = Error;

            /// Reads 64 hexadecimal digits of either case.
            fn from_str(text: &str) -> Result<Self, Error> {
                $crate::sharing::membership::bytes_of(text.trim()).map(Self).ok_or_else(|| {
                    Error::new(Kind::Invalid, concat!("read ", $noun), "not a digest")
                        .with("value", crate::problem::excerpt(text))
                        .hint("a digest is 64 hexadecimal digits")
                })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}
pub(super) use digests;

digests! {
    /// Stands for the membership of a group: equal for two groups exactly if they have the same
    /// members with the same rights to extend, whatever their names and the order of the members.
    ///
    /// It is a SHA-256 over the members by UUID, each as 16 bytes and a byte for the right to
    /// extend. A member that stands twice counts once, and may extend only if both say so.
    ///
    /// ```
    /// use cerebrate_core::id::OrganisationId;
    /// use cerebrate_core::model::Member;
    /// use cerebrate_core::sharing::MembershipDigest;
    /// use uuid::Uuid;
    ///
    /// let member = |number, extend| Member {
    ///     organisation: OrganisationId::new(Uuid::from_u128(number)),
    ///     extend,
    /// };
    /// let digest = MembershipDigest::of(&[member(1, true), member(2, false)]);
    /// assert_eq!(digest, MembershipDigest::of(&[member(2, false), member(1, true)]));
    /// assert_ne!(digest, MembershipDigest::of(&[member(1, true), member(2, true)]));
    /// ```
    MembershipDigest, "membership digest";
}

impl MembershipDigest {
    /// The digest of these members.
    pub fn of(members: &[Member]) -> Self {
        let mut sorted: Vec<Member> = members.to_vec();
        // A member without the right to extend sorts first, and the first of equals stays.
        sorted.sort_unstable();
        sorted.dedup_by_key(|member| member.organisation);
        let mut bytes = Vec::with_capacity(sorted.len() * 17);
        for member in sorted {
            bytes.extend_from_slice(member.organisation.uuid().as_bytes());
            bytes.push(u8::from(member.extend));
        }
        let mut hasher = Sha256::new();
        hasher.update(MEMBERSHIP_DOMAIN);
        hasher.update(&bytes);
        MembershipDigest(hasher.finalize().into())
    }
}

/// Each member once, by organisation, with whether it may extend; of two entries *false* holds.
pub(super) fn canonical(members: &[Member]) -> BTreeMap<OrganisationId, bool> {
    let mut canonical = BTreeMap::new();
    for member in members {
        *canonical.entry(member.organisation).or_insert(true) &= member.extend;
    }
    canonical
}

pub(super) fn bytes_of(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    if pairs.len() != bytes.len() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        let high = char::from(*high).to_digit(16)?;
        let low = char::from(*low).to_digit(16)?;
        *byte = u8::try_from(high * 16 + low).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn member(number: u128, extend: bool) -> Member {
        Member { organisation: OrganisationId::new(Uuid::from_u128(number)), extend }
    }

    #[test]
    fn the_digest_is_that_of_the_documented_bytes() {
        let mut bytes = b"cerebrate membership 1\0".to_vec();
        bytes.extend_from_slice(&[0; 15]);
        bytes.extend_from_slice(&[1, 1]);
        bytes.extend_from_slice(&[0; 15]);
        bytes.extend_from_slice(&[2, 0]);
        let digest = MembershipDigest::of(&[member(2, false), member(1, true)]);
        assert_eq!(digest.as_bytes()[..], Sha256::digest(&bytes)[..]);
        assert_eq!(
            digest.to_string(),
            "018662e76bc5dc1b38a84cba10560cd5b4af8d696d058bd783db1af916834474"
        );
    }

    #[test]
    fn order_and_repetition_change_nothing() {
        let digest = MembershipDigest::of(&[member(1, false), member(2, true)]);
        for members in [
            vec![member(2, true), member(1, false)],
            vec![member(1, false), member(2, true), member(1, false)],
            vec![member(1, true), member(2, true), member(1, false)],
            vec![member(1, false), member(1, true), member(2, true)],
        ] {
            assert_eq!(MembershipDigest::of(&members), digest, "{members:?}");
        }
        for members in [
            vec![],
            vec![member(1, false)],
            vec![member(1, true), member(2, true)],
            vec![member(1, false), member(2, true), member(3, false)],
        ] {
            assert_ne!(MembershipDigest::of(&members), digest, "{members:?}");
        }
    }

    #[test]
    fn text_is_read_in_either_case_and_nothing_else() {
        let digest = MembershipDigest::of(&[]);
        let text = digest.to_string();
        assert_eq!(text.len(), 64);
        assert_eq!(text, text.to_lowercase());
        assert_eq!(
            format!(" {} ", text.to_uppercase()).parse::<MembershipDigest>().unwrap(),
            digest
        );
        assert_eq!(format!("{digest:?}"), format!("MembershipDigest({text})"));
        let json = serde_json::to_string(&digest).unwrap();
        assert_eq!(json, format!("\"{text}\""));
        assert_eq!(serde_json::from_str::<MembershipDigest>(&json).unwrap(), digest);
        for text in ["", "00", &text[1..], &format!("{text}0"), &"é".repeat(32), &"+1".repeat(32)]
        {
            let error = text.parse::<MembershipDigest>().unwrap_err();
            assert_eq!(error.kind(), Kind::Invalid, "{text}");
        }
    }
}
