//! Invented rows, and cases made of them.

use emma_index::{Searcher, Splits};
use emma_lake::engine::SplitBuilder;
use emma_lake::mask::Mask;
use emma_lake::row::{MessageRow, State};
use emma_lake::snapshot::{Segment, SegmentView, Snapshot};
use emma_model::{
    Clock, Digest, ExhibitId, MemberPath, MessageId, Micros, RecordId, RecordKind, Zone,
};
use proptest::prelude::*;
use std::path::Path;

pub const MINUTE: Micros = 60_000_000;
/// 2020-04-01T00:00Z.
pub const BEGIN: Micros = 1_585_699_200_000_000;

/// A version of a message, before its place among others is known.
#[derive(Clone, Debug)]
pub struct Draft {
    pub text: Option<String>,
    pub from: Option<String>,
    pub to: Vec<String>,
    pub room: Option<String>,
    pub time: Option<(Micros, Micros)>,
    pub kind: RecordKind,
    pub state: State,
    pub territory: Option<String>,
    pub sources: Vec<String>,
    pub reply: bool,
}

pub fn drafts() -> impl Strategy<Value = Draft> {
    let word = prop_oneof![
        4 => prop::sample::select(vec!["tea", "Tea", "TÉA", "pick", "up", "cold", "heron", "a"]),
        1 => prop::sample::select(vec!["herons", "чай", "Чай", "東京", "don't", "teа", "hern", "💊"]),
    ];
    let text = prop::collection::vec(word, 0..9).prop_map(|words| words.join(" "));
    let name = |names: &'static [&'static str]| prop::sample::select(names).prop_map(String::from);
    let handle = || name(&["ann", "Ann", "bob", "grey.heron", "cy"]);
    let time = (0i64..40, prop_oneof![3 => Just(0i64), 1 => 0i64..20])
        .prop_map(|(lo, more)| (BEGIN + lo * MINUTE, BEGIN + (lo + more) * MINUTE));
    let who = (
        prop::option::weighted(0.8, handle()),
        prop::collection::vec(handle(), 0..3),
        prop::option::of(name(&["#tea", "#cold room", "c1"])),
    );
    let what = (
        prop::option::weighted(0.9, text),
        prop::option::weighted(0.9, time),
        prop::sample::select(vec![RecordKind::Message, RecordKind::Action, RecordKind::Notice]),
        prop::sample::select(vec![State::Single, State::Agreeing, State::Conflicting]),
    );
    let law = (
        prop::option::weighted(0.7, name(&["NL", "FR"])),
        prop::sample::subsequence(vec!["feed", "partner", "phone"], 1..=3),
        any::<bool>(),
    );
    (who, what, law).prop_map(|((from, to, room), (text, time, kind, state), law)| {
        let (territory, sources, reply) = law;
        let sources = sources.into_iter().map(String::from).collect();
        Draft { text, from, to, room, time, kind, state, territory, sources, reply }
    })
}

/// Rows in search order: each inner list is one message with its versions.
pub fn rows(messages: &[Vec<Draft>]) -> Vec<MessageRow> {
    let exhibit = ExhibitId(Digest::of(b"invented"));
    let mut rows = Vec::new();
    for (n, versions) in messages.iter().enumerate() {
        let record = RecordId::span(exhibit, MemberPath::default(), n as u64 * 100, 100);
        let sort = versions.iter().filter_map(|draft| draft.time).map(|time| time.0).min();
        for (version, draft) in versions.iter().enumerate() {
            let draft = draft.clone();
            rows.push(MessageRow {
                sort,
                id: MessageId::Record(record.clone()),
                version: version as u32,
                versions: versions.len() as u32,
                state: draft.state,
                kind: draft.kind,
                network: "chat".into(),
                from: draft.from,
                to: draft.to,
                conversation: draft.room,
                lo: draft.time.map(|time| time.0),
                hi: draft.time.map(|time| time.1),
                zone: Zone::Declared,
                clock: Clock::Sent,
                inferred: false,
                text: draft.text,
                territory: draft.territory,
                reply_to: draft.reply.then(|| "1".into()),
                records: vec![record.clone()],
                sources: draft.sources,
            });
        }
    }
    rows.sort_by(MessageRow::search_order);
    rows
}

/// One segment of a case: its rows in order, and those masked.
#[derive(Clone, Debug)]
pub struct Part {
    pub rows: Vec<MessageRow>,
    pub masked: Vec<u32>,
}

/// Builds the splits of `parts` (segments 1, 2, ...) under `case`.
pub fn snapshot(case: &Path, parts: &[Part]) -> Snapshot {
    let mut snapshot = Snapshot { number: 1, ..Snapshot::default() };
    for (n, part) in parts.iter().enumerate() {
        let mut rows = part.rows.iter().cloned().map(Ok);
        let split = Splits.build(case, &mut rows).unwrap();
        let segment = Segment { number: n as u32 + 1, split: Some(split), ..Segment::default() };
        let masked_messages = Mask::new(part.masked.clone());
        snapshot.segments.push(SegmentView { segment, masked_messages, ..Default::default() });
    }
    snapshot
}

pub fn open(parts: &[Part]) -> (tempfile::TempDir, Searcher) {
    let case = tempfile::tempdir().unwrap();
    let searcher = Searcher::open(case.path(), &snapshot(case.path(), parts)).unwrap();
    (case, searcher)
}
