//! The members of one object that lies whole in memory, taken one by one; what nobody takes is
//! kept as extra values.

use super::{Elements, Kind, Members, Value, decode};
use crate::text::report_controls;
use emma_model::{Anomaly, Record};
use std::borrow::Cow;

/// Longest key named in an anomaly, in characters.
const KEY_CHARACTERS_MAX: usize = 64;

/// An object's members, in source order.
pub(crate) struct Object<'a> {
    members: Vec<Slot<'a>>,
    depth_max: usize,
}

struct Slot<'a> {
    key: Cow<'a, str>,
    value: Value<'a>,
    taken: bool,
}

impl<'a> Object<'a> {
    /// The members of an object, which is known to be well formed. Anything else has none.
    pub fn new(bytes: &'a [u8], depth_max: usize, anomalies: &mut Vec<Anomaly>) -> Object<'a> {
        let members = Members::new(bytes, depth_max).flatten().map(|member| {
            let key = decode(member.key);
            key.report(&name(&key.text), anomalies);
            Slot { key: key.text, value: member.value, taken: false }
        });
        Object { members: members.collect(), depth_max }
    }

    /// The last value of a key.
    pub fn get(&self, key: &str) -> Option<Value<'a>> {
        self.members.iter().rev().find(|slot| slot.key == key).map(|slot| slot.value)
    }

    /// Whether the key is there with a value that is not null.
    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| value.kind != Kind::Null)
    }

    /// Takes the last value of a key; null is none. Earlier values of the key stay.
    pub fn take(&mut self, key: &str, anomalies: &mut Vec<Anomaly>) -> Option<Value<'a>> {
        let mut slots = self.members.iter_mut().rev().filter(|slot| slot.key == key);
        let slot = slots.next()?;
        slot.taken = true;
        if slots.next().is_some() {
            let note = "the key stands twice; the last value counts";
            anomalies.push(Anomaly::field("json.key_repeated", key, note));
        }
        Some(slot.value).filter(|value| value.kind != Kind::Null)
    }

    /// Takes a key that should be a string. A number or true stands for its digits or word; an
    /// object or array is told and stays.
    pub fn text(&mut self, key: &str, anomalies: &mut Vec<Anomaly>) -> Option<Cow<'a, str>> {
        let value = self.take(key, anomalies)?;
        if matches!(value.kind, Kind::Object | Kind::Array) {
            let note = "the value is not of the type it should be";
            anomalies.push(Anomaly::field("json.wrong_type", key, note));
            self.put_back(key);
            return None;
        }
        if let Some(inside) = value.string() {
            let decoded = decode(inside);
            decoded.report(key, anomalies);
            return Some(decoded.text);
        }
        Some(plain(value))
    }

    /// Like [`Object::text`], where an empty one is none.
    pub fn word(&mut self, key: &str, anomalies: &mut Vec<Anomaly>) -> Option<Cow<'a, str>> {
        self.text(key, anomalies).filter(|text| !text.is_empty())
    }

    /// What somebody said: like [`Object::text`], odd characters told.
    pub fn said(&mut self, key: &str, anomalies: &mut Vec<Anomaly>) -> Option<Cow<'a, str>> {
        let text = self.text(key, anomalies)?;
        report_controls(&text, key, anomalies);
        Some(text)
    }

    /// The object under a key, which stays where it is.
    pub fn object(&self, key: &str) -> Option<Object<'a>> {
        let value = self.get(key).filter(|value| value.kind == Kind::Object)?;
        Some(Object::new(value.bytes, self.depth_max, &mut Vec::new()))
    }

    /// The elements of the array under a key, which stays where it is.
    pub fn elements(&self, key: &str) -> impl Iterator<Item = Value<'a>> + use<'a> {
        let array = self.get(key).filter(|value| value.kind == Kind::Array);
        let depth_max = self.depth_max;
        array.into_iter().flat_map(move |array| Elements::new(array.bytes, depth_max).flatten())
    }

    /// The objects of the array under a key, which stays where it is.
    pub fn objects(&self, key: &str) -> impl Iterator<Item = Object<'a>> + use<'a> {
        let depth_max = self.depth_max;
        let objects = self.elements(key).filter(|value| value.kind == Kind::Object);
        objects.map(move |value| Object::new(value.bytes, depth_max, &mut Vec::new()))
    }

    /// A key's value as text, which stays where it is: nothing for null, objects and arrays.
    pub fn peek(&self, key: &str) -> Option<Cow<'a, str>> {
        let value = self.get(key)?;
        let plain_value = !matches!(value.kind, Kind::Object | Kind::Array | Kind::Null);
        plain_value.then(|| plain(value)).filter(|text| !text.is_empty())
    }

    /// Whether a key says `true`.
    pub fn is_true(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| value.bytes == b"true")
    }

    /// Takes the object under `file` apart, so that what is kept of it under that name alone are
    /// names of files: its members follow as `file.NAME`.
    pub fn leave_file(&mut self, record: &mut Record<'a>) {
        if let Some(file) = self.object("file") {
            let _ = self.take("file", &mut Vec::new());
            file.leave_under("file.", record);
        }
    }

    /// Gives a key back that was taken, so that it is kept as an extra value.
    pub fn put_back(&mut self, key: &str) {
        for slot in self.members.iter_mut().filter(|slot| slot.key == key) {
            slot.taken = false;
        }
    }

    /// Adds what was not taken to the record's extra values, in source order: strings decoded,
    /// the rest as it stands. Nothing is left out but null.
    pub fn leave(self, record: &mut Record<'a>) {
        self.leave_under("", record);
    }

    /// Like [`Object::leave`], for an object inside another: its names start with `prefix`.
    pub fn leave_under(self, prefix: &str, record: &mut Record<'a>) {
        for slot in self.members {
            if slot.taken || slot.value.kind == Kind::Null {
                continue;
            }
            let key = match prefix.is_empty() {
                true => slot.key,
                false => Cow::Owned(format!("{prefix}{}", slot.key)),
            };
            record.extra.push((key, plain(slot.value)));
        }
    }
}

/// A string's text; anything else as it stands.
pub(crate) fn plain<'a>(value: Value<'a>) -> Cow<'a, str> {
    match value.string() {
        Some(inside) => decode(inside).text,
        None => String::from_utf8_lossy(value.bytes),
    }
}

/// Adds an extra value where there is one.
pub(crate) fn extra<'a>(record: &mut Record<'a>, name: &'static str, value: Option<Cow<'a, str>>) {
    record.extra.extend(value.map(|value| (Cow::Borrowed(name), value)));
}

/// Tells a value that a record of its kind always has.
pub(crate) fn missing(kind: &'static str, field: &'static str, anomalies: &mut Vec<Anomaly>) {
    anomalies.push(Anomaly::field(kind, field, "the value is missing"));
}

/// A key as an anomaly's field, cut.
fn name(key: &str) -> String {
    key.chars().take(KEY_CHARACTERS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use emma_model::RecordKind;

    #[test]
    fn what_is_not_taken_stays_in_order() {
        let mut anomalies = Vec::new();
        let json = br#"{"a":"x","b":null,"c":[1, 2],"a":"y","d":{"e":"\u0041"}}"#;
        let mut object = Object::new(json, 8, &mut anomalies);
        assert_eq!(object.text("a", &mut anomalies).as_deref(), Some("y"));
        assert_eq!(object.text("b", &mut anomalies), None);
        assert_eq!(object.text("c", &mut anomalies), None);
        assert_eq!(object.object("d").unwrap().peek("e").as_deref(), Some("A"));
        let kinds: Vec<_> = anomalies.iter().map(|a| (a.kind.0, a.field.as_deref())).collect();
        let want = [("json.key_repeated", Some("a")), ("json.wrong_type", Some("c"))];
        assert_eq!(kinds, want);
        let mut record = Record::new(RecordKind::Other, "x");
        object.leave(&mut record);
        let extra: Vec<_> = record.extra.iter().map(|(k, v)| (k.as_ref(), v.as_ref())).collect();
        assert_eq!(extra, [("a", "x"), ("c", "[1, 2]"), ("d", r#"{"e":"\u0041"}"#)]);
    }
}
