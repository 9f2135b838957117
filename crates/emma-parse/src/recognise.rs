//! Containers, by their first bytes.

/// A container that is opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Container {
    Zip,
    Tar,
    Gz,
    Zst,
}

/// A container that `head` starts, if any. It is opened whatever its name says.
pub(crate) fn container(head: &[u8]) -> Option<Container> {
    const SKIPPABLE: std::ops::RangeInclusive<u32> = 0x184D_2A50..=0x184D_2A5F;
    let magic = head.get(..4).map(|four| u32::from_le_bytes(four.try_into().expect("four bytes")));
    match magic? {
        // A local header, the end of an empty archive, or the mark of a spanned one.
        0x0403_4B50 | 0x0605_4B50 | 0x0807_4B50 => Some(Container::Zip),
        0xFD2F_B528 => Some(Container::Zst),
        skippable if SKIPPABLE.contains(&skippable) => Some(Container::Zst),
        gz if gz & 0x00FF_FFFF == 0x0008_8B1F => Some(Container::Gz),
        _ if crate::container::tar::is_header(head) => Some(Container::Tar),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_are_known_by_their_first_bytes() {
        assert_eq!(container(b"PK\x03\x04...."), Some(Container::Zip));
        assert_eq!(container(b"PK\x05\x06...."), Some(Container::Zip));
        assert_eq!(container(b"\x1f\x8b\x08\0"), Some(Container::Gz));
        assert_eq!(container(b"\x28\xb5\x2f\xfd"), Some(Container::Zst));
        assert_eq!(container(b"\x5f\x2a\x4d\x18"), Some(Container::Zst));
        assert_eq!(container(b"[12:00] <a> b"), None);
        assert_eq!(container(b"PK"), None);
    }
}
