//! Files inside values, as base64: their length and digest, never their bytes.

use sha2::{Digest as _, Sha256};

/// The length and SHA-256 (hex) of the bytes that `text` stands for; `None` where it is not
/// base64. White space is stepped over.
pub(crate) fn measure(text: &str) -> Option<(u64, String)> {
    let mut hasher = Sha256::new();
    let (mut length, mut bits, mut held) = (0u64, 0u32, 0u32);
    let mut out = Vec::with_capacity(4_096);
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
            out.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
            if out.len() == out.capacity() {
                hasher.update(&out);
                length += out.len() as u64;
                out.clear();
            }
        }
    }
    if held == 6 {
        return None;
    }
    hasher.update(&out);
    length += out.len() as u64;
    let digest = hasher.finalize();
    Some((length, digest.iter().map(|byte| format!("{byte:02x}")).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_measured() {
        let (bytes, digest) = measure("aGVy\nb24=").unwrap();
        assert_eq!((bytes, digest), (5, emma_model::Digest::of(b"heron").to_string()));
        assert_eq!(measure("a"), None);
        assert_eq!(measure("a!"), None);
    }
}
