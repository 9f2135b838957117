//! What the first bytes of a JSON document show, however it was cut: for recognising formats.

use super::{Kind, decode, scan, skip_white};
use std::borrow::Cow;

/// Elements of a list that are looked at.
const ELEMENTS_MAX: usize = 4;
/// Keys of an object that are looked at.
const KEYS_MAX: usize = 256;

/// The keys of one object, as far as they are in sight, and the bytes from their values on.
pub(crate) struct Glimpse<'a>(Vec<(&'a [u8], &'a [u8])>);

impl<'a> Glimpse<'a> {
    /// The objects that the document starts with: itself, the first elements of its list, or the
    /// first of many on lines.
    pub fn all(head: &'a [u8]) -> Vec<Glimpse<'a>> {
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        objects(head)
    }

    /// The bytes from a key's value on.
    pub fn rest(&self, key: &str) -> Option<&'a [u8]> {
        self.0.iter().find(|(name, _)| *name == key.as_bytes()).map(|(_, rest)| *rest)
    }

    /// Whether a key is there.
    pub fn has(&self, key: &str) -> bool {
        self.rest(key).is_some()
    }

    /// A key's value where it is a string in sight.
    pub fn string(&self, key: &str) -> Option<Cow<'a, str>> {
        let value = scan::value_at(self.rest(key)?, 0, 1).ok()?;
        Some(decode(value.string()?).text)
    }

    /// Whether a key's value is a number (or is cut).
    pub fn is_number(&self, key: &str) -> bool {
        let value = self.rest(key).and_then(|rest| scan::value_at(rest, 0, 1).ok());
        value.is_some_and(|value| value.kind == Kind::Number)
    }

    /// The object under a key, or the first elements of its list.
    pub fn inner(&self, key: &str) -> Vec<Glimpse<'a>> {
        self.rest(key).map(objects).unwrap_or_default()
    }
}

fn objects(bytes: &[u8]) -> Vec<Glimpse<'_>> {
    let mut at = skip_white(bytes, 0);
    let list = bytes.get(at) == Some(&b'[');
    if list {
        at = skip_white(bytes, at + 1);
        // The results of a search come as lists of lists.
        if bytes.get(at) == Some(&b'[') {
            at = skip_white(bytes, at + 1);
        }
    }
    let mut found = Vec::new();
    while found.len() < ELEMENTS_MAX && bytes.get(at) == Some(&b'{') {
        found.push(Glimpse(keys(&bytes[at..])));
        let Ok(end) = scan::skip_value(bytes, at, scan::DEPTH_MAX) else {
            break;
        };
        at = skip_white(bytes, end);
        if list {
            if bytes.get(at) != Some(&b',') {
                break;
            }
            at = skip_white(bytes, at + 1);
        }
    }
    found
}

/// Every key of the object at the start and what follows its colon, up to where it is cut or
/// broken. A missing comma does not stop it.
pub(super) fn keys(bytes: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut found = Vec::new();
    let mut at = skip_white(bytes, 1);
    while found.len() < KEYS_MAX && bytes.get(at) == Some(&b'"') {
        let Ok(key_end) = scan::skip_value(bytes, at, 1) else {
            break;
        };
        let colon = skip_white(bytes, key_end);
        if bytes.get(colon) != Some(&b':') {
            break;
        }
        let value = skip_white(bytes, colon + 1);
        let Some(rest) = bytes.get(value..) else {
            break;
        };
        found.push((&bytes[at + 1..key_end - 1], rest));
        let Ok(end) = scan::skip_value(bytes, value, scan::DEPTH_MAX) else {
            break;
        };
        at = skip_white(bytes, end);
        if bytes.get(at) == Some(&b',') {
            at = skip_white(bytes, at + 1);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cut_documents_still_show_their_first_keys() {
        let seen = Glimpse::all(br#"{"a":"x","list":[{"b":1},{"c":"cut sho"#);
        assert_eq!(seen[0].string("a").as_deref(), Some("x"));
        let inner = seen[0].inner("list");
        assert!(inner[0].is_number("b") && inner[1].has("c") && inner.len() == 2);
        assert_eq!(inner[1].string("c"), None);
        let lines = Glimpse::all(b"{\"a\":1}\n{\"b\":2}\n");
        assert!(lines[0].has("a") && lines[1].has("b"));
        assert!(Glimpse::all(b"[[{\"a\":1}]]")[0].has("a"));
        assert!(Glimpse::all(b"nothing").is_empty());
    }
}
