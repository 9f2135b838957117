//! Many processes and threads append to one log at once.

use crate::fixture::{TestCase, note, seeded};
use emma_evidence::payload::{self, kind};
use emma_evidence::{Log, NewEntry, Payload, Signer};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// The folder a child appends to; set by the parent alone.
const CHILD_FOLDER: &str = "EMMA_EVIDENCE_CHILD_FOLDER";
const CHILD_NUMBER: &str = "EMMA_EVIDENCE_CHILD_NUMBER";
const NOTES: usize = 100;

fn append_notes(evidence: &Path, secret: [u8; 32], number: u64) {
    let signer = Signer::actor_from_secret(secret);
    let mut random = seeded(number);
    let mut log = Log::open(evidence).unwrap();
    for i in 0..NOTES {
        let payload = Payload::seal(&note(&format!("{number}.{i}")), &mut random);
        let entry = NewEntry::new(kind::NOTE, payload);
        let appended = log.append(&[entry], &signer, None, &mut random).unwrap();
        assert_eq!(appended.torn_tail, None);
    }
}

/// Not a test by itself: what the children of the test below run.
#[test]
fn child() {
    let Ok(folder) = std::env::var(CHILD_FOLDER) else {
        return;
    };
    let number: u64 = std::env::var(CHILD_NUMBER).unwrap().parse().unwrap();
    append_notes(Path::new(&folder), [8; 32], number);
}

#[test]
fn four_processes_two_threads_and_a_custodian_lose_and_double_nothing() {
    let mut test = TestCase::empty();
    let evidence = test.evidence();
    let shared = Signer::actor_from_secret([8; 32]);
    let actor = payload::Actor { v: 1, name: "another".into(), key: shared.verifier().to_string() };
    let mut log = Log::open(&evidence).unwrap();
    test.add(&mut log, kind::ACTOR, &actor, false);
    let before = log.size();
    let mut children: Vec<_> = (0..4)
        .map(|number| {
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "processes::child", "--nocapture"])
                .env(CHILD_FOLDER, &evidence)
                .env(CHILD_NUMBER, number.to_string())
                .stdout(std::process::Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    std::thread::scope(|scope| {
        for number in 4..6 {
            let evidence = &evidence;
            scope.spawn(move || append_notes(evidence, [8; 32], number));
        }
        // A reader and custodian beside them: sizes only grow, checkpoints extend each other.
        let mut last = (log.size(), log.root());
        for _ in 0..20 {
            let checkpoint = log.checkpoint(&test.log_key).unwrap();
            assert!(checkpoint.size >= last.0);
            assert_eq!(log.root_at(last.0).unwrap(), last.1);
            last = (checkpoint.size, checkpoint.root);
        }
    });
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    log.refresh().unwrap();
    let texts: Vec<String> = log
        .entries(before..log.size())
        .map(|entry| log.payload_of::<payload::Note>(&entry.unwrap()).unwrap().text)
        .collect();
    let distinct: BTreeSet<&String> = texts.iter().collect();
    assert_eq!((texts.len(), distinct.len()), (6 * NOTES, 6 * NOTES));
    log.checkpoint(&test.log_key).unwrap();
    assert_eq!(test.verify(None).findings, []);
}
