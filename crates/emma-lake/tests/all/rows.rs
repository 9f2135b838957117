//! Invented rows: named ones for tests that say what they mean, random ones for properties.

use emma_lake::{AnomalyRow, CopyRow, LinkRow, MemberRow, MessageRow, State};
use emma_model::record::{Borrowed, Origin};
use emma_model::{
    Clock, Digest, ExhibitId, ItemClass, MemberPath, MessageId, NetworkId, Place, RecordId,
    RecordKind, Zone,
};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

pub const DAY: i64 = 86_400_000_000;

pub fn exhibit(name: &str) -> ExhibitId {
    ExhibitId::derive("radio", name.as_bytes(), Digest::of(name.as_bytes()))
}

pub fn span(name: &str, offset: u64, length: u64) -> RecordId {
    RecordId::span(exhibit(name), MemberPath::default(), offset, length)
}

pub fn network_id(id: &str) -> NetworkId {
    NetworkId { network: "radio".into(), conversation: None, id: id.into() }
}

/// A message of one copy, named by its record.
pub fn message(sort: Option<i64>, record: RecordId, text: &str) -> MessageRow {
    MessageRow {
        sort,
        id: MessageId::Record(record.clone()),
        version: 0,
        versions: 1,
        state: State::Single,
        kind: RecordKind::Message,
        network: "radio".into(),
        from: Some("greyheron".into()),
        to: vec!["bluetit".into()],
        conversation: None,
        lo: sort,
        hi: sort.map(|time| time + 59_999_999),
        zone: Zone::Assumed,
        clock: Clock::Sent,
        inferred: false,
        text: Some(text.into()),
        territory: Some("NL".into()),
        reply_to: None,
        records: vec![record],
        sources: vec!["radio".into()],
    }
}

/// A copy that is its own message.
pub fn copy(record: RecordId, line: u64) -> CopyRow {
    CopyRow {
        message: MessageId::Record(record.clone()),
        record,
        sort: Some(line as i64 * 1_000_000),
        version: 0,
        source: "radio".into(),
        parser: "irc/1".into(),
        kind: RecordKind::Message,
        network_id: None,
        line,
        time_raw: Some("[12:00]".into()),
        zone: Zone::Unknown,
        clock: Clock::Unstated,
        inferred: true,
        extra: vec![("mood".into(), "calm".into()), ("mood".into(), "".into())],
        borrowed: vec![Borrowed { field: "time", origin: Origin::Leaf { offset: 0, length: 12 } }],
        anomalies: 2,
    }
}

pub fn record_ids() -> impl Strategy<Value = RecordId> {
    let place = prop_oneof![
        4 => (any::<u64>(), any::<u64>())
            .prop_map(|(offset, length)| Place::Span { offset, length }),
        1 => (".{0,6}", any::<i64>()).prop_map(|(table, row)| Place::Row { table, row }),
    ];
    let member = vec(any::<u32>(), 0..3).prop_map(MemberPath);
    prop_oneof![
        4 => (0u8..4, member, place).prop_map(|(name, member, place)| RecordId::Sealed {
            exhibit: exhibit(&name.to_string()),
            member,
            place,
        }),
        1 => (".{0,6}", any::<u64>(), any::<u32>())
            .prop_map(|(source, sequence, index)| RecordId::Live { source, sequence, index }),
    ]
}

fn network_ids() -> impl Strategy<Value = NetworkId> {
    ("(radio|.{0,4})", of("(ring|.{0,4})"), ".{0,6}")
        .prop_map(|(network, conversation, id)| NetworkId { network, conversation, id })
}

fn message_ids() -> impl Strategy<Value = MessageId> {
    prop_oneof![
        network_ids().prop_map(MessageId::Network),
        record_ids().prop_map(MessageId::Record),
    ]
}

fn kinds() -> impl Strategy<Value = RecordKind> {
    (0u8..6).prop_map(|n| RecordKind::from_u8(n).unwrap())
}

fn marks() -> impl Strategy<Value = (Zone, Clock, bool)> {
    (0u8..3, 0u8..5, any::<bool>()).prop_map(|(zone, clock, inferred)| {
        (Zone::from_u8(zone).unwrap(), Clock::from_u8(clock).unwrap(), inferred)
    })
}

pub fn messages() -> impl Strategy<Value = MessageRow> {
    let names =
        (message_ids(), any::<bool>(), vec(record_ids(), 1..3), vec("(radio|.{0,4})", 1..3));
    let parties = ("(radio|.{0,4})", of(".{0,6}"), vec(".{0,6}", 0..3), of("(ring|.{0,4})"));
    let times = (of(any::<i64>()), of(any::<i64>()), of(any::<i64>()), marks());
    let rest = (of(".{0,40}"), of("[A-Z]{2}"), of(".{0,6}"), kinds(), any::<(u32, u32)>(), 0u8..3);
    (names, parties, times, rest).prop_map(|(names, parties, times, rest)| {
        let (id, own, records, sources) = names;
        let (network, from, to, conversation) = parties;
        let (sort, lo, hi, (zone, clock, inferred)) = times;
        let (text, territory, reply_to, kind, (version, versions), state) = rest;
        let id = if own { MessageId::Record(records[0].clone()) } else { id };
        let state = State::from_u8(state).unwrap();
        MessageRow {
            sort,
            id,
            version,
            versions,
            state,
            kind,
            network,
            from,
            to,
            conversation,
            lo,
            hi,
            zone,
            clock,
            inferred,
            text,
            territory,
            reply_to,
            records,
            sources,
        }
    })
}

pub fn copies() -> impl Strategy<Value = CopyRow> {
    let origin = prop_oneof![
        any::<(u64, u64)>().prop_map(|(offset, length)| Origin::Leaf { offset, length }),
        Just(Origin::Path),
        Just(Origin::Mapping),
        Just(Origin::Neighbours),
    ];
    let field = prop_oneof![Just("time"), Just("from"), Just("odd;=name%")];
    let borrowed =
        vec((field, origin).prop_map(|(field, origin)| Borrowed { field, origin }), 0..3);
    let ids = (record_ids(), message_ids(), of(network_ids()), 0u8..3);
    let texts = (".{0,6}", ".{0,6}", of(".{0,12}"), vec((".{0,4}", ".{0,4}"), 0..3));
    let rest = (of(any::<i64>()), any::<u32>(), any::<u64>(), any::<u16>(), kinds(), marks());
    (ids, texts, rest, borrowed).prop_map(|(ids, texts, rest, borrowed)| {
        let (record, other, network_id, which) = ids;
        let (source, parser, time_raw, extra) = texts;
        let (sort, version, line, anomalies, kind, (zone, clock, inferred)) = rest;
        let message = match (which, &network_id) {
            (0, _) => MessageId::Record(record.clone()),
            (1, Some(id)) => MessageId::Network(id.clone()),
            _ => other,
        };
        CopyRow {
            record,
            message,
            sort,
            version,
            source,
            parser,
            kind,
            network_id,
            line,
            time_raw,
            zone,
            clock,
            inferred,
            extra,
            borrowed,
            anomalies,
        }
    })
}

fn places() -> impl Strategy<Value = (ExhibitId, MemberPath, Place)> {
    record_ids().prop_filter_map("sealed ones only", |id| match id {
        RecordId::Sealed { exhibit, member, place } => Some((exhibit, member, place)),
        RecordId::Live { .. } => None,
    })
}

pub fn anomalies() -> impl Strategy<Value = AnomalyRow> {
    (places(), of(1u8..5), ".{0,6}", of(".{0,6}"), ".{0,9}").prop_map(
        |((exhibit, member, place), class, kind, field, note)| AnomalyRow {
            exhibit,
            member,
            place,
            class: class.map(|n| ItemClass::from_u8(n).unwrap()),
            kind,
            field,
            note,
        },
    )
}

pub fn links() -> impl Strategy<Value = LinkRow> {
    (record_ids(), ".{0,4}", ".{0,4}", ".{0,9}", any::<(u64, u64)>()).prop_map(
        |(record, source, relation, target_path, (from_line, to_line))| LinkRow {
            record,
            source,
            relation,
            target_path,
            from_line,
            to_line,
        },
    )
}

pub fn members() -> impl Strategy<Value = MemberRow> {
    (places(), ".{0,9}", any::<[u8; 32]>(), any::<u64>(), ".{0,6}", ".{0,6}", any::<bool>())
        .prop_map(|((exhibit, member, _), name, digest, bytes, parser, media, kept)| MemberRow {
            exhibit,
            member,
            name,
            digest: Digest(digest),
            bytes,
            parser,
            media,
            kept,
        })
}
