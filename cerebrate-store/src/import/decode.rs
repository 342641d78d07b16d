//! From the bytes of a file to text, whatever its encoding.

use std::borrow::Cow;

use cerebrate_core::error::Result;
use encoding_rs::{Decoder, DecoderResult, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::spool::Spool;

/// Stands in decoded text where bytes are no text in the encoding of the file. It is not UTF-8, so
/// that what contains it is found out wherever it is read.
const BROKEN: u8 = 0xFF;

/// How a file spells its characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
    Windows1252,
}

/// The encoding of a file, and how it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Judgement {
    pub(super) encoding: Encoding,
    /// The length of the byte order mark.
    skip: u64,
    /// Worth telling: the encoding was guessed.
    pub(super) notice: Option<&'static str>,
}

impl Judgement {
    /// Judges by the byte order mark. Without one it is UTF-8, unless `guess` and the whole of the
    /// file speaks against it: then it is Windows-1252.
    pub(super) fn of(spool: &mut Spool, guess: bool) -> Result<Self> {
        let (start, _) = first_bytes::<4>(spool)?;
        let told = |encoding, skip| Judgement { encoding, skip, notice: None };
        match start {
            [0xEF, 0xBB, 0xBF, _] => return Ok(told(Encoding::Utf8, 3)),
            [0xFF, 0xFE, ..] => return Ok(told(Encoding::Utf16Le, 2)),
            [0xFE, 0xFF, ..] => return Ok(told(Encoding::Utf16Be, 2)),
            _ if !guess => return Ok(told(Encoding::Utf8, 0)),
            [1..=0x7f, 0, 1..=0x7f, 0] => {
                let notice = Some("the file is UTF-16 without a byte order mark");
                return Ok(Judgement { encoding: Encoding::Utf16Le, skip: 0, notice });
            }
            [0, 1..=0x7f, 0, 1..=0x7f] => {
                let notice = Some("the file is UTF-16 without a byte order mark");
                return Ok(Judgement { encoding: Encoding::Utf16Be, skip: 0, notice });
            }
            _ => {}
        }
        let (good, bad) = count_beyond_ascii(spool)?;
        // In text that is UTF-8 a few bytes may be damaged; text that is not has hardly any
        // sequence that is well-formed by chance.
        Ok(if bad > good {
            let notice = Some("the file is not UTF-8 and was read as Windows-1252");
            Judgement { encoding: Encoding::Windows1252, skip: 0, notice }
        } else {
            told(Encoding::Utf8, 0)
        })
    }
}

/// The text of a file as UTF-8, chunk by chunk.
#[derive(Debug)]
pub(super) struct Text<'s> {
    spool: &'s mut Spool,
    encoding: Encoding,
    decoder: Option<Box<Decoder>>,
    chunk: Vec<u8>,
    read: u64,
    ended: bool,
}

impl<'s> Text<'s> {
    pub(super) fn new(spool: &'s mut Spool, judgement: Judgement) -> Result<Self> {
        spool.rewind(judgement.skip)?;
        let decoder = match judgement.encoding {
            Encoding::Utf16Le => Some(Box::new(UTF_16LE.new_decoder_without_bom_handling())),
            Encoding::Utf16Be => Some(Box::new(UTF_16BE.new_decoder_without_bom_handling())),
            Encoding::Utf8 | Encoding::Windows1252 => None,
        };
        Ok(Text {
            spool,
            encoding: judgement.encoding,
            decoder,
            chunk: vec![0; 128 << 10],
            read: 0,
            ended: false,
        })
    }

    /// How many bytes of the file were read.
    pub(super) fn bytes_read(&self) -> u64 {
        self.read
    }

    /// How many bytes the file has.
    pub(super) fn size(&self) -> u64 {
        self.spool.size()
    }

    /// Appends the next chunk; `false` at the end.
    pub(super) fn more(&mut self, text: &mut Vec<u8>) -> Result<bool> {
        if self.ended {
            return Ok(false);
        }
        let read = self.spool.read(&mut self.chunk)?;
        self.read += read as u64;
        self.ended = read == 0;
        let bytes = self.chunk.get(..read).unwrap_or_default();
        match &mut self.decoder {
            Some(decoder) => decode(decoder, bytes, self.ended, text),
            None if self.encoding == Encoding::Windows1252 => from_windows_1252(bytes, text),
            None => text.extend_from_slice(bytes),
        }
        Ok(!self.ended || !text.is_empty())
    }
}

fn decode(decoder: &mut Decoder, mut bytes: &[u8], last: bool, text: &mut Vec<u8>) {
    let mut part = [0; 8 << 10];
    loop {
        let (result, read, written) =
            decoder.decode_to_utf8_without_replacement(bytes, &mut part, last);
        text.extend_from_slice(part.get(..written).unwrap_or_default());
        bytes = bytes.get(read..).unwrap_or_default();
        match result {
            DecoderResult::InputEmpty => return,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => text.push(BROKEN),
        }
    }
}

/// Five bytes are no characters in Windows-1252.
fn from_windows_1252(bytes: &[u8], text: &mut Vec<u8>) {
    let undefined = |byte: &u8| matches!(byte, 0x81 | 0x8D | 0x8F | 0x90 | 0x9D);
    for (index, part) in bytes.split(undefined).enumerate() {
        if index > 0 {
            text.push(BROKEN);
        }
        match WINDOWS_1252.decode_without_bom_handling(part).0 {
            Cow::Borrowed(same) => text.extend_from_slice(same.as_bytes()),
            Cow::Owned(decoded) => text.extend_from_slice(decoded.as_bytes()),
        }
    }
}

fn first_bytes<const N: usize>(spool: &mut Spool) -> Result<([u8; N], usize)> {
    spool.rewind(0)?;
    let mut bytes = [0; N];
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match spool.read(rest)? {
            0 => break,
            read => filled += read,
        }
    }
    Ok((bytes, filled))
}

/// How many characters beyond ASCII are well-formed UTF-8, and how many bytes are not.
fn count_beyond_ascii(spool: &mut Spool) -> Result<(u64, u64)> {
    spool.rewind(0)?;
    let (mut good, mut bad) = (0_u64, 0_u64);
    let mut buffer = vec![0; 128 << 10];
    let mut kept = 0;
    loop {
        let free = buffer.get_mut(kept..).unwrap_or_default();
        let read = spool.read(free)?;
        let filled = kept + read;
        let mut rest = buffer.get(..filled).unwrap_or_default();
        kept = 0;
        while !rest.is_empty() {
            let (valid, error) = match std::str::from_utf8(rest) {
                Ok(_) => (rest.len(), None),
                Err(error) => (error.valid_up_to(), Some(error.error_len())),
            };
            let part = rest.get(..valid).unwrap_or_default();
            if !part.is_ascii() {
                good += part.iter().filter(|byte| **byte >= 0xC0).count() as u64;
            }
            rest = rest.get(valid..).unwrap_or_default();
            match error {
                None => {}
                Some(None) if read > 0 => {
                    kept = rest.len();
                    break;
                }
                Some(length) => {
                    bad += 1;
                    rest = rest.get(length.unwrap_or(rest.len())..).unwrap_or_default();
                }
            }
        }
        if read == 0 {
            return Ok((good, bad));
        }
        buffer.copy_within(filled - kept..filled, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> (Judgement, Vec<u8>) {
        let mut spool = Spool::fill(&mut &*bytes).unwrap();
        let judgement = Judgement::of(&mut spool, true).unwrap();
        let mut text = Vec::new();
        let mut reader = Text::new(&mut spool, judgement).unwrap();
        while reader.more(&mut text).unwrap() && !reader.ended {}
        (judgement, text)
    }

    fn utf16(text: &str, little: bool) -> Vec<u8> {
        let each = |unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() };
        text.encode_utf16().flat_map(each).collect()
    }

    #[test]
    fn the_encoding_is_told_by_mark_or_by_content() {
        for (bytes, encoding, expected) in [
            ("\u{feff}é".as_bytes().to_vec(), Encoding::Utf8, "é"),
            ("plain".into(), Encoding::Utf8, "plain"),
            ("é".into(), Encoding::Utf8, "é"),
            (b"K\xF6ln \x80".to_vec(), Encoding::Windows1252, "Köln €"),
            (utf16("\u{feff}é😀", true), Encoding::Utf16Le, "é😀"),
            (utf16("\u{feff}é😀", false), Encoding::Utf16Be, "é😀"),
            (utf16("name", true), Encoding::Utf16Le, "name"),
            (utf16("name", false), Encoding::Utf16Be, "name"),
            (Vec::new(), Encoding::Utf8, ""),
        ] {
            let (judgement, text) = read(&bytes);
            assert_eq!((judgement.encoding, text.as_slice()), (encoding, expected.as_bytes()));
        }
    }

    #[test]
    fn what_is_no_text_in_the_encoding_is_marked() {
        let (judgement, text) = read("é é é \u{fe}".as_bytes());
        assert_eq!((judgement.notice, text), (None, "é é é \u{fe}".into()));
        let mut damaged = "é é é ".as_bytes().to_vec();
        damaged.push(0xFE);
        assert_eq!(read(&damaged).0.encoding, Encoding::Utf8);
        assert_eq!(read(b"\xF6\x81\xF6").1, [0xC3, 0xB6, BROKEN, 0xC3, 0xB6]);
        let mut lone = utf16("\u{feff}a", true);
        lone.extend([0x00, 0xD8]);
        assert_eq!(read(&lone).1, [b'a', BROKEN]);
    }

    #[test]
    fn characters_across_chunks_are_whole() {
        let mut text = "x".repeat((128 << 10) - 1);
        text.push_str("é and more");
        assert_eq!(read(text.as_bytes()), (read(b"").0, text.clone().into_bytes()));
        let latin: Vec<u8> =
            (0..300_000_u32).map(|at| if at % 7 == 0 { 0xE9 } else { b'a' }).collect();
        assert_eq!(read(&latin).0.encoding, Encoding::Windows1252);
    }
}
