//! Which records are copies of one message.
//!
//! 1. Take the keys of records that may have a partner, a stretch of identities at a time, and
//!    sort them by identity.
//! 2. For each identity, look up the message that the base snapshot already holds under it.
//! 3. Where that makes more than one witness, put them together ([`super::merge`]) once, to
//!    learn the message's sort time, its versions and which version each record witnesses.
//!
//! Records without a partner are left alone: they are their own message and cost nothing here.

use super::Workshop;
use super::batch::Batch;
use super::merge;
use crate::error::Result;
use crate::held::{Held, RowRef};
use emma_lake::{MessageRow, Snapshot};
use emma_model::{MessageId, Micros, Place, RecordId};
use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};

/// A message with more than one witness.
#[derive(Debug, Clone)]
pub struct Group {
    /// Its sort time.
    pub sort: Option<Micros>,
    /// How many rows it has.
    pub versions: u32,
    /// Its records of this batch, in [`Joined::numbers`].
    pub numbers: Range<u32>,
    /// Its rows of the base snapshot, in [`Joined::held`].
    pub held: Range<u32>,
    /// Its name.
    pub id: MessageId,
}

/// Where a record of the batch went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// The record's number in the batch.
    pub number: u32,
    /// Its group.
    pub group: u32,
    /// The version it witnesses.
    pub version: u32,
}

/// A copies row of the base snapshot whose message is now named, sorted or numbered otherwise.
#[derive(Debug, Clone)]
pub struct MovedCopy {
    /// The record.
    pub record: RecordId,
    /// Its row.
    pub at: RowRef,
    /// The group that has its new place.
    pub group: u32,
    /// The version it witnesses now.
    pub version: u32,
}

/// The outcome of joining.
#[derive(Debug, Default)]
pub struct Joined {
    /// Messages with several witnesses, in identity order.
    pub groups: Vec<Group>,
    /// Batch records in groups, by number.
    pub members: Vec<Member>,
    /// Numbers of all groups, one after the other.
    pub numbers: Vec<u32>,
    /// Held rows of all groups, one after the other.
    pub held: Vec<RowRef>,
    /// Copies rows to write again, by record.
    pub moved: Vec<MovedCopy>,
}

impl Joined {
    /// The rows of a group: all versions of its message.
    pub fn rows(&self, group: &Group, batch: &Batch, held: &Held<'_>) -> Result<Vec<MessageRow>> {
        let mut rows = Vec::with_capacity(group.numbers.len() + group.held.len());
        for number in &self.numbers[group.numbers.start as usize..group.numbers.end as usize] {
            rows.push(merge::single(&batch.draft(*number)?));
        }
        for at in &self.held[group.held.start as usize..group.held.end as usize] {
            rows.push(held.message_row(*at)?);
        }
        Ok(merge::merge(rows))
    }

    /// Base rows that the groups replace, by segment number.
    pub fn masked_messages(&self, base: &Snapshot) -> BTreeMap<u32, Vec<u32>> {
        by_segment(base, self.held.iter().copied())
    }

    /// Base copies rows that are written again, by segment number.
    pub fn masked_copies(&self, base: &Snapshot) -> BTreeMap<u32, Vec<u32>> {
        by_segment(base, self.moved.iter().map(|moved| moved.at))
    }
}

fn by_segment(base: &Snapshot, rows: impl Iterator<Item = RowRef>) -> BTreeMap<u32, Vec<u32>> {
    let mut masks: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for at in rows {
        let number = base.segments[at.segment as usize].segment.number;
        masks.entry(number).or_default().push(at.row);
    }
    masks
}

/// Joins the batch with itself and with the base snapshot.
pub fn join(shop: &Workshop<'_>, base: &Snapshot, batch: &Batch) -> Result<Joined> {
    let held = Held::new(shop.base, base);
    let mut joined = Joined::default();
    let count = batch.shared_keys().count() as u64;
    for stretch in stretches(count, u64::from(shop.limits.keys_held_max)) {
        let keys = shared_keys(batch, &stretch);
        for run in keys.chunk_by(|a, b| a.0 == b.0) {
            let found = held_rows(&held, batch, run[0])?;
            if run.len() + found.len() > 1 {
                add_group(&mut joined, &held, batch, run, found)?;
            }
        }
    }
    joined.members.sort_unstable();
    joined.moved.sort_by(|a, b| a.record.cmp(&b.record));
    shop.progress.advance(u64::from(batch.len()));
    Ok(joined)
}

/// Cuts all identities into stretches of about `most` of `count` keys each: identities are
/// digests, so their leading bits are spread evenly.
fn stretches(count: u64, most: u64) -> impl Iterator<Item = RangeInclusive<u64>> {
    let parts = count.div_ceil(most.max(1)).max(1);
    let bound = move |part: u64| ((u128::from(part) << 64) / u128::from(parts)) as u64;
    (0..parts).map(move |part| {
        let end = if part + 1 == parts { u64::MAX } else { bound(part + 1) - 1 };
        bound(part)..=end
    })
}

/// (identity, number) of the records that may have a partner, sorted: those whose identity's
/// first eight bytes are in `stretch`.
fn shared_keys(batch: &Batch, stretch: &RangeInclusive<u64>) -> Vec<(u128, u32)> {
    let mut keys: Vec<(u128, u32)> = batch
        .shared_keys()
        .map(|(number, key)| (u128::from_be_bytes(key.identity), number))
        .filter(|(identity, _)| stretch.contains(&((identity >> 64) as u64)))
        .collect();
    keys.sort_unstable();
    keys
}

/// The rows that the base snapshot holds for the message of a record, given its key.
fn held_rows(
    held: &Held<'_>,
    batch: &Batch,
    (identity, number): (u128, u32),
) -> Result<Vec<(RowRef, MessageRow)>> {
    if held.snapshot().segments.is_empty() {
        return Ok(Vec::new());
    }
    // Most are new: then neither the record nor a row of the lake is looked at.
    let (part, _) = batch.locate(number);
    if part.twins.is_empty() && !held.may_hold(&identity.to_be_bytes())? {
        return Ok(Vec::new());
    }
    let draft = batch.draft(number)?;
    if let Some(id) = merge::network_id(&draft.record) {
        return held.by_network_id(&id);
    }
    for twin in &part.twins {
        let record = at_same_place(*twin, &draft);
        if let Some((_, copy)) = held.copy(&record)? {
            return held.by_message(copy.sort, &copy.message);
        }
    }
    Ok(Vec::new())
}

fn at_same_place(twin: emma_model::ExhibitId, draft: &emma_lake::draft::Draft<'_>) -> RecordId {
    let place: Place = draft.place.clone();
    RecordId::Sealed { exhibit: twin, member: draft.member.clone(), place }
}

fn add_group(
    joined: &mut Joined,
    held: &Held<'_>,
    batch: &Batch,
    run: &[(u128, u32)],
    found: Vec<(RowRef, MessageRow)>,
) -> Result<()> {
    let group_number = joined.groups.len() as u32;
    let mut rows = Vec::with_capacity(run.len() + found.len());
    let mut ours: Vec<(RecordId, u32)> = Vec::with_capacity(run.len());
    for (_, number) in run {
        let row = merge::single(&batch.draft(*number)?);
        ours.push((row.records[0].clone(), *number));
        rows.push(row);
    }
    rows.extend(found.iter().map(|(_, row)| row.clone()));
    let merged = merge::merge(rows);
    let places: BTreeMap<&RecordId, u32> = merged
        .iter()
        .flat_map(|row| row.records.iter().map(move |record| (record, row.version)))
        .collect();
    let version_of = |record: &RecordId| *places.get(record).expect("merging keeps every record");
    for (record, number) in &ours {
        let version = version_of(record);
        joined.members.push(Member { number: *number, group: group_number, version });
    }
    for (_, old) in &found {
        for record in &old.records {
            let version = version_of(record);
            let same =
                version == old.version && merged[0].id == old.id && merged[0].sort == old.sort;
            if same {
                continue;
            }
            if let Some((at, _)) = held.copy(record)? {
                let record = record.clone();
                joined.moved.push(MovedCopy { record, at, group: group_number, version });
            }
        }
    }
    let first_number = joined.numbers.len() as u32;
    joined.numbers.extend(run.iter().map(|(_, number)| *number));
    let first_held = joined.held.len() as u32;
    joined.held.extend(found.iter().map(|(at, _)| *at));
    joined.groups.push(Group {
        sort: merged[0].sort,
        versions: merged.len() as u32,
        numbers: first_number..joined.numbers.len() as u32,
        held: first_held..joined.held.len() as u32,
        id: merged[0].id.clone(),
    });
    Ok(())
}
