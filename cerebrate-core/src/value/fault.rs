use crate::error::{Error, Kind};
use crate::problem::{Problem, ProblemKind, excerpt};

/// Why a text cannot be read, while it is still open whether that becomes an error or a listed
/// problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    kind: ProblemKind,
    message: &'static str,
    hint: Option<&'static str>,
}

impl Fault {
    pub(crate) const fn new(kind: ProblemKind, message: &'static str) -> Self {
        Fault { kind, message, hint: None }
    }

    pub(crate) const fn hint(mut self, hint: &'static str) -> Self {
        self.hint = Some(hint);
        self
    }

    pub(crate) const fn kind(self) -> ProblemKind {
        self.kind
    }

    pub(crate) fn into_error(self, operation: &'static str, text: &str) -> Error {
        let error = Error::new(Kind::Invalid, operation, self.message).with("value", excerpt(text));
        match self.hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }

    pub(crate) fn into_problem(self, field: &str, text: &str) -> Problem {
        let problem = Problem::new(self.kind, field, text, self.message);
        match self.hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    }
}

/// `Serialize` as the text of `Display`, `Deserialize` through `FromStr`.
macro_rules! serde_as_text {
    ($($name:ty),+) => {$(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl TryFrom<String> for $name {
            type Error = crate::error::Error;

            fn try_from(text: String) -> Result<Self, crate::error::Error> {
                text.parse()
            }
        }
    )+};
}

pub(crate) use serde_as_text;
