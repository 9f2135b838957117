//! Goes through a document and hands over its items, in order and to the last byte.

use super::entity::Odd;
use super::lex::{Kind, Lexer, Name};
use super::reader::{Open, Place, Reader, Take, open};
use super::skim::Stack;
use super::tree::parse_tag;
use super::written;
use crate::emit::Emitter;
use crate::limits::Limits;
use crate::text::{self, Encoding};
use crate::window::Window;
use emma_model::Anomaly;
use std::io;

/// Framing comes in pieces of at most this many bytes.
const FRAMING_BYTES_MAX: usize = 64 << 10;
/// Bytes of a tag that is longer than a record from which its name and attributes are told.
const TAG_BYTES_MAX: usize = 4 << 10;

/// Reads a document.
pub(crate) fn read<R: Reader>(
    reader: &mut R,
    window: &mut Window<'_>,
    emitter: &mut Emitter<'_>,
    limits: &Limits,
) -> io::Result<Vec<Anomaly>> {
    window.fill(text::HEAD_BYTES)?;
    let head = &window.bytes()[..window.bytes().len().min(text::HEAD_BYTES)];
    let whole = window.ended() && head.len() == window.bytes().len();
    let written = written(head, whole);
    window.set_newline(written.encoding.newline());
    let mark = written.mark_bytes;
    let mut walk = Walk {
        lexer: Lexer::new(written.encoding),
        encoding: written.encoding,
        bytes_max: limits.record_bytes_max,
        depth_max: limits.json_depth_max,
        alone: R::ALONE.iter().map(|name| Name::of(name).local).collect(),
        path: Vec::new(),
        start: mark,
        at: mark,
        pending: (mark > 0).then_some(Pending::Framing),
        window,
        emitter,
        reader,
    };
    walk.document()?;
    let mut anomalies = Vec::new();
    if !walk.path.is_empty() {
        anomalies.push(Anomaly::new("xml.truncated", "the document ends inside an element"));
    }
    if written.contradicted {
        let note = "the document says that it is UTF-16 and is not; it was read as UTF-8";
        anomalies.push(Anomaly::new("xml.encoding", note));
    }
    Ok(anomalies)
}

/// What the bytes before the piece that is read are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pending {
    Framing,
    Odd(&'static str, &'static str),
}

const SYNTAX: Pending = Pending::Odd("xml.syntax", "this is no markup and no text");
const STRAY: Pending = Pending::Odd("xml.text_stray", "text where only elements should be");
const NESTING: Pending = Pending::Odd("xml.nesting", "an end tag that closes nothing");

/// What the machine came to.
pub(super) enum Got {
    Piece(Kind),
    /// A piece longer than a record may be; whether it ended may be seen already.
    Long(Option<Kind>),
    End,
}

/// A document under way.
pub(super) struct Walk<'x, 'w, 's, R> {
    pub(super) lexer: Lexer,
    pub(super) encoding: Encoding,
    pub(super) bytes_max: usize,
    pub(super) depth_max: usize,
    pub(super) alone: Vec<u64>,
    pub(super) path: Vec<Open>,
    /// Where in the window the piece that is read starts, and how far it is read.
    pub(super) start: usize,
    pub(super) at: usize,
    pending: Option<Pending>,
    pub(super) window: &'x mut Window<'w>,
    pub(super) emitter: &'x mut Emitter<'s>,
    pub(super) reader: &'x mut R,
}

impl<R: Reader> Walk<'_, '_, '_, R> {
    fn document(&mut self) -> io::Result<()> {
        loop {
            match self.piece()? {
                Got::End => return self.flush(),
                Got::Piece(kind) => self.one(kind)?,
                Got::Long(ended) => self.long(ended)?,
            }
        }
    }

    /// Reads the next piece: from `start` to `at` in the window.
    pub(super) fn piece(&mut self) -> io::Result<Got> {
        self.start = self.at;
        loop {
            let ended = self.window.ended();
            let bytes = self.window.bytes();
            if ended && self.start == bytes.len() {
                return Ok(Got::End);
            }
            let (at, kind) = self.lexer.next(bytes, self.at, ended);
            self.at = at;
            match kind {
                _ if at - self.start > self.bytes_max => return Ok(Got::Long(kind)),
                Some(kind) => return Ok(Got::Piece(kind)),
                None => {
                    self.window.more()?;
                }
            }
        }
    }

    fn one(&mut self, kind: Kind) -> io::Result<()> {
        let bytes = &self.window.bytes()[self.start..self.at];
        let pending = match kind {
            Kind::Text if is_white(bytes) => Pending::Framing,
            Kind::Text | Kind::Characters => STRAY,
            Kind::Comment | Kind::Instruction => Pending::Framing,
            Kind::Broken => SYNTAX,
            Kind::Doctype if !bytes.contains(&b'[') => Pending::Framing,
            Kind::Doctype => {
                self.flush()?;
                let (length, line) = (self.at, self.window.line());
                let note = "a document type declares something; nothing of it is expanded";
                let anomalies = vec![Anomaly::new("xml.doctype", note)];
                self.emitter.framing_with(&self.window.bytes()[..length], line, anomalies)?;
                self.consume(length);
                return Ok(());
            }
            Kind::End => return self.close(),
            Kind::Start | Kind::Empty => return self.element(kind == Kind::Empty),
        };
        self.pend(pending)
    }

    /// The piece belongs to the bytes before it if they are of the same sort.
    fn pend(&mut self, sort: Pending) -> io::Result<()> {
        if self.pending.is_some_and(|before| before != sort) {
            self.flush()?;
        }
        self.pending = Some(sort);
        let max = FRAMING_BYTES_MAX.min(self.bytes_max);
        while self.at >= max {
            self.emit(sort, max)?;
        }
        Ok(())
    }

    /// Hands over the bytes before the piece that is read.
    fn flush(&mut self) -> io::Result<()> {
        match self.pending.take() {
            Some(sort) => self.emit(sort, self.start),
            None => Ok(()),
        }
    }

    pub(super) fn emit(&mut self, sort: Pending, length: usize) -> io::Result<()> {
        let (bytes, line) = (&self.window.bytes()[..length], self.window.line());
        match sort {
            Pending::Framing => self.emitter.framing(bytes, line)?,
            _ if length == 0 => {}
            Pending::Odd(kind, note) => {
                self.emitter.anomaly(bytes, line, Anomaly::new(kind, note))?;
            }
        }
        self.consume(length);
        Ok(())
    }

    pub(super) fn consume(&mut self, length: usize) {
        self.window.consume(length);
        self.start = self.start.saturating_sub(length);
        self.at -= length;
    }

    fn close(&mut self) -> io::Result<()> {
        let name = self.lexer.name.whole;
        let Some(found) = self.path.iter().rposition(|open| open.name.whole == name) else {
            return self.pend(NESTING);
        };
        let skipped = found + 1 < self.path.len();
        self.leave_to(found);
        if !skipped {
            return self.pend(Pending::Framing);
        }
        self.flush()?;
        let note = "an element ends though those inside it have not";
        let anomalies = vec![Anomaly::new("xml.unclosed", note)];
        let (length, line) = (self.at, self.window.line());
        self.emitter.framing_with(&self.window.bytes()[..length], line, anomalies)?;
        self.consume(length);
        Ok(())
    }

    fn leave_to(&mut self, depth: usize) {
        while self.path.len() > depth {
            self.reader.leave(&self.path);
            self.path.pop();
        }
    }

    /// A start tag: asks what the element is and reads it as that.
    fn element(&mut self, empty: bool) -> io::Result<()> {
        let name = self.lexer.name;
        let bytes = &self.window.bytes()[self.start..self.at];
        let decoded = self.encoding.decode(bytes);
        let tag = parse_tag(&decoded.text, &mut Odd::default());
        let take = self.reader.take(&self.path, &tag);
        if take != Take::Walk {
            drop(decoded);
            self.flush()?;
            return self.whole(take, name, empty);
        }
        let offset = self.window.offset() + self.start as u64;
        let place = Place { offset, length: bytes.len() as u64 };
        let open = open(name, &tag, place);
        drop(decoded);
        if self.path.len() >= self.depth_max {
            self.flush()?;
            return self.rest(Stack::of(name, empty, self.depth_max), TOO_DEEP);
        }
        self.path.push(open);
        if empty {
            self.reader.leave(&self.path);
            self.path.pop();
        }
        self.pend(Pending::Framing)
    }

    /// A piece longer than a record may be.
    fn long(&mut self, ended: Option<Kind>) -> io::Result<()> {
        self.flush()?;
        let head = &self.window.bytes()[..TAG_BYTES_MAX.min(self.bytes_max)];
        let decoded = self.encoding.decode(head);
        let text = &decoded.text;
        let tag = text.starts_with('<') && !text.starts_with("</");
        let tag = tag.then(|| parse_tag(text, &mut Odd::default()));
        let place = Place { offset: self.window.offset(), length: self.bytes_max as u64 };
        let take = tag.as_ref().map(|tag| self.reader.take(&self.path, tag));
        let opened = tag.map(|tag| open(Name::of(""), &tag, place));
        drop(decoded);
        let kind = self.swallow(ended, TOO_LONG)?;
        let name = self.lexer.name;
        match (kind, take, opened) {
            (Kind::Start, Some(Take::Walk), Some(mut open)) if self.path.len() < self.depth_max => {
                open.name = name;
                self.path.push(open);
                self.lose_held(TOO_LONG)
            }
            (Kind::Start, ..) => self.rest(Stack::of(name, false, self.depth_max), TOO_LONG),
            (Kind::End, ..) => {
                self.lose_held(TOO_LONG)?;
                if let Some(found) = self.path.iter().rposition(|o| o.name.whole == name.whole) {
                    self.leave_to(found);
                }
                Ok(())
            }
            _ => self.lose_held(TOO_LONG),
        }
    }

    /// Reads a piece that is too long to its end; whole chunks of it are handed over.
    pub(super) fn swallow(&mut self, mut ended: Option<Kind>, lost: Pending) -> io::Result<Kind> {
        loop {
            while self.at >= self.bytes_max {
                self.emit(lost, self.bytes_max)?;
            }
            if let Some(kind) = ended {
                return Ok(kind);
            }
            self.window.more()?;
            let (bytes, end) = (self.window.bytes(), self.window.ended());
            (self.at, ended) = self.lexer.next(bytes, self.at, end);
        }
    }

    /// Hands over what is read so far as lost.
    pub(super) fn lose_held(&mut self, lost: Pending) -> io::Result<()> {
        self.emit(lost, self.at)
    }
}

pub(super) const TOO_LONG: Pending = Pending::Odd("xml.too_long", "longer than a record may be");
pub(super) const TOO_DEEP: Pending = Pending::Odd("xml.too_deep", "elements nested too deep");
pub(super) const TRUNCATED: Pending =
    Pending::Odd("xml.truncated", "the document ends in the element");
pub(super) const UNCLOSED: Pending = Pending::Odd("xml.unclosed", "the element has no end");

/// White space in any width. The NULs of wide characters count as such.
fn is_white(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0)
}
