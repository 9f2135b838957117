//! Rows to files and back; finding rows.

use crate::rows::{self, DAY, copy, exhibit, message, network_id, span};
use emma_lake::canonical::TableRow;
use emma_lake::read::{Claims, Copies, Messages, TableFile};
use emma_lake::totals::MessageTotals;
use emma_lake::write::{PAGE_ROWS_MAX, TableWriter, Written};
use emma_lake::{CopyRow, LakeError, LinkRow, Mask, MessageRow};
use emma_model::{MemberPath, MessageId, RecordId};
use proptest::collection::vec;
use proptest::prelude::*;
use std::path::Path;

pub fn write<R: TableRow>(case: &Path, rows: &[R]) -> Written {
    let mut writer = TableWriter::<R>::new(case, "p1");
    for row in rows {
        writer.push(row).unwrap();
    }
    writer.finish().unwrap().unwrap()
}

/// Sorts, writes twice, reads all ways: the same rows come back and the bytes are the same.
fn survive<R: TableRow + PartialEq>(mut rows: Vec<R>) -> Result<(), TestCaseError> {
    rows.sort_by(R::file_order);
    let case = tempfile::tempdir().unwrap();
    let again = tempfile::tempdir().unwrap();
    let written = write(case.path(), &rows);
    prop_assert_eq!(&written, &write(again.path(), &rows), "the same rows, the same file");
    let file = TableFile::<R>::open(case.path(), &written.file).unwrap();
    let all: Vec<R> = file.range(0..file.len()).map(Result::unwrap).collect();
    prop_assert_eq!(&all, &rows);
    let backwards: Vec<u32> = (0..file.len()).rev().collect();
    let mut found = file.rows(&backwards).unwrap();
    found.reverse();
    prop_assert_eq!(&found, &rows);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_messages_survive_a_file(rows in vec(rows::messages(), 1..20)) { survive(rows)?; }

    #[test]
    fn any_copies_survive_a_file(rows in vec(rows::copies(), 1..20)) { survive(rows)?; }

    #[test]
    fn any_anomalies_survive_a_file(rows in vec(rows::anomalies(), 1..20)) { survive(rows)?; }

    #[test]
    fn any_claims_survive_a_file(rows in vec(rows::links(), 1..20)) { survive(rows)?; }

    #[test]
    fn any_members_survive_a_file(rows in vec(rows::members(), 1..20)) { survive(rows)?; }
}

proptest! {
    #[test]
    fn different_messages_have_different_bytes(a in rows::messages(), b in rows::messages()) {
        let bytes = |row: &MessageRow| { let mut out = Vec::new(); row.canonical(&mut out); out };
        prop_assert_eq!(a == b, bytes(&a) == bytes(&b));
    }

    #[test]
    fn one_changed_field_changes_the_bytes(row in rows::copies(), which in 0usize..8) {
        let bytes = |row: &CopyRow| { let mut out = Vec::new(); row.canonical(&mut out); out };
        let mut other = row.clone();
        match which {
            0 => other.sort = other.sort.map_or(Some(0), |time| Some(time.wrapping_add(1))),
            1 => other.line = other.line.wrapping_add(1),
            2 => other.source.push('x'),
            3 => other.extra.push((String::new(), String::new())),
            4 => other.inferred = !other.inferred,
            5 => other.time_raw = other.time_raw.map_or(Some(String::new()), |_| None),
            6 => other.anomalies = other.anomalies.wrapping_add(1),
            _ => other.borrowed.push(emma_model::record::Borrowed {
                field: "to",
                origin: emma_model::record::Origin::Path,
            }),
        }
        prop_assert_ne!(bytes(&row), bytes(&other));
    }
}

/// Enough messages for two row groups; every 50th has two versions, the last 100 are undated.
fn many() -> Vec<MessageRow> {
    let mut rows = Vec::new();
    for i in 0..70_000u64 {
        let sort = (i >= 100).then(|| (i / 3) as i64 * 60_000_000);
        let mut row = message(sort, span("a", i * 10, 9), &format!("text number {i}"));
        row.from = Some(format!("handle{}", i % 97));
        if i % 2 == 0 {
            row.id = MessageId::Network(network_id(&format!("{i}")));
        }
        if i % 50 == 0 {
            row.versions = 2;
            let mut second = row.clone();
            second.version = 1;
            second.text = None;
            second.records = vec![span("b", i, 1)];
            rows.push(second);
        }
        rows.push(row);
    }
    rows.sort_by(MessageRow::search_order);
    rows
}

#[test]
fn messages_are_found_by_number_by_id_and_by_time() {
    let case = tempfile::tempdir().unwrap();
    let rows = many();
    assert!(rows.len() > 20 * PAGE_ROWS_MAX, "many pages");
    let written = write(case.path(), &rows);
    assert_eq!(written.undated, 102);
    assert_eq!(written.sort, Some((33 * 60_000_000, 23_333 * 60_000_000)));
    let file = Messages::open_with(case.path(), &written.file, 1 << 20).unwrap();
    assert_eq!(file.len() as usize, rows.len());
    let scattered: Vec<u32> = (0..60).map(|i| (i * 7_919 + 13) % file.len()).collect();
    for (row, found) in scattered.iter().zip(file.rows(&scattered).unwrap()) {
        assert_eq!(found, rows[*row as usize]);
    }
    for at in [0, 1, 777, 65_535, 65_536, rows.len() - 1, rows.len() - 90] {
        let row = &rows[at];
        let found = file.find(row.sort, &row.id).unwrap();
        assert_eq!(found.len(), row.versions as usize);
        assert!(found.iter().any(|(number, found)| *number as usize == at && found == row));
    }
    assert_eq!(file.find(rows[5].sort, &MessageId::Record(span("z", 0, 1))).unwrap(), []);
    assert_eq!(file.find(Some(7), &rows[5].id).unwrap(), []);
    for (from, until) in [(0, DAY), (DAY, 2 * DAY), (0, i64::MAX), (-5, 0), (DAY, DAY + 1)] {
        let range = file.sort_range(from, until).unwrap();
        let expected: Vec<usize> = (0..rows.len())
            .filter(|at| rows[*at].sort.is_some_and(|time| from <= time && time < until))
            .collect();
        assert_eq!(range.len(), expected.len());
        assert!(expected.first().is_none_or(|first| *first == range.start as usize));
    }
}

#[test]
fn totals_count_messages_once_and_leave_masked_rows_out() {
    let case = tempfile::tempdir().unwrap();
    let rows = many();
    let file = Messages::open(case.path(), &write(case.path(), &rows).file).unwrap();
    let mut totals = MessageTotals::default();
    totals.add(&file, &Mask::NONE).unwrap();
    assert_eq!(totals.messages, 70_000);
    assert_eq!(totals.versions, 71_400);
    assert_eq!(totals.undated, 100);
    assert_eq!(totals.handles.len(), 98);
    assert_eq!(totals.senders["message"].len(), 97);
    assert_eq!(totals.by_kind["message"], 70_000);
    let mut fewer = MessageTotals::default();
    let first_single = rows.iter().position(|row| row.versions == 1).unwrap() as u32;
    fewer.add(&file, &Mask::new(vec![first_single])).unwrap();
    assert_eq!(fewer.messages, 69_999);
}

#[test]
fn copies_are_found_by_id_place_and_line() {
    let case = tempfile::tempdir().unwrap();
    let mut rows: Vec<CopyRow> = Vec::new();
    for name in ["a", "b", "c"] {
        rows.extend((0..3_000u64).map(|i| copy(span(name, i * 10, 8), i)));
    }
    let inner = |i: u64| RecordId::span(exhibit("b"), MemberPath(vec![2]), i * 10, 8);
    rows.extend((0..700).map(|i| copy(inner(i), i)));
    let live = RecordId::Live { source: "feed".into(), sequence: 1, index: 2 };
    rows.push(copy(live.clone(), 0));
    rows.sort_by(CopyRow::file_order);
    let file = Copies::open(case.path(), &write(case.path(), &rows).file).unwrap();
    for at in [0usize, 511, 512, 2_999, 3_000, rows.len() - 1] {
        assert_eq!(file.find(&rows[at].record).unwrap(), Some((at as u32, rows[at].clone())));
    }
    assert!(file.find(&live).unwrap().is_some());
    let absent = span("nowhere", 0, 8);
    let asked = [&rows[7].record, &absent, &live, &rows[3].record];
    let all = file.find_all(&asked).unwrap();
    assert_eq!(all.len(), asked.len());
    for (record, found) in asked.iter().zip(all) {
        assert_eq!(found, file.find(record).unwrap());
    }
    assert_eq!(file.find(&span("a", 5, 8)).unwrap(), None);
    assert_eq!(file.find(&span("nowhere", 0, 8)).unwrap(), None);
    let outer = MemberPath::default();
    let ids = |found: Vec<(u32, CopyRow)>| -> Vec<RecordId> {
        found.into_iter().map(|(_, row)| row.record).collect()
    };
    let found = file.overlapping(exhibit("b"), &outer, 17, 14).unwrap();
    assert_eq!(ids(found), [span("b", 10, 8), span("b", 20, 8), span("b", 30, 8)]);
    let found = file.overlapping(exhibit("b"), &outer, 18, 2).unwrap();
    assert_eq!(ids(found), [], "the gap between two records");
    let found = file.on_line(exhibit("b"), &MemberPath(vec![2]), 650).unwrap();
    assert_eq!(ids(found), [inner(650)]);
}

#[test]
fn claims_are_found_from_either_end() {
    let case = tempfile::tempdir().unwrap();
    let rows: Vec<LinkRow> = (0..2_000)
        .map(|i| LinkRow {
            record: span("notes", i * 10, 9),
            source: "radio".into(),
            relation: "reply".into(),
            target_path: format!("log{}.txt", i % 5),
            from_line: i,
            to_line: i / 2,
        })
        .collect();
    let file = Claims::open(case.path(), &write(case.path(), &rows).file).unwrap();
    let found = file.about("log0.txt", 500).unwrap();
    let ends: Vec<(u64, u64)> = found.iter().map(|row| (row.from_line, row.to_line)).collect();
    assert_eq!(ends, [(500, 250), (1_000, 500)]);
    assert_eq!(file.about("log9.txt", 500).unwrap(), []);
}

#[test]
fn no_rows_leave_no_file_and_a_row_beyond_the_end_is_named() {
    let case = tempfile::tempdir().unwrap();
    let writer = TableWriter::<MessageRow>::new(case.path(), "p1");
    assert_eq!(writer.finish().unwrap(), None);
    assert_eq!(std::fs::read_dir(case.path()).unwrap().count(), 0);
    let written = write(case.path(), &[message(None, span("a", 0, 1), "one")]);
    let file = Messages::open(case.path(), &written.file).unwrap();
    let error = file.row(1).unwrap_err();
    assert!(matches!(error, LakeError::NoSuchRow { row: 1, rows: 1, .. }));
}

#[test]
fn other_tools_read_plain_columns() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::RowAccessor;
    let case = tempfile::tempdir().unwrap();
    let written = write(case.path(), &[message(Some(DAY), span("a", 0, 1), "pick up at nine")]);
    let file = std::fs::File::open(case.path().join(&written.file.path)).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    let columns: Vec<_> = reader.metadata().file_metadata().schema().get_fields().to_vec();
    let at = |name: &str| columns.iter().position(|column| column.name() == name).unwrap();
    let row = reader.get_row_iter(None).unwrap().next().unwrap().unwrap();
    assert_eq!(row.get_string(at("text")).unwrap(), "pick up at nine");
    assert_eq!(row.get_timestamp_micros(at("sort")).unwrap(), DAY);
    assert_eq!(row.get_string(at("from")).unwrap(), "greyheron");
}
