//! Many witnesses, one message.

use emma_lake::draft::Draft;
use emma_lake::{MessageRow, State};
use emma_model::{Clock, MessageId, Micros, NetworkId, Record, RecordId, RecordKind, Zone};
use std::collections::BTreeMap;

/// The scoped network id of a record, where it has one.
pub fn network_id(record: &Record<'_>) -> Option<NetworkId> {
    let id = record.id.as_deref()?;
    let within = record.conversation.as_deref().filter(|_| record.id_per_conversation);
    let conversation = within.map(str::to_owned);
    Some(NetworkId {
        network: record.network.clone().into_owned(),
        conversation,
        id: id.to_owned(),
    })
}

/// The name a record gives its message when it is the only copy.
pub fn own_name(record: &Record<'_>, id: RecordId) -> MessageId {
    match network_id(record) {
        Some(network) => MessageId::Network(network),
        None => MessageId::Record(id),
    }
}

/// The row of a message that this one record witnesses.
pub fn single(draft: &Draft<'_>) -> MessageRow {
    let record = &draft.record;
    let id = draft.id();
    let owned = |value: &Option<std::borrow::Cow<'_, str>>| value.as_deref().map(str::to_owned);
    MessageRow {
        sort: record.time.as_ref().map(|time| time.lo),
        id: own_name(record, id.clone()),
        version: 0,
        versions: 1,
        state: State::Single,
        kind: record.kind,
        network: record.network.clone().into_owned(),
        from: owned(&record.from),
        to: record.to.iter().map(|handle| handle.clone().into_owned()).collect(),
        conversation: owned(&record.conversation),
        lo: record.time.as_ref().map(|time| time.lo),
        hi: record.time.as_ref().map(|time| time.hi),
        zone: record.time.as_ref().map_or(Zone::Unknown, |time| time.zone),
        clock: record.time.as_ref().map_or(Clock::Unstated, |time| time.clock),
        inferred: record.time.as_ref().is_some_and(|time| time.inferred),
        text: owned(&record.text),
        territory: owned(&record.territory),
        reply_to: owned(&record.reply_to),
        records: vec![id],
        sources: vec![draft.head.source.clone()],
    }
}

/// The values by which two copies are the same version of a message.
type Stated<'a> = (
    (RecordKind, Option<Micros>, Option<Micros>, &'a str),
    (Option<&'a str>, &'a [String], Option<&'a str>),
    (Option<&'a str>, Option<&'a str>, Option<&'a str>),
);

fn stated(row: &MessageRow) -> Stated<'_> {
    (
        (row.kind, row.lo, row.hi, &row.network),
        (row.from.as_deref(), &row.to, row.conversation.as_deref()),
        (row.territory.as_deref(), row.text.as_deref(), row.reply_to.as_deref()),
    )
}

/// Puts the versions of one message together.
///
/// `rows` come from [`single`] or from the lake, in any order. Zone, clock and the mark
/// "inferred" of a version are those of its smallest record. Costs n log n: an id that a hostile
/// or wrongly mapped file gives to everything must not stop the pipeline.
pub fn merge(mut rows: Vec<MessageRow>) -> Vec<MessageRow> {
    rows.sort_by(|a, b| a.records.first().cmp(&b.records.first()));
    let mut seen: BTreeMap<Stated<'_>, usize> = BTreeMap::new();
    let mut version_of = Vec::with_capacity(rows.len());
    for row in &rows {
        let next = seen.len();
        version_of.push(*seen.entry(stated(row)).or_insert(next));
    }
    let mut versions: Vec<MessageRow> = Vec::with_capacity(seen.len());
    for (row, at) in rows.into_iter().zip(version_of) {
        match versions.get_mut(at) {
            Some(version) => {
                version.records.extend(row.records);
                version.sources.extend(row.sources);
            }
            None => versions.push(row),
        }
    }
    for version in &mut versions {
        version.records.sort();
        version.records.dedup();
        version.sources.sort();
        version.sources.dedup();
    }
    let name = name_of(&versions);
    let sort = versions.iter().filter_map(|version| version.lo).min();
    let copies: usize = versions.iter().map(|version| version.records.len()).sum();
    let state = match (copies, versions.len()) {
        (1, _) => State::Single,
        (_, 1) => State::Agreeing,
        _ => State::Conflicting,
    };
    let count = u32::try_from(versions.len()).unwrap_or(u32::MAX);
    for (index, version) in versions.iter_mut().enumerate() {
        version.sort = sort;
        version.id = name.clone();
        version.version = u32::try_from(index).unwrap_or(u32::MAX);
        version.versions = count;
        version.state = state;
    }
    versions
}

/// The smallest network id, else the smallest record id: of the names the rows bring and the
/// records they list.
fn name_of(versions: &[MessageRow]) -> MessageId {
    let network = versions.iter().filter(|row| matches!(row.id, MessageId::Network(_)));
    if let Some(name) = network.map(|row| &row.id).min() {
        return name.clone();
    }
    let record = versions.iter().flat_map(|row| &row.records).min();
    MessageId::Record(record.expect("a version has a witness").clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use emma_model::{Digest, ExhibitId, MemberPath};

    fn row(exhibit: &[u8], source: &str, text: &str, lo: i64) -> MessageRow {
        let exhibit = ExhibitId(Digest::of(exhibit));
        let record = RecordId::span(exhibit, MemberPath::default(), 0, 10);
        MessageRow {
            sort: Some(lo),
            id: MessageId::Record(record.clone()),
            version: 0,
            versions: 1,
            state: State::Single,
            kind: RecordKind::Message,
            network: "n".into(),
            from: Some("ann".into()),
            to: vec![],
            conversation: None,
            lo: Some(lo),
            hi: Some(lo),
            zone: Zone::Declared,
            clock: Clock::Sent,
            inferred: false,
            text: Some(text.into()),
            territory: None,
            reply_to: None,
            records: vec![record],
            sources: vec![source.into()],
        }
    }

    #[test]
    fn equal_copies_are_one_version_with_two_witnesses() {
        let merged = merge(vec![row(b"a", "s2", "hi", 5), row(b"b", "s1", "hi", 5)]);
        assert_eq!(merged.len(), 1);
        assert_eq!(merged[0].state, State::Agreeing);
        assert_eq!(merged[0].records.len(), 2);
        assert_eq!(merged[0].sources, ["s1", "s2"]);
        assert_eq!(merged[0].id, MessageId::Record(merged[0].records[0].clone()));
    }

    #[test]
    fn differing_copies_are_versions_of_one_message_in_any_order() {
        let rows = vec![row(b"a", "s", "hi", 5), row(b"b", "s", "ho", 3), row(b"c", "s", "hi", 5)];
        let merged = merge(rows.clone());
        assert_eq!(merged.len(), 2);
        assert!(merged.iter().all(|row| row.state == State::Conflicting && row.sort == Some(3)));
        let mut reversed = rows;
        reversed.reverse();
        assert_eq!(merge(reversed), merged);
    }

    #[test]
    fn merging_what_was_merged_changes_nothing() {
        let merged = merge(vec![row(b"a", "s", "hi", 5), row(b"b", "s", "ho", 3)]);
        assert_eq!(merge(merged.clone()), merged);
    }
}
