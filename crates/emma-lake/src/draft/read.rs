//! Reading a draft.

use super::{Block, Draft, DraftHead, KEY_BYTES, KeyEntry, MAGIC, ROLE, Run, flag};
use crate::error::{LakeError, Result};
use crate::names;
use crate::pack::Cursor;
use emma_model::digest::Digest;
use emma_model::record::{Borrowed, Origin};
use emma_model::{
    Clock, ExhibitId, Link, MemberPath, Micros, Place, Record, RecordKind, Time, Zone,
};
use emma_store::MappedFile;
use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;

/// An open draft, mapped.
pub struct DraftFile {
    map: MappedFile,
    head: DraftHead,
    records: u32,
    blocks: Vec<Block>,
    members: Vec<(MemberPath, String)>,
    runs: Vec<Run>,
    names: Vec<&'static str>,
}

impl std::fmt::Debug for DraftFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DraftFile").field("records", &self.records).finish_non_exhaustive()
    }
}

impl DraftFile {
    /// Opens the draft at `path`.
    pub fn open(path: &Path) -> Result<DraftFile> {
        let map = MappedFile::open(path).map_err(LakeError::store(ROLE))?;
        DraftFile::parse(map).ok_or_else(|| LakeError::damaged(ROLE, "head or footer unreadable"))
    }

    fn parse(map: MappedFile) -> Option<DraftFile> {
        let mut start = Cursor(map.strip_prefix(MAGIC)?);
        let exhibit = ExhibitId(Digest(start.bytes(32)?.try_into().ok()?));
        let bytes = Digest(start.bytes(32)?.try_into().ok()?);
        let source = start.text()?.to_owned();
        let end = map.strip_suffix(MAGIC)?;
        let (end, length) = end.split_last_chunk::<8>()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let mut footer = Cursor(end.get(end.len().checked_sub(length)?..)?);
        let records = u32::try_from(footer.number()?).ok()?;
        let blocks = take_blocks(&mut footer, map.len() as u64)?;
        let mut members = Vec::new();
        for _ in 0..footer.count()? {
            let mut path = Vec::new();
            for _ in 0..footer.count()? {
                path.push(u32::try_from(footer.number()?).ok()?);
            }
            members.push((MemberPath(path), footer.text()?.to_owned()));
        }
        let runs = take_runs(&mut footer, members.len(), records)?;
        let mut names = Vec::new();
        for _ in 0..footer.count()? {
            names.push(names::name(footer.text()?)?);
        }
        let whole = blocks.iter().map(|block| u64::from(block.count)).sum::<u64>();
        (whole == u64::from(records) && footer.0.is_empty()).then_some(())?;
        let head = DraftHead { exhibit, source, bytes };
        Some(DraftFile { map, head, records, blocks, members, runs, names })
    }

    /// What all records share.
    pub fn head(&self) -> &DraftHead {
        &self.head
    }

    /// Records in it.
    pub fn len(&self) -> u32 {
        self.records
    }

    /// True where it holds none.
    pub fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// All ordinals, member by member in the order of member paths: the order of record ids, as
    /// long as records come in order within each member. Arrival order differs from it where a
    /// container has records of its own: they arrive after its members' and order before them.
    pub fn record_order(&self) -> impl Iterator<Item = u32> + '_ {
        let ends = self.runs.iter().skip(1).map(|run| run.first).chain([self.records]);
        let mut runs: Vec<(Run, u32)> = self.runs.iter().copied().zip(ends).collect();
        runs.sort_by(|(a, _), (b, _)| {
            (&self.members[a.member].0, a.first).cmp(&(&self.members[b.member].0, b.first))
        });
        runs.into_iter().flat_map(|(run, end)| run.first..end)
    }

    /// Keys of the records in `ordinals`, in order, read from the file as they are asked for;
    /// ordinals that it does not have give none.
    pub fn keys(&self, ordinals: Range<u32>) -> impl Iterator<Item = KeyEntry> + '_ {
        let first =
            self.blocks.partition_point(|block| block.first + block.count <= ordinals.start);
        self.blocks[first..].iter().take_while(move |block| block.first < ordinals.end).flat_map(
            move |block| {
                let start = ordinals.start.max(block.first);
                let end = ordinals.end.min(block.first + block.count);
                let at = |ordinal: u32| {
                    block.keys() as usize + (ordinal - block.first) as usize * KEY_BYTES
                };
                // Opening the draft made sure that every block lies within the file.
                let stretch = &self.map[at(start)..at(end.max(start))];
                (start..end).zip(stretch.chunks_exact(KEY_BYTES)).map(|(ordinal, key)| KeyEntry {
                    identity: key[..16].try_into().expect("16 of 25 bytes"),
                    sort: Micros::from_le_bytes(key[16..24].try_into().expect("8 of 25 bytes")),
                    ordinal,
                    named: key[24] != 0,
                })
            },
        )
    }

    /// The record with number `ordinal`.
    pub fn get(&self, ordinal: u32) -> Result<Draft<'_>> {
        if ordinal >= self.records {
            let (row, rows) = (ordinal.into(), self.records.into());
            return Err(LakeError::NoSuchRow { role: ROLE, row, rows });
        }
        self.read(ordinal, true)
            .ok_or_else(|| LakeError::damaged(ROLE, format!("record {ordinal} unreadable")))
    }

    /// The record with number `ordinal` without its text, which is then `None`: for callers that
    /// need where it stands and when, not what it says.
    pub fn get_without_text(&self, ordinal: u32) -> Result<Draft<'_>> {
        self.read(ordinal, false)
            .ok_or_else(|| LakeError::damaged(ROLE, format!("record {ordinal} unreadable")))
    }

    fn read(&self, ordinal: u32, with_text: bool) -> Option<Draft<'_>> {
        let at = self.blocks.partition_point(|block| block.first <= ordinal).checked_sub(1)?;
        let block = &self.blocks[at];
        let slot = block.offsets as usize + (ordinal - block.first) as usize * 4;
        let offset = u32::from_le_bytes(self.map.get(slot..slot + 4)?.try_into().ok()?);
        let start = block.start.checked_add(offset.into())?;
        let mut body = Cursor(self.map.get(start as usize..block.offsets as usize)?);
        let (member, parser) = self.members.get(usize::try_from(body.number()?).ok()?)?;
        let flags = u32::try_from(body.number()?).ok()?;
        let place = if flags & flag::ROW == 0 {
            Place::Span { offset: body.number()?, length: body.number()? }
        } else {
            Place::Row { table: body.text()?.to_owned(), row: body.signed()? }
        };
        let line = body.number()?;
        let anomalies = u16::try_from(body.number()?).ok()?;
        let record = self.take_record(&mut body, flags, with_text)?;
        Some(Draft { head: &self.head, member, parser, place, line, anomalies, record })
    }

    fn take_record<'a>(
        &'a self,
        body: &mut Cursor<'a>,
        flags: u32,
        with_text: bool,
    ) -> Option<Record<'a>> {
        let kind = RecordKind::from_u8(body.byte()?)?;
        let mut record = Record::new(kind, body.text()?);
        record.id_per_conversation = flags & flag::PER_CONVERSATION != 0;
        let mut text = |bit: u32| -> Option<Option<Cow<'a, str>>> {
            if flags & bit == 0 {
                Some(None)
            } else if bit == flag::TEXT && !with_text {
                body.skip_text()?;
                Some(None)
            } else {
                Some(Some(Cow::Borrowed(body.text()?)))
            }
        };
        record.id = text(flag::ID)?;
        record.from = text(flag::FROM)?;
        record.conversation = text(flag::CONVERSATION)?;
        record.text = text(flag::TEXT)?;
        record.territory = text(flag::TERRITORY)?;
        record.reply_to = text(flag::REPLY)?;
        if flags & flag::TO != 0 {
            let count = body.count()?;
            record.to.reserve_exact(count);
            for _ in 0..count {
                record.to.push(Cow::Borrowed(body.text()?));
            }
        }
        if flags & flag::TIME != 0 {
            let lo = body.signed()?;
            let hi = lo.wrapping_add(body.signed()?);
            let marks = body.byte()?;
            let zone = Zone::from_u8(marks >> 4)?;
            let clock = Clock::from_u8(marks & 15)?;
            let raw =
                if flags & flag::TIME_RAW == 0 { None } else { Some(Cow::Borrowed(body.text()?)) };
            let inferred = flags & flag::INFERRED != 0;
            record.time = Some(Time { raw, lo, hi, zone, clock, inferred });
        }
        self.take_rest(body, flags, &mut record)?;
        Some(record)
    }

    fn take_rest<'a>(
        &self,
        body: &mut Cursor<'a>,
        flags: u32,
        record: &mut Record<'a>,
    ) -> Option<()> {
        if flags & flag::EXTRA != 0 {
            for _ in 0..body.count()? {
                record.extra.push((Cow::Borrowed(body.text()?), Cow::Borrowed(body.text()?)));
            }
        }
        if flags & flag::BORROWED != 0 {
            for _ in 0..body.count()? {
                let field = self.take_name(body)?;
                let origin = match body.byte()? {
                    0 => Origin::Leaf { offset: body.number()?, length: body.number()? },
                    1 => Origin::Path,
                    2 => Origin::Mapping,
                    3 => Origin::Neighbours,
                    _ => return None,
                };
                record.borrowed.push(Borrowed { field, origin });
            }
        }
        if flags & flag::LINK != 0 {
            record.link = Some(Link {
                relation: self.take_name(body)?,
                target_path: Cow::Borrowed(body.text()?),
                from_line: body.number()?,
                to_line: body.number()?,
            });
        }
        Some(())
    }

    fn take_name(&self, body: &mut Cursor<'_>) -> Option<&'static str> {
        self.names.get(usize::try_from(body.number()?).ok()?).copied()
    }
}

fn take_runs(footer: &mut Cursor<'_>, members: usize, records: u32) -> Option<Vec<Run>> {
    let mut runs: Vec<Run> = Vec::new();
    for _ in 0..footer.count()? {
        let member = usize::try_from(footer.number()?).ok()?;
        let first = u32::try_from(footer.number()?).ok()?;
        let expected = runs.last().map_or(first == 0, |last| first > last.first);
        (member < members && first < records && expected).then_some(())?;
        runs.push(Run { member, first });
    }
    (runs.is_empty() == (records == 0)).then_some(runs)
}

fn take_blocks(footer: &mut Cursor<'_>, file_bytes: u64) -> Option<Vec<Block>> {
    let mut blocks = Vec::new();
    let mut first = 0u32;
    for _ in 0..footer.count()? {
        let (start, offsets) = (footer.number()?, footer.number()?);
        let count = u32::try_from(footer.number()?).ok()?;
        let block = Block { first, start, offsets, count };
        // So that the sums of `Block` cannot overflow.
        (start <= offsets && offsets <= file_bytes && count > 0).then_some(())?;
        (block.end() <= file_bytes).then_some(())?;
        first = first.checked_add(count)?;
        blocks.push(block);
    }
    Some(blocks)
}
