//! A proof in one file: built from a case, checked without it.

use crate::fixture::{FILES, TestCase, seeded};
use emma_evidence::bundle::{ConsistencyProof, Disclosure, Origin, ProofOf, Value, Verdict};
use emma_evidence::normal::{Normalisation, locate};
use emma_evidence::{Bundle, Log, Report, Signer};
use emma_model::{MemberPath, Place};

/// The log key of the golden proof.
const GOLDEN_KEY: &str =
    "emma-case-c1675e0bb980a575+05fac4b3+ASMytePYfMSj2Dg6npu/ujeE/qQr4tqy+ntjCiRrnhJp";

/// The proof of the second line of the first file, borrowing from its first.
fn proof(test: &TestCase, since: Option<u64>) -> Bundle {
    let log = Log::open(&test.evidence()).unwrap();
    let text = FILES[0].1;
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let leaf = |i: usize| {
        let offset = lines[..i].iter().map(|line| line.len() as u64).sum();
        Disclosure {
            member: MemberPath::default(),
            place: Place::Span { offset, length: lines[i].len() as u64 },
            raw: lines[i].as_bytes().to_vec(),
        }
    };
    let value = |field: &str, value: &str, leaf: usize| {
        let raw = lines[1 - leaf].as_bytes();
        let (way, span) = locate(raw, value, &[Normalisation::Utf8], 0).unwrap();
        Value {
            field: field.into(),
            value: value.into(),
            origin: Origin::Bytes {
                leaf,
                offset: span.start as u64,
                length: span.len() as u64,
                reading: way.name().into(),
            },
        }
    };
    let values = vec![
        value("text", "bring \"both\"", 0),
        value("to", "anna", 1),
        Value {
            field: "time".into(),
            value: "2020-01-01 09:01".into(),
            origin: Origin::Path { parser: "lines 1".into() },
        },
    ];
    let (receipt, exhibit) = (test.receipt, test.exhibits[0].to_string());
    let leaves = vec![leaf(1), leaf(0)];
    Bundle::build(&test.evidence(), &log, ProofOf { receipt, exhibit, leaves, values, since })
        .unwrap()
}

fn failing(report: &Report) -> Vec<&str> {
    report.failures().map(|check| check.object.as_str()).collect()
}

#[test]
fn a_proof_holds_and_says_what_it_shows() {
    let test = TestCase::full(300);
    let bundle = proof(&test, None);
    let file = bundle.to_file();
    let raw: usize = bundle.leaves.iter().map(|leaf| leaf.raw.len()).sum();
    assert!(file.len() - raw <= 4096, "{} bytes beside the raw bytes", file.len() - raw);
    let read = Bundle::from_file(&file).unwrap();
    assert_eq!(read, bundle);
    let report = read.verify(&[test.log_key.verifier().clone()], None);
    assert!(report.holds(), "{report:#?}");
    assert_eq!(report.record, format!("{}@26+24", test.exhibits[0]));
    assert_eq!(report.path, "talk/one.txt");
    let verdicts: Vec<Verdict> = report.values.iter().map(|value| value.verdict).collect();
    assert_eq!(verdicts, [Verdict::Proven, Verdict::Proven, Verdict::AsReadByParser]);
}

#[test]
fn every_bit_flipped_in_a_proof_is_found() {
    let test = TestCase::full(0);
    let file = proof(&test, None).to_file();
    for bit in 0..file.len() * 8 {
        let mut bad = file.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(Bundle::from_file(&bad).is_err(), "bit {bit}");
    }
}

/// A forger seals the file again: then the hashes must find it.
#[test]
fn every_part_of_a_proof_is_bound_to_the_checkpoint() {
    let test = TestCase::full(0);
    let good = proof(&test, None);
    let keys = [test.log_key.verifier().clone()];
    let check = |change: &dyn Fn(&mut Bundle), object: &str| {
        let mut bad = good.clone();
        change(&mut bad);
        assert_ne!(bad, good);
        let report = Bundle::from_file(&bad.to_file()).unwrap().verify(&keys, None);
        assert!(!report.holds(), "{object}");
        assert!(failing(&report).contains(&object), "{object}: {:?}", failing(&report));
    };
    let other = |text: &str| {
        let first = text.chars().next().unwrap();
        text.replacen(first, if first == '1' { "2" } else { "1" }, 1)
    };
    check(&|b| b.case = other(&b.case), "checkpoint");
    check(&|b| b.checkpoint = b.checkpoint.replacen("emma", "emmb", 1), "checkpoint");
    check(&|b| b.receipt.entry = b.receipt.entry.replacen("receipt", "reccipt", 1), "entry");
    check(&|b| b.receipt.index += 1, "entry");
    check(&|b| b.receipt.payload = b.receipt.payload.replacen("lines 1", "lines 2", 1), "receipt");
    check(&|b| b.line.text = b.line.text.replacen("made-up", "made-in", 1), "line");
    check(&|b| b.line.salt = other(&b.line.salt), "line");
    check(&|b| b.leaves[0].raw = "Z".to_owned() + &b.leaves[0].raw[1..], "leaf 0");
    check(&|b| b.leaves[0].index += 1, "leaf 0");
    check(&|b| b.leaves[0].nonce = other(&b.leaves[0].nonce), "leaf 0");
    check(&|b| b.leaves[0].class = "anomaly".into(), "leaf 0");
    check(&|b| b.leaves[1].member.push(0), "leaf 1");
    let mut bad = good.clone();
    bad.values[0].value = "bring nothing".into();
    let report = bad.verify(&keys, None);
    assert_eq!(report.values[0].verdict, Verdict::Wrong);
    assert!(!report.holds());
}

#[test]
fn another_key_does_not_hold() {
    let test = TestCase::full(0);
    let stranger = Signer::log_from_secret(test.case, [1; 32]);
    let report = proof(&test, None).verify(&[stranger.verifier().clone()], None);
    assert_eq!(failing(&report), ["checkpoint"]);
}

#[test]
fn a_proof_is_shown_to_extend_an_older_checkpoint() {
    let mut test = TestCase::full(5);
    let mut log = Log::open(&test.evidence()).unwrap();
    let older = log.latest_checkpoint().unwrap().unwrap();
    test.note(&mut log, "later");
    let newer = log.checkpoint(&test.log_key).unwrap();
    let keys = [test.log_key.verifier().clone()];
    let with = proof(&test, Some(older.size));
    assert!(with.verify(&keys, Some(&older)).holds());
    assert!(with.verify(&keys, Some(&newer)).holds(), "the same size needs no proof");
    let without = proof(&test, None).verify(&keys, Some(&older));
    assert_eq!(failing(&without), ["older checkpoint"]);
    let path = log.consistency(older.size, newer.size).unwrap();
    let file = ConsistencyProof::new(older.size, newer.size, &path).to_file();
    assert_eq!(ConsistencyProof::from_file(&file).unwrap().hashes().unwrap(), path);
}

#[test]
fn no_bytes_make_the_reader_panic() {
    let test = TestCase::full(0);
    let file = String::from_utf8(proof(&test, None).to_file()).unwrap();
    let keys = [test.log_key.verifier().clone()];
    let mut random = seeded(11);
    for _ in 0..2_000 {
        let mut draw = [0; 4];
        random(&mut draw);
        let at = u16::from_be_bytes([draw[0], draw[1]]) as usize % file.len();
        let mut bytes = file.clone().into_bytes();
        bytes[at] = draw[2] & 0x7f;
        // Past the seal, so that damage reaches what lies behind it.
        if let Ok(bundle) = serde_json::from_slice::<Bundle>(&bytes) {
            let _ = bundle.verify(&keys, None);
        }
    }
}

/// Keys, entry, checkpoint and proof as released: whatever changes here breaks old files.
///
/// `EMMA_BLESS=1` writes the file anew, for a change that is meant.
#[test]
fn the_proof_format_is_the_released_one() {
    let test = TestCase::full(0);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/proof-v1.json");
    let made = proof(&test, None).to_file();
    if std::env::var_os("EMMA_BLESS").is_some() {
        std::fs::write(path, &made).unwrap();
    }
    let golden = std::fs::read(path).unwrap();
    assert_eq!(String::from_utf8(made).unwrap(), String::from_utf8(golden.clone()).unwrap());
    let report = Bundle::from_file(&golden).unwrap().verify(&[GOLDEN_KEY.parse().unwrap()], None);
    assert!(report.holds());
}
