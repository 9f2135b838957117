//! Splits as files: the same bytes for the same rows, refused where damaged.

use crate::case::{Part, drafts, rows, snapshot};
use emma_index::{IndexError, Query, Searcher, Splits};
use emma_lake::engine::SplitBuilder;
use emma_lake::view::View;
use emma_model::Digest;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::fs;

/// Two thousand invented messages, the same in every run.
fn many() -> Vec<emma_lake::row::MessageRow> {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let messages = prop::collection::vec(prop::collection::vec(drafts(), 1..3), 2_000);
    rows(&messages.new_tree(&mut runner).unwrap().current())
}

#[test]
fn the_same_rows_give_the_same_bytes_named_by_their_digest() {
    let rows = many();
    let mut digests = Vec::new();
    for _ in 0..3 {
        let case = tempfile::tempdir().unwrap();
        let entry = Splits.build(case.path(), &mut rows.iter().cloned().map(Ok)).unwrap();
        let bytes = fs::read(case.path().join(&entry.path)).unwrap();
        assert_eq!(Digest::of(&bytes), entry.sha256);
        assert_eq!(entry.path, format!("index/{}.split", entry.sha256));
        assert_eq!((entry.bytes, entry.rows), (bytes.len() as u64, rows.len() as u64));
        assert_eq!(fs::read_dir(case.path().join("index")).unwrap().count(), 1);
        digests.push(entry.sha256);
    }
    assert_eq!(digests[0], digests[1]);
    assert_eq!(digests[0], digests[2]);
}

#[test]
fn rows_out_of_order_are_refused() {
    let case = tempfile::tempdir().unwrap();
    let mut rows = many();
    rows.reverse();
    assert!(Splits.build(case.path(), &mut rows.into_iter().map(Ok)).is_err());
    assert_eq!(fs::read_dir(case.path()).unwrap().count(), 0);
}

#[test]
fn an_empty_split_opens_and_finds_nothing() {
    let (_case, searcher) = crate::case::open(&[Part { rows: Vec::new(), masked: Vec::new() }]);
    for text in ["", "tea", "-tea", "\"a b\"", "he*", "from:x", "has:text"] {
        let query = Query::parse(text).unwrap();
        assert_eq!(searcher.count(&query, &View::default()).unwrap().messages, 0);
    }
}

#[test]
fn names_too_long_for_a_dictionary_are_found_exactly() {
    let mut rows = many();
    let long = "x".repeat(70_000);
    rows[3].from = Some(format!("{long}1"));
    rows[4].from = Some(format!("{long}2"));
    let (_case, searcher) = crate::case::open(&[Part { rows, masked: Vec::new() }]);
    let view = View { handles: Some([format!("{long}2")].into()), ..View::default() };
    let hits = searcher.newest(&Query::parse("").unwrap(), &view, 9).unwrap();
    assert_eq!(hits.iter().map(|hit| hit.row).collect::<Vec<_>>(), [4]);
}

#[test]
fn what_is_no_split_is_refused() {
    let case = tempfile::tempdir().unwrap();
    let snapshot = snapshot(case.path(), &[Part { rows: many(), masked: Vec::new() }]);
    let path = case.path().join(&snapshot.segments[0].segment.split.as_ref().unwrap().path);
    let good = fs::read(&path).unwrap();
    for bad in [&good[..0], &good[..10], &good[..good.len() - 1], &good[1..]] {
        fs::remove_file(&path).unwrap();
        fs::write(&path, bad).unwrap();
        let opened = Searcher::open(case.path(), &snapshot);
        assert!(matches!(opened, Err(IndexError::Damaged { .. } | IndexError::Engine { .. })));
    }
    fs::remove_file(&path).unwrap();
    assert!(Searcher::open(case.path(), &snapshot).is_err());
}

/// Bits flipped anywhere may give other answers (verification finds them), never a panic.
#[test]
fn damaged_splits_answer_or_refuse() {
    let case = tempfile::tempdir().unwrap();
    let snapshot = snapshot(case.path(), &[Part { rows: many(), masked: Vec::new() }]);
    let path = case.path().join(&snapshot.segments[0].segment.split.as_ref().unwrap().path);
    let good = fs::read(&path).unwrap();
    let queries = ["tea heron", "\"pick up\"", "he*", "from:ann -tea", "kind:notice"];
    let queries = queries.map(|text| Query::parse(text).unwrap());
    std::panic::set_hook(Box::new(|_| {}));
    for n in 0..200 {
        let mut bad = good.clone();
        let at = good.len() * n / 200;
        bad[at] ^= 1 << (n % 8);
        fs::remove_file(&path).unwrap();
        fs::write(&path, bad).unwrap();
        let Ok(searcher) = Searcher::open(case.path(), &snapshot) else {
            continue;
        };
        for query in &queries {
            let _ = searcher.search(query, &View::default(), emma_index::Order::Best, 0, 9);
            let _ = searcher.newest(query, &View::default(), 9);
        }
    }
    let _ = std::panic::take_hook();
}
