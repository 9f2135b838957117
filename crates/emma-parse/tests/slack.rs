//! Slack exports, specimen by specimen. All of it is invented.

use crate::collect::{Said, read};
use crate::python;
use emma_model::record::Origin;
use emma_model::{RecordKind, Zone};

const DAY: &str = r#"[
 {"type":"message","user":"U00HERON1","text":"Good morning \ud83e\udd86 <@U000OWL01>",
  "ts":"86400.000100","client_msg_id":"c1","team":"T00000001","thread_ts":"86400.000100",
  "reply_count":1,"user_profile":{"real_name":"Grey Heron","display_name":"heron"},
  "reactions":[{"name":"duck","users":["U000OWL01"],"count":1}]},
 {"type":"message","user":"U000OWL01","text":"hoo","ts":"86460.000200","thread_ts":"86400.000100",
  "parent_user_id":"U00HERON1","edited":{"user":"U000OWL01","ts":"86461.000000"}},
 {"type":"message","subtype":"channel_join","user":"U000TIT01","ts":"86470.000300",
  "text":"<@U000TIT01> has joined the channel"},
 {"type":"message","subtype":"bot_message","bot_id":"B00000001","username":"counter",
  "text":"3 birds","ts":"86480.000400"},
 {"type":"message","subtype":"tombstone","user":"USLACKBOT","hidden":true,
  "text":"This message was deleted.","ts":"86490.000500"},
 {"type":"message","user":"U000TIT01","text":"","ts":"86500.000600","upload":true,"files":[
  {"id":"F1","name":"nest.png","mimetype":"image/png","size":1234,
   "url_private":"https://f.example/F1"},
  {"id":"F2","mode":"tombstone"}]},
 {"type":"message","subtype":"me_message","user":"U000TIT01","text":"sings","ts":"86510.000700"}
]"#;

#[test]
fn a_day_of_a_channel_is_read() {
    let found = read("export/birds/1970-01-02.json", DAY.as_bytes());
    assert_eq!(found.end(&[]).parser, "slack");
    assert_eq!(found.anomalies(), []);
    let records: Vec<&Said> = found.records().collect();
    use RecordKind::{Action, Message, System};
    let kinds: Vec<_> = records.iter().map(|record| record.kind).collect();
    assert_eq!(kinds, [Message, Message, System, Message, Message, Message, Action]);
    let first = records[0];
    assert_eq!(first.id.as_deref(), Some("86400.000100"));
    assert_eq!(first.from.as_deref(), Some("U00HERON1"));
    assert_eq!(first.conversation.as_deref(), Some("birds"));
    assert_eq!(first.borrowed[0].origin, Origin::Path);
    assert_eq!(first.text.as_deref(), Some("Good morning 🦆 <@U000OWL01>"));
    assert_eq!(first.time, Some((86_400_000_100, 86_400_000_100, Zone::Declared, false)));
    assert_eq!(first.reply_to, None);
    let extra: Vec<_> = first.extra.iter().map(|(k, _)| k.as_str()).collect();
    assert_eq!(
        extra,
        [
            "real_name",
            "display_name",
            "thread_ts",
            "type",
            "client_msg_id",
            "team",
            "reply_count",
            "user_profile",
            "reactions"
        ]
    );
    assert_eq!(records[1].reply_to.as_deref(), Some("86400.000100"));
    assert_eq!(records[1].extra("edited_by_sender"), ["true"]);
    assert_eq!(records[2].extra("subtype"), ["channel_join"]);
    assert_eq!(records[3].from.as_deref(), Some("B00000001"));
    assert_eq!(records[3].extra("username"), ["counter"]);
    assert_eq!(records[4].extra("deleted"), ["true"]);
    assert_eq!(records[5].extra("file"), ["nest.png"]);
    assert_eq!(records[5].extra("file_url"), ["https://f.example/F1"]);
    assert_eq!(records[5].extra("file_missing"), ["tombstone"]);
}

#[test]
fn a_message_without_a_text_says_what_its_attachments_say() {
    let said = |text: &str, attachments: &str| {
        let day = format!(
            r#"[{{"type":"message","subtype":"bot_message","bot_id":"B1","ts":"1.000000",
            "text":"{text}","attachments":{attachments}}}]"#
        );
        let found = read("export/birds/1970-01-02.json", day.as_bytes());
        found.records().next().unwrap().text.clone()
    };
    let both = r#"[{"fallback":"f","text":"3 owls"},{"fallback":"2 tits"},{"id":3}]"#;
    assert_eq!(said("", both).as_deref(), Some("3 owls\n2 tits"));
    assert_eq!(said("own", both).as_deref(), Some("own"));
    assert_eq!(said("", r#"[{"id":3}]"#).as_deref(), Some(""));
}

#[test]
fn the_object_of_a_file_is_no_name_of_one() {
    let day = r#"[{"type":"message","subtype":"file_share","user":"U00HERON1","text":"up",
        "ts":"1.000000","file":{"id":"F1","name":"nest.png","size":9}}]"#;
    let found = read("export/birds/1970-01-02.json", day.as_bytes());
    let record = found.records().next().unwrap();
    assert_eq!((record.extra("file"), record.extra("file.id")), (vec!["nest.png"], vec!["F1"]));
}

#[test]
fn a_reply_of_the_api_names_its_channel_or_not() {
    let reply = r#"{"ok":true,"messages":[{"type":"message","user":"U00HERON1","text":"x",
        "ts":"1.000000"}],"has_more":false}"#;
    let found = read("C0BIRDS01.json", reply.as_bytes());
    let record = found.records().next().unwrap();
    assert_eq!(record.conversation.as_deref(), Some("C0BIRDS01"));
    let posted = r#"{"ok":true,"channel":"C0BIRDS02","ts":"1.000000","message":{"type":"message",
        "user":"U00HERON1","text":"x","ts":"1.000000"}}"#;
    let found = read("post.json", posted.as_bytes());
    let record = found.records().next().unwrap();
    assert_eq!(record.conversation.as_deref(), Some("C0BIRDS02"));
    assert!(matches!(record.borrowed[0].origin, Origin::Leaf { offset: 0, .. }));
    // A day that lies in no folder is of no channel anybody knows.
    let found = read("1970-01-02.json", DAY.as_bytes());
    assert_eq!(found.records().next().unwrap().conversation, None);
}

#[test]
fn lists_of_users_and_channels_are_read() {
    let users = r#"[{"id":"U00HERON1","team_id":"T00000001","name":"heron","deleted":true,
        "profile":{"real_name":"Grey Heron","email":"heron@pond.example","phone":""}}]"#;
    let found = read("export/users.json", users.as_bytes());
    let user = found.records().next().unwrap();
    assert_eq!((user.kind, user.from.as_deref()), (RecordKind::Contact, Some("U00HERON1")));
    assert_eq!(
        (user.extra("real_name"), user.extra("email")),
        (vec!["Grey Heron"], vec!["heron@pond.example"])
    );
    assert_eq!(user.extra("deleted"), ["true"]);
    for (name, list) in [
        (
            "channels",
            r#"[{"id":"C0BIRDS01","name":"birds","created":86400,"creator":"U00HERON1",
          "is_archived":false,"members":["U00HERON1","U000OWL01"]}]"#,
        ),
        ("dms", r#"[{"id":"D0BIRDS01","created":86400,"members":["U00HERON1","U000OWL01"]}]"#),
    ] {
        let found = read(&format!("export/{name}.json"), list.as_bytes());
        let room = found.records().next().unwrap();
        assert_eq!(room.kind, RecordKind::Other);
        assert_eq!(room.to, ["U00HERON1", "U000OWL01"]);
        assert!(room.conversation.as_deref().unwrap().ends_with("0BIRDS01"));
        assert_eq!(room.time.unwrap().0, 86_400_000_000);
        assert_eq!(found.anomalies(), []);
    }
}

#[test]
fn other_peoples_json_is_left_alone() {
    let others = [
        r#"[{"type":"message","ts":86400,"text":"x"}]"#,
        r#"[{"id":"Umbrella","name":"x"}]"#,
        r#"[{"id":"C0BIRDS01","name":"birds"}]"#,
        r#"{"ok":true,"messages":[]}"#,
    ];
    for other in others {
        assert_ne!(read("birds.json", other.as_bytes()).end(&[]).parser, "slack", "{other}");
    }
}

#[test]
fn faults_are_told_with_their_field() {
    let nobody = r#"[{"type":"message","text":"x","ts":"1.000000"}]"#;
    let found = read("birds/day.json", nobody.as_bytes());
    assert_eq!(found.anomalies(), [("slack.field_missing", "user".to_owned())]);
    // A day cut in the middle of a message.
    let cut = &DAY.as_bytes()[..DAY.len() - 30];
    let found = read("birds/day.json", cut);
    assert_eq!(found.records().count(), 6);
    assert_eq!(found.end_anomalies(&[]), ["json.truncated"]);
}

/// The oracle is the `json` module of python3 (3.11.7 when this was written).
#[test]
fn python_reads_the_same_rows() {
    let script = python::PRELUDE.to_owned()
        + r#"
from decimal import Decimal
for m in json.loads(raw):
    row(m['ts'], m.get('user') or m.get('bot_id'), m['text'], int(Decimal(m['ts']) * 1000000))
"#;
    let Some(rows) = python::lines("slack", &script, DAY.as_bytes()) else {
        return;
    };
    assert_eq!(python::rows(&read("birds/1970-01-02.json", DAY.as_bytes())), rows);
}
