//! Walks a list's objects and keeps each value under the path of its keys.

use super::archive::{Archive, Archived};
use super::binary::{self, Binary};
use super::object::{List, Object, moment};
use crate::limits::Limits;
use emma_model::{Anomaly, Digest};
use std::fmt::Write as _;

/// Most values kept of one list.
const VALUES_MAX: usize = 10_000;
/// Most objects looked at, those that hold others included.
const VISITS_MAX: usize = 100_000;
/// Bytes or references read that count as a visit.
const WORK_A_VISIT: usize = 256;
/// Data up to this many bytes are written out, as hexadecimal digits.
const DATA_BYTES_MAX: usize = 64;
/// Lists within data of lists within data.
const NESTED_MAX: usize = 3;

/// All values under their paths, and what is odd.
pub(super) fn flatten(list: &dyn List, limits: &Limits) -> (Vec<(String, String)>, Vec<Anomaly>) {
    let mut walk = Walk {
        out: Vec::new(),
        path: String::new(),
        visits: 0,
        bytes_left: limits.record_bytes_max.saturating_mul(2),
        depth_max: limits.json_depth_max,
        nested: 0,
        damaged: false,
        too_many: false,
        too_deep: false,
    };
    walk.list(list, 0);
    let told = [
        (walk.damaged, "plist.damaged", "an object of the list cannot be read"),
        (walk.too_many, "plist.too_many", "the list holds more values than are kept"),
        (walk.too_deep, "plist.too_deep", "objects refer to each other too deep, or in a circle"),
    ];
    let told = told.into_iter().filter(|(is, ..)| *is);
    (walk.out, told.map(|(_, kind, note)| Anomaly::new(kind, note)).collect())
}

struct Walk {
    out: Vec<(String, String)>,
    path: String,
    visits: usize,
    /// What names and values may still come to.
    bytes_left: usize,
    depth_max: usize,
    nested: usize,
    damaged: bool,
    too_many: bool,
    too_deep: bool,
}

/// A list being walked, with the archive that it is.
#[derive(Clone, Copy)]
struct Source<'l> {
    list: &'l dyn List,
    archive: Option<&'l Archive>,
}

impl Walk {
    fn list(&mut self, list: &dyn List, depth: usize) {
        let archive = Archive::of(list);
        let source = Source { list, archive: archive.as_ref() };
        match &archive {
            Some(archive) => {
                let single = archive.top.len() == 1;
                for (name, number) in &archive.top {
                    // An archive of one thing needs no name for it.
                    let name = if single { "" } else { name };
                    self.within(name, |walk| walk.object(source, *number, depth + 1));
                }
            }
            None => self.object(source, list.root(), depth),
        }
    }

    /// Does `then` under one more name of the path.
    fn within(&mut self, name: &str, then: impl FnOnce(&mut Walk)) {
        let length = self.path.len();
        if !self.path.is_empty() && !name.is_empty() {
            self.path.push('.');
        }
        self.path.push_str(name);
        then(self);
        self.path.truncate(length);
    }

    fn keep(&mut self, value: String) {
        let bytes = self.path.len() + value.len();
        if self.out.len() >= VALUES_MAX || bytes > self.bytes_left {
            self.too_many = true;
            return;
        }
        self.bytes_left -= bytes;
        self.out.push((self.path.clone(), value));
    }

    fn object(&mut self, source: Source<'_>, number: usize, depth: usize) {
        self.visits += 1;
        if self.visits > VISITS_MAX || self.too_many {
            self.too_many = true;
            return;
        }
        if depth > self.depth_max {
            self.too_deep = true;
            return;
        }
        let Some(object) = source.list.object(number) else {
            self.damaged = true;
            return;
        };
        match object {
            Object::Null => self.keep(String::new()),
            Object::Bool(value) => self.keep(value.to_string()),
            Object::Integer(value) => self.keep(value.to_string()),
            Object::Real(value) => self.keep(value.to_string()),
            Object::Date(seconds) => self.date(seconds),
            Object::Data(bytes) => self.data(&bytes, depth),
            Object::Text(text) => self.keep(text.into_owned()),
            Object::Uid(uid) => match source.archive {
                None => self.keep(uid.to_string()),
                Some(archive) => match archive.resolve(uid) {
                    Some(number) => self.object(source, number, depth + 1),
                    None if uid == 0 => {}
                    None => self.damaged = true,
                },
            },
            Object::Array(items) => self.items(source, &items, depth),
            Object::Dictionary(pairs) => self.dictionary(source, &pairs, depth),
        }
    }

    fn date(&mut self, seconds: f64) {
        self.keep(moment(seconds).unwrap_or_else(|| seconds.to_string()));
    }

    fn items(&mut self, source: Source<'_>, items: &[usize], depth: usize) {
        for (place, item) in items.iter().enumerate() {
            if self.too_many {
                return;
            }
            self.within(&place.to_string(), |walk| walk.object(source, *item, depth + 1));
        }
    }

    fn dictionary(&mut self, source: Source<'_>, pairs: &[(usize, usize)], depth: usize) {
        let mut work = pairs.len();
        let archived =
            source.archive.and_then(|archive| archive.archived(source.list, pairs, &mut work));
        // The same objects may be read again and again: what is looked at counts.
        self.visits += work / WORK_A_VISIT;
        match archived {
            None => self.pairs(source, pairs, depth),
            Some(Archived::Same(number)) => self.object(source, number, depth + 1),
            Some(Archived::Items(items)) => self.items(source, &items, depth),
            Some(Archived::Pairs(pairs)) => self.pairs(source, &pairs, depth),
            Some(Archived::Date(number)) => match source.list.object(number) {
                Some(Object::Real(seconds) | Object::Date(seconds)) => self.date(seconds),
                Some(Object::Integer(seconds)) => self.date(seconds as f64),
                _ => self.damaged = true,
            },
            Some(Archived::Fields(class, fields)) => {
                if let Some(class) = class {
                    self.within("$class", |walk| walk.keep(class));
                }
                self.pairs(source, &fields, depth);
            }
        }
    }

    fn pairs(&mut self, source: Source<'_>, pairs: &[(usize, usize)], depth: usize) {
        for (key, value) in pairs {
            if self.too_many {
                return;
            }
            let name = self.key(source, *key);
            self.within(&name, |walk| walk.object(source, *value, depth + 1));
        }
    }

    /// A key in words; in an archive it may be an object itself.
    fn key(&mut self, source: Source<'_>, number: usize) -> String {
        /// Longer keys are cut: each value under them repeats them.
        const KEY_CHARACTERS_MAX: usize = 512;
        let object = match source.list.object(number) {
            Some(Object::Uid(uid)) => {
                let number = source.archive.and_then(|archive| archive.resolve(uid));
                number.and_then(|number| source.list.object(number))
            }
            object => object,
        };
        match object {
            Some(Object::Text(text)) => {
                self.visits += text.len() / WORK_A_VISIT;
                text.chars().take(KEY_CHARACTERS_MAX).collect()
            }
            Some(Object::Integer(value)) => value.to_string(),
            _ => {
                self.damaged = true;
                "?".to_owned()
            }
        }
    }

    /// Short data in hexadecimal digits, long data by length and digest, a list as its values.
    fn data(&mut self, bytes: &[u8], depth: usize) {
        if bytes.starts_with(binary::MAGIC)
            && self.nested < NESTED_MAX
            && let Some(list) = Binary::open(bytes)
        {
            self.nested += 1;
            self.list(&list, depth + 1);
            self.nested -= 1;
            return;
        }
        if bytes.len() <= DATA_BYTES_MAX {
            let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            });
            return self.keep(hex);
        }
        self.within("bytes", |walk| walk.keep(bytes.len().to_string()));
        self.visits += bytes.len() / WORK_A_VISIT;
        self.within("sha256", |walk| walk.keep(Digest::of(bytes).to_string()));
    }
}
