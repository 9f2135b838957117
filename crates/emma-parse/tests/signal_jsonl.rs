//! Signal's plain text export, specimen by specimen. All of it is invented.

use crate::collect::{Found, Said, read};
use crate::python;
use emma_model::record::Origin;
use emma_model::{RecordKind, Zone};

const OWL: &str = "00010203-0405-0607-0809-0a0b0c0d0e0f";

/// The frames that name people and chats.
const HEAD: [&str; 8] = [
    r#"{"version":"1","backupTimeMs":"86500000","currentAppVersion":"8.0"}"#,
    r#"{"account":{"profileKey":"S0VZ","givenName":"Grey","familyName":"Heron",
        "accountSettings":{}}}"#,
    r#"{"recipient":{"id":"1","self":{}}}"#,
    r#"{"recipient":{"id":"2","contact":{"aci":"AAECAwQFBgcICQoLDA0ODw==",
        "e164":"10000000002","profileGivenName":"Owl","blocked":true}}}"#,
    r#"{"recipient":{"id":"3","group":{"masterKey":"TUFTVEVS",
        "snapshot":{"title":{"title":"Birds"},
        "members":[{"userId":"AAECAwQFBgcICQoLDA0ODw=="}]}}}}"#,
    r#"{"recipient":{"id":"4","releaseNotes":{}}}"#,
    r#"{"chat":{"id":"10","recipientId":"2","archived":true}}"#,
    r#"{"chat":{"id":"11","recipientId":"3"}}"#,
];

/// A frame stands on one line, however it is written here.
fn flat(text: &str) -> String {
    text.lines().map(str::trim_start).collect()
}

fn head() -> Vec<String> {
    HEAD.iter().map(|frame| flat(frame)).collect()
}

fn export(items: &[&str]) -> Found {
    let lines: Vec<String> =
        head().into_iter().chain(items.iter().map(|item| flat(item))).collect();
    read("main.jsonl", (lines.join("\n") + "\n").as_bytes())
}

fn item(author: u8, chat: u8, more: &str) -> String {
    format!(
        r#"{{"chatItem":{{"chatId":"{chat}","authorId":"{author}",
        "dateSent":"86400123",{more}}}}}"#
    )
}

fn one(author: u8, chat: u8, more: &str) -> Said {
    let found = export(&[&item(author, chat, more)]);
    assert_eq!(found.anomalies(), [], "{more}");
    assert_eq!(found.records().count(), HEAD.len() + 1);
    found.records().last().unwrap().clone()
}

#[test]
fn people_groups_and_the_owner_are_read() {
    let found = export(&[]);
    assert_eq!(found.end(&[]).parser, "signal-jsonl");
    assert_eq!(found.anomalies(), []);
    use RecordKind::{Account, Contact, Other};
    let kinds: Vec<_> = found.records().map(|record| record.kind).collect();
    assert_eq!(kinds, [Other, Account, Account, Contact, Other, Other, Other, Other]);
    let records: Vec<&Said> = found.records().collect();
    assert_eq!(records[1].from.as_deref(), Some("profile:S0VZ"));
    assert_eq!(records[1].extra("name"), ["Grey Heron"]);
    assert_eq!(records[2].from.as_deref(), Some("profile:S0VZ"));
    assert_eq!(records[3].from.as_deref(), Some(OWL));
    assert_eq!(
        (records[3].extra("phone"), records[3].extra("name")),
        (vec!["+10000000002"], vec!["Owl"])
    );
    assert_eq!(records[3].extra("blocked"), ["true"]);
    assert_eq!(records[4].conversation.as_deref(), Some("TUFTVEVS"));
    assert_eq!((records[4].to.len(), records[4].to[0].as_str()), (1, OWL));
    assert_eq!(records[6].conversation.as_deref(), Some(OWL));
}

#[test]
fn a_message_borrows_its_people_from_earlier_frames() {
    let got = one(
        2,
        10,
        r#""incoming":{"dateReceived":"86400200","dateServerSent":"86400150",
        "read":true},
        "standardMessage":{"text":{"body":"hoo \ud83e\udd89"},
        "quote":{"targetSentTimestamp":"86400000",
        "authorId":"1","text":{"body":"?"}},
        "reactions":[{"emoji":"+",
        "authorId":"1","sentTimestamp":"86400300"}]}"#
            .replace('\n', " ")
            .as_str(),
    );
    assert_eq!(got.kind, RecordKind::Message);
    assert_eq!(got.from.as_deref(), Some(OWL));
    assert_eq!(got.to, ["profile:S0VZ"]);
    assert_eq!(got.conversation.as_deref(), Some(OWL));
    assert_eq!(got.text.as_deref(), Some("hoo 🦉"));
    assert_eq!(got.id, Some(format!("{OWL}/86400123")));
    assert_eq!(got.reply_to.as_deref(), Some("profile:S0VZ/86400000"));
    let at = 86_400_123_000;
    assert_eq!(got.time, Some((at, at + 999, Zone::Declared, false)));
    assert_eq!((got.extra("name"), got.extra("chat")), (vec!["Owl"], vec!["Owl"]));
    assert_eq!(got.extra("date_server_sent"), ["86400150"]);
    assert_eq!(got.extra("reaction"), ["+ profile:S0VZ"]);
    let offset = head()[..3].iter().map(|line| line.len() as u64 + 1).sum();
    let origin = Origin::Leaf { offset, length: head()[3].len() as u64 };
    let from = got.borrowed.iter().find(|borrowed| borrowed.field == "from").unwrap();
    assert_eq!(from.origin, origin);
}

#[test]
fn every_sort_of_item_is_a_record() {
    let standard = |more: &str| format!(r#""outgoing":{{}},"standardMessage":{{{more}}}"#);
    let group = one(1, 11, &standard(r#""text":{"body":"all"}"#));
    assert_eq!((group.conversation.as_deref(), group.to.len()), (Some("TUFTVEVS"), 0));
    assert_eq!(group.extra("chat"), ["Birds"]);
    let file = one(
        1,
        10,
        &standard(
            r#""attachments":[{"pointer":{"contentType":"image/png","fileName":"nest.png",
        "attachmentLocator":{"cdnKey":"K","key":"a2V5","digest":"ZGln",
        "size":7}}},{"pointer":{"invalidAttachmentLocator":{}}}]"#,
        ),
    );
    assert_eq!(file.extra("file"), ["nest.png", ""]);
    assert_eq!((file.extra("file_key"), file.extra("file_digest")), (vec!["a2V5"], vec!["ZGln"]));
    assert_eq!((file.extra("file_bytes"), file.extra("file_missing")), (vec!["7"], vec!["true"]));
    assert_eq!(file.to, [OWL]);
    let gone = one(2, 10, r#""remoteDeletedMessage":{}"#);
    assert_eq!((gone.text, gone.extra.contains(&("deleted".into(), "true".into()))), (None, true));
    let revisions = r#""revisions":[{"dateSent":"1","standardMessage":{"text":{"body":"ho"}}}],
        "standardMessage":{"text":{"body":"hoo"}}"#;
    let edited = one(2, 10, revisions);
    assert_eq!(
        (edited.extra("edited"), edited.extra("earlier_versions")),
        (vec!["true"], vec!["1"])
    );
    let call = one(
        2,
        10,
        r#""updateMessage":{"individualCall":{"type":"AUDIO_CALL","direction":"INCOMING",
        "state":"MISSED","startedCallTimestamp":"86400123"}}"#,
    );
    assert_eq!(
        (call.kind, call.extra("state"), call.id.clone()),
        (RecordKind::Call, vec!["MISSED"], None)
    );
    let update = one(2, 10, r#""updateMessage":{"simpleUpdate":{"type":"JOINED_SIGNAL"}}"#);
    assert_eq!(update.kind, RecordKind::System);
    let once = one(2, 10, r#""viewOnceMessage":{}"#);
    assert_eq!((once.extra("view_once"), once.extra("file_missing")), (vec!["true"], vec!["true"]));
    let paid = one(2, 10, r#""paymentNotification":{"amountMob":"1.5","note":"seed"}"#);
    assert_eq!((paid.kind, paid.extra("note")), (RecordKind::Other, vec!["seed"]));
    assert_eq!(paid.extra("amountMob"), ["1.5"]);
}

#[test]
fn what_is_not_known_is_kept_and_told() {
    let found = export(&[
        r#"{"futureFrame":{"id":"1"}}"#,
        &item(2, 10, r#""futureMessage":{"a":1}"#),
        &item(99, 98, r#""standardMessage":{"text":{"body":"who"}}"#),
        r#"{"recipient":{"id":"7","alien":{}}}"#,
    ]);
    let kinds: Vec<_> = found.records().skip(HEAD.len()).map(|record| record.kind).collect();
    use RecordKind::{Message, Other};
    assert_eq!(kinds, [Other, Other, Message, Other]);
    let unknown = |field: &str| ("signal.recipient_unknown", field.to_owned());
    assert_eq!(
        found.anomalies(),
        [
            ("signal.item_unknown", String::new()),
            unknown("authorId"),
            unknown("chatId"),
            unknown("id"),
        ]
    );
    let record = found.records().nth(HEAD.len()).unwrap();
    assert_eq!(record.extra("futureFrame"), [r#"{"id":"1"}"#]);
}

/// Lines that Signal's own exporter wrote (`BackupJsonExporter` of libsignal, npm
/// `@signalapp/libsignal-client` 0.103.0) from invented frames in protocol buffers. It left out a
/// message that disappears, as it always does.
#[test]
fn what_signals_own_exporter_writes_is_read() {
    let text = include_str!("../../../fuzz/corpus/signal-jsonl/libsignal");
    let found = read("main.jsonl", text.as_bytes());
    assert_eq!(found.end(&[]).parser, "signal-jsonl");
    assert_eq!(found.anomalies(), []);
    assert_eq!(found.records().count(), text.lines().count());
    let owner = "profile:BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
    let group = "CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=";
    let millis = |record: &Said| record.time.unwrap().0 / 1_000 - 1_767_225_000_000;
    let items = found.records().filter(|record| record.extra("frame") == ["chatItem"]);
    let items: Vec<&Said> = items.collect();
    let rows: Vec<_> = items
        .iter()
        .map(|item| {
            let text = item.text.as_deref();
            let chat = item.conversation.as_deref().unwrap();
            (item.kind.name(), item.from.as_deref().unwrap(), chat, text, millis(item))
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("message", OWL, OWL, Some("hoo 🦉"), 600_123),
            ("message", owner, group, Some("all of you"), 700_000),
            ("message", OWL, OWL, None, 800_000),
            ("call", OWL, OWL, None, 900_000),
            ("system", OWL, OWL, None, 1_000_000),
            ("message", OWL, OWL, None, 1_200_000),
            ("message", owner, OWL, Some("hoo too"), 1_300_000),
            ("message", OWL, group, Some("North or south?"), 1_400_000),
            ("other", owner, OWL, None, 1_500_000),
        ]
    );
    assert_eq!(items[0].reply_to, Some(format!("{owner}/1767225500000")));
    assert_eq!(items[0].extra("reaction"), [format!("👍 {owner}")]);
    assert_eq!(items[1].extra("file"), ["nest.png", ""]);
    assert_eq!(items[1].extra("file_bytes"), ["1234"]);
    assert_eq!(items[1].extra("file_downloaded"), ["true"]);
    assert_eq!(items[1].extra("file_missing"), ["true"]);
    assert_eq!(items[2].extra("deleted"), ["true"]);
    assert_eq!(items[6].extra("earlier_versions"), ["1"]);
    let people: Vec<_> =
        found.records().filter_map(|record| record.extra("name").first().copied()).collect();
    assert_eq!(people[..3], ["Grey Heron", "Owl", "Birds"]);
}

#[test]
fn a_broken_line_costs_only_itself() {
    let good = item(2, 10, r#""standardMessage":{"text":{"body":"hoo"}}"#);
    for broken in ["junk", "{\"chatItem\":{", &good[..60], &good[..good.len() - 1]] {
        let found = export(&[&good, broken, &good]);
        assert_eq!(found.records().count(), HEAD.len() + 2, "{broken}");
        let kinds: Vec<_> = found.anomalies().into_iter().map(|(kind, _)| kind).collect();
        assert!(kinds.contains(&"signal.resumed"), "{broken}: {kinds:?}");
    }
}

#[test]
fn other_peoples_json_is_left_alone() {
    let others = [
        r#"{"chat":{"id":1,"title":"x"}}"#,
        r#"{"account":{"name":"x"}}"#,
        r#"{"version":"1","time":"2"}"#,
    ];
    for other in others {
        let found = read("main.jsonl", other.as_bytes());
        assert_ne!(found.end(&[]).parser, "signal-jsonl", "{other}");
    }
}

/// The oracle is the `json` module of python3 (3.11.7 when this was written).
#[test]
fn python_reads_the_same_texts_and_times() {
    let script = python::PRELUDE.to_owned()
        + r#"
for line in raw.splitlines():
    i = json.loads(line).get('chatItem')
    if i:
        text = i['standardMessage']['text']['body']
        print(json.dumps([text, int(i['dateSent']) * 1000], ensure_ascii=False))
"#;
    let said =
        |text: &str| item(2, 10, &format!(r#""standardMessage":{{"text":{{"body":"{text}"}}}}"#));
    let items = [said("hoo"), said(r"a\n\u00e9\ud83e\udd89"), said("")];
    let text = head().join("\n") + "\n" + &items.map(|item| flat(&item)).join("\n");
    let Some(rows) = python::lines("signal", &script, text.as_bytes()) else {
        return;
    };
    let found = read("main.jsonl", text.as_bytes());
    let ours: Vec<String> = found
        .records()
        .skip(HEAD.len())
        .map(|record| {
            let text = serde_json::to_string(record.text.as_ref().unwrap()).unwrap();
            format!("[{text}, {}]", record.time.unwrap().0)
        })
        .collect();
    assert_eq!(ours, rows);
}
