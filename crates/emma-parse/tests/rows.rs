//! Members of rows: databases written by SQLite itself, workbooks written by rust_xlsxwriter
//! 0.102.0 (the oracles), and damaged ones.

use crate::collect::{Found, Said, read_file_by};
use crate::containers::zip;
use emma_model::{ItemClass, RecordKind, Zone};
use emma_parse::account::Account;
use emma_parse::{Limits, Mapping, Plan};
use proptest::prelude::*;
use rusqlite::Connection;
use std::path::Path;

fn read_bytes(plan: &Plan, name: &str, bytes: &[u8]) -> Found {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("exhibit");
    std::fs::write(&path, bytes).unwrap();
    let mut found = Found::default();
    read_file_by(plan, &path, name, &Limits::default(), &mut Account::new(&mut found));
    found
}

fn shipped() -> Plan {
    Plan::new(None, true)
}

fn by(mapping: &str) -> Plan {
    let mapping = Mapping::parse(mapping).unwrap_or_else(|error| panic!("{error}"));
    Plan::new(Some(mapping), false)
}

/// The bytes of a database that `sql` makes.
pub fn database(sql: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    std::fs::read(&path).unwrap()
}

fn extra<'s>(said: &'s Said, name: &str) -> Option<&'s str> {
    said.extra.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn kinds(found: &Found) -> Vec<&'static str> {
    found.end_anomalies(&[])
}

const CHAT: &str = r#"
mapping = 1
name = "chat"
version = 1
network = "birds"
layout = "table"
[fields]
id = "id"
from = "from"
text = "text"
[time]
column = "at"
format = "epoch-s"
[[table]]
name = "message"
needs = ["body", "bird.name"]
query = '''SELECT m.rowid AS row, m.id AS id, b.name AS "from", m.body AS text, m.at AS at
  FROM message m LEFT JOIN bird b ON b.id = m.bird'''
"#;

pub const BIRDS: &str = "
CREATE TABLE bird (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE message (id TEXT, bird INTEGER, body TEXT, at INTEGER, photo BLOB);
CREATE TABLE nest (tree TEXT);
INSERT INTO bird VALUES (1, 'heron'), (2, 'owl');
INSERT INTO message VALUES ('a', 1, 'good evening', 1577836800, x'00ff'), ('b', 2, 'hoo',
  1577836860, NULL);
INSERT INTO nest VALUES ('oak');
";

#[test]
fn a_query_gives_the_values_and_the_row_is_the_leaf() {
    let found = read_bytes(&by(CHAT), "birds.db", &database(BIRDS));
    let rows: Vec<_> = found.records().collect();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].from.as_deref(), Some("heron"));
    assert_eq!(rows[1].text.as_deref(), Some("hoo"));
    assert_eq!(rows[1].time.map(|time| time.0), Some(1_577_836_860_000_000));
    let leaf = &found.items[1];
    assert_eq!(leaf.row, Some(("message".to_owned(), 1)));
    assert_eq!(
        String::from_utf8_lossy(&leaf.raw),
        r#"{"id":"a","bird":1,"body":"good evening","at":1577836800,"photo":{"hex":"00ff"}}"#
    );
    assert_eq!(found.items[0].class, ItemClass::Blob);
    assert_eq!(found.end(&[]).parser, "mapping:chat");
    // What the query looked into is read; the nests are not, and that is told.
    assert_eq!(kinds(&found), ["sqlite.table_unread"]);
    assert_eq!(found.end(&[]).anomalies[0].field.as_deref(), Some("nest (1 rows)"));
}

#[test]
fn a_database_without_a_mapping_is_kept_and_its_tables_are_listed() {
    let found = read_bytes(&shipped(), "birds.db", &database(BIRDS));
    assert_eq!(found.records().count(), 0);
    assert_eq!(kinds(&found), ["sqlite.table_unread"; 3]);
    assert_eq!(found.end(&[]).parser, "sqlite");
}

#[test]
fn rows_of_the_write_ahead_log_are_read_where_both_lie_in_one_zip() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("birds.db");
    let writer = Connection::open(&path).unwrap();
    writer.execute_batch("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;").unwrap();
    writer.execute_batch(BIRDS).unwrap();
    let (file, log) = (std::fs::read(&path).unwrap(), {
        std::fs::read(folder.path().join("birds.db-wal")).unwrap()
    });
    drop(writer);
    let both = zip(&[("x/birds.db", &file), ("x/birds.db-wal", &log)]);
    let found = read_bytes(&by(CHAT), "phone.zip", &both);
    assert_eq!(found.records().count(), 2);
    let apart = zip(&[("x/birds.db", &file), ("y/birds.db-wal", &log)]);
    assert_eq!(read_bytes(&by(CHAT), "phone.zip", &apart).records().count(), 0);
    assert_eq!(kinds(&read_bytes(&by(CHAT), "birds.db-wal", &log)), ["sqlite.log_apart"]);
}

#[test]
fn a_damaged_tree_of_one_table_leaves_the_others() {
    let mut sql = format!("{BIRDS} BEGIN;");
    for number in 0..2_000 {
        sql += &format!("INSERT INTO nest VALUES ('a tree with a long name, number {number}');");
    }
    sql += "COMMIT;";
    let mut bytes = database(&sql);
    // The nests fill the last pages.
    let page = bytes.len() - 3 * 4096;
    bytes[page..page + 4096].fill(0xFF);
    let found = read_bytes(&by(CHAT), "birds.db", &bytes);
    assert_eq!(found.records().count(), 2);
    let nests = CHAT.replace("name = \"message\"", "name = \"nest\"");
    let nests = by(&nests[..nests.find("needs = ").unwrap()]);
    let found = read_bytes(&nests, "birds.db", &bytes);
    assert!(found.records().count() > 100);
    assert!(kinds(&found).contains(&"sqlite.corrupt"), "{:?}", kinds(&found));
}

#[test]
fn a_mapping_cannot_write_attach_or_run_for_ever() {
    for query in [
        "DELETE FROM message RETURNING rowid AS row",
        "SELECT load_extension('x') AS row",
        "SELECT 1 AS row FROM pragma_database_list",
        "nonsense",
        "SELECT body FROM message",
    ] {
        let mapping = CHAT
            .replace(&CHAT[CHAT.find("query = ").unwrap()..], &format!("query = \"{query}\"\n"));
        let found = read_bytes(&by(&mapping), "birds.db", &database(BIRDS));
        assert_eq!(found.records().count(), 0, "{query}");
        let told = |kind: &&str| ["mapping.query", "sqlite.failed"].contains(kind);
        assert!(kinds(&found).iter().any(told), "{query}: {:?}", kinds(&found));
    }
}

#[test]
fn tables_without_row_numbers_are_numbered_by_their_key() {
    let sql = "CREATE TABLE t (k TEXT PRIMARY KEY, v TEXT) WITHOUT ROWID;
        INSERT INTO t VALUES ('b', 'two'), ('a', 'one');";
    let mapping = "mapping = 1\nname = \"t\"\nversion = 1\nnetwork = \"n\"\nlayout = \"table\"\n
        [fields]\ntext = \"v\"\n[[table]]\nname = \"t\"\n";
    let found = read_bytes(&by(mapping), "t.db", &database(sql));
    let texts: Vec<_> = found.records().map(|said| said.text.clone().unwrap()).collect();
    assert_eq!(texts, ["one", "two"]);
    assert_eq!(found.items[2].row, Some(("t".to_owned(), 2)));
}

#[test]
fn a_virtual_table_is_told() {
    let sql = format!("{BIRDS} CREATE VIRTUAL TABLE words USING fts4(body);");
    let found = read_bytes(&by(CHAT), "birds.db", &database(&sql));
    let told = &found.end(&[]).anomalies;
    let words = told.iter().find(|one| one.kind.0 == "sqlite.table_unreadable").unwrap();
    assert_eq!(words.field.as_deref(), Some("words"));
}

#[test]
fn pages_no_longer_in_use_are_told() {
    let sql = format!(
        "{BIRDS} CREATE TABLE big (x BLOB); INSERT INTO big VALUES (zeroblob(50000));
         DROP TABLE big;"
    );
    let found = read_bytes(&by(CHAT), "birds.db", &database(&sql));
    assert_eq!(kinds(&found), ["sqlite.table_unread", "sqlite.freelist"]);
}

#[test]
fn an_encrypted_or_cut_database_is_kept_whole() {
    let mut bytes = database(BIRDS);
    bytes[16..4096].iter_mut().for_each(|byte| *byte ^= 0x5A);
    let found = read_bytes(&by(CHAT), "birds.db", &bytes);
    assert_eq!(kinds(&found), ["sqlite.unreadable"]);
    let found = read_bytes(&by(CHAT), "birds.db", &database(BIRDS)[..5_000]);
    assert_eq!(found.records().count(), 0);
    assert!(!kinds(&found).is_empty());
}

#[test]
fn whatsapp_for_android_in_its_new_shape() {
    let sql = "
CREATE TABLE jid (_id INTEGER PRIMARY KEY, user TEXT, server TEXT, type INTEGER, raw_string TEXT);
CREATE TABLE jid_map (lid_row_id INTEGER PRIMARY KEY, jid_row_id INTEGER);
CREATE TABLE chat (_id INTEGER PRIMARY KEY, jid_row_id INTEGER, subject TEXT, hidden INTEGER);
CREATE TABLE message (_id INTEGER PRIMARY KEY, chat_row_id INTEGER, sender_jid_row_id INTEGER,
  from_me INTEGER,
  key_id TEXT, timestamp INTEGER, received_timestamp INTEGER, message_type INTEGER,
  text_data TEXT, status INTEGER, starred INTEGER);
CREATE TABLE message_quoted (message_row_id INTEGER, key_id TEXT, text_data TEXT);
CREATE TABLE message_edit_info (message_row_id INTEGER, original_key_id TEXT,
  edited_timestamp INTEGER);
CREATE TABLE message_revoked (message_row_id INTEGER, revoked_key_id TEXT,
  revoke_timestamp INTEGER);
CREATE TABLE message_media (message_row_id INTEGER, file_path TEXT, file_size INTEGER,
  mime_type TEXT, media_name TEXT,
  file_hash TEXT, message_url TEXT, media_caption TEXT);
CREATE TABLE receipt_user (message_row_id INTEGER, receipt_user_jid_row_id INTEGER,
  receipt_timestamp INTEGER,
  read_timestamp INTEGER, played_timestamp INTEGER);
CREATE TABLE call_log (_id INTEGER PRIMARY KEY, jid_row_id INTEGER, from_me INTEGER,
  call_id TEXT, timestamp INTEGER,
  video_call INTEGER, duration INTEGER, call_result INTEGER, bytes_transferred INTEGER);
INSERT INTO jid VALUES (1, '15550001', 's.whatsapp.net', 0, '15550001@s.whatsapp.net'),
  (2, '120363', 'g.us', 1, '120363@g.us'), (3, '9981', 'lid', 18, '9981@lid');
INSERT INTO jid_map VALUES (3, 1);
INSERT INTO chat VALUES (1, 1, NULL, 0), (2, 2, 'Birds', 0);
INSERT INTO message VALUES (1, 1, 0, 0, 'K1', 1577836800000, 1577836801000, 0, 'evening', 0, 0),
  (2, 1, 0, 1, 'K2', 1577836860000, 0, 0, 'and to you', 13, 1),
  (3, 2, 3, 0, 'K3', 1577836900000, 0, 1, NULL, 0, 0),
  (4, 2, 0, 1, 'K4', 1577836950000, 0, 7, NULL, 6, 0),
  (5, 1, 0, 0, 'K5', 1577836990000, 0, 15, NULL, 0, 0);
INSERT INTO message_quoted VALUES (2, 'K1', 'evening');
INSERT INTO message_edit_info VALUES (2, 'K2', 1577836870000);
INSERT INTO message_revoked VALUES (5, 'K5', 1577836995000);
INSERT INTO message_media VALUES (3, 'Media/IMG-1.jpg', 1234, 'image/jpeg', 'IMG-1.jpg',
  'aGFzaA==', 'https://x.invalid/1', 'a heron');
INSERT INTO receipt_user VALUES (2, 1, 1577836861000, 1577836865000, NULL);
INSERT INTO call_log VALUES (1, 1, 1, 'C1', 1577837000000, 0, 65, 5, 999);";
    let found = read_bytes(&shipped(), "msgstore.db", &database(sql));
    assert_eq!(found.end(&[]).parser, "mapping:whatsapp-android");
    let rows: Vec<&Said> = found.records().collect();
    let kinds: Vec<RecordKind> = rows.iter().map(|said| said.kind).collect();
    use RecordKind::{Call, Message, System};
    assert_eq!(kinds, [Call, Message, Message, Message, System, Message]);
    assert_eq!(rows[0].to, ["15550001@s.whatsapp.net"]);
    assert_eq!(extra(rows[0], "duration_s"), Some("65"));
    assert_eq!(rows[1].from.as_deref(), Some("15550001@s.whatsapp.net"));
    let (reply, edited) = (rows[2].reply_to.as_deref(), extra(rows[2], "edited_ms"));
    assert_eq!((reply, edited), (Some("K1"), Some("1577836870000")));
    let receipts = "15550001@s.whatsapp.net:1577836861000:1577836865000:";
    assert_eq!(extra(rows[2], "receipts"), Some(receipts));
    // The hidden id is given by its number, and kept.
    assert_eq!(rows[3].from.as_deref(), Some("15550001@s.whatsapp.net"));
    assert_eq!(extra(rows[3], "sender_hidden_id"), Some("9981@lid"));
    assert_eq!(extra(rows[3], "file_name"), Some("IMG-1.jpg"));
    assert_eq!(rows[3].conversation.as_deref(), Some("120363@g.us"));
    assert_eq!(extra(rows[5], "deleted_id"), Some("K5"));
}

#[test]
fn whatsapp_for_android_in_its_old_shape() {
    let sql = "
CREATE TABLE messages (_id INTEGER PRIMARY KEY, key_remote_jid TEXT, key_from_me INTEGER,
  key_id TEXT, status INTEGER,
  data TEXT, timestamp INTEGER, media_url TEXT, media_mime_type TEXT, media_wa_type TEXT,
  media_size INTEGER,
  media_name TEXT, media_caption TEXT, latitude REAL, longitude REAL, remote_resource TEXT,
  received_timestamp INTEGER,
  quoted_row_id INTEGER);
INSERT INTO messages VALUES (1, '-1', 0, '-1', -1, NULL, 0, NULL, NULL, '-1', -1, NULL, NULL, 0,
  0, NULL, 0, 0),
  (2, '15550001@s.whatsapp.net', 0, 'A', 0, 'hello', 1400000000000, NULL, NULL, '0', 0, NULL,
  NULL, 0, 0, '', 1400000001000, 0),
  (3, '1555-1@g.us', 0, 'B', 0, NULL, 1400000002000, NULL, 'image/jpeg', '1', 77, 'x.jpg', NULL,
  0, 0, '15550002@s.whatsapp.net', 0, 0);";
    let found = read_bytes(&shipped(), "msgstore.db", &database(sql));
    let rows: Vec<&Said> = found.records().collect();
    assert_eq!(rows.len(), 2, "the row at its head is none");
    assert_eq!(rows[0].text.as_deref(), Some("hello"));
    assert_eq!(rows[1].from.as_deref(), Some("15550002@s.whatsapp.net"));
    assert_eq!(extra(rows[1], "file_name"), Some("x.jpg"));
}

#[test]
fn imessage_bodies_are_read_from_their_typedstream() {
    // An archived NSMutableAttributedString of the text "hoo", as macOS writes it.
    const BODY: &str = "x'040B73747265616D747970656481E803840140848484124E534174747269627574656453\
        7472696E67008484084E534F626A656374008592848484084E53537472696E67019484012B03686F6F\
        86840269490103\
        928484840C4E5344696374696F6E617279009484016900928486'";
    let body = BODY.replace(['\\', '\n', ' '], "");
    let sql = format!(
        "
CREATE TABLE handle (id TEXT, service TEXT);
CREATE TABLE chat (chat_identifier TEXT, display_name TEXT, style INTEGER);
CREATE TABLE chat_message_join (chat_id INTEGER, message_id INTEGER);
CREATE TABLE attachment (filename TEXT, mime_type TEXT, total_bytes INTEGER, transfer_name TEXT);
CREATE TABLE message_attachment_join (message_id INTEGER, attachment_id INTEGER);
CREATE TABLE message (guid TEXT, text TEXT, attributedBody BLOB, date INTEGER,
  is_from_me INTEGER, handle_id INTEGER,
  item_type INTEGER, group_action_type INTEGER, associated_message_guid TEXT,
  associated_message_type INTEGER,
  date_edited INTEGER, date_retracted INTEGER, date_delivered INTEGER, date_read INTEGER,
  thread_originator_guid TEXT,
  service TEXT, subject TEXT, account TEXT, destination_caller_id TEXT);
INSERT INTO handle VALUES ('+15550001', 'iMessage');
INSERT INTO chat VALUES ('+15550001', NULL, 45);
INSERT INTO chat_message_join VALUES (1, 1), (1, 2);
INSERT INTO attachment VALUES ('~/a.jpg', 'image/jpeg', 77, 'a.jpg');
INSERT INTO message_attachment_join VALUES (2, 1);
INSERT INTO message VALUES ('G1', NULL, {body}, 599529600000000000, 0, 1, 0, 0, NULL, 0, 0, 0,
  0, 0, NULL, 'iMessage', NULL, 'E:x', NULL),
  ('G2', 'seen', NULL, 599529660, 1, 1, 0, 0, NULL, 0, 5, 0, 0, 0, 'G1', 'iMessage', NULL,
  'E:x', NULL);"
    );
    let found = read_bytes(&shipped(), "chat.db", &database(&sql));
    assert_eq!(found.end(&[]).parser, "mapping:imessage");
    let rows: Vec<&Said> = found.records().collect();
    assert_eq!(rows[0].text.as_deref(), Some("hoo"));
    assert_eq!(extra(rows[0], "text_from"), Some("attributedBody"));
    // Both ways of writing times: 2020-01-01 and a minute later.
    assert_eq!(rows[0].time.map(|time| time.0), Some(1_577_836_800_000_000));
    assert_eq!(rows[1].time.map(|time| time.0), Some(1_577_836_860_000_000));
    assert_eq!((rows[1].to[0].as_str(), rows[1].reply_to.as_deref()), ("+15550001", Some("G1")));
    assert_eq!(extra(rows[1], "attachments"), Some("~/a.jpg|image/jpeg|77|a.jpg"));
}

#[test]
fn bodies_in_a_cache_are_members_of_their_own() {
    let sql = r#"
CREATE TABLE cfurl_cache_response (entry_ID INTEGER PRIMARY KEY, version INTEGER,
  hash_value INTEGER, storage_policy INTEGER,
  request_key TEXT, time_stamp TEXT, partition TEXT);
CREATE TABLE cfurl_cache_blob_data (entry_ID INTEGER PRIMARY KEY, response_object BLOB,
  request_object BLOB, proto_props BLOB, user_info BLOB);
CREATE TABLE cfurl_cache_receiver_data (entry_ID INTEGER PRIMARY KEY, isDataOnFS INTEGER,
  receiver_data BLOB);
INSERT INTO cfurl_cache_response VALUES (1, 0, 0, 0, 'https://x.invalid/export',
  '2020-01-01 00:00:00', NULL),
  (2, 0, 0, 0, 'https://x.invalid/photo', '2020-01-01 00:00:01', NULL);
INSERT INTO cfurl_cache_receiver_data VALUES (1, 0,
  CAST('{"name":"Birds","type":"private_group","id":42,"messages":[
 {"id":1,"type":"message","date":"2020-01-01T00:00:00","from_id":7,"text":"hoo"}]}' AS BLOB)),
  (2, 1, 'F7E4');"#;
    let found = read_bytes(&shipped(), "Cache.db", &database(sql));
    assert_eq!(found.end(&[]).parser, "mapping:url-cache");
    let body = found.end(&[0]);
    assert_eq!(
        (body.parser.as_str(), body.name.as_str()),
        ("telegram", "https://x.invalid/export")
    );
    let kinds: Vec<RecordKind> = found.records().map(|said| said.kind).collect();
    assert_eq!(kinds, [RecordKind::Event, RecordKind::Event, RecordKind::Message]);
    let in_file = found.records().nth(1).unwrap();
    assert_eq!(extra(in_file, "file"), Some("F7E4"));
}

const PARTNER: &str = r#"
mapping = 1
name = "partner"
version = 1
network = "birds"
layout = "table"
[fields]
from = "Sender"
to = "Receiver"
text = "Message"
[time]
column = "Sent at"
format = ["%Y-%m-%dT%H:%M:%S"]
zone = "UTC"
[[table]]
name = "*"
needs = ["Sender", "Message", "Sent at"]
"#;

pub fn workbook(save: impl FnOnce(&mut rust_xlsxwriter::Workbook)) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    save(&mut book);
    book.save_to_buffer().unwrap()
}

#[test]
fn a_workbook_reads_back_as_it_was_written() {
    use rust_xlsxwriter::{ExcelDateTime, Format, Formula};
    let rows = [("heron", "owl", "good evening, \u{1f989}"), ("owl", "heron", "=1+1, she said")];
    let bytes = workbook(|book| {
        let sheet = book.add_worksheet().set_name("Export").unwrap();
        sheet.write(0, 0, "Report of a partner").unwrap();
        for (column, name) in
            ["Sender", "Receiver", "Message", "Sent at", "Case no"].iter().enumerate()
        {
            sheet.write(2, column as u16, *name).unwrap();
        }
        let format = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
        for (number, (from, to, text)) in rows.iter().enumerate() {
            let row = number as u32 + 3;
            sheet.write(row, 0, *from).unwrap();
            sheet.write(row, 1, *to).unwrap();
            sheet.write(row, 2, *text).unwrap();
            let date = ExcelDateTime::parse_from_str("2020-01-01T12:30:45").unwrap();
            sheet.write_with_format(row, 3, &date, &format).unwrap();
            sheet.write(row, 4, 123_456_789_012_345.0).unwrap();
        }
        sheet.write_formula(3, 5, Formula::new("=2*21").set_result("42")).unwrap();
        book.add_worksheet().set_name("Notes").unwrap().set_hidden(true).write(0, 0, "x").unwrap();
    });
    let found = read_bytes(&by(PARTNER), "partner.xlsx", &bytes);
    assert_eq!(found.end(&[]).parser, "mapping:partner");
    let read: Vec<_> = found
        .records()
        .map(|said| {
            assert_eq!(said.time.map(|time| time.0), Some(1_577_881_845_000_000));
            assert_eq!(extra(said, "Case no"), Some("123456789012345"));
            (said.from.clone().unwrap(), said.to[0].clone(), said.text.clone().unwrap())
        })
        .collect();
    let written: Vec<_> =
        rows.iter().map(|(a, b, c)| ((*a).to_owned(), (*b).to_owned(), (*c).to_owned())).collect();
    assert_eq!(read, written);
    assert_eq!(extra(found.records().next().unwrap(), "F"), Some("42"), "no name, so its letter");
    assert_eq!(found.items[2].row, Some(("Export".to_owned(), 4)));
    let fields: Vec<_> =
        found.end(&[]).anomalies.iter().filter_map(|one| one.field.clone()).collect();
    assert!(fields.contains(&"Export (1 rows)".to_owned()), "{fields:?}");
    assert!(kinds(&found).contains(&"sheet.hidden"));
}

#[test]
fn an_ods_workbook_is_read_by_the_same_mapping() {
    let cell = |text: &str| {
        format!(
            "<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p>\
             </table:table-cell>"
        )
    };
    let row = |cells: &[&str]| {
        let cells: String = cells.iter().map(|text| cell(text)).collect();
        format!("<table:table-row>{cells}</table:table-row>")
    };
    let content = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><office:document-content \
         xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
         xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" \
         xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\"><office:body>\
         <office:spreadsheet><table:table table:name=\"Chat\">{}{}{}</table:table>\
         </office:spreadsheet></office:body></office:document-content>",
        row(&["Sender", "Receiver", "Message", "Sent at"]),
        row(&["heron", "owl", "good &amp; late", "2020-01-01T12:30:45"]),
        row(&["owl", "heron", "hoo", "2020-01-01T12:31:00"]),
    );
    let mark = b"application/vnd.oasis.opendocument.spreadsheet";
    let manifest = "<?xml version=\"1.0\"?><manifest:manifest \
        xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"/>";
    let bytes = zip(&[
        ("mimetype", mark),
        ("content.xml", content.as_bytes()),
        ("META-INF/manifest.xml", manifest.as_bytes()),
    ]);
    let found = read_bytes(&by(PARTNER), "partner.ods", &bytes);
    let texts: Vec<_> = found.records().map(|said| said.text.clone().unwrap()).collect();
    assert_eq!(texts, ["good & late", "hoo"]);
}

#[test]
fn a_workbook_in_a_zip_and_a_damaged_one() {
    let bytes = workbook(|book| {
        book.add_worksheet().write(0, 0, "a").unwrap();
    });
    let found = read_bytes(&by(PARTNER), "all.zip", &zip(&[("deep/p.xlsx", &bytes)]));
    assert_eq!(found.end(&[0]).parser, "sheet");
    assert_eq!(found.end_anomalies(&[0]), ["sheet.unread"]);
    let cut = &bytes[..bytes.len() - 40];
    let found = read_bytes(&by(PARTNER), "p.xlsx", cut);
    assert_eq!(found.end(&[]).parser, "zip", "without its directory it is read as a damaged zip");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is done to a database, what still reads is told once and the rest is reported.
    #[test]
    fn a_spoilt_database_is_read_as_far_as_it_goes(
        spoils in prop::collection::vec((any::<prop::sample::Index>(), any::<[u8; 3]>()), 1..24)) {
        let mut bytes = database(BIRDS);
        for (at, with) in spoils {
            // The first bytes say that it is a database at all.
            let at = 16 + at.index(bytes.len() - 19);
            bytes[at..at + 3].copy_from_slice(&with);
        }
        let found = read_bytes(&by(CHAT), "birds.db", &bytes);
        prop_assert!(found.items.iter().any(|item| item.class == ItemClass::Blob));
        read_bytes(&shipped(), "Cache.db", &bytes);
    }
}

#[test]
fn dates_no_calendar_has_are_read_as_something() {
    use rust_xlsxwriter::Format;
    let odd = [1e300, -1e300, 4e9, -1.0, f64::from(u32::MAX), 2_958_466.0];
    let bytes = workbook(|book| {
        let sheet = book.add_worksheet();
        for (column, name) in ["Sender", "Message", "Sent at"].iter().enumerate() {
            sheet.write(0, column as u16, *name).unwrap();
        }
        let format = Format::new().set_num_format("yyyy-mm-dd");
        for (row, number) in odd.iter().enumerate() {
            sheet.write(row as u32 + 1, 0, "heron").unwrap();
            sheet.write_number_with_format(row as u32 + 1, 2, *number, &format).unwrap();
        }
    });
    let found = read_bytes(&by(PARTNER), "partner.xlsx", &bytes);
    assert_eq!(found.records().count(), odd.len());
    let raws = found.items.iter().filter(|item| item.record.is_some());
    let raws: Vec<_> = raws.map(|item| String::from_utf8_lossy(&item.raw).into_owned()).collect();
    assert!(raws[0].contains("\"C\":1e300") && raws[3].contains("\"C\":-1"), "{raws:?}");
}

#[test]
fn the_scratch_copy_is_gone_afterwards() {
    // `read_file_by` looks; here the database has documents too.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    std::fs::write(&path, database(BIRDS)).unwrap();
    let mut found = Found::default();
    read_file_by(&shipped(), Path::new(&path), "x", &Limits::default(), &mut &mut found);
    assert_eq!(found.ends.len(), 1);
}

fn guessed(name: &str, bytes: &[u8]) -> emma_parse::mapping::Guess {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("exhibit");
    std::fs::write(&path, bytes).unwrap();
    emma_parse::mapping::guess(std::fs::File::open(&path).unwrap(), name).unwrap()
}

#[test]
fn a_partners_workbook_with_days_and_clocks_apart_is_read_by_the_first_guess() {
    let bytes = workbook(|book| {
        let date = rust_xlsxwriter::Format::new().set_num_format("dd/mm/yyyy");
        let clock = rust_xlsxwriter::Format::new().set_num_format("h:mm:ss");
        book.add_worksheet().set_name("Notes").unwrap().write(0, 0, "for nobody").unwrap();
        let sheet = book.add_worksheet().set_name("Chat").unwrap();
        sheet.write(0, 0, "Messages of a phone").unwrap();
        for (at, name) in (0..).zip(["Date", "Time", "Sender", "Recipient", "Message"]) {
            sheet.write(2, at, name).unwrap();
        }
        for row in 3..9 {
            sheet.write_with_format(row, 0, 44_087, &date).unwrap();
            let seconds = 45_057 + row * 61;
            sheet.write_with_format(row, 1, f64::from(seconds) / 86_400.0, &clock).unwrap();
            for (at, text) in (2..).zip(["heron", "owl", "hoo at nine"]) {
                sheet.write(row, at, text).unwrap();
            }
        }
    });
    let guess = guessed("partner.xlsx", &bytes);
    let mapping = Mapping::parse(&guess.toml).unwrap_or_else(|error| panic!("{error}"));
    assert!(guess.notes.iter().all(|note| !note.contains("binary")), "{:?}", guess.notes);
    let plan = Plan::new(Some(mapping), false);
    let found = read_bytes(&plan, "partner.xlsx", &bytes);
    let rows: Vec<&Said> = found.records().collect();
    assert_eq!(rows.len(), 6, "{}", guess.toml);
    // 12:34:00, in a zone that the sheet does not say.
    let at = 1_600_000_440_000_000;
    let half_days = [-14, 12].map(|hours| at + hours * 3_600_000_000);
    let time = rows[0].time.unwrap();
    assert_eq!((time.0, time.1, time.2), (half_days[0], half_days[1] + 999_999, Zone::Unknown));
    assert!(found.items.iter().all(|item| item.anomalies.is_empty()), "{:?}", found.anomalies());
    assert_eq!((rows[0].from.as_deref(), rows[0].to[0].as_str()), (Some("heron"), "owl"));
}

#[test]
fn a_database_is_guessed_by_its_tables_and_an_archive_says_what_to_do() {
    let sql = "CREATE TABLE places (id INTEGER PRIMARY KEY, tree TEXT); \
        CREATE TABLE chats (id INTEGER PRIMARY KEY, sender TEXT, recipient TEXT, body TEXT, \
        sent INTEGER); INSERT INTO places VALUES (1, 'oak'), (2, 'elm'), (3, 'ash'); \
        INSERT INTO chats VALUES (1, 'heron', 'owl', 'hoo', 1585908672), \
        (2, 'owl', 'heron', 'hoo hoo', 1585908679);";
    let bytes = database(sql);
    let guess = guessed("birds.db", &bytes);
    assert!(guess.toml.contains("name = \"chats\""), "{}", guess.toml);
    assert!(guess.notes.iter().any(|note| note.contains("2 tables (chats, places)")));
    let mapping = Mapping::parse(&guess.toml).unwrap_or_else(|error| panic!("{error}"));
    let found = read_bytes(&Plan::new(Some(mapping), false), "birds.db", &bytes);
    assert_eq!(found.records().count(), 2);
    let guess = guessed("all.zip", &zip(&[("a.txt", b"hoo")]));
    assert!(guess.notes[0].contains("name a file in it"), "{:?}", guess.notes);
}

#[test]
fn whatsapp_for_android_between_its_shapes_loses_nothing_that_is_there() {
    // As of 2022: no jid_map, no edits; media without some of their columns.
    let sql = "
CREATE TABLE jid (_id INTEGER PRIMARY KEY, server TEXT, raw_string TEXT);
CREATE TABLE chat (_id INTEGER PRIMARY KEY, jid_row_id INTEGER, subject TEXT);
CREATE TABLE message (_id INTEGER PRIMARY KEY, chat_row_id INTEGER, sender_jid_row_id INTEGER,
  from_me INTEGER, key_id TEXT, timestamp INTEGER, message_type INTEGER, text_data TEXT);
CREATE TABLE message_quoted (message_row_id INTEGER, key_id TEXT, text_data TEXT);
CREATE TABLE message_media (message_row_id INTEGER, file_path TEXT, media_caption TEXT);
CREATE TABLE message_revoked (message_row_id INTEGER, revoked_key_id TEXT,
  revoke_timestamp INTEGER);
INSERT INTO jid VALUES (1, 's.whatsapp.net', '15550001@s.whatsapp.net');
INSERT INTO chat VALUES (1, 1, NULL);
INSERT INTO message VALUES (1, 1, 0, 0, 'K1', 1577836800000, 0, 'evening'),
  (2, 1, 0, 1, 'K2', 1577836860000, 0, 'and to you'),
  (3, 1, 0, 0, 'K3', 1577836900000, 1, NULL), (4, 1, 0, 0, 'K4', 1577836950000, 15, NULL);
INSERT INTO message_quoted VALUES (2, 'K1', 'evening');
INSERT INTO message_media VALUES (3, 'Media/IMG-1.jpg', 'look at this');
INSERT INTO message_revoked VALUES (4, 'K4', 1577836995000);";
    let found = read_bytes(&shipped(), "msgstore.db", &database(sql));
    let rows: Vec<&Said> = found.records().collect();
    assert_eq!(rows.len(), 4);
    assert_eq!(rows[1].reply_to.as_deref(), Some("K1"));
    assert_eq!(rows[2].text.as_deref(), Some("look at this"), "a caption is what was said");
    assert_eq!(extra(rows[2], "file"), Some("Media/IMG-1.jpg"));
    assert_eq!(extra(rows[3], "deleted_id"), Some("K4"));
    assert_eq!(found.anomalies(), []);
    assert!(kinds(&found).iter().all(|kind| *kind != "sqlite.table_unread"), "{:?}", kinds(&found));
}

#[test]
fn whatsapp_for_android_in_its_old_shape_with_quotes_and_receipts() {
    let sql = "
CREATE TABLE messages (_id INTEGER PRIMARY KEY, key_remote_jid TEXT, key_from_me INTEGER,
  key_id TEXT, status INTEGER, data TEXT, timestamp INTEGER, media_wa_type TEXT,
  media_caption TEXT, media_name TEXT, quoted_row_id INTEGER);
CREATE TABLE messages_quotes (_id INTEGER PRIMARY KEY, key_id TEXT, data TEXT);
CREATE TABLE receipts (_id INTEGER PRIMARY KEY, key_remote_jid TEXT, key_id TEXT,
  remote_resource TEXT, receipt_device_timestamp INTEGER, read_device_timestamp INTEGER,
  played_device_timestamp INTEGER);
INSERT INTO messages VALUES (1, '15550001@s.whatsapp.net', 0, 'A', 0, NULL, 1400000000000, '1',
  'a nest', 'IMG-1.jpg', 0), (2, '15550001@s.whatsapp.net', 1, 'B', 0, 'hoo', 1400000002000, '0',
  NULL, NULL, 9), (3, '15550001@s.whatsapp.net', 0, 'C', 0, NULL, 1400000003000, '15', NULL, NULL,
  0);
INSERT INTO messages_quotes VALUES (9, 'A', 'a nest');
INSERT INTO receipts VALUES (1, '15550001@s.whatsapp.net', 'B', '', 1400000002500, NULL, NULL);";
    let found = read_bytes(&shipped(), "msgstore.db", &database(sql));
    let rows: Vec<&Said> = found.records().collect();
    assert_eq!(rows[0].text.as_deref(), Some("a nest"));
    assert_eq!(extra(rows[0], "file"), Some("IMG-1.jpg"));
    assert_eq!(rows[1].reply_to.as_deref(), Some("A"));
    assert_eq!(extra(rows[1], "receipts"), Some("15550001@s.whatsapp.net:1400000002500::"));
    assert_eq!(extra(rows[2], "deleted_id"), Some("C"));
    assert_eq!(extra(rows[0], "deleted_id"), None);
}

#[test]
fn imessage_before_edits_keeps_bodies_reactions_and_files() {
    let sql = "
CREATE TABLE handle (ROWID INTEGER PRIMARY KEY, id TEXT);
CREATE TABLE chat (ROWID INTEGER PRIMARY KEY, chat_identifier TEXT, style INTEGER);
CREATE TABLE message (ROWID INTEGER PRIMARY KEY, guid TEXT, text TEXT, attributedBody BLOB,
  handle_id INTEGER, date INTEGER, is_from_me INTEGER, item_type INTEGER,
  associated_message_guid TEXT, associated_message_type INTEGER, thread_originator_guid TEXT);
CREATE TABLE chat_message_join (chat_id INTEGER, message_id INTEGER);
CREATE TABLE chat_handle_join (chat_id INTEGER, handle_id INTEGER);
CREATE TABLE attachment (ROWID INTEGER PRIMARY KEY, filename TEXT, transfer_name TEXT);
CREATE TABLE message_attachment_join (message_id INTEGER, attachment_id INTEGER);
INSERT INTO handle VALUES (1, '+15550001'), (2, '+15550002');
INSERT INTO chat VALUES (1, 'chat77', 43);
INSERT INTO chat_handle_join VALUES (1, 1), (1, 2);
INSERT INTO message VALUES (1, 'G1', 'hoo', NULL, 1, 1, 0, 0, NULL, 0, NULL),
  (2, 'G2', NULL, NULL, 1, 2, 0, 0, 'p:0/G1', 2000, NULL),
  (3, 'G3', 'to all', NULL, 0, 3, 1, 0, NULL, 0, 'G1'), (4, 'G4', NULL, NULL, 1, 4, 0, 2, NULL, 0,
  NULL);
INSERT INTO chat_message_join VALUES (1, 1), (1, 2), (1, 3), (1, 4);
INSERT INTO attachment VALUES (5, '~/a.jpg', 'a|b' || char(10) || '.jpg');
INSERT INTO message_attachment_join VALUES (3, 5);";
    let found = read_bytes(&shipped(), "sms.db", &database(sql));
    let rows: Vec<&Said> = found.records().collect();
    assert_eq!(rows.len(), 4);
    assert_eq!(extra(rows[1], "reaction_to"), Some("p:0/G1"));
    assert_eq!(rows[2].to, ["+15550001", "+15550002"]);
    assert_eq!(rows[2].reply_to.as_deref(), Some("G1"));
    assert_eq!(extra(rows[2], "attachments"), Some("~/a.jpg|||a b .jpg"));
    assert_eq!(rows[3].kind, RecordKind::System);
    assert_eq!(kinds(&found).iter().filter(|kind| kind.contains("unread")).count(), 0);
}
