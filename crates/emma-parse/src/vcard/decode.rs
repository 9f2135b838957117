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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_printable_decodes() {
        assert_eq!(quoted_printable(b"a=3Db=C3=A9=\xff=4"), b"a=b\xc3\xa9=\xff=4");
    }
}
