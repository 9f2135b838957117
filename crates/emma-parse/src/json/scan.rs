//! Walks one JSON value that lies whole in memory, by spans.
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

/// A member of an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Member<'a> {
    /// The bytes between the quotes of its key, escapes as found.
    pub key: &'a [u8],
    /// Index of the first of those bytes in the bytes that were walked.
    pub key_at: usize,
    /// Its value.
    pub value: Value<'a>,
}

/// The members of an object, in order. After a fault it ends.
#[derive(Debug)]
pub struct Members<'a> {
    bytes: &'a [u8],
    position: usize,
    state: State,
    depth_max: usize,
}

/// The elements of an array, in order. After a fault it ends.
#[derive(Debug)]
pub struct Elements<'a> {
    bytes: &'a [u8],
    position: usize,
    state: State,
    depth_max: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    First,
    Next,
    Ended,
}

impl<'a> Members<'a> {
    /// Walks the object that starts at the first byte of `bytes`, which must be `{`.
    /// Values may nest `depth_max` deep below it, at most [`DEPTH_MAX`].
    pub fn new(bytes: &'a [u8], depth_max: usize) -> Members<'a> {
        Members { bytes, position: 0, state: State::First, depth_max }
    }

    /// Index after the closing bracket, once the iterator has ended without a fault.
    pub fn end(&self) -> usize {
        self.position
    }

    fn step(&mut self) -> Result<Option<Member<'a>>, Fault> {
        let Some(at) = enter(self.bytes, &mut self.position, self.state, b'{', b'}')? else {
            return Ok(None);
        };
        if self.bytes[at] != b'"' {
            return Err(Fault { at, what: "expected a key in quotes" });
        }
        let key_end = skip_string(self.bytes, at)?;
        let colon = skip_white(self.bytes, key_end);
        match self.bytes.get(colon) {
            Some(b':') => {}
            Some(_) => return Err(Fault { at: colon, what: "expected a colon after a key" }),
            None => return Err(Fault { at: colon, what: ENDS_EARLY }),
        }
        let value_at = skip_white(self.bytes, colon + 1);
        let value = self::value_at(self.bytes, value_at, self.depth_max)?;
        self.position = value_at + value.bytes.len();
        Ok(Some(Member { key: &self.bytes[at + 1..key_end - 1], key_at: at + 1, value }))
    }
}

impl<'a> Elements<'a> {
    /// Walks the array that starts at the first byte of `bytes`, which must be `[`.
    pub fn new(bytes: &'a [u8], depth_max: usize) -> Elements<'a> {
        Elements { bytes, position: 0, state: State::First, depth_max }
    }

    /// Index after the closing bracket, once the iterator has ended without a fault.
    pub fn end(&self) -> usize {
        self.position
    }

    fn step(&mut self) -> Result<Option<Value<'a>>, Fault> {
        let Some(at) = enter(self.bytes, &mut self.position, self.state, b'[', b']')? else {
            return Ok(None);
        };
        let value = value_at(self.bytes, at, self.depth_max)?;
        self.position = at + value.bytes.len();
        Ok(Some(value))
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = Result<Member<'a>, Fault>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.state == State::Ended {
            return None;
        }
        let step = self.step();
        self.state = if matches!(step, Ok(Some(_))) { State::Next } else { State::Ended };
        step.transpose()
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<Value<'a>, Fault>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.state == State::Ended {
            return None;
        }
        let step = self.step();
        self.state = if matches!(step, Ok(Some(_))) { State::Next } else { State::Ended };
        step.transpose()
    }
}

/// Moves to the next entry of a container: past its opening bracket or a comma. `None` past its end.
#[inline]
fn enter(
    bytes: &[u8],
    position: &mut usize,
    state: State,
    open: u8,
    close: u8,
) -> Result<Option<usize>, Fault> {
    let first = state == State::First;
    let mut at = *position;
    if first {
        if bytes.first() != Some(&open) {
            return Err(Fault { at: 0, what: "expected an opening bracket" });
        }
        at = 1;
    }
    at = skip_white(bytes, at);
    match bytes.get(at) {
        None => Err(Fault { at, what: ENDS_EARLY }),
        Some(byte) if *byte == close => {
            *position = at + 1;
            Ok(None)
        }
        Some(_) if first => Ok(Some(at)),
        Some(b',') => {
            let at = skip_white(bytes, at + 1);
            match bytes.get(at) {
                Some(_) => Ok(Some(at)),
                None => Err(Fault { at, what: ENDS_EARLY }),
            }
        }
        Some(_) => Err(Fault { at, what: "expected a comma or the closing bracket" }),
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
        None => return Err(Fault { at, what: ENDS_EARLY }),
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
fn skip_string(bytes: &[u8], at: usize) -> Result<usize, Fault> {
    let mut at = at + 1;
    // Keys and short values end within a few words; memchr pays only beyond them.
    for _ in 0..3 {
        let Some(word) = bytes.get(at..at + 8) else { break };
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
            None => return Err(Fault { at: bytes.len(), what: ENDS_EARLY }),
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
        Err(Fault { at, what })
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
                    return Err(Fault { at, what: TOO_DEEP });
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
            None => return Err(Fault { at, what: ENDS_EARLY }),
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
                    return Err(Fault { at, what: "expected a comma or the closing bracket" });
                }
                None => return Err(Fault { at, what: ENDS_EARLY }),
            }
        }
    }
}

/// From a key's opening quote to the start of its value.
fn skip_key(bytes: &[u8], at: usize) -> Result<usize, Fault> {
    match bytes.get(at) {
        Some(b'"') => {}
        Some(_) => return Err(Fault { at, what: "expected a key in quotes" }),
        None => return Err(Fault { at, what: ENDS_EARLY }),
    }
    let colon = skip_white(bytes, skip_string(bytes, at)?);
    match bytes.get(colon) {
        Some(b':') => Ok(skip_white(bytes, colon + 1)),
        Some(_) => Err(Fault { at: colon, what: "expected a colon after a key" }),
        None => Err(Fault { at: colon, what: ENDS_EARLY }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn walk(text: &str) -> Result<Vec<(String, String)>, Fault> {
        Members::new(text.as_bytes(), 128)
            .map(|member| {
                let member = member?;
                let show = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                Ok((show(member.key), show(member.value.bytes)))
            })
            .collect()
    }

    #[test]
    fn members_come_in_order_with_their_bytes() {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(
            walk(r#"{ "a" : 1.5e3 ,"b\"":"x\\", "a":[{"c":[]},null] ,"long key of many bytes":{}}"#),
            Ok(vec![
                pair("a", "1.5e3"),
                pair("b\\\"", r#""x\\""#),
                pair("a", r#"[{"c":[]},null]"#),
                pair("long key of many bytes", "{}"),
            ])
        );
        assert_eq!(walk("{}"), Ok(vec![]));
    }

    #[test]
    fn faults_say_where_and_what() {
        let fault = |text| walk(text).unwrap_err();
        assert_eq!(fault(r#"{"a":1 "b":2}"#).at, 7);
        assert_eq!(fault(r#"{"a" 1}"#).what, "expected a colon after a key");
        assert_eq!(fault(r#"{"a":[1,]}"#).what, "expected a value");
        assert_eq!(fault(r#"{"a":[1}"#).what, "expected a comma or the closing bracket");
        assert_eq!(fault(r#"{"a":"x"#), Fault { at: 7, what: ENDS_EARLY });
        assert_eq!(fault(r#"{"a":tr"#), Fault { at: 7, what: ENDS_EARLY });
        assert_eq!(fault(r#"{"a":\"}"#).what, "expected a value");
        assert_eq!(fault(r#"{"a":"x\"#), Fault { at: 8, what: ENDS_EARLY });
        let deep = format!(r#"{{"a":{}"#, "[".repeat(100_000));
        assert_eq!(fault(&deep).what, TOO_DEEP);
    }

    proptest! {
        #[test]
        fn any_bytes_are_walked_without_a_panic(bytes: Vec<u8>) {
            let _ = Members::new(&bytes, 128).count();
            let _ = Elements::new(&bytes, 128).count();
        }

        #[test]
        fn json_like_bytes_agree_with_serde(text in r#"[\[\]{},:"a1 \\-]{0,24}"#) {
            let ours = skip_value(text.as_bytes(), 0, 128)
                .is_ok_and(|end| skip_white(text.as_bytes(), end) == text.len());
            let theirs = serde_json::from_str::<serde_json::Value>(text.trim_end()).is_ok();
            // Strings are only delimited here, and leading zeros are let through.
            prop_assert!(ours || !theirs || text.starts_with(' '), "{text}");
            if ours && !text.contains('\\') && !text.contains(['1', '-']) {
                prop_assert!(theirs, "{text}");
            }
        }
    }
}
