//! A crash, a full disk or an I/O error at every persist, and torn files by hand.

use crate::fixture::{TestCase, note, seeded};
use emma_evidence::payload::{self, kind};
use emma_evidence::{Log, NewEntry, Payload, Signer};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

const CHILD_FOLDER: &str = "EMMA_EVIDENCE_FAULT_FOLDER";

/// Appends a group of three notes, then a checkpoint: what every child of the fault test runs.
#[test]
fn child() {
    let Ok(folder) = std::env::var(CHILD_FOLDER) else {
        return;
    };
    let test = TestCase::empty_keys();
    let mut random = seeded(std::process::id().into());
    let mut log = Log::open(Path::new(&folder)).unwrap();
    let first = log.size();
    let entries: Vec<NewEntry<'_>> = (0..3)
        .map(|i| {
            let payload = Payload::seal(&note(&format!("{first}.{i}")), &mut random);
            let attachment = Payload::seal(&note("attached"), &mut random);
            NewEntry { kind: kind::NOTE, payload, attachments: vec![attachment] }
        })
        .collect();
    let (actor, log_key): (&Signer, &Signer) = (&test.0, &test.1);
    let failed =
        log.append(&entries, actor, None, &mut random).is_err() || log.checkpoint(log_key).is_err();
    assert!(!failed, "a fault was met");
}

/// Runs a child with a fault at passage `n` of any persist. True where the child met it.
fn run_child(evidence: &Path, n: usize, action: &str) -> bool {
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child", "--nocapture"])
        .env(CHILD_FOLDER, evidence)
        .env("EMMA_FAULT", format!("*:{n}:{action}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    !status.success()
}

#[test]
fn no_fault_at_any_persist_leaves_half_a_group() {
    for action in ["kill", "full", "error"] {
        let mut test = TestCase::empty();
        let evidence = test.evidence();
        let mut log = Log::open(&evidence).unwrap();
        // So that tiles are cut, and their faults met, in some of the runs.
        let many = vec![NewEntry::new(kind::NOTE, Payload::seal(&note("n"), &mut seeded(3))); 250];
        test.append(&mut log, &many, false);
        log.checkpoint(&test.log_key).unwrap();
        let mut met = 0;
        for n in 1.. {
            let before = log.size();
            if !run_child(&evidence, n, action) {
                break;
            }
            met += 1;
            let after = log.refresh().unwrap();
            assert!(after == before || after == before + 3, "{action} {n}: {before} {after}");
            for entry in log.entries(before..after) {
                let note: payload::Note = log.payload_of(&entry.unwrap()).unwrap();
                assert!(note.text.starts_with(&format!("{before}.")));
            }
            // The next appender goes on; nothing is left that verification names.
            test.note(&mut log, "after");
            log.checkpoint(&test.log_key).unwrap();
            assert_eq!(test.verify(None).findings, [], "{action} at {n}");
        }
        assert!(met > 12, "{action}: only {met} persists were met");
    }
}

#[test]
fn a_torn_tail_is_set_aside_whatever_its_length() {
    let mut test = TestCase::empty();
    let evidence = test.evidence();
    let tail = evidence.join("log/tail");
    let mut log = Log::open(&evidence).unwrap();
    let before = fs::read(&tail).unwrap();
    test.note(&mut log, "torn");
    let whole = fs::read(&tail).unwrap();
    drop(log);
    for cut in (before.len() + 1..whole.len()).step_by(37).chain([whole.len() - 1]) {
        fs::write(&tail, &whole[..cut]).unwrap();
        let mut log = Log::open(&evidence).unwrap();
        assert_eq!(log.size(), 3, "a torn group is no entry");
        let entry = NewEntry::new(kind::NOTE, Payload::seal(&note("again"), &mut *test.random));
        let appended = log.append(&[entry], &test.actor, None, &mut *test.random).unwrap();
        let torn = appended.torn_tail.unwrap();
        assert_eq!(torn.bytes, (cut - before.len()) as u64);
        let kept = fs::read(evidence.join("log/torn").join(torn.digest.hex())).unwrap();
        assert_eq!(kept, whole[before.len()..cut]);
        assert_eq!((appended.first_index, log.size()), (3, 4));
        log.checkpoint(&test.log_key).unwrap();
        assert_eq!(test.verify(None).findings, []);
        // Back to before the checkpoint, for the next cut.
        fs::remove_file(evidence.join("log/checkpoint")).unwrap();
        fs::remove_dir_all(evidence.join("log/tile")).unwrap();
        fs::write(&tail, &before).unwrap();
    }
}

#[test]
fn damage_within_the_tail_is_no_torn_end_and_stops_appends() {
    let mut test = TestCase::empty();
    let tail = test.evidence().join("log/tail");
    let mut log = Log::open(&test.evidence()).unwrap();
    let from = fs::read(&tail).unwrap().len();
    test.note(&mut log, "one");
    test.note(&mut log, "two");
    let mut bytes = fs::read(&tail).unwrap();
    bytes[from + 100] ^= 1;
    fs::write(&tail, &bytes).unwrap();
    let mut log = Log::open(&test.evidence()).unwrap();
    let entry = NewEntry::new(kind::NOTE, Payload::seal(&note("x"), &mut *test.random));
    let refused = log.append(&[entry], &test.actor, None, &mut *test.random).unwrap_err();
    assert_eq!(refused.to_string(), "log/tail is damaged: a group within it does not read");
    assert_eq!(fs::read(&tail).unwrap(), bytes, "nothing was touched");
}

#[test]
fn payloads_without_an_entry_are_set_aside() {
    let mut test = TestCase::empty();
    let evidence = test.evidence();
    let tail = evidence.join("log/tail");
    let mut log = Log::open(&evidence).unwrap();
    let before = fs::read(&tail).unwrap();
    test.note(&mut log, "its entry is lost");
    // As if the machine stopped after the payload was written and before the entry was.
    fs::write(&tail, before).unwrap();
    let mut log = Log::open(&evidence).unwrap();
    test.note(&mut log, "here to stay");
    log.checkpoint(&test.log_key).unwrap();
    let texts: BTreeMap<u64, String> = log
        .entries(3..log.size())
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.index, log.payload_of::<payload::Note>(&entry).unwrap().text))
        .collect();
    assert_eq!(texts, BTreeMap::from([(3, "here to stay".to_owned())]));
    assert_eq!(fs::read_dir(evidence.join("log/torn")).unwrap().count(), 1);
    assert_eq!(test.verify(None).findings, []);
}
