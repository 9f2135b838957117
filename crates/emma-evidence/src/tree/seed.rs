//! The seed tree: a nonce for every leaf from 32 random bytes.
//!
//! Child k of node n is SHA-256("emma/seed/v1\0" ‖ n ‖ k), sixteen children a node, eight levels
//! below the root: leaf i takes the path of i's eight hexadecimal digits, highest first, and its
//! nonce is the first 16 bytes it ends at. Whoever holds a nonce learns nothing of another.

use emma_model::Digest;
use std::fmt;

/// Children of a node, as bits.
const ARITY_BITS: u32 = 4;

/// Levels below the root.
const LEVELS: usize = 8;

/// A reading has at most this many leaves.
pub const LEAVES_MAX: u64 = 1 << (ARITY_BITS * LEVELS as u32);

/// Walks the nonces of a seed tree. Going to the next leaf costs 1.07 hashes on average.
#[derive(Clone)]
pub struct Nonces {
    /// Nodes from the root down to the current leaf.
    path: [[u8; 32]; LEVELS + 1],
    current: u32,
}

impl Nonces {
    /// Starts at leaf 0.
    pub fn new(seed: [u8; 32]) -> Nonces {
        let mut nonces = Nonces { path: [seed; LEVELS + 1], current: 0 };
        nonces.descend(0);
        nonces
    }

    /// The nonce of leaf `index`, which must be below [`LEAVES_MAX`].
    pub fn at(&mut self, index: u64) -> [u8; 16] {
        assert!(index < LEAVES_MAX, "the leaf lies in the seed tree");
        let index = index as u32;
        let differing = index ^ self.current;
        if differing != 0 {
            self.current = index;
            self.descend((differing.leading_zeros() / ARITY_BITS) as usize);
        }
        let (nonce, _) = self.path[LEVELS].split_first_chunk().expect("a node has 32 bytes");
        *nonce
    }

    /// Computes the path again from level `from` (0: all of it).
    fn descend(&mut self, from: usize) {
        for level in from..LEVELS {
            let shift = ARITY_BITS * (LEVELS - 1 - level) as u32;
            let child = (self.current >> shift) as u8 & 15;
            self.path[level + 1] = child_of(&self.path[level], child);
        }
    }
}

impl fmt::Debug for Nonces {
    /// Says where it stands; a nonce is a secret until it is disclosed on purpose.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Nonces(at {})", self.current)
    }
}

fn child_of(node: &[u8; 32], child: u8) -> [u8; 32] {
    const LABEL: &[u8; 13] = b"emma/seed/v1\0";
    let mut bytes = [0; 13 + 32 + 1];
    bytes[..13].copy_from_slice(LABEL);
    bytes[13..45].copy_from_slice(node);
    bytes[45] = child;
    Digest::of(&bytes).0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Straight from the definition.
    fn nonce(seed: [u8; 32], index: u64) -> [u8; 16] {
        let mut node = seed;
        for digit in format!("{index:08x}").chars() {
            let child = digit.to_digit(16).unwrap() as u8;
            node = Digest::of_parts(&[b"emma/seed/v1\0", &node, &[child]]).0;
        }
        node[..16].try_into().unwrap()
    }

    #[test]
    fn walked_and_jumped_nonces_are_those_of_the_definition() {
        let mut nonces = Nonces::new([5; 32]);
        for index in (0..600).chain([0xffff_ffff, 3, 0x1234_5678, 0x1234_5679, 0]) {
            assert_eq!(nonces.at(index), nonce([5; 32], index), "leaf {index}");
        }
    }
}
