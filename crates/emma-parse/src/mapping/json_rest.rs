//! What a JSON document holds beside its records, and records that are broken.

use super::json_document::Walker;
use crate::json::{Extent, skip_long, value_extent};
use emma_model::Anomaly;
use std::io;

/// Bytes that cannot stand where they are make anomalies of at most this length.
const GARBAGE_BYTES_MAX: usize = 4 << 10;

impl Walker<'_, '_, '_, '_> {
    /// Bytes that cannot stand here, up to the next that may start something.
    pub(super) fn garbage(&mut self) -> io::Result<()> {
        self.flush()?;
        // A fixed reach, so that the cut does not depend on how much was read at a time.
        self.window.fill(GARBAGE_BYTES_MAX)?;
        let bytes = self.window.bytes();
        let bytes = &bytes[..bytes.len().min(GARBAGE_BYTES_MAX)];
        let stop = |byte: &u8| matches!(byte, b'{' | b'}' | b'[' | b']' | b',' | b'"' | b'\n');
        let length = bytes[1..].iter().position(stop).map_or(bytes.len(), |at| at + 1);
        let note = "these characters cannot stand here";
        let anomaly = Anomaly::new("json.syntax", note);
        self.emitter.anomaly(&bytes[..length], self.window.line(), anomaly)?;
        self.window.consume(length);
        Ok(())
    }

    /// A value that is not read: empty ones are structure, others are counted as an anomaly.
    pub(super) fn not_read(&mut self, opens: bool) -> io::Result<()> {
        let length_max = self.reader.limits.record_bytes_max;
        self.flush()?;
        if !opens {
            if self.window.bytes()[0] == b'"' {
                let note = "the text is longer than a record may be or has no end";
                return self.skip_string(&Anomaly::new("json.too_long", note));
            }
            return self.garbage();
        }
        let note = "outside the path to the records (`[json] records`)";
        let anomaly = Anomaly::new("mapping.not_read", note);
        match value_extent(self.window, length_max)? {
            Extent::Whole { length, .. } => {
                let bytes = &self.window.bytes()[..length];
                let inner = &bytes[1..length - 1];
                if inner.iter().all(u8::is_ascii_whitespace) {
                    self.at = length;
                    return Ok(());
                }
                self.emitter.anomaly(bytes, self.window.line(), anomaly)?;
                self.window.consume(length);
                Ok(())
            }
            _ => skip_long(self.window, self.emitter, length_max, &anomaly),
        }
    }

    /// Accounts for a string of any length, to its closing quote or the end.
    pub(super) fn skip_string(&mut self, anomaly: &Anomaly) -> io::Result<()> {
        let chunk_max = self.reader.limits.record_bytes_max;
        let mut from = 1;
        let mut escaped = false;
        loop {
            self.window.fill(chunk_max)?;
            let chunk = &self.window.bytes()[..self.window.bytes().len().min(chunk_max)];
            if chunk.is_empty() {
                return Ok(());
            }
            let mut end = None;
            for (at, byte) in chunk.iter().enumerate().skip(from) {
                match byte {
                    _ if escaped => escaped = false,
                    b'\\' => escaped = true,
                    b'"' => {
                        end = Some(at + 1);
                        break;
                    }
                    _ => {}
                }
            }
            let length = end.unwrap_or(chunk.len());
            self.emitter.anomaly(&chunk[..length], self.window.line(), anomaly.clone())?;
            self.window.consume(length);
            from = 0;
            if end.is_some() {
                return Ok(());
            }
        }
    }

    /// Something else than an object where a record should stand.
    pub(super) fn not_a_record(&mut self) -> io::Result<()> {
        if matches!(self.window.bytes()[self.at], b'{' | b'[') {
            return self.not_read(true);
        }
        self.flush()?;
        let length = match self.extent()? {
            Ok(value) => value.bytes.len(),
            Err(_) => return self.not_read(false),
        };
        let note = "a record should stand here, this is no object";
        let anomaly = Anomaly::new("json.not_an_object", note);
        self.emitter.anomaly(&self.window.bytes()[..length], self.window.line(), anomaly)?;
        self.window.consume(length);
        Ok(())
    }

    /// Gives up a broken record: up to the next line that starts like a record or ends the list,
    /// else up to its closing bracket (`whole`), else to the end.
    pub(super) fn recover(
        &mut self,
        fault_at: usize,
        whole: Option<usize>,
        indent: usize,
        anomaly: &Anomaly,
    ) -> io::Result<()> {
        let chunk_max = self.reader.limits.record_bytes_max;
        // Everything before `from` belongs to the broken record.
        let mut from = fault_at;
        loop {
            let bytes = self.window.bytes();
            let reach = bytes.len().min(chunk_max);
            let feed = memchr::memchr(b'\n', &bytes[from.min(reach)..reach]);
            let end = match (feed.map(|at| from + at + 1), whole) {
                (Some(end), Some(length)) if end >= length => return self.give_up(length, anomaly),
                (None, Some(length)) => return self.give_up(length, anomaly),
                (Some(end), _) => end,
                (None, None) if bytes.len() >= chunk_max => {
                    self.give_up(chunk_max, anomaly)?;
                    from = 0;
                    continue;
                }
                (None, None) => {
                    if !self.window.more()? {
                        return self.give_up(self.window.bytes().len(), anomaly);
                    }
                    continue;
                }
            };
            // The next line must be in sight, at least its first characters.
            self.window.fill(end + indent + SIGHT_BYTES)?;
            if let Some(prefix) = resumes(&self.window.bytes()[end..], indent) {
                (self.indent, self.begun) = (indent, true);
                return self.give_up(end + prefix, anomaly);
            }
            from = end;
        }
    }

    pub(super) fn give_up(&mut self, length: usize, anomaly: &Anomaly) -> io::Result<()> {
        if length > 0 {
            let bytes = &self.window.bytes()[..length];
            self.emitter.anomaly(bytes, self.window.line(), anomaly.clone())?;
            self.window.consume(length);
        }
        Ok(())
    }
}

/// The place in a line where reading can go on: an opening brace as far in as the broken record's,
/// or a closing bracket further out. `None` for any other line.
fn resumes(line: &[u8], indent: usize) -> Option<usize> {
    let blanks = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let rest = &line[blanks..];
    match rest.first()? {
        b'{' if blanks == indent => Some(blanks),
        b']' if blanks < indent => Some(blanks),
        // "}, {" ends one record and starts the next on one line.
        b'}' if blanks == indent => {
            let inner = rest[1..].iter().take_while(|b| matches!(b, b' ' | b',')).count();
            (rest.get(1 + inner) == Some(&b'{')).then_some(blanks + 1 + inner)
        }
        _ => None,
    }
}

/// How much of a line is looked at to tell whether reading can go on there.
const SIGHT_BYTES: usize = 16;
