//! Encodings of text members. Spans always count the original bytes; only values are decoded.

use crate::window::Newline;
use emma_model::Anomaly;
use encoding_rs::Encoding as Legacy;
use std::borrow::Cow;

/// Bytes looked at to tell an encoding, or text from binary.
pub const HEAD_BYTES: usize = 64 << 10;

/// How a member's characters are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// UTF-8, ASCII included.
    Utf8,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// One of the older encodings of the WHATWG encoding standard.
    Legacy(&'static Legacy),
}

/// What the first bytes of a member say about its encoding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Detected {
    /// The encoding.
    pub encoding: Encoding,
    /// Length of the byte order mark, 0 without one.
    pub mark_bytes: usize,
    /// True where it was guessed from letter frequencies.
    pub guessed: bool,
}

/// A decoded piece and whether characters had to be replaced.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Text<'a> {
    /// The text, borrowed where the bytes are UTF-8.
    pub text: Cow<'a, str>,
    /// True where bytes did not decode and U+FFFD stands for them.
    pub replaced: bool,
}

impl Encoding {
    /// The encoding with a WHATWG label (`utf-8`, `latin1`, `windows-1251`, `utf-16le`, ...).
    pub fn for_label(label: &str) -> Option<Encoding> {
        let legacy = Legacy::for_label(label.as_bytes())?;
        Some(match legacy.name() {
            "UTF-8" => Encoding::Utf8,
            "UTF-16LE" => Encoding::Utf16Le,
            "UTF-16BE" => Encoding::Utf16Be,
            _ => Encoding::Legacy(legacy),
        })
    }

    /// Its WHATWG name, lower case.
    pub fn name(self) -> String {
        match self {
            Encoding::Utf8 => "utf-8".to_owned(),
            Encoding::Utf16Le => "utf-16le".to_owned(),
            Encoding::Utf16Be => "utf-16be".to_owned(),
            Encoding::Legacy(legacy) => legacy.name().to_ascii_lowercase(),
        }
    }

    /// How its line feeds look.
    pub fn newline(self) -> Newline {
        match self {
            Encoding::Utf16Le => Newline::Utf16Le,
            Encoding::Utf16Be => Newline::Utf16Be,
            _ => Newline::Byte,
        }
    }

    /// Bytes of one code unit.
    pub fn unit_bytes(self) -> usize {
        match self {
            Encoding::Utf16Le | Encoding::Utf16Be => 2,
            _ => 1,
        }
    }

    /// Decodes a piece that starts and ends between characters.
    pub fn decode(self, bytes: &[u8]) -> Text<'_> {
        let legacy = match self {
            Encoding::Utf8 => {
                return match std::str::from_utf8(bytes) {
                    Ok(text) => Text { text: Cow::Borrowed(text), replaced: false },
                    Err(_) => Text { text: String::from_utf8_lossy(bytes), replaced: true },
                };
            }
            Encoding::Utf16Le => encoding_rs::UTF_16LE,
            Encoding::Utf16Be => encoding_rs::UTF_16BE,
            Encoding::Legacy(legacy) => legacy,
        };
        let (text, replaced) = legacy.decode_without_bom_handling(bytes);
        Text { text, replaced }
    }

    /// The length of a line's content without its CR and LF.
    pub fn trim_line_end(self, line: &[u8]) -> usize {
        let mut end = line.len();
        for character in [b'\n', b'\r'] {
            let ending: &[u8] = match self {
                Encoding::Utf16Le => &[character, 0],
                Encoding::Utf16Be => &[0, character],
                _ => &[character],
            };
            if line[..end].ends_with(ending) {
                end -= ending.len();
            }
        }
        end
    }
}

/// Tells the encoding from the first [`HEAD_BYTES`] of a member (`whole`: they are all of it).
pub fn detect(head: &[u8], whole: bool) -> Detected {
    let known = |encoding, mark_bytes| Detected { encoding, mark_bytes, guessed: false };
    if head.starts_with(b"\xef\xbb\xbf") {
        return known(Encoding::Utf8, 3);
    }
    if head.starts_with(b"\xff\xfe") {
        return known(Encoding::Utf16Le, 2);
    }
    if head.starts_with(b"\xfe\xff") {
        return known(Encoding::Utf16Be, 2);
    }
    if let Some(encoding) = unmarked_utf16(head) {
        return Detected { encoding, mark_bytes: 0, guessed: true };
    }
    if is_utf8(head, whole) {
        return known(Encoding::Utf8, 0);
    }
    Detected { encoding: guess_legacy(head), mark_bytes: 0, guessed: true }
}

/// Guesses the older encoding of bytes that are not UTF-8, from letter frequencies.
pub fn guess_legacy(bytes: &[u8]) -> Encoding {
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let legacy = detector.guess(None, chardetng::Utf8Detection::Deny);
    if legacy == encoding_rs::UTF_8 { Encoding::Utf8 } else { Encoding::Legacy(legacy) }
}

/// True where `head` looks like text in some encoding rather than binary data.
pub fn is_text(head: &[u8], whole: bool) -> bool {
    let detected = detect(head, whole);
    if detected.encoding.unit_bytes() == 2 {
        return true;
    }
    // Text holds few control characters. A stray NUL in a long log does not make it binary.
    let controls =
        head.iter().filter(|byte| matches!(byte, 0..=8 | 14..=26 | 28..=31 | 127)).count();
    let controls_max = if detected.guessed { head.len() / 200 } else { head.len() / 10 };
    controls <= controls_max
}

/// Adds anomalies where a text holds control characters (other than tab and line ends) or
/// characters that reorder what is shown. The text itself is kept as it is.
pub fn report_controls(text: &str, field: &str, anomalies: &mut Vec<Anomaly>) {
    // One pass that the compiler turns into wide compares; most texts end here.
    let suspect = text.bytes().fold(false, |suspect, byte| {
        suspect | (byte < 0x20) | (byte == 0x7f) | (byte == 0xe2) | (byte == 0xc2)
    });
    if !suspect {
        return;
    }
    let control = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    if text.chars().any(control) {
        let note = "the text holds control characters";
        anomalies.push(Anomaly::field("text.control", field, note));
    }
    let reorders = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if text.chars().any(reorders) {
        let note = "the text holds characters that reorder what is shown";
        anomalies.push(Anomaly::field("text.bidi", field, note));
    }
}

/// Valid UTF-8, or cut inside its last character where more follows.
fn is_utf8(head: &[u8], whole: bool) -> bool {
    match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => !whole && error.error_len().is_none(),
    }
}

/// UTF-16 without a mark: mostly ASCII characters, so that every other byte is NUL.
fn unmarked_utf16(head: &[u8]) -> Option<Encoding> {
    let pairs = head.len() / 2;
    if pairs < 4 {
        return None;
    }
    let (mut le, mut be) = (0, 0);
    for pair in head.chunks_exact(2) {
        le += usize::from(pair[1] == 0 && pair[0] != 0);
        be += usize::from(pair[0] == 0 && pair[1] != 0);
    }
    match () {
        () if le * 10 > pairs * 7 && be * 50 < pairs => Some(Encoding::Utf16Le),
        () if be * 10 > pairs * 7 && le * 50 < pairs => Some(Encoding::Utf16Be),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
            .collect()
    }

    #[test]
    fn marks_and_shapes_tell_the_encoding() {
        assert_eq!(detect(b"\xef\xbb\xbfabc", true).mark_bytes, 3);
        assert_eq!(detect(b"\xff\xfea\0", true).encoding, Encoding::Utf16Le);
        assert_eq!(detect(&utf16("[12:00] <a> hello", true), true).encoding, Encoding::Utf16Be);
        assert_eq!(detect("[12:00] <a> héé".as_bytes(), true).encoding, Encoding::Utf8);
        assert_eq!(detect("héé".as_bytes()[..2].as_ref(), false).encoding, Encoding::Utf8);
        let latin = b"[12:00] <a> caf\xe9 d\xe9j\xe0 vu";
        let detected = detect(latin, true);
        assert!(detected.guessed);
        assert_eq!(detected.encoding.decode(latin).text, "[12:00] <a> café déjà vu");
    }

    #[test]
    fn text_is_told_from_binary() {
        assert!(is_text(b"", true));
        assert!(is_text(b"a line with one NUL \0 in it, as logs sometimes have\n", true));
        assert!(!is_text(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10\x08\x02", true));
        assert!(!is_text(&[0; 100], true));
    }

    #[test]
    fn line_ends_are_trimmed_in_every_unit() {
        assert_eq!(Encoding::Utf8.trim_line_end(b"ab\r\n"), 2);
        assert_eq!(Encoding::Utf8.trim_line_end(b"ab"), 2);
        assert_eq!(Encoding::Utf16Le.trim_line_end(b"a\0\r\0\n\0"), 2);
        assert_eq!(Encoding::Utf16Be.trim_line_end(b"\0a\0\n"), 2);
    }
}
