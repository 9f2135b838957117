//! Objects and typed values of a typedstream.
//!
//! A value's type comes before it, as Objective-C encodes types. Strings, classes and objects
//! are numbered as they appear and may be referred to by number later.

use std::ops::Range;
use std::rc::Rc;

/// Values read at most; also bounds arrays of elements that take no bytes.
const STEPS_MAX: usize = 1 << 20;
/// Objects within objects within objects.
const DEPTH_MAX: usize = 64;
/// Classes above a class, and the length of a name: none comes near.
const CLASSES_MAX: usize = 16;
const NAME_BYTES_MAX: usize = 256;

/// The bytes that are no small integer, and what they announce.
const INTEGER_2: u8 = 0x81;
const INTEGER_4: u8 = 0x82;
const REAL: u8 = 0x83;
const NEW: u8 = 0x84;
const NIL: u8 = 0x85;
const END: u8 = 0x86;
/// The last byte kept for such purposes; references count from the one behind it.
const LAST_TAG: u8 = 0x91;
const FIRST_REFERENCE: i64 = -110;

/// A value. Strings are spans of the stream, objects numbers of [`Stream`].
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Value {
    Integer(i64),
    Real(f64),
    Text(Range<usize>),
    Object(usize),
    /// Nil, a class, or a value that says nothing by itself.
    Nothing,
}

/// An object: its class and the classes above it, and groups of values.
#[derive(Clone, Default, Debug)]
pub(super) struct Object {
    pub classes: Vec<Rc<str>>,
    pub groups: Vec<Vec<Value>>,
}

impl Object {
    /// True where a class of this name is among its classes.
    pub fn is(&self, name: &str) -> bool {
        self.classes.iter().any(|class| **class == *name)
    }

    /// All values in order.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.groups.iter().flatten()
    }
}

/// What a number may refer to.
#[derive(Clone, Debug)]
enum Known {
    Object(usize),
    /// The class and the classes above it.
    Class(Vec<Rc<str>>),
    Text(Range<usize>),
}

/// A stream as far as it was read.
pub(super) struct Stream<'b> {
    bytes: &'b [u8],
    at: usize,
    little: bool,
    /// Strings that types, names and selectors refer to.
    strings: Vec<Range<usize>>,
    known: Vec<Known>,
    objects: Vec<Object>,
    steps: usize,
    depth: usize,
}

impl<'b> Stream<'b> {
    /// Reads the first group of values and says whether it was whole. `None` without a header.
    pub fn read(bytes: &'b [u8]) -> Option<(Stream<'b>, bool)> {
        let little = match bytes.get(..13)? {
            b"\x04\x0bstreamtyped" | b"\x03\x0bstreamtyped" => true,
            b"\x04\x0btypedstream" | b"\x03\x0btypedstream" => false,
            _ => return None,
        };
        let mut stream = Stream {
            bytes,
            at: 13,
            little,
            strings: Vec::new(),
            known: Vec::new(),
            objects: Vec::new(),
            steps: 0,
            depth: 0,
        };
        let complete = stream.integer().and_then(|_| stream.group()).is_some();
        Some((stream, complete))
    }

    /// The first object that was begun.
    pub fn root(&self) -> Option<&Object> {
        self.objects.first()
    }

    /// The object that a value is.
    pub fn object(&self, value: &Value) -> Option<&Object> {
        match value {
            Value::Object(number) => self.objects.get(*number),
            _ => None,
        }
    }

    /// The text of a span; bytes that are not UTF-8 are replaced.
    pub fn string(&self, span: &Range<usize>) -> String {
        String::from_utf8_lossy(&self.bytes[span.clone()]).into_owned()
    }

    /// The text of an object that is a string.
    pub fn text(&self, object: &Object) -> Option<String> {
        let first = object.is("NSString").then(|| object.values().next()).flatten()?;
        match first {
            Value::Text(span) => Some(self.string(span)),
            _ => None,
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn span(&mut self, length: usize) -> Option<Range<usize>> {
        let end = self.at.checked_add(length).filter(|end| *end <= self.bytes.len())?;
        let span = self.at..end;
        self.at = end;
        Some(span)
    }

    fn fixed<const N: usize>(&mut self) -> Option<[u8; N]> {
        let span = self.span(N)?;
        let mut raw: [u8; N] = self.bytes[span].try_into().ok()?;
        if !self.little {
            raw.reverse();
        }
        Some(raw)
    }

    fn integer(&mut self) -> Option<i64> {
        let head = self.byte()?;
        self.integer_of(head)
    }

    /// The integer whose first byte was read.
    fn integer_of(&mut self, head: u8) -> Option<i64> {
        match head {
            INTEGER_2 => Some(i16::from_le_bytes(self.fixed()?).into()),
            INTEGER_4 => Some(i32::from_le_bytes(self.fixed()?).into()),
            0x80..=LAST_TAG => None,
            small => Some((small as i8).into()),
        }
    }

    /// The place in its table that a reference's first byte begins.
    fn reference(&mut self, head: u8) -> Option<usize> {
        usize::try_from(self.integer_of(head)? - FIRST_REFERENCE).ok()
    }

    /// A string with its length before it.
    fn unshared(&mut self) -> Option<Option<Range<usize>>> {
        let head = self.byte()?;
        if head == NIL {
            return Some(None);
        }
        let length = match head {
            // Lengths have no sign.
            INTEGER_2 => usize::from(u16::from_le_bytes(self.fixed()?)),
            INTEGER_4 => usize::try_from(u32::from_le_bytes(self.fixed()?)).ok()?,
            0x80..=LAST_TAG => return None,
            small => small.into(),
        };
        Some(Some(self.span(length)?))
    }

    /// A string that may have been told before.
    fn shared(&mut self) -> Option<Option<Range<usize>>> {
        match self.byte()? {
            NIL => Some(None),
            NEW => {
                let span = self.unshared()??;
                self.strings.push(span.clone());
                Some(Some(span))
            }
            head => {
                let at = self.reference(head)?;
                Some(Some(self.strings.get(at)?.clone()))
            }
        }
    }

    /// Values behind their types.
    fn group(&mut self) -> Option<Vec<Value>> {
        let types = self.shared()??;
        self.group_of(types)
    }

    fn group_of(&mut self, types: Range<usize>) -> Option<Vec<Value>> {
        let mut values = Vec::new();
        let bytes = self.bytes;
        let mut types = &bytes[types];
        while !types.is_empty() {
            let (one, rest) = first_type(types)?;
            self.value(one, &mut values)?;
            types = rest;
        }
        Some(values)
    }

    /// Reads a value of a type; those of arrays and structures one after another.
    fn value(&mut self, kind: &'b [u8], out: &mut Vec<Value>) -> Option<()> {
        self.steps += 1;
        if self.steps > STEPS_MAX || self.depth > DEPTH_MAX {
            return None;
        }
        let value = match kind.first()? {
            b'c' => Value::Integer((self.byte()? as i8).into()),
            b'C' | b'B' => Value::Integer(self.byte()?.into()),
            b's' | b'S' | b'i' | b'I' | b'l' | b'L' | b'q' | b'Q' => {
                Value::Integer(self.integer()?)
            }
            b'f' => self.real(|stream| Some(f32::from_le_bytes(stream.fixed()?).into()))?,
            b'd' => self.real(|stream| Some(f64::from_le_bytes(stream.fixed()?)))?,
            b'+' => self.unshared()?.map_or(Value::Nothing, Value::Text),
            b'%' | b':' => self.shared()?.map_or(Value::Nothing, Value::Text),
            b'*' => self.c_string()?,
            b'@' => self.begin_object()?,
            b'#' => {
                self.class()?;
                Value::Nothing
            }
            b'!' => Value::Nothing,
            b'[' => return self.array(kind, out),
            b'{' => return self.structure(kind, out),
            _ => return None,
        };
        out.push(value);
        Some(())
    }

    fn real(&mut self, long: impl FnOnce(&mut Self) -> Option<f64>) -> Option<Value> {
        match self.byte()? {
            REAL => Some(Value::Real(long(self)?)),
            head => Some(Value::Integer(self.integer_of(head)?)),
        }
    }

    fn c_string(&mut self) -> Option<Value> {
        match self.byte()? {
            NIL => Some(Value::Nothing),
            NEW => {
                let span = self.shared()??;
                self.known.push(Known::Text(span.clone()));
                Some(Value::Text(span))
            }
            head => {
                let at = self.reference(head)?;
                match self.known.get(at)? {
                    Known::Text(span) => Some(Value::Text(span.clone())),
                    _ => None,
                }
            }
        }
    }

    /// A class with those above it, the nearest first.
    fn class(&mut self) -> Option<Vec<Rc<str>>> {
        let mut names: Vec<Rc<str>> = Vec::new();
        let mut places = Vec::new();
        loop {
            match self.byte()? {
                NIL => break,
                NEW if names.len() < CLASSES_MAX => {
                    let name = self.shared()??;
                    if name.len() > NAME_BYTES_MAX {
                        return None;
                    }
                    names.push(self.string(&name).into());
                    self.integer()?;
                    places.push(self.known.len());
                    self.known.push(Known::Class(Vec::new()));
                }
                head => {
                    let at = self.reference(head)?;
                    match self.known.get(at)? {
                        Known::Class(above) => names.extend_from_slice(above),
                        _ => return None,
                    }
                    break;
                }
            }
        }
        if names.len() > CLASSES_MAX {
            return None;
        }
        for (above, place) in places.into_iter().enumerate() {
            self.known[place] = Known::Class(names[above..].to_vec());
        }
        Some(names)
    }

    fn begin_object(&mut self) -> Option<Value> {
        match self.byte()? {
            NIL => Some(Value::Nothing),
            NEW => {
                let number = self.objects.len();
                self.objects.push(Object::default());
                self.known.push(Known::Object(number));
                self.objects[number].classes = self.class()?;
                self.depth += 1;
                loop {
                    let head = *self.bytes.get(self.at)?;
                    if head == END {
                        self.at += 1;
                        break;
                    }
                    let group = self.group()?;
                    self.objects[number].groups.push(group);
                }
                self.depth -= 1;
                Some(Value::Object(number))
            }
            head => {
                let at = self.reference(head)?;
                match self.known.get(at)? {
                    Known::Object(number) => Some(Value::Object(*number)),
                    _ => None,
                }
            }
        }
    }

    /// `[12c]`: as many values of one type. Bytes are one value.
    fn array(&mut self, kind: &'b [u8], out: &mut Vec<Value>) -> Option<()> {
        let inner = kind.get(1..kind.len() - 1)?;
        let digits = inner.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let count: usize = std::str::from_utf8(&inner[..digits]).ok()?.parse().ok()?;
        let element = &inner[digits..];
        if matches!(element, b"c" | b"C") {
            out.push(Value::Text(self.span(count)?));
            return Some(());
        }
        self.depth += 1;
        for _ in 0..count {
            self.value(element, out)?;
        }
        self.depth -= 1;
        Some(())
    }

    /// `{name=iI}`: a value of each type.
    fn structure(&mut self, kind: &'b [u8], out: &mut Vec<Value>) -> Option<()> {
        let inner = kind.get(1..kind.len() - 1)?;
        let equals = inner.iter().position(|byte| *byte == b'=')?;
        let mut types = &inner[equals + 1..];
        self.depth += 1;
        while !types.is_empty() {
            let (one, rest) = first_type(types)?;
            self.value(one, out)?;
            types = rest;
        }
        self.depth -= 1;
        Some(())
    }
}

/// The first type of an encoding and what follows it.
fn first_type(types: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut depth = 0usize;
    for (at, byte) in types.iter().enumerate() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some(types.split_at(at + 1));
        }
    }
    None
}
