//! Steps over one JSON value and tells its type, in constant memory and without recursion.
//!
//! Structure is checked strictly (brackets, commas, colons, literals, numbers, depth); strings are
//! only delimited, and raw control characters in them are let through, as real exports hold them.

/// Deepest nesting that can be walked: one bit a level.
pub const DEPTH_MAX: usize = 128;

/// Where and why bytes are not JSON.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Index of the byte that cannot stand there; the length of the input where it ends early.
    pub at: usize,
    /// What was expected or is wrong, in words.
    pub what: &'static str,
}

impl Fault {
    pub(super) fn new(at: usize, what: &'static str) -> Fault {
        Fault { at, what }
    }
}

/// The note of a [`Fault`] that says the input ended inside a value.
pub const ENDS_EARLY: &str = "the value ends early";
/// The note of a [`Fault`] that says values nest too deep.
pub const TOO_DEEP: &str = "values nest too deep";

/// The type of a value, known by its first byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A string, quotes included in its span.
    String,
    /// A number.
    Number,
    /// An object.
    Object,
    /// An array.
    Array,
    /// `true` or `false`.
    Bool,
    /// `null`.
    Null,
}

/// A value and where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Value<'a> {
    /// Its type.
    pub kind: Kind,
    /// Its bytes, brackets or quotes included.
    pub bytes: &'a [u8],
    /// Index of its first byte in the bytes that were walked.
    pub at: usize,
}

impl<'a> Value<'a> {
    /// The bytes between the quotes of a string; `None` for other types.
    pub fn string(&self) -> Option<&'a [u8]> {
        (self.kind == Kind::String).then(|| &self.bytes[1..self.bytes.len() - 1])
    }

    /// A number as an integer, where it is one and fits.
    pub fn integer(&self) -> Option<i64> {
        (self.kind == Kind::Number).then(|| std::str::from_utf8(self.bytes).ok()?.parse().ok())?
    }
}

/// The value that starts at `at` (no blank before it).
#[inline]
pub fn value_at(bytes: &[u8], at: usize, depth_max: usize) -> Result<Value<'_>, Fault> {
    let (kind, end) = match bytes.get(at) {
        Some(b'"') => (Kind::String, skip_string(bytes, at)?),
        Some(b'{') => (Kind::Object, skip_nested(bytes, at, depth_max)?),
        Some(b'[') => (Kind::Array, skip_nested(bytes, at, depth_max)?),
        Some(_) => skip_scalar(bytes, at)?,
        None => {
            return Err(Fault::new(at, ENDS_EARLY));
        }
    };
    Ok(Value { kind, bytes: &bytes[at..end], at })
}

/// Index after the value that starts at `at`.
pub fn skip_value(bytes: &[u8], at: usize, depth_max: usize) -> Result<usize, Fault> {
    value_at(bytes, at, depth_max).map(|value| at + value.bytes.len())
}

/// Index of the first byte from `at` on that is not JSON white space.
#[inline]
pub fn skip_white(bytes: &[u8], at: usize) -> usize {
    let mut at = at;
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
        at += 1;
    }
    at
}

/// Index after the string whose opening quote stands at `at`.
#[inline]
pub(super) fn skip_string(bytes: &[u8], at: usize) -> Result<usize, Fault> {
    let mut at = at + 1;
    // Keys and short values end within a few words; memchr pays only beyond them.
    for _ in 0..3 {
        let Some(word) = bytes.get(at..at + 8) else {
            break;
        };
        let word = u64::from_le_bytes(word.try_into().expect("eight bytes"));
        let found = zero_bytes(word ^ QUOTES) | zero_bytes(word ^ BACKSLASHES);
        if found == 0 {
            at += 8;
            continue;
        }
        at += found.trailing_zeros() as usize / 8;
        if bytes[at] == b'"' {
            return Ok(at + 1);
        }
        break;
    }
    loop {
        match bytes.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
            None => {
                return Err(Fault::new(bytes.len(), ENDS_EARLY));
            }
            Some(found) if bytes[at + found] == b'"' => return Ok(at + found + 1),
            Some(found) => at += found + 2,
        }
    }
}

const QUOTES: u64 = u64::from_le_bytes([b'"'; 8]);
const BACKSLASHES: u64 = u64::from_le_bytes([b'\\'; 8]);

/// The high bit of the lowest zero byte of `word` (higher ones may be wrong), 0 if there is none.
#[inline]
fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(0x0101_0101_0101_0101) & !word & 0x8080_8080_8080_8080
}

fn skip_scalar(bytes: &[u8], at: usize) -> Result<(Kind, usize), Fault> {
    for (literal, kind) in
        [(&b"true"[..], Kind::Bool), (b"false", Kind::Bool), (b"null", Kind::Null)]
    {
        if bytes[at] == literal[0] {
            if bytes[at..].starts_with(literal) {
                return Ok((kind, at + literal.len()));
            }
            let ended = literal.starts_with(&bytes[at..]);
            let what = if ended { ENDS_EARLY } else { "expected true, false or null" };
            return Err(Fault { at: if ended { bytes.len() } else { at }, what });
        }
    }
    Ok((Kind::Number, skip_number(bytes, at)?))
}

fn skip_number(bytes: &[u8], at: usize) -> Result<usize, Fault> {
    let start = at;
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let fault = |at: usize| {
        let what = match at {
            _ if at >= bytes.len() => ENDS_EARLY,
            _ if at == start => "expected a value",
            _ => "expected a digit",
        };
        Err(Fault::new(at, what))
    };
    let mut at = at + usize::from(bytes[at] == b'-');
    let mut end = digits(at);
    if end == at {
        return fault(at);
    }
    if bytes.get(end) == Some(&b'.') {
        at = end + 1;
        end = digits(at);
        if end == at {
            return fault(at);
        }
    }
    if let Some(b'e' | b'E') = bytes.get(end) {
        at = end + 1;
        at += usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
        end = digits(at);
        if end == at {
            return fault(at);
        }
    }
    Ok(end)
}

/// Index after the object or array at `at`, its inside checked.
fn skip_nested(bytes: &[u8], at: usize, depth_max: usize) -> Result<usize, Fault> {
    let depth_max = depth_max.min(DEPTH_MAX);
    // Bit n says whether level n is an object; no recursion, whatever the input.
    let mut objects: u128 = 0;
    let mut depth = 0usize;
    let mut at = at;
    loop {
        // At the start of a value.
        match bytes.get(at) {
            Some(open @ (b'{' | b'[')) => {
                if depth == depth_max {
                    return Err(Fault::new(at, TOO_DEEP));
                }
                objects = objects << 1 | u128::from(*open == b'{');
                depth += 1;
                let inside = skip_white(bytes, at + 1);
                let close = if *open == b'{' { b'}' } else { b']' };
                if bytes.get(inside) == Some(&close) {
                    at = inside;
                } else {
                    at = if *open == b'{' { skip_key(bytes, inside)? } else { inside };
                    continue;
                }
            }
            Some(b'"') => at = skip_string(bytes, at)?,
            Some(_) => at = skip_scalar(bytes, at)?.1,
            None => {
                return Err(Fault::new(at, ENDS_EARLY));
            }
        }
        // After a value: closing brackets, then a comma and the next value.
        loop {
            at = skip_white(bytes, at);
            let object = objects & 1 == 1;
            match bytes.get(at) {
                Some(b',') => {
                    at = skip_white(bytes, at + 1);
                    if object {
                        at = skip_key(bytes, at)?;
                    }
                    break;
                }
                Some(byte) if *byte == if object { b'}' } else { b']' } => {
                    at += 1;
                    depth -= 1;
                    objects >>= 1;
                    if depth == 0 {
                        return Ok(at);
                    }
                }
                Some(_) => {
                    return Err(Fault::new(at, "expected a comma or the closing bracket"));
                }
                None => {
                    return Err(Fault::new(at, ENDS_EARLY));
                }
            }
        }
    }
}

/// From a key's opening quote to the start of its value.
fn skip_key(bytes: &[u8], at: usize) -> Result<usize, Fault> {
    match bytes.get(at) {
        Some(b'"') => {}
        Some(_) => {
            return Err(Fault::new(at, "expected a key in quotes"));
        }
        None => {
            return Err(Fault::new(at, ENDS_EARLY));
        }
    }
    let colon = skip_white(bytes, skip_string(bytes, at)?);
    match bytes.get(colon) {
        Some(b':') => Ok(skip_white(bytes, colon + 1)),
        Some(_) => Err(Fault::new(colon, "expected a colon after a key")),
        None => Err(Fault::new(colon, ENDS_EARLY)),
    }
}
