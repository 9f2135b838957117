//! A case put back, a replaced exhibit, a log rewritten, re-signed or cut: each is named, given
//! the public key and a checkpoint taken after.

use crate::fixture::TestCase;
use emma_evidence::payload::{self, kind};
use emma_evidence::verify::NoMembers;
use emma_evidence::{Log, Signer, verify_case};
use std::fs;
use std::path::Path;

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn objects(findings: &[emma_evidence::Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.object.as_str()).collect()
}

#[test]
fn an_older_copy_of_the_case_is_found_by_a_later_checkpoint() {
    let mut test = TestCase::full(3);
    let old = tempfile::tempdir().unwrap();
    copy_folder(test.folder.path(), old.path());
    let mut log = Log::open(&test.evidence()).unwrap();
    test.note(&mut log, "later");
    let later = log.checkpoint(&test.log_key).unwrap();
    assert_eq!(test.verify(Some(&later)).findings, []);
    let key = Some(test.log_key.verifier());
    let back = verify_case(old.path(), key, Some(&later), &mut NoMembers, &mut |_| {}).unwrap();
    assert_eq!(objects(&back.findings), ["log"]);
    assert!(back.findings[0].what.ends_with("entries that it covers are gone"));
}

#[test]
fn a_rewritten_log_is_found_by_the_checkpoint_before() {
    // The same case written twice with the same keys: the second has another note.
    let (mut one, mut two) = (TestCase::full(3), TestCase::full(3));
    let mut log = Log::open(&one.evidence()).unwrap();
    one.note(&mut log, "as it was");
    let before = log.checkpoint(&one.log_key).unwrap();
    let mut log = Log::open(&two.evidence()).unwrap();
    two.note(&mut log, "as it should have been");
    two.note(&mut log, "and one more");
    log.checkpoint(&two.log_key).unwrap();
    assert_eq!(two.verify(None).findings, [], "by itself it looks whole");
    let found = two.verify(Some(&before));
    assert_eq!(objects(&found.findings), ["log"]);
    assert!(found.findings[0].what.ends_with("entries that it covers were changed"));
}

#[test]
fn a_log_signed_with_another_key_is_found_by_the_public_key() {
    let test = TestCase::full(3);
    let other = Signer::log_from_secret(test.case, [77; 32]);
    let mut log = Log::open(&test.evidence()).unwrap();
    log.checkpoint(&other).unwrap();
    let found = test.verify(None);
    assert_eq!(objects(&found.findings), ["log/checkpoint"]);
    let key = Some(other.verifier());
    let case = test.folder.path();
    let found = verify_case(case, key, None, &mut NoMembers, &mut |_| {}).unwrap();
    assert!(objects(&found.findings).contains(&"log entry 0"), "{found:?}");
}

#[test]
fn an_exhibit_replaced_under_its_name_is_named() {
    let test = TestCase::full(3);
    let mut files = Vec::new();
    for folder in fs::read_dir(test.evidence().join("exhibits")).unwrap() {
        for file in fs::read_dir(folder.unwrap().path()).unwrap() {
            files.push(file.unwrap().path());
        }
    }
    files.sort();
    fs::write(&files[0], "another text altogether\n").unwrap();
    let name = files[0].file_name().unwrap().to_str().unwrap().to_owned();
    let found = test.verify(None).findings;
    assert_eq!(objects(&found), [format!("exhibits/{}/{name}", &name[..2])]);
}

#[test]
fn a_cut_log_does_not_hide_behind_its_own_checkpoint() {
    let mut test = TestCase::full(3);
    let tail = test.evidence().join("log/tail");
    let mut log = Log::open(&test.evidence()).unwrap();
    let short = fs::read(&tail).unwrap();
    test.note(&mut log, "to be cut off");
    log.checkpoint(&test.log_key).unwrap();
    fs::write(&tail, short).unwrap();
    assert!(objects(&test.verify(None).findings).contains(&"log/checkpoint"));
    let mut log = Log::open(&test.evidence()).unwrap();
    let refused = log.checkpoint(&test.log_key).unwrap_err();
    assert_eq!(refused.to_string(), "log/tail is damaged: entries under a checkpoint are gone");
}

#[test]
fn an_authority_without_the_log_keys_signature_is_named() {
    let mut test = TestCase::full(0);
    let mut log = Log::open(&test.evidence()).unwrap();
    let authority = payload::Authority {
        v: 1,
        id: "forged".into(),
        text: String::new(),
        actors: Vec::new(),
        at: 9,
    };
    let index = test.add(&mut log, kind::AUTHORITY, &authority, false);
    log.checkpoint(&test.log_key).unwrap();
    let found = test.verify(None).findings;
    assert_eq!(objects(&found), [format!("log entry {index}")]);
    assert_eq!(found[0].what, "authority.added is not signed by the log key");
}

#[test]
fn a_stranger_cannot_sign_entries() {
    let mut test = TestCase::full(0);
    test.actor = Signer::actor_from_secret([66; 32]);
    let mut log = Log::open(&test.evidence()).unwrap();
    let index = test.note(&mut log, "who am I");
    log.checkpoint(&test.log_key).unwrap();
    let found = test.verify(None).findings;
    assert_eq!(objects(&found), vec![format!("log entry {index}"); 2]);
}
