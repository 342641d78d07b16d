use super::Lists;

/// The longest key that is remembered.
const KEY: usize = 64;

/// What stands in an object beside its lists of records.
#[derive(Debug, Default)]
pub(super) struct Tail {
    /// How many brackets are open.
    open: u64,
    quoted: bool,
    /// The last text of the object itself.
    key: Vec<u8>,
    /// Whether that text is the key of what follows.
    is_key: bool,
    /// The list that was just entered, as long as it is not known whether anything stands in it.
    entered: Option<String>,
}

/// How many lists that were passed over are named.
const MET: usize = 100;

/// Where passing over ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passed {
    /// The object ends.
    Object,
    /// The list of the records that are wanted begins.
    Wanted,
    /// All bytes are used up.
    All,
}

impl Tail {
    /// What follows a list of records.
    pub(super) fn after_list() -> Self {
        Tail::default()
    }

    /// What follows the bracket of a list that is passed over.
    pub(super) fn in_list(name: &str) -> Self {
        Tail { open: 1, entered: Some(name.to_owned()), ..Tail::default() }
    }

    /// Passes over `text` from `cursor`, which is left behind what was passed. `met` gets the
    /// names of lists that hold something.
    pub(super) fn pass(
        &mut self,
        text: &[u8],
        cursor: &mut usize,
        last: bool,
        lists: Option<&Lists>,
        met: &mut Vec<String>,
    ) -> Passed {
        while let Some(byte) = text.get(*cursor).copied() {
            if self.quoted && byte == b'\\' {
                if *cursor + 1 >= text.len() && !last {
                    return Passed::All;
                }
                // A key with an escaped character names no list.
                self.remember(0);
                *cursor += 2;
                continue;
            }
            *cursor += 1;
            if self.quoted {
                match byte {
                    b'"' | b'\n' => self.quoted = false,
                    _ => self.remember(byte),
                }
                continue;
            }
            if !byte.is_ascii_whitespace()
                && let Some(name) = self.entered.take()
                && byte != b']'
                && met.len() < MET
                && !met.contains(&name)
            {
                met.push(name);
            }
            match byte {
                b'"' => {
                    self.quoted = true;
                    self.is_key = false;
                    if self.open == 0 {
                        self.key.clear();
                    }
                }
                b':' if self.open == 0 => self.is_key = true,
                b',' if self.open == 0 => self.is_key = false,
                b'[' if self.open == 0 && self.is_key => {
                    if lists.is_some_and(|lists| lists.wanted.as_bytes() == self.key) {
                        return Passed::Wanted;
                    }
                    self.open = 1;
                    self.entered = lists.map(|_| String::from_utf8_lossy(&self.key).into_owned());
                }
                b'{' | b'[' => self.open += 1,
                b'}' if self.open == 0 => return Passed::Object,
                b'}' | b']' => self.open = self.open.saturating_sub(1),
                _ => {}
            }
        }
        Passed::All
    }

    fn remember(&mut self, byte: u8) {
        if self.open == 0 && self.key.len() < KEY {
            self.key.push(byte);
        }
    }
}
