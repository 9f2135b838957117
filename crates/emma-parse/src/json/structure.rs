//! The structure of a JSON document of any length, in bounded memory: what its walkers share.
//!
//! 1. Brackets, commas, keys and blanks are framing, which is gathered and handed over in bounded
//!    pieces. Whatever was read there for records is told in which piece it stands ([`Around`]).
//! 2. Where a value starts, the walker decides ([`Step`]): it opens it, passes over it as more
//!    framing, or hands it over as an item.
//! 3. A small fault (a comma) is stepped over and told. A larger one stops the step ([`Stop`]),
//!    and the walker says where to go on ([`Structure::give_up`]).

use super::{scan, value_at};
use crate::emit::Emitter;
use crate::limits::Limits;
use crate::window::Window;
use emma_model::Anomaly;
use emma_model::record::Origin;
use std::io;

/// Framing is handed over once so much of it has gathered.
const FRAMING_BYTES_MAX: usize = 64 << 10;

/// What a walker reads in the framing around records, for them.
pub(crate) trait Around {
    /// A key as the walker keeps it.
    type Key: Clone;
    /// What the walker notes of an open bracket.
    type Role: Clone;
    /// The note where the document ends inside a value.
    const ENDS_INSIDE: &'static str;

    /// A key, from what stands between its quotes.
    fn key(inside: &[u8]) -> Self::Key;

    /// All that was read since the last call stands in this framing.
    fn framed(&mut self, leaf: &Origin);
}

/// An open bracket.
#[derive(Clone, Debug)]
pub(crate) struct Level<K, R> {
    /// It is an object's, not a list's.
    pub object: bool,
    /// What it is for.
    pub role: R,
    /// The key whose value comes next or is open, in an object.
    pub key: Option<K>,
    /// A value stands before: a comma or the closing bracket comes next.
    pub after_value: bool,
    /// A comma stands before.
    pub after_comma: bool,
}

impl<K, R> Level<K, R> {
    /// A bracket behind which nothing was read yet.
    pub fn new(object: bool, role: R) -> Level<K, R> {
        Level { object, role, key: None, after_value: false, after_comma: false }
    }
}

/// What was stepped over, or comes next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// This byte comes next, and no bracket is open.
    Top(u8),
    /// The innermost level has a new key.
    Key,
    /// A value comes next, which starts with this byte.
    Value(u8),
    /// A bracket was closed.
    Closed,
    /// The document ends.
    End,
}

/// Why a step was not taken.
pub(crate) enum Stop {
    /// The structure is broken at the byte that comes next. It may be looked at again, to go on
    /// with, from the byte `skip` after it.
    Broken { anomaly: Anomaly, skip: usize },
    /// The source or the sink failed.
    Failed(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        Stop::Failed(error)
    }
}

/// What became of a step.
pub(crate) type Stepped<T> = Result<T, Stop>;

/// The structure under way.
pub(crate) struct Structure<'a, 'w, 'r, 's, A: Around> {
    pub window: &'w mut Window<'r>,
    pub emitter: &'a mut Emitter<'s>,
    pub limits: &'a Limits,
    /// What records borrow.
    pub around: A,
    pub stack: Vec<Level<A::Key, A::Role>>,
    /// Bytes at the start of the window that are framing but not handed over yet.
    framed: usize,
    /// Oddities of the next item.
    pub odd: Vec<Anomaly>,
}

impl<'a, 'w, 'r, 's, A: Around> Structure<'a, 'w, 'r, 's, A> {
    /// Begins at the first byte, past a mark of the encoding.
    pub fn begin(
        window: &'w mut Window<'r>,
        emitter: &'a mut Emitter<'s>,
        limits: &'a Limits,
        around: A,
    ) -> io::Result<Structure<'a, 'w, 'r, 's, A>> {
        window.fill(3)?;
        let framed = if window.bytes().starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let (stack, odd) = (Vec::new(), Vec::new());
        Ok(Structure { window, emitter, limits, around, stack, framed, odd })
    }

    /// Hands over what is left at the end; returns what is odd about the document.
    pub fn finish(mut self) -> io::Result<Vec<Anomaly>> {
        self.flush()?;
        let mut anomalies = self.odd;
        if !self.stack.is_empty() {
            anomalies.push(Anomaly::new("json.truncated", A::ENDS_INSIDE));
        }
        Ok(anomalies)
    }

    /// The bytes after the framing, as far as they are read.
    pub fn rest(&self) -> &[u8] {
        &self.window.bytes()[self.framed..]
    }

    /// Reads on until `length` bytes after the framing are there, or all.
    pub fn fill(&mut self, length: usize) -> io::Result<()> {
        self.window.fill(self.framed + length).map(|_| ())
    }

    /// Steps over structure, up to the next value.
    pub fn step(&mut self) -> Stepped<Step> {
        loop {
            let Some(byte) = self.next()? else {
                return Ok(Step::End);
            };
            let Some(level) = self.stack.last_mut() else {
                return Ok(Step::Top(byte));
            };
            let closes = if level.object { b'}' } else { b']' };
            if byte == closes && level.key.is_none() {
                if level.after_comma {
                    self.odd_here("a comma stands before a closing bracket")?;
                }
                self.stack.pop();
                self.framed += 1;
                self.value_ends();
                return Ok(Step::Closed);
            }
            if byte == b',' && level.key.is_none() {
                let doubled = !level.after_value;
                level.after_value = false;
                level.after_comma = true;
                if doubled {
                    self.odd_here("a comma too many")?;
                }
                self.framed += 1;
                continue;
            }
            if level.after_value {
                let value = matches!(byte, b'"' | b'{' | b'[');
                if !value || (level.object && byte != b'"') {
                    return Err(fault("expected a comma or the closing bracket"));
                }
                level.after_value = false;
                self.odd_here("a comma is missing")?;
            }
            let level = self.stack.last().expect("a level is open");
            if level.object && level.key.is_none() {
                return self.key(byte).map(|()| Step::Key);
            }
            return Ok(Step::Value(byte));
        }
    }

    /// Skips blanks, which are framing, and says what follows.
    fn next(&mut self) -> io::Result<Option<u8>> {
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
                return Ok(Some(rest[blanks]));
            }
            self.framed += blanks.min(room);
            if self.framed < FRAMING_BYTES_MAX && !self.window.more()? {
                return Ok(None);
            }
        }
    }

    fn key(&mut self, byte: u8) -> Stepped<()> {
        if byte != b'"' {
            return Err(fault("expected a key in quotes"));
        }
        let length = self.token()?;
        let key = A::key(&self.rest()[1..length - 1]);
        self.frame(length)?;
        if self.next()? != Some(b':') {
            return Err(fault("expected a colon after a key"));
        }
        self.framed += 1;
        let level = self.stack.last_mut().expect("a level is open");
        level.key = Some(key);
        level.after_comma = false;
        Ok(())
    }

    /// Length of the value after the framing, once it lies whole in the window.
    pub fn token(&mut self) -> Stepped<usize> {
        let limit = self.limits.record_bytes_max;
        loop {
            let rest = &self.window.bytes()[self.framed..];
            let more_may_come = !self.window.ended() && rest.len() <= limit;
            let anomaly = match value_at(rest, 0, self.limits.json_depth_max) {
                // A number at the end of the window may go on.
                Ok(value) if value.bytes.len() == rest.len() && more_may_come => None,
                Ok(value) if value.bytes.len() <= limit => return Ok(value.bytes.len()),
                Err(fault) if fault.what == scan::ENDS_EARLY && more_may_come => None,
                Err(fault) if fault.what == scan::TOO_DEEP && fault.at <= limit => {
                    Some(Anomaly::new("json.too_deep", fault.what))
                }
                Err(fault) if fault.what != scan::ENDS_EARLY && fault.at <= limit => {
                    Some(Anomaly::new("json.syntax", fault.what))
                }
                Err(_) if rest.len() <= limit => {
                    Some(Anomaly::new("json.truncated", A::ENDS_INSIDE))
                }
                _ => {
                    let note = "a value is longer than a record may be";
                    Some(Anomaly::new("json.too_long", note))
                }
            };
            match anomaly {
                None => self.window.more()?,
                Some(anomaly) => return Err(Stop::Broken { anomaly, skip: 1 }),
            };
        }
    }

    /// Broken where no more brackets may be opened.
    pub fn may_open(&self) -> Stepped<()> {
        if self.stack.len() < self.limits.json_depth_max {
            return Ok(());
        }
        Err(Stop::Broken { anomaly: Anomaly::new("json.too_deep", scan::TOO_DEEP), skip: 1 })
    }

    /// Opens the bracket that comes next.
    pub fn open(&mut self, object: bool, role: A::Role) {
        if let Some(level) = self.stack.last_mut() {
            level.after_comma = false;
        }
        self.stack.push(Level::new(object, role));
        self.framed += 1;
    }

    /// Passes over a byte between documents.
    pub fn pass_byte(&mut self) {
        self.framed += 1;
    }

    /// Passes over the next value, `length` bytes long, as framing.
    pub fn pass(&mut self, length: usize) -> io::Result<()> {
        self.value_ends();
        self.frame(length)
    }

    /// Hands over the framing before the next value and returns the value's length: it is an
    /// item of its own. [`Structure::taken`] says when it was handed over.
    pub fn item(&mut self) -> Stepped<usize> {
        let length = self.token()?;
        self.flush()?;
        Ok(length)
    }

    /// The next `length` bytes were handed over as an item.
    pub fn taken(&mut self, length: usize) {
        self.window.consume(length);
        self.value_ends();
    }

    fn value_ends(&mut self) {
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
    pub fn flush(&mut self) -> io::Result<()> {
        if self.framed == 0 {
            return Ok(());
        }
        let (offset, length) = (self.emitter.offset(), self.framed as u64);
        self.around.framed(&Origin::Leaf { offset, length });
        let anomalies = std::mem::take(&mut self.odd);
        let raw = &self.window.bytes()[..self.framed];
        self.emitter.framing_with(raw, self.window.line(), anomalies)?;
        self.window.consume(self.framed);
        self.framed = 0;
        Ok(())
    }

    /// Tells a small fault: the item that starts here carries it.
    pub fn odd_here(&mut self, note: &'static str) -> io::Result<()> {
        self.flush()?;
        self.odd.push(Anomaly::new("json.syntax", note));
        Ok(())
    }

    /// Gives bytes up as an anomaly until `search` finds something to go on with, which starts
    /// the window then; returns what it found, or `None` at the end. It looks at the window from
    /// a byte up to another: at first from `skip` on, as what is broken is not looked at again.
    pub fn give_up<T>(
        &mut self,
        anomaly: &Anomaly,
        mut skip: usize,
        mut search: impl FnMut(&mut Window<'r>, usize, usize) -> io::Result<Option<(usize, T)>>,
    ) -> io::Result<Option<T>> {
        self.flush()?;
        let limit = self.limits.record_bytes_max;
        loop {
            self.window.fill(limit)?;
            let region = self.window.bytes().len().min(limit);
            if region == 0 {
                return Ok(None);
            }
            let found = search(self.window, skip.min(region), region)?;
            let end = found.as_ref().map_or(region, |(at, _)| *at);
            self.odd.push(anomaly.clone());
            if end > 0 {
                let odd = std::mem::take(&mut self.odd);
                let raw = &self.window.bytes()[..end];
                self.emitter.anomalies(raw, self.window.line(), odd)?;
                self.window.consume(end);
            }
            if let Some((_, found)) = found {
                return Ok(Some(found));
            }
            skip = 0;
        }
    }
}

fn fault(note: &'static str) -> Stop {
    Stop::Broken { anomaly: Anomaly::new("json.syntax", note), skip: 0 }
}
