//! Burner's API bodies, specimen by specimen (invented), and cached ones beside the checkout.

use crate::collect::{Found, Got, Said, read};
use emma_model::{RecordKind, Zone};
use std::path::PathBuf;

const MESSAGES: &str = r#"[
{"assetUrl":null,"autoReply":false,"burnerId":"b-1","connected":true,"contactBurnerId":null,
 "contactId":null,"contactPhoneNumber":"+10000000002","dateCreated":86400123,"direction":1,
 "duration":null,"id":"m-1","lastUpdatedDate":86400124,"message":"hoo","messageDuration":null,
 "messageType":2,"read":true,"sid":null,"state":1,"userId":"u-1","voiceUrl":null},
{"assetUrl":"https://s.example/mms/nest.jpg","burnerId":"b-1","contactPhoneNumber":"+10000000002",
 "dateCreated":86400200,"direction":2,"id":"m-2","message":"","messageType":2,"state":1},
{"burnerId":"b-1","contactPhoneNumber":"+10000000002","dateCreated":86400300,"direction":1,
 "id":"m-3","message":"","messageType":1,"messageDuration":9.0,"state":5,
 "voiceUrl":"https://s.example/voicemail/a.wav"}]"#;

#[test]
fn messages_and_calls_are_read() {
    let found = read("fsCachedData/0A", MESSAGES.as_bytes());
    assert_eq!(found.end(&[]).parser, "burner");
    assert_eq!(found.anomalies(), []);
    let records: Vec<&Said> = found.records().collect();
    let kinds: Vec<_> = records.iter().map(|record| record.kind).collect();
    assert_eq!(kinds, [RecordKind::Message, RecordKind::Message, RecordKind::Call]);
    assert_eq!(records[0].from.as_deref(), Some("+10000000002"));
    assert_eq!(records[0].to, ["b-1"]);
    assert_eq!(records[0].conversation.as_deref(), Some("b-1/+10000000002"));
    assert_eq!((records[0].id.as_deref(), records[0].text.as_deref()), (Some("m-1"), Some("hoo")));
    let at = 86_400_123_000;
    assert_eq!(records[0].time, Some((at, at + 999, Zone::Declared, false)));
    assert_eq!(
        (records[1].from.as_deref(), records[1].to[0].as_str()),
        (Some("b-1"), "+10000000002")
    );
    assert_eq!(records[1].extra("file"), ["nest.jpg"]);
    assert_eq!(
        (records[2].extra("voicemail"), records[2].extra("messageDuration")),
        (vec!["true"], vec!["9.0"])
    );
}

#[test]
fn contacts_numbers_and_the_account_are_read() {
    let cases = [
        (
            r#"[{"blocked":false,"burnerIds":["b-1"],"dateCreated":1,"id":"c-1","name":"Owl",
             "phoneNumber":"+10000000002"}]"#,
            RecordKind::Contact,
            "+10000000002",
        ),
        (
            r#"[{"dateCreated":1,"entitlements":{},"expirationDate":2,"id":"b-1",
             "phoneNumber":"+10000000001","settings":{}}]"#,
            RecordKind::Account,
            "b-1",
        ),
        (
            r#"{"token":"t","user":{"id":"u-1","phoneNumber":"+10000000000","dateCreated":1,
             "totalNumberBurners":1}}"#,
            RecordKind::Account,
            "+10000000000",
        ),
    ];
    for (body, kind, from) in cases {
        let found = read("body", body.as_bytes());
        assert_eq!(found.end(&[]).parser, "burner", "{body}");
        let record = found.records().next().unwrap();
        assert_eq!((record.kind, record.from.as_deref()), (kind, Some(from)));
        assert_eq!(record.time.unwrap().0, 1_000);
        assert_eq!(found.anomalies(), []);
    }
}

#[test]
fn other_peoples_json_is_left_alone() {
    for other in [r#"[{"burnerId":"x"}]"#, r#"[{"phoneNumber":"+1","dateCreated":1}]"#] {
        assert_ne!(read("birds.json", other.as_bytes()).end(&[]).parser, "burner", "{other}");
    }
}

#[test]
fn a_message_without_a_direction_names_nobody() {
    let body = MESSAGES.replacen("\"direction\":1", "\"direction\":7", 1);
    let found = read("body", body.as_bytes());
    assert_eq!(found.anomalies(), [("burner.field_missing", "direction".to_owned())]);
    let first = found.records().next().unwrap();
    assert_eq!((first.from.as_deref(), first.extra("direction")), (None, vec!["7"]));
    assert_eq!(first.extra("burnerId"), ["b-1"]);
}

/// What iLEAPP (its `burnerCache` of 2025-06-21) reads from the same zip: messages in cells of the
/// cache and in files beside it.
#[test]
fn the_cached_messages_of_a_phone_are_the_listed_ones() {
    let test = "the_cached_messages_of_a_phone_are_the_listed_ones";
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/ios");
    let zip = data.join("zips/testdata.burnerCache.burnerCache_messages.josh_ios15_ffs.zip");
    let listed = data.join(
        "expected/burnerCache/burnerCache.burnerCache_messages.josh_ios15_ffs.20250621013336.json",
    );
    let (Ok(zip), Ok(listed)) = (std::fs::read(zip), std::fs::read(listed)) else {
        println!("skipped: {test}: ../shared/data is absent");
        return;
    };
    let listed: serde_json::Value = serde_json::from_slice(&listed).unwrap();
    let rows = listed["data"][0].as_array().unwrap().iter();
    let text = |row: &serde_json::Value, at: usize| row[at].as_str().unwrap_or_default().to_owned();
    let mut theirs: Vec<[String; 6]> = rows
        .map(|row| {
            let kind = text(row, 7);
            let said = matches!(kind.as_str(), "Text" | "Picture");
            // The words of calls are the tool's own.
            let said = if said { text(row, 6) } else { String::new() };
            let kind = if kind == "Picture" { "Text".to_owned() } else { kind };
            // It adds the contact's name to some numbers.
            let contact = text(row, 0).split(' ').next().unwrap_or_default().to_owned();
            [text(row, 10), text(row, 1), text(row, 2), contact, said, kind]
        })
        .collect();
    let found = read("burner.zip", &zip);
    let of_burner = |item: &&Got| {
        let ends = found.ends.iter();
        ends.filter(|end| end.path == item.member).any(|end| end.parser == "burner")
    };
    let items = found.items.iter().filter(of_burner).cloned().collect();
    let found = Found { items, ends: Vec::new() };
    assert_eq!(found.anomalies(), []);
    let talk = |said: &&Said| matches!(said.kind, RecordKind::Message | RecordKind::Call);
    let mut ours: Vec<[String; 6]> = found.records().filter(talk).map(row).collect();
    ours.sort();
    theirs.sort();
    // What stands in several bodies is as many records; the tool lists some of it once.
    assert_eq!((ours.len(), theirs.len()), (20, 18));
    ours.dedup();
    theirs.dedup();
    assert_eq!(ours, theirs);
}

/// A record as the tool's table would show it.
fn row(record: &Said) -> [String; 6] {
    let micros = record.time.unwrap().0;
    let at = jiff::Timestamp::from_second(micros / 1_000_000).unwrap();
    let out = record.extra("outgoing") == ["true"];
    let contact = if out { record.to[0].clone() } else { record.from.clone().unwrap() };
    let kind = match (record.kind, record.extra("voicemail").is_empty()) {
        (RecordKind::Call, false) => "Voicemail",
        (RecordKind::Call, true) => "Call",
        _ => "Text",
    };
    [
        record.id.clone().unwrap(),
        at.strftime("%Y-%m-%d %H:%M:%S+00:00").to_string(),
        if out { "Outgoing" } else { "Incoming" }.to_owned(),
        contact,
        record.text.clone().unwrap_or_default(),
        kind.to_owned(),
    ]
}
