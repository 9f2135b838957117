//! Is it a Telegram Desktop export? And does an object look like a message or a chat's start?

use super::keys;
use crate::json::{Kind, Members, scan, skip_white};

/// True where a JSON object starts with the keys of an export of one chat or an account.
pub(crate) fn recognises(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let mut chat_type = false;
    let mut messages = false;
    let mut account = false;
    keys_of(head, |key, value| {
        match key {
            b"type" => chat_type |= string(value).is_some_and(is_chat_type),
            b"messages" => messages |= value.starts_with(b"["),
            b"personal_information" => account = true,
            b"chats" | b"left_chats" => {
                account |= value.starts_with(b"{") && {
                    let mut list = false;
                    keys_of(value, |key, _| {
                        list |= key == b"list";
                        false
                    });
                    list
                };
            }
            _ => {}
        }
        // The keys before the messages are what an export is known by.
        messages || account
    });
    account || (chat_type && messages)
}

fn is_chat_type(word: &[u8]) -> bool {
    keys::CHAT_TYPES.iter().any(|known| known.as_bytes() == word)
}

fn string(value: &[u8]) -> Option<&[u8]> {
    let end = scan::skip_value(value, 0, 1).ok()?;
    value[..end].strip_prefix(b"\"")?.strip_suffix(b"\"")
}

/// Calls `each` with every key of the object and what follows its colon, until it says true or
/// the bytes end. A missing comma does not stop it.
fn keys_of<'a>(bytes: &'a [u8], mut each: impl FnMut(&'a [u8], &'a [u8]) -> bool) {
    let mut at = skip_white(bytes, 0);
    if bytes.get(at) != Some(&b'{') {
        return;
    }
    at = skip_white(bytes, at + 1);
    while bytes.get(at) == Some(&b'"') {
        let Ok(key_end) = scan::skip_value(bytes, at, 1) else {
            return;
        };
        let colon = skip_white(bytes, key_end);
        if bytes.get(colon) != Some(&b':') {
            return;
        }
        let value = skip_white(bytes, colon + 1);
        let Some(rest) = bytes.get(value..) else {
            return;
        };
        if each(&bytes[at + 1..key_end - 1], rest) {
            return;
        }
        let Ok(end) = scan::skip_value(bytes, value, scan::DEPTH_MAX) else {
            return;
        };
        at = skip_white(bytes, end);
        if bytes.get(at) == Some(&b',') {
            at = skip_white(bytes, at + 1);
        }
    }
}

/// True where a whole object has what only a message has.
pub(super) fn is_message(object: &[u8], depth_max: usize) -> bool {
    let (mut kind, mut id, mut date, mut text) = (false, false, false, false);
    for member in Members::new(object, depth_max) {
        let Ok(member) = member else { return false };
        match member.key {
            b"type" => {
                kind |= matches!(member.value.string(), Some(b"message" | b"service"));
            }
            b"id" => id |= member.value.kind == Kind::Number,
            b"date" | b"date_unixtime" => date = true,
            b"text" => text = true,
            _ => {}
        }
    }
    (kind && (id || date)) || (id && date && text)
}

/// The length of a chat's start, from its `{` to the `[` of its messages, where one stands there.
pub(super) fn chat_start(bytes: &[u8]) -> Option<usize> {
    let mut chat_type = false;
    let mut found = None;
    keys_of(bytes, |key, value| {
        match key {
            b"type" => chat_type |= string(value).is_some_and(is_chat_type),
            b"messages" if value.starts_with(b"[") => found = Some(bytes.len() - value.len() + 1),
            _ => {}
        }
        found.is_some()
    });
    found.filter(|_| chat_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exports_are_known_by_their_first_keys() {
        assert!(recognises(br#"{"name":"x","type":"personal_chat","id":1,"messages":[ ]}"#));
        assert!(recognises(b"\xef\xbb\xbf { \"type\": \"saved_messages\" \"messages\": ["));
        assert!(recognises(br#"{"about":"..","chats":{"about":"..","list":[{"name":"#));
        assert!(recognises(br#"{"personal_information":{"#));
        assert!(!recognises(br#"{"type":"personal_chat","messages":{}}"#));
        assert!(!recognises(br#"{"type":"FeatureCollection","messages":[]}"#));
        assert!(!recognises(br#"{"messages":[{"id":1}]}"#));
        assert!(!recognises(br#"[{"type":"personal_chat","messages":[]}]"#));
        assert!(!recognises(b"{"));
    }

    #[test]
    fn messages_and_chat_starts_are_told_from_other_objects() {
        assert!(is_message(br#"{"id":1,"type":"message"}"#, 128));
        assert!(is_message(br#"{"id":1,"date":"x","text":""}"#, 128));
        assert!(!is_message(br#"{"type":"bold","text":"x"}"#, 128));
        assert!(!is_message(br#"{"id":1,"type":"message""#, 128));
        let start = br#"{"name":"x","type":"bot_chat","messages":[{"id":1}"#;
        assert_eq!(chat_start(start), Some(42));
        assert_eq!(chat_start(br#"{"messages":[]}"#), None);
    }
}
