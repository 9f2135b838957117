//! Roots depend on rows alone, not on how they were batched or what was replaced.

use crate::files::write;
use crate::rows::{DAY, copy, message, span};
use emma_lake::canonical::TableRow;
use emma_lake::root::{Group, GroupHasher, groups, roots, table_root};
use emma_lake::{CopyRow, Mask, MessageRow, Segment, SegmentView, Table};
use emma_model::Digest;
use proptest::prelude::*;
use std::path::Path;

fn direct<R: TableRow>(rows: &[R]) -> Digest {
    let mut hasher = GroupHasher::default();
    for row in rows {
        hasher.push(row);
    }
    table_root(R::TABLE, &hasher.finish())
}

fn segment<R: TableRow>(case: &Path, number: u32, mut rows: Vec<R>) -> SegmentView {
    rows.sort_by(R::file_order);
    let segment = Segment { number, partition: format!("p{number}"), ..Segment::default() };
    let mut view = SegmentView { segment, ..SegmentView::default() };
    if !rows.is_empty() {
        let written = write(case, &rows);
        view.segment.tables.insert(R::TABLE, written.file);
        view.segment.groups.insert(R::TABLE, written.groups);
    }
    view
}

fn corpus(days: &[Option<u8>]) -> Vec<MessageRow> {
    let sort = |day: &Option<u8>, i: usize| day.map(|day| i64::from(day) * DAY + i as i64);
    let mut rows: Vec<MessageRow> = days
        .iter()
        .enumerate()
        .map(|(i, day)| message(sort(day, i), span("a", i as u64, 1), "one"))
        .collect();
    rows.sort_by(MessageRow::search_order);
    rows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn batching_and_replacing_leave_the_root_as_it_is(
        days in prop::collection::vec(prop::option::weighted(0.8, 0u8..4), 1..40),
        batch in prop::collection::vec(0usize..3, 40),
        replaced in prop::collection::vec(any::<bool>(), 40),
    ) {
        let rows = corpus(&days);
        let case = tempfile::tempdir().unwrap();
        let mut views = Vec::new();
        let mut late = Vec::new();
        for number in 0..3 {
            let part: Vec<MessageRow> = (0..rows.len())
                .filter(|i| batch[*i] == number)
                .map(|i| {
                    let mut row = rows[i].clone();
                    if replaced[i] {
                        // Stands in an early segment with an outdated text, masked.
                        row.text = Some("outdated".into());
                        late.push(rows[i].clone());
                    }
                    row
                })
                .collect();
            let masked = (0..part.len() as u32)
                .filter(|row| part[*row as usize].text.as_deref() == Some("outdated"))
                .collect();
            let mut view = segment(case.path(), number as u32 + 1, part);
            view.masked_messages = Mask::new(masked);
            views.push(view);
        }
        views.push(segment(case.path(), 4, late));
        let found = roots(case.path(), &views).unwrap();
        prop_assert_eq!(found.get(&Table::Messages), Some(&direct(&rows)));
    }
}

#[test]
fn copies_of_one_exhibit_in_two_segments_are_hashed_in_record_order() {
    let case = tempfile::tempdir().unwrap();
    let rows: Vec<CopyRow> = (0..10).map(|i| copy(span("a", i * 10, 9), i)).collect();
    let (odd, even) = (0..10).partition::<Vec<u64>, _>(|i| i % 2 == 1);
    let pick = |of: Vec<u64>| of.into_iter().map(|i| rows[i as usize].clone()).collect();
    let views =
        [segment::<CopyRow>(case.path(), 1, pick(odd)), segment(case.path(), 2, pick(even))];
    assert_eq!(roots(case.path(), &views).unwrap()[&Table::Copies], direct(&rows));
    assert_eq!(groups::<CopyRow>(case.path(), &views).unwrap()[0].rows, 10);
}

#[test]
fn untouched_groups_are_not_read_again() {
    let case = tempfile::tempdir().unwrap();
    let view = segment(case.path(), 1, corpus(&[Some(0), Some(1), None]));
    let root = roots(case.path(), std::slice::from_ref(&view)).unwrap();
    std::fs::remove_dir_all(case.path().join("lake")).unwrap();
    assert_eq!(roots(case.path(), &[view]).unwrap(), root, "no file was needed");
}

#[test]
fn a_group_masked_whole_is_gone() {
    let case = tempfile::tempdir().unwrap();
    let mut view = segment(case.path(), 1, corpus(&[Some(0), Some(1)]));
    view.masked_messages = Mask::new(vec![0]);
    let left = groups::<MessageRow>(case.path(), &[view]).unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].group, Group::Day(0));
}

#[test]
fn days_are_utc_days_also_before_1970() {
    let day = |sort| message(sort, span("a", 0, 1), "one").group();
    assert_eq!(day(Some(0)), Group::Day(0));
    assert_eq!(day(Some(-1)), Group::Day(-1));
    assert_eq!(day(Some(DAY)), Group::Day(1));
    assert_eq!(day(None), Group::Undated);
    for group in [
        Group::Day(-3),
        Group::Undated,
        Group::Stream("a:b".into()),
        copy(span("a", 0, 1), 0).group(),
    ] {
        assert_eq!(Group::from_text(&group.text()), Some(group));
    }
}
