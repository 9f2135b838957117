//! Escapes that a source writes inside its fields.

use super::schema::Unescape;
use std::borrow::Cow;

/// Undoes the escapes of `how`; what is no escape stays as found.
pub(super) fn undo(value: Cow<'_, str>, how: Unescape) -> Cow<'_, str> {
    let sign = match how {
        Unescape::None => return value,
        Unescape::Backslash => b'\\',
        Unescape::Percent => b'%',
        Unescape::Xml => b'&',
    };
    if memchr::memchr(sign, value.as_bytes()).is_none() {
        return value;
    }
    Cow::Owned(match how {
        Unescape::Backslash => backslash(&value),
        Unescape::Percent => percent(&value),
        _ => xml(&value),
    })
}

/// `\n \r \t \0 \\ \" \'` , a backslash before a separator, `\xHH` and `\uHHHH` (pairs too).
fn backslash(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(next) = rest.chars().next() else {
            out.push('\\');
            break;
        };
        let length = match next {
            'n' => push(&mut out, '\n'),
            'r' => push(&mut out, '\r'),
            't' => push(&mut out, '\t'),
            '0' => push(&mut out, '\0'),
            'x' => hex(rest, 1, 2).map_or(0, |code| push_code(&mut out, code, 3)),
            'u' => unicode(rest, &mut out),
            mark if mark.is_ascii_punctuation() => push(&mut out, mark),
            _ => 0,
        };
        if length == 0 {
            out.push('\\');
        }
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

fn push(out: &mut String, c: char) -> usize {
    out.push(c);
    1
}

fn push_code(out: &mut String, code: u32, length: usize) -> usize {
    match char::from_u32(code) {
        Some(c) => {
            out.push(c);
            length
        }
        None => 0,
    }
}

fn unicode(rest: &str, out: &mut String) -> usize {
    let Some(high) = hex(rest, 1, 4) else {
        return 0;
    };
    if let 0xD800..0xDC00 = high {
        let low = rest.get(5..7).filter(|mark| *mark == "\\u").and_then(|_| hex(rest, 7, 4));
        if let Some(low @ 0xDC00..0xE000) = low {
            return push_code(out, 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00), 11);
        }
    }
    push_code(out, high, 5)
}

fn hex(text: &str, at: usize, length: usize) -> Option<u32> {
    let digits = text.get(at..at + length)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(())?;
    u32::from_str_radix(digits, 16).ok()
}

fn percent(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = if bytes[at] == b'%' { hex(text, at + 1, 2) } else { None };
        match code {
            Some(code) => {
                out.push(code as u8);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(12).position(|byte| byte == b';');
        let entity = end.and_then(|end| entity(&rest[1..end]).map(|c| (c, end + 1)));
        let (c, length) = entity.unwrap_or(('&', 1));
        out.push(c);
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn undone(text: &str, how: Unescape) -> String {
        undo(Cow::Borrowed(text), how).into_owned()
    }

    #[test]
    fn escapes_are_undone_and_other_backslashes_stay() {
        let text = r#"a\nb\\n\t\"\;\x41\u00e9\ud83d\ude00 C:\Users\q \u12 \"#;
        let want = "a\nb\\n\t\";Aé😀 C:\\Users\\q \\u12 \\";
        assert_eq!(undone(text, Unescape::Backslash), want);
        assert_eq!(undone("a%20b%C3%A9%zz%", Unescape::Percent), "a bé%zz%");
        assert_eq!(undone("a &amp;lt; &#233;&#xe9; & &x;", Unescape::Xml), "a &lt; éé & &x;");
        assert_eq!(undone("\\n", Unescape::None), "\\n");
    }

    proptest! {
        #[test]
        fn no_text_panics(text: String, odd in r"[\\%&#xu;0-9a-fé]{0,30}") {
            for how in [Unescape::Backslash, Unescape::Percent, Unescape::Xml] {
                undone(&text, how);
                undone(&odd, how);
            }
        }
    }
}
