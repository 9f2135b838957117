//! The short way through an ordinary object: keys in the order of the record before, strings
//! without escapes. Whatever else is met is left to [`Keys::read`], which starts over.
//!
//! The result is the same either way; a property test holds the two against each other.

use super::cells::{Cell, Cells};
use super::keys::{Entry, Keys, Told};
use crate::json::{Member, scan, skip_white};
use std::borrow::Cow;

/// The order in which the keys of the last record came: numbers of entries.
#[derive(Clone, Debug, Default)]
pub(super) struct Order(Vec<u16>);

/// An order longer than this is not learnt; no record has so many columns that mean something.
const ORDER_MAX: usize = 256;

/// Bytes in which the end of a string is looked for eight at a time.
const SHORT_BYTES: usize = 32;

impl Keys {
    /// Like [`Keys::read`]; `None` where the object is not ordinary. The cells and what was told
    /// must then be thrown away.
    #[inline]
    pub fn read_fast<'a>(
        &'a self,
        text: &'a str,
        depth_max: usize,
        order: &mut Order,
        cells: &mut Cells<'a>,
        told: &mut Told<'a, '_>,
    ) -> Option<usize> {
        let bytes = text.as_bytes();
        if bytes.first() != Some(&b'{') {
            return None;
        }
        let mut at = skip_white(bytes, 1);
        if bytes.get(at) == Some(&b'}') {
            return Some(at + 1);
        }
        let mut index = 0;
        loop {
            let key_at = at;
            let (entry, after) = self.key(bytes, at, index, order)?;
            index += 1;
            at = skip_white(bytes, after);
            let plain = match (bytes.get(at)?, entry) {
                (b'"', Some(entry)) if entry.inside.is_none() => string_end(bytes, at + 1),
                _ => None,
            };
            if let (Some(end), Some(entry)) = (plain, entry) {
                let value = Cow::Borrowed(&text[at + 1..end]);
                match entry.cell {
                    Some(cell) => {
                        let slot = &mut cells.values[usize::from(cell)];
                        if !matches!(slot, Cell::Absent) {
                            return None;
                        }
                        *slot = Cell::Text(value);
                    }
                    None => told.extra.push((Cow::Borrowed(entry.key.as_str()), value)),
                }
                at = end + 1;
            } else {
                let value = scan::value_at(bytes, at, depth_max).ok()?;
                at += value.bytes.len();
                let key = match entry {
                    Some(entry) => entry.key.as_bytes(),
                    None => &bytes[key_at + 1..string_end(bytes, key_at + 1)?],
                };
                let member = Member { key, key_at, value };
                match entry {
                    Some(entry) => entry.take(&member, depth_max, cells, told, None).ok()?,
                    None => told.unmapped(&member, None),
                }
            }
            at = skip_white(bytes, at);
            match bytes.get(at)? {
                b',' => at = skip_white(bytes, at + 1),
                b'}' => return Some(at + 1),
                _ => return None,
            }
        }
    }

    /// The entry of the key at `at`, if it means something, and the index after its colon.
    #[inline]
    fn key<'k>(
        &'k self,
        bytes: &[u8],
        at: usize,
        index: usize,
        order: &mut Order,
    ) -> Option<(Option<&'k Entry>, usize)> {
        if let Some(entry) = order.0.get(index).and_then(|number| self.entry(*number))
            && bytes[at..].starts_with(&entry.pattern)
        {
            return Some((Some(entry), at + entry.pattern.len()));
        }
        if bytes.get(at) != Some(&b'"') {
            return None;
        }
        let end = string_end(bytes, at + 1)?;
        let colon = skip_white(bytes, end + 1);
        if bytes.get(colon) != Some(&b':') {
            return None;
        }
        let number = self.position(&bytes[at + 1..end]);
        if index < ORDER_MAX {
            // Keys that mean nothing leave a number that no entry has.
            order.0.resize(order.0.len().max(index + 1), u16::MAX);
            order.0[index] = number.unwrap_or(u16::MAX);
        }
        Some((number.and_then(|number| self.entry(number)), colon + 1))
    }
}

/// Index of the quote that ends the string which began before `at`; `None` where a backslash
/// comes first or the input ends.
#[inline]
fn string_end(bytes: &[u8], at: usize) -> Option<usize> {
    const QUOTES: u64 = u64::from_le_bytes([b'"'; 8]);
    const BACKSLASHES: u64 = u64::from_le_bytes([b'\\'; 8]);
    let short_end = at + SHORT_BYTES;
    let mut at = at;
    while at < short_end {
        let Some(word) = bytes.get(at..at + 8) else {
            break;
        };
        let word = u64::from_le_bytes(word.try_into().expect("eight bytes"));
        let found = zero_bytes(word ^ QUOTES) | zero_bytes(word ^ BACKSLASHES);
        if found == 0 {
            at += 8;
            continue;
        }
        at += found.trailing_zeros() as usize / 8;
        return (bytes[at] == b'"').then_some(at);
    }
    let found = at + memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
    (bytes[found] == b'"').then_some(found)
}

/// The high bit of the lowest zero byte of `word` (higher ones may be wrong), 0 without one.
#[inline]
fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(0x0101_0101_0101_0101) & !word & 0x8080_8080_8080_8080
}

#[cfg(test)]
mod tests {
    use super::super::cells::{CellSource, CellSpec};
    use super::super::unknown::Unknown;
    use super::*;
    use proptest::prelude::*;

    fn keys() -> (Keys, Vec<CellSpec>) {
        let mut keys = Keys::default();
        let mut specs = Vec::new();
        for (number, name) in ["a", "b", "c.d", "long name of a key"].iter().enumerate() {
            let path: Vec<String> = name.split('.').map(str::to_owned).collect();
            keys.insert(&path, Some(number as u16));
            let source = CellSource::Column((*name).to_owned());
            specs.push(CellSpec { source, mentioned: 0, uses: 1 });
        }
        keys.insert(&["kept".to_owned()], None);
        (keys, specs)
    }

    /// Strings with and without escapes, scalars, an object and an empty list.
    const VALUES: &str =
        r#"("([a-zé]|\\\\|\\"){0,40}"|null|-?[1-9]{1,3}|\{"d":"x","y":\[1\]\}|\[\]|true)"#;

    /// Both ways over two records, the second with the order learnt from the first.
    fn agree(text: &str) -> Result<(), TestCaseError> {
        let (keys, specs) = keys();
        let mut order = Order::default();
        for _ in 0..2 {
            let (mut unknown, mut unknown_slow) = (Unknown::default(), Unknown::default());
            let mut fast = Cells::new(&specs);
            let mut told = Told { extra: Vec::new(), anomalies: Vec::new(), unknown: &mut unknown };
            let Some(end) = keys.read_fast(text, 128, &mut order, &mut fast, &mut told) else {
                continue;
            };
            let mut slow = Cells::new(&specs);
            let mut told_slow =
                Told { extra: Vec::new(), anomalies: Vec::new(), unknown: &mut unknown_slow };
            let end_slow = keys.read(text.as_bytes(), 128, &mut slow, &mut told_slow);
            prop_assert_eq!(end_slow, Ok(end));
            prop_assert_eq!(&fast.values, &slow.values);
            prop_assert_eq!(&told.extra, &told_slow.extra);
            prop_assert_eq!(&told.anomalies, &told_slow.anomalies);
            prop_assert_eq!(format!("{unknown:?}"), format!("{unknown_slow:?}"));
        }
        Ok(())
    }

    #[test]
    fn ordinary_objects_take_the_short_way() {
        let (keys, specs) = keys();
        let text = concat!(
            r#"{"b": "x", "long name of a key":"a text of more than thirty-two bytes,"#,
            r#" yes","kept":"k","c":{"d":1,"e":2},"z":null,"a":7} tail"#,
        );
        let mut unknown = Unknown::default();
        let mut cells = Cells::new(&specs);
        let mut told = Told { extra: Vec::new(), anomalies: Vec::new(), unknown: &mut unknown };
        let mut order = Order::default();
        let end = keys.read_fast(text, 128, &mut order, &mut cells, &mut told);
        assert_eq!(end, Some(text.len() - " tail".len()));
        assert_eq!(cells.values[1], Cell::Text("x".into()));
        assert_eq!(told.extra, [("kept".into(), "k".into()), ("c.e".into(), "2".into())]);
        agree(text).unwrap();
    }

    proptest! {
        #[test]
        fn both_ways_agree_on_objects(
            members in proptest::collection::vec(
                ("(a|b|c|kept|z|long name of a key|é)", VALUES),
                0..6,
            ),
            blank in "[ \n]{0,2}",
        ) {
            let members: Vec<String> = members
                .iter()
                .map(|(key, value)| format!("{blank}\"{key}\"{blank}:{blank}{value}{blank}"))
                .collect();
            agree(&format!("{{{}}}", members.join(",")))?;
        }

        #[test]
        fn both_ways_agree_on_what_is_nearly_json(text in r#"\{[{}\[\],:"ab1 \\]{0,30}"#) {
            agree(&text)?;
        }
    }
}
