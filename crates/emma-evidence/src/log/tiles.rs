//! Tiles on disk, as C2SP tlog-tiles lays them out.

use crate::error::{EvidenceError, Result, io_at};
use crate::merkle::{self, node_hash};
use emma_model::Digest;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Entries, or hashes of one level, in a full tile.
pub(crate) const TILE_WIDTH: u64 = 256;

/// Tiles kept in memory while proofs are made.
const CACHED_TILES_MAX: usize = 1024;

/// Where tile `n` lies below the log's folder: `level` `None` is a tile of entries, `width` below
/// 256 a partial tile.
pub fn tile_path(level: Option<u32>, n: u64, width: u64) -> PathBuf {
    let mut path = PathBuf::from("tile");
    path.push(level.map_or_else(|| "entries".to_owned(), |level| level.to_string()));
    let mut groups = vec![format!("{:03}", n % 1000)];
    let mut rest = n / 1000;
    while rest > 0 {
        groups.push(format!("x{:03}", rest % 1000));
        rest /= 1000;
    }
    if width < TILE_WIDTH {
        groups[0].push_str(".p");
    }
    for group in groups.iter().rev() {
        path.push(group);
    }
    if width < TILE_WIDTH {
        path.push(width.to_string());
    }
    path
}

/// A tile's place in the case folder, for messages.
pub(crate) fn tile_name(level: Option<u32>, n: u64, width: u64) -> String {
    format!("log/{}", tile_path(level, n, width).display())
}

/// The bytes of a tile of entries.
pub(crate) fn encode_entries<'a>(entries: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    for entry in entries {
        let length = u16::try_from(entry.len()).expect("entries are bounded when appended");
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(entry);
    }
    out
}

/// Reads a tile of entries. `None` where it does not hold exactly `width`.
pub(crate) fn decode_entries(bytes: &[u8], width: u64) -> Option<Vec<Vec<u8>>> {
    let mut rest = bytes;
    let mut entries = Vec::with_capacity(width as usize);
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let (entry, after) = after.split_at_checked(u16::from_be_bytes(*length) as usize)?;
        entries.push(entry.to_vec());
        rest = after;
    }
    (rest.is_empty() && entries.len() as u64 == width).then_some(entries)
}

/// Reads a tile of hashes. `None` where it does not hold exactly `width`.
pub(crate) fn decode_hashes(bytes: &[u8], width: u64) -> Option<Vec<Digest>> {
    (bytes.len() as u64 == 32 * width).then(|| {
        bytes
            .chunks_exact(32)
            .map(|hash| Digest(hash.try_into().expect("chunks are of 32 bytes")))
            .collect()
    })
}

/// The bytes of a tile of hashes.
pub(crate) fn encode_hashes(hashes: &[Digest]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// Reads full tiles, keeping some.
#[derive(Debug, Default)]
pub(super) struct TileCache {
    hashes: BTreeMap<(u32, u64), Vec<Digest>>,
    entries: Option<(u64, Vec<Vec<u8>>)>,
}

impl TileCache {
    /// The 256 entries of full tile `n`.
    pub(super) fn entries(&mut self, log: &Path, n: u64) -> Result<&[Vec<u8>]> {
        if self.entries.as_ref().is_none_or(|(number, _)| *number != n) {
            let bytes = read(&log.join(tile_path(None, n, TILE_WIDTH)))?;
            let entries = decode_entries(&bytes, TILE_WIDTH).ok_or_else(|| {
                EvidenceError::damaged(tile_name(None, n, TILE_WIDTH), "it has not 256 entries")
            })?;
            self.entries = Some((n, entries));
        }
        Ok(&self.entries.as_ref().expect("it was just read").1)
    }

    fn hashes(&mut self, log: &Path, level: u32, n: u64) -> Result<&[Digest]> {
        if self.hashes.len() >= CACHED_TILES_MAX && !self.hashes.contains_key(&(level, n)) {
            self.hashes.clear();
        }
        match self.hashes.entry((level, n)) {
            std::collections::btree_map::Entry::Occupied(found) => Ok(found.into_mut()),
            std::collections::btree_map::Entry::Vacant(empty) => {
                let bytes = read(&log.join(tile_path(Some(level), n, TILE_WIDTH)))?;
                let hashes = decode_hashes(&bytes, TILE_WIDTH).ok_or_else(|| {
                    let name = tile_name(Some(level), n, TILE_WIDTH);
                    EvidenceError::damaged(name, "it has not 256 hashes")
                })?;
                Ok(empty.insert(hashes))
            }
        }
    }

    /// The root of the complete subtree of `height` at `index`, in a log whose first `base`
    /// entries lie in full tiles and whose others have the leaf hashes `tail`.
    pub(super) fn subtree(
        &mut self,
        log: &Path,
        base: u64,
        tail: &[Digest],
        height: u32,
        index: u64,
    ) -> Result<Digest> {
        let (first, count) = (index << height, 1u64 << height);
        if first >= base {
            let from = (first - base) as usize;
            let leaves = tail.get(from..from + count as usize).ok_or_else(|| {
                EvidenceError::damaged("log/tail", "it ends before the size asked for")
            })?;
            return Ok(merkle::root_of(leaves));
        }
        let (level, rest) = (height / 8, height % 8);
        let start = index << rest;
        let tile = start / TILE_WIDTH;
        // The entries below one hash of the next level: as many as a tile of this level stands for.
        let covered = 1u64.checked_shl(8 * (level + 1)).and_then(|n| n.checked_mul(tile + 1));
        if first + count <= base && covered.is_some_and(|covered| covered <= base) {
            let hashes = self.hashes(log, level, tile)?;
            let from = (start % TILE_WIDTH) as usize;
            return Ok(merkle::root_of(&hashes[from..from + (1 << rest)]));
        }
        let left = self.subtree(log, base, tail, height - 1, 2 * index)?;
        let right = self.subtree(log, base, tail, height - 1, 2 * index + 1)?;
        Ok(node_hash(&left, &right))
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    io_at("read a tile", std::fs::read(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tile_paths_are_those_of_the_specification() {
        // The examples of C2SP tlog-tiles.
        assert_eq!(tile_path(Some(0), 1_234_067, 256), Path::new("tile/0/x001/x234/067"));
        assert_eq!(tile_path(Some(1), 5, 8), Path::new("tile/1/005.p/8"));
        assert_eq!(tile_path(None, 273, 112), Path::new("tile/entries/273.p/112"));
    }
}
