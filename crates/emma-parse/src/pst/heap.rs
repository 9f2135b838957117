//! Heaps on nodes and the trees within them (MS-PST 2.3.1, 2.3.2).

use super::bytes::{u16_at, u32_at};
use super::store::Store;
use std::collections::HashSet;
use std::io;

/// What a heap's first block starts with, behind two bytes.
const MARK: u8 = 0xEC;
/// What a tree's first item starts with.
const TREE_MARK: u8 = 0xB5;
/// Levels of a tree in a heap at most.
const LEVELS_MAX: u8 = 8;

/// The heap on a node: items by number, within the blocks of the node's data.
pub(super) struct Heap {
    blocks: Vec<Vec<u8>>,
    /// What the heap is for: `bc` properties, `7c` a table.
    pub client: u8,
    /// The item that all others are reached from.
    pub root: u32,
}

impl Heap {
    /// The heap whose data starts with `block`; `None` where there is none.
    pub fn open(store: &Store, block: u64) -> io::Result<Option<Heap>> {
        let blocks = store.value_blocks(block)?;
        let first = blocks.first().map(Vec::as_slice).unwrap_or_default();
        let (Some(&mark), Some(&client), Some(root)) =
            (first.get(2), first.get(3), u32_at(first, 4))
        else {
            store.note("pst.heap_damaged", "the values of a node end early");
            return Ok(None);
        };
        if mark != MARK {
            store.note("pst.heap_damaged", "a node holds no values where it should");
            return Ok(None);
        }
        Ok(Some(Heap { blocks, client, root }))
    }

    /// An item. Numbers are those of its block and, from 1, of the item in it (2.3.1.1).
    pub fn item(&self, id: u32) -> Option<&[u8]> {
        let number = ((id >> 5) & 0x7FF) as usize;
        let block = self.blocks.get((id >> 16) as usize)?;
        // The block's first word says where its list of items' offsets lies.
        let list = usize::from(u16_at(block, 0)?);
        let count = usize::from(u16_at(block, list)?);
        if id & 0x1F != 0 || number == 0 || number > count {
            return None;
        }
        let at = list + 4 + 2 * (number - 1);
        let (start, end) = (u16_at(block, at)?, u16_at(block, at + 2)?);
        block.get(usize::from(start)..usize::from(end))
    }

    /// The entries of the tree at `id`, each a key and a value of `value_bytes` (2.3.2). Keys
    /// have two or four bytes.
    pub fn tree(&self, store: &Store, id: u32, value_bytes: usize) -> Vec<(u32, &[u8])> {
        let mut entries = Vec::new();
        let damaged = || store.note("pst.heap_damaged", "a list of values is damaged");
        let header = self.item(id).unwrap_or_default();
        let (Some(root), Some(&[TREE_MARK, key, value, levels])) =
            (u32_at(header, 4), header.first_chunk())
        else {
            damaged();
            return entries;
        };
        let (key, value) = (usize::from(key), usize::from(value));
        if !matches!(key, 2 | 4) || value < value_bytes || levels > LEVELS_MAX {
            damaged();
            return entries;
        }
        let mut seen = HashSet::new();
        let mut open = vec![(root, levels)];
        while let Some((id, level)) = open.pop() {
            // An empty tree has no root.
            if id == 0 {
                continue;
            }
            let Some(item) = self.item(id).filter(|_| seen.insert(id)) else {
                damaged();
                continue;
            };
            let width = key + if level == 0 { value } else { 4 };
            if item.len() % width != 0 {
                damaged();
            }
            let start = open.len();
            for entry in item.chunks_exact(width) {
                let (number, rest) = entry.split_at(key);
                let number = match key {
                    2 => u16_at(number, 0).map(u32::from),
                    _ => u32_at(number, 0),
                };
                match (number, u32_at(rest, 0)) {
                    (Some(number), _) if level == 0 => entries.push((number, rest)),
                    (Some(_), Some(child)) => open.push((child, level - 1)),
                    _ => {}
                }
            }
            open[start..].reverse();
        }
        entries
    }
}
