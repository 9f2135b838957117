//! Byte accounting, checked.

use emma_model::record::MemberEnd;
use emma_model::{Digest, Item, ItemClass, MemberPath, Place, Sink};
use std::collections::BTreeSet;
use std::io;

/// A sink that checks what every parser promises and passes everything on.
///
/// It panics where the promise is broken, which only a bug in a parser can do: items of a member
/// are contiguous from its first byte to its last, none is empty, raw bytes are as long as the
/// span and hash to the member's digest, members are distinct and end once. Rows follow the blob
/// of their member, and no row comes twice.
pub struct Account<S> {
    /// Where items go next.
    pub inner: S,
    current: Option<Open>,
    ended: BTreeSet<MemberPath>,
}

struct Open {
    path: MemberPath,
    offset: u64,
    raw: Vec<u8>,
    blob: Option<Vec<u8>>,
    rows: BTreeSet<(String, i64)>,
}

impl<S: Sink> Account<S> {
    /// Checks what goes to `inner`.
    pub fn new(inner: S) -> Account<S> {
        Account { inner, current: None, ended: BTreeSet::new() }
    }

    /// The paths of the members that ended.
    pub fn ended(&self) -> &BTreeSet<MemberPath> {
        &self.ended
    }
}

impl<S: Sink> Sink for Account<S> {
    fn item(&mut self, item: Item<'_>) -> io::Result<()> {
        let open = self.current.get_or_insert_with(|| Open {
            path: item.member.clone(),
            offset: 0,
            raw: Vec::new(),
            blob: None,
            rows: BTreeSet::new(),
        });
        assert_eq!(&open.path, item.member, "a member's items come together");
        let (offset, length) = match &item.place {
            Place::Span { offset, length } => (*offset, *length),
            Place::Row { table, row } => {
                assert!(open.blob.is_some(), "the blob of a member comes before its rows");
                assert!(open.rows.insert((table.clone(), *row)), "a row comes once");
                assert!(!item.raw.is_empty(), "a row has values");
                return self.inner.item(item);
            }
        };
        assert_eq!(offset, open.offset, "items are contiguous");
        assert_eq!(item.record.is_some(), item.class == ItemClass::Record, "records have values");
        if item.class == ItemClass::Blob {
            assert_eq!(offset, 0, "a blob is its whole member");
            open.blob = Some(item.raw.to_vec());
        } else {
            assert!(length > 0, "an item covers at least one byte");
            assert_eq!(item.raw.len() as u64, length, "raw bytes are the span");
            open.raw.extend_from_slice(item.raw);
        }
        if item.class == ItemClass::Anomaly {
            assert!(!item.anomalies.is_empty(), "an anomaly says what it is");
        }
        if let Some(time) = item.record.as_ref().and_then(|record| record.time.as_ref()) {
            assert!(time.lo <= time.hi, "bounds are in order");
        }
        open.offset += length;
        self.inner.item(item)
    }

    fn member_end(&mut self, end: MemberEnd) -> io::Result<()> {
        assert!(!self.ended.contains(&end.path), "a member ends once");
        if let Some(open) = self.current.take() {
            assert_eq!(open.path, end.path, "a member's end follows its items");
            assert_eq!(open.offset, end.bytes, "every byte is accounted for");
            match open.blob {
                Some(raw) => assert_eq!(raw, end.digest.0, "a blob is known by its digest"),
                None => assert_eq!(Digest::of(&open.raw), end.digest, "raw bytes are the member"),
            }
        }
        self.ended.insert(end.path.clone());
        self.inner.member_end(end)
    }
}
