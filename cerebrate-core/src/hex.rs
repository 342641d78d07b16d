//! Bytes of a fixed number as lower-case hexadecimal text.

use std::fmt;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The two characters that spell `byte`.
pub(crate) fn spell(byte: u8) -> [char; 2] {
    [byte >> 4, byte & 15].map(|half| char::from(DIGITS[usize::from(half)]))
}

/// Writes `bytes` in lower case.
pub(crate) fn write(f: &mut impl fmt::Write, bytes: &[u8]) -> fmt::Result {
    bytes.iter().flat_map(|byte| spell(*byte)).try_for_each(|digit| f.write_char(digit))
}

/// Reads `text` into `bytes`, in either case; `false` if it is not exactly that many bytes in
/// hexadecimal.
pub(crate) fn read(text: &str, bytes: &mut [u8]) -> bool {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != bytes.len() || !rest.is_empty() {
        return false;
    }
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
        let (Some(high), Some(low)) = (high, low) else {
            return false;
        };
        // Two digits to the base of 16 are below 256.
        *byte = u8::try_from(high * 16 + low).unwrap_or_default();
    }
    true
}

/// Newtypes over bytes that people meet as hexadecimal text.
macro_rules! hex_bytes {
    ($($(#[$meta:meta])* $name:ident, $length:literal, $noun:literal;)*) => {$(
        $(#[$meta])*
        pub struct $name([u8; $length]);

        impl $name {
            /// Wraps the bytes, such as they stand in a file.
            pub const fn from_bytes(bytes: [u8; $length]) -> Self {
                Self(bytes)
            }

            /// The bytes.
            pub const fn as_bytes(&self) -> &[u8; $length] {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::hex::write(f, &self.0)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::error::Error;

            /// Reads hexadecimal digits of either case.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let mut bytes = [0; $length];
                if $crate::hex::read(text.trim(), &mut bytes) {
                    return Ok(Self(bytes));
                }
                let expected = 2 * $length;
                Err($crate::error::Error::new(
                    $crate::error::Kind::Invalid,
                    concat!("read ", $noun),
                    concat!("not a ", $noun),
                )
                .with("value", $crate::problem::excerpt(text))
                .hint(format!("it is spelled with {expected} hexadecimal digits")))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

pub(crate) use hex_bytes;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_written_and_read_back() {
        let all: Vec<u8> = (0..=255).collect();
        let mut text = String::new();
        write(&mut text, &all).unwrap();
        let mut read_back = [1; 256];
        assert!(read(&text, &mut read_back));
        assert_eq!(read_back.as_slice(), all);
        assert!(read(&text.to_uppercase(), &mut read_back));
        assert_eq!(read_back.as_slice(), all);
        assert!(text.starts_with("000102") && text.ends_with("fdfeff"));
    }

    #[test]
    fn what_is_no_hexadecimal_of_that_length_is_refused() {
        for text in ["", "a", "abc", "abcde", "ag", "+1f0", "0x1f", "é1", "ab cd"] {
            assert!(!read(text, &mut [0; 2]), "{text}");
        }
    }
}
