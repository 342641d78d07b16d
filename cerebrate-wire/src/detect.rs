use crate::split::Element;

/// How a text spells its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// As Cerebrate answers: an object with `uuid`.
    Cerebrate,
    /// As MISP answers: an object under `Organisation` or `SharingGroup`, or with MISP's columns.
    Misp,
    /// Our own: an object whose `id` is a UUID, or one that names its values as we do.
    Own,
}

impl Dialect {
    /// The name on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Dialect::Cerebrate => "cerebrate",
            Dialect::Misp => "misp",
            Dialect::Own => "json",
        }
    }
}

/// Keys that only MISP's organisations have.
const OF_MISP: [&[u8]; 5] =
    [b"date_created", b"date_modified", b"restricted_to_domain", b"landingpage", b"user_count"];

/// Which dialect a text is written in, judged by its first record. The first few kilobytes are
/// enough; `None` if they do not tell.
///
/// ```
/// use cerebrate_wire::{Dialect, detect};
///
/// assert_eq!(detect(br#"[{"Organisation": {"id": "1","#), Some(Dialect::Misp));
/// assert_eq!(detect(br#"[{"id": 3, "uuid": "49e3572b-"#), Some(Dialect::Cerebrate));
/// assert_eq!(detect(br#"{"name": "CSIRT 01"}"#), Some(Dialect::Own));
/// assert_eq!(detect(b"Team,Country"), None);
/// ```
pub fn detect(first_bytes: &[u8]) -> Option<Dialect> {
    let mut text = first_bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(first_bytes);
    // A list, and a list wrapped in an object.
    loop {
        text = text.trim_ascii_start();
        if let Some(inner) = text.strip_prefix(b"[") {
            text = inner;
            continue;
        }
        let inner = text.strip_prefix(b"{")?;
        let mut keys = Keys { text: inner, depth: 0 };
        match keys.next() {
            Some((b"response", value)) if value.starts_with(b"[") || value.starts_with(b"{") => {
                text = value;
            }
            _ => return judge(Keys { text: inner, depth: 0 }),
        }
    }
}

impl Element<'_> {
    /// Which dialect this record is written in.
    pub fn dialect(&self) -> Option<Dialect> {
        detect(self.text)
    }

    /// Whether it is what a peer says instead of records, such as
    /// `{"message": "Authentication failed.", "url": "/organisations/index"}`.
    pub fn is_refusal(&self) -> bool {
        let Some(object) = self.text.trim_ascii_start().strip_prefix(b"{") else { return false };
        let keys: Vec<&[u8]> = members(object).map(|(key, _)| key).collect();
        let has =
            |names: &[&str]| keys.iter().any(|key| names.iter().any(|n| n.as_bytes() == *key));
        has(&["message", "errors"])
            && has(&["url", "saved", "success", "code"])
            && !has(&["uuid", "id", "email", "Organisation", "SharingGroup"])
    }

    /// What the record is called, found without reading it: there may be much wrong with it.
    pub fn name(&self) -> Option<String> {
        let object = self.text.trim_ascii_start().strip_prefix(b"{")?;
        let inner = members(object).find(|(key, _)| *key == b"Organisation");
        let object = inner.and_then(|(_, value)| value.strip_prefix(b"{")).unwrap_or(object);
        let (_, value) = members(object).find(|(key, _)| matches!(*key, b"name" | b"email"))?;
        let mut texts = serde_json::Deserializer::from_slice(value).into_iter::<String>();
        texts.next()?.ok().filter(|name| !name.trim().is_empty())
    }
}

pub(crate) fn members(object: &[u8]) -> Keys<'_> {
    Keys { text: object, depth: 0 }
}

fn judge(keys: Keys<'_>) -> Option<Dialect> {
    let (mut own, mut numbered, mut cerebrate) = (false, false, false);
    for (key, value) in keys {
        match key {
            b"Organisation" | b"SharingGroup" => return Some(Dialect::Misp),
            b"id" if is_uuid(value) => return Some(Dialect::Own),
            b"id" => numbered = true,
            // No peer has such members.
            b"external_id" | b"kind" | b"organisations" | b"role" => return Some(Dialect::Own),
            b"uuid" => cerebrate = true,
            b"name" | b"email" => own = true,
            _ if OF_MISP.contains(&key) => return Some(Dialect::Misp),
            _ => {}
        }
    }
    if cerebrate && (numbered || !own) {
        Some(Dialect::Cerebrate)
    } else if own {
        Some(Dialect::Own)
    } else {
        None
    }
}

/// Whether a value begins with a UUID in quotes.
fn is_uuid(value: &[u8]) -> bool {
    value
        .strip_prefix(b"\"")
        .and_then(|text| text.get(..36))
        .and_then(|text| uuid::Uuid::try_parse_ascii(text).ok())
        .is_some()
}

/// The keys of the object that was just opened, each with the text from its value on, as far as
/// the text goes.
pub(crate) struct Keys<'a> {
    text: &'a [u8],
    depth: usize,
}

impl<'a> Iterator for Keys<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        while let Some((byte, rest)) = self.text.split_first() {
            self.text = rest;
            match byte {
                b'"' => {
                    let end = closing_quote(rest)?;
                    let (word, rest) = rest.split_at_checked(end)?;
                    self.text = rest.get(1..)?;
                    let value = self.text.trim_ascii_start().strip_prefix(b":");
                    if let (0, Some(value)) = (self.depth, value) {
                        return Some((word, value.trim_ascii_start()));
                    }
                }
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth == 0 => return None,
                b'}' | b']' => self.depth -= 1,
                _ => {}
            }
        }
        None
    }
}

fn closing_quote(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match text.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_record_tells_the_dialect() {
        let cerebrate = Some(Dialect::Cerebrate);
        let misp = Some(Dialect::Misp);
        let own = Some(Dialect::Own);
        for (text, expected) in [
            ("\u{feff}[ {\"id\":1,\"uuid\":\"x\",\"name\":\"n\"", cerebrate),
            ("{\"uuid\":\"x\"}\n{\"uuid\":\"y\"}", cerebrate),
            ("{\"response\": [{\"Organisation\":{", misp),
            ("{\"response\":{\"Organisation\":{\"id\"", misp),
            ("[{\"name\":\"n\",\"uuid\":\"x\",\"date_created\":\"2026", misp),
            ("[{\"SharingGroup\":{\"id\":\"1\"}}]", misp),
            ("[{\"id\":\"55f6ea5e-2c60-40e5-964f-47a8950d210f\",\"name\":\"n\"}]", own),
            ("[{\"uuid\":\"x\",\"name\":\"A\",\"tags\":[\"t\"]}]", own),
            ("[{\"uuid\":\"x\",\"name\":\"A\",\"external_id\":\"e1\",\"id\":1}]", own),
            ("[{\"name\":\"a \\\"uuid\\\": b\"}]", own),
            ("{\"meta\":{\"uuid\":1},\"email\":\"a@b.lu\"}", own),
            ("[]", None),
            ("", None),
            ("{\"message\":\"no\"}", None),
            ("\"uuid\":", None),
        ] {
            assert_eq!(detect(text.as_bytes()), expected, "{text}");
        }
    }

    fn element(text: &str) -> Element<'_> {
        Element { text: text.as_bytes(), place: crate::place::Place::START }
    }

    #[test]
    fn what_is_said_instead_of_records_is_known() {
        for (text, expected) in [
            (r#"{"name":"Authentication failed","message":"no","url":"\/x"}"#, true),
            (r#"{"saved":false,"name":"Could not add","errors":{"name":["x"]}}"#, true),
            (r#"{"message":"words","success":true}"#, true),
            (r#"{"name":"Team","message":"words"}"#, false),
            (r#"{"uuid":"x","name":"Team","message":"words","url":"u"}"#, false),
            (r#"{"name":"Team","url":"u"}"#, false),
            ("[]", false),
        ] {
            assert_eq!(element(text).is_refusal(), expected, "{text}");
        }
    }

    #[test]
    fn a_name_is_found_in_what_cannot_be_read() {
        for (text, expected) in [
            (r#"{"uuid":"x","name":"T\u00e9am"}"#, Some("Téam")),
            (r#" {"Organisation":{"id":"1","name":"M"},"name":"other"}"#, Some("M")),
            (r#"{"email":"a@b.lu","broken": "#, Some("a@b.lu")),
            (r#"{"name":7}"#, None),
            (r#"{"name":" "}"#, None),
            (r#"{"name":"open"#, None),
        ] {
            assert_eq!(element(text).name().as_deref(), expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_judged(text: Vec<u8>) {
            let _dialect = detect(&text);
            let element = Element { text: &text, place: crate::place::Place::START };
            let _ = (element.is_refusal(), element.name());
        }

        #[test]
        fn half_a_text_is_judged(end in 0_usize..60) {
            let text = br#"{"response":[{"a\"b":["}",{}],"uuid":"\\","name":"\u00e9"}]}"#;
            let _dialect = detect(&text[..end.min(text.len())]);
        }
    }
}
