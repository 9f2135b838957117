//! A small invented case: two exhibits with record trees, a snapshot with two files, notes.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use emma_evidence::payload::{self, kind};
use emma_evidence::tree::{ReadingId, TreeWriter};
use emma_evidence::verify::{NoMembers, Verified};
use emma_evidence::*;
use emma_model::{Digest, ExhibitId, ItemClass, MemberPath, Place};
use std::path::{Path, PathBuf};

pub const SOURCE: &str = "made-up";
pub const PLAN: &[u8] = b"plan 1";

/// Seeded randomness: the same case every time.
pub fn seeded(seed: u64) -> impl FnMut(&mut [u8]) {
    let mut state = seed;
    move |buffer| {
        for byte in buffer {
            // splitmix64
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            *byte = (z ^ (z >> 31)) as u8;
        }
    }
}

pub struct TestCase {
    pub folder: tempfile::TempDir,
    pub case: CaseId,
    pub actor: Signer,
    pub log_key: Signer,
    pub random: Box<Random<'static>>,
    /// Log index of the receipt.
    pub receipt: u64,
    /// Exhibit ids in order.
    pub exhibits: Vec<ExhibitId>,
}

/// The exhibits' texts: every line is a record.
pub const FILES: [(&str, &str); 2] = [
    ("talk/one.txt", "09:00 anna: at the bridge\n09:01 ben: bring \"both\"\n\n09:02 anna: yes\n"),
    ("talk/two.txt", "10:00 carl: nothing\n"),
];

impl TestCase {
    /// The actor's and the log key of [`TestCase::empty`], for children that open its log.
    pub fn empty_keys() -> (Signer, Signer) {
        let mut random = seeded(1);
        let case = CaseId::draw(&mut random);
        let actor = Signer::draw_actor(&mut random);
        (actor, Signer::draw_log(case, &mut random))
    }

    /// A log with its first three entries and no checkpoint.
    pub fn empty() -> TestCase {
        let mut random: Box<Random<'static>> = Box::new(seeded(1));
        let folder = tempfile::tempdir().unwrap();
        let case = CaseId::draw(&mut *random);
        let actor = Signer::draw_actor(&mut *random);
        let log_key = Signer::draw_log(case, &mut *random);
        let mut test =
            TestCase { folder, case, actor, log_key, random, receipt: 0, exhibits: Vec::new() };
        let mut log = Log::create(&test.evidence(), case).unwrap();
        let genesis = payload::Genesis {
            v: 1,
            case: case.to_string(),
            kind: "synthetic".into(),
            created: 1,
            log_key: test.log_key.verifier().to_string(),
            name: "an invented case".into(),
        };
        let actor = payload::Actor {
            v: 1,
            name: "Inspector Invented".into(),
            key: test.actor.verifier().to_string(),
        };
        let authority = payload::Authority {
            v: 1,
            id: "order-1".into(),
            text: "id = \"order-1\"\n".into(),
            actors: Vec::new(),
            at: 2,
        };
        test.add(&mut log, kind::GENESIS, &genesis, true);
        test.add(&mut log, kind::ACTOR, &actor, false);
        test.add(&mut log, kind::AUTHORITY, &authority, true);
        test
    }

    pub fn evidence(&self) -> PathBuf {
        self.folder.path().join("evidence")
    }

    pub fn add<T: serde::Serialize>(
        &mut self,
        log: &mut Log,
        kind: &str,
        value: &T,
        by_log: bool,
    ) -> u64 {
        let payload = Payload::seal(value, &mut *self.random);
        let entry = NewEntry::new(kind, payload);
        self.append(log, &[entry], by_log)
    }

    pub fn append(&mut self, log: &mut Log, entries: &[NewEntry<'_>], by_log: bool) -> u64 {
        let log_key = by_log.then_some(&self.log_key);
        log.append(entries, &self.actor, log_key, &mut *self.random).unwrap().first_index
    }

    pub fn note(&mut self, log: &mut Log, text: &str) -> u64 {
        let note = note(text);
        self.add(log, kind::NOTE, &note, false)
    }

    /// Everything: exhibits, trees, delivery, receipt, snapshot, `notes` notes, checkpoint.
    pub fn full(notes: usize) -> TestCase {
        let mut test = TestCase::empty();
        let evidence = test.evidence();
        let mut log = Log::open(&evidence).unwrap();
        let store = ExhibitStore::create(&evidence).unwrap();
        let (mut delivered, mut received) = (Vec::new(), Vec::new());
        for (path, text) in FILES {
            let sealed = store.seal(&mut text.as_bytes(), &mut |_| {}).unwrap();
            let exhibit = ExhibitId::derive(SOURCE, path.as_bytes(), sealed.digest);
            let reading = ReadingId::derive(exhibit, &Digest::of(PLAN));
            let tree = write_tree(&evidence, reading, text, &mut *test.random);
            delivered.push(json(&payload::DeliveryLine {
                exhibit: exhibit.to_string(),
                path: BASE64.encode(path),
                digest: sealed.digest.hex(),
                bytes: sealed.bytes,
                repeated: false,
            }));
            received.push(json(&payload::ReceiptLine {
                exhibit: exhibit.to_string(),
                source: SOURCE.into(),
                path: BASE64.encode(path),
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
            }));
            test.exhibits.push(exhibit);
        }
        let delivery = test.delivery(&mut log, delivered);
        test.receipt(&mut log, delivery, received);
        test.snapshot(&mut log, 1);
        for i in 0..notes {
            test.note(&mut log, &format!("note {i}"));
        }
        log.checkpoint(&test.log_key).unwrap();
        test
    }

    fn delivery(&mut self, log: &mut Log, lines: Vec<String>) -> u64 {
        let set = LineSet::new(lines, &mut *self.random);
        let attachment = Payload::seal(&set.to_value(), &mut *self.random);
        let delivery = payload::Delivery {
            v: 1,
            source: SOURCE.into(),
            sender: "a sender".into(),
            authority: "order-1".into(),
            custody: "asserted".into(),
            received: 3,
            exhibits: set.len() as u64,
            bytes: FILES.iter().map(|(_, text)| text.len() as u64).sum(),
            repeated: 0,
            lines_root: set.root().hex(),
            lines: attachment.digest().hex(),
        };
        let payload = Payload::seal(&delivery, &mut *self.random);
        let entry = NewEntry { kind: kind::DELIVERY, payload, attachments: vec![attachment] };
        self.append(log, &[entry], false)
    }

    fn receipt(&mut self, log: &mut Log, delivery: u64, lines: Vec<String>) {
        let set = LineSet::new(lines, &mut *self.random);
        let attachment = Payload::seal(&set.to_value(), &mut *self.random);
        let receipt = payload::Receipt {
            v: 1,
            delivery,
            plan: Digest::of(PLAN).hex(),
            parsers: vec!["lines 1".into()],
            lines_root: set.root().hex(),
            lines: attachment.digest().hex(),
            totals: Default::default(),
        };
        let payload = Payload::seal(&receipt, &mut *self.random);
        let entry = NewEntry { kind: kind::RECEIPT, payload, attachments: vec![attachment] };
        self.receipt = self.append(log, &[entry], false);
    }

    pub fn snapshot(&mut self, log: &mut Log, number: u64) -> u64 {
        let mut files = Vec::new();
        for path in ["lake/messages/2020-01.parquet", "index/made-up.split"] {
            let full = self.folder.path().join(path);
            std::fs::create_dir_all(full.parent().unwrap()).unwrap();
            let bytes = format!("{path} as if it were one");
            std::fs::write(&full, &bytes).unwrap();
            files.push(payload::SnapshotFile {
                path: path.into(),
                digest: Digest::of(bytes.as_bytes()).hex(),
                bytes: bytes.len() as u64,
            });
        }
        let files = payload::SnapshotFiles { v: 1, files };
        let attachment = Payload::seal(&files, &mut *self.random);
        let snapshot = payload::Snapshot {
            v: 1,
            number,
            inputs: vec![self.receipt],
            part: [1, 1],
            step: "made-up 1".into(),
            roots: Default::default(),
            manifest: Digest::of(b"manifest").hex(),
            files: attachment.digest().hex(),
            at: 4,
        };
        let payload = Payload::seal(&snapshot, &mut *self.random);
        let entry = NewEntry { kind: kind::SNAPSHOT, payload, attachments: vec![attachment] };
        self.append(log, &[entry], false)
    }

    /// Verified with the log's true public key.
    pub fn verify(&self, older: Option<&Checkpoint>) -> Verified {
        let key = Some(self.log_key.verifier());
        verify_case(self.folder.path(), key, older, &mut NoMembers, &mut |_| {}).unwrap()
    }
}

pub fn note(text: &str) -> payload::Note {
    payload::Note {
        v: 1,
        subject: "x".into(),
        records: Vec::new(),
        snapshot: Some(1),
        text: text.into(),
        reason: "a test".into(),
        authority: "order-1".into(),
        at: 5,
    }
}

/// Every line a record, blank lines framing.
fn write_tree(
    evidence: &Path,
    reading: ReadingId,
    text: &str,
    random: &mut dyn FnMut(&mut [u8]),
) -> TreeSummary {
    let mut writer = TreeWriter::create(evidence, reading, random).unwrap();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let length = line.len() as u64;
        let class = if line == "\n" { ItemClass::Framing } else { ItemClass::Record };
        let place = Place::Span { offset, length };
        writer.push(class, &MemberPath::default(), &place, line.as_bytes()).unwrap();
        offset += length;
    }
    writer.finish().unwrap()
}

pub fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap()
}
