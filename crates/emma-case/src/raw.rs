//! The bytes of a place inside an exhibit.
//!
//! An exhibit's own bytes are read where they lie. A container's member is unpacked again: its
//! items come in order and cover every byte, so that the wanted stretch is put together from
//! them, whatever mapping reads it.

use crate::case::Case;
use crate::error::{CaseError, Result, at};
use emma_model::record::MemberEnd;
use emma_model::{Digest, Item, ItemClass, MemberPath, Place, Sink};
use emma_parse::{ExhibitInfo, Limits, Plan};
use emma_store::Scratch;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::sync::atomic::{AtomicU64, Ordering};

/// Longest stretch that is read at once, in bytes.
pub const RAW_BYTES_MAX: u64 = 64 << 20;

/// Reads `length` bytes from `offset` of a member of the exhibit with these bytes.
///
/// # Errors
/// [`CaseError::Corrupt`] where the member does not hold them; a usage error beyond
/// [`RAW_BYTES_MAX`].
pub fn read(
    case: &Case,
    digest: Digest,
    member: &MemberPath,
    offset: u64,
    length: u64,
) -> Result<Vec<u8>> {
    if length > RAW_BYTES_MAX {
        return Err(CaseError::usage("the place is longer than 64 MiB", "name a smaller one"));
    }
    let file = case.exhibits().file(&digest)?;
    let bytes = match member.0.is_empty() {
        true => at("read an exhibit", stretch(file, offset, length))?,
        false => unpacked(case, file, digest, member, offset, length)?,
    };
    if bytes.len() as u64 != length {
        return Err(CaseError::Corrupt {
            object: format!("exhibit bytes {digest}"),
            what: format!("its member holds no {length} bytes from {offset}"),
        });
    }
    Ok(bytes)
}

fn stretch(mut file: File, offset: u64, length: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unpacked(
    case: &Case,
    file: File,
    digest: Digest,
    member: &MemberPath,
    offset: u64,
    length: u64,
) -> Result<Vec<u8>> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let bytes = at("measure an exhibit", file.metadata())?.len();
    let info = ExhibitInfo { path: String::new(), bytes, digest: Some(digest) };
    // Beside the pipeline's scratch, which only the holder of its lock may touch.
    let name = format!("read-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let scratch = Scratch::create(&case.root.join(name))?;
    let mut wanted = Wanted { member, from: offset, to: offset + length, out: Vec::new() };
    let plan = Plan::new(None, true);
    let limits = Limits::default();
    let read = emma_parse::read_exhibit(
        file,
        &info,
        &plan,
        &limits,
        scratch.path(),
        &mut |_| {},
        &mut wanted,
    );
    match read {
        Err(_) if wanted.is_complete() => Ok(wanted.out),
        Err(error) => Err(error.into()),
        Ok(()) => Ok(wanted.out),
    }
}

/// Keeps the bytes of one stretch and stops the reading once it has them.
struct Wanted<'a> {
    member: &'a MemberPath,
    from: u64,
    to: u64,
    out: Vec<u8>,
}

impl Wanted<'_> {
    fn is_complete(&self) -> bool {
        self.out.len() as u64 == self.to - self.from
    }
}

impl Sink for Wanted<'_> {
    fn item(&mut self, item: Item<'_>) -> io::Result<()> {
        let Place::Span { offset, length } = item.place else { return Ok(()) };
        if item.class == ItemClass::Blob || item.member != self.member {
            return Ok(());
        }
        // Items come in order: what is wanted next starts where the last one ended.
        let next = self.from + self.out.len() as u64;
        let end = (offset + length).min(self.to);
        if offset <= next && next < end {
            let raw = &item.raw[(next - offset) as usize..(end - offset) as usize];
            self.out.extend_from_slice(raw);
        }
        match self.is_complete() {
            true => Err(io::Error::other("the wanted bytes are read")),
            false => Ok(()),
        }
    }

    fn member_end(&mut self, _end: MemberEnd) -> io::Result<()> {
        Ok(())
    }
}
