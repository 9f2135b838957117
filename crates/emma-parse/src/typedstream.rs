//! Apple's typedstream, as far as attributed strings need it: the text of an iMessage often
//! stands only in its `attributedBody`, which NSArchiver wrote so.
//!
//! The layout is that of `typedstream.m` of NeXT's Objective-C runtime, which Apple published
//! with Darwin 0.1. [`decode`] reads objects and their typed values; here they become a text and
//! its runs. Any bytes may come in: what breaks off is read as far as it goes.

mod decode;

use decode::{Object, Stream, Value};
use std::collections::BTreeMap;

/// A text and what is said about stretches of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Attributed {
    /// The text. An attachment stands in it as U+FFFC.
    pub text: String,
    /// Stretches of the text, in order.
    pub runs: Vec<Run>,
    /// False where the stream broke off: attributes, or runs, may be missing.
    pub complete: bool,
}

/// A stretch of a text.
#[derive(Clone, PartialEq, Debug)]
pub struct Run {
    /// Where it starts, in UTF-16 code units.
    pub start: u64,
    /// How long it is, in UTF-16 code units.
    pub length: u64,
    /// Names and values, in the order of the stream. Values that are neither text, number nor
    /// link are written as their class.
    pub attributes: Vec<(String, String)>,
}

/// The text of an archived string or attributed string; `None` where there is none.
pub fn text(bytes: &[u8]) -> Option<String> {
    attributed(bytes).map(|attributed| attributed.text)
}

/// An archived string with its attributes; `None` where the bytes are no typedstream or hold
/// no string. At most 2^20 values are read.
pub fn attributed(bytes: &[u8]) -> Option<Attributed> {
    let (stream, complete) = Stream::read(bytes)?;
    let root = stream.root()?;
    let string = match root.is("NSString") {
        true => root,
        false => root
            .values()
            .find_map(|value| stream.object(value).filter(|object| object.is("NSString")))?,
    };
    let text = stream.text(string)?;
    let (runs, all) = runs(&stream, root);
    Some(Attributed { text, runs, complete: complete && all })
}

/// Most runs that are read.
const RUNS_MAX: usize = 4_096;
/// Most bytes of attributes, those that runs share counted for each.
const ATTRIBUTE_BYTES_MAX: usize = 1 << 20;

/// The runs of an attributed string, (number of its attributes, length) each, the attributes
/// themselves behind the first run that has them; and whether all are there.
fn runs(stream: &Stream<'_>, root: &Object) -> (Vec<Run>, bool) {
    let mut out: Vec<Run> = Vec::new();
    let mut known: BTreeMap<i64, Vec<(String, String)>> = BTreeMap::new();
    let mut numbers = Vec::new();
    let mut start = 0u64;
    // The first group is the string.
    for group in root.groups.iter().skip(1) {
        match group[..] {
            [Value::Integer(_), Value::Integer(_)] if out.len() >= RUNS_MAX => {
                return (out, false);
            }
            [Value::Integer(number), Value::Integer(length)] => {
                let length = u64::try_from(length).unwrap_or(0);
                out.push(Run { start, length, attributes: Vec::new() });
                numbers.push(number);
                start = start.saturating_add(length);
            }
            [ref value] => {
                if let Some((object, number)) = stream.object(value).zip(numbers.last()) {
                    known.entry(*number).or_insert_with(|| dictionary(stream, object));
                }
            }
            _ => {}
        }
    }
    let mut bytes_left = ATTRIBUTE_BYTES_MAX;
    for (run, number) in out.iter_mut().zip(numbers) {
        let Some(attributes) = known.get(&number) else { continue };
        let bytes: usize = attributes.iter().map(|(name, value)| name.len() + value.len()).sum();
        if bytes > bytes_left {
            return (out, false);
        }
        bytes_left -= bytes;
        run.attributes.clone_from(attributes);
    }
    (out, true)
}

/// Names and values of a dictionary: how many, then both in turn.
fn dictionary(stream: &Stream<'_>, object: &Object) -> Vec<(String, String)> {
    /// More attributes than anybody gives a stretch of text.
    const ATTRIBUTES_MAX: usize = 64;
    if !object.is("NSDictionary") {
        return Vec::new();
    }
    let values: Vec<&Value> = object.values().skip(1).take(2 * ATTRIBUTES_MAX).collect();
    let pairs = values.chunks_exact(2);
    pairs.map(|pair| (in_words(stream, pair[0]), in_words(stream, pair[1]))).collect()
}

/// A value in words.
fn in_words(stream: &Stream<'_>, value: &Value) -> String {
    match value {
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(span) => stream.string(span),
        Value::Object(_) => match stream.object(value) {
            None => String::new(),
            Some(object) => object_in_words(stream, object),
        },
        Value::Nothing => String::new(),
    }
}

fn object_in_words(stream: &Stream<'_>, object: &Object) -> String {
    if let Some(text) = stream.text(object) {
        return text;
    }
    let last = object.values().last();
    // The type of a number stands before it.
    if object.is("NSValue")
        && let Some(Value::Integer(_) | Value::Real(_)) = last
    {
        return last.map(|value| in_words(stream, value)).unwrap_or_default();
    }
    if object.is("NSURL")
        && let Some(link) = last.and_then(|value| stream.object(value))
        && let Some(text) = stream.text(link)
    {
        return text;
    }
    object.classes.first().map(|class| class.to_string()).unwrap_or_default()
}
