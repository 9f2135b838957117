//! Matrix events, specimen by specimen. All of it is invented.

use crate::collect::{Found, Said, read};
use crate::python;
use emma_model::record::Origin;
use emma_model::{RecordKind, Zone};

const EXPORT: &str = r##"{"room_name":"Birds","room_creator":"@heron:pond.example","topic":"",
"export_date":"2/1/1970","exported_by":"@heron:pond.example","messages":[
 {"type":"m.room.message","sender":"@heron:pond.example","event_id":"$1",
  "room_id":"!r:pond.example",
  "origin_server_ts":86400123,"content":{"msgtype":"m.text","body":"Good morning \ud83e\udd86",
  "m.mentions":{}},"unsigned":{"age":5}},
 {"type":"m.room.message","sender":"@owl:wood.example","event_id":"$2",
  "room_id":"!r:pond.example",
  "origin_server_ts":86460000,"content":{"msgtype":"m.text","body":"hoo",
  "m.relates_to":{"m.in_reply_to":{"event_id":"$1"}}}},
 {"type":"m.room.message","sender":"@owl:wood.example","event_id":"$3",
  "room_id":"!r:pond.example",
  "origin_server_ts":86470000,"content":{"msgtype":"m.text","body":"* hooo",
  "m.new_content":{"msgtype":"m.text","body":"hooo"},
  "m.relates_to":{"rel_type":"m.replace","event_id":"$2"}}},
 {"type":"m.room.message","sender":"@owl:wood.example","event_id":"$4",
  "room_id":"!r:pond.example",
  "origin_server_ts":86480000,"content":{},"unsigned":{"redacted_because":{"event_id":"$5"}}},
 {"type":"m.room.redaction","sender":"@owl:wood.example","event_id":"$5","redacts":"$4",
  "room_id":"!r:pond.example","origin_server_ts":86490000,"content":{"reason":"typo"}},
 {"type":"m.reaction","sender":"@tit:pond.example","event_id":"$6",
  "room_id":"!r:pond.example",
  "origin_server_ts":86500000,
  "content":{"m.relates_to":{"rel_type":"m.annotation","event_id":"$1","key":"+1"}}},
 {"type":"m.room.member","sender":"@tit:pond.example","event_id":"$7",
  "room_id":"!r:pond.example",
  "state_key":"@tit:pond.example","origin_server_ts":86510000,
  "content":{"membership":"join","displayname":"Tit"}},
 {"type":"m.room.encrypted","sender":"@tit:pond.example","event_id":"$8",
  "room_id":"!r:pond.example",
  "origin_server_ts":86520000,"content":{"algorithm":"m.megolm.v1.aes-sha2","ciphertext":"AwgA",
  "session_id":"s1","device_id":"D"}},
 {"type":"m.room.message","sender":"@tit:pond.example","event_id":"$9",
  "room_id":"!r:pond.example",
  "origin_server_ts":86530000,"content":{"msgtype":"m.image","body":"nest.png",
  "file":{"url":"mxc://pond.example/abc","key":{"k":"KEY","alg":"A256CTR"},"iv":"IV",
  "hashes":{"sha256":"HASH"}},"info":{"mimetype":"image/png","size":1234}}},
 {"type":"m.room.message","sender":"@tit:pond.example","event_id":"$10",
  "room_id":"!r:pond.example",
  "origin_server_ts":86540000,"content":{"msgtype":"m.bad.encrypted",
  "body":"** Unable to decrypt **"}},
 {"type":"m.room.message","sender":"@tit:pond.example","event_id":"$11",
  "room_id":"!r:pond.example",
  "origin_server_ts":86550000,"content":{"msgtype":"m.text","body":"in the thread",
  "m.relates_to":{"rel_type":"m.thread","event_id":"$1","is_falling_back":true,
  "m.in_reply_to":{"event_id":"$9"}}}}
]}"##;

fn event(more: &str) -> String {
    format!(r#"{{"type":"m.room.message","sender":"@heron:pond.example",{more}}}"#)
}

#[test]
fn an_export_of_element_is_read() {
    let found = read("export.json", EXPORT.as_bytes());
    assert_eq!(found.end(&[]).parser, "matrix");
    assert_eq!(found.anomalies(), []);
    let records: Vec<&Said> = found.records().collect();
    use RecordKind::{Action, Message, System};
    let kinds: Vec<_> = records.iter().map(|record| record.kind).collect();
    let want = [
        Message, Message, Message, Message, System, Action, System, Message, Message, Message,
        Message,
    ];
    assert_eq!(kinds, want);
    let first = records[0];
    assert_eq!(first.id.as_deref(), Some("$1"));
    assert_eq!(first.from.as_deref(), Some("@heron:pond.example"));
    assert_eq!(first.conversation.as_deref(), Some("!r:pond.example"));
    assert_eq!(first.text.as_deref(), Some("Good morning 🦆"));
    assert_eq!(first.time, Some((86_400_123_000, 86_400_123_999, Zone::Declared, false)));
    let extra: Vec<_> = first.extra.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(
        extra,
        [
            ("room_name", "Birds"),
            ("type", "m.room.message"),
            ("msgtype", "m.text"),
            ("content.m.mentions", "{}"),
            ("unsigned", r#"{"age":5}"#),
        ]
    );
    assert!(matches!(first.borrowed[0].origin, Origin::Leaf { offset: 0, .. }));
    assert_eq!(records[1].reply_to.as_deref(), Some("$1"));
    assert_eq!((records[2].text.as_deref(), records[2].extra("edits")), (Some("hooo"), vec!["$2"]));
    assert_eq!(records[2].extra("content.body"), ["* hooo"]);
    assert_eq!((records[3].text.as_deref(), records[3].extra("redacted")), (None, vec!["true"]));
    assert_eq!(
        (records[4].text.as_deref(), records[4].extra("redacts")),
        (Some("typo"), vec!["$4"])
    );
    assert_eq!(
        (records[5].reply_to.as_deref(), records[5].extra("reaction")),
        (Some("$1"), vec!["+1"])
    );
    assert_eq!(records[6].extra("membership"), ["join"]);
    assert_eq!((records[7].text.as_deref(), records[7].extra("encrypted")), (None, vec!["true"]));
    assert_eq!(records[7].extra("content.ciphertext"), ["AwgA"]);
    assert_eq!(records[8].extra("file"), ["nest.png"]);
    assert_eq!(records[8].extra("file_url"), ["mxc://pond.example/abc"]);
    assert_eq!(records[8].extra("file_key"), ["KEY"]);
    assert_eq!(
        (records[8].extra("file_type"), records[8].extra("file_bytes")),
        (vec!["image/png"], vec!["1234"])
    );
    assert_eq!(records[9].extra("undecryptable"), ["true"]);
    assert_eq!(
        (records[10].reply_to.as_deref(), records[10].extra("thread")),
        (Some("$1"), vec!["$1"])
    );
}

#[test]
fn the_question_of_a_poll_is_what_it_says() {
    let polls = [
        ("m.poll.start", r#""m.poll":{"question":{"m.text":[{"body":"Owl?"}]}}"#),
        (
            "org.matrix.msc3381.poll.start",
            r#""org.matrix.msc3381.poll.start":{"question":{"org.matrix.msc1767.text":"Owl?"}}"#,
        ),
        ("m.poll.start", r#""m.poll.start":{"question":{"body":"Owl?"}}"#),
    ];
    for (kind, content) in polls {
        let poll = event(&format!(
            r#""origin_server_ts":1,"event_id":"$1","room_id":"!r:x","content":{{{content}}}"#
        ));
        let poll = poll.replace("m.room.message", kind);
        let found = read("event.json", poll.as_bytes());
        let record = found.records().next().unwrap();
        assert_eq!(record.kind, RecordKind::Message, "{content}");
        assert_eq!(record.text.as_deref(), Some("Owl?"), "{content}");
    }
}

#[test]
fn the_place_of_a_location_is_taken_apart() {
    let place = |kind: &str, content: &str| {
        let place = event(&format!(
            r#""origin_server_ts":1,"event_id":"$1","room_id":"!r:x","content":{{{content}}}"#
        ));
        read("event.json", place.replace("m.room.message", kind).as_bytes())
    };
    let sent = place(
        "m.room.message",
        r#""msgtype":"m.location","body":"nest","geo_uri":"geo:52.1,-4.3,7;u=35""#,
    );
    let record = sent.records().next().unwrap();
    assert_eq!((record.kind, record.text.as_deref()), (RecordKind::Location, Some("nest")));
    let extra = |name: &str| record.extra(name).concat();
    assert_eq!((extra("latitude"), extra("longitude")), ("52.1".into(), "-4.3".into()));
    assert_eq!((extra("elevation"), extra("accuracy_m")), ("7".into(), "35".into()));
    assert_eq!(extra("content.geo_uri"), "geo:52.1,-4.3,7;u=35");
    let beacon = place("m.beacon", r#""m.location":{"uri":"geo:1,2"}"#);
    assert_eq!(beacon.records().next().unwrap().extra("longitude"), ["2"]);
    let odd = place("m.room.message", r#""msgtype":"m.location","body":"n","geo_uri":"geo:x,1""#);
    assert_eq!(odd.records().next().unwrap().extra("longitude"), [""; 0]);
    assert_eq!(odd.anomalies(), [("geo.coordinate_unreadable", "geo_uri".to_owned())]);
}

#[test]
fn a_reply_of_the_api_takes_its_room_from_around_it() {
    let chunk = format!(
        r#"{{"chunk":[{}],"start":"a","end":"b"}}"#,
        event(r#""event_id":"$1","origin_server_ts":1,"content":{"msgtype":"m.text","body":"x"}"#)
    );
    let found = read("page1.json", chunk.as_bytes());
    let record = found.records().next().unwrap();
    assert_eq!(record.conversation.as_deref(), Some("page1"));
    assert_eq!(record.borrowed[0].origin, Origin::Path);
    let sync = format!(
        r#"{{"next_batch":"s1","rooms":{{"join":{{
        "!a.b:pond.example":{{"timeline":{{"events":[{}]}}}},
        "!c:pond.example":{{"timeline":{{"events":[{}]}}}}}}}}}}"#,
        event(r#""event_id":"$1","origin_server_ts":1,"content":{"msgtype":"m.emote","body":"x"}"#),
        event(
            r#""event_id":"$2","origin_server_ts":1,"content":{"msgtype":"m.notice","body":"x"}"#
        )
    );
    let found = read("sync.json", sync.as_bytes());
    let seen: Vec<_> =
        found.records().map(|r| (r.kind, r.conversation.as_deref().unwrap())).collect();
    assert_eq!(
        seen,
        [(RecordKind::Action, "!a.b:pond.example"), (RecordKind::Notice, "!c:pond.example")]
    );
    let record = found.records().nth(1).unwrap();
    assert!(matches!(record.borrowed[0].origin, Origin::Leaf { offset, .. } if offset > 0));
}

#[test]
fn an_event_written_clear_and_encrypted_is_read_clear() {
    let clear = event(
        r#""event_id":"$1","origin_server_ts":1,"content":{"msgtype":"m.text","body":"clear"}"#,
    );
    let both = format!(r#"[{{"decrypted":{clear},"encrypted":{{"type":"m.room.encrypted"}}}}]"#);
    let found = read("x.json", both.as_bytes());
    let record = found.records().next().unwrap();
    assert_eq!(record.text.as_deref(), Some("clear"));
    assert_eq!(record.extra("encrypted"), ["true", r#"{"type":"m.room.encrypted"}"#]);
}

#[test]
fn every_fault_of_an_event_is_told_with_its_field() {
    let good = r#""event_id":"$1","origin_server_ts":1,"content":{"msgtype":"m.text","body":"x"}"#;
    let cases = [
        (good.replace(r#""event_id":"$1","#, ""), "matrix.field_missing", "event_id"),
        (good.replace(r#""msgtype":"m.text","#, ""), "matrix.field_missing", "msgtype"),
        (good.replace(r#":1,"#, r#":"soon","#), "time.unreadable", "origin_server_ts"),
        (good.replace(r#""x""#, r#"["x"]"#), "json.wrong_type", "body"),
        (format!(r#"{good},"event_id":"$2""#), "json.key_repeated", "event_id"),
    ];
    for (event_text, kind, field) in cases {
        let found = read("x", format!("[{}]", event(&event_text)).as_bytes());
        assert_eq!(found.anomalies(), [(kind, field.to_owned())], "{event_text}");
    }
}

#[test]
fn on_lines_the_inside_of_a_broken_event_is_no_event() {
    let good = |id: u8| {
        event(&format!(
            r#""event_id":"${id}","origin_server_ts":1,"content":{{"msgtype":"m.text","body":"x"}}"#
        ))
    };
    let broken = event(&format!(r#""unsigned":{{"redacted_because":{}}}"#, good(2)));
    let text = format!("{}\n{}\n{}\n", good(1), &broken[..broken.len() - 1], good(3));
    let found = read("events.jsonl", text.as_bytes());
    let ids: Vec<_> = found.records().filter_map(|record| record.id.as_deref()).collect();
    assert_eq!(ids, ["$1", "$3"]);
    let kinds: Vec<_> = found.anomalies().into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["json.syntax", "matrix.resumed"]);
}

#[test]
fn other_peoples_json_is_left_alone() {
    let others = [
        r#"{"chunk":[{"type":"text","data":"x"}]}"#,
        r#"{"messages":[{"type":"message","sender":"heron","content":"x"}]}"#,
        r#"{"type":"Feature","event_id":7}"#,
    ];
    for other in others {
        assert_ne!(read("birds.json", other.as_bytes()).end(&[]).parser, "matrix", "{other}");
    }
}

/// The oracle is the `json` module of python3 (3.11.7 when this was written).
#[test]
fn python_reads_the_same_rows() {
    let script = python::PRELUDE.to_owned()
        + r#"
for e in json.loads(raw)['messages']:
    c = e['content']
    text = c.get('m.new_content', c).get('body')
    if e['type'] == 'm.room.redaction': text = c.get('reason')
    row(e['event_id'], e['sender'], text, e['origin_server_ts'] * 1000)
"#;
    let Some(rows) = python::lines("matrix", &script, EXPORT.as_bytes()) else {
        return;
    };
    let found: Found = read("export.json", EXPORT.as_bytes());
    assert_eq!(python::rows(&found), rows);
}
