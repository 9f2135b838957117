//! Decimal digits of the scripts that phones write dates in, and marks that show nothing.

/// The zero of each script; nine more follow it.
const ZEROS: [char; 12] = [
    '0', '\u{660}', '\u{6f0}', '\u{966}', '\u{9e6}', '\u{a66}', '\u{ae6}', '\u{be6}', '\u{c66}',
    '\u{d66}', '\u{e50}', '\u{1040}',
];

/// The value of a decimal digit.
pub(super) fn value(c: char) -> Option<u32> {
    let code = u32::from(c);
    ZEROS.iter().map(|zero| u32::from(*zero)).find_map(|zero| {
        let value = code.checked_sub(zero)?;
        (value < 10).then_some(value)
    })
}

/// Marks of writing direction and the byte order mark.
pub(super) fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{feff}' | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}')
}

/// Steps through the characters of a line, passing over marks.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'t> {
    pub rest: &'t str,
}

impl<'t> Cursor<'t> {
    /// The next character that is no mark.
    pub fn peek(&self) -> Option<char> {
        self.rest.chars().find(|c| !is_mark(*c))
    }

    /// Takes the next character that is no mark.
    pub fn next(&mut self) -> Option<char> {
        self.skip_marks();
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    /// Takes the next character where `fits`.
    pub fn eat(&mut self, fits: impl Fn(char) -> bool) -> Option<char> {
        self.peek().filter(|c| fits(*c)).and_then(|_| self.next())
    }

    /// Takes spaces of any kind and marks; says whether there was a space.
    pub fn spaces(&mut self) -> bool {
        let mut any = false;
        while self.eat(char::is_whitespace).is_some() {
            any = true;
        }
        any
    }

    /// Passes over marks.
    pub fn skip_marks(&mut self) {
        self.rest = self.rest.trim_start_matches(is_mark);
    }

    /// Takes a number of at most `digits_max` digits: its value and how many it has.
    pub fn number(&mut self, digits_max: usize) -> Option<(u32, usize)> {
        let (mut number, mut digits) = (0, 0);
        while digits < digits_max {
            let Some(digit) = self.peek().and_then(value) else { break };
            self.next();
            number = number * 10 + digit;
            digits += 1;
        }
        let more = self.peek().and_then(value).is_some();
        (digits > 0 && !more).then_some((number, digits))
    }
}
