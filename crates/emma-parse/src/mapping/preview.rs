//! Shows what a mapping makes of a file before anything is sealed.

use super::Mapping;
use super::error::{nearest, position};
use crate::emit::Emitter;
use crate::exhibit::{ExhibitInfo, read_exhibit};
use crate::limits::Limits;
use crate::member::Member;
use crate::plan::Plan;
use crate::window::Window;
use emma_model::record::MemberEnd;
use emma_model::{Anomaly, Item, ItemClass, MemberPath, Place, Record, Sink};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read};

/// Bytes of a file that a preview reads.
const PREVIEW_BYTES_MAX: u64 = 8 << 20;
/// Spans that were not understood and are listed.
const SPANS_MAX: usize = 20;
/// Rows that are kept at most, whatever is asked for.
const ROWS_MAX: usize = 10_000;

/// What a mapping makes of the beginning of a file.
#[derive(Clone, Debug, Default)]
pub struct Preview {
    /// The first records, as they would be read.
    pub rows: Vec<PreviewRow>,
    /// Records among the bytes read.
    pub records: u64,
    /// Bytes read, and how many of them are records, framing and anomalies.
    pub bytes: u64,
    /// Bytes in records.
    pub record_bytes: u64,
    /// Bytes of structure.
    pub framing_bytes: u64,
    /// Bytes that were not understood.
    pub anomaly_bytes: u64,
    /// True where the file goes on beyond what was read.
    pub truncated: bool,
    /// Columns of the data that the mapping does not mention, in order of appearance.
    pub unknown_columns: Vec<String>,
    /// What the mapping says that the data does not bear out.
    pub findings: Vec<Finding>,
    /// The first spans that were not understood: offset, length, line (from 0), what is wrong.
    pub not_understood: Vec<(u64, u64, u64, String)>,
    /// Anomalies of records and members by kind and field.
    pub anomalies: BTreeMap<(String, String), u64>,
    /// How many records have each field that matters, in a fixed order.
    pub filled: Vec<Filled>,
}

/// How often a field was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// The field.
    pub field: &'static str,
    /// Records that have it.
    pub records: u64,
    /// Different values, counted up to [`DIFFERENT_MAX`].
    pub different: u64,
    /// True where the mapping reads it and no record has it.
    pub in_vain: bool,
}

/// Different values of a field that are counted.
pub const DIFFERENT_MAX: usize = 1_000;

/// One record as it would be read; values as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewRow {
    /// Line it starts on, from 0.
    pub line: u64,
    /// First byte.
    pub offset: u64,
    /// Length in bytes.
    pub length: u64,
    /// Field names with their values, in a fixed order; fields without a value are left out.
    pub values: Vec<(String, String)>,
    /// What is odd about it, in words.
    pub notes: Vec<String>,
}

/// Something the mapping says and the data does not bear out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Line in the mapping's text, from 1.
    pub line: usize,
    /// Column in that line, in characters from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

/// Reads the beginning of `file`, whose delivered path would be `path`, by `mapping`.
///
/// # Errors
///
/// Only those of reading the file.
pub fn preview(
    mut file: File,
    path: &str,
    mapping: &Mapping,
    rows_max: usize,
) -> io::Result<Preview> {
    let length = file.metadata()?.len();
    if mapping.tables().is_some() {
        return preview_tables(file, length, path, mapping, rows_max);
    }
    let mut head = Vec::new();
    (&mut file).take(PREVIEW_BYTES_MAX).read_to_end(&mut head)?;
    let truncated = length > head.len() as u64;
    if truncated && let Some(last) = memchr::memrchr(b'\n', &head) {
        head.truncate(last + 1);
    }
    Ok(preview_bytes(&head, truncated, path, mapping, rows_max))
}

/// What a mapping of tables makes of a whole database or workbook.
fn preview_tables(
    file: File,
    length: u64,
    path: &str,
    mapping: &Mapping,
    rows_max: usize,
) -> io::Result<Preview> {
    let mut collect = Collect {
        preview: Preview { bytes: length, ..Preview::default() },
        rows_max: rows_max.min(ROWS_MAX),
        odd: Vec::new(),
        fields: Default::default(),
    };
    let exhibit = ExhibitInfo { path: path.to_owned(), bytes: length, digest: None };
    let plan = Plan::of(vec![mapping.clone()]);
    let limits = Limits::default();
    let scratch = std::env::temp_dir();
    read_exhibit(file, &exhibit, &plan, &limits, &scratch, &mut |_| {}, &mut collect)
        .map_err(io::Error::other)?;
    let odd = std::mem::take(&mut collect.odd);
    collect.close(mapping);
    Ok(told(collect.preview, &odd, path, mapping))
}

/// Like [`preview`] for bytes in memory; `truncated` says that more would follow.
pub(super) fn preview_bytes(
    bytes: &[u8],
    truncated: bool,
    path: &str,
    mapping: &Mapping,
    rows_max: usize,
) -> Preview {
    let root = MemberPath::default();
    let member = Member { path: &root, delivered: path, name: path };
    let limits = Limits::default();
    let mut collect = Collect {
        preview: Preview { truncated, bytes: bytes.len() as u64, ..Preview::default() },
        rows_max: rows_max.min(ROWS_MAX),
        odd: Vec::new(),
        fields: Default::default(),
    };
    let mut window = Window::with_hash(bytes, false);
    let mut emitter = Emitter::new(&mut collect, &root, limits.record_bytes_max);
    let odd = mapping
        .read(&member, &mut window, &mut emitter, &limits)
        .expect("bytes in memory and this sink do not fail");
    collect.close(mapping);
    let mut preview = told(collect.preview, &odd, path, mapping);
    if !mapping.fits(&bytes[..bytes.len().min(crate::text::HEAD_BYTES)], !truncated) {
        preview.findings.push(Finding {
            line: 1,
            column: 1,
            message: "the file's first row lacks a column that the mapping `needs`".to_owned(),
            suggestion: Some("intake would not use the mapping for this file".to_owned()),
        });
    }
    preview
}

/// Adds what is odd about the file as a whole.
fn told(mut preview: Preview, odd: &[Anomaly], path: &str, mapping: &Mapping) -> Preview {
    let root = MemberPath::default();
    let member = Member { path: &root, delivered: path, name: path };
    let truncated = preview.truncated;
    for anomaly in odd {
        preview.count(anomaly);
        match (anomaly.kind.0, &anomaly.field) {
            ("mapping.column_unknown", Some(name)) => preview.unknown_columns.push(name.clone()),
            ("json.truncated", _) if truncated => {}
            ("mapping.column_missing", Some(_)) => {}
            // A table that this mapping leaves alone is nothing wrong with the mapping.
            ("sqlite.table_unread" | "sqlite.freelist" | "sheet.hidden", _) => {}
            _ => preview.findings.push(Finding {
                line: 1,
                column: 1,
                message: match &anomaly.field {
                    Some(field) => format!("{}: {field}: {}", anomaly.kind.0, anomaly.note),
                    None => format!("{}: {}", anomaly.kind.0, anomaly.note),
                },
                suggestion: None,
            }),
        }
    }
    missing(odd, mapping, &mut preview);
    if !mapping.matches(&member) {
        preview.findings.push(Finding {
            line: 1,
            column: 1,
            message: "the mapping's `files` patterns do not fit this file's name".to_owned(),
            suggestion: Some("add a pattern to `files`, or leave `files` out".to_owned()),
        });
    }
    preview
}

/// Explains columns that the mapping names and the data does not have.
fn missing(odd: &[Anomaly], mapping: &Mapping, preview: &mut Preview) {
    let compiled = &mapping.0.compiled;
    for anomaly in odd.iter().filter(|anomaly| anomaly.kind.0 == "mapping.column_missing") {
        let Some(name) = anomaly.field.as_deref() else {
            continue;
        };
        let spec = compiled.cells.iter().find(|spec| spec.column() == Some(name));
        let at = spec.map_or(0, |spec| spec.mentioned);
        // Spans of strings start at their opening quote.
        let (line, column) = position(mapping.text(), at);
        let noun = compiled.layout.column_noun();
        let near = nearest(name, preview.unknown_columns.iter().map(String::as_str));
        let suggestion = match near {
            Some(near) => Some(format!("did you mean \"{near}\"?")),
            None if preview.unknown_columns.is_empty() => None,
            None => {
                let names: Vec<&str> =
                    preview.unknown_columns.iter().take(12).map(String::as_str).collect();
                Some(format!("not mentioned so far: {}", names.join(", ")))
            }
        };
        let message = format!("no record has the {noun} `{name}`");
        preview.findings.push(Finding { line, column, message, suggestion });
    }
}

impl Preview {
    fn count(&mut self, anomaly: &Anomaly) {
        let key = (anomaly.kind.0.to_owned(), anomaly.field.clone().unwrap_or_default());
        *self.anomalies.entry(key).or_default() += 1;
    }
}

struct Collect {
    preview: Preview,
    rows_max: usize,
    /// What is odd about the member of a reading that ends it.
    odd: Vec<Anomaly>,
    /// Records that have a field, and its different values.
    fields: [(u64, BTreeSet<String>); FIELDS.len()],
}

/// Fields that a reading is judged by.
const FIELDS: [&str; 6] = ["time", "from", "to", "conversation", "text", "id"];

impl Collect {
    fn fill(&mut self, record: &Record<'_>) {
        let time = record.time.as_ref().map(|time| time.lo.to_string());
        let own = |value: &Option<std::borrow::Cow<'_, str>>| value.as_ref().map(|v| v.to_string());
        let to = (!record.to.is_empty()).then(|| record.to.join(", "));
        let (conversation, text) = (own(&record.conversation), own(&record.text));
        let values = [time, own(&record.from), to, conversation, text, own(&record.id)];
        for ((count, different), value) in self.fields.iter_mut().zip(values) {
            let Some(value) = value else { continue };
            *count += 1;
            if different.len() < DIFFERENT_MAX {
                different.insert(value);
            }
        }
    }

    /// Says how often each field was read.
    fn close(&mut self, mapping: &Mapping) {
        let text: toml::Table = toml::from_str(mapping.text()).unwrap_or_default();
        let fields = text.get("fields").and_then(toml::Value::as_table);
        let reads = |field: &str| match field {
            "time" => text.contains_key("time"),
            field => fields.is_some_and(|fields| fields.contains_key(field)),
        };
        let records = self.preview.records;
        for (field, (count, different)) in FIELDS.into_iter().zip(&self.fields) {
            if *count > 0 || reads(field) {
                self.preview.filled.push(Filled {
                    field,
                    records: *count,
                    different: different.len() as u64,
                    in_vain: *count == 0 && records > 0,
                });
            }
        }
    }
}

impl Sink for Collect {
    fn item(&mut self, item: Item<'_>) -> io::Result<()> {
        let (offset, length, line) = match item.place {
            Place::Span { offset, length } => (offset, length, item.line),
            // A row has its number where a text has a line.
            Place::Row { row, .. } => {
                (0, 0, u64::try_from(row.saturating_sub(1)).unwrap_or_default())
            }
        };
        let preview = &mut self.preview;
        if item.class == ItemClass::Blob {
            return Ok(());
        }
        item.anomalies.iter().for_each(|anomaly| preview.count(anomaly));
        match item.class {
            ItemClass::Framing => preview.framing_bytes += length,
            ItemClass::Anomaly | ItemClass::Blob => {
                preview.anomaly_bytes += length;
                if preview.not_understood.len() < SPANS_MAX {
                    let words: Vec<String> = item.anomalies.iter().map(in_words).collect();
                    let what = format!("{}: {}", words.join("; "), beginning(item.raw));
                    preview.not_understood.push((offset, length, item.line, what));
                }
            }
            ItemClass::Record => {
                preview.records += 1;
                preview.record_bytes += length;
                if let Some(record) = &item.record {
                    self.fill(record);
                }
                let preview = &mut self.preview;
                if preview.rows.len() < self.rows_max {
                    let notes = item.anomalies.iter().map(in_words).collect();
                    let values = item.record.as_ref().map(values).unwrap_or_default();
                    preview.rows.push(PreviewRow { line, offset, length, values, notes });
                }
            }
        }
        Ok(())
    }

    fn member_end(&mut self, end: MemberEnd) -> io::Result<()> {
        self.odd.extend(end.anomalies);
        Ok(())
    }
}

/// How bytes that were not understood begin.
fn beginning(raw: &[u8]) -> String {
    const CHARS_MAX: usize = 80;
    let text = String::from_utf8_lossy(&raw[..raw.len().min(4 * CHARS_MAX)]);
    let mut short: String = text.trim_end().chars().take(CHARS_MAX).collect();
    if short.len() < text.trim_end().len() || raw.len() > 4 * CHARS_MAX {
        short.push('…');
    }
    short
}

fn in_words(anomaly: &Anomaly) -> String {
    match &anomaly.field {
        Some(field) => format!("{field}: {}", anomaly.note),
        None => anomaly.note.to_owned(),
    }
}

fn values(record: &Record<'_>) -> Vec<(String, String)> {
    let mut out = vec![("kind".to_owned(), record.kind.name().to_owned())];
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            out.push((name.to_owned(), value));
        }
    };
    let own = |value: &Option<std::borrow::Cow<'_, str>>| value.as_ref().map(|v| v.to_string());
    add("id", own(&record.id));
    if let Some(time) = &record.time {
        add("time written", time.raw.as_ref().map(|raw| raw.to_string()));
        add("time", Some(moment(time.lo)));
        add("time_until", Some(moment(time.hi)));
        add("zone", Some(time.zone.name().to_owned()));
    }
    add("from", own(&record.from));
    add("to", (!record.to.is_empty()).then(|| record.to.join(", ")));
    add("conversation", own(&record.conversation));
    add("text", own(&record.text));
    add("territory", own(&record.territory));
    add("reply_to", own(&record.reply_to));
    if let Some(link) = &record.link {
        let lines = format!("line {} {} line {}", link.from_line, link.relation, link.to_line);
        add("link", Some(lines));
        add("target", Some(link.target_path.to_string()));
    }
    for (name, value) in &record.extra {
        add(&format!("extra.{name}"), Some(value.to_string()));
    }
    out
}

fn moment(micros: i64) -> String {
    jiff::Timestamp::from_microsecond(micros)
        .map_or_else(|_| format!("{micros} us"), |moment| moment.to_string())
}
