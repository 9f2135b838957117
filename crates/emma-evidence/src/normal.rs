//! How a value is read from bytes: a closed list that the verifier knows.

use std::fmt;
use std::ops::Range;

/// A way to read a value from a span of bytes. Anything else a parser does is printed as
/// "as read by parser NAME VERSION".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Normalisation {
    /// The bytes are UTF-8.
    Utf8,
    /// The bytes are UTF-16, low byte first.
    Utf16Le,
    /// The bytes are UTF-16, high byte first.
    Utf16Be,
    /// Every byte is the character of that number (ISO 8859-1).
    Latin1,
    /// A JSON string with its quotes (RFC 8259); a lone surrogate reads as U+FFFD.
    JsonString,
    /// XML character data, UTF-8: the five entities and numeric references.
    XmlText,
    /// A CSV field, UTF-8: as it stands, or in quotes with doubled quotes inside.
    CsvField,
}

impl Normalisation {
    /// All of them.
    pub const ALL: [Normalisation; 7] = [
        Normalisation::Utf8,
        Normalisation::Utf16Le,
        Normalisation::Utf16Be,
        Normalisation::Latin1,
        Normalisation::JsonString,
        Normalisation::XmlText,
        Normalisation::CsvField,
    ];

    /// The name written in proofs.
    pub fn name(self) -> &'static str {
        match self {
            Normalisation::Utf8 => "utf-8",
            Normalisation::Utf16Le => "utf-16le",
            Normalisation::Utf16Be => "utf-16be",
            Normalisation::Latin1 => "latin-1",
            Normalisation::JsonString => "json-string",
            Normalisation::XmlText => "xml-text",
            Normalisation::CsvField => "csv-field",
        }
    }

    /// The normalisation with this name.
    pub fn from_name(name: &str) -> Option<Normalisation> {
        Normalisation::ALL.into_iter().find(|way| way.name() == name)
    }

    /// Reads all of `bytes`. `None` where they are not of this form.
    pub fn read(self, bytes: &[u8]) -> Option<String> {
        match self {
            Normalisation::Utf8 => Some(std::str::from_utf8(bytes).ok()?.to_owned()),
            Normalisation::Utf16Le => read_utf16(bytes, u16::from_le_bytes),
            Normalisation::Utf16Be => read_utf16(bytes, u16::from_be_bytes),
            Normalisation::Latin1 => Some(bytes.iter().map(|&byte| byte as char).collect()),
            Normalisation::JsonString => read_json_string(bytes),
            Normalisation::XmlText => read_xml_text(bytes),
            Normalisation::CsvField => read_csv_field(bytes),
        }
    }
}

impl fmt::Display for Normalisation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn read_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    if rest.is_empty() { String::from_utf16(&units).ok() } else { None }
}

fn read_json_string(bytes: &[u8]) -> Option<String> {
    let inside = std::str::from_utf8(bytes).ok()?.strip_prefix('"')?.strip_suffix('"')?;
    let mut out = String::with_capacity(inside.len());
    let mut rest = inside;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '"' | '\0'..='\u{1f}' => return None,
            '\\' => {
                let escape = rest.chars().next()?;
                rest = &rest[escape.len_utf8()..];
                out.push(match escape {
                    '"' | '\\' | '/' => escape,
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'u' => take_json_unicode(&mut rest)?,
                    _ => return None,
                });
            }
            _ => out.push(c),
        }
    }
    Some(out)
}

/// Reads what follows `\u`, with the second half of a pair where there is one.
fn take_json_unicode(rest: &mut &str) -> Option<char> {
    let unit = hex4(rest)?;
    *rest = &rest[4..];
    if let Some(low) = rest.strip_prefix("\\u").filter(|_| (0xd800..0xdc00).contains(&unit)) {
        let second = hex4(low)?;
        if (0xdc00..0xe000).contains(&second) {
            *rest = &low[4..];
            return char::from_u32(0x10000 + ((unit - 0xd800) << 10) + (second - 0xdc00));
        }
    }
    Some(char::from_u32(unit).unwrap_or('\u{fffd}'))
}

fn hex4(text: &str) -> Option<u32> {
    let digits = text.get(..4)?;
    let plain = digits.bytes().all(|b| b.is_ascii_hexdigit());
    plain.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}

fn read_xml_text(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut parts = text.split('&');
    let mut out = parts.next()?.to_owned();
    for part in parts {
        let (name, after) = part.split_once(';')?;
        out.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => {
                let number = name.strip_prefix('#')?;
                let (digits, radix) = match number.strip_prefix('x') {
                    Some(digits) => (digits, 16),
                    None => (number, 10),
                };
                let plain = digits.bytes().all(|b| b.is_ascii_hexdigit());
                char::from_u32(u32::from_str_radix(digits, radix).ok().filter(|_| plain)?)?
            }
        });
        out.push_str(after);
    }
    (!text.contains(['<', '>'])).then_some(out)
}

fn read_csv_field(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let Some(inside) = text.strip_prefix('"') else {
        return (!text.contains('"')).then(|| text.to_owned());
    };
    let inside = inside.strip_suffix('"')?;
    let single = inside.replace("\"\"", "");
    (!single.contains('"')).then(|| inside.replace("\"\"", "\""))
}

/// Finds a span of `raw`, starting at `after` or later, that reads as exactly `value`, trying
/// `ways` in order. JSON strings and quoted CSV fields are found as whole tokens only.
///
/// That a value stands in the bytes is all this shows; which field it is, is the parser's word.
pub fn locate(
    raw: &[u8],
    value: &str,
    ways: &[Normalisation],
    after: usize,
) -> Option<(Normalisation, Range<usize>)> {
    for &way in ways {
        let span = match way {
            Normalisation::Utf8 => find(raw, value.as_bytes(), after),
            Normalisation::Latin1 => {
                let bytes: Option<Vec<u8>> =
                    value.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
                bytes.and_then(|bytes| find(raw, &bytes, after))
            }
            Normalisation::Utf16Le | Normalisation::Utf16Be => {
                let order =
                    if way == Normalisation::Utf16Le { u16::to_le_bytes } else { u16::to_be_bytes };
                let bytes: Vec<u8> = value.encode_utf16().flat_map(order).collect();
                find(raw, &bytes, after)
            }
            Normalisation::JsonString => {
                tokens(raw, after, json_string_end).find(|span| reads(way, raw, span, value))
            }
            Normalisation::CsvField => tokens(raw, after, csv_quoted_end)
                .find(|span| reads(way, raw, span, value))
                .or_else(|| find(raw, value.as_bytes(), after).filter(|_| !value.contains('"'))),
            Normalisation::XmlText => {
                xml_texts(raw, after).find(|span| reads(way, raw, span, value))
            }
        };
        if let Some(span) = span {
            return Some((way, span));
        }
    }
    None
}

fn reads(way: Normalisation, raw: &[u8], span: &Range<usize>, value: &str) -> bool {
    way.read(&raw[span.clone()]).as_deref() == Some(value)
}

fn find(raw: &[u8], bytes: &[u8], after: usize) -> Option<Range<usize>> {
    if bytes.is_empty() {
        return None;
    }
    let at = raw.get(after..)?.windows(bytes.len()).position(|window| window == bytes)?;
    Some(after + at..after + at + bytes.len())
}

/// Tokens that start with a quote: `end` answers where the one whose quote is at a place ends.
fn tokens(
    raw: &[u8],
    after: usize,
    end: fn(&[u8], usize) -> Option<usize>,
) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = after;
    std::iter::from_fn(move || {
        let start = at + raw.get(at..)?.iter().position(|&byte| byte == b'"')?;
        let stop = end(raw, start)?;
        at = stop;
        Some(start..stop)
    })
}

fn json_string_end(raw: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        match raw.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

fn csv_quoted_end(raw: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        match (raw.get(at)?, raw.get(at + 1)) {
            (b'"', Some(b'"')) => at += 2,
            (b'"', _) => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// What stands between tags, and between the quotes of attributes.
fn xml_texts(raw: &[u8], after: usize) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = after;
    std::iter::from_fn(move || {
        let rest = raw.get(at..)?;
        if rest.is_empty() {
            return None;
        }
        let length = rest.iter().position(|byte| b"<>\"'".contains(byte)).unwrap_or(rest.len());
        let span = at..at + length;
        at = span.end + 1;
        Some(span)
    })
}

#[cfg(test)]
mod tests {
    use super::Normalisation::*;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_are_read_as_the_list_says() {
        for (way, bytes, value) in [
            (Utf8, &b"caf\xc3\xa9"[..], Some("café")),
            (Utf8, b"caf\xe9", None),
            (Latin1, b"caf\xe9", Some("café")),
            (Utf16Le, b"h\0i\0", Some("hi")),
            (Utf16Be, b"\0h\0i", Some("hi")),
            (Utf16Le, b"h\0i", None),
            (JsonString, br#""a\n\u00e9\ud83d\ude00\/""#, Some("a\né😀/")),
            (JsonString, br#""\ud83d!""#, Some("\u{fffd}!")),
            (JsonString, b"bare", None),
            (JsonString, b"\"a\"b\"", None),
            (XmlText, b"a &lt;b&gt; &#65;&#x42; &amp;amp;", Some("a <b> AB &amp;")),
            (XmlText, b"a <b>", None),
            (XmlText, b"&nbsp;", None),
            (CsvField, br#""say ""hi""""#, Some("say \"hi\"")),
            (CsvField, b"plain", Some("plain")),
            (CsvField, br#""open"#, None),
        ] {
            assert_eq!(way.read(bytes).as_deref(), value, "{way} {bytes:?}");
        }
    }

    #[test]
    fn a_value_is_found_where_it_stands() {
        let raw = br#"{"from":"annabel","to":"anna","text":"say \"hi\""}"#;
        assert_eq!(locate(raw, "anna", &[JsonString, Utf8], 0), Some((JsonString, 23..29)));
        assert_eq!(locate(raw, "say \"hi\"", &[JsonString], 0), Some((JsonString, 37..49)));
        assert_eq!(locate(raw, "nabe", &[JsonString, Utf8], 0), Some((Utf8, 11..15)));
        assert_eq!(locate(raw, "zoe", &[JsonString, Utf8], 0), None);
        let csv = br#"1,"a ""b""",c"#;
        assert_eq!(locate(csv, "a \"b\"", &[CsvField], 0), Some((CsvField, 2..11)));
        let xml = b"<m from=\"x\">a &lt; b</m>";
        assert_eq!(locate(xml, "a < b", &[XmlText], 0), Some((XmlText, 12..20)));
    }

    proptest! {
        #[test]
        fn whatever_is_located_reads_as_the_value(
            raw in proptest::collection::vec(any::<u8>(), 0..40),
            value in ".{0,5}",
            after in 0usize..50
        ) {
            if let Some((way, span)) = locate(&raw, &value, &Normalisation::ALL, after) {
                prop_assert_eq!(way.read(&raw[span]), Some(value));
            }
        }
    }
}
