//! The bytes of a place inside an exhibit.
//!
//! An exhibit's own bytes are read where they lie; a container's member is unpacked again.

use crate::case::Case;
use crate::error::{CaseError, Result, at};
use crate::verify;
use emma_model::{Digest, MemberPath, Place};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write};

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
    let bytes = match member.0.is_empty() {
        true => {
            let file = case.exhibits().file(&digest)?;
            at("read an exhibit", stretch(file, offset, length))?
        }
        false => {
            let unpacked = verify::member_stretch(case, digest, member, offset, length);
            at("unpack a member", unpacked)?
        }
    };
    if bytes.len() as u64 != length {
        return Err(CaseError::Corrupt {
            object: format!("exhibit bytes {digest}"),
            what: format!("its member holds no {length} bytes from {offset}"),
        });
    }
    Ok(bytes)
}

/// Writes a whole member of the exhibit with these bytes (all of the exhibit for the empty path)
/// and returns how many bytes it has.
///
/// # Errors
/// [`CaseError::Corrupt`] where their SHA-256 is not `sealed`.
pub fn copy_member(
    case: &Case,
    digest: Digest,
    member: &MemberPath,
    sealed: Digest,
    out: &mut dyn Write,
) -> Result<u64> {
    let mut hashed = Hashed { out, hasher: Sha256::new() };
    let bytes = match member.0.is_empty() {
        true => io::copy(&mut case.exhibits().file(&digest)?, &mut hashed),
        false => verify::copy_member(case, digest, member, &mut hashed),
    };
    let bytes = at("copy a file out", bytes)?;
    if Digest(hashed.hasher.finalize().into()) != sealed {
        return Err(CaseError::Corrupt {
            object: format!("exhibit bytes {digest}"),
            what: format!("its member is not the one with SHA-256 {sealed}"),
        });
    }
    Ok(bytes)
}

/// Members of exhibits, read whole one after the other. In the order of exhibits and members a
/// container is unpacked once.
pub struct Members<'a> {
    case: &'a Case,
    inside: verify::InOrder,
}

impl<'a> Members<'a> {
    /// Nothing is unpacked yet.
    pub fn open(case: &'a Case) -> Result<Members<'a>> {
        let inside = at("make a scratch folder", verify::InOrder::new("members"))?;
        Ok(Members { case, inside })
    }

    /// The bytes of a member of the exhibit with these bytes, `length` at most.
    pub fn whole(&mut self, digest: Digest, member: &MemberPath, length: u64) -> Result<Vec<u8>> {
        let bytes = match member.0.is_empty() {
            true => stretch(self.case.exhibits().file(&digest)?, 0, length),
            false => self.inside.whole(self.case, digest, member, length),
        };
        at("read a file", bytes)
    }
}

/// Hashes what goes through.
struct Hashed<'a> {
    out: &'a mut dyn Write,
    hasher: Sha256,
}

impl Write for Hashed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.out.write(bytes)?;
        self.hasher.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Reads the canonical values of a row.
///
/// # Errors
/// Those of the disk; also where the member has no such row.
pub fn read_row(
    case: &Case,
    digest: Digest,
    member: &MemberPath,
    place: &Place,
) -> Result<Vec<u8>> {
    at("read a row", verify::row_of(case, digest, member, place))
}

fn stretch(mut file: File, offset: u64, length: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}
