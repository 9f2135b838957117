//! Walks a JSON document of any length and hands over the objects that are records.
//!
//! A format says under which paths its records stand ([`Records::RECORDS`]) and which plain
//! values before them they borrow ([`Records::HEADS`]). A path is keys and `[]` joined by `/`:
//! `messages/[]` is each element of a top list called `messages`, the empty path a value at the
//! top, of which there may be many (one a line, or one after another). `*` is any key.
//!
//! 1. Brackets, commas, keys and plain values around records are framing, in bounded pieces.
//! 2. An object under a record's path, or that is a record by its content, is read whole by the
//!    format; any other object is kept as a record of its raw values.
//! 3. Small faults (a comma) are stepped over and told; after a larger one bytes are anomalies up
//!    to the next object that is a record by its content ([`resume`](self)).

use super::object::Object;
use super::{Kind, Value, decode, scan, value_at};
use crate::emit::Emitter;
use crate::limits::Limits;
use crate::window::Window;
use emma_model::record::Origin;
use emma_model::{Anomaly, Record, RecordKind};
use std::io;

mod path;
mod resume;

pub(crate) use path::{Head, Heads};
use path::{Place, steps};

/// Framing is handed over once so much of it has gathered.
const FRAMING_BYTES_MAX: usize = 64 << 10;
/// Longest key kept, in bytes: longer ones are no key anybody asks for.
const KEY_BYTES_MAX: usize = 512;

/// A format made of JSON objects.
pub(crate) trait Records {
    /// What the network is called.
    const NETWORK: &'static str;
    /// Kind of the anomaly of a record that was read after a fault.
    const RESUMED: &'static str;
    /// Paths of records.
    const RECORDS: &'static [&'static str];
    /// Paths of plain values that records borrow. One that ends in `*` is the key itself.
    const HEADS: &'static [&'static str];

    /// Whether a whole object is a record by its content.
    fn is_record(&self, object: &[u8], depth_max: usize) -> bool;

    /// Reads a record. Every member of the object that is not used must end up in its extra values.
    fn read<'a>(&'a mut self, found: Found<'a>, anomalies: &mut Vec<Anomaly>) -> Record<'a>;
}

/// A record's object and what is known around it.
pub(crate) struct Found<'a> {
    /// Its members.
    pub object: Object<'a>,
    /// The key under which it, or the list that holds it, stands; empty at the top.
    pub section: &'a str,
    /// What was read before it.
    pub heads: &'a Heads,
    /// Its first byte in the member.
    pub offset: u64,
    /// Its length in bytes.
    pub length: u64,
}

#[derive(Clone, Debug)]
struct Level {
    object: bool,
    /// The key whose value comes next, in an object.
    key: Option<String>,
    /// A value stands before: a comma or the closing bracket comes next.
    after_value: bool,
    /// A comma stands before.
    after_comma: bool,
}

/// One walk.
struct Walk<'a, 'w, 'r, 's, R> {
    reader: &'a mut R,
    window: &'w mut Window<'r>,
    emitter: &'a mut Emitter<'s>,
    limits: &'a Limits,
    records: Vec<Vec<&'static str>>,
    stack: Vec<Level>,
    /// The levels around the last record: reading goes on there after a fault.
    home: Option<Vec<Level>>,
    home_is_old: bool,
    /// Bytes at the start of the window that are framing but not handed over yet.
    framed: usize,
    /// Oddities of the next item.
    odd: Vec<Anomaly>,
    heads: Heads,
    /// Heads that stand in the framing not handed over yet.
    pending: Vec<&'static str>,
    /// Bytes that were looked at in vain after faults, in total.
    wasted: u64,
}

/// What comes next, after blanks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Next {
    Byte(u8),
    End,
}

/// Reads a member to its end.
pub(crate) fn read<R: Records>(
    reader: &mut R,
    window: &mut Window<'_>,
    emitter: &mut Emitter<'_>,
    limits: &Limits,
) -> io::Result<Vec<Anomaly>> {
    let mut walk = Walk {
        reader,
        window,
        emitter,
        limits,
        records: R::RECORDS.iter().map(|path| steps(path)).collect(),
        stack: Vec::new(),
        home: None,
        home_is_old: true,
        framed: 0,
        odd: Vec::new(),
        heads: Heads::default(),
        pending: Vec::new(),
        wasted: 0,
    };
    walk.window.fill(3)?;
    if walk.window.bytes().starts_with(b"\xef\xbb\xbf") {
        walk.framed = 3;
    }
    while let Next::Byte(byte) = walk.next()? {
        walk.step(byte)?;
    }
    walk.flush()?;
    let mut anomalies = std::mem::take(&mut walk.odd);
    if !walk.stack.is_empty() {
        anomalies.push(Anomaly::new("json.truncated", "the file ends inside a value"));
    }
    Ok(anomalies)
}

impl<R: Records> Walk<'_, '_, '_, '_, R> {
    /// Skips blanks, which are framing, and says what follows.
    fn next(&mut self) -> io::Result<Next> {
        loop {
            if self.framed >= FRAMING_BYTES_MAX {
                self.flush()?;
            }
            let rest = &self.window.bytes()[self.framed..];
            let blanks = scan::skip_white(rest, 0);
            // Where framing is cut depends on the bytes alone, not on how they were read.
            let room = FRAMING_BYTES_MAX - self.framed;
            if blanks < rest.len() && blanks < room {
                self.framed += blanks;
                return Ok(Next::Byte(rest[blanks]));
            }
            self.framed += blanks.min(room);
            if self.framed < FRAMING_BYTES_MAX && !self.window.more()? {
                return Ok(Next::End);
            }
        }
    }

    /// Takes the next token, which starts with `byte`.
    fn step(&mut self, byte: u8) -> io::Result<()> {
        let Some(level) = self.stack.last_mut() else {
            return match byte {
                b'{' | b'[' => {
                    self.heads = Heads::default();
                    self.pending.clear();
                    self.value(byte)
                }
                b',' => {
                    self.framed += 1;
                    Ok(())
                }
                _ => self.resynchronise(Anomaly::new("json.syntax", "expected an object"), 1),
            };
        };
        let closes = if level.object { b'}' } else { b']' };
        if byte == closes && level.key.is_none() {
            if level.after_comma {
                self.odd_here("a comma stands before a closing bracket")?;
            }
            self.close();
            return Ok(());
        }
        if byte == b',' && level.key.is_none() {
            let doubled = !level.after_value;
            level.after_value = false;
            level.after_comma = true;
            if doubled {
                self.odd_here("a comma too many")?;
            }
            self.framed += 1;
            return Ok(());
        }
        if level.after_value {
            let value = matches!(byte, b'"' | b'{' | b'[');
            if !value || (level.object && byte != b'"') {
                return self.fault("expected a comma or the closing bracket");
            }
            level.after_value = false;
            self.odd_here("a comma is missing")?;
        }
        let level = self.stack.last().expect("a level is open");
        if level.object && level.key.is_none() {
            return self.key(byte);
        }
        self.value(byte)
    }

    fn key(&mut self, byte: u8) -> io::Result<()> {
        if byte != b'"' {
            return self.fault("expected a key in quotes");
        }
        let Some(length) = self.token()? else {
            return Ok(());
        };
        let inside = &self.window.bytes()[self.framed + 1..self.framed + length - 1];
        let inside = &inside[..inside.len().min(KEY_BYTES_MAX)];
        let key = decode(inside).text.into_owned();
        self.frame(length)?;
        if self.next()? != Next::Byte(b':') {
            return self.fault("expected a colon after a key");
        }
        self.framed += 1;
        let level = self.stack.last_mut().expect("a level is open");
        level.key = Some(key);
        level.after_comma = false;
        self.home_is_old = true;
        self.name_by_key();
        Ok(())
    }

    fn value(&mut self, byte: u8) -> io::Result<()> {
        match byte {
            b'[' => self.open(false),
            b'{' => {
                let place = self.place();
                match place {
                    Place { record: true, leads: false } => self.unit(true),
                    Place { record: true, leads: true } => match self.whole()? {
                        Some(true) => self.unit(true),
                        _ if self.is_envelope() => self.open(true),
                        _ => self.unit(true),
                    },
                    Place { leads: true, .. } => self.open(true),
                    _ => match self.whole()? {
                        // A list under a key nobody knows may still hold records.
                        Some(record) => self.unit(record),
                        None => self.open(true),
                    },
                }
            }
            _ => self.scalar(),
        }
    }

    fn scalar(&mut self) -> io::Result<()> {
        let Some(length) = self.token()? else {
            return Ok(());
        };
        let is_value = |path: &&str| !path.ends_with('*') && self.stands_at(&steps(path));
        let wanted = R::HEADS.iter().copied().find(is_value);
        if let Some(path) = wanted {
            let bytes = &self.window.bytes()[self.framed..self.framed + length];
            if let Ok(value) = value_at(bytes, 0, 1)
                && value.kind != Kind::Null
            {
                let text = plain(value);
                self.remember(path, text);
            }
        }
        let level = self.stack.last_mut().expect("a plain value stands in something");
        level.key = None;
        level.after_value = true;
        level.after_comma = false;
        self.frame(length)
    }

    /// Looks at the object after the framing: `None` where it is broken or too long to be read
    /// at once, else whether it is a record by its content.
    fn whole(&mut self) -> io::Result<Option<bool>> {
        let limit = self.limits.record_bytes_max;
        let depth_max = self.limits.json_depth_max;
        self.window.fill(self.framed + limit + 1)?;
        let rest = &self.window.bytes()[self.framed..];
        Ok(match value_at(rest, 0, depth_max) {
            Ok(value) if value.bytes.len() <= limit => {
                Some(self.reader.is_record(value.bytes, depth_max))
            }
            _ => None,
        })
    }

    /// Hands over the object that starts after the framing as a record of its own.
    fn unit(&mut self, by_path: bool) -> io::Result<()> {
        let Some(length) = self.token()? else {
            return Ok(());
        };
        self.flush()?;
        if by_path && self.home_is_old {
            self.home = Some(self.stack.clone());
            self.home_is_old = false;
        }
        let section = self.stack.iter().rev().find_map(|level| level.key.as_deref());
        let section = section.unwrap_or_default();
        let raw = &self.window.bytes()[..length];
        let mut anomalies = std::mem::take(&mut self.odd);
        let object = Object::new(raw, self.limits.json_depth_max, &mut anomalies);
        let record = match by_path {
            true => {
                let (offset, length) = (self.emitter.offset(), length as u64);
                let found = Found { object, section, heads: &self.heads, offset, length };
                self.reader.read(found, &mut anomalies)
            }
            false => other(R::NETWORK, section, object),
        };
        self.emitter.record(raw, self.window.line(), record, anomalies)?;
        self.window.consume(length);
        if let Some(level) = self.stack.last_mut() {
            level.key = None;
            level.after_value = true;
            level.after_comma = false;
        }
        Ok(())
    }

    /// Length of the value after the framing, once it lies whole in the window. `None` where it
    /// is broken, too long or too deep: that was dealt with.
    fn token(&mut self) -> io::Result<Option<usize>> {
        let limit = self.limits.record_bytes_max;
        loop {
            let rest = &self.window.bytes()[self.framed..];
            let more_may_come = !self.window.ended() && rest.len() <= limit;
            let anomaly = match value_at(rest, 0, self.limits.json_depth_max) {
                // A number at the end of the window may go on.
                Ok(value) if value.bytes.len() == rest.len() && more_may_come => None,
                Ok(value) if value.bytes.len() <= limit => return Ok(Some(value.bytes.len())),
                Err(fault) if fault.what == scan::ENDS_EARLY && more_may_come => None,
                Err(fault) if fault.what == scan::TOO_DEEP && fault.at <= limit => {
                    Some(Anomaly::new("json.too_deep", fault.what))
                }
                Err(fault) if fault.what != scan::ENDS_EARLY && fault.at <= limit => {
                    Some(Anomaly::new("json.syntax", fault.what))
                }
                Err(_) if rest.len() <= limit => {
                    Some(Anomaly::new("json.truncated", "the file ends inside a value"))
                }
                _ => {
                    let note = "a value is longer than a record may be";
                    Some(Anomaly::new("json.too_long", note))
                }
            };
            match anomaly {
                None => self.window.more()?,
                Some(anomaly) => {
                    self.resynchronise(anomaly, 1)?;
                    return Ok(None);
                }
            };
        }
    }

    fn open(&mut self, object: bool) -> io::Result<()> {
        if self.stack.len() >= self.limits.json_depth_max {
            return self.resynchronise(Anomaly::new("json.too_deep", scan::TOO_DEEP), 1);
        }
        if let Some(level) = self.stack.last_mut() {
            level.after_comma = false;
        }
        self.stack.push(Level { object, key: None, after_value: false, after_comma: false });
        self.home_is_old = true;
        self.framed += 1;
        Ok(())
    }

    fn close(&mut self) {
        self.stack.pop();
        self.home_is_old = true;
        self.framed += 1;
        if let Some(level) = self.stack.last_mut() {
            level.key = None;
            level.after_value = true;
            level.after_comma = false;
        }
    }

    /// Counts the next `length` bytes, which are a token, as framing.
    fn frame(&mut self, length: usize) -> io::Result<()> {
        self.framed += length;
        if self.framed >= FRAMING_BYTES_MAX {
            self.flush()?;
        }
        Ok(())
    }

    /// Hands over the framing gathered so far.
    fn flush(&mut self) -> io::Result<()> {
        if self.framed == 0 {
            return Ok(());
        }
        let (offset, length) = (self.emitter.offset(), self.framed as u64);
        for path in self.pending.drain(..) {
            if let Some(head) = self.heads.0.get_mut(path) {
                head.origin = Origin::Leaf { offset, length };
            }
        }
        let anomalies = std::mem::take(&mut self.odd);
        let raw = &self.window.bytes()[..self.framed];
        self.emitter.framing_with(raw, self.window.line(), anomalies)?;
        self.window.consume(self.framed);
        self.framed = 0;
        Ok(())
    }

    /// Tells a small fault: the item that starts here carries it.
    fn odd_here(&mut self, note: &'static str) -> io::Result<()> {
        self.flush()?;
        self.odd.push(Anomaly::new("json.syntax", note));
        Ok(())
    }

    fn fault(&mut self, note: &'static str) -> io::Result<()> {
        self.resynchronise(Anomaly::new("json.syntax", note), 0)
    }
}

/// A string's text; anything else as it stands.
fn plain(value: Value<'_>) -> String {
    match value.string() {
        Some(inside) => decode(inside).text.into_owned(),
        None => String::from_utf8_lossy(value.bytes).into_owned(),
    }
}

/// An object that no path leads to: its values, raw.
fn other<'a>(network: &'static str, section: &'a str, object: Object<'a>) -> Record<'a> {
    let mut record = Record::new(RecordKind::Other, network);
    if !section.is_empty() {
        record.extra.push(("section".into(), section.into()));
    }
    object.leave(&mut record);
    record
}
