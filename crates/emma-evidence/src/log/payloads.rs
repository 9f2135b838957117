//! Payload segments: `payloads/<NNNNNN>.seg`.
//!
//! ```text
//! head   "emma/payloads/v1"
//! frame  "EPAY" · flag (1): 0 present, 1 erased · length (4) · SHA-256 (32) · bytes
//! ```
//!
//! A payload can later be erased in place: its bytes become zeros and its flag 1; no other frame
//! moves. Every group of the log's tail says where the payloads end that it needs, so an
//! appender finds its place without reading the segment, and a reader never looks beyond it.

use crate::error::{EvidenceError, Result, io_at};
use crate::payload::Payload;
use emma_model::Digest;
use emma_store::{AppendFile, MappedFile, write_new};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub(crate) const SEGMENT_MAGIC: &[u8; 16] = b"emma/payloads/v1";
const FRAME_MAGIC: &[u8; 4] = b"EPAY";
const FRAME_HEAD_BYTES: usize = 4 + 1 + 4 + 32;

/// A new segment begins once one has grown beyond this.
const SEGMENT_BYTES_MAX: u64 = 256 << 20;

/// Where the payloads end that the log knows of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct PayloadPosition {
    /// The current segment's number.
    pub segment: u32,
    /// Bytes of it in use; 0 before its head is written.
    pub end: u64,
}

impl PayloadPosition {
    pub(super) const BYTES: usize = 12;

    pub(super) fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.segment.to_be_bytes());
        out.extend_from_slice(&self.end.to_be_bytes());
    }

    pub(super) fn take(bytes: &[u8]) -> PayloadPosition {
        let (segment, end) = bytes.split_at(4);
        PayloadPosition {
            segment: u32::from_be_bytes(segment.try_into().expect("4 bytes")),
            end: u64::from_be_bytes(end.try_into().expect("8 bytes")),
        }
    }
}

/// A segment's place in the case folder, for messages.
pub(crate) fn segment_name(segment: u32) -> String {
    format!("payloads/{segment:06}.seg")
}

/// One frame's head.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    /// Where its bytes start in the segment.
    pub start: usize,
    /// How many bytes.
    pub length: usize,
    pub erased: bool,
    /// The flag as it stands; anything but 0 and 1 is damage.
    pub flag: u8,
    pub digest: Digest,
}

/// Reads the head of the frame at `at`. `None` where there is none or it runs beyond the end.
pub(crate) fn frame_at(segment: &[u8], at: usize) -> Option<Frame> {
    let head = segment.get(at..)?.get(..FRAME_HEAD_BYTES)?;
    if &head[..4] != FRAME_MAGIC {
        return None;
    }
    let length = u32::from_be_bytes(head[5..9].try_into().ok()?) as usize;
    let start = at + FRAME_HEAD_BYTES;
    segment.get(start..)?.get(..length)?;
    let digest = Digest(head[9..].try_into().ok()?);
    Some(Frame { start, length, erased: head[4] == 1, flag: head[4], digest })
}

/// Appends `payloads` after `position` and returns where they end. The caller holds the lock.
///
/// What lies beyond `position` belongs to no entry: it was left by a crash, and is set aside.
pub(super) fn append(
    folder: &Path,
    torn: &Path,
    mut position: PayloadPosition,
    payloads: &mut dyn Iterator<Item = &Payload>,
) -> Result<PayloadPosition> {
    if position.end > SEGMENT_BYTES_MAX {
        position = PayloadPosition { segment: position.segment + 1, end: 0 };
    }
    let mut file = AppendFile::open(&folder.join(format!("{:06}.seg", position.segment)))?;
    if file.length() < position.end {
        let object = segment_name(position.segment);
        return Err(EvidenceError::damaged(object, "it is shorter than the log says"));
    }
    if file.length() > position.end {
        let beyond = (file.length() - position.end) as usize;
        let bytes = file.read_at(position.end, beyond)?;
        set_aside(torn, &bytes)?;
        file.truncate(position.end)?;
    }
    let mut buffer = Vec::new();
    if position.end == 0 {
        buffer.extend_from_slice(SEGMENT_MAGIC);
    }
    for payload in payloads {
        let length = u32::try_from(payload.bytes().len())
            .ok()
            .filter(|length| *length as usize <= crate::payload::PAYLOAD_BYTES_MAX)
            .ok_or(EvidenceError::Limit {
                what: "a payload",
                max: crate::payload::PAYLOAD_BYTES_MAX as u64,
            })?;
        buffer.extend_from_slice(FRAME_MAGIC);
        buffer.push(0);
        buffer.extend_from_slice(&length.to_be_bytes());
        buffer.extend_from_slice(&payload.digest().0);
        buffer.extend_from_slice(payload.bytes());
    }
    file.append(&buffer)?;
    file.sync()?;
    Ok(PayloadPosition { segment: position.segment, end: file.length() })
}

/// Keeps bytes that belong to no entry under their digest, and says under which name.
pub(super) fn set_aside(torn: &Path, bytes: &[u8]) -> Result<Digest> {
    let digest = Digest::of(bytes);
    emma_store::create_dir_durable(torn)?;
    write_new(&torn.join(digest.hex()), bytes)?;
    Ok(digest)
}

/// Where each payload lies: built by scanning segments, as far as the log reaches.
#[derive(Debug, Default)]
pub(super) struct PayloadIndex {
    places: BTreeMap<Digest, (u32, usize, usize, bool)>,
    scanned: Option<PayloadPosition>,
    open: Option<(u32, u64, MappedFile)>,
}

impl PayloadIndex {
    /// The payload with `digest` among those up to `position`. `None` where there is none or it
    /// was erased.
    pub(super) fn get(
        &mut self,
        folder: &Path,
        position: PayloadPosition,
        digest: &Digest,
    ) -> Result<Option<Vec<u8>>> {
        self.scan_to(folder, position)?;
        let Some(&(segment, start, length, erased)) = self.places.get(digest) else {
            return Ok(None);
        };
        if erased {
            return Ok(None);
        }
        let map = self.map(folder, segment, (start + length) as u64)?;
        let damaged = || EvidenceError::damaged(segment_name(segment), "a payload does not read");
        let bytes = map.get(start..start + length).ok_or_else(damaged)?.to_vec();
        if Digest::of(&bytes) != *digest {
            return Err(damaged());
        }
        Ok(Some(bytes))
    }

    fn scan_to(&mut self, folder: &Path, position: PayloadPosition) -> Result<()> {
        let from = self.scanned.unwrap_or(PayloadPosition { segment: 0, end: 0 });
        if position <= from {
            return Ok(());
        }
        for segment in from.segment..=position.segment {
            let start = if segment == from.segment { from.end as usize } else { 0 };
            let last = segment == position.segment;
            let need = if last { position.end } else { 0 };
            if last && need == 0 {
                continue;
            }
            let map = self.map(folder, segment, need)?;
            let end = if last { position.end as usize } else { map.len() }.min(map.len());
            let bytes = &map[..end];
            let mut found = Vec::new();
            let mut at = start.max(SEGMENT_MAGIC.len());
            while at < bytes.len() {
                let Some(frame) = frame_at(bytes, at) else {
                    // Damage: go on at the next frame, so that the others are still found.
                    at += 1;
                    continue;
                };
                found.push((frame.digest, (segment, frame.start, frame.length, frame.erased)));
                at = frame.start + frame.length;
            }
            self.places.extend(found);
        }
        self.scanned = Some(position);
        Ok(())
    }

    /// The segment, mapped at least up to `need` bytes (or whole where `need` is 0).
    fn map(&mut self, folder: &Path, segment: u32, need: u64) -> Result<&MappedFile> {
        let fits = self
            .open
            .as_ref()
            .is_some_and(|(number, length, _)| *number == segment && *length >= need && need > 0);
        if !fits {
            let map = MappedFile::open(&folder.join(format!("{segment:06}.seg")))?;
            self.open = Some((segment, map.len() as u64, map));
        }
        Ok(&self.open.as_ref().expect("it was just mapped").2)
    }
}

/// The numbers of the segments in `folder`, in order.
pub(crate) fn segments(folder: &Path) -> Result<Vec<(u32, PathBuf)>> {
    let mut found = Vec::new();
    for file in io_at("list a folder", std::fs::read_dir(folder))? {
        let path = io_at("list a folder", file)?.path();
        let number = path
            .file_name()
            .and_then(|name| name.to_str())
            .and_then(|name| name.strip_suffix(".seg"))
            .and_then(|digits| digits.parse().ok());
        if let Some(number) = number {
            found.push((number, path));
        }
    }
    found.sort();
    Ok(found)
}
