//! Reading a record tree: finding leaves, proving them, walking them.

use super::leaves::{Leaf, LeavesDecoder, Step};
use super::seed::Nonces;
use super::write::read_seed;
use super::{ReadingId, folder};
use crate::error::{EvidenceError, Result};
use crate::merkle;
use emma_model::{Digest, MemberPath, Place};
use emma_store::MappedFile;
use std::fmt;
use std::io::ErrorKind;
use std::path::Path;

/// Height of the hashes in `upper`.
pub(crate) const UPPER_HEIGHT: u32 = 8;

/// An open record tree.
pub struct Tree {
    name: String,
    seed: [u8; 32],
    hashes: MappedFile,
    leaves: MappedFile,
    /// `None` where the tree is too small to have any.
    upper: Option<MappedFile>,
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tree({}, {} leaves)", self.name, self.leaf_count())
    }
}

impl Tree {
    /// Opens the tree of `reading`. [`EvidenceError::Missing`] where it is not whole.
    pub fn open(evidence: &Path, reading: ReadingId) -> Result<Tree> {
        let folder = folder(evidence, reading);
        let name = format!("trees/{reading}");
        if !folder.join("hashes").exists() {
            return Err(EvidenceError::Missing { object: name });
        }
        let tree = Tree {
            seed: read_seed(&folder)?,
            hashes: MappedFile::open(&folder.join("hashes"))?,
            leaves: MappedFile::open(&folder.join("leaves"))?,
            upper: match MappedFile::open(&folder.join("upper")) {
                Err(error) if error.source.kind() == ErrorKind::NotFound => None,
                other => Some(other?),
            },
            name,
        };
        let whole = tree.hashes.len().is_multiple_of(32)
            && tree.upper_bytes().len() as u64 == 32 * (tree.leaf_count() >> UPPER_HEIGHT);
        if !whole {
            return Err(tree.damaged("a file has another length"));
        }
        Ok(tree)
    }

    /// How many leaves.
    pub fn leaf_count(&self) -> u64 {
        self.hashes.len() as u64 / 32
    }

    /// The hash of leaf `index`, as stored.
    pub fn hash(&self, index: u64) -> Result<Digest> {
        hash_at(&self.hashes, index).ok_or_else(|| self.damaged("it has no such leaf"))
    }

    /// What the receipt must say of the seed.
    pub(crate) fn seed_commitment(&self) -> Digest {
        super::commitment(&self.seed)
    }

    /// The stored hash of height 8 at `index`.
    pub(crate) fn upper_hash(&self, index: u64) -> Option<Digest> {
        hash_at(self.upper_bytes(), index)
    }

    /// The nonce of leaf `index`.
    pub fn nonce(&self, index: u64) -> [u8; 16] {
        self.nonces().at(index)
    }

    /// A walk over the nonces.
    pub fn nonces(&self) -> Nonces {
        Nonces::new(self.seed)
    }

    /// The root, through the stored hashes of height 8.
    pub fn root(&self) -> Result<Digest> {
        merkle::root_at(self.leaf_count(), &mut |height, index| self.subtree(height, index))
    }

    /// The inclusion path of leaf `index`.
    pub fn proof(&self, index: u64) -> Result<Vec<Digest>> {
        if index >= self.leaf_count() {
            return Err(self.damaged("it has no such leaf"));
        }
        merkle::inclusion(index, self.leaf_count(), &mut |height, index| {
            self.subtree(height, index)
        })
    }

    fn upper_bytes(&self) -> &[u8] {
        self.upper.as_deref().unwrap_or_default()
    }

    fn subtree(&self, height: u32, index: u64) -> Result<Digest> {
        let (file, rest) = match height.checked_sub(UPPER_HEIGHT) {
            Some(above) => (self.upper_bytes(), above),
            None => (&self.hashes[..], height),
        };
        let mut frontier = merkle::Frontier::default();
        for at in index << rest..(index + 1) << rest {
            frontier.push(hash_at(file, at).ok_or_else(|| self.damaged("a hash is missing"))?);
        }
        Ok(frontier.root())
    }

    /// The leaf at exactly this locator. Reads the list up to it.
    pub fn find(&self, member: &MemberPath, place: &Place) -> Result<Option<Leaf>> {
        let mut list = self.list()?;
        let mut index = 0;
        while !list.is_at_end() {
            let step = list.step().ok_or_else(|| self.damaged("its list does not read"))?;
            if step.place == *place && list.member() == member {
                return Ok(Some(leaf(index, step, list.member())));
            }
            index += 1;
        }
        Ok(None)
    }

    /// The leaves whose spans touch bytes `from..to` of `member`, in order.
    pub fn overlapping(&self, member: &MemberPath, from: u64, to: u64) -> Result<Vec<Leaf>> {
        let mut found = Vec::new();
        for leaf in self.iter()? {
            let leaf = leaf?;
            let touches = matches!(leaf.place, Place::Span { offset, length }
                if offset < to && from < offset.saturating_add(length));
            if touches && leaf.member == *member {
                found.push(leaf);
            }
        }
        Ok(found)
    }

    /// All leaves in order.
    pub fn iter(&self) -> Result<LeafIter<'_>> {
        Ok(LeafIter { tree: self, list: self.list()?, next: 0 })
    }

    fn list(&self) -> Result<LeavesDecoder<'_>> {
        LeavesDecoder::new(&self.leaves).ok_or_else(|| self.damaged("its list does not read"))
    }

    pub(crate) fn damaged(&self, what: &'static str) -> EvidenceError {
        EvidenceError::damaged(self.name.clone(), what)
    }
}

fn hash_at(bytes: &[u8], index: u64) -> Option<Digest> {
    let from = usize::try_from(index).ok()?.checked_mul(32)?;
    Some(Digest(bytes.get(from..)?.get(..32)?.try_into().ok()?))
}

fn leaf(index: u64, step: Step, member: &MemberPath) -> Leaf {
    Leaf { index, class: step.class, member: member.clone(), place: step.place }
}

/// Leaves in order. Made by [`Tree::iter`].
#[derive(Debug)]
pub struct LeafIter<'a> {
    tree: &'a Tree,
    list: LeavesDecoder<'a>,
    next: u64,
}

impl Iterator for LeafIter<'_> {
    type Item = Result<Leaf>;

    fn next(&mut self) -> Option<Result<Leaf>> {
        if self.list.is_at_end() {
            return None;
        }
        let Some(step) = self.list.step() else {
            self.list = LeavesDecoder::new(super::leaves::LEAVES_MAGIC)?;
            return Some(Err(self.tree.damaged("its list does not read")));
        };
        self.next += 1;
        Some(Ok(leaf(self.next - 1, step, self.list.member())))
    }
}
