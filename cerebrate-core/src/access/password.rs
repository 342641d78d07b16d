use crate::error::{Error, Kind, Result};
use crate::secret::SecretText;

/// The fewest bytes of a password, and how many do alone.
const SHORTEST: usize = 12;
const LONG: usize = 16;

/// Whether a password may be chosen: at least 12 bytes; and 16 bytes, or an upper-case and a
/// lower-case ASCII letter and a digit or a sign, without a line break in front. It is the rule of
/// peers at release 1.35, where `_` counts as a letter and what is not ASCII as a sign.
///
/// # Errors
/// `Invalid`, which tells what is missing and never shows the password.
///
/// ```
/// use cerebrate_core::access::accept_password;
///
/// assert!(accept_password(&"Password1234".into()).is_ok());
/// assert!(accept_password(&"password1234".into()).is_err());
/// ```
pub fn accept_password(password: &SecretText) -> Result<()> {
    let text = password.expose();
    let invalid = |message| {
        Error::new(Kind::Invalid, "choose password", message)
            .hint("take 16 characters or more, or 12 with upper and lower case and a digit or sign")
    };
    if text.len() < SHORTEST {
        return Err(invalid("the password is too short"));
    }
    if text.len() >= LONG {
        return Ok(());
    }
    let has = |is: fn(char) -> bool| text.chars().any(is);
    let is_sign = |character: char| {
        character.is_ascii_digit() || !(character.is_ascii_alphanumeric() || character == '_')
    };
    if text.starts_with('\n') {
        Err(invalid("the password begins with a line break"))
    } else if !has(|character| character.is_ascii_uppercase()) {
        Err(invalid("the password has no upper-case letter"))
    } else if !has(|character| character.is_ascii_lowercase()) {
        Err(invalid("the password has no lower-case letter"))
    } else if !has(is_sign) {
        Err(invalid("the password has neither digit nor sign"))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_judged_as_peers_do() {
        for (password, accepted) in [
            ("Password1234", true),
            ("password1234", false),
            ("PASSWORD1234", false),
            ("Passwordabcd", false),
            ("Passwordabc!", true),
            ("Aa!!!!!!!!!!", true),
            ("AAAAaaaa----", true),
            ("Password123", false),
            ("Ünïcödé1234", false),
            ("aaaaaaaaaaaaaaaa", true),
            ("aaaaaaaaaaaaaaa", false),
            ("AAAAaaaa____", false),
            ("ÀÀÀÀÀÀÀÀ", true),
            ("\nPassword1234", false),
            ("", false),
        ] {
            let verdict = accept_password(&password.into());
            assert_eq!(verdict.is_ok(), accepted, "{password:?}");
            if let Err(error) = verdict {
                let shown = format!("{error} {error:?}");
                assert!(password.is_empty() || !shown.contains(password), "{shown}");
            }
        }
    }
}
