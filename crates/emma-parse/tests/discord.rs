//! Discord's JSON, specimen by specimen (invented), and cached replies beside the checkout.

use crate::collect::{Found, Said, read};
use crate::python;
use emma_model::record::Origin;
use emma_model::{RecordKind, Zone};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// 2020-01-01T00:00:00.123Z and the id that was given out then.
const AT: i64 = 1_577_836_800_123_000;
const ID: u64 = (1_577_836_800_123 - 1_420_070_400_000) << 22;

/// Cached replies hold the newest message first.
fn replies() -> String {
    let id = |more: u64| ID + more;
    format!(
        r#"[{{"id":"{}","type":19,"content":"hoo \ud83e\udd89","channel_id":"622810296226152474",
  "author":{{"id":"672145484864815001","username":"owl","global_name":"Owl","discriminator":"0"}},
  "attachments":[{{"id":"9","filename":"nest.png","size":1234,"url":"https://cdn.example/nest.png",
  "content_type":"image/png"}}],"embeds":[],"pinned":false,
  "timestamp":"2020-01-01T00:00:00.123000+00:00","edited_timestamp":"2020-01-01T00:01:00+00:00",
  "message_reference":{{"channel_id":"622810296226152474","message_id":"{}"}},
  "referenced_message":null}},
 {{"id":"{}","type":3,"content":"","channel_id":"622810296226152474",
  "author":{{"id":"672145484864815002","username":"heron"}},"attachments":[],
  "timestamp":"2020-01-01T00:00:00.123000+00:00","edited_timestamp":null,
  "call":{{"participants":["672145484864815001"],"ended_timestamp":null}}}},
 {{"id":"{}","type":7,"content":"","channel_id":"622810296226152474",
  "author":{{"id":"672145484864815003","username":"tit"}},"attachments":[],
  "timestamp":"2020-01-01T00:00:00.123000+00:00","edited_timestamp":null}}]"#,
        id(2),
        id(0),
        id(1),
        id(0)
    )
}

const EXPORT: &str = r#"{"guild":{"id":"622810296226152001","name":"Pond","iconUrl":"x"},
"channel":{"id":"622810296226152474","type":"GuildTextChat","categoryId":"1","category":"c",
"name":"birds","topic":null},"dateRange":{"after":null,"before":null},
"exportedAt":"2020-01-02T00:00:00+01:00","messages":[
 {"id":"661720243101499392","type":"Default","timestamp":"2020-01-01T01:00:00.123+01:00",
  "timestampEdited":null,"callEndedTimestamp":null,"isPinned":false,"content":"Good morning",
  "author":{"id":"672145484864815002","name":"heron","discriminator":"0000","nickname":"Grey",
  "color":null,"isBot":false,"roles":[],"avatarUrl":"a"},"attachments":[],"embeds":[],
  "reactions":[{"emoji":{"name":"duck"},"count":1}],"mentions":[]},
 {"id":"661720243101499393","type":"Reply","timestamp":"2020-01-01T01:00:00.123+01:00",
  "timestampEdited":"2020-01-01T01:02:00+01:00","isPinned":false,"content":"hoo",
  "author":{"id":"672145484864815001","name":"owl","isBot":true},
  "attachments":[{"id":"9","url":"birds_Files/nest.png","fileName":"nest.png","fileSizeBytes":7}],
  "reference":{"messageId":"661720243101499392","channelId":"622810296226152474","guildId":null}}
],"messageCount":2}"#;

#[test]
fn a_cached_reply_is_read() {
    let found = read("fsCachedData/0A", replies().as_bytes());
    assert_eq!(found.end(&[]).parser, "discord");
    assert_eq!(found.anomalies(), []);
    let records: Vec<&Said> = found.records().collect();
    let kinds: Vec<_> = records.iter().map(|record| record.kind).collect();
    assert_eq!(kinds, [RecordKind::Message, RecordKind::Call, RecordKind::System]);
    let first = records[0];
    assert_eq!(first.id, Some((ID + 2).to_string()));
    assert_eq!(first.from.as_deref(), Some("672145484864815001"));
    assert_eq!(first.conversation.as_deref(), Some("622810296226152474"));
    assert_eq!(first.text.as_deref(), Some("hoo 🦉"));
    assert_eq!(first.reply_to, Some(ID.to_string()));
    assert_eq!(first.time, Some((AT, AT, Zone::Declared, false)));
    assert_eq!((first.extra("username"), first.extra("name")), (vec!["owl"], vec!["Owl"]));
    assert_eq!(first.extra("author.discriminator"), ["0"]);
    assert_eq!(first.extra("edited"), ["true"]);
    assert_eq!((first.extra("file"), first.extra("file_bytes")), (vec!["nest.png"], vec!["1234"]));
    assert_eq!(records[1].extra("type"), ["3"]);
}

#[test]
fn an_export_lends_its_channel_and_guild() {
    let found = read("birds.json", EXPORT.as_bytes());
    assert_eq!(found.end(&[]).parser, "discord");
    assert_eq!(found.anomalies(), []);
    let records: Vec<&Said> = found.records().collect();
    assert_eq!(records.len(), 2);
    let first = records[0];
    assert_eq!(first.conversation.as_deref(), Some("622810296226152474"));
    assert_eq!((first.extra("channel"), first.extra("guild")), (vec!["birds"], vec!["Pond"]));
    let Origin::Leaf { offset, length } = first.borrowed[0].origin else { panic!() };
    assert_eq!((offset, length), (0, found.items[0].length));
    assert_eq!(first.time, Some((AT, AT + 999, Zone::Declared, false)));
    assert_eq!(first.extra("nickname"), ["Grey"]);
    assert_eq!(records[1].reply_to.as_deref(), Some("661720243101499392"));
    assert_eq!(records[1].extra("edited"), ["true"]);
    assert_eq!(records[1].extra("file_url"), ["birds_Files/nest.png"]);
}

#[test]
fn a_data_package_takes_its_channel_from_the_folder() {
    let text = r#"[{"ID":661720243101499392,"Timestamp":"2020-01-01 00:00:00","Contents":"hoo",
        "Attachments":"https://cdn.example/1/nest.png?x=1 https://cdn.example/2/egg.png"}]"#;
    let found = read("messages/c622810296226152474/messages.json", text.as_bytes());
    let record = found.records().next().unwrap();
    assert_eq!(record.conversation.as_deref(), Some("622810296226152474"));
    assert_eq!((record.id.as_deref(), record.from.as_deref()), (Some("661720243101499392"), None));
    assert_eq!(record.time.unwrap().2, Zone::Assumed);
    assert_eq!(record.extra("file"), ["nest.png", "egg.png"]);
}

#[test]
fn an_older_data_package_is_a_table() {
    let text = "ID,Timestamp,Contents,Attachments\r\n\
        661720243101499392,2020-01-01 00:00:00.123000+00:00,\"hoo,\n\"\"hoo\"\"\",\r\n\
        661720243101499393,2020-01-01 00:00:01.123000+00:00,,https://cdn.example/2/egg.png\r\n\
        661720243101499394,soon,x,,more\r\n";
    let found = read("messages/c622810296226152474/messages.csv", text.as_bytes());
    assert_eq!(found.end(&[]).parser, "discord");
    let records: Vec<&Said> = found.records().collect();
    let texts: Vec<_> = records.iter().map(|record| record.text.as_deref().unwrap()).collect();
    assert_eq!(texts, ["hoo,\n\"hoo\"", "", "x"]);
    assert_eq!(records[0].id.as_deref(), Some("661720243101499392"));
    assert_eq!(records[0].time, Some((AT, AT, Zone::Declared, false)));
    assert_eq!(records[1].extra("file"), ["egg.png"]);
    assert_eq!(records[2].conversation.as_deref(), Some("622810296226152474"));
    assert_eq!(
        (records[2].extra("Timestamp"), records[2].extra("field 5")),
        (vec!["soon"], vec!["more"])
    );
    let kinds: Vec<_> = found.anomalies().into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["csv.field_extra", "time.unreadable"]);
    // The oracle is the `csv` module of python3 (3.11.7 when this was written).
    let script = python::PRELUDE.to_owned()
        + "import csv, io\nfor r in csv.DictReader(io.StringIO(raw, newline='')):\n    \
           print(json.dumps([r['ID'], r['Contents']], ensure_ascii=False))\n";
    let Some(rows) = python::lines("discord csv", &script, text.as_bytes()) else {
        return;
    };
    let ours = records.iter().map(|record| {
        let text = serde_json::to_string(&record.text).unwrap();
        format!("[\"{}\", {text}]", record.id.as_deref().unwrap())
    });
    assert_eq!(ours.collect::<Vec<_>>(), rows);
}

#[test]
fn rooms_and_friends_are_read() {
    let rooms = r#"[{"id":"691283137615101955","type":1,"last_message_id":"1",
        "recipients":[{"id":"672145484864815001","username":"owl"}]}]"#;
    let found = read("rooms", rooms.as_bytes());
    let room = found.records().next().unwrap();
    assert_eq!(room.conversation.as_deref(), Some("691283137615101955"));
    assert_eq!(room.to, ["672145484864815001"]);
    let packed = r#"{"id":"691283137615101955","type":0,"name":"birds",
        "guild":{"id":"622810296226152001","name":"Pond"}}"#;
    let found = read("messages/c691283137615101955/channel.json", packed.as_bytes());
    let room = found.records().next().unwrap();
    assert_eq!(room.conversation.as_deref(), Some("691283137615101955"));
    assert_eq!(room.extra("name"), ["birds"]);
    let friends = r#"[{"id":"672145484864815001","type":1,"nickname":null,
        "user":{"id":"672145484864815001","username":"owl","global_name":"Owl"}}]"#;
    let found = read("friends", friends.as_bytes());
    let friend = found.records().next().unwrap();
    assert_eq!(
        (friend.kind, friend.from.as_deref()),
        (RecordKind::Contact, Some("672145484864815001"))
    );
}

#[test]
fn a_time_that_is_not_the_ids_is_told() {
    let text = replies().replacen("2020-01-01T00:00:00.123", "2021-01-01T00:00:00.123", 1);
    let found = read("x", text.as_bytes());
    assert_eq!(found.anomalies(), [("discord.id_time_differs", "timestamp".to_owned())]);
}

#[test]
fn other_peoples_json_is_left_alone() {
    let others = [
        r#"[{"id":"1","channel_id":"2","author":"x","content":"y"}]"#,
        r#"{"guild":1,"channel":{"id":"x"},"messages":[]}"#,
        r#"[{"id":"622810296226152474","name":"asset"}]"#,
        r#"{"sticker_packs":[{"id":"796138864933863456","stickers":[]}]}"#,
    ];
    for other in others {
        assert_ne!(read("birds.json", other.as_bytes()).end(&[]).parser, "discord", "{other}");
    }
}

/// The oracle is the `json` module of python3 (3.11.7 when this was written).
#[test]
fn python_reads_the_same_rows() {
    let script = python::PRELUDE.to_owned()
        + r#"
doc = json.loads(raw)
for m in doc if isinstance(doc, list) else doc['messages']:
    row(m['id'], m['author']['id'], m['content'], iso(m['timestamp']))
"#;
    for specimen in [replies(), EXPORT.to_owned()] {
        let Some(rows) = python::lines("discord", &script, specimen.as_bytes()) else {
            return;
        };
        assert_eq!(python::rows(&read("x", specimen.as_bytes())), rows);
    }
}

/// What iLEAPP (its `discord_cache` of 2026-05-29) lists for the same zip, and the `json` module
/// of python3 for the bodies.
#[test]
fn the_cached_bodies_of_a_phone_give_the_listed_messages() {
    let test = "the_cached_bodies_of_a_phone_give_the_listed_messages";
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/ios");
    let zip = data.join("zips/testdata.discord_cache.discord_cache.josh_ios15_ffs.zip");
    let listed = data.join(
        "expected/discord_cache/discord_cache.discord_cache.josh_ios15_ffs.20260529215019.json",
    );
    let (Ok(zip), Ok(listed)) = (std::fs::read(zip), std::fs::read(listed)) else {
        println!("skipped: {test}: ../shared/data is absent");
        return;
    };
    let listed: serde_json::Value = serde_json::from_slice(&listed).unwrap();
    // Cache file name → size and the beginning of the body, for replies that list messages.
    let rows =
        listed["data"].as_array().unwrap().iter().filter(|row| {
            row[3].as_str().is_some_and(|url| url.contains("/messages?")) && row[6] == 1
        });
    let listed: BTreeMap<&str, (u64, &str)> = rows
        .map(|row| {
            let text = |at: usize| row[at].as_str().unwrap();
            (text(7), (row[11].as_u64().unwrap(), text(13)))
        })
        .collect();
    assert_eq!(listed.len(), 6);
    let found = read("discord.zip", &zip);
    let mut messages = 0;
    let mut seen = Vec::new();
    for end in found.ends.iter().filter(|end| end.name.contains("fsCachedData")) {
        let name = end.name.rsplit('/').next().unwrap();
        let Some((bytes, preview)) = listed.get(name) else {
            assert_ne!(end.parser, "discord", "{name} lists no messages");
            continue;
        };
        assert_eq!((end.parser.as_str(), end.bytes), ("discord", *bytes), "{name}");
        seen.push(name);
        let member = Found {
            items: found.items.iter().filter(|item| item.member == end.path).cloned().collect(),
            ends: Vec::new(),
        };
        let body: Vec<u8> = member.items.iter().flat_map(|item| item.raw.clone()).collect();
        assert!(body.starts_with(preview.as_bytes()), "{name}");
        assert_eq!(member.anomalies(), [], "{name}");
        let mut ours = python::rows(&member);
        messages += ours.len();
        let script = python::PRELUDE.to_owned()
            + "for m in json.loads(raw):\n    \
               row(m['id'], m['author']['id'], m['content'], iso(m['timestamp']))\n";
        let Some(mut theirs) = python::lines(test, &script, &body) else {
            return;
        };
        ours.sort();
        theirs.sort();
        assert_eq!(ours, theirs, "{name}");
    }
    seen.sort();
    assert_eq!(seen, listed.keys().copied().collect::<Vec<_>>());
    assert_eq!(messages, 25 + 26 + 25 + 26 + 26 + 26);
}
