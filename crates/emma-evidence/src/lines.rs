//! Salted line sets: one line an exhibit, of which any one can be disclosed without the others.
//!
//! leaf = SHA-256(0 ‖ salt (16 bytes) ‖ line bytes). The whole set is a payload object,
//! `{"salt":…,"v":1,"lines":[[SALT, LINE],…]}`; the log entry that names it holds the root.

use crate::Random;
use crate::error::{EvidenceError, Result};
use crate::key::from_hex;
use crate::merkle;
use emma_model::Digest;
use emma_model::digest::hex;
use serde::{Deserialize, Serialize};

/// Lines with a salt each, in the order given.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LineSet {
    lines: Vec<([u8; 16], String)>,
}

/// How a line set lies in its payload.
#[derive(Serialize, Deserialize)]
struct Wire {
    v: u32,
    lines: Vec<(String, String)>,
}

impl LineSet {
    /// A set over `lines`, with fresh salts.
    pub fn new(lines: Vec<String>, random: &mut Random<'_>) -> LineSet {
        let lines = lines
            .into_iter()
            .map(|line| {
                let mut salt = [0; 16];
                random(&mut salt);
                (salt, line)
            })
            .collect();
        LineSet { lines }
    }

    /// Number of lines.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// True where there is no line.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Line `i`, without its salt.
    pub fn line(&self, i: usize) -> Option<&str> {
        self.lines.get(i).map(|(_, line)| line.as_str())
    }

    /// The salt of line `i`.
    pub fn salt(&self, i: usize) -> Option<[u8; 16]> {
        self.lines.get(i).map(|(salt, _)| *salt)
    }

    /// The lines in order.
    pub fn lines(&self) -> impl ExactSizeIterator<Item = &str> {
        self.lines.iter().map(|(_, line)| line.as_str())
    }

    /// The Merkle root over the salted lines.
    pub fn root(&self) -> Digest {
        merkle::root_of(&self.leaves())
    }

    /// The inclusion path of line `i`, which must exist.
    pub fn proof(&self, i: usize) -> Vec<Digest> {
        let leaves = self.leaves();
        merkle::inclusion(i as u64, leaves.len() as u64, &mut merkle::subtrees_of(&leaves))
            .expect("hashes in memory are always there")
    }

    fn leaves(&self) -> Vec<Digest> {
        self.lines.iter().map(|(salt, line)| leaf(salt, line)).collect()
    }

    /// The value to seal as a payload ([`crate::Payload::seal`]).
    pub fn to_value(&self) -> impl Serialize {
        let lines = self.lines.iter().map(|(salt, line)| (hex(salt), line.clone())).collect();
        Wire { v: 1, lines }
    }

    /// Reads the set back from its payload's bytes.
    pub fn from_payload(bytes: &[u8]) -> Result<LineSet> {
        let wrong = |what| EvidenceError::format("a line set", what);
        let wire: Wire = serde_json::from_slice(bytes).map_err(|_| wrong("it is not its JSON"))?;
        if wire.v != 1 {
            return Err(wrong("its version is not 1"));
        }
        let lines: Option<Vec<_>> =
            wire.lines.into_iter().map(|(salt, line)| Some((from_hex(&salt)?, line))).collect();
        Ok(LineSet { lines: lines.ok_or(wrong("a salt is not 32 hexadecimal digits"))? })
    }
}

/// The leaf hash of a line under its salt.
pub fn leaf(salt: &[u8; 16], line: &str) -> Digest {
    Digest::of_parts(&[&[0], salt, line.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Payload;

    #[test]
    fn a_line_proves_itself_and_the_set_survives_its_payload() {
        let mut n = 0u8;
        let mut random = |buffer: &mut [u8]| {
            n += 1;
            buffer.fill(n);
        };
        let set = LineSet::new(vec!["a".into(), "b\"\n".into(), "a".into()], &mut random);
        let payload = Payload::seal(&set.to_value(), &mut random);
        assert_eq!(LineSet::from_payload(payload.bytes()).unwrap(), set);
        for i in 0..3 {
            let hash = leaf(&set.salt(i).unwrap(), set.line(i).unwrap());
            assert!(merkle::verify_inclusion(hash, i as u64, 3, &set.proof(i), &set.root()));
        }
        let leaves = set.leaves();
        assert_ne!(leaves[0], leaves[2], "equal lines have different leaves");
    }
}
