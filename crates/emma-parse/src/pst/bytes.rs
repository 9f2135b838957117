//! Little-endian numbers out of bytes that may end early.

use super::header::Layout;

/// The byte at `at`.
pub(super) fn u8_at(bytes: &[u8], at: usize) -> Option<u8> {
    bytes.get(at).copied()
}

/// The two bytes at `at`.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let two = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(two.try_into().expect("two bytes")))
}

/// The four bytes at `at`.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(four.try_into().expect("four bytes")))
}

/// The eight bytes at `at`.
pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    let eight = bytes.get(at..at.checked_add(8)?)?;
    Some(u64::from_le_bytes(eight.try_into().expect("eight bytes")))
}

/// The id or offset at `at`, as wide as the layout writes them.
pub(super) fn word_at(bytes: &[u8], at: usize, layout: Layout) -> Option<u64> {
    match layout.word() {
        4 => u32_at(bytes, at).map(u64::from),
        _ => u64_at(bytes, at),
    }
}
