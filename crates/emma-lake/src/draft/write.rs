//! Writing a draft.

use super::{Block, DraftHead, KEY_BYTES, KeyEntry, MAGIC, ROLE, Run, flag, key_entry};
use crate::error::{LakeError, Result};
use crate::pack::{put_number, put_signed, put_text};
use emma_model::record::Origin;
use emma_model::{MemberPath, Place, Record};
use emma_store::NewFile;
use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Records of a block.
const BLOCK_RECORDS_MAX: usize = 65_536;
/// Bytes of a block's bodies; offsets within it are 32 bits wide.
const BLOCK_BYTES_MAX: u64 = 1 << 30;
/// Records of a draft; ordinals are 32 bits wide.
const DRAFT_RECORDS_MAX: u64 = u32::MAX as u64;
/// Members of one exhibit that hold records.
const DRAFT_MEMBERS_MAX: usize = 1 << 26;
/// Buffer between the writer and the file.
const BUFFER_BYTES: usize = 256 << 10;
/// Writes a draft file in scratch, in the order records are found (= record id order within a
/// member). Holds the offsets and keys of at most one block.
pub struct DraftWriter {
    file: BufWriter<NewFile>,
    path: PathBuf,
    head: DraftHead,
    position: u64,
    records: u32,
    block_start: u64,
    offsets: Vec<u8>,
    keys: Vec<u8>,
    blocks: Vec<Block>,
    members: Vec<(MemberPath, String)>,
    index: BTreeMap<MemberPath, usize>,
    member: usize,
    runs: Vec<Run>,
    names: Vec<&'static str>,
    body: Vec<u8>,
    hashed: Vec<u8>,
}

impl std::fmt::Debug for DraftWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DraftWriter").field("records", &self.records).finish_non_exhaustive()
    }
}

impl DraftWriter {
    /// Starts the draft at `path`, in a scratch folder that exists.
    pub fn create(path: &Path, head: DraftHead) -> Result<DraftWriter> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let file = NewFile::create_in(folder).map_err(LakeError::store(ROLE))?;
        let mut writer = DraftWriter {
            file: BufWriter::with_capacity(BUFFER_BYTES, file),
            path: path.to_owned(),
            head,
            position: 0,
            records: 0,
            block_start: 0,
            offsets: Vec::new(),
            keys: Vec::new(),
            blocks: Vec::new(),
            members: Vec::new(),
            index: BTreeMap::new(),
            member: usize::MAX,
            runs: Vec::new(),
            names: Vec::new(),
            body: Vec::with_capacity(1024),
            hashed: Vec::with_capacity(1024),
        };
        let mut start = MAGIC.to_vec();
        start.extend_from_slice(&writer.head.exhibit.0.0);
        start.extend_from_slice(&writer.head.bytes.0);
        put_text(&mut start, &writer.head.source);
        writer.write(&start)?;
        writer.block_start = writer.position;
        Ok(writer)
    }

    /// Adds a record and returns its key.
    pub fn push(
        &mut self,
        member: &MemberPath,
        place: &Place,
        line: u64,
        record: &Record<'_>,
        anomalies: usize,
    ) -> Result<KeyEntry> {
        if u64::from(self.records) == DRAFT_RECORDS_MAX {
            return Err(limit("draft_records_max", DRAFT_RECORDS_MAX));
        }
        let member_index = self.member_index(member)?;
        let mut body = std::mem::take(&mut self.body);
        body.clear();
        put_number(&mut body, member_index as u64);
        let anomalies = u16::try_from(anomalies).unwrap_or(u16::MAX);
        put_body(&mut body, place, line, record, anomalies, &mut self.names);
        let offset = (self.position - self.block_start) as u32;
        self.offsets.extend_from_slice(&offset.to_le_bytes());
        let written = self.write(&body);
        self.body = body;
        written?;
        let ordinal = self.records;
        self.records += 1;
        let key = key_entry(&self.head, member, place, record, ordinal, &mut self.hashed);
        self.keys.extend_from_slice(&key.identity);
        self.keys.extend_from_slice(&key.sort.to_le_bytes());
        self.keys.push(key.named.into());
        let full = self.offsets.len() >= BLOCK_RECORDS_MAX * 4
            || self.position - self.block_start >= BLOCK_BYTES_MAX;
        if full {
            self.close_block()?;
        }
        Ok(key)
    }

    /// Says what read `member` (name and version), after its records.
    pub fn end_member(&mut self, member: &MemberPath, parser: &str) -> Result<()> {
        // A member without records needs no line of its own.
        if let Some(index) = self.index.get(member) {
            parser.clone_into(&mut self.members[*index].1);
        }
        Ok(())
    }

    /// Records pushed so far.
    pub fn records(&self) -> u32 {
        self.records
    }

    /// Closes the file under its name (not synced: scratch).
    pub fn finish(mut self) -> Result<()> {
        self.close_block()?;
        let mut footer = Vec::new();
        put_number(&mut footer, self.records.into());
        put_number(&mut footer, self.blocks.len() as u64);
        for block in &self.blocks {
            put_number(&mut footer, block.start);
            put_number(&mut footer, block.offsets);
            put_number(&mut footer, block.count.into());
        }
        put_number(&mut footer, self.members.len() as u64);
        for (path, parser) in &self.members {
            put_number(&mut footer, path.0.len() as u64);
            for ordinal in &path.0 {
                put_number(&mut footer, (*ordinal).into());
            }
            put_text(&mut footer, parser);
        }
        put_number(&mut footer, self.runs.len() as u64);
        for run in &self.runs {
            put_number(&mut footer, run.member as u64);
            put_number(&mut footer, run.first.into());
        }
        put_number(&mut footer, self.names.len() as u64);
        for name in &self.names {
            put_text(&mut footer, name);
        }
        let length = footer.len() as u64;
        footer.extend_from_slice(&length.to_le_bytes());
        footer.extend_from_slice(MAGIC);
        self.write(&footer)?;
        let file = self.file.into_inner().map_err(|e| LakeError::io(ROLE)(e.into_error()))?;
        file.commit_unsynced(&self.path).map_err(LakeError::store(ROLE))
    }

    fn member_index(&mut self, member: &MemberPath) -> Result<usize> {
        if self.members.get(self.member).is_some_and(|(path, _)| path == member) {
            return Ok(self.member);
        }
        self.member = match self.index.get(member) {
            Some(index) => *index,
            None if self.members.len() == DRAFT_MEMBERS_MAX => {
                return Err(limit("draft_members_max", DRAFT_MEMBERS_MAX as u64));
            }
            None => {
                self.members.push((member.clone(), String::new()));
                self.index.insert(member.clone(), self.members.len() - 1);
                self.members.len() - 1
            }
        };
        self.runs.push(Run { member: self.member, first: self.records });
        Ok(self.member)
    }

    fn close_block(&mut self) -> Result<()> {
        if !self.offsets.is_empty() {
            let count = (self.offsets.len() / 4) as u32;
            let (start, offsets) = (self.block_start, self.position);
            self.blocks.push(Block { first: self.records - count, start, offsets, count });
            debug_assert_eq!(self.keys.len(), count as usize * KEY_BYTES);
            for part in [&mut self.offsets, &mut self.keys] {
                self.file.write_all(part).map_err(LakeError::io(ROLE))?;
                self.position += part.len() as u64;
                part.clear();
            }
        }
        self.block_start = self.position;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(LakeError::io(ROLE))?;
        self.position += bytes.len() as u64;
        Ok(())
    }
}

fn limit(limit: &'static str, most: u64) -> LakeError {
    LakeError::Limit { role: ROLE, limit, most }
}

fn put_body(
    out: &mut Vec<u8>,
    place: &Place,
    line: u64,
    record: &Record<'_>,
    anomalies: u16,
    names: &mut Vec<&'static str>,
) {
    let flags = flags(place, record);
    put_number(out, flags.into());
    match place {
        Place::Span { offset, length } => {
            put_number(out, *offset);
            put_number(out, *length);
        }
        Place::Row { table, row } => {
            put_text(out, table);
            put_signed(out, *row);
        }
    }
    put_number(out, line);
    put_number(out, anomalies.into());
    out.push(record.kind as u8);
    put_text(out, &record.network);
    let optional = [
        &record.id,
        &record.from,
        &record.conversation,
        &record.text,
        &record.territory,
        &record.reply_to,
    ];
    for text in optional.into_iter().flatten() {
        put_text(out, text);
    }
    if flags & flag::TO != 0 {
        put_number(out, record.to.len() as u64);
        for handle in &record.to {
            put_text(out, handle);
        }
    }
    if let Some(time) = &record.time {
        put_signed(out, time.lo);
        put_signed(out, time.hi.wrapping_sub(time.lo));
        out.push((time.zone as u8) << 4 | time.clock as u8);
        if let Some(raw) = &time.raw {
            put_text(out, raw);
        }
    }
    put_rest(out, flags, record, names);
}

fn put_rest(out: &mut Vec<u8>, flags: u32, record: &Record<'_>, names: &mut Vec<&'static str>) {
    if flags & flag::EXTRA != 0 {
        put_number(out, record.extra.len() as u64);
        for (name, value) in &record.extra {
            put_text(out, name);
            put_text(out, value);
        }
    }
    if flags & flag::BORROWED != 0 {
        put_number(out, record.borrowed.len() as u64);
        for value in &record.borrowed {
            put_number(out, name_index(names, value.field));
            match value.origin {
                Origin::Leaf { offset, length } => {
                    out.push(0);
                    put_number(out, offset);
                    put_number(out, length);
                }
                Origin::Path => out.push(1),
                Origin::Mapping => out.push(2),
                Origin::Neighbours => out.push(3),
            }
        }
    }
    if let Some(link) = &record.link {
        put_number(out, name_index(names, link.relation));
        put_text(out, &link.target_path);
        put_number(out, link.from_line);
        put_number(out, link.to_line);
    }
}

fn flags(place: &Place, record: &Record<'_>) -> u32 {
    let time = record.time.as_ref();
    let pairs = [
        (record.id.is_some(), flag::ID),
        (record.id_per_conversation, flag::PER_CONVERSATION),
        (record.from.is_some(), flag::FROM),
        (record.conversation.is_some(), flag::CONVERSATION),
        (record.text.is_some(), flag::TEXT),
        (time.is_some(), flag::TIME),
        (time.is_some_and(|time| time.raw.is_some()), flag::TIME_RAW),
        (time.is_some_and(|time| time.inferred), flag::INFERRED),
        (record.territory.is_some(), flag::TERRITORY),
        (record.reply_to.is_some(), flag::REPLY),
        (record.link.is_some(), flag::LINK),
        (matches!(place, Place::Row { .. }), flag::ROW),
        (!record.to.is_empty(), flag::TO),
        (!record.extra.is_empty(), flag::EXTRA),
        (!record.borrowed.is_empty(), flag::BORROWED),
    ];
    pairs.iter().map(|(set, bit)| if *set { *bit } else { 0 }).sum()
}

fn name_index(names: &mut Vec<&'static str>, name: &'static str) -> u64 {
    let known = names.iter().position(|known| *known == name);
    known.unwrap_or_else(|| {
        names.push(name);
        names.len() - 1
    }) as u64
}
