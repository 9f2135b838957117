//! Bytes that must not change unnoticed: they are in cases that exist.

use crate::files::write;
use crate::rows::{DAY, copy, message, network_id, span};
use emma_lake::canonical::TableRow;
use emma_lake::{AnomalyRow, LinkRow, MemberRow, State};
use emma_model::digest::hex;
use emma_model::{Digest, ItemClass, MemberPath, MessageId, Place};

fn canonical(row: &impl TableRow) -> String {
    let mut out = Vec::new();
    row.canonical(&mut out);
    hex(&out)
}

fn anomaly() -> AnomalyRow {
    AnomalyRow {
        exhibit: crate::rows::exhibit("a"),
        member: MemberPath(vec![0, 2]),
        place: Place::Row { table: "sheet".into(), row: -1 },
        class: Some(ItemClass::Anomaly),
        kind: "json.syntax".into(),
        field: Some("text".into()),
        note: "not closed".into(),
    }
}

fn claim() -> LinkRow {
    LinkRow {
        record: span("notes", 5, 9),
        source: "radio".into(),
        relation: "reply".into(),
        target_path: "radio/log.txt".into(),
        from_line: 300,
        to_line: 2,
    }
}

fn member() -> MemberRow {
    MemberRow {
        exhibit: crate::rows::exhibit("a"),
        member: MemberPath(vec![7]),
        name: "photo.jpg".into(),
        digest: Digest::of(b"photo"),
        bytes: 5,
        parser: "blob/1".into(),
        media: "image/jpeg".into(),
        kept: true,
    }
}

#[test]
fn canonical_rows_are_as_documented() {
    let mut row = message(Some(DAY), span("a", 16, 9), "hé");
    row.to.push("wren".into());
    let id = hex(&span("a", 16, 9).canonical());
    let time = |micros: i64| format!("01{micros:016x}");
    assert_eq!(
        canonical(&row),
        [
            "01".to_owned(),
            time(DAY),
            "02".to_owned(),
            "0001".to_owned(),
            "00".to_owned(),
            "00".to_owned(),
            format!("05{}", hex(b"radio")),
            format!("0109{}", hex(b"greyheron")),
            format!("0207{}04{}", hex(b"bluetit"), hex(b"wren")),
            "00".to_owned(),
            time(DAY),
            time(DAY + 59_999_999),
            "010000".to_owned(),
            format!("0103{}", hex("hé".as_bytes())),
            format!("0102{}", hex(b"NL")),
            "00".to_owned(),
            format!("01{id}"),
            format!("0105{}", hex(b"radio")),
        ]
        .concat()
    );
}

/// Digests of one row's canonical bytes and of its file, per table.
fn digests<R: TableRow>(row: &R) -> (String, String) {
    let case = tempfile::tempdir().unwrap();
    let file = write(case.path(), std::slice::from_ref(row)).file.sha256.hex();
    (Digest::of(canonical(row).as_bytes()).hex()[..16].to_owned(), file[..16].to_owned())
}

#[test]
fn rows_and_files_keep_their_bytes() {
    let mut row = message(Some(DAY), span("a", 16, 9), "pick up at nine");
    row.id = MessageId::Network(network_id("77"));
    row.state = State::Agreeing;
    let mut copy = copy(span("a", 16, 9), 3);
    copy.network_id = Some(network_id("77"));
    let found = [
        ("messages", digests(&row)),
        ("copies", digests(&copy)),
        ("anomalies", digests(&anomaly())),
        ("claims", digests(&claim())),
        ("members", digests(&member())),
    ];
    let text: Vec<String> =
        found.iter().map(|(name, (row, file))| format!("{name} {row} {file}")).collect();
    assert_eq!(text.join("\n"), include_str!("golden/digests.txt").trim_end());
}
