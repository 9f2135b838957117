//! The XML form: `dict`, `array` and scalars.

use super::object::{List, Object};
use quick_xml::Reader;
use quick_xml::events::Event;
use std::borrow::Cow;

/// An XML list, read up to where it breaks.
pub(super) struct Xml {
    objects: Vec<Object<'static>>,
    root: usize,
}

/// A container that is open: what it holds so far, by number.
struct Open {
    dictionary: bool,
    held: Vec<usize>,
}

struct Builder {
    objects: Vec<Object<'static>>,
    root: Option<usize>,
    open: Vec<Open>,
    /// The scalar that is open, and its text so far.
    scalar: Option<(String, String)>,
    depth_max: usize,
    damaged: bool,
}

impl Xml {
    /// Reads the list; says whether it breaks. `None` where there is no value.
    pub fn parse(text: &str, depth_max: usize) -> Option<(Xml, bool)> {
        let mut reader = Reader::from_str(text);
        let mut builder = Builder {
            objects: Vec::new(),
            root: None,
            open: Vec::new(),
            scalar: None,
            depth_max,
            damaged: false,
        };
        let mut ended = false;
        while !ended && !builder.damaged {
            match reader.read_event() {
                Ok(Event::Start(tag)) => builder.start(tag.name().as_ref()),
                Ok(Event::Empty(tag)) => {
                    builder.start(tag.name().as_ref());
                    builder.end(tag.name().as_ref());
                }
                Ok(Event::End(tag)) => builder.end(tag.name().as_ref()),
                Ok(Event::Text(text)) => builder.text(&text),
                Ok(Event::CData(data)) => builder.text(&data),
                Ok(Event::GeneralRef(name)) => builder.entity(&name),
                Ok(Event::Eof) => ended = true,
                Ok(_) => {}
                Err(_) => builder.damaged = true,
            }
        }
        let damaged = builder.damaged || !builder.open.is_empty() || builder.scalar.is_some();
        if damaged {
            builder.close_all();
        }
        let root = builder.root?;
        Some((Xml { objects: builder.objects, root }, damaged))
    }
}

impl Builder {
    fn start(&mut self, name: &str) {
        match name {
            "plist" => {}
            "dict" | "array" if self.open.len() >= self.depth_max => self.damaged = true,
            "dict" | "array" => {
                self.open.push(Open { dictionary: name == "dict", held: Vec::new() });
            }
            name => self.scalar = Some((name.to_owned(), String::new())),
        }
    }

    fn text(&mut self, text: &str) {
        if let Some((_, value)) = &mut self.scalar {
            value.push_str(text);
        }
    }

    fn entity(&mut self, name: &str) {
        let character = match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            name => name.strip_prefix('#').and_then(|number| {
                let code = match number.strip_prefix('x') {
                    Some(hex) => u32::from_str_radix(hex, 16),
                    None => number.parse(),
                };
                char::from_u32(code.ok()?)
            }),
        };
        // An entity that the list would have to declare is kept as it is written: never expanded.
        match character {
            Some(character) => self.text(character.encode_utf8(&mut [0; 4])),
            None => self.text(&format!("&{name};")),
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "plist" => {}
            "dict" | "array" => self.close(),
            _ => {
                if let Some((name, text)) = self.scalar.take() {
                    let object = scalar(&name, text);
                    self.put(object);
                }
            }
        }
    }

    fn put(&mut self, object: Object<'static>) {
        let number = self.objects.len();
        match self.open.last_mut() {
            Some(open) => open.held.push(number),
            None if self.root.is_none() => self.root = Some(number),
            // What follows the root is no part of the list.
            None => return,
        }
        self.objects.push(object);
    }

    fn close(&mut self) {
        let Some(Open { dictionary, held }) = self.open.pop() else { return };
        if !dictionary {
            return self.put(Object::Array(held));
        }
        let pairs: Vec<_> = held.chunks_exact(2).map(|two| (two[0], two[1])).collect();
        // Archives write their numbers as dictionaries of one key.
        if let [(key, value)] = pairs[..]
            && self.objects[key] == Object::Text("CF$UID".into())
            && let Object::Integer(number) = self.objects[value]
            && let Ok(number) = number.try_into()
        {
            return self.put(Object::Uid(number));
        }
        self.put(Object::Dictionary(pairs));
    }

    fn close_all(&mut self) {
        self.scalar = None;
        while !self.open.is_empty() {
            self.close();
        }
    }
}

fn scalar(name: &str, text: String) -> Object<'static> {
    let number = text.trim();
    match name {
        "true" => Object::Bool(true),
        "false" => Object::Bool(false),
        "integer" => {
            let hex = number.strip_prefix("0x").map(|hex| i128::from_str_radix(hex, 16));
            match hex.unwrap_or_else(|| number.parse()) {
                Ok(number) => Object::Integer(number),
                Err(_) => Object::Text(Cow::Owned(text)),
            }
        }
        "real" => match number.parse() {
            Ok(number) => Object::Real(number),
            Err(_) => Object::Text(Cow::Owned(text)),
        },
        "data" => match crate::base64::decode(number) {
            Some(bytes) => Object::Data(Cow::Owned(bytes)),
            None => Object::Text(Cow::Owned(text)),
        },
        _ => Object::Text(Cow::Owned(text)),
    }
}

impl List for Xml {
    fn root(&self) -> usize {
        self.root
    }

    fn object(&self, number: usize) -> Option<Object<'_>> {
        Some(match self.objects.get(number)? {
            Object::Text(text) => Object::Text(Cow::Borrowed(text)),
            Object::Data(bytes) => Object::Data(Cow::Borrowed(bytes)),
            other => other.clone(),
        })
    }

    fn is_text(&self, number: usize, text: &str) -> bool {
        matches!(self.objects.get(number), Some(Object::Text(found)) if found == text)
    }
}
