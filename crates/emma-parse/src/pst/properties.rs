//! The properties of a node (MS-PST 2.3.3), and what their values are (MS-OXCDATA 2.11.1).

use super::bytes::{u16_at, u32_at, u64_at};
use super::heap::Heap;
use super::pages::Node;
use super::store::Store;
use crate::limits::{PST_TEXT_BYTES_MAX, PST_VALUE_BYTES_MAX};
use emma_model::{Clock, Time, Zone};
use encoding_rs::{Encoding, UTF_8, UTF_16LE, WINDOWS_1252};
use std::borrow::Cow;
use std::io::{self, Read};

/// What a heap of properties is for.
const PROPERTIES: u8 = 0xBC;
/// Types of values.
mod kinds {
    pub const SHORT: u16 = 0x02;
    pub const LONG: u16 = 0x03;
    pub const BOOLEAN: u16 = 0x0B;
    pub const OBJECT: u16 = 0x0D;
    pub const WIDE: u16 = 0x14;
    pub const TEXT_8: u16 = 0x1E;
    pub const TEXT: u16 = 0x1F;
    pub const TIME: u16 = 0x40;
    pub const BINARY: u16 = 0x102;
}

/// Properties that say in which code page texts are: the item's own, and its mail's.
pub(super) const CODE_PAGES: [u16; 2] = [0x3FFD, 0x3FDE];

/// A value as it is stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Value {
    pub kind: u16,
    pub bytes: Vec<u8>,
}

impl Value {
    /// A text, or bytes that are one, in the code page where they name none.
    pub fn text(&self, page: &'static Encoding) -> Option<String> {
        let decoded = match self.kind {
            kinds::TEXT => UTF_16LE.decode_without_bom_handling(&self.bytes).0,
            kinds::TEXT_8 | kinds::BINARY => match std::str::from_utf8(&self.bytes) {
                Ok(text) => Cow::Borrowed(text),
                Err(_) => page.decode_without_bom_handling(&self.bytes).0,
            },
            _ => return None,
        };
        Some(decoded.trim_end_matches('\0').to_owned())
    }

    /// A whole number.
    pub fn number(&self) -> Option<i64> {
        match self.kind {
            kinds::SHORT => u16_at(&self.bytes, 0).map(|n| i64::from(n as i16)),
            kinds::LONG => u32_at(&self.bytes, 0).map(|n| i64::from(n as i32)),
            kinds::WIDE => u64_at(&self.bytes, 0).map(|n| n as i64),
            kinds::BOOLEAN => self.bytes.first().map(|n| i64::from(*n != 0)),
            _ => None,
        }
    }

    /// A time, in units of 100 nanoseconds since 1601.
    pub fn time(&self) -> Option<u64> {
        (self.kind == kinds::TIME).then(|| u64_at(&self.bytes, 0)).flatten()
    }
}

/// A time as text in ISO 8601; `None` where no calendar has it.
pub(super) fn written(time: u64) -> Option<String> {
    /// From 1601 to 1970.
    const BEFORE: i128 = 116_444_736_000_000_000;
    let at = jiff::Timestamp::from_nanosecond((i128::from(time) - BEFORE) * 100).ok()?;
    Some(at.to_string())
}

/// A time as a record has it. One without a fraction came from a mail's `Date`, whose unit is
/// the second.
pub(super) fn moment(time: u64, clock: Clock) -> Option<Time<'static>> {
    const BEFORE: i64 = 11_644_473_600_000_000;
    let raw = Some(Cow::Owned(written(time)?));
    let lo = i64::try_from(time / 10).ok()? - BEFORE;
    let hi = if time.is_multiple_of(10_000_000) { lo + 999_999 } else { lo };
    Some(Time { raw, lo, hi, zone: Zone::Declared, clock, inferred: false })
}

/// The encoding of a Windows code page; the one of western Europe where it is unknown.
pub(super) fn encoding(page: i64) -> &'static Encoding {
    let label = match page {
        65_001 => return UTF_8,
        1_200 => return UTF_16LE,
        932 => "shift_jis".to_owned(),
        936 => "gbk".to_owned(),
        949 => "euc-kr".to_owned(),
        950 => "big5".to_owned(),
        866 => "ibm866".to_owned(),
        874 => "windows-874".to_owned(),
        20_866 => "koi8-r".to_owned(),
        21_866 => "koi8-u".to_owned(),
        50_220..=50_222 => "iso-2022-jp".to_owned(),
        51_932 => "euc-jp".to_owned(),
        54_936 => "gb18030".to_owned(),
        28_591..=28_606 => format!("iso-8859-{}", page - 28_590),
        _ => format!("windows-{page}"),
    };
    Encoding::for_label(label.as_bytes()).unwrap_or(WINDOWS_1252)
}

/// A node with its properties.
pub(super) struct Object {
    heap: Heap,
    /// Id, type and where the value is, by id.
    entries: Vec<(u16, u16, u32)>,
    /// The nodes within it.
    pub nodes: Vec<Node>,
}

/// Where a value's bytes are.
pub(super) enum Held {
    Bytes(Vec<u8>),
    /// The root block of a value of its own.
    Block(u64),
}

impl Object {
    /// The properties of `node`; `None` where there are none.
    pub fn open(store: &Store, node: &Node) -> io::Result<Option<Object>> {
        let Some(heap) = Heap::open(store, node.data)? else { return Ok(None) };
        if heap.client != PROPERTIES {
            store.note("pst.heap_damaged", "a node holds no properties where it should");
            return Ok(None);
        }
        let entry =
            |(id, value): (u32, &[u8])| Some((id as u16, u16_at(value, 0)?, u32_at(value, 2)?));
        let mut entries: Vec<_> =
            heap.tree(store, heap.root, 6).into_iter().filter_map(entry).collect();
        entries.sort_by_key(|(id, ..)| *id);
        entries.dedup_by_key(|(id, ..)| *id);
        let nodes = store.within(node.within)?;
        Ok(Some(Object { heap, entries, nodes }))
    }

    /// The ids of all properties, sorted.
    pub fn ids(&self) -> impl Iterator<Item = u16> {
        self.entries.iter().map(|(id, ..)| *id)
    }

    /// The node within this one that has this id.
    pub fn node(&self, id: u32) -> Option<&Node> {
        within(&self.nodes, id)
    }

    /// The type of a property and where its value is.
    pub fn held(&self, store: &Store, id: u16) -> io::Result<Option<(u16, Held)>> {
        let at = self.entries.binary_search_by_key(&id, |(id, ..)| *id);
        let Ok(at) = at else { return Ok(None) };
        let (_, kind, value) = self.entries[at];
        let held = match kind {
            // What fits four bytes stands in their place.
            0..=0x04 | 0x0A | kinds::BOOLEAN => Held::Bytes(value.to_le_bytes().to_vec()),
            _ => held(store, &self.heap, &self.nodes, value)?,
        };
        Ok(Some((kind, held)))
    }

    /// The value of a property, at most [`PST_VALUE_BYTES_MAX`] of it.
    pub fn value(&self, store: &Store, id: u16) -> io::Result<Option<Value>> {
        self.value_of(store, id, PST_VALUE_BYTES_MAX)
    }

    fn value_of(&self, store: &Store, id: u16, max: usize) -> io::Result<Option<Value>> {
        let Some((kind, held)) = self.held(store, id)? else { return Ok(None) };
        Ok(Some(Value { kind, bytes: bytes(store, held, max)? }))
    }

    /// The short text of a property, where it is one and not empty.
    pub fn text(&self, store: &Store, id: u16) -> io::Result<Option<String>> {
        let Some(value) = self.value_of(store, id, PST_TEXT_BYTES_MAX)? else { return Ok(None) };
        let page = self.code_page(store, false)?;
        Ok(value.text(page).filter(|text| !text.is_empty()))
    }

    /// The number of a property, where it is one.
    pub fn number(&self, store: &Store, id: u16) -> io::Result<Option<i64>> {
        Ok(self.value(store, id)?.and_then(|value| value.number()))
    }

    /// The time of a property, where it is one that is set.
    pub fn time(&self, store: &Store, id: u16) -> io::Result<Option<u64>> {
        Ok(self.value(store, id)?.and_then(|value| value.time()).filter(|time| *time != 0))
    }

    /// In what the texts of the message are written, or those that came in with its mail.
    pub fn code_page(&self, store: &Store, internet: bool) -> io::Result<&'static Encoding> {
        let mut ids = CODE_PAGES;
        if internet {
            ids.reverse();
        }
        for id in ids {
            if let Some(page) = self.number(store, id)? {
                return Ok(encoding(page));
            }
        }
        Ok(WINDOWS_1252)
    }

    /// The node that a property of type object names (MS-PST 2.3.3.5).
    pub fn object(&self, store: &Store, id: u16) -> io::Result<Option<&Node>> {
        let Some(value) = self.value(store, id)?.filter(|value| value.kind == kinds::OBJECT) else {
            return Ok(None);
        };
        Ok(u32_at(&value.bytes, 0).and_then(|id| self.node(id)))
    }
}

/// The node of a sorted list that has this id.
pub(super) fn within(nodes: &[Node], id: u32) -> Option<&Node> {
    nodes.binary_search_by_key(&id, |node| node.id).ok().map(|at| &nodes[at])
}

/// The value that a heap's item or a node within holds: the lowest bits say which (2.3.3.2).
pub(super) fn held(store: &Store, heap: &Heap, nodes: &[Node], id: u32) -> io::Result<Held> {
    if id == 0 {
        return Ok(Held::Bytes(Vec::new()));
    }
    if id & 0x1F == 0 {
        let item = heap.item(id);
        if item.is_none() {
            store.note("pst.value_missing", "a value is not where its property says");
        }
        return Ok(Held::Bytes(item.unwrap_or_default().to_vec()));
    }
    match within(nodes, id) {
        Some(node) => Ok(Held::Block(node.data)),
        None => {
            store.note("pst.value_missing", "a value is not where its property says");
            Ok(Held::Bytes(Vec::new()))
        }
    }
}

/// The bytes of a value, at most `max` of them.
pub(super) fn bytes(store: &Store, held: Held, max: usize) -> io::Result<Vec<u8>> {
    let mut found = match held {
        Held::Bytes(bytes) => bytes,
        Held::Block(block) => {
            let mut bytes = Vec::new();
            store.stream(block)?.take(max as u64 + 1).read_to_end(&mut bytes)?;
            bytes
        }
    };
    if found.len() > max {
        store.note("pst.limit", "a value is longer than is read");
        found.truncate(max);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_count_from_1601() {
        let second = 116_444_736_000_000_000 + 86_400 * 10_000_000;
        let time = moment(second, Clock::Sent).unwrap();
        assert_eq!(time.raw.as_deref(), Some("1970-01-02T00:00:00Z"));
        assert_eq!((time.lo, time.hi), (86_400_000_000, 86_400_999_999));
        let time = moment(second + 15, Clock::Sent).unwrap();
        assert_eq!(time.raw.as_deref(), Some("1970-01-02T00:00:00.0000015Z"));
        assert_eq!((time.lo, time.hi), (86_400_000_001, 86_400_000_001));
        assert!(moment(u64::MAX, Clock::Sent).is_none());
        assert!(moment(0, Clock::Sent).is_some());
    }

    #[test]
    fn code_pages_are_known_by_number() {
        assert_eq!(encoding(1_251).name(), "windows-1251");
        assert_eq!(encoding(28_592).name(), "ISO-8859-2");
        assert_eq!(encoding(65_001), UTF_8);
        assert_eq!(encoding(-3), WINDOWS_1252);
    }
}
