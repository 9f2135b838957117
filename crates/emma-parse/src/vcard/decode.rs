//! Quoted-printable and base64, as far as cards use them; what does not decode is skipped.

/// Decodes quoted-printable. Soft line breaks are already joined.
pub(super) fn quoted_printable(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut at = 0;
    while at < raw.len() {
        let hex = |place: usize| raw.get(place).and_then(|byte| (*byte as char).to_digit(16));
        match (raw[at], hex(at + 1), hex(at + 2)) {
            (b'=', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

/// Decodes base64, white space left out. `None` where other characters stand in it.
pub(crate) fn base64(raw: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(raw.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0);
    for byte in raw.bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => continue,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_decode() {
        assert_eq!(quoted_printable(b"a=3Db=C3=A9=\xff=4"), b"a=b\xc3\xa9=\xff=4");
        assert_eq!(base64("aGVs bG8=").as_deref(), Some(&b"hello"[..]));
        assert_eq!(base64("a$b"), None);
    }
}
