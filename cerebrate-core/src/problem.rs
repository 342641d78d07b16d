//! What is wrong with a value: a list of problems, never just the first.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What sort of problem it is. The spelling in JSON is [`ProblemKind::as_str`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProblemKind {
    /// A value is needed and none was given.
    Required,
    /// Longer than the limit.
    TooLong,
    /// Not an IPv4 address or network.
    NotIpv4,
    /// Not an IPv6 address or network.
    NotIpv6,
    /// The prefix length is not a number in range.
    Mask,
    /// Host bits are set; a normalised value is kept beside the original. A notice.
    HostBits,
    /// Neither true nor false.
    NotBoolean,
    /// Not a date in one of the accepted forms.
    NotDate,
    /// Does not match the pattern of the field.
    Pattern,
    /// Not in the list of permitted values.
    NotInList,
    /// A second value for a field that takes one.
    Multiple,
    /// The same value twice in one field.
    Repeated,
    /// Not a country code.
    NotCountryCode,
    /// Not an e-mail address.
    NotEmail,
    /// Not a UUID.
    NotUuid,
    /// Not a number.
    NotNumber,
    /// Not a date and time.
    NotTimestamp,
    /// Not an AS number or range of them.
    NotAsn,
    /// Not a domain name.
    NotDomain,
    /// Not a colour such as `#924da6`.
    NotColour,
    /// Not of the expected JSON type.
    WrongType,
    /// The template has no such field.
    UnknownField,
    /// The template, or this version of it, is not known here; the value is held until it is.
    UnknownTemplate,
    /// The template is for another kind of record.
    WrongScope,
    /// The engine cannot express the pattern.
    Unsupported,
    /// Contains NUL or another control character.
    ControlCharacter,
    /// Contains characters that reorder or hide text (bidirectional controls, zero-width).
    HiddenCharacter,
    /// Bytes that are not text in the encoding of the file.
    Undecodable,
    /// The same key, UUID, e-mail address or name is used by another record or row.
    Duplicate,
    /// More than one record could be meant.
    Ambiguous,
    /// The record here is newer, or no time tells which is.
    NotNewer,
    /// A row or document that ends too early or is not well-formed.
    Malformed,
    /// Refers to a record that is not known here.
    UnknownReference,
    /// Whoever asks has not the right to write that.
    NotAllowed,
}

impl ProblemKind {
    /// The spelling in JSON, in Python and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            ProblemKind::Required => "required",
            ProblemKind::TooLong => "too_long",
            ProblemKind::NotIpv4 => "not_ipv4",
            ProblemKind::NotIpv6 => "not_ipv6",
            ProblemKind::Mask => "mask",
            ProblemKind::HostBits => "host_bits",
            ProblemKind::NotBoolean => "not_boolean",
            ProblemKind::NotDate => "not_date",
            ProblemKind::Pattern => "pattern",
            ProblemKind::NotInList => "not_in_list",
            ProblemKind::Multiple => "multiple",
            ProblemKind::Repeated => "repeated",
            ProblemKind::NotCountryCode => "not_country_code",
            ProblemKind::NotEmail => "not_email",
            ProblemKind::NotUuid => "not_uuid",
            ProblemKind::NotNumber => "not_number",
            ProblemKind::NotTimestamp => "not_timestamp",
            ProblemKind::NotAsn => "not_asn",
            ProblemKind::NotDomain => "not_domain",
            ProblemKind::NotColour => "not_colour",
            ProblemKind::WrongType => "wrong_type",
            ProblemKind::UnknownField => "unknown_field",
            ProblemKind::UnknownTemplate => "unknown_template",
            ProblemKind::WrongScope => "wrong_scope",
            ProblemKind::Unsupported => "unsupported",
            ProblemKind::ControlCharacter => "control_character",
            ProblemKind::HiddenCharacter => "hidden_character",
            ProblemKind::Undecodable => "undecodable",
            ProblemKind::Duplicate => "duplicate",
            ProblemKind::Ambiguous => "ambiguous",
            ProblemKind::NotNewer => "not_newer",
            ProblemKind::Malformed => "malformed",
            ProblemKind::UnknownReference => "unknown_reference",
            ProblemKind::NotAllowed => "not_allowed",
        }
    }

    /// The kind that [`Self::as_str`] names.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::deserialize(serde::de::value::StrDeserializer::<serde::de::value::Error>::new(name))
            .ok()
    }

    /// Whether it only tells something and does not make the value invalid, wherever it is found.
    pub fn is_notice(self) -> bool {
        matches!(self, ProblemKind::HostBits)
    }
}

impl fmt::Display for ProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that is wrong with one value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    field: String,
    value: String,
    kind: ProblemKind,
    message: Cow<'static, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<Cow<'static, str>>,
    #[serde(skip)]
    is_notice: bool,
}

impl Problem {
    /// A problem of `kind` with `value` in `field`; `message` is one sentence without a full stop.
    pub fn new(
        kind: ProblemKind,
        field: impl Into<String>,
        value: &str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Problem {
            field: field.into(),
            value: excerpt(value).into_owned(),
            kind,
            message: message.into(),
            hint: None,
            is_notice: kind.is_notice(),
        }
    }

    /// The same as a notice: here it makes nothing invalid, though its kind may elsewhere.
    ///
    /// ```
    /// use cerebrate_core::problem::{Problem, ProblemKind};
    ///
    /// let problem = Problem::new(ProblemKind::ControlCharacter, "name", "a\0b", "kept as it is");
    /// assert!(!problem.is_notice());
    /// assert!(problem.as_notice().is_notice());
    /// ```
    #[must_use]
    pub fn as_notice(mut self) -> Self {
        self.is_notice = true;
        self
    }

    /// Says what would be accepted.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The field, as the template or the model names it.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// The value, cut to a readable length.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// What sort of problem it is.
    pub fn kind(&self) -> ProblemKind {
        self.kind
    }

    /// Whether it only tells something: what it is about is used as it is.
    pub fn is_notice(&self) -> bool {
        self.is_notice
    }

    /// One sentence for people.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What would be accepted.
    pub fn advice(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)?;
        if self.value.is_empty() { Ok(()) } else { write!(f, ": `{}`", self.value) }
    }
}

/// How much of a foreign value a message repeats, in characters.
const EXCERPT: usize = 120;

/// `value` cut to a readable length.
pub fn excerpt(value: &str) -> Cow<'_, str> {
    match value.char_indices().nth(EXCERPT) {
        None => Cow::Borrowed(value),
        Some((end, _)) => Cow::Owned(format!("{}…", &value[..end])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_is_cut_at_a_character() {
        let value = "é".repeat(500);
        let problem = Problem::new(ProblemKind::TooLong, "name", &value, "too long");
        assert_eq!(problem.value().chars().count(), EXCERPT + 1);
        assert!(problem.value().ends_with('…'));
    }

    #[test]
    fn json_and_as_str_spell_a_kind_alike() {
        for kind in [ProblemKind::NotIpv4, ProblemKind::UnknownTemplate, ProblemKind::HostBits] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
