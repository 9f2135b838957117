//! Reads bytes as an exhibit and keeps what was found, its accounts checked.

use emma_model::record::{Borrowed, MemberEnd};
use emma_model::{Anomaly, Item, ItemClass, MemberPath, Place, RecordKind, Sink, Zone};
use emma_parse::account::Account;
use emma_parse::{ExhibitInfo, Limits, Plan, read_exhibit};
use std::io::{self, Write};

/// An item, owned.
#[derive(Clone, Debug, PartialEq)]
pub struct Got {
    pub member: MemberPath,
    pub offset: u64,
    pub length: u64,
    /// The table and number of a row; its span is then 0+0.
    pub row: Option<(String, i64)>,
    pub class: ItemClass,
    pub line: u64,
    pub raw: Vec<u8>,
    pub record: Option<Said>,
    pub anomalies: Vec<Anomaly>,
}

/// A record, owned.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    pub kind: RecordKind,
    pub id: Option<String>,
    pub from: Option<String>,
    pub to: Vec<String>,
    pub conversation: Option<String>,
    pub text: Option<String>,
    pub reply_to: Option<String>,
    pub time: Option<(i64, i64, Zone, bool)>,
    pub extra: Vec<(String, String)>,
    pub borrowed: Vec<Borrowed>,
}

impl Said {
    /// The values of an extra name, in order.
    pub fn extra(&self, name: &str) -> Vec<&str> {
        let named = self.extra.iter().filter(|(key, _)| key == name);
        named.map(|(_, value)| value.as_str()).collect()
    }
}

/// All that was found.
#[derive(Default, Debug, PartialEq)]
pub struct Found {
    pub items: Vec<Got>,
    pub ends: Vec<MemberEnd>,
}

impl Found {
    pub fn records(&self) -> impl Iterator<Item = &Said> {
        self.items.iter().filter_map(|item| item.record.as_ref())
    }

    /// (kind, field) of the anomalies of all items, in order.
    pub fn anomalies(&self) -> Vec<(&'static str, String)> {
        let all = self.items.iter().flat_map(|item| &item.anomalies);
        all.map(|a| (a.kind.0, a.field.clone().unwrap_or_default())).collect()
    }

    /// The end of the member with these ordinals.
    pub fn end(&self, path: &[u32]) -> &MemberEnd {
        self.ends.iter().find(|end| end.path.0 == path).expect("the member was read")
    }

    /// The kinds of anomalies of the member as a whole.
    pub fn end_anomalies(&self, path: &[u32]) -> Vec<&'static str> {
        self.end(path).anomalies.iter().map(|anomaly| anomaly.kind.0).collect()
    }
}

impl Sink for &mut Found {
    fn item(&mut self, item: Item<'_>) -> io::Result<()> {
        let (offset, length, row) = match item.place {
            Place::Span { offset, length } => (offset, length, None),
            Place::Row { table, row } => (0, 0, Some((table, row))),
        };
        let owned = |value: Option<std::borrow::Cow<'_, str>>| value.map(|v| v.into_owned());
        let record = item.record.map(|record| Said {
            kind: record.kind,
            id: owned(record.id),
            from: owned(record.from),
            to: record.to.into_iter().map(std::borrow::Cow::into_owned).collect(),
            conversation: owned(record.conversation),
            text: owned(record.text),
            reply_to: owned(record.reply_to),
            time: record.time.map(|time| (time.lo, time.hi, time.zone, time.inferred)),
            extra: record
                .extra
                .into_iter()
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
            borrowed: record.borrowed,
        });
        self.items.push(Got {
            member: item.member.clone(),
            offset,
            length,
            row,
            class: item.class,
            line: item.line,
            raw: item.raw.to_vec(),
            record,
            anomalies: item.anomalies,
        });
        Ok(())
    }

    fn member_end(&mut self, end: MemberEnd) -> io::Result<()> {
        self.ends.push(end);
        Ok(())
    }
}

/// Reads `bytes`, delivered under `name`, with the built-in readers and default limits.
pub fn read(name: &str, bytes: &[u8]) -> Found {
    read_with(name, bytes, &Limits::default())
}

pub fn read_with(name: &str, bytes: &[u8], limits: &Limits) -> Found {
    let mut found = Found::default();
    read_into(name, bytes, limits, &mut Account::new(&mut found));
    found
}

pub fn read_into(name: &str, bytes: &[u8], limits: &Limits, sink: &mut dyn Sink) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("exhibit");
    std::fs::File::create(&path).unwrap().write_all(bytes).unwrap();
    read_file(&path, name, limits, sink);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "scratch files are gone");
}

pub fn read_file(path: &std::path::Path, name: &str, limits: &Limits, sink: &mut dyn Sink) {
    read_file_by(&Plan::new(None, false), path, name, limits, sink);
}

pub fn read_file_by(
    plan: &Plan,
    path: &std::path::Path,
    name: &str,
    limits: &Limits,
    sink: &mut dyn Sink,
) {
    let file = std::fs::File::open(path).unwrap();
    let bytes = file.metadata().unwrap().len();
    let exhibit = ExhibitInfo { path: name.to_owned(), bytes, digest: None };
    let folder = tempfile::tempdir().unwrap();
    let scratch = folder.path();
    let mut last = 0;
    read_exhibit(file, &exhibit, plan, limits, scratch, &mut |read| last = read, sink).unwrap();
    assert!(last >= bytes.min(1), "progress was told");
    assert_eq!(std::fs::read_dir(scratch).unwrap().count(), 0, "scratch files are gone");
}
