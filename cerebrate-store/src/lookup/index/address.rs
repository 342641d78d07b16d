//! What the index needs to know of an address, for both families at once.

use std::fmt::Debug;
use std::ops::BitAnd;

/// An unsigned integer that is an address: `u32` for IPv4, `u128` for IPv6.
pub trait Address:
    Copy + Debug + Default + Ord + Send + Sync + BitAnd<Output = Self> + sealed::Sealed + 'static
{
    /// Bits of an address, and so the longest prefix.
    const BITS: u8;
    /// The last address there is.
    const LAST: Self;

    /// The network part of a prefix of this length set, the rest clear; lengths beyond
    /// [`Address::BITS`] count as [`Address::BITS`].
    #[must_use]
    fn mask(len: u8) -> Self;

    /// The last address of the prefix that begins here.
    #[must_use]
    fn last_of(self, len: u8) -> Self;

    /// The address behind this one, nothing behind the last.
    fn next(self) -> Option<Self>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for u32 {}
    impl Sealed for u128 {}
}

macro_rules! address {
    ($type:ty, $bits:literal) => {
        impl Address for $type {
            const BITS: u8 = $bits;
            const LAST: Self = Self::MAX;

            fn mask(len: u8) -> Self {
                Self::MAX.checked_shl(u32::from($bits - len.min($bits))).unwrap_or(0)
            }

            fn last_of(self, len: u8) -> Self {
                self | !Self::mask(len)
            }

            fn next(self) -> Option<Self> {
                self.checked_add(1)
            }
        }
    };
}

address!(u32, 32);
address!(u128, 128);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_reach_from_nothing_to_everything() {
        assert_eq!(u32::mask(0), 0);
        assert_eq!(u32::mask(1), 0x8000_0000);
        assert_eq!(u32::mask(24), 0xffff_ff00);
        assert_eq!(u32::mask(32), u32::MAX);
        assert_eq!(u32::mask(200), u32::MAX);
        assert_eq!(u128::mask(0), 0);
        assert_eq!(u128::mask(64), u128::MAX << 64);
        assert_eq!(u128::mask(128), u128::MAX);
    }

    #[test]
    fn the_last_address_of_a_prefix() {
        assert_eq!(0x0a00_0000_u32.last_of(8), 0x0aff_ffff);
        assert_eq!(0_u32.last_of(0), u32::MAX);
        assert_eq!(7_u128.last_of(128), 7);
        assert_eq!(u32::MAX.next(), None);
        assert_eq!(7_u128.next(), Some(8));
    }
}
