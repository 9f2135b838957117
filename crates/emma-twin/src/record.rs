//! The wire form of delivered records: `docs/formats/delivery.md`, version 1.
//!
//! Written by hand into a byte buffer, because a part holds tens of thousands of them.

use crate::time::write_stamp;
use std::io::Write;

/// Writes one JSON object, key by key.
#[derive(Debug)]
pub struct Object<'o> {
    out: &'o mut Vec<u8>,
    first: bool,
}

impl<'o> Object<'o> {
    /// Opens a record of `schema`; the synthetic mark is always its second field.
    pub fn open(out: &'o mut Vec<u8>, schema: &str) -> Object<'o> {
        out.push(b'{');
        let mut object = Object { out, first: true };
        object.text("schema", schema).flag("synthetic", true);
        object
    }

    /// Opens an object without schema (the truth).
    pub fn bare(out: &'o mut Vec<u8>) -> Object<'o> {
        out.push(b'{');
        Object { out, first: true }
    }

    fn key(&mut self, name: &str) {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    /// A text.
    pub fn text(&mut self, name: &str, value: &str) -> &mut Self {
        self.key(name);
        quote(self.out, value);
        self
    }

    /// A whole number.
    pub fn number(&mut self, name: &str, value: i64) -> &mut Self {
        self.key(name);
        let mut digits = [0u8; 20];
        let mut at = digits.len();
        let mut rest = value.unsigned_abs();
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if value < 0 {
            self.out.push(b'-');
        }
        self.out.extend_from_slice(&digits[at..]);
        self
    }

    /// True or false.
    pub fn flag(&mut self, name: &str, value: bool) -> &mut Self {
        self.key(name);
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
        self
    }

    /// A time as a clock shows it, with the offset written beside it.
    pub fn time(&mut self, name: &str, wall: i64, minutes: i32) -> &mut Self {
        self.key(name);
        self.out.push(b'"');
        write_stamp(self.out, wall, minutes);
        self.out.push(b'"');
        self
    }

    /// A network id: sixteen hexadecimal digits.
    pub fn id(&mut self, name: &str, id: u64) -> &mut Self {
        self.key(name);
        self.out.push(b'"');
        for shift in (0..16).rev() {
            self.out.push(b"0123456789abcdef"[(id >> (shift * 4) & 15) as usize]);
        }
        self.out.push(b'"');
        self
    }

    /// A list of texts.
    pub fn texts<'t>(&mut self, name: &str, list: impl Iterator<Item = &'t str>) -> &mut Self {
        self.key(name);
        self.out.push(b'[');
        for (place, value) in list.enumerate() {
            if place > 0 {
                self.out.push(b',');
            }
            quote(self.out, value);
        }
        self.out.push(b']');
        self
    }

    /// A value that is JSON already.
    pub fn raw(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>)) -> &mut Self {
        self.key(name);
        write(self.out);
        self
    }

    /// Closes the object and its line.
    pub fn close(&mut self) {
        self.out.extend_from_slice(b"}\n");
    }
}

/// Writes a JSON string.
pub fn quote(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut from = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let escape = match byte {
            b'"' => b'"',
            b'\\' => b'\\',
            0x00..=0x1f => b'u',
            _ => continue,
        };
        out.extend_from_slice(&bytes[from..at]);
        from = at + 1;
        if escape == b'u' {
            let _ = write!(out, "\\u{byte:04x}");
        } else {
            out.extend_from_slice(&[b'\\', escape]);
        }
    }
    out.extend_from_slice(&bytes[from..]);
    out.push(b'"');
}

/// A message's copy, ready to be written in one of the profiles.
#[derive(Clone, Debug)]
pub struct MessageCopy<'c> {
    /// `history`, `feed` or `night`.
    pub source: &'static str,
    /// IMEI of the handset it was taken from.
    pub device: &'c str,
    /// 1 (stored) or 2 (live).
    pub stage: u8,
    /// Network id: live copies only.
    pub id: Option<u64>,
    /// Local row and chat: stored copies only.
    pub row: Option<(i64, i64)>,
    /// Network conversation: live copies only.
    pub conversation: Option<u64>,
    /// Sender's handle.
    pub from: &'c str,
    /// Recipients' handles.
    pub to: Vec<&'c str>,
    /// What the handset's clock showed, and the offset written.
    pub shown: (i64, i32),
    /// When the collector took it (UTC): live copies only.
    pub captured: Option<i64>,
    /// The night it was sent in: overnight batches only.
    pub batch: Option<i64>,
    /// True where the handset sent it.
    pub out: bool,
    /// The text.
    pub text: &'c str,
    /// Name of its photo, and whether the photo was delivered.
    pub photo: Option<(&'c str, bool)>,
}

impl MessageCopy<'_> {
    /// Writes the first output profile.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut object = Object::open(out, "message/1");
        object.text("source", self.source).number("stage", i64::from(self.stage));
        object.text("device", self.device);
        if let Some(id) = self.id {
            object.id("id", id);
        }
        if let Some((row, chat)) = self.row {
            object.number("row", row).number("chat", chat);
        }
        if let Some(conversation) = self.conversation {
            object.id("conversation", conversation);
        }
        object.text("direction", if self.out { "out" } else { "in" });
        object.text("from", self.from).texts("to", self.to.iter().copied());
        object.time("time", self.shown.0, self.shown.1);
        if let Some(captured) = self.captured {
            object.time("captured", captured, 0);
        }
        if let Some(batch) = self.batch {
            object.time("batch", batch, 0);
        }
        object.text("text", self.text);
        if let Some((photo, there)) = self.photo {
            object.text("photo", photo).flag("photo_delivered", there);
        }
        object.close();
    }

    /// Writes the second output profile: other names, epoch times, parties in one field.
    pub fn write_second(&self, out: &mut Vec<u8>) {
        let mut object = Object::open(out, "message/1b");
        object.text("src", self.source).number("st", i64::from(self.stage));
        object.text("imei", self.device);
        if let Some(id) = self.id {
            object.id("mid", id);
        }
        if let Some((row, chat)) = self.row {
            object.number("_id", row).number("thread", chat);
        }
        object.number("dir", i64::from(self.out)).text("sender", self.from);
        object.raw("rcpt", |out| quote(out, &self.to.join(",")));
        object.number("ts", self.shown.0 - i64::from(self.shown.1) * 60_000);
        if let Some(captured) = self.captured {
            object.number("cap", captured / 1000);
        }
        if let Some(batch) = self.batch {
            object.number("batch", batch / 1000);
        }
        object.text("body", self.text);
        if let Some((photo, there)) = self.photo {
            object.text("att", photo).number("att_ok", i64::from(there));
        }
        object.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_json_whatever_the_text() {
        let mut out = Vec::new();
        let text = "\"quoted\"\\ \u{1} ünï 😂\n";
        Object::open(&mut out, "message/1").text("text", text).number("n", i64::MIN).close();
        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(value["text"], text);
        assert_eq!(value["n"], i64::MIN);
        assert_eq!(value["synthetic"], true);
    }
}
