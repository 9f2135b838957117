//! One chat seen by a phone, a partner's spreadsheet and a server: three records of each message,
//! rows verified like spans.

use crate::world::World;
use emma_case::progress::Silent;
use emma_case::verify;
use emma_model::{Place, RecordId};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::Path;

const TEXTS: [(&str, &str, u32); 3] = [
    ("15550001", "pick up at nine", 0),
    ("15550002", "which door", 60),
    ("15550001", "the blue one", 120),
];

fn phone(path: &Path) {
    let db = Connection::open(path).unwrap();
    db.execute_batch(
        "CREATE TABLE jid (_id INTEGER PRIMARY KEY, user TEXT, server TEXT, raw_string TEXT);
         CREATE TABLE chat (_id INTEGER PRIMARY KEY, jid_row_id INTEGER, subject TEXT);
         CREATE TABLE message (_id INTEGER PRIMARY KEY, chat_row_id INTEGER,
           sender_jid_row_id INTEGER,
           from_me INTEGER, key_id TEXT, timestamp INTEGER, received_timestamp INTEGER,
           message_type INTEGER, text_data TEXT, status INTEGER, starred INTEGER);
         INSERT INTO jid VALUES (1, '15550001', 's.whatsapp.net', '15550001@s.whatsapp.net');
         INSERT INTO chat VALUES (1, 1, NULL);",
    )
    .unwrap();
    for (row, (from, text, second)) in TEXTS.iter().enumerate() {
        let mine = *from == "15550002";
        db.execute(
            "INSERT INTO message VALUES (?1, 1, 0, ?2, ?3, ?4, 0, 0, ?5, 0, 0)",
            (row as i64 + 1, mine, format!("K{row}"), stamp(*second) * 1_000, text),
        )
        .unwrap();
    }
}

fn stamp(second: u32) -> i64 {
    1_583_056_800 + i64::from(second)
}

fn spreadsheet(path: &Path) {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (column, name) in ["Sender", "Message", "Sent at"].iter().enumerate() {
        sheet.write(0, column as u16, *name).unwrap();
    }
    for (row, (from, text, second)) in TEXTS.iter().enumerate() {
        sheet.write(row as u32 + 1, 0, *from).unwrap();
        sheet.write(row as u32 + 1, 1, *text).unwrap();
        sheet.write(row as u32 + 1, 2, stamp(*second) as f64).unwrap();
    }
    book.save(path).unwrap();
}

fn server() -> String {
    let rows = TEXTS.iter().enumerate().map(|(number, (from, text, second))| {
        let ms = stamp(*second) * 1_000;
        format!(
            "{{\"_id\":\"m{number}\",\"rid\":\"room\",\"msg\":\"{text}\",\"ts\":{{\"$date\":{ms}}},\
             \"u\":{{\"_id\":\"u{from}\",\"username\":\"{from}\"}}}}"
        )
    });
    let rows: Vec<String> = rows.collect();
    format!("{{\"messages\":[{}],\"count\":3,\"success\":true}}", rows.join(","))
}

const PARTNER: &str = r#"
mapping = 1
name = "partner"
version = 1
network = "partner"
layout = "table"
[fields]
from = "Sender"
text = "Message"
[time]
column = "Sent at"
format = "epoch-s"
[[table]]
name = "*"
needs = ["Sender", "Message", "Sent at"]
"#;

#[test]
fn three_witnesses_of_one_chat_are_three_records_a_message() {
    let mut world = World::new();
    let folder = world.files("made", &[("server.json", &server())]);
    let parts = ["phone", "partner", "server"].map(|part| folder.join(part));
    for part in &parts {
        std::fs::create_dir_all(part).unwrap();
    }
    phone(&parts[0].join("msgstore.db"));
    spreadsheet(&parts[1].join("export.xlsx"));
    std::fs::rename(folder.join("server.json"), parts[2].join("history.json")).unwrap();
    world.intake(&parts[0], "phone");
    world.intake_mapped(&parts[1], "partner", Some(PARTNER));
    world.intake(&parts[2], "server");

    let mut by_text: BTreeMap<String, Vec<RecordId>> = BTreeMap::new();
    for row in world.messages() {
        by_text.entry(row.text.clone().unwrap_or_default()).or_default().extend(row.records);
    }
    assert_eq!(by_text.len(), 3);
    for (text, records) in &by_text {
        assert_eq!(records.len(), 3, "{text}: {records:?}");
        let rows = records
            .iter()
            .filter(|id| matches!(id, RecordId::Sealed { place: Place::Row { .. }, .. }));
        assert_eq!(rows.count(), 2, "of the phone and of the spreadsheet");
    }
    assert_eq!(world.rebuild().differences, []);
    let verified = verify::verify(&world.case.root, None, None, &Silent).unwrap();
    assert_eq!(verified.findings, []);
}
