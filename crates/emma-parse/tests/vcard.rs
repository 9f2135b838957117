//! Address book cards, specimen by specimen.

use crate::collect::{Said, read, read_with};
use crate::mail::{python, python_has};
use emma_model::{RecordKind, Zone};
use emma_parse::Limits;
use serde_json::Value;

const OLD: &str = "BEGIN:VCARD\r\nVERSION:2.1\r\n\
    N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Reiher;J=C3=BCrgen;;Dr.;\r\n\
    FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Dr. J=C3=BCrgen =\r\nReiher\r\n\
    TEL;CELL;PREF:+44 7700 900123\r\nTEL;HOME:020 7946 0000\r\n\
    PHOTO;ENCODING=BASE64;JPEG:aGVs\r\n bG8=\r\n\r\n\
    EMAIL;INTERNET:Reiher@example.org\r\nEND:VCARD\r\n";

const NEW: &str = "BEGIN:VCARD\nVERSION:3.0\nUID:card-2\nFN:Owl\\, Barn\nN:Owl;Barn;;;\n\
    item1.TEL;type=CELL;type=VOICE:+31 6 12345678\nORG:Night;Watch\nNOTE:first line\\nse\n cond\n\
    ADR;TYPE=home:;;1 Tree Lane;Wood;;AB1 2CD;Land\nREV:2020-01-02T03:04:05Z\n\
    item1.X-ABLABEL:_$!<Mobile>!$_\nEND:VCARD\n";

const NEWEST: &str = "BEGIN:VCARD\nVERSION:4.0\nFN:Wren\n\
    TEL;VALUE=uri;TYPE=\"voice,home\":tel:+1-555-0100\n\
    PHOTO:data:image/png;base64,aGVsbG8=\nREV:20200102T030405\nEND:VCARD\n";

fn extra<'r>(record: &'r Said, name: &str) -> Vec<&'r str> {
    let named = record.extra.iter().filter(|(known, _)| known == name);
    named.map(|(_, value)| value.as_str()).collect()
}

#[test]
fn cards_of_all_versions_are_contacts() {
    let text = format!("\u{feff}{OLD}\n{NEW}{NEWEST}");
    let found = read("contacts.vcf", text.as_bytes());
    assert_eq!(found.end(&[]).parser, "vcard");
    let records: Vec<_> = found.records().collect();
    assert_eq!(records.len(), 3);
    assert!(records.iter().all(|record| record.kind == RecordKind::Contact));
    let pairs: Vec<_> = records[0].extra.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let digest = emma_model::Digest::of(b"hello").to_string();
    assert_eq!(
        pairs,
        [
            ("version", "2.1"),
            ("family_name", "Reiher"),
            ("given_name", "Jürgen"),
            ("name_prefix", "Dr."),
            ("name", "Dr. Jürgen Reiher"),
            ("phone", "+44 7700 900123"),
            ("phone_type", "cell"),
            ("phone", "020 7946 0000"),
            ("phone_type", "home"),
            ("file", "photo"),
            ("file_type", "jpeg"),
            ("file_bytes", "5"),
            ("file_sha256", digest.as_str()),
            ("email", "Reiher@example.org"),
            ("email_type", "internet"),
        ]
    );
    assert_eq!(records[1].id.as_deref(), Some("card-2"));
    assert_eq!(extra(records[1], "name"), ["Owl, Barn"]);
    assert_eq!(extra(records[1], "organisation"), ["Night, Watch"]);
    assert_eq!(extra(records[1], "note"), ["first line\nsecond"]);
    assert_eq!(extra(records[1], "address"), ["1 Tree Lane, Wood, AB1 2CD, Land"]);
    assert_eq!(extra(records[1], "phone_group"), ["item1"]);
    assert_eq!(extra(records[1], "x-ablabel"), ["_$!<Mobile>!$_"]);
    let at = 1_577_934_245_000_000;
    assert_eq!(records[1].time, Some((at, at + 999_999, Zone::Declared, false)));
    assert_eq!(extra(records[2], "phone"), ["+1-555-0100"]);
    assert_eq!(extra(records[2], "phone_type"), ["voice,home"]);
    assert_eq!(extra(records[2], "file_type"), ["image/png"]);
    assert_eq!(records[2].time.unwrap().2, Zone::Unknown);
    assert_eq!(found.anomalies(), []);
}

#[test]
fn a_card_within_a_card_is_its_and_one_without_an_end_is_told() {
    let text = "BEGIN:VCARD\nFN:Heron\nAGENT:\nBEGIN:VCARD\nFN:Owl\nEND:VCARD\nTEL:1\nEND:VCARD\n\
        BEGIN:VCARD\nFN:Wren\nno property\nbegin:vcard\nFN:Crake\nEND:VCARD\nleft over\n";
    let found = read("contacts.vcf", text.as_bytes());
    let names: Vec<_> = found.records().map(|record| extra(record, "name").join("|")).collect();
    assert_eq!(names, ["Heron", "Wren", "Crake"]);
    let first = found.records().next().unwrap();
    assert_eq!((extra(first, "agent.fn"), extra(first, "phone")), (vec!["Owl"], vec!["1"]));
    let kinds: Vec<_> = found.anomalies().into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["vcard.line_unknown", "vcard.end_missing", "vcard.outside"]);
}

#[test]
fn bytes_of_an_older_encoding_are_read_and_told() {
    let found =
        read("a.vcf", b"BEGIN:VCARD\nFN:Ren\xe9\nN;CHARSET=ISO-8859-1:Ren\xe9\nEND:VCARD\n");
    let record = found.records().next().unwrap();
    assert_eq!((extra(record, "name"), extra(record, "family_name")), (vec!["René"], vec!["René"]));
    assert_eq!(found.anomalies(), [("text.not_utf8", "fn".to_owned())]);
}

#[test]
fn a_card_that_is_too_long_is_read_in_part() {
    let limits = Limits { record_bytes_max: 100, ..Limits::default() };
    let long = "x".repeat(300);
    let lines = "NOTE:some words\n".repeat(10);
    let text = format!(
        "BEGIN:VCARD\nFN:Heron\nPHOTO:{long}\nEND:VCARD\nBEGIN:VCARD\nFN:Owl\n{lines}END:VCARD\n\
        BEGIN:VCARD\nFN:Wren\nEND:VCARD\n"
    );
    let found = read_with("a.vcf", text.as_bytes(), &limits);
    let names: Vec<_> = found.records().map(|record| extra(record, "name").join("|")).collect();
    assert_eq!(names, ["Heron", "Owl", "Wren"]);
    assert!(found.items.iter().all(|item| item.length <= 100));
    let kinds: Vec<_> = found.anomalies().into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "vcard.cut").count(), 2);
}

#[test]
fn other_texts_are_not_taken() {
    for text in ["BEGIN:VCALENDAR\nEND:VCALENDAR\n", "hello\nBEGIN:VCARD\nFN:x\nEND:VCARD\n"] {
        assert_ne!(read("a.vcf", text.as_bytes()).end(&[]).parser, "vcard", "{text}");
    }
}

/// Independent: the Python package vobject 0.9.9, where it is installed.
#[test]
fn an_independent_reader_finds_the_same_values() {
    let test = "an_independent_reader_finds_the_same_values";
    let script = "import sys, json, vobject\n\
        for c in vobject.readComponents(sys.stdin.buffer.read().decode(), allowQP=True):\n \
        get = lambda n: [x.value for x in c.contents.get(n, [])]\n \
        print(json.dumps([get('fn'), get('tel'), get('email'), get('note'),\
        [[n.family, n.given] for n in get('n')]]))";
    if !python_has("vobject") {
        println!("skipped: {test}: python3 with vobject is not here");
        return;
    }
    let text = format!("{OLD}{NEW}");
    let output = python(script, text.as_bytes()).expect("vobject reads the specimens");
    let found = read("a.vcf", text.as_bytes());
    assert_eq!(output.lines().count(), found.records().count());
    for (record, line) in found.records().zip(output.lines()) {
        let row: Value = serde_json::from_str(line).unwrap();
        for (at, name) in ["name", "phone", "email", "note"].into_iter().enumerate() {
            assert_eq!(serde_json::to_value(extra(record, name)).unwrap(), row[at], "{name}");
        }
        assert_eq!(row[4][0][0], extra(record, "family_name")[0]);
        assert_eq!(row[4][0][1], extra(record, "given_name")[0]);
    }
}
