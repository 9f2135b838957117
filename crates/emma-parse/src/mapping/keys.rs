//! JSON keys compiled to cells.

use super::cells::{Cell, CellNumber, Cells};
use super::unknown::Unknown;
use crate::json::{Decoded, Fault, Kind, Member, Members, decode};
use emma_model::Anomaly;
use std::borrow::Cow;

/// The keys of one object that mean something.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    entries: Vec<Entry>,
}

/// A key, and what becomes of its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub key: String,
    /// The key as JSON mostly writes it: in quotes, with the colon.
    pub pattern: Vec<u8>,
    pub cell: Option<CellNumber>,
    pub inside: Option<Keys>,
}

/// Values that no cell took, by their dotted key.
pub(super) type Extra<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

/// What is told about an object besides its cells.
pub(super) struct Told<'a, 'u> {
    pub extra: Extra<'a>,
    pub anomalies: Vec<Anomaly>,
    pub unknown: &'u mut Unknown,
}

impl Keys {
    /// Says that the value under `path` goes to `cell`; `None` keeps it among the extra values.
    pub fn insert(&mut self, path: &[String], cell: Option<CellNumber>) {
        let (key, deeper) = path.split_first().expect("a key path has a key");
        let at = match self.entries.iter().position(|entry| entry.key == *key) {
            Some(at) => at,
            None => {
                let pattern = format!("{}:", serde_json::Value::from(key.as_str()));
                let pattern = pattern.into_bytes();
                self.entries.push(Entry { key: key.clone(), pattern, cell: None, inside: None });
                self.entries.len() - 1
            }
        };
        let entry = &mut self.entries[at];
        if deeper.is_empty() {
            entry.cell = entry.cell.or(cell);
        } else {
            entry.inside.get_or_insert_default().insert(deeper, cell);
        }
    }

    /// True where `key` means something.
    pub fn knows(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == key)
    }

    /// The entry with that number.
    #[inline]
    pub fn entry(&self, number: u16) -> Option<&Entry> {
        self.entries.get(usize::from(number))
    }

    /// The number of the entry for a key without escapes.
    pub fn position(&self, key: &[u8]) -> Option<u16> {
        let at = self.entries.iter().position(|entry| entry.key.as_bytes() == key)?;
        u16::try_from(at).ok()
    }

    /// Reads the object at the start of `bytes` into `cells`; returns its length.
    ///
    /// On a fault what was read before it stays.
    pub fn read<'a>(
        &'a self,
        bytes: &'a [u8],
        depth_max: usize,
        cells: &mut Cells<'a>,
        told: &mut Told<'a, '_>,
    ) -> Result<usize, Fault> {
        self.walk(bytes, depth_max, cells, told, None)
    }

    fn walk<'a>(
        &'a self,
        bytes: &'a [u8],
        depth_max: usize,
        cells: &mut Cells<'a>,
        told: &mut Told<'a, '_>,
        prefix: Option<&str>,
    ) -> Result<usize, Fault> {
        let mut members = Members::new(bytes, depth_max);
        // Records of one file mostly name their keys in one order: look there first.
        let mut expected = 0;
        for member in members.by_ref() {
            let member = member?;
            match self.find(member.key, &mut expected) {
                Some(entry) => entry.take(&member, depth_max, cells, told, prefix)?,
                None => told.unmapped(&member, prefix),
            }
        }
        Ok(members.end())
    }

    #[inline]
    fn find(&self, key: &[u8], expected: &mut usize) -> Option<&Entry> {
        let count = self.entries.len();
        for step in 0..count {
            let mut at = *expected + step;
            if at >= count {
                at -= count;
            }
            if self.entries[at].key.as_bytes() == key {
                *expected = at + 1;
                return Some(&self.entries[at]);
            }
        }
        memchr::memchr(b'\\', key)?;
        let key = decode(key).text;
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// Puts one value of a surrounding object into `cells`.
    pub fn read_member<'a>(
        &'a self,
        key: &str,
        value: &crate::json::Value<'a>,
        depth_max: usize,
        cells: &mut Cells<'a>,
        told: &mut Told<'a, '_>,
    ) {
        let Some(entry) = self.entries.iter().find(|entry| entry.key == key) else {
            return;
        };
        let member = Member { key: &[], key_at: 0, value: *value };
        // The value was checked when its end was found.
        let _ = entry.take(&member, depth_max, cells, told, None);
    }
}

impl Entry {
    /// Puts the value where it belongs.
    pub fn take<'a>(
        &'a self,
        member: &Member<'a>,
        depth_max: usize,
        cells: &mut Cells<'a>,
        told: &mut Told<'a, '_>,
        prefix: Option<&str>,
    ) -> Result<(), Fault> {
        let value = &member.value;
        if let Some(inside) = &self.inside
            && value.kind == Kind::Object
        {
            let path = dotted(prefix, &self.key);
            inside
                .walk(value.bytes, depth_max, cells, told, Some(&path))
                .map_err(|fault| Fault { at: value.at + fault.at, ..fault })?;
            if self.cell.is_none() {
                return Ok(());
            }
        }
        let Some(cell) = self.cell else {
            if value.kind != Kind::Null {
                told.extra(dotted(prefix, &self.key), member);
            }
            return Ok(());
        };
        let number = usize::from(cell);
        let read = match value.kind {
            Kind::Null => Cell::Absent,
            Kind::String => Cell::Text(told.string(&self.key, value.string().unwrap_or_default())),
            Kind::Number | Kind::Bool => Cell::Text(String::from_utf8_lossy(value.bytes)),
            Kind::Object | Kind::Array => Cell::Nested(value.bytes),
        };
        if !matches!(cells.values[number], Cell::Absent) {
            let note = "the key stands twice in one object; the last one counts";
            told.anomalies.push(Anomaly::field("json.key_twice", self.key.clone(), note));
            if let Cell::Text(before) = std::mem::take(&mut cells.values[number]) {
                told.extra.push((Cow::Owned(self.key.clone()), before));
            }
        }
        cells.values[number] = read;
        Ok(())
    }
}

impl<'a> Told<'a, '_> {
    /// Decodes a string and tells what is odd about it.
    #[inline]
    fn string(&mut self, field: &str, bytes: &'a [u8]) -> Cow<'a, str> {
        let decoded: Decoded<'a> = decode(bytes);
        if decoded.lone_surrogate || decoded.not_utf8 || decoded.bad_escape {
            decoded.report(field, &mut self.anomalies);
        }
        decoded.text
    }

    /// Keeps a value that the mapping does not mention.
    pub fn unmapped(&mut self, member: &Member<'a>, prefix: Option<&str>) {
        let key = decode(member.key).text;
        let name = match prefix {
            None => key,
            Some(prefix) => Cow::Owned(format!("{prefix}.{key}")),
        };
        self.unknown.add(&name);
        if member.value.kind != Kind::Null {
            self.extra(name, member);
        }
    }

    fn extra(&mut self, name: Cow<'a, str>, member: &Member<'a>) {
        let value = match member.value.string() {
            Some(bytes) => self.string(&name, bytes),
            None => String::from_utf8_lossy(member.value.bytes),
        };
        self.extra.push((name, value));
    }
}

fn dotted<'k>(prefix: Option<&str>, key: &'k str) -> Cow<'k, str> {
    match prefix {
        None => Cow::Borrowed(key),
        Some(prefix) => Cow::Owned(format!("{prefix}.{key}")),
    }
}
