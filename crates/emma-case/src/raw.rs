//! The bytes of a place inside an exhibit.
//!
//! An exhibit's own bytes are read where they lie; a container's member is unpacked again.

use crate::case::Case;
use crate::error::{CaseError, Result, at};
use crate::verify;
use emma_model::{Digest, MemberPath, Place};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};

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
