//! The binary as a stranger runs it: files, a key, exit codes.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use emma_evidence::bundle::{ConsistencyProof, Disclosure, Origin, ProofOf, Value};
use emma_evidence::payload::{self, kind};
use emma_evidence::*;
use emma_model::{Digest, ExhibitId, ItemClass, MemberPath, Place};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const TEXT: &str = "anna: caf\u{e9} at \"nine\"\n";

struct Stage {
    folder: tempfile::TempDir,
    key: String,
}

impl Stage {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, args: &[&str]) -> (i32, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_emma-verify"))
            .args(args)
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.code().unwrap(), text)
    }
}

/// A case of one exhibit with one record; a proof of it, and two checkpoints.
fn stage() -> Stage {
    let folder = tempfile::tempdir().unwrap();
    let mut n = 0u8;
    let mut random = |buffer: &mut [u8]| {
        n = n.wrapping_add(1);
        buffer.fill(n);
    };
    let case = CaseId::draw(&mut random);
    let (actor, log_key) = (Signer::draw_actor(&mut random), Signer::draw_log(case, &mut random));
    let evidence = folder.path().join("case/evidence");
    let mut log = Log::create(&evidence, case).unwrap();
    let sealed =
        ExhibitStore::create(&evidence).unwrap().seal(&mut TEXT.as_bytes(), &mut |_| {}).unwrap();
    let exhibit = ExhibitId::derive("s", b"a.txt", sealed.digest);
    let plan = Digest::of(b"plan");
    let reading = ReadingId::derive(exhibit, &plan);
    let place = Place::Span { offset: 0, length: TEXT.len() as u64 };
    let mut tree = TreeWriter::create(&evidence, reading, &mut random).unwrap();
    tree.push(ItemClass::Record, &MemberPath::default(), &place, TEXT.as_bytes()).unwrap();
    let tree = tree.finish().unwrap();
    let line = payload::ReceiptLine {
        exhibit: exhibit.to_string(),
        source: "s".into(),
        path: BASE64.encode("a.txt"),
        digest: sealed.digest.hex(),
        bytes: sealed.bytes,
        reading: reading.to_string(),
        tree_root: tree.root.hex(),
        seed: tree.seed.hex(),
        leaves: tree.leaves,
        members: 1,
        bytes_by_class: Default::default(),
        records: Default::default(),
        anomalies: Default::default(),
    };
    let set = LineSet::new(vec![serde_json::to_string(&line).unwrap()], &mut random);
    let attachment = Payload::seal(&set.to_value(), &mut random);
    let receipt = payload::Receipt {
        v: 1,
        delivery: 0,
        plan: plan.hex(),
        parsers: vec!["lines 1".into()],
        lines_root: set.root().hex(),
        lines: attachment.digest().hex(),
        totals: Default::default(),
    };
    let payload = Payload::seal(&receipt, &mut random);
    let entry = NewEntry { kind: kind::RECEIPT, payload, attachments: vec![attachment] };
    let receipt = log.append(&[entry], &actor, None, &mut random).unwrap().first_index;
    let old = log.checkpoint(&log_key).unwrap();
    let mapping = payload::Mapping { v: 1, name: "m".into(), text: String::new() };
    let entry = NewEntry::new(kind::MAPPING, Payload::seal(&mapping, &mut random));
    log.append(&[entry], &actor, None, &mut random).unwrap();
    let new = log.checkpoint(&log_key).unwrap();
    let value = Value {
        field: "text".into(),
        value: "caf\u{e9} at \"nine\"".into(),
        origin: Origin::Bytes { leaf: 0, offset: 6, length: 15, reading: "utf-8".into() },
    };
    let leaf = Disclosure { member: MemberPath::default(), place, raw: TEXT.into() };
    let what = ProofOf {
        receipt,
        exhibit: exhibit.to_string(),
        leaves: vec![leaf],
        values: vec![value],
        since: Some(old.size),
    };
    let proof = Bundle::build(&evidence, &log, what).unwrap().to_file();
    let path = log.consistency(old.size, new.size).unwrap();
    let consistency = ConsistencyProof::new(old.size, new.size, &path).to_file();
    let key = log_key.verifier().to_string();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    write("proof.json", &proof);
    write("consistency.json", &consistency);
    write("old", old.note.as_bytes());
    write("new", new.note.as_bytes());
    write("key", key.as_bytes());
    Stage { folder, key }
}

#[test]
fn a_good_proof_is_verified_and_says_that_nobody_witnessed_it() {
    let stage = stage();
    for key in [stage.key.as_str(), "key"] {
        let (code, text) = stage.run(&["--key", key, "--checkpoint", "old", "proof.json"]);
        assert_eq!(code, 0, "{text}");
        assert!(
            text.contains(
                "ok    text              caf\u{e9} at \"nine\"  (bytes 6+15 of leaf 0 as utf-8)"
            ),
            "{text}"
        );
        assert!(text.contains("not witnessed: could have been rewritten before 2"), "{text}");
        assert!(text.ends_with("verified\n"));
    }
    let (code, text) = stage.run(&["--json", "--key", "key", "proof.json"]);
    assert_eq!(code, 0);
    assert!(text.contains("\"holds\": true"));
}

#[test]
fn damage_another_key_and_missing_files_have_their_exit_codes() {
    let stage = stage();
    let mut bytes = fs::read(stage.path("proof.json")).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    fs::write(stage.path("bad.json"), bytes).unwrap();
    let (code, text) = stage.run(&["--key", "key", "bad.json"]);
    assert_eq!(code, 1);
    assert!(text.starts_with("NOT VERIFIED: not readable as a proof"), "{text}");
    let other = Signer::actor_from_secret([9; 32]).verifier().to_string();
    let (code, text) = stage.run(&["--key", &other, "proof.json"]);
    assert_eq!(code, 1);
    assert!(text.ends_with("NOT VERIFIED: checkpoint\n"), "{text}");
    assert_eq!(stage.run(&["--key", "nonsense", "proof.json"]).0, 2);
    assert_eq!(stage.run(&["proof.json"]).0, 2);
    assert_eq!(stage.run(&["--key", "key", "nowhere.json"]).0, 4);
}

#[test]
fn a_log_that_grew_is_consistent_and_one_that_shrank_is_not() {
    let stage = stage();
    let check = |args: &[&str], code: i32, text: &str| {
        let mut all = vec!["consistency", "--key", "key"];
        all.extend_from_slice(args);
        assert_eq!(stage.run(&all), (code, text.to_owned()));
    };
    let good = "consistent: 2 entries, the first 1 as they were\n";
    check(&["old", "new", "--case", "case"], 0, good);
    check(&["old", "new", "--proof", "consistency.json"], 0, good);
    check(&["old", "new", "--proof", "proof.json"], 0, good);
    check(&["old", "new"], 2, "");
    check(
        &["new", "old", "--case", "case"],
        1,
        "NOT CONSISTENT: the newer log is shorter: entries are gone\n",
    );
    fs::write(stage.path("forged"), note_with_other_root(&stage.path("old"))).unwrap();
    check(
        &["forged", "new", "--case", "case"],
        1,
        "NOT CONSISTENT: the older checkpoint is not signed by the key given\n",
    );
}

fn note_with_other_root(path: &Path) -> String {
    let note = fs::read_to_string(path).unwrap();
    let root = note.lines().nth(2).unwrap().to_owned();
    note.replace(&root, &BASE64.encode([7; 32]))
}
