//! Where one piece of XML ends and the next begins: tags, texts, comments, declarations.
//!
//! A machine that goes forward only, one code unit at a time, and never looks back: a piece may
//! be far longer than the window that shows it. It knows nothing of entities, which are a matter
//! of values, and never leaves a tag open over a `<`, which no value may hold: a broken tag costs
//! the bytes up to the next one.

use crate::text::Encoding;

/// What a piece is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Characters up to the next `<` or the end.
    Text,
    /// `<name ...>`.
    Start,
    /// `<name .../>`.
    Empty,
    /// `</name>`.
    End,
    /// `<!-- -->`.
    Comment,
    /// `<![CDATA[ ]]>`.
    Characters,
    /// `<? ?>`.
    Instruction,
    /// `<!DOCTYPE >`.
    Doctype,
    /// A `<` that starts nothing, or a piece cut by another `<` or by the end.
    Broken,
}

/// The longest opening that tells kinds apart, in characters (`<![CDATA[`, `<!DOCTYPE`).
const OPENING_CHARACTERS: usize = 9;
const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_FACTOR: u64 = 0x0100_0000_01b3;

/// A name, as two numbers: as written, and without its prefix.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Name {
    pub whole: u64,
    pub local: u64,
}

impl Name {
    const EMPTY: Name = Name { whole: FNV_START, local: FNV_START };

    /// The numbers of `name`.
    pub fn of(name: &str) -> Name {
        name.bytes().fold(Name::EMPTY, |sum, byte| sum.with(byte, 0))
    }

    fn with(self, low: u8, high: u8) -> Name {
        let add = |sum: u64| {
            let sum = (sum ^ u64::from(low)).wrapping_mul(FNV_FACTOR);
            // High bytes are added only where there are some, so that the ASCII names asked for
            // are the same numbers in every encoding.
            if high == 0 { sum } else { (sum ^ u64::from(high)).wrapping_mul(FNV_FACTOR) }
        };
        let local = if low == b':' && high == 0 { FNV_START } else { add(self.local) };
        Name { whole: add(self.whole), local }
    }
}

#[derive(Clone, Copy)]
enum Mode {
    Between,
    Text,
    Comment { dashes: u8 },
    Characters { brackets: u8 },
    Instruction { question: bool },
    Doctype { quote: u8, brackets: u32, comment: u8 },
    Tag { end: bool, named: bool, quote: u8, slash: bool },
}

/// The machine.
pub(super) struct Lexer {
    width: usize,
    low: usize,
    mode: Mode,
    /// The name of the tag that is read or was read last.
    pub name: Name,
}

impl Lexer {
    /// At a place between pieces.
    pub fn new(encoding: Encoding) -> Lexer {
        let low = usize::from(encoding == Encoding::Utf16Be);
        Lexer { width: encoding.unit_bytes(), low, mode: Mode::Between, name: Name::EMPTY }
    }

    /// Forgets the piece that is read: the next byte stands between pieces.
    pub fn reset(&mut self) {
        self.mode = Mode::Between;
    }

    /// Reads on from `at`; returns how far it got and the piece that ended there, if one did.
    /// With `ended`, no more bytes follow.
    pub fn next(&mut self, bytes: &[u8], mut at: usize, ended: bool) -> (usize, Option<Kind>) {
        if let Mode::Between = self.mode {
            match self.open(&bytes[at..], ended) {
                Opening::More => return (at, None),
                Opening::Lone => {
                    return (at + self.width.min(bytes.len() - at), Some(Kind::Broken));
                }
                Opening::Piece(mode, length) => {
                    self.mode = mode;
                    at += length;
                }
            }
        }
        let (at, kind) = self.go(bytes, at);
        match kind {
            Some(kind) => {
                self.mode = Mode::Between;
                (at, Some(kind))
            }
            None if ended => {
                let text = matches!(self.mode, Mode::Text);
                self.mode = Mode::Between;
                (bytes.len(), Some(if text { Kind::Text } else { Kind::Broken }))
            }
            None => (at, None),
        }
    }

    /// The character at byte `at`: ASCII as it is, anything else as its low byte with 0x80.
    fn unit(&self, bytes: &[u8], at: usize) -> u8 {
        match self.width {
            1 => bytes[at],
            _ if bytes[at + 1 - self.low] == 0 => bytes[at + self.low],
            _ => 0x80,
        }
    }

    fn open(&mut self, bytes: &[u8], ended: bool) -> Opening {
        let count = (bytes.len() / self.width).min(OPENING_CHARACTERS);
        let mut head = [0; OPENING_CHARACTERS];
        for (index, unit) in head[..count].iter_mut().enumerate() {
            *unit = self.unit(bytes, index * self.width);
        }
        let head = &head[..count];
        let piece = |mode, length: usize| Opening::Piece(mode, length * self.width);
        match head {
            [] if ended && !bytes.is_empty() => Opening::Lone,
            [] => Opening::More,
            [b'<'] if !ended => Opening::More,
            [b'<', b'!', ..] if count < OPENING_CHARACTERS && !ended => Opening::More,
            [b'<', b'!', b'-', b'-', ..] => piece(Mode::Comment { dashes: 0 }, 4),
            b"<![CDATA[" => piece(Mode::Characters { brackets: 0 }, 9),
            b"<!DOCTYPE" => piece(Mode::Doctype { quote: 0, brackets: 0, comment: 0 }, 9),
            [b'<', b'?', ..] => piece(Mode::Instruction { question: false }, 2),
            [b'<', b'/', ..] => {
                self.name = Name::EMPTY;
                piece(Mode::Tag { end: true, named: false, quote: 0, slash: false }, 2)
            }
            [b'<', first, ..] if is_name_start(*first) => {
                self.name = Name::EMPTY;
                piece(Mode::Tag { end: false, named: false, quote: 0, slash: false }, 1)
            }
            [b'<', ..] => Opening::Lone,
            _ => piece(Mode::Text, 0),
        }
    }

    fn go(&mut self, bytes: &[u8], mut at: usize) -> (usize, Option<Kind>) {
        if let Mode::Text = self.mode {
            return match self.find(bytes, at, b'<', b'<') {
                Ok(at) => (at, Some(Kind::Text)),
                Err(at) => (at, None),
            };
        }
        while at + self.width <= bytes.len() {
            let unit = self.unit(bytes, at);
            let next = at + self.width;
            match &mut self.mode {
                Mode::Between | Mode::Text => unreachable!("handled before"),
                Mode::Comment { dashes } => match unit {
                    b'>' if *dashes >= 2 => return (next, Some(Kind::Comment)),
                    b'-' => *dashes = (*dashes + 1).min(2),
                    _ => *dashes = 0,
                },
                Mode::Characters { brackets } => match unit {
                    b'>' if *brackets >= 2 => return (next, Some(Kind::Characters)),
                    b']' => *brackets = (*brackets + 1).min(2),
                    _ => *brackets = 0,
                },
                Mode::Instruction { question } => match unit {
                    b'>' if *question => return (next, Some(Kind::Instruction)),
                    unit => *question = unit == b'?',
                },
                Mode::Doctype { quote, brackets, comment } => {
                    if doctype(unit, quote, brackets, comment) {
                        return (next, Some(Kind::Doctype));
                    }
                }
                Mode::Tag { quote: 0, .. } => {
                    if let Some(kind) = self.tag(bytes, at, unit) {
                        return (if kind == Kind::Broken { at } else { next }, Some(kind));
                    }
                }
                // Values are most of what is read.
                Mode::Tag { quote, .. } => {
                    let open = *quote;
                    match self.find(bytes, at, open, b'<') {
                        Ok(at) if self.unit(bytes, at) == b'<' => return (at, Some(Kind::Broken)),
                        Ok(end) => {
                            self.unquote();
                            at = end + self.width;
                        }
                        Err(end) => at = end,
                    }
                    continue;
                }
            }
            at = next;
        }
        (at, None)
    }

    /// One more character of a tag, outside its values; the kind of the tag where it ends it.
    fn tag(&mut self, bytes: &[u8], at: usize, unit: u8) -> Option<Kind> {
        let high = if self.width == 2 { bytes[at + 1 - self.low] } else { 0 };
        let low = bytes[at + self.low];
        let Mode::Tag { end, named, quote, slash } = &mut self.mode else { return None };
        match unit {
            b'<' => return Some(Kind::Broken),
            b'>' if *end => return Some(Kind::End),
            b'>' => return Some(if *slash { Kind::Empty } else { Kind::Start }),
            b'"' | b'\'' if !*end => *quote = unit,
            _ => {}
        }
        *slash = unit == b'/';
        *named |= unit.is_ascii_whitespace() || unit == b'/';
        if !*named {
            self.name = self.name.with(low, high);
        }
        None
    }

    fn unquote(&mut self) {
        if let Mode::Tag { quote, .. } = &mut self.mode {
            *quote = 0;
        }
    }

    /// The first of two characters from `at` on, else where whole characters end.
    fn find(&self, bytes: &[u8], at: usize, one: u8, two: u8) -> Result<usize, usize> {
        if self.width == 1 {
            return memchr::memchr2(one, two, &bytes[at..]).map(|n| at + n).ok_or(bytes.len());
        }
        let mut at = at;
        while at + self.width <= bytes.len() {
            let unit = self.unit(bytes, at);
            if unit == one || unit == two {
                return Ok(at);
            }
            at += self.width;
        }
        Err(at)
    }
}

enum Opening {
    More,
    /// A character that starts nothing.
    Lone,
    Piece(Mode, usize),
}

/// One more character of a document type; true where it ends it. Comments in it may hold quotes:
/// `comment` counts `<!--` up to 4 and from there dashes up to 6.
fn doctype(unit: u8, quote: &mut u8, brackets: &mut u32, comment: &mut u8) -> bool {
    if *comment >= 4 {
        *comment = match (unit, *comment) {
            (b'-', seen) => (seen + 1).min(6),
            (b'>', 6) => 0,
            _ => 4,
        };
        return false;
    }
    if *quote != 0 {
        if unit == *quote {
            *quote = 0;
        }
        return false;
    }
    *comment = match (unit, *comment) {
        (b'<', _) => 1,
        (b'!', 1) => 2,
        (b'-', seen @ 2..=3) => seen + 1,
        _ => 0,
    };
    match unit {
        b'"' | b'\'' => *quote = unit,
        b'[' => *brackets += 1,
        b']' => *brackets = brackets.saturating_sub(1),
        b'>' => return *brackets == 0,
        _ => {}
    }
    false
}

/// True for what a name may start with; any other character after `<` makes it a lone one.
fn is_name_start(unit: u8) -> bool {
    unit.is_ascii_alphabetic() || matches!(unit, b'_' | b':') || unit >= 0x80
}
