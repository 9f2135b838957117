//! Reads one element that is wanted, whole; or loses it without losing what follows.

use super::entity::Odd;
use super::lex::{Kind, Name};
use super::reader::{Open, Place, Reader, Take, open};
use super::skim::Stack;
use super::tree::{parse, parse_tag};
use super::walk::{Got, Pending, TOO_DEEP, TOO_LONG, TRUNCATED, UNCLOSED, Walk};
use crate::text;
use emma_model::Anomaly;
use std::io;

impl<R: Reader> Walk<'_, '_, '_, R> {
    /// Reads an element that is wanted; its start tag stands at the start of the window.
    pub(super) fn whole(&mut self, take: Take, name: Name, empty: bool) -> io::Result<()> {
        let mut stack = Stack::of(name, empty, self.depth_max);
        while !stack.is_empty() {
            let kind = match self.piece()? {
                Got::End => return self.lose_held(TRUNCATED),
                Got::Long(kind) => return self.lose(take, stack, name, kind),
                Got::Piece(kind) => kind,
            };
            let starts = matches!(kind, Kind::Start | Kind::Empty);
            if take == Take::Part && starts && stack.depth() == 1 && self.ends_part() {
                return self.part(name);
            }
            if self.breaks(kind, &stack) {
                self.back();
                return self.lose_held(UNCLOSED);
            }
            if self.at > self.bytes_max {
                return self.lose(take, stack, name, Some(kind));
            }
            stack.take(kind, self.lexer.name);
            if stack.is_too_deep() {
                return self.rest(stack, TOO_DEEP);
            }
        }
        self.start = self.at;
        match take {
            Take::Head => {
                self.told(self.at);
                self.emit(Pending::Framing, self.at)
            }
            _ => self.record(self.at, false),
        }
    }

    /// Unreads the piece that was read.
    fn back(&mut self) {
        self.at = self.start;
        self.lexer.reset();
    }

    /// True where the piece cannot be inside the element that is read.
    fn breaks(&self, kind: Kind, stack: &Stack) -> bool {
        let name = self.lexer.name;
        match kind {
            Kind::Start | Kind::Empty => self.alone.contains(&name.local),
            Kind::End => {
                !stack.holds(name) && self.path.iter().any(|open| open.name.whole == name.whole)
            }
            _ => false,
        }
    }

    fn ends_part(&self) -> bool {
        let decoded = self.encoding.decode(&self.window.bytes()[self.start..self.at]);
        self.reader.ends_part(&parse_tag(&decoded.text, &mut Odd::default()))
    }

    /// The first part of an element is a record; what follows in it is walked.
    fn part(&mut self, name: Name) -> io::Result<()> {
        self.back();
        let open = self.opened(name);
        self.record(self.start, false)?;
        self.push_part(open)
    }

    fn push_part(&mut self, open: Open) -> io::Result<()> {
        if self.path.len() >= self.depth_max {
            return self.rest(Stack::of(open.name, false, self.depth_max), TOO_DEEP);
        }
        self.path.push(open);
        Ok(())
    }

    /// A wanted element turns out to be longer than a record may be. What was read of it before
    /// the piece that is too much is a record all the same; the rest of its bytes are lost, up
    /// to its end or to what ends its first part. `kind` is the piece being read, where known.
    fn lose(
        &mut self,
        take: Take,
        mut stack: Stack,
        name: Name,
        kind: Option<Kind>,
    ) -> io::Result<()> {
        let opened = (take == Take::Part).then(|| self.opened(name));
        match take {
            Take::Head => self.emit(TOO_LONG, self.start)?,
            _ => self.record(self.start, true)?,
        }
        if self.at > self.bytes_max {
            let kind = self.swallow(kind, TOO_LONG)?;
            stack.take(kind, self.lexer.name);
        } else if let Some(kind) = kind {
            stack.take(kind, self.lexer.name);
        }
        match (self.lost(stack, TOO_LONG, take == Take::Part)?, opened) {
            (true, Some(open)) => self.push_part(open),
            _ => Ok(()),
        }
    }

    /// The element whose first part is the bytes before the piece that is read.
    fn opened(&self, name: Name) -> Open {
        let place = Place { offset: self.window.offset(), length: self.start as u64 };
        let decoded = self.encoding.decode(&self.window.bytes()[..self.start]);
        open(name, &parse_tag(&decoded.text, &mut Odd::default()), place)
    }

    /// Reads the rest of an element of which bytes are lost.
    pub(super) fn rest(&mut self, stack: Stack, lost: Pending) -> io::Result<()> {
        self.lost(stack, lost, false).map(|_| ())
    }

    /// Hands over an element as anomalies up to its end, or (with `part`) to the element that
    /// ends its first part; says whether it was that.
    fn lost(&mut self, mut stack: Stack, lost: Pending, part: bool) -> io::Result<bool> {
        loop {
            while self.at >= self.bytes_max {
                self.emit(lost, self.bytes_max)?;
            }
            if stack.is_empty() {
                self.lose_held(lost)?;
                return Ok(false);
            }
            let kind = match self.piece()? {
                Got::End => {
                    self.lose_held(lost)?;
                    return Ok(false);
                }
                Got::Long(ended) => {
                    self.emit(lost, self.start)?;
                    self.swallow(ended, lost)?
                }
                Got::Piece(kind) => {
                    let starts = matches!(kind, Kind::Start | Kind::Empty);
                    let ends = part && starts && stack.depth() == 1 && self.ends_part();
                    if ends || self.breaks(kind, &stack) {
                        self.back();
                        self.lose_held(lost)?;
                        return Ok(ends);
                    }
                    kind
                }
            };
            stack.take(kind, self.lexer.name);
        }
    }

    /// Shows a head to the reader.
    fn told(&mut self, length: usize) {
        let place = Place { offset: self.window.offset(), length: length as u64 };
        let decoded = self.encoding.decode(&self.window.bytes()[..length]);
        let element = parse(&decoded.text, &mut Odd::default());
        self.reader.head(&self.path, &element, place);
    }

    /// The first `length` bytes of the window are a record, or (`cut`) its start.
    fn record(&mut self, length: usize, cut: bool) -> io::Result<()> {
        let place = Place { offset: self.window.offset(), length: length as u64 };
        let bytes = &self.window.bytes()[..length];
        let decoded = self.encoding.decode(bytes);
        let mut anomalies = Vec::new();
        let mut odd = Odd::default();
        let element = parse(&decoded.text, &mut odd);
        odd.report(&mut anomalies);
        if cut {
            let note = "longer than a record may be; it is read as far as it fits";
            anomalies.push(Anomaly::new("xml.cut", note));
        }
        if decoded.replaced {
            let note = "bytes that are no characters of the encoding were replaced";
            anomalies.push(Anomaly::field("text.not_utf8", "text", note));
        }
        let record = self.reader.record(&self.path, element, place, &mut anomalies);
        if let Some(text) = &record.text {
            text::report_controls(text, "text", &mut anomalies);
        }
        self.emitter.record(bytes, self.window.line(), record, anomalies)?;
        self.consume(length);
        Ok(())
    }
}
