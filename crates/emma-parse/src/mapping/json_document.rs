//! JSON with its records under a path, and objects one after another.
//!
//! 1. Outside records the text is walked byte by byte along the path: brackets, keys, commas and
//!    plain values are framing; values that the mapping names are remembered for the records.
//! 2. A list or object off the path is content nobody reads: an anomaly, so that it is counted.
//! 3. A record's end is found by its brackets; then it is read. Where that fails, reading goes on
//!    at the next line that starts like a record.
//!
//! Only the record in hand is held in memory.

use super::cells::{Cell, CellSource, Cells, SharedValue};
use super::compile_engine::{JsonRule, Step};
use super::keys::Told;
use super::reader::Reader;
use crate::emit::Emitter;
use crate::json::scan::ENDS_EARLY;
use crate::json::{Extent, Fault, Kind, decode, scan, value_extent};
use crate::window::Window;
use emma_model::Anomaly;
use emma_model::record::Origin;
use std::io;

/// Framing is handed over at the latest when it is this long, in bytes.
const FRAMING_BYTES_MAX: usize = 16 << 10;

/// Every broken record may cost a search of `record_bytes_max` and be given up for a line only;
/// so that a file made of nothing else takes linear time, the search may go over this many bytes,
const WASTED_BYTES_FREE: u64 = 64 << 20;
/// and this many for each byte of the file read so far. Then all that was searched is given up.
const WASTED_RATIO_MAX: u64 = 8;

/// Reads a member to its end.
pub(super) fn read<'m>(
    reader: &mut Reader<'m>,
    rule: &'m JsonRule,
    window: &mut Window<'_>,
    emitter: &mut Emitter<'_>,
) -> io::Result<()> {
    if reader.encoding.unit_bytes() > 1 {
        let note = "layout \"json\" is read in UTF-8 and single-byte encodings only";
        let anomaly = Anomaly::new("json.encoding", note);
        loop {
            window.fill(reader.limits.record_bytes_max)?;
            let length = window.bytes().len().min(reader.limits.record_bytes_max);
            if length == 0 {
                return Ok(());
            }
            emitter.anomaly(&window.bytes()[..length], window.line(), anomaly.clone())?;
            window.consume(length);
        }
    }
    let mut walker = Walker {
        reader,
        rule,
        window,
        emitter,
        at: 0,
        frames: Vec::new(),
        indent: 0,
        begun: false,
        wasted: 0,
    };
    while walker.step()? {}
    walker.flush()?;
    if !walker.frames.is_empty() {
        let note = "the file ends inside the list of records";
        walker.reader.anomalies.push(Anomaly::new("json.truncated", note));
    }
    Ok(())
}

/// An object or list on the path that is open.
pub(super) struct Frame {
    object: bool,
    /// Which step of the path its values take.
    step: usize,
    /// A key has been read and its value comes next.
    value_next: Option<String>,
    /// Records read before it opened.
    records_before: u64,
}

pub(super) struct Walker<'w, 'm, 'r, 's> {
    pub(super) reader: &'w mut Reader<'m>,
    pub(super) rule: &'m JsonRule,
    pub(super) window: &'w mut Window<'r>,
    pub(super) emitter: &'w mut Emitter<'s>,
    /// How many bytes of the window are framing not yet handed over.
    pub(super) at: usize,
    pub(super) frames: Vec<Frame>,
    /// Blanks before the first character of the line in hand.
    pub(super) indent: usize,
    /// The line in hand has shown a character that is no blank.
    pub(super) begun: bool,
    /// Bytes that were searched for the end of a record in vain, in total.
    pub(super) wasted: u64,
}

impl Walker<'_, '_, '_, '_> {
    /// Takes one byte of structure, one key or one value. False at the end.
    fn step(&mut self) -> io::Result<bool> {
        let Some(byte) = self.peek()? else {
            return Ok(false);
        };
        let Some(frame) = self.frames.last_mut() else {
            match byte {
                b',' => self.at += 1,
                b'[' | b']' if self.rule.steps.is_empty() => self.at += 1,
                b'{' | b'[' => self.value(0, None)?,
                _ => self.garbage()?,
            }
            return Ok(true);
        };
        if let Some(key) = frame.value_next.take() {
            if matches!(byte, b'}' | b']' | b',' | b':') {
                self.garbage()?;
                return Ok(true);
            }
            self.member_value(&key)?;
            return Ok(true);
        }
        let (object, step) = (frame.object, frame.step);
        match byte {
            b',' => self.at += 1,
            b'}' if object => self.close(),
            b']' if !object => self.close(),
            b'"' if object => self.key()?,
            b'}' | b']' | b':' => self.garbage()?,
            _ if object => self.garbage()?,
            _ => self.value(step + 1, None)?,
        }
        Ok(true)
    }

    fn close(&mut self) {
        self.frames.pop();
        self.at += 1;
    }

    /// The next byte that is no blank, which stays; `None` at the end.
    fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            while let Some(byte) = self.window.bytes().get(self.at) {
                match byte {
                    b'\n' => (self.indent, self.begun) = (0, false),
                    b' ' | b'\t' | b'\r' => self.indent += usize::from(!self.begun),
                    byte => {
                        self.begun = true;
                        return Ok(Some(*byte));
                    }
                }
                self.at += 1;
                if self.at >= FRAMING_BYTES_MAX {
                    self.flush()?;
                }
            }
            if !self.window.more()? {
                return Ok(None);
            }
        }
    }

    /// Hands over the framing so far; values remembered since the last time stand in it.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        if self.at == 0 {
            return Ok(());
        }
        let leaf = Origin::Leaf { offset: self.emitter.offset(), length: self.at as u64 };
        for value in self.reader.shared.values.iter_mut().flatten() {
            if value.origin == NOT_YET {
                value.origin = leaf.clone();
            }
        }
        let bytes = &self.window.bytes()[..self.at];
        self.emitter.framing(bytes, self.window.line())?;
        self.window.consume(self.at);
        self.at = 0;
        Ok(())
    }

    /// The end of the value at `self.at`, once it is whole in the window.
    ///
    /// `Err` with [`ENDS_EARLY`] where it is longer than a record may be or the file ends.
    pub(super) fn extent(&mut self) -> io::Result<Result<scan::Value<'_>, Fault>> {
        let depth_max = self.reader.limits.json_depth_max;
        let length_max = self.reader.limits.record_bytes_max;
        loop {
            let bytes = self.window.bytes();
            let found = scan::value_at(bytes, self.at, depth_max);
            let early = match &found {
                // A number may go on beyond the window.
                Ok(value) => {
                    value.kind == Kind::Number && self.at + value.bytes.len() == bytes.len()
                }
                Err(fault) => fault.what == ENDS_EARLY,
            };
            if !early || bytes.len() - self.at > length_max || !self.window.more()? {
                break;
            }
        }
        let found = scan::value_at(self.window.bytes(), self.at, depth_max);
        Ok(found.and_then(|value| match value.bytes.len() > length_max {
            true => Err(Fault { at: value.at, what: ENDS_EARLY }),
            false => Ok(value),
        }))
    }

    fn key(&mut self) -> io::Result<()> {
        let key = match self.extent()? {
            Ok(value) => decode(value.string().unwrap_or_default()).text.into_owned(),
            Err(_) => return self.garbage(),
        };
        let length = scan::value_at(self.window.bytes(), self.at, 1).map_or(1, |v| v.bytes.len());
        self.at += length;
        match self.peek()? {
            Some(b':') => self.at += 1,
            Some(_) => return self.garbage(),
            None => return Ok(()),
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.value_next = Some(key);
        }
        Ok(())
    }

    /// The value of a key of an object on the path.
    fn member_value(&mut self, key: &str) -> io::Result<()> {
        let step = self.frames.last().map_or(0, |frame| frame.step);
        match &self.rule.steps[step] {
            Step::Key(wanted) if wanted == key => self.value(step + 1, Some(key)),
            Step::AnyKey => self.value(step + 1, Some(key)),
            _ => self.off_path(Some(key)),
        }
    }

    /// A value on the path that still has the steps from `step` on before it.
    fn value(&mut self, step: usize, key: Option<&str>) -> io::Result<()> {
        let byte = self.window.bytes()[self.at];
        match self.rule.steps.get(step) {
            None if byte == b'{' => {
                self.name_parent(step, key);
                self.record()
            }
            None => self.not_a_record(),
            Some(Step::Each) if byte == b'[' => {
                self.name_parent(step, key);
                self.open(false, step);
                Ok(())
            }
            Some(Step::Key(_) | Step::AnyKey) if byte == b'{' => {
                self.name_parent(step, key);
                self.forget(self.parent_level(step));
                self.open(true, step);
                Ok(())
            }
            Some(_) => self.off_path(key),
        }
    }

    fn open(&mut self, object: bool, step: usize) {
        let records_before = self.reader.seen.records();
        self.frames.push(Frame { object, step, value_next: None, records_before });
        self.at += 1;
    }

    /// How many objects out from the records the object stands whose keys take `step`.
    fn parent_level(&self, step: usize) -> usize {
        let inner = &self.rule.steps[step..];
        inner.iter().filter(|step| **step != Step::Each).count()
    }

    /// Forgets what objects up to `level` said: another one of them begins.
    fn forget(&mut self, level: usize) {
        for (number, spec) in self.reader.mapping.cells.iter().enumerate() {
            if let CellSource::Parent { level: of, .. } = &spec.source
                && *of <= level
            {
                self.reader.shared.values[number] = None;
            }
        }
        self.reader.carried.new_day();
    }

    /// Remembers the key under which a value stands where the path says any key.
    fn name_parent(&mut self, step: usize, key: Option<&str>) {
        let Some(key) = key else { return };
        if step == 0 || self.rule.steps[step - 1] != Step::AnyKey {
            return;
        }
        let level = self.parent_level(step - 1);
        let wanted = CellSource::Parent { level, key: "*".to_owned() };
        let cells = &self.reader.mapping.cells;
        if let Some(number) = cells.iter().position(|spec| spec.source == wanted) {
            let value = SharedValue { text: key.to_owned(), origin: NOT_YET };
            self.reader.shared.values[number] = Some(value);
        }
    }

    /// A value beside the path: remembered, plain, or content that nobody reads.
    fn off_path(&mut self, key: Option<&str>) -> io::Result<()> {
        let opens = matches!(self.window.bytes()[self.at], b'{' | b'[');
        let Some(frame) = self.frames.last() else {
            return self.not_read(opens);
        };
        let keys = match frame.object {
            true => self.rule.parents.get(self.parent_level(frame.step) - 1),
            false => None,
        };
        let known = key.and_then(|key| keys.filter(|keys| keys.knows(key)).map(|keys| (key, keys)));
        if known.is_none() && opens {
            return self.not_read(true);
        }
        if self.at >= FRAMING_BYTES_MAX {
            self.flush()?;
        }
        let length = match self.extent()? {
            Ok(value) => value.bytes.len(),
            Err(_) => return self.not_read(opens),
        };
        if self.at + length > self.reader.limits.record_bytes_max {
            self.flush()?;
        }
        if let Some((key, keys)) = known {
            self.tell_late(key);
            let Reader { mapping, limits, shared, unknown, .. } = &mut *self.reader;
            let depth_max = limits.json_depth_max;
            let value = scan::value_at(self.window.bytes(), self.at, depth_max);
            let mut cells = Cells::new(&mapping.cells);
            let mut told = Told { extra: Vec::new(), anomalies: Vec::new(), unknown };
            if let Ok(value) = value {
                keys.read_member(key, &value, depth_max, &mut cells, &mut told);
            }
            for (number, cell) in cells.values.iter().enumerate() {
                let text = match cell {
                    Cell::Absent => continue,
                    Cell::Text(text) => text.clone().into_owned(),
                    Cell::Nested(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                };
                shared.values[number] = Some(SharedValue { text, origin: NOT_YET });
            }
        }
        self.at += length;
        Ok(())
    }

    /// A value that comes after the records of its object is too late for them.
    fn tell_late(&mut self, key: &str) {
        let records = self.reader.seen.records();
        if self.frames.last().is_some_and(|frame| frame.records_before < records) {
            let note = "the value stands after the records that should have it";
            let anomaly = Anomaly::field("mapping.value_late", key, note);
            if !self.reader.anomalies.contains(&anomaly) {
                self.reader.anomalies.push(anomaly);
            }
        }
    }

    fn record(&mut self) -> io::Result<()> {
        let indent = self.indent;
        self.flush()?;
        let length_max = self.reader.limits.record_bytes_max;
        let extent = value_extent(self.window, length_max)?;
        let (fault_at, whole, what) = match extent {
            Extent::Whole { length, .. } => {
                let raw = &self.window.bytes()[..length];
                let line = self.window.line();
                match self.reader.json_record(&self.rule.keys, raw, line, self.emitter)? {
                    Ok(()) => {
                        self.window.consume(length);
                        return Ok(());
                    }
                    Err(fault) => (fault.at.min(length - 1), Some(length), fault.what),
                }
            }
            Extent::TooLong => {
                (0, None, "the record is too long or one of its brackets is missing")
            }
            Extent::Cut => (0, None, "the file ends inside the record"),
        };
        let anomaly = Anomaly::new("json.syntax", what);
        let searched = match extent {
            Extent::Whole { length, .. } => length,
            Extent::TooLong => length_max,
            Extent::Cut => self.window.bytes().len(),
        };
        self.wasted += searched as u64;
        if self.wasted > WASTED_BYTES_FREE + WASTED_RATIO_MAX * self.window.offset() {
            return self.give_up(searched, &anomaly);
        }
        self.recover(fault_at, whole, indent, &anomaly)
    }
}

/// The origin of a value whose framing leaf has not been handed over yet.
const NOT_YET: Origin = Origin::Leaf { offset: u64::MAX, length: 0 };
