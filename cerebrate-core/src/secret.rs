//! Texts and bytes that are never shown.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// What stands for a secret wherever one would be printed.
const MASK: &str = "***";

/// Something that is never shown: `Debug`, `Display` and serialisation say `***`, it is overwritten
/// when dropped, and comparing takes the same time wherever two of one length differ. `expose` is
/// the only way to the content.
///
/// ```
/// use cerebrate_core::secret::SecretText;
///
/// let password = SecretText::from("correct horse");
/// assert_eq!(format!("{password} {password:?}"), "*** ***");
/// assert_eq!(serde_json::to_string(&password)?, r#""***""#);
/// assert_eq!(password.expose(), "correct horse");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone)]
pub struct Secret<T: Zeroize>(Zeroizing<T>);

/// A secret text: a password, the auth key of a peer.
///
/// It is read from JSON like any text, except that `***` is refused: a record that was shown and is
/// sent back never overwrites the secret with its mask.
pub type SecretText = Secret<String>;

/// Secret bytes.
pub type SecretBytes = Secret<Vec<u8>>;

impl Secret<String> {
    /// The text. Never print, log or store what this gives.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Secret<Vec<u8>> {
    /// The bytes. Never print, log or store what this gives.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The same as text, if it is UTF-8.
    ///
    /// ```
    /// use cerebrate_core::secret::SecretBytes;
    ///
    /// assert!(SecretBytes::from(b"abc".to_vec()).into_text().is_some());
    /// assert!(SecretBytes::from(vec![0xff]).into_text().is_none());
    /// ```
    pub fn into_text(mut self) -> Option<SecretText> {
        // Taken out, not copied: the one buffer stays the one to overwrite.
        String::from_utf8(std::mem::take(&mut *self.0)).map_or_else(
            |refused| {
                refused.into_bytes().zeroize();
                None
            },
            |text| Some(text.into()),
        )
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(content: T) -> Self {
        Secret(Zeroizing::new(content))
    }
}

impl From<&str> for Secret<String> {
    /// Copies the text; what it was copied from stays as it is.
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl<T: Zeroize + AsRef<[u8]>> PartialEq for Secret<T> {
    fn eq(&self, other: &Self) -> bool {
        (*self.0).as_ref().ct_eq((*other.0).as_ref()).into()
    }
}

impl<T: Zeroize + AsRef<[u8]>> Eq for Secret<T> {}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl<T: Zeroize> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl<T: Zeroize> Serialize for Secret<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(MASK)
    }
}

impl<'de> Deserialize<'de> for Secret<String> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let secret = Secret::from(String::deserialize(deserializer)?);
        if secret.expose() == MASK {
            return Err(serde::de::Error::custom("`***` stands for a secret and is none"));
        }
        Ok(secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_prints_shows_a_secret() {
        #[derive(Debug, Serialize)]
        struct Peer {
            name: &'static str,
            auth_key: Option<SecretText>,
            seed: SecretBytes,
        }
        let peer =
            Peer { name: "a", auth_key: Some("hunter2".into()), seed: b"hunter2".to_vec().into() };
        let json = serde_json::to_string(&peer).unwrap();
        assert_eq!(json, r#"{"name":"a","auth_key":"***","seed":"***"}"#);
        for shown in [format!("{peer:?}"), format!("{peer:#?}"), peer.seed.to_string(), json] {
            assert!(!shown.contains("hunter") && !shown.contains("104"), "{shown}");
            assert!(shown.contains(MASK), "{shown}");
        }
    }

    #[test]
    fn equality_is_by_content() {
        let text = |text: &str| SecretText::from(text);
        assert_eq!(text("a"), text("a").clone());
        for other in ["b", "", "aa", "A"] {
            assert_ne!(text("a"), text(other));
        }
    }

    #[test]
    fn a_secret_is_read_but_its_mask_is_not() {
        let read: SecretText = serde_json::from_str(r#""s\u0065cret""#).unwrap();
        assert_eq!(read.expose(), "secret");
        let error = serde_json::from_str::<SecretText>(r#""***""#).unwrap_err();
        assert!(error.to_string().contains("stands for a secret"), "{error}");
    }
}
