//! The walk through an export's structure, in bounded memory.

use super::ids::Ids;
use super::{Chat, message};
use crate::emit::Emitter;
use crate::json::{Kind, Members, decode, scan, value_at};
use crate::limits::Limits;
use crate::member::Member;
use crate::window::Window;
use emma_model::Anomaly;
use emma_model::record::Origin;
use std::io;

mod resume;

/// Framing is handed over once so much of it has gathered.
const FRAMING_BYTES_MAX: usize = 64 << 10;

/// What an open bracket is for.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Role {
    /// The export itself: an account, and a chat where it exports only one.
    Root,
    /// `chats` or `left_chats`.
    Chats,
    /// `chats.list`.
    ChatList,
    /// One of its elements.
    Chat,
    /// `messages`.
    Messages,
    /// An object or array of things that are no messages.
    Section(String),
}

#[derive(Clone, Debug)]
struct Level {
    role: Role,
    object: bool,
    /// The key whose value comes next, in an object.
    key: Option<Vec<u8>>,
    /// A value stands before: a comma or the closing bracket comes next.
    after_value: bool,
    /// A comma stands before.
    after_comma: bool,
}

/// One walk.
struct Walk<'a, 'w, 'r, 's> {
    window: &'w mut Window<'r>,
    emitter: &'a mut Emitter<'s>,
    limits: &'a Limits,
    stem: &'a str,
    stack: Vec<Level>,
    /// Bytes at the start of the window that are framing but not handed over yet.
    framed: usize,
    /// Oddities of the next item.
    odd: Vec<Anomaly>,
    chat: Chat,
    /// The chat's id or name stands in the framing not handed over yet.
    chat_named: bool,
    /// The chat's id was read: its name no longer names the conversation.
    chat_has_id: bool,
    ids: Ids,
    /// A value was read at the top: only blanks may follow.
    ended: bool,
}

/// What comes next, after blanks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Next {
    Byte(u8),
    End,
}

/// Reads an export to its end.
pub(crate) fn read(
    member: &Member<'_>,
    window: &mut Window<'_>,
    emitter: &mut Emitter<'_>,
    limits: &Limits,
) -> io::Result<Vec<Anomaly>> {
    let mut walk = Walk {
        window,
        emitter,
        limits,
        stem: member.file_stem(),
        stack: Vec::new(),
        framed: 0,
        odd: Vec::new(),
        chat: Chat { conversation: String::new(), name: None, origin: Origin::Path },
        chat_named: false,
        chat_has_id: false,
        ids: Ids::default(),
        ended: false,
    };
    walk.new_chat();
    walk.window.fill(3)?;
    if walk.window.bytes().starts_with(b"\xef\xbb\xbf") {
        walk.framed = 3;
    }
    while let Next::Byte(byte) = walk.next()? {
        walk.step(byte)?;
    }
    walk.flush()?;
    let mut anomalies = std::mem::take(&mut walk.odd);
    if !walk.stack.is_empty() {
        anomalies.push(Anomaly::new("json.truncated", "the export ends inside a value"));
    }
    Ok(anomalies)
}

impl Walk<'_, '_, '_, '_> {
    /// Skips blanks, which are framing, and says what follows.
    fn next(&mut self) -> io::Result<Next> {
        loop {
            if self.framed >= FRAMING_BYTES_MAX {
                self.flush()?;
            }
            let rest = &self.window.bytes()[self.framed..];
            let blanks = scan::skip_white(rest, 0);
            // Where framing is cut depends on the bytes alone, not on how they were read.
            let room = FRAMING_BYTES_MAX - self.framed;
            if blanks < rest.len() && blanks < room {
                self.framed += blanks;
                return Ok(Next::Byte(rest[blanks]));
            }
            self.framed += blanks.min(room);
            if self.framed < FRAMING_BYTES_MAX && !self.window.more()? {
                return Ok(Next::End);
            }
        }
    }

    /// Takes the next token, which starts with `byte`.
    fn step(&mut self, byte: u8) -> io::Result<()> {
        let Some(level) = self.stack.last_mut() else {
            if byte == b'{' && !self.ended {
                return self.open(Role::Root, true);
            }
            let note = "bytes follow the export";
            return self.resynchronise(Anomaly::new("json.trailing", note), 0);
        };
        let closes = if level.object { b'}' } else { b']' };
        if byte == closes && level.key.is_none() {
            if level.after_comma {
                self.odd_here("a comma stands before a closing bracket")?;
            }
            return self.close();
        }
        if byte == b',' && level.key.is_none() {
            let doubled = !level.after_value;
            level.after_value = false;
            level.after_comma = true;
            if doubled {
                self.odd_here("a comma too many")?;
            }
            self.framed += 1;
            return Ok(());
        }
        if level.after_value {
            let value = matches!(byte, b'"' | b'{' | b'[');
            if !value || (level.object && byte != b'"') {
                return self.fault("expected a comma or the closing bracket");
            }
            level.after_value = false;
            self.odd_here("a comma is missing")?;
        }
        let level = self.stack.last().expect("a level is open");
        if level.object && level.key.is_none() {
            return self.key(byte);
        }
        self.value(byte)
    }

    fn key(&mut self, byte: u8) -> io::Result<()> {
        if byte != b'"' {
            return self.fault("expected a key in quotes");
        }
        let Some(length) = self.token()? else {
            return Ok(());
        };
        let key = self.window.bytes()[self.framed + 1..self.framed + length - 1].to_vec();
        self.frame(length)?;
        if self.next()? != Next::Byte(b':') {
            return self.fault("expected a colon after a key");
        }
        self.framed += 1;
        let level = self.stack.last_mut().expect("a level is open");
        level.key = Some(key);
        level.after_comma = false;
        Ok(())
    }

    fn value(&mut self, byte: u8) -> io::Result<()> {
        let level = self.stack.last().expect("a level is open");
        let key = level.key.as_deref();
        match (&level.role, key, byte) {
            (Role::Messages, _, b'{') => self.unit(|walk, length| walk.message(length)),
            (Role::Root | Role::Chat, Some(b"messages"), b'[') => self.open(Role::Messages, false),
            (Role::Root, Some(b"chats" | b"left_chats"), b'{') => self.open(Role::Chats, true),
            (Role::Chats, Some(b"list"), b'[') => self.open(Role::ChatList, false),
            (Role::ChatList, _, b'{') => {
                self.flush()?;
                self.new_chat();
                self.open(Role::Chat, true)
            }
            (_, _, b'{' | b'[') => {
                let name = match (&level.role, key) {
                    (Role::Section(name), None) => name.clone(),
                    (_, Some(key)) => decode(key).text.into_owned(),
                    _ => String::new(),
                };
                self.section(name, byte == b'{')
            }
            _ => {
                if level.role == Role::Messages {
                    self.odd_here("an element of messages is no object")?;
                }
                self.scalar()
            }
        }
    }

    fn scalar(&mut self) -> io::Result<()> {
        let Some(length) = self.token()? else {
            return Ok(());
        };
        let level = self.stack.last_mut().expect("a level is open");
        let key = level.key.take();
        level.after_value = true;
        level.after_comma = false;
        if matches!(level.role, Role::Root | Role::Chat) {
            let bytes = &self.window.bytes()[self.framed..self.framed + length];
            if let Ok(value) = value_at(bytes, 0, 1) {
                let text = message::plain(value).into_owned();
                match (key.as_deref(), value.kind) {
                    (Some(b"id"), Kind::Number | Kind::String) => {
                        self.chat.conversation = text;
                        self.chat_named = true;
                        self.chat_has_id = true;
                    }
                    (Some(b"name"), Kind::String) => {
                        if !self.chat_has_id {
                            self.chat.conversation = text.clone();
                        }
                        self.chat.name = Some(text);
                        self.chat_named = true;
                    }
                    _ => {}
                }
            }
        }
        self.frame(length)
    }

    /// An object or array that is no message: walked into where it lists objects, else one item.
    fn section(&mut self, name: String, object: bool) -> io::Result<()> {
        if self.stack.len() >= self.limits.json_depth_max {
            return self.resynchronise(Anomaly::new("json.too_deep", scan::TOO_DEEP), 1);
        }
        if !object {
            return self.open(Role::Section(name), false);
        }
        let limit = self.limits.record_bytes_max;
        self.window.fill(self.framed + limit + 1)?;
        let rest = &self.window.bytes()[self.framed..];
        let whole = value_at(rest, 0, self.limits.json_depth_max);
        let lists = match whole {
            Ok(value) if value.bytes.len() <= limit => {
                let lists = |bytes: &[u8]| {
                    let first = scan::skip_white(bytes, 1);
                    bytes.get(first) == Some(&b'{')
                };
                Members::new(value.bytes, self.limits.json_depth_max)
                    .flatten()
                    .any(|member| member.value.kind == Kind::Array && lists(member.value.bytes))
            }
            _ => true,
        };
        match lists {
            true => self.open(Role::Section(name), true),
            false => self.unit(|walk, length| walk.other(&name, length)),
        }
    }

    /// Hands over the value that starts after the framing as an item of its own.
    fn unit(&mut self, item: impl FnOnce(&mut Self, usize) -> io::Result<()>) -> io::Result<()> {
        let Some(length) = self.token()? else {
            return Ok(());
        };
        self.flush()?;
        item(self, length)?;
        self.window.consume(length);
        if let Some(level) = self.stack.last_mut() {
            level.key = None;
            level.after_value = true;
            level.after_comma = false;
        }
        Ok(())
    }

    fn message(&mut self, length: usize) -> io::Result<()> {
        let raw = &self.window.bytes()[..length];
        let mut anomalies = std::mem::take(&mut self.odd);
        let depth = self.limits.json_depth_max;
        let record = message::read(raw, depth, &self.chat, &mut self.ids, &mut anomalies);
        self.emitter.record(raw, self.window.line(), record, anomalies)
    }

    fn other(&mut self, section: &str, length: usize) -> io::Result<()> {
        let raw = &self.window.bytes()[..length];
        let mut anomalies = std::mem::take(&mut self.odd);
        let section = Some(section).filter(|name| !name.is_empty());
        let record = message::other(raw, self.limits.json_depth_max, section, &mut anomalies);
        self.emitter.record(raw, self.window.line(), record, anomalies)
    }

    /// Length of the value after the framing, once it lies whole in the window. `None` where it
    /// is broken, too long or too deep: that was dealt with.
    fn token(&mut self) -> io::Result<Option<usize>> {
        let limit = self.limits.record_bytes_max;
        loop {
            let rest = &self.window.bytes()[self.framed..];
            let more_may_come = !self.window.ended() && rest.len() <= limit;
            match value_at(rest, 0, self.limits.json_depth_max) {
                // A number at the end of the window may go on.
                Ok(value) if value.bytes.len() == rest.len() && more_may_come => {}
                Ok(value) if value.bytes.len() <= limit => return Ok(Some(value.bytes.len())),
                Err(fault) if fault.what == scan::ENDS_EARLY && more_may_come => {}
                Err(fault) if fault.what == scan::TOO_DEEP && fault.at <= limit => {
                    self.resynchronise(Anomaly::new("json.too_deep", fault.what), 1)?;
                    return Ok(None);
                }
                Err(fault) if fault.what != scan::ENDS_EARLY && fault.at <= limit => {
                    self.fault(fault.what)?;
                    return Ok(None);
                }
                Err(_) if rest.len() <= limit => {
                    let note = "the export ends inside a value";
                    self.resynchronise(Anomaly::new("json.truncated", note), 1)?;
                    return Ok(None);
                }
                _ => {
                    let note = "a value is longer than a record may be";
                    self.resynchronise(Anomaly::new("json.too_long", note), 1)?;
                    return Ok(None);
                }
            }
            self.window.more()?;
        }
    }

    fn open(&mut self, role: Role, object: bool) -> io::Result<()> {
        if let Some(level) = self.stack.last_mut() {
            level.after_comma = false;
        }
        self.stack.push(Level { role, object, key: None, after_value: false, after_comma: false });
        self.framed += 1;
        Ok(())
    }

    fn close(&mut self) -> io::Result<()> {
        self.stack.pop();
        self.framed += 1;
        match self.stack.last_mut() {
            Some(level) => {
                level.key = None;
                level.after_value = true;
                level.after_comma = false;
            }
            None => self.ended = true,
        }
        Ok(())
    }

    fn new_chat(&mut self) {
        let conversation = self.stem.to_owned();
        self.chat = Chat { conversation, name: None, origin: Origin::Path };
        self.chat_named = false;
        self.chat_has_id = false;
        self.ids = Ids::default();
    }

    /// Counts the next `length` bytes, which are a token, as framing.
    fn frame(&mut self, length: usize) -> io::Result<()> {
        self.framed += length;
        if self.framed >= FRAMING_BYTES_MAX {
            self.flush()?;
        }
        Ok(())
    }

    /// Hands over the framing gathered so far.
    fn flush(&mut self) -> io::Result<()> {
        if self.framed == 0 {
            return Ok(());
        }
        if self.chat_named {
            let (offset, length) = (self.emitter.offset(), self.framed as u64);
            self.chat.origin = Origin::Leaf { offset, length };
            self.chat_named = false;
        }
        let anomalies = std::mem::take(&mut self.odd);
        let raw = &self.window.bytes()[..self.framed];
        self.emitter.framing_with(raw, self.window.line(), anomalies)?;
        self.window.consume(self.framed);
        self.framed = 0;
        Ok(())
    }

    /// Tells a small fault: the item that starts here carries it.
    fn odd_here(&mut self, note: &'static str) -> io::Result<()> {
        self.flush()?;
        self.odd.push(Anomaly::new("json.syntax", note));
        Ok(())
    }

    fn fault(&mut self, note: &'static str) -> io::Result<()> {
        self.resynchronise(Anomaly::new("json.syntax", note), 1)
    }
}
