//! Values that arrive as text.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use cerebrate_core::Error;
use cerebrate_core::id::{OrganisationId, SharingGroupId, TagId};
use cerebrate_core::value::Timestamp;

/// A moment: what is read is written, and read again, without change.
pub(super) fn timestamp(bytes: &[u8]) {
    survives_a_round::<Timestamp>(bytes);
}

/// Identities, as [`timestamp`].
pub(super) fn ids(bytes: &[u8]) {
    survives_a_round::<OrganisationId>(bytes);
    survives_a_round::<SharingGroupId>(bytes);
    survives_a_round::<TagId>(bytes);
}

fn survives_a_round<T>(bytes: &[u8])
where
    T: FromStr<Err = Error> + Display + Debug + PartialEq,
{
    let text = String::from_utf8_lossy(bytes);
    match text.parse::<T>() {
        Ok(value) => match value.to_string().parse::<T>() {
            Ok(again) => assert_eq!(again, value, "{text:?} changed on the way"),
            Err(error) => unreadable(&value, &error),
        },
        // The message is what a person sees, so that it must be possible to make one.
        Err(error) => assert!(!error.to_string().is_empty(), "{text:?} fails without a word"),
    }
}

#[expect(clippy::panic, reason = "a panic is how a target reports a finding")]
fn unreadable(value: &impl Display, error: &Error) {
    panic!("`{value}` was written and cannot be read: {error}")
}
