//! Telegram Desktop JSON exports (`docs/formats/inputs/telegram.md`).
//!
//! An export is one object: a chat with its `messages`, or an account with `chats.list[]` and
//! sections such as `contacts`. It may be several GB, so it is walked, never loaded:
//!
//! 1. [`walk`] steps through the structure around messages, which is framing.
//! 2. An element of `messages` is read whole and becomes one record ([`message`]).
//! 3. Where the structure is broken, a small fault (a comma) is told and stepped over; after a
//!    larger one bytes are anomalies up to the next thing that looks like a message or a chat.

mod ids;
mod keys;
mod message;
mod recognise;
mod walk;

use emma_model::record::Origin;

use crate::format::{Format, Read};

/// Telegram Desktop exports.
pub(crate) const FORMAT: Format = Format {
    name: "telegram",
    version: 2,
    title: "Telegram Desktop JSON export",
    tested: "10 public exports of one chat each, old shape; invented ones of the new shape",
    recognises: |head| head.text && recognise::recognises(head.bytes),
    read: Read::Once(walk::read),
};

/// The chat whose messages are being read.
struct Chat {
    /// Its id, else its name, else the file's stem.
    conversation: String,
    /// Its name.
    name: Option<String>,
    /// Where both were read.
    origin: Origin,
    /// Its id or name stands in framing not handed over yet.
    named: bool,
    /// Its id was read: its name no longer names the conversation.
    has_id: bool,
}

impl Chat {
    /// A chat of which only the file's stem is known.
    fn new(stem: &str) -> Chat {
        let conversation = stem.to_owned();
        Chat { conversation, name: None, origin: Origin::Path, named: false, has_id: false }
    }

    fn take_id(&mut self, id: String) {
        self.conversation = id;
        self.has_id = true;
        self.named = true;
    }

    fn take_name(&mut self, name: String) {
        if !self.has_id {
            self.conversation.clone_from(&name);
        }
        self.name = Some(name);
        self.named = true;
    }
}
