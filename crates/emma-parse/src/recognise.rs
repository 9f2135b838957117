//! What a member is, by its first bytes.

use crate::{irc, telegram, text};

/// A built-in reader.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    Zip,
    Tar,
    Gz,
    Zst,
    Irc,
    Telegram,
    /// Text of a shape nobody knows.
    Text,
    /// Anything else, kept whole.
    Blob,
}

/// A container that `head` starts, if any. It is opened whatever its name says.
pub(crate) fn container(head: &[u8]) -> Option<Format> {
    const SKIPPABLE: std::ops::RangeInclusive<u32> = 0x184D_2A50..=0x184D_2A5F;
    let magic = head.get(..4).map(|four| u32::from_le_bytes(four.try_into().expect("four bytes")));
    match magic? {
        // A local header, the end of an empty archive, or the mark of a spanned one.
        0x0403_4B50 | 0x0605_4B50 | 0x0807_4B50 => Some(Format::Zip),
        0xFD2F_B528 => Some(Format::Zst),
        skippable if SKIPPABLE.contains(&skippable) => Some(Format::Zst),
        gz if gz & 0x00FF_FFFF == 0x0008_8B1F => Some(Format::Gz),
        _ if crate::container::tar::is_header(head) => Some(Format::Tar),
        _ => None,
    }
}

/// The reader for a member that is no container, by its first bytes (`whole`: they are all).
pub(crate) fn plain(head: &[u8], whole: bool) -> Format {
    if !text::is_text(head, whole) {
        return Format::Blob;
    }
    match () {
        () if telegram::recognises(head) => Format::Telegram,
        () if irc::recognises(head, whole) => Format::Irc,
        () => Format::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_are_known_by_their_first_bytes() {
        assert_eq!(container(b"PK\x03\x04...."), Some(Format::Zip));
        assert_eq!(container(b"PK\x05\x06...."), Some(Format::Zip));
        assert_eq!(container(b"\x1f\x8b\x08\0"), Some(Format::Gz));
        assert_eq!(container(b"\x28\xb5\x2f\xfd"), Some(Format::Zst));
        assert_eq!(container(b"\x5f\x2a\x4d\x18"), Some(Format::Zst));
        assert_eq!(container(b"[12:00] <a> b"), None);
        assert_eq!(container(b"PK"), None);
    }
}
