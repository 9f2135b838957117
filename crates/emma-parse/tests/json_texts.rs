//! Any text, written as JSON by serde_json, comes back from every format made of JSON objects.

use crate::collect::{Found, read};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A document of one format that says `texts`, in the form its writers use.
fn document(format: &str, texts: &[String]) -> Value {
    let list = |message: &dyn Fn(usize, &str) -> Value| -> Value {
        texts.iter().enumerate().map(|(at, text)| message(at, text)).collect()
    };
    match format {
        "rocketchat" => json!({"success": true, "messages": list(&|at, text| {
            json!({"_id": format!("m{at}"), "rid": "R", "msg": text, "ts": {"$date": at},
                "u": {"_id": "heron", "username": text}})
        })}),
        "matrix" => json!({"room_name": "Birds", "export_date": "x", "messages": list(&|at, text| {
            json!({"type": "m.room.message", "sender": "@heron:x", "event_id": format!("${at}"),
                "origin_server_ts": at, "content": {"msgtype": "m.text", "body": text}})
        })}),
        "slack" => list(&|at, text| {
            json!({"type": "message", "user": "U00HERON1", "ts": format!("{at}.000000"),
                "text": text, "blocks": [{"text": text}]})
        }),
        "discord" => list(&|at, text| {
            json!({"id": (ID + at as u64).to_string(), "channel_id": "622810296226152474",
                "content": text, "author": {"id": "672145484864815001", "username": text},
                "type": 0, "timestamp": "2020-01-01T00:00:00.123+00:00"})
        }),
        _ => list(&|at, text| {
            json!({"burnerId": "b", "contactPhoneNumber": "+1", "direction": 1, "messageType": 2,
                "id": at.to_string(), "dateCreated": at, "message": text})
        }),
    }
}

/// An id of Discord's that was given out at 2020-01-01T00:00:00.123Z.
const ID: u64 = (1_577_836_800_123 - 1_420_070_400_000) << 22;

fn check(format: &str, name: &str, texts: &[String]) -> Result<(), TestCaseError> {
    let document = document(format, texts);
    for bytes in [serde_json::to_vec(&document), serde_json::to_vec_pretty(&document)] {
        let found: Found = read(name, &bytes.unwrap());
        prop_assert_eq!(&found.end(&[]).parser, format);
        let got: Vec<&str> =
            found.records().map(|record| record.text.as_deref().unwrap_or_default()).collect();
        prop_assert_eq!(got, texts);
        let odd = found.anomalies().into_iter().map(|(kind, _)| kind);
        let odd: Vec<_> =
            odd.filter(|kind| !matches!(*kind, "text.control" | "text.bidi")).collect();
        prop_assert_eq!(odd, Vec::<&str>::new());
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_comes_back(texts in prop::collection::vec(any::<String>(), 1..6)) {
        for format in ["rocketchat", "matrix", "slack", "discord", "burner"] {
            check(format, "birds/messages.json", &texts)?;
        }
    }

    #[test]
    fn any_text_comes_back_from_signal(texts in prop::collection::vec(any::<String>(), 1..6)) {
        let recipient = json!({"recipient": {"id": "1", "contact": {"e164": "1"}}});
        let chat = json!({"chat": {"id": "1", "recipientId": "1"}});
        let items = texts.iter().map(|text| {
            json!({"chatItem": {"chatId": "1", "authorId": "1", "dateSent": "1",
                "standardMessage": {"text": {"body": text}}}})
        });
        let lines: Vec<String> =
            [recipient, chat].into_iter().chain(items).map(|line| line.to_string()).collect();
        let found = read("main.jsonl", lines.join("\n").as_bytes());
        let got = found.records().skip(2).map(|record| record.text.clone().unwrap());
        prop_assert_eq!(got.collect::<Vec<_>>(), texts);
    }
}
