//! Line-patterned logs.
//!
//! 1. A line where a header pattern fits (all its lines, one after another) starts a record.
//! 2. Lines after it belong to it by the continuation rule.
//! 3. A separator counts only where a header, a context line or the end of the file follows;
//!    anywhere else it is part of the text. Where a mapping has a separator, a line that looks
//!    like a header counts only after one (unless `separator_required = false`).
//! 4. Context lines are framing whose groups the records after them take over.

use super::cells::{Cells, SharedValue};
use super::compile_log::{Continuation, LogRule};
use super::log_patterns::Patterns;
use super::log_pending::Pending;
use super::reader::Reader;
use crate::emit::Emitter;
use crate::window::Window;
use emma_model::Anomaly;
use emma_model::record::Origin;
use regex::{Captures, Regex};
use std::borrow::Cow;
use std::io;
use std::ops::Range;

/// A record whose end has not been found yet. Spans count from the start of the window.
struct Open {
    header: usize,
    header_lines: Vec<Range<usize>>,
    body: Vec<Range<usize>>,
    line: u64,
}

/// What a line turned out to be.
enum Line {
    Header(usize, Vec<Range<usize>>),
    Context(usize),
    Framing,
    Other,
}

/// Reads a member to its end. `path` is what `{path:GROUP}` in patterns is taken from.
pub(super) fn read(
    reader: &mut Reader<'_>,
    rule: &LogRule,
    path: &str,
    window: &mut Window<'_>,
    emitter: &mut Emitter<'_>,
) -> io::Result<()> {
    let patterns = Patterns::new(reader, rule, path);
    let pending = Pending::new(reader.limits.record_bytes_max);
    let mut log =
        Log { reader, rule, patterns, window, emitter, pending, open: None, at: 0, text_until: 0 };
    while log.line()? {}
    log.close(log.at)?;
    let Log { mut pending, emitter, .. } = log;
    pending.finish(emitter)
}

struct Log<'l, 'm, 'r, 's> {
    reader: &'l mut Reader<'m>,
    rule: &'l LogRule,
    patterns: Patterns,
    window: &'l mut Window<'r>,
    emitter: &'l mut Emitter<'s>,
    pending: Pending,
    open: Option<Open>,
    /// Where the line in hand starts, from the start of the window; all before it is the open
    /// record.
    at: usize,
    /// Separators before this offset are known to be text: what follows them was looked at.
    text_until: u64,
}

impl Log<'_, '_, '_, '_> {
    /// Takes one line. False at the end.
    fn line(&mut self) -> io::Result<bool> {
        let Some(end) = self.line_end(self.at)? else {
            return Ok(false);
        };
        if end - self.at > self.reader.limits.record_bytes_max {
            self.long_line()?;
            return Ok(true);
        }
        if self.window.offset() + self.at as u64 >= self.text_until
            && self.is_separator(self.at..end)
            && let Some(next) = self.after_separator(end)?
        {
            let length = next - self.at;
            self.close(self.at)?;
            self.framing(length)?;
            return Ok(true);
        }
        // Where records need a separator, nothing else ends the open one.
        let free = self.open.is_none() || !self.rule.separator_required;
        let line = if free { self.classify(self.at..end)? } else { Line::Other };
        let length = end - self.at;
        match line {
            Line::Header(header, lines) => self.start(header, lines)?,
            Line::Context(number) => {
                self.close(self.at)?;
                self.context(number, length)?;
            }
            Line::Framing => {
                self.close(self.at)?;
                self.framing(length)?;
            }
            Line::Other => self.other(end)?,
        }
        Ok(true)
    }

    /// Index after the line that starts at `at`; `None` at the end of the file.
    ///
    /// A line longer than a record may be is cut one byte beyond that.
    fn line_end(&mut self, at: usize) -> io::Result<Option<usize>> {
        let length_max = self.reader.limits.record_bytes_max;
        let mut seen = at;
        loop {
            let bytes = self.window.bytes();
            let reach = bytes.len().min(at + length_max + 1);
            let newline = self.reader.encoding.newline();
            let offset = self.window.offset() + seen as u64;
            if let Some(length) = newline.after_feed(&bytes[seen.min(reach)..reach], offset) {
                return Ok(Some(seen + length));
            }
            if reach > at + length_max {
                return Ok(Some(reach));
            }
            // In UTF-16 a line feed may lie across the border: look at the last unit again.
            seen = reach.saturating_sub(self.reader.encoding.unit_bytes() - 1).max(at);
            if !self.window.more()? {
                return Ok((bytes_len(self.window) > at).then_some(bytes_len(self.window)));
            }
        }
    }

    /// The content of a line, decoded.
    fn text(&self, line: Range<usize>) -> Cow<'_, str> {
        let bytes = &self.window.bytes()[line];
        let end = self.reader.encoding.trim_line_end(bytes);
        self.reader.encoding.decode(&bytes[..end]).text
    }

    fn is_separator(&self, line: Range<usize>) -> bool {
        let Some(separator) = &self.patterns.separator else {
            return false;
        };
        separator.is_match(&self.text(line))
    }

    /// Where the next record or context line starts after a separator and blank lines, or the
    /// end of the file; `None` where something else follows, so that the separator is text.
    fn after_separator(&mut self, end: usize) -> io::Result<Option<usize>> {
        let mut at = end;
        loop {
            // Whatever makes this separator text makes those among the blank lines text.
            self.text_until = self.window.offset() + at as u64;
            // Blank lines alone must not fill the memory.
            if at - self.at > self.reader.limits.record_bytes_max {
                return Ok(None);
            }
            let Some(next) = self.line_end(at)? else {
                return Ok(Some(at));
            };
            if next - at > self.reader.limits.record_bytes_max {
                return Ok(None);
            }
            if !matches!(self.classify(at..next)?, Line::Other) {
                return Ok(Some(at));
            }
            if !self.text(at..next).trim().is_empty() {
                return Ok(None);
            }
            at = next;
        }
    }

    fn classify(&mut self, line: Range<usize>) -> io::Result<Line> {
        let text = self.text(line.clone());
        let mut candidates = Vec::new();
        for (number, (lines, _)) in self.patterns.headers.iter().enumerate() {
            if lines[0].is_match(&text) {
                if lines.len() == 1 && candidates.is_empty() {
                    return Ok(Line::Header(number, vec![line]));
                }
                candidates.push(number);
            }
        }
        let context = self.patterns.context.iter().position(|pattern| pattern.is_match(&text));
        let framing = self.patterns.framing.iter().any(|pattern| pattern.is_match(&text));
        drop(text);
        for number in candidates {
            if let Some(lines) = self.further_lines(number, line.clone())? {
                return Ok(Line::Header(number, lines));
            }
        }
        Ok(match (context, framing) {
            (Some(number), _) => Line::Context(number),
            (None, true) => Line::Framing,
            (None, false) => Line::Other,
        })
    }

    /// The lines of a header whose first line fits, if the others do too.
    fn further_lines(
        &mut self,
        header: usize,
        first: Range<usize>,
    ) -> io::Result<Option<Vec<Range<usize>>>> {
        let mut at = first.end;
        let mut lines = vec![first];
        while lines.len() < self.patterns.headers[header].0.len() {
            let Some(end) = self.line_end(at)? else {
                return Ok(None);
            };
            let pattern = &self.patterns.headers[header].0[lines.len()];
            if end - at > self.reader.limits.record_bytes_max
                || !pattern.is_match(&self.text(at..end))
            {
                return Ok(None);
            }
            lines.push(at..end);
            at = end;
        }
        Ok(Some(lines))
    }

    fn start(&mut self, header: usize, lines: Vec<Range<usize>>) -> io::Result<()> {
        let moved = self.at;
        self.close(moved)?;
        // Closing made the header's first line the start of the window.
        let lines: Vec<Range<usize>> =
            lines.into_iter().map(|line| line.start - moved..line.end - moved).collect();
        self.at = lines.last().map_or(0, |line| line.end);
        let line = self.window.line();
        self.open = Some(Open { header, header_lines: lines, body: Vec::new(), line });
        Ok(())
    }

    /// A line that starts nothing: more of the open record, blank, or not understood.
    fn other(&mut self, end: usize) -> io::Result<()> {
        let line = self.at..end;
        let blank = self.text(line.clone()).trim().is_empty();
        let belongs = self.open.is_some()
            && match &self.rule.continuation {
                Continuation::Any => true,
                Continuation::None => false,
                Continuation::Pattern(_) => {
                    let pattern = self.patterns.continuation.as_ref();
                    pattern.is_some_and(|pattern| pattern.is_match(&self.text(line.clone())))
                }
            };
        if belongs && end <= self.reader.limits.record_bytes_max {
            if let Some(open) = &mut self.open {
                open.body.push(line);
            }
            self.at = end;
            return Ok(());
        }
        let was_open = self.open.is_some();
        let length = end - self.at;
        self.close(self.at)?;
        if blank {
            return self.framing(length);
        }
        let anomaly = match (belongs, was_open) {
            (true, _) => Anomaly::new("record.too_long", "the record goes on beyond its limit"),
            (false, true) => Anomaly::new("log.line_unknown", "no pattern fits the line"),
            (false, false) => Anomaly::new(
                "log.line_unknown",
                "no [[log.header]] pattern fits, and no record is open",
            ),
        };
        self.anomaly(length, anomaly)
    }

    /// A line longer than a record may be, to its end.
    fn long_line(&mut self) -> io::Result<()> {
        self.close(self.at)?;
        let length_max = self.reader.limits.record_bytes_max;
        while let Some((length, cut)) = self.window.next_line(length_max)? {
            let note = "the line is longer than a record may be";
            self.anomaly(length, Anomaly::new("line.too_long", note))?;
            if !cut {
                break;
            }
        }
        Ok(())
    }

    /// The first `length` bytes of the window are framing. Nothing is open.
    fn framing(&mut self, length: usize) -> io::Result<()> {
        let line = self.window.line();
        self.pending.framing(&self.window.bytes()[..length], line, self.emitter)?;
        self.consume(length);
        Ok(())
    }

    fn anomaly(&mut self, length: usize, anomaly: Anomaly) -> io::Result<()> {
        let line = self.window.line();
        self.pending.anomaly(&self.window.bytes()[..length], line, anomaly, self.emitter)?;
        self.consume(length);
        Ok(())
    }

    fn consume(&mut self, length: usize) {
        self.window.consume(length);
        self.at = 0;
    }

    fn context(&mut self, number: usize, length: usize) -> io::Result<()> {
        let text = self.text(0..length).into_owned();
        let origin =
            Origin::Leaf { offset: self.pending.offset(self.emitter), length: length as u64 };
        let pattern = &self.patterns.context[number];
        if let Some(captures) = pattern.captures(&text) {
            for (name, found) in named(pattern, &captures) {
                let cells = &self.reader.mapping.cells;
                if let Some(cell) = cells.iter().position(|spec| spec.column() == Some(name)) {
                    self.reader.shared.values[cell] =
                        Some(SharedValue { text: found.to_owned(), origin: origin.clone() });
                }
            }
        }
        self.reader.carried.new_day();
        self.framing(length)
    }

    /// Ends the open record: it is the first `end` bytes of the window.
    fn close(&mut self, end: usize) -> io::Result<()> {
        let Some(open) = self.open.take() else {
            debug_assert!(end == 0, "bytes before the line in hand belong to a record");
            return Ok(());
        };
        let raw = &self.window.bytes()[..end];
        let encoding = self.reader.encoding;
        let (headers, kind) = &self.patterns.headers[open.header];
        let mut replaced = false;
        let mut decode = |line: &Range<usize>| {
            let bytes = &raw[line.clone()];
            let text = encoding.decode(&bytes[..encoding.trim_line_end(bytes)]);
            replaced |= text.replaced;
            text.text
        };
        let lines: Vec<Cow<'_, str>> = open.header_lines.iter().map(&mut decode).collect();
        let body: Vec<Cow<'_, str>> = open.body.iter().map(&mut decode).collect();
        let body = body_text(body, self.patterns.continuation.as_ref(), self.rule.trim_blank);
        let mut cells = Cells::new(&self.reader.mapping.cells);
        let mut extra = Vec::new();
        for (pattern, text) in headers.iter().zip(&lines) {
            let Some(captures) = pattern.captures(text) else {
                continue;
            };
            for (name, found) in named(pattern, &captures) {
                let mut specs = self.reader.mapping.cells.iter();
                match specs.position(|spec| spec.column() == Some(name)) {
                    Some(cell) => cells.set(cell as u16, Cow::Borrowed(found)),
                    None => extra.push((Cow::Owned(name.to_owned()), Cow::Borrowed(found))),
                }
            }
        }
        self.rule.add_body(body, &mut cells, &mut extra);
        let mut anomalies = Vec::new();
        if replaced {
            let note = "bytes that do not decode were replaced";
            anomalies.push(Anomaly::new("text.replaced", note));
        }
        let Reader { mapping, shared, carried, seen, .. } = &mut *self.reader;
        seen.note(&cells);
        shared.fill(&mut cells);
        let record = mapping.record(&mut cells, shared, carried, *kind, extra, &mut anomalies);
        let timed = mapping.time.is_some();
        self.pending.record(raw, open.line, record, anomalies, timed, self.emitter)?;
        self.consume(end);
        Ok(())
    }
}

impl LogRule {
    /// Puts the body where the mapping wants it.
    fn add_body<'a>(
        &self,
        body: String,
        cells: &mut Cells<'a>,
        extra: &mut Vec<(Cow<'a, str>, Cow<'a, str>)>,
    ) {
        if body.is_empty() {
            return;
        }
        match (self.body, self.text) {
            (Some(cell), _) => cells.set(cell, Cow::Owned(body)),
            (None, Some(cell)) => {
                let head = cells.take(cell, &mut false).unwrap_or_default();
                let joined = if head.is_empty() { body } else { format!("{head}\n{body}") };
                cells.set(cell, Cow::Owned(joined));
            }
            (None, None) => extra.push((Cow::Borrowed("body"), Cow::Owned(body))),
        }
    }
}

/// The lines of a body joined by line feeds, without what the continuation pattern leaves out.
fn body_text(lines: Vec<Cow<'_, str>>, pattern: Option<&Regex>, trim: bool) -> String {
    let mut kept: Vec<&str> = lines
        .iter()
        .map(|line| {
            let found = pattern.and_then(|pattern| pattern.captures(line)?.name("text"));
            found.map_or(&**line, |found| &line[found.range()])
        })
        .collect();
    if trim {
        while kept.last().is_some_and(|line| line.trim().is_empty()) {
            kept.pop();
        }
        let blank = kept.iter().take_while(|line| line.trim().is_empty()).count();
        kept.drain(..blank);
    }
    kept.join("\n")
}

fn named<'t>(pattern: &'t Regex, captures: &Captures<'t>) -> Vec<(&'t str, &'t str)> {
    let names = pattern.capture_names().flatten();
    names.filter_map(|name| captures.name(name).map(|found| (name, found.as_str()))).collect()
}

fn bytes_len(window: &Window<'_>) -> usize {
    window.bytes().len()
}
