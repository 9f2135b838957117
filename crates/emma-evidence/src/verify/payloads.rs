//! Payload segments: every frame against its digest.

use super::Verified;
use crate::error::Result;
use crate::log::payloads::{PayloadPosition, SEGMENT_MAGIC, frame_at, segment_name, segments};
use emma_model::Digest;
use emma_store::MappedFile;
use std::collections::BTreeMap;
use std::path::Path;

/// Where the whole payloads lie.
#[derive(Debug, Default)]
pub(super) struct Payloads {
    maps: BTreeMap<u32, MappedFile>,
    places: BTreeMap<Digest, (u32, usize, usize)>,
}

impl Payloads {
    /// The payload with `digest`, already checked.
    pub(super) fn get(&self, digest: &Digest) -> Option<&[u8]> {
        let (segment, start, length) = self.places.get(digest)?;
        self.maps.get(segment)?.get(*start..start + length)
    }

    /// The payload named by 64 hexadecimal digits.
    pub(super) fn get_hex(&self, digest: &str) -> Option<&[u8]> {
        self.get(&Digest::from_hex(digest)?)
    }
}

/// Checks all segments, as far as the log's tail says they are `reached`; whole where it does
/// not read.
pub(super) fn check(
    evidence: &Path,
    reached: Option<PayloadPosition>,
    out: &mut Verified,
    progress: &mut dyn FnMut(u64),
) -> Result<Payloads> {
    let mut found = Payloads::default();
    let folder = evidence.join("payloads");
    if !folder.is_dir() {
        out.find("payloads", "the folder is not there");
        return Ok(found);
    }
    let segments: BTreeMap<u32, _> = segments(&folder)?.into_iter().collect();
    for number in 0..reached.map_or(0, |reached| reached.segment + u32::from(reached.end > 0)) {
        if !segments.contains_key(&number) {
            out.find(segment_name(number), "it is not there");
        }
    }
    for (number, path) in segments {
        if reached.is_some_and(|reached| number > reached.segment) {
            // Begun by an append that a crash cut short: no entry needs it.
            continue;
        }
        let map = MappedFile::open(&path)?;
        let end = reached
            .filter(|reached| reached.segment == number)
            .map_or(map.len(), |PayloadPosition { end, .. }| end as usize);
        if end > map.len() {
            out.find(segment_name(number), "it is shorter than the log says");
        }
        let end = end.min(map.len());
        check_segment(number, &map[..end], &mut found, out);
        progress(end as u64);
        found.maps.insert(number, map);
    }
    Ok(found)
}

fn check_segment(number: u32, bytes: &[u8], found: &mut Payloads, out: &mut Verified) {
    if bytes.is_empty() {
        return;
    }
    if !bytes.starts_with(SEGMENT_MAGIC) {
        out.find(segment_name(number), "its head is another");
    }
    let mut at = SEGMENT_MAGIC.len();
    let mut lost = false;
    while at < bytes.len() {
        let Some(frame) = frame_at(bytes, at) else {
            // Reported once for a run of bytes; the frames after it are still found.
            if !std::mem::replace(&mut lost, true) {
                out.find(segment_name(number), format!("byte {at}: no payload starts here"));
            }
            at += 1;
            continue;
        };
        let payload = &bytes[frame.start..frame.start + frame.length];
        let whole = Digest::of(payload) == frame.digest;
        let erased = frame.flag == 1 && !whole && payload.iter().all(|byte| *byte == 0);
        if whole && frame.flag == 0 {
            found.places.insert(frame.digest, (number, frame.start, frame.length));
            out.payloads += 1;
        } else if !erased {
            out.find(
                segment_name(number),
                format!("byte {at}: a payload is not the one of its digest"),
            );
        }
        lost = false;
        at = if whole || erased { frame.start + frame.length } else { at + 1 };
        lost |= !(whole || erased);
    }
}
