//! The walk through an export's structure, in bounded memory.

use super::ids::Ids;
use super::{Chat, message};
use crate::emit::Emitter;
use crate::json::structure::{Around, Step, Stepped, Stop, Structure};
use crate::json::{Kind, Members, decode, scan, value_at};
use crate::limits::Limits;
use crate::member::Member;
use crate::window::Window;
use emma_model::Anomaly;
use emma_model::record::Origin;
use std::io;

mod resume;

/// What an open bracket is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Role {
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

impl Around for Chat {
    type Key = Vec<u8>;
    type Role = Role;
    const ENDS_INSIDE: &'static str = "the export ends inside a value";

    fn key(inside: &[u8]) -> Vec<u8> {
        inside.to_vec()
    }

    fn framed(&mut self, leaf: &Origin) {
        if std::mem::take(&mut self.named) {
            self.origin = leaf.clone();
        }
    }
}

/// One walk.
struct Walk<'a, 'w, 'r, 's> {
    structure: Structure<'a, 'w, 'r, 's, Chat>,
    stem: &'a str,
    ids: Ids,
    /// A value was read at the top: only blanks may follow.
    ended: bool,
}

/// Reads an export to its end.
pub(crate) fn read(
    member: &Member<'_>,
    window: &mut Window<'_>,
    emitter: &mut Emitter<'_>,
    limits: &Limits,
) -> io::Result<Vec<Anomaly>> {
    let stem = member.file_stem();
    let structure = Structure::begin(window, emitter, limits, Chat::new(stem))?;
    let mut walk = Walk { structure, stem, ids: Ids::default(), ended: false };
    while walk.step()? {}
    walk.structure.finish()
}

impl Walk<'_, '_, '_, '_> {
    /// Takes the next step; false at the end.
    fn step(&mut self) -> io::Result<bool> {
        match self.take() {
            Ok(more) => return Ok(more),
            Err(Stop::Failed(error)) => return Err(error),
            Err(Stop::Broken { anomaly, .. }) => self.resynchronise(&anomaly)?,
        }
        Ok(true)
    }

    fn take(&mut self) -> Stepped<bool> {
        match self.structure.step()? {
            Step::End => return Ok(false),
            Step::Top(b'{') if !self.ended => self.structure.open(true, Role::Root),
            Step::Top(_) => {
                let anomaly = Anomaly::new("json.trailing", "bytes follow the export");
                return Err(Stop::Broken { anomaly, skip: 0 });
            }
            Step::Key => {}
            Step::Closed => self.ended = self.structure.stack.is_empty(),
            Step::Value(byte) => self.value(byte)?,
        }
        Ok(true)
    }

    fn value(&mut self, byte: u8) -> Stepped<()> {
        let level = self.structure.stack.last().expect("a level is open");
        let key = level.key.as_deref();
        let (object, role) = match (&level.role, key, byte) {
            (Role::Messages, _, b'{') => return self.unit(None),
            (Role::Root | Role::Chat, Some(b"messages"), b'[') => (false, Role::Messages),
            (Role::Root, Some(b"chats" | b"left_chats"), b'{') => (true, Role::Chats),
            (Role::Chats, Some(b"list"), b'[') => (false, Role::ChatList),
            (Role::ChatList, _, b'{') => {
                self.structure.flush()?;
                self.structure.around = Chat::new(self.stem);
                self.ids = Ids::default();
                (true, Role::Chat)
            }
            (_, _, b'{' | b'[') => {
                let name = match (&level.role, key) {
                    // `"contacts": {"list": [...]}` is the list of contacts.
                    (Role::Section(name), None | Some(b"list")) => name.clone(),
                    (_, Some(key)) => decode(key).text.into_owned(),
                    _ => String::new(),
                };
                return self.section(name, byte == b'{');
            }
            _ => {
                if level.role == Role::Messages {
                    self.structure.odd_here("an element of messages is no object")?;
                }
                return self.scalar();
            }
        };
        self.structure.open(object, role);
        Ok(())
    }

    fn scalar(&mut self) -> Stepped<()> {
        let structure = &mut self.structure;
        let length = structure.token()?;
        let level = structure.stack.last_mut().expect("a level is open");
        let key = level.key.take();
        if matches!(level.role, Role::Root | Role::Chat)
            && let Ok(value) = value_at(&structure.rest()[..length], 0, 1)
        {
            match (key.as_deref(), value.kind) {
                (Some(b"id"), Kind::Number | Kind::String) => {
                    let id = message::plain(value).into_owned();
                    structure.around.take_id(id);
                }
                (Some(b"name"), Kind::String) => {
                    let name = message::plain(value).into_owned();
                    structure.around.take_name(name);
                }
                _ => {}
            }
        }
        structure.pass(length)?;
        Ok(())
    }

    /// An object or array that is no message: walked into where it lists objects, else one item.
    fn section(&mut self, name: String, object: bool) -> Stepped<()> {
        self.structure.may_open()?;
        if object && !self.lists_objects()? {
            return self.unit(Some(&name));
        }
        self.structure.open(object, Role::Section(name));
        Ok(())
    }

    /// True where a list in the object after the framing holds an object first, and where the
    /// object cannot be looked at as a whole.
    fn lists_objects(&mut self) -> io::Result<bool> {
        let limit = self.structure.limits.record_bytes_max;
        let depth_max = self.structure.limits.json_depth_max;
        self.structure.fill(limit + 1)?;
        let value = match value_at(self.structure.rest(), 0, depth_max) {
            Ok(value) if value.bytes.len() <= limit => value,
            _ => return Ok(true),
        };
        let lists = |bytes: &[u8]| bytes.get(scan::skip_white(bytes, 1)) == Some(&b'{');
        Ok(Members::new(value.bytes, depth_max)
            .flatten()
            .any(|member| member.value.kind == Kind::Array && lists(member.value.bytes)))
    }

    /// Hands over the value after the framing as an item of its own: a message or, in a section,
    /// anything else.
    fn unit(&mut self, section: Option<&str>) -> Stepped<()> {
        let structure = &mut self.structure;
        let length = structure.item()?;
        let raw = &structure.window.bytes()[..length];
        let mut anomalies = std::mem::take(&mut structure.odd);
        let depth = structure.limits.json_depth_max;
        let record = match section {
            None => message::read(raw, depth, &structure.around, &mut self.ids, &mut anomalies),
            Some(section) => message::other(raw, depth, section, &mut anomalies),
        };
        structure.emitter.record(raw, structure.window.line(), record, anomalies)?;
        structure.taken(length);
        Ok(())
    }
}
