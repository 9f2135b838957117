//! Where a JSON value ends in a stream, however long it is, in constant memory.

use crate::emit::Emitter;
use crate::window::Window;
use emma_model::Anomaly;
use std::io;

/// Follows brackets and strings from the opening bracket of a value to its closing one.
///
/// It does not check more than that: whole values are checked by [`super::scan`].
#[derive(Clone, Default, Debug)]
pub struct Boundary {
    depth: u64,
    deepest: u64,
    in_string: bool,
    escaped: bool,
}

impl Boundary {
    /// A boundary before its value's opening bracket.
    pub fn new() -> Boundary {
        Boundary::default()
    }

    /// Deepest nesting seen, the value itself being 1.
    pub fn deepest(&self) -> u64 {
        self.deepest
    }

    /// Takes the next bytes; returns the index after the closing bracket once it is among them.
    pub fn feed(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while at < bytes.len() {
            if self.in_string {
                at = self.feed_string(bytes, at);
                continue;
            }
            match bytes[at] {
                b'"' => self.in_string = true,
                b'{' | b'[' => {
                    self.depth += 1;
                    self.deepest = self.deepest.max(self.depth);
                }
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Some(at + 1);
                    }
                }
                _ => {}
            }
            at += 1;
        }
        None
    }

    fn feed_string(&mut self, bytes: &[u8], at: usize) -> usize {
        if self.escaped {
            self.escaped = false;
            return at + 1;
        }
        match memchr::memchr2(b'"', b'\\', &bytes[at..]) {
            None => bytes.len(),
            Some(found) => {
                match bytes[at + found] {
                    b'"' => self.in_string = false,
                    _ => self.escaped = true,
                }
                at + found + 1
            }
        }
    }
}

/// How far a value reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extent {
    /// It lies whole in the window.
    Whole {
        /// Its length in bytes.
        length: usize,
        /// Its deepest nesting, itself being 1.
        deepest: u64,
    },
    /// It is longer than allowed; go on with [`skip_long`].
    TooLong,
    /// The source ends inside it: all that is left belongs to it.
    Cut,
}

/// Finds the end of the object or array at the start of the window, reading on as needed.
pub fn value_extent(window: &mut Window<'_>, length_max: usize) -> io::Result<Extent> {
    let mut boundary = Boundary::new();
    let mut fed = 0;
    loop {
        if let Some(end) = boundary.feed(&window.bytes()[fed..]) {
            let length = fed + end;
            return Ok(match length > length_max {
                true => Extent::TooLong,
                false => Extent::Whole { length, deepest: boundary.deepest() },
            });
        }
        fed = window.bytes().len();
        if fed > length_max {
            return Ok(Extent::TooLong);
        }
        if !window.more()? {
            return Ok(Extent::Cut);
        }
    }
}

/// Accounts for the whole value at the start of the window as anomaly chunks of
/// `chunk_bytes_max`, in bounded memory. Chunk borders do not depend on how reads fall.
pub fn skip_long(
    window: &mut Window<'_>,
    emitter: &mut Emitter<'_>,
    chunk_bytes_max: usize,
    anomaly: &Anomaly,
) -> io::Result<()> {
    let mut boundary = Boundary::new();
    loop {
        window.fill(chunk_bytes_max)?;
        let length = window.bytes().len().min(chunk_bytes_max);
        if length == 0 {
            return Ok(());
        }
        let end = boundary.feed(&window.bytes()[..length]);
        let take = end.unwrap_or(length);
        emitter.anomaly(&window.bytes()[..take], window.line(), anomaly.clone())?;
        window.consume(take);
        if end.is_some() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_found_whatever_the_cuts() {
        let text = br#"{"a\\\"}":[{"b":"]}"}, "\\"]} {"next":1}"#;
        let want = text.iter().position(|b| *b == b' ').unwrap();
        let want = want + text[want + 1..].iter().position(|b| *b == b' ').unwrap() + 1;
        for cut in 0..want {
            let mut boundary = Boundary::new();
            assert_eq!(boundary.feed(&text[..cut]), None);
            assert_eq!(boundary.feed(&text[cut..]), Some(want - cut), "cut at {cut}");
            assert_eq!(boundary.deepest(), 3);
        }
    }

    #[test]
    fn a_long_value_is_told_from_a_cut_one() {
        let extent =
            |text: &str, max| value_extent(&mut Window::new(text.as_bytes()), max).unwrap();
        assert_eq!(extent("[1,2,3]x", 7), Extent::Whole { length: 7, deepest: 1 });
        assert_eq!(extent("[1,2,3]x", 6), Extent::TooLong);
        assert_eq!(extent("[1,2,3", 99), Extent::Cut);
    }
}
