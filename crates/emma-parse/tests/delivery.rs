//! Deliveries of a collection system, schema by schema. All of it is invented.

use crate::collect::{Found, Said, read};
use emma_model::record::Origin;
use emma_model::{RecordKind, Zone};

const ALL: &str = include_str!("../../../fuzz/corpus/delivery/all");
const LIVE: &str = include_str!("../../../fuzz/corpus/delivery/live");
const ODD: &str = include_str!("../../../fuzz/corpus/delivery/odd");
const HERON: &str = "grey.heron@phone.example";
const OWL: &str = "owl@phone.example";
const WREN: &str = "wren@phone.example";

fn records(found: &Found) -> Vec<Said> {
    found.records().cloned().collect()
}

#[test]
fn every_schema_is_a_record_of_its_kind() {
    let found = read("part-00000.ndjson", ALL.as_bytes());
    assert_eq!(found.end(&[]).parser, "delivery");
    assert_eq!(found.anomalies(), []);
    use RecordKind::*;
    let kinds: Vec<_> = found.records().map(|record| record.kind).collect();
    let want = [
        Message, Message, Message, Device, Account, Sim, Contact, Note, Call, Event, Event, Event,
        Event, Event, Other,
    ];
    assert_eq!(kinds, want);
    let records = records(&found);
    let dated = |record: &Said| record.time.is_some();
    let undated: Vec<_> = (0..records.len()).filter(|at| !dated(&records[*at])).collect();
    assert_eq!(undated, [4, 5, 6, 14], "account, SIM, contact, file have no time");
    assert_eq!(records[7].text.as_deref(), Some("pin 0000"));
    assert_eq!((records[8].from.as_deref(), records[8].to.len()), (Some(WREN), 0));
    assert_eq!((records[11].from.as_deref(), &records[11].to), (Some(HERON), &vec![OWL.into()]));
    assert_eq!(records[11].id, None, "a relay's log line is no copy of the message");
    assert_eq!(records[11].extra("id"), ["00000000000000a1"]);
    assert_eq!(records[12].text.as_deref(), Some("wipe"));
}

#[test]
fn both_output_profiles_say_the_same() {
    let found = read("part-00000.ndjson", ALL.as_bytes());
    let records = records(&found);
    let (first, stored, second) = (&records[0], &records[1], &records[2]);
    assert_eq!(first.id.as_deref(), Some("00000000000000a1"));
    assert_eq!(first.conversation.as_deref(), Some("00000000000000c1"));
    let at = 1_585_815_072_345_000;
    for copy in [first, second] {
        assert_eq!(copy.id, first.id);
        assert_eq!(copy.from.as_deref(), Some(HERON));
        assert_eq!(copy.to, [OWL, WREN]);
        assert_eq!(copy.text.as_deref(), Some("hoo 🦉"));
        assert_eq!(copy.time, Some((at, at + 999, Zone::Declared, false)));
        assert_eq!(copy.extra("synthetic"), ["true"]);
    }
    assert_eq!(
        (first.extra("photo"), first.extra("photo_delivered")),
        (vec!["p-1.jpg"], vec!["false"])
    );
    assert_eq!(
        (second.extra("photo"), second.extra("photo_delivered")),
        (vec!["p-1.jpg"], vec!["1"])
    );
    assert_eq!((&stored.id, &stored.conversation), (&None, &None), "numbers of the handset");
    assert_eq!((stored.extra("row"), stored.extra("chat")), (vec!["7"], vec!["2"]));
}

#[test]
fn records_of_a_live_batch_borrow_its_source_and_number() {
    let found = read("feed.ndjson", LIVE.as_bytes());
    assert_eq!(found.end(&[]).parser, "delivery");
    assert_eq!(found.anomalies(), []);
    let records = records(&found);
    let batches: Vec<_> = records
        .iter()
        .map(|one| (one.extra("batch_source")[0], one.extra("batch_sequence")[0]))
        .collect();
    assert_eq!(batches, [("collector-0", "0"), ("collector-0", "0"), ("collector-1", "1")]);
    let borrowed = &records[2].borrowed;
    let (offset, length) = match borrowed[1].origin {
        Origin::Leaf { offset, length } => (offset as usize, length as usize),
        ref other => panic!("{other:?}"),
    };
    assert_eq!(borrowed[1].field, "batch_sequence");
    assert!(LIVE[offset..offset + length].contains("\"sequence\":1"));
}

#[test]
fn what_is_odd_is_told_and_kept() {
    let found = read("part-00000.ndjson", ODD.as_bytes());
    assert_eq!(found.end(&[]).parser, "delivery");
    let missing = |field: &str| ("delivery.value_missing", field.to_owned());
    let want = [
        ("delivery.schema_unknown", "schema".to_owned()),
        missing("from"),
        ("time.unreadable", "time".to_owned()),
        ("delivery.direction", "direction".to_owned()),
        ("json.truncated", String::new()),
    ];
    assert_eq!(found.anomalies(), want);
    let records = records(&found);
    assert_eq!(records.len(), 6);
    assert_eq!(records[0].kind, RecordKind::Other);
    assert_eq!(records[0].extra("to").len(), 1, "kept raw");
    assert_eq!((records[2].time, records[2].extra("time").len()), (None, 1));
    assert_eq!(records[3].extra("with"), [WREN]);
    assert_eq!(records[4].kind, RecordKind::Account, "written over several lines");
    assert_eq!(records[5].time.unwrap().2, Zone::Unknown, "no offset");
}

#[test]
fn other_json_with_a_schema_is_not_ours() {
    for other in [r#"{"schema":"person/1","a":1}"#, r#"{"schema":1}"#, r#"{"schema":"message"}"#] {
        assert_ne!(read("a.ndjson", other.as_bytes()).end(&[]).parser, "delivery", "{other}");
    }
}
