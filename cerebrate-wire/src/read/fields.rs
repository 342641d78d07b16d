use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use cerebrate_core::model::{Name, SHORT_TEXT, TagName};
use cerebrate_core::problem::{Problem, ProblemKind};
use cerebrate_core::value::Timestamp;
use uuid::Uuid;

use crate::json::{Member, Node, Value};
use crate::place::{Finding, Place};

/// Where in a record: keys and positions from the outside in.
#[derive(Clone, Copy)]
pub(crate) struct Path<'p> {
    parent: Option<&'p Path<'p>>,
    step: PathStep<'p>,
}

#[derive(Clone, Copy)]
enum PathStep<'p> {
    Root,
    Key(&'p str),
    Position(usize),
}

impl Path<'_> {
    pub(crate) const ROOT: Path<'static> = Path { parent: None, step: PathStep::Root };
}

impl<'p> Path<'p> {
    pub(crate) fn key(&'p self, key: &'p str) -> Path<'p> {
        Path { parent: Some(self), step: PathStep::Key(key) }
    }

    pub(crate) fn position(&'p self, position: usize) -> Path<'p> {
        Path { parent: Some(self), step: PathStep::Position(position) }
    }

    fn is_root(&self) -> bool {
        matches!(self.step, PathStep::Root)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match self.step {
            PathStep::Root => Ok(()),
            PathStep::Key(key) => {
                let dot = self.parent.is_some_and(|parent| !parent.is_root());
                write!(f, "{}{key}", if dot { "." } else { "" })
            }
            PathStep::Position(position) => write!(f, "[{position}]"),
        }
    }
}

impl fmt::Debug for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What reading a record came across.
#[derive(Debug)]
pub(crate) struct Notes<'t> {
    text: &'t str,
    problems: Vec<(usize, Problem)>,
    unknown_keys: BTreeSet<String>,
    /// Whether a record without UUID is one all the same.
    without_identity: bool,
}

impl<'t> Notes<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Notes { text, problems: Vec::new(), unknown_keys: BTreeSet::new(), without_identity: false }
    }

    /// Gives records without UUID the nil UUID.
    pub(crate) fn allow_no_identity(&mut self) {
        self.without_identity = true;
    }

    pub(crate) fn add(&mut self, at: usize, problem: Problem) {
        self.problems.push((at, problem));
    }

    /// How many problems there are so far.
    pub(crate) fn count(&self) -> usize {
        self.problems.len()
    }

    /// A problem with the value of `node`.
    pub(crate) fn problem(
        &mut self,
        node: &Node<'_>,
        path: Path<'_>,
        kind: ProblemKind,
        message: impl Into<std::borrow::Cow<'static, str>>,
    ) {
        let field = if path.is_root() { "record".to_owned() } else { path.to_string() };
        let problem = match &node.value {
            Value::Text(text) => Problem::new(kind, field, text, message),
            Value::Number(text) => Problem::new(kind, field, text, message),
            _ => Problem::new(kind, field, self.source(node), message),
        };
        self.add(node.at, problem);
    }

    /// A key whose value is not read.
    pub(crate) fn unknown(&mut self, path: Path<'_>) {
        self.unknown_keys.insert(path.to_string());
    }

    fn wrong_type(&mut self, node: &Node<'_>, path: Path<'_>, expected: &'static str) {
        let message = format!("{expected} is expected, not {}", node.value.noun());
        self.problem(node, path, ProblemKind::WrongType, message);
    }

    /// The text of the record from `node` on, enough of it to recognise.
    fn source(&self, node: &Node<'_>) -> &'t str {
        let rest = self.text.get(node.at..).unwrap_or_default();
        let rest = match rest.char_indices().nth(200) {
            Some((end, _)) => rest.get(..end).unwrap_or(rest),
            None => rest,
        };
        rest.get(..end_of_value(rest)).unwrap_or(rest)
    }

    /// The problems in the order found, with their places, and the unknown keys.
    pub(crate) fn finish(self, text: &[u8], start: Place) -> (Vec<Finding>, Vec<String>) {
        // Places are counted in one walk over the text, however many problems there are.
        let mut offsets: Vec<usize> = self.problems.iter().map(|(at, _)| *at).collect();
        offsets.sort_unstable();
        let mut places = BTreeMap::new();
        let mut known = (0, start);
        for at in offsets {
            let between = text.get(known.0..at).unwrap_or_default();
            known = (at, known.1.after(between));
            places.insert(at, known.1);
        }
        let problems = self.problems.into_iter().map(|(at, problem)| Finding {
            place: places.get(&at).copied().unwrap_or(start),
            problem,
        });
        (problems.collect(), self.unknown_keys.into_iter().collect())
    }

    /// The members of an object; `[]` is one without members, and nothing else is an object.
    pub(crate) fn object<'n, 'a>(
        &mut self,
        node: &'n Node<'a>,
        path: Path<'_>,
    ) -> Option<&'n [Member<'a>]> {
        match &node.value {
            Value::Object(members) => Some(members),
            Value::List(items) if items.is_empty() => Some(&[]),
            _ => {
                self.wrong_type(node, path, "an object");
                None
            }
        }
    }

    /// The items of a list; an object is taken for the list of its values, as PHP writes a list
    /// with gaps.
    pub(crate) fn list<'n, 'a>(
        &mut self,
        node: Option<&'n Node<'a>>,
        path: Path<'_>,
    ) -> Vec<&'n Node<'a>> {
        match node.map(|node| (node, &node.value)) {
            None | Some((_, Value::Null)) => Vec::new(),
            Some((_, Value::List(items))) => items.iter().collect(),
            Some((_, Value::Object(members))) => {
                members.iter().map(|member| &member.node).collect()
            }
            Some((node, _)) => {
                self.wrong_type(node, path, "a list");
                Vec::new()
            }
        }
    }
}

/// The values of the keys of one object that its reader asks for.
pub(crate) struct Fields<'n, 'a, 'p> {
    node: &'n Node<'a>,
    path: Path<'p>,
}

impl<'n, 'a, 'p> Fields<'n, 'a, 'p> {
    /// For values that were picked otherwise.
    pub(crate) fn at(node: &'n Node<'a>, path: Path<'p>) -> Self {
        Fields { node, path }
    }

    /// Picks the values of `keys` and notes every key that is neither among them nor in `ignored`.
    pub(crate) fn pick<const N: usize>(
        node: &'n Node<'a>,
        path: Path<'p>,
        notes: &mut Notes<'_>,
        keys: [&'static str; N],
        ignored: &[&str],
    ) -> Option<(Self, [Option<&'n Node<'a>>; N])> {
        let members = notes.object(node, path)?;
        let mut picked = [None; N];
        // Keys mostly come in the order in which peers write them: look there first.
        let mut next = 0;
        for member in members {
            let key = &*member.key;
            let found = (next..N).chain(0..next).find(|index| keys[*index] == key);
            if let Some(index) = found {
                picked[index] = Some(&member.node);
                next = index + 1;
            } else if !ignored.contains(&key) {
                notes.unknown(path.key(key));
            }
        }
        Some((Fields { node, path }, picked))
    }

    /// A text of at most `limit` bytes.
    pub(crate) fn text(
        &self,
        key: &str,
        value: Option<&Node<'_>>,
        limit: usize,
        notes: &mut Notes<'_>,
    ) -> Option<String> {
        let node = value?;
        let path = self.path.key(key);
        let text = match &node.value {
            Value::Text(text) => &**text,
            Value::Number(text) => text,
            Value::Null => return None,
            Value::List(items) if items.is_empty() => return None,
            _ => {
                notes.wrong_type(node, path, "a text");
                return None;
            }
        };
        if text.is_empty() {
            return None;
        }
        if text.len() > limit {
            let message = format!("longer than {limit} bytes");
            notes.problem(node, path, ProblemKind::TooLong, message);
            return None;
        }
        if text.contains('\0') {
            notes.problem(node, path, ProblemKind::ControlCharacter, "contains NUL");
        }
        Some(text.to_owned())
    }

    /// A short text such as a sector.
    pub(crate) fn short(
        &self,
        key: &str,
        value: Option<&Node<'_>>,
        notes: &mut Notes<'_>,
    ) -> Option<String> {
        self.text(key, value, SHORT_TEXT, notes)
    }

    /// The name without which there is no record.
    pub(crate) fn name(
        &self,
        key: &str,
        value: Option<&Node<'_>>,
        notes: &mut Notes<'_>,
    ) -> Option<Name> {
        let before = notes.count();
        let text = self.short(key, value, notes);
        let name = text.and_then(|text| Name::try_from(text).ok());
        if name.is_none() && notes.count() == before {
            self.required(key, "a name is needed", notes);
        }
        name
    }

    /// The UUID without which there is no record.
    pub(crate) fn identity(
        &self,
        key: &str,
        value: Option<&Node<'_>>,
        notes: &mut Notes<'_>,
    ) -> Option<Uuid> {
        let before = notes.count();
        let id = self.uuid(key, value, notes);
        if id.is_none() && notes.count() == before {
            if notes.without_identity {
                return Some(Uuid::nil());
            }
            self.required(key, "a UUID is needed", notes);
        }
        id
    }

    /// A UUID, if there is one.
    pub(crate) fn uuid(
        &self,
        key: &str,
        value: Option<&Node<'_>>,
        notes: &mut Notes<'_>,
    ) -> Option<Uuid> {
        let node = value?;
        let text = match &node.value {
            Value::Text(text) => text.trim(),
            Value::Number(text) => text,
            Value::Null => return None,
            _ => {
                notes.wrong_type(node, self.path.key(key), "a UUID");
                return None;
            }
        };
        if text.is_empty() {
            return None;
        }
        let id = Uuid::try_parse(text).ok();
        if id.is_none() {
            notes.problem(node, self.path.key(key), ProblemKind::NotUuid, "not a UUID");
        }
        id
    }

    /// A whole number, if there is one.
    pub(crate) fn number(
        &self,
        key: &str,
        value: Option<&Node<'_>>,
        notes: &mut Notes<'_>,
    ) -> Option<u64> {
        let node = value?;
        let number = match &node.value {
            Value::Number(text) => text.parse().ok(),
            Value::Text(text) if text.trim().is_empty() => return None,
            Value::Text(text) => text.trim().parse().ok(),
            Value::Null => return None,
            _ => None,
        };
        if number.is_none() {
            notes.problem(node, self.path.key(key), ProblemKind::NotNumber, "not a whole number");
        }
        number
    }

    /// True or false in any of its spellings.
    pub(crate) fn flag(
        &self,
        key: &str,
        value: Option<&Node<'_>>,
        notes: &mut Notes<'_>,
    ) -> Option<bool> {
        let node = value?;
        let text = match &node.value {
            Value::Bool(value) => return Some(*value),
            Value::Null => return None,
            Value::Number(text) => text,
            Value::Text(text) => text.trim(),
            _ => "?",
        };
        match text {
            "" => None,
            "1" => Some(true),
            "0" => Some(false),
            word if word.eq_ignore_ascii_case("true") => Some(true),
            word if word.eq_ignore_ascii_case("false") => Some(false),
            _ => {
                let message = "neither true nor false";
                notes.problem(node, self.path.key(key), ProblemKind::NotBoolean, message);
                None
            }
        }
    }

    /// A moment in any of its spellings.
    pub(crate) fn time(
        &self,
        key: &str,
        value: Option<&Node<'_>>,
        notes: &mut Notes<'_>,
    ) -> Option<Timestamp> {
        let node = value?;
        let text = match &node.value {
            Value::Null => return None,
            Value::Number(text) => text,
            Value::Text(text) => text.trim(),
            _ => "?",
        };
        if text.is_empty() {
            return None;
        }
        if text.starts_with("0000-00-00") {
            let message = "a date of zeros; the record has no such time";
            let path = self.path.key(key).to_string();
            let problem = Problem::new(ProblemKind::NotTimestamp, path, text, message);
            notes.add(node.at, problem.as_notice());
            return None;
        }
        if let Some(moment) = usual_time(text.as_bytes()) {
            return Some(moment);
        }
        let moment = match text.parse::<i64>() {
            Ok(seconds) => Timestamp::try_from_unix(seconds),
            Err(_) => text.parse().ok(),
        };
        if moment.is_none() {
            let message = "not a date and time";
            notes.problem(node, self.path.key(key), ProblemKind::NotTimestamp, message);
        }
        moment
    }

    /// Notes that `key` is needed, with the text of the record.
    pub(crate) fn required(&self, key: &str, message: &'static str, notes: &mut Notes<'_>) {
        let problem = Problem::new(
            ProblemKind::Required,
            self.path.key(key).to_string(),
            notes.source(self.node),
            message,
        );
        notes.add(self.node.at, problem);
    }

    pub(crate) fn path<'q>(&'q self, key: &'q str) -> Path<'q> {
        self.path.key(key)
    }
}

/// A tag name, or the problem with it.
pub(crate) fn tag_name(
    fields: &Fields<'_, '_, '_>,
    value: Option<&Node<'_>>,
    notes: &mut Notes<'_>,
) -> Option<TagName> {
    let before = notes.count();
    let text = fields.short("name", value, notes);
    match (text.filter(|text| !text.trim().is_empty()).map(TagName::try_from), value) {
        (Some(Ok(name)), _) => return Some(name),
        (Some(Err(error)), Some(node)) => {
            let message = error.message().to_owned();
            notes.problem(node, fields.path("name"), ProblemKind::TooLong, message);
        }
        _ if notes.count() == before => fields.required("name", "a tag needs a name", notes),
        _ => {}
    }
    None
}

/// The moment, if it is written as peers write it: `2026-11-24T05:49:25+00:00` or
/// `2026-11-24 05:49:25`. Everything else is left to [`Timestamp`]'s own reader.
fn usual_time(text: &[u8]) -> Option<Timestamp> {
    let number = |from: usize, to: usize| {
        text.get(from..to)?.iter().try_fold(0_i64, |number, digit| {
            digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0'))
        })
    };
    let ends_in_utc = matches!(text.get(19..)?, b"" | b"Z" | b"+00:00");
    let separators = [text.get(4)?, text.get(7)?, text.get(10)?, text.get(13)?, text.get(16)?];
    let separated = matches!(separators, [b'-', b'-', b'T' | b' ', b':', b':']);
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    // Days that only some months have are left to the calendar of the other reader.
    let plain = year >= 1
        && (1..=12).contains(&month)
        && (1..=28).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !(ends_in_utc && separated && plain) {
        return None;
    }
    // Years are counted from March, so that a leap day is the last day of one.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year / 4 - year / 100 + year / 400;
    let days = year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - 719_468;
    Some(Timestamp::from_unix(((days * 24 + hour) * 60 + minute) * 60 + second))
}

/// Where the object or list at the beginning of `text` ends, or the text does.
fn end_of_value(text: &str) -> usize {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => return at + 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_of_a_record_ends_with_it() {
        for (text, value) in [
            (r#"{"name": ""}}"#, r#"{"name": ""}"#),
            (r#"{"a": "}\"]", "b": [1]}, {"#, r#"{"a": "}\"]", "b": [1]}"#),
            ("[]}", "[]"),
            (r#"{"cut": "he"#, r#"{"cut": "he"#),
        ] {
            assert_eq!(&text[..end_of_value(text)], value);
        }
    }

    proptest::proptest! {
        #[test]
        fn the_usual_spelling_means_what_the_other_reader_says(
            seconds in Timestamp::MIN.unix()..=Timestamp::MAX.unix()
        ) {
            let text = Timestamp::from_unix(seconds).to_string();
            if let Some(moment) = usual_time(text.as_bytes()) {
                proptest::prop_assert_eq!(moment.unix(), seconds);
            } else {
                let day: u8 = text[8..10].parse().unwrap();
                proptest::prop_assert!(day > 28 || text.starts_with("0000"), "{}", text);
            }
        }

        #[test]
        fn what_only_looks_usual_is_left_alone(text in "[0-9]{4}[-/][0-9]{2}-[0-9]{2}[T_ ][0-9]{2}:[0-9]{2}:[0-9]{2}(Z|\\+01:00|x)?") {
            if let Some(moment) = usual_time(text.as_bytes()) {
                proptest::prop_assert_eq!(text.parse::<Timestamp>().unwrap(), moment);
            }
        }
    }
}
