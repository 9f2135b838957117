//! What a JSON string says.

use emma_model::Anomaly;
use std::borrow::Cow;

/// A decoded string and what is odd about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decoded<'a> {
    /// The text, borrowed where nothing had to be changed.
    pub text: Cow<'a, str>,
    /// It held half a surrogate pair, replaced by U+FFFD.
    pub lone_surrogate: bool,
    /// It held bytes that are not UTF-8, replaced by U+FFFD.
    pub not_utf8: bool,
    /// It held a backslash that starts no escape, kept as found.
    pub bad_escape: bool,
}

impl Decoded<'_> {
    /// The oddities as anomalies of `field`.
    pub fn report(&self, field: &str, anomalies: &mut Vec<Anomaly>) {
        if self.lone_surrogate {
            let note = "half a surrogate pair was replaced";
            anomalies.push(Anomaly::field("json.lone_surrogate", field, note));
        }
        if self.not_utf8 {
            let note = "bytes that are not UTF-8 were replaced";
            anomalies.push(Anomaly::field("text.not_utf8", field, note));
        }
        if self.bad_escape {
            let note = "a backslash that starts no escape was kept";
            anomalies.push(Anomaly::field("json.bad_escape", field, note));
        }
    }
}

/// Decodes the bytes between a string's quotes.
#[inline]
pub fn decode(bytes: &[u8]) -> Decoded<'_> {
    let (text, not_utf8) = match std::str::from_utf8(bytes) {
        Ok(text) => (Cow::Borrowed(text), false),
        Err(_) => (String::from_utf8_lossy(bytes), true),
    };
    if memchr::memchr(b'\\', text.as_bytes()).is_none() {
        return Decoded { text, lone_surrogate: false, not_utf8, bad_escape: false };
    }
    let mut out = Decoded {
        text: Cow::Owned(String::with_capacity(text.len())),
        lone_surrogate: false,
        not_utf8,
        bad_escape: false,
    };
    unescape(&text, &mut out);
    out
}

fn unescape(text: &str, out: &mut Decoded<'_>) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        let target = out.text.to_mut();
        target.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let plain = match rest.as_bytes().first() {
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(same @ (b'"' | b'\\' | b'/')) => *same as char,
            Some(b'u') => {
                rest = unescape_unicode(rest, out);
                continue;
            }
            _ => {
                target.push('\\');
                out.bad_escape = true;
                continue;
            }
        };
        target.push(plain);
        rest = &rest[1..];
    }
    out.text.to_mut().push_str(rest);
}

/// Decodes an escape whose `u` is the first byte of `rest`; returns what follows it.
fn unescape_unicode<'a>(rest: &'a str, out: &mut Decoded<'_>) -> &'a str {
    let Some(unit) = hex_unit(&rest.as_bytes()[1..]) else {
        out.text.to_mut().push('\\');
        out.bad_escape = true;
        return rest;
    };
    let after = &rest[5..];
    if let Some(character) = char::from_u32(unit) {
        out.text.to_mut().push(character);
        return after;
    }
    let low = after.as_bytes().strip_prefix(b"\\u").and_then(hex_unit);
    if let (0xD800..0xDC00, Some(low @ 0xDC00..0xE000)) = (unit, low) {
        let code = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        out.text.to_mut().push(char::from_u32(code).expect("a surrogate pair is a character"));
        return &after[6..];
    }
    out.text.to_mut().push(char::REPLACEMENT_CHARACTER);
    out.lone_surrogate = true;
    after
}

fn hex_unit(bytes: &[u8]) -> Option<u32> {
    bytes.get(..4)?.iter().try_fold(0, |unit, byte| Some(unit << 4 | (*byte as char).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plain_strings_are_borrowed_and_escapes_decoded() {
        assert!(matches!(decode("héllo".as_bytes()).text, Cow::Borrowed("héllo")));
        assert_eq!(decode(br#"a\n\"\\\/\u00e9\ud83d\ude00z"#).text, "a\n\"\\/é😀z");
    }

    #[test]
    fn oddities_are_kept_or_replaced_and_told() {
        let odd = decode(br"\ud83dx\u12\q\");
        assert_eq!(odd.text, "\u{fffd}x\\u12\\q\\");
        assert!(odd.lone_surrogate && odd.bad_escape && !odd.not_utf8);
        let odd = decode(br"\ude00\ud83d\ud83d\ude00");
        assert_eq!(odd.text, "\u{fffd}\u{fffd}😀");
        let odd = decode(b"a\xffb");
        assert_eq!(odd.text, "a\u{fffd}b");
        assert!(odd.not_utf8);
        let mut anomalies = Vec::new();
        odd.report("text", &mut anomalies);
        assert_eq!(anomalies[0].kind.0, "text.not_utf8");
    }

    proptest! {
        #[test]
        fn what_serde_writes_reads_back(text: String) {
            let json = serde_json::to_string(&text).unwrap();
            let decoded = decode(&json.as_bytes()[1..json.len() - 1]);
            prop_assert_eq!(decoded.text, text);
        }

        #[test]
        fn any_bytes_decode(bytes: Vec<u8>, text in r"[\\ud8c0e]{0,40}") {
            let _ = decode(&bytes);
            let _ = decode(text.as_bytes());
        }
    }
}
