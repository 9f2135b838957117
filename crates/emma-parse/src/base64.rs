//! Base64 in either alphabet (RFC 4648): decoded where the bytes are wanted, measured where only
//! their length and digest are.

use sha2::{Digest as _, Sha256};

/// The bytes that `text` stands for; `None` where it is not base64. White space is stepped over.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    each_byte(text, |byte| out.push(byte)).map(|()| out)
}

/// The length and SHA-256 (hex) of the bytes that `text` stands for; `None` where it is not
/// base64. White space is stepped over; the bytes are never held.
pub(crate) fn measure(text: &str) -> Option<(u64, String)> {
    let (mut hasher, mut length) = (Sha256::new(), 0u64);
    let mut held = Vec::with_capacity(4_096);
    each_byte(text, |byte| {
        held.push(byte);
        if held.len() == held.capacity() {
            hasher.update(&held);
            length += held.len() as u64;
            held.clear();
        }
    })?;
    hasher.update(&held);
    length += held.len() as u64;
    let digest = hasher.finalize();
    Some((length, digest.iter().map(|byte| format!("{byte:02x}")).collect()))
}

/// Hands over the bytes in order; `None` at the first character that has no place there.
fn each_byte(text: &str, mut take: impl FnMut(u8)) -> Option<()> {
    let (mut bits, mut held) = (0u32, 0u32);
    let body = text.trim_end().trim_end_matches('=');
    for byte in body.bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            take((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    // One character alone stands for no byte.
    (held != 6).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_decoded_and_measured() {
        assert_eq!(decode("aGVs bG8=").as_deref(), Some(&b"hello"[..]));
        assert_eq!(decode("_-8").as_deref(), Some(&b"\xff\xef"[..]));
        assert_eq!(decode("a$b"), None);
        let (bytes, digest) = measure("aGVy\nb24=").unwrap();
        assert_eq!((bytes, digest), (5, emma_model::Digest::of(b"heron").to_string()));
        assert_eq!(measure("a"), None);
        assert_eq!(measure("a!"), None);
    }
}
