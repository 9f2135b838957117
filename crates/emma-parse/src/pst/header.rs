//! The header of a file and the three layouts of pages and blocks (MS-PST 2.2.2.6).

use super::bytes::{u16_at, u32_at, word_at};
use super::encoding::Encoding;

/// The first bytes of a file (`dwMagic`).
pub(super) const MAGIC: &[u8] = b"!BDN";
/// How much of a file is read as its header.
pub(super) const HEADER_BYTES: usize = 564;

/// How pages, blocks and their ids are laid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Layout {
    /// Up to Outlook 2002: words of four bytes.
    Ansi,
    /// From Outlook 2003 on: words of eight bytes.
    Unicode,
    /// OST files from Outlook 2013 on: pages of 4,096 bytes, blocks packed by deflate. Not in
    /// MS-PST; described by the documentation of libpff.
    Large,
}

impl Layout {
    /// Bytes of a page.
    pub fn page(self) -> usize {
        if self == Layout::Large { 4_096 } else { 512 }
    }

    /// Bytes of a page that its trailer follows.
    pub fn page_body(self) -> usize {
        match self {
            Layout::Ansi => 500,
            Layout::Unicode => 496,
            Layout::Large => 4_072,
        }
    }

    /// Bytes of a page's entries.
    pub fn entries(self) -> usize {
        match self {
            Layout::Ansi => 496,
            Layout::Unicode => 488,
            Layout::Large => 4_056,
        }
    }

    /// Bytes of a word: an id of a block, an offset.
    pub fn word(self) -> usize {
        if self == Layout::Ansi { 4 } else { 8 }
    }

    /// What a block with its trailer is a multiple of.
    pub fn block_step(self) -> usize {
        if self == Layout::Large { 512 } else { 64 }
    }

    /// Bytes of a block's trailer.
    pub fn trailer(self) -> usize {
        match self {
            Layout::Ansi => 12,
            Layout::Unicode => 16,
            Layout::Large => 24,
        }
    }
}

/// What the header says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub layout: Layout,
    pub encoding: Encoding,
    /// It is a file of personal folders, not one of a server's folders.
    pub personal: bool,
    /// Where the root page of the node tree lies.
    pub nodes: u64,
    /// Where the root page of the block tree lies.
    pub blocks: u64,
    /// How long the file says it is.
    pub length: u64,
    /// Bytes that the file says are free.
    pub free: u64,
}

/// Why a header is of no use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum HeaderFault {
    /// It is too short or no header.
    Damaged,
    /// The version is none of those known.
    Version,
    /// The blocks are encrypted with a key.
    Encrypted,
}

/// Reads the header from the first bytes of a file.
pub(super) fn header(head: &[u8]) -> Result<Header, HeaderFault> {
    if !head.starts_with(MAGIC) {
        return Err(HeaderFault::Damaged);
    }
    let layout = match u16_at(head, 10).ok_or(HeaderFault::Damaged)? {
        14 | 15 => Layout::Ansi,
        36.. => Layout::Large,
        21..=35 => Layout::Unicode,
        _ => return Err(HeaderFault::Version),
    };
    let read = || {
        // `ROOT` starts with a reserved word of four bytes; the encoding follows two maps.
        let (root, method) = if layout == Layout::Ansi { (168, 461) } else { (184, 513) };
        let word = |number: usize| word_at(head, root + number * layout.word(), layout);
        Some((*head.get(method)?, [word(0)?, word(2)?, word(3)?, word(5)?, word(7)?]))
    };
    let (method, [length, data_free, pages_free, nodes, blocks]) =
        read().ok_or(HeaderFault::Damaged)?;
    let encoding = Encoding::of(method).ok_or(HeaderFault::Encrypted)?;
    let free = data_free.saturating_add(pages_free);
    let personal = head.get(8..10) == Some(b"SM");
    Ok(Header { layout, encoding, personal, nodes, blocks, length, free })
}

/// True where the checksum over most of the header agrees (`dwCRCPartial`).
pub(super) fn is_whole(head: &[u8]) -> bool {
    let body = head.get(8..8 + 471);
    body.is_some_and(|body| u32_at(head, 4) == Some(super::encoding::checksum(body)))
}
