//! Slack exports: one file a channel and day, lists of users and channels, and API replies
//! (`docs/formats/inputs/slack.md`).

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

/// Slack's JSON.
pub(crate) const FORMAT: Format = Format {
    name: "slack",
    version: 2,
    title: "Slack workspace export (messages by channel and day, users, channels)",
    tested: "invented specimens only",
    recognises: |head| head.text && recognises(head),
    read: Read::Once(read),
};

fn recognises(head: &Head<'_>) -> bool {
    let any = |objects: Vec<Glimpse<'_>>| objects.iter().any(is_ours);
    let seen = Glimpse::all(head.bytes);
    seen.iter().any(|reply| {
        reply.has("ok")
            && ["messages", "members", "channels", "message"]
                .iter()
                .any(|list| any(reply.inner(list)))
    }) || any(seen)
}

/// Whether an object that may be cut has what only Slack's have.
fn is_ours(object: &Glimpse<'_>) -> bool {
    let id = |kinds: &[char]| {
        object.string("id").is_some_and(|id| values::is_id(&id) && id.starts_with(kinds))
    };
    let ts = object.string("ts").is_some_and(|ts| values::is_ts(&ts));
    ts && ["type", "user", "text", "subtype", "bot_id"].iter().any(|key| object.has(key))
        || id(&['U', 'W']) && object.has("team_id") && (object.has("profile") || object.has("name"))
        || id(&['C', 'G', 'D'])
            && object.is_number("created")
            && (object.has("members") || object.has("creator"))
}

fn read(
    member: &Member<'_>,
    window: &mut Window<'_>,
    emitter: &mut Emitter<'_>,
    limits: &Limits,
) -> io::Result<Vec<Anomaly>> {
    // In an export a channel is a folder and its files are called after days; other files are
    // called after their channel.
    let stem = member.file_stem();
    let channel = match stem.parse::<jiff::civil::Date>() {
        Ok(_) => member.name.rsplit(['/', '\\']).nth(1).unwrap_or_default(),
        Err(_) => stem,
    };
    let channel = channel.to_owned();
    walk::read(&mut Workspace { channel }, window, emitter, limits)
}

/// One file of a workspace.
struct Workspace {
    channel: String,
}

impl Records for Workspace {
    const NETWORK: &'static str = "slack";
    const RESUMED: &'static str = "slack.resumed";
    const RECORDS: &'static [&'static str] =
        &["", "[]", "messages/[]", "members/[]", "channels/[]", "message", "messages/matches/[]"];
    const HEADS: &'static [&'static str] = &["channel"];

    fn is_record(&self, object: &[u8], depth_max: usize) -> bool {
        shape(&Object::new(object, depth_max, &mut Vec::new())) != Shape::Other
    }

    fn read<'a>(&'a mut self, found: Found<'a>, anomalies: &mut Vec<Anomaly>) -> Record<'a> {
        values::read(found, &self.channel, anomalies)
    }
}
