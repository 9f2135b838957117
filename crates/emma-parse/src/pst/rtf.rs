//! Texts in compressed RTF: unpacked (MS-OXRTFCP), and what a reader would see of them.

use super::bytes::u32_at;
use super::properties::encoding;
use crate::limits::PST_VALUE_BYTES_MAX;
use encoding_rs::Encoding;

/// How a text is packed (2.1.3.1.1): by references back, or not at all.
const PACKED: u32 = 0x7546_5A4C;
const PLAIN: u32 = 0x414C_454D;
const HEADER_BYTES: usize = 16;
/// The window that references reach back into, and what stands in it at first (2.1.2.1).
const WINDOW_BYTES: usize = 4_096;
const WINDOW: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \
\\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier\
{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
/// Groups within groups that are read.
const GROUPS_MAX: usize = 1_000;
/// Groups whose text is none of the document's.
const ASIDE: [&str; 9] = [
    "fonttbl",
    "colortbl",
    "stylesheet",
    "info",
    "pict",
    "object",
    "listtable",
    "generator",
    "footnote",
];

/// The text of compressed RTF; `None` where it does not unpack.
pub(super) fn text(packed: &[u8]) -> Option<String> {
    Some(shown(&unpacked(packed)?))
}

fn unpacked(packed: &[u8]) -> Option<Vec<u8>> {
    let raw = (u32_at(packed, 4)? as usize).min(PST_VALUE_BYTES_MAX);
    let body = packed.get(HEADER_BYTES..)?;
    match u32_at(packed, 8)? {
        PLAIN => return Some(body[..body.len().min(raw)].to_vec()),
        PACKED => {}
        _ => return None,
    }
    let mut window = [0; WINDOW_BYTES];
    window[..WINDOW.len()].copy_from_slice(WINDOW);
    let (mut at, mut out) = (WINDOW.len(), Vec::new());
    let mut bytes = body.iter().copied();
    // Each byte of flags tells what the next eight tokens are.
    while let Some(flags) = bytes.next() {
        for bit in 0..8 {
            if out.len() >= raw {
                return Some(out);
            }
            let Some(first) = bytes.next() else { return Some(out) };
            if flags & (1 << bit) == 0 {
                window[at] = first;
                at = (at + 1) % WINDOW_BYTES;
                out.push(first);
                continue;
            }
            let Some(second) = bytes.next() else { return Some(out) };
            let token = u16::from_be_bytes([first, second]);
            let (from, length) = (usize::from(token >> 4), usize::from(token & 0xF) + 2);
            // A reference to where the next byte goes is the end.
            if from == at {
                return Some(out);
            }
            for step in 0..length {
                let byte = window[(from + step) % WINDOW_BYTES];
                window[at] = byte;
                at = (at + 1) % WINDOW_BYTES;
                out.push(byte);
            }
        }
    }
    Some(out)
}

/// What holds within a group.
#[derive(Clone, Copy)]
struct Group {
    aside: bool,
    /// Within RTF that only repeats what HTML said (MS-OXRTFEX 2.1.3.1.5).
    repeated: bool,
    /// Characters that stand after `\u` for readers that do not know it.
    fallback: usize,
}

struct Shown {
    out: String,
    /// Bytes of a code page that are not decoded yet.
    bytes: Vec<u8>,
    page: &'static Encoding,
    group: Group,
    skip: usize,
}

impl Shown {
    fn flush(&mut self) {
        if !self.bytes.is_empty() {
            self.out.push_str(&self.page.decode_without_bom_handling(&self.bytes).0);
            self.bytes.clear();
        }
    }

    fn byte(&mut self, byte: u8) {
        if self.skip > 0 {
            self.skip -= 1;
        } else if !self.group.aside && !self.group.repeated {
            self.bytes.push(byte);
        }
    }

    fn push(&mut self, c: char) {
        if !self.group.aside && !self.group.repeated {
            self.flush();
            self.out.push(c);
        }
    }

    fn word(&mut self, word: &str, number: Option<i32>) {
        match word {
            "par" | "line" | "row" | "sect" | "page" => self.push('\n'),
            "tab" | "cell" => self.push('\t'),
            "emdash" => self.push('\u{2014}'),
            "endash" => self.push('\u{2013}'),
            "lquote" => self.push('\u{2018}'),
            "rquote" => self.push('\u{2019}'),
            "ldblquote" => self.push('\u{201c}'),
            "rdblquote" => self.push('\u{201d}'),
            "bullet" => self.push('\u{2022}'),
            "htmlrtf" => self.group.repeated = number != Some(0),
            "uc" => self.group.fallback = number.unwrap_or(1).clamp(0, 16) as usize,
            "ansicpg" => self.page = encoding(number.unwrap_or(1_252).into()),
            "u" => {
                // Written as a signed number of sixteen bits.
                let unit = number.unwrap_or(0) as u16;
                self.push(char::from_u32(unit.into()).unwrap_or(char::REPLACEMENT_CHARACTER));
                self.skip = self.group.fallback;
            }
            _ if ASIDE.contains(&word) => self.group.aside = true,
            _ => {}
        }
    }
}

/// The text of RTF. Nothing is laid out.
fn shown(rtf: &[u8]) -> String {
    let group = Group { aside: false, repeated: false, fallback: 1 };
    let page = encoding(1_252);
    let mut shown = Shown { out: String::new(), bytes: Vec::new(), page, group, skip: 0 };
    let mut groups = Vec::new();
    let mut at = 0;
    while let Some(&byte) = rtf.get(at) {
        at += 1;
        match byte {
            b'{' if groups.len() == GROUPS_MAX => break,
            b'{' => groups.push(shown.group),
            b'}' => {
                shown.flush();
                shown.skip = 0;
                shown.group = groups.pop().unwrap_or(group);
            }
            b'\r' | b'\n' => {}
            b'\\' => at += control(&mut shown, &rtf[at..]),
            byte => shown.byte(byte),
        }
    }
    shown.flush();
    shown.out.trim().to_owned()
}

/// Reads what follows a backslash; how many bytes it has.
fn control(shown: &mut Shown, rest: &[u8]) -> usize {
    let Some(&first) = rest.first() else { return 0 };
    if !first.is_ascii_alphabetic() {
        match first {
            b'\'' => {
                let digits = rest.get(1..3).and_then(|two| std::str::from_utf8(two).ok());
                let byte = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
                let Some(byte) = byte else { return 1 };
                shown.byte(byte);
                return 3;
            }
            b'*' => shown.group.aside = true,
            b'~' => shown.push('\u{a0}'),
            b'_' => shown.push('-'),
            b'{' | b'}' | b'\\' => shown.byte(first),
            b'\r' | b'\n' => shown.push('\n'),
            _ => {}
        }
        return 1;
    }
    let letters = rest.iter().take(32).take_while(|byte| byte.is_ascii_alphabetic()).count();
    let word = std::str::from_utf8(&rest[..letters]).expect("letters");
    let mut end = letters;
    let minus = rest.get(end) == Some(&b'-');
    let digits = &rest[end + usize::from(minus)..];
    let digits = digits.iter().take(10).take_while(|byte| byte.is_ascii_digit()).count();
    let mut number = None;
    if digits > 0 {
        end += usize::from(minus) + digits;
        number = std::str::from_utf8(&rest[letters..end]).ok().and_then(|n| n.parse().ok());
    }
    shown.word(word, number);
    // One space belongs to the word.
    end + usize::from(rest.get(end) == Some(&b' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specifications_own_example_unpacks() {
        // MS-OXRTFCP 3.1.1.2 and 3.1.2.2.
        let packed = [
            0x2d, 0, 0, 0, 0x2b, 0, 0, 0, 0x4c, 0x5a, 0x46, 0x75, 0xf1, 0xc5, 0xc7, 0xa7, 0x03, 0,
            0x0a, 0, 0x72, 0x63, 0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a, 0xf3, 0x20, 0x68,
            0x65, 0x6c, 0x09, 0, 0x20, 0x62, 0x77, 0x05, 0xb0, 0x6c, 0x64, 0x7d, 0x0a, 0x80, 0x0f,
            0xa0,
        ];
        let raw = unpacked(&packed).unwrap();
        assert_eq!(raw, b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
        assert_eq!(text(&packed).as_deref(), Some("hello world"));
        assert_eq!(text(&packed[..20]).as_deref(), Some(""));
        assert_eq!(text(b"no such thing at all"), None);
    }

    #[test]
    fn what_is_shown_is_read() {
        for (rtf, expected) in [
            (
                r"{\rtf1{\fonttbl{\f0 Arial;}}\b A\b0 b\par c\'e9 \u8364?\{x\}}",
                "Ab\nc\u{e9} \u{20ac}{x}",
            ),
            (
                r"{\rtf1\fromhtml1{\*\htmltag64 <p>}\htmlrtf \par\htmlrtf0 a{\*\htmltag8 <b>}b}",
                "ab",
            ),
            (r"{\rtf1\ansicpg1251 \'ef\'ee}", "\u{43f}\u{43e}"),
            (r"}}}{\", ""),
        ] {
            assert_eq!(shown(rtf.as_bytes()), expected, "{rtf}");
        }
    }
}
