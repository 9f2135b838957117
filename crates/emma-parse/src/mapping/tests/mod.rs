//! Specimens and properties of declared mappings. Everything in them is invented.

mod delimited;
mod guesses;
mod guide;
mod json;
mod log;
mod mistakes;
mod properties;
mod tables;

use super::*;
use crate::account::Account;
use emma_model::record::MemberEnd;
use emma_model::{Item, ItemClass, MemberPath, Place, Record, Sink};
use std::io::Read;

/// What a reading gave, as text a person can check.
#[derive(Default, Debug)]
pub(super) struct Outcome {
    /// One line a record.
    pub records: Vec<String>,
    /// One entry an anomaly item: offset, length, kind.
    pub anomalies: Vec<(u64, u64, String)>,
    /// Anomalies of records, framing and the member: kind and field.
    pub notes: Vec<(String, String)>,
    /// Origins of values from outside their records, as `field:origin`.
    pub borrowed: Vec<String>,
    /// Values kept raw, a record a line.
    pub extra: Vec<String>,
    pub framing: usize,
}

impl Sink for Outcome {
    fn item(&mut self, item: Item<'_>) -> io::Result<()> {
        let Place::Span { offset, length } = item.place else { panic!("spans only") };
        match item.class {
            ItemClass::Record => {
                let record = item.record.as_ref().expect("records have values");
                self.records.push(show(record));
                let extra: Vec<String> =
                    record.extra.iter().map(|(name, value)| format!("{name}={value}")).collect();
                self.extra.push(extra.join(" "));
                for borrowed in &record.borrowed {
                    self.borrowed.push(format!("{}:{:?}", borrowed.field, borrowed.origin));
                }
            }
            ItemClass::Framing => self.framing += 1,
            _ => self.anomalies.push((offset, length, item.anomalies[0].kind.0.to_owned())),
        }
        if item.class != ItemClass::Anomaly {
            self.note(&item.anomalies);
        }
        Ok(())
    }

    fn member_end(&mut self, end: MemberEnd) -> io::Result<()> {
        self.note(&end.anomalies);
        Ok(())
    }
}

impl Outcome {
    fn note(&mut self, anomalies: &[Anomaly]) {
        for anomaly in anomalies {
            let field = anomaly.field.clone().unwrap_or_default();
            self.notes.push((anomaly.kind.0.to_owned(), field));
        }
    }

    /// The kinds of all anomalies, in order.
    pub fn kinds(&self) -> Vec<&str> {
        let items = self.anomalies.iter().map(|(_, _, kind)| kind.as_str());
        items.chain(self.notes.iter().map(|(kind, _)| kind.as_str())).collect()
    }
}

/// `kind earliest..latest sender > recipients [conversation] #id: text`
pub(super) fn show(record: &Record<'_>) -> String {
    let mut out = record.kind.name().to_owned();
    if let Some(time) = &record.time {
        let moment = |micros| jiff::Timestamp::from_microsecond(micros).unwrap().to_string();
        out.push_str(&format!(" {}..{}", moment(time.lo), moment(time.hi)));
    }
    if let Some(from) = &record.from {
        out.push_str(&format!(" {from}"));
    }
    if !record.to.is_empty() {
        out.push_str(&format!(" > {}", record.to.join(", ")));
    }
    if let Some(conversation) = &record.conversation {
        out.push_str(&format!(" [{conversation}]"));
    }
    if let Some(id) = &record.id {
        out.push_str(&format!(" #{id}"));
    }
    if let Some(link) = &record.link {
        let (from, to) = (link.from_line, link.to_line);
        out.push_str(&format!(" {}:{from} {} {to}", link.target_path, link.relation));
    }
    if let Some(text) = &record.text {
        out.push_str(&format!(": {}", text.replace('\n', "⏎")));
    }
    out
}

/// Reads `bytes` with the accounts checked.
pub(super) fn read(mapping: &Mapping, path: &str, bytes: &[u8], limits: &Limits) -> Outcome {
    read_from(mapping, path, bytes, limits)
}

/// Gives a few bytes at a time, so that every border is met.
pub(super) struct Drip<'a>(pub &'a [u8], pub usize);

impl Read for Drip<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = self.0.len().min(out.len()).min(self.1);
        out[..length].copy_from_slice(&self.0[..length]);
        self.0 = &self.0[length..];
        Ok(length)
    }
}

pub(super) fn read_from(
    mapping: &Mapping,
    path: &str,
    source: impl Read,
    limits: &Limits,
) -> Outcome {
    let root = MemberPath::default();
    let member = Member { path: &root, delivered: path, name: path };
    let mut sink = Account::new(Outcome::default());
    let mut window = Window::new(source);
    window.more().unwrap();
    let mut emitter = Emitter::new(&mut sink, &root, limits.record_bytes_max);
    let anomalies = mapping.read(&member, &mut window, &mut emitter, limits).unwrap();
    let (bytes, digest) = window.finish();
    let end = MemberEnd {
        media: "",
        path: root.clone(),
        name: path.to_owned(),
        parser: format!("mapping:{}", mapping.name()),
        bytes,
        digest: digest.unwrap(),
        anomalies,
    };
    sink.member_end(end).unwrap();
    sink.inner
}

/// Reads with default limits; the mapping must be good.
pub(super) fn good(mapping: &str, path: &str, bytes: impl AsRef<[u8]>) -> Outcome {
    let mapping = Mapping::parse(mapping).unwrap_or_else(|error| panic!("{error}"));
    read(&mapping, path, bytes.as_ref(), &Limits::default())
}

#[test]
fn shipped_mappings_parse_and_have_files_and_distinct_names() {
    let shipped = shipped();
    let mut names: Vec<&str> = shipped.iter().map(Mapping::name).collect();
    assert!(shipped.iter().all(|mapping| mapping.names_files() || mapping.tables().is_some()));
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), shipped.len());
    assert!(["irc-annotation", "ndjson-chat", "plate-reads"].iter().all(|n| names.contains(n)));
}

#[test]
fn annotations_become_reply_links_between_lines_of_the_raw_file() {
    let mapping = &shipped()[0];
    let root = MemberPath::default();
    let member = |name| Member { path: &root, delivered: name, name };
    assert!(mapping.matches(&member("train/2004-12-25.annotation.txt")));
    assert!(!mapping.matches(&member("train/2004-12-25.raw.txt")));
    let text = b"1000 1000 -\n998 1001 - \nx y z\n1001 1002 -";
    let outcome = read(mapping, "train/2004-12-25.annotation.txt", text, &Limits::default());
    assert_eq!(
        outcome.records,
        [
            "link train/2004-12-25.raw.txt:1000 start 1000",
            "link train/2004-12-25.raw.txt:1001 reply 998",
            "link train/2004-12-25.raw.txt:1002 reply 1001",
        ]
    );
    assert_eq!(outcome.anomalies, [(24, 6, "log.line_unknown".to_owned())]);
}

#[test]
fn annotations_of_the_shared_logs_are_read_without_a_rest() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/irc");
    if !folder.exists() {
        println!(
            "skipped: annotations_of_the_shared_logs_are_read_without_a_rest: \
             ../shared/data is absent"
        );
        return;
    }
    let mapping = &shipped()[0];
    let (mut links, mut starts) = (0, 0);
    for part in ["train", "dev"] {
        let mut paths: Vec<_> = std::fs::read_dir(folder.join(part))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.to_string_lossy().ends_with(".annotation.txt"))
            .collect();
        paths.sort();
        for path in paths {
            let bytes = std::fs::read(&path).unwrap();
            let name = format!("{part}/{}", path.file_name().unwrap().to_string_lossy());
            let outcome = read(mapping, &name, &bytes, &Limits::default());
            assert_eq!(outcome.kinds(), Vec::<&str>::new(), "{name}");
            links += outcome.records.len();
            starts += outcome.records.iter().filter(|line| line.contains(" start ")).count();
        }
    }
    assert_eq!((links, starts), (72_002, 17_216));
}

#[test]
fn the_shipped_ndjson_layout_reads_what_its_comment_shows() {
    let line = concat!(
        r#"{"id":"m1","conversation":"room","from":"anna","to":["bo"],"time":"2020-04"#,
        r#"-03T10:11:12Z","text":"hello"}"#,
    );
    let outcome = read(&shipped()[1], "a.chat.ndjson", line.as_bytes(), &Limits::default());
    assert_eq!(
        outcome.records,
        ["message 2020-04-03T10:11:12Z..2020-04-03T10:11:12.999999Z anna > bo [room] #m1: hello"]
    );
}
