use std::ops::Range;

use cerebrate_core::problem::ProblemKind;

use super::record::{Next, Record};
use super::tail::{Passed, Tail};
use super::{Limits, Lists};
use crate::place::Place;

/// The levels that [`Record::stack`] has room for.
pub(super) const DEPTH: u32 = 128;

/// The key under which MISP wraps a list.
const WRAPPER: &[u8] = b"response";

/// What one look at the buffer gave. Ranges are offsets in the buffer.
#[derive(Debug)]
pub(super) enum Step {
    /// The buffer is used up.
    More,
    Element(Range<usize>, Place),
    Broken {
        kind: ProblemKind,
        place: Place,
        range: Range<usize>,
        message: &'static str,
    },
    End,
}

/// Finds where records begin and end. It looks at brackets, quotes and commas and leaves the rest
/// to the parser, so that it can go on after what the parser refuses.
#[derive(Debug)]
pub(super) struct Scanner {
    limits: Limits,
    lists: Option<Lists>,
    /// The lists of other records that were passed over and hold something.
    pub(super) met: Vec<String>,
    state: State,
    /// Whether the next record stands in a list.
    in_list: bool,
    /// In what sort of object that list is wrapped.
    wrapper: Wrapper,
    /// Whether a record was just read, so that a comma must follow.
    comma_due: bool,
    /// Whether a comma was just read, so that a record must follow.
    after_comma: bool,
    /// Whether every record is on a line of its own; unknown until one was read.
    one_a_line: Option<bool>,
    /// The next byte to look at.
    cursor: usize,
    /// Where the record begins that is being read.
    start: usize,
    start_place: Place,
    /// A place that is known, and its offset.
    known: (usize, Place),
    record: Record,
    tail: Tail,
    pieces: u64,
}

/// An object around a list of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrapper {
    None,
    /// It holds the list under [`WRAPPER`].
    Response,
    /// It has a list for each kind of record.
    Lists,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Beginning,
    Empty,
    Between,
    InRecord,
    InScalar,
    /// In an object, beside its lists of records.
    Tail,
    End,
}

impl Scanner {
    pub(super) fn new(limits: Limits, lists: Option<Lists>) -> Self {
        Scanner {
            limits,
            lists,
            met: Vec::new(),
            state: State::Beginning,
            in_list: false,
            wrapper: Wrapper::None,
            comma_due: false,
            after_comma: false,
            one_a_line: None,
            cursor: 0,
            start: 0,
            start_place: Place::START,
            known: (0, Place::START),
            record: Record::NEW,
            tail: Tail::after_list(),
            pieces: 0,
        }
    }

    /// How many bytes of the buffer are not needed any more; afterwards offsets count from there.
    pub(super) fn forget(&mut self, buffer: &[u8]) -> usize {
        let reading = matches!(self.state, State::InRecord | State::InScalar);
        let spent = if reading && !self.record.too_large { self.start } else { self.cursor };
        self.place_of(buffer, spent);
        self.known.0 = 0;
        self.cursor -= spent;
        self.start = self.start.saturating_sub(spent);
        let record = &mut self.record;
        record.text = record.text.saturating_sub(spent);
        record.key = (record.key.0.saturating_sub(spent), record.key.1.saturating_sub(spent));
        spent
    }

    pub(super) fn step(&mut self, buffer: &[u8], last: bool) -> Step {
        let step = self.look(buffer, last);
        if matches!(step, Step::Element(..) | Step::Broken { .. }) {
            if self.pieces == self.limits.records {
                self.pieces += 1;
                self.state = State::End;
                let message = "there are more records than are accepted";
                return self.broken(ProblemKind::TooLong, message);
            }
            self.pieces = self.pieces.saturating_add(1);
        }
        step
    }

    fn look(&mut self, buffer: &[u8], last: bool) -> Step {
        loop {
            let found = match self.state {
                State::Beginning => self.beginning(buffer, last),
                State::Empty | State::Between => self.between(buffer, last),
                State::InRecord => self.in_record(buffer, last),
                State::InScalar => self.in_scalar(buffer, last),
                State::Tail => self.tail(buffer, last),
                State::End => Some(Step::End),
            };
            if let Some(step) = found {
                return step;
            }
        }
    }

    /// Passes over a byte order mark.
    fn beginning(&mut self, buffer: &[u8], last: bool) -> Option<Step> {
        if buffer.len() < 3 && !last {
            return Some(Step::More);
        }
        if buffer.starts_with(b"\xFF\xFE") || buffer.starts_with(b"\xFE\xFF") {
            self.state = State::End;
            return Some(self.broken(ProblemKind::Undecodable, "the text is UTF-16, not UTF-8"));
        }
        if buffer.starts_with(b"\xEF\xBB\xBF") {
            self.cursor = 3;
            self.known = (3, Place::START);
        }
        self.state = State::Empty;
        None
    }

    fn between(&mut self, buffer: &[u8], last: bool) -> Option<Step> {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = buffer.get(self.cursor) {
            self.cursor += 1;
        }
        let Some(byte) = buffer.get(self.cursor).copied() else {
            return Some(self.ended(buffer, last));
        };
        let after_comma = std::mem::take(&mut self.after_comma);
        match byte {
            b',' if self.in_list && self.comma_due => {
                self.comma_due = false;
                self.after_comma = true;
                self.cursor += 1;
            }
            b']' if self.in_list => {
                self.begin(buffer);
                self.cursor += 1;
                self.in_list = false;
                self.comma_due = false;
                let bare = self.wrapper == Wrapper::None;
                self.state = if bare { State::Between } else { State::Tail };
                self.tail = Tail::after_list();
                if after_comma {
                    let message = "a record is missing before `]`";
                    let range = self.start..self.cursor;
                    return Some(self.broken_at(ProblemKind::Malformed, range, message));
                }
            }
            b'[' if !self.in_list => {
                self.cursor += 1;
                self.in_list = true;
                self.comma_due = false;
                self.state = State::Between;
            }
            b',' | b']' | b'}' => {
                let message = match byte {
                    b',' => "a record is missing before `,`",
                    b']' => "`]` closes nothing",
                    _ => "`}` closes nothing",
                };
                return Some(self.stray(buffer, message));
            }
            _ if self.comma_due => {
                self.comma_due = false;
                self.begin(buffer);
                let message = "`,` is missing between two records";
                return Some(self.broken(ProblemKind::Malformed, message));
            }
            b'{' | b'[' | b'"' if byte != b'"' || self.state != State::Empty => {
                self.begin(buffer);
                self.record = Record::NEW;
                self.state = State::InRecord;
            }
            _ if self.state == State::Empty => {
                self.begin(buffer);
                self.state = State::End;
                let message = "the text is not JSON";
                let range = self.start..buffer.len();
                return Some(self.broken_at(ProblemKind::Malformed, range, message));
            }
            _ => {
                self.begin(buffer);
                self.record = Record::NEW;
                self.cursor += 1;
                self.state = State::InScalar;
            }
        }
        None
    }

    fn in_record(&mut self, buffer: &[u8], last: bool) -> Option<Step> {
        let most = self.most();
        while let Some(byte) = buffer.get(self.cursor).copied() {
            if self.cursor >= most {
                break;
            }
            if self.record.quoted {
                if !matches!(byte, b'\\' | b'"' | b'\n') {
                    let rest = buffer.get(self.cursor..most.min(buffer.len())).unwrap_or_default();
                    self.cursor += rest
                        .iter()
                        .position(|byte| matches!(byte, b'\\' | b'"' | b'\n'))
                        .unwrap_or(rest.len());
                    continue;
                }
                match byte {
                    b'\\' if self.cursor + 1 < buffer.len() || last => self.cursor += 2,
                    b'\\' => break,
                    b'"' => {
                        self.record.quoted = false;
                        if self.record.depth == 0 {
                            self.cursor += 1;
                            return self.complete(buffer);
                        }
                        if self.record.next == Next::Key {
                            self.record.next = Next::Colon;
                            if self.record.depth == 1 {
                                self.record.key = (self.record.text, self.cursor);
                            }
                        } else {
                            self.record.next = Next::Comma;
                        }
                        self.cursor += 1;
                    }
                    // A text cannot contain a line break: its closing quote is missing.
                    _ if self.record.depth == 0 => {
                        return Some(self.give_up("the text in quotes does not end"));
                    }
                    _ => {
                        self.record.quoted = false;
                        self.record.next = Next::Comma;
                    }
                }
                continue;
            }
            match byte {
                b'"' => {
                    self.record.quoted = true;
                    self.record.text = self.cursor + 1;
                    self.cursor += 1;
                }
                b'{' if self.record.in_object()
                    && self.record.next != Next::Value
                    && self.record.beyond == 0 =>
                {
                    let message = "the record does not end before the next one begins";
                    return Some(self.give_up(message));
                }
                b'{' | b'[' => {
                    if byte == b'[' && self.enters_list(buffer) {
                        return None;
                    }
                    self.record.open(byte == b'{', self.limits.depth);
                    self.cursor += 1;
                }
                b'}' | b']' => {
                    let matched = self.record.close(byte == b'}');
                    if !matched && byte == b']' && self.in_list {
                        return Some(self.give_up("the record does not end before the list does"));
                    }
                    self.cursor += 1;
                    if self.record.depth == 0 && self.record.beyond == 0 {
                        return self.complete(buffer);
                    }
                }
                b',' => {
                    self.record.next =
                        if self.record.in_object() { Next::Key } else { Next::Value };
                    self.cursor += 1;
                }
                b':' => {
                    self.record.next = Next::Value;
                    self.cursor += 1;
                }
                b'\n' if !self.in_list && self.one_a_line == Some(true) => {
                    return Some(self.give_up("the record does not end on its line"));
                }
                b' ' | b'\t' | b'\r' | b'\n' => self.cursor += 1,
                _ => {
                    if self.record.next == Next::Value {
                        self.record.next = Next::Comma;
                    }
                    self.cursor += 1;
                }
            }
        }
        Some(self.cut_short(buffer, last))
    }

    /// Where the record becomes too large: noticed at the same byte whatever the chunks.
    fn most(&self) -> usize {
        if self.record.too_large {
            return usize::MAX;
        }
        self.start.saturating_add(self.limits.record_size).saturating_add(1)
    }

    /// A number, a word, or something else that is no record: up to where one may begin.
    fn in_scalar(&mut self, buffer: &[u8], last: bool) -> Option<Step> {
        while let Some(byte) = buffer.get(self.cursor).copied() {
            let ends = match byte {
                b'{' | b'[' => true,
                b',' | b']' => self.in_list,
                b'\n' => !self.in_list,
                _ => false,
            };
            if ends {
                return self.complete(buffer);
            }
            self.cursor += 1;
        }
        if last && !self.in_list {
            return self.complete(buffer);
        }
        Some(self.cut_short(buffer, last))
    }

    /// Passes over what stands beside the lists of records.
    fn tail(&mut self, buffer: &[u8], last: bool) -> Option<Step> {
        let lists = self.lists.as_ref().filter(|_| self.wrapper == Wrapper::Lists);
        match self.tail.pass(buffer, &mut self.cursor, last, lists, &mut self.met) {
            Passed::Wanted => {
                self.begin_list();
                return None;
            }
            Passed::Object => {
                self.wrapper = Wrapper::None;
                self.state = State::Between;
                return None;
            }
            Passed::All if !last => return Some(Step::More),
            Passed::All => {}
        }
        self.begin_at(buffer, buffer.len());
        self.state = State::End;
        Some(self.broken(ProblemKind::Malformed, "the text ends before its last `}`"))
    }

    /// The buffer ends within a record.
    fn cut_short(&mut self, buffer: &[u8], last: bool) -> Step {
        self.cursor = self.cursor.min(buffer.len());
        let too_large = self.cursor.saturating_sub(self.start) > self.limits.record_size;
        if (last || too_large)
            && !self.record.too_large
            && let Some(step) = self.first_line(buffer)
        {
            return step;
        }
        if too_large && !self.record.too_large {
            self.record.too_large = true;
            return self.too_large();
        }
        if !last {
            return Step::More;
        }
        self.state = State::End;
        if self.record.too_large {
            Step::End
        } else if self.record.too_deep {
            self.too_deep()
        } else {
            self.broken_at(
                ProblemKind::Malformed,
                self.start..buffer.len(),
                "the text ends within a record",
            )
        }
    }

    /// Where the first record of a row never ends: if its line does and the next line begins a
    /// record, takes it for JSON lines whose first line is broken.
    fn first_line(&mut self, buffer: &[u8]) -> Option<Step> {
        if self.in_list || self.one_a_line.is_some() {
            return None;
        }
        let text = buffer.get(self.start..self.cursor)?;
        let line = text.iter().position(|byte| *byte == b'\n')?;
        if !text.get(line..)?.trim_ascii_start().starts_with(b"{") {
            return None;
        }
        self.one_a_line = Some(true);
        self.cursor = self.start + line;
        Some(self.give_up("the record does not end on its line"))
    }

    /// The record ends at the cursor. Nothing to tell if it was reported before as too large.
    fn complete(&mut self, buffer: &[u8]) -> Option<Step> {
        let end = self.cursor.min(buffer.len());
        let range = self.start..end;
        self.cursor = end;
        self.state = State::Between;
        self.comma_due = self.in_list;
        let too_large = self.record.too_large || range.len() > self.limits.record_size;
        if !self.in_list && self.one_a_line.is_none() {
            let text = buffer.get(range.clone()).unwrap_or_default();
            self.one_a_line = Some(!too_large && !text.contains(&b'\n'));
        }
        if self.record.too_large {
            return None;
        }
        if too_large {
            return Some(self.too_large());
        }
        if self.record.too_deep {
            return Some(self.too_deep());
        }
        let length = buffer.get(range).unwrap_or_default().trim_ascii_end().len();
        Some(Step::Element(self.start..self.start + length, self.start_place))
    }

    /// Reports the record as broken; the cursor stands where the next one may begin.
    fn give_up(&mut self, message: &'static str) -> Step {
        self.state = State::Between;
        self.comma_due = false;
        let range = self.start..self.cursor;
        if self.record.too_deep {
            return self.too_deep();
        }
        self.broken_at(ProblemKind::Malformed, range, message)
    }

    fn stray(&mut self, buffer: &[u8], message: &'static str) -> Step {
        self.begin(buffer);
        self.state = State::Between;
        self.cursor += 1;
        self.broken_at(ProblemKind::Malformed, self.start..self.cursor, message)
    }

    fn ended(&mut self, buffer: &[u8], last: bool) -> Step {
        if !last {
            return Step::More;
        }
        let message = if self.in_list {
            "the text ends before its list does"
        } else if self.state == State::Empty {
            "the text is empty"
        } else {
            self.state = State::End;
            return Step::End;
        };
        self.begin(buffer);
        self.state = State::End;
        self.broken(ProblemKind::Malformed, message)
    }

    /// At the bracket of a list: whether it is one of records rather than a part of a record.
    fn enters_list(&mut self, buffer: &[u8]) -> bool {
        let (from, to) = self.record.key;
        let outermost = !self.in_list
            && !self.record.too_large
            && self.record.depth == 1
            && self.record.in_object()
            && self.record.next == Next::Value;
        if !outermost {
            return false;
        }
        let key = buffer.get(from..to).unwrap_or_default();
        let name = match &self.lists {
            _ if key == WRAPPER => None,
            Some(lists) if self.is_first(buffer, from) => match lists.first(key) {
                Some(name) => Some(name).filter(|name| *name != lists.wanted),
                None => return false,
            },
            _ => return false,
        };
        self.wrapper = if key == WRAPPER { Wrapper::Response } else { Wrapper::Lists };
        self.cursor += 1;
        match name {
            None => self.begin_list(),
            Some(name) => {
                self.tail = Tail::in_list(name);
                self.state = State::Tail;
            }
        }
        true
    }

    /// Whether the key that begins there is the first of its object.
    fn is_first(&self, buffer: &[u8], key: usize) -> bool {
        let before = buffer.get(self.start..key).unwrap_or_default();
        before.iter().all(|byte| matches!(byte, b'{' | b'"') || byte.is_ascii_whitespace())
    }

    fn begin_list(&mut self) {
        self.in_list = true;
        self.comma_due = false;
        self.state = State::Between;
    }

    fn begin(&mut self, buffer: &[u8]) {
        self.begin_at(buffer, self.cursor);
    }

    fn begin_at(&mut self, buffer: &[u8], offset: usize) {
        self.start = offset;
        self.start_place = self.place_of(buffer, offset);
    }

    fn place_of(&mut self, buffer: &[u8], offset: usize) -> Place {
        let (known, place) = self.known;
        let place = place.after(buffer.get(known..offset).unwrap_or_default());
        self.known = (offset.max(known), place);
        place
    }

    fn too_large(&self) -> Step {
        let message = "the record is larger than is accepted";
        self.broken_at(ProblemKind::TooLong, self.start..self.cursor, message)
    }

    fn too_deep(&self) -> Step {
        let message = "the record is nested too deeply";
        self.broken_at(ProblemKind::Malformed, self.start..self.cursor, message)
    }

    fn broken(&self, kind: ProblemKind, message: &'static str) -> Step {
        self.broken_at(kind, self.start..self.start, message)
    }

    fn broken_at(&self, kind: ProblemKind, range: Range<usize>, message: &'static str) -> Step {
        Step::Broken { kind, place: self.start_place, range, message }
    }
}
