//! Published implementations agree on the formats: tlog_tiles and signed_note.

use crate::fixture::{TestCase, note, seeded};
use emma_evidence::payload::kind;
use emma_evidence::{CaseId, Log, NewEntry, Payload, Signer, merkle};
use emma_model::Digest;
use signed_note::{Note, StandardVerifier, VerifierList};
use std::path::PathBuf;
use tlog_tiles::{
    Checkpoint, Error, HashReader as _, Tile, TileHashReader, TileReader, check_record, check_tree,
    prove_record, prove_tree,
};

/// Serves the files of a log to tlog_tiles.
struct Folder(PathBuf);

impl TileReader for Folder {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, Error> {
        Ok(tiles.iter().map(|tile| self.tile(tile)).collect())
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

impl Folder {
    fn tile(&self, tile: &Tile) -> Vec<u8> {
        // tlog_tiles writes the tile height into paths; the C2SP layout leaves it out.
        let path = self.0.join(tile.path().replacen("tile/8/", "tile/", 1));
        let full = path.parent().unwrap().with_extension("");
        let bytes = std::fs::read(&path).or_else(|_| std::fs::read(&full)).unwrap();
        bytes[..tile.width() as usize * 32].to_vec()
    }
}

fn verified(bytes: &[u8], signers: &[&Signer]) -> bool {
    let verifiers = signers
        .iter()
        .map(|signer| {
            let verifier = StandardVerifier::new(&signer.verifier().to_string()).unwrap();
            Box::new(verifier) as Box<dyn signed_note::Verifier>
        })
        .collect();
    let note = Note::from_bytes(bytes).unwrap();
    note.verify(&VerifierList::new(verifiers)).is_ok_and(|(good, _)| good.len() == signers.len())
}

/// A log of `size` entries in groups of `group`, with a checkpoint.
fn log_of(test: &mut TestCase, size: u64, group: usize) -> Log {
    let mut log = Log::open(&test.evidence()).unwrap();
    let payload = Payload::seal(&note("n"), &mut *test.random);
    let entries = vec![NewEntry::new(kind::NOTE, payload); group];
    while log.size() < size {
        let count = (size - log.size()).min(group as u64) as usize;
        test.append(&mut log, &entries[..count], false);
    }
    log.checkpoint(&test.log_key).unwrap();
    log
}

#[test]
fn entries_and_checkpoints_are_signed_notes() {
    let test = TestCase::full(3);
    let log = Log::open(&test.evidence()).unwrap();
    let genesis = log.entry(0).unwrap();
    assert!(verified(&genesis.bytes, &[&test.actor, &test.log_key]));
    let note = log.entry(log.size() - 1).unwrap();
    assert!(verified(&note.bytes, &[&test.actor]));
    let checkpoint = log.latest_checkpoint().unwrap().unwrap();
    assert!(verified(checkpoint.note.as_bytes(), &[&test.log_key]));
    let text = checkpoint.note.split("\n\n").next().unwrap().to_owned() + "\n";
    let theirs = Checkpoint::from_bytes(text.as_bytes()).unwrap();
    assert_eq!(theirs.origin(), checkpoint.origin);
    assert_eq!((theirs.size(), theirs.hash().0), (checkpoint.size, checkpoint.root.0));
}

#[test]
fn keys_and_notes_of_the_oracle_are_read() {
    // A key and note made by the other side, from their own generator.
    let signer = Signer::log_from_secret(CaseId([9; 16]), [4; 32]);
    let key = ed25519_dalek_key(&signer);
    assert_eq!(signer.verifier().to_string(), key);
}

/// The verifier key text as signed_note writes it.
fn ed25519_dalek_key(signer: &Signer) -> String {
    let name = signer.name();
    let mut body = vec![1];
    body.extend_from_slice(&signer.verifier().public_bytes());
    let id = signed_note::key_id(name, &body);
    use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
    format!("{name}+{id:08x}+{}", BASE64.encode(body))
}

#[test]
fn tiles_are_read_and_authenticated_by_the_oracle() {
    for size in [5, 256, 257, 1_030, 3_000] {
        let mut test = TestCase::empty();
        let log = log_of(&mut test, size, 300);
        let folder = Folder(test.evidence().join("log"));
        let root = tlog_tiles::Hash(log.root().0);
        let reader = TileHashReader::new(size, root, &folder);
        let mut random = seeded(size);
        for _ in 0..20 {
            let mut draw = [0; 8];
            random(&mut draw);
            let index = u64::from_be_bytes(draw) % size;
            let leaf = tlog_tiles::Hash(log.entry(index).unwrap().leaf().0);
            let theirs = prove_record(size, index, &reader).unwrap();
            let ours: Vec<_> = hashes(&log.inclusion(index, size).unwrap());
            assert_eq!(ours, theirs, "inclusion of {index} in {size}");
            check_record(&ours, size, root, index, leaf).unwrap();
            let old = index + 1;
            let old_root = log.root_at(old).unwrap();
            let ours = log.consistency(old, size).unwrap();
            let theirs = prove_tree(size, old, &reader).unwrap();
            assert_eq!(hashes(&ours), theirs, "consistency of {old} and {size}");
            check_tree(&theirs, size, root, old, tlog_tiles::Hash(old_root.0)).unwrap();
            assert!(merkle::verify_consistency(old, &old_root, size, &log.root(), &ours));
        }
    }
}

#[test]
fn a_log_with_three_levels_of_tiles_holds_together() {
    if std::env::var_os("EMMA_SLOW_TESTS").is_none() {
        println!("skipped: a_log_with_three_levels_of_tiles_holds_together: EMMA_SLOW_TESTS=1");
        return;
    }
    let size = 66_100;
    let mut test = TestCase::empty();
    let log = log_of(&mut test, size, 11_000);
    let root = tlog_tiles::Hash(log.root().0);
    let folder = Folder(test.evidence().join("log"));
    let reader = TileHashReader::new(size, root, &folder);
    reader.read_hashes(&[0, 65_536, 131_000]).unwrap();
    for index in [0, 255, 256, 65_535, 65_536, size - 1] {
        let path = log.inclusion(index, size).unwrap();
        assert!(merkle::verify_inclusion(
            log.entry(index).unwrap().leaf(),
            index,
            size,
            &path,
            &log.root()
        ));
    }
    let again = Log::open(&test.evidence()).unwrap();
    assert_eq!((again.size(), again.root()), (size, log.root()));
    assert!(test.evidence().join("log/tile/1/000").is_file(), "a full tile of level 1");
    assert_eq!(test.verify(None).findings, []);
}

fn hashes(path: &[Digest]) -> Vec<tlog_tiles::Hash> {
    path.iter().map(|hash| tlog_tiles::Hash(hash.0)).collect()
}
