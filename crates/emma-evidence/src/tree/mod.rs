//! Record trees: one per exhibit and reading, a leaf for every item its bytes turned out to be.
//!
//! ```text
//! evidence/trees/<reading id>/seed     32 random bytes, durable before the first leaf
//! evidence/trees/<reading id>/leaves   what each leaf is and where it stands
//! evidence/trees/<reading id>/upper    hashes of height 8, so that a proof need not read all
//! evidence/trees/<reading id>/hashes   leaf hashes in order; named last: then the tree is whole
//! ```
//!
//! leaf = SHA-256(0 ‖ nonce (16) ‖ class (1) ‖ locator length (4) ‖ locator ‖ raw bytes); the
//! interior is RFC 6962. The nonce of leaf i comes from the seed by a tree of hashes ([`seed`]),
//! so that one nonce can be disclosed, or destroyed, without the others.

mod leaves;
mod read;
pub mod seed;
mod write;

pub use leaves::Leaf;
pub(crate) use read::UPPER_HEIGHT;
pub use read::{LeafIter, Tree};
pub use write::{TreeSummary, TreeWriter, create_seeds, sync_trees};

use emma_model::id::put_locator;
use emma_model::{Digest, ExhibitId, ItemClass, MemberPath, Place};
use std::fmt;
use std::path::{Path, PathBuf};

/// The id of a reading: one parse of an exhibit by a plan.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReadingId(pub Digest);

impl ReadingId {
    /// The id of the reading of `exhibit` by the plan with this digest.
    pub fn derive(exhibit: ExhibitId, plan: &Digest) -> ReadingId {
        ReadingId(Digest::of_parts(&[b"emma/reading/v1\0", &exhibit.0.0, &plan.0]))
    }
}

impl fmt::Display for ReadingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for ReadingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The folder of a reading's tree in `evidence` (`CASE/evidence`).
pub fn folder(evidence: &Path, reading: ReadingId) -> PathBuf {
    evidence.join("trees").join(reading.0.hex())
}

/// The seed of a reading's nonces.
pub fn seed_of(evidence: &Path, reading: ReadingId) -> crate::Result<[u8; 32]> {
    write::read_seed(&folder(evidence, reading))
}

/// What a receipt says of a seed, so that a changed one is noticed even where no leaf needs it.
/// It gives the seed away to nobody: seeds are 32 random bytes.
pub fn commitment(seed: &[u8; 32]) -> Digest {
    Digest::of_parts(&[b"emma/seed-commitment/v1\0", seed])
}

/// A leaf's hash from its parts. For one leaf; the writer hashes without allocating.
pub fn leaf_hash(
    nonce: &[u8; 16],
    class: ItemClass,
    member: &MemberPath,
    place: &Place,
    raw: &[u8],
) -> Digest {
    let mut locator = Vec::with_capacity(32);
    put_locator(&mut locator, member, place);
    let length = (locator.len() as u32).to_be_bytes();
    Digest::of_parts(&[&[0], nonce, &[class as u8], &length, &locator, raw])
}
