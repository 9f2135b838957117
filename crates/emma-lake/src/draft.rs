//! Parsed records of one exhibit's reading, before they become rows.
//!
//! A draft lies in scratch: its layout is private to this program version and may change.
//!
//! 1. magic, head (exhibit, digest of its bytes, source);
//! 2. blocks: the bodies of up to 65,536 records, then their offsets (4 bytes each);
//! 3. footer: blocks, members with what read them, names; its length; magic again.
//!
//! A body is member index, place, line, anomalies, a word of flags, then the values that the
//! flags announce. [`DraftWriter`] holds the offsets of one block; [`DraftFile`] maps the file
//! and borrows from it.

use crate::error::{LakeError, Result};
use crate::names;
use crate::pack::{Cursor, put_network_id, put_number, put_optional_text, put_signed, put_text};
use crate::table::FileRole;
use emma_model::digest::Digest;
use emma_model::id::put_locator;
use emma_model::record::{Borrowed, Origin};
use emma_model::{
    Clock, ExhibitId, Link, MemberPath, Micros, Place, Record, RecordId, RecordKind, Time, Zone,
};
use emma_store::{MappedFile, NewFile};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

const ROLE: FileRole = FileRole::Draft;
const MAGIC: &[u8; 16] = b"emma draft one\n\0";
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

/// What all records of a draft share.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DraftHead {
    /// The exhibit.
    pub exhibit: ExhibitId,
    /// The source it came from.
    pub source: String,
    /// SHA-256 of its bytes.
    pub bytes: Digest,
}

/// What reconciling needs of a record, without its values. Sorts by identity, then draft order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct KeyEntry {
    /// Who it is a copy of: the first 16 bytes of SHA-256 over its network id's canonical bytes;
    /// without one, over (digest of the exhibit's bytes, member, place).
    pub identity: [u8; 16],
    /// Which version it witnesses: equal versions have equal values.
    pub version: [u8; 16],
    /// Lower time bound; [`KeyEntry::UNDATED`] where there is none.
    pub sort: Micros,
    /// Its number in the draft, from 0.
    pub ordinal: u32,
}

impl KeyEntry {
    /// Stands for "no time"; no parser yields it as one.
    pub const UNDATED: Micros = Micros::MIN;

    /// The lower time bound.
    pub fn time(&self) -> Option<Micros> {
        (self.sort != KeyEntry::UNDATED).then_some(self.sort)
    }
}

/// One parsed record as a draft holds it. Borrowed from the mapped file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft<'a> {
    /// What all records share.
    pub head: &'a DraftHead,
    /// The way into the exhibit's containers.
    pub member: &'a MemberPath,
    /// What read the member (`irc/1`); empty where its end was never reported.
    pub parser: &'a str,
    /// Where in the member.
    pub place: Place,
    /// The line it starts on, from 0.
    pub line: u64,
    /// Anomalies it has; more than 65,535 count as that.
    pub anomalies: u16,
    /// The values.
    pub record: Record<'a>,
}

impl Draft<'_> {
    /// The record's id.
    pub fn id(&self) -> RecordId {
        RecordId::Sealed {
            exhibit: self.head.exhibit,
            member: self.member.clone(),
            place: self.place.clone(),
        }
    }

    /// The key that [`DraftWriter::push`] returned for record `ordinal`.
    pub fn key(&self, ordinal: u32) -> KeyEntry {
        key_entry(self.head, self.member, &self.place, &self.record, ordinal, &mut Vec::new())
    }
}

/// The identity under which a network id is known: see [`KeyEntry::identity`].
pub fn network_identity(network: &str, within: Option<&str>, id: &str) -> [u8; 16] {
    let mut bytes = Vec::with_capacity(16 + network.len() + id.len());
    put_network_id(&mut bytes, network, within, id);
    half(&bytes)
}

fn half(bytes: &[u8]) -> [u8; 16] {
    Digest::of(bytes).0[..16].try_into().expect("16 of 32 bytes")
}

fn key_entry(
    head: &DraftHead,
    member: &MemberPath,
    place: &Place,
    record: &Record<'_>,
    ordinal: u32,
    bytes: &mut Vec<u8>,
) -> KeyEntry {
    bytes.clear();
    match &record.id {
        Some(id) => {
            let within = record.conversation.as_deref().filter(|_| record.id_per_conversation);
            put_network_id(bytes, &record.network, within, id);
        }
        None => {
            bytes.extend_from_slice(b"emma/place/v1\0");
            bytes.extend_from_slice(&head.bytes.0);
            put_locator(bytes, member, place);
        }
    }
    let identity = half(bytes);
    bytes.clear();
    put_version(bytes, record);
    let sort = record.time.as_ref().map_or(KeyEntry::UNDATED, |time| time.lo);
    KeyEntry { identity, version: half(bytes), sort, ordinal }
}

/// The values by which two copies of a message are the same version.
fn put_version(out: &mut Vec<u8>, record: &Record<'_>) {
    out.push(record.kind as u8);
    put_optional_text(out, record.from.as_deref());
    put_number(out, record.to.len() as u64);
    for handle in &record.to {
        put_text(out, handle);
    }
    put_optional_text(out, record.conversation.as_deref());
    match &record.time {
        None => out.push(0),
        Some(time) => {
            out.push(1);
            out.extend_from_slice(&time.lo.to_be_bytes());
            out.extend_from_slice(&time.hi.to_be_bytes());
        }
    }
    put_optional_text(out, record.territory.as_deref());
    put_optional_text(out, record.text.as_deref());
    put_optional_text(out, record.reply_to.as_deref());
}

/// Flags of a body: which values follow.
mod flag {
    pub const ID: u32 = 1;
    pub const PER_CONVERSATION: u32 = 1 << 1;
    pub const FROM: u32 = 1 << 2;
    pub const CONVERSATION: u32 = 1 << 3;
    pub const TEXT: u32 = 1 << 4;
    pub const TIME: u32 = 1 << 5;
    pub const TIME_RAW: u32 = 1 << 6;
    pub const INFERRED: u32 = 1 << 7;
    pub const TERRITORY: u32 = 1 << 8;
    pub const REPLY: u32 = 1 << 9;
    pub const LINK: u32 = 1 << 10;
    pub const ROW: u32 = 1 << 11;
    pub const TO: u32 = 1 << 12;
    pub const EXTRA: u32 = 1 << 13;
    pub const BORROWED: u32 = 1 << 14;
}

/// Consecutive records of one member.
#[derive(Clone, Copy)]
struct Run {
    member: usize,
    first: u32,
}

struct Block {
    first: u32,
    start: u64,
    offsets: u64,
    count: u32,
}

/// Writes a draft file in scratch, in the order records are found (= record id order within a
/// member). Holds at most one block of offsets.
pub struct DraftWriter {
    file: BufWriter<NewFile>,
    path: PathBuf,
    head: DraftHead,
    position: u64,
    records: u32,
    block_start: u64,
    offsets: Vec<u8>,
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
        let full = self.offsets.len() >= BLOCK_RECORDS_MAX * 4
            || self.position - self.block_start >= BLOCK_BYTES_MAX;
        if full {
            self.close_block()?;
        }
        Ok(key_entry(&self.head, member, place, record, ordinal, &mut self.hashed))
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
            let bytes = std::mem::take(&mut self.offsets);
            self.write(&bytes)?;
            self.offsets = bytes;
            self.offsets.clear();
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
    let optional =
        [&record.id, &record.from, &record.conversation, &record.text, &record.territory, &record.reply_to];
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
    /// long as records come in order within each member. Arrival order differs from it where
    /// containers nest.
    pub fn record_order(&self) -> impl Iterator<Item = u32> + '_ {
        let ends = self.runs.iter().skip(1).map(|run| run.first).chain([self.records]);
        let mut runs: Vec<(Run, u32)> = self.runs.iter().copied().zip(ends).collect();
        runs.sort_by(|(a, _), (b, _)| {
            (&self.members[a.member].0, a.first).cmp(&(&self.members[b.member].0, b.first))
        });
        runs.into_iter().flat_map(|(run, end)| run.first..end)
    }

    /// The record with number `ordinal`.
    pub fn get(&self, ordinal: u32) -> Result<Draft<'_>> {
        if ordinal >= self.records {
            let (row, rows) = (ordinal.into(), self.records.into());
            return Err(LakeError::NoSuchRow { role: ROLE, row, rows });
        }
        self.read(ordinal).ok_or_else(|| LakeError::damaged(ROLE, format!("record {ordinal} unreadable")))
    }

    fn read(&self, ordinal: u32) -> Option<Draft<'_>> {
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
        let record = self.take_record(&mut body, flags)?;
        Some(Draft { head: &self.head, member, parser, place, line, anomalies, record })
    }

    fn take_record<'a>(&'a self, body: &mut Cursor<'a>, flags: u32) -> Option<Record<'a>> {
        let kind = RecordKind::from_u8(body.byte()?)?;
        let mut record = Record::new(kind, body.text()?);
        record.id_per_conversation = flags & flag::PER_CONVERSATION != 0;
        let mut text = |bit: u32| -> Option<Option<Cow<'a, str>>> {
            if flags & bit == 0 { Some(None) } else { Some(Some(Cow::Borrowed(body.text()?))) }
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

    fn take_rest<'a>(&self, body: &mut Cursor<'a>, flags: u32, record: &mut Record<'a>) -> Option<()> {
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
        let end = offsets.checked_add(u64::from(count) * 4)?;
        (start <= offsets && end <= file_bytes && count > 0).then_some(())?;
        blocks.push(Block { first, start, offsets, count });
        first = first.checked_add(count)?;
    }
    Some(blocks)
}
