//! The tail: entries after the last full tile, in whole groups.
//!
//! ```text
//! head   "emma/tail/v1\n\0\0\0" · case (16) · size of the tree before the tail (8)
//!        · payload position (segment 4, end 8) · number of roots (1) · roots (32 each)
//!        · SHA-256 of all before (32)
//! group  "EGRP" · body length (4) · SHA-256 of the body (32) · body
//! body   payload position after this group (segment 4, end 8) · entries: length (2), bytes
//! ```
//!
//! Numbers are big-endian. A group is one append: after a crash it is there whole or not at all.

use super::payloads::PayloadPosition;
use crate::error::{EvidenceError, Result, io_at};
use crate::key::CaseId;
use crate::merkle::Frontier;
use emma_model::Digest;
use std::path::Path;

const HEAD_MAGIC: &[u8; 16] = b"emma/tail/v1\n\0\0\0";
const GROUP_MAGIC: &[u8; 4] = b"EGRP";
const GROUP_HEAD_BYTES: usize = 4 + 4 + 32;

/// A group has at most this many bytes.
pub(super) const GROUP_BYTES_MAX: usize = 64 << 20;

/// What the tail stands on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct TailHead {
    pub case: CaseId,
    /// The tree of all entries before the tail; its size is a multiple of 256.
    pub frontier: Frontier,
    pub position: PayloadPosition,
}

impl TailHead {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(96 + 32 * self.frontier.roots().len());
        out.extend_from_slice(HEAD_MAGIC);
        out.extend_from_slice(&self.case.0);
        out.extend_from_slice(&self.frontier.size().to_be_bytes());
        self.position.put(&mut out);
        out.push(self.frontier.roots().len() as u8);
        for root in self.frontier.roots() {
            out.extend_from_slice(&root.0);
        }
        let check = Digest::of(&out);
        out.extend_from_slice(&check.0);
        out
    }

    /// Reads the head and says where it ends.
    pub(super) fn decode(bytes: &[u8]) -> Result<(TailHead, usize)> {
        let wrong = || EvidenceError::damaged("log/tail", "its head does not read");
        let mut cursor = bytes;
        let mut take = |n: usize| -> Result<&[u8]> {
            let (head, rest) = cursor.split_at_checked(n).ok_or_else(wrong)?;
            cursor = rest;
            Ok(head)
        };
        if take(16)? != HEAD_MAGIC {
            return Err(wrong());
        }
        let case = CaseId(take(16)?.try_into().expect("16 bytes were taken"));
        let size = u64::from_be_bytes(take(8)?.try_into().expect("8 bytes were taken"));
        let position = PayloadPosition::take(take(PayloadPosition::BYTES)?);
        let count = take(1)?[0] as usize;
        let roots = take(32 * count)?
            .chunks_exact(32)
            .map(|root| Digest(root.try_into().expect("chunks are of 32 bytes")))
            .collect();
        let end = bytes.len() - cursor.len();
        let check = bytes.get(end..end + 32).ok_or_else(wrong)?;
        if check != Digest::of(&bytes[..end]).0 || size % 256 != 0 {
            return Err(wrong());
        }
        let frontier = Frontier::restore(size, roots).ok_or_else(wrong)?;
        Ok((TailHead { case, frontier, position }, end + 32))
    }
}

/// One append, as it lies in the tail.
#[derive(Debug)]
pub(super) struct Group {
    pub position: PayloadPosition,
    pub entries: Vec<Vec<u8>>,
}

impl Group {
    pub(super) fn encode(&self) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        self.position.put(&mut body);
        for entry in &self.entries {
            let length = u16::try_from(entry.len())
                .map_err(|_| EvidenceError::Limit { what: "a log entry", max: u16::MAX as u64 })?;
            body.extend_from_slice(&length.to_be_bytes());
            body.extend_from_slice(entry);
        }
        if body.len() > GROUP_BYTES_MAX {
            let max = GROUP_BYTES_MAX as u64;
            return Err(EvidenceError::Limit { what: "a group of log entries", max });
        }
        let mut out = Vec::with_capacity(GROUP_HEAD_BYTES + body.len());
        out.extend_from_slice(GROUP_MAGIC);
        out.extend_from_slice(&(body.len() as u32).to_be_bytes());
        out.extend_from_slice(&Digest::of(&body).0);
        out.extend_from_slice(&body);
        Ok(out)
    }

    /// Reads the group at the start of `bytes` and says where it ends. `None` where there is no
    /// whole group.
    pub(super) fn decode(bytes: &[u8]) -> Option<(Group, usize)> {
        let (head, rest) = bytes.split_at_checked(GROUP_HEAD_BYTES)?;
        if &head[..4] != GROUP_MAGIC {
            return None;
        }
        let length = u32::from_be_bytes(head[4..8].try_into().ok()?) as usize;
        if length > GROUP_BYTES_MAX {
            return None;
        }
        let body = rest.get(..length)?;
        if Digest::of(body).0 != head[8..] {
            return None;
        }
        let (position, mut rest) = body.split_at_checked(PayloadPosition::BYTES)?;
        let position = PayloadPosition::take(position);
        let mut entries = Vec::new();
        while !rest.is_empty() {
            let (length, after) = rest.split_first_chunk::<2>()?;
            let (entry, after) = after.split_at_checked(u16::from_be_bytes(*length) as usize)?;
            entries.push(entry.to_vec());
            rest = after;
        }
        Some((Group { position, entries }, GROUP_HEAD_BYTES + length))
    }

    /// True where a whole group starts anywhere in `bytes`: then what lies before it is damage,
    /// not the torn end of a crash.
    pub(super) fn any_in(bytes: &[u8]) -> bool {
        bytes
            .windows(GROUP_MAGIC.len())
            .enumerate()
            .any(|(at, window)| window == GROUP_MAGIC && Group::decode(&bytes[at..]).is_some())
    }
}

/// The whole tail as it lies, for verification.
pub(crate) struct TailFile {
    pub case: CaseId,
    pub frontier: Frontier,
    /// The entries of whole groups.
    pub entries: Vec<Vec<u8>>,
    /// Where the payloads end that they need.
    pub position: PayloadPosition,
    /// Bytes after the last whole group.
    pub rest: usize,
}

impl TailFile {
    fn decode(bytes: &[u8]) -> Result<TailFile> {
        let (head, end) = TailHead::decode(bytes)?;
        let TailHead { case, frontier, position } = head;
        let mut file = TailFile { case, frontier, position, entries: Vec::new(), rest: 0 };
        let mut rest = &bytes[end..];
        while let Some((group, length)) = Group::decode(rest) {
            file.entries.extend(group.entries);
            file.position = group.position;
            rest = &rest[length..];
        }
        file.rest = rest.len();
        Ok(file)
    }
}

/// Reads the tail in `folder` (`CASE/evidence/log`).
pub(crate) fn read_tail_file(folder: &Path) -> Result<TailFile> {
    TailFile::decode(&io_at("read the log's tail", std::fs::read(folder.join("tail")))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_reads_back_and_no_part_of_it_does() {
        let position = PayloadPosition { segment: 3, end: 99 };
        let group = Group { position, entries: vec![b"one".to_vec(), b"two".to_vec()] };
        let bytes = group.encode().unwrap();
        let (again, end) = Group::decode(&bytes).unwrap();
        assert_eq!((again.position, again.entries, end), (position, group.entries, bytes.len()));
        for cut in 0..bytes.len() {
            assert!(Group::decode(&bytes[..cut]).is_none());
        }
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(Group::decode(&flipped).is_none(), "bit {bit}");
        }
        assert!(Group::any_in(&[b"xx", &bytes[..]].concat()));
        assert!(!Group::any_in(&bytes[1..]));
    }
}
