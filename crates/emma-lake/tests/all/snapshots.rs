//! Segments, masks and manifests on the disk.

use crate::files::write;
use crate::rows::{DAY, message, span};
use emma_lake::root::roots;
use emma_lake::{LakeError, Mask, Segment, SegmentView, Snapshot, Table};
use emma_model::Digest;
use std::path::Path;

fn snapshot(case: &Path) -> Snapshot {
    let written = write(
        case,
        &[message(Some(DAY), span("a", 0, 1), "one"), message(None, span("a", 1, 1), "two")],
    );
    let segment = Segment {
        number: 1,
        partition: "p1".into(),
        sort: written.sort,
        undated: written.undated,
        tables: [(Table::Messages, written.file)].into(),
        groups: [(Table::Messages, written.groups)].into(),
        ..Segment::default()
    };
    let view =
        SegmentView { segment, masked_messages: Mask::new(vec![1]), ..SegmentView::default() };
    let roots = roots(case, std::slice::from_ref(&view)).unwrap();
    Snapshot { number: 7, segments: vec![view], roots }
}

#[test]
fn a_snapshot_survives_and_saving_it_twice_changes_nothing() {
    let case = tempfile::tempdir().unwrap();
    let snapshot = snapshot(case.path());
    let saved = snapshot.save(case.path()).unwrap();
    assert_eq!(snapshot.save(case.path()).unwrap(), saved);
    assert_eq!(Snapshot::load(case.path(), saved.manifest.sha256).unwrap(), snapshot);
    let folders: Vec<&str> =
        saved.files.iter().map(|f| f.path.split('/').nth(1).unwrap()).collect();
    assert_eq!(folders, ["masks", "messages", "segments"]);
    for file in &saved.files {
        let bytes = std::fs::read(case.path().join(&file.path)).unwrap();
        assert_eq!((Digest::of(&bytes), bytes.len() as u64), (file.sha256, file.bytes));
    }
}

#[test]
fn a_manifest_is_one_line_of_canonical_json() {
    let case = tempfile::tempdir().unwrap();
    let saved = snapshot(case.path()).save(case.path()).unwrap();
    let text = std::fs::read_to_string(case.path().join(&saved.manifest.path)).unwrap();
    assert!(
        text.starts_with(r#"{"format":"emma/snapshot/v1","number":7,"roots":{"messages":""#),
        "{text}"
    );
    let segment = saved.files.iter().find(|file| file.path.contains("/segments/")).unwrap();
    let text = std::fs::read_to_string(case.path().join(&segment.path)).unwrap();
    assert!(text.starts_with(r#"{"files":{"messages":{"bytes":"#), "{text}");
    assert!(text.contains(r#""groups":{"messages":[["day:1",1,""#), "{text}");
    assert!(
        text.ends_with(
            r#""number":1,"partition":"p1","sort":[86400000000,86400000000],"undated":1}"#
        ),
        "{text}"
    );
}

#[test]
fn every_flipped_bit_of_manifest_segment_and_mask_is_named() {
    let case = tempfile::tempdir().unwrap();
    let saved = snapshot(case.path()).save(case.path()).unwrap();
    let small = saved.files.iter().filter(|file| !file.path.ends_with(".parquet"));
    for file in small.chain([&saved.manifest]) {
        let path = case.path().join(&file.path);
        let bytes = std::fs::read(&path).unwrap();
        for at in (0..bytes.len()).step_by(7) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            std::fs::write(&path, &flipped).unwrap();
            let error = Snapshot::load(case.path(), saved.manifest.sha256).unwrap_err();
            assert!(matches!(error, LakeError::Damaged { .. }), "{error}");
        }
        std::fs::write(&path, &bytes).unwrap();
    }
    assert!(Snapshot::load(case.path(), saved.manifest.sha256).is_ok());
}

#[test]
fn a_manifest_that_points_out_of_the_case_is_refused() {
    let case = tempfile::tempdir().unwrap();
    let saved = snapshot(case.path()).save(case.path()).unwrap();
    let text = std::fs::read_to_string(case.path().join(&saved.manifest.path)).unwrap();
    for path in ["lake/../../secret", "/etc/passwd", "lake//x", "evidence/log"] {
        let segment = saved.files.iter().find(|file| file.path.contains("/segments/")).unwrap();
        let evil = text.replace(&segment.path, path);
        let digest = Digest::of(evil.as_bytes());
        std::fs::write(case.path().join(format!("lake/manifests/{digest}.json")), evil).unwrap();
        let error = Snapshot::load(case.path(), digest).unwrap_err();
        assert_eq!(error.to_string(), "a manifest file is damaged: it is not canonical");
    }
}
