//! Discord: DiscordChatExporter's JSON, bodies of the API as apps cache them, and the data
//! package (`docs/formats/inputs/discord.md`).

mod table;
mod values;

use crate::emit::Emitter;
use crate::format::{Format, Head, Read};
use crate::json::glimpse::Glimpse;
use crate::json::object::Object;
use crate::json::walk::{self, Found, Records};
use crate::limits::Limits;
use crate::member::Member;
use crate::text;
use crate::window::Window;
use emma_model::{Anomaly, Record};
use std::io;
use values::{Shape, is_snowflake, shape};

/// Discord's JSON.
pub(crate) const FORMAT: Format = Format {
    name: "discord",
    version: 1,
    title: "Discord: DiscordChatExporter JSON, cached API replies, data package",
    tested: "one iPhone's cached API replies; the other shapes by invented specimens only",
    recognises: |head| head.text && recognises(head),
    read: Read::Once(read),
};

fn recognises(head: &Head<'_>) -> bool {
    if table::recognises(head.bytes) {
        return true;
    }
    let seen = Glimpse::all(head.bytes);
    seen.iter().any(|envelope| {
        let export = ["guild", "channel", "messages"].iter().all(|key| envelope.has(key));
        export && envelope.inner("channel").iter().any(|channel| snowflake(channel, "id"))
            || envelope.inner("messages").iter().any(is_ours)
    }) || seen.iter().any(is_ours)
}

fn snowflake(object: &Glimpse<'_>, key: &str) -> bool {
    object.string(key).is_some_and(|id| is_snowflake(&id))
}

/// Whether an object that may be cut has what only Discord's have.
fn is_ours(object: &Glimpse<'_>) -> bool {
    let id = snowflake(object, "id");
    let package = object.has("ID") && object.has("Timestamp") && object.has("Contents");
    let message = id
        && snowflake(object, "channel_id")
        && ["author", "content", "attachments"].iter().filter(|key| object.has(key)).count() >= 2;
    let room = id
        && object.is_number("type")
        && (object.has("recipients") || object.inner("guild").iter().any(|g| snowflake(g, "id")));
    let person = id
        && object.is_number("type")
        && object.inner("user").iter().any(|user| snowflake(user, "id") && user.has("username"));
    package || message || room || person
}

fn read(
    member: &Member<'_>,
    window: &mut Window<'_>,
    emitter: &mut Emitter<'_>,
    limits: &Limits,
) -> io::Result<Vec<Anomaly>> {
    // In a data package a channel is a folder: its id after the letter c.
    let folder = member.name.rsplit(['/', '\\']).nth(1).unwrap_or_default();
    let channel = folder.strip_prefix('c').unwrap_or(folder);
    let channel = if is_snowflake(channel) { channel } else { "" };
    window.fill(text::HEAD_BYTES)?;
    if table::recognises(window.bytes()) {
        return table::read(channel, window, emitter, limits);
    }
    walk::read(&mut Package { channel: channel.to_owned() }, window, emitter, limits)
}

/// One file; the channel is what its folder says, where that is an id.
struct Package {
    channel: String,
}

impl Records for Package {
    const NETWORK: &'static str = "discord";
    const RESUMED: &'static str = "discord.resumed";
    const RECORDS: &'static [&'static str] = &["", "[]", "messages/[]", "messages/[]/[]"];
    const HEADS: &'static [&'static str] = &[
        "channel/id",
        "channel/name",
        "guild/id",
        "guild/name",
        // Nobody borrows what the exporter was asked for: it is stepped through as framing.
        "dateRange/after",
        "dateRange/before",
    ];

    fn is_record(&self, object: &[u8], depth_max: usize) -> bool {
        let object = Object::new(object, depth_max, &mut Vec::new());
        match shape(&object) {
            Shape::Message | Shape::Exported | Shape::Packed => true,
            Shape::Channel => object.has("type"),
            _ => false,
        }
    }

    fn read<'a>(&'a mut self, found: Found<'a>, anomalies: &mut Vec<Anomaly>) -> Record<'a> {
        values::read(found, &self.channel, anomalies)
    }
}
