//! IRC logs, specimen by specimen.

use crate::collect::{Said, read};
use emma_model::record::{Borrowed, Origin};
use emma_model::{ItemClass, RecordKind, Zone};

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

fn said(record: &Said) -> (RecordKind, &str, &str) {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    (record.kind, text(&record.from).leak(), text(&record.text).leak())
}

#[test]
fn each_line_is_one_item_and_each_shape_one_kind() {
    let log = "[09:00] <heron> morning\n=== owl [n=o@example.net]  has joined #Birds\n\
        [09:01]  * owl hoots\n[09:01] -heron:#birds- psst\n\n[09:02] <owl>\nwhat is this\n\
        === owl is now known as barn_owl\n=== barn_owl yawns\n";
    let found = read("logs/1970-01-02.birds.txt", log.as_bytes());
    let kinds: Vec<_> = found.records().map(said).collect();
    assert_eq!(
        kinds,
        [
            (RecordKind::Message, "heron", "morning"),
            (RecordKind::System, "owl", ""),
            (RecordKind::Action, "owl", "hoots"),
            (RecordKind::Notice, "heron", "psst"),
            (RecordKind::Message, "owl", ""),
            (RecordKind::System, "owl", ""),
            (RecordKind::System, "", "barn_owl yawns"),
        ]
    );
    assert!(found.records().all(|record| record.conversation.as_deref() == Some("#birds")));
    let classes = |class| found.items.iter().filter(|item| item.class == class).count();
    assert_eq!((classes(ItemClass::Framing), classes(ItemClass::Anomaly)), (1, 1));
    assert_eq!(found.anomalies(), [("irc.line_unknown", String::new())]);
    assert_eq!(found.items.iter().map(|item| item.line).collect::<Vec<_>>(), Vec::from_iter(0..9));
    assert_eq!(found.end(&[]).parser, "irc");
}

#[test]
fn the_conversation_is_borrowed_from_the_line_that_names_it() {
    let log = "[09:00] <heron> hi\n=== owl [x]  has joined #birds\n[09:00] <heron> hello\n";
    let found = read("1970-01-02.txt", log.as_bytes());
    let origin = Origin::Leaf { offset: 19, length: 31 };
    assert_eq!(
        found.items[0].record.as_ref().unwrap().borrowed[0],
        Borrowed { field: "conversation", origin }
    );
    assert_eq!(found.items[1].offset, 19);
    assert_eq!(found.items[1].length, 31);
    let own = found.items[1].record.as_ref().unwrap();
    assert!(own.borrowed.iter().all(|borrowed| borrowed.field != "conversation"));
}

#[test]
fn two_channels_or_none_leave_the_file_stem() {
    let log = "[09:00] <heron> hi\n=== owl [x]  has joined #birds\n=== owl [x]  has joined #fish\n";
    let found = read("1970-01-02.talk.txt", log.as_bytes());
    let conversations: Vec<_> =
        found.records().map(|record| record.conversation.as_deref().unwrap()).collect();
    assert_eq!(conversations, ["1970-01-02.talk", "#birds", "#fish"]);
}

#[test]
fn a_minute_on_the_named_day_in_a_zone_nobody_knows() {
    let found = read("1970-01-02.txt", b"[09:30] <heron> hi\n");
    let record = found.records().next().unwrap();
    let at = DAY + 9 * HOUR + HOUR / 2;
    assert_eq!(
        record.time,
        Some((at - 14 * HOUR, at + 12 * HOUR + HOUR / 60 - 1, Zone::Unknown, true))
    );
}

#[test]
fn lines_without_time_lie_between_their_neighbours() {
    let log = "=== first line\n[09:00] <heron> hi\n=== owl hoots\n[11:00] <heron> yes\n=== last\n";
    let found = read("1970-01-02.txt", log.as_bytes());
    let times: Vec<_> = found.records().map(|record| record.time.unwrap()).collect();
    let local = |index: usize| (times[index].0 + 14 * HOUR, times[index].1 - 12 * HOUR + 1);
    assert_eq!(local(0), (DAY, DAY + 9 * HOUR + HOUR / 60), "from midnight to the first time");
    assert_eq!(local(2), (DAY + 9 * HOUR, DAY + 11 * HOUR + HOUR / 60));
    assert_eq!(local(4), (DAY + 11 * HOUR, 2 * DAY), "from the last time to midnight");
    let origin = Origin::Neighbours;
    let borrowed = &found.items[2].record.as_ref().unwrap().borrowed;
    assert!(borrowed.contains(&Borrowed { field: "time", origin }));
}

#[test]
fn a_clock_that_goes_back_widens_its_days_and_is_told() {
    let found = read("1970-01-02.txt", b"[23:00] <a> x\n[01:00] <b> y\n");
    let times: Vec<_> = found.records().map(|record| record.time.unwrap()).collect();
    assert_eq!(times[0].0 + 14 * HOUR, 23 * HOUR);
    assert_eq!(times[1].0 + 14 * HOUR, DAY + HOUR);
    assert_eq!(times[1].1 - 12 * HOUR + 1, 2 * DAY + HOUR + HOUR / 60);
    assert_eq!(found.end_anomalies(&[]), ["time.goes_back"]);
    let found = read("1970-01-02.txt", b"[12:40] <a> x\n[01:00] <b> y\n");
    assert_eq!(found.end_anomalies(&[]), ["time.half_day"]);
}

#[test]
fn without_a_date_there_is_no_time() {
    let found = read("birds.txt", b"[09:30] <heron> hi\n");
    let record = found.records().next().unwrap();
    assert_eq!(record.time, None);
    assert!(record.extra.contains(&("time".to_owned(), "09:30".to_owned())));
    assert_eq!(found.end_anomalies(&[]), ["time.no_date"]);
}

#[test]
fn lines_in_an_older_encoding_are_read_and_told() {
    let mut log = b"[09:00] <heron> caf\xe9 \xe0 la carte, d\xe9j\xe0 vu\n".to_vec();
    log.extend_from_slice("[09:01] <owl> café\n".as_bytes());
    let found = read("1970-01-02.txt", &log);
    let texts: Vec<_> = found.records().map(|record| record.text.clone().unwrap()).collect();
    assert_eq!(texts, ["café à la carte, déjà vu", "café"]);
    assert_eq!(found.anomalies(), [("text.not_utf8", "text".to_owned())]);
}

#[test]
fn utf16_logs_keep_their_original_spans() {
    let text =
        "[09:00] <heron> héllo\r\n=== owl [x]  has joined #birds\r\n[09:01] <owl> \u{a0a}x\n";
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    let found = read("1970-01-02.txt", &bytes);
    let texts: Vec<_> = found.records().filter_map(|record| record.text.clone()).collect();
    assert_eq!(texts, ["héllo", "\u{a0a}x"]);
    assert_eq!(found.items[0].raw, [0xff, 0xfe]);
    assert_eq!(found.items[1].offset, 2);
    assert_eq!(found.items[3].line, 2);
}

#[test]
fn controls_and_direction_tricks_are_kept_and_told() {
    let log = "[09:00] <heron> \u{3}4red\u{0}\n[09:00] <owl> abc\u{202e}fdp\n";
    let found = read("1970-01-02.txt", log.as_bytes());
    let texts: Vec<_> = found.records().map(|record| record.text.clone().unwrap()).collect();
    assert_eq!(texts, ["\u{3}4red\u{0}", "abc\u{202e}fdp"]);
    let field = "text".to_owned();
    assert_eq!(found.anomalies(), [("text.control", field.clone()), ("text.bidi", field)]);
}
