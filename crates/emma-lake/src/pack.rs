//! Small encodings shared by canonical rows and drafts, and a cursor that never reads past an end.

/// Appends an unsigned number in base 128, least significant group first, no longer than needed.
#[inline]
pub(crate) fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Appends a signed number, folded so that small magnitudes stay short.
#[inline]
pub(crate) fn put_signed(out: &mut Vec<u8>, number: i64) {
    put_number(out, ((number << 1) ^ (number >> 63)) as u64);
}

/// Appends a length and the bytes of a text.
#[inline]
pub(crate) fn put_text(out: &mut Vec<u8>, text: &str) {
    put_number(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// Appends 0 for none, or 1 and the text.
#[inline]
pub(crate) fn put_optional_text(out: &mut Vec<u8>, text: Option<&str>) {
    match text {
        None => out.push(0),
        Some(text) => {
            out.push(1);
            put_text(out, text);
        }
    }
}

/// Appends 0 for none, or 1 and eight bytes, big-endian.
#[inline]
pub(crate) fn put_optional_time(out: &mut Vec<u8>, time: Option<i64>) {
    match time {
        None => out.push(0),
        Some(time) => {
            out.push(1);
            out.extend_from_slice(&time.to_be_bytes());
        }
    }
}

/// Reads what the functions above wrote. Every read is `None` past the end or on a bad value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a>(pub &'a [u8]);

impl<'a> Cursor<'a> {
    #[inline]
    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    #[inline]
    pub(crate) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(count)?;
        self.0 = tail;
        Some(head)
    }

    #[inline]
    pub(crate) fn number(&mut self) -> Option<u64> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let group = u64::from(byte & 0x7f);
            if shift == 63 && group > 1 {
                return None;
            }
            number |= group << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    #[inline]
    pub(crate) fn signed(&mut self) -> Option<i64> {
        let folded = self.number()?;
        Some((folded >> 1) as i64 ^ -((folded & 1) as i64))
    }

    #[inline]
    pub(crate) fn count(&mut self) -> Option<usize> {
        // A count never exceeds the bytes that are left, so it is safe to reserve by it.
        usize::try_from(self.number()?).ok().filter(|count| *count <= self.0.len())
    }

    #[inline]
    pub(crate) fn text(&mut self) -> Option<&'a str> {
        let length = self.count()?;
        std::str::from_utf8(self.bytes(length)?).ok()
    }

    /// Passes over a text.
    #[inline]
    pub(crate) fn skip_text(&mut self) -> Option<()> {
        let length = self.count()?;
        self.bytes(length).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_survive(unsigned in any::<u64>(), signed in any::<i64>()) {
            let mut out = Vec::new();
            put_number(&mut out, unsigned);
            put_signed(&mut out, signed);
            let mut cursor = Cursor(&out);
            prop_assert_eq!(cursor.number(), Some(unsigned));
            prop_assert_eq!(cursor.signed(), Some(signed));
            prop_assert!(cursor.0.is_empty());
        }
    }

    #[test]
    fn a_number_of_more_than_64_bits_is_refused() {
        assert_eq!(Cursor(&[0xff; 10]).number(), None);
        assert_eq!(Cursor(&[0x80]).number(), None);
    }
}
