//! What every layout's reader of one member shares.

use super::cells::{CellSource, Cells, Shared, SharedValue};
use super::compile::Compiled;
use super::fields_time::Carried;
use super::keys::{Keys, Told};
use super::keys_fast::Order;
use super::schema::Layout;
use super::unknown::{Seen, Unknown};
use crate::emit::Emitter;
use crate::json::{Fault, skip_white};
use crate::limits::Limits;
use crate::member::Member;
use crate::rows::Row;
use crate::text::{self, Encoding};
use crate::window::Window;
use emma_model::record::{Borrowed, Origin};
use emma_model::{Anomaly, Record, RecordKind};
use std::borrow::Cow;
use std::io;

/// The reading of one member by one mapping.
pub(super) struct Reader<'m> {
    pub mapping: &'m Compiled,
    pub limits: &'m Limits,
    pub encoding: Encoding,
    pub shared: Shared,
    pub carried: Carried,
    pub unknown: Unknown,
    pub seen: Seen,
    /// The order of keys in the last JSON record.
    pub order: Order,
    /// What is odd about the member as a whole.
    pub anomalies: Vec<Anomaly>,
}

/// The path that patterns are matched against: the delivered path, and inside a container the
/// member's name after it.
pub(super) fn full_path(member: &Member<'_>) -> String {
    if member.path.0.is_empty() || member.name == member.delivered {
        member.delivered.to_owned()
    } else {
        format!("{}/{}", member.delivered, member.name)
    }
}

impl<'m> Reader<'m> {
    /// Tells the encoding, accounts for the byte order mark, and takes what the path says.
    pub fn open(
        mapping: &'m Compiled,
        member: &Member<'_>,
        window: &mut Window<'_>,
        emitter: &mut Emitter<'_>,
        limits: &'m Limits,
    ) -> io::Result<Reader<'m>> {
        let whole = !window.fill(text::HEAD_BYTES)?;
        let head = &window.bytes()[..window.bytes().len().min(text::HEAD_BYTES)];
        let detected = text::detect(head, whole);
        let mut anomalies = Vec::new();
        let encoding = match mapping.encoding {
            Some(declared) if detected.mark_bytes == 0 => declared,
            Some(declared) => {
                if declared != detected.encoding {
                    let note = "the byte order mark says another encoding than the mapping";
                    anomalies.push(Anomaly::new("text.encoding_mark", note));
                }
                detected.encoding
            }
            // JSON is UTF-8; a stray byte in one string must not change how all others are read.
            None if detected.guessed
                && detected.encoding.unit_bytes() == 1
                && matches!(mapping.layout, Layout::Ndjson | Layout::Json) =>
            {
                Encoding::Utf8
            }
            None => {
                if detected.guessed {
                    let note = "the encoding was guessed from the bytes";
                    anomalies.push(Anomaly::new("text.encoding_guessed", note));
                }
                detected.encoding
            }
        };
        window.set_newline(encoding.newline());
        let mark = detected.mark_bytes;
        emitter.framing(&window.bytes()[..mark], 0)?;
        window.consume(mark);
        let mut reader = Reader {
            mapping,
            limits,
            encoding,
            shared: Shared::new(mapping.cells.len()),
            carried: Carried::default(),
            unknown: Unknown::default(),
            seen: Seen::new(&mapping.cells),
            order: Order::default(),
            anomalies,
        };
        reader.take_path(&full_path(member));
        Ok(reader)
    }

    /// A reading of rows: their values are UTF-8 whatever the member is.
    pub fn of_rows(mapping: &'m Compiled, member: &Member<'_>, limits: &'m Limits) -> Reader<'m> {
        let mut reader = Reader {
            mapping,
            limits,
            encoding: Encoding::Utf8,
            shared: Shared::new(mapping.cells.len()),
            carried: Carried::default(),
            unknown: Unknown::default(),
            seen: Seen::new(&mapping.cells),
            order: Order::default(),
            anomalies: Vec::new(),
        };
        reader.take_path(&full_path(member));
        reader
    }

    fn take_path(&mut self, path: &str) {
        let captures = self.mapping.path.as_ref().and_then(|pattern| pattern.captures(path));
        if self.mapping.path.is_some() && captures.is_none() {
            let note = "the file's path does not fit the mapping's `path` pattern";
            self.anomalies.push(Anomaly::new("mapping.path", note));
        }
        for (number, spec) in self.mapping.cells.iter().enumerate() {
            let CellSource::Path(group) = &spec.source else {
                continue;
            };
            let found = captures.as_ref().and_then(|captures| captures.name(group));
            self.shared.values[number] = found
                .map(|found| SharedValue { text: found.as_str().to_owned(), origin: Origin::Path });
        }
        if let Some(link) = &self.mapping.link {
            // The template's `$1` refers to the pattern's groups.
            let replaced = link.target_pattern.replace(path, link.target_replace.as_str());
            self.carried.target = match replaced {
                Cow::Owned(target) if target != path => Some(target),
                _ => None,
            };
        }
    }

    /// What the `path` pattern's group says of this member.
    pub fn path_value(&self, path: &str, group: &str) -> Option<String> {
        let captures = self.mapping.path.as_ref()?.captures(path)?;
        captures.name(group).map(|found| found.as_str().to_owned())
    }

    /// Ends the reading: what is odd about the member.
    pub fn finish(mut self) -> Vec<Anomaly> {
        self.unknown.report(&mut self.anomalies);
        self.seen.report(&self.mapping.cells, &mut self.anomalies);
        self.anomalies
    }

    /// Emits `raw`, which holds one JSON object and what may stand around it, as a record.
    ///
    /// On a fault nothing is emitted.
    pub fn json_record(
        &mut self,
        keys: &'m Keys,
        raw: &[u8],
        line: u64,
        emitter: &mut Emitter<'_>,
    ) -> io::Result<Result<(), Fault>> {
        let mut emit = |record: Record<'_>, anomalies| emitter.record(raw, line, record, anomalies);
        if self.encoding == Encoding::Utf8 {
            return self.json_text(keys, raw, None, false, &mut emit);
        }
        let decoded = self.encoding.decode(raw);
        let replaced = decoded.replaced;
        self.json_text(keys, decoded.text.as_bytes(), None, replaced, &mut emit)
    }

    /// Emits a row whose values are the JSON object `values`.
    pub fn row_record(
        &mut self,
        keys: &'m Keys,
        values: &[u8],
        kind: Option<RecordKind>,
        queried: bool,
        row: Row<'_>,
        emitter: &mut Emitter<'_>,
    ) -> io::Result<()> {
        let mut emit = |mut record: Record<'_>, anomalies| {
            if queried {
                let origin = Origin::Mapping;
                record.borrowed.push(Borrowed { field: super::fields::COLUMNS, origin });
            }
            emitter.row(row, Some(record), anomalies)
        };
        let told = self.json_text(keys, values, kind, false, &mut emit)?;
        debug_assert!(told.is_ok(), "a row's values are written as JSON");
        Ok(())
    }

    fn json_text(
        &mut self,
        keys: &'m Keys,
        text: &[u8],
        kind: Option<RecordKind>,
        replaced: bool,
        emit: &mut dyn FnMut(Record<'_>, Vec<Anomaly>) -> io::Result<()>,
    ) -> io::Result<Result<(), Fault>> {
        let start = skip_white(text, 0);
        let mut cells = Cells::new(&self.mapping.cells);
        let mut told =
            Told { extra: Vec::new(), anomalies: Vec::new(), unknown: &mut self.unknown };
        let depth_max = self.limits.json_depth_max;
        let object = &text[start..];
        let fast = std::str::from_utf8(object).ok().and_then(|object| {
            keys.read_fast(object, depth_max, &mut self.order, &mut cells, &mut told)
        });
        let length = match fast {
            Some(length) => length,
            None => {
                cells = Cells::new(&self.mapping.cells);
                told.extra.clear();
                told.anomalies.clear();
                match keys.read(object, depth_max, &mut cells, &mut told) {
                    Ok(length) => length,
                    Err(fault) => {
                        return Ok(Err(Fault { at: start + fault.at, ..fault }));
                    }
                }
            }
        };
        let end = start + length;
        let mut after = skip_white(text, end);
        if text.get(after) == Some(&b',') {
            after = skip_white(text, after + 1);
        }
        if after < text.len() {
            return Ok(Err(Fault { at: after, what: "something stands after the object" }));
        }
        let Told { extra, mut anomalies, .. } = told;
        if replaced {
            let note = "bytes that do not decode were replaced";
            anomalies.push(Anomaly::new("text.replaced", note));
        }
        self.seen.note(&cells);
        self.shared.fill(&mut cells);
        let carried = &mut self.carried;
        let record =
            self.mapping.record(&mut cells, &self.shared, carried, kind, extra, &mut anomalies);
        emit(record, anomalies).map(Ok)
    }

    /// Emits a record whose cells are filled.
    pub fn cells_record<'a>(
        &'a mut self,
        mut cells: Cells<'a>,
        extra: Vec<(Cow<'a, str>, Cow<'a, str>)>,
        mut anomalies: Vec<Anomaly>,
        raw: &[u8],
        line: u64,
        emitter: &mut Emitter<'_>,
    ) -> io::Result<()> {
        self.seen.note(&cells);
        self.shared.fill(&mut cells);
        let carried = &mut self.carried;
        let record =
            self.mapping.record(&mut cells, &self.shared, carried, None, extra, &mut anomalies);
        emitter.record(raw, line, record, anomalies)
    }
}
