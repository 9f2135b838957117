//! RFC 6962 Merkle trees: hashes, roots, inclusion and consistency proofs.
//!
//! Provers hand in a function that answers the hash of an aligned, complete subtree; where those
//! come from (tiles, level-0 hashes in a file, memory) is theirs to know.

use crate::error::Result;
use emma_model::Digest;

/// The hash of a leaf: SHA-256(0 ‖ bytes).
pub fn leaf_hash(bytes: &[u8]) -> Digest {
    Digest::of_parts(&[&[0], bytes])
}

/// The hash of an interior node: SHA-256(1 ‖ left ‖ right).
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let mut bytes = [1; 65];
    bytes[1..33].copy_from_slice(&left.0);
    bytes[33..].copy_from_slice(&right.0);
    Digest::of(&bytes)
}

/// The right edge of a growing tree: the roots of its complete subtrees, largest first.
///
/// Adding a leaf costs about two hashes, the root at most one per level.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Frontier {
    size: u64,
    roots: Vec<Digest>,
}

impl Frontier {
    /// The edge of a tree of `size` leaves, from its stored roots. `None` where their number is
    /// not that of the bits set in `size`.
    pub fn restore(size: u64, roots: Vec<Digest>) -> Option<Frontier> {
        (roots.len() == size.count_ones() as usize).then_some(Frontier { size, roots })
    }

    /// Leaves so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the complete subtrees, largest first.
    pub fn roots(&self) -> &[Digest] {
        &self.roots
    }

    /// Adds a leaf's hash.
    pub fn push(&mut self, leaf: Digest) {
        self.push_tracked(leaf, |_, _| {});
    }

    /// Adds a leaf's hash and tells of every subtree this completes: its height and root.
    pub fn push_tracked(&mut self, leaf: Digest, mut completed: impl FnMut(u32, &Digest)) {
        let mut node = leaf;
        completed(0, &node);
        for height in 0..self.size.trailing_ones() {
            let left = self.roots.pop().expect("one root stands for every bit of the size");
            node = node_hash(&left, &node);
            completed(height + 1, &node);
        }
        self.roots.push(node);
        self.size += 1;
    }

    /// The root. That of an empty tree is the digest of nothing.
    pub fn root(&self) -> Digest {
        let mut right_to_left = self.roots.iter().rev();
        let Some(last) = right_to_left.next() else {
            return Digest::of(b"");
        };
        right_to_left.fold(*last, |right, left| node_hash(left, &right))
    }
}

/// The root over leaf hashes.
pub fn root_of(leaves: &[Digest]) -> Digest {
    let mut frontier = Frontier::default();
    for leaf in leaves {
        frontier.push(*leaf);
    }
    frontier.root()
}

/// Answers the root of the complete subtree of height `h` whose first leaf is `index << h`.
pub type Subtrees<'a> = dyn FnMut(u32, u64) -> Result<Digest> + 'a;

/// The root over leaves `from..to`, where `from` is a multiple of the subtree that holds them.
fn range_root(from: u64, to: u64, subtrees: &mut Subtrees<'_>) -> Result<Digest> {
    let length = to - from;
    if length.is_power_of_two() {
        let height = length.trailing_zeros();
        debug_assert_eq!(from % length, 0);
        return subtrees(height, from >> height);
    }
    let left = split(length);
    let left_root = range_root(from, from + left, subtrees)?;
    Ok(node_hash(&left_root, &range_root(from + left, to, subtrees)?))
}

/// The largest power of two smaller than `length` (RFC 6962's k).
fn split(length: u64) -> u64 {
    debug_assert!(length > 1);
    1 << (63 - (length - 1).leading_zeros())
}

/// The root of the first `size` leaves.
pub fn root_at(size: u64, subtrees: &mut Subtrees<'_>) -> Result<Digest> {
    if size == 0 { Ok(Digest::of(b"")) } else { range_root(0, size, subtrees) }
}

/// The inclusion proof (audit path, leaf upwards) of leaf `index` in a tree of `size` leaves.
///
/// `index` must be below `size`.
pub fn inclusion(index: u64, size: u64, subtrees: &mut Subtrees<'_>) -> Result<Vec<Digest>> {
    assert!(index < size, "the leaf lies in the tree");
    let (mut from, mut to) = (0, size);
    let mut path = Vec::new();
    while to - from > 1 {
        let middle = from + split(to - from);
        if index < middle {
            path.push(range_root(middle, to, subtrees)?);
            to = middle;
        } else {
            path.push(range_root(from, middle, subtrees)?);
            from = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The proof that the tree of `new` leaves extends that of `old`, as RFC 6962 orders it.
///
/// Empty where `old` is 0 or equals `new`; `old` must not exceed `new`.
pub fn consistency(old: u64, new: u64, subtrees: &mut Subtrees<'_>) -> Result<Vec<Digest>> {
    assert!(old <= new, "the older tree is the smaller");
    let mut path = Vec::new();
    if old == 0 || old == new {
        return Ok(path);
    }
    let (mut from, mut to) = (0, new);
    while old != to {
        let middle = from + split(to - from);
        if old <= middle {
            path.push(range_root(middle, to, subtrees)?);
            to = middle;
        } else {
            path.push(range_root(from, middle, subtrees)?);
            from = middle;
        }
    }
    // Where the old tree is one whole subtree from leaf 0, its root is known to the verifier.
    if from != 0 {
        path.push(range_root(from, to, subtrees)?);
    }
    path.reverse();
    Ok(path)
}

/// The root that leaf hash `leaf` at `index` and its path lead to, or `None` where the path's
/// length does not fit a tree of `size` leaves.
pub fn root_from_inclusion(leaf: Digest, index: u64, size: u64, path: &[Digest]) -> Option<Digest> {
    if index >= size {
        return None;
    }
    let (mut node, mut last) = (index, size - 1);
    let mut root = leaf;
    for sibling in path {
        if last == 0 {
            return None;
        }
        if node & 1 == 1 || node == last {
            root = node_hash(sibling, &root);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            root = node_hash(&root, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(root)
}

/// True where `path` proves that `leaf` is leaf `index` of the tree of `size` leaves with `root`.
pub fn verify_inclusion(
    leaf: Digest,
    index: u64,
    size: u64,
    path: &[Digest],
    root: &Digest,
) -> bool {
    root_from_inclusion(leaf, index, size, path).as_ref() == Some(root)
}

/// True where `path` proves that the tree of `new` leaves with `new_root` only adds leaves to
/// that of `old` leaves with `old_root`.
pub fn verify_consistency(
    old: u64,
    old_root: &Digest,
    new: u64,
    new_root: &Digest,
    path: &[Digest],
) -> bool {
    if old > new {
        return false;
    }
    if old == new {
        return path.is_empty() && old_root == new_root;
    }
    if old == 0 {
        return path.is_empty() && *old_root == Digest::of(b"");
    }
    // RFC 9162, 2.1.4.2.
    let mut path = path.iter();
    let (mut node, mut last) = (old - 1, new - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let start = if old.is_power_of_two() { Some(old_root) } else { path.next() };
    let Some(start) = start else { return false };
    let (mut first, mut second) = (*start, *start);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            first = node_hash(sibling, &first);
            second = node_hash(sibling, &second);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            second = node_hash(&second, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && first == *old_root && second == *new_root
}

/// Answers subtrees from level-0 hashes in memory; for small trees.
pub fn subtrees_of(leaves: &[Digest]) -> impl FnMut(u32, u64) -> Result<Digest> + '_ {
    move |height, index| {
        let from = (index << height) as usize;
        Ok(root_of(&leaves[from..from + (1 << height)]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn leaves(n: u64) -> Vec<Digest> {
        (0..n).map(|i| leaf_hash(&i.to_be_bytes())).collect()
    }

    #[test]
    fn every_proof_of_small_trees_holds_and_no_other() {
        for size in 1..40u64 {
            let leaves = leaves(size);
            let root = root_of(&leaves);
            for index in 0..size {
                let path = inclusion(index, size, &mut subtrees_of(&leaves)).unwrap();
                assert!(verify_inclusion(leaves[index as usize], index, size, &path, &root));
                assert!(!verify_inclusion(leaf_hash(b"x"), index, size, &path, &root));
                assert!(!verify_inclusion(leaves[index as usize], index, size + 64, &path, &root));
            }
            for old in 0..=size {
                let old_root = root_of(&leaves[..old as usize]);
                let path = consistency(old, size, &mut subtrees_of(&leaves)).unwrap();
                assert!(verify_consistency(old, &old_root, size, &root, &path), "{old} {size}");
                if old > 0 && old < size {
                    let other = leaf_hash(b"x");
                    assert!(!verify_consistency(old, &other, size, &root, &path));
                    assert!(!verify_consistency(old, &old_root, size, &other, &path));
                }
            }
        }
    }

    proptest! {
        #[test]
        fn no_path_makes_verification_panic(
            index in any::<u64>(), size in any::<u64>(), old in any::<u64>(), n in 0usize..70
        ) {
            let path = vec![Digest::of(b"p"); n];
            let root = Digest::of(b"r");
            let _ = verify_inclusion(root, index, size, &path, &root);
            let _ = verify_consistency(old, &root, size, &root, &path);
        }
    }
}
