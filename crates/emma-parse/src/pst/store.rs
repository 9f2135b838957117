//! An open file: its bytes, and its blocks by id (MS-PST 2.2.2.8).
//!
//! What is damaged is noted and left out; only the disk fails. Every read counts against a
//! budget, so that blocks which lead to each other cost no more than the file is worth.

use super::bytes::{u8_at, u16_at, u32_at, word_at};
use super::encoding::checksum;
use super::header::{self, HEADER_BYTES, Header, HeaderFault, Layout};
use super::pages::Page;
use crate::limits::{Limits, PST_BLOCKS_MAX, PST_READ_RATIO_MAX, PST_VALUE_BYTES_MAX};
use emma_model::Anomaly;
use rawzip::{FileReader, ReaderAt};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;

/// Pages of trees that are kept in memory.
const PAGES_KEPT_MAX: usize = 8_192;
/// What one read costs at least, in bytes.
const READ_BYTES_MIN: u64 = 64;

/// An open file.
pub(super) struct Store {
    file: FileReader,
    pub header: Header,
    pub(super) pages: RefCell<HashMap<(u64, u8), Rc<Page>>>,
    /// Bytes that may still be read.
    left: Cell<u64>,
    notes: RefCell<BTreeSet<(&'static str, &'static str)>>,
}

impl Store {
    /// Opens the file at `path`.
    pub fn open(path: &Path, limits: &Limits) -> io::Result<Result<Store, HeaderFault>> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut head = vec![0; HEADER_BYTES.min(usize::try_from(length).unwrap_or(HEADER_BYTES))];
        let file = FileReader::from(file);
        file.read_exact_at(&mut head, 0)?;
        let header = match header::header(&head) {
            Ok(header) => header,
            Err(fault) => return Ok(Err(fault)),
        };
        let by_ratio = length.saturating_mul(PST_READ_RATIO_MAX).max(limits.unpacked_bytes_free);
        let budget = by_ratio.min(limits.unpacked_bytes_for(length));
        let store = Store {
            file,
            header,
            pages: RefCell::default(),
            left: Cell::new(budget),
            notes: RefCell::default(),
        };
        if !header::is_whole(&head) {
            store.note("pst.header_checksum", "the header does not agree with its checksum");
        }
        if header.length > length {
            store.note("pst.truncated", "the file is shorter than its header says");
        }
        Ok(Ok(store))
    }

    /// Notes something odd, once.
    pub fn note(&self, kind: &'static str, note: &'static str) {
        self.notes.borrow_mut().insert((kind, note));
    }

    /// What was noted since this was asked last.
    pub fn notes(&self) -> Vec<Anomaly> {
        let notes = self.notes.take();
        notes.into_iter().map(|(kind, note)| Anomaly::new(kind, note)).collect()
    }

    /// Reads bytes; `None` where they are not there or the budget is spent.
    pub(super) fn read(&self, offset: u64, length: usize) -> io::Result<Option<Vec<u8>>> {
        let cost = (length as u64).max(READ_BYTES_MIN);
        let Some(left) = self.left.get().checked_sub(cost) else {
            self.note("pst.limit", "the file leads to more bytes than it may");
            return Ok(None);
        };
        self.left.set(left);
        let mut bytes = vec![0; length];
        match self.file.read_exact_at(&mut bytes, offset) {
            Ok(()) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                self.note("pst.truncated", "the file ends before something that it names");
                Ok(None)
            }
            // No file has bytes at an offset beyond what the system can name.
            Err(_) if i64::try_from(offset.saturating_add(length as u64)).is_err() => {
                self.note("pst.truncated", "the file ends before something that it names");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    pub(super) fn keep_page(&self, key: (u64, u8), page: &Rc<Page>) {
        let mut pages = self.pages.borrow_mut();
        if pages.len() >= PAGES_KEPT_MAX {
            pages.clear();
        }
        pages.insert(key, Rc::clone(page));
    }

    /// The bytes of a block, decoded and unpacked.
    pub fn block(&self, block: u64) -> io::Result<Option<Vec<u8>>> {
        let Some(place) = self.place(block)? else {
            self.note("pst.block_missing", "a block that something names is not there");
            return Ok(None);
        };
        let layout = self.header.layout;
        let step = layout.block_step();
        let whole = (place.length + layout.trailer()).next_multiple_of(step);
        let Some(mut bytes) = self.read(place.offset, whole)? else { return Ok(None) };
        let trailer = bytes.split_off(whole - layout.trailer());
        bytes.truncate(place.length);
        let (id_at, sum_at) = if layout == Layout::Ansi { (4, 8) } else { (8, 4) };
        let same = word_at(&trailer, id_at, layout).is_some_and(|id| id & !1 == block & !1);
        if !same || u16_at(&trailer, 0).map(usize::from) != Some(place.length) {
            // Another block lies there now: its bytes would be told as part of this message.
            self.note("pst.block_foreign", "where a block should be lies something else");
            return Ok(None);
        }
        if u32_at(&trailer, sum_at) != Some(checksum(&bytes)) {
            self.note("pst.block_checksum", "a block does not agree with its checksum");
        }
        if place.unpacked != place.length && layout == Layout::Large {
            bytes = self.unpacked(&bytes, place.unpacked);
        }
        // Blocks of the file's own structure are not encoded.
        if block & 2 == 0 {
            self.header.encoding.decode(&mut bytes, block);
        }
        Ok(Some(bytes))
    }

    fn unpacked(&self, packed: &[u8], length: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let decoder = flate2::read::ZlibDecoder::new(packed);
        let done = decoder.take(length as u64).read_to_end(&mut out);
        if done.is_err() || out.len() != length {
            self.note("pst.block_damaged", "a packed block does not unpack");
        }
        self.left.set(self.left.get().saturating_sub(out.len() as u64));
        out
    }

    /// The ids of the blocks that hold the value of which `block` is the root (2.2.2.8.3.2).
    pub fn leaves(&self, block: u64) -> io::Result<Vec<u64>> {
        let mut leaves = Vec::new();
        if block != 0 {
            self.leaves_below(block, None, &mut leaves)?;
        }
        Ok(leaves)
    }

    fn leaves_below(&self, block: u64, level: Option<u8>, out: &mut Vec<u64>) -> io::Result<()> {
        if block & 2 == 0 {
            match out.len() < PST_BLOCKS_MAX {
                true => out.push(block),
                false => self.note("pst.limit", "a value has more blocks than are read"),
            }
            return Ok(());
        }
        let Some(bytes) = self.block(block)? else { return Ok(()) };
        let found = u8_at(&bytes, 1);
        // Lists of lists, lists, blocks: each level is one lower, so that nothing goes round.
        let fits = matches!((level, found), (None | Some(2), Some(1)) | (None, Some(2)));
        if bytes.first() != Some(&1) || !fits {
            self.note("pst.block_damaged", "a list of blocks is none");
            return Ok(());
        }
        let layout = self.header.layout;
        let count = usize::from(u16_at(&bytes, 2).unwrap_or(0));
        let entries = bytes.get(8..).unwrap_or_default().chunks_exact(layout.word()).take(count);
        if entries.len() < count {
            self.note("pst.block_damaged", "a list of blocks ends early");
        }
        for entry in entries {
            let Some(id) = word_at(entry, 0, layout) else { continue };
            if found == Some(1) && id & 2 != 0 {
                self.note("pst.block_damaged", "a list of blocks leads to a list");
                continue;
            }
            self.leaves_below(id, found, out)?;
        }
        Ok(())
    }

    /// The blocks of a value, each for itself, up to [`PST_VALUE_BYTES_MAX`] together.
    pub fn value_blocks(&self, block: u64) -> io::Result<Vec<Vec<u8>>> {
        let mut blocks = Vec::new();
        let mut length = 0;
        for leaf in self.leaves(block)? {
            // A missing block keeps its place: what lies in others is found by number.
            let bytes = self.block(leaf)?.unwrap_or_default();
            length += bytes.len();
            if length > PST_VALUE_BYTES_MAX {
                self.note("pst.limit", "a value is longer than what is held in memory");
                break;
            }
            blocks.push(bytes);
        }
        Ok(blocks)
    }

    /// The bytes of a value, read as they are asked for.
    pub fn stream(&self, block: u64) -> io::Result<Stream<'_>> {
        let leaves = self.leaves(block)?.into_iter();
        Ok(Stream { store: self, leaves, bytes: Vec::new(), at: 0 })
    }
}

/// The bytes of a value, block by block. Missing ones are left out, which is noted.
pub(super) struct Stream<'s> {
    store: &'s Store,
    leaves: std::vec::IntoIter<u64>,
    bytes: Vec<u8>,
    at: usize,
}

impl Read for Stream<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.at == self.bytes.len() {
            let Some(leaf) = self.leaves.next() else { return Ok(0) };
            self.bytes = self.store.block(leaf)?.unwrap_or_default();
            self.at = 0;
        }
        let length = out.len().min(self.bytes.len() - self.at);
        out[..length].copy_from_slice(&self.bytes[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}
