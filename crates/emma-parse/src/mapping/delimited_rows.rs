//! Where the rows of a table end in the original bytes, quoted line feeds aside.

use super::delimited::Dialect;
use crate::text::Encoding;
use crate::window::Window;
use std::io;

/// Finds where rows end in the original bytes.
pub(crate) struct Rows {
    pub encoding: Encoding,
    pub dialect: Dialect,
    /// The line in hand began before and was too long.
    pub inside_long: bool,
}

/// A row's length with its line feed, and how it ended.
pub(crate) struct RowSpan {
    pub length: usize,
    pub end: RowEnd,
}

pub(crate) enum RowEnd {
    Whole,
    /// Its first line alone is longer than a record may be: a piece of it.
    TooLong,
    /// A quote does not close within the limit: its first line alone.
    OpenQuote,
}

impl Rows {
    /// The row at the start of the window; `None` at the end.
    pub fn next(
        &mut self,
        window: &mut Window<'_>,
        length_max: usize,
    ) -> io::Result<Option<RowSpan>> {
        if self.inside_long {
            let Some((length, cut)) = window.next_line(length_max)? else {
                return Ok(None);
            };
            self.inside_long = cut;
            return Ok(Some(RowSpan { length, end: RowEnd::TooLong }));
        }
        let mut scan = Scan::default();
        loop {
            let reach = window.bytes().len().min(length_max);
            if let Some(length) = scan.feed(&window.bytes()[..reach], self) {
                return Ok(Some(RowSpan { length, end: RowEnd::Whole }));
            }
            if reach == length_max || !window.more()? {
                break;
            }
        }
        let left = window.bytes().len();
        if left == 0 {
            return Ok(None);
        }
        if left < length_max && !scan.in_quotes {
            return Ok(Some(RowSpan { length: left, end: RowEnd::Whole }));
        }
        let Some((length, cut)) = window.next_line(length_max)? else {
            return Ok(None);
        };
        self.inside_long = cut;
        let end = match (cut, scan.in_quotes) {
            (false, true) => RowEnd::OpenQuote,
            (false, false) if window.ended() && length == left => RowEnd::Whole,
            _ => RowEnd::TooLong,
        };
        Ok(Some(RowSpan { length, end }))
    }
}

/// Where the search for a row's end stands.
struct Scan {
    at: usize,
    in_quotes: bool,
    field_start: bool,
    escaped: bool,
}

impl Default for Scan {
    fn default() -> Scan {
        Scan { at: 0, in_quotes: false, field_start: true, escaped: false }
    }
}

impl Scan {
    /// Goes on over `bytes`, which start at the row; its length once it ends among them.
    fn feed(&mut self, bytes: &[u8], rows: &Rows) -> Option<usize> {
        let unit = rows.encoding.unit_bytes();
        let low = usize::from(rows.encoding == Encoding::Utf16Be);
        let mark = |c: char| u8::try_from(c).unwrap_or(0);
        let separator = mark(rows.dialect.separator);
        let quote = rows.dialect.quote.map(mark);
        while self.at + unit <= bytes.len() {
            let byte = match unit {
                1 => bytes[self.at],
                // Characters beyond Latin-1 are no marks.
                _ if bytes[self.at + 1 - low] != 0 => 0xFF,
                _ => bytes[self.at + low],
            };
            self.at += unit;
            if self.in_quotes {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' if rows.dialect.backslash => self.escaped = true,
                    // A doubled quote closes and opens again.
                    byte if Some(byte) == quote => self.in_quotes = false,
                    _ => {}
                }
                self.field_start = !self.in_quotes && !rows.dialect.backslash;
                continue;
            }
            match byte {
                b'\n' => return Some(self.at),
                byte if byte == separator => self.field_start = true,
                byte if self.field_start && Some(byte) == quote => self.in_quotes = true,
                _ => self.field_start = false,
            }
        }
        None
    }
}
