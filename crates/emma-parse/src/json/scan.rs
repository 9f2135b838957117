//! Walks the members of one object or the elements of one array that lies whole in memory.

use super::skip::skip_string;

pub use super::skip::{
    DEPTH_MAX, ENDS_EARLY, Fault, Kind, TOO_DEEP, Value, skip_value, skip_white, value_at,
};

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
            return Err(Fault::new(at, "expected a key in quotes"));
        }
        let key_end = skip_string(self.bytes, at)?;
        let colon = skip_white(self.bytes, key_end);
        match self.bytes.get(colon) {
            Some(b':') => {}
            Some(_) => {
                return Err(Fault::new(colon, "expected a colon after a key"));
            }
            None => {
                return Err(Fault::new(colon, ENDS_EARLY));
            }
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

/// Moves to the next entry of a container: past its opening bracket or a comma. `None` past its
/// end.
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
            return Err(Fault::new(0, "expected an opening bracket"));
        }
        at = 1;
    }
    at = skip_white(bytes, at);
    match bytes.get(at) {
        None => Err(Fault::new(at, ENDS_EARLY)),
        Some(byte) if *byte == close => {
            *position = at + 1;
            Ok(None)
        }
        Some(_) if first => Ok(Some(at)),
        Some(b',') => {
            let at = skip_white(bytes, at + 1);
            match bytes.get(at) {
                Some(_) => Ok(Some(at)),
                None => Err(Fault::new(at, ENDS_EARLY)),
            }
        }
        Some(_) => Err(Fault::new(at, "expected a comma or the closing bracket")),
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
            walk(
                r#"{ "a" : 1.5e3 ,"b\"":"x\\", "a":[{"c":[]},null] ,"long key of many bytes":{}}"#
            ),
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
        assert_eq!(fault(r#"{"a":"x"#), Fault::new(7, ENDS_EARLY));
        assert_eq!(fault(r#"{"a":tr"#), Fault::new(7, ENDS_EARLY));
        assert_eq!(fault(r#"{"a":\"}"#).what, "expected a value");
        assert_eq!(fault(r#"{"a":"x\"#), Fault::new(8, ENDS_EARLY));
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
