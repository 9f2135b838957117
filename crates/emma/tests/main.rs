//! The command line, driven as a user drives it.

mod files;
mod first_hour;
mod law;
mod marks;
mod tables;
mod words;

use emma_testkit::TestCase;

/// Six messages of four people over two months, one of them a trap for spreadsheets.
const TALK: &str = include_str!("talk.chat.ndjson");

/// A case with [`TALK`] taken in under an authority with `more` lines in it.
fn case(more: &str) -> TestCase {
    let case = TestCase::new(env!("CARGO_BIN_EXE_emma"));
    case.found_with_authority(more);
    case.file("feed/talk.chat.ndjson", TALK);
    case.must(&["--quiet", "intake", "case", "feed", "--source", "feed"]);
    case
}

/// Texts of the hits of a search.
fn texts(case: &TestCase, query: &str) -> Vec<String> {
    let found = case.must(&["--json", "search", "case", query]).json();
    let hits = found["hits"].as_array().unwrap().iter();
    hits.map(|hit| hit["text"].as_str().unwrap_or_default().to_owned()).collect()
}
