//! What a parenthesis begins.

use super::PatternError;
use super::reader::{Options, Reader, Result};
use super::tree::Node;

/// The longest name of a group in every version of PCRE2.
const MAX_NAME: usize = 32;

impl Reader {
    /// Takes a group, or a setting of options, and says whether it may be repeated.
    pub(super) fn group(&mut self, depth: usize) -> Result<(Node, bool)> {
        if self.peek_at(1) == Some('*') {
            let verb =
                self.peek_at(2).is_some_and(|unit| unit == ':' || unit.is_ascii_alphabetic());
            return Err(if verb {
                self.unsupported("verb")
            } else {
                self.malformed("nothing to repeat")
            });
        }
        let outside = self.options;
        if self.peek_at(1) == Some('?') {
            if self.special_group()? {
                return Ok((Node::Empty, false));
            }
        } else {
            self.advance();
            self.groups += 1;
        }
        let node = self.alternatives(depth + 1)?;
        if !self.eat(')') {
            return Err(self.malformed("a parenthesis is not closed"));
        }
        self.options = outside;
        // An empty group may be repeated, and still has to be there as an item.
        Ok((node, true))
    }

    /// Takes `(?` and what belongs to it; true if it was a setting of options and no group.
    fn special_group(&mut self) -> Result<bool> {
        let named = match (self.peek_at(2), self.peek_at(3)) {
            (Some('|'), _) => return Err(self.unsupported("branch reset")),
            (Some('>'), _) => return Err(self.unsupported("atomic group")),
            (Some('=' | '!' | '*'), _) | (Some('<'), Some('=' | '!' | '*')) => {
                return Err(self.unsupported("look-around"));
            }
            (Some('('), _) => return Err(self.unsupported("conditional group")),
            (Some('C'), _) => return Err(self.unsupported("callout")),
            (Some('R' | '&' | '0'..='9'), _) | (Some('+' | '-'), Some('0'..='9')) => {
                return Err(self.unsupported("recursion"));
            }
            (Some('P'), Some('>')) => return Err(self.unsupported("recursion")),
            (Some('P'), Some('=')) => return Err(self.unsupported("back-reference")),
            (Some('P'), Some('<')) => Some((4, '>')),
            (Some('<'), _) => Some((3, '>')),
            (Some('\''), _) => Some((3, '\'')),
            _ => None,
        };
        if let Some((length, closing)) = named {
            let at = self.at();
            self.skip(length);
            self.groups += 1;
            self.name(closing, at)?;
            return Ok(false);
        }
        self.skip(2);
        self.set_options()
    }

    fn name(&mut self, closing: char, at: usize) -> Result<()> {
        let mut name = String::new();
        loop {
            match self.peek() {
                Some(unit) if unit == closing && !name.is_empty() => break,
                Some('0'..='9') if name.is_empty() => {
                    return Err(self.malformed("a group's name begins with a digit"));
                }
                Some(unit) if unit == '_' || unit.is_ascii_alphanumeric() => name.push(unit),
                Some(unit) if !unit.is_ascii() => {
                    return Err(PatternError::Unsupported { construct: "name beyond ASCII", at });
                }
                _ => return Err(self.malformed("a group's name is not well formed")),
            }
            self.advance();
        }
        self.advance();
        if name.len() > MAX_NAME {
            return Err(PatternError::Unsupported { construct: "long name", at });
        }
        if self.names.contains(&name) {
            return Err(self.malformed("two groups have the same name"));
        }
        self.names.push(name);
        Ok(())
    }

    /// Takes the options after `(?`, and the `)` or `:` behind; true if it was `)`.
    fn set_options(&mut self) -> Result<bool> {
        let mut options = self.options;
        let reset = self.eat('^');
        if reset {
            options = Options { dollar_end_only: options.dollar_end_only, ..Options::default() };
        }
        let mut on = true;
        loop {
            match self.peek() {
                Some('i') => options.ignore_case = on,
                Some('m') => options.multi_line = on,
                Some('s') => options.dot_all = on,
                Some('x') if self.peek_at(1) == Some('x') => {
                    return Err(self.unsupported("option `xx`"));
                }
                Some('x') => options.extended = on,
                // Greed decides which match is found, not whether there is one.
                Some('U') => {}
                Some('n') => return Err(self.unsupported("option `n`")),
                Some('J') => return Err(self.unsupported("option `J`")),
                Some('a' | 'r') => return Err(self.unsupported("option of later PCRE2 versions")),
                Some('-') if on && !reset => on = false,
                Some(')' | ':') => break,
                _ => return Err(self.malformed("`(?` is followed by something unknown")),
            }
            self.advance();
        }
        let setting = self.eat(')');
        if !setting {
            self.advance();
        }
        // The caller has kept the options to go back to at the end of a group.
        self.options = options;
        Ok(setting)
    }
}
