//! Archived attributed strings, built by hand from the published layout.

use crate::mail::{python, python_has};
use emma_parse::typedstream::{Attributed, attributed, text};
use proptest::prelude::*;

const HEADER: &[u8] = b"\x04\x0bstreamtyped\x81\xe8\x03";

/// A string with its length before it, as the stream writes both.
fn counted(text: &str) -> Vec<u8> {
    let length = text.len();
    let mut out = match length {
        0..=0x7f => vec![length as u8],
        _ => [&[0x81][..], &(length as u16).to_le_bytes()].concat(),
    };
    out.extend_from_slice(text.as_bytes());
    out
}

/// An NSAttributedString of one run with one attribute, a number.
fn one_run(text: &str) -> Vec<u8> {
    let mut out = HEADER.to_vec();
    out.extend(b"\x84\x01@\x84\x84\x84\x12NSAttributedString\x00\x84\x84\x08NSObject\x00\x85");
    // Strings so far: 0x92 "@", 0x93 and 0x94 names; objects: 0x92 it, 0x93 and 0x94 classes.
    out.extend(b"\x92\x84\x84\x84\x08NSString\x01\x94\x84\x01+");
    out.extend(counted(text));
    out.push(0x86);
    out.extend(b"\x84\x02iI\x01");
    out.push(text.encode_utf16().count() as u8);
    out.extend(b"\x92\x84\x84\x84\x0cNSDictionary\x00\x94\x84\x01i\x01");
    out.extend(b"\x92\x84\x96\x96");
    out.extend(counted("__kPart"));
    out.push(0x86);
    out.extend(b"\x92\x84\x84\x84\x08NSNumber\x00\x84\x84\x07NSValue\x00\x94");
    out.extend(b"\x84\x01*\x84\x99\x99\x07\x86\x86\x86");
    out
}

/// Two runs that share the attributes of the first, and a link on the one between.
fn three_runs() -> Vec<u8> {
    let mut out = HEADER.to_vec();
    out.extend(b"\x84\x01@\x84\x84\x84\x19NSMutableAttributedString\x00");
    out.extend(b"\x84\x84\x12NSAttributedString\x00\x84\x84\x08NSObject\x00\x85");
    // Objects: 0x92 it, 0x93, 0x94 and 0x95 its classes.
    out.extend(b"\x92\x84\x84\x84\x0fNSMutableString\x01\x84\x84\x08NSString\x01\x95\x84\x01+");
    out.extend(counted("aébc"));
    out.push(0x86);
    // Objects: 0x96 the string, 0x97 and 0x98 its classes.
    out.extend(b"\x84\x02iI\x01\x01\x92\x84\x84\x84\x0cNSDictionary\x00\x95\x84\x01i\x00\x86");
    // Objects: 0x99 the dictionary, 0x9a its class. Strings: 0x99 "iI", 0x9b "i".
    out.extend(b"\x99\x02\x02\x92\x84\x9a\x9b\x01\x92\x84\x98\x98");
    out.extend(counted("link"));
    out.extend(b"\x86\x92\x84\x84\x84\x05NSURL\x00\x95\x84\x01c\x00\x92\x84\x98\x98");
    out.extend(counted("https://example.org"));
    out.extend(b"\x86\x86\x86\x99\x01\x01\x86");
    out
}

fn runs(found: &Attributed) -> Vec<(u64, u64, String)> {
    let told = |pairs: &[(String, String)]| {
        pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(",")
    };
    found.runs.iter().map(|run| (run.start, run.length, told(&run.attributes))).collect()
}

#[test]
fn a_text_is_read_with_its_run() {
    let found = attributed(&one_run("good evening 🪶")).unwrap();
    assert_eq!(found.text, "good evening 🪶");
    assert_eq!(runs(&found), [(0, 15, "__kPart=7".to_owned())]);
    assert!(found.complete);
    let long = "x".repeat(300);
    assert_eq!(text(&one_run(&long)).as_deref(), Some(long.as_str()));
    assert_eq!(text(&one_run("")).as_deref(), Some(""));
}

#[test]
fn runs_share_attributes_by_number() {
    let found = attributed(&three_runs()).unwrap();
    assert_eq!(found.text, "aébc");
    let expected = [(0, 1, ""), (1, 2, "link=https://example.org"), (3, 1, "")];
    let expected = expected.map(|(start, length, told)| (start, length, told.to_owned()));
    assert_eq!(runs(&found), expected);
    assert!(found.complete);
}

#[test]
fn what_breaks_off_is_read_as_far_as_it_goes() {
    let whole = three_runs();
    let said = "aébc".as_bytes();
    let at = whole.windows(said.len()).position(|window| window == said).unwrap();
    // The string's end is one byte behind it.
    let end = at + said.len() + 1;
    for length in 0..whole.len() {
        let found = attributed(&whole[..length]);
        assert_eq!(found.is_some(), length >= end, "{length} bytes");
        assert!(found.is_none_or(|found| !found.complete && found.text == "aébc"));
    }
    assert_eq!(text(b"streamtyped"), None);
    assert_eq!(text(b""), None);
}

#[test]
fn an_array_without_end_is_bounded() {
    let mut bytes = HEADER.to_vec();
    bytes.extend(b"\x84");
    bytes.extend(counted("[99999999999[99999999999!]]"));
    assert_eq!(text(&bytes), None);
    let mut bytes = HEADER.to_vec();
    bytes.extend(b"\x84\x01@");
    bytes.extend(b"\x84\x84\x84\x01A\x00\x85\x92".repeat(10_000));
    assert_eq!(text(&bytes), None);
}

fn mutated(base: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let edit = (any::<prop::sample::Index>(), 0usize..6, prop::collection::vec(any::<u8>(), 0..4));
    prop::collection::vec(edit, 0..5).prop_map(move |edits| {
        let mut bytes = base.clone();
        for (at, cut, insert) in edits {
            let at = at.index(bytes.len() + 1);
            let end = (at + cut).min(bytes.len());
            bytes.splice(at..end, insert);
        }
        bytes
    })
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop_oneof![
        any::<Vec<u8>>(), mutated(one_run("good evening")), mutated(three_runs())]) {
        if let Some(found) = attributed(&bytes) {
            prop_assert!(found.text.len() <= 3 * bytes.len());
            prop_assert!(found.runs.len() <= bytes.len());
        }
    }

    #[test]
    fn every_text_comes_back(words in "\\PC{0,60}") {
        let found = attributed(&one_run(&words)).unwrap();
        prop_assert_eq!(found.text, words);
    }
}

/// Independent: the Python package pytypedstream 0.1.0, where it is installed.
#[test]
fn an_independent_reader_finds_the_same_text() {
    if !python_has("typedstream") {
        let test = "an_independent_reader_finds_the_same_text";
        println!("skipped: {test}: python3 with pytypedstream is not here");
        return;
    }
    let script = "
import sys, typedstream
root = typedstream.unarchive_from_data(sys.stdin.buffer.read())
parts = [value for group in root.contents for value in group.values]
print(parts[0].value)
print([value for value in parts if isinstance(value, int)])";
    for bytes in [one_run("good evening"), one_run(&"y".repeat(120)), three_runs()] {
        let output = python(script, &bytes).expect("python3 is here");
        let found = attributed(&bytes).unwrap();
        let mut lines = output.lines();
        assert_eq!(lines.next(), Some(found.text.as_str()));
        let numbers: Vec<u64> = serde_json::from_str(lines.next().unwrap()).unwrap();
        let lengths: Vec<u64> = numbers.chunks(2).map(|pair| pair[1]).collect();
        assert_eq!(lengths, found.runs.iter().map(|run| run.length).collect::<Vec<_>>());
    }
}
