//! Signal's plain text export: `main.jsonl`, one frame of a backup a line
//! (`docs/formats/inputs/signal-jsonl.md`).
//!
//! Frames refer to earlier ones by numbers that mean something within the file only. So the
//! people and chats are kept while reading ([`people`]) and lend items their handles ([`item`]).

mod frame;
mod item;
mod people;

use crate::emit::Emitter;
use crate::format::{Format, Head, Read};
use crate::json::glimpse::Glimpse;
use crate::json::object::Object;
use crate::json::walk::{self, Found, Records};
use crate::limits::Limits;
use crate::member::Member;
use crate::window::Window;
use emma_model::{Anomaly, Record};
use people::People;
use std::io;

/// Signal's plain text export.
pub(crate) const FORMAT: Format = Format {
    name: "signal-jsonl",
    version: 1,
    title: "Signal plain text export (main.jsonl)",
    tested: "invented messages, written by the exporter of libsignal 0.103.0",
    recognises: |head| head.text && recognises(head),
    read: Read::Once(read),
};

/// What a frame may hold, by its key.
const FRAMES: [&str; 8] = [
    "account",
    "recipient",
    "chat",
    "chatItem",
    "stickerPack",
    "adHocCall",
    "notificationProfile",
    "chatFolder",
];

fn recognises(head: &Head<'_>) -> bool {
    let says = |frame: &Glimpse<'_>, key: &str, keys: &[&str]| {
        let inner = frame.inner(key);
        inner.iter().any(|inner| keys.iter().any(|key| inner.has(key)))
    };
    Glimpse::all(head.bytes).iter().any(|frame| {
        says(frame, "chatItem", &["chatId", "dateSent"])
            || says(frame, "chat", &["recipientId"])
            || says(frame, "recipient", &["contact", "group", "self", "releaseNotes"])
            || says(frame, "recipient", &["distributionList", "callLink"])
            || says(frame, "account", &["accountSettings", "profileKey"])
            || (frame.has("backupTimeMs") && frame.has("version"))
    })
}

fn read(
    _member: &Member<'_>,
    window: &mut Window<'_>,
    emitter: &mut Emitter<'_>,
    limits: &Limits,
) -> io::Result<Vec<Anomaly>> {
    walk::read(&mut Export { people: People::default() }, window, emitter, limits)
}

/// One export.
struct Export {
    people: People,
}

impl Records for Export {
    const NETWORK: &'static str = "signal";
    const RESUMED: &'static str = "signal.resumed";
    const RECORDS: &'static [&'static str] = &["", "[]"];
    const HEADS: &'static [&'static str] = &[];

    fn is_record(&self, object: &[u8], depth_max: usize) -> bool {
        let object = Object::new(object, depth_max, &mut Vec::new());
        FRAMES.iter().any(|key| object.object(key).is_some())
    }

    fn read<'a>(&'a mut self, found: Found<'a>, anomalies: &mut Vec<Anomaly>) -> Record<'a> {
        frame::read(found, &mut self.people, anomalies)
    }
}
