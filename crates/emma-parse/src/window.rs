//! A bounded window over a member's bytes, moving forward only.
//!
//! A parser looks at [`Window::bytes`], asks for more with [`Window::more`], hands what it
//! understood to the emitter and then calls [`Window::consume`]. Offset, line number and the
//! running SHA-256 follow by themselves. Memory is the largest span a parser ever asked for.

use emma_model::Digest;
use sha2::{Digest as _, Sha256};
use std::io::{self, BufRead, Read};

/// Bytes asked of the source at a time.
const READ_BYTES: usize = 256 << 10;

/// A forward-only window over a stream of bytes.
pub struct Window<'r> {
    source: Box<dyn Read + 'r>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    offset: u64,
    line: u64,
    newline: Newline,
    hasher: Option<Sha256>,
    ended: bool,
}

/// How the line counter recognises a line feed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Newline {
    /// The byte 0A.
    Byte,
    /// The bytes 0A 00 at an even offset.
    Utf16Le,
    /// The bytes 00 0A at an even offset.
    Utf16Be,
}

impl Newline {
    /// Index just after the first line feed in `bytes`, which start at `offset` of the member.
    pub fn after_feed(self, bytes: &[u8], offset: u64) -> Option<usize> {
        find_newline(bytes, offset, self)
    }
}

impl<'r> Window<'r> {
    /// A window at the first byte of `source`, hashing what it reads.
    pub fn new(source: impl Read + 'r) -> Window<'r> {
        Window::with_hash(source, true)
    }

    /// A window that leaves hashing out where the digest is already known.
    pub fn with_hash(source: impl Read + 'r, hash: bool) -> Window<'r> {
        Window {
            source: Box::new(source),
            buffer: Vec::new(),
            start: 0,
            end: 0,
            offset: 0,
            line: 0,
            newline: Newline::Byte,
            hasher: hash.then(Sha256::new),
            ended: false,
        }
    }

    /// The bytes read from the source and not yet consumed. Empty before the first
    /// [`Window::more`] or [`Window::fill`].
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Offset in the member of the first byte of [`Window::bytes`].
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Line on which the first byte of [`Window::bytes`] stands, counted from 0.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// True once the source has ended: [`Window::bytes`] is all that is left.
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// Chooses what counts as a line feed from here on.
    pub fn set_newline(&mut self, newline: Newline) {
        self.newline = newline;
    }

    /// Appends at least one byte from the source to [`Window::bytes`]; returns false at its end.
    ///
    /// The window grows without limit of its own: the caller stops asking at
    /// `record_bytes_max` (plus what one read brings).
    pub fn more(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        self.make_room();
        let before = self.end;
        let target = self.end + READ_BYTES;
        // Short reads are put together: a decoder of damaged bytes gives different amounts for
        // different pieces, and what is found must depend on the bytes alone.
        while self.end < target {
            match self.source.read(&mut self.buffer[self.end..target]) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(n) => self.end += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&self.buffer[before..self.end]);
        }
        Ok(self.end > before)
    }

    /// Reads on until [`Window::bytes`] holds at least `length` bytes or the source ends;
    /// says whether it does.
    pub fn fill(&mut self, length: usize) -> io::Result<bool> {
        while self.end - self.start < length {
            if !self.more()? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Gives up the first `length` bytes of [`Window::bytes`], counting their line feeds.
    pub fn consume(&mut self, length: usize) {
        let lines = count_newlines(&self.bytes()[..length], self.offset, self.newline);
        self.consume_lines(length, lines);
    }

    /// Like [`Window::consume`] where the caller knows how many line feeds the bytes hold.
    pub fn consume_lines(&mut self, length: usize, lines: u64) {
        assert!(length <= self.end - self.start, "only bytes in the window can be consumed");
        self.start += length;
        self.offset += length as u64;
        self.line += lines;
    }

    /// Length of the next line with its line feed, or what is left before the end of the source.
    ///
    /// Returns `None` at the end. `Some((length, false))` is a whole line; `true` says that no
    /// line feed was found within `length_max` bytes, so that the line goes on beyond them.
    pub fn next_line(&mut self, length_max: usize) -> io::Result<Option<(usize, bool)>> {
        let mut seen = 0;
        loop {
            let bytes = self.bytes();
            if let Some(at) = find_newline(&bytes[seen..], self.offset + seen as u64, self.newline)
            {
                let length = seen + at;
                // A line longer than the limit is cut there even if its end is in sight, so
                // that the cut does not depend on how much was read.
                return Ok(Some(match length > length_max {
                    true => (length_max, true),
                    false => (length, false),
                }));
            }
            if bytes.len() > length_max {
                return Ok(Some((length_max, true)));
            }
            // In UTF-16 a line feed may lie across the border: look at the last byte again.
            seen = bytes.len().saturating_sub(usize::from(self.newline != Newline::Byte));
            if !self.more()? {
                let length = self.end - self.start;
                return Ok((length > 0).then_some((length, false)));
            }
        }
    }

    /// The number of bytes the source gave and, where hashed, their SHA-256.
    ///
    /// Panics if bytes are left unconsumed: a parser that stops early has a bug.
    pub fn finish(self) -> (u64, Option<Digest>) {
        assert!(self.ended && self.start == self.end, "a member is read to its end");
        (self.offset, self.hasher.map(|hasher| Digest(hasher.finalize().into())))
    }

    fn make_room(&mut self) {
        if self.buffer.len() - self.end >= READ_BYTES {
            return;
        }
        if self.start > 0 && self.start >= self.end - self.start {
            // What was consumed is at least as large as what is moved: linear in total.
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.buffer.len() - self.end < READ_BYTES {
            let grown = (self.buffer.len() * 2).max(self.end + READ_BYTES);
            self.buffer.resize(grown, 0);
        }
    }
}

/// The rest of a window as a plain reader; what is read is consumed, lines are not counted.
pub struct WindowReader<'w, 'r>(pub &'w mut Window<'r>);

impl<'w, 'r> WindowReader<'w, 'r> {
    /// The window, at the first byte that was not read.
    pub fn into_window(self) -> &'w mut Window<'r> {
        self.0
    }
}

impl Read for WindowReader<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = out.len().min(self.fill_buf()?.len());
        out[..length].copy_from_slice(&self.0.bytes()[..length]);
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for WindowReader<'_, '_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.0.bytes().is_empty() {
            self.0.more()?;
        }
        Ok(self.0.bytes())
    }

    fn consume(&mut self, length: usize) {
        self.0.consume_lines(length, 0);
    }
}

/// Index just after the first line feed in `bytes`, which start at `offset`.
fn find_newline(bytes: &[u8], offset: u64, newline: Newline) -> Option<usize> {
    if newline == Newline::Byte {
        return memchr::memchr(b'\n', bytes).map(|at| at + 1);
    }
    memchr::memchr_iter(b'\n', bytes).find_map(|at| wide_newline_end(bytes, at, offset, newline))
}

/// The end of the UTF-16 line feed whose byte 0A stands at `at`, if it is one.
fn wide_newline_end(bytes: &[u8], at: usize, offset: u64, newline: Newline) -> Option<usize> {
    let even = (offset + at as u64).is_multiple_of(2);
    match newline {
        Newline::Utf16Le if even && bytes.get(at + 1) == Some(&0) => Some(at + 2),
        Newline::Utf16Be if !even && at > 0 && bytes[at - 1] == 0 => Some(at + 1),
        _ => None,
    }
}

fn count_newlines(bytes: &[u8], offset: u64, newline: Newline) -> u64 {
    let feeds = memchr::memchr_iter(b'\n', bytes);
    match newline {
        Newline::Byte => feeds.count() as u64,
        wide => {
            feeds.filter(|&at| wide_newline_end(bytes, at, offset, wide).is_some()).count() as u64
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, so that every border is met.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let n = self.0.len().min(1).min(out.len());
            out[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    fn lines(bytes: &[u8], newline: Newline, max: usize) -> Vec<(u64, usize, bool)> {
        let mut window = Window::new(Drip(bytes));
        window.set_newline(newline);
        let mut out = Vec::new();
        while let Some((length, cut)) = window.next_line(max).unwrap() {
            out.push((window.line(), length, cut));
            window.consume(length);
        }
        let (total, digest) = window.finish();
        assert_eq!((total, digest), (bytes.len() as u64, Some(Digest::of(bytes))));
        out
    }

    #[test]
    fn lines_are_numbered_from_zero_and_keep_their_feeds() {
        assert_eq!(
            lines(b"ab\n\ncd", Newline::Byte, 9),
            [(0, 3, false), (1, 1, false), (2, 2, false)]
        );
        assert_eq!(lines(b"", Newline::Byte, 9), []);
    }

    #[test]
    fn a_line_longer_than_the_limit_is_cut_there() {
        assert_eq!(
            lines(b"abcdefg\nh\n", Newline::Byte, 3),
            [(0, 3, true), (0, 3, true), (0, 2, false), (1, 2, false)]
        );
    }

    #[test]
    fn wide_feeds_count_at_even_offsets_only() {
        // U+0A0A is no line feed, and neither is 00 0A across two characters.
        let le = b"a\0\x0a\x0a\x0a\0b\0";
        assert_eq!(lines(le, Newline::Utf16Le, 99), [(0, 6, false), (1, 2, false)]);
        let be = b"\0a\x0a\0\0\x0a\0b";
        assert_eq!(lines(be, Newline::Utf16Be, 99), [(0, 6, false), (1, 2, false)]);
    }
}
