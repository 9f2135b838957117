//! Keeps messages within a message closed.
//!
//! `mail-parser` opens a message that another holds, and the ones that it holds, each on the
//! stack of the one before: a mail of a megabyte can hold tens of thousands. Here an attached
//! message is a file with a digest like any other attachment, so it need not be opened. For the
//! parser the word `message` (and `digest`, whose parts are messages unless they say otherwise)
//! in a `Content-Type` loses its first letter to a control character; what is read out of the
//! parts gets it back.

use std::borrow::Cow;

const FIELD: &[u8] = b"content-type";
/// The words, their first letters and what stands for them.
const WORDS: [(&[u8], u8, u8); 4] =
    [(b"message", b'm', 1), (b"message", b'M', 2), (b"digest", b'd', 3), (b"digest", b'D', 4)];

/// A message for the parser.
pub(super) struct Closed<'m> {
    pub bytes: Cow<'m, [u8]>,
}

/// Closes the messages within `raw`; the length stays.
pub(super) fn close(raw: &[u8]) -> Closed<'_> {
    let mut places = Vec::new();
    let starts = std::iter::once(0).chain(memchr::memchr_iter(b'\n', raw).map(|feed| feed + 1));
    for start in starts {
        let named = raw[start..].get(..FIELD.len());
        if !named.is_some_and(|name| name.eq_ignore_ascii_case(FIELD)) {
            continue;
        }
        // The type, with its folds, ends where its parameters begin or the field ends.
        let value = &raw[start + FIELD.len()..];
        let mut end = 0;
        while let Some(at) = memchr::memchr2(b'\n', b';', &value[end..]) {
            end += at + 1;
            let folded = value[end - 1] == b'\n' && matches!(value.get(end), Some(b' ' | b'\t'));
            if !folded {
                break;
            }
        }
        let kind = if end == 0 { value } else { &value[..end] };
        for (word, first, stands) in WORDS {
            let is = |at: usize| {
                kind[at..]
                    .get(..word.len())
                    .is_some_and(|found| found[0] == first && found.eq_ignore_ascii_case(word))
            };
            let found = memchr::memchr_iter(first, kind).filter(|at| is(*at));
            places.extend(found.map(|at| (start + FIELD.len() + at, stands)));
        }
    }
    if places.is_empty() {
        return Closed { bytes: Cow::Borrowed(raw) };
    }
    let mut bytes = raw.to_vec();
    for (at, stands) in places {
        bytes[at] = stands;
    }
    Closed { bytes: Cow::Owned(bytes) }
}

impl Closed<'_> {
    /// What was read, with the letters back.
    pub fn opened<'b>(&self, read: &'b [u8]) -> Cow<'b, [u8]> {
        if matches!(self.bytes, Cow::Borrowed(_)) {
            return Cow::Borrowed(read);
        }
        let mut bytes = read.to_vec();
        for at in 0..bytes.len() {
            let stood = WORDS.iter().find(|(word, _, stands)| {
                let rest = bytes[at + 1..].get(..word.len() - 1);
                bytes[at] == *stands
                    && rest.is_some_and(|rest| rest.eq_ignore_ascii_case(&word[1..]))
            });
            if let Some((_, first, _)) = stood {
                bytes[at] = *first;
            }
        }
        Cow::Owned(bytes)
    }

    /// Like [`Closed::opened`] for text.
    pub fn opened_text<'t>(&self, read: &'t str) -> Cow<'t, str> {
        match self.opened(read.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(read),
            Cow::Owned(bytes) => {
                Cow::Owned(String::from_utf8(bytes).expect("letters for control characters"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_types_are_closed_and_open_again() {
        let raw =
            b"Content-Type: Message/rfc822; name=message\ncontent-type:\n multipart/digest\n\n\
            a message about digest\nContent-Typo: message\nContent-Type: message";
        let closed = close(raw);
        let expected = b"Content-Type: \x02essage/rfc822; name=message\ncontent-type:\n \
            multipart/\x03igest\n\na message about digest\nContent-Typo: message\n\
            Content-Type: \x01essage";
        assert_eq!(closed.bytes.as_ref(), expected);
        assert_eq!(closed.opened(expected).as_ref(), raw);
        let plain = close(b"Content-Type: text/plain\n\nmessage");
        assert!(matches!(plain.bytes, Cow::Borrowed(_)));
    }
}
