//! Drafts: what is pushed comes back, keys say who is a copy of whom, damage is named.

use crate::rows::exhibit;
use emma_lake::draft::{DraftFile, DraftHead, DraftWriter, KeyEntry, network_identity};
use emma_model::record::{Borrowed, Origin};
use emma_model::{Clock, Digest, Link, MemberPath, Place, Record, RecordKind, Time, Zone};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use std::path::Path;

fn head(name: &str) -> DraftHead {
    DraftHead {
        exhibit: exhibit(name),
        source: "radio".into(),
        bytes: Digest::of(b"the same bytes"),
    }
}

fn records() -> impl Strategy<Value = Record<'static>> {
    let texts = vec(of(".{0,9}"), 6);
    let time = of((of(".{0,9}"), any::<i64>(), 0..1_000_000i64, 0u8..3, 0u8..5, any::<bool>()));
    let lists = (vec(".{0,5}", 0..3), vec((".{0,5}", ".{0,5}"), 0..3));
    let link = of((".{0,9}", any::<u64>(), any::<u64>()));
    (0u8..6, ".{0,5}", texts, time, lists, link, any::<bool>()).prop_map(
        |(kind, network, texts, time, (to, extra), link, flag)| {
            let mut record = Record::new(RecordKind::from_u8(kind).unwrap(), network);
            let mut texts = texts.into_iter().map(|text| text.map(Into::into));
            let mut next = || texts.next().unwrap();
            record.id = next();
            record.from = next();
            record.conversation = next();
            record.text = next();
            record.territory = next();
            record.reply_to = next();
            record.id_per_conversation = flag;
            record.to = to.into_iter().map(Into::into).collect();
            record.extra = extra.into_iter().map(|(a, b)| (a.into(), b.into())).collect();
            record.time = time.map(|(raw, lo, width, zone, clock, inferred)| Time {
                raw: raw.map(Into::into),
                lo,
                hi: lo.saturating_add(width),
                zone: Zone::from_u8(zone).unwrap(),
                clock: Clock::from_u8(clock).unwrap(),
                inferred,
            });
            record.link = link.map(|(path, from_line, to_line)| Link {
                relation: "reply",
                target_path: path.into(),
                from_line,
                to_line,
            });
            if flag {
                record.borrowed = vec![
                    Borrowed { field: "time", origin: Origin::Leaf { offset: 1, length: 2 } },
                    Borrowed { field: "a column", origin: Origin::Path },
                ];
            }
            record
        },
    )
}

fn write(path: &Path, records: &[Record<'_>]) -> Vec<KeyEntry> {
    let mut writer = DraftWriter::create(path, head("a")).unwrap();
    let member = MemberPath(vec![3]);
    let mut keys = Vec::new();
    for (i, record) in records.iter().enumerate() {
        let place = match i % 3 {
            0 => Place::Row { table: "sheet".into(), row: -(i as i64) },
            _ => Place::Span { offset: i as u64 * 10, length: 9 },
        };
        keys.push(writer.push(&member, &place, i as u64, record, i).unwrap());
    }
    writer.end_member(&member, "mapping:radio/2").unwrap();
    writer.finish().unwrap();
    keys
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_records_survive_a_draft(records in vec(records(), 0..12)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("draft");
        let keys = write(&path, &records);
        let file = DraftFile::open(&path).unwrap();
        prop_assert_eq!(file.len() as usize, records.len());
        prop_assert_eq!(file.head(), &head("a"));
        for (i, record) in records.iter().enumerate() {
            let draft = file.get(i as u32).unwrap();
            prop_assert_eq!(&draft.record, record);
            prop_assert_eq!(draft.line, i as u64);
            prop_assert_eq!(usize::from(draft.anomalies), i);
            prop_assert_eq!(draft.parser, "mapping:radio/2");
            prop_assert_eq!(draft.key(i as u32), keys[i]);
        }
        prop_assert!(file.get(records.len() as u32).is_err());
        let count = records.len() as u32;
        for (from, to) in (0..=count).flat_map(|from| (0..=count + 2).map(move |to| (from, to))) {
            let stretch = keys[from as usize..to.clamp(from, count) as usize].iter().copied();
            prop_assert!(file.keys(from..to).eq(stretch), "{from}..{to}");
        }
    }

    #[test]
    fn a_damaged_draft_gives_an_error_or_other_values_never_a_panic(
        at in any::<prop::sample::Index>(), bit in 0u8..8, cut in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("draft");
        let mut record = Record::new(RecordKind::Message, "radio");
        record.text = Some("hello".into());
        record.to = vec!["bluetit".into()];
        write(&path, &[record.clone(), record]);
        let mut bytes = std::fs::read(&path).unwrap();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] ^= 1 << bit }
        std::fs::write(&path, &bytes).unwrap();
        if let Ok(file) = DraftFile::open(&path) {
            for i in 0..file.len().min(4) {
                let _ = file.get(i);
            }
            let _ = file.keys(0..u32::MAX).take(1 << 20).count();
        }
    }
}

#[test]
fn a_key_says_who_is_a_copy_of_whom_and_which_versions_are_equal() {
    let folder = tempfile::tempdir().unwrap();
    let push = |name: &str, offset: u64, record: &Record<'_>| {
        let mut writer = DraftWriter::create(&folder.path().join(name), head(name)).unwrap();
        let place = Place::Span { offset, length: 9 };
        writer.push(&MemberPath::default(), &place, 0, record, 0).unwrap()
    };
    let mut record = Record::new(RecordKind::Message, "radio");
    record.text = Some("pick up at nine".into());
    let here = push("a", 0, &record);
    assert_eq!(push("b", 0, &record), here, "the same place of the same bytes");
    assert_ne!(push("a", 10, &record).identity, here.identity);
    assert_eq!(here.time(), None);
    record.id = Some("77".into());
    record.conversation = Some("ring".into());
    let named = push("a", 0, &record);
    assert_eq!(named.identity, network_identity("radio", None, "77"));
    assert_eq!(named.identity[..], Digest::of(&crate::rows::network_id("77").canonical()).0[..16]);
    assert_eq!(push("b", 50, &record), named, "the same network id, wherever it stands");
    record.id_per_conversation = true;
    let scoped = push("a", 0, &record);
    assert_eq!(scoped.identity, network_identity("radio", Some("ring"), "77"));
}

#[test]
fn record_order_is_by_member_path_however_containers_nest() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("draft");
    let mut writer = DraftWriter::create(&path, head("a")).unwrap();
    let record = Record::new(RecordKind::Message, "radio");
    let mut push = |member: &[u32], offset: u64| {
        let place = Place::Span { offset, length: 1 };
        writer.push(&MemberPath(member.to_vec()), &place, 0, &record, 0).unwrap();
    };
    push(&[0, 0], 0);
    push(&[0, 0], 1);
    push(&[0, 1], 0);
    push(&[1], 0);
    push(&[], 5);
    writer.finish().unwrap();
    let file = DraftFile::open(&path).unwrap();
    let order: Vec<u32> = file.record_order().collect();
    assert_eq!(order, [4, 0, 1, 2, 3]);
    let ids: Vec<_> = order.iter().map(|i| file.get(*i).unwrap().id()).collect();
    assert!(ids.is_sorted());
}

#[test]
fn a_draft_of_many_blocks_finds_each_record() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("draft");
    let mut writer = DraftWriter::create(&path, head("a")).unwrap();
    let record = Record::new(RecordKind::Message, "radio");
    for i in 0..140_000u64 {
        let place = Place::Span { offset: i, length: 1 };
        writer.push(&MemberPath::default(), &place, i, &record, 0).unwrap();
    }
    writer.finish().unwrap();
    let file = DraftFile::open(&path).unwrap();
    for i in [0u32, 1, 65_535, 65_536, 131_072, 139_999] {
        assert_eq!(file.get(i).unwrap().line, u64::from(i));
    }
}

#[test]
fn keys_run_on_over_the_ends_of_blocks() {
    const RECORDS: u32 = 65_536 * 2 + 3;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("draft");
    let mut writer = DraftWriter::create(&path, head("a")).unwrap();
    let record = Record::new(RecordKind::Message, "radio");
    let keys: Vec<KeyEntry> = (0..RECORDS)
        .map(|i| {
            let place = Place::Span { offset: u64::from(i) * 10, length: 9 };
            writer.push(&MemberPath::default(), &place, i.into(), &record, 0).unwrap()
        })
        .collect();
    writer.finish().unwrap();
    let file = DraftFile::open(&path).unwrap();
    for (from, to) in [(0, RECORDS), (65_535, 65_537), (65_536, 131_072), (131_073, u32::MAX)] {
        let stretch = &keys[from as usize..to.min(RECORDS) as usize];
        assert!(file.keys(from..to).eq(stretch.iter().copied()), "{from}..{to}");
    }
    assert_eq!(file.get(65_536).unwrap().key(65_536), keys[65_536]);
}
