//! WhatsApp exports, specimen by specimen.

use crate::collect::{Found, Said, read, read_with};
use emma_model::record::Origin;
use emma_model::{ItemClass, RecordKind, Zone};
use emma_parse::Limits;
use std::process::Command;

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

fn seconds(iso: &str) -> i64 {
    iso.parse::<jiff::Timestamp>().unwrap().as_microsecond()
}

fn told(found: &Found) -> Vec<(RecordKind, &str, &str)> {
    let tell = |record: &'_ Said| -> (RecordKind, &str, &str) {
        let leak = |value: &Option<String>| &*value.clone().unwrap_or_default().leak();
        (record.kind, leak(&record.from), leak(&record.text))
    };
    found.records().map(tell).collect()
}

/// Earliest and latest local time of each record.
fn local(found: &Found) -> Vec<(i64, i64)> {
    let times = found.records().map(|record| record.time.unwrap());
    times.map(|(lo, hi, ..)| (lo + 14 * HOUR, hi - 12 * HOUR + 1)).collect()
}

const ANDROID: &str = "31/01/2020, 21:04 - Messages and calls are end-to-end encrypted.\n\
    31/01/2020, 21:04 - Heron created group \"Birds: all\"\n\
    31/01/2020, 21:05 - Heron: first line\nsecond line\n\nfourth: line\n\
    31/01/2020, 21:06 - +44 7700 900123: \u{200e}IMG-20200131-WA0001.jpg (file attached)\nlook\n\
    01/02/2020, 09:00 - Owl: <Media omitted>\n\
    01/02/2020, 09:01 - Owl: This message was deleted\n\
    01/02/2020, 09:02 - Owl: twoo <This message was edited>\n";

#[test]
fn an_android_export_gives_a_record_a_message() {
    let found = read("WhatsApp Chat with Birds.txt", ANDROID.as_bytes());
    use RecordKind::{Message, System};
    assert_eq!(
        told(&found),
        [
            (System, "", "Messages and calls are end-to-end encrypted."),
            (System, "", "Heron created group \"Birds: all\""),
            (Message, "Heron", "first line\nsecond line\n\nfourth: line"),
            (Message, "+44 7700 900123", "look"),
            (Message, "Owl", ""),
            (Message, "Owl", "This message was deleted"),
            (Message, "Owl", "twoo"),
        ]
    );
    let extra: Vec<_> = found.records().flat_map(|record| record.extra.clone()).collect();
    let extra: Vec<_> = extra.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        extra,
        [
            ("file", "IMG-20200131-WA0001.jpg"),
            ("media_omitted", "Media omitted"),
            ("edited", "This message was edited"),
        ]
    );
    assert!(found.records().all(|record| record.conversation.as_deref() == Some("Birds")));
    let record = found.records().nth(2).unwrap();
    let at = seconds("2020-01-31T21:05:00Z");
    let unknown = (at - 14 * HOUR, at + 12 * HOUR + MINUTE - 1, Zone::Unknown, true);
    assert_eq!(record.time, Some(unknown));
    assert!(record.borrowed.iter().any(|b| b.field == "time" && b.origin == Origin::Neighbours));
    assert_eq!(found.anomalies(), []);
    assert_eq!(found.end(&[]).parser, "whatsapp-text");
    assert_eq!(found.end_anomalies(&[]), [] as [&str; 0]);
}

const IOS: &str = "[1/2/20, 9:04:05\u{202f}PM] Birds: \u{200e}Messages and calls are \
    end-to-end encrypted.\r\n\
    [1/2/20, 9:04:06\u{202f}PM] Birds: \u{200e}Heron added you\r\n\
    \u{200e}[1/13/20, 12:00:00\u{202f}AM] ~\u{202f}Heron: \
    \u{200e}<attached: 00000012-PHOTO-2020.jpg>\r\n\
    [1/13/20, 12:00:01\u{202f}PM] \u{202a}+44 7700 900123\u{202c}: one\ntwo\r\n\
    \u{200e}[1/13/20, 12:00:02\u{202f}PM] Heron: \u{200e}sticker omitted\r\n\
    [1/13/20, 12:00:03\u{202f}PM] ~\u{202f}Heron: \u{200e}This message was deleted.\r\n";

#[test]
fn an_ios_export_in_a_zip_is_named_by_it_and_its_group_does_not_speak() {
    let zip = crate::containers::zip(&[("_chat.txt", IOS.as_bytes())]);
    let found = read("WhatsApp Chat - Birds.zip", &zip);
    use RecordKind::{Message, System};
    assert_eq!(
        told(&found),
        [
            (System, "", "\u{200e}Messages and calls are end-to-end encrypted."),
            (System, "", "\u{200e}Heron added you"),
            (Message, "Heron", ""),
            (Message, "+44 7700 900123", "one\ntwo"),
            (Message, "Heron", ""),
            (Message, "Heron", "\u{200e}This message was deleted."),
        ]
    );
    assert!(found.records().all(|record| record.conversation.as_deref() == Some("Birds")));
    let times = local(&found);
    assert_eq!(times[0].0, seconds("2020-01-02T21:04:05Z"), "13 is no month");
    assert_eq!(times[2].0, seconds("2020-01-13T00:00:00Z"));
    assert_eq!(times[3], (seconds("2020-01-13T12:00:01Z"), seconds("2020-01-13T12:00:02Z")));
    let extra = |at: usize| found.records().nth(at).unwrap().extra.clone();
    let pair = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    assert_eq!(extra(0), pair("shown_as", "Birds"));
    // One who is not in the address book, then one who is: the tilde is no part of the name.
    let unsaved = |name: &str, value: &str| [pair("unsaved", "yes"), pair(name, value)].concat();
    assert_eq!(extra(2), unsaved("file", "00000012-PHOTO-2020.jpg"));
    assert_eq!(extra(4), pair("media_omitted", "sticker omitted"));
    assert_eq!(extra(5), unsaved("app_words", "yes"));
}

#[test]
fn an_order_that_cannot_be_told_spans_both_readings() {
    let found = read("chat.txt", b"1/2/20, 10:00 - Heron: a\n3/2/20, 10:00 - Heron: b\n");
    let times = local(&found);
    let end = |iso| seconds(iso) + MINUTE;
    assert_eq!(times[0], (seconds("2020-01-02T10:00:00Z"), end("2020-02-01T10:00:00Z")));
    assert_eq!(times[1], (seconds("2020-02-03T10:00:00Z"), end("2020-03-02T10:00:00Z")));
    assert_eq!(found.end_anomalies(&[]), ["time.date_order"]);
    let extra = &found.records().next().unwrap().extra;
    assert_eq!(extra[0].0, "date_order");
    let found = read("chat.txt", b"2020/1/2, 10:00 - Heron: a\n");
    assert!(!found.records().next().unwrap().time.unwrap().3, "nothing was inferred");
}

#[test]
fn a_half_of_the_day_nobody_knows_spans_both() {
    let found = read("chat.txt", "13/1/20, 3:00 xy - Heron: a\n".as_bytes());
    let times = local(&found);
    assert_eq!(times[0].0, seconds("2020-01-13T03:00:00Z"));
    assert_eq!(times[0].1, seconds("2020-01-13T15:01:00Z"));
    assert_eq!(found.anomalies(), [("time.half_day", "time".to_owned())]);
}

#[test]
fn other_logs_are_not_taken() {
    for (name, text) in [
        ("a.txt", "[15:04] <heron> hi\n[15:05] <owl> yo\n"),
        ("a.log", "[2020-01-02 15:04:05] <heron> hi\n[2020-01-02 15:05:05] <owl> yo\n"),
        ("a.log", "[2020-01-02 15:04:05] local.ERROR: it broke\n"),
        ("a.log", "[2020-01-02 15:04:05] worker: it broke\n"),
        ("a.log", "2020-01-02 15:04:05 - worker: it broke\n"),
        ("a.log", "01/02/2020 15:04:05 - WARN: it broke\n"),
        ("a.txt", "[03/04/2020 10:11:12] Heron: copied from another messenger\n"),
        ("a.txt", "[4/3/2020 10:11:12 AM] Heron: copied from another messenger\n"),
        ("a.log", "01/02/2020 15:04:05 - worker: it broke\n"),
        ("a.csv", "date;time;from\n1/2/20;10:00;Heron\n"),
        ("a.txt", "Dear all,\n1/2/20, 10:00 - Heron: a\n"),
    ] {
        let found = read(name, text.as_bytes());
        assert_ne!(found.end(&[]).parser, "whatsapp-text", "{text}");
    }
    let found = read("_chat.txt", b"[2020-01-02 15:04:05] Heron: hi\n");
    assert_eq!(found.end(&[]).parser, "whatsapp-text", "the name breaks the tie");
}

#[test]
fn what_is_too_long_is_cut_and_told() {
    let limits = Limits { record_bytes_max: 60, ..Limits::default() };
    let line = "x".repeat(30);
    let text =
        format!("1/2/20, 10:00 - Heron: a\n{line}\n{line}\n{line}\n13/2/20, 10:00 - Owl: b\n");
    let found = read_with("c.txt", text.as_bytes(), &limits);
    assert_eq!(found.records().count(), 2);
    let kinds: Vec<_> = found.anomalies().into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["whatsapp.cut", "whatsapp.too_long", "whatsapp.too_long"]);
    let long = "y".repeat(200);
    let text = format!("1/2/20, 10:00 - Heron: {long}\n13/2/20, 10:00 - Owl: b\n");
    let found = read_with("c.txt", text.as_bytes(), &limits);
    assert_eq!(found.records().count(), 1);
    assert!(found.items[0].class == ItemClass::Anomaly);
}

/// Independent: the npm package whatsapp-chat-parser 4.0.2, where node and it are installed.
#[test]
fn an_independent_reader_finds_the_same_messages() {
    let test = "an_independent_reader_finds_the_same_messages";
    let script = "const p = require('whatsapp-chat-parser');\
        let s = require('fs').readFileSync(0, 'utf8');\
        for (const m of p.parseString(s)) { const d = m.date; \
        console.log(JSON.stringify([Date.UTC(d.getFullYear(), d.getMonth(), d.getDate(), \
        d.getHours(), d.getMinutes(), d.getSeconds()) / 1000, m.author, m.message])); }";
    let Some(modules) = node_modules() else {
        println!("skipped: {test}: node is not here");
        return;
    };
    for (name, text) in [
        ("android", ANDROID),
        ("ios", IOS),
        ("german", "02.01.20, 15:04 - Reiher: hallo\n31.01.20, 15:04 - Eule: ja\nnoch\n"),
        ("spanish", "31/1/20 3:04 p. m. - Garza: hola\n31/1/20 11:04 a. m. - Búho: sí\n"),
        ("finnish", "31.1.2020 klo 15.04 - Haikara: hei\n1.2.2020 klo 9.04 - Pöllö: no\n"),
        ("dutch", "31-01-2020 15:04 - Reiger: hoi\n01-02-2020 09:00 - Uil: ja\n"),
        ("swedish", "[2020-01-31, 15:04:05] Häger: hej\n[2020-02-01, 09:00:00] Uggla: ja\n"),
        ("american", "1/2/20, 12:04 AM - Heron: hi\n1/31/20, 12:04 PM - Owl: yo\n"),
    ] {
        let Some(lines) = node(&modules, script, text) else {
            println!("skipped: {test}: whatsapp-chat-parser is not here");
            return;
        };
        let theirs: Vec<(i64, Option<String>, String)> =
            lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let found = read("chat.txt", text.as_bytes());
        assert_eq!(found.end(&[]).parser, "whatsapp-text", "{name}");
        assert_eq!(theirs.len(), found.records().count(), "{name}");
        let ours = found.records().zip(local(&found)).zip(theirs);
        for ((record, (lo, _)), (at, author, message)) in ours {
            assert_eq!(lo / SECOND, at, "{name}");
            // It takes the group's own lines for a person's, titles with a colon for names, and
            // leaves the app's tilde before a name.
            let app = record.kind == RecordKind::System;
            let author = author.map(|author| {
                let name = author.trim_matches(is_mark);
                name.strip_prefix("~\u{202f}").unwrap_or(name).to_owned()
            });
            assert!(app || author == record.from, "{name}");
            let plain = record.extra.is_empty() && !app;
            let message = message.trim_end().to_owned();
            assert!(!plain || record.text.as_ref() == Some(&message), "{name}");
        }
    }
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{202a}'..='\u{202e}')
}

/// Where npm keeps packages installed for everybody.
fn node_modules() -> Option<String> {
    Command::new("node").arg("--version").output().ok()?;
    let root = Command::new("npm").args(["root", "-g"]).output().ok()?;
    Some(String::from_utf8(root.stdout).ok()?.trim().to_owned())
}

fn node(modules: &str, script: &str, input: &str) -> Option<String> {
    use std::io::Write;
    let mut child = Command::new("node")
        .args(["-e", script])
        .env("NODE_PATH", modules)
        .env("TZ", "UTC")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(input.as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}
