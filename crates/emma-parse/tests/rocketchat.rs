//! Rocket.Chat's JSON, specimen by specimen. All of it is invented.

use crate::collect::{Found, Said, read};
use crate::python;
use emma_model::record::Origin;
use emma_model::{RecordKind, Zone};

const MILLI: i64 = 1_000;
const DAY: i64 = 86_400_000 * MILLI;

const HISTORY: &str = r#"{"messages":[
 {"_id":"m1","rid":"GENERAL","msg":"Good morning \ud83e\udd86","ts":"1970-01-02T00:00:00.123Z",
  "u":{"_id":"heronHeronHeron17","username":"heron","name":"Grey Heron"},"mentions":[],
  "_updatedAt":"1970-01-02T00:00:00.200Z"},
 {"_id":"m2","rid":"GENERAL","tmid":"m1","msg":"moved","ts":"1970-01-02T00:01:00.000Z",
  "u":{"_id":"owlOwlOwlOwlOwl17","username":"owl"},
  "editedAt":"1970-01-02T00:02:00.000Z","editedBy":{"_id":"owlOwlOwlOwlOwl17","username":"owl"},
  "reactions":{":duck:":{"usernames":["heron"]}}},
 {"_id":"m3","rid":"GENERAL","t":"uj","msg":"tit","ts":"1970-01-02T00:03:00.000Z",
  "u":{"_id":"titTitTitTitTit17","username":"tit"}},
 {"_id":"m4","rid":"GENERAL","t":"e2e","msg":"9HkQ==","e2e":"pending",
  "ts":"1970-01-02T00:04:00.000Z","u":{"_id":"owlOwlOwlOwlOwl17","username":"owl"},
  "content":{"algorithm":"rc.v1.aes-sha2","ciphertext":"9HkQ=="}},
 {"_id":"m5","rid":"GENERAL","msg":"","ts":"1970-01-02T00:05:00.000Z",
  "u":{"_id":"owlOwlOwlOwlOwl17","username":"owl"},
  "file":{"_id":"f1","name":"nest.png","type":"image/png","size":1234},
  "files":[{"_id":"f1","name":"nest.png","type":"image/png","size":1234}],
  "attachments":[{"title":"nest.png","title_link":"/file-upload/f1/nest.png",
  "description":"a heron's"},{"description":""},{"description":"and an owl's"}]},
 {"_id":"m6","rid":"GENERAL","t":"rm","msg":"","ts":"1970-01-02T00:06:00.000Z",
  "u":{"_id":"owlOwlOwlOwlOwl17","username":"owl"}}
],"count":6,"offset":0,"total":6,"success":true}"#;

fn only(found: &Found) -> Said {
    assert_eq!(found.records().count(), 1);
    found.records().next().unwrap().clone()
}

fn line(more: &str) -> String {
    format!(
        r#"{{"_id":"m1","rid":"R1","msg":"hello",{more},"u":{{"_id":"heron1","username":"h"}}}}"#
    )
}

#[test]
fn a_reply_of_the_history_is_read() {
    let found = read("reply", HISTORY.as_bytes());
    assert_eq!(found.end(&[]).parser, "rocketchat");
    assert_eq!(found.anomalies(), []);
    let records: Vec<&Said> = found.records().collect();
    let kinds: Vec<_> = records.iter().map(|record| record.kind).collect();
    use RecordKind::{Message, System};
    assert_eq!(kinds, [Message, Message, System, Message, Message, System]);
    let first = records[0];
    assert_eq!(first.id.as_deref(), Some("m1"));
    assert_eq!(first.conversation.as_deref(), Some("GENERAL"));
    assert_eq!(first.from.as_deref(), Some("heronHeronHeron17"));
    assert_eq!(first.to, [""; 0]);
    assert_eq!(first.text.as_deref(), Some("Good morning 🦆"));
    let at = DAY + 123 * MILLI;
    assert_eq!(first.time, Some((at, at + MILLI - 1, Zone::Declared, false)));
    let extra: Vec<_> = first.extra.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(
        extra,
        [
            ("username", "heron"),
            ("u.name", "Grey Heron"),
            ("mentions", "[]"),
            ("_updatedAt", "1970-01-02T00:00:00.200Z"),
        ]
    );
    assert_eq!(records[1].reply_to.as_deref(), Some("m1"));
    assert_eq!(records[1].extra("edited"), ["true"]);
    assert_eq!(records[1].extra("reactions"), [r#"{":duck:":{"usernames":["heron"]}}"#]);
    assert_eq!((records[2].text.as_deref(), records[2].extra("t")), (Some("tit"), vec!["uj"]));
    assert_eq!(
        (records[3].text.as_deref(), records[3].extra("ciphertext")),
        (None, vec!["9HkQ=="])
    );
    assert_eq!(records[3].extra("encrypted"), ["true"]);
    assert_eq!(records[4].text.as_deref(), Some("a heron's\nand an owl's"));
    assert_eq!(records[4].extra("file"), ["nest.png"], "one upload is one file");
    assert_eq!(records[4].extra("file._id"), ["f1"]);
    assert_eq!(records[4].extra("file_bytes"), ["1234"]);
    assert_eq!(records[4].extra("file_url"), ["/file-upload/f1/nest.png"]);
    assert_eq!(records[5].extra("deleted"), ["true"]);
}

#[test]
fn dates_of_mongo_are_read_in_every_spelling() {
    let dates = [
        r#""ts":{"$date":86400000}"#,
        r#""ts":{"$date":"1970-01-02T00:00:00.000Z"}"#,
        r#""ts":{"$date":{"$numberLong":"86400000"}}"#,
        r#""ts":86400000"#,
        r#""ts":"1970-01-02T01:00:00.000+01:00""#,
    ];
    for date in dates {
        let found = read("dump.json", line(date).as_bytes());
        let want = Some((DAY, DAY + MILLI - 1, Zone::Declared, false));
        assert_eq!(only(&found).time, want, "{date}");
        assert_eq!(found.anomalies(), [], "{date}");
    }
    let found = read("dump.json", line(r#""ts":{"$date":"soon"}"#).as_bytes());
    assert_eq!(only(&found).extra("ts"), [r#"{"$date":"soon"}"#]);
    assert_eq!(found.anomalies(), [("time.unreadable", "ts".to_owned())]);
}

#[test]
fn a_dump_has_one_object_a_line_with_ids_of_mongo() {
    let text = r#"{"_id":{"$oid":"5f00"},"rid":"R1","ts":{"$date":1},"u":{"username":"heron"}}
{"_id":"R1","t":"c","name":"birds","msgs":2,"usersCount":2,"ts":{"$date":1}}
{"_id":"u1","username":"heron","type":"user","roles":["user"],"emails":[{"address":"h@x"}]}
"#;
    let found = read("dump.json", text.as_bytes());
    let seen: Vec<_> = found
        .records()
        .map(|r| (r.kind, r.id.as_deref(), r.conversation.as_deref(), r.from.as_deref()))
        .collect();
    assert_eq!(
        seen,
        [
            (RecordKind::Message, Some("5f00"), Some("R1"), Some("heron")),
            (RecordKind::Other, None, Some("R1"), None),
            (RecordKind::Contact, None, None, Some("u1")),
        ]
    );
    assert_eq!(found.anomalies(), []);
    assert_eq!(found.items[2].line, 1);
}

#[test]
fn a_direct_room_names_the_other_party() {
    let message = |rid: &str| {
        format!(
            r#"{{"messages":[{{"_id":"m","rid":"{rid}","msg":"x","ts":"1970-01-02T00:00:00Z",
            "u":{{"_id":"heronHeronHeron17","username":"heron"}}}}],"success":true}}"#
        )
    };
    let to = |rid: &str| only(&read("im", message(rid).as_bytes())).to;
    assert_eq!(to("heronHeronHeron17owlOwlOwlOwlOwl17"), ["owlOwlOwlOwlOwl17"]);
    assert_eq!(to("abcOwlOwlOwlOwl17heronHeronHeron17"), ["abcOwlOwlOwlOwl17"]);
    assert_eq!(to("heronHeronHeron17"), [""; 0]);
    assert_eq!(to("GENERAL"), [""; 0]);
}

#[test]
fn lists_of_rooms_and_users_are_read() {
    let rooms = r#"{"ims":[{"_id":"D1","t":"d","msgs":1,"uids":["a1","b2"],"usernames":["a","b"],
        "ts":"1970-01-02T00:00:00.000Z"}],"offset":0,"count":1,"total":1,"success":true}"#;
    let room = only(&read("ims", rooms.as_bytes()));
    assert_eq!((room.kind, room.conversation.as_deref()), (RecordKind::Other, Some("D1")));
    assert_eq!(room.to, ["a1", "b2"]);
    let users = r#"{"users":[{"_id":"u1","username":"heron","roles":["user"],"active":false}],
        "count":1,"success":true}"#;
    let user = only(&read("users", users.as_bytes()));
    assert_eq!((user.kind, user.from.as_deref()), (RecordKind::Contact, Some("u1")));
    assert_eq!((user.extra("username"), user.extra("active")), (vec!["heron"], vec!["false"]));
}

#[test]
fn a_list_under_an_unknown_key_is_read_by_its_content() {
    let message = line(r#""ts":1"#);
    let text = format!(r#"{{"messages":[{message}],"pinned":[{message},{{"a":1}}]}}"#);
    let found = read("reply", text.as_bytes());
    let seen: Vec<_> = found.records().map(|record| (record.kind, record.id.as_deref())).collect();
    use RecordKind::{Message, Other};
    assert_eq!(seen, [(Message, Some("m1")), (Message, Some("m1")), (Other, None)]);
    assert_eq!(found.records().nth(2).unwrap().extra("section"), ["pinned"]);
}

#[test]
fn a_room_export_takes_its_room_from_the_path() {
    let text = concat!(
        r#"{"msg":"hello","username":"heron","ts":"1970-01-02T00:00:00.000Z"}"#,
        "\n",
        r#"{"msg":"owl joined","username":"owl","ts":"1970-01-02T00:00:00.000Z","type":"uj"}"#
    );
    let found = read("birds/messages.json", text.as_bytes());
    let first = found.records().next().unwrap();
    assert_eq!(first.conversation.as_deref(), Some("birds"));
    assert_eq!(first.borrowed[0].origin, Origin::Path);
    assert_eq!((first.id.as_deref(), first.from.as_deref()), (None, Some("heron")));
    assert_eq!(found.records().nth(1).unwrap().kind, RecordKind::System);
}

#[test]
fn a_room_export_names_the_file_that_lies_beside_it() {
    let text = concat!(
        r#"{"msg":"said","username":"heron","ts":"1970-01-02T00:00:00.000Z","attachments":["#,
        r#"{"type":"file","title":"x.pdf","description":"a plan","url":"./assets/f9-x.pdf"},"#,
        r#"{"title":"elsewhere","url":"https://x.example/y"}]}"#
    );
    let line = only(&read("birds/messages.json", text.as_bytes()));
    assert_eq!(line.text.as_deref(), Some("said"), "a caption is no more than an empty text");
    assert_eq!(line.extra("file"), ["assets/f9-x.pdf"]);
    assert_eq!(line.extra("file_name"), ["x.pdf"]);
}

#[test]
fn a_quote_and_a_hidden_copy_point_to_their_message() {
    let quote = line(
        r#""ts":1,"attachments":[{"message_link":"https://x.example/c/b?msg=q9","text":"a"}]"#,
    );
    assert_eq!(only(&read("q", quote.as_bytes())).reply_to.as_deref(), Some("q9"));
    let hidden = line(r#""ts":1,"_hidden":true,"parent":"m0""#);
    let hidden = only(&read("h", hidden.as_bytes()));
    assert_eq!((hidden.extra("_hidden"), hidden.extra("parent")), (vec!["true"], vec!["m0"]));
}

#[test]
fn other_peoples_json_is_left_alone() {
    let others = [
        r#"{"messages":[],"success":true}"#,
        r#"{"messages":[{"_id":1,"text":"x"}]}"#,
        r#"{"_id":"x","username":"heron","score":3}"#,
        r#"{"msg":"started","ts":"1970-01-02T00:00:00Z","level":"info"}"#,
        r#"{"name":"Birds","type":"private_group","id":42,"messages":[]}"#,
    ];
    for other in others {
        let found = read("birds.json", other.as_bytes());
        assert_ne!(found.end(&[]).parser, "rocketchat", "{other}");
    }
}

#[test]
fn broken_structure_costs_only_what_is_broken() {
    let message = |id: &str| line(&format!(r#""ts":1,"x":"{id}""#)).replace("m1", id);
    let [one, two, three] = ["a1", "b2", "c3"].map(message);
    let ids = |found: &Found| {
        found.records().map(|record| record.id.clone().unwrap_or_default()).collect::<Vec<_>>()
    };
    for (list, kinds) in [
        (format!("{one} {two},{three}"), vec!["json.syntax"]),
        (format!("{one},,{two},{three},"), vec!["json.syntax", "json.syntax"]),
    ] {
        let found = read("x", format!(r#"{{"messages":[{list}],"success":true}}"#).as_bytes());
        assert_eq!(ids(&found), ["a1", "b2", "c3"], "{list}");
        let got: Vec<_> = found.anomalies().iter().map(|(kind, _)| *kind).collect();
        assert_eq!(got, kinds, "{list}");
    }
    for broken in [&two[..40], &two[..two.len() - 1], "junk", "}"] {
        let found = read("x", format!(r#"{{"messages":[{one},{broken},{three}]}}"#).as_bytes());
        assert_eq!(ids(&found), ["a1", "c3"], "{broken}");
        let got: Vec<_> = found.anomalies().iter().map(|(kind, _)| *kind).collect();
        assert_eq!(got, ["json.syntax", "rocketchat.resumed"], "{broken}");
        assert_eq!(found.end_anomalies(&[]), [""; 0], "{broken}");
        // The same on lines.
        let found = read("x", format!("{one}\n{broken}\n{three}\n").as_bytes());
        assert_eq!(ids(&found), ["a1", "c3"], "{broken} on a line");
    }
    // What stands where a colon is missing is looked at, too.
    let found = read("x", format!(r#"{{"messages":[{one}],"total" {three}}}"#).as_bytes());
    assert_eq!(ids(&found), ["a1", "c3"]);
    let found = read("x", format!(r#"{{"messages":[{one},{}"#, &two[..30]).as_bytes());
    assert_eq!(ids(&found), ["a1"]);
    assert_eq!(found.end_anomalies(&[]), ["json.truncated"]);
}

#[test]
fn long_and_deep_values_cost_only_themselves() {
    let [one, three] = ["a1", "c3"].map(|id| line(r#""ts":1"#).replace("m1", id));
    let deep = line(&format!(r#""md":{}1{}"#, "[".repeat(100_000), "]".repeat(100_000)));
    let objects = line(&format!(r#""md":{}1{}"#, r#"{"a":"#.repeat(100_000), "}".repeat(100_000)));
    let long = line(&format!(r#""md":"{}""#, "x".repeat(2 << 20)));
    for (broken, kind) in [
        (deep, "json.too_deep"),
        (objects, "json.too_deep"),
        (long, "json.too_long"),
        ("[".repeat(100_000), "json.too_deep"),
    ] {
        for text in [
            format!(r#"{{"messages":[{one},{broken},{three}]}}"#),
            format!("{one}\n{broken}\n{three}\n"),
        ] {
            let found = read("x", text.as_bytes());
            let ids: Vec<_> = found.records().filter_map(|record| record.id.as_deref()).collect();
            assert_eq!(ids, ["a1", "c3"], "{kind}");
            assert!(found.anomalies().contains(&(kind, String::new())), "{kind}");
        }
    }
}

/// The oracle is the `json` module of python3 (3.11.7 when this was written).
#[test]
fn python_reads_the_same_rows() {
    let script = python::PRELUDE.to_owned()
        + r#"
for m in json.loads(raw)['messages']:
    said = m['msg'] or '\n'.join(a['description'] for a in m.get('attachments', [])
                                if a['description'])
    row(m['_id'], m['u']['_id'], None if m.get('t') == 'e2e' else said, iso(m['ts']))
"#;
    let Some(rows) = python::lines("rocketchat", &script, HISTORY.as_bytes()) else {
        return;
    };
    assert_eq!(python::rows(&read("reply", HISTORY.as_bytes())), rows);
}
