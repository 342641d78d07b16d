/// How far the record is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record {
    /// The open brackets, innermost lowest; 1 is an object.
    pub(super) stack: u128,
    pub(super) depth: u32,
    /// Brackets open beyond the permitted depth.
    pub(super) beyond: u64,
    pub(super) too_deep: bool,
    pub(super) too_large: bool,
    pub(super) quoted: bool,
    pub(super) next: Next,
    /// The last key of the outermost object.
    pub(super) key: (usize, usize),
    /// Where the text begins that is being read.
    pub(super) text: usize,
}

/// What may come next within a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Key,
    Colon,
    Value,
    Comma,
}

impl Record {
    pub(super) const NEW: Record = Record {
        stack: 0,
        depth: 0,
        beyond: 0,
        too_deep: false,
        too_large: false,
        quoted: false,
        next: Next::Value,
        key: (0, 0),
        text: 0,
    };

    pub(super) fn in_object(&self) -> bool {
        self.depth > 0 && self.stack & 1 == 1
    }

    pub(super) fn open(&mut self, object: bool, limit: u32) {
        if self.depth >= limit {
            self.too_deep = true;
            self.beyond += 1;
            return;
        }
        self.stack = (self.stack << 1) | u128::from(object);
        self.depth += 1;
        self.next = if object { Next::Key } else { Next::Value };
    }

    /// Closes the innermost bracket of that kind and all within it; whether there was one.
    pub(super) fn close(&mut self, object: bool) -> bool {
        if self.beyond > 0 {
            self.beyond -= 1;
            return true;
        }
        self.next = Next::Comma;
        while self.depth > 0 {
            let found = self.in_object() == object;
            self.stack >>= 1;
            self.depth -= 1;
            if found {
                return true;
            }
        }
        false
    }
}
