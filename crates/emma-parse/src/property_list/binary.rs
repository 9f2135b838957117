//! The binary form: objects by offset, as CFBinaryPList.c describes it.

use super::object::{List, Object};
use std::borrow::Cow;

/// What a binary list starts with.
pub(super) const MAGIC: &[u8] = b"bplist00";
const TRAILER_BYTES: usize = 32;

/// A binary list whose trailer was read. Objects are read when they are asked for.
pub(super) struct Binary<'b> {
    bytes: &'b [u8],
    offset_bytes: usize,
    reference_bytes: usize,
    objects: usize,
    root: usize,
    table: usize,
}

impl<'b> Binary<'b> {
    /// Reads the trailer; `None` where it does not fit the bytes.
    pub fn open(bytes: &'b [u8]) -> Option<Binary<'b>> {
        let start = bytes.len().checked_sub(TRAILER_BYTES)?;
        let trailer = &bytes[start..];
        let word = |at: usize| usize::try_from(number(&trailer[at..at + 8])?).ok();
        let list = Binary {
            bytes: &bytes[..start],
            offset_bytes: trailer[6].into(),
            reference_bytes: trailer[7].into(),
            objects: word(8)?,
            root: word(16)?,
            table: word(24)?,
        };
        let sizes = 1..=8;
        let sized = sizes.contains(&list.offset_bytes) && sizes.contains(&list.reference_bytes);
        let table_bytes = list.objects.checked_mul(list.offset_bytes)?;
        let fits = list.table.checked_add(table_bytes)? <= start && list.root < list.objects;
        (sized && fits).then_some(list)
    }

    fn at(&self, start: usize, length: usize) -> Option<&'b [u8]> {
        self.bytes.get(start..start.checked_add(length)?)
    }

    /// Where an object stands.
    fn offset(&self, object: usize) -> Option<usize> {
        let entry = self.at(self.table + object * self.offset_bytes, self.offset_bytes)?;
        usize::try_from(number(entry)?).ok()
    }

    /// A count behind a marker, and where what it counts begins.
    fn count(&self, marker: u8, at: usize) -> Option<(usize, usize)> {
        let small = usize::from(marker & 0x0f);
        if small != 0x0f {
            return Some((small, at));
        }
        let next = *self.bytes.get(at)?;
        if next >> 4 != 1 {
            return None;
        }
        let length = 1usize << (next & 0x0f).min(4);
        let count = usize::try_from(number(self.at(at + 1, length)?)?).ok()?;
        Some((count, at + 1 + length))
    }

    /// `count` numbers of objects.
    fn references(&self, start: usize, count: usize) -> Option<Vec<usize>> {
        let raw = self.at(start, count.checked_mul(self.reference_bytes)?)?;
        let known = |reference: usize| (reference < self.objects).then_some(reference);
        raw.chunks_exact(self.reference_bytes)
            .map(|chunk| known(usize::try_from(number(chunk)?).ok()?))
            .collect()
    }
}

impl List for Binary<'_> {
    fn root(&self) -> usize {
        self.root
    }

    fn is_text(&self, number: usize, text: &str) -> bool {
        let found = || {
            let at = self.offset(number)?;
            let marker = *self.bytes.get(at)?;
            let (count, start) = self.count(marker, at + 1)?;
            let same = count == text.len() && self.at(start, count)? == text.as_bytes();
            Some(marker >> 4 == 0x5 && same)
        };
        found().unwrap_or(false)
    }

    fn object(&self, number_of: usize) -> Option<Object<'_>> {
        let at = self.offset(number_of)?;
        let marker = *self.bytes.get(at)?;
        let at = at + 1;
        Some(match marker >> 4 {
            0x0 => match marker {
                0x08 => Object::Bool(false),
                0x09 => Object::Bool(true),
                0x00 => Object::Null,
                _ => return None,
            },
            0x1 => {
                let length = 1usize << (marker & 0x0f).min(5);
                let raw = self.at(at, length)?;
                Object::Integer(match length {
                    // Only eight bytes and more have a sign.
                    8 => i128::from(number(raw)? as i64),
                    16 => i128::from_be_bytes(raw.try_into().ok()?),
                    32 => return None,
                    _ => i128::from(number(raw)?),
                })
            }
            0x2 => Object::Real(real(self.at(at, 1 << (marker & 0x0f).min(4))?)?),
            0x3 => Object::Date(real(self.at(at, 8)?)?),
            0x4 => {
                let (count, start) = self.count(marker, at)?;
                Object::Data(Cow::Borrowed(self.at(start, count)?))
            }
            0x5 => {
                let (count, start) = self.count(marker, at)?;
                Object::Text(String::from_utf8_lossy(self.at(start, count)?))
            }
            0x6 => {
                let (count, start) = self.count(marker, at)?;
                let raw = self.at(start, count.checked_mul(2)?)?;
                let (text, _) = encoding_rs::UTF_16BE.decode_without_bom_handling(raw);
                Object::Text(text)
            }
            0x8 => Object::Uid(number(self.at(at, usize::from(marker & 0x0f) + 1)?)?),
            0xa..=0xc => {
                let (count, start) = self.count(marker, at)?;
                Object::Array(self.references(start, count)?)
            }
            0xd => {
                let (count, start) = self.count(marker, at)?;
                let all = self.references(start, count.checked_mul(2)?)?;
                let (keys, values) = all.split_at(count);
                Object::Dictionary(keys.iter().copied().zip(values.iter().copied()).collect())
            }
            _ => return None,
        })
    }
}

/// A number of at most eight bytes, high byte first.
fn number(raw: &[u8]) -> Option<u64> {
    let fits = raw.len() <= 8;
    fits.then(|| raw.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

fn real(raw: &[u8]) -> Option<f64> {
    match raw.len() {
        4 => Some(f32::from_be_bytes(raw.try_into().ok()?).into()),
        8 => Some(f64::from_be_bytes(raw.try_into().ok()?)),
        _ => None,
    }
}
