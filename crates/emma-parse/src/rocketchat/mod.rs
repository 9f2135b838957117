//! Rocket.Chat: replies of its REST API, room exports, dumps of its database
//! (`docs/formats/inputs/rocketchat.md`).
//!
//! All are objects of a few shapes, alone, in lists, on lines or in an envelope: messages, rooms,
//! subscriptions, uploads and users ([`values`]). The envelope is walked, never loaded.

mod values;

use crate::emit::Emitter;
use crate::format::{Format, Head, Read};
use crate::json::glimpse::Glimpse;
use crate::json::object::Object;
use crate::json::walk::{self, Found, Records};
use crate::limits::Limits;
use crate::member::Member;
use crate::window::Window;
use emma_model::{Anomaly, Record};
use std::io;
use values::{Shape, shape};

/// Rocket.Chat's JSON.
pub(crate) const FORMAT: Format = Format {
    name: "rocketchat",
    version: 2,
    title: "Rocket.Chat API replies, room exports and mongoexport dumps",
    tested: "invented specimens only",
    recognises: |head| head.text && recognises(head),
    read: Read::Once(read),
};

/// Lists of an API reply that hold messages, rooms or users.
const LISTS: [&str; 10] = [
    "messages", "channels", "groups", "ims", "rooms", "users", "members", "threads", "update",
    "files",
];

/// Keys that only the entry of a user has, not a mention of one.
const USER_KEYS: [&str; 6] = ["roles", "services", "emails", "utcOffset", "status", "active"];

fn recognises(head: &Head<'_>) -> bool {
    let seen = Glimpse::all(head.bytes);
    let any = |objects: &[Glimpse<'_>]| objects.iter().any(is_ours);
    any(&seen)
        || seen.iter().any(|envelope| {
            LISTS.iter().any(|list| any(&envelope.inner(list)))
                || any(&envelope.inner("message"))
                || envelope.inner("result").iter().any(|result| any(&result.inner("messages")))
        })
}

/// Whether an object that may be cut has what only Rocket.Chat's have.
fn is_ours(object: &Glimpse<'_>) -> bool {
    let id = object.has("_id");
    let room_type = || {
        let room_type = object.string("t");
        room_type.is_some_and(|t| values::ROOM_TYPES.contains(&t.as_ref()))
    };
    // A message or subscription; a room; a user; a line of a room export.
    id && object.string("rid").is_some() && (object.has("u") || object.has("msg"))
        || id && room_type() && ["msgs", "usersCount", "ro"].iter().any(|key| object.has(key))
        || id
            && object.string("username").is_some()
            && ["roles", "utcOffset", "services"].iter().any(|key| object.has(key))
        || !id
            && object.string("msg").is_some()
            && object.string("username").is_some()
            && object.string("ts").is_some_and(|ts| ts.ends_with('Z'))
}

fn read(
    member: &Member<'_>,
    window: &mut Window<'_>,
    emitter: &mut Emitter<'_>,
    limits: &Limits,
) -> io::Result<Vec<Anomaly>> {
    walk::read(&mut Server { member: *member }, window, emitter, limits)
}

/// One file of a server.
struct Server<'m> {
    member: Member<'m>,
}

impl Records for Server<'_> {
    const NETWORK: &'static str = "rocketchat";
    const RESUMED: &'static str = "rocketchat.resumed";
    const RECORDS: &'static [&'static str] = &[
        "",
        "[]",
        "messages/[]",
        "message",
        "channels/[]",
        "groups/[]",
        "ims/[]",
        "rooms/[]",
        "users/[]",
        "members/[]",
        "threads/[]",
        "update/[]",
        "remove/[]",
        "files/[]",
        "result/messages/[]",
        "result/update/[]",
        "result/remove/[]",
    ];
    const HEADS: &'static [&'static str] = &[];

    fn is_record(&self, object: &[u8], depth_max: usize) -> bool {
        let object = Object::new(object, depth_max, &mut Vec::new());
        match shape(&object) {
            Shape::Other => false,
            // Messages name users in short; entries of a list say more.
            Shape::User => USER_KEYS.iter().any(|key| object.has(key)),
            _ => true,
        }
    }

    fn read<'a>(&'a mut self, found: Found<'a>, anomalies: &mut Vec<Anomaly>) -> Record<'a> {
        values::read(found.object, found.section, self.member, anomalies)
    }
}
