//! Record trees: every leaf from the exhibit's bytes, up to the root in the receipt.

use super::log::Stated;
use super::{MemberBytes, Verified};
use crate::error::Result;
use crate::exhibit::ExhibitStore;
use crate::merkle::Frontier;
use crate::payload::ReceiptLine;
use crate::tree::{Leaf, ReadingId, Tree, UPPER_HEIGHT, leaf_hash};
use emma_model::id::put_locator;
use emma_model::{Digest, ItemClass, MemberPath, Place};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

/// Bytes read from a member at a time.
const WINDOW_BYTES: usize = 256 << 10;

/// Checks the trees of all readings that receipts name.
pub(super) fn check(
    evidence: &Path,
    stated: &Stated,
    damaged: &BTreeSet<Digest>,
    members: &mut dyn MemberBytes,
    out: &mut Verified,
    progress: &mut dyn FnMut(u64),
) -> Result<()> {
    let store = ExhibitStore::open(evidence);
    for (reading, line) in &stated.readings {
        let object = format!("trees/{reading}");
        out.trees += 1;
        let ids = (|| Some((Digest::from_hex(reading)?, Digest::from_hex(&line.digest)?)))();
        let Some((id, digest)) = ids else {
            out.find(object, "its receipt line does not read");
            continue;
        };
        let tree = match Tree::open(evidence, ReadingId(id)) {
            Ok(tree) => tree,
            Err(error) => {
                out.find(object, error.to_string());
                continue;
            }
        };
        out.leaves += tree.leaf_count();
        let hashes = check_hashes(&tree, line);
        if let Some((part, what)) = hashes {
            out.find(format!("{object}/{part}"), what);
        }
        // Where the exhibit itself is damaged it is named already, and no leaf can fit.
        if damaged.contains(&digest) {
            continue;
        }
        let file = store.path(&digest);
        let mut walk = Walk { file, digest, members, bytes: line.bytes };
        if let Some(what) = walk.check(&tree, progress) {
            out.find(object, what);
        }
    }
    Ok(())
}

/// The stored hashes against the receipt: which file differs, and how.
fn check_hashes(tree: &Tree, line: &ReceiptLine) -> Option<(&'static str, &'static str)> {
    let mut frontier = Frontier::default();
    let mut upper_fits = true;
    for index in 0..tree.leaf_count() {
        let Ok(hash) = tree.hash(index) else { break };
        let mut upper = None;
        frontier.push_tracked(hash, |height, root| {
            if height == UPPER_HEIGHT {
                upper = Some(*root);
            }
        });
        if upper.is_some() {
            upper_fits &= tree.upper_hash(index >> UPPER_HEIGHT) == upper;
        }
    }
    if frontier.root().hex() != line.tree_root || tree.leaf_count() != line.leaves {
        return Some(("hashes", "they do not lead to the receipt's root"));
    }
    if tree.seed_commitment().hex() != line.seed {
        return Some(("seed", "it is not the one the receipt commits to"));
    }
    (!upper_fits).then_some(("upper", "they do not follow from the leaf hashes"))
}

/// Why a tree does not fit.
const LIST_UNREADABLE: &str = "its list of leaves does not read";

/// One exhibit's leaves against its bytes.
struct Walk<'a> {
    file: PathBuf,
    digest: Digest,
    members: &'a mut dyn MemberBytes,
    bytes: u64,
}

impl Walk<'_> {
    /// Every leaf in order; the leaves of one member in one pass over its bytes.
    fn check(&mut self, tree: &Tree, progress: &mut dyn FnMut(u64)) -> Option<String> {
        let mut nonces = tree.nonces();
        let mut leaves = match tree.iter() {
            Ok(leaves) => leaves.peekable(),
            Err(_) => return Some(LIST_UNREADABLE.to_owned()),
        };
        let mut count = 0;
        while let Some(leaf) = leaves.next() {
            let Ok(leaf) = leaf else {
                return Some(LIST_UNREADABLE.to_owned());
            };
            if leaf.class == ItemClass::Blob || matches!(leaf.place, Place::Row { .. }) {
                let hash = self.whole_leaf(&leaf, nonces.at(leaf.index));
                if let Some(what) = differs(tree, &leaf, hash) {
                    return Some(what);
                }
                count += 1;
                continue;
            }
            let mut span = Some(leaf.clone());
            let mut source = match self.open(&leaf.member) {
                Ok(reader) => Source { reader, position: 0 },
                Err(error) => return differs(tree, &leaf, Err(error)),
            };
            while let Some(leaf) = span.take() {
                let hash = source.leaf_hash(&leaf, nonces.at(leaf.index));
                if let Some(what) = differs(tree, &leaf, hash) {
                    return Some(what);
                }
                count += 1;
                let follows = |next: &Leaf| {
                    next.member == leaf.member
                        && next.class != ItemClass::Blob
                        && matches!(next.place, Place::Span { offset, .. }
                            if offset >= source.position)
                };
                if leaves.peek().is_some_and(|next| next.as_ref().is_ok_and(follows)) {
                    span = leaves.next().and_then(Result::ok);
                }
            }
            progress(source.position);
        }
        (count != tree.leaf_count()).then(|| "it lists another number of leaves".to_owned())
    }

    fn open<'s>(&'s mut self, member: &MemberPath) -> io::Result<Box<dyn Read + 's>> {
        let reader: Box<dyn Read + 's> = if member.0.is_empty() {
            Box::new(File::open(&self.file)?)
        } else {
            self.members.open(&self.file, &self.digest, member)?
        };
        Ok(Box::new(BufReader::with_capacity(WINDOW_BYTES, reader)))
    }

    /// The hash of a blob, known by the digest of all of its member, or of a row.
    fn whole_leaf(&mut self, leaf: &Leaf, nonce: [u8; 16]) -> io::Result<Digest> {
        let raw = match &leaf.place {
            place @ Place::Row { .. } => {
                self.members.row(&self.file, &self.digest, &leaf.member, place)?
            }
            Place::Span { offset, length } => {
                let (digest, bytes) = if leaf.member.0.is_empty() {
                    (self.digest, self.bytes)
                } else {
                    let mut hasher = Sha256::new();
                    let bytes = copy(&mut self.open(&leaf.member)?, u64::MAX, &mut hasher)?;
                    (Digest(hasher.finalize().into()), bytes)
                };
                if *offset != 0 || *length != bytes {
                    return Err(io::Error::from(io::ErrorKind::InvalidData));
                }
                digest.0.to_vec()
            }
        };
        Ok(leaf_hash(&nonce, leaf.class, &leaf.member, &leaf.place, &raw))
    }
}

fn differs(tree: &Tree, leaf: &Leaf, hash: io::Result<Digest>) -> Option<String> {
    let index = leaf.index;
    match hash {
        Err(_) => Some(format!("leaf {index}: its bytes do not read from the exhibit")),
        Ok(hash) if tree.hash(index).ok() == Some(hash) => None,
        Ok(_) => Some(format!("leaf {index}: seed, list, hash and exhibit do not fit together")),
    }
}

/// A member's bytes, read forwards.
struct Source<'a> {
    reader: Box<dyn Read + 'a>,
    position: u64,
}

impl Source<'_> {
    /// The hash of a span at or after where the source stands. The length may be anything that a
    /// damaged list says: nothing is allocated for it.
    fn leaf_hash(&mut self, leaf: &Leaf, nonce: [u8; 16]) -> io::Result<Digest> {
        let Place::Span { offset, length } = leaf.place else {
            return Err(io::Error::from(io::ErrorKind::InvalidData));
        };
        let skip = offset - self.position.min(offset);
        let skipped = io::copy(&mut (&mut self.reader).take(skip), &mut io::sink())?;
        self.position += skipped;
        let mut locator = Vec::with_capacity(64);
        put_locator(&mut locator, &leaf.member, &leaf.place);
        let mut hasher = Sha256::new();
        hasher.update([0]);
        hasher.update(nonce);
        hasher.update([leaf.class as u8]);
        hasher.update((locator.len() as u32).to_be_bytes());
        hasher.update(&locator);
        let read = copy(&mut self.reader, length, &mut hasher)?;
        self.position += read;
        if read != length || skipped != skip {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
        }
        Ok(Digest(hasher.finalize().into()))
    }
}

/// Hashes at most `length` bytes and says how many there were.
fn copy(reader: &mut dyn Read, length: u64, hasher: &mut Sha256) -> io::Result<u64> {
    let mut buffer = [0; 8192];
    let mut rest = length;
    while rest > 0 {
        let want = rest.min(buffer.len() as u64) as usize;
        match reader.read(&mut buffer[..want]) {
            Ok(0) => break,
            Ok(read) => {
                hasher.update(&buffer[..read]);
                rest -= read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length - rest)
}
