//! What a backslash begins.

use super::reader::{Reader, Result};
use super::tree::{Look, Set, Units};

/// The meaning of an escape.
#[derive(Debug)]
pub(super) enum Escape {
    Unit(char),
    Set(Set),
    LineBreak,
    Look(Look),
}

/// Horizontal blanks: `\h`.
const BLANKS: [(char, char); 9] = [
    ('\t', '\t'),
    (' ', ' '),
    ('\u{A0}', '\u{A0}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{180E}', '\u{180E}'),
    ('\u{2000}', '\u{200A}'),
    ('\u{202F}', '\u{202F}'),
    ('\u{205F}', '\u{205F}'),
    ('\u{3000}', '\u{3000}'),
];
/// Vertical blanks: `\v`.
const BREAKS: [(char, char); 3] = [('\n', '\r'), ('\u{85}', '\u{85}'), ('\u{2028}', '\u{2029}')];

const DIGIT: [(char, char); 1] = [('0', '9')];
const SPACE: [(char, char); 2] = [('\t', '\r'), (' ', ' ')];
const WORD: [(char, char); 4] = [('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];

impl Reader {
    /// Takes a backslash and what belongs to it.
    pub(super) fn escape(&mut self, in_class: bool) -> Result<Escape> {
        let Some(unit) = self.peek_at(1) else {
            return Err(self.malformed("a backslash ends the pattern"));
        };
        if in_class && unit == 'N' && self.peek_at(2) == Some('{') {
            return Err(self.unsupported("`\\N{…}`"));
        }
        if in_class && matches!(unit, 'A' | 'B' | 'G' | 'K' | 'N' | 'R' | 'X' | 'Z' | 'k' | 'z') {
            return Err(self.malformed("this escape has no meaning in a class"));
        }
        let simple = match unit {
            'a' => Escape::Unit('\u{7}'),
            'e' => Escape::Unit('\u{1B}'),
            'f' => Escape::Unit('\u{C}'),
            'n' => Escape::Unit('\n'),
            'r' => Escape::Unit('\r'),
            't' => Escape::Unit('\t'),
            'b' if in_class => Escape::Unit('\u{8}'),
            'b' => Escape::Look(Look::WordBoundary),
            'B' => Escape::Look(Look::NotWordBoundary),
            'A' => Escape::Look(Look::Start),
            'z' => Escape::Look(Look::End),
            'Z' => Escape::Look(Look::EndOrFinalNewline),
            'R' => Escape::LineBreak,
            'd' | 'D' => self.shorthand(&DIGIT, unit == 'D'),
            's' | 'S' => self.shorthand(&SPACE, unit == 'S'),
            'w' | 'W' => self.shorthand(&WORD, unit == 'W'),
            'h' | 'H' => self.shorthand(&BLANKS, unit == 'H'),
            'v' | 'V' => self.shorthand(&BREAKS, unit == 'V'),
            'N' => return self.not_newline(),
            'x' => return self.hexadecimal().map(Escape::Unit),
            'o' => return self.braced_octal().map(Escape::Unit),
            'c' => return self.control().map(Escape::Unit),
            'p' | 'P' => return self.property(unit == 'P').map(Escape::Set),
            '0'..='9' => return self.octal(in_class).map(Escape::Unit),
            'g' | 'k' => return Err(self.unsupported("back-reference")),
            'C' => return Err(self.unsupported("`\\C`")),
            'G' => return Err(self.unsupported("`\\G`")),
            'K' => return Err(self.unsupported("`\\K`")),
            'X' => return Err(self.unsupported("`\\X`")),
            unit if unit.is_ascii_alphabetic() => return Err(self.unsupported("unknown escape")),
            unit => Escape::Unit(unit),
        };
        self.skip(2);
        Ok(simple)
    }

    fn shorthand(&self, ranges: &[(char, char)], negated: bool) -> Escape {
        // Bytes are the first 256 characters here; those of `ranges` beyond simply never occur.
        let within = |&&(_, to): &&(char, char)| self.units == Units::Characters || to <= '\u{FF}';
        let kept: Vec<_> = ranges.iter().filter(within).copied().collect();
        let mut set = Set::of(&kept);
        if negated {
            set.negate(self.units);
        }
        Escape::Set(set)
    }

    fn not_newline(&mut self) -> Result<Escape> {
        if self.peek_at(2) == Some('{') {
            let start = self.unsupported("`\\N{…}`");
            self.skip(2);
            return if self.brace_is_count()? {
                Ok(Escape::Set(self.all_but_newline()))
            } else {
                Err(start)
            };
        }
        self.skip(2);
        Ok(Escape::Set(self.all_but_newline()))
    }

    fn hexadecimal(&mut self) -> Result<char> {
        if self.peek_at(2) == Some('{') {
            return self.braced(16);
        }
        let digit = |ahead| self.peek_at(ahead).and_then(|unit| unit.to_digit(16));
        let (code, length) = match (digit(2), digit(3)) {
            (Some(high), Some(low)) => (high * 16 + low, 4),
            (Some(only), None) => (only, 3),
            // NUL to PCRE2 before 10.45, an error since.
            (None, _) => return Err(self.unsupported("unknown escape")),
        };
        let unit = self.unit(code)?;
        self.skip(length);
        Ok(unit)
    }

    fn braced_octal(&mut self) -> Result<char> {
        match self.peek_at(2) {
            Some('{') => self.braced(8),
            _ => Err(self.unsupported("unknown escape")),
        }
    }

    /// `\x{…}` and `\o{…}`.
    fn braced(&mut self, radix: u32) -> Result<char> {
        let mut code = 0_u32;
        let mut ahead = 3;
        while let Some(digit) = self.peek_at(ahead).and_then(|unit| unit.to_digit(radix)) {
            code = code.saturating_mul(radix).saturating_add(digit);
            ahead += 1;
        }
        // Engines that take such escapes literally exist, and blanks came with PCRE2 10.43.
        if ahead == 3 || self.peek_at(ahead) != Some('}') {
            return Err(self.unsupported("unknown escape"));
        }
        let unit = self.unit(code)?;
        self.skip(ahead + 1);
        Ok(unit)
    }

    /// `\0`, `\ddd`, and the references that look like them.
    fn octal(&mut self, in_class: bool) -> Result<char> {
        let digits = |radix: u32, most: usize| {
            let digit = |ahead| self.peek_at(ahead).and_then(|unit: char| unit.to_digit(radix));
            (1..=most).map_while(digit).collect::<Vec<_>>()
        };
        let decimal = digits(10, 10)
            .iter()
            .fold(0_u32, |number, digit| number.saturating_mul(10).saturating_add(*digit));
        let zero = self.peek_at(1) == Some('0');
        if !in_class && !zero && (decimal < 10 || decimal <= self.groups) {
            return Err(self.unsupported("back-reference"));
        }
        let octal = digits(8, 3);
        if octal.is_empty() {
            // `\8` and `\9`: the digit itself in a class, and disputed elsewhere.
            let Some(digit) = self.peek_at(1).filter(|_| in_class) else {
                return Err(self.unsupported("back-reference"));
            };
            self.skip(2);
            return Ok(digit);
        }
        let unit = self.unit(octal.iter().fold(0, |code, digit| code * 8 + digit))?;
        self.skip(1 + octal.len());
        Ok(unit)
    }

    fn control(&mut self) -> Result<char> {
        match self.peek_at(2) {
            Some(unit @ ' '..='~') => {
                self.skip(3);
                Ok(char::from((unit.to_ascii_uppercase() as u8) ^ 0x40))
            }
            _ => Err(self.unsupported("unknown escape")),
        }
    }

    fn property(&mut self, negated: bool) -> Result<Set> {
        let mut name = String::new();
        let mut ahead = 2;
        if self.peek_at(2) == Some('{') {
            ahead += 1;
            while let Some(unit) = self.peek_at(ahead).filter(|unit| *unit != '}') {
                name.push(unit);
                ahead += 1;
            }
        } else {
            name.extend(self.peek_at(2));
        }
        let (negated, category) = match name.strip_prefix('^') {
            Some(category) if ahead > 2 => (!negated, category),
            _ => (negated, &*name),
        };
        // PCRE2 10.45 began to ignore case here.
        if self.options.ignore_case && matches!(category, "Lu" | "Ll" | "Lt" | "L&") {
            return Err(self.unsupported("letter case by property while case is ignored"));
        }
        let set = Set::category(category, negated, self.units)
            .filter(|_| self.peek_at(ahead).is_some())
            .ok_or_else(|| self.unsupported("property other than a general category"))?;
        self.skip(ahead + 1);
        Ok(set)
    }

    fn unit(&self, code: u32) -> Result<char> {
        let largest = match self.units {
            Units::Characters => u32::from(char::MAX),
            Units::Bytes => 0xFF,
        };
        char::from_u32(code)
            .filter(|_| code <= largest)
            .ok_or_else(|| self.malformed("an escape names no possible character"))
    }
}
