//! The two trees of pages: where nodes and blocks are (MS-PST 2.2.2.7.7).

use super::bytes::{u8_at, u16_at, u32_at, word_at};
use super::encoding::checksum;
use super::store::Store;
use crate::limits::PST_NODES_MAX;
use std::collections::HashSet;
use std::io;
use std::rc::Rc;

/// Types of pages (2.2.2.7.1).
const BLOCK_PAGE: u8 = 0x80;
const NODE_PAGE: u8 = 0x81;

/// A page of a tree. Its bytes are as long as the layout says.
pub(super) struct Page {
    bytes: Vec<u8>,
    count: usize,
    size: usize,
    level: u8,
}

impl Page {
    fn entries(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.bytes.chunks_exact(self.size).take(self.count)
    }
}

/// A node: of the file's tree, or within another node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Node {
    pub id: u32,
    /// The block of its data, 0 for none.
    pub data: u64,
    /// The block of the nodes within it, 0 for none.
    pub within: u64,
    /// The folder it is in; 0 for nodes within others.
    pub parent: u32,
}

/// Where a block lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub offset: u64,
    /// Bytes as they lie there, without the trailer.
    pub length: usize,
    /// Bytes once unpacked; the same where nothing is packed.
    pub unpacked: usize,
}

impl Store {
    /// A page of the tree of this type; `None` where there is none there.
    fn page(&self, offset: u64, kind: u8) -> io::Result<Option<Rc<Page>>> {
        if let Some(page) = self.pages.borrow().get(&(offset, kind)) {
            return Ok(Some(Rc::clone(page)));
        }
        let layout = self.header.layout;
        let Some(mut bytes) = self.read(offset, layout.page())? else { return Ok(None) };
        let body = layout.page_body();
        // The checksum comes before the page's own id but in the oldest layout.
        let sum_at = if layout.word() == 4 { body + 8 } else { body + 4 };
        let entries = layout.entries();
        let (count, size, level) = match layout.page() {
            512 => (bytes[entries].into(), bytes[entries + 2], bytes[entries + 3]),
            _ => (u16_at(&bytes, entries).unwrap_or(0), bytes[entries + 4], bytes[entries + 5]),
        };
        let (count, size) = (usize::from(count), usize::from(size));
        if bytes[body] != kind || bytes[body + 1] != kind || size == 0 || count * size > entries {
            self.note("pst.page_damaged", "a page of a tree is none; what it leads to is missing");
            return Ok(None);
        }
        if u32_at(&bytes, sum_at) != Some(checksum(&bytes[..body])) {
            self.note("pst.page_checksum", "a page of a tree does not agree with its checksum");
        }
        bytes.truncate(entries);
        let page = Rc::new(Page { bytes, count, size, level });
        self.keep_page((offset, kind), &page);
        Ok(Some(page))
    }

    /// Where the block with this id lies.
    pub fn place(&self, block: u64) -> io::Result<Option<Place>> {
        // The lowest bit says nothing (2.2.2.2).
        let (key, layout) = (block & !1, self.header.layout);
        let word = layout.word();
        let mut offset = self.header.blocks;
        let mut above: Option<u8> = None;
        loop {
            let Some(page) = self.page(offset, BLOCK_PAGE)? else { return Ok(None) };
            // Levels go down by one, so that no way goes round.
            if above.is_some_and(|above| above.checked_sub(1) != Some(page.level)) {
                self.note("pst.page_damaged", "a tree of pages is out of shape");
                return Ok(None);
            }
            let id = |entry: &[u8]| word_at(entry, 0, layout).map(|id| id & !1);
            if page.level > 0 {
                let below = |entry: &&[u8]| id(entry).is_some_and(|id| id <= key);
                let child = page.entries().rev().find(below);
                let child = child.and_then(|entry| word_at(entry, 2 * word, layout));
                let Some(child) = child else { return Ok(None) };
                (offset, above) = (child, Some(page.level));
                continue;
            }
            let Some(entry) = page.entries().find(|entry| id(entry) == Some(key)) else {
                return Ok(None);
            };
            let length = u16_at(entry, 2 * word).unwrap_or(0).into();
            let unpacked = match layout.page() {
                512 => length,
                _ => u16_at(entry, 2 * word + 2).unwrap_or(0).into(),
            };
            let place = word_at(entry, word, layout);
            return Ok(place.map(|offset| Place { offset, length, unpacked }));
        }
    }

    /// All nodes of the file, by id; of two with one id the first.
    pub fn nodes(&self) -> io::Result<Vec<Node>> {
        let layout = self.header.layout;
        let word = layout.word();
        let mut nodes = Vec::new();
        let mut seen = HashSet::from([self.header.nodes]);
        let mut open: Vec<(u64, Option<u8>)> = vec![(self.header.nodes, None)];
        while let Some((offset, level)) = open.pop() {
            let Some(page) = self.page(offset, NODE_PAGE)? else { continue };
            if level.is_some_and(|level| level != page.level) {
                self.note("pst.page_damaged", "a tree of pages is out of shape");
                continue;
            }
            for entry in page.entries() {
                if page.level > 0 {
                    let Some(child) = word_at(entry, 2 * word, layout) else { continue };
                    match seen.insert(child) {
                        true => open.push((child, Some(page.level - 1))),
                        false => self.note("pst.page_damaged", "a tree of pages meets itself"),
                    }
                    continue;
                }
                let node = || {
                    Some(Node {
                        id: u32_at(entry, 0)?,
                        data: word_at(entry, word, layout)?,
                        within: word_at(entry, 2 * word, layout)?,
                        parent: u32_at(entry, 3 * word)?,
                    })
                };
                nodes.extend(node());
            }
            if nodes.len() > PST_NODES_MAX {
                self.note("pst.limit", "the file has more nodes than are read");
                break;
            }
        }
        nodes.sort_by_key(|node| node.id);
        let before = nodes.len();
        nodes.dedup_by_key(|node| node.id);
        if nodes.len() < before {
            self.note("pst.node_repeated", "two nodes have one id; the first is read");
        }
        Ok(nodes)
    }

    /// The nodes that the block `within` lists, by id (2.2.2.8.3.3).
    pub fn within(&self, within: u64) -> io::Result<Vec<Node>> {
        let mut nodes = Vec::new();
        if within != 0 {
            self.listed(within, None, &mut nodes)?;
        }
        nodes.sort_by_key(|node| node.id);
        nodes.dedup_by_key(|node| node.id);
        Ok(nodes)
    }

    /// One level of lists at most leads to the lists of nodes.
    fn listed(&self, block: u64, level: Option<u8>, nodes: &mut Vec<Node>) -> io::Result<()> {
        let Some(bytes) = self.block(block)? else { return Ok(()) };
        let layout = self.header.layout;
        let word = layout.word();
        // Four bytes of padding keep the entries at a multiple of eight.
        let start = if word == 4 { 4 } else { 8 };
        let found = u8_at(&bytes, 1);
        let expected = level.is_none_or(|level| found == Some(level));
        if bytes.first() != Some(&2) || found > Some(1) || !expected || block & 2 == 0 {
            self.note("pst.block_damaged", "a list of nodes is none");
            return Ok(());
        }
        let count = usize::from(u16_at(&bytes, 2).unwrap_or(0));
        let width = if found == Some(0) { 3 * word } else { 2 * word };
        let entries = bytes.get(start..).unwrap_or_default().chunks_exact(width).take(count);
        if entries.len() < count {
            self.note("pst.block_damaged", "a list of nodes ends early");
        }
        for entry in entries {
            // Ids of nodes are four bytes in a word.
            let (Some(id), Some(data)) = (u32_at(entry, 0), word_at(entry, word, layout)) else {
                continue;
            };
            match word_at(entry, 2 * word, layout) {
                _ if found == Some(1) => self.listed(data, Some(0), nodes)?,
                Some(within) => nodes.push(Node { id, data, within, parent: 0 }),
                None => {}
            }
        }
        Ok(())
    }
}
