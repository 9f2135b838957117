//! Matrix: room exports of Element and replies of the client API (`docs/formats/inputs/matrix.md`).
//!
//! Both are lists of events in an envelope: `messages` of an export, `chunk` of `/messages`,
//! timelines of `/sync`. One event is one record ([`event`]).

mod event;

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

/// Matrix events.
pub(crate) const FORMAT: Format = Format {
    name: "matrix",
    version: 2,
    title: "Matrix events: Element JSON exports and client API replies",
    tested: "invented specimens only",
    recognises: |head| head.text && recognises(head),
    read: Read::Once(read),
};

fn recognises(head: &Head<'_>) -> bool {
    let any = |objects: Vec<Glimpse<'_>>| objects.iter().any(is_event);
    let seen = Glimpse::all(head.bytes);
    seen.iter().any(|envelope| {
        let lists = ["messages", "chunk", "events_before", "events_after", "state", "event"];
        lists.iter().any(|list| any(envelope.inner(list)))
            || (envelope.has("next_batch") && envelope.has("rooms"))
            || (envelope.has("room_name") && envelope.has("export_date"))
    }) || any(seen)
}

/// Whether an object that may be cut is an event: sender and event ids start with a sigil.
fn is_event(object: &Glimpse<'_>) -> bool {
    let starts = |key, sigil| object.string(key).is_some_and(|text| text.starts_with(sigil));
    object.has("type")
        && (starts("event_id", '$') || object.has("origin_server_ts"))
        && (starts("sender", '@') || object.has("content"))
        || object.inner("decrypted").iter().any(is_event)
}

fn read(
    member: &Member<'_>,
    window: &mut Window<'_>,
    emitter: &mut Emitter<'_>,
    limits: &Limits,
) -> io::Result<Vec<Anomaly>> {
    walk::read(&mut Room { stem: member.file_stem().to_owned() }, window, emitter, limits)
}

/// One file of events.
struct Room {
    stem: String,
}

impl Records for Room {
    const NETWORK: &'static str = "matrix";
    const RESUMED: &'static str = "matrix.resumed";
    const RECORDS: &'static [&'static str] = &[
        "",
        "[]",
        "messages/[]",
        "chunk/[]",
        "state/[]",
        "event",
        "events_before/[]",
        "events_after/[]",
        "rooms/join/*/timeline/events/[]",
        "rooms/join/*/state/events/[]",
        "rooms/leave/*/timeline/events/[]",
        "rooms/leave/*/state/events/[]",
        "rooms/invite/*/invite_state/events/[]",
    ];
    const HEADS: &'static [&'static str] =
        &["room_name", "room_id", "rooms/join/*", "rooms/leave/*", "rooms/invite/*"];

    fn is_record(&self, object: &[u8], depth_max: usize) -> bool {
        let object = Object::new(object, depth_max, &mut Vec::new());
        let is = |object: &Object<'_>| {
            object.has("type") && object.has("sender") && object.has("origin_server_ts")
        };
        is(&object) || object.object("decrypted").is_some_and(|clear| is(&clear))
    }

    fn read<'a>(&'a mut self, found: Found<'a>, anomalies: &mut Vec<Anomaly>) -> Record<'a> {
        event::read(found, &self.stem, anomalies)
    }
}
