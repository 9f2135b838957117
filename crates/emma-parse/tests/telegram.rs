//! Telegram exports, specimen by specimen.

use crate::collect::{Found, read};
use emma_model::record::Origin;
use emma_model::{ItemClass, RecordKind, Zone};

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3_600 * SECOND;

fn chat(messages: &str) -> Found {
    let head = r#"{ "name": "Birds", "type": "private_group", "id": 42, "messages": ["#;
    read("result.json", format!("{head}{messages}]}}").as_bytes())
}

#[test]
fn a_new_message_is_read_with_its_second() {
    let found = chat(
        r#"{"id":5,"type":"message","date":"1970-01-02T01:00:00","date_unixtime":"86400",
        "from":"Heron","from_id":"user77","reply_to_message_id":4,
        "text":["see ",{"type":"text_link","text":"here","href":"https://example.org"},"!\u0041"],
        "text_entities":[{"type":"plain","text":"ignored"}]}"#,
    );
    let record = found.records().next().unwrap();
    assert_eq!(record.kind, RecordKind::Message);
    assert_eq!(record.id.as_deref(), Some("5"));
    assert_eq!(record.from.as_deref(), Some("user77"));
    assert_eq!(record.conversation.as_deref(), Some("42"));
    assert_eq!(record.text.as_deref(), Some("see here!A"));
    assert_eq!(record.reply_to.as_deref(), Some("4"));
    assert_eq!(record.time, Some((86_400 * SECOND, 86_401 * SECOND - 1, Zone::Declared, false)));
    let extra: Vec<_> =
        record.extra.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        extra,
        [
            ("from", "Heron"),
            ("chat", "Birds"),
            ("href", "https://example.org"),
            ("date", "1970-01-02T01:00:00")
        ]
    );
    assert_eq!(found.anomalies(), []);
    let Origin::Leaf { offset, length } = record.borrowed[0].origin else { panic!() };
    assert_eq!((offset, length), (found.items[0].offset, found.items[0].length));
    assert_eq!(found.items[0].class, ItemClass::Framing);
}

#[test]
fn an_old_message_has_a_number_for_a_sender_and_no_zone() {
    let found = chat(
        r#"{"id":5,"type":"message","date":"1970-01-02T00:00:00",
        "from":"Heron","from_id":77,"text":"hi"}"#,
    );
    let record = found.records().next().unwrap();
    assert_eq!(record.from.as_deref(), Some("77"));
    let day = 24 * HOUR;
    assert_eq!(
        record.time,
        Some((day - 14 * HOUR, day + 12 * HOUR + SECOND - 1, Zone::Unknown, false))
    );
    assert_eq!(found.anomalies(), []);
}

#[test]
fn service_messages_are_system_records() {
    let found = chat(
        r#"{"id":1,"type":"service","date":"1970-01-02T00:00:00","actor":"Heron","actor_id":77,
        "action":"create_group","title":"Birds","members":["Heron",null],"text":""}"#,
    );
    let record = found.records().next().unwrap();
    assert_eq!((record.kind, record.text.as_deref()), (RecordKind::System, None));
    assert_eq!(record.from.as_deref(), Some("77"));
    assert!(record.extra.contains(&("members".into(), r#"["Heron",null]"#.into())));
    assert_eq!(found.anomalies(), []);
}

#[test]
fn a_phone_call_is_a_call() {
    let found = chat(
        r#"{"id":1,"type":"service","date":"1970-01-02T00:00:00","actor":"Heron","actor_id":77,
        "action":"phone_call","duration_seconds":12,"discard_reason":"hangup","text":""}"#,
    );
    let record = found.records().next().unwrap();
    assert_eq!((record.kind, record.text.as_deref()), (RecordKind::Call, None));
    assert_eq!(record.from.as_deref(), Some("77"));
    assert_eq!(record.extra("duration_seconds"), ["12"]);
    assert_eq!(record.extra("discard_reason"), ["hangup"]);
    assert_eq!(found.anomalies(), []);
}

#[test]
fn contacts_of_an_account_are_contacts() {
    let account = r#"{"about":"x","personal_information":{"first_name":"Heron"},
        "contacts":{"about":"y","list":[{"user_id":0,"first_name":"Owl","last_name":"B",
        "phone_number":"+0","date":"1970-01-02T01:00:00","date_unixtime":"86400"},
        {"first_name":"Tit","phone_number":"","date":"1970-01-02T01:00:00"}]},
        "sessions":{"list":[{"last_ip":"::1","device_model":"D"}]}}"#;
    let found = read("result.json", account.as_bytes());
    let seen: Vec<_> = found.records().map(|r| (r.kind, r.extra("section").concat())).collect();
    use RecordKind::{Contact, Other};
    let kind = |kind: RecordKind, section: &str| (kind, section.to_owned());
    assert_eq!(
        seen,
        [
            kind(Other, "personal_information"),
            kind(Contact, "contacts"),
            kind(Contact, "contacts"),
            kind(Other, "sessions"),
        ]
    );
    let owl = found.records().nth(1).unwrap();
    let extra: Vec<_> = owl.extra.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(
        extra,
        [
            ("section", "contacts"),
            ("user_id", "0"),
            ("first_name", "Owl"),
            ("last_name", "B"),
            ("phone_number", "+0"),
            ("date", "1970-01-02T01:00:00"),
        ]
    );
    let at = 86_400 * SECOND;
    assert_eq!(owl.time, Some((at, at + SECOND - 1, Zone::Declared, false)));
    let tit = found.records().nth(2).unwrap();
    assert_eq!(tit.time.unwrap().2, Zone::Unknown);
    assert_eq!(found.anomalies(), []);
}

#[test]
fn an_account_has_many_chats_and_other_sections() {
    let message = |id: u32| {
        format!(r#"{{"id":{id},"type":"message","date":"1970-01-02","from_id":1,"text":"t{id}"}}"#)
    };
    let account = format!(
        r#"{{"about":"x","personal_information":{{"first_name":"Heron","phone_number":"+0"}},
        "contacts":{{"about":"y","list":[{{"first_name":"Owl"}},{{"first_name":"Tit"}}]}},
        "chats":{{"about":"z","list":[
        {{"name":"A","type":"personal_chat","id":1,"messages":[{},{}]}},
        {{"type":"saved_messages","id":2,"messages":[{}]}}]}},
        "left_chats":{{"list":[{{"name":"C","type":"private_group","id":3,"messages":[{}]}}]}}}}"#,
        message(1),
        message(2),
        message(1),
        message(1)
    );
    let found = read("result.json", account.as_bytes());
    let seen: Vec<_> = found
        .records()
        .map(|r| {
            (r.kind, r.conversation.clone().unwrap_or_default(), r.id.clone().unwrap_or_default())
        })
        .collect();
    let message = |conversation: &str, id: &str| {
        (RecordKind::Message, conversation.to_owned(), id.to_owned())
    };
    let outside = |kind: RecordKind| (kind, String::new(), String::new());
    assert_eq!(
        seen,
        [
            outside(RecordKind::Other),
            outside(RecordKind::Contact),
            outside(RecordKind::Contact),
            message("1", "1"),
            message("1", "2"),
            message("2", "1"),
            message("3", "1")
        ]
    );
    assert_eq!(found.anomalies(), []);
    assert_eq!(found.end_anomalies(&[]), [""; 0]);
}

#[test]
fn every_fault_of_a_message_is_told_with_its_field() {
    let cases = [
        (r#""type":"odd""#, "telegram.type_unknown", "type"),
        (r#""from_id":"heron""#, "telegram.wrong_type", "from_id"),
        (r#""from_id":{}"#, "telegram.wrong_type", "from_id"),
        (r#""text":{"x":1}"#, "telegram.wrong_type", "text"),
        (r#""text":[1]"#, "telegram.wrong_type", "text"),
        (r#""id":"five""#, "telegram.wrong_type", "id"),
        (r#""date":"yesterday""#, "time.unreadable", "date"),
        (r#""media_type":"smell""#, "telegram.media_type_unknown", "media_type"),
        (r#""plumage":"grey""#, "telegram.key_unknown", "plumage"),
        (r#""text":"\ud800""#, "json.lone_surrogate", "text"),
        (r#""text":"a","text":"b""#, "json.key_repeated", "text"),
    ];
    let all = ["id", "type", "date", "from_id", "text"];
    let good = [
        r#""id":5"#,
        r#""type":"message""#,
        r#""date":"1970-01-02T00:00:00""#,
        r#""from_id":7"#,
        r#""text":"t""#,
    ];
    for (change, kind, field) in cases {
        let kept =
            all.iter().zip(good).filter(|(name, _)| !change.starts_with(&format!("\"{name}\"")));
        let members: Vec<_> = kept.map(|(_, member)| member).chain([change]).collect();
        let found = chat(&format!("{{{}}}", members.join(",")));
        assert_eq!(found.anomalies(), [(kind, field.to_owned())], "{change}");
        assert_eq!(found.records().count(), 1);
    }
    for (at, field) in all.iter().enumerate() {
        let members: Vec<_> =
            (0..5).filter(|other| *other != at).map(|other| good[other]).collect();
        let found = chat(&format!("{{{}}}", members.join(",")));
        assert_eq!(found.anomalies(), [("telegram.field_missing", field.to_string())]);
    }
    let found = chat(
        r#"{"id":5,"type":"service","date":"1970-01-02T00:00:00","from_id":7,
        "file":"x","text":""}"#,
    );
    assert_eq!(
        found.anomalies(),
        [
            ("telegram.field_missing", "action".to_owned()),
            ("telegram.service_with_message_data", "from_id".to_owned())
        ]
    );
}

#[test]
fn an_id_used_twice_names_only_the_first() {
    let message =
        r#"{"id":5,"type":"message","date":"1970-01-02T00:00:00","from_id":7,"text":"t"}"#;
    let found = chat(&format!("{message},{message}"));
    let ids: Vec<_> = found.records().map(|record| record.id.as_deref()).collect();
    assert_eq!(ids, [Some("5"), None]);
    assert_eq!(found.anomalies(), [("telegram.id_repeated", "id".to_owned())]);
}

const GOOD: [&str; 3] = [
    r#"{"id":1,"type":"message","date":"1970-01-02T00:00:00","from_id":7,"text":"one"}"#,
    r#"{"id":2,"type":"message","date":"1970-01-02T00:00:00","from_id":7,"text":"two"}"#,
    r#"{"id":3,"type":"message","date":"1970-01-02T00:00:00","from_id":7,"text":"three"}"#,
];

fn texts(found: &Found) -> Vec<&str> {
    found.records().filter_map(|record| record.text.as_deref()).collect()
}

#[test]
fn broken_syntax_costs_only_what_is_broken() {
    let [one, two, three] = GOOD;
    // A comma missing, doubled, or before the end.
    for messages in [
        format!("{one} {two},{three}"),
        format!("{one},,{two},{three}"),
        format!("{one},{two},{three},"),
    ] {
        let found = chat(&messages);
        assert_eq!(texts(&found), ["one", "two", "three"], "{messages}");
        assert_eq!(found.anomalies(), [("json.syntax", String::new())], "{messages}");
    }
    // A message cut short in the middle, junk between, a wrong bracket.
    for broken in [&two[..40], &two[..two.len() - 1], "junk", "}", &two.replace(':', ";")] {
        let found = chat(&format!("{one},{broken},{three}"));
        assert_eq!(texts(&found), ["one", "three"], "{broken}");
        assert!(found.anomalies().iter().any(|(kind, _)| *kind == "json.syntax"), "{broken}");
        let conversations: Vec<_> =
            found.records().map(|record| record.conversation.as_deref()).collect();
        assert_eq!(conversations, [Some("42"), Some("42")]);
    }
}

#[test]
fn a_cut_export_gives_what_is_whole() {
    let whole = format!(r#"{{"type":"bot_chat","id":9,"messages":[{},{}]}}"#, GOOD[0], GOOD[1]);
    let found = read("x.json", &whole.as_bytes()[..whole.len() - 10]);
    assert_eq!(texts(&found), ["one"]);
    assert_eq!(found.anomalies(), [("json.truncated", String::new())]);
    assert_eq!(found.end_anomalies(&[]), ["json.truncated"]);
}

#[test]
fn two_exports_in_one_file_keep_their_chats_apart() {
    let chat = |id: u32, message: &str| {
        format!(r#"{{"type":"bot_chat","id":{id},"messages":[{message}]}}"#)
    };
    let found = read("x.json", format!("{}\n{}", chat(1, GOOD[0]), chat(2, GOOD[0])).as_bytes());
    let seen: Vec<_> = found
        .records()
        .map(|r| (r.conversation.as_deref().unwrap(), r.id.as_deref().unwrap()))
        .collect();
    assert_eq!(seen, [("1", "1"), ("2", "1")]);
}

#[test]
fn long_and_deep_values_cost_only_themselves() {
    let long = format!(r#"{{"id":2,"type":"message","text":"{}"}}"#, "x".repeat(2 << 20));
    let found = chat(&format!("{},{long},{}", GOOD[0], GOOD[2]));
    assert_eq!(texts(&found), ["one", "three"]);
    assert!(found.anomalies().contains(&("json.too_long", String::new())));
    let deep = format!(
        r#"{{"id":2,"type":"message","text":{}1{}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let found = chat(&format!("{},{deep},{}", GOOD[0], GOOD[2]));
    assert_eq!(texts(&found), ["one", "three"]);
    assert!(found.anomalies().contains(&("json.too_deep", String::new())));
}
